/* SPDX-License-Identifier: Apache-2.0
 *
 * Who asks, and what it may. A bearer token is looked up in the registry for each request, so that a
 * revocation or an expiry takes effect at once.
 */
#ifndef API_AUTH_H
#define API_AUTH_H

#include <stdbool.h>

#include "base/err.h"

struct request;

struct caller {
	const char *actor;  /* "token:<id>", "local"; NULL: nobody yet */
	const char *scopes; /* space separated */
};

/* Fill in request->caller. ERR_UNAUTHENTICATED, ERR_INVALID_TOKEN. */
int auth_authenticate(struct request *r, struct err *err);

/* Does what it was let in by still hold? For what goes on: a token may be revoked or end meanwhile. */
bool auth_stands(struct request *r);

/* admin may all; operate and promote may read; "submit" is had by whoever may submit for anyone. */
bool caller_may(const struct caller *c, const char *scope);

/* ERR_INSUFFICIENT_SCOPE naming the scope, which must live as long as the request. */
int auth_authorize(struct request *r, const char *scope, struct err *err);

#endif
