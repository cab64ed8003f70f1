/* SPDX-License-Identifier: Apache-2.0
 *
 * What a request's whole way takes and costs, route by route.
 */
#include <math.h>
#include <string.h>

#include "policy/combination_parts.h"
#include "policy/fusion.h"

enum { POINTER_MAX = 160 };

/* NAN: of one of its models the number is not known. */
struct way {
	double ms, cost;
	size_t models;	    /* that are asked on it */
	const char *absent; /* a unit that has not got them all */
};

static double worse(double a, double b)
{
	return isnan(a) || isnan(b) ? (double)NAN : a > b ? a : b;
}

/* Of the alternatives one happens. */
static void take_worse(struct way *w, const struct way *other)
{
	w->ms = worse(w->ms, other->ms);
	w->cost = worse(w->cost, other->cost);
	w->models = w->models > other->models ? w->models : other->models;
	w->absent = w->absent ? w->absent : other->absent;
}

static double known_worse(double a, double b)
{
	return isnan(a) ? b : isnan(b) ? a : worse(a, b);
}

static struct way way_model(const struct combination *c, const struct fusion *f, const char *name)
{
	const struct fusion_model *m = fusion_model(f, name);
	const struct combined_unit *base = combined_unit(c, m->artifact);
	const struct combined_unit *adapter = m->adapter ? combined_unit(c, m->adapter) : NULL;
	struct way w = {NAN, NAN, 1, NULL};

	if (base)
		w = (struct way){base->latency_ms_p95, base->cost_per_1k_tokens, 1, NULL};
	if (adapter) {
		w.ms = known_worse(w.ms, adapter->latency_ms_p95);
		w.cost = known_worse(w.cost, adapter->cost_per_1k_tokens);
	}
	if (isnan(w.ms) || isnan(w.cost))
		w.absent = adapter ? adapter->unit->artifact->id : base->unit->artifact->id;
	return w;
}

static struct way way_ensemble(
	const struct combination *c, const struct fusion *f, const struct fusion_ensemble *e)
{
	struct way w = {0}, then = {0};

	for (size_t i = 0; i < e->members.n; i++) {
		struct way one =
			way_model(c, f, LIST_AT(&e->members, struct fusion_member, i)->model);

		w.ms = worse(w.ms, one.ms);
		w.cost += one.cost;
		w.models++;
		w.absent = w.absent ? w.absent : one.absent;
	}
	/* After that nobody is waited for, whatever was measured. */
	if (e->timeout_ms > 0 && !(w.ms <= (double)e->timeout_ms))
		w.ms = (double)e->timeout_ms;
	for (size_t i = 0; i < e->then.n; i++) {
		enum fusion_kind kind;
		const char *name;
		struct way one;

		if (!fusion_target_parse(
			    LIST_AT(&e->then, struct fusion_then, i)->to, &kind, &name))
			continue;
		one = way_model(c, f, name);
		take_worse(&then, &one);
	}
	w.ms += then.ms;
	w.cost += then.cost;
	w.models += then.models;
	w.absent = w.absent ? w.absent : then.absent;
	return w;
}

static struct way way_target(
	const struct combination *c, const struct fusion *f, const char *target)
{
	struct way w = {0}, one;
	enum fusion_kind kind;
	const char *name;

	if (!fusion_target_parse(target, &kind, &name))
		return w;
	if (kind == FUSION_MODEL)
		return way_model(c, f, name);
	if (kind == FUSION_ENSEMBLE)
		return way_ensemble(c, f, fusion_ensemble(f, name));
	const struct fusion_split *s = fusion_split(f, name);

	/* The branch of a split is no split. */
	for (size_t i = 0; i < s->branches.n; i++) {
		const struct fusion_branch *b = LIST_AT(&s->branches, struct fusion_branch, i);

		if (b->weight == 0 || !fusion_target_parse(b->to, &kind, &name))
			continue;
		one = kind == FUSION_MODEL ? way_model(c, f, name)
					   : way_ensemble(c, f, fusion_ensemble(f, name));
		take_worse(&w, &one);
	}
	return w;
}

/* ---- Checks ---- */

struct sum {
	const char *metric, *unit;
	double value, limit;
	bool tighter; /* than what each unit was held to by itself */
};

static void add_sum(struct check_list *l, const struct way *w, const struct sum *s,
	const char *route, const char *to, const char *pointer)
{
	const char *where = arena_printf(l->arena, "route %s to %s", route, to);
	struct gate_check *c;

	if (w->models < 2 && !s->tighter)
		return;
	if (isnan(s->value)) {
		c = check_add(l, s->metric, VERDICT_INCONCLUSIVE, "missing",
			arena_printf(l->arena, "%s: %s has no %s, so it can't be summed", where,
				w->absent, s->metric));
	} else {
		bool within = s->value <= s->limit;

		c = check_add(l, s->metric, within ? VERDICT_PASS : VERDICT_FAIL,
			within ? "within_limit" : "ceiling",
			arena_printf(l->arena, "%s: %zu model%s, %.6g%s in all %s %.6g", where,
				w->models, w->models == 1 ? "" : "s", s->value, s->unit,
				within ? "<=" : ">", s->limit));
		if (!within)
			c->short_by = s->value - s->limit;
		c->value = s->value;
	}
	c->limit = s->limit;
	c->pointer = pointer;
}

static void add_way(const struct combination *c, const struct fusion *f, const char *route,
	const char *to, const char *pointer, struct check_list *l)
{
	const struct policy_gates *g = c->policy->gates;
	struct way w = way_target(c, f, to);
	struct sum ms = {"latency_ms_p95", " ms", w.ms, g->combination->p95_ms,
		g->combination->p95_ms < g->latency->p95_ms};
	struct sum cost = {"cost_per_1k_tokens", "", w.cost, g->combination->cost_per_1k_tokens,
		g->combination->cost_per_1k_tokens < g->latency->cost_per_1k_tokens->ceiling};

	add_sum(l, &w, &ms, route, to, pointer);
	add_sum(l, &w, &cost, route, to, pointer);
}

static void add_route(const struct combination *c, const struct fusion *f, const char *route,
	const char *to, const struct strings *fallback, const char *pointer, struct check_list *l)
{
	const char *at = arena_strdup(l->arena, pointer);

	add_way(c, f, route, to, at, l);
	for (size_t i = 0; i < fallback->n; i++)
		add_way(c, f, route, fallback->v[i], at, l);
}

void combination_ways(
	const struct combination *c, const struct fusion *block, struct check_list *ret)
{
	char at[POINTER_MAX];

	for (size_t i = 0; i < block->routes.n; i++) {
		const struct fusion_route *r = LIST_AT(&block->routes, struct fusion_route, i);

		pointer_index(at, sizeof(at), "/fusion/routes", i);
		add_route(c, block, r->name, r->to, &r->fallback, at, ret);
	}
	add_route(c, block, "default", block->otherwise->to, &block->otherwise->fallback,
		"/fusion/default", ret);
}
