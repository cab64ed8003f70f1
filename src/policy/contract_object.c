/* SPDX-License-Identifier: Apache-2.0
 *
 * Compares what two schemas say of objects. Two readings go beyond sets of values, because nodes do
 * not send or rely on what no contract declares: a property that an open object newly declares is an
 * addition, in either direction; a property that is no longer declared is a loss to whoever receives
 * it, whether or not it might still come.
 */
#include <string.h>

#include "policy/contract_parts.h"

/* What one side says of properties of one name. */
struct slot {
	bool declared; /* under `properties` of some part */
	bool matched;  /* by a patternProperties */
	bool maybe;    /* by one that can't be decided */
	bool closed;   /* undeclared and forbidden */
	struct view view;
};

/* Decides patterns that are plain text with or without ^ and $. */
static enum truth pattern_matches(const char *pattern, const char *name)
{
	bool start = *pattern == '^';
	size_t len, name_len = strlen(name);
	bool end;

	pattern += start;
	len = strlen(pattern);
	end = len && pattern[len - 1] == '$';
	len -= end;
	for (size_t i = 0; i < len; i++)
		if (strchr("\\^$.|?*+()[]{}", pattern[i]))
			return MAYBE;
	if (len > name_len)
		return NO;
	if (start && end)
		return len == name_len && !memcmp(name, pattern, len) ? YES : NO;
	if (start)
		return !memcmp(name, pattern, len) ? YES : NO;
	if (end)
		return !memcmp(name + name_len - len, pattern, len) ? YES : NO;
	return memmem(name, name_len, pattern, len) ? YES : NO;
}

/* One part's say on the name: adds its schemas; true when one applied. */
static bool add_part(
	struct view_builder *b, const struct json_value *part, const char *name, struct slot *slot)
{
	const struct json_value *own = json_member(json_member(part, "properties"), name);
	const struct json_value *patterns = json_member(part, "patternProperties");
	bool applied = own != NULL;

	slot->declared |= applied;
	view_add(b, own);
	for (size_t i = 0; patterns && i < patterns->n; i++) {
		enum truth matches = pattern_matches(patterns->sub[i].key, name);

		if (matches == YES) {
			view_add(b, &patterns->sub[i]);
			slot->matched = applied = true;
		}
		slot->maybe |= matches == MAYBE;
	}
	return applied;
}

static void add_rest(struct view_builder *b, const struct json_value *part)
{
	const struct json_value *rest = json_member(part, "additionalProperties");

	view_add(b, rest ? rest : json_member(part, "unevaluatedProperties"));
}

/* `unevaluatedProperties` sees what all the parts declare, `additionalProperties` only its own part. */
static struct slot slot_of(
	const struct contract *side, const struct view *v, const char *name, struct arena *a)
{
	struct slot slot = {.declared = false};
	struct view_builder b;

	view_start(&b, side);
	for (size_t i = 0; i < v->n; i++)
		if (!add_part(&b, v->part[i], name, &slot) &&
			json_member(v->part[i], "additionalProperties"))
			view_add(&b, json_member(v->part[i], "additionalProperties"));
	if (!slot.declared && !slot.matched)
		for (size_t i = 0; i < v->n; i++)
			if (!json_member(v->part[i], "additionalProperties"))
				view_add(&b, json_member(v->part[i], "unevaluatedProperties"));
	slot.view = view_done(&b, a);
	slot.closed = !slot.declared && slot.view.never;
	return slot;
}

static struct view rest_of(const struct contract *side, const struct view *v, struct arena *a)
{
	struct view_builder b;

	view_start(&b, side);
	for (size_t i = 0; i < v->n; i++)
		add_rest(&b, v->part[i]);
	return view_done(&b, a);
}

/* The name's place under `properties`. */
static const struct json_value *declaration(const struct view *v, const char *name)
{
	for (size_t i = 0; i < v->n; i++) {
		const struct json_value *own =
			json_member(json_member(v->part[i], "properties"), name);

		if (own)
			return own;
	}
	return NULL;
}

/* Does a schema around this one speak of the property already? */
static bool declared_around(const struct where *w, const char *name)
{
	for (const struct scope *scope = w->scope; scope; scope = scope->up)
		if (declaration(scope->old, name))
			return true;
	return false;
}

