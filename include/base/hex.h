/* SPDX-License-Identifier: Apache-2.0
 *
 * Bytes as hex digits. What we write is in lower case; a byte that others wrote is taken in either. Pure.
 */
#ifndef BASE_HEX_H
#define BASE_HEX_H

#include <stdbool.h>
#include <stddef.h>

void hex_encode(const void *data, size_t len, char *ret); /* ret[2 * len + 1] */

/* The byte that the two digits at `s` write; -1: they are none. Reads nothing behind a NUL. */
int hex_byte(const char *s);

/* Are the first n characters hex digits in lower case, as digests are written? */
bool hex_lower(const char *s, size_t n);

#endif
