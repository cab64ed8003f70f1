/* SPDX-License-Identifier: Apache-2.0
 *
 * What the product promises of merges, promotions and rollbacks.
 */
#include <check.h>
#include <string.h>

#include "engine/internal.h"
#include "store/artifact.h"
#include "store/event.h"
#include "store/release.h"
#include "support/registry.h"

Suite *test_suite(void);

static void ck_code(struct outcome o, enum err_code code)
{
	ck_assert_msg(o.code == code, "got %s %s", o.code ? err_info(o.code)->code : "success",
		o.c->err.msg);
}

static const char *open_merge(void)
{
	struct outcome o = do_merge();

	ck_assert_msg(o.status == 201, "%s", o.c->err.msg);
	return member(o.body, "version");
}

START_TEST(test_merge_submit__says_for_each_slot_what_is_missing)
{
	struct outcome o;
	const char *slots;

	submit_unit("s/textgen-lora-v1", "textgen", 0.6);
	submit_unit("s/embedder-v1", "embed", 0.8);
	o = do_merge();
	ck_code(o, ERR_NOTHING_TO_MERGE);
	slots = member(o.c->err_members, "slots");
	ck_assert_ptr_nonnull(strstr(member(slots, "textgen"), "s/textgen-lora-v1"));
	ck_assert_ptr_nonnull(strstr(member(slots, "textgen"), "0.15"));
	ck_assert_ptr_nonnull(strstr(member(slots, "runtime"), "no candidate"));
	ck_assert_str_ne(member(slots, "embed"), "");
}
END_TEST

START_TEST(test_merge_submit__returns_the_identical_open_one)
{
	struct outcome a, b;

	submit_unit("s/textgen-lora-v1", "textgen", 0.8);
	submit_unit("s/embedder-v1", "embed", 0.8);
	submit_unit("s/runtime-v1", "runtime", 0.8);
	a = do_merge();
	b = do_merge();
	ck_assert_int_eq(a.status, 201);
	ck_assert_str_eq(member(a.body, "version"), "1.0.0-rc.1");
	ck_assert_str_eq(member(a.body, "phase"), "Succeeded");
	ck_assert_int_eq(b.status, 200);
	ck_assert_str_eq(a.body, b.body);
	ck_assert_int_eq(count_events("merge.created"), 1);
}
END_TEST

START_TEST(test_merge_submit__supersedes_the_older_open_one)
{
	const char *first, *second;

	first_release();
	submit_unit("s/textgen-lora-v2", "textgen", 0.85);
	first = open_merge();
	submit_unit("s/textgen-lora-v3", "textgen", 0.86);
	second = open_merge();
	ck_assert_str_eq(first, "1.0.1-rc.1");
	ck_assert_str_eq(second, "1.0.1-rc.2");
	ck_assert_str_eq(member(merge_text(first), "state"), "superseded");
	ck_assert_str_eq(member(merge_text(first), "phase"), "Aborted");
	ck_code(promote(first), ERR_STATE_CONFLICT);
	ck_assert_int_eq(promote(second).status, 201);
	ck_code(promote(second), ERR_STATE_CONFLICT);
	ck_assert_str_eq(member(merge_text(second), "state"), "promoted");
	check_registry();
}
END_TEST

START_TEST(test_merge_submit__keeps_what_nothing_better_came_for)
{
	struct outcome o;

	first_release();
	submit_unit("s/embedder-v2", "embed", 0.70);
	ck_code(do_merge(), ERR_NOTHING_TO_MERGE);
	submit_unit("s/textgen-lora-v2", "textgen", 0.85);
	o = do_merge();
	ck_assert_int_eq(o.status, 201);
	ck_assert_ptr_nonnull(strstr(member(member(o.body, "units"), "gcp"), "s/embedder-v1"));
	ck_assert_ptr_nonnull(strstr(member(member(o.body, "units"), "gcp"), "\"fresh\":false"));
	ck_assert_ptr_nonnull(strstr(member(member(o.body, "units"), "hf"), "\"fresh\":true"));
	ck_assert_ptr_nonnull(strstr(member(o.body, "decisions"), "kept"));
}
END_TEST

