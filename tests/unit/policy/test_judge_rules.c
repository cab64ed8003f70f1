/* SPDX-License-Identifier: Apache-2.0
 *
 * Single rules of the judge that a table of manifests does not reach: names, pools and what stands at
 * the edge of numbers.
 */
#include <check.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/jcs.h"
#include "policy/judge_evidence.h"
#include "policy/metric.h"

Suite *test_suite(void);

#define DIGEST_A "sha256:aa"
#define DIGEST_B "sha256:bb"

static struct metric metric_of(const char *name, double value, int64_t n)
{
	return (struct metric){.name = name,
		.value = value,
		.n = n,
		.successes = -1,
		.stderr_ = NAN,
		.ci_lo = NAN,
		.ci_hi = NAN,
		.ci_level = NAN,
		.clusters = -1,
		.higher_is_better = -1};
}

/* ---- Names ---- */

static const struct {
	struct named_digest a, b;
	bool differ, equal;
} named[] = {
	{{"s", "1", DIGEST_A}, {"s", "1", DIGEST_A}, false, true},
	{{"s", "1", DIGEST_A}, {"s", "1", DIGEST_B}, true, false},
	{{"s", "1", DIGEST_A}, {"t", "2", DIGEST_A}, false, false},
	{{"s", "1", DIGEST_A}, {"s", "2", DIGEST_A}, false, false},
	{{"s", "1", DIGEST_A}, {"s", "1", NULL}, false, false},
	{{"s", "1", NULL}, {"s", "1", DIGEST_A}, false, false},
	{{"s", "1", NULL}, {"t", "1", NULL}, true, false},
	{{"s", "1", NULL}, {"s", "2", NULL}, true, false},
	{{"s", "1", NULL}, {"s", NULL, NULL}, false, false},
	{{"s", "1", NULL}, {"s", "1", NULL}, false, true},
};

/* Pooled only when the suites are named alike in every part; compared unless they are known to differ. */
START_TEST(test_judge_rules__suites_pool_when_equal_and_compare_unless_different)
{
	ARENA_AUTO a = arena_new();
	struct metric m = metric_of("m", 0.5, 100);
	struct artifact artifact = {.id = "s/c-v1", .role = "eval", .metrics = {&m, 1}};
	struct readings r;

	for (size_t i = 0; i < sizeof(named) / sizeof(named[0]); i++) {
		struct named_digest x = named[i].a, y = named[i].b;
		struct unit own = {.artifact = &artifact, .eval_suite = &x, .content_digest = "1"};
		struct unit other = {
			.artifact = &artifact, .eval_suite = &y, .content_digest = "2"};
		const struct unit *evidence[] = {&other};
		struct judge_side side = {&own, evidence, 1};

		ck_assert_int_eq(named_differ(&x, &y), named[i].differ);
		ck_assert_int_eq(named_differ(&y, &x), named[i].differ);
		evidence_readings(&side, "m", POOL_PROPORTION, true, NULL, a, &r);
		ck_assert_uint_eq(r.n, named[i].equal ? 1 : 2);
		evidence_readings(&side, "m", POOL_PROPORTION, false, NULL, a, &r);
		ck_assert_uint_eq(r.n, 1);
		ck_assert_int_eq(r.v[0].pooled, 2);
		ck_assert_int_eq(r.v[0].left_out, 0);
	}
	ck_assert(!named_differ(NULL, &named[0].a));
	ck_assert(!named_differ(&named[0].a, NULL));
	struct unit own = {.artifact = &artifact,
		.eval_suite = &(struct named_digest){"s", NULL, NULL},
		.content_digest = "1"};
	struct unit other = {.artifact = &artifact, .content_digest = "2"};
	const struct unit *evidence[] = {&other};
	struct judge_side side = {&own, evidence, 1};
	evidence_readings(&side, "m", POOL_PROPORTION, true, NULL, a, &r);
	ck_assert_uint_eq(r.n, 2);
	evidence_readings(&(struct judge_side){0}, "m", POOL_PROPORTION, true, NULL, a, &r);
	ck_assert_uint_eq(r.n, 0);
}
END_TEST

