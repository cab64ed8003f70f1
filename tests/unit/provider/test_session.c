/* SPDX-License-Identifier: Apache-2.0
 *
 * A session against a server that answers as it was told, one answer for each connection, on a Unix
 * socket. Waits step the fake clock.
 */
#include <check.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/jcs.h"
#include "provider/session.h"

Suite *test_suite(void);

enum { ANSWERS_MAX = 16 };

static struct arena *arena;
static struct fake_clock fake;
static struct provider_call call;
static char folder[] = "/tmp/spiralfed-session-XXXXXX";
static struct {
	int fd;
	const char *const *answers; /* ended by NULL; "" closes the connection without one */
	int served;
	char heard[ANSWERS_MAX][1024];
	pthread_t thread;
} server;
static int64_t waited[ANSWERS_MAX];
static int waits;

static void *serve(void *arg)
{
	for (int i = 0; server.answers[i]; i++) {
		int fd = accept(server.fd, NULL, NULL);

		if (fd < 0)
			return NULL;
		ssize_t n = recv(fd, server.heard[i], sizeof(server.heard[i]) - 1, 0);
		server.heard[i][n > 0 ? n : 0] = '\0';
		server.served++;
		send(fd, server.answers[i], strlen(server.answers[i]), MSG_NOSIGNAL);
		close(fd);
	}
	return NULL;
}

static void step(const struct provider_call *c, int64_t usec)
{
	waited[waits++] = usec;
	fake_clock_step(&fake, usec);
}

static void setup(void)
{
	struct sockaddr_un un = {.sun_family = AF_UNIX};

	jcs_setup();
	arena = arena_new();
	fake_clock_init(&fake, INT64_C(1445412480) * USEC_PER_SEC);
	call = (struct provider_call){.clock = &fake.clock,
		.deadline = clock_mono(&fake.clock) + 3600 * USEC_PER_SEC,
		.arena = arena,
		.wait = step};
	waits = 0;
	memset(&server, 0, sizeof(server));
	memcpy(folder + strlen(folder) - 6, "XXXXXX", 6);
	ck_assert_ptr_nonnull(mkdtemp(folder));
	server.fd = socket(AF_UNIX, SOCK_STREAM, 0);
	snprintf(un.sun_path, sizeof(un.sun_path), "%s/s", folder);
	ck_assert_int_eq(bind(server.fd, (struct sockaddr *)&un, sizeof(un)), 0);
	ck_assert_int_eq(listen(server.fd, ANSWERS_MAX), 0);
}

static void play(const char *const *answers)
{
	server.answers = answers;
	ck_assert_int_eq(pthread_create(&server.thread, NULL, serve, NULL), 0);
}

static void stop(void)
{
	shutdown(server.fd, SHUT_RDWR);
	pthread_join(server.thread, NULL);
}

static void teardown(void)
{
	close(server.fd);
	unlink(arena_printf(arena, "%s/s", folder));
	rmdir(folder);
	arena_free(arena);
}

static struct session_request get(void)
{
	struct session_request r = {.http = {.method = "GET", .path = "/x", .cap = 1 << 16}};
	struct err err;

	ck_assert_int_eq(http_server_parse(arena_printf(arena, "unix:%s/s", folder), arena,
				 &r.http.server, &err),
		0);
	return r;
}

#define OK200	    "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-Quota: 7\r\n\r\n{}"
#define BUSY503	    "HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n"
#define SLOWDOWN429 "HTTP/1.1 429 Slow\r\nRetry-After: 33\r\nContent-Length: 0\r\n\r\n"
#define DENIED401                                                            \
	"HTTP/1.1 401 No\r\n\r\n{\"error\":{\"code\":401,\"message\":\"bad " \
	"token\"} }"
#define CUT "HTTP/1.1 200 OK\r\nContent-Length: 200\r\n\r\n{\"half\":"

static int send_with(const struct session_rule *rule, struct session_request *r,
	struct http_response *ret, int *ret_status, struct session_health *ret_health,
	struct err *err)
{
	struct session *s = session_new(rule);
	int rc = session_send(s, &call, r, NULL, ret, ret_status, err);

	session_health(s, &fake.clock, ret_health);
	session_free(s);
	return rc;
}

