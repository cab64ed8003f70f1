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

/* Does the host, as it is written, name this machine or an address that is not on the open internet? A
 * name that only resolves to one is found when it is called (HTTP_REACH_PUBLIC). */
bool url_leads_inside(const struct url *u);

#endif
