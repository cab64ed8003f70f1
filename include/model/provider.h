/* SPDX-License-Identifier: Apache-2.0
 *
 * A provider as it stands: how its manifests come, when they came last, and what did not come in.
 */
#ifndef MODEL_PROVIDER_H
#define MODEL_PROVIDER_H

#include "model/field.h"

/* PUSH: it has no connector. WAITING: nobody has asked it yet. */
enum provider_state { PROVIDER_PUSH, PROVIDER_WAITING, PROVIDER_OK, PROVIDER_FAILING };
extern const struct field_names provider_state_names;

struct provider_error {
	const char *code, *detail;
	int64_t at;
};

/* The way to its servers, as this process has gone it. */
struct provider_health {
	const char *breaker; /* closed, open, half-open */
	int64_t failures;    /* in a row */
	int64_t requests, retries, bytes;
	int64_t quota_limit, quota_left; /* -1: the provider does not say */
	int64_t quota_reset_at;
};

/* An entry of a listing that did not come in. */
struct provider_refusal {
	const char *name, *outcome, *code, *pointer, *detail, *digest;
	int64_t at, again_at; /* 0: it is not asked for again by itself */
	const char *again;    /* one sentence */
};

struct provider_record {
	const char *name, *facility;
	struct strings roles;
	int state;
	const char *connector; /* NULL: none */
	int64_t last_run_at, last_success_at, lag_s, failing_since;
	struct provider_error *last_error; /* kept after a success */
	struct provider_health *health;	   /* NULL: it has no server */
	const char *note;		   /* what of the listing somebody may mend; NULL */
	int64_t listed, refused;
	int64_t newest_at, newest_age_s; /* of what came in, by whichever way */
	int delivered;			 /* for the newest ingest by the schedule */
	int64_t due_at, missed;
	struct list refusals; /* of the single record; newest first */
};
extern const struct field_table provider_record_table;

/* What became of an incoming webhook. */
struct webhook_receipt {
	const char *provider, *name; /* name NULL: about nothing that is pulled */
	const char *outcome, *detail;
};
/* Messages of providers, each in a form of its own; and the receipt. */
extern const struct field_table webhook_message_table, webhook_receipt_table;

#endif
