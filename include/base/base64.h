/* SPDX-License-Identifier: Apache-2.0
 *
 * Base64 (RFC 4648), strict on the way in: full padding, no blanks, no bits left over, one alphabet.
 * So each byte string has one text in either alphabet, and no change of a text goes unnoticed.
 */
#ifndef BASE_BASE64_H
#define BASE_BASE64_H

#include <stddef.h>

#include "base/arena.h"
#include "base/strbuf.h"

enum base64_alphabet {
	BASE64_ANY, /* neither 62 nor 63 occurs */
	BASE64_STANDARD,
	BASE64_URL,
};

void base64_encode(struct strbuf *out, const void *data, size_t len); /* the standard alphabet */

/* 0 with at most `size` bytes in `out`; else -1. */
int base64_decode_to(const char *text, size_t len, unsigned char *out, size_t size, size_t *ret_len,
	enum base64_alphabet *ret_alphabet);

/* 0 with NUL-terminated bytes in the arena, or -1. */
int base64_decode(const char *text, size_t len, struct arena *a, unsigned char **ret,
	size_t *ret_len, enum base64_alphabet *ret_alphabet);

/* base64url without padding, as JOSE has it (RFC 7515 section 2): as strict, and padding is refused. */
void base64url_encode(struct strbuf *out, const void *data, size_t len);
int base64url_decode(
	const char *text, size_t len, struct arena *a, unsigned char **ret, size_t *ret_len);

#endif
