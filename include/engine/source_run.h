/* SPDX-License-Identifier: Apache-2.0
 *
 * The inside of sources: for the files of the engine that read providers, publish to them, have them work
 * or know them by a proof. Nobody outside of the engine includes it, but for its tests.
 */
#ifndef ENGINE_SOURCE_RUN_H
#define ENGINE_SOURCE_RUN_H

#include "engine/internal.h"
#include "engine/source.h"

/* What one look at a provider's place found. */
struct source_report {
	size_t listed, unchanged;
	size_t fresh, known;	   /* manifests that came in, and that were there already */
	size_t refused, conflicts; /* not valid; other content under a known id */
	size_t failed, left;	   /* could not be read; still being written */
	struct err err;		   /* why not all was handled; ERR_NONE: it was */
};

/* An artifact to look for. */
struct probe_wish {
	int64_t artifact_seq;
	const char *uri;
	int64_t size;
};

/* How a webhook of the provider proves itself; in the set's arena. */
struct webhook_proof {
	const char *secret;		       /* a file; NULL: not by one */
	const char *issuer, *audience, *email; /* all or none */
	atomic_bool unread; /* the file could not be read or used, as the log says */
};

enum source_task { SOURCE_NONE, SOURCE_INGEST, SOURCE_INGEST_ASKED, SOURCE_PROBE, SOURCE_WORK };
enum source_state { SOURCE_IDLE, SOURCE_BUSY, SOURCE_OVER };

struct source {
	struct engine *e;
	const char *provider; /* in the set's arena */
	const struct connector_kind *kind;
	struct connector *connector; /* used by the task alone */
	int64_t timeout;
	struct webhook_proof webhook;
	int64_t publish_check; /* usec between two looks at the repository of releases */
	const char *actor;     /* connector:<provider> */
	bool probes;	       /* it can look for artifacts */
	bool works;	       /* it can start work */
	int64_t work_timeout;

	/* The ops thread's. */
	enum source_task task;
	bool abandoned; /* nobody waits for the task any more */
	pthread_t thread;
	bool thorough; /* the task asks for what was refused, too, whenever that was */
	int64_t began; /* monotonic */
	struct arena *arena;
	struct probe_wish *wishes;
	size_t n_wishes;

	/* What webhooks named stands in the registry; these say that something may, and when it is looked
	 * at, monotonic, after so many failures in a row. */
	atomic_bool asked;
	int64_t asked_not_before;
	int asked_failures;
	struct source_asks taken; /* the task's, in `arena` */

	char *note; /* on the heap, under the ops lock: what the last listing says to mend; NULL */
	struct source_report report; /* the task's until it is over */
	atomic_int state;
	atomic_bool failing;
	atomic_uint_fast64_t runs, failures, fresh, refused;
	atomic_uint_fast64_t hooks_queued, hooks_ignored, hooks_refused, hooks_untold;
	atomic_int_fast64_t hooks_told_next; /* monotonic */
	atomic_int_fast64_t last_success;
};

/* Does it look at what was asked for by name alone? */
static inline bool source_is_partial(const struct source *s)
{
	return s->task == SOURCE_INGEST_ASKED && !s->taken.all && !s->taken.again;
}

struct source_set {
	struct arena *arena;
	struct source *v;
	size_t n;
	atomic_bool stop;
	/* How an ingest waits for a server that is left alone; NULL: real time goes by. */
	void (*wait)(const struct provider_call *call, int64_t usec);
	/* The ops thread's: when it looks again, monotonic. */
	int64_t next_probe, next_look, next_work;
	uint64_t events;	      /* of the last look for artifacts */
	atomic_int_fast64_t next_due; /* when a delivery falls due, wall */
};

/* ---- source.c ---- */
/* NULL: the provider has no connector. */
struct source *source_find_in(struct source_set *set, const char *provider);
/* Open the connectors: ERR_CONFIG. */
int sources_open(struct engine *e, const struct engine_source *list, size_t n, struct err *err);
/* Say which of them the policy does not know. */
void sources_warn(const struct engine *e);
/* Stop what runs and wait for it; before the writer stops. */
void sources_stop(struct engine *e);
void sources_free(struct engine *e);
/* Begin a task; false: the source is busy. Without threads it is over on return. */
bool source_start(struct source *s, enum source_task task);
/* Is the task over? Takes it back, so that the next one may begin. */
bool source_finished(struct source *s, struct source_report *ret);
/* Take back what is over and what nobody waits for. */
void sources_tidy(struct engine *e);

/* ---- source_ask.c ---- */
/* Begin what was asked for; the ops thread. */
void asked_watch(struct engine *e, struct db *reader);
/* In apply, of a task: what it took was looked at; or it failed, and all has to be. */
int asked_settle(struct tx *tx, const struct source *s, bool failed, struct err *err);
/* Of a task that is over; the ops thread. */
void asked_over(struct source *s, bool failed);

/* ---- source_record.c, source_batch.c, source_went.c: the parts of an ingest ---- */
/* Entries in a row for which the provider could not be asked: then nobody asks for the rest. */
enum { SOURCE_DEAF_MAX = 3 };

/* What became of entries, to be written down. */
struct source_record {
	const char *provider;
	struct source_item *items;
	const bool *told; /* of each: it stands in the history already */
	size_t n;
	const char **drops; /* entries that are no longer listed */
	size_t n_drops;
};
int source_write_down(
	struct source *s, struct db *reader, struct source_record *r, struct arena *a);
/* One command, by the writer. */
int source_run_one(struct source *s, struct db *reader, const struct command_kind *kind, void *args,
	struct arena *a, struct err *err);

/* Names that were handled once and are not listed; room for all of `rows`. */
struct source_vanished {
	const char **v;
	size_t n;
};
/* Handle a listing; the rows are what was handled before. Counts in s->report, which says why on -1. */
int source_walk(struct source *s, struct db *reader, const struct provider_call *call,
	const struct source_listing *l, const struct source_items *rows,
	struct source_vanished *gone);
/* Write down how an ingest went, by s->report. The reader may be NULL: it could not be opened. */
void source_went(struct source *s, struct db *reader);

/* ---- source_ingest.c, source_probe.c: the tasks ---- */
void source_ingest(struct source *s, struct db *reader);
void source_probe(struct source *s, struct db *reader);
/* ---- distillation_run.c: start and follow the distillations that this source runs ---- */
void source_work(struct source *s, struct db *reader);
/* Have them started and followed, now and then; await what comes of them; the ops thread. */
void distillations_watch(struct engine *e, struct db *reader);
/* The one that runs distillations; NULL: none does. */
const struct source *source_that_works(const struct source_set *set);
/* Have the units of the open merge looked for, now and then; the ops thread. */
void probes_watch(struct engine *e, struct db *reader);

/* ---- quorum.c ---- */
/* A run of the ingest by the schedule began: each provider of the quorum has to deliver. */
int deliveries_open(struct engine *e, int64_t run_seq, struct err *err);
/* Decide those that are due; the ops thread. */
void deliveries_watch(struct engine *e, struct db *reader);

#endif
