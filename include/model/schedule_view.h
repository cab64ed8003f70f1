/* SPDX-License-Identifier: Apache-2.0
 *
 * The calendar as it is shown: where each job stands, and what is to come.
 */
#ifndef MODEL_SCHEDULE_VIEW_H
#define MODEL_SCHEDULE_VIEW_H

#include "model/job_run.h"

/* The window of promotions: the one that is open, or the next. */
struct schedule_window {
	const char *duration;
	int open;
	int64_t opens;	       /* when it opened, or will */
	int64_t closes;	       /* its time, or a deny that begins before */
	const char *closed_by; /* that deny */
};

struct schedule_job {
	int job;
	const char *rrule, *tz, *anchor; /* NULL: no rule, it runs by hand */
	const char *catch_up;
	struct job_run *last; /* NULL: none yet */
	struct job_run *running;
	int64_t next; /* 0: none in sight */
	struct schedule_window *window;
	const char *held_by; /* the deny that holds it now */
	int64_t held_until;  /* 0: not in sight */
};

struct schedule_view {
	int64_t policy_version;
	struct list jobs;    /* struct schedule_job */
	struct list freezes; /* struct freeze, those that hold or are to come */
};
extern const struct field_table schedule_view_table;

enum plan_kind { PLAN_RUN, PLAN_WINDOW, PLAN_DENY, PLAN_FREEZE, PLAN_CLOCK };
extern const struct field_names plan_kind_names;

/* Something of the calendar. */
struct plan_entry {
	int kind;
	int64_t at, until; /* until 0: a moment */
	int job;	   /* of a run or a window; -1 */
	const char *name;  /* of a deny, a freeze, a zone */
	const char *local; /* `at` in the rule's zone, with its offset */
	const char *tz;
	const char *held_by;   /* a deny holds it: it will not be */
	const char *closed_by; /* of a window: the deny that ends it before its time */
	const char *note;
};

struct schedule_preview {
	int64_t from, to; /* to: less than asked for when there is more than is shown */
	int more;
	struct list entries; /* struct plan_entry, by time */
};
extern const struct field_table schedule_preview_table;

#endif
