/* SPDX-License-Identifier: Apache-2.0
 *
 * What fell due since the last look, be that a second or a month ago: a run to be done, runs that
 * were missed or that a deny held. All of it becomes rows in one transaction, with the instant up to
 * which the rules are settled; what happens twice finds its row.
 */
#include "base/json_writer.h"
#include "engine/scheduler.h"
#include "engine/tx.h"
#include "model/phase.h"
#include "store/schedule.h"

/* Of what is none, in one transaction; others may write between two. */
enum { ROWS_MAX = 1000 };

struct instants {
	const int64_t *v;
	size_t n;
};

struct due_job {
	int64_t run; /* the instant to run for; 0: none */
	struct instants missed, suppressed;
	int64_t handled;
	bool write; /* there is something to write */
};

struct due {
	const struct scheduler *scheduler;
	struct due_job jobs[JOBS];
	bool added[JOBS]; /* there is a run to take up */
	uint64_t none[JOBS][JOB_OUTCOMES];
};

/* ---- Finding out ---- */

static void find_job(
	const struct scheduler *s, enum job job, int64_t now, struct arena *a, struct due_job *d)
{
	/* Set back: the time between comes again, and what was run in it has its row. */
	int64_t last = s->handled[job] > now ? now : s->handled[job];
	struct catch_up c;

	schedule_catch_up(s->plan.schedule[job], &s->plan.catch_up[job], s->denies[job],
		s->n_denies[job], last, now, a, &c);
	*d = (struct due_job){
		.run = c.run,
		.missed = {c.missed, c.n_missed},
		.suppressed = {c.suppressed, c.n_suppressed},
		.handled = now,
		.write = !last || c.run || c.n_missed || c.n_suppressed,
	};
}

/* Held from its start to its end? */
static bool is_held(const struct scheduler *s, int64_t start)
{
	int64_t until;

	return deny_at(s->denies[JOB_PROMOTE], s->n_denies[JOB_PROMOTE], start, &until) &&
	       (!until || until >= start + s->plan.window);
}

/* Windows are not caught up with: one that is still open has its run, one that is over was missed. */
static void find_windows(const struct scheduler *s, int64_t now, struct arena *a, struct due_job *d)
{
	const struct schedule *rule = s->plan.schedule[JOB_PROMOTE];
	int64_t last = s->handled[JOB_PROMOTE], earliest = schedule_earliest(now);
	const struct occurrence *list = NULL;
	struct window_state w;
	size_t n = 0, n_missed = 0, n_suppressed = 0;

	if (last && last < now)
		n = schedule_due(rule, last > earliest ? last : earliest, now, a, &list);
	int64_t *missed = ARENA_ARRAY(a, n + 1, int64_t);
	int64_t *suppressed = ARENA_ARRAY(a, n + 1, int64_t);

	window_at(rule, s->plan.window, s->denies[JOB_PROMOTE], s->n_denies[JOB_PROMOTE], now, &w);
	*d = (struct due_job){.handled = now};
	for (size_t i = 0; i < n; i++) {
		if (list[i].at == w.opened)
			continue;
		if (is_held(s, list[i].at)) {
			suppressed[n_suppressed++] = list[i].at;
		} else if (list[i].at + s->plan.window <= now) {
			missed[n_missed++] = list[i].at;
		} else {
			/* It begins before the one that is open ends. */
			d->handled = list[i].at - 1;
			break;
		}
	}
	d->missed = (struct instants){missed, n_missed};
	d->suppressed = (struct instants){suppressed, n_suppressed};
	if (w.opened && w.opened <= now && w.opened != s->window)
		d->run = w.opened;
	d->write = !last || d->run || n_missed || n_suppressed;
}

/* The first ROWS_MAX of both lists; the rest, and the run, come with the next look. */
static bool cut(struct due_job *d)
{
	size_t missed = 0, suppressed = 0;

	if (d->missed.n + d->suppressed.n <= ROWS_MAX)
		return false;
	while (missed + suppressed < ROWS_MAX) {
		bool first =
			suppressed == d->suppressed.n ||
			(missed < d->missed.n && d->missed.v[missed] < d->suppressed.v[suppressed]);

		d->handled = first ? d->missed.v[missed] : d->suppressed.v[suppressed];
		missed += first;
		suppressed += !first;
	}
	d->missed.n = missed;
	d->suppressed.n = suppressed;
	d->run = 0;
	return true;
}

static int64_t sooner(int64_t at, int64_t than, int64_t now)
{
	return at > now && at < than ? at : than;
}

static int64_t find_next(const struct scheduler *s, int64_t now)
{
	const struct schedule *promote = s->plan.schedule[JOB_PROMOTE];
	int64_t next = INT64_MAX;
	struct window_state w;

	for (int job = 0; job < JOBS; job++)
		if (s->plan.schedule[job])
			next = sooner(schedule_next(s->plan.schedule[job], now), next, now);
	if (!promote)
		return next;
	window_at(
		promote, s->plan.window, s->denies[JOB_PROMOTE], s->n_denies[JOB_PROMOTE], now, &w);
	next = sooner(w.next_open, sooner(w.closes, next, now), now);
	/* Also when a deny holds the rest of it. */
	return sooner(schedule_previous(promote, now) + s->plan.window, next, now);
}

/* ---- Writing down ---- */

