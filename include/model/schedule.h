/* SPDX-License-Identifier: Apache-2.0
 *
 * When things happen by themselves, as it stands in documents: rules, windows, the policy's cadence,
 * and freezes. Only the shape is checked here; whether a rule ever fires, its zone exists and its
 * window fits is policy/cadence.h's question.
 */
#ifndef MODEL_SCHEDULE_H
#define MODEL_SCHEDULE_H

#include "model/field.h"

enum job { JOB_INGEST, JOB_MERGE, JOB_PROMOTE, JOBS };
extern const struct field_names job_names;

/* `once`: after an outage only the newest missed instant is run; `skip`: none is. */
enum catch_up_mode { CATCH_UP_ONCE, CATCH_UP_SKIP };
extern const struct field_names catch_up_names;

/* An RFC 5545 rule over local times of a zone, or the short form: policy/schedule.h says which. */
struct schedule_rule {
	const char *rrule;
	const char *tz;	    /* IANA name; NULL: UTC, or the zone in the short form */
	const char *anchor; /* DTSTART, a local time without a zone; NULL: SCHEDULE_ANCHOR */
};

/* A provider that has to deliver for each ingest by its rule. */
struct quorum_provider {
	const char *name;
	const char *deadline;  /* the quorum's when absent */
	int required;	       /* without it there is no quorum */
	int64_t deadline_usec; /* derived */
};
/* How many of the providers must have delivered before a merge is made by itself. */
struct quorum {
	int64_t min;	       /* all of them when absent */
	const char *deadline;  /* from the start of the ingest; PT2H when absent */
	struct list providers; /* MAP of struct quorum_provider; all of the policy's when absent */
	int64_t deadline_usec; /* derived */
};

/* A job in the policy: the rule as a bare string, or an object. */
struct cadence_job {
	struct schedule_rule rule;
	int catch_up;		     /* once when absent */
	const char *grace, *max_age; /* PT5M and P1D when absent */
	struct quorum *quorum;	     /* of ingest alone; NULL: none is asked for */
	/* derived, defaults filled in */
	enum catch_up_mode mode;
	int64_t grace_usec, max_age_usec;
};

/* A period [start, start + duration) at each occurrence. */
struct cadence_window {
	struct schedule_rule rule;
	const char *duration;
	int64_t length; /* derived, usec */
};

/* A recurring Deny: while it lasts the jobs it names do not run. */
struct cadence_deny {
	const char *name;
	struct schedule_rule rule;
	const char *duration, *reason;
	struct strings jobs; /* empty: promote */
	/* derived */
	int64_t length;	   /* usec */
	unsigned job_mask; /* 1 << enum job */
};

/* Once parsed, derived members and defaults are set. A job that is NULL does not run by itself;
 * without `promote` there is no window that a promotion would have to wait for. */
struct cadence {
	struct cadence_job *ingest, *merge;
	struct cadence_window *promote;
	struct list deny; /* MAP of struct cadence_deny */
};
extern const struct field_table cadence_table;

/* A one-shot Deny [from, to). */
struct freeze {
	const char *id;
	int64_t from; /* absent in a request: from now on */
	int64_t to;
	struct strings jobs; /* empty: promote */
	const char *reason, *created_by;
	int64_t created_at;
	const char *ended_by; /* who lifted it; `to` is then when */
	/* derived */
	unsigned job_mask;
};
extern const struct field_table freeze_table;

#endif
