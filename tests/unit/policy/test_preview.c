/* SPDX-License-Identifier: Apache-2.0
 *
 * What is to come, line by line, and the same instants in the feed.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "policy/preview.h"

Suite *test_suite(void);

static struct arena *arena;

static int64_t time_of(const char *text)
{
	int64_t at;

	ck_assert_int_eq(time_parse(text, &at), 0);
	return at;
}

static void plan_of(
	const char *text, const struct freeze *freezes, size_t n, struct cadence_plan *ret)
{
	char *quoted = arena_strdup(arena, text);
	struct cadence *c = ARENA_NEW(arena, struct cadence);
	struct faults f;
	struct err err = {0};

	for (char *p = quoted; *p; p++)
		*p = *p == '\'' ? '"' : *p;
	faults_init(&f);
	ck_assert_int_eq(
		fields_parse_text(&cadence_table, quoted, strlen(quoted), arena, c, &f, &err), 0);
	ck_assert_int_eq(cadence_plan(c, freezes, n, arena, ret, &err), 0);
}

/* One line for each entry, without the year. */
static const char *lines(const struct schedule_preview *p)
{
	const char *text = "";
	char at[TIME_STRLEN], until[TIME_STRLEN];

	for (size_t i = 0; i < p->entries.n; i++) {
		const struct plan_entry *e = LIST_AT(&p->entries, struct plan_entry, i);

		text = arena_printf(arena, "%s%.11s%s%.11s %s%s%s%s%s%s%s\n", text,
			time_format(e->at, at) + 5, e->until ? " to " : "",
			e->until ? time_format(e->until, until) + 5 : "",
			names_of(&plan_kind_names, e->kind), e->job >= 0 ? " " : "",
			e->job >= 0 ? names_of(&job_names, e->job) : "",
			e->held_by     ? " held by "
			: e->closed_by ? " closed by "
				       : "",
			e->held_by     ? e->held_by
			: e->closed_by ? e->closed_by
				       : "",
			e->name ? " " : "", e->name ? e->name : "");
	}
	return text;
}

#define FULL                                                                                \
	"{'ingest':'daily 02:30 America/New_York','merge':'Sun 09:00','promote':{'rrule':"  \
	"'Mon 10:00','tz':'Europe/London','duration':'PT4H'},'deny':{'books':{'rrule':"     \
	"'FREQ=MONTHLY;BYMONTHDAY=9;BYHOUR=12;BYMINUTE=0','duration':'P1D','jobs':['merge'" \
	",'promote']}}}"

START_TEST(test_preview__lists_runs_windows_and_what_holds_them)
{
	const struct freeze freeze = {.id = "f1",
		.from = time_of("2026-03-16T08:00:00Z"),
		.to = time_of("2026-03-16T15:00:00Z"),
		.reason = "audit",
		.job_mask = 1u << JOB_PROMOTE};
	struct schedule_preview p;
	struct cadence_plan plan;

	plan_of(FULL, &freeze, 1, &plan);
	/* New York's clocks go forward on 2026-03-08. */
	schedule_preview_make(
		&plan, time_of("2026-03-07T12:00:00Z"), time_of("2026-03-17T00:00:00Z"), arena, &p);
	ck_assert_str_eq(lines(&p), "03-08T07:00 clock_change\n"
				    "03-08T07:30 run ingest\n"
				    "03-08T09:00 run merge\n"
				    "03-09T06:30 run ingest\n"
				    "03-09T10:00 to 03-09T12:00 window promote closed by books\n"
				    "03-09T12:00 to 03-10T12:00 deny books\n"
				    "03-10T06:30 run ingest\n"
				    "03-11T06:30 run ingest\n"
				    "03-12T06:30 run ingest\n"
				    "03-13T06:30 run ingest\n"
				    "03-14T06:30 run ingest\n"
				    "03-15T06:30 run ingest\n"
				    "03-15T09:00 run merge\n"
				    "03-16T06:30 run ingest\n"
				    "03-16T08:00 to 03-16T15:00 freeze f1\n"
				    "03-16T10:00 to 03-16T14:00 window promote held by f1\n");
	const struct plan_entry *e = p.entries.v;
	ck_assert_str_eq(e[0].note, "clocks go forward by 1 h");
	ck_assert_str_eq(e[1].local, "2026-03-08T03:30:00-04:00");
	ck_assert_str_eq(e[1].note, "its local time is skipped that night: later by as much");
	ck_assert_str_eq(e[5].note, "holds merge, promote");
	ck_assert_str_eq(e[14].note, "holds promote: audit");
}
END_TEST

