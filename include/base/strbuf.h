/* SPDX-License-Identifier: Apache-2.0
 *
 * A growing byte string with a cap. It is always NUL-terminated; `buf` is never NULL. Once an
 * addition would pass the cap nothing more is added and `overflow` stays set: check it once at the
 * end. Not shared between threads.
 */
#ifndef BASE_STRBUF_H
#define BASE_STRBUF_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct strbuf {
	char *buf;
	size_t len, alloc, cap;
	bool overflow;
};

extern char strbuf_empty[];
/* `cap` in bytes, without the NUL. */
#define STRBUF_INIT(cap_)                          \
	{                                          \
		.buf = strbuf_empty, .cap = (cap_) \
	}
#define STRBUF_AUTO __attribute__((cleanup(strbuf_release))) struct strbuf

void strbuf_init(struct strbuf *sb, size_t cap);
void strbuf_release(struct strbuf *sb); /* frees; reusable afterwards with the same cap */
void strbuf_reset(struct strbuf *sb);	/* empties, keeps the memory and clears overflow */
char *strbuf_detach(
	struct strbuf *sb, size_t *ret_len); /* heap string, to be freed by the caller */

void strbuf_add(struct strbuf *sb, const void *data, size_t len);
void strbuf_addstr(struct strbuf *sb, const char *s);
void strbuf_addch_slowly(struct strbuf *sb, char c); /* strbuf_addch() when there may be no room */
static inline void strbuf_addch(struct strbuf *sb, char c)
{
	if (sb->len + 2 > sb->alloc || sb->len >= sb->cap || sb->overflow) {
		strbuf_addch_slowly(sb, c);
		return;
	}
	sb->buf[sb->len++] = c;
	sb->buf[sb->len] = '\0';
}
void strbuf_addint(struct strbuf *sb, int64_t v);
void strbuf_addf(struct strbuf *sb, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void strbuf_vaddf(struct strbuf *sb, const char *fmt, va_list ap)
	__attribute__((format(printf, 2, 0)));

#endif
