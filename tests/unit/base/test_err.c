/* SPDX-License-Identifier: Apache-2.0
 *
 * Errors are filled, wrapped and cut as promised, and err_codes.def is complete.
 */
#include <check.h>
#include <ctype.h>
#include <string.h>

#include "base/err.h"
#include "base/utf8.h"

Suite *test_suite(void);

START_TEST(test_err__set_fills_and_fails)
{
	struct err err = {.pointer = "/old"};

	ck_assert_int_eq(err_set(&err, ERR_NOT_FOUND, "no release %d", 7), -1);
	ck_assert_int_eq(err.code, ERR_NOT_FOUND);
	ck_assert_str_eq(err.msg, "no release 7");
	ck_assert_str_eq(err.pointer, "");

	ck_assert_int_eq(err_set_at(&err, ERR_INVALID_BODY, "/a/0", "is %s", "wrong"), -1);
	ck_assert_int_eq(err.code, ERR_INVALID_BODY);
	ck_assert_str_eq(err.pointer, "/a/0");
	ck_assert_str_eq(err.msg, "is wrong");
}
END_TEST

START_TEST(test_err__null_is_allowed)
{
	ck_assert_int_eq(err_set(NULL, ERR_IO, "x"), -1);
	ck_assert_int_eq(err_set_at(NULL, ERR_IO, "/x", "x"), -1);
	ck_assert_int_eq(err_wrap(NULL, "x"), -1);
}
END_TEST

START_TEST(test_err__may_quote_itself)
{
	struct err err = {0};

	err_set_at(&err, ERR_IO, "/a", "inner");
	err_set_at(&err, ERR_CONFIG, err.pointer, "outer (%s)", err.msg);
	ck_assert_str_eq(err.msg, "outer (inner)");
	ck_assert_str_eq(err.pointer, "/a");
}
END_TEST

START_TEST(test_err__wrap_keeps_code_and_pointer)
{
	struct err err = {0};

	err_set_at(&err, ERR_INVALID_BODY, "/a", "inner");
	ck_assert_int_eq(err_wrap(&err, "reading %s", "x.json"), -1);
	err_wrap(&err, "start");
	ck_assert_int_eq(err.code, ERR_INVALID_BODY);
	ck_assert_str_eq(err.pointer, "/a");
	ck_assert_str_eq(err.msg, "start: reading x.json: inner");
}
END_TEST

START_TEST(test_err__long_messages_are_cut_at_a_character)
{
	struct err err = {0};
	char text[2000];

	for (size_t i = 0; i + 3 < sizeof(text); i += 3)
		memcpy(text + i, "\xE2\x82\xAC", 4);
	for (int shift = 0; shift < 3; shift++) {
		err_set_at(&err, ERR_IO, text, "%.*s%s", shift, "xx", text);
		ck_assert(utf8_valid(err.msg, strlen(err.msg)));
		ck_assert_uint_ge(strlen(err.msg), sizeof(err.msg) - 3);
		ck_assert(utf8_valid(err.pointer, strlen(err.pointer)));
		err_wrap(&err, "%.*s%s", shift, "yy", text);
		ck_assert(utf8_valid(err.msg, strlen(err.msg)));
		ck_assert_uint_ge(strlen(err.msg), sizeof(err.msg) - 6);
	}
}
END_TEST

START_TEST(test_err__every_code_is_complete)
{
	for (int code = ERR_NONE + 1; code < ERR_CODES; code++) {
		const struct err_info *info = err_info((enum err_code)code);
		const char *hint_end;

		ck_assert(info->status >= 400 && info->status <= 599);
		ck_assert(info->title[0] && info->hint[0]);
		hint_end = info->hint + strlen(info->hint) - 1;
		ck_assert_msg(*hint_end == '.', "%s: the hint is no sentence", info->code);
		for (const char *c = info->code; *c; c++)
			ck_assert(islower((unsigned char)*c) || *c == '_');
		for (int other = ERR_NONE + 1; other < code; other++)
			ck_assert_str_ne(info->code, err_info((enum err_code)other)->code);
	}
	ck_assert_str_eq(err_info(ERR_MERGE_STALE)->code, "merge_stale");
	ck_assert_int_eq(err_info(ERR_MERGE_STALE)->status, 409);
	ck_assert(err_info(ERR_UNAVAILABLE)->retryable);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("err");
	TCase *tc = tcase_create("err");

	tcase_add_test(tc, test_err__set_fills_and_fails);
	tcase_add_test(tc, test_err__null_is_allowed);
	tcase_add_test(tc, test_err__may_quote_itself);
	tcase_add_test(tc, test_err__wrap_keeps_code_and_pointer);
	tcase_add_test(tc, test_err__long_messages_are_cut_at_a_character);
	tcase_add_test(tc, test_err__every_code_is_complete);
	suite_add_tcase(s, tc);
	return s;
}
