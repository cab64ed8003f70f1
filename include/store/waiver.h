/* SPDX-License-Identifier: Apache-2.0
 *
 * Waivers. Who may change a state is not decided here: engine/waiver.c is the only caller of
 * waiver_state_set.
 */
#ifndef STORE_WAIVER_H
#define STORE_WAIVER_H

#include "model/waiver.h"
#include "store/page.h"

struct waiver_row {
	int64_t seq;
	struct waiver waiver; /* state: as of the last change that was written */
};

struct waiver_list {
	struct waiver_row *v;
	size_t n;
};

int waiver_find_id(
	struct db *db, const char *id, struct arena *a, struct waiver_row *ret, struct err *err);
/* Requested or approved, and not over at `now`; of any gate. */
int waiver_live(struct db *db, const char *provider, const char *id, int64_t now, struct arena *a,
	struct waiver_list *ret, struct err *err);
/* What verdicts on this artifact may rest on at `now`, by waiver_in_force(). */
int waivers_in_force(struct db *db, const char *provider, const char *id, int64_t now,
	struct arena *a, struct waiver **ret, size_t *ret_n, struct err *err);
/* Over at `now`, and the history does not say so yet; at most `limit`. */
int waiver_ended(struct db *db, int64_t now, int64_t limit, struct arena *a,
	struct waiver_list *ret, struct err *err);
/* Bodies as they are at `now`; state may be NULL. */
int waiver_list(struct db *db, int64_t now, const char *state, int64_t after, int64_t limit,
	struct arena *a, struct page *ret, struct err *err);

int waiver_insert(struct db *db, struct waiver_row *r, struct err *err); /* sets r->seq */
/* Compare and set on the old state: 1, 0, -1. */
int waiver_state_set(
	struct db *db, const struct waiver_row *r, const char *old_state, struct err *err);

/* As served at `now`. */
const char *waiver_render(const struct waiver *w, int64_t now, struct arena *a);

#endif
