/* SPDX-License-Identifier: Apache-2.0
 *
 * Keeps what a server says of a request from showing the secrets that were sent with it: a refusal that
 * repeats its token would carry it into errors, events and logs. Pure; any thread.
 */
#ifndef NET_REDACT_H
#define NET_REDACT_H

#include "net/http.h"

/* The secrets of a request: the credentials in Authorization, the tokens of AWS's headers, and those
 * fields of a form that hold one. */
enum { SECRETS_MAX = 8, SECRET_RUN = 8 };
struct secrets {
	const char *v[SECRETS_MAX];
	size_t n;
};
void secrets_of(const struct http_request *r, struct arena *a, struct secrets *ret);

/* Put *** for each part of the text that is SECRET_RUN or more characters in sequence of a secret. The
 * new length, which is no greater; a NUL is put there when it is less. */
size_t secrets_hide(const struct secrets *s, char *text, size_t len);
/* The same in an error that tells what came of the request. */
void secrets_hide_error(const struct http_request *r, struct arena *a, struct err *err);

#endif
