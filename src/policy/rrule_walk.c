/* SPDX-License-Identifier: Apache-2.0
 *
 * Walks a rule. A period is what FREQ names: a day, a week, a month or a year. Every INTERVALth one
 * from the anchor's on is looked at: the days in it that pass all filters, times the times of a day,
 * in order, of which BYSETPOS picks. A walk looks at each day between its ends once and at no other,
 * so that a rule that never fires costs no more than its bounds.
 */
#include <stdlib.h>

#include "base/clock.h"
#include "policy/rrule.h"

enum { DAY = 86400, WEEK = 7, PERIOD_SAMPLES = 400, PERIOD_YEARS = 50 };

/* 1970-01-04 was a Sunday. */
enum { FIRST_WEEK = 3 };

static int64_t floor_div(int64_t a, int64_t b)
{
	return a / b - (a % b < 0);
}

static void civil_of(int64_t day, struct civil *ret)
{
	civil_from_time(day * DAY * USEC_PER_SEC, ret);
}

static int64_t day_of(int64_t year, int month, int day)
{
	return civil_to_time(&(struct civil){.year = (int)year, .month = month, .day = day}) /
	       (DAY * USEC_PER_SEC);
}

/* The first day of month number `n` counted from year 0. */
static int64_t month_begin(int64_t n)
{
	return day_of(n / 12, (int)(n % 12) + 1, 1);
}

/* ---- Periods ---- */

static int64_t week_begin(const struct rrule *r, int64_t day)
{
	int64_t weekday = ((day - FIRST_WEEK) % WEEK + WEEK) % WEEK;

	return day - (weekday - r->week_start + WEEK) % WEEK;
}

/* Which period a day is in, counted from anywhere. */
static int64_t period_of(const struct rrule *r, int64_t day)
{
	struct civil c;

	switch (r->freq) {
	case RRULE_DAILY:
		return day;
	case RRULE_WEEKLY:
		return floor_div(week_begin(r, day) - r->week_start - FIRST_WEEK, WEEK);
	default:
		civil_of(day, &c);
		return r->freq == RRULE_YEARLY ? c.year : (int64_t)c.year * 12 + c.month - 1;
	}
}

static int64_t period_begin(const struct rrule *r, int64_t period)
{
	switch (r->freq) {
	case RRULE_DAILY:
		return period;
	case RRULE_WEEKLY:
		return period * WEEK + r->week_start + FIRST_WEEK;
	case RRULE_MONTHLY:
		return month_begin(period);
	default:
		return day_of(period, 1, 1);
	}
}

/* ---- Filters ---- */

struct day {
	int64_t day;
	struct civil c;
	int year_day, year_length, month_length;
};

static void describe(int64_t day, struct day *d)
{
	d->day = day;
	civil_of(day, &d->c);
	d->year_day = (int)(day - day_of(d->c.year, 1, 1)) + 1;
	d->year_length = (int)(day_of(d->c.year + 1, 1, 1) - day_of(d->c.year, 1, 1));
	int64_t month = (int64_t)d->c.year * 12 + d->c.month - 1;
	d->month_length = (int)(month_begin(month + 1) - month_begin(month));
}

/* Is `n`, of 1 to `length`, in a list whose negative numbers count from the end? */
static bool is_listed(const int *list, size_t n_list, int n, int length)
{
	for (size_t i = 0; i < n_list; i++)
		if (list[i] == n || list[i] == n - length - 1)
			return true;
	return false;
}

/* A week is of the year that has four days or more of it. */
static int week_number(const struct rrule *r, int64_t day, int *ret_year)
{
	int64_t fourth = week_begin(r, day) + 3;
	struct civil c;

	civil_of(fourth, &c);
	*ret_year = c.year;
	return (int)((fourth - day_of(c.year, 1, 1)) / WEEK) + 1;
}

static bool week_passes(const struct rrule *r, int64_t day)
{
	int year, other, n = week_number(r, day, &year);

	/* The 28th is in December's last week that counts, wherever weeks begin. */
	return is_listed(r->weeks, r->n_weeks, n, week_number(r, day_of(year, 12, 28), &other));
}

static bool weekday_passes(const struct rrule *r, const struct day *d)
{
	bool in_month = r->freq == RRULE_MONTHLY || r->months;
	int at = in_month ? d->c.day : d->year_day;
	int length = in_month ? d->month_length : d->year_length;

	for (size_t i = 0; i < r->n_days; i++) {
		int number = r->days[i].number;

		if (r->days[i].weekday != d->c.weekday)
			continue;
		if (!number || number == (at - 1) / WEEK + 1 ||
			number == -((length - at) / WEEK + 1))
			return true;
	}
	return false;
}

