/* SPDX-License-Identifier: Apache-2.0
 *
 * Statements on sign-offs.
 */
#include "store/signoff.h"

/* Only items that the policy in force asks for are taken, so a merge sees few policies' worth. */
enum { NEWEST_MAX = 256 };

int signoff_insert(struct db *db, const struct signoff *signoff, const char *body, struct err *err)
{
	STMT_AUTO s = db_stmt(db, SQL_signoff_insert);

	stmt_bind_fields(s, &signoff_table, signoff);
	stmt_bind_text(s, "body", body);
	return stmt_exec(s, err);
}

int signoff_newest(struct db *db, const char *merge, struct arena *a, struct signoff **ret,
	size_t *ret_n, struct err *err)
{
	STMT_AUTO s = db_stmt(db, SQL_signoff_newest);
	struct signoff *list = ARENA_ARRAY(a, NEWEST_MAX, struct signoff);
	size_t n = 0;
	int rc = 1;

	stmt_bind_text(s, "merge", merge);
	while (n < NEWEST_MAX && (rc = stmt_step(s, err)) > 0) {
		fields_init(&signoff_table, &list[n]);
		stmt_load_fields(s, &signoff_table, a, &list[n++]);
	}
	if (rc < 0)
		return -1;
	*ret = list;
	*ret_n = n;
	return 0;
}

int signoff_list(struct db *db, const char *merge, int64_t after, int64_t limit, struct arena *a,
	struct page *ret, struct err *err)
{
	STMT_AUTO s = db_stmt(db, SQL_signoff_list);

	stmt_bind_text(s, "merge", merge);
	return page_load(s, after, limit, a, ret, err);
}
