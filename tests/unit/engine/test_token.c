/* SPDX-License-Identifier: Apache-2.0
 *
 * Tokens and policies: who may, and by which rules.
 */
#include <check.h>
#include <string.h>

#include "engine/token.h"
#include "store/policy.h"
#include "store/token.h"
#include "support/calm_policy.h"
#include "support/registry.h"

Suite *test_suite(void);

static int verify(const char *token, struct principal *ret, struct err *err)
{
	return token_verify(reg.reader, token, clock_now(&reg.clock.clock), reg.arena, ret, err);
}

START_TEST(test_token_verify__knows_a_token_and_nothing_like_it)
{
	struct outcome o = make_token("submit:hf", 0);
	const char *token = member(o.body, "token");
	struct principal p;
	struct err err = {0};

	ck_assert_int_eq(o.status, 201);
	ck_assert_int_eq(strncmp(token, "sfd_", 4), 0);
	ck_assert_int_eq(verify(token, &p, &err), 0);
	ck_assert_str_eq(p.token_id, member(o.body, "id"));
	ck_assert_str_eq(p.actor, arena_printf(reg.arena, "token:%s", p.token_id));
	ck_assert_str_eq(p.scopes, "submit:hf");
	for (size_t i = 0; i < strlen(token); i++) {
		char *other = arena_strdup(reg.arena, token);

		other[i] = other[i] == 'a' ? 'b' : 'a';
		ck_assert_int_eq(verify(other, &p, &err), -1);
		ck_assert_int_eq(err.code, ERR_INVALID_TOKEN);
		other[i] = '\0';
		ck_assert_int_eq(verify(other, &p, &err), -1);
	}
	ck_assert_int_eq(verify(arena_printf(reg.arena, "%sa", token), &p, &err), -1);
}
END_TEST

START_TEST(test_token_verify__ends_with_expiry_and_revocation)
{
	struct principal p;
	struct err err = {0};
	int64_t now = clock_now(&reg.clock.clock);
	const char *short_lived = member(make_token("read", now + 10 * USEC_PER_SEC).body, "token");
	struct outcome o = make_token("read", 0), r;

	ck_assert_int_eq(verify(short_lived, &p, &err), 0);
	fake_clock_step(&reg.clock, 10 * USEC_PER_SEC);
	ck_assert_int_eq(verify(short_lived, &p, &err), -1);
	ck_assert_int_eq(verify(member(o.body, "token"), &p, &err), 0);
	r = revoke_token(member(o.body, "id"));
	ck_assert_int_eq(r.status, 200);
	ck_assert_str_ne(member(r.body, "revoked_at"), "");
	ck_assert_int_eq(verify(member(o.body, "token"), &p, &err), -1);
	ck_assert_int_eq(revoke_token(member(o.body, "id")).status, 200);
	ck_assert_int_eq(revoke_token("nobody").code, ERR_NOT_FOUND);
	ck_assert_int_eq(make_token("read", now).code, ERR_INVALID_BODY);
}
END_TEST

START_TEST(test_token_create__keeps_no_secret)
{
	struct outcome o, again;
	const char *secret;
	struct err err = {0};
	struct page page;

	with.key = "t";
	o = make_token("admin", 0);
	secret = strrchr(member(o.body, "token"), '_') + 1;
	with.key = "t";
	again = make_token("admin", 0);
	ck_assert_int_eq(again.status, 201);
	ck_assert_str_eq(member(again.body, "id"), member(o.body, "id"));
	ck_assert_ptr_null(strstr(again.body, secret));
	ck_assert_int_eq(token_list(reg.reader, 0, 10, reg.arena, &page, &err), 0);
	ck_assert_uint_eq(page.n, 1);
	ck_assert_ptr_null(strstr(page.bodies[0], secret));
}
END_TEST

START_TEST(test_token_create__refuses_scopes_that_do_not_exist)
{
	struct outcome o = make_token("submit:azure", 0);

	ck_assert_int_eq(o.code, ERR_INVALID_BODY);
	ck_assert_str_eq(o.c->faults->list[0].pointer, "/scopes/0");
	ck_assert_int_eq(make_token("root", 0).code, ERR_INVALID_BODY);
	ck_assert_int_eq(make_token("submit:*", 0).status, 201);
}
END_TEST

START_TEST(test_scopes_allow__what_the_words_say)
{
	ck_assert(scopes_allow("read promote", "promote"));
	ck_assert(!scopes_allow("read promote", "pro"));
	ck_assert(!scopes_allow("promoted", "promote"));
	ck_assert(!scopes_allow("", "read"));
	ck_assert(scopes_allow("admin", "submit:hf"));
	ck_assert(scopes_allow("submit:*", "submit:hf"));
	ck_assert(!scopes_allow("submit:gcp", "submit:hf"));
	ck_assert(!scopes_allow("submit:*", "operate"));
}
END_TEST

START_TEST(test_engine_admin_token__is_the_first)
{
	const char *token;
	struct principal p;
	struct err err = {0};

	ck_assert_int_eq(engine_has_tokens(reg.engine, &err), 0);
	ck_assert_int_eq(engine_admin_token(reg.engine, "first", reg.arena, &token, &err), 0);
	ck_assert_int_eq(engine_has_tokens(reg.engine, &err), 1);
	ck_assert_int_eq(verify(token, &p, &err), 0);
	ck_assert(scopes_allow(p.scopes, "admin"));
	ck_assert_int_eq(count_events("token.created"), 1);
}
END_TEST

