/* SPDX-License-Identifier: Apache-2.0
 *
 * Writes a registry from what was read and checked: policies and manifests in the order in which they came,
 * each at its own time and on the way that it went the first time; then, in one transaction, merges,
 * releases, states and the channel.
 */
#include "engine/restore.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/base64.h"
#include "engine/artifact.h"
#include "engine/internal.h"
#include "engine/keyring.h"
#include "engine/merge.h"
#include "engine/release.h"
#include "store/artifact.h"
#include "store/publication.h"
#include "store/signing.h"

enum { QUEUE_MAX = 16 };

struct restore {
	const struct restoration *r;
	struct engine *e;
	struct db *reader;
	struct fake_clock clock;
};

/* ---- What came in ---- */

struct arrival {
	int64_t at;
	size_t order;
	const struct restored_release *of;
	const struct record_policy *policy; /* or */
	const struct record_manifest *manifest;
};

static int by_time(const void *a, const void *b)
{
	const struct arrival *x = a, *y = b;

	if (x->at != y->at)
		return x->at < y->at ? -1 : 1;
	return x->order < y->order ? -1 : x->order > y->order;
}

static struct arrival *arrivals(const struct restoration *r, struct arena *a, size_t *ret_n)
{
	struct arrival *v;
	size_t n = 0, max = 0;

	for (size_t i = 0; i < r->n; i++)
		max += 1 + r->v[i].record.manifests.n;
	v = ARENA_ARRAY(a, max, struct arrival);
	for (size_t i = 0; i < r->n; i++) {
		const struct publication_record *record = &r->v[i].record;

		v[n] = (struct arrival){.at = record->policy->created_at,
			.order = n,
			.of = &r->v[i],
			.policy = record->policy};
		n++;
		for (size_t k = 0; k < record->manifests.n; k++, n++) {
			const struct record_manifest *m =
				LIST_AT(&record->manifests, struct record_manifest, k);

			v[n] = (struct arrival){
				.at = m->received_at, .order = n, .of = &r->v[i], .manifest = m};
		}
	}
	qsort(v, n, sizeof(*v), by_time);
	*ret_n = n;
	return v;
}

static int policy_apply(struct tx *tx, struct command *c, struct err *err)
{
	return policy_restore(tx, c->args, c->prepared, err);
}

static int take_in(struct restore *x, const struct arrival *v, struct err *err)
{
	static const struct command_kind policy_kind = {
		.name = "policy_restore", .apply = policy_apply};
	ARENA_AUTO a = arena_new();
	struct command c = {.arena = a};

	if (v->at > clock_now(&x->clock.clock))
		fake_clock_step(&x->clock, v->at - clock_now(&x->clock.clock));
	if (v->policy) {
		c.actor = v->policy->actor;
		c.kind = &policy_kind;
		c.args = (void *)v->policy;
	} else {
		c.actor = v->manifest->actor;
		manifest_command(&c, NULL, v->manifest->document, strlen(v->manifest->document));
	}
	if (command_run_one(x->e, x->reader, &c, err) == 0)
		return 0;
	return v->policy ? err_wrap(err, "%s: its policy", v->of->tag)
			 : err_wrap(err, "%s: its manifest %s", v->of->tag, v->manifest->digest);
}

/* ---- What was released ---- */

/* The key's number; of one that only signed before, entered as retired. */
static int key_seq(struct tx *tx, const struct publication_record *record, const char *keyid,
	int64_t *ret, struct err *err)
{
	struct signing_key_row *rows;
	size_t n;

	if (signing_key_list(tx->db, tx->arena, &rows, &n, err) < 0)
		return -1;
	for (size_t i = 0; i < n; i++)
		if (strcmp(rows[i].public.keyid, keyid) == 0) {
			*ret = rows[i].seq;
			return 0;
		}
	for (size_t i = 0; i < record->keys.n; i++) {
		const struct record_key *k = LIST_AT(&record->keys, struct record_key, i);
		struct signing_key_row row = {.created_at = k->created_at, .retires_at = tx->now};

		if (strcmp(k->keyid, keyid) != 0)
			continue;
		if (sign_public_pem(k->public_key, strlen(k->public_key), &row.public, err) < 0 ||
			signing_key_insert(tx->db, &row, err) < 0)
			return -1;
		*ret = row.seq;
		return 0;
	}
	return err_set(err, ERR_STORAGE, "there is no key %s", keyid);
}

