/* SPDX-License-Identifier: Apache-2.0
 *
 * Writes the OpenAPI document. Nothing about a route is said here that routes.def does not say: a
 * route's parameters, body, answers and errors follow from its row and its flags.
 */
#include "api/openapi.h"

#include <pthread.h>
#include <string.h>

#include "api/openapi_parts.h"
#include "api/params.h"
#include "api/router.h"
#include "api/schemas.h"
#include "api/status.h"
#include "base/text.h"
#include "base/words.h"

enum { DOCUMENT_MAX = 4 * 1024 * 1024 };

static const char description[] =
	"The control plane for federated model releases: submit manifests, see verdicts, merge, "
	"promote, roll back. Every error is a problem document with a stable `code`.";

static void write_param(struct json_writer *w, const char *in, const char *name, bool required,
	const char *schema, const char *help)
{
	jw_object(w);
	jw_kstring(w, "name", name);
	jw_kstring(w, "in", in);
	if (required)
		jw_kbool(w, "required", true);
	if (help)
		jw_kstring(w, "description", help);
	jw_kraw(w, "schema", schema);
	jw_end(w);
}

static void write_params(struct json_writer *w, const struct route *r)
{
	static const char string[] = "{\"type\":\"string\"}";
	const struct param_info *p;
	char name[32];

	jw_key(w, "parameters");
	jw_array(w);
	for (size_t i = 0; route_binding_name(r, i, name, sizeof(name)); i++)
		write_param(w, "path", name, true, string, NULL);
	for (size_t i = 0; (p = param_info(i)); i++)
		if (words_have(r->params, p->name) || strcmp(p->name, "pretty") == 0)
			write_param(w, "query", p->name, false, p->schema, p->help);
	if (strcmp(r->method, "GET") == 0)
		write_param(w, "header", "If-None-Match", false, string,
			"ETags one has; 304 when one of them is still right");
	if (r->flags & ROUTE_IF_MATCH)
		write_param(w, "header", "If-Match", r->flags & ROUTE_NEED_MATCH, string,
			"The ETag that was read; 412 when it has changed");
	if (r->body)
		write_param(w, "header", "Idempotency-Key", false,
			"{\"type\":\"string\",\"minLength\":1,\"maxLength\":257}",
			"A key of this request: repeated, it is answered the same and done once");
	jw_end(w);
}

static void write_body(struct json_writer *w, const struct route *r)
{
	bool required = false;

	for (size_t i = 0; i < r->body->n_fields; i++)
		required |= r->body->fields[i].flags & FIELD_REQUIRED;
	jw_key(w, "requestBody");
	jw_object(w);
	jw_kbool(w, "required", required);
	jw_key(w, "content");
	jw_object(w);
	jw_key(w, "application/json");
	jw_object(w);
	jw_key(w, "schema");
	openapi_ref(w, "schemas", r->body->name);
	jw_end(w);
	jw_end(w);
	jw_end(w);
}

static void write_content(struct json_writer *w, const struct route *r)
{
	jw_key(w, "content");
	jw_object(w);
	if (!(r->flags & ROUTE_PLAIN)) {
		jw_key(w, "application/json");
		jw_object(w);
		jw_key(w, "schema");
		if (strcmp(r->schema, "OpenAPI") == 0)
			jw_raw(w, "{\"type\":\"object\"}", 17);
		else
			openapi_ref(w, "schemas", openapi_schema_name(r->schema));
		jw_end(w);
	}
	if ((r->flags & ROUTE_PLAIN) || r->columns) {
		jw_key(w, route_text_type(r));
		jw_object(w);
		jw_kraw(w, "schema", "{\"type\":\"string\"}");
		jw_end(w);
	}
	jw_end(w);
}

static void write_header(struct json_writer *w, const char *name, const char *help)
{
	jw_key(w, name);
	jw_object(w);
	jw_kstring(w, "description", help);
	jw_kraw(w, "schema", "{\"type\":\"string\"}");
	jw_end(w);
}

static void write_success(
	struct json_writer *w, const struct route *r, int status, const char *what)
{
	char code[8];

