/* SPDX-License-Identifier: Apache-2.0
 *
 * Who has delivered by the deadline of an ingest, what a merge then does, and whether the artifacts that
 * it would ship are there.
 */
#include <check.h>
#include <string.h>
#include <sys/stat.h>

#include "engine/checklist.h"
#include "engine/scheduler.h"
#include "engine/source.h"
#include "engine/tx.h"
#include "model/phase.h"
#include "store/artifact.h"
#include "store/schedule.h"
#include "support/checklist.h"
#include "support/folders.h"
#include "support/registry.h"

Suite *test_suite(void);

#define INGEST(quorum) "'ingest':{'rrule':'daily 02:00','quorum':{" quorum "}}"

static void go_to(const char *time)
{
	int64_t to;

	ck_assert_int_eq(time_parse(arena_printf(reg.arena, "2026-%s:00Z", time), &to), 0);
	fake_clock_step(&reg.clock, to - clock_now(&reg.clock.clock));
	finish();
}

static struct job_run last_merge(void)
{
	struct err err = {0};
	struct job_run r;

	ck_assert_int_eq(job_run_last(reg.reader, JOB_MERGE, reg.arena, &r, &err), 1);
	return r;
}

START_TEST(test_quorum__who_is_late_misses_the_ingest)
{
	set_cadence("{" INGEST("'min':2,'deadline':'PT2H','providers':{'hf':{},'gcp':{'deadline':"
			       "'PT6H'},'aws':{}}") "}");
	/* A POST counts, before the ingest and until the deadline. */
	ck_assert_int_eq(submit_unit("s/runtime-v1", "runtime", 0.8).status, 201);
	folders_put_unit("hf/a.json", "s/textgen-lora-v1", 0.8);
	go_to("11-25T02:00");
	ck_assert(schedule_next_due(reg.engine) < INT64_MAX);
	go_to("11-25T04:00");
	ck_assert_int_eq(count_events("provider.missed_ingest"), 0);
	go_to("11-25T07:59");
	ck_assert_int_eq(count_events("provider.missed_ingest"), 0);
	go_to("11-25T08:00");
	ck_assert_int_eq(count_events("provider.missed_ingest"), 1);
	ck_assert_ptr_nonnull(
		strstr(newest_event("provider.missed_ingest"), "\"subject\":\"gcp\""));
	/* Late is late; it counts for the next one. */
	go_to("11-25T08:01");
	ck_assert_int_eq(submit_unit("s/embedder-v1", "embed", 0.8).status, 201);
	go_to("11-26T02:00");
	go_to("11-26T04:00");
	ck_assert_int_eq(count_events("provider.missed_ingest"), 3);
	go_to("11-26T08:00");
	ck_assert_int_eq(count_events("provider.missed_ingest"), 3);
	/* A run by hand asks nobody. */
	folders_ingest();
	go_to("11-26T23:00");
	ck_assert_int_eq(count_events("provider.missed_ingest"), 3);
	check_registry();
}
END_TEST

/* A step that loses the whole transaction, as an error of the disk does. */
static int lost_apply(struct tx *tx, struct command *c, struct err *err)
{
	db_rollback(tx->db);
	return err_set(err, ERR_STORAGE, "disk full");
}

/* Has the transaction lost that follows on so many others. */
static struct {
	struct command command;
	int after;
} lose;

static void count_commits(void *arg, bool moved)
{
	if (lose.after-- == 0)
		writer_push(reg.engine, &lose.command);
}

