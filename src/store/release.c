/* SPDX-License-Identifier: Apache-2.0
 *
 * Statements on releases and their states.
 */
#include "store/release.h"

#include <string.h>

static void release_row_load(struct stmt *s, struct arena *a, struct release_row *ret)
{
	*ret = (struct release_row){
		.seq = stmt_int(s, "seq"),
		.version = stmt_text_dup(s, "version", a),
		.merge_version = stmt_text_dup(s, "merge_version", a),
		.previous = stmt_text_dup(s, "previous", a),
		.body = stmt_text_dup(s, "body", a),
		.digest = stmt_text_dup(s, "digest", a),
		.created_at = stmt_int(s, "created_at"),
		.state = stmt_text_dup(s, "state", a),
		.last_serial = stmt_int(s, "last_serial"),
		.last_active_at = stmt_int(s, "last_active_at"),
		.updated_at = stmt_int(s, "updated_at"),
	};
}

static int release_many(struct stmt *s, int64_t limit, struct arena *a, struct release_row **ret,
	size_t *ret_n, struct err *err)
{
	struct release_row *rows = ARENA_ARRAY(a, (size_t)limit, struct release_row);
	size_t n = 0;
	int rc = 0;

	stmt_bind_int(s, "limit", limit);
	while (n < (size_t)limit && (rc = stmt_step(s, err)) > 0)
		release_row_load(s, a, &rows[n++]);
	if (rc < 0)
		return -1;
	*ret = rows;
	*ret_n = n;
	return 0;
}

int release_find(struct db *db, const char *version, struct arena *a, struct release_row *ret,
	struct err *err)
{
	STMT_AUTO s = db_stmt(db, SQL_release_find);
	int rc;

	stmt_bind_text(s, "version", version);
	rc = stmt_step(s, err);
	if (rc > 0)
		release_row_load(s, a, ret);
	return rc;
}

int release_in_state(struct db *db, const char *state, int64_t limit, struct arena *a,
	struct release_row **ret, size_t *ret_n, struct err *err)
{
	STMT_AUTO s = db_stmt(db, SQL_release_in_state);

	stmt_bind_text(s, "state", state);
	return release_many(s, limit, a, ret, ret_n, err);
}

int release_page(struct db *db, int64_t after, int64_t limit, struct arena *a,
	struct release_row **ret, size_t *ret_n, struct err *err)
{
	STMT_AUTO s = db_stmt(db, SQL_release_page);

	stmt_bind_int(s, "after", after);
	return release_many(s, limit, a, ret, ret_n, err);
}

int release_newest(struct db *db, struct arena *a, const char **ret_version, struct err *err)
{
	STMT_AUTO s = db_stmt(db, SQL_release_newest);
	int rc = stmt_step(s, err);

	if (rc > 0)
		*ret_version = stmt_text_dup(s, "version", a);
	return rc;
}

int release_lost_insert(struct db *db, const char *version, int64_t at, struct err *err)
{
	STMT_AUTO s = db_stmt(db, SQL_release_lost_insert);

	stmt_bind_text(s, "version", version);
	stmt_bind_int(s, "at", at);
	return stmt_exec(s, err);
}

int release_lost_list(struct db *db, struct arena *a, struct strings *ret, struct err *err)
{
	STMT_AUTO s = db_stmt(db, SQL_release_lost_list);
	struct strings l = {ARENA_ARRAY(a, RELEASES_LOST_MAX, const char *), 0};
	int rc = 0;

	while (l.n < RELEASES_LOST_MAX && (rc = stmt_step(s, err)) > 0)
		l.v[l.n++] = stmt_text_dup(s, "version", a);
	if (rc < 0)
		return -1;
	*ret = l;
	return 0;
}

int release_anchor(struct db *db, int64_t since, struct arena *a, const char **ret_version,
	int64_t *ret_left_at, struct err *err)
{
	STMT_AUTO s = db_stmt(db, SQL_release_anchor);
	int rc;

	stmt_bind_int(s, "since", since);
	rc = stmt_step(s, err);
	if (rc > 0) {
		bool active = strcmp(stmt_text(s, "state"), "active") == 0;

		*ret_version = stmt_text_dup(s, "version", a);
		*ret_left_at = active ? 0 : stmt_int(s, "last_active_at");
	}
	return rc;
}

