/* SPDX-License-Identifier: Apache-2.0
 *
 * Google's credentials: what is read, what is refused, the three ways to a token, how long one is kept,
 * and that no error shows a secret.
 */
#include "provider/gcp_auth.h"

#include <check.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/jcs.h"
#include "base/jwt.h"
#include "base/jws.h"
#include "provider/gcp_credentials.h"
#include "support/fake_google.h"
#include "support/jose.h"
#include "support/scratch.h"

Suite *test_suite(void);

#define NOW INT64_C(1445412480)
#define GRANT                                                                               \
	"{\"access_token\":\"ya29.first-token-of-all\",\"expires_in\":3600,\"token_type\":" \
	"\"Bearer\"}"
#define AGAIN "{\"access_token\":\"ya29.second-token\",\"expires_in\":3600}"

static struct arena *arena;
static struct fake_clock fake;
static struct provider_call call;
static struct fake_google google;
static char path[SCRATCH_PATH], source[SCRATCH_PATH];

static void setup(void)
{
	arena = arena_new();
	fake_clock_init(&fake, NOW * USEC_PER_SEC);
	call = (struct provider_call){.clock = &fake.clock, .deadline = INT64_MAX, .arena = arena};
	google = (struct fake_google){.arena = arena};
	scratch_make();
	scratch_file(path, "credentials.json");
	scratch_file(source, "subject");
}

static void teardown(void)
{
	scratch_remove();
	arena_free(arena);
}

static void keep(const char *file, const char *text)
{
	struct err err = {0};

	ck_assert_msg(file_replace(file, text, strlen(text), 0600, &err) == 0, "%s", err.msg);
}

/* As text within a JSON string. */
static const char *escaped_key(void)
{
	char *out = arena_alloc(arena, 2 * strlen(jose_a2_pem) + 1);
	size_t n = 0;

	for (const char *at = jose_a2_pem; *at; at++) {
		if (*at == '\n')
			out[n++] = '\\';
		out[n++] = *at == '\n' ? 'n' : *at;
	}
	return out;
}

static const char *key_file(void)
{
	return arena_printf(arena,
		"{\"type\":\"service_account\",\"client_email\":\"p@x.iam.gserviceaccount.com\","
		"\"private_key_id\":\"k7\",\"token_uri\":\"https://oauth2.example/token\","
		"\"private_key\":\"%s\",\"universe_domain\":\"googleapis.com\"}",
		escaped_key());
}

static const char *federation(const char *credential_source, const char *more)
{
	return arena_printf(arena,
		"{\"type\":\"external_account\",\"audience\":\"//iam.googleapis.com/p\","
		"\"subject_token_type\":\"urn:ietf:params:oauth:token-type:jwt\","
		"\"token_url\":\"https://sts.example/v1/token\",\"credential_source\":%s%s}",
		credential_source, more);
}

static struct gcp_auth *make(const char *file)
{
	const struct gcp_auth_options o = {.file = file};
	const struct gcp_way way = google_way(&google);

	return gcp_auth_new(&o, &way);
}

static const char *header(struct gcp_auth *g)
{
	struct err err = {0};
	const char *value = NULL;

	ck_assert_msg(gcp_auth_header(g, &call, &value, &err) == 0, "%s", err.msg);
	ck_assert_int_eq(err.code, ERR_NONE);
	return value;
}

/* ---- Files ---- */

