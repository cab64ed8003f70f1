/* SPDX-License-Identifier: Apache-2.0
 *
 * How long to wait before an answer is asked for again. Pure.
 */
#ifndef NET_RETRY_H
#define NET_RETRY_H

#include <stdint.h>

#include "base/prng.h"

struct retry_rule {
	int attempts;	   /* in all */
	int64_t base, cap; /* usec */
};

/* After the `failed`th attempt (1, ...): at random from half to the whole of base * 2^(failed - 1), never
 * more than cap ("equal jitter": a crowd spreads, and none comes back at once). -1: no attempt is left. */
int64_t retry_delay(const struct retry_rule *r, int failed, struct prng *g);

/* Nobody is waited for longer, whatever he asks for. */
enum { RETRY_AFTER_MAX_S = 7 * 86400 };

/* Retry-After (RFC 9110, 10.2.3): seconds or an HTTP date, as usec from `now` (wall); NULL or anything
 * else: -1. A date that is over: 0. */
int64_t retry_after(const char *value, int64_t now);

#endif
