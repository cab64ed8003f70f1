/* SPDX-License-Identifier: Apache-2.0
 *
 * The judges at exact equality, and the numbers behind n_needed: what a mutation of one comparison
 * or one formula would change.
 */
#include <check.h>
#include <math.h>
#include <stdint.h>

#include "policy/metric.h"

Suite *test_suite(void);

static struct metric bare(double value)
{
	return (struct metric){.value = value,
		.n = -1,
		.successes = -1,
		.stderr_ = NAN,
		.ci_lo = NAN,
		.ci_hi = NAN,
		.ci_level = NAN,
		.clusters = -1,
		.higher_is_better = -1};
}

static struct metric counted(int64_t k, int64_t n)
{
	struct metric metric = bare((double)k / (double)n);

	metric.n = n;
	metric.successes = k;
	return metric;
}

static struct metric mean(double value, double se, int64_t n)
{
	struct metric metric = bare(value);

	metric.stderr_ = se;
	metric.n = n;
	return metric;
}

static struct metric_paired pairs(int64_t b, int64_t c, int64_t n)
{
	return (struct metric_paired){.baseline = "live",
		.b = b,
		.c = c,
		.mean_diff = NAN,
		.stderr_diff = NAN,
		.n = n,
		.clusters = -1};
}

static struct metric_policy policy_of(
	enum metric_objective objective, enum metric_kind kind, double margin)
{
	struct metric_policy policy = metric_policy_default();

	policy.objective = objective;
	policy.kind = kind;
	policy.margin = margin;
	policy.min_n = 0;
	return policy;
}

static struct metric_verdict judge(
	struct metric candidate, struct metric baseline, struct metric_policy policy)
{
	struct metric_verdict verdict;

	metric_judge(&candidate, &baseline, "live", &policy, &verdict);
	return verdict;
}

static struct metric_verdict judge_pairs(struct metric_paired paired, struct metric_policy policy)
{
	struct metric candidate = bare(0.5);

	candidate.paired = &paired;
	return judge(candidate, bare(0.5), policy);
}

START_TEST(test_metric_edges__p_equal_to_alpha_decides)
{
	struct metric_policy policy = policy_of(OBJECTIVE_SUPERIOR, KIND_PROPORTION, NAN);
	struct metric_verdict verdict;

	policy.alpha = 0.03125;
	verdict = judge_pairs(pairs(0, 5, 100), policy);
	ck_assert_double_eq(verdict.p_pass, policy.alpha);
	ck_assert_int_eq(verdict.verdict, OUTCOME_PASS);
	verdict = judge_pairs(pairs(5, 0, 100), policy);
	ck_assert_double_eq(verdict.p_fail, policy.alpha);
	ck_assert_int_eq(verdict.verdict, OUTCOME_FAIL);
	policy.min_n = 100;
	verdict = judge_pairs(pairs(0, 5, 100), policy);
	ck_assert_int_eq(verdict.verdict, OUTCOME_PASS);
	policy.min_n = 101;
	verdict = judge_pairs(pairs(0, 5, 100), policy);
	ck_assert_int_eq(verdict.reason, REASON_MIN_N);
	ck_assert_int_eq(verdict.n_needed, 101);
}
END_TEST

START_TEST(test_metric_edges__counts_before_values)
{
	struct metric_policy policy = policy_of(OBJECTIVE_SUPERIOR, KIND_PROPORTION, NAN);
	struct metric candidate = counted(0, 1000);

	/* Counts win over the value, a count of none as well. */
	candidate.value = 0.0009;
	ck_assert_double_eq(judge(candidate, bare(0.0), policy).d, 0.0);
	/* Without successes the nearest count is taken, halves up. */
	candidate = bare(0.25);
	candidate.n = 2;
	ck_assert_double_eq(judge(candidate, bare(0.0), policy).d, 0.5);
	candidate.value = 0.2;
	ck_assert_double_eq(judge(candidate, bare(0.0), policy).d, 0.0);
}
END_TEST

START_TEST(test_metric_edges__accepts_the_extremes)
{
	struct metric_policy policy = policy_of(OBJECTIVE_NONINFERIOR, KIND_PROPORTION, 0.02);
	struct metric metric = counted(10, 10);
	struct metric_paired paired = pairs(1, 0, 1);

	metric.ci_lo = metric.ci_hi = 1.0;
	metric.clusters = 10;
	metric.paired = &paired;
	ck_assert_int_eq(metric_check(&metric, &policy), REASON_OK);
	paired.clusters = 1;
	ck_assert_int_eq(metric_check(&metric, &policy), REASON_OK);
	paired = pairs(0, 1, 1);
	ck_assert_int_eq(metric_check(&metric, &policy), REASON_OK);
	paired = pairs(2, 3, 5);
	ck_assert_int_eq(metric_check(&metric, &policy), REASON_OK);
	metric.n = metric.successes = -1;
	metric.clusters = 3;
	ck_assert_int_eq(metric_check(&metric, &policy), REASON_OK);
}
END_TEST

