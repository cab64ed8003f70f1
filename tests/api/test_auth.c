/* SPDX-License-Identifier: Apache-2.0
 *
 * Who gets in: every route against every kind of credential, and what is said to those who do not;
 * that a secret stands nowhere but in its answer; that a miss is compared as a hit is. The linker wraps
 * equal_constant_time() for that (see the Makefile).
 */
#include "rig.h"

#include <fcntl.h>
#include <stdatomic.h>

#include "api/router.h"
#include "base/base64.h"
#include "base/digest.h"
#include "support/count.h"

Suite *test_suite(void);
bool __real_equal_constant_time(const void *a, const void *b, size_t len);
bool __wrap_equal_constant_time(const void *a, const void *b, size_t len);

#define REALM "Bearer realm=\"spiralfed\""
#define HF                                                                 \
	"{\"provider\":\"hf\",\"artifacts\":[{\"id\":\"s/t-v1\",\"role\":" \
	"\"textgen\",\"metrics\":{\"quality\":0.8},\"uri\":\"hf://s/t-v1\"}]}"

enum { SECRET_LEN = 64, HEADER_MAX = 512 };

static struct rig rig;
static atomic_int compared;

bool __wrap_equal_constant_time(const void *a, const void *b, size_t len)
{
	atomic_fetch_add(&compared, 1);
	return __real_equal_constant_time(a, b, len);
}

static void open_rig(void)
{
	scratch_make();
	rig_options(&rig);
	rig_open(&rig, true, true);
}

static void close_rig(void)
{
	rig_close(&rig);
	scratch_remove();
}

static void make_token(const char *scope, int64_t lives, char token[128])
{
	STRBUF_AUTO body = STRBUF_INIT(512);
	struct reply_text t;
	char until[TIME_STRLEN];

	strbuf_addf(&body, "{\"name\":\"t\",\"scopes\":[\"%s\"]", scope);
	if (lives)
		strbuf_addf(&body, ",\"expires_at\":\"%s\"",
			time_format(clock_now(&rig.clock.clock) + lives * USEC_PER_SEC, until));
	strbuf_addstr(&body, "}");
	rig_ask(&rig, "POST", "/v1/tokens", "", body.buf, &t);
	ck_assert_msg(t.status == 201, "%s", t.all.buf);
	rig_member(t.body, "token", token, 128);
	reply_clear(&t);
}

/* The route's path with `x` for each name, and a body when it takes one. */
static void ask_route(const struct route *r, const char *authorization, struct reply_text *t)
{
	char path[256], headers[HEADER_MAX] = "X-Request-Id: same\r\n";
	size_t n = 0;

	for (const char *p = r->pattern; *p; p++) {
		path[n++] = *p == '{' ? 'x' : *p;
		if (*p == '{')
			p = strchr(p, '}');
	}
	path[n] = '\0';
	if (authorization)
		snprintf(headers + strlen(headers), sizeof(headers) - strlen(headers),
			"Authorization: %s\r\n", authorization);
	else
		rig.token[0] = '\0'; /* so that the rig adds none */
	rig_ask(&rig, r->method, path, headers, r->body ? "{}" : NULL, t);
}

/* ---- strangers ---- */

enum stranger {
	NONE,
	OTHER_SCHEME,
	NO_TOKEN,
	FIRST_INVALID,
	NOT_OURS = FIRST_INVALID,
	SHORT,
	LONG,
	UNKNOWN_ID,
	WRONG_SECRET,
	EXPIRED,
	REVOKED,
	STRANGERS
};
static const char *const stranger_names[] = {"no credentials", "another scheme", "no token",
	"not our form", "cut short", "too long", "unknown id", "wrong secret", "expired",
	"revoked"};
static char credentials[STRANGERS][256];

static void make_strangers(void)
{
	char token[128], id[64], path[128];

	make_token("admin", 60, token);
	snprintf(credentials[EXPIRED], 256, "Bearer %s", token);
	fake_clock_step(&rig.clock, 60 * USEC_PER_SEC);
	make_token("admin", 0, token);
	snprintf(credentials[REVOKED], 256, "Bearer %s", token);
	snprintf(id, sizeof(id), "%.12s", token + 4);
	snprintf(path, sizeof(path), "/v1/tokens/%s", id);
	rig_expect(&rig, "GET", path, "", NULL, 200, "\"revoked_at\":null}");
	rig_expect(&rig, "DELETE", path, "", NULL, 200, NULL);
	rig_expect(&rig, "GET", path, "", NULL, 200, "\"revoked_at\":\"");
	snprintf(credentials[OTHER_SCHEME], 256, "Basic YTpi");
	snprintf(credentials[NO_TOKEN], 256, "Bearer");
	snprintf(credentials[NOT_OURS], 256, "Bearer abc.def.ghi");
	snprintf(credentials[SHORT], 256, "Bearer %.80s", rig.token);
	snprintf(credentials[LONG], 256, "Bearer %s0", rig.token);
	snprintf(credentials[UNKNOWN_ID], 256, "Bearer sfd_%012d%s", 0, rig.token + 16);
	snprintf(credentials[WRONG_SECRET], 256, "Bearer %s", rig.token);
	char *last = strrchr(credentials[WRONG_SECRET], '\0') - 1;

	*last = *last == '0' ? '1' : '0';
}

