/* SPDX-License-Identifier: Apache-2.0
 *
 * The ingest from folders: what comes in, what is refused once, what fails alone, what an unchanged
 * folder costs.
 */
#include <check.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "model/phase.h"
#include "store/artifact.h"
#include "support/folders.h"
#include "support/registry.h"
#include "support/scratch.h"

Suite *test_suite(void);

static size_t fetches, spill, most_used;
static bool broken;

static int count_fetch(struct connector *c, const struct provider_call *call,
	const struct source_entry *entry, struct source_document *ret, struct err *err)
{
	fetches++;
	if (arena_used(call->arena) > most_used)
		most_used = arena_used(call->arena);
	arena_alloc(call->arena, spill);
	return connector_dir.fetch(c, call, entry, ret, err);
}

static int break_list(struct connector *c, const struct provider_call *call,
	struct source_listing *ret, struct err *err)
{
	if (broken)
		return err_set(err, ERR_UNREACHABLE, "the bucket says 503 SlowDown");
	return connector_dir.list(c, call, ret, err);
}

static void setup(void)
{
	folders_setup();
	folders_kind.fetch = count_fetch;
	folders_kind.list = break_list;
	fetches = spill = most_used = 0;
	broken = false;
}

/* "listed unchanged new known refused conflicts failed left" of source i in the run's record. */
static const char *counts(const struct job_run *r, const char *provider)
{
	const char *p = strstr(r->detail, arena_printf(reg.arena, "\"provider\":\"%s\"", provider));
	int n[8];

	ck_assert_ptr_nonnull(p);
	p = strstr(p, "\"listed\"");
	ck_assert_int_eq(
		sscanf(p,
			"\"listed\":%d,\"unchanged\":%d,\"new\":%d,\"known\":%d,\"refused\":%d,"
			"\"conflicts\":%d,\"failed\":%d,\"left\":%d",
			&n[0], &n[1], &n[2], &n[3], &n[4], &n[5], &n[6], &n[7]),
		8);
	return arena_printf(reg.arena, "%d %d %d %d %d %d %d %d", n[0], n[1], n[2], n[3], n[4],
		n[5], n[6], n[7]);
}

START_TEST(test_source__brings_manifests_in)
{
	folders_put_unit("hf/a.json", "s/textgen-lora-v1", 0.8);
	folders_put_unit("hf/b.json", "s/textgen-lora-v2", 0.81);
	folders_put("gcp/c.json", folders_manifest("gcp", "s/embedder-v1", "embed", 0.8));
	struct job_run r = folders_ingest();

	ck_assert_int_eq(r.outcome, JOB_DONE);
	ck_assert_int_eq(r.phase, PHASE_SUCCEEDED);
	ck_assert_str_eq(r.decided, "hf: 2 new; gcp: 1 new");
	ck_assert_str_eq(counts(&r, "hf"), "2 0 2 0 0 0 0 0");
	ck_assert_ptr_nonnull(artifact_text("hf", "s/textgen-lora-v2"));
	ck_assert_ptr_nonnull(artifact_text("gcp", "s/embedder-v1"));
	ck_assert_ptr_nonnull(strstr(newest_event("manifest.submitted"), "connector:"));

	/* Nothing is read again, and none of it comes twice. */
	fetches = 0;
	r = folders_ingest();
	ck_assert_int_eq(r.outcome, JOB_NOTHING);
	ck_assert_str_eq(r.reason, "hf: nothing new; gcp: nothing new");
	ck_assert_str_eq(counts(&r, "hf"), "2 2 0 0 0 0 0 0");
	ck_assert_uint_eq(fetches, 0);
	ck_assert_int_eq(count_events("manifest.submitted"), 3);
	check_registry();
}
END_TEST

START_TEST(test_source__knows_after_a_restart_what_it_had)
{
	folders_put_unit("hf/a.json", "s/textgen-lora-v1", 0.8);
	folders_ingest();
	registry_reopen();
	fetches = 0;
	struct job_run r = folders_ingest();
	ck_assert_str_eq(counts(&r, "hf"), "1 1 0 0 0 0 0 0");
	ck_assert_uint_eq(fetches, 0);
}
END_TEST

