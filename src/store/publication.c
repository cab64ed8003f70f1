/* SPDX-License-Identifier: Apache-2.0
 *
 * Statements on what was published.
 */
#include "store/publication.h"

int publication_list(struct db *db, int64_t after, int64_t limit, struct arena *a,
	struct publication_row **ret, size_t *ret_n, struct err *err)
{
	STMT_AUTO s = db_stmt(db, SQL_publication_list);
	struct publication_row *rows = ARENA_ARRAY(a, (size_t)limit, struct publication_row);
	size_t n = 0;
	int rc = 0;

	stmt_bind_int(s, "after", after);
	stmt_bind_int(s, "limit", limit);
	while (n < (size_t)limit && (rc = stmt_step(s, err)) > 0)
		rows[n++] = (struct publication_row){
			.seq = stmt_int(s, "seq"),
			.version = stmt_text_dup(s, "version", a),
			.digest = stmt_text_dup(s, "digest", a),
			.commit = stmt_text_dup(s, "commit_id", a),
			.created_at = stmt_int(s, "created_at"),
			.published_at = stmt_int(s, "published_at"),
		};
	if (rc < 0)
		return -1;
	*ret = rows;
	*ret_n = n;
	return 0;
}

int publication_newest(struct db *db, struct arena *a, const char **ret, struct err *err)
{
	STMT_AUTO s = db_stmt(db, SQL_publication_newest);
	int rc = stmt_step(s, err);

	if (rc > 0)
		*ret = stmt_text_dup(s, "version", a);
	return rc;
}

int publication_insert(
	struct db *db, const char *version, const char *commit, int64_t at, struct err *err)
{
	STMT_AUTO s = db_stmt(db, SQL_publication_insert);

	stmt_bind_text(s, "release_version", version);
	stmt_bind_text(s, "commit_id", commit);
	stmt_bind_int(s, "published_at", at);
	return stmt_exec(s, err);
}

int published_files(
	struct db *db, struct arena *a, struct published_file **ret, size_t *ret_n, struct err *err)
{
	enum { FILES_MAX = 1000 };
	STMT_AUTO s = db_stmt(db, SQL_published_files);
	struct published_file *rows = ARENA_ARRAY(a, FILES_MAX, struct published_file);
	size_t n = 0;
	int rc = 0;

	while (n < FILES_MAX && (rc = stmt_step(s, err)) > 0)
		rows[n++] = (struct published_file){
			stmt_text_dup(s, "path", a), stmt_text_dup(s, "digest", a)};
	if (rc < 0)
		return -1;
	*ret = rows;
	*ret_n = n;
	return 0;
}

int published_file_put(struct db *db, const char *path, const char *digest, struct err *err)
{
	STMT_AUTO s = db_stmt(db, digest ? SQL_published_file_put : SQL_published_file_drop);

	stmt_bind_text(s, "path", path);
	if (digest)
		stmt_bind_text(s, "digest", digest);
	return stmt_exec(s, err);
}

int published_state_find(
	struct db *db, struct arena *a, struct published_state *ret, struct err *err)
{
	STMT_AUTO s = db_stmt(db, SQL_published_state_find);
	int rc = stmt_step(s, err);

	if (rc < 0)
		return -1;
	*ret = (struct published_state){.head = "", .drift = "[]"};
	if (rc > 0)
		*ret = (struct published_state){
			.serial = stmt_int(s, "serial"),
			.head = stmt_text_dup(s, "head", a),
			.checked_at = stmt_int(s, "checked_at"),
			.drift = stmt_text_dup(s, "drift", a),
			.drift_since = stmt_int(s, "drift_since"),
			.failing_since = stmt_int(s, "failing_since"),
			.code = stmt_text_dup(s, "code", a),
			.detail = stmt_text_dup(s, "detail", a),
			.failed_at = stmt_int(s, "failed_at"),
		};
	return rc;
}

int published_state_put(struct db *db, const struct published_state *p, struct err *err)
{
	STMT_AUTO s = db_stmt(db, SQL_published_state_put);

	stmt_bind_int(s, "serial", p->serial);
	stmt_bind_text(s, "head", p->head);
	stmt_bind_int(s, "checked_at", p->checked_at);
	stmt_bind_text(s, "drift", p->drift);
	stmt_bind_int(s, "drift_since", p->drift_since);
	stmt_bind_int(s, "failing_since", p->failing_since);
	stmt_bind_text(s, "code", p->code);
	stmt_bind_text(s, "detail", p->detail);
	stmt_bind_int(s, "failed_at", p->failed_at);
	return stmt_exec(s, err);
}

