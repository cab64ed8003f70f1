/* SPDX-License-Identifier: Apache-2.0
 *
 * Nodes that wait for the channel: a thousand at once, those that know nothing yet, those whose time
 * is over, and more than one principal may have.
 */
#include "rig.h"

#include <sys/resource.h>

Suite *test_suite(void);

enum { WAITERS = 1000, FDS_BESIDE = 200, PATIENCE_S = 30, LONG_HISTORY = 700 };

static struct rig rig;
static char etag[512];

static void open_rig(void)
{
	scratch_make();
	rig_options(&rig);
	rig.options.loops = 2;
	rig.options.max_connections = WAITERS + 100;
	rig_open(&rig, false, true);
}

static void close_rig(void)
{
	rig_close(&rig);
	scratch_remove();
}

static void submit(const char *provider, const char *id, const char *role, int quality)
{
	char body[1024];

	snprintf(body, sizeof(body),
		"{\"provider\":\"%s\",\"artifacts\":[{\"id\":\"s/%s\",\"role\":\"%s\","
		"\"metrics\":{\"quality\":0.%d,\"safety\":0.98,\"latency_ms_p95\":90,"
		"\"cost_per_1k_tokens\":0.4},\"uri\":\"s3://s/%s\"}]}",
		provider, id, role, quality, id);
	rig_expect(&rig, "POST", "/v1/manifests", "", body, 201, NULL);
}

static void promote(const char *merge)
{
	char body[128];

	rig_expect(&rig, "POST", "/v1/merges", "", "{}", 201, merge);
	snprintf(body, sizeof(body), "{\"merge\":\"%s\",\"reason\":\"test\",\"override\":true}",
		merge);
	rig_expect(&rig, "POST", "/v1/promotions", "", body, 201, NULL);
}

static void first_release_after(void)
{
	submit("gcp", "embed-v1", "embed", 80);
	submit("aws", "runtime-v1", "runtime", 80);
	promote("1.0.0-rc.1");
}

static void first_release(void)
{
	submit("hf", "textgen-v1", "textgen", 80);
	first_release_after();
}

static void second_release(void)
{
	submit("hf", "textgen-v2", "textgen", 85);
	promote("1.0.1-rc.1");
}

/* The tag of what there is. */
static void look(const char *path)
{
	struct reply_text t;

	rig_ask(&rig, "GET", path, "", NULL, &t);
	ck_assert_int_eq(t.status, 200);
	reply_header(&t, "ETag", etag);
	reply_clear(&t);
}

/* A waiting request, and its connection. */
static int begin(const char *path, const char *tag)
{
	char text[1024];
	int fd = rig_connect(&rig);
	int n = snprintf(text, sizeof(text),
		"GET %s?wait=60 HTTP/1.1\r\nHost: localhost\r\n%s%s%s\r\n", path,
		*tag ? "If-None-Match: " : "", tag, *tag ? "\r\n" : "");

	rig_send(fd, text, (size_t)n);
	return fd;
}

static void end(int fd, int status, const char *holds)
{
	struct reply_text t;

	rig_read(fd, false, &t);
	ck_assert_msg(t.status == status && (!holds || strstr(t.body, holds)), "%s", t.all.buf);
	reply_clear(&t);
	close(fd);
}

/* Until so many connections are open, each with its request read. */
static void until_waiting(int n)
{
	char wanted[64];

	snprintf(wanted, sizeof(wanted), "spiralfed_http_waiting %d\n", n);
	for (int64_t from = clock_mono(clock_system());;) {
		struct reply_text t;
		bool there;

		rig_ask(&rig, "GET", "/metrics", "", NULL, &t);
		there = strstr(t.body, wanted) != NULL;
		reply_clear(&t);
		if (there)
			return;
		ck_assert_msg(clock_mono(clock_system()) - from < PATIENCE_S * USEC_PER_SEC, "%s",
			wanted);
	}
}

START_TEST(test_wait__answers_when_the_channel_moves)
{
	int fds[3];

	first_release();
	look("/v1/channels/stable");
	fds[0] = begin("/v1/channels/stable", etag);
	look("/v1/channels/stable/attestation");
	fds[1] = begin("/v1/channels/stable/attestation", etag);
	until_waiting(2);
	/* What he knows is over already: at once. */
	end(begin("/v1/channels/stable", "\"sha256:00\""), 200, "\"1.0.0\"");
	end(begin("/v1/channels/stable", ""), 200, "\"1.0.0\"");
	second_release();
	end(fds[0], 200, "\"1.0.1\"");
	end(fds[1], 200, "payloadType");
}
END_TEST

