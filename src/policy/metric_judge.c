/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The verdict on one metric. Owns what is refused as contradicting itself, the margin, and how the
 * comparison, the floor and the ceiling make one verdict. Which test compares is metric_compare.c's.
 */
#include "policy/metric.h"
#include "policy/metric_compare.h"

#include <math.h>

#include "base/text.h"

/* A manifest rounds its value; further apart than this it is not the ratio of its counts. */
#define RATIO_TOLERANCE 1e-3
/* Bare numbers are decimal: 0.85 - 0.83 has to be within a margin of 0.02. */
#define POINT_TOLERANCE 1e-12

const char *outcome_name(enum outcome verdict)
{
	static const char *const names[] = {
#define OUTCOME(id, name) [OUTCOME_##id] = name,
#include "policy/metric.def"
	};
	return names[verdict];
}

const char *metric_method_name(enum metric_method method)
{
	static const char *const names[] = {
#define METHOD(id, name) [METHOD_##id] = name,
#include "policy/metric.def"
	};
	return names[method];
}

const char *metric_reason_name(enum metric_reason reason)
{
	static const char *const names[] = {
#define REASON(id, name) [REASON_##id] = name,
#include "policy/metric.def"
	};
	return names[reason];
}

enum outcome outcome_worse(enum outcome a, enum outcome b)
{
	return a > b ? a : b;
}

struct metric_policy metric_policy_default(void)
{
	return (struct metric_policy){.objective = OBJECTIVE_NONINFERIOR,
		.role = METRIC_GUARDRAIL,
		.direction = DIRECTION_HIGHER,
		.kind = KIND_PROPORTION,
		.margin = NAN,
		.margin_rel = NAN,
		.alpha = 0.05,
		.beta = 0.2,
		.min_n = 100,
		.floor = NAN,
		.ceiling = NAN,
		.allow_point = true};
}

struct metric_policy metric_policy_of(const struct policy_metric *rule)
{
	struct metric_policy policy = metric_policy_default();

	policy.objective = (enum metric_objective)rule->objective;
	policy.role = (enum metric_role)rule->role;
	policy.direction = (enum metric_direction)rule->direction;
	policy.kind = (enum metric_kind)rule->kind;
	policy.margin = rule->margin;
	policy.margin_rel = rule->margin_rel;
	policy.alpha = rule->alpha;
	policy.min_n = rule->min_n;
	policy.floor = rule->floor;
	policy.ceiling = rule->ceiling;
	policy.allow_point = rule->allow_point != 0;
	return policy;
}

/* -1 is absent; anything else has to be a count of at least one. */
static bool count_ok(int64_t n)
{
	return n == -1 || (n >= 1 && n <= STAT_COUNT_MAX);
}

static bool spread_ok(double se)
{
	return isnan(se) || (se >= 0.0 && isfinite(se));
}

static enum metric_reason check_paired(const struct metric_paired *paired)
{
	bool is_binary = paired->b != -1 || paired->c != -1;

	if (!count_ok(paired->n) || !count_ok(paired->clusters) || (is_binary && paired->n < 1) ||
		(paired->n > 0 && paired->clusters > paired->n))
		return REASON_BAD_N;
	if (!spread_ok(paired->stderr_diff))
		return REASON_BAD_STDERR;
	if (is_binary && (paired->b < 0 || paired->c < 0 || paired->b > paired->n ||
				 paired->c > paired->n - paired->b))
		return REASON_BAD_SUCCESSES;
	return isinf(paired->mean_diff) ? REASON_BAD_VALUE : REASON_OK;
}

static enum metric_reason check_proportion(const struct metric *metric)
{
	if (metric->value < 0.0 || metric->value > 1.0)
		return REASON_BAD_PROPORTION;
	if (metric->successes == -1)
		return REASON_OK;
	if (metric->n < 1 || metric->successes < 0 || metric->successes > metric->n)
		return REASON_BAD_SUCCESSES;
	if (fabs(metric->value - (double)metric->successes / (double)metric->n) > RATIO_TOLERANCE)
		return REASON_BAD_RATIO;
	return REASON_OK;
}

enum metric_reason metric_check(const struct metric *metric, const struct metric_policy *policy)
{
	enum metric_reason reason = REASON_OK;

