/* SPDX-License-Identifier: Apache-2.0
 *
 * What runs by itself: the due loop, the runs of jobs, the window of promotions, freezes.
 *
 * A run is a row (model/job_run.h) from the moment it falls due: the due loop commits the row, then the
 * job's kind does the work, and the row is finished in the same transaction as what the work changed,
 * where that is one command. A row that a crash left open is taken up again at the next start. The due
 * loop is a step of the ops thread; with a fake clock and engine_step() it is the same.
 */
#ifndef ENGINE_SCHEDULE_H
#define ENGINE_SCHEDULE_H

#include "engine/engine.h"
#include "model/schedule_view.h"
#include "policy/cadence.h"

/* ---- Kinds of jobs ---- */

/* A run that is going on, as its kind sees it. Only the ops thread. */
struct job_work {
	const struct job_run *run;
	struct arena *arena; /* lives as long as the run */
	void *state;	     /* the kind's own; NULL at the first step */
	bool resumed; /* it had been started when the process ended: what it did may be done */
	/* What a kind says when the run is over: phase, outcome, and of result, decided, reason and
	 * detail what there is, in the arena. While it goes on: reason and detail, why it waits. */
	enum phase phase;
	enum job_outcome outcome;
	const char *result, *decided, *reason, *detail;
};

/* JOB_LATER: its time is not there yet after all, because the clock was set back. */
enum job_step { JOB_GOES_ON, JOB_OVER, JOB_LATER };

struct job_kind {
	/* One look at a run. It must not block: what takes long (network) belongs on a thread of the
	 * kind's own, which calls schedule_wake() when there is something to look at. The first step
	 * begins the work. A failure is JOB_OVER with JOB_FAILED and a reason. */
	enum job_step (*step)(struct engine *e, struct db *reader, struct job_work *w);
	/* What a run would do now, without doing it: fills in outcome, decided or reason. */
	int (*foresee)(struct engine *e, struct db *reader, struct job_work *w, struct err *err);
	/* The process ends, or the run was finished by its command: give up what `state` holds. NULL:
	 * nothing to give up. */
	void (*drop)(struct engine *e, struct job_work *w);
};
extern const struct job_kind ingest_job, merge_job, promote_job;

/* Have the due loop look at its runs soon; any thread. */
void schedule_wake(struct engine *e);

/* ---- Plans ---- */

/* The schedules of the policy with the freezes of the registry; any thread, from its reader. */
int schedule_plan(struct db *reader, const struct policy *p, int64_t now, struct arena *a,
	struct cadence_plan *ret, struct err *err);

/* ERR_PROMOTION_CLOSED unless the door is open at `now`; sets the problem's members. */
int schedule_check_door(
	const struct cadence_plan *plan, int64_t now, struct command *c, struct err *err);

/* Where the jobs stand, at `now`. */
int schedule_view_make(struct db *reader, const struct policy *p, int64_t now, struct arena *a,
	struct schedule_view *ret, struct err *err);

/* The wall clock's instant at which the due loop has something to do next, 0 when it has now;
 * INT64_MAX: never. A simulation may step the clock there. */
int64_t schedule_next_due(const struct engine *e);

/* How often runs of a job ended so, since the process began; when the last one ended well (done, or
 * nothing to do), 0: not yet. Any thread. */
uint64_t schedule_count(const struct engine *e, enum job job, enum job_outcome outcome);
int64_t schedule_last_good(const struct engine *e, enum job job);

/* ---- Verbs ---- */

/* POST /v1/schedule/{job}/run: 202 with the run; 200 when dry_run; 409 state_conflict while a run of
 * the job goes on, or a deny holds it, and of promote promotion_closed. */
int schedule_run(struct engine *e, struct command *c, enum job job, const struct run_request *r,
	struct err *err);
/* POST /v1/freezes: 201; POST /v1/freezes/{id}/end: 200, 404, 409. */
int freeze_submit(struct engine *e, struct command *c, const struct freeze *f, struct err *err);
int freeze_end(struct engine *e, struct command *c, const char *id, const struct reason_request *r,
	struct err *err);

#endif
