/* SPDX-License-Identifier: Apache-2.0
 *
 * The public keys of somebody who signs tokens: a JWK set (RFC 7517), read strictly where a key is of
 * use to us and passed over where it is not. Taken are RSA keys of 2048 to 8192 bits, for RS256 alone,
 * and keys on P-256, for ES256 alone; keys of other kinds, for encryption, or with faults are skipped
 * and counted, secret ones (`oct`) too. Pure; any thread.
 */
#ifndef BASE_JWK_H
#define BASE_JWK_H

#include <stddef.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/rsa.h"
#include "base/sign_p256.h"

enum { JWK_SET_MAX = 100, JWK_SET_BYTES_MAX = 256 << 10 };

enum jws_alg { JWS_RS256, JWS_ES256 };
const char *jws_alg_name(enum jws_alg alg);

struct jwk {
	const char *kid; /* NULL: it has none */
	enum jws_alg alg;
	struct rsa_public rsa;						/* RS256 */
	unsigned char x[P256_COORDINATE_SIZE], y[P256_COORDINATE_SIZE]; /* ES256 */
};
struct jwk_set {
	struct jwk *v;
	size_t n, skipped;
};

/* All in the arena. ERR_BAD_JSON, or ERR_INVALID_BODY: no set, more than JWK_SET_MAX keys, or two keys
 * of one kid that could both be meant. An empty set is one: nobody can be verified by it. */
int jwk_set_parse(
	const char *text, size_t len, struct arena *a, struct jwk_set *ret, struct err *err);

/* The key for `alg` called `kid`; without a kid (NULL) the only key for `alg`. NULL: there is none, or
 * more than one. */
const struct jwk *jwk_set_find(const struct jwk_set *set, enum jws_alg alg, const char *kid);

#endif
