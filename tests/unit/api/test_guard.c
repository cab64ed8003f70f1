/* SPDX-License-Identifier: Apache-2.0
 *
 * The guard's table: heads of requests as the library hands them over, and what becomes of each.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "api/guard.h"

Suite *test_suite(void);

#define HOST "Host: a\n"

/* Headers are lines "name: value" ended by \n; a line is cut at its first ": ". */
static const struct {
	const char *method, *uri, *version, *headers;
	enum err_code code;
} cases[] = {
	{"GET", "/", "HTTP/1.1", HOST, ERR_NONE},
	{"GET", "/v1/releases?x=%2F%2e", "HTTP/1.1", HOST, ERR_NONE},
	{"GET", "/v1/manifests/sha256%3Aab", "HTTP/1.1", HOST, ERR_NONE},
	{"GET", "/", "HTTP/1.0", HOST, ERR_NONE},
	{"POST", "/", "HTTP/1.1", HOST "Content-Length: 0\n", ERR_NONE},
	{"POST", "/", "HTTP/1.1", HOST "content-length: 12\n", ERR_NONE},
	{"POST", "/", "HTTP/1.1", HOST "Transfer-Encoding: chunked\n", ERR_NONE},
	{"POST", "/", "HTTP/1.1", HOST "transfer-encoding: CHUNKED\n", ERR_NONE},
	{"POST", "/", "HTTP/1.1", HOST "Expect: 100-continue\nContent-Length: 2\n", ERR_NONE},
	{"GET", "/", "HTTP/1.1", "Host: [::1]:8787\n", ERR_NONE},
	{"GET", "/", "HTTP/1.1", HOST "X-A: tab\there\n", ERR_NONE},
	{"GET", "/", "HTTP/1.1", HOST "X-A: \xc3\xa9\n", ERR_NONE},
	{"GET", "/", "HTTP/1.1", HOST "X-A: 1\nX-A: 2\n", ERR_NONE},
	{"GET", "/", "HTTP/1.1", HOST "Cookie: a=b\n", ERR_NONE},
	/* framing */
	{"POST", "/", "HTTP/1.1", HOST "Content-Length: 2\nContent-Length: 2\n", ERR_BAD_REQUEST},
	{"POST", "/", "HTTP/1.1", HOST "Content-Length: 2\nContent-Length: 3\n", ERR_BAD_REQUEST},
	{"POST", "/", "HTTP/1.1", HOST "Content-Length: 2\ncontent-LENGTH: 2\n", ERR_BAD_REQUEST},
	{"POST", "/", "HTTP/1.1", HOST "Content-Length : 2\n", ERR_BAD_REQUEST},
	{"POST", "/", "HTTP/1.1", HOST "Content-Length\t: 2\n", ERR_BAD_REQUEST},
	{"POST", "/", "HTTP/1.1", HOST " Content-Length: 2\n", ERR_BAD_REQUEST},
	{"POST", "/", "HTTP/1.1", HOST "Content-Length: \n", ERR_BAD_REQUEST},
	{"POST", "/", "HTTP/1.1", HOST "Content-Length: +2\n", ERR_BAD_REQUEST},
	{"POST", "/", "HTTP/1.1", HOST "Content-Length: -2\n", ERR_BAD_REQUEST},
	{"POST", "/", "HTTP/1.1", HOST "Content-Length: 0x2\n", ERR_BAD_REQUEST},
	{"POST", "/", "HTTP/1.1", HOST "Content-Length: 2, 2\n", ERR_BAD_REQUEST},
	{"POST", "/", "HTTP/1.1", HOST "Content-Length: 2 2\n", ERR_BAD_REQUEST},
	{"POST", "/", "HTTP/1.1", HOST "Content-Length: 2.0\n", ERR_BAD_REQUEST},
	{"POST", "/", "HTTP/1.1", HOST "Content-Length: 9999999999999999999\n", ERR_BAD_REQUEST},
	{"POST", "/", "HTTP/1.1", HOST "Content-Length: 5\nTransfer-Encoding: chunked\n",
		ERR_BAD_REQUEST},
	{"POST", "/", "HTTP/1.1", HOST "Transfer-Encoding: chunked\nContent-Length: 5\n",
		ERR_BAD_REQUEST},
	{"POST", "/", "HTTP/1.1", HOST "Transfer-Encoding: chunked\nContent-Length: 0\n",
		ERR_BAD_REQUEST},
	{"POST", "/", "HTTP/1.1", HOST "Transfer-Encoding: chunked\nTransfer-Encoding: chunked\n",
		ERR_BAD_REQUEST},
	{"POST", "/", "HTTP/1.1", HOST "Transfer-Encoding: chunked\nTransfer-Encoding: identity\n",
		ERR_BAD_REQUEST},
	{"POST", "/", "HTTP/1.0", HOST "Transfer-Encoding: chunked\n", ERR_BAD_REQUEST},
	{"POST", "/", "HTTP/1.1", HOST "Transfer-Encoding: gzip\n", ERR_NOT_IMPLEMENTED},
	{"POST", "/", "HTTP/1.1", HOST "Transfer-Encoding: gzip, chunked\n", ERR_NOT_IMPLEMENTED},
	{"POST", "/", "HTTP/1.1", HOST "Transfer-Encoding: chunked, gzip\n", ERR_NOT_IMPLEMENTED},
	{"POST", "/", "HTTP/1.1", HOST "Transfer-Encoding: xchunked\n", ERR_NOT_IMPLEMENTED},
	{"POST", "/", "HTTP/1.1", HOST "Transfer-Encoding: chunked \n", ERR_NOT_IMPLEMENTED},
	{"POST", "/", "HTTP/1.1", HOST "Transfer-Encoding: \tchunked\n", ERR_NOT_IMPLEMENTED},
	{"POST", "/", "HTTP/1.1", HOST "Transfer-Encoding: \"chunked\"\n", ERR_NOT_IMPLEMENTED},
	{"POST", "/", "HTTP/1.1", HOST "Transfer-Encoding: chunked;q=1\n", ERR_NOT_IMPLEMENTED},
	{"POST", "/", "HTTP/1.1", HOST "Transfer-Encoding: identity\n", ERR_NOT_IMPLEMENTED},
	{"POST", "/", "HTTP/1.1", HOST "Transfer-Encoding: \n", ERR_NOT_IMPLEMENTED},
	{"POST", "/", "HTTP/1.1", HOST "Transfer_Encoding : chunked\n", ERR_BAD_REQUEST},
	{"POST", "/", "HTTP/1.1", HOST "Expect: 100-continue, x\n", ERR_BAD_REQUEST},
	/* header syntax */
	{"GET", "/", "HTTP/1.1", HOST "X A: b\n", ERR_BAD_REQUEST},
	{"GET", "/", "HTTP/1.1", HOST "X(A): b\n", ERR_BAD_REQUEST},
	{"GET", "/", "HTTP/1.1", HOST "X\x01: b\n", ERR_BAD_REQUEST},
	{"GET", "/", "HTTP/1.1", HOST "X\xc3\xa9: b\n", ERR_BAD_REQUEST},
	{"GET", "/", "HTTP/1.1", HOST ": b\n", ERR_BAD_REQUEST},
	{"GET", "/", "HTTP/1.1", HOST "X-A: b\rContent-Length: 3\n", ERR_BAD_REQUEST},
	{"GET", "/", "HTTP/1.1", HOST "X-A: b\x01\n", ERR_BAD_REQUEST},
	{"GET", "/", "HTTP/1.1", HOST "X-A: b\x7f\n", ERR_BAD_REQUEST},
	{"GET", "/", "HTTP/1.1", HOST "X-A: \vb\n", ERR_BAD_REQUEST},
	/* who is asked, and who asks */
	{"GET", "/", "HTTP/1.1", "", ERR_BAD_REQUEST},
	{"GET", "/", "HTTP/1.0", "", ERR_BAD_REQUEST},
	{"GET", "/", "HTTP/1.1", "Host: \n", ERR_BAD_REQUEST},
	{"GET", "/", "HTTP/1.1", HOST HOST, ERR_BAD_REQUEST},
	{"GET", "/", "HTTP/1.1", HOST "host: b\n", ERR_BAD_REQUEST},
	{"GET", "/", "HTTP/1.1", "Host: a, b\n", ERR_BAD_REQUEST},
	{"GET", "/", "HTTP/1.1", "Host: a/b\n", ERR_BAD_REQUEST},
	{"GET", "/", "HTTP/1.1", "Host: u@b\n", ERR_BAD_REQUEST},
	{"GET", "/", "HTTP/1.1", "Host: a b\n", ERR_BAD_REQUEST},
	{"GET", "/", "HTTP/1.1", HOST "Authorization: a\nAuthorization: b\n", ERR_BAD_REQUEST},
	{"POST", "/", "HTTP/1.1", HOST "Content-Type: a\nContent-Type: b\n", ERR_BAD_REQUEST},
	{"POST", "/", "HTTP/1.1", HOST "Idempotency-Key: a\nidempotency-key: b\n", ERR_BAD_REQUEST},
	/* the request line */
	{"GET", "*", "HTTP/1.1", HOST, ERR_BAD_REQUEST},
	{"GET", "", "HTTP/1.1", HOST, ERR_BAD_REQUEST},
	{"GET", "http://a/", "HTTP/1.1", HOST, ERR_BAD_REQUEST},
	{"CONNECT", "a:80", "HTTP/1.1", HOST, ERR_BAD_REQUEST},
	{"GET", "/a b", "HTTP/1.1", HOST, ERR_BAD_REQUEST},
	{"GET", "/a\tb", "HTTP/1.1", HOST, ERR_BAD_REQUEST},
	{"GET", "/\xc3\xa9", "HTTP/1.1", HOST, ERR_BAD_REQUEST},
	{"GET", "/%00", "HTTP/1.1", HOST, ERR_BAD_REQUEST},
	{"GET", "/?a=%00", "HTTP/1.1", HOST, ERR_BAD_REQUEST},
	{"GET", "/%2e%2e/a", "HTTP/1.1", HOST, ERR_BAD_REQUEST},
	{"GET", "/a%2Fb", "HTTP/1.1", HOST, ERR_BAD_REQUEST},
	{"GET", "/a%5Cb", "HTTP/1.1", HOST, ERR_BAD_REQUEST},
	{"GET", "/a%0d%0ab", "HTTP/1.1", HOST, ERR_BAD_REQUEST},
	{"GET", "/a\\b", "HTTP/1.1", HOST, ERR_BAD_REQUEST},
	{"GET", "/a#b", "HTTP/1.1", HOST, ERR_BAD_REQUEST},
	{"GET", "/%", "HTTP/1.1", HOST, ERR_BAD_REQUEST},
	{"GET", "/%4", "HTTP/1.1", HOST, ERR_BAD_REQUEST},
	{"GET", "/%zz", "HTTP/1.1", HOST, ERR_BAD_REQUEST},
	{"GET", "/?a=%4", "HTTP/1.1", HOST, ERR_BAD_REQUEST},
	{"GET", "/", "HTTP/1.2", HOST, ERR_BAD_REQUEST},
	{"GET", "/", "HTTP/2.0", HOST, ERR_BAD_REQUEST},
	{"GET", "/", "", HOST, ERR_BAD_REQUEST},
	{"G(T", "/", "HTTP/1.1", HOST, ERR_BAD_REQUEST},
	{"", "/", "HTTP/1.1", HOST, ERR_BAD_REQUEST},
	{"AVERYLONGMETHODNAME", "/", "HTTP/1.1", HOST, ERR_BAD_REQUEST},
};

