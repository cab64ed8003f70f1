/* SPDX-License-Identifier: Apache-2.0
 *
 * Flattens each document into its leaves (pointer and value), then merges the two sorted lists. It
 * reads canonical JSON, so it checks no syntax. An empty object or array is a leaf.
 */
#include "model/document_diff.h"

#include <stdlib.h>
#include <string.h>

#include "model/format.h"

struct leaf {
	const char *pointer, *value;
};

struct leaves {
	struct leaf *v;
	size_t n, room;
	struct arena *arena;
};

static const char *string_end(const char *at)
{
	for (at++; *at && *at != '"'; at++)
		if (*at == '\\' && at[1])
			at++;
	return *at ? at + 1 : at;
}

static void leaf_add(struct leaves *l, const char *pointer, const char *value, size_t len)
{
	if (l->n == l->room) {
		size_t room = l->room ? 2 * l->room : 256;
		struct leaf *v = ARENA_ARRAY(l->arena, room, struct leaf);

		if (l->n)
			memcpy(v, l->v, l->n * sizeof(*v));
		l->v = v;
		l->room = room;
	}
	l->v[l->n++] = (struct leaf){pointer, arena_strndup(l->arena, value, len)};
}

/* base/token, the token escaped (RFC 6901), however long. */
static const char *inside(struct arena *a, const char *base, const char *token, size_t len)
{
	size_t n = strlen(base);
	char *out = arena_alloc(a, n + 2 * len + 2), *p = out + n;

	memcpy(out, base, n);
	*p++ = '/';
	for (size_t i = 0; i < len; i++) {
		bool special = token[i] == '~' || token[i] == '/';

		*p++ = special ? '~' : token[i];
		if (special)
			*p++ = token[i] == '~' ? '0' : '1';
	}
	*p = '\0';
	return out;
}

/* One value at `at`; returns what follows it. */
static const char *flatten(struct leaves *l, const char *pointer, const char *at)
{
	bool object = *at == '{';
	const char *begin = at;
	size_t index = 0;

	if (!object && *at != '[') {
		at = *at == '"' ? string_end(at) : at + strcspn(at, ",]}");
		leaf_add(l, pointer, begin, (size_t)(at - begin));
		return at;
	}
	at++;
	if (*at == '}' || *at == ']') {
		leaf_add(l, pointer, begin, 2);
		return at + 1;
	}
	while (*at && *at != '}' && *at != ']') {
		const char *inner;

		if (object) {
			const char *end = string_end(at);

			inner = inside(l->arena, pointer, at + 1, (size_t)(end - at) - 2);
			at = end + (*end == ':');
		} else {
			inner = arena_printf(l->arena, "%s/%zu", pointer, index++);
		}
		at = flatten(l, inner, at);
		at += *at == ',';
	}
	return *at ? at + 1 : at;
}

static int by_pointer(const void *x, const void *y)
{
	return strcmp(((const struct leaf *)x)->pointer, ((const struct leaf *)y)->pointer);
}

static struct leaves leaves_of(const char *text, struct arena *a)
{
	struct leaves l = {.arena = a};

	flatten(&l, "", text);
	if (l.n > 1)
		qsort(l.v, l.n, sizeof(*l.v), by_pointer);
	return l;
}

size_t document_diff(
	const char *from, const char *to, struct arena *a, struct document_change **ret)
{
	struct leaves x = leaves_of(from, a), y = leaves_of(to, a);
	struct document_change *changes = ARENA_ARRAY(a, x.n + y.n + 1, struct document_change);
	size_t n = 0;

	for (size_t i = 0, j = 0; i < x.n || j < y.n;) {
		int order = i == x.n ? 1 : j == y.n ? -1 : by_pointer(&x.v[i], &y.v[j]);
		const struct leaf *old = order <= 0 ? &x.v[i++] : NULL;
		const struct leaf *new = order >= 0 ? &y.v[j++] : NULL;

		if (old && new &&strcmp(old->value, new->value) == 0)
			continue;
		changes[n++] = (struct document_change){
			.pointer = old ? old->pointer : new->pointer,
			.old = old ? old->value : NULL,
			.new = new ? new->value : NULL,
		};
	}
	*ret = changes;
	return n;
}

static const struct field change_fields[] = {
	{"pointer", FIELD_STRING, offsetof(struct document_change, pointer), FIELD_REQUIRED,
		.min = 0, .max = 65536, .help = "RFC 6901"},
	{"old", FIELD_JSON, offsetof(struct document_change, old), 0,
		.help = "absent: it was not there"},
	{"new", FIELD_JSON, offsetof(struct document_change, new), 0, .help = "absent: it is gone"},
};
static const struct field_table document_change_table = FIELD_TABLE(
	"DocumentChange", "What differs in one place.", struct document_change, change_fields);

static const struct field policy_diff_fields[] = {
	{"from", FIELD_INT, offsetof(struct policy_diff_record, from), FIELD_REQUIRED},
	{"to", FIELD_INT, offsetof(struct policy_diff_record, to), FIELD_REQUIRED},
	{"from_digest", FIELD_STRING, offsetof(struct policy_diff_record, from_digest),
		FIELD_REQUIRED, .format = &format_digest},
	{"to_digest", FIELD_STRING, offsetof(struct policy_diff_record, to_digest), FIELD_REQUIRED,
		.format = &format_digest},
	{"changes", FIELD_LIST, offsetof(struct policy_diff_record, changes),
		FIELD_REQUIRED | FIELD_EMIT_EMPTY, .min = 0, .max = 65536,
		.table = &document_change_table, .help = "in the order of their pointers"},
};
const struct field_table policy_diff_table =
	FIELD_TABLE("PolicyDiff", "What differs between two versions of the policy.",
		struct policy_diff_record, policy_diff_fields);
