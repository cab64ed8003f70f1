/* SPDX-License-Identifier: Apache-2.0
 *
 * An absolute URL of http or https, in the parts that a request needs. Pure: it resolves no name.
 */
#ifndef NET_URL_H
#define NET_URL_H

#include <stdbool.h>

#include "net/http.h"

struct url {
	bool https;
	const char *host;	   /* without brackets */
	struct http_server server; /* scheme, host and port */
	const char *path;	   /* with query; "/" at least */
};

/* -1, and the end of a sentence that says what is wrong: not http(s), a user or a fragment in it, no
 * plain host, no port, anything but printable ASCII. Static text. */
int url_parse(const char *text, struct arena *a, struct url *ret, const char **ret_why);

/* Of a URL as somebody wrote it, in place and without a judgement: how much of it is scheme://host:port;
 * 0: it has no "://". */
size_t url_server_len(const char *url);
/* Its host, with the brackets of an IPv6 address and without the port; "" when it has none. */
const char *url_host(const char *url, size_t *ret_len);
/* Is it one of these? They end with NULL, and have brackets where a URL does. */
bool url_host_is(const char *url, const char *const *hosts);
/* What is asked for behind the server, with query; "/" at least. */
const char *url_target(const char *url, struct arena *a);
/* Is the host localhost, or an address of this machine to itself? */
bool url_is_loopback(const char *url);

/* May a secret be sent there? By https, to this machine, or by a Unix socket. */
bool url_is_private(const struct http_server *s);

/* Both at once, for a URL that a person or a file gives. ERR_CONFIG: as http_server_parse() says, or a
 * fragment in it. */
int url_split(const char *url, struct arena *a, struct http_server *ret, const char **ret_target,
	struct err *err);

/* Does the host, as it is written, name this machine or an address that is not on the open internet? A
 * name that only resolves to one is found when it is called (HTTP_REACH_PUBLIC). */
bool url_leads_inside(const struct url *u);

#endif
