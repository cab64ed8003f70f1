/* SPDX-License-Identifier: Apache-2.0
 *
 * Gathers what a publication holds from the registry. The card and the changelog are made elsewhere.
 */
#include "engine/publication_files.h"

#include <stdlib.h>
#include <string.h>

#include "engine/attest.h"
#include "engine/publication_card.h"
#include "engine/publication_seal.h"
#include "engine/render.h"
#include "store/artifact.h"
#include "store/evidence.h"
#include "store/publication.h"

/* Of one unit. */
enum { EVIDENCE_MAX = 64 };

static int missing(const char *what, const char *name, struct err *err)
{
	return err_set(err, ERR_STORAGE, "the registry lacks %s %s", what, name);
}

static void add(struct publication_files *f, const char *path, const char *text, size_t len)
{
	f->v[f->n++] = (struct repository_file){path, text, len};
}

/* With a line's end, and indented: people read it there, and differences show. */
static int add_table(struct publication_files *f, const char *path, const struct field_table *t,
	const void *value, struct arena *a, struct err *err)
{
	STRBUF_AUTO flat = STRBUF_INIT(PUBLISHED_FILE_MAX);
	STRBUF_AUTO text = STRBUF_INIT(PUBLISHED_FILE_MAX);
	struct json_writer w;

	json_writer_init(&w, &flat);
	fields_emit(t, value, &w);
	if (json_writer_done(&w))
		json_pretty(&text, flat.buf, flat.len);
	if (!json_writer_done(&w) || text.overflow)
		return err_set(err, ERR_IO, "%s would be larger than %d MiB", path,
			PUBLISHED_FILE_MAX >> 20);
	add(f, path, arena_strndup(a, text.buf, text.len), text.len);
	return 0;
}

/* ---- The record ---- */

struct recording {
	struct db *db;
	struct arena *arena;
	struct publication_record r;
	struct record_manifest *manifests; /* room for RECORD_MANIFESTS_MAX */
};

static int record_release(struct recording *x, const struct release_row *row, struct err *err)
{
	struct record_release *r = ARENA_NEW(x->arena, struct record_release);
	int rc;

	*r = (struct record_release){
		.version = row->version,
		.merge = row->merge_version,
		.previous = row->previous,
		.digest = row->digest,
		.created_at = row->created_at,
	};
	rc = release_maker(x->db, row->version, x->arena, &r->actor, &r->reason, err);
	x->r.release = r;
	return rc > 0 ? 0 : rc < 0 ? -1 : missing("release", row->version, err);
}

static int record_merge(struct recording *x, const char *version, struct err *err)
{
	struct record_merge *m = ARENA_NEW(x->arena, struct record_merge);
	struct merge_row row;
	int rc = merge_find(x->db, version, x->arena, &row, err);

	if (rc > 0)
		rc = merge_actor(x->db, version, x->arena, &m->actor, err);
	if (rc <= 0)
		return rc < 0 ? -1 : missing("merge", version, err);
	m->version = row.version;
	m->release = row.release;
	m->baseline = row.baseline;
	m->policy_digest = row.policy_digest;
	m->identity = row.identity;
	m->digest = row.digest;
	m->content = row.content;
	m->serial = row.serial;
	m->created_at = row.created_at;
	x->r.merge = m;
	return 0;
}

static int record_policy(struct recording *x, const char *digest, struct err *err)
{
	struct record_policy *p = ARENA_NEW(x->arena, struct record_policy);
	int rc = policy_arrival(x->db, digest, x->arena, p, err);

	x->r.policy = p;
	return rc > 0 ? 0 : rc < 0 ? -1 : missing("policy", digest, err);
}

static int record_manifest(struct recording *x, const char *digest, struct err *err)
{
	struct record_manifest m;
	int rc;

	for (size_t i = 0; i < x->r.manifests.n; i++)
		if (strcmp(x->manifests[i].digest, digest) == 0)
			return 0;
	if (x->r.manifests.n == RECORD_MANIFESTS_MAX)
		return err_set(err, ERR_IO, "a release rests on more than %d manifests",
			RECORD_MANIFESTS_MAX);
	rc = manifest_arrival(x->db, digest, x->arena, &m, err);
	if (rc <= 0)
		return rc < 0 ? -1 : missing("manifest", digest, err);
	x->manifests[x->r.manifests.n++] = m;
	return 0;
}

