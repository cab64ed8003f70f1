/* SPDX-License-Identifier: Apache-2.0
 *
 * `spiralfed promotability`: what stands in the way of an artifact or a merge, and the earliest time.
 */
#include <string.h>

#include "cli/client.h"
#include "cli/print.h"

struct blocker_answer {
	const char *id, *check, *gate, *detail, *needs, *until;
	int overridable;
};
static const struct field blocker_fields[] = {
	ANSWER_STRING(struct blocker_answer, id),
	ANSWER_STRING(struct blocker_answer, check),
	ANSWER_STRING(struct blocker_answer, gate),
	ANSWER_STRING(struct blocker_answer, detail),
	ANSWER_STRING(struct blocker_answer, needs),
	ANSWER_STRING(struct blocker_answer, until),
	{"overridable", FIELD_BOOL, offsetof(struct blocker_answer, overridable)},
};
static const struct field_table blocker_read_table = FIELD_TABLE(
	"BlockerRead", "A blocker.", struct blocker_answer, blocker_fields, .open = true);

struct share_answer {
	const char *detail;
};
static const struct field share_fields[] = {ANSWER_STRING(struct share_answer, detail)};
static const struct field_table share_table = FIELD_TABLE("AtMergeRead",
	"The candidate at a merge.", struct share_answer, share_fields, .open = true);

struct promotability_answer {
	const char *merge, *artifact, *state, *earliest;
	int promotable;
	struct strings needs;
	struct list blockers;
	struct share_answer *at_merge;
};
static const struct field answer_fields[] = {
	ANSWER_STRING(struct promotability_answer, merge),
	ANSWER_STRING(struct promotability_answer, artifact),
	ANSWER_STRING(struct promotability_answer, state),
	ANSWER_STRING(struct promotability_answer, earliest),
	{"promotable", FIELD_BOOL, offsetof(struct promotability_answer, promotable)},
	{"needs", FIELD_STRINGS, offsetof(struct promotability_answer, needs)},
	ANSWER_LIST(struct promotability_answer, blockers, blocker_read_table),
	{"at_merge", FIELD_OBJECT, offsetof(struct promotability_answer, at_merge),
		.table = &share_table},
};
static const struct field_table answer_table = FIELD_TABLE("PromotabilityRead",
	"What stands in the way.", struct promotability_answer, answer_fields, .open = true);

/* `id` NULL: it is about what was asked for. */
static void print_blocker(
	struct cli *cli, const struct blocker_answer *b, const char *id, size_t number)
{
	const char *what = b->check ? b->check : b->gate, *said = b->detail ? b->detail : "";
	const char *colon;

	/* Most sentences name it. */
	if (what && strstr(said, what))
		what = NULL;
	colon = what ? ": " : "";
	fprintf(cli->out, "  %zu. %s%s%s%s%s\n", number, id ? id : "", id ? ": " : "",
		what ? what : "", what ? colon : "", said);
	if (b->until)
		fprintf(cli->out, "     goes by itself at %s\n", b->until);
	else if (b->needs)
		fprintf(cli->out, "     needs %s\n", b->needs);
	if (b->overridable == 1)
		fputs("     --override passes it\n", cli->out);
}

static void print_earliest(struct cli *cli, const struct promotability_answer *p)
{
	if (p->earliest) {
		fprintf(cli->out, "Earliest promotion: %s\n", p->earliest);
		return;
	}
	fputs("Earliest promotion: not by time alone.\n", cli->out);
	if (p->blockers.n)
		return;
	for (size_t i = 0; i < p->needs.n; i++)
		fprintf(cli->out, "  needs %s\n", p->needs.v[i]);
}

int cli_promotability(struct cli *cli)
{
	STRBUF_AUTO path = STRBUF_INIT(CLIENT_PATH_MAX);
	bool merge = !strchr(cli->args[0], '/'), done;
	struct promotability_answer p;
	int rc = 0;

	if (merge)
		strbuf_addf(&path, "/v1/merges/%s", http_escape(cli->args[0], cli->arena));
	else
		rc = client_artifact_path(cli, cli->args[0], &path);
	if (rc)
		return rc;
	strbuf_addstr(&path, "/promotability");
	rc = client_ask(
		cli, &(struct call){.method = "GET", .path = path.buf}, &answer_table, &p, &done);
	if (rc || done)
		return rc;
	fprintf(cli->out, "%s (", cli->args[0]);
	print_verdict(cli, p.state, 0);
	fprintf(cli->out, ") %s be %s%s\n", p.promotable == 1 ? "may" : "may not",
		merge ? "promoted" : "merged", p.blockers.n ? ":" : ".");
	for (size_t i = 0; i < p.blockers.n; i++) {
		const struct blocker_answer *b = LIST_AT(&p.blockers, struct blocker_answer, i);

		print_blocker(cli, b, merge ? b->id : NULL, i + 1);
	}
	if (p.at_merge && p.at_merge->detail)
		fprintf(cli->out, "At a merge: %s.\n", p.at_merge->detail);
	print_earliest(cli, &p);
	return CLI_DONE;
}
