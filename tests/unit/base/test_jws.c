/* SPDX-License-Identifier: Apache-2.0
 *
 * Signed tokens: the examples of RFC 7515, what must not be taken, sets of keys, and claims.
 */
#include "base/jws.h"

#include <check.h>
#include <string.h>

#include "base/base64.h"
#include "base/clock.h"
#include "base/jwt.h"
#include "support/jose.h"
#include "support/rfc7515.h"

Suite *test_suite(void);

#define PAYLOAD RFC7515_PAYLOAD

static const char a1[] = "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9." PAYLOAD
			 ".dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
static const char a2[] = RFC7515_A2, a3[] = RFC7515_A3;
/* A.5: not signed at all. */
static const char a5[] = "eyJhbGciOiJub25lIn0." PAYLOAD ".";

static const char claims[] = RFC7515_CLAIMS;

static struct jwk_set set_of(const char *one, const char *two, struct arena *a)
{
	struct jwk_set set;
	struct err err = {0};
	const char *text =
		arena_printf(a, "{\"keys\": [%s%s%s]}", one, two ? "," : "", two ? two : "");

	ck_assert_msg(jwk_set_parse(text, strlen(text), a, &set, &err) == 0, "%s", err.msg);
	return set;
}

/* A JWK with another member put in front. */
static const char *with(const char *member, const char *jwk, struct arena *a)
{
	return arena_printf(a, "{%s,%s", member, jwk + 1);
}

static struct jws parsed(const char *text, struct arena *a)
{
	struct jws t;
	struct err err = {0};

	ck_assert_msg(jws_parse(text, strlen(text), a, &t, &err) == 0, "%s", err.msg);
	return t;
}

START_TEST(test_jws__rfc7515)
{
	static const struct {
		const char *token, *jwk;
		enum jws_alg alg;
	} good[] = {{a2, jose_a2_jwk, JWS_RS256}, {a3, jose_a3_jwk, JWS_ES256}};
	ARENA_AUTO arena = arena_new();

	for (size_t i = 0; i < 2; i++) {
		struct jwk_set set = set_of(good[i].jwk, NULL, arena);
		struct jws t = parsed(good[i].token, arena);

		ck_assert_uint_eq(set.n, 1);
		ck_assert_int_eq(t.alg, good[i].alg);
		ck_assert_str_eq(t.payload, claims);
		ck_assert_ptr_eq(jwk_set_find(&set, t.alg, NULL), &set.v[0]);
		ck_assert(jws_verify(&t, &set.v[0]));
	}
}
END_TEST

/* The key of A.2 signs what A.2 says, letter by letter: PKCS #1 v1.5 draws no lots. */
START_TEST(test_jws__signs_as_rfc7515)
{
	static const char input[] = "eyJhbGciOiJSUzI1NiJ9." PAYLOAD;
	unsigned char signature[RSA_SIGN_MAX];
	STRBUF_AUTO out = STRBUF_INIT(1000);
	RSA_KEY_AUTO key = NULL;

	ck_assert_int_eq(rsa_key_pem(jose_a2_pem, strlen(jose_a2_pem), &key, NULL), 0);
	size_t n = rsa_sign(key, input, strlen(input), signature);

	ck_assert_uint_eq(n, 256);
	base64url_encode(&out, signature, n);
	ck_assert_str_eq(out.buf, strrchr(a2, '.') + 1);
}
END_TEST

START_TEST(test_jws__there_and_back)
{
	ARENA_AUTO arena = arena_new();
	struct jwk_set set =
		set_of(with("\"kid\":\"k1\",\"alg\":\"RS256\",\"use\":\"sig\"", jose_a2_jwk, arena),
			jose_a3_jwk, arena);
	struct jws t = parsed(jose_mint("k1", "{\"iss\":\"me\"}", arena), arena);

	ck_assert_str_eq(t.kid, "k1");
	ck_assert_str_eq(t.typ, "JWT");
	ck_assert_str_eq(t.payload, "{\"iss\":\"me\"}");
	ck_assert_ptr_eq(jwk_set_find(&set, t.alg, t.kid), &set.v[0]);
	ck_assert(jws_verify(&t, &set.v[0]));
	ck_assert(!jws_verify(&t, &set.v[1]));
	ck_assert_ptr_null(jwk_set_find(&set, t.alg, "k2"));
	ck_assert_ptr_null(parsed(jose_mint(NULL, "{}", arena), arena).kid);
}
END_TEST