/* The registry can't be written at one of the steps of a run. */
START_TEST(test_quorum__a_full_disk_only_puts_off)
{
	static const struct command_kind kind = {.name = "lost", .apply = lost_apply};
	struct err err = {0};
	struct job_run r;

	set_cadence("{" INGEST("'deadline':'PT2H'") "}");
	finish();
	lose.command = (struct command){
		.arena = reg.arena, .actor = "local", .kind = &kind, .waited = true};
	lose.after = _i;
	reg.engine->changed = count_commits;
	go_to("11-25T02:00");
	for (int i = 0; i < 3; i++) {
		fake_clock_step(&reg.clock, 60 * USEC_PER_SEC);
		finish();
	}
	ck_assert_int_lt(lose.after, 0);
	ck_assert_int_eq(job_run_last(reg.reader, JOB_INGEST, reg.arena, &r, &err), 1);
	ck_assert_int_eq(r.outcome, JOB_NOTHING);
	go_to("11-25T05:00");
	ck_assert_int_eq(count_events("provider.missed_ingest"), 3);
	reg.engine->changed = NULL;
}
END_TEST

START_TEST(test_quorum__deadlines_survive_a_restart)
{
	set_cadence("{" INGEST("'deadline':'PT2H'") "}");
	go_to("11-25T02:00");
	registry_reopen();
	go_to("11-25T05:00");
	ck_assert_int_eq(count_events("provider.missed_ingest"), 3);
	registry_reopen();
	go_to("11-25T06:00");
	ck_assert_int_eq(count_events("provider.missed_ingest"), 3);
}
END_TEST

START_TEST(test_quorum__a_merge_waits_for_the_deadline_and_goes_on_with_enough)
{
	set_cadence("{" INGEST("'min':3,'providers':{'hf':{},'gcp':{},'aws':{}}") ",'merge':'daily "
										  "03:00'}");
	submit_unit("s/runtime-v1", "runtime", 0.8);
	submit_unit("s/textgen-lora-v1", "textgen", 0.8);
	submit_unit("s/embedder-v1", "embed", 0.8);
	go_to("11-25T02:00");
	go_to("11-25T03:00");
	ck_assert_int_eq(last_merge().outcome, JOB_DONE);
	ck_assert_ptr_nonnull(strstr(last_merge().detail, "\"delivered\":3"));

	/* The day after two are late, and one of them comes within its time. */
	go_to("11-25T05:00");
	submit_unit("s/textgen-lora-v2", "textgen", 0.85);
	go_to("11-26T02:00");
	go_to("11-26T03:00");
	struct job_run r = last_merge();
	ck_assert_int_eq(r.outcome, -1);
	ck_assert_ptr_nonnull(strstr(r.reason, "1 of 3 providers delivered; until "
					       "2026-11-26T04:00:00Z it waits for"));
	submit_unit("s/embedder-v2", "embed", 0.81);
	go_to("11-26T03:30");
	ck_assert_int_eq(last_merge().outcome, -1);
	go_to("11-26T04:00");
	r = last_merge();
	ck_assert_int_eq(r.outcome, JOB_NOTHING);
	ck_assert_int_eq(r.phase, PHASE_INCONCLUSIVE);
	ck_assert_ptr_nonnull(strstr(r.reason, "2 of 3 providers delivered, and 3 must; missing: "
					       "aws (newest"));

	set_cadence("{" INGEST("'min':2") ",'merge':'daily 03:00'}");
	submit_unit("s/textgen-lora-v3", "textgen", 0.9);
	submit_unit("s/embedder-v3", "embed", 0.83);
	go_to("11-27T02:00");
	go_to("11-27T04:00");
	r = last_merge();
	ck_assert_int_eq(r.outcome, JOB_DONE);
	ck_assert_ptr_nonnull(strstr(r.detail, "\"delivered\":2,\"of\":3"));
	ck_assert_ptr_nonnull(strstr(r.detail, "\"provider\":\"aws\",\"delivered\":false"));
	check_registry();
}
END_TEST

