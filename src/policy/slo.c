/* SPDX-License-Identifier: Apache-2.0
 *
 * Two sets of windows, one to the second and one on the steps of eval_s, behind one list of what the
 * rules say.
 */
#include "policy/slo.h"

#include <math.h>
#include <string.h>

#include "base/clock.h"

struct part {
	struct burn_rules rules; /* with some of the levels */
	struct burnrate *burn;	 /* NULL: only what they said last */
	struct burnrate_status *statuses;
};

struct slo_watch {
	const struct burn_rules *rules;
	/* All times are seconds since the activation, so that steps begin with it, wherever on the
	 * clock it was. */
	int64_t origin;
	struct part quick, slow;
	int64_t step;	/* the last one evaluated, in units of eval_s; INT64_MIN: none */
	int64_t looked; /* usec */
	struct burnrate_status *statuses;
	size_t n;
};

static int64_t seconds_down(int64_t usec)
{
	return usec / USEC_PER_SEC - (usec % USEC_PER_SEC < 0);
}

static int64_t seconds_up(int64_t usec)
{
	return seconds_down(usec + USEC_PER_SEC - 1);
}

static int64_t before(const struct slo_watch *w, int64_t usec)
{
	return seconds_down(usec) - w->origin;
}

static int64_t after(const struct slo_watch *w, int64_t usec)
{
	return seconds_up(usec) - w->origin;
}

/* ---- Making ---- */

static bool is_quick(const struct burn_rules *rules, const struct burn_slo *slo)
{
	bool quick = burn_evaluations(rules, slo) == 1 &&
		     (slo->kind == BURN_COUNT || slo->for_evals == 1);

	for (size_t i = 0; quick && i < slo->rules.n; i++)
		quick = LIST_AT(&slo->rules, struct burn_rule, i)->long_s <= SLO_AT_ONCE_MAX_S;
	return quick;
}

static int part_make(struct part *p, const struct burn_rules *rules, bool quick, struct err *err)
{
	struct burn_slo *slos = xcalloc(rules->slos.n + 1, sizeof(*slos));

	p->rules = *rules;
	p->rules.slos = (struct list){slos, 0};
	if (quick)
		p->rules.eval_s = 1;
	for (size_t i = 0; i < rules->slos.n; i++) {
		const struct burn_slo *slo = LIST_AT(&rules->slos, struct burn_slo, i);

		if (is_quick(rules, slo) == quick)
			slos[p->rules.slos.n++] = *slo;
	}
	p->burn = burnrate_new(&p->rules, 0, err);
	if (!p->burn)
		return -1;
	p->statuses = xcalloc(burnrate_rules(p->burn) + 1, sizeof(*p->statuses));
	return 0;
}

static void part_clear(struct part *p)
{
	burnrate_free(p->burn);
	free(p->statuses);
	free(p->rules.slos.v);
}

/* In the order of the policy. */
static void gather(struct slo_watch *w)
{
	size_t quick = 0, slow = 0;

	w->n = 0;
	for (size_t i = 0; i < w->rules->slos.n; i++) {
		const struct burn_slo *slo = LIST_AT(&w->rules->slos, struct burn_slo, i);
		bool is = is_quick(w->rules, slo);

		for (size_t k = 0; k < slo->rules.n; k++) {
			struct burnrate_status *s = &w->statuses[w->n++];

			*s = is ? w->quick.statuses[quick++] : w->slow.statuses[slow++];
			s->slo = slo;
			s->slo_index = i;
			s->rule = LIST_AT(&slo->rules, struct burn_rule, k);
		}
	}
}

struct slo_watch *slo_watch_new(const struct burn_rules *rules, int64_t activated, struct err *err)
{
	struct slo_watch *w = xcalloc(1, sizeof(*w));

	w->rules = rules;
	w->step = INT64_MIN;
	w->origin = seconds_down(activated);
	w->looked = activated;
	if (part_make(&w->quick, rules, true, err) < 0 ||
		part_make(&w->slow, rules, false, err) < 0) {
		slo_watch_free(w);
		return NULL;
	}
	w->statuses = xcalloc(burnrate_rules(w->quick.burn) + burnrate_rules(w->slow.burn) + 1,
		sizeof(*w->statuses));
	burnrate_peek(w->quick.burn, w->quick.statuses);
	burnrate_peek(w->slow.burn, w->slow.statuses);
	gather(w);
	return w;
}

static void *duplicate(const void *v, size_t n, size_t size)
{
	return memcpy(xcalloc(n + 1, size), v, n * size);
}

struct slo_watch *slo_watch_try(const struct slo_watch *w)
{
	struct slo_watch *copy = duplicate(w, 1, sizeof(*w));
	const struct part *quick = &w->quick, *slow = &w->slow;

