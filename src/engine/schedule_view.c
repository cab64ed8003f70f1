/* SPDX-License-Identifier: Apache-2.0
 *
 * The calendar as it stands now. It reads and changes nothing.
 */
#include <string.h>

#include "engine/schedule.h"
#include "model/phase.h"
#include "store/schedule.h"

struct viewing {
	struct db *reader;
	const struct policy *policy;
	struct cadence_plan plan;
	int64_t now;
	struct arena *arena;
};

static void fill_rule(const struct viewing *v, enum job job, struct schedule_job *j)
{
	const struct cadence *c = v->policy->cadence;
	const struct cadence_job *rule = job == JOB_INGEST ? c->ingest : c->merge;
	const struct schedule *s = v->plan.schedule[job];

	if (!s)
		return;
	j->rrule = schedule_rrule(s);
	j->tz = zone_name(schedule_zone(s));
	if (job == JOB_PROMOTE) {
		j->anchor = c->promote->rule.anchor;
		return;
	}
	j->anchor = rule->rule.anchor;
	j->catch_up = names_of(&catch_up_names, (int)rule->mode);
}

static void fill_window(
	const struct viewing *v, const struct promote_door *d, struct schedule_job *j)
{
	struct schedule_window *w = ARENA_NEW(v->arena, struct schedule_window);

	w->duration = v->policy->cadence->promote->duration;
	w->open = d->window.open;
	w->opens = d->window.open ? d->window.opened : d->window.next_open;
	w->closes = d->window.closes;
	if (d->window.closed_by)
		w->closed_by = d->window.closed_by->name;
	j->window = w;
	j->next = d->window.open ? 0 : d->window.next_open;
}

static void fill_times(const struct viewing *v, enum job job, struct schedule_job *j)
{
	const struct schedule *s = v->plan.schedule[job];
	size_t n;
	const struct deny *denies =
		deny_for_job(v->plan.denies, v->plan.n_denies, job, v->arena, &n);
	const struct deny *held = deny_at(denies, n, v->now, &j->held_until);
	struct promote_door d;

	if (held)
		j->held_by = held->name;
	else
		j->held_until = 0;
	if (!s)
		return;
	if (job != JOB_PROMOTE) {
		j->next = schedule_next_free(s, denies, n, v->now);
		return;
	}
	promote_door(&v->plan, v->now, v->arena, &d);
	fill_window(v, &d, j);
	if (d.window.open)
		j->next = schedule_next_free(s, denies, n, v->now);
}

static int fill_runs(const struct viewing *v, enum job job, struct schedule_job *j, struct err *err)
{
	struct job_run *last = ARENA_NEW(v->arena, struct job_run);
	struct job_run *open = ARENA_NEW(v->arena, struct job_run);
	int has_last = job_run_last(v->reader, job, v->arena, last, err);
	int has_open =
		has_last < 0 ? -1 : job_run_open(v->reader, job, INT64_MAX, v->arena, open, err);

	if (has_open < 0)
		return -1;
	j->last = has_last ? last : NULL;
	j->running = has_open ? open : NULL;
	return 0;
}

int schedule_view_make(struct db *reader, const struct policy *p, int64_t now, struct arena *a,
	struct schedule_view *ret, struct err *err)
{
	struct viewing v = {.reader = reader, .policy = p, .now = now, .arena = a};
	struct schedule_job *jobs = ARENA_ARRAY(a, JOBS, struct schedule_job);
	struct freeze *freezes;
	size_t n;

	if (schedule_plan(reader, p, now, a, &v.plan, err) < 0 ||
		freezes_since(reader, now, a, &freezes, &n, err) < 0)
		return -1;
	for (int job = 0; job < JOBS; job++) {
		jobs[job].job = job;
		fill_rule(&v, (enum job)job, &jobs[job]);
		fill_times(&v, (enum job)job, &jobs[job]);
		if (fill_runs(&v, (enum job)job, &jobs[job], err) < 0)
			return -1;
	}
	*ret = (struct schedule_view){
		.policy_version = p->version, .jobs = {jobs, JOBS}, .freezes = {freezes, n}};
	return 0;
}
