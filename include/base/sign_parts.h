/* SPDX-License-Identifier: Apache-2.0
 *
 * What the files of base/sign.h share.
 */
#ifndef BASE_SIGN_PARTS_H
#define BASE_SIGN_PARTS_H

#include <gnutls/abstract.h>
#include <gnutls/x509.h>

#include "base/sign.h"

enum { SIGN_SPKI_SIZE = 12 + SIGN_PUBLIC_SIZE };

static inline void pubkey_deinitp(gnutls_pubkey_t *p)
{
	if (*p)
		gnutls_pubkey_deinit(*p);
}
#define PUBKEY_AUTO __attribute__((cleanup(pubkey_deinitp))) gnutls_pubkey_t

/* The SubjectPublicKeyInfo of the key, in DER. */
void sign_public_spki(
	const unsigned char bytes[SIGN_PUBLIC_SIZE], unsigned char ret[SIGN_SPKI_SIZE]);
int sign_public_take(gnutls_pubkey_t pubkey, struct sign_public *ret, struct err *err);

/* ---- A private key of any kind ---- */

struct sign_secret {
	gnutls_x509_privkey_t x509;
	gnutls_privkey_t key; /* NULL until sign_secret_open() */
};

void sign_secret_clear(struct sign_secret *s); /* GnuTLS wipes it */
/* Each fills an empty one; after a failure there may be something to clear. */
int sign_secret_make(
	struct sign_secret *s, gnutls_pk_algorithm_t kind, unsigned bits, struct err *err);
/* From PKCS #8 without a password. */
bool sign_secret_import(
	struct sign_secret *s, const void *pkcs8, size_t len, gnutls_x509_crt_fmt_t format);
/* Make it fit to sign; its public half. */
int sign_secret_open(struct sign_secret *s, gnutls_pubkey_t *ret, struct err *err);
/* The length; aborts when GnuTLS can not, or when `max` does not hold it. */
size_t sign_secret_sign(const struct sign_secret *s, gnutls_sign_algorithm_t algorithm,
	const void *data, size_t len, unsigned char *ret, size_t max);

/* As sign_key_save() and sign_key_load() say, for a key of any kind. */
int sign_secret_save(const struct sign_secret *s, const char *path, struct err *err);
int sign_secret_load(
	const char *path, enum sign_key_place place, struct sign_secret *ret, struct err *err);

#endif
