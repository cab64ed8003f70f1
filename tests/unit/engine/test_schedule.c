/* SPDX-License-Identifier: Apache-2.0
 *
 * What runs by itself, on a clock that is stepped: runs on time and late, what is missed and held, the
 * window of promotions, freezes, crashes, and clocks that are set.
 */
#include <check.h>
#include <string.h>

#include "engine/internal.h"
#include "engine/schedule.h"
#include "engine/tx.h"
#include "model/phase.h"
#include "store/event.h"
#include "store/schedule.h"
#include "support/calm_policy.h"
#include "support/registry.h"

Suite *test_suite(void);

#define MINUTE (60 * USEC_PER_SEC)
#define HOUR   (60 * MINUTE)
#define DAY    (24 * HOUR)

/* The fixture's clock begins on Tuesday 2026-11-24 06:00. */
#define MERGE	"'merge':'Tue,Fri 09:00'"
#define INGEST	"'ingest':'daily 02:00'"
#define PROMOTE "'promote':{'rrule':'Wed 10:00','duration':'PT4H'}"

static void go_to(const char *time)
{
	int64_t at;

	ck_assert_int_eq(time_parse(arena_printf(reg.arena, "2026-%s:00Z", time), &at), 0);
	int64_t now = clock_now(&reg.clock.clock);
	if (at > now)
		fake_clock_step(&reg.clock, at - now);
	else
		fake_clock_set_wall(&reg.clock, at);
	finish();
}

/* "2026-11-24T09:00 Succeeded nothing" for each run, oldest first, without the year. */
static const char *runs(enum job job)
{
	STRBUF_AUTO sb = STRBUF_INIT(1 << 20);
	struct err err = {0};
	struct page page;
	char at[TIME_STRLEN];

	ck_assert_int_eq(job_run_list(reg.reader, job, 0, PAGE_MAX, reg.arena, &page, &err), 0);
	for (size_t i = page.n; i-- > 0;) {
		struct job_run r;

		ck_assert_int_eq(
			fields_load_text(&job_run_table, page.bodies[i], reg.arena, &r, &err), 0);
		time_format(r.scheduled_for ? r.scheduled_for : r.due, at);
		strbuf_addf(&sb, "%s%s%.11s %s", sb.len ? "; " : "",
			r.scheduled_for ? "" : "by hand ", at + 5,
			r.outcome < 0 ? names_of(&phase_names, r.phase)
				      : names_of(&job_outcome_names, r.outcome));
	}
	return arena_strndup(reg.arena, sb.buf, sb.len);
}

static struct job_run last_run(enum job job)
{
	struct err err = {0};
	struct job_run r;

	ck_assert_int_eq(job_run_last(reg.reader, job, reg.arena, &r, &err), 1);
	return r;
}

static void three_units(int n, double quality)
{
	submit_unit(arena_printf(reg.arena, "s/textgen-lora-v%d", n), "textgen", quality);
	submit_unit(arena_printf(reg.arena, "s/embedder-v%d", n), "embed", quality);
	submit_unit(arena_printf(reg.arena, "s/runtime-v%d", n), "runtime", quality);
}

START_TEST(test_schedule__runs_a_job_once_at_its_time)
{
	set_cadence("{" INGEST "," MERGE "}");
	three_units(1, 0.8);
	go_to("11-24T08:59");
	ck_assert_str_eq(runs(JOB_MERGE), "");
	go_to("11-24T09:00");
	ck_assert_str_eq(runs(JOB_MERGE), "11-24T09:00 done");
	ck_assert_str_eq(last_run(JOB_MERGE).result, "/v1/merges/1.0.0-rc.1");
	ck_assert_str_eq(last_run(JOB_MERGE).actor, "controller:schedule");
	go_to("11-24T23:00");
	ck_assert_str_eq(runs(JOB_MERGE), "11-24T09:00 done");
	ck_assert_str_eq(runs(JOB_INGEST), "");
	for (int hour = 1; hour < 4 * 24; hour++) {
		fake_clock_step(&reg.clock, HOUR);
		finish();
	}
	ck_assert_str_eq(runs(JOB_MERGE), "11-24T09:00 done; 11-27T09:00 nothing");
	ck_assert_str_eq(runs(JOB_INGEST), "11-25T02:00 nothing; 11-26T02:00 nothing; "
					   "11-27T02:00 nothing; 11-28T02:00 nothing");
	ck_assert_str_eq(
		last_run(JOB_MERGE).reason, "merge 1.0.0-rc.1, which is open, is the same");
	check_registry();
}
END_TEST

