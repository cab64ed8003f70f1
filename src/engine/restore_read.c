/* SPDX-License-Identifier: Apache-2.0
 *
 * Reads what was published and checks it: releases and pointer by the library that nodes link, the record
 * and the states by what those say. Refuses all of it when one thing does not hold.
 */
#include "engine/restore.h"

#include <stdlib.h>
#include <string.h>

#include "base/base64.h"
#include "base/digest.h"
#include "base/sign.h"
#include "base/text.h"
#include "model/phase.h"
#include "policy/version.h"

enum { CHANNEL_MAX = 1 << 20 };

struct reading {
	struct restore_source *s;
	struct restoration *r;
	struct arena *arena;
	struct spiralfed_pointer pointer;
};

/* ---- Files ---- */

/* 1, 0, -1 */
static int look(struct reading *x, const char *commit, const char *path, size_t cap,
	struct source_document *ret, struct err *err)
{
	x->s->call.deadline = clock_mono(x->s->call.clock) + x->s->patience;
	return x->s->kind->read(x->s->connector, &x->s->call, commit, path, cap, ret, err);
}

static int fetch(struct reading *x, const char *commit, const char *path, size_t cap,
	struct source_document *ret, struct err *err)
{
	int rc = look(x, commit, path, cap, ret, err);

	return rc > 0 ? 0 : rc < 0 ? -1 : err_set(err, ERR_NOT_FOUND, "it is not there");
}

static int parse(const struct field_table *t, const struct source_document *d, struct arena *a,
	void *ret, struct err *err)
{
	struct faults faults;

	faults_init(&faults);
	if (fields_take_text(t, d->text, d->len, a, ret, &faults, err) == 0)
		return 0;
	return faults.n ? err_set(err, ERR_IO, "%s %s", faults.list[0].pointer,
				  faults.list[0].detail)
			: -1;
}

static int contradicts(struct err *err, const char *what, const char *of)
{
	return err_set(err, ERR_BAD_SIGNATURE, "its %s is not that of %s", what, of);
}

static bool has_digest(const char *text, const char *digest)
{
	char found[DIGEST_STRLEN];

	return strcmp(digest_string(text, strlen(text), found), digest) == 0;
}

/* ---- A release ---- */

static int check_status(enum spiralfed_status status, struct err *err)
{
	return status == SPIRALFED_OK
		       ? 0
		       : err_set(err, ERR_BAD_SIGNATURE, "%s: %s", spiralfed_status_name(status),
				 spiralfed_status_text(status));
}

/* The document, and what was signed of it. */
static int take_document(struct reading *x, struct restored_release *r, struct err *err)
{
	struct source_document body, envelope;
	struct spiralfed_release got;
	enum base64_alphabet alphabet;
	unsigned char *payload;
	size_t len;

	if (fetch(x, r->commit, PUBLISHED_RELEASE, SPIRALFED_RELEASE_MAX, &body, err) < 0)
		return err_wrap(err, PUBLISHED_RELEASE);
	if (fetch(x, r->commit, PUBLISHED_ATTESTATION, SPIRALFED_ENVELOPE_MAX, &envelope, err) <
			0 ||
		check_status(spiralfed_release_verify(x->s->keys, x->s->n_keys, envelope.text,
				     envelope.len, body.text, body.len, NULL, &got),
			err) < 0 ||
		parse(&dsse_envelope_table, &envelope, x->arena, &r->envelope, err) < 0)
		return err_wrap(err, PUBLISHED_ATTESTATION);
	if (parse(&release_table, &body, x->arena, &r->release, err) < 0)
		return err_wrap(err, PUBLISHED_RELEASE);
	if (strcmp(got.version, r->tag + 1) != 0 || strcmp(r->release.version, got.version) != 0)
		return err_set(err, ERR_BAD_SIGNATURE, PUBLISHED_RELEASE ": it is release %s",
			got.version);
	if (!r->release.merge || !r->release.policy)
		return err_set(err, ERR_IO, PUBLISHED_RELEASE ": it names no merge, or no policy");
	if (base64_decode(r->envelope.payload, strlen(r->envelope.payload), x->arena, &payload,
		    &len, &alphabet) < 0)
		return err_set(err, ERR_IO, PUBLISHED_ATTESTATION ": no base64");
	r->statement = arena_strndup(x->arena, (const char *)payload, len);
	r->attestation = arena_strndup(x->arena, envelope.text, envelope.len);
	body_set(&r->document, arena_strndup(x->arena, body.text, body.len), body.len);
	return 0;
}

