/* SPDX-License-Identifier: Apache-2.0
 *
 * /v1/slo: how the service levels stand, and the end of what a breach holds.
 */
#include "api/handlers.h"
#include "api/reply.h"
#include "api/request.h"
#include "engine/engine.h"
#include "engine/watch.h"

int handle_slo(struct request *r, struct err *err)
{
	struct slo_view view;
	char *body;
	size_t len;

	if (slo_view(request_engine(r), request_reader(r), r->arena, &view, err) < 0)
		return -1;
	body = fields_canonical(&slo_view_table, &view, r->arena, &len);
	return reply_json(r, 200, body, len, NULL);
}

int handle_slo_acknowledge(struct request *r, struct err *err)
{
	const struct reason_request *body = r->object;
	struct err refused = {0};
	struct command *c = request_command(r, body->dry_run == 1);
	int rc = slo_acknowledge(request_engine(r), c, body, &refused);

	return request_submitted(r, rc, &refused);
}
