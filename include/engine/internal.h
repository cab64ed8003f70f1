/* SPDX-License-Identifier: Apache-2.0
 *
 * The engine's inside, shared by its files and nobody else.
 */
#ifndef ENGINE_INTERNAL_H
#define ENGINE_INTERNAL_H

#include <pthread.h>
#include <stdatomic.h>

#include "base/digest.h"
#include "base/json_writer.h"
#include "base/lock.h"
#include "engine/engine.h"
#include "engine/event.h"
#include "engine/tx.h"
#include "model/job_run.h"

struct command_queue {
	struct command *head, **tail;
	size_t n;
};

/* What the writer knows of the registry without asking it; taken back with the step or the group
 * that changed it. Only the writer's thread. */
struct writer_state {
	int64_t event_seq;
	unsigned char event_hash[SHA256_SIZE];
	int64_t serial;		/* of the channel; 0 before the first release */
	int64_t policy_version; /* 0 before the first policy */
	int64_t suite_serial;	/* 0 before the first current suite */
	int64_t sides; /* rises when what candidates are judged against changes otherwise */
	int64_t manifests, artifacts, judgements;
	uint64_t conditions; /* rises with what may change how it stands (engine/standing.h) */
};

struct scheduler;
struct standing;
struct webhook_set;

/* Of this process: runs by job and outcome, and when the newest of each job ended well. */
struct schedule_counters {
	atomic_uint_fast64_t runs[JOBS][JOB_OUTCOMES];
	atomic_int_fast64_t last_good[JOBS];
};

/* The watch over the present activation. The ops thread changes it, what others see under watch_lock;
 * the writer reads while the ops thread waits for it. */
struct slo_watch;
struct activation_watch {
	struct snapshot *s; /* whose policy has the rules; NULL: nothing is watched yet */
	struct slo_watch *slo;
	int64_t serial, channel_serial; /* of the activation; of the channel, where it goes on */
	int64_t policy_version, activated;
	int64_t newest;		    /* up to when there are counts, never ahead; 0: none */
	bool acted, acted_critical; /* what fires was acted upon */
	bool silent;		    /* that nobody reports is told */
};

struct engine {
	char *path;
	const struct clock *clock;
	size_t queue_max;
	struct strings asked; /* counters that Prometheus counts */
	bool threads;

	struct db *db;	   /* the one read-write connection; the writer's */
	struct db *reader; /* the ops thread's */

	struct lock ops_lock;
	struct cond ops_cond;
	struct command_queue ops;
	atomic_size_t pending; /* admitted and not done; changes under ops_lock */
	atomic_bool draining;  /* changes under ops_lock */

	struct lock writer_lock;
	struct cond writer_cond, written_cond;
	struct command_queue queue;
	bool writer_stop;

	struct writer_state state;
	atomic_bool snapshot_due; /* the registry moved and the present snapshot does not show it */
	atomic_bool outbox_waits; /* something may be due */
	/* Just opened: the rules, or the anchor, may be others than when verdicts were given. The ops
	 * thread's. */
	bool opened;
	struct scheduler *scheduler;	     /* the ops thread's */
	atomic_bool schedule_stale;	     /* the policy or the freezes changed */
	atomic_int_fast64_t schedule_due_at; /* schedule_next_due() */
	struct schedule_counters counters;
	/* The ops thread's, monotonic. */
	int64_t next_outbox, next_waivers, next_evidence, next_probe, next_thinning,
		next_distillation, next_signing, next_nodes, next_forgetting, next_standing;
	int64_t converged; /* the ops thread's: the serial that all nodes followed; 0: none yet */

	struct lock watch_lock;
	struct activation_watch watch;

	struct lock standing_lock;
	struct standing *standing;	 /* NULL: nobody has asked yet */
	atomic_uint_fast64_t conditions; /* of writer_state */

	struct lock snapshot_lock;
	void (*changed)(void *arg, bool moved); /* under it, too */
	void *changed_arg;
	struct snapshot *snapshot;
	uint64_t generation;

