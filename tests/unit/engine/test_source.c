/* SPDX-License-Identifier: Apache-2.0
 *
 * The ingest from folders: what comes in, what is refused once, what fails alone, what an unchanged
 * folder costs; who has delivered; and whether artifacts are there.
 */
#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/checklist.h"
#include "engine/scheduler.h"
#include "engine/source.h"
#include "engine/tx.h"
#include "model/phase.h"
#include "store/artifact.h"
#include "store/event.h"
#include "store/schedule.h"
#include "support/checklist.h"
#include "support/registry.h"
#include "support/scratch.h"

Suite *test_suite(void);

static const char *at(const char *name)
{
	char path[SCRATCH_PATH];

	return arena_strdup(reg.arena, scratch_file(path, name));
}

/* The folders hf and gcp, and a connector that counts for a third provider. */
static struct engine_source sources[3];
static size_t fetches;
static bool broken;

static int count_fetch(struct connector *c, const struct provider_call *call,
	const struct source_entry *entry, struct source_document *ret, struct err *err)
{
	fetches++;
	return connector_dir.fetch(c, call, entry, ret, err);
}

static int break_list(struct connector *c, const struct provider_call *call,
	struct source_listing *ret, struct err *err)
{
	if (broken)
		return err_set(err, ERR_UNREACHABLE, "the bucket says 503 SlowDown");
	return connector_dir.list(c, call, ret, err);
}

static struct connector_kind counted;

static void source(size_t i, const char *provider)
{
	ck_assert_int_eq(mkdir(at(provider), 0700), 0);
	sources[i] = (struct engine_source){
		.kind = &counted,
		.options = {.provider = provider,
			.path = at(provider),
			.artifacts = at("artifacts"),
			.timeout = 300 * USEC_PER_SEC},
	};
}

static void setup(void)
{
	registry_setup();
	counted = connector_dir;
	counted.fetch = count_fetch;
	counted.list = break_list;
	fetches = 0;
	broken = false;
	source(0, "hf");
	source(1, "gcp");
	ck_assert_int_eq(mkdir(at("artifacts"), 0700), 0);
	registry_sources(sources, 2);
}

static void put_raw(const char *path, const char *text)
{
	FILE *f = fopen(at(path), "we");

	ck_assert_ptr_nonnull(f);
	ck_assert_int_ge(fputs(text, f), 0);
	ck_assert_int_eq(fclose(f), 0);
}

/* As of `age` seconds before the clock. */
static void set_age(const char *path, int64_t age)
{
	time_t when = (time_t)(clock_now(&reg.clock.clock) / USEC_PER_SEC - age);
	struct timespec times[2] = {{.tv_sec = when}, {.tv_sec = when}};

	ck_assert_int_eq(utimensat(AT_FDCWD, at(path), times, 0), 0);
}

static void put(const char *path, const char *text)
{
	put_raw(path, text);
	set_age(path, 3600);
}

static const char *manifest(const char *provider, const char *id, const char *role, double quality)
{
	return arena_printf(reg.arena,
		"{\"provider\":\"%s\",\"artifacts\":[{\"id\":\"%s\",\"role\":\"%s\",\"uri\":"
		"\"s3://b/%s\",\"metrics\":{\"quality\":%g,\"safety\":0.98,\"latency_ms_p95\":120,"
		"\"cost_per_1k_tokens\":0.7}}]}",
		provider, id, role, id, quality);
}

static void put_unit(const char *path, const char *id, double quality)
{
	put(path, manifest("hf", id, "textgen", quality));
}

/* The run that was made last, after one by hand. */
static struct job_run ingest(void)
{
	struct outcome o = run_job(JOB_INGEST);
	struct err err = {0};
	struct job_run r;

