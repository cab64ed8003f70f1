/* SPDX-License-Identifier: Apache-2.0
 *
 * ECDSA over P-256 with SHA-256, by GnuTLS: for what others than our own nodes verify. Signatures are
 * in DER, and only in DER: one that is encoded in another way than we would is none; p256_verify_raw()
 * is for JOSE, which has another form. Files are as base/sign.h has them. Any thread; a key is not changed after it was made.
 */
#ifndef BASE_SIGN_P256_H
#define BASE_SIGN_P256_H

#include "base/sign.h"

enum { P256_SIGN_MAX = 80 };

struct p256_key;

struct p256_key *p256_key_make(struct err *err);
void p256_key_free(struct p256_key *k); /* NULL is allowed */
static inline void p256_key_freep(struct p256_key **k)
{
	p256_key_free(*k);
}
#define P256_KEY_AUTO __attribute__((cleanup(p256_key_freep))) struct p256_key *

int p256_key_save(const struct p256_key *k, const char *path, struct err *err);
int p256_key_load(
	const char *path, enum sign_key_place place, struct p256_key **ret, struct err *err);

/* The public half in PEM. */
const char *p256_key_pem(const struct p256_key *k);
/* Sign; the length. */
size_t p256_sign(
	const struct p256_key *k, const void *data, size_t len, unsigned char ret[P256_SIGN_MAX]);

/* `pem` is a public key ("PUBLIC KEY"); false as well when it is none on this curve. */
bool p256_verify(const char *pem, size_t pem_len, const void *data, size_t len,
	const void *signature, size_t signature_len);

/* The same as JOSE has it (ES256): the key by its two coordinates, the signature as r and s. False as
 * well for a point that is not on the curve. */
enum { P256_COORDINATE_SIZE = 32, P256_RAW_SIZE = 64 };
bool p256_verify_raw(const unsigned char x[P256_COORDINATE_SIZE],
	const unsigned char y[P256_COORDINATE_SIZE], const void *data, size_t len,
	const unsigned char signature[P256_RAW_SIZE]);

#endif