START_TEST(test_source__what_was_posted_is_known)
{
	const char *text = folders_manifest("hf", "s/textgen-lora-v1", "textgen", 0.8);

	ck_assert_int_eq(submit(text).status, 201);
	folders_put("hf/a.json", text);
	struct job_run r = folders_ingest();
	ck_assert_str_eq(counts(&r, "hf"), "1 0 0 1 0 0 0 0");
	ck_assert_int_eq(r.outcome, JOB_NOTHING);
}
END_TEST

START_TEST(test_source__a_touched_file_is_no_other_content)
{
	folders_put_unit("hf/a.json", "s/textgen-lora-v1", 0.8);
	folders_ingest();
	folders_age("hf/a.json", 77);
	struct job_run r = folders_ingest();
	ck_assert_str_eq(counts(&r, "hf"), "1 1 0 0 0 0 0 0");
	fetches = 0;
	folders_ingest();
	ck_assert_uint_eq(fetches, 0);
}
END_TEST

START_TEST(test_source__refuses_once_and_goes_on)
{
	folders_put("hf/a.json",
		"{\"provider\":\"hf\",\"artifacts\":[{\"id\":\"no id\",\"role\":\"textgen\"}]}");
	folders_put("hf/b.json", "{");
	folders_put("hf/c.json", folders_manifest("gcp", "s/embedder-v1", "embed", 0.8));
	folders_put_unit("hf/d.json", "s/textgen-lora-v1", 0.8);
	struct job_run r = folders_ingest();

	ck_assert_int_eq(r.outcome, JOB_DONE);
	ck_assert_str_eq(r.decided, "hf: 1 new, 3 refused; gcp: nothing new");
	ck_assert_int_eq(count_events("manifest.refused"), 3);
	const char *event = newest_event("manifest.refused");
	ck_assert_ptr_nonnull(strstr(event, "\"pointer\":\"/provider\""));
	ck_assert_ptr_nonnull(strstr(event, "it lies where hf leaves its own"));
	ck_assert_ptr_nonnull(strstr(event, "\"name\":\"c.json\""));

	r = folders_ingest();
	ck_assert_str_eq(counts(&r, "hf"), "4 4 0 0 0 0 0 0");
	/* The same content under another name tells nothing new. */
	folders_put("hf/e.json", "{");
	r = folders_ingest();
	ck_assert_str_eq(counts(&r, "hf"), "5 4 0 0 1 0 0 0");
	ck_assert_int_eq(count_events("manifest.refused"), 3);
	/* Mended. */
	folders_put_unit("hf/b.json", "s/textgen-lora-v2", 0.8);
	r = folders_ingest();
	ck_assert_str_eq(counts(&r, "hf"), "5 4 1 0 0 0 0 0");
	check_registry();
}
END_TEST

START_TEST(test_source__another_policy_may_take_what_was_refused)
{
	folders_put("hf/a.json", folders_manifest("hf", "s/embedder-v1", "embed", 0.8));
	struct job_run r = folders_ingest();

	ck_assert_str_eq(counts(&r, "hf"), "1 0 0 0 1 0 0 0");
	SNAPSHOT_AUTO s = snapshot_get(reg.engine);
	char *text = arena_strdup(reg.arena, s->policy_text);
	char *roles = strstr(strstr(text, "\"hf\":"), "\"roles\":[");

	text = arena_printf(reg.arena, "%.*s\"roles\":[\"embed\",%s", (int)(roles - text), text,
		roles + strlen("\"roles\":["));
	with.if_match = arena_printf(reg.arena, "\"%s\"", s->policy.digest);
	ck_assert_int_eq(put_policy(text).status, 200);
	r = folders_ingest();
	ck_assert_str_eq(counts(&r, "hf"), "1 0 1 0 0 0 0 0");
	ck_assert_int_eq(count_events("manifest.refused"), 1);
}
END_TEST

