/* SPDX-License-Identifier: Apache-2.0
 *
 * Lines are written whole, by one write(2) each (a datagram socket keeps writes apart), and no value
 * can forge one.
 */
#include <check.h>
#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/log.h"

Suite *test_suite(void);

static int ends[2] = {-1, -1};
static char line[65536];

static void open_ends(void)
{
	int size = 1 << 20;

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_DGRAM, 0, ends), 0);
	setsockopt(ends[1], SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	log_set_id(NULL);
}

static void close_ends(void)
{
	log_setup(LOG_LEVEL_INFO, LOG_FORMAT_LOGFMT, STDERR_FILENO);
	close(ends[0]);
	close(ends[1]);
}

/* The text of the next write, or "" when there was none. */
static const char *next_write(void)
{
	ssize_t n = recv(ends[0], line, sizeof(line) - 1, MSG_DONTWAIT);

	line[n > 0 ? n : 0] = '\0';
	return line;
}

/* Behind "ts=<27 characters> ", whose form is checked. */
static const char *after_ts(void)
{
	const char *text = next_write();
	char ts[TIME_STRLEN];
	int64_t usec, now = clock_now(clock_system());

	ck_assert_uint_gt(strlen(text), 31);
	snprintf(ts, sizeof(ts), "%.27s", text + 3);
	ck_assert_int_eq(strncmp(text, "ts=", 3), 0);
	ck_assert_int_eq(time_parse(ts, &usec), 0);
	ck_assert_int_eq(ts[19], '.');
	ck_assert_int_lt(llabs(now - usec), 60 * USEC_PER_SEC);
	return text + 31;
}

START_TEST(test_log__logfmt_line)
{
	struct err err;

	err_set(&err, ERR_NOT_FOUND, "no release 7");
	log_setup(LOG_LEVEL_INFO, LOG_FORMAT_LOGFMT, ends[1]);
	log_info("channel.moved");
	ck_assert_str_eq(after_ts(), "level=info tag=channel.moved\n");
	log_set_id("0123456789abcdef");
	log_error("x.y", LOG_STR("s", "v1.2.3"), LOG_STR("q", "a b"), LOG_STR("e", ""),
		LOG_STR("n", NULL), LOG_INT("i", -5), LOG_DOUBLE("d", 0.25), LOG_DOUBLE("nan", NAN),
		LOG_BOOL("b", true), LOG_BOOL("c", 0), LOG_SECRET("k", "hunter2"),
		LOG_SECRET("l", ""), LOG_ERR(&err));
	ck_assert_str_eq(after_ts(),
		"level=error tag=x.y id=0123456789abcdef s=v1.2.3 q=\"a b\" e=\"\" n=null i=-5 "
		"d=0.25 nan=null b=true c=false k=*** l=\"\" code=not_found "
		"error=\"no release 7\"\n");
	ck_assert_str_eq(next_write(), "");
}
END_TEST

START_TEST(test_log__json_line)
{
	json_auto_t *value = NULL;
	const char *tag, *id, *text;
	int i;

	log_setup(LOG_LEVEL_DEBUG, LOG_FORMAT_JSON, ends[1]);
	log_set_id("r1");
	log_debug("x.y", LOG_STR("s", "a\nb\"\\\xC2\x85"), LOG_INT("i", 7), LOG_STR("n", NULL));
	value = json_loads(next_write(), JSON_REJECT_DUPLICATES, NULL);
	ck_assert_ptr_nonnull(value);
	ck_assert_uint_eq(json_object_size(value), 7);
	ck_assert_int_eq(json_unpack(value, "{s:s,s:s,s:s,s:i,s:n}", "tag", &tag, "id", &id, "s",
				 &text, "i", &i, "n"),
		0);
	ck_assert_str_eq(tag, "x.y");
	ck_assert_str_eq(id, "r1");
	ck_assert_str_eq(text, "a\nb\"\\\xC2\x85");
	ck_assert_int_eq(i, 7);
}
END_TEST

static const struct {
	const char *value, *shown;
} values[] = {
	{"plain", "plain"},
	{"a/b:c,d", "a/b:c,d"},
	{"a=b", "\"a=b\""},
	{"a\nlevel=error", "\"a\\nlevel=error\""},
	{"\r\t", "\"\\r\\t\""},
	{"\x1B[31m", "\"\\u001b[31m\""},
	{"\x7F", "\"\\u007f\""},
	{"\xC2\x80\xC2\x9F\xC2\xA0", "\"\\u0080\\u009f\xC2\xA0\""},
	{"\xE2\x80\xA8\xE2\x80\xA9", "\"\\u2028\\u2029\""},
	{"\xC3\xA9", "\"\xC3\xA9\""},
	{"a\xFF", "\"a\\ufffd\""},
	{"say \"hi\" \\", "\"say \\\"hi\\\" \\\\\""},
	{"a\"b", "\"a\\\"b\""},
	{"a\\b", "\"a\\\\b\""},
	{"a\u202eb\u2066c\u200bd\ufeff", "\"a\\u202eb\\u2066c\\u200bd\\ufeff\""},
	{"\u061c\u200f\u202a", "\"\\u061c\\u200f\\u202a\""},
	{"\u2010\u2070", "\"\u2010\u2070\""},
};

