/* SPDX-License-Identifier: Apache-2.0
 *
 * The engine: the writer thread, the ops thread, and the verbs of the product. Each verb fills in a
 * command (see command.h) and queues it; its done() brings the answer.
 */
#ifndef ENGINE_ENGINE_H
#define ENGINE_ENGINE_H

#include "base/clock.h"
#include "engine/command.h"
#include "engine/snapshot.h"
#include "model/canonical_suite.h"
#include "model/checklist.h"
#include "model/contract.h"
#include "model/node.h"
#include "model/observation.h"
#include "model/request.h"
#include "model/waiver.h"
#include "model/webhook.h"
#include "net/http.h"
#include "provider/provider.h"

/* The place where a provider's pipelines leave their manifests. */
struct engine_source {
	const struct connector_kind *kind;
	struct connector_options options; /* its provider, too */
};

struct engine_options {
	const char *path; /* of the registry file */
	const char *keys; /* folder of the signing keys; NULL: "keys" beside the registry */
	const char *key_credential; /* the file of the active key, NULL: one of that folder */
	bool new_key;		    /* begin with another active key */
	bool bundles;		    /* sign releases as model-signing bundles, too */
	bool new_bundle_key;	    /* with another key in place of one that was lost */
	int64_t pointer_lifetime;   /* usec until the signed channel expires; 0: a day */
	const struct clock *clock;
	const char *policy_text;	     /* the first version, NULL: as built in */
	size_t queue_max;		     /* commands waiting for the writer; beyond it 503 */
	const struct engine_source *sources; /* one for a provider at most */
	size_t n_sources;
	bool webhook_private;	    /* webhooks may lead inside, and by plain http */
	const char *webhook_source; /* `source` of their events; NULL: "/v1/events" */
	/* How they are sent; NULL: http_perform(). */
	int (*webhook_send)(const struct http_request *r, struct arena *a,
		struct http_response *ret, struct err *err);
	/* Counters that Prometheus is asked for, and that count from there alone; they must stay. */
	struct strings asked;
	bool threads; /* false: nothing runs by itself, engine_step() does it all (tests) */
};

/* Migrate, open, take stock (redo what the outbox still holds), start the threads. */
int engine_open(const struct engine_options *o, struct engine **ret, struct err *err);

/* Refuse new commands, finish those queued, checkpoint, close. What a command or the outbox would have
 * judged anew is left to the next start. NULL is allowed. */
void engine_close(struct engine *e);

/* Without threads: run everything that is due now, on the calling thread. */
void engine_step(struct engine *e);

/* Call `changed` after each commit from now on, on the writer's thread; `moved` says that there is a new
 * snapshot. One listener: the last. It may be called until engine_close() has returned. */
void engine_listen(struct engine *e, void (*changed)(void *arg, bool moved), void *arg);

/* A reading connection for one thread of the caller's. */
int engine_reader(struct engine *e, struct db **ret, struct err *err);

const struct clock *engine_clock(const struct engine *e);

struct engine_stats {
	uint64_t commits, commands, batch_max, stale, queue_len, queue_max;
	uint64_t manifests, artifacts, judgements, events;
	int64_t last_commit; /* usec, wall clock */
	bool broken;	     /* the registry can't be written: not ready */
};
void engine_stats(const struct engine *e, struct engine_stats *ret);

/* ---- verbs. Each answers with what design.md says of its route. ---- */

/* POST /v1/manifests: 201 new, 200 repeated (the stored receipt), 409 artifact_conflict, 422. */
int manifest_submit(struct engine *e, struct db *reader, struct command *c, const char *text,
	size_t len, struct err *err);

/* POST .../withdraw and .../unquarantine of an artifact: 200 with the artifact's body. */
int artifact_withdraw(struct engine *e, struct command *c, const char *provider, const char *id,
	const struct reason_request *r, struct err *err);
int artifact_unquarantine(struct engine *e, struct command *c, const char *provider, const char *id,
	const struct reason_request *r, struct err *err);
/* POST /v1/releases/{v}/unquarantine: 200; lifts the breach and what it holds. */
int release_unquarantine(struct engine *e, struct command *c, const char *version,
	const struct reason_request *r, struct err *err);

/* POST /v1/merges: 201 new, 200 an identical open one, 409 nothing_to_merge. */
int merge_submit(
	struct engine *e, struct command *c, const struct merge_request *r, struct err *err);

