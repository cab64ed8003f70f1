/* SPDX-License-Identifier: Apache-2.0
 *
 * Standard Webhooks 1.0.0: secrets as text, and the signature over "id.timestamp.body". Symmetric (v1,
 * HMAC-SHA256, "whsec_") and asymmetric (v1a, Ed25519, "whsk_" and "whpk_"). It sends nothing and keeps
 * nothing. Any thread.
 */
#ifndef NET_STANDARD_WEBHOOK_H
#define NET_STANDARD_WEBHOOK_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"

enum webhook_algorithm { WEBHOOK_V1, WEBHOOK_V1A };
enum { WEBHOOK_SECRET_LEAST = 24, WEBHOOK_SECRET_MOST = 64, WEBHOOK_SECRET_MADE = 32 };

struct webhook_key {
	int algorithm;				   /* enum webhook_algorithm */
	unsigned char secret[WEBHOOK_SECRET_MOST]; /* v1a: the seed */
	size_t len;
};

/* A new one, of random bytes: WEBHOOK_SECRET_MADE, or a seed. */
void webhook_key_make(enum webhook_algorithm algorithm, struct webhook_key *ret);

/* From "whsec_..." or "whsk_...". -1, and the end of a sentence that says what was meant. */
int webhook_key_parse(const char *text, struct webhook_key *ret, const char **ret_why);

/* "whsec_..."; the secret of a v1a key leaves in no form. */
const char *webhook_key_text(const struct webhook_key *k, struct arena *a);
/* "whpk_..." of a v1a key. */
int webhook_key_public(
	const struct webhook_key *k, struct arena *a, const char **ret, struct err *err);

/* The header webhook-signature: one signature for each key, so that a receiver may know any of them.
 * `seconds` is the header webhook-timestamp; the id holds no full stop. */
int webhook_sign(const struct webhook_key *keys, size_t n, const char *id, int64_t seconds,
	const char *body, size_t len, struct arena *a, const char **ret, struct err *err);

#endif
