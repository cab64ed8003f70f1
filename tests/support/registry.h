/* SPDX-License-Identifier: Apache-2.0
 *
 * An engine over a registry in the scratch folder, without threads, on a fake clock and under the calm
 * policy, and the verbs as calls that return when they are done. For use as a checked fixture.
 */
#ifndef SUPPORT_REGISTRY_H
#define SUPPORT_REGISTRY_H

#include "base/clock.h"
#include "engine/engine.h"
#include "engine/schedule.h"

struct registry {
	struct fake_clock clock;
	struct engine *engine;
	struct db *reader;
	struct arena *arena; /* gone with the fixture */
};
extern struct registry reg;

/* With these connectors (they must stay) from now on, up to the teardown. */
void registry_sources(const struct engine_source *list, size_t n);
/* Counters that Prometheus is asked for, from now on, up to the teardown. */
void registry_asked(struct strings names);
/* Send webhooks by this, which needs no network; the same. */
void registry_webhooks(int (*send)(
	const struct http_request *r, struct arena *a, struct http_response *ret, struct err *err));
void registry_setup(void);
void registry_teardown(void);
/* Close and open again, as a restart does. */
void registry_reopen(void);
/* The same, but nobody ran for so long. */
void registry_reopen_after(int64_t usec);

/* A command over: the answer, or the error. */
struct outcome {
	struct command *c; /* in reg.arena; its answer and err */
	int status;	   /* of the answer, or the error's */
	enum err_code code;
	const char *body; /* "" for none */
};

/* The next command's; taken back after each one. */
struct with {
	const char *key, *if_match, *actor;
	bool dry_run, override; /* override: of a promotion */
};
extern struct with with;

/* For a verb that is called here by nobody else: a command, and what became of it; rc is what the
 * verb returned. */
struct command *registry_command(const char *route, const char *body);
struct outcome registry_run(struct command *c, int rc);

struct outcome submit(const char *manifest);
/* One unit of the usual shape: id and role decide the provider. */
struct outcome submit_unit(const char *id, const char *role, double quality);
/* A textgen unit with samples behind its numbers, `successes` of 1,000 for its quality; `more`: members
 * of the manifest, from a comma on. */
struct outcome submit_samples(const char *id, int successes, const char *more);
/* 1,000 samples of the quality of another. */
struct outcome submit_eval(const char *id, const char *subject, int successes);
struct outcome do_merge(void);
struct outcome promote(const char *merge);
struct outcome rollback(const char *to);
/* `total` requests just now, `errors` of them bad, from one node. */
struct outcome observe(const char *release, int64_t total, int64_t errors);
/* One request in the window that ends `end_s` from now. */
struct outcome observe_window(const char *release, const char *node, int end_s, int length_s);
/* The counts of `o` in the minute that ends now; its node, release and times are filled in. */
struct outcome observe_counts(const char *release, const struct observation *o);
/* The same as Prometheus says it. */
struct outcome observe_asked(const char *release, const struct observation *o);
struct outcome acknowledge(void);
/* A node's report: JSON with ' for ". */
struct outcome report(const char *node, const char *body);
struct outcome begin_drill(const char *to);
struct outcome withdraw(const char *provider, const char *id);
struct outcome unquarantine_release(const char *version);
struct outcome unquarantine_artifact(const char *provider, const char *id);
struct outcome put_policy(const char *text);
struct outcome make_token(const char *scope, int64_t expires_at);
struct outcome revoke_token(const char *id);

/* Bodies as JSON with ' for "; one that the field table refuses is a 422 with its faults. */
struct outcome post_suite(const char *body);
struct outcome activate_suite(const char *name, const char *version);
struct outcome post_contract(const char *body);
struct outcome ask_waiver(const char *body);
struct outcome approve_waiver(const char *id, const char *body);
struct outcome revoke_waiver(const char *id);
struct outcome make_webhook(const char *body);
struct outcome alter_webhook(const char *id, const char *body);
struct outcome rotate_webhook(const char *id, const char *body);
struct outcome redeliver(const char *id, const char *body);
struct outcome test_webhook(const char *id);
struct outcome remove_webhook(const char *id);
struct outcome sign_off(const char *merge, const char *body);

/* The built-in policy with another cadence (policy_with_cadence()), put in force. */
void set_cadence(const char *cadence);
/* POST /v1/schedule/{job}/run, freezes. */
struct outcome run_job(enum job job);
struct outcome freeze(const char *body);
struct outcome end_freeze(const char *id);

/* Queue without running; finish() runs what waits. */
struct command *queue_promote(const char *merge, const char *if_match);
struct command *queue_merge(void);
struct command *queue_report(const char *node, const char *body);
struct command *queue_rollback(const char *to);
struct command *queue_submit(const char *manifest);
void finish(void);
struct outcome outcome_of(struct command *c);

/* Text of the registry's documents; NULL when there is none. */
const char *channel_text(void);
const char *release_text(const char *version);
const char *artifact_text(const char *provider, const char *id);
const char *merge_text(const char *version);
/* The string or number at `key` (top level), as text; "" when it is not there. */
const char *member(const char *json, const char *key);
int64_t count_events(const char *type);
const char *newest_event(const char *type); /* "": there is none */

/* 1.0.0 from three good units. */
void first_release(void);
/* The next release by a better textgen unit of number n; returns its version. */
const char *next_release(int n, double quality);

/* Every judgement ever given comes out again, byte for byte; how many there are. */
size_t check_judgements(void);

/* Every chain, state and pointer of the registry agrees. */
void check_registry(void);

#endif