/* ---- What it is made of ---- */

int activation_recent(struct db *db, size_t limit, struct arena *a, struct state_activation **ret,
	size_t *ret_n, int64_t *ret_before, struct err *err)
{
	STMT_AUTO s = db_stmt(db, SQL_activation_recent);
	struct state_activation *rows = ARENA_ARRAY(a, limit, struct state_activation);
	size_t n = 0;
	int rc = 0;

	stmt_bind_int(s, "limit", (int64_t)limit);
	/* From the end, so that the newest comes last. */
	while (n < limit && (rc = stmt_step(s, err)) > 0)
		rows[limit - ++n] = (struct state_activation){
			.serial = stmt_int(s, "serial"),
			.version = stmt_text_dup(s, "release_version", a),
			.previous = stmt_text_dup(s, "previous", a),
			.cause = stmt_text_dup(s, "cause", a),
			.actor = stmt_text_dup(s, "actor", a),
			.reason = stmt_text_dup(s, "reason", a),
			.at = stmt_int(s, "at"),
		};
	if (rc < 0)
		return -1;
	*ret = rows + (limit - n);
	*ret_n = n;
	/* By its number: what an earlier restore did not get is not here to be counted. */
	*ret_before = n ? (*ret)->serial - 1 : 0;
	return 0;
}

int artifact_held_list(struct db *db, int64_t limit, struct arena *a, struct state_held **ret,
	size_t *ret_n, struct err *err)
{
	STMT_AUTO s = db_stmt(db, SQL_artifact_held_list);
	struct state_held *rows = ARENA_ARRAY(a, (size_t)limit, struct state_held);
	size_t n = 0;
	int rc = 0;

	stmt_bind_int(s, "limit", limit);
	while (n < (size_t)limit && (rc = stmt_step(s, err)) > 0)
		rows[n++] = (struct state_held){
			.provider = stmt_text_dup(s, "provider", a),
			.id = stmt_text_dup(s, "id", a),
			.by = stmt_text_dup(s, "held_by", a),
		};
	if (rc < 0)
		return -1;
	*ret = rows;
	*ret_n = n;
	return 0;
}

int release_maker(struct db *db, const char *version, struct arena *a, const char **ret_actor,
	const char **ret_reason, struct err *err)
{
	STMT_AUTO s = db_stmt(db, SQL_release_maker);
	int rc;

	stmt_bind_text(s, "version", version);
	rc = stmt_step(s, err);
	if (rc > 0) {
		*ret_actor = stmt_text_dup(s, "actor", a);
		*ret_reason = stmt_text_dup(s, "reason", a);
	}
	return rc;
}

int merge_actor(
	struct db *db, const char *version, struct arena *a, const char **ret, struct err *err)
{
	STMT_AUTO s = db_stmt(db, SQL_merge_actor);
	int rc;

	stmt_bind_text(s, "version", version);
	rc = stmt_step(s, err);
	if (rc > 0)
		*ret = stmt_text_dup(s, "actor", a);
	return rc;
}

int manifest_arrival(struct db *db, const char *digest, struct arena *a,
	struct record_manifest *ret, struct err *err)
{
	STMT_AUTO s = db_stmt(db, SQL_manifest_arrival);
	int rc;

	stmt_bind_text(s, "digest", digest);
	rc = stmt_step(s, err);
	if (rc > 0)
		*ret = (struct record_manifest){
			.digest = arena_strdup(a, digest),
			.actor = stmt_text_dup(s, "actor", a),
			.received_at = stmt_int(s, "received_at"),
			.document = stmt_text_dup(s, "canonical", a),
		};
	return rc;
}

int policy_arrival(struct db *db, const char *digest, struct arena *a, struct record_policy *ret,
	struct err *err)
{
	STMT_AUTO s = db_stmt(db, SQL_policy_arrival);
	int rc;

	stmt_bind_text(s, "digest", digest);
	rc = stmt_step(s, err);
	if (rc > 0)
		*ret = (struct record_policy){
			.version = stmt_int(s, "version"),
			.digest = stmt_text_dup(s, "digest", a),
			.document = stmt_text_dup(s, "body", a),
			.actor = stmt_text_dup(s, "actor", a),
			.reason = stmt_text_dup(s, "reason", a),
			.created_at = stmt_int(s, "created_at"),
		};
	return rc;
}
