/* SPDX-License-Identifier: Apache-2.0
 *
 * The inside of the judge, split off for length: how a gate collects its checks and writes its
 * sentences. Nobody but judge*.c includes this.
 */
#ifndef POLICY_JUDGE_PARTS_H
#define POLICY_JUDGE_PARTS_H

#include "policy/judge.h"

struct gate_case {
	const struct unit *candidate, *baseline;
	const struct policy *policy;
	struct arena *arena;
	struct gate_check *checks;
	size_t n, max;
	const char *pass_reason; /* of the gate when all pass; NULL: "ok" */
};

/* One more check; all numbers absent. The detail is formatted into the arena. */
struct gate_check *gate_case_add(struct gate_case *c, const char *name, enum verdict verdict,
	const char *reason, const char *fmt, ...) __attribute__((format(printf, 5, 6)));

/* The value at most or at least the limit, as a check that says so. `what` is "floor" or "ceiling".
 */
struct gate_check *gate_case_limit(
	struct gate_case *c, const char *name, double value, const char *what, double limit);

/* A required metric that is not there. */
void gate_case_missing(struct gate_case *c, const char *name);

/* Is the value within the limit? `what` as above; NAN limits nothing. */
bool limit_holds(double value, const char *what, double limit);

/* A difference without the noise of binary fractions: 12 significant digits. */
double tidy(double v);

/* Short text of a number; of two that differ, texts that differ. */
const char *number_text(struct arena *a, double v);
void number_texts(struct arena *a, double v, double w, const char **ret_v, const char **ret_w);

void judge_quality(struct gate_case *c);
void judge_latency(struct gate_case *c);
void judge_safety(struct gate_case *c);
void judge_compatibility(struct gate_case *c);

/* Does the policy's metric speak of units of this role? */
bool policy_metric_applies(const struct policy_metric *m, const char *role);

#endif
