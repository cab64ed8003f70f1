/* SPDX-License-Identifier: Apache-2.0
 *
 * The command line's side of the API. It shows a problem document the way a person reads one: title,
 * detail, each fault with its pointer, and what to do next.
 */
#include "cli/client.h"

#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/text.h"
#include "cli/print.h"
#include "net/url.h"

#define DEFAULT_SERVER "http://127.0.0.1:8787"

enum { TIMEOUT_S = 60, TOKEN_FILE_MAX = 4096 };

struct problem_fault {
	const char *pointer, *detail;
};
static const struct field fault_fields[] = {
	ANSWER_STRING(struct problem_fault, pointer),
	ANSWER_STRING(struct problem_fault, detail),
};
static const struct field_table fault_table =
	FIELD_TABLE("ProblemFault", "One fault.", struct problem_fault, fault_fields, .open = true);

struct problem {
	const char *title, *detail, *hint, *code, *request_id;
	struct list errors;
	const char *slots; /* canonical text: {"embed": "why"} */
};
static const struct field problem_fields[] = {
	ANSWER_STRING(struct problem, title),
	ANSWER_STRING(struct problem, detail),
	ANSWER_STRING(struct problem, hint),
	ANSWER_STRING(struct problem, code),
	ANSWER_STRING(struct problem, request_id),
	ANSWER_LIST(struct problem, errors, fault_table),
	{"slots", FIELD_JSON, offsetof(struct problem, slots)},
};
static const struct field_table problem_table =
	FIELD_TABLE("ProblemRead", "A problem.", struct problem, problem_fields, .open = true);

static int find_server(struct cli *cli, struct http_server *ret)
{
	const char *url = cli->option[CLI_OPTION_SERVER], *from = getenv("SPIRALFED_URL");
	struct err err = {0};

	if (!url)
		url = from && *from ? from : DEFAULT_SERVER;
	if (http_server_parse(url, cli->arena, ret, &err) < 0)
		return cli_misuse(cli, "%s", err.msg);
	return 0;
}

static int token_from_file(struct cli *cli, const char *path, const char **ret)
{
	struct err err = {0};
	char *text;
	size_t len;

	if (file_read(path, TOKEN_FILE_MAX, cli->arena, &text, &len, &err) < 0)
		return cli_misuse(cli, "the token: %s", err.msg);
	text[strcspn(text, " \t\r\n")] = '\0';
	if (!*text)
		return cli_misuse(cli, "the token: %s begins with an empty line", path);
	*ret = text;
	return 0;
}

/* *ret is NULL when there is none: the daemon may not ask for one. */
static int find_token(struct cli *cli, const char **ret)
{
	const char *file = cli->option[CLI_OPTION_TOKEN_FILE];
	const char *token = getenv("SPIRALFED_TOKEN"), *env_file = getenv("SPIRALFED_TOKEN_FILE");

	*ret = NULL;
	if (!file && token && *token) {
		*ret = token;
		return 0;
	}
	if (!file && env_file && *env_file)
		file = env_file;
	return file ? token_from_file(cli, file, ret) : 0;
}

/* The string that begins at *at, which is moved behind it. */
static char *take_string(struct arena *a, const char **at)
{
	char *out = arena_alloc(a, strlen(*at) + 1), *end = out;
	const char *s = *at + 1;

	for (; *s && *s != '"'; s++) {
		if (*s == '\\' && s[1])
			s++;
		*end++ = *s;
	}
	*end = '\0';
	*at = *s ? s + 1 : s;
	return out;
}

/* An object of strings, in canonical text. */
static void print_slots(struct cli *cli, const char *at)
{
	while ((at = strchr(at, '"'))) {
		const char *slot = take_string(cli->arena, &at);
		if (*at != ':' || at[1] != '"')
			return;
		at++;
		fprintf(cli->errors, "  %-9s %s\n", slot, take_string(cli->arena, &at));
	}
}

