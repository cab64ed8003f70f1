/* SPDX-License-Identifier: Apache-2.0
 *
 * What nodes say of themselves, and what is made of it: the state of each, the convergence of the
 * fleet, and drills of the way back.
 */
#ifndef MODEL_NODE_H
#define MODEL_NODE_H

#include "model/artifact.h"

/* A node that was not heard of for NODE_LIVE_S is silent, one for NODE_KEPT_S forgotten. */
enum { NODE_LIVE_S = 180, NODE_KEPT_S = 7 * 86400, NODES_MAX = 10000, NODE_LOADED_MAX = 16 };

enum node_health { NODE_OK, NODE_DEGRADED, NODE_FAILING };
extern const struct field_names node_health_names;

struct node_loaded {
	const char *version;
	int ready; /* true when absent */
};
struct node_report {
	int64_t serial;	     /* of the pointer that it follows */
	const char *release; /* what it serves */
	struct list loaded;  /* struct node_loaded; with `release` in any case */
	int health;	     /* enum node_health; ok when absent */
	const char *detail, *software;
	struct named_digest *contract;
};
extern const struct field_table node_report_table;

/* Where it stands: "current", "behind" (an older activation, or another release), "unhealthy",
 * "silent". */
struct node_view {
	const char *id, *state;
	struct node_report report;
	int64_t first_seen_at, serial_since, seen_at;
};
extern const struct field_table node_view_table;

struct fleet_serial {
	int64_t serial;
	const char *release;
	int64_t nodes;
};
struct fleet {
	int64_t known, live, current, behind, unhealthy, silent;
	int64_t behind_since; /* the longest; 0: none is */
	struct list serials;  /* struct fleet_serial, live nodes, newest first */
};
extern const struct field_table fleet_table;

struct drill {
	int64_t id;
	const char *release, *actor, *reason, *phase;
	int64_t started_at, due_at, finished_at;
	int64_t took_ms; /* -1: it did not succeed */
	int64_t nodes, ready;
	struct strings ready_nodes, missing;
};
extern const struct field_table drill_table;

#endif
