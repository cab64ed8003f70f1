/* SPDX-License-Identifier: Apache-2.0
 *
 * The connector hf against a Hub that answers as it was told, one answer for each connection, on a Unix
 * socket; waits step the fake clock. What it asks, what it believes, where it takes the token.
 */
#include <check.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/jcs.h"
#include "provider/hf_parts.h"
#include "provider/hf_token.h"

Suite *test_suite(void);

enum { ANSWERS_MAX = 16, HEARD_MAX = 2048 };
#define SHA_A "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define SHA_B "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"

static struct arena *arena;
static struct fake_clock fake;
static struct provider_call call;
static struct connector *hf;
static char folder[] = "/tmp/spiralfed-hf-XXXXXX";
static struct {
	int fd;
	const char *const *answers; /* ended by NULL */
	atomic_int served;
	char heard[ANSWERS_MAX][HEARD_MAX];
	pthread_t thread;
} server;
static int64_t waited;

static void *serve(void *arg)
{
	(void)arg;
	for (int i = 0; server.answers[i]; i++) {
		int fd = accept(server.fd, NULL, NULL);

		if (fd < 0)
			return NULL;
		ssize_t n = recv(fd, server.heard[i], HEARD_MAX - 1, 0);

		server.heard[i][n > 0 ? n : 0] = '\0';
		server.served++;
		send(fd, server.answers[i], strlen(server.answers[i]), MSG_NOSIGNAL);
		close(fd);
	}
	return NULL;
}

static void step(const struct provider_call *c, int64_t usec)
{
	(void)c;
	waited += usec;
	fake_clock_step(&fake, usec);
}

static const char *at(const char *name)
{
	return arena_printf(arena, "%s/%s", folder, name);
}

static void put_file(const char *name, const char *text)
{
	FILE *f = fopen(at(name), "we");

	ck_assert_ptr_nonnull(f);
	fputs(text, f);
	fclose(f);
}

static void clear_environment(void)
{
	unsetenv("HF_TOKEN");
	unsetenv("HUGGING_FACE_HUB_TOKEN");
	unsetenv("HF_TOKEN_PATH");
	unsetenv("HF_HOME");
	unsetenv("HF_ENDPOINT");
}

static void open_server(void)
{
	struct sockaddr_un un = {.sun_family = AF_UNIX};

	server.fd = socket(AF_UNIX, SOCK_STREAM, 0);
	snprintf(un.sun_path, sizeof(un.sun_path), "%s/s", folder);
	ck_assert_int_eq(bind(server.fd, (struct sockaddr *)&un, sizeof(un)), 0);
	ck_assert_int_eq(listen(server.fd, ANSWERS_MAX), 0);
}

static void close_server(void)
{
	close(server.fd);
	unlink(at("s"));
}

static void setup(void)
{
	struct err err = {0};

	jcs_setup();
	clear_environment();
	arena = arena_new();
	fake_clock_init(&fake, INT64_C(1445412480) * USEC_PER_SEC);
	call = (struct provider_call){.clock = &fake.clock,
		.deadline = clock_mono(&fake.clock) + INT64_C(1000000) * USEC_PER_SEC,
		.arena = arena,
		.wait = step};
	waited = 0;
	memset(&server, 0, sizeof(server));
	memcpy(folder + strlen(folder) - 6, "XXXXXX", 6);
	ck_assert_ptr_nonnull(mkdtemp(folder));
	open_server();
	put_file("token", " hf_secret\n");
	const struct connector_options o = {.provider = "hf",
		.endpoint = arena_printf(arena, "unix:%s/s", folder),
		.author = "org",
		.filter = "unit good",
		.metrics = "quality=accuracy",
		.token_file = at("token")};

	ck_assert_msg(connector_hf.open(&o, &hf, &err) == 0, "%s", err.msg);
}

static void teardown(void)
{
	connector_hf.close(hf);
	close_server();
	unlink(at("token"));
	unlink(at("other"));
	rmdir(folder);
	arena_free(arena);
}

static void play(const char *const *answers)
{
	server.answers = answers;
	server.served = 0;
	ck_assert_int_eq(pthread_create(&server.thread, NULL, serve, NULL), 0);
}

/* After that nobody can connect any more, unless all was asked for. */
static void stop(void)
{
	if (server.answers[server.served])
		shutdown(server.fd, SHUT_RDWR);
	pthread_join(server.thread, NULL);
}

