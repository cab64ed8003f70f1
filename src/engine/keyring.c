/* SPDX-License-Identifier: Apache-2.0
 *
 * The keys: found or made at the start, rotated by a person, retired by the clock. A secret is saved
 * before the registry names it, and deleted after the registry has retired it, at the next start at the
 * latest: what a crash leaves before is a file that nobody uses.
 */
#include "engine/keyring.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/json_writer.h"
#include "base/log.h"
#include "engine/attest.h"
#include "engine/internal.h"
#include "engine/render.h"
#include "model/attestation.h"
#include "model/dsse.h"

enum { FOLDER_MODE = 0700 };

#define KEY_OVERLAP_USEC (KEY_OVERLAP_DAYS * INT64_C(86400) * USEC_PER_SEC)

void keyring_free(struct keyring *k)
{
	if (!k)
		return;
	for (size_t i = 0; i < k->n; i++)
		sign_key_free(k->v[i].secret);
	free(k);
}

static void keyring_freep(struct keyring **k)
{
	keyring_free(*k);
}
#define KEYRING_AUTO __attribute__((cleanup(keyring_freep))) struct keyring *

size_t keyring_secrets(const struct keyring *k, const struct sign_key *ret[KEYRING_MAX])
{
	for (size_t i = 0; i < k->n; i++)
		ret[i] = k->v[i].secret;
	return k->n;
}

void keyring_seal(
	struct engine *e, struct strbuf *out, const char *type, const void *payload, size_t len)
{
	const struct sign_key *keys[KEYRING_MAX];

	LOCK_SCOPE(&e->keyring_lock);
	dsse_write(out, type, payload, len, keys, keyring_secrets(e->keyring, keys));
}

static void keyring_add(
	struct keyring *k, const struct signing_key_row *row, struct sign_key **secret)
{
	k->v[k->n++] = (struct keyring_key){*row, *secret};
	*secret = NULL;
}

/* ---- Files ---- */

static const char *key_path(const struct engine *e, const char *keyid, struct arena *a)
{
	return arena_printf(a, "%s/%s.pem", e->keys_folder, keyid);
}

int keyring_save_secret(const struct engine *e, const struct sign_key *k, struct err *err)
{
	ARENA_AUTO a = arena_new();

	if (dir_make(e->keys_folder, FOLDER_MODE, err) < 0)
		return err_wrap(err, "the folder of the signing keys");
	return sign_key_save(k, key_path(e, sign_key_public(k)->keyid, a), err);
}

void keyring_delete_secret(const struct engine *e, const char *keyid)
{
	ARENA_AUTO a = arena_new();

	if (unlink(key_path(e, keyid, a)) < 0 && errno != ENOENT)
		log_warn("key.not_deleted", LOG_STR("keyid", keyid),
			LOG_STR("why", strerror(errno)));
}

/* The secret of a key by its name: 1, 0 (there is no such file), -1. */
static int key_find(
	const struct engine *e, const char *keyid, struct sign_key **ret, struct err *err)
{
	ARENA_AUTO a = arena_new();
	const char *path = key_path(e, keyid, a);
	SIGN_KEY_AUTO key = NULL;

	if (access(path, F_OK) < 0)
		return 0;
	if (sign_key_load(path, SIGN_KEY_FILE, &key, err) < 0)
		return err_wrap(err, "the signing key");
	if (strcmp(sign_key_public(key)->keyid, keyid) != 0)
		return err_set(err, ERR_CONFIG, "%s holds another key than its name says", path);
	*ret = key;
	key = NULL;
	return 1;
}

/* ---- The start ---- */

struct opening {
	struct tx tx;
	struct signing_key_row *rows;
	size_t n;
	const struct engine_options *options;
	bool changed;
};

static bool live(const struct signing_key_row *r, int64_t now)
{
	return !r->retires_at || r->retires_at > now;
}

int keyring_event(struct tx *tx, enum event_type type, const char *keyid,
	const struct signing_key_row *leaves, const char *reason, struct err *err)
{
	const char *data = NULL;
	char at[TIME_STRLEN];

	if (leaves)
		data = arena_printf(tx->arena, "{\"retires\":\"%s\",\"retires_at\":\"%s\"}",
			leaves->public.keyid, time_format(leaves->retires_at, at));
	return tx_event(
		tx, type, arena_printf(tx->arena, "key/%.16s", keyid), reason, data, NULL, err);
}