static void print_faults(struct cli *cli, const struct problem *p)
{
	for (size_t i = 0; i < p->errors.n; i++) {
		const struct problem_fault *f = LIST_AT(&p->errors, struct problem_fault, i);
		fprintf(cli->errors, "  %s  %s\n",
			f->pointer && *f->pointer ? f->pointer : "(document)",
			f->detail ? f->detail : "");
	}
	if (p->slots)
		print_slots(cli, p->slots);
}

static bool is_first_fault(const struct problem *p)
{
	const struct problem_fault *f = p->errors.v;

	return p->errors.n && f->detail && !strcmp(f->detail, p->detail);
}

static int refused(struct cli *cli, const struct call *call, const struct http_response *r)
{
	struct problem p;
	struct err err = {0};
	const char *about = call->about ? call->about : "", *colon = call->about ? ": " : "";

	if (!r->content_type || !text_starts(r->content_type, "application/problem+json") ||
		fields_load_text(&problem_table, r->body, cli->arena, &p, &err) < 0)
		return cli_fail(cli, CLI_REFUSED, "%s%sthe server answers %d: %.400s", about, colon,
			r->status, r->body);
	cli_fail(cli, CLI_REFUSED, "%s%s%s", about, colon, p.title ? p.title : "refused");
	/* The slots, or the faults, say it again, and more. */
	if (p.detail && *p.detail && !p.slots && !is_first_fault(&p))
		fprintf(cli->errors, "  %s\n", p.detail);
	print_faults(cli, &p);
	/* What the server says of headers is for those who write them. */
	if (p.code && strcmp(p.code, err_info(ERR_UNAUTHENTICATED)->code) == 0)
		fputs("  -> Name the file that holds your token by --token-file or "
		      "SPIRALFED_TOKEN_FILE; the first one is admin.token in the state "
		      "folder.\n",
			cli->errors);
	else if (p.hint && *p.hint)
		fprintf(cli->errors, "  -> %s\n", p.hint);
	return CLI_REFUSED;
}

static int send_call(struct cli *cli, const struct call *call, struct http_response *ret)
{
	struct http_header headers[4];
	struct http_request r = {.method = call->method,
		.path = call->path,
		.headers = headers,
		.body = call->body,
		.body_len = call->body_len,
		.timeout = TIMEOUT_S * USEC_PER_SEC,
		.cap = CLIENT_ANSWER_MAX};
	const char *token, *key = cli->option[CLI_OPTION_IDEMPOTENCY_KEY];
	bool table = call->table && !cli->option[CLI_OPTION_JSON];
	struct err err = {0};
	int rc = find_server(cli, &r.server);

	if (!rc)
		rc = find_token(cli, &token);
	if (rc)
		return rc;
	if (token && !url_is_private(&r.server))
		return cli_misuse(cli,
			"%s: a token is sent in the open to nobody but this machine; use https",
			r.server.base);
	headers[r.n_headers++] =
		(struct http_header){"Accept", table ? "text/plain" : "application/json"};
	if (call->body)
		headers[r.n_headers++] = (struct http_header){"Content-Type", "application/json"};
	if (token)
		headers[r.n_headers++] = (struct http_header){
			"Authorization", arena_printf(cli->arena, "Bearer %s", token)};
	if (key && call->body)
		headers[r.n_headers++] = (struct http_header){
			"Idempotency-Key", arena_printf(cli->arena, "\"%s\"", key)};
	if (http_perform(&r, cli->arena, ret, &err) == 0)
		return 0;
	if (err.code != ERR_UNREACHABLE)
		return cli_fail(cli, CLI_REFUSED, "%s", err.msg);
	cli_fail(cli, CLI_UNREACHABLE, "the daemon is not reached: %s", err.msg);
	fprintf(cli->errors, "  -> %s\n", err_info(ERR_UNREACHABLE)->hint);
	return CLI_UNREACHABLE;
}

