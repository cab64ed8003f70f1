/* SPDX-License-Identifier: Apache-2.0
 *
 * /v1/hooks: messages of providers, each of which proves itself in its provider's way instead of by a
 * token of ours. The provider is not called here: what the message names is pulled soon.
 */
#include <string.h>
#include <strings.h>

#include "api/handlers.h"
#include "api/reply.h"
#include "api/request.h"
#include "base/log.h"
#include "engine/source.h"
#include "model/provider.h"

/* Nothing is to be done, or it was only tried. */
static int reply(struct request *r, const struct webhook_receipt *receipt)
{
	size_t len;
	/* In the request's arena: it is sent after this returns. */
	const char *body = fields_canonical(&webhook_receipt_table, receipt, r->arena, &len);

	return reply_json(r, r->route->status, body, len, NULL);
}

/* Who is refused is nobody, and learns little; whoever set the webhook up finds here what is wrong. */
static void refused(const struct request *r, const char *why, const struct err *err)
{
	uint64_t n = webhook_refused(request_engine(r), r->bindings[0]);

	if (n)
		log_warn("webhook.refused", LOG_STR("id", r->id),
			LOG_STR("provider", r->bindings[0]),
			LOG_STR("code", err_info(err->code)->code), LOG_STR("why", why),
			LOG_INT("refused", (int64_t)n));
}

int hook_prove(struct request *r, struct err *err)
{
	const char *bearer = request_header(r, "Authorization");
	const char *why;
	struct webhook_credentials given = {.secret = request_header(r, "X-Webhook-Secret")};

	if (bearer && strncasecmp(bearer, "Bearer ", 7) == 0)
		given.token = bearer + 7 + strspn(bearer + 7, " ");
	if (webhook_check(request_engine(r), r->bindings[0], &given, r->arena, &why, err) < 0) {
		refused(r, why, err);
		r->hint = "Webhooks prove themselves as webhook_* in the provider's section of the "
			  "configuration say.";
		return -1;
	}
	r->caller = (struct caller){arena_printf(r->arena, "webhook:%s", r->bindings[0]), ""};
	return 0;
}

/* Whoever set the webhook up may wonder why nothing comes of it. */
static void ignored(struct request *r, const struct source_mention *about)
{
	source_ignored(request_engine(r), r->bindings[0]);
	log_info(
		"webhook.ignored", LOG_STR("provider", r->bindings[0]), LOG_STR("why", about->why));
}

int handle_hook(struct request *r, struct err *err)
{
	struct webhook_receipt receipt = {.provider = r->bindings[0]};
	struct source_mention about;

	if (source_message(request_engine(r), receipt.provider, r->body.buf, r->body.len, r->arena,
		    &about, err) < 0)
		return -1;
	receipt.name = about.name;
	receipt.outcome = about.name ? "queued" : "ignored";
	receipt.detail = about.why;
	if (!about.name && !r->dry_run)
		ignored(r, &about);
	if (!about.name || r->dry_run)
		return reply(r, &receipt);
	/* The provider does not ask again once it has its 2xx. */
	struct err refused = {0};
	struct command *c = request_command(r, false);
	int rc = source_ask(request_engine(r), c, receipt.provider, receipt.name, &refused);

	return request_submitted(r, rc, &refused);
}
