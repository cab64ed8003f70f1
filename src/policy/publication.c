/* SPDX-License-Identifier: Apache-2.0
 *
 * Compares a repository with what was left in it. It reads nothing and writes nothing.
 */
#include "policy/publication.h"

#include <string.h>

#include "model/format.h"

const char *publication_tag(const char *version, struct arena *a)
{
	return arena_printf(a, "v%s", version);
}

static const char *commit_of_tag(const struct publication_view *v, const char *version)
{
	for (size_t i = 0; i < v->n_tags; i++)
		if (v->tags[i].name[0] == 'v' && strcmp(v->tags[i].name + 1, version) == 0)
			return v->tags[i].commit;
	return NULL;
}

static const struct publication_release *first_pending(const struct publication_view *v)
{
	for (size_t i = 0; i < v->n_releases; i++)
		if (!v->releases[i].commit)
			return &v->releases[i];
	return NULL;
}

static bool same(const char *a, const char *b)
{
	return a && b && strcmp(a, b) == 0;
}

/* ---- What differs ---- */

struct drifting {
	struct publication_drift *v;
	size_t n;
	struct arena *arena;
};

static struct publication_drift *add(struct drifting *d, const char *code, const char *subject)
{
	struct publication_drift *one = &d->v[d->n++];

	*one = (struct publication_drift){.code = code, .subject = subject};
	return one;
}

static void of_release(struct drifting *d, const struct publication_view *v,
	const struct publication_release *r, bool is_next)
{
	const char *tag = publication_tag(r->version, d->arena);
	const char *at = commit_of_tag(v, r->version);
	struct publication_drift *one;

	if (!r->commit && at && is_next && v->tag_fault) {
		one = add(d, "tag_taken", tag);
		one->detail = arena_printf(
			d->arena, "%s is on commit %s, which %s", tag, at, v->tag_fault);
		one->needs = arena_printf(d->arena,
			"delete the tag %s, and the release is published then; or, when another "
			"spiralfedd publishes there, name another repository here",
			tag);
	} else if (r->commit && !at) {
		one = add(d, "tag_deleted", tag);
		one->detail = arena_printf(d->arena, "%s was on commit %s", tag, r->commit);
		one->needs = arena_printf(d->arena, "tag commit %s as %s again", r->commit, tag);
	} else if (r->commit && strcmp(at, r->commit) != 0) {
		one = add(d, "tag_moved", tag);
		one->detail = arena_printf(
			d->arena, "%s was on commit %s and is on %s", tag, r->commit, at);
		one->needs = arena_printf(d->arena,
			"delete the tag %s and tag commit %s as %s again", tag, r->commit, tag);
	}
}

static bool is_known(const struct publication_view *v, const char *tag)
{
	for (size_t i = 0; i < v->n_releases; i++)
		if (strcmp(v->releases[i].version, tag + 1) == 0)
			return true;
	return false;
}

static void of_strangers(struct drifting *d, const struct publication_view *v)
{
	for (size_t i = 0; i < v->n_tags; i++) {
		const char *tag = v->tags[i].name;

		if (tag[0] != 'v' || !format_core.check(tag + 1) || is_known(v, tag))
			continue;
		struct publication_drift *one = add(d, "tag_unknown", tag);

		one->detail = arena_printf(d->arena,
			"%s is on commit %s, and no release of this registry is called so", tag,
			v->tags[i].commit);
		one->needs = arena_printf(d->arena,
			"delete the tag %s; or, when this registry lost that release, restore it "
			"from the Hub (spiralfed restore)",
			tag);
	}
}

static const char *file_needs(
	const struct publication_view *v, const struct publication_file *f, struct arena *a)
{
	if (published_is_prose(f->path))
		return "revert that commit; or, when it is right, POST /v1/hub/acknowledge "
		       "(spiralfed hub acknowledge), and it is taken as it is";
	return v->left_at && *v->left_at
		       ? arena_printf(a,
				 "revert that commit, so that %s is as at commit %s: a restore "
				 "needs "
				 "it as it was signed, so nobody can acknowledge it",
				 f->path, v->left_at)
		       : "revert that commit: a restore needs the file as it was signed, so nobody "
			 "can acknowledge it";
}

