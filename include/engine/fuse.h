/* SPDX-License-Identifier: Apache-2.0
 *
 * Which unit goes into which slot of the next merge, read from the registry; the choice itself is
 * policy/selection.h's. On the ops thread.
 *
 * Many candidates are many chances: alpha is split over those that compete for the slot at that
 * moment, each is judged once more with its share, and only one that passes so is chosen. Its own
 * verdict stays what it was. Those compete that pass, and those that came since the channel moved last
 * and are undecided; what failed, waits or is held does not, nor does an undecided one that was there
 * when the present release was chosen.
 */
#ifndef ENGINE_FUSE_H
#define ENGINE_FUSE_H

#include "engine/common_contract.h"
#include "engine/snapshot.h"
#include "engine/verdict.h"
#include "policy/combination.h"
#include "policy/selection.h"
#include "store/artifact.h"

struct fuse_slot {
	const struct policy_slot *slot;
	bool filled;
	const struct artifact_row *best; /* the fresh unit, NULL: kept or none */
	const struct unit *parsed;	 /* of the unit that fills it */
	int64_t artifact_seq;
	struct fused_unit unit;
	struct judgement judgement;   /* of the fresh unit, with alpha split */
	const char *judgement_digest; /* NULL for a kept one */
	const char *reason;	      /* why this one, or why none: one sentence */
	int64_t competing;	      /* candidates among which alpha was split */
	/* Made for this merge, to be stored with it. */
	struct split_verdict {
		int64_t artifact_seq;
		struct verdict_record record;
	} * splits;
	size_t n_splits;
};

struct fuse {
	struct fuse_slot *slots; /* one for each slot of the policy */
	size_t n, fresh;
	bool complete; /* each required slot is filled */
	struct common_contract contract;
	struct combination_result combined; /* when it is complete */
	struct egress egress;		    /* likewise */
};

/* Choose for each slot; what is read and made is in the arena. 0, -1. */
int fuse_choose(struct db *reader, const struct snapshot *s, int64_t now, struct arena *a,
	struct fuse *ret, struct err *err);

/* How many candidates of a slot pass, and how many compete, among whom a merge would split alpha. */
int fuse_competing(struct db *reader, const struct snapshot *s, int slot, struct arena *a,
	int64_t *ret_passing, int64_t *ret_competing, struct err *err);

/* Fill in units, slots, gates, phase and decisions of a merge. */
void fuse_fill(
	const struct fuse *f, const struct snapshot *s, struct arena *a, struct merge *merge);

/* Fill in version and release: above every release ever made, and the next rc of it. */
int fuse_version(struct db *reader, const struct snapshot *s, const struct fuse *f, struct arena *a,
	struct merge *merge, struct err *err);

#endif
