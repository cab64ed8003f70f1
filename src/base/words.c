/* SPDX-License-Identifier: Apache-2.0
 *
 * Walks a list of words where it stands.
 */
#include "base/words.h"

#include <string.h>

bool words_next(const char **list, struct word *ret)
{
	const char *s = *list + strspn(*list, " ,");
	size_t n = strcspn(s, " ,");

	if (!n)
		return false;
	*ret = (struct word){.s = s, .n = n};
	*list = s + n;
	return true;
}

bool words_have(const char *list, const char *word)
{
	size_t n = strlen(word);
	struct word w;

	while (words_next(&list, &w))
		if (w.n == n && memcmp(w.s, word, n) == 0)
			return true;
	return false;
}
