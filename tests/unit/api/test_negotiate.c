/* SPDX-License-Identifier: Apache-2.0
 *
 * Conditional and negotiated answers, and the peek at a manifest's provider.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "api/negotiate.h"
#include "api/peek.h"
#include "api/text_table.h"
#include "support/count.h"

Suite *test_suite(void);

static const struct {
	const char *header, *etag;
	bool match;
} etags[] = {
	{"\"a\"", "\"a\"", true},
	{"W/\"a\"", "\"a\"", true},
	{"\"b\", \"a\"", "\"a\"", true},
	{"\"b\",W/\"a\"", "\"a\"", true},
	{" , \"b\" ,, \"a\"", "\"a\"", true},
	{"*", "\"a\"", true},
	{" *", "\"a\"", true},
	{"\"b\"", "\"a\"", false},
	{"a", "\"a\"", false},
	{"\"a", "\"a\"", false},
	{"\"ab\"", "\"a\"", false},
	{"\"A\"", "\"a\"", false},
	{"", "\"a\"", false},
	{"\"a-text\"", "\"a\"", false},
	{"junk \"a\"", "\"a\"", false},
};

START_TEST(test_etag__none_match_compares_weakly)
{
	ck_assert_msg(etag_none_match(etags[_i].header, etags[_i].etag) == etags[_i].match, "%s",
		etags[_i].header);
}
END_TEST

static const struct {
	const char *header;
	bool any;
	const char *digests; /* one behind the other */
} if_matches[] = {
	{"\"sha256:ab\"", false, "sha256:ab "},
	{"\"sha256:ab-pretty\"", false, "sha256:ab "},
	{"\"sha256:ab-text\", \"c-pretty\"", false, "sha256:ab c "},
	{" , \"a\" ,, \"b\"", false, "a b "},
	{"W/\"a\"", false, ""},
	{"W/\"a\", \"b\"", false, "b "},
	{"*", true, ""},
	{" *", true, ""},
	{"\"*\"", false, "* "},
	{"a", false, ""},
	{"\"a", false, ""},
	{"\"a\" junk \"b\"", false, "a "},
	{"\"-text\"", false, "-text "},
	{"\"\"", false, " "},
	{"", false, ""},
};

/* The same lists as If-None-Match, but strongly compared, and every form names the resource. */
START_TEST(test_etag__if_match_is_what_strong_tags_name)
{
	ARENA_AUTO a = arena_new();
	STRBUF_AUTO sb = STRBUF_INIT(1000);
	const struct if_match *m = if_match_parse(if_matches[_i].header, a);

	for (size_t i = 0; i < m->n; i++)
		strbuf_addf(&sb, "%s ", m->digests[i]);
	ck_assert_int_eq(m->any, if_matches[_i].any);
	ck_assert_msg(strcmp(sb.buf ? sb.buf : "", if_matches[_i].digests) == 0, "%s: %s",
		if_matches[_i].header, sb.buf);
}
END_TEST

static const struct {
	const char *accept, *type;
	int quality;
} accepts[] = {
	{NULL, "application/json", 1000},
	{"", "application/json", 1000},
	{"*/*", "application/json", 1000},
	{"application/json", "application/json", 1000},
	{"Application/JSON", "application/json", 1000},
	{"application/json", "text/plain", 0},
	{"application/*", "application/json", 1000},
	{"application/*", "text/plain", 0},
	{"text/plain;q=0.5, application/json;q=0.9", "text/plain", 500},
	{"text/plain;q=0.5, application/json;q=0.9", "application/json", 900},
	{"*/*;q=0.1, text/plain", "text/plain", 1000},
	{"*/*;q=0.1, text/plain", "application/json", 100},
	{"text/*;q=0.3, text/plain;q=0.7, */*", "text/plain", 700},
	{"text/plain;version=0.0.4;q=0.5,*/*;q=0.1", "text/plain", 500},
	{"text/plain; q=0", "text/plain", 0},
	{"text/plain;q=0.125", "text/plain", 125},
	{"text/plain;q=1.000", "text/plain", 1000},
	{"text/html", "text/plain", 0},
	{"text", "text/plain", 0},
	{"*", "text/plain", 0},
	{",,,", "text/plain", 0},
};

