/* SPDX-License-Identifier: Apache-2.0
 *
 * The fusion block as a whole: every name that is used exists, a ballot can do what it is for, and
 * nothing is named twice.
 */
#include <string.h>

#include "model/fusion_parts.h"

/* ---- References ---- */

/* NULL was refused already. */
static void check_target(const struct fusion *f, const char *target, const char *pointer,
	const char *key, struct faults *faults)
{
	char at[FUSION_POINTER_MAX];

	if (!target || fusion_has_target(f, target))
		return;
	pointer_join(at, sizeof(at), pointer, key);
	fault_add(faults, at, "there is no %s in this block", target);
}

static void check_fallback(const struct fusion *f, const char *to, const struct strings *fallback,
	const char *pointer, struct faults *faults)
{
	char base[FUSION_POINTER_MAX], at[FUSION_POINTER_MAX];

	pointer_join(base, sizeof(base), pointer, "fallback");
	for (size_t i = 0; i < fallback->n; i++) {
		bool again = to && !strcmp(to, fallback->v[i]);

		for (size_t k = 0; k < i; k++)
			again = again || !strcmp(fallback->v[k], fallback->v[i]);
		pointer_index(at, sizeof(at), base, i);
		if (!fusion_has_target(f, fallback->v[i]))
			fault_add(faults, at, "there is no %s in this block", fallback->v[i]);
		else if (again)
			fault_add(faults, at, "%s was tried already", fallback->v[i]);
	}
}

static void check_routes(const struct fusion *f, const char *pointer, struct faults *faults)
{
	char base[FUSION_POINTER_MAX], at[FUSION_POINTER_MAX];

	pointer_join(base, sizeof(base), pointer, "routes");
	for (size_t i = 0; i < f->routes.n; i++) {
		const struct fusion_route *r = LIST_AT(&f->routes, struct fusion_route, i);

		pointer_index(at, sizeof(at), base, i);
		check_target(f, r->to, at, "to", faults);
		check_fallback(f, r->to, &r->fallback, at, faults);
		if (r->name && !strcmp(r->name, "default"))
			fusion_fault(faults, at, "name", "is the name of the default");
		for (size_t k = 0; r->name && k < i; k++) {
			const char *other = LIST_AT(&f->routes, struct fusion_route, k)->name;

			if (!other || strcmp(other, r->name) != 0)
				continue;
			fusion_fault(faults, at, "name", "is the name of an earlier route, too");
			break;
		}
	}
	if (!f->otherwise)
		return;
	pointer_join(at, sizeof(at), pointer, "default");
	check_target(f, f->otherwise->to, at, "to", faults);
	check_fallback(f, f->otherwise->to, &f->otherwise->fallback, at, faults);
}

/* ---- Ensembles ---- */

static void check_members(const struct fusion *f, const struct fusion_ensemble *e,
	const char *pointer, struct faults *faults)
{
	char base[FUSION_POINTER_MAX], at[FUSION_POINTER_MAX];
	double weight = 0;

	pointer_join(base, sizeof(base), pointer, "members");
	for (size_t i = 0; i < e->members.n; i++) {
		const struct fusion_member *m = LIST_AT(&e->members, struct fusion_member, i);

		if (!m->model)
			return;
		weight += m->weight;
		pointer_index(at, sizeof(at), base, i);
		pointer_join(at, sizeof(at), at, "model");
		if (!fusion_model(f, m->model))
			fault_add(faults, at, "there is no model:%s in this block", m->model);
		for (size_t k = 0; k < i; k++)
			if (!strcmp(LIST_AT(&e->members, struct fusion_member, k)->model, m->model))
				fault_add(faults, at, "%s votes already", m->model);
	}
	if (e->quorum > weight) {
		pointer_join(at, sizeof(at), pointer, "quorum");
		fault_add(faults, at, "%g can not be reached: all members weigh %g", e->quorum,
			weight);
	}
	if (e->min_votes > (int64_t)e->members.n)
		fusion_fault(faults, pointer, "min_votes", "there are fewer members");
}

static void check_labels(
	const struct fusion_ensemble *e, const char *pointer, struct faults *faults)
{
	char base[FUSION_POINTER_MAX], at[FUSION_POINTER_MAX];
	const char *safest = fusion_safest(e);

	pointer_join(base, sizeof(base), pointer, "labels");
	if (e->labels.n < 2)
		fault_add(
			faults, base, "must have at least 2 elements: there is nothing to vote on");
	for (size_t i = 0; i < e->labels.n; i++) {
		for (size_t k = 0; k < i; k++) {
			if (strcmp(e->labels.v[i], e->labels.v[k]) != 0)
				continue;
			pointer_index(at, sizeof(at), base, i);
			fault_add(faults, at, "is listed twice");
		}
	}
	if (fusion_listed(&e->labels, e->tie) && strcmp(e->tie, safest) != 0) {
		pointer_join(at, sizeof(at), pointer, "tie");
		fault_add(
			faults, at, "must be the safest label, the last of labels: \"%s\"", safest);
	}
	if (fusion_listed(&e->labels, e->no_quorum) && strcmp(e->no_quorum, safest) != 0) {
		pointer_join(at, sizeof(at), pointer, "no_quorum");
		fault_add(
			faults, at, "must be the safest label, the last of labels: \"%s\"", safest);
	}
}

