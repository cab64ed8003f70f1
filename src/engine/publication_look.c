/* SPDX-License-Identifier: Apache-2.0
 *
 * One look at the repository: its head and tags in one request; the files at the head only when it is
 * not the commit that we left, or when something is to be written.
 */
#include <string.h>

#include "engine/publication_files.h"
#include "engine/publisher.h"
#include "engine/render.h"

static const char *digest_of(const struct source_document *d, struct arena *a)
{
	return digest_string(d->text, d->len, arena_alloc(a, DIGEST_STRLEN));
}

/* The digest of a file there, NULL when it is not. */
static int read_digest(const struct source *s, const struct provider_call *call, const char *commit,
	const char *path, const char **ret, struct err *err)
{
	struct source_document d;
	int rc = s->kind->repository->read(
		s->connector, call, commit, path, PUBLISHED_FILE_MAX, &d, err);

	if (rc < 0)
		return err_wrap(err, "%s", path);
	*ret = rc > 0 ? digest_of(&d, call->arena) : NULL;
	return 0;
}

static int read_known(
	struct db *reader, struct arena *a, struct publication_look *l, struct err *err)
{
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
		l->view.channel = arena_strdup(a, channel.body.digest);
	}
	if (rc < 0)
		return -1;
	return published_files(reader, a, &l->left, &l->n_left, err);
}

/* All of it as one state of the registry, whatever is committed meanwhile. */
static int know_releases(
	struct db *reader, struct arena *a, struct publication_look *l, struct err *err)
{
	int rc;

	if (db_begin(reader, err) < 0)
		return -1;
	rc = read_known(reader, a, l, err);
	db_rollback(reader);
	return rc;
}

static const struct publication_row *next_of(const struct publication_look *l)
{
	for (size_t i = 0; i < l->view.n_releases; i++)
		if (!l->rows[i].commit)
			return &l->rows[i];
	return NULL;
}

/* With the head as we left it and nothing to write, what is in it is known. */
static bool must_read(const struct publication_look *l)
{
	return strcmp(l->view.head, l->state.head) != 0 || strcmp(l->state.drift, "[]") != 0;
}

static int read_files(const struct source *s, const struct provider_call *call,
	struct publication_look *l, struct err *err)
{
	const struct published_file *left = l->left;
	struct publication_file *v;
	size_t n = l->n_left;

	v = ARENA_ARRAY(call->arena, n + 1, struct publication_file);
	for (size_t i = 0; i < n; i++) {
		v[i] = (struct publication_file){.path = left[i].path, .left = left[i].digest};
		v[i].found = v[i].left;
		if (must_read(l) &&
			read_digest(s, call, l->view.head, v[i].path, &v[i].found, err) < 0)
			return -1;
	}
	/* Before the first commit is on record nothing is ours; the channel's may be, though. */
	if (n == 0 && l->view.channel) {
		v[n].path = PUBLISHED_CHANNEL;
		if (read_digest(s, call, l->view.head, PUBLISHED_CHANNEL, &v[n].found, err) < 0)
			return -1;
		n++;
	}
	l->view.files = v;
	l->view.n_files = n;
	return 0;
}

/* Somebody may have committed on top of a commit of ours whose answer was lost: its files are all there
 * as they were sent, or it is not taken for ours. */
static int check_whole(const struct source *s, const struct provider_call *call, struct db *reader,
	const char *version, struct publication_look *l, struct err *err)
{
	struct publication_files f;
	char digest[DIGEST_STRLEN];

	if (publication_files(reader, version, s->kind->repository->url(s->connector), call->arena,
		    &f, err) < 0)
		return -1;
	for (size_t i = 0; i < f.n_release; i++) {
		const char *found;

		if (read_digest(s, call, l->view.head, f.v[i].path, &found, err) < 0)
			return -1;
		digest_string(f.v[i].text, f.v[i].len, digest);
		if (!found || strcmp(found, digest) != 0)
			l->view.next_at_head = NULL;
	}
	return 0;
}

static int read_next(const struct source *s, const struct provider_call *call, struct db *reader,
	struct publication_look *l, struct err *err)
{
	const struct publication_row *next = next_of(l);
	const char *tag, *at = NULL;

	if (!next)
		return 0;
	tag = publication_tag(next->version, call->arena);
	for (size_t i = 0; i < l->view.n_tags; i++)
		if (strcmp(l->view.tags[i].name, tag) == 0)
			at = l->view.tags[i].commit;
	if (read_digest(s, call, l->view.head, PUBLISHED_RELEASE, &l->view.next_at_head, err) < 0)
		return -1;
	if (l->view.next_at_head && strcmp(l->view.next_at_head, next->digest) == 0 &&
		check_whole(s, call, reader, next->version, l, err) < 0)
		return -1;
	return at ? read_digest(s, call, at, PUBLISHED_RELEASE, &l->view.next_at_tag, err) : 0;
}

int publication_look(const struct source *s, const struct provider_call *call, struct db *reader,
	struct publication_look *ret, struct err *err)
{
	struct publication_look l = {0};
	struct publication_tag *tags;
	int rc;

	if (know_releases(reader, call->arena, &l, err) < 0)
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
	if (rc > 0 && l.refs.head &&
		(read_files(s, call, &l, err) < 0 || read_next(s, call, reader, &l, err) < 0))
		return -1;
	*ret = l;
	return 0;
}
