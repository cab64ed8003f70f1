/* SPDX-License-Identifier: Apache-2.0
 *
 * DSSE envelopes: the encoding that is signed, thresholds, and each byte of an envelope changed in turn.
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

static char *envelope(size_t n_keys, size_t *ret_len)
{
	STRBUF_AUTO out = STRBUF_INIT(10000);

	dsse_write(&out, type, statement, strlen(statement), (const struct sign_key *const *)keys,
		n_keys);
	*ret_len = out.len;
	return arena_strndup(arena, out.buf, out.len);
}

static enum err_code open_with(
	const char *text, size_t len, const struct sign_public *trusted, size_t n, size_t threshold)
{
	const char *payload = NULL;
	size_t payload_len;
	struct err err = {0};

	if (dsse_verify(
		    text, len, type, trusted, n, threshold, arena, &payload, &payload_len, &err))
		return err.code;
	ck_assert_uint_eq(payload_len, strlen(statement));
	ck_assert_str_eq(payload, statement);
	return ERR_NONE;
}

START_TEST(test_dsse__pae)
{
	STRBUF_AUTO out = STRBUF_INIT(200);

	dsse_pae(&out, "http://example.com/HelloWorld", "hello world", 11);
	ck_assert_str_eq(out.buf, "DSSEv1 29 http://example.com/HelloWorld 11 hello world");
}
END_TEST

START_TEST(test_dsse__thresholds_count_keys)
{
	const struct sign_public twice[] = {publics[0], publics[0]};
	size_t len_one, len_two;
	const char *one = envelope(1, &len_one);
	const char *two = envelope(2, &len_two);

	ck_assert_int_eq(open_with(one, len_one, publics, 1, 1), ERR_NONE);
	ck_assert_int_eq(open_with(one, len_one, publics, 2, 1), ERR_NONE);
	ck_assert_int_eq(open_with(two, len_two, publics, 2, 2), ERR_NONE);
	ck_assert_int_eq(open_with(two, len_two, publics + 1, 1, 1), ERR_NONE);
	ck_assert_int_eq(open_with(one, len_one, publics, 2, 2), ERR_BAD_SIGNATURE);
	ck_assert_int_eq(open_with(one, len_one, publics + 1, 1, 1), ERR_BAD_SIGNATURE);
	ck_assert_int_eq(open_with(one, len_one, publics, 0, 1), ERR_BAD_SIGNATURE);
	ck_assert_int_eq(open_with(one, len_one, publics, 1, 0), ERR_BAD_SIGNATURE);
	ck_assert_int_eq(open_with(two, len_two, twice, 2, 2), ERR_BAD_SIGNATURE);
	/* The same signature twice is one key. */
	struct sign_key *second = keys[1];

	keys[1] = keys[0];
	two = envelope(2, &len_two);
	keys[1] = second;
	ck_assert_int_eq(open_with(two, len_two, publics, 2, 2), ERR_BAD_SIGNATURE);
}
END_TEST

START_TEST(test_dsse__type_is_signed)
{
	size_t len;
	const char *text = envelope(1, &len);
	const char *payload;
	size_t payload_len;
	struct err err = {0};

	ck_assert_int_eq(dsse_verify(text, len, "application/json", publics, 1, 1, arena, &payload,
				 &payload_len, &err),
		-1);
	ck_assert_int_eq(err.code, ERR_BAD_SIGNATURE);
}
END_TEST

/* By each bit, all bits, and into the other alphabet. */
START_TEST(test_dsse__each_byte_counts)
{
	size_t len, taken = 0;
	char *text = envelope(1, &len);

	ck_assert_int_eq(open_with(text, len, publics, 2, 1), ERR_NONE);
	for (size_t i = 0; i < len; i++) {
		for (int change = 1; change < 256; change++) {
			if (change & (change - 1) && change != ('+' ^ '-') &&
				change != ('/' ^ '_') && change != 0xff && change != ('A' ^ 'B'))
				continue;
			text[i] = (char)(text[i] ^ change);
			taken += open_with(text, len, publics, 2, 1) == ERR_NONE;
			text[i] = (char)(text[i] ^ change);
		}
		arena_reset(arena);
		text = envelope(1, &len);
	}
	ck_assert_uint_eq(taken, 0);
}
END_TEST

