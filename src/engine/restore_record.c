/* SPDX-License-Identifier: Apache-2.0
 *
 * Reads a published release and its record: the release by the library that nodes link, the record by what
 * that says. It does not know the other releases.
 */
#include <string.h>

#include "base/base64.h"
#include "base/digest.h"
#include "base/sign.h"
#include "base/text.h"
#include "engine/restore_read.h"

static bool has_digest(const char *text, const char *digest)
{
	char found[DIGEST_STRLEN];

	return strcmp(digest_string(text, strlen(text), found), digest) == 0;
}

static enum spiralfed_status verify(const struct reading *x, const struct source_document *envelope,
	const struct source_document *body, struct spiralfed_release *ret)
{
	enum spiralfed_status status = SPIRALFED_BAD_SIGNATURE;
	struct trusted_keys k = {0};

	while (status == SPIRALFED_BAD_SIGNATURE && reading_more_keys(x, &k))
		status = spiralfed_release_verify(
			k.v, k.n, envelope->text, envelope->len, body->text, body->len, NULL, ret);
	return status;
}

/* The document, and what was signed of it. */
static int take_document(struct reading *x, struct restored_release *r, struct err *err)
{
	struct source_document body, envelope;
	struct spiralfed_release got;
	enum base64_alphabet alphabet;
	unsigned char *payload;
	size_t len;

	if (reading_fetch(x, r->commit, PUBLISHED_RELEASE, SPIRALFED_RELEASE_MAX, &body, err) < 0)
		return err_wrap(err, PUBLISHED_RELEASE);
	if (reading_fetch(x, r->commit, PUBLISHED_ATTESTATION, SPIRALFED_ENVELOPE_MAX, &envelope,
		    err) < 0 ||
		reading_status(verify(x, &envelope, &body, &got), err) < 0 ||
		reading_parse(&dsse_envelope_table, &envelope, x->arena, &r->envelope, err) < 0)
		return err_wrap(err, PUBLISHED_ATTESTATION);
	if (reading_parse(&release_table, &body, x->arena, &r->release, err) < 0)
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
		return reading_contradicts(err, "merge", "the release");
	if (!has_digest(m->content, m->digest))
		return reading_contradicts(err, "merge's content", "its digest");
	if (reading_parse(&merge_table, &content, x->arena, &merge, err) < 0)
		return err_wrap(err, "the merge");
	if (strcmp(merge.version, m->version) != 0 || merge.slots.n != r->release.slots.n)
		return reading_contradicts(err, "merge's content", "the release");
	for (size_t i = 0; i < merge.slots.n; i++) {
		const struct fused_unit *u = LIST_AT(&merge.slots, struct fused_unit, i);
		const struct fused_unit *other = slot_of(&r->release.slots, u->name);

		if (!other || !text_equal(u->content_digest, other->content_digest))
			return reading_contradicts(err, "merge's content", "the release");
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
		return reading_contradicts(err, "list of units", "the release");
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
			return reading_contradicts(err, "key", "the name that it has");
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
		return reading_contradicts(err, "release", PUBLISHED_RELEASE);
	if (record->policy->version != r->release.policy->version ||
		strcmp(record->policy->digest, r->release.policy->digest) != 0 ||
		!has_digest(record->policy->document, record->policy->digest))
		return reading_contradicts(err, "policy", "the release");
	if (check_merge(x, r, err) < 0 || check_units(r, err) < 0)
		return -1;
	return check_keys(r, err);
}

/* Of what nobody signed, only what the release names by its digest is taken, and no time that has yet to come. */
static bool is_named(const struct restored_release *r, const char *manifest)
{
	for (size_t i = 0; i < r->release.slots.n; i++) {
		const char *named = LIST_AT(&r->release.slots, struct fused_unit, i)->manifest;

		if (named && strcmp(named, manifest) == 0)
			return true;
	}
	return false;
}

static int limit_unsigned(struct reading *x, struct restored_release *r, struct err *err)
{
	struct list *l = &r->record.manifests;
	struct strings *out = &x->r->left_out;
	int64_t now = clock_now(x->s->call.clock);
	const char **names = ARENA_ARRAY(x->arena, out->n + l->n + 1, const char *);
	struct record_manifest *v = ARENA_ARRAY(x->arena, l->n + 1, struct record_manifest);
	size_t n = 0;

	if (r->record.policy->created_at > now)
		return err_set(err, ERR_BAD_SIGNATURE, "its policy comes from the future");
	for (size_t i = 0; i < out->n; i++)
		names[i] = out->v[i];
	out->v = names;
	for (size_t i = 0; i < l->n; i++) {
		const struct record_manifest *m = LIST_AT(l, struct record_manifest, i);

		if (!is_named(r, m->digest))
			out->v[out->n++] = arena_printf(x->arena, "%s: %s", r->tag, m->digest);
		else if (m->received_at > now)
			return err_set(err, ERR_BAD_SIGNATURE,
				"its manifest %s comes from the future", m->digest);
		else
			v[n++] = *m;
	}
	*l = (struct list){.v = v, .n = n};
	return 0;
}

int reading_take_release(struct reading *x, struct restored_release *r, struct err *err)
{
	struct source_document record;
	char digest[DIGEST_STRLEN];
	int sealed; /* 1, 0 */

	if (take_document(x, r, err) < 0)
		return -1;
	if (reading_fetch(x, r->commit, PUBLISHED_RECORD, PUBLISHED_FILE_MAX, &record, err) < 0)
		return err_wrap(err, PUBLISHED_RECORD);
	sealed = reading_check_sealed(x, r, &record, err);
	if (sealed < 0)
		return -1;
	if (reading_parse(&publication_record_table, &record, x->arena, &r->record, err) < 0 ||
		check_record(x, r, err) < 0 || (!sealed && limit_unsigned(x, r, err) < 0))
		return err_wrap(err, PUBLISHED_RECORD);
	r->sealed = sealed;
	r->record_digest = arena_strdup(x->arena, digest_string(record.text, record.len, digest));
	return 0;
}
