/* SPDX-License-Identifier: Apache-2.0
 *
 * Compares alternatives (anyOf, oneOf), exclusions (not) and conditions (if). Alternatives are paired
 * before they are compared: first those written alike, then those of which one can take the other's
 * place, then a last pair. anyOf is a union; oneOf is read as one too, which is true only as long as
 * no two alternatives match the same value, so that a changed oneOf whose alternatives are not
 * certainly apart is undecided.
 */
#include <string.h>

#include "policy/contract_parts.h"

/* The alternatives of one side. */
struct branches {
	const struct json_value *const *v;
	size_t n;
	bool one_of;
	const struct json_value *place;
};

static struct branches branches_of(const struct json_value *list, struct arena *a)
{
	const struct json_value **v = ARENA_ARRAY(a, list->n, const struct json_value *);

	for (size_t i = 0; i < list->n; i++)
		v[i] = &list->sub[i];
	return (struct branches){v, list->n, !strcmp(list->key, "oneOf"), list};
}

/* ---- pairing ---- */

enum { UNPAIRED = -1 };

struct pairing {
	long *of_old, *of_new; /* index on the other side, or UNPAIRED */
	size_t left_old, left_new;
};

static void pair(struct pairing *p, size_t old, size_t new)
{
	p->of_old[old] = (long)new;
	p->of_new[new] = (long)old;
	p->left_old--;
	p->left_new--;
}

static bool replaces(struct comparison *c, const struct where *w, const struct json_value *old,
	const struct json_value *new)
{
	struct comparison trial;

	trial_start(c, TRIAL_REPLACES, &trial);
	compare_schemas(&trial, w, old, new);
	return trial_end(&trial) < CONTRACT_MAJOR;
}

static void pair_where(struct comparison *c, const struct where *w, const struct branches *old,
	const struct branches *new, struct pairing *p, bool alike)
{
	for (size_t i = 0; i < old->n; i++) {
		for (size_t k = 0; k < new->n && p->of_old[i] == UNPAIRED; k++) {
			if (p->of_new[k] != UNPAIRED)
				continue;
			if (out_of_steps(c))
				return;
			charge(c, STEP_COMPARISONS / 4);
			if (alike ? json_same(old->v[i], new->v[k])
				  : replaces(c, w, old->v[i], new->v[k]))
				pair(p, i, k);
		}
	}
}

static void pair_last(const struct branches *old, const struct branches *new, struct pairing *p)
{
	if (p->left_old != p->left_new)
		return;
	for (size_t i = 0, k = 0; i < old->n; i++) {
		if (p->of_old[i] != UNPAIRED)
			continue;
		while (k < new->n && p->of_new[k] != UNPAIRED)
			k++;
		pair(p, i, k);
	}
}

static struct pairing pair_branches(struct comparison *c, const struct where *w,
	const struct branches *old, const struct branches *new)
{
	struct pairing p = {
		.of_old = ARENA_ARRAY(c->arena, old->n, long),
		.of_new = ARENA_ARRAY(c->arena, new->n, long),
		.left_old = old->n,
		.left_new = new->n,
	};

	for (size_t i = 0; i < old->n; i++)
		p.of_old[i] = UNPAIRED;
	for (size_t i = 0; i < new->n; i++)
		p.of_new[i] = UNPAIRED;
	pair_where(c, w, old, new, &p, true);
	pair_where(c, w, old, new, &p, false);
	pair_last(old, new, &p);
	return p;
}

/* ---- alternatives ---- */

static bool overlap(struct comparison *c, int side, const struct branches *b)
{
	struct view *view = ARENA_ARRAY(c->arena, b->n, struct view);

	for (size_t i = 0; i < b->n; i++)
		view[i] = view_of(c->side[side], b->v[i], c->arena);
	for (size_t i = 0; i < b->n; i++) {
		for (size_t k = 0; k < i; k++) {
			if (out_of_steps(c))
				return true;
			charge(c, STEP_COMPARISONS);
			if (!view_disjoint(c, side, &view[i], &view[k]))
				return true;
		}
	}
	return false;
}