START_TEST(test_metric_edges__refuses_each_alone)
{
	struct metric_policy policy = policy_of(OBJECTIVE_NONINFERIOR, KIND_PROPORTION, 0.02);
	struct metric metric = counted(10, 10);

	metric.clusters = 0;
	ck_assert_int_eq(metric_check(&metric, &policy), REASON_BAD_N);
	metric.clusters = 11;
	ck_assert_int_eq(metric_check(&metric, &policy), REASON_BAD_N);
	metric = bare(0.5);
	metric.ci_lo = -INFINITY;
	metric.ci_hi = 1.0;
	ck_assert_int_eq(metric_check(&metric, &policy), REASON_BAD_CI);
	metric.ci_lo = 0.0;
	metric.ci_hi = INFINITY;
	ck_assert_int_eq(metric_check(&metric, &policy), REASON_BAD_CI);
}
END_TEST

START_TEST(test_metric_edges__bounds_are_inclusive)
{
	struct metric_policy policy = policy_of(OBJECTIVE_NONINFERIOR, KIND_MEAN, 1.0);

	policy.floor = 0.5;
	policy.ceiling = 0.5;
	ck_assert_int_eq(judge(mean(0.5, 0.0, 9), bare(0.5), policy).verdict, OUTCOME_PASS);
	ck_assert_int_eq(judge(bare(0.5), bare(0.5), policy).verdict, OUTCOME_PASS);
	ck_assert_int_eq(judge(bare(0.4999), bare(0.5), policy).floor, OUTCOME_FAIL);
	ck_assert_int_eq(judge(bare(0.4999), bare(0.5), policy).ceiling, OUTCOME_PASS);
	ck_assert_int_eq(judge(bare(0.5001), bare(0.5), policy).ceiling, OUTCOME_FAIL);
	ck_assert_int_eq(judge(bare(0.5001), bare(0.5), policy).floor, OUTCOME_PASS);
	policy = policy_of(OBJECTIVE_NONINFERIOR, KIND_PROPORTION, 1.0);
	policy.floor = 1.0;
	ck_assert_int_eq(judge(counted(50, 50), bare(0.5), policy).floor, OUTCOME_INCONCLUSIVE);
}
END_TEST

START_TEST(test_metric_edges__margins_as_wide_as_the_scale)
{
	struct metric_policy policy = policy_of(OBJECTIVE_NONINFERIOR, KIND_PROPORTION, 1.0);

	ck_assert_double_eq(judge_pairs(pairs(9, 0, 9), policy).p_pass, 0.5);
	ck_assert_double_eq(judge_pairs(pairs(8, 0, 9), policy).p_pass, 0.0);
	policy.margin = 1.5;
	ck_assert_double_eq(judge_pairs(pairs(9, 0, 9), policy).p_pass, 0.0);
}
END_TEST

START_TEST(test_metric_edges__proportion_against_a_bare_spread)
{
	struct metric_policy policy = policy_of(OBJECTIVE_SUPERIOR, KIND_PROPORTION, NAN);
	struct metric_verdict verdict = judge(counted(80, 100), mean(0.75, 0.03, -1), policy);
	struct stat_test test;

	ck_assert_int_eq(stat_mean_test(0.8 - 0.75, hypot(0.04, 0.03), INFINITY, 0.0, &test), 0);
	ck_assert_int_eq(verdict.method, METHOD_WELCH_Z);
	ck_assert_double_eq_tol(verdict.p_pass, test.p_greater, 1e-14);
	verdict = judge(mean(0.8, 0.0, -1), mean(0.75, 0.03, -1), policy);
	ck_assert_int_eq(verdict.method, METHOD_WELCH_Z);
	verdict = judge(mean(0.8, 0.0, -1), mean(0.75, 0.0, -1), policy);
	ck_assert_int_eq(verdict.method, METHOD_EXACT_MEANS);
	ck_assert_double_eq(verdict.p_pass, 0.0);
}
END_TEST

