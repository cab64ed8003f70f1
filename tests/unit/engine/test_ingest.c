/* SPDX-License-Identifier: Apache-2.0
 *
 * Manifests coming in: once, again, twice at once, with other content, late, stale.
 */
#include <check.h>
#include <string.h>

#include "engine/internal.h"
#include "engine/render.h"
#include "store/event.h"
#include "support/registry.h"

Suite *test_suite(void);

#define UNIT(id, role, quality)                                                           \
	"{\"id\":\"" id "\",\"role\":\"" role "\",\"uri\":\"hf://" id                     \
	"\",\"metrics\":{\"quality\":" quality ",\"safety\":0.98,\"latency_ms_p95\":120," \
	"\"cost_per_1k_tokens\":0.7}}"
#define HF(units) "{\"provider\":\"hf\",\"artifacts\":[" units "]}"
#define V1	  HF(UNIT("s/textgen-lora-v1", "textgen", "0.81"))

START_TEST(test_manifest_submit__answers_the_same_bytes_again)
{
	struct outcome first = submit(V1), again;

	ck_assert_int_eq(first.status, 201);
	ck_assert_str_eq(first.c->answer.location,
		arena_printf(reg.arena, "/v1/manifests/%s", member(first.body, "digest")));
	ck_assert_str_eq(member(first.body, "provider"), "hf");
	ck_assert_ptr_nonnull(strstr(first.body, "\"phase\":\"Succeeded\""));
	ck_assert_ptr_nonnull(strstr(first.body, "\"gate\":\"quality\",\"verdict\":\"pass\""));
	/* Other spelling, same content. */
	again = submit("{ \"artifacts\":[" UNIT(
		"s/textgen-lora-v1", "textgen", "8.1e-1") "],"
							  " \"provider\": \"hf\" }");
	ck_assert_int_eq(again.status, 200);
	ck_assert_str_eq(again.body, first.body);
	ck_assert_int_eq(count_events("manifest.submitted"), 1);
	ck_assert_int_eq(count_events("candidate.passed"), 1);
}
END_TEST

START_TEST(test_manifest_submit__is_found_in_the_history_by_its_digest)
{
	struct outcome o = submit(V1);
	const char *digest = member(o.body, "digest");
	struct page page;
	struct err err = {0};

	submit(HF(UNIT("s/textgen-lora-v2", "textgen", "0.9")));
	ck_assert_int_eq(event_list(reg.reader, NULL, digest, 0, 10, reg.arena, &page, &err), 0);
	ck_assert_uint_eq(page.n, 1);
	ck_assert_str_eq(member(page.bodies[0], "type"), "manifest.submitted");
	ck_assert_str_eq(member(page.bodies[0], "subject"), digest);
	ck_assert_int_eq(
		event_list(reg.reader, "candidate.passed", digest, 0, 10, reg.arena, &page, &err),
		0);
	ck_assert_uint_eq(page.n, 0);
	ck_assert_int_eq(
		event_list(reg.reader, NULL, "s/textgen-lora-v1", 0, 10, reg.arena, &page, &err),
		0);
	ck_assert_uint_eq(page.n, 1);
}
END_TEST

START_TEST(test_manifest_submit__refuses_an_id_with_other_content)
{
	struct outcome o;

	submit(V1);
	o = submit(HF(UNIT("s/textgen-lora-v2", "textgen", "0.9") "," UNIT(
		"s/textgen-lora-v1", "textgen", "0.82")));
	ck_assert_int_eq(o.code, ERR_ARTIFACT_CONFLICT);
	ck_assert_str_eq(o.c->err.pointer, "/artifacts/1/id");
	ck_assert_ptr_nonnull(strstr(o.c->err.msg, "s/textgen-lora-v1"));
	ck_assert_str_eq(member(o.c->err_members, "artifact"), "s/textgen-lora-v1");
	ck_assert_ptr_null(artifact_text("hf", "s/textgen-lora-v2")); /* nothing half applied */
}
END_TEST

