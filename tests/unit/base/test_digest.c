/* SPDX-License-Identifier: Apache-2.0
 *
 * SHA-256 against FIPS 180-4's examples, the digest's textual form, and the links of a chain.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "base/digest.h"

Suite *test_suite(void);

static const struct {
	const char *text, *digest;
} digests[] = {
	{"", "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
	{"abc", "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
	{"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
		"sha256:248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
};

START_TEST(test_digest__known_answers)
{
	char buf[DIGEST_STRLEN];

	for (size_t i = 0; i < sizeof(digests) / sizeof(digests[0]); i++) {
		digest_string(digests[i].text, strlen(digests[i].text), buf);
		ck_assert_str_eq(buf, digests[i].digest);
		ck_assert(digest_valid(buf));
	}
	ck_assert_str_eq(digest_string(NULL, 0, buf), digests[0].digest);
}
END_TEST

#define HEX63 "3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

START_TEST(test_digest__valid_is_exact)
{
	static const char *const invalid[] = {"", "sha256:", "e" HEX63, "sha256:" HEX63,
		"sha256:ee" HEX63, "SHA256:e" HEX63, "sha256:E" HEX63, "sha256:g" HEX63,
		" sha256:e" HEX63, "sha256:" HEX63 " ", "sha512:e" HEX63, "sha256 e" HEX63};

	ck_assert(digest_valid("sha256:e" HEX63));
	for (size_t i = 0; i < sizeof(invalid) / sizeof(invalid[0]); i++)
		ck_assert_msg(!digest_valid(invalid[i]), "taken: %s", invalid[i]);
}
END_TEST

START_TEST(test_digest__equal_sees_every_byte)
{
	unsigned char a[64], b[64];

	for (size_t i = 0; i < sizeof(a); i++)
		a[i] = b[i] = (unsigned char)i;
	ck_assert(equal_constant_time(a, b, sizeof(a)));
	ck_assert(equal_constant_time(a, b, 0));
	for (size_t i = 0; i < sizeof(a); i++) {
		b[i] ^= 0x80;
		ck_assert(!equal_constant_time(a, b, sizeof(a)));
		b[i] ^= 0x80;
	}
}
END_TEST

START_TEST(test_digest__chain_is_the_formula)
{
	unsigned char prev[SHA256_SIZE], link[SHA256_SIZE], again[SHA256_SIZE], whole[1 + 32 + 3];

	sha256("genesis", 7, prev);
	whole[0] = 0;
	memcpy(whole + 1, prev, sizeof(prev));
	memcpy(whole + 1 + sizeof(prev), "{1}", 3);
	sha256(whole, sizeof(whole), again);
	chain_hash(prev, "{1}", 3, link);
	ck_assert_mem_eq(link, again, sizeof(link));

	chain_hash(prev, "{2}", 3, again);
	ck_assert_mem_ne(link, again, sizeof(link));
	prev[31] ^= 1;
	chain_hash(prev, "{1}", 3, again);
	ck_assert_mem_ne(link, again, sizeof(link));

	/* A link may be written over its predecessor. */
	prev[31] ^= 1;
	chain_hash(prev, "{1}", 3, prev);
	ck_assert_mem_eq(prev, link, sizeof(link));
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("digest");
	TCase *tc = tcase_create("digest");

	tcase_add_test(tc, test_digest__known_answers);
	tcase_add_test(tc, test_digest__valid_is_exact);
	tcase_add_test(tc, test_digest__equal_sees_every_byte);
	tcase_add_test(tc, test_digest__chain_is_the_formula);
	suite_add_tcase(s, tc);
	return s;
}
