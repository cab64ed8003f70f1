/* SPDX-License-Identifier: Apache-2.0
 *
 * The watch over the active release, as others ask about it: how its service levels stand, and
 * whether promotions are held because one was breached.
 */
#ifndef ENGINE_WATCH_H
#define ENGINE_WATCH_H

#include "engine/snapshot.h"
#include "model/slo.h"

struct promotion_hold {
	const char *reason; /* "locked": until acknowledged; "holdoff": until then at the latest */
	int64_t since, until; /* until 0: not by time */
	const char *detail;   /* one sentence */
};

/* Are promotions held after an automatic rollback, or because there is nothing to roll back to? No
 * override passes it, only POST /v1/slo/acknowledge does. 1, 0, -1. Any thread on a reader of its
 * own, or in apply. */
int promotions_held(struct db *db, const struct snapshot *s, int64_t now, struct arena *a,
	struct promotion_hold *ret, struct err *err);
/* The same as a refusal: ERR_PROMOTIONS_HELD. 0: free. */
int promotions_refused(
	struct db *db, const struct snapshot *s, int64_t now, struct arena *a, struct err *err);

/* GET /v1/slo. Any thread, on a reader of its own. */
int slo_view(struct engine *e, struct db *reader, struct arena *a, struct slo_view *ret,
	struct err *err);

#endif
