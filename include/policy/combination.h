/* SPDX-License-Identifier: Apache-2.0
 *
 * Units that go together: the policy's fusion rules resolved to them, whether they fit each other,
 * whether each way of a route keeps the limits as a whole, and what is left when a provider is lost.
 * Pure; any thread.
 *
 * Of a way: a model takes as long and costs as much as the worse of its artifact and its adapter; the
 * members of an ensemble are asked at the same time, at most until its timeout, and each costs; what a
 * label opens comes on top; of fallbacks, branches and labels the worst counts. A way of one model alone
 * was judged with its unit, and is looked at again only when the combination's limit is the tighter one.
 */
#ifndef POLICY_COMBINATION_H
#define POLICY_COMBINATION_H

#include "model/gate.h"
#include "model/policy.h"
#include "model/release.h"

/* A slot that is filled. */
struct combined_unit {
	const char *slot;
	const struct unit *unit;		   /* content_digest set */
	double latency_ms_p95, cost_per_1k_tokens; /* NAN: not measured */
};

struct combination {
	const struct policy *policy;
	const struct combined_unit *units;
	size_t n;
};

struct combination_result {
	struct fusion *fusion;		    /* NULL: the rules do not survive the empty slots */
	struct list plans;		    /* MAP of struct plan_b: each provider with a unit */
	struct list warnings;		    /* struct merge_warning */
	struct list latency, compatibility; /* struct gate_check, for the gates of the merge */
};

/* Everything in the arena or in the arguments. */
void combination_judge(
	const struct combination *c, struct arena *a, struct combination_result *ret);

/* The digest of the rules, whatever the slots hold. */
const char *combination_rules(const struct policy *p, struct arena *a);

#endif
