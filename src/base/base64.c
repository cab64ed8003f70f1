/* SPDX-License-Identifier: Apache-2.0
 *
 * Base64 both ways.
 */
#include "base/base64.h"

#include <stdint.h>

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void base64_encode(struct strbuf *out, const void *data, size_t len)
{
	const unsigned char *in = data;

	for (size_t i = 0; i < len; i += 3) {
		uint32_t bits = (uint32_t)in[i] << 16;
		size_t left = len - i;

		bits |= left > 1 ? (uint32_t)in[i + 1] << 8 : 0;
		bits |= left > 2 ? in[i + 2] : 0;
		strbuf_addch(out, digits[bits >> 18]);
		strbuf_addch(out, digits[bits >> 12 & 63]);
		strbuf_addch(out, left > 1 ? digits[bits >> 6 & 63] : '=');
		strbuf_addch(out, left > 2 ? digits[bits & 63] : '=');
	}
}

/* -1 for what is no digit, or of the other alphabet than those before. */
static int digit_of(char c, enum base64_alphabet *alphabet)
{
	enum base64_alphabet own = c == '+' || c == '/' ? BASE64_STANDARD : BASE64_URL;

	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	if (c != '+' && c != '/' && c != '-' && c != '_')
		return -1;
	if (*alphabet != BASE64_ANY && *alphabet != own)
		return -1;
	*alphabet = own;
	return c == '+' || c == '-' ? 62 : 63;
}

int base64_decode(const char *text, size_t len, struct arena *a, unsigned char **ret,
	size_t *ret_len, enum base64_alphabet *ret_alphabet)
{
	enum base64_alphabet alphabet = BASE64_ANY;
	size_t padding = 0, n = 0;
	uint32_t bits = 0;

	if (len % 4)
		return -1;
	while (padding < 2 && padding < len && text[len - 1 - padding] == '=')
		padding++;
	unsigned char *out = arena_alloc(a, len / 4 * 3 + 1);

	for (size_t i = 0; i < len - padding; i++) {
		int digit = digit_of(text[i], &alphabet);

		if (digit < 0)
			return -1;
		bits = bits << 6 | (uint32_t)digit;
		if (i % 4)
			out[n++] = (unsigned char)(bits >> (6 - 2 * (i % 4)));
	}
	/* The digit before the padding holds bits of no byte: they have to be 0. */
	if ((padding == 1 && (bits & 3)) || (padding == 2 && (bits & 15)))
		return -1;
	out[n] = '\0';
	*ret = out;
	*ret_len = n;
	*ret_alphabet = alphabet;
	return 0;
}