/* An answer with its length. */
static const char *answer(const char *head, const char *body)
{
	return arena_printf(
		arena, "HTTP/1.1 %s\r\nContent-Length: %zu\r\n\r\n%s", head, strlen(body), body);
}

static bool heard(int i, const char *what)
{
	return strstr(server.heard[i], what) != NULL;
}

#define ONE(name, sha) "{\"id\":\"" name "\",\"sha\":\"" sha "\"}"

static int list(const char *const *answers, struct source_listing *l, struct err *err)
{
	*err = (struct err){0};
	play(answers);
	int rc = connector_hf.list(hf, &call, l, err);

	stop();
	return rc;
}

START_TEST(test_hf__lists_page_by_page_and_by_name)
{
	struct source_listing l;
	struct err err;
	const char *const answers[] = {
		answer("200 OK\r\nLink: <http://localhost/api/models?cursor=2&x=%2F>; rel=\"next\"",
			"[" ONE("org/c", SHA_A) "," ONE("org/a", SHA_A) "," ONE(
				"other/a", SHA_A) "]"),
		answer("200 OK", "[" ONE("Org/b", SHA_B) "," ONE("org/a", SHA_B) "," ONE(
					 "organ/a", SHA_B) "]"),
		NULL};

	ck_assert_msg(list(answers, &l, &err) == 0, "%s", err.msg);
	ck_assert(heard(0, "GET /api/models?author=org&filter=unit&filter=good&sort=lastModified"));
	ck_assert(heard(0, "Authorization: Bearer hf_secret\r\n"));
	ck_assert_msg(heard(1, "GET /api/models?cursor=2&x=%2F HTTP"), "%s", server.heard[1]);
	ck_assert(heard(1, "Authorization: Bearer hf_secret\r\n"));
	/* One that changed meanwhile stands on two pages; others' are none of ours. */
	ck_assert_uint_eq(l.n, 3);
	ck_assert_str_eq(l.v[0].name, "Org/b");
	ck_assert_str_eq(l.v[0].version, SHA_B);
	ck_assert_str_eq(l.v[1].name, "org/a");
	ck_assert_str_eq(l.v[2].name, "org/c");
}
END_TEST

#define LINKED                                                                           \
	"200 OK\r\nETag: W/\"one\"\r\nLink: <http://localhost/api/models?cursor=2>; rel" \
	"=\"next\""

START_TEST(test_hf__an_unchanged_first_page_is_an_unchanged_listing)
{
	static const char *const by_etag[] = {"HTTP/1.1 304 Not Modified\r\n\r\n", NULL};
	const char *first = answer(LINKED, "[" ONE("org/b", SHA_A) "]");
	const char *second = answer("200 OK", "[" ONE("org/a", SHA_A) "]");
	const char *const whole[] = {first, second, NULL};
	const char *const by_bytes[] = {first, NULL};
	const char *const changed[] = {answer(LINKED, "[" ONE("org/b", SHA_B) "]"), second, NULL};
	struct source_listing l;
	struct err err;

	ck_assert_int_eq(list(whole, &l, &err), 0);
	ck_assert(!heard(0, "If-None-Match"));
	ck_assert_msg(list(by_etag, &l, &err) == 0, "%s", err.msg);
	ck_assert(heard(0, "If-None-Match: W/\"one\"\r\n"));
	ck_assert_uint_eq(l.n, 2);
	ck_assert_int_eq(list(by_bytes, &l, &err), 0);
	ck_assert_uint_eq(l.n, 2);
	ck_assert_int_eq(list(changed, &l, &err), 0);
	ck_assert_int_eq(server.served, 2);
	ck_assert_str_eq(l.v[1].version, SHA_B);
	/* What was deleted is on no first page: once a day all is read. */
	fake_clock_step(&fake, INT64_C(86400) * USEC_PER_SEC);
	ck_assert_int_eq(list(whole, &l, &err), 0);
	ck_assert(!heard(0, "If-None-Match"));
	ck_assert_int_eq(server.served, 2);
}
END_TEST