static void check_stranger(const struct route *r, enum stranger who, char *ret_body, size_t size)
{
	struct reply_text t;
	char admin[128], value[512];
	/* There a password may be a token. */
	bool is_token = who >= FIRST_INVALID || (who == OTHER_SCHEME && r->flags & ROUTE_CALENDAR);

	snprintf(admin, sizeof(admin), "%s", rig.token);
	ask_route(r, who == NONE ? NULL : credentials[who], &t);
	snprintf(rig.token, sizeof(rig.token), "%s", admin);
	if (r->flags & ROUTE_OWN_PROOF) {
		ck_assert_msg(t.status == (is_token ? 404 : 401), "%s, %s: %s", r->name,
			stranger_names[who], t.all.buf);
	} else if (r->flags & ROUTE_PUBLIC) {
		ck_assert_msg(
			t.status == 200, "%s, %s: %s", r->name, stranger_names[who], t.all.buf);
	} else {
		ck_assert_msg(
			t.status == 401, "%s, %s: %s", r->name, stranger_names[who], t.all.buf);
		ck_assert_str_eq(reply_header(&t, "WWW-Authenticate", value),
			is_token ? REALM ", error=\"invalid_token\"" : REALM);
		ck_assert_str_eq(
			reply_header(&t, "Content-Type", value), "application/problem+json");
	}
	snprintf(ret_body, size, "%s", t.body);
	reply_clear(&t);
}

START_TEST(test_auth__strangers_are_told_the_same)
{
	char body[4096], first[4096] = "";

	make_strangers();
	for (int i = 0; i < ROUTES; i++) {
		for (int who = 0; who < STRANGERS; who++) {
			check_stranger(
				route_at((enum route_id)i), (enum stranger)who, body, sizeof(body));
			/* Nothing tells an unknown token from a revoked one. */
			if (who == FIRST_INVALID)
				memcpy(first, body, sizeof(first));
			else if (who > FIRST_INVALID)
				ck_assert_str_eq(first, body);
		}
	}
}
END_TEST

/* ---- scopes ---- */

/* For each scope that a route may ask, the scopes that give it. */
static const struct {
	const char *asked, *given;
} grants[] = {
	{"read", " admin operate promote read report "},
	{"report", " admin operate report "},
	{"operate", " admin operate "},
	{"promote", " admin promote "},
	{"admin", " admin "},
	{"submit", " admin submit:hf submit:gcp submit:* "},
};
static const char *const scopes[] = {
	"admin", "operate", "promote", "read", "report", "submit:hf", "submit:gcp", "submit:*"};

static bool granted(const struct route *r, const char *scope)
{
	char word[64];

	snprintf(word, sizeof(word), " %s ", scope);
	for (int i = 0; i < COUNT(grants); i++)
		if (strcmp(grants[i].asked, r->scope) == 0)
			return strstr(grants[i].given, word);
	ck_assert_msg(r->flags & ROUTE_PUBLIC, "%s asks for %s, which this table does not know",
		r->name, r->scope);
	return true;
}

START_TEST(test_auth__each_scope_opens_its_routes_and_no_others)
{
	char token[128], header[256], value[512], challenge[256];

	for (int k = 0; k < COUNT(scopes); k++) {
		make_token(scopes[k], 0, token);
		snprintf(header, sizeof(header), "Bearer %s", token);
		for (int i = 0; i < ROUTES; i++) {
			const struct route *r = route_at((enum route_id)i);
			struct reply_text t;

			ask_route(r, header, &t);
			if (granted(r, scopes[k])) {
				ck_assert_msg(t.status >= 200 && t.status < 500 &&
						      t.status != 401 && t.status != 403,
					"%s with %s: %s", r->name, scopes[k], t.all.buf);
			} else {
				ck_assert_msg(t.status == 403, "%s with %s: %s", r->name, scopes[k],
					t.all.buf);
				snprintf(challenge, sizeof(challenge),
					REALM ", error=\"insufficient_scope\", scope=\"%s\"",
					r->scope);
				ck_assert_str_eq(
					reply_header(&t, "WWW-Authenticate", value), challenge);
			}
			reply_clear(&t);
		}
	}
}
END_TEST

