/* SPDX-License-Identifier: Apache-2.0
 *
 * /v1/keys, and what they signed. A release's envelope gains and loses signatures with the keys, so
 * its ETag may change; what it says never does.
 */
#include "api/handlers.h"
#include "api/reply.h"
#include "api/request.h"
#include "api/wait.h"
#include "base/clock.h"
#include "engine/attest.h"
#include "engine/engine.h"

static int64_t now(const struct request *r)
{
	return clock_now(engine_clock(request_engine(r)));
}

int handle_keys(struct request *r, struct err *err)
{
	struct body body;

	if (keys_body(request_reader(r), now(r), r->arena, &body, err) < 0)
		return -1;
	return reply_body(r, &body);
}

int handle_key_rotate(struct request *r, struct err *err)
{
	const struct key_rotation_request *body = r->object;
	struct err refused = {0};
	struct command *c = request_command(r, body->dry_run == 1);
	int rc = key_rotate(request_engine(r), c, body, &refused);

	return request_submitted(r, rc, &refused);
}

int handle_release_attestation(struct request *r, struct err *err)
{
	const char *version = request_version(r);
	struct body body;
	int rc = attestation_body(request_reader(r), version, r->arena, &body, err);

	if (rc < 0)
		return -1;
	if (rc == 0)
		return err_set(err, ERR_NOT_FOUND, "no release %s", version);
	return reply_body(r, &body);
}

int handle_release_bundle(struct request *r, struct err *err)
{
	const char *version = request_version(r);
	struct body body;
	int rc = release_bundle_find(request_reader(r), version, r->arena, &body, err);

	if (rc < 0)
		return -1;
	if (rc == 0)
		return err_set(err, ERR_NOT_FOUND,
			"there is no bundle of a release %s; the option bundles has them made",
			version);
	return reply_body(r, &body);
}

int handle_stable_attestation(struct request *r, struct err *err)
{
	int rc;

	r->snapshot = snapshot_get(request_engine(r));
	rc = wait_for_change(r, r->snapshot->has_release ? &r->snapshot->pointer.body : NULL, err);
	if (rc != 0)
		return rc < 0 ? -1 : 0;
	if (!r->snapshot->has_release)
		return err_set(err, ERR_NO_RELEASE, "nothing has been promoted yet");
	return reply_body(r, &r->snapshot->pointer.body);
}