START_TEST(test_gcp_auth__files_that_are_refused)
{
	const char *const bad[][2] = {
		{"", "no JSON object"},
		{"[]", "no JSON object"},
		{"{\"private_key\":\"hunter2\"", "no JSON object"},
		{"{}", "of a type that is not taken"},
		{"{\"type\":\"authorized_user\",\"refresh_token\":\"hunter2\"}",
			"a person's own login"},
		{"{\"type\":\"impersonated_service_account\"}", "of a type that is not taken"},
		{"{\"type\":\"service_account\"}", "`client_email` is missing"},
		{"{\"type\":\"service_account\",\"client_email\":7}", "`client_email` is no text"},
		{"{\"type\":\"service_account\",\"client_email\":\"a\"}",
			"`private_key` is missing"},
		{"{\"type\":\"service_account\",\"client_email\":\"a\",\"private_key\":\"hunter2\","
		 "\"token_uri\":\"http://oauth2.example/token\"}",
			"not https"},
		{federation("{}", ""), "either a file or a url"},
		{federation("7", ""), "`credential_source` is missing"},
		{federation("{\"file\":\"/a\",\"url\":\"https://b/\"}", ""),
			"either a file or a url"},
		{federation("{\"file\":\"a\"}", ""), "no absolute path"},
		{federation("{\"environment_id\":\"aws1\"}", ""), "use a file or a url"},
		{federation("{\"executable\":{\"command\":\"id\"}}", ""), "use a file or a url"},
		{federation("{\"url\":\"http://other.example/t\"}", ""), "not https"},
		{federation("{\"url\":\"https://b/\",\"headers\":{\"A\":\"b\\r\\nC: d\"}}", ""),
			"none that can be sent"},
		{federation("{\"file\":\"/a\",\"format\":{\"type\":\"xml\"}}", ""),
			"neither text nor json"},
		{federation("{\"file\":\"/a\",\"format\":{\"type\":\"json\"}}", ""),
			"`subject_token_field_name` is missing"},
		{federation("{\"file\":\"/a\"}",
			 ",\"service_account_impersonation_url\":\"http://iam.example/x\""),
			"not https"},
		{federation("{\"file\":\"/a\"}",
			 ",\"service_account_impersonation\":{\"token_lifetime_seconds\":10}"),
			"600"},
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct gcp_credentials c;
		struct err err = {0};

		ck_assert_msg(
			gcp_credentials_parse(bad[i][0], strlen(bad[i][0]), arena, &c, &err) < 0,
			"%s was taken", bad[i][0]);
		ck_assert_int_eq(err.code, ERR_CONFIG);
		ck_assert_msg(strstr(err.msg, bad[i][1]), "%s: %s", bad[i][0], err.msg);
		ck_assert_ptr_null(strstr(err.msg, "hunter2"));
	}
}
END_TEST

START_TEST(test_gcp_auth__where_secrets_go)
{
	static const struct {
		const char *url, *path; /* NULL: refused */
	} urls[] = {
		{"https://oauth2.googleapis.com/token", "/token"},
		{"https://host", "/"},
		{"https://host:8443/a?b=c", "/a?b=c"},
		{"http://127.0.0.1:8080/token", "/token"},
		{"http://localhost/token", "/token"},
		{"http://[::1]:80/token", "/token"},
		{"http://169.254.169.254/metadata", "/metadata"},
		{"http://metadata.google.internal/x", "/x"},
		{"http://10.0.0.1/token", NULL},
		{"http://127.0.0.1.example/token", NULL},
		{"http://localhost.example/token", NULL},
		{"http://localhost@example.com/token", NULL},
		{"http://127.0.0.1:80@example.com/token", NULL},
		{"http://127.0.0.1\\@example.com/token", NULL},
		{"ftp://127.0.0.1/", NULL},
		{"unix:/run/token", NULL},
		{"https://", NULL},
		{"https://user@host/", NULL},
		{"https://host/a b", NULL},
		{"https://host/a#b", NULL},
		{"https://host?x", NULL},
		{"", NULL},
	};

	for (size_t i = 0; i < sizeof(urls) / sizeof(urls[0]); i++) {
		struct http_server server;
		const char *at = NULL;
		struct err err = {0};
		int rc = gcp_secret_url(urls[i].url, arena, &server, &at, &err);

		ck_assert_msg(!rc == !!urls[i].path, "%s: %s", urls[i].url, err.msg);
		if (rc == 0)
			ck_assert_str_eq(at, urls[i].path);
	}
}
END_TEST

/* ---- By a key ---- */