	copy->quick = (struct part){.burn = burnrate_copy(quick->burn),
		.statuses = duplicate(
			quick->statuses, burnrate_rules(quick->burn), sizeof(*quick->statuses))};
	copy->slow = (struct part){.statuses = duplicate(slow->statuses, burnrate_rules(slow->burn),
					   sizeof(*slow->statuses))};
	copy->statuses = duplicate(w->statuses, w->n, sizeof(*w->statuses));
	return copy;
}

void slo_watch_free(struct slo_watch *w)
{
	if (!w)
		return;
	part_clear(&w->quick);
	part_clear(&w->slow);
	free(w->statuses);
	free(w);
}

void slo_rules_check(const struct burn_rules *rules, const char *pointer, struct faults *faults)
{
	struct err err = {0};
	SLO_WATCH_AUTO w = slo_watch_new(rules, 0, &err);

	if (!w)
		fault_add(faults, pointer, "%s", err.msg);
}

/* ---- Rows and time ---- */

bool slo_watch_add(struct slo_watch *w, int64_t t_end, int64_t now, const struct observation *row)
{
	int64_t end = after(w, t_end);
	bool counts;

	burnrate_advance(w->quick.burn, after(w, now));
	counts = burnrate_add(w->quick.burn, end, row);
	if (!w->slow.burn)
		return counts;
	burnrate_advance(w->slow.burn, before(w, now));
	return burnrate_add(w->slow.burn, end, row) || counts;
}

int64_t slo_watch_reach(const struct slo_watch *w)
{
	int64_t quick = burnrate_reach(w->quick.burn), slow = burnrate_reach(w->slow.burn);

	return (quick > slow ? quick : slow) * USEC_PER_SEC;
}

static int64_t step_of(const struct slo_watch *w, int64_t now)
{
	int64_t age = before(w, now);

	return age < 0 ? -1 : age / w->rules->eval_s;
}

bool slo_watch_due(const struct slo_watch *w, int64_t now)
{
	return step_of(w, now) > w->step;
}

bool slo_watch_turned_back(const struct slo_watch *w, int64_t now)
{
	return now < w->looked - w->rules->eval_s * USEC_PER_SEC;
}

void slo_watch_look(struct slo_watch *w, int64_t now)
{
	if (w->slow.burn && slo_watch_due(w, now)) {
		w->step = step_of(w, now);
		burnrate_evaluate(w->slow.burn, before(w, now), w->slow.statuses);
	}
	burnrate_evaluate(w->quick.burn, after(w, now), w->quick.statuses);
	if (w->looked < now)
		w->looked = now;
	gather(w);
}

const struct burnrate_status *slo_watch_statuses(const struct slo_watch *w, size_t *ret_n)
{
	*ret_n = w->n;
	return w->statuses;
}

int64_t slo_watch_evaluated(const struct slo_watch *w)
{
	return w->step < 0 ? 0 : (w->origin + w->step * w->rules->eval_s) * USEC_PER_SEC;
}

/* ---- In words ---- */

enum { PER_CENT_PPM = 10000, MILLI = 1000 };

static const char *ratio(const struct burnrate_status *s, struct arena *a)
{
	const struct burnrate_window *w = &s->long_window;

	return arena_printf(a,
		"%s: %lld of %lld (%.4g %%) over %lld s, %.4g times the budget of %.6g %%; fires "
		"above %.6g times",
		s->slo->bad, (long long)w->bad, (long long)w->of,
		100.0 * (double)w->bad / (double)w->of, (long long)s->rule->long_s, w->burn,
		(double)s->slo->budget_ppm / PER_CENT_PPM, (double)s->rule->factor_milli / MILLI);
}

static const char *value(const struct burnrate_status *s, struct arena *a)
{
	const struct burnrate_window *w = &s->long_window;

	return arena_printf(a,
		"%s: %.10g for 1000 %s over %lld s, %.4g times the limit of %lld; fires above %.6g "
		"times",
		s->slo->bad, 1000.0 * (double)w->bad / (double)w->of, s->slo->of,
		(long long)s->rule->long_s, w->burn, (long long)s->slo->limit_micro_per_1k,
		(double)s->rule->factor_milli / MILLI);
}

const char *slo_sentence(const struct burnrate_status *s, struct arena *a)
{
	if (s->slo->kind == BURN_COUNT)
		return arena_printf(a, "%s: %lld over %lld s; fires above %lld", s->slo->bad,
			(long long)s->long_window.bad, (long long)s->rule->long_s,
			(long long)s->slo->max_count);
	if (s->long_window.of == 0)
		return arena_printf(
			a, "no data: %s is 0 over %lld s", s->slo->of, (long long)s->rule->long_s);
	return s->slo->kind == BURN_RATIO ? ratio(s, a) : value(s, a);
}
