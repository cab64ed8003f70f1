/* SPDX-License-Identifier: Apache-2.0
 *
 * The signer against botocore on requests of ours (tests/tables/sigv4.json, made by sigv4.py: canonical
 * request, string to sign and signature, in headers and, put together here, in the query), against
 * AWS's own suite in the same form where SIGV4 names it, and what it adds for S3.
 */
#include <check.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/file.h"
#include "provider/sigv4.h"

Suite *test_suite(void);

enum { TABLE_MAX = 1 << 20, PAIRS_MAX = 16 };

static struct arena *arena;

static void setup(void)
{
	arena = arena_new();
}

static void teardown(void)
{
	arena_free(arena);
}

/* Table 0 is ours; 1 is AWS's, which need not be there. */
static json_t *load(int which)
{
	const char *path = which ? getenv("SIGV4")
				 : arena_printf(arena, "%s/tests/tables/sigv4.json", getenv("SRC"));
	char *text;
	size_t len;
	struct err err = {0};

	if (!path)
		return NULL;
	ck_assert_msg(file_read(path, TABLE_MAX, arena, &text, &len, &err) == 0, "%s", err.msg);
	json_t *table = json_loadb(text, len, 0, NULL);
	ck_assert_ptr_nonnull(table);
	ck_assert_uint_ge(json_array_size(json_object_get(table, "cases")), 19);
	return table;
}

static const char *text(const json_t *o, const char *key)
{
	return json_string_value(json_object_get(o, key));
}

struct test_case {
	const char *name;
	struct sigv4_request r;
	struct sigv4_scope scope;
	struct sigv4_credentials c;
	bool content, token_unsigned;
	struct http_header headers[PAIRS_MAX];
	struct sigv4_param query[PAIRS_MAX];
};

static const char *half(const json_t *list, size_t i, size_t which)
{
	return json_string_value(json_array_get(json_array_get(list, i), which));
}

static void read_case(const json_t *table, const json_t *c, struct test_case *t)
{
	const json_t *headers = json_object_get(c, "headers"),
		     *params = json_object_get(c, "params");

	*t = (struct test_case){.name = text(c, "name")};
	for (size_t i = 0; i < json_array_size(headers); i++)
		t->headers[i] = (struct http_header){half(headers, i, 0), half(headers, i, 1)};
	for (size_t i = 0; i < json_array_size(params); i++)
		t->query[i] = (struct sigv4_param){half(params, i, 0), half(params, i, 1)};
	t->r = (struct sigv4_request){
		.method = text(c, "method"),
		.path = text(c, "path"),
		.normalize = json_is_true(json_object_get(c, "normalize")),
		.headers = t->headers,
		.n_headers = json_array_size(headers),
		.query = t->query,
		.n_query = json_array_size(params),
		.body = text(c, "body"),
	};
	t->r.body_len = t->r.body ? strlen(t->r.body) : 0;
	t->scope = (struct sigv4_scope){text(table, "region"), text(table, "service"), 0};
	ck_assert_int_eq(time_parse(text(table, "time"), &t->scope.at), 0);
	t->c = (struct sigv4_credentials){
		text(table, "id"), text(table, "secret"), text(c, "token")};
	t->content = json_is_true(json_object_get(c, "sign_body"));
	t->token_unsigned = json_is_true(json_object_get(c, "omit_session_token"));
}

static const char *header(const struct sigv4_signed *s, const char *name)
{
	for (size_t i = 0; i < s->n_headers; i++)
		if (strcmp(s->headers[i].name, name) == 0)
			return s->headers[i].value;
	return NULL;
}

static void expect(const struct test_case *t, const struct sigv4_signature *s, const json_t *wanted)
{
	ck_assert_msg(!strcmp(s->canonical, text(wanted, "canonical")), "%s:\n%s\nis not\n%s",
		t->name, s->canonical, text(wanted, "canonical"));
	ck_assert_msg(!strcmp(s->string_to_sign, text(wanted, "string_to_sign")), "%s:\n%s",
		t->name, s->string_to_sign);
	ck_assert_msg(
		!strcmp(s->signature, text(wanted, "signature")), "%s: %s", t->name, s->signature);
}

