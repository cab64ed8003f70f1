/* SPDX-License-Identifier: Apache-2.0
 *
 * Intervals and tests agree with each other, mirror, move the right way and answer at the edges;
 * sample sizes are the smallest; histograms are read bucket by bucket.
 */
#include <check.h>
#include <math.h>
#include <stdint.h>
#include <string.h>

#include "policy/stat.h"

Suite *test_suite(void);

static uint64_t random_state;

/* A whole number below n; the same sequence in each run. */
static int64_t below(int64_t n)
{
	random_state = random_state * 6364136223846793005u + 1442695040888963407u;
	return (int64_t)((random_state >> 33) % (uint64_t)n);
}

static double uniform(void)
{
	return (double)below(1 << 30) / (1 << 30);
}

static struct stat_arm arm(double k, double n)
{
	return (struct stat_arm){k, n};
}

START_TEST(test_stat__wilson_edges_and_mirror)
{
	struct stat_interval a = {7, 7};
	struct stat_interval b;
	double last = -1.0;

	ck_assert_int_eq(stat_wilson(0, 0, 0.05, &a), -1);
	ck_assert_int_eq(stat_wilson(3, 2, 0.05, &a), -1);
	ck_assert_int_eq(stat_wilson(-1, 2, 0.05, &a), -1);
	ck_assert_int_eq(stat_wilson(NAN, 2, 0.05, &a), -1);
	ck_assert_int_eq(stat_wilson(1, 2, 0.0, &a), -1);
	ck_assert_int_eq(stat_wilson(1, 2, 1.0, &a), -1);
	ck_assert_int_eq(stat_wilson(1, 0x1p54, 0.05, &a), -1);
	ck_assert_double_eq(a.lower, 7);
	for (int k = 0; k <= 200; k++) {
		ck_assert_int_eq(stat_wilson(k, 200, 0.05, &a), 0);
		ck_assert_int_eq(stat_wilson(200 - k, 200, 0.05, &b), 0);
		ck_assert_double_eq_tol(a.lower, 1.0 - b.upper, 1e-15);
		ck_assert(a.lower <= k / 200.0 && k / 200.0 <= a.upper);
		ck_assert_double_gt(a.lower, last);
		last = a.lower;
	}
	ck_assert_double_eq(a.upper, 1.0);
	ck_assert_int_eq(stat_wilson(0, 0x1p53, 0.05, &a), 0);
	ck_assert_double_eq(a.lower, 0.0);
	ck_assert_double_gt(a.upper, 0.0);
}
END_TEST

START_TEST(test_stat__clopper_pearson_inverts_the_binomial)
{
	static const int64_t sizes[] = {
		1, 2, 7, 59, 1000, 123457, INT64_C(1) << 40, STAT_COUNT_MAX};
	struct stat_interval limits;

	for (int i = 0; i < 8; i++) {
		for (int j = 0; j < 8; j++) {
			int64_t n = sizes[i];
			int64_t k = j < 4 ? j : n - (7 - j);

			if (k < 0 || k > n)
				continue;
			ck_assert_int_eq(stat_clopper_pearson(k, n, 0.01, &limits), 0);
			if (k > 0 && limits.lower < 0.5)
				ck_assert_double_eq_tol(
					stat_binomial_at_least(k, n, limits.lower), 0.01, 1e-11);
			if (k < n && limits.upper < 0.5)
				ck_assert_double_eq_tol(
					stat_binomial_at_most(k, n, limits.upper), 0.01, 1e-11);
			ck_assert(limits.lower <= (double)k / (double)n &&
				  (double)k / (double)n <= limits.upper);
			ck_assert_int_eq(limits.lower == 0.0, k == 0);
			if (k == n)
				ck_assert_double_eq(limits.upper, 1.0);
		}
	}
	ck_assert_int_eq(stat_clopper_pearson(0, 0, 0.05, &limits), -1);
	ck_assert_int_eq(stat_clopper_pearson(-1, 5, 0.05, &limits), -1);
	ck_assert_int_eq(stat_clopper_pearson(6, 5, 0.05, &limits), -1);
	ck_assert_int_eq(stat_clopper_pearson(1, STAT_COUNT_MAX + 1, 0.05, &limits), -1);
	ck_assert_int_eq(stat_clopper_pearson(1, 5, NAN, &limits), -1);
}
END_TEST

