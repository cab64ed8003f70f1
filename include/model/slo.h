/* SPDX-License-Identifier: Apache-2.0
 *
 * GET /v1/slo: the service levels of the active release, how fast each window burns its budget, what
 * would fire and how far away that is, and what an earlier breach holds.
 */
#ifndef MODEL_SLO_H
#define MODEL_SLO_H

#include "model/field.h"

struct slo_window {
	int64_t window_s, bad, of;
	double burn;
};
struct slo_rule_view {
	struct slo_window *longer, *shorter;
	double fires_above;
	int action, coverage; /* enum burn_action, enum burn_coverage */
	const char *state; /* "quiet", "firing", "fired", "no_data", "too_few", "not_yet", "over" */
	int64_t in_row, for_evals, bad_to_fire;
	double chance;
	const char *detail;
};
/* Of the longest window. */
struct slo_budget {
	int64_t window_s, bad;
	double allowed,
		left; /* faults that the traffic seen allows; share that is left, below 0: overspent */
};
struct slo_level {
	const char *name, *bad, *of;
	int kind; /* enum burn_kind */
	int64_t budget_ppm, limit_micro_per_1k, max_count;
	struct slo_budget *budget;
	/* Of the rule that fires, or else of the one that is nearest to it. */
	const char *state, *detail;
	int64_t bad_to_fire;
	struct list rules; /* struct slo_rule_view */
};
struct slo_hold {
	const char *reason;
	int64_t since, until;
	const char *detail;
};
struct slo_way_back {
	int automatic;
	const char *target; /* where a rollback would go; absent: nothing is warm */
	int64_t rollbacks, max_auto, max_auto_window_s; /* automatic ones in the window */
	int64_t cooldown_until;
	const char *blocked; /* what would keep one back now; absent: nothing */
};
struct slo_view {
	const char *release;
	int64_t serial, activated_at, evaluated_at, newest_at;
	const char *state; /* "healthy", "no_data", "warning", "breached" */
	struct list slos;  /* struct slo_level */
	struct slo_way_back *rollback;
	struct slo_hold *hold; /* of promotions; NULL: none */
	struct strings quarantined;
};
extern const struct field_table slo_view_table;

#endif