static const struct fused_unit *slot_of(const struct list *slots, const char *name)
{
	for (size_t i = 0; i < slots->n; i++) {
		const struct fused_unit *u = LIST_AT(slots, struct fused_unit, i);

		if (strcmp(u->name, name) == 0)
			return u;
	}
	return NULL;
}

/* The merge is the one whose units the release has. */
static int check_merge(struct reading *x, const struct restored_release *r, struct err *err)
{
	const struct record_merge *m = r->record.merge;
	const struct source_document content = {.text = m->content, .len = strlen(m->content)};
	struct merge merge;

	if (strcmp(m->version, r->release.merge) != 0 ||
		strcmp(m->release, r->release.version) != 0 ||
		strcmp(m->policy_digest, r->release.policy->digest) != 0)
		return contradicts(err, "merge", "the release");
	if (!has_digest(m->content, m->digest))
		return contradicts(err, "merge's content", "its digest");
	if (parse(&merge_table, &content, x->arena, &merge, err) < 0)
		return err_wrap(err, "the merge");
	if (strcmp(merge.version, m->version) != 0 || merge.slots.n != r->release.slots.n)
		return contradicts(err, "merge's content", "the release");
	for (size_t i = 0; i < merge.slots.n; i++) {
		const struct fused_unit *u = LIST_AT(&merge.slots, struct fused_unit, i);
		const struct fused_unit *other = slot_of(&r->release.slots, u->name);

		if (!other || !text_equal(u->content_digest, other->content_digest))
			return contradicts(err, "merge's content", "the release");
	}
	return 0;
}

static bool has_manifest(const struct publication_record *r, const char *digest)
{
	for (size_t i = 0; i < r->manifests.n; i++)
		if (text_equal(LIST_AT(&r->manifests, struct record_manifest, i)->digest, digest))
			return true;
	return false;
}

static int check_units(const struct restored_release *r, struct err *err)
{
	const struct list *slots = &r->release.slots;

	for (size_t i = 0; i < r->record.manifests.n; i++) {
		const struct record_manifest *m =
			LIST_AT(&r->record.manifests, struct record_manifest, i);

		if (!has_digest(m->document, m->digest))
			return err_set(err, ERR_BAD_SIGNATURE,
				"a manifest does not hash to its digest %s", m->digest);
	}
	if (r->record.units.n != slots->n)
		return contradicts(err, "list of units", "the release");
	for (size_t i = 0; i < slots->n; i++) {
		const struct record_unit *u = LIST_AT(&r->record.units, struct record_unit, i);
		const struct fused_unit *s = slot_of(slots, u->slot);

		/* As many as there are slots, and no slot twice. */
		for (size_t k = 0; s && k < i; k++)
			if (!strcmp(LIST_AT(&r->record.units, struct record_unit, k)->slot,
				    u->slot))
				s = NULL;
		if (!s || strcmp(s->provider, u->provider) != 0 || strcmp(s->id, u->id) != 0 ||
			(s->fresh == 1) != (u->fresh == 1))
			return err_set(err, ERR_BAD_SIGNATURE,
				"its unit of slot %s is not that of the release", u->slot);
		if (s->manifest && !has_manifest(&r->record, s->manifest))
			return err_set(err, ERR_BAD_SIGNATURE,
				"it lacks the manifest %s of slot %s", s->manifest, u->slot);
	}
	return 0;
}

static bool has_key(const struct publication_record *r, const char *keyid)
{
	for (size_t i = 0; i < r->keys.n; i++)
		if (text_equal(LIST_AT(&r->keys, struct record_key, i)->keyid, keyid))
			return true;
	return false;
}

/* Each that signed is there, under its own name. */
static int check_keys(const struct restored_release *r, struct err *err)
{
	for (size_t i = 0; i < r->record.keys.n; i++) {
		const struct record_key *k = LIST_AT(&r->record.keys, struct record_key, i);
		struct sign_public public;

		if (sign_public_pem(k->public_key, strlen(k->public_key), &public, err) < 0)
			return -1;
		if (strcmp(public.keyid, k->keyid) != 0)
			return contradicts(err, "key", "the name that it has");
	}
	for (size_t i = 0; i < r->envelope.signatures.n; i++) {
		const char *keyid =
			LIST_AT(&r->envelope.signatures, struct dsse_signature, i)->keyid;

		if (!keyid || !has_key(&r->record, keyid))
			return err_set(err, ERR_BAD_SIGNATURE,
				"it lacks the key %s, which signed the release",
				keyid ? keyid : "without a name");
	}
	return 0;
}

