/* SPDX-License-Identifier: Apache-2.0
 *
 * What is signed, as the bytes that are signed: an in-toto statement about a release, and the channel
 * as a pointer that ends. Both are in canonical form (RFC 8785) and travel in DSSE envelopes. A node
 * checks them by include/spiralfed/node.h.
 */
#ifndef MODEL_ATTESTATION_H
#define MODEL_ATTESTATION_H

#include "model/release.h"

#define STATEMENT_PAYLOAD_TYPE "application/vnd.in-toto+json"
#define STATEMENT_TYPE	       "https://in-toto.io/Statement/v1"
#define RELEASE_PREDICATE_TYPE "urn:spiralfed:release:v1"
#define POINTER_PAYLOAD_TYPE   "application/vnd.spiralfed.channel+json"
#define POINTER_SCHEMA	       "spiralfed.channel/v1"

/* The subject is the release's document, by its digest. */
const char *release_statement(const struct release *r, const char *digest, struct arena *a);

struct pointer_target {
	const char *digest, *version;
};
struct pointer {
	const char *channel, *digest;
	int64_t expires, issued;
	const char *schema;
	int64_t serial;
	const char *version;
	struct list warm; /* struct pointer_target, most recently active first */
};
extern const struct field_table pointer_table;

/* A release as an OpenSSF model-signing bundle (v1.0): the model is a folder that holds its document
 * as release.json. The statement that is signed, and the bundle around it. */
const char *bundle_statement(const char *name, const char *digest, struct arena *a);
const char *bundle_write(const char *statement, const char *hint, const void *signature, size_t len,
	struct arena *a);
extern const struct field_table bundle_table; /* for its schema only */

/* A key as GET /v1/keys shows it. */
enum signing_key_state { SIGNING_KEY_ACTIVE, SIGNING_KEY_RETIRING, SIGNING_KEY_RETIRED };
struct signing_key {
	const char *keyid, *algorithm, *public_key; /* PEM */
	int state;
	int64_t created_at, retires_at;
};
struct signing_keys {
	struct list keys;	 /* struct signing_key, the newest first */
	struct list bundle_keys; /* the same */
};
extern const struct field_table signing_key_table, signing_keys_table;

#endif