int keyring_enter(struct tx *tx, const struct sign_key *key, const struct signing_key_row *leaves,
	const char *reason, struct signing_key_row *ret, struct err *err)
{
	struct signing_key_row row = {.public = *sign_key_public(key), .created_at = tx->now};

	if (leaves && signing_key_retire(tx->db, leaves->public.keyid, leaves->retires_at, err) < 0)
		return -1;
	if (signing_key_insert(tx->db, &row, err) < 0)
		return err->code == ERR_STATE_CONFLICT
			       ? err_set(err, ERR_CONFIG,
					 "the key %s was in use before and is retired; make a new "
					 "one",
					 row.public.keyid)
			       : -1;
	*ret = row;
	return keyring_event(tx, EVENT_KEY_CREATED, row.public.keyid, leaves, reason, err);
}

static struct signing_key_row *active_row(const struct opening *o)
{
	for (size_t i = 0; i < o->n; i++)
		if (!o->rows[i].retires_at)
			return &o->rows[i];
	return NULL;
}

/* The key that is to be the active one, when it isn't already: given, or new. NULL: the one that is
 * stays. */
static int key_wanted(struct engine *e, const struct opening *o, const struct sign_key *old,
	struct sign_key **ret, struct err *err)
{
	const struct signing_key_row *active = active_row(o);
	SIGN_KEY_AUTO key = NULL;

	*ret = NULL;
	if (o->options->key_credential) {
		if (sign_key_load(o->options->key_credential, SIGN_KEY_CREDENTIAL, &key, err) < 0)
			return err_wrap(err, "the signing key");
		if (active && !strcmp(active->public.keyid, sign_key_public(key)->keyid))
			return 0;
	} else {
		if (active && old && !o->options->new_key)
			return 0;
		if (active && !old && !o->options->new_key)
			return err_set(err, ERR_CONFIG,
				"the secret of the signing key %.16s... is not in %s: restore it, "
				"or "
				"go on with another (spiralfedd --new-signing-key), which every "
				"node "
				"must then be told",
				active->public.keyid, e->keys_folder);
		key = sign_key_make(err);
		if (!key || keyring_save_secret(e, key, err) < 0)
			return -1;
	}
	*ret = key;
	key = NULL;
	return 0;
}

/* The active one's secret: of the credential, or its file. */
static int key_kept(
	struct engine *e, const struct opening *o, struct sign_key **ret, struct err *err)
{
	const struct signing_key_row *active = active_row(o);
	SIGN_KEY_AUTO given = NULL;

	if (!active)
		return 0;
	if (o->options->key_credential) {
		struct err ignored;

		if (sign_key_load(o->options->key_credential, SIGN_KEY_CREDENTIAL, &given,
			    &ignored) == 0 &&
			!strcmp(sign_key_public(given)->keyid, active->public.keyid)) {
			*ret = given;
			given = NULL;
			return 0;
		}
	}
	return key_find(e, active->public.keyid, ret, err) < 0 ? -1 : 0;
}

/* The active key into the ring, and one that it replaces. */
static int open_active(struct engine *e, struct opening *o, struct keyring *ring, struct err *err)
{
	SIGN_KEY_AUTO old = NULL;
	SIGN_KEY_AUTO fresh = NULL;
	struct signing_key_row *active = active_row(o), row;

	ring->given = o->options->key_credential != NULL;
	if (key_kept(e, o, &old, err) < 0 || key_wanted(e, o, old, &fresh, err) < 0)
		return -1;
	if (!fresh) {
		keyring_add(ring, active, &old);
		return 0;
	}
	if (active)
		active->retires_at = o->tx.now + (old ? KEY_OVERLAP_USEC : 0);
	if (keyring_enter(&o->tx, fresh, active, active ? "start with another key" : "first start",
		    &row, err) < 0)
		return -1;
	o->changed = true;
	keyring_add(ring, &row, &fresh);
	if (old)
		keyring_add(ring, active, &old);
	return 0;
}

