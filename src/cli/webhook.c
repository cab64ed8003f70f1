/* SPDX-License-Identifier: Apache-2.0
 *
 * `spiralfed webhooks`: a new secret goes to standard output alone, so that it can be kept in a file
 * without passing a screen; secrets and addresses that are secrets come from files.
 */
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/json_writer.h"
#include "base/words.h"
#include "cli/client.h"

enum { SECRET_MAX = 4096, LOOK_MS = 200, PATIENCE_MS = 20000 };

struct signature_answer {
	const char *algorithm, *public_key;
};
static const struct field signature_fields[] = {
	ANSWER_STRING(struct signature_answer, algorithm),
	ANSWER_STRING(struct signature_answer, public_key),
};
static const struct field_table signature_table = FIELD_TABLE(
	"WebhookSignatureRead", NULL, struct signature_answer, signature_fields, .open = true);

struct webhook_answer {
	const char *id, *status, *secret;
	struct list signatures;
};
static const struct field webhook_fields[] = {
	ANSWER_STRING(struct webhook_answer, id),
	ANSWER_STRING(struct webhook_answer, status),
	ANSWER_STRING(struct webhook_answer, secret),
	ANSWER_LIST(struct webhook_answer, signatures, signature_table),
};
static const struct field_table webhook_read_table =
	FIELD_TABLE("WebhookRead", NULL, struct webhook_answer, webhook_fields, .open = true);

struct attempt_answer {
	const char *detail, *response;
};
static const struct field attempt_fields[] = {
	ANSWER_STRING(struct attempt_answer, detail),
	ANSWER_STRING(struct attempt_answer, response),
};
static const struct field_table attempt_table = FIELD_TABLE(
	"WebhookAttemptRead", NULL, struct attempt_answer, attempt_fields, .open = true);

struct delivery_answer {
	const char *id, *phase;
	int64_t tries; /* since it was last asked for */
	struct list attempts;
};
static const struct field delivery_fields[] = {
	ANSWER_STRING(struct delivery_answer, id),
	ANSWER_STRING(struct delivery_answer, phase),
	{"tries", FIELD_INT, offsetof(struct delivery_answer, tries), FIELD_ZERO},
	ANSWER_LIST(struct delivery_answer, attempts, attempt_table),
};
static const struct field_table delivery_table = FIELD_TABLE(
	"WebhookDeliveryRead", NULL, struct delivery_answer, delivery_fields, .open = true);

/* ---- What is asked ---- */

static int want_id(struct cli *cli, struct strbuf *path, const char *more)
{
	if (cli->n_args < 2)
		return cli_misuse(
			cli, "webhooks %s needs the ID; webhooks list shows them", cli->args[0]);
	strbuf_addf(path, "/v1/webhooks/%s%s", http_escape(cli->args[1], cli->arena), more);
	return 0;
}

/* The first line of a file that an option names. */
static int from_file(struct cli *cli, int option, const char **ret)
{
	struct err err = {0};
	char *text;
	size_t len;

	if (file_read(cli->option[option], SECRET_MAX, cli->arena, &text, &len, &err) < 0)
		return cli_misuse(cli, "--%s: %s", cli_options[option].name, err.msg);
	text[strcspn(text, " \t\r\n")] = '\0';
	if (!*text)
		return cli_misuse(cli, "--%s: %s begins with an empty line",
			cli_options[option].name, cli->option[option]);
	*ret = text;
	return 0;
}

static int add_file(struct cli *cli, struct json_writer *w, const char *name, int option)
{
	const char *text;
	int rc = cli->option[option] ? from_file(cli, option, &text) : 0;

	if (!rc && cli->option[option])
		jw_kstring(w, name, text);
	return rc;
}

static void add_types(struct cli *cli, struct json_writer *w)
{
	const char *at = cli->option[CLI_OPTION_TYPES];
	struct word type;

	if (!at)
		return;
	jw_key(w, "types");
	jw_array(w);
	while (words_next(&at, &type))
		jw_stringn(w, type.s, type.n);
	jw_end(w);
}

static int add_address(struct cli *cli, struct json_writer *w)
{
	if (cli->option[CLI_OPTION_URL] && cli->option[CLI_OPTION_URL_FILE])
		return cli_misuse(cli, "--url and --url-file exclude each other");
	client_member(cli, w, "url", CLI_OPTION_URL);
	int rc = add_file(cli, w, "url", CLI_OPTION_URL_FILE);

	if (rc)
		return rc;
	add_types(cli, w);
	client_member(cli, w, "format", CLI_OPTION_FORMAT);
	client_member(cli, w, "description", CLI_OPTION_DESCRIPTION);
	return 0;
}

static int add_key(struct cli *cli, struct json_writer *w)
{
	client_member(cli, w, "algorithm", CLI_OPTION_ALGORITHM);
	return add_file(cli, w, "secret", CLI_OPTION_SECRET_FILE);
}

