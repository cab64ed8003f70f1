/* SPDX-License-Identifier: Apache-2.0
 *
 * The server on the wire: framing, limits, slow and many clients, a slow engine, the drain.
 */
#include "rig.h"

#include <pthread.h>

#include "support/count.h"

Suite *test_suite(void);

static struct rig rig;

static void open_rig(void)
{
	scratch_make();
	rig_options(&rig);
	rig_open(&rig, false, true);
}

static void open_still_rig(void)
{
	scratch_make();
	rig_options(&rig);
	rig.options.loops = 1;
	rig_open(&rig, false, false);
}

static void close_rig(void)
{
	rig_close(&rig);
	scratch_remove();
}

#define GET  "GET /livez HTTP/1.1\r\nHost: localhost\r\n"
#define POST "POST /v1/manifests HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
#define NEXT "GET /smuggled HTTP/1.1\r\nHost: localhost\r\n\r\n"

/* Each is refused and the connection closed; what follows it is never answered. */
static const struct {
	const char *what, *raw;
	int status;
} forms[] = {
	{"equal lengths", POST "Content-Length: 2\r\nContent-Length: 2\r\n\r\n{}" NEXT, 400},
	{"other lengths", POST "Content-Length: 2\r\nContent-Length: 44\r\n\r\n{}" NEXT, 400},
	{"CL.TE", POST "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" NEXT,
		400},
	{"TE.CL", POST "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n" NEXT,
		400},
	{"space before colon", POST "Content-Length : 2\r\n\r\n{}" NEXT, 400},
	{"unknown coding", POST "Transfer-Encoding: gzip\r\n\r\n{}" NEXT, 501},
	{"almost chunked", POST "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n" NEXT, 501},
	{"codings", POST "Transfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n" NEXT, 501},
	{"two codings",
		POST "Transfer-Encoding: chunked\r\nTransfer-Encoding: x\r\n\r\n0\r\n\r\n" NEXT,
		400},
	{"chunked in 1.0",
		"POST /v1/manifests HTTP/1.0\r\nHost: localhost\r\nTransfer-Encoding: "
		"chunked\r\n\r\n"
		"0\r\n\r\n" NEXT,
		400},
	{"signed length", POST "Content-Length: +2\r\n\r\n{}" NEXT, 400},
	{"list of lengths", POST "Content-Length: 2, 2\r\n\r\n{}" NEXT, 400},
	{"hex length", POST "Content-Length: 0x2\r\n\r\n{}" NEXT, 400},
	{"negative length", POST "Content-Length: -2\r\n\r\n{}" NEXT, 400},
	{"vast length", POST "Content-Length: 99999999999999999999\r\n\r\n{}" NEXT, 413},
	{"empty length", POST "Content-Length:\r\n\r\n{}" NEXT, 400},
	{"no host", "GET /livez HTTP/1.1\r\n\r\n" NEXT, 400},
	{"two hosts", GET "Host: b\r\n\r\n" NEXT, 400},
	{"two credentials", GET "Authorization: a\r\nAuthorization: b\r\n\r\n" NEXT, 400},
	{"folded", GET "X-A: b\r\n c\r\n\r\n" NEXT, 400},
	{"folded coding", POST "Transfer-Encoding: chun\r\n ked\r\n\r\n0\r\n\r\n" NEXT, 400},
	{"folded empty", POST "Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n" NEXT, 400},
	{"folded first", "GET /livez HTTP/1.1\r\n Host: a\r\nHost: localhost\r\n\r\n" NEXT, 400},
	{"bare CR", GET "X-A: b\rContent-Length: 3\r\n\r\n" NEXT, 400},
	{"control in value", GET "X-A: b\vc\r\n\r\n" NEXT, 400},
	{"absolute URI", "GET http://localhost/livez HTTP/1.1\r\nHost: localhost\r\n\r\n" NEXT,
		400},
	{"star", "OPTIONS * HTTP/1.1\r\nHost: localhost\r\n\r\n" NEXT, 400},
	{"CONNECT", "CONNECT localhost:80 HTTP/1.1\r\nHost: localhost\r\n\r\n" NEXT, 400},
	{"encoded dots", "GET /v1/%2e%2e/livez HTTP/1.1\r\nHost: localhost\r\n\r\n" NEXT, 400},
	{"encoded slash", "GET /v1%2freleases HTTP/1.1\r\nHost: localhost\r\n\r\n" NEXT, 400},
	{"encoded NUL", "GET /livez%00x HTTP/1.1\r\nHost: localhost\r\n\r\n" NEXT, 400},
	{"future version", "GET /livez HTTP/1.2\r\nHost: localhost\r\n\r\n" NEXT, 400},
	{"HTTP/2", "GET /livez HTTP/2.0\r\nHost: localhost\r\n\r\n" NEXT, 505},
	{"no colon", GET "foo\r\n\r\n" NEXT, 400},
	{"odd Expect", POST "Expect: x\r\nContent-Length: 2\r\n\r\n{}" NEXT, 400},
	{"chunk size", POST "Transfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n" NEXT, 400},
	{"negative chunk", POST "Transfer-Encoding: chunked\r\n\r\n-2\r\n{}\r\n0\r\n\r\n" NEXT,
		400},
	{"long chunk", POST "Transfer-Encoding: chunked\r\n\r\n2\r\n{}x\r\n0\r\n\r\n" NEXT, 400},
};