/* Each character of a token counts, but for the last bits of base64url, which may be nothing but 0. */
START_TEST(test_jws__each_character_counts)
{
	static const char *const tokens[] = {a2, a3};
	ARENA_AUTO arena = arena_new();
	struct jwk_set set = set_of(jose_a2_jwk, jose_a3_jwk, arena);
	size_t taken = 0;

	for (size_t k = 0; k < 2; k++) {
		char *text = arena_strdup(arena, tokens[k]);

		for (char *at = text; *at; at++) {
			char was = *at;
			struct jws t;

			*at = was == 'A' ? 'B' : 'A';
			taken += jws_parse(text, strlen(text), arena, &t, NULL) == 0 &&
				 (jws_verify(&t, &set.v[0]) || jws_verify(&t, &set.v[1]));
			*at = was;
		}
		for (size_t n = 0; n < strlen(text); n++) {
			struct jws t;

			taken += jws_parse(text, n, arena, &t, NULL) == 0 &&
				 (jws_verify(&t, &set.v[0]) || jws_verify(&t, &set.v[1]));
		}
	}
	ck_assert_uint_eq(taken, 0);
}
END_TEST

static char *token_of(const char *header, const char *tail, struct arena *a)
{
	STRBUF_AUTO out = STRBUF_INIT(JWS_MAX);

	base64url_encode(&out, header, strlen(header));
	return arena_printf(a, "%s.%s", out.buf, tail);
}

static const char *const bad_headers[] = {
	"{\"alg\":\"none\"}",
	"{\"alg\":\"None\"}",
	"{\"alg\":\"HS256\"}",
	"{\"alg\":\"rs256\"}",
	"{\"alg\":\"RS512\"}",
	"{\"alg\":\"PS256\"}",
	"{\"alg\":null}",
	"{\"alg\":[\"RS256\"]}",
	"{\"typ\":\"JWT\"}",
	"{}",
	"[]",
	"\"RS256\"",
	"",
	"{\"alg\":\"RS256\",\"alg\":\"RS256\"}",
	"{\"alg\":\"RS256\"} ,",
	"{\"alg\":\"RS256\",\"crit\":[\"exp\"],\"exp\":1}",
	"{\"alg\":\"RS256\",\"crit\":[]}",
	"{\"alg\":\"RS256\",\"b64\":false}",
	"{\"alg\":\"RS256\",\"kid\":7}",
	"{\"alg\":\"RS256\",\"kid\":null}",
	"{\"alg\":\"RS256\",\"typ\":{}}",
	"{\"alg\":\"RS256\",\"kid\":\"a\\u0000b\"}",
};

START_TEST(test_jws__bad_headers)
{
	ARENA_AUTO arena = arena_new();
	const char *text = token_of(bad_headers[_i], strchr(a2, '.') + 1, arena);
	struct jws t;
	struct err err = {0};

	ck_assert_int_eq(jws_parse(text, strlen(text), arena, &t, &err), -1);
	ck_assert_int_eq(err.code, ERR_INVALID_TOKEN);
}
END_TEST

