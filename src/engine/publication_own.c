/* SPDX-License-Identifier: Apache-2.0
 *
 * Whether a commit is one of ours whose answer never came. The bytes of a release alone do not say so, because
 * anybody may write them again beside files of his own: its seal has to be signed by a key of this registry, cover
 * every file there, and speak of what this registry did.
 */
#include <string.h>

#include "base/digest.h"
#include "base/text.h"
#include "engine/publication_seal.h"
#include "engine/publisher.h"
#include "model/release.h"
#include "store/release.h"

/* A commit and what is there, by digest. */
struct claim {
	const char *commit;
	const struct publication_file *files;
	struct publication_seal seal;
	const char *fault; /* NULL: it holds */
};

static const struct publication_row *next_of(const struct publication_look *l)
{
	for (size_t i = 0; i < l->view.n_releases; i++)
		if (!l->rows[i].commit)
			return &l->rows[i];
	return NULL;
}

static const char *newest_published(const struct publication_look *l)
{
	const char *newest = NULL;

	for (size_t i = 0; i < l->view.n_releases; i++)
		if (l->rows[i].commit)
			newest = l->rows[i].version;
	return newest;
}

/* ---- A seal ---- */

/* A card or a changelog that an operator took is as good as the one that was signed. */
static bool as_sealed(const struct publication_file *f, const char *sealed)
{
	return text_equal(f->found, sealed) ||
	       (published_is_prose(f->path) && f->left && text_equal(f->found, f->left));
}

/* Of the head's, what is prose is told as a file that was changed. */
static const char *not_sealed(const struct claim *c, bool prose)
{
	for (size_t i = 0; i < PUBLISHED_PATHS; i++) {
		const char *path = c->files[i].path;

		if (strcmp(path, PUBLISHED_SEAL) != 0 && (prose || !published_is_prose(path)) &&
			!as_sealed(&c->files[i], publication_sealed(&c->seal, path)))
			return path;
	}
	return NULL;
}

static int open_seal(struct looking *x, struct claim *c, bool prose, struct err *err)
{
	ARENA_AUTO scratch = arena_new();
	struct arena *a = x->call->arena;
	struct source_document d;
	struct err why = {0};
	const char *path;
	int rc = publication_read_at(x, c->commit, PUBLISHED_SEAL, scratch, &d, err);

	if (rc < 0)
		return -1;
	if (rc == 0)
		c->fault = "no " PUBLISHED_SEAL " is there";
	else if (publication_seal_open(x->l->keys, x->l->n_keys, &d, a, &c->seal, &why) < 0)
		c->fault = arena_printf(a, PUBLISHED_SEAL ": %s", why.msg);
	else if ((path = not_sealed(c, prose)))
		c->fault = arena_printf(a, "%s there is not as " PUBLISHED_SEAL " signs it", path);
	return 0;
}

/* The channel's file shows what the channel was at that serial: another registry with the same key, which a copy
 * of this one is, went another way. */
static int check_channel(struct looking *x, struct claim *c, struct err *err)
{
	ARENA_AUTO scratch = arena_new();
	int64_t serial = c->seal.serial;
	struct activation_row row;
	struct source_document d;
	struct faults faults;
	struct channel channel;
	struct err ignored;
	int rc = publication_read_at(x, c->commit, PUBLISHED_CHANNEL, scratch, &d, err);

	faults_init(&faults);
	if (rc > 0 && fields_take_text(&channel_table, d.text, d.len, scratch, &channel, &faults,
			      &ignored) == 0)
		rc = activation_by_serial(x->reader, serial, scratch, &row, err);
	else if (rc > 0)
		rc = 0;
	if (rc < 0)
		return -1;
	if (rc == 0 || channel.serial != serial || channel.updated_at != row.at ||
		!text_equal(channel.version, row.release_version))
		c->fault = arena_printf(x->call->arena,
			PUBLISHED_CHANNEL " there is not what this registry was at serial %lld",
			(long long)serial);
	return 0;
}

static int check_claim(
	struct looking *x, struct claim *c, const char *version, bool prose, struct err *err)
{
	const struct publication_view *v = &x->l->view;