	if (!isfinite(metric->value))
		return REASON_BAD_VALUE;
	if (!count_ok(metric->n) || !count_ok(metric->clusters) ||
		(metric->n > 0 && metric->clusters > metric->n))
		return REASON_BAD_N;
	if (!spread_ok(metric->stderr_))
		return REASON_BAD_STDERR;
	if (metric->ci_lo > metric->ci_hi || metric->ci_level <= 0.0 || metric->ci_level >= 1.0 ||
		isinf(metric->ci_lo) || isinf(metric->ci_hi))
		return REASON_BAD_CI;
	if (policy->kind == KIND_PROPORTION)
		reason = check_proportion(metric);
	if (reason == REASON_OK && metric->paired)
		reason = check_paired(metric->paired);
	if (reason == REASON_OK && metric->histogram && stat_histogram_total(metric->histogram) < 0)
		reason = REASON_HISTOGRAM;
	if (reason == REASON_OK && metric->higher_is_better >= 0 &&
		(metric->higher_is_better != 0) != (policy->direction == DIRECTION_HIGHER))
		reason = REASON_BAD_DIRECTION;
	return reason;
}

double metric_margin(double margin, double margin_rel, double baseline)
{
	if (!isnan(margin))
		return margin;
	return isnan(margin_rel) ? 0.0 : margin_rel * fabs(baseline);
}

