/* SPDX-License-Identifier: Apache-2.0
 *
 * Keys while the engine runs: a rotation by a person, the end of a key by the clock, and the pointer
 * signed again before it expires. All on the ops thread, which is the only one that exchanges the
 * keyring.
 */
#include <string.h>

#include "base/json_writer.h"
#include "base/log.h"
#include "engine/attest.h"
#include "engine/internal.h"
#include "engine/render.h"
#include "model/attestation.h"

enum { KEYS_BODY_MAX = 64 << 10 };

struct rotation {
	const struct key_rotation_request *request;
	const struct sign_key *key;
	struct keyring next; /* borrows its secrets */
};

/* ---- Rotation ---- */

static bool stays(const struct keyring_key *k, int64_t now)
{
	return !k->row.retires_at || k->row.retires_at > now;
}

/* Without an overlap nothing else signs any more: a theft can be ended in a full ring. */
static int rotation_allowed(const struct engine *e, int64_t now, bool overlaps, struct err *err)
{
	const struct keyring *ring = e->keyring;
	size_t n = 0;

	if (ring->given)
		return err_set(err, ERR_STATE_CONFLICT,
			"the active key is a credential of the service manager: replace it there "
			"and restart the daemon");
	for (size_t i = 0; i < ring->n; i++)
		n += stays(&ring->v[i], now);
	if (overlaps && n == KEYRING_MAX)
		return err_set(err, ERR_STATE_CONFLICT,
			"%zu keys sign already; GET /v1/keys says when the next one retires", n);
	return 0;
}

/* One that was made for a rotation that did not take place is of no use. Whether it did the registry
 * knows: a commit may have failed for us and be there all the same. */
static int drop_unused(struct engine *e, struct db *reader, struct err *err)
{
	ARENA_AUTO a = arena_new();
	struct signing_key_row *rows;
	const char *keyid;
	size_t n;

	if (!e->key_next)
		return 0;
	if (signing_key_list(reader, a, &rows, &n, err) < 0)
		return -1;
	keyid = sign_key_public(e->key_next)->keyid;
	for (size_t i = 0; i < n; i++)
		if (strcmp(rows[i].public.keyid, keyid) == 0)
			return err_set(err, ERR_STATE_CONFLICT,
				"the rotation before took place, though its commit failed: restart "
				"the daemon, which then signs with %.16s...",
				keyid);
	keyring_delete_secret(e, keyid);
	sign_key_free(e->key_next);
	e->key_next = NULL;
	return 0;
}

static int rotation_prepare(struct engine *e, struct db *reader, struct command *c, struct err *err)
{
	struct rotation *r = c->args;

	if (rotation_allowed(e, engine_now(e), r->request->overlap_usec > 0, err) < 0 ||
		drop_unused(e, reader, err) < 0)
		return -1;
	e->key_next = sign_key_make(err);
	if (!e->key_next || (!c->dry_run && keyring_save_secret(e, e->key_next, err) < 0))
		return -1;
	r->key = e->key_next;
	return 0;
}

/* The ring as it will be: the new key and, in an overlap, the one before and those that still have
 * time. */
static void rotation_ring(struct rotation *r, const struct engine *e, int64_t now)
{
	r->next.n = 1;
	for (size_t i = 0; r->request->overlap_usec > 0 && i < e->keyring->n; i++) {
		struct keyring_key k = e->keyring->v[i];

		if (i == 0)
			k.row.retires_at = now + r->request->overlap_usec;
		if (k.row.retires_at > now)
			r->next.v[r->next.n++] = k;
	}
}

/* Every other key ends now: also one in its overlap, and one whose secret is not here. */
static int end_others(struct tx *tx, const char *reason, struct err *err)
{
	struct signing_key_row *rows;
	size_t n;

	if (signing_key_list(tx->db, tx->arena, &rows, &n, err) < 0)
		return -1;
	for (size_t i = 0; i < n; i++) {
		int rc;

		if (rows[i].retires_at && rows[i].retires_at <= tx->now)
			continue;
		rc = signing_key_retire(tx->db, rows[i].public.keyid, tx->now, err);
		if (rc < 0 || keyring_event(tx, EVENT_KEY_RETIRED, rows[i].public.keyid, NULL,
				      reason, err) < 0)
			return -1;
	}
	return 0;
}

static int rotation_apply(struct tx *tx, struct command *c, struct err *err)
{
	struct rotation *r = c->args;
	struct signing_key_row leaves = tx->engine->keyring->v[0].row;
	struct keyring_key *first = &r->next.v[0];
	bool overlaps = r->request->overlap_usec > 0;
	struct body body;

	leaves.retires_at = tx->now + r->request->overlap_usec;
	rotation_ring(r, tx->engine, tx->now);
	first->secret = (struct sign_key *)r->key;
	if ((!overlaps && end_others(tx, r->request->reason, err) < 0) ||
		keyring_enter(tx, r->key, &leaves, r->request->reason, &first->row, err) < 0 ||
		attest_missing(tx, first, err) < 0 || pointer_sign(tx, &r->next, err) < 0 ||
		keys_body(tx->db, tx->now, tx->arena, &body, err) < 0)
		return -1;
	tx->moved = true;
	command_answer(c, 201, "/v1/keys", &body);
	return 0;
}

