/* SPDX-License-Identifier: Apache-2.0
 *
 * One metric against its baseline: which method judges, what is refused, how floors, ceilings and
 * sample sizes turn the verdict, and that lower-is-better is the mirror of higher-is-better.
 */
#include <check.h>
#include <math.h>
#include <stdint.h>
#include <string.h>

#include "policy/metric.h"

Suite *test_suite(void);

static const struct metric absent = {.value = NAN,
	.n = -1,
	.successes = -1,
	.stderr_ = NAN,
	.ci_lo = NAN,
	.ci_hi = NAN,
	.ci_level = NAN,
	.clusters = -1,
	.higher_is_better = -1};

static const struct metric_paired no_pairs = {.baseline = "live",
	.b = -1,
	.c = -1,
	.mean_diff = NAN,
	.stderr_diff = NAN,
	.n = -1,
	.clusters = -1};

static struct metric bare(double value)
{
	struct metric metric = absent;

	metric.value = value;
	return metric;
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

static struct metric_policy superior(void)
{
	struct metric_policy policy = metric_policy_default();

	policy.objective = OBJECTIVE_SUPERIOR;
	return policy;
}

static struct metric_policy within(double margin)
{
	struct metric_policy policy = metric_policy_default();

	policy.margin = margin;
	return policy;
}

static struct metric_policy of_means(struct metric_policy policy)
{
	policy.kind = KIND_MEAN;
	return policy;
}

static struct metric_verdict judge(
	struct metric candidate, struct metric baseline, struct metric_policy policy)
{
	struct metric_verdict verdict;

