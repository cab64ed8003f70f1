/* SPDX-License-Identifier: Apache-2.0
 *
 * /v1/providers: as they stand at the moment of the answer, for their lag grows by itself.
 */
#include <string.h>

#include "api/handlers.h"
#include "api/listing.h"
#include "api/reply.h"
#include "api/request.h"
#include "engine/source.h"

enum { RECORD_MAX = 256 * 1024 };

static const char *emit(struct request *r, const struct provider_record *p, struct err *err)
{
	STRBUF_AUTO sb = STRBUF_INIT(RECORD_MAX);
	struct json_writer w;

	json_writer_init(&w, &sb);
	fields_emit(&provider_record_table, p, &w);
	if (json_writer_done(&w))
		return arena_strndup(r->arena, sb.buf, sb.len);
	err_set(err, ERR_INTERNAL, "the record of %s is too large", p->name);
	return NULL;
}

static const char *show(struct request *r, struct provider_record *p, bool whole, struct err *err)
{
	if (provider_show(request_engine(r), request_reader(r), p, whole, r->arena, err) < 0)
		return NULL;
	return emit(r, p, err);
}

/* The cursor of a page is the place of its last one, from 1. */
int handle_providers(struct request *r, struct err *err)
{
	SNAPSHOT_AUTO s = snapshot_get(request_engine(r));
	struct provider_record *v;
	struct listing l;
	size_t n = providers_named(request_engine(r), &s->policy, r->arena, &v);
	struct page page = {.bodies = ARENA_ARRAY(r->arena, n, const char *)};

	if (listing_begin(r, &l, err) < 0)
		return -1;
	for (size_t i = (size_t)l.after; i < n && page.n < (size_t)l.limit; i++) {
		const char *body = show(r, &v[i], false, err);

		if (!body)
			return -1;
		page.bodies[page.n++] = body;
	}
	if ((size_t)l.after + page.n < n)
		page.next = l.after + (int64_t)page.n;
	return listing_reply(r, &l, "providers", &page);
}

int handle_provider(struct request *r, struct err *err)
{
	SNAPSHOT_AUTO s = snapshot_get(request_engine(r));
	struct provider_record *v;
	size_t n = providers_named(request_engine(r), &s->policy, r->arena, &v);

	for (size_t i = 0; i < n; i++) {
		if (strcmp(v[i].name, r->bindings[0]) != 0)
			continue;
		const char *body = show(r, &v[i], true, err);

		return body ? reply_json(r, 200, body, strlen(body), NULL) : -1;
	}
	return err_set(err, ERR_NOT_FOUND, "no provider %s", r->bindings[0]);
}

int handle_provider_ingest(struct request *r, struct err *err)
{
	struct err refused = {0};
	struct command *c = request_command(r, false);

	return request_submitted(
		r, source_pull(request_engine(r), c, r->bindings[0], &refused), &refused);
}
