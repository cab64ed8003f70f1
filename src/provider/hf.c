/* SPDX-License-Identifier: Apache-2.0
 *
 * The connector `hf`: an organisation's repositories on the Hugging Face Hub, or a mirror of it. A
 * repository is known by the commit that main stands at; its manifest is spiralfed/manifest.json at that
 * commit, or is made of the card when there is none. It refuses manifests above DOCUMENT_MAX unread.
 */
#include <stdlib.h>
#include <string.h>

#include "base/decimal.h"
#include "base/text.h"
#include "provider/hf_parts.h"

#define HUB "https://huggingface.co"

/* ---- Opening ---- */

static const char *endpoint_of(const struct connector_options *o)
{
	const char *env = getenv("HF_ENDPOINT");

	return o->endpoint ? o->endpoint : env && *env ? env : HUB;
}

static const char *keep(struct arena *a, const char *text)
{
	return text ? arena_strdup(a, text) : NULL;
}

static int read_options(struct connector *c, const struct connector_options *o, struct err *err)
{
	if (!o->author && !o->publish)
		return err_set(err, ERR_CONFIG,
			"connector = hf needs author = ORGANISATION, whose repositories are read, "
			"or "
			"publish = REPOSITORY, where releases go");
	if (o->author && !hf_repo_path(arena_printf(c->arena, "%s/x", o->author), c->arena))
		return err_set(err, ERR_CONFIG,
			"author = %s: is no organisation or user of the Hub", o->author);
	if (o->token_file && *o->token_file != '/')
		/* It may be the token itself, which no log shall show. */
		return err_set(err, ERR_CONFIG,
			"token_file: is no absolute path; it names the file that holds the token");
	if (http_server_parse(endpoint_of(o), c->arena, &c->server, err) < 0)
		return err_wrap(err, "endpoint");
	if (o->metrics &&
		harvest_map_parse(keep(c->arena, o->metrics), c->arena, &c->maps, err) < 0) {
		err->code = ERR_CONFIG;
		return err_wrap(err, "metrics");
	}
	if (o->publish && !(c->repository = hf_repo_path(o->publish, c->arena)))
		return err_set(err, ERR_CONFIG,
			"publish = %s: is no repository of the Hub (namespace/name)", o->publish);
	if (c->repository)
		c->repository_url = arena_printf(c->arena, "%s/%s", c->server.base, c->repository);
	c->provider = keep(c->arena, o->provider);
	c->author = keep(c->arena, o->author);
	c->filter = keep(c->arena, o->filter);
	c->role = keep(c->arena, o->role);
	c->token_file = keep(c->arena, o->token_file);
	return 0;
}

static void hf_close(struct connector *c)
{
	if (!c)
		return;
	session_free(c->hub);
	session_free(c->elsewhere);
	arena_free(c->memory.arena);
	arena_free(c->arena);
	free(c);
}

static int hf_open(const struct connector_options *o, struct connector **ret, struct err *err)
{
	struct session_rule rule = session_rule_default;
	struct connector *c = xcalloc(1, sizeof(*c));

	c->arena = arena_new();
	if (read_options(c, o, err) < 0) {
		hf_close(c);
		return -1;
	}
	rule.judge = hf_judge;
	rule.quota = hf_quota;
	c->hub = session_new(&rule);
	rule = session_rule_default;
	rule.reach = o->private_network ? HTTP_REACH_ANY : HTTP_REACH_PUBLIC;
	c->elsewhere = session_new(&rule);
	*ret = c;
	return 0;
}

/* ---- Fetching ---- */

static int hf_fetch(struct connector *c, const struct provider_call *call,
	const struct source_entry *entry, struct source_document *ret, struct err *err)
{
	const struct hf_request q = {
		.method = "GET",
		.path = arena_printf(
			call->arena, "/%s/resolve/%s/" MANIFEST_PATH, entry->name, entry->version),
		.cap = DOCUMENT_MAX,
	};
	struct http_response r;
	const char *words;
	enum hf_said said;

	if (hf_ask(c, call, &q, &said, &r, &words, err) < 0)
		return -1;
	switch (said) {
	case HF_OK:
		*ret = (struct source_document){.text = r.body, .len = r.body_len};
		return FETCH_DONE;
	case HF_NO_ENTRY:
		return hf_build(c, call, entry, ret, err);
	case HF_TOO_LARGE:
		err_set(err, ERR_INVALID_MANIFEST,
			"has a " MANIFEST_PATH " of more than %d bytes: data sets do not belong "
			"into it",
			(int)DOCUMENT_MAX);
		return FETCH_REFUSED;
	case HF_NO_ACCESS:
		return err_set(err, ERR_IO, "the Hub says %s", words);
	default:
		return FETCH_GONE;
	}
}

/* ---- Probing ---- */

struct target {
	const char *repo, *rev, *path; /* path NULL: all of it */
};

/* hf://ns/name[@revision][/path] */
static bool target_of(const char *uri, struct arena *a, struct target *ret)
{
	const char *at = uri + strlen("hf://");
	size_t ns, name, rev;

	if (!text_starts(uri, "hf://"))
		return false;
	ns = strcspn(at, "/");
	if (!at[ns])
		return false;
	name = ns + 1 + strcspn(at + ns + 1, "/@");
	ret->repo = hf_repo_path(arena_strndup(a, at, name), a);
	rev = at[name] == '@' ? strcspn(at + name + 1, "/") : 0;
	ret->rev = rev ? http_escape(arena_strndup(a, at + name + 1, rev), a) : "main";
	at += name + (at[name] == '@' ? rev + 1 : 0);
	ret->path = *at == '/' && at[1] ? at + 1 : NULL;
	return ret->repo && !text_has_dots(ret->rev) && !(ret->path && text_has_dots(ret->path));
}

