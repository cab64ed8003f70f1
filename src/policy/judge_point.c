/* SPDX-License-Identifier: Apache-2.0
 *
 * The quality gate on bare numbers: floors and ceilings, then better than the baseline in what the
 * policy calls success and no worse in the rest.
 */
#include <math.h>
#include <string.h>

#include "policy/judge_parts.h"

static double allowed_loss(const struct contest *k)
{
	return metric_margin(k->rule->margin, k->rule->margin_rel, k->match.theirs.metric->value);
}

static void add_point(struct gate_case *c, const struct contest *k, enum verdict verdict,
	const char *reason, const char *relation)
{
	const char *name = k->rule->name, *mine, *theirs;
	struct gate_check *check;

	number_texts(c->arena, k->match.mine.metric->value, k->match.theirs.metric->value, &mine,
		&theirs);
	if (k->gain == 0)
		check = gate_case_add(c, name, verdict, reason, "%s %s %s baseline %s (%s)", name,
			mine, relation, theirs, c->baseline->artifact->id);
	else
		check = gate_case_add(c, name, verdict, reason, "%s %s %s baseline %s (%s) by %s",
			name, mine, relation, theirs, c->baseline->artifact->id,
			number_text(c->arena, fabs(k->gain)));
	check->value = k->match.mine.metric->value;
	check->baseline = k->match.theirs.metric->value;
	check->method = "point";
	check->d = k->gain;
}

static void add_alone(struct gate_case *c, const struct contest *k)
{
	double mine = k->match.mine.metric->value;
	const char *name = k->rule->name, *value = number_text(c->arena, mine);
	struct gate_check *check;

	if (k->match.incomparable)
		check = gate_case_add(c, name, VERDICT_INCONCLUSIVE, "incomparable", "%s %s %s",
			name, value, k->match.incomparable);
	else if (!c->baseline)
		check = gate_case_add(c, name, VERDICT_PASS, "no_baseline",
			"%s %s, and there is no baseline yet", name, value);
	else
		check = gate_case_add(c, name, VERDICT_PASS, "no_baseline",
			"%s %s, which the baseline (%s) does not give", name, value,
			c->baseline->artifact->id);
	check->value = mine;
	check->method = "bootstrap";
}

static void judge_success(struct gate_case *c, const struct contest *k, const struct tally *t)
{
	int require = c->policy->gates->quality->require;

	if (k->gain > 0)
		add_point(c, k, VERDICT_PASS, "ok", "is better than");
	else if (k->gain < 0)
		add_point(c, k, VERDICT_FAIL, "worse", "is worse than");
	else if (require == REQUIRE_ALL || !t->better)
		add_point(c, k, VERDICT_FAIL, "not_better", "is not better than");
	else
		add_point(c, k, VERDICT_PASS, "ok", "equals");
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
	double mine = k->match.mine.metric->value;
	bool success = contest_is_success(c, k);

	if (!limit_holds(mine, LIMIT_FLOOR, k->rule->floor)) {
		gate_case_broken(c, k->rule->name, mine, LIMIT_FLOOR, k->rule->floor);
		return;
	}
	if (!limit_holds(mine, LIMIT_CEILING, k->rule->ceiling)) {
		gate_case_broken(c, k->rule->name, mine, LIMIT_CEILING, k->rule->ceiling);
		return;
	}
	if (!contest_is_common(k))
		add_alone(c, k);
	else if (success)
		judge_success(c, k, t);
	else
		judge_guardrail(c, k);

	struct gate_check *check = &c->checks[c->n - 1];
	check->evidence = evidence_point;
	check->limit = isnan(k->rule->floor) ? k->rule->ceiling : k->rule->floor;
	check_reading(check, &k->match.mine);
	if (check->verdict == VERDICT_FAIL && k->gain < 0)
		check->short_by = tidy(-k->gain - (success ? 0 : allowed_loss(k)));
	if (check->verdict == VERDICT_PASS && contest_is_common(k) && !k->rule->allow_point) {
		check->verdict = VERDICT_INCONCLUSIVE;
		check->reason = "point_evidence";
		check->detail = arena_printf(
			c->arena, "%s, but bare numbers are no evidence: give n", check->detail);
	}
}

/* Against slow drift: no worse than the anchor by twice the margin. */
static void judge_anchor(struct gate_case *c, const struct contest *k)
{
	enum pool pool = k->rule->kind == KIND_MEAN ? POOL_MEAN : POOL_PROPORTION;
	const struct unit *anchor = c->in->anchor.unit;
	struct contest old = {.rule = k->rule};
	const char *mine, *theirs;

	match_find(c, k->rule->name, pool, true, &c->in->anchor, &old.match);
	if (!contest_is_common(&old))
		return;
	double gain = tidy(old.match.mine.metric->value - old.match.theirs.metric->value);
	gain = k->rule->direction == DIRECTION_LOWER ? 0 - gain : gain;
	double short_by = tidy(0 - gain - 2 * allowed_loss(&old));
	number_texts(c->arena, old.match.mine.metric->value, old.match.theirs.metric->value, &mine,
		&theirs);
	struct gate_check *check = gate_case_add(c, k->rule->name,
		short_by > 0 ? VERDICT_FAIL : VERDICT_PASS, short_by > 0 ? "drift" : "ok",
		"%s %s is %sworse than the anchor's %s (%s) by more than twice the margin",
		k->rule->name, mine, short_by > 0 ? "" : "not ", theirs, anchor->artifact->id);
	check->value = old.match.mine.metric->value;
	check->baseline = old.match.theirs.metric->value;
	check->method = metric_method_name(METHOD_POINT);
	check->evidence = evidence_point;
	check->against = "anchor";
	check->d = gain;
	check->margin = 2 * allowed_loss(&old);
	if (short_by > 0)
		check->short_by = short_by;
}

void judge_points(struct gate_case *c, const struct contest *k, size_t n, const struct tally *t)
{
	for (size_t i = 0; i < n; i++)
		judge_contest(c, &k[i], t);
	for (size_t i = 0; c->in->anchor.unit && i < n; i++)
		judge_anchor(c, &k[i]);
}
