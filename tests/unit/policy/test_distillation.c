/* SPDX-License-Identifier: Apache-2.0
 *
 * Triggers of a distillation over measured signals, and which artifact is what its run made.
 */
#include "policy/distillation.h"

#include <check.h>
#include <math.h>
#include <string.h>

#include "base/text.h"

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

/* ---- What the run made ---- */

#define RUN    "arn:run/1"
#define TOKEN  "spiralfed0123"
#define OTHER  "arn:run/2"
#define FAMILY "s", "runtime-student"

static const struct {
	const char *what, *job, *student;
	struct distilled v[4]; /* the newest first */
	const char *made;
} outputs[] = {
	{"nothing has come", RUN, "s/runtime-student-v1", {{0}}, NULL},
	{"the run by its name, of whatever family", RUN, "s/runtime-student-v1",
		{{"s/x-v1", "s", "x", RUN, 200}}, "s/x-v1"},
	{"the run by its token", RUN, "s/runtime-student-v1", {{"s/x-v1", "s", "x", TOKEN, 200}},
		"s/x-v1"},
	{"another run, though of the family", RUN, "s/runtime-student-v1",
		{{"s/runtime-student-v2", FAMILY, OTHER, 200}}, NULL},
	{"a run whose name is longer", RUN, NULL, {{"s/x-v1", "s", "x", RUN "0", 200}}, NULL},
	{"the newest that names the run", RUN, NULL,
		{{"s/x-v3", "s", "x", RUN, 300}, {"s/x-v2", "s", "x", TOKEN, 200}}, "s/x-v3"},
	{"who names the run goes before who is newer", RUN, "s/runtime-student-v1",
		{{"s/runtime-student-v3", FAMILY, NULL, 300}, {"s/x-v2", "s", "x", RUN, 200}},
		"s/x-v2"},
	{"of the family, with no run named", RUN, "s/runtime-student-v1",
		{{"s/runtime-student-v2", FAMILY, NULL, 200}}, "s/runtime-student-v2"},
	{"the newest of the family", RUN, "s/runtime-student-v1",
		{{"s/runtime-student-v4", FAMILY, OTHER, 400},
			{"s/runtime-student-v3", FAMILY, NULL, 300},
			{"s/runtime-student-v2", FAMILY, NULL, 200}},
		"s/runtime-student-v3"},
	{"at the moment of the start", RUN, "s/runtime-student-v1",
		{{"s/runtime-student-v2", FAMILY, NULL, 100}}, "s/runtime-student-v2"},
	{"of the family, before the start", RUN, "s/runtime-student-v1",
		{{"s/runtime-student-v2", FAMILY, NULL, 99}}, NULL},
	{"names the run, and came before its start was answered", RUN, "s/runtime-student-v1",
		{{"s/runtime-student-v2", FAMILY, RUN, 99}}, "s/runtime-student-v2"},
	{"the family's name in another namespace", RUN, "s/runtime-student-v1",
		{{"t/runtime-student-v2", "t", "runtime-student", NULL, 200}}, NULL},
	{"a family that only begins so", RUN, "s/runtime-student-v1",
		{{"s/runtime-student-b-v2", "s", "runtime-student-b", NULL, 200}}, NULL},
	{"the student is no unit", RUN, NULL, {{"s/runtime-student-v2", FAMILY, NULL, 200}}, NULL},
	{"the run has no name yet", NULL, NULL, {{"s/x-v1", "s", "x", NULL, 200}}, NULL},
	{"the run has no name yet, but its token", NULL, NULL, {{"s/x-v1", "s", "x", TOKEN, 200}},
		"s/x-v1"},
};

START_TEST(test_distillation__knows_what_the_run_made)
{
	const struct distillation d = {.token = TOKEN,
		.job = outputs[_i].job,
		.student = outputs[_i].student,
		.started_at = 100};
	const struct distilled *made;
	size_t n = 0;

	while (n < 4 && outputs[_i].v[n].id)
		n++;
	made = distillation_output(&d, outputs[_i].v, n);
	ck_assert_msg(text_equal(made ? made->id : NULL, outputs[_i].made), "%s: %s",
		outputs[_i].what, made ? made->id : "none");
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("policy/distillation");
	TCase *t = tcase_create("pure");

	tcase_add_loop_test(t, test_distillation__fires_by_what_was_measured, 0,
		(int)(sizeof(rows) / sizeof(rows[0])));
	tcase_add_loop_test(t, test_distillation__knows_what_the_run_made, 0,
		(int)(sizeof(outputs) / sizeof(outputs[0])));
	suite_add_tcase(s, t);
	return s;
}
