/* SPDX-License-Identifier: Apache-2.0
 *
 * Takes a URL apart, strictly: what two readers might understand differently is none.
 */
#include "net/url.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <string.h>

#include "base/text.h"
#include "net/address.h"

enum { PORT_MAX = 65535, HOST_MAX = 253 };

static bool is_printable(const char *s)
{
	for (; *s; s++)
		if (*s <= ' ' || *s > '~' || strchr("\\\"<>^`{|}", *s))
			return false;
	return true;
}

/* ":port", or nothing. */
static bool port_valid(const char *s, const char *end)
{
	long port = 0;

	if (s == end)
		return true;
	if (*s != ':' || s + 1 == end || end - s > 6)
		return false;
	for (s++; s < end; s++) {
		if (*s < '0' || *s > '9')
			return false;
		port = 10 * port + (*s - '0');
	}
	return port > 0 && port <= PORT_MAX;
}

static bool host_valid(const char *s, size_t n, bool v6)
{
	static const char name[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-";

	if (n == 0 || n > HOST_MAX)
		return false;
	return strspn(s, v6 ? "0123456789abcdefABCDEF:." : name) >= n && (v6 || *s != '.');
}

int url_parse(const char *text, struct arena *a, struct url *ret, const char **ret_why)
{
	size_t scheme = !strncasecmp(text, "https://", 8)  ? 8
			: !strncasecmp(text, "http://", 7) ? 7
							   : 0;
	const char *host = text + scheme, *end = host + strcspn(host, "/?#"), *host_end;
	bool v6 = *host == '[';

	*ret_why = "is no URL of http or https";
	if (!scheme || !is_printable(text))
		return -1;
	*ret_why = "holds a user or a password";
	if (memchr(host, '@', (size_t)(end - host)))
		return -1;
	*ret_why = "has a fragment, which no server sees";
	if (strchr(text, '#'))
		return -1;
	host_end = memchr(host, v6 ? ']' : ':', (size_t)(end - host));
	*ret_why = "names no plain host and port";
	if ((v6 && !host_end) ||
		!host_valid(host + v6, (size_t)((host_end ? host_end : end) - host - v6), v6))
		return -1;
	if (host_end && !port_valid(host_end + v6, end))
		return -1;
	*ret = (struct url){
		.https = scheme == 8,
		.host = arena_strndup(
			a, host + v6, (size_t)((host_end ? host_end : end) - host - v6)),
		.server = {.base = arena_printf(a, "%s%.*s", scheme == 8 ? "https://" : "http://",
				   (int)(end - host), host)},
		.path = *end == '/' ? arena_strdup(a, end) : arena_printf(a, "/%s", end),
	};
	return 0;
}

/* ---- As it is written ---- */

size_t url_server_len(const char *url)
{
	const char *at = strstr(url, "://");

	return at ? (size_t)(at + 3 - url) + strcspn(at + 3, "/?#") : 0;
}

const char *url_host(const char *url, size_t *ret_len)
{
	const char *at = strstr(url, "://"), *from = at ? at + 3 : "";
	size_t v6 = *from == '[' ? strcspn(from, "]") : 0;

	*ret_len = v6 + strcspn(from + v6, ":/?#");
	return from;
}

bool url_host_is(const char *url, const char *const *hosts)
{
	size_t n;
	const char *host = url_host(url, &n);

	for (; *hosts; hosts++)
		if (strlen(*hosts) == n && strncasecmp(host, *hosts, n) == 0)
			return true;
	return false;
}

const char *url_target(const char *url, struct arena *a)
{
	const char *at = url + url_server_len(url);

	return *at == '/' ? arena_strdup(a, at) : arena_printf(a, "/%s", at);
}

bool url_is_loopback(const char *url)
{
	char host[INET6_ADDRSTRLEN + 2];
	struct in_addr v4;
	size_t n;
	const char *at = url_host(url, &n);

	if (n >= sizeof(host))
		return false;
	memcpy(host, at, n);
	host[n] = '\0';
	return !strcasecmp(host, "localhost") || !strcmp(host, "[::1]") ||
	       (inet_pton(AF_INET, host, &v4) == 1 && ntohl(v4.s_addr) >> 24 == 127);
}

bool url_is_private(const struct http_server *s)
{
	return s->unix_socket || strncasecmp(s->base, "https://", 8) == 0 ||
	       url_is_loopback(s->base);
}

int url_split(const char *url, struct arena *a, struct http_server *ret, const char **ret_target,
	struct err *err)
{
	struct http_server server;

	if (strchr(url, '#'))
		return err_set(err, ERR_CONFIG, "%s has a fragment, which no server sees", url);
	if (http_server_parse(arena_strndup(a, url, url_server_len(url)), a, &server, err) < 0)
		return -1;
	*ret = server;
	*ret_target = url_target(url, a);
	return 0;
}

/* ---- Where it leads ---- */

bool url_leads_inside(const struct url *u)
{
	const struct addrinfo hints = {.ai_flags = AI_NUMERICHOST, .ai_socktype = SOCK_STREAM};
	struct addrinfo *found = NULL;
	bool inside = false;

	if (!strcasecmp(u->host, "localhost") || !strcasecmp(u->host, "localhost.") ||
		text_ends_any_case(u->host, ".localhost"))
		return true;
	if (getaddrinfo(u->host, NULL, &hints, &found) != 0)
		return false;
	for (struct addrinfo *i = found; i; i = i->ai_next)
		inside = inside || !address_is_public(i->ai_addr);
	freeaddrinfo(found);
	return inside;
}
