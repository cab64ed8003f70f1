/* SPDX-License-Identifier: Apache-2.0
 *
 * Waivers at an instant.
 */
#include "policy/waiver.h"

#include <string.h>

#include "base/clock.h"

enum waiver_state waiver_state_at(const struct waiver *w, int64_t at)
{
	if (w->revoked_at && w->revoked_at <= at)
		return WAIVER_REVOKED;
	if (w->expires_at <= at)
		return WAIVER_EXPIRED;
	return w->approved_at && w->approved_at <= at ? WAIVER_APPROVED : WAIVER_REQUESTED;
}

bool waiver_in_force(
	const struct waiver *w, enum gate gate, const char *provider, const char *id, int64_t at)
{
	return w->gate == (int)gate && !strcmp(w->artifact->provider, provider) &&
	       !strcmp(w->artifact->id, id) && waiver_state_at(w, at) == WAIVER_APPROVED &&
	       w->approved_by && strcmp(w->approved_by, w->requested_by) != 0;
}

void waiver_check_expiry(int64_t expires_at, int64_t now, struct faults *faults)
{
	const int64_t most = INT64_C(86400) * WAIVER_MAX_DAYS * USEC_PER_SEC;
	char limit[TIME_STRLEN];

	if (expires_at <= now)
		fault_add(faults, "/expires_at", "must be in the future; it is %s now",
			time_format(now, limit));
	else if (expires_at - now > most)
		fault_add(faults, "/expires_at", "must be at most %d days ahead: %s",
			WAIVER_MAX_DAYS, time_format(now + most, limit));
}
