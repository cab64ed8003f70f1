/* SPDX-License-Identifier: Apache-2.0
 *
 * The writer and the ops thread: groups, retries, a full queue, a disk that fails, a restart.
 */
#include <check.h>
#include <pthread.h>
#include <string.h>

#include "engine/internal.h"
#include "store/event.h"
#include "store/idempotency.h"
#include "store/release.h"
#include "support/calm_policy.h"
#include "support/registry.h"
#include "support/scratch.h"

Suite *test_suite(void);

static const char *unit(int n, const char *quality)
{
	return arena_printf(reg.arena,
		"{\"provider\":\"hf\",\"artifacts\":[{\"id\":\"s/t-v%d\",\"role\":\"textgen\","
		"\"uri\":\"hf://x\",\"metrics\":{\"quality\":%s,\"safety\":0.98,"
		"\"latency_ms_p95\":120,\"cost_per_1k_tokens\":0.7}}]}",
		n, quality);
}

START_TEST(test_command__is_refused_when_the_queue_is_full)
{
	struct command *c[17];

	for (int i = 0; i < 17; i++)
		c[i] = queue_submit(unit(i, "0.8"));
	ck_assert_int_eq(c[16]->err.code, ERR_UNAVAILABLE);
	ck_assert(!*(bool *)c[16]->owner);
	finish();
	for (int i = 0; i < 16; i++)
		ck_assert_int_eq(outcome_of(c[i]).status, 201);
	ck_assert_int_eq(submit(unit(16, "0.8")).status, 201); /* there is room again */
}
END_TEST

START_TEST(test_group__keeps_the_others_when_one_fails)
{
	struct engine_stats stats;
	struct command *c[4];

	c[0] = queue_submit(unit(1, "0.80"));
	c[1] = queue_submit(unit(1, "0.81"));
	c[2] = queue_submit(unit(2, "0.80"));
	c[3] = queue_promote("1.0.0-rc.1", NULL);
	finish();
	ck_assert_int_eq(outcome_of(c[0]).status, 201);
	ck_assert_int_eq(outcome_of(c[1]).code, ERR_ARTIFACT_CONFLICT);
	ck_assert_int_eq(outcome_of(c[2]).status, 201);
	ck_assert_int_eq(outcome_of(c[3]).code, ERR_NOT_FOUND);
	engine_stats(reg.engine, &stats);
	ck_assert_uint_eq(stats.manifests, 2);
	check_registry(); /* the chain does not hold what was undone */
}
END_TEST

/* A step that loses the whole transaction, as an error of the disk does. */
static int lost_apply(struct tx *tx, struct command *c, struct err *err)
{
	db_rollback(tx->db);
	return err_set(err, ERR_STORAGE, "disk full");
}

static void nothing(struct command *c)
{
}

START_TEST(test_group__fails_whole_when_the_transaction_is_lost)
{
	static const struct command_kind kind = {.name = "lost", .apply = lost_apply};
	struct command lost = {
		.arena = reg.arena, .actor = "local", .done = nothing, .kind = &kind};
	struct command *before = queue_submit(unit(1, "0.8"));
	struct engine_stats stats;
	struct err err = {0};

	ck_assert_int_eq(engine_commit(reg.engine, &lost, &err), -1);
	ck_assert_int_eq(outcome_of(before).code, ERR_STORAGE);
	engine_stats(reg.engine, &stats);
	ck_assert(stats.broken);
	ck_assert_ptr_null(artifact_text("hf", "s/t-v1"));
	ck_assert_int_eq(submit(unit(1, "0.8")).status, 201);
	engine_stats(reg.engine, &stats);
	ck_assert(!stats.broken);
	check_registry();
}
END_TEST

static int nothing_apply(struct tx *tx, struct command *c, struct err *err)
{
	return 0;
}

