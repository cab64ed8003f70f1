/* SPDX-License-Identifier: Apache-2.0
 *
 * /v1/merges/{version}/checklist and .../signoffs.
 */
#include <string.h>

#include "api/handlers.h"
#include "api/listing.h"
#include "api/reply.h"
#include "api/request.h"
#include "engine/checklist.h"
#include "engine/engine.h"
#include "store/signoff.h"

int handle_checklist(struct request *r, struct err *err)
{
	SNAPSHOT_AUTO s = snapshot_get(request_engine(r));
	int64_t now = clock_now(engine_clock(request_engine(r)));
	struct checklist c;
	const char *text;
	int rc = merge_checklist(request_engine(r), request_reader(r), s, request_version(r), now,
		r->arena, &c, err);

	if (rc <= 0)
		return rc < 0 ? -1 : err_set(err, ERR_NOT_FOUND, "no merge %s", request_version(r));
	text = checklist_text(&c, r->arena);
	return reply_json(r, 200, text, strlen(text), NULL);
}

int handle_signoffs(struct request *r, struct err *err)
{
	struct merge_row merge;
	struct listing l;
	struct page page;
	int rc = merge_find(request_reader(r), request_version(r), r->arena, &merge, err);

	if (rc <= 0)
		return rc < 0 ? -1 : err_set(err, ERR_NOT_FOUND, "no merge %s", request_version(r));
	if (listing_begin(r, &l, err) < 0 || signoff_list(request_reader(r), request_version(r),
						     l.after, l.limit, r->arena, &page, err) < 0)
		return -1;
	return listing_reply(r, &l, "signoffs", &page);
}

int handle_signoff_submit(struct request *r, struct err *err)
{
	struct err refused = {0};
	struct command *c = request_command(r, false);

	return request_submitted(r,
		signoff_submit(request_engine(r), c, request_version(r), r->object, &refused),
		&refused);
}