START_TEST(test_jws__bad_forms)
{
	ARENA_AUTO arena = arena_new();
	char *wide = arena_alloc(arena, JWS_MAX + 100);
	struct jws t;
	struct err err = {0};

	memset(wide, 'A', JWS_MAX + 90);
	const char *const bad[] = {a1, a5, "", ".", "..", "...", "a.b.c",
		"eyJhbGciOiJSUzI1NiJ9." PAYLOAD, "eyJhbGciOiJSUzI1NiJ9." PAYLOAD ".",
		"eyJhbGciOiJSUzI1NiJ9=." PAYLOAD ".AAAA", arena_printf(arena, "%s.AAAA", a2),
		arena_printf(arena, "%s=", a2), arena_printf(arena, " %s", a2),
		arena_printf(arena, "%s\n", a2), arena_printf(arena, "%s.%s", a3, wide),
		arena_printf(arena, "eyJhbGciOiJSUzI1NiJ9.%s.AAAA", wide)};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		err = (struct err){0};
		ck_assert_msg(
			jws_parse(bad[i], strlen(bad[i]), arena, &t, &err) < 0, "%zu was taken", i);
		ck_assert_int_eq(err.code, ERR_INVALID_TOKEN);
		ck_assert_ptr_null(strstr(err.msg, "eyJ"));
	}
}
END_TEST

/* A header that claims the other algorithm gains nothing by it, and none may choose another key's. */
START_TEST(test_jws__the_key_pins_the_algorithm)
{
	ARENA_AUTO arena = arena_new();
	struct jwk_set set = set_of(jose_a2_jwk, jose_a3_jwk, arena);
	const char *text = token_of("{\"alg\":\"ES256\"}", strchr(a2, '.') + 1, arena);
	struct jws t = parsed(text, arena);

	ck_assert(!jws_verify(&t, &set.v[0]));
	ck_assert(!jws_verify(&t, &set.v[1]));
	/* A key that came along with the token is nobody's. */
	text = arena_printf(arena,
		"{\"alg\":\"RS256\",\"jwk\":%s,\"jku\":\"https://evil.example/\"}", jose_a2_jwk);
	t = parsed(token_of(text, strchr(a2, '.') + 1, arena), arena);
	ck_assert(!jws_verify(&t, &set.v[0]));
}
END_TEST

/* r and s of 0, and a point that is on no curve. */
START_TEST(test_jws__p256_degenerate)
{
	ARENA_AUTO arena = arena_new();
	struct jwk_set set = set_of(jose_a3_jwk, NULL, arena);
	struct jws t = parsed(a3, arena);
	unsigned char nothing[P256_RAW_SIZE] = {0};
	struct jwk off = set.v[0];

	ck_assert(!p256_verify_raw(set.v[0].x, set.v[0].y, t.input, t.input_len, nothing));
	memcpy(nothing, t.signature, P256_COORDINATE_SIZE);
	ck_assert(!p256_verify_raw(set.v[0].x, set.v[0].y, t.input, t.input_len, nothing));
	off.y[31] ^= 1;
	ck_assert(!jws_verify(&t, &off));
	memset(off.x, 0, sizeof(off.x));
	memset(off.y, 0, sizeof(off.y));
	ck_assert(!jws_verify(&t, &off));
}
END_TEST

/* ---- RSA keys ---- */

START_TEST(test_jws__bad_private_keys)
{
	struct err err = {0};
	struct rsa_key *key = NULL;
	const char *const bad[] = {jose_small_pem, jose_ec_pem, "", "-----BEGIN PRIVATE KEY-----\n",
		"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		err = (struct err){0};
		ck_assert_int_eq(rsa_key_pem(bad[i], strlen(bad[i]), &key, &err), -1);
		ck_assert_int_eq(err.code, ERR_CONFIG);
		ck_assert_ptr_null(key);
	}
	ck_assert_int_eq(rsa_key_pem(jose_a2_pem, strlen(jose_a2_pem) / 2, &key, &err), -1);
}
END_TEST

