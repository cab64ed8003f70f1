/* SPDX-License-Identifier: Apache-2.0
 *
 * What in a fusion block does nothing. A rule is taken as alternatives, each a conjunction of
 * conditions; one is dead when its conditions exclude each other, or when they imply all conditions of
 * an alternative of an earlier rule. `in` counts as an alternative for each of its values, so that two
 * earlier rules together can take what a later one wants.
 */
#include <math.h>
#include <string.h>

#include "policy/fusion_parts.h"

enum { POINTER_MAX = 160 };

/* ---- What a conjunction lets a field be ---- */

struct range {
	double low, high;
	bool low_open, high_open, is_set;
};

static bool range_empty(const struct range *r)
{
	return r->low > r->high || (r->low == r->high && (r->low_open || r->high_open));
}

static void range_narrow(struct range *r, const struct fusion_condition *c)
{
	double v = c->values[0].number;
	bool open = c->op == FUSION_GT || c->op == FUSION_LT;

	r->is_set = true;
	if ((c->op == FUSION_GT || c->op == FUSION_GE) && (v > r->low || (v == r->low && open))) {
		r->low = v;
		r->low_open = open;
	}
	if ((c->op == FUSION_LT || c->op == FUSION_LE) && (v < r->high || (v == r->high && open))) {
		r->high = v;
		r->high_open = open;
	}
}

static struct range range_of(const struct fusion_conjunction *k, const char *field)
{
	struct range r = {-INFINITY, INFINITY, false, false, false};

	for (size_t i = 0; i < k->n; i++)
		if (!strcmp(k->c[i].field, field) && k->c[i].op >= FUSION_GT &&
			k->c[i].op <= FUSION_LE)
			range_narrow(&r, &k->c[i]);
	return r;
}

static bool allows(
	const struct fusion_conjunction *k, const char *field, const struct fusion_value *v)
{
	for (size_t i = 0; i < k->n; i++)
		if (!strcmp(k->c[i].field, field) && !fusion_condition_holds(&k->c[i], v))
			return false;
	return true;
}

/* The condition that names the field's values one by one, if there is one. */
static const struct fusion_condition *named(const struct fusion_conjunction *k, const char *field)
{
	for (size_t i = 0; i < k->n; i++)
		if (!strcmp(k->c[i].field, field) &&
			(k->c[i].op == FUSION_EQ || k->c[i].op == FUSION_IN))
			return &k->c[i];
	return NULL;
}

static bool constrains(const struct fusion_conjunction *k, const char *field)
{
	for (size_t i = 0; i < k->n; i++)
		if (!strcmp(k->c[i].field, field))
			return true;
	return false;
}

static bool field_excluded(const struct fusion_conjunction *k, const char *field)
{
	const struct fusion_condition *values = named(k, field);
	struct range r = range_of(k, field);

	if (!values) {
		struct fusion_value point = {.type = FUSION_NUMBER, .number = r.low};

		return range_empty(&r) || (r.low == r.high && !allows(k, field, &point));
	}
	for (size_t i = 0; i < values->n_values; i++)
		if (allows(k, field, &values->values[i]))
			return false;
	return true;
}

static bool excluded(const struct fusion_conjunction *k)
{
	for (size_t i = 0; i < k->n; i++)
		if (field_excluded(k, k->c[i].field))
			return true;
	return false;
}

static bool range_within(const struct range *r, const struct fusion_condition *c)
{
	double v = c->values[0].number;

	switch (c->op) {
	case FUSION_GT:
		return r->low > v || (r->low == v && r->low_open);
	case FUSION_GE:
		return r->low >= v;
	case FUSION_LT:
		return r->high < v || (r->high == v && r->high_open);
	case FUSION_LE:
		return r->high <= v;
	default:
		return false;
	}
}

