/* SPDX-License-Identifier: Apache-2.0
 *
 * "Did you mean": the legal name nearest to one that is not. Pure.
 */
#ifndef BASE_SUGGEST_H
#define BASE_SUGGEST_H

#include <stddef.h>

/* The nearest of n names, or NULL when none is near: more than a third of the letters differ. */
const char *suggest_name(const char *wrong, const char *const *names, size_t n);

/* How many edits (insert, delete, replace, swap of neighbours) make one text of the other; their first
 * 40 bytes count. */
size_t suggest_distance(const char *a, size_t na, const char *b, size_t nb);

#endif
