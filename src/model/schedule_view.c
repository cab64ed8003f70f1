/* SPDX-License-Identifier: Apache-2.0
 *
 * Tables of the calendar.
 */
#include "model/schedule_view.h"

#define M(type_, name_, ftype_, ...)                                       \
	{                                                                  \
#name_, ftype_, offsetof(struct type_, name_), __VA_ARGS__ \
	}

static const struct field window_fields[] = {
	M(schedule_window, duration, FIELD_STRING, FIELD_REQUIRED),
	M(schedule_window, open, FIELD_BOOL, FIELD_REQUIRED),
	M(schedule_window, opens, FIELD_TIME, FIELD_EMIT_NULL, .help = "or opened; null: never"),
	M(schedule_window, closes, FIELD_TIME, FIELD_EMIT_NULL),
	M(schedule_window, closed_by, FIELD_STRING, 0,
		.help = "the deny or freeze that ends it before its time"),
};
static const struct field_table window_table = FIELD_TABLE("ScheduleWindow",
	"The window that is open, or the next one.", struct schedule_window, window_fields);

static const struct field job_fields[] = {
	M(schedule_job, job, FIELD_ENUM, FIELD_REQUIRED, .names = &job_names),
	M(schedule_job, rrule, FIELD_STRING, 0,
		.help = "RFC 5545; absent when it runs only by hand"),
	M(schedule_job, tz, FIELD_STRING, 0),
	M(schedule_job, anchor, FIELD_STRING, 0),
	M(schedule_job, catch_up, FIELD_STRING, 0),
	M(schedule_job, last, FIELD_OBJECT, 0, .table = &job_run_table),
	M(schedule_job, running, FIELD_OBJECT, 0, .table = &job_run_table),
	M(schedule_job, next, FIELD_TIME, FIELD_EMIT_NULL,
		.help = "the next time that no deny holds; null: none is in sight"),
	M(schedule_job, window, FIELD_OBJECT, 0, .table = &window_table),
	M(schedule_job, held_by, FIELD_STRING, 0, .help = "the deny or freeze that holds it now"),
	M(schedule_job, held_until, FIELD_TIME, 0),
};
static const struct field_table job_table =
	FIELD_TABLE("ScheduleJob", "Where a job stands.", struct schedule_job, job_fields);

static const struct field view_fields[] = {
	M(schedule_view, policy_version, FIELD_INT, FIELD_ZERO),
	M(schedule_view, jobs, FIELD_LIST, FIELD_REQUIRED, .table = &job_table, .max = JOBS),
	M(schedule_view, freezes, FIELD_LIST, FIELD_EMIT_EMPTY, .table = &freeze_table, .max = 1000,
		.help = "those that hold, or are to come"),
};
const struct field_table schedule_view_table =
	FIELD_TABLE("Schedule", "The jobs and what holds them.", struct schedule_view, view_fields);

static const char *const kinds[] = {"run", "window", "deny", "freeze", "clock_change", NULL};
const struct field_names plan_kind_names = {"kind of an entry", kinds};

static const struct field entry_fields[] = {
	M(plan_entry, kind, FIELD_ENUM, FIELD_REQUIRED, .names = &plan_kind_names),
	M(plan_entry, at, FIELD_TIME, FIELD_REQUIRED),
	M(plan_entry, until, FIELD_TIME, 0),
	M(plan_entry, job, FIELD_ENUM, 0, .names = &job_names),
	M(plan_entry, name, FIELD_STRING, 0, .help = "of the deny, or the freeze"),
	M(plan_entry, local, FIELD_STRING, 0, .help = "the same in the rule's zone"),
	M(plan_entry, tz, FIELD_STRING, 0),
	M(plan_entry, held_by, FIELD_STRING, 0, .help = "it will not be: this holds it"),
	M(plan_entry, closed_by, FIELD_STRING, 0, .help = "what ends a window before its time"),
	M(plan_entry, note, FIELD_STRING, 0, .min = 1, .max = 4096),
};
static const struct field_table entry_table =
	FIELD_TABLE("ScheduleEntry", "Something of the calendar.", struct plan_entry, entry_fields);

static const struct field preview_fields[] = {
	M(schedule_preview, from, FIELD_TIME, FIELD_REQUIRED),
	M(schedule_preview, to, FIELD_TIME, FIELD_REQUIRED),
	M(schedule_preview, more, FIELD_BOOL, 0, .help = "it was cut at `to`: ask for fewer days"),
	M(schedule_preview, entries, FIELD_LIST, FIELD_EMIT_EMPTY, .table = &entry_table,
		.max = 100000),
};
const struct field_table schedule_preview_table = FIELD_TABLE("SchedulePreview",
	"What is to come: runs, windows, denies, freezes, changes of clocks.",
	struct schedule_preview, preview_fields);