START_TEST(test_merge_submit__is_a_minor_version_with_another_set_of_slots)
{
	first_release();
	submit_unit("s/policy-v1", "policy", 0.85);
	ck_assert_str_eq(open_merge(), "1.1.0-rc.1");
}
END_TEST

START_TEST(test_promotion_submit__moves_only_once_for_one_etag)
{
	char etag[DIGEST_STRLEN + 2];
	struct command *c[8];
	const char *merge;
	int won = 0;

	first_release();
	submit_unit("s/textgen-lora-v2", "textgen", 0.85);
	merge = open_merge();
	{
		SNAPSHOT_AUTO s = snapshot_get(reg.engine);
		snprintf(etag, sizeof(etag), "\"%s\"", s->channel_body.digest);
	}
	for (int i = 0; i < 8; i++)
		c[i] = queue_promote(merge, etag);
	finish();
	for (int i = 0; i < 8; i++) {
		if (outcome_of(c[i]).status == 201)
			won++;
		else
			ck_code(outcome_of(c[i]), ERR_PRECONDITION_FAILED);
	}
	ck_assert_int_eq(won, 1);
	ck_assert_str_eq(member(channel_text(), "serial"), "2");
	check_registry();
}
END_TEST

START_TEST(test_promotion_submit__refuses_what_it_must)
{
	const char *merge;

	ck_code(promote("1.0.0-rc.1"), ERR_NOT_FOUND);
	ck_code(promote("1.0.0"), ERR_NOT_FOUND);
	first_release();
	submit_unit("s/textgen-lora-v2", "textgen", 0.85);
	merge = open_merge();
	with.if_match = "\"sha256:other\"";
	ck_code(promote(merge), ERR_PRECONDITION_FAILED);
	with.if_match = "*";
	with.dry_run = true;
	ck_assert_int_eq(promote(merge).status, 200);
	ck_assert_str_eq(member(channel_text(), "version"), "1.0.0");
	withdraw("hf", "s/textgen-lora-v2");
	ck_code(promote(merge), ERR_STATE_CONFLICT); /* the withdrawal superseded it */
	check_registry();
}
END_TEST

START_TEST(test_promotion_submit__takes_a_leading_v)
{
	submit_unit("s/textgen-lora-v1", "textgen", 0.8);
	submit_unit("s/embedder-v1", "embed", 0.8);
	submit_unit("s/runtime-v1", "runtime", 0.8);
	open_merge();
	ck_assert_int_eq(promote("v1.0.0-rc.1").status, 201);
}
END_TEST

START_TEST(test_promotion_submit__refuses_a_merge_of_an_older_channel)
{
	const char *merge;

	first_release();
	next_release(2, 0.85);
	submit_unit("s/textgen-lora-v3", "textgen", 0.9);
	merge = open_merge();
	ck_assert_int_eq(rollback(NULL).status, 201);
	ck_code(promote(merge), ERR_MERGE_STALE);
	/* Also when the same release is active again, by a later activation. */
	ck_assert_str_eq(member(do_merge().body, "baseline"), "1.0.0");
	check_registry();
}
END_TEST

START_TEST(test_promotion_submit__tells_of_a_verdict_only_when_it_turns)
{
	struct engine_stats before, after;

	first_release();
	submit_unit("s/textgen-lora-v2", "textgen", 0.7);
	ck_assert_int_eq(count_events("candidate.failed"), 1);
	engine_stats(reg.engine, &before);
	next_release(3, 0.85);
	engine_stats(reg.engine, &after);
	/* v2 failed before and fails again; v1 was live and now fails; v3 is judged once. */
	ck_assert_uint_eq(after.judgements - before.judgements, 3);
	ck_assert_int_eq(count_events("candidate.failed"), 2);
}
END_TEST

