/* SPDX-License-Identifier: Apache-2.0
 *
 * Compares two OpenAPI descriptions as wholes: paths found again by the shape of their template,
 * webhooks, the ways to authenticate, and the components when they alone are the contract.
 */
#include <string.h>

#include "base/text.h"
#include "policy/contract_parts.h"

/* Equal but for the names within braces. */
static bool same_template(const char *x, const char *y)
{
	while (*x && *x == *y) {
		if (*x == '{') {
			x += strcspn(x, "}");
			y += strcspn(y, "}");
		} else {
			x++;
			y++;
		}
	}
	return !*x && !*y;
}

static const struct json_value *find_path(const struct json_value *map, const char *template)
{
	const struct json_value *exact = json_member(map, template);

	for (size_t i = 0; !exact && map && i < map->n; i++)
		if (same_template(map->sub[i].key, template))
			exact = &map->sub[i];
	return exact;
}

void compare_paths(struct comparison *c, enum contract_direction direction,
	const struct json_value *old, const struct json_value *new, unsigned callbacks)
{
	charge(c, old && new ? old->n *new->n : 0);
	for (int side = OLD; side <= NEW; side++) {
		const struct json_value *mine = side == OLD ? old : new;
		const struct json_value *other = side == OLD ? new : old;

		for (size_t i = 0; mine && i < mine->n; i++) {
			const struct json_value *item = &mine->sub[i];
			const struct json_value *twin = find_path(other, item->key);
			struct path path[2] = {{"", NULL}, {"", NULL}};

			if (text_starts(item->key, "x-") || (side == NEW && twin))
				continue;
			path[side] = (struct path){item->key, deref(c->side[side], item)};
			if (twin)
				path[!side] = (struct path){twin->key, deref(c->side[!side], twin)};
			compare_path_item(c, direction, &path[OLD], &path[NEW], callbacks);
		}
	}
}

static const struct where request_where = {.direction = CONTRACT_REQUEST};
static const struct where document_where = {.direction = CONTRACT_DOCUMENT};

static void compare_schemes(struct comparison *c)
{
	const struct json_value *old =
		json_at(c->side[OLD]->document, "/components/securitySchemes");
	const struct json_value *new =
		json_at(c->side[NEW]->document, "/components/securitySchemes");

	/* One that is gone or new shows in the operations that ask for it. */
	for (size_t i = 0; old && i < old->n; i++) {
		const struct json_value *was = &old->sub[i], *is = json_member(new, was->key);

		for (size_t k = 0; is && k < was->n; k++)
			if (strcmp(was->sub[k].key, "description") &&
				!json_same(&was->sub[k], json_member(is, was->sub[k].key)))
				changed(c, &request_where, EFFECT_UNKNOWN,
					CONTRACT_SECURITY_CHANGED, &was->sub[k],
					json_member(is, was->sub[k].key),
					"The way to authenticate %.64s works differently.",
					was->key);
	}
}

static bool has_operations(const struct contract *contract)
{
	const struct json_value *paths = json_member(contract->document, "paths");
	const struct json_value *webhooks = json_member(contract->document, "webhooks");

	return (paths && paths->n) || (webhooks && webhooks->n);
}

static void compare_components(struct comparison *c, enum contract_direction direction)
{
	const struct json_value *old = json_at(c->side[OLD]->document, "/components/schemas");
	const struct json_value *new = json_at(c->side[NEW]->document, "/components/schemas");
	struct where w = {.direction = direction};

	for (size_t i = 0; old && i < old->n; i++) {
		const struct json_value *was = &old->sub[i], *is = json_member(new, was->key);

		if (is)
			compare_schemas(c, &w, was, is);
		else
			changed(c, &w, EFFECT_EITHER, CONTRACT_SCHEMA_REMOVED, was, NULL,
				"Schema \"%.64s\" is gone.", was->key);
	}
	for (size_t i = 0; new &&i < new->n; i++)
		if (!json_member(old, new->sub[i].key))
			changed(c, &w, EFFECT_ADDITIVE, CONTRACT_SCHEMA_ADDED, NULL, &new->sub[i],
				"Schema \"%.64s\" is new.", new->sub[i].key);
}

static void compare_words(struct comparison *c)
{
	static const char *const words[] = {
		"/info/description", "/info/title", "/externalDocs", "/servers", "/tags"};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		const struct json_value *was = json_at(c->side[OLD]->document, words[i]);
		const struct json_value *is = json_at(c->side[NEW]->document, words[i]);

		if (!json_same(was, is))
			changed(c, &document_where, EFFECT_NOTE, CONTRACT_ANNOTATION, was, is,
				"`%s` %s.", words[i] + 1,
				!was  ? "is new"
				: !is ? "is gone"
				      : "changed");
	}
}

void compare_openapi(struct comparison *c)
{
	const struct json_value *old = c->side[OLD]->document, *new = c->side[NEW]->document;

	compare_words(c);
	compare_paths(c, CONTRACT_REQUEST, json_member(old, "paths"), json_member(new, "paths"), 0);
	/* A webhook is called by us: what it sends is what a node receives. */
	compare_paths(c, CONTRACT_RESPONSE, json_member(old, "webhooks"),
		json_member(new, "webhooks"), 0);
	compare_schemes(c);
	if (!has_operations(c->side[OLD]) || !has_operations(c->side[NEW])) {
		compare_components(c, CONTRACT_REQUEST);
		compare_components(c, CONTRACT_RESPONSE);
	}
}
