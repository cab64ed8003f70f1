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

int base64_decode(const char *text, size_t len, struct arena *a, unsigned char **ret,
	size_t *ret_len, enum base64_alphabet *ret_alphabet)
{
	size_t size = len / 4 * 3, n;
	unsigned char *out = arena_alloc(a, size + 1);

	if (base64_decode_to(text, len, out, size, &n, ret_alphabet) < 0)
		return -1;
	out[n] = '\0';
	*ret = out;
	*ret_len = n;
	return 0;
}
