/* SPDX-License-Identifier: Apache-2.0
 *
 * Lineage out of the registry. Names of parents are ids, which several providers may have: then each of
 * them is a parent. Any thread with a connection of its own.
 */
#ifndef ENGINE_LINEAGE_H
#define ENGINE_LINEAGE_H

#include "db/db.h"
#include "model/artifact.h"
#include "model/lineage.h"
#include "model/release.h"

/* Would these new units close a cycle, among themselves or with what is there? Adds a fault at
 * /artifacts/N/derived_from/M for each edge that would; positions[i] is N of unit i. 0, -1. */
int lineage_check(struct db *db, const struct unit *const *units, const size_t *positions, size_t n,
	struct arena *a, struct faults *faults, struct err *err);

/* Would one of them, or what is derived from it already, descend from its own family by way of another
 * cloud? The same. */
int lineage_loops(struct db *db, const struct unit *const *units, const size_t *positions, size_t n,
	struct arena *a, struct faults *faults, struct err *err);

/* 1, 0 (no such artifact), -1. */
int artifact_lineage(struct db *reader, const char *provider, const char *id, struct arena *a,
	struct lineage *ret, struct err *err);
int release_lineage(struct db *reader, const struct release *r, struct arena *a,
	struct lineage *ret, struct err *err);

/* What comes on top of what the live units are made of already: the crossings in the lineage of the new
 * ones, and adapters that are served in another cloud than they lie in. */
struct egress_case {
	const struct unit *const *units; /* the combination's */
	size_t n;
	const struct unit *const *live;
	size_t n_live;
	const struct fusion *fusion; /* resolved; NULL: none */
};
int egress_make(struct db *reader, const struct egress_case *c, struct arena *a, struct egress *ret,
	struct err *err);

#endif
