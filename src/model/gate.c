/* SPDX-License-Identifier: Apache-2.0
 *
 * Tables of judgements: what is stored of a verdict and served by .../gates.
 */
#include "model/gate.h"

#include "model/format.h"

#define F(name_, type_, ...)                                                   \
	{                                                                      \
#name_, type_, offsetof(struct gate_check, name_), __VA_ARGS__ \
	}
static const struct field check_fields[] = {
	F(name, FIELD_STRING, FIELD_REQUIRED, .help = "the metric or suite"),
	F(verdict, FIELD_ENUM, FIELD_REQUIRED, .names = &verdict_names),
	F(reason, FIELD_STRING, FIELD_REQUIRED, .help = "a stable word"),
	F(detail, FIELD_STRING, 0, .min = 1, .max = 4096, .help = "one sentence with the numbers"),
	F(value, FIELD_REAL, 0),
	F(baseline, FIELD_REAL, 0),
	F(limit, FIELD_REAL, 0),
	F(short_by, FIELD_REAL, 0, .help = "how much is missing to pass"),
	F(method, FIELD_STRING, 0, .help = "point, bootstrap, or a test's name"),
	F(n, FIELD_INT, 0),
	F(n_needed, FIELD_INT, 0),
	F(d, FIELD_REAL, 0, .help = "improvement over the baseline"),
	F(ci_lo, FIELD_REAL, 0),
	F(ci_hi, FIELD_REAL, 0),
	F(p, FIELD_REAL, 0),
};
#undef F
const struct field_table gate_check_table =
	FIELD_TABLE("GateCheck", "One comparison inside a gate.", struct gate_check, check_fields);

static const struct field result_fields[] = {
	{"gate", FIELD_ENUM, offsetof(struct gate_result, gate), FIELD_REQUIRED,
		.names = &gate_names},
	{"verdict", FIELD_ENUM, offsetof(struct gate_result, verdict), FIELD_REQUIRED,
		.names = &verdict_names, .help = "the worst of its checks"},
	{"reason", FIELD_STRING, offsetof(struct gate_result, reason), FIELD_REQUIRED,
		.help = "a stable word"},
	{"detail", FIELD_STRING, offsetof(struct gate_result, detail), 0, .min = 1, .max = 65536,
		.help = "for people, with the numbers"},
	{"checks", FIELD_LIST, offsetof(struct gate_result, checks), FIELD_EMIT_EMPTY,
		.table = &gate_check_table},
};
const struct field_table gate_result_table =
	FIELD_TABLE("GateResult", "What one gate said.", struct gate_result, result_fields);

static const struct field judgement_fields[] = {
	{"phase", FIELD_ENUM, offsetof(struct judgement, phase), FIELD_REQUIRED,
		.names = &phase_names, .help = "the worst of the gates"},
	{"baseline", FIELD_STRING, offsetof(struct judgement, baseline), FIELD_EMIT_NULL,
		.format = &format_artifact_id, .help = "artifact it was compared with"},
	{"baseline_digest", FIELD_STRING, offsetof(struct judgement, baseline_digest), 0,
		.format = &format_digest},
	{"policy_digest", FIELD_STRING, offsetof(struct judgement, policy_digest), FIELD_REQUIRED,
		.format = &format_digest},
	{"score", FIELD_REAL, offsetof(struct judgement, score), 0,
		.help = "ranks those that pass"},
	{"gates", FIELD_LIST, offsetof(struct judgement, gates), FIELD_REQUIRED,
		.table = &gate_result_table},
};
const struct field_table judgement_table = FIELD_TABLE("Judgement",
	"The verdict of the gates on one candidate.", struct judgement, judgement_fields);