START_TEST(test_stat__clopper_pearson_rises_with_k_and_is_wide_enough)
{
	struct stat_interval last = {-1, -1};

	for (int64_t k = 0; k <= 500; k++) {
		struct stat_interval limits;
		struct stat_interval mirror;

		ck_assert_int_eq(stat_clopper_pearson(k, 500, 0.05, &limits), 0);
		ck_assert_int_eq(stat_clopper_pearson(500 - k, 500, 0.05, &mirror), 0);
		ck_assert_double_eq_tol(limits.upper, 1.0 - mirror.lower, 1e-14);
		ck_assert(limits.lower > last.lower || k == 0);
		ck_assert_double_gt(limits.upper, last.upper);
		last = limits;
	}
}
END_TEST

START_TEST(test_stat__zero_events)
{
	struct stat_interval limits;

	ck_assert_int_eq(stat_clopper_pearson(0, 300, 0.05, &limits), 0);
	ck_assert_double_eq(limits.upper, stat_zero_events_upper(300, 0.05));
	ck_assert_double_eq_tol(stat_rule_of_three(300), limits.upper, 1e-4);
	ck_assert(isnan(stat_zero_events_upper(0, 0.05)));
	ck_assert(isnan(stat_rule_of_three(0)));
	for (int i = 1; i < 200; i++) {
		double pmax = i / 400.0;
		int64_t n = stat_min_n_zero_events(pmax, 0.05);

		ck_assert_double_le(stat_zero_events_upper(n, 0.05), pmax);
		ck_assert(n == 1 || stat_zero_events_upper(n - 1, 0.05) > pmax);
		ck_assert_int_eq(stat_min_n_k_events(0, pmax, 0.05), n);
	}
}
END_TEST

START_TEST(test_stat__newcombe_interval_and_p_agree)
{
	static const double alphas[] = {0.001, 0.025, 0.05, 0.3};

	for (int i = 0; i < 3000; i++) {
		int64_t n1 = 1 + below(i % 2 ? 20 : 3000);
		int64_t n2 = 1 + below(i % 3 ? 20 : 3000);
		struct stat_arm c = arm((double)below(n1 + 1), (double)n1);
		struct stat_arm b = arm((double)below(n2 + 1), (double)n2);
		double theta = i % 4 ? 0.4 * uniform() - 0.3 : 0.0;
		double alpha = alphas[i % 4];
		struct stat_test test;
		struct stat_test mirror;
		struct stat_interval limits;

		ck_assert_int_eq(stat_newcombe_test(c, b, theta, &test), 0);
		ck_assert_int_eq(stat_newcombe(c, b, alpha, &limits), 0);
		ck_assert(limits.lower >= -1.0 - 1e-15 && limits.upper <= 1.0 + 1e-15);
		ck_assert_int_eq(test.p_greater<alpha, limits.lower> theta);
		ck_assert_int_eq(test.p_less < alpha, limits.upper < theta);
		ck_assert_int_eq(stat_newcombe_test(b, c, -theta, &mirror), 0);
		ck_assert_double_eq_tol(test.p_greater, mirror.p_less, 1e-13);
		ck_assert_double_eq_tol(test.p_greater + test.p_less, 1.0, 1e-15);
	}
}
END_TEST

START_TEST(test_stat__newcombe_edges)
{
	struct stat_test test = {7, 7, 7};

	ck_assert_int_eq(stat_newcombe_test(arm(0, 0), arm(1, 2), 0, &test), -1);
	ck_assert_int_eq(stat_newcombe_test(arm(1, 2), arm(3, 2), 0, &test), -1);
	ck_assert_int_eq(stat_newcombe_test(arm(1, 2), arm(1, 2), NAN, &test), -1);
	ck_assert_double_eq(test.p_less, 7);
	/* No limit ever reaches a margin this wide. */
	ck_assert_int_eq(stat_newcombe_test(arm(6, 10), arm(5, 10), -0.99, &test), 0);
	ck_assert_double_eq(test.p_greater, 0.0);
	ck_assert_double_eq(test.p_less, 1.0);
	ck_assert_int_eq(stat_newcombe_test(arm(0x1p53, 0x1p53), arm(0, 0x1p53), 0, &test), 0);
	ck_assert_double_eq(test.p_greater, 0.0);
}
END_TEST