START_TEST(test_schedule__knows_when_it_is_due_next)
{
	char at[TIME_STRLEN];

	finish();
	ck_assert(schedule_next_due(reg.engine) == INT64_MAX);
	set_cadence("{" MERGE "," PROMOTE "}");
	finish();
	ck_assert_str_eq(time_format(schedule_next_due(reg.engine), at), "2026-11-24T09:00:00Z");
	go_to("11-24T09:00");
	ck_assert_str_eq(time_format(schedule_next_due(reg.engine), at), "2026-11-25T10:00:00Z");
	go_to("11-25T10:00");
	ck_assert_str_eq(time_format(schedule_next_due(reg.engine), at), "2026-11-25T14:00:00Z");
	go_to("11-25T14:00");
	ck_assert_str_eq(time_format(schedule_next_due(reg.engine), at), "2026-11-27T09:00:00Z");
}
END_TEST

START_TEST(test_schedule__catches_up_once_after_an_outage)
{
	set_cadence("{" INGEST ",'merge':{'rrule':'Tue,Fri 09:00','catch_up':'skip'}}");
	go_to("11-24T12:00");
	registry_reopen();
	go_to("11-30T12:00"); /* six days */
	ck_assert_str_eq(runs(JOB_INGEST), "11-25T02:00 missed; 11-26T02:00 missed; "
					   "11-27T02:00 missed; 11-28T02:00 missed; "
					   "11-29T02:00 missed; 11-30T02:00 nothing");
	ck_assert_str_eq(runs(JOB_MERGE), "11-24T09:00 missed; 11-27T09:00 missed");
	ck_assert_int_eq(count_events("job.missed"), 3);
	ck_assert_uint_eq(schedule_count(reg.engine, JOB_INGEST, JOB_MISSED), 5);
	ck_assert_uint_eq(schedule_count(reg.engine, JOB_INGEST, JOB_NOTHING), 1);
	ck_assert_uint_eq(schedule_count(reg.engine, JOB_MERGE, JOB_NOTHING), 0);
	ck_assert(schedule_last_good(reg.engine, JOB_INGEST) == clock_now(&reg.clock.clock));
	ck_assert(schedule_last_good(reg.engine, JOB_MERGE) == 0);
	registry_reopen();
	go_to("11-30T12:01");
	ck_assert_int_eq(count_events("job.missed"), 3);
}
END_TEST

/* Others can write between two bites; none is left out, and the newest runs. */
START_TEST(test_schedule__writes_a_long_outage_down_in_bites)
{
	set_cadence("{'ingest':'FREQ=DAILY;BYHOUR=0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,"
		    "19,20,21,22,23;BYMINUTE=0,30'}");
	registry_reopen();
	go_to("12-31T23:31");
	ck_assert_uint_eq(schedule_count(reg.engine, JOB_INGEST, JOB_MISSED), 1810);
	ck_assert_uint_eq(schedule_count(reg.engine, JOB_INGEST, JOB_NOTHING), 1);
	ck_assert_int_eq(count_events("job.missed"), 2);
	ck_assert_ptr_nonnull(strstr(newest_event("job.missed"), "\"count\":810"));
	struct job_run last = last_run(JOB_INGEST);
	char at[TIME_STRLEN];
	ck_assert_str_eq(time_format(last.scheduled_for, at), "2026-12-31T23:30:00Z");
	check_registry();
}
END_TEST

START_TEST(test_schedule__catches_up_nothing_at_the_first_start)
{
	set_cadence("{'ingest':'daily 02:00'}");
	go_to("11-24T06:30");
	ck_assert_str_eq(runs(JOB_INGEST), "");
	registry_reopen(); /* as of then, an outage is one */
	go_to("11-25T02:03");
	ck_assert_str_eq(runs(JOB_INGEST), "11-25T02:00 nothing");
}
END_TEST

