/* SPDX-License-Identifier: Apache-2.0
 *
 * A policy's cadence: its rules checked when it is handed in, and made into schedules for those who
 * run them.
 */
#include "policy/cadence.h"

#include <string.h>

#include "base/clock.h"
#include "base/duration.h"
#include "policy/fusion.h"
#include "policy/schedule_parts.h"
#include "policy/slo.h"

enum { POINTER_MAX = 160, STARTS_MAX = 1024, STARTS_DAYS = 800 };

#define STARTS_USEC (STARTS_DAYS * INT64_C(86400) * USEC_PER_SEC)

int64_t schedule_period(const struct schedule *s)
{
	return rrule_period(&s->rule) * USEC_PER_SEC;
}

/* ---- Checks ---- */

static const struct schedule *check_rule(const struct schedule_rule *rule, const char *pointer,
	int64_t now, struct arena *a, struct faults *faults)
{
	const struct schedule *s = schedule_compile(rule, pointer, a, faults);

	return s && !schedule_check_fires(s, now, pointer, faults) ? s : NULL;
}

static void check_length(
	const struct schedule *s, int64_t length, const char *pointer, struct faults *faults)
{
	char at[POINTER_MAX], longest[DURATION_STRLEN], given[DURATION_STRLEN];

	pointer_join(at, sizeof(at), pointer, "duration");
	if (!length)
		fault_add(faults, at,
			"is zero, so it would never be open: write how long it lasts, such as "
			"PT4H");
	else if (s && length > schedule_period(s))
		fault_add(faults, at,
			"is %s, longer than the %s from one start to the next: it would never "
			"close",
			duration_say(length, given), duration_say(schedule_period(s), longest));
}

/* From one start to the next, where they are closest, as clocks on the wall have it: the hour that a night
 * loses in spring does not count. */
static int64_t shortest_gap(const struct schedule *s, int64_t now, struct arena *a)
{
	struct occurrence *list = ARENA_ARRAY(a, STARTS_MAX, struct occurrence);
	size_t n = schedule_range(s, now, now + STARTS_USEC, list, STARTS_MAX, NULL);
	int64_t shortest = INT64_MAX;

	for (size_t i = 1; i < n; i++) {
		const struct occurrence *x = &list[i - 1], *y = &list[i];
		int64_t gap = y->at - x->at + (y->offset - x->offset) * USEC_PER_SEC;

		if (x->kind == LOCAL_PLAIN && y->kind == LOCAL_PLAIN && gap < shortest)
			shortest = gap;
	}
	return shortest;
}

/* Two windows at once would be one promotion for both. */
static void check_overlap(const struct schedule *s, int64_t length, int64_t now,
	const char *pointer, struct arena *a, struct faults *faults)
{
	char at[POINTER_MAX], given[DURATION_STRLEN], gap[DURATION_STRLEN];
	int64_t shortest = shortest_gap(s, now, a);

	if (length <= shortest)
		return;
	pointer_join(at, sizeof(at), pointer, "duration");
	fault_add(faults, at,
		"is %s, longer than the %s between two of its starts: a window has to be over when "
		"the next one opens",
		duration_say(length, given), duration_say(shortest, gap));
}

/* A deadline after the next ingest would be one for both. */
static void check_deadlines(const struct schedule *s, const struct quorum *q, const char *pointer,
	struct faults *faults)
{
	char at[POINTER_MAX], given[DURATION_STRLEN], longest[DURATION_STRLEN];

	for (size_t i = 0; i < q->providers.n; i++) {
		const struct quorum_provider *o = LIST_AT(&q->providers, struct quorum_provider, i);

		if (o->deadline_usec <= schedule_period(s))
			continue;
		pointer_join(at, sizeof(at), pointer, "quorum");
		if (o->deadline) {
			pointer_join(at, sizeof(at), at, "providers");
			pointer_join(at, sizeof(at), at, o->name);
		}
		pointer_join(at, sizeof(at), at, "deadline");
		fault_add(faults, at,
			"is %s, longer than the %s from one ingest to the next: each would have "
			"to wait for the one before",
			duration_say(o->deadline_usec, given),
			duration_say(schedule_period(s), longest));
		return;
	}
}

static void check_job(const struct cadence_job *j, const char *pointer, const char *name,
	int64_t now, struct arena *a, struct faults *faults)
{
	char at[POINTER_MAX];

	pointer_join(at, sizeof(at), pointer, name);
	if (!j)
		return;
	const struct schedule *s = check_rule(&j->rule, at, now, a, faults);

	if (s && j->quorum)
		check_deadlines(s, j->quorum, at, faults);
}

void cadence_check(const struct cadence *c, const char *pointer, int64_t now, struct faults *faults)
{
	char at[POINTER_MAX], base[POINTER_MAX];
	ARENA_AUTO a = arena_new();

	check_job(c->ingest, pointer, "ingest", now, a, faults);
	check_job(c->merge, pointer, "merge", now, a, faults);
	if (c->promote) {
		pointer_join(at, sizeof(at), pointer, "promote");
		size_t before = faults->total;
		const struct schedule *s = check_rule(&c->promote->rule, at, now, a, faults);

		check_length(s, c->promote->length, at, faults);
		if (s && faults->total == before)
			check_overlap(s, c->promote->length, now, at, a, faults);
	}
	pointer_join(base, sizeof(base), pointer, "deny");
	for (size_t i = 0; i < c->deny.n; i++) {
		const struct cadence_deny *d = LIST_AT(&c->deny, struct cadence_deny, i);

		pointer_join(at, sizeof(at), base, d->name);
		check_length(check_rule(&d->rule, at, now, a, faults), d->length, at, faults);
	}
}