START_TEST(test_log__no_value_forges_a_line)
{
	char expected[200];

	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		log_setup(LOG_LEVEL_INFO, LOG_FORMAT_LOGFMT, ends[1]);
		log_warn("t", LOG_STR("k", values[i].value));
		snprintf(expected, sizeof(expected), "level=warn tag=t k=%s\n", values[i].shown);
		ck_assert_str_eq(after_ts(), expected);

		log_setup(LOG_LEVEL_INFO, LOG_FORMAT_JSON, ends[1]);
		log_warn("t", LOG_STR("k", values[i].value));
		json_t *value = json_loads(next_write(), 0, NULL);
		ck_assert_ptr_nonnull(value);
		ck_assert_int_eq(strcspn(line, "\n"), strlen(line) - 1);
		json_decref(value);
	}
}
END_TEST

START_TEST(test_log__long_values_are_cut)
{
	static char text[100000];
	const char *shown;

	memset(text, 'x', sizeof(text) - 1);
	log_setup(LOG_LEVEL_INFO, LOG_FORMAT_LOGFMT, ends[1]);
	log_info("t", LOG_STR("k", text), LOG_INT("after", 1));
	shown = next_write();
	ck_assert_uint_lt(strlen(shown), 4096);
	ck_assert_ptr_nonnull(strstr(shown, "xxx...\" after=1\n"));
}
END_TEST

START_TEST(test_log__levels_filter)
{
	for (int level = LOG_LEVEL_ERROR; level <= LOG_LEVEL_DEBUG; level++) {
		log_setup((enum log_level)level, LOG_FORMAT_LOGFMT, ends[1]);
		for (int at = LOG_LEVEL_ERROR; at <= LOG_LEVEL_DEBUG; at++) {
			log_at((enum log_level)at, "t");
			ck_assert_int_eq(next_write()[0] != '\0', at <= level);
			ck_assert_int_eq(log_enabled((enum log_level)at), at <= level);
		}
	}
}
END_TEST

START_TEST(test_log__setup_keeps_the_descriptor)
{
	log_setup(LOG_LEVEL_INFO, LOG_FORMAT_LOGFMT, ends[1]);
	log_setup(LOG_LEVEL_INFO, LOG_FORMAT_JSON, -1);
	log_info("t");
	ck_assert_int_eq(next_write()[0], '{');
}
END_TEST

START_TEST(test_log__a_lost_line_harms_nobody)
{
	log_setup(LOG_LEVEL_INFO, LOG_FORMAT_LOGFMT, 999);
	errno = ENOENT;
	log_info("t");
	ck_assert_int_eq(errno, ENOENT);
}
END_TEST

static void *log_without_id(void *unused)
{
	log_info("other");
	log_set_id("mine");
	return unused;
}

START_TEST(test_log__id_belongs_to_the_thread)
{
	pthread_t thread;

	log_setup(LOG_LEVEL_INFO, LOG_FORMAT_LOGFMT, ends[1]);
	log_set_id("main");
	ck_assert_int_eq(pthread_create(&thread, NULL, log_without_id, NULL), 0);
	pthread_join(thread, NULL);
	ck_assert_str_eq(after_ts(), "level=info tag=other\n");
	log_info("t");
	ck_assert_str_eq(after_ts(), "level=info tag=t id=main\n");
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("log");
	TCase *tc = tcase_create("log");

	tcase_add_checked_fixture(tc, open_ends, close_ends);
	tcase_add_test(tc, test_log__logfmt_line);
	tcase_add_test(tc, test_log__json_line);
	tcase_add_test(tc, test_log__no_value_forges_a_line);
	tcase_add_test(tc, test_log__long_values_are_cut);
	tcase_add_test(tc, test_log__levels_filter);
	tcase_add_test(tc, test_log__setup_keeps_the_descriptor);
	tcase_add_test(tc, test_log__a_lost_line_harms_nobody);
	tcase_add_test(tc, test_log__id_belongs_to_the_thread);
	suite_add_tcase(s, tc);
	return s;
}
