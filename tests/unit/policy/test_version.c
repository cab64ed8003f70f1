/* SPDX-License-Identifier: Apache-2.0
 *
 * Versions: what parses, how they order, and which comes next.
 */
#include <check.h>
#include <string.h>

#include "policy/version.h"

Suite *test_suite(void);

static const struct {
	const char *text, *formatted; /* NULL: no version */
} texts[] = {
	{"1.2.3", "1.2.3"},
	{"v1.2.3", "1.2.3"},
	{"1.2.3-rc.4", "1.2.3-rc.4"},
	{"v10.20.30-rc.400", "10.20.30-rc.400"},
	{"0.0.0", "0.0.0"},
	{"", NULL},
	{"v", NULL},
	{"1", NULL},
	{"123456789.0.999999999", "123456789.0.999999999"},
	{"1.2", NULL},
	{"1.", NULL},
	{"1.2.", NULL},
	{"1.2.3.4", NULL},
	{"01.2.3", NULL},
	{"1.2.03", NULL},
	{"1.2.x", NULL},
	{" 1.2.3", NULL},
	{"1.2.3 ", NULL},
	{"-1.2.3", NULL},
	{"+1.2.3", NULL},
	{"vv1.2.3", NULL},
	{"1.2.3-rc", NULL},
	{"1.2.3-rc.", NULL},
	{"1.2.3-rc.0", NULL},
	{"1.2.3-rc.01", NULL},
	{"1.2.3-rc.1.2", NULL},
	{"1.2.3-beta.1", NULL},
	{"1.2.3+build", NULL},
	{"1.2.9999999999", NULL},
};

START_TEST(test_version__parses_its_own_forms_only)
{
	struct version v = {7, 7, 7, 7};
	char buf[VERSION_STRLEN];
	int rc = version_parse(texts[_i].text, &v);

	if (texts[_i].formatted) {
		ck_assert_msg(rc == 0, "\"%s\"", texts[_i].text);
		ck_assert_str_eq(version_format(&v, buf), texts[_i].formatted);
	} else {
		ck_assert_msg(rc == -1, "\"%s\"", texts[_i].text);
		ck_assert_int_eq(v.major, 7);
		ck_assert_int_eq(v.rc, 7);
	}
}
END_TEST

START_TEST(test_version__orders_by_precedence)
{
	static const char *const rising[] = {"0.9.9", "1.0.0-rc.1", "1.0.0-rc.2", "1.0.0-rc.10",
		"1.0.0", "1.0.1-rc.1", "1.0.1", "1.0.10", "1.1.0", "2.0.0", "10.0.0"};
	const int n = sizeof(rising) / sizeof(rising[0]);

	for (int i = 0; i < n; i++) {
		for (int j = 0; j < n; j++) {
			struct version a, b;
			ck_assert_int_eq(version_parse(rising[i], &a), 0);
			ck_assert_int_eq(version_parse(rising[j], &b), 0);
			ck_assert_int_eq(version_compare(&a, &b), (i > j) - (i < j));
		}
	}
}
END_TEST

START_TEST(test_version__the_next_depends_on_the_level)
{
	static const struct {
		const char *previous;
		enum version_level level;
		const char *next;
	} cases[] = {
		{NULL, LEVEL_PATCH, "1.0.0"},
		{NULL, LEVEL_MAJOR, "1.0.0"},
		{"1.0.0", LEVEL_PATCH, "1.0.1"},
		{"1.4.9", LEVEL_PATCH, "1.4.10"},
		{"1.4.9", LEVEL_MINOR, "1.5.0"},
		{"1.4.9", LEVEL_MAJOR, "2.0.0"},
	};
	char buf[VERSION_STRLEN];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct version previous, next;
		if (cases[i].previous)
			ck_assert_int_eq(version_parse(cases[i].previous, &previous), 0);
		version_next(cases[i].previous ? &previous : NULL, cases[i].level, &next);
		ck_assert_str_eq(version_format(&next, buf), cases[i].next);
	}
}
END_TEST

START_TEST(test_version__the_level_follows_the_largest_change)
{
	static const struct {
		struct version_change change;
		enum version_level level;
	} cases[] = {
		{{0}, LEVEL_PATCH},
		{{.contract_gains = true}, LEVEL_MINOR},
		{{.slots_change = true}, LEVEL_MINOR},
		{{.fusion_changes = true}, LEVEL_MINOR},
		{{.contract_breaks = true}, LEVEL_MAJOR},
		{{true, true, true, true}, LEVEL_MAJOR},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		ck_assert_int_eq(version_level(&cases[i].change), cases[i].level);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("policy/version");
	TCase *tc = tcase_create("version");

	tcase_add_loop_test(
		tc, test_version__parses_its_own_forms_only, 0, sizeof(texts) / sizeof(texts[0]));
	tcase_add_test(tc, test_version__orders_by_precedence);
	tcase_add_test(tc, test_version__the_next_depends_on_the_level);
	tcase_add_test(tc, test_version__the_level_follows_the_largest_change);
	suite_add_tcase(s, tc);
	return s;
}