START_TEST(test_schedule__another_rule_misses_nothing_before_it)
{
	set_cadence("{'ingest':'daily 02:00'}");
	go_to("11-26T05:00");
	ck_assert_str_eq(runs(JOB_INGEST), "11-25T02:00 missed; 11-26T02:00 nothing");
	set_cadence("{'ingest':'daily 04:00'}");
	go_to("11-26T06:00");
	set_cadence("{}");
	go_to("11-29T06:00");
	set_cadence("{'ingest':'daily 05:00'}");
	go_to("11-29T07:00");
	ck_assert_str_eq(runs(JOB_INGEST), "11-25T02:00 missed; 11-26T02:00 nothing");
	go_to("11-30T05:00");
	ck_assert_str_eq(
		runs(JOB_INGEST), "11-25T02:00 missed; 11-26T02:00 nothing; 11-30T05:00 nothing");
}
END_TEST

START_TEST(test_schedule__a_clock_that_is_set_runs_nothing_twice)
{
	set_cadence("{" INGEST "}");
	go_to("11-25T02:00");
	go_to("11-25T01:00"); /* back an hour */
	go_to("11-25T02:00");
	go_to("11-25T03:00");
	ck_assert_str_eq(runs(JOB_INGEST), "11-25T02:00 nothing");
	/* A week ahead by mistake, and back: what was only missed has its time after all. */
	go_to("12-02T12:00");
	ck_assert_str_eq(runs(JOB_INGEST), "11-25T02:00 nothing; 11-26T02:00 missed; "
					   "11-27T02:00 missed; 11-28T02:00 missed; "
					   "11-29T02:00 missed; 11-30T02:00 missed; "
					   "12-01T02:00 missed; 12-02T02:00 nothing");
	go_to("11-25T12:00");
	go_to("11-26T02:00");
	go_to("11-27T02:00");
	ck_assert_str_eq(runs(JOB_INGEST), "11-25T02:00 nothing; 11-26T02:00 nothing; "
					   "11-27T02:00 nothing; 11-28T02:00 missed; "
					   "11-29T02:00 missed; 11-30T02:00 missed; "
					   "12-01T02:00 missed; 12-02T02:00 nothing");
	registry_reopen();
	go_to("11-26T01:00");
	go_to("11-26T02:00");
	ck_assert_int_eq(count_events("job.finished"), 4);
}
END_TEST

START_TEST(test_schedule__a_run_by_hand_shifts_nothing)
{
	set_cadence("{" MERGE "}");
	three_units(1, 0.8);
	ck_assert_int_eq(run_job(JOB_MERGE).status, 202);
	finish();
	ck_assert_str_eq(runs(JOB_MERGE), "by hand 11-24T06:00 done");
	ck_assert_str_eq(last_run(JOB_MERGE).actor, "token:test");
	ck_assert_str_eq(last_run(JOB_MERGE).asked, "test");
	go_to("11-24T09:00");
	ck_assert_str_eq(runs(JOB_MERGE), "by hand 11-24T06:00 done; 11-24T09:00 nothing");
	with.dry_run = true;
	struct outcome o = run_job(JOB_MERGE);
	ck_assert_int_eq(o.status, 200);
	ck_assert_str_eq(member(o.body, "outcome"), "done");
	ck_assert_str_eq(runs(JOB_MERGE), "by hand 11-24T06:00 done; 11-24T09:00 nothing");
}
END_TEST

START_TEST(test_schedule__a_job_runs_by_hand_without_a_rule)
{
	set_cadence("{}");
	three_units(1, 0.8);
	run_job(JOB_MERGE);
	finish();
	with.dry_run = true;
	ck_assert_str_eq(
		member(run_job(JOB_PROMOTE).body, "decided"), "would promote merge 1.0.0-rc.1");
	ck_assert_int_eq(run_job(JOB_PROMOTE).status, 202);
	finish();
	ck_assert_str_eq(last_run(JOB_PROMOTE).result, "/v1/releases/1.0.0");
	run_job(JOB_PROMOTE);
	finish();
	ck_assert_str_eq(
		last_run(JOB_PROMOTE).reason, "no merge is open: there is nothing to promote");
}
END_TEST

