/* SPDX-License-Identifier: Apache-2.0
 *
 * A distillation that fell due is run by the provider whose connector can: started once, whatever is
 * lost on the way, followed to its end, and its candidate awaited. The provider is played.
 */
#include <check.h>
#include <jansson.h>
#include <string.h>

#include "engine/internal.h"
#include "engine/snapshot.h"
#include "model/distillation.h"
#include "model/observation.h"
#include "store/distillation.h"
#include "support/calm_policy.h"
#include "support/registry.h"

Suite *test_suite(void);

#define MINUTE (INT64_C(60) * USEC_PER_SEC)
#define HOUR   (60 * MINUTE)
#define DAY    (24 * HOUR)
enum { STARTS_MAX = 16 };
#define BEING_STOPPED "it did not end within 6 h 30 min, and is being stopped"

/* ---- The provider ---- */

static struct {
	bool works;
	enum err_code start_fails, state_fails; /* ERR_NONE: it goes well */
	bool loses;				/* the answer to a start */
	enum work_state state;
	const char *detail;
	char orders[STARTS_MAX][600]; /* what was asked for, as one text */
	size_t n_orders, n_runs, n_looks, n_stops;
	bool stop_fails, settles; /* settles: the row, while the run is being started */
} place;

static int play_open(const struct connector_options *o, struct connector **ret, struct err *err)
{
	*ret = (struct connector *)&place;
	return 0;
}

static void play_close(struct connector *c)
{
}

static int play_list(struct connector *c, const struct provider_call *call,
	struct source_listing *ret, struct err *err)
{
	*ret = (struct source_listing){0};
	return 0;
}

static bool play_works(const struct connector *c)
{
	return place.works;
}

static int play_start(struct connector *c, const struct provider_call *call,
	const struct work_order *order, const char **ret_job, struct err *err)
{
	char *text = place.orders[place.n_orders];
	size_t len = 0;

	if (place.start_fails)
		return err_set(err, place.start_fails, "no pipeline is called so");
	ck_assert_uint_lt(place.n_orders, STARTS_MAX);
	len += (size_t)snprintf(text, sizeof(place.orders[0]), "%s", order->token);
	for (size_t i = 0; i < order->n; i++)
		len += (size_t)snprintf(text + len, sizeof(place.orders[0]) - len, " %s=%s",
			order->v[i].name, order->v[i].value);
	/* As the provider does: one run for one token. */
	if (place.n_orders == 0 || strcmp(place.orders[place.n_orders - 1], text) != 0)
		place.n_runs++;
	place.n_orders++;
	if (place.settles) {
		struct distillation d;

		ck_assert_int_eq(distillation_find(reg.reader, 1, call->arena, &d, err), 1);
		d.phase = PHASE_FAILED;
		d.settled_at = 1;
		ck_assert_int_eq(distillation_update(reg.engine->db, &d, PHASE_PENDING, err), 1);
	}
	if (place.loses)
		return err_set(err, ERR_UNREACHABLE, "no answer came");
	*ret_job = "arn:run/1";
	return 0;
}

static int play_state(struct connector *c, const struct provider_call *call, const char *job,
	struct work_report *ret, struct err *err)
{
	ck_assert_str_eq(job, "arn:run/1");
	place.n_looks++;
	if (place.state_fails)
		return err_set(err, place.state_fails, "no answer came (503, request a%zu)",
			place.n_looks);
	*ret = (struct work_report){place.state, place.detail};
	return 0;
}

static int play_stop(struct connector *c, const struct provider_call *call, const char *job,
	const char *token, struct err *err)
{
	ck_assert_str_eq(job, "arn:run/1");
	ck_assert_uint_gt(strlen(token), 32);
	place.n_stops++;
	return place.stop_fails
		       ? err_set(err, ERR_UNREACHABLE, "no stop (request a%zu)", place.n_stops)
		       : 0;
}

static const struct connector_kind play = {.name = "play",
	.open = play_open,
	.close = play_close,
	.list = play_list,
	.works = play_works,
	.start_job = play_start,
	.job_state = play_state,
	.stop_job = play_stop};
static const struct engine_source sources[] = {
	{&play, {.provider = "aws",
			.timeout = 300 * USEC_PER_SEC,
			.pipeline_timeout = 6 * HOUR + 30 * MINUTE}}};

/* ---- The registry ---- */