/* More than a page of candidates. */
START_TEST(test_promotion_submit__rejudges_every_candidate)
{
	first_release();
	for (int n = 10; n < 160; n++)
		submit_unit(arena_printf(reg.arena, "s/textgen-lora-v%d", n), "textgen", 0.81);
	ck_assert_str_eq(next_release(160, 0.85), "1.0.1");
	for (int n = 10; n < 160; n++)
		ck_assert_str_eq(member(artifact_text("hf",
						arena_printf(reg.arena, "s/textgen-lora-v%d", n)),
					 "phase"),
			"Failed");
	check_registry();
}
END_TEST

START_TEST(test_promotion_submit__rejudges_before_it_answers)
{
	first_release();
	submit_unit("s/textgen-lora-v2", "textgen", 0.85);
	submit_unit("s/textgen-lora-v3", "textgen", 0.86);
	ck_assert_str_eq(member(artifact_text("hf", "s/textgen-lora-v2"), "phase"), "Succeeded");
	ck_assert_int_eq(promote(open_merge()).status, 201); /* v3 is the better one */
	ck_assert_str_eq(member(artifact_text("hf", "s/textgen-lora-v2"), "phase"), "Failed");
	ck_code(do_merge(), ERR_NOTHING_TO_MERGE);
}
END_TEST

/* One manifest of many text generators of one quality, numbered from `first`. */
static void submit_many(int first, int n, double quality)
{
	STRBUF_AUTO sb = STRBUF_INIT(1 << 20);

	strbuf_addf(&sb, "{\"provider\":\"hf\",\"artifacts\":[");
	for (int i = first; i < first + n; i++)
		strbuf_addf(&sb,
			"%s{\"id\":\"s/textgen-lora-v%d\",\"role\":\"textgen\",\"uri\":\"hf://x\","
			"\"metrics\":{\"quality\":%g,\"safety\":0.98,\"latency_ms_p95\":120,"
			"\"cost_per_1k_tokens\":0.7}}",
			i > first ? "," : "", i, quality);
	strbuf_addf(&sb, "]}");
	ck_assert_int_eq(submit(arena_strndup(reg.arena, sb.buf, sb.len)).status, 201);
}

static uint64_t judgements(void)
{
	struct engine_stats stats;

	engine_stats(reg.engine, &stats);
	return stats.judgements;
}

/* The time of a promotion must not grow with the history, and a merge must not choose by what the
 * history was judged before. */
START_TEST(test_promotion_submit__judges_no_more_than_the_newest_before_it_answers)
{
	enum { OLD = 1400, NEWEST = 512 };
	struct command *c;
	uint64_t before;

	first_release();
	submit_unit("s/textgen-lora-v9", "textgen", 0.83); /* the best, and the oldest */
	for (int n = 0; n < OLD; n += 100)
		submit_many(10 + n, 100, 0.81);
	submit_unit("s/textgen-lora-v5000", "textgen", 0.9);
	c = queue_promote(open_merge(), NULL);
	before = judgements();
	ops_step(reg.engine);
	ck_assert_int_eq(outcome_of(c).status, 201);
	ck_assert_uint_le(judgements() - before, NEWEST);
	ck_assert_str_eq(member(artifact_text("hf", "s/textgen-lora-v1409"), "phase"), "Failed");
	ck_assert_str_eq(member(artifact_text("hf", "s/textgen-lora-v9"), "phase"), "Succeeded");
	finish();
	ck_assert_str_eq(member(artifact_text("hf", "s/textgen-lora-v9"), "phase"), "Failed");

	c = queue_rollback("1.0.0");
	before = judgements();
	ops_step(reg.engine);
	ck_assert_int_eq(outcome_of(c).status, 201);
	ck_assert_uint_le(judgements() - before, NEWEST);
	ck_assert_str_eq(member(artifact_text("hf", "s/textgen-lora-v1409"), "phase"), "Succeeded");
	ck_assert_str_eq(member(artifact_text("hf", "s/textgen-lora-v9"), "phase"), "Failed");
	/* At once: it waits for the rest, and what came after it does not wait for it. */
	c = queue_merge();
	ops_step(reg.engine);
	ck_assert(!*(bool *)c->owner);
	finish();
	ck_assert_int_eq(outcome_of(c).status, 201);
	ck_assert_ptr_nonnull(strstr(outcome_of(c).body, "\"s/textgen-lora-v9\""));
	check_registry();
}
END_TEST