START_TEST(test_wait__for_the_first_release)
{
	int fd = begin("/v1/channels/stable/attestation", "");

	until_waiting(1);
	first_release();
	end(fd, 200, "payloadType");
}
END_TEST

START_TEST(test_wait__ends_with_its_time)
{
	int fd, other;

	first_release();
	look("/v1/channels/stable");
	fd = begin("/v1/channels/stable", etag);
	other = begin("/v1/channels/stable", "*");
	until_waiting(2);
	rig_step(&rig, 59);
	until_waiting(2);
	rig_step(&rig, 1);
	end(fd, 304, NULL);
	end(other, 304, NULL);
	rig_expect(&rig, "GET", "/v1/channels/stable?wait=61", "", NULL, 400, "invalid_parameter");
	rig_expect(&rig, "GET", "/v1/channels/stable?wait=x", "", NULL, 400, "invalid_parameter");
}
END_TEST

START_TEST(test_wait__ends_with_the_daemon)
{
	int fd;

	first_release();
	look("/v1/channels/stable");
	fd = begin("/v1/channels/stable", etag);
	until_waiting(1);
	server_drain(rig.server, RIG_WAIT_S * USEC_PER_SEC);
	end(fd, 304, NULL);
}
END_TEST

static int affordable(void)
{
	struct rlimit limit;

	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
	return limit.rlim_max >= 2 * WAITERS + FDS_BESIDE ? WAITERS
							  : (int)(limit.rlim_max - FDS_BESIDE) / 2;
}

START_TEST(test_wait__a_thousand_nodes)
{
	static int fds[WAITERS];
	int n = affordable();
	int64_t from, usec;

	rig_close(&rig);
	rig_options(&rig);
	rig.options.loops = 2;
	rig.options.max_connections = 4 * WAITERS;
	rig_open(&rig, false, true);
	first_release();
	look("/v1/channels/stable/attestation");
	for (int i = 0; i < n; i++)
		fds[i] = begin("/v1/channels/stable/attestation", etag);
	until_waiting(n);
	submit("hf", "textgen-v2", "textgen", 85);
	rig_expect(&rig, "POST", "/v1/merges", "", "{}", 201, NULL);
	from = clock_mono(clock_system());
	rig_expect(&rig, "POST", "/v1/promotions", "",
		"{\"merge\":\"1.0.1-rc.1\",\"reason\":\"test\",\"override\":true}", 201, NULL);
	for (int i = 0; i < n; i++)
		end(fds[i], 200, "payloadType");
	usec = clock_mono(clock_system()) - from;
	printf("%d waiting nodes had the change %lld ms after it was asked for\n", n,
		(long long)usec / 1000);
	ck_assert_int_lt(usec, PATIENCE_S * USEC_PER_SEC);
	until_waiting(0);
}
END_TEST

/* ---- Streams ---- */

static int begin_stream(const char *query, const char *last)
{
	char text[1024];
	int fd = rig_connect(&rig);
	int n = snprintf(text, sizeof(text),
		"GET /v1/events%s HTTP/1.1\r\nHost: localhost\r\nAccept: "
		"text/event-stream\r\n%s%s%s\r\n",
		query, *last ? "Last-Event-ID: " : "", last, *last ? "\r\n" : "");

	rig_send(fd, text, (size_t)n);
	return fd;
}

/* Read on until this has come. */
static void read_until(int fd, struct strbuf *seen, const char *what)
{
	char chunk[4096];

	while (!strstr(seen->buf, what)) {
		ssize_t n = recv(fd, chunk, sizeof(chunk), 0);

		ck_assert_msg(n > 0, "no %s in %s", what, seen->buf);
		strbuf_add(seen, chunk, (size_t)n);
	}
}

