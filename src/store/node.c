/* SPDX-License-Identifier: Apache-2.0
 *
 * Statements on nodes and drills.
 */
#include "store/node.h"

#include <string.h>

#include "base/clock.h"
#include "base/words.h"
#include "model/phase.h"

static void load_node(struct stmt *s, struct arena *a, struct node_row *ret)
{
	*ret = (struct node_row){
		.seq = stmt_int(s, "seq"),
		.id = stmt_text_dup(s, "id", a),
		.release = stmt_text_dup(s, "release_version", a),
		.health = stmt_text_dup(s, "health", a),
		.report = stmt_text_dup(s, "report", a),
		.serial = stmt_int(s, "serial"),
		.first_seen_at = stmt_int(s, "first_seen_at"),
		.serial_since = stmt_int(s, "serial_since"),
		.seen_at = stmt_int(s, "seen_at"),
	};
}

int node_find(struct db *db, const char *id, struct arena *a, struct node_row *ret, struct err *err)
{
	STMT_AUTO s = db_stmt(db, SQL_node_find);
	int rc;

	stmt_bind_text(s, "id", id);
	rc = stmt_step(s, err);
	if (rc > 0)
		load_node(s, a, ret);
	return rc;
}

int node_page(struct db *db, int64_t after, int64_t limit, struct arena *a, struct node_row **ret,
	size_t *ret_n, struct err *err)
{
	STMT_AUTO s = db_stmt(db, SQL_node_page);
	struct node_row *rows = ARENA_ARRAY(a, (size_t)limit, struct node_row);
	size_t n = 0;
	int rc;

	stmt_bind_int(s, "after", after ? after : INT64_MAX);
	stmt_bind_int(s, "limit", limit);
	while ((rc = stmt_step(s, err)) > 0)
		load_node(s, a, &rows[n++]);
	if (rc < 0)
		return -1;
	*ret = rows;
	*ret_n = n;
	return 0;
}

int node_count(struct db *db, int64_t *ret, struct err *err)
{
	STMT_AUTO s = db_stmt(db, SQL_node_count);
	int rc = stmt_step(s, err);

	if (rc < 0)
		return -1;
	*ret = stmt_int(s, "n");
	return 0;
}

int node_put(struct db *db, struct node_row *r, int64_t now, struct err *err)
{
	STMT_AUTO s = db_stmt(db, r->seq ? SQL_node_set : SQL_node_insert);

	if (r->seq) {
		stmt_bind_int(s, "seq", r->seq);
		stmt_bind_int(s, "serial_since", r->serial_since);
	} else {
		stmt_bind_text(s, "id", r->id);
		r->first_seen_at = r->serial_since = now;
	}
	stmt_bind_int(s, "serial", r->serial);
	stmt_bind_text(s, "release_version", r->release);
	stmt_bind_text(s, "health", r->health);
	stmt_bind_text(s, "report", r->report);
	stmt_bind_int(s, "now", now);
	r->seen_at = now;
	if (r->seq)
		return stmt_cas(s, err) < 0 ? -1 : 0;
	if (stmt_exec(s, err) < 0)
		return -1;
	r->seq = db_last_id(db);
	return 0;
}

static int clear_loaded(struct db *db, int64_t node_seq, struct err *err)
{
	STMT_AUTO s = db_stmt(db, SQL_node_release_clear);

	stmt_bind_int(s, "node_seq", node_seq);
	return stmt_exec(s, err);
}

int node_set_loaded(struct db *db, int64_t node_seq, const struct list *loaded, struct err *err)
{
	if (clear_loaded(db, node_seq, err) < 0)
		return -1;
	for (size_t i = 0; i < loaded->n; i++) {
		const struct node_loaded *l = LIST_AT(loaded, struct node_loaded, i);
		STMT_AUTO s = db_stmt(db, SQL_node_release_insert);

		stmt_bind_int(s, "node_seq", node_seq);
		stmt_bind_text(s, "release_version", l->version);
		stmt_bind_int(s, "ready", l->ready);
		if (stmt_exec(s, err) < 0)
			return -1;
	}
	return 0;
}

