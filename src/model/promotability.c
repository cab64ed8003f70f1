/* SPDX-License-Identifier: Apache-2.0
 *
 * Tables of the answers about what might be.
 */
#include "model/promotability.h"

#include "model/format.h"
#include "model/phase.h"

#define F(name_, type_, ...)                                                \
	{                                                                   \
#name_, type_, offsetof(struct blocker, name_), __VA_ARGS__ \
	}
static const struct field blocker_fields[] = {
	F(code, FIELD_STRING, FIELD_REQUIRED, .help = "of the problem that a promotion would get"),
	F(item, FIELD_STRING, 0, .help = "of the checklist"),
	F(slot, FIELD_STRING, 0),
	F(id, FIELD_STRING, 0, .format = &format_artifact_id),
	F(gate, FIELD_ENUM, 0, .names = &gate_names),
	F(check, FIELD_STRING, 0, .help = "the metric or suite"),
	F(reason, FIELD_STRING, 0, .help = "a stable word"),
	F(detail, FIELD_STRING, FIELD_REQUIRED, .min = 1, .max = 65536),
	F(value, FIELD_REAL, 0),
	F(baseline, FIELD_REAL, 0),
	F(limit, FIELD_REAL, 0),
	F(short_by, FIELD_REAL, 0, .help = "how much is missing to pass"),
	F(n, FIELD_INT, 0),
	F(n_needed, FIELD_INT, 0, .help = "samples that would decide"),
	F(since, FIELD_TIME, 0, .help = "when it came, where that is known"),
	F(until, FIELD_TIME, 0, .help = "when it goes by itself"),
	F(needs, FIELD_STRING, 0, .min = 1, .max = 65536,
		.help = "what has to come, where time alone is not enough"),
	F(overridable, FIELD_BOOL, 0, .help = "`override` in a promotion passes it"),
};
#undef F
const struct field_table blocker_table =
	FIELD_TABLE("Blocker", "One thing that stands in the way.", struct blocker, blocker_fields);

#define F(name_, type_, ...)                                                 \
	{                                                                    \
#name_, type_, offsetof(struct at_merge, name_), __VA_ARGS__ \
	}
static const struct field at_merge_fields[] = {
	F(competing, FIELD_INT, FIELD_REQUIRED,
		.help = "candidates that compete for the slot now, this one among them"),
	F(alpha, FIELD_REAL, 0, .help = "of one test: the policy's over looks and competitors"),
	F(phase, FIELD_ENUM, FIELD_REQUIRED, .names = &phase_names),
	F(passes, FIELD_BOOL, FIELD_REQUIRED),
	F(detail, FIELD_STRING, 0, .min = 1, .max = 65536),
};
#undef F
static const struct field_table at_merge_table = FIELD_TABLE("AtMerge",
	"The candidate judged as a merge would now: with alpha split over all that compete for its "
	"slot.",
	struct at_merge, at_merge_fields);

#define F(name_, type_, ...)                                                      \
	{                                                                         \
#name_, type_, offsetof(struct promotability, name_), __VA_ARGS__ \
	}
static const struct field promotability_fields[] = {
	F(merge, FIELD_STRING, 0),
	F(artifact, FIELD_STRING, 0),
	F(state, FIELD_STRING, FIELD_REQUIRED),
	F(promotable, FIELD_BOOL, FIELD_REQUIRED),
	F(earliest, FIELD_TIME, FIELD_EMIT_NULL,
		.help = "earliest time of a promotion; null: what `needs` names has to come first"),
	F(needs, FIELD_STRINGS, FIELD_EMIT_EMPTY, .help = "what has to come, each once"),
	F(blockers, FIELD_LIST, FIELD_EMIT_EMPTY, .min = 0, .max = 1024, .table = &blocker_table),
	F(at_merge, FIELD_OBJECT, 0, .table = &at_merge_table),
};
#undef F
const struct field_table promotability_table =
	FIELD_TABLE("Promotability", "All that stands in the way, in the order in which it is met.",
		struct promotability, promotability_fields);

static const struct field request_fields[] = {
	{"policy", FIELD_JSON, offsetof(struct simulation_request, policy), FIELD_REQUIRED,
		.help = "the draft, as PUT /v1/policy takes it"},
	{"since", FIELD_TIME, offsetof(struct simulation_request, since), 0,
		.help = "only candidates received since"},
};
const struct field_table simulation_request_table =
	FIELD_TABLE("SimulationRequest", NULL, struct simulation_request, request_fields);