/* A change of policy moves units to other slots by the outbox. That may fail, and is put off. */
static int misplace_apply(struct tx *tx, struct command *c, struct err *err)
{
	if (artifact_state_reslot(tx->db, "hf", "textgen", "policy", 100, err) < 0)
		return -1;
	return outbox_insert(tx->db, 1, OUTBOX_RESLOT, "{}", tx->now + 60 * USEC_PER_SEC, err);
}

START_TEST(test_merge_submit__takes_units_from_the_slots_of_today)
{
	static const struct command_kind kind = {.name = "misplace", .apply = misplace_apply};
	struct command c = {.arena = reg.arena, .actor = "local", .kind = &kind};
	struct err err = {0};
	struct outcome o;

	submit_unit("s/textgen-lora-v1", "textgen", 0.8);
	submit_unit("s/embedder-v1", "embed", 0.8);
	submit_unit("s/runtime-v1", "runtime", 0.8);
	finish();
	ck_assert_int_eq(engine_commit(reg.engine, &c, &err), 0);
	o = do_merge();
	ck_assert_msg(o.status == 201, "%s", o.c->err.msg);
	ck_assert_str_eq(
		member(member(member(o.body, "slots"), "textgen"), "id"), "s/textgen-lora-v1");
	ck_assert_str_eq(member(member(o.body, "slots"), "policy"), "");
}
END_TEST

/* A unit that another, breached release holds may be live: keeping it is no new risk. */
START_TEST(test_promotion_submit__keeps_a_live_unit_that_is_held)
{
	struct outcome o;

	first_release();
	next_release(2, 0.85);
	rollback(NULL);
	ck_assert_int_eq(unquarantine_release("1.0.1").status, 200);
	ck_assert_str_eq(member(promote(open_merge()).body, "release"), "1.0.2");
	ck_assert_int_eq(rollback("1.0.0").status, 201);
	ck_assert_int_eq(rollback("1.0.1").status, 201);
	ck_assert_str_eq(member(artifact_text("hf", "s/textgen-lora-v2"), "held_by"), "1.0.2");
	submit_unit("s/embedder-v2", "embed", 0.9);
	o = promote(open_merge());
	ck_assert_msg(o.status == 201, "%s", o.c->err.msg);
	check_registry();
}
END_TEST

START_TEST(test_releases__are_never_numbered_twice)
{
	struct outcome o;

	first_release();
	ck_assert_str_eq(next_release(2, 0.85), "1.0.1");
	ck_assert_int_eq(rollback(NULL).status, 201);
	ck_assert_str_eq(next_release(3, 0.90), "1.0.2");
	ck_assert_str_eq(member(release_text("1.0.2"), "previous"), "1.0.0");
	o = rollback("1.0.0");
	ck_assert_int_eq(o.status, 201);
	ck_assert_str_eq(next_release(4, 0.91), "1.0.3");
	check_registry();
}
END_TEST

