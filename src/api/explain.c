/* SPDX-License-Identifier: Apache-2.0
 *
 * What might be: .../promotability and /v1/policy/simulate.
 */
#include <string.h>

#include "api/handlers.h"
#include "api/listing.h"
#include "api/reply.h"
#include "api/request.h"
#include "engine/engine.h"
#include "engine/explain.h"

int handle_merge_promotability(struct request *r, struct err *err)
{
	SNAPSHOT_AUTO s = snapshot_get(request_engine(r));
	const char *version = request_version(r);
	int64_t now = clock_now(engine_clock(request_engine(r)));
	struct promotability p;
	int rc = merge_promotability(
		request_engine(r), request_reader(r), s, version, now, r->arena, &p, err);

	if (rc <= 0)
		return rc < 0 ? -1 : err_set(err, ERR_NOT_FOUND, "no merge %s", version);
	return reply_document(r, &promotability_table, &p, err);
}

int handle_artifact_promotability(struct request *r, struct err *err)
{
	SNAPSHOT_AUTO s = snapshot_get(request_engine(r));
	const char *id = arena_printf(r->arena, "%s/%s", r->bindings[1], r->bindings[2]);
	int64_t now = clock_now(engine_clock(request_engine(r)));
	struct promotability p;
	int rc = artifact_promotability(
		request_reader(r), s, r->bindings[0], id, now, r->arena, &p, err);

	if (rc <= 0)
		return rc < 0 ? -1
			      : err_set(err, ERR_NOT_FOUND, "%s has no artifact %s", r->bindings[0],
					id);
	return reply_document(r, &promotability_table, &p, err);
}

int handle_policy_simulate(struct request *r, struct err *err)
{
	struct listing l;
	struct simulation answer;
	struct faults faults;
	int64_t now = clock_now(engine_clock(request_engine(r)));
	char *token = arena_alloc(r->arena, PAGE_TOKEN_LEN + 1);

	faults_init(&faults);
	if (listing_begin(r, &l, err) < 0)
		return -1;
	if (policy_simulate(request_reader(r), r->object, now, l.after, l.limit, r->arena, &answer,
		    &faults, err) < 0)
		return faults.n ? reply_problem(r, err, &faults, NULL) : -1;
	if (answer.next) {
		page_token_make(answer.next, l.scope, token);
		answer.next_page_token = token;
	}
	return reply_document(r, &simulation_table, &answer, err);
}

int handle_pareto(struct request *r, struct err *err)
{
	SNAPSHOT_AUTO s = snapshot_get(request_engine(r));
	struct tradeoffs t;
	int64_t limit;
	int rc = params_int(&r->params, "max_results", 1, PAGE_MAX, PAGE_DEFAULT, &limit, err);

	if (rc == 0)
		rc = slot_tradeoffs(request_reader(r), s, r->bindings[0], limit, r->arena, &t, err);
	if (rc <= 0)
		return rc < 0 ? -1
			      : err_set(err, ERR_NOT_FOUND, "the policy has no slot %s",
					r->bindings[0]);
	return reply_document(r, &tradeoffs_table, &t, err);
}
