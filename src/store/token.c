/* SPDX-License-Identifier: Apache-2.0
 *
 * Statements on tokens.
 */
#include "store/token.h"

#include <string.h>

int token_find(
	struct db *db, const char *id, struct arena *a, struct token_row *ret, struct err *err)
{
	STMT_AUTO s = db_stmt(db, SQL_token_find);
	size_t n;
	int rc;

	stmt_bind_text(s, "id", id);
	rc = stmt_step(s, err);
	if (rc > 0) {
		ret->id = stmt_text_dup(s, "id", a);
		ret->name = stmt_text_dup(s, "name", a);
		memcpy(ret->hash, stmt_blob(s, "hash", &n), SHA256_SIZE);
		ret->scopes = stmt_text_dup(s, "scopes", a);
		ret->created_by = stmt_text_dup(s, "created_by", a);
		ret->created_at = stmt_int(s, "created_at");
		ret->expires_at = stmt_int(s, "expires_at");
		ret->revoked_at = stmt_int(s, "revoked_at");
		ret->body = stmt_text_dup(s, "body", a);
	}
	return rc;
}

int token_any(struct db *db, struct err *err)
{
	STMT_AUTO s = db_stmt(db, SQL_token_any);

	return stmt_step(s, err);
}

int token_insert(struct db *db, const struct token_row *t, struct err *err)
{
	STMT_AUTO s = db_stmt(db, SQL_token_insert);

	stmt_bind_text(s, "id", t->id);
	stmt_bind_text(s, "name", t->name);
	stmt_bind_blob(s, "hash", t->hash, SHA256_SIZE);
	stmt_bind_text(s, "scopes", t->scopes);
	stmt_bind_text(s, "created_by", t->created_by);
	stmt_bind_int(s, "created_at", t->created_at);
	if (t->expires_at)
		stmt_bind_int(s, "expires_at", t->expires_at);
	stmt_bind_text(s, "body", t->body);
	return stmt_exec(s, err);
}

int token_set_revoked(struct db *db, const char *id, int64_t at, const char *body, struct err *err)
{
	STMT_AUTO s = db_stmt(db, SQL_token_revoke);

	stmt_bind_text(s, "id", id);
	stmt_bind_int(s, "revoked_at", at);
	stmt_bind_text(s, "body", body);
	return stmt_cas(s, err);
}

int token_list(struct db *db, int64_t after, int64_t limit, struct arena *a, struct page *ret,
	struct err *err)
{
	STMT_AUTO s = db_stmt(db, SQL_token_list);

	return page_load(s, after, limit, a, ret, err);
}