START_TEST(test_stat__tango_interval_and_p_agree)
{
	for (int i = 0; i < 3000; i++) {
		int64_t n = 1 + below(i % 2 ? 30 : 2000);
		int64_t b = below(n + 1);
		int64_t c = below(n - b + 1);
		double theta = 1.8 * uniform() - 0.9;
		struct stat_test test;
		struct stat_test mirror;
		struct stat_interval limits;

		ck_assert_int_eq(stat_tango_test(b, c, n, theta, &test), 0);
		ck_assert_int_eq(stat_tango_interval(b, c, n, 0.05, &limits), 0);
		if (fabs(limits.lower - theta) > 1e-9)
			ck_assert_int_eq(test.p_greater<0.05, limits.lower> theta);
		if (fabs(limits.upper - theta) > 1e-9)
			ck_assert_int_eq(test.p_less < 0.05, limits.upper < theta);
		ck_assert_int_eq(stat_tango_test(c, b, n, -theta, &mirror), 0);
		ck_assert_double_eq_tol(
			test.statistic, -mirror.statistic, 1e-9 * (1.0 + fabs(test.statistic)));
	}
}
END_TEST

START_TEST(test_stat__tango_falls_with_theta)
{
	static const int64_t pairs[][3] = {{0, 0, 20}, {20, 0, 20}, {0, 20, 20}, {3, 9, 40},
		{INT64_C(1) << 51, INT64_C(1) << 51, STAT_COUNT_MAX}};
	struct stat_test test;

	for (int i = 0; i < 5; i++) {
		double last = INFINITY;

		for (int j = -50; j <= 50; j++) {
			ck_assert_int_eq(stat_tango_test(pairs[i][0], pairs[i][1], pairs[i][2],
						 j / 50.0, &test),
				0);
			ck_assert(!isnan(test.statistic));
			ck_assert_double_le(test.statistic, last);
			last = test.statistic;
		}
	}
	ck_assert_int_eq(stat_tango_test(-1, 0, 5, 0, &test), -1);
	ck_assert_int_eq(stat_tango_test(3, 3, 5, 0, &test), -1);
	ck_assert_int_eq(stat_tango_test(INT64_MAX, INT64_MAX, 5, 0, &test), -1);
	ck_assert_int_eq(stat_tango_test(0, 0, 0, 0, &test), -1);
	ck_assert_int_eq(stat_tango_test(0, 0, 5, 1.5, &test), -1);
	ck_assert_int_eq(stat_tango_test(0, 0, 5, NAN, &test), -1);
}
END_TEST

START_TEST(test_stat__score_test_inverts_wilson)
{
	for (int i = 0; i < 3000; i++) {
		int64_t n = 1 + below(i % 2 ? 25 : 5000);
		struct stat_arm a = arm((double)below(n + 1), (double)n);
		double p0 = uniform();
		struct stat_test test;
		struct stat_interval limits;

		ck_assert_int_eq(stat_score_test(a, p0, &test), 0);
		ck_assert_int_eq(stat_wilson(a.k, a.n, 0.05, &limits), 0);
		if (fabs(limits.lower - p0) > 1e-12)
			ck_assert_int_eq(test.p_greater<0.05, limits.lower> p0);
		if (fabs(limits.upper - p0) > 1e-12)
			ck_assert_int_eq(test.p_less < 0.05, limits.upper < p0);
	}
}
END_TEST

START_TEST(test_stat__score_test_outside_the_unit_interval)
{
	struct stat_test test;

	ck_assert_int_eq(stat_score_test(arm(0, 10), -0.01, &test), 0);
	ck_assert_double_eq(test.p_greater, 0.0);
	ck_assert_int_eq(stat_score_test(arm(10, 10), 1.01, &test), 0);
	ck_assert_double_eq(test.p_less, 0.0);
	ck_assert_int_eq(stat_score_test(arm(10, 10), 1.0, &test), 0);
	ck_assert_double_eq(test.p_greater, 0.5);
	ck_assert_int_eq(stat_score_test(arm(9, 10), 1.0, &test), 0);
	ck_assert_double_eq(test.p_greater, 1.0);
	ck_assert_int_eq(stat_score_test(arm(9, 10), NAN, &test), -1);
	ck_assert_int_eq(stat_score_test(arm(1, 0), 0.5, &test), -1);
}
END_TEST