static bool branches_differ(struct comparison *c, const struct where *w, const struct branches *old,
	const struct branches *new, const struct pairing *p)
{
	struct comparison trial;

	if (p->left_old || p->left_new || old->one_of != new->one_of)
		return true;
	trial_start(c, TRIAL_DIFFERS, &trial);
	for (size_t i = 0; i < old->n; i++)
		compare_schemas(&trial, w, old->v[i], new->v[p->of_old[i]]);
	return trial_end(&trial) > CONTRACT_PATCH;
}

static void compare_branches(struct comparison *c, const struct where *w,
	const struct branches *old, const struct branches *new)
{
	struct where deeper = below(w);
	struct pairing p = pair_branches(c, &deeper, old, new);

	if ((old->one_of || new->one_of) && branches_differ(c, &deeper, old, new, &p) &&
		((old->one_of && overlap(c, OLD, old)) || (new->one_of &&overlap(c, NEW, new))))
		changed(c, w, EFFECT_UNKNOWN, CONTRACT_BRANCHES_OVERLAP, old->place, new->place,
			"Two alternatives of the changed oneOf may match the same value, so that "
			"the effect can't be decided.");
	for (size_t i = 0; i < old->n; i++) {
		if (p.of_old[i] != UNPAIRED)
			compare_schemas(c, &deeper, old->v[i], new->v[p.of_old[i]]);
		else
			changed(c, w, EFFECT_NARROWER, CONTRACT_BRANCH_REMOVED, old->v[i], NULL,
				"An alternative is gone.");
	}
	for (size_t i = 0; i < new->n; i++)
		if (p.of_new[i] == UNPAIRED)
			changed(c, w, EFFECT_WIDER, CONTRACT_BRANCH_ADDED, NULL, new->v[i],
				"An alternative is new.");
}

/* The list when the view is nothing but it. */
static const struct json_value *only_choice(const struct view *v)
{
	const struct json_value *found = NULL;

	if (v->n != 1)
		return NULL;
	for (size_t i = 0; i < v->part[0]->n; i++) {
		const struct json_value *member = &v->part[0]->sub[i];
		enum keyword_rule rule = keyword_rule(member->key);

		if (rule == RULE_NOTE || rule == RULE_HOLDER)
			continue;
		if (found || (strcmp(member->key, "anyOf") && strcmp(member->key, "oneOf")))
			return NULL;
		found = member;
	}
	return found;
}

bool compare_as_choice(
	struct comparison *c, const struct where *w, const struct view *old, const struct view *new)
{
	const struct json_value *was = only_choice(old), *is = only_choice(new);
	const struct view *plain = was ? new : old;
	struct branches one, many;
	struct view site;

	if (!was == !is || view_first(plain, "anyOf") || view_first(plain, "oneOf") || !plain->site)
		return false;
	/* What joins several schemas is more than the first of them. */
	site = view_of(c->side[was ? NEW : OLD], plain->site, c->arena);
	if (!view_same(&site, plain))
		return false;
	one = (struct branches){&plain->site, 1, false, view_place(plain)};
	many = branches_of(was ? was : is, c->arena);
	compare_branches(c, w, was ? &many : &one, was ? &one : &many);
	return true;
}

/* Parts of the view that have the keyword, in order. */
static size_t holders(
	const struct view *v, const char *keyword, const struct json_value *ret[VIEW_PARTS_MAX])
{
	size_t n = 0;

	for (size_t i = 0; i < v->n; i++)
		if (json_member(v->part[i], keyword))
			ret[n++] = v->part[i];
	return n;
}

