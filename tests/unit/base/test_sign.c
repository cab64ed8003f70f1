/* SPDX-License-Identifier: Apache-2.0
 *
 * Ed25519: the examples of RFC 8032, what must not verify, and who may read a key.
 */
#include "base/sign.h"

#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/base64.h"
#include "base/digest.h"
#include "base/hex.h"
#include "support/scratch.h"

Suite *test_suite(void);

static const struct {
	const char *seed, *public, *message, *signature;
} rfc8032[] = {
	{"9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
		"d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
		"e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc6"
		"1e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"},
	{"4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
		"3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
		"92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e45"
		"8f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"},
};

static size_t unhex(const char *hex, unsigned char *ret)
{
	size_t n = strlen(hex) / 2;

	for (size_t i = 0; i < n; i++) {
		int byte = hex_byte(hex + 2 * i);

		ck_assert_int_ge(byte, 0);
		ret[i] = (unsigned char)byte;
	}
	return n;
}

static void write_file(const char *path, const char *text, mode_t mode)
{
	FILE *file = fopen(path, "we");

	ck_assert_ptr_nonnull(file);
	fputs(text, file);
	fclose(file);
	ck_assert_int_eq(chmod(path, mode), 0);
}

/* PKCS #8 of a seed, as any other tool writes it. */
static void write_seed(const char *path, const char *seed, mode_t mode)
{
	unsigned char der[48];
	STRBUF_AUTO pem = STRBUF_INIT(500);

	unhex("302e020100300506032b657004220420", der);
	unhex(seed, der + 16);
	strbuf_addstr(&pem, "-----BEGIN PRIVATE KEY-----\n");
	base64_encode(&pem, der, sizeof(der));
	strbuf_addstr(&pem, "\n-----END PRIVATE KEY-----\n");
	write_file(path, pem.buf, mode);
}

START_TEST(test_sign__rfc8032)
{
	char path[SCRATCH_PATH], got[2 * SIGN_SIZE + 1];
	unsigned char message[16], signature[SIGN_SIZE];
	size_t len = unhex(rfc8032[_i].message, message);
	SIGN_KEY_AUTO key = NULL;
	struct err err = {0};

	write_seed(scratch_file(path, "key.pem"), rfc8032[_i].seed, 0600);
	ck_assert_msg(!sign_key_load(path, SIGN_KEY_FILE, &key, &err), "%s", err.msg);
	hex_encode(sign_key_public(key)->bytes, SIGN_PUBLIC_SIZE, got);
	ck_assert_str_eq(got, rfc8032[_i].public);
	sign_bytes(key, message, len, signature);
	hex_encode(signature, sizeof(signature), got);
	ck_assert_str_eq(got, rfc8032[_i].signature);
	ck_assert(sign_verify(sign_key_public(key), message, len, signature, SIGN_SIZE));

	unsigned char seed[SIGN_SEED_SIZE];
	unhex(rfc8032[_i].seed, seed);
	SIGN_KEY_AUTO bare = sign_key_from_seed(seed, &err);
	ck_assert_msg(bare, "%s", err.msg);
	ck_assert_mem_eq(
		sign_key_public(bare)->bytes, sign_key_public(key)->bytes, SIGN_PUBLIC_SIZE);
}
END_TEST