START_TEST(test_quorum__a_merge_that_waits_does_not_wait_for_a_clock_that_was_set_back)
{
	set_cadence("{" INGEST("'providers':{'hf':{},'gcp':{},'aws':{}}") ",'merge':'daily "
									  "03:00'}");
	go_to("11-25T02:00");
	go_to("11-26T02:00");
	submit_unit("s/runtime-v1", "runtime", 0.8);
	submit_unit("s/textgen-lora-v1", "textgen", 0.8);
	go_to("11-26T03:00");
	ck_assert_int_eq(last_merge().outcome, -1);
	fake_clock_set_wall(
		&reg.clock, clock_now(&reg.clock.clock) - 6 * INT64_C(3600) * USEC_PER_SEC);
	finish();
	submit_unit("s/embedder-v1", "embed", 0.8);
	fake_clock_step(&reg.clock, 60 * USEC_PER_SEC);
	finish();
	ck_assert_int_eq(last_merge().outcome, JOB_DONE);
	check_registry();
}
END_TEST

START_TEST(test_quorum__a_merge_that_waits_takes_no_more_and_more_memory)
{
	const struct job_slot *slot = &reg.engine->scheduler->slots[JOB_MERGE];
	size_t before;

	set_cadence("{" INGEST("'providers':{'hf':{},'gcp':{},'aws':{}}") ",'merge':'daily "
									  "03:00'}");
	go_to("11-25T02:00");
	go_to("11-25T03:00");
	before = arena_used(slot->arena);
	for (int i = 0; i < 100; i++) {
		fake_clock_step(&reg.clock, 30 * USEC_PER_SEC);
		finish();
	}
	ck_assert_int_eq(last_merge().outcome, -1);
	ck_assert_uint_le(arena_used(slot->arena), before + 1024);
}
END_TEST

START_TEST(test_quorum__without_a_required_provider_there_is_no_merge)
{
	set_cadence("{" INGEST("'min':1,'providers':{'hf':{},'gcp':{'required':true}}") ",'merge':"
											"'daily "
											"03:00'}");
	submit_unit("s/textgen-lora-v1", "textgen", 0.8);
	go_to("11-25T02:00");
	go_to("11-25T05:00");
	struct job_run r = last_merge();
	ck_assert_int_eq(r.outcome, JOB_NOTHING);
	ck_assert_ptr_nonnull(strstr(r.reason, "gcp did not deliver, and is required"));
	/* By hand it is not held. */
	ck_assert_int_eq(run_job(JOB_MERGE).status, 202);
	finish();
	ck_assert_ptr_null(strstr(last_merge().reason, "required"));
}
END_TEST

/* ---- Whether artifacts are there ---- */

static struct artifact_reachability reach(const char *provider, const char *id)
{
	struct artifact_row row;
	struct artifact_reachability r;
	struct err err = {0};

	ck_assert_int_eq(artifact_find(reg.reader, provider, id, reg.arena, &row, &err), 1);
	const struct artifact_place_of place = {provider, id, row.seq};
	ck_assert_int_eq(artifacts_reachable(reg.engine, reg.reader, &place, 1,
				 clock_now(&reg.clock.clock), reg.arena, &r, &err),
		0);
	return r;
}

/* "verdict reason" of the item of the open merge. */
static const char *item_of_checklist(void)
{
	SNAPSHOT_AUTO s = snapshot_get(reg.engine);
	struct checklist c;
	struct err err = {0};

	ck_assert_msg(merge_checklist(reg.engine, reg.reader, s, "1.0.0-rc.1",
			      clock_now(&reg.clock.clock), reg.arena, &c, &err) == 1,
		"%s", err.msg);
	const struct checklist_item *item = checklist_find(&c, "artifacts");
	return arena_printf(reg.arena, "%s %s", names_of(&check_verdict_names, item->verdict),
		item->reason ? item->reason : "");
}

