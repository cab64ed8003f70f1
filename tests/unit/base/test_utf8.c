/* SPDX-License-Identifier: Apache-2.0
 *
 * What is a well-formed character, and where text may be cut.
 */
#include <check.h>
#include <string.h>

#include "base/utf8.h"

Suite *test_suite(void);

#define TEXT(s) s, sizeof(s) - 1

static const struct {
	const char *s;
	size_t n, len;
	uint32_t point;
} characters[] = {
	{TEXT("a"), 1, 'a'},
	{TEXT("\0"), 1, 0},
	{TEXT("\x7F"), 1, 0x7F},
	{TEXT("\xC2\x80"), 2, 0x80},
	{TEXT("\xDF\xBF"), 2, 0x7FF},
	{TEXT("\xE0\xA0\x80"), 3, 0x800},
	{TEXT("\xED\x9F\xBF"), 3, 0xD7FF},
	{TEXT("\xEE\x80\x80"), 3, 0xE000},
	{TEXT("\xEF\xBF\xBF"), 3, 0xFFFF},
	{TEXT("\xF0\x90\x80\x80"), 4, 0x10000},
	{TEXT("\xF4\x8F\xBF\xBF"), 4, 0x10FFFF},
	{TEXT("\xC3\xA9z"), 2, 0xE9},
	/* none */
	{TEXT(""), 0, 0},
	{TEXT("\x80"), 0, 0},
	{TEXT("\xC1\xBF"), 0, 0},
	{TEXT("\xC2"), 0, 0},
	{TEXT("\xC2z"), 0, 0},
	{TEXT("\xE0\x9F\xBF"), 0, 0},
	{TEXT("\xED\xA0\x80"), 0, 0},
	{TEXT("\xED\xBF\xBF"), 0, 0},
	{TEXT("\xE2\x82"), 0, 0},
	{TEXT("\xE2\x82z"), 0, 0},
	{TEXT("\xF0\x8F\xBF\xBF"), 0, 0},
	{TEXT("\xF4\x90\x80\x80"), 0, 0},
	{TEXT("\xF5\x80\x80\x80"), 0, 0},
	{TEXT("\xFF"), 0, 0},
};

START_TEST(test_utf8__take)
{
	for (size_t i = 0; i < sizeof(characters) / sizeof(characters[0]); i++) {
		uint32_t point = 0;

		ck_assert_uint_eq(
			utf8_take(characters[i].s, characters[i].n, &point), characters[i].len);
		ck_assert_uint_eq(point, characters[i].point);
		if (characters[i].len == characters[i].n)
			ck_assert(utf8_valid(characters[i].s, characters[i].n));
		else if (!characters[i].len && characters[i].n)
			ck_assert(!utf8_valid(characters[i].s, characters[i].n));
	}
	ck_assert(utf8_valid(TEXT("a\xC3\xA9\xF0\x9F\x98\x80")));
	ck_assert(!utf8_valid(TEXT("a\xC3\xA9\xF0\x9F\x98")));
}
END_TEST

START_TEST(test_utf8__cut_keeps_characters_whole)
{
	static const char text[] = "a\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80z";
	static const size_t cuts[] = {0, 1, 1, 3, 3, 3, 6, 6, 6, 6, 10, 11};

	for (size_t n = 0; n < sizeof(cuts) / sizeof(cuts[0]); n++)
		ck_assert_uint_eq(utf8_cut(text, n), cuts[n]);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("utf8");
	TCase *tc = tcase_create("utf8");

	tcase_add_test(tc, test_utf8__take);
	tcase_add_test(tc, test_utf8__cut_keeps_characters_whole);
	suite_add_tcase(s, tc);
	return s;
}