static int add_run(struct tx *tx, enum job job, int64_t at, bool *ret_added, struct err *err)
{
	struct job_run r;
	int rc;

	fields_init(&job_run_table, &r);
	r.job = (int)job;
	r.scheduled_for = r.due = at;
	r.phase = PHASE_PENDING;
	r.actor = tx->actor;
	rc = job_run_insert(tx->db, &r, err);
	if (rc == 0)
		rc = job_run_revive(tx->db, job, at, err);
	if (rc < 0)
		return -1;
	*ret_added = true;
	return 0;
}

static const char *why_not(const struct scheduler *s, enum job job, enum job_outcome outcome,
	int64_t at, int64_t now, struct arena *a)
{
	const struct deny *d = deny_at(s->denies[job], s->n_denies[job], at, NULL);

	if (outcome == JOB_SUPPRESSED && d)
		return arena_printf(a, "%s held it", deny_words(d, a));
	if (job == JOB_PROMOTE)
		return "the window passed while nothing ran here";
	if (s->plan.catch_up[job].mode == CATCH_UP_SKIP)
		return "its time passed while nothing ran here, and it is not to be made up for";
	return now - at > s->plan.catch_up[job].max_age
		       ? "its time passed while nothing ran here, and is too long ago"
		       : "its time passed while nothing ran here; a later one stands for it, or a "
			 "deny holds the job now";
}

/* Rows of runs that are none; one entry in the history for all of them. */
static int add_none(struct tx *tx, const struct scheduler *s, enum job job,
	enum job_outcome outcome, const struct instants *list, uint64_t *ret_count, struct err *err)
{
	STRBUF_AUTO sb = STRBUF_INIT(1024);
	int64_t count = 0, first = 0, last = 0;
	struct json_writer w;

	for (size_t i = 0; i < list->n; i++) {
		struct job_run r;
		int rc;

		fields_init(&job_run_table, &r);
		r.job = (int)job;
		r.scheduled_for = r.due = list->v[i];
		r.finished_at = tx->now;
		r.phase = PHASE_ABORTED;
		r.outcome = (int)outcome;
		r.reason = why_not(s, job, outcome, list->v[i], tx->now, tx->arena);
		r.actor = tx->actor;
		rc = job_run_insert(tx->db, &r, err);
		if (rc < 0)
			return -1;
		if (rc == 0)
			continue;
		first = count++ ? first : list->v[i];
		last = list->v[i];
	}
	*ret_count = (uint64_t)count;
	if (!count)
		return 0;
	json_writer_init(&w, &sb);
	jw_object(&w);
	jw_kint(&w, "count", count);
	jw_ktime(&w, "first", first);
	jw_ktime(&w, "last", last);
	jw_end(&w);
	return tx_event(tx, outcome == JOB_MISSED ? EVENT_JOB_MISSED : EVENT_JOB_SUPPRESSED,
		names_of(&job_names, (int)job), why_not(s, job, outcome, last, tx->now, tx->arena),
		arena_strndup(tx->arena, sb.buf, sb.len), NULL, err);
}

static int due_apply(struct tx *tx, struct command *c, struct err *err)
{
	struct due *d = c->args;

	for (int job = 0; job < JOBS; job++) {
		const struct due_job *j = &d->jobs[job];

		if (!j->write)
			continue;
		if (add_none(tx, d->scheduler, (enum job)job, JOB_MISSED, &j->missed,
			    &d->none[job][JOB_MISSED], err) < 0 ||
			add_none(tx, d->scheduler, (enum job)job, JOB_SUPPRESSED, &j->suppressed,
				&d->none[job][JOB_SUPPRESSED], err) < 0 ||
			(j->run && add_run(tx, (enum job)job, j->run, &d->added[job], err) < 0) ||
			job_handled_set(tx->db, (enum job)job, j->handled, err) < 0)
			return -1;
	}
	return 0;
}

int schedule_settle_due(struct engine *e, struct db *reader, int64_t now, struct err *err)
{
	static const struct command_kind kind = {.name = "schedule_due", .apply = due_apply};
	struct scheduler *s = e->scheduler;
	ARENA_AUTO a = arena_new();
	struct due d = {.scheduler = s};
	struct command c = engine_job(&kind, SCHEDULE_ACTOR, &d, a, NULL);
	bool write = false, more = false;

	/* Set back: the window that had its run may come again. */
	if (now < s->seen)
		s->window = 0;
	for (int job = 0; job < JOBS; job++) {
		if (!s->plan.schedule[job])
			continue;
		if (job == JOB_PROMOTE)
			find_windows(s, now, a, &d.jobs[job]);
		else
			find_job(s, (enum job)job, now, a, &d.jobs[job]);
		more = cut(&d.jobs[job]) || more;
		write = write || d.jobs[job].write;
	}
	if (write && engine_commit(e, &c, err) < 0)
		return -1;
	for (int job = 0; job < JOBS; job++) {
		if (!s->plan.schedule[job])
			continue;
		s->handled[job] = d.jobs[job].handled;
		s->look[job] = s->look[job] || d.added[job];
		e->counters.runs[job][JOB_MISSED] += d.none[job][JOB_MISSED];
		e->counters.runs[job][JOB_SUPPRESSED] += d.none[job][JOB_SUPPRESSED];
	}
	if (d.jobs[JOB_PROMOTE].run)
		s->window = d.jobs[JOB_PROMOTE].run;
	s->next_due = more ? now : find_next(s, now);
	return write;
}
