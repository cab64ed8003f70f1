/* SPDX-License-Identifier: Apache-2.0
 *
 * The seal over the files of a commit: made of them, and opened again.
 */
#include "engine/publication_seal.h"

#include <string.h>

#include "base/digest.h"
#include "engine/keyring.h"
#include "model/release.h"
#include "spiralfed/envelope.h"
#include "store/publication.h"

/* ---- Making ---- */

static const struct repository_file *file_of(const struct publication_files *f, const char *path)
{
	for (size_t i = 0; i < f->n; i++)
		if (strcmp(f->v[i].path, path) == 0)
			return &f->v[i];
	return NULL;
}

static const char *left_of(const struct published_file *left, size_t n, const char *path)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(left[i].path, path) == 0)
			return left[i].digest;
	return NULL;
}

/* What is not written now stays as it was left, or, of what is prose, as an operator took it. */
static int list_files(const struct publication_files *f, struct db *db, struct list *ret,
	struct arena *a, struct err *err)
{
	struct sealed_file *v = ARENA_ARRAY(a, PUBLISHED_PATHS, struct sealed_file);
	struct published_file *left;
	size_t n_left, n = 0;

	if (published_files(db, a, &left, &n_left, err) < 0)
		return -1;
	for (size_t i = 0; i < PUBLISHED_PATHS; i++) {
		const char *path = published_paths[i], *digest = left_of(left, n_left, path);
		const struct repository_file *file = file_of(f, path);

		if (strcmp(path, PUBLISHED_SEAL) == 0)
			continue;
		if (file)
			digest =
				digest_string(file->text, file->len, arena_alloc(a, DIGEST_STRLEN));
		if (digest)
			v[n++] = (struct sealed_file){path, digest};
	}
	*ret = (struct list){v, n};
	return 0;
}

int publication_seal_text(struct publication_files *f, struct db *db, const char *version,
	struct arena *a, struct err *err)
{
	struct publication_seal s = {
		.schema = SEAL_SCHEMA, .version = version, .serial = f->serial};
	size_t len;
	int rc = version ? 1 : publication_newest(db, a, &s.version, err);

	if (rc <= 0)
		return rc < 0 ? -1
			      : err_set(err, ERR_STORAGE,
					"the registry lacks a published release beside "
					"channel " CHANNEL_STABLE);
	if (list_files(f, db, &s.files, a, err) < 0)
		return -1;
	f->seal = fields_canonical(&publication_seal_table, &s, a, &len);
	return 0;
}

int publication_seal(
	struct engine *e, struct publication_files *f, struct arena *a, struct err *err)
{
	STRBUF_AUTO sb = STRBUF_INIT(SPIRALFED_ENVELOPE_MAX);

	keyring_seal(e, &sb, SEAL_PAYLOAD_TYPE, f->seal, strlen(f->seal));
	if (sb.overflow)
		return err_set(err, ERR_IO, "%s would be larger than nodes take", PUBLISHED_SEAL);
	f->v[f->n++] =
		(struct repository_file){PUBLISHED_SEAL, arena_strndup(a, sb.buf, sb.len), sb.len};
	return 0;
}

/* ---- Opening ---- */

int publication_seal_open(const struct spiralfed_key *keys, size_t n_keys,
	const struct source_document *d, struct arena *a, struct publication_seal *ret,
	struct err *err)
{
	struct signed_bytes *bytes = ARENA_NEW(a, struct signed_bytes);
	enum spiralfed_status status =
		envelope_open(keys, n_keys, SEAL_PAYLOAD_TYPE, d->text, d->len, bytes);
	struct publication_seal s;
	struct faults faults;

	if (status != SPIRALFED_OK)
		return err_set(err, ERR_BAD_SIGNATURE, "%s: %s", spiralfed_status_name(status),
			spiralfed_status_text(status));
	faults_init(&faults);
	if (fields_take_text(&publication_seal_table, signed_payload(bytes), bytes->payload_len, a,
		    &s, &faults, err) < 0)
		return faults.n ? err_set(err, ERR_IO, "%s %s", faults.list[0].pointer,
					  faults.list[0].detail)
				: -1;
	if (strcmp(s.schema, SEAL_SCHEMA) != 0)
		return err_set(err, ERR_IO, "its schema is %s, not " SEAL_SCHEMA, s.schema);
	*ret = s;
	return 0;
}

const char *publication_sealed(const struct publication_seal *s, const char *path)
{
	for (size_t i = 0; i < s->files.n; i++) {
		const struct sealed_file *f = LIST_AT(&s->files, struct sealed_file, i);

		if (strcmp(f->path, path) == 0)
			return f->digest;
	}
	return NULL;
}