START_TEST(test_source__other_content_under_a_known_id_is_a_conflict)
{
	folders_put_unit("hf/a.json", "s/textgen-lora-v1", 0.8);
	folders_ingest();
	folders_put_unit("hf/a.json", "s/textgen-lora-v1", 0.9);
	struct job_run r = folders_ingest();

	ck_assert_str_eq(counts(&r, "hf"), "1 0 0 0 0 1 0 0");
	ck_assert_int_eq(count_events("manifest.conflicted"), 1);
	const char *event = newest_event("manifest.conflicted");
	ck_assert_ptr_nonnull(strstr(event, "\"code\":\"artifact_conflict\""));
	ck_assert_ptr_nonnull(strstr(event, "s/textgen-lora-v1 came with other content"));
	ck_assert_ptr_nonnull(strstr(event, "\"pointer\":\"/artifacts/0/id\""));
	ck_assert_ptr_nonnull(strstr(artifact_text("hf", "s/textgen-lora-v1"), "0.8"));
	r = folders_ingest();
	ck_assert_str_eq(counts(&r, "hf"), "1 1 0 0 0 0 0 0");
	ck_assert_int_eq(count_events("manifest.conflicted"), 1);
}
END_TEST

START_TEST(test_source__leaves_what_is_being_written)
{
	folders_put_young("hf/a.json", "{\"provider\":\"hf\",\"artif");
	folders_age("hf/a.json", 2);
	struct job_run r = folders_ingest();

	ck_assert_str_eq(counts(&r, "hf"), "1 0 0 0 0 0 0 1");
	ck_assert_int_eq(count_events("manifest.refused"), 0);
	/* Whole, if young. */
	folders_put_young("hf/a.json", folders_manifest("hf", "s/textgen-lora-v1", "textgen", 0.8));
	folders_age("hf/a.json", 2);
	r = folders_ingest();
	ck_assert_str_eq(counts(&r, "hf"), "1 0 1 0 0 0 0 0");
}
END_TEST

START_TEST(test_source__refuses_what_it_does_not_open)
{
	folders_put("hf/big.json", "{}");
	ck_assert_int_eq(truncate(folders_at("hf/big.json"), (off_t)DOCUMENT_MAX + 1), 0);
	ck_assert_int_eq(symlink("/etc/hostname", folders_at("hf/link.json")), 0);
	folders_put_unit("hf/z.json", "s/textgen-lora-v1", 0.8);
	struct job_run r = folders_ingest();

	ck_assert_str_eq(counts(&r, "hf"), "3 0 1 0 2 0 0 0");
	ck_assert_int_eq(count_events("manifest.refused"), 2);
	r = folders_ingest();
	ck_assert_str_eq(counts(&r, "hf"), "3 3 0 0 0 0 0 0");
	ck_assert_int_eq(count_events("manifest.refused"), 2);
}
END_TEST

START_TEST(test_source__a_file_that_cannot_be_read_is_tried_again)
{
	folders_put_unit("hf/a.json", "s/textgen-lora-v1", 0.8);
	folders_put_unit("hf/b.json", "s/textgen-lora-v2", 0.8);
	folders_kind.fetch = connector_dir.fetch;
	if (geteuid() == 0)
		return; /* root reads everything */
	ck_assert_int_eq(chmod(folders_at("hf/a.json"), 0), 0);
	struct job_run r = folders_ingest();
	ck_assert_str_eq(counts(&r, "hf"), "2 0 1 0 0 0 1 0");
	r = folders_ingest();
	ck_assert_str_eq(counts(&r, "hf"), "2 1 0 0 0 0 1 0");
	ck_assert_int_eq(count_events("manifest.unreadable"), 1);
	ck_assert_int_eq(chmod(folders_at("hf/a.json"), 0600), 0);
	r = folders_ingest();
	ck_assert_str_eq(counts(&r, "hf"), "2 1 1 0 0 0 0 0");
}
END_TEST

