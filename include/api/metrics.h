/* SPDX-License-Identifier: Apache-2.0
 *
 * What is counted, and its Prometheus text form (0.0.4). Each loop counts for itself, without locks;
 * whoever renders adds them up. Labels are bounded: routes, methods, classes of status.
 */
#ifndef API_METRICS_H
#define API_METRICS_H

#include <stdatomic.h>
#include <stdint.h>

#include "api/router.h"
#include "base/arena.h"
#include "base/strbuf.h"

enum { METRICS_BUCKETS = 12, METRICS_CLASSES = 6 };

struct metrics {
	/* route ROUTES: no route was found; class = status / 100, 0: cut before an answer */
	atomic_uint_fast64_t requests[ROUTES + 1][METRICS_CLASSES];
	atomic_uint_fast64_t buckets[ROUTES + 1][METRICS_BUCKETS + 1];
	atomic_uint_fast64_t usec[ROUTES + 1];
	atomic_uint_fast64_t in_bytes, out_bytes;
};

/* The loop's own thread. */
void metrics_count(struct metrics *m, const struct route *route, int status, int64_t usec);

struct server;
/* Any thread. */
void metrics_text(const struct server *s, struct strbuf *out);

/* The part that is read from the registry: service levels and nodes. */
struct engine;
struct db;
void metrics_watch_text(struct engine *e, struct db *reader, struct arena *a, struct strbuf *out);

#endif
