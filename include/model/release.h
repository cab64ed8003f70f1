/* SPDX-License-Identifier: Apache-2.0
 *
 * Documents that the engine makes: the fused release, the merge, the channel pointer, summaries.
 * They are emitted from these tables, stored, and served as stored.
 */
#ifndef MODEL_RELEASE_H
#define MODEL_RELEASE_H

#include "model/artifact.h"
#include "model/fusion.h"
#include "model/gate.h"
#include "model/lineage.h"

#define RELEASE_SCHEMA	   "spiralfed.release/v1"
#define FUSED_MODEL_PREFIX "spiralverse-ai-federated-v"

/* A unit in a merge or a release. */
struct fused_unit {
	const char *name; /* the slot, or the provider in `units` */
	const char *provider, *id, *role, *uri, *digest, *content_digest, *manifest;
	struct list metrics; /* MAP of struct metric */
	int fresh;	     /* 1: new against the baseline */
};

struct policy_ref {
	int64_t version;
	const char *digest;
};

/* The seed's `gates` key: the thresholds that applied. */
struct gate_limits {
	double min_quality, min_safety, max_latency_ms_p95, max_cost_per_1k_tokens;
};

/* A gate that the unit passes only by leave. */
struct decision_waiver {
	int gate; /* enum gate */
	const char *id;
	int judged; /* enum verdict, what it was without */
};

struct decision {
	const char *slot, *id, *judgement; /* digest of the judgement */
	const char *detail;
	int64_t competing;   /* candidates among which alpha was split; -1: it was not */
	struct list waivers; /* struct decision_waiver */
};
extern const struct field_table decision_table;

/* What is left of the fusion block when a provider is lost. */
struct plan_b {
	const char *name;   /* the provider */
	int verdict;	    /* enum verdict */
	const char *reason; /* unaffected, planned, no_plan_b */
	const char *detail;
	struct fusion *fusion; /* when planned */
};

struct merge_warning {
	const char *code, *detail;
};

struct release {
	const char *schema, *fused_model_id, *version;
	int64_t generated_at;
	struct strings providers; /* sorted */
	struct gate_limits *gates;
	struct list units;     /* MAP of struct fused_unit, keyed by provider: the required slots */
	struct list slots;     /* MAP of struct fused_unit, keyed by slot: all */
	struct fusion *fusion; /* resolved to digests */
	struct list plan_b;    /* MAP of struct plan_b */
	struct named_digest *contract, *eval_suite;
	const char *previous, *merge;
	struct policy_ref *policy;
	struct list decisions; /* struct decision */
};
extern const struct field_table release_table;

struct merge_slot {
	const char *name;   /* the slot */
	const char *reason; /* "best of 3 that pass" or "kept: nothing better" */
};

struct merge {
	const char *version, *release, *state;
	int phase;
	const char *baseline;
	int64_t serial;
	struct list units;     /* MAP of struct fused_unit, keyed by provider */
	struct list slots;     /* MAP of struct fused_unit, keyed by slot */
	struct fusion *fusion; /* resolved to digests; NULL: nothing is left of it */
	struct list plan_b;    /* MAP of struct plan_b */
	struct list gates;     /* struct gate_result, of the combination */
	struct list warnings;  /* struct merge_warning */
	struct egress *egress; /* what a promotion would move between clouds */
	struct list decisions;
	struct policy_ref *policy;
	const char *actor, *reason, *digest;
	int64_t created_at, updated_at;
};
extern const struct field_table merge_table;

struct channel {
	const char *channel; /* "stable" */
	int64_t serial;
	const char *version, *digest;
	struct strings warm; /* versions, most recently active first */
	int64_t updated_at;
};
extern const struct field_table channel_table;

struct release_summary {
	const char *version, *fused_model_id, *state, *digest, *previous, *merge;
	int64_t created_at, last_active_at, updated_at;
};
extern const struct field_table release_summary_table;

#endif
