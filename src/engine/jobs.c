/* SPDX-License-Identifier: Apache-2.0
 *
 * The kinds of jobs that end in a command: merge, and promote, whose run lasts as long as its window.
 * The command and the run are over in one transaction, so that a crash leaves both undone or both
 * done.
 */
#include <string.h>

#include "base/text.h"
#include "engine/checklist.h"
#include "engine/merge.h"
#include "engine/scheduler.h"
#include "engine/source.h"
#include "model/phase.h"

enum { AGAIN_S = 60, QUORUM_S = 30, WHY_MAX = 600 };

/* The command of a run. */
struct run_command {
	struct arena *arena; /* of one attempt: a run may make many */
	struct command command;
	struct run_link link;
	union {
		struct merge_request merge;
		struct promotion_request promotion;
	} request;
	const char *detail; /* for the row, or NULL */
	bool sent, over;
	int64_t again; /* not before; monotonic, as the wall clock may be set back */
};

static void command_over(struct command *c)
{
	struct run_command *r = c->owner;

	r->over = true;
}

static void attempt(struct run_command *r)
{
	if (r->arena)
		arena_reset(r->arena);
	else
		r->arena = arena_new();
}

/* After attempt(). */
static void begin(struct run_command *r, const struct job_work *w,
	void (*tell)(const struct command *c, struct job_run *ret))
{
	r->link = (struct run_link){w->run->id, tell};
	r->command = (struct command){
		.arena = r->arena,
		.actor = w->run->actor,
		.done = command_over,
		.owner = r,
		.run = &r->link,
	};
	r->over = false;
}

/* What the row says already, for the kind's own answer. */
static void tell_work(const struct run_command *r, struct job_work *w)
{
	struct job_run row = *w->run;

	row.phase = PHASE_SUCCEEDED;
	row.outcome = JOB_DONE;
	row.reason = NULL;
	r->link.tell(&r->command, &row);
	w->phase = (enum phase)row.phase;
	w->outcome = (enum job_outcome)row.outcome;
	w->result = row.result;
	w->decided = row.decided;
	w->reason = row.reason;
	w->detail = row.detail;
}

/* A reason that outlives the attempt. */
static void say(struct job_work *w, const char *why)
{
	if (!text_equal(w->reason, why))
		w->reason = arena_strdup(w->arena, why);
}

static enum job_step nothing(struct job_work *w, enum phase phase, const char *why)
{
	w->phase = phase;
	w->outcome = JOB_NOTHING;
	w->reason = why;
	return JOB_OVER;
}

static enum job_step failed(struct job_work *w, const char *why)
{
	w->phase = PHASE_ERROR;
	w->outcome = JOB_FAILED;
	w->reason = why;
	return JOB_OVER;
}

static const char *last_part(const char *path)
{
	const char *slash = path ? strrchr(path, '/') : NULL;

	return slash ? slash + 1 : "";
}

static const char *reason_of(const struct job_work *w)
{
	return w->run->scheduled_for ? "the schedule"
	       : w->run->asked	     ? w->run->asked
				     : "run by hand";
}

/* ---- merge ---- */

static void merge_tell(const struct command *c, struct job_run *ret)
{
	const struct run_command *r = c->owner;
	const char *version = last_part(c->answer.location);

	ret->result = c->answer.location;
	ret->detail = r->detail;
	if (c->answer.status == 201) {
		ret->decided = arena_printf(c->arena, "made merge %s", version);
		return;
	}
	ret->outcome = JOB_NOTHING;
	ret->reason = arena_printf(c->arena, "merge %s, which is open, is the same", version);
}

bool job_may_try_again(const struct engine *e, const struct job_work *w, const struct err *err)
{
	return err_info(err->code)->retryable &&
	       engine_now(e) - w->run->due < e->scheduler->plan.catch_up[w->run->job].max_age;
}

static void wait_a_while(const struct engine *e, struct run_command *r, int64_t usec)
{
	r->again = clock_mono(e->clock) + usec;
}

