/* SPDX-License-Identifier: Apache-2.0
 *
 * Ed25519 (RFC 8032) by GnuTLS: make, keep and load a key, sign, verify. A key is a PKCS #8 PEM file
 * that nobody but its owner can read; one that others can read is refused, not mended. A public key is
 * known by the SHA-256 of its SubjectPublicKeyInfo, as `openssl pkey -pubout -outform DER | sha256sum`
 * prints it. Any thread; a key is not changed after it was made.
 */
#ifndef BASE_SIGN_H
#define BASE_SIGN_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/err.h"

enum { SIGN_PUBLIC_SIZE = 32, SIGN_SEED_SIZE = 32, SIGN_SIZE = 64, SIGN_KEYID_STRLEN = 64 + 1 };

struct sign_public {
	unsigned char bytes[SIGN_PUBLIC_SIZE];
	char keyid[SIGN_KEYID_STRLEN]; /* hex */
};

/* The type under which keys that sign together sign the list of themselves: their public halves in the
 * order of their signatures. */
#define SIGNERS_TYPE "application/vnd.spiralfed.signers"

struct sign_key;

struct sign_key *sign_key_make(struct err *err); /* NULL: no randomness */
/* From the 32 bytes that RFC 8032 calls the private key; NULL: GnuTLS fails. */
struct sign_key *sign_key_from_seed(const unsigned char seed[SIGN_SEED_SIZE], struct err *err);
void sign_key_free(struct sign_key *k); /* NULL is allowed; the secret is wiped */
static inline void sign_key_freep(struct sign_key **k)
{
	sign_key_free(*k);
}
#define SIGN_KEY_AUTO __attribute__((cleanup(sign_key_freep))) struct sign_key *

/* Write a new file of mode 0600, synced with its folder; one that exists is left alone (ERR_IO). */
int sign_key_save(const struct sign_key *k, const char *path, struct err *err);

enum sign_key_place {
	SIGN_KEY_FILE,	     /* readable by its owner alone, who is who runs us */
	SIGN_KEY_CREDENTIAL, /* from systemd: root may own it, and a group may read it */
};
/* ERR_CONFIG when it is no Ed25519 key, no regular file, or too many can read it; ERR_IO. */
int sign_key_load(
	const char *path, enum sign_key_place place, struct sign_key **ret, struct err *err);

const struct sign_public *sign_key_public(const struct sign_key *k);
void sign_bytes(
	const struct sign_key *k, const void *data, size_t len, unsigned char ret[SIGN_SIZE]);

/* From 32 raw bytes, or from PEM ("PUBLIC KEY"). -1 (ERR_CONFIG): no Ed25519 key, or one of the few of
 * small order, under which anything verifies. */
int sign_public_raw(
	const unsigned char bytes[SIGN_PUBLIC_SIZE], struct sign_public *ret, struct err *err);
int sign_public_pem(const char *pem, size_t len, struct sign_public *ret, struct err *err);
/* In the arena. */
char *sign_public_to_pem(const struct sign_public *p, struct arena *a);

/* Exactly 64 bytes, S below the order of the group. */
bool sign_verify(const struct sign_public *p, const void *data, size_t len, const void *signature,
	size_t signature_len);

#endif