	ck_assert_msg(o.status == 202, "%s", o.c->err.msg);
	finish();
	ck_assert_int_eq(job_run_last(reg.reader, JOB_INGEST, reg.arena, &r, &err), 1);
	return r;
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

static const char *newest_event(const char *type)
{
	struct page page;
	struct err err = {0};

	ck_assert_int_eq(event_list(reg.reader, type, NULL, 0, 1, reg.arena, &page, &err), 0);
	return page.n ? page.bodies[0] : "";
}

START_TEST(test_source__brings_manifests_in)
{
	put_unit("hf/a.json", "s/textgen-lora-v1", 0.8);
	put_unit("hf/b.json", "s/textgen-lora-v2", 0.81);
	put("gcp/c.json", manifest("gcp", "s/embedder-v1", "embed", 0.8));
	struct job_run r = ingest();

	ck_assert_int_eq(r.outcome, JOB_DONE);
	ck_assert_int_eq(r.phase, PHASE_SUCCEEDED);
	ck_assert_str_eq(r.decided, "hf: 2 new; gcp: 1 new");
	ck_assert_str_eq(counts(&r, "hf"), "2 0 2 0 0 0 0 0");
	ck_assert_ptr_nonnull(artifact_text("hf", "s/textgen-lora-v2"));
	ck_assert_ptr_nonnull(artifact_text("gcp", "s/embedder-v1"));
	ck_assert_ptr_nonnull(strstr(newest_event("manifest.submitted"), "connector:"));

	/* Nothing is read again, and none of it comes twice. */
	fetches = 0;
	r = ingest();
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
	put_unit("hf/a.json", "s/textgen-lora-v1", 0.8);
	ingest();
	registry_reopen();
	fetches = 0;
	struct job_run r = ingest();
	ck_assert_str_eq(counts(&r, "hf"), "1 1 0 0 0 0 0 0");
	ck_assert_uint_eq(fetches, 0);
}
END_TEST

START_TEST(test_source__what_was_posted_is_known)
{
	const char *text = manifest("hf", "s/textgen-lora-v1", "textgen", 0.8);

	ck_assert_int_eq(submit(text).status, 201);
	put("hf/a.json", text);
	struct job_run r = ingest();
	ck_assert_str_eq(counts(&r, "hf"), "1 0 0 1 0 0 0 0");
	ck_assert_int_eq(r.outcome, JOB_NOTHING);
}
END_TEST

START_TEST(test_source__a_touched_file_is_no_other_content)
{
	put_unit("hf/a.json", "s/textgen-lora-v1", 0.8);
	ingest();
	set_age("hf/a.json", 77);
	struct job_run r = ingest();
	ck_assert_str_eq(counts(&r, "hf"), "1 1 0 0 0 0 0 0");
	fetches = 0;
	ingest();
	ck_assert_uint_eq(fetches, 0);
}
END_TEST

START_TEST(test_source__refuses_once_and_goes_on)
{
	put("hf/a.json",
		"{\"provider\":\"hf\",\"artifacts\":[{\"id\":\"no id\",\"role\":\"textgen\"}]}");
	put("hf/b.json", "{");
	put("hf/c.json", manifest("gcp", "s/embedder-v1", "embed", 0.8));
	put_unit("hf/d.json", "s/textgen-lora-v1", 0.8);
	struct job_run r = ingest();

	ck_assert_int_eq(r.outcome, JOB_DONE);
	ck_assert_str_eq(r.decided, "hf: 1 new, 3 refused; gcp: nothing new");
	ck_assert_int_eq(count_events("manifest.refused"), 3);
	const char *event = newest_event("manifest.refused");
	ck_assert_ptr_nonnull(strstr(event, "\"pointer\":\"/provider\""));
	ck_assert_ptr_nonnull(strstr(event, "it lies where hf leaves its own"));
	ck_assert_ptr_nonnull(strstr(event, "\"name\":\"c.json\""));

	r = ingest();
	ck_assert_str_eq(counts(&r, "hf"), "4 4 0 0 0 0 0 0");
	/* The same content under another name tells nothing new. */
	put("hf/e.json", "{");
	r = ingest();
	ck_assert_str_eq(counts(&r, "hf"), "5 4 0 0 1 0 0 0");
	ck_assert_int_eq(count_events("manifest.refused"), 3);
	/* Mended. */
	put_unit("hf/b.json", "s/textgen-lora-v2", 0.8);
	r = ingest();
	ck_assert_str_eq(counts(&r, "hf"), "5 4 1 0 0 0 0 0");
	check_registry();
}
END_TEST

START_TEST(test_source__another_policy_may_take_what_was_refused)
{
	put("hf/a.json", manifest("hf", "s/embedder-v1", "embed", 0.8));
	struct job_run r = ingest();

	ck_assert_str_eq(counts(&r, "hf"), "1 0 0 0 1 0 0 0");
	SNAPSHOT_AUTO s = snapshot_get(reg.engine);
	char *text = arena_strdup(reg.arena, s->policy_text);
	char *roles = strstr(strstr(text, "\"hf\":"), "\"roles\":[");

	text = arena_printf(reg.arena, "%.*s\"roles\":[\"embed\",%s", (int)(roles - text), text,
		roles + strlen("\"roles\":["));
	with.if_match = arena_printf(reg.arena, "\"%s\"", s->policy.digest);
	ck_assert_int_eq(put_policy(text).status, 200);
	r = ingest();
	ck_assert_str_eq(counts(&r, "hf"), "1 0 1 0 0 0 0 0");
	ck_assert_int_eq(count_events("manifest.refused"), 1);
}
END_TEST

START_TEST(test_source__other_content_under_a_known_id_is_a_conflict)
{
	put_unit("hf/a.json", "s/textgen-lora-v1", 0.8);
	ingest();
	put_unit("hf/a.json", "s/textgen-lora-v1", 0.9);
	struct job_run r = ingest();

	ck_assert_str_eq(counts(&r, "hf"), "1 0 0 0 0 1 0 0");
	ck_assert_int_eq(count_events("manifest.conflicted"), 1);
	const char *event = newest_event("manifest.conflicted");
	ck_assert_ptr_nonnull(strstr(event, "\"code\":\"artifact_conflict\""));
	ck_assert_ptr_nonnull(strstr(event, "s/textgen-lora-v1 came with other content"));
	ck_assert_ptr_nonnull(strstr(event, "\"pointer\":\"/artifacts/0/id\""));
	ck_assert_ptr_nonnull(strstr(artifact_text("hf", "s/textgen-lora-v1"), "0.8"));
	r = ingest();
	ck_assert_str_eq(counts(&r, "hf"), "1 1 0 0 0 0 0 0");
	ck_assert_int_eq(count_events("manifest.conflicted"), 1);
}
END_TEST

START_TEST(test_source__leaves_what_is_being_written)
{
	put_raw("hf/a.json", "{\"provider\":\"hf\",\"artif");
	set_age("hf/a.json", 2);
	struct job_run r = ingest();

	ck_assert_str_eq(counts(&r, "hf"), "1 0 0 0 0 0 0 1");
	ck_assert_int_eq(count_events("manifest.refused"), 0);
	/* Whole, if young. */
	put_raw("hf/a.json", manifest("hf", "s/textgen-lora-v1", "textgen", 0.8));
	set_age("hf/a.json", 2);
	r = ingest();
	ck_assert_str_eq(counts(&r, "hf"), "1 0 1 0 0 0 0 0");
}
END_TEST

START_TEST(test_source__refuses_what_it_does_not_open)
{
	put("hf/big.json", "{}");
	ck_assert_int_eq(truncate(at("hf/big.json"), (off_t)DOCUMENT_MAX + 1), 0);
	ck_assert_int_eq(symlink("/etc/hostname", at("hf/link.json")), 0);
	put_unit("hf/z.json", "s/textgen-lora-v1", 0.8);
	struct job_run r = ingest();

	ck_assert_str_eq(counts(&r, "hf"), "3 0 1 0 2 0 0 0");
	ck_assert_int_eq(count_events("manifest.refused"), 2);
	r = ingest();
	ck_assert_str_eq(counts(&r, "hf"), "3 3 0 0 0 0 0 0");
	ck_assert_int_eq(count_events("manifest.refused"), 2);
}
END_TEST

START_TEST(test_source__a_file_that_cannot_be_read_is_tried_again)
{
	put_unit("hf/a.json", "s/textgen-lora-v1", 0.8);
	put_unit("hf/b.json", "s/textgen-lora-v2", 0.8);
	counted.fetch = connector_dir.fetch;
	if (geteuid() == 0)
		return; /* root reads everything */
	ck_assert_int_eq(chmod(at("hf/a.json"), 0), 0);
	struct job_run r = ingest();
	ck_assert_str_eq(counts(&r, "hf"), "2 0 1 0 0 0 1 0");
	r = ingest();
	ck_assert_str_eq(counts(&r, "hf"), "2 1 0 0 0 0 1 0");
	ck_assert_int_eq(count_events("manifest.unreadable"), 1);
	ck_assert_int_eq(chmod(at("hf/a.json"), 0600), 0);
	r = ingest();
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

START_TEST(test_source__one_entry_that_fails_does_not_stop_the_rest)
{
	counted.fetch = bad_fetch;
	counted.list = connector_dir.list;
	broken = true;
	put_unit("hf/a.json", "s/textgen-lora-v1", 0.8);
	put_unit("hf/b.json", "s/textgen-lora-v2", 0.8);
	struct job_run r = ingest();
	ck_assert_str_eq(counts(&r, "hf"), "2 0 1 0 0 0 1 0");
	ck_assert_int_eq(r.phase, PHASE_SUCCEEDED);
	r = ingest();
	ck_assert_str_eq(counts(&r, "hf"), "2 1 0 0 0 0 1 0");
	/* Nobody refused it. */
	ck_assert_int_eq(count_events("manifest.refused"), 0);
	ck_assert_int_eq(count_events("manifest.unreadable"), 1);
	ck_assert_ptr_nonnull(strstr(newest_event("manifest.unreadable"), "\"code\":\"io\""));
	broken = false;
	r = ingest();
	ck_assert_str_eq(counts(&r, "hf"), "2 1 1 0 0 0 0 0");
}
END_TEST

START_TEST(test_source__a_provider_that_fails_does_not_stop_the_other)
{
	put("gcp/c.json", manifest("gcp", "s/embedder-v1", "embed", 0.8));
	put_unit("hf/a.json", "s/textgen-lora-v1", 0.8);
	ck_assert_int_eq(rename(at("hf"), at("hf.gone")), 0);
	struct job_run r = ingest();

	ck_assert_int_eq(r.outcome, JOB_DONE);
	ck_assert_int_eq(r.phase, PHASE_ERROR);
	ck_assert_ptr_nonnull(strstr(r.decided, "No such file"));
	ck_assert_ptr_nonnull(strstr(r.decided, "gcp: 1 new"));
	ingest();
	ck_assert_int_eq(count_events("provider.failed"), 1);
	ck_assert_int_eq(count_events("provider.recovered"), 0);
	ck_assert_int_eq(rename(at("hf.gone"), at("hf")), 0);
	r = ingest();
	ck_assert_str_eq(counts(&r, "hf"), "1 0 1 0 0 0 0 0");
	ck_assert_int_eq(count_events("provider.recovered"), 1);

	broken = true;
	r = ingest();
	ck_assert_int_eq(r.outcome, JOB_FAILED);
	ck_assert_ptr_nonnull(strstr(r.reason, "503 SlowDown"));
	ck_assert_int_eq(count_events("provider.failed"), 3);
}
END_TEST

START_TEST(test_source__a_folder_that_was_away_is_not_forgotten)
{
	put_unit("hf/a.json", "s/textgen-lora-v1", 0.8);
	ingest();
	ck_assert_int_eq(rename(at("hf"), at("hf.gone")), 0);
	ingest();
	ck_assert_int_eq(rename(at("hf.gone"), at("hf")), 0);
	fetches = 0;
	ingest();
	ck_assert_uint_eq(fetches, 0);
	/* What was taken away is, and read anew when it comes back. */
	ck_assert_int_eq(rename(at("hf/a.json"), at("a.json")), 0);
	ingest();
	ck_assert_int_eq(rename(at("a.json"), at("hf/a.json")), 0);
	struct job_run r = ingest();
	ck_assert_str_eq(counts(&r, "hf"), "1 0 0 1 0 0 0 0");
}
END_TEST

START_TEST(test_source__ten_thousand_unchanged_files_cost_a_stat_each)
{
	enum { FILES = 10000 };
	struct engine_stats before, after;

	for (int i = 0; i < FILES; i++)
		put(arena_printf(reg.arena, "hf/%05d.json", i), "{}");
	ingest();
	fetches = 0;
	engine_stats(reg.engine, &before);
	int64_t from = clock_mono(clock_system());
	struct job_run r = ingest();
	int64_t took = clock_mono(clock_system()) - from;
	engine_stats(reg.engine, &after);
	ck_assert_str_eq(counts(&r, "hf"), "10000 10000 0 0 0 0 0 0");
	ck_assert_uint_eq(fetches, 0);
	/* The run's row and its beginnings and ends; nothing for each file. */
	ck_assert_uint_lt(after.commits - before.commits, 20);
	ck_assert_msg(took < 5 * USEC_PER_SEC, "%lld us", (long long)took);
	ck_assert_int_eq(count_events("manifest.refused"), 1);
}
END_TEST

START_TEST(test_source__two_connectors_for_one_provider_are_refused)
{
	struct engine_source twice[] = {sources[0], sources[0]};
	const struct engine_options o = {
		.path = at("other.db"),
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

/* ---- The quorum ---- */

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

START_TEST(test_source__who_is_late_misses_the_ingest)
{
	set_cadence("{" INGEST("'min':2,'deadline':'PT2H','providers':{'hf':{},'gcp':{'deadline':"
			       "'PT6H'},'aws':{}}") "}");
	/* A POST counts, before the ingest and until the deadline. */
	ck_assert_int_eq(submit_unit("s/runtime-v1", "runtime", 0.8).status, 201);
	put_unit("hf/a.json", "s/textgen-lora-v1", 0.8);
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
	ingest();
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
START_TEST(test_source__a_full_disk_only_puts_off)
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

START_TEST(test_source__deadlines_survive_a_restart)
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

START_TEST(test_source__a_merge_waits_for_the_deadline_and_goes_on_with_enough)
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

START_TEST(test_source__a_merge_that_waits_does_not_wait_for_a_clock_that_was_set_back)
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

START_TEST(test_source__a_merge_that_waits_takes_no_more_and_more_memory)
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

START_TEST(test_source__without_a_required_provider_there_is_no_merge)
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

START_TEST(test_source__looks_for_the_artifacts_of_the_open_merge)
{
	submit_unit("s/textgen-lora-v1", "textgen", 0.8);
	submit_unit("s/embedder-v1", "embed", 0.8);
	submit_unit("s/runtime-v1", "runtime", 0.8);
	ck_assert_int_eq(mkdir(at("artifacts/b"), 0700), 0);
	ck_assert_int_eq(mkdir(at("artifacts/b/s"), 0700), 0);
	put("artifacts/b/s/textgen-lora-v1", "weights");
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
	put("artifacts/b/s/embedder-v1", "weights");
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

START_TEST(test_source__without_a_place_for_artifacts_nobody_looks)
{
	sources[0].options.artifacts = sources[1].options.artifacts = NULL;
	registry_sources(sources, 2);
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
	tcase_add_test(tc, test_source__one_entry_that_fails_does_not_stop_the_rest);
	tcase_add_test(tc, test_source__a_provider_that_fails_does_not_stop_the_other);
	tcase_add_test(tc, test_source__a_folder_that_was_away_is_not_forgotten);
	tcase_add_test(tc, test_source__ten_thousand_unchanged_files_cost_a_stat_each);
	tcase_add_test(tc, test_source__two_connectors_for_one_provider_are_refused);
	tcase_add_test(tc, test_source__who_is_late_misses_the_ingest);
	tcase_add_loop_test(tc, test_source__a_full_disk_only_puts_off, 0, 4);
	tcase_add_test(tc, test_source__deadlines_survive_a_restart);
	tcase_add_test(tc, test_source__a_merge_waits_for_the_deadline_and_goes_on_with_enough);
	tcase_add_test(
		tc, test_source__a_merge_that_waits_does_not_wait_for_a_clock_that_was_set_back);
	tcase_add_test(tc, test_source__a_merge_that_waits_takes_no_more_and_more_memory);
	tcase_add_test(tc, test_source__without_a_required_provider_there_is_no_merge);
	tcase_add_test(tc, test_source__looks_for_the_artifacts_of_the_open_merge);
	tcase_add_test(tc, test_source__without_a_place_for_artifacts_nobody_looks);
	suite_add_tcase(suite, tc);
	return suite;
}