/* What sigv4_sign gives is taken apart again: all its headers but the last were signed. */
START_TEST(test_sigv4__signs_every_case_in_headers)
{
	json_auto_t *table = load(_i);
	const json_t *cases = json_object_get(table, "cases");

	for (size_t i = 0; i < json_array_size(cases); i++) {
		const json_t *c = json_array_get(cases, i),
			     *wanted = json_object_get(c, "in_headers");
		struct err err = {0};
		struct test_case t;
		struct sigv4_signed signed_request;
		struct sigv4_signature s;

		read_case(table, c, &t);
		if (t.token_unsigned)
			t.c.token = NULL;
		ck_assert_int_eq(
			sigv4_sign(&t.r, &t.scope, &t.c, t.content, arena, &signed_request, &err),
			0);
		t.r.headers = signed_request.headers;
		t.r.n_headers = signed_request.n_headers - 1;
		ck_assert_int_eq(sigv4_compute(&t.r, &t.scope, &t.c, arena, &s, &err), 0);
		expect(&t, &s, wanted);
		ck_assert_str_eq(header(&signed_request, "Authorization"),
			arena_printf(arena,
				"AWS4-HMAC-SHA256 Credential=%s, SignedHeaders=%s, Signature=%s",
				s.credential, s.signed_headers, text(wanted, "signature")));
	}
}
END_TEST

/* 2026-11-24T13:07:09Z without its signs. */
static const char *compact(const char *time)
{
	return arena_printf(
		arena, "%.4s%.2s%.5s%.2s%.3s", time, time + 5, time + 8, time + 14, time + 17);
}

START_TEST(test_sigv4__signs_every_case_in_the_query)
{
	json_auto_t *table = load(_i);
	const json_t *cases = json_object_get(table, "cases");

	for (size_t i = 0; i < json_array_size(cases); i++) {
		const json_t *c = json_array_get(cases, i);
		struct err err = {0};
		struct test_case t;
		struct sigv4_signature s;

		if (!json_object_get(c, "in_query"))
			continue;
		read_case(table, c, &t);
		ck_assert_int_eq(sigv4_compute(&t.r, &t.scope, &t.c, arena, &s, &err), 0);
		struct sigv4_param more[] = {{"X-Amz-Algorithm", "AWS4-HMAC-SHA256"},
			{"X-Amz-Credential", s.credential},
			{"X-Amz-Date", compact(text(table, "time"))},
			{"X-Amz-SignedHeaders", s.signed_headers},
			{"X-Amz-Expires", text(table, "expires")},
			{"X-Amz-Security-Token", t.c.token}};
		for (size_t k = 0; k < (t.c.token && !t.token_unsigned ? 6U : 5U); k++)
			t.query[t.r.n_query++] = more[k];
		ck_assert_int_eq(sigv4_compute(&t.r, &t.scope, &t.c, arena, &s, &err), 0);
		expect(&t, &s, json_object_get(c, "in_query"));
	}
}
END_TEST

static const struct {
	const char *path, *target;
} s3_paths[] = {
	{"/models/run 1/model.tar.gz", "/models/run%201/model.tar.gz"},
	{"//a/../b/./c", "//a/../b/./c"},
	{"/a+b=c(d)%41", "/a%2Bb%3Dc%28d%29%2541"},
	{"/", "/"},
};

