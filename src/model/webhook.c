/* SPDX-License-Identifier: Apache-2.0
 *
 * Tables of webhooks and their deliveries.
 */
#include "model/webhook.h"

#include "base/duration.h"
#include "model/format.h"
#include "model/phase.h"

#define DAY_USEC INT64_C(86400000000)

enum { OVERLAP_DAYS = 1, OVERLAP_MAX_DAYS = 30, SECRET_MAX = 128, DESCRIPTION_MAX = 256 };

static const char *const statuses[] = {"ACTIVE", "DISABLED", NULL};
const struct field_names webhook_status_names = {"status of a webhook", statuses};
static const char *const formats[] = {"cloudevents", "slack", NULL};
const struct field_names webhook_format_names = {"format of a webhook", formats};
static const char *const algorithms[] = {"v1", "v1a", NULL};
const struct field_names webhook_algorithm_names = {"signature of a webhook", algorithms};
static const char *const causes[] = {"request", "gone", "failing", NULL};
const struct field_names webhook_cause_names = {"cause", causes};

static const struct field signature_fields[] = {
	{"algorithm", FIELD_ENUM, offsetof(struct webhook_signature, algorithm), 0,
		.names = &webhook_algorithm_names, .help = "v1: HMAC-SHA256; v1a: Ed25519"},
	{"public_key", FIELD_STRING, offsetof(struct webhook_signature, public), 0,
		.help = "of v1a: whpk_..."},
	{"created_at", FIELD_TIME, offsetof(struct webhook_signature, created_at), 0},
	{"expires_at", FIELD_TIME, offsetof(struct webhook_signature, expires_at), 0,
		.help = "until then it signs beside its successor; absent for the present one"},
};
static const struct field_table signature_table =
	FIELD_TABLE("WebhookSignature", "A key that signs. The secret is never shown again.",
		struct webhook_signature, signature_fields);

#define URL_FIELD(type_, flags_)                                                             \
	{                                                                                    \
		"url", FIELD_STRING, offsetof(type_, url), flags_,                           \
			.min = 1, .max = WEBHOOK_URL_MAX, .format = &format_uri,             \
			.help = "where events are POSTed: https, and on the open internet, " \
				"unless the daemon has webhook_private = on"                 \
	}
#define TYPES_FIELD(type_, flags_)                                                  \
	{                                                                           \
		"types", FIELD_STRINGS, offsetof(type_, types), flags_,             \
			.min = 1, .max = WEBHOOK_TYPES_MAX, .format = &format_line, \
			.help = "of events: release.activated, release.*, or *"     \
	}
#define STATUS_FIELD(type_)                                                              \
	{                                                                                \
		"status", FIELD_ENUM, offsetof(type_, status), 0,                        \
			.names = &webhook_status_names,                                  \
			.help = "ACTIVE when absent at first; only then events are sent" \
	}
#define FORMAT_FIELD(type_)                                                                  \
	{                                                                                    \
		"format", FIELD_ENUM, offsetof(type_, format), 0,                            \
			.names = &webhook_format_names,                                      \
			.help = "cloudevents (1.0, structured), which it is when absent at " \
				"first, or slack: {\"text\": a sentence}"                    \
	}
#define DESCRIPTION_FIELD(type_)                                                 \
	{                                                                        \
		"description", FIELD_STRING, offsetof(type_, description), 0,    \
			.min = 1, .max = DESCRIPTION_MAX, .format = &format_line \
	}
#define ALGORITHM_FIELD(type_, when_absent_)                                                  \
	{                                                                                     \
		"algorithm", FIELD_ENUM, offsetof(type_, algorithm), 0,                       \
			.names = &webhook_algorithm_names,                                    \
			.help = "of a secret that the daemon makes: v1 (HMAC-SHA256) or v1a " \
				"(Ed25519); " when_absent_                                    \
	}