/* Free and delete what the present ring has and `next` lacks. */
static void exchange(struct engine *e, const struct keyring *next)
{
	const struct keyring before = *e->keyring;

	lock_take(&e->keyring_lock);
	*e->keyring = *next;
	e->keyring->given = before.given;
	lock_give(&e->keyring_lock);
	for (size_t i = 0; i < before.n; i++) {
		const struct keyring_key *k = &before.v[i];
		bool kept = false;

		for (size_t n = 0; n < next->n; n++)
			kept = kept || next->v[n].secret == k->secret;
		if (kept)
			continue;
		keyring_delete_secret(e, k->row.public.keyid);
		sign_key_free(k->secret);
	}
}

static void rotation_after(struct engine *e, struct db *reader, struct command *c)
{
	struct rotation *r = c->args;

	e->key_next = NULL; /* the ring's now */
	exchange(e, &r->next);
	log_info("key.active", LOG_STR("keyid", e->keyring->v[0].row.public.keyid));
}

static const struct command_kind rotation_kind = {
	.name = "key_rotate",
	.prepare = rotation_prepare,
	.apply = rotation_apply,
	.after = rotation_after,
};

int key_rotate(
	struct engine *e, struct command *c, const struct key_rotation_request *r, struct err *err)
{
	struct rotation *args = ARENA_NEW(c->arena, struct rotation);

	args->request = r;
	c->kind = &rotation_kind;
	c->args = args;
	c->dry_run = c->dry_run || r->dry_run == 1;
	return command_submit(e, c, err);
}

/* ---- By the clock ---- */

static int renewal_apply(struct tx *tx, struct command *c, struct err *err)
{
	const struct keyring *next = c->args, *ring = tx->engine->keyring;

	for (size_t i = 0; i < ring->n; i++)
		if (!stays(&ring->v[i], tx->now) &&
			keyring_event(tx, EVENT_KEY_RETIRED, ring->v[i].row.public.keyid, NULL,
				NULL, err) < 0)
			return -1;
	tx->moved = true;
	return pointer_sign(tx, next, err);
}

static bool pointer_due(struct engine *e, int64_t now)
{
	SNAPSHOT_AUTO s = snapshot_get(e);

	return s->has_release && now >= s->pointer.issued + e->pointer_lifetime / 2;
}

void signing_watch(struct engine *e, struct db *reader)
{
	static const struct command_kind kind = {.name = "signing", .apply = renewal_apply};
	int64_t now = engine_now(e);
	struct keyring next = {.given = e->keyring->given};
	struct err err = {0};

	for (size_t i = 0; i < e->keyring->n; i++)
		if (stays(&e->keyring->v[i], now))
			next.v[next.n++] = e->keyring->v[i];
	if (next.n == e->keyring->n && !pointer_due(e, now))
		return;
	ARENA_AUTO a = arena_new();
	struct command c = engine_job(&kind, "controller:signing", &next, a, NULL);

	/* It looks at the snapshot for what the next one would not show any more. */
	evidence_watch(e, reader);

	if (engine_commit(e, &c, &err) < 0)
		log_error("signing.failed", LOG_ERR(&err));
	else
		exchange(e, &next);
}

/* ---- What is shown ---- */

static int show_bundle_keys(
	struct db *db, struct arena *a, struct signing_keys *shown, struct err *err)
{
	struct bundle_key_row *rows;
	size_t n;

	if (bundle_key_list(db, a, &rows, &n, err) < 0)
		return -1;
	shown->bundle_keys.v = ARENA_ARRAY(a, n, struct signing_key);
	for (; shown->bundle_keys.n < n; shown->bundle_keys.n++) {
		size_t i = shown->bundle_keys.n;

		*LIST_AT(&shown->bundle_keys, struct signing_key, i) =
			(struct signing_key){.keyid = rows[i].hint,
				.algorithm = "ecdsa-p256",
				.public_key = rows[i].public_key,
				.state = i == 0 ? SIGNING_KEY_ACTIVE : SIGNING_KEY_RETIRED,
				.created_at = rows[i].created_at};
	}
	return 0;
}

int keys_body(struct db *db, int64_t now, struct arena *a, struct body *ret, struct err *err)
{
	STRBUF_AUTO sb = STRBUF_INIT(KEYS_BODY_MAX);
	struct signing_key_row *rows;
	struct signing_keys shown;
	struct json_writer w;
	size_t n;

	if (signing_key_list(db, a, &rows, &n, err) < 0)
		return -1;
	fields_init(&signing_keys_table, &shown);
	shown.keys.v = ARENA_ARRAY(a, n, struct signing_key);
	for (; shown.keys.n < n; shown.keys.n++) {
		const struct signing_key_row *r = &rows[shown.keys.n];
		struct signing_key *k = LIST_AT(&shown.keys, struct signing_key, shown.keys.n);

		*k = (struct signing_key){.keyid = r->public.keyid,
			.algorithm = "ed25519",
			.public_key = sign_public_to_pem(&r->public, a),
			.state = !r->retires_at	       ? SIGNING_KEY_ACTIVE
				 : r->retires_at > now ? SIGNING_KEY_RETIRING
						       : SIGNING_KEY_RETIRED,
			.created_at = r->created_at,
			.retires_at = r->retires_at};
	}
	if (show_bundle_keys(db, a, &shown, err) < 0)
		return -1;
	json_writer_init(&w, &sb);
	fields_emit(&signing_keys_table, &shown, &w);
	body_set(ret, arena_strndup(a, sb.buf, sb.len), sb.len);
	return 0;
}
