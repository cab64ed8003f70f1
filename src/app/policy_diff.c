/* SPDX-License-Identifier: Apache-2.0
 *
 * Flattens each document into its leaves (pointer and value), then merges the two lists. It reads
 * canonical JSON that was parsed before, so it checks no syntax; keys come sorted.
 */
#include "app/policy_diff.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/fault.h"
#include "base/strbuf.h"

enum { LEAVES_MAX = 4096, POINTER_MAX = 160, DIFF_MAX = 2048 };

struct leaf {
	const char *pointer, *value;
};

struct leaves {
	struct leaf *v;
	size_t n;
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
	if (l->n < LEAVES_MAX)
		l->v[l->n++] = (struct leaf){
			arena_strdup(l->arena, pointer), arena_strndup(l->arena, value, len)};
}

/* One value at `at`; returns what follows it. */
static const char *flatten(struct leaves *l, const char *pointer, const char *at)
{
	char inner[POINTER_MAX];
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
		if (object) {
			const char *end = string_end(at);
			pointer_join(inner, sizeof(inner), pointer,
				arena_strndup(l->arena, at + 1, (size_t)(end - at) - 2));
			at = end + (*end == ':');
		} else {
			pointer_index(inner, sizeof(inner), pointer, index++);
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
	struct leaves l = {.v = ARENA_ARRAY(a, LEAVES_MAX, struct leaf), .arena = a};

	flatten(&l, "", text);
	qsort(l.v, l.n, sizeof(*l.v), by_pointer);
	return l;
}

static void add(
	struct strbuf *out, int *count, int most, const struct leaf *x, const struct leaf *y)
{
	const char *separator = *count ? "; " : "";

	if (++*count > most)
		return;
	if (x && y)
		strbuf_addf(out, "%s%s %s -> %s", separator, x->pointer, x->value, y->value);
	else if (x)
		strbuf_addf(out, "%s-%s %s", separator, x->pointer, x->value);
	else
		strbuf_addf(out, "%s+%s %s", separator, y->pointer, y->value);
}

const char *policy_diff(const char *from, const char *to, int most, struct arena *a)
{
	STRBUF_AUTO out = STRBUF_INIT(DIFF_MAX);
	struct leaves x = leaves_of(from, a), y = leaves_of(to, a);
	int count = 0;

	for (size_t i = 0, j = 0; i < x.n || j < y.n;) {
		int order = i == x.n ? 1 : j == y.n ? -1 : by_pointer(&x.v[i], &y.v[j]);
		const struct leaf *left = order <= 0 ? &x.v[i++] : NULL;
		const struct leaf *right = order >= 0 ? &y.v[j++] : NULL;
		if (!left || !right || strcmp(left->value, right->value) != 0)
			add(&out, &count, most, left, right);
	}
	if (count > most)
		strbuf_addf(&out, "; and %d more", count - most);
	return arena_strdup(a, out.buf);
}
