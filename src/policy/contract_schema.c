/* SPDX-License-Identifier: Apache-2.0
 *
 * Compares two schemas: words, types and values; numbers and strings, containers and alternatives have
 * files of their own. A pair of views is compared once for each direction, so that cycles of $ref
 * end: what a cycle asks again is answered by the comparison that is under way.
 */
#include <string.h>

#include "policy/contract_parts.h"

enum { MEMO_BUCKETS = 256 };

struct memo_entry {
	struct view view[2];
	enum contract_direction direction;
	bool flipped;
	const struct json_value *scope; /* the nearest schema around */
	struct memo_entry *next;
};

struct where below(const struct where *w)
{
	struct where deeper = *w;

	deeper.depth++;
	return deeper;
}

struct where inside(const struct where *w)
{
	struct where deeper = below(w);

	deeper.scope = NULL;
	return deeper;
}

/* true when the pair was there already. */
static bool remember(
	struct comparison *c, const struct where *w, const struct view *old, const struct view *new)
{
	size_t hash = (size_t)w->direction * 2 + w->flipped;
	const struct json_value *scope = w->scope ? view_place(w->scope->old) : NULL;
	struct memo_entry *entry;

	for (size_t i = 0; i < old->n; i++)
		hash = hash * 31 + old->part[i]->id;
	for (size_t i = 0; i < new->n; i++)
		hash = hash * 37 + new->part[i]->id;
	hash %= MEMO_BUCKETS;
	for (const struct comparison *at = c; at; at = at->outer)
		for (entry = at->memo ? at->memo[hash] : NULL; entry; entry = entry->next)
			if (entry->direction == w->direction && entry->flipped == w->flipped &&
				entry->scope == scope && view_same(&entry->view[OLD], old) &&
				view_same(&entry->view[NEW], new))
				return true;
	if (!c->memo)
		c->memo = ARENA_ARRAY(c->arena, MEMO_BUCKETS, struct memo_entry *);
	entry = ARENA_NEW(c->arena, struct memo_entry);
	*entry = (struct memo_entry){{*old, *new}, w->direction, w->flipped, scope, c->memo[hash]};
	c->memo[hash] = entry;
	return false;
}

/* ---- words and what is not looked into ---- */

static void compare_notes(
	struct comparison *c, const struct where *w, const struct view *old, const struct view *new)
{
	/* Parts that moved have no counterpart; they count as rewritten. */
	for (size_t i = 0; old->n == new->n &&i < old->n; i++) {
		const struct json_value *was = old->part[i], *is = new->part[i];

		for (size_t k = 0; k < was->n; k++) {
			const struct json_value *note = json_member(is, was->sub[k].key);

			if (keyword_rule(was->sub[k].key) == RULE_NOTE &&
				!json_same(&was->sub[k], note))
				changed(c, w, EFFECT_NOTE, CONTRACT_ANNOTATION, &was->sub[k], note,
					"`%.64s` of %s %s.", was->sub[k].key,
					view_subject(old, new, c->arena),
					note ? "changed" : "is gone");
		}
		for (size_t k = 0; k < is->n; k++)
			if (keyword_rule(is->sub[k].key) == RULE_NOTE &&
				!json_member(was, is->sub[k].key))
				changed(c, w, EFFECT_NOTE, CONTRACT_ANNOTATION, NULL, &is->sub[k],
					"`%.64s` of %s is new.", is->sub[k].key,
					view_subject(old, new, c->arena));
	}
}

bool schema_differs(struct comparison *c, const struct where *w, const struct json_value *old,
	const struct json_value *new)
{
	struct where deeper = below(w);
	struct comparison trial;

	trial_start(c, TRIAL_DIFFERS, &trial);
	compare_schemas(&trial, &deeper, old, new);
	return trial_end(&trial) > CONTRACT_PATCH;
}

/* Has another part the same value of this keyword? */
static bool has_same(struct comparison *c, const struct where *w, const struct view *v,
	const struct json_value *value, bool value_is_old)
{
	const struct keyword *keyword = keyword_find(value->key);

	for (size_t i = 0; i < v->n; i++) {
		const struct json_value *other = json_member(v->part[i], value->key);

		if (!other)
			continue;
		if (keyword && keyword->shape == SHAPE_SCHEMA) {
			if (!schema_differs(c, w, value_is_old ? value : other,
				    value_is_old ? other : value))
				return true;
		} else if (json_same(value, other)) {
			return true;
		}
	}
	return false;
}

