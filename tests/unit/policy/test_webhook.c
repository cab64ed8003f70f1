/* SPDX-License-Identifier: Apache-2.0
 *
 * The schedule of a webhook's attempts, and which events it wants.
 */
#include "policy/webhook.h"

#include <check.h>
#include <stdio.h>

#include "base/clock.h"

Suite *test_suite(void);

#define S USEC_PER_SEC
#define M (60 * S)
#define H (60 * M)

START_TEST(test_webhook__schedule)
{
	static const int64_t stated[] = {
		5 * S, 5 * M, 30 * M, 2 * H, 5 * H, 10 * H, 14 * H, 20 * H, 24 * H};
	int64_t whole = 0;
	bool spread = false;

	for (int i = 0; i < 50; i++) {
		char id[32];

		snprintf(id, sizeof(id), "msg_a_%d", i);
		whole = 0;
		for (int tries = 1; tries < WEBHOOK_TRIES; tries++) {
			int64_t d = webhook_retry_delay(id, tries, -1);

			ck_assert_int_ge(d, stated[tries - 1]);
			ck_assert_int_le(d, stated[tries - 1] + stated[tries - 1] / 5);
			/* The plan of one message does not change. */
			ck_assert_int_eq(d, webhook_retry_delay(id, tries, -1));
			spread = spread || d != webhook_retry_delay("msg_b_1", tries, -1);
			whole += d;
		}
		ck_assert_int_eq(webhook_retry_delay(id, WEBHOOK_TRIES, -1), -1);
		ck_assert_int_gt(whole, 75 * H);
		ck_assert_int_lt(whole, 91 * H);
	}
	ck_assert(spread);
}
END_TEST

START_TEST(test_webhook__waits_as_long_as_is_asked)
{
	ck_assert_int_eq(webhook_retry_delay("m", 1, 90 * S), 90 * S);
	ck_assert_int_ge(webhook_retry_delay("m", 4, 90 * S), 2 * H);
	ck_assert_int_eq(webhook_retry_delay("m", 1, 1000 * H), 24 * H);
	ck_assert_int_eq(webhook_retry_delay("m", WEBHOOK_TRIES, 90 * S), -1);
}
END_TEST

START_TEST(test_webhook__pauses)
{
	static const int64_t expected[] = {1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300};

	for (int i = 0; i < 11; i++)
		ck_assert_int_eq(webhook_pause(i + 1), expected[i] * S);
	ck_assert_int_eq(webhook_pause(1000000), 300 * S);
}
END_TEST

START_TEST(test_webhook__answers)
{
	for (int status = 100; status < 600; status++)
		ck_assert_int_eq(webhook_answer_of(status), status / 100 == 2 ? WEBHOOK_TAKEN
							    : status == 410   ? WEBHOOK_GONE
									      : WEBHOOK_REFUSED);
}
END_TEST

START_TEST(test_webhook__types)
{
	static const struct {
		const char *patterns, *type;
		bool wanted;
	} cases[] = {
		{"*", "release.activated", true},
		{"release.*", "release.activated", true},
		{"release.*", "releases.activated", false},
		{"release.*", "release", false},
		{"release.activated", "release.activated", true},
		{"release.activated", "release.activated2", false},
		{"release.activated2", "release.activated", false},
		{"release.", "release.activated", false},
		{"*.activated", "release.activated", false},
		{".*", "release.activated", false},
		{"", "release.activated", false},
		{"slo.* release.*", "release.breached", true},
		{"slo.* waiver.granted", "release.breached", false},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		ck_assert_msg(webhook_wants(cases[i].patterns, cases[i].type) == cases[i].wanted,
			"%s, %s", cases[i].patterns, cases[i].type);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("rules of webhooks");
	TCase *c = tcase_create("webhook");

	tcase_add_test(c, test_webhook__schedule);
	tcase_add_test(c, test_webhook__waits_as_long_as_is_asked);
	tcase_add_test(c, test_webhook__pauses);
	tcase_add_test(c, test_webhook__answers);
	tcase_add_test(c, test_webhook__types);
	suite_add_tcase(s, c);
	return s;
}
