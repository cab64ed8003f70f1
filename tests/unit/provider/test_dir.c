/* SPDX-License-Identifier: Apache-2.0
 *
 * The connector of folders: what it lists, refuses, leaves for another time, and what an unchanged
 * file costs.
 */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/words.h"
#include "provider/provider.h"
#include "support/scratch.h"

Suite *test_suite(void);

static struct fake_clock fake;
static struct arena *arena;
static struct connector *dir;
static struct provider_call call;

static const char *at(const char *name)
{
	char path[SCRATCH_PATH];

	return arena_strdup(arena, scratch_file(path, name));
}

static void put(const char *name, const char *text)
{
	int fd = open(at(name), O_WRONLY | O_CREAT | O_TRUNC, 0600);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
}

/* As of `age` seconds before the clock. */
static void age(const char *name, int64_t seconds)
{
	time_t when = (time_t)(clock_now(&fake.clock) / USEC_PER_SEC - seconds);
	struct timespec times[2] = {{.tv_sec = when}, {.tv_sec = when}};

	ck_assert_int_eq(utimensat(AT_FDCWD, at(name), times, 0), 0);
}

static void open_dir(const char *path, const char *artifacts)
{
	const struct connector_options o = {.provider = "hf", .path = path, .artifacts = artifacts};
	struct err err = {0};

	connector_dir.close(dir);
	ck_assert_msg(connector_dir.open(&o, &dir, &err) == 0, "%s", err.msg);
}

static void setup(void)
{
	scratch_make();
	arena = arena_new();
	fake_clock_init(&fake, INT64_C(1800000000) * USEC_PER_SEC);
	call = (struct provider_call){.clock = &fake.clock, .deadline = INT64_MAX, .arena = arena};
	dir = NULL;
	ck_assert_int_eq(mkdir(at("in"), 0700), 0);
	open_dir(at("in"), NULL);
}

static void teardown(void)
{
	connector_dir.close(dir);
	arena_free(arena);
	scratch_remove();
}

static struct source_listing list(void)
{
	struct source_listing l;
	struct err err = {0};

	ck_assert_msg(connector_dir.list(dir, &call, &l, &err) == 0, "%s", err.msg);
	return l;
}

static const struct source_entry *entry(const struct source_listing *l, const char *name)
{
	for (size_t i = 0; i < l->n; i++)
		if (!strcmp(l->v[i].name, name))
			return &l->v[i];
	ck_abort_msg("%s is not listed", name);
	return NULL;
}

static int fetch(const char *name, struct source_document *ret, struct err *err)
{
	struct source_entry e = {.name = name};

	return connector_dir.fetch(dir, &call, &e, ret, err);
}

START_TEST(test_dir__lists_manifests_in_order)
{
	put("in/b.json", "{}");
	put("in/a.json", "{}");
	put("in/.c.json", "{}");
	put("in/d.json.tmp", "{}");
	put("in/README", "hello");
	ck_assert_int_eq(mkdir(at("in/old"), 0700), 0);
	put("in/old/e.json", "{}");

	struct source_listing l = list();

	ck_assert_uint_eq(l.n, 2);
	ck_assert_str_eq(l.v[0].name, "a.json");
	ck_assert_str_eq(l.v[1].name, "b.json");
	ck_assert(!l.cut);
	ck_assert_ptr_null(l.v[0].fault);
}
END_TEST

START_TEST(test_dir__refuses_what_is_no_plain_file)
{
	struct source_document d;
	struct err err = {0};

	put("secret", "{}");
	ck_assert_int_eq(symlink(at("secret"), at("in/link.json")), 0);
	ck_assert_int_eq(mkfifo(at("in/pipe.json"), 0600), 0);
	ck_assert_int_eq(mkdir(at("in/folder.json"), 0700), 0);
	put("in/big.json", "{}");
	ck_assert_int_eq(truncate(at("in/big.json"), (off_t)DOCUMENT_MAX + 1), 0);
	put("in/\xff.json", "{}");

	struct source_listing l = list();

	ck_assert_ptr_nonnull(strstr(entry(&l, "link.json")->fault, "symbolic link"));
	ck_assert_ptr_nonnull(strstr(entry(&l, "pipe.json")->fault, "regular file"));
	ck_assert_ptr_nonnull(strstr(entry(&l, "folder.json")->fault, "regular file"));
	ck_assert_ptr_nonnull(strstr(entry(&l, "big.json")->fault, "1048577 bytes"));
	ck_assert_ptr_nonnull(strstr(entry(&l, "bytes/%FF.json")->fault, "UTF-8"));
	/* One that takes the place of a file after the listing: neither followed, nor waited for. */
	ck_assert_int_eq(fetch("link.json", &d, &err), FETCH_UNSETTLED);
	ck_assert_int_eq(fetch("pipe.json", &d, &err), FETCH_UNSETTLED);
	ck_assert_int_eq(fetch("big.json", &d, &err), FETCH_UNSETTLED);
}
END_TEST

