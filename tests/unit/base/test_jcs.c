/* SPDX-License-Identifier: Apache-2.0
 *
 * Strict loading, canonical rendering and number text. The numbers are RFC 8785's own, every power
 * of two and random doubles, judged by the definition: the shortest text that reads back.
 */
#include <check.h>
#include <float.h>
#include <inttypes.h>
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <stdbool.h>
#include <string.h>

#include "base/id.h"
#include "base/jcs.h"

Suite *test_suite(void);

static double from_bits(uint64_t bits)
{
	double v;

	memcpy(&v, &bits, sizeof(v));
	return v;
}

/* ---- numbers ---- */

/* RFC 8785, appendix B, and the borders of ECMAScript's layouts. */
static const struct {
	uint64_t bits;
	const char *text;
} numbers[] = {
	{0x0000000000000000, "0"},
	{0x8000000000000000, "0"},
	{0x0000000000000001, "5e-324"},
	{0x8000000000000001, "-5e-324"},
	{0x7fefffffffffffff, "1.7976931348623157e+308"},
	{0xffefffffffffffff, "-1.7976931348623157e+308"},
	{0x4340000000000000, "9007199254740992"},
	{0xc340000000000000, "-9007199254740992"},
	{0x4430000000000000, "295147905179352830000"},
	{0x44b52d02c7e14af5, "9.999999999999997e+22"},
	{0x44b52d02c7e14af6, "1e+23"},
	{0x44b52d02c7e14af7, "1.0000000000000001e+23"},
	{0x444b1ae4d6e2ef4e, "999999999999999700000"},
	{0x444b1ae4d6e2ef4f, "999999999999999900000"},
	{0x444b1ae4d6e2ef50, "1e+21"},
	{0x3eb0c6f7a0b5ed8c, "9.999999999999997e-7"},
	{0x3eb0c6f7a0b5ed8d, "0.000001"},
	{0x41b3de4355555553, "333333333.3333332"},
	{0x41b3de4355555554, "333333333.33333325"},
	{0x41b3de4355555555, "333333333.3333333"},
	{0x41b3de4355555556, "333333333.3333334"},
	{0x41b3de4355555557, "333333333.33333343"},
	{0xbecbf647612f3696, "-0.0000033333333333333333"},
	{0x43143ff3c1cb0959, "1424953923781206.2"},
	{0x0010000000000000, "2.2250738585072014e-308"},
	{0x000fffffffffffff, "2.225073858507201e-308"},
};

static const struct {
	double v;
	const char *text;
} plain_numbers[] = {
	{0.81, "0.81"},
	{-0.81, "-0.81"},
	{120, "120"},
	{1e-7, "1e-7"},
	{1.5e-7, "1.5e-7"},
	{123456789012345680.0, "123456789012345680"},
	{1e20, "100000000000000000000"},
	{1e22, "1e+22"},
	{0.1 + 0.2, "0.30000000000000004"},
	{4.35, "4.35"},
	{9007199254740991.0, "9007199254740991"},
	{4503599627370495.5, "4503599627370495.5"},
	{100, "100"},
	{10.5, "10.5"},
};

START_TEST(test_jcs__number_table)
{
	char text[JCS_NUMBER_STRLEN];

	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		size_t len = jcs_number(from_bits(numbers[i].bits), text);

		ck_assert_str_eq(text, numbers[i].text);
		ck_assert_uint_eq(len, strlen(text));
	}
	for (size_t i = 0; i < sizeof(plain_numbers) / sizeof(plain_numbers[0]); i++) {
		jcs_number(plain_numbers[i].v, text);
		ck_assert_str_eq(text, plain_numbers[i].text);
	}
}
END_TEST

/* Significant digits of a number's text, and those digits as an integer. */
static int digits_of(const char *text, uint64_t *ret)
{
	int n = 0, zeros = 0;

	*ret = 0;
	for (; *text && *text != 'e'; text++) {
		if (*text < '0' || *text > '9' || (!n && *text == '0'))
			continue;
		zeros = *text == '0' ? zeros + 1 : 0;
		n++;
		if (n <= 18)
			*ret = *ret * 10 + (uint64_t)(*text - '0');
	}
	for (int i = n > 18 ? 18 : n; i > n - zeros; i--)
		*ret /= 10;
	return n - zeros;
}

