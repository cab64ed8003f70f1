/* SPDX-License-Identifier: Apache-2.0
 *
 * Statements on merges.
 */
#include "store/merge.h"

static void merge_row_load(struct stmt *s, struct arena *a, struct merge_row *ret)
{
	*ret = (struct merge_row){
		.seq = stmt_int(s, "seq"),
		.version = stmt_text_dup(s, "version", a),
		.release = stmt_text_dup(s, "release", a),
		.baseline = stmt_text_dup(s, "baseline", a),
		.serial = stmt_int(s, "serial"),
		.policy_digest = stmt_text_dup(s, "policy_digest", a),
		.identity = stmt_text_dup(s, "identity", a),
		.content = stmt_text_dup(s, "content", a),
		.digest = stmt_text_dup(s, "digest", a),
		.created_at = stmt_int(s, "created_at"),
		.state = stmt_text_dup(s, "state", a),
		.phase = stmt_text_dup(s, "phase", a),
		.updated_at = stmt_int(s, "updated_at"),
	};
}

int merge_find(
	struct db *db, const char *version, struct arena *a, struct merge_row *ret, struct err *err)
{
	STMT_AUTO s = db_stmt(db, SQL_merge_find);
	int rc;

	stmt_bind_text(s, "version", version);
	rc = stmt_step(s, err);
	if (rc > 0)
		merge_row_load(s, a, ret);
	return rc;
}

int merge_find_open(struct db *db, struct arena *a, struct merge_row *ret, struct err *err)
{
	STMT_AUTO s = db_stmt(db, SQL_merge_open);
	int rc = stmt_step(s, err);

	if (rc > 0)
		merge_row_load(s, a, ret);
	return rc;
}

int merge_open_with(struct db *db, int64_t artifact_seq, struct arena *a, const char **ret_version,
	struct err *err)
{
	STMT_AUTO s = db_stmt(db, SQL_merge_open_with);
	int rc;

	stmt_bind_int(s, "artifact_seq", artifact_seq);
	rc = stmt_step(s, err);
	if (rc > 0)
		*ret_version = stmt_text_dup(s, "version", a);
	return rc;
}

int merge_newest_of(struct db *db, const char *release, struct arena *a, const char **ret_version,
	struct err *err)
{
	STMT_AUTO s = db_stmt(db, SQL_merge_newest_of);
	int rc;

	stmt_bind_text(s, "release", release);
	rc = stmt_step(s, err);
	if (rc > 0)
		*ret_version = stmt_text_dup(s, "version", a);
	return rc;
}

int merge_page(struct db *db, int64_t after, int64_t limit, struct arena *a, struct merge_row **ret,
	size_t *ret_n, struct err *err)
{
	STMT_AUTO s = db_stmt(db, SQL_merge_page);
	struct merge_row *rows = ARENA_ARRAY(a, (size_t)limit, struct merge_row);
	size_t n = 0;
	int rc = 0;

	stmt_bind_int(s, "after", after);
	stmt_bind_int(s, "limit", limit);
	while (n < (size_t)limit && (rc = stmt_step(s, err)) > 0)
		merge_row_load(s, a, &rows[n++]);
	if (rc < 0)
		return -1;
	*ret = rows;
	*ret_n = n;
	return 0;
}

int merge_insert(struct db *db, struct merge_row *m, struct err *err)
{
	STMT_AUTO s = db_stmt(db, SQL_merge_insert);

	stmt_bind_text(s, "version", m->version);
	stmt_bind_text(s, "release", m->release);
	stmt_bind_text(s, "baseline", m->baseline);
	stmt_bind_int(s, "serial", m->serial);
	stmt_bind_text(s, "policy_digest", m->policy_digest);
	stmt_bind_text(s, "identity", m->identity);
	stmt_bind_text(s, "content", m->content);
	stmt_bind_text(s, "digest", m->digest);
	stmt_bind_text(s, "actor", m->actor);
	stmt_bind_int(s, "created_at", m->created_at);
	if (stmt_exec(s, err) < 0)
		return -1;
	m->seq = db_last_id(db);
	return 0;
}

