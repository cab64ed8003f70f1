/* SPDX-License-Identifier: Apache-2.0
 *
 * The table of a distillation's run.
 */
#include "model/distillation.h"

#include "model/format.h"
#include "model/phase.h"

#define F(name_, type_, ...)                                                     \
	{                                                                        \
#name_, type_, offsetof(struct distillation, name_), __VA_ARGS__ \
	}
static const struct field fields[] = {
	F(id, FIELD_INT, FIELD_REQUIRED),
	F(release, FIELD_STRING, FIELD_REQUIRED, .help = "whose trigger fired"),
	F(phase, FIELD_ENUM, FIELD_REQUIRED, .names = &phase_names,
		.help = "Running until what it made has come; Failed also when nothing came; "
			"Inconclusive: no connector runs it"),
	F(provider, FIELD_STRING, 0, .help = "whose connector runs it"),
	F(token, FIELD_STRING, FIELD_REQUIRED,
		.help = "by which the provider knows that it was asked before"),
	F(job, FIELD_STRING, 0, .min = 1, .max = 2048, .help = "the provider's name of the run"),
	F(reason, FIELD_STRING, 0, .min = 1, .max = 4096,
		.help = "why it is not further, or how it failed"),
	F(teacher, FIELD_STRING, 0),
	F(student, FIELD_STRING, 0),
	F(candidate, FIELD_STRING, 0, .help = "the artifact that came of it"),
	F(due_at, FIELD_TIME, FIELD_REQUIRED),
	F(started_at, FIELD_TIME, 0),
	F(stopped_at, FIELD_TIME, 0, .help = "took too long: its provider was told to stop it"),
	F(finished_at, FIELD_TIME, 0, .help = "its run"),
	F(awaited_until, FIELD_TIME, 0, .help = "for its candidate"),
	F(settled_at, FIELD_TIME, 0, .help = "nothing more will change"),
	F(acknowledged_at, FIELD_TIME, 0, .help = "somebody knows that it failed"),
	F(plan, FIELD_JSON, FIELD_REQUIRED, .help = "teacher, student, plan and what was measured"),
};
#undef F
const struct field_table distillation_table =
	FIELD_TABLE("Distillation", "A distillation that fell due.", struct distillation, fields);
