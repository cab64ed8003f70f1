/* SPDX-License-Identifier: Apache-2.0
 *
 * Base64 into memory that is there: apart, because nodes link it and take no memory.
 */
#include <stdint.h>

#include "base/base64.h"

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

int base64_decode_to(const char *text, size_t len, unsigned char *out, size_t size, size_t *ret_len,
	enum base64_alphabet *ret_alphabet)
{
	enum base64_alphabet alphabet = BASE64_ANY;
	size_t padding = 0, n = 0;
	uint32_t bits = 0;

	if (len % 4)
		return -1;
	while (padding < 2 && padding < len && text[len - 1 - padding] == '=')
		padding++;
	if (len / 4 * 3 - padding > size)
		return -1;
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
	*ret_len = n;
	*ret_alphabet = alphabet;
	return 0;
}
