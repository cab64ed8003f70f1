/* SPDX-License-Identifier: Apache-2.0
 *
 * The latency gate: p95 within its ceiling, cost within its own and no worse than the baseline's. A
 * limit is kept when the bound of what samples say keeps it; a bare number is compared as it is.
 */
#include <math.h>
#include <string.h>

#include "policy/judge_limits.h"

enum { QUANTILE_PERCENT = 95 };

/* ---- A metric with a limit and, where both sides have samples, a baseline ---- */

/* Against the baseline; the caller adds the limit to what passes. */
static struct gate_check *add_compared(struct gate_case *c, const struct limited *l,
	const struct match *m, const struct metric_policy *policy, const struct metric_verdict *v)
{
	bool failed = v->comparison == OUTCOME_FAIL;
	const char *text =
		comparison_text(c->arena, l->name, m, policy, v, failed ? v->p_fail : v->p_pass);
	const char *than =
		arena_printf(c->arena, "no worse by more than %s", margin_text(c->arena, policy));
	struct gate_check *check;

	if (failed) {
		check = gate_case_add(c, l->name, VERDICT_FAIL, "worse", "%s: worse", text);
		check->short_by = tidy(v->theta - v->d);
		return check;
	}
	if (v->reason == REASON_POINT_EVIDENCE)
		return gate_case_add(c, l->name, VERDICT_INCONCLUSIVE,
			metric_reason_name(v->reason), "%s: %s", text, bare_text(l->kind));
	if (v->comparison == OUTCOME_INCONCLUSIVE)
		return gate_case_add(c, l->name, VERDICT_INCONCLUSIVE,
			metric_reason_name(v->reason), "%s: not shown to be %s%s", text, than,
			compared_needed_text(c, v));
	return gate_case_add(c, l->name, VERDICT_PASS, "ok", "%s: %s, %s", text, than,
		limit_text(c, l->what, l->limit));
}

static struct gate_check *add_limited(struct gate_case *c, const struct limited *l,
	const struct match *m, const struct metric_policy *policy, const struct metric_verdict *v)
{
	const char *value, *limit;

	number_texts(c->arena, m->mine.metric->value, l->limit, &value, &limit);
	if (v->verdict == OUTCOME_INVALID)
		return gate_case_add(c, l->name, VERDICT_FAIL, "invalid",
			"%s contradicts itself or the policy: %s", l->name,
			metric_reason_name(v->reason));
	if (v->floor == OUTCOME_FAIL || v->ceiling == OUTCOME_FAIL)
		return gate_case_broken(
			c, l->name, metric_estimate(m->mine.metric, l->kind), l->what, l->limit);
	if (v->reason == REASON_INCOMPARABLE || (l->by_suite && m->incomparable))
		return gate_case_add(c, l->name, VERDICT_INCONCLUSIVE, "incomparable", "%s %s %s",
			l->name, value, m->incomparable);
	if (v->comparison != OUTCOME_PASS)
		return add_compared(c, l, m, policy, v);
	if (l->limit_only && !policy->allow_point)
		return gate_case_add(c, l->name, VERDICT_INCONCLUSIVE, "point_evidence",
			"%s %s %s, but %s has samples and this none: give a histogram", l->name,
			value, limit_text(c, l->what, l->limit), c->baseline->artifact->id);
	if (v->floor != OUTCOME_PASS || v->ceiling != OUTCOME_PASS)
		return gate_case_add(c, l->name, VERDICT_INCONCLUSIVE, limit_name(l->what),
			"%s %s is not shown to keep the %s %s%s", l->name, value,
			limit_name(l->what), limit, needed_text(c, v->n_needed));
	if (v->method == METHOD_BOOTSTRAP)
		return gate_case_add(c, l->name, VERDICT_PASS, "ok", "%s %s %s", l->name, value,
			limit_text(c, l->what, l->limit));
	return add_compared(c, l, m, policy, v);
}

/* Can the candidate's number be tested against the baseline, and does the baseline's have a spread? */
static bool mine_is_sampled(
	const struct gate_case *c, const struct limited *l, const struct match *m)
{
	const char *id = c->baseline ? c->baseline->artifact->id : NULL;

	return metric_is_testable(m->mine.metric, l->kind, id);
}

