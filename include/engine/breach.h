/* SPDX-License-Identifier: Apache-2.0
 *
 * Between the watch (engine/slo.c), which finds breaches, and what is done about them.
 */
#ifndef ENGINE_BREACH_H
#define ENGINE_BREACH_H

#include "engine/internal.h"
#include "policy/rollback_controller.h"
#include "store/watch.h"

/* The controller, filled from the records, with the rows behind its numbers. */
struct way_back {
	struct rollback_controller controller; /* releases by their seq */
	struct release_row active, *warm;      /* warm: in the order in which they are tried */
	size_t n_warm;
	struct activation_row activation; /* of the active one */
	struct activation_row last;	  /* the newest automatic rollback not acknowledged */
	struct watch_row row;
};
static inline void way_back_clear(struct way_back *w)
{
	if (w->controller.rules)
		rollback_controller_clear(&w->controller);
}
#define WAY_BACK_AUTO __attribute__((cleanup(way_back_clear))) struct way_back

/* There has to be a release. */
int way_back_load(struct db *db, const struct snapshot *s, struct arena *a, struct way_back *ret,
	struct err *err);
/* The version; NULL: nothing is warm. */
const char *way_back_target(const struct way_back *w);

/* Does the active release serve although it is quarantined? 1, 0, -1. */
int way_back_quarantined(struct db *db, const struct snapshot *s, struct arena *a, struct err *err);
/* In apply: it is no more. */
int way_back_lift(struct tx *tx, const struct snapshot *s, struct err *err);

struct breach {
	const struct burnrate_status *warnings;
	size_t n_warnings;
	struct rollback_signal signal;
	const struct burnrate_status *first; /* with a signal: the rule to name */
	/* The first that passes a cool-down, NULL: none does. What was held before is freed by it. */
	const struct burnrate_status *critical;
	/* what came of it */
	struct rollback_do action;
	struct channel_row channel; /* of a move */
};
/* From the ops thread. 0, COMMAND_STALE, -1; what failed is in the log. */
int breach_act(
	struct engine *e, struct db *reader, struct snapshot *s, struct breach *b, struct arena *a);

/* Nobody has reported on the activation for so long: told once for each. */
enum { SLO_SILENT_S = 600 };
int silence_tell(struct engine *e, struct snapshot *s, int64_t since, struct arena *a);

#endif
