/* SPDX-License-Identifier: Apache-2.0
 *
 * SHA-256 by GnuTLS, and the textual form in which the product names content: "sha256:" + 64
 * lower-case hex digits. Any thread.
 */
#ifndef BASE_DIGEST_H
#define BASE_DIGEST_H

#include <stdbool.h>
#include <stddef.h>

enum { SHA256_SIZE = 32, DIGEST_STRLEN = 7 + 64 + 1 };

void sha256(const void *data, size_t len, unsigned char ret[SHA256_SIZE]);

/* Of both, one after the other. */
void sha256_joined(
	const void *a, size_t len_a, const void *b, size_t len_b, unsigned char ret[SHA256_SIZE]);

/* "sha256:<hex>" of data. Returns buf. */
char *digest_string(const void *data, size_t len, char buf[DIGEST_STRLEN]);

/* Exactly "sha256:" and 64 lower-case hex digits. */
bool digest_valid(const char *s);

/* Same bytes, in a time that does not depend on where they differ. */
bool equal_constant_time(const void *a, const void *b, size_t len);

/* h_n = SHA-256(0x00 || h_{n-1} || entry): one link of the history's hash chain (facts: audit). */
void chain_hash(const unsigned char prev[SHA256_SIZE], const void *entry, size_t len,
	unsigned char ret[SHA256_SIZE]);

#endif