static void property_added(struct comparison *c, const struct where *w, const struct slot *was,
	const struct slot *is, const struct json_value *at)
{
	struct where deeper = inside(w);
	enum effect addition =
		w->flipped || declared_around(w, at->key) ? EFFECT_NARROWER : EFFECT_ADDITIVE;

	if (was->maybe && !was->matched) {
		changed(c, w, EFFECT_UNKNOWN, CONTRACT_PROPERTY_ADDED, NULL, at,
			"Property \"%.64s\" is new; whether an old pattern took it already can't "
			"be decided.",
			at->key);
		return;
	}
	if (is->view.never) {
		if (!was->view.never)
			changed(c, w, EFFECT_NARROWER, CONTRACT_PROPERTY_FORBIDDEN, NULL, at,
				"Property \"%.64s\" may not be there any more.", at->key);
		return;
	}
	if (was->closed) {
		changed(c, w, EFFECT_WIDER, CONTRACT_PROPERTY_ADDED, NULL, at,
			"Property \"%.64s\" is new in an object that took no undeclared ones.",
			at->key);
		return;
	}
	changed(c, w, addition, CONTRACT_PROPERTY_ADDED, NULL, at, "Property \"%.64s\" is new.",
		at->key);
	if (!view_is_open(&was->view))
		compare_views(c, &deeper, &was->view, &is->view);
}

static void property_removed(struct comparison *c, const struct where *w, const struct slot *was,
	const struct slot *is, const struct json_value *at)
{
	struct where deeper = inside(w);

	if (is->maybe && !is->matched) {
		changed(c, w, EFFECT_UNKNOWN, CONTRACT_PROPERTY_REMOVED, at, NULL,
			"Property \"%.64s\" is no longer declared; whether a pattern takes it "
			"can't be decided.",
			at->key);
	} else if (is->closed) {
		if (!was->view.never)
			changed(c, w, EFFECT_EITHER, CONTRACT_PROPERTY_REMOVED, at, NULL,
				"Property \"%.64s\" is gone and undeclared ones may not be there.",
				at->key);
	} else if (view_is_open(&is->view)) {
		changed(c, w, EFFECT_WIDER, CONTRACT_PROPERTY_REMOVED, at, NULL,
			"Property \"%.64s\" is no longer declared.", at->key);
	} else {
		changed(c, w, EFFECT_ADDITIVE, CONTRACT_PROPERTY_REMOVED, at, NULL,
			"Property \"%.64s\" is no longer declared by name, only by what holds for "
			"others.",
			at->key);
		compare_views(c, &deeper, &was->view, &is->view);
	}
}

static void compare_property(struct comparison *c, const struct where *w, const struct view *old,
	const struct view *new, const char *name)
{
	struct slot was = slot_of(c->side[OLD], old, name, c->arena);
	struct slot is = slot_of(c->side[NEW], new, name, c->arena);
	const struct json_value *at_old = declaration(old, name), *at_new = declaration(new, name);
	struct where deeper = inside(w);

	if (!was.declared) {
		property_added(c, w, &was, &is, at_new);
	} else if (!is.declared) {
		property_removed(c, w, &was, &is, at_old);
	} else if (was.view.never && !is.view.never) {
		changed(c, w, EFFECT_WIDER, CONTRACT_PROPERTY_ALLOWED, at_old, at_new,
			"Property \"%.64s\" may be there.", name);
	} else if (is.view.never && !was.view.never) {
		changed(c, w, EFFECT_NARROWER, CONTRACT_PROPERTY_FORBIDDEN, at_old, at_new,
			"Property \"%.64s\" may not be there any more.", name);
	} else {
		/* The site of an open property is not kept in its view. */
		was.view.site = at_old;
		is.view.site = at_new;
		compare_views(c, &deeper, &was.view, &is.view);
	}
}

/* Each name that a part before this one did not declare. */
static bool first_to_declare(const struct view *v, size_t part, const char *name)
{
	for (size_t i = 0; i < part; i++)
		if (json_member(json_member(v->part[i], "properties"), name))
			return false;
	return true;
}

static void compare_properties(
	struct comparison *c, const struct where *w, const struct view *old, const struct view *new)
{
	for (int side = OLD; side <= NEW; side++) {
		const struct view *v = side == OLD ? old : new;

		for (size_t i = 0; i < v->n; i++) {
			const struct json_value *properties = json_member(v->part[i], "properties");

			for (size_t k = 0; properties && k < properties->n; k++) {
				const char *name = properties->sub[k].key;

				charge(c, (old->n + new->n) * 4);
				if (first_to_declare(v, i, name) &&
					(side == OLD || !declaration(old, name)))
					compare_property(c, w, old, new, name);
			}
		}
	}
}

/* ---- patternProperties and the rest ---- */