int release_insert(struct db *db, struct release_row *r, struct err *err)
{
	STMT_AUTO s = db_stmt(db, SQL_release_insert);

	stmt_bind_text(s, "version", r->version);
	stmt_bind_text(s, "merge_version", r->merge_version);
	stmt_bind_text(s, "previous", r->previous);
	stmt_bind_textn(s, "body", r->body, r->body_len);
	stmt_bind_text(s, "digest", r->digest);
	stmt_bind_text(s, "actor", r->actor);
	stmt_bind_text(s, "reason", r->reason);
	stmt_bind_int(s, "created_at", r->created_at);
	if (stmt_exec(s, err) < 0)
		return -1;
	r->seq = db_last_id(db);
	return 0;
}

int release_unit_insert(
	struct db *db, const char *version, const struct unit_row *u, struct err *err)
{
	STMT_AUTO s = db_stmt(db, SQL_release_unit_insert);

	stmt_bind_text(s, "release_version", version);
	stmt_bind_text(s, "slot", u->slot);
	stmt_bind_int(s, "artifact_seq", u->artifact_seq);
	stmt_bind_int(s, "fresh", u->fresh);
	return stmt_exec(s, err);
}

int release_units(struct db *db, const char *version, struct arena *a, struct unit_row **ret,
	size_t *ret_n, struct err *err)
{
	enum { UNITS_MAX = 256 };
	STMT_AUTO s = db_stmt(db, SQL_release_units);
	struct unit_row *rows = ARENA_ARRAY(a, UNITS_MAX, struct unit_row);
	size_t n = 0;
	int rc;

	stmt_bind_text(s, "release_version", version);
	while ((rc = stmt_step(s, err)) > 0) {
		if (n == UNITS_MAX)
			return err_set(err, ERR_STORAGE, "release %s has more than %d units",
				version, UNITS_MAX);
		rows[n].slot = stmt_text_dup(s, "slot", a);
		rows[n].artifact_seq = stmt_int(s, "artifact_seq");
		rows[n].fresh = stmt_int(s, "fresh");
		rows[n].kept = !rows[n].fresh;
		n++;
	}
	if (rc < 0)
		return -1;
	*ret = rows;
	*ret_n = n;
	return 0;
}

static void bind_state(
	struct stmt *s, const struct release_row *r, const struct body *body, int64_t render)
{
	stmt_bind_text(s, "release_version", r->version);
	stmt_bind_text(s, "state", r->state);
	stmt_bind_int(s, "last_serial", r->last_serial);
	stmt_bind_int(s, "last_active_at", r->last_active_at);
	stmt_bind_textn(s, "body", body->text, body->len);
	stmt_bind_text(s, "body_digest", body->digest);
	stmt_bind_int(s, "render", render);
	stmt_bind_int(s, "updated_at", r->updated_at);
}

int release_state_insert(struct db *db, const struct release_row *r, const struct body *body,
	int64_t render, struct err *err)
{
	STMT_AUTO s = db_stmt(db, SQL_release_state_insert);

	bind_state(s, r, body, render);
	stmt_bind_int(s, "release_seq", r->seq);
	return stmt_exec(s, err);
}

int release_state_set(struct db *db, const struct release_row *r, const char *old_state,
	const struct body *body, int64_t render, struct err *err)
{
	STMT_AUTO s = db_stmt(db, SQL_release_state_set);

	bind_state(s, r, body, render);
	stmt_bind_text(s, "old_state", old_state);
	return stmt_cas(s, err);
}

int release_state_render(
	struct db *db, int64_t seq, const struct body *body, int64_t render, struct err *err)
{
	STMT_AUTO s = db_stmt(db, SQL_release_state_render);

	stmt_bind_int(s, "release_seq", seq);
	stmt_bind_textn(s, "body", body->text, body->len);
	stmt_bind_text(s, "body_digest", body->digest);
	stmt_bind_int(s, "render", render);
	return stmt_cas(s, err);
}

int release_summary(
	struct db *db, const char *version, struct arena *a, struct body *ret, struct err *err)
{
	STMT_AUTO s = db_stmt(db, SQL_release_summary);

	stmt_bind_text(s, "version", version);
	return body_load(s, a, ret, err);
}

int release_body(
	struct db *db, const char *version, struct arena *a, struct body *ret, struct err *err)
{
	STMT_AUTO s = db_stmt(db, SQL_release_body);

	stmt_bind_text(s, "version", version);
	return body_load(s, a, ret, err);
}

int release_list(struct db *db, const char *state, int64_t after, int64_t limit, struct arena *a,
	struct page *ret, struct err *err)
{
	STMT_AUTO s = db_stmt(db, state ? SQL_release_list_state : SQL_release_list);

	if (state)
		stmt_bind_text(s, "state", state);
	return page_load(s, after, limit, a, ret, err);
}
