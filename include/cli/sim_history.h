/* SPDX-License-Identifier: Apache-2.0
 *
 * What a registry tells of its past, read from its history and its append-only tables alone, and
 * whether it kept the promises. Nothing of the engine is used here: what decides must not be what
 * checks.
 */
#ifndef CLI_SIM_HISTORY_H
#define CLI_SIM_HISTORY_H

#include "model/field.h"
#include "model/job_run.h"
#include "model/policy.h"
#include "model/release.h"
#include "policy/cadence.h"

/* The members of an event's data that somebody asks for; absent: NULL, -1. */
struct sim_event_data {
	const char *merge, *from, *to, *cause, *blocked, *judgement;
	int64_t serial, run;
	int override;
};
struct sim_event {
	int64_t seq, at;
	const char *type, *subject, *actor, *reason;
	struct sim_event_data *data; /* never NULL once loaded */
};

struct sim_policy {
	int64_t event_seq; /* in force from this event on */
	struct policy policy;
};

/* A unit of a release as it was promoted. */
struct sim_unit {
	const char *slot, *id;
	bool fresh, judged; /* there is a judgement that the promotion rests on */
	enum phase phase;   /* its */
	bool waived;	    /* a gate passed by leave */
	const char *gate;   /* the first one that did not pass; NULL: none */
};
struct sim_release {
	const char *version, *merge;
	struct sim_unit *units;
	size_t n_units;
	const char *merge_gate; /* the first gate of the combination that did not pass */
};

/* Where judgements are, by digest. */
struct sim_judgement {
	const char *digest;
	int64_t seq;
};

struct sim_history {
	struct arena *arena;
	struct sim_judgement *judgements; /* sorted by digest */
	size_t n_judgements;
	int64_t bad_link; /* the first entry of the history that does not hold; 0: all do */
	struct sim_event *events;
	size_t n_events;
	struct sim_policy *policies; /* oldest first */
	size_t n_policies;
	struct sim_release *releases; /* oldest first */
	size_t n_releases;
	struct job_run *runs; /* oldest first */
	size_t n_runs;
	struct freeze *freezes;
	size_t n_freezes;
};

struct db;
int sim_history_load(struct db *db, struct arena *a, struct sim_history *ret, struct err *err);
/* The judgement of this digest, in `a`. 1, 0 (there is none), -1. */
int sim_judgement_load(struct db *db, const struct sim_history *h, const char *digest,
	struct arena *a, struct judgement *ret, struct err *err);

/* Where a registry stands: when its newest entry was made (0: there is none), and its policy. */
int sim_registry_end(const char *path, struct arena *a, int64_t *ret_at, const char **ret_policy,
	struct err *err);

/* ---- sim_check.c ---- */
struct sim_violation {
	int64_t seq; /* of the event; 0: of none */
	const char *what;
};
struct sim_verdict {
	struct sim_violation *v;
	size_t n;
	/* So that one sees that there was something to check. */
	int64_t promotions, overridden, rollbacks, runs;
};
/* Violations in the order of the history. */
int sim_check(
	const struct sim_history *h, struct arena *a, struct sim_verdict *ret, struct err *err);

#endif
