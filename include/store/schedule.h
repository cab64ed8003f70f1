/* SPDX-License-Identifier: Apache-2.0
 *
 * Runs of jobs, where their rules stand, and freezes. Runs are written by engine/schedule.c alone.
 */
#ifndef STORE_SCHEDULE_H
#define STORE_SCHEDULE_H

#include "model/job_run.h"
#include "store/page.h"

/* Each 1, 0: none, -1. */
int job_run_find(struct db *db, int64_t id, struct arena *a, struct job_run *ret, struct err *err);
/* The oldest one that is due and not over. */
int job_run_open(struct db *db, enum job job, int64_t now, struct arena *a, struct job_run *ret,
	struct err *err);
/* The newest one that was started. */
int job_run_last(
	struct db *db, enum job job, struct arena *a, struct job_run *ret, struct err *err);
/* Newest first. */
int job_run_list(struct db *db, enum job job, int64_t after, int64_t limit, struct arena *a,
	struct page *ret, struct err *err);

/* 1 with r->id set; 0 when the job has a run for that instant already. */
int job_run_insert(struct db *db, struct job_run *r, struct err *err);
/* One that was missed or suppressed is due after all: 1, 0, -1. */
int job_run_revive(struct db *db, enum job job, int64_t at, struct err *err);
/* Compare and set on a run that is not over: 1, 0, -1. */
int job_run_start(struct db *db, int64_t id, int64_t now, struct err *err);
int job_run_wait(
	struct db *db, const struct job_run *r, struct err *err); /* phase, reason, detail */
int job_run_finish(struct db *db, const struct job_run *r, struct err *err);

const char *job_run_render(const struct job_run *r, struct arena *a);

/* Up to when the job's rule is settled; 0: nothing was ever due. */
int job_handled(struct db *db, enum job job, int64_t *ret, struct err *err);
int job_handled_set(struct db *db, enum job job, int64_t at, struct err *err);

struct freeze_row {
	int64_t seq;
	struct freeze freeze;
};
int freeze_find(
	struct db *db, const char *id, struct arena *a, struct freeze_row *ret, struct err *err);
/* Those that hold anything after `since`; at most FREEZES_MAX, the last to end first. */
enum { FREEZES_MAX = 1000 };
int freezes_since(struct db *db, int64_t since, struct arena *a, struct freeze **ret, size_t *ret_n,
	struct err *err);
/* Newest first. */
int freeze_list(struct db *db, int64_t after, int64_t limit, struct arena *a, struct page *ret,
	struct err *err);
int freeze_insert(struct db *db, struct freeze_row *r, struct err *err); /* sets r->seq */
int freeze_end_insert(struct db *db, int64_t seq, int64_t at, const char *by, const char *reason,
	struct err *err);
const char *freeze_render(const struct freeze *f, struct arena *a);

#endif
