/* SPDX-License-Identifier: Apache-2.0
 *
 * Hex digits, both ways.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/hex.h"

Suite *test_suite(void);

START_TEST(test_hex__encode)
{
	char buf[12] = "!!!!!!!!!!!";

	hex_encode("\x00\x0F\xA5\xFF", 4, buf);
	ck_assert_str_eq(buf, "000fa5ff");
	ck_assert_int_eq(buf[9], '!');
	hex_encode("", 0, buf);
	ck_assert_str_eq(buf, "");
}
END_TEST

START_TEST(test_hex__every_byte_comes_back)
{
	char buf[3], upper[3];

	for (int i = 0; i < 256; i++) {
		unsigned char byte = (unsigned char)i;

		hex_encode(&byte, 1, buf);
		ck_assert_int_eq(hex_byte(buf), i);
		snprintf(upper, sizeof(upper), "%02X", (unsigned)i);
		ck_assert_int_eq(hex_byte(upper), i);
	}
}
END_TEST

START_TEST(test_hex__byte_takes_digits_only)
{
	static const char *const none[] = {
		"", "a", "g0", "0g", "/0", ":0", "@0", "`0", "0G", " 1", "+1", "x1", "\xC3\xA9"};

	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++)
		ck_assert_msg(hex_byte(none[i]) == -1, "taken: %s", none[i]);
	ck_assert_int_eq(hex_byte("7fz"), 0x7f);
}
END_TEST

START_TEST(test_hex__lower)
{
	ck_assert(hex_lower("0123456789abcdef", 16));
	ck_assert(hex_lower("00-", 2));
	ck_assert(hex_lower("", 0));
	ck_assert(!hex_lower("00-", 3));
	ck_assert(!hex_lower("0A", 2));
	ck_assert(!hex_lower("00", 3));
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("hex");
	TCase *t = tcase_create("hex");

	tcase_add_test(t, test_hex__encode);
	tcase_add_test(t, test_hex__every_byte_comes_back);
	tcase_add_test(t, test_hex__byte_takes_digits_only);
	tcase_add_test(t, test_hex__lower);
	suite_add_tcase(s, t);
	return s;
}