static const struct {
	const char *head, *body;
	enum err_code code;
	const char *says;
} faults[] = {
	{"200 OK", "{\"models\":[]}", ERR_IO, "it is no array"},
	{"200 OK", "<html>", ERR_IO, "not what the Hub's API gives"},
	{"200 OK", "[{\"id\":\"org/a\",\"commit\":\"" SHA_A "\"}]", ERR_IO, "entry 0 has no sha"},
	{"200 OK", "[{\"id\":\"org/a\",\"sha\":7}]", ERR_IO, "entry 0 has no sha"},
	{"200 OK", "[{\"id\":\"org/a/../../x\",\"sha\":\"" SHA_A "\"}]", ERR_IO,
		"entry 0 has no id"},
	{"200 OK\r\nLink: <http://elsewhere/api/models>; rel=\"next\"", "[]", ERR_IO,
		"goes on at another server"},
	{"200 OK\r\nLink: <http://localhost/api/models?a b>; rel=\"next\"", "[]", ERR_IO,
		"which is no URL"},
	{"401 No", "{\"error\":\"Invalid credentials in Authorization header\"}", ERR_CONFIG,
		"the Hub refuses the token: 401: Invalid credentials"},
	{"403 No\r\nX-Error-Message: scope", "", ERR_CONFIG, "the Hub says 403: scope"},
	{"404 No", "", ERR_IO, "the Hub says 404"},
	{"400 No\r\nX-Request-Id: r-1", "{\"error\":\"Invalid expand\"}", ERR_IO,
		"answered 400: Invalid expand (request r-1)"},
};

START_TEST(test_hf__says_what_is_wrong_with_a_listing)
{
	const char *const answers[] = {answer(faults[_i].head, faults[_i].body), NULL};
	struct source_listing l;
	struct err err;

	ck_assert_int_eq(list(answers, &l, &err), -1);
	ck_assert_msg(strstr(err.msg, faults[_i].says), "%s", err.msg);
	ck_assert_int_eq(err.code, faults[_i].code);
	ck_assert_ptr_null(strstr(err.msg, "hf_secret"));
	ck_assert_int_eq(server.served, 1);
}
END_TEST

/* As a file is for a moment that is written in place: what only the token shows would be gone. */
START_TEST(test_hf__an_empty_token_file_is_no_stranger)
{
	const char *const answers[] = {answer("200 OK", "[" ONE("org/a", SHA_A) "]"), NULL};
	struct source_listing l;
	struct err err;

	ck_assert_int_eq(list(answers, &l, &err), 0);
	put_file("token", "\n");
	ck_assert_int_eq(list(answers, &l, &err), -1);
	ck_assert_int_eq(err.code, ERR_CONFIG);
	ck_assert_msg(strstr(err.msg, "token_file: it is empty"), "%s", err.msg);
	ck_assert_int_eq(server.served, 0);
}
END_TEST

/* Pages that lead back, and a page that is dear: either would fill the memory. */
START_TEST(test_hf__a_listing_comes_to_an_end)
{
	struct source_listing l;
	struct err err;
	char *many = arena_alloc(arena, 32 * 1000 * 3 + 1);
	const char *const back[] = {
		answer(LINKED, "[" ONE("org/c", SHA_A) "]"), answer(LINKED, "[]"), NULL};

	ck_assert_int_eq(list(back, &l, &err), -1);
	ck_assert_msg(strstr(err.msg, "a page that was read"), "%s", err.msg);
	ck_assert_int_eq(server.served, 2);
	for (int i = 0; i < 32 * 1000; i++)
		memcpy(many + i * 3, i ? ",[]" : "[[]", 3);
	memcpy(many + 32 * 1000 * 3 - 1, "]", 2);

	const char *const dear[] = {answer("200 OK", many), NULL};

	ck_assert_int_eq(list(dear, &l, &err), -1);
	ck_assert_msg(strstr(err.msg, "more than 32000 values"), "%s", err.msg);
}
END_TEST

START_TEST(test_hf__waits_as_long_as_the_hub_says)
{
	struct session_health h;
	struct source_listing l;
	struct err err;
	const char *const answers[] = {
		answer("429 No\r\nRateLimit: \"api\";r=0;t=120\r\nRateLimit-Policy: \"fixed "
		       "window\";\"api\";q=500;w=300",
			""),
		/* Something is left: it is another limit, and Retry-After counts. */
		answer("429 No\r\nRateLimit: \"api\";r=7;t=250\r\nRetry-After: 30", ""),
		answer("200 OK\r\nRateLimit: \"api\";r=499;t=300\r\nRateLimit-Policy: \"fixed "
		       "window\";\"api\";q=500;w=300",
			"[]"),
		NULL};

	ck_assert_msg(list(answers, &l, &err) == 0, "%s", err.msg);
	ck_assert_int_eq(waited, 151 * USEC_PER_SEC);
	ck_assert(connector_hf.health(hf, &fake.clock, &h));
	ck_assert_int_eq(h.quota_limit, 500);
	ck_assert_int_eq(h.quota_left, 499);
	ck_assert_int_eq(h.quota_reset, clock_now(&fake.clock) + 300 * USEC_PER_SEC);
	ck_assert_uint_eq(h.requests, 3);
	ck_assert_uint_eq(h.retries, 2);
}
END_TEST

