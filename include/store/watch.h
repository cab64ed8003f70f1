/* SPDX-License-Identifier: Apache-2.0
 *
 * What is remembered of breaches beyond the states of releases, one row for the channel. The row of
 * an earlier activation says nothing about the present one but for the lock and the acknowledgement.
 */
#ifndef STORE_WATCH_H
#define STORE_WATCH_H

#include "store/release.h"

struct watch_row {
	int64_t serial; /* of the activation that the next three speak of */
	bool latched, quarantined;
	const char *told; /* enum rollback_reason by name */
	int64_t locked_at, acknowledged_at;
};

/* As it is for the activation `serial`; all zeros when nothing was written yet. */
int watch_load(
	struct db *db, int64_t serial, struct arena *a, struct watch_row *ret, struct err *err);
int watch_set(struct db *db, const struct watch_row *w, int64_t now, struct err *err);

/* The automatic rollbacks after `after`, newest first: serial, release_version, previous, reason, at. */
int activation_rollbacks(struct db *db, int64_t after, int64_t limit, struct arena *a,
	struct activation_row **ret, size_t *ret_n, struct err *err);

#endif