static void check_form(int i)
{
	struct reply_text t;
	char value[512];
	int fd = rig_connect(&rig);

	rig_send(fd, forms[i].raw, strlen(forms[i].raw));
	rig_read(fd, false, &t);
	ck_assert_msg(t.status == forms[i].status, "%s: %s", forms[i].what, t.all.buf);
	ck_assert_str_eq(reply_header(&t, "Connection", value), "close");
	ck_assert_ptr_null(strstr(t.all.buf, "smuggled"));
	reply_clear(&t);
	for (;;) {
		char rest[4096];
		ssize_t n = recv(fd, rest, sizeof(rest) - 1, 0);

		if (n <= 0)
			break;
		rest[n] = '\0';
		ck_assert_ptr_null(strstr(rest, "smuggled"));
		ck_assert_ptr_null(strstr(rest, "no_route"));
	}
	close(fd);
}

START_TEST(test_wire__smuggling_forms_are_refused_and_closed)
{
	for (int i = 0; i < COUNT(forms); i++)
		check_form(i);
}
END_TEST

START_TEST(test_wire__keeps_alive_and_pipelines)
{
	static const char raw[] =
		GET "\r\n" GET "\r\nGET /nope HTTP/1.1\r\nHost: localhost\r\n\r\n"
		    "DELETE /livez HTTP/1.1\r\nHost: localhost\r\n\r\n"
		    "GET /livez HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\n"
		    "{}" GET "\r\n";
	static const int statuses[] = {200, 200, 404, 405, 400, 200};
	struct reply_text t;
	int fd = rig_connect(&rig);

	/* One at a time: rig_read() would read into the next answer. */
	const char *p = raw;

	for (size_t i = 0; i < 6; i++) {
		const char *end = strstr(p, "\r\n\r\n") + 4;

		if (i == 4)
			end += 2;
		rig_send(fd, p, (size_t)(end - p));
		rig_read(fd, false, &t);
		ck_assert_msg(t.status == statuses[i], "%zu: %s", i, t.all.buf);
		reply_clear(&t);
		p = end;
	}
	close(fd);
}
END_TEST

START_TEST(test_wire__large_length_is_refused_before_the_body)
{
	static const char head[] = POST "Content-Length: 1048577\r\n\r\n";
	struct reply_text t;
	int fd = rig_connect(&rig);

	rig_send(fd, head, sizeof(head) - 1);
	rig_read(fd, false, &t);
	ck_assert_int_eq(t.status, 413);
	ck_assert_ptr_nonnull(strstr(t.body, "body_too_large"));
	ck_assert(rig_closed(fd));
	reply_clear(&t);
	close(fd);
}
END_TEST

