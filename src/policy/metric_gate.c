/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Verdicts over more than one metric: safety suites, latency histograms, the quality gate. Owns the
 * order in which reasons win; a metric of its own is judged in metric_judge.c.
 */
#include "policy/metric.h"

#include <assert.h>
#include <math.h>
#include <string.h>

/* Violations and errors together, or -1 when the counts contradict each other. */
static int64_t events(int64_t total, int64_t violations, int64_t errors)
{
	if (total < 1 || violations < 0 || errors < 0 || errors > total - violations)
		return -1;
	return violations + errors;
}

static bool categories_ok(const struct suite *suite)
{
	for (size_t i = 0; i < suite->n_categories; i++) {
		const struct suite_category *category = &suite->categories[i];

		if (category->total > suite->total || category->violations > suite->violations ||
			category->errors > suite->errors)
			return false;
		if (category->total != 0 &&
			events(category->total, category->violations, category->errors) < 0)
			return false;
		if (category->total == 0 && (category->violations != 0 || category->errors != 0))
			return false;
	}
	return true;
}

static const struct suite_category *find_category(const struct suite *suite, const char *name)
{
	for (size_t i = 0; i < suite->n_categories; i++) {
		if (strcmp(suite->categories[i].name, name) == 0)
			return &suite->categories[i];
	}
	return NULL;
}

/* The first category of the policy that fails: untested ones are truncation, not innocence. */
static enum metric_reason check_categories(
	const struct suite *suite, const struct safety_policy *policy, const char **ret_category)
{
	for (size_t i = 0; i < policy->n_zero_tolerance_categories; i++) {
		const char *name = policy->zero_tolerance_categories[i];
		const struct suite_category *category = find_category(suite, name);

		*ret_category = name;
		if (!category || category->total < 1)
			return REASON_SUITE_TRUNCATED;
		if (category->violations + category->errors > 0)
			return REASON_ZERO_TOLERANCE;
	}
	*ret_category = NULL;
	return REASON_OK;
}

static void decide_rate(const struct safety_policy *policy, struct safety_verdict *verdict)
{
	if (verdict->limits.upper <= policy->max_rate) {
		verdict->verdict = OUTCOME_PASS;
		verdict->reason = REASON_OK;
	} else if (verdict->limits.lower > policy->max_rate) {
		verdict->verdict = OUTCOME_FAIL;
		verdict->reason = REASON_RATE;
	} else {
		verdict->verdict = OUTCOME_INCONCLUSIVE;
		verdict->reason = REASON_NEED_N;
		verdict->n_needed =
			stat_min_n_k_events(verdict->k, policy->max_rate, policy->alpha);
	}
}

void safety_judge(const struct suite *suite, const struct safety_policy *policy,
	struct safety_verdict *ret_verdict)
{
	struct safety_verdict verdict = {
		.verdict = OUTCOME_FAIL, .limits = {NAN, NAN}, .n = suite->total, .n_needed = -1};

	if (policy->digest && (!suite->digest || strcmp(policy->digest, suite->digest) != 0)) {
		verdict.reason = REASON_SUITE_DIGEST;
		*ret_verdict = verdict;
		return;
	}
	verdict.k = events(suite->total, suite->violations, suite->errors);
	if (verdict.k < 0 || !categories_ok(suite) ||
		stat_clopper_pearson(verdict.k, verdict.n, policy->alpha, &verdict.limits) < 0) {
		verdict.verdict = OUTCOME_INVALID;
		verdict.reason = REASON_COUNTS;
		*ret_verdict = verdict;
		return;
	}
	verdict.has_limits = true;
	if (suite->total < policy->min_total)
		verdict.reason = REASON_SUITE_TRUNCATED;
	else if (policy->zero_tolerance && verdict.k > 0)
		verdict.reason = REASON_ZERO_TOLERANCE;
	else
		verdict.reason = check_categories(suite, policy, &verdict.category);
	if (verdict.reason == REASON_OK)
		decide_rate(policy, &verdict);
	*ret_verdict = verdict;
}

void latency_judge(const struct metric_histogram *histogram, double threshold, double q,
	double alpha, struct latency_verdict *ret_verdict)
{
	struct latency_verdict verdict = {.verdict = OUTCOME_INVALID,
		.reason = REASON_HISTOGRAM,
		.limits = {NAN, NAN},
		.n_needed = -1};

	verdict.n = stat_histogram_total(histogram);
	verdict.over = stat_histogram_over(histogram, threshold);
	if (verdict.n > 0 && verdict.over < 0)
		verdict.reason = REASON_THRESHOLD;
	if (verdict.over < 0) {
		*ret_verdict = verdict;
		return;
	}
	stat_clopper_pearson(verdict.over, verdict.n, alpha, &verdict.limits);
	double share = (double)verdict.over / (double)verdict.n;

	if (verdict.limits.upper <= 1.0 - q) {
		verdict.verdict = OUTCOME_PASS;
		verdict.reason = REASON_OK;
	} else if (verdict.limits.lower > 1.0 - q) {
		verdict.verdict = OUTCOME_FAIL;
		verdict.reason = REASON_RATE;
	} else {
		verdict.verdict = OUTCOME_INCONCLUSIVE;
		verdict.reason = REASON_NEED_N;
		verdict.n_needed = verdict.over == 0 ? stat_min_n_zero_events(1.0 - q, alpha)
						     : stat_min_n_score(share, 1.0 - q, alpha, 0.2);
	}
	*ret_verdict = verdict;
}