static int check_record(struct reading *x, const struct restored_release *r, struct err *err)
{
	const struct publication_record *record = &r->record;
	const struct record_release *release = record->release;

	if (strcmp(record->schema, RECORD_SCHEMA) != 0)
		return err_set(err, ERR_IO, "its schema is %s, not " RECORD_SCHEMA, record->schema);
	if (strcmp(release->version, r->release.version) != 0 ||
		strcmp(release->digest, r->document.digest) != 0 ||
		strcmp(release->merge, r->release.merge) != 0 ||
		!text_equal(release->previous ? release->previous : "",
			r->release.previous ? r->release.previous : "") ||
		release->created_at != r->release.generated_at)
		return contradicts(err, "release", PUBLISHED_RELEASE);
	if (record->policy->version != r->release.policy->version ||
		strcmp(record->policy->digest, r->release.policy->digest) != 0 ||
		!has_digest(record->policy->document, record->policy->digest))
		return contradicts(err, "policy", "the release");
	if (check_merge(x, r, err) < 0 || check_units(r, err) < 0)
		return -1;
	return check_keys(r, err);
}

static int take_release(struct reading *x, struct restored_release *r, struct err *err)
{
	struct source_document record;
	char digest[DIGEST_STRLEN];

	if (take_document(x, r, err) < 0)
		return -1;
	if (fetch(x, r->commit, PUBLISHED_RECORD, PUBLISHED_FILE_MAX, &record, err) < 0 ||
		parse(&publication_record_table, &record, x->arena, &r->record, err) < 0 ||
		check_record(x, r, err) < 0)
		return err_wrap(err, PUBLISHED_RECORD);
	r->record_digest = arena_strdup(x->arena, digest_string(record.text, record.len, digest));
	return 0;
}

static int by_version(const void *a, const void *b)
{
	struct version v, w;

	version_parse(((const struct restored_release *)a)->tag, &v);
	version_parse(((const struct restored_release *)b)->tag, &w);
	return version_compare(&v, &w);
}

/* Tags that are no release's are nobody's business. */
static int take_tags(struct reading *x, const struct repository_refs *refs, struct err *err)
{
	struct restoration *r = x->r;
	char buf[VERSION_STRLEN];
	struct version v;

	r->v = ARENA_ARRAY(x->arena, refs->n_tags, struct restored_release);
	for (size_t i = 0; i < refs->n_tags; i++) {
		const char *name = refs->tags[i].name;

		if (*name == 'v' && version_parse(name, &v) == 0 && !v.rc &&
			strcmp(version_format(&v, buf), name + 1) == 0)
			r->v[r->n++] = (struct restored_release){
				.tag = name, .commit = refs->tags[i].commit};
	}
	if (!r->n)
		return err_set(err, ERR_NOT_FOUND, "it has no tag of a release, e.g. v1.0.0");
	qsort(r->v, r->n, sizeof(*r->v), by_version);
	for (size_t i = 0; i < r->n; i++)
		if (take_release(x, &r->v[i], err) < 0)
			return err_wrap(err, "%s", r->v[i].tag);
	return 0;
}

/* ---- The head ---- */

static int take_files(struct reading *x, struct err *err)
{
	for (size_t i = 0; i < PUBLISHED_PATHS; i++) {
		const char *path = published_paths[i];
		struct source_document d;
		int rc = look(x, x->r->head, path, PUBLISHED_FILE_MAX, &d, err);

		if (rc < 0)
			return err_wrap(err, "main: %s", path);
		if (rc > 0)
			x->r->files[x->r->n_files++] =
				(struct repository_file){path, d.text, d.len};
	}
	return 0;
}

static int head_file(const struct reading *x, const char *path, size_t cap,
	struct source_document *ret, struct err *err)
{
	for (size_t i = 0; i < x->r->n_files; i++) {
		const struct repository_file *f = &x->r->files[i];

		if (strcmp(f->path, path) != 0)
			continue;
		if (f->len > cap)
			return err_set(err, ERR_IO, "it has more than %zu bytes", cap);
		*ret = (struct source_document){.text = f->text, .len = f->len};
		return 0;
	}
	return err_set(err, ERR_NOT_FOUND, "it is not there");
}

