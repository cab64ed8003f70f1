/* SPDX-License-Identifier: Apache-2.0
 *
 * The checker of simulations can fail: a history that keeps every promise passes, and each way of
 * breaking one is found in it.
 */
#include <check.h>
#include <string.h>

#include "base/clock.h"
#include "base/jcs.h"
#include "cli/sim_history.h"
#include "model/phase.h"

Suite *test_suite(void);

static struct arena *arena;
static struct sim_history h;

/* 2026-01-07 is a Wednesday; the built-in policy promotes from 10:00 to 14:00 UTC. */
static int64_t at(int day, int hour, int minute)
{
	const struct civil c = {
		.year = 2026, .month = 1, .day = day, .hour = hour, .minute = minute};

	return civil_to_time(&c);
}

static struct sim_event *add(const char *type, const char *subject, int64_t when)
{
	struct sim_event *e = &h.events[h.n_events];

	*e = (struct sim_event){
		.seq = (int64_t)++h.n_events,
		.at = when,
		.type = type,
		.subject = subject,
		.actor = "controller:schedule",
		.data = ARENA_NEW(arena, struct sim_event_data),
	};
	e->data->serial = e->data->run = e->data->override = -1;
	return e;
}

static void add_release(const char *version)
{
	struct sim_release *r = &h.releases[h.n_releases++];

	*r = (struct sim_release){
		.version = version,
		.units = ARENA_ARRAY(arena, 2, struct sim_unit),
		.n_units = 2,
	};
	r->units[0] =
		(struct sim_unit){"textgen", "s/t-v1", true, true, PHASE_SUCCEEDED, false, NULL};
	r->units[1] = (struct sim_unit){.slot = "embed", .id = "s/e-v1"};
}

static void add_run(enum job job, int64_t due, const char *result)
{
	struct job_run *r = &h.runs[h.n_runs++];

	fields_init(&job_run_table, r);
	r->id = (int64_t)h.n_runs;
	r->job = (int)job;
	r->scheduled_for = r->due = r->started_at = due;
	r->outcome = result ? JOB_DONE : JOB_NOTHING;
	r->result = result;
	r->actor = "controller:schedule";
	struct sim_event *e = add("job.finished", names_of(&job_names, (int)job), due);
	e->data->run = r->id;
}

static struct sim_event *promote(const char *version, int64_t when, int64_t serial)
{
	struct sim_event *e;

	add("release.activated", version, when);
	e = add("promotion.succeeded", version, when);
	e->data->serial = serial;
	e->data->override = 0;
	add_release(version);
	return e;
}

static void add_freeze(int64_t from, int64_t to)
{
	struct freeze *f = &h.freezes[h.n_freezes++];

	fields_init(&freeze_table, f);
	f->id = "freeze-1";
	f->from = from;
	f->to = to;
}

enum { DAY_1 = 7, DAY_2 = 14, EVENTS_MAX = 40 };

/* Two releases on two Wednesdays, a breach, and the way back. */
static void setup(void)
{
	struct faults faults;
	struct err err = {0};
	const char *canonical;

	arena = arena_new();
	faults_init(&faults);
	h = (struct sim_history){
		.arena = arena,
		.events = ARENA_ARRAY(arena, EVENTS_MAX, struct sim_event),
		.policies = ARENA_ARRAY(arena, 1, struct sim_policy),
		.releases = ARENA_ARRAY(arena, 4, struct sim_release),
		.runs = ARENA_ARRAY(arena, 8, struct job_run),
		.freezes = ARENA_ARRAY(arena, 2, struct freeze),
	};
	ck_assert_int_eq(policy_accept(embed_policy_json, embed_policy_json_len, at(1, 0, 0), arena,
				 &h.policies[0].policy, &canonical, &faults, &err),
		0);
	h.policies[0].event_seq = 1;
	h.n_policies = 1;
	add("policy.changed", "policy/1", at(5, 0, 0));
	add("merge.created", "1.0.0-rc.1", at(6, 9, 0));
	add_run(JOB_MERGE, at(6, 9, 0), "/v1/merges/1.0.0-rc.1");
	promote("1.0.0", at(DAY_1, 10, 0), 1);
	add_run(JOB_PROMOTE, at(DAY_1, 10, 0), "/v1/releases/1.0.0");
	add("release.warmed", "1.0.0", at(DAY_2, 13, 59));
	promote("1.0.1", at(DAY_2, 13, 59), 2);
	add_run(JOB_PROMOTE, at(DAY_2, 10, 0), "/v1/releases/1.0.1");
	add("slo.breached", "stable/2", at(DAY_2, 15, 0));
	add("release.breached", "1.0.1", at(DAY_2, 15, 0));
	add("release.activated", "1.0.0", at(DAY_2, 15, 0));
	struct sim_event *e = add("rollback.completed", "1.0.1", at(DAY_2, 15, 0));
	e->data->from = "1.0.1";
	e->data->to = "1.0.0";
	e->data->serial = 3;
}

