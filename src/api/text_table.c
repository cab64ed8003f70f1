/* SPDX-License-Identifier: Apache-2.0
 *
 * The layout of text tables. Widths count characters, not bytes.
 */
#include "api/text_table.h"

#include <ctype.h>
#include <string.h>

#include "base/utf8.h"

enum { COLUMNS_MAX = 16, GAP = 2 };

struct row {
	struct row *next;
	size_t n;
	const char *cells[COLUMNS_MAX];
};

struct text_table {
	struct arena *arena;
	struct row head, *first, **last;
	struct row *current;
	size_t widths[COLUMNS_MAX];
};

struct text_table *text_table_new(struct arena *a)
{
	struct text_table *t = ARENA_NEW(a, struct text_table);

	t->arena = a;
	t->last = &t->first;
	return t;
}

static size_t width_of(const char *s)
{
	size_t n = 0;

	for (; *s; s++)
		n += ((unsigned char)*s & 0xc0) != 0x80;
	return n;
}

/* A terminal shows it, and no word of others may move its cursor or turn what is beside it. */
static void plain(char *cell)
{
	size_t len = strlen(cell), to = 0, n;
	uint32_t point;

	for (size_t at = 0; at < len; at += n ? n : 1) {
		n = utf8_take(cell + at, len - at, &point);
		if (!n || utf8_steers(point)) {
			cell[to++] = '?';
		} else {
			memmove(cell + to, cell + at, n);
			to += n;
		}
	}
	cell[to] = '\0';
}

static void add(struct text_table *t, struct row *row, char *cell)
{
	size_t width;

	if (row->n == COLUMNS_MAX)
		return;
	plain(cell);
	width = width_of(cell);
	if (width > t->widths[row->n])
		t->widths[row->n] = width;
	row->cells[row->n++] = cell;
}

void text_table_head(struct text_table *t, const char *name, size_t len)
{
	char *cell = arena_strndup(t->arena, name, len);

	for (char *p = cell; *p; p++)
		*p = (char)toupper((unsigned char)*p);
	add(t, &t->head, cell);
}

void text_table_row(struct text_table *t)
{
	t->current = ARENA_NEW(t->arena, struct row);
	*t->last = t->current;
	t->last = &t->current->next;
}

void text_table_cell(struct text_table *t, const char *value)
{
	add(t, t->current, arena_strdup(t->arena, value));
}

static void print_row(const struct text_table *t, const struct row *row, struct strbuf *out)
{
	for (size_t i = 0; i < row->n; i++) {
		strbuf_addstr(out, row->cells[i]);
		if (i + 1 < row->n)
			strbuf_addf(out, "%*s", (int)(t->widths[i] - width_of(row->cells[i]) + GAP),
				"");
	}
	strbuf_addch(out, '\n');
}

void text_table_print(const struct text_table *t, struct strbuf *out)
{
	if (t->head.n)
		print_row(t, &t->head, out);
	for (const struct row *row = t->first; row; row = row->next)
		print_row(t, row, out);
}
