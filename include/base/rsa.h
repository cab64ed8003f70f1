/* SPDX-License-Identifier: Apache-2.0
 *
 * RSASSA-PKCS1-v1_5 with SHA-256 (RS256) by GnuTLS, for what others sign and what others ask us to
 * sign: no key of ours is one. Keys below 2048 bits, and of more than 8192, are refused. A key is read
 * from memory, wiped when freed, and never written. Any thread; a key is not changed after it was made.
 */
#ifndef BASE_RSA_H
#define BASE_RSA_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/err.h"

enum { RSA_BITS_LEAST = 2048, RSA_BITS_MOST = 8192, RSA_SIGN_MAX = RSA_BITS_MOST / 8 };

struct rsa_key;

/* From PKCS #8 in PEM ("PRIVATE KEY"), without a password. ERR_CONFIG, without any of its text. */
int rsa_key_pem(const char *pem, size_t len, struct rsa_key **ret, struct err *err);
void rsa_key_free(struct rsa_key *k); /* NULL is allowed */
static inline void rsa_key_freep(struct rsa_key **k)
{
	rsa_key_free(*k);
}
#define RSA_KEY_AUTO __attribute__((cleanup(rsa_key_freep))) struct rsa_key *

/* Sign; the length, which is that of the modulus. */
size_t rsa_sign(
	const struct rsa_key *k, const void *data, size_t len, unsigned char ret[RSA_SIGN_MAX]);

/* A public key as a JWK has it: numbers, the highest byte first. */
struct rsa_public {
	const unsigned char *n, *e;
	size_t n_len, e_len;
};
/* Why it is no key to trust, one sentence; NULL: it is one. */
const char *rsa_public_fault(const struct rsa_public *p);
/* False as well when the key is none to trust. */
bool rsa_verify(const struct rsa_public *p, const void *data, size_t len, const void *signature,
	size_t signature_len);

#endif