int merge_state_insert(struct db *db, const struct merge_row *m, const struct body *body,
	int64_t render, struct err *err)
{
	STMT_AUTO s = db_stmt(db, SQL_merge_state_insert);

	stmt_bind_int(s, "merge_seq", m->seq);
	stmt_bind_text(s, "merge_version", m->version);
	stmt_bind_text(s, "state", m->state);
	stmt_bind_text(s, "phase", m->phase);
	stmt_bind_textn(s, "body", body->text, body->len);
	stmt_bind_text(s, "body_digest", body->digest);
	stmt_bind_int(s, "render", render);
	stmt_bind_int(s, "updated_at", m->updated_at ? m->updated_at : m->created_at);
	return stmt_exec(s, err);
}

int merge_state_set(struct db *db, const char *version, const char *old_state, const char *state,
	const char *phase, const struct body *body, int64_t render, int64_t now, struct err *err)
{
	STMT_AUTO s = db_stmt(db, SQL_merge_state_set);

	stmt_bind_text(s, "merge_version", version);
	stmt_bind_text(s, "old_state", old_state);
	stmt_bind_text(s, "state", state);
	stmt_bind_text(s, "phase", phase);
	stmt_bind_textn(s, "body", body->text, body->len);
	stmt_bind_text(s, "body_digest", body->digest);
	stmt_bind_int(s, "render", render);
	stmt_bind_int(s, "updated_at", now);
	return stmt_cas(s, err);
}

int merge_state_render(
	struct db *db, int64_t seq, const struct body *body, int64_t render, struct err *err)
{
	STMT_AUTO s = db_stmt(db, SQL_merge_state_render);

	stmt_bind_int(s, "merge_seq", seq);
	stmt_bind_textn(s, "body", body->text, body->len);
	stmt_bind_text(s, "body_digest", body->digest);
	stmt_bind_int(s, "render", render);
	return stmt_cas(s, err);
}

int merge_unit_insert(struct db *db, const char *version, const struct unit_row *u, struct err *err)
{
	STMT_AUTO s = db_stmt(db, SQL_merge_unit_insert);

	stmt_bind_text(s, "merge_version", version);
	stmt_bind_text(s, "slot", u->slot);
	stmt_bind_int(s, "artifact_seq", u->artifact_seq);
	stmt_bind_int(s, "kept", u->kept);
	return stmt_exec(s, err);
}

int merge_units(struct db *db, const char *version, struct arena *a, struct unit_row **ret,
	size_t *ret_n, struct err *err)
{
	enum { UNITS_MAX = 256 }; /* one for each slot, of which a policy has no more */
	STMT_AUTO s = db_stmt(db, SQL_merge_units);
	struct unit_row *rows = ARENA_ARRAY(a, UNITS_MAX, struct unit_row);
	size_t n = 0;
	int rc;

	stmt_bind_text(s, "merge_version", version);
	while ((rc = stmt_step(s, err)) > 0) {
		if (n == UNITS_MAX)
			return err_set(err, ERR_STORAGE, "merge %s has more than %d units", version,
				UNITS_MAX);
		rows[n].slot = stmt_text_dup(s, "slot", a);
		rows[n].artifact_seq = stmt_int(s, "artifact_seq");
		rows[n].kept = stmt_int(s, "kept");
		rows[n].fresh = !rows[n].kept;
		n++;
	}
	if (rc < 0)
		return -1;
	*ret = rows;
	*ret_n = n;
	return 0;
}

int merge_body(
	struct db *db, const char *version, struct arena *a, struct body *ret, struct err *err)
{
	STMT_AUTO s = db_stmt(db, SQL_merge_body);

	stmt_bind_text(s, "version", version);
	return body_load(s, a, ret, err);
}

int merge_list(struct db *db, const char *state, int64_t after, int64_t limit, struct arena *a,
	struct page *ret, struct err *err)
{
	STMT_AUTO s = db_stmt(db, state ? SQL_merge_list_state : SQL_merge_list);

	if (state)
		stmt_bind_text(s, "state", state);
	return page_load(s, after, limit, a, ret, err);
}