/* May a declared property fall under the pattern? */
static bool pattern_touches(const struct view *v, const char *pattern)
{
	for (size_t i = 0; i < v->n; i++) {
		const struct json_value *properties = json_member(v->part[i], "properties");

		for (size_t k = 0; properties && k < properties->n; k++)
			if (pattern_matches(pattern, properties->sub[k].key) != NO)
				return true;
	}
	return false;
}

static const struct json_value *pattern_of(const struct view *v, const char *pattern)
{
	for (size_t i = 0; i < v->n; i++) {
		const struct json_value *schema =
			json_member(json_member(v->part[i], "patternProperties"), pattern);

		if (schema)
			return schema;
	}
	return NULL;
}

static void pattern_changed(struct comparison *c, const struct where *w, const struct view *old,
	const struct view *new, const struct json_value *was, const struct json_value *is)
{
	bool added = !was;
	const char *pattern = added ? is->key : was->key;
	struct view rest = rest_of(c->side[added ? OLD : NEW], added ? old : new, c->arena);
	struct view own = view_of(c->side[added ? NEW : OLD], added ? is : was, c->arena);
	enum contract_kind kind =
		added ? CONTRACT_PROPERTY_PATTERN_ADDED : CONTRACT_PROPERTY_PATTERN_REMOVED;
	struct where deeper = inside(w);
	enum effect effect;

	if (added && (w->scope || pattern_touches(new, pattern)))
		effect = EFFECT_UNKNOWN;
	else if (rest.never)
		effect = added ? EFFECT_WIDER : EFFECT_EITHER;
	else if (!view_is_open(&rest))
		effect = EFFECT_ADDITIVE;
	else if (own.never)
		effect = added ? EFFECT_NARROWER : EFFECT_WIDER;
	else
		effect = !added ? EFFECT_WIDER : w->flipped ? EFFECT_NARROWER : EFFECT_ADDITIVE;
	changed(c, w, effect, kind, was, is, "Properties that match \"%.64s\" are %s.", pattern,
		added ? "new" : "no longer declared");
	if (effect == EFFECT_ADDITIVE && !view_is_open(&rest))
		compare_views(c, &deeper, added ? &rest : &own, added ? &own : &rest);
}

static void compare_patterns(
	struct comparison *c, const struct where *w, const struct view *old, const struct view *new)
{
	struct where deeper = inside(w);

	for (int side = OLD; side <= NEW; side++) {
		const struct view *mine = side == OLD ? old : new;

		for (size_t i = 0; i < mine->n; i++) {
			const struct json_value *patterns =
				json_member(mine->part[i], "patternProperties");

			for (size_t k = 0; patterns && k < patterns->n; k++) {
				const struct json_value *schema = &patterns->sub[k];
				const struct json_value *was =
					side == OLD ? schema : pattern_of(old, schema->key);
				const struct json_value *is =
					side == NEW ? schema : pattern_of(new, schema->key);

				if (was && is)
					compare_schemas(c, &deeper, was, is);
				else
					pattern_changed(c, w, old, new, was, is);
			}
		}
	}
}

static void compare_rest(
	struct comparison *c, const struct where *w, const struct view *old, const struct view *new)
{
	struct view was = rest_of(c->side[OLD], old, c->arena);
	struct view is = rest_of(c->side[NEW], new, c->arena);
	const char *keyword = view_first(new, "additionalProperties")	 ? "additionalProperties"
			      : view_first(new, "unevaluatedProperties") ? "unevaluatedProperties"
			      : view_first(old, "additionalProperties")	 ? "additionalProperties"
									 : "unevaluatedProperties";
	struct places at = view_places(old, new, keyword);
	struct where deeper = inside(w);

	if (was.never && !is.never)
		changed(c, w, EFFECT_WIDER, CONTRACT_PROPERTIES_OPENED, at.old, at.new,
			"%s may have undeclared properties.", view_subject(old, new, c->arena));
	else if (is.never && !was.never)
		changed(c, w, EFFECT_NARROWER, CONTRACT_PROPERTIES_CLOSED, at.old, at.new,
			"%s may no longer have undeclared properties.",
			view_subject(old, new, c->arena));
	else
		compare_views(c, &deeper, &was, &is);
}

/* ---- required and what depends ---- */

