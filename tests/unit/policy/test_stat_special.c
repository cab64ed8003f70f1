/* SPDX-License-Identifier: Apache-2.0
 *
 * The special functions agree with 50-digit arithmetic, obey their symmetries, and answer at every
 * edge.
 */
#include <check.h>
#include <float.h>
#include <math.h>
#include <stdint.h>

#include "policy/stat.h"

Suite *test_suite(void);

static void assert_relative(double got, double want, double tolerance)
{
	ck_assert_msg(
		fabs(got - want) <= tolerance * fabs(want), "got %.17g, want %.17g", got, want);
}

START_TEST(test_stat_special__normal_keeps_digits_in_the_tail)
{
	static const double tail[][2] = {{-1, 0.84134474606854295}, {0, 0.5},
		{1, 0.15865525393145705}, {3, 0.0013498980316300945}, {8, 6.2209605742717841e-16},
		{20, 2.7536241186062337e-89}, {37, 5.7255712225245768e-300}};
	static const double quantile[][2] = {{1e-300, -37.047096299361199},
		{1e-100, -21.273453560965324}, {1e-12, -7.0344838253011319},
		{0.3, -0.52440051270804082}, {0.7, 0.52440051270804082}};

	/* The rounding of z alone costs z^2 units in the last place. */
	for (size_t i = 0; i < sizeof(tail) / sizeof(tail[0]); i++)
		assert_relative(stat_normal_upper(tail[i][0]), tail[i][1],
			2e-16 * (2 + tail[i][0] * tail[i][0]));
	for (size_t i = 0; i < sizeof(quantile) / sizeof(quantile[0]); i++)
		assert_relative(stat_normal_quantile(quantile[i][0]), quantile[i][1], 1e-14);
}
END_TEST

START_TEST(test_stat_special__normal_edges)
{
	ck_assert(isinf(stat_normal_quantile(0.0)) && stat_normal_quantile(0.0) < 0);
	ck_assert(isinf(stat_normal_quantile(1.0)) && stat_normal_quantile(1.0) > 0);
	ck_assert_double_eq(stat_normal_quantile(0.5), 0.0);
	ck_assert(isfinite(stat_normal_quantile(DBL_MIN)));
	ck_assert(isfinite(stat_normal_quantile(5e-324)));
	ck_assert(isnan(stat_normal_quantile(-1e-9)));
	ck_assert(isnan(stat_normal_quantile(1.0 + 1e-9)));
	ck_assert(isnan(stat_normal_quantile(NAN)));
}
END_TEST

START_TEST(test_stat_special__normal_quantile_rises_and_mirrors)
{
	double last = -INFINITY;

	for (int i = 1; i < 1024; i++) {
		double p = i / 1024.0;
		double z = stat_normal_quantile(p);

		ck_assert_double_gt(z, last);
		ck_assert_double_eq(z, -stat_normal_quantile(1.0 - p));
		assert_relative(stat_normal_upper(-z), p, 1e-14);
		last = z;
	}
}
END_TEST

START_TEST(test_stat_special__beta_agrees_with_long_arithmetic)
{
	static const struct {
		double a, b, x, lower;
	} cases[] = {
		{2.5, 3.5, 0.2, 0.13281730977804913},
		{0.5, 0.5, 0.3, 0.36901011956554538},
		{8, 1993, 0.0072, 0.97505746650389256},
		{200, 300, 0.2, 8.1753304300387928e-25},
		{4998, 0.5, 0.9995, 0.025361969947557246},
		{1e6, 0.5, 0.999998, 0.045500182912748824},
		{1e5, 2e5, 0.333, 0.34940317176601168},
		{4, 1e15, 3e-15, 0.35276811121777072},
		{1e12, 1e12, 0.4999995231628418, 0.088716808956391155},
		{1e15, 5, 0.9999999999999982, 0.9652781240095773},
		{20000, 30000, 0.35, 1.8450997610679791e-119},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct stat_beta value;

		ck_assert_int_eq(
			stat_beta(cases[i].a, cases[i].b, cases[i].x, 1.0 - cases[i].x, &value), 0);
		assert_relative(value.lower, cases[i].lower, 2e-12);
		ck_assert_double_eq_tol(value.lower + value.upper, 1.0, 1e-15);
	}
}
END_TEST

