/* SPDX-License-Identifier: Apache-2.0
 *
 * Manifests behind a listing over HTTPS. A listing that is what it was (by its ETag, or by its bytes) and
 * tells of times costs one request; where it gives only names, each file is asked for its ETag. It
 * refuses redirects, plain http, and addresses off the open internet unless they are allowed.
 */
#include "provider/dir_web.h"

#include <stdlib.h>
#include <string.h>

#include "base/digest.h"
#include "base/text.h"
#include "net/url.h"

enum { PAGE_MAX = 32 << 20 };

struct dir_web {
	struct arena *arena;
	struct http_server server;
	const char *path;   /* of the listing */
	const char *folder; /* path up to its last slash: names are relative to it */
	struct session *session;
	/* The last listing that told of times. */
	struct arena *memory; /* NULL: there is none */
	struct source_listing listing;
	const char *etag;
	char digest[DIGEST_STRLEN];
};

int dir_web_new(const char *url, bool private_network, struct dir_web **ret, struct err *err)
{
	struct session_rule rule = session_rule_default;
	struct dir_web *w = xcalloc(1, sizeof(*w));

	w->arena = arena_new();
	if (!text_starts(url, "https://") && !(private_network && strstr(url, "://"))) {
		dir_web_free(w);
		return err_set(err, ERR_CONFIG,
			"url = %s: is not https:// (http:// only with private_network = on)", url);
	}
	if (url_split(url, w->arena, &w->server, &w->path, err) < 0) {
		dir_web_free(w);
		return err_set(err, ERR_CONFIG, "url = %s: is no URL of a listing", url);
	}
	size_t end = strcspn(w->path, "?");

	while (w->path[end - 1] != '/')
		end--;
	w->folder = arena_strndup(w->arena, w->path, end);
	rule.reach = private_network ? HTTP_REACH_ANY : HTTP_REACH_PUBLIC;
	w->session = session_new(&rule);
	*ret = w;
	return 0;
}

void dir_web_free(struct dir_web *w)
{
	if (!w)
		return;
	session_free(w->session);
	arena_free(w->memory);
	arena_free(w->arena);
	free(w);
}

/* ---- One request ---- */

static int ask(struct dir_web *w, const struct provider_call *call, const char *method,
	const char *path, const char *etag, size_t cap, struct http_response *ret, struct err *err)
{
	static const int gone[] = {404, 410, 0};
	const struct http_header header = {"If-None-Match", etag};
	struct session_request r = {.http = {.server = w->server,
					    .method = method,
					    .path = path,
					    .headers = &header,
					    .n_headers = etag != NULL,
					    .cap = cap}};

	if (session_send(w->session, call, &r, gone, ret, NULL, err) < 0)
		return -1;
	if (ret->status >= 300 && ret->status < 400 && ret->status != 304)
		return err_set(err, ERR_IO, "the server answers %d and leads elsewhere%s%.200s",
			ret->status, ret->location ? ": " : "", ret->location ? ret->location : "");
	return 0;
}

static const char *path_of(const struct dir_web *w, const char *name, struct arena *a)
{
	return arena_printf(a, "%s%s", w->folder, http_escape(name, a));
}

/* ---- Listing ---- */

/* Where the listing is silent the file itself tells: by its ETag, else by time and size. *ret NULL: it
 * is no longer there. */
static int ask_version(struct dir_web *w, const struct provider_call *call, const char *name,
	struct arena *into, const char **ret, struct err *err)
{
	ARENA_AUTO a = arena_new(); /* a page of headers, and there may be 100,000 of them */
	struct provider_call own = *call;
	struct http_response r;
	const char *time, *size;

	own.arena = a;
	if (ask(w, &own, "HEAD", path_of(w, name, a), NULL, DOCUMENT_MAX, &r, err) < 0)
		return err_wrap(err, "%s", name);
	time = http_response_header(&r, "Last-Modified");
	size = http_response_header(&r, "Content-Length");
	*ret = NULL;
	if (r.status >= 400)
		return 0;
	if (!r.etag && !time)
		return err_set(err, ERR_IO,
			"%s: the server gives neither ETag nor Last-Modified, and its listing no "
			"time: a change could not be seen",
			name);
	*ret = r.etag ? dir_state(r.etag, NULL, into) : dir_state(time, size ? size : "", into);
	return 0;
}

/* *ret_timed: the listing told of the state of each. */
static int entries(struct dir_web *w, const struct provider_call *call,
	const struct dir_links *links, struct arena *a, struct source_listing *ret, bool *ret_timed,
	struct err *err)
{
	struct source_entry *v = ARENA_ARRAY(a, links->n, struct source_entry);
	size_t n = 0;

	*ret_timed = true;
	for (size_t i = 0; i < links->n; i++) {
		const char *version = links->v[i].state;

		if (!version) {
			*ret_timed = false;
			if (ask_version(w, call, links->v[i].name, a, &version, err) < 0)
				return -1;
		}
		if (version)
			v[n++] = (struct source_entry){
				.name = arena_strdup(a, links->v[i].name),
				.version = links->v[i].state ? arena_strdup(a, version) : version,
			};
	}
	*ret = (struct source_listing){.v = v,
		.n = source_entries_sort(v, n),
		.ignored = links->ignored,
		.cut = links->cut};
	return 0;
}

static void remember(struct dir_web *w, struct arena *a, const struct source_listing *l,
	const struct http_response *r, const char *digest)
{
	arena_free(w->memory);
	w->memory = a;
	w->listing = *l;
	w->etag = r->etag ? arena_strdup(a, r->etag) : NULL;
	w->digest[0] = '\0';
	memcpy(w->digest, digest, strlen(digest) + 1);
}

int dir_web_list(struct dir_web *w, const struct provider_call *call, struct source_listing *ret,
	struct err *err)
{
	struct http_response r;
	struct dir_links links;
	char digest[DIGEST_STRLEN];
	bool timed;

	if (ask(w, call, "GET", w->path, w->memory ? w->etag : NULL, PAGE_MAX, &r, err) < 0)
		return err_wrap(err, "the listing");
	if (r.status >= 400)
		return err_set(err, ERR_IO, "the listing: the server answers %d", r.status);
	digest_string(r.body, r.body_len, digest);
	if (w->memory && (r.status == 304 || !strcmp(digest, w->digest))) {
		*ret = w->listing;
		return 0;
	}
	if (dir_links_parse(r.body, r.body_len, call->arena, &links, err) < 0)
		return -1;
	struct arena *a = arena_new();

	if (entries(w, call, &links, a, ret, &timed, err) < 0) {
		arena_free(a);
		return -1;
	}
	/* Also when it does not tell of times: what is handed out lives in it. */
	remember(w, a, ret, &r, timed ? digest : "");
	if (!timed)
		w->etag = NULL;
	return 0;
}

/* ---- Fetching ---- */

int dir_web_fetch(struct dir_web *w, const struct provider_call *call,
	const struct source_entry *entry, struct source_document *ret, struct err *err)
{
	struct http_response r;

	if (ask(w, call, "GET", path_of(w, entry->name, call->arena), NULL, DOCUMENT_MAX, &r, err) <
		0)
		return err_wrap(err, "%s", entry->name);
	if (r.status >= 400)
		return FETCH_GONE;
	*ret = (struct source_document){.text = r.body, .len = r.body_len};
	return FETCH_DONE;
}

void dir_web_health(struct dir_web *w, const struct clock *clock, struct session_health *ret)
{
	session_health(w->session, clock, ret);
}
