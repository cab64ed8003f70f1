/* SPDX-License-Identifier: Apache-2.0
 *
 * Observations, breaches and the automatic way back.
 */
#include <check.h>
#include <string.h>

#include "engine/internal.h"
#include "engine/watch.h"
#include "store/observation.h"
#include "store/release.h"
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

static int64_t activation_at(void)
{
	SNAPSHOT_AUTO s = snapshot_get(reg.engine);
	struct activation_row row;
	struct err err = {0};

	ck_assert_int_eq(
		activation_by_serial(reg.reader, s->channel.serial, reg.arena, &row, &err), 1);
	return row.at;
}

/* Without how often it was looked at. */
static const char *view_text(struct slo_view *v)
{
	for (size_t i = 0; i < v->slos.n; i++) {
		struct slo_level *l = LIST_AT(&v->slos, struct slo_level, i);

		for (size_t k = 0; k < l->rules.n; k++)
			LIST_AT(&l->rules, struct slo_rule_view, k)->in_row = 0;
	}
	return fields_canonical(&slo_view_table, v, reg.arena, NULL);
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
	ck_assert_ptr_nonnull(strstr(observe("1.0.1", 1000, 21).body, "outage"));
	ck_assert_str_eq(member(channel_text(), "version"), "1.0.0");
	ck_assert_int_eq(count_events("slo.breached"), 1);
	ck_assert_int_eq(count_events("rollback.completed"), 1);
	minute();
	finish();
	ck_assert_str_eq(member(channel_text(), "version"), "1.0.0");
	ck_assert_int_eq(count_events("slo.breached"), 1);
	check_registry();
}
END_TEST

/* A window that began while it was live is history; a later one speaks of what is not live. */
START_TEST(test_observations_submit__refuses_what_was_not_live)
{
	int64_t left;
	struct outcome o;

	first_release();
	next_release(2, 0.85);
	minute();
	left = reg.clock.wall;
	rollback(NULL);
	fake_clock_set_wall(&reg.clock, left + 30 * USEC_PER_SEC);
	o = observe_window("1.0.1", "n1", 0, 31);
	ck_assert_str_eq(o.body,
		"{\"accepted\":1,\"duplicates\":0,\"conflicts\":0,\"late\":0,\"breached\":[]}");
	o = observe_window("1.0.1", "n2", 0, 1);
	ck_assert_int_eq(o.code, ERR_INVALID_BODY);
	ck_assert_str_eq(o.c->faults->list[0].pointer, "/observations/0/release");
	ck_assert_ptr_nonnull(strstr(o.c->faults->list[0].detail, "left for 1.0.0 (serial 3)"));
}
END_TEST

/* Two per cent of errors every minute from the activation on: the bake rule finds it. */
START_TEST(test_watch__burns_its_budget_as_the_reference_says)
{
	const struct observation counts = {.total = 600, .errors = 12};
	int64_t began;

	first_release();
	next_release(2, 0.85);
	began = activation_at();
	for (int i = 1; i <= 10; i++) {
		fake_clock_set_wall(&reg.clock, began + i * 60 * USEC_PER_SEC);
		ck_assert_str_eq(member(observe_counts("1.0.1", &counts).body, "breached"), "[]");
		ck_assert_str_eq(member(channel_text(), "version"), "1.0.1");
	}
	for (int s = 600; strcmp(member(channel_text(), "version"), "1.0.1") == 0; s += 10) {
		ck_assert_int_le(s, 660);
		fake_clock_set_wall(&reg.clock, began + s * USEC_PER_SEC);
		finish();
	}
	ck_assert_int_eq(reg.clock.wall, began + 630 * USEC_PER_SEC);
	ck_assert_str_eq(member(release_text("1.0.1"), "state"), "breached");
	check_registry();
}
END_TEST

