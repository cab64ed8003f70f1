/* SPDX-License-Identifier: Apache-2.0
 *
 * The handlers that routes.def names. Each runs on the loop's thread with the request's body read,
 * authorised and (unless the route is RAW) parsed into request->object. It answers through reply.h or
 * submits a command and returns 0; or it returns -1 with an error, which becomes the problem.
 */
#ifndef API_HANDLERS_H
#define API_HANDLERS_H

#include "base/err.h"

struct request;

#define ROUTE(id, method, pattern, scope, body, status, handler, ...) \
	int handler(struct request *r, struct err *err);
#include "api/routes.def"
#undef ROUTE

/* Whoever asks is the provider that the path names, and becomes the request's caller. For the head of
 * ROUTE_OWN_PROOF: nothing of a stranger's body is taken. */
int hook_prove(struct request *r, struct err *err);

#endif