START_TEST(test_schedule__a_window_promotes_as_soon_as_it_can)
{
	set_cadence("{" PROMOTE "}");
	go_to("11-25T09:59");
	three_units(1, 0.8);
	do_merge();
	go_to("11-25T10:00");
	ck_assert_str_eq(runs(JOB_PROMOTE), "11-25T10:00 done");
	ck_assert_str_eq(member(channel_text(), "version"), "1.0.0");
	/* One for each window. */
	three_units(2, 0.9);
	do_merge();
	go_to("11-25T13:00");
	ck_assert_str_eq(member(channel_text(), "version"), "1.0.0");
	go_to("12-02T10:00");
	ck_assert_str_eq(member(channel_text(), "version"), "1.0.1");
	/* Nothing is ready at the opening, something is later. */
	go_to("12-09T11:00");
	ck_assert_str_eq(
		runs(JOB_PROMOTE), "11-25T10:00 done; 12-02T10:00 done; 12-09T10:00 Running");
	ck_assert_str_eq(
		last_run(JOB_PROMOTE).reason, "no merge is open: there is nothing to promote");
	three_units(3, 0.95);
	do_merge();
	finish();
	ck_assert_str_eq(member(channel_text(), "version"), "1.0.2");
	check_registry();
}
END_TEST

START_TEST(test_schedule__a_window_says_why_nothing_was_promoted)
{
	set_cadence("{" PROMOTE "}");
	go_to("11-25T10:00");
	ck_assert_str_eq(runs(JOB_PROMOTE), "11-25T10:00 Running");
	ck_assert_int_eq(count_events("promotion.window_opened"), 1);
	ck_assert_int_eq(run_job(JOB_PROMOTE).code, ERR_STATE_CONFLICT); /* it is looking already */
	go_to("11-25T14:00");
	ck_assert_str_eq(runs(JOB_PROMOTE), "11-25T10:00 nothing");
	ck_assert_int_eq(count_events("promotion.window_closed"), 1);
	ck_assert_str_eq(
		last_run(JOB_PROMOTE).reason, "no merge is open: there is nothing to promote");
	/* One that passed while nothing ran. */
	registry_reopen();
	go_to("12-02T14:00");
	ck_assert_str_eq(runs(JOB_PROMOTE), "11-25T10:00 nothing; 12-02T10:00 missed");
}
END_TEST

START_TEST(test_schedule__a_window_that_is_open_at_a_start_is_used)
{
	set_cadence("{" PROMOTE "}");
	three_units(1, 0.8);
	do_merge();
	registry_reopen();
	go_to("11-25T13:59");
	ck_assert_str_eq(runs(JOB_PROMOTE), "11-25T10:00 done");
}
END_TEST

START_TEST(test_schedule__the_door_is_closed_outside_a_window)
{
	struct outcome o;

	set_cadence("{" PROMOTE "}");
	three_units(1, 0.8);
	do_merge();
	o = promote("1.0.0-rc.1");
	ck_assert_int_eq(o.code, ERR_PROMOTION_CLOSED);
	ck_assert_str_eq(o.c->err.msg, "merge 1.0.0-rc.1: no promotion window is open; it opens "
				       "next at 2026-11-25T10:00:00Z");
	ck_assert_str_eq(member(o.c->err_members, "next_open"), "2026-11-25T10:00:00Z");
	ck_assert_str_ne(member(o.c->err_members, "blockers"), "");
	ck_assert_int_eq(run_job(JOB_PROMOTE).code, ERR_PROMOTION_CLOSED);
	ck_assert_ptr_null(channel_text());
	with.override = true;
	ck_assert_int_eq(promote("1.0.0-rc.1").status, 201);
	struct err err = {0};
	struct page page;
	ck_assert_int_eq(
		event_list(reg.reader, "promotion.succeeded", NULL, 0, 1, reg.arena, &page, &err),
		0);
	ck_assert_str_eq(member(member(page.bodies[0], "data"), "overrode"),
		"window: no promotion window is open; it opens next at 2026-11-25T10:00:00Z");
}
END_TEST

