/* SPDX-License-Identifier: Apache-2.0
 *
 * /v1/merges and the two ways in which the channel moves by hand.
 */
#include "api/handlers.h"
#include "api/listing.h"
#include "api/reply.h"
#include "api/request.h"
#include "engine/engine.h"
#include "model/format.h"
#include "model/phase.h"
#include "store/merge.h"

int handle_merges(struct request *r, struct err *err)
{
	struct listing l;
	struct page page;
	const char *state;

	if (listing_begin(r, &l, err) < 0 ||
		params_enum(&r->params, "state", &merge_state_names, &state, err) < 0 ||
		merge_list(request_reader(r), state, l.after, l.limit, r->arena, &page, err) < 0)
		return -1;
	return listing_reply(r, &l, "merges", &page);
}

int handle_merge(struct request *r, struct err *err)
{
	const char *version = request_version(r);
	struct body body;
	int rc = merge_body(request_reader(r), version, r->arena, &body, err);

	if (rc < 0)
		return -1;
	if (rc == 0)
		return err_set(err, ERR_NOT_FOUND, "no merge %s", version);
	return reply_body(r, &body);
}

int handle_merge_submit(struct request *r, struct err *err)
{
	const struct merge_request *body = r->object;
	struct err refused = {0};
	struct command *c = request_command(r, body->dry_run == 1);

	return request_submitted(r, merge_submit(request_engine(r), c, body, &refused), &refused);
}

int handle_promote(struct request *r, struct err *err)
{
	const struct promotion_request *body = r->object;
	struct err refused = {0};
	struct command *c = request_command(r, body->dry_run == 1);

	return request_submitted(
		r, promotion_submit(request_engine(r), c, body, &refused), &refused);
}

int handle_rollback(struct request *r, struct err *err)
{
	const struct rollback_request *body = r->object;
	struct err refused = {0};
	struct command *c = request_command(r, body->dry_run == 1);

	return request_submitted(
		r, rollback_submit(request_engine(r), c, body, &refused), &refused);
}

int handle_observe(struct request *r, struct err *err)
{
	struct err refused = {0};
	struct command *c = request_command(r, false);

	return request_submitted(
		r, observations_submit(request_engine(r), c, r->object, &refused), &refused);
}
