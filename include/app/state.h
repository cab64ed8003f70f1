/* SPDX-License-Identifier: Apache-2.0
 *
 * The state folder: made 0700, held by one daemon at a time (an flock on `lock`, which the kernel
 * drops with the process), and the files in it that are not the registry's own.
 */
#ifndef APP_STATE_H
#define APP_STATE_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/err.h"

struct state {
	const char *path;     /* of the folder */
	const char *registry; /* path/registry.sqlite */
	const char *admin_token, *token_wish;
	int lock_fd;
};

/* Make the folder and take the lock. ERR_STATE_CONFLICT, naming the process, when another one holds
 * it. Strings live in the arena. */
int state_open(const char *path, struct arena *a, struct state *ret, struct err *err);
void state_close(struct state *s);
/* -1 when no daemon ever ran on the folder. Makes nothing. */
int state_found(const char *path, struct arena *a, struct err *err);

/* A wish for a new admin token, left by --new-admin-token for the daemon that holds the folder: an
 * empty file, which only who may write there can make. */
bool state_token_wished(const struct state *s);
void state_token_granted(const struct state *s);

/* Leave the wish, wake the daemon, and wait until it is granted. */
int state_wish_token(const char *path, struct arena *a, struct err *err);

#endif
