/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Intervals for proportions, means and their differences. Owns the limits at the edges: k = 0 gives
 * a lower limit of exactly 0, k = n an upper one of exactly 1, and no sample at all is refused.
 */
#include "policy/stat.h"

#include <float.h>
#include <math.h>

enum { LIMIT_STEPS_MAX = 200 };

static int alpha_ok(double alpha)
{
	return alpha > 0.0 && alpha < 1.0;
}

static int arm_ok(double k, double n)
{
	return n > 0.0 && n <= (double)STAT_COUNT_MAX && k >= 0.0 && k <= n;
}

/* Wilson's limits at a given normal quantile z, which may have either sign: a negative z swaps the
 * roles of the limits. */
static struct stat_interval wilson_at(struct stat_arm arm, double z)
{
	double p = arm.k / arm.n;
	double square = z * z;
	double centre = p + square / (2.0 * arm.n);
	double half = z * sqrt(p * (1.0 - p) / arm.n + square / (4.0 * arm.n * arm.n));
	double scale = 1.0 + square / arm.n;

	return (struct stat_interval){
		.lower = arm.k == 0.0 ? 0.0 : fmax(0.0, (centre - half) / scale),
		.upper = arm.k == arm.n ? 1.0 : fmin(1.0, (centre + half) / scale)};
}

int stat_wilson(double k, double n, double alpha, struct stat_interval *ret_interval)
{
	if (!arm_ok(k, n) || !alpha_ok(alpha))
		return -1;
	*ret_interval = wilson_at((struct stat_arm){k, n}, stat_normal_quantile(1.0 - alpha));
	return 0;
}

/*
 * x at which one tail of I_x(a,b) is alpha: the lower when it is a lower limit of a binomial rate,
 * the upper when it is an upper one. Newton's method in log x and log tail, which is exact for a
 * power of x, kept inside a bracket.
 */
static double beta_limit(double a, double b, double alpha, int is_upper, double start)
{
	double lo = 0.0;
	double hi = 1.0;
	double x = start;

	for (int i = 0; i < LIMIT_STEPS_MAX; i++) {
		struct stat_beta value;

		if (stat_beta(a, b, x, 1.0 - x, &value) < 0)
			return NAN;
		double tail = is_upper ? value.upper : value.lower;
		double slope = value.lead / ((1.0 - x) * tail);
		double gap = log(tail / alpha);
		double next = x * exp(is_upper ? gap / slope : -gap / slope);

		/* Newton squares the distance, so this step is the last that matters; or none can. */
		if (fabs(gap) < 1e-9 || fabs(next - x) <= 2 * DBL_EPSILON * x)
			return next;
		if ((gap > 0.0) == is_upper)
			lo = x;
		else
			hi = x;
		if (!(next > lo && next < hi))
			next = lo > 0.0 ? sqrt(lo * hi) : 0.5 * x;
		x = next;
	}
	return x;
}

/* For k at most n/2: the other half mirrors it, so that small rates keep their digits. */
static struct stat_interval exact_limits(int64_t k, int64_t n, double alpha)
{
	double kd = (double)k;
	double rest = (double)(n - k);
	struct stat_interval start =
		wilson_at((struct stat_arm){kd, (double)n}, stat_normal_quantile(1.0 - alpha));

	return (struct stat_interval){
		.lower = k == 0 ? 0.0 : beta_limit(kd, rest + 1.0, alpha, 0, start.lower),
		.upper = k == 0 ? stat_zero_events_upper(n, alpha)
				: beta_limit(kd + 1.0, rest, alpha, 1, start.upper)};
}

int stat_clopper_pearson(int64_t k, int64_t n, double alpha, struct stat_interval *ret_interval)
{
	if (n < 1 || n > STAT_COUNT_MAX || k < 0 || k > n || !alpha_ok(alpha))
		return -1;
	int mirrored = k > n - k;
	struct stat_interval limits = exact_limits(mirrored ? n - k : k, n, alpha);

	if (mirrored)
		limits = (struct stat_interval){1.0 - limits.upper, 1.0 - limits.lower};
	*ret_interval = limits;
	return 0;
}

double stat_zero_events_upper(int64_t n, double alpha)
{
	if (n < 1 || n > STAT_COUNT_MAX || !alpha_ok(alpha))
		return NAN;
	return -expm1(log(alpha) / (double)n);
}

double stat_rule_of_three(int64_t n)
{
	return n < 1 || n > STAT_COUNT_MAX ? NAN : 3.0 / (double)n;
}

struct newcombe {
	struct stat_arm candidate, baseline;
	double d, theta;
};

