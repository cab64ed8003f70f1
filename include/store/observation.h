/* SPDX-License-Identifier: Apache-2.0
 *
 * Windows of counts, keyed by activation, node and end.
 */
#ifndef STORE_OBSERVATION_H
#define STORE_OBSERVATION_H

#include "db/db.h"
#include "model/observation.h"

/* 1 new, 0 there already, -1. */
int observation_insert(struct db *db, int64_t serial, const struct observation *o,
	int64_t received_at, struct err *err);

/* 1 when the same window with the same counts is there, 0, -1. */
int observation_reported(
	struct db *db, int64_t serial, const struct observation *o, struct err *err);

/* 1 when a window of the same node is there that shares time with it, 0, -1. */
int observation_overlaps(
	struct db *db, int64_t serial, const struct observation *o, struct err *err);

/* Those that ended after `since`, summed by the second in which they ended: t_end, rounded up, and
 * counters. */
int observation_seconds(struct db *db, int64_t serial, int64_t since,
	void (*take)(void *arg, const struct observation *sum), void *arg, struct err *err);

/* Up to when there are counts, no later than when they came; 0: there are none. */
int observation_newest(struct db *db, int64_t serial, int64_t *ret, struct err *err);

int observation_any(struct db *db, struct err *err); /* 1, 0, -1 */
/* Is there one that ended before? 1, 0, -1. */
int observation_old(struct db *db, int64_t before, struct err *err);
/* Drop at most `limit` of them. */
int observation_purge(struct db *db, int64_t before, int64_t limit, struct err *err);

#endif
