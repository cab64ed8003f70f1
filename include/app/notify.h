/* SPDX-License-Identifier: Apache-2.0
 *
 * What the service manager is told and what it hands over. Without libsystemd, or without a manager,
 * all of it is silent and nothing is inherited.
 */
#ifndef APP_NOTIFY_H
#define APP_NOTIFY_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"

void notify_ready(void);
void notify_reloading(void); /* notify_ready() ends it */
void notify_stopping(void);
void notify_alive(void);

/* How often notify_alive() is to be called, usec; 0: nobody watches. */
int64_t notify_interval(void);

/* Listening sockets that were passed in. */
size_t notify_sockets(struct arena *a, int **ret);

#endif
