/* SPDX-License-Identifier: Apache-2.0
 *
 * Tables of the cadence and of freezes.
 */
#include "model/schedule.h"

#include "base/clock.h"
#include "base/duration.h"
#include "model/format.h"

enum { POINTER_MAX = 160, RRULE_MAX = 512, TZ_MAX = 64, DENIES_MAX = 32 };

static const char *const jobs[] = {"ingest", "merge", "promote", NULL};
const struct field_names job_names = {"job", jobs};
static const char *const catch_ups[] = {"once", "skip", NULL};
const struct field_names catch_up_names = {"way to catch up", catch_ups};

#define RULE(type)                                                                               \
	{"rrule", FIELD_STRING, offsetof(struct type, rule.rrule), FIELD_REQUIRED, .min = 1,     \
		.max = RRULE_MAX, .format = &format_line,                                        \
		.help = "RFC 5545, such as FREQ=WEEKLY;BYDAY=TU,FR;BYHOUR=9;BYMINUTE=0; or "     \
			"short, such as Tue,Fri 09:00 America/New_York"},                        \
		{"tz", FIELD_STRING, offsetof(struct type, rule.tz), 0, .min = 1, .max = TZ_MAX, \
			.format = &format_line, .help = "IANA time zone; UTC when absent"},      \
	{                                                                                        \
		"anchor", FIELD_STRING, offsetof(struct type, rule.anchor), 0,                   \
			.min = 1, .max = TZ_MAX, .format = &format_line,                         \
			.help = "the rule's first local time, such as 2025-01-06T09:00:00; "     \
				"INTERVAL and COUNT count from it"                               \
	}
#define DURATION(type, member, flags_, help_)                                      \
	{                                                                          \
#member, FIELD_STRING, offsetof(struct type, member), flags_,      \
			.min = 1, .max = 64, .format = &format_line, .help = help_ \
	}

/* Adds a fault when the text is no duration; NULL leaves *ret as it is. */
static void check_duration(const char *text, const char *pointer, const char *name, int64_t *ret,
	struct faults *faults)
{
	char at[POINTER_MAX];
	const char *why;

	if (!text || !duration_parse(text, ret, &why))
		return;
	pointer_join(at, sizeof(at), pointer, name);
	fault_add(faults, at, "\"%s\" %s", text, why);
}

static unsigned check_jobs(const struct strings *s, const char *pointer, struct faults *faults)
{
	char at[POINTER_MAX];
	unsigned mask = 0;

	for (size_t i = 0; i < s->n; i++) {
		int job = names_find(&job_names, s->v[i]);

		if (job >= 0 && !(mask & 1u << job)) {
			mask |= 1u << job;
			continue;
		}
		pointer_join(at, sizeof(at), pointer, "jobs");
		pointer_index(at, sizeof(at), at, i);
		fault_add(faults, at,
			job < 0 ? "\"%s\" is no job: ingest, merge or promote"
				: "\"%s\" stands there twice",
			s->v[i]);
	}
	return s->n ? mask : 1u << JOB_PROMOTE;
}

/* ---- The quorum of an ingest ---- */

static const struct field quorum_provider_fields[] = {
	DURATION(quorum_provider, deadline, 0, "the quorum's when absent"),
	{"required", FIELD_BOOL, offsetof(struct quorum_provider, required), 0,
		.help = "without it there is no quorum; false when absent"},
};

static void quorum_provider_check(
	void *obj, const char *pointer, struct arena *a, struct faults *faults)
{
	struct quorum_provider *q = obj;

	q->required = q->required > 0;
	q->deadline_usec = 0;
	check_duration(q->deadline, pointer, "deadline", &q->deadline_usec, faults);
}

static const struct field_table quorum_provider_table =
	FIELD_TABLE("QuorumProvider", "A provider that has to deliver.", struct quorum_provider,
		quorum_provider_fields, .check = quorum_provider_check);