START_TEST(test_group__has_a_bound)
{
	enum { N = 700, GROUP = 512 };
	static const struct command_kind kind = {.name = "nothing", .apply = nothing_apply};
	struct command *c = ARENA_ARRAY(reg.arena, N, struct command);
	struct engine_stats before, after;

	engine_stats(reg.engine, &before);
	for (int i = 0; i < N; i++) {
		c[i] = (struct command){
			.arena = reg.arena, .actor = "local", .kind = &kind, .waited = true};
		writer_push(reg.engine, &c[i]);
	}
	ck_assert(writer_step(reg.engine));
	ck_assert(c[GROUP - 1].written && !c[GROUP].written);
	ck_assert(writer_step(reg.engine));
	ck_assert(c[N - 1].written);
	ck_assert(!writer_step(reg.engine));
	engine_stats(reg.engine, &after);
	ck_assert_uint_eq(after.commits - before.commits, 2);
	ck_assert_uint_eq(after.batch_max, GROUP);
}
END_TEST

/* Who heeds /readyz sends nothing, so the engine has to try by itself. */
START_TEST(test_group__broken_registry_is_tried_again)
{
	static const struct command_kind kind = {.name = "lost", .apply = lost_apply};
	struct command lost = {
		.arena = reg.arena, .actor = "local", .done = nothing, .kind = &kind};
	struct engine_stats stats;
	struct err err = {0};

	ck_assert_int_eq(engine_commit(reg.engine, &lost, &err), -1);
	engine_stats(reg.engine, &stats);
	ck_assert(stats.broken);
	fake_clock_step(&reg.clock, 2 * USEC_PER_SEC);
	engine_step(reg.engine);
	engine_stats(reg.engine, &stats);
	ck_assert(!stats.broken);
	check_registry();
}
END_TEST

/* A channel that nobody can read, until it is mended behind the writer. */
static int garble_apply(struct tx *tx, struct command *c, struct err *err)
{
	struct channel_row row;

	if (channel_find(tx->db, CHANNEL_STABLE, tx->arena, &row, err) <= 0)
		return -1;
	row.body.text = c->args;
	row.body.len = strlen(row.body.text);
	tx->moved = true;
	return channel_set(tx->db, &row, row.serial, 1, err) > 0 ? 0 : -1;
}

START_TEST(test_snapshot__that_could_not_be_made_is_tried_again)
{
	static const struct command_kind kind = {.name = "garble", .apply = garble_apply};
	char garbled[] = "{";
	struct command c = {.arena = reg.arena, .actor = "local", .kind = &kind, .args = garbled};
	struct tx tx = {.arena = reg.arena};
	struct err err = {0};
	const char *before;
	char *text;

	first_release();
	before = channel_text();
	ck_assert_int_eq(engine_commit(reg.engine, &c, &err), 0);
	finish();
	ck_assert_str_eq(channel_text(), before); /* of what there was */
	text = arena_strdup(reg.arena, before);
	strstr(text, "2026")[3] = '7';
	c.args = text;
	tx.db = reg.engine->db;
	ck_assert_int_eq(db_begin(tx.db, &err), 0);
	ck_assert_int_eq(garble_apply(&tx, &c, &err), 0);
	ck_assert_int_eq(db_commit(tx.db, &err), 0);
	fake_clock_step(&reg.clock, 2 * USEC_PER_SEC);
	finish(); /* and no command comes */
	ck_assert_str_eq(channel_text(), text);
}
END_TEST

START_TEST(test_idempotency__replays_the_stored_answer)
{
	struct outcome first, again;

	with.key = "key-1";
	first = submit(unit(1, "0.8"));
	with.key = "key-1";
	again = submit(unit(1, "0.8"));
	ck_assert_int_eq(again.status, 201); /* not 200: the key comes before the rule */
	ck_assert(again.c->replayed);
	ck_assert_str_eq(first.body, again.body);
	ck_assert_str_eq(first.c->answer.location, again.c->answer.location);
	with.key = "key-1";
	ck_assert_int_eq(submit(unit(1, "0.9")).code, ERR_IDEMPOTENCY_MISMATCH);
	with.key = "key-1";
	with.actor = "token:other";
	ck_assert_int_eq(submit(unit(2, "0.9")).status, 201); /* another principal's key */
}
END_TEST