static bool never_equal(
	const struct fusion_conjunction *k, const struct range *r, const struct fusion_condition *c)
{
	const struct fusion_value *v = &c->values[0];

	if (r->is_set && v->type != FUSION_NUMBER)
		return true;
	return !allows(k, c->field, v);
}

/* Whatever satisfies k satisfies c. */
static bool implies(const struct fusion_conjunction *k, const struct fusion_condition *c)
{
	const struct fusion_condition *values = named(k, c->field);
	struct range r = range_of(k, c->field);

	if (!constrains(k, c->field))
		return false;
	if (values) {
		for (size_t i = 0; i < values->n_values; i++)
			if (allows(k, c->field, &values->values[i]) &&
				!fusion_condition_holds(c, &values->values[i]))
				return false;
		return true;
	}
	switch (c->op) {
	case FUSION_EXISTS:
		return true;
	case FUSION_NE:
		return never_equal(k, &r, c);
	case FUSION_EQ:
	case FUSION_IN: {
		struct fusion_value point = {.type = FUSION_NUMBER, .number = r.low};

		return r.is_set && r.low == r.high && fusion_condition_holds(c, &point);
	}
	default:
		return r.is_set && range_within(&r, c);
	}
}

static bool covered(const struct fusion_conjunction *k, const struct fusion_alternatives *earlier)
{
	for (size_t i = 0; i < earlier->n; i++) {
		const struct fusion_conjunction *e = &earlier->v[i];
		size_t held = 0;

		while (held < e->n && implies(k, &e->c[held]))
			held++;
		if (held == e->n)
			return true;
	}
	return false;
}

/* ---- Rules ---- */

enum rule_life { RULE_LIVES, RULE_CONTRADICTS, RULE_COVERED };

static enum rule_life life_of(
	const struct fusion_alternatives *own, const struct fusion_alternatives *earlier)
{
	bool contradicts = true;

	for (size_t i = 0; i < own->n; i++) {
		if (excluded(&own->v[i]))
			continue;
		contradicts = false;
		if (!covered(&own->v[i], earlier))
			return RULE_LIVES;
	}
	return contradicts ? RULE_CONTRADICTS : RULE_COVERED;
}

/* ---- Reach ---- */

struct reach {
	const struct fusion *f;
	bool *models, *ensembles, *splits;
};

static size_t place(const struct list *l, const void *element, size_t size)
{
	return (size_t)((const char *)element - (const char *)l->v) / size;
}

static void reach_target(struct reach *r, const char *target)
{
	enum fusion_kind kind;
	const char *name;

	if (!fusion_target_parse(target, &kind, &name))
		return;
	if (kind == FUSION_MODEL) {
		const struct fusion_model *m = fusion_model(r->f, name);

		r->models[place(&r->f->models, m, sizeof(*m))] = true;
	} else if (kind == FUSION_ENSEMBLE) {
		const struct fusion_ensemble *e = fusion_ensemble(r->f, name);

		r->ensembles[place(&r->f->ensembles, e, sizeof(*e))] = true;
		for (size_t i = 0; i < e->members.n; i++) {
			const struct fusion_model *m = fusion_model(
				r->f, LIST_AT(&e->members, struct fusion_member, i)->model);

			r->models[place(&r->f->models, m, sizeof(*m))] = true;
		}
		for (size_t i = 0; i < e->then.n; i++)
			reach_target(r, LIST_AT(&e->then, struct fusion_then, i)->to);
	} else {
		const struct fusion_split *s = fusion_split(r->f, name);

		r->splits[place(&r->f->splits, s, sizeof(*s))] = true;
		for (size_t i = 0; i < s->branches.n; i++)
			if (LIST_AT(&s->branches, struct fusion_branch, i)->weight > 0)
				reach_target(r, LIST_AT(&s->branches, struct fusion_branch, i)->to);
	}
}

static void reach_all(struct reach *r, const char *to, const struct strings *fallback)
{
	reach_target(r, to);
	for (size_t i = 0; i < fallback->n; i++)
		reach_target(r, fallback->v[i]);
}

