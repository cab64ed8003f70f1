/* SPDX-License-Identifier: Apache-2.0
 *
 * Observations, breaches and the automatic way back.
 */
#include <check.h>
#include <string.h>

#include "engine/internal.h"
#include "store/observation.h"
#include "support/registry.h"

Suite *test_suite(void);

static void mark(struct command *c)
{
	*(bool *)c->owner = true;
}

static void minute(void)
{
	fake_clock_step(&reg.clock, 60 * USEC_PER_SEC);
}

START_TEST(test_observations_submit__counts_duplicates_once)
{
	int64_t now;

	first_release();
	minute();
	now = reg.clock.wall;
	ck_assert_str_eq(observe("1.0.0", 50, 0).body,
		"{\"accepted\":1,\"duplicates\":0,\"conflicts\":0,\"late\":0,\"breached\":[]}");
	fake_clock_set_wall(&reg.clock, now);
	ck_assert_str_eq(observe("v1.0.0", 50, 0).body,
		"{\"accepted\":0,\"duplicates\":1,\"conflicts\":0,\"late\":0,\"breached\":[]}");
	fake_clock_set_wall(&reg.clock, now);
	ck_assert_str_eq(observe("v1.0.0", 50, 50).body,
		"{\"accepted\":0,\"duplicates\":0,\"conflicts\":1,\"late\":0,\"breached\":[]}");
}
END_TEST

START_TEST(test_observations_submit__refuses_unknown_releases_and_times)
{
	struct outcome o = observe("1.0.0", 1, 0);

	ck_assert_int_eq(o.code, ERR_INVALID_BODY);
	ck_assert_str_eq(o.c->faults->list[0].pointer, "/observations/0/release");
	first_release();
	o = observe_window("1.0.0", "n1", 121, 10);
	ck_assert_int_eq(o.code, ERR_INVALID_BODY);
	ck_assert_str_eq(o.c->faults->list[0].pointer, "/observations/0/t_end");
}
END_TEST

/* Within one activation and one node no second is counted twice. */
START_TEST(test_observations_submit__counts_no_time_twice)
{
	static const struct {
		const char *node;
		int end, length;
		const char *member;
	} cases[] = {
		{"n1", 0, 60, "accepted"},
		{"n1", 30, 60, "conflicts"},
		{"n1", -30, 60, "conflicts"},
		{"n1", 0, 30, "conflicts"},
		{"n1", 60, 60, "accepted"},
		{"n1", 59, 58, "conflicts"},
		{"n1", -60, 60, "accepted"},
		{"n2", 30, 60, "accepted"},
		{"n1", 0, 60, "duplicates"},
	};
	int64_t now;

	first_release();
	fake_clock_step(&reg.clock, 600 * USEC_PER_SEC);
	now = reg.clock.wall;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char want[64];
		struct outcome o;

		fake_clock_set_wall(&reg.clock, now);
		o = observe_window("1.0.0", cases[i].node, cases[i].end, cases[i].length);
		snprintf(want, sizeof(want), "\"%s\":1", cases[i].member);
		ck_assert_msg(o.body && strstr(o.body, want), "case %zu: %s", i, o.body);
	}
}
END_TEST

/* A node that was cut off reports old windows among new ones. */
START_TEST(test_observations_submit__leaves_out_what_ended_before_the_activation)
{
	first_release();
	fake_clock_set_wall(&reg.clock, reg.clock.wall - 3600 * USEC_PER_SEC);
	ck_assert_str_eq(observe("1.0.0", 1000, 1000).body,
		"{\"accepted\":0,\"duplicates\":0,\"conflicts\":0,\"late\":1,\"breached\":[]}");
}
END_TEST

START_TEST(test_watch__rolls_back_by_itself)
{
	first_release();
	next_release(2, 0.85);
	minute();
	observe("1.0.1", 99, 99); /* too few to decide */
	ck_assert_str_eq(member(channel_text(), "version"), "1.0.1");
	ck_assert_ptr_nonnull(strstr(observe("1.0.1", 1000, 21).body, "errors"));
	ck_assert_str_eq(member(channel_text(), "version"), "1.0.0");
	ck_assert_int_eq(count_events("slo.breached"), 1);
	ck_assert_int_eq(count_events("rollback.completed"), 1);
	/* Rows of the breached activation say nothing about the new one. */
	observe("1.0.1", 1000, 1000);
	minute();
	finish();
	ck_assert_str_eq(member(channel_text(), "version"), "1.0.0");
	ck_assert_int_eq(count_events("slo.breached"), 1);
	check_registry();
}
END_TEST

