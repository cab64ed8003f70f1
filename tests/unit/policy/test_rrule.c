/* SPDX-License-Identifier: Apache-2.0
 *
 * Random rules over ten years: what must hold of any of them, and, for those that libical's iterator
 * reads rightly, the same local times as it says. A failure prints the seed; SEED in the environment
 * replays it.
 */
#include <check.h>
#include <libical/ical.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/strbuf.h"
#include "policy/rrule.h"
#include "policy/schedule.h"

Suite *test_suite(void);

enum { RULES = 200, DAY = 86400, WALKED_MAX = 3000, COMPARED_MAX = 300 };

static const char *const zones[] = {"UTC", "America/New_York", "Europe/London", "Europe/Dublin",
	"Australia/Lord_Howe", "Antarctica/Troll", "Pacific/Chatham", "Asia/Kathmandu",
	"Africa/Casablanca", "Africa/Cairo", "Asia/Beirut", "America/Santiago", "Asia/Kolkata",
	"America/St_Johns", "Pacific/Kiritimati"};
enum { ZONES = sizeof(zones) / sizeof(zones[0]) };
static const char *const days[] = {"SU", "MO", "TU", "WE", "TH", "FR", "SA"};

static uint64_t state;

static int below(int n)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (int)(state % (uint64_t)n);
}

static uint64_t seed_of(void)
{
	const char *s = getenv("SEED");

	return s ? strtoull(s, NULL, 10) : 20261124;
}

/* Rising numbers, no fewer than one. */
static void add_list(struct strbuf *sb, const char *name, int low, int high, int most)
{
	int n = 1 + below(most), value = low;

	strbuf_addf(sb, ";%s=", name);
	for (int i = 0; i < n; i++) {
		int room = high - value - (n - 1 - i);
		value += below(room / (n - i) + 1);
		strbuf_addf(sb, "%s%d", i ? "," : "", value++);
	}
}

/* A rule that libical reads rightly: lists rise, no BYSETPOS, no BYWEEKNO, no BYMONTHDAY in a year or
 * beside numbered days. */
static void random_rule(struct strbuf *sb)
{
	static const char *const freqs[] = {"DAILY", "WEEKLY", "MONTHLY", "YEARLY"};
	int freq = below(4);
	bool has_days = false;

	strbuf_reset(sb);
	strbuf_addf(sb, "FREQ=%s", freqs[freq]);
	if (!below(3))
		strbuf_addf(sb, ";INTERVAL=%d", 1 + below(4));
	if (below(2)) {
		int day = below(7);
		bool numbered = freq >= 2 && below(2);

		has_days = numbered;
		strbuf_addf(sb, ";BYDAY=%s%s", numbered ? (below(2) ? "2" : "-1") : "", days[day]);
		if (!numbered && below(2))
			strbuf_addf(sb, ",%s", days[(day + 1 + below(6)) % 7]);
	}
	if (!below(4))
		add_list(sb, "BYMONTH", 1, 12, 4);
	if (freq != 1 && freq != 3 && !has_days && !below(4))
		add_list(sb, "BYMONTHDAY", 1, 28, 3);
	else if (freq == 2 && !has_days && !below(6))
		strbuf_addstr(sb, ";BYMONTHDAY=-1");
	if (below(4))
		add_list(sb, "BYHOUR", 0, below(2) ? 4 : 23, 3);
	if (below(4))
		add_list(sb, "BYMINUTE", 0, 59, 2);
	if (!below(3))
		strbuf_addf(sb, ";WKST=%s", days[below(7)]);
}

static void random_anchor(char buf[32])
{
	snprintf(buf, 32, "%d%02d%02dT%02d%02d00", 2024 + below(3), 1 + below(12), 1 + below(28),
		below(24), below(60));
}

/* ---- What must hold of any rule ---- */

static void check_rule(const struct schedule *s, const char *what)
{
	static struct occurrence list[WALKED_MAX];
	const int64_t from = INT64_C(1735689600) * USEC_PER_SEC; /* 2025 */
	const int64_t to = from + 3653 * INT64_C(86400) * USEC_PER_SEC;
	bool more;
	size_t n = schedule_range(s, from, to, list, WALKED_MAX, &more);
	int64_t at = from - 1;

	for (size_t i = 0; i < n; i++) {
		int64_t next = schedule_next(s, at);

		ck_assert_msg(next == list[i].at, "%s: %zu: next and range differ", what, i);
		ck_assert_msg(next > at, "%s: %zu: not rising", what, i);
		/* The latest at or before it is itself; just before it, the one before. */
		if (i % 7 == 0) {
			ck_assert_msg(schedule_previous(s, next) == next, "%s: %zu", what, i);
			ck_assert_msg(!i || schedule_previous(s, next - 1) == list[i - 1].at,
				"%s: %zu: previous", what, i);
			ck_assert_msg(schedule_next(s, next - 1) == next, "%s: %zu", what, i);
		}
		at = next;
	}
	ck_assert_msg(more || !schedule_next(s, at) || schedule_next(s, at) >= to, "%s", what);
}