static bool theirs_is_sampled(const struct limited *l, const struct match *m)
{
	const struct metric *theirs = m->theirs.metric;

	return theirs && (metric_is_testable(theirs, l->kind, NULL) ||
				 (l->pool == POOL_HISTOGRAM && theirs->histogram));
}

static void judge_sampled(struct gate_case *c, const struct limited *l, struct match *m)
{
	struct metric_policy policy = metric_policy_default();
	struct metric_verdict v;
	bool compare =
		m->theirs.metric && !l->limit_only && (!l->needs_both || theirs_is_sampled(l, m));

	policy.direction = l->direction;
	policy.kind = l->kind;
	policy.alpha = c->policy->gates->alpha * c->share;
	policy.margin = l->margin;
	policy.margin_rel = l->margin_rel;
	/* Leaving the samples out must not be a way around them. */
	policy.allow_point = mine_is_sampled(c, l, m) || !theirs_is_sampled(l, m);
	*(l->what == LIMIT_FLOOR ? &policy.floor : &policy.ceiling) = l->limit;
	if (compare && m->incomparable)
		metric_judge_incomparable(m->mine.metric, m->theirs.metric, &policy, &v);
	else
		metric_judge(m->mine.metric, compare ? m->theirs.metric : NULL,
			c->baseline ? c->baseline->artifact->id : NULL, &policy, &v);
	struct gate_check *check = add_limited(c, l, m, &policy, &v);
	check_verdict(check, m, &v, v.comparison == OUTCOME_FAIL ? v.p_fail : v.p_pass);
	check->limit = l->limit;
}

/* By its limit alone, unless the live unit has shown more, or a suite makes a difference. */
static bool is_plain(const struct gate_case *c, const struct limited *l, const struct match *m)
{
	return !mine_is_sampled(c, l, m) && !theirs_is_sampled(l, m) &&
	       !(l->by_suite && m->incomparable);
}

void judge_limited(struct gate_case *c, const struct limited *l)
{
	struct match m;

	match_find(c, l->name, l->pool, l->by_suite, &c->in->baseline, &m);
	if (!m.mine.metric)
		gate_case_missing(c, l->name, l->name, l->from_evidence);
	else if (is_plain(c, l, &m))
		check_reading(gate_case_limit(c, l->name, m.mine.metric->value, l->what, l->limit),
			&m.mine);
	else
		judge_sampled(c, l, &m);
}

/* ---- The p95 of a histogram ---- */

/* The nearest edges around the threshold: what is over the lower one is no less than what is over the
 * threshold, what is over the upper one no more. */
static void find_edges(
	const struct metric_histogram *h, double threshold, double *ret_below, double *ret_above)
{
	*ret_below = *ret_above = NAN;
	for (size_t i = 0; i < h->n_bounds; i++)
		if (h->bounds[i] <= threshold)
			*ret_below = h->bounds[i];
	for (size_t i = h->n_bounds; i-- > 0;)
		if (h->bounds[i] >= threshold)
			*ret_above = h->bounds[i];
}

/* Between two edges only what both of them say is known; *ret_edge is the one that told. */
static void judge_between(const struct metric_histogram *h, double threshold, double alpha,
	struct latency_verdict *ret, double *ret_edge)
{
	double below, above;
	struct latency_verdict v;

	find_edges(h, threshold, &below, &above);
	latency_judge(h, below, QUANTILE_PERCENT / 100.0, alpha, &v);
	if (v.verdict == OUTCOME_PASS) {
		*ret = v;
		*ret_edge = below;
		return;
	}
	latency_judge(h, above, QUANTILE_PERCENT / 100.0, alpha, &v);
	if (v.verdict == OUTCOME_FAIL) {
		*ret = v;
		*ret_edge = above;
	}
}