/* What the Hub says is no time until it was bounded. */
START_TEST(test_hf__a_vast_quota_is_bounded)
{
	struct session_health h;
	struct source_listing l;
	struct err err;
	const char *const answers[] = {
		answer("429 No\r\nRateLimit: \"api\";r=0;t=9223372036854775807", ""),
		answer("200 OK\r\nRateLimit: \"api\";r=99999999999999999999;t=9223372036854\r\n"
		       "RateLimit-Policy: \"api\";q=9223372036854775807;w=1",
			"[]"),
		NULL};
	int64_t week = INT64_C(7) * 86400 * USEC_PER_SEC;

	ck_assert_msg(list(answers, &l, &err) == 0, "%s", err.msg);
	ck_assert_int_eq(waited, week + USEC_PER_SEC);
	ck_assert(connector_hf.health(hf, &fake.clock, &h));
	ck_assert_int_eq(h.quota_left, INT64_C(1) << 53);
	ck_assert_int_eq(h.quota_limit, INT64_C(1) << 53);
	ck_assert_int_eq(h.quota_reset, clock_now(&fake.clock) + week);
}
END_TEST

/* Asked each hour, the breaker lets one request through; when the Hub is there again, so is the listing. */
START_TEST(test_hf__comes_back_after_two_days)
{
	const char *const answers[] = {answer("200 OK", "[" ONE("org/a", SHA_A) "]"), NULL};
	struct session_health h;
	struct source_listing l;
	struct err err = {0};

	close_server();
	for (int hour = 0; hour < 48; hour++) {
		fake_clock_step(&fake, INT64_C(3600) * USEC_PER_SEC);
		ck_assert_int_eq(connector_hf.list(hf, &call, &l, &err), -1);
		ck_assert_int_eq(err.code, ERR_UNREACHABLE);
	}
	connector_hf.health(hf, &fake.clock, &h);
	ck_assert_int_eq(h.breaker, BREAKER_OPEN);
	ck_assert_uint_le(h.requests, 5 + 47);
	open_server();
	fake_clock_step(&fake, INT64_C(3600) * USEC_PER_SEC);
	ck_assert_msg(list(answers, &l, &err) == 0, "%s", err.msg);
	ck_assert_uint_eq(l.n, 1);
	connector_hf.health(hf, &fake.clock, &h);
	ck_assert_int_eq(h.breaker, BREAKER_CLOSED);
}
END_TEST

/* ---- Fetching ---- */

static int fetch(const char *const *answers, struct source_document *d, struct err *err)
{
	const struct source_entry entry = {"org/family-v3", SHA_A, NULL};

	*err = (struct err){0};
	play(answers);
	int rc = connector_hf.fetch(hf, &call, &entry, d, err);

	stop();
	return rc;
}

START_TEST(test_hf__reads_the_manifest_at_the_commit)
{
	const char *const answers[] = {
		answer("307 There\r\nLocation: /api/resolve-cache/models/org/family-v3/x", ""),
		answer("200 OK", "{\"provider\":\"hf\"}"), NULL};
	struct source_document d;
	struct err err;

	ck_assert_int_eq(fetch(answers, &d, &err), FETCH_DONE);
	ck_assert_str_eq(d.text, "{\"provider\":\"hf\"}");
	ck_assert_ptr_null(d.built);
	ck_assert(heard(0, "GET /org/family-v3/resolve/" SHA_A "/spiralfed/manifest.json HTTP"));
	ck_assert(heard(1, "GET /api/resolve-cache/models/org/family-v3/x HTTP"));
	ck_assert(heard(1, "Authorization: Bearer hf_secret\r\n"));
}
END_TEST

#define NO_FILE "404 No\r\nX-Error-Code: EntryNotFound"
#define INDEX(metrics)                                                                       \
	"\"model-index\":[{\"name\":\"x\",\"results\":[{\"task\":{\"type\":\"t\"},\"dataset" \
	"\":{\"type\":\"d\",\"name\":\"D\"},\"metrics\":[" metrics "]}]}]"
#define INFO(tags, rest) \
	"{\"id\":\"org/family-v3\",\"sha\":\"" SHA_A "\",\"tags\":[" tags "]" rest "}"
#define METRIC(type, value) "{\"type\":\"" type "\",\"value\":" value "}"

