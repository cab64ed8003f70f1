/* SPDX-License-Identifier: Apache-2.0
 *
 * A circuit breaker: a server that failed several times in a row is left alone for a while, then one
 * request tries it; when that fails, too, it is left alone for longer. Pure: values and instants.
 */
#ifndef NET_BREAKER_H
#define NET_BREAKER_H

#include <stdbool.h>
#include <stdint.h>

struct breaker_rule {
	int after;	     /* failures in a row */
	int64_t first, most; /* usec; how long it is left alone, doubling */
};

enum breaker_state { BREAKER_CLOSED, BREAKER_OPEN, BREAKER_HALF_OPEN };

/* All zero is closed. */
struct breaker {
	int failures;	   /* in a row */
	int64_t open_till; /* monotonic; 0: closed */
	int64_t pause;	   /* usec, of this opening */
	bool trying;	   /* one request is on its way */
};

/* `mono` is the monotonic instant, in microseconds. */
enum breaker_state breaker_state(const struct breaker *b, int64_t mono);
const char *breaker_state_name(enum breaker_state s);

/* May a request go out? Of a half-open one a single: it must be told how that went. */
bool breaker_enter(struct breaker *b, int64_t mono);
void breaker_succeeded(struct breaker *b);
void breaker_failed(struct breaker *b, const struct breaker_rule *r, int64_t mono);
/* Given up before it was known: neither. */
void breaker_abandoned(struct breaker *b);

#endif
