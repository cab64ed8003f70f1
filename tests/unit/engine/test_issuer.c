/* SPDX-License-Identifier: Apache-2.0
 *
 * Keys of others, kept and missed; and webhooks that prove themselves.
 */
#include <check.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/jcs.h"
#include "engine/issuer.h"
#include "engine/source.h"
#include "engine/source_run.h"
#include "engine/snapshot.h"
#include "support/calm_policy.h"
#include "support/jose.h"
#include "support/registry.h"
#include "support/scratch.h"

Suite *test_suite(void);

#define ISSUER "https://issuer.example"
#define JOBS   "https://jobs.example"

static int open_it(const struct connector_options *o, struct connector **ret, struct err *err)
{
	*ret = NULL;
	return 0;
}

static void close_it(struct connector *c)
{
}

static const struct connector_kind kind = {.name = "mute", .open = open_it, .close = close_it};
static struct engine_source sources[3];
static char secret_path[SCRATCH_PATH];

static void put_secret(const char *text)
{
	FILE *f = fopen(secret_path, "we");

	ck_assert_ptr_nonnull(f);
	ck_assert_int_ge(fputs(text, f), 0);
	ck_assert_int_eq(fclose(f), 0);
}

static void setup(void)
{
	registry_setup();
	scratch_file(secret_path, "secret");
	put_secret("s3cret-of-the-hub\n");
	sources[0] =
		(struct engine_source){&kind, {.provider = "hf", .webhook_secret = secret_path}};
	sources[1] = (struct engine_source){&kind, {.provider = "gcp",
							   .webhook_issuer = ISSUER,
							   .webhook_audience = "hooks",
							   .webhook_email = "push@project"}};
	sources[2] = (struct engine_source){&kind, {.provider = "aws"}};
	registry_sources(sources, 3);
}

static const char *key_set(const char *kid)
{
	size_t n = strlen(jose_a2_jwk);

	return kid ? arena_printf(reg.arena, "{\"keys\":[%.*s,\"kid\":\"%s\"}]}", (int)n - 1,
			     jose_a2_jwk, kid)
		   : "{\"keys\":[]}";
}

static void publish_of(const char *issuer, const char *kid)
{
	const char *text = key_set(kid);
	struct err err;

	ck_assert_msg(issuer_put(reg.engine->issuers, issuer, text, strlen(text), &err) == 0, "%s",
		err.msg);
}

static void publish(const char *kid)
{
	publish_of(ISSUER, kid);
}

/* The policy takes tokens of this issuer; NULL: of none. */
static void bind(const char *issuer)
{
	SNAPSHOT_AUTO s = snapshot_get(reg.engine);
	json_auto_t *policy = json_loads(calm_policy(), 0, NULL);
	struct outcome o;
	char *text;

	if (issuer)
		json_object_set_new(policy, "keyless",
			json_pack("[{s:s,s:s,s:s,s:s}]", "issuer", issuer, "audience", "spiralfed",
				"subject", "repo:s/*", "provider", "hf"));
	text = json_dumps(policy, JSON_COMPACT);
	with.if_match = arena_printf(reg.arena, "\"%s\"", s->policy.digest);
	o = put_policy(arena_strdup(reg.arena, text));
	free(text);
	ck_assert_msg(o.status == 200, "%s", o.c->err.msg);
}

/* Of a token of JOBS: what becomes of it; its sentence in *ret_why. */
static enum err_code present(
	const char *audience, const char *subject, int64_t ends_in_s, const char **ret_why)
{
	int64_t now = clock_now(&reg.clock.clock);
	const char *token = jose_mint("a",
		arena_printf(reg.arena,
			"{\"iss\":\"" JOBS "\",\"aud\":\"%s\",\"sub\":\"%s\",\"exp\":%lld}",
			audience, subject, (long long)(now / USEC_PER_SEC + ends_in_s)),
		reg.arena);
	struct principal p;
	struct err err = {0};

	if (keyless_verify(reg.engine, token, now, reg.arena, &p, &err) == 0)
		return ERR_NONE;
	*ret_why = arena_strdup(reg.arena, err.msg);
	return err.code;
}