/* By the definition alone: no decimal with fewer digits reads back as v. The candidates with p
 * digits next to v are the printed one and its neighbours. */
static bool shorter_exists(double v, int n)
{
	char text[64];

	for (int p = 1; p < n; p++) {
		snprintf(text, sizeof(text), "%.*e", p - 1, v);
		char *e = strchr(text, 'e');
		int exponent = (int)strtol(e + 1, NULL, 10) - (p - 1);
		uint64_t digits = 0;

		for (char *c = text; c < e; c++)
			if (*c >= '0' && *c <= '9')
				digits = digits * 10 + (uint64_t)(*c - '0');
		for (int nudge = -1; nudge <= 1; nudge++) {
			snprintf(text, sizeof(text), "%" PRIu64 "e%d", digits + (uint64_t)nudge,
				exponent);
			if (strtod(text, NULL) == v)
				return true;
		}
	}
	return false;
}

static void check_number(double v, uint64_t seed)
{
	char text[JCS_NUMBER_STRLEN];
	uint64_t digits;
	int n;

	jcs_number(v, text);
	ck_assert_msg(strtod(text, NULL) == v, "%.17g -> %s (seed %" PRIu64 ")", v, text, seed);
	n = digits_of(text, &digits);
	ck_assert_msg(n <= 17, "%.17g -> %s has %d digits", v, text, n);
	ck_assert_msg(
		!shorter_exists(v, n), "%.17g -> %s is too long (seed %" PRIu64 ")", v, text, seed);
}

START_TEST(test_jcs__number_powers_of_two)
{
	for (int e = -1074; e <= 1023; e++)
		check_number(ldexp(1, e), 0);
}
END_TEST

static uint64_t next_random(uint64_t *state)
{
	uint64_t z = *state += 0x9E3779B97F4A7C15;

	z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9;
	z = (z ^ z >> 27) * 0x94D049BB133111EB;
	return z ^ z >> 31;
}

START_TEST(test_jcs__number_random_bits_read_back)
{
	const char *given = getenv("TEST_SEED");
	char text[JCS_NUMBER_STRLEN];
	uint64_t seed, state;

	random_bytes(&seed, sizeof(seed));
	if (given)
		seed = strtoull(given, NULL, 10);
	printf("test_jcs: TEST_SEED=%" PRIu64 "\n", seed);
	state = seed;
	for (int i = 0; i < 100000; i++) {
		double v = from_bits(next_random(&state));

		if (!isfinite(v))
			continue;
		jcs_number(v, text);
		ck_assert_msg(
			strtod(text, NULL) == v, "%a -> %s (TEST_SEED=%" PRIu64 ")", v, text, seed);
		if (i % 50 == 0)
			check_number(v, seed);
	}
}
END_TEST

START_TEST(test_jcs__number_random_decimals_stay_as_written)
{
	char text[JCS_NUMBER_STRLEN], written[40];
	uint64_t state = 1;

	for (int i = 0; i < 20000; i++) {
		uint64_t r = next_random(&state);
		int decimals = 1 + (int)(r % 6);

		snprintf(written, sizeof(written), "%d.%0*d1", 1 + (int)(r >> 8 & 0xFFFF), decimals,
			(int)(r >> 32) & 0x1F);
		jcs_number(strtod(written, NULL), text);
		ck_assert_str_eq(text, written);
	}
}
END_TEST

