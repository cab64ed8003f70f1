/* SPDX-License-Identifier: Apache-2.0
 *
 * Base64 both ways.
 */
#include "base/base64.h"

#include <stdint.h>
#include <string.h>

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

void base64url_encode(struct strbuf *out, const void *data, size_t len)
{
	size_t from = out->len;

	base64_encode(out, data, len);
	while (out->len > from && out->buf[out->len - 1] == '=')
		out->buf[--out->len] = '\0';
	for (char *at = out->buf + from; *at; at++)
		*at = *at == '+' ? '-' : *at == '/' ? '_' : *at;
}

int base64url_decode(
	const char *text, size_t len, struct arena *a, unsigned char **ret, size_t *ret_len)
{
	size_t padding = (4 - len % 4) % 4;
	enum base64_alphabet alphabet;
	char *padded;

	if (padding == 3 || memchr(text, '=', len))
		return -1;
	padded = arena_alloc(a, len + padding + 1);
	memcpy(padded, text, len);
	memset(padded + len, '=', padding);
	if (base64_decode(padded, len + padding, a, ret, ret_len, &alphabet) < 0 ||
		alphabet == BASE64_STANDARD)
		return -1;
	return 0;
}
