/* SPDX-License-Identifier: Apache-2.0
 *
 * The short form of a rule, as a person writes it, turned into RFC 5545 text.
 */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "policy/schedule_parts.h"

enum { WORDS_MAX = 3, EVERY_DAY = 0x7f, WEEKDAYS = 0x3e, WEEKENDS = 0x41 };

static const char *const day_names[] = {
	"sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"};

#define EXAMPLE "such as Tue,Fri 09:00 America/New_York, or FREQ=DAILY;BYHOUR=2;BYMINUTE=0"

static const char *refuse(char *why, const char *what, const char *word)
{
	snprintf(why, RRULE_WHY_MAX, "\"%.40s\" %s", word, what);
	return NULL;
}

/* "Tue" or "Tuesday" of n bytes; -1 when it is none. */
static int find_day(const char *s, size_t n)
{
	for (int i = 0; i < 7; i++)
		if ((n == 3 || n == strlen(day_names[i])) && !strncasecmp(s, day_names[i], n))
			return i;
	return -1;
}

/* A bit for each weekday named, 0 when one is none. */
static unsigned read_days(char *list)
{
	char *save = NULL;
	unsigned days = 0;

	if (!strcasecmp(list, "daily"))
		return EVERY_DAY;
	if (!strcasecmp(list, "weekdays"))
		return WEEKDAYS;
	if (!strcasecmp(list, "weekends"))
		return WEEKENDS;
	for (char *s = strtok_r(list, ",", &save); s; s = strtok_r(NULL, ",", &save)) {
		size_t n = strcspn(s, "-");
		int first = find_day(s, n);
		int last = s[n] ? find_day(s + n + 1, strlen(s + n + 1)) : first;

		if (first < 0 || last < 0)
			return 0;
		for (int i = first;; i = (i + 1) % 7) {
			days |= 1u << i;
			if (i == last)
				break;
		}
	}
	return days;
}

/* "09:00" exactly. */
static int read_time(const char *s, int *ret_hour, int *ret_minute)
{
	if (strlen(s) != 5 || strspn(s, "0123456789") != 2 || s[2] != ':' ||
		strspn(s + 3, "0123456789") != 2)
		return -1;
	*ret_hour = (s[0] - '0') * 10 + s[1] - '0';
	*ret_minute = (s[3] - '0') * 10 + s[4] - '0';
	return *ret_hour > 23 || *ret_minute > 59 ? -1 : 0;
}

/* "BYHOUR=9,17;BYMINUTE=0" in the arena. */
static const char *read_times(const char *word, struct arena *a, char *why)
{
	char *save = NULL, *list = arena_strdup(a, word);
	const char *hours = NULL;
	int hour, minute, shared = -1;

	for (char *s = strtok_r(list, ",", &save); s; s = strtok_r(NULL, ",", &save)) {
		if (read_time(s, &hour, &minute))
			return refuse(why, "is no time of a day: write 24 hours, such as 09:00", s);
		if (shared >= 0 && minute != shared)
			return refuse(why,
				"names times with different minutes, which one rule can't say: "
				"write FREQ=DAILY;BYHOUR=...;BYMINUTE=...",
				word);
		shared = minute;
		hours = hours ? arena_printf(a, "%s,%d", hours, hour) : arena_printf(a, "%d", hour);
	}
	if (!hours)
		return refuse(why, "is no time of a day: write 24 hours, such as 09:00", word);
	return arena_printf(a, "BYHOUR=%s;BYMINUTE=%d;BYSECOND=0", hours, shared);
}

static const char *day_part(unsigned days, struct arena *a)
{
	static const char *const codes[] = {"SU", "MO", "TU", "WE", "TH", "FR", "SA"};
	const char *list = "";

	if (days == EVERY_DAY)
		return "FREQ=DAILY";
	/* From Monday on, as weeks are written. */
	for (int i = 1; i <= 7; i++)
		if (days & 1u << i % 7)
			list = arena_printf(a, "%s%s%s", list, *list ? "," : "", codes[i % 7]);
	return arena_printf(a, "FREQ=WEEKLY;BYDAY=%s", list);
}

const char *schedule_short(
	const char *text, struct arena *a, const char **ret_zone, char why[RRULE_WHY_MAX])
{
	char *save = NULL, *copy = arena_strdup(a, text), *words[WORDS_MAX + 1];
	size_t n = 0;

	for (char *s = strtok_r(copy, " ", &save); s && n <= WORDS_MAX;
		s = strtok_r(NULL, " ", &save))
		words[n++] = s;
	if (n && (!strcasecmp(words[0], "hourly") || !strcasecmp(words[0], "every")))
		return refuse(why,
			"is not taken: the shortest rule is once a day, at several hours "
			"FREQ=DAILY;BYHOUR=6,18;BYMINUTE=0",
			text);
	if (n < 2 || n > WORDS_MAX)
		return refuse(why, "is no rule, " EXAMPLE, text);
	unsigned days = read_days(arena_strdup(a, words[0]));
	if (!days)
		return refuse(why,
			"names no days: daily, weekdays, weekends, or a list such as Tue,Fri",
			words[0]);
	const char *times = read_times(words[1], a, why);
	if (!times)
		return NULL;
	*ret_zone = n == 3 ? words[2] : NULL;
	return arena_printf(a, "%s;%s", day_part(days, a), times);
}
