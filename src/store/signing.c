/* SPDX-License-Identifier: Apache-2.0
 *
 * Statements on keys, signatures and the signed pointer.
 */
#include "store/signing.h"

#include <string.h>

enum { KEYS_MAX = 64, SIGNATURES_MAX = 16 };

static int key_load(struct stmt *s, struct signing_key_row *ret, struct err *err)
{
	size_t len;
	const void *bytes = stmt_blob(s, "public_key", &len);

	if (len != SIGN_PUBLIC_SIZE || sign_public_raw(bytes, &ret->public, err) < 0 ||
		strcmp(ret->public.keyid, stmt_text(s, "keyid")) != 0)
		return err_set(err, ERR_STORAGE, "the signing key %s is stored wrongly",
			stmt_text(s, "keyid"));
	ret->seq = stmt_int(s, "seq");
	ret->created_at = stmt_int(s, "created_at");
	ret->retires_at = stmt_int(s, "retires_at");
	return 0;
}

int signing_key_list(struct db *db, struct arena *a, struct signing_key_row **ret, size_t *ret_n,
	struct err *err)
{
	STMT_AUTO s = db_stmt(db, SQL_signing_key_list);
	struct signing_key_row *rows = ARENA_ARRAY(a, KEYS_MAX, struct signing_key_row);
	size_t n = 0;
	int rc = 0;

	while (n < KEYS_MAX && (rc = stmt_step(s, err)) > 0)
		if (key_load(s, &rows[n++], err) < 0)
			return -1;
	if (rc < 0)
		return -1;
	*ret = rows;
	*ret_n = n;
	return 0;
}

int signing_key_insert(struct db *db, struct signing_key_row *r, struct err *err)
{
	STMT_AUTO s = db_stmt(db, SQL_signing_key_insert);

	stmt_bind_text(s, "keyid", r->public.keyid);
	stmt_bind_blob(s, "public_key", r->public.bytes, SIGN_PUBLIC_SIZE);
	stmt_bind_int(s, "created_at", r->created_at);
	if (r->retires_at)
		stmt_bind_int(s, "retires_at", r->retires_at);
	else
		stmt_bind_null(s, "retires_at");
	if (stmt_exec(s, err) < 0)
		return -1;
	r->seq = db_last_id(db);
	return 0;
}

int signing_key_retire(struct db *db, const char *keyid, int64_t at, struct err *err)
{
	STMT_AUTO s = db_stmt(db, SQL_signing_key_retire);

	stmt_bind_text(s, "keyid", keyid);
	stmt_bind_int(s, "retires_at", at);
	return stmt_cas(s, err);
}

int release_statement_find(struct db *db, const char *version, struct arena *a,
	const char **ret_statement, struct err *err)
{
	STMT_AUTO s = db_stmt(db, SQL_release_statement_find);
	int rc;

	stmt_bind_text(s, "release_version", version);
	rc = stmt_step(s, err);
	if (rc > 0)
		*ret_statement = stmt_text_dup(s, "statement", a);
	return rc;
}

int release_statement_insert(
	struct db *db, const char *version, const char *statement, struct err *err)
{
	STMT_AUTO s = db_stmt(db, SQL_release_statement_insert);

	stmt_bind_text(s, "release_version", version);
	stmt_bind_text(s, "statement", statement);
	return stmt_exec(s, err);
}

int release_signature_list(struct db *db, const char *version, struct arena *a,
	struct release_signature_row **ret, size_t *ret_n, struct err *err)
{
	STMT_AUTO s = db_stmt(db, SQL_release_signature_list);
	struct release_signature_row *rows =
		ARENA_ARRAY(a, SIGNATURES_MAX, struct release_signature_row);
	size_t n = 0;
	int rc = 0;

	stmt_bind_text(s, "release_version", version);
	while (n < SIGNATURES_MAX && (rc = stmt_step(s, err)) > 0) {
		size_t len;
		const void *bytes = stmt_blob(s, "signature", &len);
		const char *keyid = stmt_text(s, "keyid");

		if (len != SIGN_SIZE || strlen(keyid) != SIGN_KEYID_STRLEN - 1)
			return err_set(err, ERR_STORAGE,
				"a signature of release %s is stored wrongly", version);
		memcpy(rows[n].signature, bytes, SIGN_SIZE);
		memcpy(rows[n++].keyid, keyid, SIGN_KEYID_STRLEN);
	}
	if (rc < 0)
		return -1;
	*ret = rows;
	*ret_n = n;
	return 0;
}

int release_signature_insert(struct db *db, const char *version, int64_t key_seq,
	const unsigned char signature[SIGN_SIZE], struct err *err)
{
	STMT_AUTO s = db_stmt(db, SQL_release_signature_insert);

	stmt_bind_text(s, "release_version", version);
	stmt_bind_int(s, "key_seq", key_seq);
	stmt_bind_blob(s, "signature", signature, SIGN_SIZE);
	return stmt_exec(s, err);
}