START_TEST(test_wire__expect_is_answered_without_a_100)
{
	static const char head[] = POST "Expect: 100-continue\r\nContent-Length: 1048577\r\n\r\n";
	char first[16] = "";
	int fd = rig_connect(&rig);

	rig_send(fd, head, sizeof(head) - 1);
	ck_assert_int_gt(recv(fd, first, sizeof(first) - 1, MSG_WAITALL), 0);
	ck_assert_int_eq(strncmp(first, "HTTP/1.1 413", 12), 0);
	close(fd);
}
END_TEST

START_TEST(test_wire__chunked_body_is_counted)
{
	static const char head[] = POST "Transfer-Encoding: chunked\r\n\r\n";
	static char chunk[65536 + 16];
	struct reply_text t;
	int fd = rig_connect(&rig), n = snprintf(chunk, sizeof(chunk), "10000\r\n");

	memset(chunk + n, ' ', 65536);
	memcpy(chunk + n + 65536, "\r\n", 2);
	rig_send(fd, head, sizeof(head) - 1);
	for (int i = 0; i < 17; i++)
		rig_send(fd, chunk, (size_t)n + 65538);
	rig_send(fd, "0\r\n\r\n", 5);
	rig_read(fd, false, &t);
	ck_assert_int_eq(t.status, 413);
	reply_clear(&t);
	close(fd);
}
END_TEST

START_TEST(test_wire__a_body_of_the_cap_is_read)
{
	size_t len = 1048576;
	char *body = malloc(len + 1);

	memset(body, ' ', len);
	body[0] = '{';
	body[len - 1] = '}';
	body[len] = '\0';
	rig_expect(&rig, "POST", "/v1/manifests", "", body, 422, "invalid_manifest");
	free(body);
}
END_TEST

/* How many connections the server has, by its own account. */
static int connections(void)
{
	struct reply_text t;

	rig_ask(&rig, "GET", "/metrics", "", NULL, &t);
	const char *p = strstr(t.body, "\nspiralfed_http_connections ");
	int n = p ? (int)strtol(p + 28, NULL, 10) : -1;

	reply_clear(&t);
	return n;
}

static void wait_for_connections(int n)
{
	for (int i = 0; i < 2000; i++)
		if (connections() == n + 1)
			return;
	ck_abort_msg("the server never had %d connections", n);
}

START_TEST(test_wire__slow_client_is_cut)
{
	static const char *const parts[] = {"GET /liv", GET "X-A: b",
		POST "Content-Length: 9\r\n\r\n{", POST "Transfer-Encoding: chunked\r\n\r\n5\r\nab",
		""};
	int fd = rig_connect(&rig);

	rig_send(fd, parts[_i], strlen(parts[_i]));
	wait_for_connections(1);
	rig_step(&rig, 7);
	wait_for_connections(1);
	rig_step(&rig, 2);
	ck_assert(rig_closed(fd));
	close(fd);
}
END_TEST

START_TEST(test_wire__idle_connection_may_stay_longer)
{
	struct reply_text t;
	int fd = rig_connect(&rig);

	rig_send(fd, GET "\r\n", sizeof(GET "\r\n") - 1);
	rig_read(fd, false, &t);
	reply_clear(&t);
	rig_step(&rig, 30);
	rig_send(fd, GET "\r\n", sizeof(GET "\r\n") - 1);
	rig_read(fd, false, &t);
	ck_assert_int_eq(t.status, 200);
	reply_clear(&t);
	rig_send(fd, "GET /l", 6);
	/* The one loop has ended the request before it answers another connection. */
	rig_expect(&rig, "GET", "/livez", "", NULL, 200, "ok");
	rig_step(&rig, 69);
	ck_assert(rig_closed(fd));
	close(fd);
}
END_TEST

