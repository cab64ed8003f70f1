/* SPDX-License-Identifier: Apache-2.0
 *
 * /v1/artifacts and what hangs below one of them.
 */
#include "api/handlers.h"
#include "api/listing.h"
#include "api/reply.h"
#include "api/request.h"
#include "engine/engine.h"
#include "engine/lineage.h"
#include "engine/render.h"
#include "model/phase.h"
#include "store/artifact.h"

int handle_artifacts(struct request *r, struct err *err)
{
	struct listing l;
	struct page page;
	struct artifact_filter f;

	if (listing_begin(r, &l, err) < 0 || listing_provider(r, &f.provider, err) < 0 ||
		listing_role(r, &f.role, err) < 0 ||
		params_enum(&r->params, "phase", &phase_names, &f.phase, err) < 0 ||
		artifact_list_page(request_reader(r), &f, l.after, l.limit, r->arena, &page, err) <
			0)
		return -1;
	return listing_reply(r, &l, "artifacts", &page);
}

/* The id that the path names: namespace/name. */
static const char *path_id(const struct request *r)
{
	return arena_printf(r->arena, "%s/%s", r->bindings[1], r->bindings[2]);
}

static int missing(const struct request *r, struct err *err)
{
	return err_set(err, ERR_NOT_FOUND, "%s has no artifact %s", r->bindings[0], path_id(r));
}

int handle_artifact(struct request *r, struct err *err)
{
	struct body body;
	int rc = artifact_body(request_reader(r), r->bindings[0], path_id(r), r->arena, &body, err);

	if (rc < 0)
		return -1;
	return rc ? reply_body(r, &body) : missing(r, err);
}

int handle_gates(struct request *r, struct err *err)
{
	struct body body;
	int rc =
		judgement_body(request_reader(r), r->bindings[0], path_id(r), r->arena, &body, err);

	if (rc < 0)
		return -1;
	return rc ? reply_body(r, &body) : missing(r, err);
}

int handle_artifact_lineage(struct request *r, struct err *err)
{
	struct lineage l;
	int rc = artifact_lineage(request_reader(r), r->bindings[0], path_id(r), r->arena, &l, err);

	if (rc < 0)
		return -1;
	return rc ? reply_document(r, &lineage_table, &l, err) : missing(r, err);
}

int handle_withdraw(struct request *r, struct err *err)
{
	const struct reason_request *body = r->object;
	struct err refused = {0};
	struct command *c = request_command(r, body->dry_run == 1);
	int rc =
		artifact_withdraw(request_engine(r), c, r->bindings[0], path_id(r), body, &refused);

	return request_submitted(r, rc, &refused);
}

int handle_artifact_unquarantine(struct request *r, struct err *err)
{
	const struct reason_request *body = r->object;
	struct err refused = {0};
	struct command *c = request_command(r, body->dry_run == 1);
	int rc = artifact_unquarantine(
		request_engine(r), c, r->bindings[0], path_id(r), body, &refused);

	return request_submitted(r, rc, &refused);
}