	snprintf(code, sizeof(code), "%d", status);
	jw_key(w, code);
	jw_object(w);
	jw_kstring(w, "description", what);
	jw_key(w, "headers");
	jw_object(w);
	write_header(w, "X-Request-Id", "The request's id, as in the log");
	if (words_have(r->params, "dry_run") && status == 200)
		write_header(w, "Dry-Run", "true: this is what would be, and nothing was changed");
	if (strcmp(r->method, "PUT") == 0)
		write_header(w, "ETag", "The new one, for the next If-Match; not of a dry run");
	if (strcmp(r->method, "GET") == 0)
		write_header(w, "ETag", "Strong: equal tags, equal bytes");
	if (r->flags & ROUTE_LIST)
		write_header(w, "Link", "The next page, rel=next");
	if (status == 201)
		write_header(w, "Location", "Path of what was made");
	jw_end(w);
	write_content(w, r);
	jw_end(w);
}

/* Every code that a route can answer with, by its flags and its own list. */
static bool route_has_error(const struct route *r, enum err_code code)
{
	const char *name = err_info(code)->code;
	bool get = strcmp(r->method, "GET") == 0;

	switch (code) {
	case ERR_BAD_REQUEST:
	case ERR_INVALID_PARAMETER:
	case ERR_NOT_ACCEPTABLE:
	case ERR_INTERNAL:
		return true;
	case ERR_UNAUTHENTICATED:
	case ERR_INVALID_TOKEN:
	case ERR_INSUFFICIENT_SCOPE:
		return !(r->flags & ROUTE_PUBLIC) || words_have(r->errors, name);
	case ERR_STORAGE:
		return !(r->flags & (ROUTE_PUBLIC | ROUTE_PLAIN));
	case ERR_BAD_JSON:
	case ERR_BODY_TOO_LARGE:
	case ERR_UNSUPPORTED_MEDIA_TYPE:
		return r->body;
	case ERR_INVALID_BODY:
		return r->body && !(r->flags & ROUTE_RAW);
	case ERR_UNAVAILABLE:
	case ERR_DRAINING:
		return !get || words_have(r->errors, name);
	case ERR_PRECONDITION_FAILED:
		return r->flags & ROUTE_IF_MATCH;
	case ERR_PRECONDITION_REQUIRED:
		return r->flags & ROUTE_NEED_MATCH;
	default:
		return words_have(r->errors, name);
	}
}

static void write_problem(struct json_writer *w, const struct route *r, int status)
{
	STRBUF_AUTO text = STRBUF_INIT(1024);
	char code[8];

	for (int c = ERR_NONE + 1; c < ERR_CODES; c++) {
		const struct err_info *info = err_info((enum err_code)c);

		if (info->status == status && route_has_error(r, (enum err_code)c))
			strbuf_addf(
				&text, "%s`%s`: %s", text.len ? "; " : "", info->code, info->title);
	}
	if (text.len == 0)
		return;
	snprintf(code, sizeof(code), "%d", status);
	jw_key(w, code);
	jw_object(w);
	jw_kstring(w, "description", text.buf);
	jw_key(w, "content");
	jw_object(w);
	jw_key(w, "application/problem+json");
	jw_object(w);
	jw_key(w, "schema");
	openapi_ref(w, "schemas", problem_table.name);
	jw_end(w);
	jw_end(w);
	jw_end(w);
}

static void write_responses(struct json_writer *w, const struct route *r)
{
	jw_key(w, "responses");
	jw_object(w);
	if (r->status != 200 && r->body)
		write_success(w, r, 200, "It was so already, or this is a dry run");
	write_success(w, r, r->status, "Done");
	if (strcmp(r->method, "GET") == 0) {
		jw_key(w, "304");
		jw_object(w);
		jw_kstring(w, "description", "Not changed");
		jw_end(w);
	}
	for (int status = 400; status < 600; status++)
		write_problem(w, r, status);
	jw_end(w);
}

/* "GET /v1/artifacts/{name}/gates" -> "get_v1_artifacts_name_gates" */
static void write_operation_id(struct json_writer *w, const struct route *r)
{
	char id[128];
	size_t n = 0;

	for (const char *p = r->name; *p && n + 1 < sizeof(id); p++) {
		char c = *p >= 'A' && *p <= 'Z' ? (char)(*p - 'A' + 'a') : *p;

		if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'))
			id[n++] = c;
		else if (n > 0 && id[n - 1] != '_')
			id[n++] = '_';
	}
	while (n > 0 && id[n - 1] == '_')
		n--;
	id[n] = '\0';
	jw_kstring(w, "operationId", id);
}

