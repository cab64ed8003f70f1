/* SPDX-License-Identifier: Apache-2.0
 *
 * The keys that sign: one is active, others sign beside it until they retire. Secret halves are files
 * of mode 0600 in a folder, or the active one is a credential of the service manager; the registry
 * knows the public halves. A keyring is not changed once it is in use; a rotation puts another in its
 * place, on the ops thread, when its commit is over.
 */
#ifndef ENGINE_KEYRING_H
#define ENGINE_KEYRING_H

#include "engine/engine.h"
#include "engine/tx.h"
#include "store/signing.h"

enum { KEYRING_MAX = 4, KEY_OVERLAP_DAYS = 7 };

struct keyring_key {
	struct signing_key_row row;
	struct sign_key *secret;
};
struct keyring {
	struct keyring_key v[KEYRING_MAX]; /* the active one first */
	size_t n;
	bool given; /* the active one is a credential */
};

/* Find or make the key, before there are threads: in one transaction with the signatures that are
 * missing. ERR_CONFIG when the secret of the active one is gone or others can read it. */
int keyring_open(struct engine *e, const struct engine_options *o, struct err *err);
void keyring_free(struct keyring *k); /* NULL is allowed */

/* Secrets as dsse_write() takes them; how many. */
size_t keyring_secrets(const struct keyring *k, const struct sign_key *ret[KEYRING_MAX]);

/* Append an envelope of these bytes with a signature of each key. Any thread. */
void keyring_seal(
	struct engine *e, struct strbuf *out, const char *type, const void *payload, size_t len);

/* In a transaction: `key` becomes the active one; the one before (NULL: none) ends at its
 * retires_at. */
int keyring_enter(struct tx *tx, const struct sign_key *key, const struct signing_key_row *leaves,
	const char *reason, struct signing_key_row *ret, struct err *err);
int keyring_event(struct tx *tx, enum event_type type, const char *keyid,
	const struct signing_key_row *leaves, const char *reason, struct err *err);
int keyring_save_secret(const struct engine *e, const struct sign_key *k, struct err *err);
void keyring_delete_secret(const struct engine *e, const char *keyid);

/* On the ops thread: sign the pointer again before it expires, retire keys whose time is over. */
void signing_watch(struct engine *e, struct db *reader);

/* GET /v1/keys. */
int keys_body(struct db *db, int64_t now, struct arena *a, struct body *ret, struct err *err);

#endif
