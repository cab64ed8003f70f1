/* SPDX-License-Identifier: Apache-2.0
 *
 * The table of routes: finding, binding, hints; query parameters and page tokens; and that each route
 * has all that it needs.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "api/openapi.h"
#include "api/params.h"
#include "api/router.h"
#include "base/jcs.h"
#include "base/words.h"
#include "model/phase.h"
#include "support/count.h"

Suite *test_suite(void);

static const struct {
	const char *method, *path;
	int route; /* -1: none */
	const char *bindings[BINDINGS_MAX];
	const char *allow;
} finds[] = {
	{"GET", "/", ROUTE_INDEX, {0}, NULL},
	{"HEAD", "/livez", ROUTE_LIVEZ, {0}, NULL},
	{"GET", "/v1/releases", ROUTE_RELEASES, {0}, NULL},
	{"GET", "/v1/releases/v1.0.0", ROUTE_RELEASE, {"v1.0.0"}, NULL},
	{"GET", "/v1/artifacts/hf/ns/a-v1", ROUTE_ARTIFACT, {"hf", "ns", "a-v1"}, NULL},
	{"GET", "/v1/artifacts/hf/ns/a-v1/gates", ROUTE_GATES, {"hf", "ns", "a-v1"}, NULL},
	{"GET", "/v1/manifests/sha256%3Aab", ROUTE_MANIFEST, {"sha256:ab"}, NULL},
	{"POST", "/v1/merges", ROUTE_MERGE_SUBMIT, {0}, NULL},
	{"PUT", "/v1/policy", ROUTE_POLICY_PUT, {0}, NULL},
	{"DELETE", "/v1/tokens/abc", ROUTE_TOKEN_REVOKE, {"abc"}, NULL},
	{"DELETE", "/v1/releases", -1, {0}, "GET, HEAD, OPTIONS"},
	{"get", "/v1/releases", -1, {0}, "GET, HEAD, OPTIONS"},
	{"PATCH", "/v1/manifests", -1, {0}, "GET, HEAD, POST, OPTIONS"},
	{"OPTIONS", "/v1/tokens/abc", -1, {0}, "GET, HEAD, DELETE, OPTIONS"},
	{"HEAD", "/v1/promotions", -1, {0}, "POST, OPTIONS"},
	{"GET", "/v1/releases/", -1, {0}, ""},
	{"GET", "/v1/nope", -1, {0}, ""},
	{"GET", "//", -1, {0}, ""},
	{"GET", "/v1/../livez", -1, {0}, ""},
	{"GET", "/a/b/c/d/e/f/g/h/i/j", -1, {0}, ""},
	{"GET", "/v1/releases/%ff", -1, {0}, "GET, HEAD, OPTIONS"},
};

START_TEST(test_router__finds_by_raw_segments)
{
	ARENA_AUTO a = arena_new();
	struct route_match m;

	router_find(finds[_i].method, finds[_i].path, a, &m);
	if (finds[_i].route < 0) {
		ck_assert_ptr_null(m.route);
		ck_assert_str_eq(m.allow, finds[_i].allow);
		return;
	}
	ck_assert_msg(m.route && (int)m.route->id == finds[_i].route, "%s", finds[_i].path);
	for (size_t i = 0; i < BINDINGS_MAX; i++)
		ck_assert_pstr_eq(m.bindings[i], finds[_i].bindings[i]);
}
END_TEST

START_TEST(test_router__hints_at_the_nearest)
{
	static const char *const near[][2] = {
		{"/v1/relases", "/v1/releases"},
		{"/v1/releases/", "/v1/releases"},
		{"/releases", "/v1/releases"},
		{"/v1/channel/stable", "/v1/channels/stable"},
		{"/health", "/readyz"},
		{"/manifests", "/v1/manifests"},
		{"/v1/artifacts/hf/ns/a-v1/gate",
			"/v1/artifacts/{provider}/{namespace}/{name}/gates"},
		{"/metric", "/metrics"},
	};

	ck_assert_str_eq(router_nearest(near[_i][0]), near[_i][1]);
}
END_TEST

static const struct {
	const char *query, *allowed;
	bool ok;
	const char *name, *value;
} queries[] = {
	{NULL, "", true, NULL, NULL},
	{"", "a", true, NULL, NULL},
	{"a=1", "a b", true, "a", "1"},
	{"b=x%20y+z", "a b", true, "b", "x y z"},
	{"a=%C3%A9", "a", true, "a", "\xc3\xa9"},
	{"a", "a", true, "a", ""},
	{"pretty", "", true, "pretty", ""},
	{"&&a=1&", "a", true, "a", "1"},
	{"a=b=c", "a", true, "a", "b=c"},
	{"%61=1", "a", true, "a", "1"},
	{"c=1", "a b", false, NULL, NULL},
	{"ab=1", "a b", false, NULL, NULL},
	{"a%20b=1", "a b", false, NULL, NULL},
	{"=1", "a", false, NULL, NULL},
	{"a=1&a=2", "a", false, NULL, NULL},
	{"a=%ff", "a", false, NULL, NULL},
	{"a=%0a", "a", false, NULL, NULL},
	{"A=1", "a", false, NULL, NULL},
};

