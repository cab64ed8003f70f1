/* SPDX-License-Identifier: Apache-2.0
 *
 * Words are found whole, whatever stands between them.
 */
#include <check.h>
#include <string.h>

#include "base/words.h"

Suite *test_suite(void);

static const struct {
	const char *list;
	const char *words[4];
} lists[] = {
	{"", {NULL}},
	{" , ", {NULL}},
	{"a", {"a"}},
	{"read submit:hf", {"read", "submit:hf"}},
	{"  a,b , c ", {"a", "b", "c"}},
};

START_TEST(test_words__next_walks_the_list)
{
	const char *at = lists[_i].list;
	struct word w;
	size_t n = 0;

	for (; words_next(&at, &w); n++) {
		ck_assert_ptr_nonnull(lists[_i].words[n]);
		ck_assert_uint_eq(w.n, strlen(lists[_i].words[n]));
		ck_assert_mem_eq(w.s, lists[_i].words[n], w.n);
	}
	ck_assert_ptr_null(lists[_i].words[n]);
	ck_assert(!words_next(&at, &w));
}
END_TEST

START_TEST(test_words__have_compares_whole_words)
{
	static const struct {
		const char *list, *word;
		bool have;
	} cases[] = {
		{"operate promote", "promote", true},
		{"operate promote", "operate", true},
		{"operate promote", "prom", false},
		{"operate promote", "promoter", false},
		{"operate promote", "", false},
		{"", "a", false},
		{"a,b", "b", true},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		ck_assert_int_eq(words_have(cases[i].list, cases[i].word), cases[i].have);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("words");
	TCase *t = tcase_create("words");

	tcase_add_loop_test(
		t, test_words__next_walks_the_list, 0, sizeof(lists) / sizeof(lists[0]));
	tcase_add_test(t, test_words__have_compares_whole_words);
	suite_add_tcase(s, t);
	return s;
}