static void end_body(struct cli *cli, struct json_writer *w)
{
	jw_kbool(w, "dry_run", cli->option[CLI_OPTION_DRY_RUN] != NULL);
	jw_end(w);
}

static int ask(struct cli *cli, const char *method, const char *path, const struct strbuf *body,
	struct webhook_answer *ret, bool *ret_done)
{
	return client_ask(cli,
		&(struct call){
			.method = method, .path = path, .body = body->buf, .body_len = body->len},
		&webhook_read_table, ret, ret_done);
}

/* The key to verify with: the secret, or the public half. */
static void show_key(struct cli *cli, const struct webhook_answer *w, const char *what)
{
	const struct signature_answer *s =
		w->signatures.n ? LIST_AT(&w->signatures, struct signature_answer, 0) : NULL;

	if (cli->option[CLI_OPTION_DRY_RUN]) {
		fprintf(cli->out, "webhook %s\n", "would be taken");
		return;
	}
	if (w->secret) {
		fprintf(cli->out, "%s\n", w->secret);
		fprintf(cli->errors, "webhook %s %s; its secret is shown only this once\n",
			w->id ? w->id : "", what);
	} else {
		fprintf(cli->out, "%s\n", s && s->public_key ? s->public_key : "");
		fprintf(cli->errors, "webhook %s %s; this is its public key\n", w->id ? w->id : "",
			what);
	}
}

/* ---- The verbs ---- */

static int create(struct cli *cli)
{
	STRBUF_AUTO body = STRBUF_INIT(CLIENT_BODY_MAX);
	struct webhook_answer answer;
	struct json_writer w;
	bool done;
	int rc;

	if (!cli->option[CLI_OPTION_TYPES] ||
		(!cli->option[CLI_OPTION_URL] && !cli->option[CLI_OPTION_URL_FILE]))
		return cli_misuse(
			cli, "webhooks create needs --url URL (or --url-file) and --types LIST");
	json_writer_init(&w, &body);
	jw_object(&w);
	rc = add_address(cli, &w);
	if (!rc)
		rc = add_key(cli, &w);
	if (rc)
		return rc;
	end_body(cli, &w);
	rc = ask(cli, "POST", "/v1/webhooks", &body, &answer, &done);
	if (!rc && !done)
		show_key(cli, &answer, "is made");
	return rc;
}

static int rotate(struct cli *cli)
{
	STRBUF_AUTO path = STRBUF_INIT(CLIENT_PATH_MAX);
	STRBUF_AUTO body = STRBUF_INIT(CLIENT_BODY_MAX);
	struct webhook_answer answer;
	struct json_writer w;
	bool done;
	int rc = want_id(cli, &path, "/rotate");

	if (rc)
		return rc;
	json_writer_init(&w, &body);
	jw_object(&w);
	rc = add_key(cli, &w);
	if (rc)
		return rc;
	client_member(cli, &w, "overlap", CLI_OPTION_OVERLAP);
	end_body(cli, &w);
	rc = ask(cli, "POST", path.buf, &body, &answer, &done);
	if (!rc && !done)
		show_key(cli, &answer, "has another secret");
	return rc;
}

static int change(struct cli *cli, const char *status)
{
	STRBUF_AUTO path = STRBUF_INIT(CLIENT_PATH_MAX);
	STRBUF_AUTO body = STRBUF_INIT(CLIENT_BODY_MAX);
	struct webhook_answer answer;
	struct json_writer w;
	bool done;
	int rc = want_id(cli, &path, "");

	if (rc)
		return rc;
	json_writer_init(&w, &body);
	jw_object(&w);
	rc = add_address(cli, &w);
	if (rc)
		return rc;
	if (status)
		jw_kstring(&w, "status", status);
	client_member(cli, &w, "skip", CLI_OPTION_SKIP);
	end_body(cli, &w);
	rc = ask(cli, "PATCH", path.buf, &body, &answer, &done);
	if (!rc && !done)
		fprintf(cli->out, "webhook %s %s %s\n", cli->args[1],
			cli->option[CLI_OPTION_DRY_RUN] ? "would be" : "is",
			answer.status ? answer.status : "changed");
	return rc;
}

static int list(struct cli *cli)
{
	STRBUF_AUTO path = STRBUF_INIT(CLIENT_PATH_MAX);

	strbuf_addstr(&path, "/v1/webhooks");
	return client_list(cli, &path);
}

static int show_one(struct cli *cli)
{
	STRBUF_AUTO path = STRBUF_INIT(CLIENT_PATH_MAX);
	int rc = want_id(cli, &path, "");

	return rc ? rc : client_show(cli, path.buf);
}

static int deliveries(struct cli *cli)
{
	STRBUF_AUTO path = STRBUF_INIT(CLIENT_PATH_MAX);
	int rc = want_id(cli, &path, "/deliveries");

	if (rc)
		return rc;
	if (cli->n_args > 2)
		strbuf_addf(&path, "/%s", http_escape(cli->args[2], cli->arena));
	client_query(cli, &path, "phase", CLI_OPTION_PHASE);
	return client_list(cli, &path);
}

