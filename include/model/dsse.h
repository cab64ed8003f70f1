/* SPDX-License-Identifier: Apache-2.0
 *
 * DSSE envelopes (v1.0.2): bytes of a declared type, signed over their pre-authentication encoding.
 * Verifying comes before anybody parses the payload, and gives the very bytes that were verified. A
 * keyid is a hint in DSSE; here a signature whose keyid is no trusted key's does not count, so that no
 * byte of an envelope can change unnoticed. A false
 * signature in the name of a trusted key refuses the whole. One key counts once, however often it signed.
 */
#ifndef MODEL_DSSE_H
#define MODEL_DSSE_H

#include "base/sign.h"
#include "base/strbuf.h"
#include "model/field.h"

enum { DSSE_SIGNATURES_MAX = 16, DSSE_PAYLOAD_MAX = 4 << 20 };

/* "DSSEv1 " len type len payload. */
void dsse_pae(struct strbuf *out, const char *type, const void *payload, size_t len);

/* Append the envelope of signatures that were made before, as compact JSON. */
struct dsse_signature {
	const char *keyid;
	const unsigned char *bytes; /* SIGN_SIZE */
};
void dsse_envelope(struct strbuf *out, const char *type, const void *payload, size_t len,
	const struct dsse_signature *signatures, size_t n);
extern const struct field_table dsse_envelope_table;

/* The same with a signature of each key, made now. */
void dsse_write(struct strbuf *out, const char *type, const void *payload, size_t len,
	const struct sign_key *const *keys, size_t n_keys);

/* Does it hold signatures of at least `threshold` different ones of these keys, over this type? The
 * payload, NUL-terminated, is in the arena. -1: ERR_BAD_JSON or ERR_INVALID_BODY for what is no
 * envelope, ERR_BAD_SIGNATURE else. */
int dsse_verify(const char *text, size_t len, const char *type, const struct sign_public *trusted,
	size_t n_trusted, size_t threshold, struct arena *a, const char **ret_payload,
	size_t *ret_len, struct err *err);

#endif