static size_t split(const char *text, struct guard_header *headers)
{
	size_t n = 0;

	for (const char *p = text; *p;) {
		const char *end = strchr(p, '\n'), *colon = strstr(p, ": ");

		headers[n++] = (struct guard_header){.name = p,
			.name_len = (size_t)(colon - p),
			.value = colon + 2,
			.value_len = (size_t)(end - colon - 2)};
		p = end + 1;
	}
	return n;
}

START_TEST(test_guard__each_form_gets_its_answer)
{
	struct guard_header headers[8];
	struct guard_head head = {.method = cases[_i].method,
		.uri = cases[_i].uri,
		.version = cases[_i].version,
		.headers = headers};
	struct guard_body body = {0};
	struct err err = {0};

	head.n_headers = split(cases[_i].headers, headers);
	int rc = guard_check(&head, &body, &err);

	ck_assert_msg(err.code == cases[_i].code && rc == (err.code ? -1 : 0),
		"case %d, %s %s, \"%s\": %s", _i, cases[_i].method, cases[_i].uri,
		cases[_i].headers, err.code ? err.msg : "accepted");
	if (rc < 0)
		ck_assert(!body.has_body && !body.chunked && body.length == 0);
}
END_TEST

START_TEST(test_guard__tells_the_body)
{
	static const struct {
		const char *headers;
		struct guard_body body;
	} bodies[] = {
		{HOST, {false, false, 0}},
		{HOST "Content-Length: 0\n", {false, false, 0}},
		{HOST "Content-Length: 00012\n", {true, false, 12}},
		{HOST "Transfer-Encoding: Chunked\n", {true, true, 0}},
	};
	struct guard_header headers[8];
	struct guard_head head = {
		.method = "POST", .uri = "/", .version = "HTTP/1.1", .headers = headers};
	struct guard_body body;

	head.n_headers = split(bodies[_i].headers, headers);
	ck_assert_int_eq(guard_check(&head, &body, NULL), 0);
	ck_assert_int_eq(body.has_body, bodies[_i].body.has_body);
	ck_assert_int_eq(body.chunked, bodies[_i].body.chunked);
	ck_assert_uint_eq(body.length, bodies[_i].body.length);
}
END_TEST

