/* SPDX-License-Identifier: Apache-2.0
 *
 * Lists are stored bodies put one behind the other: no row is parsed or printed again.
 */
#include "api/listing.h"

#include <string.h>

#include "api/reply.h"
#include "api/request.h"
#include "base/json_writer.h"
#include "engine/engine.h"

enum { LIST_MAX = 64 * 1024 * 1024, LINK_MAX = 8 * 1024 };

static bool is_filter(const char *name)
{
	return strcmp(name, "page_token") != 0 && strcmp(name, "max_results") != 0 &&
	       strcmp(name, "pretty") != 0;
}

int listing_begin(struct request *r, struct listing *ret, struct err *err)
{
	struct listing l = {.after = 0};
	const char *token = params_get(&r->params, "page_token");
	STRBUF_AUTO scope = STRBUF_INIT(LINK_MAX);

	strbuf_addstr(&scope, r->route->name);
	for (size_t i = 0; i < r->params.n; i++)
		if (is_filter(r->params.list[i].name))
			strbuf_addf(
				&scope, "\n%s=%s", r->params.list[i].name, r->params.list[i].value);
	l.scope = arena_strndup(r->arena, scope.buf, scope.len);
	if (params_int(&r->params, "max_results", 1, PAGE_MAX, PAGE_DEFAULT, &l.limit, err) < 0 ||
		(token && page_token_read(token, l.scope, &l.after, err) < 0))
		return -1;
	*ret = l;
	return 0;
}

static int filter_named(struct request *r, const char *name, struct field_names *names,
	const char **ret, struct err *err)
{
	names->title = name;
	return params_enum(&r->params, name, names, ret, err);
}

int listing_provider(struct request *r, const char **ret, struct err *err)
{
	SNAPSHOT_AUTO s = snapshot_get(request_engine(r));
	const struct list *providers = &s->policy.providers;
	const char **names = ARENA_ARRAY(r->arena, providers->n + 1, const char *);

	for (size_t i = 0; i < providers->n; i++)
		names[i] = LIST_AT(providers, struct policy_provider, i)->name;
	return filter_named(r, "provider", &(struct field_names){.names = names}, ret, err);
}

static bool strings_have(const char *const *list, size_t n, const char *s)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(list[i], s) == 0)
			return true;
	return false;
}

int listing_role(struct request *r, const char **ret, struct err *err)
{
	SNAPSHOT_AUTO s = snapshot_get(request_engine(r));
	const struct list *providers = &s->policy.providers;
	const char **names;
	size_t most = 1, n = 0;

	for (size_t i = 0; i < providers->n; i++)
		most += LIST_AT(providers, struct policy_provider, i)->roles.n;
	names = ARENA_ARRAY(r->arena, most, const char *);
	for (size_t i = 0; i < providers->n; i++) {
		const struct strings *roles = &LIST_AT(providers, struct policy_provider, i)->roles;

		for (size_t k = 0; k < roles->n; k++)
			if (!strings_have(names, n, roles->v[k]))
				names[n++] = roles->v[k];
	}
	return filter_named(r, "role", &(struct field_names){.names = names}, ret, err);
}

static void add_encoded(struct strbuf *out, const char *s)
{
	for (; *s; s++) {
		unsigned char c = (unsigned char)*s;

		if ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
			strchr("-._~:", c))
			strbuf_addch(out, (char)c);
		else
			strbuf_addf(out, "%%%02X", c);
	}
}

/* The same request with another page token. */
static const char *next_link(const struct request *r, const char *token)
{
	STRBUF_AUTO out = STRBUF_INIT(LINK_MAX);

	strbuf_addf(&out, "<%s?", r->path);
	for (size_t i = 0; i < r->params.n; i++) {
		if (strcmp(r->params.list[i].name, "page_token") == 0)
			continue;
		strbuf_addf(&out, "%s=", r->params.list[i].name);
		add_encoded(&out, r->params.list[i].value);
		strbuf_addch(&out, '&');
	}
	strbuf_addf(&out, "page_token=%s>; rel=\"next\"", token);
	return out.overflow ? NULL : arena_strndup(r->arena, out.buf, out.len);
}

int listing_reply(
	struct request *r, const struct listing *l, const char *name, const struct page *page)
{
	STRBUF_AUTO out = STRBUF_INIT(LIST_MAX);
	char token[PAGE_TOKEN_LEN + 1];
	struct json_writer w;
	size_t len;

	json_writer_init(&w, &out);
	jw_object(&w);
	jw_key(&w, name);
	jw_array(&w);
	for (size_t i = 0; i < page->n; i++)
		jw_raw(&w, page->bodies[i], strlen(page->bodies[i]));
	jw_end(&w);
	if (page->next) {
		page_token_make(page->next, l->scope, token);
		jw_kstring(&w, "next_page_token", token);
	}
	jw_end(&w);
	len = out.len;
	return reply_send(r, &(struct reply){.status = 200,
				     .body = arena_memdup(r->arena, out.buf, len),
				     .len = len,
				     .link = page->next ? next_link(r, token) : NULL});
}