static void compare_opaque(
	struct comparison *c, const struct where *w, const struct view *old, const struct view *new)
{
	for (int side = OLD; side <= NEW; side++) {
		const struct view *mine = side == OLD ? old : new;
		const struct view *other = side == OLD ? new : old;

		for (size_t i = 0; i < mine->n; i++) {
			const struct json_value *part = mine->part[i];

			for (size_t k = 0; k < part->n; k++) {
				const struct json_value *value = &part->sub[k];

				if (keyword_rule(value->key) != RULE_OPAQUE ||
					has_same(c, w, other, value, side == OLD))
					continue;
				/* A changed one was said when the old side was walked. */
				if (side == NEW && view_first(old, value->key))
					continue;
				struct places at = view_places(old, new, value->key);

				changed(c, w, EFFECT_UNKNOWN, CONTRACT_KEYWORD_CHANGED, at.old,
					at.new,
					"`%.64s` of %s is not the same, and what that does can't "
					"be decided.",
					value->key, view_subject(old, new, c->arena));
			}
		}
	}
}

static void compare_defaults(
	struct comparison *c, const struct where *w, const struct view *old, const struct view *new)
{
	const struct json_value *was = view_first(old, "default");
	const struct json_value *is = view_first(new, "default");
	const char *subject = view_subject(old, new, c->arena);

	if (json_same(was, is))
		return;
	if (!was)
		changed(c, w, EFFECT_ADDITIVE, CONTRACT_DEFAULT_ADDED, NULL, is,
			"The default of %s is now stated: %s.", subject, value_text(is, c->arena));
	else if (!is)
		changed(c, w, EFFECT_EITHER, CONTRACT_DEFAULT_REMOVED, was, NULL,
			"The default of %s (%s) is gone, so that leaving it out means something "
			"else.",
			subject, value_text(was, c->arena));
	else
		changed(c, w, EFFECT_EITHER, CONTRACT_DEFAULT_CHANGED, was, is,
			"The default of %s is %s instead of %s, so that leaving it out means "
			"something else.",
			subject, value_text(is, c->arena), value_text(was, c->arena));
}

/* ---- values and types ---- */

/* Values of x that are not in y, as text; *ret_n says how many. */
static const char *values_missing(
	struct comparison *c, const struct values *x, const struct values *y, size_t *ret_n)
{
	enum { SHOWN = 5 };
	const char *text = "";

	charge(c, x->n * y->n);
	*ret_n = 0;
	for (size_t i = 0; i < x->n; i++) {
		bool there = false;

		for (size_t k = 0; k < y->n && !there; k++)
			there = json_same(x->v[i], y->v[k]);
		if (there)
			continue;
		if (++*ret_n <= SHOWN)
			text = arena_printf(c->arena, "%s%s%s", text, *text ? ", " : "",
				value_text(x->v[i], c->arena));
	}
	if (*ret_n > SHOWN)
		text = arena_printf(c->arena, "%s and %zu more", text, *ret_n - SHOWN);
	return text;
}

static struct places enum_places(const struct view *old, const struct view *new)
{
	const char *keyword = view_first(new, "enum")	 ? "enum"
			      : view_first(new, "const") ? "const"
			      : view_first(new, "type")	 ? "type"
			      : view_first(old, "enum")	 ? "enum"
							 : "const";

	return view_places(old, new, keyword);
}

/* true: the lists say all, and nothing else has to be looked at. */
static bool compare_values(
	struct comparison *c, const struct where *w, const struct view *old, const struct view *new)
{
	struct values was, is;
	bool had = view_values(c, old, &was);
	bool has = view_values(c, new, &is);
	const char *subject = view_subject(old, new, c->arena), *text;
	struct places at = enum_places(old, new);
	size_t n;

