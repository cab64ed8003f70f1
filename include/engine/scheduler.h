/* SPDX-License-Identifier: Apache-2.0
 *
 * The due loop's inside, shared by engine/schedule*.c and the kinds of jobs; all of it is the ops
 * thread's.
 */
#ifndef ENGINE_SCHEDULER_H
#define ENGINE_SCHEDULER_H

#include "engine/internal.h"
#include "engine/schedule.h"

#define SCHEDULE_ACTOR "controller:schedule"

/* The run of a job that goes on. */
struct job_slot {
	struct arena *arena;
	struct job_run run;
	struct job_work work;
	enum job_step step; /* JOB_GOES_ON, or over and not yet written down */
};

struct scheduler {
	bool loaded;
	struct arena *arena; /* of the plan */
	struct snapshot *snapshot;
	struct cadence_plan plan;
	uint64_t plans; /* rises with each */
	const struct deny *denies[JOBS];
	size_t n_denies[JOBS];
	int64_t handled[JOBS]; /* up to which instant its rule is settled; 0: never yet */
	int64_t window;	       /* the start of the window that has its run; 0: none */
	int64_t seen;	       /* the wall clock at the last look */
	int64_t next_due;
	int64_t retry_at; /* monotonic; the registry could not be written */
	bool failing;
	bool look[JOBS];	     /* there may be a run to take up */
	struct job_slot slots[JOBS]; /* arena NULL: none */
};

extern const struct job_kind *const job_kinds[JOBS]; /* schedule.c */

/* ---- schedule_due.c: what fell due ---- */

/* Write down all that fell due by `now`, and when something does next. 1: rows were written; 0; -1. */
int schedule_settle_due(struct engine *e, struct db *reader, int64_t now, struct err *err);

/* ---- jobs.c ---- */

/* What failed for a reason that passes is tried again for as long as it would be made up for. */
bool job_may_try_again(const struct engine *e, const struct job_work *w, const struct err *err);

/* ---- schedule_run.c ---- */

/* A run that goes on, or is over, as its row shall be. */
const char *job_event_data(const struct job_run *r, struct arena *a);
int job_over_event(struct tx *tx, const struct job_run *r, struct err *err);

#endif