int node_groups(struct db *db, int64_t live_since, struct arena *a, struct node_group **ret,
	size_t *ret_n, struct err *err)
{
	STMT_AUTO s = db_stmt(db, SQL_node_groups);
	/* No more than there may be nodes. */
	struct node_group *groups = NULL;
	size_t n = 0, room = 0;
	int rc;

	stmt_bind_int(s, "live_since", live_since);
	while ((rc = stmt_step(s, err)) > 0) {
		if (n == room) {
			struct node_group *more =
				ARENA_ARRAY(a, room = room ? 2 * room : 16, struct node_group);

			if (n)
				memcpy(more, groups, n * sizeof(*groups));
			groups = more;
		}
		groups[n++] = (struct node_group){
			.serial = stmt_int(s, "serial"),
			.n = stmt_int(s, "n"),
			.since = stmt_int(s, "since"),
			.release = stmt_text_dup(s, "release_version", a),
			.health = stmt_text_dup(s, "health", a),
			.ready = stmt_int(s, "ready") != 0,
		};
	}
	if (rc < 0)
		return -1;
	*ret = groups;
	*ret_n = n;
	return 0;
}

int node_ready(struct db *db, int64_t live_since, const char *release, int64_t *ret_live,
	int64_t *ret_ready, struct err *err)
{
	STMT_AUTO s = db_stmt(db, SQL_node_ready);

	stmt_bind_int(s, "live_since", live_since);
	stmt_bind_text(s, "release_version", release);
	if (stmt_step(s, err) < 0)
		return -1;
	*ret_live = stmt_int(s, "live");
	*ret_ready = stmt_int(s, "ready");
	return 0;
}

static int silent(struct db *db, int64_t before, int64_t limit, int64_t *seqs, struct err *err)
{
	STMT_AUTO s = db_stmt(db, SQL_node_silent);
	int n = 0, rc;

	stmt_bind_int(s, "before", before);
	stmt_bind_int(s, "limit", limit);
	while ((rc = stmt_step(s, err)) > 0)
		seqs[n++] = stmt_int(s, "seq");
	return rc < 0 ? -1 : n;
}

int node_forget_silent(
	struct db *db, int64_t before, int64_t limit, struct arena *a, struct err *err)
{
	int64_t *seqs = ARENA_ARRAY(a, (size_t)limit, int64_t);
	int n = silent(db, before, limit, seqs, err);

	for (int i = 0; i < n; i++) {
		STMT_AUTO s = db_stmt(db, SQL_node_forget);

		stmt_bind_int(s, "seq", seqs[i]);
		if (clear_loaded(db, seqs[i], err) < 0 || stmt_exec(s, err) < 0)
			return -1;
	}
	return n;
}

/* ---- Drills ---- */

enum { MISSING_MAX = 64 };

static void load_missing(const char *text, struct arena *a, struct strings *ret)
{
	struct word w;

	*ret = (struct strings){ARENA_ARRAY(a, MISSING_MAX, const char *), 0};
	while (text && ret->n < MISSING_MAX && words_next(&text, &w))
		ret->v[ret->n++] = arena_strndup(a, w.s, w.n);
}

static const char *missing_text(const struct strings *missing, struct arena *a)
{
	const char *text = NULL;

	for (size_t i = 0; i < missing->n; i++)
		text = text ? arena_printf(a, "%s %s", text, missing->v[i]) : missing->v[i];
	return text;
}

static void load_drill(struct stmt *s, struct arena *a, struct drill *ret)
{
	fields_init(&drill_table, ret);
	ret->id = stmt_int(s, "seq");
	ret->release = stmt_text_dup(s, "release_version", a);
	ret->actor = stmt_text_dup(s, "actor", a);
	ret->reason = stmt_text_dup(s, "reason", a);
	ret->phase = stmt_text_dup(s, "phase", a);
	ret->started_at = stmt_int(s, "started_at");
	ret->due_at = stmt_int(s, "due_at");
	ret->finished_at = stmt_int(s, "finished_at");
	ret->nodes = stmt_int(s, "nodes");
	ret->ready = stmt_int(s, "ready");
	if (!ret->finished_at)
		return;
	load_missing(stmt_text(s, "missing"), a, &ret->missing);
	if (strcmp(ret->phase, names_of(&phase_names, PHASE_SUCCEEDED)) == 0)
		ret->took_ms = (ret->finished_at - ret->started_at) / USEC_PER_MSEC;
}

static int enter(struct db *db, int64_t id, int64_t live_since, struct err *err)
{
	STMT_AUTO s = db_stmt(db, SQL_drill_enter);
	STMT_AUTO forget = db_stmt(db, SQL_drill_forget);

	stmt_bind_int(s, "drill_seq", id);
	stmt_bind_int(s, "live_since", live_since);
	stmt_bind_int(forget, "until", id - DRILLS_NAMED);
	return stmt_exec(s, err) < 0 || stmt_exec(forget, err) < 0 ? -1 : 0;
}

