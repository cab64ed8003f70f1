/* SPDX-License-Identifier: Apache-2.0
 *
 * Which candidates of a slot are beaten in everything that they are measured by. Pure.
 */
#ifndef POLICY_PARETO_H
#define POLICY_PARETO_H

#include <stdbool.h>
#include <stddef.h>

struct pareto_point {
	double quality, cost, latency; /* NAN: not known */
	const struct pareto_point *by; /* set: the first that dominates it; NULL: none does */
};

/* a dominates b: in each number at least as good, in one better. A number that b lacks counts for
 * neither; one that b has and a lacks keeps a from dominating. A point without numbers neither
 * dominates nor is dominated. */
bool pareto_dominates(const struct pareto_point *a, const struct pareto_point *b);

/* Fill in `by` of each; the time grows with n squared, so n is the caller's to cap. */
void pareto_mark(struct pareto_point *p, size_t n);

#endif
