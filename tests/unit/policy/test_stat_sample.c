/* SPDX-License-Identifier: Apache-2.0
 *
 * Sample sizes are the smallest that do, order statistics are checked against plain counting, and
 * histograms that break their rules are refused.
 */
#include <check.h>
#include <math.h>
#include <stdint.h>

#include "policy/stat.h"

Suite *test_suite(void);

START_TEST(test_stat_sample__k_events_is_the_least_n)
{
	static const double rates[] = {0.5, 0.05, 0.001};

	for (int i = 0; i < 3; i++) {
		for (int64_t k = 0; k < 12; k++) {
			int64_t n = stat_min_n_k_events(k, rates[i], 0.05);
			struct stat_interval at;
			struct stat_interval before;

			ck_assert_int_gt(n, k);
			ck_assert_int_eq(stat_clopper_pearson(k, n, 0.05, &at), 0);
			ck_assert_double_le(at.upper, rates[i] * (1 + 1e-12));
			if (n - 1 <= k)
				continue;
			ck_assert_int_eq(stat_clopper_pearson(k, n - 1, 0.05, &before), 0);
			ck_assert_double_gt(before.upper, rates[i]);
		}
	}
	ck_assert_int_eq(stat_min_n_k_events(-1, 0.1, 0.05), -1);
	ck_assert_int_eq(stat_min_n_k_events(3, 0.0, 0.05), -1);
	ck_assert_int_eq(stat_min_n_k_events(3, NAN, 0.05), -1);
	ck_assert_int_eq(stat_min_n_k_events(3, 1e-300, 0.05), -1);
	ck_assert_int_eq(stat_min_n_k_events(3, 1.0, 0.05), 4);
	ck_assert_int_eq(stat_min_n_zero_events(1e-300, 0.05), -1);
	ck_assert_int_eq(stat_min_n_zero_events(1.0, 0.05), 1);
	ck_assert_int_gt(stat_min_n_k_events(5, 1e-14, 0.05), INT64_C(1) << 49);
}
END_TEST

START_TEST(test_stat_sample__no_n_for_no_effect)
{
	ck_assert_int_eq(stat_min_n_proportion(0.8, 0.8, 0.0, 0.05, 0.2), -1);
	ck_assert_int_eq(stat_min_n_proportion(0.7, 0.8, 0.05, 0.05, 0.2), -1);
	ck_assert_int_eq(stat_min_n_proportion(1.2, 0.8, 0.0, 0.05, 0.2), -1);
	ck_assert_int_eq(stat_min_n_proportion(1.0, 0.0, 0.0, 0.05, 0.2), 1);
	ck_assert_int_eq(stat_min_n_mean(1.0, 0.0, 0.0, 0.05, 0.2), -1);
	ck_assert_int_eq(stat_min_n_mean(NAN, 1.0, 0.0, 0.05, 0.2), -1);
	ck_assert_int_eq(stat_min_n_mean(1e200, 1e-200, 0.0, 0.05, 0.2), -1);
	ck_assert_int_eq(stat_min_n_paired(1.0, 1.0, 0.0, 0.05, 0.0), -1);
	ck_assert_int_eq(stat_min_n_paired(1.0, 1.0, 0.0, 0.9, 0.9), -1);
	ck_assert_int_eq(stat_min_n_mcnemar(0.01, 0.02, 0.05, 0.2), -1);
	ck_assert_int_eq(stat_min_n_mcnemar(0.1, 0.0, 0.05, 0.2), -1);
	ck_assert_int_eq(stat_min_n_score(0.5, 0.5, 0.05, 0.2), -1);
	ck_assert_int_gt(stat_min_n_score(0.5, 0.51, 0.05, 0.2), 1000);
}
END_TEST

START_TEST(test_stat_sample__half_the_effect_takes_four_times_the_n)
{
	for (int i = 1; i < 20; i++) {
		double gain = i / 100.0;
		int64_t n = stat_min_n_mean(1.0, gain, 0.0, 0.05, 0.2);
		int64_t more = stat_min_n_mean(1.0, gain / 2.0, 0.0, 0.05, 0.2);

		ck_assert_int_ge(more, 4 * (n - 1));
		ck_assert_int_le(more, 4 * n);
	}
}
END_TEST

START_TEST(test_stat_sample__ranks_by_plain_counting)
{
	static const double quantiles[] = {0.01, 0.3, 0.5, 0.9, 0.95};
	struct stat_ranks ranks;

	for (int64_t n = 1; n <= 120; n++) {
		for (int i = 0; i < 5; i++) {
			int64_t lower = 0;
			int64_t upper = 0;

			for (int64_t r = 1; r <= n; r++) {
				if (stat_binomial_at_most(r - 1, n, quantiles[i]) <= 0.05)
					lower = r;
				if (!upper && stat_binomial_at_least(r, n, quantiles[i]) <= 0.05)
					upper = r;
			}
			ck_assert_int_eq(stat_quantile_ranks(n, quantiles[i], 0.05, &ranks), 0);
			ck_assert_int_eq(ranks.lower, lower);
			ck_assert_int_eq(ranks.upper, upper);
		}
	}
	ck_assert_int_eq(stat_quantile_ranks(STAT_COUNT_MAX, 0.95, 0.05, &ranks), 0);
	ck_assert(ranks.lower > 0 && ranks.lower < ranks.upper);
	ck_assert_int_eq(stat_quantile_ranks(0, 0.95, 0.05, &ranks), -1);
	ck_assert_int_eq(stat_quantile_ranks(10, 1.0, 0.05, &ranks), -1);
	ck_assert_int_eq(stat_quantile_ranks(10, NAN, 0.05, &ranks), -1);
	ck_assert_int_eq(stat_quantile_ranks(10, 0.5, 0.0, &ranks), -1);
}
END_TEST