static void set_policy(void)
{
	SNAPSHOT_AUTO s = snapshot_get(reg.engine);
	json_auto_t *policy = json_loads(calm_policy(), 0, NULL);
	json_t *plan = json_pack("{s:s,s:s,s:{s:s,s:s,s:s,s:f,s:s},s:s}", "teacher",
		"model:textgen", "student", "model:runtime", "trigger", "signal", "route_share",
		"target", "model:textgen", "op", "gt", "value", 0.5, "window", "P1D", "cooldown",
		"P30D");

	json_object_set_new(json_object_get(policy, "fusion"), "distillation", plan);
	char *text = json_dumps(policy, JSON_COMPACT);
	const char *kept = arena_strdup(reg.arena, text);

	free(text);
	with.if_match = arena_printf(reg.arena, "\"%s\"", s->policy.digest);
	ck_assert_int_eq(put_policy(kept).status, 200);
}

static void setup(void)
{
	registry_setup();
	memset(&place, 0, sizeof(place));
	place.works = true;
}

static void step(int64_t usec)
{
	fake_clock_step(&reg.clock, usec);
	finish();
}

/* A release whose trigger fires. */
static void fall_due(void)
{
	struct target_count count = {"model:textgen", 60};
	struct observation o = {.total = 100, .targets = {&count, 1}};

	registry_sources(sources, 1);
	set_policy();
	first_release();
	fake_clock_step(&reg.clock, 61 * USEC_PER_SEC);
	ck_assert_int_eq(observe_counts("1.0.0", &o).status, 202);
	for (int i = 0; i < 3; i++)
		step(61 * USEC_PER_SEC);
	ck_assert_int_eq(count_events("distillation.due"), 1);
}

static struct distillation row(void)
{
	struct distillation d;
	struct err err = {0};

	ck_assert_int_eq(distillation_find(reg.reader, 1, reg.arena, &d, &err), 1);
	return d;
}

static void expect(enum phase phase, const char *events)
{
	static const char *const all[] = {"distillation.started", "distillation.succeeded",
		"distillation.failed", "distillation.delivered", "distillation.missed"};

	ck_assert_int_eq(row().phase, phase);
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		ck_assert_msg(
			count_events(all[i]) == (strstr(events, strchr(all[i], '.') + 1) ? 1 : 0),
			"%s: %d", all[i], (int)count_events(all[i]));
}

/* Something of the pipeline's; `run` is what it names as its run, or NULL. */
static void deliver_of(const char *id, const char *parent, const char *run)
{
	ck_assert_int_eq(
		submit(arena_printf(reg.arena,
			       "{\"provider\":\"aws\",%s\"artifacts\":[{\"id\":\"%s\",\"role\":"
			       "\"runtime\",\"uri\":\"s3://models/x\",\"derived_from\":[\"%s\"],"
			       "\"metrics\":{\"quality\":0.9,\"safety\":0.99,\"latency_ms_p95\":90,"
			       "\"cost_per_1k_tokens\":0.5}}]}",
			       run ? arena_printf(reg.arena, "\"run\":{\"id\":\"%s\"},", run) : "",
			       id, parent))
			.status,
		201);
}

static void deliver(const char *id, const char *parent)
{
	deliver_of(id, parent, NULL);
}

