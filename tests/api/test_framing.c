/* SPDX-License-Identifier: Apache-2.0
 *
 * Attacks on where a message ends, judged by what they did: requests hidden in others must leave no
 * trace in the registry, sizes at the cap are told apart, and clients that break off, half close, or
 * crowd the server cost it nothing. tests/api/test_wire.c has the forms that are refused and how.
 */
#include "rig.h"

#include <poll.h>
#include <sys/resource.h>

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

#define HOST	"Host: localhost\r\n"
#define JSON	"Content-Type: application/json\r\n"
#define POST	"POST /v1/manifests HTTP/1.1\r\n" HOST JSON
#define CHUNKED POST "Transfer-Encoding: chunked\r\n\r\n"
#define MANIFEST                                                                       \
	"{\"provider\":\"hf\",\"artifacts\":[{\"id\":\"s/t-v1\",\"role\":\"textgen\"," \
	"\"metrics\":{\"quality\":0.8},\"uri\":\"hf://s\"}]}"
#define HIDDEN	   POST "Content-Length: 105\r\n\r\n" MANIFEST
#define HIDDEN_LEN "206"

_Static_assert(sizeof(MANIFEST) - 1 == 105, "HIDDEN's length");
_Static_assert(sizeof(HIDDEN) - 1 == 206, "HIDDEN_LEN");

/* The first answer's status, 0 for any or none. Whatever it is, the hidden request is not executed. */
static const struct {
	const char *what, *raw;
	int status;
} hidden[] = {
	{"in a body", POST "Content-Length: " HIDDEN_LEN "\r\n\r\n" HIDDEN, 400},
	{"in a chunk", CHUNKED "ce\r\n" HIDDEN "\r\n0\r\n\r\n", 400},
	{"in the body of a GET",
		"GET /livez HTTP/1.1\r\n" HOST "Content-Length: " HIDDEN_LEN "\r\n\r\n" HIDDEN,
		400},
	{"in the body of a HEAD",
		"HEAD /livez HTTP/1.1\r\n" HOST "Content-Length: " HIDDEN_LEN "\r\n\r\n" HIDDEN,
		400},
	{"in the body of a DELETE",
		"DELETE /v1/tokens/x HTTP/1.1\r\n" HOST "Content-Length: " HIDDEN_LEN
		"\r\n\r\n" HIDDEN,
		400},
	{"in the body of a 404",
		"POST /nope HTTP/1.1\r\n" HOST "Content-Length: " HIDDEN_LEN "\r\n\r\n" HIDDEN,
		404},
	{"in the body of a 405",
		"PUT /livez HTTP/1.1\r\n" HOST "Content-Length: " HIDDEN_LEN "\r\n\r\n" HIDDEN,
		405},
	{"in the body of a 415",
		"POST /v1/manifests HTTP/1.1\r\n" HOST "Content-Length: " HIDDEN_LEN
		"\r\n\r\n" HIDDEN,
		415},
	{"in the body of an OPTIONS",
		"OPTIONS /v1/manifests HTTP/1.1\r\n" HOST "Content-Length: " HIDDEN_LEN
		"\r\n\r\n" HIDDEN,
		400},
	{"behind a body that is too large", POST "Content-Length: 9999999\r\n\r\n" HIDDEN, 413},
	{"behind an Expect that is refused",
		"POST /nope HTTP/1.1\r\n" HOST
		"Expect: 100-continue\r\nContent-Length: 9\r\n\r\n" HIDDEN,
		404},
	{"equal lengths", POST "Content-Length: 2\r\nContent-Length: 2\r\n\r\n{}" HIDDEN, 400},
	{"two lengths", POST "Content-Length: 208\r\nContent-Length: 2\r\n\r\n{}" HIDDEN, 400},
	{"CL.TE", POST "Content-Length: 211\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" HIDDEN,
		400},
	{"TE.CL", POST "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n" HIDDEN,
		400},
	{"TE.TE", POST "Transfer-Encoding: chunked\r\nTransfer-Encoding: x\r\n\r\n0\r\n\r\n" HIDDEN,
		400},
	{"a coding with a tab", POST "Transfer-Encoding:\tchunked\v\r\n\r\n0\r\n\r\n" HIDDEN, 400},
	{"a coding in quotes", POST "Transfer-Encoding: \"chunked\"\r\n\r\n0\r\n\r\n" HIDDEN, 501},
	{"a coding twice", POST "Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n" HIDDEN, 501},
	{"a coding and nothing", POST "Transfer-Encoding: ,chunked\r\n\r\n0\r\n\r\n" HIDDEN, 501},
	{"identity", POST "Transfer-Encoding: identity\r\n\r\n{}" HIDDEN, 501},
	{"underscore", POST "Content_Length: 2\r\nContent-Length: 208\r\n\r\n{}" HIDDEN, 400},
	{"space in the name", POST "Content-Length : 2\r\n\r\n{}" HIDDEN, 400},
	{"folded", POST "X: a\r\n\tContent-Length: 2\r\n\r\n{}" HIDDEN, 400},
	{"bare CR", POST "X: a\rContent-Length: 2\r\n\r\n{}" HIDDEN, 400},
	{"HTTP/1.0 chunked",
		"POST /v1/manifests HTTP/1.0\r\n" HOST JSON
		"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n" HIDDEN,
		400},
	{"HTTP/0.9", "GET /livez\r\n\r\n" HIDDEN, 0},
	{"a chunk that ends early", CHUNKED "2\r\n{}" HIDDEN, 400},
	{"a chunk size in hex", CHUNKED "0x2\r\n{}\r\n0\r\n\r\n" HIDDEN, 400},
	{"a chunk size with a sign", CHUNKED "+2\r\n{}\r\n0\r\n\r\n" HIDDEN, 400},
	{"a chunk size that wraps", CHUNKED "10000000000000002\r\n{}\r\n0\r\n\r\n" HIDDEN, 413},
	{"an empty chunk size", CHUNKED "\r\n{}\r\n0\r\n\r\n" HIDDEN, 400},
	{"an upgrade",
		"GET /livez HTTP/1.1\r\n" HOST "Upgrade: h2c\r\nConnection: Upgrade\r\n"
		"Content-Length: " HIDDEN_LEN "\r\n\r\n" HIDDEN,
		400},
	{"CONNECT", "CONNECT localhost:1 HTTP/1.1\r\n" HOST "\r\n" HIDDEN, 400},
	{"connection: close", "GET /livez HTTP/1.1\r\n" HOST "Connection: close\r\n\r\n" HIDDEN,
		200},
};

