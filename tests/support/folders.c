/* SPDX-License-Identifier: Apache-2.0
 *
 * Folders of manifests beside the registry of the tests.
 */
#include "support/folders.h"

#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

#include "support/registry.h"
#include "support/scratch.h"

struct engine_source folders[3];
struct connector_kind folders_kind;

const char *folders_at(const char *name)
{
	char path[SCRATCH_PATH];

	return arena_strdup(reg.arena, scratch_file(path, name));
}

static void add(size_t i, const char *provider)
{
	ck_assert_int_eq(mkdir(folders_at(provider), 0700), 0);
	folders[i] = (struct engine_source){
		.kind = &folders_kind,
		.options = {.provider = provider,
			.path = folders_at(provider),
			.artifacts = folders_at("artifacts"),
			.timeout = 300 * USEC_PER_SEC},
	};
}

void folders_setup(void)
{
	registry_setup();
	folders_kind = connector_dir;
	add(0, "hf");
	add(1, "gcp");
	ck_assert_int_eq(mkdir(folders_at("artifacts"), 0700), 0);
	registry_sources(folders, 2);
}

void folders_put_young(const char *path, const char *text)
{
	FILE *f = fopen(folders_at(path), "we");

	ck_assert_ptr_nonnull(f);
	ck_assert_int_ge(fputs(text, f), 0);
	ck_assert_int_eq(fclose(f), 0);
}

/* As of `age` seconds before the clock. */
void folders_age(const char *path, int64_t age)
{
	time_t when = (time_t)(clock_now(&reg.clock.clock) / USEC_PER_SEC - age);
	struct timespec times[2] = {{.tv_sec = when}, {.tv_sec = when}};

	ck_assert_int_eq(utimensat(AT_FDCWD, folders_at(path), times, 0), 0);
}

void folders_put(const char *path, const char *text)
{
	folders_put_young(path, text);
	folders_age(path, 3600);
}

const char *folders_manifest(const char *provider, const char *id, const char *role, double quality)
{
	return arena_printf(reg.arena,
		"{\"provider\":\"%s\",\"artifacts\":[{\"id\":\"%s\",\"role\":\"%s\",\"uri\":"
		"\"s3://b/%s\",\"metrics\":{\"quality\":%g,\"safety\":0.98,\"latency_ms_p95\":120,"
		"\"cost_per_1k_tokens\":0.7}}]}",
		provider, id, role, id, quality);
}

void folders_put_unit(const char *path, const char *id, double quality)
{
	folders_put(path, folders_manifest("hf", id, "textgen", quality));
}

/* The run that was made last, after one by hand. */
struct job_run folders_ingest(void)
{
	struct outcome o = run_job(JOB_INGEST);
	struct err err = {0};
	struct job_run r;

	ck_assert_msg(o.status == 202, "%s", o.c->err.msg);
	finish();
	ck_assert_int_eq(job_run_last(reg.reader, JOB_INGEST, reg.arena, &r, &err), 1);
	return r;
}
