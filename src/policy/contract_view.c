/* SPDX-License-Identifier: Apache-2.0
 *
 * A schema as one flat list of parts that must all hold: $refs followed, allOfs taken apart. So a
 * property moved into a base schema, or a schema moved under $defs, is no change. Also what can be
 * asked of such a list: its types, bounds, finite values. Cycles of $ref end, because no part is
 * taken twice; the list is capped.
 */
#include <math.h>
#include <string.h>

#include "policy/contract_parts.h"

void view_start(struct view_builder *b, const struct contract *side)
{
	b->side = side;
	b->view = (struct view){.site = NULL};
}

static bool asserts_something(const struct json_value *schema)
{
	for (size_t i = 0; i < schema->n; i++) {
		enum keyword_rule rule = keyword_rule(schema->sub[i].key);

		if (strcmp(schema->sub[i].key, "$ref") && rule != RULE_NOTE && rule != RULE_HOLDER)
			return true;
	}
	return false;
}

static bool take(struct view_builder *b, const struct json_value *schema)
{
	for (size_t i = 0; i < b->view.n; i++)
		if (b->part[i] == schema)
			return false;
	if (b->view.n == VIEW_PARTS_MAX) {
		b->view.overfull = true;
		return false;
	}
	b->part[b->view.n++] = schema;
	return true;
}

void view_add(struct view_builder *b, const struct json_value *schema)
{
	const struct json_value *all;

	if (schema && !b->view.site)
		b->view.site = schema;
	if (!schema || json_is_bool(schema, true))
		return;
	if (json_is_bool(schema, false)) {
		b->view.never = true;
		return;
	}
	if (json_member(schema, "$ref")) {
		const struct json_value *target = b->side->target[schema->id];

		if (!asserts_something(schema)) {
			view_add(b, target);
			return;
		}
		if (!take(b, schema))
			return;
		view_add(b, target);
	} else if (!take(b, schema)) {
		return;
	}
	all = json_member(schema, "allOf");
	for (size_t i = 0; all && i < all->n; i++)
		view_add(b, &all->sub[i]);
}

struct view view_done(struct view_builder *b, struct arena *a)
{
	struct view v = b->view;

	if (v.n)
		v.part = arena_memdup(a, b->part, v.n * sizeof(*b->part));
	return v;
}

struct view view_of(const struct contract *side, const struct json_value *schema, struct arena *a)
{
	struct view_builder b;

	view_start(&b, side);
	view_add(&b, schema);
	return view_done(&b, a);
}

bool view_is_open(const struct view *v)
{
	for (size_t i = 0; i < v->n; i++)
		if (asserts_something(v->part[i]))
			return false;
	return !v->never;
}

bool view_same(const struct view *x, const struct view *y)
{
	return x->n == y->n && x->never == y->never &&
	       (!x->n || !memcmp(x->part, y->part, x->n * sizeof(*x->part)));
}

const struct json_value *view_place(const struct view *v)
{
	return v->n ? v->part[0] : v->site;
}

const struct json_value *view_first(const struct view *v, const char *keyword)
{
	for (size_t i = 0; i < v->n; i++) {
		const struct json_value *value = json_member(v->part[i], keyword);

		if (value)
			return value;
	}
	return NULL;
}

struct places view_places(const struct view *old, const struct view *new, const char *keyword)
{
	const struct json_value *was = view_first(old, keyword), *is = view_first(new, keyword);

	if (is)
		return (struct places){was, is};
	if (was)
		return (struct places){was, NULL};
	return (struct places){view_place(old), view_place(new)};
}

const char *view_subject(const struct view *old, const struct view *new, struct arena *a)
{
	const struct json_value *site = new->site ? new->site : old->site;
	const char *key = site->key, *holder;

	if (!key)
		return "the value";
	holder = site->parent && site->parent->key ? site->parent->key : "";
	if (!strcmp(holder, "properties"))
		return arena_printf(a, "property \"%.64s\"", key);
	if (!strcmp(holder, "$defs") || !strcmp(holder, "schemas"))
		return arena_printf(a, "schema \"%.64s\"", key);
	if (!strcmp(key, "items"))
		return "each item";
	if (!strcmp(key, "additionalProperties"))
		return "each undeclared property";
	if (site->parent && !site->parent->parent)
		return arena_printf(a, "the %.64s", key);
	return "the value";
}

