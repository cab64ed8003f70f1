/* SPDX-License-Identifier: Apache-2.0
 *
 * The only writer of answers: every response of the server is made and queued here. Stored bodies
 * pass through untouched; only a text table reads JSON again.
 */
#include "api/reply.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/cors.h"
#include "api/loop.h"
#include "api/negotiate.h"
#include "api/text_table.h"
#include "base/jcs.h"
#include "base/json_writer.h"
#include "base/words.h"
#include "engine/command.h"
#include "model/field.h"

enum { BODY_MAX = 64 * 1024 * 1024, CELL_MAX = 4096, PROBLEM_MAX = 64 * 1024 };

/* ---- text tables ---- */

static void cell_value(struct strbuf *out, const json_t *v);

/* An object in a list, in short: its first two members, "quality=pass". What is true goes without
 * saying; what is not is named: "not-ready=1.0.0". */
static void cell_pair(struct strbuf *out, const json_t *object)
{
	const char *key;
	json_t *v;
	int n = 0;

	json_object_foreach((json_t *)(uintptr_t)object, key, v)
	{
		if (json_is_true(v))
			continue;
		if (n++ == 2)
			break;
		if (n == 2)
			strbuf_addch(out, '=');
		if (json_is_false(v))
			strbuf_addf(out, "not-%s", key);
		else
			cell_value(out, v);
	}
}

static void cell_list(struct strbuf *out, const json_t *list)
{
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *v = json_array_get(list, i);

		if (i)
			strbuf_addch(out, ' ');
		if (json_is_object(v))
			cell_pair(out, v);
		else
			cell_value(out, v);
	}
}

static void cell_value(struct strbuf *out, const json_t *v)
{
	struct err ignored;

	if (!v || json_is_null(v) || (json_is_array(v) && json_array_size(v) == 0))
		strbuf_addch(out, '-');
	else if (json_is_string(v))
		strbuf_addstr(out, json_string_value(v));
	else if (json_is_array(v))
		cell_list(out, v);
	else
		jcs_render(v, out, &ignored);
}

/* "a.b" is member b of member a. */
static const json_t *cell_at(const json_t *object, const char *key, size_t n)
{
	char name[64];

	for (const char *end = key + n; object && key < end;) {
		const char *dot = memchr(key, '.', (size_t)(end - key));
		size_t part = (size_t)((dot ? dot : end) - key);

		snprintf(name, sizeof(name), "%.*s", (int)part, key);
		object = json_object_get(object, name);
		key += part + 1;
	}
	return object;
}

/* `name` is the object's in its map, "" in a list. */
static void row_of(struct text_table *t, const char *name, const json_t *object, const char *keys)
{
	struct word w;

	text_table_row(t);
	while (words_next(&keys, &w)) {
		STRBUF_AUTO cell = STRBUF_INIT(CELL_MAX);

		if (*w.s == '*')
			strbuf_addstr(&cell, name);
		else
			cell_value(&cell, cell_at(object, w.s, w.n));
		text_table_cell(t, cell.buf);
	}
}

/* One row for each element of the list or of the map. */
static void rows_of(struct text_table *t, const json_t *list, const char *keys)
{
	const char *key;
	struct word w;
	json_t *v;

	for (const char *at = keys; words_next(&at, &w);)
		text_table_head(t, *w.s == '*' ? "name" : w.s, *w.s == '*' ? 4 : w.n);
	for (size_t i = 0; i < json_array_size(list); i++)
		row_of(t, "", json_array_get(list, i), keys);
	json_object_foreach((json_t *)(uintptr_t)list, key, v) row_of(t, key, v, keys);
}

static void rows_of_object(struct text_table *t, const json_t *object, const char *keys)
{
	struct word w;

	while (words_next(&keys, &w)) {
		STRBUF_AUTO cell = STRBUF_INIT(CELL_MAX), name = STRBUF_INIT(64);
		const json_t *v = cell_at(object, w.s, w.n);

		if (!v)
			continue;
		strbuf_add(&name, w.s, w.n);
		cell_value(&cell, v);
		text_table_row(t);
		text_table_cell(t, name.buf);
		text_table_cell(t, cell.buf);
	}
}

/* One table: "list: key key", or ": key key" of the object itself. */
static void render_table(
	const char *columns, const json_t *root, struct arena *a, struct strbuf *out)
{
	struct text_table *t = text_table_new(a);
	size_t n = strcspn(columns, ":");
	const char *keys = columns + n + 1;

	if (n > 0)
		rows_of(t, cell_at(root, columns, n), keys);
	else
		rows_of_object(t, root, keys);
	text_table_print(t, out);
}

/* The tables of `columns`, which ";" parts, with a line between them. The JSON is our own. */
static void render_text(
	const char *columns, const char *json, size_t len, struct arena *a, struct strbuf *out)
{
	json_auto_t *root = NULL;
	struct err ignored;

	if (jcs_load_upto(json, len, JCS_VALUES_TRUSTED, &root, &ignored) < 0) {
		strbuf_add(out, json, len);
		return;
	}
	for (const char *at = columns; *at; at += strspn(at, "; ")) {
		size_t part = strcspn(at, ";");

		if (at > columns)
			strbuf_addch(out, '\n');
		render_table(arena_strndup(a, at, part), root, a, out);
		at += part;
	}
	const char *next = json_string_value(json_object_get(root, "next_page_token"));

	if (next)
		strbuf_addf(out, "\nmore: page_token=%s\n", next);
}

