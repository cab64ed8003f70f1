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

/* As sign_key_save() and sign_key_load() say, for a key of any kind. */
int sign_secret_save(gnutls_x509_privkey_t key, const char *path, struct err *err);
int sign_secret_load(
	const char *path, enum sign_key_place place, gnutls_x509_privkey_t *ret, struct err *err);

#endif
