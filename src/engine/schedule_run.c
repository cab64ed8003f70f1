/* SPDX-License-Identifier: Apache-2.0
 *
 * How a run ends, and runs by hand: they have no instant of a rule and never move one.
 */
#include <string.h>

#include "base/json_writer.h"
#include "engine/scheduler.h"
#include "engine/tx.h"
#include "model/phase.h"
#include "store/schedule.h"

const char *job_event_data(const struct job_run *r, struct arena *a)
{
	STRBUF_AUTO sb = STRBUF_INIT(256 << 10);
	struct json_writer w;

	/* Canonical: keys in the order of RFC 8785. */
	json_writer_init(&w, &sb);
	jw_object(&w);
	if (r->decided)
		jw_kstring(&w, "decided", r->decided);
	jw_ktime(&w, "due", r->due);
	jw_kstring(&w, "job", names_of(&job_names, r->job));
	if (r->outcome >= 0)
		jw_kstring(&w, "outcome", names_of(&job_outcome_names, r->outcome));
	if (r->result)
		jw_kstring(&w, "result", r->result);
	jw_kint(&w, "run", r->id);
	if (r->scheduled_for)
		jw_ktime(&w, "scheduled_for", r->scheduled_for);
	jw_end(&w);
	return arena_strndup(a, sb.buf, sb.len);
}

int job_over_event(struct tx *tx, const struct job_run *r, struct err *err)
{
	const char *job = names_of(&job_names, r->job), *data = job_event_data(r, tx->arena);

	if (r->job == JOB_PROMOTE && r->scheduled_for && r->outcome != JOB_DONE &&
		tx_event(tx, EVENT_WINDOW_CLOSED, job, r->reason, data, NULL, err) < 0)
		return -1;
	return tx_event(tx, EVENT_JOB_FINISHED, job, r->reason, data, NULL, err);
}

int schedule_settle(struct tx *tx, const struct command *c, struct err *err)
{
	struct job_run r;
	int rc = job_run_find(tx->db, c->run->id, tx->arena, &r, err);

	if (rc <= 0)
		return rc < 0 ? -1 : err_set(err, ERR_STORAGE, "the run of a job is missing");
	r.finished_at = tx->now;
	r.phase = PHASE_SUCCEEDED;
	r.outcome = JOB_DONE;
	r.reason = NULL;
	c->run->tell(c, &r);
	rc = job_run_finish(tx->db, &r, err);
	if (rc == 0)
		return err_set(
			err, ERR_STATE_CONFLICT, "run %lld is over already", (long long)r.id);
	return rc < 0 ? -1 : job_over_event(tx, &r, err);
}

/* ---- By hand ---- */

struct run_args {
	const struct run_request *request;
	enum job job;
	struct job_run run;
	struct job_work foreseen;
};

static int check_denies(
	struct engine *e, struct db *reader, struct command *c, enum job job, struct err *err)
{
	int64_t now = engine_now(e), until;
	struct cadence_plan plan;
	char at[TIME_STRLEN];
	size_t n;

	if (schedule_plan(reader, &c->prepared->policy, now, c->arena, &plan, err) < 0)
		return -1;
	if (job == JOB_PROMOTE)
		return schedule_check_door(&plan, now, c, err);
	const struct deny *list = deny_for_job(plan.denies, plan.n_denies, job, c->arena, &n);
	const struct deny *held = deny_at(list, n, now, &until);
	if (!held)
		return 0;
	return err_set(err, ERR_STATE_CONFLICT, "%s holds %s%s%s", deny_words(held, c->arena),
		names_of(&job_names, (int)job), until ? " until " : "",
		until ? time_format(until, at) : "");
}

static int run_prepare(struct engine *e, struct db *reader, struct command *c, struct err *err)
{
	struct run_args *x = c->args;
	struct job_run open;
	int rc;

	if (check_denies(e, reader, c, x->job, err) < 0)
		return -1;
	rc = job_run_open(reader, x->job, engine_now(e), c->arena, &open, err);
	if (rc != 0)
		return rc < 0 ? -1
			      : err_set(err, ERR_STATE_CONFLICT,
					"run %lld of %s goes on: GET /v1/schedule/%s/runs/%lld "
					"says where it stands",
					(long long)open.id, names_of(&job_names, (int)x->job),
					names_of(&job_names, (int)x->job), (long long)open.id);
	fields_init(&job_run_table, &x->run);
	x->run.job = (int)x->job;
	x->run.phase = PHASE_PENDING;
	x->run.actor = c->actor;
	x->run.asked = x->request->reason;
	if (!c->dry_run)
		return 0;
	x->foreseen = (struct job_work){.run = &x->run, .arena = c->arena};
	if (job_kinds[x->job]->foresee(e, reader, &x->foreseen, err) < 0)
		return -1;
	x->run.outcome = (int)x->foreseen.outcome;
	x->run.decided = x->foreseen.decided;
	x->run.reason = x->foreseen.reason;
	x->run.detail = x->foreseen.detail;
	return 0;
}

static int run_apply(struct tx *tx, struct command *c, struct err *err)
{
	struct run_args *x = c->args;
	const char *job = names_of(&job_names, (int)x->job);
	struct body body;

	x->run.due = tx->now;
	if (!c->dry_run && job_run_insert(tx->db, &x->run, err) < 0)
		return -1;
	body_set_text(&body, job_run_render(&x->run, c->arena));
	command_answer(c, 202,
		arena_printf(c->arena, "/v1/schedule/%s/runs/%lld", job, (long long)x->run.id),
		&body);
	return 0;
}

static void run_after(struct engine *e, struct db *reader, struct command *c)
{
	const struct run_args *x = c->args;

	e->scheduler->look[x->job] = true;
}

int schedule_run(struct engine *e, struct command *c, enum job job, const struct run_request *r,
	struct err *err)
{
	static const struct command_kind kind = {
		.name = "schedule_run",
		.prepare = run_prepare,
		.apply = run_apply,
		.after = run_after,
	};
	struct run_args *x = ARENA_NEW(c->arena, struct run_args);

	x->request = r;
	x->job = job;
	c->kind = &kind;
	c->args = x;
	c->dry_run = c->dry_run || r->dry_run == 1;
	return command_submit(e, c, err);
}