/* Beside what has samples a bare number does not count, whoever gives it. */
START_TEST(test_judge_rules__bare_numbers_do_not_count_beside_samples)
{
	static const double bounds[] = {1};
	static const int64_t counts[] = {1, 2};
	static const struct metric_histogram h = {bounds, 1, counts, 2};
	static const struct metric_paired p = {.baseline = "s/b-v1", .b = 1, .c = 2, .n = 9};
	ARENA_AUTO a = arena_new();
	struct metric bare = metric_of("m", 0.5, -1), m[5];
	struct artifact plain = {.id = "s/c-v1", .role = "eval", .metrics = {&bare, 1}};
	struct unit own = {.artifact = &plain, .content_digest = "1"};
	struct readings r;

	for (int i = 0; i < 5; i++)
		m[i] = metric_of("m", 0.6, -1);
	m[0].n = 1;
	m[1].stderr_ = 0.1;
	m[2].ci_lo = 0.1, m[2].ci_hi = 0.9;
	m[3].paired = &p;
	m[4].histogram = &h;
	ck_assert(!metric_is_sampled(&bare));
	for (int i = 0; i < 5; i++) {
		m[i].judge = "another";
		struct artifact rich = {.id = "s/e-v1", .role = "eval", .metrics = {&m[i], 1}};
		struct unit other = {.artifact = &rich, .content_digest = "2"};
		const struct unit *evidence[] = {&other};
		struct judge_side side = {&own, evidence, 1};

		ck_assert(metric_is_sampled(&m[i]));
		ck_assert(unit_is_full(&other));
		evidence_readings(&side, "m", POOL_MEAN, true, NULL, a, &r);
		ck_assert_uint_eq(r.n, 1);
		ck_assert_ptr_eq(r.v[0].metric, &m[i]);
		ck_assert_int_eq(r.v[0].left_out, 1);
	}
	ck_assert(!unit_is_full(&own));
}
END_TEST

/* ---- Pools ---- */

static const struct metric *pooled(
	struct arena *a, struct metric *x, struct metric *y, enum pool pool, int64_t *ret_n)
{
	struct artifact one = {.id = "s/c-v1", .role = "eval", .metrics = {x, 1}};
	struct artifact two = {.id = "s/e-v1", .role = "eval", .metrics = {y, 1}};
	struct unit own = {.artifact = &one, .content_digest = "1"};
	struct unit other = {.artifact = &two, .content_digest = "2"};
	const struct unit *evidence[] = {&other};
	struct judge_side side = {&own, evidence, 1};
	struct readings r;

	evidence_readings(&side, "m", pool, true, "s/b-v1", a, &r);
	ck_assert_uint_eq(r.n, 1);
	*ret_n = r.v[0].pooled;
	return r.v[0].metric;
}

START_TEST(test_judge_rules__pools_add_up)
{
	ARENA_AUTO a = arena_new();
	struct metric x = metric_of("m", 0.5, 100), y = metric_of("m", 0.8, 300);
	int64_t n;

	const struct metric *p = pooled(a, &x, &y, POOL_PROPORTION, &n);
	ck_assert_int_eq(n, 2);
	ck_assert_int_eq(p->n, 400);
	ck_assert_int_eq(p->successes, 50 + 240);
	ck_assert_double_eq_tol(p->value, 0.725, 1e-15);
	ck_assert(isnan(p->stderr_));
	ck_assert_int_eq(p->clusters, -1);

	/* A clustered one keeps its error: (100*0.1)^2 + 300^2 * 0.8*0.2/300 = 148. */
	x.stderr_ = 0.1;
	x.clusters = 10;
	p = pooled(a, &x, &y, POOL_PROPORTION, &n);
	ck_assert_double_eq_tol(p->stderr_, sqrt(148) / 400, 1e-15);
	ck_assert_int_eq(p->clusters, 310);

	y.stderr_ = 0.2;
	y.clusters = 20;
	x.value = 5, y.value = 9;
	p = pooled(a, &x, &y, POOL_MEAN, &n);
	ck_assert_double_eq_tol(p->value, 8, 1e-15);
	ck_assert_double_eq_tol(p->stderr_, sqrt(100 + 3600) / 400, 1e-15);
	ck_assert_int_eq(p->clusters, 30);
	ck_assert_int_eq(p->successes, -1);

	/* The error of the second alone is enough, and counts are what they are: 2 of 3. */
	x = metric_of("m", 0.6, 3);
	y = metric_of("m", 0.8, 5);
	y.stderr_ = 0.3;
	p = pooled(a, &x, &y, POOL_PROPORTION, &n);
	ck_assert_int_eq(p->successes, 6);
	ck_assert_double_eq_tol(p->stderr_, sqrt(9 * (2.0 / 9) / 3 + 25 * 0.09) / 8, 1e-15);
	/* Given successes count, not what the rounded value would give. */
	x = metric_of("m", 0.0009, 1000);
	x.successes = 0;
	ck_assert_int_eq(pooled(a, &x, &y, POOL_PROPORTION, &n)->successes, 4);
	/* One sample, and one cluster, count. */
	x = metric_of("m", 1, 1);
	x.clusters = 1;
	p = pooled(a, &x, &y, POOL_PROPORTION, &n);
	ck_assert_int_eq(n, 2);
	ck_assert_int_eq(p->clusters, 6);
	y.clusters = 1;
	ck_assert_int_eq(pooled(a, &x, &y, POOL_PROPORTION, &n)->clusters, 2);
	x = metric_of("m", 5, 100), x.stderr_ = 0.1;
	y = metric_of("m", 9, 300);

	/* Without the second's error only the first is left. */
	y.stderr_ = NAN;
	p = pooled(a, &x, &y, POOL_MEAN, &n);
	ck_assert_int_eq(n, 1);
	ck_assert_ptr_eq(p, &x);
	/* Without both, the one with more samples. */
	x.stderr_ = NAN;
	ck_assert_ptr_eq(pooled(a, &x, &y, POOL_MEAN, &n), &y);
	y.n = 100;
	ck_assert_ptr_eq(pooled(a, &x, &y, POOL_MEAN, &n), &x);
	x.n = y.n = -1;
	ck_assert_ptr_eq(pooled(a, &x, &y, POOL_MEAN, &n), &x);
	y.stderr_ = 0.1;
	ck_assert_ptr_eq(pooled(a, &x, &y, POOL_MEAN, &n), &y);
}
END_TEST