START_TEST(test_guard__caps_uri_and_headers)
{
	static char uri[GUARD_URI_MAX + 2];
	struct guard_header headers[GUARD_HEADERS_MAX + 1];
	struct guard_head head = {
		.method = "GET", .uri = uri, .version = "HTTP/1.1", .headers = headers};
	struct guard_body body;
	struct err err = {0};

	for (size_t i = 0; i <= GUARD_HEADERS_MAX; i++)
		headers[i] = (struct guard_header){i ? "X-A" : "Host", "a", i ? 3 : 4, 1};
	memset(uri, 'a', GUARD_URI_MAX);
	uri[0] = '/';
	head.n_headers = GUARD_HEADERS_MAX;
	ck_assert_int_eq(guard_check(&head, &body, &err), 0);
	head.n_headers++;
	ck_assert_int_eq(guard_check(&head, &body, &err), -1);
	ck_assert_int_eq(err.code, ERR_BAD_REQUEST);
	head.n_headers = 1;
	uri[GUARD_URI_MAX] = 'a';
	ck_assert_int_eq(guard_check(&head, &body, &err), -1);
	ck_assert_int_eq(err.code, ERR_URI_TOO_LONG);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("every form of a request that must be refused is refused");
	TCase *t = tcase_create("guard");

	tcase_add_loop_test(t, test_guard__each_form_gets_its_answer, 0,
		(int)(sizeof(cases) / sizeof(cases[0])));
	tcase_add_loop_test(t, test_guard__tells_the_body, 0, 4);
	tcase_add_test(t, test_guard__caps_uri_and_headers);
	suite_add_tcase(s, t);
	return s;
}
