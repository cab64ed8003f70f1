/* SPDX-License-Identifier: Apache-2.0
 *
 * The one UTF-8 decoder; strict, so that what passes it means the same to every reader.
 */
#include "base/utf8.h"

static bool is_continuation(char c)
{
	return ((unsigned char)c & 0xC0) == 0x80;
}

size_t utf8_take(const char *s, size_t n, uint32_t *ret)
{
	static const uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
	unsigned char lead = n ? (unsigned char)s[0] : 0xFF;
	size_t len;
	uint32_t point;

	if (lead < 0x80) {
		*ret = lead;
		return 1;
	}
	if (lead >= 0xC2 && lead < 0xE0)
		len = 2;
	else if (lead >= 0xE0 && lead < 0xF0)
		len = 3;
	else if (lead >= 0xF0 && lead < 0xF5)
		len = 4;
	else
		return 0;
	if (n < len)
		return 0;

	point = lead & (0x7Fu >> len);
	for (size_t i = 1; i < len; i++) {
		if (!is_continuation(s[i]))
			return 0;
		point = point << 6 | ((unsigned char)s[i] & 0x3F);
	}
	if (point < smallest[len] || point > 0x10FFFF || (point >= 0xD800 && point <= 0xDFFF))
		return 0;
	*ret = point;
	return len;
}

bool utf8_steers(uint32_t point)
{
	return point < 0x20 || (point >= 0x7F && point < 0xA0) || point == 0x061C ||
	       (point >= 0x200B && point <= 0x200F) || (point >= 0x2028 && point <= 0x202E) ||
	       (point >= 0x2060 && point <= 0x206F) || point == 0xFEFF;
}

bool utf8_valid(const char *s, size_t n)
{
	uint32_t point;

	while (n) {
		size_t len = utf8_take(s, n, &point);

		if (!len)
			return false;
		s += len;
		n -= len;
	}
	return true;
}

size_t utf8_cut(const char *s, size_t n)
{
	size_t start = n;
	uint32_t point;

	/* A character is at most 4 bytes, so its lead is among the last 3 when it is cut. */
	while (start && n - start < 3 && is_continuation(s[start - 1]))
		start--;
	if (!start || (unsigned char)s[start - 1] < 0x80)
		return n;
	return utf8_take(s + start - 1, n - start + 1, &point) ? n : start - 1;
}