/* Lines "hex bits,text", as RFC 8785's test file has them and jcs_oracles.sh makes them. */
START_TEST(test_jcs__number_vectors)
{
	const char *path = getenv("JCS_VECTORS");
	char line[100], text[JCS_NUMBER_STRLEN];
	int lines = 0, bad = 0;
	FILE *file;

	if (!path)
		return;
	file = fopen(path, "r");
	ck_assert_msg(file, "can't open %s", path);
	for (; fgets(line, sizeof(line), file); lines++) {
		char *expected = strchr(line, ',');

		ck_assert_msg(expected, "line %d has no comma", lines + 1);
		expected[strcspn(expected, "\r\n")] = '\0';
		jcs_number(from_bits(strtoull(line, NULL, 16)), text);
		if (strcmp(text, expected + 1) && bad++ < 10)
			printf("%s: %s\n", line, text);
	}
	fclose(file);
	printf("%d vectors, %d differ\n", lines, bad);
	ck_assert_int_gt(lines, 0);
	ck_assert_int_eq(bad, 0);
}
END_TEST

START_TEST(test_jcs__number_ignores_the_locale)
{
	char text[JCS_NUMBER_STRLEN];
	STRBUF_AUTO out = STRBUF_INIT(100);
	json_auto_t *value = NULL;
	static const char *const names[] = {"de_DE.UTF-8", "ps_AF.UTF-8", "fr_FR.UTF-8"};
	bool any = false;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (!setlocale(LC_ALL, names[i]))
			continue;
		any = true;
		jcs_number(0.1 + 0.2, text);
		ck_assert_str_eq(text, "0.30000000000000004");
		ck_assert_int_eq(jcs_load("[1.5e1,0.25]", 12, &value, NULL), 0);
		ck_assert_int_eq(jcs_render(value, &out, NULL), 0);
		ck_assert_str_eq(out.buf, "[15,0.25]");
		json_decref(value);
		value = NULL;
		strbuf_reset(&out);
	}
	ck_assert_msg(any || !getenv("LOCPATH"), "LOCPATH holds no locale with a decimal comma");
	setlocale(LC_ALL, "C");
}
END_TEST

/* ---- rendering ---- */

static const struct {
	const char *in, *out;
} canonical[] = {
	{"{}", "{}"},
	{" [ ] ", "[]"},
	{"null", "null"},
	{"true", "true"},
	{"[false, -0, -0.0, 1.0, 1E2, 0.10]", "[false,0,0,1,100,0.1]"},
	{"9007199254740991", "9007199254740991"},
	{"-9007199254740991", "-9007199254740991"},
	{"1e21", "1e+21"},
	{"9007199254740991.0", "9007199254740991"},
	{"90071992547409910e-1", "9007199254740991"},
	{"4503599627370495.5", "4503599627370495.5"},
	{"1e-400", "0"},
	{"\"\\u0041\\/\\u00e9\"", "\"A/\xC3\xA9\""},
	{"\"\\u001F\\u0008\\b\\t\\n\\f\\r\\u007f\"", "\"\\u001f\\b\\b\\t\\n\\f\\r\x7F\""},
	{"\"\\ud83d\\ude00\"", "\"\xF0\x9F\x98\x80\""},
	{"{\"b\":1,\"a\":{\"d\":[3,2],\"c\":\"\\\"\\\\\"}}",
		"{\"a\":{\"c\":\"\\\"\\\\\",\"d\":[3,2]},\"b\":1}"},
	{"{\"ab\":1,\"a\":2,\"\":3,\"B\":4}", "{\"\":3,\"B\":4,\"a\":2,\"ab\":1}"},
	/* RFC 8785, section 3.2.3: a surrogate pair comes before U+FB33. */
	{"{\"\\u20ac\":\"Euro Sign\",\"\\r\":\"Carriage Return\",\"\\ufb33\":\"Hebrew Letter Dalet "
	 "With Dagesh\",\"1\":\"One\",\"\\ud83d\\ude00\":\"Emoji: Grinning Face\",\"\\u0080\":"
	 "\"Control\",\"\\u00f6\":\"Latin Small Letter O With Diaeresis\"}",
		"{\"\\r\":\"Carriage Return\",\"1\":\"One\",\"\xC2\x80\":\"Control\",\"\xC3\xB6\":"
		"\"Latin Small Letter O With Diaeresis\",\"\xE2\x82\xAC\":\"Euro Sign\","
		"\"\xF0\x9F\x98\x80\":\"Emoji: Grinning Face\",\"\xEF\xAC\xB3\":"
		"\"Hebrew Letter Dalet With Dagesh\"}"},
	{"{\"\\ud83d\\ude01\":1,\"\\ud83d\\ude00\":2,\"\\ue000\":3,\"\\ud7ff\":4}",
		"{\"\xED\x9F\xBF\":4,\"\xF0\x9F\x98\x80\":2,\"\xF0\x9F\x98\x81\":1,\"\xEE\x80\x80\""
		":3}"},
	/* RFC 8785, section 3.2.2 */
	{"{\"numbers\":[333333333.33333329,1E30,4.50,2e-3,0.000000000000000000000000001],"
	 "\"string\":\"\\u20ac$\\u000F\\u000aA'\\u0042\\u0022\\u005c\\\\\\\"\\/\","
	 "\"literals\":[null,true,false]}",
		"{\"literals\":[null,true,false],\"numbers\":[333333333.3333333,1e+30,4.5,0.002,"
		"1e-27],\"string\":\"\xE2\x82\xAC$\\u000f\\nA'B\\\"\\\\\\\\\\\"/\"}"},
};

