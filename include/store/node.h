/* SPDX-License-Identifier: Apache-2.0
 *
 * The newest report of each node, and drills.
 */
#ifndef STORE_NODE_H
#define STORE_NODE_H

#include "db/db.h"
#include "model/node.h"

struct node_row {
	int64_t seq;
	const char *id, *release, *health, *report; /* report: canonical JSON */
	int64_t serial, first_seen_at, serial_since, seen_at;
};
int node_find(
	struct db *db, const char *id, struct arena *a, struct node_row *ret, struct err *err);
/* Newest first. */
int node_page(struct db *db, int64_t after, int64_t limit, struct arena *a, struct node_row **ret,
	size_t *ret_n, struct err *err);
int node_count(struct db *db, int64_t *ret, struct err *err);

/* seq 0: it is new, first_seen_at and serial_since are `now`. Sets r->seq. */
int node_put(struct db *db, struct node_row *r, int64_t now, struct err *err);
int node_set_loaded(struct db *db, int64_t node_seq, const struct list *loaded, struct err *err);

struct node_group {
	int64_t serial, n, since; /* of the one that has stood so the longest */
	const char *release, *health;
	bool ready;
};
/* Live nodes by serial (newest first), release, health, and whether they have it ready. */
int node_groups(struct db *db, int64_t live_since, struct arena *a, struct node_group **ret,
	size_t *ret_n, struct err *err);

/* Of the live ones, how many say that they have it ready. */
int node_ready(struct db *db, int64_t live_since, const char *release, int64_t *ret_live,
	int64_t *ret_ready, struct err *err);

/* Forget at most `limit` that were not heard of since; how many, -1. */
int node_forget_silent(
	struct db *db, int64_t before, int64_t limit, struct arena *a, struct err *err);

/* With those that are live. Of the last DRILLS_NAMED it is kept who took part. */
enum { DRILLS_NAMED = 100, DRILL_NAMES_MAX = 1000 };
int drill_insert(
	struct db *db, const struct drill *d, int64_t live_since, int64_t *ret_id, struct err *err);
/* Look who of them has said since the start that it is ready: d->nodes, d->ready. */
int drill_mark(struct db *db, struct drill *d, int64_t now, struct err *err);
/* Who is ready and who is missing, the first `limit` of each; of one of long ago it is left as it was. */
int drill_names(struct db *db, struct drill *d, int64_t limit, struct arena *a, struct err *err);
int drill_running(struct db *db, struct arena *a, struct drill *ret, struct err *err);
int drill_find(struct db *db, int64_t id, struct arena *a, struct drill *ret, struct err *err);
int drill_page(struct db *db, int64_t after, int64_t limit, struct arena *a, struct drill **ret,
	size_t *ret_n, struct err *err);
/* 1, 0 (it is over already), -1 */
int drill_finish(struct db *db, const struct drill *d, struct arena *a, struct err *err);

#endif