static const struct {
	const char *audience, *subject;
	int ends_in_s;
	enum err_code before, after; /* the keys are there */
	const char *why;
} presented[] = {
	{"spiralfed", "repo:s/t", 600, ERR_UNAVAILABLE, ERR_NONE, ""},
	{"others", "repo:s/t", 600, ERR_INVALID_TOKEN, ERR_INVALID_TOKEN, "another audience"},
	{"spiralfed", "repo:s/t", -600, ERR_INVALID_TOKEN, ERR_INVALID_TOKEN, "has expired"},
	{"spiralfed", "", 600, ERR_INVALID_TOKEN, ERR_INVALID_TOKEN, "a subject"},
	/* Whose it is counts when it is signed. */
	{"spiralfed", "repo:evil/t", 600, ERR_UNAVAILABLE, ERR_INSUFFICIENT_SCOPE, "repo:evil/t"},
};

START_TEST(test_keyless__says_at_once_what_no_key_could_mend)
{
	const char *why = "";

	ck_assert_int_eq(present("spiralfed", "repo:s/t", 600, &why), ERR_INVALID_TOKEN);
	ck_assert_msg(strstr(why, "knows no issuer " JOBS), "%s", why);
	bind(JOBS);
	ck_assert_int_eq(present(presented[_i].audience, presented[_i].subject,
				 presented[_i].ends_in_s, &why),
		presented[_i].before);
	publish_of(JOBS, "a");
	why = "";
	ck_assert_int_eq(present(presented[_i].audience, presented[_i].subject,
				 presented[_i].ends_in_s, &why),
		presented[_i].after);
	ck_assert_msg(strstr(why, presented[_i].why), "%s", why);
}
END_TEST

static bool is_kept(const char *issuer)
{
	const char *text = key_set("a");
	struct err err;

	return issuer_put(reg.engine->issuers, issuer, text, strlen(text), &err) == 0;
}

/* Who left the policy is forgotten, who is a connector's stays. */
START_TEST(test_issuer__that_left_the_policy_is_dropped)
{
	const char *why;

	publish("a");
	ck_assert(!is_kept(JOBS));
	bind(JOBS);
	publish_of(JOBS, "a");
	ck_assert_int_eq(present("spiralfed", "repo:s/t", 600, &why), ERR_NONE);
	/* More than there is room for, one after the other. */
	for (int i = 0; i < ISSUERS_MAX + 1; i++) {
		const char *issuer = arena_printf(reg.arena, "https://i%d.example", i);

		bind(issuer);
		ck_assert(is_kept(issuer));
	}
	ck_assert(!is_kept(JOBS) && !is_kept("https://i0.example"));
	bind(NULL);
	ck_assert(!is_kept(arena_printf(reg.arena, "https://i%d.example", ISSUERS_MAX)));
	ck_assert(is_kept(ISSUER));
	/* One that comes back is fetched anew. */
	bind(JOBS);
	ck_assert_int_eq(present("spiralfed", "repo:s/t", 600, &why), ERR_UNAVAILABLE);
	registry_reopen();
	ck_assert(is_kept(JOBS) && is_kept(ISSUER));
}
END_TEST

static int verify(const char *kid, struct err *err)
{
	const char *token = jose_mint(kid, "{\"iss\":\"" ISSUER "\"}", reg.arena);
	struct jws jws;

	ck_assert_int_eq(jws_parse(token, strlen(token), reg.arena, &jws, err), 0);
	return issuer_verify(reg.engine->issuers, ISSUER, &jws, err);
}

