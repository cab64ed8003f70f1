/* SPDX-License-Identifier: Apache-2.0
 *
 * Connectors that block: what goes on meanwhile, what is left behind, and how an engine closes.
 */
#include <check.h>
#include <pthread.h>
#include <string.h>
#include <sys/resource.h>

#include "base/log.h"
#include "engine/schedule.h"
#include "engine/source.h"
#include "model/phase.h"
#include "store/schedule.h"
#include "store/source.h"
#include "support/calm_policy.h"
#include "support/scratch.h"

Suite *test_suite(void);

/* Patience for what has to come, real time. */
enum { AWAIT_MS = 20000, STEP_MS = 5 };

static struct fake_clock fake;
static struct engine *engine;
static struct db *reader;
static struct arena *arena;

/* The connector `slow` lists when it is let. */
static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t turned = PTHREAD_COND_INITIALIZER;
static bool open_gate, heeds;
static int inside;
static int64_t begun; /* runs that were asked for; their ids */

static int no_open(const struct connector_options *o, struct connector **ret, struct err *err)
{
	*ret = NULL;
	return 0;
}

static void no_close(struct connector *c)
{
}

static void pause_ms(int ms)
{
	struct timespec until;
	pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;
	pthread_cond_t c = PTHREAD_COND_INITIALIZER;
	int64_t at = clock_now(clock_system()) + ms * USEC_PER_MSEC;

	until = (struct timespec){
		.tv_sec = (time_t)(at / USEC_PER_SEC), .tv_nsec = (long)(at % USEC_PER_SEC * 1000)};
	pthread_mutex_lock(&m);
	pthread_cond_timedwait(&c, &m, &until);
	pthread_mutex_unlock(&m);
}

static int slow_list(struct connector *c, const struct provider_call *call,
	struct source_listing *ret, struct err *err)
{
	int rc = 0;

	pthread_mutex_lock(&gate);
	inside++;
	pthread_cond_broadcast(&turned);
	while (!open_gate && rc == 0) {
		pthread_mutex_unlock(&gate);
		pause_ms(STEP_MS);
		if (heeds)
			rc = provider_call_check(call, err);
		pthread_mutex_lock(&gate);
	}
	inside--;
	pthread_mutex_unlock(&gate);
	if (rc == 0)
		*ret = (struct source_listing){0};
	return rc;
}

static int quick_list(struct connector *c, const struct provider_call *call,
	struct source_listing *ret, struct err *err)
{
	*ret = (struct source_listing){0};
	ret->v = ARENA_NEW(call->arena, struct source_entry);
	ret->v[0] = (struct source_entry){.name = "one", .version = "1"};
	ret->n = 1;
	return 0;
}

static int quick_fetch(struct connector *c, const struct provider_call *call,
	const struct source_entry *entry, struct source_document *ret, struct err *err)
{
	ret->text = "{\"provider\":\"gcp\",\"artifacts\":[{\"id\":\"s/embedder-v1\",\"role\":"
		    "\"embed\",\"uri\":\"gs://b/x\",\"metrics\":{\"quality\":0.8,\"safety\":0.98,"
		    "\"latency_ms_p95\":120,\"cost_per_1k_tokens\":0.7}}]}";
	ret->len = strlen(ret->text);
	ret->young = false;
	return FETCH_DONE;
}

static const struct connector_kind slow = {
	.name = "slow", .open = no_open, .close = no_close, .list = slow_list};
static const struct connector_kind quick = {.name = "quick",
	.open = no_open,
	.close = no_close,
	.list = quick_list,
	.fetch = quick_fetch};

static void open_engine(void)
{
	static const struct engine_source sources[] = {
		{&slow, {.provider = "hf", .timeout = 300 * USEC_PER_SEC}},
		{&quick, {.provider = "gcp", .timeout = 300 * USEC_PER_SEC}},
	};
	char path[SCRATCH_PATH];
	struct err err = {0};
	const struct engine_options o = {
		.path = scratch_file(path, "registry.db"),
		.clock = &fake.clock,
		.policy_text = calm_policy(),
		.queue_max = 16,
		.sources = sources,
		.n_sources = 2,
		.threads = true,
	};

	ck_assert_msg(engine_open(&o, &engine, &err) == 0, "%s", err.msg);
	ck_assert_msg(engine_reader(engine, &reader, &err) == 0, "%s", err.msg);
}

static void close_engine(void)
{
	db_close(reader);
	engine_close(engine);
}

static void setup(void)
{
	log_setup(LOG_LEVEL_ERROR, LOG_FORMAT_LOGFMT, -1);
	scratch_make();
	arena = arena_new();
	fake_clock_init(&fake, INT64_C(1800000000) * USEC_PER_SEC);
	open_gate = false;
	heeds = true;
	begun = 0;
	open_engine();
}

static void teardown(void)
{
	close_engine();
	arena_free(arena);
	scratch_remove();
}

static void set_gate(bool is_open)
{
	pthread_mutex_lock(&gate);
	open_gate = is_open;
	pthread_mutex_unlock(&gate);
}

static void over(struct command *c)
{
	atomic_bool *flag = c->owner;

	*flag = true;
}

static void wait_for(const atomic_bool *flag)
{
	for (int ms = 0; ms < AWAIT_MS && !*flag; ms += STEP_MS)
		pause_ms(STEP_MS);
	ck_assert(*flag);
}

static struct job_run newest(void)
{
	struct err err = {0};
	struct job_run r;

	ck_assert_int_eq(job_run_last(reader, JOB_INGEST, arena, &r, &err), 1);
	return r;
}

