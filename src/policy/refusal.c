/* SPDX-License-Identifier: Apache-2.0
 *
 * Spreads what is asked for again after a refusal: an hour later, then after twice as long, so that each
 * ingest of a day asks for it once, for a week.
 */
#include "policy/refusal.h"

#include "base/clock.h"

/* A day has 23 hours once a year, and an ingest may take its time. */
enum { AGAIN_S = 3600, AGAIN_MAX_S = 20 * 3600, FOR_S = 7 * 86400 };

int64_t refusal_again_at(const struct refusal *r)
{
	int64_t wait = AGAIN_S, at;

	for (int64_t i = 0; i < r->tries && wait < AGAIN_MAX_S; i++)
		wait *= 2;
	at = r->last + (wait < AGAIN_MAX_S ? wait : AGAIN_MAX_S) * USEC_PER_SEC;
	return at > r->first + FOR_S * USEC_PER_SEC ? INT64_MAX : at;
}
