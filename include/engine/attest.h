/* SPDX-License-Identifier: Apache-2.0
 *
 * What the engine signs: a statement about each release, and the channel as a pointer that ends. The
 * statement is made and signed before the transaction that brings the release, the pointer within the
 * one that moves the channel, because it says what that one writes.
 */
#ifndef ENGINE_ATTEST_H
#define ENGINE_ATTEST_H

#include "engine/keyring.h"
#include "model/release.h"

/* A statement with a signature of each key of the ring. */
struct attestation {
	const char *statement;
	struct {
		int64_t key_seq;
		unsigned char bytes[SIGN_SIZE];
	} signatures[KEYRING_MAX];
	size_t n;
};
void attestation_make(struct attestation *t, const struct keyring *k, const struct release *r,
	const char *digest, struct arena *a);
int attestation_insert(
	struct tx *tx, const char *version, const struct attestation *t, struct err *err);

/* Sign, with this key of the ring, every release that it has not signed. In a transaction. */
int attest_missing(struct tx *tx, const struct keyring_key *k, struct err *err);

/* GET /v1/releases/{v}/attestation: the statement with the signatures of the keys that sign the pointer
 * now. 1, 0 (no such release), -1. */
int attestation_body(
	struct db *reader, const char *version, struct arena *a, struct body *ret, struct err *err);

/* In apply, after the channel was written: sign it as it stands now. Within a serial only `issued`,
 * which rises, and `expires` change. */
int pointer_sign(struct tx *tx, const struct keyring *k, struct err *err);
/* Is it signed by these keys, in this order, and says so? 1, 0, -1. */
int pointer_signed_by(
	const struct pointer_row *row, const struct keyring *k, struct arena *a, struct err *err);

#endif