/* A provider in ways that a parser and a search could read differently. 0: anything but success. */
static const struct {
	const char *body;
	int status;
} claims[] = {
	{"{\"provider\":\"gcp\",\"artifacts\":[]}", 403},
	{"{\"artifacts\":[{\"provider\":\"hf\"}],\"provider\":\"gcp\"}", 403},
	{"{\"provider\":\"hf\",\"provider\":\"gcp\",\"artifacts\":[]}", 400},
	{"{\"provider\":\"gcp\",\"provider\":\"hf\",\"artifacts\":[]}", 403},
	{"{\"pro\\u0076ider\":\"gcp\",\"artifacts\":[]}", 403},
	{"{\"pro\\u0076ider\":\"gcp\",\"provider\":\"hf\",\"artifacts\":[]}", 0},
	{"{\"provider\":\"g\\u0063p\",\"artifacts\":[]}", 403},
	{"{\"provider\":[\"hf\"],\"artifacts\":[]}", 403},
	{"{\"provider\":null,\"artifacts\":[]}", 403},
	{"{\"provider \":\"hf\",\"artifacts\":[]}", 422},
	{"{\"x\":\"\\\"provider\\\":\\\"hf\\\"\",\"provider\":\"gcp\"}", 403},
	{"[{\"provider\":\"gcp\",\"artifacts\":[]}]", 422},
	{"{\"provider\":\"gcp\r\nX-Evil: 1\",\"artifacts\":[]}", 400},
	{"{\"provider\":\"\xff\",\"artifacts\":[]}", 400},
	{"{\"provider\":\"gcp\\\", x=\\\"\",\"artifacts\":[]}", 403},
	{"{\"provider\":\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	 "\",\"artifacts\":[]}",
		422},
	{HF, 201},
};

START_TEST(test_auth__nobody_submits_for_another_provider)
{
	char token[128], header[256];

	make_token("submit:hf", 0, token);
	snprintf(header, sizeof(header), "Authorization: Bearer %s\r\n", token);
	for (int i = 0; i < COUNT(claims); i++) {
		struct reply_text t;
		char value[512];

		rig_ask(&rig, "POST", "/v1/manifests", header, claims[i].body, &t);
		ck_assert_msg(claims[i].status ? t.status == claims[i].status : t.status >= 400,
			"%s: %s", claims[i].body, t.all.buf);
		if (t.status == 403) {
			reply_header(&t, "WWW-Authenticate", value);
			ck_assert_msg(strstr(value, "scope=\"submit:"), "%s", t.all.buf);
			ck_assert_int_eq(value[strlen(value) - 1], '"');
		}
		ck_assert_str_eq(reply_header(&t, "X-Evil", value), "");
		reply_clear(&t);
	}
	rig_expect(&rig, "GET", "/v1/status", "", NULL, 200, "\"manifests\":1,");
}
END_TEST

START_TEST(test_auth__tokens_in_the_query_are_none)
{
	static const char *const names[] = {"access_token", "token", "api_key", "authorization"};
	char path[256], header[512];

	for (int i = 0; i < COUNT(names); i++) {
		snprintf(path, sizeof(path), "/v1/status?%s=%s", names[i], rig.token);
		rig_expect(&rig, "GET", path, "Authorization: none\r\n", NULL, 401, NULL);
		rig_expect(&rig, "GET", path, "", NULL, 400, "invalid_parameter");
	}
	snprintf(header, sizeof(header), "Authorization: Bearer %s\r\nAuthorization: Bearer %s\r\n",
		rig.token, rig.token);
	rig_expect(&rig, "GET", "/v1/status", header, NULL, 400, "more than one Authorization");
	snprintf(header, sizeof(header), "Authorization: bearer  %s\r\n", rig.token);
	rig_expect(&rig, "GET", "/v1/status", header, NULL, 200, NULL);
}
END_TEST

/* Base64 of `who`, a colon and the token, as calendar programs send it. */
static void basic(const char *who, const char *token, char header[HEADER_MAX])
{
	STRBUF_AUTO text = STRBUF_INIT(256), coded = STRBUF_INIT(HEADER_MAX);

	strbuf_addf(&text, "%s%s", who, token);
	base64_encode(&coded, text.buf, text.len);
	snprintf(header, HEADER_MAX, "Authorization: Basic %s\r\n", coded.buf);
}

