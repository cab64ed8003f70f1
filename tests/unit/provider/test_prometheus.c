/* SPDX-License-Identifier: Apache-2.0
 *
 * Prometheus as a source, against a stand-in on a Unix socket: what it is asked, and that one number
 * that is none makes the whole window none.
 */
#include <check.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"
#include "provider/prometheus.h"

Suite *test_suite(void);

enum { ANSWERS_MAX = 8, T = 1700000040 };

static struct arena *arena;
static char folder[] = "/tmp/spiralfed-prom-XXXXXX";
static struct {
	int fd;
	const char *answers[ANSWERS_MAX]; /* bodies, one a connection; NULL: no more */
	char heard[ANSWERS_MAX][2048];
	size_t n;
	pthread_t thread;
} stage;

static void setup(void)
{
	arena = arena_new();
	memcpy(folder + strlen(folder) - 6, "XXXXXX", 6);
	ck_assert_ptr_nonnull(mkdtemp(folder));
	memset(&stage, 0, sizeof(stage));
}

static void teardown(void)
{
	unlink(arena_printf(arena, "%s/s", folder));
	rmdir(folder);
	arena_free(arena);
}

static void *play(void *arg)
{
	for (; stage.n < ANSWERS_MAX && stage.answers[stage.n]; stage.n++) {
		const char *body = stage.answers[stage.n];
		char *heard = stage.heard[stage.n], head[200];
		int fd = accept(stage.fd, NULL, NULL);
		size_t len = 0;

		if (fd < 0)
			break;
		while (!strstr(heard, "\r\n\r\n")) {
			ssize_t n = recv(fd, heard + len, sizeof(stage.heard[0]) - 1 - len, 0);

			if (n <= 0)
				break;
			len += (size_t)n;
		}
		snprintf(head, sizeof(head),
			"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: "
			"%zu\r\nConnection: close\r\n\r\n",
			strlen(body));
		send(fd, head, strlen(head), MSG_NOSIGNAL);
		send(fd, body, strlen(body), MSG_NOSIGNAL);
		close(fd);
	}
	return NULL;
}

static void open_stage(void)
{
	struct sockaddr_un un = {.sun_family = AF_UNIX};

	stage.fd = socket(AF_UNIX, SOCK_STREAM, 0);
	snprintf(un.sun_path, sizeof(un.sun_path), "%s/s", folder);
	ck_assert_int_eq(bind(stage.fd, (struct sockaddr *)&un, sizeof(un)), 0);
	ck_assert_int_eq(listen(stage.fd, 8), 0);
	ck_assert_int_eq(pthread_create(&stage.thread, NULL, play, NULL), 0);
}

static void close_stage(void)
{
	shutdown(stage.fd, SHUT_RDWR);
	pthread_join(stage.thread, NULL);
	close(stage.fd);
}

static const char *number(const char *value)
{
	return arena_printf(arena,
		"{\"status\":\"success\",\"data\":{\"resultType\":\"vector\",\"result\":[{"
		"\"metric\":"
		"{},\"value\":[%d,\"%s\"]}]}}",
		T, value);
}

#define EMPTY "{\"status\":\"success\",\"data\":{\"resultType\":\"vector\",\"result\":[]}}"

static struct prometheus_options options(void)
{
	return (struct prometheus_options){.url = arena_printf(arena, "unix:%s/s", folder),
		.timeout = 60 * USEC_PER_SEC,
		.total = "sum(increase(requests_total{release=\"$release\"}[$window]))",
		.errors = "e{$x}"};
}

static int observe(struct observation *ret, struct err *err)
{
	const struct prometheus_options o = options();
	int rc;

	open_stage();
	rc = prometheus_observe(&o, "1.0.1", T * USEC_PER_SEC, NULL, arena, ret, err);
	close_stage();
	return rc;
}

START_TEST(test_prometheus__asks_for_each_counter_as_of_the_end)
{
	struct observation o;
	struct err err = {0};

	stage.answers[0] = number("599.7");
	stage.answers[1] = number("12.2");
	ck_assert_msg(observe(&o, &err) == 0, "%s", err.msg);
	ck_assert_int_eq(o.total, 600);
	ck_assert_int_eq(o.errors, 12);
	ck_assert_int_eq(o.slow, 0);
	ck_assert_str_eq(o.node, "prometheus");
	ck_assert_str_eq(o.release, "1.0.1");
	ck_assert_int_eq(o.t_end, T * USEC_PER_SEC);
	ck_assert_int_eq(o.t_start, (T - 60) * USEC_PER_SEC);
	ck_assert_ptr_nonnull(strstr(stage.heard[0],
		"GET /api/v1/query?query=sum%28increase%28requests_total%7Brelease%3D%221.0.1%22%7D"
		"%5B60s%5D%29%29&time=1700000040 "));
	ck_assert_ptr_nonnull(strstr(stage.heard[1], "query=e%7B%24x%7D&"));
	ck_assert_ptr_null(strstr(stage.heard[0], "Authorization"));
}
END_TEST

