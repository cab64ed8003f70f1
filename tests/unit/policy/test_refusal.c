/* SPDX-License-Identifier: Apache-2.0
 *
 * How often a refused entry is asked for again, by how often there is an ingest.
 */
#include "policy/refusal.h"

#include <check.h>
#include <stddef.h>

#include "base/clock.h"

Suite *test_suite(void);

enum { HOUR_S = 3600, DAY_S = 24 * HOUR_S };

static const struct {
	int64_t every; /* seconds between two ingests */
	int64_t tries, until;
} rows[] = {
	{60, 11, 151 * HOUR_S},
	{HOUR_S, 11, 151 * HOUR_S},
	{DAY_S - HOUR_S, 7, 7 * (DAY_S - HOUR_S)},
	{DAY_S, 7, 7 * DAY_S},
	{DAY_S + 10, 7, 7 * (DAY_S + 10)},
	/* Its first chance comes late, and it has one. */
	{7 * DAY_S, 1, 7 * DAY_S},
	{30 * DAY_S, 1, 30 * DAY_S},
};

START_TEST(test_refusal__is_asked_for_again_for_a_week)
{
	const int64_t first = 1000 * USEC_PER_SEC;
	struct refusal r = {.first = first, .last = first};

	for (int64_t now = first; now < first + 60LL * DAY_S * USEC_PER_SEC;
		now += rows[_i].every * USEC_PER_SEC)
		if (now >= refusal_again_at(&r)) {
			r.last = now;
			r.tries++;
		}
	ck_assert_int_eq(r.tries, rows[_i].tries);
	ck_assert_int_eq((r.last - first) / USEC_PER_SEC, rows[_i].until);
}
END_TEST

Suite *test_suite(void)
{
	Suite *suite = suite_create("refusal");
	TCase *tc = tcase_create("refusal");

	tcase_add_loop_test(
		tc, test_refusal__is_asked_for_again_for_a_week, 0, sizeof(rows) / sizeof(rows[0]));
	suite_add_tcase(suite, tc);
	return suite;
}