/* What began before is shown with its beginning, and a window that a deny cuts in pieces. */
START_TEST(test_preview__shows_what_lasts_already)
{
	struct schedule_preview p;
	struct cadence_plan plan;

	plan_of("{'promote':{'rrule':'Mon 10:00','duration':'P1D'},'deny':{'noon':{'rrule':"
		"'daily 12:00','duration':'PT1H'}}}",
		NULL, 0, &plan);
	schedule_preview_make(
		&plan, time_of("2026-03-09T11:00:00Z"), time_of("2026-03-09T20:00:00Z"), arena, &p);
	ck_assert_str_eq(lines(&p), "03-09T10:00 to 03-09T12:00 window promote closed by noon\n"
				    "03-09T12:00 to 03-09T13:00 deny noon\n"
				    "03-09T13:00 to 03-10T10:00 window promote\n");
	schedule_preview_make(
		&plan, time_of("2026-03-09T12:30:00Z"), time_of("2026-03-09T13:00:00Z"), arena, &p);
	ck_assert_str_eq(lines(&p), "03-09T12:00 to 03-09T13:00 deny noon\n");
	ck_assert_int_ne(p.more, 1);
}
END_TEST

START_TEST(test_preview__is_cut_where_it_would_be_too_long)
{
	struct schedule_preview p;
	struct cadence_plan plan;

	plan_of("{'ingest':'FREQ=DAILY;BYHOUR=0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,"
		"21,22,23;BYMINUTE=0,15,30,45'}",
		NULL, 0, &plan);
	schedule_preview_make(
		&plan, time_of("2026-01-01T00:00:00Z"), time_of("2027-01-01T00:00:00Z"), arena, &p);
	ck_assert_uint_eq(p.entries.n, PREVIEW_ENTRIES_MAX);
	ck_assert_int_eq(p.more, 1);
	ck_assert_int_gt(p.to, LIST_AT(&p.entries, struct plan_entry, p.entries.n - 1)->at);
}
END_TEST

START_TEST(test_preview__the_feed_has_the_same_instants)
{
	STRBUF_AUTO out = STRBUF_INIT(1 << 20);
	STRBUF_AUTO again = STRBUF_INIT(1 << 20);
	struct schedule_preview p;
	struct cadence_plan plan;
	size_t events = 0;

	plan_of(FULL, NULL, 0, &plan);
	schedule_preview_make(
		&plan, time_of("2026-03-07T12:00:00Z"), time_of("2026-03-17T00:00:00Z"), arena, &p);
	schedule_preview_ics(&p, time_of("2026-03-07T00:00:00Z"), arena, &out);
	for (const char *at = out.buf; (at = strstr(at, "BEGIN:VEVENT")); at++)
		events++;
	ck_assert_uint_eq(events, p.entries.n - 1); /* but for the clocks */
	ck_assert_ptr_nonnull(strstr(out.buf, "UID:promote-20260309T100000Z@spiralfed\r\n"));
	ck_assert_ptr_nonnull(strstr(out.buf, "UID:deny-books-20260309T120000Z@spiralfed\r\n"));
	ck_assert_ptr_nonnull(strstr(out.buf, "UID:ingest-20260308T073000Z@spiralfed\r\n"));
	schedule_preview_ics(&p, time_of("2026-03-07T00:00:00Z"), arena, &again);
	ck_assert_str_eq(out.buf, again.buf);
}
END_TEST

static unsigned seed;

static int rnd(int n)
{
	seed = seed * 1103515245 + 12345;
	return (int)(seed >> 16) % n;
}

