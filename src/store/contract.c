/* SPDX-License-Identifier: Apache-2.0
 *
 * Statements on contracts.
 */
#include "store/contract.h"

static int contract_one(struct stmt *s, struct arena *a, struct contract_row *ret, struct err *err)
{
	int rc = stmt_step(s, err);

	if (rc > 0)
		*ret = (struct contract_row){
			.seq = stmt_int(s, "seq"),
			.name = stmt_text_dup(s, "name", a),
			.version = stmt_text_dup(s, "version", a),
			.digest = stmt_text_dup(s, "digest", a),
			.document = stmt_text_dup(s, "document", a),
			.summary = stmt_text_dup(s, "summary", a),
		};
	return rc;
}

static void bind_version(struct stmt *s, const char *name, const struct version *v)
{
	stmt_bind_text(s, "name", name);
	stmt_bind_int(s, "major", v->major);
	stmt_bind_int(s, "minor", v->minor);
	stmt_bind_int(s, "patch", v->patch);
}

static int by_version(struct db *db, enum sql_id id, const char *name, const struct version *v,
	struct arena *a, struct contract_row *ret, struct err *err)
{
	STMT_AUTO s = db_stmt(db, id);

	bind_version(s, name, v);
	return contract_one(s, a, ret, err);
}

int contract_find(struct db *db, const char *name, const struct version *v, struct arena *a,
	struct contract_row *ret, struct err *err)
{
	return by_version(db, SQL_contract_find, name, v, a, ret, err);
}

int contract_below(struct db *db, const char *name, const struct version *v, struct arena *a,
	struct contract_row *ret, struct err *err)
{
	return by_version(db, SQL_contract_below, name, v, a, ret, err);
}

int contract_above(struct db *db, const char *name, const struct version *v, struct arena *a,
	struct contract_row *ret, struct err *err)
{
	return by_version(db, SQL_contract_above, name, v, a, ret, err);
}

int contract_by_digest(struct db *db, const char *digest, struct arena *a, struct contract_row *ret,
	struct err *err)
{
	STMT_AUTO s = db_stmt(db, SQL_contract_by_digest);

	stmt_bind_text(s, "digest", digest);
	return contract_one(s, a, ret, err);
}

int contract_text_by_digest(
	struct db *db, const char *digest, struct arena *a, const char **ret, struct err *err)
{
	struct contract_row row;
	int rc = contract_by_digest(db, digest, a, &row, err);

	if (rc > 0)
		*ret = row.document;
	return rc;
}

int contract_insert(
	struct db *db, const struct contract_row *r, const struct version *v, struct err *err)
{
	STMT_AUTO s = db_stmt(db, SQL_contract_insert);

	bind_version(s, r->name, v);
	stmt_bind_text(s, "version", r->version);
	stmt_bind_text(s, "digest", r->digest);
	stmt_bind_text(s, "document", r->document);
	stmt_bind_text(s, "summary", r->summary);
	stmt_bind_text(s, "actor", r->actor);
	stmt_bind_int(s, "created_at", r->created_at);
	return stmt_exec(s, err);
}

int contract_list(struct db *db, const char *name, int64_t after, int64_t limit, struct arena *a,
	struct page *ret, struct err *err)
{
	STMT_AUTO s = db_stmt(db, name ? SQL_contract_list_name : SQL_contract_list);

	if (name)
		stmt_bind_text(s, "name", name);
	return page_load(s, after, limit, a, ret, err);
}
