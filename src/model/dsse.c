/* SPDX-License-Identifier: Apache-2.0
 *
 * Envelopes: writing them, and opening them for those who verify.
 */
#include "model/dsse.h"

#include <assert.h>
#include <string.h>

#include "base/base64.h"
#include "base/json_writer.h"

enum { TYPE_MAX = 256, BASE64_MAX = DSSE_PAYLOAD_MAX / 3 * 4 + 4 };

struct envelope_signature {
	const char *keyid, *sig;
};
struct envelope {
	const char *type, *payload;
	struct list signatures;
};

static const struct field signature_fields[] = {
	{"keyid", FIELD_STRING, offsetof(struct envelope_signature, keyid), 0, .min = 1,
		.max = 128},
	{"sig", FIELD_STRING, offsetof(struct envelope_signature, sig), FIELD_REQUIRED},
};
static const struct field_table signature_table = FIELD_TABLE(
	"DsseSignature", "A signature, in base64.", struct envelope_signature, signature_fields);

static const struct field envelope_fields[] = {
	{"payload", FIELD_STRING, offsetof(struct envelope, payload), FIELD_REQUIRED, .min = 1,
		.max = BASE64_MAX},
	{"payloadType", FIELD_STRING, offsetof(struct envelope, type), FIELD_REQUIRED, .min = 1,
		.max = TYPE_MAX},
	{"signatures", FIELD_LIST, offsetof(struct envelope, signatures), FIELD_REQUIRED, .min = 1,
		.max = DSSE_SIGNATURES_MAX, .table = &signature_table},
};
const struct field_table dsse_envelope_table = FIELD_TABLE(
	"DsseEnvelope", "Signed bytes of a declared type.", struct envelope, envelope_fields);

void dsse_pae(struct strbuf *out, const char *type, const void *payload, size_t len)
{
	strbuf_addf(out, "DSSEv1 %zu %s %zu ", strlen(type), type, len);
	strbuf_add(out, payload, len);
}

static char *encoded(const void *data, size_t len, struct arena *a)
{
	STRBUF_AUTO out = STRBUF_INIT(BASE64_MAX);

	base64_encode(&out, data, len);
	return arena_strndup(a, out.buf, out.len);
}

void dsse_envelope(struct strbuf *out, const char *type, const void *payload, size_t len,
	const struct dsse_signature *signatures, size_t n)
{
	ARENA_AUTO arena = arena_new();
	struct json_writer w;

	json_writer_init(&w, out);
	jw_object(&w);
	jw_kstring(&w, "payload", encoded(payload, len, arena));
	jw_kstring(&w, "payloadType", type);
	jw_key(&w, "signatures");
	jw_array(&w);
	for (size_t i = 0; i < n; i++) {
		jw_object(&w);
		jw_kstring(&w, "keyid", signatures[i].keyid);
		jw_kstring(&w, "sig", encoded(signatures[i].bytes, SIGN_SIZE, arena));
		jw_end(&w);
	}
	jw_end(&w);
	jw_end(&w);
}

void dsse_write(struct strbuf *out, const char *type, const void *payload, size_t len,
	const struct sign_key *const *keys, size_t n_keys)
{
	STRBUF_AUTO pae = STRBUF_INIT(DSSE_PAYLOAD_MAX + TYPE_MAX + 64);
	unsigned char made[DSSE_SIGNATURES_MAX][SIGN_SIZE];
	struct dsse_signature signatures[DSSE_SIGNATURES_MAX];

	assert(n_keys <= DSSE_SIGNATURES_MAX);
	dsse_pae(&pae, type, payload, len);
	for (size_t i = 0; i < n_keys; i++) {
		sign_bytes(keys[i], pae.buf, pae.len, made[i]);
		signatures[i] = (struct dsse_signature){sign_key_public(keys[i])->keyid, made[i]};
	}
	dsse_envelope(out, type, payload, len, signatures, n_keys);
}

/* ---- Opening ---- */

/* Bytes of one member; all members of an envelope are in one alphabet. */
static int decode(const char *text, enum base64_alphabet *alphabet, struct arena *a,
	unsigned char **ret, size_t *ret_len)
{
	enum base64_alphabet own;
	unsigned char *bytes;
	size_t len;

	if (base64_decode(text, strlen(text), a, &bytes, &len, &own) ||
		(own != BASE64_ANY && *alphabet != BASE64_ANY && own != *alphabet))
		return -1;
	if (own != BASE64_ANY)
		*alphabet = own;
	*ret = bytes;
	*ret_len = len;
	return 0;
}

