/* SPDX-License-Identifier: Apache-2.0
 *
 * /v1/releases and /v1/channels. The active release and the channel are served from the snapshot,
 * which the request holds until its answer is sent; older releases are one-row SELECTs.
 */
#include <string.h>

#include "api/handlers.h"
#include "api/listing.h"
#include "api/reply.h"
#include "api/request.h"
#include "api/wait.h"
#include "engine/engine.h"
#include "engine/lineage.h"
#include "model/phase.h"
#include "policy/routing.h"
#include "store/release.h"

int handle_releases(struct request *r, struct err *err)
{
	struct listing l;
	struct page page;
	const char *state;

	if (listing_begin(r, &l, err) < 0 ||
		params_enum(&r->params, "state", &release_state_names, &state, err) < 0 ||
		release_list(request_reader(r), state, l.after, l.limit, r->arena, &page, err) < 0)
		return -1;
	return listing_reply(r, &l, "releases", &page);
}

int handle_release(struct request *r, struct err *err)
{
	const char *version = request_version(r);
	struct body body;

	r->snapshot = snapshot_get(request_engine(r));
	if (r->snapshot->has_release && strcmp(r->snapshot->channel.version, version) == 0)
		return reply_body(r, &r->snapshot->release_body);
	int rc = release_body(request_reader(r), version, r->arena, &body, err);

	if (rc < 0)
		return -1;
	if (rc == 0)
		return err_set(err, ERR_NOT_FOUND, "no release %s", version);
	return reply_body(r, &body);
}

/* The release that the path names, parsed; 0: there is none. */
static int load_release(
	struct request *r, const char *version, struct release *ret, struct err *err)
{
	struct body body;
	int rc;

	r->snapshot = snapshot_get(request_engine(r));
	if (r->snapshot->has_release &&
		(strcmp(version, "stable") == 0 ||
			strcmp(r->snapshot->channel.version, version) == 0)) {
		*ret = r->snapshot->release;
		return 1;
	}
	rc = release_body(request_reader(r), version, r->arena, &body, err);
	if (rc > 0 && fields_load_text(&release_table, body.text, r->arena, ret, err) < 0)
		return err_wrap(err, "stored release %s", version);
	return rc;
}

int handle_release_route(struct request *r, struct err *err)
{
	struct fusion_entry *fields = ARENA_ARRAY(r->arena, PARAMS_MAX, struct fusion_entry);
	struct fusion_request request = {.fields = fields};
	const char *without = params_get(&r->params, "without"), *version = request_version(r);
	const struct fusion *f;
	struct release release;
	struct routing routing;
	int rc = load_release(r, version, &release, err);

	if (rc <= 0)
		return rc < 0 ? -1 : err_set(err, ERR_NOT_FOUND, "no release %s", version);
	if (!release.fusion)
		return err_set(err, ERR_NOT_FOUND, "release %s has no fusion rules: it is older",
			release.version);
	f = routing_block(release.fusion, &release.plan_b, without, err);
	if (!f)
		return -1;
	for (size_t i = 0; i < r->params.n; i++) {
		const char *name = r->params.list[i].name;

		if (strcmp(name, "pretty") == 0 || strcmp(name, "without") == 0)
			continue;
		if (routing_field(f, name, r->params.list[i].value, r->arena, &fields[request.n++],
			    err) < 0)
			return -1;
	}
	routing_make(f, &release.slots, &request, r->arena, &routing);
	routing.release = release.version;
	routing.without = without;
	return reply_document(r, &routing_table, &routing, err);
}

int handle_release_lineage(struct request *r, struct err *err)
{
	const char *version = request_version(r);
	struct release release;
	struct lineage l;
	int rc = load_release(r, version, &release, err);

	if (rc <= 0)
		return rc < 0 ? -1 : err_set(err, ERR_NOT_FOUND, "no release %s", version);
	if (release_lineage(request_reader(r), &release, r->arena, &l, err) < 0)
		return -1;
	return reply_document(r, &lineage_table, &l, err);
}

int handle_release_unquarantine(struct request *r, struct err *err)
{
	const struct reason_request *body = r->object;
	struct err refused = {0};
	struct command *c = request_command(r, body->dry_run == 1);
	int rc = release_unquarantine(request_engine(r), c, request_version(r), body, &refused);

	return request_submitted(r, rc, &refused);
}

int handle_stable(struct request *r, struct err *err)
{
	int rc;

	r->snapshot = snapshot_get(request_engine(r));
	rc = wait_for_change(r, r->snapshot->has_release ? &r->snapshot->channel_body : NULL, err);
	if (rc != 0)
		return rc < 0 ? -1 : 0;
	if (!r->snapshot->has_release)
		return err_set(err, ERR_NO_RELEASE, "nothing has been promoted yet");
	return reply_body(r, &r->snapshot->channel_body);
}
