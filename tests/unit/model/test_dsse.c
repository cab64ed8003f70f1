/* SPDX-License-Identifier: Apache-2.0
 *
 * DSSE envelopes as they are written: the encoding that is signed, and who signs.
 */
#include "model/dsse.h"

#include <check.h>
#include <string.h>

#include "base/base64.h"

Suite *test_suite(void);

static const char type[] = "application/vnd.in-toto+json";
static const char statement[] =
	"{\"_type\":\"https://in-toto.io/Statement/v1\",\"subject\":[{\"name\":\"r\",\"digest\":"
	"{\"sha256\":\"00ff\"}}],\"predicateType\":\"https://example.org/release/v1\","
	"\"predicate\":{\"note\":\"~~>~~ \xc3\xbf\xc3\xbf>>>\"}}";

static struct sign_key *keys[2];
static struct sign_public publics[2];
static struct arena *arena;

static void setup(void)
{
	arena = arena_new();
	for (size_t i = 0; i < 2; i++) {
		keys[i] = sign_key_make(NULL);
		publics[i] = *sign_key_public(keys[i]);
	}
}

static void teardown(void)
{
	sign_key_free(keys[0]);
	sign_key_free(keys[1]);
	arena_free(arena);
}

static const char *envelope(size_t n_keys)
{
	STRBUF_AUTO out = STRBUF_INIT(10000);

	dsse_write(&out, type, statement, strlen(statement), (const struct sign_key *const *)keys,
		n_keys);
	return arena_strndup(arena, out.buf, out.len);
}

START_TEST(test_dsse__pae)
{
	STRBUF_AUTO out = STRBUF_INIT(200);

	dsse_pae(&out, "http://example.com/HelloWorld", "hello world", 11);
	ck_assert_str_eq(out.buf, "DSSEv1 29 http://example.com/HelloWorld 11 hello world");
}
END_TEST

static void load(const char *text, struct dsse_envelope *ret)
{
	struct err err = {0};

	ck_assert_msg(
		fields_load_text(&dsse_envelope_table, text, arena, ret, &err) == 0, "%s", err.msg);
}

/* Is `text` what the key makes of these bytes? */
static bool made_by(
	size_t key, const char *as_type, const void *data, size_t data_len, const char *text)
{
	STRBUF_AUTO pae = STRBUF_INIT(10000);
	enum base64_alphabet alphabet;
	unsigned char *sig;
	size_t len;

	dsse_pae(&pae, as_type, data, data_len);
	ck_assert_int_eq(base64_decode(text, strlen(text), arena, &sig, &len, &alphabet), 0);
	return sign_verify(&publics[key], pae.buf, pae.len, sig, len);
}

START_TEST(test_dsse__one_key_lists_nobody)
{
	struct dsse_envelope e;

	load(envelope(1), &e);
	ck_assert_str_eq(e.type, type);
	ck_assert_str_eq(e.payload, dsse_base64(statement, strlen(statement), arena));
	ck_assert_uint_eq(e.signatures.n, 1);
	ck_assert_ptr_null(e.signers);
}
END_TEST

/* As any reader of DSSE checks it: by key, payload and signature, whatever stands beside. */
START_TEST(test_dsse__each_signature_is_plain_dsse)
{
	struct dsse_envelope e;

	load(envelope(2), &e);
	ck_assert_uint_eq(e.signatures.n, 2);
	for (size_t i = 0; i < 2; i++) {
		const struct dsse_signature *s = LIST_AT(&e.signatures, struct dsse_signature, i);

		ck_assert_str_eq(s->keyid, publics[i].keyid);
		ck_assert(made_by(i, type, statement, strlen(statement), s->sig));
		ck_assert(!made_by(1 - i, type, statement, strlen(statement), s->sig));
		ck_assert(!made_by(i, "application/json", statement, strlen(statement), s->sig));
	}
}
END_TEST

START_TEST(test_dsse__keys_that_sign_together_list_each_other)
{
	unsigned char list[2 * SIGN_PUBLIC_SIZE];
	struct dsse_envelope e;

	memcpy(list, publics[0].bytes, SIGN_PUBLIC_SIZE);
	memcpy(list + SIGN_PUBLIC_SIZE, publics[1].bytes, SIGN_PUBLIC_SIZE);
	load(envelope(2), &e);
	ck_assert_ptr_nonnull(e.signers);
	ck_assert_str_eq(e.signers->keys, dsse_base64(list, sizeof(list), arena));
	ck_assert_uint_eq(e.signers->sigs.n, 2);
	for (size_t i = 0; i < 2; i++)
		ck_assert(made_by(i, SIGNERS_TYPE, list, sizeof(list), e.signers->sigs.v[i]));
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("envelopes");
	TCase *c = tcase_create("dsse");

	tcase_add_checked_fixture(c, setup, teardown);
	tcase_add_test(c, test_dsse__pae);
	tcase_add_test(c, test_dsse__one_key_lists_nobody);
	tcase_add_test(c, test_dsse__each_signature_is_plain_dsse);
	tcase_add_test(c, test_dsse__keys_that_sign_together_list_each_other);
	suite_add_tcase(s, c);
	return s;
}