	if (had && has) {
		text = values_missing(c, &is, &was, &n);
		if (n)
			changed(c, w, EFFECT_WIDER, CONTRACT_ENUM_VALUE_ADDED, at.old, at.new,
				"%s may also be %s.", subject, text);
		text = values_missing(c, &was, &is, &n);
		if (n)
			changed(c, w, EFFECT_NARROWER, CONTRACT_ENUM_VALUE_REMOVED, at.old, at.new,
				"%s may no longer be %s.", subject, text);
		return was.exact && is.exact;
	}
	if (!had && !has)
		return false;
	const struct values *list = had ? &was : &is;
	const struct view *free = had ? new : old;
	bool inside = true;

	for (size_t i = 0; i < list->n; i++)
		inside &= view_admits(c, free, list->v[i]) == YES;
	if (had)
		changed(c, w, EFFECT_WIDER, CONTRACT_ENUM_REMOVED, at.old, at.new,
			"%s is no longer one of a list of %zu.", subject, list->n);
	else
		changed(c, w, EFFECT_NARROWER, CONTRACT_ENUM_ADDED, at.old, at.new,
			"%s is now one of a list of %zu.", subject, list->n);
	return inside;
}

static void compare_types(
	struct comparison *c, const struct where *w, const struct view *old, const struct view *new)
{
	unsigned was = view_types(old), is = view_types(new);
	unsigned lost = was & ~is, gained = is & ~was;
	struct places at = view_places(old, new, "type");

	if (!lost && !gained)
		return;
	changed(c, w,
		lost && gained ? EFFECT_EITHER
		: lost	       ? EFFECT_NARROWER
			       : EFFECT_WIDER,
		lost && gained ? CONTRACT_TYPE_CHANGED
		: lost	       ? CONTRACT_TYPE_NARROWED
			       : CONTRACT_TYPE_WIDENED,
		at.old, at.new, "The type of %s is now %s instead of %s.",
		view_subject(old, new, c->arena), types_text(is, c->arena),
		types_text(was, c->arena));
}

/* ---- all of a schema ---- */

/* true: one of them takes nothing, or not all of it is known. */
static bool compare_edges(
	struct comparison *c, const struct where *w, const struct view *old, const struct view *new)
{
	const struct json_value *was = view_place(old), *is = view_place(new);
	const char *subject = view_subject(old, new, c->arena);

	if (old->never && !new->never)
		changed(c, w, EFFECT_WIDER, CONTRACT_SCHEMA_ALLOWED, was, is,
			"%s may be there, where nothing was valid.", subject);
	else if (new->never && !old->never)
		changed(c, w, EFFECT_NARROWER, CONTRACT_SCHEMA_FORBIDDEN, was, is,
			"Nothing is valid any more as %s.", subject);
	else if (!new->never && (old->overfull || new->overfull))
		changed(c, w, EFFECT_UNKNOWN, CONTRACT_TOO_LARGE, was, is,
			"%s joins more than %d schemas, which is not compared.", subject,
			VIEW_PARTS_MAX);
	return old->never || new->never || old->overfull || new->overfull;
}

void compare_views(
	struct comparison *c, const struct where *w, const struct view *old, const struct view *new)
{
	unsigned common;

	if (!old->site && !new->site)
		return;
	if (!step(c, w, view_place(old), view_place(new)) || remember(c, w, old, new))
		return;
	if (compare_edges(c, w, old, new))
		return;
	compare_notes(c, w, old, new);
	if (compare_as_choice(c, w, old, new))
		return;
	compare_defaults(c, w, old, new);
	compare_opaque(c, w, old, new);
	if (compare_values(c, w, old, new))
		return;
	compare_types(c, w, old, new);
	common = view_types(old) & view_types(new);
	compare_scalars(c, w, old, new, common);
	if (common & TYPE_ARRAY)
		compare_arrays(c, w, old, new);
	if (common & TYPE_OBJECT)
		compare_objects(c, w, old, new);
	compare_choices(c, w, old, new);
}

void compare_schemas(struct comparison *c, const struct where *w, const struct json_value *old,
	const struct json_value *new)
{
	struct view was = view_of(c->side[OLD], old, c->arena);
	struct view is = view_of(c->side[NEW], new, c->arena);

	compare_views(c, w, &was, &is);
}