/* ---- types ---- */

static const struct {
	const char *name;
	unsigned type;
} types[] = {
	{"null", TYPE_NULL},
	{"boolean", TYPE_BOOL},
	{"number", TYPE_NUMBER},
	{"integer", TYPE_INTEGER},
	{"string", TYPE_STRING},
	{"array", TYPE_ARRAY},
	{"object", TYPE_OBJECT},
};
enum { N_TYPES = sizeof(types) / sizeof(types[0]) };

static unsigned type_named(const char *name)
{
	for (size_t i = 0; i < N_TYPES; i++)
		if (!strcmp(types[i].name, name))
			return types[i].type;
	return 0;
}

static unsigned type_of_value(const struct json_value *v)
{
	switch (v->kind) {
	case JSON_KIND_NULL:
		return TYPE_NULL;
	case JSON_KIND_BOOL:
		return TYPE_BOOL;
	case JSON_KIND_NUMBER:
		return floor(v->number) == v->number ? TYPE_INTEGER : TYPE_FRACTION;
	case JSON_KIND_STRING:
		return TYPE_STRING;
	case JSON_KIND_ARRAY:
		return TYPE_ARRAY;
	case JSON_KIND_OBJECT:
		break;
	}
	return TYPE_OBJECT;
}

static unsigned part_types(const struct json_value *part)
{
	const struct json_value *type = json_member(part, "type");
	const struct json_value *list = json_member(part, "enum");
	const struct json_value *constant = json_member(part, "const");
	unsigned said = TYPE_ALL, listed = 0;

	if (type) {
		said = json_is(type, JSON_KIND_STRING) ? type_named(type->string) : 0;
		for (size_t i = 0; i < type->n; i++)
			said |= type_named(type->sub[i].string);
		if (json_is_bool(json_member(part, "nullable"), true))
			said |= TYPE_NULL;
	}
	if (constant)
		return said & type_of_value(constant);
	for (size_t i = 0; list && i < list->n; i++)
		listed |= type_of_value(&list->sub[i]);
	return list ? said & listed : said;
}

unsigned view_types(const struct view *v)
{
	unsigned all = v->never ? 0 : TYPE_ALL;

	for (size_t i = 0; i < v->n; i++)
		all &= part_types(v->part[i]);
	return all;
}

const char *types_text(unsigned mask, struct arena *a)
{
	const char *text = "";

	if (mask == TYPE_ALL)
		return "any type";
	if (!mask)
		return "no type";
	for (size_t i = 0; i < N_TYPES; i++) {
		if ((mask & types[i].type) != types[i].type)
			continue;
		mask &= ~types[i].type;
		text = arena_printf(a, "%s%s%s", text, *text ? " or " : "", types[i].name);
	}
	return *text ? text : "fractional numbers";
}

/* ---- bounds ---- */

static struct bound stricter(struct bound x, struct bound y, bool lower)
{
	if (x.at == y.at)
		return x.exclusive ? x : y;
	return (x.at > y.at) == lower ? x : y;
}

static struct bound view_bound(const struct view *v, bool lower, bool integers)
{
	static const char *const keywords[2][2] = {
		{"maximum", "exclusiveMaximum"}, {"minimum", "exclusiveMinimum"}};
	struct bound bound = {.at = lower ? -INFINITY : INFINITY};

	for (size_t i = 0; i < v->n; i++) {
		for (int exclusive = 0; exclusive < 2; exclusive++) {
			const struct json_value *said =
				json_member(v->part[i], keywords[lower][exclusive]);
			struct bound b;

			if (!said)
				continue;
			b = (struct bound){said->number, exclusive, said};
			/* > 0 and >= 1 are the same to integers. */
			if (integers) {
				b.exclusive = false;
				b.at = lower	   ? exclusive ? floor(b.at) + 1 : ceil(b.at)
					     : exclusive ? ceil(b.at) - 1
						   : floor(b.at);
			}
			bound = bound.said ? stricter(bound, b, lower) : b;
		}
	}
	return bound;
}