START_TEST(test_judge_rules__pairs_add_up)
{
	ARENA_AUTO a = arena_new();
	struct metric x = metric_of("m", 0.5, 100), y = metric_of("m", 0.5, 300);
	struct metric_paired p = {"s/b-v1", 3, 5, NAN, NAN, 100, -1},
			     q = {"s/b-v1", 7, 11, NAN, NAN, 300, -1};
	int64_t n;

	x.paired = &p;
	y.paired = &q;
	const struct metric_paired *sum = pooled(a, &x, &y, POOL_PROPORTION, &n)->paired;
	ck_assert_int_eq(sum->b, 10);
	ck_assert_int_eq(sum->c, 16);
	ck_assert_int_eq(sum->n, 400);
	ck_assert_int_eq(sum->clusters, -1);
	p.b = 0;
	ck_assert_int_eq(pooled(a, &x, &y, POOL_PROPORTION, &n)->paired->n, 400);
	p.clusters = 1;
	ck_assert_int_eq(pooled(a, &x, &y, POOL_PROPORTION, &n)->paired->clusters, 301);
	q.clusters = 1;
	ck_assert_int_eq(pooled(a, &x, &y, POOL_PROPORTION, &n)->paired->clusters, 2);
	p.clusters = -1;
	ck_assert_int_eq(pooled(a, &x, &y, POOL_PROPORTION, &n)->paired->clusters, 101);
	q.clusters = -1;
	p.clusters = 10;
	ck_assert_int_eq(pooled(a, &x, &y, POOL_PROPORTION, &n)->paired->clusters, 310);
	q.clusters = 20;
	ck_assert_int_eq(pooled(a, &x, &y, POOL_PROPORTION, &n)->paired->clusters, 30);
	p.clusters = -1;
	ck_assert_int_eq(pooled(a, &x, &y, POOL_PROPORTION, &n)->paired->clusters, 120);

	p = (struct metric_paired){"s/b-v1", -1, -1, 0.04, 0.03, 100, -1};
	sum = pooled(a, &x, &y, POOL_PROPORTION, &n)->paired;
	ck_assert_double_eq(sum->mean_diff, 0.04); /* the other is of another kind */
	ck_assert_int_eq(sum->n, 100);
	q = (struct metric_paired){"s/b-v1", -1, -1, 0.08, 0.01, 300, -1};
	sum = pooled(a, &x, &y, POOL_PROPORTION, &n)->paired;
	ck_assert_double_eq_tol(sum->mean_diff, 0.07, 1e-15);
	ck_assert_double_eq_tol(sum->stderr_diff, sqrt(9 + 9) / 400, 1e-15);
	q.baseline = "s/other-v1";
	ck_assert_int_eq(pooled(a, &x, &y, POOL_PROPORTION, &n)->paired->n, 100);
	y.paired = NULL;
	ck_assert_int_eq(pooled(a, &x, &y, POOL_PROPORTION, &n)->paired->n, 100);
}
END_TEST

