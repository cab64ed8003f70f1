/* SPDX-License-Identifier: Apache-2.0
 *
 * Statements on policy versions.
 */
#include "store/policy.h"

static int policy_one(struct stmt *s, struct arena *a, struct policy_row *ret, struct err *err)
{
	int rc = stmt_step(s, err);

	if (rc > 0) {
		ret->version = stmt_int(s, "version");
		ret->digest = stmt_text_dup(s, "digest", a);
		ret->body = stmt_text_dup(s, "body", a);
		ret->summary = stmt_text_dup(s, "summary", a);
	}
	return rc;
}

int policy_newest(struct db *db, struct arena *a, struct policy_row *ret, struct err *err)
{
	STMT_AUTO s = db_stmt(db, SQL_policy_newest);

	return policy_one(s, a, ret, err);
}

int policy_by_version(
	struct db *db, int64_t version, struct arena *a, struct policy_row *ret, struct err *err)
{
	STMT_AUTO s = db_stmt(db, SQL_policy_by_version);

	stmt_bind_int(s, "version", version);
	return policy_one(s, a, ret, err);
}

int policy_by_digest(
	struct db *db, const char *digest, struct arena *a, struct policy_row *ret, struct err *err)
{
	STMT_AUTO s = db_stmt(db, SQL_policy_by_digest);

	stmt_bind_text(s, "digest", digest);
	return policy_one(s, a, ret, err);
}

int policy_insert(struct db *db, const struct policy_row *p, struct err *err)
{
	STMT_AUTO s = db_stmt(db, SQL_policy_insert);

	stmt_bind_int(s, "version", p->version);
	stmt_bind_text(s, "digest", p->digest);
	stmt_bind_text(s, "body", p->body);
	stmt_bind_text(s, "summary", p->summary);
	stmt_bind_text(s, "actor", p->actor);
	stmt_bind_text(s, "reason", p->reason);
	stmt_bind_int(s, "created_at", p->created_at);
	return stmt_exec(s, err);
}

int policy_list(struct db *db, int64_t after, int64_t limit, struct arena *a, struct page *ret,
	struct err *err)
{
	STMT_AUTO s = db_stmt(db, SQL_policy_list);

	return page_load(s, after, limit, a, ret, err);
}
