/* SPDX-License-Identifier: Apache-2.0
 *
 * Where the daemon serves: addresses as they are written, parsed once. Who can reach one is told of
 * the very address that the server binds.
 */
#ifndef NET_LISTENER_H
#define NET_LISTENER_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>

#include "base/arena.h"
#include "base/err.h"

enum { LISTENERS_MAX = 16 };

struct listener {
	const char *text; /* as it was written */
	struct sockaddr_storage address;
	socklen_t address_len;
};

/* A comma-separated list of host:port (a numeric host or localhost), [v6]:port and unix:/path. */
int listeners_parse(
	const char *list, struct arena *a, struct listener **ret, size_t *ret_n, struct err *err);

/* The file of a Unix socket, NULL of another. */
const char *listener_path(const struct listener *l);

/* Reached only from this machine: a loopback address or a Unix socket. */
bool listener_is_local(const struct listener *l);

#endif
