/* SPDX-License-Identifier: Apache-2.0
 *
 * Private keys of whatever kind: made, read, opened, and never written beyond the room there is.
 */
#include <check.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "base/sign_parts.h"

Suite *test_suite(void);

static struct sign_secret secret;
static struct err err;

static void make(void)
{
	secret = (struct sign_secret){0};
	err = (struct err){0};
	ck_assert_int_eq(sign_secret_make(&secret, GNUTLS_PK_EDDSA_ED25519, 256, &err), 0);
}

static void clear(void)
{
	sign_secret_clear(&secret);
	ck_assert_ptr_null(secret.x509);
	sign_secret_clear(&secret);
}

START_TEST(test_sign_secret__its_public_half_verifies)
{
	PUBKEY_AUTO pubkey = NULL;
	unsigned char signature[SIGN_SIZE];
	gnutls_datum_t text = {(unsigned char *)"text", 4}, bytes = {signature, SIGN_SIZE};

	ck_assert_int_eq(sign_secret_open(&secret, &pubkey, &err), 0);
	ck_assert_int_eq(sign_secret_sign(&secret, GNUTLS_SIGN_EDDSA_ED25519, "text", 4, signature,
				 sizeof(signature)),
		SIGN_SIZE);
	ck_assert_int_ge(
		gnutls_pubkey_verify_data2(pubkey, GNUTLS_SIGN_EDDSA_ED25519, 0, &text, &bytes), 0);
	text.size = 3;
	ck_assert_int_lt(
		gnutls_pubkey_verify_data2(pubkey, GNUTLS_SIGN_EDDSA_ED25519, 0, &text, &bytes), 0);
}
END_TEST

#ifndef SPIRALFED_SANITIZE
START_TEST(test_sign_secret__a_signature_that_has_no_room_aborts)
{
	PUBKEY_AUTO pubkey = NULL;
	unsigned char signature[SIGN_SIZE];

	ck_assert_int_eq(sign_secret_open(&secret, &pubkey, &err), 0);
	sign_secret_sign(
		&secret, GNUTLS_SIGN_EDDSA_ED25519, "text", 4, signature, sizeof(signature) - 1);
}
END_TEST
#endif

START_TEST(test_sign_secret__what_is_no_pkcs8_is_not_taken)
{
	static const char *const none[] = {
		"", "text", "-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----\n"};

	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
		struct sign_secret other = {0};

		ck_assert(
			!sign_secret_import(&other, none[i], strlen(none[i]), GNUTLS_X509_FMT_PEM));
		sign_secret_clear(&other);
	}
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("private keys");
	TCase *c = tcase_create("sign_secret");

	tcase_add_checked_fixture(c, make, clear);
	tcase_add_test(c, test_sign_secret__its_public_half_verifies);
#ifndef SPIRALFED_SANITIZE
	tcase_add_test_raise_signal(
		c, test_sign_secret__a_signature_that_has_no_room_aborts, SIGABRT);
#endif
	tcase_add_test(c, test_sign_secret__what_is_no_pkcs8_is_not_taken);
	suite_add_tcase(s, c);
	return s;
}
