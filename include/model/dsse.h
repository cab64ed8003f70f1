/* SPDX-License-Identifier: Apache-2.0
 *
 * DSSE envelopes (v1.0.2) as the daemon writes them: bytes of a declared type, signed over their
 * pre-authentication encoding. Where several keys sign, each of them also signs the list of all of them
 * (`signers`, a member that DSSE lets others pass over): who trusts one of the keys can then check the
 * signatures of the others, and no byte changes unnoticed. Nodes open envelopes by spiralfed/envelope.h.
 */
#ifndef MODEL_DSSE_H
#define MODEL_DSSE_H

#include "base/sign.h"
#include "base/strbuf.h"
#include "model/field.h"

enum { DSSE_SIGNATURES_MAX = 16, DSSE_PAYLOAD_MAX = 4 << 20 };

/* "DSSEv1 " len type len payload. */
void dsse_pae(struct strbuf *out, const char *type, const void *payload, size_t len);

/* An envelope, its bytes in base64. */
struct dsse_signature {
	const char *keyid, *sig;
};
struct dsse_signers {
	const char *keys;    /* the public keys, 32 bytes each, in the order of the signatures */
	struct strings sigs; /* what each of them makes of these bytes, as SIGNERS_TYPE */
};
struct dsse_envelope {
	const char *type, *payload;
	struct dsse_signers *signers; /* NULL with one signature */
	struct list signatures;	      /* struct dsse_signature */
};
extern const struct field_table dsse_envelope_table;

/* Append the envelope of these bytes with a signature of each key, made now. */
void dsse_write(struct strbuf *out, const char *type, const void *payload, size_t len,
	const struct sign_key *const *keys, size_t n_keys);

const char *dsse_base64(const void *data, size_t len, struct arena *a);

#endif