START_TEST(test_distillation__is_started_followed_and_delivered)
{
	fall_due();
	expect(PHASE_RUNNING, "started");
	ck_assert_str_eq(row().job, "arn:run/1");
	ck_assert_str_eq(row().provider, "aws");
	ck_assert_ptr_nonnull(row().teacher);
	ck_assert_ptr_nonnull(strstr(place.orders[0], " Release=1.0.0 Student=sha256:"));
	ck_assert_ptr_nonnull(strstr(place.orders[0], " Teacher=sha256:"));
	ck_assert_ptr_nonnull(strstr(place.orders[0], " TeacherUri="));
	ck_assert_int_eq(strncmp(place.orders[0], row().token, strlen(row().token)), 0);
	step(61 * USEC_PER_SEC);
	ck_assert_uint_ge(place.n_looks, 1);
	expect(PHASE_RUNNING, "started");
	place.state = WORK_SUCCEEDED;
	step(61 * USEC_PER_SEC);
	expect(PHASE_RUNNING, "started succeeded");
	ck_assert_int_eq(row().settled_at, 0);
	ck_assert_int_gt(row().finished_at, 0);
	ck_assert_ptr_nonnull(strstr(row().reason, "what it made is awaited until 20"));
	/* Of another parent: it is not what came of it. */
	deliver("s/runtime-other-v5", "s/somebody-v1");
	step(61 * USEC_PER_SEC);
	ck_assert_int_eq(row().settled_at, 0);
	/* Somebody else's: it names no run and is of another family, or names another one. */
	deliver("s/runtime-student-v6", row().teacher);
	deliver_of("s/runtime-distilled-v60", row().teacher, "arn:run/2");
	step(61 * USEC_PER_SEC);
	expect(PHASE_RUNNING, "started succeeded");
	deliver_of("s/runtime-student-v7", row().teacher, "arn:run/1");
	deliver("s/runtime-student-v8", row().teacher);
	step(61 * USEC_PER_SEC);
	expect(PHASE_SUCCEEDED, "started succeeded delivered");
	ck_assert_str_eq(row().candidate, "s/runtime-student-v7");
	ck_assert_ptr_null(row().reason);
	ck_assert_int_gt(row().settled_at, 0);
	ck_assert_uint_eq(place.n_orders, 1);
	check_registry();
}
END_TEST

START_TEST(test_distillation__is_started_once_though_its_answer_is_lost)
{
	place.loses = true;
	fall_due();
	for (int i = 0; i < 3; i++) {
		step(61 * USEC_PER_SEC);
		registry_reopen();
	}
	ck_assert_uint_ge(place.n_orders, 3);
	ck_assert_uint_eq(place.n_runs, 1);
	expect(PHASE_PENDING, "");
	ck_assert_str_eq(row().reason, "no answer came");
	place.loses = false;
	step(61 * USEC_PER_SEC);
	expect(PHASE_RUNNING, "started");
	ck_assert_uint_eq(place.n_runs, 1);
	ck_assert_ptr_null(row().reason);
	/* A restart goes on with it. */
	registry_reopen();
	place.state = WORK_SUCCEEDED;
	step(61 * USEC_PER_SEC);
	expect(PHASE_RUNNING, "started succeeded");
	ck_assert_uint_eq(place.n_runs, 1);
}
END_TEST

START_TEST(test_distillation__that_fails_says_why)
{
	fall_due();
	place.state = WORK_FAILED;
	place.detail = "Failed: Step failure";
	step(61 * USEC_PER_SEC);
	expect(PHASE_FAILED, "started failed");
	ck_assert_str_eq(row().reason, "Failed: Step failure");
	ck_assert_int_gt(row().settled_at, 0);
	step(DAY);
	expect(PHASE_FAILED, "started failed");
}
END_TEST

START_TEST(test_distillation__of_a_pipeline_that_is_not_there_fails_at_once)
{
	place.start_fails = ERR_IO;
	fall_due();
	expect(PHASE_FAILED, "failed");
	ck_assert_str_eq(row().reason, "no pipeline is called so");
	ck_assert_uint_eq(place.n_orders, 0);
}
END_TEST

START_TEST(test_distillation__waits_for_a_provider_that_is_away_for_two_days)
{
	place.start_fails = ERR_UNREACHABLE;
	fall_due();
	for (int i = 0; i < 48; i++)
		step(HOUR);
	expect(PHASE_PENDING, "");
	place.start_fails = ERR_NONE;
	step(61 * USEC_PER_SEC);
	expect(PHASE_RUNNING, "started");
	/* Nobody can be asked how it goes; then it is over all the same. */
	place.state_fails = ERR_UNREACHABLE;
	step(5 * HOUR);
	place.state_fails = ERR_NONE;
	place.state = WORK_SUCCEEDED;
	step(61 * USEC_PER_SEC);
	expect(PHASE_RUNNING, "started succeeded");
}
END_TEST

START_TEST(test_distillation__that_never_starts_is_given_up)
{
	place.start_fails = ERR_UNREACHABLE;
	fall_due();
	step(7 * DAY);
	expect(PHASE_FAILED, "failed");
	ck_assert_str_eq(
		row().reason, "it could not be started within 7 d: no pipeline is called so");
}
END_TEST

static void succeed(void)
{
	fall_due();
	place.state = WORK_SUCCEEDED;
	step(61 * USEC_PER_SEC);
	expect(PHASE_RUNNING, "started succeeded");
}