/* It would be taken for ours by whoever looks only at its documents. */
static void of_head(struct drifting *d, const struct publication_view *v)
{
	struct publication_drift *one = add(d, "seal_invalid", PUBLISHED_SEAL);

	one->detail = arena_printf(d->arena, "the head (%s) %s", v->head, v->head_fault);
	one->needs = v->left_at && *v->left_at
			     ? arena_printf(d->arena,
				       "revert what came after commit %s: what is due is written "
				       "anew then",
				       v->left_at)
			     : "delete the folder spiralfed/ there, and the release is published "
			       "then; or, when another spiralfedd publishes there, name another "
			       "repository here";
}

static void of_stranger(struct drifting *d, const struct publication_view *v, const char *path)
{
	struct publication_drift *one = add(d, "file_taken", path);

	one->detail = arena_printf(d->arena,
		"%s is at the head (%s), and this registry never wrote it", path, v->head);
	one->needs = "delete it, and it is written then; or, when another spiralfedd publishes "
		     "there, name another repository here";
}

static void of_files(struct drifting *d, const struct publication_view *v)
{
	for (size_t i = 0; i < v->n_files; i++) {
		const struct publication_file *f = &v->files[i];

		if (!f->left && f->found && !published_is_prose(f->path))
			of_stranger(d, v, f->path);
		if (!f->left || same(f->left, f->found))
			continue;
		struct publication_drift *one =
			add(d, f->found ? "file_changed" : "file_deleted", f->path);

		one->found = f->found;
		one->detail = arena_printf(d->arena, "%s at the head (%s) is %s", f->path, v->head,
			f->found ? "not as it was left" : "gone");
		one->needs = file_needs(v, f, d->arena);
	}
}

void publication_drift(const struct publication_view *v, struct arena *a, struct list *ret)
{
	struct drifting d = {.arena = a};
	bool published = false, next = true;

	d.v = ARENA_ARRAY(a, v->n_releases + v->n_tags + v->n_files + 1, struct publication_drift);
	for (size_t i = 0; i < v->n_releases; i++)
		published = published || v->releases[i].commit;
	if (!v->exists && published) {
		struct publication_drift *one = add(&d, "repository_gone", "");

		one->detail = "the repository is gone, or the token may no longer see it";
		one->needs = "make it visible to the token again; when it is lost for good, push a "
			     "clone of it, with its tags, to a new one and name that; without a "
			     "clone, leave out publish";
	}
	for (size_t i = 0; v->exists && i < v->n_releases; i++) {
		of_release(&d, v, &v->releases[i], next && !v->releases[i].commit);
		next = next && v->releases[i].commit;
	}
	if (v->exists)
		of_strangers(&d, v);
	if (v->exists && v->head_fault)
		of_head(&d, v);
	else if (v->exists)
		of_files(&d, v);
	*ret = (struct list){d.v, d.n};
}

/* ---- What is next ---- */

struct publication_next publication_next(const struct publication_view *v)
{
	const struct publication_release *next = first_pending(v);
	struct publication_next n = {.step = PUBLICATION_NOTHING};

	if (!next && !v->has_channel)
		return n;
	if (!v->exists) {
		n.step = PUBLICATION_CREATE;
	} else if (v->head_is == PUBLICATION_OWN_CHANNEL) {
		n.step = PUBLICATION_RECORD_CHANNEL;
	} else if (next) {
		n.version = next->version;
		n.commit = commit_of_tag(v, next->version);
		n.step = PUBLICATION_RECORD;
		if (!n.commit && v->head_is == PUBLICATION_OWN_RELEASE) {
			n.commit = v->head;
			n.step = PUBLICATION_TAG;
		} else if (!n.commit) {
			n.step = PUBLICATION_COMMIT;
		}
	} else if (v->serial != v->recorded || v->unsealed) {
		n.step = PUBLICATION_CHANNEL;
	}
	return n;
}
