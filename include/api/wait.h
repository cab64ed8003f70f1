/* SPDX-License-Identifier: Apache-2.0
 *
 * Waiting for a change of what a GET shows, and streams of events: only on the loop's thread.
 */
#ifndef API_WAIT_H
#define API_WAIT_H

#include "api/loop.h"

struct body;

/* With ?wait=: does the client know `body` (NULL: there is none yet) already, and time is left? Then 1:
 * the request was put aside, and the handler runs again later. 0: answer now. -1. */
int wait_for_change(struct request *r, const struct body *body, struct err *err);

/* Put the request aside until wait_end(), which comes at `until` (monotonic) at the latest: with a
 * change of what it waits for, or with the drain. */
void wait_park(struct request *r, int64_t until);
/* May one more wait? Some connections are left for those who don't. */
bool wait_room(const struct server *s);
/* May this principal wait on one more, for a change or for events? Nobody takes more than half of the
 * connections. */
bool wait_allowed(const struct request *r);

/* Answer with the history from now on, or from Last-Event-ID on, without an end; filters may be NULL. */
int stream_events(struct request *r, const char *type, const char *subject, struct err *err);

#endif
