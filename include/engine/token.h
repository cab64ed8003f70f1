/* SPDX-License-Identifier: Apache-2.0
 *
 * Who a bearer token speaks for, and the host's own way to a first token.
 */
#ifndef ENGINE_TOKEN_H
#define ENGINE_TOKEN_H

#include "base/arena.h"
#include "db/db.h"
#include "engine/engine.h"

struct principal {
	const char *token_id, *name;
	const char *actor;  /* "token:<id>" */
	const char *scopes; /* space separated */
};

/* Authenticate "sfd_<id>_<secret>": ERR_INVALID_TOKEN for every reason alike (unknown, wrong, expired
 * or revoked), in a time that does not tell which. Any thread, on a reader of its own. */
int token_verify(struct db *reader, const char *token, int64_t now, struct arena *a,
	struct principal *ret, struct err *err);

/* Do these scopes hold `scope`? admin holds all; "submit:*" every "submit:<provider>". */
bool scopes_allow(const char *scopes, const char *scope);

/* Make a token with the scope admin and wait until it is stored; the secret is in the arena and
 * nowhere else. */
int engine_admin_token(struct engine *e, const char *name, struct arena *a, const char **ret_secret,
	struct err *err);

/* 1 when there is a token, 0, -1. */
int engine_has_tokens(struct engine *e, struct err *err);

#endif
