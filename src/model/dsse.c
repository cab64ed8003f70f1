/* SPDX-License-Identifier: Apache-2.0
 *
 * Envelopes: their form, and writing them.
 */
#include "model/dsse.h"

#include <assert.h>
#include <string.h>

#include "base/base64.h"
#include "base/json_writer.h"

enum { TYPE_MAX = 256, BASE64_MAX = DSSE_PAYLOAD_MAX / 3 * 4 + 4 };

static const struct field signature_fields[] = {
	{"keyid", FIELD_STRING, offsetof(struct dsse_signature, keyid), 0, .min = 1, .max = 128},
	{"sig", FIELD_STRING, offsetof(struct dsse_signature, sig), FIELD_REQUIRED},
};
static const struct field_table signature_table = FIELD_TABLE(
	"DsseSignature", "A signature, in base64.", struct dsse_signature, signature_fields);

static const struct field signers_fields[] = {
	{"keys", FIELD_STRING, offsetof(struct dsse_signers, keys), FIELD_REQUIRED,
		.help = "The public keys (Ed25519, 32 bytes each) in the order of the signatures, "
			"in "
			"base64."},
	{"sigs", FIELD_STRINGS, offsetof(struct dsse_signers, sigs), FIELD_REQUIRED, .min = 2,
		.max = DSSE_SIGNATURES_MAX,
		.help = "What each of them makes of these bytes, as a payload of type "
			"application/vnd.spiralfed.signers."},
};
static const struct field_table signers_table = FIELD_TABLE("DsseSigners",
	"Where several keys sign: all of them, as each of them signs it.", struct dsse_signers,
	signers_fields);

static const struct field envelope_fields[] = {
	{"payload", FIELD_STRING, offsetof(struct dsse_envelope, payload), FIELD_REQUIRED, .min = 1,
		.max = BASE64_MAX},
	{"payloadType", FIELD_STRING, offsetof(struct dsse_envelope, type), FIELD_REQUIRED,
		.min = 1, .max = TYPE_MAX},
	{"signatures", FIELD_LIST, offsetof(struct dsse_envelope, signatures),
		FIELD_REQUIRED | FIELD_EMIT_EMPTY, .min = 1, .max = DSSE_SIGNATURES_MAX,
		.table = &signature_table},
	{"signers", FIELD_OBJECT, offsetof(struct dsse_envelope, signers), .table = &signers_table},
};
const struct field_table dsse_envelope_table = FIELD_TABLE(
	"DsseEnvelope", "Signed bytes of a declared type.", struct dsse_envelope, envelope_fields);

void dsse_pae(struct strbuf *out, const char *type, const void *payload, size_t len)
{
	strbuf_addf(out, "DSSEv1 %zu %s %zu ", strlen(type), type, len);
	strbuf_add(out, payload, len);
}

const char *dsse_base64(const void *data, size_t len, struct arena *a)
{
	STRBUF_AUTO out = STRBUF_INIT(BASE64_MAX);

	base64_encode(&out, data, len);
	return arena_strndup(a, out.buf, out.len);
}

static const char *sign_text(const struct sign_key *key, const struct strbuf *pae, struct arena *a)
{
	unsigned char made[SIGN_SIZE];

	sign_bytes(key, pae->buf, pae->len, made);
	return dsse_base64(made, sizeof(made), a);
}

static struct dsse_signers *make_signers(
	const struct sign_key *const *keys, size_t n, struct arena *a)
{
	STRBUF_AUTO pae = STRBUF_INIT(DSSE_SIGNATURES_MAX * SIGN_PUBLIC_SIZE + 128);
	unsigned char list[DSSE_SIGNATURES_MAX][SIGN_PUBLIC_SIZE];
	struct dsse_signers *signers = ARENA_NEW(a, struct dsse_signers);

	for (size_t i = 0; i < n; i++)
		memcpy(list[i], sign_key_public(keys[i])->bytes, SIGN_PUBLIC_SIZE);
	dsse_pae(&pae, SIGNERS_TYPE, list, n * SIGN_PUBLIC_SIZE);
	signers->keys = dsse_base64(list, n * SIGN_PUBLIC_SIZE, a);
	signers->sigs.v = ARENA_ARRAY(a, n, const char *);
	for (size_t i = 0; i < n; i++)
		signers->sigs.v[signers->sigs.n++] = sign_text(keys[i], &pae, a);
	return signers;
}

void dsse_write(struct strbuf *out, const char *type, const void *payload, size_t len,
	const struct sign_key *const *keys, size_t n_keys)
{
	ARENA_AUTO a = arena_new();
	STRBUF_AUTO pae = STRBUF_INIT(DSSE_PAYLOAD_MAX + TYPE_MAX + 64);
	struct dsse_signature signatures[DSSE_SIGNATURES_MAX];
	struct dsse_envelope e = {.type = type,
		.payload = dsse_base64(payload, len, a),
		.signatures = {signatures, n_keys}};
	struct json_writer w;

	assert(n_keys <= DSSE_SIGNATURES_MAX);
	dsse_pae(&pae, type, payload, len);
	for (size_t i = 0; i < n_keys; i++)
		signatures[i] = (struct dsse_signature){
			sign_key_public(keys[i])->keyid, sign_text(keys[i], &pae, a)};
	if (n_keys > 1)
		e.signers = make_signers(keys, n_keys, a);
	json_writer_init(&w, out);
	fields_emit(&dsse_envelope_table, &e, &w);
}