START_TEST(test_idempotency__replays_what_could_not_be_done_again)
{
	struct outcome first, again;
	const char *merge;

	first_release();
	submit_unit("s/textgen-lora-v2", "textgen", 0.9);
	merge = member(do_merge().body, "version");
	with.key = "p";
	first = promote(merge);
	ck_assert_int_eq(first.status, 201);
	with.key = "p";
	again = promote(merge);
	ck_assert_int_eq(again.status, 201);
	ck_assert_str_eq(first.body, again.body);
	ck_assert_str_eq(member(channel_text(), "serial"), "2");
}
END_TEST

START_TEST(test_idempotency__does_not_store_a_refusal)
{
	with.key = "p";
	ck_assert_int_eq(do_merge().code, ERR_NOTHING_TO_MERGE);
	submit_unit("s/textgen-lora-v1", "textgen", 0.8);
	submit_unit("s/embedder-v1", "embed", 0.8);
	submit_unit("s/runtime-v1", "runtime", 0.8);
	with.key = "p";
	ck_assert_int_eq(do_merge().status, 201);
}
END_TEST

START_TEST(test_idempotency__forgets_after_a_day)
{
	with.key = "p";
	ck_assert_int_eq(submit(unit(1, "0.8")).status, 201);
	fake_clock_step(&reg.clock, 24 * 3600 * USEC_PER_SEC);
	with.key = "p";
	ck_assert_int_eq(submit(unit(2, "0.8")).status, 201);
	with.key = "p";
	ck_assert_int_eq(submit(unit(1, "0.8")).code, ERR_IDEMPOTENCY_MISMATCH);
}
END_TEST

enum { KEYS = 304, ROUND = 16 };

/* How many of the keys are there, to one who asks as of `then`. */
static int keys_left(int64_t then)
{
	struct idempotency_row row;
	struct err err = {0};
	int left = 0;

	for (int i = 0; i < KEYS; i++)
		left += idempotency_find(reg.reader, "token:test", "POST /v1/manifests",
			arena_printf(reg.arena, "k%d", i), then, reg.arena, &row, &err);
	return left;
}

/* 200 a minute were dropped, whatever came: at a thousand nodes the table only grew. */
START_TEST(test_idempotency__drops_as_many_as_come)
{
	int64_t then = reg.clock.wall;

	for (int i = 0; i < KEYS; i++) {
		with.key = arena_printf(reg.arena, "k%d", i);
		queue_submit(unit(i, "0.8"));
		if (i % ROUND == ROUND - 1)
			finish();
	}
	ck_assert_int_eq(keys_left(then), KEYS);
	fake_clock_step(&reg.clock, 25 * 3600 * USEC_PER_SEC);
	for (int i = 0; i < KEYS / 2; i++) {
		queue_submit(unit(KEYS + i, "0.8"));
		if (i % ROUND == ROUND - 1)
			finish();
	}
	finish();
	ck_assert_int_eq(keys_left(then), 0);
}
END_TEST

START_TEST(test_idempotency__of_two_at_once_only_one_runs)
{
	struct command *a, *b;

	with.key = "twice";
	a = queue_submit(unit(1, "0.8"));
	with.key = "twice";
	b = queue_submit(unit(1, "0.8"));
	finish();
	ck_assert_int_eq(outcome_of(a).status, 201);
	ck_assert_int_eq(outcome_of(b).status, 201);
	ck_assert(!a->replayed && b->replayed);
}
END_TEST

START_TEST(test_engine__finds_everything_after_a_restart)
{
	const char *channel;

	first_release();
	next_release(2, 0.85);
	rollback(NULL);
	channel = channel_text();
	registry_reopen();
	ck_assert_str_eq(channel_text(), channel);
	check_registry();
	ck_assert_str_eq(next_release(3, 0.90), "1.0.2");
	check_registry();
}
END_TEST

