/* SPDX-License-Identifier: Apache-2.0
 *
 * Answers about what might be: what keeps a merge or an artifact from going on, and which verdicts
 * another policy would turn.
 */
#ifndef MODEL_PROMOTABILITY_H
#define MODEL_PROMOTABILITY_H

#include "model/field.h"

struct blocker {
	const char *code; /* of the problem that a promotion would answer with */
	const char *slot, *id;
	int gate; /* enum gate, -1: none */
	const char *check, *reason, *detail;
	double value, baseline, limit, short_by;
	int64_t n, n_needed;
};

struct promotability {
	const char *merge, *artifact; /* one of them */
	const char *state;	      /* of the merge, or the artifact's phase */
	int promotable;
	int64_t earliest;     /* when it can go on, where that is known */
	struct list blockers; /* struct blocker, in the order in which they are met */
	size_t left_out;      /* beyond the list; its last says so */
};
extern const struct field_table promotability_table;

struct simulation_request {
	const char *policy; /* the draft, JSON text */
	int64_t since;
};
extern const struct field_table simulation_request_table;

struct gate_flip {
	int gate, from, to; /* enum gate, enum verdict */
	const char *reason, *detail;
};
struct flip {
	const char *provider, *id, *slot, *judgement;
	int from, to;	   /* enum phase */
	struct list gates; /* struct gate_flip */
};
struct simulation {
	const char *policy_digest;
	int64_t judged, skipped;
	struct list flips; /* struct flip */
	const char *next_page_token;
};
extern const struct field_table simulation_table;

/* A candidate of a slot by what it gives and what it takes. */
struct tradeoff {
	const char *provider, *id;
	int phase;
	double quality, cost_per_1k_tokens, latency_ms_p95;
	int dominated;
	const char *dominated_by;
};
struct tradeoffs {
	const char *slot;
	struct list candidates; /* struct tradeoff, newest first */
};
extern const struct field_table tradeoffs_table;

#endif
