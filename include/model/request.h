/* SPDX-License-Identifier: Apache-2.0
 *
 * The bodies of the requests that act: small, strict, each a table.
 */
#ifndef MODEL_REQUEST_H
#define MODEL_REQUEST_H

#include "model/field.h"

struct merge_request {
	const char *reason;
	int dry_run;
};
struct promotion_request {
	const char *merge, *reason; /* both required */
	int override, dry_run;
};
struct rollback_request {
	const char *reason, *to; /* reason required */
	int drill, dry_run;
};
struct reason_request { /* withdraw, unquarantine, revoke */
	const char *reason;
	int dry_run;
};
struct key_rotation_request {
	const char *reason;  /* required */
	const char *overlap; /* a duration; absent: a week */
	int dry_run;
	int64_t overlap_usec; /* derived */
};
struct token_request {
	const char *name;
	struct strings scopes;
	int64_t expires_at;
	int dry_run;
};
extern const struct field_table merge_request_table, promotion_request_table,
	rollback_request_table, reason_request_table, key_rotation_request_table,
	token_request_table;

#endif
