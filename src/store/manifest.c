/* SPDX-License-Identifier: Apache-2.0
 *
 * Statements on manifests.
 */
#include "store/manifest.h"

int manifest_receipt(struct db *db, const char *digest, struct arena *a, const char **ret_receipt,
	struct err *err)
{
	STMT_AUTO s = db_stmt(db, SQL_manifest_receipt);
	int rc;

	stmt_bind_text(s, "digest", digest);
	rc = stmt_step(s, err);
	if (rc > 0)
		*ret_receipt = stmt_text_dup(s, "receipt", a);
	return rc;
}

int manifest_find(struct db *db, const char *digest, struct arena *a, struct manifest_row *ret,
	struct err *err)
{
	STMT_AUTO s = db_stmt(db, SQL_manifest_find);
	int rc;

	stmt_bind_text(s, "digest", digest);
	rc = stmt_step(s, err);
	if (rc > 0) {
		const char *text = stmt_textn(s, "canonical", &ret->canonical_len);

		ret->canonical = arena_strndup(a, text, ret->canonical_len);
		ret->receipt = stmt_text_dup(s, "receipt", a);
		ret->actor = stmt_text_dup(s, "actor", a);
	}
	return rc;
}

int manifest_insert(struct db *db, struct manifest_row *m, struct err *err)
{
	STMT_AUTO s = db_stmt(db, SQL_manifest_insert);

	stmt_bind_text(s, "digest", m->digest);
	stmt_bind_text(s, "provider", m->provider);
	stmt_bind_textn(s, "canonical", m->canonical, m->canonical_len);
	stmt_bind_text(s, "receipt", m->receipt);
	stmt_bind_text(s, "actor", m->actor);
	stmt_bind_int(s, "event_seq", m->event_seq);
	stmt_bind_int(s, "received_at", m->received_at);
	if (stmt_exec(s, err) < 0)
		return -1;
	m->seq = db_last_id(db);
	return 0;
}

int manifest_artifact_insert(struct db *db, int64_t manifest_seq, int64_t position,
	int64_t artifact_seq, struct err *err)
{
	STMT_AUTO s = db_stmt(db, SQL_manifest_artifact_insert);

	stmt_bind_int(s, "manifest_seq", manifest_seq);
	stmt_bind_int(s, "position", position);
	stmt_bind_int(s, "artifact_seq", artifact_seq);
	return stmt_exec(s, err);
}

int manifest_list(struct db *db, const char *provider, int64_t after, int64_t limit,
	struct arena *a, struct page *ret, struct err *err)
{
	STMT_AUTO s = db_stmt(db, provider ? SQL_manifest_list_provider : SQL_manifest_list);

	if (provider)
		stmt_bind_text(s, "provider", provider);
	return page_load(s, after, limit, a, ret, err);
}