START_TEST(test_schedule__a_freeze_closes_the_door_and_a_window)
{
	struct outcome o;

	set_cadence("{" PROMOTE "}");
	three_units(1, 0.8);
	do_merge();
	o = freeze("{'to':'2026-11-25T12:00:00Z','reason':'audit'}");
	ck_assert_int_eq(o.status, 201);
	ck_assert_int_eq(count_events("freeze.created"), 1);
	go_to("11-25T10:30");
	ck_assert_str_eq(runs(JOB_PROMOTE), "11-25T10:00 Running");
	o = promote("1.0.0-rc.1");
	ck_assert_int_eq(o.code, ERR_PROMOTION_CLOSED);
	ck_assert(strstr(o.c->err.msg, "(audit) holds promotions until 2026-11-25T12:00:00Z") !=
		  NULL);
	/* Deny wins over the window; at its end the window is open again. */
	go_to("11-25T12:00");
	ck_assert_str_eq(runs(JOB_PROMOTE), "11-25T10:00 done");
	/* One that covers a window from start to end suppresses it. */
	struct outcome whole = freeze("{'from':'2026-12-02T09:00:00Z','to':'2026-12-02T14:00:00Z',"
				      "'reason':'audit'}");
	ck_assert_int_eq(whole.status, 201);
	go_to("12-02T10:00");
	ck_assert_str_eq(runs(JOB_PROMOTE), "11-25T10:00 done; 12-02T10:00 suppressed");
	ck_assert_int_eq(count_events("job.suppressed"), 1);
	/* Lifted after all, the window has its run. */
	go_to("12-02T13:00");
	ck_assert_int_eq(end_freeze(member(whole.body, "id")).status, 200);
	finish();
	ck_assert_str_eq(runs(JOB_PROMOTE), "11-25T10:00 done; 12-02T10:00 Running");
	/* One put over the rest of an open window closes it; ended, it is open again. */
	go_to("12-09T11:00");
	o = freeze("{'to':'2026-12-10T00:00:00Z','reason':'fire','created_by':'x'}");
	ck_assert_int_eq(o.code, ERR_INVALID_BODY); /* the token is who */
	o = freeze("{'to':'2026-12-10T00:00:00Z','reason':'fire'}");
	finish();
	ck_assert(strstr(last_run(JOB_PROMOTE).reason, "(fire) holds promotions") != NULL);
	three_units(2, 0.9);
	do_merge();
	go_to("12-09T12:00");
	ck_assert_str_eq(member(channel_text(), "version"), "1.0.0");
	ck_assert_int_eq(end_freeze(member(o.body, "id")).status, 200);
	ck_assert_int_eq(end_freeze(member(o.body, "id")).code, ERR_STATE_CONFLICT);
	ck_assert_int_eq(end_freeze("nosuch").code, ERR_NOT_FOUND);
	ck_assert_str_eq(member(channel_text(), "version"), "1.0.1");
	check_registry();
}
END_TEST

/* Freezes for a year that were lifted at once, as many as are ever listed. */
static int lifted_apply(struct tx *tx, struct command *c, struct err *err)
{
	for (int i = 0; i < FREEZES_MAX; i++) {
		struct freeze_row row;

		fields_init(&freeze_table, &row.freeze);
		row.freeze.id = arena_printf(tx->arena, "lifted-%d", i);
		row.freeze.from = row.freeze.created_at = tx->now;
		row.freeze.to = tx->now + 365 * DAY;
		row.freeze.job_mask = 1U << JOB_PROMOTE;
		row.freeze.reason = row.freeze.created_by = "x";
		if (freeze_insert(tx->db, &row, err) < 0 ||
			freeze_end_insert(tx->db, row.seq, tx->now, "x", "x", err) < 0)
			return -1;
	}
	return 0;
}

START_TEST(test_schedule__lifted_freezes_do_not_push_out_one_that_holds)
{
	static const struct command_kind kind = {.name = "lifted", .apply = lifted_apply};
	struct command lifted = {.arena = reg.arena, .actor = "local", .kind = &kind};
	struct command *list = &lifted;

	set_cadence("{" PROMOTE "}");
	three_units(1, 0.8);
	do_merge();
	command_run(reg.engine, reg.reader, &list, 1);
	ck_assert_int_eq(lifted.result, 0);
	ck_assert_int_eq(freeze("{'to':'2026-11-26T00:00:00Z','reason':'audit'}").status, 201);
	go_to("11-25T10:30");
	ck_assert_int_eq(promote("1.0.0-rc.1").code, ERR_PROMOTION_CLOSED);
	ck_assert_int_eq(count_events("promotion.succeeded"), 0);
}
END_TEST

