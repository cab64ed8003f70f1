/* SPDX-License-Identifier: Apache-2.0
 *
 * HMAC-SHA256 (RFC 2104, FIPS 198-1) by GnuTLS. Compare what somebody sent with
 * equal_constant_time() of base/digest.h. Any thread.
 */
#ifndef BASE_HMAC_H
#define BASE_HMAC_H

#include <stddef.h>

#include "base/digest.h"

/* A key of any length, also none. `ret` may be the key or the data. */
void hmac_sha256(const void *key, size_t key_len, const void *data, size_t len,
	unsigned char ret[SHA256_SIZE]);

#endif
