/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One-sided tests against a margin, and Holm's correction over several. Owns what a test says when
 * the estimate has no spread: certainty on the side where it lies, and 1/2 at the margin itself.
 */
#include "policy/stat.h"

#include <math.h>

/* A difference measured without any spread. */
static double certain(double difference)
{
	return difference == 0.0 ? 0.0 : copysign(INFINITY, difference);
}

static struct stat_test normal_test(double z)
{
	return (struct stat_test){
		.statistic = z, .p_greater = stat_normal_upper(z), .p_less = stat_normal_upper(-z)};
}

int stat_score_test(struct stat_arm arm, double p0, struct stat_test *ret_test)
{
	if (!(arm.n > 0.0 && arm.n <= (double)STAT_COUNT_MAX && arm.k >= 0.0 && arm.k <= arm.n) ||
		!isfinite(p0))
		return -1;
	double gap = arm.k / arm.n - p0;
	double variance = p0 * (1.0 - p0) / arm.n;

	*ret_test = normal_test(variance > 0.0 ? gap / sqrt(variance) : certain(gap));
	return 0;
}

int stat_mean_test(double estimate, double se, double df, double theta, struct stat_test *ret_test)
{
	if (!isfinite(estimate) || !(se >= 0.0) || !(df >= 0.0) || !isfinite(theta))
		return -1;
	double gap = estimate - theta;
	double t = se > 0.0 ? gap / se : certain(gap);

	*ret_test = (struct stat_test){.statistic = t,
		.p_greater = stat_student_upper(t, df),
		.p_less = stat_student_upper(-t, df)};
	return 0;
}

double stat_welch_df(double se_candidate, double n_candidate, double se_baseline, double n_baseline)
{
	if (!(se_candidate >= 0.0 && se_baseline >= 0.0) ||
		!(n_candidate >= 1.0 && n_baseline >= 1.0))
		return NAN;
	double larger = fmax(se_candidate, se_baseline);

	if (larger == 0.0)
		return INFINITY;
	/* Squared ratios to the larger, because fourth powers of small errors underflow. */
	double vc = (se_candidate / larger) * (se_candidate / larger);
	double vb = (se_baseline / larger) * (se_baseline / larger);
	double parts = (vc > 0.0 ? vc * vc / (n_candidate - 1.0) : 0.0) +
		       (vb > 0.0 ? vb * vb / (n_baseline - 1.0) : 0.0);

	return (vc + vb) * (vc + vb) / parts;
}

static int pairs_ok(int64_t b, int64_t c, int64_t n)
{
	return b >= 0 && c >= 0 && n >= 1 && n <= STAT_COUNT_MAX && b <= n && c <= n - b;
}

int stat_mcnemar(int64_t b, int64_t c, struct stat_mcnemar *ret_test)
{
	if (b < 0 || c < 0 || b > STAT_COUNT_MAX || c > STAT_COUNT_MAX - b)
		return -1;
	int64_t n = b + c;
	double superior = stat_binomial_at_least(c, n, 0.5);
	double inferior = stat_binomial_at_least(b, n, 0.5);
	/* P(X >= c) - P(X = c)/2 without subtracting nearly equal tails. */
	double beyond = c < n ? stat_binomial_at_least(c + 1, n, 0.5) : 0.0;

	*ret_test = (struct stat_mcnemar){.p_superior = superior,
		.p_inferior = inferior,
		.p_two_sided = fmin(1.0, 2.0 * fmin(superior, inferior)),
		.midp_superior = 0.5 * (superior + beyond)};
	return 0;
}

/*
 * The restricted estimate of the probability of a b pair given that the true difference is theta:
 * the larger root of 2n q^2 + B q + C, in the form that does not cancel.
 */
static double tango_restricted(double b, double c, double n, double theta)
{
	double linear = -(b + c) + theta * (2.0 * n - c + b);
	double constant = -b * theta * (1.0 - theta);
	double root = sqrt(fmax(0.0, linear * linear - 8.0 * n * constant));
	double q = linear <= 0.0 ? (root - linear) / (4.0 * n) : -2.0 * constant / (linear + root);

	return fmax(q, fmax(0.0, -theta));
}

double stat_tango_statistic(int64_t b, int64_t c, int64_t n, double theta)
{
	if (!pairs_ok(b, c, n) || !(theta >= -1.0 && theta <= 1.0))
		return NAN;
	double nd = (double)n;
	double gap = (double)(c - b) - nd * theta;
	double q = tango_restricted((double)b, (double)c, nd, theta);
	double variance = nd * (2.0 * q + theta - theta * theta);

	return variance > 0.0 ? gap / sqrt(variance) : certain(gap);
}

int stat_tango_test(int64_t b, int64_t c, int64_t n, double theta, struct stat_test *ret_test)
{
	double z = stat_tango_statistic(b, c, n, theta);

	if (isnan(z))
		return -1;
	*ret_test = normal_test(z);
	return 0;
}

void stat_holm(const double *p, size_t n, double *ret_adjusted)
{
	double largest = 0.0;

	for (size_t i = 0; i < n; i++)
		ret_adjusted[i] = NAN;
	for (size_t done = 0; done < n; done++) {
		size_t least = n;

		for (size_t i = 0; i < n; i++) {
			if (isnan(ret_adjusted[i]) &&
				(least == n || p[i] < p[least] || isnan(p[least])))
				least = i;
		}
		double adjusted = isnan(p[least]) ? 1.0 : fmin(1.0, (double)(n - done) * p[least]);

		largest = fmax(largest, adjusted);
		ret_adjusted[least] = largest;
	}
}