static int insert_signatures(struct tx *tx, const struct restored_release *r, struct err *err)
{
	const struct list *l = &r->envelope.signatures;

	if (release_statement_insert(tx->db, r->release.version, r->statement, err) < 0)
		return -1;
	for (size_t i = 0; i < l->n; i++) {
		const struct dsse_signature *s = LIST_AT(l, struct dsse_signature, i);
		enum base64_alphabet alphabet;
		unsigned char *bytes;
		int64_t seq = 0;
		size_t len;

		if (base64_decode(s->sig, strlen(s->sig), tx->arena, &bytes, &len, &alphabet) < 0 ||
			len != SIGN_SIZE)
			return err_set(err, ERR_IO, "a signature is none");
		if (key_seq(tx, &r->record, s->keyid, &seq, err) < 0 ||
			release_signature_insert(tx->db, r->release.version, seq, bytes, err) < 0)
			return -1;
	}
	return 0;
}

static const struct fused_unit *slot_of(const struct restored_release *r, const char *slot)
{
	for (size_t i = 0; i < r->release.slots.n; i++) {
		const struct fused_unit *u = LIST_AT(&r->release.slots, struct fused_unit, i);

		if (strcmp(u->name, slot) == 0)
			return u;
	}
	return NULL;
}

/* With the content that the release names. */
static int insert_units(struct tx *tx, const struct restored_release *r, struct err *err)
{
	for (size_t i = 0; i < r->record.units.n; i++) {
		const struct record_unit *u = LIST_AT(&r->record.units, struct record_unit, i);
		const struct fused_unit *named = slot_of(r, u->slot);
		struct artifact_row row;
		int rc = artifact_find(tx->db, u->provider, u->id, tx->arena, &row, err);

		if (rc < 0)
			return -1;
		if (rc == 0 || !named ||
			(named->content_digest && strcmp(row.digest, named->content_digest) != 0))
			return err_set(err, ERR_BAD_SIGNATURE,
				"none of its manifests has %s/%s as the release names it",
				u->provider, u->id);
		const struct unit_row unit = {
			.slot = u->slot,
			.artifact_seq = row.seq,
			.kept = u->kept == 1,
			.fresh = u->fresh == 1,
		};

		if (merge_unit_insert(tx->db, r->record.merge->version, &unit, err) < 0 ||
			release_unit_insert(tx->db, r->release.version, &unit, err) < 0)
			return -1;
	}
	return 0;
}

/* When its release came to the channel; of one whose activation was not published, when its document was made,
 * which is moments before. */
static int64_t promoted_at(const struct restoration *r, const struct record_release *release)
{
	for (size_t i = 0; i < r->states.activations.n; i++) {
		const struct state_activation *a =
			LIST_AT(&r->states.activations, struct state_activation, i);

		if (strcmp(a->version, release->version) == 0 && strcmp(a->cause, "promotion") == 0)
			return a->at;
	}
	return release->created_at;
}

static int insert_merge(struct tx *tx, const struct restoration *all,
	const struct publication_record *r, struct err *err)
{
	const struct record_merge *m = r->merge;
	struct merge_row row = {
		.version = m->version,
		.release = m->release,
		.baseline = m->baseline,
		.serial = m->serial,
		.policy_digest = m->policy_digest,
		.identity = m->identity,
		.content = m->content,
		.digest = m->digest,
		.actor = m->actor,
		.created_at = m->created_at,
		.updated_at = promoted_at(all, r->release),
	};

	return merge_restore(tx, &row, err);
}

