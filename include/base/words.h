/* SPDX-License-Identifier: Apache-2.0
 *
 * Lists of words in one string, separated by spaces or commas: scopes, columns, options. Pure.
 */
#ifndef BASE_WORDS_H
#define BASE_WORDS_H

#include <stdbool.h>
#include <stddef.h>

struct word {
	const char *s; /* in the list, not terminated */
	size_t n;
};

/* The word that comes next; *list moves behind it. False when there is none. */
bool words_next(const char **list, struct word *ret);

/* Is it one of them, to the letter? */
bool words_have(const char *list, const char *word);

#endif
