/* SPDX-License-Identifier: Apache-2.0
 *
 * Statements on judgements, and the counts of what only grows.
 */
#include "store/artifact.h"

int judgement_insert(struct db *db, struct judgement_row *j, struct err *err)
{
	STMT_AUTO s = db_stmt(db, SQL_judgement_insert);

	stmt_bind_int(s, "artifact_seq", j->artifact_seq);
	stmt_bind_int(s, "at", j->at);
	stmt_bind_text(s, "digest", j->digest);
	stmt_bind_text(s, "inputs_digest", j->inputs_digest);
	stmt_bind_text(s, "inputs", j->inputs);
	stmt_bind_int(s, "policy_version", j->policy_version);
	stmt_bind_text(s, "phase", j->phase);
	stmt_bind_textn(s, "body", j->body, j->body_len);
	if (stmt_exec(s, err) < 0)
		return -1;
	j->seq = db_last_id(db);
	return 0;
}

static int judgement_one(
	struct stmt *s, struct arena *a, struct judgement_row *ret, struct err *err)
{
	int rc = stmt_step(s, err);

	if (rc > 0) {
		const char *text = stmt_textn(s, "body", &ret->body_len);

		ret->body = arena_strndup(a, text, ret->body_len);
		ret->seq = stmt_int(s, "seq");
		ret->artifact_seq = stmt_int(s, "artifact_seq");
		ret->digest = stmt_text_dup(s, "digest", a);
		ret->inputs_digest = stmt_text_dup(s, "inputs_digest", a);
		ret->inputs = stmt_text_dup(s, "inputs", a);
		ret->policy_version = stmt_int(s, "policy_version");
		ret->phase = stmt_text_dup(s, "phase", a);
		ret->at = stmt_int(s, "at");
	}
	return rc;
}

int judgement_find(
	struct db *db, int64_t seq, struct arena *a, struct judgement_row *ret, struct err *err)
{
	STMT_AUTO s = db_stmt(db, SQL_judgement_by_seq);

	stmt_bind_int(s, "seq", seq);
	return judgement_one(s, a, ret, err);
}

int judgement_by_digest(struct db *db, const char *digest, struct arena *a,
	struct judgement_row *ret, struct err *err)
{
	STMT_AUTO s = db_stmt(db, SQL_judgement_by_digest);

	stmt_bind_text(s, "digest", digest);
	return judgement_one(s, a, ret, err);
}

int judgement_page(struct db *db, int64_t after, int64_t limit, struct arena *a,
	struct judgement_row **ret, size_t *ret_n, struct err *err)
{
	STMT_AUTO s = db_stmt(db, SQL_judgement_page);
	struct judgement_row *rows = ARENA_ARRAY(a, (size_t)limit, struct judgement_row);
	size_t n = 0;
	int rc = 0;

	stmt_bind_int(s, "after", after);
	stmt_bind_int(s, "limit", limit);
	for (; n < (size_t)limit && (rc = stmt_step(s, err)) > 0; n++) {
		rows[n].seq = stmt_int(s, "seq");
		rows[n].digest = stmt_text_dup(s, "digest", a);
	}
	if (rc < 0)
		return -1;
	*ret = rows;
	*ret_n = n;
	return 0;
}

static int candidate_many(struct stmt *s, int64_t limit, struct arena *a,
	struct candidate_row **ret, size_t *ret_n, struct err *err)
{
	struct candidate_row *rows = ARENA_ARRAY(a, (size_t)limit, struct candidate_row);
	size_t n = 0;
	int rc = 0;

	stmt_bind_int(s, "limit", limit);
	for (; n < (size_t)limit && (rc = stmt_step(s, err)) > 0; n++)
		rows[n] = (struct candidate_row){
			.seq = stmt_int(s, "seq"),
			.judgement_seq = stmt_int(s, "judgement_seq"),
			.provider = stmt_text_dup(s, "provider", a),
			.id = stmt_text_dup(s, "id", a),
			.slot = stmt_text_dup(s, "slot", a),
		};
	if (rc < 0)
		return -1;
	*ret = rows;
	*ret_n = n;
	return 0;
}

int candidate_page(struct db *db, int64_t after, int64_t since, int64_t limit, struct arena *a,
	struct candidate_row **ret, size_t *ret_n, struct err *err)
{
	STMT_AUTO s = db_stmt(db, SQL_candidate_page);

	stmt_bind_int(s, "after", after ? after : INT64_MAX);
	stmt_bind_int(s, "since", since);
	return candidate_many(s, limit, a, ret, ret_n, err);
}

int candidate_slot(struct db *db, const char *role, const char *slot, int64_t limit,
	struct arena *a, struct candidate_row **ret, size_t *ret_n, struct err *err)
{
	STMT_AUTO s = db_stmt(db, SQL_candidate_slot);

	stmt_bind_text(s, "role", role);
	stmt_bind_text(s, "slot", slot);
	return candidate_many(s, limit, a, ret, ret_n, err);
}

static int newest(struct db *db, enum sql_id id, int64_t *ret, struct err *err)
{
	STMT_AUTO s = db_stmt(db, id);
	int rc = stmt_step(s, err);

	if (rc < 0)
		return -1;
	*ret = rc > 0 ? stmt_int(s, "seq") : 0;
	return 0;
}

int registry_counts(struct db *db, int64_t *ret_manifests, int64_t *ret_artifacts,
	int64_t *ret_judgements, struct err *err)
{
	if (newest(db, SQL_manifest_newest, ret_manifests, err) < 0 ||
		newest(db, SQL_artifact_newest, ret_artifacts, err) < 0)
		return -1;
	return newest(db, SQL_judgement_newest, ret_judgements, err);
}
