/* SPDX-License-Identifier: Apache-2.0
 *
 * Reads a contract document and refuses what can't be compared: keywords of the wrong shape, $refs
 * that lead nowhere, in circles or out of the document, schemas nested too deep. Schemas wait on a
 * list, so that no document makes this recurse.
 */
#include <ctype.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "policy/contract_parts.h"

static const struct keyword keywords[] = {
#define X(name, shape, rule) {name, SHAPE_##shape, RULE_##rule},
#include "policy/contract_keywords.def"
#undef X
};

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct keyword *)a)->name, ((const struct keyword *)b)->name);
}

const struct keyword *keyword_find(const char *name)
{
	struct keyword wanted = {.name = name};

	return bsearch(&wanted, keywords, sizeof(keywords) / sizeof(keywords[0]),
		sizeof(keywords[0]), by_name);
}

enum keyword_rule keyword_rule(const char *name)
{
	const struct keyword *keyword = keyword_find(name);

	if (keyword)
		return keyword->rule;
	return text_starts(name, "x-") ? RULE_NOTE : RULE_OPAQUE;
}

int check_fault(struct checker *ck, const struct json_value *at, const char *fmt, ...)
{
	char detail[240];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(detail, sizeof(detail), fmt, ap);
	va_end(ap);
	return fault_add(ck->faults, json_pointer(at, ck->arena), "%s", detail);
}

/* ---- references ---- */

static int hex(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : tolower((unsigned char)c) - 'a' + 10;
}

/* The fragment without its percent escapes; NULL when one is none. */
static char *unescape(const char *fragment, struct arena *a)
{
	char *text = arena_strdup(a, fragment), *out = text;

	for (const char *p = text; *p; p++) {
		if (*p != '%') {
			*out++ = *p;
			continue;
		}
		if (!isxdigit((unsigned char)p[1]) || !isxdigit((unsigned char)p[2]) ||
			(p[1] == '0' && p[2] == '0'))
			return NULL;
		*out++ = (char)(hex(p[1]) * 16 + hex(p[2]));
		p += 2;
	}
	*out = '\0';
	return text;
}

static const struct json_value *resolve(struct checker *ck, const struct json_value *ref)
{
	const struct json_value *target;
	const char *pointer;

	if (!json_is(ref, JSON_KIND_STRING)) {
		check_fault(ck, ref, "is not a reference, which is text");
		return NULL;
	}
	if (ref->string[0] != '#') {
		check_fault(ck, ref,
			"refers to another document (%.100s); a contract holds all it speaks of",
			ref->string);
		return NULL;
	}
	if (ref->string[1] && ref->string[1] != '/') {
		check_fault(ck, ref,
			"refers by name (%.100s); refer by JSON pointer, like #/$defs/x",
			ref->string);
		return NULL;
	}
	pointer = unescape(ref->string + 1, ck->arena);
	target = pointer ? json_at(ck->contract->document, pointer) : NULL;
	if (!target)
		check_fault(ck, ref, "refers to nothing in this document (%.100s)", ref->string);
	return target;
}

const struct json_value *check_ref(struct checker *ck, const struct json_value *v)
{
	const struct json_value *from = v, *ref;

	for (int hops = 0; (ref = json_member(v, "$ref")); hops++) {
		const struct json_value **target = &ck->contract->target[v->id];

		if (hops == CONTRACT_REF_CHAIN_MAX) {
			check_fault(ck, json_member(from, "$ref"),
				"leads in a circle, or by more than %d references to its schema",
				CONTRACT_REF_CHAIN_MAX);
			return NULL;
		}
		if (!*target)
			*target = resolve(ck, ref);
		if (!*target)
			return NULL;
		v = *target;
	}
	return v;
}

/* ---- schemas ---- */

static void want(struct checker *ck, const struct json_value *schema, unsigned nesting)
{
	if (ck->seen[schema->id] & SEEN_SCHEMA)
		return;
	ck->seen[schema->id] |= SEEN_SCHEMA;
	if (nesting > CONTRACT_NESTING_MAX) {
		check_fault(ck, schema, "is nested deeper than %d schemas", CONTRACT_NESTING_MAX);
		return;
	}
	ck->nesting[schema->id] = (unsigned char)nesting;
	ck->todo[ck->n_todo++] = schema;
}

void check_want_schema(struct checker *ck, const struct json_value *schema)
{
	want(ck, schema, 1);
}

static bool is_type_name(const struct json_value *v)
{
	static const char *const names[] = {
		"null", "boolean", "number", "integer", "string", "array", "object"};

	for (size_t i = 0; json_is(v, JSON_KIND_STRING) && i < sizeof(names) / sizeof(names[0]);
		i++)
		if (!strcmp(names[i], v->string))
			return true;
	return false;
}