static const struct {
	const char *answers[8];
	bool once;
	int rc, status, served, waits;
	int64_t first_wait_least;
	const char *says;
} sends[] = {
	{{OK200}, false, 0, 200, 1, 0, 0, NULL},
	{{BUSY503, BUSY503, OK200}, false, 0, 200, 3, 2, USEC_PER_SEC / 2, NULL},
	{{"", OK200}, false, 0, 200, 2, 1, 0, NULL},
	{{CUT, OK200}, false, 0, 200, 2, 1, 0, NULL},
	{{SLOWDOWN429, OK200}, false, 0, 200, 2, 1, 33 * USEC_PER_SEC, NULL},
	{{DENIED401}, false, -1, 401, 1, 0, 0, "the provider answered 401: bad token"},
	{{BUSY503, BUSY503, BUSY503, BUSY503, BUSY503}, false, -1, 503, 5, 4, 0,
		"the provider answered 503"},
	{{BUSY503, OK200}, true, -1, 503, 1, 0, 0, "503"},
	{{"", OK200}, true, -1, 0, 1, 0, 0, ""},
	{{SLOWDOWN429, OK200}, true, 0, 200, 2, 1, 33 * USEC_PER_SEC, NULL},
};

static int authorize(
	void *arg, const struct provider_call *c, struct http_request *r, struct err *err)
{
	r->headers = arg;
	r->n_headers = 1;
	return 0;
}

/* As PHP, say, writes JSON: only who reads it sees the whole secret. */
START_TEST(test_session__shows_no_secret_that_is_quoted)
{
	static struct http_header header = {"Authorization", "Bearer aaa/bbb/ccc/ddd"};
	static const char *const answers[] = {
		"HTTP/1.1 400 No\r\n\r\n{\"error\":\"aaa\\/bbb\\/ccc\\/ddd is bad\"}", NULL};
	struct session_request r = get();
	struct session_health health;
	struct http_response response;
	struct err err = {0};

	r.prepare = authorize;
	r.arg = &header;
	play(answers);
	ck_assert_int_eq(send_with(&session_rule_default, &r, &response, NULL, &health, &err), -1);
	stop();
	ck_assert_str_eq(err.msg, "the provider answered 400: *** is bad");
}
END_TEST

/* What the client refuses to send says nothing of the server. */
START_TEST(test_session__what_cannot_be_sent_is_not_tried_again)
{
	static struct http_header header = {"If-None-Match", "\"a\rb\""};
	struct session_request r = get();
	struct session_health health;
	struct http_response response;
	struct err err = {0};

	r.prepare = authorize;
	r.arg = &header;
	ck_assert_int_eq(send_with(&session_rule_default, &r, &response, NULL, &health, &err), -1);
	ck_assert_int_eq(err.code, ERR_IO);
	ck_assert_int_eq(waits, 0);
	ck_assert_int_eq(health.failures, 0);
	ck_assert_uint_eq(health.requests, 0);
}
END_TEST

START_TEST(test_session__tries_again_what_will_pass)
{
	struct session_request r = get();
	struct session_health health;
	struct http_response response;
	struct err err = {0};
	int status = -1;

	r.once = sends[_i].once;
	play(sends[_i].answers);
	int rc = send_with(&session_rule_default, &r, &response, &status, &health, &err);
	stop();
	ck_assert_int_eq(rc, sends[_i].rc);
	ck_assert_int_eq(status, sends[_i].status);
	ck_assert_int_eq(server.served, sends[_i].served);
	ck_assert_int_eq(waits, sends[_i].waits);
	ck_assert_int_eq(health.requests, sends[_i].served);
	ck_assert_int_eq(health.retries, sends[_i].waits);
	if (waits)
		ck_assert_int_ge(waited[0], sends[_i].first_wait_least);
	if (sends[_i].says)
		ck_assert_msg(strstr(err.msg, sends[_i].says), "%s", err.msg);
	else
		ck_assert_int_eq(err.code, ERR_NONE);
	if (!sends[_i].says)
		ck_assert_str_eq(http_response_header(&response, "x-quota"), "7");
}
END_TEST

START_TEST(test_session__an_expected_status_is_an_answer)
{
	static const char *const answers[] = {"HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n", NULL};
	static const int expected[] = {409, 404, 0};
	struct session *s = session_new(&session_rule_default);
	struct session_request r = get();
	struct http_response response;
	struct err err;

	play(answers);
	ck_assert_int_eq(session_send(s, &call, &r, expected, &response, NULL, &err), 0);
	stop();
	ck_assert_int_eq(response.status, 404);
	session_free(s);
}
END_TEST

/* A wait that would end after the deadline is not begun: the reason is what is told. */
START_TEST(test_session__keeps_the_deadline)
{
	static const char *const answers[] = {SLOWDOWN429, OK200, NULL};
	struct session_request r = get();
	struct session_health health;
	struct http_response response;
	struct err err;

	call.deadline = clock_mono(&fake.clock) + 20 * USEC_PER_SEC;
	play(answers);
	ck_assert_int_eq(send_with(&session_rule_default, &r, &response, NULL, &health, &err), -1);
	stop();
	ck_assert_int_eq(waits, 0);
	ck_assert_msg(strstr(err.msg, "429"), "%s", err.msg);
}
END_TEST

