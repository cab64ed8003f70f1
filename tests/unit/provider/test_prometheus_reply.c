/* SPDX-License-Identifier: Apache-2.0
 *
 * Answers of Prometheus: the captured ones, each with its verdict, and what no Prometheus sends.
 */
#include "provider/prometheus_reply.h"

#include <check.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

Suite *test_suite(void);

static struct prometheus_reply parse(int status, const char *body)
{
	struct prometheus_reply reply;

	prometheus_reply_parse(status, body, strlen(body), &reply);
	/* Only a number has a value, and only what is none has a reason. */
	ck_assert_msg((reply.verdict == PROMETHEUS_NUMBER) == !isnan(reply.value), "%s", body);
	ck_assert_msg((reply.verdict == PROMETHEUS_NUMBER) == !*reply.detail, "%s", body);
	return reply;
}

static const struct {
	const char *name;
	enum prometheus_verdict verdict;
	double value;
} captured[] = {
	{"burn ratio, one series", PROMETHEUS_NUMBER, 0.02},
	{"same by POST", PROMETHEUS_NUMBER, 0.02},
	{"per node (two elements)", PROMETHEUS_MANY, 0},
	{"empty vector (unknown release)", PROMETHEUS_NO_DATA, 0},
	{"NaN (0/0)", PROMETHEUS_NAN, 0},
	{"+Inf", PROMETHEUS_INFINITE, 0},
	{"p95 histogram_quantile", PROMETHEUS_NUMBER, 0.6428571428571422},
	{"slow count over 0.5s (exact, bucket edge)", PROMETHEUS_NUMBER, 2400},
	{"scalar", PROMETHEUS_NUMBER, 20},
	{"string", PROMETHEUS_TYPE, 0},
	{"matrix (range selector in an instant query)", PROMETHEUS_TYPE, 0},
	{"stale: 10 min after the last sample", PROMETHEUS_NO_DATA, 0},
	{"rfc3339 time with fraction", PROMETHEUS_NUMBER, 1},
	{"parse error", PROMETHEUS_REFUSED, 0},
	{"missing query", PROMETHEUS_REFUSED, 0},
	{"bad time", PROMETHEUS_REFUSED, 0},
	{"execution error (many-to-many)", PROMETHEUS_REFUSED, 0},
	{"never any error series: ratio is EMPTY, not 0", PROMETHEUS_NO_DATA, 0},
	{"fixed with or vector(0)", PROMETHEUS_NUMBER, 0},
	{"no traffic with or vector(0): empty again (denominator)", PROMETHEUS_NO_DATA, 0},
	{"404 path", PROMETHEUS_BROKEN, 0},
	{"ready", PROMETHEUS_BROKEN, 0},
	{"buildinfo", PROMETHEUS_BROKEN, 0},
};

START_TEST(test_prometheus_reply__captured)
{
	char path[512];
	size_t i;
	json_t *test;

	snprintf(path, sizeof(path), "%s/vectors/prometheus-replies.json", getenv("SRC"));
	json_t *all = json_load_file(path, 0, NULL);

	ck_assert_msg(json_array_size(all) == sizeof(captured) / sizeof(captured[0]), "%s", path);
	json_array_foreach(all, i, test)
	{
		const char *name = json_string_value(json_object_get(test, "name"));
		struct prometheus_reply reply =
			parse((int)json_integer_value(json_object_get(test, "http_status")),
				json_string_value(json_object_get(test, "body")));

		ck_assert_str_eq(name, captured[i].name);
		ck_assert_msg(reply.verdict == captured[i].verdict, "%s: %s %s", name,
			prometheus_verdict_name(reply.verdict), reply.detail);
		if (reply.verdict == PROMETHEUS_NUMBER)
			ck_assert_double_eq(reply.value, captured[i].value);
	}
	json_decref(all);
}
END_TEST

#define VECTOR(sample_)                                                           \
	"{\"status\":\"success\",\"data\":{\"resultType\":\"vector\",\"result\":" \
	"[{\"metric\":{},\"value\":" sample_ "}]}}"

