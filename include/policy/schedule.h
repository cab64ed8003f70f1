/* SPDX-License-Identifier: Apache-2.0
 *
 * Calendar rules: when a job runs, when a window is open, what an outage missed. Pure: the time is
 * an argument; instants and lengths are usec. A schedule is immutable once compiled: any number of
 * threads may ask it at once.
 *
 * A rule repeats local times of a zone. Each becomes an instant the "compatible" way: a time that the
 * clocks skip is taken later by the length of the gap, of a time that comes twice the first is taken;
 * two local times that become one instant are one occurrence; order is that of instants.
 *
 * A rule is RFC 5545 text (policy/rrule.h) or the short form:
 *
 *	short   = days SP times [SP zone]           "Tue,Fri 09:00 America/New_York"
 *	days    = "daily" | "weekdays" | "weekends" | range *("," range)
 *	range   = day ["-" day]                     "Mon-Thu,Sat"; "Fri-Mon" goes over Sunday
 *	day     = "Mon" ... "Sun", or in full; case does not matter
 *	times   = HH:MM *("," HH:MM)                24 hours; several share their minutes
 *	zone    = IANA name; may stand in `tz` instead; UTC when it stands nowhere
 *
 * A rule without an anchor begins on SCHEDULE_ANCHOR, a Monday; one that counts from its anchor
 * (INTERVAL, COUNT) must have one.
 */
#ifndef POLICY_SCHEDULE_H
#define POLICY_SCHEDULE_H

#include <stdbool.h>

#include "model/schedule.h"
#include "policy/zone.h"

#define SCHEDULE_ANCHOR "2001-01-01T00:00:00"

enum {
	/* How far a search for the next or the previous occurrence goes: beyond the rarest date, the
	 * 29th of February on one weekday, which can be 40 years apart. What lies further is
	 * "never". */
	SCHEDULE_HORIZON_YEARS = 50,
	/* How far back an outage is looked through for missed runs. */
	SCHEDULE_LOOKBACK_DAYS = 366
};

/* At start, before there are threads: see zone_setup(). */
void schedule_setup(void);

struct schedule;

/* Compile a rule; it lives in the arena and copies what it needs. NULL with faults below `pointer`
 * (/rrule, /tz, /anchor) when it is none. Whether it ever fires is schedule_check_fires(). */
const struct schedule *schedule_compile(const struct schedule_rule *rule, const char *pointer,
	struct arena *a, struct faults *faults);

const char *schedule_rrule(const struct schedule *s); /* RFC 5545, the short form written out */
const struct zone *schedule_zone(const struct schedule *s);

/* Adds a fault at pointer/rrule unless the rule has an occurrence after `after`, within
 * SCHEDULE_HORIZON_YEARS of it or of the anchor when that is later. */
int schedule_check_fires(
	const struct schedule *s, int64_t after, const char *pointer, struct faults *faults);

/* The next one strictly after an instant, the latest one at or before it; 0 when there is none. */
int64_t schedule_next(const struct schedule *s, int64_t after);
int64_t schedule_previous(const struct schedule *s, int64_t at);

/* An occurrence with what a preview shows of it. */
struct occurrence {
	int64_t at;
	int offset;	      /* seconds east of UTC */
	enum local_kind kind; /* moved by a gap, or the first of two */
};
/* Those in [from, to), at most `cap`, oldest first; returns how many. *ret_more (NULL: not wanted)
 * says whether there are others. */
size_t schedule_range(const struct schedule *s, int64_t from, int64_t to, struct occurrence *out,
	size_t cap, bool *ret_more);

/* All in (from, now], however many, oldest first; in the arena. */
size_t schedule_due(const struct schedule *s, int64_t from, int64_t now, struct arena *a,
	const struct occurrence **ret);

/* Up to where what an outage missed is looked for. */
int64_t schedule_earliest(int64_t now);

/* ---- Windows and denies ---- */

/* A Deny: each [start, start + length) of a rule, or without a rule just [from, to). */
struct deny {
	const char *name, *reason;
	const struct schedule *schedule; /* NULL: one-shot */
	int64_t length;
	int64_t from, to;
	unsigned job_mask; /* 1 << enum job; functions here do not look at it: see deny_for_job() */
};

/* Those that hold this job, as a list of its own in the arena. */
const struct deny *deny_for_job(
	const struct deny *all, size_t n, enum job job, struct arena *a, size_t *ret_n);

/* "the deny month-end (the books are closed)", for a sentence; a freeze by its id. */
const char *deny_words(const struct deny *d, struct arena *a);

/* The deny that holds at `at`, or NULL; *ret_until (NULL: not wanted) is when the last one of those
 * that follow on each other without a gap ends, 0 when that is not in sight. */
const struct deny *deny_at(const struct deny *list, size_t n, int64_t at, int64_t *ret_until);

enum window_close { CLOSE_ITS_TIME, CLOSE_DENY };

/* A window at an instant. Overlapping ones count one by one: the earliest that is still open is it. */
struct window_state {
	bool open;
	int64_t opened; /* the start of that occurrence, also when it is still to come; 0: none */
	int64_t next_open; /* `now` while open; 0: not in sight */
	int64_t closes;	   /* of now's or the next one */
	enum window_close why;
	const struct deny *closed_by; /* the deny that ends it early */
	const struct deny *held_by;   /* the deny that holds at `now`, whether or not in a window */
};
void window_at(const struct schedule *s, int64_t length, const struct deny *denies, size_t n,
	int64_t now, struct window_state *ret);

/* ---- Catching up ---- */

struct catch_up_rule {
	enum catch_up_mode mode;
	int64_t grace, max_age;
};

struct catch_up {
	int64_t run;	       /* the instant to run for now; 0: none */
	const int64_t *missed; /* due, and never to be run; oldest first */
	size_t n_missed;
	const int64_t *suppressed; /* due while a deny held them */
	size_t n_suppressed;
	int64_t handled; /* what is settled now: hand it in as `last` next time */
	bool cut; /* the outage was longer than SCHEDULE_LOOKBACK_DAYS; older ones are not listed */
};

/* What is due in (last, now]. `last` is the newest instant that was settled before (run, missed or
 * suppressed), 0 on the first start, which catches up nothing. Lists are in the arena. */
void schedule_catch_up(const struct schedule *s, const struct catch_up_rule *rule,
	const struct deny *denies, size_t n, int64_t last, int64_t now, struct arena *a,
	struct catch_up *ret);

/* The next after an instant that no deny holds; 0: none in sight. Costs a search where denies hold many. */
int64_t schedule_next_free(
	const struct schedule *s, const struct deny *denies, size_t n, int64_t after);

#endif