START_TEST(test_quorum__looks_for_the_artifacts_of_the_open_merge)
{
	submit_unit("s/textgen-lora-v1", "textgen", 0.8);
	submit_unit("s/embedder-v1", "embed", 0.8);
	submit_unit("s/runtime-v1", "runtime", 0.8);
	ck_assert_int_eq(mkdir(folders_at("artifacts/b"), 0700), 0);
	ck_assert_int_eq(mkdir(folders_at("artifacts/b/s"), 0700), 0);
	folders_put("artifacts/b/s/textgen-lora-v1", "weights");
	ck_assert_int_eq(reach("hf", "s/textgen-lora-v1").reach, REACH_FAILED);
	ck_assert_int_eq(reach("hf", "s/textgen-lora-v1").at, 0);
	ck_assert_int_eq(do_merge().status, 201);
	fake_clock_step(&reg.clock, 2 * USEC_PER_SEC);
	finish();
	ck_assert_str_eq(item_of_checklist(), "no_go missing");
	ck_assert_int_eq(promote("1.0.0-rc.1").code, ERR_CHECKLIST_NOT_GO);
	struct artifact_reachability r = reach("hf", "s/textgen-lora-v1");
	ck_assert_int_eq(r.reach, REACH_REACHABLE);
	ck_assert_int_gt(r.at, 0);
	r = reach("gcp", "s/embedder-v1");
	ck_assert_int_eq(r.reach, REACH_MISSING);
	ck_assert_ptr_nonnull(strstr(r.detail, "s/embedder-v1: "));
	ck_assert_int_eq(reach("aws", "s/runtime-v1").reach, REACH_UNKNOWN);
	/* What was not there is looked for again soon. */
	folders_put("artifacts/b/s/embedder-v1", "weights");
	fake_clock_step(&reg.clock, 120 * USEC_PER_SEC);
	finish();
	ck_assert_int_eq(reach("gcp", "s/embedder-v1").reach, REACH_REACHABLE);
	ck_assert_str_eq(item_of_checklist(), "go reachable");
	/* Nobody has looked for long: the connector hangs, say. */
	fake_clock_step(&reg.clock, 3600 * USEC_PER_SEC);
	ck_assert_str_eq(item_of_checklist(), "waiting not_known");
	finish();
	ck_assert_str_eq(item_of_checklist(), "go reachable");
	ck_assert_int_eq(promote("1.0.0-rc.1").status, 201);
}
END_TEST

START_TEST(test_quorum__without_a_place_for_artifacts_nobody_looks)
{
	folders[0].options.artifacts = folders[1].options.artifacts = NULL;
	registry_sources(folders, 2);
	submit_unit("s/textgen-lora-v1", "textgen", 0.8);
	submit_unit("s/embedder-v1", "embed", 0.8);
	submit_unit("s/runtime-v1", "runtime", 0.8);
	ck_assert_int_eq(do_merge().status, 201);
	ck_assert_str_eq(item_of_checklist(), "not_configured not_configured");
	ck_assert_int_eq(promote("1.0.0-rc.1").status, 201);
}
END_TEST

Suite *test_suite(void)
{
	Suite *suite = suite_create("quorum");
	TCase *tc = tcase_create("quorum");

	tcase_add_checked_fixture(tc, folders_setup, registry_teardown);
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, test_quorum__who_is_late_misses_the_ingest);
	tcase_add_loop_test(tc, test_quorum__a_full_disk_only_puts_off, 0, 4);
	tcase_add_test(tc, test_quorum__deadlines_survive_a_restart);
	tcase_add_test(tc, test_quorum__a_merge_waits_for_the_deadline_and_goes_on_with_enough);
	tcase_add_test(
		tc, test_quorum__a_merge_that_waits_does_not_wait_for_a_clock_that_was_set_back);
	tcase_add_test(tc, test_quorum__a_merge_that_waits_takes_no_more_and_more_memory);
	tcase_add_test(tc, test_quorum__without_a_required_provider_there_is_no_merge);
	tcase_add_test(tc, test_quorum__looks_for_the_artifacts_of_the_open_merge);
	tcase_add_test(tc, test_quorum__without_a_place_for_artifacts_nobody_looks);
	suite_add_tcase(suite, tc);
	return suite;
}
