/* SPDX-License-Identifier: Apache-2.0
 *
 * Lists what a plan makes of a stretch of time.
 */
#include "policy/preview.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/duration.h"
#include "policy/ics.h"

enum { WINDOWS_MAX = 4 * PREVIEW_ENTRIES_MAX };

struct making {
	struct arena *arena;
	const struct cadence_plan *plan;
	int64_t from, to;
	struct plan_entry *list;
	size_t n, room;
};

static struct plan_entry *add(struct making *m, enum plan_kind kind, int64_t at, int64_t until)
{
	struct plan_entry *e;

	if (m->n == m->room) {
		size_t room = m->room ? m->room * 2 : 64;
		struct plan_entry *list = ARENA_ARRAY(m->arena, room, struct plan_entry);

		if (m->n)
			memcpy(list, m->list, m->n * sizeof(*list));
		m->list = list;
		m->room = room;
	}
	e = &m->list[m->n++];
	*e = (struct plan_entry){.kind = (int)kind, .at = at, .until = until, .job = -1};
	return e;
}

static const char *local_time(const struct zone *z, int64_t at, struct arena *a)
{
	int offset = zone_offset(z, at), minutes = abs(offset) / 60;
	struct civil c;

	civil_from_time(zone_local(z, at) * USEC_PER_SEC, &c);
	return arena_printf(a, "%04d-%02d-%02dT%02d:%02d:%02d%c%02d:%02d", c.year, c.month, c.day,
		c.hour, c.minute, c.second, offset < 0 ? '-' : '+', minutes / 60, minutes % 60);
}

static void place(struct making *m, struct plan_entry *e, const struct schedule *s)
{
	e->local = local_time(schedule_zone(s), e->at, m->arena);
	e->tz = zone_name(schedule_zone(s));
}

static const char *local_note(enum local_kind kind)
{
	return kind == LOCAL_SKIPPED ? "its local time is skipped that night: later by as much"
	       : kind == LOCAL_TWICE ? "its local time comes twice that night: the first of the two"
				     : NULL;
}

static size_t occurrences(
	struct making *m, const struct schedule *s, int64_t from, const struct occurrence **ret)
{
	return schedule_due(s, from - 1, m->to - 1, m->arena, ret);
}

static void add_runs(struct making *m, enum job job)
{
	const struct schedule *s = m->plan->schedule[job];
	const struct occurrence *list;
	size_t n_denies;
	const struct deny *denies =
		deny_for_job(m->plan->denies, m->plan->n_denies, job, m->arena, &n_denies);
	size_t n = s ? occurrences(m, s, m->from, &list) : 0;

	for (size_t i = 0; i < n; i++) {
		struct plan_entry *e = add(m, PLAN_RUN, list[i].at, 0);
		const struct deny *held = deny_at(denies, n_denies, list[i].at, NULL);

		e->job = (int)job;
		e->held_by = held ? held->name : NULL;
		e->note = local_note(list[i].kind);
		place(m, e, s);
	}
}

/* What denies leave of the windows. */
static void add_open(struct making *m, const struct deny *denies, size_t n_denies)
{
	const struct schedule *s = m->plan->schedule[JOB_PROMOTE];
	int64_t at = m->from;

	for (int i = 0; i < WINDOWS_MAX && at < m->to; i++) {
		struct window_state w;
		struct plan_entry *e;

		window_at(s, m->plan->window, denies, n_denies, at, &w);
		if (!w.next_open || w.next_open >= m->to)
			break;
		/* One that is open at the beginning began before. */
		e = add(m, PLAN_WINDOW, w.open && i == 0 ? w.opened : w.next_open, w.closes);
		e->job = JOB_PROMOTE;
		e->closed_by = w.closed_by ? w.closed_by->name : NULL;
		place(m, e, s);
		at = w.closes;
	}
}

static void add_windows(struct making *m)
{
	const struct schedule *s = m->plan->schedule[JOB_PROMOTE];
	int64_t length = m->plan->window, until;
	const struct occurrence *list;
	size_t n, n_denies;

	if (!s)
		return;
	const struct deny *denies =
		deny_for_job(m->plan->denies, m->plan->n_denies, JOB_PROMOTE, m->arena, &n_denies);
	n = occurrences(m, s, m->from - length + 1, &list);
	for (size_t i = 0; i < n; i++) {
		int64_t at = list[i].at;
		const struct deny *held = deny_at(denies, n_denies, at, &until);
		struct plan_entry *e;

		if (!held || (until && until < at + length))
			continue;
		e = add(m, PLAN_WINDOW, at, at + length);
		e->job = JOB_PROMOTE;
		e->held_by = held->name;
		place(m, e, s);
	}
	add_open(m, denies, n_denies);
}

static const char *holds(const struct deny *d, struct arena *a)
{
	const char *list = "";

	for (int job = 0; job < JOBS; job++)
		if (d->job_mask & 1u << job)
			list = arena_printf(
				a, "%s%s%s", list, *list ? ", " : "", names_of(&job_names, job));
	return arena_printf(
		a, "holds %s%s%s", list, d->reason ? ": " : "", d->reason ? d->reason : "");
}

