/* SPDX-License-Identifier: Apache-2.0
 *
 * The gates: a candidate, what is live, all evidence and the policy in; a judgement with reasons out.
 * Pure: no I/O, no clock, the same inputs give the same bytes. Everything the result points to is in
 * the arena or in the inputs, which must live as long. Any thread.
 *
 * A gate passes only what is shown and fails only what is shown; the rest is Inconclusive, or Pending
 * where the policy says that the number arrives with an artifact about the candidate. Neither
 * promotes. What a gate requires and is not there has reason `missing`; an absent contract or suite
 * passes with reason `not_given` where the live unit has none either.
 *
 * Form. A unit is of the full form when it names an evaluation suite or one of its own metrics has
 * samples behind it (n, stderr, ci, paired or histogram), else of the plain form. The plain form is
 * judged by points: quality strictly higher than the baseline's, the rest within limits, every suite
 * given passed in full. In the full form suites are judged by their rate, and those that the policy
 * requires `full` must be there. A suite that the policy gives no max_rate must pass in full in both.
 * Inside the quality gate statistics apply as soon as a metric that counts has samples on either side.
 *
 * Leaving out. What the live unit has shown the candidate may not show with less: against a live unit
 * of the full form a plain one is held to the full form; a bare number against one with samples, of
 * safety, cost or latency too, can fail, never pass; a metric of the policy that the baseline gives
 * must be given (one of several success metrics only where the baseline's has samples or all of them
 * are required), and so must its suites and its contract.
 *
 * Evidence. Units that speak about the candidate (subject) count in its gates as if it had brought
 * their metrics and suites itself, in the order own first, then as given; a content digest counts
 * once. Numbers are pooled when evaluation suite, data set and judge agree (see judge_evidence.h);
 * of several ways of measuring, the one that is comparable with the baseline's counts, and each check
 * says how many units are in it and how many were left out.
 *
 * Comparability. Another suite digest, data set or judge than the baseline's, or none where the
 * baseline names one, is Inconclusive, `incomparable`; so are numbers from another suite than the current one, or
 * from a data set that the current one does not have. Latency and cost do not come from an evaluation
 * suite and are compared whatever it is.
 */
#ifndef POLICY_JUDGE_H
#define POLICY_JUDGE_H

#include "model/artifact.h"
#include "model/canonical_suite.h"
#include "model/gate.h"
#include "model/policy.h"

/* A unit and what others say about it; unit NULL: there is none. */
struct judge_side {
	const struct unit *unit;
	const struct unit *const *evidence; /* ordered by content digest, which each has */
	size_t n_evidence;
};

struct judge_waiver {
	int gate; /* enum gate */
	const char *id;
};

struct judge_input {
	struct judge_side candidate;
	/* The unit in the same slot of the active release; never the candidate itself (asserted by
	 * content digest). */
	struct judge_side baseline;
	/* The unit of the oldest release that was active in the last 90 days; no unit when that is the
	 * baseline. Where the two can be compared, the candidate has to be no worse than it by more
	 * than twice the margin (`drift`). */
	struct judge_side anchor;
	const struct policy *policy;
	const struct canonical_suite *suite; /* the current one; NULL: none is declared */
	/* Canonical documents; NULL: not known here. */
	const char *contract_text, *baseline_contract_text;
	const struct judge_waiver *waivers; /* in force for this candidate */
	size_t n_waivers;
	/* 1 for the first evaluation of this candidate on evidence, and one more whenever evidence
	 * was added since. Each look tests at alpha / max_looks; past max_looks nothing that rests on
	 * samples passes any more (`max_looks`). 0 counts as 1. */
	int64_t look;
	/* Candidates that compete for the slot at merge time; 1 or 0 for a verdict of its own. */
	int64_t contenders;
};

/* Every gate in its order, the score and the phase. */
void judge(const struct judge_input *in, struct arena *a, struct judgement *ret);

/* One gate alone, without waivers; the four in gate order make judge(). */
void judge_gate(
	enum gate gate, const struct judge_input *in, struct arena *a, struct gate_result *ret);

/* judge() of a candidate that nobody else speaks about. */
void judge_unit(const struct unit *candidate, const struct unit *baseline,
	const struct policy *policy, struct arena *a, struct judgement *ret);

/* Does the unit bring samples, or the name of its evaluation suite? */
bool unit_is_full(const struct unit *u);

/* The ranking score of a unit under the policy (NAN when a term is missing). quality = the first
 * success metric of the policy that applies to the role and is given. */
double unit_score(const struct unit *u, const struct policy *policy);

#endif
