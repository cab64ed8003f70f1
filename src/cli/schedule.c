/* SPDX-License-Identifier: Apache-2.0
 *
 * `spiralfed schedule` and `spiralfed freeze`: what runs by itself, what is to come, and how to hold it.
 */
#include <string.h>

#include "base/json_writer.h"
#include "base/words.h"
#include "cli/client.h"

static int want_job(struct cli *cli, const char **ret)
{
	if (cli->n_args < 2)
		return cli_misuse(
			cli, "schedule %s needs the job: ingest, merge or promote", cli->args[0]);
	*ret = http_escape(cli->args[1], cli->arena);
	return 0;
}

/* ---- schedule ---- */

static int preview(struct cli *cli)
{
	STRBUF_AUTO path = STRBUF_INIT(CLIENT_PATH_MAX);

	strbuf_addstr(&path, "/v1/schedule/preview");
	client_query(cli, &path, "days", CLI_OPTION_DAYS);
	return client_show(cli, path.buf);
}

static int list_runs(struct cli *cli)
{
	STRBUF_AUTO path = STRBUF_INIT(CLIENT_PATH_MAX);
	const char *job = NULL;
	int rc = want_job(cli, &job);

	if (rc)
		return rc;
	strbuf_addf(&path, "/v1/schedule/%s/runs", job);
	return client_list(cli, &path);
}

struct run_answer {
	int64_t id;
	const char *outcome, *decided, *reason;
};
static const struct field run_fields[] = {
	{"id", FIELD_INT, offsetof(struct run_answer, id)},
	ANSWER_STRING(struct run_answer, outcome),
	ANSWER_STRING(struct run_answer, decided),
	ANSWER_STRING(struct run_answer, reason),
};
static const struct field_table run_table =
	FIELD_TABLE("RunRead", "A run.", struct run_answer, run_fields, .open = true);

/* The job itself is of all providers: this is beside it, as a webhook of the provider's is. */
static int run_one(struct cli *cli)
{
	STRBUF_AUTO path = STRBUF_INIT(CLIENT_PATH_MAX);

	if (strcmp(cli->args[1], "ingest") != 0)
		return cli_misuse(
			cli, "schedule run %s is of no single provider; ingest is", cli->args[1]);
	if (cli->option[CLI_OPTION_REASON])
		return cli_misuse(cli, "schedule run ingest PROVIDER takes no --reason: it is no "
				       "run of the job");
	strbuf_addf(&path, "/v1/providers/%s/ingest%s", http_escape(cli->args[2], cli->arena),
		cli->option[CLI_OPTION_DRY_RUN] ? "?dry_run=true" : "");
	return client_order(cli, path.buf, &(struct strbuf){0});
}

static int run_now(struct cli *cli)
{
	STRBUF_AUTO path = STRBUF_INIT(CLIENT_PATH_MAX);
	STRBUF_AUTO body = STRBUF_INIT(CLIENT_BODY_MAX);
	struct run_answer a;
	struct json_writer w;
	const char *job = NULL;
	bool done;
	int rc = want_job(cli, &job);

	if (rc)
		return rc;
	strbuf_addf(&path, "/v1/schedule/%s/run", job);
	json_writer_init(&w, &body);
	jw_object(&w);
	client_member(cli, &w, "reason", CLI_OPTION_REASON);
	jw_kbool(&w, "dry_run", cli->option[CLI_OPTION_DRY_RUN] != NULL);
	jw_end(&w);
	rc = client_post(cli, path.buf, &body, &run_table, &a, &done);
	if (rc || done)
		return rc;
	if (cli->option[CLI_OPTION_DRY_RUN])
		fprintf(cli->out, "%s: %s\n", cli->args[1],
			a.decided  ? a.decided
			: a.reason ? a.reason
				   : "nothing");
	else
		fprintf(cli->out, "run %lld of %s goes on; spiralfed schedule runs %s shows it\n",
			(long long)a.id, cli->args[1], cli->args[1]);
	return CLI_DONE;
}