START_TEST(test_stat__mean_interval_and_p_agree)
{
	static const double degrees[] = {0, 1, 4.5, 200, INFINITY};

	for (int i = 0; i < 2000; i++) {
		double d = 4.0 * uniform() - 2.0;
		double se = uniform();
		double df = degrees[i % 5];
		double theta = uniform() - 0.5;
		struct stat_test test;
		struct stat_interval limits;

		ck_assert_int_eq(stat_mean_test(d, se, df, theta, &test), 0);
		ck_assert_int_eq(stat_mean_interval(d, se, df, 0.05, &limits), 0);
		ck_assert_int_eq(test.p_greater<0.05, limits.lower> theta);
		ck_assert_int_eq(test.p_less < 0.05, limits.upper < theta);
	}
}
END_TEST

START_TEST(test_stat__means_without_spread)
{
	struct stat_test test;
	struct stat_interval limits;

	ck_assert_int_eq(stat_mean_test(0.1, 0.0, 0.0, 0.0, &test), 0);
	ck_assert_double_eq(test.p_greater, 0.0);
	ck_assert_double_eq(test.p_less, 1.0);
	ck_assert_int_eq(stat_mean_test(0.1, 0.0, 9.0, 0.1, &test), 0);
	ck_assert_double_eq(test.p_greater, 0.5);
	ck_assert_int_eq(stat_mean_interval(0.1, 0.0, 0.0, 0.05, &limits), 0);
	ck_assert_double_eq(limits.lower, 0.1);
	ck_assert_int_eq(stat_mean_test(0.1, -1.0, 9.0, 0.1, &test), -1);
	ck_assert_int_eq(stat_mean_test(0.1, NAN, 9.0, 0.1, &test), -1);
	ck_assert_int_eq(stat_mean_interval(NAN, 1.0, 9.0, 0.05, &limits), -1);
}
END_TEST

START_TEST(test_stat__welch_df)
{
	/* Equal errors and sizes: n1 + n2 - 2; one exact side: the other's own. */
	ck_assert_double_eq_tol(stat_welch_df(0.3, 10, 0.3, 10), 18.0, 1e-12);
	ck_assert_double_eq_tol(stat_welch_df(0.3, 10, 0.0, 50), 9.0, 1e-12);
	ck_assert_double_eq_tol(stat_welch_df(1e-170, 10, 1e-170, 10), 18.0, 1e-12);
	ck_assert_double_eq(stat_welch_df(0.3, 1, 0.3, 1), 0.0);
	ck_assert(isinf(stat_welch_df(0.0, 5, 0.0, 5)));
	ck_assert(isnan(stat_welch_df(-0.1, 5, 0.1, 5)));
	ck_assert(isnan(stat_welch_df(0.1, 0, 0.1, 5)));
	for (int i = 0; i < 500; i++) {
		double n1 = (double)(2 + below(100));
		double n2 = (double)(2 + below(100));
		double df = stat_welch_df(uniform(), n1, uniform(), n2);

		ck_assert_double_ge(df, fmin(n1, n2) - 1.0 - 1e-9);
		ck_assert_double_le(df, n1 + n2 - 2.0 + 1e-9);
	}
}
END_TEST

START_TEST(test_stat__mcnemar_mirrors)
{
	struct stat_mcnemar test;
	struct stat_mcnemar mirror;

	for (int64_t b = 0; b < 30; b++) {
		for (int64_t c = 0; c < 30; c++) {
			ck_assert_int_eq(stat_mcnemar(b, c, &test), 0);
			ck_assert_int_eq(stat_mcnemar(c, b, &mirror), 0);
			ck_assert_double_eq(test.p_superior, mirror.p_inferior);
			ck_assert_double_eq(test.p_two_sided, mirror.p_two_sided);
			ck_assert_double_le(test.midp_superior, test.p_superior);
			ck_assert_double_eq_tol(
				test.midp_superior + mirror.midp_superior, 1.0, 1e-13);
		}
	}
	ck_assert_int_eq(stat_mcnemar(-1, 0, &test), -1);
	ck_assert_int_eq(stat_mcnemar(STAT_COUNT_MAX, 1, &test), -1);
	ck_assert_int_eq(stat_mcnemar(STAT_COUNT_MAX / 2, STAT_COUNT_MAX / 2, &test), 0);
	ck_assert_double_eq_tol(test.p_superior, 0.5, 1e-7);
}
END_TEST