START_TEST(test_auth__calendar_programs_give_the_token_as_a_password)
{
	char header[HEADER_MAX], token[128], value[512];
	struct reply_text t;

	make_token("submit:hf", 0, token);
	basic("calendar:", token, header);
	rig_expect(&rig, "GET", "/v1/schedule.ics", header, NULL, 403, "insufficient_scope");
	make_token("read", 0, token);
	basic("calendar:", token, header);
	rig_expect(&rig, "GET", "/v1/schedule.ics", header, NULL, 200, "BEGIN:VCALENDAR");
	rig_expect(&rig, "GET", "/v1/schedule", header, NULL, 401, "is Bearer");
	rig_expect(&rig, "GET", "/v1/status", header, NULL, 401, "is Bearer");
	basic(":", token, header);
	rig_expect(&rig, "GET", "/v1/schedule.ics", header, NULL, 200, "BEGIN:VCALENDAR");
	basic("", token, header);
	rig_expect(&rig, "GET", "/v1/schedule.ics", header, NULL, 401, "the token as the password");
	basic("calendar:", "wrong", header);
	rig_expect(&rig, "GET", "/v1/schedule.ics", header, NULL, 401, "invalid_token");
	rig_expect(&rig, "GET", "/v1/schedule.ics", "Authorization: Basic !\r\n", NULL, 401,
		"the token as the password");
	rig.token[0] = '\0';
	rig_ask(&rig, "GET", "/v1/schedule.ics", "", NULL, &t);
	ck_assert_int_eq(t.status, 401);
	ck_assert_ptr_nonnull(strstr(t.all.buf, "WWW-Authenticate: Basic realm=\"spiralfed\"\r\n"));
	reply_clear(&t);
	rig_ask(&rig, "GET", "/v1/schedule", "", NULL, &t);
	ck_assert_str_eq(reply_header(&t, "WWW-Authenticate", value), REALM);
	ck_assert_ptr_null(strstr(t.all.buf, "Basic"));
	reply_clear(&t);
}
END_TEST

START_TEST(test_auth__a_miss_is_compared_as_a_hit_is)
{
	char header[320];

	make_strangers();
	for (int who = UNKNOWN_ID; who < STRANGERS; who++) {
		int before = atomic_load(&compared);

		snprintf(header, sizeof(header), "Authorization: %s\r\n", credentials[who]);
		rig_expect(&rig, "GET", "/v1/status", header, NULL, 401, NULL);
		ck_assert_msg(atomic_load(&compared) == before + 1, "%s was not compared",
			stranger_names[who]);
	}
	int before = atomic_load(&compared);

	rig_expect(&rig, "GET", "/v1/status", "", NULL, 200, NULL);
	ck_assert_int_eq(atomic_load(&compared), before + 1);
}
END_TEST

/* ---- canaries ---- */

enum { CANARIES_MAX = 16 };
static char canaries[CANARIES_MAX][SECRET_LEN + 1];
static int n_canaries;

static void plant(const char *token)
{
	ck_assert_int_lt(n_canaries, CANARIES_MAX);
	snprintf(canaries[n_canaries++], SECRET_LEN + 1, "%s", token + strlen(token) - SECRET_LEN);
}

static void search(const char *where, const char *text, size_t len)
{
	for (int i = 0; i < n_canaries; i++)
		ck_assert_msg(!memmem(text, len, canaries[i], SECRET_LEN), "a secret stands in %s",
			where);
}

static void search_file(const char *name)
{
	char path[SCRATCH_PATH];
	size_t len;

	if (access(scratch_file(path, name), F_OK) < 0)
		return;
	char *text = scratch_read(path, &len);

	ck_assert_uint_gt(len, 0);
	search(name, text, len);
	free(text);
}

static void search_answer(const char *method, const char *path, const char *headers)
{
	struct reply_text t;

	rig_ask(&rig, method, path, headers, NULL, &t);
	search(path, t.all.buf, t.all.len);
	reply_clear(&t);
}