static const struct {
	const char *info;
	int rc;
	const char *says, *built; /* of the document or the error */
} cards[] = {
	{INFO("\"role:textgen\"",
		 ",\"cardData\":{\"license\":\"mit\",\"base_model\":\"a/b\"}," INDEX(
			 METRIC("accuracy", "0.5") "," METRIC(
				 "wer", "\"20.0 \xc2\xb1 1.2\"") "," METRIC("f1", "\"N/A\""))),
		FETCH_DONE, "\"uri\":\"hf://org/family-v3@" SHA_A "\"", "wer: is the text"},
	{INFO("\"role:textgen\"", "," INDEX(METRIC("accuracy", "0.5"))), FETCH_DONE,
		"\"quality\":{\"value\":0.5", "quality: /model-index/0"},
	{INFO("\"role:textgen\"", "," INDEX(METRIC("accuracy", "\"N/A\""))), FETCH_REFUSED,
		"no manifest can be made of its card", NULL},
	{INFO("\"x\"", "," INDEX(METRIC("accuracy", "0.5"))), FETCH_REFUSED,
		"nothing says its role", NULL},
	{INFO("\"role:textgen\"", ",\"cardData\":{\"license\":\"mit\"}"), FETCH_REFUSED,
		"no model-index or evaluation results", NULL},
	{INFO("\"role:textgen\"", ",\"evalResults\":[]"), FETCH_REFUSED,
		"no model-index or evaluation results", NULL},
	{"{\"id\":\"org/family-v3\"}", -1, "gives: no sha", NULL},
	{"[]", -1, "gives: no sha", NULL},
	{"<html>", -1, "not what its API gives", NULL},
};

START_TEST(test_hf__makes_a_manifest_of_a_card)
{
	const char *const answers[] = {
		answer(NO_FILE, "Entry not found"), answer("200 OK", cards[_i].info), NULL};
	struct source_document d = {0};
	struct err err;
	int rc = fetch(answers, &d, &err);

	ck_assert_msg(rc == cards[_i].rc, "%d: %s", rc, err.msg);
	ck_assert(heard(1, "GET /api/models/org/family-v3/revision/" SHA_A "?expand=sha"));
	if (rc == FETCH_DONE) {
		ck_assert_msg(strstr(d.text, cards[_i].says), "%s", d.text);
		ck_assert_msg(strstr(d.built, cards[_i].built), "%s", d.built);
	} else {
		ck_assert_msg(strstr(err.msg, cards[_i].says), "%s", err.msg);
		ck_assert_int_eq(err.code, rc < 0 ? ERR_IO : ERR_INVALID_MANIFEST);
	}
}
END_TEST

static const struct {
	const char *head;
	int rc;
	enum err_code code;
	const char *says;
} refusals[] = {
	{"404 No\r\nX-Error-Code: RevisionNotFound", FETCH_GONE, ERR_NONE, NULL},
	{"404 No\r\nX-Error-Code: RepoNotFound", FETCH_GONE, ERR_NONE, NULL},
	{"401 No", FETCH_GONE, ERR_NONE, NULL},
	{"403 No\r\nX-Error-Code: GatedRepo\r\nX-Error-Message: ask first", -1, ERR_IO,
		"403 GatedRepo: ask first"},
	{"401 No\r\nX-Error-Code: GatedRepo", -1, ERR_IO, "401 GatedRepo"},
	{"401 No\r\nX-Error-Message: Invalid credentials in Authorization header", -1, ERR_CONFIG,
		"refuses the token"},
	{"302 There\r\nX-Linked-Size: 1048577\r\nLocation: https://cdn/x", FETCH_REFUSED,
		ERR_INVALID_MANIFEST, "more than 1048576 bytes"},
	{"302 There\r\nLocation: ftp://cdn/x", -1, ERR_IO, "is no server"},
	{"302 There\r\nLocation: nonsense", -1, ERR_IO, "which is no URL"},
	{"302 There\r\nLocation: /a\x0b"
	 "b",
		-1, ERR_IO, "which is no URL"},
	{"302 There\r\nLocation: http://localhost/a b", -1, ERR_IO, "which is no URL"},
	{"302 There\r\nLocation: http://127.0.0.2:9/x", -1, ERR_IO, "not on the open internet"},
	{"302 There\r\nLocation: http://10.1.2.3/x", -1, ERR_IO, "not on the open internet"},
};