/* n_needed by the formula of each method; alpha 0.05, beta 0.2, theta = -margin. */
START_TEST(test_metric_edges__n_needed_of_pairs)
{
	struct metric_policy superior = policy_of(OBJECTIVE_SUPERIOR, KIND_PROPORTION, NAN);
	struct metric_policy within = policy_of(OBJECTIVE_NONINFERIOR, KIND_PROPORTION, 0.03);
	struct metric_paired paired = pairs(-1, -1, 50);
	double sd = sqrt(0.2 - 0.02 * 0.02);

	ck_assert_int_eq(judge_pairs(pairs(9, 11, 100), superior).n_needed,
		stat_min_n_mcnemar(0.2, 0.02, 0.05, 0.2));
	ck_assert_int_eq(judge_pairs(pairs(11, 9, 100), superior).n_needed,
		stat_min_n_mcnemar(0.2, 0.02, 0.05, 0.2));
	ck_assert_int_eq(judge_pairs(pairs(11, 9, 100), within).n_needed,
		stat_min_n_paired(sd, 0.03 - 0.02, 0.0, 0.05, 0.2));
	paired.mean_diff = 0.01;
	paired.stderr_diff = 0.05;
	ck_assert_int_eq(judge_pairs(paired, within).n_needed,
		stat_min_n_paired(0.05 * sqrt(50), 0.01, 0.03, 0.05, 0.2));
	paired.n = -1;
	ck_assert_int_eq(judge_pairs(paired, within).n_needed, -1);
}
END_TEST

START_TEST(test_metric_edges__n_needed_of_arms)
{
	struct metric_policy within = policy_of(OBJECTIVE_NONINFERIOR, KIND_PROPORTION, 0.05);
	struct metric_policy means = policy_of(OBJECTIVE_NONINFERIOR, KIND_MEAN, 0.05);
	struct metric grouped = counted(80, 100);
	int64_t n = stat_min_n_proportion(0.8, 0.79, 0.05, 0.05, 0.2);

	ck_assert_int_eq(judge(counted(80, 100), counted(79, 100), within).n_needed, n);
	/* A quarter of the effective samples: four times as many have to be given. */
	grouped.stderr_ = 0.08;
	ck_assert_int_ge(judge(grouped, counted(79, 100), within).n_needed, 4 * n);
	ck_assert_int_le(judge(grouped, counted(79, 100), within).n_needed, 4 * n + 4);
	ck_assert_int_eq(judge(mean(1.0, 0.1, 40), mean(0.9, 0.2, 70), means).n_needed,
		stat_min_n_paired(sqrt(0.01 * 40 + 0.04 * 70), 0.1, 0.05, 0.05, 0.2));
	ck_assert_int_eq(judge(mean(1.0, 0.1, 40), bare(0.9), means).n_needed,
		stat_min_n_paired(0.1 * sqrt(40), 0.1, 0.05, 0.05, 0.2));
	ck_assert_int_eq(judge(mean(1.0, 0.1, -1), bare(0.9), means).n_needed, -1);
	ck_assert_int_eq(judge(counted(75, 100), bare(0.74), within).n_needed,
		stat_min_n_paired(sqrt(0.75 * 0.25), 0.06, 0.0, 0.05, 0.2));
}
END_TEST

START_TEST(test_metric_edges__n_needed_of_bounds)
{
	struct metric_policy policy = policy_of(OBJECTIVE_NONINFERIOR, KIND_PROPORTION, 1.0);
	struct metric_policy means = policy_of(OBJECTIVE_NONINFERIOR, KIND_MEAN, 10.0);

	policy.floor = 0.7;
	means.floor = 0.95;
	ck_assert_int_eq(judge(counted(75, 100), bare(0.7), policy).n_needed,
		stat_min_n_paired(sqrt(0.75 * 0.25), 0.05, 0.0, 0.05, 0.2));
	ck_assert_int_eq(judge(mean(1.0, 0.1, 40), bare(1.0), means).n_needed,
		stat_min_n_paired(0.1 * sqrt(40), 0.05, 0.0, 0.05, 0.2));
	ck_assert_int_eq(judge(mean(1.0, 0.1, -1), bare(1.0), means).verdict, OUTCOME_INCONCLUSIVE);
	ck_assert_int_eq(judge(mean(1.0, 0.1, -1), bare(1.0), means).n_needed, -1);
	policy.floor = NAN;
	policy.ceiling = 0.8;
	ck_assert_int_eq(judge(counted(75, 100), bare(0.7), policy).n_needed,
		stat_min_n_paired(sqrt(0.75 * 0.25), 0.05, 0.0, 0.05, 0.2));
}
END_TEST

