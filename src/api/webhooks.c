/* SPDX-License-Identifier: Apache-2.0
 *
 * /v1/webhooks: who is told of which events, and what became of it. For administrators alone: an
 * address may be a secret.
 */
#include <string.h>

#include "api/handlers.h"
#include "api/listing.h"
#include "api/reply.h"
#include "api/request.h"
#include "engine/engine.h"
#include "model/phase.h"
#include "store/webhook.h"

static int64_t now(const struct request *r)
{
	return clock_now(engine_clock(request_engine(r)));
}

static int find(struct request *r, struct webhook_row *ret, struct err *err)
{
	int rc = webhook_find(request_reader(r), r->bindings[0], r->arena, ret, err);

	return rc > 0	? 0
	       : rc < 0 ? -1
			: err_set(err, ERR_NOT_FOUND, "no webhook %s", r->bindings[0]);
}

int handle_webhooks(struct request *r, struct err *err)
{
	struct listing l;
	struct page page;
	const char *status;

	if (listing_begin(r, &l, err) < 0 ||
		params_enum(&r->params, "status", &webhook_status_names, &status, err) < 0 ||
		webhook_page(request_reader(r), now(r), status, l.after, l.limit, r->arena, &page,
			err) < 0)
		return -1;
	return listing_reply(r, &l, "webhooks", &page);
}

int handle_webhook(struct request *r, struct err *err)
{
	struct webhook_row row;
	const char *body;

	if (find(r, &row, err) < 0 || webhook_signatures(request_reader(r), row.seq, now(r),
					      r->arena, &row.webhook, err) < 0)
		return -1;
	body = webhook_render(&row.webhook, r->arena);
	return reply_json(r, 200, body, strlen(body), NULL);
}

int handle_webhook_create(struct request *r, struct err *err)
{
	const struct webhook_request *body = r->object;
	struct err refused = {0};
	struct command *c = request_command(r, body->dry_run == 1);

	return request_submitted(r, webhook_create(request_engine(r), c, body, &refused), &refused);
}

int handle_webhook_alter(struct request *r, struct err *err)
{
	const struct webhook_change *body = r->object;
	struct err refused = {0};
	struct command *c = request_command(r, body->dry_run == 1);
	int rc = webhook_alter(request_engine(r), c, r->bindings[0], body, &refused);

	return request_submitted(r, rc, &refused);
}

int handle_webhook_delete(struct request *r, struct err *err)
{
	struct err refused = {0};
	struct command *c = request_command(r, false);

	return request_submitted(
		r, webhook_remove(request_engine(r), c, r->bindings[0], &refused), &refused);
}

int handle_webhook_rotate(struct request *r, struct err *err)
{
	const struct webhook_rotation *body = r->object;
	struct err refused = {0};
	struct command *c = request_command(r, body->dry_run == 1);
	int rc = webhook_rotate(request_engine(r), c, r->bindings[0], body, &refused);

	return request_submitted(r, rc, &refused);
}

int handle_webhook_test(struct request *r, struct err *err)
{
	struct err refused = {0};
	struct command *c = request_command(r, false);

	return request_submitted(
		r, webhook_test(request_engine(r), c, r->bindings[0], &refused), &refused);
}

int handle_webhook_redeliver(struct request *r, struct err *err)
{
	const struct webhook_redelivery *body = r->object;
	struct err refused = {0};
	struct command *c = request_command(r, body->dry_run == 1);
	int rc = webhook_redeliver(request_engine(r), c, r->bindings[0], body, &refused);

	return request_submitted(r, rc, &refused);
}

int handle_webhook_deliveries(struct request *r, struct err *err)
{
	struct webhook_row row;
	struct listing l;
	struct page page;
	const char *phase;

	if (find(r, &row, err) < 0 || listing_begin(r, &l, err) < 0 ||
		params_enum(&r->params, "phase", &phase_names, &phase, err) < 0 ||
		webhook_delivery_page(request_reader(r), row.seq, phase, l.after, l.limit, r->arena,
			&page, err) < 0)
		return -1;
	return listing_reply(r, &l, "deliveries", &page);
}

int handle_webhook_delivery(struct request *r, struct err *err)
{
	struct webhook_delivery_row d;
	struct webhook_row row;
	const char *body;
	int rc;

	if (find(r, &row, err) < 0)
		return -1;
	rc = webhook_delivery_find(request_reader(r), row.seq, r->bindings[1], r->arena, &d, err);
	if (rc <= 0)
		return rc < 0 ? -1
			      : err_set(err, ERR_NOT_FOUND, "webhook %s has no delivery %s",
					r->bindings[0], r->bindings[1]);
	body = webhook_delivery_render(request_reader(r), &d, r->arena, err);
	return body ? reply_json(r, 200, body, strlen(body), NULL) : -1;
}
