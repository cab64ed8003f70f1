/* SPDX-License-Identifier: Apache-2.0
 *
 * Statements on runs of jobs and on freezes.
 */
#include "store/schedule.h"

#include <string.h>

#include "base/words.h"
#include "model/phase.h"

enum { BODY_ROOM = 1 << 20 };

/* ---- Runs ---- */

static void load_run(struct stmt *s, struct arena *a, struct job_run *ret)
{
	fields_init(&job_run_table, ret);
	stmt_load_fields(s, &job_run_table, a, ret);
}

static int one_run(struct stmt *s, struct arena *a, struct job_run *ret, struct err *err)
{
	int rc = stmt_step(s, err);

	if (rc > 0)
		load_run(s, a, ret);
	return rc;
}

static void bind_job(struct stmt *s, enum job job)
{
	stmt_bind_text(s, "job", names_of(&job_names, (int)job));
}

int job_run_find(struct db *db, int64_t id, struct arena *a, struct job_run *ret, struct err *err)
{
	STMT_AUTO s = db_stmt(db, SQL_job_run_find);

	stmt_bind_int(s, "id", id);
	return one_run(s, a, ret, err);
}

int job_run_open(struct db *db, enum job job, int64_t now, struct arena *a, struct job_run *ret,
	struct err *err)
{
	STMT_AUTO s = db_stmt(db, SQL_job_run_open);

	bind_job(s, job);
	stmt_bind_int(s, "now", now);
	return one_run(s, a, ret, err);
}

int job_run_last(struct db *db, enum job job, struct arena *a, struct job_run *ret, struct err *err)
{
	STMT_AUTO s = db_stmt(db, SQL_job_run_last);

	bind_job(s, job);
	return one_run(s, a, ret, err);
}

static const char *render(const struct field_table *t, const void *obj, struct arena *a)
{
	STRBUF_AUTO sb = STRBUF_INIT(BODY_ROOM);
	struct json_writer w;

	json_writer_init(&w, &sb);
	fields_emit(t, obj, &w);
	return arena_strndup(a, sb.buf, sb.len);
}

const char *job_run_render(const struct job_run *r, struct arena *a)
{
	return render(&job_run_table, r, a);
}

static const char *run_row(struct stmt *s, struct arena *a, int64_t *ret_cursor)
{
	struct job_run r;

	load_run(s, a, &r);
	*ret_cursor = r.id;
	return job_run_render(&r, a);
}

int job_run_list(struct db *db, enum job job, int64_t after, int64_t limit, struct arena *a,
	struct page *ret, struct err *err)
{
	STMT_AUTO s = db_stmt(db, SQL_job_run_page);

	bind_job(s, job);
	return page_load_by(s, after, limit, run_row, a, ret, err);
}

int job_run_insert(struct db *db, struct job_run *r, struct err *err)
{
	STMT_AUTO s = db_stmt(db, SQL_job_run_insert);
	int rc;

	stmt_bind_fields(s, &job_run_table, r);
	rc = stmt_cas(s, err);
	if (rc > 0)
		r->id = db_last_id(db);
	return rc;
}

int job_run_revive(struct db *db, enum job job, int64_t at, struct err *err)
{
	STMT_AUTO s = db_stmt(db, SQL_job_run_revive);

	bind_job(s, job);
	stmt_bind_int(s, "scheduled_for", at);
	return stmt_cas(s, err);
}

int job_run_start(struct db *db, int64_t id, int64_t now, struct err *err)
{
	STMT_AUTO s = db_stmt(db, SQL_job_run_start);

	stmt_bind_int(s, "id", id);
	stmt_bind_int(s, "started_at", now);
	return stmt_cas(s, err);
}

int job_run_wait(struct db *db, const struct job_run *r, struct err *err)
{
	STMT_AUTO s = db_stmt(db, SQL_job_run_wait);

	stmt_bind_fields(s, &job_run_table, r);
	return stmt_cas(s, err);
}

int job_run_finish(struct db *db, const struct job_run *r, struct err *err)
{
	STMT_AUTO s = db_stmt(db, SQL_job_run_finish);

	stmt_bind_fields(s, &job_run_table, r);
	return stmt_cas(s, err);
}

int job_handled(struct db *db, enum job job, int64_t *ret, struct err *err)
{
	STMT_AUTO s = db_stmt(db, SQL_job_state_find);
	int rc;

	bind_job(s, job);
	rc = stmt_step(s, err);
	if (rc < 0)
		return -1;
	*ret = rc ? stmt_int(s, "handled") : 0;
	return 0;
}

