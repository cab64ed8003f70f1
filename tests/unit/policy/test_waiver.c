/* SPDX-License-Identifier: Apache-2.0
 *
 * When a waiver counts, to the microsecond, and for what.
 */
#include <check.h>

#include "base/clock.h"
#include "policy/waiver.h"

Suite *test_suite(void);

enum { ASKED = 100, GRANTED = 200, REVOKED = 300, ENDS = 400 };

static struct waiver_artifact candidate = {"hf", "s/textgen-lora-v7"};

static struct waiver granted(void)
{
	return (struct waiver){
		.id = "w1",
		.gate = GATE_LATENCY,
		.artifact = &candidate,
		.expires_at = ENDS,
		.requested_by = "token:a",
		.requested_at = ASKED,
		.approved_by = "token:b",
		.approved_at = GRANTED,
	};
}

static const struct {
	bool is_granted, is_revoked;
	int64_t at;
	enum waiver_state state;
} states[] = {
	{false, false, ASKED, WAIVER_REQUESTED},
	{false, false, ENDS - 1, WAIVER_REQUESTED},
	{false, false, ENDS, WAIVER_EXPIRED},
	{true, false, GRANTED - 1, WAIVER_REQUESTED},
	{true, false, GRANTED, WAIVER_APPROVED},
	{true, false, ENDS - 1, WAIVER_APPROVED},
	{true, false, ENDS, WAIVER_EXPIRED},
	{true, false, ENDS + 1, WAIVER_EXPIRED},
	{true, true, REVOKED - 1, WAIVER_APPROVED},
	{true, true, REVOKED, WAIVER_REVOKED},
	{true, true, ENDS, WAIVER_REVOKED},
	{false, true, REVOKED - 1, WAIVER_REQUESTED},
	{false, true, REVOKED, WAIVER_REVOKED},
};

START_TEST(test_waiver__has_a_state_at_each_instant)
{
	struct waiver w = granted();

	if (!states[_i].is_granted) {
		w.approved_by = NULL;
		w.approved_at = 0;
	}
	if (states[_i].is_revoked)
		w.revoked_at = REVOKED;
	ck_assert_int_eq(waiver_state_at(&w, states[_i].at), states[_i].state);
	ck_assert_int_eq(
		waiver_in_force(&w, GATE_LATENCY, "hf", "s/textgen-lora-v7", states[_i].at),
		states[_i].state == WAIVER_APPROVED);
}
END_TEST

START_TEST(test_waiver__is_for_one_gate_and_one_candidate)
{
	struct waiver w = granted();

	ck_assert(waiver_in_force(&w, GATE_LATENCY, "hf", "s/textgen-lora-v7", GRANTED));
	ck_assert(!waiver_in_force(&w, GATE_SAFETY, "hf", "s/textgen-lora-v7", GRANTED));
	ck_assert(!waiver_in_force(&w, GATE_LATENCY, "gcp", "s/textgen-lora-v7", GRANTED));
	ck_assert(!waiver_in_force(&w, GATE_LATENCY, "hf", "s/textgen-lora-v8", GRANTED));
}
END_TEST

START_TEST(test_waiver__that_one_granted_oneself_counts_for_nothing)
{
	struct waiver w = granted();

	w.approved_by = w.requested_by;
	ck_assert(!waiver_in_force(&w, GATE_LATENCY, "hf", "s/textgen-lora-v7", GRANTED));
	w.approved_by = NULL;
	ck_assert(!waiver_in_force(&w, GATE_LATENCY, "hf", "s/textgen-lora-v7", GRANTED));
}
END_TEST

START_TEST(test_waiver__ends_within_thirty_days)
{
	const int64_t now = 1000 * USEC_PER_SEC, most = 30 * INT64_C(86400) * USEC_PER_SEC;
	static const char at[] = "/expires_at";
	const struct {
		int64_t expires_at;
		bool ok;
	} cases[] = {
		{now - 1, false},
		{now, false},
		{now + 1, true},
		{now + most, true},
		{now + most + 1, false},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct faults faults;

		faults_init(&faults);
		waiver_check_expiry(cases[i].expires_at, now, &faults);
		ck_assert_uint_eq(faults.n, cases[i].ok ? 0 : 1);
		if (faults.n)
			ck_assert_str_eq(faults.list[0].pointer, at);
	}
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("waivers");
	TCase *t = tcase_create("waivers");

	tcase_add_loop_test(
		t, test_waiver__has_a_state_at_each_instant, 0, sizeof(states) / sizeof(states[0]));
	tcase_add_test(t, test_waiver__is_for_one_gate_and_one_candidate);
	tcase_add_test(t, test_waiver__that_one_granted_oneself_counts_for_nothing);
	tcase_add_test(t, test_waiver__ends_within_thirty_days);
	suite_add_tcase(s, t);
	return s;
}
