/* SPDX-License-Identifier: Apache-2.0
 *
 * Where the daemon serves: addresses as they are written, and who can reach them. The server
 * binds them.
 */
#ifndef APP_LISTENER_H
#define APP_LISTENER_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>

#include "base/arena.h"
#include "base/err.h"

struct listener {
	const char *text; /* as it was written */
	struct sockaddr_storage address;
	socklen_t address_len;
};

/* A comma-separated list of host:port (a numeric host or localhost), [v6]:port and unix:/path. */
int listeners_parse(
	const char *list, struct arena *a, struct listener **ret, size_t *ret_n, struct err *err);

/* Reached only from this machine: a loopback address or a Unix socket. */
bool listener_is_local(const struct listener *l);

#endif
