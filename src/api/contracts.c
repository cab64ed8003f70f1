/* SPDX-License-Identifier: Apache-2.0
 *
 * /v1/contracts: the versions of contracts and what differs between them.
 */
#include "engine/contract.h"

#include "api/handlers.h"
#include "api/listing.h"
#include "api/reply.h"
#include "api/request.h"
#include "engine/engine.h"
#include "model/format.h"
#include "store/contract.h"

int handle_contracts(struct request *r, struct err *err)
{
	struct listing l;
	struct page page;
	const char *name;

	if (listing_begin(r, &l, err) < 0 ||
		params_format(&r->params, "name", &format_name, &name, err) < 0 ||
		contract_list(request_reader(r), name, l.after, l.limit, r->arena, &page, err) < 0)
		return -1;
	return listing_reply(r, &l, "contracts", &page);
}

int handle_contract_by_digest(struct request *r, struct err *err)
{
	struct body body;
	int rc = contract_body_by_digest(request_reader(r), r->bindings[0], r->arena, &body, err);

	if (rc < 0)
		return -1;
	if (rc == 0)
		return err_set(err, ERR_NOT_FOUND,
			"no contract with the digest %s; by name it is "
			"/v1/contracts/NAME/VERSION",
			r->bindings[0]);
	return reply_body(r, &body);
}

int handle_contract(struct request *r, struct err *err)
{
	struct body body;
	int rc = contract_body(
		request_reader(r), r->bindings[0], r->bindings[1], r->arena, &body, err);

	if (rc < 0)
		return -1;
	if (rc == 0)
		return err_set(
			err, ERR_NOT_FOUND, "no contract %s %s", r->bindings[0], r->bindings[1]);
	return reply_body(r, &body);
}

int handle_contract_diff(struct request *r, struct err *err)
{
	const char *against;
	struct body body;

	if (params_format(&r->params, "against", &format_release, &against, err) < 0 ||
		contract_diff_body(request_reader(r), r->bindings[0], r->bindings[1], against,
			r->arena, &body, err) < 0)
		return -1;
	return reply_body(r, &body);
}

int handle_contract_submit(struct request *r, struct err *err)
{
	struct err refused = {0};
	struct command *c = request_command(r, false);

	return request_submitted(
		r, contract_submit(request_engine(r), c, r->object, &refused), &refused);
}
