/* SPDX-License-Identifier: Apache-2.0
 *
 * The documents that are signed, and the keys that signed them.
 */
#include "model/attestation.h"

#include <string.h>

#include "base/base64.h"
#include "base/digest.h"
#include "base/hex.h"
#include "model/dsse.h"
#include "model/format.h"

enum { STATEMENT_MAX = 16 << 10, DIGEST_PREFIX = 7 };

/* Keys in the order of RFC 8785. */
const char *release_statement(const struct release *r, const char *digest, struct arena *a)
{
	STRBUF_AUTO sb = STRBUF_INIT(STATEMENT_MAX);
	struct json_writer w;

	json_writer_init(&w, &sb);
	jw_object(&w);
	jw_kstring(&w, "_type", STATEMENT_TYPE);
	jw_key(&w, "predicate");
	jw_object(&w);
	jw_kstring(&w, "fused_model_id", r->fused_model_id);
	jw_ktime(&w, "generated_at", r->generated_at);
	jw_kstring(&w, "merge", r->merge);
	jw_kstring(&w, "policy", r->policy ? r->policy->digest : NULL);
	jw_kstring(&w, "previous", r->previous);
	jw_kstring(&w, "version", r->version);
	jw_end(&w);
	jw_kstring(&w, "predicateType", RELEASE_PREDICATE_TYPE);
	jw_key(&w, "subject");
	jw_array(&w);
	jw_object(&w);
	jw_key(&w, "digest");
	jw_object(&w);
	jw_kstring(&w, "sha256", digest + DIGEST_PREFIX);
	jw_end(&w);
	jw_kstring(&w, "name", r->fused_model_id);
	jw_end(&w);
	jw_end(&w);
	jw_end(&w);
	return arena_strndup(a, sb.buf, sb.len);
}

/* ---- The bundle ---- */

#define BUNDLE_MEDIA_TYPE "application/vnd.dev.sigstore.bundle.v0.3+json"
#define BUNDLE_PREDICATE  "https://model_signing/signature/v1.0"

/* SHA-256 over the digests of all files, of which there is one. */
static void root_digest(const char *digest, char ret[2 * SHA256_SIZE + 1])
{
	unsigned char bytes[SHA256_SIZE], root[SHA256_SIZE];

	for (size_t i = 0; i < SHA256_SIZE; i++) {
		unsigned v = 0;

		for (size_t k = 0; k < 2; k++) {
			char c = digest[DIGEST_PREFIX + 2 * i + k];

			v = v << 4 | (unsigned)(c <= '9' ? c - '0' : c - 'a' + 10);
		}
		bytes[i] = (unsigned char)v;
	}
	sha256(bytes, sizeof(bytes), root);
	hex_encode(root, sizeof(root), ret);
}

const char *bundle_statement(const char *name, const char *digest, struct arena *a)
{
	STRBUF_AUTO sb = STRBUF_INIT(STATEMENT_MAX);
	char root[2 * SHA256_SIZE + 1];

	root_digest(digest, root);
	strbuf_addf(&sb,
		"{\"_type\":\"" STATEMENT_TYPE "\",\"predicate\":{\"resources\":[{\"algorithm\":"
		"\"sha256\",\"digest\":\"%s\",\"name\":\"release.json\"}],\"serialization\":{"
		"\"allow_symlinks\":false,\"hash_type\":\"sha256\",\"ignore_paths\":[],\"method\":"
		"\"files\"}},\"predicateType\":\"" BUNDLE_PREDICATE "\",\"subject\":[{\"digest\":{"
		"\"sha256\":\"%s\"},\"name\":",
		digest + DIGEST_PREFIX, root);
	json_quote(&sb, name, strlen(name));
	strbuf_addstr(&sb, "}]}");
	return arena_strndup(a, sb.buf, sb.len);
}

const char *bundle_write(
	const char *statement, const char *hint, const void *signature, size_t len, struct arena *a)
{
	STRBUF_AUTO payload = STRBUF_INIT(2 * STATEMENT_MAX), sig = STRBUF_INIT(1024),
		    sb = STRBUF_INIT(3 * STATEMENT_MAX);
	struct json_writer w;

	base64_encode(&payload, statement, strlen(statement));
	base64_encode(&sig, signature, len);
	json_writer_init(&w, &sb);
	jw_object(&w);
	jw_kstring(&w, "mediaType", BUNDLE_MEDIA_TYPE);
	jw_key(&w, "verificationMaterial");
	jw_object(&w);
	jw_key(&w, "publicKey");
	jw_object(&w);
	jw_kstring(&w, "hint", hint);
	jw_end(&w);
	jw_kraw(&w, "tlogEntries", "[]");
	jw_end(&w);
	jw_key(&w, "dsseEnvelope");
	jw_object(&w);
	jw_kstring(&w, "payload", payload.buf);
	jw_kstring(&w, "payloadType", STATEMENT_PAYLOAD_TYPE);
	jw_key(&w, "signatures");
	jw_array(&w);
	jw_object(&w);
	jw_kstring(&w, "sig", sig.buf);
	jw_kstring(&w, "keyid", "");
	jw_end(&w);
	jw_end(&w);
	jw_end(&w);
	jw_end(&w);
	return arena_strndup(a, sb.buf, sb.len);
}