static int parse(
	const char *text, size_t len, struct arena *a, struct envelope *ret, struct err *err)
{
	struct faults faults;

	faults_init(&faults);
	if (!fields_parse_text(&dsse_envelope_table, text, len, a, ret, &faults, err))
		return 0;
	if (faults.n)
		err_set_at(
			err, ERR_INVALID_BODY, faults.list[0].pointer, "%s", faults.list[0].detail);
	return err_wrap(err, "no DSSE envelope");
}

/* The trusted key that made it; n_trusted: none. */
static size_t signer_of(const struct envelope_signature *s, const unsigned char *signature,
	size_t len, const struct strbuf *pae, const struct sign_public *trusted, size_t n_trusted)
{
	for (size_t i = 0; i < n_trusted; i++)
		if ((!s->keyid || !strcmp(s->keyid, trusted[i].keyid)) &&
			sign_verify(&trusted[i], pae->buf, pae->len, signature, len))
			return i;
	return n_trusted;
}

/* Says that a trusted key made it. */
static bool claims(const struct envelope_signature *s, const struct sign_public *trusted, size_t n)
{
	for (size_t i = 0; s->keyid && i < n; i++)
		if (!strcmp(s->keyid, trusted[i].keyid))
			return true;
	return false;
}

static bool same_key(const struct sign_public *a, const struct sign_public *b)
{
	return !memcmp(a->bytes, b->bytes, sizeof(a->bytes));
}

/* Different keys that signed: those whose place in the list is marked, a repeated key once. */
static size_t count_signers(const bool *marked, const struct sign_public *trusted, size_t n)
{
	size_t count = 0;

	for (size_t i = 0; i < n; i++) {
		bool counted = !marked[i];

		for (size_t k = 0; k < i && !counted; k++)
			counted = marked[k] && same_key(&trusted[k], &trusted[i]);
		count += !counted;
	}
	return count;
}

int dsse_verify(const char *text, size_t len, const char *type, const struct sign_public *trusted,
	size_t n_trusted, size_t threshold, struct arena *a, const char **ret_payload,
	size_t *ret_len, struct err *err)
{
	STRBUF_AUTO pae = STRBUF_INIT(DSSE_PAYLOAD_MAX + TYPE_MAX + 64);
	enum base64_alphabet alphabet = BASE64_ANY;
	bool *signers = ARENA_ARRAY(a, n_trusted + 1, bool);
	unsigned char *payload, *signature;
	size_t payload_len, signature_len, count;
	struct envelope e;

	if (parse(text, len, a, &e, err))
		return -1;
	if (decode(e.payload, &alphabet, a, &payload, &payload_len))
		return err_set_at(err, ERR_INVALID_BODY, "/payload", "is no base64");
	if (strcmp(e.type, type) != 0)
		return err_set_at(err, ERR_BAD_SIGNATURE, "/payloadType", "is not %s", type);
	dsse_pae(&pae, e.type, payload, payload_len);
	for (size_t i = 0; i < e.signatures.n; i++) {
		const struct envelope_signature *s =
			LIST_AT(&e.signatures, struct envelope_signature, i);

		if (decode(s->sig, &alphabet, a, &signature, &signature_len))
			return err_set_at(err, ERR_INVALID_BODY, "/signatures",
				"signature %zu is no base64", i);
		size_t signer = signer_of(s, signature, signature_len, &pae, trusted, n_trusted);

		if (signer == n_trusted && claims(s, trusted, n_trusted))
			return err_set_at(err, ERR_BAD_SIGNATURE, "/signatures",
				"signature %zu is not what key %s makes of it", i, s->keyid);
		signers[signer] = true;
	}
	count = count_signers(signers, trusted, n_trusted);
	if (pae.overflow || threshold == 0 || count < threshold)
		return err_set(err, ERR_BAD_SIGNATURE,
			"%zu of the %zu signatures are of trusted keys, %zu are needed", count,
			e.signatures.n, threshold);
	*ret_payload = (const char *)payload;
	*ret_len = payload_len;
	return 0;
}
