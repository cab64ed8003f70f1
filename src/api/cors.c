/* SPDX-License-Identifier: Apache-2.0
 *
 * Cross-origin headers. Credentials are bearer tokens that a page must hold itself, so cookies and
 * Access-Control-Allow-Credentials never come into it.
 */
#include "api/cors.h"

#include <string.h>

#include "api/loop.h"
#include "api/reply.h"

/* The request's Origin when it is allowed, else NULL. */
static const char *cors_origin(const struct request *r)
{
	const char *const *allowed = r->server->options.cors_origins;
	const char *origin = allowed ? request_header(r, "Origin") : NULL;

	for (; origin && *allowed; allowed++)
		if (strcmp(*allowed, "*") == 0 || strcmp(*allowed, origin) == 0)
			return origin;
	return NULL;
}

void cors_headers(const struct request *r, struct MHD_Response *response)
{
	const char *origin = cors_origin(r);

	if (!origin)
		return;
	MHD_add_response_header(response, "Access-Control-Allow-Origin", origin);
	if (!r->route && strcmp(r->method, "OPTIONS") == 0) {
		MHD_add_response_header(response, "Access-Control-Allow-Methods", r->allow);
		MHD_add_response_header(response, "Access-Control-Allow-Headers",
			"Authorization, Content-Type, Idempotency-Key, If-Match, If-None-Match, "
			"X-Request-Id");
		MHD_add_response_header(response, "Access-Control-Max-Age", "600");
	} else {
		MHD_add_response_header(response, "Access-Control-Expose-Headers",
			"Dry-Run, ETag, Idempotency-Replayed, Link, Location, Retry-After, "
			"X-Request-Id");
	}
}

int cors_options(struct request *r)
{
	return reply_send(r, &(struct reply){.status = 204, .allow = r->allow});
}