/* Use the token in every way, right and wrong, with a log that tells everything. */
static void use(const char *token)
{
	static const char *const forms[] = {
		"Authorization: Bearer", "Authorization: Basic", "Cookie:"};
	static const char *const paths[] = {
		"/v1/status", "/nope", "/v1/policy?%20", "/v1/tokens", "/v1/events", "/metrics"};
	char header[256], path[256];

	for (int i = 0; i < COUNT(forms); i++) {
		snprintf(header, sizeof(header), "%s %s\r\n", forms[i], token);
		for (int k = 0; k < COUNT(paths); k++)
			search_answer("GET", paths[k], header);
		search_answer("PATCH", "/v1/status", header);
	}
	/* Where a secret does not belong, but where people put it. The problem shows a client its own
	 * path; the log and the registry must not keep it. */
	snprintf(path, sizeof(path), "/v1/status?token=%s", token);
	rig_expect(&rig, "GET", path, "", NULL, 400, NULL);
	snprintf(path, sizeof(path), "/v1/tokens/%s", token);
	rig_expect(&rig, "DELETE", path, "", NULL, 404, NULL);
}

START_TEST(test_auth__secrets_stand_nowhere)
{
	static const char request[] = "{\"name\":\"c\",\"scopes\":[\"operate\"]}";
	char path[SCRATCH_PATH], token[128];
	struct reply_text t;
	int fd = open(scratch_file(path, "log"), O_CREAT | O_WRONLY | O_APPEND, 0600);

	ck_assert_int_ge(fd, 0);
	log_setup(LOG_LEVEL_DEBUG, LOG_FORMAT_LOGFMT, fd);
	n_canaries = 0;
	plant(rig.token);
	make_strangers();
	for (int who = UNKNOWN_ID; who < STRANGERS; who++)
		plant(credentials[who]);
	rig_ask(&rig, "POST", "/v1/tokens", "Idempotency-Key: k\r\n", request, &t);
	plant(rig_member(t.body, "token", token, sizeof(token)));
	reply_clear(&t);
	/* Told once: not again to who repeats the request. */
	rig_ask(&rig, "POST", "/v1/tokens", "Idempotency-Key: k\r\n", request, &t);
	search("a replay", t.all.buf, t.all.len);
	reply_clear(&t);
	use(token);
	use(rig.token);
	for (int who = UNKNOWN_ID; who < STRANGERS; who++)
		use(credentials[who] + 7);
	search_file("log");
	search_file("registry.db");
	search_file("registry.db-wal");
	log_setup(LOG_LEVEL_ERROR, LOG_FORMAT_LOGFMT, 2);
	close(fd);
}
END_TEST

/* Found by a user: a stream that was open went on telling, whatever became of its token. */
START_TEST(test_auth__a_stream_ends_with_its_token)
{
	STRBUF_AUTO seen = STRBUF_INIT(1 << 20);
	char token[128], text[512], path[128], chunk[4096];
	int fd = rig_connect(&rig);
	ssize_t n;

	make_token("read", 0, token);
	n = snprintf(text, sizeof(text),
		"GET /v1/events HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer %s\r\n"
		"Accept: text/event-stream\r\n\r\n",
		token);
	rig_send(fd, text, (size_t)n);
	strbuf_addstr(&seen, "");
	while (!strstr(seen.buf, "retry: 2000") && (n = recv(fd, chunk, sizeof(chunk), 0)) > 0)
		strbuf_add(&seen, chunk, (size_t)n);
	ck_assert_ptr_nonnull(strstr(seen.buf, "200 OK"));
	snprintf(path, sizeof(path), "/v1/tokens/%.12s", token + 4);
	rig_expect(&rig, "DELETE", path, "", NULL, 200, NULL);
	make_token("read", 0, token);
	while (!strstr(seen.buf, "\r\n0\r\n\r\n") && (n = recv(fd, chunk, sizeof(chunk), 0)) > 0)
		strbuf_add(&seen, chunk, (size_t)n);
	ck_assert_ptr_nonnull(strstr(seen.buf, "\r\n0\r\n\r\n"));
	ck_assert_ptr_null(strstr(seen.buf, "token.created"));
	close(fd);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("who gets in, and what those are told who do not");
	TCase *t = tcase_create("auth");

	tcase_set_timeout(t, 120);
	tcase_add_checked_fixture(t, open_rig, close_rig);
	tcase_add_test(t, test_auth__strangers_are_told_the_same);
	tcase_add_test(t, test_auth__each_scope_opens_its_routes_and_no_others);
	tcase_add_test(t, test_auth__nobody_submits_for_another_provider);
	tcase_add_test(t, test_auth__tokens_in_the_query_are_none);
	tcase_add_test(t, test_auth__calendar_programs_give_the_token_as_a_password);
	tcase_add_test(t, test_auth__a_miss_is_compared_as_a_hit_is);
	tcase_add_test(t, test_auth__secrets_stand_nowhere);
	tcase_add_test(t, test_auth__a_stream_ends_with_its_token);
	suite_add_tcase(s, t);
	return s;
}
