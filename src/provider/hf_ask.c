/* SPDX-License-Identifier: Apache-2.0
 *
 * Asks the Hub: puts the token in for its own server and nobody else, follows its redirects, and sorts
 * out what its refusals mean. It refuses to take a token over a plain connection to another machine, to
 * follow from https to http, and servers that are not of the open internet unless told otherwise.
 */
#include <string.h>

#include "base/decimal.h"
#include "base/hex.h"
#include "base/jcs.h"
#include "base/words.h"
#include "net/url.h"
#include "provider/hf_parts.h"
#include "provider/hf_token.h"

enum { REDIRECTS_MAX = 5, WORDS_MAX = 300, HEADERS_MAX = 4 };
#define QUOTA_MAX (INT64_C(1) << 53)

/* ---- Servers ---- */

static bool is_https(const char *url)
{
	return strncasecmp(url, "https://", 8) == 0;
}

static bool same_host(const char *a, const char *b)
{
	size_t n, m;
	const char *host = url_host(a, &n), *other = url_host(b, &m);

	return n == m && strncasecmp(host, other, n) == 0;
}

struct place {
	struct http_server server;
	const char *path;
	bool own;  /* the token goes along */
	bool near; /* the same machine, perhaps by another port */
};

/* What no request line can have: trying again would not change it. */
static bool has_blanks(const char *url)
{
	for (; *url; url++)
		if ((unsigned char)*url <= ' ' || *url == 0x7F)
			return true;
	return false;
}

static int place_of(const struct connector *c, const char *url, struct arena *a, struct place *ret,
	struct err *err)
{
	size_t n = url_server_len(url);

	if (has_blanks(url))
		return err_set(err, ERR_IO, "the Hub leads to %.100s, which is no URL", url);
	if (*url == '/') {
		*ret = (struct place){c->server, url, true, true};
		return 0;
	}
	if (!n || strcspn(url, "@") < n)
		return err_set(err, ERR_IO, "the Hub leads to %.100s, which is no URL", url);
	if (is_https(c->server.base) && !is_https(url))
		return err_set(err, ERR_IO, "the Hub leads from https to %.*s", (int)n, url);
	*ret = (struct place){
		.path = url_target(url, a),
		.own = session_same_server(url, c->server.base),
		.near = same_host(url, c->server.base),
	};
	if (http_server_parse(arena_strndup(a, url, n), a, &ret->server, err) < 0) {
		err->code = ERR_IO;
		return err_wrap(err, "the Hub leads elsewhere");
	}
	if (ret->own)
		ret->server.unix_socket = c->server.unix_socket;
	return 0;
}

/* Where a redirect leads, as an URL of its own. */
static const char *target(const struct place *from, const char *location, struct arena *a)
{
	const char *base = from->server.base;

	if (location[0] == '/' && location[1] == '/')
		return arena_printf(a, "%.*s:%s", (int)strcspn(base, ":"), base, location);
	if (location[0] == '/')
		return arena_printf(a, "%.*s%s", (int)url_server_len(base), base, location);
	return location;
}

/* ---- One request ---- */

struct attempt {
	const struct connector *c;
	const struct hf_request *q;
	const struct place *place;
};

static int put_headers(
	void *arg, const struct provider_call *call, struct http_request *r, struct err *err)
{
	const struct attempt *t = arg;
	struct arena *a = call->arena;
	struct http_header *h = ARENA_ARRAY(a, HEADERS_MAX, struct http_header);
	const char *token = "";
	size_t n = 0;

	if (t->place->own && hf_token(t->c->token_file, a, &token, err) < 0)
		return -1;
	/* Without one, what is private would be as good as deleted. */
	if (t->place->own && t->c->token_file && !*token)
		return err_set(err, ERR_CONFIG, "token_file: it is empty; the Hub was not asked");
	if (*token && !url_is_private(&t->place->server))
		return err_set(err, ERR_CONFIG,
			"endpoint: a token is not sent over a plain connection; use https");
	if (*token)
		h[n++] = (struct http_header){"Authorization", arena_printf(a, "Bearer %s", token)};
	if (t->place->own && t->q->etag)
		h[n++] = (struct http_header){"If-None-Match", t->q->etag};
	if (t->q->body)
		h[n++] = (struct http_header){"Content-Type", t->q->content_type};
	r->headers = h;
	r->n_headers = n;
	return 0;
}

