/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rounding agrees with printing twelve digits and reading them back, to the bit.
 */
#include "base/decimal.h"

#include <check.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

Suite *test_suite(void);

static double printed(double v)
{
	char text[40];

	snprintf(text, sizeof(text), "%.12g", v);
	return strtod(text, NULL);
}

static void check_one(double v)
{
	double got = tidy(v), want = printed(v);

	ck_assert_msg(
		memcmp(&got, &want, sizeof(got)) == 0, "%.17g: %.17g, not %.17g", v, got, want);
}

START_TEST(test_decimal__tidy_drops_binary_noise)
{
	ck_assert_double_eq(tidy(0.1 + 0.2), 0.3);
	ck_assert_double_eq(tidy(0.85 - 0.83), 0.02);
	ck_assert_double_eq(tidy(1e12), 1e12);
	ck_assert_double_eq(tidy(1.0 / 3.0), 0.333333333333);
	ck_assert(isnan(tidy(NAN)));
	ck_assert_double_eq(tidy(-INFINITY), -INFINITY);
}
END_TEST

START_TEST(test_decimal__tidy_is_printing_and_reading)
{
	/* Ties and powers of ten, and what lies beside them. */
	static const double edges[] = {0.0, 1e-10, 1e-9, 0.1, 1.0, 9.0, 1e11, 1e12, 0.5,
		123456789012.5, 123456789013.5, 12345678901.25, 1.000000000005, 0.9999999999995,
		99999999999.95, 999999999999.5, 0.00390625000005, 1e-300, 1e300, 5e-324};
	uint64_t seed = 1;

	for (size_t i = 0; i < sizeof(edges) / sizeof(edges[0]); i++) {
		check_one(edges[i]);
		check_one(-edges[i]);
		check_one(nextafter(edges[i], INFINITY));
		check_one(nextafter(edges[i], -INFINITY));
	}
	for (int i = 0; i < 100000; i++) {
		seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
		double share = (double)(seed >> 11) / 9007199254740992.0;

		check_one(share * pow(10.0, (int)(seed % 30) - 13));
		/* The tie that lies nearest. */
		check_one((floor(share * 1e11) + 0.5) / 1e11);
	}
}
END_TEST

START_TEST(test_decimal__count_bounds_what_others_write)
{
	static const struct {
		const char *text;
		int64_t most, count;
		const char *rest;
	} cases[] = {
		{"0", 10, 0, ""},
		{"10", 10, 10, ""},
		{"11", 10, 10, ""},
		{"007;t", 10, 7, ";t"},
		{"9223372036854775807", INT64_MAX, INT64_MAX, ""},
		{"9223372036854775808", INT64_MAX, INT64_MAX, ""},
		{"99999999999999999999999999999 ", INT64_MAX, INT64_MAX, " "},
		{"5", 0, 0, ""},
		{"", 10, -1, ""},
		{"-1", 10, -1, "-1"},
		{" 1", 10, -1, " 1"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *rest;

		ck_assert_int_eq(
			decimal_count(cases[i].text, cases[i].most, &rest), cases[i].count);
		ck_assert_str_eq(rest, cases[i].rest);
	}
}
END_TEST

Suite *test_suite(void)
{
	Suite *suite = suite_create("decimal");
	TCase *tcase = tcase_create("tidy");

	tcase_add_test(tcase, test_decimal__tidy_drops_binary_noise);
	tcase_add_test(tcase, test_decimal__tidy_is_printing_and_reading);
	tcase_add_test(tcase, test_decimal__count_bounds_what_others_write);
	suite_add_tcase(suite, tcase);
	return suite;
}
