/* SPDX-License-Identifier: Apache-2.0
 *
 * The safety gate: the metric above its floor and no worse than the baseline's, and every suite passed,
 * by its rate where the policy gives one and the manifest is of the full form, else in full.
 */
#include <math.h>
#include <string.h>

#include "policy/judge_limits.h"

static const struct policy_suite *find_rule(const struct list *rules, const char *name)
{
	for (size_t i = 0; i < rules->n; i++) {
		const struct policy_suite *p = LIST_AT(rules, struct policy_suite, i);
		if (!strcmp(p->name, name))
			return p;
	}
	return NULL;
}

static void check_counts(
	struct gate_check *check, const struct suite_reading *r, const struct suite *s)
{
	check->value = (double)(s->violations + s->errors);
	check->events = s->violations + s->errors;
	check->n = s->total;
	if (r->pooled > 1)
		check->pooled = r->pooled;
}

/* ---- In full ---- */

static void judge_in_full(struct gate_case *c, const struct suite_reading *r)
{
	const struct suite *s = r->suite;
	long long bad = (long long)(s->violations + s->errors), total = (long long)s->total;
	struct gate_check *check;

	if (bad)
		check = gate_case_add(c, s->name, VERDICT_FAIL, "suite_failed",
			"suite %s: %lld of %lld did not pass (violations %lld, errors %lld)",
			s->name, bad, total, (long long)s->violations, (long long)s->errors);
	else
		check = gate_case_add(c, s->name, VERDICT_PASS, "ok", "suite %s: all %lld passed",
			s->name, total);
	check_counts(check, r, s);
	check->limit = 0;
	if (bad)
		check->short_by = (double)bad;
}

/* Digest and size, which hold in every form; true when the suite is refused. */
static bool is_refused(
	struct gate_case *c, const struct suite_reading *r, const struct policy_suite *rule)
{
	const struct suite *s = r->suite;

	if (rule->digest && (!s->digest || strcmp(rule->digest, s->digest) != 0)) {
		gate_case_add(c, s->name, VERDICT_FAIL, "suite_digest",
			"suite %s is %s, not the policy's %s", s->name,
			s->digest ? s->digest : "without a digest", rule->digest);
		return true;
	}
	/* Each run by itself: runs that were cut short make no whole one together. */
	if (rule->min_total > r->least) {
		struct gate_check *check = gate_case_add(c, s->name, VERDICT_FAIL,
			"suite_truncated", "suite %s ran %lld cases, fewer than %lld", s->name,
			(long long)r->least, (long long)rule->min_total);
		check->short_by = (double)(rule->min_total - r->least);
		return true;
	}
	return false;
}

/* ---- By its rate ---- */

static void add_rate(struct gate_case *c, const struct suite_reading *r,
	const struct policy_suite *rule, const struct safety_verdict *v)
{
	const struct suite *s = r->suite;
	const char *text = arena_printf(c->arena,
		"suite %s: %lld of %lld did not pass (%.3g %%, from %.3g to %.3g %%; %.3g %% are "
		"allowed)",
		s->name, (long long)v->k, (long long)v->n, 100 * (double)v->k / (double)v->n,
		100 * v->limits.lower, 100 * v->limits.upper, 100 * rule->max_rate);
	const char *reason = metric_reason_name(v->reason);
	struct gate_check *check;

	if (v->verdict == OUTCOME_PASS)
		check = gate_case_add(c, s->name, VERDICT_PASS, reason, "%s", text);
	else if (v->verdict == OUTCOME_INCONCLUSIVE)
		check = gate_case_add(c, s->name, VERDICT_INCONCLUSIVE, reason, "%s%s", text,
			needed_text(c, v->n_needed));
	else if (v->verdict == OUTCOME_INVALID)
		check = gate_case_add(c, s->name, VERDICT_FAIL, "invalid",
			"suite %s: the counts contradict each other", s->name);
	else if (v->reason == REASON_SUITE_TRUNCATED)
		check = gate_case_add(c, s->name, VERDICT_FAIL, reason,
			"suite %s does not report the category %s, which the policy asks for",
			s->name, v->category);
	else if (v->reason == REASON_ZERO_TOLERANCE)
		check = gate_case_add(c, s->name, VERDICT_FAIL, reason,
			"suite %s: something in the category %s did not pass, where nothing is "
			"tolerated",
			s->name, v->category);
	else
		check = gate_case_add(c, s->name, VERDICT_FAIL, reason, "%s", text);
	check_counts(check, r, s);
	check->limit = rule->max_rate;
	check->method = "clopper_pearson";
	check->evidence = evidence_samples;
	check->n_needed = v->n_needed;
	check->ci_lo = v->limits.lower;
	check->ci_hi = v->limits.upper;
	if (v->reason == REASON_RATE)
		check->short_by = tidy((double)v->k / (double)v->n - rule->max_rate);
}

static void judge_rate(
	struct gate_case *c, const struct suite_reading *r, const struct policy_suite *rule)
{
	struct safety_policy policy = {
		.max_rate = rule->max_rate,
		.alpha = c->policy->gates->alpha * c->share,
		.zero_tolerance_categories = rule->zero_tolerance.v,
		.n_zero_tolerance_categories = rule->zero_tolerance.n,
	};
	struct safety_verdict v;

	safety_judge(r->suite, &policy, &v);
	add_rate(c, r, rule, &v);
}

/* ---- The gate ---- */