	/* The ops thread's; the writer's while that one waits for it. Other threads sign by keyring_seal(),
	 * so that what it holds changes under the lock. */
	struct keyring *keyring;
	struct lock keyring_lock;
	struct sign_key *key_next;     /* of a rotation that is not over, or did not take place */
	struct bundle_signer *bundles; /* NULL: none are made */
	char *keys_folder;
	int64_t pointer_lifetime;
	struct source_set *sources;
	struct issuers *issuers;
	struct webhook_set *webhooks;
	struct publisher *publisher; /* NULL: nothing is published */

	pthread_t writer_thread, ops_thread;

	atomic_uint_fast64_t commits, commands, batch_max, stale;
	atomic_uint_fast64_t manifests, artifacts, judgements, events;
	atomic_int_fast64_t last_commit;
	atomic_bool broken; /* since a commit failed, until there is room again (ops.c) */
	atomic_uint_fast64_t write_failures;
};

static inline int64_t engine_now(const struct engine *e)
{
	return clock_now(e->clock);
}

/* ---- command.c ---- */
void queue_init(struct command_queue *q);
void queue_push(struct command_queue *q, struct command *c);
struct command *queue_pop(struct command_queue *q);
/* Take up to `max` of them as a list; how many. */
size_t queue_cut(struct command_queue *q, size_t max, struct command **ret_first);

/* Is a request with its Idempotency-Key answered already? 1: it is answered now; 0; -1. */
int command_replay(struct db *db, int64_t now, struct command *c, struct err *err);
/* Run commands of the caller's to their ends, together, so that they share commits: each is prepared
 * on this thread, again when the world moved meanwhile. done() is not called; the answer or the error
 * is in each. Any thread but the writer's. */
void command_run(struct engine *e, struct db *reader, struct command *const *list, size_t n);
/* The same for one: 0, or -1 and its error in *err (NULL is allowed). */
int command_run_one(struct engine *e, struct db *reader, struct command *c, struct err *err);
/* The command is over: give the snapshot back, count it out, call done(). */
void command_finish(struct engine *e, struct command *c);
/* One attempt at preparing: takes the present snapshot. 0, -1. */
int command_prepare(struct engine *e, struct db *reader, struct command *c, struct err *err);
/* ERR_PRECONDITION_FAILED unless the If-Match header (NULL: none) names `digest` (NULL: there is
 * no representation), which is the ETag of a GET of `path`. */
int if_match_check(
	const struct if_match *if_match, const char *path, const char *digest, struct err *err);
/* Who a command is of: its token. Without authentication nobody is known, so they must say who they are
 * in the body (`named`, at `pointer`), and the record says "local:". 0, or -1 with a fault. */
int command_principal(const struct command *c, const char *named, const char *pointer,
	struct faults *faults, const char **ret);
/* Faults of a body are gathered in c->faults from here to there: 0, or -1 with the first of them as
 * ERR_INVALID_BODY. */
void command_check_begin(struct command *c);
int command_check_end(struct command *c, struct err *err);
/* Set the answer; of a dry run the status is 200 and nothing has a location. */
void command_answer(struct command *c, int status, const char *location, const struct body *body);

/* ---- ops.c: the ops thread ---- */
void *ops_main(void *engine);
/* Do what is due by time, then one command that is waiting; false: there was nothing to do. */
bool ops_step(struct engine *e);
/* A command of the engine's own for engine_commit(); `prepared` stays the caller's. */
struct command engine_job(const struct command_kind *kind, const char *actor, void *args,
	struct arena *a, struct snapshot *prepared);
/* Run it from the ops thread: no prepare, no after, no done; waits for its commit. 0, COMMAND_STALE,
 * -1. */
int engine_commit(struct engine *e, struct command *c, struct err *err);

/* ---- writer.c: the writer thread ---- */
void *writer_main(void *engine);
void writer_push(struct engine *e, struct command *c);
/* Commit what is queued, or the first of it, as one group; false: nothing was queued. */
bool writer_step(struct engine *e);
/* Wait until the group of a command that was pushed with `waited` is over. */
void writer_wait(struct engine *e, struct command *c);
/* Read what writer_state and the counters hold. */
int writer_load(struct engine *e, struct err *err);

/* ---- snapshot.c ---- */
/* Make a snapshot of the registry as it is and put it in the place of the present one. Only the
 * writer's thread (or before there are threads). */
