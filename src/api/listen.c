/* SPDX-License-Identifier: Apache-2.0
 *
 * Addresses and listening sockets. Several sockets on one TCP address (SO_REUSEPORT) give each loop
 * its own queue of new connections; an address where another program listens already is refused, a
 * second daemon of the same user too. A stale Unix socket is replaced, a live one is left alone.
 */
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "api/loop.h"

enum { BACKLOG = 1024 };

bool listen_is_unix(const char *address)
{
	return strncmp(address, "unix:", 5) == 0 || address[0] == '/';
}

static int fail(int fd, const char *address, struct err *err)
{
	int saved = errno;

	if (fd >= 0)
		close(fd);
	return err_set(err, ERR_IO, "cannot listen on %s: %s", address, strerror(saved));
}

static int open_unix(const char *path, unsigned mode, char **ret_path, struct err *err)
{
	struct sockaddr_un sun = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (strlen(path) >= sizeof(sun.sun_path)) {
		errno = ENAMETOOLONG;
		return fail(fd, path, err);
	}
	memcpy(sun.sun_path, path, strlen(path) + 1);
	if (fd < 0)
		return fail(fd, path, err);
	if (bind(fd, (struct sockaddr *)&sun, sizeof(sun)) < 0) {
		if (errno != EADDRINUSE)
			return fail(fd, path, err);
		int probe = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
		int live = probe < 0 || connect(probe, (struct sockaddr *)&sun, sizeof(sun)) == 0 ||
			   errno != ECONNREFUSED;

		if (probe >= 0)
			close(probe);
		if (live) {
			errno = EADDRINUSE;
			return fail(fd, path, err);
		}
		unlink(path);
		if (bind(fd, (struct sockaddr *)&sun, sizeof(sun)) < 0)
			return fail(fd, path, err);
	}
	if (chmod(path, (mode_t)mode) < 0 || listen(fd, BACKLOG) < 0)
		return fail(fd, path, err);
	*ret_path = xstrdup(path);
	return fd;
}

/* "host:port" or "[v6]:port" into two strings. */
static int split_address(const char *address, char host[256], char service[16], struct err *err)
{
	const char *colon = strrchr(address, ':');
	size_t n = colon ? (size_t)(colon - address) : 0;

	if (!colon || n == 0 || n >= 256 || strlen(colon + 1) == 0 || strlen(colon + 1) > 5 ||
		strspn(colon + 1, "0123456789") != strlen(colon + 1) ||
		strtoul(colon + 1, NULL, 10) > 65535)
		return err_set(err, ERR_CONFIG,
			"\"%s\" is no address: host:port, [v6]:port or unix:/path", address);
	if (address[0] == '[' && colon[-1] == ']') {
		address++;
		n -= 2;
	}
	snprintf(host, 256, "%.*s", (int)n, address);
	snprintf(service, 16, "%s", colon + 1);
	return 0;
}

static int bound_port(int fd)
{
	struct sockaddr_storage ss;
	socklen_t len = sizeof(ss);

	if (getsockname(fd, (struct sockaddr *)&ss, &len) < 0)
		return -1;
	if (ss.ss_family == AF_INET)
		return ntohs(((struct sockaddr_in *)&ss)->sin_port);
	return ss.ss_family == AF_INET6 ? ntohs(((struct sockaddr_in6 *)&ss)->sin6_port) : -1;
}

/* The first socket binds alone, so that it fails where anyone listens, and only then lets its siblings in. */
static bool bind_to(int fd, const struct addrinfo *to, bool first, bool share)
{
	int on = 1;

	if (share && !first && setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on)) < 0)
		return false;
	if (bind(fd, to->ai_addr, to->ai_addrlen) < 0)
		return false;
	return !share || !first || setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on)) == 0;
}

int listen_open(const char *address, bool share, unsigned mode, int *port, char **ret_unix_path,
	struct err *err)
{
	char host[256], service[16];
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE}, *list;
	int on = 1;

	if (listen_is_unix(address))
		return open_unix(
			address[0] == '/' ? address : address + 5, mode, ret_unix_path, err);
	if (split_address(address, host, service, err) < 0)
		return -1;
	if (strcmp(service, "0") == 0 && *port > 0)
		snprintf(service, sizeof(service), "%d", *port);
	int rc = getaddrinfo(host, service, &hints, &list);

	if (rc != 0)
		return err_set(err, ERR_CONFIG, "cannot resolve %s: %s", address, gai_strerror(rc));
	int fd = socket(list->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	bool ok = fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) == 0;

	if (ok && list->ai_family == AF_INET6)
		ok = setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on)) == 0;
	ok = ok && bind_to(fd, list, *port <= 0, share) && listen(fd, BACKLOG) == 0;
	int saved = errno;

	freeaddrinfo(list);
	errno = saved;
	if (!ok)
		return fail(fd, address, err);
	if (*port <= 0)
		*port = bound_port(fd);
	return fd;
}