static struct stat_interval newcombe_at(const struct newcombe *arms, double z)
{
	struct stat_interval c = wilson_at(arms->candidate, z);
	struct stat_interval b = wilson_at(arms->baseline, z);
	double pc = arms->candidate.k / arms->candidate.n;
	double pb = arms->baseline.k / arms->baseline.n;

	return (struct stat_interval){.lower = arms->d - hypot(pc - c.lower, b.upper - pb),
		.upper = arms->d + hypot(c.upper - pc, pb - b.lower)};
}

static int newcombe_init(struct newcombe *arms, struct stat_arm candidate, struct stat_arm baseline)
{
	if (!arm_ok(candidate.k, candidate.n) || !arm_ok(baseline.k, baseline.n))
		return -1;
	*arms = (struct newcombe){.candidate = candidate,
		.baseline = baseline,
		.d = candidate.k / candidate.n - baseline.k / baseline.n};
	return 0;
}

int stat_newcombe(struct stat_arm candidate, struct stat_arm baseline, double alpha,
	struct stat_interval *ret_interval)
{
	struct newcombe arms;

	if (!alpha_ok(alpha) || newcombe_init(&arms, candidate, baseline) < 0)
		return -1;
	*ret_interval = newcombe_at(&arms, stat_normal_quantile(1.0 - alpha));
	return 0;
}

static double newcombe_lower_gap(double z, const void *context)
{
	const struct newcombe *arms = context;

	return newcombe_at(arms, z).lower - arms->theta;
}

static double newcombe_upper_gap(double z, const void *context)
{
	const struct newcombe *arms = context;

	return newcombe_at(arms, z).upper - arms->theta;
}

int stat_newcombe_test(struct stat_arm candidate, struct stat_arm baseline, double theta,
	struct stat_test *ret_test)
{
	/* Doubles have no normal tail beyond; a limit that never reaches theta leaves p = 0. */
	const double z_max = 40.0;
	struct newcombe arms;
	double z = 0.0;

	if (!isfinite(theta) || newcombe_init(&arms, candidate, baseline) < 0)
		return -1;
	arms.theta = theta;
	if (arms.d > theta)
		z = stat_root(newcombe_lower_gap, &arms, 0.0, z_max);
	else if (arms.d < theta)
		z = -stat_root(newcombe_upper_gap, &arms, 0.0, z_max);
	*ret_test = (struct stat_test){
		.statistic = z, .p_greater = stat_normal_upper(z), .p_less = stat_normal_upper(-z)};
	return 0;
}

double stat_effective_n(double p, double se, double n)
{
	double variance = p * (1.0 - p);

	if (!(se > 0.0) || !(variance > 0.0))
		return n;
	return fmin(n, variance / (se * se));
}

double stat_stderr_from_interval(double lo, double hi, double level)
{
	if (!(lo <= hi) || !(level > 0.0 && level < 1.0))
		return NAN;
	return (hi - lo) / (2.0 * stat_normal_quantile(0.5 + 0.5 * level));
}

int stat_mean_interval(
	double estimate, double se, double df, double alpha, struct stat_interval *ret_interval)
{
	if (!isfinite(estimate) || !(se >= 0.0) || !(df >= 0.0) || !alpha_ok(alpha))
		return -1;
	double half = se > 0.0 ? stat_student_quantile(1.0 - alpha, df) * se : 0.0;

	*ret_interval = (struct stat_interval){estimate - half, estimate + half};
	return 0;
}

struct tango {
	int64_t b, c, n;
	double z;
};

static double tango_gap(double theta, const void *context)
{
	const struct tango *pairs = context;
	return stat_tango_statistic(pairs->b, pairs->c, pairs->n, theta) - pairs->z;
}

int stat_tango_interval(
	int64_t b, int64_t c, int64_t n, double alpha, struct stat_interval *ret_interval)
{
	struct stat_test test;

	if (!alpha_ok(alpha) || stat_tango_test(b, c, n, 0.0, &test) < 0)
		return -1;
	struct tango pairs = {.b = b, .c = c, .n = n, .z = stat_normal_quantile(1.0 - alpha)};
	double d = (double)(c - b) / (double)n;
	struct stat_interval limits = {.lower = -1.0, .upper = 1.0};

	if (d > -1.0)
		limits.lower = stat_root(tango_gap, &pairs, -1.0, d);
	pairs.z = -pairs.z;
	if (d < 1.0)
		limits.upper = stat_root(tango_gap, &pairs, d, 1.0);
	*ret_interval = limits;
	return 0;
}