static enum job_step merge_over(struct engine *e, struct run_command *r, struct job_work *w)
{
	const struct err *err = &r->command.err;

	if (err->code == ERR_NONE) {
		tell_work(r, w);
		return JOB_OVER;
	}
	const char *why = arena_strdup(r->arena, err->msg);
	if (err->code == ERR_NOTHING_TO_MERGE) {
		w->detail = r->command.err_members;
		return nothing(w, PHASE_SUCCEEDED, why);
	}
	if (!job_may_try_again(e, w, err))
		return failed(w, why);
	r->sent = false;
	wait_a_while(e, r, AGAIN_S * USEC_PER_SEC);
	say(w, why);
	return JOB_GOES_ON;
}

/* Enough of the providers must have delivered, where the policy asks for that; who runs it by hand
 * knows. JOB_GOES_ON with `again` set: it waits; without: nothing keeps it. */
static enum job_step merge_quorum(
	struct engine *e, struct db *reader, struct run_command *r, struct job_work *w)
{
	SNAPSHOT_AUTO s = snapshot_get(e);
	int64_t now = engine_now(e), left;
	struct ingest_quorum q;
	struct err err = {0};

	attempt(r);
	w->detail = r->detail = NULL;
	r->again = 0;
	if (ingest_quorum(reader, &s->policy, now, r->arena, &q, &err) < 0) {
		wait_a_while(e, r, AGAIN_S * USEC_PER_SEC);
		say(w, err.msg);
		return JOB_GOES_ON;
	}
	if (q.detail)
		w->detail = r->detail = arena_printf(r->arena, "{\"ingest\":%s}", q.detail);
	if (!w->run->scheduled_for || (q.met && !q.wait_until))
		return JOB_GOES_ON;
	if (!q.wait_until)
		return nothing(w, PHASE_INCONCLUSIVE, q.why);
	left = q.wait_until - now;
	wait_a_while(e, r, left < QUORUM_S * USEC_PER_SEC ? left : QUORUM_S * USEC_PER_SEC);
	say(w, q.why);
	return JOB_GOES_ON;
}

static enum job_step merge_step_job(struct engine *e, struct db *reader, struct job_work *w)
{
	struct run_command *r = w->state;
	struct err err = {0};

	if (!r)
		w->state = r = ARENA_NEW(w->arena, struct run_command);
	if (r->sent)
		return r->over ? merge_over(e, r, w) : JOB_GOES_ON;
	if (clock_mono(e->clock) < r->again)
		return JOB_GOES_ON;
	if (merge_quorum(e, reader, r, w) == JOB_OVER || r->again)
		return r->again ? JOB_GOES_ON : JOB_OVER;
	begin(r, w, merge_tell);
	r->request.merge = (struct merge_request){.reason = reason_of(w), .dry_run = -1};
	r->sent = true;
	if (merge_submit(e, &r->command, &r->request.merge, &err) < 0) {
		r->command.err = err;
		return merge_over(e, r, w);
	}
	return JOB_GOES_ON;
}

static int merge_foresee_job(
	struct engine *e, struct db *reader, struct job_work *w, struct err *err)
{
	SNAPSHOT_AUTO s = snapshot_get(e);
	const char *version, *why;

	if (merge_foresee(reader, s, engine_now(e), w->arena, &version, &why, err) < 0)
		return -1;
	w->outcome = version ? JOB_DONE : JOB_NOTHING;
	w->reason = why;
	if (version)
		w->decided = arena_printf(w->arena, "would make merge %s", version);
	return 0;
}

static void merge_drop(struct engine *e, struct job_work *w)
{
	struct run_command *r = w->state;

	if (r)
		arena_free(r->arena);
}

const struct job_kind merge_job = {
	.step = merge_step_job, .foresee = merge_foresee_job, .drop = merge_drop};

/* ---- promote ---- */

struct promote_run {
	struct run_command send;
	uint64_t events, plans; /* of the last look */
	int64_t looked, looked_mono;
	int64_t until; /* when the window changes by time alone */
	bool ever, was_open;
	enum phase phase; /* of why nothing is promoted */
};

