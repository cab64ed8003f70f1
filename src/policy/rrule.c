/* SPDX-License-Identifier: Apache-2.0
 *
 * Reads rules. It takes what the RFC allows for a FREQ of a day or longer and refuses the rest, each
 * with what was probably meant; what a rule leaves out is filled in from the anchor here, so that
 * the walk only filters.
 */
#include "policy/rrule.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"

enum { VALUE_MAX = 512, FIRST_YEAR = 1970, LAST_YEAR = 2099 };

static const char weekdays[] = "SUMOTUWETHFRSA";
static const int month_lengths[] = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

__attribute__((format(printf, 2, 3))) static int refuse(char *why, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(why, RRULE_WHY_MAX, fmt, ap);
	va_end(ap);
	return -1;
}

/* ---- Times ---- */

static int take_digits(const char **s, int n, int *ret)
{
	int v = 0;

	for (; n; n--) {
		if (**s < '0' || **s > '9')
			return -1;
		v = v * 10 + *(*s)++ - '0';
	}
	*ret = v;
	return 0;
}

static int days_in(int year, int month)
{
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

	return month == 2 && !leap ? 28 : month_lengths[month - 1];
}

static void take_literal(const char **s, char c)
{
	if (**s == c)
		(*s)++;
}

/* The date at *s, "-" between its parts or nothing. */
static int take_date(const char **s, struct civil *c)
{
	if (take_digits(s, 4, &c->year))
		return -1;
	take_literal(s, '-');
	if (take_digits(s, 2, &c->month))
		return -1;
	take_literal(s, '-');
	if (take_digits(s, 2, &c->day) || c->year < FIRST_YEAR || c->year > LAST_YEAR ||
		c->month < 1 || c->month > 12 || c->day < 1 || c->day > days_in(c->year, c->month))
		return -1;
	return 0;
}

static int take_time(const char **s, struct civil *c)
{
	if (*(*s)++ != 'T' || take_digits(s, 2, &c->hour))
		return -1;
	take_literal(s, ':');
	if (take_digits(s, 2, &c->minute))
		return -1;
	take_literal(s, ':');
	if (**s && **s != 'Z' && take_digits(s, 2, &c->second))
		return -1;
	return c->hour > 23 || c->minute > 59 || c->second > 59 ? -1 : 0;
}

int local_parse(const char *s, int64_t *ret_local)
{
	struct civil c = {0};

	if (take_date(&s, &c) || take_time(&s, &c) || *s)
		return -1;
	*ret_local = civil_to_time(&c) / USEC_PER_SEC;
	return 0;
}

/* ---- Parts ---- */

struct reading {
	struct rrule *rule;
	char *why;
	int hours[24], minutes[60], seconds[60], months[12];
	size_t n_hours, n_minutes, n_seconds, n_months;
	bool has_freq;
};

static int order(const void *a, const void *b)
{
	int x = *(const int *)a, y = *(const int *)b;

	return (x > y) - (x < y);
}

/* A list of whole numbers with bounds, -max to -1 too when `may_be_negative`; sorted, no value twice. */
static int take_list(struct reading *in, const char *name, char *value, int min, int max,
	bool may_be_negative, int *list, size_t cap, size_t *ret_n)
{
	char *save = NULL;
	size_t n = 0;

	for (char *s = strtok_r(value, ",", &save); s; s = strtok_r(NULL, ",", &save)) {
		char *end;
		long v = strtol(s, &end, 10);

		if (*end || end == s || strlen(s) > 4)
			return refuse(in->why, "%s: \"%s\" is no whole number", name, s);
		if (v < (may_be_negative ? -max : min) || v > max || (may_be_negative && !v))
			return refuse(in->why, "%s=%ld: must be %d to %d%s", name, v,
				may_be_negative ? 1 : min, max,
				may_be_negative ? ", or negative, counted from the end" : "");
		bool known = false;
		for (size_t i = 0; i < n; i++)
			known = known || list[i] == v;
		if (known)
			continue;
		if (n == cap)
			return refuse(in->why, "%s: more than %zu values", name, cap);
		list[n++] = (int)v;
	}
	if (!n)
		return refuse(in->why, "%s has no value", name);
	qsort(list, n, sizeof(*list), order);
	*ret_n = n;
	return 0;
}