/* Two entries of one name would be handled in turn, again and again. */
START_TEST(test_dir__no_name_stands_for_two_files)
{
	put("in/\xff.json", "{}");
	put("in/%FF.json", "{}");
	put("in/\xff%FF.json", "{}");
	put("in/\xff\xff.json", "{}");

	struct source_listing l = list();

	ck_assert_uint_eq(l.n, 4);
	ck_assert_str_eq(l.v[0].name, "%FF.json");
	ck_assert_ptr_null(l.v[0].fault);
	for (size_t i = 1; i < l.n; i++) {
		ck_assert_str_ne(l.v[i].name, l.v[i - 1].name);
		ck_assert_ptr_nonnull(l.v[i].fault);
	}
}
END_TEST

START_TEST(test_dir__version_follows_every_change)
{
	put("in/a.json", "{\"a\":1}");
	age("in/a.json", 1000);
	const char *first = list().v[0].version;

	ck_assert_str_eq(list().v[0].version, first);
	/* The same size and time of change: the owner set it back. */
	put("in/a.json", "{\"a\":2}");
	age("in/a.json", 1000);
	ck_assert_str_ne(list().v[0].version, first);
}
END_TEST

START_TEST(test_dir__fetches_whole_files)
{
	struct source_document d;
	struct err err = {0};

	put("in/a.json", "{\"a\":1}");
	age("in/a.json", 1000);
	ck_assert_int_eq(fetch("a.json", &d, &err), FETCH_DONE);
	ck_assert_uint_eq(d.len, 7);
	ck_assert_str_eq(d.text, "{\"a\":1}");
	ck_assert(!d.young);
	age("in/a.json", 5);
	ck_assert_int_eq(fetch("a.json", &d, &err), FETCH_DONE);
	ck_assert(d.young);
	/* Of a clock that runs ahead a little; of one that is quite wrong. */
	age("in/a.json", -5);
	ck_assert_int_eq(fetch("a.json", &d, &err), FETCH_DONE);
	ck_assert(d.young);
	age("in/a.json", -5000);
	ck_assert_int_eq(fetch("a.json", &d, &err), FETCH_DONE);
	ck_assert(!d.young);
	put("in/empty.json", "");
	ck_assert_int_eq(fetch("empty.json", &d, &err), FETCH_DONE);
	ck_assert_uint_eq(d.len, 0);
	ck_assert_int_eq(fetch("none.json", &d, &err), FETCH_GONE);
}
END_TEST

START_TEST(test_dir__says_why_it_cannot_read)
{
	struct source_listing l;
	struct source_document d;
	struct err err = {0};

	ck_assert_int_eq(rename(at("in"), at("away")), 0);
	ck_assert_int_eq(connector_dir.list(dir, &call, &l, &err), -1);
	ck_assert_int_eq(err.code, ERR_IO);
	ck_assert_ptr_nonnull(strstr(err.msg, "No such file"));
	ck_assert_int_eq(fetch("a.json", &d, &err), -1);

	put("in", "a file");
	ck_assert_int_eq(connector_dir.list(dir, &call, &l, &err), -1);
	ck_assert_ptr_nonnull(strstr(err.msg, "Not a directory"));
}
END_TEST

START_TEST(test_dir__heeds_deadline_and_stop)
{
	atomic_bool stop = true;
	struct source_document d;
	struct source_listing l;
	struct err err = {0};

	put("in/a.json", "{}");
	call.stop = &stop;
	ck_assert_int_eq(connector_dir.list(dir, &call, &l, &err), -1);
	ck_assert_int_eq(err.code, ERR_UNAVAILABLE);
	ck_assert_int_eq(fetch("a.json", &d, &err), -1);
	call.stop = NULL;
	call.deadline = clock_mono(&fake.clock);
	ck_assert_int_eq(connector_dir.list(dir, &call, &l, &err), -1);
	ck_assert_int_eq(err.code, ERR_UNAVAILABLE);
	ck_assert_int_eq(fetch("a.json", &d, &err), -1);
	ck_assert_int_eq(err.code, ERR_UNAVAILABLE);
}
END_TEST

START_TEST(test_dir__refuses_wrong_options)
{
	static const struct {
		struct connector_options o;
		const char *says;
	} wrong[] = {
		{{.provider = "hf"}, "needs either path = FOLDER"},
		{{.provider = "hf", .path = "in"}, "path = in: is no absolute path"},
		{{.provider = "hf", .path = "/in", .artifacts = "out"},
			"artifacts = out: is no absolute path"},
	};
	struct connector *c;

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		struct err err = {0};

		ck_assert_int_eq(connector_dir.open(&wrong[i].o, &c, &err), -1);
		ck_assert_int_eq(err.code, ERR_CONFIG);
		ck_assert_msg(strstr(err.msg, wrong[i].says) != NULL, "%s", err.msg);
	}
}
END_TEST

