/* SPDX-License-Identifier: Apache-2.0
 *
 * A rule's condition as alternatives, for those that look into rules instead of applying them.
 */
#ifndef POLICY_FUSION_PARTS_H
#define POLICY_FUSION_PARTS_H

#include "policy/fusion.h"

struct fusion_conjunction {
	const struct fusion_condition *c; /* all of them */
	size_t n;
};

/* Any of them. Start with {.arena = a}. */
struct fusion_alternatives {
	struct fusion_conjunction *v;
	size_t n, alloc;
	struct arena *arena;
};

void fusion_alternatives_add(struct fusion_alternatives *l, struct fusion_conjunction c);
/* The rule's: one for each way of choosing a value from each `in`, which is left whole when there
 * are too many ways. */
void fusion_alternatives_of(struct fusion_alternatives *l, const struct fusion_when *w);

#endif