static int insert_release(struct tx *tx, const struct restoration *all, size_t i, struct err *err)
{
	const struct restored_release *r = &all->v[i];
	const struct state_release *s = LIST_AT(&all->states.releases, struct state_release, i);
	struct release_row row = {
		.version = r->release.version,
		.merge_version = r->release.merge,
		.previous = r->release.previous,
		.body = r->document.text,
		.body_len = r->document.len,
		.digest = r->document.digest,
		.actor = r->record.release->actor,
		.reason = r->record.release->reason,
		.created_at = r->record.release->created_at,
		.last_serial = s->last_serial,
		.last_active_at = s->last_active_at,
	};
	const char *reason =
		arena_printf(tx->arena, "restored from %s, %s at %s", all->url, r->tag, r->commit);

	if (insert_merge(tx, all, &r->record, err) < 0 || release_insert(tx->db, &row, err) < 0 ||
		insert_units(tx, r, err) < 0 || insert_signatures(tx, r, err) < 0 ||
		release_restore(tx, &row,
			(enum release_state)names_find(&release_state_names, s->state), reason,
			err) < 0)
		return -1;
	return publication_insert(tx->db, row.version, r->commit, tx->now, err);
}

/* ---- Where they stand ---- */

static int insert_activations(struct tx *tx, const struct list *l, struct err *err)
{
	for (size_t i = 0; i < l->n; i++) {
		const struct state_activation *a = LIST_AT(l, struct state_activation, i);
		const struct activation_row row = {
			.serial = a->serial,
			.channel = CHANNEL_STABLE,
			.release_version = a->version,
			.previous = a->previous,
			.cause = a->cause,
			.actor = a->actor,
			.reason = a->reason,
			.at = a->at,
		};

		if (activation_insert(tx->db, &row, err) < 0)
			return -1;
	}
	return 0;
}

static bool is_lost(const struct restoration *r, const char *version)
{
	for (size_t i = 0; i < r->lost.n; i++)
		if (strcmp(LIST_AT(&r->lost, struct state_release, i)->version, version) == 0)
			return true;
	for (size_t i = 0; i < r->states.lost.n; i++)
		if (strcmp(r->states.lost.v[i], version) == 0)
			return true;
	return false;
}

static int hold(struct tx *tx, const struct restoration *r, struct err *err)
{
	const struct list *l = &r->states.held;

	for (size_t i = 0; i < l->n; i++) {
		const struct state_held *h = LIST_AT(l, struct state_held, i);
		struct artifact_row row;
		int rc = artifact_find(tx->db, h->provider, h->id, tx->arena, &row, err);

		/* Only the release that is lost had it: it is held when it comes. */
		if (rc == 0 && is_lost(r, h->by)) {
			if (held_awaited_insert(tx->db, h->provider, h->id, h->by, err) < 0)
				return -1;
			continue;
		}
		if (rc == 0)
			return err_set(err, ERR_NOT_FOUND,
				"no release's manifests have %s/%s, which %s holds", h->provider,
				h->id, h->by);
		if (rc < 0 || artifact_hold(tx, row.seq, h->by, err) < 0)
			return -1;
	}
	return 0;
}

static int insert_channel(struct tx *tx, const struct restoration *r, struct err *err)
{
	struct channel_row row = {
		.name = CHANNEL_STABLE,
		.serial = r->channel.serial,
		.release_version = r->channel.version,
		.updated_at = r->channel.updated_at,
	};

	return channel_restore(tx, &row, r->channel.digest, err);
}

/* No commit: the first look reads all files. */
#define UNKNOWN_HEAD "0000000000000000000000000000000000000000"

/* A card that was changed is as it was signed: the drift guard then tells of it. */
static int put_sealed(struct tx *tx, const struct restoration *r, struct err *err)
{
	for (size_t i = 0; r->seal && i < r->seal->files.n; i++) {
		const struct sealed_file *f = LIST_AT(&r->seal->files, struct sealed_file, i);

		if (published_file_put(tx->db, f->path, f->digest, err) < 0)
			return -1;
	}
	return 0;
}

/* Their versions are never used again: a node may have them. */
static int insert_lost(struct tx *tx, const struct restoration *r, struct err *err)
{
	for (size_t i = 0; i < r->lost.n; i++)
		if (release_lost_insert(tx->db, LIST_AT(&r->lost, struct state_release, i)->version,
			    tx->now, err) < 0)
			return -1;
	for (size_t i = 0; i < r->states.lost.n; i++)
		if (release_lost_insert(tx->db, r->states.lost.v[i], tx->now, err) < 0)
			return -1;
	return 0;
}

