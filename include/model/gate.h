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
	double short_by;      /* how much is missing to pass, > 0 when failed by a number */
	const char *method;   /* "point", "bootstrap", or a test's name */
	const char *evidence; /* "point": bare numbers; "samples": a test or a limit on counts */
	const char *against;  /* "anchor"; NULL: the baseline, or nothing */
	int64_t n, n_needed;
	int64_t events;		   /* violations and errors, or samples over the limit */
	int64_t pooled, left_out;  /* units whose numbers are in it, and whose are not */
	double d, ci_lo, ci_hi, p; /* d, better is positive; interval of level 1 - 2 alpha */
	double p_adjusted;	   /* by Holm, over the metrics of the gate */
	double margin;		   /* what d was tested against: -margin */
	/* Of a change of the contract. */
	const char *pointer, *direction, *level;
};

struct gate_result {
	int gate;    /* enum gate */
	int verdict; /* enum verdict: the worst of its checks */
	const char *reason, *detail;
	int waived;	    /* 1: passes only by the waiver; else absent */
	const char *waiver; /* its id */
	int judged;	    /* enum verdict, what it was without the waiver */
	struct list checks; /* struct gate_check */
};

struct judgement {
	int phase;		     /* enum phase: the worst of the gates */
	const char *baseline;	     /* artifact id it was compared with, NULL for none */
	const char *baseline_digest; /* its content digest */
	const char *policy_digest;
	const char *anchor, *anchor_digest; /* the old release's unit, NULL: not judged against */
	const char *suite;		    /* digest of the current canonical suite */
	struct strings evidence;	    /* content digests of what was counted in */
	struct strings baseline_evidence, anchor_evidence;
	const char *form;	    /* "plain" or "full" */
	int64_t look, max_looks;    /* which evaluation on evidence, of how many */
	int64_t contenders;	    /* candidates among which alpha is split */
	double alpha;		    /* of one test, after the splits */
	const char *contract_level; /* version step that the contract forces; NULL: not compared */
	double score;		    /* ranks those that pass; NAN when a term is missing */
	struct list gates;	    /* struct gate_result, GATES of them, in order */
};
extern const struct field_table gate_check_table, gate_result_table, judgement_table;

#endif
