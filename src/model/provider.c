/* SPDX-License-Identifier: Apache-2.0
 *
 * Tables of providers.
 */
#include "model/provider.h"

#include "model/format.h"

static const char *const states[] = {"push", "waiting", "ok", "failing", NULL};
const struct field_names provider_state_names = {"state of a provider", states};

#define F(type_, name_, field_, ...)                                                 \
	{                                                                            \
#name_, FIELD_##field_, offsetof(struct type_, name_), ##__VA_ARGS__ \
	}
static const struct field error_fields[] = {
	F(provider_error, code, STRING, FIELD_REQUIRED),
	F(provider_error, detail, STRING, FIELD_REQUIRED),
	F(provider_error, at, TIME, FIELD_REQUIRED),
};
static const struct field_table error_table = FIELD_TABLE("ProviderError",
	"Why an ingest could not handle all.", struct provider_error, error_fields);

static const struct field health_fields[] = {
	F(provider_health, breaker, STRING, FIELD_REQUIRED,
		.help = "closed; open: it failed again and again and is left alone for a while; "
			"half-open: one request tries it"),
	F(provider_health, failures, INT, FIELD_ZERO, .help = "of requests, in a row"),
	F(provider_health, requests, INT, FIELD_ZERO, .help = "since the daemon started"),
	F(provider_health, retries, INT, FIELD_ZERO, .help = "of these, sent again"),
	F(provider_health, bytes, INT, FIELD_ZERO, .help = "of answers' bodies"),
	F(provider_health, quota_limit, INT, FIELD_EMIT_NULL,
		.help = "requests that the provider allows in its window; null: it does not say"),
	F(provider_health, quota_left, INT, FIELD_EMIT_NULL),
	F(provider_health, quota_reset_at, TIME, FIELD_EMIT_NULL),
};
static const struct field_table health_table = FIELD_TABLE("ProviderHealth",
	"The way to a provider's servers.", struct provider_health, health_fields);

static const struct field refusal_fields[] = {
	F(provider_refusal, name, STRING, FIELD_REQUIRED, .help = "of the entry, e.g. the file"),
	F(provider_refusal, outcome, STRING, FIELD_REQUIRED,
		.help = "refused, conflict, or failed: it could not be read"),
	F(provider_refusal, code, STRING, FIELD_REQUIRED, .help = "as of a POST of the same"),
	F(provider_refusal, pointer, STRING, 0, .help = "RFC 6901 pointer to the member at fault"),
	F(provider_refusal, detail, STRING, FIELD_REQUIRED),
	F(provider_refusal, digest, STRING, 0, .format = &format_digest,
		.help = "of its bytes; absent when they were not read"),
	F(provider_refusal, at, TIME, FIELD_REQUIRED),
	F(provider_refusal, again_at, TIME, FIELD_EMIT_NULL,
		.help = "the first ingest from then on asks for it again; null: none does by "
			"itself"),
	F(provider_refusal, again, STRING, FIELD_REQUIRED, .help = "what has it asked for again"),
};
static const struct field_table refusal_table = FIELD_TABLE("ProviderRefusal",
	"What lies there and did not come in.", struct provider_refusal, refusal_fields);

static const struct field record_fields[] = {
	F(provider_record, name, STRING, FIELD_REQUIRED, .format = &format_provider),
	F(provider_record, facility, STRING, FIELD_EMIT_NULL),
	F(provider_record, roles, STRINGS, FIELD_EMIT_EMPTY),
	F(provider_record, state, ENUM, FIELD_REQUIRED, .names = &provider_state_names,
		.help = "push: it has no connector, its pipelines POST; waiting: not asked yet"),
	F(provider_record, connector, STRING, FIELD_EMIT_NULL,
		.help = "how its manifests are pulled"),
	F(provider_record, last_run_at, TIME, FIELD_EMIT_NULL),
	F(provider_record, last_success_at, TIME, FIELD_EMIT_NULL,
		.help = "all that was listed had been handled"),
	F(provider_record, lag_s, INT, FIELD_EMIT_NULL, .help = "since last_success_at"),
	F(provider_record, failing_since, TIME, FIELD_EMIT_NULL),
	F(provider_record, last_error, OBJECT, FIELD_EMIT_NULL, .table = &error_table,
		.help = "kept after a success"),
	F(provider_record, health, OBJECT, FIELD_EMIT_NULL, .table = &health_table,
		.help = "of the way to its servers; null: its connector needs none"),
	F(provider_record, note, STRING, FIELD_EMIT_NULL,
		.help = "what of its last listing somebody may mend, though all was listed"),
	F(provider_record, listed, INT, FIELD_ZERO, .help = "entries of the last listing"),
	F(provider_record, refused, INT, FIELD_ZERO, .help = "of these did not come in"),
	F(provider_record, newest_at, TIME, FIELD_EMIT_NULL,
		.help = "when its newest manifest came, pulled or by POST"),
	F(provider_record, newest_age_s, INT, FIELD_EMIT_NULL),
	F(provider_record, delivered, BOOL, FIELD_EMIT_NULL,
		.help = "for the newest ingest by the schedule; null: nobody asked it to"),
	F(provider_record, due_at, TIME, FIELD_EMIT_NULL, .help = "up to when it has to deliver"),
	F(provider_record, missed, INT, FIELD_ZERO,
		.help = "ingests for which it did not deliver in time"),
	F(provider_record, refusals, LIST, 0, .max = 100, .table = &refusal_table,
		.help = "newest first; only of the single provider"),
};
#undef F
const struct field_table provider_record_table = FIELD_TABLE("Provider",
	"A provider, and how its manifests come.", struct provider_record, record_fields);

const struct field_table webhook_message_table = {
	.name = "WebhookMessage",
	.help = "What the provider sends: an event of the Hub, of EventBridge, of Pub/Sub.",
	.open = true,
};

static const struct field receipt_fields[] = {
	{"provider", FIELD_STRING, offsetof(struct webhook_receipt, provider), FIELD_REQUIRED},
	{"name", FIELD_STRING, offsetof(struct webhook_receipt, name), FIELD_EMIT_NULL,
		.help = "what will be pulled"},
	{"outcome", FIELD_STRING, offsetof(struct webhook_receipt, outcome), FIELD_REQUIRED,
		.help = "queued, or ignored: it is about nothing that is pulled"},
	{"detail", FIELD_STRING, offsetof(struct webhook_receipt, detail), 0,
		.help = "why it is ignored"},
};
const struct field_table webhook_receipt_table = FIELD_TABLE("WebhookReceipt",
	"What became of an incoming webhook.", struct webhook_receipt, receipt_fields);