static int weekday_of(const char *s)
{
	for (int i = 0; i < 7; i++)
		if (!strncasecmp(s, weekdays + 2 * i, 2))
			return i;
	return -1;
}

static int take_days(struct reading *in, char *value)
{
	struct rrule *r = in->rule;
	char *save = NULL;

	for (char *s = strtok_r(value, ",", &save); s; s = strtok_r(NULL, ",", &save)) {
		char *end;
		long number = strtol(s, &end, 10);
		int weekday = strlen(end) == 2 ? weekday_of(end) : -1;

		if (weekday < 0 || (end != s && !number))
			return refuse(in->why,
				"BYDAY: \"%s\" is no day: MO, TU, WE, TH, FR, SA, SU, in a month "
				"also 1MO or -1FR",
				s);
		if (number < -53 || number > 53)
			return refuse(in->why, "BYDAY: no period has a %s", s);
		if (r->n_days == RRULE_LIST_MAX)
			return refuse(in->why, "BYDAY: more than %d values", RRULE_LIST_MAX);
		r->days[r->n_days++] = (struct rrule_day){(int)number, weekday};
	}
	return r->n_days ? 0 : refuse(in->why, "BYDAY has no value");
}

static int take_freq(struct reading *in, const char *value)
{
	static const char *const names[] = {"DAILY", "WEEKLY", "MONTHLY", "YEARLY"};
	static const char *const often[] = {"HOURLY", "MINUTELY", "SECONDLY"};

	for (int i = 0; i < 4; i++) {
		if (strcasecmp(value, names[i]) != 0)
			continue;
		in->rule->freq = (enum rrule_freq)i;
		in->has_freq = true;
		return 0;
	}
	for (int i = 0; i < 3; i++)
		if (!strcasecmp(value, often[i]))
			return refuse(in->why,
				"FREQ=%s is more often than once a day: write FREQ=DAILY with the "
				"hours in BYHOUR, such as FREQ=DAILY;BYHOUR=6,18;BYMINUTE=0",
				often[i]);
	return refuse(in->why, "FREQ=%s is none of DAILY, WEEKLY, MONTHLY, YEARLY", value);
}

static int take_number(struct reading *in, const char *name, char *value, int max, int *ret)
{
	int list[2];
	size_t n;

	if (strchr(value, ','))
		return refuse(in->why, "%s takes one number", name);
	char *end;
	long v = strtol(value, &end, 10);
	if (!*end && end != value && (v > max || strlen(value) > 4))
		return refuse(in->why, "%s=%s is more than %d", name, value, max);
	if (take_list(in, name, value, 1, max, false, list, 1, &n))
		return -1;
	*ret = list[0];
	return 0;
}

/* A date, which counts whole, or a time; of a zone's clock, or with a Z an instant. */
static int read_until(const char *s, struct rrule *r)
{
	struct civil c = {.hour = 23, .minute = 59, .second = 59};

	if (take_date(&s, &c) || (*s && take_time(&s, &c)) || (*s && strcmp(s, "Z") != 0))
		return -1;
	r->until_kind = *s ? UNTIL_INSTANT : UNTIL_LOCAL;
	r->until = *s ? civil_to_time(&c) : civil_to_time(&c) / USEC_PER_SEC;
	return 0;
}