START_TEST(test_stream__tells_each_event_as_it_comes)
{
	STRBUF_AUTO all = STRBUF_INIT(1 << 20), some = STRBUF_INIT(1 << 20);
	int fd = begin_stream("", ""), moved = begin_stream("?type=release.activated", "");

	read_until(fd, &all, "retry: 2000");
	read_until(moved, &some, "retry: 2000");
	ck_assert_ptr_nonnull(strstr(all.buf, "Content-Type: text/event-stream"));
	until_waiting(2);
	first_release();
	read_until(fd, &all, "event: manifest.submitted\ndata: {");
	read_until(fd, &all, "event: promotion.succeeded\ndata: {");
	read_until(moved, &some, "event: release.activated\ndata: {");
	ck_assert_ptr_null(strstr(some.buf, "manifest.submitted"));
	/* Silence, and a sign of life. */
	until_waiting(2);
	rig_step(&rig, 15);
	read_until(moved, &some, "\n:\n\n");
	until_waiting(2);
	server_drain(rig.server, RIG_WAIT_S * USEC_PER_SEC);
	read_until(fd, &all, "\r\n0\r\n\r\n");
	ck_assert(rig_closed(fd));
	close(fd);
	close(moved);
}
END_TEST

START_TEST(test_stream__goes_on_from_the_last_event)
{
	STRBUF_AUTO all = STRBUF_INIT(1 << 20), some = STRBUF_INIT(1 << 20),
		    beyond = STRBUF_INIT(1 << 20);
	int fd;

	first_release();
	fd = begin_stream("", "0");
	read_until(fd, &all, "id: 1\nevent: policy.changed\n");
	read_until(fd, &all, "event: promotion.succeeded\n");
	close(fd);
	fd = begin_stream("", "5");
	read_until(fd, &some, "id: 6\n");
	ck_assert_ptr_null(strstr(some.buf, "id: 5\n"));
	close(fd);
	fd = begin_stream("", "100000");
	read_until(fd, &beyond, "event: reset\ndata: {\"newest\":");
	close(fd);
	rig_expect(&rig, "GET", "/v1/events", "Accept: text/event-stream\r\nLast-Event-ID: x\r\n",
		NULL, 400, "Last-Event-ID");
	rig_expect(&rig, "GET", "/v1/events?type=none", "Accept: text/event-stream\r\n", NULL, 400,
		"invalid_parameter");
	rig_expect(&rig, "GET", "/v1/status", "Accept: text/event-stream\r\n", NULL, 406,
		"not_acceptable");
}
END_TEST

/* Others are to have room, too: with another token one would still wait. */
START_TEST(test_wait__nobody_takes_more_than_half)
{
	enum { HALF = 35 };
	int fds[HALF];

	rig_close(&rig);
	rig_options(&rig);
	rig.options.loops = 1;
	rig.options.max_connections = 2 * HALF;
	rig_open(&rig, false, true);
	first_release();
	look("/v1/channels/stable");
	for (int i = 0; i < HALF; i++)
		fds[i] = begin("/v1/channels/stable", etag);
	until_waiting(HALF);
	end(begin("/v1/channels/stable", etag), 429, "too_many_requests");
	end(begin_stream("", ""), 429, "too_many_requests");
	/* Who does not wait is answered. */
	rig_expect(&rig, "GET", "/v1/channels/stable", "", NULL, 200, "\"1.0.0\"");
	second_release();
	for (int i = 0; i < HALF; i++)
		end(fds[i], 200, "\"1.0.1\"");
}
END_TEST

/* More than is kept for one client at a time: none is left out, none comes twice. */
START_TEST(test_stream__hands_out_large_events_one_by_one)
{
	enum { MANY = 150 };
	STRBUF_AUTO all = STRBUF_INIT(1 << 20);
	char body[1300], reason[1000], to[TIME_STRLEN];
	long long expected = 1;
	int fd;

	memset(reason, 'r', sizeof(reason) - 1);
	reason[sizeof(reason) - 1] = '\0';
	for (int i = 0; i <= MANY; i++) {
		snprintf(body, sizeof(body),
			"{\"reason\":\"%s\",\"to\":\"%s\",\"created_by\":\"test\"}",
			i < MANY ? reason : "the last",
			time_format(clock_now(&rig.clock.clock) + USEC_PER_SEC, to));
		rig_expect(&rig, "POST", "/v1/freezes", "", body, 201, NULL);
		rig_step(&rig, 2);
	}
	fd = begin_stream("", "0");
	read_until(fd, &all, "the last");
	close(fd);
	for (const char *at = all.buf; (at = strstr(at, "\nid: ")); at++, expected++)
		ck_assert_int_eq(strtoll(at + 5, NULL, 10), expected);
	ck_assert_int_gt(expected, MANY);
}
END_TEST