static void promote_tell(const struct command *c, struct job_run *ret)
{
	ret->result = c->answer.location;
	ret->decided = arena_printf(c->arena, "promoted %s", last_part(c->answer.location));
}

/* What a look at the newest open merge finds. */
struct ready {
	const char *merge; /* may be promoted; NULL: not yet, see `why` */
	const char *why;
	enum phase phase;
	int64_t earliest; /* by time alone; 0: something has to come first */
};

/* In one line: every item that is not go, as far as they fit. */
static const char *what_stops(const struct checklist *c, struct arena *a)
{
	const char *all = NULL;
	size_t more = 0;

	for (size_t k = 0; k < c->items.n; k++) {
		const struct checklist_item *i = LIST_AT(&c->items, struct checklist_item, k);

		if (!checklist_stops(i))
			continue;
		if (all && strlen(all) + strlen(i->detail) > WHY_MAX)
			more++;
		else
			all = arena_printf(a, "%s%s%s: %s", all ? all : "", all ? "; " : "",
				i->item, i->detail);
	}
	return more ? arena_printf(a, "%s; and %zu more", all, more) : all;
}

static int promote_ready(
	struct engine *e, struct db *reader, struct arena *a, struct ready *ret, struct err *err)
{
	SNAPSHOT_AUTO s = snapshot_get(e);
	struct checklist c;
	struct merge_row row;
	int rc = merge_find_open(reader, a, &row, err);

	*ret = (struct ready){
		.phase = PHASE_SUCCEEDED, .why = "no merge is open: there is nothing to promote"};
	if (rc > 0)
		rc = merge_checklist(e, reader, s, row.version, engine_now(e), a, &c, err);
	if (rc <= 0)
		return rc;
	if (c.verdict == CHECK_GO)
		ret->merge = row.version;
	else
		*ret = (struct ready){.phase = PHASE_FAILED,
			.why = arena_printf(a, "merge %s: %s", row.version, what_stops(&c, a)),
			.earliest = c.earliest};
	return 0;
}

/* The checklist when the window closes, as the run's record: what was open then counts as open. */
static const char *last_list(
	struct engine *e, struct db *reader, const struct job_work *w, int64_t end)
{
	SNAPSHOT_AUTO s = snapshot_get(e);
	struct merge_row row;
	struct checklist c;
	struct err err;

	if (merge_find_open(reader, w->arena, &row, &err) <= 0 ||
		merge_checklist(e, reader, s, row.version, end - 1, w->arena, &c, &err) <= 0)
		return NULL;
	return arena_printf(w->arena, "{\"checklist\":%s}", checklist_text(&c, w->arena));
}

static enum job_step send_promotion(
	struct engine *e, struct promote_run *p, struct job_work *w, const char *version)
{
	struct err err = {0};

	attempt(&p->send);
	begin(&p->send, w, promote_tell);
	p->send.request.promotion =
		(struct promotion_request){.merge = arena_strdup(p->send.arena, version),
			.reason = reason_of(w),
			.override = -1,
			.dry_run = -1};
	p->send.sent = true;
	if (promotion_submit(e, &p->send.command, &p->send.request.promotion, &err) < 0) {
		p->send.command.err = err;
		p->send.over = true;
	}
	return JOB_GOES_ON;
}

static enum job_step promotion_over(struct engine *e, struct promote_run *p, struct job_work *w)
{
	p->send.sent = false;
	if (p->send.command.err.code == ERR_NONE) {
		tell_work(&p->send, w);
		return JOB_OVER;
	}
	p->phase = err_info(p->send.command.err.code)->retryable ? PHASE_ERROR : PHASE_FAILED;
	say(w, p->send.command.err.msg);
	return w->run->scheduled_for ? JOB_GOES_ON : nothing(w, p->phase, w->reason);
}