START_TEST(test_issuer__keeps_keys_and_misses_them)
{
	struct err err;

	ck_assert_int_eq(verify("a", &err), -1);
	ck_assert_int_eq(err.code, ERR_UNAVAILABLE);
	publish("a");
	ck_assert_int_eq(verify("a", &err), 0);
	/* Just fetched: it is not there. */
	ck_assert_int_eq(verify("b", &err), -1);
	ck_assert_int_eq(err.code, ERR_INVALID_TOKEN);
	/* A while later it may be. */
	fake_clock_step(&reg.clock, 61 * USEC_PER_SEC);
	ck_assert_int_eq(verify("b", &err), -1);
	ck_assert_int_eq(err.code, ERR_UNAVAILABLE);
	publish("b");
	ck_assert_int_eq(verify("b", &err), 0);
	ck_assert_int_eq(verify("a", &err), -1);
	ck_assert_int_eq(err.code, ERR_INVALID_TOKEN);
}
END_TEST

START_TEST(test_issuer__a_set_that_is_none_changes_nothing)
{
	struct err err;

	publish("a");
	ck_assert_int_eq(issuer_put(reg.engine->issuers, ISSUER, "[]", 2, &err), -1);
	ck_assert_int_eq(verify("a", &err), 0);
}
END_TEST

START_TEST(test_issuer__a_touched_token_is_refused)
{
	char *token = jose_mint("a", "{\"iss\":\"" ISSUER "\"}", reg.arena);
	struct err err;
	struct jws jws;

	publish("a");
	token[strlen(token) - 10] ^= 1;
	if (jws_parse(token, strlen(token), reg.arena, &jws, &err) == 0)
		ck_assert_int_eq(issuer_verify(reg.engine->issuers, ISSUER, &jws, &err), -1);
	ck_assert_int_eq(err.code, ERR_INVALID_TOKEN);
}
END_TEST

static const char *why; /* as the log has it */

static enum err_code check_hook(const char *provider, const char *secret, const char *token)
{
	const struct webhook_credentials c = {secret, token};

	why = NULL;
	struct err err = {0};

	if (webhook_check(reg.engine, provider, &c, reg.arena, &why, &err) == 0)
		return ERR_NONE;
	ck_assert_msg(!strstr(err.msg, "s3cret-of-the-hub"), "%s", err.msg);
	ck_assert_msg(!strstr(why, "s3cret-of-the-hub"), "%s", why);
	if (secret && *secret)
		ck_assert_msg(!strstr(why, secret), "%s", why);
	if (token && strlen(token) > 20)
		ck_assert_msg(!strstr(why, token + strlen(token) - 20), "%s", why);
	return err.code;
}

START_TEST(test_webhook__knows_its_secret)
{
	ck_assert_int_eq(check_hook("hf", "s3cret-of-the-hub", NULL), ERR_NONE);
	ck_assert_int_eq(check_hook("hf", "s3creT", NULL), ERR_WRONG_SECRET);
	ck_assert_str_eq(why, "X-Webhook-Secret is not the secret of hf's webhooks");
	ck_assert_int_eq(check_hook("hf", "", NULL), ERR_WRONG_SECRET);
	ck_assert_int_eq(check_hook("hf", NULL, "s3cret-of-the-hub"), ERR_UNAUTHENTICATED);
	ck_assert_int_eq(check_hook("aws", "s3cret-of-the-hub", NULL), ERR_NOT_FOUND);
	ck_assert_int_eq(check_hook("none", "s3cret-of-the-hub", NULL), ERR_NOT_FOUND);
	/* A new one counts at once; an empty file is no secret that an empty header would know. */
	put_secret("another-s3cret-of-it");
	ck_assert_int_eq(check_hook("hf", "s3cret-of-the-hub", NULL), ERR_WRONG_SECRET);
	ck_assert_int_eq(check_hook("hf", "another-s3cret-of-it", NULL), ERR_NONE);
	put_secret("s3cret\n");
	ck_assert_int_eq(check_hook("hf", "s3cret", NULL), ERR_IO);
	put_secret("\n");
	ck_assert_int_eq(check_hook("hf", "", NULL), ERR_IO);
}
END_TEST