int drill_insert(
	struct db *db, const struct drill *d, int64_t live_since, int64_t *ret_id, struct err *err)
{
	STMT_AUTO s = db_stmt(db, SQL_drill_insert);
	int64_t id;

	stmt_bind_text(s, "release_version", d->release);
	stmt_bind_text(s, "actor", d->actor);
	stmt_bind_text(s, "reason", d->reason);
	stmt_bind_int(s, "now", d->started_at);
	stmt_bind_int(s, "due_at", d->due_at);
	stmt_bind_int(s, "nodes", d->nodes);
	if (stmt_exec(s, err) < 0)
		return -1;
	id = db_last_id(db);
	if (enter(db, id, live_since, err) < 0)
		return -1;
	*ret_id = id;
	return 0;
}

int drill_mark(struct db *db, struct drill *d, int64_t now, struct err *err)
{
	STMT_AUTO s = db_stmt(db, SQL_drill_mark);
	STMT_AUTO count = db_stmt(db, SQL_drill_count);

	stmt_bind_int(s, "drill_seq", d->id);
	stmt_bind_text(s, "release_version", d->release);
	stmt_bind_int(s, "said_since", d->started_at);
	stmt_bind_int(s, "now", now);
	stmt_bind_int(count, "drill_seq", d->id);
	if (stmt_exec(s, err) < 0 || stmt_step(count, err) < 0)
		return -1;
	d->nodes = stmt_int(count, "nodes");
	d->ready = stmt_int(count, "ready");
	return 0;
}

static int load_names(struct stmt *s, int64_t id, int64_t limit, struct arena *a,
	struct strings *ret, struct err *err)
{
	struct strings names = {ARENA_ARRAY(a, (size_t)limit, const char *), 0};
	int rc;

	stmt_bind_int(s, "drill_seq", id);
	stmt_bind_int(s, "limit", limit);
	while ((rc = stmt_step(s, err)) > 0)
		names.v[names.n++] = stmt_text_dup(s, "node", a);
	if (rc < 0)
		return -1;
	*ret = names;
	return 0;
}

int drill_names(struct db *db, struct drill *d, int64_t limit, struct arena *a, struct err *err)
{
	STMT_AUTO ready = db_stmt(db, SQL_drill_ready_nodes);
	STMT_AUTO missing = db_stmt(db, SQL_drill_missing_nodes);
	struct strings absent;

	if (load_names(ready, d->id, limit, a, &d->ready_nodes, err) < 0 ||
		load_names(missing, d->id, limit, a, &absent, err) < 0)
		return -1;
	if (d->ready_nodes.n || absent.n)
		d->missing = absent;
	return 0;
}

static int drill_one(struct stmt *s, struct arena *a, struct drill *ret, struct err *err)
{
	int rc = stmt_step(s, err);

	if (rc > 0)
		load_drill(s, a, ret);
	return rc;
}

int drill_running(struct db *db, struct arena *a, struct drill *ret, struct err *err)
{
	STMT_AUTO s = db_stmt(db, SQL_drill_running);

	return drill_one(s, a, ret, err);
}

int drill_find(struct db *db, int64_t id, struct arena *a, struct drill *ret, struct err *err)
{
	STMT_AUTO s = db_stmt(db, SQL_drill_find);

	stmt_bind_int(s, "seq", id);
	return drill_one(s, a, ret, err);
}

int drill_page(struct db *db, int64_t after, int64_t limit, struct arena *a, struct drill **ret,
	size_t *ret_n, struct err *err)
{
	STMT_AUTO s = db_stmt(db, SQL_drill_page);
	struct drill *rows = ARENA_ARRAY(a, (size_t)limit, struct drill);
	size_t n = 0;
	int rc;

	stmt_bind_int(s, "after", after ? after : INT64_MAX);
	stmt_bind_int(s, "limit", limit);
	while ((rc = stmt_step(s, err)) > 0)
		load_drill(s, a, &rows[n++]);
	if (rc < 0)
		return -1;
	*ret = rows;
	*ret_n = n;
	return 0;
}

int drill_finish(struct db *db, const struct drill *d, struct arena *a, struct err *err)
{
	STMT_AUTO s = db_stmt(db, SQL_drill_finish);

	stmt_bind_int(s, "seq", d->id);
	stmt_bind_text(s, "phase", d->phase);
	stmt_bind_int(s, "now", d->finished_at);
	stmt_bind_int(s, "nodes", d->nodes);
	stmt_bind_int(s, "ready", d->ready);
	stmt_bind_text(s, "missing", missing_text(&d->missing, a));
	return stmt_cas(s, err);
}
