/* SPDX-License-Identifier: Apache-2.0
 *
 * One HTTP request as a client: sent once, answered within a deadline and under a size cap. It follows
 * no redirect, keeps no cookies, uses no proxy and never shows a header's value in an error. Where
 * an answer with a status from 400 on quotes secrets that were sent, it has *** (net/redact.h). Any thread;
 * each call has a connection of its own, unless it names a client.
 */
#ifndef NET_HTTP_H
#define NET_HTTP_H

#include <stdatomic.h>
#include <stdbool.h>
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

/* Keeps connections alive between requests. Used by one thread at a time. */
struct http_client;
struct http_client *http_client_new(void);
void http_client_free(struct http_client *c); /* NULL is allowed */

/* PUBLIC: only addresses of the open internet, looked at after the name is resolved and for each
 * connection, so that neither a name nor a change of it leads inside. */
enum http_reach { HTTP_REACH_ANY, HTTP_REACH_PUBLIC };

struct http_request {
	struct http_server server;
	const char *method, *path; /* path with query, encoded */
	const struct http_header *headers;
	size_t n_headers;
	const char *body; /* NULL for none */
	size_t body_len;
	int64_t timeout; /* usec, for all of it */
	size_t cap;	 /* of the answer's body, bytes */
	bool cut;	 /* what is beyond the cap is left unread, and no error */
	enum http_reach reach;
	struct http_client *client; /* NULL: a connection of its own */
	const atomic_bool *stop;    /* gives up within a second once it is set; NULL: never */
};

struct http_response {
	int status;
	const char *content_type, *etag, *location, *retry_after; /* NULL when absent */
	/* An etag of anything but 0x21 to 0x7e counts as absent. */
	const struct http_header *headers; /* of the final answer, at most HTTP_HEADERS_MAX */
	size_t n_headers;
	const char *body; /* NUL-terminated */
	size_t body_len;
};
/* What is beyond is left out. REFUSAL: of the body to a status from 400 on, when secrets were sent. */
enum { HTTP_HEADERS_MAX = 128, HTTP_HEADER_MAX = 8192, HTTP_REFUSAL_MAX = 64 << 10 };
/* The first of that name, in any case of letters; NULL: it is absent. */
const char *http_response_header(const struct http_response *r, const char *name);

/* ERR_UNREACHABLE when no whole answer came (refused, unknown host, time over, broken off), ERR_IO when
 * what came is no answer, ERR_CONFIG when the reach forbids it, ERR_BODY_TOO_LARGE when it passes the cap,
 * ERR_UNAVAILABLE when it was stopped. An HTTP error status is an answer. HEAD awaits no body. */
int http_perform(
	const struct http_request *r, struct arena *a, struct http_response *ret, struct err *err);

/* Percent-encode what is not unreserved (RFC 3986), as one path segment or query value. */
char *http_escape(const char *s, struct arena *a);

#endif