int job_handled_set(struct db *db, enum job job, int64_t at, struct err *err)
{
	STMT_AUTO s = db_stmt(db, SQL_job_state_set);

	bind_job(s, job);
	stmt_bind_int(s, "handled", at);
	return stmt_exec(s, err);
}

/* ---- Freezes ---- */

static void load_jobs(const char *text, struct arena *a, struct freeze *f)
{
	struct word w;

	f->jobs.v = ARENA_ARRAY(a, JOBS, const char *);
	while (words_next(&text, &w) && f->jobs.n < JOBS) {
		int job = names_find(&job_names, arena_strndup(a, w.s, w.n));

		if (job < 0)
			continue;
		f->jobs.v[f->jobs.n++] = names_of(&job_names, job);
		f->job_mask |= 1u << job;
	}
}

static void load_freeze(struct stmt *s, struct arena *a, struct freeze_row *ret)
{
	struct freeze *f = &ret->freeze;
	int64_t ended = stmt_int(s, "ended_at");

	fields_init(&freeze_table, f);
	stmt_load_fields(s, &freeze_table, a, f);
	ret->seq = stmt_int(s, "seq");
	f->from = stmt_int(s, "from_at");
	f->to = stmt_int(s, "to_at");
	/* One that was lifted before it began never held anything. */
	if (ended)
		f->to = ended > f->from ? ended : f->from;
	f->job_mask = 0;
	load_jobs(stmt_text(s, "jobs"), a, f);
}

int freeze_find(
	struct db *db, const char *id, struct arena *a, struct freeze_row *ret, struct err *err)
{
	STMT_AUTO s = db_stmt(db, SQL_freeze_find);
	int rc;

	stmt_bind_text(s, "id", id);
	rc = stmt_step(s, err);
	if (rc > 0)
		load_freeze(s, a, ret);
	return rc;
}

int freezes_since(struct db *db, int64_t since, struct arena *a, struct freeze **ret, size_t *ret_n,
	struct err *err)
{
	STMT_AUTO s = db_stmt(db, SQL_freeze_since);
	struct freeze *list = ARENA_ARRAY(a, FREEZES_MAX, struct freeze);
	struct freeze_row row;
	size_t n = 0;
	int rc;

	stmt_bind_int(s, "since", since);
	stmt_bind_int(s, "limit", FREEZES_MAX);
	while ((rc = stmt_step(s, err)) > 0) {
		load_freeze(s, a, &row);
		if (row.freeze.to > since)
			list[n++] = row.freeze;
	}
	if (rc < 0)
		return -1;
	*ret = list;
	*ret_n = n;
	return 0;
}

static const char *freeze_row_text(struct stmt *s, struct arena *a, int64_t *ret_cursor)
{
	struct freeze_row row;

	load_freeze(s, a, &row);
	*ret_cursor = row.seq;
	return freeze_render(&row.freeze, a);
}

int freeze_list(struct db *db, int64_t after, int64_t limit, struct arena *a, struct page *ret,
	struct err *err)
{
	STMT_AUTO s = db_stmt(db, SQL_freeze_page);

	return page_load_by(s, after, limit, freeze_row_text, a, ret, err);
}

static void join_jobs(const struct freeze *f, struct strbuf *out)
{
	for (int job = 0; job < JOBS; job++)
		if (f->job_mask & 1u << job)
			strbuf_addf(out, "%s%s", out->len ? " " : "", names_of(&job_names, job));
}

int freeze_insert(struct db *db, struct freeze_row *r, struct err *err)
{
	STMT_AUTO s = db_stmt(db, SQL_freeze_insert);
	STRBUF_AUTO jobs = STRBUF_INIT(64);

	join_jobs(&r->freeze, &jobs);
	stmt_bind_fields(s, &freeze_table, &r->freeze);
	stmt_bind_int(s, "from_at", r->freeze.from);
	stmt_bind_int(s, "to_at", r->freeze.to);
	stmt_bind_text(s, "jobs", jobs.buf);
	if (stmt_exec(s, err) < 0)
		return -1;
	r->seq = db_last_id(db);
	return 0;
}

int freeze_end_insert(
	struct db *db, int64_t seq, int64_t at, const char *by, const char *reason, struct err *err)
{
	STMT_AUTO s = db_stmt(db, SQL_freeze_end_insert);

	stmt_bind_int(s, "freeze_seq", seq);
	stmt_bind_int(s, "ended_at", at);
	stmt_bind_text(s, "ended_by", by);
	stmt_bind_text(s, "reason", reason);
	return stmt_exec(s, err);
}

const char *freeze_render(const struct freeze *f, struct arena *a)
{
	return render(&freeze_table, f, a);
}