START_TEST(test_params__takes_only_what_is_declared)
{
	ARENA_AUTO a = arena_new();
	struct params p;
	struct err err = {0};
	int rc = params_parse(queries[_i].query, queries[_i].allowed, a, &p, &err);

	ck_assert_msg((rc == 0) == queries[_i].ok, "%s", queries[_i].query);
	if (!queries[_i].ok)
		ck_assert_int_eq(err.code, ERR_INVALID_PARAMETER);
	else if (queries[_i].name)
		ck_assert_pstr_eq(params_get(&p, queries[_i].name), queries[_i].value);
	else
		ck_assert_uint_eq(p.n, 0);
}
END_TEST

START_TEST(test_params__numbers_flags_and_names)
{
	ARENA_AUTO a = arena_new();
	struct params p;
	struct err err;
	int64_t n;
	bool flag;
	const char *name;

	ck_assert_int_eq(params_parse("i=12&x=1x&f&g=no&phase=Failed&role=nope",
				 "i x f g phase role", a, &p, &err),
		0);
	ck_assert_int_eq(params_int(&p, "i", 1, 12, 5, &n, &err), 0);
	ck_assert_int_eq(n, 12);
	ck_assert_int_eq(params_int(&p, "absent", 1, 12, 5, &n, &err), 0);
	ck_assert_int_eq(n, 5);
	ck_assert_int_eq(params_int(&p, "i", 1, 11, 5, &n, &err), -1);
	ck_assert_int_eq(params_int(&p, "x", 1, 11, 5, &n, &err), -1);
	ck_assert_int_eq(params_int(&p, "f", 1, 11, 5, &n, &err), -1);
	ck_assert(params_flag(&p, "f", &flag, &err) == 0 && flag);
	ck_assert(params_flag(&p, "absent", &flag, &err) == 0 && !flag);
	ck_assert_int_eq(params_flag(&p, "g", &flag, &err), -1);
	ck_assert_int_eq(params_enum(&p, "phase", &phase_names, &name, &err), 0);
	ck_assert_str_eq(name, "Failed");
	ck_assert_int_eq(params_enum(&p, "role", &phase_names, &name, &err), -1);
	ck_assert_ptr_nonnull(strstr(err.msg, "Succeeded"));
}
END_TEST

START_TEST(test_page_token__only_fits_its_own_list)
{
	static const int64_t cursors[] = {1, 77, 1 << 20, INT64_MAX};
	char token[PAGE_TOKEN_LEN + 1], bad[PAGE_TOKEN_LEN + 8];
	struct err err = {0};
	int64_t got = 0;

	page_token_make(cursors[_i], "GET /a\nrole=x", token);
	ck_assert_uint_eq(strlen(token), PAGE_TOKEN_LEN);
	ck_assert_int_eq(page_token_read(token, "GET /a\nrole=x", &got, &err), 0);
	ck_assert_int_eq(got, cursors[_i]);
	ck_assert_int_eq(page_token_read(token, "GET /a\nrole=y", &got, &err), -1);
	ck_assert_int_eq(err.code, ERR_INVALID_PARAMETER);
	for (size_t i = 0; i < PAGE_TOKEN_LEN; i++) {
		memcpy(bad, token, sizeof(token));
		bad[i] = bad[i] == 'A' ? 'B' : 'A';
		ck_assert_int_eq(page_token_read(bad, "GET /a\nrole=x", &got, &err), -1);
	}
	snprintf(bad, sizeof(bad), "%sA", token);
	ck_assert_int_eq(page_token_read(bad, "GET /a\nrole=x", &got, &err), -1);
	ck_assert_int_eq(page_token_read("", "GET /a\nrole=x", &got, &err), -1);
	ck_assert_int_eq(page_token_read("77", "GET /a\nrole=x", &got, &err), -1);
}
END_TEST

/* ---- completeness ---- */

static json_t *document(void)
{
	json_t *root = NULL;
	struct err err;

	ck_assert_int_eq(
		jcs_load(openapi_document()->text, openapi_document()->len, &root, &err), 0);
	return root;
}

