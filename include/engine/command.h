/* SPDX-License-Identifier: Apache-2.0
 *
 * A command: one request (or one job of the engine's own) that changes the registry. Decide, then
 * commit, then act:
 *
 *	prepare   outside the writer, on a reading connection: validate against the state, judge
 *	apply     on the writer's thread, in a step of the group's transaction: checks that the world it
 *	          was prepared against still stands (command_stale), writes state, history and outbox
 *	after     on the engine's ops thread, after the commit: follow-up work, may run twice
 *	done      once, after all that, on any thread: hand the answer to whoever waits
 *
 * Threads: a manifest is prepared on the thread that submits it (command_submit_here); every other
 * command goes through the ops thread (command_submit), one at a time, so that of all that moves a
 * channel or makes a merge exactly one is deciding at any moment. A command found stale by the writer
 * is prepared again on the ops thread, at most COMMAND_ATTEMPTS times.
 *
 * Ownership: the submitter owns the command and its arena and must leave both alone from the submit
 * until done() is called; the answer's strings live in the arena.
 */
#ifndef ENGINE_COMMAND_H
#define ENGINE_COMMAND_H

#include "base/arena.h"
#include "base/digest.h"
#include "base/err.h"
#include "base/fault.h"
#include "db/db.h"
#include "store/body.h"

struct engine;
struct job_run;
struct snapshot;
struct tx;
struct command;

enum { COMMAND_ATTEMPTS = 8 };

/* What a successful command answers. */
struct answer {
	int status;	      /* 200, 201, 202, 204 */
	const char *location; /* path, or NULL */
	const char *body;     /* JSON, or NULL */
	size_t body_len;
	const char *etag;	 /* digest of the body when it is a resource's, or NULL */
	const char *replay_body; /* what a retry gets and the registry keeps, when the body holds a
				    secret; or NULL: the body */
};

/* A retried request is recognised by it; NULL key: none was given. Written in the same transaction as
 * the effect. Errors are not stored: a refused request may be tried again with the same key. */
struct idempotency {
	const char *key, *route; /* "POST /v1/manifests" */
	char request_digest[DIGEST_STRLEN];
};

/* What a request says the resource still is: one of these digests. */
struct if_match {
	bool any; /* "*": it only has to be there */
	const char *const *digests;
	size_t n;
};

/* A run of a job that is over with a command: in the command's transaction `tell` says how. */
struct run_link {
	int64_t id;
	void (*tell)(const struct command *c, struct job_run *ret);
};

struct command_kind {
	const char *name; /* for logs and metrics */
	/* 0, -1, or COMMAND_WAIT */
	int (*prepare)(struct engine *e, struct db *reader, struct command *c, struct err *err);
	/* 0, -1, or COMMAND_STALE */
	int (*apply)(struct tx *tx, struct command *c, struct err *err);
	void (*after)(struct engine *e, struct db *reader, struct command *c); /* NULL: nothing */
};
/* COMMAND_STALE: to be prepared again. COMMAND_WAIT, of prepare on the ops thread: again, after the
 * commands that came later; what it waits for goes on meanwhile. */
enum { COMMAND_STALE = 1, COMMAND_WAIT = 2 };

struct command {
	/* set by the submitter */
	struct arena *arena;
	const char *actor; /* "token:<id>", "controller:slo", "local" */
	const char *request_id;
	struct idempotency idempotency;
	const struct if_match *if_match; /* NULL: none was sent; for what moves a channel */
	const struct run_link *run;	 /* NULL: no job's */
	bool dry_run; /* prepare and apply, then undo; the answer says what would be */
	void (*done)(struct command *c);
	void *owner; /* the submitter's */

	/* set by the verb (manifest_submit, merge_submit, ...) */
	const struct command_kind *kind;
	void *args; /* the verb's own, in the arena */

	/* results, valid in done(): failed when err.code != ERR_NONE */
	struct err err;
	struct faults *faults;	 /* with ERR_INVALID_*, or NULL */
	const char *err_members; /* further members of the problem, JSON object text, or NULL */
	struct answer answer;
	bool replayed; /* answered from a stored Idempotency-Key */

	/* the engine's own */
	struct snapshot *prepared; /* held from prepare to apply */
	int attempts;
	bool here;    /* prepared on the submitter's thread */
	bool waited;  /* the ops thread waits for its commit */
	bool written; /* the commit is over; under the writer's lock */
	int result;   /* of the last attempt: 0, -1, COMMAND_STALE */
	struct command *next;
};

/* Queue it. Returns 0; or -1 with ERR_UNAVAILABLE (queue full) or ERR_DRAINING, and done() is not
 * called. */
int command_submit(struct engine *e, struct command *c, struct err *err);

/* The same with prepare on the calling thread. -1 when prepare refused it, too; done() is not called. */
int command_submit_here(struct engine *e, struct db *reader, struct command *c, struct err *err);

/* In apply: has the channel, the policy or anything else that candidates are judged against moved since
 * `prepared`? */
bool command_stale(const struct tx *tx, const struct command *c);

#endif
