/* SPDX-License-Identifier: Apache-2.0
 *
 * The quality gate on plain numbers: floors and ceilings, then better than the baseline in what the
 * policy calls success and no worse in the rest.
 */
#include <math.h>
#include <string.h>

#include "policy/judge_parts.h"

/* A policy's metric that applies to the candidate and is given by it. */
struct contest {
	const struct policy_metric *rule;
	const struct metric *mine, *theirs; /* theirs: NULL when there is nothing to compare with */
	const char *incomparable; /* why the baseline's number is another thing, or NULL */
	double gain;		  /* > 0: better; NAN without theirs */
};

static bool differ(const char *a, const char *b)
{
	return a && b && strcmp(a, b) != 0;
}

/* Numbers that were measured in different ways say nothing about each other. */
static const char *measured_otherwise(
	const struct gate_case *c, const struct metric *mine, const struct metric *theirs)
{
	const struct named_digest *a = c->candidate->eval_suite, *b = c->baseline->eval_suite;

	if (a && b && differ(a->digest, b->digest))
		return "another evaluation suite";
	if (differ(mine->dataset_digest, theirs->dataset_digest))
		return "another data set";
	if (differ(mine->judge, theirs->judge))
		return "another judge";
	return NULL;
}

static struct contest make_contest(
	const struct gate_case *c, const struct policy_metric *rule, const struct metric *mine)
{
	struct contest k = {.rule = rule, .mine = mine, .gain = NAN};

	if (!c->baseline)
		return k;
	const struct metric *theirs = artifact_metric(c->baseline->artifact, rule->name);
	if (!theirs)
		return k;
	k.incomparable = measured_otherwise(c, mine, theirs);
	if (k.incomparable)
		return k;
	k.theirs = theirs;
	k.gain = tidy(mine->value - theirs->value);
	if (rule->direction == DIRECTION_LOWER)
		k.gain = -k.gain;
	return k;
}

static double allowed_loss(const struct contest *k)
{
	if (!isnan(k->rule->margin))
		return k->rule->margin;
	if (!isnan(k->rule->margin_rel))
		return k->rule->margin_rel * fabs(k->theirs->value);
	return 0;
}

static void add_point(struct gate_case *c, const struct contest *k, enum verdict verdict,
	const char *reason, const char *relation)
{
	const char *name = k->rule->name, *mine, *theirs;
	struct gate_check *check;

	number_texts(c->arena, k->mine->value, k->theirs->value, &mine, &theirs);
	if (k->gain == 0)
		check = gate_case_add(c, name, verdict, reason, "%s %s %s baseline %s (%s)", name,
			mine, relation, theirs, c->baseline->artifact->id);
	else
		check = gate_case_add(c, name, verdict, reason, "%s %s %s baseline %s (%s) by %s",
			name, mine, relation, theirs, c->baseline->artifact->id,
			number_text(c->arena, fabs(k->gain)));
	check->value = k->mine->value;
	check->baseline = k->theirs->value;
	check->method = "point";
	check->d = k->gain;
}

static void add_alone(struct gate_case *c, const struct contest *k)
{
	const char *name = k->rule->name, *value = number_text(c->arena, k->mine->value);
	struct gate_check *check;

	if (!c->baseline)
		check = gate_case_add(c, name, VERDICT_PASS, "no_baseline",
			"%s %s, and there is no baseline yet", name, value);
	else if (k->incomparable)
		check = gate_case_add(c, name, VERDICT_INCONCLUSIVE, "incomparable",
			"%s %s was measured with %s than the baseline's (%s)", name, value,
			k->incomparable, c->baseline->artifact->id);
	else
		check = gate_case_add(c, name, VERDICT_PASS, "no_baseline",
			"%s %s, which the baseline (%s) does not give", name, value,
			c->baseline->artifact->id);
	check->value = k->mine->value;
	check->method = "bootstrap";
}

/* Success metrics common to both that are better, and how many are common. */
struct tally {
	size_t rules, given, common, better;
};

static void judge_success(struct gate_case *c, const struct contest *k, const struct tally *t)
{
	int require = c->policy->gates->quality->require;

	if (k->gain > 0)
		add_point(c, k, VERDICT_PASS, "ok", "is better than");
	else if (k->gain < 0)
		add_point(c, k, VERDICT_FAIL, "worse", "is worse than");
	else if (require == REQUIRE_ANY && t->better > 0)
		add_point(c, k, VERDICT_PASS, "equal", "equals");
	else
		add_point(c, k, VERDICT_FAIL, "not_better", "is not better than");
}