START_TEST(test_schedule__a_policy_without_its_window_ends_the_run)
{
	set_cadence("{" PROMOTE "}");
	go_to("11-25T10:30");
	set_cadence("{'promote':{'rrule':'Thu 10:00','duration':'PT4H'}}");
	finish();
	ck_assert_str_eq(runs(JOB_PROMOTE), "11-25T10:00 nothing");
	ck_assert_str_eq(last_run(JOB_PROMOTE).reason,
		"the policy has this window no more; until then: no merge is open: there is "
		"nothing to promote");
	go_to("11-26T10:00");
	ck_assert_str_eq(runs(JOB_PROMOTE), "11-25T10:00 nothing; 11-26T10:00 Running");
	set_cadence("{}");
	finish();
	ck_assert_str_eq(runs(JOB_PROMOTE), "11-25T10:00 nothing; 11-26T10:00 nothing");
}
END_TEST

/* Set back before its opening, a window waits for its time to come again. */
START_TEST(test_schedule__a_window_comes_again_with_the_clock)
{
	set_cadence("{" PROMOTE "}");
	go_to("11-25T10:30");
	ck_assert_str_eq(runs(JOB_PROMOTE), "11-25T10:00 Running");
	go_to("11-25T09:30");
	ck_assert_str_eq(runs(JOB_PROMOTE), "11-25T10:00 Pending");
	three_units(1, 0.8);
	do_merge();
	ck_assert_ptr_null(channel_text());
	go_to("11-25T10:00");
	ck_assert_str_eq(runs(JOB_PROMOTE), "11-25T10:00 done");
	ck_assert_int_eq(count_events("promotion.window_opened"), 1);
	/* A month ahead by mistake: the windows between are missed, and have their time after all. */
	go_to("12-24T12:00");
	ck_assert_str_eq(runs(JOB_PROMOTE), "11-25T10:00 done; 12-02T10:00 missed; "
					    "12-09T10:00 missed; 12-16T10:00 missed; "
					    "12-23T10:00 missed");
	go_to("11-25T12:00");
	three_units(2, 0.9);
	do_merge();
	ck_assert_str_eq(member(channel_text(), "version"), "1.0.0");
	go_to("12-02T10:00");
	ck_assert_str_eq(member(channel_text(), "version"), "1.0.1");
}
END_TEST

START_TEST(test_schedule__a_deny_holds_the_jobs_that_it_names)
{
	set_cadence("{" MERGE "," INGEST ",'deny':{'books':{'rrule':'Tue 08:00','duration':'P1D',"
		    "'jobs':['merge'],'reason':'closed'}}}");
	go_to("11-24T09:00");
	ck_assert_str_eq(runs(JOB_MERGE), "11-24T09:00 suppressed");
	ck_assert_int_eq(run_job(JOB_MERGE).code, ERR_STATE_CONFLICT);
	go_to("11-25T02:00");
	ck_assert_str_eq(runs(JOB_INGEST), "11-25T02:00 nothing");
	go_to("11-27T09:00");
	ck_assert_str_eq(runs(JOB_MERGE), "11-24T09:00 suppressed; 11-27T09:00 nothing");
}
END_TEST

/* A rollback waits for no window and no deny. */
START_TEST(test_schedule__a_rollback_is_exempt)
{
	first_release();
	next_release(2, 0.9);
	set_cadence("{" PROMOTE ",'deny':{'all':{'rrule':'daily 00:00','duration':'P1D'}}}");
	ck_assert_int_eq(promote("1.0.0-rc.1").code, ERR_STATE_CONFLICT);
	observe("1.0.1", 1000, 500);
	fake_clock_step(&reg.clock, 31 * USEC_PER_SEC);
	finish();
	ck_assert_str_eq(member(channel_text(), "version"), "1.0.0");
	ck_assert_int_eq(rollback(NULL).code, ERR_NO_WARM_RELEASE);
}
END_TEST

