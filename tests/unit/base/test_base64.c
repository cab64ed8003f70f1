/* SPDX-License-Identifier: Apache-2.0
 *
 * Base64: the RFC's examples, every length there and back, and that one byte string has one text.
 */
#include "base/base64.h"

#include <check.h>
#include <string.h>

Suite *test_suite(void);

static const char *const pairs[][2] = {{"", ""}, {"f", "Zg=="}, {"fo", "Zm8="}, {"foo", "Zm9v"},
	{"foob", "Zm9vYg=="}, {"fooba", "Zm9vYmE="}, {"foobar", "Zm9vYmFy"}};

static const char *const refused[] = {"Z", "Zg", "Zg=", "Zg===", "=",
	"====", "Zh==", "Zm9=", "Zm 9v", "Zm9v\n", "Zg==Zg==", "Z=g=", "+/-_", "ab*d",
	"Zm9v====", "\x80\x80\x80\x80"};

START_TEST(test_base64__examples)
{
	ARENA_AUTO arena = arena_new();
	STRBUF_AUTO out = STRBUF_INIT(100);
	unsigned char *back;
	size_t len;
	enum base64_alphabet alphabet;

	base64_encode(&out, pairs[_i][0], strlen(pairs[_i][0]));
	ck_assert_str_eq(out.buf, pairs[_i][1]);
	ck_assert_int_eq(base64_decode(out.buf, out.len, arena, &back, &len, &alphabet), 0);
	ck_assert_str_eq((char *)back, pairs[_i][0]);
	ck_assert_uint_eq(len, strlen(pairs[_i][0]));
	ck_assert_int_eq(alphabet, BASE64_ANY);
}
END_TEST

START_TEST(test_base64__refused)
{
	ARENA_AUTO arena = arena_new();
	unsigned char *back;
	size_t len;
	enum base64_alphabet alphabet;

	ck_assert_int_eq(
		base64_decode(refused[_i], strlen(refused[_i]), arena, &back, &len, &alphabet), -1);
}
END_TEST

START_TEST(test_base64__alphabets)
{
	ARENA_AUTO arena = arena_new();
	unsigned char *back;
	size_t len;
	enum base64_alphabet alphabet;

	ck_assert_int_eq(base64_decode("+/+/", 4, arena, &back, &len, &alphabet), 0);
	ck_assert_int_eq(alphabet, BASE64_STANDARD);
	ck_assert_mem_eq(back, "\xfb\xff\xbf", 3);
	ck_assert_int_eq(base64_decode("-_-_", 4, arena, &back, &len, &alphabet), 0);
	ck_assert_int_eq(alphabet, BASE64_URL);
	ck_assert_mem_eq(back, "\xfb\xff\xbf", 3);
}
END_TEST

START_TEST(test_base64__there_and_back)
{
	ARENA_AUTO arena = arena_new();
	unsigned char data[256], *back;
	size_t len;
	enum base64_alphabet alphabet;

	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = (unsigned char)(i * 167 + 13);
	for (size_t n = 0; n <= sizeof(data); n++) {
		STRBUF_AUTO out = STRBUF_INIT(1000);

		base64_encode(&out, data, n);
		ck_assert_int_eq(base64_decode(out.buf, out.len, arena, &back, &len, &alphabet), 0);
		ck_assert_uint_eq(len, n);
		ck_assert(!memcmp(back, data, n));
	}
}
END_TEST

/* RFC 4648 section 10 and RFC 7515 appendix C, without padding. */
START_TEST(test_base64__url)
{
	static const struct {
		const char *bytes, *text;
	} same[] = {{"", ""}, {"f", "Zg"}, {"fo", "Zm8"}, {"foo", "Zm9v"}, {"\xfb\xff\xbf", "-_-_"},
		{"\x03\xec\xff\xe0\xc1", "A-z_4ME"}};
	static const char *const bad[] = {
		"Z", "Zg==", "Zm8=", "Zh", "+/+/", "Zm9vZ", "Zm 9", "Zm9v\n", "=", "Zg=a"};
	ARENA_AUTO arena = arena_new();
	unsigned char *back;
	size_t len;

	for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++) {
		STRBUF_AUTO out = STRBUF_INIT(100);

		strbuf_addstr(&out, "+=");
		base64url_encode(&out, same[i].bytes, strlen(same[i].bytes));
		ck_assert_str_eq(out.buf + 2, same[i].text);
		ck_assert_int_eq(base64url_decode(out.buf + 2, out.len - 2, arena, &back, &len), 0);
		ck_assert_uint_eq(len, strlen(same[i].bytes));
		ck_assert_str_eq((char *)back, same[i].bytes);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ck_assert_msg(base64url_decode(bad[i], strlen(bad[i]), arena, &back, &len) < 0,
			"%s was taken", bad[i]);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("base64");
	TCase *c = tcase_create("base64");

	tcase_add_loop_test(c, test_base64__examples, 0, sizeof(pairs) / sizeof(pairs[0]));
	tcase_add_loop_test(c, test_base64__refused, 0, sizeof(refused) / sizeof(refused[0]));
	tcase_add_test(c, test_base64__alphabets);
	tcase_add_test(c, test_base64__there_and_back);
	tcase_add_test(c, test_base64__url);
	suite_add_tcase(s, c);
	return s;
}
