/* SPDX-License-Identifier: Apache-2.0
 *
 * Pointers, releases and their envelopes as a daemon signs them, for those who verify.
 */
#ifndef SUPPORT_SIGNED_H
#define SUPPORT_SIGNED_H

#include "base/arena.h"
#include "base/sign.h"
#include "model/attestation.h"
#include "spiralfed/node.h"

enum { SIGNERS = 3 };

struct signers {
	struct sign_key *keys[SIGNERS];
	struct spiralfed_key trusted[SIGNERS];
	struct arena *arena;
};
void signers_make(struct signers *s);
void signers_clear(struct signers *s);

/* A pointer of serial 7 to release 1.2.3, two warm ones behind it, for a day from `issued`. */
struct pointer signed_pointer(struct signers *s, int64_t issued);
/* Its envelope with the signatures of keys first .. first + n - 1. */
const char *signed_envelope(
	struct signers *s, const struct pointer *p, size_t first, size_t n, size_t *ret_len);
/* The same over any payload. */
const char *sign_payload(struct signers *s, const char *type, const char *payload, size_t len,
	size_t first, size_t n, size_t *ret_len);

/* A release's document, and its attestation. */
const char *signed_release(struct signers *s, const char *version, size_t *ret_len,
	struct spiralfed_release *ret, const char **ret_statement);

#endif
