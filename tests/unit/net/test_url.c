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

Suite *test_suite(void)
{
	Suite *s = suite_create("URLs");
	TCase *c = tcase_create("url");

	tcase_add_test(c, test_url__parts);
	tcase_add_test(c, test_url__inside);
	suite_add_tcase(s, c);
	return s;
}
