/* SPDX-License-Identifier: Apache-2.0
 *
 * The candidates of a slot by quality, cost and latency, from what their newest verdicts say.
 */
#include <math.h>
#include <string.h>

#include "engine/explain.h"
#include "engine/verdict.h"
#include "policy/pareto.h"

/* The number that a gate's check was made of; NAN: it has none of that name. */
static double check_value(const struct judgement *j, enum gate gate, const char *name)
{
	const struct gate_result *g;

	if ((size_t)gate >= j->gates.n)
		return NAN;
	g = LIST_AT(&j->gates, struct gate_result, gate);
	for (size_t i = 0; i < g->checks.n; i++) {
		const struct gate_check *c = LIST_AT(&g->checks, struct gate_check, i);

		if (strcmp(c->name, name) == 0 && !c->against && !isnan(c->value))
			return c->value;
	}
	return NAN;
}

static double quality_of(const struct judgement *j, const struct policy *p)
{
	const struct list *metrics = &p->gates->quality->metrics;

	for (size_t i = 0; i < metrics->n; i++) {
		const struct policy_metric *m = LIST_AT(metrics, struct policy_metric, i);
		double v = m->role == METRIC_SUCCESS ? check_value(j, GATE_QUALITY, m->name)
						     : (double)NAN;

		if (!isnan(v))
			return m->direction == DIRECTION_LOWER ? -v : v;
	}
	return NAN;
}

static int load_point(struct db *db, const struct candidate_row *row, const struct policy *p,
	struct arena *a, struct pareto_point *point, struct tradeoff *ret, struct err *err)
{
	struct judgement_row stored;
	struct judgement j;

	if (judgement_find(db, row->judgement_seq, a, &stored, err) <= 0)
		return err_set(err, ERR_STORAGE, "the judgement of %s is missing", row->id);
	if (fields_load_text(&judgement_table, stored.body, a, &j, err) < 0)
		return -1;
	point->quality = quality_of(&j, p);
	point->cost = check_value(&j, GATE_LATENCY, "cost_per_1k_tokens");
	point->latency = check_value(&j, GATE_LATENCY, "latency_ms_p95");
	*ret = (struct tradeoff){row->provider, row->id, j.phase, fabs(point->quality), point->cost,
		point->latency, 0, NULL};
	return 0;
}

int slot_tradeoffs(struct db *reader, const struct snapshot *s, const char *slot, int64_t limit,
	struct arena *a, struct tradeoffs *ret, struct err *err)
{
	struct candidate_row *rows;
	struct pareto_point *points;
	struct tradeoff *list;
	int index = slot_index(&s->policy, slot);
	size_t n;

	if (index < 0)
		return 0;
	if (candidate_slot(reader, LIST_AT(&s->policy.slots, struct policy_slot, index)->role, slot,
		    limit, a, &rows, &n, err) < 0)
		return -1;
	points = ARENA_ARRAY(a, n + 1, struct pareto_point);
	list = ARENA_ARRAY(a, n + 1, struct tradeoff);
	for (size_t i = 0; i < n; i++)
		if (load_point(reader, &rows[i], &s->policy, a, &points[i], &list[i], err) < 0)
			return -1;
	pareto_mark(points, n);
	for (size_t i = 0; i < n; i++) {
		list[i].dominated = points[i].by != NULL;
		list[i].dominated_by = points[i].by ? list[points[i].by - points].id : NULL;
	}
	ret->slot = slot;
	ret->candidates = (struct list){list, n};
	return 1;
}
