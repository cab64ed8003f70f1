/* SPDX-License-Identifier: Apache-2.0
 *
 * Listening sockets. Several sockets on one TCP address (SO_REUSEPORT) give each loop
 * its own queue of new connections; an address where another program listens already is refused, a
 * second daemon of the same user too. A stale Unix socket is replaced, a live one is left alone.
 */
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "api/loop.h"

enum { BACKLOG = 1024 };

static int fail(int fd, const char *address, struct err *err)
{
	int saved = errno;

	if (fd >= 0)
		close(fd);
	return err_set(err, ERR_IO, "cannot listen on %s: %s", address, strerror(saved));
}

/* Does nobody listen on this file any more? */
static bool is_left_over(const struct listener *l)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool left = fd >= 0 &&
		    connect(fd, (const struct sockaddr *)&l->address, l->address_len) < 0 &&
		    errno == ECONNREFUSED;

	if (fd >= 0)
		close(fd);
	return left;
}

static bool bind_unix(int fd, const struct listener *l)
{
	const struct sockaddr *to = (const struct sockaddr *)&l->address;

	if (bind(fd, to, l->address_len) == 0)
		return true;
	if (errno != EADDRINUSE)
		return false;
	if (!is_left_over(l)) {
		errno = EADDRINUSE;
		return false;
	}
	unlink(listener_path(l));
	return bind(fd, to, l->address_len) == 0;
}

static int open_unix(const struct listener *l, unsigned mode, int *port, struct err *err)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0 || !bind_unix(fd, l) || chmod(listener_path(l), (mode_t)mode) < 0 ||
		listen(fd, BACKLOG) < 0)
		return fail(fd, l->text, err);
	*port = -1;
	return fd;
}

/* Where the port is. */
static in_port_t *port_of(struct sockaddr_storage *ss)
{
	return ss->ss_family == AF_INET ? &((struct sockaddr_in *)ss)->sin_port
					: &((struct sockaddr_in6 *)ss)->sin6_port;
}

static int bound_port(int fd)
{
	struct sockaddr_storage ss;
	socklen_t len = sizeof(ss);

	return getsockname(fd, (struct sockaddr *)&ss, &len) < 0 ? -1 : ntohs(*port_of(&ss));
}

/* The first socket binds alone, so that it fails where anyone listens, and only then lets its siblings in. */
static bool bind_to(
	int fd, const struct sockaddr_storage *to, socklen_t len, bool first, bool share)
{
	int on = 1;

	if (share && !first && setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on)) < 0)
		return false;
	if (bind(fd, (const struct sockaddr *)to, len) < 0)
		return false;
	return !share || !first || setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on)) == 0;
}

int listen_open(const struct listener *l, bool share, unsigned mode, int *port, struct err *err)
{
	struct sockaddr_storage to = l->address;
	int on = 1, fd;
	bool ok;

	if (listener_path(l))
		return open_unix(l, mode, port, err);
	if (*port > 0)
		*port_of(&to) = htons((uint16_t)*port);
	fd = socket(to.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	ok = fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) == 0;
	if (ok && to.ss_family == AF_INET6)
		ok = setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on)) == 0;
	if (!ok || !bind_to(fd, &to, l->address_len, *port <= 0, share) || listen(fd, BACKLOG) < 0)
		return fail(fd, l->text, err);
	if (*port <= 0)
		*port = bound_port(fd);
	return fd;
}