#define SECRET_FIELD(type_)                                                                      \
	{                                                                                        \
		"secret", FIELD_STRING, offsetof(type_, secret), 0,                              \
			.min = 1, .max = SECRET_MAX, .format = &format_line,                     \
			.help = "whsec_ and base64 of 24 to 64 random bytes, or whsk_ and that " \
				"of an Ed25519 seed; absent: the daemon makes one"               \
	}
#define DRY_RUN_FIELD(type_)                                               \
	{                                                                  \
		"dry_run", FIELD_BOOL, offsetof(type_, dry_run), 0,        \
			.help = "answer what would be, and change nothing" \
	}

#define F(name_, type_, ...)                                                \
	{                                                                   \
#name_, type_, offsetof(struct webhook, name_), __VA_ARGS__ \
	}
static const struct field webhook_fields[] = {
	F(id, FIELD_STRING, FIELD_READ_ONLY),
	STATUS_FIELD(struct webhook),
	URL_FIELD(struct webhook, FIELD_REQUIRED),
	TYPES_FIELD(struct webhook, FIELD_REQUIRED),
	FORMAT_FIELD(struct webhook),
	DESCRIPTION_FIELD(struct webhook),
	F(secret, FIELD_STRING, FIELD_READ_ONLY,
		.help = "of HMAC; only in the answer that made it, and never again"),
	F(signatures, FIELD_LIST, FIELD_READ_ONLY, .table = &signature_table,
		.help = "the keys that sign each message, the present one first"),
	F(disabled_cause, FIELD_ENUM, FIELD_READ_ONLY, .names = &webhook_cause_names,
		.help = "request: somebody asked for it; gone: the receiver answered 410; "
			"failing: it took nothing for more than three days"),
	F(disabled_at, FIELD_TIME, FIELD_READ_ONLY),
	F(failing_since, FIELD_TIME, FIELD_READ_ONLY,
		.help = "the first failure after the last message that was taken"),
	F(last_delivered_at, FIELD_TIME, FIELD_READ_ONLY),
	F(created_by, FIELD_STRING, FIELD_READ_ONLY),
	F(created_at, FIELD_TIME, FIELD_READ_ONLY),
	F(updated_at, FIELD_TIME, FIELD_READ_ONLY),
};
#undef F
const struct field_table webhook_table =
	FIELD_TABLE("Webhook", "Who is told of which events.", struct webhook, webhook_fields);

static const struct field request_fields[] = {
	URL_FIELD(struct webhook_request, FIELD_REQUIRED),
	TYPES_FIELD(struct webhook_request, FIELD_REQUIRED),
	STATUS_FIELD(struct webhook_request),
	FORMAT_FIELD(struct webhook_request),
	DESCRIPTION_FIELD(struct webhook_request),
	ALGORITHM_FIELD(struct webhook_request, "absent: v1"),
	SECRET_FIELD(struct webhook_request),
	DRY_RUN_FIELD(struct webhook_request),
};
const struct field_table webhook_request_table =
	FIELD_TABLE("WebhookRequest", NULL, struct webhook_request, request_fields);

static const struct field change_fields[] = {
	URL_FIELD(struct webhook_change, 0),
	TYPES_FIELD(struct webhook_change, 0),
	STATUS_FIELD(struct webhook_change),
	FORMAT_FIELD(struct webhook_change),
	DESCRIPTION_FIELD(struct webhook_change),
	{"skip", FIELD_BOOL, offsetof(struct webhook_change, skip), 0,
		.help = "go on with the next event: what was not delivered yet never is"},
	DRY_RUN_FIELD(struct webhook_change),
};
const struct field_table webhook_change_table = FIELD_TABLE(
	"WebhookChange", "What is absent stays as it is.", struct webhook_change, change_fields);

