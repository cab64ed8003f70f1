/* SPDX-License-Identifier: Apache-2.0
 *
 * /v1/manifests. Who may submit depends on the provider that the body names, so it is looked for
 * before the engine sees the body. The search is no parser: where it can't be sure it refuses.
 */
#include <string.h>

#include "api/handlers.h"
#include "api/listing.h"
#include "api/peek.h"
#include "api/reply.h"
#include "api/request.h"
#include "engine/engine.h"
#include "engine/render.h"
#include "model/format.h"
#include "store/manifest.h"

int handle_manifests(struct request *r, struct err *err)
{
	struct listing l;
	struct page page;
	const char *provider;

	if (listing_begin(r, &l, err) < 0 || listing_provider(r, &provider, err) < 0 ||
		manifest_list(request_reader(r), provider, l.after, l.limit, r->arena, &page, err) <
			0)
		return -1;
	return listing_reply(r, &l, "manifests", &page);
}

int handle_manifest(struct request *r, struct err *err)
{
	const char *digest = r->bindings[0];
	struct body body;
	int rc = digest_valid(digest)
			 ? manifest_body(request_reader(r), digest, r->arena, &body, err)
			 : 0;

	if (rc < 0)
		return -1;
	if (rc == 0)
		return err_set(err, ERR_NOT_FOUND, "no manifest %s", digest);
	return reply_body(r, &body);
}

static int may_submit(struct request *r, struct err *err)
{
	const char *provider = NULL, *scope = "submit:*";

	if (caller_may(&r->caller, scope))
		return 0;
	switch (peek_string(r->body.buf, r->body.len, "provider", r->arena, &provider)) {
	case PEEK_FOUND:
		/* What is no provider's name the engine will refuse, too; in a challenge it would break
		 * the header. */
		if (!format_provider.check(provider))
			return 0;
		scope = arena_printf(r->arena, "submit:%s", provider);
		break;
	case PEEK_ABSENT: /* the engine will refuse it and say what else is wrong */
		return 0;
	case PEEK_UNSURE:
		break;
	}
	return auth_authorize(r, scope, err);
}

int handle_manifest_submit(struct request *r, struct err *err)
{
	struct err refused = {0};

	if (may_submit(r, err) < 0)
		return -1;
	struct command *c = request_command(r, false);
	int rc = manifest_submit(request_engine(r), request_reader(r), c, r->pending->body.buf,
		r->pending->body.len, &refused);

	return request_submitted(r, rc, &refused);
}