static void tell_unreached(const struct list *l, size_t size, const bool *reached,
	const char *pointer, const char *key, const char *noun, struct faults *findings)
{
	char base[POINTER_MAX], at[POINTER_MAX];

	pointer_join(base, sizeof(base), pointer, key);
	for (size_t i = 0; i < l->n; i++) {
		/* The first member of what a map holds is its name. */
		const char *name = *(const char *const *)((const char *)l->v + i * size);

		if (reached[i])
			continue;
		pointer_join(at, sizeof(at), base, name);
		fault_add(findings, at, "no rule reaches this %s", noun);
	}
}

/* Nodes count what was slow, not how slow: a trigger that waits for that waits for ever. */
static void tell_unmeasured(
	const struct fusion_trigger *t, const char *pointer, struct faults *findings)
{
	const char *list = t->all.n ? "all" : t->any.n ? "any" : NULL;
	char trigger[POINTER_MAX], base[POINTER_MAX], at[POINTER_MAX];

	pointer_join(base, sizeof(base), pointer, "distillation");
	pointer_join(trigger, sizeof(trigger), base, "trigger");
	if (list)
		pointer_join(base, sizeof(base), trigger, list);
	for (size_t i = 0; i < t->signals.n; i++) {
		const struct fusion_signal *s = LIST_AT(&t->signals, struct fusion_signal, i);

		if (strcmp(s->signal, "latency_ms_p95") != 0)
			continue;
		if (list)
			pointer_index(trigger, sizeof(trigger), base, i);
		pointer_join(at, sizeof(at), trigger, "signal");
		fault_add(findings, at,
			"is measured by nobody: nodes count what was slow, not how slow");
	}
}

void fusion_findings(
	const struct fusion *f, const char *pointer, struct arena *a, struct faults *findings)
{
	struct fusion_alternatives earlier = {.arena = a};
	struct reach reach = {.f = f,
		.models = ARENA_ARRAY(a, f->models.n + 1, bool),
		.ensembles = ARENA_ARRAY(a, f->ensembles.n + 1, bool),
		.splits = ARENA_ARRAY(a, f->splits.n + 1, bool)};
	char base[POINTER_MAX], at[POINTER_MAX];

	pointer_join(base, sizeof(base), pointer, "routes");
	for (size_t i = 0; i < f->routes.n; i++) {
		const struct fusion_route *r = LIST_AT(&f->routes, struct fusion_route, i);
		struct fusion_alternatives own = {.arena = a};

		fusion_alternatives_of(&own, r->when);
		enum rule_life life = life_of(&own, &earlier);

		pointer_index(at, sizeof(at), base, i);
		if (life == RULE_CONTRADICTS)
			fault_add(
				findings, at, "can never match: its conditions exclude each other");
		else if (life == RULE_COVERED)
			fault_add(findings, at, "can never match: earlier rules take all of it");
		else
			reach_all(&reach, r->to, &r->fallback);
		for (size_t k = 0; life == RULE_LIVES && k < own.n; k++)
			fusion_alternatives_add(&earlier, own.v[k]);
	}
	reach_all(&reach, f->otherwise->to, &f->otherwise->fallback);
	/* What is taught is there for its teacher. */
	if (f->distillation) {
		reach_target(&reach, f->distillation->teacher);
		reach_target(&reach, f->distillation->student);
		tell_unmeasured(f->distillation->trigger, pointer, findings);
	}
	tell_unreached(&f->models, sizeof(struct fusion_model), reach.models, pointer, "models",
		"model", findings);
	tell_unreached(&f->ensembles, sizeof(struct fusion_ensemble), reach.ensembles, pointer,
		"ensembles", "ensemble", findings);
	tell_unreached(&f->splits, sizeof(struct fusion_split), reach.splits, pointer, "splits",
		"split", findings);
}