static enum metric_reason safety(int64_t total, int64_t violations, int64_t errors, double max_rate,
	double alpha, int64_t min_total)
{
	struct suite suite = {.total = total, .violations = violations, .errors = errors};
	struct safety_policy policy = {
		.max_rate = max_rate, .alpha = alpha, .min_total = min_total};
	struct safety_verdict verdict;

	safety_judge(&suite, &policy, &verdict);
	ck_assert_int_eq(verdict.has_limits, verdict.verdict != OUTCOME_INVALID);
	return verdict.reason;
}

START_TEST(test_metric_edges__safety_at_equality)
{
	ck_assert_int_eq(
		safety(100, 0, 0, stat_zero_events_upper(100, 0.05), 0.05, 100), REASON_OK);
	ck_assert_int_eq(safety(100, 0, 0, stat_zero_events_upper(100, 0.05), 0.05, 101),
		REASON_SUITE_TRUNCATED);
	/* One of one: the lower limit is alpha itself. */
	ck_assert_int_eq(safety(1, 1, 0, 0.5, 0.5, 0), REASON_NEED_N);
	ck_assert_int_eq(safety(1, 0, 1, 0.499, 0.5, 0), REASON_RATE);
	ck_assert_int_eq(safety(10, 4, 6, 0.1, 0.05, 0), REASON_RATE);
	ck_assert_int_eq(safety(STAT_COUNT_MAX, 0, 0, 0.1, 0.05, 0), REASON_OK);
	ck_assert_int_eq(safety(STAT_COUNT_MAX + 1, 0, 0, 0.1, 0.05, 0), REASON_COUNTS);
	ck_assert_int_eq(safety(10, -1, 1, 0.1, 0.05, 0), REASON_COUNTS);
	ck_assert_int_eq(safety(10, 1, -1, 0.1, 0.05, 0), REASON_COUNTS);
	ck_assert_int_eq(safety(10, 5, 6, 0.1, 0.05, 0), REASON_COUNTS);
}
END_TEST

START_TEST(test_metric_edges__categories_at_equality)
{
	static const char *const zero[] = {"b", "c"};
	struct suite_category categories[] = {{"a", 30, 1, 1}, {"b", 1, 0, 0}, {"c", 5, 0, 0}};
	struct suite suite = {.total = 30,
		.violations = 1,
		.errors = 1,
		.categories = categories,
		.n_categories = 3};
	struct safety_policy policy = {.max_rate = 0.9,
		.alpha = 0.05,
		.zero_tolerance_categories = zero,
		.n_zero_tolerance_categories = 2};
	struct safety_verdict verdict;

	safety_judge(&suite, &policy, &verdict);
	ck_assert_int_eq(verdict.reason, REASON_OK);
	ck_assert_ptr_null(verdict.category);
	/* Only what is counted counts. */
	suite.n_categories = 2;
	safety_judge(&suite, &policy, &verdict);
	ck_assert_int_eq(verdict.reason, REASON_SUITE_TRUNCATED);
	ck_assert_str_eq(verdict.category, "c");
	suite.n_categories = 3;
	categories[0].errors = 2;
	safety_judge(&suite, &policy, &verdict);
	ck_assert_int_eq(verdict.reason, REASON_COUNTS);
	/* More violations and errors than cases, though the suite had as many of each. */
	suite.violations = suite.errors = 5;
	categories[0] = (struct suite_category){"a", 3, 2, 2};
	safety_judge(&suite, &policy, &verdict);
	ck_assert_int_eq(verdict.reason, REASON_COUNTS);
	categories[0] = (struct suite_category){"a", 30, 1, 1};
	categories[2] = (struct suite_category){"c", 0, 0, 1};
	safety_judge(&suite, &policy, &verdict);
	ck_assert_int_eq(verdict.reason, REASON_COUNTS);
	categories[2] = (struct suite_category){"c", -1, 0, 0};
	safety_judge(&suite, &policy, &verdict);
	ck_assert_int_eq(verdict.reason, REASON_COUNTS);
}
END_TEST

START_TEST(test_metric_edges__latency_at_equality)
{
	static const double bounds[] = {1};
	int64_t counts[] = {1, 0};
	struct metric_histogram histogram = {bounds, 1, counts, 2};
	struct latency_verdict verdict;

	latency_judge(&histogram, 1, 0.5, 0.5, &verdict);
	ck_assert_double_eq(verdict.limits.upper, 0.5);
	ck_assert_int_eq(verdict.verdict, OUTCOME_PASS);
	counts[0] = 0;
	counts[1] = 1;
	latency_judge(&histogram, 1, 0.5, 0.5, &verdict);
	ck_assert_double_eq(verdict.limits.lower, 0.5);
	ck_assert_int_eq(verdict.verdict, OUTCOME_INCONCLUSIVE);
	ck_assert_int_eq(verdict.n_needed, stat_min_n_score(1.0, 0.5, 0.5, 0.2));
}
END_TEST

