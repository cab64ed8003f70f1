/* SPDX-License-Identifier: Apache-2.0
 *
 * Durations: what they are, and that both spellings come out the shortest way.
 */
#include <check.h>
#include <string.h>

#include "base/clock.h"
#include "base/duration.h"

Suite *test_suite(void);

static const struct {
	const char *text;
	int64_t seconds;
	const char *say;
} good[] = {
	{"PT4H", 14400, "4 h"},
	{"P1D", 86400, "1 d"},
	{"PT24H", 86400, "1 d"},
	{"P1DT12H30M5S", 131405, "1 d 12 h 30 min 5 s"},
	{"PT90M", 5400, "1 h 30 min"},
	{"P1DT1S", 86401, "1 d 1 s"},
	{"PT0S", 0, "0 s"},
	{"P0D", 0, "0 s"},
	{"P007D", 604800, "7 d"},
	{"P3660D", 316224000, "3660 d"},
};

START_TEST(test_duration__comes_back)
{
	char buf[DURATION_STRLEN];
	const char *why = "";
	int64_t length = -1;

	ck_assert_msg(!duration_parse(good[_i].text, &length, &why), "%s", why);
	ck_assert_int_eq(length, good[_i].seconds * USEC_PER_SEC);
	ck_assert_str_eq(duration_say(length, buf), good[_i].say);
}
END_TEST

START_TEST(test_duration__refuses_what_has_no_length)
{
	static const char *const bad[] = {"", "P", "PT", "P1", "1D", "P1DT", "P1H", "PT1D", "P1Y",
		"P1M", "P1W", "-P1D", "P-1D", "P1.5D", "PT1S1M", "PT1M1M", "P1D ", " P1D",
		"P1DT1HT1M", "p1d", "P3661D", "PT9999999999S", "P99999999999999999999D", "P1D1D"};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		const char *why = "";
		int64_t length = -1;

		ck_assert_msg(duration_parse(bad[i], &length, &why) == -1, "%s", bad[i]);
		ck_assert_uint_gt(strlen(why), 0);
		ck_assert_int_eq(length, -1);
	}
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("base/duration");
	TCase *tc = tcase_create("duration");

	tcase_add_loop_test(tc, test_duration__comes_back, 0, sizeof(good) / sizeof(good[0]));
	tcase_add_test(tc, test_duration__refuses_what_has_no_length);
	suite_add_tcase(s, tc);
	return s;
}