static void add_deny(struct making *m, const struct deny *d)
{
	const struct occurrence one = {.at = d->from}, *list = &one;
	int64_t length = d->schedule ? d->length : d->to - d->from;
	size_t n = 1;

	if (d->schedule)
		n = occurrences(m, d->schedule, m->from - length + 1, &list);
	else if (d->from >= d->to || d->to <= m->from || d->from >= m->to)
		n = 0;
	for (size_t i = 0; i < n; i++) {
		struct plan_entry *e = add(
			m, d->schedule ? PLAN_DENY : PLAN_FREEZE, list[i].at, list[i].at + length);

		e->name = d->name;
		e->note = holds(d, m->arena);
		if (d->schedule)
			place(m, e, d->schedule);
	}
}

static void add_clocks(struct making *m, const struct zone *z)
{
	struct zone_change change = {.at = m->from - 1};
	char length[DURATION_STRLEN];

	while (zone_next_change(z, change.at, m->to, &change)) {
		struct plan_entry *e = add(m, PLAN_CLOCK, change.at, 0);
		int by = change.after - change.before;

		e->tz = zone_name(z);
		e->local = local_time(z, change.at, m->arena);
		e->note = arena_printf(m->arena, "clocks go %s by %s", by > 0 ? "forward" : "back",
			duration_say(abs(by) * USEC_PER_SEC, length));
	}
}

/* Each zone once. */
static void add_zones(struct making *m)
{
	const struct schedule *rules[JOBS + 64];
	size_t n = 0;

	for (int job = 0; job < JOBS; job++)
		if (m->plan->schedule[job])
			rules[n++] = m->plan->schedule[job];
	for (size_t i = 0; i < m->plan->n_denies && n < sizeof(rules) / sizeof(rules[0]); i++)
		if (m->plan->denies[i].schedule)
			rules[n++] = m->plan->denies[i].schedule;
	for (size_t i = 0; i < n; i++) {
		size_t k = 0;

		while (schedule_zone(rules[k]) != schedule_zone(rules[i]))
			k++;
		if (k == i)
			add_clocks(m, schedule_zone(rules[i]));
	}
}

static int by_time(const void *pa, const void *pb)
{
	const struct plan_entry *a = pa, *b = pb;
	int rc = (a->at > b->at) - (a->at < b->at);

	if (!rc)
		rc = a->kind - b->kind;
	if (!rc)
		rc = a->job - b->job;
	return rc ? rc : strcmp(a->name ? a->name : "", b->name ? b->name : "");
}

void schedule_preview_make(const struct cadence_plan *plan, int64_t from, int64_t to,
	struct arena *a, struct schedule_preview *ret)
{
	struct making m = {.arena = a, .plan = plan, .from = from, .to = to};

	add_runs(&m, JOB_INGEST);
	add_runs(&m, JOB_MERGE);
	add_windows(&m);
	for (size_t i = 0; i < plan->n_denies; i++)
		add_deny(&m, &plan->denies[i]);
	add_zones(&m);
	if (m.n)
		qsort(m.list, m.n, sizeof(*m.list), by_time);
	fields_init(&schedule_preview_table, ret);
	ret->from = from;
	ret->to = to;
	if (m.n > PREVIEW_ENTRIES_MAX) {
		ret->more = 1;
		ret->to = m.list[PREVIEW_ENTRIES_MAX].at;
		m.n = PREVIEW_ENTRIES_MAX;
	}
	ret->entries = (struct list){m.list, m.n};
}

/* ---- The feed ---- */

static const char *title(const struct plan_entry *e, struct arena *a)
{
	const char *job = e->job >= 0 ? names_of(&job_names, e->job) : "";

	switch (e->kind) {
	case PLAN_DENY:
	case PLAN_FREEZE:
		return arena_printf(a, "%s %s", names_of(&plan_kind_names, e->kind), e->name);
	case PLAN_WINDOW:
		return arena_printf(a, "promotion window%s%s", e->held_by ? ", held by " : "",
			e->held_by ? e->held_by : "");
	default:
		return arena_printf(a, "%s%s%s", job, e->held_by ? ", held by " : "",
			e->held_by ? e->held_by : "");
	}
}

static const char *details(const struct plan_entry *e, struct arena *a)
{
	const char *text = "";

	if (e->local)
		text = arena_printf(a, "%s %s", e->local, e->tz);
	if (e->closed_by)
		text = arena_printf(a, "%s\nclosed before its time by %s", text, e->closed_by);
	if (e->note)
		text = arena_printf(a, "%s%s%s", text, *text ? "\n" : "", e->note);
	return *text ? text : NULL;
}

/* What the id is made of beside the instant: a held window and an open one may begin together. */
static const char *feed_id(const struct plan_entry *e, struct arena *a)
{
	if (e->kind == PLAN_DENY || e->kind == PLAN_FREEZE)
		return arena_printf(a, "%s-%s", names_of(&plan_kind_names, e->kind), e->name);
	return names_of(&job_names, e->job);
}

void schedule_preview_ics(
	const struct schedule_preview *p, int64_t stamp, struct arena *a, struct strbuf *out)
{
	const struct ics_feed feed = {.name = "spiralfed", .domain = "spiralfed", .stamp = stamp};
	struct ics_event *events = ARENA_ARRAY(a, p->entries.n + 1, struct ics_event);
	size_t n = 0;

	for (size_t i = 0; i < p->entries.n; i++) {
		const struct plan_entry *e = LIST_AT(&p->entries, struct plan_entry, i);

		if (e->kind != PLAN_CLOCK)
			events[n++] = (struct ics_event){
				.job = feed_id(e, a),
				.summary = title(e, a),
				.description = details(e, a),
				.start = e->at,
				.end = e->until,
			};
	}
	ics_write(&feed, events, n, out);
}
