/* SPDX-License-Identifier: Apache-2.0
 *
 * Which contender wins a slot, and what is said when none does.
 */
#include <check.h>
#include <math.h>
#include <string.h>

#include "policy/selection.h"

Suite *test_suite(void);

static struct artifact artifacts[] = {
	{.id = "s/t-v1"}, {.id = "s/t-v2"}, {.id = "s/t-v3"}, {.id = "s/t-v4"}};
static const struct unit units[] = {
	{.provider = "hf", .artifact = &artifacts[0]},
	{.provider = "hf", .artifact = &artifacts[1]},
	{.provider = "hf", .artifact = &artifacts[2]},
	{.provider = "hf", .artifact = &artifacts[3]},
};
static const struct policy_slot slot = {"textgen", "hf", "textgen", 1};

static struct gate_result failed_gates[] = {
	{.gate = GATE_QUALITY, .verdict = VERDICT_PASS, .reason = "ok", .detail = "fine"},
	{.gate = GATE_SAFETY,
		.verdict = VERDICT_FAIL,
		.reason = "floor",
		.detail = "safety 0.93 < floor 0.95 (short by 0.02)"},
};
static const struct judgement failed = {.phase = PHASE_FAILED, .gates = {failed_gates, 2}};

#define ID0 "s/t-v1"
#define ID1 "s/t-v2"
#define ID2 "s/t-v3"
#define ID3 "s/t-v4"
#define C(i, phase_, score_, held_)                                                     \
	{                                                                               \
		.unit = &units[i], .id = ID##i, .number = (i) + 1, .phase = phase_,     \
		.score = score_, .held_by = held_,                                      \
		.judgement = (phase_) == PHASE_FAILED ? &failed : NULL, .seq = (i) + 10 \
	}

static const struct {
	struct contender c[4];
	size_t n;
	int best; /* -1: none */
	bool active;
	const char *explanation;
} cases[] = {
	{{}, 0, -1, false, "no candidate of role textgen from hf; submit a manifest with one"},
	{{}, 0, -1, true, "kept, nothing better: no candidate of role textgen from hf"},
	{{C(0, PHASE_SUCCEEDED, 0.5, NULL)}, 1, 0, false,
		"s/t-v1 is the only candidate that passes"},
	{{C(0, PHASE_SUCCEEDED, 0.7, NULL), C(1, PHASE_SUCCEEDED, 0.6, NULL)}, 2, 0, true,
		"s/t-v1 is the best of 2 candidates that pass"},
	/* Equal scores: the higher number. */
	{{C(1, PHASE_SUCCEEDED, 0.6, NULL), C(0, PHASE_SUCCEEDED, 0.6, NULL)}, 2, 0, false,
		"s/t-v2 is the best of 2 candidates that pass"},
	/* No score ranks last, even below a negative one. */
	{{C(3, PHASE_SUCCEEDED, NAN, NULL), C(0, PHASE_SUCCEEDED, -5, NULL)}, 2, 1, false,
		"s/t-v1 is the best of 2 candidates that pass"},
	{{C(3, PHASE_SUCCEEDED, NAN, NULL)}, 1, 0, false,
		"s/t-v4 is the only candidate that passes"},
	/* Only what Succeeded and is not held. */
	{{C(0, PHASE_FAILED, 0.9, NULL), C(1, PHASE_INCONCLUSIVE, 0.8, NULL),
		 C(2, PHASE_SUCCEEDED, 0.1, NULL), C(3, PHASE_SUCCEEDED, 0.9, "1.2.0")},
		4, 2, false, "s/t-v3 is the only candidate that passes"},
	{{C(0, PHASE_FAILED, 0.9, NULL)}, 1, -1, false,
		"the only candidate, s/t-v1, does not pass (Failed): safety gate: safety 0.93 < "
		"floor 0.95 (short by 0.02)"},
	{{C(0, PHASE_FAILED, 0.5, NULL), C(1, PHASE_FAILED, 0.9, NULL)}, 2, -1, true,
		"kept, nothing better: of 2 candidates the best, s/t-v2, does not pass (Failed): "
		"safety gate: safety 0.93 < floor 0.95 (short by 0.02)"},
	{{C(0, PHASE_FAILED, 0.9, NULL), C(1, PHASE_INCONCLUSIVE, 0.1, NULL)}, 2, -1, false,
		"of 2 candidates the best, s/t-v2, does not pass (Inconclusive)"},
	{{C(0, PHASE_SUCCEEDED, 0.9, "1.2.0")}, 1, -1, false,
		"the only candidate, s/t-v1, is held since release 1.2.0 was breached"},
	{{C(0, PHASE_SUCCEEDED, 0.9, "1.2.0"), C(1, PHASE_FAILED, 0.1, NULL)}, 2, -1, false,
		"of 2 candidates the best, s/t-v2, does not pass (Failed): safety gate: safety "
		"0.93 < floor 0.95 (short by 0.02)"},
};

START_TEST(test_selection__takes_the_best_that_passes)
{
	ARENA_AUTO a = arena_new();
	const struct contender *c = cases[_i].c;
	const struct contender *best = selection_best(c, cases[_i].n);

	ck_assert_ptr_eq(best, cases[_i].best < 0 ? NULL : &c[cases[_i].best]);
	ck_assert_str_eq(selection_explain(&slot, c, cases[_i].n, cases[_i].active, a),
		cases[_i].explanation);
}
END_TEST

START_TEST(test_selection__the_same_number_goes_by_sequence)
{
	const struct contender c[] = {
		{.unit = &units[0], .number = 1, .phase = PHASE_SUCCEEDED, .score = 1, .seq = 7},
		{.unit = &units[1], .number = 1, .phase = PHASE_SUCCEEDED, .score = 1, .seq = 8},
		{.unit = &units[2], .number = 1, .phase = PHASE_SUCCEEDED, .score = 1, .seq = 6},
	};

	ck_assert_ptr_eq(selection_best(c, 3), &c[1]);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("policy/selection");
	TCase *tc = tcase_create("selection");

	tcase_add_loop_test(tc, test_selection__takes_the_best_that_passes, 0,
		sizeof(cases) / sizeof(cases[0]));
	tcase_add_test(tc, test_selection__the_same_number_goes_by_sequence);
	suite_add_tcase(s, tc);
	return s;
}