static struct quality_verdict quality(struct metric first, struct metric second,
	struct metric baseline, enum require require, double alpha, struct quality_part parts[2])
{
	struct quality_metric metrics[2] = {{.candidate = &first, .baseline = &baseline},
		{.candidate = &second, .baseline = &baseline}};
	struct quality_verdict verdict;
	double scratch[4];

	for (int i = 0; i < 2; i++) {
		metrics[i].policy = policy_of(OBJECTIVE_NONINFERIOR, KIND_PROPORTION, 0.1);
		metrics[i].policy.role = METRIC_SUCCESS;
	}
	quality_judge(metrics, 2, require, alpha, scratch, 4, parts, &verdict);
	return verdict;
}

START_TEST(test_metric_edges__quality_at_equality)
{
	struct metric better = counted(880, 1000);
	struct metric worse = counted(700, 1000);
	struct metric live = counted(850, 1000);
	struct quality_part parts[2];
	double alpha;

	quality(better, better, live, REQUIRE_ANY, 0.05, parts);
	alpha = parts[0].holm_superior;
	ck_assert_int_eq(quality(better, better, live, REQUIRE_ANY, alpha, parts).decisive, 0);
	ck_assert_int_eq(
		quality(better, better, live, REQUIRE_ANY, nextafter(alpha, 0.0), parts).reason,
		REASON_NO_IMPROVEMENT);
	alpha = parts[0].p_superior;
	ck_assert_int_eq(
		quality(better, better, live, REQUIRE_ALL, alpha, parts).reason, REASON_SUPERIOR);
	ck_assert_int_eq(
		quality(better, better, live, REQUIRE_ALL, nextafter(alpha, 0.0), parts).reason,
		REASON_NO_IMPROVEMENT);
	quality(better, worse, live, REQUIRE_ANY, 0.05, parts);
	alpha = parts[1].holm_fail;
	ck_assert_int_eq(
		quality(better, worse, live, REQUIRE_ANY, alpha, parts).reason, REASON_HARM);
	ck_assert_int_eq(
		quality(better, worse, live, REQUIRE_ANY, nextafter(alpha, 0.0), parts).reason,
		REASON_GUARDRAIL);
}
END_TEST

/* The smallest manifests: a bare number that is higher is an improvement, one that is equal is not. */
START_TEST(test_metric_edges__quality_of_bare_numbers)
{
	struct quality_part parts[2];
	struct quality_verdict verdict =
		quality(bare(0.86), bare(0.85), bare(0.85), REQUIRE_ANY, 0.05, parts);

	ck_assert_int_eq(verdict.reason, REASON_SUPERIOR);
	ck_assert_double_eq(parts[0].p_superior, 0.0);
	ck_assert_double_eq(parts[1].p_superior, 1.0);
	verdict = quality(bare(0.85), bare(0.85), bare(0.85), REQUIRE_ANY, 0.05, parts);
	ck_assert_int_eq(verdict.reason, REASON_NO_IMPROVEMENT);
}
END_TEST

Suite *test_suite(void)
{
	Suite *suite = suite_create("verdicts at equality");
	TCase *tcase = tcase_create("metric_edges");

	tcase_add_test(tcase, test_metric_edges__p_equal_to_alpha_decides);
	tcase_add_test(tcase, test_metric_edges__counts_before_values);
	tcase_add_test(tcase, test_metric_edges__accepts_the_extremes);
	tcase_add_test(tcase, test_metric_edges__refuses_each_alone);
	tcase_add_test(tcase, test_metric_edges__bounds_are_inclusive);
	tcase_add_test(tcase, test_metric_edges__margins_as_wide_as_the_scale);
	tcase_add_test(tcase, test_metric_edges__proportion_against_a_bare_spread);
	tcase_add_test(tcase, test_metric_edges__n_needed_of_pairs);
	tcase_add_test(tcase, test_metric_edges__n_needed_of_arms);
	tcase_add_test(tcase, test_metric_edges__n_needed_of_bounds);
	tcase_add_test(tcase, test_metric_edges__safety_at_equality);
	tcase_add_test(tcase, test_metric_edges__categories_at_equality);
	tcase_add_test(tcase, test_metric_edges__latency_at_equality);
	tcase_add_test(tcase, test_metric_edges__quality_at_equality);
	tcase_add_test(tcase, test_metric_edges__quality_of_bare_numbers);
	suite_add_tcase(suite, tcase);
	return suite;
}
