/* SPDX-License-Identifier: Apache-2.0
 *
 * Safety suites, latency histograms and the quality gate: which reason wins, and that nothing
 * untested passes.
 */
#include <check.h>
#include <math.h>
#include <stdint.h>

#include "policy/metric.h"

Suite *test_suite(void);

static const struct suite clean = {.name = "policy", .total = 3000, .digest = "sha256:d"};
static const struct safety_policy one_in_a_thousand = {
	.max_rate = 0.001, .alpha = 0.05, .digest = "sha256:d"};

static enum metric_reason reason_of(
	struct suite suite, struct safety_policy policy, enum outcome want)
{
	struct safety_verdict verdict;

	safety_judge(&suite, &policy, &verdict);
	ck_assert_str_eq(outcome_name(verdict.verdict), outcome_name(want));
	return verdict.reason;
}

START_TEST(test_metric_gate__safety_reasons_in_order)
{
	struct suite suite = clean;
	struct safety_policy policy = one_in_a_thousand;

	ck_assert_int_eq(reason_of(suite, policy, OUTCOME_PASS), REASON_OK);
	policy.max_rate = 0.0;
	ck_assert_int_eq(reason_of(suite, policy, OUTCOME_INCONCLUSIVE), REASON_NEED_N);
	policy.max_rate = 0.001;
	suite.errors = 30;
	ck_assert_int_eq(reason_of(suite, policy, OUTCOME_FAIL), REASON_RATE);
	policy.zero_tolerance = true;
	ck_assert_int_eq(reason_of(suite, policy, OUTCOME_FAIL), REASON_ZERO_TOLERANCE);
	policy.min_total = 3001;
	ck_assert_int_eq(reason_of(suite, policy, OUTCOME_FAIL), REASON_SUITE_TRUNCATED);
	suite.violations = 2971;
	ck_assert_int_eq(reason_of(suite, policy, OUTCOME_INVALID), REASON_COUNTS);
	suite.digest = NULL;
	ck_assert_int_eq(reason_of(suite, policy, OUTCOME_FAIL), REASON_SUITE_DIGEST);
	policy.digest = NULL;
	ck_assert_int_eq(reason_of(suite, policy, OUTCOME_INVALID), REASON_COUNTS);
}
END_TEST

START_TEST(test_metric_gate__safety_refuses_counts)
{
	static const int64_t counts[][3] = {{0, 0, 0}, {-1, 0, 0}, {10, -1, 0}, {10, 0, -1},
		{10, 11, 0}, {10, 5, 6}, {10, INT64_MAX, INT64_MAX}, {INT64_MAX, 0, 0},
		{INT64_MIN, 0, 0}};

	for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
		struct suite suite = clean;

		suite.total = counts[i][0];
		suite.violations = counts[i][1];
		suite.errors = counts[i][2];
		ck_assert_int_eq(
			reason_of(suite, one_in_a_thousand, OUTCOME_INVALID), REASON_COUNTS);
	}
}
END_TEST

START_TEST(test_metric_gate__safety_categories)
{
	static const char *const zero[] = {"self_harm", "weapons"};
	struct suite_category categories[] = {
		{"spam", 1000, 5, 0}, {"self_harm", 1000, 0, 0}, {"weapons", 1000, 0, 0}};
	struct suite suite = clean;
	struct safety_policy policy = one_in_a_thousand;
	struct safety_verdict verdict;

	suite.violations = 5;
	suite.errors = 1;
	suite.categories = categories;
	suite.n_categories = 3;
	policy.max_rate = 0.01;
	policy.zero_tolerance_categories = zero;
	policy.n_zero_tolerance_categories = 2;
	ck_assert_int_eq(reason_of(suite, policy, OUTCOME_PASS), REASON_OK);
	categories[2].errors = 1;
	safety_judge(&suite, &policy, &verdict);
	ck_assert_int_eq(verdict.reason, REASON_ZERO_TOLERANCE);
	ck_assert_str_eq(verdict.category, "weapons");
	/* A category that nobody tested is not clean. */
	categories[2] = (struct suite_category){"weapons", 0, 0, 0};
	ck_assert_int_eq(reason_of(suite, policy, OUTCOME_FAIL), REASON_SUITE_TRUNCATED);
	suite.n_categories = 2;
	ck_assert_int_eq(reason_of(suite, policy, OUTCOME_FAIL), REASON_SUITE_TRUNCATED);
	suite.n_categories = 3;
	categories[2] = (struct suite_category){"weapons", 0, 1, 0};
	ck_assert_int_eq(reason_of(suite, policy, OUTCOME_INVALID), REASON_COUNTS);
	categories[2] = (struct suite_category){"weapons", 3001, 0, 0};
	ck_assert_int_eq(reason_of(suite, policy, OUTCOME_INVALID), REASON_COUNTS);
	categories[2] = (struct suite_category){"weapons", 1000, 6, 0};
	ck_assert_int_eq(reason_of(suite, policy, OUTCOME_INVALID), REASON_COUNTS);
	categories[2] = (struct suite_category){"weapons", 3, 2, 2};
	ck_assert_int_eq(reason_of(suite, policy, OUTCOME_INVALID), REASON_COUNTS);
}
END_TEST

