/* SPDX-License-Identifier: Apache-2.0
 *
 * What a simulation is shown as: a calendar of what happened, and the figures of it.
 */
#ifndef CLI_SIM_REPORT_H
#define CLI_SIM_REPORT_H

#include "cli/command.h"
#include "cli/sim.h"
#include "cli/sim_history.h"

/* Figures of a history from `start` to `end`. */
struct sim_summary {
	int64_t manifests, refused;		    /* refused: from where a connector found them */
	int64_t passed, failed, undecided, waiting; /* candidates, by their first verdict */
	int64_t failed_by[GATES], undecided_by[GATES]; /* by the first gate that did not pass */
	int64_t merges, merges_none;
	int64_t promotions, overridden, windows, windows_held, windows_missed;
	int64_t rollbacks, rollbacks_by_hand, impossible, breaches;
	int64_t runs, missed, suppressed, failed_runs;
	int64_t days, stale_days, longest_stale; /* no release of the last period was live */
	int64_t period;				 /* of the promotion window, usec */
};

/* Load and summarise the registry at `path`. */
int sim_history_read(const char *path, int64_t start, int64_t end, struct arena *a,
	struct sim_history *ret, struct sim_summary *ret_summary, struct err *err);

void sim_print_calendar(struct cli *cli, const struct sim_history *h, int64_t start);
void sim_print_summary(struct cli *cli, const struct sim *s, const struct sim_history *h,
	const struct sim_summary *sum);

#endif
