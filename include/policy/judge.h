/* SPDX-License-Identifier: Apache-2.0
 *
 * The gates: candidate, baseline and policy in, judgement with reasons out. Pure: no I/O, no clock,
 * the same inputs give the same bytes. Everything the result points to is in the arena or in the
 * inputs, which must live as long. Any thread.
 *
 * `baseline` is the unit in the same slot of the active release, NULL before the first release or
 * for a new slot; a unit is never judged against itself (asserted by content digest). Metrics of the
 * plain form are compared as points. What a gate requires and is not there makes it Inconclusive with
 * reason `missing`, naming the metric; an absent contract or suite passes with reason `not_given`.
 */
#ifndef POLICY_JUDGE_H
#define POLICY_JUDGE_H

#include "model/artifact.h"
#include "model/gate.h"
#include "model/policy.h"

void judge_unit(const struct unit *candidate, const struct unit *baseline,
	const struct policy *policy, struct arena *a, struct judgement *ret);

/* One gate alone; the four in gate order make judge_unit. */
void judge_gate(enum gate gate, const struct unit *candidate, const struct unit *baseline,
	const struct policy *policy, struct arena *a, struct gate_result *ret);

/* The ranking score of a unit under the policy (NAN when a term is missing). quality = the first
 * success metric of the policy that applies to the role and is given. */
double unit_score(const struct unit *u, const struct policy *policy);

#endif
