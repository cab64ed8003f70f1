/* SPDX-License-Identifier: Apache-2.0
 *
 * The token with which everything begins: made by the daemon itself, written to admin.token (0600) in
 * the state folder, shown nowhere else.
 */
#ifndef APP_ADMIN_TOKEN_H
#define APP_ADMIN_TOKEN_H

#include "app/state.h"
#include "engine/engine.h"

/* Make one when the registry has no token at all. 1 made, 0 not needed, -1 error. */
int admin_token_first(struct engine *e, const struct state *s, struct err *err);

/* Make one more; those from before stay valid until revoked. */
int admin_token_new(struct engine *e, const struct state *s, struct err *err);

#endif
