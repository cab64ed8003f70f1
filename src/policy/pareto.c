/* SPDX-License-Identifier: Apache-2.0
 *
 * Dominance in quality (more is better), cost and latency (less is better).
 */
#include "policy/pareto.h"

#include <math.h>

/* > 0: a's number is better, < 0: worse or not known while b's is. */
static int compare(double a, double b, bool more_is_better)
{
	if (isnan(b))
		return 0;
	if (isnan(a))
		return -1;
	return more_is_better ? (a > b) - (a < b) : (a < b) - (a > b);
}

bool pareto_dominates(const struct pareto_point *a, const struct pareto_point *b)
{
	int quality = compare(a->quality, b->quality, true);
	int cost = compare(a->cost, b->cost, false);
	int latency = compare(a->latency, b->latency, false);

	return quality >= 0 && cost >= 0 && latency >= 0 &&
	       (quality > 0 || cost > 0 || latency > 0);
}

void pareto_mark(struct pareto_point *p, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		p[i].by = NULL;
		for (size_t k = 0; k < n && !p[i].by; k++)
			if (pareto_dominates(&p[k], &p[i]))
				p[i].by = &p[k];
	}
}