/* What stands there beside the newest tag is what is there. */
static int check_newest(const struct reading *x, struct err *err)
{
	const struct restored_release *newest = &x->r->v[x->r->n - 1];
	const struct {
		const char *path, *digest;
	} same[] = {
		{PUBLISHED_RELEASE, newest->document.digest},
		{PUBLISHED_RECORD, newest->record_digest},
	};
	struct source_document d;
	char digest[DIGEST_STRLEN];

	for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++) {
		if (head_file(x, same[i].path, PUBLISHED_FILE_MAX, &d, err) < 0)
			return err_wrap(err, "main: %s", same[i].path);
		if (strcmp(digest_string(d.text, d.len, digest), same[i].digest) != 0)
			return err_set(err, ERR_BAD_SIGNATURE,
				"main: %s: it is not that of the newest tag, %s", same[i].path,
				newest->tag);
	}
	if (head_file(x, PUBLISHED_ATTESTATION, PUBLISHED_FILE_MAX, &d, err) < 0 ||
		d.len != strlen(newest->attestation) ||
		memcmp(d.text, newest->attestation, d.len) != 0)
		return err_set(err, ERR_BAD_SIGNATURE,
			"main: " PUBLISHED_ATTESTATION ": it is not that of the newest tag, %s",
			newest->tag);
	return 0;
}

static const struct restored_release *release_of(const struct restoration *r, const char *version)
{
	for (size_t i = 0; i < r->n; i++)
		if (strcmp(r->v[i].tag + 1, version) == 0)
			return &r->v[i];
	return NULL;
}

/* A release that the pointer names is there, with these bytes. */
static int check_target(
	const struct reading *x, const struct spiralfed_release *target, struct err *err)
{
	const struct restored_release *r = release_of(x->r, target->version);

	if (!r)
		return err_set(err, ERR_NOT_FOUND,
			"it names release %s, and there is no tag v%s: tag its commit again",
			target->version, target->version);
	return strcmp(r->document.digest, target->digest) == 0
		       ? 0
		       : contradicts(err, "digest", target->version);
}

static int take_channel(struct reading *x, struct err *err)
{
	struct spiralfed_pointer *p = &x->pointer;
	struct channel *c = &x->r->channel;
	struct spiralfed_state seen = {0};
	struct source_document d;
	enum spiralfed_status status;

	if (head_file(x, PUBLISHED_POINTER, SPIRALFED_ENVELOPE_MAX, &d, err) < 0)
		return err_wrap(err, "main: " PUBLISHED_POINTER);
	/* When it was published it was good; that it has ended since says nothing. */
	status = spiralfed_pointer_verify(
		x->s->keys, x->s->n_keys, "stable", d.text, d.len, 0, &seen, p);
	if (check_status(status == SPIRALFED_MOVED ? SPIRALFED_OK : status, err) < 0 ||
		check_target(x, &p->release, err) < 0)
		return err_wrap(err, "main: " PUBLISHED_POINTER);
	for (size_t i = 0; i < p->n_warm; i++)
		if (check_target(x, &p->warm[i], err) < 0)
			return err_wrap(err, "main: " PUBLISHED_POINTER);
	if (head_file(x, PUBLISHED_CHANNEL, CHANNEL_MAX, &d, err) < 0 ||
		parse(&channel_table, &d, x->arena, c, err) < 0)
		return err_wrap(err, "main: " PUBLISHED_CHANNEL);
	if (c->serial != p->serial || !text_equal(c->version, p->release.version) ||
		!text_equal(c->digest, p->release.digest) || c->warm.n != p->n_warm)
		return err_set(err, ERR_BAD_SIGNATURE,
			"main: " PUBLISHED_CHANNEL ": it is not what " PUBLISHED_POINTER " signs");
	return 0;
}

/* ---- The states ---- */

static int check_activations(const struct reading *x, struct err *err)
{
	const struct list *l = &x->r->states.activations;
	const struct state_activation *a = NULL;
	int64_t before = 0;

	for (size_t i = 0; i < l->n; i++) {
		a = LIST_AT(l, struct state_activation, i);
		if (a->serial <= before)
			return err_set(err, ERR_IO, "serial %lld comes after %lld",
				(long long)a->serial, (long long)before);
		if (!release_of(x->r, a->version))
			return err_set(err, ERR_NOT_FOUND,
				"serial %lld was release %s, and there is no tag v%s",
				(long long)a->serial, a->version, a->version);
		before = a->serial;
	}
	if (a->serial != x->pointer.serial || strcmp(a->version, x->pointer.release.version) != 0)
		return contradicts(err, "newest activation", PUBLISHED_POINTER);
	return 0;
}

