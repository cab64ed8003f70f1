/* SPDX-License-Identifier: Apache-2.0
 *
 * Statements on sources, deliveries and probes.
 */
#include "store/source.h"

#include <string.h>

static const char *const outcomes[] = {"stored", "refused", "conflict", "failed", NULL};
const struct field_names source_outcome_names = {"outcome", outcomes};
static const char *const reaches[] = {"reachable", "missing", "unknown", "failed", NULL};
const struct field_names artifact_reach_names = {"result of a probe", reaches};

enum { OVERDUE_MAX = 64 };

/* Rows of a result in an array that grows. */
static void *grow(void *v, size_t n, size_t *room, size_t size)
{
	if (n < *room)
		return v;
	*room = *room ? *room * 2 : 64;
	return xrealloc(v, *room * size);
}

/* ---- Entries of listings ---- */

static void bind_time(struct stmt *s, const char *param, int64_t at)
{
	if (at)
		stmt_bind_int(s, param, at);
	else
		stmt_bind_null(s, param);
}

static int load_items(
	struct stmt *s, bool refused, struct arena *a, struct source_items *ret, struct err *err)
{
	FREE_AUTO struct source_item *v = NULL;
	size_t n = 0, room = 0;
	int rc;

	while ((rc = stmt_step(s, err)) > 0) {
		struct source_item *i;

		v = grow(v, n, &room, sizeof(*v));
		i = &v[n++];
		*i = (struct source_item){
			.name = stmt_text_dup(s, "name", a),
			.outcome = names_find(&source_outcome_names, stmt_text(s, "outcome")),
			.digest = stmt_text_dup(s, "digest", a),
			.code = stmt_text_dup(s, "code", a),
			.handled_at = stmt_int(s, "handled_at"),
			.refused_at = stmt_int(s, "refused_at"),
			.tries = stmt_int(s, "tries"),
		};
		if (refused) {
			i->pointer = stmt_text_dup(s, "pointer", a);
			i->detail = stmt_text_dup(s, "detail", a);
		} else {
			i->version = stmt_text_dup(s, "version", a);
			i->policy_version = stmt_int(s, "policy_version");
		}
	}
	if (rc < 0)
		return -1;
	*ret = (struct source_items){n ? arena_memdup(a, v, n * sizeof(*v)) : NULL, n};
	return 0;
}

int source_items_load(struct db *db, const char *provider, struct arena *a,
	struct source_items *ret, struct err *err)
{
	STMT_AUTO s = db_stmt(db, SQL_source_items);

	stmt_bind_text(s, "provider", provider);
	return load_items(s, false, a, ret, err);
}

int source_item_put(
	struct db *db, const char *provider, const struct source_item *i, struct err *err)
{
	STMT_AUTO s = db_stmt(db, SQL_source_item_put);

	stmt_bind_text(s, "provider", provider);
	stmt_bind_text(s, "name", i->name);
	stmt_bind_text(s, "version", i->version);
	stmt_bind_text(s, "outcome", names_of(&source_outcome_names, i->outcome));
	stmt_bind_text(s, "digest", i->digest);
	stmt_bind_int(s, "policy_version", i->policy_version);
	stmt_bind_text(s, "code", i->code);
	stmt_bind_text(s, "pointer", i->pointer);
	stmt_bind_text(s, "detail", i->detail);
	stmt_bind_int(s, "handled_at", i->handled_at);
	bind_time(s, "refused_at", i->refused_at);
	stmt_bind_int(s, "tries", i->tries);
	return stmt_exec(s, err);
}

int source_item_drop(struct db *db, const char *provider, const char *name, struct err *err)
{
	STMT_AUTO s = db_stmt(db, SQL_source_item_drop);

	stmt_bind_text(s, "provider", provider);
	stmt_bind_text(s, "name", name);
	return stmt_exec(s, err);
}

/* A statement whose one column is a count of a provider. */
static int count(struct db *db, enum sql_id id, const char *provider, int64_t *ret, struct err *err)
{
	STMT_AUTO s = db_stmt(db, id);

	stmt_bind_text(s, "provider", provider);
	if (stmt_step(s, err) < 0)
		return -1;
	*ret = stmt_int(s, "n");
	return 0;
}

int source_refused(struct db *db, const char *provider, int64_t limit, struct arena *a,
	struct source_items *ret, int64_t *ret_total, struct err *err)
{
	STMT_AUTO s = db_stmt(db, SQL_source_refused);
	struct source_items items;

	stmt_bind_text(s, "provider", provider);
	stmt_bind_int(s, "limit", limit);
	if (load_items(s, true, a, &items, err) < 0 ||
		count(db, SQL_source_refused_count, provider, ret_total, err) < 0)
		return -1;
	*ret = items;
	return 0;
}

/* ---- What was asked for ---- */

int source_asks_load(struct db *db, const char *provider, struct arena *a, struct source_asks *ret,
	struct err *err)
{
	STMT_AUTO s = db_stmt(db, SQL_source_ask_list);
	struct source_asks asks = {
		.v = ARENA_ARRAY(a, SOURCE_ASKS_MAX + 2, struct source_ask),
	};
	int rc = 0;

