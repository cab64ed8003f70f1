/* SPDX-License-Identifier: Apache-2.0
 *
 * A JSON document as an immutable tree of plain structs, for code that compares documents whose
 * shape is theirs and not ours: JSON Schemas and OpenAPI descriptions. No field table can declare
 * those, and the policy layer, which judges them, may not see jansson. Resources of our own are
 * declared as field tables (model/field.h), never walked like this.
 *
 * Members of an object are sorted by key (bytes), so that equal documents are equal trees however
 * they were written. Every value knows its parent, hence its pointer. All memory is the arena's; a
 * tree is never changed after it was built, and any number of threads may read it.
 */
#ifndef MODEL_SCHEMA_TREE_H
#define MODEL_SCHEMA_TREE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/err.h"

enum json_kind {
	JSON_KIND_NULL,
	JSON_KIND_BOOL,
	JSON_KIND_NUMBER,
	JSON_KIND_STRING,
	JSON_KIND_ARRAY,
	JSON_KIND_OBJECT,
};

struct json_value {
	enum json_kind kind;
	bool boolean;
	double number;		      /* what jcs_load takes a double holds exactly or nearest */
	const char *string;	      /* no NUL inside */
	const struct json_value *sub; /* n elements, or members in the order of their keys */
	size_t n;
	const struct json_value *parent; /* NULL: the document */
	const char *key;		 /* in an object; NULL elsewhere */
	size_t index;			 /* place within the parent */
	size_t id; /* 0 is the document; below the count that json_tree gives */
};

/* Parse strictly (base/jcs.h). A document of more than `values_max` values is refused
 * (ERR_INVALID_BODY), text that is no JSON likewise (ERR_BAD_JSON). */
int json_tree(const char *text, size_t len, size_t values_max, struct arena *a,
	const struct json_value **ret, size_t *ret_values, struct err *err);

/* The member; NULL when there is none or `v` is NULL or no object. */
const struct json_value *json_member(const struct json_value *v, const char *key);

/* The member when it is a string, else NULL. */
const char *json_member_string(const struct json_value *v, const char *key);

/* RFC 6901 both ways. An array index has no leading zeros; NULL when nothing is there. */
const struct json_value *json_at(const struct json_value *document, const char *pointer);
const char *json_pointer(const struct json_value *v, struct arena *a);

/* The same JSON value: order of members and spelling of numbers do not count. NULL is "absent". */
bool json_same(const struct json_value *a, const struct json_value *b);

static inline bool json_is(const struct json_value *v, enum json_kind kind)
{
	return v && v->kind == kind;
}

static inline bool json_is_bool(const struct json_value *v, bool which)
{
	return json_is(v, JSON_KIND_BOOL) && v->boolean == which;
}

#endif