/* The built-in policy with one word changed. */
static const char *changed_policy(const char *from, const char *to)
{
	const char *calm = calm_policy();
	const char *at = strstr(calm, from);

	ck_assert_ptr_nonnull(at);
	return arena_printf(reg.arena, "%.*s%s%s", (int)(at - calm), calm, to, at + strlen(from));
}

static const char *policy_etag(void)
{
	SNAPSHOT_AUTO s = snapshot_get(reg.engine);

	return arena_printf(reg.arena, "\"%s\"", s->policy.digest);
}

START_TEST(test_policy_submit__wants_the_etag_it_replaces)
{
	const char *next = changed_policy("\"floor\": 0.95", "\"floor\": 0.99");
	const char *first = policy_etag();
	struct outcome o;

	ck_assert_int_eq(put_policy(next).code, ERR_PRECONDITION_REQUIRED);
	with.if_match = "\"sha256:x\"";
	ck_assert_int_eq(put_policy(next).code, ERR_PRECONDITION_FAILED);
	with.if_match = first;
	o = put_policy(next);
	ck_assert_msg(o.status == 200, "%s", o.c->err.msg);
	ck_assert_str_eq(member(o.body, "version"), "2");
	ck_assert_str_eq(member(member(o.body, "policy"), "schema"), "spiralfed.policy/v1");
	with.if_match = first;
	ck_assert_int_eq(put_policy(next).code, ERR_PRECONDITION_FAILED);
	with.if_match = policy_etag();
	ck_assert_str_eq(member(put_policy(next).body, "version"), "2"); /* no change, no version */
	with.if_match = policy_etag();
	ck_assert_str_eq(member(put_policy(calm_policy()).body, "version"), "3"); /* back */
	with.if_match = policy_etag();
	ck_assert_int_eq(put_policy("{}").code, ERR_INVALID_POLICY);
	check_registry();
}
END_TEST

START_TEST(test_policy_submit__has_the_candidates_judged_anew)
{
	const char *merge;

	submit_unit("s/textgen-lora-v1", "textgen", 0.8);
	submit_unit("s/embedder-v1", "embed", 0.8);
	submit_unit("s/runtime-v1", "runtime", 0.8);
	merge = member(do_merge().body, "version");
	with.if_match = policy_etag();
	ck_assert_int_eq(
		put_policy(changed_policy("\"floor\": 0.95", "\"floor\": 0.99")).status, 200);
	ck_assert_str_eq(member(artifact_text("hf", "s/textgen-lora-v1"), "phase"), "Failed");
	ck_assert_int_eq(promote(merge).code, ERR_MERGE_STALE);
	ck_assert_int_eq(do_merge().code, ERR_NOTHING_TO_MERGE);
}
END_TEST

START_TEST(test_policy_submit__gives_units_a_new_slot)
{
	const char *with_slot =
		changed_policy("\"runtime\": {\"provider\": \"aws\", \"required\": true}",
			"\"runtime\": {\"provider\": \"aws\", \"required\": true}, \"retrieval\": "
			"{\"provider\": \"gcp\", \"required\": false}");

	submit("{\"provider\":\"gcp\",\"artifacts\":[{\"id\":\"s/r-v1\",\"role\":\"retrieval\","
	       "\"uri\":\"gs://x\",\"metrics\":{\"quality\":0.8,\"safety\":0.98,"
	       "\"latency_ms_p95\":1,\"cost_per_1k_tokens\":0.1}}]}");
	ck_assert_str_eq(member(artifact_text("gcp", "s/r-v1"), "slot"), "");
	with.if_match = policy_etag();
	ck_assert_int_eq(put_policy(with_slot).status, 200);
	ck_assert_str_eq(member(artifact_text("gcp", "s/r-v1"), "slot"), "retrieval");
	ck_assert_ptr_nonnull(strstr(artifact_text("gcp", "s/r-v1"), "\"gate\":\"quality\""));
}
END_TEST

START_TEST(test_policy_submit__settles_the_warm_releases)
{
	first_release();
	next_release(2, 0.82);
	next_release(3, 0.84);
	with.if_match = policy_etag();
	ck_assert_int_eq(put_policy(changed_policy("\"warm\": 2", "\"warm\": 1")).status, 200);
	ck_assert_str_eq(member(channel_text(), "warm"), "[\"1.0.1\"]");
	ck_assert_str_eq(member(release_text("1.0.0"), "state"), "retired");
	ck_assert_str_eq(member(channel_text(), "serial"), "4");
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("tokens and policies");
	TCase *t = tcase_create("tokens");

	tcase_add_checked_fixture(t, registry_setup, registry_teardown);
	tcase_add_test(t, test_token_verify__knows_a_token_and_nothing_like_it);
	tcase_add_test(t, test_token_verify__ends_with_expiry_and_revocation);
	tcase_add_test(t, test_token_create__keeps_no_secret);
	tcase_add_test(t, test_token_create__refuses_scopes_that_do_not_exist);
	tcase_add_test(t, test_scopes_allow__what_the_words_say);
	tcase_add_test(t, test_engine_admin_token__is_the_first);
	tcase_add_test(t, test_policy_submit__wants_the_etag_it_replaces);
	tcase_add_test(t, test_policy_submit__has_the_candidates_judged_anew);
	tcase_add_test(t, test_policy_submit__gives_units_a_new_slot);
	tcase_add_test(t, test_policy_submit__settles_the_warm_releases);
	suite_add_tcase(s, t);
	return s;
}