/* ---- every answer ---- */

/* The body in the form that was asked for. */
struct form {
	const char *body;
	size_t len;
	char *owned; /* heap memory of `body`, handed to the library */
	const char *type, *mark;
};

static void choose_form(const struct request *r, const struct reply *a, struct form *f)
{
	STRBUF_AUTO out = STRBUF_INIT(BODY_MAX);

	*f = (struct form){.body = a->body ? a->body : "",
		.len = a->len,
		.type = a->type ? a->type : "application/json",
		.mark = ""};
	if (a->fixed || !a->body)
		return;
	if (r->plain && r->route->columns && !a->error) {
		render_text(r->route->columns, a->body, a->len, r->arena, &out);
		if (r->dry_run)
			strbuf_addstr(&out, "\ndry run: nothing was changed\n");
		f->type = "text/plain; charset=utf-8";
		f->mark = "-text";
	} else if (r->pretty || a->error) {
		json_pretty(&out, a->body, a->len);
		f->mark = a->error ? "" : "-pretty";
	} else {
		return;
	}
	if (out.overflow)
		return;
	f->body = f->owned = strbuf_detach(&out, &f->len);
}

static void header(struct MHD_Response *m, const char *name, const char *value)
{
	if (value)
		MHD_add_response_header(m, name, value);
}

static const char *cache_control(const struct request *r, const struct reply *a)
{
	if (a->status != 200 && a->status != 304)
		return "no-store";
	if (!r->route || strcmp(r->route->method, "GET") != 0)
		return "no-store";
	return r->route->flags & ROUTE_IMMUTABLE ? "private, max-age=31536000, immutable"
						 : "no-cache";
}

static const char *vary(const struct request *r)
{
	bool form = r->route && r->route->columns;

	if (r->server->options.cors_origins)
		return form ? "Accept, Origin" : "Origin";
	return form ? "Accept" : NULL;
}

static void add_headers(const struct request *r, const struct reply *a, const char *type,
	const char *etag, struct MHD_Response *m)
{
	header(m, "Content-Type", type);
	header(m, "ETag", etag);
	header(m, "Cache-Control", cache_control(r, a));
	header(m, "X-Request-Id", r->id);
	header(m, "X-Content-Type-Options", "nosniff");
	header(m, "Vary", vary(r));
	header(m, "Location", a->location);
	header(m, "Link", a->link);
	header(m, "Allow", a->allow);
	if (r->dry_run)
		header(m, "Dry-Run", "true");
	if (a->replayed)
		header(m, "Idempotency-Replayed", "true");
	if (a->close || atomic_load(&r->server->draining))
		header(m, "Connection", "close");
	cors_headers(r, m);
}

/* What only a problem carries. */
static void add_problem_headers(
	const struct request *r, const struct err *err, struct MHD_Response *m)
{
	const struct err_info *info = err_info(err->code);
	char value[160];

	if (info->retryable)
		header(m, "Retry-After", err->code == ERR_UNAVAILABLE ? "1" : "5");
	if (err->code == ERR_UNAUTHENTICATED)
		header(m, "WWW-Authenticate", "Bearer realm=\"spiralfed\"");
	if (err->code == ERR_INVALID_TOKEN)
		header(m, "WWW-Authenticate",
			"Bearer realm=\"spiralfed\", error=\"invalid_token\"");
	if (info->status == 401 && r->route->flags & ROUTE_CALENDAR)
		header(m, "WWW-Authenticate", "Basic realm=\"spiralfed\"");
	if (err->code == ERR_INSUFFICIENT_SCOPE) {
		snprintf(value, sizeof(value),
			"Bearer realm=\"spiralfed\", error=\"insufficient_scope\", scope=\"%s\"",
			r->need ? r->need : r->route->scope);
		header(m, "WWW-Authenticate", value);
	}
}

static int queue(struct request *r, int status, struct MHD_Response *m)
{
	enum MHD_Result rc = MHD_queue_response(r->conn, (unsigned)status, m);

	MHD_destroy_response(m);
	r->status = rc == MHD_YES ? status : 0;
	r->stage = REQUEST_ANSWERED;
	return rc == MHD_YES ? 0 : -1;
}

