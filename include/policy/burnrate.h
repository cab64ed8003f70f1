/* SPDX-License-Identifier: Apache-2.0
 *
 * Is an activation burning its budgets? Holds what was observed of one activation as sums over a grid
 * of time, and answers for each rule of each service level whether it fires. A row counts in a window
 * W at T iff max(T - W, activated + warm-up) < t_end <= T. All comparisons are strict and all
 * arithmetic is on integers; only the guard is a probability. No data is neither breach nor health: a
 * rule without enough of it does not fire, and `enough` says so.
 *
 * The grid is the greatest step that divides eval_s and every window, so that windows ending on it are
 * sums of whole cells: nothing is rounded, and an evaluation costs the cells passed since the last one
 * and never a rescan. Memory: 16 bytes for each service level and cell of its longest window. With
 * the defaults (30 s cells, 3 days) that is 0.2 MB, with a window of 30 days 1.4 MB; above
 * BURNRATE_CELLS_MAX cells a level (8 MB) a configuration is refused.
 *
 * Which rows are new is the store's to know (insert-or-ignore): a row added twice counts twice. Pure:
 * no clock, times are seconds, one thread at a time.
 */
#ifndef POLICY_BURNRATE_H
#define POLICY_BURNRATE_H

#include <stdbool.h>
#include <stdint.h>

#include "model/burn.h"
#include "model/observation.h"

struct burnrate;

#define BURNRATE_CELLS_MAX (INT64_C(1) << 19)
#define BURNRATE_COUNT_MAX (INT64_C(1) << 36) /* of a counter in one cell */
enum { BURNRATE_FUTURE_S = 120 };

/* Fresh windows for an activation at `activated`. `rules` is kept and has to outlive it. NULL with
 * ERR_INVALID_POLICY when the windows have no common step that BURNRATE_CELLS_MAX allows. */
struct burnrate *burnrate_new(const struct burn_rules *rules, int64_t activated, struct err *err);
/* The same again, over the same rules. */
struct burnrate *burnrate_copy(const struct burnrate *b);
void burnrate_free(struct burnrate *b); /* NULL is allowed */
static inline void burnrate_freep(struct burnrate **b)
{
	burnrate_free(*b);
}
#define BURNRATE_AUTO __attribute__((cleanup(burnrate_freep))) struct burnrate *

size_t burnrate_memory(const struct burnrate *b); /* bytes held */
/* How far back rows matter: the longest window. */
int64_t burnrate_reach(const struct burnrate *b);

/* The counters of one row by its t_end, seconds. Any order. False: it counts nowhere, because it
 * belongs to no activation (t_end <= activated), is out of every window or more than
 * BURNRATE_FUTURE_S ahead, or would take a cell past BURNRATE_COUNT_MAX. */
bool burnrate_add(struct burnrate *b, int64_t t_end, const struct observation *row);

/* Windows now end at the last step of the grid that is not after `now`; time never goes back. */
void burnrate_advance(struct burnrate *b, int64_t now);

struct burnrate_window {
	int64_t bad, of; /* `of` is 0 for a count */
	double burn;	 /* multiples of the budget or limit; NAN without data */
};

struct burnrate_status {
	const struct burn_slo *slo;
	const struct burn_rule *rule;
	size_t slo_index, rule_index;
	struct burnrate_window long_window, short_window;
	bool applies; /* its age and coverage let it speak */
	bool enough;  /* min_total and min_short are there */
	bool over; /* min_bad, and both windows above the factor; what the guard is asked about */
	double chance;	     /* of so many faults at the factor's rate; NAN: not asked */
	bool firing;	     /* all of it */
	int64_t in_row;	     /* evaluations it has fired in a row */
	bool fired;	     /* for_evals times in a row: a breach or a warning */
	bool first;	     /* for the first time in this activation */
	int64_t bad_to_fire; /* more faults in the short window that would make it fire; -1: none do */
};

size_t burnrate_rules(const struct burnrate *b); /* over all service levels */

/* How things stand, for each rule in order; looking changes nothing. */
void burnrate_peek(const struct burnrate *b, struct burnrate_status *ret);
/* One evaluation at `now`: advances, and counts who fires in a row. */
void burnrate_evaluate(struct burnrate *b, int64_t now, struct burnrate_status *ret);

#endif