START_TEST(test_rrule__random_rules_rise_and_come_back)
{
	STRBUF_AUTO rule = STRBUF_INIT(1 << 12);
	STRBUF_AUTO what = STRBUF_INIT(1 << 12);
	char anchor[32];

	state = seed_of();
	for (int i = 0; i < RULES; i++) {
		ARENA_AUTO a = arena_new();
		struct faults f;

		random_rule(&rule);
		if (!below(4) && strstr(rule.buf, ";BY"))
			strbuf_addf(&rule, ";BYSETPOS=%d", below(2) ? 1 : -1);
		if (!below(8))
			strbuf_addf(&rule, ";COUNT=%d", 1 + below(200));
		random_anchor(anchor);
		const struct schedule_rule r = {rule.buf, zones[below(ZONES)], anchor};

		strbuf_reset(&what);
		strbuf_addf(&what, "SEED=%llu: %s %s from %s", (unsigned long long)seed_of(),
			r.rrule, r.tz, r.anchor);
		faults_init(&f);
		const struct schedule *s = schedule_compile(&r, "", a, &f);
		ck_assert_msg(s != NULL, "%s: %s", what.buf, f.n ? f.list[0].detail : "");
		check_rule(s, what.buf);
	}
}
END_TEST

/* ---- The same as libical ---- */

static void compare(const char *text, const char *anchor)
{
	const int64_t end = INT64_C(2208988800); /* 2040 */
	struct icalrecurrencetype recur = icalrecurrencetype_from_string(text);
	icalrecur_iterator *it = icalrecur_iterator_new(recur, icaltime_from_string(anchor));
	char why[RRULE_WHY_MAX] = "";
	struct rrule_walk w;
	struct rrule r;
	int64_t start, local;

	ck_assert_int_eq(local_parse(anchor, &start), 0);
	ck_assert_msg(!rrule_parse(text, start, &r, why), "%s: %s", text, why);
	rrule_walk(&r, start, end, &w);
	for (int i = 0; i < COMPARED_MAX && rrule_step(&w, &local); i++) {
		struct icaltimetype t = it ? icalrecur_iterator_next(it) : icaltime_null_time();
		struct civil c;

		civil_from_time(local * USEC_PER_SEC, &c);
		ck_assert_msg(t.year == c.year && t.month == c.month && t.day == c.day &&
				      t.hour == c.hour && t.minute == c.minute,
			"SEED=%llu: %s from %s: %d: %04d-%02d-%02dT%02d:%02d, libical %s",
			(unsigned long long)seed_of(), text, anchor, i, c.year, c.month, c.day,
			c.hour, c.minute, icaltime_as_ical_string(t));
	}
	if (it)
		icalrecur_iterator_free(it);
}

START_TEST(test_rrule__random_rules_are_as_libical_says)
{
	STRBUF_AUTO rule = STRBUF_INIT(1 << 12);
	char anchor[32];

	state = seed_of() + 1;
	for (int i = 0; i < RULES; i++) {
		random_rule(&rule);
		random_anchor(anchor);
		/* Of every second week libical takes the wrong ones when the anchor is no such day. */
		if (!strstr(rule.buf, "FREQ=WEEKLY;INTERVAL="))
			compare(rule.buf, anchor);
	}
}
END_TEST

/* A walk may begin anywhere and still finds the same. */
START_TEST(test_rrule__a_walk_begins_anywhere)
{
	STRBUF_AUTO rule = STRBUF_INIT(1 << 12);
	char anchor[32], why[RRULE_WHY_MAX];

	state = seed_of() + 2;
	for (int i = 0; i < RULES; i++) {
		struct rrule_walk whole, part;
		int64_t start, from, a, b;
		struct rrule r;
		bool one, other;

		random_rule(&rule);
		random_anchor(anchor);
		ck_assert_int_eq(local_parse(anchor, &start), 0);
		ck_assert_int_eq(rrule_parse(rule.buf, start, &r, why), 0);
		from = start + (int64_t)below(4000) * DAY + below(DAY);
		rrule_walk(&r, 0, from + 400 * (int64_t)DAY, &whole);
		rrule_walk(&r, from, from + 400 * (int64_t)DAY, &part);
		do {
			one = rrule_step(&whole, &a);
		} while (one && a < from);
		other = rrule_step(&part, &b);
		while (one && other && a == b) {
			one = rrule_step(&whole, &a);
			other = rrule_step(&part, &b);
		}
		ck_assert_msg(!one && !other, "SEED=%llu: %s from %s",
			(unsigned long long)seed_of(), rule.buf, anchor);
	}
}
END_TEST

/* Any text is taken or refused with a sentence, at once. */
START_TEST(test_rrule__any_text_is_answered)
{
	static const char alphabet[] = "FREQ=DAILYWEKNTHB;,0123456789-+: .\t\xff";
	char text[64], why[RRULE_WHY_MAX];
	struct rrule r;

	state = seed_of() + 3;
	for (int i = 0; i < 20000; i++) {
		int n = below(40), prefix = below(2) ? 0 : 11;

		memcpy(text, "FREQ=DAILY;", 11);
		for (int k = 0; k < n; k++)
			text[prefix + k] = alphabet[below(sizeof(alphabet) - 1)];
		text[prefix + n] = '\0';
		why[0] = '\0';
		if (rrule_parse(text, 0, &r, why))
			ck_assert_uint_gt(strlen(why), 0);
	}
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("policy/rrule");
	TCase *tc = tcase_create("rrule");

	schedule_setup();
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, test_rrule__random_rules_rise_and_come_back);
	tcase_add_test(tc, test_rrule__random_rules_are_as_libical_says);
	tcase_add_test(tc, test_rrule__a_walk_begins_anywhere);
	tcase_add_test(tc, test_rrule__any_text_is_answered);
	suite_add_tcase(s, tc);
	return s;
}