static const struct field quorum_fields[] = {
	{"min", FIELD_INT, offsetof(struct quorum, min), 0, .min = 1, .max = 32,
		.help = "how many must have delivered; all of them when absent"},
	DURATION(quorum, deadline, 0,
		"from the start of the ingest, for every provider that says no other; PT2H when "
		"absent"),
	{"providers", FIELD_MAP, offsetof(struct quorum, providers), 0, .min = 1, .max = 32,
		.table = &quorum_provider_table, .format = &format_provider,
		.help = "those that count; all of the policy's when absent"},
};

static void quorum_check(void *obj, const char *pointer, struct arena *a, struct faults *faults)
{
	struct quorum *q = obj;

	q->deadline_usec = 2 * 3600 * USEC_PER_SEC;
	check_duration(q->deadline, pointer, "deadline", &q->deadline_usec, faults);
	for (size_t i = 0; i < q->providers.n; i++) {
		struct quorum_provider *o = LIST_AT(&q->providers, struct quorum_provider, i);

		if (!o->deadline)
			o->deadline_usec = q->deadline_usec;
	}
}

static const struct field_table quorum_table =
	FIELD_TABLE("IngestQuorum", "Who must have delivered before a merge is made by itself.",
		struct quorum, quorum_fields, .check = quorum_check);

/* ---- Jobs ---- */

#define JOB                                                                                        \
	RULE(cadence_job),                                                                         \
		{"catch_up", FIELD_ENUM, offsetof(struct cadence_job, catch_up), 0,                \
			.names = &catch_up_names,                                                  \
			.help = "once (when absent): after an outage the newest missed run "       \
				"is made up for; skip: none"},                                     \
		DURATION(cadence_job, grace, 0, "a run this late still counts; PT5M when absent"), \
		DURATION(cadence_job, max_age, 0,                                                  \
			"a missed run older than this is not made up for; P1D when absent")
static const struct field job_fields[] = {JOB};
static const struct field ingest_fields[] = {
	JOB,
	{"quorum", FIELD_OBJECT, offsetof(struct cadence_job, quorum), 0, .table = &quorum_table,
		.help = "who must have delivered before a merge is made by itself; nobody when "
			"absent"},
};

static void job_check(void *obj, const char *pointer, struct arena *a, struct faults *faults)
{
	struct cadence_job *j = obj;

	j->mode = j->catch_up < 0 ? CATCH_UP_ONCE : (enum catch_up_mode)j->catch_up;
	j->grace_usec = 300 * USEC_PER_SEC;
	j->max_age_usec = 86400 * USEC_PER_SEC;
	check_duration(j->grace, pointer, "grace", &j->grace_usec, faults);
	check_duration(j->max_age, pointer, "max_age", &j->max_age_usec, faults);
}

static const struct field_table job_table = FIELD_TABLE("CadenceJob", "When a job runs by itself.",
	struct cadence_job, job_fields, .scalar = "rrule", .check = job_check);
static const struct field_table ingest_table =
	FIELD_TABLE("CadenceIngest", "When the ingest runs by itself, and who has to deliver.",
		struct cadence_job, ingest_fields, .scalar = "rrule", .check = job_check);

static const struct field window_fields[] = {
	RULE(cadence_window),
	DURATION(cadence_window, duration, FIELD_REQUIRED,
		"elapsed time from each opening, such as PT4H"),
};

static void window_check(void *obj, const char *pointer, struct arena *a, struct faults *faults)
{
	struct cadence_window *w = obj;

	check_duration(w->duration, pointer, "duration", &w->length, faults);
}

static const struct field_table window_table =
	FIELD_TABLE("CadenceWindow", "When merges may be promoted.", struct cadence_window,
		window_fields, .check = window_check);

