/* SPDX-License-Identifier: Apache-2.0
 *
 * Statements on sums by the hour.
 */
#include "store/signal.h"

#include "base/clock.h"

#define HOUR (INT64_C(3600) * USEC_PER_SEC)

static int add(struct db *db, int64_t hour, const char *target, const struct observation *o,
	int64_t total, struct err *err)
{
	STMT_AUTO s = db_stmt(db, SQL_signal_add);
	bool whole = !*target;

	stmt_bind_int(s, "hour", hour);
	stmt_bind_text(s, "target", target);
	stmt_bind_int(s, "total", total);
	stmt_bind_int(s, "errors", whole ? o->errors : 0);
	stmt_bind_int(s, "tokens", whole ? o->tokens : 0);
	stmt_bind_int(s, "cost_micro", whole ? o->cost_micro : 0);
	return stmt_exec(s, err);
}

int signal_add(struct db *db, const struct observation *o, struct err *err)
{
	int64_t hour = o->t_end / HOUR;

	if (add(db, hour, "", o, o->total, err) < 0)
		return -1;
	for (size_t i = 0; i < o->targets.n; i++) {
		const struct target_count *t = LIST_AT(&o->targets, struct target_count, i);

		if (add(db, hour, t->target, o, t->requests, err) < 0)
			return -1;
	}
	return 0;
}

int signal_sums(
	struct db *db, int64_t since, const char *target, struct signal_sums *ret, struct err *err)
{
	STMT_AUTO s = db_stmt(db, SQL_signal_sums);
	int rc;

	stmt_bind_int(s, "since", since / HOUR);
	stmt_bind_text(s, "target", target);
	rc = stmt_step(s, err);
	if (rc > 0)
		*ret = (struct signal_sums){stmt_real(s, "total"), stmt_real(s, "errors"),
			stmt_real(s, "tokens"), stmt_real(s, "cost_micro")};
	return rc < 0 ? -1 : 0;
}

int signal_purge(struct db *db, int64_t before, struct err *err)
{
	STMT_AUTO s = db_stmt(db, SQL_signal_purge);

	stmt_bind_int(s, "before", before / HOUR);
	return stmt_exec(s, err);
}