int snapshot_renew(struct engine *e, struct err *err);

/* ---- follow-up work, on the ops thread ---- */
#define OUTBOX_REJUDGE "rejudge"
#define OUTBOX_RESLOT  "reslot" /* the policy changed: slots too */
/* One bite of what the outbox holds; `outbox_waits` says whether there is more. */
void outbox_run(struct engine *e, struct db *reader);
/* Judge anew some of the candidates that were judged against another baseline or policy, each in the
 * slot that it has now. 0: every one is judged as of now; 1: there are more; -1. */
int rejudge_bite(struct engine *e, struct db *reader, struct err *err);
/* Before a command that changed what candidates are judged against is answered: the newest ones, as
 * many as every such command can wait for. Failures are logged; the outbox holds the rest. */
void rejudge_newest(struct engine *e, struct db *reader);
/* The new ones of these units, when another state was there when they were judged. */
struct unit_row;
int rejudge_units(struct engine *e, struct db *reader, struct snapshot *s,
	const struct unit_row *units, size_t n, struct err *err);
/* Look at the service levels of the active release when it is time; roll back when one is breached. */
void slo_step(struct engine *e, struct db *reader);
/* Rows of the activation that is watched, newly stored: take them in, and look. */
struct observation;
void slo_take(struct engine *e, struct db *reader, const struct observation *const *rows, size_t n);
/* Watch what is live in `s`. 1: begun anew, with all stored rows; 0: it was watched already; -1. */
int slo_sync(struct engine *e, struct db *reader, struct snapshot *s, struct err *err);
/* The names of the levels that are breached with these rows on top, as far as that shows at once. */
void slo_foresee(const struct engine *e, const struct observation *const *rows, size_t n,
	int64_t now, struct json_writer *names);
/* Free it, and begin anew at the next look. */
void slo_forget(struct engine *e);
/* Drop some of the observations that are too old for any objective; false: there are none. */
bool observations_thin(struct engine *e, struct db *reader);
/* Say when a student is to be distilled. */
void distillation_watch(struct engine *e, struct db *reader);
/* Drills that took too long, nodes that are silent for long. */
void nodes_watch(struct engine *e, struct db *reader);
/* Enter into the history which waivers have ended. */
void waivers_watch(struct engine *e, struct db *reader);
/* Give up evidence whose subject never came; see that the anchor is the one of today. */
void evidence_watch(struct engine *e, struct db *reader);
/* Render stored bodies of another RENDER_VERSION anew; before there are threads. */
int render_renew(struct engine *e, struct err *err);

/* ---- schedule.c ---- */
struct scheduler *scheduler_new(void);
void scheduler_free(struct engine *e);
/* Write down what fell due, and look at the runs that go on; false: there was nothing to do. */
bool schedule_watch(struct engine *e, struct db *reader);
/* In apply, of a command with a run: the run is over. */
int schedule_settle(struct tx *tx, const struct command *c, struct err *err);
/* In apply: what another rule would have had run before now is not missed. */
struct cadence;
int schedule_policy_changed(
	struct tx *tx, const struct cadence *old, const struct cadence *new, struct err *err);

/* ---- ingest.c ---- */
/* Make it the command of POST /v1/manifests, for command_run(); `only` (NULL: any) is the provider that
 * the manifest has to be of. */
void manifest_command(struct command *c, const char *only, const char *text, size_t len);

/* ---- rollback.c ---- */
struct channel_row;
/* In apply: leave the active release for `to` (NULL: the most recently active warm one). */
int rollback_apply(struct tx *tx, const struct snapshot *s, const char *to, const char *cause,
	const char *reason, struct channel_row *ret, struct err *err);
/* In apply: hold what was new in `from`, but for what `to` (NULL: nothing) is made of. */
int rollback_hold_fresh(struct tx *tx, const char *from, const char *to, struct err *err);

/* ---- policy.c ---- */
int policy_bootstrap(struct engine *e, const char *text, struct err *err);
/* In apply: the version that a registry held before, under its number; nothing when there is one of this
 * number or a higher one. */
struct record_policy;
int policy_restore(
	struct tx *tx, const struct record_policy *r, const struct snapshot *s, struct err *err);

#endif
