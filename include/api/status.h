/* SPDX-License-Identifier: Apache-2.0
 *
 * GET /v1/status: what the daemon holds and does, in one flat object.
 */
#ifndef API_STATUS_H
#define API_STATUS_H

#include "model/condition.h"
#include "model/node.h"

struct status {
	const char *status;  /* "ok", "degraded", "draining", "read-only" */
	const char *version; /* of the daemon */
	int64_t started_at, now;
	int auth;
	const char *release; /* the active one */
	int64_t serial;
	struct strings warm;
	int64_t policy_version;
	const char *policy_digest;
	int64_t manifests, artifacts, judgements, events, commits, last_commit_at, queue, queue_max,
		connections;
	const struct fleet *fleet;
	struct list conditions; /* struct condition */
};
extern const struct field_table status_table;

#endif