static void check_type(struct checker *ck, const struct json_value *v)
{
	if (json_is(v, JSON_KIND_ARRAY) && v->n) {
		for (size_t i = 0; i < v->n; i++)
			if (!is_type_name(&v->sub[i]))
				check_fault(ck, &v->sub[i], "is not the name of a type");
	} else if (!is_type_name(v)) {
		check_fault(ck, v, "is neither the name of a type nor a list of names");
	}
}

static bool is_list(struct checker *ck, const struct json_value *v, const char *of)
{
	if (!json_is(v, JSON_KIND_ARRAY))
		return check_fault(ck, v, "is not an array of %s", of) == 0;
	if (v->n > CONTRACT_LIST_MAX)
		return check_fault(ck, v, "has more than %d entries", CONTRACT_LIST_MAX) == 0;
	return true;
}

static void check_names(struct checker *ck, const struct json_value *v)
{
	if (!is_list(ck, v, "names"))
		return;
	for (size_t i = 0; i < v->n; i++)
		if (!json_is(&v->sub[i], JSON_KIND_STRING))
			check_fault(ck, &v->sub[i], "is not a name, which is text");
}

static void check_schema_list(struct checker *ck, const struct json_value *v, unsigned nesting)
{
	if (!is_list(ck, v, "schemas"))
		return;
	if (!v->n)
		check_fault(ck, v, "is empty; leave it out instead");
	for (size_t i = 0; i < v->n; i++)
		want(ck, &v->sub[i], nesting);
}

static void check_map(struct checker *ck, const struct json_value *v, unsigned nesting, bool names)
{
	if (!json_is(v, JSON_KIND_OBJECT)) {
		check_fault(ck, v, "is not an object of %s", names ? "lists of names" : "schemas");
		return;
	}
	for (size_t i = 0; i < v->n; i++) {
		if (names)
			check_names(ck, &v->sub[i]);
		else
			want(ck, &v->sub[i], nesting);
	}
}

static void check_number(struct checker *ck, const struct json_value *v, enum keyword_shape shape)
{
	if (!json_is(v, JSON_KIND_NUMBER))
		check_fault(ck, v, "is not a number");
	else if (shape == SHAPE_POSITIVE && v->number <= 0)
		check_fault(ck, v, "is not above 0");
	else if (shape == SHAPE_COUNT && (v->number < 0 || floor(v->number) != v->number))
		check_fault(ck, v, "is not a whole number from 0 up");
}

static void check_keyword(struct checker *ck, const struct keyword *keyword,
	const struct json_value *v, unsigned nesting)
{
	if (keyword->rule == RULE_REFUSED) {
		check_fault(ck, v, "`%s` is not taken: it can't be compared by structure",
			keyword->name);
		return;
	}
	switch (keyword->shape) {
	case SHAPE_ANY:
		break;
	case SHAPE_BOOL:
		if (!json_is(v, JSON_KIND_BOOL))
			check_fault(ck, v, "is neither true nor false");
		break;
	case SHAPE_STRING:
		if (!json_is(v, JSON_KIND_STRING))
			check_fault(ck, v, "is not text");
		break;
	case SHAPE_NUMBER:
	case SHAPE_POSITIVE:
	case SHAPE_COUNT:
		check_number(ck, v, keyword->shape);
		break;
	case SHAPE_TYPE:
		check_type(ck, v);
		break;
	case SHAPE_VALUES:
		if (is_list(ck, v, "values") && !v->n)
			check_fault(ck, v, "is empty, so that nothing would be valid");
		break;
	case SHAPE_NAMES:
		check_names(ck, v);
		break;
	case SHAPE_SCHEMA:
		want(ck, v, nesting + 1);
		break;
	case SHAPE_SCHEMA_LIST:
		check_schema_list(ck, v, nesting + 1);
		break;
	case SHAPE_NAMES_MAP:
	case SHAPE_SCHEMA_MAP:
		check_map(ck, v, nesting + 1, keyword->shape == SHAPE_NAMES_MAP);
		break;
	}
}

static void check_schema(struct checker *ck, const struct json_value *schema)
{
	if (json_is(schema, JSON_KIND_BOOL))
		return;
	if (!json_is(schema, JSON_KIND_OBJECT)) {
		check_fault(ck, schema, "is not a schema, which is an object, true or false");
		return;
	}
	for (size_t i = 0; i < schema->n; i++) {
		const struct keyword *keyword = keyword_find(schema->sub[i].key);

		if (keyword && strcmp(keyword->name, "$ref"))
			check_keyword(ck, keyword, &schema->sub[i], ck->nesting[schema->id]);
	}
	if (json_member(schema, "$ref") && check_ref(ck, schema))
		want(ck, ck->contract->target[schema->id], 1);
}

void check_schemas(struct checker *ck)
{
	/* The list grows while it is worked off. */
	for (size_t i = 0; i < ck->n_todo; i++)
		check_schema(ck, ck->todo[i]);
}
