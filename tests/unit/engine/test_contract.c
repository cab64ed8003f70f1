/* SPDX-License-Identifier: Apache-2.0
 *
 * Contracts: published once, under a version that says no less than what changed; and versions of the
 * policy, compared.
 */
#include "engine/contract.h"

#include <check.h>
#include <string.h>

#include "engine/policy.h"
#include "store/contract.h"
#include "support/registry.h"

Suite *test_suite(void);

/* A request that must hold `required` and may hold `members` ("'a':{...}"). */
static const char *body(const char *version, const char *members, const char *required)
{
	return arena_printf(reg.arena,
		"{'name':'fusion','version':'%s','schema':{'name':'fusion','version':'%s',"
		"'request':{'type':'object','properties':{%s},'required':[%s]}}}",
		version, version, members, required);
}

#define A  "'a':{'type':'string'}"
#define AB A ",'b':{'type':'integer'}"

static struct outcome post(const char *version, const char *members, const char *required)
{
	return post_contract(body(version, members, required));
}

START_TEST(test_contract__is_published_once)
{
	struct outcome o = post("1.0.0", A, "");
	char digest[DIGEST_STRLEN];
	const char *document, *schema, *text;
	struct err err = {0};
	struct body b;

	ck_assert_msg(o.status == 201, "%s", o.c->err.msg);
	ck_assert_str_eq(o.c->answer.location, "/v1/contracts/fusion/1.0.0");
	schema = member(o.body, "schema");
	ck_assert_str_eq(member(o.body, "digest"), digest_string(schema, strlen(schema), digest));
	ck_assert_str_eq(member(o.body, "previous"), "");
	ck_assert_int_eq(post("1.0.0", A, "").status, 200);
	ck_assert_str_eq(post("1.0.0", A, "").body, o.body);
	ck_assert_int_eq(post("1.0.0", AB, "").code, ERR_VERSION_CONFLICT);
	ck_assert_int_eq(count_events("contract.created"), 1);

	text = o.body;
	ck_assert_int_eq(contract_body(reg.reader, "fusion", "v1.0.0", reg.arena, &b, &err), 1);
	ck_assert_str_eq(b.text, text);
	ck_assert_int_eq(contract_body_by_digest(reg.reader, digest, reg.arena, &b, &err), 1);
	ck_assert_str_eq(b.text, text);
	ck_assert_int_eq(
		contract_text_by_digest(reg.reader, digest, reg.arena, &document, &err), 1);
	ck_assert_str_eq(document, schema);
	ck_assert_int_eq(contract_body(reg.reader, "fusion", "1.0.1", reg.arena, &b, &err), 0);
	ck_assert_int_eq(contract_body(reg.reader, "fusion", "x", reg.arena, &b, &err), 0);
	ck_assert_int_eq(contract_body_by_digest(reg.reader, "x", reg.arena, &b, &err), 0);
	check_registry();
}
END_TEST

static const struct {
	const char *version, *members, *required;
	bool ok;
	const char
		*least; /* the version it had to have at least; "" when a higher one forbids it */
} neighbours[] = {
	/* 1.0.0 has A, 1.2.0 has A and B. */
	{"1.0.1", A, "", true, NULL},
	{"1.0.1", AB, "", false, "1.1.0"},
	{"1.1.0", AB, "", true, NULL},
	{"1.1.0", A, "'a'", false, "2.0.0"},
	/* Fits 1.0.0, but 1.2.0 would then have broken it without saying so. */
	{"1.1.0", "'a':{'type':['string','null']}", "", false, ""},
	{"1.2.1", AB, "", true, NULL},
	{"1.2.1", AB ",'c':{'type':'string'}", "", false, "1.3.0"},
	{"1.3.0", AB ",'c':{'type':'string'}", "", true, NULL},
	{"1.3.0", AB, "'b'", false, "2.0.0"},
	{"2.0.0", AB, "'b'", true, NULL},
	{"2.0.0", AB, "", true, NULL},
	{"0.9.0", AB, "'b'", true, NULL},
	{"0.9.0", A, "", true, NULL},
};