START_TEST(test_hf__a_refusal_is_of_one_repository_or_of_all)
{
	const char *const answers[] = {answer(refusals[_i].head, ""), NULL};
	struct source_document d;
	struct err err;

	ck_assert_int_eq(fetch(answers, &d, &err), refusals[_i].rc);
	ck_assert_msg(err.code == refusals[_i].code, "%d: %s", err.code, err.msg);
	if (refusals[_i].says)
		ck_assert_msg(strstr(err.msg, refusals[_i].says), "%s", err.msg);
	ck_assert_int_eq(server.served, 1);
}
END_TEST

/* ---- By name, and messages ---- */

static const struct {
	const char *head, *body;
	int rc;
} finds[] = {
	{"200 OK", "{\"id\":\"org/a\",\"sha\":\"" SHA_A "\",\"tags\":[\"good\",\"unit\"]}", 1},
	{"200 OK", "{\"id\":\"org/a\",\"sha\":\"" SHA_A "\",\"tags\":[\"good\"]}", 0},
	{"200 OK", "{\"id\":\"org/b\",\"sha\":\"" SHA_A "\",\"tags\":[\"good\",\"unit\"]}", 0},
	{"404 No\r\nX-Error-Code: RepoNotFound", "", 0},
	{"401 No", "", 0},
	{"200 OK", "{\"id\":\"org/a\"}", -1},
};

START_TEST(test_hf__finds_one_by_name)
{
	const char *const answers[] = {answer(finds[_i].head, finds[_i].body), NULL};
	struct source_entry e;
	struct err err = {0};

	play(answers);
	ck_assert_int_eq(connector_hf.find(hf, &call, "org/a", &e, &err), finds[_i].rc);
	stop();
	if (finds[_i].rc == 1)
		ck_assert_str_eq(e.version, SHA_A);
}
END_TEST

#define MESSAGE(type, name, scope, rest)                                                        \
	"{\"event\":{\"action\":\"update\",\"scope\":\"" scope "\"},\"repo\":{\"type\":\"" type \
	"\",\"name\":\"" name "\"}" rest "}"
#define REF(ref) ",\"updatedRefs\":[{\"ref\":\"" ref "\",\"oldSha\":null,\"newSha\":\"" SHA_A "\"}]"

static const struct {
	const char *body, *name; /* name "": it is no message */
} messages[] = {
	{MESSAGE("model", "org/a", "repo.content", REF("refs/heads/main")), "org/a"},
	{MESSAGE("model", "org/a", "repo", ""), "org/a"},
	{MESSAGE("model", "org/a", "repo.new-thing", ""), "org/a"},
	{MESSAGE("model", "Org/a", "repo.content", ""), "Org/a"},
	{MESSAGE("model", "org/a", "repo.content", REF("refs/tags/v1.0.0")), NULL},
	{MESSAGE("model", "org/a", "discussion.comment", ""), NULL},
	{MESSAGE("dataset", "org/a", "repo.content", ""), NULL},
	{MESSAGE("model", "other/a", "repo.content", ""), NULL},
	{MESSAGE("model", "org2/a", "repo.content", ""), NULL},
	{MESSAGE("model", "org/../a", "repo.content", ""), NULL},
	{"{\"repo\":{\"type\":\"model\",\"name\":\"org/a\"}}", ""},
	{"[]", ""},
	{"{", ""},
};

START_TEST(test_hf__knows_what_a_message_is_about)
{
	const char *body = messages[_i].body;
	struct source_mention about = {0};
	struct err err = {0};
	int rc = connector_hf.hook(hf, body, strlen(body), arena, &about, &err);

	if (messages[_i].name && !*messages[_i].name) {
		ck_assert_int_eq(rc, -1);
		ck_assert_int_eq(err.code, strcmp(body, "{") == 0 ? ERR_BAD_JSON : ERR_BAD_REQUEST);
		return;
	}
	ck_assert_int_eq(rc, 0);
	ck_assert_pstr_eq(about.name, messages[_i].name);
	ck_assert(!about.name == (about.why != NULL));
}
END_TEST

/* ---- Probing ---- */

#define FILES(list) "{\"siblings\":[{\"rfilename\":\"README.md\",\"size\":9000}" list "]}"
#define WEIGHT	    ",{\"rfilename\":\"a b.bin\",\"size\":70}"

