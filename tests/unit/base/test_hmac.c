/* SPDX-License-Identifier: Apache-2.0
 *
 * HMAC-SHA256 against the cases of RFC 4231 (which gives the fifth cut to 128 bits).
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "base/hex.h"
#include "base/hmac.h"

Suite *test_suite(void);

/* A key or text of `n` times the byte `fill`, or the text itself. */
struct bytes {
	const char *text;
	int fill;
	size_t n;
};

static const struct {
	struct bytes key, data;
	const char *mac;
} cases[] = {
	{{NULL, 0x0b, 20}, {"Hi There"},
		"b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"},
	{{"Jefe"}, {"what do ya want for nothing?"},
		"5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"},
	{{NULL, 0xaa, 20}, {NULL, 0xdd, 50},
		"773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"},
	{{"\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f\x10\x11\x12\x13\x14\x15"
	  "\x16\x17\x18\x19"},
		{NULL, 0xcd, 50},
		"82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b"},
	{{NULL, 0x0c, 20}, {"Test With Truncation"}, "a3b6167473100ee06e0c796c2955552b"},
	{{NULL, 0xaa, 131}, {"Test Using Larger Than Block-Size Key - Hash Key First"},
		"60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"},
	{{NULL, 0xaa, 131},
		{"This is a test using a larger than block-size key and a larger than block-size "
		 "data. The key needs to be hashed before being used by the HMAC algorithm."},
		"9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2"},
	{{""}, {""}, "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad"},
};
enum { CASES = sizeof(cases) / sizeof(cases[0]) };

static const char *expand(const struct bytes *b, char *room, size_t *ret_len)
{
	*ret_len = b->text ? strlen(b->text) : b->n;
	if (b->text)
		return b->text;
	memset(room, b->fill, b->n);
	return room;
}

START_TEST(test_hmac__known_answers)
{
	char room[2][160], hex[2 * SHA256_SIZE + 1];
	unsigned char mac[SHA256_SIZE];

	for (size_t i = 0; i < CASES; i++) {
		size_t key_len, len;
		const char *key = expand(&cases[i].key, room[0], &key_len);
		const char *data = expand(&cases[i].data, room[1], &len);

		hmac_sha256(key, key_len, data, len, mac);
		hex_encode(mac, sizeof(mac), hex);
		hex[strlen(cases[i].mac)] = '\0';
		ck_assert_msg(!strcmp(hex, cases[i].mac), "case %zu: %s", i + 1, hex);
	}
}
END_TEST

START_TEST(test_hmac__takes_null_and_its_own_result)
{
	unsigned char mac[SHA256_SIZE], again[SHA256_SIZE];

	hmac_sha256(NULL, 0, NULL, 0, mac);
	hmac_sha256("", 0, "", 0, again);
	ck_assert_mem_eq(mac, again, sizeof(mac));
	hmac_sha256(mac, sizeof(mac), "x", 1, again);
	hmac_sha256(mac, sizeof(mac), "x", 1, mac);
	ck_assert_mem_eq(mac, again, sizeof(mac));
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("hmac");
	TCase *tc = tcase_create("hmac");

	tcase_add_test(tc, test_hmac__known_answers);
	tcase_add_test(tc, test_hmac__takes_null_and_its_own_result);
	suite_add_tcase(s, tc);
	return s;
}
