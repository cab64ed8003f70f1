/* SPDX-License-Identifier: Apache-2.0
 *
 * Answers about what might be: what keeps a merge or an artifact from going on, and which verdicts
 * another policy would turn.
 */
#ifndef MODEL_PROMOTABILITY_H
#define MODEL_PROMOTABILITY_H

#include "model/field.h"

/* Numbers as in struct gate_check. */
struct blocker {
	const char *code; /* of the problem that a promotion would answer with */
	const char *item; /* of the checklist; NULL: of an artifact alone */
	const char *slot, *id;
	int gate; /* enum gate, -1: none */
	const char *check, *reason, *detail;
	double value, baseline, limit, short_by;
	int64_t n, n_needed;
	int64_t until;	       /* when it goes by itself; 0: it does not */
	const char *needs;     /* what has to come; NULL: just that time */
	int overridable;       /* 1: `override` passes it */
	int64_t since;	       /* when it came; 0: not known */
	enum err_code problem; /* of `code` */
	bool definite;	       /* a no; else more evidence may still turn it */
};

/* What a merge would make of a candidate now, with alpha split over all that compete for its slot. */
struct at_merge {
	int64_t competing;
	double alpha; /* of one test */
	int phase;    /* enum phase: its verdict with that */
	int passes;
	const char *detail;
};

struct promotability {
	const char *merge, *artifact; /* one of them */
	const char *state;	      /* of the merge, or the artifact's phase */
	int promotable;
	int64_t earliest;	   /* of a promotion; 0: something has to come first, see `needs` */
	struct strings needs;	   /* of the blockers, each once */
	struct list blockers;	   /* struct blocker, in the order in which they are met */
	struct at_merge *at_merge; /* of an artifact that was judged for a slot */
};
extern const struct field_table promotability_table, blocker_table;

/* At most BLOCKERS_MAX are listed; the last one then says how many more there are. */
enum { BLOCKERS_MAX = 512, NEEDS_MAX = 32 };

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
	int from, to;	    /* enum phase */
	struct list gates;  /* struct gate_flip */
	const char *detail; /* the same in one sentence */
};
struct simulation {
	const char *policy_digest;
	int64_t judged, skipped;
	struct list flips; /* struct flip */
	int64_t next;	   /* where to go on; 0: that was all */
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