static struct probe probe(const char *uri, int64_t size)
{
	const struct probe_target target = {uri, size};
	struct probe p;
	struct err err = {0};

	ck_assert_int_eq(connector_dir.probe(dir, &call, &target, &p, &err), 0);
	return p;
}

START_TEST(test_dir__probes_artifacts)
{
	ck_assert(!connector_dir.probes(dir));
	ck_assert_int_eq(mkdir(at("out"), 0700), 0);
	ck_assert_int_eq(mkdir(at("out/ns"), 0700), 0);
	ck_assert_int_eq(mkdir(at("out/ns/x"), 0700), 0);
	put("out/ns/y z", "1234");
	put("outside", "1234");
	open_dir(at("in"), at("out"));
	ck_assert(connector_dir.probes(dir));

	ck_assert_int_eq(probe("hf://ns/y%20z", -1).verdict, PROBE_REACHABLE);
	ck_assert_int_eq(probe("hf://ns/y%20z", 4).verdict, PROBE_REACHABLE);
	ck_assert_int_eq(probe("hf://ns/y%20z?rev=1#a", 4).verdict, PROBE_REACHABLE);
	ck_assert_int_eq(probe("hf://ns/y%20z", 5).verdict, PROBE_MISSING);
	ck_assert_int_eq(probe("hf://ns/none", -1).verdict, PROBE_MISSING);
	ck_assert_ptr_nonnull(strstr(probe("hf://ns/x", -1).detail, "empty"));
	put("out/ns/x/weights", "1");
	ck_assert_int_eq(probe("hf://ns/x", 77).verdict, PROBE_REACHABLE);
	ck_assert_int_eq(probe(arena_printf(arena, "file://%s", at("out/ns/x")), -1).verdict,
		PROBE_REACHABLE);
	/* Nothing outside of the folder is told. */
	ck_assert_int_eq(
		probe(arena_printf(arena, "file://%s", at("outside")), -1).verdict, PROBE_UNKNOWN);
	ck_assert_int_eq(probe("hf://../outside", -1).verdict, PROBE_UNKNOWN);
	ck_assert_int_eq(probe("hf://ns/%2e%2e/%2e%2e/outside", -1).verdict, PROBE_UNKNOWN);
	ck_assert_int_eq(probe("hf://ns/..", -1).verdict, PROBE_UNKNOWN);
	ck_assert_int_eq(probe("hf://ns/y%00z", -1).verdict, PROBE_UNKNOWN);
	ck_assert_int_eq(probe("hf://ns/y%2", -1).verdict, PROBE_UNKNOWN);
	ck_assert_int_eq(probe("urn:x", -1).verdict, PROBE_UNKNOWN);
	/* With a slash at its end the folder is the same. */
	open_dir(at("in"), arena_printf(arena, "%s//", at("out")));
	ck_assert_int_eq(probe("hf://ns/x", -1).verdict, PROBE_REACHABLE);
	ck_assert_int_eq(probe(arena_printf(arena, "file://%s", at("out/ns/x")), -1).verdict,
		PROBE_REACHABLE);
	ck_assert_int_eq(
		probe(arena_printf(arena, "file://%s", at("outside")), -1).verdict, PROBE_UNKNOWN);
}
END_TEST

START_TEST(test_dir__kinds_go_by_name)
{
	ck_assert_ptr_eq(connector_kind_find("dir"), &connector_dir);
	ck_assert_ptr_null(connector_kind_find("di"));
	ck_assert(words_have(connector_kind_names(arena), "dir"));
	ck_assert(words_have(connector_kind_names(arena), "hf"));
}
END_TEST

Suite *test_suite(void)
{
	Suite *suite = suite_create("dir");
	TCase *tc = tcase_create("dir");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, test_dir__lists_manifests_in_order);
	tcase_add_test(tc, test_dir__refuses_what_is_no_plain_file);
	tcase_add_test(tc, test_dir__no_name_stands_for_two_files);
	tcase_add_test(tc, test_dir__version_follows_every_change);
	tcase_add_test(tc, test_dir__fetches_whole_files);
	tcase_add_test(tc, test_dir__says_why_it_cannot_read);
	tcase_add_test(tc, test_dir__heeds_deadline_and_stop);
	tcase_add_test(tc, test_dir__refuses_wrong_options);
	tcase_add_test(tc, test_dir__probes_artifacts);
	tcase_add_test(tc, test_dir__kinds_go_by_name);
	suite_add_tcase(suite, tc);
	return suite;
}