static const char *random_cadence(void)
{
	static const char *const zones[] = {
		"UTC", "America/New_York", "Europe/London", "Asia/Tokyo"};
	static const char *const days[] = {"daily", "Mon,Thu", "weekends", "Tue-Fri"};
	const char *denies = "";

	for (int i = rnd(4); i > 0; i--)
		denies = arena_printf(arena,
			"%s%s'd%d':{'rrule':'%s %02d:%02d','tz':'%s','duration':'PT%dH'%s}", denies,
			*denies ? "," : "", i, days[rnd(4)], rnd(24), rnd(4) * 15, zones[rnd(4)],
			1 + rnd(7), rnd(2) ? ",'jobs':['ingest','promote']" : "");
	return arena_printf(arena,
		"{'ingest':'daily %02d:30 %s','promote':{'rrule':'%s %02d:00','tz':'%s','duration':"
		"'PT%dH'},'deny':{%s}}",
		rnd(24), zones[rnd(4)], days[rnd(4)], rnd(24), zones[rnd(4)], 1 + rnd(23), denies);
}

/* Does a window that is shown as open hold this moment? */
static bool is_shown(const struct schedule_preview *p, int64_t at)
{
	for (size_t i = 0; i < p->entries.n; i++) {
		const struct plan_entry *e = LIST_AT(&p->entries, struct plan_entry, i);

		if (e->kind == PLAN_WINDOW && !e->held_by && e->at <= at && at < e->until)
			return true;
	}
	return false;
}

/* What is shown is what window_at() and deny_at() say. */
START_TEST(test_preview__says_what_the_door_says)
{
	const int64_t hour = 3600 * USEC_PER_SEC, from = time_of("2026-10-20T00:00:00Z"),
		      to = from + 30 * 24 * hour;
	int open = 0, held = 0;

	for (int round = 1; round <= 24; round++) {
		struct freeze freezes[2];
		struct schedule_preview p;
		struct cadence_plan plan;
		const struct deny *denies;
		size_t n;

		seed = (unsigned)round;
		for (int i = 0; i < 2; i++) {
			int64_t at = from + rnd(700) * hour;

			freezes[i] = (struct freeze){.id = "f",
				.from = at,
				.to = at + rnd(60) * hour,
				.job_mask = 1u << rnd(JOBS)};
		}
		plan_of(random_cadence(), freezes, 2, &plan);
		schedule_preview_make(&plan, from, to, arena, &p);
		denies = deny_for_job(plan.denies, plan.n_denies, JOB_PROMOTE, arena, &n);
		for (int64_t at = from; at < to; at += 7 * hour / 2) {
			struct window_state w;

			window_at(plan.schedule[JOB_PROMOTE], plan.window, denies, n, at, &w);
			ck_assert_msg(
				is_shown(&p, at) == w.open, "seed %d: %lld", round, (long long)at);
			open += w.open;
		}
		denies = deny_for_job(plan.denies, plan.n_denies, JOB_INGEST, arena, &n);
		for (size_t i = 0; i < p.entries.n; i++) {
			const struct plan_entry *e = LIST_AT(&p.entries, struct plan_entry, i);

			if (e->job != JOB_INGEST)
				continue;
			ck_assert(!e->held_by == !deny_at(denies, n, e->at, NULL));
			held += e->held_by != NULL;
		}
	}
	ck_assert_int_gt(open, 0);
	ck_assert_int_gt(held, 0);
}
END_TEST

static void setup(void)
{
	arena = arena_new();
}

static void teardown(void)
{
	arena_free(arena);
}

Suite *test_suite(void)
{
	Suite *s = suite_create("policy/preview");
	TCase *tc = tcase_create("preview");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, test_preview__lists_runs_windows_and_what_holds_them);
	tcase_add_test(tc, test_preview__shows_what_lasts_already);
	tcase_add_test(tc, test_preview__is_cut_where_it_would_be_too_long);
	tcase_add_test(tc, test_preview__the_feed_has_the_same_instants);
	tcase_add_test(tc, test_preview__says_what_the_door_says);
	suite_add_tcase(s, tc);
	return s;
}
