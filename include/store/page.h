/* SPDX-License-Identifier: Apache-2.0
 *
 * One page of a list. Every list statement takes (after its filters) `after` and `limit` and returns
 * columns `cursor` (integer, strictly falling: newest first) and `body` (rendered JSON); so one
 * function reads any list. A page holds stable cursors: rows that arrive meanwhile never make it skip
 * or repeat one.
 */
#ifndef STORE_PAGE_H
#define STORE_PAGE_H

#include "base/arena.h"
#include "db/db.h"

enum { PAGE_DEFAULT = 100, PAGE_MAX = 1000 };

struct page {
	const char **bodies;
	size_t n;
	int64_t next; /* cursor of the last row when more follow, else 0 */
};

/* `s` is bound but for after and limit. `after` 0: from the newest. */
int page_load(struct stmt *s, int64_t after, int64_t limit, struct arena *a, struct page *ret,
	struct err *err);

/* The same of a list whose rows are no rendered documents: `row` renders one and names its cursor. */
typedef const char *page_row_fn(struct stmt *s, struct arena *a, int64_t *ret_cursor);
int page_load_by(struct stmt *s, int64_t after, int64_t limit, page_row_fn *row, struct arena *a,
	struct page *ret, struct err *err);

#endif
