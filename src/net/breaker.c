/* SPDX-License-Identifier: Apache-2.0
 *
 * The states of a circuit breaker.
 */
#include "net/breaker.h"

enum breaker_state breaker_state(const struct breaker *b, int64_t mono)
{
	if (!b->open_till)
		return BREAKER_CLOSED;
	return mono < b->open_till ? BREAKER_OPEN : BREAKER_HALF_OPEN;
}

const char *breaker_state_name(enum breaker_state s)
{
	static const char *const names[] = {"closed", "open", "half-open"};

	return names[s];
}

bool breaker_enter(struct breaker *b, int64_t mono)
{
	switch (breaker_state(b, mono)) {
	case BREAKER_OPEN:
		return false;
	case BREAKER_HALF_OPEN:
		if (b->trying)
			return false;
		b->trying = true;
		return true;
	case BREAKER_CLOSED:
		break;
	}
	return true;
}

void breaker_succeeded(struct breaker *b)
{
	*b = (struct breaker){0};
}

void breaker_failed(struct breaker *b, const struct breaker_rule *r, int64_t mono)
{
	b->trying = false;
	if (++b->failures < r->after)
		return;
	/* What was under way when it opened does not make the pause longer. */
	if (breaker_state(b, mono) == BREAKER_OPEN)
		return;
	b->pause = b->pause ? b->pause * 2 : r->first;
	if (b->pause > r->most)
		b->pause = r->most;
	b->open_till = mono + b->pause;
}

void breaker_abandoned(struct breaker *b)
{
	b->trying = false;
}
