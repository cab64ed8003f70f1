/* SPDX-License-Identifier: Apache-2.0
 *
 * The search for a top-level member: it counts brackets, steps over strings, and compares keys at
 * depth one. An escape in such a key makes it unsure, for the key may then be any.
 */
#include "api/peek.h"

#include <stdbool.h>
#include <string.h>

struct scan {
	const char *p, *end;
};

static void skip_space(struct scan *s)
{
	while (s->p < s->end && strchr(" \t\r\n", *s->p) && *s->p)
		s->p++;
}

/* At an opening quote: steps behind the string. *inside and *len are what stands between the quotes.
 * False when it does not end. */
static bool take_string(struct scan *s, const char **inside, size_t *len, bool *escaped)
{
	const char *start = ++s->p;

	*escaped = false;
	for (; s->p < s->end && *s->p != '"'; s->p++) {
		if (*s->p != '\\')
			continue;
		*escaped = true;
		if (++s->p == s->end)
			return false;
	}
	if (s->p >= s->end)
		return false;
	*inside = start;
	*len = (size_t)(s->p++ - start);
	return true;
}

enum peek peek_string(
	const char *text, size_t len, const char *key, struct arena *a, const char **ret)
{
	struct scan s = {text, text + len};
	const char *inside;
	size_t depth = 0, n;
	bool escaped, unsure = false;

	while (s.p < s.end) {
		char c = *s.p;

		if (c != '"') {
			depth += c == '{' || c == '[';
			depth -= (c == '}' || c == ']') && depth > 0;
			s.p++;
			continue;
		}
		if (!take_string(&s, &inside, &n, &escaped))
			break;
		skip_space(&s);
		if (depth != 1 || s.p == s.end || *s.p != ':')
			continue;
		unsure |= escaped;
		if (n != strlen(key) || memcmp(inside, key, n) != 0)
			continue;
		s.p++;
		skip_space(&s);
		if (s.p == s.end || *s.p != '"' || !take_string(&s, &inside, &n, &escaped) ||
			escaped)
			return PEEK_UNSURE;
		*ret = arena_strndup(a, inside, n);
		return PEEK_FOUND;
	}
	return unsure ? PEEK_UNSURE : PEEK_ABSENT;
}
