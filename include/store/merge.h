/* SPDX-License-Identifier: Apache-2.0
 *
 * Merges: the immutable row, its units, and the state that moves.
 */
#ifndef STORE_MERGE_H
#define STORE_MERGE_H

#include "store/body.h"
#include "store/page.h"

struct merge_row {
	int64_t seq;
	const char *version, *release, *baseline;
	int64_t serial;
	const char *policy_digest, *identity, *content, *digest, *actor;
	int64_t created_at;
	const char *state, *phase;
	int64_t updated_at;
};

int merge_find(struct db *db, const char *version, struct arena *a, struct merge_row *ret,
	struct err *err);
/* The open one; there is at most one. */
int merge_find_open(struct db *db, struct arena *a, struct merge_row *ret, struct err *err);
/* The open merge that holds this artifact. */
int merge_open_with(struct db *db, int64_t artifact_seq, struct arena *a, const char **ret_version,
	struct err *err);
/* The newest merge of release X.Y.Z. */
int merge_newest_of(struct db *db, const char *release, struct arena *a, const char **ret_version,
	struct err *err);
int merge_page(struct db *db, int64_t after, int64_t limit, struct arena *a, struct merge_row **ret,
	size_t *ret_n, struct err *err);

int merge_insert(struct db *db, struct merge_row *m, struct err *err); /* sets m->seq */
int merge_state_insert(struct db *db, const struct merge_row *m, const struct body *body,
	int64_t render, struct err *err);
/* Compare and set on the old state: 1, 0, -1. */
int merge_state_set(struct db *db, const char *version, const char *old_state, const char *state,
	const char *phase, const struct body *body, int64_t render, int64_t now, struct err *err);

int merge_state_render(
	struct db *db, int64_t seq, const struct body *body, int64_t render, struct err *err);

/* A unit of a merge (kept: the active release's) or of a release (fresh: new in it). */
struct unit_row {
	const char *slot;
	int64_t artifact_seq;
	int64_t kept, fresh;
};
int merge_unit_insert(
	struct db *db, const char *version, const struct unit_row *u, struct err *err);
int merge_units(struct db *db, const char *version, struct arena *a, struct unit_row **ret,
	size_t *ret_n, struct err *err);

int merge_body(
	struct db *db, const char *version, struct arena *a, struct body *ret, struct err *err);
/* state may be NULL. */
int merge_list(struct db *db, const char *state, int64_t after, int64_t limit, struct arena *a,
	struct page *ret, struct err *err);

#endif
