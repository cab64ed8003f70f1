/* SPDX-License-Identifier: Apache-2.0
 *
 * HMAC-SHA256. GnuTLS does the arithmetic; that it could fail (a broken or refusing build of it)
 * leaves nothing to go on with, and aborts.
 */
#include "base/hmac.h"

#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void hmac_sha256(const void *key, size_t key_len, const void *data, size_t len,
	unsigned char ret[SHA256_SIZE])
{
	unsigned char out[SHA256_SIZE];
	/* GnuTLS takes no NULL, which is what an empty key or text may be. */
	int rc = gnutls_hmac_fast(
		GNUTLS_MAC_SHA256, key ? key : "", key_len, data ? data : "", len, out);

	if (rc) {
		fprintf(stderr, "GnuTLS gives no HMAC-SHA256: %s\n", gnutls_strerror(rc));
		abort();
	}
	memcpy(ret, out, sizeof(out));
	gnutls_memset(out, 0, sizeof(out));
}
