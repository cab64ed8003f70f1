/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Quantiles from order statistics and from histograms. Owns the reading of buckets: a histogram
 * that breaks its own rules (unsorted bounds, negative counts, too many samples) is refused whole.
 */
#include "policy/stat.h"

#include <math.h>
#include <stdbool.h>

/* The greatest s with P(Bin(n,q) <= s-1) <= alpha, or 0. */
static int64_t lower_rank(int64_t n, double q, double alpha)
{
	int64_t good = 0;
	int64_t bad = n + 1;

	while (bad - good > 1) {
		int64_t middle = good + (bad - good) / 2;

		if (stat_binomial_at_most(middle - 1, n, q) <= alpha)
			good = middle;
		else
			bad = middle;
	}
	return good;
}

/* The least r with P(Bin(n,q) >= r) <= alpha, or 0. */
static int64_t upper_rank(int64_t n, double q, double alpha)
{
	int64_t bad = 0;
	int64_t good = n + 1;

	while (good - bad > 1) {
		int64_t middle = bad + (good - bad) / 2;

		if (stat_binomial_at_least(middle, n, q) <= alpha)
			good = middle;
		else
			bad = middle;
	}
	return good <= n ? good : 0;
}

int stat_quantile_ranks(int64_t n, double q, double alpha, struct stat_ranks *ret_ranks)
{
	if (n < 1 || n > STAT_COUNT_MAX || !(q > 0.0 && q < 1.0) || !(alpha > 0.0 && alpha < 1.0))
		return -1;
	*ret_ranks = (struct stat_ranks){lower_rank(n, q, alpha), upper_rank(n, q, alpha)};
	return 0;
}

int64_t stat_histogram_total(const struct metric_histogram *histogram)
{
	int64_t total = 0;

	if (histogram->n_bounds == 0 || histogram->n_counts != histogram->n_bounds + 1)
		return -1;
	for (size_t i = 0; i < histogram->n_bounds; i++) {
		if (!isfinite(histogram->bounds[i]) ||
			(i > 0 && !(histogram->bounds[i] > histogram->bounds[i - 1])))
			return -1;
	}
	for (size_t i = 0; i < histogram->n_counts; i++) {
		if (histogram->counts[i] < 0 || histogram->counts[i] > STAT_COUNT_MAX - total)
			return -1;
		total += histogram->counts[i];
	}
	return total > 0 ? total : -1;
}

int64_t stat_histogram_over(const struct metric_histogram *histogram, double threshold)
{
	int64_t over = 0;
	bool is_edge = false;

	if (stat_histogram_total(histogram) < 0)
		return -1;
	for (size_t i = 0; i < histogram->n_counts; i++) {
		if (is_edge)
			over += histogram->counts[i];
		else if (i < histogram->n_bounds)
			is_edge = histogram->bounds[i] == threshold;
	}
	return is_edge ? over : -1;
}

/* The lower edge of bucket i, NAN when a first bucket may reach below zero. */
static double bucket_lower(const struct metric_histogram *histogram, size_t i)
{
	if (i > 0)
		return histogram->bounds[i - 1];
	return histogram->bounds[0] > 0.0 ? 0.0 : NAN;
}

/* The bucket that holds the sample of that rank, 1-based; the last one for what is beyond. */
static size_t bucket_of_rank(
	const struct metric_histogram *histogram, double rank, int64_t *ret_before)
{
	int64_t before = 0;
	size_t i = 0;

	for (; i < histogram->n_bounds; i++) {
		if ((double)(before + histogram->counts[i]) >= rank)
			break;
		before += histogram->counts[i];
	}
	*ret_before = before;
	return i;
}

double stat_histogram_point(const struct metric_histogram *histogram, double q)
{
	int64_t total = stat_histogram_total(histogram);
	int64_t before;

	if (total < 0 || !(q >= 0.0 && q <= 1.0))
		return NAN;
	double rank = q * (double)total;
	size_t i = bucket_of_rank(histogram, rank, &before);

	if (i == histogram->n_bounds)
		return histogram->bounds[i - 1];
	double start = bucket_lower(histogram, i);

	if (isnan(start) || histogram->counts[i] == 0)
		return histogram->bounds[i];
	return start + (histogram->bounds[i] - start) *
			       ((rank - (double)before) / (double)histogram->counts[i]);
}

int stat_histogram_quantile(const struct metric_histogram *histogram, double q, double alpha,
	struct stat_interval *ret_bounds)
{
	int64_t total = stat_histogram_total(histogram);
	struct stat_interval bounds = {NAN, NAN};
	struct stat_ranks ranks;
	int64_t before;

	if (total < 0 || stat_quantile_ranks(total, q, alpha, &ranks) < 0)
		return -1;
	if (ranks.lower > 0)
		bounds.lower = bucket_lower(
			histogram, bucket_of_rank(histogram, (double)ranks.lower, &before));
	if (ranks.upper > 0) {
		size_t i = bucket_of_rank(histogram, (double)ranks.upper, &before);

		bounds.upper = i < histogram->n_bounds ? histogram->bounds[i] : NAN;
	}
	*ret_bounds = bounds;
	return 0;
}
