/* SPDX-License-Identifier: Apache-2.0
 *
 * The plan of a policy's evidence. Each kind asks the functions that its judge asks.
 */
#include "policy/plan.h"

#include <math.h>
#include <string.h>

#include "policy/metric.h"
#include "policy/stat.h"

enum { ROWS_MAX = 8 };

#define P95_OVER 0.05 /* the share that may be over it */

struct plan {
	const struct policy *policy;
	struct plan_assumptions x;
	const char *only;
	struct arena *arena;
	double beta;
	struct plan_subject *subjects;
	size_t n;
};

static double usually(double given, double usual)
{
	return isnan(given) ? usual : given;
}

double plan_alpha(double alpha, const struct policy_gates *g, int64_t contenders)
{
	return alpha / (double)g->max_looks / (double)(contenders > 1 ? contenders : 1);
}

double plan_power(void)
{
	return 1 - metric_policy_default().beta;
}

/* NULL when it is not asked for. */
static struct plan_subject *add(struct plan *p, const char *name, const char *kind, double alpha)
{
	struct plan_subject *s = &p->subjects[p->n];

	if (p->only && strcmp(p->only, name) != 0)
		return NULL;
	p->n++;
	*s = (struct plan_subject){.name = name,
		.kind = kind,
		.assumed = "",
		.alpha = plan_alpha(alpha, p->policy->gates, p->x.contenders),
		.rows = {ARENA_ARRAY(p->arena, ROWS_MAX, struct plan_row), 0}};
	return s;
}

static void row(struct plan_subject *s, const char *what, int64_t n)
{
	*LIST_AT(&s->rows, struct plan_row, s->rows.n++) = (struct plan_row){what, n};
}

static int64_t at_least(int64_t n, int64_t min_n)
{
	return n >= 0 && n < min_n ? min_n : n;
}

/* ---- Metrics ---- */

/* A metric of the quality gate, or one that is compared like them. */
struct plan_metric {
	const char *name;
	enum metric_kind kind;
	bool lower, success;
	double value, margin, floor, ceiling, alpha, sd;
	int64_t min_n;
};

/* alpha of improvement is the gate's, which the metrics share; what is no worse has the metric's own. */
static void plan_comparison(struct plan *p, struct plan_subject *s, const struct plan_metric *m)
{
	double gain = usually(p->x.gain, 0.02);
	/* Two that have nothing to do with each other differ in this share. */
	double apart = 2 * m->value * (1 - m->value);
	double differ = usually(p->x.discordant, apart < 0.1 ? apart : 0.1);
	double own = s->alpha,
	       better = plan_alpha(p->policy->gates->alpha, p->policy->gates, p->x.contenders);
	bool mean = m->kind == KIND_MEAN;
	const char *pairs =
		mean ? "pairs"
		     : arena_printf(p->arena, "pairs of which %.3g %% differ", 100 * differ);

	if (m->success && mean) {
		row(s, "each side, to show it better",
			at_least(stat_min_n_mean(m->sd, gain, 0, better, p->beta), m->min_n));
		row(s, "pairs, to show it better",
			at_least(stat_min_n_paired(m->sd, gain, 0, better, p->beta), m->min_n));
	} else if (m->success) {
		double to = m->lower ? m->value - gain : m->value + gain;

		row(s, "each side, to show it better",
			at_least(m->lower ? stat_min_n_proportion(m->value, to, 0, better, p->beta)
					  : stat_min_n_proportion(to, m->value, 0, better, p->beta),
				m->min_n));
		row(s, arena_printf(p->arena, "%s, to show it better", pairs),
			at_least(stat_min_n_mcnemar(differ, gain, better, p->beta), m->min_n));
	}
	row(s, "each side, to show an equal one no worse",
		at_least(mean ? stat_min_n_mean(m->sd, 0, m->margin, own, p->beta)
			      : stat_min_n_proportion(m->value, m->value, m->margin, own, p->beta),
			m->min_n));
	/* The differences of pairs that are as often better as worse have this variance. */
	row(s, arena_printf(p->arena, "%s, to show an equal one no worse", pairs),
		at_least(stat_min_n_paired(mean ? m->sd : sqrt(differ), 0, m->margin, own, p->beta),
			m->min_n));
}

/* Samples of the candidate alone that show it on the right side of a limit. */
static int64_t limit_n(const struct plan *p, const struct plan_metric *m, double alpha,
	double limit, bool at_least_it)
{
	double room = at_least_it ? m->value - limit : limit - m->value;

	if (!(room > 0))
		return -1;
	return m->kind == KIND_MEAN ? stat_min_n_paired(m->sd, room, 0, alpha, p->beta)
				    : stat_min_n_score(m->value, limit, alpha, p->beta);
}

static void plan_one(struct plan *p, const struct plan_metric *m)
{
	bool mean = m->kind == KIND_MEAN;
	struct plan_subject *s = add(p, m->name,
		arena_printf(p->arena, "%s%s", mean ? "mean" : "proportion",
			m->lower ? ", lower is better" : ""),
		m->alpha);

	if (!s)
		return;
	s->assumed = arena_printf(p->arena, "live value %g", m->value);
	if (!mean && (m->value < 0 || m->value > 1)) {
		s->assumed = arena_printf(
			p->arena, "from 0 to 1, which a live value of %g is not", m->value);
		return;
	}
	if (m->success)
		s->assumed =
			arena_printf(p->arena, "%s, gain %g", s->assumed, usually(p->x.gain, 0.02));
	if (mean)
		s->assumed = arena_printf(p->arena, "%s, sd %g", s->assumed, m->sd);
	s->assumed = arena_printf(p->arena, "%s, margin %g", s->assumed, m->margin);
	plan_comparison(p, s, m);
	if (!isnan(m->floor))
		row(s, arena_printf(p->arena, "of its own, to show it at least %g", m->floor),
			limit_n(p, m, s->alpha, m->floor, true));
	if (!isnan(m->ceiling))
		row(s, arena_printf(p->arena, "of its own, to show it at most %g", m->ceiling),
			limit_n(p, m, s->alpha, m->ceiling, false));
}