static void compare_choice(struct comparison *c, const struct where *w, const struct view *old,
	const struct view *new, const char *keyword)
{
	const struct json_value *was[VIEW_PARTS_MAX], *is[VIEW_PARTS_MAX];
	size_t n_was = holders(old, keyword, was), n_is = holders(new, keyword, is);

	for (size_t i = 0; i < n_was || i < n_is; i++) {
		const struct json_value *a = i < n_was ? json_member(was[i], keyword) : NULL;
		const struct json_value *b = i < n_is ? json_member(is[i], keyword) : NULL;

		if (a && b) {
			struct branches x = branches_of(a, c->arena), y = branches_of(b, c->arena);

			compare_branches(c, w, &x, &y);
		} else if (b) {
			changed(c, w, EFFECT_NARROWER, CONTRACT_CHOICE_ADDED, NULL, b,
				"`%s` of %s is new.", keyword, view_subject(old, new, c->arena));
		} else {
			changed(c, w, EFFECT_WIDER, CONTRACT_CHOICE_REMOVED, a, NULL,
				"`%s` of %s is gone.", keyword, view_subject(old, new, c->arena));
		}
	}
}

/* ---- exclusions and conditions ---- */

static void compare_exclusions(
	struct comparison *c, const struct where *w, const struct view *old, const struct view *new)
{
	const struct json_value *was[VIEW_PARTS_MAX], *is[VIEW_PARTS_MAX];
	size_t n_was = holders(old, "not", was), n_is = holders(new, "not", is);
	struct where flipped = below(w);

	flipped.flipped = !w->flipped;
	for (size_t i = 0; i < n_was || i < n_is; i++) {
		const struct json_value *a = i < n_was ? json_member(was[i], "not") : NULL;
		const struct json_value *b = i < n_is ? json_member(is[i], "not") : NULL;

		if (a && b)
			compare_schemas(c, &flipped, a, b);
		else if (b)
			changed(c, w, EFFECT_NARROWER, CONTRACT_EXCLUSION_ADDED, NULL, b,
				"`not` of %s is new.", view_subject(old, new, c->arena));
		else
			changed(c, w, EFFECT_WIDER, CONTRACT_EXCLUSION_REMOVED, a, NULL,
				"`not` of %s is gone.", view_subject(old, new, c->arena));
	}
}

static bool has_effect(const struct json_value *part)
{
	return part && (json_member(part, "then") || json_member(part, "else"));
}

static void compare_conditions(
	struct comparison *c, const struct where *w, const struct view *old, const struct view *new)
{
	const struct json_value *was[VIEW_PARTS_MAX], *is[VIEW_PARTS_MAX];
	size_t n_was = holders(old, "if", was), n_is = holders(new, "if", is);
	struct where deeper = below(w);

	for (size_t i = 0; i < n_was || i < n_is; i++) {
		const struct json_value *a = i < n_was ? was[i] : NULL,
					*b = i < n_is ? is[i] : NULL;
		const struct json_value *if_a = json_member(a, "if"), *if_b = json_member(b, "if");
		bool had = has_effect(a), has = has_effect(b);

		if (!had && !has)
			continue;
		if (!had)
			changed(c, w, EFFECT_NARROWER, CONTRACT_CONDITION_ADDED, NULL, if_b,
				"`if` of %s is new.", view_subject(old, new, c->arena));
		else if (!has)
			changed(c, w, EFFECT_WIDER, CONTRACT_CONDITION_REMOVED, if_a, NULL,
				"`if` of %s is gone.", view_subject(old, new, c->arena));
		else if (schema_differs(c, w, if_a, if_b))
			changed(c, w, EFFECT_UNKNOWN, CONTRACT_CONDITION_CHANGED, if_a, if_b,
				"`if` of %s is another, and what that does can't be decided.",
				view_subject(old, new, c->arena));
		else {
			compare_schemas(c, &deeper, json_member(a, "then"), json_member(b, "then"));
			compare_schemas(c, &deeper, json_member(a, "else"), json_member(b, "else"));
		}
	}
}

void compare_choices(
	struct comparison *c, const struct where *w, const struct view *old, const struct view *new)
{
	struct scope scope = {old, w->scope};
	struct where around = *w;

	around.scope = &scope;
	compare_choice(c, &around, old, new, "anyOf");
	compare_choice(c, &around, old, new, "oneOf");
	compare_exclusions(c, &around, old, new);
	compare_conditions(c, &around, old, new);
}