	metric_judge(&candidate, &baseline, "live", &policy, &verdict);
	return verdict;
}

static void assert_verdict(const struct metric_verdict *got, enum metric_method method,
	enum outcome verdict, enum metric_reason reason)
{
	ck_assert_str_eq(metric_method_name(got->method), metric_method_name(method));
	ck_assert_str_eq(outcome_name(got->verdict), outcome_name(verdict));
	ck_assert_str_eq(metric_reason_name(got->reason), metric_reason_name(reason));
}

START_TEST(test_metric__names_are_distinct)
{
	const char *names[64];
	size_t n = 0;

	for (int i = 0; i <= METHOD_BOOTSTRAP; i++)
		names[n++] = metric_method_name((enum metric_method)i);
	for (size_t i = 0; i < n; i++) {
		for (size_t j = 0; j < i; j++)
			ck_assert_str_ne(names[i], names[j]);
	}
	n = 0;
	for (int i = 0; i <= REASON_NO_IMPROVEMENT; i++)
		names[n++] = metric_reason_name((enum metric_reason)i);
	for (size_t i = 0; i < n; i++) {
		for (size_t j = 0; j < i; j++)
			ck_assert_str_ne(names[i], names[j]);
	}
	ck_assert_int_eq(outcome_worse(OUTCOME_PASS, OUTCOME_INCONCLUSIVE), OUTCOME_INCONCLUSIVE);
	ck_assert_int_eq(outcome_worse(OUTCOME_FAIL, OUTCOME_INCONCLUSIVE), OUTCOME_FAIL);
}
END_TEST

/* The defaults of a policy document are those of the reference cases. */
START_TEST(test_metric__rules_of_a_document)
{
	struct policy_metric rule = {.name = "quality",
		.role = METRIC_SUCCESS,
		.direction = DIRECTION_LOWER,
		.kind = KIND_MEAN,
		.objective = OBJECTIVE_SUPERIOR,
		.margin = 0.1,
		.margin_rel = 0.2,
		.alpha = 0.01,
		.min_n = 7,
		.floor = 0.3,
		.ceiling = 0.4,
		.allow_point = 0};
	struct metric_policy policy = metric_policy_of(&rule);
	struct metric_policy standard = metric_policy_default();

	ck_assert_int_eq(policy.role, METRIC_SUCCESS);
	ck_assert_int_eq(policy.direction, DIRECTION_LOWER);
	ck_assert_int_eq(policy.kind, KIND_MEAN);
	ck_assert_int_eq(policy.objective, OBJECTIVE_SUPERIOR);
	ck_assert_double_eq(policy.margin, 0.1);
	ck_assert_double_eq(policy.margin_rel, 0.2);
	ck_assert_double_eq(policy.alpha, 0.01);
	ck_assert_double_eq(policy.beta, 0.2);
	ck_assert_int_eq(policy.min_n, 7);
	ck_assert_double_eq(policy.floor, 0.3);
	ck_assert_double_eq(policy.ceiling, 0.4);
	ck_assert(!policy.allow_point);
	ck_assert_int_eq(standard.objective, OBJECTIVE_NONINFERIOR);
	ck_assert_int_eq(standard.role, METRIC_GUARDRAIL);
	ck_assert_int_eq(standard.direction, DIRECTION_HIGHER);
	ck_assert_int_eq(standard.kind, KIND_PROPORTION);
	ck_assert(isnan(standard.margin) && isnan(standard.margin_rel));
	ck_assert(isnan(standard.floor) && isnan(standard.ceiling) && standard.allow_point);
	ck_assert_double_eq(standard.alpha, 0.05);
	ck_assert_int_eq(standard.min_n, 100);
}
END_TEST

START_TEST(test_metric__method_follows_the_evidence)
{
	struct metric se_only = mean(0.8, 0.01, -1);
	struct metric with_ci = bare(0.8);
	struct metric_verdict verdict;

	with_ci.ci_lo = 0.78;
	with_ci.ci_hi = 0.82;
	verdict = judge(counted(80, 100), counted(80, 100), within(0.02));
	ck_assert_int_eq(verdict.method, METHOD_NEWCOMBE);
	verdict = judge(counted(80, 100), bare(0.8), within(0.02));
	ck_assert_int_eq(verdict.method, METHOD_ONE_SAMPLE_SCORE);
	verdict = judge(bare(0.8), counted(80, 100), within(0.02));
	ck_assert_int_eq(verdict.method, METHOD_POINT);
	verdict = judge(se_only, se_only, within(0.02));
	ck_assert_int_eq(verdict.method, METHOD_WELCH_Z);
	verdict = judge(se_only, counted(80, 100), within(0.02));
	ck_assert_int_eq(verdict.method, METHOD_WELCH_Z);
	verdict = judge(with_ci, bare(0.8), within(0.02));
	ck_assert_int_eq(verdict.method, METHOD_ONE_SAMPLE_Z);
	verdict = judge(mean(5, 0.1, 50), bare(5), of_means(within(0.02)));
	ck_assert_int_eq(verdict.method, METHOD_ONE_SAMPLE_T);
	verdict = judge(mean(5, 0.1, 50), mean(5, 0.1, -1), of_means(within(0.02)));
	ck_assert_int_eq(verdict.method, METHOD_WELCH_Z);
	verdict = judge(mean(5, 0, 50), mean(5, 0, 50), of_means(within(0.02)));
	ck_assert_int_eq(verdict.method, METHOD_EXACT_MEANS);
	verdict = judge(mean(5, NAN, 50), mean(5, 0.1, 50), of_means(within(0.02)));
	ck_assert_int_eq(verdict.method, METHOD_POINT);
}
END_TEST

START_TEST(test_metric__pairs_count_only_against_the_live_unit)
{
	struct metric candidate = counted(1147, 1319);
	struct metric_paired pairs = no_pairs;
	struct metric_policy policy = superior();
	struct metric baseline = counted(1121, 1319);
	struct metric_verdict verdict;

	pairs.b = 45;
	pairs.c = 75;
	pairs.n = 1319;
	candidate.paired = &pairs;
	verdict = judge(candidate, baseline, policy);
	assert_verdict(&verdict, METHOD_PAIRED_BINARY, OUTCOME_PASS, REASON_OK);
	ck_assert_double_eq_tol(verdict.p_pass, stat_binomial_at_least(75, 120, 0.5), 1e-15);
	ck_assert_double_eq_tol(verdict.p_fail, stat_binomial_at_least(45, 120, 0.5), 1e-15);
	metric_judge(&candidate, &baseline, NULL, &policy, &verdict);
	ck_assert_int_eq(verdict.method, METHOD_NEWCOMBE);
	metric_judge(&candidate, &baseline, "other", &policy, &verdict);
	ck_assert_int_eq(verdict.method, METHOD_NEWCOMBE);
	pairs.baseline = NULL;
	verdict = judge(candidate, baseline, policy);
	ck_assert_int_eq(verdict.method, METHOD_NEWCOMBE);
	pairs = no_pairs;
	verdict = judge(candidate, baseline, policy);
	ck_assert_int_eq(verdict.method, METHOD_NEWCOMBE);
}
END_TEST

static void assert_same(struct metric_verdict a, struct metric_verdict b)
{
	ck_assert_int_eq(a.method, b.method);
	ck_assert_int_eq(a.verdict, b.verdict);
	ck_assert_int_eq(a.reason, b.reason);
	ck_assert_double_eq_tol(a.d, b.d, 1e-12);
	ck_assert_double_eq_tol(a.p_pass, b.p_pass, 1e-12);
	ck_assert_double_eq_tol(a.p_fail, b.p_fail, 1e-12);
	ck_assert_double_eq_tol(a.interval.lower, b.interval.lower, 1e-12);
	ck_assert_double_eq_tol(a.interval.upper, b.interval.upper, 1e-12);
	ck_assert_int_eq(a.n_needed, b.n_needed);
}

START_TEST(test_metric__lower_is_the_mirror_of_higher)
{
	struct metric_policy policies[] = {superior(), within(0.02), within(0.2)};

	for (int i = 0; i < 3; i++) {
		struct metric_policy up = policies[i];
		struct metric_policy down = up;
		struct metric_paired pairs = no_pairs;
		struct metric_paired mirror = no_pairs;
		struct metric a = counted(93, 200);
		struct metric b = counted(107, 200);

		down.direction = DIRECTION_LOWER;
		for (int64_t k = 0; k <= 200; k += 20) {
			assert_same(judge(counted(k, 200), counted(100, 200), up),
				judge(counted(200 - k, 200), counted(100, 200), down));
			assert_same(judge(counted(k, 200), bare(0.25), up),
				judge(counted(200 - k, 200), bare(0.75), down));
			assert_same(judge(mean(0.01 * (double)k, 0.1, 200), mean(0.9, 0.1, 150),
					    of_means(up)),
				judge(mean(-0.01 * (double)k, 0.1, 200), mean(-0.9, 0.1, 150),
					of_means(down)));
		}
		pairs.b = mirror.c = 31;
		pairs.c = mirror.b = 17;
		pairs.n = mirror.n = 200;
		a.paired = &pairs;
		b.paired = &mirror;
		assert_same(judge(a, counted(100, 200), up), judge(b, counted(100, 200), down));
	}
}
END_TEST

START_TEST(test_metric__interval_and_verdict_agree)
{
	for (int64_t k = 0; k <= 400; k++) {
		struct metric_verdict verdict =
			judge(counted(k, 400), counted(200, 400), within(0.03));

		ck_assert_int_eq(verdict.verdict == OUTCOME_PASS, verdict.interval.lower >= -0.03);
		ck_assert_int_eq(verdict.verdict == OUTCOME_FAIL, verdict.interval.upper <= -0.03);
		verdict = judge(counted(k, 400), bare(0.5), within(0.03));
		ck_assert_int_eq(verdict.verdict == OUTCOME_PASS, verdict.interval.lower >= -0.03);
		ck_assert_int_eq(verdict.verdict == OUTCOME_FAIL, verdict.interval.upper <= -0.03);
	}
}
END_TEST

START_TEST(test_metric__more_successes_never_hurt)
{
	double last = 2.0;

	for (int64_t k = 0; k <= 1000; k++) {
		struct metric_verdict verdict =
			judge(counted(k, 1000), counted(850, 1000), superior());

		ck_assert_double_le(verdict.p_pass, last);
		last = verdict.p_pass;
	}
}
END_TEST

START_TEST(test_metric__clusters_weigh_less)
{
	struct metric candidate = counted(880, 1000);
	struct metric grouped = candidate;
	struct metric_verdict verdict = judge(candidate, counted(850, 1000), superior());

	ck_assert_int_eq(verdict.n, 1000);
	ck_assert_int_eq(verdict.verdict, OUTCOME_PASS);
	grouped.stderr_ = 0.04;
	verdict = judge(grouped, counted(850, 1000), superior());
	ck_assert_int_eq(verdict.n, 66);
	ck_assert_int_eq(verdict.verdict, OUTCOME_INCONCLUSIVE);
	ck_assert_double_eq(verdict.d, 0.88 - 0.85);
	/* An interval says the same, and too small an error adds no samples. */
	grouped.stderr_ = NAN;
	grouped.ci_lo = 0.88 - 0.04 * 1.959963984540054;
	grouped.ci_hi = 0.88 + 0.04 * 1.959963984540054;
	verdict = judge(grouped, counted(850, 1000), superior());
	ck_assert_int_eq(verdict.n, 66);
	grouped.stderr_ = 1e-6;
	verdict = judge(grouped, counted(850, 1000), superior());
	ck_assert_int_eq(verdict.n, 1000);
	grouped = counted(1000, 1000);
	grouped.stderr_ = 0.01;
	verdict = judge(grouped, counted(850, 1000), superior());
	ck_assert_int_eq(verdict.verdict, OUTCOME_PASS);
}
END_TEST

START_TEST(test_metric__few_clusters_are_few_degrees_of_freedom)
{
	struct metric candidate = mean(1.0, 0.05, 2000);
	struct metric_paired pairs = no_pairs;
	struct metric_verdict verdict = judge(candidate, bare(0.9), of_means(superior()));

	ck_assert_int_eq(verdict.verdict, OUTCOME_PASS);
	candidate.clusters = 3;
	verdict = judge(candidate, bare(0.9), of_means(superior()));
	ck_assert_int_eq(verdict.verdict, OUTCOME_INCONCLUSIVE);
	ck_assert_double_eq_tol(verdict.p_pass, stat_student_upper(2.0, 2.0), 1e-12);
	/* A single group says nothing about its own spread. */
	pairs.mean_diff = 0.1;
	pairs.stderr_diff = 0.001;
	pairs.n = 2000;
	pairs.clusters = 1;
	candidate.paired = &pairs;
	verdict = judge(candidate, bare(0.9), of_means(superior()));
	assert_verdict(&verdict, METHOD_PAIRED_MEAN, OUTCOME_INCONCLUSIVE, REASON_CI_STRADDLES);
	ck_assert_double_eq(verdict.p_pass, 0.5);
}
END_TEST

START_TEST(test_metric__refuses_what_contradicts_itself)
{
	static const struct {
		enum metric_reason reason;
		double value;
		int64_t n, k;
		double se, lo, hi, level;
	} cases[] = {
		{REASON_OK, 0.8, 10, 8, 0.1, 0.7, 0.9, 0.9},
		{REASON_BAD_VALUE, NAN, 10, 8, NAN, NAN, NAN, NAN},
		{REASON_BAD_VALUE, INFINITY, -1, -1, NAN, NAN, NAN, NAN},
		{REASON_BAD_N, 0.8, 0, -1, NAN, NAN, NAN, NAN},
		{REASON_BAD_N, 0.8, -2, -1, NAN, NAN, NAN, NAN},
		{REASON_BAD_N, 0.8, INT64_MAX, -1, NAN, NAN, NAN, NAN},
		{REASON_BAD_STDERR, 0.8, 10, 8, -0.1, NAN, NAN, NAN},
		{REASON_BAD_STDERR, 0.8, 10, 8, INFINITY, NAN, NAN, NAN},
		{REASON_BAD_CI, 0.8, 10, 8, NAN, 0.9, 0.7, NAN},
		{REASON_BAD_CI, 0.8, 10, 8, NAN, 0.7, 0.9, 1.0},
		{REASON_BAD_CI, 0.8, 10, 8, NAN, 0.7, 0.9, 0.0},
		{REASON_BAD_PROPORTION, 1.01, 10, -1, NAN, NAN, NAN, NAN},
		{REASON_BAD_PROPORTION, -0.01, -1, -1, NAN, NAN, NAN, NAN},
		{REASON_BAD_SUCCESSES, 0.8, 10, 11, NAN, NAN, NAN, NAN},
		{REASON_BAD_SUCCESSES, 0.8, 10, -2, NAN, NAN, NAN, NAN},
		{REASON_BAD_SUCCESSES, 0.8, -1, 8, NAN, NAN, NAN, NAN},
		{REASON_BAD_RATIO, 0.8, 10, 7, NAN, NAN, NAN, NAN},
		{REASON_BAD_RATIO, 0.8011, 1000, 800, NAN, NAN, NAN, NAN},
		{REASON_OK, 0.8009, 1000, 800, NAN, NAN, NAN, NAN},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct metric metric = bare(cases[i].value);
		struct metric_verdict verdict;

		metric.n = cases[i].n;
		metric.successes = cases[i].k;
		metric.stderr_ = cases[i].se;
		metric.ci_lo = cases[i].lo;
		metric.ci_hi = cases[i].hi;
		metric.ci_level = cases[i].level;
		for (int side = 0; side < 2; side++) {
			verdict = judge(
				side ? bare(0.8) : metric, side ? metric : bare(0.8), superior());
			ck_assert_int_eq(
				verdict.verdict == OUTCOME_INVALID, cases[i].reason != REASON_OK);
			if (cases[i].reason != REASON_OK)
				assert_verdict(
					&verdict, METHOD_NONE, OUTCOME_INVALID, cases[i].reason);
		}
	}
}
END_TEST

START_TEST(test_metric__refuses_pairs_and_histograms_that_contradict_themselves)
{
	static const double bounds[] = {2, 1};
	static const int64_t counts[] = {1, 1, 1};
	struct metric_histogram histogram = {bounds, 2, counts, 3};
	struct metric metric = counted(8, 10);
	struct metric_policy policy = metric_policy_default();
	static const struct {
		enum metric_reason reason;
		int64_t b, c, n, clusters;
		double d, se;
	} cases[] = {
		{REASON_OK, 1, 2, 10, -1, NAN, NAN},
		{REASON_OK, -1, -1, -1, -1, 0.1, 0.1},
		{REASON_BAD_N, 1, 2, -1, -1, NAN, NAN},
		{REASON_BAD_N, 1, 2, 0, -1, NAN, NAN},
		{REASON_BAD_N, -1, -1, 10, 11, 0.1, 0.1},
		{REASON_BAD_N, -1, -1, 10, 0, 0.1, 0.1},
		{REASON_BAD_SUCCESSES, 6, 5, 10, -1, NAN, NAN},
		{REASON_BAD_SUCCESSES, -2, 5, 10, -1, NAN, NAN},
		{REASON_BAD_SUCCESSES, 5, -1, 10, -1, NAN, NAN},
		{REASON_BAD_STDERR, -1, -1, 10, -1, 0.1, -0.1},
		{REASON_BAD_VALUE, -1, -1, 10, -1, INFINITY, 0.1},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct metric_paired pairs = {.baseline = "live",
			.b = cases[i].b,
			.c = cases[i].c,
			.n = cases[i].n,
			.clusters = cases[i].clusters,
			.mean_diff = cases[i].d,
			.stderr_diff = cases[i].se};

		metric.paired = &pairs;
		ck_assert_int_eq(metric_check(&metric, &policy), cases[i].reason);
	}
	metric.paired = NULL;
	metric.histogram = &histogram;
	ck_assert_int_eq(metric_check(&metric, &policy), REASON_HISTOGRAM);
	metric.histogram = NULL;
	metric.higher_is_better = 1;
	ck_assert_int_eq(metric_check(&metric, &policy), REASON_OK);
	metric.higher_is_better = 0;
	ck_assert_int_eq(metric_check(&metric, &policy), REASON_BAD_DIRECTION);
	policy.direction = DIRECTION_LOWER;
	ck_assert_int_eq(metric_check(&metric, &policy), REASON_OK);
}
END_TEST

START_TEST(test_metric__floors_and_ceilings)
{
	/* Wilson around 0.85 at n = 1000: (0.830, 0.868). */
	static const struct {
		double floor, ceiling;
		enum outcome want;
	} cases[] = {
		{0.82, NAN, OUTCOME_PASS},
		{0.84, NAN, OUTCOME_INCONCLUSIVE},
		{0.90, NAN, OUTCOME_FAIL},
		{NAN, 0.88, OUTCOME_PASS},
		{NAN, 0.86, OUTCOME_INCONCLUSIVE},
		{NAN, 0.80, OUTCOME_FAIL},
		{0.82, 0.86, OUTCOME_INCONCLUSIVE},
		{0.84, 0.80, OUTCOME_FAIL},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct metric_policy policy = within(0.1);
		struct metric candidate = counted(850, 1000);
		struct metric_verdict verdict;

		policy.floor = cases[i].floor;
		policy.ceiling = cases[i].ceiling;
		verdict = judge(candidate, counted(850, 1000), policy);
		assert_verdict(&verdict, METHOD_NEWCOMBE, cases[i].want, REASON_OK);
		ck_assert_int_eq(verdict.comparison, OUTCOME_PASS);
		ck_assert_int_eq(verdict.n_needed > 1000, cases[i].want == OUTCOME_INCONCLUSIVE);
		metric_judge(&candidate, NULL, NULL, &policy, &verdict);
		assert_verdict(&verdict, METHOD_BOOTSTRAP, cases[i].want, REASON_NO_BASELINE);
		/* A mean with the same spread is judged alike. */
		policy = of_means(policy);
		candidate = mean(0.85, 0.0113, 1000);
		metric_judge(&candidate, NULL, NULL, &policy, &verdict);
		ck_assert_int_eq(verdict.verdict, cases[i].want);
	}
}
END_TEST

START_TEST(test_metric__points)
{
	struct metric_policy policy = within(0.02);
	struct metric candidate = bare(0.83);
	struct metric_verdict verdict = judge(candidate, bare(0.85), policy);

	/* 0.83 - 0.85 is a little below -0.02 in binary; in decimal it is within the margin. */
	assert_verdict(&verdict, METHOD_POINT, OUTCOME_PASS, REASON_POINT_EVIDENCE);
	verdict = judge(bare(0.8299), bare(0.85), policy);
	ck_assert_int_eq(verdict.verdict, OUTCOME_FAIL);
	policy.floor = 0.83;
	policy.allow_point = false;
	verdict = judge(candidate, bare(0.85), policy);
	assert_verdict(&verdict, METHOD_POINT, OUTCOME_INCONCLUSIVE, REASON_POINT_EVIDENCE);
	verdict = judge(bare(0.82), bare(0.82), policy);
	ck_assert_int_eq(verdict.verdict, OUTCOME_FAIL);
	metric_judge(&candidate, NULL, NULL, &policy, &verdict);
	assert_verdict(&verdict, METHOD_BOOTSTRAP, OUTCOME_INCONCLUSIVE, REASON_NO_BASELINE);
	policy.allow_point = true;
	metric_judge(&candidate, NULL, NULL, &policy, &verdict);
	ck_assert_int_eq(verdict.verdict, OUTCOME_PASS);
}
END_TEST

START_TEST(test_metric__margins)
{
	struct metric_policy policy = of_means(metric_policy_default());
	struct metric_verdict verdict;

	verdict = judge(bare(-10.4), bare(-10.0), policy);
	ck_assert_double_eq(verdict.theta, 0.0);
	ck_assert_int_eq(verdict.verdict, OUTCOME_FAIL);
	policy.margin_rel = 0.05;
	verdict = judge(bare(-10.4), bare(-10.0), policy);
	ck_assert_double_eq_tol(verdict.theta, -0.5, 1e-15);
	ck_assert_int_eq(verdict.verdict, OUTCOME_PASS);
	policy.margin = 0.1;
	verdict = judge(bare(-10.4), bare(-10.0), policy);
	ck_assert_double_eq(verdict.theta, -0.1);
	ck_assert_int_eq(verdict.verdict, OUTCOME_FAIL);
	/* Superiority has no margin. */
	policy.objective = OBJECTIVE_SUPERIOR;
	verdict = judge(bare(-10.4), bare(-10.0), policy);
	ck_assert_double_eq(verdict.theta, 0.0);
}
END_TEST

START_TEST(test_metric__other_data_is_incomparable)
{
	struct metric candidate = counted(950, 1000);
	struct metric baseline = counted(800, 1000);
	struct metric_policy policy = superior();
	struct metric_verdict verdict;

	candidate.dataset_digest = "sha256:a";
	verdict = judge(candidate, baseline, policy);
	ck_assert_int_eq(verdict.verdict, OUTCOME_PASS);
	baseline.dataset_digest = "sha256:b";
	verdict = judge(candidate, baseline, policy);
	assert_verdict(&verdict, METHOD_NONE, OUTCOME_INCONCLUSIVE, REASON_INCOMPARABLE);
	ck_assert(isnan(verdict.d) && !verdict.has_p);
	baseline.dataset_digest = "sha256:a";
	candidate.judge = "one";
	baseline.judge = "another";
	verdict = judge(candidate, baseline, policy);
	ck_assert_int_eq(verdict.reason, REASON_INCOMPARABLE);
	baseline.judge = "one";
	verdict = judge(candidate, baseline, policy);
	ck_assert_int_eq(verdict.verdict, OUTCOME_PASS);
	metric_judge_incomparable(&candidate, &baseline, &policy, &verdict);
	ck_assert_int_eq(verdict.verdict, OUTCOME_INCONCLUSIVE);
	policy.floor = 0.99;
	metric_judge_incomparable(&candidate, &baseline, &policy, &verdict);
	assert_verdict(&verdict, METHOD_NONE, OUTCOME_FAIL, REASON_INCOMPARABLE);
	policy.floor = NAN;
	metric_judge_incomparable(&candidate, NULL, &policy, &verdict);
	assert_verdict(&verdict, METHOD_BOOTSTRAP, OUTCOME_PASS, REASON_NO_BASELINE);
}
END_TEST

START_TEST(test_metric__n_needed_decides)
{
	struct metric_verdict verdict = judge(counted(86, 100), counted(85, 100), within(0.05));
	int64_t n = verdict.n_needed;

	assert_verdict(&verdict, METHOD_NEWCOMBE, OUTCOME_INCONCLUSIVE, REASON_CI_STRADDLES);
	ck_assert_int_gt(n, 100);
	verdict = judge(counted(n * 86 / 100, n), counted(n * 85 / 100, n), within(0.05));
	ck_assert_int_eq(verdict.verdict, OUTCOME_PASS);
	ck_assert_int_eq(verdict.n_needed, -1);
	/* No number of samples tells equal candidates apart. */
	verdict = judge(counted(85, 100), counted(85, 100), superior());
	ck_assert_int_eq(verdict.n_needed, -1);
	verdict = judge(counted(60, 60), counted(30, 60), superior());
	assert_verdict(&verdict, METHOD_NEWCOMBE, OUTCOME_INCONCLUSIVE, REASON_MIN_N);
	ck_assert_int_eq(verdict.n_needed, 100);
	verdict = judge(counted(60, 60), bare(0.5), superior());
	ck_assert_int_eq(verdict.reason, REASON_MIN_N);
	verdict = judge(counted(0, 60), counted(60, 60), superior());
	ck_assert_int_eq(verdict.verdict, OUTCOME_FAIL);
}
END_TEST

START_TEST(test_metric__extreme_counts)
{
	const int64_t huge = STAT_COUNT_MAX;
	struct metric_verdict verdict = judge(counted(huge, huge), counted(0, huge), superior());

	assert_verdict(&verdict, METHOD_NEWCOMBE, OUTCOME_PASS, REASON_OK);
	verdict = judge(counted(0, huge), counted(huge, huge), within(0.5));
	ck_assert_int_eq(verdict.verdict, OUTCOME_FAIL);
	verdict = judge(counted(huge / 2, huge), counted(huge / 2, huge), within(1e-3));
	ck_assert_int_eq(verdict.verdict, OUTCOME_PASS);
	verdict = judge(counted(1, 1), counted(0, 1), superior());
	ck_assert_int_eq(verdict.verdict, OUTCOME_INCONCLUSIVE);
	verdict = judge(mean(1e300, 1e-300, huge), mean(-1e300, 1e300, 2), of_means(superior()));
	ck_assert(!isnan(verdict.p_pass) && !isnan(verdict.p_fail));
}
END_TEST

Suite *test_suite(void)
{
	Suite *suite = suite_create("verdicts on one metric");
	TCase *tcase = tcase_create("metric");

	tcase_add_test(tcase, test_metric__names_are_distinct);
	tcase_add_test(tcase, test_metric__rules_of_a_document);
	tcase_add_test(tcase, test_metric__method_follows_the_evidence);
	tcase_add_test(tcase, test_metric__pairs_count_only_against_the_live_unit);
	tcase_add_test(tcase, test_metric__lower_is_the_mirror_of_higher);
	tcase_add_test(tcase, test_metric__interval_and_verdict_agree);
	tcase_add_test(tcase, test_metric__more_successes_never_hurt);
	tcase_add_test(tcase, test_metric__clusters_weigh_less);
	tcase_add_test(tcase, test_metric__few_clusters_are_few_degrees_of_freedom);
	tcase_add_test(tcase, test_metric__refuses_what_contradicts_itself);
	tcase_add_test(tcase, test_metric__refuses_pairs_and_histograms_that_contradict_themselves);
	tcase_add_test(tcase, test_metric__floors_and_ceilings);
	tcase_add_test(tcase, test_metric__points);
	tcase_add_test(tcase, test_metric__margins);
	tcase_add_test(tcase, test_metric__other_data_is_incomparable);
	tcase_add_test(tcase, test_metric__n_needed_decides);
	tcase_add_test(tcase, test_metric__extreme_counts);
	suite_add_tcase(suite, tcase);
	return suite;
}