	stmt_bind_text(s, "provider", provider);
	while (asks.n < SOURCE_ASKS_MAX + 2 && (rc = stmt_step(s, err)) > 0) {
		const char *name = stmt_text_dup(s, "name", a);

		asks.v[asks.n++] = (struct source_ask){name, stmt_int(s, "times")};
		asks.all = asks.all || !*name;
		asks.again = asks.again || strcmp(name, SOURCE_ASK_AGAIN) == 0;
	}
	if (rc < 0)
		return -1;
	*ret = asks;
	return 0;
}

static int put_ask(struct db *db, const char *provider, const char *name, struct err *err)
{
	STMT_AUTO s = db_stmt(db, SQL_source_ask_put);

	stmt_bind_text(s, "provider", provider);
	stmt_bind_text(s, "name", name);
	return stmt_exec(s, err);
}

static int drop_names(struct db *db, const char *provider, struct err *err)
{
	STMT_AUTO s = db_stmt(db, SQL_source_ask_drop_names);

	stmt_bind_text(s, "provider", provider);
	return stmt_exec(s, err);
}

int source_ask_put(
	struct db *db, const char *provider, const char *name, struct arena *a, struct err *err)
{
	struct source_asks asks;
	bool known = false;

	if (source_asks_load(db, provider, a, &asks, err) < 0)
		return -1;
	for (size_t i = 0; i < asks.n; i++)
		known = known || strcmp(asks.v[i].name, name) == 0;
	/* That one is held by what holds the job; what somebody asked for is not. */
	if (strcmp(name, SOURCE_ASK_AGAIN) == 0)
		return asks.all ? 0 : put_ask(db, provider, name, err);
	if (asks.all || !*name || (!known && asks.n - asks.again >= SOURCE_ASKS_MAX))
		return put_ask(db, provider, "", err) < 0 ? -1 : drop_names(db, provider, err);
	return put_ask(db, provider, name, err);
}

int source_asks_drop(
	struct db *db, const char *provider, const struct source_asks *asks, struct err *err)
{
	for (size_t i = 0; i < asks->n; i++) {
		STMT_AUTO s = db_stmt(db, SQL_source_ask_drop);

		stmt_bind_text(s, "provider", provider);
		stmt_bind_text(s, "name", asks->v[i].name);
		stmt_bind_int(s, "times", asks->v[i].times);
		if (stmt_exec(s, err) < 0)
			return -1;
	}
	return 0;
}

/* ---- Sources ---- */

int source_find(struct db *db, const char *provider, struct arena *a, struct source_row *ret,
	struct err *err)
{
	STMT_AUTO s = db_stmt(db, SQL_source_find);
	int rc;

	stmt_bind_text(s, "provider", provider);
	rc = stmt_step(s, err);
	if (rc <= 0)
		return rc;
	*ret = (struct source_row){
		.provider = provider,
		.connector = stmt_text_dup(s, "connector", a),
		.last_run_at = stmt_int(s, "last_run_at"),
		.last_success_at = stmt_int(s, "last_success_at"),
		.failing_since = stmt_int(s, "failing_since"),
		.code = stmt_text_dup(s, "code", a),
		.detail = stmt_text_dup(s, "detail", a),
		.failed_at = stmt_int(s, "failed_at"),
		.listed = stmt_int(s, "listed"),
	};
	return 1;
}

int source_put(struct db *db, const struct source_row *r, struct err *err)
{
	STMT_AUTO s = db_stmt(db, SQL_source_put);

	stmt_bind_text(s, "provider", r->provider);
	stmt_bind_text(s, "connector", r->connector);
	stmt_bind_int(s, "last_run_at", r->last_run_at);
	bind_time(s, "last_success_at", r->last_success_at);
	bind_time(s, "failing_since", r->failing_since);
	stmt_bind_text(s, "code", r->code);
	stmt_bind_text(s, "detail", r->detail);
	bind_time(s, "failed_at", r->failed_at);
	stmt_bind_int(s, "listed", r->listed);
	return stmt_exec(s, err);
}

/* ---- Deliveries ---- */

int delivery_newest(
	struct db *db, const char *provider, int64_t until, int64_t *ret_at, struct err *err)
{
	STMT_AUTO s = db_stmt(db, until ? SQL_delivery_until : SQL_delivery_newest);
	int rc;

	stmt_bind_text(s, "provider", provider);
	if (until)
		stmt_bind_int(s, "until", until);
	rc = stmt_step(s, err);
	if (rc > 0)
		*ret_at = stmt_int(s, "received_at");
	return rc;
}

int ingest_due_insert(struct db *db, const struct ingest_due *d, struct err *err)
{
	STMT_AUTO s = db_stmt(db, SQL_ingest_due_insert);

	stmt_bind_int(s, "run_seq", d->run_seq);
	stmt_bind_text(s, "provider", d->provider);
	stmt_bind_int(s, "since", d->since);
	stmt_bind_int(s, "due_at", d->due_at);
	return stmt_exec(s, err);
}