static int64_t larger(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

/* Samples at which an effect of this size, if it is the true one, shows with power 1 - beta. */
static int64_t needed(
	double variance, double effect, double stretch, const struct metric_policy *policy)
{
	int64_t n =
		stat_min_n_paired(sqrt(variance), fabs(effect), 0.0, policy->alpha, policy->beta);
	double given = ceil((double)n * stretch);

	if (n < 0 || !(given <= (double)STAT_COUNT_MAX))
		return -1;
	return larger((int64_t)given, policy->min_n);
}

static void decide_point(const struct metric_policy *policy, struct metric_verdict *verdict)
{
	bool is_better = policy->objective == OBJECTIVE_SUPERIOR
				 ? verdict->d > 0.0
				 : verdict->d >= verdict->theta - POINT_TOLERANCE;

	verdict->reason = REASON_POINT_EVIDENCE;
	if (!is_better)
		verdict->comparison = OUTCOME_FAIL;
	else
		verdict->comparison = policy->allow_point ? OUTCOME_PASS : OUTCOME_INCONCLUSIVE;
}

static void decide_tested(const struct metric_comparison *result,
	const struct metric_policy *policy, struct metric_verdict *verdict)
{
	verdict->has_p = true;
	verdict->comparison = OUTCOME_INCONCLUSIVE;
	if (verdict->p_pass <= policy->alpha && verdict->n < policy->min_n) {
		verdict->reason = REASON_MIN_N;
		verdict->n_needed = policy->min_n;
	} else if (verdict->p_pass <= policy->alpha) {
		verdict->reason = REASON_OK;
		verdict->comparison = OUTCOME_PASS;
	} else if (verdict->p_fail <= policy->alpha) {
		verdict->reason = REASON_WORSE;
		verdict->comparison = OUTCOME_FAIL;
	} else {
		verdict->reason = REASON_CI_STRADDLES;
		verdict->n_needed =
			isnan(result->discordant)
				? needed(result->variance, verdict->d - verdict->theta,
					  result->stretch, policy)
				: stat_min_n_mcnemar(result->discordant, fabs(verdict->d),
					  policy->alpha, policy->beta);
	}
}

static void compare(const struct metric *candidate, const struct metric *baseline,
	const char *baseline_id, const struct metric_policy *policy, struct metric_verdict *verdict)
{
	struct metric_comparison result;

	verdict->theta =
		policy->objective == OBJECTIVE_SUPERIOR
			? 0.0
			: -metric_margin(policy->margin, policy->margin_rel, baseline->value);
	metric_compare(candidate, baseline, baseline_id, policy, verdict->theta, &result);
	verdict->method = result.method;
	verdict->d = result.d;
	verdict->interval = result.interval;
	verdict->p_pass = result.test.p_greater;
	verdict->p_fail = result.test.p_less;
	verdict->n = result.n;
	if (result.method == METHOD_POINT)
		decide_point(policy, verdict);
	else
		decide_tested(&result, policy, verdict);
}

/* Is the value at least `bound`? Both given as they are for a floor, both negated for a ceiling. */
static enum outcome decide_bound(double value, struct stat_interval interval, bool has_interval,
	double bound, bool allow_point)
{
	if (isnan(bound))
		return OUTCOME_PASS;
	if (!has_interval) {
		if (value < bound)
			return OUTCOME_FAIL;
		return allow_point ? OUTCOME_PASS : OUTCOME_INCONCLUSIVE;
	}
	if (interval.lower >= bound)
		return OUTCOME_PASS;
	return interval.upper < bound ? OUTCOME_FAIL : OUTCOME_INCONCLUSIVE;
}

static void judge_bounds(const struct metric *candidate, const struct metric_policy *policy,
	struct metric_verdict *verdict)
{
	struct metric_side side;
	struct stat_interval own = {NAN, NAN};

	if (isnan(policy->floor) && isnan(policy->ceiling))
		return;
	metric_side_read(candidate, policy->kind, &side);
	bool has_interval = metric_side_interval(&side, policy->alpha, &own) == 0;

	verdict->floor =
		decide_bound(side.estimate, own, has_interval, policy->floor, policy->allow_point);
	verdict->ceiling =
		decide_bound(-side.estimate, (struct stat_interval){-own.upper, -own.lower},
			has_interval, -policy->ceiling, policy->allow_point);
	double variance = side.is_counted ? side.estimate * (1.0 - side.estimate)
					  : side.se * side.se * (double)side.n;

	if (!has_interval || side.n == 0)
		return;
	if (verdict->floor == OUTCOME_INCONCLUSIVE)
		verdict->n_needed = larger(verdict->n_needed,
			needed(variance, side.estimate - policy->floor, side.stretch, policy));
	if (verdict->ceiling == OUTCOME_INCONCLUSIVE)
		verdict->n_needed = larger(verdict->n_needed,
			needed(variance, side.estimate - policy->ceiling, side.stretch, policy));
}

static void judge(const struct metric *candidate, const struct metric *baseline,
	const char *baseline_id, bool is_comparable, const struct metric_policy *policy,
	struct metric_verdict *ret_verdict)
{
	struct metric_verdict verdict = {.method = METHOD_NONE,
		.d = NAN,
		.theta = NAN,
		.p_pass = NAN,
		.p_fail = NAN,
		.interval = {NAN, NAN},
		.n_needed = -1};

	verdict.reason = metric_check(candidate, policy);
	if (verdict.reason == REASON_OK && baseline)
		verdict.reason = metric_check(baseline, policy);
	if (verdict.reason != REASON_OK) {
		verdict.verdict = OUTCOME_INVALID;
		verdict.comparison = OUTCOME_INVALID;
	} else {
		if (!baseline) {
			verdict.method = METHOD_BOOTSTRAP;
			verdict.reason = REASON_NO_BASELINE;
		} else if (!is_comparable) {
			verdict.reason = REASON_INCOMPARABLE;
			verdict.comparison = OUTCOME_INCONCLUSIVE;
		} else {
			compare(candidate, baseline, baseline_id, policy, &verdict);
		}
		judge_bounds(candidate, policy, &verdict);
		verdict.verdict = outcome_worse(
			verdict.comparison, outcome_worse(verdict.floor, verdict.ceiling));
	}
	if (verdict.verdict != OUTCOME_INCONCLUSIVE)
		verdict.n_needed = -1;
	*ret_verdict = verdict;
}

void metric_judge(const struct metric *candidate, const struct metric *baseline,
	const char *baseline_id, const struct metric_policy *policy,
	struct metric_verdict *ret_verdict)
{
	bool is_comparable =
		!baseline || (!text_differ(candidate->dataset_digest, baseline->dataset_digest) &&
				     !text_differ(candidate->judge, baseline->judge));

	judge(candidate, baseline, baseline_id, is_comparable, policy, ret_verdict);
}

void metric_judge_incomparable(const struct metric *candidate, const struct metric *baseline,
	const struct metric_policy *policy, struct metric_verdict *ret_verdict)
{
	judge(candidate, baseline, NULL, false, policy, ret_verdict);
}