/* What was fed and what is read back from the registry come to the same. */
START_TEST(test_watch__goes_on_over_a_restart)
{
	const struct observation counts = {.total = 600, .errors = 12};
	int64_t began;
	struct slo_view before, after;
	struct err err = {0};

	first_release();
	next_release(2, 0.85);
	began = activation_at();
	for (int i = 1; i <= 9; i++) {
		fake_clock_set_wall(&reg.clock, began + i * 60 * USEC_PER_SEC);
		observe_counts("1.0.1", &counts);
	}
	fake_clock_set_wall(&reg.clock, began + 570 * USEC_PER_SEC);
	finish();
	ck_assert_int_eq(slo_view(reg.engine, reg.reader, reg.arena, &before, &err), 0);
	registry_reopen();
	finish();
	ck_assert_int_eq(slo_view(reg.engine, reg.reader, reg.arena, &after, &err), 0);
	ck_assert_str_eq(view_text(&before), view_text(&after));
	ck_assert_ptr_nonnull(strstr(view_text(&after), "\"bad\":108"));
}
END_TEST

/* What the release before did is not said of the one that the way back led to. */
START_TEST(test_watch__says_nothing_of_a_release_that_it_has_not_looked_at)
{
	struct slo_view view;
	struct err err = {0};

	first_release();
	next_release(2, 0.85);
	minute();
	observe("1.0.1", 1000, 500);
	ck_assert_int_eq(slo_view(reg.engine, reg.reader, reg.arena, &view, &err), 0);
	ck_assert_str_eq(view.release, "1.0.0");
	ck_assert_int_eq(view.serial, 3);
	ck_assert_str_eq(view.state, "no_data");
	ck_assert_int_gt(view.slos.n, 0);
	for (size_t i = 0; i < view.slos.n; i++)
		ck_assert_str_eq(LIST_AT(&view.slos, struct slo_level, i)->state, "no_data");
	ck_assert_int_eq(view.activated_at, activation_at());
}
END_TEST

/* Held until a day has passed, or until somebody says that he has seen it. */
START_TEST(test_watch__holds_promotions_after_a_rollback)
{
	struct outcome o;
	const char *merge;

	first_release();
	next_release(2, 0.85);
	minute();
	ck_assert_int_eq(acknowledge().code, ERR_STATE_CONFLICT);
	observe("1.0.1", 1000, 500);
	ck_assert_int_eq(submit_unit("s/textgen-lora-v3", "textgen", 0.9).status, 201);
	merge = member(do_merge().body, "version");
	o = promote(merge);
	ck_assert_int_eq(o.code, ERR_PROMOTIONS_HELD);
	ck_assert_ptr_nonnull(strstr(o.c->err.msg, "1.0.1 was rolled back to 1.0.0 by itself"));
	registry_reopen();
	fake_clock_step(&reg.clock, 86000 * USEC_PER_SEC);
	ck_assert_int_eq(promote(merge).code, ERR_PROMOTIONS_HELD);
	with.dry_run = true;
	ck_assert_int_eq(acknowledge().status, 200);
	ck_assert_int_eq(promote(merge).code, ERR_PROMOTIONS_HELD);
	ck_assert_int_eq(acknowledge().status, 200);
	ck_assert_int_eq(acknowledge().code, ERR_STATE_CONFLICT);
	ck_assert_int_eq(promote(merge).status, 201);
	ck_assert_int_eq(count_events("slo.acknowledged"), 1);
	check_registry();
}
END_TEST

START_TEST(test_watch__holds_promotions_for_a_day)
{
	const char *merge;

	first_release();
	next_release(2, 0.85);
	minute();
	observe("1.0.1", 1000, 500);
	ck_assert_int_eq(submit_unit("s/textgen-lora-v3", "textgen", 0.9).status, 201);
	merge = member(do_merge().body, "version");
	fake_clock_step(&reg.clock, 86401 * USEC_PER_SEC);
	ck_assert_int_eq(promote(merge).status, 201);
}
END_TEST