static const struct field deny_fields[] = {
	RULE(cadence_deny),
	DURATION(cadence_deny, duration, FIELD_REQUIRED,
		"elapsed time from each start, such as P2D"),
	{"jobs", FIELD_STRINGS, offsetof(struct cadence_deny, jobs), 0, .min = 1, .max = JOBS,
		.help = "what it holds: ingest, merge, promote; promote when absent"},
	{"reason", FIELD_STRING, offsetof(struct cadence_deny, reason), 0, .min = 1, .max = 1000,
		.format = &format_line},
};

static void deny_check(void *obj, const char *pointer, struct arena *a, struct faults *faults)
{
	struct cadence_deny *d = obj;

	check_duration(d->duration, pointer, "duration", &d->length, faults);
	d->job_mask = check_jobs(&d->jobs, pointer, faults);
}

static const struct field_table deny_table =
	FIELD_TABLE("CadenceDeny", "When jobs may not run. A Deny wins over a window.",
		struct cadence_deny, deny_fields, .check = deny_check);

static const struct field cadence_fields[] = {
	{"ingest", FIELD_OBJECT, offsetof(struct cadence, ingest), 0, .table = &ingest_table,
		.help = "pulls what pipelines published; only by hand when absent"},
	{"merge", FIELD_OBJECT, offsetof(struct cadence, merge), 0, .table = &job_table,
		.help = "fuses the best units; only by hand when absent"},
	{"promote", FIELD_OBJECT, offsetof(struct cadence, promote), 0, .table = &window_table,
		.help = "the window of promotions; by hand and at any time when absent"},
	{"deny", FIELD_MAP, offsetof(struct cadence, deny), 0, .min = 0, .max = DENIES_MAX,
		.table = &deny_table, .format = &format_name},
};
const struct field_table cadence_table = FIELD_TABLE(
	"Cadence", "When ingest, merge and promotion run.", struct cadence, cadence_fields);

#define F(name_, type_, ...)                                               \
	{                                                                  \
#name_, type_, offsetof(struct freeze, name_), __VA_ARGS__ \
	}
static const struct field freeze_fields[] = {
	F(id, FIELD_STRING, FIELD_READ_ONLY, .help = "of the freeze"),
	F(from, FIELD_TIME, 0, .help = "from now on when absent"),
	F(to, FIELD_TIME, FIELD_REQUIRED, .help = "the first moment after it"),
	F(jobs, FIELD_STRINGS, 0, .min = 1, .max = JOBS,
		.help = "what it holds: ingest, merge, promote; promote when absent"),
	F(reason, FIELD_STRING, FIELD_REQUIRED, .min = 1, .max = 1000, .format = &format_line,
		.help = "kept in the history"),
	F(created_by, FIELD_STRING, 0, .min = 1, .max = 128, .format = &format_line,
		.help = "only without authentication, and then needed; else the token is it"),
	F(created_at, FIELD_TIME, FIELD_READ_ONLY),
	F(ended_by, FIELD_STRING, FIELD_READ_ONLY, .help = "who lifted it before its time"),
};
#undef F

static void freeze_table_check(
	void *obj, const char *pointer, struct arena *a, struct faults *faults)
{
	struct freeze *f = obj;
	char at[POINTER_MAX], from[TIME_STRLEN], to[TIME_STRLEN];

	f->job_mask = check_jobs(&f->jobs, pointer, faults);
	if (!f->from || f->from < f->to)
		return;
	pointer_join(at, sizeof(at), pointer, "to");
	if (f->from == f->to)
		fault_add(faults, at,
			"is `from`: a freeze lasts from `from` up to, not "
			"including, `to`, so this one would hold nothing");
	else
		fault_add(faults, at,
			"the freeze ends (%s) before it starts (%s); are the two exchanged?",
			time_format(f->to, to), time_format(f->from, from));
}

const struct field_table freeze_table =
	FIELD_TABLE("Freeze", "A period in which jobs do not run, for a reason.", struct freeze,
		freeze_fields, .check = freeze_table_check);
