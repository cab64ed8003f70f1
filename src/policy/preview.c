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

/* The first stretch that is tried; then twice as much each time, so that what is cut costs little. */
enum { STRETCH_DAYS = 8 };

/* When denies hold a job: by time, apart from each other. */
struct held {
	int64_t from, to;
	const struct deny *deny; /* the first */
};
struct held_list {
	struct held *v;
	size_t n;
};

struct making {
	struct arena *arena;
	const struct cadence_plan *plan;
	int64_t from, to;
	struct held_list held[JOBS];
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

/* ---- What is held ---- */

/* The periods of a deny that end after `from` and begin before `to`. */
static size_t periods(
	struct making *m, const struct deny *d, int64_t from, int64_t to, struct held **ret)
{
	struct occurrence one = {.at = d->from};
	const struct occurrence *list = &one;
	int64_t length = d->schedule ? d->length : d->to - d->from;
	size_t n = d->from < d->to && d->to > from && d->from < to;

	if (d->schedule)
		n = schedule_due(d->schedule, from - length, to - 1, m->arena, &list);
	*ret = ARENA_ARRAY(m->arena, n + 1, struct held);
	for (size_t i = 0; i < n; i++)
		(*ret)[i] = (struct held){list[i].at, list[i].at + length, d};
	return n;
}

static int by_begin(const void *a, const void *b)
{
	const struct held *x = a, *y = b;

	return (x->from > y->from) - (x->from < y->from);
}

static struct held_list held_list(struct making *m, enum job job)
{
	/* A window that begins at either end wants to know what holds the whole of it. */
	int64_t from = m->from - m->plan->window, to = m->to + m->plan->window;
	struct held_list all = {0}, list = {0};

	for (size_t i = 0; i < m->plan->n_denies; i++) {
		const struct deny *d = &m->plan->denies[i];
		struct held *some, *more;
		size_t n = d->job_mask & 1u << job ? periods(m, d, from, to, &some) : 0;

		if (!n)
			continue;
		more = ARENA_ARRAY(m->arena, all.n + n, struct held);
		if (all.n)
			memcpy(more, all.v, all.n * sizeof(*more));
		memcpy(more + all.n, some, n * sizeof(*more));
		all = (struct held_list){more, all.n + n};
	}
	if (all.n)
		qsort(all.v, all.n, sizeof(*all.v), by_begin);
	list.v = all.v;
	for (size_t i = 0; i < all.n; i++) {
		struct held *last = list.n ? &list.v[list.n - 1] : NULL;

		if (!last || all.v[i].from > last->to)
			list.v[list.n++] = all.v[i];
		else if (all.v[i].to > last->to)
			last->to = all.v[i].to;
	}
	return list;
}

/* The first that ends after `at`; the list's length when there is none. */
static size_t held_after(const struct held_list *list, int64_t at)
{
	size_t low = 0, high = list->n;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (list->v[middle].to > at)
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}

static const struct held *held_at(const struct held_list *list, int64_t at)
{
	size_t i = held_after(list, at);

	return i < list->n && list->v[i].from <= at ? &list->v[i] : NULL;
}

/* ---- Runs and windows ---- */

static void add_runs(struct making *m, enum job job)
{
	const struct schedule *s = m->plan->schedule[job];
	const struct occurrence *list;
	size_t n = s ? schedule_due(s, m->from - 1, m->to - 1, m->arena, &list) : 0;

	for (size_t i = 0; i < n; i++) {
		struct plan_entry *e = add(m, PLAN_RUN, list[i].at, 0);
		const struct held *held = held_at(&m->held[job], list[i].at);

		e->job = (int)job;
		e->held_by = held ? held->deny->name : NULL;
		e->note = local_note(list[i].kind);
		place(m, e, s);
	}
}

static struct plan_entry *add_window(struct making *m, int64_t at, int64_t until)
{
	struct plan_entry *e;

	if (at >= m->to || until <= m->from)
		return NULL;
	e = add(m, PLAN_WINDOW, at, until);
	e->job = JOB_PROMOTE;
	place(m, e, m->plan->schedule[JOB_PROMOTE]);
	return e;
}

/* What denies leave of [at, end). */
static void add_open(struct making *m, int64_t at, int64_t end)
{
	const struct held_list *list = &m->held[JOB_PROMOTE];

	for (size_t i = held_after(list, at); at < end; i++) {
		const struct held *next = i < list->n ? &list->v[i] : NULL;
		int64_t until = next && next->from < end ? next->from : end;

		if (until > at) {
			struct plan_entry *e = add_window(m, at, until);

			if (e && until < end)
				e->closed_by = next->deny->name;
		}
		at = until < end ? next->to : end;
	}
}

static void add_windows(struct making *m)
{
	const struct schedule *s = m->plan->schedule[JOB_PROMOTE];
	int64_t length = m->plan->window, taken = INT64_MIN;
	const struct occurrence *list;
	size_t n = s ? schedule_due(s, m->from - length, m->to - 1, m->arena, &list) : 0;

	for (size_t i = 0; i < n; i++) {
		int64_t at = list[i].at, end = at + length;
		const struct held *held = held_at(&m->held[JOB_PROMOTE], at);

		if (held && held->to >= end) {
			struct plan_entry *e = add_window(m, at, end);

			if (e)
				e->held_by = held->deny->name;
			continue;
		}
		/* One that begins before the one before it ends is open from there on. */
		add_open(m, at > taken ? at : taken, end);
		taken = end;
	}
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
	struct held *list;
	size_t n = periods(m, d, m->from, m->to, &list);

	for (size_t i = 0; i < n; i++) {
		struct plan_entry *e =
			add(m, d->schedule ? PLAN_DENY : PLAN_FREEZE, list[i].from, list[i].to);

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

static void make(struct making *m)
{
	for (int job = 0; job < JOBS; job++)
		m->held[job] = held_list(m, (enum job)job);
	m->n = 0;
	add_runs(m, JOB_INGEST);
	add_runs(m, JOB_MERGE);
	add_windows(m);
	for (size_t i = 0; i < m->plan->n_denies; i++)
		add_deny(m, &m->plan->denies[i]);
	add_zones(m);
	if (m->n)
		qsort(m->list, m->n, sizeof(*m->list), by_time);
}

void schedule_preview_make(const struct cadence_plan *plan, int64_t from, int64_t to,
	struct arena *a, struct schedule_preview *ret)
{
	int64_t stretch = STRETCH_DAYS * INT64_C(86400) * USEC_PER_SEC;
	struct making m = {.arena = a, .plan = plan, .from = from};

	do {
		m.to = to - from > stretch ? from + stretch : to;
		make(&m);
		stretch *= 2;
	} while (m.to < to && m.n <= PREVIEW_ENTRIES_MAX);
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