START_TEST(test_session__leaves_a_broken_server_alone)
{
	static const char *const answers[] = {BUSY503, BUSY503, OK200, NULL};
	const struct session_rule rule = {
		.retry = {.attempts = 1, .base = 1, .cap = 1},
		.breaker = {.after = 2, .first = 30 * USEC_PER_SEC, .most = 60 * USEC_PER_SEC},
		.at_once = 1,
	};
	struct session *s = session_new(&rule);
	struct session_request r = get();
	struct session_health health;
	struct http_response response;
	struct err err;

	play(answers);
	for (int i = 0; i < 2; i++)
		ck_assert_int_eq(session_send(s, &call, &r, NULL, &response, NULL, &err), -1);
	ck_assert_int_eq(session_send(s, &call, &r, NULL, &response, NULL, &err), -1);
	ck_assert_int_eq(server.served, 2);
	ck_assert_msg(strstr(err.msg, "failed 2 times in a row"), "%s", err.msg);
	/* Whoever is turned away is told why, too. */
	ck_assert_msg(strstr(err.msg, "answered 503"), "%s", err.msg);
	session_health(s, &fake.clock, &health);
	ck_assert_int_eq(health.breaker, BREAKER_OPEN);
	ck_assert_int_eq(health.left_alone, 30 * USEC_PER_SEC);
	fake_clock_step(&fake, 30 * USEC_PER_SEC);
	ck_assert_int_eq(session_send(s, &call, &r, NULL, &response, NULL, &err), 0);
	stop();
	session_health(s, &fake.clock, &health);
	ck_assert_int_eq(health.breaker, BREAKER_CLOSED);
	ck_assert_int_eq(health.bytes, 2);
	session_free(s);
}
END_TEST

static int sign(void *arg, const struct provider_call *c, struct http_request *r, struct err *err)
{
	static struct http_header header;
	int *n = arg;

	header = (struct http_header){"X-Try", arena_printf(c->arena, "%d", ++*n)};
	r->headers = &header;
	r->n_headers = 1;
	return 0;
}

START_TEST(test_session__prepares_each_attempt)
{
	static const char *const answers[] = {BUSY503, OK200, NULL};
	struct session_request r = get();
	struct session_health health;
	struct http_response response;
	struct err err;
	int n = 0;

	r.prepare = sign;
	r.arg = &n;
	play(answers);
	ck_assert_int_eq(send_with(&session_rule_default, &r, &response, NULL, &health, &err), 0);
	stop();
	ck_assert_ptr_nonnull(strstr(server.heard[0], "X-Try: 1"));
	ck_assert_ptr_nonnull(strstr(server.heard[1], "X-Try: 2"));
}
END_TEST

/* Time is over before it could be sent; without a limit it would wait for ever. */
static int dawdle(void *arg, const struct provider_call *c, struct http_request *r, struct err *err)
{
	int *n = arg;

	(void)c;
	(void)r;
	(void)err;
	++*n;
	fake_clock_step(&fake, 3600 * USEC_PER_SEC);
	return 0;
}

START_TEST(test_session__sends_nothing_after_the_deadline)
{
	static const char *const answers[] = {OK200, NULL};
	struct session_request r = get();
	struct session_health health;
	struct http_response response;
	struct err err;
	int n = 0;

	r.prepare = dawdle;
	r.arg = &n;
	play(answers);
	ck_assert_int_eq(send_with(&session_rule_default, &r, &response, NULL, &health, &err), -1);
	stop();
	ck_assert_int_eq(n, 1);
	ck_assert_int_eq(server.served, 0);
	ck_assert_int_eq(health.requests, 0);
	ck_assert_int_eq(health.breaker, BREAKER_CLOSED);
}
END_TEST

static int no_credentials(
	void *arg, const struct provider_call *c, struct http_request *r, struct err *err)
{
	int *n = arg;

	(void)c;
	(void)r;
	++*n;
	return err_set(err, ERR_CONFIG, "no credentials");
}

/* Its place is given back, and an open breaker is not passed by asking for credentials. */
START_TEST(test_session__prepares_only_what_may_be_sent)
{
	static const char *const answers[] = {BUSY503, NULL};
	const struct session_rule rule = {
		.retry = {.attempts = 1, .base = 1, .cap = 1},
		.breaker = {.after = 1, .first = 30 * USEC_PER_SEC, .most = 60 * USEC_PER_SEC},
		.at_once = 1,
	};
	struct session *s = session_new(&rule);
	struct session_request r = get();
	struct http_response response;
	struct err err;
	int n = 0;

	play(answers);
	r.prepare = no_credentials;
	r.arg = &n;
	for (int i = 1; i <= 2; i++) {
		ck_assert_int_eq(session_send(s, &call, &r, NULL, &response, NULL, &err), -1);
		ck_assert_int_eq(n, i);
	}
	r.prepare = NULL;
	ck_assert_int_eq(session_send(s, &call, &r, NULL, &response, NULL, &err), -1);
	r.prepare = no_credentials;
	ck_assert_int_eq(session_send(s, &call, &r, NULL, &response, NULL, &err), -1);
	ck_assert_int_eq(n, 2);
	/* After 30 s one may try, and its place is free for the next one when it does not. */
	fake_clock_step(&fake, 30 * USEC_PER_SEC);
	for (int i = 3; i <= 4; i++) {
		ck_assert_int_eq(session_send(s, &call, &r, NULL, &response, NULL, &err), -1);
		ck_assert_int_eq(n, i);
	}
	stop();
	session_free(s);
}
END_TEST

