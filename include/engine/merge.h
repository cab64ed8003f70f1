/* SPDX-License-Identifier: Apache-2.0
 *
 * What others do with merges. Only in apply.
 */
#ifndef ENGINE_MERGE_H
#define ENGINE_MERGE_H

#include "engine/fsm.h"
#include "engine/tx.h"
#include "model/release.h"
#include "store/merge.h"

enum merge_event { MERGE_EVENT_PROMOTE, MERGE_EVENT_SUPERSEDE, MERGE_EVENTS };

/* One row of merge_fsm.def, or NULL: not possible. */
const struct fsm_step *merge_step(int from, enum merge_event event);

/* Change the state of a merge by merge_fsm.def; the one way to do it. */
int merge_move(struct tx *tx, const struct merge_row *m, enum merge_event event, const char *reason,
	struct err *err);

/* A merge that a registry held before comes back, promoted, as its release comes; `row` is without its
 * state, and updated_at is when that was. */
int merge_restore(struct tx *tx, struct merge_row *row, struct err *err);

/* Supersede the open merge that holds this artifact, if there is one. */
int merge_supersede_with(struct tx *tx, int64_t artifact_seq, const char *reason, struct err *err);

/* The stored content of a merge, with the state that it is in. */
int merge_load(const struct merge_row *m, struct arena *a, struct merge *ret, struct err *err);

/* The version that a merge would get now, or NULL and why there is nothing to merge. */
int merge_foresee(struct db *reader, const struct snapshot *s, int64_t now, struct arena *a,
	const char **ret_version, const char **ret_why, struct err *err);

#endif
