/* SPDX-License-Identifier: Apache-2.0
 *
 * What a token claims (JWT, RFC 7519), and whether it is meant for us and for now. It says nothing of
 * signatures: claims are only as good as the token that jws_verify() let through. Pure; any thread.
 */
#ifndef BASE_JWT_H
#define BASE_JWT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"

enum { JWT_AUDIENCES_MAX = 20, JWT_CLAIMS_MAX = 100 };

struct jwt_claim {
	const char *name, *value;
};
struct jwt {
	const char *iss, *sub; /* NULL when absent */
	const char **aud;
	size_t n_aud;
	int64_t exp, nbf, iat; /* usec; INT64_MIN when absent */
	/* Every claim at the top that is a string, a truth value or an integer, as text. */
	struct jwt_claim *claims;
	size_t n_claims;
};

/* All in the arena. ERR_INVALID_TOKEN: no JSON object, a registered claim of another type than its own,
 * too many claims; the message never holds a part of the token. */
int jwt_parse(const char *payload, size_t len, struct arena *a, struct jwt *ret, struct err *err);

/* NULL: there is no such claim, or it is none of the simple types. */
const char *jwt_claim(const struct jwt *t, const char *name);

/* The token is from `issuer`, for `audience` (both letter by letter), has an end that has not come, and
 * does not begin later than now. `leeway` (usec) forgives clocks that differ. ERR_INVALID_TOKEN says
 * which of these it fails. */
int jwt_check(const struct jwt *t, const char *issuer, const char *audience, int64_t now,
	int64_t leeway, struct err *err);

#endif
