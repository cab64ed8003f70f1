/* SPDX-License-Identifier: Apache-2.0
 *
 * Webhooks that are none: what is wrong with them is said with its place, and nothing is made.
 */
#include <check.h>
#include <string.h>

#include "model/webhook.h"
#include "support/registry.h"

Suite *test_suite(void);

#define SECRET "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

START_TEST(test_webhook_refused__says_where_and_why)
{
	static const struct {
		const char *body, *pointer, *why;
	} cases[] = {
		{"{'types':['*']}", "/url", "required"},
		{"{'url':'https://b.example/'}", "/types", "required"},
		{"{'url':'https://b.example/','types':[]}", "/types", ""},
		{"{'url':'http://b.example/','types':['*']}", "/url", "https"},
		{"{'url':'https://127.0.0.1/','types':['*']}", "/url", "internet"},
		{"{'url':'https://169.254.169.254/','types':['*']}", "/url", "internet"},
		{"{'url':'https://localhost:8787/','types':['*']}", "/url", "internet"},
		{"{'url':'https://a:b@c.example/','types':['*']}", "/url", "password"},
		{"{'url':'ftp://c.example/','types':['*']}", "/url", "http"},
		{"{'url':'https://b.example/','types':['*','release.actived']}", "/types/1",
			"is it release.activated?"},
		{"{'url':'https://b.example/','types':['nosuch.*']}", "/types/0", "no type"},
		{"{'url':'https://b.example/','types':['frieze.*']}", "/types/0",
			"is it freeze.*?"},
		{"{'url':'https://b.example/','types':['*.activated']}", "/types/0", "no type"},
		{"{'url':'https://b.example/','types':['*'],'secret':'whsec_c2hvcnQ='}", "/secret",
			"too short"},
		{"{'url':'https://b.example/','types':['*'],'secret':'hunter2'}", "/secret",
			"whsec_"},
		{"{'url':'https://b.example/','types':['*'],'secret':'" SECRET
		 "','algorithm':'v1a'}",
			"/secret", "v1"},
		{"{'url':'https://b.example/','types':['*'],'format':'xml'}", "/format", ""},
		{"{'url':'https://b.example/','types':['*'],'status':'active'}", "/status", ""},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct outcome o = make_webhook(cases[i].body);
		const struct faults *f = o.c->faults;

		ck_assert_msg(o.code == ERR_INVALID_BODY, "%s", cases[i].body);
		ck_assert_ptr_nonnull(f);
		ck_assert_msg(strcmp(f->list[0].pointer, cases[i].pointer) == 0, "%s: %s",
			cases[i].body, f->list[0].pointer);
		ck_assert_msg(strstr(f->list[0].detail, cases[i].why), "%s: %s", cases[i].body,
			f->list[0].detail);
		/* A wrong secret is still one. */
		ck_assert_ptr_null(strstr(f->list[0].detail, "hunter2"));
	}
	ck_assert_int_eq(count_events("webhook.created"), 0);
	for (int i = 0; i < WEBHOOKS_MAX; i++)
		ck_assert_int_eq(
			make_webhook("{'url':'https://b.example/','types':['slo.*']}").status, 201);
	ck_assert_int_eq(make_webhook("{'url':'https://b.example/','types':['slo.*']}").code,
		ERR_STATE_CONFLICT);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("webhooks that are refused");
	TCase *c = tcase_create("webhook_refused");

	tcase_add_checked_fixture(c, registry_setup, registry_teardown);
	tcase_add_test(c, test_webhook_refused__says_where_and_why);
	suite_add_tcase(s, c);
	return s;
}
