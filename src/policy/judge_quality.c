/* SPDX-License-Identifier: Apache-2.0
 *
 * The quality gate: which metrics count, with what they are compared, and what must be there. Whether
 * they are better is decided on points (judge_point.c) or on samples (judge_tested.c).
 */
#include <math.h>
#include <string.h>

#include "policy/judge_parts.h"

bool contest_is_success(const struct gate_case *c, const struct contest *k)
{
	return k->rule->role == METRIC_SUCCESS &&
	       c->policy->gates->quality->require != REQUIRE_NONE;
}

bool contest_is_common(const struct contest *k)
{
	return k->match.theirs.metric && !k->match.incomparable;
}

struct metric_policy contest_policy(const struct gate_case *c, const struct policy_metric *rule)
{
	struct metric_policy p = metric_policy_of(rule);

	p.alpha *= c->share;
	return p;
}

static bool make_contest(
	const struct gate_case *c, const struct policy_metric *rule, struct contest *ret)
{
	enum pool pool = rule->kind == KIND_MEAN ? POOL_MEAN : POOL_PROPORTION;
	struct contest k = {.rule = rule, .gain = NAN};

	match_find(c, rule->name, pool, true, &c->in->baseline, &k.match);
	if (!k.match.mine.metric)
		return false;
	if (contest_is_common(&k)) {
		k.gain = tidy(k.match.mine.metric->value - k.match.theirs.metric->value);
		if (rule->direction == DIRECTION_LOWER)
			k.gain = 0 - k.gain;
	}
	*ret = k;
	return true;
}

static bool is_sampled(const struct contest *k)
{
	return metric_is_sampled(k->match.mine.metric) ||
	       (k->match.theirs.metric && metric_is_sampled(k->match.theirs.metric));
}

/* What would do for the candidate's role: the names, as a sentence has them, and whether the first may
 * come later. */
struct wanted {
	struct strings names;
	const char *text;
	const struct strings *from_evidence;
};

static void want(struct gate_case *c, const struct policy_metric *rule, struct wanted *w)
{
	if (!w->names.n)
		w->from_evidence = &rule->from_evidence;
	w->text = w->names.n ? arena_printf(c->arena, "%s or %s", w->text, rule->name) : rule->name;
	w->names.v[w->names.n++] = rule->name;
}

/* Names that the current suite asks of the role. */
static const struct strings *required_names(const struct gate_case *c)
{
	static const struct strings none;
	const struct strings *names = NULL;

	if (c->in->suite)
		names = canonical_suite_metrics(c->in->suite, c->candidate->artifact->role);
	return names ? names : &none;
}

static bool any_required(const struct gate_case *c, const struct strings *names)
{
	for (size_t i = 0; i < names->n; i++)
		if (strings_have(required_names(c), names->v[i]))
			return true;
	return false;
}

/* What is missing altogether: a success metric, or one that the baseline has as well. */
static void judge_presence(struct gate_case *c, const struct tally *t, const struct wanted *w)
{
	if (c->policy->gates->quality->require == REQUIRE_NONE || !w->names.n) {
		c->pass_reason = "noninferior";
		if (!c->n)
			gate_case_add(c, "quality", VERDICT_PASS, "not_given",
				"the policy asks for no metric of role %s",
				c->candidate->artifact->role);
		return;
	}
	c->pass_reason = c->baseline ? "superior" : "bootstrap";
	/* One that the current suite requires is asked for by its name, once. */
	if (!t->given && !any_required(c, &w->names))
		gate_case_missing(c, w->names.v[0], w->text, w->from_evidence);
	else if (t->given && c->baseline && !t->common)
		gate_case_add(c, w->names.v[0], VERDICT_INCONCLUSIVE, "incomparable",
			"no success metric (%s) is given by both and measured alike: the baseline "
			"is %s",
			w->text, c->baseline->artifact->id);
}

static const struct strings *from_evidence(const struct policy *p, const char *name)
{
	static const struct strings none;
	const struct list *rules = &p->gates->quality->metrics;

	for (size_t i = 0; i < rules->n; i++) {
		const struct policy_metric *rule = LIST_AT(rules, struct policy_metric, i);
		if (!strcmp(rule->name, name))
			return &rule->from_evidence;
	}
	return &none;
}

/* What the current suite asks of the role, whether the policy looks at it or not. */
static void judge_required(struct gate_case *c)
{
	const struct strings *names = required_names(c);
	struct readings r;

	for (size_t i = 0; i < names->n; i++) {
		const char *name = names->v[i];
		if (policy_metric_elsewhere(name))
			continue;
		evidence_readings(&c->in->candidate, name, POOL_MEAN, true, NULL, c->arena, &r);
		if (!r.n)
			gate_case_missing(c, name, name, from_evidence(c->policy, name));
	}
}

/* A loss of one must not hide by silence. Of several success metrics given as bare numbers one may be
 * enough; samples are not forgotten. */
static bool must_be_kept(const struct gate_case *c, const struct policy_metric *rule,
	const struct readings *theirs, const struct tally *t)
{
	if (policy_metric_elsewhere(rule->name) || strings_have(required_names(c), rule->name) ||
		!policy_metric_applies(rule, c->candidate->artifact->role) || !theirs->n)
		return false;
	if (rule->role != METRIC_SUCCESS)
		return true;
	return t->given && (c->policy->gates->quality->require == REQUIRE_ALL ||
				   metric_is_testable(theirs->v[0].metric, rule->kind, NULL));
}

/* What the policy holds against the baseline and the baseline gives, but the candidate does not. */
static void judge_kept(
	struct gate_case *c, const struct contest *k, size_t n, const struct tally *t)
{
	const struct list *rules = &c->policy->gates->quality->metrics;
	struct readings theirs;
	size_t next = 0;

	for (size_t i = 0; c->baseline && i < rules->n; i++) {
		const struct policy_metric *rule = LIST_AT(rules, struct policy_metric, i);
		/* Contests stand in the order of their rules. */
		if (next < n && k[next].rule == rule) {
			next++;
			continue;
		}
		evidence_readings(
			&c->in->baseline, rule->name, POOL_MEAN, false, NULL, c->arena, &theirs);
		if (must_be_kept(c, rule, &theirs, t))
			gate_case_missing(c, rule->name, rule->name, &rule->from_evidence);
	}
}

void judge_quality(struct gate_case *c)
{
	const struct list *rules = &c->policy->gates->quality->metrics;
	struct contest *contests = ARENA_ARRAY(c->arena, rules->n, struct contest);
	struct wanted wanted = {{ARENA_ARRAY(c->arena, rules->n, const char *), 0}, NULL, NULL};
	struct tally t = {0};
	bool sampled = false;
	size_t n = 0;

	for (size_t i = 0; i < rules->n; i++) {
		const struct policy_metric *rule = LIST_AT(rules, struct policy_metric, i);
		if (!policy_metric_applies(rule, c->candidate->artifact->role))
			continue;
		bool success = rule->role == METRIC_SUCCESS;
		if (success)
			want(c, rule, &wanted);
		if (!make_contest(c, rule, &contests[n]))
			continue;
		t.given += success;
		t.common += success && contest_is_common(&contests[n]);
		t.better += success && contests[n].gain > 0;
		sampled = sampled || is_sampled(&contests[n]);
		n++;
	}
	if (sampled)
		judge_samples(c, contests, n);
	else
		judge_points(c, contests, n, &t);
	judge_presence(c, &t, &wanted);
	judge_kept(c, contests, n, &t);
	judge_required(c);
}