START_TEST(test_wire__many_connections_at_once)
{
	static const int counts[] = {127, 128, 129, 256};
	static int fds[256];
	int n = counts[_i];

	for (int i = 0; i < n; i++)
		fds[i] = rig_connect(&rig);
	for (int round = 0; round < 3; round++) {
		for (int i = 0; i < n; i++)
			rig_send(fds[i], GET "\r\n", sizeof(GET "\r\n") - 1);
		for (int i = 0; i < n; i++) {
			struct reply_text t;

			rig_read(fds[i], false, &t);
			ck_assert_msg(t.status == 200, "connection %d: %s", i, t.all.buf);
			reply_clear(&t);
		}
	}
	for (int i = 0; i < n; i++)
		close(fds[i]);
}
END_TEST

START_TEST(test_wire__too_many_connections_are_closed)
{
	int fds[4];

	rig_close(&rig);
	rig_options(&rig);
	rig.options.max_connections = 2;
	rig.options.loops = 1;
	rig_open(&rig, false, true);
	for (int i = 0; i < 4; i++) {
		struct reply_text t;

		fds[i] = rig_connect(&rig);
		rig_send(fds[i], GET "\r\n", sizeof(GET "\r\n") - 1);
		rig_read(fds[i], false, &t);
		ck_assert_int_eq(t.status, i < 2 ? 200 : 0);
		ck_assert_int_eq(t.closed, i >= 2);
		reply_clear(&t);
	}
	for (int i = 0; i < 4; i++)
		close(fds[i]);
}
END_TEST

static void check_head(const char *path)
{
	static const char *const headers[] = {
		"Content-Type", "Content-Length", "ETag", "Cache-Control", "Vary"};
	struct reply_text get, head;
	char a[512], b[512];

	rig_ask(&rig, "GET", path, "", NULL, &get);
	rig_ask(&rig, "HEAD", path, "", NULL, &head);
	ck_assert_int_eq(get.status, head.status);
	for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); i++)
		if (get.status == 200 || i != 1) /* problems hold a request id, of one length */
			ck_assert_str_eq(reply_header(&get, headers[i], a),
				reply_header(&head, headers[i], b));
	ck_assert_uint_eq(head.body_len, 0);
	reply_clear(&get);
	reply_clear(&head);
}

START_TEST(test_wire__head_is_get_without_the_body)
{
	static const char *const paths[] = {"/", "/livez", "/readyz", "/openapi.json",
		"/v1/manifests", "/v1/artifacts", "/v1/merges", "/v1/releases", "/v1/events",
		"/v1/policy", "/v1/policy/versions", "/v1/tokens", "/v1/channels/stable"};

	for (int i = 0; i < COUNT(paths); i++)
		check_head(paths[i]);
}
END_TEST

#define MANIFEST                                                                       \
	"{\"provider\":\"hf\",\"artifacts\":[{\"id\":\"spiralverse/textgen-lora-v1\"," \
	"\"role\":\"textgen\",\"metrics\":{\"quality\":0.81,\"safety\":0.98,"          \
	"\"latency_ms_p95\":120,\"cost_per_1k_tokens\":0.7},"                          \
	"\"uri\":\"hf://spiralverse/textgen-lora-v1\"}]}"

static int submit_and_leave_waiting(void)
{
	STRBUF_AUTO out = STRBUF_INIT(4096);
	struct engine_stats st = {0};
	int fd = rig_connect(&rig);

	strbuf_addf(&out, POST "Content-Length: %zu\r\n\r\n%s", strlen(MANIFEST), MANIFEST);
	rig_send(fd, out.buf, out.len);
	for (int i = 0; i < 100000000 && st.queue_len == 0; i++)
		engine_stats(rig.engine, &st);
	ck_assert_uint_eq(st.queue_len, 1);
	return fd;
}

START_TEST(test_wire__slow_engine_is_reported_and_outlived)
{
	struct reply_text t;
	char value[512];
	int fd = submit_and_leave_waiting();

	rig_step(&rig, 31);
	rig_read(fd, false, &t);
	ck_assert_int_eq(t.status, 503);
	ck_assert_str_eq(reply_header(&t, "Retry-After", value), "1");
	ck_assert_ptr_nonnull(strstr(t.body, "may still take effect"));
	reply_clear(&t);
	rig_finish(&rig);
	rig_expect(&rig, "GET", "/v1/artifacts", "", NULL, 200, "textgen-lora-v1");
	close(fd);
}
END_TEST

