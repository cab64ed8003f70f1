/* SPDX-License-Identifier: Apache-2.0
 *
 * What a parsed fusion block says: where a request goes, who wins a vote, on which branch a key is;
 * what in the block does nothing; and what is left of it when a provider is lost. Pure; any thread
 * may call anything over a block that nobody changes.
 */
#ifndef POLICY_FUSION_H
#define POLICY_FUSION_H

#include "model/fusion.h"

/* ---- Routing (fusion.c) ---- */

struct fusion_entry {
	const char *name;
	struct fusion_value value; /* FUSION_NONE: as if it were not there */
};
struct fusion_request {
	const struct fusion_entry *fields;
	size_t n;
};

/* Types are strict; what the request lacks matches nothing, not even `ne`. */
bool fusion_condition_holds(const struct fusion_condition *c, const struct fusion_value *value);

struct fusion_choice {
	const char *name; /* of the route; "default" */
	const char *to;
	const struct strings *fallback;
};
/* The first route that matches, else the default. */
struct fusion_choice fusion_route(const struct fusion *f, const struct fusion_request *request);

/* SHA-256(salt || 0 || key), its first 8 bytes as a big-endian number, modulo 10000. */
int fusion_bucket(const char *salt, const char *key);
/* The branch of this request: by the key's text; without one, as if it were empty. */
const struct fusion_branch *fusion_branch(
	const struct fusion_split *s, const struct fusion_request *request);

/* ---- Voting (fusion.c) ---- */

enum vote_reason { VOTE_QUORUM, VOTE_TIE, VOTE_NO_QUORUM, VOTE_MIN_VOTES, VOTE_VETO };
const char *vote_reason_name(enum vote_reason reason);

struct fusion_vote {
	const char *label;
	enum vote_reason reason;
	double tally[FUSION_LABELS_MAX]; /* weight of each label in the ensemble's order */
	int64_t votes;			 /* valid ones */
};

/* `votes[i]` is what member i said; NULL: an error or nothing in time. Members beyond n said nothing.
 * When several vetoes were cast the safest wins. */
struct fusion_vote fusion_vote(const struct fusion_ensemble *e, const char *const *votes, size_t n);

/* ---- A request's whole way (fusion_walk.c) ---- */

/* What a model did: an HTTP status, or 0 for none in time; the label it voted for. */
struct fusion_reply {
	int status;
	const char *label;
};
struct fusion_world {
	struct fusion_reply (*ask)(void *context, const char *model);
	void *context;
};

struct fusion_outcome {
	int status;	   /* of the last that was tried */
	const char *by;	   /* the model that answered or failed last; NULL: a label is the answer */
	const char *label; /* when `by` is NULL */
	enum vote_reason reason;
	struct strings trace; /* "route:NAME", "ENSEMBLE=LABEL/REASON", "SPLIT=TARGET", models */
};

/* Route, and on any failure fall back in order. */
struct fusion_outcome fusion_walk(const struct fusion *f, const struct fusion_request *request,
	struct fusion_world world, struct arena *a);

/* ---- What does nothing (fusion_findings.c) ---- */

/* Adds to the list: rules that can never match (in themselves, or because earlier ones take all that
 * they would), models, ensembles and splits that neither a rule nor the distillation reaches, triggers
 * over a signal that nobody measures. Sound, not complete: what it names is so. */
void fusion_findings(
	const struct fusion *f, const char *pointer, struct arena *a, struct faults *findings);

/* ---- Without a provider (fusion_plan.c) ---- */

/* Plan B: the block without the models for which `is_lost` says true. 0, or -1 with the reasons in
 * `faults`: a route that reaches no model any more, an ensemble without its quorum, a gate without
 * what it opens. Shares memory with `f`. The buckets of a lost branch go to a neighbour, so that no
 * other key moves. */
int fusion_without(const struct fusion *f,
	bool (*is_lost)(void *context, const struct fusion_model *), void *context,
	const char *pointer, struct arena *a, struct fusion *ret, struct faults *faults);

#endif
