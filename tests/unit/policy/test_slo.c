/* SPDX-License-Identifier: Apache-2.0
 *
 * Objectives at, below and above their limit, with too little data and with none.
 */
#include <check.h>
#include <math.h>
#include <string.h>

#include "policy/slo.h"

Suite *test_suite(void);

#define SLO(bad_, of_, limit_, min_)                                                     \
	{                                                                                \
		.name = "slo", .bad = bad_, .of = of_, .limit = limit_, .window_s = 300, \
		.min_total = min_                                                        \
	}

static const struct {
	struct policy_slo slo;
	struct observation sum;
	bool enough, breached;
	const char *detail;
} cases[] = {
	{SLO("errors", "total", 0.01, 100), {.total = 1000, .errors = 40}, true, true,
		"errors 40 of 1000 (4 %) over 300 s, limit 1 %"},
	{SLO("errors", "total", 0.02, 100), {.total = 1000, .errors = 20}, true, false,
		"errors 20 of 1000 (2 %) over 300 s, limit 2 %"},
	{SLO("errors", "total", 0.02, 100), {.total = 1000, .errors = 21}, true, true,
		"errors 21 of 1000 (2.1 %) over 300 s, limit 2 %"},
	{SLO("errors", "total", 0.02, 100), {.total = 99, .errors = 99}, false, false,
		"errors 99 of 99 (100 %) over 300 s, limit 2 %; too few to decide, 100 are needed"},
	{SLO("errors", "total", 0.02, 100), {.total = 100, .errors = 99}, true, true,
		"errors 99 of 100 (99 %) over 300 s, limit 2 %"},
	{SLO("errors", "total", 0.02, 0), {.errors = 0}, false, false,
		"no data: total is 0 over 300 s"},
	{SLO("slow", "total", 0.2, 10), {.total = 10, .slow = 3}, true, true,
		"slow 3 of 10 (30 %) over 300 s, limit 20 %"},
	{SLO("safety_violations", "safety_checked", 0.01, 1),
		{.safety_checked = 200, .safety_violations = 2}, true, false,
		"safety_violations 2 of 200 (1 %) over 300 s, limit 1 %"},
	{SLO("safety_critical", NULL, 0, 0), {.safety_critical = 1}, true, true,
		"safety_critical 1 over 300 s, limit 0"},
	{SLO("safety_critical", NULL, 0, 0), {.safety_critical = 0}, true, false,
		"safety_critical 0 over 300 s, limit 0"},
	{SLO("cost_micro", "tokens", 1500000, 1000), {.tokens = 2000, .cost_micro = 3000001}, true,
		true, "cost 1500000.5 micro-units for 1000 tokens over 300 s, limit 1500000"},
	{SLO("cost_micro", "tokens", 1500000, 1000), {.tokens = 2000, .cost_micro = 3000000}, true,
		false, "cost 1500000 micro-units for 1000 tokens over 300 s, limit 1500000"},
};

START_TEST(test_slo__breaches_strictly_above_its_limit)
{
	ARENA_AUTO a = arena_new();
	struct slo_result r;

	slo_evaluate(&cases[_i].slo, &cases[_i].sum, a, &r);
	ck_assert_int_eq(r.enough, cases[_i].enough);
	ck_assert_int_eq(r.breached, cases[_i].breached);
	ck_assert_str_eq(r.detail, cases[_i].detail);
	ck_assert_ptr_eq(r.slo, &cases[_i].slo);
	ck_assert_int_eq(isnan(r.rate), !cases[_i].slo.of || r.of == 0);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("policy/slo");
	TCase *tc = tcase_create("slo");

	tcase_add_loop_test(tc, test_slo__breaches_strictly_above_its_limit, 0,
		sizeof(cases) / sizeof(cases[0]));
	suite_add_tcase(s, tc);
	return s;
}
