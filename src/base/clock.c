/* SPDX-License-Identifier: Apache-2.0
 *
 * Reads the kernel's clocks, and turns instants into text and calendar fields and back. Uses neither
 * the C library's calendar nor its locale: time zones are the schedule's business.
 */
#include "base/clock.h"

#include <assert.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { SEC_PER_DAY = 86400, DAYS_PER_ERA = 146097 }; /* an era: 400 years */

static int64_t read_clock(clockid_t id)
{
	struct timespec ts;

	if (clock_gettime(id, &ts))
		abort();
	return (int64_t)ts.tv_sec * USEC_PER_SEC + ts.tv_nsec / 1000;
}

static int64_t system_now(const struct clock *c)
{
	(void)c;
	return read_clock(CLOCK_REALTIME);
}

static int64_t system_mono(const struct clock *c)
{
	(void)c;
	return read_clock(CLOCK_MONOTONIC);
}

const struct clock *clock_system(void)
{
	static const struct clock system = {.now = system_now, .mono = system_mono};

	return &system;
}

static int64_t fake_now(const struct clock *c)
{
	return ((const struct fake_clock *)c)->wall;
}

static int64_t fake_mono(const struct clock *c)
{
	return ((const struct fake_clock *)c)->monotonic;
}

void fake_clock_init(struct fake_clock *f, int64_t wall)
{
	f->clock = (struct clock){.now = fake_now, .mono = fake_mono};
	f->wall = wall;
	f->monotonic = USEC_PER_SEC; /* not 0, which means "no time" */
}

void fake_clock_step(struct fake_clock *f, int64_t usec)
{
	f->wall += usec;
	f->monotonic += usec;
}

void fake_clock_set_wall(struct fake_clock *f, int64_t wall)
{
	f->wall = wall;
}

static int64_t floor_div(int64_t a, int64_t b)
{
	return a / b - (a % b < 0);
}

/* Days since 1970-01-01. The year is counted from March, so that the leap day is its last. */
static int64_t days_from_date(int64_t year, int month, int day)
{
	int64_t y = month > 2 ? year : year - 1;
	int64_t era = floor_div(y, 400);
	int64_t year_of_era = y - era * 400;
	int64_t month_from_march = (month + 9) % 12;
	int64_t day_of_year = (153 * month_from_march + 2) / 5 + day - 1;
	int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;

	return era * DAYS_PER_ERA + day_of_era - 719468; /* 0000-03-01 to 1970-01-01 */
}

