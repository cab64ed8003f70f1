/* SPDX-License-Identifier: Apache-2.0
 *
 * Waiting for a change of what a GET shows: only on the loop's thread.
 */
#ifndef API_WAIT_H
#define API_WAIT_H

#include "api/request.h"

struct body;

/* With ?wait=: does the client know `body` (NULL: there is none yet) already, and time is left? Then 1:
 * the request was put aside, and the handler runs again later. 0: answer now. -1. */
int wait_for_change(struct request *r, const struct body *body, struct err *err);

#endif