static int unsigned_rows(struct stmt *s, int64_t key_seq, int64_t after, int64_t limit,
	struct arena *a, struct unsigned_row **ret, size_t *ret_n, struct err *err)
{
	struct unsigned_row *rows = ARENA_ARRAY(a, (size_t)limit, struct unsigned_row);
	size_t n = 0;
	int rc = 0;

	stmt_bind_int(s, "key_seq", key_seq);
	stmt_bind_int(s, "after", after);
	stmt_bind_int(s, "limit", limit);
	while (n < (size_t)limit && (rc = stmt_step(s, err)) > 0) {
		rows[n].seq = stmt_int(s, "seq");
		rows[n++].version = stmt_text_dup(s, "version", a);
	}
	if (rc < 0)
		return -1;
	*ret = rows;
	*ret_n = n;
	return 0;
}

int release_unsigned(struct db *db, int64_t key_seq, int64_t after, int64_t limit, struct arena *a,
	struct unsigned_row **ret, size_t *ret_n, struct err *err)
{
	STMT_AUTO s = db_stmt(db, SQL_release_unsigned);

	return unsigned_rows(s, key_seq, after, limit, a, ret, ret_n, err);
}

int release_unbundled(struct db *db, int64_t key_seq, int64_t after, int64_t limit, struct arena *a,
	struct unsigned_row **ret, size_t *ret_n, struct err *err)
{
	STMT_AUTO s = db_stmt(db, SQL_release_unbundled);

	return unsigned_rows(s, key_seq, after, limit, a, ret, ret_n, err);
}

int bundle_key_list(
	struct db *db, struct arena *a, struct bundle_key_row **ret, size_t *ret_n, struct err *err)
{
	STMT_AUTO s = db_stmt(db, SQL_bundle_key_list);
	struct bundle_key_row *rows = ARENA_ARRAY(a, KEYS_MAX, struct bundle_key_row);
	size_t n = 0;
	int rc = 0;

	for (; n < KEYS_MAX && (rc = stmt_step(s, err)) > 0; n++)
		rows[n] = (struct bundle_key_row){
			.seq = stmt_int(s, "seq"),
			.hint = stmt_text_dup(s, "hint", a),
			.public_key = stmt_text_dup(s, "public_key", a),
			.created_at = stmt_int(s, "created_at"),
		};
	if (rc < 0)
		return -1;
	*ret = rows;
	*ret_n = n;
	return 0;
}

int bundle_key_insert(struct db *db, struct bundle_key_row *r, struct err *err)
{
	STMT_AUTO s = db_stmt(db, SQL_bundle_key_insert);

	stmt_bind_text(s, "hint", r->hint);
	stmt_bind_text(s, "public_key", r->public_key);
	stmt_bind_int(s, "created_at", r->created_at);
	if (stmt_exec(s, err) < 0)
		return -1;
	r->seq = db_last_id(db);
	return 0;
}

int release_bundle_find(
	struct db *db, const char *version, struct arena *a, struct body *ret, struct err *err)
{
	STMT_AUTO s = db_stmt(db, SQL_release_bundle_find);

	stmt_bind_text(s, "release_version", version);
	return body_load(s, a, ret, err);
}

int release_bundle_insert(struct db *db, const char *version, int64_t key_seq,
	const struct body *body, struct err *err)
{
	STMT_AUTO s = db_stmt(db, SQL_release_bundle_insert);

	stmt_bind_text(s, "release_version", version);
	stmt_bind_int(s, "key_seq", key_seq);
	stmt_bind_textn(s, "body", body->text, body->len);
	stmt_bind_text(s, "body_digest", body->digest);
	return stmt_exec(s, err);
}

int channel_pointer_find(struct db *db, const char *channel, struct arena *a,
	struct pointer_row *ret, struct err *err)
{
	STMT_AUTO s = db_stmt(db, SQL_channel_pointer_find);
	int rc;

	stmt_bind_text(s, "channel", channel);
	rc = body_load(s, a, &ret->body, err);
	if (rc > 0) {
		ret->channel = arena_strdup(a, channel);
		ret->serial = stmt_int(s, "serial");
		ret->issued = stmt_int(s, "issued");
		ret->expires = stmt_int(s, "expires");
	}
	return rc;
}

int channel_pointer_set(struct db *db, const struct pointer_row *r, struct err *err)
{
	STMT_AUTO s = db_stmt(db, SQL_channel_pointer_set);

	stmt_bind_text(s, "channel", r->channel);
	stmt_bind_int(s, "serial", r->serial);
	stmt_bind_int(s, "issued", r->issued);
	stmt_bind_int(s, "expires", r->expires);
	stmt_bind_textn(s, "body", r->body.text, r->body.len);
	stmt_bind_text(s, "body_digest", r->body.digest);
	return stmt_exec(s, err);
}