START_TEST(test_gcp_auth__signs_for_a_service_account)
{
	static const char grant[] =
		"grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer&assertion=ey";
	struct jwk_set set;
	const char *jwks = arena_printf(arena, "{\"keys\":[%s]}", jose_a2_jwk), *assertion;
	struct gcp_auth *g = make(path);
	struct jws token;
	struct jwt claims;

	keep(path, key_file());
	google_rule(&google, "https://oauth2.example/token", 200, GRANT);
	ck_assert_str_eq(header(g), "Bearer ya29.first-token-of-all");
	ck_assert_str_eq(google.asked[0].method, "POST");
	ck_assert_str_eq(
		google.asked[0].headers, "Content-Type: application/x-www-form-urlencoded\n");
	assertion = strstr(google.asked[0].body, "&assertion=");
	ck_assert_int_eq(strncmp(google.asked[0].body, grant, strlen(grant)), 0);
	assertion += strlen("&assertion=");
	ck_assert_int_eq(jwk_set_parse(jwks, strlen(jwks), arena, &set, NULL), 0);
	ck_assert_int_eq(jws_parse(assertion, strlen(assertion), arena, &token, NULL), 0);
	ck_assert(jws_verify(&token, &set.v[0]));
	ck_assert_str_eq(token.kid, "k7");
	ck_assert_str_eq(token.typ, "JWT");
	ck_assert_int_eq(jwt_parse(token.payload, token.payload_len, arena, &claims, NULL), 0);
	ck_assert_str_eq(claims.iss, "p@x.iam.gserviceaccount.com");
	ck_assert_str_eq(claims.aud[0], "https://oauth2.example/token");
	ck_assert_str_eq(
		jwt_claim(&claims, "scope"), "https://www.googleapis.com/auth/cloud-platform");
	ck_assert_int_eq(claims.iat, NOW * USEC_PER_SEC);
	ck_assert_int_eq(claims.exp, (NOW + 3600) * USEC_PER_SEC);
	gcp_auth_free(g);
}
END_TEST

/* Until 3 min 45 s before its end; then the file is read anew. */
START_TEST(test_gcp_auth__keeps_a_token)
{
	struct gcp_auth *g = make(path);

	keep(path, key_file());
	google_rule(&google, "/token", 200, GRANT);
	google.rules[0].times = 1;
	google_rule(&google, "/token", 200, AGAIN);
	header(g);
	fake_clock_step(&fake, (3600 - 226) * USEC_PER_SEC);
	ck_assert_str_eq(header(g), "Bearer ya29.first-token-of-all");
	ck_assert_uint_eq(google.n_asked, 1);
	fake_clock_step(&fake, USEC_PER_SEC);
	ck_assert_str_eq(header(g), "Bearer ya29.second-token");
	ck_assert_uint_eq(google.n_asked, 2);
	gcp_auth_forget(g);
	header(g);
	ck_assert_uint_eq(google.n_asked, 3);
	gcp_auth_free(g);
}
END_TEST

START_TEST(test_gcp_auth__keeps_a_short_one_for_half_of_its_life)
{
	struct gcp_auth *g = make(path);

	keep(path, key_file());
	google_rule(&google, "/token", 200, "{\"access_token\":\"ya29.s\",\"expires_in\":60}");
	header(g);
	fake_clock_step(&fake, 29 * USEC_PER_SEC);
	header(g);
	ck_assert_uint_eq(google.n_asked, 1);
	fake_clock_step(&fake, USEC_PER_SEC);
	header(g);
	ck_assert_uint_eq(google.n_asked, 2);
	gcp_auth_free(g);
}
END_TEST

/* ---- By federation ---- */

START_TEST(test_gcp_auth__exchanges_a_subject_token)
{
	const char *const sources[][2] = {
		{arena_printf(arena, "{\"file\":\"%s\"}", source), "  subject.token \n"},
		{arena_printf(arena,
			 "{\"file\":\"%s\",\"format\":{\"type\":\"json\","
			 "\"subject_token_field_name\":\"value\"}}",
			 source),
			"{\"value\":\"subject.token\"}"},
		{"{\"url\":\"http://169.254.169.254/id\",\"headers\":{\"X-Pool\":\"ci\"},"
		 "\"format\":{\"type\":\"json\",\"subject_token_field_name\":\"value\"}}",
			NULL},
	};

	for (size_t i = 0; i < 3; i++) {
		struct gcp_auth *g = make(path);
		size_t from = google.n_asked;

		google.n_rules = 0;
		google_rule(&google, "169.254.169.254/id", 200, "{\"value\":\"subject.token\"}");
		google_rule(&google, "https://sts.example/v1/token", 200,
			"{\"access_token\":\"ya29.federated\",\"expires_in\":\"3599\"}");
		keep(path, federation(sources[i][0], ""));
		if (sources[i][1])
			keep(source, sources[i][1]);
		ck_assert_str_eq(header(g), "Bearer ya29.federated");
		if (!sources[i][1])
			ck_assert_str_eq(google.asked[from++].headers, "X-Pool: ci\n");
		ck_assert_str_eq(google.asked[from].body,
			"grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Atoken-exchange"
			"&audience=%2F%2Fiam.googleapis.com%2Fp"
			"&scope=https%3A%2F%2Fwww.googleapis.com%2Fauth%2Fcloud-platform"
			"&requested_token_type=urn%3Aietf%3Aparams%3Aoauth%3Atoken-type%3Aaccess_"
			"token"
			"&subject_token=subject.token"
			"&subject_token_type=urn%3Aietf%3Aparams%3Aoauth%3Atoken-type%3Ajwt");
		gcp_auth_free(g);
	}
}
END_TEST