/* Runs of another digest than the policy's stand back where there is one of the right digest. */
static bool is_pinned(const struct policy_suite *rule, const struct suite_readings *r)
{
	for (size_t i = 0; rule->digest && i < r->n; i++)
		if (r->v[i].suite->digest && !strcmp(r->v[i].suite->digest, rule->digest))
			return true;
	return false;
}

static void judge_suite(struct gate_case *c, const char *name, const struct policy_suite *rule)
{
	struct suite_readings r;
	bool pinned;

	evidence_suites(&c->in->candidate, name, c->arena, &r);
	pinned = rule && is_pinned(rule, &r);
	for (size_t i = 0; i < r.n; i++) {
		const struct suite *s = r.v[i].suite;
		if (pinned && (!s->digest || strcmp(s->digest, rule->digest) != 0))
			continue;
		if (rule && is_refused(c, &r.v[i], rule))
			continue;
		if (rule && c->is_full && !isnan(rule->max_rate))
			judge_rate(c, &r.v[i], rule);
		else
			judge_in_full(c, &r.v[i]);
	}
}

/* Every suite that somebody gives, each name once, in the order in which they are met. */
static void find_names(
	const struct gate_case *c, const struct judge_side *side, struct strings *ret)
{
	size_t max = 0;

	*ret = (struct strings){0};
	if (!side->unit)
		return;
	for (size_t i = 0; i <= side->n_evidence; i++) {
		const struct unit *u = evidence_unit(side, i);
		max += u ? u->artifact->suites.n : 0;
	}
	*ret = (struct strings){ARENA_ARRAY(c->arena, max, const char *), 0};
	for (size_t i = 0; i <= side->n_evidence; i++) {
		const struct unit *u = evidence_unit(side, i);
		for (size_t k = 0; u && k < u->artifact->suites.n; k++) {
			const char *name = LIST_AT(&u->artifact->suites, struct suite, k)->name;
			if (!strings_have(ret, name))
				ret->v[ret->n++] = name;
		}
	}
}

/* `why` follows "suite x is missing". */
static void add_missing(
	struct gate_case *c, const char *name, const struct strings *from_evidence, const char *why)
{
	if (strings_have(from_evidence, c->candidate->artifact->role))
		gate_case_missing(c, name, arena_printf(c->arena, "suite %s", name), from_evidence);
	else
		gate_case_add(c, name, VERDICT_INCONCLUSIVE, "missing", "suite %s is missing%s",
			name, why);
}

static bool is_required(const struct gate_case *c, const struct policy_suite *rule)
{
	return rule->required == SUITE_ALWAYS || (rule->required == SUITE_FULL && c->is_full);
}

static const char *policy_asks(const struct gate_case *c, const struct policy_suite *rule)
{
	if (rule->required == SUITE_ALWAYS || unit_is_full(c->candidate))
		return ", and the policy requires it";
	return arena_printf(c->arena,
		", and the policy requires it of what replaces a unit of the full form (%s)",
		c->baseline->artifact->id);
}

/* Each name that is not in `have`, once, is missing. */
static void ask_for(
	struct gate_case *c, const struct strings *names, const char *why, struct strings *have)
{
	static const struct strings none;

	for (size_t i = 0; i < names->n; i++) {
		const struct policy_suite *rule =
			find_rule(&c->policy->gates->safety->suites, names->v[i]);
		if (strings_have(have, names->v[i]))
			continue;
		add_missing(c, names->v[i], rule ? &rule->from_evidence : &none, why);
		have->v[have->n++] = names->v[i];
	}
}

/* The suites that must be there and are not, asked for by whoever comes first; how many. */
static size_t judge_missing(struct gate_case *c, const struct strings *given)
{
	static const struct strings none;
	const struct list *rules = &c->policy->gates->safety->suites;
	const struct strings *current = c->in->suite ? &c->in->suite->required_suites : &none;
	struct strings theirs, have;
	size_t before = c->n;

	find_names(c, &c->in->baseline, &theirs);
	have.v = ARENA_ARRAY(c->arena, given->n + rules->n + current->n + theirs.n, const char *);
	have.n = 0;
	for (size_t i = 0; i < given->n; i++)
		have.v[have.n++] = given->v[i];
	for (size_t i = 0; i < rules->n; i++) {
		const struct policy_suite *rule = LIST_AT(rules, struct policy_suite, i);
		const struct strings name = {(const char **)&rule->name, 1};
		if (is_required(c, rule))
			ask_for(c, &name, policy_asks(c, rule), &have);
	}
	ask_for(c, current, ", and the current suite requires it", &have);
	if (theirs.n)
		ask_for(c, &theirs,
			arena_printf(c->arena, ", and the baseline (%s) gives it",
				c->baseline->artifact->id),
			&have);
	return c->n - before;
}

void judge_safety(struct gate_case *c)
{
	const struct policy_safety *p = c->policy->gates->safety;
	struct limited safety = {"safety", LIMIT_FLOOR, p->floor, KIND_PROPORTION, DIRECTION_HIGHER,
		POOL_PROPORTION, true, false, false, p->margin, NAN, &p->from_evidence};
	struct strings given;

	judge_limited(c, &safety);
	find_names(c, &c->in->candidate, &given);
	for (size_t i = 0; i < given.n; i++)
		judge_suite(c, given.v[i], find_rule(&p->suites, given.v[i]));
	if (!judge_missing(c, &given) && !given.n) {
		gate_case_add(c, "suites", VERDICT_PASS, "not_given", "no suite is given");
		c->pass_reason = "not_given";
	}
}
