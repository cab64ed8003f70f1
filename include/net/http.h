/* SPDX-License-Identifier: Apache-2.0
 *
 * One HTTP request as a client: sent once, answered within a deadline and under a size cap. It follows
 * no redirect, keeps no cookies, uses no proxy and never shows a header's value in an error. Any
 * thread; each call has a connection of its own.
 */
#ifndef NET_HTTP_H
#define NET_HTTP_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"

/* A server: "http://host:port", "https://host" or "unix:/path"; a trailing slash is dropped. */
struct http_server {
	const char *base;	 /* what a path is appended to */
	const char *unix_socket; /* NULL for none */
};
int http_server_parse(const char *url, struct arena *a, struct http_server *ret, struct err *err);

struct http_header {
	const char *name, *value;
};

struct http_request {
	struct http_server server;
	const char *method, *path; /* path with query, encoded */
	const struct http_header *headers;
	size_t n_headers;
	const char *body; /* NULL for none */
	size_t body_len;
	int64_t timeout; /* usec, for all of it */
	size_t cap;	 /* of the answer's body, bytes */
};

struct http_response {
	int status;
	const char *content_type, *etag, *location, *retry_after; /* NULL when absent */
	const char *body;					  /* NUL-terminated */
	size_t body_len;
};

/* ERR_UNREACHABLE when no answer came (refused, unknown host, time over), ERR_IO when what came is
 * no answer or passes the cap. An HTTP error status is an answer. */
int http_perform(
	const struct http_request *r, struct arena *a, struct http_response *ret, struct err *err);

/* Percent-encode what is not unreserved (RFC 3986), as one path segment or query value. */
char *http_escape(const char *s, struct arena *a);

#endif
