/* SPDX-License-Identifier: Apache-2.0
 *
 * Webhooks that go out: who is told of which events, how, and what became of each message.
 */
#ifndef MODEL_WEBHOOK_H
#define MODEL_WEBHOOK_H

#include "model/field.h"

enum { WEBHOOKS_MAX = 64, WEBHOOK_TYPES_MAX = 64, WEBHOOK_URL_MAX = 2048 };

enum webhook_status { WEBHOOK_ACTIVE, WEBHOOK_DISABLED };
extern const struct field_names webhook_status_names;
enum webhook_format { WEBHOOK_CLOUDEVENTS, WEBHOOK_SLACK };
extern const struct field_names webhook_format_names;
extern const struct field_names webhook_algorithm_names; /* enum webhook_algorithm */
/* REQUEST: somebody asked for it. GONE: the receiver answered 410. FAILING: it took nothing for days. */
enum webhook_cause { WEBHOOK_BY_REQUEST, WEBHOOK_BY_GONE, WEBHOOK_BY_FAILING };
extern const struct field_names webhook_cause_names;

/* A key that signs: the present one, and those before until their time is over. */
struct webhook_signature {
	int algorithm;	    /* enum webhook_algorithm */
	const char *public; /* v1a */
	int64_t created_at, expires_at;
};

struct webhook {
	const char *id, *url;
	int status, format; /* enums */
	struct strings types;
	const char *description;
	const char *secret; /* shown once */
	struct list signatures;
	int disabled_cause; /* enum webhook_cause; -1: it is active */
	int64_t disabled_at;
	int64_t failing_since, last_delivered_at;
	const char *created_by;
	int64_t created_at, updated_at;
};
extern const struct field_table webhook_table;

struct webhook_request {
	const char *url;
	struct strings types;
	int status, format, algorithm; /* -1: the default */
	const char *description, *secret;
	int dry_run;
};
extern const struct field_table webhook_request_table;

/* What is absent stays as it is. */
struct webhook_change {
	const char *url;
	struct strings types;
	int status, format;
	const char *description;
	int skip, dry_run;
};
extern const struct field_table webhook_change_table;

struct webhook_rotation {
	int algorithm;
	const char *secret, *overlap;
	int dry_run;
	int64_t overlap_usec; /* derived */
};
extern const struct field_table webhook_rotation_table;

struct webhook_redelivery {
	const char *delivery;
	int64_t event;
	int dry_run;
};
extern const struct field_table webhook_redelivery_table;

struct webhook_attempt {
	int64_t at, took_ms;
	int64_t status; /* -1: there was no answer */
	const char *detail, *response;
};
struct webhook_delivery {
	const char *id; /* the header webhook-id */
	int64_t event;	/* its seq; -1: a test */
	const char *type;
	int phase; /* Pending, Succeeded, Failed, Aborted */
	int64_t tries, next_attempt_at;
	int64_t created_at, finished_at;
	struct list attempts; /* struct webhook_attempt, the newest first */
};
extern const struct field_table webhook_delivery_table;

#endif