int policy_accept(const char *text, size_t len, int64_t now, struct arena *a, struct policy *ret,
	const char **ret_canonical, struct faults *faults, struct err *err)
{
	struct policy p;
	const char *canonical;

	if (policy_parse(text, len, a, &p, &canonical, faults, err) < 0)
		return -1;
	cadence_check(p.cadence, "/cadence", now, faults);
	slo_rules_check(&p.rollback->rules, "/slos", faults);
	fusion_findings(p.fusion, "/fusion", a, faults);
	if (faults->n)
		return -1;
	*ret = p;
	*ret_canonical = canonical;
	return 0;
}

void freeze_check(struct freeze *f, int64_t now, struct faults *faults)
{
	char to[TIME_STRLEN], at[TIME_STRLEN];

	if (f->to <= now)
		fault_add(faults, "/to", "the freeze would end (%s) before now (%s)",
			time_format(f->to, to), time_format(now, at));
	if (!f->from)
		f->from = now;
}

/* ---- Plans ---- */

struct planning {
	struct arena *arena;
	struct faults faults;
};

static const struct schedule *compile(struct planning *p, const struct schedule_rule *rule)
{
	return schedule_compile(rule, "", p->arena, &p->faults);
}

static void plan_job(
	struct planning *p, const struct cadence_job *j, enum job job, struct cadence_plan *plan)
{
	if (!j)
		return;
	plan->schedule[job] = compile(p, &j->rule);
	plan->catch_up[job] = (struct catch_up_rule){j->mode, j->grace_usec, j->max_age_usec};
}

static void plan_denies(struct planning *p, const struct cadence *c, const struct freeze *freezes,
	size_t n_freezes, struct cadence_plan *plan)
{
	struct deny *list = ARENA_ARRAY(p->arena, c->deny.n + n_freezes + 1, struct deny);
	size_t n = 0;

	for (size_t i = 0; i < c->deny.n; i++) {
		const struct cadence_deny *d = LIST_AT(&c->deny, struct cadence_deny, i);
		list[n++] = (struct deny){.name = d->name,
			.reason = d->reason,
			.schedule = compile(p, &d->rule),
			.length = d->length,
			.job_mask = d->job_mask};
	}
	for (size_t i = 0; i < n_freezes; i++)
		list[n++] = (struct deny){.name = freezes[i].id,
			.reason = freezes[i].reason,
			.from = freezes[i].from,
			.to = freezes[i].to,
			.job_mask = freezes[i].job_mask};
	plan->denies = list;
	plan->n_denies = n;
}

int cadence_plan(const struct cadence *c, const struct freeze *freezes, size_t n_freezes,
	struct arena *a, struct cadence_plan *ret, struct err *err)
{
	struct planning p = {.arena = a};
	struct cadence_plan plan = {0};

	faults_init(&p.faults);
	plan_job(&p, c->ingest, JOB_INGEST, &plan);
	plan_job(&p, c->merge, JOB_MERGE, &plan);
	if (c->promote) {
		plan.schedule[JOB_PROMOTE] = compile(&p, &c->promote->rule);
		plan.window = c->promote->length;
	}
	plan_denies(&p, c, freezes, n_freezes, &plan);
	if (p.faults.n)
		return err_set(err, ERR_INVALID_POLICY, "cadence%s %s", p.faults.list[0].pointer,
			p.faults.list[0].detail);
	*ret = plan;
	return 0;
}

/* ---- The door of promotions ---- */

static const char *why_closed(const struct promote_door *d, struct arena *a)
{
	char at[TIME_STRLEN];
	const char *next = d->next_open ? arena_printf(a, "; it opens next at %s",
						  time_format(d->next_open, at))
					: "; no opening is in sight";

	if (!d->held_by)
		return arena_printf(a, "no promotion window is open%s", next);
	return arena_printf(a, "%s holds promotions%s%s", deny_words(d->held_by, a),
		d->held_until ? arena_printf(a, " until %s", time_format(d->held_until, at)) : "",
		d->has_window ? next : "");
}

void promote_door(
	const struct cadence_plan *plan, int64_t now, struct arena *a, struct promote_door *ret)
{
	struct promote_door d = {.has_window = plan->schedule[JOB_PROMOTE] != NULL};
	size_t n;
	const struct deny *denies = deny_for_job(plan->denies, plan->n_denies, JOB_PROMOTE, a, &n);

	d.held_by = deny_at(denies, n, now, &d.held_until);
	if (!d.held_by)
		d.held_until = 0;
	if (d.has_window) {
		window_at(plan->schedule[JOB_PROMOTE], plan->window, denies, n, now, &d.window);
		d.open = d.window.open;
		d.next_open = d.window.next_open;
	} else {
		d.open = !d.held_by;
		d.next_open = d.open ? now : d.held_until;
	}
	if (!d.open)
		d.why = why_closed(&d, a);
	*ret = d;
}
