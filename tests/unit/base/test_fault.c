/* SPDX-License-Identifier: Apache-2.0
 *
 * The list of faults is bounded and pointers are escaped and cut whole.
 */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "base/fault.h"
#include "base/utf8.h"

Suite *test_suite(void);

START_TEST(test_fault__keeps_the_first_and_counts_all)
{
	struct faults f;
	char text[32];

	faults_init(&f);
	for (int i = 0; i < FAULTS_MAX + 5; i++)
		ck_assert_int_eq(fault_add(&f, "/a", "fault %d", i), -1);
	ck_assert_uint_eq(f.n, FAULTS_MAX);
	ck_assert_uint_eq(f.total, FAULTS_MAX + 5);
	for (int i = 0; i < FAULTS_MAX; i++) {
		snprintf(text, sizeof(text), "fault %d", i);
		ck_assert_str_eq(f.list[i].detail, text);
		ck_assert_str_eq(f.list[i].pointer, "/a");
	}
	faults_init(&f);
	ck_assert_uint_eq(f.n + f.total, 0);
}
END_TEST

START_TEST(test_fault__long_text_is_cut_at_a_character)
{
	struct faults f;
	char text[1000];

	for (size_t i = 0; i + 2 < sizeof(text); i += 2)
		memcpy(text + i, "\xC3\xA9", 3);
	faults_init(&f);
	for (int shift = 0; shift < 2; shift++) {
		fault_add(&f, text + 2, "%.*s%s", shift, "x", text);
		ck_assert(utf8_valid(f.list[shift].detail, strlen(f.list[shift].detail)));
		ck_assert_uint_ge(strlen(f.list[shift].detail), sizeof(f.list[shift].detail) - 2);
		ck_assert(utf8_valid(f.list[shift].pointer, strlen(f.list[shift].pointer)));
	}
}
END_TEST

static const struct {
	size_t size;
	const char *base, *token, *pointer;
} pointers[] = {
	{160, "", "a", "/a"},
	{160, "", "", "/"},
	{160, "/a/0", "b", "/a/0/b"},
	{160, "/a", "x/y~z", "/a/x~1y~0z"},
	{160, "", "~1", "/~01"},
	{160, "", "\xC3\xA9", "/\xC3\xA9"},
	/* cut */
	{6, "/a", "bcdef", "/a/bc"},
	{6, "/a", "b/c", "/a/b"},
	{7, "/a", "b/c", "/a/b~1"},
	{6, "/a", "b\xC3\xA9", "/a/b"},
	{3, "/abc", "d", "/a"},
	{1, "", "a", ""},
};

START_TEST(test_fault__pointer_join)
{
	for (size_t i = 0; i < sizeof(pointers) / sizeof(pointers[0]); i++) {
		char buf[160] = "untouched";

		pointer_join(buf, pointers[i].size, pointers[i].base, pointers[i].token);
		ck_assert_str_eq(buf, pointers[i].pointer);
	}
}
END_TEST

START_TEST(test_fault__pointer_join_in_place)
{
	char buf[20] = "/a";

	pointer_join(buf, sizeof(buf), buf, "b");
	ck_assert_str_eq(buf, "/a/b");
	pointer_index(buf, sizeof(buf), buf, 12);
	ck_assert_str_eq(buf, "/a/b/12");
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("fault");
	TCase *tc = tcase_create("fault");

	tcase_add_test(tc, test_fault__keeps_the_first_and_counts_all);
	tcase_add_test(tc, test_fault__long_text_is_cut_at_a_character);
	tcase_add_test(tc, test_fault__pointer_join);
	tcase_add_test(tc, test_fault__pointer_join_in_place);
	suite_add_tcase(s, tc);
	return s;
}