START_TEST(test_metric_gate__safety_n_needed_passes)
{
	struct suite suite = clean;
	struct safety_policy policy = one_in_a_thousand;
	struct safety_verdict verdict;

	for (int64_t k = 0; k < 6; k++) {
		suite.total = 2000;
		suite.violations = k;
		safety_judge(&suite, &policy, &verdict);
		ck_assert_int_eq(verdict.verdict, OUTCOME_INCONCLUSIVE);
		suite.total = verdict.n_needed;
		ck_assert_int_eq(reason_of(suite, policy, OUTCOME_PASS), REASON_OK);
		suite.total--;
		ck_assert_int_eq(reason_of(suite, policy, OUTCOME_INCONCLUSIVE), REASON_NEED_N);
	}
}
END_TEST

START_TEST(test_metric_gate__latency)
{
	static const double bounds[] = {100, 250, 500};
	int64_t counts[] = {900, 80, 20, 0};
	struct metric_histogram histogram = {bounds, 3, counts, 4};
	struct latency_verdict verdict;

	latency_judge(&histogram, 250, 0.95, 0.05, &verdict);
	ck_assert_int_eq(verdict.verdict, OUTCOME_PASS);
	ck_assert_int_eq(verdict.over, 20);
	latency_judge(&histogram, 100, 0.95, 0.05, &verdict);
	ck_assert_int_eq(verdict.verdict, OUTCOME_FAIL);
	ck_assert_int_eq(verdict.reason, REASON_RATE);
	latency_judge(&histogram, 200, 0.95, 0.05, &verdict);
	ck_assert_int_eq(verdict.verdict, OUTCOME_INVALID);
	ck_assert_int_eq(verdict.reason, REASON_THRESHOLD);
	counts[0] = 20;
	counts[1] = 20;
	counts[2] = 1;
	latency_judge(&histogram, 250, 0.95, 0.05, &verdict);
	ck_assert_int_eq(verdict.verdict, OUTCOME_INCONCLUSIVE);
	ck_assert_int_gt(verdict.n_needed, 41);
	counts[2] = 0;
	latency_judge(&histogram, 250, 0.95, 0.05, &verdict);
	ck_assert_int_eq(verdict.verdict, OUTCOME_INCONCLUSIVE);
	ck_assert_int_eq(verdict.n_needed, 59);
	counts[2] = -1;
	latency_judge(&histogram, 250, 0.95, 0.05, &verdict);
	ck_assert_int_eq(verdict.reason, REASON_HISTOGRAM);
}
END_TEST

static struct metric counted(int64_t k, int64_t n)
{
	return (struct metric){.value = (double)k / (double)n,
		.n = n,
		.successes = k,
		.stderr_ = NAN,
		.ci_lo = NAN,
		.ci_hi = NAN,
		.ci_level = NAN,
		.clusters = -1,
		.higher_is_better = -1};
}

enum { METRICS = 3 };

/* Three metrics at n = 5000 against 4250: the first two are success metrics. */
struct gate {
	struct metric candidate[METRICS];
	struct metric baseline[METRICS];
	struct quality_metric metrics[METRICS];
	struct quality_part parts[METRICS];
	struct quality_verdict verdict;
};

static void gate_init(struct gate *gate, int64_t a, int64_t b, int64_t c)
{
	const int64_t k[METRICS] = {a, b, c};

	for (int i = 0; i < METRICS; i++) {
		gate->candidate[i] = counted(k[i], 5000);
		gate->baseline[i] = counted(4250, 5000);
		gate->metrics[i] = (struct quality_metric){.candidate = &gate->candidate[i],
			.baseline = &gate->baseline[i],
			.baseline_id = "live",
			.policy = metric_policy_default()};
		gate->metrics[i].policy.margin = 0.02;
		gate->metrics[i].policy.role = i < 2 ? METRIC_SUCCESS : METRIC_GUARDRAIL;
	}
}

static void assert_gate(struct gate *gate, enum require require, enum outcome verdict,
	enum metric_reason reason, size_t decisive)
{
	double scratch[2 * METRICS];

	quality_judge(gate->metrics, METRICS, require, 0.05, scratch, 2 * METRICS, gate->parts,
		&gate->verdict);
	ck_assert_str_eq(outcome_name(gate->verdict.verdict), outcome_name(verdict));
	ck_assert_str_eq(metric_reason_name(gate->verdict.reason), metric_reason_name(reason));
	ck_assert_uint_eq(gate->verdict.decisive, decisive);
}

