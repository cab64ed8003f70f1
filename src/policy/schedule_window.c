/* SPDX-License-Identifier: Apache-2.0
 *
 * Windows and what denies leave of them. Denies are asked, never expanded: a search steps from one
 * end to the next.
 */
#include "policy/schedule.h"

/* A window that denies hold every time is looked for no more often than this; denies that follow on
 * each other more often than that have no end in sight. */
enum { STEPS_MAX = 800, CHAIN_MAX = 1000 };

/* The deny's period that `at` is in; false when it is in none. */
static bool holds(const struct deny *d, int64_t at, int64_t *ret_end)
{
	int64_t start = d->schedule ? schedule_previous(d->schedule, at) : d->from;
	int64_t end = d->schedule ? start + d->length : d->to;

	if (!start || start > at || end <= at)
		return false;
	*ret_end = end;
	return true;
}

/* The first start after `at`; 0: none. */
static int64_t next_start(const struct deny *d, int64_t at)
{
	if (d->schedule)
		return schedule_next(d->schedule, at);
	return d->from > at && d->from < d->to ? d->from : 0;
}

const struct deny *deny_for_job(
	const struct deny *all, size_t n, enum job job, struct arena *a, size_t *ret_n)
{
	struct deny *list = ARENA_ARRAY(a, n + 1, struct deny);
	size_t kept = 0;

	for (size_t i = 0; i < n; i++)
		if (all[i].job_mask & 1u << job)
			list[kept++] = all[i];
	*ret_n = kept;
	return list;
}

const char *deny_words(const struct deny *d, struct arena *a)
{
	const char *kind = d->schedule ? "deny" : "freeze";

	return d->reason ? arena_printf(a, "the %s %s (%s)", kind, d->name, d->reason)
			 : arena_printf(a, "the %s %s", kind, d->name);
}

/* The first of the list that holds at `at`. */
static const struct deny *holding(const struct deny *list, size_t n, int64_t at, int64_t *ret_end)
{
	for (size_t i = 0; i < n; i++)
		if (holds(&list[i], at, ret_end))
			return &list[i];
	return NULL;
}

const struct deny *deny_at(const struct deny *list, size_t n, int64_t at, int64_t *ret_until)
{
	int64_t end;
	const struct deny *first = holding(list, n, at, &end);

	if (!first || !ret_until)
		return first;
	for (int links = 0; links < CHAIN_MAX; links++) {
		at = end;
		if (!holding(list, n, at, &end)) {
			*ret_until = at;
			return first;
		}
	}
	*ret_until = 0;
	return first;
}

/* The deny that begins first in (at, end), or NULL. */
static const struct deny *first_inside(
	const struct deny *list, size_t n, int64_t at, int64_t end, int64_t *ret_start)
{
	const struct deny *found = NULL;

	for (size_t i = 0; i < n; i++) {
		int64_t start = next_start(&list[i], at);
		if (!start || start >= end)
			continue;
		found = &list[i];
		end = start;
	}
	*ret_start = end;
	return found;
}

void window_at(const struct schedule *s, int64_t length, const struct deny *denies, size_t n,
	int64_t now, struct window_state *ret)
{
	struct window_state w = {.held_by = deny_at(denies, n, now, NULL)};
	int64_t at = now;

	for (int i = 0; i < STEPS_MAX; i++) {
		/* The first one that is not over yet. */
		int64_t start = schedule_next(s, at - length);
		if (!start)
			break;
		at = start > at ? start : at;
		deny_at(denies, n, at, &at);
		if (!at)
			break;
		if (at >= start + length)
			continue;
		w.opened = start;
		w.next_open = at;
		w.open = at == now;
		w.closed_by = first_inside(denies, n, at, start + length, &w.closes);
		w.why = w.closed_by ? CLOSE_DENY : CLOSE_ITS_TIME;
		break;
	}
	*ret = w;
}