static void compare_required(
	struct comparison *c, const struct where *w, const struct view *old, const struct view *new)
{
	for (int side = OLD; side <= NEW; side++) {
		const struct view *mine = side == OLD ? old : new;
		const struct view *other = side == OLD ? new : old;

		for (size_t i = 0; i < mine->n; i++) {
			const struct json_value *names = json_member(mine->part[i], "required");

			for (size_t k = 0; names && k < names->n; k++) {
				const struct json_value *name = &names->sub[k];

				charge(c, names->n);
				if (view_requires(other, name->string))
					continue;
				if (side == OLD)
					changed(c, w, EFFECT_WIDER, CONTRACT_REQUIRED_REMOVED, name,
						NULL, "Property \"%.64s\" is no longer required.",
						name->string);
				else
					changed(c, w, EFFECT_NARROWER, CONTRACT_REQUIRED_ADDED,
						NULL, name, "Property \"%.64s\" is now required.",
						name->string);
			}
		}
	}
}

static bool depends(const struct view *v, const char *on, const char *name)
{
	for (size_t i = 0; i < v->n; i++) {
		const struct json_value *names =
			json_member(json_member(v->part[i], "dependentRequired"), on);

		for (size_t k = 0; names && k < names->n; k++)
			if (!strcmp(names->sub[k].string, name))
				return true;
	}
	return false;
}

static void dependencies_missing(struct comparison *c, const struct where *w,
	const struct json_value *map, const struct view *other, bool removed)
{
	for (size_t i = 0; map && i < map->n; i++) {
		const struct json_value *names = &map->sub[i];

		for (size_t k = 0; k < names->n; k++) {
			const struct json_value *name = &names->sub[k];

			charge(c, names->n);
			if (depends(other, names->key, name->string))
				continue;
			changed(c, w, removed ? EFFECT_WIDER : EFFECT_NARROWER,
				removed ? CONTRACT_DEPENDENCY_REMOVED : CONTRACT_DEPENDENCY_ADDED,
				removed ? name : NULL, removed ? NULL : name,
				"Property \"%.64s\" %s asks for \"%.64s\".", names->key,
				removed ? "no longer" : "now", name->string);
		}
	}
}

static void compare_dependent(
	struct comparison *c, const struct where *w, const struct view *old, const struct view *new)
{
	struct scope scope = {old, w->scope};
	struct where deeper = below(w);

	deeper.scope = &scope;
	for (size_t i = 0; i < old->n; i++)
		dependencies_missing(
			c, w, json_member(old->part[i], "dependentRequired"), new, true);
	for (size_t i = 0; i < new->n; i++)
		dependencies_missing(
			c, w, json_member(new->part[i], "dependentRequired"), old, false);
	for (int side = OLD; side <= NEW; side++) {
		const struct view *mine = side == OLD ? old : new;
		const struct view *other = side == OLD ? new : old;

		for (size_t i = 0; i < mine->n; i++) {
			const struct json_value *map =
				json_member(mine->part[i], "dependentSchemas");

			for (size_t k = 0; map && k < map->n; k++) {
				const struct json_value *counterpart = json_member(
					view_first(other, "dependentSchemas"), map->sub[k].key);

				if (side == OLD)
					compare_schemas(c, &deeper, &map->sub[k], counterpart);
				else if (!counterpart)
					compare_schemas(c, &deeper, NULL, &map->sub[k]);
			}
		}
	}
}

static void compare_names(
	struct comparison *c, const struct where *w, const struct view *old, const struct view *new)
{
	struct view_builder b[2];
	struct view v[2];
	struct where deeper = inside(w);

	for (int side = OLD; side <= NEW; side++) {
		const struct view *mine = side == OLD ? old : new;

		view_start(&b[side], c->side[side]);
		for (size_t i = 0; i < mine->n; i++)
			view_add(&b[side], json_member(mine->part[i], "propertyNames"));
		v[side] = view_done(&b[side], c->arena);
	}
	compare_views(c, &deeper, &v[OLD], &v[NEW]);
}

void compare_objects(
	struct comparison *c, const struct where *w, const struct view *old, const struct view *new)
{
	static const struct count_rule sizes[] = {
		{"minProperties", true, CONTRACT_SIZE_NARROWED, CONTRACT_SIZE_WIDENED},
		{"maxProperties", false, CONTRACT_SIZE_NARROWED, CONTRACT_SIZE_WIDENED},
	};

	for (int i = 0; i < 2; i++)
		compare_count(c, w, old, new, &sizes[i]);
	compare_properties(c, w, old, new);
	compare_patterns(c, w, old, new);
	compare_rest(c, w, old, new);
	compare_required(c, w, old, new);
	compare_dependent(c, w, old, new);
	compare_names(c, w, old, new);
}