static int bad_fetch(struct connector *c, const struct provider_call *call,
	const struct source_entry *entry, struct source_document *ret, struct err *err)
{
	if (broken && strcmp(entry->name, "a.json") == 0)
		return err_set(err, ERR_IO, "cannot read a.json: Input/output error");
	return connector_dir.fetch(c, call, entry, ret, err);
}

/* What fetching took is not kept for the next entry, and documents that fill the memory go in by parts. */
START_TEST(test_source__memory_is_one_entrys)
{
	char *blanks = memset(arena_alloc(reg.arena, (900 << 10) + 1), ' ', 900 << 10);

	spill = 1 << 20;
	for (int i = 0; i < 12; i++)
		folders_put(arena_printf(reg.arena, "hf/%02d.json", i),
			arena_printf(reg.arena, "%s%s", blanks,
				folders_manifest("hf",
					arena_printf(reg.arena, "s/textgen-lora-v%d", i + 1),
					"textgen", 0.8)));
	folders_put("hf/12.json", "{");
	struct job_run r = folders_ingest();

	ck_assert_str_eq(counts(&r, "hf"), "13 0 12 0 1 0 0 0");
	ck_assert_uint_lt(most_used, spill);
	r = folders_ingest();
	ck_assert_str_eq(counts(&r, "hf"), "13 13 0 0 0 0 0 0");
}
END_TEST

START_TEST(test_source__one_entry_that_fails_does_not_stop_the_rest)
{
	folders_kind.fetch = bad_fetch;
	folders_kind.list = connector_dir.list;
	broken = true;
	folders_put_unit("hf/a.json", "s/textgen-lora-v1", 0.8);
	folders_put_unit("hf/b.json", "s/textgen-lora-v2", 0.8);
	struct job_run r = folders_ingest();
	ck_assert_str_eq(counts(&r, "hf"), "2 0 1 0 0 0 1 0");
	ck_assert_int_eq(r.phase, PHASE_SUCCEEDED);
	r = folders_ingest();
	ck_assert_str_eq(counts(&r, "hf"), "2 1 0 0 0 0 1 0");
	/* Nobody refused it. */
	ck_assert_int_eq(count_events("manifest.refused"), 0);
	ck_assert_int_eq(count_events("manifest.unreadable"), 1);
	ck_assert_ptr_nonnull(strstr(newest_event("manifest.unreadable"), "\"code\":\"io\""));
	broken = false;
	r = folders_ingest();
	ck_assert_str_eq(counts(&r, "hf"), "2 1 1 0 0 0 0 0");
}
END_TEST

START_TEST(test_source__a_provider_that_fails_does_not_stop_the_other)
{
	folders_put("gcp/c.json", folders_manifest("gcp", "s/embedder-v1", "embed", 0.8));
	folders_put_unit("hf/a.json", "s/textgen-lora-v1", 0.8);
	ck_assert_int_eq(rename(folders_at("hf"), folders_at("hf.gone")), 0);
	struct job_run r = folders_ingest();

	ck_assert_int_eq(r.outcome, JOB_DONE);
	ck_assert_int_eq(r.phase, PHASE_ERROR);
	ck_assert_ptr_nonnull(strstr(r.decided, "No such file"));
	ck_assert_ptr_nonnull(strstr(r.decided, "gcp: 1 new"));
	folders_ingest();
	ck_assert_int_eq(count_events("provider.failed"), 1);
	ck_assert_int_eq(count_events("provider.recovered"), 0);
	ck_assert_int_eq(rename(folders_at("hf.gone"), folders_at("hf")), 0);
	r = folders_ingest();
	ck_assert_str_eq(counts(&r, "hf"), "1 0 1 0 0 0 0 0");
	ck_assert_int_eq(count_events("provider.recovered"), 1);

	broken = true;
	r = folders_ingest();
	ck_assert_int_eq(r.outcome, JOB_FAILED);
	ck_assert_ptr_nonnull(strstr(r.reason, "503 SlowDown"));
	ck_assert_int_eq(count_events("provider.failed"), 3);
}
END_TEST

