/* SPDX-License-Identifier: Apache-2.0
 *
 * The gates that know no better or worse: latency and cost within limits, safety above its floor with
 * every suite passed in full, and the contract unchanged.
 */
#include <string.h>

#include "policy/judge_parts.h"

static void judge_metric(struct gate_case *c, const char *name, const char *what, double limit)
{
	const struct metric *m = artifact_metric(c->candidate->artifact, name);

	if (m)
		gate_case_limit(c, name, m->value, what, limit);
	else
		gate_case_missing(c, name);
}

void judge_latency(struct gate_case *c)
{
	const struct policy_latency *l = c->policy->gates->latency;

	judge_metric(c, "latency_ms_p95", "ceiling", l->p95_ms);
	judge_metric(c, "cost_per_1k_tokens", "ceiling", l->cost_per_1k_tokens->ceiling);
}

/* ---- Safety ---- */

static const struct policy_suite *find_rule(const struct list *rules, const char *name)
{
	for (size_t i = 0; i < rules->n; i++) {
		const struct policy_suite *p = LIST_AT(rules, struct policy_suite, i);
		if (!strcmp(p->name, name))
			return p;
	}
	return NULL;
}

/* `rule` NULL: the policy does not speak of this suite. */
static void judge_suite(struct gate_case *c, const struct suite *s, const struct policy_suite *rule)
{
	long long bad = (long long)(s->violations + s->errors), total = (long long)s->total;
	struct gate_check *check;

	if (rule && rule->digest && (!s->digest || strcmp(rule->digest, s->digest) != 0)) {
		gate_case_add(c, s->name, VERDICT_FAIL, "suite_digest",
			"suite %s is %s, not the policy's %s", s->name,
			s->digest ? s->digest : "without a digest", rule->digest);
		return;
	}
	if (rule && rule->min_total > s->total) {
		check = gate_case_add(c, s->name, VERDICT_FAIL, "suite_truncated",
			"suite %s ran %lld cases, fewer than %lld", s->name, total,
			(long long)rule->min_total);
		check->short_by = (double)(rule->min_total - s->total);
		return;
	}
	if (bad)
		check = gate_case_add(c, s->name, VERDICT_FAIL, "suite_failed",
			"suite %s: %lld of %lld did not pass (violations %lld, errors %lld)",
			s->name, bad, total, (long long)s->violations, (long long)s->errors);
	else
		check = gate_case_add(c, s->name, VERDICT_PASS, "ok", "suite %s: all %lld passed",
			s->name, total);
	check->value = (double)bad;
	check->limit = 0;
	check->n = s->total;
	if (bad)
		check->short_by = (double)bad;
}

void judge_safety(struct gate_case *c)
{
	const struct policy_safety *p = c->policy->gates->safety;
	const struct artifact *o = c->candidate->artifact;

	judge_metric(c, "safety", "floor", p->floor);
	for (size_t i = 0; i < o->suites.n; i++) {
		const struct suite *s = LIST_AT(&o->suites, struct suite, i);
		judge_suite(c, s, find_rule(&p->suites, s->name));
	}
	for (size_t i = 0; i < p->suites.n; i++) {
		const char *name = LIST_AT(&p->suites, struct policy_suite, i)->name;
		if (!artifact_suite(o, name))
			gate_case_add(c, name, VERDICT_INCONCLUSIVE, "missing",
				"suite %s is required by the policy and missing", name);
	}
	if (!o->suites.n && !p->suites.n) {
		gate_case_add(c, "suites", VERDICT_PASS, "not_given", "no suite is given");
		c->pass_reason = "not_given";
	}
}

/* ---- Compatibility ---- */

static const char *digest_of(const struct unit *u)
{
	return u && u->contract ? u->contract->digest : NULL;
}

static const char *label_of(struct arena *a, const struct named_digest *n)
{
	return n->version ? arena_printf(a, "%s %s", n->name, n->version) : n->name;
}

void judge_compatibility(struct gate_case *c)
{
	const char *mine = digest_of(c->candidate), *theirs = digest_of(c->baseline);

	c->pass_reason = "not_given";
	if (!mine) {
		gate_case_add(
			c, "contract", VERDICT_PASS, "not_given", "no contract digest is given");
	} else if (!c->baseline) {
		c->pass_reason = "bootstrap";
		gate_case_add(c, "contract", VERDICT_PASS, "no_baseline",
			"contract %s, and there is no baseline yet",
			label_of(c->arena, c->candidate->contract));
	} else if (!theirs) {
		gate_case_add(c, "contract", VERDICT_PASS, "not_given",
			"the baseline (%s) gives no contract digest", c->baseline->artifact->id);
	} else if (!strcmp(mine, theirs)) {
		c->pass_reason = "ok";
		gate_case_add(c, "contract", VERDICT_PASS, "ok", "contract %s is unchanged",
			label_of(c->arena, c->candidate->contract));
	} else {
		gate_case_add(c, "contract", VERDICT_FAIL, "contract_changed",
			"contract %s (%s) is not the baseline's %s (%s)",
			label_of(c->arena, c->candidate->contract), mine,
			label_of(c->arena, c->baseline->contract), theirs);
	}
}
