/* SPDX-License-Identifier: Apache-2.0
 *
 * JSON text comes out well-formed, escaped and in the order of the calls; misuse aborts.
 */
#include <check.h>
#include <jansson.h>
#include <math.h>
#include <signal.h>
#include <string.h>

#include "base/json_writer.h"

Suite *test_suite(void);

START_TEST(test_json_writer__document)
{
	STRBUF_AUTO out = STRBUF_INIT(1000);
	struct json_writer w;

	json_writer_init(&w, &out);
	ck_assert(!json_writer_done(&w));
	jw_object(&w);
	jw_kstring(&w, "s", "a\"b");
	jw_kstring(&w, "n", NULL);
	jw_kint(&w, "i", INT64_MIN);
	jw_knumber(&w, "d", 0.1);
	jw_knumber(&w, "nan", NAN);
	jw_knumber(&w, "inf", -INFINITY);
	jw_kbool(&w, "t", true);
	jw_kraw(&w, "r", "{\"x\":1}");
	jw_ktime(&w, "when", 1);
	jw_ktime(&w, "never", 0);
	jw_key(&w, "a");
	jw_array(&w);
	jw_int(&w, 1);
	jw_array(&w);
	jw_end(&w);
	jw_object(&w);
	jw_end(&w);
	jw_stringn(&w, "ab", 1);
	jw_bool(&w, false);
	jw_null(&w);
	jw_number(&w, 1e21);
	jw_raw(&w, "7", 1);
	jw_time(&w, 0);
	jw_end(&w);
	jw_kint(&w, "z", 0);
	ck_assert(!json_writer_done(&w));
	jw_end(&w);
	ck_assert(json_writer_done(&w));
	ck_assert_str_eq(out.buf,
		"{\"s\":\"a\\\"b\",\"n\":null,\"i\":-9223372036854775808,\"d\":0.1,\"nan\":null,"
		"\"inf\":null,\"t\":true,\"r\":{\"x\":1},\"when\":\"1970-01-01T00:00:00.000001Z\","
		"\"never\":null,\"a\":[1,[],{},\"a\",false,null,1e+21,7,null],\"z\":0}");
}
END_TEST

