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

bool utf8_valid(const char *s, size_t n);

/* The largest length <= n that does not cut a character of s in two. */
size_t utf8_cut(const char *s, size_t n);

#endif
