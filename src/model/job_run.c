/* SPDX-License-Identifier: Apache-2.0
 *
 * Tables of runs.
 */
#include "model/job_run.h"

#include "model/format.h"
#include "model/phase.h"

static const char *const outcomes[] = {"done", "nothing", "missed", "suppressed", "failed", NULL};
const struct field_names job_outcome_names = {"outcome of a run", outcomes};

#define F(name_, type_, ...)                                                \
	{                                                                   \
#name_, type_, offsetof(struct job_run, name_), __VA_ARGS__ \
	}
static const struct field job_run_fields[] = {
	F(id, FIELD_INT, 0, .help = "absent in a dry run"),
	F(job, FIELD_ENUM, FIELD_REQUIRED, .names = &job_names),
	F(scheduled_for, FIELD_TIME, 0, .help = "the rule's instant; absent when run by hand"),
	F(due, FIELD_TIME, FIELD_REQUIRED),
	F(started_at, FIELD_TIME, 0),
	F(finished_at, FIELD_TIME, 0),
	F(phase, FIELD_ENUM, FIELD_REQUIRED, .names = &phase_names),
	F(outcome, FIELD_ENUM, 0, .names = &job_outcome_names, .help = "once it is over"),
	F(result, FIELD_STRING, 0, .help = "path of what came of it"),
	F(decided, FIELD_STRING, 0, .min = 1, .max = 65536, .help = "what was done"),
	F(reason, FIELD_STRING, 0, .min = 1, .max = 65536,
		.help = "why nothing was done, or not yet"),
	F(detail, FIELD_JSON, 0, .help = "the job's own record of it"),
	F(actor, FIELD_STRING, FIELD_REQUIRED),
	F(asked, FIELD_STRING, 0, .help = "the reason of whoever had it run by hand"),
};
#undef F
const struct field_table job_run_table = FIELD_TABLE(
	"JobRun", "A run of a job, or why it was none.", struct job_run, job_run_fields);

static const struct field run_request_fields[] = {
	{"reason", FIELD_STRING, offsetof(struct run_request, reason), 0, .min = 1, .max = 1000,
		.format = &format_line, .help = "kept in the history"},
	{"dry_run", FIELD_BOOL, offsetof(struct run_request, dry_run), 0,
		.help = "answer what would be, and change nothing; ?dry_run, too"},
};
const struct field_table run_request_table =
	FIELD_TABLE("RunRequest", NULL, struct run_request, run_request_fields);
