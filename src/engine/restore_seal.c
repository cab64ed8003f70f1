/* SPDX-License-Identifier: Apache-2.0
 *
 * What was signed of a commit's files, and whether they are those. A publication of before there were seals is
 * read as well; what no signature covers in it is told, and whoever restores decides.
 */
#include <string.h>

#include "base/digest.h"
#include "base/text.h"
#include "engine/publication_seal.h"
#include "engine/restore_read.h"

static int differs(const char *path, struct err *err)
{
	return err_set(err, ERR_BAD_SIGNATURE, "%s: it is not as it was signed (%s)", path,
		PUBLISHED_SEAL);
}

static int check_file(const struct publication_seal *s, const char *path, const char *text,
	size_t len, struct err *err)
{
	const char *sealed = publication_sealed(s, path);
	char digest[DIGEST_STRLEN];

	return text_equal(sealed, digest_string(text, len, digest)) ? 0 : differs(path, err);
}

static int open_at_tag(struct reading *x, const struct source_document *d,
	struct publication_seal *ret, struct err *err)
{
	struct trusted_keys k = {0};
	int rc = -1;

	err->code = ERR_BAD_SIGNATURE;
	while (rc < 0 && err->code == ERR_BAD_SIGNATURE && reading_more_keys(x, &k))
		rc = publication_seal_open(k.v, k.n, d, x->arena, ret, err);
	return rc;
}

int reading_check_sealed(struct reading *x, const struct restored_release *r,
	const struct source_document *record, struct err *err)
{
	struct source_document d;
	struct publication_seal s;
	int rc = reading_look(x, r->commit, PUBLISHED_SEAL, SPIRALFED_ENVELOPE_MAX, &d, err);

	if (rc < 0 || (rc > 0 && open_at_tag(x, &d, &s, err) < 0))
		return err_wrap(err, PUBLISHED_SEAL);
	if (rc == 0) {
		reading_unsealed(x, r->tag, PUBLISHED_RECORD);
		return 0;
	}
	if (strcmp(s.version, r->tag + 1) != 0)
		return err_set(err, ERR_BAD_SIGNATURE, PUBLISHED_SEAL ": it is that of release %s",
			s.version);
	if (check_file(&s, PUBLISHED_RECORD, record->text, record->len, err) < 0 ||
		check_file(&s, PUBLISHED_RELEASE, r->document.text, r->document.len, err) < 0)
		return -1;
	return check_file(&s, PUBLISHED_ATTESTATION, r->attestation, strlen(r->attestation), err) <
			       0
		       ? -1
		       : 1;
}

/* ---- The head ---- */

/* A key is called by its own bytes: one of another name is none of the registry's. */
static void take_keys(struct reading *x, const struct list *keys)
{
	x->vouched = ARENA_ARRAY(x->arena, keys->n, struct spiralfed_key);
	for (size_t i = 0; i < keys->n; i++) {
		const struct record_key *k = LIST_AT(keys, struct record_key, i);
		struct spiralfed_key *to = &x->vouched[x->n_vouched];

		if (spiralfed_key_pem(k->public_key, strlen(k->public_key), to) == SPIRALFED_OK &&
			strcmp(to->keyid, k->keyid) == 0)
			x->n_vouched++;
	}
}

void reading_take_vouched(struct reading *x)
{
	struct publication_states states;
	struct source_document seal, d;
	struct publication_seal s;
	struct err ignored;

	if (reading_head_file(x, PUBLISHED_SEAL, SPIRALFED_ENVELOPE_MAX, &seal, &ignored) == 0 &&
		reading_head_file(x, PUBLISHED_STATES, PUBLISHED_FILE_MAX, &d, &ignored) == 0 &&
		publication_seal_open(x->s->keys, x->s->n_keys, &seal, x->arena, &s, &ignored) ==
			0 &&
		check_file(&s, PUBLISHED_STATES, d.text, d.len, &ignored) == 0 &&
		reading_parse(&publication_states_table, &d, x->arena, &states, &ignored) == 0)
		take_keys(x, &states.keys);
}

static const struct repository_file *head_file_of(const struct restoration *r, const char *path)
{
	for (size_t i = 0; i < r->n_files; i++)
		if (strcmp(r->files[i].path, path) == 0)
			return &r->files[i];
	return NULL;
}

/* One of the paths: there as it was signed, or neither there nor signed. */
static int check_at_head(struct reading *x, const char *path, struct err *err)
{
	const struct publication_seal *s = x->r->seal;
	const struct repository_file *f = head_file_of(x->r, path);

	if ((!f && !publication_sealed(s, path)) ||
		(f && check_file(s, path, f->text, f->len, err) == 0))
		return 0;
	if (published_is_prose(path)) {
		x->r->edited.v[x->r->edited.n++] = path;
		return 0;
	}
	return f ? -1 : err_set(err, ERR_NOT_FOUND, "%s: it is not there", path);
}

int reading_take_seal(struct reading *x, struct err *err)
{
	const struct repository_file *f = head_file_of(x->r, PUBLISHED_SEAL);
	const struct restored_release *newest = &x->r->v[x->r->n - 1];
	struct publication_seal *s;

	if (!f && newest->sealed)
		return err_set(err, ERR_NOT_FOUND,
			"main: " PUBLISHED_SEAL ": it is not there, and %s has one: revert the "
			"commit that took it away",
			newest->tag);
	if (!f) {
		reading_unsealed(x, "main", PUBLISHED_CHANNEL);
		reading_unsealed(x, "main", PUBLISHED_STATES);
		return 0;
	}
	const struct source_document d = {.text = f->text, .len = f->len};

	s = ARENA_NEW(x->arena, struct publication_seal);
	if (publication_seal_open(x->s->keys, x->s->n_keys, &d, x->arena, s, err) < 0)
		return err_wrap(err, "main: " PUBLISHED_SEAL);
	x->r->seal = s;
	for (size_t i = 0; i < PUBLISHED_PATHS; i++)
		if (strcmp(published_paths[i], PUBLISHED_SEAL) != 0 &&
			check_at_head(x, published_paths[i], err) < 0)
			return err_wrap(err, "main");
	return 0;
}
