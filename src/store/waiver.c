/* SPDX-License-Identifier: Apache-2.0
 *
 * Statements on waivers. Bodies are not stored: a state ends by the clock alone, and what is served
 * must say so at that moment.
 */
#include "store/waiver.h"

#include <string.h>

#include "model/phase.h"
#include "policy/waiver.h"

enum { LIVE_MAX = 16 }; /* of one artifact: one a gate */

static void load(struct stmt *s, struct arena *a, struct waiver_row *ret)
{
	struct waiver *w = &ret->waiver;

	fields_init(&waiver_table, w);
	ret->seq = stmt_int(s, "seq");
	stmt_load_fields(s, &waiver_table, a, w);
	w->artifact = ARENA_NEW(a, struct waiver_artifact);
	w->artifact->provider = stmt_text_dup(s, "provider", a);
	w->artifact->id = stmt_text_dup(s, "artifact_id", a);
}

static int load_all(
	struct stmt *s, size_t room, struct arena *a, struct waiver_list *ret, struct err *err)
{
	struct waiver_list list = {.v = ARENA_ARRAY(a, room, struct waiver_row)};
	int rc = 1;

	while (list.n < room && (rc = stmt_step(s, err)) > 0)
		load(s, a, &list.v[list.n++]);
	if (rc < 0)
		return -1;
	*ret = list;
	return 0;
}

int waiver_find_id(
	struct db *db, const char *id, struct arena *a, struct waiver_row *ret, struct err *err)
{
	STMT_AUTO s = db_stmt(db, SQL_waiver_find);
	int rc;

	stmt_bind_text(s, "id", id);
	rc = stmt_step(s, err);
	if (rc > 0)
		load(s, a, ret);
	return rc;
}

int waiver_live(struct db *db, const char *provider, const char *id, int64_t now, struct arena *a,
	struct waiver_list *ret, struct err *err)
{
	STMT_AUTO s = db_stmt(db, SQL_waiver_live);

	stmt_bind_text(s, "provider", provider);
	stmt_bind_text(s, "artifact_id", id);
	stmt_bind_int(s, "now", now);
	return load_all(s, LIVE_MAX, a, ret, err);
}

int waivers_in_force(struct db *db, const char *provider, const char *id, int64_t now,
	struct arena *a, struct waiver **ret, size_t *ret_n, struct err *err)
{
	struct waiver_list live;
	struct waiver *list;
	size_t n = 0;

	if (waiver_live(db, provider, id, now, a, &live, err) < 0)
		return -1;
	list = ARENA_ARRAY(a, live.n + 1, struct waiver);
	for (size_t i = 0; i < live.n; i++) {
		const struct waiver *w = &live.v[i].waiver;

		if (waiver_in_force(w, (enum gate)w->gate, provider, id, now))
			list[n++] = *w;
	}
	*ret = list;
	*ret_n = n;
	return 0;
}

int waiver_ended(struct db *db, int64_t now, int64_t limit, struct arena *a,
	struct waiver_list *ret, struct err *err)
{
	STMT_AUTO s = db_stmt(db, SQL_waiver_ended);

	stmt_bind_int(s, "now", now);
	stmt_bind_int(s, "limit", limit);
	return load_all(s, (size_t)limit, a, ret, err);
}

const char *waiver_render(const struct waiver *w, int64_t now, struct arena *a)
{
	struct waiver shown = *w;
	STRBUF_AUTO sb = STRBUF_INIT(64 << 10);
	struct json_writer writer;

	shown.state = (int)waiver_state_at(w, now);
	json_writer_init(&writer, &sb);
	fields_emit(&waiver_table, &shown, &writer);
	return arena_strndup(a, sb.buf, sb.len);
}

int waiver_list(struct db *db, int64_t now, const char *state, int64_t after, int64_t limit,
	struct arena *a, struct page *ret, struct err *err)
{
	STMT_AUTO s = db_stmt(db, SQL_waiver_page);
	struct page page = {0};
	struct waiver_list rows;

	limit = limit < 1 ? PAGE_DEFAULT : limit > PAGE_MAX ? PAGE_MAX : limit;
	stmt_bind_int(s, "now", now);
	stmt_bind_text(s, "state", state);
	stmt_bind_int(s, "after", after > 0 ? after : INT64_MAX);
	stmt_bind_int(s, "limit", limit + 1);
	if (load_all(s, (size_t)limit + 1, a, &rows, err) < 0)
		return -1;
	page.bodies = ARENA_ARRAY(a, (size_t)limit, const char *);
	for (; page.n < rows.n && page.n < (size_t)limit; page.n++)
		page.bodies[page.n] = waiver_render(&rows.v[page.n].waiver, now, a);
	if (rows.n > page.n)
		page.next = rows.v[page.n - 1].seq;
	*ret = page;
	return 0;
}

int waiver_insert(struct db *db, struct waiver_row *r, struct err *err)
{
	STMT_AUTO s = db_stmt(db, SQL_waiver_insert);
	STMT_AUTO state = db_stmt(db, SQL_waiver_state_insert);
	const struct waiver *w = &r->waiver;

	stmt_bind_fields(s, &waiver_table, w);
	stmt_bind_text(s, "provider", w->artifact->provider);
	stmt_bind_text(s, "artifact_id", w->artifact->id);
	if (stmt_exec(s, err) < 0)
		return -1;
	r->seq = db_last_id(db);
	stmt_bind_int(state, "waiver_seq", r->seq);
	stmt_bind_fields(state, &waiver_table, w);
	return stmt_exec(state, err);
}

int waiver_state_set(
	struct db *db, const struct waiver_row *r, const char *old_state, struct err *err)
{
	STMT_AUTO s = db_stmt(db, SQL_waiver_state_set);

	stmt_bind_fields(s, &waiver_table, &r->waiver);
	stmt_bind_int(s, "waiver_seq", r->seq);
	stmt_bind_text(s, "old_state", old_state);
	return stmt_cas(s, err);
}
