/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Evidence: what a manifest says it measured. Plain values without behaviour: the manifest's field
 * tables fill them, the gates in policy read them. Everything points into storage of the owner (an
 * arena, as a rule) and is never written through.
 *
 * One convention throughout: an absent number is NAN, an absent count is -1, an absent string or
 * part is NULL. A count that was given and is negative is not absent: it is refused while parsing,
 * and metric_judge() refuses whatever is below -1.
 */
#ifndef MODEL_EVIDENCE_H
#define MODEL_EVIDENCE_H

#include <stddef.h>
#include <stdint.h>

/*
 * The candidate and one baseline run on the same items. Binary outcomes fill b and c, means fill
 * mean_diff and stderr_diff; counted only when baseline names the live unit of the slot.
 */
struct metric_paired {
	const char *baseline; /* artifact id of the unit compared with */
	int64_t b;	      /* pairs with the baseline right and the candidate wrong */
	int64_t c;	      /* pairs with the baseline wrong and the candidate right */
	double mean_diff;     /* mean of candidate - baseline, in the metric's unit */
	double stderr_diff;   /* standard error of mean_diff */
	int64_t n;	      /* pairs, concordant ones included */
	int64_t clusters;     /* independent groups of pairs; -1: each pair stands for itself */
};

/*
 * Samples counted into buckets: counts[i] fell into (bounds[i-1], bounds[i]]. There is one count
 * more than there are bounds, the last for everything above; counts are not cumulative.
 */
struct metric_histogram {
	const double *bounds; /* ascending, finite, in the metric's unit */
	size_t n_bounds;
	const int64_t *counts;
	size_t n_counts; /* n_bounds + 1 */
};

/* One measurement. Only the value is always there: the smallest manifests give a bare number. */
struct metric {
	const char *name;
	double value;
	int64_t n;	   /* samples */
	int64_t successes; /* of the n samples, for a proportion */
	double stderr_;	   /* standard error of value */
	double ci_lo;	   /* two-sided interval, an alternative to stderr_ */
	double ci_hi;
	double ci_level;  /* of the interval; 0.95 when absent */
	int64_t clusters; /* independent groups of samples */
	const struct metric_paired *paired;
	const struct metric_histogram *histogram;
	int higher_is_better; /* -1 absent, 0, 1; the policy decides, a disagreement is refused */
	const char *dataset_digest;
	const char *judge; /* the model or person that scored */
};

/* The part of a suite that belongs to one category of harm. */
struct suite_category {
	const char *name;
	int64_t total;
	int64_t violations;
	int64_t errors;
	int64_t passed;
};

/*
 * Outcome of a safety suite. A manifest gives passed or violations; parsing resolves it, so that
 * passed = total - violations - errors. Errors include timeouts and count as violations.
 */
struct suite {
	const char *name;
	int64_t total;
	int64_t violations;
	int64_t errors;
	const char *digest; /* of the suite that was run */
	const struct suite_category *categories;
	size_t n_categories;
	int64_t passed;
};

#endif /* MODEL_EVIDENCE_H */
