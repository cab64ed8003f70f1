/* SPDX-License-Identifier: Apache-2.0
 *
 * Keys for tests of tokens: those that RFC 7515 prints in its appendix A, and two that are refused.
 * Nobody's secrets: the first has been in an RFC since 2015.
 */
#ifndef SUPPORT_JOSE_H
#define SUPPORT_JOSE_H

#include "base/arena.h"

extern const char jose_a2_pem[];    /* A.2, in PKCS #8 */
extern const char jose_a2_jwk[];    /* its public half, without a kid */
extern const char jose_a3_jwk[];    /* A.3: P-256 */
extern const char jose_small_pem[]; /* RSA of 1024 bits */
extern const char jose_ec_pem[];    /* P-256 */

/* A token of `payload`, signed by the key of A.2; in the arena. */
char *jose_mint(const char *kid, const char *payload, struct arena *a);

#endif
