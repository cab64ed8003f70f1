/* SPDX-License-Identifier: Apache-2.0
 *
 * What an organisation has on the Hub: each repository with the commit that main stands at, page by page,
 * newest change first. When the first page is what it was, so is the rest: any commit, and any new
 * repository, would stand on it. One that was deleted is seen with the next whole listing, a day later
 * at most.
 */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/jcs.h"
#include "base/text.h"
#include "base/words.h"
#include "provider/hf_parts.h"

enum { PAGE = 1000, PAGES_MAX = 2000, WHOLE_EVERY_S = 86400, FIRST_ROOM = 256 };
/* Six are asked for of each. */
enum { PAGE_VALUES_MAX = 32 * PAGE };

struct reading {
	struct connector *c;
	const struct provider_call *call;
	struct arena *arena; /* of what stays */
	struct source_entry *v;
	size_t n, room, bytes;
	struct source_pages pages;
	bool cut;
};

static void readingp(struct reading *l)
{
	source_pages_clear(&l->pages);
	free(l->v);
	arena_free(l->arena);
}

/* ---- A page ---- */

static int drifted(size_t i, const char *what, struct err *err)
{
	return err_set(err, ERR_IO,
		"the listing is not what the Hub's API gives: entry %zu has no %s", i, what);
}

static void add(struct reading *l, const char *name, const char *sha, const char *fault)
{
	if (l->n == l->room) {
		l->room = l->room ? l->room * 2 : FIRST_ROOM;
		l->v = xrealloc(l->v, l->room * sizeof(*l->v));
	}
	l->v[l->n++] = (struct source_entry){
		.name = arena_strdup(l->arena, name),
		.version = arena_strdup(l->arena, sha),
		.fault = fault,
	};
}

/* In any case of letters, as the Hub has it. */
static bool is_authors(const struct connector *c, const char *name)
{
	size_t n = c->author ? strlen(c->author) : 0;

	return n && strncasecmp(name, c->author, n) == 0 && name[n] == '/';
}

static int take_page(struct reading *l, const struct http_response *r, struct err *err)
{
	ARENA_AUTO a = arena_new();
	JCS_ARENA_SCOPE(a);
	json_t *page;

	if (source_listing_page(&l->bytes, r->body_len, err) < 0)
		return -1;
	if (jcs_load_upto(r->body, r->body_len, PAGE_VALUES_MAX, &page, err) < 0) {
		err->code = ERR_IO;
		return err_wrap(err, "the listing is not what the Hub's API gives");
	}
	if (!json_is_array(page))
		return err_set(
			err, ERR_IO, "the listing is not what the Hub's API gives: it is no array");
	for (size_t i = 0; i < json_array_size(page) && !l->cut; i++) {
		const json_t *one = json_array_get(page, i);
		const char *name = json_string_value(json_object_get(one, "id"));
		const char *sha = json_string_value(json_object_get(one, "sha"));

		if (!name || !hf_repo_path(name, a))
			return drifted(i, "id of a repository", err);
		if (!hf_is_sha(sha))
			return drifted(i, "sha", err);
		/* Whoever passes the question on may have lost whom it was about. */
		if (hf_is_releases(l->c, name) || !is_authors(l->c, name))
			continue;
		l->cut = l->n == LISTING_MAX;
		if (!l->cut)
			add(l, name, sha,
				json_is_true(json_object_get(one, "disabled"))
					? "is disabled by the Hub"
					: NULL);
	}
	return 0;
}

/* The URL with rel="next"; NULL at the end. */
static const char *next_page(const struct http_response *r, struct arena *a)
{
	const char *at = http_response_header(r, "Link");

	while (at && (at = strchr(at, '<'))) {
		size_t n = strcspn(++at, ">");
		size_t rest = strcspn(at + n, ",");

		if (memmem(at + n, rest, "rel=\"next\"", 10))
			return arena_strndup(a, at, n);
		at += n;
	}
	return NULL;
}