/* Has anything changed since the last look that could turn it? */
static bool is_due(struct engine *e, const struct promote_run *p)
{
	int64_t now = engine_now(e);
	uint64_t events = e->events;

	if (!p->ever || p->plans != e->scheduler->plans || now < p->looked || now >= p->until)
		return true;
	if (clock_mono(e->clock) < p->looked_mono + USEC_PER_SEC)
		return false;
	return events != p->events || now >= p->looked + AGAIN_S * USEC_PER_SEC;
}

/* Is the window of this run over, or not yet there? */
static enum job_step window_step(struct engine *e, struct db *reader, const struct promote_door *d,
	struct promote_run *p, struct job_work *w)
{
	const struct scheduler *s = e->scheduler;
	const char *last = w->reason ? w->reason : "nothing was ready";

	int64_t now = engine_now(e), start = w->run->scheduled_for;
	bool is_window =
		d->has_window && schedule_previous(s->plan.schedule[JOB_PROMOTE], start) == start;

	if (now < start)
		return JOB_LATER;
	if (is_window && now < start + s->plan.window)
		return JOB_GOES_ON;
	if (!is_window)
		last = arena_printf(
			w->arena, "the policy has this window no more; until then: %s", last);
	nothing(w, p->phase, last);
	w->detail = last_list(e, reader, w, start + s->plan.window);
	if (!p->was_open)
		w->outcome = JOB_SUPPRESSED;
	return JOB_OVER;
}

static int64_t next_change(const struct scheduler *s, const struct job_run *r)
{
	int64_t end = r->scheduled_for + s->plan.window;

	return r->scheduled_for && end < s->next_due ? end : s->next_due;
}

static enum job_step look_again(
	struct engine *e, struct db *reader, struct promote_run *p, struct job_work *w)
{
	ARENA_AUTO a = arena_new();
	struct ready r = {0};
	struct promote_door d;
	struct err err = {0};

	p->ever = true;
	p->plans = e->scheduler->plans;
	p->looked = engine_now(e);
	p->looked_mono = clock_mono(e->clock);
	p->until = next_change(e->scheduler, w->run);
	p->events = e->events;
	e->schedule_due_at = e->scheduler->next_due;
	promote_door(&e->scheduler->plan, p->looked, a, &d);
	if (w->run->scheduled_for) {
		enum job_step step = window_step(e, reader, &d, p, w);

		if (step != JOB_GOES_ON)
			return step;
	}
	p->was_open = p->was_open || d.open;
	if (!d.open)
		r = (struct ready){.why = d.why, .phase = PHASE_INCONCLUSIVE};
	else if (promote_ready(e, reader, a, &r, &err) < 0)
		r = (struct ready){.why = err.msg, .phase = PHASE_ERROR};
	p->phase = r.phase;
	if (r.merge)
		return send_promotion(e, p, w, r.merge);
	if (r.earliest > p->looked && r.earliest < p->until)
		e->schedule_due_at = p->until = r.earliest;
	say(w, r.why);
	return w->run->scheduled_for ? JOB_GOES_ON : nothing(w, p->phase, w->reason);
}

static enum job_step promote_step(struct engine *e, struct db *reader, struct job_work *w)
{
	struct promote_run *p = w->state;

	if (!p)
		w->state = p = ARENA_NEW(w->arena, struct promote_run);
	if (p->send.sent)
		return p->send.over ? promotion_over(e, p, w) : JOB_GOES_ON;
	return is_due(e, p) ? look_again(e, reader, p, w) : JOB_GOES_ON;
}

static int promote_foresee(struct engine *e, struct db *reader, struct job_work *w, struct err *err)
{
	struct ready r;

	if (promote_ready(e, reader, w->arena, &r, err) < 0)
		return -1;
	w->outcome = r.merge ? JOB_DONE : JOB_NOTHING;
	w->reason = r.merge ? NULL : r.why;
	if (r.merge)
		w->decided = arena_printf(w->arena, "would promote merge %s", r.merge);
	return 0;
}

static void promote_drop(struct engine *e, struct job_work *w)
{
	struct promote_run *p = w->state;

	if (p)
		arena_free(p->send.arena);
}

const struct job_kind promote_job = {
	.step = promote_step, .foresee = promote_foresee, .drop = promote_drop};
