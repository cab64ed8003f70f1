/* SPDX-License-Identifier: Apache-2.0
 *
 * What the files of base/sign.h share.
 */
#ifndef BASE_SIGN_PARTS_H
#define BASE_SIGN_PARTS_H

#include <gnutls/abstract.h>

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

#endif
