/* SPDX-License-Identifier: Apache-2.0
 *
 * The inside of the judge: how numbers that were measured alike add up; judge_evidence.h has the rules.
 * Nobody but judge*.c includes this.
 */
#ifndef POLICY_JUDGE_POOL_H
#define POLICY_JUDGE_POOL_H

#include "policy/judge_evidence.h"

/* Edges that all histograms so far have; n 0: there was none yet. */
struct pool_bounds {
	const double *v;
	size_t n;
};

/* Keep those that the metric's histogram has, too; false, and nothing changed, when that leaves none.
 * A metric without one changes nothing. */
bool pool_bounds_meet(struct pool_bounds *common, const struct metric *m, struct arena *a);

/* One metric out of n >= 1, and of how many of them it is made; one that stands alone is returned as
 * it is. Histograms are added up between the edges of `common`. */
const struct metric *pool_metrics(const struct metric *const *m, size_t n, enum pool pool,
	const struct pool_bounds *common, const char *baseline_id, struct arena *a,
	int64_t *ret_pooled);

/* Both as one suite of all their cases, in the arena; the rest is s's. */
const struct suite *pool_suites(const struct suite *s, const struct suite *t, struct arena *a);

#endif
