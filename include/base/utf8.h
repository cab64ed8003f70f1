/* SPDX-License-Identifier: Apache-2.0
 *
 * Well-formed UTF-8 (RFC 3629): no overlong forms, no surrogates, nothing above U+10FFFF. Any thread.
 */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The length (1-4) of the well-formed character at s, its code point in *ret; 0 when there is none
 * in the n bytes. */
size_t utf8_take(const char *s, size_t n, uint32_t *ret);

/* A control character, the end of a line, or one that is not seen and may change the order in which those
 * beside it are shown: what of somebody else's words is told by its number instead. */
bool utf8_steers(uint32_t point);

bool utf8_valid(const char *s, size_t n);

/* The largest length <= n that does not cut a character of s in two. */
size_t utf8_cut(const char *s, size_t n);

#endif
