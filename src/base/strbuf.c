/* SPDX-License-Identifier: Apache-2.0
 *
 * Growth by doubling within the cap. An empty buffer owns no memory and points to a shared NUL that
 * is never written, so that an initialiser needs no allocation.
 */
#include "base/strbuf.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"

char strbuf_empty[1];

enum { ALLOC_FIRST = 512 };

void strbuf_init(struct strbuf *sb, size_t cap)
{
	*sb = (struct strbuf)STRBUF_INIT(cap);
}

void strbuf_release(struct strbuf *sb)
{
	if (sb->alloc)
		free(sb->buf);
	strbuf_init(sb, sb->cap);
}

void strbuf_reset(struct strbuf *sb)
{
	sb->len = 0;
	sb->overflow = false;
	if (sb->alloc)
		sb->buf[0] = '\0';
}

char *strbuf_detach(struct strbuf *sb, size_t *ret_len)
{
	char *text = sb->alloc ? sb->buf : xstrdup("");

	if (ret_len)
		*ret_len = sb->len;
	strbuf_init(sb, sb->cap);
	return text;
}

/* Makes room for len more bytes and a NUL; false when the cap forbids it, now or before. */
static bool reserve(struct strbuf *sb, size_t len)
{
	size_t need, alloc;

	if (sb->overflow || len > sb->cap - sb->len) {
		sb->overflow = true;
		return false;
	}
	need = sb->len + len + 1;
	if (need <= sb->alloc)
		return true;
	alloc = sb->alloc ? sb->alloc : ALLOC_FIRST;
	while (alloc < need)
		alloc = alloc > SIZE_MAX / 2 ? need : alloc * 2;
	sb->buf = xrealloc(sb->alloc ? sb->buf : NULL, alloc);
	sb->alloc = alloc;
	return true;
}

void strbuf_add(struct strbuf *sb, const void *data, size_t len)
{
	if (!len || !reserve(sb, len))
		return;
	memcpy(sb->buf + sb->len, data, len);
	sb->len += len;
	sb->buf[sb->len] = '\0';
}

void strbuf_addstr(struct strbuf *sb, const char *s)
{
	strbuf_add(sb, s, strlen(s));
}

void strbuf_addch_slowly(struct strbuf *sb, char c)
{
	if (!reserve(sb, 1))
		return;
	sb->buf[sb->len++] = c;
	sb->buf[sb->len] = '\0';
}

void strbuf_addint(struct strbuf *sb, int64_t v)
{
	char text[20], *p = text + sizeof(text); /* as many as -2^63 has */
	uint64_t rest = v < 0 ? 0 - (uint64_t)v : (uint64_t)v;

	do
		*--p = (char)('0' + rest % 10);
	while (rest /= 10);
	if (v < 0)
		*--p = '-';
	strbuf_add(sb, p, (size_t)(text + sizeof(text) - p));
}

void strbuf_vaddf(struct strbuf *sb, const char *fmt, va_list ap)
{
	char text[256];
	va_list again;
	int len;

	va_copy(again, ap);
	len = vsnprintf(text, sizeof(text), fmt, ap);
	if (len >= 0 && (size_t)len < sizeof(text)) {
		strbuf_add(sb, text, (size_t)len);
	} else if (len < 0) {
		sb->overflow = true;
	} else if (reserve(sb, (size_t)len)) {
		vsnprintf(sb->buf + sb->len, (size_t)len + 1, fmt, again);
		sb->len += (size_t)len;
	}
	va_end(again);
}

void strbuf_addf(struct strbuf *sb, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	strbuf_vaddf(sb, fmt, ap);
	va_end(ap);
}
