/* SPDX-License-Identifier: Apache-2.0
 *
 * The checklist of a merge at an instant: what the machine knows and what people said, as items that
 * are each go, waiting, no-go or not configured. Pure; the time is an argument.
 *
 * What is merely not there yet waits; what is a definite no, until it is mended, is a no-go.
 * An item whose source is not there says so and stops nothing.
 */
#ifndef POLICY_CHECKLIST_H
#define POLICY_CHECKLIST_H

#include "model/checklist.h"
#include "model/gate.h"
#include "model/policy.h"
#include "model/promotability.h"
#include "policy/cadence.h"

/* What a source outside of the merge says of an item. All zero: there is no such source. */
struct checklist_report {
	bool given;
	enum check_verdict verdict;
	const char *reason, *detail;
	const char *needs; /* NULL: as the item's row says */
	int64_t since, until;
};

struct checklist_facts {
	const char *merge, *state, *made_by;
	int64_t made_at;
	bool open;		     /* not superseded, not promoted */
	const char *baseline;	     /* the active release it was made against, or NULL */
	int64_t policy_version;	     /* in force */
	size_t n_new;		     /* units that are not live already */
	const struct list *gates;    /* struct gate_result, of the combination */
	int64_t gate_until[GATES];   /* a waiver that a unit needs ends then; 0: none */
	const struct list *blockers; /* struct blocker of items up to UNITS */
	size_t left_out;	     /* more of them, which are not listed */
	struct checklist_report reports[CHECK_ITEMS];
	int64_t soak;			/* usec; 0: none is asked for */
	const struct list *asked;	/* struct policy_signoff */
	const struct signoff *signoffs; /* of each item the newest */
	size_t n_signoffs;
	const struct cadence_plan *plan;
};

/* The reason of an item of which nothing is listed, in a list that was cut. */
#define CHECK_NOT_LISTED "not_listed"

/* All in the arena, or as long as the facts. Of a merge that is not open only that is an item. */
void checklist_make(
	const struct checklist_facts *f, int64_t now, struct arena *a, struct checklist *ret);

/* The error that a promotion answers with when this item stops it. */
enum err_code checklist_problem(const char *item);

static inline bool checklist_stops(const struct checklist_item *i)
{
	return i->verdict == CHECK_WAITING || i->verdict == CHECK_NO_GO;
}

#endif