/* POST /v1/promotions: 201 {release, channel}. */
int promotion_submit(
	struct engine *e, struct command *c, const struct promotion_request *r, struct err *err);

/* POST /v1/rollbacks: 201 {release, channel}; 409 no_warm_release. As a drill: 202 with the drill. */
int rollback_submit(
	struct engine *e, struct command *c, const struct rollback_request *r, struct err *err);

/* PUT /v1/nodes/{id}: 200 with the node, the channel, and the drill that runs; 422 when it names what
 * is not there. */
int node_submit(struct engine *e, struct db *reader, struct command *c, const char *id,
	const struct node_report *r, struct err *err);

/* POST /v1/slo/acknowledge: 200 {acknowledged_at, held, rollbacks}; promotions are free again. */
int slo_acknowledge(
	struct engine *e, struct command *c, const struct reason_request *r, struct err *err);

/* POST /v1/observations: 202 {accepted, duplicates, conflicts, late, left_out[], breached[]}. */
int observations_submit(
	struct engine *e, struct command *c, const struct observations *o, struct err *err);
/* The same of what Prometheus was asked: it alone counts the counters of engine_options.asked. */
int observations_asked(
	struct engine *e, struct command *c, const struct observations *o, struct err *err);

/* PUT /v1/policy (If-Match required): 200 the new version. */
int policy_submit(struct engine *e, struct command *c, const char *text, size_t len,
	const char *reason, struct err *err);

/* POST /v1/keys/rotate: 201 with GET /v1/keys. */
int key_rotate(
	struct engine *e, struct command *c, const struct key_rotation_request *r, struct err *err);

/* POST /v1/tokens: 201 with the secret, shown once; DELETE /v1/tokens/{id}: 200. */
int token_create(
	struct engine *e, struct command *c, const struct token_request *r, struct err *err);
int token_revoke(struct engine *e, struct command *c, const char *id, struct err *err);

/* POST /v1/suites: 201, 200 when it was there with the same content, 409 version_conflict; current
 * when asked for. If-Match speaks of GET /v1/suites/current. */
int suite_submit(
	struct engine *e, struct command *c, const struct canonical_suite *s, struct err *err);
/* POST /v1/suites/{name}/{version}/activate: 200; the one that is current already stays so. */
int suite_activate(struct engine *e, struct command *c, const char *name, const char *version,
	const struct reason_request *r, struct err *err);

/* POST /v1/contracts: 201, 200 when it was there with the same document, 409 version_conflict or
 * version_too_low, 422 invalid_contract. */
int contract_submit(
	struct engine *e, struct command *c, const struct contract_record *r, struct err *err);

/* POST /v1/waivers: 201. Requester and approver are the tokens. Without authentication everyone is
 * "local": then both must be named in the bodies, and a name in a body is refused otherwise. */
int waiver_submit(struct engine *e, struct command *c, const struct waiver *w, struct err *err);
/* POST /v1/waivers/{id}/approve: 200, 403 self_approval, 409; .../revoke: 200, 409. */
int waiver_approve(struct engine *e, struct command *c, const char *id,
	const struct waiver_approval *r, struct err *err);
int waiver_revoke(struct engine *e, struct command *c, const char *id,
	const struct reason_request *r, struct err *err);

/* POST /v1/webhooks: 201 with the secret of HMAC, shown once. PATCH, DELETE: 200 with the webhook.
 * .../rotate: 200 with the new secret, shown once. */
int webhook_create(
	struct engine *e, struct command *c, const struct webhook_request *r, struct err *err);
int webhook_alter(struct engine *e, struct command *c, const char *id,
	const struct webhook_change *r, struct err *err);
int webhook_remove(struct engine *e, struct command *c, const char *id, struct err *err);
int webhook_rotate(struct engine *e, struct command *c, const char *id,
	const struct webhook_rotation *r, struct err *err);
/* .../test, .../redeliver: 202 with the delivery. */
int webhook_test(struct engine *e, struct command *c, const char *id, struct err *err);
int webhook_redeliver(struct engine *e, struct command *c, const char *id,
	const struct webhook_redelivery *r, struct err *err);

/* POST /v1/merges/{v}/signoffs: 201; 403 self_approval, 404, 409 unless it is open, 422. */
int signoff_submit(struct engine *e, struct command *c, const char *merge, const struct signoff *s,
	struct err *err);

#endif
