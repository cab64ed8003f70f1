/* SPDX-License-Identifier: Apache-2.0
 *
 * The due loop. Each look writes down what fell due, takes up runs that wait, and asks the kinds of
 * those that go on for their next step. It decides nothing about what a job does, and never waits
 * for more than a commit.
 */
#include "engine/schedule.h"

#include <string.h>

#include "base/log.h"
#include "base/text.h"
#include "engine/scheduler.h"
#include "engine/source.h"
#include "engine/tx.h"
#include "model/phase.h"
#include "store/policy.h"
#include "store/schedule.h"

const struct job_kind *const job_kinds[JOBS] = {
	[JOB_INGEST] = &ingest_job,
	[JOB_MERGE] = &merge_job,
	[JOB_PROMOTE] = &promote_job,
};

struct scheduler *scheduler_new(void)
{
	struct scheduler *s = xcalloc(1, sizeof(*s));

	/* What a crash left. */
	for (int job = 0; job < JOBS; job++)
		s->look[job] = true;
	return s;
}

static void release(struct engine *e, enum job job)
{
	struct job_slot *slot = &e->scheduler->slots[job];

	if (slot->arena && job_kinds[job]->drop)
		job_kinds[job]->drop(e, &slot->work);
	arena_free(slot->arena);
	*slot = (struct job_slot){.arena = NULL};
}

void scheduler_free(struct engine *e)
{
	struct scheduler *s = e->scheduler;

	for (int job = 0; job < JOBS; job++)
		release(e, (enum job)job);
	snapshot_put(s->snapshot);
	arena_free(s->arena);
	free(s);
}

/* ---- The plan ---- */

/* Is the snapshot of the policy that is in force? It is renewed after the commit, when it can be. */
static int is_current(struct db *reader, const struct snapshot *s, struct arena *a, struct err *err)
{
	struct policy_row newest;
	int rc = policy_newest(reader, a, &newest, err);

	if (rc < 0)
		return -1;
	if (!rc || newest.version != s->policy.version)
		return err_set(err, ERR_UNAVAILABLE, "the policy in force is not loaded yet");
	return 0;
}

static int replan(struct engine *e, struct db *reader, int64_t now, struct err *err)
{
	struct scheduler *s = e->scheduler;
	struct arena *a = arena_new();
	struct snapshot *snapshot = snapshot_get(e);
	int64_t handled[JOBS] = {0};
	struct cadence_plan plan;

	int rc = is_current(reader, snapshot, a, err);
	if (rc == 0)
		rc = schedule_plan(reader, &snapshot->policy, now, a, &plan, err);
	for (int job = 0; rc == 0 && job < JOBS; job++)
		rc = job_handled(reader, (enum job)job, &handled[job], err);
	if (rc < 0) {
		snapshot_put(snapshot);
		arena_free(a);
		return -1;
	}
	snapshot_put(s->snapshot);
	arena_free(s->arena);
	s->arena = a;
	s->snapshot = snapshot;
	s->plan = plan;
	s->plans++;
	s->window = 0;
	memcpy(s->handled, handled, sizeof(handled));
	for (int job = 0; job < JOBS; job++)
		s->denies[job] = deny_for_job(
			plan.denies, plan.n_denies, (enum job)job, a, &s->n_denies[job]);
	s->loaded = true;
	return 0;
}

static bool same_rule(const struct schedule_rule *a, const struct schedule_rule *b)
{
	return a == b || (a && b && text_equal(a->rrule, b->rrule) && text_equal(a->tz, b->tz) &&
				 text_equal(a->anchor, b->anchor));
}

static const struct schedule_rule *rule_of(const struct cadence *c, enum job job)
{
	const struct cadence_job *j = job == JOB_INGEST ? c->ingest : c->merge;

	if (job == JOB_PROMOTE)
		return c->promote ? &c->promote->rule : NULL;
	return j ? &j->rule : NULL;
}

int schedule_policy_changed(
	struct tx *tx, const struct cadence *old, const struct cadence *new, struct err *err)
{
	for (int job = 0; job < JOBS; job++)
		if (!same_rule(rule_of(old, (enum job)job), rule_of(new, (enum job)job)) &&
			job_handled_set(tx->db, (enum job)job, tx->now, err) < 0)
			return -1;
	tx->engine->schedule_stale = true;
	return 0;
}

/* ---- Runs ---- */

/* What is done to the row of a run by the loop itself. */
struct run_change {
	struct job_run run;
	enum { CHANGE_START, CHANGE_WAIT, CHANGE_OVER } what;
	int changed;
};

static int window_opened(struct tx *tx, const struct job_run *r, struct err *err)
{
	return r->job == JOB_PROMOTE && r->scheduled_for && !r->started_at
		       ? tx_event(tx, EVENT_WINDOW_OPENED, "promote", NULL,
				 job_event_data(r, tx->arena), NULL, err)
		       : 0;
}

static int run_apply(struct tx *tx, struct command *c, struct err *err)
{
	struct run_change *x = c->args;
	struct job_run *r = &x->run;

	switch (x->what) {
	case CHANGE_START:
		x->changed = job_run_start(tx->db, r->id, tx->now, err);
		if (x->changed > 0 && window_opened(tx, r, err) < 0)
			return -1;
		r->started_at = r->started_at ? r->started_at : tx->now;
		break;
	case CHANGE_WAIT:
		x->changed = job_run_wait(tx->db, r, err);
		break;
	case CHANGE_OVER:
		r->finished_at = tx->now;
		x->changed = job_run_finish(tx->db, r, err);
		/* Else the command that it was about had it finished with itself. */
		if (x->changed > 0 && job_over_event(tx, r, err) < 0)
			return -1;
		break;
	}
	return x->changed < 0 ? -1 : 0;
}