START_TEST(test_judge_rules__histograms_add_up)
{
	static const double one_two[] = {1, 2}, one_three[] = {1, 3};
	static const int64_t first[] = {1, 2, 3}, second[] = {10, 20, 30};
	ARENA_AUTO a = arena_new();
	/* In the arena, which tells what is read behind its objects. */
	const double *edges = arena_memdup(a, one_two, sizeof(one_two));
	const double *others = arena_memdup(a, one_three, sizeof(one_three));
	struct metric_histogram g = {edges, 2, first, 3}, h = {edges, 2, second, 3};
	struct metric x = metric_of("m", 1, 6), y = metric_of("m", 1, -1);
	int64_t n;

	x.histogram = &g;
	x.clusters = 3;
	x.stderr_ = 1;
	y.histogram = &h;
	const struct metric *p = pooled(a, &x, &y, POOL_HISTOGRAM, &n);
	ck_assert_int_eq(n, 2);
	ck_assert_int_eq(p->histogram->counts[0], 11);
	ck_assert_int_eq(p->histogram->counts[1], 22);
	ck_assert_int_eq(p->histogram->counts[2], 33);
	ck_assert_double_eq(p->value, 2);
	ck_assert_int_eq(p->n, -1);
	ck_assert_int_eq(p->clusters, -1);
	ck_assert(isnan(p->stderr_));
	/* Between the edges that both have: 1 alone, whichever comes first. */
	h.bounds = others;
	for (int i = 0; i < 2; i++) {
		p = i ? pooled(a, &y, &x, POOL_HISTOGRAM, &n)
		      : pooled(a, &x, &y, POOL_HISTOGRAM, &n);
		ck_assert_int_eq(n, 2);
		ck_assert_uint_eq(p->histogram->n_bounds, 1);
		ck_assert_uint_eq(p->histogram->n_counts, 2);
		ck_assert_double_eq(p->histogram->bounds[0], 1);
		ck_assert_int_eq(p->histogram->counts[0], 11);
		ck_assert_int_eq(p->histogram->counts[1], 55);
	}
	h = (struct metric_histogram){edges + 1, 1, second, 2};
	p = pooled(a, &x, &y, POOL_HISTOGRAM, &n);
	ck_assert_double_eq(p->histogram->bounds[0], 2);
	ck_assert_int_eq(p->histogram->counts[0], 13);
	ck_assert_int_eq(p->histogram->counts[1], 23);
	h = (struct metric_histogram){others, 2, second, 3};
	g = (struct metric_histogram){others + 1, 1, first, 2};
	p = pooled(a, &x, &y, POOL_HISTOGRAM, &n);
	ck_assert_double_eq(p->histogram->bounds[0], 3);
	ck_assert_int_eq(p->histogram->counts[0], 31);
	ck_assert_int_eq(p->histogram->counts[1], 32);
	g = (struct metric_histogram){edges, 2, first, 3};
	/* Bare, but with more samples: no histogram, no say. */
	y.histogram = NULL;
	y.n = 1000;
	ck_assert_ptr_eq(pooled(a, &x, &y, POOL_HISTOGRAM, &n), &x);
	x.histogram = NULL;
	ck_assert_ptr_eq(pooled(a, &x, &y, POOL_HISTOGRAM, &n), &y);
}
END_TEST

/* Without a common edge they are two readings, and the third goes to the first that it meets. */
START_TEST(test_judge_rules__histograms_that_share_no_edge_stay_apart)
{
	static const double edges[][2] = {{1, 2}, {3, 4}, {2, 3}};
	static const int64_t counts[] = {1, 2, 3};
	struct metric_histogram h[3];
	struct metric m[3];
	struct artifact artifacts[3];
	struct unit units[3];
	const struct unit *evidence[] = {&units[1], &units[2]};
	struct judge_side side = {&units[0], evidence, 2};
	ARENA_AUTO a = arena_new();
	struct readings r;

	for (int i = 0; i < 3; i++) {
		h[i] = (struct metric_histogram){edges[i], 2, counts, 3};
		m[i] = metric_of("m", 1, -1);
		m[i].histogram = &h[i];
		artifacts[i] =
			(struct artifact){.id = "s/c-v1", .role = "eval", .metrics = {&m[i], 1}};
		units[i] = (struct unit){
			.artifact = &artifacts[i], .content_digest = arena_printf(a, "%d", i)};
	}
	evidence_readings(&side, "m", POOL_HISTOGRAM, true, NULL, a, &r);
	ck_assert_uint_eq(r.n, 2);
	ck_assert_int_eq(r.v[0].pooled, 2);
	ck_assert_double_eq(r.v[0].metric->histogram->bounds[0], 2);
	ck_assert_int_eq(r.v[0].metric->histogram->counts[0], 4);
	ck_assert_ptr_eq(r.v[1].metric, &m[1]);
	/* What is not of histograms is not asked for edges. */
	evidence_readings(&side, "m", POOL_MEAN, true, NULL, a, &r);
	ck_assert_uint_eq(r.n, 1);
}
END_TEST