static int open_retiring(struct engine *e, struct opening *o, struct keyring *ring, struct err *err)
{
	for (size_t i = 0; i < o->n && ring->n < KEYRING_MAX; i++) {
		SIGN_KEY_AUTO key = NULL;
		bool there = false;
		int rc;

		for (size_t k = 0; k < ring->n; k++)
			there = there || ring->v[k].row.seq == o->rows[i].seq;
		if (there || !live(&o->rows[i], o->tx.now))
			continue;
		rc = key_find(e, o->rows[i].public.keyid, &key, err);
		if (rc < 0)
			return -1;
		if (rc == 0)
			log_warn("key.missing", LOG_STR("keyid", o->rows[i].public.keyid),
				LOG_STR("hint", "nothing new is signed with it any more"));
		else
			keyring_add(ring, &o->rows[i], &key);
	}
	return 0;
}

/* Those whose end came while nobody ran, after what was signed at `issued`: how many, -1. */
static int tell_retired(struct opening *o, int64_t issued, struct err *err)
{
	int n = 0;

	for (size_t i = 0; i < o->n; i++) {
		const struct signing_key_row *r = &o->rows[i];

		if (!r->retires_at || r->retires_at <= issued || r->retires_at >= o->tx.now)
			continue;
		if (keyring_event(&o->tx, EVENT_KEY_RETIRED, r->public.keyid, NULL, NULL, err) < 0)
			return -1;
		n++;
	}
	return n;
}

static int pointer_wanted(struct opening *o, const struct keyring *ring, struct err *err)
{
	struct pointer_row row;
	int rc = channel_pointer_find(o->tx.db, CHANNEL_STABLE, o->tx.arena, &row, err), retired;

	if (rc <= 0)
		return rc < 0 ? -1 : 1;
	retired = tell_retired(o, row.issued, err);
	rc = retired < 0 ? -1 : pointer_signed_by(&row, ring, o->tx.arena, err);
	if (rc < 0)
		return -1;
	return retired || rc == 0 || row.serial != o->tx.engine->state.serial ||
	       o->tx.now >= row.issued + o->tx.engine->pointer_lifetime / 2;
}

static int open_in(struct engine *e, struct opening *o, struct keyring *ring, struct err *err)
{
	int rc;

	if (signing_key_list(e->db, o->tx.arena, &o->rows, &o->n, err) < 0 ||
		open_active(e, o, ring, err) < 0 || open_retiring(e, o, ring, err) < 0)
		return -1;
	for (size_t i = 0; i < ring->n; i++)
		if (attest_missing(&o->tx, &ring->v[i], err) < 0)
			return -1;
	rc = pointer_wanted(o, ring, err);
	return rc <= 0 ? rc : pointer_sign(&o->tx, ring, err);
}

/* Of those whose end came while nobody ran, and of those that a crash left. */
static void delete_retired(const struct engine *e, const struct opening *o)
{
	for (size_t i = 0; i < o->n; i++)
		if (!live(&o->rows[i], o->tx.now))
			keyring_delete_secret(e, o->rows[i].public.keyid);
}

int keyring_open(struct engine *e, const struct engine_options *options, struct err *err)
{
	ARENA_AUTO a = arena_new();
	KEYRING_AUTO ring = xcalloc(1, sizeof(*ring));
	struct writer_state before = e->state;
	struct opening o = {.tx = {.db = e->db,
				    .now = engine_now(e),
				    .actor = "local",
				    .arena = a,
				    .engine = e},
		.options = options};

	if (db_begin(e->db, err) < 0)
		return -1;
	if (open_in(e, &o, ring, err) < 0) {
		db_rollback(e->db);
		e->state = before;
		return -1;
	}
	if (db_commit(e->db, err) < 0) {
		e->state = before;
		return -1;
	}
	e->events = (uint64_t)e->state.event_seq;
	delete_retired(e, &o);
	if (o.changed)
		log_info("key.active", LOG_STR("keyid", ring->v[0].row.public.keyid));
	e->keyring = ring;
	ring = NULL;
	return 0;
}