START_TEST(test_source__a_folder_that_was_away_is_not_forgotten)
{
	folders_put_unit("hf/a.json", "s/textgen-lora-v1", 0.8);
	folders_ingest();
	ck_assert_int_eq(rename(folders_at("hf"), folders_at("hf.gone")), 0);
	folders_ingest();
	ck_assert_int_eq(rename(folders_at("hf.gone"), folders_at("hf")), 0);
	fetches = 0;
	folders_ingest();
	ck_assert_uint_eq(fetches, 0);
	/* What was taken away is, and read anew when it comes back. */
	ck_assert_int_eq(rename(folders_at("hf/a.json"), folders_at("a.json")), 0);
	folders_ingest();
	ck_assert_int_eq(rename(folders_at("a.json"), folders_at("hf/a.json")), 0);
	struct job_run r = folders_ingest();
	ck_assert_str_eq(counts(&r, "hf"), "1 0 0 1 0 0 0 0");
}
END_TEST

START_TEST(test_source__unchanged_files_cost_a_stat_each)
{
	enum { FILES = 2000 };
	struct engine_stats before, after;

	for (int i = 0; i < FILES; i++)
		folders_put(arena_printf(reg.arena, "hf/%05d.json", i), "{}");
	folders_ingest();
	fetches = 0;
	engine_stats(reg.engine, &before);
	struct job_run r = folders_ingest();
	engine_stats(reg.engine, &after);
	ck_assert_str_eq(counts(&r, "hf"), "2000 2000 0 0 0 0 0 0");
	ck_assert_uint_eq(fetches, 0);
	/* The run's row and its beginnings and ends; nothing for each file. */
	ck_assert_uint_lt(after.commits - before.commits, 20);
	ck_assert_int_eq(count_events("manifest.refused"), 1);
}
END_TEST

START_TEST(test_source__two_connectors_for_one_provider_are_refused)
{
	struct engine_source twice[] = {folders[0], folders[0]};
	const struct engine_options o = {
		.path = folders_at("other.db"),
		.clock = &reg.clock.clock,
		.queue_max = 16,
		.sources = twice,
		.n_sources = 2,
	};
	struct engine *e;
	struct err err = {0};

	ck_assert_int_eq(engine_open(&o, &e, &err), -1);
	ck_assert_int_eq(err.code, ERR_CONFIG);
	ck_assert_ptr_nonnull(strstr(err.msg, "two connectors"));
}
END_TEST

Suite *test_suite(void)
{
	Suite *suite = suite_create("source");
	TCase *tc = tcase_create("source");

	tcase_add_checked_fixture(tc, setup, registry_teardown);
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, test_source__brings_manifests_in);
	tcase_add_test(tc, test_source__knows_after_a_restart_what_it_had);
	tcase_add_test(tc, test_source__what_was_posted_is_known);
	tcase_add_test(tc, test_source__a_touched_file_is_no_other_content);
	tcase_add_test(tc, test_source__refuses_once_and_goes_on);
	tcase_add_test(tc, test_source__another_policy_may_take_what_was_refused);
	tcase_add_test(tc, test_source__other_content_under_a_known_id_is_a_conflict);
	tcase_add_test(tc, test_source__leaves_what_is_being_written);
	tcase_add_test(tc, test_source__refuses_what_it_does_not_open);
	tcase_add_test(tc, test_source__a_file_that_cannot_be_read_is_tried_again);
	tcase_add_test(tc, test_source__memory_is_one_entrys);
	tcase_add_test(tc, test_source__one_entry_that_fails_does_not_stop_the_rest);
	tcase_add_test(tc, test_source__a_provider_that_fails_does_not_stop_the_other);
	tcase_add_test(tc, test_source__a_folder_that_was_away_is_not_forgotten);
	tcase_add_test(tc, test_source__unchanged_files_cost_a_stat_each);
	tcase_add_test(tc, test_source__two_connectors_for_one_provider_are_refused);
	suite_add_tcase(suite, tc);
	return suite;
}