	if (open_seal(x, c, prose, err) < 0)
		return -1;
	if (!c->fault && !text_equal(c->seal.version, version))
		c->fault = arena_printf(
			x->call->arena, PUBLISHED_SEAL " there is of release %s", c->seal.version);
	/* One of before, put there again. */
	if (!c->fault && (c->seal.serial < v->recorded || c->seal.serial > v->serial))
		c->fault = arena_printf(x->call->arena, PUBLISHED_SEAL " there is of serial %lld",
			(long long)c->seal.serial);
	return c->fault ? 0 : check_channel(x, c, err);
}

/* What is expected at the head is what was sealed, from now on. */
static void take_sealed(struct looking *x, const struct claim *c)
{
	for (size_t i = 0; i < PUBLISHED_PATHS; i++) {
		struct publication_file *f = &x->files[i];
		const char *sealed = publication_sealed(&c->seal, f->path);

		if (strcmp(f->path, PUBLISHED_SEAL) == 0)
			f->left = publication_found_at(c->files, PUBLISHED_SEAL);
		else if (!as_sealed(f, sealed))
			f->left = sealed;
		else
			f->left = f->found;
	}
	x->l->view.left_at = c->commit;
	x->l->unrecorded = true;
	x->l->head_serial = c->seal.serial;
}

/* ---- Tag and head ---- */

static const char *commit_of_tag(const struct publication_view *v, const char *tag)
{
	for (size_t i = 0; i < v->n_tags; i++)
		if (strcmp(v->tags[i].name, tag) == 0)
			return v->tags[i].commit;
	return NULL;
}

static int read_there(
	struct looking *x, const char *commit, struct publication_file *ret, struct err *err)
{
	memcpy(ret, x->files, sizeof(x->files));
	return strcmp(commit, x->l->view.head) == 0 ? 0
						    : publication_digests_at(x, commit, ret, err);
}

/* The release that is next has its tag already. */
static int own_tag(
	struct looking *x, const struct publication_row *next, const char *commit, struct err *err)
{
	struct publication_file there[PUBLISHED_PATHS];
	struct claim c = {.commit = commit, .files = there};
	struct arena *a = x->call->arena;

	if (read_there(x, commit, there, err) < 0)
		return -1;
	if (!text_equal(publication_found_at(there, PUBLISHED_RELEASE), next->digest)) {
		x->l->view.tag_fault = arena_printf(a, "does not hold release %s", next->version);
		return 0;
	}
	if (check_claim(x, &c, next->version, true, err) < 0)
		return -1;
	if (c.fault)
		x->l->view.tag_fault = arena_printf(a,
			"has release %s, but is not what this registry published: %s",
			next->version, c.fault);
	else
		take_sealed(x, &c);
	return 0;
}

static int own_head(struct looking *x, const struct publication_row *next, struct err *err)
{
	struct publication_view *v = &x->l->view;
	struct claim c = {.commit = v->head, .files = x->files};
	bool release =
		next && text_equal(publication_found_at(x->files, PUBLISHED_RELEASE), next->digest);
	const char *version = release ? next->version : newest_published(x->l);

	if (!version || check_claim(x, &c, version, false, err) < 0)
		return version ? -1 : 0;
	if (release && c.fault)
		v->head_fault = arena_printf(x->call->arena,
			"has release %s, but is not what this registry published: %s",
			next->version, c.fault);
	/* A seal twice for one serial: the first one is ours. */
	if (c.fault || (!release && c.seal.serial == v->recorded && !v->unsealed))
		return 0;
	v->head_is = release ? PUBLICATION_OWN_RELEASE : PUBLICATION_OWN_CHANNEL;
	take_sealed(x, &c);
	return 0;
}

int publication_own(struct looking *x, struct err *err)
{
	const struct publication_row *next = next_of(x->l);
	const struct publication_file *seal = NULL;
	const char *at =
		next ? commit_of_tag(&x->l->view, publication_tag(next->version, x->call->arena))
		     : NULL;

	if (at && own_tag(x, next, at, err) < 0)
		return -1;
	if (at && !x->l->view.tag_fault)
		return 0;
	for (size_t i = 0; i < PUBLISHED_PATHS; i++)
		if (strcmp(x->files[i].path, PUBLISHED_SEAL) == 0)
			seal = &x->files[i];
	/* Without another seal, or another release, nothing there was sent by us. */
	if (text_equal(seal->found, seal->left) &&
		!(next && text_equal(
				  publication_found_at(x->files, PUBLISHED_RELEASE), next->digest)))
		return 0;
	return own_head(x, next, err);
}