int client_call(struct cli *cli, const struct call *call, struct http_response *ret)
{
	bool json = cli->option[CLI_OPTION_JSON] && !call->quiet;
	int rc = send_call(cli, call, ret);

	if (rc)
		return rc;
	bool good = ret->status >= 200 && ret->status < 300;
	if (json || (good && call->table)) {
		fwrite(ret->body, 1, ret->body_len, cli->out);
		if (ret->body_len && ret->body[ret->body_len - 1] != '\n')
			fputc('\n', cli->out);
		return good ? 0 : CLI_REFUSED;
	}
	return good ? 0 : refused(cli, call, ret);
}

int client_ask(struct cli *cli, const struct call *call, const struct field_table *t, void *obj,
	bool *ret_done)
{
	struct http_response response;
	struct err err = {0};
	int rc = client_call(cli, call, &response);

	*ret_done = rc == 0 && cli->option[CLI_OPTION_JSON];
	if (rc || *ret_done)
		return rc;
	if (fields_load_text(t, response.body, cli->arena, obj, &err) < 0)
		return cli_fail(cli, CLI_REFUSED,
			"the answer cannot be read (%s); --json shows it as it is", err.msg);
	return 0;
}

int client_post(struct cli *cli, const char *path, const struct strbuf *body,
	const struct field_table *t, void *obj, bool *ret_done)
{
	return client_ask(cli,
		&(struct call){.method = "POST",
			.path = path,
			.body = body ? body->buf : NULL,
			.body_len = body ? body->len : 0},
		t, obj, ret_done);
}

void client_query(struct cli *cli, struct strbuf *path, const char *name, enum cli_option_id option)
{
	const char *value = cli->option[option];

	if (value)
		strbuf_addf(path, "%c%s=%s", strchr(path->buf, '?') ? '&' : '?', name,
			*value ? http_escape(value, cli->arena) : "1");
}

int client_show(struct cli *cli, const char *path)
{
	struct http_response response;

	return client_call(
		cli, &(struct call){.method = "GET", .path = path, .table = true}, &response);
}

int client_list(struct cli *cli, struct strbuf *path)
{
	client_query(cli, path, "max_results", CLI_OPTION_MAX_RESULTS);
	client_query(cli, path, "page_token", CLI_OPTION_PAGE_TOKEN);
	return client_show(cli, path->buf);
}

int client_list_or_one(struct cli *cli, const char *path)
{
	STRBUF_AUTO sb = STRBUF_INIT(CLIENT_PATH_MAX);

	strbuf_addstr(&sb, path);
	if (cli->n_args)
		strbuf_addf(&sb, "/%s", http_escape(cli->args[0], cli->arena));
	return client_list(cli, &sb);
}

int client_order(struct cli *cli, const char *path, const struct strbuf *body)
{
	struct http_response response;

	return client_call(cli,
		&(struct call){.method = "POST",
			.path = path,
			.body = body->buf,
			.body_len = body->len,
			.table = true},
		&response);
}

void client_member(
	struct cli *cli, struct json_writer *w, const char *name, enum cli_option_id option)
{
	const char *value = cli->option[option];

	if (value && *cli_options[option].argument)
		jw_kstring(w, name, value);
	else if (value)
		jw_kbool(w, name, true);
}

int client_artifact_path(struct cli *cli, const char *id, struct strbuf *path)
{
	int parts = 0;

	strbuf_addstr(path, "/v1/artifacts");
	for (const char *at = id;; parts++) {
		size_t len = strcspn(at, "/");
		const char *part = arena_strndup(cli->arena, at, len);
		strbuf_addf(path, "/%s", http_escape(part, cli->arena));
		if (!len || parts > 2)
			parts = 3;
		if (!at[len])
			break;
		at += len + 1;
	}
	if (parts != 2)
		return cli_misuse(
			cli, "%s is not PROVIDER/ID, e.g. hf/spiralverse/textgen-lora-v1", id);
	return 0;
}