static void drain_and_close(int fd)
{
	char rest[4096];

	shutdown(fd, SHUT_WR);
	while (recv(fd, rest, sizeof(rest), 0) > 0)
		continue;
	close(fd);
}

START_TEST(test_framing__hidden_requests_leave_no_trace)
{
	struct reply_text t;
	int fd = rig_connect(&rig);

	rig_send(fd, hidden[_i].raw, strlen(hidden[_i].raw));
	rig_read(fd, strncmp(hidden[_i].raw, "HEAD", 4) == 0, &t);
	ck_assert_msg(!hidden[_i].status || t.status == hidden[_i].status, "%s: %s",
		hidden[_i].what, t.all.buf);
	reply_clear(&t);
	drain_and_close(fd);
	rig_expect(&rig, "GET", "/v1/status", "", NULL, 200, "\"manifests\":0,");
	rig_expect(
		&rig, "GET", "/v1/events?type=manifest.submitted", "", NULL, 200, "\"events\":[]");
}
END_TEST

/* Chunks as they may come. The body is read as {} or as MANIFEST, and the next request is served. */
static const struct {
	const char *what, *raw;
	int status;
} chunks[] = {
	{"an extension", CHUNKED "2;a=b\r\n{}\r\n0;c\r\n\r\n", 422},
	{"a quoted extension", CHUNKED "2;a=\"0\\\"x\"\r\n{}\r\n0\r\n\r\n", 422},
	{"leading zeros", CHUNKED "0000002\r\n{}\r\n000\r\n\r\n", 422},
	{"upper case", CHUNKED "A\r\n{        }\r\n0\r\n\r\n", 422},
	{"a trailer", CHUNKED "2\r\n{}\r\n0\r\nX-A: b\r\n\r\n", 422},
	{"trailers that frame",
		CHUNKED "2\r\n{}\r\n0\r\nContent-Length: 99\r\nTransfer-Encoding: x"
			"\r\nHost: x\r\n\r\n",
		422},
	{"single bytes", CHUNKED "1\r\n{\r\n1\r\n}\r\n0\r\n\r\n", 422},
};