/* Every bit of message, key and signature counts, and so does each length. */
START_TEST(test_sign__each_bit_counts)
{
	static const char message[] = "serial 7";
	SIGN_KEY_AUTO key = sign_key_make(NULL);
	const struct sign_public *public = sign_key_public(key);
	unsigned char signature[SIGN_SIZE + 1] = {0}, text[sizeof(message)];
	size_t taken = 0;

	sign_bytes(key, message, sizeof(message), signature);
	for (size_t bit = 0; bit < 8 * SIGN_SIZE; bit++) {
		signature[bit / 8] ^= (unsigned char)(1 << bit % 8);
		taken += sign_verify(public, message, sizeof(message), signature, SIGN_SIZE);
		signature[bit / 8] ^= (unsigned char)(1 << bit % 8);
	}
	for (size_t bit = 0; bit < 8 * sizeof(message); bit++) {
		memcpy(text, message, sizeof(message));
		text[bit / 8] ^= (unsigned char)(1 << bit % 8);
		taken += sign_verify(public, text, sizeof(message), signature, SIGN_SIZE);
	}
	for (size_t bit = 0; bit < 8 * SIGN_PUBLIC_SIZE; bit++) {
		struct sign_public other = *public;

		other.bytes[bit / 8] ^= (unsigned char)(1 << bit % 8);
		taken += sign_verify(&other, message, sizeof(message), signature, SIGN_SIZE);
	}
	for (size_t len = 0; len <= SIGN_SIZE + 1; len++)
		if (len != SIGN_SIZE)
			taken += sign_verify(public, message, sizeof(message), signature, len);
	ck_assert_uint_eq(taken, 0);
	ck_assert(sign_verify(public, message, sizeof(message), signature, SIGN_SIZE));
}
END_TEST

/* S + L is the same number to a verifier that does not look: a second signature of the same text. */
START_TEST(test_sign__malleable)
{
	static const char order[] =
		"edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010";
	unsigned char l[32], signature[SIGN_SIZE];
	SIGN_KEY_AUTO key = sign_key_make(NULL);
	unsigned carry = 0;

	unhex(order, l);
	sign_bytes(key, "x", 1, signature);
	for (size_t i = 0; i < 32; i++) {
		carry += signature[32 + i] + l[i];
		signature[32 + i] = (unsigned char)carry;
		carry >>= 8;
	}
	ck_assert(!sign_verify(sign_key_public(key), "x", 1, signature, SIGN_SIZE));
	memset(signature, 0, sizeof(signature));
	ck_assert(!sign_verify(sign_key_public(key), "x", 1, signature, SIGN_SIZE));
	memset(signature, 0xff, sizeof(signature));
	ck_assert(!sign_verify(sign_key_public(key), "x", 1, signature, SIGN_SIZE));
}
END_TEST

static const char *const weak[] = {
	"0000000000000000000000000000000000000000000000000000000000000000",
	"0000000000000000000000000000000000000000000000000000000000000080",
	"0100000000000000000000000000000000000000000000000000000000000000",
	"0100000000000000000000000000000000000000000000000000000000000080",
	"ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	"edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	"eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
	"26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
	"26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
	"c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
	"c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
};

START_TEST(test_sign__weak_public_keys)
{
	unsigned char bytes[SIGN_PUBLIC_SIZE];
	struct sign_public public;
	struct err err = {0};

	unhex(weak[_i], bytes);
	ck_assert_int_eq(sign_public_raw(bytes, &public, &err), -1);
	ck_assert_int_eq(err.code, ERR_CONFIG);
}
END_TEST

START_TEST(test_sign__public_pem)
{
	ARENA_AUTO arena = arena_new();
	SIGN_KEY_AUTO key = sign_key_make(NULL);
	const char *pem = sign_public_to_pem(sign_key_public(key), arena);
	/* A P-256 key. */
	static const char other[] = "-----BEGIN PUBLIC KEY-----\n"
				    "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEaxfR8uEsQkf4vOblY6RA8ncDfY"
				    "Et6zOg9KE5RdiYwpZP40Li/"
				    "hp/m47n60p8D54WK84zV2sxXs7LtkBoN79R9Q==\n"
				    "-----END PUBLIC KEY-----\n";
	struct sign_public back;

	ck_assert_int_eq(sign_public_pem(pem, strlen(pem), &back, NULL), 0);
	ck_assert(!memcmp(&back, sign_key_public(key), sizeof(back)));
	ck_assert_uint_eq(strlen(back.keyid), 64);
	ck_assert_int_eq(sign_public_pem(other, strlen(other), &back, NULL), -1);
	ck_assert_int_eq(sign_public_pem(pem, 40, &back, NULL), -1);
	ck_assert_int_eq(sign_public_pem("", 0, &back, NULL), -1);
}
END_TEST

