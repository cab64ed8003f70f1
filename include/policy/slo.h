/* SPDX-License-Identifier: Apache-2.0
 *
 * The service levels of one activation as they stand. Levels that act at once (counts, plain
 * thresholds) are looked at to the second, with windows that end now; the others on the steps of
 * eval_s since the activation. Rows come by their instant in microseconds, in any order.
 *
 * Pure; one thread at a time. A row added twice counts twice.
 */
#ifndef POLICY_SLO_H
#define POLICY_SLO_H

#include "policy/rollback_controller.h"

struct slo_watch;

/* Windows longer than this wait for the next step of eval_s, at once or not: to the second they
 * would take much memory. */
enum { SLO_AT_ONCE_MAX_S = 86400 };

/* For an activation at `activated`, usec. `rules` has to outlive it. NULL with ERR_INVALID_POLICY as
 * of burnrate_new. */
struct slo_watch *slo_watch_new(const struct burn_rules *rules, int64_t activated, struct err *err);
/* To try out what would be at once, as long as `w` is there: the other levels stay in it as they were
 * at the last look. */
struct slo_watch *slo_watch_try(const struct slo_watch *w);
void slo_watch_free(struct slo_watch *w); /* NULL is allowed */
static inline void slo_watch_freep(struct slo_watch **w)
{
	slo_watch_free(*w);
}
#define SLO_WATCH_AUTO __attribute__((cleanup(slo_watch_freep))) struct slo_watch *

/* Could any activation be watched by them? Adds a fault at `pointer`. */
void slo_rules_check(const struct burn_rules *rules, const char *pointer, struct faults *faults);

/* A row that ended at `t_end`, of which it is `now`, usec. False: it counts nowhere. */
bool slo_watch_add(struct slo_watch *w, int64_t t_end, int64_t now, const struct observation *row);
/* How far back rows matter, usec. */
int64_t slo_watch_reach(const struct slo_watch *w);

/* Has a step of eval_s begun that was not evaluated? */
bool slo_watch_due(const struct slo_watch *w, int64_t now);
/* Has the clock gone back since? Then windows end in what is the future now: begin anew with the rows
 * that are stored. */
bool slo_watch_turned_back(const struct slo_watch *w, int64_t now);
/* Look at those that act at once, and at the others when they are due. */
void slo_watch_look(struct slo_watch *w, int64_t now);

/* As of the last look, in the order of the policy. Valid until the next one. */
const struct burnrate_status *slo_watch_statuses(const struct slo_watch *w, size_t *ret_n);
int64_t slo_watch_evaluated(const struct slo_watch *w); /* the last step, usec; 0: none yet */

/* "errors: 120 of 6000 (2 %) over 600 s, 20 times the budget of 0.1 %; fires above 14.4 times" */
const char *slo_sentence(const struct burnrate_status *s, struct arena *a);

#endif
