/* SPDX-License-Identifier: Apache-2.0
 *
 * Texts that may be absent.
 */
#include <check.h>

#include "base/text.h"

Suite *test_suite(void);

START_TEST(test_text__absent_ones_are_equal_to_each_other_alone)
{
	char a[] = "a";

	ck_assert(text_equal(NULL, NULL));
	ck_assert(!text_equal("a", NULL));
	ck_assert(!text_equal(NULL, "a"));
	ck_assert(text_equal(a, "a"));
	ck_assert(!text_equal(a, "b"));
}
END_TEST

START_TEST(test_text__differ_only_where_both_are_there)
{
	ck_assert(!text_differ(NULL, NULL));
	ck_assert(!text_differ("a", NULL));
	ck_assert(!text_differ(NULL, "a"));
	ck_assert(!text_differ("a", "a"));
	ck_assert(text_differ("a", "b"));
}
END_TEST

START_TEST(test_text__dots_are_segments_of_a_path)
{
	static const char *const with[] = {".", "..", "../a", "a/./b", "a/..", "/..//a", "a/../"};
	static const char *const without[] = {"", "/", "a", "...", ".a", "..a", "a./b..", "a/.b/c"};

	for (size_t i = 0; i < sizeof(with) / sizeof(with[0]); i++)
		ck_assert_msg(text_has_dots(with[i]), "%s", with[i]);
	for (size_t i = 0; i < sizeof(without) / sizeof(without[0]); i++)
		ck_assert_msg(!text_has_dots(without[i]), "%s", without[i]);
}
END_TEST

START_TEST(test_text__starts_and_ends)
{
	static const struct {
		const char *s, *part;
		bool starts, ends, ends_any_case;
	} cases[] = {
		{"", "", true, true, true},
		{"a", "", true, true, true},
		{"", "a", false, false, false},
		{"a.json", "a.json", true, true, true},
		{"a.json", ".json", false, true, true},
		{"a.JSON", ".json", false, false, true},
		{"a.json", "a.", true, false, false},
		{"json", ".json", false, false, false},
		{"a.json.", ".json", false, false, false},
		{"A.json", "a.", false, false, false},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *s = cases[i].s, *part = cases[i].part;

		ck_assert_msg(text_starts(s, part) == cases[i].starts, "%s, %s", s, part);
		ck_assert_msg(text_ends(s, part) == cases[i].ends, "%s, %s", s, part);
		ck_assert_msg(
			text_ends_any_case(s, part) == cases[i].ends_any_case, "%s, %s", s, part);
	}
}
END_TEST

START_TEST(test_text__alike_but_for_numbers)
{
	static const struct {
		const char *a, *b;
		bool alike;
	} cases[] = {
		{"", "", true},
		{"gone (503, request a1)", "gone (503, request 77fe)", true},
		{"x: request 9f-1c-0a", "x: request 1-22-333", true},
		{"gone (request a1)", "gone (request none)", false},
		{"Throttled: 1", "Denied: 1", false},
		{"a", "ab", false},
		{"a 1", "a 1 ", false},
		{"a1 b", "a2 c", false},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		ck_assert_msg(
			text_alike(cases[i].a, cases[i].b) == cases[i].alike, "%s", cases[i].a);
		ck_assert_msg(
			text_alike(cases[i].b, cases[i].a) == cases[i].alike, "%s", cases[i].b);
	}
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("base/text");
	TCase *tc = tcase_create("text");

	tcase_add_test(tc, test_text__absent_ones_are_equal_to_each_other_alone);
	tcase_add_test(tc, test_text__differ_only_where_both_are_there);
	tcase_add_test(tc, test_text__dots_are_segments_of_a_path);
	tcase_add_test(tc, test_text__starts_and_ends);
	tcase_add_test(tc, test_text__alike_but_for_numbers);
	suite_add_tcase(s, tc);
	return s;
}
