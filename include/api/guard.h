/* SPDX-License-Identifier: Apache-2.0
 *
 * Judges the head of a request before anything acts on it: every form by which a proxy and this
 * server could disagree about where a request ends or what it asks for is refused, and the
 * connection closed. Pure: takes the header list and the raw URI as libmicrohttpd saw them.
 */
#ifndef API_GUARD_H
#define API_GUARD_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

enum { GUARD_URI_MAX = 4096, GUARD_HEADERS_MAX = 64 };

struct guard_header {
	const char *name, *value; /* not necessarily terminated */
	size_t name_len, value_len;
};

struct guard_head {
	const char *method, *uri, *version; /* the URI raw, query included */
	const struct guard_header *headers;
	size_t n_headers;
};

/* What the guard learned on its way. */
struct guard_body {
	bool has_body, chunked;
	unsigned long long length; /* Content-Length; 0 when chunked */
};

/* 0, or -1 with ERR_BAD_REQUEST, ERR_URI_TOO_LONG or ERR_NOT_IMPLEMENTED: answer, and close. */
int guard_check(const struct guard_head *head, struct guard_body *ret, struct err *err);

#endif