/* As after a crash between the commit and what follows from it. */
static int forget_apply(struct tx *tx, struct command *c, struct err *err)
{
	return tx_outbox(tx, 1, OUTBOX_REJUDGE, "{}", err);
}

START_TEST(test_engine__does_at_start_what_the_outbox_still_holds)
{
	static const struct command_kind kind = {.name = "forget", .apply = forget_apply};
	struct command c = {.arena = reg.arena, .actor = "local", .done = nothing, .kind = &kind};
	struct outbox_row *rows;
	struct err err = {0};
	size_t n;

	ck_assert_int_eq(engine_commit(reg.engine, &c, &err), 0);
	ck_assert_int_eq(outbox_due(reg.reader, INT64_MAX, 9, reg.arena, &rows, &n, &err), 0);
	ck_assert_uint_eq(n, 1);
	registry_reopen();
	finish();
	ck_assert_int_eq(outbox_due(reg.reader, INT64_MAX, 9, reg.arena, &rows, &n, &err), 0);
	ck_assert_uint_eq(n, 0);
}
END_TEST

/* As after work that failed, was put off, and was outlived by its process. */
static int put_off_apply(struct tx *tx, struct command *c, struct err *err)
{
	return outbox_insert(tx->db, 1, OUTBOX_REJUDGE, "{}", tx->now + 20 * USEC_PER_SEC, err);
}

START_TEST(test_engine__leaves_judging_anew_to_the_next_start)
{
	static const struct command_kind kind = {.name = "forget", .apply = forget_apply};
	struct command c = {.arena = reg.arena, .actor = "local", .done = nothing, .kind = &kind};
	struct outbox_row *rows;
	struct err err = {0};
	size_t n;

	ck_assert_int_eq(engine_commit(reg.engine, &c, &err), 0);
	reg.engine->draining = true;
	finish();
	ck_assert_int_eq(rejudge_bite(reg.engine, reg.engine->reader, &err), -1);
	ck_assert_int_eq(err.code, ERR_DRAINING);
	ck_assert_int_eq(outbox_due(reg.reader, reg.clock.wall, 9, reg.arena, &rows, &n, &err), 0);
	ck_assert_uint_eq(n, 1); /* neither done nor put off */
	registry_reopen();
	finish();
	ck_assert_int_eq(outbox_due(reg.reader, INT64_MAX, 9, reg.arena, &rows, &n, &err), 0);
	ck_assert_uint_eq(n, 0);
}
END_TEST

START_TEST(test_engine__does_what_was_put_off_before_a_restart)
{
	static const struct command_kind kind = {.name = "put_off", .apply = put_off_apply};
	struct command c = {.arena = reg.arena, .actor = "local", .done = nothing, .kind = &kind};
	struct outbox_row *rows;
	struct err err = {0};
	size_t n;

	ck_assert_int_eq(engine_commit(reg.engine, &c, &err), 0);
	registry_reopen();
	finish();
	ck_assert_int_eq(outbox_due(reg.reader, INT64_MAX, 9, reg.arena, &rows, &n, &err), 0);
	ck_assert_uint_eq(n, 1);
	fake_clock_step(&reg.clock, 60 * USEC_PER_SEC);
	finish();
	ck_assert_int_eq(outbox_due(reg.reader, INT64_MAX, 9, reg.arena, &rows, &n, &err), 0);
	ck_assert_uint_eq(n, 0);
}
END_TEST

/* ---- with threads ---- */

enum { CLIENTS = 4, EACH = 25 };

struct client {
	pthread_mutex_t mutex;
	pthread_cond_t cond;
	int number, done, good;
};

static void client_done(struct command *c)
{
	struct client *cl = c->owner;

	pthread_mutex_lock(&cl->mutex);
	cl->done++;
	cl->good += c->err.code == ERR_NONE;
	pthread_cond_signal(&cl->cond);
	pthread_mutex_unlock(&cl->mutex);
}

