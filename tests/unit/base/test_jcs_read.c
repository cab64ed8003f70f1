/* SPDX-License-Identifier: Apache-2.0
 *
 * The short way against the long one: whatever it takes jansson takes too, and the trees are equal.
 * What is plain it takes, or it would be no short way.
 */
#include <check.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/id.h"
#include "base/jcs.h"
#include "base/jcs_read.h"
#include "base/prng.h"

Suite *test_suite(void);

static const char *const plain[] = {
	"{}",
	" [ ]\n",
	"null",
	"[true,false,null]",
	"[0,-0,-0.0,1,-12,9007199254740991,-9007199254740991]",
	"[0.5,-0.81,4.35,100.25,123456789012.345,0.000001]",
	"[0.30000000000000004,0.1234567890123456,1e-7,1.5E+2,2e-308,1e-400]",
	"[0.0000000000000000000000001,9007199254740991.0]",
	"\"\"",
	"\"a \\\"word\\\" \\\\ \\/ \\b\\f\\n\\r\\t\"",
	"\"\xC3\xA9 \xE2\x82\xAC \xF0\x9F\x98\x80 \x7F\"",
	"{\"a\":{\"b\":[{\"c\":\"d\"},{\"e\\n\":1}]},\"\":2}",
};

static const char *const left_to_jansson[] = {"", " ", "[", "]", "{", "[1", "[1,", "[1,]", "{\"a\"",
	"{\"a\":", "{\"a\":1", "{\"a\":1,}", "{a:1}", "{\"a\":1,\"a\":2}", "[1]1", "[1] x", "\"",
	"\"\\", "\"\\u0041\"", "\"\\x\"", "\"\t\"", "\"\xC0\x80\"", "\"\xED\xA0\x80\"", "\"\xC3",
	"\xEF\xBB\xBF{}", "-", "01", "-01", "1.", ".5", "1e", "1e+", "+1", "1.e1", "tru", "nul",
	"falsy", "NaN", "Infinity", "9007199254740992", "1e20", "9007199254740992.0", "1e999",
	"99999999999999999999", "18446744073709551617",
	"0.12345678901234567890123456789012345678901234567890"};

/* Does the short way take it? Then it must be right. */
static bool taken(const char *text, size_t len)
{
	json_auto_t *got = jcs_read(text, len);
	json_auto_t *want = NULL;
	json_error_t error;

	if (!got)
		return false;
	want = json_loadb(text, len, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &error);
	ck_assert_msg(want, "%.*s: jansson refuses it: %s", (int)len, text, error.text);
	ck_assert_msg(json_equal(got, want), "%.*s: reads otherwise", (int)len, text);
	return true;
}

START_TEST(test_jcs_read__takes_what_is_plain)
{
	for (size_t i = 0; i < sizeof(plain) / sizeof(plain[0]); i++)
		ck_assert_msg(taken(plain[i], strlen(plain[i])), "%s", plain[i]);
}
END_TEST

START_TEST(test_jcs_read__declines_the_rest)
{
	for (size_t i = 0; i < sizeof(left_to_jansson) / sizeof(left_to_jansson[0]); i++)
		ck_assert_msg(!taken(left_to_jansson[i], strlen(left_to_jansson[i])), "%s",
			left_to_jansson[i]);
	ck_assert(!taken("[1\0]", 4));
	ck_assert(!taken("\"\0\"", 3));
	ck_assert(!taken("\"\\\0\"", 4));
}
END_TEST

START_TEST(test_jcs_read__stops_at_the_depth_of_the_long_way)
{
	enum { DEEP = JSON_DEPTH_MAX + 1 };
	char text[2 * DEEP];

	memset(text, '[', DEEP);
	memset(text + DEEP, ']', DEEP);
	ck_assert(taken(text + 1, sizeof(text) - 2));
	ck_assert(!taken(text, sizeof(text)));
}
END_TEST

/* One byte of what is plain is another, is left out, or all ends there. */
START_TEST(test_jcs_read__agrees_on_what_is_nearly_plain)
{
	static const char bytes[] = "\"\\{}[]:,0123456789.eE+-tfn au/\n\xC3\xA9\x01";
	const char *given = getenv("TEST_SEED");
	struct prng r;
	uint64_t seed;
	int n = 0;

	random_bytes(&seed, sizeof(seed));
	if (given)
		seed = strtoull(given, NULL, 10);
	printf("test_jcs_read: TEST_SEED=%" PRIu64 "\n", seed);
	prng_seed(&r, seed, 1);
	for (int i = 0; i < 50000; i++) {
		const char *from =
			plain[prng_below(&r, (int64_t)(sizeof(plain) / sizeof(plain[0])))];
		size_t len = strlen(from);
		size_t at = (size_t)prng_below(&r, (int64_t)len);
		FREE_AUTO char *text = xstrdup(from);

		if (prng_chance(&r, 0.1))
			len = at;
		else if (prng_chance(&r, 0.2))
			memmove(text + at, text + at + 1, len-- - at);
		else
			text[at] = bytes[prng_below(&r, (int64_t)sizeof(bytes) - 1)];
		n += taken(text, len);
	}
	ck_assert_int_gt(n, 1000);
}
END_TEST

/* Digits of any number, around the limit up to which they are computed. */
START_TEST(test_jcs_read__agrees_on_numbers)
{
	struct prng r;

	prng_seed(&r, 7, 1);
	for (int i = 0; i < 50000; i++) {
		char text[64];
		int n = 0;

		if (prng_chance(&r, 0.5))
			text[n++] = '-';
		text[n++] = (char)('1' + prng_below(&r, 9));
		for (int64_t k = prng_below(&r, 4); k > 0; k--)
			text[n++] = (char)('0' + prng_below(&r, 10));
		text[n++] = '.';
		for (int64_t k = prng_range(&r, 1, 17); k > 0; k--)
			text[n++] = (char)('0' + prng_below(&r, 10));
		ck_assert(taken(text, (size_t)n));
	}
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("jcs_read");
	TCase *t = tcase_create("jcs_read");

	jcs_setup();
	tcase_add_test(t, test_jcs_read__takes_what_is_plain);
	tcase_add_test(t, test_jcs_read__declines_the_rest);
	tcase_add_test(t, test_jcs_read__stops_at_the_depth_of_the_long_way);
	tcase_add_test(t, test_jcs_read__agrees_on_what_is_nearly_plain);
	tcase_add_test(t, test_jcs_read__agrees_on_numbers);
	suite_add_tcase(s, t);
	return s;
}
