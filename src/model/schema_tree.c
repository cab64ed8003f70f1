/* SPDX-License-Identifier: Apache-2.0
 *
 * Builds and reads trees of JSON values. Recursion is bounded by the nesting that jcs_load takes
 * (JSON_DEPTH_MAX), memory by the caller's count of values. Knows nothing of schemas.
 */
#include "model/schema_tree.h"

#include <stdlib.h>
#include <string.h>

#include "base/jcs.h"

struct builder {
	struct arena *arena;
	size_t values, values_max;
};

static int build(struct builder *b, const json_t *json, struct json_value *v);

static struct json_value *children(struct builder *b, struct json_value *v, size_t n)
{
	struct json_value *sub = ARENA_ARRAY(b->arena, n, struct json_value);

	v->sub = sub;
	v->n = n;
	return sub;
}

static int build_array(struct builder *b, const json_t *json, struct json_value *v)
{
	size_t n = json_array_size(json);
	struct json_value *sub;

	if (n > b->values_max - b->values)
		return -1;
	sub = children(b, v, n);
	for (size_t i = 0; i < n; i++) {
		sub[i].parent = v;
		sub[i].index = i;
		if (build(b, json_array_get(json, i), &sub[i]))
			return -1;
	}
	return 0;
}

static int by_key(const void *a, const void *b)
{
	return strcmp(((const struct json_value *)a)->key, ((const struct json_value *)b)->key);
}

static int build_object(struct builder *b, json_t *json, struct json_value *v)
{
	size_t n = json_object_size(json), i = 0;
	struct json_value *sub;
	const char *key;
	json_t *member;

	if (n > b->values_max - b->values)
		return -1;
	sub = children(b, v, n);
	json_object_foreach(json, key, member) sub[i++].key = arena_strdup(b->arena, key);
	if (n)
		qsort(sub, n, sizeof(*sub), by_key);
	for (i = 0; i < n; i++) {
		sub[i].parent = v;
		sub[i].index = i;
		if (build(b, json_object_get(json, sub[i].key), &sub[i]))
			return -1;
	}
	return 0;
}

/* Parent, key and index of *v are set. -1: too many values. */
static int build(struct builder *b, const json_t *json, struct json_value *v)
{
	if (b->values == b->values_max)
		return -1;
	v->id = b->values++;
	switch (json_typeof(json)) {
	case JSON_OBJECT:
		v->kind = JSON_KIND_OBJECT;
		return build_object(b, (json_t *)json, v);
	case JSON_ARRAY:
		v->kind = JSON_KIND_ARRAY;
		return build_array(b, json, v);
	case JSON_STRING:
		v->kind = JSON_KIND_STRING;
		v->string = arena_strdup(b->arena, json_string_value(json));
		return 0;
	case JSON_INTEGER:
	case JSON_REAL:
		v->kind = JSON_KIND_NUMBER;
		v->number = json_number_value(json);
		return 0;
	case JSON_TRUE:
	case JSON_FALSE:
		v->kind = JSON_KIND_BOOL;
		v->boolean = json_is_true(json);
		return 0;
	case JSON_NULL:
		break;
	}
	v->kind = JSON_KIND_NULL;
	return 0;
}

int json_tree(const char *text, size_t len, size_t values_max, struct arena *a,
	const struct json_value **ret, size_t *ret_values, struct err *err)
{
	struct builder b = {.arena = a, .values_max = values_max};
	json_auto_t *json = NULL;
	struct json_value *v;

	if (jcs_load(text, len, &json, err))
		return -1;
	v = ARENA_NEW(a, struct json_value);
	if (build(&b, json, v))
		return err_set_at(err, ERR_INVALID_BODY, "",
			"the document has more than %zu values", values_max);
	*ret = v;
	*ret_values = b.values;
	return 0;
}