static void teardown(void)
{
	arena_free(arena);
}

static struct sim_event *find(const char *type, const char *subject)
{
	for (size_t i = 0; i < h.n_events; i++)
		if (!strcmp(h.events[i].type, type) && !strcmp(h.events[i].subject, subject))
			return &h.events[i];
	ck_abort_msg("no %s of %s", type, subject);
	return NULL;
}

static struct sim_verdict check(void)
{
	struct sim_verdict v;
	struct err err = {0};

	ck_assert_msg(sim_check(&h, arena, &v, &err) == 0, "%s", err.msg);
	return v;
}

START_TEST(test_sim_check__passes_what_keeps_the_promises)
{
	struct sim_verdict v = check();

	ck_assert_msg(v.n == 0, "%s", v.n ? v.v[0].what : "");
	ck_assert_int_eq(v.promotions, 2);
	ck_assert_int_eq(v.rollbacks, 1);
	ck_assert_int_eq(v.runs, 3);
}
END_TEST

/* ---- One promise broken each ---- */

static void outside(void)
{
	find("promotion.succeeded", "1.0.1")->at = at(DAY_2, 14, 0);
}

static void before_window(void)
{
	find("promotion.succeeded", "1.0.0")->at = at(DAY_1, 9, 59);
}

static void gate_failed(void)
{
	h.releases[1].units[0].phase = PHASE_INCONCLUSIVE;
	h.releases[1].units[0].gate = "safety";
}

static void not_judged(void)
{
	h.releases[1].units[0].judged = false;
}

static void merge_gate(void)
{
	h.releases[0].merge_gate = "latency";
}

static void two_active(void)
{
	find("release.warmed", "1.0.0")->type = "merge.superseded";
}

static void to_breached(void)
{
	find("release.breached", "1.0.1")->subject = "1.0.0";
	find("release.warmed", "1.0.0")->subject = "1.0.9";
	find("release.activated", "1.0.1")->type = "merge.superseded";
}

static void twice_for_an_instant(void)
{
	h.runs[2].scheduled_for = h.runs[1].scheduled_for;
}

static void ran_twice(void)
{
	add("merge.created", "1.0.0-rc.2", at(6, 9, 0));
}

static void finished_twice(void)
{
	add("job.finished", "merge", at(6, 9, 1))->data->run = 1;
}

static void made_twice(void)
{
	h.runs[2].result = h.runs[1].result;
}

static void serial_falls(void)
{
	find("rollback.completed", "1.0.1")->data->serial = 2;
}

static void override_by_itself(void)
{
	find("promotion.succeeded", "1.0.1")->data->override = 1;
}

static void rollback_waits(void)
{
	find("rollback.completed", "1.0.1")->at += USEC_PER_SEC;
}

static void promoted_twice(void)
{
	struct sim_event *e = find("promotion.succeeded", "1.0.1");

	e->subject = "1.0.0";
}

static void waits_for_a_window(void)
{
	struct sim_event *e = find("rollback.completed", "1.0.1");

	e->type = "rollback.held";
	e->data->blocked = "outside_window";
}

static void while_held(void)
{
	struct sim_event *e = find("rollback.completed", "1.0.1");

	e->data->cause = "slo";
	add("release.warmed", "1.0.0", at(DAY_2 + 1, 11, 0));
	e = promote("1.0.2", at(DAY_2 + 1, 11, 0), 4);
	e->data->override = 1;
	e->actor = "token:1";
}

static void edited(void)
{
	h.bad_link = 7;
}

