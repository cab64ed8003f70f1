/* SPDX-License-Identifier: Apache-2.0
 *
 * Tables of the documents that the engine makes: release, merge, channel, and their summaries.
 */
#include "model/release.h"

#include "model/format.h"

static const struct field fused_unit_fields[] = {
#define F(name_, type_, ...)                                                   \
	{                                                                      \
#name_, type_, offsetof(struct fused_unit, name_), __VA_ARGS__ \
	}
	F(provider, FIELD_STRING, FIELD_REQUIRED, .format = &format_provider),
	F(id, FIELD_STRING, FIELD_REQUIRED, .format = &format_artifact_id),
	F(role, FIELD_STRING, FIELD_REQUIRED, .format = &format_name),
	F(uri, FIELD_STRING, FIELD_REQUIRED, .min = 1, .max = 2048, .format = &format_uri),
	F(digest, FIELD_STRING, 0, .format = &format_digest, .help = "of the artifact's bytes"),
	F(content_digest, FIELD_STRING, 0, .format = &format_digest,
		.help = "of the unit as it was judged"),
	F(manifest, FIELD_STRING, 0, .format = &format_digest, .help = "that it came in"),
	F(metrics, FIELD_MAP, 0, .table = &metric_table),
	F(fresh, FIELD_BOOL, 0, .help = "new against the baseline"),
#undef F
};
static const struct field_table fused_unit_table = FIELD_TABLE(
	"FusedUnit", "A unit in a merge or a release.", struct fused_unit, fused_unit_fields);

static const struct field policy_ref_fields[] = {
	{"version", FIELD_INT, offsetof(struct policy_ref, version), FIELD_REQUIRED},
	{"digest", FIELD_STRING, offsetof(struct policy_ref, digest), FIELD_REQUIRED,
		.format = &format_digest},
};
static const struct field_table policy_ref_table =
	FIELD_TABLE("PolicyRef", "The policy that decided.", struct policy_ref, policy_ref_fields);

static const struct field limit_fields[] = {
	{"min_quality", FIELD_REAL, offsetof(struct gate_limits, min_quality), 0},
	{"min_safety", FIELD_REAL, offsetof(struct gate_limits, min_safety), 0},
	{"max_latency_ms_p95", FIELD_REAL, offsetof(struct gate_limits, max_latency_ms_p95), 0},
	{"max_cost_per_1k_tokens", FIELD_REAL, offsetof(struct gate_limits, max_cost_per_1k_tokens),
		0},
};
static const struct field_table gate_limits_table =
	FIELD_TABLE("GateLimits", "The thresholds that applied.", struct gate_limits, limit_fields);

static const struct field decision_waiver_fields[] = {
	{"gate", FIELD_ENUM, offsetof(struct decision_waiver, gate), FIELD_REQUIRED,
		.names = &gate_names},
	{"id", FIELD_STRING, offsetof(struct decision_waiver, id), FIELD_REQUIRED},
	{"judged", FIELD_ENUM, offsetof(struct decision_waiver, judged), 0, .names = &verdict_names,
		.help = "the verdict without it"},
};
static const struct field_table decision_waiver_table =
	FIELD_TABLE("DecisionWaiver", "A gate that the unit passes only by leave.",
		struct decision_waiver, decision_waiver_fields);

static const struct field decision_fields[] = {
	{"slot", FIELD_STRING, offsetof(struct decision, slot), FIELD_REQUIRED},
	{"id", FIELD_STRING, offsetof(struct decision, id), 0, .format = &format_artifact_id},
	{"judgement", FIELD_STRING, offsetof(struct decision, judgement), 0,
		.format = &format_digest},
	{"detail", FIELD_STRING, offsetof(struct decision, detail), 0, .min = 1, .max = 65536},
	{"competing", FIELD_INT, offsetof(struct decision, competing), 0,
		.help = "candidates among which alpha was split"},
	{"waivers", FIELD_LIST, offsetof(struct decision, waivers), 0,
		.table = &decision_waiver_table},
};
const struct field_table decision_table = FIELD_TABLE(
	"Decision", "Why a slot holds what it holds.", struct decision, decision_fields);