/* Each segment for itself: the slashes stay. */
static const char *escape_path(const char *path, struct arena *a)
{
	size_t n = strcspn(path, "/");
	const char *out = arena_printf(a, "/%s", http_escape(arena_strndup(a, path, n), a));

	while (path[n]) {
		path += n + 1;
		n = strcspn(path, "/");
		out = arena_printf(a, "%s/%s", out, http_escape(arena_strndup(a, path, n), a));
	}
	return out;
}

static bool is_weight(const char *name)
{
	return *name != '.' && !text_has_dots(name) && strcmp(name, "README.md") != 0 &&
	       !text_starts(name, "spiralfed/");
}

/* A file that makes the repository an artifact; the largest, which lies with the large ones. *ret NULL:
 * there is none. */
static int find_weight(struct connector *c, const struct provider_call *call,
	const struct target *t, const char **ret, enum hf_said *ret_said, const char **ret_words,
	struct err *err)
{
	const struct hf_request q = {
		.method = "GET",
		.path = arena_printf(
			call->arena, "/api/models/%s/revision/%s?blobs=true", t->repo, t->rev),
		.cap = HF_INFO_MAX,
	};
	json_auto_t *info = NULL;
	json_int_t largest = -1;

	*ret = NULL;
	if (hf_ask_json(c, call, &q, ret_said, &info, ret_words, err) < 0)
		return -1;
	const json_t *files = json_object_get(info, "siblings");
	for (size_t i = 0; i < json_array_size(files); i++) {
		const json_t *one = json_array_get(files, i);
		const char *name = json_string_value(json_object_get(one, "rfilename"));
		json_int_t size = json_integer_value(json_object_get(one, "size"));

		if (name && is_weight(name) && size > largest) {
			*ret = arena_strdup(call->arena, name);
			largest = size;
		}
	}
	return 0;
}

static struct probe missing(struct arena *a, const struct target *t, const char *words)
{
	return (struct probe){
		PROBE_MISSING, arena_printf(a, "%s@%s: the Hub says %s", t->repo, t->rev, words)};
}

static struct probe look_at_size(
	const struct http_response *r, const struct target *t, int64_t size, struct arena *a)
{
	const char *text = http_response_header(r, "X-Linked-Size");
	int64_t is = text ? decimal_count(text, INT64_MAX, NULL) : -1;

	if (size >= 0 && is >= 0 && is != size)
		return (struct probe){PROBE_MISSING,
			arena_printf(a, "%s@%s/%s has %lld bytes; its manifest says %lld", t->repo,
				t->rev, t->path, (long long)is, (long long)size)};
	return (struct probe){
		PROBE_REACHABLE, arena_printf(a, "%s@%s/%s is there", t->repo, t->rev, t->path)};
}

/* That it is listed does not mean that we are let in: HEAD asks. */
static int head(struct connector *c, const struct provider_call *call, const struct target *t,
	int64_t size, struct probe *ret, struct err *err)
{
	const struct hf_request q = {
		.method = "HEAD",
		.path = arena_printf(call->arena, "/%s/resolve/%s%s", t->repo, t->rev,
			escape_path(t->path, call->arena)),
		.cap = HF_INFO_MAX,
		.stay = true,
	};
	struct http_response r;
	const char *words;
	enum hf_said said;

	if (hf_ask(c, call, &q, &said, &r, &words, err) < 0)
		return -1;
	*ret = said == HF_OK || said == HF_TOO_LARGE ? look_at_size(&r, t, size, call->arena)
						     : missing(call->arena, t, words);
	return 0;
}

static int hf_probe(struct connector *c, const struct provider_call *call,
	const struct probe_target *target, struct probe *ret, struct err *err)
{
	struct arena *a = call->arena;
	struct target t;
	const char *words;
	enum hf_said said;
	int64_t size = target->size;

	if (!target_of(target->uri, a, &t)) {
		*ret = text_starts(target->uri, "hf://")
			       ? (struct probe){PROBE_MISSING,
					 arena_printf(a, "%s names no repository of the Hub",
						 target->uri)}
			       : (struct probe){PROBE_UNKNOWN,
					 arena_printf(a,
						 "%s is elsewhere than on the Hub, where "
						 "nobody looks for it",
						 target->uri)};
		return 0;
	}
	if (t.path)
		return head(c, call, &t, size, ret, err);
	if (find_weight(c, call, &t, &t.path, &said, &words, err) < 0)
		return -1;
	if (said != HF_OK)
		*ret = missing(a, &t, words);
	else if (!t.path)
		*ret = (struct probe){PROBE_MISSING,
			arena_printf(a, "%s@%s holds nothing but its card", t.repo, t.rev)};
	else
		/* The manifest's size is of the whole, not of a file. */
		return head(c, call, &t, -1, ret, err);
	return 0;
}

static bool hf_probes(const struct connector *c)
{
	(void)c;
	return true;
}

static bool hf_health(struct connector *c, const struct clock *clock, struct session_health *ret)
{
	struct session_health other;

	session_health(c->hub, clock, ret);
	session_health(c->elsewhere, clock, &other);
	ret->requests += other.requests;
	ret->retries += other.retries;
	ret->bytes += other.bytes;
	return true;
}

const struct connector_kind connector_hf = {
	.name = "hf",
	.open = hf_open,
	.close = hf_close,
	.list = hf_list,
	.fetch = hf_fetch,
	.find = hf_find,
	.hook = hf_hook,
	.health = hf_health,
	.repository = &hf_repository,
	.probes = hf_probes,
	.probe = hf_probe,
};
