/* SPDX-License-Identifier: Apache-2.0
 *
 * The cadence of a policy and the freezes beside it: whether their rules hold, and the schedules they
 * make. Pure.
 */
#ifndef POLICY_CADENCE_H
#define POLICY_CADENCE_H

#include "model/policy.h"
#include "policy/schedule.h"

/* Read, validate and compile a policy that somebody hands in: policy_parse, then its cadence as of
 * `now` and its service levels. What was accepted once is read with policy_parse alone: a rule that has run out since does
 * not make the registry unreadable. */
int policy_accept(const char *text, size_t len, int64_t now, struct arena *a, struct policy *ret,
	const char **ret_canonical, struct faults *faults, struct err *err);

/* Adds a fault for each rule that is none, never fires after `now`, or whose window is empty or
 * longer than its period. Pointers begin with `pointer`. */
void cadence_check(
	const struct cadence *c, const char *pointer, int64_t now, struct faults *faults);

/* The longest window that a rule may have: its period, usec. */
int64_t schedule_period(const struct schedule *s);

/* The schedules of a cadence that was accepted; NULL where it has none. Recurring denies come first
 * in `denies`, in the policy's order. All in the arena. */
struct cadence_plan {
	const struct schedule *schedule[JOBS];
	struct catch_up_rule catch_up[JOBS]; /* of promote: none */
	int64_t window;			     /* of promote, usec */
	const struct deny *denies;
	size_t n_denies;
};
int cadence_plan(const struct cadence *c, const struct freeze *freezes, size_t n_freezes,
	struct arena *a, struct cadence_plan *ret, struct err *err);

/* May merges be promoted by hand or by the job at `now`? */
struct promote_door {
	bool open;
	bool has_window;	    /* the policy has one; without it only denies hold */
	struct window_state window; /* when has_window */
	const struct deny *held_by; /* the deny that holds now, or NULL */
	int64_t held_until;	    /* of all that follow on each other; 0: not in sight */
	int64_t next_open;	    /* `now` while open; 0: not in sight */
	const char *why;	    /* one sentence; NULL while open */
};
void promote_door(
	const struct cadence_plan *plan, int64_t now, struct arena *a, struct promote_door *ret);

/* A freeze that somebody asks for at `now`: fills in `from` and adds a fault when it would end before
 * it starts or is over already. */
void freeze_check(struct freeze *f, int64_t now, struct faults *faults);

#endif