void civil_from_time(int64_t usec, struct civil *ret)
{
	int64_t sec = floor_div(usec, USEC_PER_SEC), fraction = usec % USEC_PER_SEC;
	int64_t days = floor_div(sec, SEC_PER_DAY);
	int64_t sec_of_day = sec - days * SEC_PER_DAY;
	int64_t since_march = days + 719468;
	int64_t era = floor_div(since_march, DAYS_PER_ERA);
	int64_t day_of_era = since_march - era * DAYS_PER_ERA;
	int64_t year_of_era =
		(day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
	int64_t day_of_year =
		day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
	int64_t month_from_march = (5 * day_of_year + 2) / 153;
	int month = (int)((month_from_march + 2) % 12) + 1;

	*ret = (struct civil){
		.year = (int)(era * 400 + year_of_era) + (month <= 2),
		.month = month,
		.day = (int)(day_of_year - (153 * month_from_march + 2) / 5) + 1,
		.hour = (int)(sec_of_day / 3600),
		.minute = (int)(sec_of_day / 60 % 60),
		.second = (int)(sec_of_day % 60),
		.usec = (int)(fraction < 0 ? fraction + USEC_PER_SEC : fraction),
		.weekday = (int)(days + 4 - floor_div(days + 4, 7) * 7), /* 1970-01-01: Thursday */
	};
}

int64_t civil_to_time(const struct civil *c)
{
	int64_t days;

	assert(c->month >= 1 && c->month <= 12);
	days = days_from_date(c->year, c->month, c->day);
	return (days * SEC_PER_DAY + c->hour * INT64_C(3600) + c->minute * INT64_C(60) +
		       c->second) *
		       USEC_PER_SEC +
	       c->usec;
}

int64_t time_after(int64_t usec, int64_t seconds)
{
	int64_t sum;

	if (__builtin_mul_overflow(seconds, USEC_PER_SEC, &sum) ||
		__builtin_add_overflow(usec, sum, &sum))
		return seconds < 0 ? TIME_LEAST : TIME_MOST;
	return sum < TIME_LEAST ? TIME_LEAST : sum > TIME_MOST ? TIME_MOST : sum;
}

static char *put_digits(char *p, int v, int digits)
{
	for (int i = digits; i--; v /= 10)
		p[i] = (char)('0' + v % 10);
	return p + digits;
}

static char *put_clock(char *p, const struct civil *c)
{
	p = put_digits(p, c->hour, 2);
	*p++ = ':';
	p = put_digits(p, c->minute, 2);
	*p++ = ':';
	return put_digits(p, c->second, 2);
}

static char *format(int64_t usec, bool all_digits, char buf[TIME_STRLEN])
{
	struct civil c;
	char *p = buf;

	civil_from_time(usec < TIME_LEAST ? TIME_LEAST : usec > TIME_MOST ? TIME_MOST : usec, &c);
	p = put_digits(p, c.year, 4);
	*p++ = '-';
	p = put_digits(p, c.month, 2);
	*p++ = '-';
	p = put_digits(p, c.day, 2);
	*p++ = 'T';
	p = put_clock(p, &c);
	if (c.usec || all_digits) {
		*p++ = '.';
		p = put_digits(p, c.usec, 6);
		while (!all_digits && p[-1] == '0')
			p--;
	}
	*p++ = 'Z';
	*p = '\0';
	return buf;
}

char *time_format(int64_t usec, char buf[TIME_STRLEN])
{
	return format(usec, false, buf);
}

char *time_format_micro(int64_t usec, char buf[TIME_STRLEN])
{
	return format(usec, true, buf);
}

/* Exactly n digits, moving *s behind them. */
static bool take_digits(const char **s, int n, int *ret)
{
	int v = 0;

	for (int i = 0; i < n; i++) {
		if ((*s)[i] < '0' || (*s)[i] > '9')
			return false;
		v = v * 10 + ((*s)[i] - '0');
	}
	*s += n;
	*ret = v;
	return true;
}

static bool take_char(const char **s, char c)
{
	if (**s != c)
		return false;
	++*s;
	return true;
}

static bool take_date(const char **s, struct civil *c)
{
	static const int month_days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	bool leap;

	if (!take_digits(s, 4, &c->year) || !take_char(s, '-') || !take_digits(s, 2, &c->month) ||
		!take_char(s, '-') || !take_digits(s, 2, &c->day))
		return false;
	if (c->month < 1 || c->month > 12)
		return false;
	leap = (c->year % 4 == 0 && c->year % 100 != 0) || c->year % 400 == 0;
	return c->day >= 1 && c->day <= month_days[c->month - 1] + (c->month == 2 && leap);
}

static bool take_fraction(const char **s, int *ret)
{
	int usec = 0, digits = 0;

	if (!take_char(s, '.'))
		return true;
	for (; **s >= '0' && **s <= '9'; ++*s, digits++)
		if (digits < 6)
			usec = usec * 10 + (**s - '0');
	if (!digits)
		return false;
	for (; digits < 6; digits++)
		usec *= 10;
	*ret = usec;
	return true;
}

static bool take_time(const char **s, struct civil *c)
{
	return take_digits(s, 2, &c->hour) && take_char(s, ':') && take_digits(s, 2, &c->minute) &&
	       take_char(s, ':') && take_digits(s, 2, &c->second) && c->hour < 24 &&
	       c->minute < 60 && c->second <= 60 && take_fraction(s, &c->usec);
}

static bool take_offset(const char **s, int *ret_minutes)
{
	int hours, minutes, sign;

	if (take_char(s, 'Z') || take_char(s, 'z')) {
		*ret_minutes = 0;
		return true;
	}
	if (take_char(s, '+'))
		sign = 1;
	else if (take_char(s, '-'))
		sign = -1;
	else
		return false;
	if (!take_digits(s, 2, &hours) || !take_char(s, ':') || !take_digits(s, 2, &minutes))
		return false;
	*ret_minutes = sign * (hours * 60 + minutes);
	return hours < 24 && minutes < 60;
}

int time_parse(const char *s, int64_t *ret_usec)
{
	struct civil c = {0}, utc;
	int offset;
	bool leap_second;
	int64_t usec;

	if (!take_date(&s, &c) || (!take_char(&s, 'T') && !take_char(&s, 't')) ||
		!take_time(&s, &c) || !take_offset(&s, &offset) || *s)
		return -1;

	leap_second = c.second == 60;
	if (leap_second)
		c.second = 59;
	usec = civil_to_time(&c) - offset * 60 * USEC_PER_SEC;
	civil_from_time(usec, &utc);
	if (utc.year < 1970 || utc.year > 9999)
		return -1;
	if (leap_second && (utc.hour != 23 || utc.minute != 59))
		return -1;
	*ret_usec = usec;
	return 0;
}
