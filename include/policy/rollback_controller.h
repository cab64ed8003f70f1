/* SPDX-License-Identifier: Apache-2.0
 *
 * What to do about a breach. A breach latches: it quarantines the active release once for each
 * activation, and is acted upon for as long as a rule still fires. The target is the most recently
 * active warm release that is not quarantined; what keeps a rollback back is looked for in the order
 * of enum rollback_reason. Nothing here ever goes to a quarantined release, and nothing waits for a
 * promotion window.
 *
 * Decides only. The state is plain data, so that a daemon can fill it from its records, ask, and
 * write down what changed. Releases are the caller's positive numbers. Times are seconds. Pure; one
 * thread at a time.
 */
#ifndef POLICY_ROLLBACK_CONTROLLER_H
#define POLICY_ROLLBACK_CONTROLLER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "policy/burnrate.h"

enum { ROLLBACK_TIMES_MAX = 64 };

enum rollback_reason {
	ROLLBACK_FREE,
	ROLLBACK_MANUAL,	/* automatic rollback is switched off */
	ROLLBACK_MAX_ROLLBACKS, /* max_auto of them within max_auto_window_s; locks promotions */
	ROLLBACK_EXHAUSTED,	/* every warm release is quarantined; locks promotions */
	ROLLBACK_COOLDOWN,	/* too soon after the last one; safety-critical passes it */
	PROMOTE_QUARANTINED,
	PROMOTE_LOCKED,
	PROMOTE_HOLDOFF,
};
const char *rollback_reason_name(enum rollback_reason reason);

enum rollback_verb {
	ROLLBACK_NOTHING,
	ROLLBACK_MOVE, /* from, to */
	ROLLBACK_PROMOTE,
	ROLLBACK_PROMOTE_REFUSED,
	ROLLBACK_HOLD,
	ROLLBACK_SAFE_MODE,
};
const char *rollback_verb_name(enum rollback_verb verb); /* as in the reference cases */

struct rollback_do {
	enum rollback_verb verb;
	enum rollback_reason reason;
	int64_t release, to; /* whom it is about (a rollback: from); a rollback: to */
};

/* Numbers of releases, most important first. */
struct release_list {
	int64_t *v;
	size_t n, alloc;
};

struct rollback_controller {
	const struct burn_rules *rules;
	int64_t active; /* 0: none yet */
	int64_t activated;
	struct release_list warm;	   /* in the order in which they are tried */
	struct release_list quarantined;   /* in the order in which they were */
	bool latched;			   /* of this activation */
	enum rollback_reason told;	   /* the hold told last in this activation */
	bool locked;			   /* promotions, until acknowledged */
	int64_t times[ROLLBACK_TIMES_MAX]; /* the last automatic rollbacks, oldest first */
	size_t n_times;
	int64_t last_rollback, held_until; /* -1: never, no hold-off */
};

/* `rules` is kept. */
void rollback_controller_init(struct rollback_controller *c, const struct burn_rules *rules);
void rollback_controller_clear(struct rollback_controller *c);
#define ROLLBACK_CONTROLLER_AUTO \
	__attribute__((cleanup(rollback_controller_clear))) struct rollback_controller

/* The state as it is told: this one is active since `now`, those are warm. */
void rollback_controller_activate(struct rollback_controller *c, int64_t release,
	const int64_t *warm, size_t n_warm, int64_t now);

/* A promotion: done, or refused with a reason (quarantined, locked, holdoff). */
struct rollback_do rollback_controller_promote(
	struct rollback_controller *c, int64_t release, int64_t now);

/* Ends hold-off and lock, and forgets past rollbacks. */
void rollback_controller_acknowledge(struct rollback_controller *c);
void rollback_controller_quarantine(struct rollback_controller *c, int64_t release);
/* False: it was not quarantined. */
bool rollback_controller_unquarantine(struct rollback_controller *c, int64_t release);
bool rollback_controller_is_quarantined(const struct rollback_controller *c, int64_t release);

/* 0: none. */
int64_t rollback_controller_target(const struct rollback_controller *c);

/* What an evaluation found of the active release. */
struct rollback_signal {
	bool firing;   /* a rollback rule has fired */
	bool critical; /* one that passes the cool-down has */
};

/* From an evaluation. *ret_first: the first rollback rule in order that has fired, the one to name in
 * a breach; n when none has. */
struct rollback_signal rollback_signal_of(
	const struct burnrate_status *statuses, size_t n, size_t *ret_first);

/* One look. *ret_breached: this look latched the breach. A hold is told once for each change of its
 * reason. When it says ROLLBACK_MOVE the state has moved already. */
struct rollback_do rollback_controller_look(struct rollback_controller *c,
	struct rollback_signal signal, int64_t now, bool *ret_breached);

/* Automatic rollbacks in the window that max_auto is about. */
int64_t rollback_controller_within(const struct rollback_controller *c, int64_t now);
/* What would keep a rollback back; ROLLBACK_FREE: nothing. */
enum rollback_reason rollback_controller_blocked(
	const struct rollback_controller *c, bool critical, int64_t now);

/* What promotion of `release` would be refused for; ROLLBACK_FREE: nothing. */
enum rollback_reason rollback_controller_refuses(
	const struct rollback_controller *c, int64_t release, int64_t now);

#endif
