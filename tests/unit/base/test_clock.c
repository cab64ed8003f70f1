/* SPDX-License-Identifier: Apache-2.0
 *
 * Time as text and as calendar fields, both ways, against the C library's calendar.
 */
#include <check.h>
#include <pthread.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"

Suite *test_suite(void);

static const struct {
	int64_t usec;
	const char *text, *micro;
} formats[] = {
	{0, "1970-01-01T00:00:00Z", "1970-01-01T00:00:00.000000Z"},
	{1795499994000000, "2026-11-24T05:59:54Z", "2026-11-24T05:59:54.000000Z"},
	{1795499994123456, "2026-11-24T05:59:54.123456Z", "2026-11-24T05:59:54.123456Z"},
	{1795499994120000, "2026-11-24T05:59:54.12Z", "2026-11-24T05:59:54.120000Z"},
	{1795499994000001, "2026-11-24T05:59:54.000001Z", "2026-11-24T05:59:54.000001Z"},
	{951782400000000, "2000-02-29T00:00:00Z", "2000-02-29T00:00:00.000000Z"},
	{253402300799999999, "9999-12-31T23:59:59.999999Z", "9999-12-31T23:59:59.999999Z"},
	{784111777000000, "1994-11-06T08:49:37Z", "1994-11-06T08:49:37.000000Z"},
};

START_TEST(test_clock__format_table)
{
	char buf[TIME_STRLEN];
	int64_t back;

	for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
		ck_assert_str_eq(time_format(formats[i].usec, buf), formats[i].text);
		ck_assert_int_eq(time_parse(buf, &back), 0);
		ck_assert_int_eq(back, formats[i].usec);
		ck_assert_str_eq(time_format_micro(formats[i].usec, buf), formats[i].micro);
	}
}
END_TEST

/* Others tell of times, too. */
START_TEST(test_clock__formats_any_number)
{
	static const struct {
		int64_t usec;
		const char *text;
	} cases[] = {
		{INT64_MAX, "9999-12-31T23:59:59.999999Z"},
		{TIME_MOST + 1, "9999-12-31T23:59:59.999999Z"},
		{-1, "1969-12-31T23:59:59.999999Z"},
		{TIME_LEAST, "0000-01-01T00:00:00Z"},
		{TIME_LEAST - 1, "0000-01-01T00:00:00Z"},
		{INT64_MIN, "0000-01-01T00:00:00Z"},
	};
	char buf[TIME_STRLEN];
	struct civil c;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		ck_assert_str_eq(time_format(cases[i].usec, buf), cases[i].text);
	civil_from_time(INT64_MIN, &c);
	ck_assert_int_eq(c.year, -290308);
	ck_assert_int_eq(c.usec, 224192);
}
END_TEST