/* The end is an instant here. */
START_TEST(test_gcp_auth__impersonates)
{
	struct gcp_auth *g = make(path);
	char end[TIME_STRLEN];

	keep(path, federation(arena_printf(arena, "{\"file\":\"%s\"}", source),
			   ",\"service_account_impersonation_url\":\"https://iam.example/v1/x:"
			   "generateAccessToken\",\"service_account_impersonation\":"
			   "{\"token_lifetime_seconds\":1800}"));
	keep(source, "subject.token");
	google_rule(&google, "sts.example", 200, GRANT);
	google_rule(&google, "iam.example/v1/x:generateAccessToken", 200,
		arena_printf(arena, "{\"accessToken\":\"ya29.account\",\"expireTime\":\"%s\"}",
			time_format((NOW + 1800) * USEC_PER_SEC, end)));
	ck_assert_str_eq(header(g), "Bearer ya29.account");
	ck_assert_ptr_nonnull(
		strstr(google.asked[1].headers, "Authorization: Bearer ya29.first-token-of-all\n"));
	ck_assert_str_eq(google.asked[1].body,
		"{\"delegates\":[],\"lifetime\":\"1800s\",\"scope\":"
		"[\"https://www.googleapis.com/auth/cloud-platform\"]}");
	fake_clock_step(&fake, (1800 - 226) * USEC_PER_SEC);
	header(g);
	ck_assert_uint_eq(google.n_asked, 2);
	fake_clock_step(&fake, USEC_PER_SEC);
	header(g);
	ck_assert_uint_eq(google.n_asked, 4);
	gcp_auth_free(g);
}
END_TEST

/* ---- From the metadata server ---- */

START_TEST(test_gcp_auth__asks_the_metadata_server)
{
	struct gcp_auth *g = make(NULL);

	google_rule(&google,
		"http://metadata.google.internal/computeMetadata/v1/instance/service-accounts/"
		"default/token?scopes=https%3A%2F%2Fwww.googleapis.com%2Fauth%2Fcloud-platform",
		200, GRANT);
	google.rules[0].header = "metadata-flavor: Google";
	ck_assert_str_eq(header(g), "Bearer ya29.first-token-of-all");
	ck_assert_str_eq(google.asked[0].headers, "Metadata-Flavor: Google\n");
	ck_assert_int_eq(google.asked[0].patience, 3 * USEC_PER_SEC);
	gcp_auth_free(g);
}
END_TEST

START_TEST(test_gcp_auth__whoever_else_sits_there)
{
	static const char *const headers[] = {NULL, "Metadata-Flavor: google", "Server: Google"};
	const char *value = NULL;

	google_rule(&google, "computeMetadata", 200, GRANT);
	for (size_t i = 0; i < 3; i++) {
		struct gcp_auth *g = make(NULL);
		struct err err = {0};

		google.rules[0].header = headers[i];
		ck_assert_int_eq(gcp_auth_header(g, &call, &value, &err), -1);
		ck_assert_int_eq(err.code, ERR_CONFIG);
		gcp_auth_free(g);
	}
	ck_assert_ptr_null(value);
}
END_TEST

/* ---- What stays behind ---- */