START_TEST(test_stat_special__beta_mirrors_and_rises)
{
	static const double parameters[] = {0.5, 1, 3.3, 29.9, 30.1, 800, 3999, 4001, 2e6, 0x1p53};

	for (int i = 0; i < 10; i++) {
		for (int j = 0; j < 10; j++) {
			double a = parameters[i];
			double b = parameters[j];
			double mean = a / (a + b);
			double step = sqrt(mean * (b / (a + b)) / (a + b)) / 4;
			double last = -1.0;

			for (int k = -20; k <= 20; k++) {
				double x = mean + k * step;
				struct stat_beta value;
				struct stat_beta mirror;

				if (!(x >= 0.0 && x <= 1.0))
					continue;
				ck_assert_int_eq(stat_beta(a, b, x, 1.0 - x, &value), 0);
				ck_assert_int_eq(stat_beta(b, a, 1.0 - x, x, &mirror), 0);
				ck_assert_double_eq_tol(value.lower, mirror.upper, 1e-13);
				ck_assert_double_ge(value.lower, last);
				ck_assert(value.lower >= 0.0 && value.lower <= 1.0);
				last = value.lower;
			}
		}
	}
}
END_TEST

/* The two ways to compute a tail meet where one takes over from the other. */
START_TEST(test_stat_special__beta_has_no_seam)
{
	static const double seams[][2] = {{4000, 900}, {900, 4000}, {30, 1e9}, {4000, 0.5}};

	for (size_t i = 0; i < sizeof(seams) / sizeof(seams[0]); i++) {
		for (int k = -3; k <= 3; k++) {
			double a = seams[i][0];
			double b = seams[i][1];
			double mean = a / (a + b);
			double x = mean + k * sqrt(mean * (1.0 - mean) / (a + b));
			struct stat_beta below;
			struct stat_beta above;

			if (!(x > 0.0 && x < 1.0))
				continue;
			ck_assert_int_eq(stat_beta(a, b, x, 1.0 - x, &below), 0);
			ck_assert_int_eq(
				stat_beta(a * (1 + 1e-13), b * (1 + 1e-13), x, 1.0 - x, &above), 0);
			ck_assert_double_eq_tol(below.lower, above.lower, 2e-12);
		}
	}
}
END_TEST

/* I_x(a,b+1) = I_x(a,b) + x^a (1-x)^b / (b B(a,b)), DLMF 8.17.21: b = 30 is the last that is summed. */
START_TEST(test_stat_special__beta_sum_goes_on_as_the_others)
{
	static const double large[] = {31.5, 900, 3999, 5000, 1e7, 1e12};

	for (size_t i = 0; i < sizeof(large) / sizeof(large[0]); i++) {
		for (int events = 0; events <= 60; events++) {
			double a = large[i];
			double y = (events + 0.5) / (a + 60.0);
			struct stat_beta summed, next;

			ck_assert_int_eq(stat_beta(a, 30, 1.0 - y, y, &summed), 0);
			ck_assert_int_eq(stat_beta(a, 31, 1.0 - y, y, &next), 0);
			assert_relative(summed.lower + summed.lead / 30, next.lower, 1e-11);
		}
	}
}
END_TEST

