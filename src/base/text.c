/* SPDX-License-Identifier: Apache-2.0
 *
 * Texts that may be absent.
 */
#include "base/text.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

bool text_equal(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

bool text_differ(const char *a, const char *b)
{
	return a && b && strcmp(a, b) != 0;
}

bool text_starts(const char *s, const char *start)
{
	return strncmp(s, start, strlen(start)) == 0;
}

/* The last n bytes of s, or nothing that could equal a text of n. */
static const char *last(const char *s, size_t n)
{
	size_t len = strlen(s);

	return len < n ? s : s + len - n;
}

bool text_ends(const char *s, const char *end)
{
	return strcmp(last(s, strlen(end)), end) == 0;
}

bool text_ends_any_case(const char *s, const char *end)
{
	return strcasecmp(last(s, strlen(end)), end) == 0;
}

bool text_has_dots(const char *path)
{
	for (;; path++) {
		size_t n = strcspn(path, "/");

		if ((n == 1 || n == 2) && strspn(path, ".") >= n)
			return true;
		path += n;
		if (!*path)
			return false;
	}
}

/* How long the word that begins here is, and whether it has a digit. */
static size_t word_of(const char *s, bool *ret_number)
{
	size_t n = 0;

	*ret_number = false;
	for (; isalnum((unsigned char)s[n]); n++)
		*ret_number = *ret_number || isdigit((unsigned char)s[n]);
	return n;
}

bool text_alike(const char *a, const char *b)
{
	while (*a && *b) {
		bool x, y;
		size_t n = word_of(a, &x), m = word_of(b, &y);

		if (!n || !m) {
			if (*a++ != *b++)
				return false;
			continue;
		}
		if (!(x && y) && (n != m || memcmp(a, b, n) != 0))
			return false;
		a += n;
		b += m;
	}
	return *a == *b;
}