static const struct {
	const char *total, *errors, *word; /* NULL: the server closes */
} none[] = {
	{EMPTY, NULL, "total: no data"},
	{"600", EMPTY,
		"errors: no data; when there simply were none, end the query with `or vector(0)`"},
	{"600", "NaN", "errors: "},
	{"600", "+Inf", "errors: "},
	{"600", "-3", "errors: no count"},
	{"600", "602", "errors is 602, more than total, which is 600"},
	{"1e300", NULL, "total: no count"},
	{"{\"status\":\"error\",\"errorType\":\"bad_data\",\"error\":\"parse error\"}", NULL,
		"parse error"},
	{"<html>", NULL, "total: "},
};

static const char *body_of(const char *answer)
{
	return answer && *answer != '{' && *answer != '<' ? number(answer) : answer;
}

START_TEST(test_prometheus__one_that_is_no_number_makes_the_window_none)
{
	struct observation o = {.total = 77};
	struct err err = {0};

	stage.answers[0] = body_of(none[_i].total);
	stage.answers[1] = body_of(none[_i].errors);
	ck_assert_int_eq(observe(&o, &err), -1);
	ck_assert_int_eq(err.code, ERR_IO);
	ck_assert_msg(strstr(err.msg, none[_i].word) != NULL, "%s", err.msg);
	ck_assert_int_eq(o.total, 77);
}
END_TEST

/* Extrapolation may put a part one above the whole. */
START_TEST(test_prometheus__rounds_a_part_down_to_the_whole)
{
	struct observation o;
	struct err err = {0};

	stage.answers[0] = number("600.4");
	stage.answers[1] = number("600.6");
	ck_assert_msg(observe(&o, &err) == 0, "%s", err.msg);
	ck_assert_int_eq(o.errors, 600);
}
END_TEST

START_TEST(test_prometheus__sends_its_token_and_says_when_nobody_is_there)
{
	struct prometheus_options o = options();
	char *file = arena_printf(arena, "%s/token", folder);
	struct observation obs;
	struct err err = {0};
	FILE *f = fopen(file, "w");

	fputs("secret\n", f);
	fclose(f);
	o.token_file = file;
	o.errors = NULL;
	ck_assert_int_eq(
		prometheus_observe(&o, "1.0.1", T * USEC_PER_SEC, NULL, arena, &obs, &err), -1);
	ck_assert_int_eq(err.code, ERR_UNREACHABLE);
	stage.answers[0] = number("1");
	open_stage();
	ck_assert_int_eq(
		prometheus_observe(&o, "1.0.1", T * USEC_PER_SEC, NULL, arena, &obs, &err), 0);
	close_stage();
	ck_assert_ptr_nonnull(strstr(stage.heard[0], "Authorization: Bearer secret\r\n"));
	unlink(file);
	ck_assert_int_eq(
		prometheus_observe(&o, "1.0.1", T * USEC_PER_SEC, NULL, arena, &obs, &err), -1);
	ck_assert_ptr_nonnull(strstr(err.msg, "the token for Prometheus"));
}
END_TEST

/* Nobody answers: without the flag it would take as long as the timeout. */
START_TEST(test_prometheus__is_given_up_at_the_end)
{
	const struct prometheus_options o = options();
	static const atomic_bool stop = true;
	struct observation obs;
	struct err err = {0};

	open_stage();
	ck_assert_int_eq(
		prometheus_observe(&o, "1.0.1", T * USEC_PER_SEC, &stop, arena, &obs, &err), -1);
	ck_assert_int_eq(err.code, ERR_UNAVAILABLE);
	close_stage();
}
END_TEST

static const struct {
	const char *url;
	bool token, fit;
} places[] = {
	{"https://prometheus.example", true, true},
	{"http://127.0.0.1:9090", true, true},
	{"http://localhost:9090", true, true},
	{"unix:/run/prometheus", true, true},
	{"http://prometheus.example:9090", true, false},
	{"http://127.0.0.1.example:9090", true, false},
	{"http://prometheus.example:9090", false, true},
};

START_TEST(test_prometheus__a_token_does_not_travel_in_the_open)
{
	struct prometheus_options o = options();
	struct err err = {0};

	o.url = places[_i].url;
	o.token_file = places[_i].token ? "/token" : NULL;
	ck_assert_int_eq(prometheus_check(&o, arena, &err), places[_i].fit ? 0 : -1);
	if (!places[_i].fit)
		ck_assert_msg(strstr(err.msg, "use https") != NULL, "%s", err.msg);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("prometheus as a source");
	TCase *t = tcase_create("prometheus");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, test_prometheus__asks_for_each_counter_as_of_the_end);
	tcase_add_loop_test(t, test_prometheus__one_that_is_no_number_makes_the_window_none, 0,
		sizeof(none) / sizeof(none[0]));
	tcase_add_test(t, test_prometheus__rounds_a_part_down_to_the_whole);
	tcase_add_test(t, test_prometheus__sends_its_token_and_says_when_nobody_is_there);
	tcase_add_test(t, test_prometheus__is_given_up_at_the_end);
	tcase_add_loop_test(t, test_prometheus__a_token_does_not_travel_in_the_open, 0,
		sizeof(places) / sizeof(places[0]));
	suite_add_tcase(s, t);
	return s;
}
