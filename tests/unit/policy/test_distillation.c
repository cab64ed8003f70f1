/* SPDX-License-Identifier: Apache-2.0
 *
 * Triggers of a distillation over measured signals.
 */
#include "policy/distillation.h"

#include <check.h>
#include <math.h>
#include <string.h>

Suite *test_suite(void);

#define SHARE "{'signal':'route_share','target':'model:m','op':'gt','value':0.25,'window':'P7D'}"
#define COST  "{'signal':'cost_per_1k_tokens','op':'ge','value':0.002,'window':'P7D'}"

static const struct {
	const char *trigger;
	struct signal_sums whole;
	double target;
	bool fires;
} rows[] = {
	{SHARE, {100, 0, 0, 0}, 26, true},
	{SHARE, {100, 0, 0, 0}, 25, false},
	{SHARE, {0, 0, 0, 0}, 0, false},
	{COST, {1, 0, 1000, 2000}, 0, true},
	{COST, {1, 0, 1000, 1999}, 0, false},
	{COST, {1, 0, 0, 2000}, 0, false},
	{"{'all':[" SHARE "," COST "]}", {100, 0, 1000, 2000}, 30, true},
	{"{'all':[" SHARE "," COST "]}", {100, 0, 1000, 1000}, 30, false},
	{"{'all':[" SHARE "," COST "]}", {100, 0, 0, 0}, 30, false},
	{"{'any':[" SHARE "," COST "]}", {100, 0, 0, 0}, 30, true},
	{"{'any':[" SHARE "," COST "]}", {100, 0, 0, 0}, 1, false},
	{"{'signal':'error_rate','op':'le','value':0.01,'window':'P1D'}", {100, 1, 0, 0}, 0, true},
	{"{'signal':'requests','op':'lt','value':5,'window':'P1D'}", {0, 0, 0, 0}, 0, true},
	/* Nobody measures it. */
	{"{'signal':'latency_ms_p95','op':'lt','value':1e9,'window':'P1D'}", {9, 0, 9, 9}, 0,
		false},
};

START_TEST(test_distillation__fires_by_what_was_measured)
{
	ARENA_AUTO a = arena_new();
	const char *block = arena_printf(a,
		"{'models':{'m':{'artifact':'a'},'n':{'artifact':'b'}},'default':{'to':'model:m'},"
		"'distillation':{'teacher':'model:m','student':'model:n','trigger':%s}}",
		rows[_i].trigger);
	const struct signal_sums target = {.total = rows[_i].target};
	const struct fusion_trigger *t;
	double values[4];
	struct fusion f;
	struct err err = {0};

	for (char *p = (char *)block; *p; p++)
		*p = *p == '\'' ? '"' : *p;
	ck_assert_msg(fields_load_text(&fusion_table, block, a, &f, &err) == 0, "%s", err.msg);
	t = f.distillation->trigger;
	for (size_t i = 0; i < t->signals.n; i++)
		values[i] = signal_value(
			LIST_AT(&t->signals, struct fusion_signal, i), &rows[_i].whole, &target);
	ck_assert_int_eq(trigger_fires(t, values), rows[_i].fires);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("policy/distillation");
	TCase *t = tcase_create("pure");

	tcase_add_loop_test(t, test_distillation__fires_by_what_was_measured, 0,
		(int)(sizeof(rows) / sizeof(rows[0])));
	suite_add_tcase(s, t);
	return s;
}
