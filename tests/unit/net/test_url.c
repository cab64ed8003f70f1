/* SPDX-License-Identifier: Apache-2.0
 *
 * URLs taken apart, and those that lead inside.
 */
#include "net/url.h"

#include <check.h>
#include <string.h>

Suite *test_suite(void);

START_TEST(test_url__parts)
{
	static const struct {
		const char *text, *base, *host, *path; /* base NULL: refused */
	} cases[] = {
		{"https://a.example", "https://a.example", "a.example", "/"},
		{"HTTPS://a.example/x?y=1", "https://a.example", "a.example", "/x?y=1"},
		{"http://a.example:8080/x", "http://a.example:8080", "a.example", "/x"},
		{"https://a.example?q", "https://a.example", "a.example", "/?q"},
		{"https://[2001:db8::1]:443/", "https://[2001:db8::1]:443", "2001:db8::1", "/"},
		{"https://a.example/a@b:c", "https://a.example", "a.example", "/a@b:c"},
		{"", NULL, NULL, NULL},
		{"ftp://a.example/", NULL, NULL, NULL},
		{"file:///etc/passwd", NULL, NULL, NULL},
		{"https:a.example", NULL, NULL, NULL},
		{"https://", NULL, NULL, NULL},
		{"https:///x", NULL, NULL, NULL},
		{"https://user@a.example/", NULL, NULL, NULL},
		{"https://a:b@c.example/", NULL, NULL, NULL},
		{"https://a.example\\@b.example/", NULL, NULL, NULL},
		{"https://a.example/#x", NULL, NULL, NULL},
		{"https://a.example#x", NULL, NULL, NULL},
		{"https://a.example:0/", NULL, NULL, NULL},
		{"https://a.example:65536/", NULL, NULL, NULL},
		{"https://a.example:/", NULL, NULL, NULL},
		{"https://a.example:80x/", NULL, NULL, NULL},
		{"https://[::1/", NULL, NULL, NULL},
		{"https://[::1]x/", NULL, NULL, NULL},
		{"https://[fe80::1%25eth0]/", NULL, NULL, NULL},
		{"https://.example/", NULL, NULL, NULL},
		{"https://a b.example/", NULL, NULL, NULL},
		{"https://a.example/x y", NULL, NULL, NULL},
		{"https://a.example/\r\nX: y", NULL, NULL, NULL},
		{"https://\xc3\xa4.example/", NULL, NULL, NULL},
	};
	ARENA_AUTO a = arena_new();

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct url u;
		const char *why = NULL;
		int rc = url_parse(cases[i].text, a, &u, &why);

		ck_assert_msg((rc == 0) == (cases[i].base != NULL), "%s", cases[i].text);
		if (rc < 0) {
			ck_assert_ptr_nonnull(why);
			continue;
		}
		ck_assert_str_eq(u.server.base, cases[i].base);
		ck_assert_str_eq(u.host, cases[i].host);
		ck_assert_str_eq(u.path, cases[i].path);
	}
}
END_TEST

START_TEST(test_url__inside)
{
	static const struct {
		const char *text;
		bool inside;
	} cases[] = {
		{"https://a.example/", false},
		{"https://8.8.8.8/", false},
		{"https://[2600::1]/", false},
		{"https://localhost/", true},
		{"https://LOCALHOST.:443/", true},
		{"https://x.localhost/", true},
		{"https://127.0.0.1/", true},
		{"https://127.1/", true},
		{"https://2130706433/", true},
		{"https://0x7f000001/", true},
		{"https://10.0.0.1/", true},
		{"https://169.254.169.254/latest/meta-data", true},
		{"https://0.0.0.0/", true},
		{"https://[::1]/", true},
		{"https://[::ffff:127.0.0.1]/", true},
		{"https://[fe80::1]/", true},
		{"https://[fd00::1]/", true},
	};
	ARENA_AUTO a = arena_new();

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct url u;
		const char *why;

		ck_assert_msg(url_parse(cases[i].text, a, &u, &why) == 0, "%s", cases[i].text);
		ck_assert_msg(url_leads_inside(&u) == cases[i].inside, "%s", cases[i].text);
	}
}
END_TEST

START_TEST(test_url__as_written)
{
	static const struct {
		const char *text, *server, *host, *target;
		bool loopback;
	} cases[] = {
		{"https://a.example/b?c", "https://a.example", "a.example", "/b?c", false},
		{"http://a.example:80?c", "http://a.example:80", "a.example", "/?c", false},
		{"gs://bucket", "gs://bucket", "bucket", "/", false},
		{"http://localhost:8080/", "http://localhost:8080", "localhost", "/", true},
		{"http://LocalHost", "http://LocalHost", "LocalHost", "/", true},
		{"http://127.9.8.7/x", "http://127.9.8.7", "127.9.8.7", "/x", true},
		{"http://127.example/", "http://127.example", "127.example", "/", false},
		{"http://localhost.example/", "http://localhost.example", "localhost.example", "/",
			false},
		{"http://[::1]:9/x", "http://[::1]:9", "[::1]", "/x", true},
		{"http://[::1]a.example/", "http://[::1]a.example", "[::1]a.example", "/", false},
		{"http://[::1/x", "http://[::1", "[::1/x", "/x", false},
		{"http://127.0.0.1@a.example/", "http://127.0.0.1@a.example", "127.0.0.1@a.example",
			"/", false},
		{"http://", "http://", "", "/", false},
		{"a.example", "", "", "/a.example", false},
		{"/b", "", "", "/b", false},
	};
	static const char *const hosts[] = {"B.example", "[::1]", "a.example", NULL};
	ARENA_AUTO a = arena_new();

	ck_assert(url_host_is("https://A.example:1/", hosts));
	ck_assert(url_host_is("https://[::1]:1/", hosts));
	ck_assert(!url_host_is("https://a.example.b.example/", hosts));
	ck_assert(!url_host_is("https://a.exampl/", hosts));
	ck_assert(!url_host_is("https://[::1]@a.example/", hosts));
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *text = cases[i].text, *host;
		size_t n;

		host = url_host(text, &n);
		ck_assert_str_eq(arena_strndup(a, host, n), cases[i].host);
		ck_assert_str_eq(arena_strndup(a, text, url_server_len(text)), cases[i].server);
		ck_assert_str_eq(url_target(text, a), cases[i].target);
		ck_assert_msg(url_is_loopback(text) == cases[i].loopback, "%s", text);
	}
}
END_TEST

START_TEST(test_url__split)
{
	static const char *const refused[] = {"", "/x", "ftp://a.example/", "http://",
		"http://a@b.example/", "https://a.example/x#y", "https://a.example#y"};
	ARENA_AUTO a = arena_new();
	struct http_server server = {0};
	struct err err = {0};
	const char *target = NULL;

	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		ck_assert_msg(
			url_split(refused[i], a, &server, &target, &err) == -1, "%s", refused[i]);
		ck_assert_int_eq(err.code, ERR_CONFIG);
		ck_assert_ptr_null(server.base);
		ck_assert_ptr_null(target);
	}
	ck_assert_int_eq(url_split("https://a.example:8443?x=1", a, &server, &target, &err), 0);
	ck_assert_str_eq(server.base, "https://a.example:8443");
	ck_assert_str_eq(target, "/?x=1");
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("URLs");
	TCase *c = tcase_create("url");

	tcase_add_test(c, test_url__parts);
	tcase_add_test(c, test_url__inside);
	tcase_add_test(c, test_url__as_written);
	tcase_add_test(c, test_url__split);
	suite_add_tcase(s, c);
	return s;
}
