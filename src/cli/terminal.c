/* SPDX-License-Identifier: Apache-2.0
 *
 * A stream before a terminal. What goes into files and pipes is not its business: there every byte counts.
 */
#include "cli/terminal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/utf8.h"

enum match { NOTHING, PART, WHOLE };

static enum match match_character(const char *s, size_t n)
{
	unsigned char first = (unsigned char)*s;
	size_t whole = first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
	uint32_t point;

	for (size_t i = 1; i < n; i++)
		if (((unsigned char)s[i] & 0xC0) != 0x80)
			return NOTHING;
	return n < whole ? PART : utf8_take(s, n, &point) == n ? WHOLE : NOTHING;
}

/* A colour, or a character of more than one byte. */
static enum match match(const char *s, size_t n)
{
	static const char *const colours[] = {"\033[31m", "\033[32m", "\033[33m", "\033[0m"};

	if ((unsigned char)*s >= 0xC2 && (unsigned char)*s < 0xF5)
		return match_character(s, n);
	for (size_t i = 0; i < sizeof(colours) / sizeof(colours[0]); i++)
		if (strncmp(colours[i], s, n) == 0)
			return n == strlen(colours[i]) ? WHOLE : PART;
	return NOTHING;
}

static void show_byte(char c, struct strbuf *out)
{
	unsigned char u = (unsigned char)c;

	if ((u < 0x20 && c != '\n' && c != '\t') || u == 0x7f)
		strbuf_addf(out, "\\x%02x", u);
	else
		strbuf_addch(out, c);
}

static void show_whole(const struct terminal *t, struct strbuf *out)
{
	uint32_t point;

	if (*t->held != '\033' && utf8_take(t->held, t->n, &point) && utf8_steers(point))
		strbuf_addf(out, "\\u%04x", (unsigned int)point);
	else
		strbuf_add(out, t->held, t->n);
}

static void take_first(struct terminal *t, struct strbuf *out)
{
	show_byte(*t->held, out);
	memmove(t->held, t->held + 1, --t->n);
}

void terminal_feed(struct terminal *t, const char *text, size_t len, struct strbuf *out)
{
	for (size_t i = 0; i < len; i++) {
		enum match m = NOTHING;

		t->held[t->n++] = text[i];
		while (t->n && (m = match(t->held, t->n)) == NOTHING)
			take_first(t, out);
		if (t->n && m == WHOLE) {
			show_whole(t, out);
			t->n = 0;
		}
	}
}

static int put(int fd, const char *text, size_t len)
{
	while (len > 0) {
		ssize_t n = write(fd, text, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		text += n;
		len -= (size_t)n;
	}
	return 0;
}

static ssize_t cookie_write(void *cookie, const char *text, size_t len)
{
	struct terminal *t = cookie;
	STRBUF_AUTO out = STRBUF_INIT(6 * (len + TERMINAL_HELD_MAX));

	terminal_feed(t, text, len, &out);
	return put(t->fd, out.buf, out.len) < 0 ? 0 : (ssize_t)len;
}

static int cookie_close(void *cookie)
{
	struct terminal *t = cookie;
	STRBUF_AUTO out = STRBUF_INIT(6 * TERMINAL_HELD_MAX);

	while (t->n)
		take_first(t, &out);

	int rc = put(t->fd, out.buf, out.len);

	free(t);
	return rc;
}

FILE *terminal_open(FILE *f)
{
	struct terminal *t;
	FILE *opened;
	int fd = fileno(f);

	if (fd < 0 || !isatty(fd))
		return f;
	fflush(f);
	t = xcalloc(1, sizeof(*t));
	t->fd = fd;
	opened = fopencookie(
		t, "w", (cookie_io_functions_t){.write = cookie_write, .close = cookie_close});
	if (!opened) {
		free(t);
		return f;
	}
	setvbuf(opened, NULL, _IOLBF, 0);
	return opened;
}

int terminal_close(FILE *f, FILE *opened)
{
	return opened == f ? fflush(f) : fclose(opened);
}