START_TEST(test_jws__bad_public_keys)
{
	static unsigned char n[RSA_BITS_MOST / 8 + 2], e[9] = {1, 0, 1};
	struct rsa_public p = {n, e, 256, 3};

	memset(n, 0xff, sizeof(n));
	ck_assert_ptr_null(rsa_public_fault(&p));
	n[0] = 0x7f; /* 2047 bits */
	ck_assert_ptr_nonnull(rsa_public_fault(&p));
	n[0] = 0;
	ck_assert_ptr_nonnull(rsa_public_fault(&p));
	p.n_len = 257; /* a zero in front, 2048 bits behind it */
	ck_assert_ptr_null(rsa_public_fault(&p));
	n[0] = 0xff;
	p.n_len = RSA_BITS_MOST / 8 + 1;
	ck_assert_ptr_nonnull(rsa_public_fault(&p));
	p.n_len = 0;
	ck_assert_ptr_nonnull(rsa_public_fault(&p));
	p.n_len = 256;
	n[255] = 0xfe;
	ck_assert_ptr_nonnull(rsa_public_fault(&p));
	n[255] = 0xff;
	for (size_t len = 0; len < 10; len++) {
		p.e_len = len;
		ck_assert_msg(!rsa_public_fault(&p) == (len == 3), "%zu", len);
	}
	p.e_len = 1;
	ck_assert_ptr_nonnull(rsa_public_fault(&p)); /* 1 */
	e[0] = 3;
	ck_assert_ptr_null(rsa_public_fault(&p));
	ck_assert(!rsa_verify(&p, "x", 1, n, 256));
}
END_TEST

/* A signature is as long as the modulus, also when its number would be the same. */
START_TEST(test_jws__rsa_length)
{
	ARENA_AUTO arena = arena_new();
	struct jwk_set set = set_of(jose_a2_jwk, NULL, arena);
	struct jws t = parsed(a2, arena);
	unsigned char longer[257] = {0};

	memcpy(longer + 1, t.signature, 256);
	ck_assert(rsa_verify(&set.v[0].rsa, t.input, t.input_len, longer + 1, 256));
	ck_assert(!rsa_verify(&set.v[0].rsa, t.input, t.input_len, longer, 257));
	ck_assert(!rsa_verify(&set.v[0].rsa, t.input, t.input_len, longer + 1, 255));
	ck_assert(!rsa_verify(&set.v[0].rsa, t.input, t.input_len, longer, 0));
}
END_TEST

/* ---- Sets of keys ---- */

START_TEST(test_jws__keys_that_are_skipped)
{
	ARENA_AUTO arena = arena_new();
	const char *const skipped[] = {
		"7",
		"{}",
		"{\"kty\":\"oct\",\"k\":\"AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ\"}",
		"{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"11qYAYKxCrfVS_"
		"7TyWQHOg7hcvPapiMlrwIaaPcHURo\"}",
		"{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":"
		"\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\"}",
		"{\"kty\":\"EC\",\"crv\":\"P-384\",\"x\":"
		"\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\","
		"\"y\":\"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0\"}",
		"{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"AAAA\",\"y\":\"AAAA\"}",
		"{\"kty\":\"RSA\",\"n\":\"AQAB\",\"e\":\"AQAB\"}",
		with("\"use\":\"enc\"", jose_a2_jwk, arena),
		with("\"alg\":\"RS512\"", jose_a2_jwk, arena),
		with("\"alg\":\"ES256\"", jose_a2_jwk, arena),
		with("\"alg\":7", jose_a2_jwk, arena),
		with("\"key_ops\":[\"encrypt\"]", jose_a2_jwk, arena),
		with("\"kid\":7", jose_a2_jwk, arena),
		with("\"use\":\"enc\"", jose_a3_jwk, arena),
	};

	for (size_t i = 0; i < sizeof(skipped) / sizeof(skipped[0]); i++) {
		struct jwk_set set = set_of(skipped[i], jose_a2_jwk, arena);

		ck_assert_msg(set.n == 1 && set.skipped == 1, "%zu: %s", i, skipped[i]);
	}
	ck_assert_uint_eq(
		set_of(with("\"key_ops\":[\"sign\",\"verify\"]", jose_a2_jwk, arena), NULL, arena)
			.n,
		1);
}
END_TEST

