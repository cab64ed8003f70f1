/* SPDX-License-Identifier: Apache-2.0
 *
 * `spiralfed artifacts`, `gates` and `pareto`: what was submitted, and why it may or may not go on;
 * `spiralfed withdraw` and `spiralfed unquarantine`: what a person decides about it.
 */
#include <string.h>

#include "base/json_writer.h"
#include "cli/client.h"
#include "cli/gates.h"
#include "cli/print.h"

struct verdict_answer {
	const char *phase, *baseline, *held_by, *withdrawn_at;
	struct list gates;
};
static const struct field verdict_fields[] = {
	ANSWER_STRING(struct verdict_answer, phase),
	ANSWER_STRING(struct verdict_answer, baseline),
	ANSWER_STRING(struct verdict_answer, held_by),
	ANSWER_STRING(struct verdict_answer, withdrawn_at),
	ANSWER_LIST(struct verdict_answer, gates, answer_gate_table),
};
static const struct field_table verdict_table = FIELD_TABLE("VerdictRead",
	"A verdict on one artifact.", struct verdict_answer, verdict_fields, .open = true);

int cli_artifacts(struct cli *cli)
{
	STRBUF_AUTO path = STRBUF_INIT(CLIENT_PATH_MAX);

	strbuf_addstr(&path, "/v1/artifacts");
	client_query(cli, &path, "provider", CLI_OPTION_PROVIDER);
	client_query(cli, &path, "role", CLI_OPTION_ROLE);
	client_query(cli, &path, "phase", CLI_OPTION_PHASE);
	return client_list(cli, &path);
}

int cli_pareto(struct cli *cli)
{
	STRBUF_AUTO path = STRBUF_INIT(CLIENT_PATH_MAX);

	strbuf_addf(&path, "/v1/slots/%s/pareto", http_escape(cli->args[0], cli->arena));
	client_query(cli, &path, "max_results", CLI_OPTION_MAX_RESULTS);
	return client_show(cli, path.buf);
}

static const char *conclusion(const char *phase)
{
	static const struct {
		const char *phase, *means;
	} all[] = {{"Succeeded", "passes every gate and may be merged"},
		{"Failed", "may not be merged: a gate says no"},
		{"Inconclusive", "may not be merged yet: the evidence is not enough"},
		{"Error", "could not be judged"}, {"Pending", "waits for evidence"},
		{"Aborted", "was withdrawn"}};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		if (!strcmp(all[i].phase, phase))
			return all[i].means;
	return "is judged";
}

/* A verdict stands when its artifact is withdrawn or held; what it means does not. */
static void print_standing(struct cli *cli, const struct verdict_answer *v)
{
	const char *id = cli->args[0];

	if (v->withdrawn_at)
		fprintf(cli->out, "%s was withdrawn at %s and is never merged. Its last verdict:\n",
			id, v->withdrawn_at);
	else if (v->held_by)
		fprintf(cli->out,
			"%s is held, because it was new in %s, which is breached; a person lifts "
			"that:\n"
			"spiralfed unquarantine %s --reason TEXT\n",
			id, v->held_by, id);
	if (!v->gates.n) {
		fprintf(cli->out, "%s is evidence; the gates judge what it speaks about.\n", id);
		return;
	}
	if (!v->withdrawn_at && !v->held_by)
		fprintf(cli->out, "%s %s (", id, conclusion(v->phase ? v->phase : ""));
	else
		fprintf(cli->out, "The gates alone say: ");
	print_verdict(cli, v->phase, 0);
	fputs(!v->withdrawn_at && !v->held_by ? ").\n" : ".\n", cli->out);
}

int cli_gates(struct cli *cli)
{
	STRBUF_AUTO path = STRBUF_INIT(CLIENT_PATH_MAX);
	struct verdict_answer v;
	bool done;
	int rc;

	if (!strcmp(cli->args[0], "recompute"))
		return cli_gates_recompute(cli);
	if (cli->n_args > 1)
		return cli_misuse(cli, "gates: one argument too many: %s", cli->args[1]);
	rc = client_artifact_path(cli, cli->args[0], &path);
	if (rc)
		return rc;
	strbuf_addstr(&path, "/gates");
	rc = client_ask(
		cli, &(struct call){.method = "GET", .path = path.buf}, &verdict_table, &v, &done);
	if (rc || done)
		return rc;
	print_standing(cli, &v);
	if (!v.gates.n)
		return CLI_DONE;
	if (v.baseline)
		fprintf(cli->out, "It was compared with %s, which is live.\n\n", v.baseline);
	else
		fputs("There was no live unit to compare it with.\n\n", cli->out);
	print_gates(cli, &v.gates, "  ");
	return CLI_DONE;
}

/* ---- what a person decides about one ---- */

struct standing_answer {
	const char *phase, *state;
};
static const struct field standing_fields[] = {
	ANSWER_STRING(struct standing_answer, phase),
	ANSWER_STRING(struct standing_answer, state),
};
static const struct field_table standing_table = FIELD_TABLE("StandingRead",
	"An artifact or a release.", struct standing_answer, standing_fields, .open = true);

static int decide(struct cli *cli, struct strbuf *path, const char *verb,
	struct standing_answer *ret, bool *ret_done)
{
	STRBUF_AUTO body = STRBUF_INIT(CLIENT_BODY_MAX);
	struct json_writer w;

	strbuf_addf(path, "/%s", verb);
	json_writer_init(&w, &body);
	jw_object(&w);
	jw_kstring(&w, "reason", cli->option[CLI_OPTION_REASON]);
	jw_kbool(&w, "dry_run", cli->option[CLI_OPTION_DRY_RUN] != NULL);
	jw_end(&w);
	return client_post(cli, path->buf, &body, &standing_table, ret, ret_done);
}

static const char *is_or_would(const struct cli *cli)
{
	return cli->option[CLI_OPTION_DRY_RUN] ? "would be" : "is";
}

int cli_withdraw(struct cli *cli)
{
	STRBUF_AUTO path = STRBUF_INIT(CLIENT_PATH_MAX);
	struct standing_answer a;
	bool done;
	int rc = client_artifact_path(cli, cli->args[0], &path);

	if (!rc)
		rc = decide(cli, &path, "withdraw", &a, &done);
	if (!rc && !done)
		fprintf(cli->out, "%s %s withdrawn and never merged\n", cli->args[0],
			is_or_would(cli));
	return rc;
}

int cli_unquarantine(struct cli *cli)
{
	STRBUF_AUTO path = STRBUF_INIT(CLIENT_PATH_MAX);
	const char *what = cli->args[0];
	bool release = !strchr(what, '/'), done;
	struct standing_answer a;
	int rc = 0;

	if (release)
		strbuf_addf(&path, "/v1/releases/%s", http_escape(what, cli->arena));
	else
		rc = client_artifact_path(cli, what, &path);
	if (!rc)
		rc = decide(cli, &path, "unquarantine", &a, &done);
	if (rc || done)
		return rc;
	if (release)
		fprintf(cli->out, "%s %s %s, and what was new in it no longer held\n", what,
			is_or_would(cli), a.state ? a.state : "no longer breached");
	else
		fprintf(cli->out, "%s %s held no more; its verdict: %s\n", what, is_or_would(cli),
			a.phase ? a.phase : "none");
	return CLI_DONE;
}