START_TEST(test_jcs__render_table)
{
	for (size_t i = 0; i < sizeof(canonical) / sizeof(canonical[0]); i++) {
		json_auto_t *value = NULL, *again = NULL;
		STRBUF_AUTO out = STRBUF_INIT(1000);
		STRBUF_AUTO twice = STRBUF_INIT(1000);
		struct err err = {0};

		ck_assert_msg(!jcs_load(canonical[i].in, strlen(canonical[i].in), &value, &err),
			"%s: %s", canonical[i].in, err.msg);
		ck_assert_int_eq(jcs_render(value, &out, &err), 0);
		ck_assert_str_eq(out.buf, canonical[i].out);
		ck_assert_int_eq(jcs_load(out.buf, out.len, &again, &err), 0);
		ck_assert_int_eq(jcs_render(again, &twice, &err), 0);
		ck_assert_str_eq(twice.buf, out.buf);
	}
}
END_TEST

START_TEST(test_jcs__render_refuses)
{
	json_auto_t *big = json_integer(INT64_C(9007199254740992));
	json_auto_t *small = json_integer(INT64_C(-9007199254740992));
	json_auto_t *text = json_string_nocheck("\xFF");
	json_auto_t *stepped = json_real(1e20);
	json_auto_t *deep = json_array();

	for (int i = 0; i < JSON_DEPTH_MAX; i++) {
		json_t *outer = json_array();

		json_array_append_new(outer, deep);
		deep = outer;
	}
	const json_t *const values[] = {big, small, text, stepped, deep};
	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		STRBUF_AUTO out = STRBUF_INIT(1000);
		struct err err = {0};

		ck_assert_int_eq(jcs_render(values[i], &out, &err), -1);
		ck_assert_int_eq(err.code, ERR_BAD_JSON);
		ck_assert(err.msg[0]);
	}
}
END_TEST

/* ---- loading ---- */

#define TEXT(s) s, sizeof(s) - 1

