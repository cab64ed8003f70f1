/* SPDX-License-Identifier: Apache-2.0
 *
 * Sign-offs through the engine: who may give one, on what, and what the history says.
 */
#include <check.h>
#include <string.h>

#include "store/signoff.h"
#include "support/registry.h"

Suite *test_suite(void);

#define POLICY                                                                                 \
	"{\"providers\":{\"hf\":{\"roles\":[\"textgen\"]}},\"slots\":{\"textgen\":{\"provider" \
	"\":\"hf\"}},\"checklist\":[{\"item\":\"review\",\"fresh\":\"P7D\"},{\"item\":"        \
	"\"notes\",\"evidence\":false}]}"

static const char *merge;

static void setup(void)
{
	struct outcome o;

	registry_setup();
	ck_assert_int_eq(submit_unit("s/textgen-v1", "textgen", 0.8).status, 201);
	with.if_match = "*";
	o = put_policy(POLICY);
	ck_assert_msg(o.status == 200, "%s", o.c->err.msg);
	with.actor = "token:maker";
	o = do_merge();
	ck_assert_msg(o.status == 201, "%s", o.c->err.msg);
	merge = member(o.body, "version");
}

static struct outcome sign(const char *actor, const char *body)
{
	with.actor = actor;
	return sign_off(merge, body);
}

static size_t newest(struct signoff **ret)
{
	struct err err = {0};
	size_t n;

	ck_assert_int_eq(signoff_newest(reg.reader, merge, reg.arena, ret, &n, &err), 0);
	return n;
}

START_TEST(test_signoff__is_given_by_another_than_who_made_the_merge)
{
	struct outcome o = sign("token:maker", "{'item':'notes'}");
	struct signoff *list;

	ck_assert_int_eq(o.code, ERR_SELF_APPROVAL);
	ck_assert_int_eq(sign("Token:Maker", "{'item':'notes'}").code, ERR_SELF_APPROVAL);
	ck_assert_uint_eq(newest(&list), 0);
	o = sign("token:other", "{'item':'notes','reason':'read'}");
	ck_assert_msg(o.status == 201, "%s", o.c->err.msg);
	ck_assert_str_eq(member(o.body, "signed_by"), "token:other");
	ck_assert_str_eq(member(o.body, "verdict"), "go");
	ck_assert_str_eq(member(o.body, "merge"), merge);
	ck_assert_uint_eq(newest(&list), 1);
	ck_assert_str_eq(list[0].item, "notes");
	ck_assert_int_eq(list[0].verdict, SIGNOFF_GO);
	ck_assert_int_eq(count_events("signoff.given"), 1);
	check_registry();
}
END_TEST

/* Whoever made it may still say that it should not go. */
START_TEST(test_signoff__of_each_item_the_newest_counts)
{
	struct signoff *list;

	ck_assert_int_eq(sign("token:a", "{'item':'notes'}").status, 201);
	ck_assert_int_eq(
		sign("token:maker", "{'item':'notes','verdict':'no_go','reason':'old'}").status,
		201);
	ck_assert_int_eq(sign("token:b", "{'item':'review','evidence':'https://x/1'}").status, 201);
	ck_assert_uint_eq(newest(&list), 2);
	for (size_t i = 0; i < 2; i++)
		if (strcmp(list[i].item, "notes") == 0) {
			ck_assert_int_eq(list[i].verdict, SIGNOFF_NO_GO);
			ck_assert_str_eq(list[i].reason, "old");
		} else {
			ck_assert_str_eq(list[i].evidence, "https://x/1");
		}
	check_registry();
}
END_TEST

static const struct {
	const char *body;
	enum err_code code;
	const char *pointer;
} refused[] = {
	{"{'item':'legal'}", ERR_INVALID_BODY, "/item"},
	{"{'item':'window'}", ERR_INVALID_BODY, "/item"},
	{"{}", ERR_INVALID_BODY, "/item"},
	{"{'item':'review'}", ERR_INVALID_BODY, "/evidence"},
	{"{'item':'review','evidence':'see the wiki'}", ERR_INVALID_BODY, "/evidence"},
	{"{'item':'review','evidence':'javascript:alert(1)'}", ERR_INVALID_BODY, "/evidence"},
	{"{'item':'review','evidence':'https://'}", ERR_INVALID_BODY, "/evidence"},
	{"{'item':'notes','verdict':'maybe'}", ERR_INVALID_BODY, "/verdict"},
	{"{'item':'notes','verdict':'no_go'}", ERR_INVALID_BODY, "/reason"},
	{"{'item':'notes','signed_by':'ann'}", ERR_INVALID_BODY, "/signed_by"},
	{"{'item':'notes','signed_at':'2026-01-01T00:00:00Z'}", ERR_INVALID_BODY, "/signed_at"},
};

START_TEST(test_signoff__says_what_is_wrong)
{
	struct outcome o = sign("token:a", refused[_i].body);
	struct signoff *list;

	ck_assert_int_eq(o.code, refused[_i].code);
	ck_assert_ptr_nonnull(o.c->faults);
	ck_assert_str_eq(o.c->faults->list[0].pointer, refused[_i].pointer);
	ck_assert_uint_eq(newest(&list), 0);
	ck_assert_int_eq(count_events("signoff.given"), 0);
}
END_TEST

START_TEST(test_signoff__wants_an_open_merge)
{
	with.override = true;
	ck_assert_int_eq(promote(merge).status, 201);
	ck_assert_int_eq(sign("token:a", "{'item':'notes'}").code, ERR_STATE_CONFLICT);
	merge = "9.9.9-rc.1";
	ck_assert_int_eq(sign("token:a", "{'item':'notes'}").code, ERR_NOT_FOUND);
}
END_TEST

START_TEST(test_signoff__without_tokens_says_who_gave_it)
{
	struct outcome o = sign("local", "{'item':'notes'}");

	ck_assert_int_eq(o.code, ERR_INVALID_BODY);
	ck_assert_str_eq(o.c->faults->list[0].pointer, "/signed_by");
	o = sign("local", "{'item':'notes','signed_by':'Ann'}");
	ck_assert_msg(o.status == 201, "%s", o.c->err.msg);
	ck_assert_str_eq(member(o.body, "signed_by"), "local:Ann");
}
END_TEST

START_TEST(test_signoff__can_be_tried_and_repeated)
{
	struct signoff *list;
	const char *body;

	with.dry_run = true;
	ck_assert_int_eq(sign("token:a", "{'item':'notes'}").status, 200);
	ck_assert_uint_eq(newest(&list), 0);
	with.key = "k";
	body = sign("token:a", "{'item':'notes'}").body;
	with.key = "k";
	ck_assert_str_eq(sign("token:a", "{'item':'notes'}").body, body);
	ck_assert_int_eq(count_events("signoff.given"), 1);
	check_registry();
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("sign-offs");
	TCase *tc = tcase_create("engine");

	tcase_add_checked_fixture(tc, setup, registry_teardown);
	tcase_add_test(tc, test_signoff__is_given_by_another_than_who_made_the_merge);
	tcase_add_test(tc, test_signoff__of_each_item_the_newest_counts);
	tcase_add_loop_test(
		tc, test_signoff__says_what_is_wrong, 0, sizeof(refused) / sizeof(refused[0]));
	tcase_add_test(tc, test_signoff__wants_an_open_merge);
	tcase_add_test(tc, test_signoff__without_tokens_says_who_gave_it);
	tcase_add_test(tc, test_signoff__can_be_tried_and_repeated);
	suite_add_tcase(s, tc);
	return s;
}
