/* SPDX-License-Identifier: Apache-2.0
 *
 * The judge: runs the four gates and sums them up. A gate is as bad as its worst check, a judgement as
 * its worst gate; what can't be decided is never a pass.
 */
#include "policy/judge.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "policy/judge_parts.h"

/* ---- Numbers for people ---- */

double tidy(double v)
{
	char buf[40];

	snprintf(buf, sizeof(buf), "%.12g", v);
	return strtod(buf, NULL);
}

const char *number_text(struct arena *a, double v)
{
	return arena_printf(a, "%.6g", v);
}

void number_texts(struct arena *a, double v, double w, const char **ret_v, const char **ret_w)
{
	int digits = 6;

	do {
		*ret_v = arena_printf(a, "%.*g", digits, v);
		*ret_w = arena_printf(a, "%.*g", digits, w);
	} while (v != w && !strcmp(*ret_v, *ret_w) && ++digits <= 17);
}

/* ---- Checks ---- */

struct gate_check *gate_case_add(struct gate_case *c, const char *name, enum verdict verdict,
	const char *reason, const char *fmt, ...)
{
	char detail[2048];
	va_list ap;

	assert(c->n < c->max);
	struct gate_check *check = &c->checks[c->n++];
	va_start(ap, fmt);
	vsnprintf(detail, sizeof(detail), fmt, ap);
	va_end(ap);
	fields_init(&gate_check_table, check);
	check->name = name;
	check->verdict = verdict;
	check->reason = reason;
	check->detail = arena_strdup(c->arena, detail);
	return check;
}

bool limit_holds(double value, const char *what, double limit)
{
	if (isnan(limit))
		return true;
	return *what == 'f' ? value >= limit : value <= limit;
}

struct gate_check *gate_case_limit(
	struct gate_case *c, const char *name, double value, const char *what, double limit)
{
	const char *v, *l;
	bool floor = *what == 'f';
	struct gate_check *check;

	number_texts(c->arena, value, limit, &v, &l);
	if (limit_holds(value, what, limit)) {
		check = gate_case_add(c, name, VERDICT_PASS, "ok", "%s %s %s %s %s", name, v,
			floor ? ">=" : "<=", what, l);
	} else {
		double gap = tidy(floor ? limit - value : value - limit);
		check = gate_case_add(c, name, VERDICT_FAIL, what, "%s %s %s %s %s (%s by %s)",
			name, v, floor ? "<" : ">", what, l, floor ? "short" : "over",
			number_text(c->arena, gap));
		check->short_by = gap;
	}
	check->value = value;
	check->limit = limit;
	return check;
}

void gate_case_missing(struct gate_case *c, const char *name)
{
	gate_case_add(
		c, name, VERDICT_INCONCLUSIVE, "missing", "%s is missing from the metrics", name);
}

/* ---- Gates ---- */

static bool worse(int a, int b)
{
	return verdict_phase((enum verdict)a) > verdict_phase((enum verdict)b);
}

/* The details of all checks that came out as the gate did. */
static const char *join_details(struct arena *a, const struct gate_case *c, int verdict)
{
	STRBUF_AUTO out = STRBUF_INIT(65536);

	for (size_t i = 0; i < c->n; i++) {
		if (c->checks[i].verdict != verdict)
			continue;
		if (out.len)
			strbuf_addstr(&out, "; ");
		strbuf_addstr(&out, c->checks[i].detail);
	}
	return arena_strdup(a, out.buf);
}

static void sum_up(const struct gate_case *c, struct gate_result *ret)
{
	const struct gate_check *first = &c->checks[0];

	ret->verdict = VERDICT_PASS;
	ret->reason = c->pass_reason ? c->pass_reason : "ok";
	for (size_t i = 0; i < c->n; i++) {
		if (worse(c->checks[i].verdict, ret->verdict)) {
			first = &c->checks[i];
			ret->verdict = first->verdict;
			ret->reason = first->reason;
		}
	}
	ret->detail = join_details(c->arena, c, ret->verdict);
	ret->checks = (struct list){c->checks, c->n};
}

/* At most one check for each metric and suite that either side names, and one for each that is fixed. */
static size_t checks_max(const struct unit *candidate, const struct policy *policy)
{
	const struct policy_gates *g = policy->gates;

	return candidate->artifact->suites.n + g->safety->suites.n + g->quality->metrics.n + 4;
}

void judge_gate(enum gate gate, const struct unit *candidate, const struct unit *baseline,
	const struct policy *policy, struct arena *a, struct gate_result *ret)
{
	static void (*const gates[GATES])(struct gate_case *) = {
		[GATE_QUALITY] = judge_quality,
		[GATE_LATENCY] = judge_latency,
		[GATE_SAFETY] = judge_safety,
		[GATE_COMPATIBILITY] = judge_compatibility,
	};
	struct gate_case c = {
		.candidate = candidate,
		.baseline = baseline,
		.policy = policy,
		.arena = a,
		.max = checks_max(candidate, policy),
	};

	c.checks = ARENA_ARRAY(a, c.max, struct gate_check);
	fields_init(&gate_result_table, ret);
	gates[gate](&c);
	assert(c.n > 0);
	sum_up(&c, ret);
	ret->gate = (int)gate;
}

void judge_unit(const struct unit *candidate, const struct unit *baseline,
	const struct policy *policy, struct arena *a, struct judgement *ret)
{
	struct gate_result *gates = ARENA_ARRAY(a, GATES, struct gate_result);
	enum phase phase = PHASE_SUCCEEDED;

	assert(!baseline || !baseline->content_digest || !candidate->content_digest ||
		strcmp(baseline->content_digest, candidate->content_digest) != 0);
	for (int g = 0; g < GATES; g++) {
		judge_gate((enum gate)g, candidate, baseline, policy, a, &gates[g]);
		phase = phase_worst(phase, verdict_phase((enum verdict)gates[g].verdict));
	}
	fields_init(&judgement_table, ret);
	ret->phase = (int)phase;
	ret->baseline = baseline ? baseline->artifact->id : NULL;
	ret->baseline_digest = baseline ? baseline->content_digest : NULL;
	ret->policy_digest = policy->digest;
	ret->score = unit_score(candidate, policy);
	ret->gates = (struct list){gates, GATES};
}

/* ---- Ranking ---- */

bool policy_metric_applies(const struct policy_metric *m, const char *role)
{
	for (size_t i = 0; i < m->unit_roles.n; i++)
		if (!strcmp(m->unit_roles.v[i], role))
			return true;
	return m->unit_roles.n == 0;
}

static double term(double weight, const struct metric *m)
{
	if (weight == 0)
		return 0;
	return m ? weight * m->value : NAN;
}

double unit_score(const struct unit *u, const struct policy *policy)
{
	const struct list *metrics = &policy->gates->quality->metrics;
	const struct policy_score *s = policy->score;
	const struct metric *quality = NULL;

	for (size_t i = 0; i < metrics->n && !quality; i++) {
		const struct policy_metric *m = LIST_AT(metrics, struct policy_metric, i);
		if (m->role == METRIC_SUCCESS && policy_metric_applies(m, u->artifact->role))
			quality = artifact_metric(u->artifact, m->name);
	}
	/* Two scores that differ only by rounding are a tie. */
	return tidy(
		term(s->quality, quality) +
		term(s->safety, artifact_metric(u->artifact, "safety")) +
		term(s->latency_ms_p95, artifact_metric(u->artifact, "latency_ms_p95")) +
		term(s->cost_per_1k_tokens, artifact_metric(u->artifact, "cost_per_1k_tokens")));
}