static const int expected[] = {401, 403, 404, 0};
static const int expected_of_body[] = {401, 403, 404, 409, 412, 0};

static int send_one(struct connector *c, const struct provider_call *call,
	const struct hf_request *q, const struct place *place, struct http_response *ret,
	struct err *err)
{
	struct attempt t = {c, q, place};
	struct session_request r = {
		.http = {.server = place->server,
			.method = q->method,
			.path = place->path,
			.body = q->body,
			.body_len = q->body_len,
			.cap = q->cap},
		.once = q->body != NULL,
		.prepare = put_headers,
		.arg = &t,
	};

	return session_send(place->near ? c->hub : c->elsewhere, call, &r,
		q->body ? expected_of_body : expected, ret, NULL, err);
}

static bool is_redirect(const struct http_response *r)
{
	return r->location && (r->status == 301 || r->status == 302 || r->status == 303 ||
				      r->status == 307 || r->status == 308);
}

static bool is_too_large(const struct http_response *r, size_t cap)
{
	const char *size = http_response_header(r, "X-Linked-Size");

	const char *end;
	int64_t n = size ? decimal_count(size, INT64_MAX, &end) : -1;

	return n >= 0 && !*end && (uint64_t)n > cap;
}

/* ---- What it said ---- */

static const char *words(const struct http_response *r, struct arena *a)
{
	const char *code = http_response_header(r, "X-Error-Code");
	const char *text = http_response_header(r, "X-Error-Message");
	json_auto_t *body = NULL;
	struct err ignored;

	if (!text && r->status >= 400 && r->body_len <= ERROR_BODY_MAX &&
		jcs_load(r->body, r->body_len, &body, &ignored) == 0)
		text = json_string_value(json_object_get(body, "error"));
	return arena_printf(a, "%d%s%s%s%.*s", r->status, code ? " " : "", code ? code : "",
		text ? ": " : "", WORDS_MAX, text ? text : "");
}

static enum hf_said sort_out(const struct http_response *r)
{
	const char *code = http_response_header(r, "X-Error-Code");

	if (r->status == 304)
		return HF_UNCHANGED;
	if (r->status == 403 || (code && !strcmp(code, "GatedRepo")))
		return HF_NO_ACCESS;
	if (r->status == 401 || (code && strcmp(code, "EntryNotFound") != 0))
		return HF_NO_REPO;
	return r->status == 404 ? HF_NO_ENTRY : HF_OK;
}

static int said(const struct hf_request *q, const struct place *place,
	const struct http_response *r, struct arena *a, enum hf_said *ret, const char **ret_words,
	struct err *err)
{
	const char *text = words(r, a);

	if (r->status >= 400 && !place->own)
		return err_set(err, ERR_IO, "where the Hub keeps large files: %s", text);
	if (r->status == 401 && strstr(text, "Invalid credentials"))
		return err_set(err, ERR_CONFIG, "the Hub refuses the token: %s", text);
	*ret = r->status < 400 && is_too_large(r, q->cap) ? HF_TOO_LARGE : sort_out(r);
	if (ret_words)
		*ret_words = text;
	return 0;
}

int hf_ask(struct connector *c, const struct provider_call *call, const struct hf_request *q,
	enum hf_said *ret_said, struct http_response *ret, const char **ret_words, struct err *err)
{
	struct place place, next;

	if (place_of(c, q->path, call->arena, &place, err) < 0)
		return -1;
	for (int hops = 0; hops <= REDIRECTS_MAX; hops++) {
		struct http_response r;

		if (send_one(c, call, q, &place, &r, err) < 0)
			return -1;
		/* A body goes where it was sent to, and nowhere else. */
		if (is_redirect(&r) && q->body)
			return err_set(err, ERR_IO, "the Hub sends %s to %.200s: it was renamed?",
				q->path, r.location);
		if (is_redirect(&r) && !is_too_large(&r, q->cap)) {
			const char *url = target(&place, r.location, call->arena);

			if (place_of(c, url, call->arena, &next, err) < 0)
				return -1;
			if (!q->stay || next.own) {
				place = next;
				continue;
			}
		}
		*ret = r;
		return said(q, &place, &r, call->arena, ret_said, ret_words, err);
	}
	return err_set(err, ERR_IO, "the Hub redirects more than %d times", REDIRECTS_MAX);
}

