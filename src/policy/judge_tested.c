/* SPDX-License-Identifier: Apache-2.0
 *
 * The quality gate on samples: what quality_judge() of policy/metric.h finds, as checks with their
 * sentences, and the second test against the anchor.
 */
#include <math.h>
#include <string.h>

#include "policy/judge_parts.h"

/* What is known of one metric when its check is written. */
struct finding {
	const struct contest *k;
	const struct metric_policy *policy;
	const struct quality_part *part;
	enum metric_reason gate; /* of the whole gate */
	double alpha;		 /* family-wise */
	const char *than;	 /* "no worse", or "no worse by more than 2 pp" */
};

static const char *no_worse(struct arena *a, const struct metric_policy *p)
{
	const char *margin = margin_text(a, p);

	return margin ? arena_printf(a, "no worse by more than %s", margin) : "no worse";
}

/* A check on a comparison of which p speaks; `tail` is what came out. */
static struct gate_check *add_compared(struct gate_case *c, const struct finding *f,
	const struct metric_verdict *v, enum verdict verdict, const char *reason, double p,
	const char *tail)
{
	struct gate_check *check;

	check = gate_case_add(c, f->k->rule->name, verdict, reason, "%s: %s",
		comparison_text(
			c->arena, f->k->rule->name, &f->k->match, f->policy, v, v->has_p ? p : NAN),
		tail);
	check_verdict(check, &f->k->match, v, v->has_p ? p : NAN);
	return check;
}

/* A floor or ceiling that is broken, or not shown to hold. */
static void add_bound(struct gate_case *c, const struct finding *f, enum outcome outcome)
{
	const struct metric_verdict *v = &f->part->noninferior;
	enum limit_kind kind = v->floor == outcome ? LIMIT_FLOOR : LIMIT_CEILING;
	double limit = kind == LIMIT_FLOOR ? f->k->rule->floor : f->k->rule->ceiling;
	double value = metric_estimate(f->k->match.mine.metric, f->policy->kind);
	double gap = limit_gap(value, kind, limit);
	const char *name = f->k->rule->name, *text, *bound;
	struct gate_check *check;

	number_texts(c->arena, value, limit, &text, &bound);
	if (outcome == OUTCOME_FAIL)
		check = gate_case_broken(c, name, value, kind, limit);
	else
		check = gate_case_add(c, name, VERDICT_INCONCLUSIVE, limit_name(kind),
			"%s %s is not shown to keep the %s %s%s", name, text, limit_name(kind),
			bound, needed_text(c, v->n_needed));
	check_verdict(check, &f->k->match, v, NAN);
	check->limit = limit;
	if (gap > 0)
		check->short_by = gap;
}

static void add_undecided(struct gate_case *c, const struct finding *f)
{
	const struct metric_verdict *v = &f->part->noninferior;
	const char *tail;

	if (v->comparison == OUTCOME_PASS) {
		add_bound(c, f, OUTCOME_INCONCLUSIVE);
		return;
	}
	if (v->reason == REASON_MIN_N)
		tail = arena_printf(c->arena, "too few samples, the policy asks for %lld",
			(long long)f->policy->min_n);
	else if (v->reason == REASON_POINT_EVIDENCE)
		tail = bare_text(f->policy->kind);
	else
		tail = arena_printf(
			c->arena, "not shown to be %s%s", f->than, compared_needed_text(c, v));
	add_compared(c, f, v, VERDICT_INCONCLUSIVE, metric_reason_name(v->reason), v->p_pass, tail)
		->p_adjusted = NAN;
}

static void add_incomparable(struct gate_case *c, const struct finding *f)
{
	struct gate_check *check;
	const char *value = number_text(c->arena, f->k->match.mine.metric->value);

	check = gate_case_add(c, f->k->rule->name, VERDICT_INCONCLUSIVE, "incomparable", "%s %s %s",
		f->k->rule->name, value, f->k->match.incomparable);
	check_verdict(check, &f->k->match, &f->part->noninferior, NAN);
}

static void add_alone(struct gate_case *c, const struct finding *f)
{
	const struct metric *m = f->k->match.mine.metric;
	const char *name = f->k->rule->name, *value = number_text(c->arena, m->value);
	struct gate_check *check;

	if (c->baseline)
		check = gate_case_add(c, name, VERDICT_PASS, "no_baseline",
			"%s %s, which the baseline (%s) does not give", name, value,
			c->baseline->artifact->id);
	else
		check = gate_case_add(c, name, VERDICT_PASS, "no_baseline",
			"%s %s, and there is no baseline yet", name, value);
	check_verdict(check, &f->k->match, &f->part->noninferior, NAN);
	check->limit = isnan(f->k->rule->floor) ? f->k->rule->ceiling : f->k->rule->floor;
}

static bool is_superior(const struct gate_case *c, const struct finding *f)
{
	if (!f->part->is_success || c->policy->gates->quality->require == REQUIRE_NONE)
		return false;
	return c->policy->gates->quality->require == REQUIRE_ALL
		       ? f->part->p_superior <= f->alpha
		       : f->part->holm_superior <= f->alpha;
}

static void add_passed(struct gate_case *c, const struct finding *f)
{
	const struct metric_verdict *sup = &f->part->superior, *ni = &f->part->noninferior;
	bool unimproved = f->gate == REASON_NO_IMPROVEMENT && f->part->is_success;

	if (is_superior(c, f)) {
		add_compared(c, f, sup, VERDICT_PASS, "ok", f->part->p_superior, "better")
			->p_adjusted = f->part->holm_superior;
		return;
	}
	if (!unimproved) {
		add_compared(c, f, ni, VERDICT_PASS, "ok", ni->p_pass, f->than);
		return;
	}
	struct gate_check *check =
		add_compared(c, f, sup, VERDICT_INCONCLUSIVE, "no_improvement", f->part->p_superior,
			arena_printf(c->arena, "%s, but not shown to be better%s", f->than,
				compared_needed_text(c, sup)));
	check->p_adjusted = f->part->holm_superior;
}