static const struct field plan_b_fields[] = {
	{"verdict", FIELD_ENUM, offsetof(struct plan_b, verdict), FIELD_REQUIRED,
		.names = &verdict_names},
	{"reason", FIELD_STRING, offsetof(struct plan_b, reason), FIELD_REQUIRED,
		.help = "unaffected, planned or no_plan_b"},
	{"detail", FIELD_STRING, offsetof(struct plan_b, detail), 0, .min = 1, .max = 65536},
	{"fusion", FIELD_OBJECT, offsetof(struct plan_b, fusion), 0, .table = &fusion_table,
		.help = "what takes the place of the release's, when planned"},
};
static const struct field_table plan_b_table =
	FIELD_TABLE("PlanB", "When a provider is lost.", struct plan_b, plan_b_fields);

static const struct field warning_fields[] = {
	{"code", FIELD_STRING, offsetof(struct merge_warning, code), FIELD_REQUIRED,
		.help = "a stable word"},
	{"detail", FIELD_STRING, offsetof(struct merge_warning, detail), 0, .min = 1, .max = 65536},
};
static const struct field_table warning_table = FIELD_TABLE("MergeWarning",
	"What a person should know before it is promoted.", struct merge_warning, warning_fields);

static const struct field release_fields[] = {
#define F(name_, type_, ...)                                                \
	{                                                                   \
#name_, type_, offsetof(struct release, name_), __VA_ARGS__ \
	}
	F(schema, FIELD_STRING, FIELD_REQUIRED),
	F(fused_model_id, FIELD_STRING, FIELD_REQUIRED),
	F(version, FIELD_STRING, FIELD_REQUIRED, .format = &format_version),
	F(generated_at, FIELD_TIME, FIELD_REQUIRED),
	F(providers, FIELD_STRINGS, FIELD_REQUIRED, .help = "sorted"),
	F(gates, FIELD_OBJECT, 0, .table = &gate_limits_table),
	F(units, FIELD_MAP, FIELD_REQUIRED, .table = &fused_unit_table,
		.help = "the required slots, by provider"),
	F(slots, FIELD_MAP, FIELD_REQUIRED, .table = &fused_unit_table, .help = "all, by slot"),
	F(fusion, FIELD_OBJECT, 0, .table = &fusion_table,
		.help = "which model answers which request, resolved to digests"),
	F(plan_b, FIELD_MAP, 0, .max = 32, .table = &plan_b_table,
		.help = "for each provider, what holds when it is lost"),
	F(contract, FIELD_OBJECT, 0, .table = &contract_ref_table),
	F(eval_suite, FIELD_OBJECT, 0, .table = &eval_suite_table),
	F(previous, FIELD_STRING, FIELD_EMIT_NULL, .format = &format_version),
	F(merge, FIELD_STRING, 0, .format = &format_merge),
	F(policy, FIELD_OBJECT, 0, .table = &policy_ref_table),
	F(decisions, FIELD_LIST, 0, .table = &decision_table),
#undef F
};
const struct field_table release_table = FIELD_TABLE("Release",
	"A promoted merge: immutable, the same bytes for ever.", struct release, release_fields);