START_TEST(test_contract__its_version_says_what_changed)
{
	struct outcome o;

	ck_assert_int_eq(post("1.2.0", AB, "").status, 201);
	o = post("1.0.0", A, "");
	ck_assert_msg(o.status == 201, "%s", o.c->err.msg);
	o = post(neighbours[_i].version, neighbours[_i].members, neighbours[_i].required);
	if (neighbours[_i].ok) {
		ck_assert_msg(o.status == 201, "%s", o.c->err.msg);
		return;
	}
	ck_assert_int_eq(o.code, ERR_VERSION_TOO_LOW);
	ck_assert_str_eq(member(o.c->err_members, "least_version"), neighbours[_i].least);
	ck_assert_ptr_nonnull(strstr(o.c->err_members, "\"pointer\":\"/request"));
	ck_assert_int_eq(count_events("contract.created"), 2);
}
END_TEST

START_TEST(test_contract__says_what_it_is_to_the_one_before)
{
	struct outcome o;

	post("1.0.0", A, "");
	o = post("1.1.0", AB, "");
	ck_assert_str_eq(member(o.body, "previous"), "1.0.0");
	ck_assert_str_eq(member(o.body, "relation"), "compatible");
	ck_assert_str_eq(member(o.body, "level"), "minor");
	o = post("10.0.0", AB, "'b'");
	ck_assert_str_eq(member(o.body, "previous"), "1.1.0");
	ck_assert_str_eq(member(o.body, "level"), "major");
	/* By number, not by letter. */
	o = post("9.0.0", AB, "'b'");
	ck_assert_str_eq(member(o.body, "previous"), "1.1.0");
	o = post("10.0.1", AB, "'b'");
	ck_assert_str_eq(member(o.body, "relation"), "identical");
	ck_assert_str_eq(member(o.body, "previous"), "10.0.0");
}
END_TEST

START_TEST(test_contract__names_every_fault_of_the_document)
{
	static const struct {
		const char *body, *pointer;
	} bad[] = {
		{"{'name':'f','version':'1.0.0','schema':{'name':'f','version':'1.0.0'}}",
			"/schema"},
		{"{'name':'f','version':'1.0.0','schema':{'name':'g','version':'1.0.0','request':"
		 "true}}",
			"/name"},
		{"{'name':'f','version':'1.0.0','schema':{'name':'f','version':'1.0.1','request':"
		 "true}}",
			"/version"},
		{"{'name':'f','version':'1.0.0','schema':{'name':'f','version':'1.0.0','request':"
		 "{'type':'sting'}}}",
			"/schema/request/type"},
		{"{'name':'f','version':'1.0.0','schema':7}", "/schema"},
	};
	struct outcome o = post_contract(bad[_i].body);

	ck_assert_int_eq(o.code, ERR_INVALID_CONTRACT);
	ck_assert_str_eq(o.c->faults->list[0].pointer, bad[_i].pointer);
	ck_assert_int_eq(count_events("contract.created"), 0);
}
END_TEST

START_TEST(test_contract__compares_any_two_versions)
{
	struct err err = {0};
	struct body b;

	post("1.0.0", A, "");
	post("1.1.0", AB, "");
	post("2.0.0", AB, "'b'");
	ck_assert_int_eq(
		contract_diff_body(reg.reader, "fusion", "2.0.0", NULL, reg.arena, &b, &err), 1);
	ck_assert_str_eq(member(b.text, "from"), "1.1.0");
	ck_assert_str_eq(member(b.text, "level"), "major");
	ck_assert_str_eq(member(b.text, "relation"), "breaking");
	ck_assert_int_eq(
		contract_diff_body(reg.reader, "fusion", "1.0.0", "1.1.0", reg.arena, &b, &err), 1);
	ck_assert_str_eq(member(b.text, "to"), "1.0.0");
	ck_assert_int_eq(
		contract_diff_body(reg.reader, "fusion", "1.1.0", "1.1.0", reg.arena, &b, &err), 1);
	ck_assert_str_eq(member(b.text, "relation"), "identical");
	ck_assert_str_eq(member(b.text, "level"), "none");
	ck_assert_str_eq(member(b.text, "changes"), "[]");
	ck_assert_int_eq(
		contract_diff_body(reg.reader, "fusion", "1.0.0", NULL, reg.arena, &b, &err), -1);
	ck_assert_int_eq(err.code, ERR_NOT_FOUND);
	ck_assert_int_eq(
		contract_diff_body(reg.reader, "fusion", "2.0.0", "3.0.0", reg.arena, &b, &err),
		-1);
	ck_assert_int_eq(err.code, ERR_NOT_FOUND);
	ck_assert_int_eq(
		contract_diff_body(reg.reader, "other", "2.0.0", NULL, reg.arena, &b, &err), -1);
	ck_assert_int_eq(err.code, ERR_NOT_FOUND);
}
END_TEST

