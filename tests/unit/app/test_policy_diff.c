/* SPDX-License-Identifier: Apache-2.0
 *
 * What the warning about a differing policy file says.
 */
#include <check.h>

#include "app/policy_diff.h"

Suite *test_suite(void);

static const struct {
	const char *from, *to, *says;
} cases[] = {
	{"{\"a\":1}", "{\"a\":1}", ""},
	{"{\"a\":1}", "{\"a\":2}", "/a 1 -> 2"},
	{"{\"a\":{\"b\":[1,2]}}", "{\"a\":{\"b\":[1,3]}}", "/a/b/1 2 -> 3"},
	{"{\"a\":1}", "{\"a\":1,\"b\":\"x,}\"}", "+/b \"x,}\""},
	{"{\"a\":1,\"b\":[]}", "{\"a\":1}", "-/b []"},
	{"{\"a\":{}}", "{\"a\":{\"c\":true}}", "-/a {}; +/a/c true"},
	{"{\"a\\\"\":1}", "{\"a\\\"\":null}", "/a\\\" 1 -> null"},
	{"{\"a\":1,\"b\":1,\"c\":1,\"d\":1}", "{\"a\":2,\"b\":2,\"c\":2,\"d\":2}",
		"/a 1 -> 2; /b 1 -> 2; and 2 more"},
};

START_TEST(test_policy_diff__names_each_difference)
{
	ARENA_AUTO a = arena_new();

	ck_assert_str_eq(policy_diff(cases[_i].from, cases[_i].to, 2, a), cases[_i].says);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("policy differences");
	TCase *t = tcase_create("diff");

	tcase_add_loop_test(
		t, test_policy_diff__names_each_difference, 0, sizeof(cases) / sizeof(cases[0]));
	suite_add_tcase(s, t);
	return s;
}