struct bundle {
	const char *media_type, *material;
	void *envelope;
};
static const struct field bundle_fields[] = {
	{"mediaType", FIELD_STRING, offsetof(struct bundle, media_type), FIELD_REQUIRED},
	{"verificationMaterial", FIELD_JSON, offsetof(struct bundle, material), FIELD_REQUIRED,
		.help = "names the key: SHA-256 of its PEM, in hex"},
	{"dsseEnvelope", FIELD_OBJECT, offsetof(struct bundle, envelope), FIELD_REQUIRED,
		.table = &dsse_envelope_table},
};
const struct field_table bundle_table = FIELD_TABLE("ModelSigningBundle",
	"A signature in the form of OpenSSF model signing.", struct bundle, bundle_fields);

/* ---- The pointer ---- */

static const struct field target_fields[] = {
	{"digest", FIELD_STRING, offsetof(struct pointer_target, digest), FIELD_REQUIRED,
		.format = &format_digest},
	{"version", FIELD_STRING, offsetof(struct pointer_target, version), FIELD_REQUIRED,
		.format = &format_version},
};
static const struct field_table target_table =
	FIELD_TABLE("PointerTarget", "A release.", struct pointer_target, target_fields);

static const struct field pointer_fields[] = {
#define F(name_, type_, ...)                                                \
	{                                                                   \
#name_, type_, offsetof(struct pointer, name_), __VA_ARGS__ \
	}
	F(channel, FIELD_STRING, FIELD_REQUIRED),
	F(digest, FIELD_STRING, FIELD_REQUIRED, .format = &format_digest,
		.help = "of the release's body"),
	F(expires, FIELD_TIME, FIELD_REQUIRED, .help = "whoever sees nothing newer is frozen out"),
	F(issued, FIELD_TIME, FIELD_REQUIRED),
	F(schema, FIELD_STRING, FIELD_REQUIRED),
	F(serial, FIELD_INT, FIELD_REQUIRED, .help = "only rises"),
	F(version, FIELD_STRING, FIELD_REQUIRED, .format = &format_version),
	F(warm, FIELD_LIST, FIELD_EMIT_EMPTY, .table = &target_table,
		.help = "most recently active first"),
#undef F
};
const struct field_table pointer_table =
	FIELD_TABLE("Pointer", "The channel, as it is signed.", struct pointer, pointer_fields);

static const char *const state_names_v[] = {"active", "retiring", "retired", NULL};
static const struct field_names state_names = {"SigningKeyState", state_names_v};

static const struct field key_fields[] = {
#define F(name_, type_, ...)                                                    \
	{                                                                       \
#name_, type_, offsetof(struct signing_key, name_), __VA_ARGS__ \
	}
	F(keyid, FIELD_STRING, FIELD_REQUIRED,
		.help = "SHA-256 of its SubjectPublicKeyInfo, in hex; what envelopes call it"),
	F(algorithm, FIELD_STRING, FIELD_REQUIRED, .help = "ed25519, of bundles ecdsa-p256"),
	F(state, FIELD_ENUM, FIELD_REQUIRED, .names = &state_names,
		.help = "retiring: it signs beside the active one until retires_at"),
	F(public_key, FIELD_STRING, FIELD_REQUIRED, .help = "PEM"),
	F(created_at, FIELD_TIME, FIELD_REQUIRED),
	F(retires_at, FIELD_TIME, 0),
#undef F
};
const struct field_table signing_key_table =
	FIELD_TABLE("SigningKey", "A public key.", struct signing_key, key_fields);

static const struct field keys_fields[] = {
	{"keys", FIELD_LIST, offsetof(struct signing_keys, keys), FIELD_EMIT_EMPTY,
		.table = &signing_key_table, .help = "the newest first"},
	{"bundle_keys", FIELD_LIST, offsetof(struct signing_keys, bundle_keys), 0,
		.table = &signing_key_table,
		.help = "of model-signing bundles, P-256; the newest signs"},
};
const struct field_table signing_keys_table = FIELD_TABLE("SigningKeys",
	"The keys that sign releases and the channel.", struct signing_keys, keys_fields);
