/* SPDX-License-Identifier: Apache-2.0
 *
 * How many samples a policy wants, kind by kind: metrics as proportions and means, singly and in
 * pairs, safety suites, latency, cost. Pure; the numbers are those of the judges' own `n_needed`.
 */
#ifndef POLICY_PLAN_H
#define POLICY_PLAN_H

#include "model/policy.h"

/* What is expected to be measured; NAN: the usual. */
struct plan_assumptions {
	double value; /* what the live unit reaches: 0.85; safety: four fifths of the way from its
		       * floor to 1; cost: half of its ceiling */
	double gain;  /* how much better the candidate is: 0.02 */
	double sd;    /* of one sample of a mean: 0.3; of cost: 0.3 of the value */
	double discordant;  /* share of pairs that differ: 0.1 */
	double slow;	    /* share of requests over the latency's limit: 0.02 */
	int64_t contenders; /* that share alpha at a merge; 0: one */
};

struct plan_row {
	const char *what;
	int64_t n; /* -1: no number does */
};

/* A metric, suite or limit. */
struct plan_subject {
	const char *name, *kind;
	const char *assumed; /* in words, "" for nothing */
	double alpha;	     /* of one test */
	struct list rows;    /* struct plan_row */
};

/* All subjects, or only the one of this name, in the policy's order. */
void policy_plan(const struct policy *p, const struct plan_assumptions *x, const char *only,
	struct arena *a, struct list *ret);

/* alpha of one test: the policy's over looks and contenders. */
double plan_alpha(double alpha, const struct policy_gates *g, int64_t contenders);
/* The power that the judges plan for. */
double plan_power(void);

#endif