START_TEST(test_judge_rules__suites_add_up)
{
	ARENA_AUTO a = arena_new();
	struct suite_category x[] = {{"b", 20, 0, 0, 20}, {"a", 10, 1, 2, 7}};
	struct suite_category y[] = {{"c", 5, 5, 0, 0}, {"a", 100, 10, 20, 70}, {"b", 1, 1, 0, 0}};
	struct suite s = {"p", 50, 2, 3, DIGEST_A, x, 2, 45};
	struct suite t = {"p", 200, 15, 20, DIGEST_A, y, 3, 165};
	struct artifact one = {.id = "s/c-v1", .role = "eval", .suites = {&s, 1}};
	struct artifact two = {.id = "s/e-v1", .role = "eval", .suites = {&t, 1}};
	struct unit own = {.artifact = &one, .content_digest = "1"};
	struct unit other = {.artifact = &two, .content_digest = "2"};
	const struct unit *evidence[] = {&other, &own, &other};
	struct judge_side side = {&own, evidence, 3};
	struct suite_readings r;

	evidence_suites(&side, "p", a, &r);
	ck_assert_uint_eq(r.n, 1);
	ck_assert_int_eq(r.v[0].pooled, 2);
	const struct suite *sum = r.v[0].suite;
	ck_assert_int_eq(sum->total, 250);
	ck_assert_int_eq(sum->violations, 17);
	ck_assert_int_eq(sum->errors, 23);
	ck_assert_int_eq(sum->passed, 210);
	ck_assert_uint_eq(sum->n_categories, 3);
	ck_assert_int_eq(sum->categories[1].total, 110);
	ck_assert_int_eq(sum->categories[1].violations, 11);
	ck_assert_int_eq(sum->categories[1].errors, 22);
	ck_assert_int_eq(sum->categories[1].passed, 77);
	ck_assert_int_eq(sum->categories[0].total, 21);
	ck_assert_str_eq(sum->categories[2].name, "c");
	ck_assert_int_eq(sum->categories[2].violations, 5);
	t.digest = NULL;
	evidence_suites(&side, "p", a, &r);
	ck_assert_uint_eq(r.n, 2);
	ck_assert_int_eq(r.v[1].suite->total, 200);
}
END_TEST

/* ---- Numbers at their edges ---- */

START_TEST(test_judge_rules__pairs_are_checked_and_half_given_means_are_no_pairs)
{
	static const double bounds[] = {1};
	static const int64_t counts[] = {1, 2};
	static const struct metric_histogram h = {bounds, 1, counts, 2};
	struct metric_policy policy = metric_policy_default();
	struct metric_paired p = {"s/b-v1", -1, 5, NAN, NAN, 100, -1};
	struct metric m = metric_of("m", 0.9, 1000), b = metric_of("m", 0.8, 1000);
	struct metric_verdict v;

	m.paired = &p;
	m.histogram = &h;
	ck_assert_int_eq(metric_check(&m, &policy), REASON_BAD_SUCCESSES);
	p.b = 96;
	ck_assert_int_eq(metric_check(&m, &policy), REASON_BAD_SUCCESSES);
	p.b = 101;
	p.c = 0;
	ck_assert_int_eq(metric_check(&m, &policy), REASON_BAD_SUCCESSES);
	p.b = 95;
	p.c = 5;
	ck_assert_int_eq(metric_check(&m, &policy), REASON_OK);
	p = (struct metric_paired){"s/b-v1", -1, -1, 0.1, NAN, 100, -1};
	metric_judge(&m, &b, "s/b-v1", &policy, &v);
	ck_assert_int_eq(v.method, METHOD_NEWCOMBE);
	p = (struct metric_paired){"s/b-v1", -1, -1, NAN, 0.1, 100, -1};
	metric_judge(&m, &b, "s/b-v1", &policy, &v);
	ck_assert_int_eq(v.method, METHOD_NEWCOMBE);
}
END_TEST

/* One sample is a sample: it has no spread of its own, so its degrees of freedom are none. */
START_TEST(test_judge_rules__one_sample_is_counted)
{
	struct metric_policy policy = metric_policy_default();
	struct metric m = metric_of("m", 5, 1), b = metric_of("m", 1, 100),
		      bare = metric_of("m", 1, -1);
	struct metric_paired p = {"s/b-v1", -1, -1, 4, 0.1, 1, -1};
	struct metric_verdict v;

	policy.kind = KIND_MEAN;
	policy.objective = OBJECTIVE_SUPERIOR;
	m.stderr_ = b.stderr_ = 0.1;
	metric_judge(&m, &b, NULL, &policy, &v);
	ck_assert_int_eq(v.method, METHOD_WELCH_T);
	ck_assert_int_eq(v.n, 1);
	metric_judge(&m, &bare, NULL, &policy, &v);
	ck_assert_int_eq(v.method, METHOD_ONE_SAMPLE_T);
	ck_assert_double_eq(v.p_pass, 0.5);
	ck_assert_int_eq(v.n, 1);
	ck_assert_int_eq(v.n_needed, 100);
	m.paired = &p;
	metric_judge(&m, &b, "s/b-v1", &policy, &v);
	ck_assert_int_eq(v.method, METHOD_PAIRED_MEAN);
	ck_assert_double_eq(v.p_pass, 0.5);
	ck_assert_int_eq(v.n, 1);
	ck_assert_int_eq(v.n_needed, 100);
	p.clusters = 2;
	ck_assert_int_eq(metric_check(&m, &policy), REASON_BAD_N);
	m.paired = NULL;
	m.clusters = 2;
	ck_assert_int_eq(metric_check(&m, &policy), REASON_BAD_N);
	/* A proportion of one is counted, too. */
	policy.kind = KIND_PROPORTION;
	m = metric_of("m", 0.001, 1);
	m.successes = 0;
	b = metric_of("m", 0.5, 100);
	metric_judge(&m, &b, NULL, &policy, &v);
	ck_assert_int_eq(v.method, METHOD_NEWCOMBE);
	ck_assert_int_eq(v.n, 1);
}
END_TEST

