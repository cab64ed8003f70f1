/* SPDX-License-Identifier: Apache-2.0
 *
 * Statements on the deliveries of webhooks and their attempts.
 */
#include <string.h>

#include "store/webhook.h"

#define TEST_TYPE "webhook.test"

enum { BODY_MAX = 256 << 10 };

static void load(struct stmt *s, struct arena *a, struct webhook_delivery_row *ret)
{
	struct webhook_delivery *d = &ret->delivery;

	*ret = (struct webhook_delivery_row){
		.seq = stmt_int(s, "seq"),
		.first_at = stmt_int(s, "first_at"),
		.made = stmt_int(s, "attempts"),
	};
	fields_init(&webhook_delivery_table, d);
	stmt_load_fields(s, &webhook_delivery_table, a, d);
	if (d->event < 0)
		d->type = TEST_TYPE;
}

int webhook_delivery_insert(struct db *db, int64_t webhook_seq, int64_t event_seq, const char *id,
	int64_t now, struct err *err)
{
	STMT_AUTO s = db_stmt(db, SQL_webhook_delivery_insert);

	stmt_bind_int(s, "webhook_seq", webhook_seq);
	if (event_seq > 0)
		stmt_bind_int(s, "event_seq", event_seq);
	else
		stmt_bind_null(s, "event_seq");
	stmt_bind_text(s, "id", id);
	stmt_bind_int(s, "due_at", now);
	stmt_bind_int(s, "created_at", now);
	return stmt_cas(s, err);
}

int webhook_delivery_find(struct db *db, int64_t webhook_seq, const char *id, struct arena *a,
	struct webhook_delivery_row *ret, struct err *err)
{
	STMT_AUTO s = db_stmt(db, SQL_webhook_delivery_find);
	int rc;

	stmt_bind_int(s, "webhook_seq", webhook_seq);
	stmt_bind_text(s, "id", id);
	rc = stmt_step(s, err);
	if (rc > 0)
		load(s, a, ret);
	return rc;
}

int webhook_delivery_due(struct db *db, int64_t webhook_seq, int64_t now, bool tests, int64_t limit,
	struct arena *a, struct webhook_delivery_row **ret, size_t *ret_n, struct err *err)
{
	STMT_AUTO s = db_stmt(db, SQL_webhook_delivery_due);
	struct webhook_delivery_row *v = ARENA_ARRAY(a, (size_t)limit, struct webhook_delivery_row);
	size_t n = 0;
	int rc = 1;

	stmt_bind_int(s, "webhook_seq", webhook_seq);
	stmt_bind_int(s, "now", now);
	stmt_bind_int(s, "tests", tests);
	stmt_bind_int(s, "limit", limit);
	while (n < (size_t)limit && (rc = stmt_step(s, err)) > 0) {
		load(s, a, &v[n]);
		v[n].entry = stmt_text_dup(s, "entry", a);
		v[n].subject = stmt_text_dup(s, "subject", a);
		v[n].at = stmt_int(s, "at");
		n++;
	}
	if (rc < 0)
		return -1;
	*ret = v;
	*ret_n = n;
	return 0;
}

int webhook_delivery_next(
	struct db *db, int64_t webhook_seq, bool tests, int64_t *ret, struct err *err)
{
	STMT_AUTO s = db_stmt(db, SQL_webhook_delivery_next);
	int rc;

	stmt_bind_int(s, "webhook_seq", webhook_seq);
	stmt_bind_int(s, "tests", tests);
	rc = stmt_step(s, err);
	if (rc < 0)
		return -1;
	*ret = rc ? stmt_int(s, "due_at") : INT64_MAX;
	return 0;
}

int webhook_delivery_open(struct db *db, int64_t webhook_seq, int64_t *ret, struct err *err)
{
	STMT_AUTO s = db_stmt(db, SQL_webhook_delivery_open);

	stmt_bind_int(s, "webhook_seq", webhook_seq);
	if (stmt_step(s, err) <= 0)
		return -1;
	*ret = stmt_int(s, "n");
	return 0;
}

int webhook_delivery_backlog(struct db *db, int64_t *ret, int64_t *ret_oldest, struct err *err)
{
	STMT_AUTO s = db_stmt(db, SQL_webhook_delivery_backlog);

	if (stmt_step(s, err) <= 0)
		return -1;
	*ret = stmt_int(s, "n");
	*ret_oldest = stmt_int(s, "oldest");
	return 0;
}

static void bind_time(struct stmt *s, const char *name, int64_t at)
{
	if (at)
		stmt_bind_int(s, name, at);
	else
		stmt_bind_null(s, name);
}

int webhook_delivery_set(struct db *db, const struct webhook_delivery_row *r, struct err *err)
{
	STMT_AUTO s = db_stmt(db, SQL_webhook_delivery_set);

	stmt_bind_fields(s, &webhook_delivery_table, &r->delivery);
	stmt_bind_int(s, "seq", r->seq);
	stmt_bind_int(s, "attempts", r->made);
	bind_time(s, "first_at", r->first_at);
	bind_time(s, "due_at", r->delivery.next_attempt_at);
	return stmt_cas(s, err);
}

int webhook_delivery_abort(struct db *db, int64_t webhook_seq, int64_t now, struct err *err)
{
	STMT_AUTO s = db_stmt(db, SQL_webhook_delivery_abort);

	stmt_bind_int(s, "webhook_seq", webhook_seq);
	stmt_bind_int(s, "now", now);
	return stmt_exec(s, err);
}