const struct json_value *json_member(const struct json_value *v, const char *key)
{
	struct json_value wanted = {.key = key};

	if (!json_is(v, JSON_KIND_OBJECT) || !v->n)
		return NULL;
	return bsearch(&wanted, v->sub, v->n, sizeof(*v->sub), by_key);
}

const char *json_member_string(const struct json_value *v, const char *key)
{
	const struct json_value *member = json_member(v, key);

	return json_is(member, JSON_KIND_STRING) ? member->string : NULL;
}

/* The token of n bytes without its escapes; NULL when an escape is none. */
static char *unescape(const char *token, size_t n)
{
	char *text = xcalloc(n + 1, 1), *out = text;

	for (size_t i = 0; i < n; i++) {
		if (token[i] != '~') {
			*out++ = token[i];
		} else if (i + 1 < n && (token[i + 1] == '0' || token[i + 1] == '1')) {
			*out++ = token[++i] == '0' ? '~' : '/';
		} else {
			free(text);
			return NULL;
		}
	}
	return text;
}

static const struct json_value *element(const struct json_value *v, const char *token)
{
	size_t index = 0;

	if (!*token || (token[0] == '0' && token[1]))
		return NULL;
	for (const char *p = token; *p; p++) {
		if (*p < '0' || *p > '9' || index > v->n)
			return NULL;
		index = index * 10 + (size_t)(*p - '0');
	}
	return index < v->n ? &v->sub[index] : NULL;
}

const struct json_value *json_at(const struct json_value *document, const char *pointer)
{
	const struct json_value *v = document;

	while (v && *pointer) {
		if (*pointer != '/')
			return NULL;
		size_t n = strcspn(++pointer, "/");
		FREE_AUTO char *token = unescape(pointer, n);

		if (!token)
			return NULL;
		v = json_is(v, JSON_KIND_ARRAY) ? element(v, token) : json_member(v, token);
		pointer += n;
	}
	return v;
}

static size_t token_len(const struct json_value *v)
{
	size_t n = 1;

	for (const char *p = v->key; *p; p++)
		n += *p == '~' || *p == '/' ? 2 : 1;
	return n;
}

const char *json_pointer(const struct json_value *v, struct arena *a)
{
	const size_t index_len = 21; /* "/" and 20 digits */
	size_t len = 1;
	char *text, *p, digits[24];

	for (const struct json_value *at = v; at->parent; at = at->parent)
		len += at->key ? token_len(at) : index_len;
	text = arena_alloc(a, len);
	p = text + len - 1;
	*p = '\0';
	/* From the end: the path is known from its leaf. */
	for (; v->parent; v = v->parent) {
		const char *token = v->key;

		if (!token) {
			char *d = digits + sizeof(digits) - 1;

			*d = '\0';
			for (size_t i = v->index; i || !*d; i /= 10)
				*--d = (char)('0' + i % 10);
			token = d;
		}
		for (size_t i = strlen(token); i-- > 0;) {
			bool escaped = token[i] == '~' || token[i] == '/';

			*--p = !escaped ? token[i] : token[i] == '~' ? '0' : '1';
			if (escaped)
				*--p = '~';
		}
		*--p = '/';
	}
	return p;
}

bool json_same(const struct json_value *a, const struct json_value *b)
{
	if (!a || !b)
		return a == b;
	if (a->kind != b->kind || a->n != b->n)
		return false;
	switch (a->kind) {
	case JSON_KIND_NULL:
		return true;
	case JSON_KIND_BOOL:
		return a->boolean == b->boolean;
	case JSON_KIND_NUMBER:
		return a->number == b->number;
	case JSON_KIND_STRING:
		return !strcmp(a->string, b->string);
	case JSON_KIND_ARRAY:
	case JSON_KIND_OBJECT:
		break;
	}
	for (size_t i = 0; i < a->n; i++)
		if ((a->sub[i].key && strcmp(a->sub[i].key, b->sub[i].key)) ||
			!json_same(&a->sub[i], &b->sub[i]))
			return false;
	return true;
}