struct bound view_lower(const struct view *v, bool integers)
{
	return view_bound(v, true, integers);
}

struct bound view_upper(const struct view *v, bool integers)
{
	return view_bound(v, false, integers);
}

const struct json_value *view_count(const struct view *v, const char *keyword, bool lower)
{
	const struct json_value *strict = NULL;

	for (size_t i = 0; i < v->n; i++) {
		const struct json_value *said = json_member(v->part[i], keyword);

		if (said && (!strict || (lower ? said->number > strict->number
					       : said->number < strict->number)))
			strict = said;
	}
	return strict;
}

/* ---- values ---- */

static enum truth both(enum truth x, enum truth y)
{
	if (x == NO || y == NO)
		return NO;
	return x == YES && y == YES ? YES : MAYBE;
}

static bool listed(const struct json_value *list, const struct json_value *value)
{
	for (size_t i = 0; i < list->n; i++)
		if (json_same(&list->sub[i], value))
			return true;
	return false;
}

static size_t characters(const char *s)
{
	size_t n = 0;

	for (; *s; s++)
		n += ((unsigned char)*s & 0xC0) != 0x80;
	return n;
}

static bool is_multiple(double v, double of)
{
	double times = v / of;

	return fabs(times - nearbyint(times)) <= 1e-9 * fmax(1, fabs(times));
}

/* Does the number or the length of the string lie within? */
static bool within(const struct json_value *part, const struct json_value *value)
{
	struct view one = {.part = &part, .n = 1};
	const struct json_value *said;

	if (value->kind == JSON_KIND_NUMBER) {
		struct bound low = view_lower(&one, false), high = view_upper(&one, false);

		said = json_member(part, "multipleOf");
		return (low.exclusive ? value->number > low.at : value->number >= low.at) &&
		       (high.exclusive ? value->number < high.at : value->number <= high.at) &&
		       (!said || is_multiple(value->number, said->number));
	}
	if (value->kind == JSON_KIND_STRING) {
		double n = (double)characters(value->string);

		if ((said = json_member(part, "minLength")) && n < said->number)
			return false;
		if ((said = json_member(part, "maxLength")) && n > said->number)
			return false;
	}
	return true;
}

static enum truth part_admits(
	struct comparison *c, const struct json_value *part, const struct json_value *value)
{
	static const char *const decided[] = {"$ref", "allOf", "const", "default", "enum",
		"exclusiveMaximum", "exclusiveMinimum", "maxLength", "maximum", "minLength",
		"minimum", "multipleOf", "nullable", "type"};
	static const char *const for_objects[] = {"additionalProperties", "dependentRequired",
		"maxProperties", "minProperties", "patternProperties", "properties",
		"propertyNames", "required", "unevaluatedProperties"};
	bool scalar = value->kind != JSON_KIND_ARRAY && value->kind != JSON_KIND_OBJECT;
	const struct json_value *constant = json_member(part, "const");
	const struct json_value *list = json_member(part, "enum");
	enum truth answer = YES;

	charge(c, list ? list->n : 1);
	if (!(part_types(part) & type_of_value(value)) || !within(part, value))
		return NO;
	if ((constant && !json_same(constant, value)) || (list && !listed(list, value)))
		return NO;
	for (size_t i = 0; i < part->n; i++) {
		const char *key = part->sub[i].key;
		bool known = keyword_rule(key) == RULE_NOTE || keyword_rule(key) == RULE_HOLDER;

		for (size_t k = 0; k < sizeof(decided) / sizeof(decided[0]); k++)
			known |= !strcmp(key, decided[k]);
		for (size_t k = 0; k < sizeof(for_objects) / sizeof(for_objects[0]); k++)
			known |= scalar && !strcmp(key, for_objects[k]);
		known |= !strcmp(key, "pattern") && value->kind != JSON_KIND_STRING;
		if (!known)
			answer = MAYBE;
	}
	return answer;
}