START_TEST(test_session__one_that_is_too_large_is_not_asked_for_again)
{
	static const char *const answers[] = {
		"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n123456789", OK200, NULL};
	struct session_request r = get();
	struct session_health health;
	struct http_response response;
	struct err err = {0};

	r.http.cap = 8;
	play(answers);
	ck_assert_int_eq(send_with(&session_rule_default, &r, &response, NULL, &health, &err), -1);
	stop();
	ck_assert_int_eq(err.code, ERR_IO);
	ck_assert_msg(strstr(err.msg, "larger than 8 bytes"), "%s", err.msg);
	ck_assert_int_eq(server.served, 1);
	ck_assert_int_eq(health.failures, 0);
}
END_TEST

static void read_quota(const struct http_response *r, int64_t now, struct session_health *h)
{
	const char *left = http_response_header(r, "X-Quota");

	if (!left)
		return;
	h->quota_left = *left - '0';
	h->quota_reset = now;
}

START_TEST(test_session__hears_of_the_quota)
{
	static const char *const answers[] = {BUSY503, OK200, BUSY503, NULL};
	struct session_rule rule = session_rule_default;
	struct session_request r = get();
	struct session_health health;
	struct http_response response;
	struct err err = {0};

	rule.quota = read_quota;
	play(answers);
	ck_assert_int_eq(send_with(&rule, &r, &response, NULL, &health, &err), 0);
	stop();
	ck_assert_int_eq(health.quota_limit, -1);
	ck_assert_int_eq(health.quota_left, 7);
	ck_assert_int_gt(health.quota_reset, 0);
}
END_TEST

START_TEST(test_session__never_reaches_inside_when_told_so)
{
	struct session_rule rule = session_rule_default;
	struct session_request r = get();
	struct session_health health;
	struct http_response response;
	struct err err;

	rule.reach = HTTP_REACH_PUBLIC;
	rule.retry.attempts = 1;
	for (int i = 0; i < 2; i++) {
		ck_assert_int_eq(http_server_parse(i ? "http://localhost:9" : "http://127.0.0.1:9",
					 arena, &r.http.server, &err),
			0);
		ck_assert_int_eq(send_with(&rule, &r, &response, NULL, &health, &err), -1);
		ck_assert_msg(strstr(err.msg, "not on the open internet"), "%s", err.msg);
	}
}
END_TEST

START_TEST(test_session__knows_its_own_server)
{
	static const struct {
		const char *url, *base;
		bool same;
	} cases[] = {
		{"https://hub.example/api?x=1", "https://hub.example", true},
		{"https://HUB.example", "https://hub.example/v1", true},
		{"https://hub.example.evil/api", "https://hub.example", false},
		{"https://hub.example@evil/api", "https://hub.example", false},
		{"http://hub.example/api", "https://hub.example", false},
		{"https://hub.example:8443/api", "https://hub.example", false},
		{"/api", "https://hub.example", false},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		ck_assert_msg(session_same_server(cases[i].url, cases[i].base) == cases[i].same,
			"%s", cases[i].url);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("the way to a provider's servers");
	TCase *t = tcase_create("session");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(
		t, test_session__tries_again_what_will_pass, 0, sizeof(sends) / sizeof(sends[0]));
	tcase_add_test(t, test_session__what_cannot_be_sent_is_not_tried_again);
	tcase_add_test(t, test_session__shows_no_secret_that_is_quoted);
	tcase_add_test(t, test_session__an_expected_status_is_an_answer);
	tcase_add_test(t, test_session__keeps_the_deadline);
	tcase_add_test(t, test_session__leaves_a_broken_server_alone);
	tcase_add_test(t, test_session__prepares_each_attempt);
	tcase_add_test(t, test_session__sends_nothing_after_the_deadline);
	tcase_add_test(t, test_session__prepares_only_what_may_be_sent);
	tcase_add_test(t, test_session__one_that_is_too_large_is_not_asked_for_again);
	tcase_add_test(t, test_session__hears_of_the_quota);
	tcase_add_test(t, test_session__never_reaches_inside_when_told_so);
	tcase_add_test(t, test_session__knows_its_own_server);
	suite_add_tcase(s, t);
	return s;
}
