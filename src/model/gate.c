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
	F(evidence, FIELD_STRING, 0, .help = "point: bare numbers; samples: a test"),
	F(against, FIELD_STRING, 0, .help = "anchor; absent: the baseline, or nothing"),
	F(n, FIELD_INT, 0, .help = "of the smaller side, after clustering"),
	F(n_needed, FIELD_INT, 0, .help = "would decide, if what was seen is the truth"),
	F(events, FIELD_INT, 0, .help = "violations and errors, or samples over the limit"),
	F(pooled, FIELD_INT, 0, .help = "units whose numbers are in it"),
	F(left_out, FIELD_INT, 0, .help = "units that gave it, too, but measured otherwise"),
	F(d, FIELD_REAL, 0, .help = "improvement over the baseline"),
	F(ci_lo, FIELD_REAL, 0),
	F(ci_hi, FIELD_REAL, 0),
	F(p, FIELD_REAL, 0, .help = "one-sided, of what the detail says"),
	F(p_adjusted, FIELD_REAL, 0, .help = "by Holm, over the metrics of the gate"),
	F(margin, FIELD_REAL, 0, .help = "loss that d was tested against"),
	F(pointer, FIELD_STRING, 0, .min = 0, .max = 4096, .help = "of a change of the contract"),
	F(direction, FIELD_STRING, 0, .help = "request, response or document"),
	F(level, FIELD_STRING, 0, .help = "version step that the change forces"),
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
	{"waived", FIELD_BOOL, offsetof(struct gate_result, waived), 0,
		.help = "passes only by the waiver"},
	{"waiver", FIELD_STRING, offsetof(struct gate_result, waiver), 0, .help = "its id"},
	{"judged", FIELD_ENUM, offsetof(struct gate_result, judged), 0, .names = &verdict_names,
		.help = "the verdict without the waiver"},
	{"checks", FIELD_LIST, offsetof(struct gate_result, checks), FIELD_EMIT_EMPTY, .min = 0,
		.max = 1024, .table = &gate_check_table},
};
const struct field_table gate_result_table =
	FIELD_TABLE("GateResult", "What one gate said.", struct gate_result, result_fields);

#define F(name_, type_, ...)                                                  \
	{                                                                     \
#name_, type_, offsetof(struct judgement, name_), __VA_ARGS__ \
	}
static const struct field judgement_fields[] = {
	F(phase, FIELD_ENUM, FIELD_REQUIRED, .names = &phase_names,
		.help = "the worst of the gates"),
	F(baseline, FIELD_STRING, FIELD_EMIT_NULL, .format = &format_artifact_id,
		.help = "artifact it was compared with"),
	F(baseline_digest, FIELD_STRING, 0, .format = &format_digest),
	F(policy_digest, FIELD_STRING, FIELD_REQUIRED, .format = &format_digest),
	F(anchor, FIELD_STRING, 0, .format = &format_artifact_id,
		.help = "unit of the old release that guards against drift"),
	F(anchor_digest, FIELD_STRING, 0, .format = &format_digest),
	F(suite, FIELD_STRING, 0, .format = &format_digest, .help = "the current canonical suite"),
	F(evidence, FIELD_STRINGS, 0, .min = 0, .max = 1024, .format = &format_digest,
		.help = "content digests of the artifacts about it that were counted in"),
	F(baseline_evidence, FIELD_STRINGS, 0, .min = 0, .max = 1024, .format = &format_digest),
	F(anchor_evidence, FIELD_STRINGS, 0, .min = 0, .max = 1024, .format = &format_digest),
	F(form, FIELD_STRING, 0, .help = "plain: bare numbers; full: numbers with their samples"),
	F(look, FIELD_INT, 0, .help = "which evaluation of the candidate on evidence this is"),
	F(max_looks, FIELD_INT, 0, .help = "how many there may be"),
	F(contenders, FIELD_INT, 0, .help = "candidates among which alpha is split"),
	F(alpha, FIELD_REAL, 0, .help = "of one test, after the splits"),
	F(contract_level, FIELD_STRING, 0, .help = "version step that the contract forces"),
	F(score, FIELD_REAL, 0, .help = "ranks those that pass"),
	F(gates, FIELD_LIST, FIELD_REQUIRED, .table = &gate_result_table),
};
#undef F
const struct field_table judgement_table = FIELD_TABLE("Judgement",
	"The verdict of the gates on one candidate.", struct judgement, judgement_fields);
