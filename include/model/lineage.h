/* SPDX-License-Identifier: Apache-2.0
 *
 * Lineage as it is shown: what something is derived from, all the way, and the bytes that went, or
 * would go, from one cloud to another for it.
 */
#ifndef MODEL_LINEAGE_H
#define MODEL_LINEAGE_H

#include "model/field.h"

enum { LINEAGE_MAX = 1000, EGRESS_MOVES_MAX = 256 };

struct lineage_node {
	const char *id, *provider; /* provider NULL: nobody has handed it in */
	const char *role, *uri;
	int64_t size_bytes; /* -1: not given */
	int known;
	/* derived */
	struct strings derived_from;
};

struct lineage_edge {
	const char *from, *to; /* from the parent to what is derived from it */
	const char *from_provider, *to_provider;
	int crosses; /* from one cloud to another */
};

/* An artifact that goes from one cloud to another. */
struct egress_move {
	const char *id, *from, *to;
	int64_t bytes;	 /* -1: not known */
	const char *why; /* "derived_from": for training; "adapter": to be served */
	const char *of;	 /* the artifact, or the model, that needs it */
};

struct egress {
	int64_t bytes, unknown; /* of the moves whose size is known; the moves whose is not */
	struct list moves;	/* struct egress_move */
	int64_t left_out;	/* further moves, counted in bytes and unknown */
};

struct lineage {
	struct strings roots;
	struct list nodes, edges;
	struct list children; /* struct lineage_node, of one artifact: those derived from it */
	struct egress *egress;
	int truncated; /* 1: there is more */
};
extern const struct field_table lineage_table, egress_table;

#endif
