/* SPDX-License-Identifier: Apache-2.0
 *
 * Any bytes as the head of a request: a line "method URI version" and lines "name:value", cut at
 * newlines. What the guard lets through is checked again by other means; then it goes through all that
 * reads a head: routes, parameters, Accept, tags, keys, ids.
 */
#include "fuzz.h"

#include <ctype.h>
#include <strings.h>

#include "api/guard.h"
#include "api/negotiate.h"
#include "api/params.h"
#include "api/router.h"

enum { HEADERS = GUARD_HEADERS_MAX + 8 };

struct split {
	struct guard_header headers[HEADERS];
	struct guard_head head;
};

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	return 0;
}

static char *take(char **at, const char *stops)
{
	char *start = *at;
	size_t n = strcspn(start, stops);

	*at = start[n] ? start + n + 1 : start + n;
	start[n] = '\0';
	return start;
}

static void split(char *text, struct split *s)
{
	char *line = take(&text, "\n");

	s->head = (struct guard_head){.headers = s->headers};
	s->head.method = take(&line, " ");
	s->head.uri = take(&line, " ");
	s->head.version = line;
	while (*text && s->head.n_headers < HEADERS) {
		char *value = take(&text, "\n"), *name = take(&value, ":");

		s->headers[s->head.n_headers++] =
			(struct guard_header){name, value, strlen(name), strlen(value)};
	}
}

static const char *value_of(const struct split *s, const char *name, size_t *ret_count)
{
	const char *value = NULL;

	*ret_count = 0;
	for (size_t i = 0; i < s->head.n_headers; i++)
		if (strcasecmp(s->headers[i].name, name) == 0) {
			value = s->headers[i].value;
			++*ret_count;
		}
	return value;
}

/* One reading of the request's end, and no other. */
static void check_framing(const struct split *s, const struct guard_body *b)
{
	size_t lengths, codings, n;
	const char *length = value_of(s, "Content-Length", &lengths);
	const char *coding = value_of(s, "Transfer-Encoding", &codings);

	CLAIM(lengths + codings <= 1);
	CLAIM(b->chunked == (codings == 1) && (!codings || strcasecmp(coding, "chunked") == 0));
	CLAIM(!lengths || (strspn(length, "0123456789") == strlen(length) &&
				  strtoull(length, NULL, 10) == b->length));
	value_of(s, "Host", &n);
	CLAIM(n == 1);
	value_of(s, "Authorization", &n);
	CLAIM(n <= 1);
}

static void check_path(const char *path)
{
	CLAIM(path[0] == '/' && !strchr(path, '\\') && !strchr(path, '#'));
	CLAIM(!strcasestr(path, "%2e") && !strcasestr(path, "%2f") && !strcasestr(path, "%5c"));
	CLAIM(!strstr(path, "%00"));
	for (const char *p = path; *p; p++)
		CLAIM(*p > ' ' && *p < 0x7f);
}

static void route(const struct split *s, struct arena *a)
{
	char *path = arena_strdup(a, s->head.uri), *query = strchr(path, '?');
	struct route_match match;
	struct params params;
	struct err err = {0};

	if (query)
		*query++ = '\0';
	check_path(path);
	router_find(s->head.method, path, a, &match);
	CLAIM(router_nearest(path));
	if (!match.route)
		return;
	for (size_t i = 0; i < BINDINGS_MAX && match.bindings[i]; i++)
		for (const char *p = match.bindings[i]; *p; p++)
			CLAIM((unsigned char)*p >= ' ' && *p != 0x7f);
	if (params_parse(query, match.route->params, a, &params, &err) < 0)
		CLAIM(err.code == ERR_INVALID_PARAMETER && err.msg[0]);
}

static void read_headers(const struct split *s, struct arena *a)
{
	for (size_t i = 0; i < s->head.n_headers; i++) {
		const char *v = s->headers[i].value, *key;
		char id[65];
		int64_t cursor;
		struct err err = {0};

		int q = accept_quality(v, "application/json");

		CLAIM(q >= -1 && q <= 1000);
		etag_none_match(v, "\"sha256:00\"");
		CLAIM(etag_plain(v, a));
		content_type_is_json(v);
		if (idempotency_key(v, a, &key, &err) == 0)
			CLAIM(key[0] && strlen(key) <= 255);
		if (request_id_given(v, v, id, sizeof(id)) == 0)
			CLAIM(id[0] && strlen(id) < sizeof(id));
		page_token_read(v, "scope", &cursor, &err);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	ARENA_AUTO a = arena_new();
	struct split *s = ARENA_NEW(a, struct split);
	struct guard_body body = {0};
	struct err err = {0};

	split(arena_strndup(a, (const char *)data, size), s);
	if (guard_check(&s->head, &body, &err) < 0) {
		CLAIM(err.code == ERR_BAD_REQUEST || err.code == ERR_URI_TOO_LONG ||
			err.code == ERR_NOT_IMPLEMENTED);
		CLAIM(err.msg[0]);
		return 0;
	}
	check_framing(s, &body);
	route(s, a);
	read_headers(s, a);
	return 0;
}
