/* SPDX-License-Identifier: Apache-2.0
 *
 * The judge: runs the four gates and sums them up. A gate is as bad as its worst check, a judgement as
 * its worst gate; what can't be decided is never a pass. Owns the splits of alpha and the waivers.
 */
#include "policy/judge.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "policy/judge_parts.h"

enum { CHECKS_FIRST = 16, DETAILS_MAX = 20, DETAIL_MAX = 2048 };

bool strings_have(const struct strings *s, const char *what)
{
	for (size_t i = 0; i < s->n; i++)
		if (!strcmp(s->v[i], what))
			return true;
	return false;
}

/* ---- Checks ---- */

static void grow(struct gate_case *c)
{
	struct gate_check *more;

	if (c->n != c->max)
		return;
	c->max *= 2;
	more = ARENA_ARRAY(c->arena, c->max, struct gate_check);
	memcpy(more, c->checks, c->n * sizeof(*more));
	c->checks = more;
}

struct gate_check *gate_case_add(struct gate_case *c, const char *name, enum verdict verdict,
	const char *reason, const char *fmt, ...)
{
	char detail[DETAIL_MAX];
	struct gate_check *check;
	va_list ap;

	grow(c);
	check = &c->checks[c->n++];
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

const char evidence_point[] = "point", evidence_samples[] = "samples";

static const struct {
	const char *name, *holds, *broken, *by;
} limits[] = {
	[LIMIT_FLOOR] = {"floor", ">=", "<", "short"},
	[LIMIT_CEILING] = {"ceiling", "<=", ">", "over"},
};

const char *limit_name(enum limit_kind kind)
{
	return limits[kind].name;
}

double limit_gap(double value, enum limit_kind kind, double limit)
{
	return tidy(kind == LIMIT_FLOOR ? limit - value : value - limit);
}

bool limit_holds(double value, enum limit_kind kind, double limit)
{
	if (isnan(limit))
		return true;
	return kind == LIMIT_FLOOR ? value >= limit : value <= limit;
}

const char *limit_text(struct gate_case *c, enum limit_kind kind, double limit)
{
	return arena_printf(c->arena, "%s %s %s", limits[kind].holds, limits[kind].name,
		number_text(c->arena, limit));
}

struct gate_check *gate_case_broken(
	struct gate_case *c, const char *name, double value, enum limit_kind kind, double limit)
{
	double gap = limit_gap(value, kind, limit);
	const char *v, *l;
	struct gate_check *check;

	number_texts(c->arena, value, limit, &v, &l);
	check = gate_case_add(c, name, VERDICT_FAIL, limits[kind].name, "%s %s %s %s %s (%s by %s)",
		name, v, limits[kind].broken, limits[kind].name, l, limits[kind].by,
		number_text(c->arena, gap));
	check->short_by = gap;
	check->value = value;
	check->limit = limit;
	check->evidence = evidence_point;
	return check;
}

struct gate_check *gate_case_limit(
	struct gate_case *c, const char *name, double value, enum limit_kind kind, double limit)
{
	const char *v, *l;
	struct gate_check *check;

	if (!limit_holds(value, kind, limit))
		return gate_case_broken(c, name, value, kind, limit);
	number_texts(c->arena, value, limit, &v, &l);
	check = gate_case_add(c, name, VERDICT_PASS, "ok", "%s %s %s %s %s", name, v,
		limits[kind].holds, limits[kind].name, l);
	check->value = value;
	check->limit = limit;
	check->evidence = evidence_point;
	return check;
}

void gate_case_missing(struct gate_case *c, const char *name, const char *names,
	const struct strings *from_evidence)
{
	if (strings_have(from_evidence, c->candidate->artifact->role))
		gate_case_add(c, name, VERDICT_PENDING, "awaits_evidence",
			"waits for an artifact about %s that gives %s", c->candidate->artifact->id,
			names);
	else
		gate_case_add(c, name, VERDICT_INCONCLUSIVE, "missing",
			"%s is missing from the metrics", names);
}

/* ---- Gates ---- */

static bool worse(int a, int b)
{
	return verdict_phase((enum verdict)a) > verdict_phase((enum verdict)b);
}

/* The details of all checks that came out as the gate did. */
static const char *join_details(struct arena *a, const struct gate_case *c, int verdict)
{
	STRBUF_AUTO out = STRBUF_INIT((DETAILS_MAX + 1) * DETAIL_MAX);
	size_t n = 0;

	for (size_t i = 0; i < c->n; i++) {
		if (c->checks[i].verdict != verdict || n++ >= DETAILS_MAX)
			continue;
		if (out.len)
			strbuf_addstr(&out, "; ");
		strbuf_addstr(&out, c->checks[i].detail);
	}
	if (n > DETAILS_MAX)
		strbuf_addf(&out, "; and %zu more", n - DETAILS_MAX);
	return arena_strdup(a, out.buf);
}

static void sum_up(const struct gate_case *c, struct gate_result *ret)
{
	ret->verdict = VERDICT_PASS;
	ret->reason = c->pass_reason ? c->pass_reason : "ok";
	for (size_t i = 0; i < c->n; i++) {
		if (worse(c->checks[i].verdict, ret->verdict)) {
			ret->verdict = c->checks[i].verdict;
			ret->reason = c->checks[i].reason;
		}
	}
	if (c->verdict_reason && ret->verdict == c->reasoned)
		ret->reason = c->verdict_reason;
	ret->detail = join_details(c->arena, c, ret->verdict);
	ret->checks = (struct list){c->checks, c->n};
}

/* What is computed has sixteen digits, of which a reader and the text's length can spare four. */
static void tidy_checks(struct gate_case *c)
{
	for (size_t i = 0; i < c->n; i++) {
		struct gate_check *check = &c->checks[i];
		check->ci_lo = tidy(check->ci_lo);
		check->ci_hi = tidy(check->ci_hi);
		check->p = tidy(check->p);
		check->p_adjusted = tidy(check->p_adjusted);
	}
}

static int64_t at_least_one(int64_t n)
{
	return n > 1 ? n : 1;
}

static double alpha_share(const struct judge_input *in)
{
	return 1.0 / (double)(in->policy->gates->max_looks * at_least_one(in->contenders));
}

bool no_look_left(const struct gate_case *c)
{
	return at_least_one(c->in->look) >= c->policy->gates->max_looks;
}

/* Whoever may look often enough sees what they want: what rests on samples passes no more. */
static void count_looks(struct gate_case *c)
{
	int64_t looks = at_least_one(c->in->look), max = c->policy->gates->max_looks;
	bool sampled = false;

	for (size_t i = 0; i < c->n; i++)
		sampled = sampled || c->checks[i].evidence == evidence_samples;
	if (!sampled || looks <= max)
		return;
	gate_case_add(c, "looks", VERDICT_INCONCLUSIVE, "max_looks",
		"evaluation %lld of at most %lld: no more evidence counts, measure a new version",
		(long long)looks, (long long)max);
}

static void run_gate(enum gate gate, const struct judge_input *in, struct arena *a,
	const char **ret_level, struct gate_result *ret)
{
	static void (*const gates[GATES])(struct gate_case *) = {
		[GATE_QUALITY] = judge_quality,
		[GATE_LATENCY] = judge_latency,
		[GATE_SAFETY] = judge_safety,
		[GATE_COMPATIBILITY] = judge_compatibility,
	};
	struct gate_case c = {
		.in = in,
		.candidate = in->candidate.unit,
		.baseline = in->baseline.unit,
		.policy = in->policy,
		.arena = a,
		.is_full = unit_is_full(in->candidate.unit) ||
			   (in->baseline.unit && unit_is_full(in->baseline.unit)),
		.share = alpha_share(in),
		.checks = ARENA_ARRAY(a, CHECKS_FIRST, struct gate_check),
		.max = CHECKS_FIRST,
	};

	fields_init(&gate_result_table, ret);
	gates[gate](&c);
	assert(c.n > 0);
	count_looks(&c);
	tidy_checks(&c);
	sum_up(&c, ret);
	ret->gate = (int)gate;
	if (c.contract_level)
		*ret_level = c.contract_level;
}

void judge_gate(
	enum gate gate, const struct judge_input *in, struct arena *a, struct gate_result *ret)
{
	const char *level;

	run_gate(gate, in, a, &level, ret);
}

/* ---- The whole ---- */

static void waive(const struct judge_input *in, struct arena *a, struct gate_result *g)
{
	for (size_t i = 0; i < in->n_waivers && g->verdict != VERDICT_PASS; i++) {
		const struct judge_waiver *w = &in->waivers[i];
		if (w->gate != g->gate)
			continue;
		g->judged = g->verdict;
		g->verdict = VERDICT_PASS;
		g->detail = arena_printf(a, "waived by %s (%s): %s", w->id, g->reason, g->detail);
		g->reason = "waived";
		g->waived = 1;
		g->waiver = w->id;
	}
}

static struct strings evidence_digests(const struct judge_side *side, struct arena *a)
{
	struct strings s = {ARENA_ARRAY(a, side->n_evidence, const char *), 0};

	for (size_t i = 1; i <= side->n_evidence; i++) {
		const struct unit *u = evidence_unit(side, i);
		if (u)
			s.v[s.n++] = u->content_digest;
	}
	return s;
}

/* What a metric's number is, all evidence counted in: the reading that a gate would take first. */
static const struct metric *effective(const struct judge_input *in, const char *name,
	enum pool pool, bool by_suite, struct arena *a)
{
	struct readings r;

	evidence_readings(&in->candidate, name, pool, by_suite, NULL, a, &r);
	return r.n ? r.v[0].metric : NULL;
}

static double score_of(const struct judge_input *in, struct arena *a)
{
	const struct artifact *o = in->candidate.unit->artifact;
	const struct list *metrics = &in->policy->gates->quality->metrics;
	static const struct {
		const char *name;
		enum pool pool;
		bool by_suite;
	} own[] = {
		{"safety", POOL_PROPORTION, true},
		{"latency_ms_p95", POOL_HISTOGRAM, false},
		{"cost_per_1k_tokens", POOL_MEAN, false},
	};
	const size_t n_own = sizeof(own) / sizeof(own[0]);
	struct metric *list = ARENA_ARRAY(a, metrics->n + n_own, struct metric);
	struct artifact view = {.role = o->role, .metrics = {list, 0}};
	struct unit u = {.artifact = &view};
	const struct metric *m;

	if (!in->candidate.n_evidence)
		return unit_score(in->candidate.unit, in->policy);
	for (size_t i = 0; i < metrics->n; i++) {
		const struct policy_metric *rule = LIST_AT(metrics, struct policy_metric, i);
		enum pool pool = rule->kind == KIND_MEAN ? POOL_MEAN : POOL_PROPORTION;
		if ((m = effective(in, rule->name, pool, true, a)))
			list[view.metrics.n++] = *m;
	}
	for (size_t i = 0; i < n_own; i++)
		if ((m = effective(in, own[i].name, own[i].pool, own[i].by_suite, a)))
			list[view.metrics.n++] = *m;
	return unit_score(&u, in->policy);
}

static void name_inputs(const struct judge_input *in, struct arena *a, struct judgement *ret)
{
	const struct unit *baseline = in->baseline.unit, *anchor = in->anchor.unit;

	ret->baseline = baseline ? baseline->artifact->id : NULL;
	ret->baseline_digest = baseline ? baseline->content_digest : NULL;
	ret->anchor = anchor ? anchor->artifact->id : NULL;
	ret->anchor_digest = anchor ? anchor->content_digest : NULL;
	ret->policy_digest = in->policy->digest;
	ret->suite = in->suite ? in->suite->digest : NULL;
	ret->evidence = evidence_digests(&in->candidate, a);
	ret->baseline_evidence = evidence_digests(&in->baseline, a);
	ret->anchor_evidence = evidence_digests(&in->anchor, a);
	ret->form = unit_is_full(in->candidate.unit) ? "full" : "plain";
	ret->look = at_least_one(in->look);
	ret->max_looks = in->policy->gates->max_looks;
	ret->contenders = at_least_one(in->contenders);
	ret->alpha = tidy(in->policy->gates->alpha * alpha_share(in));
}

void judge(const struct judge_input *in, struct arena *a, struct judgement *ret)
{
	struct gate_result *gates = ARENA_ARRAY(a, GATES, struct gate_result);
	enum phase phase = PHASE_SUCCEEDED;

	assert(!in->baseline.unit || !in->baseline.unit->content_digest ||
		!in->candidate.unit->content_digest ||
		strcmp(in->baseline.unit->content_digest, in->candidate.unit->content_digest));
	fields_init(&judgement_table, ret);
	for (int g = 0; g < GATES; g++) {
		run_gate((enum gate)g, in, a, &ret->contract_level, &gates[g]);
		waive(in, a, &gates[g]);
		phase = phase_worst(phase, verdict_phase((enum verdict)gates[g].verdict));
	}
	name_inputs(in, a, ret);
	ret->phase = (int)phase;
	ret->score = score_of(in, a);
	ret->gates = (struct list){gates, GATES};
}

void judge_unit(const struct unit *candidate, const struct unit *baseline,
	const struct policy *policy, struct arena *a, struct judgement *ret)
{
	struct judge_input in = {
		.candidate = {.unit = candidate},
		.baseline = {.unit = baseline},
		.policy = policy,
	};

	judge(&in, a, ret);
}

/* ---- Ranking ---- */

bool policy_metric_elsewhere(const char *name)
{
	return !strcmp(name, "safety") || !strcmp(name, "latency_ms_p95") ||
	       !strcmp(name, "cost_per_1k_tokens");
}

bool policy_metric_applies(const struct policy_metric *m, const char *role)
{
	return m->unit_roles.n == 0 || strings_have(&m->unit_roles, role);
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
