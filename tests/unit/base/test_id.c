/* SPDX-License-Identifier: Apache-2.0
 *
 * Random names keep to their alphabet and length, use all of it, and do not repeat.
 */
#include <check.h>
#include <stdbool.h>
#include <string.h>

#include "base/id.h"

Suite *test_suite(void);

static const char alphabet[] = "0123456789abcdefghjkmnpqrstvwxyz";

START_TEST(test_id__alphabet_and_length)
{
	char buf[REQUEST_ID_LEN + 2];
	bool seen[32] = {false};

	ck_assert_uint_eq(strlen(alphabet), 32);
	for (int i = 0; i < 200; i++) {
		memset(buf, '!', sizeof(buf));
		id_random(buf, REQUEST_ID_LEN);
		ck_assert_uint_eq(strlen(buf), REQUEST_ID_LEN);
		ck_assert_int_eq(buf[REQUEST_ID_LEN + 1], '!');
		ck_assert_uint_eq(strspn(buf, alphabet), REQUEST_ID_LEN);
		for (const char *c = buf; *c; c++)
			seen[strchr(alphabet, *c) - alphabet] = true;
	}
	/* 3200 draws miss one letter with a chance of 1e-43. */
	for (int i = 0; i < 32; i++)
		ck_assert_msg(seen[i], "%c never came", alphabet[i]);
	id_random(buf, 0);
	ck_assert_str_eq(buf, "");
}
END_TEST

START_TEST(test_id__does_not_repeat)
{
	static char names[1000][REQUEST_ID_LEN + 1];

	for (int i = 0; i < 1000; i++) {
		id_random(names[i], REQUEST_ID_LEN);
		for (int j = 0; j < i; j++)
			if (!strcmp(names[i], names[j]))
				ck_abort_msg("%s came twice", names[i]);
	}
}
END_TEST

START_TEST(test_id__random_bytes_fill_everything)
{
	unsigned char bytes[5000] = {0};
	int zeros = 0;

	random_bytes(bytes, sizeof(bytes) - 1);
	for (size_t i = 0; i < sizeof(bytes) - 1; i++)
		zeros += !bytes[i];
	ck_assert_int_lt(zeros, 100); /* 20 are expected */
	ck_assert_uint_eq(bytes[sizeof(bytes) - 1], 0);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("id");
	TCase *tc = tcase_create("id");

	tcase_add_test(tc, test_id__alphabet_and_length);
	tcase_add_test(tc, test_id__does_not_repeat);
	tcase_add_test(tc, test_id__random_bytes_fill_everything);
	suite_add_tcase(s, tc);
	return s;
}