/* The resource, "/v1/releases/..." -> "releases"; "system" outside /v1. */
static const char *tag_of(const struct route *r, char buf[32])
{
	if (!text_starts(r->pattern, "/v1/"))
		return "system";
	snprintf(buf, 32, "%.*s", (int)strcspn(r->pattern + 4, "/"), r->pattern + 4);
	return buf;
}

static void write_operation(struct json_writer *w, const struct route *r)
{
	char method[8], tag[32], text[256];

	snprintf(method, sizeof(method), "%s", r->method);
	for (char *p = method; *p; p++)
		*p = (char)(*p - 'A' + 'a');
	jw_key(w, method);
	jw_object(w);
	write_operation_id(w, r);
	jw_key(w, "tags");
	jw_array(w);
	jw_string(w, tag_of(r, tag));
	jw_end(w);
	jw_kstring(w, "summary", r->summary);
	if (strcmp(r->scope, "submit") == 0)
		snprintf(text, sizeof(text), "Scope: submit:<provider> of the manifest.");
	else
		snprintf(text, sizeof(text), *r->scope ? "Scope: %s." : "Public.", r->scope);
	jw_kstring(w, "description", text);
	jw_kraw(w, "security",
		r->flags & ROUTE_PUBLIC	    ? "[]"
		: r->flags & ROUTE_CALENDAR ? "[{\"bearer\":[]},{\"basic\":[]}]"
					    : "[{\"bearer\":[]}]");
	write_params(w, r);
	if (r->body)
		write_body(w, r);
	write_responses(w, r);
	jw_end(w);
}

static void write_paths(struct json_writer *w)
{
	bool done[ROUTES] = {false};

	jw_key(w, "paths");
	jw_object(w);
	for (size_t i = 0; i < ROUTES; i++) {
		const struct route *first = route_at((enum route_id)i);

		if (done[i])
			continue;
		jw_key(w, first->pattern);
		jw_object(w);
		for (size_t k = i; k < ROUTES; k++) {
			const struct route *r = route_at((enum route_id)k);

			if (strcmp(r->pattern, first->pattern) != 0)
				continue;
			done[k] = true;
			write_operation(w, r);
		}
		jw_end(w);
	}
	jw_end(w);
}

static const char *const tags[][2] = {
	{"system", "The daemon itself: health, metrics, this document."},
	{"manifests", "What pipelines submit."},
	{"artifacts", "Units and evidence, and what the gates say of them."},
	{"merges", "Fused candidates, one unit for each slot."},
	{"promotions", "Making a merge the active release."},
	{"rollbacks", "The way back to a warm release."},
	{"observations", "What nodes see of the active release."},
	{"releases", "Promoted merges, immutable."},
	{"channels", "The pointer that nodes follow."},
	{"events", "The history, in one hash chain."},
	{"policy", "The rules that verdicts follow."},
	{"status", "What the daemon holds and does."},
	{"tokens", "Who may do what."},
};

static void write_tags(struct json_writer *w)
{
	jw_key(w, "tags");
	jw_array(w);
	for (size_t i = 0; i < sizeof(tags) / sizeof(tags[0]); i++) {
		jw_object(w);
		jw_kstring(w, "name", tags[i][0]);
		jw_kstring(w, "description", tags[i][1]);
		jw_end(w);
	}
	jw_end(w);
}

static struct body document;

static void make(void)
{
	struct strbuf out;
	struct json_writer w;
	size_t len;

	strbuf_init(&out, DOCUMENT_MAX);
	json_writer_init(&w, &out);
	jw_object(&w);
	jw_kstring(&w, "openapi", "3.1.0");
	jw_key(&w, "info");
	jw_object(&w);
	jw_kstring(&w, "title", "spiralfed");
	jw_kstring(&w, "version", SPIRALFED_VERSION);
	jw_kstring(&w, "description", description);
	jw_kraw(&w, "license", "{\"name\":\"Apache 2.0\",\"identifier\":\"Apache-2.0\"}");
	jw_end(&w);
	jw_kraw(&w, "servers",
		"[{\"url\":\"/\",\"description\":\"The daemon that serves this document\"}]");
	write_tags(&w);
	write_paths(&w);
	openapi_components(&w);
	jw_end(&w);
	const char *text = strbuf_detach(&out, &len);

	body_set(&document, text, len);
}

const struct body *openapi_document(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, make);
	return &document;
}