/* The token is a parameter that every pipeline gets. */
START_TEST(test_distillation__is_known_by_its_token)
{
	succeed();
	deliver_of("s/anything-else-v1", row().teacher, row().token);
	step(61 * USEC_PER_SEC);
	ck_assert_str_eq(row().candidate, "s/anything-else-v1");
}
END_TEST

START_TEST(test_distillation__is_known_by_the_students_family)
{
	const char *student;

	succeed();
	student = row().student;
	deliver(arena_printf(
			reg.arena, "%.*s-v77", (int)(strrchr(student, '-') - student), student),
		row().teacher);
	step(61 * USEC_PER_SEC);
	expect(PHASE_SUCCEEDED, "started succeeded delivered");
	ck_assert_ptr_nonnull(strstr(row().candidate, "-v77"));
}
END_TEST

START_TEST(test_distillation__that_never_ends_is_stopped)
{
	fall_due();
	step(5 * HOUR);
	expect(PHASE_RUNNING, "started");
	ck_assert_uint_eq(place.n_stops, 0);
	/* Not given up while it may still cost. */
	place.stop_fails = true;
	step(2 * HOUR);
	expect(PHASE_RUNNING, "started");
	ck_assert_str_eq(row().reason,
		"it did not end within 6 h 30 min, and could not be stopped: no stop (request a1)");
	/* The same refusal again is not written down again. */
	step(61 * USEC_PER_SEC);
	ck_assert_uint_eq(place.n_stops, 2);
	ck_assert_str_eq(row().reason,
		"it did not end within 6 h 30 min, and could not be stopped: no stop (request a1)");
	registry_reopen();
	place.stop_fails = false;
	place.n_stops = 0;
	step(61 * USEC_PER_SEC);
	/* The order was taken, which is no end yet. It is not given again. */
	for (int i = 0; i < 3; i++) {
		expect(PHASE_RUNNING, "started");
		ck_assert_str_eq(row().reason, BEING_STOPPED);
		ck_assert_int_gt(row().stopped_at, 0);
		ck_assert_uint_eq(place.n_stops, 1);
		registry_reopen();
		step(61 * USEC_PER_SEC);
	}
	place.state = WORK_FAILED;
	place.detail = "Stopped";
	step(61 * USEC_PER_SEC);
	expect(PHASE_FAILED, "started failed");
	ck_assert_str_eq(
		row().reason, "it did not end within 6 h 30 min, and was told to stop: Stopped");
	ck_assert_uint_eq(place.n_stops, 1);
}
END_TEST

static void tell_to_stop(void)
{
	fall_due();
	step(7 * HOUR);
	expect(PHASE_RUNNING, "started");
	ck_assert_str_eq(row().reason, BEING_STOPPED);
	ck_assert_uint_eq(place.n_stops, 1);
}

/* It was faster than the order to stop, and leaves something. */
START_TEST(test_distillation__that_succeeds_while_it_is_stopped_counts)
{
	tell_to_stop();
	place.state = WORK_SUCCEEDED;
	step(61 * USEC_PER_SEC);
	expect(PHASE_RUNNING, "started succeeded");
	deliver_of("s/runtime-student-v7", row().teacher, "arn:run/1");
	step(61 * USEC_PER_SEC);
	expect(PHASE_SUCCEEDED, "started succeeded delivered");
}
END_TEST

START_TEST(test_distillation__that_does_not_stop_is_given_up)
{
	tell_to_stop();
	place.state_fails = ERR_UNREACHABLE;
	step(23 * HOUR);
	expect(PHASE_RUNNING, "started");
	/* It says that it is being stopped again once that is seen. */
	place.state_fails = ERR_NONE;
	step(61 * USEC_PER_SEC);
	ck_assert_str_eq(row().reason, BEING_STOPPED);
	step(HOUR);
	expect(PHASE_FAILED, "started failed");
	ck_assert_str_eq(row().reason, "it did not end within 6 h 30 min, and was not seen to stop "
				       "within 24 h of being told to; see to it there");
	ck_assert_uint_eq(place.n_stops, 1);
}
END_TEST

/* It ended, and nobody could see that in time. */
START_TEST(test_distillation__that_ended_late_is_not_stopped)
{
	fall_due();
	place.state_fails = ERR_UNREACHABLE;
	step(5 * HOUR);
	place.state_fails = ERR_NONE;
	place.state = WORK_SUCCEEDED;
	step(2 * HOUR);
	expect(PHASE_RUNNING, "started succeeded");
	ck_assert_uint_eq(place.n_stops, 0);
}
END_TEST