static void judge_guardrail(struct gate_case *c, const struct contest *k)
{
	if (k->gain >= 0)
		add_point(c, k, VERDICT_PASS, "ok", k->gain > 0 ? "is better than" : "equals");
	else if (k->gain >= -allowed_loss(k))
		add_point(c, k, VERDICT_PASS, "ok", "is within the margin of");
	else
		add_point(c, k, VERDICT_FAIL, "worse", "is worse than");
}

static void judge_contest(struct gate_case *c, const struct contest *k, const struct tally *t)
{
	bool success = k->rule->role == METRIC_SUCCESS &&
		       c->policy->gates->quality->require != REQUIRE_NONE;
	size_t before = c->n;

	if (!limit_holds(k->mine->value, "floor", k->rule->floor)) {
		gate_case_limit(c, k->rule->name, k->mine->value, "floor", k->rule->floor);
		return;
	}
	if (!limit_holds(k->mine->value, "ceiling", k->rule->ceiling)) {
		gate_case_limit(c, k->rule->name, k->mine->value, "ceiling", k->rule->ceiling);
		return;
	}
	if (!k->theirs)
		add_alone(c, k);
	else if (success)
		judge_success(c, k, t);
	else
		judge_guardrail(c, k);

	struct gate_check *check = &c->checks[before];
	check->limit = isnan(k->rule->floor) ? k->rule->ceiling : k->rule->floor;
	if (check->verdict == VERDICT_FAIL && k->gain < 0)
		check->short_by = tidy(-k->gain - (success ? 0 : allowed_loss(k)));
	if (check->verdict == VERDICT_PASS && k->theirs && !k->rule->allow_point) {
		check->verdict = VERDICT_INCONCLUSIVE;
		check->reason = "point_evidence";
		check->detail = arena_printf(
			c->arena, "%s, but bare numbers are no evidence: give n", check->detail);
	}
}

/* What is missing altogether: a success metric, or one that the baseline has as well. `names` are
 * those that would do, `first` the one that the policy names first. */
static void judge_presence(
	struct gate_case *c, const struct tally *t, const char *first, const char *names)
{
	if (c->policy->gates->quality->require == REQUIRE_NONE || !t->rules) {
		c->pass_reason = "noninferior";
		if (!c->n)
			gate_case_add(c, "quality", VERDICT_PASS, "not_given",
				"the policy asks for no metric of a %s",
				c->candidate->artifact->role);
		return;
	}
	c->pass_reason = c->baseline ? "superior" : "bootstrap";
	if (!t->given)
		gate_case_add(c, first, VERDICT_INCONCLUSIVE, "missing",
			"%s is missing from the metrics", names);
	else if (c->baseline && !t->common)
		gate_case_add(c, first, VERDICT_INCONCLUSIVE, "incomparable",
			"no success metric (%s) is given by both and measured alike: the baseline "
			"is %s",
			names, c->baseline->artifact->id);
}

void judge_quality(struct gate_case *c)
{
	const struct list *rules = &c->policy->gates->quality->metrics;
	struct contest *contests = ARENA_ARRAY(c->arena, rules->n + 1, struct contest);
	struct tally t = {0};
	const char *first = NULL, *names = "";
	size_t n = 0;

	for (size_t i = 0; i < rules->n; i++) {
		const struct policy_metric *rule = LIST_AT(rules, struct policy_metric, i);
		if (!policy_metric_applies(rule, c->candidate->artifact->role))
			continue;
		bool success = rule->role == METRIC_SUCCESS;
		if (success && !first)
			first = rule->name;
		if (success)
			names = arena_printf(
				c->arena, "%s%s%s", names, t.rules++ ? " or " : "", rule->name);
		const struct metric *mine = artifact_metric(c->candidate->artifact, rule->name);
		if (!mine)
			continue;
		contests[n] = make_contest(c, rule, mine);
		t.given += success;
		t.common += success && contests[n].theirs;
		t.better += success && contests[n].gain > 0;
		n++;
	}
	for (size_t i = 0; i < n; i++)
		judge_contest(c, &contests[i], &t);
	judge_presence(c, &t, first, names);
}