static void plan_quality(struct plan *p)
{
	const struct list *metrics = &p->policy->gates->quality->metrics;

	for (size_t i = 0; i < metrics->n; i++) {
		const struct policy_metric *m = LIST_AT(metrics, struct policy_metric, i);
		double value = usually(p->x.value, 0.85);

		plan_one(p, &(struct plan_metric){.name = m->name,
				    .kind = m->kind,
				    .lower = m->direction == DIRECTION_LOWER,
				    .success = m->role == METRIC_SUCCESS ||
					       m->objective == OBJECTIVE_SUPERIOR,
				    .value = value,
				    .margin = metric_margin(m->margin, m->margin_rel, value),
				    .floor = m->floor,
				    .ceiling = m->ceiling,
				    .alpha = m->alpha,
				    .sd = usually(p->x.sd, 0.3),
				    .min_n = m->min_n});
	}
}

/* ---- Latency and cost ---- */

static void plan_latency(struct plan *p)
{
	const struct policy_latency *l = p->policy->gates->latency;
	const struct policy_limit *c = l->cost_per_1k_tokens;
	struct plan_subject *s = add(p, "latency_ms_p95", "95th percentile, by order statistics",
		p->policy->gates->alpha);
	double value = usually(p->x.value, c->ceiling / 2), slow = usually(p->x.slow, 0.02);

	if (s) {
		s->assumed = arena_printf(p->arena, "an edge of the histogram at %g ms", l->p95_ms);
		row(s, "requests, when none is over it",
			stat_min_n_zero_events(P95_OVER, s->alpha));
		row(s, "requests, when 1 is over it", stat_min_n_k_events(1, P95_OVER, s->alpha));
		row(s, "requests, when 10 are over it",
			stat_min_n_k_events(10, P95_OVER, s->alpha));
		row(s, arena_printf(p->arena, "requests, when %g %% are over it", 100 * slow),
			slow < P95_OVER ? stat_min_n_score(slow, P95_OVER, s->alpha, p->beta) : -1);
	}
	plan_one(p, &(struct plan_metric){.name = "cost_per_1k_tokens",
			    .kind = KIND_MEAN,
			    .lower = true,
			    .value = value,
			    .margin = metric_margin(NAN, c->margin_rel, value),
			    .floor = NAN,
			    .ceiling = c->ceiling,
			    .alpha = p->policy->gates->alpha,
			    .sd = usually(p->x.sd, 0.3 * fabs(value)),
			    .min_n = metric_policy_default().min_n});
}

/* ---- Safety ---- */

static void plan_suite(struct plan *p, const struct policy_suite *suite)
{
	bool rated = !isnan(suite->max_rate);
	struct plan_subject *s = add(p, suite->name,
		rated ? arena_printf(p->arena, "suite, at most %g do not pass", suite->max_rate)
		      : "suite, every case has to pass",
		p->policy->gates->alpha);

	if (!s)
		return;
	if (suite->zero_tolerance.n)
		s->assumed = arena_printf(p->arena, "nothing in %zu categor%s of zero tolerance",
			suite->zero_tolerance.n, suite->zero_tolerance.n == 1 ? "y" : "ies");
	if (!rated) {
		row(s, "cases", at_least(1, suite->min_total));
		return;
	}
	row(s, "cases, when every one passes",
		at_least(stat_min_n_zero_events(suite->max_rate, s->alpha), suite->min_total));
	for (int64_t k = 1; k <= 3; k++)
		row(s,
			arena_printf(p->arena, "cases, when %lld do%s not pass", (long long)k,
				k == 1 ? "es" : ""),
			at_least(stat_min_n_k_events(k, suite->max_rate, s->alpha),
				suite->min_total));
}

static void plan_safety(struct plan *p)
{
	const struct policy_safety *safety = p->policy->gates->safety;

	plan_one(p, &(struct plan_metric){.name = "safety",
			    .kind = KIND_PROPORTION,
			    .value = usually(p->x.value, safety->floor + 0.8 * (1 - safety->floor)),
			    .margin = safety->margin,
			    .floor = safety->floor,
			    .ceiling = NAN,
			    .alpha = p->policy->gates->alpha,
			    .min_n = metric_policy_default().min_n});
	for (size_t i = 0; i < safety->suites.n; i++)
		plan_suite(p, LIST_AT(&safety->suites, struct policy_suite, i));
}

void policy_plan(const struct policy *policy, const struct plan_assumptions *x, const char *only,
	struct arena *a, struct list *ret)
{
	size_t most = policy->gates->quality->metrics.n + policy->gates->safety->suites.n + 3;
	struct plan p = {.policy = policy,
		.x = *x,
		.only = only,
		.arena = a,
		.beta = 1 - plan_power(),
		.subjects = ARENA_ARRAY(a, most, struct plan_subject)};

	plan_quality(&p);
	plan_latency(&p);
	plan_safety(&p);
	*ret = (struct list){p.subjects, p.n};
}