int cli_schedule(struct cli *cli)
{
	const char *verb = cli->n_args ? cli->args[0] : "";

	if (!*verb)
		return client_show(cli, "/v1/schedule");
	if (!strcmp(verb, "preview"))
		return preview(cli);
	if (!strcmp(verb, "runs"))
		return list_runs(cli);
	if (!strcmp(verb, "run"))
		return cli->n_args > 2 ? run_one(cli) : run_now(cli);
	if (cli->n_args > 2)
		return cli_misuse(cli, "schedule %s takes at most the job", verb);
	return cli_misuse(cli, "schedule %s is none of preview, runs and run", verb);
}

/* ---- freeze ---- */

static void add_jobs(struct cli *cli, struct json_writer *w)
{
	const char *at = cli->option[CLI_OPTION_JOBS];
	struct word job;

	if (!at)
		return;
	jw_key(w, "jobs");
	jw_array(w);
	while (words_next(&at, &job))
		jw_stringn(w, job.s, job.n);
	jw_end(w);
}

struct freeze_answer {
	const char *id, *from, *to;
};
static const struct field freeze_fields[] = {
	ANSWER_STRING(struct freeze_answer, id),
	ANSWER_STRING(struct freeze_answer, from),
	ANSWER_STRING(struct freeze_answer, to),
};
static const struct field_table freeze_read_table =
	FIELD_TABLE("FreezeRead", "A freeze.", struct freeze_answer, freeze_fields, .open = true);

static int create(struct cli *cli)
{
	STRBUF_AUTO body = STRBUF_INIT(CLIENT_BODY_MAX);
	struct freeze_answer f;
	struct json_writer w;
	bool done;

	if (!cli->option[CLI_OPTION_UNTIL] || !cli->option[CLI_OPTION_REASON])
		return cli_misuse(cli, "freeze create needs --until TIME and --reason TEXT");
	json_writer_init(&w, &body);
	jw_object(&w);
	client_member(cli, &w, "from", CLI_OPTION_FROM);
	client_member(cli, &w, "to", CLI_OPTION_UNTIL);
	add_jobs(cli, &w);
	client_member(cli, &w, "reason", CLI_OPTION_REASON);
	client_member(cli, &w, "created_by", CLI_OPTION_AS);
	jw_end(&w);
	int rc = client_post(cli,
		cli->option[CLI_OPTION_DRY_RUN] ? "/v1/freezes?dry_run=true" : "/v1/freezes", &body,
		&freeze_read_table, &f, &done);
	if (rc || done)
		return rc;
	if (cli->option[CLI_OPTION_DRY_RUN])
		fprintf(cli->out, "it would hold from %s to %s\n", f.from ? f.from : "",
			f.to ? f.to : "");
	else
		fprintf(cli->out, "freeze %s holds from %s to %s\n", f.id ? f.id : "",
			f.from ? f.from : "", f.to ? f.to : "");
	return CLI_DONE;
}

static int end(struct cli *cli)
{
	STRBUF_AUTO path = STRBUF_INIT(CLIENT_PATH_MAX);
	STRBUF_AUTO body = STRBUF_INIT(CLIENT_BODY_MAX);
	struct freeze_answer f;
	struct json_writer w;
	bool done;

	if (cli->n_args < 2 || !cli->option[CLI_OPTION_REASON])
		return cli_misuse(
			cli, "freeze end needs the ID and --reason TEXT; freeze list shows them");
	strbuf_addf(&path, "/v1/freezes/%s/end", http_escape(cli->args[1], cli->arena));
	json_writer_init(&w, &body);
	jw_object(&w);
	client_member(cli, &w, "reason", CLI_OPTION_REASON);
	jw_kbool(&w, "dry_run", cli->option[CLI_OPTION_DRY_RUN] != NULL);
	jw_end(&w);
	int rc = client_post(cli, path.buf, &body, &freeze_read_table, &f, &done);
	if (!rc && !done)
		fprintf(cli->out, "freeze %s %s\n", cli->args[1],
			cli->option[CLI_OPTION_DRY_RUN] ? "would end now" : "is over");
	return rc;
}

int cli_freeze(struct cli *cli)
{
	const char *verb = cli->args[0];

	if (!strcmp(verb, "create"))
		return create(cli);
	if (!strcmp(verb, "end"))
		return end(cli);
	if (!strcmp(verb, "list"))
		return client_show(cli, "/v1/freezes");
	return cli_misuse(cli, "freeze %s is none of create, list and end", verb);
}
