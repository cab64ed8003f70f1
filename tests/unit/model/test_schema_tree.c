/* SPDX-License-Identifier: Apache-2.0
 *
 * Trees of JSON values: what is built, found, pointed to and equal.
 */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "model/schema_tree.h"

Suite *test_suite(void);

static struct arena *a;

static void setup(void)
{
	a = arena_new();
}

static void teardown(void)
{
	arena_free(a);
}

static const struct json_value *tree(const char *text)
{
	const struct json_value *v = NULL;
	struct err err;
	size_t n;

	if (json_tree(text, strlen(text), 1000, a, &v, &n, &err))
		ck_abort_msg("%s: %s", text, err.msg);
	return v;
}

START_TEST(test_schema_tree__values)
{
	const struct json_value *v =
		tree("{\"n\":1.5,\"s\":\"x\",\"t\":true,\"z\":null,\"l\":[7]}");

	ck_assert_int_eq(v->kind, JSON_KIND_OBJECT);
	ck_assert_uint_eq(v->n, 5);
	ck_assert_str_eq(v->sub[0].key, "l");
	ck_assert(json_member(v, "n")->number == 1.5);
	ck_assert_str_eq(json_member_string(v, "s"), "x");
	ck_assert_ptr_null(json_member_string(v, "n"));
	ck_assert(json_is_bool(json_member(v, "t"), true));
	ck_assert(!json_is_bool(json_member(v, "t"), false));
	ck_assert(json_is(json_member(v, "z"), JSON_KIND_NULL));
	ck_assert(json_member(v, "l")->sub[0].number == 7);
	ck_assert_ptr_null(json_member(v, "none"));
	ck_assert_ptr_null(json_member(json_member(v, "l"), "0"));
	ck_assert_ptr_null(json_member(NULL, "n"));
}
END_TEST

/* RFC 6901, section 5, and what is none. */
static const struct {
	const char *pointer;
	bool there;
} pointers[] = {
	{"", true},
	{"/foo", true},
	{"/foo/0", true},
	{"/", true},
	{"/a~1b", true},
	{"/c%d", true},
	{"/e^f", true},
	{"/k\"l", true},
	{"/ ", true},
	{"/m~0n", true},
	{"/foo/11", true},
	{"/foo/12", false},
	{"/foo/00", false},
	{"/foo/-", false},
	{"/foo/", false},
	{"/foo/99999999999999999999", false},
	{"/m~n", false},
	{"/m~2n", false},
	{"/foo~", false},
	{"foo", false},
	{"/none", false},
	{"/foo/0/1", false},
};

START_TEST(test_schema_tree__pointers)
{
	const struct json_value *v = tree("{\"foo\":[0,1,2,3,4,5,6,7,8,9,10,11],\"\":0,\"a/b\":1,"
					  "\"c%d\":2,\"e^f\":3,\"k\\\"l\":6,\" \":7,\"m~n\":8}");

	for (size_t i = 0; i < sizeof(pointers) / sizeof(pointers[0]); i++) {
		const struct json_value *at = json_at(v, pointers[i].pointer);

		ck_assert_msg(!at == !pointers[i].there, "%s", pointers[i].pointer);
		if (at)
			ck_assert_str_eq(json_pointer(at, a), pointers[i].pointer);
	}
}
END_TEST

static const struct {
	const char *a, *b;
	bool same;
} pairs[] = {
	{"{\"a\":1,\"b\":2}", "{\"b\":2,\"a\":1}", true},
	{"1", "1.0", true},
	{"1e2", "100", true},
	{"[1,2]", "[2,1]", false},
	{"[1]", "[1,1]", false},
	{"{\"a\":1}", "{\"b\":1}", false},
	{"{\"a\":1}", "{\"a\":2}", false},
	{"true", "false", false},
	{"null", "false", false},
	{"\"a\"", "\"\\u0061\"", true},
	{"\"a\"", "\"b\"", false},
	{"[]", "{}", false},
	{"0", "false", false},
	{"[{\"a\":[null]}]", "[{\"a\":[null]}]", true},
};

START_TEST(test_schema_tree__same)
{
	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++)
		ck_assert_msg(json_same(tree(pairs[i].a), tree(pairs[i].b)) == pairs[i].same,
			"%s %s", pairs[i].a, pairs[i].b);
	ck_assert(json_same(NULL, NULL));
	ck_assert(!json_same(NULL, tree("null")));
}
END_TEST

START_TEST(test_schema_tree__counts_values)
{
	const struct json_value *v = NULL;
	const char *text = "{\"a\":[1,2,3],\"b\":{}}"; /* 6 values */
	struct err err = {.code = ERR_NONE};
	size_t n = 0;

	ck_assert_int_eq(json_tree(text, strlen(text), 6, a, &v, &n, &err), 0);
	ck_assert_uint_eq(n, 6);
	ck_assert_uint_eq(v->id, 0);
	for (size_t max = 1; max < 6; max++) {
		v = NULL;
		ck_assert_int_eq(json_tree(text, strlen(text), max, a, &v, &n, &err), -1);
		ck_assert_int_eq(err.code, ERR_INVALID_BODY);
		ck_assert_ptr_null(v);
	}
	ck_assert_int_eq(json_tree("[", 1, 6, a, &v, &n, &err), -1);
	ck_assert_int_eq(err.code, ERR_BAD_JSON);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("trees of JSON values");
	TCase *tc = tcase_create("tree");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, test_schema_tree__values);
	tcase_add_test(tc, test_schema_tree__pointers);
	tcase_add_test(tc, test_schema_tree__same);
	tcase_add_test(tc, test_schema_tree__counts_values);
	suite_add_tcase(s, tc);
	return s;
}