/* Errors wait for the cool-down and are tried again; what is critical does not wait. */
START_TEST(test_watch__waits_for_the_cool_down_unless_it_is_critical)
{
	const struct observation critical = {.total = 1, .safety_critical = 1};

	first_release();
	next_release(2, 0.82);
	next_release(3, 0.84);
	minute();
	observe("1.0.2", 1000, 500);
	ck_assert_str_eq(member(channel_text(), "version"), "1.0.1");
	minute();
	if (_i) {
		observe_counts("1.0.1", &critical);
		ck_assert_str_eq(member(channel_text(), "version"), "1.0.0");
		return;
	}
	observe("1.0.1", 1000, 500);
	ck_assert_str_eq(member(channel_text(), "version"), "1.0.1");
	ck_assert_int_eq(count_events("slo.breached"), 2);
	ck_assert_int_eq(count_events("rollback.held"), 1);
	ck_assert_str_eq(member(artifact_text("hf", "s/textgen-lora-v2"), "held_by"), "1.0.1");
	for (int i = 0; i < 13; i++) {
		minute();
		observe("1.0.1", 1000, 500);
		ck_assert_str_eq(member(channel_text(), "version"), "1.0.1");
	}
	ck_assert_int_eq(count_events("rollback.held"), 1);
	minute();
	observe("1.0.1", 1000, 500);
	minute();
	finish();
	ck_assert_str_eq(member(channel_text(), "version"), "1.0.0");
	check_registry();
}
END_TEST

/* Found by a user: the history named the errors that had been held, not what let the rollback through. */
START_TEST(test_watch__names_what_let_a_held_rollback_through)
{
	const struct observation critical = {.total = 1, .safety_critical = 1};

	first_release();
	next_release(2, 0.82);
	next_release(3, 0.84);
	minute();
	observe("1.0.2", 1000, 500);
	minute();
	observe("1.0.1", 1000, 500);
	ck_assert_str_eq(member(channel_text(), "version"), "1.0.1");
	minute();
	observe_counts("1.0.1", &critical);
	ck_assert_str_eq(member(channel_text(), "version"), "1.0.0");
	ck_assert_ptr_nonnull(strstr(newest_event("rollback.completed"), "safety_critical"));
}
END_TEST

/* Quarantined though it has to serve on: nobody goes back to it, and no promotion makes it warm. */
START_TEST(test_watch__a_quarantined_release_that_served_on_is_no_way_back)
{
	const char *merge;

	first_release();
	minute();
	observe("1.0.0", 1000, 500);
	ck_assert_str_eq(member(release_text("1.0.0"), "state"), "active");
	ck_assert_int_eq(submit_unit("s/textgen-lora-v3", "textgen", 0.9).status, 201);
	merge = member(do_merge().body, "version");
	ck_assert_int_eq(promote(merge).code, ERR_PROMOTIONS_HELD); /* locked */
	fake_clock_step(&reg.clock, 90000 * USEC_PER_SEC);
	ck_assert_int_eq(promote(merge).code, ERR_PROMOTIONS_HELD);
	ck_assert_int_eq(acknowledge().status, 200);
	if (_i)
		ck_assert_int_eq(unquarantine_release("1.0.0").status, 200);
	ck_assert_int_eq(promote(merge).status, 201);
	ck_assert_str_eq(member(release_text("1.0.0"), "state"), _i ? "warm" : "breached");
	ck_assert_str_eq(member(channel_text(), "warm"), _i ? "[\"1.0.0\"]" : "[]");
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
	ck_assert_ptr_nonnull(strstr(observe("1.0.0", 1000, 500).body, "outage"));
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
		fake_clock_step(&reg.clock, 901 * USEC_PER_SEC);
		ck_assert_str_eq(member(channel_text(), "version"), versions[i]);
		observe(versions[i], 1000, 500);
		check_registry();
	}
	ck_assert_str_eq(member(channel_text(), "version"), "1.0.0");
	ck_assert_int_eq(count_events("rollback.completed"), 2);
	/* Two in a day are all that goes by itself, whether anything is warm or not. */
	ck_assert_int_eq(count_events("rollback.held"), 1);
	fake_clock_step(&reg.clock, 2 * 86400 * USEC_PER_SEC);
	observe("1.0.0", 1000, 500);
	ck_assert_int_eq(count_events("rollback.impossible"), 1);
	ck_assert_str_eq(member(channel_text(), "version"), "1.0.0");
}
END_TEST

static void add_total(void *arg, const struct observation *sum)
{
	*(int64_t *)arg += sum->total;
}

