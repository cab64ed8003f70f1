/* SPDX-License-Identifier: Apache-2.0
 *
 * What a node takes for a release: by its statement, and by a pointer that names it. tuf_* as in
 * test_pointer.c.
 */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "base/digest.h"
#include "support/signed.h"

Suite *test_suite(void);

static struct signers signers;
static struct spiralfed_release wanted;
static const char *body, *statement;
static char *envelope;
static size_t body_len, len, n_trusted;

static void sign_by(const char *text, size_t n)
{
	envelope = (char *)(uintptr_t)sign_payload(
		&signers, STATEMENT_PAYLOAD_TYPE, text, strlen(text), 0, n, &len);
}

static void sign(const char *text)
{
	sign_by(text, 1);
}

static void setup(void)
{
	signers_make(&signers);
	body = signed_release(&signers, "1.2.3", &body_len, &wanted, &statement);
	sign(statement);
	n_trusted = 1;
}

static void teardown(void)
{
	signers_clear(&signers);
}

static enum spiralfed_status verify(const struct spiralfed_release *of)
{
	return spiralfed_release_verify(
		signers.trusted, n_trusted, envelope, len, body, body_len, of, NULL);
}

START_TEST(test_release__is_what_was_signed)
{
	struct spiralfed_release got = {0};

	ck_assert_int_eq(verify(&wanted), SPIRALFED_OK);
	ck_assert_int_eq(spiralfed_release_verify(
				 signers.trusted, 1, envelope, len, body, body_len, NULL, &got),
		SPIRALFED_OK);
	ck_assert_str_eq(got.version, "1.2.3");
	ck_assert_str_eq(got.digest, wanted.digest);
	ck_assert_int_eq(spiralfed_release_matches(body, body_len, &wanted), SPIRALFED_OK);
}
END_TEST

static size_t changes_taken(void)
{
	size_t taken = 0;

	for (size_t i = 0; i < len; i++) {
		for (int change = 1; change < 256; change++) {
			if ((change & (change - 1)) && change != 0xff && change != ('/' ^ '_'))
				continue;
			envelope[i] = (char)(envelope[i] ^ change);
			taken += verify(NULL) == SPIRALFED_OK;
			envelope[i] = (char)(envelope[i] ^ change);
		}
	}
	return taken;
}

START_TEST(test_release__each_byte_of_the_envelope_counts)
{
	ck_assert_uint_eq(changes_taken(), 0);
	ck_assert_int_eq(verify(NULL), SPIRALFED_OK);
}
END_TEST

/* In the overlap of a rotation, for nodes that know the old key, the new one, and both. */
START_TEST(test_release__each_byte_of_the_envelope_counts_in_an_overlap)
{
	sign_by(statement, 2);
	if (_i == 1)
		signers.trusted[0] = signers.trusted[1];
	n_trusted = _i == 2 ? 2 : 1;
	ck_assert_uint_eq(changes_taken(), 0);
	ck_assert_int_eq(verify(NULL), SPIRALFED_OK);
}
END_TEST

START_TEST(test_release__each_byte_of_the_document_counts)
{
	char *text = arena_memdup(signers.arena, body, body_len);
	size_t taken = 0;

	body = text;
	for (size_t i = 0; i < body_len; i++) {
		for (int bit = 0; bit < 8; bit++) {
			text[i] = (char)(text[i] ^ 1 << bit);
			taken += verify(NULL) == SPIRALFED_OK;
			taken += spiralfed_release_matches(text, body_len, &wanted) == SPIRALFED_OK;
			text[i] = (char)(text[i] ^ 1 << bit);
		}
	}
	ck_assert_uint_eq(taken, 0);
}
END_TEST

START_TEST(test_release__tuf_targets_hash_mismatch)
{
	struct spiralfed_release other = wanted;

	digest_string("x", 1, other.digest);
	ck_assert_int_eq(verify(&other), SPIRALFED_MISMATCH);
	ck_assert_int_eq(spiralfed_release_matches(body, body_len, &other), SPIRALFED_MISMATCH);
}
END_TEST

START_TEST(test_release__tuf_url_and_metadata_version_mismatch)
{
	struct spiralfed_release other = wanted;

	snprintf(other.version, sizeof(other.version), "1.2.4");
	ck_assert_int_eq(verify(&other), SPIRALFED_MISMATCH);
	/* The digest holds, and the document is of another version. */
	ck_assert_int_eq(spiralfed_release_matches(body, body_len, &other), SPIRALFED_MISMATCH);
}
END_TEST