static int load_attempts(
	struct db *db, int64_t delivery_seq, struct arena *a, struct list *ret, struct err *err)
{
	STMT_AUTO s = db_stmt(db, SQL_webhook_attempt_list);
	struct webhook_attempt *v = ARENA_ARRAY(a, WEBHOOK_ATTEMPTS_KEPT, struct webhook_attempt);
	size_t n = 0;
	int rc = 1;

	stmt_bind_int(s, "delivery_seq", delivery_seq);
	while (n < WEBHOOK_ATTEMPTS_KEPT && (rc = stmt_step(s, err)) > 0)
		v[n++] = (struct webhook_attempt){
			.at = stmt_int(s, "at"),
			.took_ms = stmt_int(s, "took_ms"),
			.status = stmt_is_null(s, "status") ? -1 : stmt_int(s, "status"),
			.detail = stmt_text_dup(s, "detail", a),
			.response = stmt_text_dup(s, "response", a),
		};
	if (rc < 0)
		return -1;
	*ret = (struct list){v, n};
	return 0;
}

const char *webhook_delivery_render(
	struct db *db, const struct webhook_delivery_row *r, struct arena *a, struct err *err)
{
	struct webhook_delivery shown = r->delivery;
	STRBUF_AUTO sb = STRBUF_INIT(BODY_MAX);
	struct json_writer writer;

	if (load_attempts(db, r->seq, a, &shown.attempts, err) < 0)
		return NULL;
	json_writer_init(&writer, &sb);
	fields_emit(&webhook_delivery_table, &shown, &writer);
	return arena_strndup(a, sb.buf, sb.len);
}

int webhook_delivery_page(struct db *db, int64_t webhook_seq, const char *phase, int64_t after,
	int64_t limit, struct arena *a, struct page *ret, struct err *err)
{
	STMT_AUTO s =
		db_stmt(db, phase ? SQL_webhook_delivery_page_phase : SQL_webhook_delivery_page);
	struct page page = {0};
	int64_t last = 0;
	int rc;

	limit = limit < 1 ? PAGE_DEFAULT : limit > PAGE_MAX ? PAGE_MAX : limit;
	stmt_bind_int(s, "webhook_seq", webhook_seq);
	if (phase)
		stmt_bind_text(s, "phase", phase);
	stmt_bind_int(s, "after", after > 0 ? after : INT64_MAX);
	stmt_bind_int(s, "limit", limit + 1);
	page.bodies = ARENA_ARRAY(a, (size_t)limit, const char *);
	while ((rc = stmt_step(s, err)) > 0) {
		struct webhook_delivery_row row;

		if (page.n == (size_t)limit) {
			page.next = last;
			break;
		}
		load(s, a, &row);
		last = row.seq;
		page.bodies[page.n] = webhook_delivery_render(db, &row, a, err);
		if (!page.bodies[page.n++])
			return -1;
	}
	if (rc < 0)
		return -1;
	*ret = page;
	return 0;
}

int webhook_delivery_surplus(struct db *db, int64_t webhook_seq, int64_t before, int64_t keep,
	int64_t *ret_until, struct err *err)
{
	STMT_AUTO old = db_stmt(db, SQL_webhook_delivery_old);
	STMT_AUTO surplus = db_stmt(db, SQL_webhook_delivery_surplus);
	int rc;

	stmt_bind_int(surplus, "webhook_seq", webhook_seq);
	stmt_bind_int(surplus, "keep", keep);
	rc = stmt_step(surplus, err);
	if (rc > 0)
		*ret_until = stmt_int(surplus, "finished_at");
	if (rc != 0)
		return rc;
	stmt_bind_int(old, "webhook_seq", webhook_seq);
	stmt_bind_int(old, "before", before);
	rc = stmt_step(old, err);
	if (rc > 0)
		*ret_until = before;
	return rc;
}

int webhook_delivery_prune(
	struct db *db, int64_t webhook_seq, int64_t until, int64_t limit, struct err *err)
{
	STMT_AUTO s = db_stmt(db, SQL_webhook_delivery_prune);

	stmt_bind_int(s, "webhook_seq", webhook_seq);
	stmt_bind_int(s, "before", until);
	stmt_bind_int(s, "limit", limit);
	return stmt_exec(s, err);
}

int webhook_attempt_insert(struct db *db, int64_t delivery_seq, int64_t n,
	const struct webhook_attempt *x, struct err *err)
{
	STMT_AUTO s = db_stmt(db, SQL_webhook_attempt_insert);
	STMT_AUTO prune = db_stmt(db, SQL_webhook_attempt_prune);

	stmt_bind_int(s, "delivery_seq", delivery_seq);
	stmt_bind_int(s, "n", n);
	stmt_bind_int(s, "at", x->at);
	stmt_bind_int(s, "took_ms", x->took_ms);
	if (x->status < 0)
		stmt_bind_null(s, "status");
	else
		stmt_bind_int(s, "status", x->status);
	stmt_bind_text(s, "detail", x->detail);
	stmt_bind_text(s, "response", x->response);
	if (stmt_exec(s, err) < 0)
		return -1;
	stmt_bind_int(prune, "delivery_seq", delivery_seq);
	stmt_bind_int(prune, "n", n - WEBHOOK_ATTEMPTS_KEPT);
	return stmt_exec(prune, err);
}
