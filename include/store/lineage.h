/* SPDX-License-Identifier: Apache-2.0
 *
 * What is derived from what, by id.
 */
#ifndef STORE_LINEAGE_H
#define STORE_LINEAGE_H

#include "base/arena.h"
#include "db/db.h"

struct lineage_row {
	int64_t seq;
	const char *provider, *id;
	const char *content; /* of the unit */
};
enum { LINEAGE_ROWS_MAX = 1000 };

int lineage_insert(struct db *db, int64_t artifact_seq, const char *parent, struct err *err);
/* Every provider's artifact of this id, withdrawn ones, too. */
int lineage_artifacts(struct db *db, const char *id, struct arena *a, struct lineage_row **ret,
	size_t *ret_n, struct err *err);
/* The same with each of its parents; `parent` is NULL for one that has none. */
struct lineage_parent_row {
	const char *provider, *parent;
};
int lineage_parents(struct db *db, const char *id, struct arena *a, struct lineage_parent_row **ret,
	size_t *ret_n, struct err *err);
/* Those derived from it, at most LINEAGE_ROWS_MAX. */
int lineage_children(struct db *db, const char *parent, int64_t limit, struct arena *a,
	struct lineage_row **ret, size_t *ret_n, struct err *err);

#endif
