/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which test compares two measurements, and its numbers. Owns the order of the methods: the first
 * whose evidence is there decides, the strongest evidence first. Gives no verdict.
 */
#include "policy/metric_compare.h"

#include <math.h>
#include <string.h>

static double side_stderr(const struct metric *metric)
{
	double level = isnan(metric->ci_level) ? 0.95 : metric->ci_level;

	if (!isnan(metric->stderr_))
		return metric->stderr_;
	return stat_stderr_from_interval(metric->ci_lo, metric->ci_hi, level);
}

static double degrees(int64_t clusters, int64_t n)
{
	if (clusters > 0)
		return (double)(clusters - 1);
	return n > 0 ? (double)(n - 1) : INFINITY;
}

void metric_side_read(
	const struct metric *metric, enum metric_kind kind, struct metric_side *ret_side)
{
	struct metric_side side = {.estimate = metric->value,
		.se = side_stderr(metric),
		.stretch = 1.0,
		.n = metric->n > 0 ? metric->n : 0,
		.df = metric->n > 0 ? degrees(metric->clusters, metric->n) : INFINITY};

	if (kind == KIND_PROPORTION && metric->n > 0) {
		double n = (double)metric->n;
		double k = metric->successes >= 0 ? (double)metric->successes
						  : floor(metric->value * n + 0.5);

		side.is_counted = true;
		side.estimate = k / n;
		side.arm = (struct stat_arm){k, stat_effective_n(k / n, side.se, n)};
		if (side.arm.n < n) {
			side.arm.k = fmin(side.estimate * side.arm.n, side.arm.n);
			side.stretch = n / side.arm.n;
			side.n = (int64_t)side.arm.n;
		}
	}
	*ret_side = side;
}

double metric_estimate(const struct metric *metric, enum metric_kind kind)
{
	struct metric_side side;

	metric_side_read(metric, kind, &side);
	return side.estimate;
}

int metric_side_interval(
	const struct metric_side *side, double alpha, struct stat_interval *ret_interval)
{
	if (side->is_counted)
		return stat_wilson(side->arm.k, side->arm.n, alpha, ret_interval);
	if (isnan(side->se))
		return -1;
	return stat_mean_interval(side->estimate, side->se, side->df, alpha, ret_interval);
}

/* What a comparison is made of; lower-is-better turns it round. */
struct arms {
	struct metric_side candidate, baseline;
	const struct metric_policy *policy;
	double theta;
	bool turn;
};

static double oriented(const struct arms *arms, double difference)
{
	/* Subtracted, because the negative of zero prints as -0.0. */
	return arms->turn ? 0.0 - difference : difference;
}

static struct stat_interval turned(struct stat_interval interval)
{
	return (struct stat_interval){-interval.upper, -interval.lower};
}

static void compare_mcnemar(int64_t b, int64_t c, struct metric_comparison *result)
{
	struct stat_mcnemar exact = {NAN, NAN, NAN, NAN};

	stat_mcnemar(b, c, &exact);
	result->test = (struct stat_test){
		.statistic = NAN, .p_greater = exact.p_superior, .p_less = exact.p_inferior};
	result->discordant = (double)(b + c) / (double)result->n;
}

static void compare_paired_binary(const struct metric_paired *paired, const struct arms *arms,
	struct metric_comparison *result)
{
	int64_t b = arms->turn ? paired->c : paired->b;
	int64_t c = arms->turn ? paired->b : paired->c;
	double n = (double)paired->n;

	result->method = METHOD_PAIRED_BINARY;
	result->n = paired->n;
	result->d = (double)(c - b) / n;
	result->variance = (double)(b + c) / n - result->d * result->d;
	if (arms->policy->objective == OBJECTIVE_SUPERIOR)
		compare_mcnemar(b, c, result);
	else if (arms->theta < -1.0)
		/* No true difference can be below. */
		result->test = (struct stat_test){INFINITY, 0.0, 1.0};
	else
		stat_tango_test(b, c, paired->n, arms->theta, &result->test);
	stat_tango_interval(b, c, paired->n, arms->policy->alpha, &result->interval);
}

/* A difference of known standard error: pairs, two means, or a mean against a number. */
static void compare_means(
	double d, double se, double df, const struct arms *arms, struct metric_comparison *result)
{
	result->d = d;
	stat_mean_test(d, se, df, arms->theta, &result->test);
	stat_mean_interval(d, se, df, arms->policy->alpha, &result->interval);
}

static void compare_paired_mean(const struct metric_paired *paired, const struct arms *arms,
	struct metric_comparison *result)
{
	result->method = METHOD_PAIRED_MEAN;
	result->n = paired->n > 0 ? paired->n : 0;
	if (result->n > 0)
		result->variance = paired->stderr_diff * paired->stderr_diff * (double)result->n;
	compare_means(oriented(arms, paired->mean_diff), paired->stderr_diff,
		degrees(paired->clusters, paired->n), arms, result);
}

