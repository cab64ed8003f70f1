/* SPDX-License-Identifier: Apache-2.0
 *
 * The plan of every kind, and that the judges agree: what the plan says passes, a sample less does not
 * where the number is exact.
 */
#include <check.h>
#include <math.h>
#include <string.h>

#include "base/arena.h"
#include "policy/metric.h"
#include "policy/plan.h"

Suite *test_suite(void);

static struct arena *arena;
static struct policy policy;

static void setup(void)
{
	const char *canonical;
	struct faults faults;
	struct err err = {0};

	arena = arena_new();
	faults_init(&faults);
	ck_assert_int_eq(policy_parse(embed_policy_json, embed_policy_json_len, arena, &policy,
				 &canonical, &faults, &err),
		0);
}

static void teardown(void)
{
	arena_free(arena);
}

static const struct plan_assumptions usual = {NAN, NAN, NAN, NAN, NAN, 0};

static const struct plan_subject *plan(const char *name, struct plan_assumptions x)
{
	struct list subjects;

	policy_plan(&policy, &x, name, arena, &subjects);
	ck_assert_uint_eq(subjects.n, 1);
	ck_assert_str_eq(LIST_AT(&subjects, struct plan_subject, 0)->name, name);
	return LIST_AT(&subjects, struct plan_subject, 0);
}

static int64_t planned(const struct plan_subject *s, const char *what)
{
	for (size_t i = 0; i < s->rows.n; i++)
		if (strcmp(LIST_AT(&s->rows, struct plan_row, i)->what, what) == 0)
			return LIST_AT(&s->rows, struct plan_row, i)->n;
	ck_abort_msg("%s: no row \"%s\"", s->name, what);
}

/* The built-in policy: alpha 0.05 over 3 looks, power 0.8. Made with Python's
 * statistics.NormalDist and sums of exact binomials. */
static const struct {
	const char *subject, *what;
	int64_t n;
} table[] = {
	{"task_accuracy", "each side, to show it better", 5305},
	{"task_accuracy", "pairs of which 10 % differ, to show it better", 2203},
	{"task_accuracy", "each side, to show an equal one no worse", 5623},
	{"task_accuracy", "pairs of which 10 % differ, to show an equal one no worse", 2205},
	{"task_accuracy", "of its own, to show it at least 0.75", 150},
	{"retrieval_score", "each side, to show it better", 3969},
	{"retrieval_score", "pairs, to show it better", 1985},
	{"retrieval_score", "each side, to show an equal one no worse", 3969},
	{"retrieval_score", "pairs, to show an equal one no worse", 1985},
	{"retrieval_score", "of its own, to show it at least 0.75", 80},
	{"safety", "each side, to show an equal one no worse", 1747},
	{"safety", "pairs of which 1.98 % differ, to show an equal one no worse", 1747},
	{"safety", "of its own, to show it at least 0.95", 188},
	{"policy", "cases, when every one passes", 2046},
	{"policy", "cases, when 1 does not pass", 3021},
	{"adversarial", "cases, when every one passes", 817},
	{"latency_ms_p95", "requests, when none is over it", 80},
	{"latency_ms_p95", "requests, when 1 is over it", 119},
	{"latency_ms_p95", "requests, when 10 are over it", 380},
	{"latency_ms_p95", "requests, when 2 % are over it", 376},
	{"cost_per_1k_tokens", "each side, to show an equal one no worse", 635},
	{"cost_per_1k_tokens", "pairs, to show an equal one no worse", 318},
};

START_TEST(test_plan__knows_each_kind)
{
	ck_assert_int_eq(planned(plan(table[_i].subject, usual), table[_i].what), table[_i].n);
}
END_TEST

static enum outcome suite_of(int64_t total, int64_t violations, double max_rate, double alpha)
{
	const struct suite suite = {
		.name = "s", .total = total, .violations = violations, .errors = 0};
	const struct safety_policy rule = {.max_rate = max_rate, .alpha = alpha};
	struct safety_verdict v;

