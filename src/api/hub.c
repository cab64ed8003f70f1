/* SPDX-License-Identifier: Apache-2.0
 *
 * /v1/hub: the repository to which releases are published.
 */
#include <string.h>

#include "api/handlers.h"
#include "api/reply.h"
#include "api/request.h"
#include "engine/publisher.h"

int handle_hub(struct request *r, struct err *err)
{
	struct publication_status p;
	const char *body;
	size_t len;

	if (publication_show(request_engine(r), request_reader(r), r->arena, &p, err) < 0)
		return -1;
	body = fields_canonical(&publication_status_table, &p, r->arena, &len);
	return reply_json(r, 200, body, len, NULL);
}

int handle_hub_acknowledge(struct request *r, struct err *err)
{
	const struct reason_request *body = r->object;
	struct err refused = {0};
	struct command *c = request_command(r, body->dry_run == 1);
	int rc = publication_acknowledge(request_engine(r), c, body, &refused);

	return request_submitted(r, rc, &refused);
}