START_TEST(test_stat_special__beta_refuses)
{
	struct stat_beta value = {7, 7, 7};

	ck_assert_int_eq(stat_beta(0, 1, 0.5, 0.5, &value), -1);
	ck_assert_int_eq(stat_beta(1, -1, 0.5, 0.5, &value), -1);
	ck_assert_int_eq(stat_beta(1, NAN, 0.5, 0.5, &value), -1);
	ck_assert_int_eq(stat_beta(INFINITY, 1, 0.5, 0.5, &value), -1);
	ck_assert_int_eq(stat_beta(1, 1, 1.5, -0.5, &value), -1);
	ck_assert_int_eq(stat_beta(1, 1, NAN, NAN, &value), -1);
	ck_assert_double_eq(value.lower, 7);
	ck_assert_int_eq(stat_beta(1, 1, 0, 1, &value), 0);
	ck_assert_double_eq(value.lower, 0.0);
	ck_assert_int_eq(stat_beta(1, 1, 1, 0, &value), 0);
	ck_assert_double_eq(value.lower, 1.0);
}
END_TEST

START_TEST(test_stat_special__binomial_is_the_sum_of_its_terms)
{
	static const double rates[] = {0.0, 0.001, 0.3, 0.5, 0.95, 1.0};

	for (int n = 0; n <= 40; n++) {
		for (int j = 0; j < 6; j++) {
			double p = rates[j];
			double sum = 0.0;
			double ways = 1.0;

			for (int k = 0; k <= n; k++) {
				ck_assert_double_eq_tol(
					stat_binomial_at_least(k, n, p), 1.0 - sum, 1e-13);
				sum += ways * pow(p, k) * pow(1.0 - p, n - k);
				ways = ways * (n - k) / (k + 1);
				ck_assert_double_eq_tol(stat_binomial_at_most(k, n, p), sum, 1e-13);
			}
		}
	}
}
END_TEST

START_TEST(test_stat_special__binomial_edges)
{
	const int64_t huge = STAT_COUNT_MAX;

	ck_assert_double_eq(stat_binomial_at_most(-1, 5, 0.5), 0.0);
	ck_assert_double_eq(stat_binomial_at_most(5, 5, 0.5), 1.0);
	ck_assert_double_eq(stat_binomial_at_least(0, 5, 0.5), 1.0);
	ck_assert_double_eq(stat_binomial_at_least(6, 5, 0.5), 0.0);
	ck_assert_double_eq_tol(stat_binomial_at_most(huge / 2, huge, 0.5), 0.5, 1e-8);
	ck_assert_double_eq_tol(
		stat_binomial_at_most(0, huge, 1.0 / (double)huge), exp(-1.0), 1e-12);
	ck_assert_double_eq_tol(
		stat_binomial_at_most(2, huge, 1.0 / (double)huge), 2.5 * exp(-1.0), 1e-12);
	ck_assert(isnan(stat_binomial_at_most(1, huge + 1, 0.5)));
	ck_assert(isnan(stat_binomial_at_most(1, -1, 0.5)));
	ck_assert(isnan(stat_binomial_at_least(1, 5, 1.5)));
	ck_assert(isnan(stat_binomial_at_least(1, 5, NAN)));
}
END_TEST

START_TEST(test_stat_special__student_agrees_with_long_arithmetic)
{
	static const double cases[][3] = {{1, 1, 0.25}, {1e10, 1, 3.1830988618379067e-11},
		{2.5, 2.5, 0.052284981539077694}, {6, 30, 6.9713843836023714e-7},
		{1.7, 320.5, 0.04505054115980176}, {40, 12, 1.9256147903860169e-14},
		{3, 1e5, 0.0013502304420323596}, {5, 0x1p53, 2.8665157187919928e-7}};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		double t = cases[i][0];
		double df = cases[i][1];

		assert_relative(stat_student_upper(t, df), cases[i][2], 2e-12);
		assert_relative(stat_student_upper(-t, df), 1.0 - cases[i][2], 1e-15);
		assert_relative(stat_student_quantile(cases[i][2], df), -t, 1e-11);
	}
}
END_TEST

