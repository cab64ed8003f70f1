/* SPDX-License-Identifier: Apache-2.0
 *
 * Reads any list, one page at a time, and any rendered document.
 */
#include "store/page.h"

#include <string.h>

#include "store/body.h"

static const char *body_of(struct stmt *s, struct arena *a, int64_t *ret_cursor)
{
	*ret_cursor = stmt_int(s, "cursor");
	return stmt_text_dup(s, "body", a);
}

int page_load(struct stmt *s, int64_t after, int64_t limit, struct arena *a, struct page *ret,
	struct err *err)
{
	return page_load_by(s, after, limit, body_of, a, ret, err);
}

int page_load_by(struct stmt *s, int64_t after, int64_t limit, page_row_fn *row, struct arena *a,
	struct page *ret, struct err *err)
{
	struct page page = {0};
	int64_t last = 0;
	int rc;

	if (limit < 1)
		limit = PAGE_DEFAULT;
	if (limit > PAGE_MAX)
		limit = PAGE_MAX;
	stmt_bind_int(s, "after", after > 0 ? after : INT64_MAX);
	stmt_bind_int(s, "limit", limit + 1); /* one more tells whether another page follows */
	page.bodies = ARENA_ARRAY(a, (size_t)limit, const char *);
	while ((rc = stmt_step(s, err)) > 0) {
		if (page.n == (size_t)limit) {
			page.next = last;
			break;
		}
		page.bodies[page.n++] = row(s, a, &last);
	}
	if (rc < 0)
		return -1;
	*ret = page;
	return 0;
}

void body_set(struct body *b, const char *text, size_t len)
{
	b->text = text;
	b->len = len;
	digest_string(text, len, b->digest);
}

void body_set_text(struct body *b, const char *text)
{
	body_set(b, text, strlen(text));
}

int body_load(struct stmt *s, struct arena *a, struct body *ret, struct err *err)
{
	int rc = stmt_step(s, err);
	const char *text;

	if (rc <= 0)
		return rc;
	text = stmt_textn(s, "body", &ret->len);
	ret->text = arena_strndup(a, text, ret->len);
	memset(ret->digest, 0, sizeof(ret->digest));
	text = stmt_text(s, "body_digest");
	memcpy(ret->digest, text, strnlen(text, sizeof(ret->digest) - 1));
	return 1;
}