static const char *const broken[] = {
	"",
	"[]",
	"null",
	"{}",
	"{\"status\":\"success\"}",
	"{\"status\":\"ok\",\"data\":{}}",
	"{\"status\":\"success\",\"data\":[]}",
	"{\"status\":\"success\",\"data\":{\"resultType\":\"vector\"}}",
	"{\"status\":\"success\",\"data\":{\"resultType\":\"vector\",\"result\":{}}}",
	"{\"status\":\"success\",\"data\":{\"resultType\":\"vector\",\"result\":[{}]}}",
	"{\"status\":\"success\",\"data\":{\"resultType\":\"scalar\",\"result\":[]}}",
	VECTOR("[1,2]"),
	VECTOR("[\"1\",\"2\"]"),
	VECTOR("[1,\"2\",\"3\"]"),
	VECTOR("[1,\"\"]"),
	VECTOR("[1,\" 2\"]"),
	VECTOR("[1,\"0x10\"]"),
	VECTOR("[1,\"2,5\"]"),
	VECTOR("[1,\"1e999\"]"),
	VECTOR("[1,\"nan\"]"),
	VECTOR("[1,\"inf\"]"),
	VECTOR("[1,\"--2\"]"),
	VECTOR("[1,\"2\"]") "x",
	"<html>502 Bad Gateway</html>",
};

START_TEST(test_prometheus_reply__broken)
{
	struct prometheus_reply reply = parse(200, broken[_i]);

	ck_assert_msg(reply.verdict == PROMETHEUS_BROKEN, "%s: %s", broken[_i],
		prometheus_verdict_name(reply.verdict));
}
END_TEST

START_TEST(test_prometheus_reply__a_number_needs_status_200)
{
	ck_assert_int_eq(parse(200, VECTOR("[1,\"2\"]")).verdict, PROMETHEUS_NUMBER);
	ck_assert_int_eq(parse(500, VECTOR("[1,\"2\"]")).verdict, PROMETHEUS_BROKEN);
	ck_assert_int_eq(parse(302, VECTOR("[1,\"2\"]")).verdict, PROMETHEUS_BROKEN);
	ck_assert_int_eq(parse(503, "{\"status\":\"error\",\"error\":\"x\\ny\"}").verdict,
		PROMETHEUS_REFUSED);
}
END_TEST

START_TEST(test_prometheus_reply__counts)
{
	static const struct {
		const char *body;
		int64_t count;
	} counts[] = {
		{VECTOR("[1,\"0\"]"), 0},
		{VECTOR("[1,\"-0\"]"), 0},
		{VECTOR("[1,\"1200.0000000000002\"]"), 1200},
		{VECTOR("[1,\"1199.5\"]"), 1200},
		{VECTOR("[1,\"1.5e3\"]"), 1500},
		{VECTOR("[1,\"9007199254740991\"]"), INT64_C(9007199254740991)},
		{VECTOR("[1,\"1e16\"]"), -1},
		{VECTOR("[1,\"-1\"]"), -1},
		{VECTOR("[1,\"NaN\"]"), -1},
		{VECTOR("[1,\"-Inf\"]"), -1},
	};

	for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
		struct prometheus_reply reply = parse(200, counts[i].body);

		ck_assert_int_eq(prometheus_count(&reply), counts[i].count);
	}
}
END_TEST

/* Cut anywhere, an answer is no number. */
START_TEST(test_prometheus_reply__cut)
{
	static const char body[] = VECTOR("[1749000000.5,\"12.25\"]");
	struct prometheus_reply reply;

	for (size_t n = 0; n < sizeof(body) - 1; n++) {
		prometheus_reply_parse(200, body, n, &reply);
		ck_assert_int_eq(reply.verdict, PROMETHEUS_BROKEN);
	}
	prometheus_reply_parse(200, body, sizeof(body) - 1, &reply);
	ck_assert_double_eq(reply.value, 12.25);
	ck_assert_double_eq(reply.time, 1749000000.5);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("answers of Prometheus");
	TCase *c = tcase_create("prometheus_reply");

	tcase_add_test(c, test_prometheus_reply__captured);
	tcase_add_loop_test(
		c, test_prometheus_reply__broken, 0, sizeof(broken) / sizeof(broken[0]));
	tcase_add_test(c, test_prometheus_reply__a_number_needs_status_200);
	tcase_add_test(c, test_prometheus_reply__counts);
	tcase_add_test(c, test_prometheus_reply__cut);
	suite_add_tcase(s, c);
	return s;
}
