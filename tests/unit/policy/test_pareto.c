/* SPDX-License-Identifier: Apache-2.0
 *
 * Dominance, as a table and over random points.
 */
#include "policy/pareto.h"

#include <check.h>
#include <math.h>
#include <stdint.h>

Suite *test_suite(void);

static const struct {
	struct pareto_point a, b;
	bool dominates;
} cases[] = {
	{{.9, 1, 100}, {.8, 1, 100}, true},
	{{.9, 1, 100}, {.9, 1, 100}, false},
	{{.9, 1, 100}, {.9, 2, 100}, true},
	{{.9, 1, 100}, {.9, 1, 101}, true},
	{{.9, 2, 100}, {.8, 1, 100}, false},
	{{.8, 1, 100}, {.9, 1, 100}, false},
	{{.9, 1, NAN}, {.8, 1, 100}, false},
	{{.9, 1, 100}, {.8, 1, NAN}, true},
	{{.9, 1, NAN}, {.8, 1, NAN}, true},
	{{.9, 1, 100}, {NAN, NAN, NAN}, false},
	{{NAN, NAN, NAN}, {.9, 1, 100}, false},
	{{.9, NAN, 90}, {.9, NAN, 100}, true},
};

START_TEST(test_pareto_dominates__table)
{
	ck_assert_int_eq(pareto_dominates(&cases[_i].a, &cases[_i].b), cases[_i].dominates);
	ck_assert(!cases[_i].dominates || !pareto_dominates(&cases[_i].b, &cases[_i].a));
}
END_TEST

START_TEST(test_pareto_mark__leaves_the_front)
{
	enum { N = 200 };
	struct pareto_point p[N];
	uint64_t x = 7;
	size_t front = 0;

	for (size_t i = 0; i < N; i++) {
		double v[3];

		for (int k = 0; k < 3; k++) {
			x = x * 6364136223846793005u + 1442695040888963407u;
			v[k] = (double)(x >> 40) / (1 << 24);
		}
		p[i] = (struct pareto_point){v[0], v[1], v[2], NULL};
	}
	pareto_mark(p, N);
	for (size_t i = 0; i < N; i++) {
		bool beaten = false;

		for (size_t k = 0; k < N; k++)
			beaten = beaten || pareto_dominates(&p[k], &p[i]);
		ck_assert_int_eq(beaten, p[i].by != NULL);
		ck_assert(!p[i].by || pareto_dominates(p[i].by, &p[i]));
		front += !beaten;
	}
	ck_assert_uint_ge(front, 1);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("pareto");
	TCase *t = tcase_create("dominance");

	tcase_add_loop_test(t, test_pareto_dominates__table, 0, sizeof(cases) / sizeof(cases[0]));
	tcase_add_test(t, test_pareto_mark__leaves_the_front);
	suite_add_tcase(s, t);
	return s;
}
