/* SPDX-License-Identifier: Apache-2.0
 *
 * Statements on artifacts and their states.
 */
#include "store/artifact.h"

static void artifact_row_load(struct stmt *s, struct arena *a, struct artifact_row *ret)
{
	*ret = (struct artifact_row){
		.seq = stmt_int(s, "seq"),
		.provider = stmt_text_dup(s, "provider", a),
		.id = stmt_text_dup(s, "id", a),
		.ns = stmt_text_dup(s, "namespace", a),
		.family = stmt_text_dup(s, "family", a),
		.number = stmt_int(s, "number"),
		.branch = stmt_text_dup(s, "branch", a),
		.role = stmt_text_dup(s, "role", a),
		.subject = stmt_text_dup(s, "subject", a),
		.digest = stmt_text_dup(s, "digest", a),
		.content = stmt_text_dup(s, "content", a),
		.manifest_digest = stmt_text_dup(s, "manifest_digest", a),
		.late = stmt_int(s, "late"),
		.received_at = stmt_int(s, "received_at"),
		.slot = stmt_text_dup(s, "slot", a),
		.phase = stmt_text_dup(s, "phase", a),
		.judgement_seq = stmt_int(s, "judgement_seq"),
		.judgement = stmt_text_dup(s, "judgement", a),
		.context = stmt_text_dup(s, "context", a),
		.score = stmt_real(s, "score"),
		.held_by = stmt_text_dup(s, "held_by", a),
		.withdrawn_at = stmt_int(s, "withdrawn_at"),
		.updated_at = stmt_int(s, "updated_at"),
	};
}

static int artifact_one(struct stmt *s, struct arena *a, struct artifact_row *ret, struct err *err)
{
	int rc = stmt_step(s, err);

	if (rc > 0)
		artifact_row_load(s, a, ret);
	return rc;
}

static int artifact_many(
	struct stmt *s, int64_t limit, struct arena *a, struct artifact_list *ret, struct err *err)
{
	struct artifact_list list = {.v = ARENA_ARRAY(a, (size_t)limit, struct artifact_row)};
	int rc = 0;

	stmt_bind_int(s, "limit", limit);
	while (list.n < (size_t)limit && (rc = stmt_step(s, err)) > 0)
		artifact_row_load(s, a, &list.v[list.n++]);
	if (rc < 0)
		return -1;
	*ret = list;
	return 0;
}

int artifact_find(struct db *db, const char *provider, const char *id, struct arena *a,
	struct artifact_row *ret, struct err *err)
{
	STMT_AUTO s = db_stmt(db, SQL_artifact_find);

	stmt_bind_text(s, "provider", provider);
	stmt_bind_text(s, "id", id);
	return artifact_one(s, a, ret, err);
}

int artifact_by_seq(
	struct db *db, int64_t seq, struct arena *a, struct artifact_row *ret, struct err *err)
{
	STMT_AUTO s = db_stmt(db, SQL_artifact_by_seq);

	stmt_bind_int(s, "seq", seq);
	return artifact_one(s, a, ret, err);
}

int artifact_known(struct db *db, const char *provider, const char *id, struct arena *a,
	struct artifact_row *ret, struct err *err)
{
	STMT_AUTO s = db_stmt(db, SQL_artifact_known);
	int rc;

	stmt_bind_text(s, "provider", provider);
	stmt_bind_text(s, "id", id);
	rc = stmt_step(s, err);
	if (rc > 0)
		*ret = (struct artifact_row){
			.seq = stmt_int(s, "seq"),
			.id = id,
			.role = stmt_text_dup(s, "role", a),
			.digest = stmt_text_dup(s, "digest", a),
			.manifest_digest = stmt_text_dup(s, "manifest_digest", a),
			.late = stmt_int(s, "late"),
			.received_at = stmt_int(s, "received_at"),
			.phase = stmt_text_dup(s, "phase", a),
			.judgement = stmt_text_dup(s, "judgement", a),
		};
	return rc;
}

int artifact_family_newest(struct db *db, const char *provider, const char *ns, const char *family,
	int64_t *ret_number, struct err *err)
{
	STMT_AUTO s = db_stmt(db, SQL_artifact_family_newest);
	int rc;

	stmt_bind_text(s, "provider", provider);
	stmt_bind_text(s, "namespace", ns);
	stmt_bind_text(s, "family", family);
	rc = stmt_step(s, err);
	if (rc > 0)
		*ret_number = stmt_int(s, "number");
	return rc;
}

int artifact_stale(struct db *db, const char *slot, const char *context, int64_t baseline_seq,
	int64_t limit, struct arena *a, struct artifact_list *ret, struct err *err)
{
	STMT_AUTO s = db_stmt(db, SQL_artifact_stale);

	stmt_bind_text(s, "slot", slot);
	stmt_bind_text(s, "context", context);
	stmt_bind_int(s, "baseline_seq", baseline_seq);
	return artifact_many(s, limit, a, ret, err);
}

