/* SPDX-License-Identifier: Apache-2.0
 *
 * Reads what was published and checks it: every tag of a release, then the head. Refuses all of it when one
 * thing does not hold.
 */
#include <stdlib.h>
#include <string.h>

#include "base/digest.h"
#include "base/text.h"
#include "engine/restore_read.h"
#include "policy/version.h"

/* ---- Files ---- */

/* 1, 0, -1 */
int reading_look(struct reading *x, const char *commit, const char *path, size_t cap,
	struct source_document *ret, struct err *err)
{
	x->s->call.deadline = clock_mono(x->s->call.clock) + x->s->patience;
	return x->s->kind->read(x->s->connector, &x->s->call, commit, path, cap, ret, err);
}

int reading_fetch(struct reading *x, const char *commit, const char *path, size_t cap,
	struct source_document *ret, struct err *err)
{
	int rc = reading_look(x, commit, path, cap, ret, err);

	return rc > 0 ? 0 : rc < 0 ? -1 : err_set(err, ERR_NOT_FOUND, "it is not there");
}

int reading_parse(const struct field_table *t, const struct source_document *d, struct arena *a,
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

int reading_contradicts(struct err *err, const char *what, const char *of)
{
	return err_set(err, ERR_BAD_SIGNATURE, "its %s is not that of %s", what, of);
}

int reading_status(enum spiralfed_status status, struct err *err)
{
	return status == SPIRALFED_OK
		       ? 0
		       : err_set(err, ERR_BAD_SIGNATURE, "%s: %s", spiralfed_status_name(status),
				 spiralfed_status_text(status));
}

const struct restored_release *reading_release(const struct restoration *r, const char *version)
{
	for (size_t i = 0; i < r->n; i++)
		if (strcmp(r->v[i].tag + 1, version) == 0)
			return &r->v[i];
	return NULL;
}

bool reading_more_keys(const struct reading *x, struct trusted_keys *k)
{
	size_t left = x->n_vouched - k->next;

	if (!k->begun) {
		*k = (struct trusted_keys){.v = x->s->keys, .n = x->s->n_keys, .begun = true};
		return true;
	}
	k->v = x->vouched + k->next;
	k->n = left < SPIRALFED_KEYS_MAX ? left : SPIRALFED_KEYS_MAX;
	k->next += k->n;
	return k->n > 0;
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
	/* Each is read, and the Hub has each once. */
	for (size_t i = 1; i < r->n; i++)
		if (by_version(&r->v[i - 1], &r->v[i]) == 0)
			return err_set(err, ERR_IO, "the Hub names the tag %s more than once",
				r->v[i].tag);
	for (size_t i = 0; i < r->n; i++) {
		if (reading_take_release(x, &r->v[i], err) < 0)
			return err_wrap(err, "%s", r->v[i].tag);
		/* There were seals by then: it is a commit of somebody else. */
		if (i && r->v[i - 1].sealed && !r->v[i].sealed)
			return err_set(err, ERR_NOT_FOUND,
				"%s: " PUBLISHED_SEAL ": it is not there, and %s has one: move "
				"the tag back to the commit that was published",
				r->v[i].tag, r->v[i - 1].tag);
	}
	return 0;
}

/* ---- The head ---- */

static int take_files(struct reading *x, struct err *err)
{
	for (size_t i = 0; i < PUBLISHED_PATHS; i++) {
		const char *path = published_paths[i];
		struct source_document d;
		int rc = reading_look(x, x->r->head, path, PUBLISHED_FILE_MAX, &d, err);

		if (rc < 0)
			return err_wrap(err, "main: %s", path);
		if (rc > 0)
			x->r->files[x->r->n_files++] =
				(struct repository_file){path, d.text, d.len};
	}
	return 0;
}

int reading_head_file(const struct reading *x, const char *path, size_t cap,
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

/* Of what the newest commit of ours holds there is a tag. */
static int check_tagged(const struct reading *x, struct err *err)
{
	struct source_document d;
	struct release release;
	struct err ignored;

	/* What is no release is not that of the newest tag, either. */
	if (reading_head_file(x, PUBLISHED_RELEASE, SPIRALFED_RELEASE_MAX, &d, &ignored) < 0 ||
		reading_parse(&release_table, &d, x->arena, &release, &ignored) < 0 ||
		reading_release(x->r, release.version))
		return 0;
	return err_set(err, ERR_NOT_FOUND,
		"main: " PUBLISHED_RELEASE ": it is release %s, and there is no tag v%s: tag the "
		"commit that brought it (%s when nothing came after) as v%s",
		release.version, release.version, x->r->head, release.version);
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
		if (reading_head_file(x, same[i].path, PUBLISHED_FILE_MAX, &d, err) < 0)
			return err_wrap(err, "main: %s", same[i].path);
		if (strcmp(digest_string(d.text, d.len, digest), same[i].digest) != 0)
			return err_set(err, ERR_BAD_SIGNATURE,
				"main: %s: it is not that of the newest tag, %s", same[i].path,
				newest->tag);
	}
	if (reading_head_file(x, PUBLISHED_ATTESTATION, PUBLISHED_FILE_MAX, &d, err) < 0 ||
		d.len != strlen(newest->attestation) ||
		memcmp(d.text, newest->attestation, d.len) != 0)
		return err_set(err, ERR_BAD_SIGNATURE,
			"main: " PUBLISHED_ATTESTATION ": it is not that of the newest tag, %s",
			newest->tag);
	return 0;
}

/* ---- What is not as it was signed ---- */

void reading_unsealed(struct reading *x, const char *where, const char *path)
{
	struct strings *l = &x->r->unsealed;

	l->v[l->n++] = arena_printf(x->arena, "%s: %s", where, path);
}

/* The first few, for a sentence. */
static const char *names_of_some(const struct strings *l, const char *before, struct arena *a)
{
	enum { NAMED = 3 };
	const char *all = "";

	for (size_t i = 0; i < l->n && i < NAMED; i++)
		all = arena_printf(a, "%s%s%s%s", all, i ? ", " : "", before, l->v[i]);
	return l->n > NAMED ? arena_printf(a, "%s and %zu more", all, l->n - NAMED) : all;
}

/* Each needs its own word of whoever restores. */
static int check_accepted(const struct reading *x, struct err *err)
{
	const struct restoration *r = x->r;
	const char *unsealed = "", *edited = "";

	if (r->unsealed.n && !x->s->accept_unsealed)
		unsealed = arena_printf(x->arena,
			"no signature covers %s, of before there were seals; when you know who "
			"wrote them, --accept-missing-seal takes them as they are",
			names_of_some(&r->unsealed, "", x->arena));
	if (r->edited.n && !x->s->accept_edited)
		edited = arena_printf(x->arena,
			"%s%s: somebody edited it since it was signed; nothing is read from it, "
			"and --accept-edited-readme goes on",
			*unsealed ? "; " : "", names_of_some(&r->edited, "main: ", x->arena));
	return *unsealed || *edited ? err_set(err, ERR_BAD_SIGNATURE, "%s%s", unsealed, edited) : 0;
}

/* ---- The whole ---- */

static int read_all(struct reading *x, const struct repository_refs *refs, struct err *err)
{
	/* Of each tag one file. */
	x->r->unsealed.v = ARENA_ARRAY(x->arena, refs->n_tags + PUBLISHED_PATHS, const char *);
	x->r->edited.v = ARENA_ARRAY(x->arena, PUBLISHED_PATHS, const char *);
	if (take_files(x, err) < 0)
		return -1;
	reading_take_vouched(x);
	if (take_tags(x, refs, err) < 0 || reading_take_seal(x, err) < 0 ||
		check_tagged(x, err) < 0 || check_newest(x, err) < 0 ||
		reading_take_states(x, err) < 0)
		return -1;
	return check_accepted(x, err);
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
					"there is no such repository, or it is private and "
					"HF_TOKEN, or the lack of it, hides it");
	r.head = refs.head;
	if (read_all(&x, &refs, err) < 0)
		return -1;
	*ret = r;
	return 0;
}