static const struct field merge_fields[] = {
#define F(name_, type_, ...)                                              \
	{                                                                 \
#name_, type_, offsetof(struct merge, name_), __VA_ARGS__ \
	}
	F(version, FIELD_STRING, FIELD_REQUIRED, .format = &format_merge),
	F(release, FIELD_STRING, FIELD_REQUIRED, .format = &format_version,
		.help = "the version it becomes when promoted"),
	F(state, FIELD_STRING, FIELD_REQUIRED, .help = "open, superseded or promoted"),
	F(phase, FIELD_ENUM, FIELD_REQUIRED, .names = &phase_names),
	F(baseline, FIELD_STRING, FIELD_EMIT_NULL, .format = &format_version,
		.help = "the release it was made against"),
	F(serial, FIELD_INT, FIELD_ZERO, .help = "of the channel then"),
	F(units, FIELD_MAP, FIELD_EMIT_EMPTY, .table = &fused_unit_table),
	F(slots, FIELD_MAP, FIELD_EMIT_EMPTY, .table = &fused_unit_table),
	F(fusion, FIELD_OBJECT, 0, .table = &fusion_table,
		.help = "which model answers which request, resolved to digests"),
	F(plan_b, FIELD_MAP, 0, .max = 32, .table = &plan_b_table,
		.help = "for each provider, what holds when it is lost"),
	F(gates, FIELD_LIST, FIELD_EMIT_EMPTY, .table = &gate_result_table,
		.help = "of the combination"),
	F(warnings, FIELD_LIST, FIELD_EMIT_EMPTY, .table = &warning_table),
	F(egress, FIELD_OBJECT, 0, .table = &egress_table,
		.help = "what it would move from one cloud to another, beyond the live release"),
	F(decisions, FIELD_LIST, 0, .table = &decision_table),
	F(policy, FIELD_OBJECT, 0, .table = &policy_ref_table),
	F(actor, FIELD_STRING, 0),
	F(reason, FIELD_STRING, 0),
	F(digest, FIELD_STRING, 0, .format = &format_digest),
	F(created_at, FIELD_TIME, 0),
	F(updated_at, FIELD_TIME, 0),
#undef F
};
const struct field_table merge_table = FIELD_TABLE(
	"Merge", "A fused candidate: one unit for each slot.", struct merge, merge_fields);

static const struct field channel_fields[] = {
	{"channel", FIELD_STRING, offsetof(struct channel, channel), FIELD_REQUIRED},
	{"serial", FIELD_INT, offsetof(struct channel, serial), FIELD_REQUIRED,
		.help = "only rises"},
	{"version", FIELD_STRING, offsetof(struct channel, version), FIELD_REQUIRED,
		.format = &format_version},
	{"digest", FIELD_STRING, offsetof(struct channel, digest), FIELD_REQUIRED,
		.format = &format_digest, .help = "of the release's body"},
	{"warm", FIELD_STRINGS, offsetof(struct channel, warm), FIELD_EMIT_EMPTY,
		.format = &format_version, .help = "most recently active first"},
	{"updated_at", FIELD_TIME, offsetof(struct channel, updated_at), FIELD_REQUIRED},
};
const struct field_table channel_table =
	FIELD_TABLE("Channel", "The pointer that nodes follow.", struct channel, channel_fields);

static const struct field summary_fields[] = {
#define F(name_, type_, ...)                                                        \
	{                                                                           \
#name_, type_, offsetof(struct release_summary, name_), __VA_ARGS__ \
	}
	F(version, FIELD_STRING, FIELD_REQUIRED, .format = &format_version),
	F(fused_model_id, FIELD_STRING, FIELD_REQUIRED),
	F(state, FIELD_STRING, FIELD_REQUIRED, .help = "active, warm, retired or breached"),
	F(digest, FIELD_STRING, FIELD_REQUIRED, .format = &format_digest),
	F(previous, FIELD_STRING, FIELD_EMIT_NULL, .format = &format_version),
	F(merge, FIELD_STRING, 0, .format = &format_merge),
	F(created_at, FIELD_TIME, 0),
	F(last_active_at, FIELD_TIME, 0),
	F(updated_at, FIELD_TIME, 0),
#undef F
};
const struct field_table release_summary_table = FIELD_TABLE("ReleaseSummary",
	"A release in a list, with its present state.", struct release_summary, summary_fields);