START_TEST(test_jws__sets_that_are_refused)
{
	ARENA_AUTO arena = arena_new();
	struct jwk_set set;
	struct err err = {0};
	const char *many = "7", *named = with("\"kid\":\"a\"", jose_a2_jwk, arena);

	for (int i = 0; i < JWK_SET_MAX; i++)
		many = arena_printf(arena, "%s,7", many);
	const char *const bad[] = {"", "[]", "{}", "{\"keys\":{}}", "{\"keys\":null}",
		arena_printf(arena, "{\"keys\":[%s]}", many),
		arena_printf(arena, "{\"keys\":[%s,%s]}", named, named)};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ck_assert_msg(
			jwk_set_parse(bad[i], strlen(bad[i]), arena, &set, &err) < 0, "%zu", i);
	ck_assert_int_eq(jwk_set_parse("{\"keys\":[]}", 11, arena, &set, &err), 0);
	ck_assert_uint_eq(set.n, 0);
}
END_TEST

START_TEST(test_jws__which_key)
{
	ARENA_AUTO arena = arena_new();
	struct jwk_set set = set_of(with("\"kid\":\"a\"", jose_a2_jwk, arena),
		with("\"kid\":\"b\"", jose_a2_jwk, arena), arena);

	ck_assert_ptr_eq(jwk_set_find(&set, JWS_RS256, "a"), &set.v[0]);
	ck_assert_ptr_eq(jwk_set_find(&set, JWS_RS256, "b"), &set.v[1]);
	ck_assert_ptr_null(jwk_set_find(&set, JWS_RS256, "c"));
	ck_assert_ptr_null(jwk_set_find(&set, JWS_RS256, ""));
	/* Without a kid there is no telling which. */
	ck_assert_ptr_null(jwk_set_find(&set, JWS_RS256, NULL));
	ck_assert_ptr_null(jwk_set_find(&set, JWS_ES256, "a"));
	/* A key without a kid is not the one that was named. */
	set = set_of(jose_a2_jwk, NULL, arena);
	ck_assert_ptr_null(jwk_set_find(&set, JWS_RS256, "a"));
	ck_assert_ptr_eq(jwk_set_find(&set, JWS_RS256, NULL), &set.v[0]);
}
END_TEST

/* ---- Claims ---- */

static int64_t sec(int64_t s)
{
	return s * USEC_PER_SEC;
}

START_TEST(test_jws__claims)
{
	ARENA_AUTO arena = arena_new();
	static const char text[] =
		"{\"iss\":\"https://"
		"i\",\"sub\":\"s\",\"aud\":[\"a\",\"b\"],\"exp\":1000.5,\"iat\":900,"
		"\"email\":\"x@y\",\"email_verified\":true,\"run\":7,\"deep\":{\"sub\":\"no\"},"
		"\"ratio\":0.5,\"none\":null}";
	struct jwt t;

	ck_assert_int_eq(jwt_parse(text, strlen(text), arena, &t, NULL), 0);
	ck_assert_str_eq(t.iss, "https://i");
	ck_assert_str_eq(t.sub, "s");
	ck_assert_uint_eq(t.n_aud, 2);
	ck_assert_int_eq(t.exp, sec(1000) + USEC_PER_SEC / 2);
	ck_assert_int_eq(t.nbf, INT64_MIN);
	ck_assert_str_eq(jwt_claim(&t, "email"), "x@y");
	ck_assert_str_eq(jwt_claim(&t, "email_verified"), "true");
	ck_assert_str_eq(jwt_claim(&t, "run"), "7");
	ck_assert_ptr_null(jwt_claim(&t, "deep"));
	ck_assert_ptr_null(jwt_claim(&t, "ratio"));
	ck_assert_ptr_null(jwt_claim(&t, "none"));
	ck_assert_ptr_null(jwt_claim(&t, "missing"));
}
END_TEST

