/* SPDX-License-Identifier: Apache-2.0
 *
 * `spiralfed checklist` and `spiralfed signoff`: what is checked before a merge is promoted, and a
 * person's word on it.
 */
#include <string.h>

#include "base/json_writer.h"
#include "cli/client.h"
#include "cli/print.h"

struct item_answer {
	const char *item, *verdict, *detail, *needs, *until;
	int overridable;
};
static const struct field item_fields[] = {
	ANSWER_STRING(struct item_answer, item),
	ANSWER_STRING(struct item_answer, verdict),
	ANSWER_STRING(struct item_answer, detail),
	ANSWER_STRING(struct item_answer, needs),
	ANSWER_STRING(struct item_answer, until),
	{"overridable", FIELD_BOOL, offsetof(struct item_answer, overridable)},
};
static const struct field_table item_read_table =
	FIELD_TABLE("ItemRead", "An item.", struct item_answer, item_fields, .open = true);

struct checklist_answer {
	const char *merge, *state, *verdict, *at, *earliest;
	int recorded;
	struct strings needs;
	struct list items;
};
static const struct field answer_fields[] = {
	ANSWER_STRING(struct checklist_answer, merge),
	ANSWER_STRING(struct checklist_answer, state),
	ANSWER_STRING(struct checklist_answer, verdict),
	ANSWER_STRING(struct checklist_answer, at),
	ANSWER_STRING(struct checklist_answer, earliest),
	{"recorded", FIELD_BOOL, offsetof(struct checklist_answer, recorded)},
	{"needs", FIELD_STRINGS, offsetof(struct checklist_answer, needs)},
	ANSWER_LIST(struct checklist_answer, items, item_read_table),
};
static const struct field_table answer_table = FIELD_TABLE(
	"ChecklistRead", "A checklist.", struct checklist_answer, answer_fields, .open = true);

static bool stops(const struct item_answer *i)
{
	return i->verdict && (!strcmp(i->verdict, "waiting") || !strcmp(i->verdict, "no_go"));
}

static void print_item(struct cli *cli, const struct item_answer *i)
{
	fprintf(cli->out, "  %-16s  ", i->item ? i->item : "");
	print_verdict(cli, i->verdict, 14);
	fprintf(cli->out, "  %s\n", i->detail ? i->detail : "");
	if (!stops(i))
		return;
	if (i->until)
		fprintf(cli->out, "%36s-> goes by itself at %s%s\n", "", i->until,
			i->overridable == 1 ? ", and with --override" : "");
	else if (i->needs)
		fprintf(cli->out, "%36s-> %s\n", "", i->needs);
}

static void print_earliest(struct cli *cli, const struct checklist_answer *c)
{
	if (c->recorded == 1) {
		fprintf(cli->out, "It was promoted at %s, when this was so.\n", c->at ? c->at : "");
		return;
	}
	if (c->earliest) {
		fprintf(cli->out, "Earliest promotion: %s\n", c->earliest);
		return;
	}
	fputs("Before a promotion:\n", cli->out);
	for (size_t i = 0; i < c->needs.n; i++)
		fprintf(cli->out, "  %s\n", c->needs.v[i]);
}

int cli_checklist(struct cli *cli)
{
	struct checklist_answer c;
	bool done;
	int rc = client_ask(cli,
		&(struct call){.method = "GET",
			.path = arena_printf(cli->arena, "/v1/merges/%s/checklist",
				http_escape(cli->args[0], cli->arena))},
		&answer_table, &c, &done);

	if (rc || done)
		return rc;
	fprintf(cli->out, "merge %s, %s: ", c.merge ? c.merge : "", c.state ? c.state : "");
	print_verdict(cli, c.verdict, 0);
	fputc('\n', cli->out);
	for (size_t i = 0; i < c.items.n; i++)
		print_item(cli, LIST_AT(&c.items, struct item_answer, i));
	print_earliest(cli, &c);
	return CLI_DONE;
}

/* ---- signoff ---- */

struct signoff_answer {
	const char *merge, *item, *verdict, *signed_by;
};
static const struct field signoff_fields[] = {
	ANSWER_STRING(struct signoff_answer, merge),
	ANSWER_STRING(struct signoff_answer, item),
	ANSWER_STRING(struct signoff_answer, verdict),
	ANSWER_STRING(struct signoff_answer, signed_by),
};
static const struct field_table signoff_read_table = FIELD_TABLE(
	"SignoffRead", "A sign-off.", struct signoff_answer, signoff_fields, .open = true);

static void write_option(
	struct cli *cli, struct json_writer *w, const char *key, enum cli_option_id id)
{
	if (cli->option[id])
		jw_kstring(w, key, cli->option[id]);
}

static int sign(struct cli *cli, struct strbuf *path)
{
	STRBUF_AUTO body = STRBUF_INIT(CLIENT_BODY_MAX);
	struct signoff_answer s;
	struct json_writer w;
	bool done;
	int rc;

	json_writer_init(&w, &body);
	jw_object(&w);
	jw_kstring(&w, "item", cli->args[1]);
	if (cli->option[CLI_OPTION_NO_GO])
		jw_kstring(&w, "verdict", "no_go");
	write_option(cli, &w, "evidence", CLI_OPTION_EVIDENCE);
	write_option(cli, &w, "reason", CLI_OPTION_REASON);
	write_option(cli, &w, "signed_by", CLI_OPTION_AS);
	jw_end(&w);
	if (cli->option[CLI_OPTION_DRY_RUN])
		strbuf_addstr(path, "?dry_run=true");
	rc = client_post(cli, path->buf, &body, &signoff_read_table, &s, &done);
	if (rc || done)
		return rc;
	fprintf(cli->out, "%s%s says ", cli->option[CLI_OPTION_DRY_RUN] ? "dry run: " : "",
		s.signed_by ? s.signed_by : "");
	print_verdict(cli, s.verdict, 0);
	fprintf(cli->out, " to %s of merge %s\n", s.item ? s.item : "", s.merge ? s.merge : "");
	return CLI_DONE;
}

int cli_signoff(struct cli *cli)
{
	STRBUF_AUTO path = STRBUF_INIT(CLIENT_PATH_MAX);

	strbuf_addf(&path, "/v1/merges/%s/signoffs", http_escape(cli->args[0], cli->arena));
	if (cli->n_args > 1)
		return sign(cli, &path);
	return client_show(cli, path.buf);
}