START_TEST(test_sign__a_key_is_kept_for_its_owner)
{
	char path[SCRATCH_PATH];
	SIGN_KEY_AUTO key = sign_key_make(NULL);
	SIGN_KEY_AUTO back = NULL;
	struct err err = {0};
	struct stat st;
	mode_t before = umask(0);

	ck_assert_msg(!sign_key_save(key, scratch_file(path, "own.pem"), &err), "%s", err.msg);
	umask(before);
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_int_eq(st.st_mode & 07777, 0600);
	ck_assert_int_eq(sign_key_save(key, path, &err), -1);
	ck_assert_int_eq(err.code, ERR_IO);
	ck_assert_int_eq(sign_key_load(path, SIGN_KEY_FILE, &back, NULL), 0);
	ck_assert_str_eq(sign_key_public(back)->keyid, sign_key_public(key)->keyid);
}
END_TEST

START_TEST(test_sign__a_key_others_can_read_is_refused)
{
	static const struct {
		mode_t mode;
		bool file, credential;
	} modes[] = {{0600, true, true}, {0400, true, true}, {0700, true, true},
		{0640, false, true}, {0440, false, true}, {0660, false, false},
		{0604, false, false}, {0602, false, false}, {0666, false, false}};
	char path[SCRATCH_PATH];

	write_seed(scratch_file(path, "key.pem"), rfc8032[0].seed, 0600);
	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		SIGN_KEY_AUTO a = NULL;
		SIGN_KEY_AUTO b = NULL;

		ck_assert_int_eq(chmod(path, modes[i].mode), 0);
		ck_assert_int_eq(sign_key_load(path, SIGN_KEY_FILE, &a, NULL) == 0, modes[i].file);
		ck_assert_int_eq(sign_key_load(path, SIGN_KEY_CREDENTIAL, &b, NULL) == 0,
			modes[i].credential);
	}
}
END_TEST

START_TEST(test_sign__what_is_no_key)
{
	static const char *const texts[] = {"", "x",
		"-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----\n",
		("-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIA==\n-----END PRIVATE "
		 "KEY-----\n")};
	char path[SCRATCH_PATH];
	struct sign_key *key = NULL;
	struct err err = {0};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		write_file(scratch_file(path, "bad.pem"), texts[i], 0600);
		ck_assert_int_eq(sign_key_load(path, SIGN_KEY_FILE, &key, &err), -1);
		ck_assert_int_eq(err.code, ERR_CONFIG);
	}
	ck_assert_int_eq(
		sign_key_load(scratch_file(path, "none.pem"), SIGN_KEY_FILE, &key, &err), -1);
	ck_assert_int_eq(err.code, ERR_IO);
	ck_assert_int_eq(sign_key_load("/dev/null", SIGN_KEY_FILE, &key, &err), -1);
	ck_assert_ptr_null(key);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("signatures");
	TCase *c = tcase_create("sign");

	tcase_add_checked_fixture(c, scratch_make, scratch_remove);
	tcase_add_loop_test(c, test_sign__rfc8032, 0, 2);
	tcase_add_test(c, test_sign__each_bit_counts);
	tcase_add_test(c, test_sign__malleable);
	tcase_add_loop_test(c, test_sign__weak_public_keys, 0, sizeof(weak) / sizeof(weak[0]));
	tcase_add_test(c, test_sign__public_pem);
	tcase_add_test(c, test_sign__a_key_is_kept_for_its_owner);
	tcase_add_test(c, test_sign__a_key_others_can_read_is_refused);
	tcase_add_test(c, test_sign__what_is_no_key);
	suite_add_tcase(s, c);
	return s;
}