static const struct field gate_flip_fields[] = {
	{"gate", FIELD_ENUM, offsetof(struct gate_flip, gate), FIELD_REQUIRED,
		.names = &gate_names},
	{"from", FIELD_ENUM, offsetof(struct gate_flip, from), FIELD_REQUIRED,
		.names = &verdict_names},
	{"to", FIELD_ENUM, offsetof(struct gate_flip, to), FIELD_REQUIRED, .names = &verdict_names},
	{"reason", FIELD_STRING, offsetof(struct gate_flip, reason), 0},
	{"detail", FIELD_STRING, offsetof(struct gate_flip, detail), 0, .min = 1, .max = 65536},
};
static const struct field_table gate_flip_table = FIELD_TABLE(
	"GateFlip", "A gate that would say something else.", struct gate_flip, gate_flip_fields);

static const struct field flip_fields[] = {
	{"provider", FIELD_STRING, offsetof(struct flip, provider), FIELD_REQUIRED},
	{"id", FIELD_STRING, offsetof(struct flip, id), FIELD_REQUIRED},
	{"slot", FIELD_STRING, offsetof(struct flip, slot), 0},
	{"judgement", FIELD_STRING, offsetof(struct flip, judgement), 0, .format = &format_digest,
		.help = "the stored one that was made again"},
	{"from", FIELD_ENUM, offsetof(struct flip, from), FIELD_REQUIRED, .names = &phase_names},
	{"to", FIELD_ENUM, offsetof(struct flip, to), FIELD_REQUIRED, .names = &phase_names},
	{"gates", FIELD_LIST, offsetof(struct flip, gates), FIELD_EMIT_EMPTY,
		.table = &gate_flip_table},
	{"detail", FIELD_STRING, offsetof(struct flip, detail), 0, .min = 1, .max = 1 << 20,
		.help = "which gates turn and why, in one sentence"},
};
static const struct field_table flip_table =
	FIELD_TABLE("Flip", "A verdict that the draft turns.", struct flip, flip_fields);

static const struct field simulation_fields[] = {
	{"policy_digest", FIELD_STRING, offsetof(struct simulation, policy_digest), FIELD_REQUIRED,
		.format = &format_digest, .help = "of the draft"},
	{"judged", FIELD_INT, offsetof(struct simulation, judged), FIELD_ZERO},
	{"skipped", FIELD_INT, offsetof(struct simulation, skipped), FIELD_ZERO,
		.help = "whose last verdict was made by older rules"},
	{"flips", FIELD_LIST, offsetof(struct simulation, flips), FIELD_EMIT_EMPTY, .min = 0,
		.max = 1000, .table = &flip_table},
	{"next_page_token", FIELD_STRING, offsetof(struct simulation, next_page_token), 0},
};
const struct field_table simulation_table = FIELD_TABLE("Simulation",
	"Verdicts that a draft of the policy would turn.", struct simulation, simulation_fields);

#define F(name_, type_, ...)                                                 \
	{                                                                    \
#name_, type_, offsetof(struct tradeoff, name_), __VA_ARGS__ \
	}
static const struct field tradeoff_fields[] = {
	F(provider, FIELD_STRING, FIELD_REQUIRED),
	F(id, FIELD_STRING, FIELD_REQUIRED, .format = &format_artifact_id),
	F(phase, FIELD_ENUM, FIELD_REQUIRED, .names = &phase_names),
	F(quality, FIELD_REAL, 0, .help = "the first success metric of the policy that it gives"),
	F(cost_per_1k_tokens, FIELD_REAL, 0),
	F(latency_ms_p95, FIELD_REAL, 0),
	F(dominated, FIELD_BOOL, FIELD_REQUIRED),
	F(dominated_by, FIELD_STRING, 0, .format = &format_artifact_id),
};
#undef F
static const struct field_table tradeoff_table = FIELD_TABLE("Tradeoff",
	"A candidate by what it gives and what it takes.", struct tradeoff, tradeoff_fields);

static const struct field tradeoffs_fields[] = {
	{"slot", FIELD_STRING, offsetof(struct tradeoffs, slot), FIELD_REQUIRED},
	{"candidates", FIELD_LIST, offsetof(struct tradeoffs, candidates), FIELD_EMIT_EMPTY,
		.min = 0, .max = 1000, .table = &tradeoff_table},
};
const struct field_table tradeoffs_table = FIELD_TABLE("Tradeoffs",
	"The newest candidates of a slot, those marked that another beats in everything.",
	struct tradeoffs, tradeoffs_fields);
