/* SPDX-License-Identifier: Apache-2.0
 *
 * Reads an OpenAPI 3.1 description as far as the comparison will: every object that it looks into has
 * the right shape, every $ref leads to something, every schema gets on the list. Other members are
 * left alone. Each object is read once, so that circles of callbacks end.
 */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "policy/contract_parts.h"

typedef void check_fn(struct checker *ck, const struct json_value *v, unsigned callbacks);

const char *const path_methods[] = {
	"delete", "get", "head", "options", "patch", "post", "put", "trace", NULL};

const struct json_value *deref(const struct contract *side, const struct json_value *v)
{
	while (json_member(v, "$ref"))
		v = side->target[v->id];
	return v;
}

static bool is_object(struct checker *ck, const struct json_value *v)
{
	return json_is(v, JSON_KIND_OBJECT) || !check_fault(ck, v, "is not an object");
}

/* Where the object's $ref leads, when that was not read before. */
static const struct json_value *enter(
	struct checker *ck, const struct json_value *v, unsigned char as)
{
	if (!is_object(ck, v) || !(v = check_ref(ck, v)))
		return NULL;
	if (!is_object(ck, v) || ck->seen[v->id] & as)
		return NULL;
	ck->seen[v->id] |= as;
	return v;
}

static void check_each(
	struct checker *ck, const struct json_value *map, check_fn *fn, unsigned callbacks)
{
	if (!map || !is_object(ck, map))
		return;
	for (size_t i = 0; i < map->n; i++)
		fn(ck, &map->sub[i], callbacks);
}

/* The same for the maps in which "x-..." is an extension and no name. */
static void check_each_named(
	struct checker *ck, const struct json_value *map, check_fn *fn, unsigned callbacks)
{
	if (!map || !is_object(ck, map))
		return;
	for (size_t i = 0; i < map->n; i++)
		if (!text_starts(map->sub[i].key, "x-"))
			fn(ck, &map->sub[i], callbacks);
}

static void check_bool(struct checker *ck, const struct json_value *v)
{
	if (v && !json_is(v, JSON_KIND_BOOL))
		check_fault(ck, v, "is neither true nor false");
}

static void check_media_type(struct checker *ck, const struct json_value *v, unsigned callbacks)
{
	if (is_object(ck, v) && json_member(v, "schema"))
		check_want_schema(ck, json_member(v, "schema"));
}

/* What parameters and headers share. */
static void check_value(struct checker *ck, const struct json_value *v)
{
	const struct json_value *schema = json_member(v, "schema");
	const struct json_value *content = json_member(v, "content");

	check_bool(ck, json_member(v, "required"));
	check_bool(ck, json_member(v, "explode"));
	if (schema && content)
		check_fault(ck, v, "has both schema and content");
	if (schema)
		check_want_schema(ck, schema);
	check_each(ck, content, check_media_type, 0);
}

static void check_header(struct checker *ck, const struct json_value *v, unsigned callbacks)
{
	v = enter(ck, v, SEEN_HEADER);
	if (v)
		check_value(ck, v);
}

static void check_parameter(struct checker *ck, const struct json_value *v, unsigned callbacks)
{
	const char *in;

	v = enter(ck, v, SEEN_PARAMETER);
	if (!v)
		return;
	in = json_member_string(v, "in");
	if (!json_member_string(v, "name"))
		check_fault(ck, v, "is a parameter without a name");
	if (!in || (strcmp(in, "path") && strcmp(in, "query") && strcmp(in, "header") &&
			   strcmp(in, "cookie")))
		check_fault(ck, v, "is a parameter in neither path, query, header nor cookie");
	else if (!strcmp(in, "path") && !json_is_bool(json_member(v, "required"), true))
		check_fault(ck, v, "is a path parameter that is not required");
	check_value(ck, v);
}

static void check_parameters(struct checker *ck, const struct json_value *list)
{
	if (!list)
		return;
	if (!json_is(list, JSON_KIND_ARRAY) || list->n > CONTRACT_LIST_MAX) {
		check_fault(
			ck, list, "is not an array of at most %d parameters", CONTRACT_LIST_MAX);
		return;
	}
	for (size_t i = 0; i < list->n; i++)
		check_parameter(ck, &list->sub[i], 0);
}

static void check_body(struct checker *ck, const struct json_value *v, unsigned callbacks)
{
	v = enter(ck, v, SEEN_BODY);
	if (!v)
		return;
	check_bool(ck, json_member(v, "required"));
	check_each(ck, json_member(v, "content"), check_media_type, 0);
}

static void check_response(struct checker *ck, const struct json_value *v, unsigned callbacks)
{
	v = enter(ck, v, SEEN_RESPONSE);
	if (!v)
		return;
	check_each(ck, json_member(v, "headers"), check_header, 0);
	check_each(ck, json_member(v, "content"), check_media_type, 0);
}

static void check_responses(struct checker *ck, const struct json_value *map)
{
	check_each_named(ck, map, check_response, 0);
	for (size_t i = 0; json_is(map, JSON_KIND_OBJECT) && i < map->n; i++) {
		const char *key = map->sub[i].key;

		if (strcmp(key, "default") && !text_starts(key, "x-") &&
			!(strlen(key) == 3 && key[0] >= '1' && key[0] <= '5' &&
				(!strcmp(key + 1, "XX") || strspn(key, "0123456789") == 3)))
			check_fault(ck, &map->sub[i],
				"is an answer whose key is neither a status, 1XX to 5XX nor "
				"default");
	}
}

