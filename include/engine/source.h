/* SPDX-License-Identifier: Apache-2.0
 *
 * Where manifests come from besides POST: the connectors of the providers, one for each at most. A
 * connector is asked on a thread of its own, one task at a time (in an engine without threads: on the
 * calling thread), and hands what it finds to the very path of POST /v1/manifests. What it finds
 * refused is on record, once for each content; what fails does not stop the rest.
 *
 * And who has delivered: cadence.ingest.quorum of the policy.
 */
#ifndef ENGINE_SOURCE_H
#define ENGINE_SOURCE_H

#include "engine/engine.h"
#include "model/provider.h"
#include "provider/provider.h"
#include "provider/session.h"
#include "store/source.h"

/* ---- What others ask ---- */

/* The kind's name, or NULL: the provider has no connector. Any thread. */
const char *source_connector(const struct engine *e, const char *provider);

/* May a merge be made now? `wait_until` not 0: not yet, a provider may still come; ask again then. */
struct ingest_quorum {
	bool met;
	int64_t wait_until;
	const char *why; /* one sentence; NULL when all have delivered, or nobody has to */
	const char *
		detail; /* JSON object: each provider with the age of its newest; NULL: no quorum */
};
/* Any thread, from its reader; in the arena. */
int ingest_quorum(struct db *db, const struct policy *p, int64_t now, struct arena *a,
	struct ingest_quorum *ret, struct err *err);

/* A shorter secret can be guessed, and is not taken. */
enum { WEBHOOK_SECRET_MIN = 16 };

/* What a webhook bears: the headers X-Webhook-Secret and Authorization (its token). NULL when absent. */
struct webhook_credentials {
	const char *secret, *token;
};
/* Is it the provider's? When not, *err is for whoever asks and tells a stranger little; *ret_why (in the
 * arena), one sentence without a secret, is for the log alone. ERR_NOT_FOUND: the provider takes no webhooks; ERR_UNAUTHENTICATED,
 * ERR_WRONG_SECRET, ERR_INVALID_TOKEN, ERR_UNAVAILABLE: the keys of its tokens are being fetched;
 * ERR_IO: the secret's file. Any thread. */
int webhook_check(struct engine *e, const char *provider, const struct webhook_credentials *c,
	struct arena *a, const char **ret_why, struct err *err);
/* One was refused, which is counted. How many were, up to this one, that no line of the log told of; 0: it
 * need not tell of this one either, for who asks is nobody and may not fill it. Any thread. */
uint64_t webhook_refused(struct engine *e, const char *provider);

/* What a message of the provider's is about, in the arena. ERR_NOT_FOUND: no connector that takes messages; ERR_BAD_REQUEST: not such a
 * message. Any thread. */
int source_message(struct engine *e, const char *provider, const char *body, size_t len,
	struct arena *a, struct source_mention *ret, struct err *err);
/* It is about nothing of ours, which is counted. Any thread. */
void source_ignored(struct engine *e, const char *provider);
/* Somebody says that something changed at the provider's place: `name` is pulled soon, or everything, when
 * too much was asked for to remember each. Answered (202, a WebhookReceipt) once that stands in the
 * registry, where it stays until it is pulled. ERR_NOT_FOUND. */
int source_ask(struct engine *e, struct command *c, const char *provider, const char *name,
	struct err *err);

/* POST /v1/providers/{provider}/ingest: somebody wants all of this provider pulled, soon and whatever failed
 * before. Answered (202, the Provider) once that stands in the registry. ERR_NOT_FOUND: no connector. */
int source_pull(struct engine *e, struct command *c, const char *provider, struct err *err);

/* Earliest instant (wall clock) at which a delivery that is still awaited falls due; INT64_MAX: none
 * is. Any thread. */
int64_t source_next_due(const struct engine *e);

/* Can the units be reached, as far as the connectors' last look can tell: the worst of them. UNKNOWN:
 * nobody looks for any of them; FAILED: nobody could tell, or has looked lately. Any thread, from its
 * reader. */
struct artifact_reachability {
	enum artifact_reach reach;
	int64_t at;	    /* of the look, of several the oldest; 0: there was none */
	const char *detail; /* one sentence */
};
struct artifact_place_of {
	const char *provider, *id;
	int64_t seq;
};
int artifacts_reachable(struct engine *e, struct db *db, const struct artifact_place_of *units,
	size_t n, int64_t now, struct arena *a, struct artifact_reachability *ret, struct err *err);

/* ---- What people see ---- */

/* The policy's providers, and those that have a connector besides: names, facilities, roles. */
size_t providers_named(const struct engine *e, const struct policy *p, struct arena *a,
	struct provider_record **ret);
/* How the way to the provider's servers is; false: it has none. Any thread. */
bool source_health(const struct engine *e, const char *provider, struct session_health *ret);
/* What of the last whole listing somebody may mend, though it came to its end; NULL. Any thread. */
const char *source_note(const struct engine *e, const char *provider, struct arena *a);
/* Fill in the rest of one; `whole`: what did not come in, too. Any thread, from its reader. */
int provider_show(const struct engine *e, struct db *db, struct provider_record *p, bool whole,
	struct arena *a, struct err *err);

/* ---- What the process counted, for metrics ---- */

struct source_stats {
	const char *provider, *connector;
	uint64_t runs, failures, fresh, refused;
	uint64_t up;		 /* 0: the last run could not handle all */
	uint64_t last_success_s; /* Unix time; 0: none in this process */
	/* Of its webhooks, when it takes any. */
	bool has_hooks;
	uint64_t hooks_queued, hooks_ignored, hooks_refused;
	/* Of the way to its servers, when it has one. */
	bool has_health;
	uint64_t requests, retries, bytes;
	uint64_t breaker_open; /* 1: it is left alone */
	uint64_t quota_left;   /* UINT64_MAX: the provider does not say */
};
size_t source_count(const struct engine *e);
void source_stats(const struct engine *e, size_t i, struct source_stats *ret);

#endif