/* Without any spread, or with much effect, one sample would do: min_n is asked for. */
START_TEST(test_judge_rules__advice_is_at_least_min_n)
{
	struct metric_policy policy = metric_policy_default();
	struct metric m = metric_of("m", 1, 100), b = metric_of("m", 1, 100);
	struct metric_paired p = {"s/b-v1", -1, -1, 3, 0, 2, -1};
	struct metric_verdict v;

	policy.margin = 0.02;
	metric_judge(&m, &b, NULL, &policy, &v);
	ck_assert_int_eq(v.verdict, OUTCOME_INCONCLUSIVE);
	ck_assert_int_eq(v.n_needed, 100);
	policy.kind = KIND_MEAN;
	policy.margin = 0;
	p.stderr_diff = 1 / sqrt(2);
	m.paired = &p;
	metric_judge(&m, &b, "s/b-v1", &policy, &v);
	ck_assert_int_eq(v.reason, REASON_CI_STRADDLES);
	ck_assert_int_eq(v.n_needed, 100);
}
END_TEST

START_TEST(test_judge_rules__edges_of_points_and_margins)
{
	struct metric_policy policy = metric_policy_default();
	struct metric m = metric_of("m", -1e-12, -1), b = metric_of("m", 0, -1);
	struct metric_paired p = {"s/b-v1", 5, 5, NAN, NAN, 100, -1};
	struct metric_verdict v;

	policy.kind = KIND_MEAN;
	metric_judge(&m, &b, NULL, &policy, &v);
	ck_assert_int_eq(v.verdict, OUTCOME_PASS);
	/* No pairs can lose more than all of them. */
	policy.kind = KIND_PROPORTION;
	policy.margin = 2;
	m = metric_of("m", 0.5, 100);
	b = metric_of("m", 0.5, 100);
	m.paired = &p;
	metric_judge(&m, &b, "s/b-v1", &policy, &v);
	ck_assert_double_eq(v.p_pass, 0);
	ck_assert_double_eq(v.p_fail, 1);
}
END_TEST

START_TEST(test_judge_rules__what_is_refused_asks_for_nothing)
{
	static const double bounds[] = {1};
	static const int64_t counts[] = {1, 0};
	static const struct metric_histogram h = {bounds, 1, counts, 2};
	struct suite suite = {"p", 10, 0, 0, NULL, NULL, 0, 10};
	struct safety_policy rule = {.max_rate = 0.5, .alpha = 0.05, .digest = DIGEST_A};
	struct safety_verdict s;
	struct latency_verdict l;
	struct metric good = metric_of("m", 0.5, 100), bad = metric_of("m", 1.5, 100);
	struct quality_metric metrics[] = {
		{&bad, NULL, NULL, metric_policy_default(), false},
		{&good, NULL, NULL, metric_policy_default(), false},
	};
	struct quality_part parts[2];
	struct quality_verdict q;
	double scratch[4];

	safety_judge(&suite, &rule, &s);
	ck_assert_int_eq(s.reason, REASON_SUITE_DIGEST);
	ck_assert_int_eq(s.n_needed, -1);
	latency_judge(&h, 2, 0.95, 0.05, &l);
	ck_assert_int_eq(l.reason, REASON_THRESHOLD);
	ck_assert_int_eq(l.n_needed, -1);
	quality_judge(metrics, 2, REQUIRE_ANY, 0.05, scratch, 4, parts, &q);
	ck_assert_int_eq(q.verdict, OUTCOME_INVALID);
	ck_assert_uint_eq(q.decisive, 0);
}
END_TEST

/* More samples than can be counted are no advice. */
START_TEST(test_judge_rules__needs_more_than_can_be_counted)
{
	struct metric_policy policy = metric_policy_default();
	struct metric m = metric_of("m", 0.5 + 4e-8, 1000), b = metric_of("m", 0.5, 1000);
	struct metric_verdict v;

	policy.kind = KIND_MEAN;
	policy.objective = OBJECTIVE_SUPERIOR;
	m.stderr_ = b.stderr_ = 0.5 / sqrt(1000);
	metric_judge(&m, &b, "s/b-v1", &policy, &v);
	ck_assert_int_eq(v.verdict, OUTCOME_INCONCLUSIVE);
	ck_assert_int_gt(v.n_needed, INT64_C(1) << 50);
	/* The same spread out over clusters: each effective sample costs four. */
	policy.kind = KIND_PROPORTION;
	m.n = b.n = 40000;
	m.value = 0.5 + 1.0 / 40000;
	m.stderr_ = b.stderr_ = 2 * 0.5 / sqrt(40000);
	metric_judge(&m, &b, "s/b-v1", &policy, &v);
	ck_assert_int_gt(v.n_needed, 0);
	m.n = b.n = INT64_C(1) << 50;
	m.value = 0.5 + 3e-8;
	m.successes = (INT64_C(1) << 49) + (INT64_C(1) << 25);
	b.successes = INT64_C(1) << 49;
	m.stderr_ = b.stderr_ = 0.01;
	metric_judge(&m, &b, "s/b-v1", &policy, &v);
	ck_assert_int_eq(v.verdict, OUTCOME_INCONCLUSIVE);
	ck_assert_int_eq(v.n_needed, -1);
}
END_TEST