static void check_path_item(struct checker *ck, const struct json_value *v, unsigned callbacks);

static void check_callback(struct checker *ck, const struct json_value *v, unsigned callbacks)
{
	if (callbacks > CALLBACKS_MAX) {
		check_fault(ck, v, "is nested in more than %d callbacks", CALLBACKS_MAX);
		return;
	}
	v = enter(ck, v, SEEN_CALLBACK);
	if (v)
		check_each_named(ck, v, check_path_item, callbacks);
}

static void check_operation(struct checker *ck, const struct json_value *v, unsigned callbacks)
{
	if (!is_object(ck, v))
		return;
	check_parameters(ck, json_member(v, "parameters"));
	if (json_member(v, "requestBody"))
		check_body(ck, json_member(v, "requestBody"), 0);
	if (json_member(v, "responses"))
		check_responses(ck, json_member(v, "responses"));
	check_each(ck, json_member(v, "callbacks"), check_callback, callbacks + 1);
}

static void check_path_item(struct checker *ck, const struct json_value *v, unsigned callbacks)
{
	v = enter(ck, v, SEEN_PATH_ITEM);
	if (!v)
		return;
	check_parameters(ck, json_member(v, "parameters"));
	for (const char *const *method = path_methods; *method; method++)
		if (json_member(v, *method))
			check_operation(ck, json_member(v, *method), callbacks);
}

static void check_schema_member(struct checker *ck, const struct json_value *v, unsigned callbacks)
{
	check_want_schema(ck, v);
}

static void check_any(struct checker *ck, const struct json_value *v, unsigned callbacks)
{
	is_object(ck, v);
}

static void check_components(struct checker *ck, const struct json_value *components)
{
	static const struct {
		const char *key;
		check_fn *fn;
	} maps[] = {
		{"callbacks", check_callback},
		{"headers", check_header},
		{"parameters", check_parameter},
		{"pathItems", check_path_item},
		{"requestBodies", check_body},
		{"responses", check_response},
		{"schemas", check_schema_member},
		{"securitySchemes", check_any},
	};

	if (!is_object(ck, components))
		return;
	for (size_t i = 0; i < sizeof(maps) / sizeof(maps[0]); i++)
		check_each(ck, json_member(components, maps[i].key), maps[i].fn, 1);
}

static void check_info(struct checker *ck, const struct json_value *info)
{
	if (!json_member_string(info, "title"))
		check_fault(ck, info, "has no title");
	if (!json_member_string(info, "version"))
		check_fault(ck, info, "has no version");
	ck->contract->name = json_member_string(info, "x-contract-name");
	ck->contract->version = json_member_string(info, "version");
}

static void check_dialect(struct checker *ck, const struct json_value *dialect)
{
	static const char *const taken[] = {"https://json-schema.org/draft/2020-12/schema",
		"https://spec.openapis.org/oas/3.1/dialect/base"};

	for (size_t i = 0; i < sizeof(taken) / sizeof(taken[0]); i++)
		if (json_is(dialect, JSON_KIND_STRING) && !strcmp(dialect->string, taken[i]))
			return;
	check_fault(ck, dialect, "is neither JSON Schema 2020-12 nor OpenAPI's own dialect");
}

void check_openapi(struct checker *ck)
{
	const struct json_value *document = ck->contract->document;
	const struct json_value *openapi = json_member(document, "openapi");
	const struct json_value *paths = json_member(document, "paths");
	const struct json_value *webhooks = json_member(document, "webhooks");
	const struct json_value *components = json_member(document, "components");

	if (!json_is(openapi, JSON_KIND_STRING) || !text_starts(openapi->string, "3.1."))
		check_fault(ck, openapi, "is not a version 3.1.x of OpenAPI");
	if (!json_is(json_member(document, "info"), JSON_KIND_OBJECT))
		fault_add(ck->faults, "/info", "is missing or not an object");
	else
		check_info(ck, json_member(document, "info"));
	if (json_member(document, "jsonSchemaDialect"))
		check_dialect(ck, json_member(document, "jsonSchemaDialect"));
	if (!paths && !webhooks && !components)
		fault_add(ck->faults, "", "has neither paths, webhooks nor components");
	check_each_named(ck, paths, check_path_item, 0);
	for (size_t i = 0; json_is(paths, JSON_KIND_OBJECT) && i < paths->n; i++)
		if (paths->sub[i].key[0] != '/' && !text_starts(paths->sub[i].key, "x-"))
			check_fault(ck, &paths->sub[i], "is a path that does not begin with /");
	check_each(ck, webhooks, check_path_item, 0);
	for (size_t i = 0; json_is(webhooks, JSON_KIND_OBJECT) && i < webhooks->n; i++)
		if (text_starts(webhooks->sub[i].key, "x-"))
			check_fault(ck, &webhooks->sub[i], "is a webhook named like an extension");
	if (components)
		check_components(ck, components);
}
