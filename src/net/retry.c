/* SPDX-License-Identifier: Apache-2.0
 *
 * The arithmetic of trying again. It waits for nothing.
 */
#include "net/retry.h"

#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

enum { RETRY_AFTER_MAX_S = 7 * 86400 };

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
	size_t digits = value ? strspn(value, "0123456789") : 0;
	int64_t seconds;

	if (!value || !*value)
		return -1;
	if (value[digits] == '\0')
		return digits > 6 ? RETRY_AFTER_MAX_S * USEC_PER_SEC
				  : strtoll(value, NULL, 10) * USEC_PER_SEC;
	seconds = curl_getdate(value, NULL);
	if (seconds < 0)
		return -1;
	if (seconds * USEC_PER_SEC <= now)
		return 0;
	seconds -= now / USEC_PER_SEC;
	return (seconds < RETRY_AFTER_MAX_S ? seconds : RETRY_AFTER_MAX_S) * USEC_PER_SEC;
}