enum truth view_admits(struct comparison *c, const struct view *v, const struct json_value *value)
{
	enum truth answer = v->never ? NO : v->overfull || out_of_steps(c) ? MAYBE : YES;

	for (size_t i = 0; i < v->n && !out_of_steps(c); i++)
		answer = both(answer, part_admits(c, v->part[i], value));
	return answer != NO && out_of_steps(c) ? MAYBE : answer;
}

static const struct json_value finite_null = {.kind = JSON_KIND_NULL};
static const struct json_value finite_bools[] = {
	{.kind = JSON_KIND_BOOL}, {.kind = JSON_KIND_BOOL, .boolean = true}};

/* The candidates that one part or the types name, before the other parts have their say. */
static bool candidates(const struct view *v, struct arena *a, struct values *ret)
{
	const struct json_value *list = view_first(v, "enum"), *constant = view_first(v, "const");
	unsigned mask = view_types(v);
	bool finite = !(mask & ~(unsigned)(TYPE_NULL | TYPE_BOOL));

	if (!list && !constant && !finite)
		return false;
	ret->v = ARENA_ARRAY(a, list ? list->n : 3, const struct json_value *);
	ret->n = 0;
	if (constant) {
		ret->v[ret->n++] = constant;
	} else if (list) {
		for (size_t i = 0; i < list->n; i++)
			ret->v[ret->n++] = &list->sub[i];
	} else {
		if (mask & TYPE_NULL)
			ret->v[ret->n++] = &finite_null;
		for (int i = 0; i < 2 && (mask & TYPE_BOOL); i++)
			ret->v[ret->n++] = &finite_bools[i];
	}
	return true;
}

bool view_values(struct comparison *c, const struct view *v, struct values *ret)
{
	struct values all;

	if (!candidates(v, c->arena, &all))
		return false;
	*ret = (struct values){.v = all.v, .exact = true};
	for (size_t i = 0; i < all.n; i++) {
		enum truth admits = view_admits(c, v, all.v[i]);

		if (admits == NO)
			continue;
		ret->exact &= admits == YES;
		ret->v[ret->n++] = all.v[i];
	}
	return true;
}

/* ---- can a value be valid in both? ---- */

bool view_requires(const struct view *v, const char *name)
{
	for (size_t i = 0; i < v->n; i++) {
		const struct json_value *required = json_member(v->part[i], "required");

		for (size_t k = 0; required && k < required->n; k++)
			if (!strcmp(required->sub[k].string, name))
				return true;
	}
	return false;
}

static bool values_disjoint(struct comparison *c, const struct view *x, const struct view *y)
{
	struct values values;

	if (!(view_types(x) & view_types(y)))
		return true;
	if (!view_values(c, x, &values))
		return false;
	for (size_t i = 0; i < values.n; i++)
		if (view_admits(c, y, values.v[i]) != NO)
			return false;
	return true;
}

/* Only what is certain: other types, other values, or a required tag with other values. */
bool view_disjoint(struct comparison *c, int side, const struct view *x, const struct view *y)
{
	const struct contract *contract = c->side[side];

	if (values_disjoint(c, x, y) || values_disjoint(c, y, x))
		return true;
	if ((view_types(x) & view_types(y)) != TYPE_OBJECT)
		return false;
	for (size_t i = 0; i < x->n; i++) {
		const struct json_value *properties = json_member(x->part[i], "properties");

		for (size_t k = 0; properties && k < properties->n; k++) {
			const struct json_value *tag = &properties->sub[k], *other = NULL;

			charge(c, STEP_COMPARISONS);
			if (out_of_steps(c))
				return false;
			for (size_t j = 0; j < y->n && !other; j++)
				other = json_member(
					json_member(y->part[j], "properties"), tag->key);
			if (!other || !view_requires(x, tag->key) || !view_requires(y, tag->key))
				continue;
			struct view mine = view_of(contract, tag, c->arena);
			struct view theirs = view_of(contract, other, c->arena);

			if (values_disjoint(c, &mine, &theirs) ||
				values_disjoint(c, &theirs, &mine))
				return true;
		}
	}
	return false;
}
