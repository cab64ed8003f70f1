/* SPDX-License-Identifier: Apache-2.0
 *
 * What a token of somebody else allows, by the policy's rules.
 */
#include <check.h>
#include <string.h>

#include "base/clock.h"
#include "base/jcs.h"
#include "policy/keyless.h"
#include "support/count.h"

Suite *test_suite(void);

#define NOW (INT64_C(1800000000) * USEC_PER_SEC)

static struct arena *arena;

static void setup(void)
{
	jcs_setup();
	arena = arena_new();
}

static void teardown(void)
{
	arena_free(arena);
}

static const struct {
	const char *pattern, *subject;
	bool matches;
} patterns[] = {
	{"repo:s/t:ref:main", "repo:s/t:ref:main", true},
	{"repo:s/t:ref:main", "repo:s/t:ref:main2", false},
	{"repo:s/*:ref:main", "repo:s/t:ref:main", true},
	{"repo:s/*:ref:main", "repo:s/:ref:main", true},
	{"repo:s/*:ref:main", "repo:other/t:ref:main", false},
	{"repo:s/*", "repo:s/t:ref:refs/heads/x", true},
	{"*:main", "a:main:main", true},
	{"a*b*c", "aXbYbZc", true},
	{"a*b*c", "aXbYbZ", false},
	{"a**", "a", true},
	{"a", "", false},
	{"a*a*a*a*a*a*a*a*a*b", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
		false},
};

START_TEST(test_keyless__patterns)
{
	ck_assert_msg(keyless_subject_matches(patterns[_i].pattern, patterns[_i].subject) ==
			      patterns[_i].matches,
		"%s against %s", patterns[_i].pattern, patterns[_i].subject);
}
END_TEST

static const struct {
	const char *url;
	bool valid;
} urls[] = {
	{"https://token.actions.githubusercontent.com", true},
	{"https://accounts.google.com/x/y", true},
	{"http://127.0.0.1:8080", true},
	{"http://localhost/x", true},
	{"http://[::1]:1", true},
	{"http://token.actions.githubusercontent.com", false},
	{"http://localhost.evil.example", false},
	{"http://127.0.0.1.evil.example", false},
	{"https://", false},
	{"https:///x", false},
	{"https://a b", false},
	{"https://a?b", false},
	{"https://user@host", false},
	{"ftp://host", false},
};

START_TEST(test_keyless__issuers)
{
	ck_assert_msg(issuer_url_valid(urls[_i].url) == urls[_i].valid, "%s", urls[_i].url);
}
END_TEST

#define HEAD                                                                               \
	"{\"providers\":{\"hf\":{\"facility\":\"B\",\"roles\":[\"textgen\"]},\"gcp\":{"    \
	"\"facility\":\"F\",\"roles\":[\"embed\"]}},\"slots\":{\"textgen\":{\"provider\":" \
	"\"hf\"}},\"keyless\":["

static int parse(const char *rules, struct policy *ret, struct faults *faults)
{
	const char *text = arena_printf(arena, "%s%s]}", HEAD, rules), *canonical;
	struct err err;

	faults_init(faults);
	return policy_parse(text, strlen(text), arena, ret, &canonical, faults, &err);
}

static const char rules[] =
	"{\"issuer\":\"https://gh\",\"audience\":\"fed\",\"subject\":\"repo:s/*\","
	"\"provider\":\"hf\"},"
	"{\"issuer\":\"https://gh\",\"audience\":\"fed\",\"subject\":\"repo:s/emb*\","
	"\"provider\":\"gcp\"},"
	"{\"issuer\":\"https://gh\",\"audience\":\"other\",\"subject\":\"repo:s/t\","
	"\"provider\":\"gcp\"}";

