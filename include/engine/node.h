/* SPDX-License-Identifier: Apache-2.0
 *
 * What is known of the nodes, for those who ask. Any thread, on a reader of its own.
 */
#ifndef ENGINE_NODE_H
#define ENGINE_NODE_H

#include "engine/snapshot.h"
#include "model/node.h"
#include "store/page.h"

/* 1, 0 (no such node), -1. */
int node_view(struct db *db, const struct snapshot *s, const char *id, int64_t now, struct arena *a,
	struct node_view *ret, struct err *err);
/* Bodies, newest first. */
int node_list(struct db *db, const struct snapshot *s, int64_t now, int64_t after, int64_t limit,
	struct arena *a, struct page *ret, struct err *err);
int fleet_view(struct db *db, const struct snapshot *s, int64_t now, struct arena *a,
	struct fleet *ret, struct err *err);
int drill_list(struct db *db, int64_t after, int64_t limit, struct arena *a, struct page *ret,
	struct err *err);

/* Would there be a proven way back after a promotion? Nodes, or connectors that can see the artifacts,
 * prove it: every live node has a release that would be warm then ready, and each of its units was
 * reachable when it was looked at last; one that a connector has not looked at yet is not. Any thread. */
struct warm_proof {
	enum { WARM_NOT_CONFIGURED, WARM_PROVEN, WARM_UNPROVEN } verdict;
	const char *release; /* that is proven, or was looked at first; NULL: none would be warm */
	int64_t nodes, ready;
	const char *detail; /* one sentence */
};
int warm_proof(struct engine *e, struct db *db, const struct snapshot *s, int64_t now,
	struct arena *a, struct warm_proof *ret, struct err *err);

#endif