/* Every $ref leads somewhere. */
static void check_refs(const json_t *root, const json_t *v)
{
	const char *key;
	json_t *child;
	size_t i;

	if (json_is_array(v))
		json_array_foreach(v, i, child) check_refs(root, child);
	if (!json_is_object(v))
		return;
	const char *ref = json_string_value(json_object_get(v, "$ref"));

	if (ref) {
		ck_assert_int_eq(strncmp(ref, "#/components/schemas/", 21), 0);
		ck_assert_msg(
			json_is_object(json_object_get(
				json_object_get(json_object_get(root, "components"), "schemas"),
				ref + 21)),
			"%s leads nowhere", ref);
	}
	json_object_foreach((json_t *)(uintptr_t)v, key, child) check_refs(root, child);
}

static json_t *operation(const json_t *root, const struct route *r)
{
	char method[8];

	snprintf(method, sizeof(method), "%s", r->method);
	for (char *p = method; *p; p++)
		*p = (char)(*p | 0x20);
	return json_object_get(json_object_get(json_object_get(root, "paths"), r->pattern), method);
}

START_TEST(test_openapi__document_and_router_have_the_same_routes)
{
	json_auto_t *root = document();
	const char *path, *method;
	json_t *item, *op;
	size_t n = 0;

	for (size_t i = 0; i < ROUTES; i++)
		ck_assert_msg(operation(root, route_at((enum route_id)i)), "%s is not in it",
			route_at((enum route_id)i)->name);
	json_object_foreach(json_object_get(root, "paths"), path, item)
		json_object_foreach(item, method, op) n++;
	ck_assert_uint_eq(n, ROUTES);
	check_refs(root, root);
}
END_TEST

START_TEST(test_openapi__each_route_is_complete)
{
	const struct route *r = route_at((enum route_id)_i);
	json_auto_t *root = document();
	json_t *op = operation(root, r), *responses = json_object_get(op, "responses"), *answer;
	char status[8];

	ck_assert_ptr_nonnull(r->handler);
	ck_assert_msg(*r->scope || (r->flags & ROUTE_PUBLIC), "%s has no scope", r->name);
	ck_assert(*r->schema && *r->summary);
	/* What needs more than the right to read changes something. */
	ck_assert_msg(strcmp(r->method, "GET") == 0 || strcmp(r->scope, "read") == 0 ||
			      words_have(r->params, "dry_run"),
		"%s can't be tried out", r->name);
	snprintf(status, sizeof(status), "%d", r->status);
	answer = json_object_get(responses, status);
	ck_assert_msg(json_object_size(json_object_get(answer, "content")) > 0, "%s has no schema",
		r->name);
	ck_assert_ptr_nonnull(json_object_get(responses, "400"));
	if (!(r->flags & ROUTE_PUBLIC))
		ck_assert(json_object_get(responses, "401") && json_object_get(responses, "403"));
	if (r->body)
		ck_assert(json_object_get(op, "requestBody") && json_object_get(responses, "413") &&
			  json_object_get(responses, "415"));
	for (const char *p = r->params; *p; p += strcspn(p, " "), p += strspn(p, " ")) {
		bool known = false;

		for (size_t i = 0; param_info(i); i++)
			known |= strlen(param_info(i)->name) == strcspn(p, " ") &&
				 strncmp(param_info(i)->name, p, strcspn(p, " ")) == 0;
		ck_assert_msg(known, "%s: %s is not in params.def", r->name, p);
	}
	for (const char *p = r->errors; *p; p += strcspn(p, " "), p += strspn(p, " ")) {
		bool known = false;

		for (int c = ERR_NONE + 1; c < ERR_CODES; c++)
			known |= strlen(err_info((enum err_code)c)->code) == strcspn(p, " ") &&
				 strncmp(err_info((enum err_code)c)->code, p, strcspn(p, " ")) == 0;
		ck_assert_msg(known, "%s: %s is no code", r->name, p);
	}
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("routes are found, parameters checked, the document complete");
	TCase *t = tcase_create("router");

	tcase_add_loop_test(t, test_router__finds_by_raw_segments, 0, COUNT(finds));
	tcase_add_loop_test(t, test_router__hints_at_the_nearest, 0, 7);
	tcase_add_loop_test(t, test_params__takes_only_what_is_declared, 0, COUNT(queries));
	tcase_add_test(t, test_params__numbers_flags_and_names);
	tcase_add_loop_test(t, test_page_token__only_fits_its_own_list, 0, 4);
	tcase_add_test(t, test_openapi__document_and_router_have_the_same_routes);
	tcase_add_loop_test(t, test_openapi__each_route_is_complete, 0, ROUTES);
	suite_add_tcase(s, t);
	return s;
}
