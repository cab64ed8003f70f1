/* SPDX-License-Identifier: Apache-2.0
 *
 * What is due after a wait, be it the scheduler's tick or a week's outage: one rule for both.
 */
#include "base/clock.h"
#include "policy/schedule.h"

/* A job that denies hold every time is looked for no more often than this. */
enum { STEPS_MAX = 800, FIRST_CAP = 64 };

static int64_t later(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

int64_t schedule_next_free(
	const struct schedule *s, const struct deny *denies, size_t n, int64_t after)
{
	for (int i = 0; i < STEPS_MAX; i++) {
		int64_t until, at = schedule_next(s, after);

		if (!at || !deny_at(denies, n, at, &until))
			return at;
		if (!until)
			return 0;
		/* One that begins just when the deny ends is free. */
		after = later(at, until - 1);
	}
	return 0;
}

size_t schedule_due(const struct schedule *s, int64_t from, int64_t now, struct arena *a,
	const struct occurrence **ret)
{
	bool more = true;
	size_t n = 0;

	for (size_t cap = FIRST_CAP; more; cap *= 8) {
		struct occurrence *list = ARENA_ARRAY(a, cap, struct occurrence);

		n = schedule_range(s, from + 1, now + 1, list, cap, &more);
		*ret = list;
	}
	return n;
}

int64_t schedule_earliest(int64_t now)
{
	return now - SCHEDULE_LOOKBACK_DAYS * INT64_C(86400) * USEC_PER_SEC;
}

static bool is_young(const struct catch_up_rule *rule, int64_t age)
{
	return age <= rule->grace || (rule->mode == CATCH_UP_ONCE && age <= rule->max_age);
}

void schedule_catch_up(const struct schedule *s, const struct catch_up_rule *rule,
	const struct deny *denies, size_t n, int64_t last, int64_t now, struct arena *a,
	struct catch_up *ret)
{
	const int64_t earliest = schedule_earliest(now);
	const int64_t from = later(last, earliest);
	struct catch_up c = {.handled = later(last, now), .cut = last && last < earliest};
	const struct occurrence *list = NULL;
	size_t n_due = last && last < now ? schedule_due(s, from, now, a, &list) : 0;
	int64_t *missed = ARENA_ARRAY(a, n_due + 1, int64_t);
	int64_t *suppressed = ARENA_ARRAY(a, n_due + 1, int64_t);

	for (size_t i = 0; i < n_due; i++) {
		if (deny_at(denies, n, list[i].at, NULL))
			suppressed[c.n_suppressed++] = list[i].at;
		else
			missed[c.n_missed++] = list[i].at;
	}
	if (c.n_missed && is_young(rule, now - missed[c.n_missed - 1]) &&
		!deny_at(denies, n, now, NULL))
		c.run = missed[--c.n_missed];
	c.missed = missed;
	c.suppressed = suppressed;
	*ret = c;
}