START_TEST(test_stat_special__student_edges)
{
	ck_assert_double_eq(stat_student_upper(2.0, INFINITY), stat_normal_upper(2.0));
	ck_assert_double_eq(stat_student_upper(0.0, 3.0), 0.5);
	ck_assert_double_eq(stat_student_upper(INFINITY, 3.0), 0.0);
	ck_assert_double_eq(stat_student_upper(-INFINITY, 0.0), 1.0);
	ck_assert_double_eq(stat_student_upper(1e300, 0.0), 0.5);
	ck_assert_double_eq(stat_student_upper(1e300, 2.0), 0.0);
	ck_assert_double_eq(stat_student_upper(1e-300, 2.0), 0.5);
	ck_assert(isnan(stat_student_upper(NAN, 3.0)));
	ck_assert(isnan(stat_student_upper(1.0, -1.0)));
	ck_assert(isnan(stat_student_upper(1.0, NAN)));
	ck_assert_double_eq(stat_student_quantile(0.5, 0.0), 0.0);
	ck_assert(isinf(stat_student_quantile(0.95, 0.0)));
	ck_assert(isinf(stat_student_quantile(1.0, 5.0)));
	ck_assert(isnan(stat_student_quantile(2.0, 5.0)));
	ck_assert_double_eq(stat_student_quantile(0.95, INFINITY), stat_normal_quantile(0.95));
}
END_TEST

START_TEST(test_stat_special__student_quantile_inverts)
{
	static const double degrees[] = {0.25, 1, 1.7, 4, 30, 999.5, 1e6, 0x1p53};
	static const double tails[] = {1e-30, 1e-9, 1e-4, 0.01, 0.05, 0.2, 0.4999};

	for (int i = 0; i < 8; i++) {
		double last = INFINITY;

		for (int j = 0; j < 7; j++) {
			double t = -stat_student_quantile(tails[j], degrees[i]);

			assert_relative(stat_student_upper(t, degrees[i]), tails[j], 1e-10);
			ck_assert_double_lt(t, last);
			last = t;
		}
	}
}
END_TEST

static double cube_less_two(double x, const void *context)
{
	*(int *)(uintptr_t)context += 1;
	return x * x * x - 2.0;
}

START_TEST(test_stat_special__root_ends)
{
	int calls = 0;

	assert_relative(stat_root(cube_less_two, &calls, 0.0, 10.0), cbrt(2.0), 4e-16);
	ck_assert_int_lt(calls, 20);
	ck_assert_double_eq(stat_root(cube_less_two, &calls, 2.0, 3.0), 2.0);
	ck_assert_double_eq(stat_root(cube_less_two, &calls, -3.0, 1.0), 1.0);
	calls = 0;
	assert_relative(stat_root(cube_less_two, &calls, -1e100, 1e100), cbrt(2.0), 4e-16);
	ck_assert_int_lt(calls, 1200);
}
END_TEST

Suite *test_suite(void)
{
	Suite *suite = suite_create("special functions");
	TCase *tcase = tcase_create("stat_special");

	tcase_add_test(tcase, test_stat_special__normal_keeps_digits_in_the_tail);
	tcase_add_test(tcase, test_stat_special__normal_edges);
	tcase_add_test(tcase, test_stat_special__normal_quantile_rises_and_mirrors);
	tcase_add_test(tcase, test_stat_special__beta_agrees_with_long_arithmetic);
	tcase_add_test(tcase, test_stat_special__beta_mirrors_and_rises);
	tcase_add_test(tcase, test_stat_special__beta_has_no_seam);
	tcase_add_test(tcase, test_stat_special__beta_sum_goes_on_as_the_others);
	tcase_add_test(tcase, test_stat_special__beta_refuses);
	tcase_add_test(tcase, test_stat_special__binomial_is_the_sum_of_its_terms);
	tcase_add_test(tcase, test_stat_special__binomial_edges);
	tcase_add_test(tcase, test_stat_special__student_agrees_with_long_arithmetic);
	tcase_add_test(tcase, test_stat_special__student_edges);
	tcase_add_test(tcase, test_stat_special__student_quantile_inverts);
	tcase_add_test(tcase, test_stat_special__root_ends);
	suite_add_tcase(suite, tcase);
	return suite;
}
