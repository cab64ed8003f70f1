/* SPDX-License-Identifier: Apache-2.0
 *
 * What might be, asked outside the writer: it reads and changes nothing. Any thread, on a reader of
 * its own.
 */
#ifndef ENGINE_EXPLAIN_H
#define ENGINE_EXPLAIN_H

#include "engine/snapshot.h"
#include "model/promotability.h"

/* All that keeps a merge from being promoted, or an artifact from being merged, and the earliest time
 * of a promotion. 1, 0 (there is no such thing), -1. */
int merge_promotability(struct engine *e, struct db *reader, const struct snapshot *s,
	const char *version, int64_t now, struct arena *a, struct promotability *ret,
	struct err *err);
int artifact_promotability(struct db *reader, const struct snapshot *s, const char *provider,
	const char *id, int64_t now, struct arena *a, struct promotability *ret, struct err *err);

/* Judge the newest verdict of each candidate once more under a draft, as of `now`, newest candidate
 * first, `limit` of them from before `after` (0: all). ERR_INVALID_POLICY with faults that point into
 * the request when the draft is none. */
int policy_simulate(struct db *reader, const struct simulation_request *r, int64_t now,
	int64_t after, int64_t limit, struct arena *a, struct simulation *ret,
	struct faults *faults, struct err *err);

/* The newest `limit` candidates of a slot, with the numbers of their newest verdicts (evidence pooled
 * in), dominated ones marked. 1, 0 (the policy has no such slot), -1. */
int slot_tradeoffs(struct db *reader, const struct snapshot *s, const char *slot, int64_t limit,
	struct arena *a, struct tradeoffs *ret, struct err *err);

#endif
