/* SPDX-License-Identifier: Apache-2.0
 *
 * Recurrence rules (RFC 5545 section 3.3.10) over local times without a zone, from once a day to once
 * in years. Pure.
 *
 * Why not libical's iterator: 3.0.16 was measured to take the wrong weeks of an INTERVAL when the
 * anchor is none of BYDAY's days, to apply BYSETPOS to days and not to times (and not at all to days
 * and weeks), to give times in the order in which BYHOUR lists them, to keep BYMONTHDAY of a YEARLY
 * rule to the anchor's month, to take a week of the next year for week 53, and to need up to 35 s to
 * find that a rule never fires, without a way to stop it. Where none of that matters the tests hold
 * this module to it.
 *
 * Local times are seconds from 1970-01-01T00:00:00 of a clock without a zone.
 */
#ifndef POLICY_RRULE_H
#define POLICY_RRULE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum rrule_freq { RRULE_DAILY, RRULE_WEEKLY, RRULE_MONTHLY, RRULE_YEARLY };

enum {
	RRULE_TIMES_MAX = 96, /* of a day: each quarter of an hour */
	RRULE_COUNT_MAX = 10000,
	RRULE_INTERVAL_MAX = 1000,
	RRULE_LIST_MAX = 64,
	RRULE_YEAR_DAYS = 366,
	RRULE_WHY_MAX = 200
};

enum until_kind { UNTIL_NONE, UNTIL_LOCAL, UNTIL_INSTANT };

struct rrule_day {
	int number;  /* 0: each one; 2: the second; -1: the last */
	int weekday; /* 0 = Sunday */
};

struct rrule {
	enum rrule_freq freq;
	int interval, week_start; /* 0 = Sunday */
	int64_t count;		  /* 0: no end by number */
	enum until_kind until_kind;
	int64_t until; /* the last one possible: local seconds, or an instant's usec */
	int64_t anchor;
	unsigned months; /* bit 1 to 12; 0: all */
	int month_days[RRULE_LIST_MAX], year_days[RRULE_LIST_MAX], weeks[RRULE_LIST_MAX];
	int positions[RRULE_LIST_MAX];
	struct rrule_day days[RRULE_LIST_MAX];
	size_t n_month_days, n_year_days, n_weeks, n_positions, n_days;
	int times[RRULE_TIMES_MAX]; /* seconds of a day, rising */
	size_t n_times;
	bool needs_anchor; /* it counts from the anchor: INTERVAL or COUNT */
};

/* Read "FREQ=WEEKLY;BYDAY=TU,FR;BYHOUR=9;BYMINUTE=0", strictly: case does not matter, "RRULE:" may
 * stand in front. What the rule leaves out comes from the anchor, as in the RFC. Returns 0, or -1
 * and one sentence in `why`. */
int rrule_parse(const char *text, int64_t anchor, struct rrule *ret, char why[RRULE_WHY_MAX]);

/* Walks the rule's local times in rising order, without repetition; not its UNTIL when that is an
 * instant, which only a zone can compare. */
struct rrule_walk {
	const struct rrule *rule;
	int64_t from, to, period, taken;
	int64_t days[RRULE_YEAR_DAYS];
	size_t picks[RRULE_LIST_MAX];
	size_t n_days, n_picks, at;
};

/* Those in [from, to). A walk costs what lies between: when the rule has a COUNT, what lies between
 * its anchor and there. */
void rrule_walk(const struct rrule *r, int64_t from, int64_t to, struct rrule_walk *ret);
bool rrule_step(struct rrule_walk *w, int64_t *ret_local);

/* The rule's period: how far apart its openings are meant to be, in seconds, as local time goes: the
 * greatest distance of two in a row, or the FREQ's when single ones are left out (no December). */
int64_t rrule_period(const struct rrule *r);

/* A local time "2025-01-06T09:00:00" or "20250106T090000"; returns -1 when it is none. */
int local_parse(const char *s, int64_t *ret_local);

#endif