START_TEST(test_accept__takes_the_closest_range)
{
	int q = accept_quality(accepts[_i].accept, accepts[_i].type);

	ck_assert_msg(q == accepts[_i].quality, "%s for %s: %d, not %d", accepts[_i].accept,
		accepts[_i].type, q, accepts[_i].quality);
}
END_TEST

START_TEST(test_idempotency__key_is_bare_or_quoted)
{
	static const char *const keys[][2] = {
		{"abc", "abc"},
		{"\"abc\"", "abc"},
		{"  \"abc\" ", "abc"},
		{"a b", "a b"},
		{"", NULL},
		{"\"\"", NULL},
		{"a\"b", NULL},
		{"a\\b", NULL},
		{"\xc3\xa9", NULL},
		{"a\tb", NULL},
	};
	ARENA_AUTO a = arena_new();
	const char *key = NULL;
	struct err err = {0};
	int rc = idempotency_key(keys[_i][0], a, &key, &err);

	ck_assert_int_eq(rc, keys[_i][1] ? 0 : -1);
	if (keys[_i][1])
		ck_assert_str_eq(key, keys[_i][1]);
	else
		ck_assert_int_eq(err.code, ERR_BAD_REQUEST);
}
END_TEST

START_TEST(test_idempotency__key_has_at_most_255_characters)
{
	char key[257];
	const char *ret;
	ARENA_AUTO a = arena_new();

	memset(key, 'k', 256);
	key[255] = '\0';
	ck_assert_int_eq(idempotency_key(key, a, &ret, NULL), 0);
	key[255] = 'k';
	key[256] = '\0';
	ck_assert_int_eq(idempotency_key(key, a, &ret, NULL), -1);
}
END_TEST

START_TEST(test_request_id__takes_what_is_sane)
{
	static const char trace[] = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
	static const struct {
		const char *header, *trace, *id;
	} ids[] = {
		{"abc-1.2_3", NULL, "abc-1.2_3"},
		{"abc", trace, "abc"},
		{NULL, trace, "4bf92f3577b34da6a3ce929d0e0e4736"},
		{"no spaces", trace, "4bf92f3577b34da6a3ce929d0e0e4736"},
		{"a\"b", NULL, NULL},
		{"", NULL, NULL},
		{NULL, "00-00000000000000000000000000000000-00f067aa0ba902b7-01", NULL},
		{NULL, "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01", NULL},
		{NULL, "ff", NULL},
		{NULL, NULL, NULL},
	};
	char id[65] = "";

	ck_assert_int_eq(request_id_given(ids[_i].header, ids[_i].trace, id, sizeof(id)),
		ids[_i].id ? 0 : -1);
	if (ids[_i].id)
		ck_assert_str_eq(id, ids[_i].id);
}
END_TEST

START_TEST(test_content_type__json_and_nothing_else)
{
	static const struct {
		const char *type;
		bool json;
	} types[] = {
		{"application/json", true},
		{"application/json; charset=utf-8", true},
		{"Application/JSON;x", true},
		{"application/vnd.api+json", true},
		{"application/x-www-form-urlencoded", false},
		{"text/plain", false},
		{"text/json", false},
		{"application/+json", false},
		{"application/jsonx", false},
		{"", false},
		{NULL, false},
	};

	ck_assert_msg(content_type_is_json(types[_i].type) == types[_i].json, "%s",
		types[_i].type ? types[_i].type : "none");
}
END_TEST

