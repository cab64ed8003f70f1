/* SPDX-License-Identifier: Apache-2.0
 *
 * /v1/nodes and /v1/drills: what nodes say of themselves, and how long the way back would take.
 */
#include <stdlib.h>
#include <string.h>

#include "api/handlers.h"
#include "api/listing.h"
#include "api/reply.h"
#include "api/request.h"
#include "engine/engine.h"
#include "engine/node.h"
#include "model/format.h"
#include "store/node.h"

static int64_t now_of(const struct request *r)
{
	return clock_now(engine_clock(request_engine(r)));
}

static int reply_object(struct request *r, const struct field_table *t, const void *obj)
{
	size_t len;
	char *body = fields_canonical(t, obj, r->arena, &len);

	return reply_json(r, 200, body, len, NULL);
}

int handle_nodes(struct request *r, struct err *err)
{
	struct listing l;
	struct page page;

	r->snapshot = snapshot_get(request_engine(r));
	if (listing_begin(r, &l, err) < 0 || node_list(request_reader(r), r->snapshot, now_of(r),
						     l.after, l.limit, r->arena, &page, err) < 0)
		return -1;
	return listing_reply(r, &l, "nodes", &page);
}

int handle_node(struct request *r, struct err *err)
{
	struct node_view view;
	int rc;

	r->snapshot = snapshot_get(request_engine(r));
	rc = node_view(
		request_reader(r), r->snapshot, r->bindings[0], now_of(r), r->arena, &view, err);
	if (rc < 0)
		return -1;
	if (rc == 0)
		return err_set(err, ERR_NOT_FOUND, "no node %s", r->bindings[0]);
	return reply_object(r, &node_view_table, &view);
}

int handle_node_put(struct request *r, struct err *err)
{
	struct err refused = {0};
	const char *id = r->bindings[0];
	struct command *c;

	/* First: a request that has a command waits for its end. */
	if (!format_name.check(id))
		return err_set(err, ERR_INVALID_PARAMETER, "%s is not %s, e.g. %s", id,
			format_name.title, format_name.example);
	c = request_command(r, false);
	return request_submitted(r,
		node_submit(request_engine(r), request_reader(r), c, id, r->object, &refused),
		&refused);
}

int handle_drills(struct request *r, struct err *err)
{
	struct listing l;
	struct page page;

	if (listing_begin(r, &l, err) < 0 ||
		drill_list(request_reader(r), l.after, l.limit, r->arena, &page, err) < 0)
		return -1;
	return listing_reply(r, &l, "drills", &page);
}

int handle_drill(struct request *r, struct err *err)
{
	const char *id = r->bindings[0];
	struct drill drill;
	char *end;
	int64_t seq = strtoll(id, &end, 10);
	int rc = *id && !*end ? drill_find(request_reader(r), seq, r->arena, &drill, err) : 0;

	if (rc < 0)
		return -1;
	if (rc == 0)
		return err_set(err, ERR_NOT_FOUND, "no drill %s", id);
	if (drill_names(request_reader(r), &drill, DRILL_NAMES_MAX, r->arena, err) < 0)
		return -1;
	return reply_object(r, &drill_table, &drill);
}