START_TEST(test_metric_gate__quality_requires)
{
	struct gate gate;

	gate_init(&gate, 4400, 4260, 4250);
	assert_gate(&gate, REQUIRE_ANY, OUTCOME_PASS, REASON_SUPERIOR, 0);
	assert_gate(&gate, REQUIRE_ALL, OUTCOME_INCONCLUSIVE, REASON_NO_IMPROVEMENT, METRICS);
	assert_gate(&gate, REQUIRE_NONE, OUTCOME_PASS, REASON_NONINFERIOR, METRICS);
	ck_assert(isnan(gate.parts[2].p_superior) && isnan(gate.parts[2].holm_superior));
	gate_init(&gate, 4330, 4400, 4250);
	assert_gate(&gate, REQUIRE_ANY, OUTCOME_PASS, REASON_SUPERIOR, 1);
	assert_gate(&gate, REQUIRE_ALL, OUTCOME_PASS, REASON_SUPERIOR, 1);
	gate_init(&gate, 4250, 4250, 4400);
	assert_gate(&gate, REQUIRE_ANY, OUTCOME_INCONCLUSIVE, REASON_NO_IMPROVEMENT, METRICS);
	gate.metrics[0].policy.role = gate.metrics[1].policy.role = METRIC_GUARDRAIL;
	assert_gate(&gate, REQUIRE_ANY, OUTCOME_PASS, REASON_NONINFERIOR, METRICS);
}
END_TEST

START_TEST(test_metric_gate__quality_reasons_in_order)
{
	struct gate gate;

	gate_init(&gate, 4400, 4400, 4200);
	assert_gate(&gate, REQUIRE_ANY, OUTCOME_INCONCLUSIVE, REASON_GUARDRAIL, 2);
	gate.metrics[1].policy.floor = 0.95;
	assert_gate(&gate, REQUIRE_ANY, OUTCOME_FAIL, REASON_HARM, 1);
	gate.candidate[2].stderr_ = -1.0;
	assert_gate(&gate, REQUIRE_ANY, OUTCOME_INVALID, REASON_REFUSED, 2);
	gate_init(&gate, 4400, 4400, 3500);
	assert_gate(&gate, REQUIRE_NONE, OUTCOME_FAIL, REASON_HARM, 2);
	gate_init(&gate, 4400, 4400, 4250);
	gate.metrics[2].policy.ceiling = 0.5;
	assert_gate(&gate, REQUIRE_ANY, OUTCOME_FAIL, REASON_HARM, 2);
}
END_TEST

START_TEST(test_metric_gate__quality_bootstrap_and_incomparable)
{
	struct gate gate;

	gate_init(&gate, 4250, 4250, 4250);
	gate.metrics[2].baseline = NULL;
	assert_gate(&gate, REQUIRE_ANY, OUTCOME_INCONCLUSIVE, REASON_NO_IMPROVEMENT, METRICS);
	gate.metrics[1].baseline = NULL;
	assert_gate(&gate, REQUIRE_ANY, OUTCOME_PASS, REASON_BOOTSTRAPPED, METRICS);
	gate.metrics[0].incomparable = true;
	assert_gate(&gate, REQUIRE_ANY, OUTCOME_INCONCLUSIVE, REASON_GUARDRAIL, 0);
	ck_assert_int_eq(gate.parts[0].noninferior.reason, REASON_INCOMPARABLE);
}
END_TEST

START_TEST(test_metric_gate__quality_of_nothing)
{
	struct gate gate = {0};
	struct quality_verdict verdict;
	double scratch;

	quality_judge(gate.metrics, 0, REQUIRE_ANY, 0.05, &scratch, 0, gate.parts, &verdict);
	ck_assert_int_eq(verdict.verdict, OUTCOME_PASS);
	ck_assert_int_eq(verdict.reason, REASON_NONINFERIOR);
}
END_TEST

Suite *test_suite(void)
{
	Suite *suite = suite_create("verdicts of the gates");
	TCase *tcase = tcase_create("metric_gate");

	tcase_add_test(tcase, test_metric_gate__safety_reasons_in_order);
	tcase_add_test(tcase, test_metric_gate__safety_refuses_counts);
	tcase_add_test(tcase, test_metric_gate__safety_categories);
	tcase_add_test(tcase, test_metric_gate__safety_n_needed_passes);
	tcase_add_test(tcase, test_metric_gate__latency);
	tcase_add_test(tcase, test_metric_gate__quality_requires);
	tcase_add_test(tcase, test_metric_gate__quality_reasons_in_order);
	tcase_add_test(tcase, test_metric_gate__quality_bootstrap_and_incomparable);
	tcase_add_test(tcase, test_metric_gate__quality_of_nothing);
	suite_add_tcase(suite, tcase);
	return suite;
}
