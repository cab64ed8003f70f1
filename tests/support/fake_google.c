/* SPDX-License-Identifier: Apache-2.0
 *
 * Google as a script.
 */
#include "support/fake_google.h"

#include <check.h>
#include <string.h>

void google_rule(struct fake_google *g, const char *url, int status, const char *body)
{
	ck_assert_uint_lt(g->n_rules, GOOGLE_RULES_MAX);
	g->rules[g->n_rules++] = (struct google_rule){.url = url, .status = status, .body = body};
}

static struct google_rule *find(struct fake_google *g, const char *url)
{
	for (size_t i = 0; i < g->n_rules; i++) {
		struct google_rule *r = &g->rules[i];

		if (r->times < 0 || !strstr(url, r->url))
			continue;
		if (r->times > 0 && --r->times == 0)
			r->times = -1;
		return r;
	}
	return NULL;
}

static void write_down(struct fake_google *g, const struct session_request *r, const char *url)
{
	const char *headers = "";

	ck_assert_uint_lt(g->n_asked, GOOGLE_ASKED_MAX);
	for (size_t i = 0; i < r->http.n_headers; i++)
		headers = arena_printf(g->arena, "%s%s: %s\n", headers, r->http.headers[i].name,
			r->http.headers[i].value);
	g->asked[g->n_asked].method = r->http.method;
	g->asked[g->n_asked].url = url;
	g->asked[g->n_asked].body =
		r->http.body ? arena_strndup(g->arena, r->http.body, r->http.body_len) : "";
	g->asked[g->n_asked].headers = headers;
	g->asked[g->n_asked++].patience = r->patience;
}

static const struct http_header *header_of(const struct google_rule *rule, struct arena *a)
{
	struct http_header *h = ARENA_NEW(a, struct http_header);
	size_t n = strcspn(rule->header, ":");

	*h = (struct http_header){arena_strndup(a, rule->header, n), rule->header + n + 2};
	return h;
}

static int google_send(void *arg, const struct provider_call *call, struct session_request *r,
	const int *expected, struct http_response *ret, int *ret_status, struct err *err)
{
	struct fake_google *g = arg;
	const char *url = arena_printf(g->arena, "%s%s", r->http.server.base, r->http.path);
	const struct google_rule *rule = find(g, url);
	struct session_verdict verdict;

	write_down(g, r, url);
	*ret_status = rule ? rule->status : 404;
	if (rule && !rule->status)
		return err_set(err, ERR_UNREACHABLE, "%s: nobody there", r->http.server.base);
	*ret = (struct http_response){.status = *ret_status,
		.body = arena_strdup(call->arena,
			rule ? rule->body : "{\"error\":{\"code\":404,\"status\":\"NOT_FOUND\"}}")};
	ret->body_len = strlen(ret->body);
	if (rule && rule->header) {
		ret->headers = header_of(rule, g->arena);
		ret->n_headers = 1;
	}
	if (ret->status < 400 || (expected && *expected == ret->status))
		return 0;
	session_judge(ret, 0, call->arena, &verdict, err);
	/* As the connector's own judge has it. */
	if (strstr(url, "/v1/projects/") || strstr(url, "/storage/"))
		err->code = verdict.passing ? ERR_UNREACHABLE : ERR_CONFIG;
	return -1;
}

struct gcp_way google_way(struct fake_google *g)
{
	return (struct gcp_way){google_send, g};
}

size_t google_asked(const struct fake_google *g, const char *part)
{
	size_t n = 0;

	for (size_t i = 0; i < g->n_asked; i++)
		n += strstr(g->asked[i].url, part) != NULL;
	return n;
}