/* Nothing in it is wanted: it is gone through in bites, between which others are served. */
START_TEST(test_stream__goes_through_a_long_history_in_bites)
{
	STRBUF_AUTO none = STRBUF_INIT(1 << 20);
	char id[32];
	int fd;

	for (int i = 1; i <= LONG_HISTORY; i++) {
		snprintf(id, sizeof(id), "textgen-v%d", i);
		submit("hf", id, "textgen", 80);
	}
	fd = begin_stream("?type=release.activated", "0");
	read_until(fd, &none, "\n:\n\n");
	until_waiting(1);
	first_release_after();
	read_until(fd, &none, "event: release.activated\ndata: {");
	close(fd);
}
END_TEST

START_TEST(test_stream__a_thousand_nodes)
{
	static int fds[WAITERS];
	static struct strbuf seen[WAITERS];
	int n = affordable();
	int64_t from, usec;

	rig_close(&rig);
	rig_options(&rig);
	rig.options.loops = 2;
	rig.options.max_connections = 3 * WAITERS;
	rig_open(&rig, false, true);
	first_release();
	for (int i = 0; i < n; i++) {
		fds[i] = begin_stream("?type=release.activated", "");
		strbuf_init(&seen[i], 1 << 16);
	}
	until_waiting(n);
	submit("hf", "textgen-v2", "textgen", 85);
	rig_expect(&rig, "POST", "/v1/merges", "", "{}", 201, NULL);
	from = clock_mono(clock_system());
	rig_expect(&rig, "POST", "/v1/promotions", "",
		"{\"merge\":\"1.0.1-rc.1\",\"reason\":\"test\",\"override\":true}", 201, NULL);
	for (int i = 0; i < n; i++)
		read_until(fds[i], &seen[i], "event: release.activated");
	usec = clock_mono(clock_system()) - from;
	printf("%d streams had the change %lld ms after it was asked for\n", n,
		(long long)usec / 1000);
	ck_assert_int_lt(usec, PATIENCE_S * USEC_PER_SEC);
	for (int i = 0; i < n; i++) {
		close(fds[i]);
		strbuf_release(&seen[i]);
	}
}
END_TEST

/* A daemon whose key has not signed for as long as what it signed is good: nothing runs by itself here. */
START_TEST(test_wait__an_expired_channel_is_not_ready)
{
	first_release();
	rig_close(&rig);
	rig_options(&rig);
	rig_open(&rig, false, false);
	rig_expect(&rig, "GET", "/readyz", "", NULL, 200, "ok");
	rig_expect(&rig, "GET", "/metrics", "", NULL, 200,
		"\nspiralfed_channel_expires_in_seconds 86400\n");
	fake_clock_step(&rig.clock, 2 * INT64_C(86400) * USEC_PER_SEC);
	rig_expect(&rig, "GET", "/readyz", "", NULL, 503, "the signed channel has expired");
	rig_expect(&rig, "GET", "/livez", "", NULL, 200, "ok");
	rig_expect(&rig, "GET", "/metrics", "", NULL, 200,
		"\nspiralfed_channel_expires_in_seconds -86400\n");
	rig_finish(&rig);
	rig_expect(&rig, "GET", "/readyz", "", NULL, 200, "ok");
	rig_expect(&rig, "GET", "/metrics", "", NULL, 200,
		"\nspiralfed_channel_expires_in_seconds 86400\n");
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("nodes that wait for the channel");
	TCase *t = tcase_create("wait");

	tcase_set_timeout(t, 60);
	tcase_add_checked_fixture(t, open_rig, close_rig);
	tcase_add_test(t, test_wait__answers_when_the_channel_moves);
	tcase_add_test(t, test_wait__for_the_first_release);
	tcase_add_test(t, test_wait__ends_with_its_time);
	tcase_add_test(t, test_wait__ends_with_the_daemon);
	tcase_add_test(t, test_wait__nobody_takes_more_than_half);
	tcase_add_test(t, test_wait__a_thousand_nodes);
	tcase_add_test(t, test_stream__tells_each_event_as_it_comes);
	tcase_add_test(t, test_stream__goes_on_from_the_last_event);
	tcase_add_test(t, test_stream__hands_out_large_events_one_by_one);
	tcase_add_test(t, test_stream__goes_through_a_long_history_in_bites);
	tcase_add_test(t, test_stream__a_thousand_nodes);
	tcase_add_test(t, test_wait__an_expired_channel_is_not_ready);
	suite_add_tcase(s, t);
	return s;
}
