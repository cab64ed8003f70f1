/* SPDX-License-Identifier: Apache-2.0
 *
 * Statements on evaluation suites.
 */
#include "store/suite.h"

static int suite_one(
	struct stmt *s, bool current, struct arena *a, struct suite_row *ret, struct err *err)
{
	struct suite_row row = {0};
	int rc = body_load(s, a, &row.body, err);

	if (rc <= 0)
		return rc;
	row.seq = stmt_int(s, "seq");
	row.name = stmt_text_dup(s, "name", a);
	row.version = stmt_text_dup(s, "version", a);
	row.digest = stmt_text_dup(s, "digest", a);
	row.content = stmt_text_dup(s, "content", a);
	if (current)
		row.serial = stmt_int(s, "serial");
	*ret = row;
	return 1;
}

int suite_find(struct db *db, const char *name, const char *version, struct arena *a,
	struct suite_row *ret, struct err *err)
{
	STMT_AUTO s = db_stmt(db, SQL_suite_find);

	stmt_bind_text(s, "name", name);
	stmt_bind_text(s, "version", version);
	return suite_one(s, false, a, ret, err);
}

int suite_current(struct db *db, struct arena *a, struct suite_row *ret, struct err *err)
{
	STMT_AUTO s = db_stmt(db, SQL_suite_current);

	return suite_one(s, true, a, ret, err);
}

int suite_insert(struct db *db, struct suite_row *r, struct err *err)
{
	STMT_AUTO s = db_stmt(db, SQL_suite_insert);

	stmt_bind_text(s, "name", r->name);
	stmt_bind_text(s, "version", r->version);
	stmt_bind_text(s, "digest", r->digest);
	stmt_bind_text(s, "content", r->content);
	stmt_bind_textn(s, "body", r->body.text, r->body.len);
	stmt_bind_text(s, "body_digest", r->body.digest);
	stmt_bind_text(s, "actor", r->actor);
	stmt_bind_int(s, "created_at", r->created_at);
	if (stmt_exec(s, err) < 0)
		return -1;
	r->seq = db_last_id(db);
	return 0;
}

int suite_activation_insert(struct db *db, int64_t serial, int64_t suite_seq, const char *actor,
	const char *reason, int64_t at, struct err *err)
{
	STMT_AUTO s = db_stmt(db, SQL_suite_activation_insert);

	stmt_bind_int(s, "serial", serial);
	stmt_bind_int(s, "suite_seq", suite_seq);
	stmt_bind_text(s, "actor", actor);
	stmt_bind_text(s, "reason", reason);
	stmt_bind_int(s, "at", at);
	return stmt_exec(s, err);
}

int suite_list(struct db *db, const char *name, int64_t after, int64_t limit, struct arena *a,
	struct page *ret, struct err *err)
{
	STMT_AUTO s = db_stmt(db, name ? SQL_suite_list_name : SQL_suite_list);

	if (name)
		stmt_bind_text(s, "name", name);
	return page_load(s, after, limit, a, ret, err);
}

int suite_load(
	const struct suite_row *row, struct arena *a, struct canonical_suite *ret, struct err *err)
{
	if (fields_load_text(&canonical_suite_table, row->content, a, ret, err) < 0)
		return err_wrap(err, "stored suite %s %s", row->name, row->version);
	return 0;
}