static int delete (struct cli *cli)
{
	STRBUF_AUTO path = STRBUF_INIT(CLIENT_PATH_MAX);
	struct http_response response;
	int rc = want_id(cli, &path, cli->option[CLI_OPTION_DRY_RUN] ? "?dry_run=true" : "");

	if (!rc)
		rc = client_call(
			cli, &(struct call){.method = "DELETE", .path = path.buf}, &response);
	if (!rc && !cli->option[CLI_OPTION_JSON])
		fprintf(cli->out, "webhook %s %s\n", cli->args[1],
			cli->option[CLI_OPTION_DRY_RUN] ? "would be deleted" : "is deleted");
	return rc;
}

/* ---- Messages ---- */

static int report(struct cli *cli, const struct delivery_answer *d)
{
	const struct attempt_answer *x =
		d->attempts.n ? LIST_AT(&d->attempts, struct attempt_answer, 0) : NULL;

	if (!strcmp(d->phase, "Succeeded")) {
		fprintf(cli->out, "%s was taken%s%s\n", d->id, x && x->response ? ": " : "",
			x && x->response ? x->response : "");
		return CLI_DONE;
	}
	return cli_fail(cli, CLI_REFUSED, "%s is %s: %s", d->id, d->phase,
		x && x->detail ? x->detail : "it was not sent yet");
}

/* Look until it was tried once. */
static int follow(struct cli *cli, const char *id)
{
	const char *path = arena_printf(cli->arena, "/v1/webhooks/%s/deliveries/%s",
		http_escape(cli->args[1], cli->arena), http_escape(id, cli->arena));
	struct delivery_answer d;
	bool done;

	for (int waited = 0;; waited += LOOK_MS) {
		int rc = client_ask(cli,
			&(struct call){.method = "GET", .path = path, .quiet = true},
			&delivery_table, &d, &done);

		if (rc || done || !d.phase || !d.id)
			return rc;
		if (strcmp(d.phase, "Pending") != 0 || d.tries || waited >= PATIENCE_MS)
			return report(cli, &d);
		poll(NULL, 0, LOOK_MS);
	}
}

static int send(struct cli *cli, const char *path, const struct strbuf *body)
{
	struct delivery_answer d;
	bool done;
	int rc = client_post(cli, path, body, &delivery_table, &d, &done);

	if (rc || done || !d.id)
		return rc;
	if (!cli->option[CLI_OPTION_DRY_RUN])
		return follow(cli, d.id);
	fprintf(cli->out, "%s would be sent\n", d.id);
	return CLI_DONE;
}

static int test(struct cli *cli)
{
	STRBUF_AUTO path = STRBUF_INIT(CLIENT_PATH_MAX);
	int rc = want_id(
		cli, &path, cli->option[CLI_OPTION_DRY_RUN] ? "/test?dry_run=true" : "/test");

	return rc ? rc : send(cli, path.buf, NULL);
}

static int redeliver(struct cli *cli)
{
	STRBUF_AUTO path = STRBUF_INIT(CLIENT_PATH_MAX);
	STRBUF_AUTO body = STRBUF_INIT(CLIENT_BODY_MAX);
	struct json_writer w;
	int rc = want_id(cli, &path, "/redeliver");

	if (rc)
		return rc;
	if (cli->n_args < 3)
		return cli_misuse(cli, "webhooks redeliver needs the ID and a delivery, or the "
				       "number of an event");
	json_writer_init(&w, &body);
	jw_object(&w);
	if (cli->args[2][strspn(cli->args[2], "0123456789")])
		jw_kstring(&w, "delivery", cli->args[2]);
	else
		jw_kint(&w, "event", strtoll(cli->args[2], NULL, 10));
	end_body(cli, &w);
	return send(cli, path.buf, &body);
}

int cli_webhooks(struct cli *cli)
{
	static const struct {
		const char *verb;
		int (*run)(struct cli *cli);
	} verbs[] = {{"list", list}, {"show", show_one}, {"create", create}, {"rotate", rotate},
		{"test", test}, {"deliveries", deliveries}, {"redeliver", redeliver},
		{"delete", delete}};
	const char *verb = cli->args[0];

	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++)
		if (!strcmp(verb, verbs[i].verb))
			return verbs[i].run(cli);
	if (!strcmp(verb, "change"))
		return change(cli, NULL);
	if (!strcmp(verb, "enable"))
		return change(cli, "ACTIVE");
	if (!strcmp(verb, "disable"))
		return change(cli, "DISABLED");
	return cli_misuse(cli,
		"webhooks %s is none of list, show, create, change, enable, disable, rotate, test, "
		"deliveries, redeliver and delete",
		verb);
}
