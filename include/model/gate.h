/* SPDX-License-Identifier: Apache-2.0
 *
 * What the gates said of one candidate: the rendered form is stored with its digest and served by
 * .../gates. `reason` is a stable word for scripts, `detail` one sentence for people, with the
 * numbers: "quality 0.93 < floor 0.95 (short by 0.02)".
 */
#ifndef MODEL_GATE_H
#define MODEL_GATE_H

#include "model/phase.h"

/* One comparison inside a gate. NAN and NULL: does not apply. */
struct gate_check {
	const char *name; /* the metric or suite */
	int verdict;	  /* enum verdict */
	const char *reason;
	const char *detail;
	double value, baseline, limit;
	double short_by;    /* how much is missing to pass, > 0 when failed by a number */
	const char *method; /* "point", "bootstrap", or a test's name */
	int64_t n, n_needed;
	double d, ci_lo, ci_hi, p;
};

struct gate_result {
	int gate;    /* enum gate */
	int verdict; /* enum verdict: the worst of its checks */
	const char *reason, *detail;
	struct list checks; /* struct gate_check */
};

struct judgement {
	int phase;		     /* enum phase: the worst of the gates */
	const char *baseline;	     /* artifact id it was compared with, NULL for none */
	const char *baseline_digest; /* its content digest */
	const char *policy_digest;
	double score;	   /* ranks those that pass; NAN when a term is missing */
	struct list gates; /* struct gate_result, GATES of them, in order */
};
extern const struct field_table gate_check_table, gate_result_table, judgement_table;

#endif