static const struct {
	const char *claims;
	const char *scopes; /* or NULL and: */
	enum err_code code;
	const char *says;
} tokens[] = {
	{"\"iss\":\"https://gh\",\"aud\":\"fed\",\"sub\":\"repo:s/t\",\"exp\":1800000100",
		"submit:hf", ERR_NONE, NULL},
	{"\"iss\":\"https://gh\",\"aud\":[\"x\",\"fed\"],\"sub\":\"repo:s/emb\",\"exp\":1800000100",
		"submit:hf submit:gcp", ERR_NONE, NULL},
	{"\"iss\":\"https://gh\",\"aud\":\"other\",\"sub\":\"repo:s/t\",\"exp\":1800000100",
		"submit:gcp", ERR_NONE, NULL},
	{"\"iss\":\"https://gh\",\"aud\":\"other\",\"sub\":\"repo:s/t2\",\"exp\":1800000100", NULL,
		ERR_INSUFFICIENT_SCOPE, "binds the subject repo:s/t2"},
	{"\"iss\":\"https://gh\",\"aud\":\"nobody\",\"sub\":\"repo:s/t\",\"exp\":1800000100", NULL,
		ERR_INVALID_TOKEN, ""},
	{"\"iss\":\"https://gh\",\"aud\":\"fed\",\"sub\":\"repo:s/t\",\"exp\":1799999900", NULL,
		ERR_INVALID_TOKEN, ""},
	{"\"iss\":\"https://gh\",\"aud\":\"fed\",\"sub\":\"repo:s/t\",\"exp\":1799999970",
		"submit:hf", ERR_NONE, NULL}, /* clocks differ */
	{"\"iss\":\"https://gh\",\"aud\":\"fed\",\"sub\":\"repo:s/t\"", NULL, ERR_INVALID_TOKEN,
		""},
	{"\"iss\":\"https://gh\",\"aud\":\"fed\",\"sub\":\"repo:s/t\",\"exp\":1800000100,\"nbf\":"
	 "1800000090",
		NULL, ERR_INVALID_TOKEN, ""},
	{"\"iss\":\"https://other\",\"aud\":\"fed\",\"sub\":\"repo:s/t\",\"exp\":1800000100", NULL,
		ERR_INVALID_TOKEN, "knows no issuer https://other"},
	{"\"iss\":\"https://gh/\",\"aud\":\"fed\",\"sub\":\"repo:s/t\",\"exp\":1800000100", NULL,
		ERR_INVALID_TOKEN, "knows no issuer"},
	{"\"aud\":\"fed\",\"sub\":\"repo:s/t\",\"exp\":1800000100", NULL, ERR_INVALID_TOKEN,
		"name its issuer"},
	{"\"iss\":\"https://gh\",\"aud\":\"fed\",\"exp\":1800000100", NULL, ERR_INVALID_TOKEN,
		"a subject"},
	{"\"iss\":\"https://gh\",\"aud\":\"fed\",\"sub\":\"repo:s/\\nroot\",\"exp\":1800000100",
		NULL, ERR_INVALID_TOKEN, "printable"},
};

START_TEST(test_keyless__binds_tokens_to_providers)
{
	const char *payload = arena_printf(arena, "{%s}", tokens[_i].claims);
	const char *scopes = "untouched";
	struct faults faults;
	struct policy policy;
	struct err err = {0};
	struct jwt jwt;

	ck_assert_int_eq(parse(rules, &policy, &faults), 0);
	ck_assert_msg(jwt_parse(payload, strlen(payload), arena, &jwt, &err) == 0, "%s", err.msg);
	int rc = keyless_scopes(&policy, &jwt, NOW, arena, &scopes, &err);

	if (tokens[_i].scopes) {
		ck_assert_msg(rc == 0, "%s", err.msg);
		ck_assert_str_eq(scopes, tokens[_i].scopes);
		ck_assert_int_eq(err.code, ERR_NONE);
		return;
	}
	ck_assert_int_eq(rc, -1);
	ck_assert_str_eq(scopes, "untouched");
	ck_assert_msg(
		err.code == tokens[_i].code && strstr(err.msg, tokens[_i].says), "%s", err.msg);
}
END_TEST

static const struct {
	const char *rule, *pointer;
} bad[] = {
	{"{\"issuer\":\"http://gh\",\"audience\":\"a\",\"subject\":\"s\",\"provider\":\"hf\"}",
		"/keyless/0/issuer"},
	{"{\"issuer\":\"https://gh\",\"audience\":\"a\",\"subject\":\"*\",\"provider\":\"hf\"}",
		"/keyless/0/subject"},
	{"{\"issuer\":\"https://gh\",\"audience\":\"a\",\"subject\":\"*:*\",\"provider\":\"hf\"}",
		"/keyless/0/subject"},
	{"{\"issuer\":\"https://gh\",\"audience\":\"\",\"subject\":\"s\",\"provider\":\"hf\"}",
		"/keyless/0/audience"},
	{"{\"issuer\":\"https://gh\",\"subject\":\"s\",\"provider\":\"hf\"}",
		"/keyless/0/audience"},
	{"{\"issuer\":\"https://gh\",\"audience\":\"a\",\"subject\":\"s\",\"provider\":\"aws\"}",
		"/keyless/0/provider"},
};

START_TEST(test_keyless__bad_rules_are_refused)
{
	struct faults faults;
	struct policy policy;

	ck_assert_int_eq(parse(bad[_i].rule, &policy, &faults), -1);
	ck_assert_uint_eq(faults.n, 1);
	ck_assert_str_eq(faults.list[0].pointer, bad[_i].pointer);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("tokens of others");
	TCase *t = tcase_create("keyless");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, test_keyless__patterns, 0, COUNT(patterns));
	tcase_add_loop_test(t, test_keyless__issuers, 0, COUNT(urls));
	tcase_add_loop_test(t, test_keyless__binds_tokens_to_providers, 0, COUNT(tokens));
	tcase_add_loop_test(t, test_keyless__bad_rules_are_refused, 0, COUNT(bad));
	suite_add_tcase(s, t);
	return s;
}