int ingest_due_last(struct db *db, const char *provider, struct arena *a, struct ingest_due *ret,
	struct err *err)
{
	STMT_AUTO s = db_stmt(db, SQL_ingest_due_last);
	int rc;

	stmt_bind_text(s, "provider", provider);
	rc = stmt_step(s, err);
	if (rc > 0)
		*ret = (struct ingest_due){
			.run_seq = stmt_int(s, "run_seq"),
			.provider = arena_strdup(a, provider),
			.since = stmt_int(s, "since"),
			.due_at = stmt_int(s, "due_at"),
			.closed_at = stmt_int(s, "closed_at"),
			.delivered_at = stmt_int(s, "delivered_at"),
		};
	return rc;
}

int ingest_dues_overdue(
	struct db *db, int64_t now, struct arena *a, struct ingest_dues *ret, struct err *err)
{
	STMT_AUTO s = db_stmt(db, SQL_ingest_due_overdue);
	struct ingest_due *v = ARENA_ARRAY(a, OVERDUE_MAX, struct ingest_due);
	size_t n = 0;
	int rc;

	stmt_bind_int(s, "now", now);
	stmt_bind_int(s, "limit", OVERDUE_MAX);
	while ((rc = stmt_step(s, err)) > 0)
		v[n++] = (struct ingest_due){
			.run_seq = stmt_int(s, "run_seq"),
			.provider = stmt_text_dup(s, "provider", a),
			.since = stmt_int(s, "since"),
			.due_at = stmt_int(s, "due_at"),
		};
	if (rc < 0)
		return -1;
	*ret = (struct ingest_dues){v, n};
	return 0;
}

int ingest_due_next(struct db *db, int64_t *ret_at, struct err *err)
{
	STMT_AUTO s = db_stmt(db, SQL_ingest_due_next);
	int rc = stmt_step(s, err);

	if (rc <= 0 || stmt_is_null(s, "due_at"))
		return rc < 0 ? -1 : 0;
	*ret_at = stmt_int(s, "due_at");
	return 1;
}

int ingest_due_close(struct db *db, const struct ingest_due *d, struct err *err)
{
	STMT_AUTO s = db_stmt(db, SQL_ingest_due_close);

	stmt_bind_int(s, "run_seq", d->run_seq);
	stmt_bind_text(s, "provider", d->provider);
	stmt_bind_int(s, "closed_at", d->closed_at);
	bind_time(s, "delivered_at", d->delivered_at);
	return stmt_cas(s, err);
}

static int newest_run(struct db *db, int64_t *ret, struct err *err)
{
	STMT_AUTO s = db_stmt(db, SQL_ingest_due_newest);

	if (stmt_step(s, err) < 0)
		return -1;
	*ret = stmt_int(s, "run_seq");
	return 0;
}

int ingest_dues_newest(struct db *db, struct arena *a, struct ingest_dues *ret, struct err *err)
{
	STMT_AUTO s = db_stmt(db, SQL_ingest_due_run);
	FREE_AUTO struct ingest_due *v = NULL;
	size_t n = 0, room = 0;
	int64_t run;
	int rc;

	if (newest_run(db, &run, err) < 0)
		return -1;
	stmt_bind_int(s, "run_seq", run);
	while ((rc = stmt_step(s, err)) > 0) {
		v = grow(v, n, &room, sizeof(*v));
		v[n++] = (struct ingest_due){
			.run_seq = run,
			.provider = stmt_text_dup(s, "provider", a),
			.since = stmt_int(s, "since"),
			.due_at = stmt_int(s, "due_at"),
			.closed_at = stmt_int(s, "closed_at"),
			.delivered_at = stmt_int(s, "delivered_at"),
		};
	}
	if (rc < 0)
		return -1;
	*ret = (struct ingest_dues){n ? arena_memdup(a, v, n * sizeof(*v)) : NULL, n};
	return 0;
}

int ingest_missed_count(struct db *db, const char *provider, int64_t *ret, struct err *err)
{
	return count(db, SQL_ingest_missed_count, provider, ret, err);
}

/* ---- Probes ---- */

int artifact_probe_find(struct db *db, int64_t artifact_seq, struct arena *a,
	struct artifact_probe *ret, struct err *err)
{
	STMT_AUTO s = db_stmt(db, SQL_artifact_probe_find);
	int rc;

	stmt_bind_int(s, "artifact_seq", artifact_seq);
	rc = stmt_step(s, err);
	if (rc > 0)
		*ret = (struct artifact_probe){
			.artifact_seq = artifact_seq,
			.at = stmt_int(s, "at"),
			.verdict = names_find(&artifact_reach_names, stmt_text(s, "verdict")),
			.detail = stmt_text_dup(s, "detail", a),
		};
	return rc;
}

int artifact_probe_put(struct db *db, const struct artifact_probe *p, struct err *err)
{
	STMT_AUTO s = db_stmt(db, SQL_artifact_probe_put);

	stmt_bind_int(s, "artifact_seq", p->artifact_seq);
	stmt_bind_int(s, "at", p->at);
	stmt_bind_text(s, "verdict", names_of(&artifact_reach_names, p->verdict));
	stmt_bind_text(s, "detail", p->detail);
	return stmt_exec(s, err);
}