static int64_t observed(void)
{
	int64_t total = 0;
	struct err err = {0};

	ck_assert_int_eq(observation_seconds(reg.reader, 1, 0, add_total, &total, &err), 0);
	return total;
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

START_TEST(test_watch__misses_reports_that_stopped)
{
	first_release();
	fake_clock_step(&reg.clock, 86400 * USEC_PER_SEC);
	finish();
	ck_assert_int_eq(count_events("slo.silent"), 0); /* nobody ever reported */
	observe("1.0.0", 100, 0);
	fake_clock_step(&reg.clock, 590 * USEC_PER_SEC);
	finish();
	ck_assert_int_eq(count_events("slo.silent"), 0);
	for (int i = 0; i < 3; i++) {
		minute();
		finish();
	}
	ck_assert_int_eq(count_events("slo.silent"), 1);
	registry_reopen();
	minute();
	finish();
	ck_assert_int_eq(count_events("slo.silent"), 1);
	ck_assert_str_eq(member(channel_text(), "version"), "1.0.0");
}
END_TEST

/* Requests that went where the release sends none: the share of a target would be made up. */
START_TEST(test_observations_submit__refuses_targets_that_the_release_has_not)
{
	struct target_count counts[] = {
		{"model:textgen", 5}, {"model:large", 5}, {"ensemble:textgen", 1}};
	const struct observation o = {.total = 10, .targets = {counts, 3}};
	const struct observation good = {.total = 10, .targets = {counts, 1}};
	struct outcome out;

	first_release();
	next_release(2, 0.85);
	for (int i = 0; i < 2; i++) { /* the live one, and one whose document is read for it */
		const char *release = i ? "1.0.0" : "1.0.1";

		minute();
		out = observe_counts(release, &o);
		ck_assert_int_eq(out.code, ERR_INVALID_BODY);
		ck_assert_int_ge(out.c->faults->n, 2);
		ck_assert_str_eq(
			out.c->faults->list[0].pointer, "/observations/0/targets/1/target");
		ck_assert_str_eq(out.c->faults->list[0].detail,
			arena_printf(reg.arena, "%s has no model:large", release));
		ck_assert_str_eq(
			out.c->faults->list[1].pointer, "/observations/0/targets/2/target");
	}
	ck_assert_int_eq(observed(), 0);
	ck_assert_str_eq(member(observe_counts("1.0.1", &good).body, "accepted"), "1");
}
END_TEST

static int64_t total_seen(void)
{
	struct slo_view v;
	struct err err = {0};

	finish();
	ck_assert_int_eq(slo_view(reg.engine, reg.reader, reg.arena, &v, &err), 0);
	return LIST_AT(&LIST_AT(&v.slos, struct slo_level, 0)->rules, struct slo_rule_view, 0)
		->longer->of;
}

/* Both saw the same requests. */
START_TEST(test_observations__what_prometheus_is_asked_for_is_counted_once)
{
	static const char *names[] = {"total", "errors"};
	const struct observation seen = {.total = 1000, .errors = 30, .tokens = 7};
	const struct observation critical = {.total = 1000, .safety_critical = 1};
	struct outcome o;

	first_release();
	next_release(2, 0.85);
	registry_asked((struct strings){names, 2});
	minute();
	o = observe_counts("1.0.1", &seen);
	ck_assert_str_eq(o.body, "{\"accepted\":1,\"duplicates\":0,\"conflicts\":0,\"late\":0,"
				 "\"left_out\":[\"total\",\"errors\"],\"breached\":[]}");
	ck_assert_int_eq(total_seen(), 0);
	o = observe_asked("1.0.1", &seen);
	ck_assert_str_eq(o.body,
		"{\"accepted\":1,\"duplicates\":0,\"conflicts\":0,\"late\":0,\"breached\":[]}");
	ck_assert_int_eq(total_seen(), 1000);
	registry_reopen();
	ck_assert_int_eq(total_seen(), 1000);
	/* What it is not asked for is counted by the nodes. */
	minute();
	o = observe_counts("1.0.1", &critical);
	ck_assert_ptr_nonnull(strstr(o.body, "\"breached\":[\"safety_critical\"]"));
	ck_assert_str_eq(member(channel_text(), "version"), "1.0.0");
	/* Nobody else may speak for it. */
	o = observe_window("1.0.0", OBSERVATION_ASKED_NODE, 0, 1);
	ck_assert_int_eq(o.code, ERR_INVALID_BODY);
	ck_assert_str_eq(o.c->faults->list[0].pointer, "/observations/0/node");
	check_registry();
}
END_TEST

/* Nodes that go on do not hide that Prometheus says nothing. */
START_TEST(test_observations__windows_of_which_nothing_counts_are_no_news)
{
	static const char *names[] = {"total"};
	const struct observation seen = {.total = 1000};

	first_release();
	registry_asked((struct strings){names, 1});
	minute();
	observe_asked("1.0.0", &seen);
	for (int i = 0; i < 12; i++) {
		minute();
		observe_counts("1.0.0", &seen);
		finish();
	}
	ck_assert_int_eq(count_events("slo.silent"), 1);
}
END_TEST

/* Two minutes are allowed to a node's clock. They say nothing of the time that is to come. */
START_TEST(test_watch__a_fast_clock_hides_no_silence)
{
	struct slo_view v;
	struct err err = {0};
	int64_t came;

	first_release();
	minute();
	came = reg.clock.wall;
	ck_assert_ptr_nonnull(strstr(observe_window("1.0.0", "n1", 120, 60).body, "accepted\":1"));
	ck_assert_int_eq(slo_view(reg.engine, reg.reader, reg.arena, &v, &err), 0);
	ck_assert_int_eq(v.newest_at, came);
	/* One that is right comes after it, and counts. */
	fake_clock_set_wall(&reg.clock, came + 30 * USEC_PER_SEC);
	observe_window("1.0.0", "n2", -10, 60);
	ck_assert_int_eq(slo_view(reg.engine, reg.reader, reg.arena, &v, &err), 0);
	ck_assert_int_eq(v.newest_at, came + 20 * USEC_PER_SEC);
	/* A restart knows when each one came. */
	fake_clock_set_wall(&reg.clock, came + 180 * USEC_PER_SEC);
	registry_reopen();
	finish();
	ck_assert_int_eq(slo_view(reg.engine, reg.reader, reg.arena, &v, &err), 0);
	ck_assert_int_eq(v.newest_at, came + 20 * USEC_PER_SEC);
	ck_assert_str_eq(v.state, "healthy");
	fake_clock_set_wall(&reg.clock, came + 660 * USEC_PER_SEC);
	finish();
	ck_assert_int_eq(count_events("slo.silent"), 1);
	ck_assert_int_eq(slo_view(reg.engine, reg.reader, reg.arena, &v, &err), 0);
	ck_assert_str_eq(v.state, "no_data");
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
	tcase_add_test(t, test_observations_submit__refuses_what_was_not_live);
	tcase_add_test(t, test_watch__rolls_back_by_itself);
	tcase_add_test(t, test_watch__burns_its_budget_as_the_reference_says);
	tcase_add_test(t, test_watch__goes_on_over_a_restart);
	tcase_add_test(t, test_watch__says_nothing_of_a_release_that_it_has_not_looked_at);
	tcase_add_test(t, test_watch__holds_promotions_after_a_rollback);
	tcase_add_test(t, test_watch__holds_promotions_for_a_day);
	tcase_add_loop_test(t, test_watch__waits_for_the_cool_down_unless_it_is_critical, 0, 2);
	tcase_add_test(t, test_watch__names_what_let_a_held_rollback_through);
	tcase_add_loop_test(
		t, test_watch__a_quarantined_release_that_served_on_is_no_way_back, 0, 2);
	tcase_add_test(t, test_watch__sees_a_breach_by_time_alone);
	tcase_add_test(t, test_watch__keeps_serving_when_nothing_is_warm);
	tcase_add_test(t, test_watch__walks_back_over_both_warm_ones_and_stops);
	tcase_add_test(t, test_watch__misses_reports_that_stopped);
	tcase_add_test(t, test_observations__are_dropped_after_31_days);
	tcase_add_test(t, test_observations_submit__refuses_targets_that_the_release_has_not);
	tcase_add_test(t, test_observations__what_prometheus_is_asked_for_is_counted_once);
	tcase_add_test(t, test_watch__a_fast_clock_hides_no_silence);
	tcase_add_test(t, test_observations__windows_of_which_nothing_counts_are_no_news);
	suite_add_tcase(s, t);
	return s;
}
