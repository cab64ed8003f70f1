/* SPDX-License-Identifier: Apache-2.0
 *
 * The node library's inside: opening an envelope, and values that several documents hold.
 */
#ifndef SPIRALFED_ENVELOPE_H
#define SPIRALFED_ENVELOPE_H

#include "spiralfed/node.h"
#include "spiralfed/scan.h"

enum { ENVELOPE_HEAD_MAX = 128 };

/* What the signatures are over: a head, and the payload behind it. */
struct signed_bytes {
	unsigned char bytes[ENVELOPE_HEAD_MAX + SPIRALFED_PAYLOAD_MAX];
	size_t from, len; /* head and payload */
	size_t payload_len;
};
static inline const char *signed_payload(const struct signed_bytes *b)
{
	return (const char *)b->bytes + ENVELOPE_HEAD_MAX;
}

/* OK when a trusted key signed it, as this type, and each signature is good: where there are several, of
 * trusted keys all, or of keys that list each other and one of which is trusted (base/sign.h). */
enum spiralfed_status envelope_open(const struct spiralfed_key *keys, size_t n_keys,
	const char *type, const char *text, size_t len, struct signed_bytes *ret);

int64_t scan_time(struct scan *s); /* RFC 3339 */
void scan_digest(struct scan *s, char ret[72]);
void scan_version(struct scan *s, char ret[64]);

#endif
