/* SPDX-License-Identifier: Apache-2.0
 *
 * A strbuf grows, stays within its cap and remembers that it could not.
 */
#include <check.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/strbuf.h"

Suite *test_suite(void);

START_TEST(test_strbuf__grows)
{
	STRBUF_AUTO sb = STRBUF_INIT(100000);

	ck_assert_str_eq(sb.buf, "");
	for (int i = 0; i < 10000; i++) {
		strbuf_addch(&sb, (char)('a' + i % 26));
		ck_assert_uint_eq(sb.len, i + 1);
		ck_assert_int_eq(sb.buf[sb.len], '\0');
	}
	for (int i = 0; i < 10000; i++)
		ck_assert_int_eq(sb.buf[i], 'a' + i % 26);
	ck_assert(!sb.overflow);
}
END_TEST

START_TEST(test_strbuf__adds_bytes_text_and_formats)
{
	STRBUF_AUTO sb = STRBUF_INIT(1000);

	strbuf_add(&sb, "a\0b", 3);
	strbuf_add(&sb, NULL, 0);
	strbuf_addstr(&sb, "cd");
	strbuf_addf(&sb, "%d%s", 12, "x");
	ck_assert_uint_eq(sb.len, 8);
	ck_assert_mem_eq(sb.buf, "a\0bcd12x", 9);
	for (int len = 250; len <= 260; len++) {
		strbuf_reset(&sb);
		strbuf_addf(&sb, "%*d", len, 7);
		ck_assert_uint_eq(sb.len, len);
		ck_assert_int_eq(sb.buf[len - 1], '7');
		ck_assert_int_eq(sb.buf[len], '\0');
	}
}
END_TEST

START_TEST(test_strbuf__adds_integers)
{
	static const int64_t values[] = {0, 7, -1, 10, -99, INT64_MAX, INT64_MIN};

	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		STRBUF_AUTO sb = STRBUF_INIT(100);
		char want[32];

		snprintf(want, sizeof(want), "%lld", (long long)values[i]);
		strbuf_addint(&sb, values[i]);
		ck_assert_str_eq(sb.buf, want);
	}
}
END_TEST

START_TEST(test_strbuf__cap_is_exact_and_overflow_stays)
{
	char filler[300];

	memset(filler, 'x', sizeof(filler));
	for (size_t cap = 0; cap < 300; cap += 7) {
		STRBUF_AUTO sb = STRBUF_INIT(cap);

		strbuf_add(&sb, filler, cap);
		ck_assert_uint_eq(sb.len, cap);
		ck_assert(!sb.overflow);
		strbuf_addch(&sb, 'y');
		ck_assert(sb.overflow);
		ck_assert_uint_eq(sb.len, cap);
		ck_assert_uint_eq(strlen(sb.buf), cap);
	}
}
END_TEST

START_TEST(test_strbuf__nothing_is_added_after_overflow)
{
	STRBUF_AUTO sb = STRBUF_INIT(5);

	strbuf_addstr(&sb, "abc");
	strbuf_addstr(&sb, "def");
	strbuf_addstr(&sb, "g");
	strbuf_addf(&sb, "%d", 1);
	strbuf_addch(&sb, 'h');
	ck_assert_str_eq(sb.buf, "abc");
	ck_assert(sb.overflow);
	strbuf_reset(&sb);
	ck_assert(!sb.overflow);
	strbuf_addf(&sb, "%d", 123456);
	ck_assert_str_eq(sb.buf, "");
	ck_assert(sb.overflow);
}
END_TEST

START_TEST(test_strbuf__huge_lengths_overflow)
{
	STRBUF_AUTO sb = STRBUF_INIT(10);

	strbuf_addstr(&sb, "abc");
	strbuf_add(&sb, "x", SIZE_MAX);
	ck_assert(sb.overflow);
	ck_assert_str_eq(sb.buf, "abc");
}
END_TEST

START_TEST(test_strbuf__detach_hands_over)
{
	STRBUF_AUTO sb = STRBUF_INIT(10);
	FREE_AUTO char *empty = strbuf_detach(&sb, NULL);
	FREE_AUTO char *text = NULL;
	size_t len;

	ck_assert_str_eq(empty, "");
	strbuf_addstr(&sb, "abc");
	text = strbuf_detach(&sb, &len);
	ck_assert_str_eq(text, "abc");
	ck_assert_uint_eq(len, 3);
	ck_assert_str_eq(sb.buf, "");
	ck_assert_uint_eq(sb.cap, 10);
	strbuf_addstr(&sb, "new");
	ck_assert_str_eq(text, "abc");
	strbuf_release(&sb);
	strbuf_addstr(&sb, "again");
	ck_assert_str_eq(sb.buf, "again");
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("strbuf");
	TCase *tc = tcase_create("strbuf");

	tcase_add_test(tc, test_strbuf__grows);
	tcase_add_test(tc, test_strbuf__adds_bytes_text_and_formats);
	tcase_add_test(tc, test_strbuf__adds_integers);
	tcase_add_test(tc, test_strbuf__cap_is_exact_and_overflow_stays);
	tcase_add_test(tc, test_strbuf__nothing_is_added_after_overflow);
	tcase_add_test(tc, test_strbuf__huge_lengths_overflow);
	tcase_add_test(tc, test_strbuf__detach_hands_over);
	suite_add_tcase(s, tc);
	return s;
}