int artifact_stale_newest(struct db *db, const char *slot, const char *context,
	int64_t baseline_seq, int64_t limit, struct arena *a, int64_t **ret_seqs, size_t *ret_n,
	struct err *err)
{
	STMT_AUTO s = db_stmt(db, SQL_artifact_stale_newest);
	int64_t *seqs = ARENA_ARRAY(a, (size_t)limit, int64_t);
	size_t n = 0;
	int rc;

	stmt_bind_text(s, "slot", slot);
	stmt_bind_text(s, "context", context);
	stmt_bind_int(s, "baseline_seq", baseline_seq);
	stmt_bind_int(s, "limit", limit);
	while ((rc = stmt_step(s, err)) > 0)
		seqs[n++] = stmt_int(s, "artifact_seq");
	if (rc < 0)
		return -1;
	*ret_seqs = seqs;
	*ret_n = n;
	return 0;
}

int artifact_best(struct db *db, const char *slot, int64_t baseline_seq, int64_t limit,
	struct arena *a, struct artifact_list *ret, struct err *err)
{
	STMT_AUTO s = db_stmt(db, SQL_artifact_best);

	stmt_bind_text(s, "slot", slot);
	stmt_bind_int(s, "baseline_seq", baseline_seq);
	return artifact_many(s, limit, a, ret, err);
}

int artifact_contenders(struct db *db, const char *slot, const char *phase, int64_t baseline_seq,
	int64_t limit, struct arena *a, struct artifact_list *ret, struct err *err)
{
	STMT_AUTO s = db_stmt(db, SQL_artifact_contenders);

	stmt_bind_text(s, "slot", slot);
	stmt_bind_text(s, "phase", phase);
	stmt_bind_int(s, "baseline_seq", baseline_seq);
	return artifact_many(s, limit, a, ret, err);
}

int artifact_passing(
	struct db *db, const char *slot, int64_t baseline_seq, int64_t *ret_n, struct err *err)
{
	STMT_AUTO s = db_stmt(db, SQL_artifact_passing);
	int rc;

	stmt_bind_text(s, "slot", slot);
	stmt_bind_int(s, "baseline_seq", baseline_seq);
	rc = stmt_step(s, err);
	if (rc > 0)
		*ret_n = stmt_int(s, "n");
	return rc < 0 ? -1 : 0;
}

int artifact_undecided(struct db *db, const char *slot, int64_t baseline_seq, int64_t since,
	int64_t *ret_n, struct err *err)
{
	STMT_AUTO s = db_stmt(db, SQL_artifact_undecided);
	int rc;

	stmt_bind_text(s, "slot", slot);
	stmt_bind_int(s, "baseline_seq", baseline_seq);
	stmt_bind_int(s, "received_at", since);
	rc = stmt_step(s, err);
	if (rc > 0)
		*ret_n = stmt_int(s, "n");
	return rc < 0 ? -1 : 0;
}

int artifact_page(struct db *db, int64_t after, int64_t limit, struct arena *a,
	struct artifact_list *ret, struct err *err)
{
	STMT_AUTO s = db_stmt(db, SQL_artifact_page);

	stmt_bind_int(s, "after", after);
	return artifact_many(s, limit, a, ret, err);
}

int artifact_held(struct db *db, const char *held_by, struct arena *a, int64_t **ret_seqs,
	size_t *ret_n, struct err *err)
{
	enum { HELD_MAX = 256 }; /* a release has a unit for each slot, far fewer */
	STMT_AUTO s = db_stmt(db, SQL_artifact_held);
	int64_t *seqs = ARENA_ARRAY(a, HELD_MAX, int64_t);
	size_t n = 0;
	int rc;

	stmt_bind_text(s, "held_by", held_by);
	while ((rc = stmt_step(s, err)) > 0) {
		if (n == HELD_MAX)
			return err_set(err, ERR_STORAGE, "release %s holds more than %d artifacts",
				held_by, HELD_MAX);
		seqs[n++] = stmt_int(s, "artifact_seq");
	}
	if (rc < 0)
		return -1;
	*ret_seqs = seqs;
	*ret_n = n;
	return 0;
}

int held_awaited_insert(
	struct db *db, const char *provider, const char *id, const char *held_by, struct err *err)
{
	STMT_AUTO s = db_stmt(db, SQL_held_awaited_insert);

	stmt_bind_text(s, "provider", provider);
	stmt_bind_text(s, "id", id);
	stmt_bind_text(s, "held_by", held_by);
	return stmt_exec(s, err);
}

int held_awaited_find(struct db *db, const char *provider, const char *id, struct arena *a,
	const char **ret_held_by, struct err *err)
{
	STMT_AUTO s = db_stmt(db, SQL_held_awaited_find);
	int rc;

	stmt_bind_text(s, "provider", provider);
	stmt_bind_text(s, "id", id);
	rc = stmt_step(s, err);
	if (rc > 0)
		*ret_held_by = stmt_text_dup(s, "held_by", a);
	return rc;
}