static void compare_counted(const struct arms *arms, struct metric_comparison *result)
{
	const struct metric_side *c = &arms->candidate;
	const struct metric_side *b = &arms->baseline;
	struct stat_arm better = arms->turn ? b->arm : c->arm;
	struct stat_arm than = arms->turn ? c->arm : b->arm;

	result->method = METHOD_NEWCOMBE;
	result->n = c->n < b->n ? c->n : b->n;
	result->d = oriented(arms, c->estimate - b->estimate);
	result->variance = c->estimate * (1.0 - c->estimate) + b->estimate * (1.0 - b->estimate);
	result->stretch = fmax(c->stretch, b->stretch);
	stat_newcombe_test(better, than, arms->theta, &result->test);
	stat_newcombe(better, than, arms->policy->alpha, &result->interval);
}

/* The standard error of a proportion that is met by one without counts. */
static double spread(const struct metric_side *side)
{
	if (!side->is_counted)
		return side->se;
	return sqrt(side->estimate * (1.0 - side->estimate) / side->arm.n);
}

static void compare_welch(const struct arms *arms, struct metric_comparison *result)
{
	const struct metric_side *c = &arms->candidate;
	const struct metric_side *b = &arms->baseline;
	double se_c = spread(c);
	double se_b = spread(b);
	bool knows_n = isfinite(c->df) && isfinite(b->df);
	double df = knows_n ? stat_welch_df(se_c, c->df + 1.0, se_b, b->df + 1.0) : INFINITY;

	result->method = knows_n ? METHOD_WELCH_T : METHOD_WELCH_Z;
	if (se_c == 0.0 && se_b == 0.0)
		result->method = METHOD_EXACT_MEANS;
	result->n = c->n < b->n ? c->n : b->n;
	if (knows_n)
		result->variance = se_c * se_c * (double)c->n + se_b * se_b * (double)b->n;
	compare_means(
		oriented(arms, c->estimate - b->estimate), hypot(se_c, se_b), df, arms, result);
}

static void compare_one_sample(const struct arms *arms, struct metric_comparison *result)
{
	const struct metric_side *c = &arms->candidate;
	double bare = arms->baseline.estimate;
	struct stat_test test = {NAN, NAN, NAN};
	struct stat_interval own = {NAN, NAN};

	result->n = c->n;
	result->stretch = c->stretch;
	if (!c->is_counted) {
		result->method = isfinite(c->df) ? METHOD_ONE_SAMPLE_T : METHOD_ONE_SAMPLE_Z;
		if (c->n > 0)
			result->variance = c->se * c->se * (double)c->n;
		compare_means(oriented(arms, c->estimate - bare), c->se, c->df, arms, result);
		return;
	}
	result->method = METHOD_ONE_SAMPLE_SCORE;
	result->d = oriented(arms, c->estimate - bare);
	result->variance = c->estimate * (1.0 - c->estimate);
	stat_score_test(c->arm, bare + oriented(arms, arms->theta), &test);
	result->test = arms->turn ? (struct stat_test){-test.statistic, test.p_less, test.p_greater}
				  : test;
	metric_side_interval(c, arms->policy->alpha, &own);
	own.lower -= bare;
	own.upper -= bare;
	result->interval = arms->turn ? turned(own) : own;
}

/* The pairs, when they were made with the unit that is live now. */
static const struct metric_paired *usable_pairs(
	const struct metric *candidate, const char *baseline_id)
{
	const struct metric_paired *paired = candidate->paired;

	if (!paired || !paired->baseline || !baseline_id ||
		strcmp(paired->baseline, baseline_id) != 0)
		return NULL;
	return paired;
}

void metric_compare(const struct metric *candidate, const struct metric *baseline,
	const char *baseline_id, const struct metric_policy *policy, double theta,
	struct metric_comparison *ret_comparison)
{
	const struct metric_paired *paired = usable_pairs(candidate, baseline_id);
	struct metric_comparison result = {.method = METHOD_POINT,
		.test = {NAN, NAN, NAN},
		.interval = {NAN, NAN},
		.variance = NAN,
		.discordant = NAN,
		.stretch = 1.0};
	struct arms arms = {
		.policy = policy, .theta = theta, .turn = policy->direction == DIRECTION_LOWER};
	metric_side_read(candidate, policy->kind, &arms.candidate);
	metric_side_read(baseline, policy->kind, &arms.baseline);
	bool has_spread = arms.candidate.is_counted || !isnan(arms.candidate.se);
	bool baseline_has_spread = arms.baseline.is_counted || !isnan(arms.baseline.se);

	if (paired && paired->b >= 0)
		compare_paired_binary(paired, &arms, &result);
	else if (paired && !isnan(paired->mean_diff) && !isnan(paired->stderr_diff))
		compare_paired_mean(paired, &arms, &result);
	else if (arms.candidate.is_counted && arms.baseline.is_counted)
		compare_counted(&arms, &result);
	else if (has_spread && baseline_has_spread)
		compare_welch(&arms, &result);
	else if (has_spread)
		compare_one_sample(&arms, &result);
	else
		result.d = oriented(&arms, arms.candidate.estimate - arms.baseline.estimate);
	*ret_comparison = result;
}