static const struct {
	const char *json;
	enum peek found;
	const char *value;
} peeks[] = {
	{"{\"provider\":\"hf\"}", PEEK_FOUND, "hf"},
	{" { \"a\" : [1,{\"provider\":\"no\"}], \"provider\" : \"gcp\" }", PEEK_FOUND, "gcp"},
	{"{\"a\":\"provider\",\"b\":\"}\",\"provider\":\"aws\"}", PEEK_FOUND, "aws"},
	{"{\"a\":\"\\\"provider\\\":\\\"x\\\"\",\"provider\":\"hf\"}", PEEK_FOUND, "hf"},
	{"{\"a\":\"\\\\\",\"provider\":\"hf\"}", PEEK_FOUND, "hf"},
	{"{}", PEEK_ABSENT, NULL},
	{"{\"a\":{\"provider\":\"hf\"}}", PEEK_ABSENT, NULL},
	{"[\"provider\",\"hf\"]", PEEK_ABSENT, NULL},
	{"{\"pro\\u0076ider\":\"hf\"}", PEEK_UNSURE, NULL},
	{"{\"provider\":\"h\\u0066\"}", PEEK_UNSURE, NULL},
	{"{\"provider\":1}", PEEK_UNSURE, NULL},
	{"{\"provider\":{\"provider\":\"hf\"}}", PEEK_UNSURE, NULL},
	{"{\"provider\":", PEEK_UNSURE, NULL},
	{"{\"prov", PEEK_ABSENT, NULL},
	{"{\"prov\\", PEEK_ABSENT, NULL},
	{"", PEEK_ABSENT, NULL},
};

START_TEST(test_peek__finds_what_a_parser_would)
{
	ARENA_AUTO a = arena_new();
	const char *value = NULL;
	enum peek got = peek_string(peeks[_i].json, strlen(peeks[_i].json), "provider", a, &value);

	ck_assert_msg(got == peeks[_i].found, "%s: %d", peeks[_i].json, (int)got);
	if (peeks[_i].value)
		ck_assert_str_eq(value, peeks[_i].value);
	else
		ck_assert_ptr_null(value);
}
END_TEST

START_TEST(test_text_table__aligns_by_characters)
{
	STRBUF_AUTO out = STRBUF_INIT(1024);
	ARENA_AUTO a = arena_new();
	struct text_table *t = text_table_new(a);

	text_table_head(t, "name", 4);
	text_table_head(t, "state", 5);
	text_table_row(t);
	text_table_cell(t, "\xc3\xa9\xc3\xa9");
	text_table_cell(t, "a\nb");
	text_table_row(t);
	text_table_cell(t, "longer");
	text_table_cell(t, "x");
	text_table_row(t);
	text_table_cell(t, "a\u202eb\xc2\x9b");
	text_table_cell(t, "\u2066x\xff\x7f");
	text_table_print(t, &out);
	ck_assert_str_eq(
		out.buf, "NAME    STATE\n\xc3\xa9\xc3\xa9      a?b\nlonger  x\na?b?    ?x??\n");
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("header values are read as the RFCs have it");
	TCase *t = tcase_create("negotiate");

	tcase_add_loop_test(t, test_etag__none_match_compares_weakly, 0, COUNT(etags));
	tcase_add_loop_test(t, test_etag__if_match_is_what_strong_tags_name, 0, COUNT(if_matches));
	tcase_add_loop_test(t, test_accept__takes_the_closest_range, 0, COUNT(accepts));
	tcase_add_loop_test(t, test_idempotency__key_is_bare_or_quoted, 0, 10);
	tcase_add_test(t, test_idempotency__key_has_at_most_255_characters);
	tcase_add_loop_test(t, test_request_id__takes_what_is_sane, 0, 10);
	tcase_add_loop_test(t, test_content_type__json_and_nothing_else, 0, 11);
	tcase_add_loop_test(t, test_peek__finds_what_a_parser_would, 0, COUNT(peeks));
	tcase_add_test(t, test_text_table__aligns_by_characters);
	suite_add_tcase(s, t);
	return s;
}