static void *client_main(void *arg)
{
	struct client *cl = arg;
	ARENA_AUTO a = arena_new();
	struct err err = {0};
	struct db *reader;

	if (engine_reader(reg.engine, &reader, &err) < 0)
		return NULL;
	for (int i = 0; i < EACH; i++) {
		const char *text = arena_printf(a,
			"{\"provider\":\"hf\",\"artifacts\":[{\"id\":\"c%d/t-v%d\",\"role\":"
			"\"textgen\",\"uri\":\"hf://x\",\"metrics\":{\"quality\":0.8}}]}",
			cl->number, i);
		struct command c = {.arena = a, .actor = "local", .done = client_done, .owner = cl};

		if (manifest_submit(reg.engine, reader, &c, text, strlen(text), &err) < 0)
			break;
		pthread_mutex_lock(&cl->mutex);
		while (cl->done <= i)
			pthread_cond_wait(&cl->cond, &cl->mutex);
		pthread_mutex_unlock(&cl->mutex);
	}
	db_close(reader);
	return NULL;
}

START_TEST(test_engine__acknowledges_from_many_threads)
{
	struct client clients[CLIENTS];
	pthread_t threads[CLIENTS];
	char path[SCRATCH_PATH];
	struct err err = {0};
	struct engine_stats stats;
	const struct engine_options o = {.path = scratch_file(path, "threads.db"),
		.clock = clock_system(),
		.policy_text = calm_policy(),
		.queue_max = 100,
		.threads = true};
	struct engine *without = reg.engine;

	ck_assert_msg(engine_open(&o, &reg.engine, &err) == 0, "%s", err.msg);
	for (int i = 0; i < CLIENTS; i++) {
		clients[i] = (struct client){.number = i};
		pthread_mutex_init(&clients[i].mutex, NULL);
		pthread_cond_init(&clients[i].cond, NULL);
		pthread_create(&threads[i], NULL, client_main, &clients[i]);
	}
	for (int i = 0; i < CLIENTS; i++) {
		pthread_join(threads[i], NULL);
		ck_assert_int_eq(clients[i].good, EACH);
	}
	engine_stats(reg.engine, &stats);
	ck_assert_uint_eq(stats.manifests, CLIENTS * EACH);
	ck_assert_uint_eq(stats.queue_len, 0);
	engine_close(reg.engine);
	reg.engine = without;
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("writer");
	TCase *t = tcase_create("writer");

	tcase_add_checked_fixture(t, registry_setup, registry_teardown);
	tcase_add_test(t, test_command__is_refused_when_the_queue_is_full);
	tcase_add_test(t, test_group__keeps_the_others_when_one_fails);
	tcase_add_test(t, test_group__fails_whole_when_the_transaction_is_lost);
	tcase_add_test(t, test_group__has_a_bound);
	tcase_add_test(t, test_group__broken_registry_is_tried_again);
	tcase_add_test(t, test_snapshot__that_could_not_be_made_is_tried_again);
	tcase_add_test(t, test_idempotency__replays_the_stored_answer);
	tcase_add_test(t, test_idempotency__replays_what_could_not_be_done_again);
	tcase_add_test(t, test_idempotency__does_not_store_a_refusal);
	tcase_add_test(t, test_idempotency__forgets_after_a_day);
	tcase_add_test(t, test_idempotency__drops_as_many_as_come);
	tcase_add_test(t, test_idempotency__of_two_at_once_only_one_runs);
	tcase_add_test(t, test_engine__finds_everything_after_a_restart);
	tcase_add_test(t, test_engine__does_at_start_what_the_outbox_still_holds);
	tcase_add_test(t, test_engine__leaves_judging_anew_to_the_next_start);
	tcase_add_test(t, test_engine__does_what_was_put_off_before_a_restart);
	tcase_add_test(t, test_engine__acknowledges_from_many_threads);
	suite_add_tcase(s, t);
	return s;
}
