/* SPDX-License-Identifier: Apache-2.0
 *
 * Texts that may be absent (NULL). Pure.
 */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include <stdbool.h>

/* Equal, or both absent. */
bool text_equal(const char *a, const char *b);
/* Both there, and not equal: what is absent contradicts nothing. */
bool text_differ(const char *a, const char *b);
/* NULL in neither. */
bool text_starts(const char *s, const char *start);
bool text_ends(const char *s, const char *end);
/* ASCII letters of either case. */
bool text_ends_any_case(const char *s, const char *end);
/* Equal but for words (of letters and digits) with a digit in them on both sides, which name a request, a
 * time or a count. Not NULL. */
bool text_alike(const char *a, const char *b);
/* Is a segment between slashes `.` or `..`, which a server may take for an order? Not NULL. */
bool text_has_dots(const char *path);

#endif