START_TEST(test_clock__adds_what_others_say)
{
	static const struct {
		int64_t usec, seconds, sum;
	} cases[] = {
		{5, 2, 2000005},
		{5, -2, -1999995},
		{0, INT64_MAX, TIME_MOST},
		{0, INT64_MIN, TIME_LEAST},
		{INT64_MAX, 1, TIME_MOST},
		{INT64_MIN, -1, TIME_LEAST},
		{INT64_C(1795499994000000), INT64_C(9223372036854), TIME_MOST},
		{0, INT64_C(253402300800), TIME_MOST},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		ck_assert_int_eq(time_after(cases[i].usec, cases[i].seconds), cases[i].sum);
}
END_TEST

static const struct {
	const char *text;
	int64_t usec;
} parses[] = {
	{"1970-01-01T00:00:00Z", 0},
	{"2026-11-24t05:59:54z", 1795499994000000},
	{"2026-11-24T05:59:54+00:00", 1795499994000000},
	{"2026-11-24T05:59:54-00:00", 1795499994000000},
	{"2026-11-24T07:29:54+01:30", 1795499994000000},
	{"2026-11-23T23:59:54-06:00", 1795499994000000},
	{"2026-11-24T05:59:54.1Z", 1795499994100000},
	{"2026-11-24T05:59:54.1234567899999Z", 1795499994123456},
	{"2026-11-24T05:59:54.000000Z", 1795499994000000},
	{"2024-02-29T00:00:00Z", 1709164800000000},
	{"1990-12-31T23:59:60Z", 662687999000000},
	{"1990-12-31T15:59:60.5-08:00", 662687999500000},
	{"1969-12-31T20:00:00-04:00", 0},
};

static const char *const no_times[] = {"", "now", "2026-11-24", "2026-11-24T05:59:54",
	"2026-11-24 05:59:54Z", "2026-11-24T05:59Z", "2026-11-24T5:59:54Z", " 2026-11-24T05:59:54Z",
	"2026-11-24T05:59:54Z ", "2026-11-24T05:59:54.Z", "2026-11-24T05:59:54,1Z",
	"2026-11-24T05:59:54+0000", "2026-11-24T05:59:54+00", "2026-11-24T05:59:54+24:00",
	"2026-11-24T05:59:54+00:60", "2026-11-24T24:00:00Z", "2026-11-24T05:60:00Z",
	"2026-11-24T05:59:61Z", "2026-11-24T05:59:60Z", "2026-00-24T05:59:54Z",
	"2026-13-24T05:59:54Z", "2026-11-00T05:59:54Z", "2026-11-31T05:59:54Z",
	"2026-02-29T05:59:54Z", "2100-02-29T05:59:54Z", "26-11-24T05:59:54Z",
	"02026-11-24T05:59:54Z", "-2026-11-24T05:59:54Z", "+2026-11-24T05:59:54Z",
	"2026-11-24T05:59:54ZZ", "1969-12-31T23:59:59Z", "1970-01-01T00:00:00+00:01",
	"0000-01-01T00:00:00Z", "9999-12-31T23:59:59-00:01", "2026-1a-24T05:59:54Z",
	"20261124T055954Z"};

START_TEST(test_clock__parse_tables)
{
	int64_t usec;

	for (size_t i = 0; i < sizeof(parses) / sizeof(parses[0]); i++) {
		ck_assert_msg(!time_parse(parses[i].text, &usec), "refused: %s", parses[i].text);
		ck_assert_msg(usec == parses[i].usec, "%s", parses[i].text);
	}
	for (size_t i = 0; i < sizeof(no_times) / sizeof(no_times[0]); i++) {
		usec = 42;
		ck_assert_msg(time_parse(no_times[i], &usec) == -1, "taken: %s", no_times[i]);
		ck_assert_int_eq(usec, 42);
	}
}
END_TEST

START_TEST(test_clock__civil_agrees_with_the_c_library)
{
	const int64_t first = -2208988800, last = 253402300799; /* 1900 to 9999 */

	for (int64_t sec = first; sec <= last; sec += 9 * 86400 + 12345) {
		int64_t usec = sec * USEC_PER_SEC + (sec & 0xFFFF);
		time_t t = (time_t)sec;
		struct civil c;
		struct tm tm;

		gmtime_r(&t, &tm);
		civil_from_time(usec, &c);
		if (c.year != tm.tm_year + 1900 || c.month != tm.tm_mon + 1 ||
			c.day != tm.tm_mday || c.hour != tm.tm_hour || c.minute != tm.tm_min ||
			c.second != tm.tm_sec || c.weekday != tm.tm_wday ||
			c.usec != (sec & 0xFFFF) || civil_to_time(&c) != usec)
			ck_abort_msg("differs at %lld", (long long)sec);
	}
}
END_TEST

START_TEST(test_clock__civil_takes_fields_out_of_range)
{
	struct civil c = {.year = 2026, .month = 11, .day = 24 + 7, .hour = 25, .minute = -1};
	char buf[TIME_STRLEN];

	ck_assert_str_eq(time_format(civil_to_time(&c), buf), "2026-12-02T00:59:00Z");
}
END_TEST

START_TEST(test_clock__fake_stands_until_stepped)
{
	struct fake_clock fake;
	const struct clock *c = &fake.clock;
	int64_t mono;

	fake_clock_init(&fake, 1000);
	mono = clock_mono(c);
	ck_assert_int_ne(mono, 0);
	ck_assert_int_eq(clock_now(c), 1000);
	fake_clock_step(&fake, 5);
	ck_assert_int_eq(clock_now(c), 1005);
	ck_assert_int_eq(clock_mono(c), mono + 5);
	fake_clock_set_wall(&fake, 10);
	ck_assert_int_eq(clock_now(c), 10);
	ck_assert_int_eq(clock_mono(c), mono + 5);
}
END_TEST

static void *step_often(void *fake)
{
	for (int i = 0; i < 10000; i++)
		fake_clock_step(fake, 1);
	return NULL;
}

START_TEST(test_clock__fake_steps_are_atomic)
{
	struct fake_clock fake;
	pthread_t threads[2];

	fake_clock_init(&fake, 0);
	for (int i = 0; i < 2; i++)
		ck_assert_int_eq(pthread_create(&threads[i], NULL, step_often, &fake), 0);
	for (int i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
	ck_assert_int_eq(clock_now(&fake.clock), 20000);
}
END_TEST

START_TEST(test_clock__system_moves_forward)
{
	const struct clock *c = clock_system();
	int64_t mono = clock_mono(c);

	ck_assert_int_gt(clock_now(c), 1700000000 * USEC_PER_SEC);
	ck_assert_int_lt(clock_now(c), 32503680000 * USEC_PER_SEC);
	ck_assert_int_ge(clock_mono(c), mono);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("clock");
	TCase *tc = tcase_create("clock");

	tcase_add_test(tc, test_clock__format_table);
	tcase_add_test(tc, test_clock__formats_any_number);
	tcase_add_test(tc, test_clock__adds_what_others_say);
	tcase_add_test(tc, test_clock__parse_tables);
	tcase_add_test(tc, test_clock__civil_agrees_with_the_c_library);
	tcase_add_test(tc, test_clock__civil_takes_fields_out_of_range);
	tcase_add_test(tc, test_clock__fake_stands_until_stepped);
	tcase_add_test(tc, test_clock__fake_steps_are_atomic);
	tcase_add_test(tc, test_clock__system_moves_forward);
	suite_add_tcase(s, tc);
	return s;
}
