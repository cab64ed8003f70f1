/* SPDX-License-Identifier: Apache-2.0
 *
 * Plan B: a fusion block with some models taken out. It must still do all that the whole one does for
 * safety, so that an ensemble without its quorum refuses the plan even where a fallback stands.
 */
#include <string.h>

#include "policy/fusion.h"

enum { POINTER_MAX = 160 };

struct plan {
	const struct fusion *from;
	struct fusion *to;
	struct arena *arena;
	struct faults *faults;
	const char *pointer;
};

static void at_element(const struct plan *p, const char *key, const char *name, char *ret)
{
	pointer_join(ret, POINTER_MAX, p->pointer, key);
	pointer_join(ret, POINTER_MAX, ret, name);
}

/* An ensemble stays or refuses the plan; only models and splits of them go. */
static bool stands(const struct plan *p, const char *target)
{
	enum fusion_kind kind;
	const char *name;

	if (!fusion_target_parse(target, &kind, &name))
		return false;
	return kind == FUSION_ENSEMBLE || (kind == FUSION_MODEL && fusion_model(p->to, name)) ||
	       (kind == FUSION_SPLIT && fusion_split(p->to, name));
}

static void keep_models(
	struct plan *p, bool (*is_lost)(void *context, const struct fusion_model *), void *context)
{
	struct fusion_model *kept =
		ARENA_ARRAY(p->arena, p->from->models.n + 1, struct fusion_model);
	size_t n = 0;

	for (size_t i = 0; i < p->from->models.n; i++) {
		const struct fusion_model *m = LIST_AT(&p->from->models, struct fusion_model, i);

		if (!is_lost(context, m))
			kept[n++] = *m;
	}
	p->to->models = (struct list){kept, n};
}

/* ---- Ensembles ---- */

static void check_ensemble(struct plan *p, const struct fusion_ensemble *e, double weight)
{
	char base[POINTER_MAX], at[POINTER_MAX];

	at_element(p, "ensembles", e->name, base);
	if (weight < e->quorum) {
		pointer_join(at, sizeof(at), base, "quorum");
		fault_add(p->faults, at, "%g can not be reached: the members left weigh %g",
			e->quorum, weight);
	} else if ((int64_t)e->members.n < e->min_votes) {
		pointer_join(at, sizeof(at), base, "min_votes");
		fault_add(p->faults, at, "%lld are needed, %zu members are left",
			(long long)e->min_votes, e->members.n);
	}
	pointer_join(base, sizeof(base), base, "then");
	for (size_t i = 0; i < e->then.n; i++) {
		const struct fusion_then *t = LIST_AT(&e->then, struct fusion_then, i);

		if (stands(p, t->to))
			continue;
		pointer_join(at, sizeof(at), base, t->name);
		fault_add(p->faults, at, "%s is lost", t->to);
	}
}

static void keep_ensembles(struct plan *p)
{
	size_t n = p->from->ensembles.n;
	struct fusion_ensemble *kept = ARENA_ARRAY(p->arena, n + 1, struct fusion_ensemble);

	for (size_t i = 0; i < n; i++) {
		const struct fusion_ensemble *e =
			LIST_AT(&p->from->ensembles, struct fusion_ensemble, i);
		struct fusion_member *members =
			ARENA_ARRAY(p->arena, e->members.n + 1, struct fusion_member);
		size_t n_members = 0;
		double weight = 0;

		for (size_t k = 0; k < e->members.n; k++) {
			const struct fusion_member *m =
				LIST_AT(&e->members, struct fusion_member, k);

			if (!fusion_model(p->to, m->model))
				continue;
			weight += m->weight;
			members[n_members++] = *m;
		}
		kept[i] = *e;
		kept[i].members = (struct list){members, n_members};
		check_ensemble(p, &kept[i], weight);
	}
	p->to->ensembles = (struct list){kept, n};
}

/* ---- Splits ---- */

/* The weight of what is lost before the first branch that stands goes to that one, else to the one
 * before: the ranges of all others stay where they are. */
static struct list keep_branches(const struct plan *p, const struct fusion_split *s)
{
	struct fusion_branch *kept = ARENA_ARRAY(p->arena, s->branches.n + 1, struct fusion_branch);
	size_t n = 0;
	int64_t orphaned = 0;

	for (size_t i = 0; i < s->branches.n; i++) {
		const struct fusion_branch *b = LIST_AT(&s->branches, struct fusion_branch, i);

		if (stands(p, b->to)) {
			kept[n] = *b;
			kept[n++].weight += orphaned;
			orphaned = 0;
		} else if (n) {
			kept[n - 1].weight += b->weight;
		} else {
			orphaned += b->weight;
		}
	}
	return (struct list){kept, n};
}

static void keep_splits(struct plan *p)
{
	struct fusion_split *kept =
		ARENA_ARRAY(p->arena, p->from->splits.n + 1, struct fusion_split);
	size_t n = 0;

	for (size_t i = 0; i < p->from->splits.n; i++) {
		kept[n] = *LIST_AT(&p->from->splits, struct fusion_split, i);
		kept[n].branches = keep_branches(p, &kept[n]);
		n += kept[n].branches.n > 0;
	}
	p->to->splits = (struct list){kept, n};
}

/* ---- Routes ---- */

static void keep_targets(
	const struct plan *p, const char **to, struct strings *fallback, const char *pointer)
{
	const char **left = ARENA_ARRAY(p->arena, fallback->n + 2, const char *);
	size_t n = 0;

	if (stands(p, *to))
		left[n++] = *to;
	for (size_t i = 0; i < fallback->n; i++)
		if (stands(p, fallback->v[i]))
			left[n++] = fallback->v[i];
	if (!n) {
		fault_add(p->faults, pointer, "reaches no model: all of its targets are lost");
		return;
	}
	*to = left[0];
	*fallback = (struct strings){left + 1, n - 1};
}

static void keep_routes(struct plan *p)
{
	struct fusion_route *kept =
		ARENA_ARRAY(p->arena, p->from->routes.n + 1, struct fusion_route);
	char base[POINTER_MAX], at[POINTER_MAX];

	pointer_join(base, sizeof(base), p->pointer, "routes");
	for (size_t i = 0; i < p->from->routes.n; i++) {
		kept[i] = *LIST_AT(&p->from->routes, struct fusion_route, i);
		pointer_index(at, sizeof(at), base, i);
		keep_targets(p, &kept[i].to, &kept[i].fallback, at);
	}
	p->to->routes = (struct list){kept, p->from->routes.n};
	p->to->otherwise = arena_memdup(p->arena, p->from->otherwise, sizeof(*p->to->otherwise));
	pointer_join(at, sizeof(at), p->pointer, "default");
	keep_targets(p, &p->to->otherwise->to, &p->to->otherwise->fallback, at);
}

int fusion_without(const struct fusion *f,
	bool (*is_lost)(void *context, const struct fusion_model *), void *context,
	const char *pointer, struct arena *a, struct fusion *ret, struct faults *faults)
{
	struct fusion left = *f;
	struct plan p = {.from = f, .to = &left, .arena = a, .faults = faults, .pointer = pointer};
	size_t before = faults->total;

	keep_models(&p, is_lost, context);
	keep_ensembles(&p);
	keep_splits(&p);
	keep_routes(&p);
	if (f->distillation &&
		(!stands(&p, f->distillation->teacher) || !stands(&p, f->distillation->student)))
		left.distillation = NULL;
	if (faults->total > before)
		return -1;
	*ret = left;
	return 0;
}