static const struct {
	const char *claims;
	enum err_code code;
	const char *why;
} pushes[] = {
	{"\"aud\":\"hooks\",\"email\":\"push@project\",\"email_verified\":true", ERR_NONE, NULL},
	{"\"aud\":\"hooks\",\"email\":\"push@project\",\"email_verified\":false", ERR_INVALID_TOKEN,
		"the token does not say that its email is verified"},
	{"\"aud\":\"hooks\",\"email\":\"push@project\"", ERR_INVALID_TOKEN,
		"the token does not say that its email is verified"},
	{"\"aud\":\"hooks\",\"email_verified\":true", ERR_INVALID_TOKEN, "the token says no email"},
	{"\"aud\":\"hooks\",\"email\":\"other@project\",\"email_verified\":true", ERR_INVALID_TOKEN,
		"the token is of other@project, and webhook_email is push@project"},
	{"\"aud\":\"others\",\"email\":\"push@project\",\"email_verified\":true", ERR_INVALID_TOKEN,
		"the token is meant for another audience: others, and webhook_audience is hooks"},
	{"\"aud\":[\"a\",\"b\"],\"email\":\"push@project\",\"email_verified\":true",
		ERR_INVALID_TOKEN,
		"the token is meant for another audience: a, b, and webhook_audience is hooks"},
	{"\"email\":\"push@project\",\"email_verified\":true", ERR_INVALID_TOKEN,
		"the token is meant for another audience: nobody, and webhook_audience is hooks"},
};

START_TEST(test_webhook__knows_its_token)
{
	long long now = clock_now(&reg.clock.clock) / USEC_PER_SEC;
	const char *token = jose_mint("a",
		arena_printf(reg.arena, "{\"iss\":\"" ISSUER "\",\"sub\":\"1\",\"exp\":%lld,%s}",
			now + 100, pushes[_i].claims),
		reg.arena);

	ck_assert_int_eq(check_hook("gcp", NULL, NULL), ERR_UNAUTHENTICATED);
	ck_assert_int_eq(check_hook("gcp", NULL, "nonsense"), ERR_INVALID_TOKEN);
	ck_assert_str_eq(why, "the token has not the three parts of a signed one");
	/* Whatever it says, as long as nobody knows who signed it. */
	ck_assert_int_eq(check_hook("gcp", NULL, token), ERR_UNAVAILABLE);
	ck_assert_str_eq(why, "the keys of " ISSUER " are being fetched");
	publish("a");
	ck_assert_int_eq(check_hook("gcp", NULL, token), pushes[_i].code);
	ck_assert_pstr_eq(why, pushes[_i].why);
	fake_clock_step(&reg.clock, 161 * USEC_PER_SEC);
	ck_assert_int_eq(check_hook("gcp", NULL, token), ERR_INVALID_TOKEN);
	if (!pushes[_i].why)
		ck_assert_ptr_nonnull(strstr(why, "the token has expired: its exp is 20"));
}
END_TEST

/* Nor does one that nobody signed learn what is expected of it. */
START_TEST(test_webhook__says_nothing_of_claims_before_they_are_proven)
{
	static const char *const claims[] = {"{}",
		"{\"iss\":\"https://other.example\",\"aud\":\"hooks\",\"exp\":9999999999}",
		"{\"iss\":\"" ISSUER "\",\"aud\":\"others\",\"exp\":9999999999}",
		"{\"iss\":\"" ISSUER "\",\"aud\":\"hooks\",\"exp\":1}",
		"{\"iss\":\"" ISSUER "\",\"aud\":\"hooks\",\"exp\":9999999999}"};

	publish("a");
	for (size_t i = 0; i < sizeof(claims) / sizeof(claims[0]); i++) {
		char *token = jose_mint("a", claims[i], reg.arena);
		struct webhook_credentials c = {.token = token};
		struct err err = {0};

		token[strlen(token) - 10] = token[strlen(token) - 10] == 'A' ? 'B' : 'A';
		ck_assert_int_eq(webhook_check(reg.engine, "gcp", &c, reg.arena, &why, &err), -1);
		ck_assert_int_eq(err.code, ERR_INVALID_TOKEN);
		ck_assert_str_eq(err.msg, "the token does not prove a webhook of gcp");
	}
}
END_TEST