/* The process ends at each of the steps of a run; the next one does what is left. */
START_TEST(test_schedule__a_crash_leaves_a_run_to_be_taken_up)
{
	struct err err = {0};
	struct job_run r;

	set_cadence("{" MERGE "}");
	three_units(1, 0.8);
	fake_clock_step(&reg.clock, 3 * HOUR);
	for (int i = 0; i < _i; i++)
		ops_step(reg.engine);
	registry_reopen();
	finish();
	ck_assert_str_eq(runs(JOB_MERGE), "11-24T09:00 done");
	ck_assert_int_eq(count_events("merge.created"), 1);
	ck_assert_int_eq(count_events("job.finished"), 1);
	ck_assert_int_eq(job_run_open(reg.reader, JOB_MERGE, INT64_MAX, reg.arena, &r, &err), 0);
}
END_TEST

/* A step that loses the whole transaction, as an error of the disk does. */
static int lost_apply(struct tx *tx, struct command *c, struct err *err)
{
	db_rollback(tx->db);
	return err_set(err, ERR_STORAGE, "disk full");
}

/* The registry can't be written at one of the steps of a run. */
START_TEST(test_schedule__a_full_disk_only_puts_off)
{
	static const struct command_kind kind = {.name = "lost", .apply = lost_apply};
	struct command lost = {.arena = reg.arena, .actor = "local", .kind = &kind, .waited = true};

	set_cadence("{" MERGE "," INGEST "}");
	three_units(1, 0.8);
	fake_clock_step(&reg.clock, 3 * HOUR);
	for (int i = 0; i < 8; i++) {
		if (i == _i)
			writer_push(reg.engine, &lost);
		ops_step(reg.engine);
	}
	fake_clock_step(&reg.clock, 2 * MINUTE);
	finish();
	ck_assert_str_eq(runs(JOB_MERGE), "11-24T09:00 done");
	ck_assert_int_eq(count_events("merge.created"), 1);
	ck_assert_int_eq(count_events("job.finished"), 1);
	ck_assert_uint_eq(schedule_count(reg.engine, JOB_MERGE, JOB_DONE), 1);
	check_registry();
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("engine/schedule");
	TCase *tc = tcase_create("schedule");

	tcase_add_checked_fixture(tc, registry_setup, registry_teardown);
	tcase_add_test(tc, test_schedule__runs_a_job_once_at_its_time);
	tcase_add_test(tc, test_schedule__knows_when_it_is_due_next);
	tcase_add_test(tc, test_schedule__catches_up_once_after_an_outage);
	tcase_add_test(tc, test_schedule__writes_a_long_outage_down_in_bites);
	tcase_add_test(tc, test_schedule__catches_up_nothing_at_the_first_start);
	tcase_add_test(tc, test_schedule__another_rule_misses_nothing_before_it);
	tcase_add_test(tc, test_schedule__a_clock_that_is_set_runs_nothing_twice);
	tcase_add_test(tc, test_schedule__a_run_by_hand_shifts_nothing);
	tcase_add_test(tc, test_schedule__a_job_runs_by_hand_without_a_rule);
	tcase_add_test(tc, test_schedule__a_window_promotes_as_soon_as_it_can);
	tcase_add_test(tc, test_schedule__a_window_says_why_nothing_was_promoted);
	tcase_add_test(tc, test_schedule__a_window_that_is_open_at_a_start_is_used);
	tcase_add_test(tc, test_schedule__the_door_is_closed_outside_a_window);
	tcase_add_test(tc, test_schedule__a_freeze_closes_the_door_and_a_window);
	tcase_add_test(tc, test_schedule__lifted_freezes_do_not_push_out_one_that_holds);
	tcase_add_test(tc, test_schedule__a_policy_without_its_window_ends_the_run);
	tcase_add_test(tc, test_schedule__a_window_comes_again_with_the_clock);
	tcase_add_test(tc, test_schedule__a_deny_holds_the_jobs_that_it_names);
	tcase_add_test(tc, test_schedule__a_rollback_is_exempt);
	tcase_add_loop_test(tc, test_schedule__a_full_disk_only_puts_off, 0, 9);
	tcase_add_loop_test(tc, test_schedule__a_crash_leaves_a_run_to_be_taken_up, 0, 8);
	suite_add_tcase(s, tc);
	return s;
}
