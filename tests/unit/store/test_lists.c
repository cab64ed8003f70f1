/* SPDX-License-Identifier: Apache-2.0
 *
 * Lists: newest first, each row once while others arrive, each filter by its own index.
 */
#include <check.h>
#include <string.h>

#include "store/artifact.h"
#include "store/idempotency.h"
#include "store/manifest.h"
#include "store/merge.h"
#include "store/release.h"
#include "support/registry.h"

Suite *test_suite(void);

START_TEST(test_page_load__repeats_and_skips_nothing_while_rows_arrive)
{
	struct err err = {0};
	struct page page;
	int64_t after = 0;
	int seen = 0, n = 1;

	for (; n <= 10; n++)
		submit_unit(arena_printf(reg.arena, "s/t-v%d", n), "textgen", 0.8);
	do {
		ck_assert_int_eq(
			manifest_list(reg.reader, "hf", after, 3, reg.arena, &page, &err), 0);
		for (size_t i = 0; i < page.n; i++, seen++)
			ck_assert_ptr_nonnull(strstr(
				page.bodies[i], arena_printf(reg.arena, "\"s/t-v%d\"", 10 - seen)));
		submit_unit(arena_printf(reg.arena, "s/t-v%d", n++), "textgen", 0.8);
		after = page.next;
	} while (after);
	ck_assert_int_eq(seen, 10);
}
END_TEST

static size_t count(const struct artifact_filter *f)
{
	struct err err = {0};
	struct page page;

	ck_assert_int_eq(artifact_list_page(reg.reader, f, 0, 0, reg.arena, &page, &err), 0);
	for (size_t i = 0; i < page.n; i++) {
		if (f->provider)
			ck_assert_str_eq(member(page.bodies[i], "provider"), f->provider);
		if (f->role)
			ck_assert_str_eq(member(page.bodies[i], "role"), f->role);
		if (f->phase)
			ck_assert_str_eq(member(page.bodies[i], "phase"), f->phase);
	}
	return page.n;
}

START_TEST(test_artifact_list__takes_every_combination_of_filters)
{
	static const struct {
		struct artifact_filter filter;
		size_t n;
	} cases[] = {
		{{NULL, NULL, NULL}, 5},
		{{"hf", NULL, NULL}, 3},
		{{NULL, "textgen", NULL}, 2},
		{{NULL, NULL, "Failed"}, 2},
		{{"hf", "textgen", NULL}, 2},
		{{"gcp", "textgen", NULL}, 0},
		{{"hf", NULL, "Failed"}, 1},
		{{NULL, "textgen", "Failed"}, 1},
		{{"hf", "textgen", "Succeeded"}, 1},
		{{"aws", NULL, NULL}, 0},
	};

	submit_unit("s/t-v1", "textgen", 0.8);
	submit_unit("s/t-v2", "textgen", 0.7);
	submit_unit("s/p-v1", "policy", 0.8);
	submit_unit("s/e-v1", "embed", 0.8);
	submit_unit("s/e-v2", "embed", 0.7);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		ck_assert_msg(count(&cases[i].filter) == cases[i].n, "case %zu", i);
}
END_TEST

START_TEST(test_merge_and_release_list__filter_by_state)
{
	struct err err = {0};
	struct page page;

	first_release();
	next_release(2, 0.85);
	next_release(3, 0.87);
	ck_assert_int_eq(merge_list(reg.reader, NULL, 0, 10, reg.arena, &page, &err), 0);
	ck_assert_uint_eq(page.n, 3);
	ck_assert_str_eq(member(page.bodies[0], "version"), "1.0.2-rc.1");
	ck_assert_int_eq(merge_list(reg.reader, "open", 0, 10, reg.arena, &page, &err), 0);
	ck_assert_uint_eq(page.n, 0);
	ck_assert_int_eq(release_list(reg.reader, "warm", 0, 10, reg.arena, &page, &err), 0);
	ck_assert_uint_eq(page.n, 2);
	ck_assert_str_eq(member(page.bodies[0], "version"), "1.0.1");
	ck_assert_int_eq(release_list(reg.reader, NULL, 0, 1, reg.arena, &page, &err), 0);
	ck_assert_uint_eq(page.n, 1);
	ck_assert_str_eq(member(page.bodies[0], "state"), "active");
	ck_assert_int_gt(page.next, 0);
}
END_TEST

START_TEST(test_idempotency_find__does_not_see_expired_ones)
{
	struct idempotency_row row;
	struct err err = {0};
	int64_t now = clock_now(&reg.clock.clock);

	with.key = "k";
	submit_unit("s/t-v1", "textgen", 0.8);
	ck_assert_int_eq(idempotency_find(reg.reader, "token:test", "POST /v1/manifests", "k",
				 now + IDEMPOTENCY_KEPT - 1, reg.arena, &row, &err),
		1);
	ck_assert_int_eq(idempotency_find(reg.reader, "token:test", "POST /v1/manifests", "k",
				 now + IDEMPOTENCY_KEPT, reg.arena, &row, &err),
		0);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("lists");
	TCase *t = tcase_create("lists");

	tcase_add_checked_fixture(t, registry_setup, registry_teardown);
	tcase_add_test(t, test_page_load__repeats_and_skips_nothing_while_rows_arrive);
	tcase_add_test(t, test_artifact_list__takes_every_combination_of_filters);
	tcase_add_test(t, test_merge_and_release_list__filter_by_state);
	tcase_add_test(t, test_idempotency_find__does_not_see_expired_ones);
	suite_add_tcase(s, t);
	return s;
}