START_TEST(test_stat__holm_orders_and_survives_nan)
{
	static const double p[] = {0.01, NAN, 0.04, 0.01, 2e-3, NAN};
	static const double want[] = {0.05, 1.0, 0.12, 0.05, 0.012, 1.0};
	double adjusted[6] = {7, 7, 7, 7, 7, 7};

	stat_holm(p, 6, adjusted);
	for (int i = 0; i < 6; i++)
		ck_assert_double_eq_tol(adjusted[i], want[i], 1e-15);
	stat_holm(p, 0, adjusted);
	ck_assert_double_eq_tol(adjusted[0], 0.05, 1e-15);
	for (int round = 0; round < 300; round++) {
		double random[12];
		double result[12];

		for (int i = 0; i < 12; i++)
			random[i] = round % 2 ? uniform() * uniform() : (double)below(5) / 20.0;
		stat_holm(random, 12, result);
		for (int i = 0; i < 12; i++) {
			ck_assert(result[i] >= random[i] && result[i] <= 1.0);
			ck_assert_double_le(result[i], fmax(12 * random[i], 0.0));
			for (int j = 0; j < 12; j++)
				ck_assert(random[i] > random[j] || result[i] <= result[j]);
		}
	}
}
END_TEST

START_TEST(test_stat__effective_n_and_stderr)
{
	ck_assert_double_eq(stat_effective_n(0.5, NAN, 100), 100);
	ck_assert_double_eq(stat_effective_n(0.5, 0.0, 100), 100);
	ck_assert_double_eq(stat_effective_n(1.0, 0.1, 100), 100);
	ck_assert_double_eq_tol(stat_effective_n(0.5, 0.1, 100), 25, 1e-12);
	ck_assert_double_eq(stat_effective_n(0.5, 0.001, 100), 100);
	ck_assert(isnan(stat_stderr_from_interval(1, 0, 0.95)));
	ck_assert(isnan(stat_stderr_from_interval(0, 1, 1.0)));
	ck_assert(isnan(stat_stderr_from_interval(NAN, NAN, 0.95)));
	ck_assert_double_eq(stat_stderr_from_interval(1, 1, 0.95), 0.0);
}
END_TEST

Suite *test_suite(void)
{
	Suite *suite = suite_create("intervals and tests");
	TCase *tcase = tcase_create("stat");

	tcase_add_test(tcase, test_stat__wilson_edges_and_mirror);
	tcase_add_test(tcase, test_stat__clopper_pearson_inverts_the_binomial);
	tcase_add_test(tcase, test_stat__clopper_pearson_rises_with_k_and_is_wide_enough);
	tcase_add_test(tcase, test_stat__zero_events);
	tcase_add_test(tcase, test_stat__newcombe_interval_and_p_agree);
	tcase_add_test(tcase, test_stat__newcombe_edges);
	tcase_add_test(tcase, test_stat__tango_interval_and_p_agree);
	tcase_add_test(tcase, test_stat__tango_falls_with_theta);
	tcase_add_test(tcase, test_stat__score_test_inverts_wilson);
	tcase_add_test(tcase, test_stat__score_test_outside_the_unit_interval);
	tcase_add_test(tcase, test_stat__mean_interval_and_p_agree);
	tcase_add_test(tcase, test_stat__means_without_spread);
	tcase_add_test(tcase, test_stat__welch_df);
	tcase_add_test(tcase, test_stat__mcnemar_mirrors);
	tcase_add_test(tcase, test_stat__holm_orders_and_survives_nan);
	tcase_add_test(tcase, test_stat__effective_n_and_stderr);
	suite_add_tcase(suite, tcase);
	return suite;
}