/* Everything about them is right but who signed, or who is said to. */
START_TEST(test_webhook__a_token_of_nobody)
{
	long long end = clock_now(&reg.clock.clock) / USEC_PER_SEC + 100;
	static const char claims[] =
		"{\"iss\":\"%s\",\"sub\":\"1\",\"exp\":%lld,\"aud\":"
		"\"hooks\",\"email\":\"push@project\",\"email_verified\":true}";
	char *good = jose_mint("a", arena_printf(reg.arena, claims, ISSUER, end), reg.arena);
	char *other = jose_mint(
		"a", arena_printf(reg.arena, claims, "https://other.example", end), reg.arena);
	const char *head = strchr(good, '.');

	publish("a");
	ck_assert_int_eq(check_hook("gcp", NULL, good), ERR_NONE);
	ck_assert_int_eq(check_hook("gcp", NULL, other), ERR_INVALID_TOKEN);
	ck_assert_str_eq(why, "the token is of another issuer: https://other.example, and "
			      "webhook_issuer is " ISSUER);
	ck_assert_int_eq(
		check_hook("gcp", NULL, jose_mint("b", "{}", reg.arena)), ERR_INVALID_TOKEN);
	ck_assert_str_eq(why, ISSUER " publishes no key by which this token is signed");
	/* {"alg":"none"}, without a signature. */
	ck_assert_int_eq(check_hook("gcp", NULL,
				 arena_printf(reg.arena, "eyJhbGciOiJub25lIn0%.*s.",
					 (int)(strrchr(good, '.') - head), head)),
		ERR_INVALID_TOKEN);
	/* The signature is that of other words. */
	memcpy(strrchr(good, '.') + 1, strrchr(other, '.') + 1, strlen(strrchr(other, '.') + 1));
	ck_assert_int_eq(check_hook("gcp", NULL, good), ERR_INVALID_TOKEN);
	/* A secret is no token. */
	ck_assert_int_eq(check_hook("gcp", "s3cret-of-the-hub", NULL), ERR_UNAUTHENTICATED);
}
END_TEST

/* Who asks is nobody: one line a second, and none of those that it leaves out is lost. */
START_TEST(test_webhook__a_stranger_does_not_fill_the_log)
{
	struct source_stats st;

	ck_assert_uint_eq(webhook_refused(reg.engine, "none"), 0);
	ck_assert_uint_eq(webhook_refused(reg.engine, "hf"), 1);
	for (int i = 0; i < 5; i++)
		ck_assert_uint_eq(webhook_refused(reg.engine, "hf"), 0);
	fake_clock_step(&reg.clock, USEC_PER_SEC);
	ck_assert_uint_eq(webhook_refused(reg.engine, "hf"), 6);
	source_stats(reg.engine, 0, &st);
	ck_assert_str_eq(st.provider, "hf");
	ck_assert_uint_eq(st.hooks_refused, 7);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("keys of others, and webhooks that prove themselves");
	TCase *t = tcase_create("issuer");

	tcase_add_checked_fixture(t, setup, registry_teardown);
	tcase_add_test(t, test_issuer__keeps_keys_and_misses_them);
	tcase_add_test(t, test_issuer__a_set_that_is_none_changes_nothing);
	tcase_add_test(t, test_issuer__a_touched_token_is_refused);
	tcase_add_test(t, test_issuer__that_left_the_policy_is_dropped);
	tcase_add_loop_test(t, test_keyless__says_at_once_what_no_key_could_mend, 0,
		sizeof(presented) / sizeof(presented[0]));
	tcase_add_test(t, test_webhook__knows_its_secret);
	tcase_add_test(t, test_webhook__a_token_of_nobody);
	tcase_add_test(t, test_webhook__says_nothing_of_claims_before_they_are_proven);
	tcase_add_test(t, test_webhook__a_stranger_does_not_fill_the_log);
	tcase_add_loop_test(
		t, test_webhook__knows_its_token, 0, sizeof(pushes) / sizeof(pushes[0]));
	suite_add_tcase(s, t);
	return s;
}
