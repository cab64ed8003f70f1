/* SPDX-License-Identifier: Apache-2.0
 *
 * A waiver: one gate of one candidate may be not passed, for a reason, until a time. One principal
 * asks for it, another one grants it. What it is worth at an instant is policy/waiver.h's question.
 */
#ifndef MODEL_WAIVER_H
#define MODEL_WAIVER_H

#include "model/field.h"

enum { WAIVER_MAX_DAYS = 30 };

enum waiver_state { WAIVER_REQUESTED, WAIVER_APPROVED, WAIVER_EXPIRED, WAIVER_REVOKED };
extern const struct field_names waiver_state_names;

struct waiver_artifact {
	const char *provider, *id;
};

struct waiver {
	const char *id;
	int gate; /* enum gate */
	struct waiver_artifact *artifact;
	const char *reason;
	int64_t expires_at;
	/* The principals: "token:<id>"; without authentication "local:<name>", from what the request
	 * says. */
	const char *requested_by, *approved_by, *revoked_by;
	int64_t requested_at, approved_at, revoked_at;
	const char *approval_reason, *revocation_reason;
	int state; /* enum waiver_state, as of the last change: see waiver_state_at() */
};
extern const struct field_table waiver_table;

struct waiver_approval {
	const char *reason, *approved_by;
	int dry_run;
};
extern const struct field_table waiver_approval_table;

#endif
