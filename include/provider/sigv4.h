/* SPDX-License-Identifier: Apache-2.0
 *
 * AWS Signature Version 4 in headers: pure, of the request, the time and the credentials alone. It
 * reads no clock and no environment and sends nothing. Any thread; results live in the arena.
 *
 * Paths and query parameters come in as they are meant, not encoded; `target` of the result is how
 * they have to go on the wire, because what is signed is the encoding. S3 encodes once, which is
 * what this does. Other services encode the path of the wire another time: of theirs only "/", and
 * what holds nothing to encode, is right here.
 */
#ifndef PROVIDER_SIGV4_H
#define PROVIDER_SIGV4_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "net/http.h"

struct sigv4_param {
	const char *name, *value; /* a value of "" for a name that stands alone */
};

struct sigv4_request {
	const char *method;
	const char *path; /* begins with a slash */
	bool normalize;	  /* take ".", ".." and empty segments out: every service but S3 */
	const struct sigv4_param *query;
	size_t n_query;
	const struct http_header *headers; /* all that are to be signed, Host among them */
	size_t n_headers;
	const void *body;
	size_t body_len;
};

struct sigv4_scope {
	const char *region, *service;
	int64_t at; /* usec, wall clock */
};

struct sigv4_credentials {
	const char *id, *secret;
	const char *token; /* of the session; NULL: none */
};

struct sigv4_signature {
	const char *target; /* path?query */
	const char *canonical, *string_to_sign;
	const char *credential, *signed_headers, *signature;
};

/* The signature of exactly these headers and parameters; the token plays no part. ERR_BAD_REQUEST when
 * all of it is larger than 256 KiB. */
int sigv4_compute(const struct sigv4_request *r, const struct sigv4_scope *scope,
	const struct sigv4_credentials *c, struct arena *a, struct sigv4_signature *ret,
	struct err *err);

/* Add what AWS asks for and sign: `headers` of the result are those of the request and X-Amz-Date,
 * X-Amz-Security-Token when there is a token, X-Amz-Content-Sha256 when `content` (S3), and
 * Authorization. */
struct sigv4_signed {
	const char *target;
	const struct http_header *headers;
	size_t n_headers;
};
int sigv4_sign(const struct sigv4_request *r, const struct sigv4_scope *scope,
	const struct sigv4_credentials *c, bool content, struct arena *a, struct sigv4_signed *ret,
	struct err *err);

#endif