#ifndef SPIRALFED_SANITIZE
void __libc_free(void *p);

/* The compiler takes it that free() looks at neither. NULL: nobody looks. */
static const char *volatile secret;
static volatile size_t left_behind;

/* Here in place of libc's: looks at all memory that is given back. */
void free(void *p)
{
	if (p && secret && memmem(p, malloc_usable_size(p), secret, strlen(secret)))
		left_behind++;
	__libc_free(p);
}

static size_t left_of(struct gcp_auth *g, const char *text)
{
	left_behind = 0;
	secret = text;
	header(g);
	secret = NULL;
	gcp_auth_forget(g);
	return left_behind;
}

START_TEST(test_gcp_auth__gives_no_secret_back_to_the_heap)
{
	struct gcp_auth *g = make(path);
	/* Some letters from the midst of a line. */
	const char *key = arena_strndup(arena, strchr(jose_a2_pem, '\n') + 33, 24);
	char *seen = xstrdup("what the look at the heap has to find");

	jcs_setup();
	secret = "the heap has to";
	free(seen);
	secret = NULL;
	ck_assert_uint_eq(left_behind, 1);

	ck_assert_ptr_nonnull(strstr(key_file(), key));
	keep(path, key_file());
	google_rule(&google, "oauth2.example/token", 200, GRANT);
	/* GnuTLS leaves one copy of its own. */
	ck_assert_uint_le(left_of(g, key), 1);
	ck_assert_uint_eq(left_of(g, "&assertion=ey"), 0);
	keep(path, federation(arena_printf(arena,
				      "{\"file\":\"%s\",\"format\":{\"type\":\"json\","
				      "\"subject_token_field_name\":\"value\"}}",
				      source),
			   ""));
	keep(source, "{\"value\":\"a-subject.token\"}");
	google_rule(&google, "sts.example", 200, GRANT);
	ck_assert_uint_eq(left_of(g, "a-subject.token"), 0);
	gcp_auth_free(g);
}
END_TEST
#endif

/* ---- What fails ---- */

START_TEST(test_gcp_auth__what_fails)
{
	static const struct {
		int status;
		const char *body;
		enum err_code code;
		const char *says;
	} answers[] = {
		{400,
			"{\"error\":\"invalid_grant\",\"error_description\":\"Invalid JWT "
			"Signature.\"}",
			ERR_CONFIG, "Invalid JWT Signature."},
		{403, "<html>no</html>", ERR_CONFIG, "403"},
		{404, "", ERR_CONFIG, "404"},
		{302, "", ERR_CONFIG, "302"},
		{500, "{}", ERR_UNREACHABLE, "500"},
		{429, "{}", ERR_UNREACHABLE, "429"},
		{0, "", ERR_UNREACHABLE, "nobody there"},
		{200, "", ERR_UNREACHABLE, "something else than JSON"},
		{200, "<html>", ERR_UNREACHABLE, "something else than JSON"},
		{200, "{}", ERR_UNREACHABLE, "without an access_token"},
		{200, "{\"access_token\":7,\"expires_in\":1}", ERR_UNREACHABLE, "without"},
		{200, "{\"access_token\":\"ya29.a b\",\"expires_in\":1}", ERR_UNREACHABLE,
			"without"},
		{200, "{\"access_token\":\"ya29.a\\r\\nX: y\",\"expires_in\":1}", ERR_UNREACHABLE,
			"without"},
		{200, "{\"access_token\":\"ya29.a\"}", ERR_UNREACHABLE, "without"},
		{200, "{\"access_token\":\"ya29.a\",\"expires_in\":0}", ERR_UNREACHABLE, "without"},
		{200, "{\"access_token\":\"ya29.a\",\"expires_in\":-5}", ERR_UNREACHABLE,
			"without"},
		{200, "{\"access_token\":\"ya29.a\",\"expires_in\":\"1 h\"}", ERR_UNREACHABLE,
			"without"},
		{200, "{\"access_token_v2\":\"ya29.a\",\"expires_in\":1}", ERR_UNREACHABLE,
			"without"},
	};

	keep(path, key_file());
	for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
		struct gcp_auth *g = make(path);
		struct err err = {0};
		const char *value = NULL;

		google.n_rules = google.n_asked = 0;
		google_rule(&google, "/token", answers[i].status, answers[i].body);
		ck_assert_int_eq(gcp_auth_header(g, &call, &value, &err), -1);
		ck_assert_msg(err.code == answers[i].code && strstr(err.msg, answers[i].says),
			"%zu: %s", i, err.msg);
		ck_assert_ptr_null(value);
		ck_assert_ptr_null(strstr(err.msg, "ya29"));
		gcp_auth_free(g);
	}
}
END_TEST