START_TEST(test_sigv4__leaves_the_paths_of_s3_as_they_are)
{
	const struct http_header host = {"Host", "bucket.s3.eu-west-1.amazonaws.com"};
	const struct sigv4_credentials c = {"AKIDEXAMPLE", "secret", "token"};
	const struct sigv4_scope scope = {"eu-west-1", "s3", 0};
	const struct sigv4_param version = {"versionId", "a/b"};

	for (size_t i = 0; i < sizeof(s3_paths) / sizeof(s3_paths[0]); i++) {
		struct sigv4_request r = {.method = "GET",
			.path = s3_paths[i].path,
			.headers = &host,
			.n_headers = 1};
		struct sigv4_signed s;
		struct err err = {0};

		ck_assert_int_eq(sigv4_sign(&r, &scope, &c, true, arena, &s, &err), 0);
		ck_assert_str_eq(s.target, s3_paths[i].target);
		ck_assert_str_eq(header(&s, "X-Amz-Security-Token"), "token");
		ck_assert_str_eq(header(&s, "X-Amz-Date"), "19700101T000000Z");
		ck_assert_str_eq(header(&s, "X-Amz-Content-Sha256"),
			"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
		ck_assert_ptr_nonnull(strstr(header(&s, "Authorization"),
			"SignedHeaders=host;x-amz-content-sha256;x-amz-date;x-amz-security-token"));
		r.query = &version;
		r.n_query = 1;
		ck_assert_int_eq(sigv4_sign(&r, &scope, &c, true, arena, &s, &err), 0);
		ck_assert_str_eq(
			s.target, arena_printf(arena, "%s?versionId=a%%2Fb", s3_paths[i].target));
	}
}
END_TEST

START_TEST(test_sigv4__depends_on_everything)
{
	const struct http_header host[] = {{"Host", "h"}, {"X-Y", "z"}}, other = {"Host", "i"};
	const struct sigv4_param param = {"a", ""};
	const struct sigv4_request requests[] = {
		{.method = "GET", .path = "/", .headers = host, .n_headers = 1},
		{.method = "PUT", .path = "/", .headers = host, .n_headers = 1},
		{.method = "GET", .path = "/a", .headers = host, .n_headers = 1},
		{.method = "GET", .path = "/", .headers = host, .n_headers = 2},
		{.method = "GET", .path = "/", .headers = &other, .n_headers = 1},
		{.method = "GET",
			.path = "/",
			.headers = host,
			.n_headers = 1,
			.query = &param,
			.n_query = 1},
		{.method = "GET",
			.path = "/",
			.headers = host,
			.n_headers = 1,
			.body = "x",
			.body_len = 1},
	};
	const struct sigv4_scope scopes[] = {{"r", "s", 0}, {"q", "s", 0}, {"r", "t", 0},
		{"r", "s", USEC_PER_SEC}, {"r", "s", 86400 * USEC_PER_SEC}};
	const struct sigv4_credentials c[] = {{"id", "secret", NULL}, {"id", "secreT", NULL}};
	struct sigv4_signature first, s;
	struct err err = {0};

	ck_assert_int_eq(sigv4_compute(&requests[0], &scopes[0], &c[0], arena, &first, &err), 0);
	for (size_t i = 1; i < sizeof(requests) / sizeof(requests[0]); i++) {
		sigv4_compute(&requests[i], &scopes[0], &c[0], arena, &s, &err);
		ck_assert_str_ne(s.signature, first.signature);
	}
	for (size_t i = 1; i < sizeof(scopes) / sizeof(scopes[0]); i++) {
		sigv4_compute(&requests[0], &scopes[i], &c[0], arena, &s, &err);
		ck_assert_str_ne(s.signature, first.signature);
	}
	sigv4_compute(&requests[0], &scopes[0], &c[1], arena, &s, &err);
	ck_assert_str_ne(s.signature, first.signature);
}
END_TEST

START_TEST(test_sigv4__refuses_what_is_too_large)
{
	char *value = arena_alloc(arena, (256 << 10) + 2);
	struct http_header h = {"Host", value};
	struct sigv4_request r = {.method = "GET", .path = "/", .headers = &h, .n_headers = 1};
	struct sigv4_signature s;
	struct err err = {0};

	memset(value, 'x', (256 << 10) + 1);
	ck_assert_int_eq(sigv4_compute(&r, &(struct sigv4_scope){"r", "s", 0},
				 &(struct sigv4_credentials){"i", "s", NULL}, arena, &s, &err),
		-1);
	ck_assert_int_eq(err.code, ERR_BAD_REQUEST);
}
END_TEST

/* Cut, it would be another object, and well signed. */
START_TEST(test_sigv4__cuts_no_path_and_no_query)
{
	char *value = arena_alloc(arena, (256 << 10) + 2);
	const struct http_header h = {"Host", "h"};
	const struct sigv4_param param = {"versionId", value};
	const struct sigv4_request requests[] = {
		{.method = "GET", .path = value, .headers = &h, .n_headers = 1},
		{.method = "GET",
			.path = "/",
			.headers = &h,
			.n_headers = 1,
			.query = &param,
			.n_query = 1},
	};
	struct sigv4_signature s;

	memset(value, '/', 1);
	memset(value + 1, 'x', 256 << 10);
	value[(256 << 10) + 1] = '\0';
	for (size_t i = 0; i < 2; i++) {
		struct err err = {0};

		ck_assert_int_eq(
			sigv4_compute(&requests[i], &(struct sigv4_scope){"r", "s", 0},
				&(struct sigv4_credentials){"i", "s", NULL}, arena, &s, &err),
			-1);
		ck_assert_int_eq(err.code, ERR_BAD_REQUEST);
	}
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("AWS Signature Version 4");
	TCase *tc = tcase_create("sigv4");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, test_sigv4__signs_every_case_in_headers, 0, 2);
	tcase_add_loop_test(tc, test_sigv4__signs_every_case_in_the_query, 0, 2);
	tcase_add_test(tc, test_sigv4__leaves_the_paths_of_s3_as_they_are);
	tcase_add_test(tc, test_sigv4__depends_on_everything);
	tcase_add_test(tc, test_sigv4__refuses_what_is_too_large);
	tcase_add_test(tc, test_sigv4__cuts_no_path_and_no_query);
	suite_add_tcase(s, tc);
	return s;
}