/* ---- The whole of it ---- */

static const char *first_path(const struct connector *c, struct arena *a)
{
	const char *out = arena_printf(a, "/api/models?author=%s", http_escape(c->author, a));
	const char *filter = c->filter;
	struct word w;

	while (filter && words_next(&filter, &w))
		out = arena_printf(
			a, "%s&filter=%s", out, http_escape(arena_strndup(a, w.s, w.n), a));
	return arena_printf(a,
		"%s&sort=lastModified&limit=%d&expand=sha&expand=lastModified&expand=disabled", out,
		(int)PAGE);
}

static int ask_page(struct connector *c, const struct provider_call *call, const char *path,
	const char *etag, enum hf_said *ret_said, struct http_response *ret, struct err *err)
{
	const struct hf_request q = {
		.method = "GET", .path = path, .etag = etag, .cap = HF_PAGE_MAX};
	const char *words;

	if (hf_ask(c, call, &q, ret_said, ret, &words, err) < 0)
		return err_wrap(err, "listing %s", c->author);
	if (*ret_said == HF_OK || (*ret_said == HF_UNCHANGED && etag))
		return 0;
	return err_set(err, *ret_said == HF_NO_ENTRY ? ERR_IO : ERR_CONFIG,
		"listing %s: the Hub says %s", c->author, words);
}

/* Each page in an arena of its own: there may be many. */
static int read_page(struct reading *l, struct err *err)
{
	ARENA_AUTO a = arena_new();
	struct provider_call own = *l->call;
	const char *path = l->pages.next;
	struct http_response r;
	enum hf_said said;

	if (!session_same_server(path, l->c->server.base))
		return err_set(err, ERR_IO,
			"the listing goes on at another server, %.100s: not followed", path);
	own.arena = a;
	if (ask_page(l->c, &own, path, NULL, &said, &r, err) < 0 || take_page(l, &r, err) < 0)
		return -1;
	return source_pages_turn(&l->pages, next_page(&r, a), err);
}

static int read_rest(struct reading *l, const struct http_response *first, struct err *err)
{
	int rc = source_pages_turn(&l->pages, next_page(first, l->call->arena), err);

	for (int pages = 1; rc == 0 && l->pages.next && !l->cut; pages++)
		rc = pages < PAGES_MAX ? read_page(l, err)
				       : err_set(err, ERR_IO, "the listing has more than %d pages",
						 (int)PAGES_MAX);
	return rc;
}

static void remember(struct reading *l, const struct http_response *first, const char *digest)
{
	struct hf_memory *m = &l->c->memory;

	arena_free(m->arena);
	*m = (struct hf_memory){
		.arena = l->arena,
		.etag = first->etag ? arena_strdup(l->arena, first->etag) : NULL,
		.at = clock_mono(l->call->clock),
	};
	memcpy(m->digest, digest, sizeof(m->digest));
	/* A repository that changed while the pages were read may stand on two of them. */
	m->listing = (struct source_listing){.n = source_entries_sort(l->v, l->n), .cut = l->cut};
	if (l->n)
		m->listing.v = arena_memdup(l->arena, l->v, m->listing.n * sizeof(*l->v));
	l->arena = NULL;
}

static bool is_fresh(const struct hf_memory *m, int64_t mono)
{
	return m->arena && mono - m->at < WHOLE_EVERY_S * USEC_PER_SEC;
}

int hf_list(struct connector *c, const struct provider_call *call, struct source_listing *ret,
	struct err *err)
{
	struct hf_memory *m = &c->memory;
	bool fresh = is_fresh(m, clock_mono(call->clock));
	struct http_response first;
	enum hf_said said;
	char digest[DIGEST_STRLEN];

	/* It only publishes. */
	if (!c->author) {
		*ret = (struct source_listing){0};
		return 0;
	}