START_TEST(test_distillation__that_nobody_can_stop_is_given_up)
{
	fall_due();
	place.stop_fails = true;
	step(7 * HOUR);
	expect(PHASE_RUNNING, "started");
	step(7 * DAY);
	expect(PHASE_FAILED, "started failed");
	ck_assert_ptr_nonnull(strstr(row().reason, "; see to it there"));
}
END_TEST

START_TEST(test_distillation__settled_while_it_is_started_is_stopped)
{
	place.settles = true;
	fall_due();
	ck_assert_uint_eq(place.n_runs, 1);
	ck_assert_uint_eq(place.n_stops, 1);
	expect(PHASE_FAILED, "");
}
END_TEST

/* The same refusal with another request's number is no news. */
START_TEST(test_distillation__says_once_why_it_waits)
{
	char first[100];

	fall_due();
	place.state_fails = ERR_UNREACHABLE;
	step(61 * USEC_PER_SEC);
	snprintf(first, sizeof(first), "%s", row().reason);
	ck_assert_ptr_nonnull(strstr(first, "no answer came (503, request a"));
	for (int i = 0; i < 5; i++)
		step(61 * USEC_PER_SEC);
	ck_assert_uint_ge(place.n_looks, 5);
	ck_assert_str_eq(row().reason, first);
}
END_TEST

START_TEST(test_distillation__whose_candidate_never_came_is_told)
{
	fall_due();
	place.state = WORK_SUCCEEDED;
	step(61 * USEC_PER_SEC);
	step(3 * DAY - HOUR);
	expect(PHASE_RUNNING, "started succeeded");
	step(HOUR);
	expect(PHASE_FAILED, "started succeeded missed");
	ck_assert_ptr_nonnull(strstr(row().reason, "has come within 3 days"));
	/* Too late: it is a candidate like any other. */
	deliver("s/runtime-student-v6", row().teacher);
	step(61 * USEC_PER_SEC);
	expect(PHASE_FAILED, "started succeeded missed");
}
END_TEST

START_TEST(test_distillation__that_nobody_runs_stays_an_event)
{
	place.works = false;
	fall_due();
	expect(PHASE_INCONCLUSIVE, "");
	ck_assert_str_eq(row().reason,
		"no connector runs it: set `pipeline` of a provider with connector = aws");
	ck_assert_int_gt(row().settled_at, 0);
	step(DAY);
	expect(PHASE_INCONCLUSIVE, "");
	ck_assert_uint_eq(place.n_orders, 0);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("distillations");
	TCase *t = tcase_create("distillation");

	tcase_set_timeout(t, 60);
	tcase_add_checked_fixture(t, setup, registry_teardown);
	tcase_add_test(t, test_distillation__is_started_followed_and_delivered);
	tcase_add_test(t, test_distillation__is_started_once_though_its_answer_is_lost);
	tcase_add_test(t, test_distillation__that_fails_says_why);
	tcase_add_test(t, test_distillation__of_a_pipeline_that_is_not_there_fails_at_once);
	tcase_add_test(t, test_distillation__waits_for_a_provider_that_is_away_for_two_days);
	tcase_add_test(t, test_distillation__that_never_starts_is_given_up);
	tcase_add_test(t, test_distillation__is_known_by_its_token);
	tcase_add_test(t, test_distillation__is_known_by_the_students_family);
	tcase_add_test(t, test_distillation__that_never_ends_is_stopped);
	tcase_add_test(t, test_distillation__that_succeeds_while_it_is_stopped_counts);
	tcase_add_test(t, test_distillation__that_does_not_stop_is_given_up);
	tcase_add_test(t, test_distillation__that_ended_late_is_not_stopped);
	tcase_add_test(t, test_distillation__that_nobody_can_stop_is_given_up);
	tcase_add_test(t, test_distillation__settled_while_it_is_started_is_stopped);
	tcase_add_test(t, test_distillation__says_once_why_it_waits);
	tcase_add_test(t, test_distillation__whose_candidate_never_came_is_told);
	tcase_add_test(t, test_distillation__that_nobody_runs_stays_an_event);
	suite_add_tcase(s, t);
	return s;
}
