/* SPDX-License-Identifier: Apache-2.0
 *
 * Statements on observations.
 */
#include "store/observation.h"

#include "base/clock.h"

static void bind_counts(struct stmt *s, int64_t serial, const struct observation *o)
{
	stmt_bind_int(s, "serial", serial);
	stmt_bind_text(s, "node", o->node);
	stmt_bind_int(s, "t_end", o->t_end);
	stmt_bind_int(s, "t_start", o->t_start);
	stmt_bind_int(s, "total", o->total);
	stmt_bind_int(s, "errors", o->errors);
	stmt_bind_int(s, "slow", o->slow);
	stmt_bind_int(s, "tokens", o->tokens);
	stmt_bind_int(s, "cost_micro", o->cost_micro);
	stmt_bind_int(s, "safety_checked", o->safety_checked);
	stmt_bind_int(s, "safety_violations", o->safety_violations);
	stmt_bind_int(s, "safety_critical", o->safety_critical);
}

int observation_insert(struct db *db, int64_t serial, const struct observation *o,
	int64_t received_at, struct err *err)
{
	STMT_AUTO s = db_stmt(db, SQL_observation_insert);

	bind_counts(s, serial, o);
	stmt_bind_int(s, "received_at", received_at);
	return stmt_cas(s, err);
}

int observation_reported(
	struct db *db, int64_t serial, const struct observation *o, struct err *err)
{
	STMT_AUTO s = db_stmt(db, SQL_observation_reported);

	bind_counts(s, serial, o);
	return stmt_step(s, err);
}

int observation_overlaps(
	struct db *db, int64_t serial, const struct observation *o, struct err *err)
{
	STMT_AUTO s = db_stmt(db, SQL_observation_overlap);

	stmt_bind_int(s, "serial", serial);
	stmt_bind_text(s, "node", o->node);
	stmt_bind_int(s, "t_start", o->t_start);
	stmt_bind_int(s, "t_end", o->t_end);
	stmt_bind_int(s, "until", o->t_end + OBSERVATION_MAX_S * USEC_PER_SEC);
	return stmt_step(s, err);
}

int observation_seconds(struct db *db, int64_t serial, int64_t since,
	void (*take)(void *arg, const struct observation *sum), void *arg, struct err *err)
{
	STMT_AUTO s = db_stmt(db, SQL_observation_seconds);
	int rc;

	stmt_bind_int(s, "serial", serial);
	stmt_bind_int(s, "since", since);
	while ((rc = stmt_step(s, err)) > 0)
		take(arg, &(struct observation){
				  .serial = serial,
				  .t_end = stmt_int(s, "second") * USEC_PER_SEC,
				  .total = stmt_int(s, "total"),
				  .errors = stmt_int(s, "errors"),
				  .slow = stmt_int(s, "slow"),
				  .tokens = stmt_int(s, "tokens"),
				  .cost_micro = stmt_int(s, "cost_micro"),
				  .safety_checked = stmt_int(s, "safety_checked"),
				  .safety_violations = stmt_int(s, "safety_violations"),
				  .safety_critical = stmt_int(s, "safety_critical"),
			  });
	return rc;
}

int observation_newest(struct db *db, int64_t serial, int64_t *ret, struct err *err)
{
	STMT_AUTO s = db_stmt(db, SQL_observation_newest);

	stmt_bind_int(s, "serial", serial);
	stmt_bind_int(s, "ahead", OBSERVATION_FUTURE_S * USEC_PER_SEC);
	if (stmt_step(s, err) < 0)
		return -1;
	*ret = stmt_int(s, "newest");
	return 0;
}

int observation_any(struct db *db, struct err *err)
{
	STMT_AUTO s = db_stmt(db, SQL_observation_any);

	return stmt_step(s, err);
}

int observation_old(struct db *db, int64_t before, struct err *err)
{
	STMT_AUTO s = db_stmt(db, SQL_observation_old);

	stmt_bind_int(s, "before", before);
	return stmt_step(s, err);
}

int observation_purge(struct db *db, int64_t before, int64_t limit, struct err *err)
{
	STMT_AUTO s = db_stmt(db, SQL_observation_purge);

	stmt_bind_int(s, "before", before);
	stmt_bind_int(s, "limit", limit);
	return stmt_exec(s, err);
}