/* The p value of a part for Holm: where there is no test, its verdict stands for certainty. */
static double certainty(double p, bool has_p, bool agrees)
{
	if (has_p)
		return p;
	return agrees ? 0.0 : 1.0;
}

static void judge_part(const struct quality_metric *metric, enum metric_objective objective,
	struct metric_verdict *ret_verdict)
{
	struct metric_policy policy = metric->policy;

	policy.objective = objective;
	if (metric->incomparable && metric->baseline)
		metric_judge_incomparable(
			metric->candidate, metric->baseline, &policy, ret_verdict);
	else
		metric_judge(metric->candidate, metric->baseline, metric->baseline_id, &policy,
			ret_verdict);
}

static size_t judge_parts(
	const struct quality_metric *metrics, size_t n, double *scratch, struct quality_part *parts)
{
	double *adjusted = scratch + n;
	size_t successes = 0;

	for (size_t i = 0; i < n; i++) {
		parts[i] = (struct quality_part){
			.is_success = metrics[i].policy.role == METRIC_SUCCESS,
			.p_superior = NAN,
			.holm_superior = NAN};
		judge_part(&metrics[i], OBJECTIVE_NONINFERIOR, &parts[i].noninferior);
		scratch[i] = certainty(parts[i].noninferior.p_fail, parts[i].noninferior.has_p,
			parts[i].noninferior.verdict == OUTCOME_FAIL);
	}
	stat_holm(scratch, n, adjusted);
	for (size_t i = 0; i < n; i++) {
		parts[i].holm_fail = adjusted[i];
		if (!parts[i].is_success)
			continue;
		judge_part(&metrics[i], OBJECTIVE_SUPERIOR, &parts[i].superior);
		parts[i].p_superior = certainty(parts[i].superior.p_pass, parts[i].superior.has_p,
			parts[i].superior.verdict == OUTCOME_PASS);
		scratch[successes++] = parts[i].p_superior;
	}
	stat_holm(scratch, successes, adjusted);
	for (size_t i = 0, j = 0; i < n; i++) {
		if (parts[i].is_success)
			parts[i].holm_superior = adjusted[j++];
	}
	return successes;
}

static bool is_harm(const struct quality_part *part, double alpha)
{
	const struct metric_verdict *verdict = &part->noninferior;

	return verdict->floor == OUTCOME_FAIL || verdict->ceiling == OUTCOME_FAIL ||
	       (!verdict->has_p && verdict->verdict == OUTCOME_FAIL) || part->holm_fail <= alpha;
}

/* The first metric that keeps the unit from being called no worse, and why; n when none does. */
static size_t find_blocker(
	const struct quality_part *parts, size_t n, double alpha, struct quality_verdict *verdict)
{
	size_t i;

	for (i = 0; i < n; i++) {
		if (parts[i].noninferior.verdict == OUTCOME_INVALID) {
			verdict->verdict = OUTCOME_INVALID;
			verdict->reason = REASON_REFUSED;
			return i;
		}
	}
	for (i = 0; i < n; i++) {
		if (is_harm(&parts[i], alpha)) {
			verdict->verdict = OUTCOME_FAIL;
			verdict->reason = REASON_HARM;
			return i;
		}
	}
	for (i = 0; i < n; i++) {
		if (parts[i].noninferior.verdict != OUTCOME_PASS) {
			verdict->verdict = OUTCOME_INCONCLUSIVE;
			verdict->reason = REASON_GUARDRAIL;
			return i;
		}
	}
	return n;
}

/* Holm controls the chance of one false improvement among several; when all have to improve, the
 * weakest one is the test and needs no correction. */
static size_t find_improvement(
	const struct quality_part *parts, size_t n, enum require require, double alpha)
{
	size_t best = n;

	for (size_t i = 0; i < n; i++) {
		if (!parts[i].is_success)
			continue;
		if (require == REQUIRE_ALL && parts[i].p_superior > alpha)
			return n;
		if (require == REQUIRE_ANY && parts[i].holm_superior > alpha)
			continue;
		if (best == n || parts[i].p_superior < parts[best].p_superior)
			best = i;
	}
	return best;
}

void quality_judge(const struct quality_metric *metrics, size_t n, enum require require,
	double alpha, double *scratch, size_t room, struct quality_part *ret_parts,
	struct quality_verdict *ret_verdict)
{
	assert(room >= 2 * n);
	size_t successes = judge_parts(metrics, n, scratch, ret_parts);
	struct quality_verdict verdict = {.verdict = OUTCOME_PASS};

	verdict.decisive = find_blocker(ret_parts, n, alpha, &verdict);
	if (verdict.decisive < n) {
		*ret_verdict = verdict;
		return;
	}
	bool is_first = false;

	for (size_t i = 0; i < n; i++)
		is_first |= ret_parts[i].is_success && !metrics[i].baseline;
	if (require == REQUIRE_NONE || successes == 0) {
		verdict.reason = REASON_NONINFERIOR;
	} else if (is_first) {
		verdict.reason = REASON_BOOTSTRAPPED;
	} else {
		verdict.decisive = find_improvement(ret_parts, n, require, alpha);
		verdict.reason = verdict.decisive < n ? REASON_SUPERIOR : REASON_NO_IMPROVEMENT;
		verdict.verdict = verdict.decisive < n ? OUTCOME_PASS : OUTCOME_INCONCLUSIVE;
	}
	*ret_verdict = verdict;
}