static bool day_passes(const struct rrule *r, int64_t day)
{
	struct day d;

	describe(day, &d);
	if (r->months && !(r->months & 1u << d.c.month))
		return false;
	if (r->n_month_days && !is_listed(r->month_days, r->n_month_days, d.c.day, d.month_length))
		return false;
	if (r->n_year_days && !is_listed(r->year_days, r->n_year_days, d.year_day, d.year_length))
		return false;
	if (r->n_weeks && !week_passes(r, day))
		return false;
	return !r->n_days || weekday_passes(r, &d);
}

/* ---- The walk ---- */

static int rising(const void *a, const void *b)
{
	size_t x = *(const size_t *)a, y = *(const size_t *)b;

	return (x > y) - (x < y);
}

/* Which of the period's n times BYSETPOS picks. */
static void pick(struct rrule_walk *w, size_t n)
{
	const struct rrule *r = w->rule;
	size_t kept = 0;

	w->n_picks = 0;
	for (size_t i = 0; i < r->n_positions; i++) {
		int64_t p = r->positions[i];
		int64_t at = p > 0 ? p - 1 : (int64_t)n + p;

		if (at >= 0 && at < (int64_t)n)
			w->picks[w->n_picks++] = (size_t)at;
	}
	qsort(w->picks, w->n_picks, sizeof(w->picks[0]), rising);
	for (size_t i = 0; i < w->n_picks; i++)
		if (!i || w->picks[i] != w->picks[i - 1])
			w->picks[kept++] = w->picks[i];
	w->n_picks = kept;
}

static void load_period(struct rrule_walk *w)
{
	const struct rrule *r = w->rule;
	int64_t end = period_begin(r, w->period + 1);

	w->n_days = w->at = 0;
	for (int64_t day = period_begin(r, w->period); day < end; day++)
		if (day_passes(r, day))
			w->days[w->n_days++] = day;
	if (r->n_positions)
		pick(w, w->n_days * r->n_times);
}

void rrule_walk(const struct rrule *r, int64_t from, int64_t to, struct rrule_walk *ret)
{
	int64_t first = period_of(r, floor_div(r->anchor, DAY)), period = first;

	*ret = (struct rrule_walk){.rule = r, .from = from, .to = to};
	if (r->until_kind == UNTIL_LOCAL && to > r->until)
		ret->to = r->until + 1;
	if (from > r->anchor && !r->count) {
		period = period_of(r, floor_div(from, DAY));
		period -= (period - first) % r->interval;
	}
	ret->period = period;
	if (period_begin(r, period) * DAY < ret->to)
		load_period(ret);
}

bool rrule_step(struct rrule_walk *w, int64_t *ret_local)
{
	const struct rrule *r = w->rule;

	while (!r->count || w->taken < r->count) {
		size_t n = r->n_positions ? w->n_picks : w->n_days * r->n_times;

		if (w->at == n) {
			w->period += r->interval;
			if (period_begin(r, w->period) * DAY >= w->to)
				return false;
			load_period(w);
			continue;
		}
		size_t i = r->n_positions ? w->picks[w->at] : w->at;
		int64_t local = w->days[i / r->n_times] * DAY + r->times[i % r->n_times];

		w->at++;
		if (local < r->anchor)
			continue;
		if (local >= w->to)
			return false;
		w->taken++;
		if (local < w->from)
			continue;
		*ret_local = local;
		return true;
	}
	return false;
}

/* ---- The period ---- */

static int64_t unit_length(const struct rrule *r)
{
	switch (r->freq) {
	case RRULE_DAILY:
		return r->n_days ? WEEK : r->n_month_days ? 31 : 1;
	case RRULE_WEEKLY:
		return WEEK;
	case RRULE_MONTHLY:
		return 31;
	default:
		return RRULE_YEAR_DAYS;
	}
}

int64_t rrule_period(const struct rrule *r)
{
	const int64_t unit = unit_length(r) * DAY * r->interval;
	int64_t shortest = INT64_MAX, longest = 0, last, local;
	struct rrule_walk w;

	rrule_walk(r, r->anchor, r->anchor + (int64_t)PERIOD_YEARS * RRULE_YEAR_DAYS * DAY, &w);
	if (!rrule_step(&w, &last))
		return unit;
	for (int i = 0; i < PERIOD_SAMPLES && rrule_step(&w, &local); i++) {
		int64_t distance = local - last;

		shortest = distance < shortest ? distance : shortest;
		longest = distance > longest ? distance : longest;
		last = local;
	}
	if (!longest)
		return unit;
	if (shortest > unit)
		return shortest;
	return longest < unit ? longest : unit;
}
