/* SPDX-License-Identifier: Apache-2.0
 *
 * What connectors brought: entries of listings as they were handled last, how each provider's runs
 * went, up to when each has to deliver, and what looking for artifacts found. None of it is history;
 * events are.
 */
#ifndef STORE_SOURCE_H
#define STORE_SOURCE_H

#include "model/field.h"
#include "store/body.h"

/* FAILED: it could not be read; tried again by every run. */
enum source_outcome { SOURCE_STORED, SOURCE_REFUSED, SOURCE_CONFLICT, SOURCE_FAILED };
extern const struct field_names source_outcome_names;

struct source_item {
	const char *name, *version;
	int outcome;
	const char *digest;	/* of the bytes, or NULL */
	int64_t policy_version; /* by which it was refused */
	const char *code, *pointer, *detail;
	int64_t handled_at;
	int64_t refused_at; /* first, as it is; 0: it was not */
	int64_t tries;	    /* since then */
	const char *built;  /* of a new one made by its connector: of what (JSON); not stored */
};
struct source_items {
	struct source_item *v;
	size_t n;
};

/* All of a provider by name: without pointer and detail. */
int source_items_load(struct db *db, const char *provider, struct arena *a,
	struct source_items *ret, struct err *err);
int source_item_put(
	struct db *db, const char *provider, const struct source_item *i, struct err *err);
int source_item_drop(struct db *db, const char *provider, const char *name, struct err *err);
/* Those that did not come in, newest first, and how many there are; without version. */
int source_refused(struct db *db, const char *provider, int64_t limit, struct arena *a,
	struct source_items *ret, int64_t *ret_total, struct err *err);

/* What somebody said is worth a look, at most SOURCE_ASKS_MAX names of a provider; when there are more, and
 * with the empty name, all that is there. SOURCE_ASK_AGAIN is all, too, after an ingest that failed: no
 * entry of a provider that takes webhooks is called so. */
enum { SOURCE_ASKS_MAX = 32 };
#define SOURCE_ASK_AGAIN "*"
struct source_ask {
	const char *name;
	int64_t times;
};
struct source_asks {
	struct source_ask *v; /* by name */
	size_t n;
	bool all, again;
};
int source_asks_load(struct db *db, const char *provider, struct arena *a, struct source_asks *ret,
	struct err *err);
int source_ask_put(
	struct db *db, const char *provider, const char *name, struct arena *a, struct err *err);
/* It was looked at: dropped unless it was asked for again since it was loaded. */
int source_asks_drop(
	struct db *db, const char *provider, const struct source_asks *asks, struct err *err);

struct source_row {
	const char *provider, *connector;
	int64_t last_run_at, last_success_at, failing_since; /* 0: never, not */
	const char *code, *detail;			     /* of the last error, or NULL */
	int64_t failed_at, listed;
};
int source_find(struct db *db, const char *provider, struct arena *a, struct source_row *ret,
	struct err *err);
int source_put(struct db *db, const struct source_row *r, struct err *err);

/* When the newest manifest of the provider came; of those that came up to `until` (0: all). */
int delivery_newest(
	struct db *db, const char *provider, int64_t until, int64_t *ret_at, struct err *err);

struct ingest_due {
	int64_t run_seq;
	const char *provider;
	int64_t since, due_at;
	int64_t closed_at, delivered_at; /* 0: not yet; closed and not delivered: missed */
};
struct ingest_dues {
	struct ingest_due *v;
	size_t n;
};
/* Nothing happens when it is there. */
int ingest_due_insert(struct db *db, const struct ingest_due *d, struct err *err);
int ingest_due_last(struct db *db, const char *provider, struct arena *a, struct ingest_due *ret,
	struct err *err);
/* Open ones that are due by `now`. */
int ingest_dues_overdue(
	struct db *db, int64_t now, struct arena *a, struct ingest_dues *ret, struct err *err);
/* The earliest that is open: 1, 0, -1. */
int ingest_due_next(struct db *db, int64_t *ret_at, struct err *err);
int ingest_due_close(struct db *db, const struct ingest_due *d, struct err *err); /* 1, 0, -1 */
/* Those of the newest run that has any. */
int ingest_dues_newest(struct db *db, struct arena *a, struct ingest_dues *ret, struct err *err);
int ingest_missed_count(struct db *db, const char *provider, int64_t *ret, struct err *err);

/* FAILED: nobody could tell. */
enum artifact_reach { REACH_REACHABLE, REACH_MISSING, REACH_UNKNOWN, REACH_FAILED };
extern const struct field_names artifact_reach_names;
struct artifact_probe {
	int64_t artifact_seq, at;
	int verdict;
	const char *detail;
};
int artifact_probe_find(struct db *db, int64_t artifact_seq, struct arena *a,
	struct artifact_probe *ret, struct err *err);
int artifact_probe_put(struct db *db, const struct artifact_probe *p, struct err *err);

#endif
