/* SPDX-License-Identifier: Apache-2.0
 *
 * What the files of the combination share.
 */
#ifndef POLICY_COMBINATION_PARTS_H
#define POLICY_COMBINATION_PARTS_H

#include "policy/combination.h"

/* A list of checks that grows. */
struct check_list {
	struct list list; /* struct gate_check */
	size_t alloc;
	struct arena *arena;
};
/* A new one with name, verdict, reason and detail. */
struct gate_check *check_add(struct check_list *l, const char *name, enum verdict verdict,
	const char *reason, const char *detail);

/* NULL: no such slot, or an empty one. */
const struct combined_unit *combined_unit(const struct combination *c, const char *slot);

/* The sums of each route of a block whose models are made of slots. */
void combination_ways(
	const struct combination *c, const struct fusion *block, struct check_list *ret);

#endif
