/* SPDX-License-Identifier: Apache-2.0
 *
 * Arena memory is zeroed, aligned, apart from its neighbours and gone as a whole.
 */
#include <check.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/arena.h"

Suite *test_suite(void);

static bool all_are(const void *p, size_t n, int byte)
{
	for (size_t i = 0; i < n; i++)
		if (((const unsigned char *)p)[i] != byte)
			return false;
	return true;
}

START_TEST(test_arena__objects_are_zeroed_aligned_and_apart)
{
	static const size_t sizes[] = {1, 0, 7, 16, 17, 100, 4000, 5000, 8192, 70000, 3, 200000, 1};
	enum { N = sizeof(sizes) / sizeof(sizes[0]) };
	ARENA_AUTO a = arena_new();
	void *objects[N];

	for (int round = 0; round < 3; round++) {
		size_t used = 0;

		for (size_t i = 0; i < N; i++) {
			objects[i] = arena_alloc(a, sizes[i]);
			ck_assert_ptr_nonnull(objects[i]);
			ck_assert_uint_eq((uintptr_t)objects[i] % _Alignof(max_align_t), 0);
			ck_assert(all_are(objects[i], sizes[i], 0));
			memset(objects[i], (int)i + 1, sizes[i]);
			used += sizes[i];
		}
		ck_assert_uint_eq(arena_used(a), used);
		for (size_t i = 0; i < N; i++) {
			ck_assert(all_are(objects[i], sizes[i], (int)i + 1));
			for (size_t other = 0; other < i; other++)
				ck_assert_ptr_ne(objects[i], objects[other]);
		}
		arena_reset(a);
		ck_assert_uint_eq(arena_used(a), 0);
	}
}
END_TEST

START_TEST(test_arena__reset_keeps_the_first_block)
{
	ARENA_AUTO a = arena_new();
	void *first = arena_alloc(a, 10);

	for (int i = 0; i < 1000; i++)
		arena_alloc(a, 1000);
	arena_reset(a);
	ck_assert_ptr_eq(arena_alloc(a, 10), first);
}
END_TEST

START_TEST(test_arena__copies)
{
	ARENA_AUTO a = arena_new();
	char text[1000];
	int *numbers = ARENA_ARRAY(a, 5, int);
	const char *copy;

	ck_assert(all_are(numbers, 5 * sizeof(int), 0));
	ck_assert_str_eq(arena_strdup(a, "abc"), "abc");
	ck_assert_str_eq(arena_strdup(a, ""), "");
	ck_assert_str_eq(arena_strndup(a, "abcdef", 3), "abc");
	ck_assert_str_eq(arena_strndup(a, NULL, 0), "");
	ck_assert_mem_eq(arena_memdup(a, "a\0b", 3), "a\0b", 3);
	ck_assert_ptr_nonnull(arena_memdup(a, NULL, 0));

	ck_assert_str_eq(arena_printf(a, "%s-%d", "x", 7), "x-7");
	memset(text, 'y', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	copy = arena_printf(a, "%s!", text);
	ck_assert_uint_eq(strlen(copy), sizeof(text));
	ck_assert_int_eq(copy[sizeof(text) - 1], '!');
	for (size_t len = 254; len <= 257; len++)
		ck_assert_uint_eq(strlen(arena_printf(a, "%.*s", (int)len, text)), len);
}
END_TEST

START_TEST(test_arena__wiped_holds_nothing)
{
	static const size_t sizes[] = {16, 8000, 16000, 100, 200000, 32};
	enum { N = sizeof(sizes) / sizeof(sizes[0]) };
	ARENA_AUTO a = arena_new();
	void *objects[N];

	for (size_t i = 0; i < N; i++)
		objects[i] = memset(arena_alloc(a, sizes[i]), 's', sizes[i]);
	arena_wipe(a);
	for (size_t i = 0; i < N; i++)
		ck_assert(all_are(objects[i], sizes[i], 0));
}
END_TEST

START_TEST(test_arena__free_takes_null)
{
	arena_free(NULL);
}
END_TEST

START_TEST(test_arena__heap_family)
{
	FREE_AUTO char *copy = xstrdup("abc");
	FREE_AUTO void *zeroed = xcalloc(10, 10);
	FREE_AUTO void *nothing = xmalloc(0);
	FREE_AUTO void *none = xcalloc(0, 4);
	FREE_AUTO char *grown = xrealloc(NULL, 2);

	ck_assert_str_eq(copy, "abc");
	ck_assert(all_are(zeroed, 100, 0));
	ck_assert_ptr_nonnull(nothing);
	ck_assert_ptr_nonnull(none);
	memcpy(grown, "z", 2);
	grown = xrealloc(grown, 1000);
	ck_assert_str_eq(grown, "z");
}
END_TEST

#ifndef SPIRALFED_SANITIZE
START_TEST(test_arena__overflow_aborts)
{
	ARENA_AUTO a = arena_new();

	arena_calloc(a, SIZE_MAX / 2, 3);
}
END_TEST

START_TEST(test_arena__exhaustion_aborts)
{
	ARENA_AUTO a = arena_new();

	arena_alloc(a, SIZE_MAX - 1);
}
END_TEST
#endif

Suite *test_suite(void)
{
	Suite *s = suite_create("arena");
	TCase *tc = tcase_create("arena");

	tcase_add_test(tc, test_arena__objects_are_zeroed_aligned_and_apart);
	tcase_add_test(tc, test_arena__reset_keeps_the_first_block);
	tcase_add_test(tc, test_arena__copies);
	tcase_add_test(tc, test_arena__wiped_holds_nothing);
	tcase_add_test(tc, test_arena__free_takes_null);
	tcase_add_test(tc, test_arena__heap_family);
#ifndef SPIRALFED_SANITIZE
	tcase_add_test_raise_signal(tc, test_arena__overflow_aborts, SIGABRT);
	tcase_add_test_raise_signal(tc, test_arena__exhaustion_aborts, SIGABRT);
#endif
	suite_add_tcase(s, tc);
	return s;
}
