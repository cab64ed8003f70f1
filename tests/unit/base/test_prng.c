/* SPDX-License-Identifier: Apache-2.0
 *
 * The same seed draws the same, another seed or stream something else, and the draws have the means
 * and spreads that their names promise.
 */
#include <check.h>
#include <math.h>

#include "base/prng.h"

Suite *test_suite(void);

enum { DRAWS = 20000 };

START_TEST(test_prng__repeats_by_seed_and_stream)
{
	struct prng a, b, seed, stream;
	int same_seed = 0, same_stream = 0;

	prng_seed(&a, 7, 1);
	prng_seed(&b, 7, 1);
	prng_seed(&seed, 8, 1);
	prng_seed(&stream, 7, 2);
	for (int i = 0; i < 100; i++) {
		uint64_t x = prng_next(&a);
		ck_assert_uint_eq(x, prng_next(&b));
		same_seed += x == prng_next(&seed);
		same_stream += x == prng_next(&stream);
	}
	ck_assert_int_eq(same_seed, 0);
	ck_assert_int_eq(same_stream, 0);
}
END_TEST

/* A seed is printed and typed in again on another machine. */
START_TEST(test_prng__draws_the_same_everywhere)
{
	struct prng g;

	prng_seed(&g, 1, 0);
	ck_assert_uint_eq(prng_next(&g), UINT64_C(0xcfc5d07f6f03c29b));
	ck_assert_uint_eq(prng_next(&g), UINT64_C(0xbf424132963fe08d));
}
END_TEST

START_TEST(test_prng__keeps_its_bounds)
{
	struct prng g;
	int seen[7] = {0};

	prng_seed(&g, 3, 0);
	for (int i = 0; i < DRAWS; i++) {
		double u = prng_uniform(&g);
		ck_assert(u >= 0 && u < 1);
		int64_t k = prng_range(&g, -3, 3);
		ck_assert_int_ge(k, -3);
		ck_assert_int_le(k, 3);
		seen[k + 3]++;
	}
	for (int i = 0; i < 7; i++)
		ck_assert_int_gt(seen[i], DRAWS / 7 - 300);
	ck_assert_int_eq(prng_binomial(&g, 10, 0), 0);
	ck_assert_int_eq(prng_binomial(&g, 10, 1), 10);
	ck_assert_int_eq(prng_binomial(&g, 0, 0.5), 0);
}
END_TEST

/* Within five standard errors: a wrong formula is further off, this seed is not. */
START_TEST(test_prng__binomial_has_its_mean_and_spread)
{
	static const struct {
		int64_t n;
		double p;
	} cases[] = {{1, 0.3}, {20, 0.5}, {100, 0.97}, {5000, 0.0002}, {5000, 0.5}, {20000, 0.04}};
	struct prng g;

	prng_seed(&g, 5, 0);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		double n = (double)cases[i].n, p = cases[i].p, sum = 0, squares = 0;

		for (int k = 0; k < DRAWS; k++) {
			double x = (double)prng_binomial(&g, cases[i].n, p);
			ck_assert(x >= 0 && x <= n);
			sum += x;
			squares += (x - n * p) * (x - n * p);
		}
		double variance = n * p * (1 - p);
		ck_assert_msg(fabs(sum / DRAWS - n * p) < 5 * sqrt(variance / DRAWS),
			"mean of case %zu: %g", i, sum / DRAWS);
		ck_assert_msg(fabs(squares / DRAWS / variance - 1) < 0.1,
			"spread of case %zu: %g of %g", i, squares / DRAWS, variance);
	}
}
END_TEST

START_TEST(test_prng__normal_and_exponential_have_theirs)
{
	double sum = 0, squares = 0, waits = 0;
	struct prng g;

	prng_seed(&g, 9, 0);
	for (int i = 0; i < DRAWS; i++) {
		double x = prng_normal(&g);
		sum += x;
		squares += x * x;
		waits += prng_exponential(&g);
	}
	ck_assert_double_lt(fabs(sum / DRAWS), 0.035);
	ck_assert_double_lt(fabs(squares / DRAWS - 1), 0.05);
	ck_assert_double_lt(fabs(waits / DRAWS - 1), 0.035);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("draws by seed");
	TCase *t = tcase_create("prng");

	tcase_add_test(t, test_prng__repeats_by_seed_and_stream);
	tcase_add_test(t, test_prng__draws_the_same_everywhere);
	tcase_add_test(t, test_prng__keeps_its_bounds);
	tcase_add_test(t, test_prng__binomial_has_its_mean_and_spread);
	tcase_add_test(t, test_prng__normal_and_exponential_have_theirs);
	suite_add_tcase(s, t);
	return s;
}
