/* SPDX-License-Identifier: Apache-2.0
 *
 * The inside of the judge: a metric that a gate of its own gives a limit. Nobody but judge*.c includes
 * this.
 */
#ifndef POLICY_JUDGE_LIMITS_H
#define POLICY_JUDGE_LIMITS_H

#include "policy/judge_parts.h"

struct limited {
	const char *name;
	enum limit_kind what;
	double limit;
	enum metric_kind kind;
	enum metric_direction direction;
	enum pool pool;
	bool by_suite;	 /* the evaluation suite makes a difference */
	bool needs_both; /* compared only where the baseline has samples, too */
	bool limit_only; /* never compared */
	double margin, margin_rel;
	const struct strings *from_evidence;
};

/* Adds one check to the case: of a bare number against the limit, of samples by a test of both the limit and
 * the baseline; that there is none, when nobody gave the number. */
void judge_limited(struct gate_case *c, const struct limited *l);

#endif