static int run_write(struct engine *e, struct run_change *x, struct err *err)
{
	static const struct command_kind kind = {.name = "job_run", .apply = run_apply};
	ARENA_AUTO a = arena_new();
	struct command c = engine_job(&kind, x->run.actor, x, a, NULL);

	return engine_commit(e, &c, err);
}

/* Take up the oldest run that waits. 1, 0: there is none, -1. */
static int take_up(struct engine *e, struct db *reader, enum job job, int64_t now, struct err *err)
{
	struct scheduler *s = e->scheduler;
	struct job_slot *slot = &s->slots[job];
	struct run_change x = {.what = CHANGE_START};
	struct arena *a = arena_new();
	int rc = job_run_open(reader, job, now, a, &x.run, err);
	bool resumed = rc > 0 && x.run.started_at;

	if (rc > 0)
		rc = run_write(e, &x, err) < 0 ? -1 : x.changed;
	if (rc <= 0) {
		s->look[job] = rc < 0;
		arena_free(a);
		return rc;
	}
	*slot = (struct job_slot){.arena = a, .run = x.run};
	slot->run.phase = PHASE_RUNNING;
	slot->work = (struct job_work){.run = &slot->run, .arena = a, .resumed = resumed};
	log_info("job.started", LOG_STR("job", names_of(&job_names, (int)job)),
		LOG_INT("run", x.run.id), LOG_BOOL("resumed", resumed));
	return 1;
}

static int write_step(struct engine *e, struct job_slot *slot, struct err *err)
{
	const struct job_work *w = &slot->work;
	struct run_change x = {.run = slot->run, .what = CHANGE_OVER};

	x.run.reason = w->reason;
	x.run.detail = w->detail;
	if (slot->step == JOB_OVER) {
		x.run.phase = (int)w->phase;
		x.run.outcome = (int)w->outcome;
		x.run.result = w->result;
		x.run.decided = w->decided;
	} else {
		x.what = CHANGE_WAIT;
		x.run.phase = slot->step == JOB_LATER ? PHASE_PENDING : PHASE_RUNNING;
	}
	if (run_write(e, &x, err) < 0)
		return -1;
	slot->run.reason = w->reason;
	return 0;
}

static void count(struct engine *e, enum job job, enum job_outcome outcome, int64_t now)
{
	e->counters.runs[job][outcome]++;
	if (outcome == JOB_DONE || outcome == JOB_NOTHING)
		e->counters.last_good[job] = now;
}

/* One look at a run. 1: something was done; 0; -1. */
static int look(struct engine *e, struct db *reader, enum job job, int64_t now, struct err *err)
{
	struct job_slot *slot = &e->scheduler->slots[job];
	int rc = 1;

	if (!slot->arena) {
		rc = e->scheduler->look[job] ? take_up(e, reader, job, now, err) : 0;
		if (rc <= 0)
			return rc;
	} else {
		rc = 0;
	}
	if (slot->step == JOB_GOES_ON)
		slot->step = job_kinds[job]->step(e, reader, &slot->work);
	if (slot->step == JOB_GOES_ON && text_equal(slot->work.reason, slot->run.reason))
		return rc;
	if (write_step(e, slot, err) < 0)
		return -1;
	if (slot->step != JOB_GOES_ON) {
		if (slot->step == JOB_OVER)
			count(e, job, slot->work.outcome, now);
		log_info("job.over", LOG_STR("job", names_of(&job_names, (int)job)),
			LOG_INT("run", slot->run.id),
			LOG_STR("reason", slot->work.reason ? slot->work.reason : ""));
		release(e, job);
		e->scheduler->look[job] = true;
	}
	return 1;
}

/* ---- The loop ---- */

static int watch(struct engine *e, struct db *reader, struct err *err)
{
	struct scheduler *s = e->scheduler;
	int64_t now = engine_now(e);
	int any = 0;

	if (atomic_exchange(&e->schedule_stale, false) || !s->loaded) {
		if (replan(e, reader, now, err) < 0) {
			e->schedule_stale = true;
			return -1;
		}
		s->next_due = 0;
	}
	if (now < s->seen || now >= s->next_due) {
		any = schedule_settle_due(e, reader, now, err);
		if (any < 0)
			return -1;
		e->schedule_due_at = s->next_due;
	}
	s->seen = now;
	for (int job = 0; job < JOBS; job++) {
		int rc = look(e, reader, (enum job)job, now, err);

		if (rc < 0)
			return -1;
		any = any || rc;
	}
	return any;
}

bool schedule_watch(struct engine *e, struct db *reader)
{
	struct scheduler *s = e->scheduler;
	struct err err = {0};
	int rc;

	if (e->draining || clock_mono(e->clock) < s->retry_at)
		return false;
	rc = watch(e, reader, &err);
	if (rc < 0) {
		s->retry_at = clock_mono(e->clock) + USEC_PER_SEC;
		if (!s->failing)
			log_error("schedule.failed", LOG_ERR(&err));
	} else if (s->failing) {
		log_info("schedule.mended");
	}
	s->failing = rc < 0;
	return rc > 0;
}

void schedule_wake(struct engine *e)
{
	LOCK_SCOPE(&e->ops_lock);
	cond_wake(&e->ops_cond);
}

int64_t schedule_next_due(const struct engine *e)
{
	int64_t job = e->schedule_due_at, delivery = source_next_due(e);

	return e->schedule_stale ? 0 : job < delivery ? job : delivery;
}

uint64_t schedule_count(const struct engine *e, enum job job, enum job_outcome outcome)
{
	return e->counters.runs[job][outcome];
}

int64_t schedule_last_good(const struct engine *e, enum job job)
{
	return e->counters.last_good[job];
}