static struct metric_histogram histogram(
	const double *bounds, size_t n_bounds, const int64_t *counts, size_t n_counts)
{
	return (struct metric_histogram){
		.bounds = bounds, .n_bounds = n_bounds, .counts = counts, .n_counts = n_counts};
}

START_TEST(test_stat_sample__histogram_refuses)
{
	static const double rising[] = {1, 2, 3};
	static const double level[] = {1, 2, 2};
	static const double endless[] = {1, 2, INFINITY};
	static const double nan[] = {1, NAN, 3};
	static const int64_t counts[] = {1, 2, 3, 4};
	static const int64_t negative[] = {1, -2, 3, 4};
	static const int64_t many[] = {STAT_COUNT_MAX, 1, 0, 0};
	static const int64_t none[] = {0, 0, 0, 0};
	struct metric_histogram good = histogram(rising, 3, counts, 4);
	struct metric_histogram bad[] = {histogram(level, 3, counts, 4),
		histogram(endless, 3, counts, 4), histogram(nan, 3, counts, 4),
		histogram(rising, 3, negative, 4), histogram(rising, 3, many, 4),
		histogram(rising, 3, none, 4), histogram(rising, 3, counts, 3),
		histogram(rising, 0, counts, 1)};
	struct stat_interval edges;

	ck_assert_int_eq(stat_histogram_total(&good), 10);
	ck_assert_int_eq(stat_histogram_over(&good, 1), 9);
	ck_assert_int_eq(stat_histogram_over(&good, 3), 4);
	ck_assert_int_eq(stat_histogram_over(&good, 2.5), -1);
	ck_assert_int_eq(stat_histogram_over(&good, NAN), -1);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		ck_assert_int_eq(stat_histogram_total(&bad[i]), -1);
		ck_assert_int_eq(stat_histogram_over(&bad[i], 1), -1);
		ck_assert(isnan(stat_histogram_point(&bad[i], 0.95)));
		ck_assert_int_eq(stat_histogram_quantile(&bad[i], 0.95, 0.05, &edges), -1);
	}
}
END_TEST

START_TEST(test_stat_sample__histogram_point_and_edges)
{
	static const double bounds[] = {10, 20, 40};
	static const double from_zero[] = {0, 20, 40};
	static const int64_t counts[] = {100, 100, 200, 0};
	struct metric_histogram some = histogram(bounds, 3, counts, 4);
	struct metric_histogram other = histogram(from_zero, 3, counts, 4);
	struct stat_interval edges;

	ck_assert_double_eq_tol(stat_histogram_point(&some, 0.125), 5.0, 1e-12);
	ck_assert_double_eq_tol(stat_histogram_point(&some, 0.5), 20.0, 1e-12);
	ck_assert_double_eq_tol(stat_histogram_point(&some, 0.75), 30.0, 1e-12);
	ck_assert_double_eq(stat_histogram_point(&other, 0.125), 0.0);
	ck_assert(isnan(stat_histogram_point(&some, 1.5)));
	/* The first bucket starts at zero, unless it lies below: then it has no lower edge. */
	ck_assert_int_eq(stat_histogram_quantile(&some, 0.1, 0.05, &edges), 0);
	ck_assert_double_eq(edges.lower, 0.0);
	ck_assert_double_eq(edges.upper, 10.0);
	ck_assert_int_eq(stat_histogram_quantile(&other, 0.1, 0.05, &edges), 0);
	ck_assert(isnan(edges.lower));
	/* So few samples have no upper rank. */
	ck_assert_int_eq(stat_histogram_quantile(&some, 0.999, 0.05, &edges), 0);
	ck_assert(isnan(edges.upper));
}
END_TEST

Suite *test_suite(void)
{
	Suite *suite = suite_create("sample sizes and quantiles");
	TCase *tcase = tcase_create("stat_sample");

	tcase_add_test(tcase, test_stat_sample__k_events_is_the_least_n);
	tcase_add_test(tcase, test_stat_sample__no_n_for_no_effect);
	tcase_add_test(tcase, test_stat_sample__half_the_effect_takes_four_times_the_n);
	tcase_add_test(tcase, test_stat_sample__ranks_by_plain_counting);
	tcase_add_test(tcase, test_stat_sample__histogram_refuses);
	tcase_add_test(tcase, test_stat_sample__histogram_point_and_edges);
	suite_add_tcase(suite, tcase);
	return suite;
}