/* Of three that do not add up, the last can be the one with the most samples. */
START_TEST(test_judge_rules__the_most_samples_count)
{
	ARENA_AUTO a = arena_new();
	struct metric m[3];
	struct artifact artifacts[3];
	struct unit units[3];
	const struct unit *evidence[] = {&units[1], &units[2]};
	struct readings r;

	for (int i = 0; i < 3; i++) {
		m[i] = metric_of("m", i, 10 + i);
		artifacts[i] =
			(struct artifact){.id = "s/c-v1", .role = "eval", .metrics = {&m[i], 1}};
		units[i] = (struct unit){
			.artifact = &artifacts[i], .content_digest = arena_printf(a, "%d", i)};
	}
	struct judge_side side = {&units[0], evidence, 2};
	evidence_readings(&side, "m", POOL_MEAN, true, NULL, a, &r);
	ck_assert_uint_eq(r.n, 1);
	ck_assert_ptr_eq(r.v[0].metric, &m[2]);
	ck_assert_int_eq(r.v[0].left_out, 2);
}
END_TEST

static void load_policy(struct arena *a, const char *text, struct policy *ret)
{
	const char *canonical;
	struct faults faults;
	struct err err = {0};

	faults_init(&faults);
	ck_assert_int_eq(policy_parse(text, strlen(text), a, ret, &canonical, &faults, &err), 0);
}

/* What is shown at exactly alpha is shown: an equal candidate has p = 1/2. */
START_TEST(test_judge_rules__alpha_itself_is_enough)
{
	static const struct {
		const char *require, *margin, *detail;
		int verdict;
	} cases[] = {
		{"any", "0.3", ": better", VERDICT_PASS},
		{"all", "0.3", ": better", VERDICT_PASS},
		{"any", "0", ": worse", VERDICT_FAIL},
	};
	ARENA_AUTO a = arena_new();
	struct metric m = metric_of("m", 0.5, 1000);
	struct artifact mine = {.id = "s/c-v2", .role = "textgen", .metrics = {&m, 1}};
	struct artifact theirs = {.id = "s/c-v1", .role = "textgen", .metrics = {&m, 1}};
	struct unit candidate = {.artifact = &mine, .content_digest = "2"};
	struct unit baseline = {.artifact = &theirs, .content_digest = "1"};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct policy policy;
		struct gate_result r;
		load_policy(a,
			arena_printf(a,
				"{\"providers\":{\"hf\":{\"roles\":[\"textgen\"]}},\"slots\":{"
				"\"textgen\":{\"provider\":\"hf\"}},\"gates\":{\"max_looks\":1,"
				"\"quality\":{\"require\":\"%s\",\"metrics\":{\"m\":{\"role\":"
				"\"success\",\"margin\":%s}}}}}",
				cases[i].require, cases[i].margin),
			&policy);
		policy.gates->alpha = 0.5;
		struct judge_input in = {.candidate = {.unit = &candidate},
			.baseline = {.unit = &baseline},
			.policy = &policy};
		judge_gate(GATE_QUALITY, &in, a, &r);
		ck_assert_int_eq(r.verdict, cases[i].verdict);
		ck_assert_msg(strstr(r.detail, cases[i].detail) != NULL, "%s", r.detail);
	}
}
END_TEST

/* The score takes the reading that a gate would take: safety by its suite, latency and cost whatever
 * the suite. */
START_TEST(test_judge_rules__the_score_takes_the_readings_of_the_gates)
{
	static const char text[] = "{\"providers\":{\"hf\":{\"roles\":[\"textgen\"]}},\"slots\":{"
				   "\"textgen\":{\"provider\":\"hf\"}}}";
	ARENA_AUTO a = arena_new();
	struct policy policy;
	struct metric m[] = {metric_of("quality", 0.8, 100), metric_of("safety", 0.9, 100),
		metric_of("latency_ms_p95", 100, 10), metric_of("cost_per_1k_tokens", 1, 100)};
	struct metric e[] = {metric_of("quality", 0.6, 100), metric_of("safety", 0.7, 100),
		metric_of("latency_ms_p95", 200, 500), metric_of("cost_per_1k_tokens", 3, 100)};
	struct artifact own = {.id = "s/c-v2", .role = "textgen", .metrics = {m, 4}};
	struct artifact about = {.id = "s/e-v2", .role = "eval", .metrics = {e, 4}};
	struct named_digest x = {"x", NULL, NULL}, y = {"y", NULL, NULL};
	struct unit candidate = {.artifact = &own, .content_digest = "2", .eval_suite = &x};
	struct unit other = {.artifact = &about, .content_digest = "3", .eval_suite = &y};
	const struct unit *evidence[] = {&other};
	struct judge_input in = {.candidate = {&candidate, evidence, 1}, .policy = &policy};
	struct judgement j;

	m[3].stderr_ = e[3].stderr_ = 0.1;
	load_policy(a, text, &policy);
	judge(&in, a, &j);
	ck_assert_double_eq_tol(j.score, 0.45 * 0.8 + 0.45 * 0.9 - 0.0005 * 200 - 0.1 * 2, 1e-12);
	ck_assert_uint_eq(j.evidence.n, 1);
	ck_assert_str_eq(j.evidence.v[0], "3");
}
END_TEST