static const struct {
	const char *uri;
	int64_t size;
	const char *first, *body, *second;
	enum probe_verdict verdict;
	const char *says;
} probes[] = {
	{"hf://org/a@" SHA_A, -1, "200 OK", FILES(WEIGHT), "302 There\r\nLocation: https://cdn/x",
		PROBE_REACHABLE, "a b.bin is there"},
	{"hf://org/a", 12345, "200 OK", FILES(WEIGHT), "200 OK", PROBE_REACHABLE, "org/a@main"},
	{"hf://org/a", -1, "200 OK", FILES(WEIGHT), "403 No\r\nX-Error-Code: GatedRepo",
		PROBE_MISSING, "403 GatedRepo"},
	{"hf://org/a", -1, "200 OK", FILES(""), NULL, PROBE_MISSING, "nothing but its card"},
	{"hf://org/a", -1, "404 No\r\nX-Error-Code: RepoNotFound", "", NULL, PROBE_MISSING,
		"404 RepoNotFound"},
	{"hf://org/a@v1/x/w.bin", 70, "302 There\r\nX-Linked-Size: 70\r\nLocation: https://cdn/x",
		"", NULL, PROBE_REACHABLE, "org/a@v1/x/w.bin is there"},
	{"hf://org/a@v1/x/w.bin", 71, "302 There\r\nX-Linked-Size: 70\r\nLocation: https://cdn/x",
		"", NULL, PROBE_MISSING, "has 70 bytes; its manifest says 71"},
	{"s3://org/a", -1, NULL, NULL, NULL, PROBE_UNKNOWN, "elsewhere than on the Hub"},
	{"hf://org", -1, NULL, NULL, NULL, PROBE_MISSING, "no repository of the Hub"},
	{"hf://org/a@..", -1, NULL, NULL, NULL, PROBE_MISSING, "no repository of the Hub"},
	{"hf://org/a@main/x/../../../b/resolve/main/w.bin", -1, NULL, NULL, NULL, PROBE_MISSING,
		"no repository of the Hub"},
	{"hf://../a/b", -1, NULL, NULL, NULL, PROBE_MISSING, "no repository of the Hub"},
};

START_TEST(test_hf__looks_whether_an_artifact_is_there)
{
	const struct probe_target target = {probes[_i].uri, probes[_i].size};
	const char *const answers[] = {
		probes[_i].first ? answer(probes[_i].first, probes[_i].body) : NULL,
		probes[_i].second ? answer(probes[_i].second, "") : NULL, NULL};
	struct probe p;
	struct err err = {0};

	play(answers);
	int rc = connector_hf.probe(hf, &call, &target, &p, &err);

	stop();
	ck_assert_msg(rc == 0, "%s", err.msg);
	ck_assert_msg(p.verdict == probes[_i].verdict, "%s", p.detail);
	ck_assert_msg(strstr(p.detail, probes[_i].says), "%s", p.detail);
	if (probes[_i].second)
		ck_assert(heard(1, "HEAD /org/a/resolve/") && heard(1, "/a%20b.bin HTTP"));
}
END_TEST

/* ---- Tokens, options, headers ---- */

START_TEST(test_hf__takes_the_token_where_the_official_client_does)
{
	const char *token;
	struct err err = {0};

	put_file("other", "\thf_home\n");
	ck_assert_int_eq(hf_token(NULL, arena, &token, &err), 0);
	ck_assert_str_eq(token, "");
	setenv("HF_HOME", folder, 1);
	ck_assert_int_eq(hf_token(NULL, arena, &token, &err), 0);
	ck_assert_str_eq(token, "hf_secret");
	setenv("HF_TOKEN_PATH", at("other"), 1);
	ck_assert_int_eq(hf_token(NULL, arena, &token, &err), 0);
	ck_assert_str_eq(token, "hf_home");
	setenv("HUGGING_FACE_HUB_TOKEN", "hf_old", 1);
	ck_assert_int_eq(hf_token(NULL, arena, &token, &err), 0);
	ck_assert_str_eq(token, "hf_old");
	setenv("HF_TOKEN", " hf_env ", 1);
	ck_assert_int_eq(hf_token(NULL, arena, &token, &err), 0);
	ck_assert_str_eq(token, "hf_env");
	ck_assert_int_eq(hf_token(at("token"), arena, &token, &err), 0);
	ck_assert_str_eq(token, "hf_secret");
	ck_assert_int_eq(hf_token(at("none"), arena, &token, &err), -1);
	ck_assert_int_eq(err.code, ERR_CONFIG);
	clear_environment();
}
END_TEST