int artifact_insert(struct db *db, struct artifact_row *row, struct err *err)
{
	STMT_AUTO s = db_stmt(db, SQL_artifact_insert);

	stmt_bind_text(s, "provider", row->provider);
	stmt_bind_text(s, "id", row->id);
	stmt_bind_text(s, "namespace", row->ns);
	stmt_bind_text(s, "family", row->family);
	stmt_bind_int(s, "number", row->number);
	stmt_bind_text(s, "branch", row->branch);
	stmt_bind_text(s, "role", row->role);
	stmt_bind_text(s, "subject", row->subject);
	stmt_bind_text(s, "digest", row->digest);
	stmt_bind_text(s, "content", row->content);
	stmt_bind_int(s, "manifest_seq", row->manifest_seq);
	stmt_bind_int(s, "late", row->late);
	stmt_bind_int(s, "received_at", row->received_at);
	if (stmt_exec(s, err) < 0)
		return -1;
	row->seq = db_last_id(db);
	return 0;
}

static void bind_int_or_null(struct stmt *s, const char *param, int64_t v)
{
	if (v)
		stmt_bind_int(s, param, v);
	else
		stmt_bind_null(s, param);
}

static void bind_state(
	struct stmt *s, const struct artifact_row *row, const struct body *body, int64_t render)
{
	stmt_bind_int(s, "artifact_seq", row->seq);
	stmt_bind_text(s, "slot", row->slot);
	stmt_bind_text(s, "phase", row->phase);
	bind_int_or_null(s, "judgement_seq", row->judgement_seq);
	stmt_bind_text(s, "context", row->context);
	stmt_bind_real(s, "score", row->score);
	stmt_bind_textn(s, "body", body->text, body->len);
	stmt_bind_text(s, "body_digest", body->digest);
	stmt_bind_int(s, "render", render);
	stmt_bind_int(s, "updated_at", row->updated_at);
}

int artifact_state_insert(struct db *db, const struct artifact_row *row, const struct body *body,
	int64_t render, struct err *err)
{
	STMT_AUTO s = db_stmt(db, SQL_artifact_state_insert);

	bind_state(s, row, body, render);
	stmt_bind_text(s, "provider", row->provider);
	stmt_bind_text(s, "role", row->role);
	stmt_bind_int(s, "number", row->number);
	return stmt_exec(s, err);
}

int artifact_state_set(struct db *db, const struct artifact_row *old,
	const struct artifact_row *row, const struct body *body, int64_t render, struct err *err)
{
	STMT_AUTO s = db_stmt(db, SQL_artifact_state_set);

	bind_state(s, row, body, render);
	stmt_bind_text(s, "held_by", row->held_by);
	bind_int_or_null(s, "withdrawn_at", row->withdrawn_at);
	stmt_bind_text(s, "old_context", old->context);
	stmt_bind_text(s, "old_phase", old->phase);
	stmt_bind_text(s, "old_held_by", old->held_by);
	return stmt_cas(s, err);
}

int artifact_state_render(
	struct db *db, int64_t seq, const struct body *body, int64_t render, struct err *err)
{
	STMT_AUTO s = db_stmt(db, SQL_artifact_state_render);

	stmt_bind_int(s, "artifact_seq", seq);
	stmt_bind_textn(s, "body", body->text, body->len);
	stmt_bind_text(s, "body_digest", body->digest);
	stmt_bind_int(s, "render", render);
	return stmt_cas(s, err);
}

int artifact_state_reslot(struct db *db, const char *provider, const char *role, const char *slot,
	int64_t limit, struct err *err)
{
	STMT_AUTO s = db_stmt(db, SQL_artifact_state_reslot);

	stmt_bind_text(s, "provider", provider);
	stmt_bind_text(s, "role", role);
	stmt_bind_text(s, "slot", slot);
	stmt_bind_int(s, "limit", limit);
	return stmt_exec(s, err);
}

int artifact_misplaced(
	struct db *db, const char *provider, const char *role, const char *slot, struct err *err)
{
	STMT_AUTO s = db_stmt(db, SQL_artifact_misplaced);

	stmt_bind_text(s, "provider", provider);
	stmt_bind_text(s, "role", role);
	stmt_bind_text(s, "slot", slot);
	return stmt_step(s, err);
}

int artifact_body(struct db *db, const char *provider, const char *id, struct arena *a,
	struct body *ret, struct err *err)
{
	STMT_AUTO s = db_stmt(db, SQL_artifact_body);

	stmt_bind_text(s, "provider", provider);
	stmt_bind_text(s, "id", id);
	return body_load(s, a, ret, err);
}

static enum sql_id list_statement(const struct artifact_filter *f)
{
	if (f->role)
		return f->phase ? SQL_artifact_list_role_phase : SQL_artifact_list_role;
	if (f->phase)
		return SQL_artifact_list_phase;
	return f->provider ? SQL_artifact_list_provider : SQL_artifact_list;
}

int artifact_list_page(struct db *db, const struct artifact_filter *f, int64_t after, int64_t limit,
	struct arena *a, struct page *ret, struct err *err)
{
	STMT_AUTO s = db_stmt(db, list_statement(f));

	if (stmt_has_param(s, "provider"))
		stmt_bind_text(s, "provider", f->provider);
	if (f->role)
		stmt_bind_text(s, "role", f->role);
	if (f->phase)
		stmt_bind_text(s, "phase", f->phase);
	return page_load(s, after, limit, a, ret, err);
}
