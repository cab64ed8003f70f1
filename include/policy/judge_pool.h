/* SPDX-License-Identifier: Apache-2.0
 *
 * The inside of the judge: how numbers that were measured alike add up; judge_evidence.h has the rules.
 * Nobody but judge*.c includes this.
 */
#ifndef POLICY_JUDGE_POOL_H
#define POLICY_JUDGE_POOL_H

#include "policy/judge_evidence.h"

/* One metric out of n >= 1, and of how many of them it is made; one that stands alone is returned as
 * it is. */
const struct metric *pool_metrics(const struct metric *const *m, size_t n, enum pool pool,
	const char *baseline_id, struct arena *a, int64_t *ret_pooled);

const struct suite *pool_suites(const struct suite *s, const struct suite *t, struct arena *a);

#endif
