/* SPDX-License-Identifier: Apache-2.0
 *
 * The inside of the judge: what a unit and those who speak about it say of one metric or suite. Nobody
 * but judge*.c includes this.
 *
 * A reading is what was measured in one way: same evaluation suite, same data set, same judge, each
 * named alike or by nobody. Of its units those are pooled whose numbers add up:
 *	proportions	counts: k = sum k, n = sum n. Where one is clustered (stderr, ci), its standard
 *			error is kept: se = sqrt(sum (n_i se_i)^2) / n
 *	means		x = sum n_i x_i / n, se = sqrt(sum (n_i se_i)^2) / n (Cochran, Sampling Techniques,
 *			3rd ed., 5.3 and 5.9: independent strata in proportion to their n)
 *	pairs		with the same baseline: b, c and n, or mean_diff and stderr_diff likewise
 *	histograms	that share an edge: counts between the edges that all of them have
 *	suites		with the same digest: all counts, category by category
 * Clusters add, where one without any has its n as clusters. What does not add up (a bare number, a
 * mean without standard error) is left out as soon as something with samples is there; of several that
 * cannot be pooled the one with the most samples counts, of equal ones the first. Histograms that share
 * no edge are readings of their own. Where one reading has samples, those without any do not count.
 */
#ifndef POLICY_JUDGE_EVIDENCE_H
#define POLICY_JUDGE_EVIDENCE_H

#include "policy/judge.h"

enum pool { POOL_PROPORTION, POOL_MEAN, POOL_HISTOGRAM };

struct reading {
	const struct metric *metric;	  /* NULL: nobody gives it */
	const struct named_digest *suite; /* evaluation suite; NULL: not named, or of no concern */
	int64_t pooled, left_out;	  /* units */
};

/* The readings of a metric, in order of their first unit. `by_suite`:
 * whether the evaluation suite makes a difference. `baseline_id`: of the pairs that count, or NULL. */
struct readings {
	struct reading *v;
	size_t n;
};
void evidence_readings(const struct judge_side *side, const char *name, enum pool pool,
	bool by_suite, const char *baseline_id, struct arena *a, struct readings *ret);

/* The same of a safety suite: one for each digest of it. */
struct suite_reading {
	const struct suite *suite;
	int64_t pooled;
	int64_t least; /* cases of the shortest run */
};
struct suite_readings {
	struct suite_reading *v;
	size_t n;
};
void evidence_suites(const struct judge_side *side, const char *name, struct arena *a,
	struct suite_readings *ret);

/* Unit i of a side, the unit itself first; NULL when it repeats an earlier one. */
const struct unit *evidence_unit(const struct judge_side *side, size_t i);

/* Does the metric say anything of its samples? */
bool metric_is_sampled(const struct metric *m);

/* Can it be tested against the unit of that id (NULL: against a limit)? Pairs with another unit, or n
 * of a mean without its error, do not make a bare number more. */
bool metric_is_testable(const struct metric *m, int kind, const char *baseline_id);

/* Do both name it, and differently? */
bool named_differ(const struct named_digest *a, const struct named_digest *b);

#endif
