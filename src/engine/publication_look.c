/* SPDX-License-Identifier: Apache-2.0
 *
 * One look at the repository: its head and tags in one request; the files at the head only when it is
 * not the commit that we left, or when something is to be written.
 */
#include <string.h>

#include "base/digest.h"
#include "engine/publication_files.h"
#include "engine/publisher.h"
#include "engine/render.h"
#include "store/signing.h"

/* ---- What is known ---- */

/* A retired one may have been found by others. */
static int know_keys(struct db *reader, const struct provider_call *call,
	struct publication_look *l, struct err *err)
{
	int64_t now = clock_now(call->clock);
	struct signing_key_row *rows;
	size_t n;

	if (signing_key_list(reader, call->arena, &rows, &n, err) < 0)
		return -1;
	for (size_t i = 0; i < n && l->n_keys < KEYRING_MAX; i++) {
		struct spiralfed_key *k = &l->keys[l->n_keys];

		if (rows[i].retires_at && rows[i].retires_at <= now)
			continue;
		memcpy(k->bytes, rows[i].public.bytes, sizeof(k->bytes));
		memcpy(k->keyid, rows[i].public.keyid, sizeof(k->keyid));
		l->n_keys++;
	}
	return 0;
}

static int read_known(struct db *reader, const struct provider_call *call,
	struct publication_look *l, struct err *err)
{
	struct arena *a = call->arena;
	struct publication_release *v;
	struct channel_row channel;
	int rc;

	if (publication_list(reader, 0, STATES_MAX + 1, a, &l->rows, &l->view.n_releases, err) <
			0 ||
		published_state_find(reader, a, &l->state, err) < 0)
		return -1;
	if (l->view.n_releases > STATES_MAX)
		return err_set(err, ERR_IO,
			"there are more than %d releases, which a repository "
			"can hold",
			STATES_MAX);
	v = ARENA_ARRAY(a, l->view.n_releases, struct publication_release);
	for (size_t i = 0; i < l->view.n_releases; i++)
		v[i] = (struct publication_release){
			l->rows[i].version, l->rows[i].digest, l->rows[i].commit};
	l->view.releases = v;
	l->view.recorded = l->state.serial;
	rc = channel_find(reader, CHANNEL_STABLE, a, &channel, err);
	if (rc > 0) {
		l->view.serial = channel.serial;
		l->view.has_channel = true;
	}
	if (rc < 0)
		return -1;
	return know_keys(reader, call, l, err) < 0
		       ? -1
		       : published_files(reader, a, &l->left, &l->n_left, err);
}

/* All of it as one state of the registry, whatever is committed meanwhile. */
static int know_releases(struct db *reader, const struct provider_call *call,
	struct publication_look *l, struct err *err)
{
	int rc;

	if (db_begin(reader, err) < 0)
		return -1;
	rc = read_known(reader, call, l, err);
	db_rollback(reader);
	return rc;
}

/* ---- Files ---- */

int publication_read_at(const struct looking *x, const char *commit, const char *path,
	struct arena *into, struct source_document *ret, struct err *err)
{
	struct provider_call own = *x->call;
	int rc;

	own.arena = into;
	rc = x->s->kind->repository->read(
		x->s->connector, &own, commit, path, PUBLISHED_FILE_MAX, ret, err);
	return rc < 0 ? err_wrap(err, "%s", path) : rc;
}

int publication_digests_at(const struct looking *x, const char *commit,
	struct publication_file *files, struct err *err)
{
	for (size_t i = 0; i < PUBLISHED_PATHS; i++) {
		ARENA_AUTO scratch = arena_new();
		struct source_document d;
		char digest[DIGEST_STRLEN];
		int rc = publication_read_at(x, commit, files[i].path, scratch, &d, err);

		if (rc < 0)
			return -1;
		files[i].found =
			rc > 0 ? arena_strdup(x->call->arena, digest_string(d.text, d.len, digest))
			       : NULL;
	}
	return 0;
}

const char *publication_found_at(const struct publication_file *files, const char *path)
{
	for (size_t i = 0; i < PUBLISHED_PATHS; i++)
		if (strcmp(files[i].path, path) == 0)
			return files[i].found;
	return NULL;
}

static const char *left_of(const struct publication_look *l, const char *path)
{
	for (size_t i = 0; i < l->n_left; i++)
		if (strcmp(l->left[i].path, path) == 0)
			return l->left[i].digest;
	return NULL;
}

/* With the head as we left it and nothing to write, what is in it is known. */
static bool must_read(const struct publication_look *l)
{
	return strcmp(l->view.head, l->state.head) != 0 || strcmp(l->state.drift, "[]") != 0;
}

static int read_files(struct looking *x, struct err *err)
{
	for (size_t i = 0; i < PUBLISHED_PATHS; i++) {
		struct publication_file *f = &x->files[i];

		*f = (struct publication_file){.path = published_paths[i]};
		f->left = f->found = left_of(x->l, f->path);
	}
	return must_read(x->l) ? publication_digests_at(x, x->l->view.head, x->files, err) : 0;
}

/* Before there is a release nothing there is ours. */
static int look_into(struct looking *x, struct err *err)
{
	struct publication_look *l = x->l;

	if (!l->view.has_channel)
		return 0;
	l->view.unsealed = l->n_left && !left_of(l, PUBLISHED_SEAL);
	if (read_files(x, err) < 0 || publication_own(x, err) < 0)
		return -1;
	l->view.files = arena_memdup(x->call->arena, x->files, sizeof(x->files));
	l->view.n_files = PUBLISHED_PATHS;
	return 0;
}

/* ---- The whole ---- */

int publication_look(const struct source *s, const struct provider_call *call, struct db *reader,
	struct publication_look *ret, struct err *err)
{
	struct publication_look l = {0};
	struct looking x = {.s = s, .call = call, .reader = reader, .l = &l};
	struct publication_tag *tags;
	int rc;

	if (know_releases(reader, call, &l, err) < 0)
		return -1;
	rc = s->kind->repository->refs(s->connector, call, &l.refs, err);
	if (rc < 0)
		return -1;
	l.view.exists = rc > 0;
	l.view.head = l.refs.head ? l.refs.head : "";
	l.view.left_at = l.state.head;
	tags = ARENA_ARRAY(call->arena, l.refs.n_tags + 1, struct publication_tag);
	for (size_t i = 0; i < l.refs.n_tags; i++)
		tags[i] = (struct publication_tag){l.refs.tags[i].name, l.refs.tags[i].commit};
	l.view.tags = tags;
	l.view.n_tags = l.refs.n_tags;
	if (rc > 0 && l.refs.head && look_into(&x, err) < 0)
		return -1;
	*ret = l;
	return 0;
}
