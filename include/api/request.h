/* SPDX-License-Identifier: Apache-2.0
 *
 * One request on its way through the server. It lives in its connection and is used again for the
 * next one; what it allocates is in its arena. Only its loop's thread touches it. A command that it
 * submits is a `struct pending` of its own, which outlives the request when the client or the
 * patience is gone.
 */
#ifndef API_REQUEST_H
#define API_REQUEST_H

#include <microhttpd.h>
#include <stdbool.h>
#include <stdint.h>

#include "api/auth.h"
#include "api/params.h"
#include "api/router.h"
#include "base/arena.h"
#include "base/id.h"
#include "base/strbuf.h"
#include "engine/command.h"
#include "engine/snapshot.h"

struct loop;
struct server;
struct request;

enum request_stage {
	REQUEST_IDLE,	  /* none, or its head is still arriving */
	REQUEST_HEAD,	  /* the request line is there */
	REQUEST_BODY,	  /* the body is arriving */
	REQUEST_WAITING,  /* for the engine; the connection is suspended */
	REQUEST_PARKED,	  /* for a change; the connection is suspended */
	REQUEST_RESUMED,  /* the engine has answered, patience ran out, or something changed */
	REQUEST_ANSWERED, /* being sent */
};

/* A command and where its answer goes. */
struct pending {
	struct command command;
	struct arena *arena;
	struct strbuf body; /* the request's, which the command may still read */
	struct loop *loop;
	struct request *request; /* NULL: nobody waits any more; the loop's thread only */
	struct pending *next;	 /* in the loop's list of completions */
};

enum { REQUEST_ID_MAX = 64, REQUEST_COUNTER_LEN = 6 };

struct request {
	struct loop *loop;
	struct server *server;
	struct MHD_Connection *conn;
	enum request_stage stage;
	struct arena *arena;
	int64_t began;	   /* monotonic */
	uint64_t requests; /* of this connection, with this one */

	char id[REQUEST_ID_MAX + 1];
	const char *method, *path, *query; /* path raw; query NULL when there is none */
	bool head, v11;
	const struct route *route;
	const char *bindings[BINDINGS_MAX];
	struct params params;
	bool pretty, plain; /* the form asked for */
	bool events;	    /* the form asked for is a stream of events */
	bool dry_run;	    /* asked for in the query; once it is answered, also in the body */
	struct caller caller;

	bool has_body, drop; /* drop: the body is read and thrown away */
	struct err early;    /* answered once the body was read */
	char allow[64];	     /* of a 405 or an OPTIONS */
	const char *hint;    /* instead of the error's own */
	const char *need;    /* the scope that was missing */
	const char *idempotency;
	struct strbuf body;
	size_t received, held; /* bytes that came; of these, counted as memory */
	void *object;	       /* the parsed body, of route->body */

	struct stream *stream;	   /* being sent; the library frees it with its response */
	int64_t wait_until;	   /* monotonic; 0: it did not wait for a change */
	struct pending *pending;   /* what the engine has, or has answered */
	struct snapshot *snapshot; /* kept while a body of its is being sent */
	int status;		   /* answered; 0: not yet */
};

/* Let go of a command that the engine still has: the request will answer 503. */
void request_abandon(struct request *r);

/* A header of the request, NULL when it is absent. */
const char *request_header(const struct request *r, const char *name);

/* The version that the path names first, without its v. */
const char *request_version(const struct request *r);

/* The engine's reader of this thread. */
struct db *request_reader(const struct request *r);
struct engine *request_engine(const struct request *r);

/* Prepare a command for a verb, `dry_run` when its body or the query asks for that: in the end exactly one of request_wait and request_refuse. */
struct command *request_command(struct request *r, bool dry_run);

/* After the verb: 0 when it was queued. `rc` is what the verb returned, with its error. Returns 0, for
 * the refusal is an answer, too. */
int request_submitted(struct request *r, int rc, const struct err *err);

#endif
