/* SPDX-License-Identifier: Apache-2.0
 *
 * Signed tokens in the compact form (JWS, RFC 7515): made, and taken apart strictly. RS256 and ES256 are
 * the only algorithms: `none` and secrets that both sides share (HS256) are refused before anything
 * else is looked at. Which algorithm a signature is judged by is the key's to say; a header that says
 * another makes a bad token. A header that marks what must be understood (`crit`) is refused; a key or
 * an address of keys that the header brings along (`jwk`, `jku`, `x5c`, `x5u`) is never looked at.
 * Pure; any thread.
 */
#ifndef BASE_JWS_H
#define BASE_JWS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/jwk.h"

enum { JWS_MAX = 16 << 10 }; /* characters of a whole token */

struct jws {
	enum jws_alg alg;
	const char *kid, *typ; /* NULL when absent */
	const char *payload;   /* NUL-terminated; believe it only when jws_verify() says so */
	size_t payload_len;
	const char *input; /* what was signed: header and payload, as they came */
	size_t input_len;
	const unsigned char *signature;
	size_t signature_len;
};

/* In the arena, but for `input`, which is in `text`. ERR_INVALID_TOKEN; the message never holds a part
 * of the token. */
int jws_parse(const char *text, size_t len, struct arena *a, struct jws *ret, struct err *err);

/* The token is signed by this very key. */
bool jws_verify(const struct jws *t, const struct jwk *key);

/* A token of `payload` (typ JWT, RS256), in the arena. `kid` NULL: none is named. */
char *jws_sign(const struct rsa_key *key, const char *kid, const char *payload, size_t len,
	struct arena *a);

#endif
