/* SPDX-License-Identifier: Apache-2.0
 *
 * How it stands: each condition that an operator would want to know of, and the fleet. Dashboards ask for it
 * all day long, so it is made once a second at most, and at once after a commit that may have changed
 * it, and kept. Any thread.
 */
#ifndef ENGINE_STANDING_H
#define ENGINE_STANDING_H

#include <stdatomic.h>

#include "engine/engine.h"
#include "model/condition.h"

struct standing {
	atomic_int refs;
	struct arena *arena;
	struct list conditions; /* struct condition: what is not well first */
	bool well;		/* all of them are */
	bool counted;		/* the fleet could be read: else there is none here */
	struct fleet fleet;
	/* what it was made of */
	uint64_t generation;
	bool broken;
	int64_t made_at; /* monotonic */
};

/* The present one, to be given back. What could not be read is a condition that is Unknown. */
struct standing *standing_get(struct engine *e, struct db *reader);
void standing_put(struct standing *s); /* NULL is allowed */
static inline void standing_putp(struct standing **s)
{
	standing_put(*s);
}
#define STANDING_AUTO __attribute__((cleanup(standing_putp))) struct standing *

/* Of the ops thread, each second: so that it is seen when something turned, with nobody asking. */
void standing_watch(struct engine *e, struct db *reader);

/* ---- Inside ---- */

struct standing_look {
	struct engine *e;
	struct db *db;
	const struct snapshot *s;
	const struct fleet *fleet;
	int64_t now;
	struct arena *arena;
};

enum { STANDING_MAX = 16 };
/* All that there is to say, of those that are configured; how many. ---- conditions.c */
size_t conditions_find(const struct standing_look *l, struct condition ret[STANDING_MAX]);

#endif