START_TEST(test_manifest_submit__shares_an_artifact_of_an_earlier_manifest)
{
	struct outcome o;

	submit(V1);
	o = submit(HF(UNIT("s/textgen-lora-v1", "textgen", "0.81") "," UNIT(
		"s/textgen-lora-v2", "textgen", "0.5")));
	ck_assert_int_eq(o.status, 201);
	ck_assert_ptr_nonnull(strstr(o.body, "\"phase\":\"Failed\""));
	ck_assert_int_eq(count_events("candidate.passed"), 1);
	ck_assert_int_eq(count_events("candidate.failed"), 1);
}
END_TEST

START_TEST(test_manifest_submit__takes_two_at_once_as_one)
{
	struct command *a = queue_submit(V1), *b = queue_submit(V1),
		       *other = queue_submit(HF(UNIT("s/textgen-lora-v1", "textgen", "0.7")));
	struct engine_stats stats;

	finish();
	ck_assert_int_eq(outcome_of(a).status, 201);
	ck_assert_int_eq(outcome_of(b).status, 200);
	ck_assert_str_eq(outcome_of(a).body, outcome_of(b).body);
	ck_assert_int_eq(outcome_of(other).code, ERR_ARTIFACT_CONFLICT);
	engine_stats(reg.engine, &stats);
	ck_assert_uint_eq(stats.batch_max, 3);
	ck_assert_uint_eq(stats.manifests, 1);
	ck_assert_uint_eq(stats.artifacts, 1);
	ck_assert_int_eq((int64_t)stats.events, count_events(NULL));
	ck_assert_uint_eq(stats.queue_len, 0);
}
END_TEST

START_TEST(test_manifest_submit__marks_a_late_number)
{
	submit(HF(UNIT("s/textgen-lora-v3", "textgen", "0.81")));
	ck_assert_str_eq(member(artifact_text("hf", "s/textgen-lora-v3"), "late"), "false");
	ck_assert_ptr_nonnull(strstr(submit(V1).body, "\"late\":true"));
	ck_assert_str_eq(member(artifact_text("hf", "s/textgen-lora-v1"), "late"), "true");
	submit(HF(UNIT("s/other-v1", "textgen", "0.81")));
	ck_assert_str_eq(member(artifact_text("hf", "s/other-v1"), "late"), "false");
}
END_TEST

START_TEST(test_manifest_submit__keeps_evidence_without_a_slot)
{
	struct outcome o = submit("{\"provider\":\"aws\",\"artifacts\":[{\"id\":"
				  "\"s/inference-benchmark-v1\",\"role\":\"benchmark\",\"subject\":"
				  "\"s/runtime-v1\",\"uri\":\"s3://x\",\"metrics\":{\"tps\":9}}]}");

	ck_assert_msg(o.status == 201, "%s", o.c->err.msg);
	ck_assert_ptr_nonnull(strstr(o.body, "\"phase\":\"Pending\",\"late\":false,\"gates\":[]"));
	ck_assert_str_eq(member(artifact_text("aws", "s/inference-benchmark-v1"), "slot"), "");
}
END_TEST

START_TEST(test_manifest_submit__tells_every_fault)
{
	struct outcome o =
		submit("{\"provider\":\"hf\",\"artifacts\":[{\"id\":\"x\",\"role\":\"embed\","
		       "\"uri\":\"s3://x\",\"metrics\":{\"quality\":2}}],\"zzz\":1}");

	ck_assert_int_eq(o.code, ERR_INVALID_MANIFEST);
	ck_assert_uint_ge(o.c->faults->n, 3);
	o = submit("{\"provider\":");
	ck_assert_int_eq(o.code, ERR_BAD_JSON);
	ck_assert_int_eq(count_events(NULL), 2); /* of the first policy and the first key */
}
END_TEST

START_TEST(test_manifest_submit__changes_nothing_in_a_dry_run)
{
	struct outcome o;

	with.dry_run = true;
	with.key = "k";
	o = submit(V1);
	ck_assert_int_eq(o.status, 200);
	ck_assert_ptr_nonnull(strstr(o.body, "Succeeded"));
	ck_assert_ptr_null(o.c->answer.location);
	ck_assert_ptr_null(artifact_text("hf", "s/textgen-lora-v1"));
	with.key = "k";
	ck_assert_int_eq(submit(V1).status, 201); /* the key is still free */
	check_registry();
}
END_TEST