static const struct {
	const char *in;
	size_t len;
	const char *says; /* part of the message */
} refused[] = {
	{TEXT(""), "nothing where a JSON document is expected (line 1, column 1)"},
	{TEXT(" \r\n\t"), "only white space"},
	{TEXT("[1\0]"), "NUL byte at line 1, column 3"},
	{TEXT("\0"), "NUL byte at line 1, column 1"},
	{TEXT("{\n\"a\":\"\0\"}"), "NUL byte at line 2, column 6"},
	{TEXT("\"\\u0000\""), "a string holds \\u0000"},
	{TEXT("{\"a\\u0000\":1}"), "a string holds \\u0000"},
	{TEXT("\xEF\xBB\xBF{}"), "byte order mark"},
	{TEXT("[\"\xC3\xA9\xC3\"]"), "not valid UTF-8 at line 1, column 4"},
	{TEXT("\"\xC0\x80\""), "not valid UTF-8"},
	{TEXT("\"\xED\xA0\x80\""), "not valid UTF-8"},
	{TEXT("\"\xF4\x90\x80\x80\""), "not valid UTF-8"},
	{TEXT("\"\xF0\x9F\x98"), "not valid UTF-8"},
	{TEXT("\"\\ud800\""), "line 1, column"},
	{TEXT("\"\\ud800x\""), "line 1, column"},
	{TEXT("\"\\ud800\\u0041\""), "line 1, column"},
	{TEXT("\"\\udc00\""), "line 1, column"},
	{TEXT("{\"a\":1,\n\"a\":2}"), "duplicate"},
	{TEXT("{\"a\":1,\"\\u0061\":2}"), "duplicate"},
	{TEXT("9007199254740992"), "beyond 9007199254740991"},
	{TEXT("-9007199254740992"), "beyond 9007199254740991"},
	{TEXT("[1,\n 99999999999999999999999]"), "at line 2, column 2"},
	/* Canonical form would write it as an integer that is refused. */
	{TEXT("1e20"), "beyond 9007199254740991"},
	{TEXT("[-1E16]"), "at line 1, column 2"},
	{TEXT("9007199254740992.0"), "beyond 9007199254740991"},
	{TEXT("900719925474099200000000000000000000000000000000000000000000000000000000000000e-61"),
		"beyond 9007199254740991"},
	{TEXT("1000000000000000000000000"), "beyond 9007199254740991"},
	{TEXT("1e999"), "line 1, column"},
	{TEXT("-1e999"), "line 1, column"},
	{TEXT("NaN"), "line 1, column"},
	{TEXT("Infinity"), "line 1, column"},
	{TEXT("01"), "line 1, column"},
	{TEXT("+1"), "line 1, column"},
	{TEXT(".5"), "line 1, column"},
	{TEXT("1."), "line 1, column"},
	{TEXT("{} {}"), "line 1, column"},
	{TEXT("{\"a\":1,}"), "line 1, column"},
	{TEXT("[1,\n2"), "line 2, column"},
	{TEXT("{'a':1}"), "line 1, column"},
	{TEXT("// c\n1"), "line 1, column"},
	{TEXT("\"a\nb\""), "line 1, column"},
	{TEXT("\"abc"), "line 1, column"},
	{TEXT("\"abc\\"), "line 1, column"},
	{TEXT("]]]]"), "line 1, column"},
};

START_TEST(test_jcs__load_refuses)
{
	static char sentinel;

	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		json_t *value = (json_t *)&sentinel;
		struct err err = {0};

		ck_assert_msg(jcs_load(refused[i].in, refused[i].len, &value, &err) == -1,
			"accepted: %s", refused[i].in);
		ck_assert_int_eq(err.code, ERR_BAD_JSON);
		ck_assert_msg(strstr(err.msg, refused[i].says), "%s: %s", refused[i].in, err.msg);
		ck_assert_ptr_eq(value, (json_t *)&sentinel);
		if (getenv("V"))
			printf("%-40s %s\n", refused[i].in, err.msg);
	}
}
END_TEST

START_TEST(test_jcs__load_reads_no_further_than_told)
{
	json_auto_t *value = NULL;

	ck_assert_int_eq(jcs_load("12xyz", 2, &value, NULL), 0);
	ck_assert_int_eq(json_integer_value(value), 12);
}
END_TEST

START_TEST(test_jcs__load_depth)
{
	char text[2 * JSON_DEPTH_MAX + 8];
	struct err err = {0};

	for (int depth = JSON_DEPTH_MAX; depth <= JSON_DEPTH_MAX + 1; depth++) {
		json_auto_t *value = NULL;
		int rc;

		memset(text, '[', (size_t)depth);
		memset(text + depth, ']', (size_t)depth);
		rc = jcs_load(text, 2 * (size_t)depth, &value, &err);
		ck_assert_int_eq(rc, depth > JSON_DEPTH_MAX ? -1 : 0);
	}
	ck_assert_str_eq(err.msg, "nesting deeper than 64 at line 1, column 65");

	/* Brackets inside a string do not nest. */
	json_auto_t *value = NULL;
	memset(text, '[', sizeof(text));
	text[0] = text[sizeof(text) - 1] = '"';
	text[1] = '\\';
	text[2] = '"';
	ck_assert_int_eq(jcs_load(text, sizeof(text), &value, &err), 0);
}
END_TEST

