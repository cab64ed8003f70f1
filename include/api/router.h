/* SPDX-License-Identifier: Apache-2.0
 *
 * The table of routes, made from routes.def, and the search in it. Immutable; any thread.
 */
#ifndef API_ROUTER_H
#define API_ROUTER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/strbuf.h"
#include "model/field.h"

struct request;

enum route_id {
#define ROUTE(id, ...) ROUTE_##id,
#include "api/routes.def"
#undef ROUTE
	ROUTES
};

enum route_flag {
	ROUTE_PUBLIC = 1 << 0,	 /* answers without a token */
	ROUTE_LIST = 1 << 1,	 /* pages: max_results, page_token */
	ROUTE_RAW = 1 << 2,	 /* the handler takes the body's text; `body` is for the document */
	ROUTE_IF_MATCH = 1 << 3, /* If-Match is honoured: 412 */
	ROUTE_NEED_MATCH = 1 << 4, /* ... and required: 428 */
	ROUTE_PLAIN = 1 << 5,	   /* answers text/plain only */
	ROUTE_IMMUTABLE = 1 << 6,  /* what it answers never changes */
	ROUTE_CALENDAR = 1 << 7,   /* with ROUTE_PLAIN: text/calendar */
	ROUTE_STREAM = 1 << 8,	   /* text/event-stream when that is asked for */
	ROUTE_OWN_PROOF = 1 << 9,  /* with ROUTE_PUBLIC: hook_prove() asks for another proof */
};

struct route {
	enum route_id id;
	const char *method, *pattern, *scope;
	const struct field_table *body; /* NULL: takes none */
	int status;
	int (*handler)(struct request *r, struct err *err);
	const char *params;  /* query parameters it takes, space separated; see params.def */
	const char *columns; /* the text/plain table: "member: key key ...", or NULL */
	const char *schema;  /* of the answer, in schemas.def */
	const char *errors;  /* codes of its own, space separated */
	unsigned flags;
	const char *summary;
	const char *name; /* "POST /v1/manifests" */
};

/* The type of what it answers as text. */
static inline const char *route_text_type(const struct route *r)
{
	return r->flags & ROUTE_CALENDAR ? "text/calendar" : "text/plain";
}

const struct route *route_at(enum route_id id);

enum { BINDINGS_MAX = 3, SEGMENTS_MAX = 8 };

/* What a path and a method found. */
struct route_match {
	const struct route *route; /* NULL: none */
	const char *bindings[BINDINGS_MAX];
	bool path_known; /* the path exists, with other methods */
	char allow[64];	 /* its methods, when path_known */
};

/* `path` is raw, without the query. HEAD finds GET. Bindings are decoded into the arena. */
void router_find(const char *method, const char *path, struct arena *a, struct route_match *ret);

/* The pattern that looks most like the path, for a hint. */
const char *router_nearest(const char *path);

/* The i-th {name} of the pattern, copied into buf; false when there are fewer. */
bool route_binding_name(const struct route *r, size_t i, char *buf, size_t size);

#endif