static void check_rotation(void *obj, const char *pointer, struct arena *a, struct faults *faults)
{
	struct webhook_rotation *r = obj;
	const char *why = "is longer than 30 days";

	r->overlap_usec = OVERLAP_DAYS * DAY_USEC;
	if (r->overlap && (duration_parse(r->overlap, &r->overlap_usec, &why) < 0 ||
				  r->overlap_usec > OVERLAP_MAX_DAYS * DAY_USEC))
		fault_add(faults, arena_printf(a, "%s/overlap", pointer), "%s", why);
}

static const struct field rotation_fields[] = {
	ALGORITHM_FIELD(struct webhook_rotation, "absent: that of the newest secret"),
	SECRET_FIELD(struct webhook_rotation),
	{"overlap", FIELD_STRING, offsetof(struct webhook_rotation, overlap), 0,
		.help = "how long the secret before signs as well, e.g. P1D, which it is when "
			"absent; PT0S ends it at once"},
	DRY_RUN_FIELD(struct webhook_rotation),
};
const struct field_table webhook_rotation_table = FIELD_TABLE(
	"WebhookRotation", NULL, struct webhook_rotation, rotation_fields, .check = check_rotation);

static void check_redelivery(void *obj, const char *pointer, struct arena *a, struct faults *faults)
{
	const struct webhook_redelivery *r = obj;

	if (!r->delivery == (r->event < 0))
		fault_add(faults, pointer, "names neither or both of delivery and event");
}

static const struct field redelivery_fields[] = {
	{"delivery", FIELD_STRING, offsetof(struct webhook_redelivery, delivery), 0, .min = 1,
		.max = 100, .format = &format_line, .help = "the id of a delivery"},
	{"event", FIELD_INT, offsetof(struct webhook_redelivery, event), 0, .min = 1,
		.max = 9007199254740991.0,
		.help = "or the seq of any event, whether it was delivered before or not"},
	DRY_RUN_FIELD(struct webhook_redelivery),
};
const struct field_table webhook_redelivery_table = FIELD_TABLE("WebhookRedelivery", NULL,
	struct webhook_redelivery, redelivery_fields, .check = check_redelivery);

#define A(name_, type_, ...)                                                        \
	{                                                                           \
#name_, type_, offsetof(struct webhook_attempt, name_), __VA_ARGS__ \
	}
static const struct field attempt_fields[] = {
	A(at, FIELD_TIME, 0),
	A(took_ms, FIELD_INT, 0),
	A(status, FIELD_INT, 0, .help = "of the answer; absent: there was none"),
	A(detail, FIELD_STRING, 0, .help = "why it failed"),
	A(response, FIELD_STRING, 0,
		.help = "how the answer begins; left out where it shows a secret"),
};
#undef A
static const struct field_table attempt_table = FIELD_TABLE(
	"WebhookAttempt", "One request to the receiver.", struct webhook_attempt, attempt_fields);

#define D(name_, type_, ...)                                                         \
	{                                                                            \
#name_, type_, offsetof(struct webhook_delivery, name_), __VA_ARGS__ \
	}
static const struct field delivery_fields[] = {
	D(id, FIELD_STRING, 0, .help = "the header webhook-id, the same in each attempt"),
	D(type, FIELD_STRING, 0),
	D(event, FIELD_INT, 0, .help = "seq of the event; absent: a test"),
	D(phase, FIELD_ENUM, 0, .names = &phase_names,
		.help = "Pending, Succeeded, Failed (given up), Aborted (left out on request)"),
	D(tries, FIELD_INT, FIELD_ZERO, .help = "attempts since it was last asked for"),
	D(next_attempt_at, FIELD_TIME, 0),
	D(created_at, FIELD_TIME, 0),
	D(finished_at, FIELD_TIME, 0),
	D(attempts, FIELD_LIST, FIELD_EMIT_EMPTY, .table = &attempt_table,
		.help = "the newest first, 20 at most"),
};
#undef D
const struct field_table webhook_delivery_table = FIELD_TABLE("WebhookDelivery",
	"An event on its way to a receiver.", struct webhook_delivery, delivery_fields);