static void add_histogram(struct gate_case *c, const struct reading *r, double threshold,
	double edge, const struct latency_verdict *v)
{
	const char *name = "latency_ms_p95", *limit = number_text(c->arena, threshold);
	const char *text = arena_printf(c->arena,
		"%s: %lld of %lld samples over %s ms (%.3g %%, from %.3g to %.3g %%; 5 %% are "
		"allowed)",
		name, (long long)v->over, (long long)v->n, number_text(c->arena, edge),
		100 * (double)v->over / (double)v->n, 100 * v->limits.lower, 100 * v->limits.upper);
	struct gate_check *check;

	if (v->verdict == OUTCOME_PASS)
		check = gate_case_add(c, name, VERDICT_PASS, "ok", "%s", text);
	else if (v->verdict == OUTCOME_FAIL)
		check = gate_case_add(c, name, VERDICT_FAIL, "ceiling", "%s", text);
	else if (v->reason == REASON_NEED_N)
		check = gate_case_add(c, name, VERDICT_INCONCLUSIVE, "need_n", "%s%s", text,
			needed_text(c, v->n_needed));
	else if (v->reason == REASON_THRESHOLD)
		check = gate_case_add(c, name, VERDICT_INCONCLUSIVE, "threshold",
			"%s: the buckets leave open how many samples are over %s ms; make %s an "
			"edge",
			name, limit, limit);
	else
		check = gate_case_add(c, name, VERDICT_FAIL, "invalid",
			"%s: the histogram contradicts itself or is empty", name);
	check->value = r->metric->value;
	check->limit = threshold;
	check->method = "order_statistic";
	check->evidence = evidence_samples;
	check->n_needed = v->n_needed;
	if (v->over >= 0) {
		check->n = v->n;
		check->events = v->over;
		check->ci_lo = v->limits.lower;
		check->ci_hi = v->limits.upper;
	}
	double point = stat_histogram_point(r->metric->histogram, QUANTILE_PERCENT / 100.0);
	if (v->verdict == OUTCOME_FAIL && point > threshold)
		check->short_by = tidy(point - threshold);
	check_reading(check, r);
}

/* What is open comes before what passes, and what fails or contradicts itself before both. */
static enum outcome histogram_outcome(const struct latency_verdict *v)
{
	return v->reason == REASON_THRESHOLD ? OUTCOME_INCONCLUSIVE : v->verdict;
}

/* Of several the worst decides: each was measured in another way, and none speaks for another. */
static bool judge_histogram(struct gate_case *c, double threshold)
{
	double alpha = c->policy->gates->alpha * c->share;
	const struct reading *worst = NULL;
	struct latency_verdict v, worst_v = {0};
	double edge, worst_edge = threshold;
	struct readings r;

	evidence_readings(
		&c->in->candidate, "latency_ms_p95", POOL_HISTOGRAM, false, NULL, c->arena, &r);
	for (size_t i = 0; i < r.n; i++) {
		const struct metric_histogram *h = r.v[i].metric->histogram;
		if (!h)
			continue;
		edge = threshold;
		latency_judge(h, threshold, QUANTILE_PERCENT / 100.0, alpha, &v);
		if (v.reason == REASON_THRESHOLD)
			judge_between(h, threshold, alpha, &v, &edge);
		if (worst && histogram_outcome(&v) <= histogram_outcome(&worst_v))
			continue;
		worst = &r.v[i];
		worst_v = v;
		worst_edge = edge;
	}
	if (worst)
		add_histogram(c, worst, threshold, worst_edge, &worst_v);
	return worst != NULL;
}

void judge_latency(struct gate_case *c)
{
	const struct policy_latency *l = c->policy->gates->latency;
	struct limited p95 = {"latency_ms_p95", LIMIT_CEILING, l->p95_ms, KIND_MEAN,
		DIRECTION_LOWER, POOL_HISTOGRAM, false, true, true, NAN, NAN, &l->from_evidence};
	struct limited cost = {"cost_per_1k_tokens", LIMIT_CEILING, l->cost_per_1k_tokens->ceiling,
		KIND_MEAN, DIRECTION_LOWER, POOL_MEAN, false, true, false, NAN,
		l->cost_per_1k_tokens->margin_rel, &l->from_evidence};

	if (!judge_histogram(c, l->p95_ms))
		judge_limited(c, &p95);
	judge_limited(c, &cost);
}
