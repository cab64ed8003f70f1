/* SPDX-License-Identifier: Apache-2.0
 *
 * The runs of jobs: what was due, what was done, and why nothing was; and the request of one by hand.
 */
#ifndef MODEL_JOB_RUN_H
#define MODEL_JOB_RUN_H

#include "model/schedule.h"

/* How a run ended. `missed`: its time passed while nothing could run; `suppressed`: a deny held it. */
enum job_outcome { JOB_DONE, JOB_NOTHING, JOB_MISSED, JOB_SUPPRESSED, JOB_FAILED, JOB_OUTCOMES };
extern const struct field_names job_outcome_names;

struct job_run {
	int64_t id;
	int job;	       /* enum job */
	int64_t scheduled_for; /* 0: by hand */
	int64_t due;	       /* scheduled_for, or when it was asked for */
	int64_t started_at, finished_at;
	int phase;	     /* enum phase: Pending, Running, and once over any other */
	int outcome;	     /* enum job_outcome; -1 until it is over */
	const char *result;  /* path of what came of it, or NULL */
	const char *decided; /* what was done; one sentence */
	const char *reason;  /* why nothing was done, or not yet */
	const char *detail;  /* the job's own record, JSON object text, or NULL */
	const char *actor;   /* controller:schedule, or who asked */
	const char *asked;   /* the reason that they gave */
};
extern const struct field_table job_run_table;

struct run_request {
	const char *reason;
	int dry_run;
};
extern const struct field_table run_request_table;

#endif