static void add_finding(struct gate_case *c, const struct finding *f)
{
	const struct metric_verdict *v = &f->part->noninferior;

	if (v->verdict == OUTCOME_INVALID) {
		gate_case_add(c, f->k->rule->name, VERDICT_FAIL, "invalid",
			"%s contradicts itself or the policy: %s", f->k->rule->name,
			metric_reason_name(v->reason));
	} else if (v->floor == OUTCOME_FAIL || v->ceiling == OUTCOME_FAIL) {
		add_bound(c, f, OUTCOME_FAIL);
	} else if (f->k->match.incomparable) {
		add_incomparable(c, f);
	} else if (f->part->holm_fail <= f->alpha) {
		struct gate_check *check =
			add_compared(c, f, v, VERDICT_FAIL, "worse", v->p_fail, "worse");
		check->p_adjusted = f->part->holm_fail;
		check->short_by = tidy(v->theta - v->d);
	} else if (v->verdict != OUTCOME_PASS) {
		add_undecided(c, f);
	} else if (!f->k->match.theirs.metric) {
		add_alone(c, f);
	} else {
		add_passed(c, f);
	}
}

/* ---- The anchor ---- */

static void judge_anchor(struct gate_case *c, const struct contest *k)
{
	enum pool pool = k->rule->kind == KIND_MEAN ? POOL_MEAN : POOL_PROPORTION;
	struct metric_policy policy = contest_policy(c, k->rule);
	struct contest old = {.rule = k->rule};
	struct metric_verdict v;
	struct gate_check *check;

	match_find(c, k->rule->name, pool, true, &c->in->anchor, &old.match);
	if (!contest_is_common(&old))
		return;
	policy.objective = OBJECTIVE_NONINFERIOR;
	policy.margin *= 2;
	policy.margin_rel *= 2;
	policy.floor = policy.ceiling = NAN;
	metric_judge(old.match.mine.metric, old.match.theirs.metric,
		c->in->anchor.unit->artifact->id, &policy, &v);
	if (v.verdict == OUTCOME_INVALID)
		return;
	struct finding f = {&old, &policy};
	const char *margin = margin_text(c->arena, &policy);
	const char *text = arena_printf(c->arena, "worse than the anchor (%s)%s%s",
		c->in->anchor.unit->artifact->id, margin ? " by more than " : "",
		margin ? margin : "");

	if (v.verdict == OUTCOME_PASS)
		check = add_compared(c, &f, &v, VERDICT_PASS, "ok", v.p_pass,
			arena_printf(c->arena, "no %s", text));
	else if (v.verdict == OUTCOME_FAIL)
		check = add_compared(c, &f, &v, VERDICT_FAIL, "drift", v.p_fail, text);
	else
		check = add_compared(c, &f, &v, VERDICT_INCONCLUSIVE, "drift", v.p_pass,
			arena_printf(c->arena, "not shown to be no %s%s", text,
				compared_needed_text(c, &v)));
	check->against = "anchor";
}

/* ---- The gate ---- */

static struct quality_metric entry(const struct gate_case *c, const struct contest *k)
{
	const struct metric *theirs = k->match.theirs.metric;
	struct quality_metric q = {
		.candidate = k->match.mine.metric,
		.baseline = theirs,
		.baseline_id = c->baseline ? c->baseline->artifact->id : NULL,
		.policy = contest_policy(c, k->rule),
		.incomparable = k->match.incomparable != NULL,
	};

	/* What is new in the candidate shows no improvement over a unit that never gave it. */
	if (c->baseline && !theirs)
		q.policy.role = METRIC_GUARDRAIL;
	if (theirs && metric_is_testable(theirs, k->rule->kind, NULL) &&
		!metric_is_testable(q.candidate, k->rule->kind, q.baseline_id))
		q.policy.allow_point = false;
	return q;
}

static const char *gate_reason(const struct contest *k, const struct quality_verdict *verdict)
{
	if (verdict->reason == REASON_GUARDRAIL && k[verdict->decisive].match.incomparable)
		return "incomparable";
	return metric_reason_name(verdict->reason);
}

void judge_samples(struct gate_case *c, const struct contest *k, size_t n)
{
	struct quality_metric *metrics = ARENA_ARRAY(c->arena, n, struct quality_metric);
	struct quality_part *parts = ARENA_ARRAY(c->arena, n, struct quality_part);
	size_t room = 2 * n;
	double *scratch = ARENA_ARRAY(c->arena, room, double);
	double alpha = c->policy->gates->alpha * c->share;
	struct quality_verdict verdict;

	for (size_t i = 0; i < n; i++)
		metrics[i] = entry(c, &k[i]);
	quality_judge(metrics, n, (enum require)c->policy->gates->quality->require, alpha, scratch,
		room, parts, &verdict);
	for (size_t i = 0; i < n; i++) {
		struct finding f = {&k[i], &metrics[i].policy, &parts[i], verdict.reason, alpha,
			no_worse(c->arena, &metrics[i].policy)};
		add_finding(c, &f);
	}
	if (verdict.verdict != OUTCOME_PASS) {
		c->verdict_reason = gate_reason(k, &verdict);
		c->reasoned = verdict.verdict == OUTCOME_INCONCLUSIVE ? VERDICT_INCONCLUSIVE
								      : VERDICT_FAIL;
	}
	for (size_t i = 0; c->in->anchor.unit && i < n; i++)
		judge_anchor(c, &k[i]);
}
