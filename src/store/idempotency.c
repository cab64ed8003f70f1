/* SPDX-License-Identifier: Apache-2.0
 *
 * Statements on remembered answers, and on settings of the registry file.
 */
#include "store/idempotency.h"

#include "store/setting.h"

int idempotency_find(struct db *db, const char *principal, const char *route, const char *key,
	int64_t now, struct arena *a, struct idempotency_row *ret, struct err *err)
{
	STMT_AUTO s = db_stmt(db, SQL_idempotency_find);
	const char *body;
	int rc;

	stmt_bind_text(s, "principal", principal);
	stmt_bind_text(s, "route", route);
	stmt_bind_text(s, "key", key);
	rc = stmt_step(s, err);
	if (rc <= 0)
		return rc;
	if (stmt_int(s, "created_at") <= now - IDEMPOTENCY_KEPT)
		return 0;
	body = stmt_textn(s, "body", &ret->body_len);
	ret->body = arena_strndup(a, body, ret->body_len);
	ret->request_digest = stmt_text_dup(s, "request_digest", a);
	ret->status = stmt_int(s, "status");
	ret->location = stmt_text_dup(s, "location", a);
	ret->etag = stmt_text_dup(s, "etag", a);
	ret->created_at = stmt_int(s, "created_at");
	return 1;
}

int idempotency_insert(struct db *db, const struct idempotency_row *r, struct err *err)
{
	STMT_AUTO drop = db_stmt(db, SQL_idempotency_drop);
	STMT_AUTO s = db_stmt(db, SQL_idempotency_insert);

	stmt_bind_text(drop, "principal", r->principal);
	stmt_bind_text(drop, "route", r->route);
	stmt_bind_text(drop, "key", r->key);
	if (stmt_cas(drop, err) < 0)
		return -1;
	stmt_bind_text(s, "principal", r->principal);
	stmt_bind_text(s, "route", r->route);
	stmt_bind_text(s, "key", r->key);
	stmt_bind_text(s, "request_digest", r->request_digest);
	stmt_bind_int(s, "status", r->status);
	stmt_bind_text(s, "location", r->location);
	stmt_bind_textn(s, "body", r->body, r->body_len);
	stmt_bind_text(s, "etag", r->etag);
	stmt_bind_int(s, "created_at", r->created_at);
	return stmt_exec(s, err);
}

int idempotency_purge(struct db *db, int64_t now, int64_t limit, struct err *err)
{
	STMT_AUTO s = db_stmt(db, SQL_idempotency_purge);

	stmt_bind_int(s, "before", now - IDEMPOTENCY_KEPT);
	stmt_bind_int(s, "limit", limit);
	return stmt_exec(s, err);
}

int setting_find(struct db *db, const char *name, int64_t *ret, struct err *err)
{
	STMT_AUTO s = db_stmt(db, SQL_setting_find);
	int rc;

	stmt_bind_text(s, "name", name);
	rc = stmt_step(s, err);
	if (rc > 0)
		*ret = stmt_int(s, "value");
	return rc;
}

int setting_set(struct db *db, const char *name, int64_t value, struct err *err)
{
	STMT_AUTO s = db_stmt(db, SQL_setting_set);

	stmt_bind_text(s, "name", name);
	stmt_bind_int(s, "value", value);
	return stmt_exec(s, err);
}

int room_take(struct db *db, size_t bytes, struct err *err)
{
	FREE_AUTO unsigned char *filler = xcalloc(1, bytes);
	STMT_AUTO s = db_stmt(db, SQL_room_take);

	stmt_bind_blob(s, "filler", filler, bytes);
	return stmt_exec(s, err);
}

int room_give(struct db *db, struct err *err)
{
	STMT_AUTO s = db_stmt(db, SQL_room_give);

	return stmt_exec(s, err);
}