static int take_part(struct reading *in, const char *name, char *value)
{
	struct rrule *r = in->rule;
	int n;
#define LIST(min, max, negative, list, count)                                                  \
	take_list(in, name, value, min, max, negative, list, sizeof(list) / sizeof((list)[0]), \
		count)

	if (!strcmp(name, "FREQ"))
		return take_freq(in, value);
	if (!strcmp(name, "INTERVAL"))
		return take_number(in, name, value, RRULE_INTERVAL_MAX, &r->interval);
	if (!strcmp(name, "COUNT")) {
		if (take_number(in, name, value, RRULE_COUNT_MAX, &n))
			return -1;
		r->count = n;
		return 0;
	}
	if (!strcmp(name, "UNTIL"))
		return !read_until(value, r) ? 0
					     : refuse(in->why,
						       "UNTIL=%s is no time, such as "
						       "20251231T235959Z",
						       value);
	if (!strcmp(name, "WKST")) {
		r->week_start = strlen(value) == 2 ? weekday_of(value) : -1;
		return r->week_start >= 0 ? 0 : refuse(in->why, "WKST=%s is no day", value);
	}
	if (!strcmp(name, "BYDAY"))
		return take_days(in, value);
	if (!strcmp(name, "BYSECOND"))
		return LIST(0, 59, false, in->seconds, &in->n_seconds);
	if (!strcmp(name, "BYMINUTE"))
		return LIST(0, 59, false, in->minutes, &in->n_minutes);
	if (!strcmp(name, "BYHOUR"))
		return LIST(0, 23, false, in->hours, &in->n_hours);
	if (!strcmp(name, "BYMONTHDAY"))
		return LIST(1, 31, true, r->month_days, &r->n_month_days);
	if (!strcmp(name, "BYYEARDAY"))
		return LIST(1, 366, true, r->year_days, &r->n_year_days);
	if (!strcmp(name, "BYWEEKNO"))
		return LIST(1, 53, true, r->weeks, &r->n_weeks);
	if (!strcmp(name, "BYMONTH"))
		return LIST(1, 12, false, in->months, &in->n_months);
	if (!strcmp(name, "BYSETPOS"))
		return LIST(1, 366, true, r->positions, &r->n_positions);
	return refuse(in->why,
		"%s is no part of a rule: FREQ, INTERVAL, COUNT, UNTIL, WKST, BYMONTH, BYWEEKNO, "
		"BYYEARDAY, BYMONTHDAY, BYDAY, BYHOUR, BYMINUTE, BYSECOND, BYSETPOS",
		name);
#undef LIST
}

/* "NAME=value" at *part, with the name made upper case. */
static int split_part(struct reading *in, char *part, char **ret_value)
{
	char *equals = strchr(part, '=');

	if (!equals || equals == part || !equals[1])
		return refuse(in->why, "\"%s\" is not NAME=value", part);
	*equals = '\0';
	for (char *c = part; *c; c++)
		if (*c >= 'a' && *c <= 'z')
			*c = (char)(*c - 'a' + 'A');
	*ret_value = equals + 1;
	return 0;
}

static int take_parts(struct reading *in, const char *text)
{
	char copy[VALUE_MAX + 1], *save = NULL, *value = NULL;
	const char *seen[16];
	size_t n = 0;

	if (strlen(text) > VALUE_MAX)
		return refuse(in->why, "is longer than %d characters", VALUE_MAX);
	snprintf(copy, sizeof(copy), "%s", text);
	for (char *part = strtok_r(copy, ";", &save); part; part = strtok_r(NULL, ";", &save)) {
		if (split_part(in, part, &value))
			return -1;
		for (size_t i = 0; i < n; i++)
			if (!strcmp(seen[i], part))
				return refuse(in->why, "%s stands there twice", part);
		if (take_part(in, part, value))
			return -1;
		seen[n++] = part;
	}
	return in->has_freq ? 0 : refuse(in->why, "FREQ is missing, such as FREQ=DAILY");
}

/* ---- The whole ---- */

static bool has_numbered_day(const struct rrule *r)
{
	for (size_t i = 0; i < r->n_days; i++)
		if (r->days[i].number)
			return true;
	return false;
}