static int send_as(struct request *r, const struct reply *a, const struct err *err)
{
	struct reply now = *a;
	struct form f;
	char digest[DIGEST_STRLEN], etag[DIGEST_STRLEN + 16] = "";
	bool get = r->route && strcmp(r->route->method, "GET") == 0;

	choose_form(r, a, &f);
	if (get && a->status == 200) {
		const char *d = a->digest ? a->digest : digest_string(a->body, a->len, digest);
		const char *condition = request_header(r, "If-None-Match");

		snprintf(etag, sizeof(etag), "\"%s%s\"", d, f.mark);
		if (condition && etag_none_match(condition, etag))
			now.status = 304;
	} else if (a->digest) {
		snprintf(etag, sizeof(etag), "\"%s\"", a->digest);
	}
	if (now.status == 304 || now.status == 204)
		f.type = NULL;
	struct MHD_Response *m = MHD_create_response_from_buffer(f.len, (void *)(uintptr_t)f.body,
		f.owned ? MHD_RESPMEM_MUST_FREE : MHD_RESPMEM_PERSISTENT);

	if (!m) {
		free(f.owned);
		r->stage = REQUEST_ANSWERED;
		return -1;
	}
	add_headers(r, &now, f.type, *etag ? etag : NULL, m);
	if (err)
		add_problem_headers(r, err, m);
	atomic_fetch_add_explicit(&r->loop->metrics.out_bytes, f.len, memory_order_relaxed);
	return queue(r, now.status, m);
}

int reply_send(struct request *r, const struct reply *a)
{
	return send_as(r, a, NULL);
}

int reply_json(struct request *r, int status, const char *body, size_t len, const char *digest)
{
	return reply_send(
		r, &(struct reply){.status = status, .body = body, .len = len, .digest = digest});
}

int reply_body(struct request *r, const struct body *body)
{
	return reply_json(r, 200, body->text, body->len, body->digest);
}

int reply_document(struct request *r, const struct field_table *t, const void *obj, struct err *err)
{
	STRBUF_AUTO out = STRBUF_INIT(BODY_MAX);
	struct json_writer w;

	json_writer_init(&w, &out);
	fields_emit(t, obj, &w);
	if (!json_writer_done(&w))
		return err_set(err, ERR_INTERNAL, "the answer is too large");
	return reply_send(r, &(struct reply){.status = 200,
				     .body = arena_strndup(r->arena, out.buf, out.len),
				     .len = out.len});
}

int reply_text(struct request *r, int status, const char *type, const char *body, size_t len)
{
	return reply_send(r,
		&(struct reply){
			.status = status, .type = type, .body = body, .len = len, .fixed = true});
}

/* ---- problems ---- */

static void write_faults(struct json_writer *w, const struct faults *faults)
{
	jw_key(w, "errors");
	jw_array(w);
	for (size_t i = 0; i < faults->n; i++) {
		jw_object(w);
		jw_kstring(w, "pointer", faults->list[i].pointer);
		jw_kstring(w, "detail", faults->list[i].detail);
		jw_end(w);
	}
	jw_end(w);
	if (faults->total > faults->n)
		jw_kint(w, "errors_total", (int64_t)faults->total);
}

static void write_problem(struct request *r, const struct err *err, const struct faults *faults,
	const char *members, struct strbuf *out)
{
	const struct err_info *info = err_info(err->code);
	struct json_writer w;
	char type[80];

	snprintf(type, sizeof(type), "urn:spiralfed:problem:%s", info->code);
	json_writer_init(&w, out);
	jw_object(&w);
	jw_kstring(&w, "type", type);
	jw_kstring(&w, "title", info->title);
	jw_kint(&w, "status", info->status);
	jw_kstring(&w, "code", info->code);
	jw_kstring(&w, "detail", err->msg);
	if (err->pointer[0])
		jw_kstring(&w, "pointer", err->pointer);
	jw_kstring(&w, "instance", r->path);
	jw_kstring(&w, "hint", r->hint ? r->hint : info->hint);
	jw_kstring(&w, "request_id", r->id);
	if (faults && faults->n > 0)
		write_faults(&w, faults);
	if (members)
		jw_members(&w, members, strlen(members));
	jw_end(&w);
}

static int problem(struct request *r, const struct err *err, const struct faults *faults,
	const char *members, bool close)
{
	STRBUF_AUTO out = STRBUF_INIT(PROBLEM_MAX);
	const char *allow = err->code == ERR_METHOD_NOT_ALLOWED ? r->allow : NULL;

	write_problem(r, err, faults, members, &out);
	if (out.overflow) {
		/* Better a problem without its details than one that is cut off. */
		strbuf_reset(&out);
		write_problem(r, err, NULL, NULL, &out);
	}
	return send_as(r,
		&(struct reply){.status = err_info(err->code)->status,
			.type = "application/problem+json",
			.body = out.buf,
			.len = out.len,
			.allow = allow,
			.error = true,
			.close = close},
		err);
}

int reply_problem(
	struct request *r, const struct err *err, const struct faults *faults, const char *members)
{
	return problem(r, err, faults, members, false);
}

int reply_refusal(struct request *r, const struct err *err)
{
	return problem(r, err, NULL, NULL, true);
}

int reply_command(struct request *r, const struct command *c)
{
	r->dry_run = c->dry_run && !c->replayed;
	if (c->err.code != ERR_NONE)
		return reply_problem(r, &c->err, c->faults, c->err_members);
	return reply_send(r, &(struct reply){.status = c->answer.status,
				     .body = c->answer.body,
				     .len = c->answer.body_len,
				     .digest = c->answer.etag,
				     .location = c->answer.location,
				     .replayed = c->replayed});
}
