/* SPDX-License-Identifier: Apache-2.0
 *
 * Where a request would go, as GET /v1/releases/{version}/route and `spiralfed route` say it.
 */
#ifndef MODEL_ROUTING_H
#define MODEL_ROUTING_H

#include "model/fusion.h"

/* A model on the way, and the units that it is made of. */
struct routed_model {
	const char *name, *artifact, *adapter;
	const char *id, *provider, *uri; /* NULL: no unit of the release */
	const char *adapter_id, *adapter_provider, *adapter_uri;
};

struct routed_split {
	const char *name, *key;
	int64_t bucket; /* of 10000 */
	const char *to;
};

struct routed_ensemble {
	const char *name;
	struct fusion_ensemble *ballot;
};

struct routing {
	const char *release; /* NULL: of a block from a file */
	const char *without; /* the provider that is taken as lost, or NULL */
	const char *request; /* JSON: the fields as they were understood, in their order */
	const char *route;   /* "default" when none matched */
	const char *to;
	struct strings fallback;
	struct routed_split *split;	  /* when `to` is one */
	struct routed_ensemble *ensemble; /* when `to`, or the split's branch, is one */
	struct list models;		  /* MAP of struct routed_model, those on the way */
};
extern const struct field_table routing_table;

#endif
