/* SPDX-License-Identifier: Apache-2.0
 *
 * Which unit goes into which slot: the core of a merge, and of the offline `spiralfed fuse`. Pure.
 */
#ifndef POLICY_SELECTION_H
#define POLICY_SELECTION_H

#include "model/artifact.h"
#include "model/gate.h"
#include "model/policy.h"

/* A candidate with its verdict against the slot's baseline. */
struct contender {
	const struct unit *unit; /* may be NULL when it is only ranked */
	const char *id;
	int64_t number; /* the N of its id */
	int phase;	/* enum phase */
	double score;
	const char *held_by;		   /* the breached release that quarantined it, or NULL */
	const struct judgement *judgement; /* may be NULL when it is only ranked */
	int64_t seq;			   /* the caller's handle */
};

/* The best of those that Succeeded and are not held: highest score, then higher number, then higher
 * seq; a NAN score ranks last. NULL: none. */
const struct contender *selection_best(const struct contender *c, size_t n);

/* The one that came nearest, of one at least: by phase, then as the best is found; held ones come last. */
const struct contender *selection_nearest(const struct contender *c, size_t n);

/* Why a slot has nothing (better), one sentence: names how many candidates there are and, for the
 * nearest of them, which is all that needs its judgement here, which gate failed and by how much. */
const char *selection_explain(const struct policy_slot *slot, const struct contender *c, size_t n,
	bool has_active_unit, struct arena *a);

#endif
