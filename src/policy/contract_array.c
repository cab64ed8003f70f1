/* SPDX-License-Identifier: Apache-2.0
 *
 * Compares what two schemas say of arrays: their length, each place, the rest, what they contain.
 */
#include <string.h>

#include "policy/contract_parts.h"

static size_t prefix_len(const struct view *v)
{
	size_t longest = 0;

	for (size_t i = 0; i < v->n; i++) {
		const struct json_value *prefix = json_member(v->part[i], "prefixItems");

		if (prefix && prefix->n > longest)
			longest = prefix->n;
	}
	return longest;
}

/* What all parts say of the item at `index`; past every prefix, of the rest. */
static struct view item_view(
	const struct contract *side, const struct view *v, size_t index, struct arena *a)
{
	struct view_builder b;

	view_start(&b, side);
	for (size_t i = 0; i < v->n; i++) {
		const struct json_value *prefix = json_member(v->part[i], "prefixItems");

		view_add(&b, prefix && index < prefix->n ? &prefix->sub[index]
							 : json_member(v->part[i], "items"));
	}
	return view_done(&b, a);
}

static void compare_rest(struct comparison *c, const struct where *w, const struct view *old,
	const struct view *new, size_t index)
{
	struct view was = item_view(c->side[OLD], old, index, c->arena);
	struct view is = item_view(c->side[NEW], new, index, c->arena);
	struct places at = view_places(old, new, "items");
	struct where deeper = inside(w);

	if (was.never && !is.never)
		changed(c, w, EFFECT_WIDER, CONTRACT_ITEMS_OPENED, at.old, at.new,
			"%s may have more than its first %zu items.",
			view_subject(old, new, c->arena), index);
	else if (is.never && !was.never)
		changed(c, w, EFFECT_NARROWER, CONTRACT_ITEMS_CLOSED, at.old, at.new,
			"%s may have no more than its first %zu items.",
			view_subject(old, new, c->arena), index);
	else
		compare_views(c, &deeper, &was, &is);
}

static bool is_unique(const struct view *v)
{
	for (size_t i = 0; i < v->n; i++)
		if (json_is_bool(json_member(v->part[i], "uniqueItems"), true))
			return true;
	return false;
}

static void compare_unique(
	struct comparison *c, const struct where *w, const struct view *old, const struct view *new)
{
	struct places at = view_places(old, new, "uniqueItems");
	const char *subject = view_subject(old, new, c->arena);

	if (is_unique(new) && !is_unique(old))
		changed(c, w, EFFECT_NARROWER, CONTRACT_UNIQUE_ADDED, at.old, at.new,
			"The items of %s have to be unique.", subject);
	else if (is_unique(old) && !is_unique(new))
		changed(c, w, EFFECT_WIDER, CONTRACT_UNIQUE_REMOVED, at.old, at.new,
			"The items of %s may repeat.", subject);
}

/* ---- contains ---- */

/* minContains and maxContains count only beside `contains`. */
struct containing {
	const struct json_value *contains; /* NULL: nothing is asked */
	double min, max;		   /* max -1: none */
	const struct json_value *min_said, *max_said;
};

static size_t containing_of(const struct view *v, struct containing *ret)
{
	size_t n = 0;

	*ret = (struct containing){.min = 1, .max = -1};
	for (size_t i = 0; i < v->n; i++) {
		const struct json_value *contains = json_member(v->part[i], "contains");

		if (!contains)
			continue;
		if (n++)
			continue;
		ret->contains = contains;
		ret->min_said = json_member(v->part[i], "minContains");
		ret->max_said = json_member(v->part[i], "maxContains");
		if (ret->min_said)
			ret->min = ret->min_said->number;
		if (ret->max_said)
			ret->max = ret->max_said->number;
		if (ret->min == 0 && ret->max < 0)
			ret->contains = NULL;
	}
	return n;
}

static void compare_limit(struct comparison *c, const struct where *w, const struct json_value *old,
	const struct json_value *new, const struct containing *was, const struct containing *is,
	bool lower)
{
	double before = lower ? was->min : was->max, after = lower ? is->min : is->max;
	bool narrower = lower ? after > before : after >= 0 && (before < 0 || after < before);

	if (before == after)
		return;
	changed(c, w, narrower ? EFFECT_NARROWER : EFFECT_WIDER,
		narrower ? CONTRACT_ITEMS_NARROWED : CONTRACT_ITEMS_WIDENED,
		new || old ? old : was->contains, new || old ? new : is->contains,
		"How %s items have to match `contains` changed.", lower ? "few" : "many");
}

static void compare_contains(
	struct comparison *c, const struct where *w, const struct view *old, const struct view *new)
{
	struct containing was, is;
	size_t n_was = containing_of(old, &was), n_is = containing_of(new, &is);
	const char *subject = view_subject(old, new, c->arena);
	struct where deeper = inside(w);

	if (n_was > 1 || n_is > 1) {
		struct places at = view_places(old, new, "contains");

		changed(c, w, EFFECT_UNKNOWN, CONTRACT_KEYWORD_CHANGED, at.old, at.new,
			"%s joins several `contains`, which are not compared.", subject);
	} else if (was.contains && is.contains) {
		compare_limit(c, w, was.min_said, is.min_said, &was, &is, true);
		compare_limit(c, w, was.max_said, is.max_said, &was, &is, false);
		/* With an upper limit, a wider `contains` lets fewer arrays pass. */
		if (was.max < 0 && is.max < 0) {
			compare_schemas(c, &deeper, was.contains, is.contains);
		} else if (schema_differs(c, w, was.contains, is.contains)) {
			changed(c, w, EFFECT_UNKNOWN, CONTRACT_KEYWORD_CHANGED, was.contains,
				is.contains,
				"`contains` of %s changed beside `maxContains`, and what that does "
				"can't be decided.",
				subject);
		}
	} else if (is.contains) {
		changed(c, w, EFFECT_NARROWER, CONTRACT_ITEMS_NARROWED, NULL, is.contains,
			"`contains` of %s is new.", subject);
	} else if (was.contains) {
		changed(c, w, EFFECT_WIDER, CONTRACT_ITEMS_WIDENED, was.contains, NULL,
			"`contains` of %s is gone.", subject);
	}
}

void compare_arrays(
	struct comparison *c, const struct where *w, const struct view *old, const struct view *new)
{
	static const struct count_rule lengths[] = {
		{"minItems", true, CONTRACT_ITEMS_NARROWED, CONTRACT_ITEMS_WIDENED},
		{"maxItems", false, CONTRACT_ITEMS_NARROWED, CONTRACT_ITEMS_WIDENED},
	};
	size_t n_old = prefix_len(old), n_new = prefix_len(new);
	size_t n = n_old > n_new ? n_old : n_new;
	struct where deeper = inside(w);

	for (int i = 0; i < 2; i++)
		compare_count(c, w, old, new, &lengths[i]);
	compare_unique(c, w, old, new);
	for (size_t i = 0; i < n; i++) {
		struct view was = item_view(c->side[OLD], old, i, c->arena);
		struct view is = item_view(c->side[NEW], new, i, c->arena);

		compare_views(c, &deeper, &was, &is);
	}
	compare_rest(c, w, old, new, n);
	compare_contains(c, w, old, new);
}