START_TEST(test_hf__a_token_does_not_travel_in_the_clear)
{
	const struct connector_options o = {.provider = "hf",
		.endpoint = "http://192.0.2.1:9",
		.author = "org",
		.token_file = at("token")};
	struct connector *c;
	struct source_listing l;
	struct err err = {0};

	ck_assert_int_eq(connector_hf.open(&o, &c, &err), 0);
	ck_assert_int_eq(connector_hf.list(c, &call, &l, &err), -1);
	ck_assert_int_eq(err.code, ERR_CONFIG);
	ck_assert_msg(strstr(err.msg, "not sent over a plain connection"), "%s", err.msg);
	connector_hf.close(c);
}
END_TEST

static const struct {
	struct connector_options o;
	const char *says;
} options[] = {
	{{.provider = "hf"}, "needs author"},
	{{.provider = "hf", .author = "a/b"}, "is no organisation"},
	{{.provider = "hf", .author = ".."}, "is no organisation"},
	{{.provider = "hf", .author = "a", .endpoint = "hub"}, "endpoint"},
	{{.provider = "hf", .author = "a", .token_file = "token"}, "no absolute path"},
	{{.provider = "hf", .author = "a", .metrics = "quality"}, "metrics"},
	{{.provider = "hf", .author = "a"}, NULL},
};

START_TEST(test_hf__refuses_wrong_options)
{
	struct connector *c;
	struct err err = {0};
	int rc = connector_hf.open(&options[_i].o, &c, &err);

	if (!options[_i].says) {
		ck_assert_int_eq(rc, 0);
		connector_hf.close(c);
		return;
	}
	ck_assert_int_eq(rc, -1);
	ck_assert_int_eq(err.code, ERR_CONFIG);
	ck_assert_msg(strstr(err.msg, options[_i].says), "%s", err.msg);
}
END_TEST

START_TEST(test_hf__reads_the_parameters_of_a_header)
{
	ck_assert_int_eq(hf_parameter("\"api\";r=489;t=189", "r", 500), 489);
	ck_assert_int_eq(hf_parameter("\"api\"; r=489; t=189", "t", 500), 189);
	ck_assert_int_eq(hf_parameter("\"fixed window\";\"api\";q=500;w=300", "q", 500), 500);
	ck_assert_int_eq(hf_parameter("\"a\";r=1, \"b\";r=2;t=3", "r", 500), 1);
	ck_assert_int_eq(hf_parameter("\"a\";r=1, \"b\";t=3", "t", 500), -1);
	ck_assert_int_eq(hf_parameter("\"a\";rr=1", "r", 500), -1);
	ck_assert_int_eq(hf_parameter("r=1;", "r", 500), -1);
	ck_assert_int_eq(hf_parameter(NULL, "r", 500), -1);
	ck_assert_int_eq(hf_parameter("\"a\";r=501", "r", 500), 500);
	ck_assert_int_eq(hf_parameter("\"a\";r=99999999999999999999;t=1", "r", 500), 500);
}
END_TEST

#define ADD(tc, test, table) tcase_add_loop_test(tc, test, 0, sizeof(table) / sizeof((table)[0]))

Suite *test_suite(void)
{
	Suite *s = suite_create("the Hub");
	TCase *t = tcase_create("hf");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, test_hf__lists_page_by_page_and_by_name);
	tcase_add_test(t, test_hf__an_unchanged_first_page_is_an_unchanged_listing);
	ADD(t, test_hf__says_what_is_wrong_with_a_listing, faults);
	tcase_add_test(t, test_hf__an_empty_token_file_is_no_stranger);
	tcase_add_test(t, test_hf__a_listing_comes_to_an_end);
	tcase_add_test(t, test_hf__waits_as_long_as_the_hub_says);
	tcase_add_test(t, test_hf__a_vast_quota_is_bounded);
	tcase_add_test(t, test_hf__comes_back_after_two_days);
	tcase_add_test(t, test_hf__reads_the_manifest_at_the_commit);
	ADD(t, test_hf__makes_a_manifest_of_a_card, cards);
	ADD(t, test_hf__a_refusal_is_of_one_repository_or_of_all, refusals);
	ADD(t, test_hf__finds_one_by_name, finds);
	ADD(t, test_hf__knows_what_a_message_is_about, messages);
	ADD(t, test_hf__looks_whether_an_artifact_is_there, probes);
	tcase_add_test(t, test_hf__takes_the_token_where_the_official_client_does);
	tcase_add_test(t, test_hf__a_token_does_not_travel_in_the_clear);
	ADD(t, test_hf__refuses_wrong_options, options);
	tcase_add_test(t, test_hf__reads_the_parameters_of_a_header);
	suite_add_tcase(s, t);
	return s;
}