START_TEST(test_watch__sees_a_breach_by_time_alone)
{
	first_release();
	next_release(2, 0.85);
	minute();
	finish();
	/* Rows that end a little ahead of our clock count once it gets there. */
	fake_clock_step(&reg.clock, 100 * USEC_PER_SEC);
	int64_t now = reg.clock.wall;
	struct observation o = {.node = "n",
		.release = "1.0.1",
		.serial = 2,
		.t_start = now + 10 * USEC_PER_SEC,
		.t_end = now + 60 * USEC_PER_SEC,
		.total = 1000,
		.errors = 500};
	const struct observations all = {.observations = {.v = &o, .n = 1}};
	bool over = false;
	struct command c = {.arena = reg.arena, .actor = "local", .done = mark, .owner = &over};
	ck_assert_int_eq(observations_submit(reg.engine, &c, &all, &c.err), 0);
	finish();
	ck_assert_str_eq(c.answer.body,
		"{\"accepted\":1,\"duplicates\":0,\"conflicts\":0,\"late\":0,\"breached\":[]}");
	ck_assert(over);
	ck_assert_str_eq(member(channel_text(), "version"), "1.0.1");
	fake_clock_step(&reg.clock, 90 * USEC_PER_SEC);
	finish();
	ck_assert_str_eq(member(channel_text(), "version"), "1.0.0");
}
END_TEST

START_TEST(test_watch__keeps_serving_when_nothing_is_warm)
{
	first_release();
	minute();
	ck_assert_ptr_nonnull(strstr(observe("1.0.0", 1000, 500).body, "errors"));
	observe("1.0.0", 1000, 500);
	minute();
	finish();
	ck_assert_str_eq(member(channel_text(), "version"), "1.0.0");
	ck_assert_str_eq(member(release_text("1.0.0"), "state"), "active");
	ck_assert_int_eq(count_events("slo.breached"), 1);
	ck_assert_int_eq(count_events("rollback.impossible"), 1);
	check_registry();
}
END_TEST

START_TEST(test_watch__walks_back_over_both_warm_ones_and_stops)
{
	first_release();
	next_release(2, 0.82);
	next_release(3, 0.84);
	const char *versions[] = {"1.0.2", "1.0.1", "1.0.0"};
	for (int i = 0; i < 3; i++) {
		minute();
		ck_assert_str_eq(member(channel_text(), "version"), versions[i]);
		observe(versions[i], 1000, 500);
		check_registry();
	}
	ck_assert_str_eq(member(channel_text(), "version"), "1.0.0");
	ck_assert_int_eq(count_events("rollback.completed"), 2);
	ck_assert_int_eq(count_events("rollback.impossible"), 1);
}
END_TEST

static int64_t observed(void)
{
	struct observation sum;
	struct err err = {0};

	ck_assert_int_eq(observation_sum(reg.reader, 1, 0, INT64_MAX, &sum, &err), 0);
	return sum.total;
}

/* Nodes report for years; no objective looks back further than 30 days. */
START_TEST(test_observations__are_dropped_after_31_days)
{
	enum { OLD = 1200, NEW = 3 };
	struct observation o = {.node = "n1", .total = 1};
	struct db *db = reg.engine->db;
	struct err err = {0};
	struct engine_stats before, after;

	first_release();
	ck_assert_int_eq(db_begin(db, &err), 0);
	for (int i = 0; i < OLD + NEW; i++) {
		o.t_start = reg.clock.wall + (i + (i < OLD ? 0 : 86400)) * USEC_PER_SEC;
		o.t_end = o.t_start + USEC_PER_SEC;
		ck_assert_int_eq(observation_insert(db, 1, &o, 1, &err), 1);
	}
	ck_assert_int_eq(db_commit(db, &err), 0);
	fake_clock_step(&reg.clock, 30 * 86400 * USEC_PER_SEC);
	finish();
	ck_assert_int_eq(observed(), OLD + NEW);
	fake_clock_step(&reg.clock, 86400 * USEC_PER_SEC + 3600 * USEC_PER_SEC);
	engine_stats(reg.engine, &before);
	finish();
	engine_stats(reg.engine, &after);
	ck_assert_int_eq(observed(), NEW);
	ck_assert_uint_ge(after.commits - before.commits, 3); /* in bites */
	fake_clock_step(&reg.clock, 86400 * USEC_PER_SEC);
	finish();
	ck_assert_int_eq(observed(), 0);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("watch");
	TCase *t = tcase_create("watch");

	tcase_add_checked_fixture(t, registry_setup, registry_teardown);
	tcase_add_test(t, test_observations_submit__counts_duplicates_once);
	tcase_add_test(t, test_observations_submit__refuses_unknown_releases_and_times);
	tcase_add_test(t, test_observations_submit__counts_no_time_twice);
	tcase_add_test(t, test_observations_submit__leaves_out_what_ended_before_the_activation);
	tcase_add_test(t, test_watch__rolls_back_by_itself);
	tcase_add_test(t, test_watch__sees_a_breach_by_time_alone);
	tcase_add_test(t, test_watch__keeps_serving_when_nothing_is_warm);
	tcase_add_test(t, test_watch__walks_back_over_both_warm_ones_and_stops);
	tcase_add_test(t, test_observations__are_dropped_after_31_days);
	suite_add_tcase(s, t);
	return s;
}