static const struct {
	void (*break_it)(void);
	const char *found;
} broken[] = {
	{outside, "1.0.1 was promoted outside the window"},
	{before_window, "1.0.0 was promoted outside the window"},
	{gate_failed, "1.0.1 was promoted with s/t-v1, which had not passed safety"},
	{not_judged, "which no verdict stands for"},
	{merge_gate, "its merge had not passed latency"},
	{two_active, "1.0.1 became active while 1.0.0 was"},
	{to_breached, "1.0.0 became active and is breached"},
	{twice_for_an_instant, "promote has two runs for 2026-01-07T10:00:00Z"},
	{ran_twice, "merge: 1 runs did something and the schedule did 2 times"},
	{finished_twice, "run 1 of merge finished twice"},
	{made_twice, "two runs of promote say that they made /v1/releases/1.0.0"},
	{serial_falls, "from serial 2 to 2"},
	{override_by_itself, "controller:schedule promoted 1.0.1 by override"},
	{rollback_waits, "the breach of stable/2 was not answered at once"},
	{promoted_twice, "1.0.0 was promoted twice"},
	{waits_for_a_window, "a rollback of 1.0.1 waits for outside_window"},
	{while_held, "1.0.2 was promoted while an automatic rollback held promotions"},
	{edited, "the chain of the history does not hold"},
};

START_TEST(test_sim_check__finds_a_broken_promise)
{
	broken[_i].break_it();
	struct sim_verdict v = check();
	bool found = false;

	for (size_t i = 0; i < v.n; i++)
		found = found || strstr(v.v[i].what, broken[_i].found);
	ck_assert_msg(found, "not found: %s; instead: %s", broken[_i].found,
		v.n ? v.v[0].what : "nothing");
	ck_assert_msg(v.n == 1, "and also: %s", v.v[v.n - 1].what);
}
END_TEST

/* A freeze counts from when it is known of, until it is lifted. */
START_TEST(test_sim_check__knows_when_a_freeze_held)
{
	static const struct {
		bool made_before, lifted_before;
		int from, to; /* hours of the second Wednesday */
		size_t violations;
	} cases[] = {
		{true, false, 13, 14, 1},
		{false, false, 13, 14, 0},
		{true, true, 13, 14, 0},
		{true, false, 14, 15, 0},
		{true, false, 12, 13, 0},
	};
	struct sim_event *promotion = find("promotion.succeeded", "1.0.1");
	int64_t last = (int64_t)h.n_events;

	add_freeze(at(DAY_2, cases[_i].from, 0), at(DAY_2, cases[_i].to, 0));
	/* Two entries that nothing else looks at take the parts. */
	struct sim_event *made = find("job.finished", "promote"), *lifted = made;
	lifted = find("merge.created", "1.0.0-rc.1");
	h.n_runs = 0;
	for (size_t i = 0; i < h.n_events; i++)
		h.events[i].actor = "token:1";
	if (cases[_i].made_before)
		*made = (struct sim_event){made->seq, made->at, "freeze.created", "freeze-1",
			"token:1", NULL, made->data};
	if (cases[_i].lifted_before)
		*lifted = (struct sim_event){lifted->seq, lifted->at, "freeze.ended", "freeze-1",
			"token:1", NULL, lifted->data};
	ck_assert_int_gt(promotion->seq, made->seq);
	ck_assert_int_gt(last, promotion->seq);
	ck_assert_uint_eq(check().n, cases[_i].violations);
}
END_TEST

START_TEST(test_sim_check__an_override_passes_windows_and_never_gates)
{
	struct sim_event *e = find("promotion.succeeded", "1.0.1");

	e->at = at(DAY_2, 20, 0);
	e->data->override = 1;
	e->actor = "token:1";
	h.runs[2].outcome = JOB_NOTHING;
	ck_assert_uint_eq(check().n, 0);
	ck_assert_int_eq(check().overridden, 1);
	gate_failed();
	ck_assert_uint_eq(check().n, 1);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("the checker of simulations");
	TCase *t = tcase_create("sim_check");

	jcs_setup();
	schedule_setup();
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, test_sim_check__passes_what_keeps_the_promises);
	tcase_add_loop_test(t, test_sim_check__finds_a_broken_promise, 0,
		(int)(sizeof(broken) / sizeof(broken[0])));
	tcase_add_loop_test(t, test_sim_check__knows_when_a_freeze_held, 0, 5);
	tcase_add_test(t, test_sim_check__an_override_passes_windows_and_never_gates);
	suite_add_tcase(s, t);
	return s;
}
