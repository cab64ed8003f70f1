/* SPDX-License-Identifier: Apache-2.0
 *
 * Statements on what is remembered of breaches.
 */
#include "store/watch.h"

#define TOLD_NOTHING "none"
#define CAUSE_SLO    "slo"

int watch_load(
	struct db *db, int64_t serial, struct arena *a, struct watch_row *ret, struct err *err)
{
	STMT_AUTO s = db_stmt(db, SQL_watch_find);
	struct watch_row w = {.serial = serial, .told = TOLD_NOTHING};
	int rc;

	stmt_bind_text(s, "channel", CHANNEL_STABLE);
	rc = stmt_step(s, err);
	if (rc < 0)
		return -1;
	if (rc > 0) {
		w.locked_at = stmt_int(s, "locked_at");
		w.acknowledged_at = stmt_int(s, "acknowledged_at");
	}
	if (rc > 0 && stmt_int(s, "serial") == serial) {
		w.latched = stmt_int(s, "latched") != 0;
		w.quarantined = stmt_int(s, "quarantined") != 0;
		w.told = stmt_text_dup(s, "told", a);
	}
	*ret = w;
	return 0;
}

int watch_set(struct db *db, const struct watch_row *w, int64_t now, struct err *err)
{
	STMT_AUTO s = db_stmt(db, SQL_watch_set);

	stmt_bind_text(s, "channel", CHANNEL_STABLE);
	stmt_bind_int(s, "serial", w->serial);
	stmt_bind_int(s, "latched", w->latched);
	stmt_bind_int(s, "quarantined", w->quarantined);
	stmt_bind_text(s, "told", w->told);
	stmt_bind_int(s, "locked_at", w->locked_at);
	stmt_bind_int(s, "acknowledged_at", w->acknowledged_at);
	stmt_bind_int(s, "updated_at", now);
	return stmt_exec(s, err);
}

int activation_rollbacks(struct db *db, int64_t after, int64_t limit, struct arena *a,
	struct activation_row **ret, size_t *ret_n, struct err *err)
{
	STMT_AUTO s = db_stmt(db, SQL_activation_caused);
	struct activation_row *rows = ARENA_ARRAY(a, (size_t)limit + 1, struct activation_row);
	size_t n = 0;
	int rc;

	stmt_bind_text(s, "cause", CAUSE_SLO);
	stmt_bind_int(s, "after", after);
	stmt_bind_int(s, "limit", limit);
	while ((rc = stmt_step(s, err)) > 0)
		rows[n++] = (struct activation_row){
			.serial = stmt_int(s, "serial"),
			.release_version = stmt_text_dup(s, "release_version", a),
			.previous = stmt_text_dup(s, "previous", a),
			.cause = CAUSE_SLO,
			.reason = stmt_text_dup(s, "reason", a),
			.at = stmt_int(s, "at"),
		};
	if (rc < 0)
		return -1;
	*ret = rows;
	*ret_n = n;
	return 0;
}
