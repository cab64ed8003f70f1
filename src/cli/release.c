/* SPDX-License-Identifier: Apache-2.0
 *
 * `spiralfed merge, promote, rollback, releases`: what moves the channel, and what it points to.
 */
#include <string.h>

#include "base/json_writer.h"
#include "cli/client.h"
#include "cli/print.h"
#include "model/lineage.h"

/* A slot's unit in a merge. */
struct slot_answer {
	const char *name, *id;
	int fresh;
};
static const struct field slot_fields[] = {
	ANSWER_STRING(struct slot_answer, id),
	{"fresh", FIELD_BOOL, offsetof(struct slot_answer, fresh)},
};
static const struct field_table slot_table =
	FIELD_TABLE("SlotRead", "A slot's unit.", struct slot_answer, slot_fields, .open = true);

struct warning_answer {
	const char *code, *detail;
};
static const struct field warning_fields[] = {
	ANSWER_STRING(struct warning_answer, code),
	ANSWER_STRING(struct warning_answer, detail),
};
static const struct field_table warning_table = FIELD_TABLE(
	"WarningRead", "A warning.", struct warning_answer, warning_fields, .open = true);

struct merge_answer {
	const char *version, *phase, *baseline;
	struct list slots, warnings;
	struct egress *egress;
};
static const struct field merge_fields[] = {
	ANSWER_STRING(struct merge_answer, version),
	ANSWER_STRING(struct merge_answer, phase),
	ANSWER_STRING(struct merge_answer, baseline),
	{"slots", FIELD_MAP, offsetof(struct merge_answer, slots), .table = &slot_table},
	ANSWER_LIST(struct merge_answer, warnings, warning_table),
	{"egress", FIELD_OBJECT, offsetof(struct merge_answer, egress), .table = &egress_table},
};
static const struct field_table merge_answer_table =
	FIELD_TABLE("MergeRead", "A merge.", struct merge_answer, merge_fields, .open = true);

struct drill_answer {
	const char *release;
	int64_t id, nodes;
};
static const struct field drill_fields[] = {
	ANSWER_STRING(struct drill_answer, release),
	{"id", FIELD_INT, offsetof(struct drill_answer, id)},
	{"nodes", FIELD_INT, offsetof(struct drill_answer, nodes)},
};
static const struct field_table drill_answer_table =
	FIELD_TABLE("DrillRead", "A drill.", struct drill_answer, drill_fields, .open = true);

struct move_answer {
	const char *release;
	struct drill_answer *drill;
};
static const struct field move_fields[] = {
	ANSWER_STRING(struct move_answer, release),
	{"drill", FIELD_OBJECT, offsetof(struct move_answer, drill), .table = &drill_answer_table},
};
static const struct field_table move_table = FIELD_TABLE(
	"MoveRead", "A move of the channel.", struct move_answer, move_fields, .open = true);

/* An option that was given becomes a member of the body. */
/* What a person should know before it is promoted. */
static void print_notes(struct cli *cli, const struct merge_answer *m)
{
	for (size_t i = 0; i < m->warnings.n; i++) {
		const struct warning_answer *w = LIST_AT(&m->warnings, struct warning_answer, i);

		fprintf(cli->out, "  %s: %s\n", w->code ? w->code : "warning",
			w->detail ? w->detail : "");
	}
	if (!m->egress || (!m->egress->bytes && !m->egress->unknown))
		return;
	fprintf(cli->out, "  moves %lld bytes between clouds", (long long)m->egress->bytes);
	if (m->egress->unknown)
		fprintf(cli->out, ", and %lld artifacts whose size is not known",
			(long long)m->egress->unknown);
	fputc('\n', cli->out);
}

int cli_merge(struct cli *cli)
{
	STRBUF_AUTO body = STRBUF_INIT(CLIENT_BODY_MAX);
	struct json_writer w;
	struct merge_answer m;
	bool done;

	json_writer_init(&w, &body);
	jw_object(&w);
	client_member(cli, &w, "reason", CLI_OPTION_REASON);
	client_member(cli, &w, "dry_run", CLI_OPTION_DRY_RUN);
	jw_end(&w);
	int rc = client_post(cli, "/v1/merges", &body, &merge_answer_table, &m, &done);
	if (rc || done)
		return rc;
	fprintf(cli->out, "%smerge %s  ",
		cli->option[CLI_OPTION_DRY_RUN] ? "dry run, nothing is stored: " : "",
		m.version ? m.version : "");
	print_verdict(cli, m.phase, 0);
	fprintf(cli->out, "  %s%s\n", m.baseline ? "against " : "the first",
		m.baseline ? m.baseline : "");
	for (size_t i = 0; i < m.slots.n; i++) {
		const struct slot_answer *s = LIST_AT(&m.slots, struct slot_answer, i);
		fprintf(cli->out, "  %-9s %s%s\n", s->name, s->id ? s->id : "",
			s->fresh == 0	? "  (kept)"
			: s->fresh == 1 ? "  (new)"
					: "");
	}
	print_notes(cli, &m);
	return CLI_DONE;
}

static int move(struct cli *cli, const char *path, const struct strbuf *body)
{
	struct move_answer m;
	bool done;
	int rc = client_post(cli, path, body, &move_table, &m, &done);

	if (rc || done)
		return rc;
	if (m.drill && cli->option[CLI_OPTION_DRY_RUN]) {
		fprintf(cli->out, "dry run: %lld nodes would be asked for %s\n",
			(long long)m.drill->nodes, m.drill->release ? m.drill->release : "");
		return CLI_DONE;
	}
	if (m.drill) {
		fprintf(cli->out,
			"drill %lld: %lld nodes are to have %s ready; spiralfed drills %lld\n",
			(long long)m.drill->id, (long long)m.drill->nodes,
			m.drill->release ? m.drill->release : "", (long long)m.drill->id);
		return CLI_DONE;
	}
	fprintf(cli->out, "stable %s %s\n", cli->option[CLI_OPTION_DRY_RUN] ? "would be" : "is now",
		m.release ? m.release : "");
	return CLI_DONE;
}

int cli_promote(struct cli *cli)
{
	STRBUF_AUTO body = STRBUF_INIT(CLIENT_BODY_MAX);
	struct json_writer w;

	json_writer_init(&w, &body);
	jw_object(&w);
	jw_kstring(&w, "merge", cli->args[0]);
	client_member(cli, &w, "reason", CLI_OPTION_REASON);
	client_member(cli, &w, "override", CLI_OPTION_OVERRIDE);
	client_member(cli, &w, "dry_run", CLI_OPTION_DRY_RUN);
	jw_end(&w);
	return move(cli, "/v1/promotions", &body);
}

int cli_rollback(struct cli *cli)
{
	STRBUF_AUTO body = STRBUF_INIT(CLIENT_BODY_MAX);
	struct json_writer w;

	json_writer_init(&w, &body);
	jw_object(&w);
	client_member(cli, &w, "reason", CLI_OPTION_REASON);
	client_member(cli, &w, "to", CLI_OPTION_TO);
	client_member(cli, &w, "drill", CLI_OPTION_DRILL);
	client_member(cli, &w, "dry_run", CLI_OPTION_DRY_RUN);
	jw_end(&w);
	return move(cli, "/v1/rollbacks", &body);
}

int cli_releases(struct cli *cli)
{
	return client_list_or_one(cli, "/v1/releases");
}