/* What a unit came with, and the newest of what spoke about it. */
static int record_manifests(struct recording *x, const struct artifact_row *unit, struct err *err)
{
	struct evidence_list about;
	struct artifact_row row;

	if (record_manifest(x, unit->manifest_digest, err) < 0 ||
		evidence_ever(x->db, unit->id, x->arena, &about, err) < 0)
		return -1;
	for (size_t i = about.n > EVIDENCE_MAX ? about.n - EVIDENCE_MAX : 0; i < about.n; i++) {
		int rc = artifact_by_seq(x->db, about.v[i].seq, x->arena, &row, err);

		if (rc <= 0)
			return rc < 0 ? -1 : missing("the evidence about", unit->id, err);
		/* What came later did not speak for this release: its record stays the same. */
		if (row.received_at <= x->r.release->created_at &&
			record_manifest(x, row.manifest_digest, err) < 0)
			return -1;
	}
	return 0;
}

static int is_kept(const struct unit_row *units, size_t n, const char *slot)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(units[i].slot, slot) == 0)
			return units[i].kept != 0;
	return 0;
}

static int by_arrival(const void *a, const void *b)
{
	const struct record_manifest *m = a, *o = b;

	if (m->received_at != o->received_at)
		return m->received_at < o->received_at ? -1 : 1;
	return strcmp(m->digest, o->digest);
}

static int record_units(struct recording *x, const struct release_row *release, struct err *err)
{
	struct unit_row *units, *merged;
	size_t n, n_merged;
	struct record_unit *v;

	if (release_units(x->db, release->version, x->arena, &units, &n, err) < 0 ||
		merge_units(x->db, release->merge_version, x->arena, &merged, &n_merged, err) < 0)
		return -1;
	v = ARENA_ARRAY(x->arena, n, struct record_unit);
	for (size_t i = 0; i < n; i++) {
		struct artifact_row row;
		int rc = artifact_by_seq(x->db, units[i].artifact_seq, x->arena, &row, err);

		if (rc <= 0)
			return rc < 0 ? -1 : missing("the unit of slot", units[i].slot, err);
		v[i] = (struct record_unit){
			.slot = units[i].slot,
			.provider = row.provider,
			.id = row.id,
			.kept = is_kept(merged, n_merged, units[i].slot),
			.fresh = units[i].fresh != 0,
		};
		if (record_manifests(x, &row, err) < 0)
			return -1;
	}
	x->r.units = (struct list){v, n};
	qsort(x->manifests, x->r.manifests.n, sizeof(*x->manifests), by_arrival);
	return 0;
}

static int record_keys(struct recording *x, const char *version, struct err *err)
{
	struct release_signature_row *signatures;
	struct signing_key_row *keys;
	size_t n_signatures, n_keys, n = 0;
	struct record_key *v;

	if (release_signature_list(x->db, version, x->arena, &signatures, &n_signatures, err) < 0 ||
		signing_key_list(x->db, x->arena, &keys, &n_keys, err) < 0)
		return -1;
	v = ARENA_ARRAY(x->arena, n_keys, struct record_key);
	for (size_t i = 0; i < n_keys; i++)
		for (size_t j = 0; j < n_signatures; j++)
			if (strcmp(keys[i].public.keyid, signatures[j].keyid) == 0)
				v[n++] = (struct record_key){
					.keyid = keys[i].public.keyid,
					.public_key = sign_public_to_pem(&keys[i].public, x->arena),
					.created_at = keys[i].created_at,
				};
	x->r.keys = (struct list){v, n};
	return 0;
}

static int add_record(struct publication_files *f, struct db *db, const struct release_row *row,
	struct arena *a, struct err *err)
{
	struct recording x = {
		.db = db,
		.arena = a,
		.r = {.schema = RECORD_SCHEMA},
		.manifests = ARENA_ARRAY(a, RECORD_MANIFESTS_MAX, struct record_manifest),
	};

	x.r.manifests.v = x.manifests;
	if (record_release(&x, row, err) < 0 || record_merge(&x, row->merge_version, err) < 0 ||
		record_policy(&x, x.r.merge->policy_digest, err) < 0 ||
		record_units(&x, row, err) < 0 || record_keys(&x, row->version, err) < 0)
		return -1;
	return add_table(f, PUBLISHED_RECORD, &publication_record_table, &x.r, a, err);
}

/* ---- Release and channel ---- */