START_TEST(test_wire__client_that_leaves_frees_nothing_the_writer_uses)
{
	int fd = submit_and_leave_waiting();

	close(fd);
	rig_expect(&rig, "GET", "/livez", "", NULL, 200, "ok");
	rig_finish(&rig);
	rig_expect(&rig, "GET", "/v1/artifacts", "", NULL, 200, "textgen-lora-v1");
}
END_TEST

static void *drain(void *arg)
{
	server_drain(rig.server, *(int64_t *)arg);
	return NULL;
}

START_TEST(test_wire__drain_finishes_what_is_in_flight)
{
	static int64_t usec = RIG_WAIT_S * USEC_PER_SEC;
	struct reply_text t;
	char value[512];
	pthread_t thread;
	int idle = rig_connect(&rig), fd = submit_and_leave_waiting();

	ck_assert_int_eq(pthread_create(&thread, NULL, drain, &usec), 0);
	ck_assert(rig_closed(idle));
	rig_finish(&rig);
	rig_read(fd, false, &t);
	ck_assert_int_eq(t.status, 201);
	ck_assert_str_eq(reply_header(&t, "Connection", value), "close");
	ck_assert(rig_closed(fd));
	pthread_join(thread, NULL);
	reply_clear(&t);
	close(fd);
	close(idle);
	engine_close(rig.engine);
	server_close(rig.server);
}
END_TEST

START_TEST(test_wire__drain_has_a_deadline)
{
	struct reply_text t;
	int fd = submit_and_leave_waiting();

	server_drain(rig.server, 0);
	rig_read(fd, false, &t);
	ck_assert_int_eq(t.status, 503);
	ck_assert_ptr_nonnull(strstr(t.body, "\"draining\""));
	reply_clear(&t);
	close(fd);
	rig_finish(&rig);
	engine_close(rig.engine);
	server_close(rig.server);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("the server on the wire: framing, limits, slow clients, the drain");
	TCase *t = tcase_create("wire"), *still = tcase_create("still"), *end = tcase_create("end");

	tcase_set_timeout(t, 60);
	tcase_add_checked_fixture(t, open_rig, close_rig);
	tcase_add_test(t, test_wire__smuggling_forms_are_refused_and_closed);
	tcase_add_test(t, test_wire__keeps_alive_and_pipelines);
	tcase_add_test(t, test_wire__large_length_is_refused_before_the_body);
	tcase_add_test(t, test_wire__expect_is_answered_without_a_100);
	tcase_add_test(t, test_wire__chunked_body_is_counted);
	tcase_add_test(t, test_wire__a_body_of_the_cap_is_read);
	tcase_add_loop_test(t, test_wire__slow_client_is_cut, 0, 5);
	tcase_add_loop_test(t, test_wire__many_connections_at_once, 0, 4);
	tcase_add_test(t, test_wire__too_many_connections_are_closed);
	tcase_add_test(t, test_wire__head_is_get_without_the_body);
	suite_add_tcase(s, t);
	tcase_set_timeout(still, 60);
	tcase_add_checked_fixture(still, open_still_rig, close_rig);
	tcase_add_test(still, test_wire__idle_connection_may_stay_longer);
	tcase_add_test(still, test_wire__slow_engine_is_reported_and_outlived);
	tcase_add_test(still, test_wire__client_that_leaves_frees_nothing_the_writer_uses);
	suite_add_tcase(s, still);
	tcase_set_timeout(end, 60);
	tcase_add_checked_fixture(end, open_still_rig, scratch_remove);
	tcase_add_test(end, test_wire__drain_finishes_what_is_in_flight);
	tcase_add_test(end, test_wire__drain_has_a_deadline);
	suite_add_tcase(s, end);
	return s;
}