START_TEST(test_framing__chunks_end_where_they_say)
{
	struct reply_text t;
	int fd = rig_connect(&rig);

	rig_send(fd, chunks[_i].raw, strlen(chunks[_i].raw));
	rig_read(fd, false, &t);
	ck_assert_msg(t.status == chunks[_i].status, "%s: %s", chunks[_i].what, t.all.buf);
	reply_clear(&t);
	rig_send(fd, HIDDEN, sizeof(HIDDEN) - 1);
	rig_read(fd, false, &t);
	ck_assert_msg(t.status == 201, "behind %s: %s", chunks[_i].what, t.all.buf);
	reply_clear(&t);
	close(fd);
	rig_expect(&rig, "GET", "/v1/status", "", NULL, 200, "\"manifests\":1,");
}
END_TEST

/* What is no attack: requests behind each other are all done, in their order. */
START_TEST(test_framing__pipelined_posts_are_done_in_order)
{
	STRBUF_AUTO out = STRBUF_INIT(1 << 16);
	char chunk[4096];
	size_t answers = 0;
	int fd = rig_connect(&rig);

	for (int i = 1; i <= 8; i++) {
		char body[256];

		snprintf(body, sizeof(body),
			"{\"provider\":\"hf\",\"artifacts\":[{\"id\":\"s/t-v%d\",\"role\":\"textgen"
			"\",\"metrics\":{\"quality\":0.8},\"uri\":\"hf://s\"}]}",
			i);
		strbuf_addf(&out, POST "%sContent-Length: %zu\r\n\r\n%s",
			i == 8 ? "Connection: close\r\n" : "", strlen(body), body);
	}
	rig_send(fd, out.buf, out.len);
	strbuf_reset(&out);
	for (ssize_t n; (n = recv(fd, chunk, sizeof(chunk), 0)) > 0;)
		strbuf_add(&out, chunk, (size_t)n);
	close(fd);
	for (const char *p = out.buf; (p = strstr(p, "HTTP/1.1 201")); p++) {
		char id[32];

		snprintf(id, sizeof(id), "\"s/t-v%zu\"", ++answers);
		const char *next = strstr(p + 1, "HTTP/1.1 "), *at = strstr(p, id);

		ck_assert_msg(at && (!next || at < next), "answer %zu is another's", answers);
	}
	ck_assert_uint_eq(answers, 8);
	rig_expect(&rig, "GET", "/v1/status", "", NULL, 200, "\"manifests\":8,");
}
END_TEST

/* ---- sizes ---- */

static const struct {
	size_t len;
	bool chunked;
	int status;
} sizes[] = {
	{1048575, false, 422},
	{1048576, false, 422},
	{1048577, false, 413},
	{1048575, true, 422},
	{1048576, true, 422},
	{1048577, true, 413},
};

START_TEST(test_framing__the_cap_is_exact)
{
	size_t len = sizes[_i].len;
	char *body = malloc(len), head[256];
	struct reply_text t;
	int fd = rig_connect(&rig);

	memset(body, ' ', len);
	body[0] = '{';
	body[len - 1] = '}';
	if (sizes[_i].chunked)
		snprintf(head, sizeof(head), CHUNKED "%zx\r\n", len);
	else
		snprintf(head, sizeof(head), POST "Content-Length: %zu\r\n\r\n", len);
	rig_send(fd, head, strlen(head));
	rig_send(fd, body, len);
	if (sizes[_i].chunked)
		rig_send(fd, "\r\n0\r\n\r\n", 7);
	rig_read(fd, false, &t);
	ck_assert_msg(t.status == sizes[_i].status, "%zu: %s", len, t.all.buf);
	reply_clear(&t);
	close(fd);
	free(body);
}
END_TEST

/* ---- clients that go ---- */

