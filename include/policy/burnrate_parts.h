/* SPDX-License-Identifier: Apache-2.0
 *
 * What burnrate.c (the sums) and burnrate_judge.c (the rules) share.
 */
#ifndef POLICY_BURNRATE_PARTS_H
#define POLICY_BURNRATE_PARTS_H

#include "policy/burnrate.h"

/* Counts of rows with (number - 1) * grid < t_end <= number * grid. */
struct burn_cell {
	int64_t bad, of;
};

/* Of the `width` cells that end with the head. At most 2^19 cells of 2^36: below 2^55. */
struct burn_sum {
	int64_t width, bad, of;
};

struct burn_rule_state {
	const struct burn_rule *rule;
	struct burn_sum long_sum, short_sum;
	int64_t in_row;
	bool told; /* has fired in this activation */
};

struct burn_series {
	const struct burn_slo *slo;
	struct burn_cell *cells; /* a ring, by number modulo n_cells */
	int64_t n_cells, width;	 /* width: of the longest window */
	int64_t held;		 /* cells that are not empty */
	struct burn_rule_state *rules;
	size_t n_rules;
};

struct burnrate {
	const struct burn_rules *rules;
	int64_t activated, grid, reach;
	int64_t head, future_cells; /* the newest cell that windows end with; those kept beyond */
	struct burn_series *series;
	size_t n_series, memory;
};

#endif