static bool is_warm(const struct spiralfed_pointer *p, const char *version)
{
	for (size_t i = 0; i < p->n_warm; i++)
		if (strcmp(p->warm[i].version, version) == 0)
			return true;
	return false;
}

static bool activated(const struct publication_states *states, const struct state_release *s)
{
	const struct list *l = &states->activations;

	for (size_t i = 0; i < l->n; i++) {
		const struct state_activation *a = LIST_AT(l, struct state_activation, i);

		if (a->serial == s->last_serial)
			return strcmp(a->version, s->version) == 0;
	}
	return states->omitted > 0 &&
	       s->last_serial < LIST_AT(l, struct state_activation, 0)->serial;
}

/* Active and warm are what the pointer says, of which there is a signature. */
static int check_state(const struct reading *x, const struct state_release *s, const char *version,
	struct err *err)
{
	bool active = strcmp(version, x->pointer.release.version) == 0;

	if (strcmp(s->version, version) != 0)
		return err_set(err, ERR_IO, "it has release %s where the tags have v%s", s->version,
			version);
	if (names_find(&release_state_names, s->state) < 0)
		return err_set(err, ERR_IO, "%s is no state of a release", s->state);
	if ((strcmp(s->state, "active") == 0) != active ||
		(strcmp(s->state, "warm") == 0) != is_warm(&x->pointer, version))
		return err_set(err, ERR_BAD_SIGNATURE,
			"it says that %s is %s; " PUBLISHED_POINTER " says otherwise", version,
			s->state);
	return activated(&x->r->states, s)
		       ? 0
		       : err_set(err, ERR_IO, "%s was not active with serial %lld", version,
				 (long long)s->last_serial);
}

static int check_states(const struct reading *x, struct err *err)
{
	const struct publication_states *s = &x->r->states;

	if (strcmp(s->schema, STATES_SCHEMA) != 0)
		return err_set(err, ERR_IO, "its schema is %s, not " STATES_SCHEMA, s->schema);
	if (s->releases.n != x->r->n)
		return err_set(err, ERR_IO, "it has %zu releases, and there are %zu tags of such",
			s->releases.n, x->r->n);
	for (size_t i = 0; i < x->r->n; i++)
		if (check_state(x, LIST_AT(&s->releases, struct state_release, i),
			    x->r->v[i].tag + 1, err) < 0)
			return -1;
	for (size_t i = 0; i < s->held.n; i++) {
		const struct state_held *h = LIST_AT(&s->held, struct state_held, i);

		if (!release_of(x->r, h->by))
			return err_set(err, ERR_NOT_FOUND, "%s is held by %s, which is no release",
				h->id, h->by);
	}
	return check_activations(x, err);
}

static int take_states(struct reading *x, struct err *err)
{
	struct source_document d;

	if (head_file(x, PUBLISHED_STATES, PUBLISHED_FILE_MAX, &d, err) < 0 ||
		parse(&publication_states_table, &d, x->arena, &x->r->states, err) < 0 ||
		check_states(x, err) < 0)
		return err_wrap(err, "main: " PUBLISHED_STATES);
	return 0;
}

int restore_read(struct restore_source *s, struct restoration *ret, struct err *err)
{
	struct restoration r = {.url = s->kind->url(s->connector)};
	struct reading x = {.s = s, .r = &r, .arena = s->call.arena};
	struct repository_refs refs;
	int rc;

	s->call.deadline = clock_mono(s->call.clock) + s->patience;
	rc = s->kind->refs(s->connector, &s->call, &refs, err);
	if (rc <= 0)
		return rc < 0 ? -1
			      : err_set(err, ERR_NOT_FOUND,
					"there is no such repository, or the token may not see it");
	r.head = refs.head;
	if (take_tags(&x, &refs, err) < 0 || take_files(&x, err) < 0 || check_newest(&x, err) < 0 ||
		take_channel(&x, err) < 0 || take_states(&x, err) < 0)
		return -1;
	*ret = r;
	return 0;
}
