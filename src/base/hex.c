/* SPDX-License-Identifier: Apache-2.0
 *
 * Hex digits.
 */
#include "base/hex.h"

#include <string.h>

static const char digits[] = "0123456789abcdef";

void hex_encode(const void *data, size_t len, char *ret)
{
	const unsigned char *bytes = data;

	for (size_t i = 0; i < len; i++) {
		*ret++ = digits[bytes[i] >> 4];
		*ret++ = digits[bytes[i] & 0xF];
	}
	*ret = '\0';
}

static int digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

int hex_byte(const char *s)
{
	int high = digit(s[0]), low = high < 0 ? -1 : digit(s[1]);

	return low < 0 ? -1 : high * 16 + low;
}

bool hex_lower(const char *s, size_t n)
{
	return strspn(s, digits) >= n;
}