	if (ask_page(c, call, first_path(c, call->arena), fresh ? m->etag : NULL, &said, &first,
		    err) < 0)
		return -1;
	digest_string(first.body, first.body_len, digest);
	if (!(fresh && (said == HF_UNCHANGED || !strcmp(digest, m->digest)))) {
		__attribute__((cleanup(readingp))) struct reading l = {
			.c = c, .call = call, .arena = arena_new()};

		if (take_page(&l, &first, err) < 0 || read_rest(&l, &first, err) < 0)
			return -1;
		remember(&l, &first, digest);
	}
	*ret = m->listing;
	return 0;
}

/* ---- One of them ---- */

int hf_find(struct connector *c, const struct provider_call *call, const char *name,
	struct source_entry *ret, struct err *err)
{
	const char *repo = hf_repo_path(name, call->arena), *words, *id, *sha;
	json_auto_t *info = NULL;
	enum hf_said said;

	if (!repo || hf_is_releases(c, name))
		return 0;
	const struct hf_request q = {
		.method = "GET",
		.path = arena_printf(call->arena,
			"/api/models/%s/revision/main?expand=sha&expand=tags&expand=disabled",
			repo),
		.cap = HF_INFO_MAX,
	};
	if (hf_ask_json(c, call, &q, &said, &info, &words, err) < 0)
		return err_wrap(err, "%s", name);
	if (said != HF_OK)
		return 0;
	id = json_string_value(json_object_get(info, "id"));
	sha = json_string_value(json_object_get(info, "sha"));
	if (!id || !hf_is_sha(sha))
		return drifted(0, id ? "sha" : "id of a repository", err);
	/* It goes by another name now, which has a message of its own. */
	if (strcmp(id, name) != 0 || !hf_has_tags(json_object_get(info, "tags"), c->filter))
		return 0;
	*ret = (struct source_entry){
		.name = arena_strdup(call->arena, name),
		.version = arena_strdup(call->arena, sha),
		.fault = json_is_true(json_object_get(info, "disabled")) ? "is disabled by the Hub"
									 : NULL,
	};
	return 1;
}

/* Is it a change of what main holds? Whatever is not known is. */
static bool concerns_main(const json_t *message)
{
	const json_t *refs = json_object_get(message, "updatedRefs");
	const char *scope =
		json_string_value(json_object_get(json_object_get(message, "event"), "scope"));

	if (!scope || !text_starts(scope, "repo"))
		return false;
	for (size_t i = 0; i < json_array_size(refs); i++) {
		const char *ref =
			json_string_value(json_object_get(json_array_get(refs, i), "ref"));
		if (ref && !strcmp(ref, "refs/heads/main"))
			return true;
	}
	return json_array_size(refs) == 0;
}

int hf_hook(const struct connector *c, const char *body, size_t len, struct arena *a,
	struct source_mention *ret, struct err *err)
{
	json_auto_t *message = NULL;
	const json_t *repo;
	const char *type, *name;

	if (jcs_load(body, len, &message, err) < 0)
		return -1;
	repo = json_object_get(message, "repo");
	type = json_string_value(json_object_get(repo, "type"));
	name = json_string_value(json_object_get(repo, "name"));
	if (!type || !name || !json_is_object(json_object_get(message, "event")))
		return err_set(err, ERR_BAD_REQUEST,
			"this is no message of a webhook of the Hub: it lacks event, repo.type or "
			"repo.name");
	const char *why = strcmp(type, "model") != 0 ? "it is of no model"
			  : !is_authors(c, name) || !hf_repo_path(name, a)
				  ? "it is of no repository of the author's"
			  : hf_is_releases(c, name)
				  ? "it is of the repository to which releases are published"
			  : !concerns_main(message) ? "it is not about the content of main"
						    : NULL;

	*ret = (struct source_mention){why ? NULL : arena_strdup(a, name), why};
	return 0;
}
