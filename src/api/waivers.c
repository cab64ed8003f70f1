/* SPDX-License-Identifier: Apache-2.0
 *
 * /v1/waivers: shown as they stand at the moment of the answer, for the clock alone may end one.
 */
#include <string.h>

#include "api/handlers.h"
#include "api/listing.h"
#include "api/reply.h"
#include "api/request.h"
#include "engine/engine.h"
#include "store/waiver.h"

int handle_waivers(struct request *r, struct err *err)
{
	int64_t now = clock_now(engine_clock(request_engine(r)));
	struct listing l;
	struct page page;
	const char *state;

	if (listing_begin(r, &l, err) < 0 ||
		params_enum(&r->params, "state", &waiver_state_names, &state, err) < 0 ||
		waiver_list(request_reader(r), now, state, l.after, l.limit, r->arena, &page, err) <
			0)
		return -1;
	return listing_reply(r, &l, "waivers", &page);
}

int handle_waiver(struct request *r, struct err *err)
{
	int64_t now = clock_now(engine_clock(request_engine(r)));
	struct waiver_row row;
	int rc = waiver_find_id(request_reader(r), r->bindings[0], r->arena, &row, err);

	if (rc < 0)
		return -1;
	if (rc == 0)
		return err_set(err, ERR_NOT_FOUND, "no waiver %s", r->bindings[0]);
	const char *body = waiver_render(&row.waiver, now, r->arena);

	return reply_json(r, 200, body, strlen(body), NULL);
}

int handle_waiver_submit(struct request *r, struct err *err)
{
	struct err refused = {0};
	struct command *c = request_command(r, false);

	return request_submitted(
		r, waiver_submit(request_engine(r), c, r->object, &refused), &refused);
}

int handle_waiver_approve(struct request *r, struct err *err)
{
	const struct waiver_approval *body = r->object;
	struct err refused = {0};
	struct command *c = request_command(r, body->dry_run == 1);
	int rc = waiver_approve(request_engine(r), c, r->bindings[0], body, &refused);

	return request_submitted(r, rc, &refused);
}

int handle_waiver_revoke(struct request *r, struct err *err)
{
	const struct reason_request *body = r->object;
	struct err refused = {0};
	struct command *c = request_command(r, body->dry_run == 1);
	int rc = waiver_revoke(request_engine(r), c, r->bindings[0], body, &refused);

	return request_submitted(r, rc, &refused);
}