START_TEST(test_framing__half_a_connection_gets_its_answer)
{
	struct reply_text t;
	int fd = rig_connect(&rig);

	rig_send(fd, HIDDEN, sizeof(HIDDEN) - 1);
	shutdown(fd, SHUT_WR);
	rig_read(fd, false, &t);
	ck_assert_msg(t.status == 201, "%s", t.all.buf);
	reply_clear(&t);
	ck_assert(rig_closed(fd));
	close(fd);
}
END_TEST

/* Until the server has closed it. On a busy machine a loop may accept a connection only after the clock
 * was stepped: its time begins then, so the clock goes on as long as nothing comes. */
static void drain_stepping(int fd)
{
	enum { MOMENT_MS = 200 };
	struct pollfd p = {.fd = fd, .events = POLLIN};
	char rest[4096];

	for (;;) {
		if (poll(&p, 1, MOMENT_MS) == 0)
			rig_step(&rig, 9);
		else if (recv(fd, rest, sizeof(rest), 0) <= 0)
			break;
	}
	close(fd);
}

/* Half closed behind each byte: an incomplete request is never executed, however it ends. Within the
 * first bytes the library sees the end only when the watchdog cuts the connection. */
START_TEST(test_framing__a_request_cut_at_any_byte_is_none)
{
	enum { CUTS = sizeof(HIDDEN) - 1 };
	static int fds[CUTS];

	for (size_t n = 0; n < CUTS; n++) {
		fds[n] = rig_connect(&rig);
		rig_send(fds[n], HIDDEN, n);
		shutdown(fds[n], SHUT_WR);
	}
	rig_expect(&rig, "GET", "/livez", "", NULL, 200, NULL);
	rig_step(&rig, 9);
	for (size_t n = 0; n < CUTS; n++)
		drain_stepping(fds[n]);
	rig_expect(&rig, "GET", "/v1/status", "", NULL, 200, "\"manifests\":0,");
}
END_TEST

/* Send the end of the connection as a reset. */
static void reset(int fd)
{
	struct linger now = {.l_onoff = 1, .l_linger = 0};

	setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
	close(fd);
}

static void post_numbered(int fd, int i)
{
	STRBUF_AUTO out = STRBUF_INIT(4096);
	char body[256];

	snprintf(body, sizeof(body),
		"{\"provider\":\"hf\",\"artifacts\":[{\"id\":\"s/t-v%d\",\"role\":\"textgen\","
		"\"metrics\":{\"quality\":0.8},\"uri\":\"hf://s\"}]}",
		i);
	strbuf_addf(&out, POST "Content-Length: %zu\r\n\r\n%s", strlen(body), body);
	rig_send(fd, out.buf, out.len);
}

static void wait_for_command(void)
{
	struct engine_stats st = {0};

	for (int i = 0; i < 100000000 && st.queue_len == 0; i++)
		engine_stats(rig.engine, &st);
	ck_assert_uint_eq(st.queue_len, 1);
}

/* The client leaves while its command waits, by FIN or by reset, before the commit or just behind it:
 * each command that was taken is done once, and nothing of its request is touched again. */
START_TEST(test_framing__a_thousand_clients_leave_while_they_wait)
{
	struct engine_stats st;

	for (int i = 1; i <= 1000; i++) {
		int fd = rig_connect(&rig);

		post_numbered(fd, i);
		wait_for_command();
		if (i % 4 == 0)
			rig_finish(&rig);
		if (i % 2)
			reset(fd);
		else
			close(fd);
		if (i % 8 == 1) /* the loop learns of it first */
			rig_expect(&rig, "GET", "/livez", "", NULL, 200, NULL);
		if (i % 4 != 0)
			rig_finish(&rig);
	}
	engine_stats(rig.engine, &st);
	ck_assert_uint_eq(st.manifests, 1000);
	rig_expect(&rig, "GET", "/v1/status", "", NULL, 200, "\"manifests\":1000,");
}
END_TEST