START_TEST(test_releases__keep_two_warm_and_their_bytes)
{
	struct err err = {0};
	struct body before, after;

	first_release();
	ck_assert_int_eq(release_body(reg.reader, "1.0.0", reg.arena, &before, &err), 1);
	next_release(2, 0.82);
	next_release(3, 0.84);
	ck_assert_str_eq(member(channel_text(), "warm"), "[\"1.0.1\",\"1.0.0\"]");
	next_release(4, 0.86);
	ck_assert_str_eq(member(channel_text(), "warm"), "[\"1.0.2\",\"1.0.1\"]");
	ck_assert_str_eq(member(release_text("1.0.0"), "state"), "retired");
	ck_assert_int_eq(release_body(reg.reader, "1.0.0", reg.arena, &after, &err), 1);
	ck_assert_str_eq(before.text, after.text);
	ck_assert_ptr_null(strstr(before.text, "\"state\""));
	ck_assert_str_eq(member(before.text, "fused_model_id"), "spiralverse-ai-federated-v1.0.0");
	ck_assert_str_eq(member(before.text, "providers"), "[\"aws\",\"gcp\",\"hf\"]");
	ck_assert_str_eq(member(member(before.text, "gates"), "min_quality"), "0.75");
	/* Going back makes room: the retired one is warm again. */
	ck_assert_int_eq(rollback(NULL).status, 201);
	ck_assert_str_eq(member(channel_text(), "warm"), "[\"1.0.1\",\"1.0.0\"]");
	check_registry();
}
END_TEST

START_TEST(test_rollback_submit__never_goes_to_a_breached_or_retired_release)
{
	ck_code(rollback(NULL), ERR_NO_WARM_RELEASE);
	first_release();
	ck_code(rollback(NULL), ERR_NO_WARM_RELEASE);
	next_release(2, 0.82);
	ck_assert_int_eq(rollback("v1.0.0").status, 201);
	ck_assert_str_eq(member(release_text("1.0.1"), "state"), "breached");
	ck_code(rollback("1.0.1"), ERR_STATE_CONFLICT);
	ck_code(rollback("1.0.0"), ERR_STATE_CONFLICT); /* active */
	ck_code(rollback("9.9.9"), ERR_NOT_FOUND);
	ck_code(rollback(NULL), ERR_NO_WARM_RELEASE);
	ck_assert_str_eq(member(channel_text(), "serial"), "3");
	check_registry();
}
END_TEST

START_TEST(test_rollback_submit__holds_what_was_new_until_unquarantine)
{
	first_release();
	next_release(2, 0.85);
	rollback(NULL);
	ck_assert_str_eq(member(artifact_text("hf", "s/textgen-lora-v2"), "held_by"), "1.0.1");
	ck_assert_str_eq(member(artifact_text("hf", "s/textgen-lora-v2"), "phase"), "Succeeded");
	ck_assert_str_eq(member(artifact_text("gcp", "s/embedder-v1"), "held_by"), "");
	ck_code(do_merge(), ERR_NOTHING_TO_MERGE);
	ck_code(unquarantine_artifact("gcp", "s/embedder-v1"), ERR_STATE_CONFLICT);
	ck_assert_int_eq(unquarantine_artifact("hf", "s/textgen-lora-v2").status, 200);
	ck_assert_str_eq(member(artifact_text("hf", "s/textgen-lora-v2"), "held_by"), "");
	ck_assert_str_eq(open_merge(), "1.0.2-rc.1");
	check_registry();
}
END_TEST

/* What a retry is answered is what was answered, and shows the verdict against what is live. */
START_TEST(test_artifact_unquarantine__answers_a_retry_the_same)
{
	struct outcome first, again;

	first_release();
	next_release(2, 0.85);
	rollback(NULL);
	submit_unit("s/textgen-lora-v3", "textgen", 0.9);
	ck_assert_int_eq(promote(open_merge()).status, 201);
	with.key = "k";
	first = unquarantine_artifact("hf", "s/textgen-lora-v2");
	with.key = "k";
	again = unquarantine_artifact("hf", "s/textgen-lora-v2");
	ck_assert_int_eq(first.status, 200);
	ck_assert(again.c->replayed);
	ck_assert_str_eq(first.body, again.body);
	ck_assert_str_eq(first.body, artifact_text("hf", "s/textgen-lora-v2"));
	ck_assert_str_eq(member(first.body, "phase"), "Failed");
	ck_assert_str_eq(member(first.body, "held_by"), "");
}
END_TEST

