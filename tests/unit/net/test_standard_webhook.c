/* SPDX-License-Identifier: Apache-2.0
 *
 * The vectors that the libraries of Standard Webhooks publish, and what is a secret.
 */
#include "net/standard_webhook.h"

#include <check.h>
#include <string.h>

#include "base/base64.h"
#include "base/sign.h"

Suite *test_suite(void);

/* libraries/javascript/src/webhook.test.ts and libraries/go/webhook_asymmetric_test.go of
 * github.com/standard-webhooks/standard-webhooks (Apache-2.0): the "sign" cases. */
static const char id[] = "msg_p5jXN8AQM9LWM0D4loKWxJek", body[] = "{\"test\": 2432232314}";
enum { SECONDS = 1614265330 };
#define SYMMETRIC "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
#define SIGNED	  "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
#define PRIVATE	  "whsk_VEVTVFNJR05JTkdLRVlET05PVFVTRVRISVNGT1JBTlk="
#define SIGNED_A                                                                                   \
	"v1a,tQ9V2XOqn7jL/DQenEFpqIugdBVtiMmER5mhSkXBNwM0mkATuDe6KYYUuxqtaiHeYGb7KaaBRdM5WqyeFiL8" \
	"Ag=="

static struct arena *arena;

static void setup(void)
{
	arena = arena_new();
}
static void teardown(void)
{
	arena_free(arena);
}

static struct webhook_key key(const char *text)
{
	struct webhook_key k;
	const char *why;

	ck_assert_msg(webhook_key_parse(text, &k, &why) == 0, "%s", why);
	return k;
}

static const char *sign(const struct webhook_key *keys, size_t n)
{
	const char *header;
	struct err err = {0};

	ck_assert_msg(
		webhook_sign(keys, n, id, SECONDS, body, strlen(body), arena, &header, &err) == 0,
		"%s", err.msg);
	return header;
}

START_TEST(test_standard_webhook__published_vectors)
{
	const struct webhook_key both[] = {key(SYMMETRIC), key(PRIVATE)};

	ck_assert_str_eq(sign(both, 1), SIGNED);
	ck_assert_str_eq(sign(both + 1, 1), SIGNED_A);
	ck_assert_str_eq(sign(both, 2), SIGNED " " SIGNED_A);
	ck_assert_str_eq(webhook_key_text(&both[0], arena), SYMMETRIC);
}
END_TEST

/* What was signed is verified by the public key alone, as a receiver does it. */
START_TEST(test_standard_webhook__public_key_verifies)
{
	const char *message = arena_printf(arena, "%s.%d.%s", id, (int)SECONDS, body), *text;
	unsigned char raw[SIGN_PUBLIC_SIZE], signature[SIGN_SIZE];
	enum base64_alphabet alphabet;
	struct sign_public public;
	struct webhook_key k;
	struct err err = {0};
	size_t n;

	webhook_key_make(WEBHOOK_V1A, &k);
	ck_assert_int_eq(webhook_key_public(&k, arena, &text, &err), 0);
	ck_assert(!strncmp(text, "whpk_", 5));
	ck_assert_int_eq(
		base64_decode_to(text + 5, strlen(text + 5), raw, sizeof(raw), &n, &alphabet), 0);
	ck_assert_int_eq(sign_public_raw(raw, &public, &err), 0);
	text = sign(&k, 1) + strlen("v1a,");
	ck_assert_int_eq(
		base64_decode_to(text, strlen(text), signature, sizeof(signature), &n, &alphabet),
		0);
	ck_assert(sign_verify(&public, message, strlen(message), signature, n));
}
END_TEST

START_TEST(test_standard_webhook__secrets)
{
	static const struct {
		const char *text, *why; /* NULL: it is one */
	} cases[] = {
		{SYMMETRIC, NULL},
		{PRIVATE, NULL},
		{"", "neither"},
		{"MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "neither"},
		{"whpk_VEVTVFNJR05JTkdLRVlET05PVFVTRVRISVNGT1JBTlk=", "neither"},
		{"whsec_", "too short"},
		{"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLQ==", "too short"}, /* 22 bytes */
		{"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaS", "no secret"},	 /* padding */
		{"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLa-_", "no secret"}, /* other alphabet */
		{"whsec_not base64!", "no secret"},
		{"whsk_VEVTVFNJR05JTkdLRVlET05PVFVTRVRISVNGT1JB", "no key"}, /* 30 bytes */
		{"whsk_", "no key"},
	};
	STRBUF_AUTO longest = STRBUF_INIT(200);
	unsigned char bytes[65] = {1};
	struct webhook_key k;
	const char *why;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		int rc = webhook_key_parse(cases[i].text, &k, &why);

		ck_assert_msg((rc == 0) == !cases[i].why, "%s", cases[i].text);
		ck_assert_msg(rc == 0 || strstr(why, cases[i].why), "%s: %s", cases[i].text, why);
	}
	for (size_t n = 63; n <= 65; n++) {
		strbuf_reset(&longest);
		strbuf_addstr(&longest, "whsec_");
		base64_encode(&longest, bytes, n);
		ck_assert_int_eq(webhook_key_parse(longest.buf, &k, &why), n <= 64 ? 0 : -1);
	}
}
END_TEST

START_TEST(test_standard_webhook__made_secrets_differ)
{
	struct webhook_key a, b;

	webhook_key_make(WEBHOOK_V1, &a);
	webhook_key_make(WEBHOOK_V1, &b);
	ck_assert_uint_eq(a.len, WEBHOOK_SECRET_MADE);
	ck_assert_mem_ne(a.secret, b.secret, a.len);
	b = key(webhook_key_text(&a, arena));
	ck_assert_mem_eq(a.secret, b.secret, a.len);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("Standard Webhooks");
	TCase *c = tcase_create("standard_webhook");

	tcase_add_checked_fixture(c, setup, teardown);
	tcase_add_test(c, test_standard_webhook__published_vectors);
	tcase_add_test(c, test_standard_webhook__public_key_verifies);
	tcase_add_test(c, test_standard_webhook__secrets);
	tcase_add_test(c, test_standard_webhook__made_secrets_differ);
	suite_add_tcase(s, c);
	return s;
}