START_TEST(test_jws__bad_claims)
{
	static const char *const bad[] = {"", "[]", "7", "{\"iss\":7}", "{\"sub\":{}}",
		"{\"aud\":7}", "{\"aud\":[7]}", "{\"aud\":{\"a\":1}}", "{\"exp\":\"1000\"}",
		"{\"exp\":null}", "{\"exp\":1e18}", "{\"nbf\":true}", "{\"iat\":[]}",
		"{\"iss\":\"a\",\"iss\":\"b\"}",
		"{\"aud\":[\"\",\"\",\"\",\"\",\"\",\"\",\"\",\"\",\"\",\"\",\"\",\"\",\"\",\"\","
		"\"\",\"\","
		"\"\",\"\",\"\",\"\",\"\"]}"};
	ARENA_AUTO arena = arena_new();
	struct jwt t;
	struct err err = {0};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ck_assert_msg(jwt_parse(bad[i], strlen(bad[i]), arena, &t, &err) < 0, "%s", bad[i]);
	ck_assert_int_eq(err.code, ERR_INVALID_TOKEN);
}
END_TEST

START_TEST(test_jws__for_us_and_for_now)
{
	static const struct {
		const char *claims;
		int rc; /* at 1000 s, 60 s forgiven, issuer I, audience A */
	} cases[] = {
		{"{\"iss\":\"I\",\"aud\":\"A\",\"exp\":1001}", 0},
		{"{\"iss\":\"I\",\"aud\":[\"B\",\"A\"],\"exp\":1001}", 0},
		{"{\"iss\":\"I\",\"aud\":\"A\",\"exp\":941}", 0},
		{"{\"iss\":\"I\",\"aud\":\"A\",\"exp\":940}", -1},
		{"{\"iss\":\"I\",\"aud\":\"A\",\"exp\":1001,\"nbf\":1060,\"iat\":1060}", 0},
		{"{\"iss\":\"I\",\"aud\":\"A\",\"exp\":2000,\"nbf\":1061}", -1},
		{"{\"iss\":\"I\",\"aud\":\"A\",\"exp\":2000,\"iat\":1061}", -1},
		{"{\"iss\":\"I\",\"aud\":\"A\"}", -1},
		{"{\"iss\":\"I\",\"exp\":1001}", -1},
		{"{\"aud\":\"A\",\"exp\":1001}", -1},
		{"{\"iss\":\"i\",\"aud\":\"A\",\"exp\":1001}", -1},
		{"{\"iss\":\"I/\",\"aud\":\"A\",\"exp\":1001}", -1},
		{"{\"iss\":\"I\",\"aud\":\"AA\",\"exp\":1001}", -1},
		{"{\"iss\":\"I\",\"aud\":[],\"exp\":1001}", -1},
	};
	ARENA_AUTO arena = arena_new();

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct jwt t;
		struct err err = {0};

		ck_assert_int_eq(
			jwt_parse(cases[i].claims, strlen(cases[i].claims), arena, &t, &err), 0);
		ck_assert_msg(jwt_check(&t, "I", "A", sec(1000), sec(60), &err) == cases[i].rc,
			"%s: %s", cases[i].claims, err.msg);
	}
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("jws");
	TCase *c = tcase_create("jws");

	tcase_add_test(c, test_jws__rfc7515);
	tcase_add_test(c, test_jws__signs_as_rfc7515);
	tcase_add_test(c, test_jws__there_and_back);
	tcase_add_test(c, test_jws__each_character_counts);
	tcase_add_loop_test(
		c, test_jws__bad_headers, 0, sizeof(bad_headers) / sizeof(bad_headers[0]));
	tcase_add_test(c, test_jws__bad_forms);
	tcase_add_test(c, test_jws__the_key_pins_the_algorithm);
	tcase_add_test(c, test_jws__p256_degenerate);
	tcase_add_test(c, test_jws__bad_private_keys);
	tcase_add_test(c, test_jws__bad_public_keys);
	tcase_add_test(c, test_jws__rsa_length);
	tcase_add_test(c, test_jws__keys_that_are_skipped);
	tcase_add_test(c, test_jws__sets_that_are_refused);
	tcase_add_test(c, test_jws__which_key);
	tcase_add_test(c, test_jws__claims);
	tcase_add_test(c, test_jws__bad_claims);
	tcase_add_test(c, test_jws__for_us_and_for_now);
	suite_add_tcase(s, c);
	return s;
}
