/* SPDX-License-Identifier: Apache-2.0
 *
 * Tables of the requests that act.
 */
#include "model/request.h"

#include "base/clock.h"
#include "base/duration.h"
#include "model/format.h"

enum { REASON_MAX = 1000, OVERLAP_DAYS = 7, OVERLAP_MAX_DAYS = 90 };

#define DAY_USEC (INT64_C(86400) * USEC_PER_SEC)

#define REASON(type, flags_)                                                   \
	{                                                                      \
		"reason", FIELD_STRING, offsetof(struct type, reason), flags_, \
			.min = 1, .max = REASON_MAX, .format = &format_line,   \
			.help = "kept in the history"                          \
	}
#define DRY_RUN(type)                                                                     \
	{                                                                                 \
		"dry_run", FIELD_BOOL, offsetof(struct type, dry_run), 0,                 \
			.help = "answer what would be, and change nothing; ?dry_run, too" \
	}

static const struct field merge_fields[] = {
	REASON(merge_request, 0),
	DRY_RUN(merge_request),
};
const struct field_table merge_request_table =
	FIELD_TABLE("MergeRequest", NULL, struct merge_request, merge_fields);

static const struct field promotion_fields[] = {
	{"merge", FIELD_STRING, offsetof(struct promotion_request, merge), FIELD_REQUIRED,
		.format = &format_merge},
	REASON(promotion_request, FIELD_REQUIRED),
	{"override", FIELD_BOOL, offsetof(struct promotion_request, override), 0,
		.help = "pass windows, soak and sign-offs, never gates; on record"},
	DRY_RUN(promotion_request),
};
const struct field_table promotion_request_table =
	FIELD_TABLE("PromotionRequest", NULL, struct promotion_request, promotion_fields);

static const struct field rollback_fields[] = {
	REASON(rollback_request, FIELD_REQUIRED),
	{"to", FIELD_STRING, offsetof(struct rollback_request, to), 0, .format = &format_release,
		.help = "a warm release; the most recently active one when absent"},
	{"drill", FIELD_BOOL, offsetof(struct rollback_request, drill), 0,
		.help = "only measure until every live node has it ready; the channel stays"},
	DRY_RUN(rollback_request),
};
const struct field_table rollback_request_table =
	FIELD_TABLE("RollbackRequest", NULL, struct rollback_request, rollback_fields);

static const struct field reason_fields[] = {
	REASON(reason_request, FIELD_REQUIRED),
	DRY_RUN(reason_request),
};
const struct field_table reason_request_table =
	FIELD_TABLE("ReasonRequest", NULL, struct reason_request, reason_fields);

static void check_rotation(void *obj, const char *pointer, struct arena *a, struct faults *faults)
{
	struct key_rotation_request *r = obj;
	const char *why = "is longer than 90 days";

	r->overlap_usec = OVERLAP_DAYS * DAY_USEC;
	if (r->overlap && (duration_parse(r->overlap, &r->overlap_usec, &why) < 0 ||
				  r->overlap_usec > OVERLAP_MAX_DAYS * DAY_USEC))
		fault_add(faults, arena_printf(a, "%s/overlap", pointer), "%s", why);
}

static const struct field rotation_fields[] = {
	REASON(key_rotation_request, FIELD_REQUIRED),
	{"overlap", FIELD_STRING, offsetof(struct key_rotation_request, overlap), 0,
		.help = "how long the key before signs as well, e.g. P7D, which it is when absent; "
			"PT0S ends every key but the new one at once"},
	DRY_RUN(key_rotation_request),
};
const struct field_table key_rotation_request_table = FIELD_TABLE("KeyRotationRequest", NULL,
	struct key_rotation_request, rotation_fields, .check = check_rotation);

static const struct field token_fields[] = {
	{"name", FIELD_STRING, offsetof(struct token_request, name), FIELD_REQUIRED, .min = 1,
		.max = 64, .format = &format_line},
	{"scopes", FIELD_STRINGS, offsetof(struct token_request, scopes), FIELD_REQUIRED, .min = 1,
		.max = 32, .format = &format_scope},
	{"expires_at", FIELD_TIME, offsetof(struct token_request, expires_at), 0,
		.help = "never when absent"},
	DRY_RUN(token_request),
};
const struct field_table token_request_table =
	FIELD_TABLE("TokenRequest", NULL, struct token_request, token_fields);