static int add_release(struct publication_files *f, struct db *db, const char *version,
	const char *url, struct arena *a, struct err *err)
{
	struct release_row row;
	struct body attestation;
	int rc = release_find(db, version, a, &row, err);

	if (rc > 0)
		rc = attestation_body(db, version, a, &attestation, err);
	if (rc <= 0)
		return rc < 0 ? -1 : missing("release", version, err);
	row.body_len = strlen(row.body);
	add(f, PUBLISHED_RELEASE, row.body, row.body_len);
	add(f, PUBLISHED_ATTESTATION, attestation.text, attestation.len);
	if (add_record(f, db, &row, a, err) < 0)
		return -1;
	const char *card = publication_card(&row, url, a, err);
	const char *changelog = card ? publication_changelog(db, &row, a, err) : NULL;

	if (!changelog)
		return -1;
	add(f, PUBLISHED_CARD, card, strlen(card));
	add(f, PUBLISHED_CHANGELOG, changelog, strlen(changelog));
	f->n_release = f->n;
	return 0;
}

/* Left out would be lost: a hold that nobody restores, a release whose state nobody knows. */
static int too_many(size_t n, const char *what, struct err *err)
{
	return n <= STATES_MAX
		       ? 0
		       : err_set(err, ERR_IO, "there are more than %d %s, which %s can hold",
				 STATES_MAX, what, PUBLISHED_STATES);
}

/* Whoever trusts the newest one takes the others from it, for what stands at the tags. */
static int list_keys(struct db *db, struct list *ret, struct arena *a, struct err *err)
{
	struct signing_key_row *rows;
	struct record_key *v;
	size_t n;

	if (signing_key_list(db, a, &rows, &n, err) < 0)
		return -1;
	v = ARENA_ARRAY(a, n, struct record_key);
	for (size_t i = 0; i < n; i++)
		v[i] = (struct record_key){
			.keyid = rows[i].public.keyid,
			.public_key = sign_public_to_pem(&rows[i].public, a),
			.created_at = rows[i].created_at,
			.retires_at = rows[i].retires_at,
		};
	*ret = (struct list){v, n};
	return 0;
}

static int add_states(struct publication_files *f, struct db *db, struct arena *a, struct err *err)
{
	struct publication_states s = {.schema = STATES_SCHEMA};
	struct state_activation *activations;
	struct release_row *rows;
	struct state_release *v;
	struct state_held *held;

	if (release_page(db, 0, STATES_MAX + 1, a, &rows, &s.releases.n, err) < 0 ||
		too_many(s.releases.n, "releases", err) < 0 ||
		activation_recent(
			db, STATES_MAX, a, &activations, &s.activations.n, &s.omitted, err) < 0 ||
		artifact_held_list(db, STATES_MAX + 1, a, &held, &s.held.n, err) < 0 ||
		too_many(s.held.n, "held artifacts", err) < 0 ||
		release_lost_list(db, a, &s.lost, err) < 0 || list_keys(db, &s.keys, a, err) < 0)
		return -1;
	if (!s.omitted)
		s.omitted = -1;
	v = ARENA_ARRAY(a, s.releases.n, struct state_release);
	for (size_t i = 0; i < s.releases.n; i++)
		v[i] = (struct state_release){rows[i].version, rows[i].state, rows[i].digest,
			rows[i].last_serial, rows[i].last_active_at};
	s.releases.v = v;
	s.activations.v = activations;
	s.held.v = held;
	return add_table(f, PUBLISHED_STATES, &publication_states_table, &s, a, err);
}

static int add_channel(struct publication_files *f, struct db *db, struct arena *a, struct err *err)
{
	struct channel_row channel;
	struct pointer_row pointer;
	int rc = channel_find(db, CHANNEL_STABLE, a, &channel, err);

	if (rc > 0)
		rc = channel_pointer_find(db, CHANNEL_STABLE, a, &pointer, err);
	if (rc <= 0)
		return rc < 0 ? -1 : missing("channel", CHANNEL_STABLE, err);
	f->serial = channel.serial;
	add(f, PUBLISHED_CHANNEL, channel.body.text, channel.body.len);
	add(f, PUBLISHED_POINTER, pointer.body.text, pointer.body.len);
	return add_states(f, db, a, err);
}

/* ---- The whole ---- */

static int add_all(struct publication_files *f, struct db *db, const char *version, const char *url,
	struct arena *a, struct err *err)
{
	if ((version && add_release(f, db, version, url, a, err) < 0) ||
		add_channel(f, db, a, err) < 0)
		return -1;
	return publication_seal_text(f, db, version, a, err);
}

int publication_files(struct db *db, const char *version, const char *url, struct arena *a,
	struct publication_files *ret, struct err *err)
{
	struct publication_files f = {0};
	int rc;

	if (db_begin(db, err) < 0)
		return -1;
	rc = add_all(&f, db, version, url, a, err);
	db_rollback(db); /* it only read */
	if (rc == 0)
		*ret = f;
	return rc;
}
