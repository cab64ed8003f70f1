/* SPDX-License-Identifier: Apache-2.0
 *
 * What the files of policy/schedule*.c share; nobody else includes it.
 */
#ifndef POLICY_SCHEDULE_PARTS_H
#define POLICY_SCHEDULE_PARTS_H

#include "policy/rrule.h"
#include "policy/schedule.h"

struct schedule {
	struct rrule rule;
	const struct zone *zone;
	const char *text; /* RFC 5545 */
};

/* The short form as RFC 5545 text in the arena; *ret_zone is the zone's name in it, or NULL. Returns
 * NULL and one sentence in `why` when it is none. */
const char *schedule_short(
	const char *text, struct arena *a, const char **ret_zone, char why[RRULE_WHY_MAX]);

#endif
