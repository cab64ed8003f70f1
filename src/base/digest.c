/* SPDX-License-Identifier: Apache-2.0
 *
 * SHA-256 and its text. GnuTLS does the arithmetic; that it could fail (a broken or refusing build of
 * it) leaves nothing to go on with, and aborts.
 */
#include "base/digest.h"

#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hex.h"

static const char prefix[] = "sha256:";
enum { PREFIX_LEN = sizeof(prefix) - 1 };

static void must(int rc)
{
	if (!rc)
		return;
	fprintf(stderr, "GnuTLS gives no SHA-256: %s\n", gnutls_strerror(rc));
	abort();
}

void sha256(const void *data, size_t len, unsigned char ret[SHA256_SIZE])
{
	must(gnutls_hash_fast(GNUTLS_DIG_SHA256, data, len, ret));
}

void sha256_joined(
	const void *a, size_t len_a, const void *b, size_t len_b, unsigned char ret[SHA256_SIZE])
{
	gnutls_hash_hd_t hash;

	must(gnutls_hash_init(&hash, GNUTLS_DIG_SHA256));
	must(gnutls_hash(hash, a, len_a));
	must(gnutls_hash(hash, b, len_b));
	gnutls_hash_deinit(hash, ret);
}

char *digest_string(const void *data, size_t len, char buf[DIGEST_STRLEN])
{
	unsigned char hash[SHA256_SIZE];

	sha256(data, len, hash);
	memcpy(buf, prefix, PREFIX_LEN);
	hex_encode(hash, sizeof(hash), buf + PREFIX_LEN);
	return buf;
}

bool digest_valid(const char *s)
{
	size_t len = strlen(s);

	return len == DIGEST_STRLEN - 1 && !memcmp(s, prefix, PREFIX_LEN) &&
	       hex_lower(s + PREFIX_LEN, len - PREFIX_LEN);
}

bool equal_constant_time(const void *a, const void *b, size_t len)
{
	return !gnutls_memcmp(a, b, len);
}

void chain_hash(const unsigned char prev[SHA256_SIZE], const void *entry, size_t len,
	unsigned char ret[SHA256_SIZE])
{
	gnutls_hash_hd_t hash;

	must(gnutls_hash_init(&hash, GNUTLS_DIG_SHA256));
	must(gnutls_hash(
		hash, "", 1)); /* its NUL is the 0x00 that tells a link from other hashes */
	must(gnutls_hash(hash, prev, SHA256_SIZE));
	must(gnutls_hash(hash, entry, len));
	gnutls_hash_deinit(hash, ret);
}
