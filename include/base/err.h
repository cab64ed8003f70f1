/* SPDX-License-Identifier: Apache-2.0
 *
 * Errors: a function that can fail returns 0 or -1 and fills a `struct err`, its last parameter,
 * which it leaves untouched on success. Callers add context outward with err_wrap(); only the edge
 * (an answer, a log line, the exit of a command) reports it, once. A value type: copy it freely,
 * nothing to free. Any thread.
 */
#ifndef BASE_ERR_H
#define BASE_ERR_H

#include <stdbool.h>

enum err_code {
	ERR_NONE = 0,
#define X(id, code, status, retryable, title, hint) ERR_##id,
#include "base/err_codes.def"
#undef X
	ERR_CODES
};

struct err {
	enum err_code code;
	char pointer[160]; /* RFC 6901 pointer into the input at fault, or "" */
	char msg[480];	   /* one sentence: what, where; no trailing newline */
};

/* What err_codes.def says of a code; asserts that the code is a member. */
struct err_info {
	const char *code;
	int status;
	bool retryable;
	const char *title, *hint;
};
const struct err_info *err_info(enum err_code code);

/* Fill *err (NULL is allowed: the caller does not care). Always return -1, so that a function can
 * `return err_set(...)`. Messages are cut at the field's size, on a UTF-8 boundary. */
int err_set(struct err *err, enum err_code code, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
int err_set_at(struct err *err, enum err_code code, const char *pointer, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

/* Put "context: " before the message; code and pointer stay. Returns -1. */
int err_wrap(struct err *err, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif
