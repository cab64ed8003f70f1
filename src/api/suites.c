/* SPDX-License-Identifier: Apache-2.0
 *
 * /v1/suites: the evaluation suites and the current one, which is served from the snapshot.
 */
#include <string.h>

#include "api/handlers.h"
#include "api/listing.h"
#include "api/reply.h"
#include "api/request.h"
#include "engine/engine.h"
#include "engine/render.h"
#include "model/format.h"
#include "store/suite.h"

/* Each with whether it is the current one, which its own bytes can't say: they never change. */
static void mark_current(struct request *r, struct page *page)
{
	const struct snapshot *s = r->snapshot;

	for (size_t i = 0; i < page->n; i++) {
		const char *body = page->bodies[i];
		bool current = s->has_suite && strcmp(body, s->suite_body.text) == 0;

		page->bodies[i] = suite_marked(body, current, r->arena);
	}
}

int handle_suites(struct request *r, struct err *err)
{
	struct listing l;
	struct page page;
	const char *name;

	if (listing_begin(r, &l, err) < 0 ||
		params_format(&r->params, "name", &format_name, &name, err) < 0 ||
		suite_list(request_reader(r), name, l.after, l.limit, r->arena, &page, err) < 0)
		return -1;
	r->snapshot = snapshot_get(request_engine(r));
	mark_current(r, &page);
	return listing_reply(r, &l, "suites", &page);
}

int handle_suite_current(struct request *r, struct err *err)
{
	r->snapshot = snapshot_get(request_engine(r));
	if (!r->snapshot->has_suite)
		return err_set(err, ERR_NOT_FOUND,
			"no suite is current yet: POST /v1/suites with \"current\": true");
	return reply_body(r, &r->snapshot->suite_body);
}

int handle_suite(struct request *r, struct err *err)
{
	struct suite_row row;
	int rc = suite_find(request_reader(r), r->bindings[0], r->bindings[1], r->arena, &row, err);

	if (rc < 0)
		return -1;
	if (rc == 0)
		return err_set(
			err, ERR_NOT_FOUND, "no suite %s %s", r->bindings[0], r->bindings[1]);
	return reply_body(r, &row.body);
}

int handle_suite_submit(struct request *r, struct err *err)
{
	struct err refused = {0};
	struct command *c = request_command(r, false);

	return request_submitted(
		r, suite_submit(request_engine(r), c, r->object, &refused), &refused);
}

int handle_suite_activate(struct request *r, struct err *err)
{
	const struct reason_request *body = r->object;
	struct err refused = {0};
	struct command *c = request_command(r, body->dry_run == 1);
	int rc = suite_activate(
		request_engine(r), c, r->bindings[0], r->bindings[1], body, &refused);

	return request_submitted(r, rc, &refused);
}
