/* SPDX-License-Identifier: Apache-2.0
 *
 * The arithmetic of trying again. It waits for nothing.
 */
#include "net/retry.h"

#include <curl/curl.h>
#include "base/clock.h"
#include "base/decimal.h"

int64_t retry_delay(const struct retry_rule *r, int failed, struct prng *g)
{
	int64_t delay = r->base;

	if (failed >= r->attempts)
		return -1;
	for (int i = 1; i < failed && delay < r->cap; i++)
		delay *= 2;
	if (delay > r->cap)
		delay = r->cap;
	return delay / 2 + prng_below(g, delay / 2 + 1);
}

int64_t retry_after(const char *value, int64_t now)
{
	const char *end;
	int64_t seconds;

	if (!value || !*value)
		return -1;
	seconds = decimal_count(value, RETRY_AFTER_MAX_S, &end);
	if (seconds >= 0 && !*end)
		return seconds * USEC_PER_SEC;
	seconds = curl_getdate(value, NULL);
	if (seconds < 0)
		return -1;
	seconds -= now / USEC_PER_SEC;
	if (seconds <= 0)
		return 0;
	return (seconds < RETRY_AFTER_MAX_S ? seconds : RETRY_AFTER_MAX_S) * USEC_PER_SEC;
}