/* Without a success metric there is no score, and nothing behind the list is looked at. */
START_TEST(test_judge_rules__no_success_metric_is_no_score)
{
	FREE_AUTO struct policy_metric *guard = xcalloc(1, sizeof(*guard));
	struct policy_quality quality = {.metrics = {guard, 1}};
	struct policy_gates gates = {.quality = &quality};
	struct policy_score score = {1, 0, 0, 0};
	struct policy policy = {.gates = &gates, .score = &score};
	struct artifact artifact = {.id = "s/c-v1", .role = "textgen"};
	struct unit u = {.artifact = &artifact};

	guard->name = "guard";
	ck_assert(isnan(unit_score(&u, &policy)));
}
END_TEST

/* The score: a term that weighs nothing is not asked for, and guardrails are no quality. */
START_TEST(test_judge_rules__the_score_asks_for_what_weighs)
{
	static const char text[] =
		"{\"providers\":{\"hf\":{\"roles\":[\"textgen\"]}},\"slots\":{\"textgen\":"
		"{\"provider\":\"hf\"}},\"gates\":{\"quality\":{\"metrics\":{\"guard\":{},\"good\":"
		"{\"role\":\"success\"}}}},\"score\":{\"quality\":2,\"safety\":0,"
		"\"latency_ms_p95\":0,\"cost_per_1k_tokens\":0}}";
	ARENA_AUTO a = arena_new();
	struct policy policy;
	const char *canonical;
	struct faults faults;
	struct err err = {0};
	struct metric m[] = {metric_of("guard", 7, -1), metric_of("good", 3, -1)};
	struct artifact artifact = {.id = "s/c-v1", .role = "textgen", .metrics = {m, 2}};
	struct unit u = {.artifact = &artifact, .content_digest = "1"};
	struct metric more = metric_of("good", 0.5, 10);
	struct artifact about = {.id = "s/e-v1", .role = "eval", .metrics = {&more, 1}};
	struct unit other = {.artifact = &about, .content_digest = "2"};
	const struct unit *evidence[] = {&other};
	struct judge_input in = {.candidate = {&u, evidence, 1}, .policy = &policy};
	struct judgement j;

	faults_init(&faults);
	ck_assert_int_eq(
		policy_parse(text, strlen(text), a, &policy, &canonical, &faults, &err), 0);
	ck_assert_double_eq(unit_score(&u, &policy), 6);
	judge(&in, a, &j);
	ck_assert_double_eq(j.score, 1);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("single rules of the judge");
	TCase *tc = tcase_create("rules");

	jcs_setup();
	tcase_add_test(tc, test_judge_rules__suites_pool_when_equal_and_compare_unless_different);
	tcase_add_test(tc, test_judge_rules__bare_numbers_do_not_count_beside_samples);
	tcase_add_test(tc, test_judge_rules__pools_add_up);
	tcase_add_test(tc, test_judge_rules__pairs_add_up);
	tcase_add_test(tc, test_judge_rules__histograms_add_up);
	tcase_add_test(tc, test_judge_rules__histograms_that_share_no_edge_stay_apart);
	tcase_add_test(tc, test_judge_rules__suites_add_up);
	tcase_add_test(tc, test_judge_rules__pairs_are_checked_and_half_given_means_are_no_pairs);
	tcase_add_test(tc, test_judge_rules__one_sample_is_counted);
	tcase_add_test(tc, test_judge_rules__advice_is_at_least_min_n);
	tcase_add_test(tc, test_judge_rules__edges_of_points_and_margins);
	tcase_add_test(tc, test_judge_rules__what_is_refused_asks_for_nothing);
	tcase_add_test(tc, test_judge_rules__needs_more_than_can_be_counted);
	tcase_add_test(tc, test_judge_rules__the_most_samples_count);
	tcase_add_test(tc, test_judge_rules__alpha_itself_is_enough);
	tcase_add_test(tc, test_judge_rules__the_score_takes_the_readings_of_the_gates);
	tcase_add_test(tc, test_judge_rules__no_success_metric_is_no_score);
	tcase_add_test(tc, test_judge_rules__the_score_asks_for_what_weighs);
	suite_add_tcase(s, tc);
	return s;
}