static void begin(void)
{
	const struct run_request request = {.reason = "test", .dry_run = -1};
	atomic_bool flag = false;
	struct command c = {.arena = arena, .actor = "local", .done = over, .owner = &flag};
	struct err err = {0};

	ck_assert_int_eq(schedule_run(engine, &c, JOB_INGEST, &request, &err), 0);
	wait_for(&flag);
	ck_assert_msg(c.err.code == ERR_NONE, "%s", c.err.msg);
	begun++;
	pthread_mutex_lock(&gate);
	while (!inside && !open_gate)
		pthread_cond_wait(&turned, &gate);
	pthread_mutex_unlock(&gate);
}

/* Of the run that began last: it may not have been taken up yet. The clock goes on by `step` each time
 * somebody looks. */
static struct job_run await_end_stepping(int64_t step)
{
	struct job_run r = newest();

	for (int ms = 0; ms < AWAIT_MS && (r.id < begun || r.outcome < 0); ms += STEP_MS) {
		fake_clock_step(&fake, step);
		pause_ms(STEP_MS);
		r = newest();
	}
	ck_assert_int_ge(r.outcome, 0);
	return r;
}

static struct job_run await_end(void)
{
	return await_end_stepping(0);
}

static void submit(const char *text)
{
	atomic_bool flag = false;
	ARENA_AUTO a = arena_new();
	struct command c = {.arena = a, .actor = "local", .done = over, .owner = &flag};
	struct err err = {0};

	ck_assert_msg(
		manifest_submit(engine, reader, &c, text, strlen(text), &err) == 0, "%s", err.msg);
	wait_for(&flag);
	ck_assert_int_eq(c.answer.status, 201);
}

START_TEST(test_threads__a_slow_provider_holds_nobody_else)
{
	begin();
	submit("{\"provider\":\"hf\",\"artifacts\":[{\"id\":\"s/textgen-lora-v1\",\"role\":"
	       "\"textgen\",\"uri\":\"hf://b/x\",\"metrics\":{\"quality\":0.8}}]}");
	/* The other one's manifest comes in, too. */
	struct engine_stats st;
	for (int ms = 0; ms < AWAIT_MS; ms += STEP_MS) {
		engine_stats(engine, &st);
		if (st.manifests == 2)
			break;
		pause_ms(STEP_MS);
	}
	ck_assert_uint_eq(st.manifests, 2);
	ck_assert_int_eq(newest().outcome, -1);
	set_gate(true);
	struct job_run r = await_end();
	ck_assert_str_eq(r.decided, "hf: nothing new; gcp: 1 new");
	ck_assert_int_eq(r.phase, PHASE_SUCCEEDED);
}
END_TEST

START_TEST(test_threads__a_timeout_ends_it)
{
	begin();
	struct job_run r = await_end_stepping(USEC_PER_SEC);
	ck_assert_ptr_nonnull(strstr(r.decided, "hf: it took longer than `timeout` allows"));
	ck_assert_int_eq(r.phase, PHASE_ERROR);
}
END_TEST

START_TEST(test_threads__one_that_does_not_come_back_is_left_behind)
{
	heeds = false;
	begin();
	struct job_run r = await_end_stepping(USEC_PER_SEC);
	ck_assert_ptr_nonnull(strstr(r.decided, "hf: the connector does not come back"));
	ck_assert_ptr_nonnull(strstr(r.decided, "gcp: 1 new"));
	/* The next one asks the others, and gives it the same time. */
	begin();
	r = await_end_stepping(USEC_PER_SEC);
	ck_assert_ptr_nonnull(strstr(r.reason, "hf: the connector is still busy"));
	/* And once it is back, it is asked again. */
	set_gate(true);
	begin();
	r = await_end();
	ck_assert_str_eq(r.reason, "hf: nothing new; gcp: nothing new");
	ck_assert_int_eq(r.phase, PHASE_SUCCEEDED);
}
END_TEST

/* Out of descriptors: the providers were not asked, and that is on record. */
START_TEST(test_threads__one_that_cannot_open_the_registry_has_failed)
{
	struct rlimit before, none;
	struct source_row row;
	struct err err = {0};

	begin();
	set_gate(true);
	await_end();
	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &before), 0);
	none = (struct rlimit){.rlim_cur = 0, .rlim_max = before.rlim_max};
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &none), 0);
	begin();
	struct job_run r = await_end();
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &before), 0);
	ck_assert_int_eq(r.phase, PHASE_ERROR);
	ck_assert_int_eq(source_find(reader, "hf", arena, &row, &err), 1);
	ck_assert_int_ne(row.failing_since, 0);
	ck_assert_str_eq(row.code, "storage");
	begin();
	await_end();
	ck_assert_int_eq(source_find(reader, "hf", arena, &row, &err), 1);
	ck_assert_int_eq(row.failing_since, 0);
}
END_TEST

START_TEST(test_threads__a_close_stops_it_and_the_next_start_takes_it_up)
{
	begin();
	close_engine();
	open_engine();
	ck_assert_int_eq(newest().outcome, -1);
	set_gate(true);
	struct job_run r = await_end();
	ck_assert_int_eq(r.phase, PHASE_SUCCEEDED);
}
END_TEST

Suite *test_suite(void)
{
	Suite *suite = suite_create("source threads");
	TCase *tc = tcase_create("threads");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, test_threads__a_slow_provider_holds_nobody_else);
	tcase_add_test(tc, test_threads__a_timeout_ends_it);
	tcase_add_test(tc, test_threads__one_that_does_not_come_back_is_left_behind);
	tcase_add_test(tc, test_threads__one_that_cannot_open_the_registry_has_failed);
	tcase_add_test(tc, test_threads__a_close_stops_it_and_the_next_start_takes_it_up);
	suite_add_tcase(suite, tc);
	return suite;
}