static void check_then(const struct fusion *f, const struct fusion_ensemble *e, const char *pointer,
	struct faults *faults)
{
	char at[FUSION_POINTER_MAX];

	pointer_join(at, sizeof(at), pointer, "then");
	if (e->mode == ENSEMBLE_GATE && !e->then.n)
		fault_add(faults, at, "is required for a gate");
	if (e->mode == ENSEMBLE_ANSWER && e->then.n)
		fault_add(faults, at, "means nothing when the label is the answer");
	for (size_t i = 0; i < e->then.n; i++) {
		const struct fusion_then *t = LIST_AT(&e->then, struct fusion_then, i);

		check_target(f, t->to, at, t->name, faults);
		if (!fusion_listed(&e->labels, t->name))
			fusion_fault(faults, at, t->name, "must be one of labels");
	}
}

static void check_ensembles(const struct fusion *f, const char *pointer, struct faults *faults)
{
	char base[FUSION_POINTER_MAX], at[FUSION_POINTER_MAX];

	pointer_join(base, sizeof(base), pointer, "ensembles");
	for (size_t i = 0; i < f->ensembles.n; i++) {
		const struct fusion_ensemble *e = LIST_AT(&f->ensembles, struct fusion_ensemble, i);

		pointer_join(at, sizeof(at), base, e->name);
		/* Its own fields were at fault: members and labels may be missing. */
		if (!e->members.n || !e->labels.n)
			continue;
		check_members(f, e, at, faults);
		check_labels(e, at, faults);
		check_then(f, e, at, faults);
	}
}

/* ---- Splits, distillation ---- */

static void check_splits(const struct fusion *f, const char *pointer, struct faults *faults)
{
	char base[FUSION_POINTER_MAX], at[FUSION_POINTER_MAX], branch[FUSION_POINTER_MAX];
	enum fusion_kind kind;
	const char *name;

	pointer_join(base, sizeof(base), pointer, "splits");
	for (size_t i = 0; i < f->splits.n; i++) {
		const struct fusion_split *s = LIST_AT(&f->splits, struct fusion_split, i);

		pointer_join(at, sizeof(at), base, s->name);
		pointer_join(at, sizeof(at), at, "branches");
		for (size_t k = 0; k < s->branches.n; k++) {
			const char *to = LIST_AT(&s->branches, struct fusion_branch, k)->to;

			pointer_index(branch, sizeof(branch), at, k);
			check_target(f, to, branch, "to", faults);
			if (to && fusion_target_parse(to, &kind, &name) && kind == FUSION_SPLIT)
				fusion_fault(faults, branch, "to", "must not be a split");
		}
	}
}

static bool route_exists(const struct fusion *f, const char *name)
{
	for (size_t i = 0; i < f->routes.n; i++) {
		const char *other = LIST_AT(&f->routes, struct fusion_route, i)->name;

		if (other && !strcmp(other, name))
			return true;
	}
	return !strcmp(name, "default");
}

static void check_filter(const struct fusion *f, const struct fusion_dataset_filter *filter,
	const char *pointer, struct faults *faults)
{
	char at[FUSION_POINTER_MAX], element[FUSION_POINTER_MAX];

	pointer_join(at, sizeof(at), pointer, "dataset");
	pointer_join(at, sizeof(at), at, "filter");
	pointer_join(at, sizeof(at), at, "route");
	for (size_t i = 0; i < filter->route.n; i++) {
		if (route_exists(f, filter->route.v[i]))
			continue;
		pointer_index(element, sizeof(element), at, i);
		fault_add(
			faults, element, "there is no route %s in this block", filter->route.v[i]);
	}
}

static void check_signals(const struct fusion *f, const struct fusion_trigger *t,
	const char *pointer, struct faults *faults)
{
	char base[FUSION_POINTER_MAX], at[FUSION_POINTER_MAX];

	pointer_join(base, sizeof(base), pointer, "trigger");
	check_target(f, t->target, base, "target", faults);
	pointer_join(base, sizeof(base), base, t->is_any ? "any" : "all");
	for (size_t i = 0; !t->signal && i < t->signals.n; i++) {
		pointer_index(at, sizeof(at), base, i);
		check_target(f, LIST_AT(&t->signals, struct fusion_signal, i)->target, at, "target",
			faults);
	}
}

static void check_distillation(const struct fusion *f, const char *pointer, struct faults *faults)
{
	const struct fusion_distillation *d = f->distillation;
	char at[FUSION_POINTER_MAX];

	pointer_join(at, sizeof(at), pointer, "distillation");
	check_target(f, d->teacher, at, "teacher", faults);
	check_target(f, d->student, at, "student", faults);
	if (d->teacher && d->student && !strcmp(d->teacher, d->student))
		fusion_fault(faults, at, "student", "must not be its own teacher");
	if (d->trigger)
		check_signals(f, d->trigger, at, faults);
	if (d->dataset && d->dataset->filter)
		check_filter(f, d->dataset->filter, at, faults);
}

void fusion_check(void *obj, const char *pointer, struct arena *a, struct faults *faults)
{
	const struct fusion *f = obj;

	check_routes(f, pointer, faults);
	check_ensembles(f, pointer, faults);
	check_splits(f, pointer, faults);
	if (f->distillation)
		check_distillation(f, pointer, faults);
}