/* Every cut and every changed byte of a document is either refused or renders. */
START_TEST(test_jcs__load_survives_damage)
{
	static const char text[] =
		"{\"id\":\"sp\\u00e9/x-v1\",\"m\":[0.81,-1e5,null,{\"n\":[true,\"\xC3\xA9\"]}]}";
	static const char bytes[] = {'\0', '"', '\\', '{', ']', ',', 'e', '\xFF', '9'};
	char damaged[sizeof(text)];

	for (size_t i = 0; i < sizeof(text) - 1; i++) {
		json_auto_t *cut = NULL;

		ck_assert_int_eq(jcs_load(text, i, &cut, NULL), -1);
		for (size_t b = 0; b < sizeof(bytes); b++) {
			json_auto_t *value = NULL;
			STRBUF_AUTO out = STRBUF_INIT(1000);
			struct err err = {0};

			memcpy(damaged, text, sizeof(text));
			damaged[i] = bytes[b];
			if (jcs_load(damaged, sizeof(text) - 1, &value, &err))
				ck_assert(err.msg[0]);
			else
				ck_assert_int_eq(jcs_render(value, &out, &err), 0);
		}
	}
}
END_TEST

/* Commas and brackets within strings are none. */
START_TEST(test_jcs__load_counts_values_before_it_makes_any)
{
	static const struct {
		const char *text;
		int count;
	} rows[] = {
		{"[1,2,3,4,5,6,7,8]", 9},
		{"[[],[],[],[]]", 9},
		{"[{},{},{},{}]", 9},
		{"{\"a\":1,\"b\":[1,2],\"c\":{}}", 7},
		{"[\",,,,[[[[{{{{\",\"\\\",,,,\",1]", 4},
		{"              1              ", 1},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *text = rows[i].text;
		size_t count = (size_t)rows[i].count;
		json_t *value = NULL;
		struct err err = {0};

		ck_assert_msg(jcs_load_upto(text, strlen(text), count, &value, &err) == 0, "%s: %s",
			text, err.msg);
		json_decref(value);
		if (count == 1)
			continue;
		value = NULL;
		ck_assert_int_eq(jcs_load_upto(text, strlen(text), count - 1, &value, &err), -1);
		ck_assert_int_eq(err.code, ERR_BAD_JSON);
		ck_assert_ptr_null(value);
	}
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("jcs");
	TCase *numbers_case = tcase_create("numbers");
	TCase *render_case = tcase_create("render");
	TCase *load_case = tcase_create("load");

	tcase_add_unchecked_fixture(render_case, jcs_setup, NULL);
	tcase_add_test(numbers_case, test_jcs__number_table);
	tcase_add_test(numbers_case, test_jcs__number_powers_of_two);
	tcase_add_test(numbers_case, test_jcs__number_random_bits_read_back);
	tcase_add_test(numbers_case, test_jcs__number_random_decimals_stay_as_written);
	tcase_add_test(numbers_case, test_jcs__number_vectors);
	tcase_add_test(numbers_case, test_jcs__number_ignores_the_locale);
	tcase_set_timeout(numbers_case, 60);
	suite_add_tcase(s, numbers_case);
	tcase_add_test(render_case, test_jcs__render_table);
	tcase_add_test(render_case, test_jcs__render_refuses);
	suite_add_tcase(s, render_case);
	tcase_add_test(load_case, test_jcs__load_refuses);
	tcase_add_test(load_case, test_jcs__load_reads_no_further_than_told);
	tcase_add_test(load_case, test_jcs__load_depth);
	tcase_add_test(load_case, test_jcs__load_survives_damage);
	tcase_add_test(load_case, test_jcs__load_counts_values_before_it_makes_any);
	suite_add_tcase(s, load_case);
	return s;
}
