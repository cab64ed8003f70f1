/* SPDX-License-Identifier: Apache-2.0
 *
 * What the connectors share: listings in order.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include "provider/provider.h"

Suite *test_suite(void);

START_TEST(test_provider__listings_are_sorted_and_hold_each_name_once)
{
	struct source_entry v[] = {{.name = "c"}, {.name = "a"}, {.name = "b/x"}, {.name = "a"},
		{.name = "b"}, {.name = "c"}, {.name = "a"}};
	static const char *const want[] = {"a", "b", "b/x", "c"};
	size_t n = source_entries_sort(v, sizeof(v) / sizeof(v[0]));

	ck_assert_int_eq(n, sizeof(want) / sizeof(want[0]));
	for (size_t i = 0; i < n; i++)
		ck_assert_str_eq(v[i].name, want[i]);
	for (size_t i = 0; i < n; i++)
		ck_assert_ptr_eq(source_entries_find(v, n, want[i]), &v[i]);
	ck_assert_ptr_null(source_entries_find(v, n, "b/"));
}
END_TEST

START_TEST(test_provider__an_empty_listing_stays_empty)
{
	ck_assert_int_eq(source_entries_sort(NULL, 0), 0);
	ck_assert_ptr_null(source_entries_find(NULL, 0, "a"));
}
END_TEST

START_TEST(test_provider__a_listing_has_so_many_bytes)
{
	size_t bytes = 0;
	struct err err = {0};

	for (int i = 0; i < 64; i++)
		ck_assert_int_eq(source_listing_page(&bytes, LISTING_BYTES_MAX / 64, &err), 0);
	ck_assert_int_eq(source_listing_page(&bytes, 1, &err), -1);
	ck_assert_int_eq(err.code, ERR_IO);
	ck_assert_int_eq(source_listing_page(&bytes, 0, &err), 0);
}
END_TEST

START_TEST(test_provider__pages_do_not_turn)
{
	static const char *const names[] = {"a", "b", "c", "d", "b"};
	SOURCE_PAGES_AUTO p = {0};
	struct err err = {0};
	char name[8];

	for (size_t i = 0; i < 4; i++) {
		ck_assert_int_eq(source_pages_turn(&p, names[i], &err), 0);
		ck_assert_str_eq(p.next, names[i]);
	}
	for (int i = 0; i < 100; i++) {
		snprintf(name, sizeof(name), "e%d", i);
		ck_assert_int_eq(source_pages_turn(&p, name, &err), 0);
	}
	ck_assert_int_eq(source_pages_turn(&p, names[4], &err), -1);
	ck_assert_int_eq(err.code, ERR_IO);
	ck_assert_int_eq(source_pages_turn(&p, p.next, &err), -1);
	ck_assert_int_eq(source_pages_turn(&p, "", &err), 0);
	ck_assert_ptr_null(p.next);
	ck_assert_int_eq(source_pages_turn(&p, NULL, &err), 0);
	ck_assert_ptr_null(p.next);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("connectors in common");
	TCase *t = tcase_create("provider");

	tcase_add_test(t, test_provider__listings_are_sorted_and_hold_each_name_once);
	tcase_add_test(t, test_provider__an_empty_listing_stays_empty);
	tcase_add_test(t, test_provider__a_listing_has_so_many_bytes);
	tcase_add_test(t, test_provider__pages_do_not_turn);
	suite_add_tcase(s, t);
	return s;
}
