/* SPDX-License-Identifier: Apache-2.0
 *
 * Evaluation suites: what makes two of them the same, and what is refused.
 */
#include <check.h>
#include <string.h>

#include "model/canonical_suite.h"

Suite *test_suite(void);

#define D "'sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'"

static struct faults faults;

static int parse(struct arena *a, const char *text, struct canonical_suite *ret)
{
	struct err err = {0};
	char *body = arena_strdup(a, text);

	for (char *p = body; *p; p++)
		if (*p == '\'')
			*p = '"';
	faults_init(&faults);
	return fields_parse_text(&canonical_suite_table, body, strlen(body), a, ret, &faults, &err);
}

START_TEST(test_canonical_suite__the_definition_is_the_digest)
{
	static const struct {
		const char *text;
		bool same;
	} others[] = {
		{"{'version':'1','name':'s','datasets':{'d':{'digest':" D
		 "}},'required_metrics':{'textgen':{'metrics':['m']}},'notes':'n','current':true}",
			true},
		{"{'name':'s','version':'2','datasets':{'d':" D
		 "},'required_metrics':{'textgen':['m']}}",
			false},
		{"{'name':'s','version':'1','datasets':{'d':" D
		 "},'required_metrics':{'textgen':['m','n']}}",
			false},
		{"{'name':'s','version':'1','datasets':{'d':" D
		 "},'required_metrics':{'textgen':['m']},'required_suites':['policy']}",
			false},
	};
	ARENA_AUTO a = arena_new();
	struct canonical_suite s, other;

	ck_assert_int_eq(parse(a,
				 "{'name':'s','version':'1','datasets':{'d':" D
				 "},'required_metrics':{'textgen':['m']}}",
				 &s),
		0);
	canonical_suite_identify(&s, a);
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		ck_assert_int_eq(parse(a, others[i].text, &other), 0);
		canonical_suite_identify(&other, a);
		ck_assert_int_eq(strcmp(s.digest, other.digest) == 0, others[i].same);
	}
}
END_TEST

START_TEST(test_canonical_suite__a_digest_that_was_given_stays)
{
	ARENA_AUTO a = arena_new();
	struct canonical_suite s;

	ck_assert_int_eq(parse(a,
				 "{'name':'s','version':'1','digest':" D ",'datasets':{'d':" D
				 "},'required_metrics':{'textgen':['m']}}",
				 &s),
		0);
	canonical_suite_identify(&s, a);
	ck_assert_str_eq(LIST_AT(&s.datasets, struct suite_dataset, 0)->digest, s.digest);
	ck_assert_uint_eq(s.datasets.n, 1);
	ck_assert_str_eq(canonical_suite_metrics(&s, "textgen")->v[0], "m");
	ck_assert_ptr_null(canonical_suite_metrics(&s, "embed"));
	ck_assert_ptr_nonnull(strstr(canonical_suite_content(&s, a, NULL), "\"digest\":"));
}
END_TEST

START_TEST(test_canonical_suite__names_what_is_wrong)
{
	static const struct {
		const char *text, *pointer;
	} bad[] = {
		{"{'name':'s','version':'1','required_metrics':{'t':['m']}}", "/datasets"},
		{"{'name':'s','version':'1','datasets':{'d':'x'},'required_metrics':{'t':['m']}}",
			"/datasets/d"},
		{"{'name':'s','version':'1','datasets':{'d':" D "},'required_metrics':{'t':[]}}",
			"/required_metrics/t"},
		{"{'name':'s','version':'1','datasets':{'d':" D
		 "},'required_metrics':{'t':['m','n','m']}}",
			"/required_metrics/t/2"},
		{"{'name':'s','version':'1','datasets':{'d':" D
		 "},'required_metrics':{'t':['m']},'required_suites':['p','p']}",
			"/required_suites/1"},
		{"{'name':'s','version':'1','datasets':{'d':" D
		 "},'required_metrics':{'t':['m']},'actor':'me'}",
			"/actor"},
	};
	ARENA_AUTO a = arena_new();
	struct canonical_suite s;

	ck_assert_int_eq(parse(a, bad[_i].text, &s), -1);
	ck_assert_uint_eq(faults.n, 1);
	ck_assert_str_eq(faults.list[0].pointer, bad[_i].pointer);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("canonical suites");
	TCase *t = tcase_create("canonical suites");

	tcase_add_test(t, test_canonical_suite__the_definition_is_the_digest);
	tcase_add_test(t, test_canonical_suite__a_digest_that_was_given_stays);
	tcase_add_loop_test(t, test_canonical_suite__names_what_is_wrong, 0, 6);
	suite_add_tcase(s, t);
	return s;
}
