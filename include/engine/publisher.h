/* SPDX-License-Identifier: Apache-2.0
 *
 * Publishes releases to a repository (the Hub's), keeps the channel's file there, and looks whether all
 * is as it was left. What is due is derived from the registry: every release that does not stand there
 * yet, in the order of their making, and a channel that moved. So nothing is lost by a restart, and a
 * commit whose answer never came is found at the head instead of being made again.
 *
 * One thread of its own (in an engine without threads: publisher_pass); it writes through commands.
 */
#ifndef ENGINE_PUBLISHER_H
#define ENGINE_PUBLISHER_H

#include "engine/engine.h"
#include "engine/keyring.h"
#include "engine/source_run.h"
#include "model/publication.h"
#include "model/request.h"
#include "policy/publication.h"
#include "provider/repository.h"
#include "spiralfed/node.h"
#include "store/publication.h"

struct publisher;
/* Of the first source whose connector has a repository; without one it does nothing. */
struct publisher *publisher_new(struct engine *e);
void publisher_start(struct publisher *p);
/* Have what is under way end soon; before publisher_stop(). NULL is allowed, here and below. */
void publisher_hurry(struct publisher *p);
void publisher_stop(struct publisher *p);
void publisher_free(struct publisher *p);
/* Do what is due now. */
void publisher_pass(struct publisher *p, struct db *reader);
/* The same by the thread; *reader is opened when it is NULL, and stays NULL until it can be. */
void publisher_turn(struct publisher *p, struct db **reader);

/* NULL: none is configured. */
const struct source *publisher_source(const struct engine *e);
/* How old a look may be before the checklist asks for another; usec. */
int64_t publisher_interval(const struct engine *e);

/* GET /v1/hub; any thread, from its reader. */
int publication_show(struct engine *e, struct db *reader, struct arena *a,
	struct publication_status *ret, struct err *err);
/* The same without state and counts of releases: it takes no longer the more there are. */
int publication_glance(struct engine *e, struct db *reader, struct arena *a,
	struct publication_status *ret, struct err *err);

/* POST /v1/hub/acknowledge: 200 with GET /v1/hub; README.md and CHANGELOG.md are taken as they are. 409:
 * neither differs; what else does can't be acknowledged. */
int publication_acknowledge(
	struct engine *e, struct command *c, const struct reason_request *r, struct err *err);

/* ---- Inside ---- */

/* struct publication_drift as a JSON array; NULL: too much. */
const char *publication_drift_text(const struct list *drift, struct arena *a);

/* One look: what the repository shows and what the registry knows. */
struct publication_look {
	struct published_state state;
	struct repository_refs refs;
	struct publication_view view;
	struct publication_row *rows;
	struct published_file *left;
	size_t n_left;
	struct spiralfed_key keys[KEYRING_MAX]; /* that sign now */
	size_t n_keys;
	bool unrecorded;     /* a commit of ours is there that the registry does not know yet */
	int64_t head_serial; /* of the channel, as that one shows it */
};
/* 0, -1: ERR_UNREACHABLE and the like. ---- publication_look.c */
int publication_look(const struct source *s, const struct provider_call *call, struct db *reader,
	struct publication_look *ret, struct err *err);

/* Where to ask, and what is known: for both files of a look. */
struct looking {
	const struct source *s;
	const struct provider_call *call;
	struct db *reader;
	struct publication_look *l;
	struct publication_file files[PUBLISHED_PATHS]; /* at the head, in the order of the paths */
};
const char *publication_found_at(const struct publication_file *files, const char *path);
/* 1, 0, -1. Either may be as large as a file that others write: into an arena of its own. */
int publication_read_at(const struct looking *x, const char *commit, const char *path,
	struct arena *into, struct source_document *ret, struct err *err);
/* Of each file the digest, NULL where there is none, into what lives as long as the look. */
int publication_digests_at(const struct looking *x, const char *commit,
	struct publication_file *files, struct err *err);
/* Is it ours? Sets what of the view speaks of that. ---- publication_own.c */
int publication_own(struct looking *x, struct err *err);

/* What a step left behind. ---- publication_record.c */
struct publication_left {
	const char *version, *commit; /* a release that stands there now; NULL: none */
	const char *head;
	const struct repository_file *files; /* as they are at the head now */
	size_t n_files;
	int64_t serial; /* the channel's file shows it; -1: not written */
};
int publication_left(struct engine *e, struct db *reader, const struct publication_left *l,
	struct arena *a, struct err *err);
/* What a look found: at `head` (NULL: unknown) drift (struct publication_drift), or a failure (why->code
 * not ERR_NONE). */
int publication_found(struct engine *e, struct db *reader, const char *head,
	const struct list *drift, const struct err *why, struct arena *a, struct err *err);

#endif