START_TEST(test_json_writer__takes_over_members)
{
	static const struct {
		const char *before, *object, *want;
	} cases[] = {
		{NULL, "{}", "{}"},
		{NULL, "{\"a\":1}", "{\"a\":1}"},
		{"x", "{}", "{\"x\":0}"},
		{"x", "{\"a\":1,\"b\":{}}", "{\"x\":0,\"a\":1,\"b\":{}}"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		STRBUF_AUTO out = STRBUF_INIT(100);
		struct json_writer w;

		json_writer_init(&w, &out);
		jw_object(&w);
		if (cases[i].before)
			jw_kint(&w, cases[i].before, 0);
		jw_members(&w, cases[i].object, strlen(cases[i].object));
		jw_end(&w);
		ck_assert(json_writer_done(&w));
		ck_assert_str_eq(out.buf, cases[i].want);
	}
}
END_TEST

START_TEST(test_json_writer__done_is_false_after_overflow)
{
	STRBUF_AUTO out = STRBUF_INIT(5);
	struct json_writer w;

	json_writer_init(&w, &out);
	jw_string(&w, "longer");
	ck_assert(!json_writer_done(&w));
}
END_TEST

#define TEXT(s) s, sizeof(s) - 1

static const struct {
	const char *in;
	size_t len;
	const char *out;
} quotes[] = {
	{TEXT(""), "\"\""},
	{TEXT("plain / text"), "\"plain / text\""},
	{TEXT("\"\\"), "\"\\\"\\\\\""},
	{TEXT("\b\t\n\v\f\r\x1F\x7F"), "\"\\b\\t\\n\\u000b\\f\\r\\u001f\x7F\""},
	{TEXT("a\0b"), "\"a\\u0000b\""},
	{TEXT("\xC3\xA9\xF0\x9F\x98\x80"), "\"\xC3\xA9\xF0\x9F\x98\x80\""},
	{TEXT("a\xFFz"), "\"a\xEF\xBF\xBDz\""},
	{TEXT("\xC3"), "\"\xEF\xBF\xBD\""},
	{TEXT("\xED\xA0\x80"), "\"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\""},
	{TEXT("\xC0\x80x"), "\"\xEF\xBF\xBD\xEF\xBF\xBDx\""},
};

START_TEST(test_json_writer__quote_table)
{
	for (size_t i = 0; i < sizeof(quotes) / sizeof(quotes[0]); i++) {
		STRBUF_AUTO out = STRBUF_INIT(100);

		json_quote(&out, quotes[i].in, quotes[i].len);
		ck_assert_str_eq(out.buf, quotes[i].out);
	}
}
END_TEST

/* Any single or pair of bytes is a string that a strict parser takes. */
START_TEST(test_json_writer__quote_is_always_json)
{
	for (int a = 0; a < 256; a++) {
		for (int b = 0; b < 256; b += a < 0x80 ? 17 : 1) {
			STRBUF_AUTO out = STRBUF_INIT(100);
			const char text[] = {(char)a, (char)b};
			json_t *value;

			json_quote(&out, text, sizeof(text));
			value = json_loads(out.buf, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
			ck_assert_msg(value, "%02x %02x: %s", a, b, out.buf);
			json_decref(value);
		}
	}
}
END_TEST

/* Each ASCII byte at each place of a longer text, for the search by whole words. */
START_TEST(test_json_writer__quotes_wherever_it_stands)
{
	for (int c = 1; c < 0x80; c++) {
		for (size_t at = 0; at < 20; at++) {
			STRBUF_AUTO out = STRBUF_INIT(100);
			STRBUF_AUTO alone = STRBUF_INIT(100);
			char text[] = "aaaaaaaaaaaaaaaaaaaa";
			size_t n;

			text[at] = (char)c;
			json_quote(&alone, &text[at], 1);
			n = alone.len - 2;
			json_quote(&out, text, sizeof(text) - 1);
			ck_assert_uint_eq(out.len, 21 + n);
			ck_assert_mem_eq(out.buf + 1 + at, alone.buf + 1, n);
			for (size_t i = 0; i < at; i++)
				ck_assert_int_eq(out.buf[1 + i], 'a');
			for (size_t i = 1 + at + n; i < out.len - 1; i++)
				ck_assert_int_eq(out.buf[i], 'a');
		}
	}
}
END_TEST

static const struct {
	const char *in, *out;
} pretty[] = {
	{"{}", "{}\n"},
	{"[]", "[]\n"},
	{"1", "1\n"},
	{"\"a:{,\\\"}\"", "\"a:{,\\\"}\"\n"},
	{"{\"a\":1,\"b\":[1,{},[]]}",
		"{\n  \"a\": 1,\n  \"b\": [\n    1,\n    {},\n    []\n  ]\n}\n"},
	{"{ \"a\" :\t{\n} , \"b\\\\\" : null }", "{\n  \"a\": {},\n  \"b\\\\\": null\n}\n"},
	/* Not JSON: the output is senseless, but the input is read no further than its end. */
	{"]]}", "\n]\n]\n}\n"},
	{"\"abc", "\"abc\n"},
	{"\"abc\\", "\"abc\\\n"},
};

START_TEST(test_json_writer__pretty_table)
{
	for (size_t i = 0; i < sizeof(pretty) / sizeof(pretty[0]); i++) {
		STRBUF_AUTO out = STRBUF_INIT(1000);

		json_pretty(&out, pretty[i].in, strlen(pretty[i].in));
		ck_assert_str_eq(out.buf, pretty[i].out);
	}
}
END_TEST

#ifndef SPIRALFED_SANITIZE
/* Each letter is a call; all of these sequences are misuse. */
static const char *const misuses[] = {"1", "oo", "o1", "okk", "oke", "e", "ak", "ae1", "1k", "oee"};

START_TEST(test_json_writer__misuse_aborts)
{
	STRBUF_AUTO out = STRBUF_INIT(1000);
	struct json_writer w;

	json_writer_init(&w, &out);
	for (const char *call = misuses[_i]; *call; call++) {
		if (*call == 'o')
			jw_object(&w);
		else if (*call == 'a')
			jw_array(&w);
		else if (*call == 'k')
			jw_key(&w, "k");
		else if (*call == 'e')
			jw_end(&w);
		else
			jw_int(&w, 1);
	}
	if (_i == 0)
		jw_int(&w, 2); /* a second document */
}
END_TEST

START_TEST(test_json_writer__too_deep_aborts)
{
	STRBUF_AUTO out = STRBUF_INIT(1000);
	struct json_writer w;

	json_writer_init(&w, &out);
	for (int i = 0; i <= JSON_WRITER_DEPTH; i++)
		jw_array(&w);
}
END_TEST
#endif

Suite *test_suite(void)
{
	Suite *s = suite_create("json_writer");
	TCase *tc = tcase_create("json_writer");

	tcase_add_test(tc, test_json_writer__document);
	tcase_add_test(tc, test_json_writer__takes_over_members);
	tcase_add_test(tc, test_json_writer__done_is_false_after_overflow);
	tcase_add_test(tc, test_json_writer__quote_table);
	tcase_add_test(tc, test_json_writer__quote_is_always_json);
	tcase_add_test(tc, test_json_writer__quotes_wherever_it_stands);
	tcase_add_test(tc, test_json_writer__pretty_table);
#ifndef SPIRALFED_SANITIZE
	tcase_add_loop_test_raise_signal(tc, test_json_writer__misuse_aborts, SIGABRT, 0,
		sizeof(misuses) / sizeof(misuses[0]));
	tcase_add_test_raise_signal(tc, test_json_writer__too_deep_aborts, SIGABRT);
#endif
	suite_add_tcase(s, tc);
	return s;
}