START_TEST(test_dsse__cut_and_grown)
{
	size_t len, taken = 0;
	char *text = envelope(1, &len);

	for (size_t n = 0; n < len; n++)
		taken += open_with(text, n, publics, 2, 1) == ERR_NONE;
	ck_assert_uint_eq(taken, 0);
	ck_assert_int_ne(
		open_with(arena_printf(arena, "%s}", text), len + 1, publics, 2, 1), ERR_NONE);
	ck_assert_int_ne(
		open_with(arena_printf(arena, "{\"x\":1,%s", text + 1), len + 6, publics, 2, 1),
		ERR_NONE);
}
END_TEST

static const char *const shapes[] = {"", "[]", "{}", "null",
	"{\"payload\":\"eA==\",\"payloadType\":\"t\",\"signatures\":[]}",
	"{\"payload\":\"eA==\",\"payloadType\":\"t\",\"signatures\":[{}]}",
	"{\"payload\":\"eA==\",\"payloadType\":\"t\",\"signatures\":[{\"sig\":1}]}",
	"{\"payload\":\"eA\",\"payloadType\":\"application/vnd.in-toto+json\",\"signatures\":"
	"[{\"sig\":\"eA==\"}]}",
	"{\"payload\":\"eA==\",\"payloadType\":\"application/vnd.in-toto+json\",\"signatures\":"
	"[{\"sig\":\"e\"}]}",
	"{\"payload\":\"eA==\",\"payload\":\"eA==\",\"payloadType\":\"t\",\"signatures\":"
	"[{\"sig\":\"eA==\"}]}"};

START_TEST(test_dsse__no_envelope)
{
	enum err_code code = open_with(shapes[_i], strlen(shapes[_i]), publics, 2, 1);

	ck_assert(code == ERR_BAD_JSON || code == ERR_INVALID_BODY);
}
END_TEST

/* The URL-safe alphabet and a missing keyid are DSSE, too. */
START_TEST(test_dsse__other_writers)
{
	STRBUF_AUTO pae = STRBUF_INIT(10000);
	STRBUF_AUTO payload = STRBUF_INIT(10000);
	STRBUF_AUTO sig = STRBUF_INIT(200);
	unsigned char signature[SIGN_SIZE];

	dsse_pae(&pae, type, statement, strlen(statement));
	sign_bytes(keys[0], pae.buf, pae.len, signature);
	base64_encode(&payload, statement, strlen(statement));
	base64_encode(&sig, signature, sizeof(signature));
	char *text = arena_printf(arena,
		"{\"signatures\": [{\"sig\": \"%s\"}],\n \"payload\": \"%s\",\n \"payloadType\": "
		"\"application*vnd.in-toto*json\"}",
		sig.buf, payload.buf);

	for (char *at = text; *at; at++)
		*at = *at == '+' ? '-' : *at == '/' ? '_' : *at;
	char *star = strchr(text, '*');

	*star = '/';
	*strchr(text, '*') = '+';
	ck_assert_int_eq(open_with(text, strlen(text), publics, 2, 1), ERR_NONE);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("envelopes");
	TCase *c = tcase_create("dsse");

	tcase_set_timeout(c, 60);
	tcase_add_checked_fixture(c, setup, teardown);
	tcase_add_test(c, test_dsse__pae);
	tcase_add_test(c, test_dsse__thresholds_count_keys);
	tcase_add_test(c, test_dsse__type_is_signed);
	tcase_add_test(c, test_dsse__each_byte_counts);
	tcase_add_test(c, test_dsse__cut_and_grown);
	tcase_add_loop_test(c, test_dsse__no_envelope, 0, sizeof(shapes) / sizeof(shapes[0]));
	tcase_add_test(c, test_dsse__other_writers);
	suite_add_tcase(s, c);
	return s;
}
