/* SPDX-License-Identifier: Apache-2.0
 *
 * Evaluation suites: published once, one of them current.
 */
#include <check.h>
#include <string.h>

#include "store/suite.h"
#include "support/registry.h"

Suite *test_suite(void);

#define D "'sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'"

/* Suite `s` of a version, with one metric that textgen must bring. */
static struct outcome post(const char *version, const char *metric, bool current)
{
	return post_suite(arena_printf(reg.arena,
		"{'name':'s','version':'%s','datasets':{'gsm8k':" D
		"},'required_metrics':{'textgen':['%s']}%s}",
		version, metric, current ? ",'current':true" : ""));
}

static const char *current_version(void)
{
	SNAPSHOT_AUTO s = snapshot_get(reg.engine);

	return s->has_suite ? arena_strdup(reg.arena, s->suite.version) : "none";
}

static const char *current_etag(void)
{
	SNAPSHOT_AUTO s = snapshot_get(reg.engine);

	return arena_printf(reg.arena, "\"%s\"", s->suite_body.digest);
}

START_TEST(test_suite__is_published_once)
{
	struct outcome o = post("1", "quality", false);

	ck_assert_msg(o.status == 201, "%s", o.c->err.msg);
	ck_assert_str_eq(o.c->answer.location, "/v1/suites/s/1");
	ck_assert_str_eq(member(o.body, "current"), "false");
	ck_assert_str_eq(member(o.body, "required_metrics"), "{\"textgen\":[\"quality\"]}");
	ck_assert_uint_eq(strlen(member(o.body, "digest")), 71);
	ck_assert_str_eq(post("1", "quality", false).body, o.body);
	ck_assert_int_eq(post("1", "quality", false).status, 200);
	ck_assert_int_eq(post("1", "safety", false).code, ERR_VERSION_CONFLICT);
	ck_assert_int_eq(count_events("suite.created"), 1);
	ck_assert_str_eq(current_version(), "none");
	check_registry();
}
END_TEST

START_TEST(test_suite__exactly_one_is_current)
{
	ck_assert_str_eq(member(post("1", "quality", true).body, "current"), "true");
	ck_assert_str_eq(current_version(), "1");
	ck_assert_int_eq(post("2", "quality", false).status, 201);
	ck_assert_str_eq(current_version(), "1");
	ck_assert_str_eq(member(activate_suite("s", "2").body, "current"), "true");
	ck_assert_str_eq(current_version(), "2");
	/* Again is no event; an old one may come back. */
	ck_assert_int_eq(activate_suite("s", "2").status, 200);
	ck_assert_int_eq(count_events("suite.activated"), 2);
	ck_assert_int_eq(post("1", "quality", true).status, 200);
	ck_assert_str_eq(current_version(), "1");
	ck_assert_int_eq(activate_suite("s", "3").code, ERR_NOT_FOUND);
	registry_reopen();
	ck_assert_str_eq(current_version(), "1");
	ck_assert_int_eq(activate_suite("s", "2").status, 200);
	ck_assert_str_eq(current_version(), "2");
	check_registry();
}
END_TEST

START_TEST(test_suite__if_match_speaks_of_the_current_one)
{
	const char *first;

	with.if_match = "\"x\"";
	ck_assert_int_eq(post("1", "quality", true).code, ERR_PRECONDITION_FAILED);
	ck_assert_int_eq(post("1", "quality", true).status, 201);
	first = current_etag();
	with.if_match = first;
	ck_assert_int_eq(post("2", "quality", true).status, 201);
	with.if_match = first;
	ck_assert_int_eq(post("3", "quality", true).code, ERR_PRECONDITION_FAILED);
	with.if_match = first;
	ck_assert_int_eq(activate_suite("s", "1").code, ERR_PRECONDITION_FAILED);
	with.if_match = current_etag();
	ck_assert_int_eq(activate_suite("s", "1").status, 200);
	/* What was refused left nothing behind. */
	ck_assert_int_eq(activate_suite("s", "3").code, ERR_NOT_FOUND);
}
END_TEST

START_TEST(test_suite__a_dry_run_changes_nothing)
{
	with.dry_run = true;
	ck_assert_int_eq(post("1", "quality", true).status, 200);
	ck_assert_str_eq(current_version(), "none");
	ck_assert_int_eq(count_events("suite.created"), 0);
	ck_assert_int_eq(activate_suite("s", "1").code, ERR_NOT_FOUND);
}
END_TEST

START_TEST(test_suite__roles_must_be_the_policys)
{
	struct outcome o = post_suite("{'name':'s','version':'1','datasets':{'d':" D
				      "},'required_metrics':{'texgen':['m']}}");

	ck_assert_int_eq(o.code, ERR_INVALID_BODY);
	ck_assert_str_eq(o.c->faults->list[0].pointer, "/required_metrics/texgen");
}
END_TEST

START_TEST(test_suite__is_listed_newest_first)
{
	struct err err = {0};
	struct page page;

	post("1", "quality", true);
	post("2", "quality", false);
	post_suite("{'name':'t','version':'1','datasets':{'d':" D
		   "},'required_metrics':{'textgen':['m']}}");
	ck_assert_int_eq(suite_list(reg.reader, NULL, 0, 2, reg.arena, &page, &err), 0);
	ck_assert_uint_eq(page.n, 2);
	ck_assert_str_eq(member(page.bodies[0], "name"), "t");
	ck_assert_int_eq(page.next, 2);
	ck_assert_int_eq(suite_list(reg.reader, "s", 0, 9, reg.arena, &page, &err), 0);
	ck_assert_uint_eq(page.n, 2);
	ck_assert_str_eq(member(page.bodies[1], "version"), "1");
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("suites");
	TCase *t = tcase_create("suites");

	tcase_add_checked_fixture(t, registry_setup, registry_teardown);
	tcase_add_test(t, test_suite__is_published_once);
	tcase_add_test(t, test_suite__exactly_one_is_current);
	tcase_add_test(t, test_suite__if_match_speaks_of_the_current_one);
	tcase_add_test(t, test_suite__a_dry_run_changes_nothing);
	tcase_add_test(t, test_suite__roles_must_be_the_policys);
	tcase_add_test(t, test_suite__is_listed_newest_first);
	suite_add_tcase(s, t);
	return s;
}