START_TEST(test_release__tuf_repository_substitutes_target_file)
{
	struct spiralfed_release other;
	const char *unused;

	body = signed_release(&signers, "1.2.2", &body_len, &other, &unused);
	ck_assert_int_eq(verify(NULL), SPIRALFED_MISMATCH);
	ck_assert_int_eq(spiralfed_release_matches(body, body_len, &wanted), SPIRALFED_MISMATCH);
}
END_TEST

static const char *const odd_statements[] = {
	"{}",
	"[1]",
	"{\"_type\":\"https://in-toto.io/Statement/v0.1\",%s}",
	"{\"_type\":\"https://in-toto.io/Statement/v1\",\"predicate\":{\"version\":\"1.2.3\"},"
	"\"predicateType\":\"urn:other\",\"subject\":[{\"digest\":{\"sha256\":\"%s\"}}]}",
	"{\"_type\":\"https://in-toto.io/Statement/v1\",\"predicate\":{},"
	"\"predicateType\":\"urn:spiralfed:release:v1\",\"subject\":[{\"digest\":{\"sha256\":\"%"
	"s\"}}]}",
	"{\"_type\":\"https://in-toto.io/Statement/v1\",\"predicate\":{\"version\":\"1.2.3\"},"
	"\"predicateType\":\"urn:spiralfed:release:v1\",\"subject\":[]}",
	"{\"_type\":\"https://in-toto.io/Statement/v1\",\"predicate\":{\"version\":\"1.2.3\"},"
	"\"predicateType\":\"urn:spiralfed:release:v1\",\"subject\":[{\"digest\":{\"sha512\":"
	"\"00\"}}]}",
	"{\"_type\":\"https://in-toto.io/Statement/v1\",\"predicate\":{\"version\":\"1.2.3\"},"
	"\"predicateType\":\"urn:spiralfed:release:v1\",\"subject\":[{\"digest\":{\"sha256\":\"%"
	"s\"}},"
	"{\"digest\":{\"sha256\":\"00\"}}]}",
};

START_TEST(test_release__signed_nonsense)
{
	const char *text = odd_statements[_i], *at = strstr(text, "%s");

	if (at)
		text = arena_printf(signers.arena, "%.*s%s%s", (int)(at - text), text,
			wanted.digest + 7, at + 2);
	sign(text);
	ck_assert_int_eq(verify(NULL), SPIRALFED_MALFORMED);
}
END_TEST

/* What a statement says besides is for others. */
START_TEST(test_release__tuf_custom_fields)
{
	sign(arena_printf(signers.arena, "{\"_more\":[{\"a\":[1,2.5e3,null,true,\"\\\"]}\"]}],%s",
		statement + 1));
	ck_assert_int_eq(verify(&wanted), SPIRALFED_OK);
}
END_TEST

START_TEST(test_key__pem)
{
	static const char *const bad[] = {"", "x", "-----BEGIN PUBLIC KEY-----\n",
		/* P-256 */
		"-----BEGIN PUBLIC KEY-----\n"
		"MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEaxfR8uEsQkf4vOblY6RA8ncDfYEt6zOg9KE5RdiYwpZP\n"
		"40Li/hp/m47n60p8D54WK84zV2sxXs7LtkBoN79R9Q==\n-----END PUBLIC KEY-----\n",
		/* Ed25519, of small order */
		"-----BEGIN PUBLIC KEY-----\n"
		"MCowBQYDK2VwAyEAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n"
		"-----END PUBLIC KEY-----\n"};
	struct spiralfed_key key;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ck_assert_int_eq(
			spiralfed_key_pem(bad[i], strlen(bad[i]), &key), SPIRALFED_MALFORMED);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("releases as a node takes them");
	TCase *t = tcase_create("release");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, test_release__is_what_was_signed);
	tcase_set_timeout(t, 120);
	tcase_add_test(t, test_release__each_byte_of_the_envelope_counts);
	tcase_add_loop_test(t, test_release__each_byte_of_the_envelope_counts_in_an_overlap, 0, 3);
	tcase_add_test(t, test_release__each_byte_of_the_document_counts);
	tcase_add_test(t, test_release__tuf_targets_hash_mismatch);
	tcase_add_test(t, test_release__tuf_url_and_metadata_version_mismatch);
	tcase_add_test(t, test_release__tuf_repository_substitutes_target_file);
	tcase_add_loop_test(t, test_release__signed_nonsense, 0,
		(int)(sizeof(odd_statements) / sizeof(odd_statements[0])));
	tcase_add_test(t, test_release__tuf_custom_fields);
	tcase_add_test(t, test_key__pem);
	suite_add_tcase(s, t);
	return s;
}