/* A promotion commits between prepare and apply: the verdict must be the one against the new unit. */
START_TEST(test_manifest_submit__is_judged_anew_when_the_channel_moved)
{
	struct engine_stats stats;
	struct command *c;

	first_release();
	submit_unit("s/textgen-lora-v2", "textgen", 0.9);
	const char *merge = member(do_merge().body, "version");
	c = queue_submit(HF(UNIT("s/textgen-lora-v3", "textgen", "0.85")));
	ck_assert_ptr_eq(queue_pop(&reg.engine->queue), c);
	ck_assert_int_eq(promote(merge).status, 201);
	writer_push(reg.engine, c);
	finish();
	ck_assert_int_eq(outcome_of(c).status, 201);
	ck_assert_str_eq(member(artifact_text("hf", "s/textgen-lora-v3"), "phase"), "Failed");
	engine_stats(reg.engine, &stats);
	ck_assert_uint_eq(stats.stale, 1);
	check_registry();
}
END_TEST

START_TEST(test_manifest_body__holds_receipt_and_document)
{
	const char *digest = member(submit(V1).body, "digest");
	struct err err = {0};
	struct body body;

	ck_assert_int_eq(manifest_body(reg.reader, digest, reg.arena, &body, &err), 1);
	ck_assert_str_eq(member(body.text, "digest"), digest);
	ck_assert_str_eq(member(member(body.text, "document"), "provider"), "hf");
	ck_assert_str_eq(member(body.text, "actor"), "token:test");
	ck_assert_int_eq(manifest_body(reg.reader, "sha256:0", reg.arena, &body, &err), 0);
}
END_TEST

START_TEST(test_judgement_body__names_policy_baseline_and_checks)
{
	struct err err = {0};
	struct body body;

	first_release();
	submit_unit("s/textgen-lora-v2", "textgen", 0.7);
	ck_assert_int_eq(
		judgement_body(reg.reader, "hf", "s/textgen-lora-v2", reg.arena, &body, &err), 1);
	ck_assert_str_eq(member(body.text, "id"), "s/textgen-lora-v2");
	ck_assert_str_eq(member(body.text, "phase"), "Failed");
	ck_assert_str_eq(member(body.text, "baseline"), "s/textgen-lora-v1");
	ck_assert_str_eq(member(body.text, "policy_version"), "1");
	ck_assert_ptr_nonnull(strstr(member(body.text, "gates"), "short_by"));
	ck_assert_int_eq(judgement_body(reg.reader, "hf", "s/x-v1", reg.arena, &body, &err), 0);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("ingest");
	TCase *t = tcase_create("ingest");

	tcase_add_checked_fixture(t, registry_setup, registry_teardown);
	tcase_add_test(t, test_manifest_submit__answers_the_same_bytes_again);
	tcase_add_test(t, test_manifest_submit__is_found_in_the_history_by_its_digest);
	tcase_add_test(t, test_manifest_submit__refuses_an_id_with_other_content);
	tcase_add_test(t, test_manifest_submit__shares_an_artifact_of_an_earlier_manifest);
	tcase_add_test(t, test_manifest_submit__takes_two_at_once_as_one);
	tcase_add_test(t, test_manifest_submit__marks_a_late_number);
	tcase_add_test(t, test_manifest_submit__keeps_evidence_without_a_slot);
	tcase_add_test(t, test_manifest_submit__tells_every_fault);
	tcase_add_test(t, test_manifest_submit__changes_nothing_in_a_dry_run);
	tcase_add_test(t, test_manifest_submit__is_judged_anew_when_the_channel_moved);
	tcase_add_test(t, test_manifest_body__holds_receipt_and_document);
	tcase_add_test(t, test_judgement_body__names_policy_baseline_and_checks);
	suite_add_tcase(s, t);
	return s;
}