/* What stands there is as it was left. */
static int insert_published(struct tx *tx, const struct restoration *r, struct err *err)
{
	const struct published_state s = {
		.serial = r->published,
		.head = r->edited.n ? UNKNOWN_HEAD : r->head,
		.checked_at = tx->now,
		.drift = "[]",
	};
	char digest[DIGEST_STRLEN];

	for (size_t i = 0; i < r->n_files; i++)
		if (published_file_put(tx->db, r->files[i].path,
			    digest_string(r->files[i].text, r->files[i].len, digest), err) < 0)
			return -1;
	if (put_sealed(tx, r, err) < 0)
		return -1;
	return published_state_put(tx->db, &s, err);
}

static int releases_apply(struct tx *tx, struct command *c, struct err *err)
{
	const struct restoration *r = c->args;

	for (size_t i = 0; i < r->n; i++)
		if (insert_release(tx, r, i, err) < 0)
			return err_wrap(err, "%s", r->v[i].tag);
	if (insert_activations(tx, &r->states.activations, err) < 0 || hold(tx, r, err) < 0 ||
		insert_channel(tx, r, err) < 0 || insert_published(tx, r, err) < 0 ||
		insert_lost(tx, r, err) < 0)
		return -1;
	return tx_outbox(tx, tx->engine->state.event_seq, OUTBOX_RESLOT, "{}", err);
}

static int take_releases(struct restore *x, int64_t now, struct err *err)
{
	static const struct command_kind kind = {
		.name = "releases_restore", .apply = releases_apply};
	ARENA_AUTO a = arena_new();
	struct command c = {
		.arena = a, .actor = RESTORE_ACTOR, .kind = &kind, .args = (void *)x->r};

	if (now > clock_now(&x->clock.clock))
		fake_clock_step(&x->clock, now - clock_now(&x->clock.clock));
	return command_run_one(x->e, x->reader, &c, err);
}

/* ---- The whole ---- */

static int fill(struct restore *x, int64_t now, struct arena *a, struct err *err)
{
	size_t n;
	const struct arrival *v = arrivals(x->r, a, &n);

	for (size_t i = 0; i < n; i++)
		if (take_in(x, &v[i], err) < 0)
			return -1;
	return take_releases(x, now, err);
}

static int fill_registry(struct restore *x, const struct restore_target *t, struct arena *a,
	const char **ret_keyid, struct err *err)
{
	const struct record_policy *first = x->r->v[0].record.policy;
	const struct engine_options o = {
		.path = t->path,
		.keys = t->keys,
		.key_credential = t->key_credential,
		.clock = &x->clock.clock,
		.policy_text = first->document,
		.queue_max = QUEUE_MAX,
	};
	int rc;

	fake_clock_init(&x->clock, first->created_at);
	if (engine_open(&o, &x->e, err) < 0)
		return -1;
	*ret_keyid = arena_strdup(a, x->e->keyring->v[0].row.public.keyid);
	rc = engine_reader(x->e, &x->reader, err);
	if (rc == 0)
		rc = fill(x, t->now, a, err);
	if (rc < 0 && !t->key_credential)
		keyring_delete_secret(x->e, *ret_keyid);
	db_close(x->reader);
	engine_close(x->e);
	return rc;
}

int restore_write(const struct restore_target *t, const struct restoration *r, struct arena *a,
	const char **ret_keyid, struct err *err)
{
	static const char *const ends[] = {"", "-wal", "-shm"};
	struct restore x = {.r = r};
	const char *keyid;

	if (access(t->path, F_OK) == 0)
		return err_set(err, ERR_STATE_CONFLICT, "%s is there already", t->path);
	if (fill_registry(&x, t, a, &keyid, err) < 0) {
		for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
			unlink(arena_printf(a, "%s%s", t->path, ends[i]));
		return -1;
	}
	*ret_keyid = keyid;
	return 0;
}