/* A server that sends back what it got, and one that puts a token in its error. */
START_TEST(test_gcp_auth__no_error_shows_a_secret)
{
	struct gcp_auth *g = make(path);
	struct err err = {0};
	const char *value = NULL;

	keep(path, federation(arena_printf(arena, "{\"file\":\"%s\"}", source), ""));
	keep(source, "eyJhbGciOiJSUzI1NiJ9.e30.c2lnbmF0dXJl");
	google_rule(&google, "sts.example", 400,
		"{\"error\":\"invalid_grant\",\"error_description\":\"bad token "
		"eyJhbGciOiJSUzI1NiJ9.e30.c2lnbmF0dXJl\"}");
	ck_assert_int_eq(gcp_auth_header(g, &call, &value, &err), -1);
	ck_assert_ptr_null(strstr(err.msg, "eyJ"));
	ck_assert_int_eq(err.code, ERR_CONFIG);
	gcp_auth_free(g);
}
END_TEST

START_TEST(test_gcp_auth__files_that_can_not_be_read)
{
	struct gcp_auth *g = make(path);
	struct err err = {0};
	const char *value = NULL;

	ck_assert_int_eq(gcp_auth_header(g, &call, &value, &err), -1);
	ck_assert_int_eq(err.code, ERR_CONFIG);
	ck_assert_ptr_nonnull(strstr(err.msg, "credentials.json"));
	keep(path, "{\"type\":\"service_account\",\"client_email\":\"a\",\"private_key\":"
		   "\"hunter2\"}");
	ck_assert_int_eq(gcp_auth_header(g, &call, &value, &err), -1);
	ck_assert_ptr_nonnull(strstr(err.msg, "`private_key`"));
	ck_assert_ptr_null(strstr(err.msg, "hunter2"));
	keep(path, federation(arena_printf(arena, "{\"file\":\"%s\"}", source), ""));
	ck_assert_int_eq(gcp_auth_header(g, &call, &value, &err), -1);
	ck_assert_ptr_nonnull(strstr(err.msg, "the subject token"));
	keep(source, " \n");
	ck_assert_int_eq(gcp_auth_header(g, &call, &value, &err), -1);
	ck_assert_ptr_nonnull(strstr(err.msg, "holds none"));
	/* Mended while it runs. */
	keep(path, key_file());
	google_rule(&google, "/token", 200, GRANT);
	header(g);
	gcp_auth_free(g);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("Google's credentials");
	TCase *c = tcase_create("gcp_auth");

	tcase_add_checked_fixture(c, setup, teardown);
	tcase_add_test(c, test_gcp_auth__files_that_are_refused);
	tcase_add_test(c, test_gcp_auth__where_secrets_go);
	tcase_add_test(c, test_gcp_auth__signs_for_a_service_account);
	tcase_add_test(c, test_gcp_auth__keeps_a_token);
	tcase_add_test(c, test_gcp_auth__keeps_a_short_one_for_half_of_its_life);
	tcase_add_test(c, test_gcp_auth__exchanges_a_subject_token);
	tcase_add_test(c, test_gcp_auth__impersonates);
	tcase_add_test(c, test_gcp_auth__asks_the_metadata_server);
	tcase_add_test(c, test_gcp_auth__whoever_else_sits_there);
#ifndef SPIRALFED_SANITIZE
	tcase_add_test(c, test_gcp_auth__gives_no_secret_back_to_the_heap);
#endif
	tcase_add_test(c, test_gcp_auth__what_fails);
	tcase_add_test(c, test_gcp_auth__no_error_shows_a_secret);
	tcase_add_test(c, test_gcp_auth__files_that_can_not_be_read);
	suite_add_tcase(s, c);
	return s;
}