int hf_ask_json(struct connector *c, const struct provider_call *call, const struct hf_request *q,
	enum hf_said *ret_said, json_t **ret_json, const char **ret_words, struct err *err)
{
	struct http_response r;

	if (hf_ask(c, call, q, ret_said, &r, ret_words, err) < 0)
		return -1;
	if (*ret_said != HF_OK)
		return 0;
	if (jcs_load(r.body, r.body_len, ret_json, err) < 0) {
		err->code = ERR_IO;
		return err_wrap(err, "the Hub's answer is not what its API gives");
	}
	return 0;
}

/* ---- Its errors and its quota ---- */

int64_t hf_parameter(const char *header, const char *name, int64_t most)
{
	size_t n = strlen(name);

	/* Of several policies the first. */
	for (const char *at = header; at && *at && *at != ','; at++) {
		if (*at != ';')
			continue;
		at += 1 + strspn(at + 1, " ");
		if (!strncmp(at, name, n) && at[n] == '=' && at[n + 1] >= '0' && at[n + 1] <= '9')
			return decimal_count(at + n + 1, most, NULL);
		at--;
	}
	return -1;
}

void hf_judge(const struct http_response *r, int64_t now, struct arena *a,
	struct session_verdict *ret, struct err *err)
{
	const char *limit = http_response_header(r, "RateLimit");
	const char *id = http_response_header(r, "X-Request-Id");
	int64_t reset = hf_parameter(limit, "t", RETRY_AFTER_MAX_S);

	session_judge(r, now, a, ret, err);
	if (id)
		err_set(err, err->code, "%s (request %.80s)", arena_strdup(a, err->msg), id);
	if (r->status != 429)
		return;
	err->code = ERR_TOO_MANY_REQUESTS;
	/* Only when nothing is left is it that limit which stands in the way. */
	if (hf_parameter(limit, "r", QUOTA_MAX) == 0 && reset >= 0)
		ret->wait = (reset + 1) * USEC_PER_SEC;
}

void hf_quota(const struct http_response *r, int64_t now, struct session_health *h)
{
	const char *limit = http_response_header(r, "RateLimit");
	int64_t left = hf_parameter(limit, "r", QUOTA_MAX);
	int64_t reset = hf_parameter(limit, "t", RETRY_AFTER_MAX_S);

	if (left < 0)
		return;
	h->quota_limit = hf_parameter(http_response_header(r, "RateLimit-Policy"), "q", QUOTA_MAX);
	h->quota_left = left;
	h->quota_reset = reset < 0 ? 0 : time_after(now, reset);
}

/* ---- Names ---- */

static bool is_segment(const char *s, size_t n)
{
	static const char allowed[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";

	return n > 0 && n <= 96 && *s != '.' && strspn(s, allowed) >= n;
}

const char *hf_repo_path(const char *repo, struct arena *a)
{
	size_t ns = strcspn(repo, "/");

	if (repo[ns] != '/' || !is_segment(repo, ns) ||
		!is_segment(repo + ns + 1, strlen(repo + ns + 1)))
		return NULL;
	return arena_strdup(a, repo);
}

bool hf_is_sha(const char *text)
{
	return text && strlen(text) == HF_SHA_LEN && hex_lower(text, HF_SHA_LEN);
}

bool hf_has_tags(const json_t *tags, const char *filter)
{
	struct word w;

	while (filter && words_next(&filter, &w)) {
		bool found = false;

		for (size_t i = 0; i < json_array_size(tags) && !found; i++) {
			const char *tag = json_string_value(json_array_get(tags, i));
			found = tag && strlen(tag) == w.n && !strncmp(tag, w.s, w.n);
		}
		if (!found)
			return false;
	}
	return true;
}
