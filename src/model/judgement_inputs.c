/* SPDX-License-Identifier: Apache-2.0
 *
 * Tables of what a judgement was made from.
 */
#include "model/judgement_inputs.h"

#include "model/format.h"
#include "model/phase.h"

static const struct field suite_fields[] = {
	{"name", FIELD_STRING, offsetof(struct input_suite, name), FIELD_REQUIRED,
		.format = &format_name},
	{"version", FIELD_STRING, offsetof(struct input_suite, version), FIELD_REQUIRED,
		.format = &format_name},
	{"content", FIELD_STRING, offsetof(struct input_suite, content), FIELD_REQUIRED,
		.format = &format_digest, .help = "of its definition"},
};
static const struct field_table suite_table =
	FIELD_TABLE("InputSuite", "The suite that was current.", struct input_suite, suite_fields);

static const struct field waiver_fields[] = {
	{"gate", FIELD_ENUM, offsetof(struct input_waiver, gate), FIELD_REQUIRED,
		.names = &gate_names},
	{"id", FIELD_STRING, offsetof(struct input_waiver, id), FIELD_REQUIRED},
};
static const struct field_table waiver_table = FIELD_TABLE(
	"InputWaiver", "A waiver that was in force.", struct input_waiver, waiver_fields);

#define F(name_, type_, ...)                                                         \
	{                                                                            \
#name_, type_, offsetof(struct judgement_inputs, name_), __VA_ARGS__ \
	}
static const struct field inputs_fields[] = {
	F(judge, FIELD_INT, 0, .help = "version of the rules"),
	F(artifact, FIELD_STRING, FIELD_REQUIRED, .format = &format_digest),
	F(evidence, FIELD_STRINGS, FIELD_EMIT_EMPTY, .min = 0, .max = 1024,
		.format = &format_digest),
	F(baseline, FIELD_STRING, FIELD_EMIT_NULL, .format = &format_digest),
	F(baseline_evidence, FIELD_STRINGS, 0, .min = 0, .max = 1024, .format = &format_digest),
	F(anchor, FIELD_STRING, 0, .format = &format_digest),
	F(anchor_evidence, FIELD_STRINGS, 0, .min = 0, .max = 1024, .format = &format_digest),
	F(policy, FIELD_STRING, FIELD_REQUIRED, .format = &format_digest),
	F(suite, FIELD_OBJECT, 0, .table = &suite_table),
	F(contract, FIELD_STRING, 0, .format = &format_digest),
	F(baseline_contract, FIELD_STRING, 0, .format = &format_digest),
	F(waivers, FIELD_LIST, 0, .table = &waiver_table),
	F(look, FIELD_INT, 0),
	F(contenders, FIELD_INT, 0),
};
#undef F
const struct field_table judgement_inputs_table = FIELD_TABLE("JudgementInputs",
	"What a judgement was made from, by digest.", struct judgement_inputs, inputs_fields);
