/* SPDX-License-Identifier: Apache-2.0
 *
 * Parses listen addresses. It asks no name server: a host is a number or localhost.
 */
#include "net/listener.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>

#include "base/text.h"

static int parse_unix(const char *path, struct listener *l, struct err *err)
{
	struct sockaddr_un *un = (struct sockaddr_un *)&l->address;

	if (*path != '/' || strlen(path) >= sizeof(un->sun_path))
		return err_set(err, ERR_CONFIG,
			"listen = %s: a Unix socket has an absolute path of at most %zu bytes",
			l->text, sizeof(un->sun_path) - 1);
	un->sun_family = AF_UNIX;
	memcpy(un->sun_path, path, strlen(path) + 1);
	l->address_len = sizeof(*un);
	return 0;
}

static bool parse_port(const char *text, in_port_t *ret)
{
	size_t len = strlen(text);
	char *end;

	if (!len || len > 5 || strspn(text, "0123456789") != len)
		return false;
	unsigned long v = strtoul(text, &end, 10);
	*ret = htons((uint16_t)v);
	return v <= 65535;
}

static int parse_inet(const char *text, struct arena *a, struct listener *l, struct err *err)
{
	struct sockaddr_in *v4 = (struct sockaddr_in *)&l->address;
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&l->address;
	const char *colon = strrchr(text, ':');
	in_port_t port;

	if (!colon || !parse_port(colon + 1, &port))
		return err_set(err, ERR_CONFIG,
			"listen = %s: not host:port, [v6]:port or unix:/path", text);
	char *host = arena_strndup(a, text, (size_t)(colon - text));
	size_t len = strlen(host);
	if (len > 2 && host[0] == '[' && host[len - 1] == ']') {
		host[len - 1] = '\0';
		v6->sin6_family = AF_INET6;
		v6->sin6_port = port;
		l->address_len = sizeof(*v6);
		if (inet_pton(AF_INET6, host + 1, &v6->sin6_addr) == 1)
			return 0;
	} else {
		v4->sin_family = AF_INET;
		v4->sin_port = port;
		l->address_len = sizeof(*v4);
		if (inet_pton(AF_INET, strcmp(host, "localhost") ? host : "127.0.0.1",
			    &v4->sin_addr) == 1)
			return 0;
	}
	return err_set(err, ERR_CONFIG,
		"listen = %s: the host is not an IP address (or localhost); IPv6 stands in "
		"brackets",
		text);
}

int listeners_parse(
	const char *list, struct arena *a, struct listener **ret, size_t *ret_n, struct err *err)
{
	struct listener *all = ARENA_ARRAY(a, LISTENERS_MAX, struct listener);
	size_t n = 0;

	for (const char *at = list; *at;) {
		at += strspn(at, " \t,");
		size_t len = strcspn(at, ","), trimmed = len;
		while (trimmed && (at[trimmed - 1] == ' ' || at[trimmed - 1] == '\t'))
			trimmed--;
		if (!trimmed)
			break;
		if (n == LISTENERS_MAX)
			return err_set(
				err, ERR_CONFIG, "listen: more than %d addresses", LISTENERS_MAX);
		struct listener *l = &all[n++];
		l->text = arena_strndup(a, at, trimmed);
		int rc = text_starts(l->text, "unix:") ? parse_unix(l->text + 5, l, err)
						       : parse_inet(l->text, a, l, err);
		if (rc < 0)
			return -1;
		at += len;
	}
	if (!n)
		return err_set(err, ERR_CONFIG, "listen: names no address");
	*ret = all;
	*ret_n = n;
	return 0;
}

const char *listener_path(const struct listener *l)
{
	return l->address.ss_family == AF_UNIX ? ((const struct sockaddr_un *)&l->address)->sun_path
					       : NULL;
}

bool listener_is_local(const struct listener *l)
{
	const struct sockaddr_in *v4 = (const struct sockaddr_in *)&l->address;
	const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)&l->address;

	switch (l->address.ss_family) {
	case AF_UNIX:
		return true;
	case AF_INET:
		return ntohl(v4->sin_addr.s_addr) >> 24 == 127;
	case AF_INET6:
		return IN6_IS_ADDR_LOOPBACK(&v6->sin6_addr);
	default:
		return false;
	}
}