static int check_parts(const struct reading *in)
{
	const struct rrule *r = in->rule;

	if (r->count && r->until_kind != UNTIL_NONE)
		return refuse(in->why, "COUNT and UNTIL both end it: keep one");
	if (r->n_weeks && r->freq != RRULE_YEARLY)
		return refuse(in->why, "BYWEEKNO goes with FREQ=YEARLY only");
	if (r->n_weeks && !r->n_days)
		return refuse(in->why, "BYWEEKNO names weeks: add the day, such as BYDAY=MO");
	if (r->n_year_days && r->freq != RRULE_YEARLY)
		return refuse(in->why, "BYYEARDAY goes with FREQ=YEARLY only");
	if (r->n_month_days && r->freq == RRULE_WEEKLY)
		return refuse(
			in->why, "BYMONTHDAY does not go with FREQ=WEEKLY: write FREQ=MONTHLY");
	if (has_numbered_day(r) && (r->freq < RRULE_MONTHLY || r->n_weeks))
		return refuse(in->why, "BYDAY: numbered days such as 1MO or -1FR go with "
				       "FREQ=MONTHLY or YEARLY only, without BYWEEKNO");
	if (r->n_positions && !(in->n_hours || in->n_minutes || in->n_seconds || in->n_months ||
				      r->n_days || r->n_month_days || r->n_year_days || r->n_weeks))
		return refuse(in->why, "BYSETPOS picks among what other parts name, and there are "
				       "none, such as BYDAY");
	return 0;
}

/* The days that the anchor implies. */
static void fill_days(struct rrule *r)
{
	struct civil c;

	civil_from_time(r->anchor * USEC_PER_SEC, &c);
	if (r->n_days || r->n_month_days || r->n_year_days || r->n_weeks)
		return;
	if (r->freq == RRULE_WEEKLY)
		r->days[r->n_days++] = (struct rrule_day){0, c.weekday};
	if (r->freq == RRULE_MONTHLY || r->freq == RRULE_YEARLY)
		r->month_days[r->n_month_days++] = c.day;
	if (r->freq == RRULE_YEARLY && !r->months)
		r->months = 1u << c.month;
}

static int fill_times(struct reading *in)
{
	struct rrule *r = in->rule;
	struct civil c;

	civil_from_time(r->anchor * USEC_PER_SEC, &c);
	if (!in->n_hours)
		in->hours[in->n_hours++] = c.hour;
	if (!in->n_minutes)
		in->minutes[in->n_minutes++] = c.minute;
	if (!in->n_seconds)
		in->seconds[in->n_seconds++] = c.second;
	if (in->n_hours * in->n_minutes * in->n_seconds > RRULE_TIMES_MAX)
		return refuse(in->why,
			"BYHOUR, BYMINUTE and BYSECOND make %zu times of a day; the most is %d",
			in->n_hours * in->n_minutes * in->n_seconds, RRULE_TIMES_MAX);
	for (size_t h = 0; h < in->n_hours; h++)
		for (size_t m = 0; m < in->n_minutes; m++)
			for (size_t s = 0; s < in->n_seconds; s++)
				r->times[r->n_times++] =
					in->hours[h] * 3600 + in->minutes[m] * 60 + in->seconds[s];
	return 0;
}

int rrule_parse(const char *text, int64_t anchor, struct rrule *ret, char why[RRULE_WHY_MAX])
{
	struct rrule r = {.interval = 1, .week_start = 1, .anchor = anchor};
	struct reading in = {.rule = &r, .why = why};

	if (!strncasecmp(text, "RRULE:", 6))
		text += 6;
	if (take_parts(&in, text) || check_parts(&in))
		return -1;
	for (size_t i = 0; i < in.n_months; i++)
		r.months |= 1u << in.months[i];
	fill_days(&r);
	if (fill_times(&in))
		return -1;
	r.needs_anchor = r.count || r.interval > 1;
	*ret = r;
	return 0;
}