START_TEST(test_release_unquarantine__lifts_the_breach_and_what_it_holds)
{
	struct outcome o;

	first_release();
	next_release(2, 0.85);
	ck_code(unquarantine_release("1.0.1"), ERR_STATE_CONFLICT);
	rollback(NULL);
	o = unquarantine_release("v1.0.1");
	ck_assert_msg(o.status == 200, "%s", o.c->err.msg);
	ck_assert_str_eq(member(o.body, "state"), "warm");
	ck_assert_str_eq(member(channel_text(), "warm"), "[\"1.0.1\"]");
	ck_assert_str_eq(member(channel_text(), "serial"), "4");
	ck_assert_str_eq(member(artifact_text("hf", "s/textgen-lora-v2"), "held_by"), "");
	ck_code(unquarantine_release("1.0.1"), ERR_STATE_CONFLICT);
	ck_code(unquarantine_release("7.0.0"), ERR_NOT_FOUND);
	ck_assert_int_eq(rollback("1.0.1").status, 201); /* it is warm: a target again */
	check_registry();
}
END_TEST

START_TEST(test_artifact_withdraw__leaves_the_active_release_alone)
{
	first_release();
	ck_code(withdraw("hf", "s/textgen-lora-v1"), ERR_STATE_CONFLICT);
	submit_unit("s/textgen-lora-v2", "textgen", 0.85);
	ck_assert_int_eq(withdraw("hf", "s/textgen-lora-v2").status, 200);
	ck_assert_str_eq(member(artifact_text("hf", "s/textgen-lora-v2"), "phase"), "Aborted");
	ck_code(withdraw("hf", "s/textgen-lora-v2"), ERR_STATE_CONFLICT);
	ck_code(withdraw("hf", "s/none-v1"), ERR_NOT_FOUND);
	ck_code(do_merge(), ERR_NOTHING_TO_MERGE);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("promises");
	TCase *t = tcase_create("promises");

	tcase_add_checked_fixture(t, registry_setup, registry_teardown);
	tcase_add_test(t, test_merge_submit__says_for_each_slot_what_is_missing);
	tcase_add_test(t, test_merge_submit__returns_the_identical_open_one);
	tcase_add_test(t, test_merge_submit__supersedes_the_older_open_one);
	tcase_add_test(t, test_merge_submit__keeps_what_nothing_better_came_for);
	tcase_add_test(t, test_merge_submit__is_a_minor_version_with_another_set_of_slots);
	tcase_add_test(t, test_promotion_submit__moves_only_once_for_one_etag);
	tcase_add_test(t, test_promotion_submit__refuses_what_it_must);
	tcase_add_test(t, test_promotion_submit__takes_a_leading_v);
	tcase_add_test(t, test_promotion_submit__refuses_a_merge_of_an_older_channel);
	tcase_add_test(t, test_promotion_submit__tells_of_a_verdict_only_when_it_turns);
	tcase_add_test(t, test_promotion_submit__rejudges_every_candidate);
	tcase_add_test(t, test_promotion_submit__rejudges_before_it_answers);
	tcase_add_test(t, test_promotion_submit__judges_no_more_than_the_newest_before_it_answers);
	tcase_add_test(t, test_merge_submit__takes_units_from_the_slots_of_today);
	tcase_add_test(t, test_promotion_submit__keeps_a_live_unit_that_is_held);
	tcase_add_test(t, test_releases__are_never_numbered_twice);
	tcase_add_test(t, test_releases__keep_two_warm_and_their_bytes);
	tcase_add_test(t, test_rollback_submit__never_goes_to_a_breached_or_retired_release);
	tcase_add_test(t, test_rollback_submit__holds_what_was_new_until_unquarantine);
	tcase_add_test(t, test_artifact_unquarantine__answers_a_retry_the_same);
	tcase_add_test(t, test_release_unquarantine__lifts_the_breach_and_what_it_holds);
	tcase_add_test(t, test_artifact_withdraw__leaves_the_active_release_alone);
	suite_add_tcase(s, t);
	return s;
}
