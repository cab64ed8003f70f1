/* SPDX-License-Identifier: Apache-2.0
 *
 * The schedules that hold now: the policy's, with the freezes of the registry.
 */
#include "engine/schedule.h"
#include "store/schedule.h"

int schedule_plan(struct db *reader, const struct policy *p, int64_t now, struct arena *a,
	struct cadence_plan *ret, struct err *err)
{
	const int64_t since = now - SCHEDULE_LOOKBACK_DAYS * INT64_C(86400) * USEC_PER_SEC;
	struct freeze *freezes;
	size_t n;

	if (freezes_since(reader, since, a, &freezes, &n, err) < 0)
		return -1;
	return cadence_plan(p->cadence, freezes, n, a, ret, err);
}
