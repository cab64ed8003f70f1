/* SPDX-License-Identifier: Apache-2.0
 *
 * The policy document: one versioned, immutable set of rules, validated as a whole.
 * etc/policy.json is its first version.
 */
#ifndef MODEL_POLICY_H
#define MODEL_POLICY_H

#include "base/digest.h"
#include "model/burn.h"
#include "model/checklist.h"
#include "model/field.h"
#include "model/fusion.h"
#include "model/keyless.h"
#include "model/schedule.h"

#define POLICY_SCHEMA "spiralfed.policy/v1"

/* Once parsed, every pointer to a block is set and every member named here holds its default:
 * slot: role = its name, required = true; quality: require any, metrics {quality: success, floor
 * 0.75} unless require is none; latency: p95_ms 250, cost ceiling 1.5 with margin_rel 0.05; safety:
 * floor 0.95, margin 0.01; its suites: required always; compatibility: allow compatible; alpha 0.05,
 * max_looks 3; score 0.45, 0.45, -0.0005, -0.1; slos: none, of those named what model/burn.h says, cost
 * over tokens limited by the gate's ceiling; rollback: warm 2, automatic, and burn_rules_defaults;
 * combination: the latency gate's limits, no_plan_b warn; fusion: policy_fusion_fill();
 * cadence: no job runs by itself. So a policy that says nothing is the strict one. */

struct policy_provider {
	const char *name, *facility;
	struct strings roles;
};

struct policy_slot {
	const char *name, *provider, *role; /* role: absent = the slot's name */
	int required;
};

enum metric_role { METRIC_GUARDRAIL, METRIC_SUCCESS };
enum metric_direction { DIRECTION_HIGHER, DIRECTION_LOWER };
enum metric_kind { KIND_PROPORTION, KIND_MEAN };
enum metric_objective { OBJECTIVE_NONINFERIOR, OBJECTIVE_SUPERIOR };
enum require { REQUIRE_ANY, REQUIRE_ALL, REQUIRE_NONE };
enum suite_required { SUITE_ALWAYS, SUITE_FULL, SUITE_NEVER };
enum contract_allow { ALLOW_IDENTICAL, ALLOW_COMPATIBLE };

extern const struct field_names metric_role_names, metric_direction_names, metric_kind_names,
	metric_objective_names, require_names, suite_required_names, contract_allow_names;

/* Keys and defaults of `default_policy` in vectors/gates.json; margins, floor and ceiling have no
 * default: absent is NAN. from_evidence, here and below: the unit roles for which the number comes with
 * an artifact about the unit, so that a candidate without it waits (Pending) and is not undecided. */
struct policy_metric {
	const char *name;
	struct strings unit_roles; /* empty: every role */
	int role, direction, kind, objective;
	double margin, margin_rel, alpha;
	int64_t min_n;
	double floor, ceiling;
	int allow_point;
	struct strings from_evidence;
};

struct policy_quality {
	int require;
	struct list metrics; /* MAP of struct policy_metric */
};
struct policy_limit {
	double ceiling, margin_rel;
};
struct policy_latency {
	double p95_ms;
	struct policy_limit *cost_per_1k_tokens;
	struct strings from_evidence;
};
/* A suite without max_rate must pass in full, and so must every suite of a plain manifest. */
struct policy_suite {
	const char *name;
	double max_rate;
	struct strings zero_tolerance;
	const char *digest;
	int64_t min_total;
	int required; /* enum suite_required */
	struct strings from_evidence;
};
struct policy_safety {
	double floor, margin;
	struct strings from_evidence;
	struct list suites; /* MAP of struct policy_suite */
};
struct policy_compatibility {
	const char *contract;
	int allow;
};
enum no_plan_b { NO_PLAN_B_WARN, NO_PLAN_B_REFUSE };
/* Of what a merge puts together: each way of a route as a whole, and the loss of a provider. */
struct policy_combination {
	double p95_ms, cost_per_1k_tokens;
	int no_plan_b; /* enum no_plan_b */
};
struct policy_gates {
	struct policy_quality *quality;
	struct policy_latency *latency;
	struct policy_safety *safety;
	struct policy_compatibility *compatibility;
	struct policy_combination *combination;
	double alpha;	   /* family-wise level of a gate, one-sided */
	int64_t max_looks; /* evaluations of one candidate, each at alpha / max_looks */
};

/* Ranks candidates that pass: quality*Q + safety*S + latency*p95 + cost*C. */
struct policy_score {
	double quality, safety, latency_ms_p95, cost_per_1k_tokens;
};

struct policy_rollback {
	int64_t warm;
	struct burn_rules rules; /* its slos are the policy's */
};

/* Evidence about what is not there yet. */
struct policy_evidence {
	int64_t hold_days; /* 14 when absent */
};

struct policy {
	const char *schema;
	struct list providers; /* MAP of struct policy_provider */
	struct list slots;     /* MAP of struct policy_slot */
	struct policy_gates *gates;
	struct policy_score *score;
	struct list slos; /* struct burn_slo */
	struct policy_rollback *rollback;
	struct policy_evidence *evidence;
	struct cadence *cadence; /* never NULL once parsed; its jobs may be */
	struct fusion *fusion;	 /* models are made of slots; never NULL once parsed */
	struct list checklist;	 /* struct policy_signoff */
	struct list keyless;	 /* struct policy_keyless */
	const char *soak; /* how old a merge must be before it is promoted; NULL: no matter */
	/* derived */
	int64_t soak_usec;
	int64_t version; /* 0 until stored */
	char digest[DIGEST_STRLEN];
};
extern const struct field_table policy_table;

/* Parse and validate as a whole (a slot's provider exists, its role is that provider's, ...). Sets
 * digest from the canonical form, which goes to *ret_canonical (in the arena). However the text orders
 * them, metrics of named roles come before those of all roles, then they and the suites go by name:
 * the first success metric that applies is the one that the score weighs. */
int policy_parse(const char *text, size_t len, struct arena *a, struct policy *ret,
	const char **ret_canonical, struct faults *faults, struct err *err);

/* Where the scale of a metric ends that is better high: its ceiling, else 1 for a proportion and where the
 * floor lies between 0 and 1, since whatever is on a longer scale passes that; INFINITY: nobody knows. */
double policy_metric_top(const struct policy_metric *m);

const struct policy_provider *policy_provider(const struct policy *p, const char *name);
bool policy_provider_has_role(const struct policy_provider *p, const char *role);
bool policy_has_role(const struct policy *p, const char *role); /* of any provider */
/* The slot that a unit of this provider and role fills, or NULL: it is evidence. */
const struct policy_slot *policy_slot_for(
	const struct policy *p, const char *provider, const char *role);
const struct policy_slot *policy_slot(const struct policy *p, const char *name);

/* For policy.c, once the defaults are filled in; fills in what counts by default in the quorum and in the
 * rules of a rollback, too. */
void policy_check_whole(
	struct policy *p, const char *pointer, struct arena *a, struct faults *faults);

/* For policy.c. Without fusion rules: every request goes to the slot of role textgen, on failure to that
 * of role runtime, as far as there are such; else to the required slot whose name comes first. */
void policy_fusion_fill(struct policy *p, struct arena *a);
/* For policy_check.c. */
void policy_fusion_check(const struct policy *p, const char *pointer, struct faults *faults);

/* etc/policy.json as built in. */
extern const char embed_policy_json[];
extern const size_t embed_policy_json_len;

#endif
