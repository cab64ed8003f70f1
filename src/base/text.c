/* SPDX-License-Identifier: Apache-2.0
 *
 * Texts that may be absent.
 */
#include "base/text.h"

#include <string.h>

bool text_equal(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

bool text_differ(const char *a, const char *b)
{
	return a && b && strcmp(a, b) != 0;
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