	safety_judge(&suite, &rule, &v);
	return v.verdict;
}

START_TEST(test_plan__is_what_a_suite_passes_with)
{
	static const char *const rows[] = {"cases, when every one passes",
		"cases, when 1 does not pass", "cases, when 2 do not pass",
		"cases, when 3 do not pass"};
	const struct plan_subject *s = plan("adversarial", usual);

	for (int64_t k = 0; k < 4; k++) {
		int64_t n = planned(s, rows[k]);

		ck_assert_int_eq(suite_of(n, k, 0.005, s->alpha), OUTCOME_PASS);
		ck_assert_int_eq(suite_of(n - 1, k, 0.005, s->alpha), OUTCOME_INCONCLUSIVE);
	}
}
END_TEST

static enum outcome latency_of(int64_t n, int64_t over, double alpha)
{
	double bounds[] = {250};
	int64_t counts[] = {n - over, over};
	const struct metric_histogram h = {
		.bounds = bounds, .n_bounds = 1, .counts = counts, .n_counts = 2};
	struct latency_verdict v;

	latency_judge(&h, 250, 0.95, alpha, &v);
	return v.verdict;
}

START_TEST(test_plan__is_what_a_histogram_passes_with)
{
	const struct plan_subject *s = plan("latency_ms_p95", usual);
	const struct {
		const char *what;
		int64_t over;
	} rows[] = {{"requests, when none is over it", 0}, {"requests, when 1 is over it", 1},
		{"requests, when 10 are over it", 10}};

	for (size_t i = 0; i < 3; i++) {
		int64_t n = planned(s, rows[i].what);

		ck_assert_int_eq(latency_of(n, rows[i].over, s->alpha), OUTCOME_PASS);
		ck_assert_int_eq(latency_of(n - 1, rows[i].over, s->alpha), OUTCOME_INCONCLUSIVE);
	}
}
END_TEST

START_TEST(test_plan__splits_alpha_over_looks_and_contenders)
{
	struct plan_assumptions x = usual;

	x.contenders = 4;
	ck_assert(fabs(plan("policy", usual)->alpha - 0.05 / 3) < 1e-15);
	ck_assert(fabs(plan("policy", x)->alpha - 0.05 / 12) < 1e-15);
	ck_assert_int_gt(planned(plan("policy", x), "cases, when every one passes"),
		planned(plan("policy", usual), "cases, when every one passes"));
}
END_TEST

START_TEST(test_plan__says_where_no_number_does)
{
	struct plan_assumptions x = usual;

	x.value = 0.7; /* below the floor */
	ck_assert_int_eq(
		planned(plan("task_accuracy", x), "of its own, to show it at least 0.75"), -1);
	x.gain = 0;
	ck_assert_int_eq(planned(plan("task_accuracy", x), "each side, to show it better"), -1);
	x.slow = 0.06;
	ck_assert_int_eq(planned(plan("latency_ms_p95", x), "requests, when 6 % are over it"), -1);
	struct list subjects;
	policy_plan(&policy, &usual, "nosuch", arena, &subjects);
	ck_assert_uint_eq(subjects.n, 0);
	policy_plan(&policy, &usual, NULL, arena, &subjects);
	ck_assert_uint_eq(subjects.n, 8);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("plan");
	TCase *tc = tcase_create("plan");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, test_plan__knows_each_kind, 0, sizeof(table) / sizeof(table[0]));
	tcase_add_test(tc, test_plan__is_what_a_suite_passes_with);
	tcase_add_test(tc, test_plan__is_what_a_histogram_passes_with);
	tcase_add_test(tc, test_plan__splits_alpha_over_looks_and_contenders);
	tcase_add_test(tc, test_plan__says_where_no_number_does);
	suite_add_tcase(s, tc);
	return s;
}
