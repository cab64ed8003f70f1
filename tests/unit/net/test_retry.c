/* SPDX-License-Identifier: Apache-2.0
 *
 * When to try again, and when to leave a server alone.
 */
#include <check.h>

#include "base/clock.h"
#include "net/breaker.h"
#include "net/retry.h"

Suite *test_suite(void);

#define S USEC_PER_SEC

START_TEST(test_retry__doubles_up_to_the_cap)
{
	static const struct retry_rule rule = {.attempts = 6, .base = S, .cap = 8 * S};
	static const int64_t most[] = {S, 2 * S, 4 * S, 8 * S, 8 * S};
	struct prng g;

	for (uint64_t seed = 0; seed < 100; seed++) {
		prng_seed(&g, seed, 0);
		for (int i = 0; i < 5; i++) {
			int64_t d = retry_delay(&rule, i + 1, &g);

			ck_assert_int_ge(d, most[i] / 2);
			ck_assert_int_le(d, most[i]);
		}
		ck_assert_int_eq(retry_delay(&rule, 6, &g), -1);
	}
}
END_TEST

START_TEST(test_retry__reads_what_the_server_asks_for)
{
	static const int64_t now = INT64_C(1445412480) * USEC_PER_SEC; /* 2015-10-21 07:28:00 */
	static const struct {
		const char *text;
		int64_t expected;
	} cases[] = {
		{NULL, -1},
		{"", -1},
		{"0", 0},
		{"120", 120 * S},
		{"99999999999999999999", 7 * 86400 * S},
		{"000000000120", 120 * S},
		{"999999", 7 * 86400 * S},
		{"Fri, 31 Dec 2147483647 23:59:59 GMT", 7 * 86400 * S},
		{"-1", -1},
		{"1.5", -1},
		{"soon", -1},
		{"Wed, 21 Oct 2015 07:29:30 GMT", 90 * S},
		{"Wed, 21 Oct 2015 07:00:00 GMT", 0},
		{"Wed, 21 Oct 2099 07:00:00 GMT", 7 * 86400 * S},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		ck_assert_msg(retry_after(cases[i].text, now) == cases[i].expected, "%s: %lld",
			cases[i].text, (long long)retry_after(cases[i].text, now));
}
END_TEST

static const struct breaker_rule rule = {.after = 3, .first = 10 * S, .most = 30 * S};

START_TEST(test_breaker__opens_after_failures_in_a_row)
{
	struct breaker b = {0};

	breaker_failed(&b, &rule, S);
	breaker_failed(&b, &rule, S);
	breaker_succeeded(&b);
	breaker_failed(&b, &rule, S);
	breaker_failed(&b, &rule, S);
	ck_assert_int_eq(breaker_state(&b, S), BREAKER_CLOSED);
	breaker_failed(&b, &rule, S);
	ck_assert_int_eq(breaker_state(&b, S), BREAKER_OPEN);
	ck_assert(!breaker_enter(&b, 11 * S - 1));
	ck_assert_int_eq(breaker_state(&b, 11 * S), BREAKER_HALF_OPEN);
}
END_TEST

START_TEST(test_breaker__one_request_tries_and_closes_it)
{
	struct breaker b = {0};

	for (int i = 0; i < 3; i++)
		breaker_failed(&b, &rule, S);
	ck_assert(breaker_enter(&b, 11 * S));
	ck_assert(!breaker_enter(&b, 11 * S));
	breaker_abandoned(&b);
	ck_assert(breaker_enter(&b, 12 * S));
	breaker_succeeded(&b);
	ck_assert_int_eq(breaker_state(&b, 12 * S), BREAKER_CLOSED);
	ck_assert(breaker_enter(&b, 12 * S) && breaker_enter(&b, 12 * S));
}
END_TEST

START_TEST(test_breaker__waits_longer_each_time_up_to_a_bound)
{
	static const int64_t pauses[] = {10 * S, 20 * S, 30 * S, 30 * S};
	struct breaker b = {0};
	int64_t at = S;

	breaker_failed(&b, &rule, at);
	breaker_failed(&b, &rule, at);
	for (size_t i = 0; i < sizeof(pauses) / sizeof(pauses[0]); i++) {
		breaker_failed(&b, &rule, at);
		/* What was under way meanwhile changes nothing. */
		breaker_failed(&b, &rule, at + S);
		ck_assert_int_eq(b.open_till, at + pauses[i]);
		at += pauses[i];
		ck_assert(breaker_enter(&b, at));
	}
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("when to try again, and when to leave a server alone");
	TCase *t = tcase_create("retry");

	tcase_add_test(t, test_retry__doubles_up_to_the_cap);
	tcase_add_test(t, test_retry__reads_what_the_server_asks_for);
	tcase_add_test(t, test_breaker__opens_after_failures_in_a_row);
	tcase_add_test(t, test_breaker__one_request_tries_and_closes_it);
	tcase_add_test(t, test_breaker__waits_longer_each_time_up_to_a_bound);
	suite_add_tcase(s, t);
	return s;
}