/* Patience runs out, the client goes, then the engine answers: in every order. */
START_TEST(test_framing__clients_leave_after_their_patience)
{
	struct engine_stats st;

	for (int i = 1; i <= 100; i++) {
		int fd = rig_connect(&rig);

		post_numbered(fd, i);
		wait_for_command();
		rig_step(&rig, 31);
		if (i % 3 == 0) {
			struct reply_text t;

			rig_read(fd, false, &t);
			ck_assert_int_eq(t.status, 503);
			reply_clear(&t);
		}
		if (i % 2)
			rig_finish(&rig);
		reset(fd);
		if (i % 2 == 0)
			rig_finish(&rig);
	}
	engine_stats(rig.engine, &st);
	ck_assert_uint_eq(st.manifests, 100);
}
END_TEST

/* ---- a crowd: of CROWD clients, 1500 without it ---- */

/* Until the server has accepted so many: a step of the clock cuts only those that it knows. */
static void until_connected(int n)
{
	static const char name[] = "\nspiralfed_http_connections ";

	for (int64_t from = clock_mono(clock_system());;) {
		struct reply_text t;
		const char *at;
		long open;

		rig_ask(&rig, "GET", "/metrics", "", NULL, &t);
		at = strstr(t.body, name);
		open = at ? strtol(at + sizeof(name) - 1, NULL, 10) : 0;
		reply_clear(&t);
		if (open >= n)
			return;
		ck_assert_msg(clock_mono(clock_system()) - from < RIG_WAIT_S * USEC_PER_SEC,
			"%ld of %d connections", open, n);
	}
}

START_TEST(test_framing__idle_clients_crowd_nobody_out)
{
	enum { CROWD_MAX = 50000 };
	static int fds[CROWD_MAX];
	const char *crowd = getenv("CROWD");
	int n = crowd ? (int)strtol(crowd, NULL, 10) : 1500;
	struct rlimit limit;

	ck_assert(n > 0 && n <= CROWD_MAX);

	getrlimit(RLIMIT_NOFILE, &limit);
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
	/* Both ends of each connection are in this process. */
	if (!crowd && limit.rlim_max < 2 * (rlim_t)n + 256)
		n = (int)(limit.rlim_max - 256) / 2;
	rig_close(&rig);
	rig_options(&rig);
	rig.options.max_connections = n + 16;
	rig_open(&rig, false, true);
	for (int i = 0; i < n; i++) {
		fds[i] = rig_connect(&rig);
		if (i % 2)
			rig_send(fds[i], "GET /livez HTTP/1.1\r\nHo", 23);
	}
	rig_expect(&rig, "GET", "/livez", "", NULL, 200, "ok");
	rig_expect(&rig, "POST", "/v1/manifests", "", MANIFEST, 201, NULL);
	until_connected(n);
	rig_step(&rig, 9); /* none of them has brought a request */
	for (int i = 0; i < n; i++) {
		ck_assert(rig_closed(fds[i]));
		close(fds[i]);
	}
	rig_expect(&rig, "GET", "/readyz", "", NULL, 200, "ok");
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("where messages end, and clients that break off");
	TCase *t = tcase_create("framing"), *still = tcase_create("still");

	tcase_set_timeout(t, 60);
	tcase_add_checked_fixture(t, open_rig, close_rig);
	tcase_add_loop_test(t, test_framing__hidden_requests_leave_no_trace, 0, COUNT(hidden));
	tcase_add_loop_test(t, test_framing__chunks_end_where_they_say, 0, COUNT(chunks));
	tcase_add_test(t, test_framing__pipelined_posts_are_done_in_order);
	tcase_add_loop_test(t, test_framing__the_cap_is_exact, 0, COUNT(sizes));
	tcase_add_test(t, test_framing__half_a_connection_gets_its_answer);
	tcase_add_test(t, test_framing__a_request_cut_at_any_byte_is_none);
	tcase_add_test(t, test_framing__idle_clients_crowd_nobody_out);
	suite_add_tcase(s, t);
	tcase_set_timeout(still, 120);
	tcase_add_checked_fixture(still, open_still_rig, close_rig);
	tcase_add_test(still, test_framing__a_thousand_clients_leave_while_they_wait);
	tcase_add_test(still, test_framing__clients_leave_after_their_patience);
	suite_add_tcase(s, still);
	return s;
}