START_TEST(test_contract__a_dry_run_changes_nothing)
{
	with.dry_run = true;
	ck_assert_int_eq(post("1.0.0", A, "").status, 200);
	ck_assert_int_eq(post("1.0.0", AB, "").status, 201);
}
END_TEST

START_TEST(test_policy__versions_are_kept_and_compared)
{
	SNAPSHOT_AUTO s = snapshot_get(reg.engine);
	struct err err = {0};
	char *draft = arena_strdup(reg.arena, s->policy_text), *floor;
	struct body b;

	floor = strstr(draft, "\"floor\":0.95");
	ck_assert_ptr_nonnull(floor);
	floor[strlen("\"floor\":0.9")] = '7';
	with.if_match = arena_printf(reg.arena, "\"%s\"", s->policy.digest);
	ck_assert_int_eq(put_policy(draft).status, 200);
	ck_assert_int_eq(policy_version_body(reg.reader, 1, reg.arena, &b, &err), 1);
	ck_assert_str_eq(member(b.text, "policy"), s->policy_text);
	ck_assert_str_eq(member(b.text, "digest"), s->policy.digest);
	ck_assert_int_eq(policy_version_body(reg.reader, 3, reg.arena, &b, &err), 0);
	ck_assert_int_eq(policy_diff_body(reg.reader, 1, 2, reg.arena, &b, &err), 1);
	ck_assert_str_eq(member(b.text, "changes"),
		"[{\"new\":0.97,\"old\":0.95,\"pointer\":\"/gates/safety/floor\"}]");
	ck_assert_int_eq(policy_diff_body(reg.reader, 2, 2, reg.arena, &b, &err), 1);
	ck_assert_str_eq(member(b.text, "changes"), "[]");
	ck_assert_int_eq(policy_diff_body(reg.reader, 1, 3, reg.arena, &b, &err), -1);
	ck_assert_int_eq(err.code, ERR_NOT_FOUND);
}
END_TEST

static struct outcome naming(const char *id, const char *version, const char *digest)
{
	return submit_samples(id, 800,
		arena_printf(reg.arena,
			",\"contract\":{\"name\":\"fusion\",\"version\":\"%s\",\"digest\":\"%s\"}",
			version, digest));
}

START_TEST(test_contract__a_manifest_names_what_is_published)
{
	const char *right = member(post("1.0.0", A, "").body, "digest");
	const char *other = member(post("1.1.0", AB, "").body, "digest");
	struct outcome o = naming("s/textgen-v1", "1.0.0", other);

	ck_assert_int_eq(o.code, ERR_INVALID_MANIFEST);
	ck_assert_str_eq(o.c->err.pointer, "/contract/digest");
	ck_assert_ptr_nonnull(strstr(o.c->err.msg, right));
	ck_assert_int_eq(count_events("manifest.submitted"), 0);
	ck_assert_int_eq(naming("s/textgen-v1", "v1.0.0", right).status, 201);
	/* Nobody has published these yet. */
	ck_assert_int_eq(naming("s/textgen-v2", "2.0.0", other).status, 201);
	ck_assert_int_eq(naming("s/textgen-v3", "as it was", other).status, 201);
	check_registry();
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("contracts of the engine");
	TCase *t = tcase_create("contracts");

	tcase_add_checked_fixture(t, registry_setup, registry_teardown);
	tcase_add_test(t, test_contract__is_published_once);
	tcase_add_loop_test(t, test_contract__its_version_says_what_changed, 0,
		sizeof(neighbours) / sizeof(neighbours[0]));
	tcase_add_test(t, test_contract__says_what_it_is_to_the_one_before);
	tcase_add_loop_test(t, test_contract__names_every_fault_of_the_document, 0, 5);
	tcase_add_test(t, test_contract__compares_any_two_versions);
	tcase_add_test(t, test_contract__a_dry_run_changes_nothing);
	tcase_add_test(t, test_contract__a_manifest_names_what_is_published);
	tcase_add_test(t, test_policy__versions_are_kept_and_compared);
	suite_add_tcase(s, t);
	return s;
}
