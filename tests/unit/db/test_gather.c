/* SPDX-License-Identifier: Apache-2.0
 *
 * The file system that gathers writes: what is committed is in the files, and a write that fails
 * fails its transaction.
 */
#include <check.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "db/gather.h"
#include "support/scratch.h"

Suite *test_suite(void);

static char path[SCRATCH_PATH];
static sqlite3 *db;

static int run(sqlite3 *on, const char *sql)
{
	return sqlite3_exec(on, sql, NULL, NULL, NULL);
}

static void setup(void)
{
	scratch_make();
	scratch_file(path, "registry.db");
	ck_assert_int_eq(sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE,
				 gather_vfs()),
		SQLITE_OK);
	ck_assert_int_eq(
		run(db, "PRAGMA journal_mode=wal; PRAGMA synchronous=FULL;"
			"PRAGMA cache_size=10; CREATE TABLE t (a INTEGER PRIMARY KEY, b BLOB)"),
		SQLITE_OK);
}

static void teardown(void)
{
	sqlite3_close_v2(db);
	scratch_remove();
}

static int count(sqlite3 *on)
{
	sqlite3_stmt *s;
	int n = -1;

	ck_assert_int_eq(sqlite3_prepare_v2(on, "SELECT count(*) FROM t", -1, &s, NULL), SQLITE_OK);
	if (sqlite3_step(s) == SQLITE_ROW)
		n = sqlite3_column_int(s, 0);
	sqlite3_finalize(s);
	return n;
}

static void copy(const char *suffix)
{
	char from[SCRATCH_PATH + 8], to[SCRATCH_PATH + 16];
	size_t n;

	snprintf(from, sizeof(from), "%s%s", path, suffix);
	snprintf(to, sizeof(to), "%s.copy%s", path, suffix);
	char *bytes = scratch_read(from, &n);
	FILE *f = fopen(to, "w");
	ck_assert_ptr_nonnull(f);
	ck_assert_uint_eq(fwrite(bytes, 1, n, f), n);
	fclose(f);
	free(bytes);
}

/* What a crash at this moment would leave: the files as the system has them. */
static int count_after_crash(void)
{
	char name[SCRATCH_PATH + 8];
	sqlite3 *crashed;

	copy("");
	copy("-wal");
	snprintf(name, sizeof(name), "%s.copy", path);
	ck_assert_int_eq(sqlite3_open(name, &crashed), SQLITE_OK);
	int n = count(crashed);
	sqlite3_close(crashed);
	return n;
}

/* Larger than the page cache and than what is gathered at once. */
#define INSERT_500                                                                       \
	"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 500) " \
	"INSERT INTO t (b) SELECT randomblob(1500) FROM n"

START_TEST(test_gather__leaves_a_commit_in_the_files)
{
	ck_assert_int_eq(run(db, INSERT_500), SQLITE_OK);
	ck_assert_int_eq(count_after_crash(), 500);
	ck_assert_int_eq(
		run(db, "BEGIN; INSERT INTO t (b) VALUES (zeroblob(10)); COMMIT"), SQLITE_OK);
	ck_assert_int_eq(count_after_crash(), 501);
	ck_assert_int_eq(run(db, "PRAGMA wal_checkpoint(TRUNCATE)"), SQLITE_OK);
	ck_assert_int_eq(count_after_crash(), 501);
}
END_TEST

START_TEST(test_gather__reads_its_own_spilled_pages)
{
	ck_assert_int_eq(run(db, "BEGIN"), SQLITE_OK);
	ck_assert_int_eq(run(db, INSERT_500), SQLITE_OK);
	ck_assert_int_eq(count(db), 500);
	ck_assert_int_eq(count_after_crash(), 0);
	ck_assert_int_eq(run(db, "ROLLBACK"), SQLITE_OK);
	ck_assert_int_eq(count(db), 0);
}
END_TEST

START_TEST(test_gather__fails_a_commit_that_cannot_be_written)
{
	struct rlimit all, few = {.rlim_cur = 64 << 10};

	ck_assert_int_eq(run(db, "INSERT INTO t (b) VALUES (zeroblob(10))"), SQLITE_OK);
	signal(SIGXFSZ, SIG_IGN);
	ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &all), 0);
	few.rlim_max = all.rlim_max;
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &few), 0);
	ck_assert_int_ne(run(db, INSERT_500), SQLITE_OK);
	ck_assert_int_ne(run(db, "INSERT INTO t (b) VALUES (zeroblob(90000))"), SQLITE_OK);
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &all), 0);
	ck_assert_int_eq(count(db), 1);
	ck_assert_int_eq(count_after_crash(), 1);
	ck_assert_int_eq(run(db, INSERT_500), SQLITE_OK);
	ck_assert_int_eq(count_after_crash(), 501);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("gather");
	TCase *c = tcase_create("gather");

	tcase_add_checked_fixture(c, setup, teardown);
	tcase_add_test(c, test_gather__leaves_a_commit_in_the_files);
	tcase_add_test(c, test_gather__reads_its_own_spilled_pages);
	tcase_add_test(c, test_gather__fails_a_commit_that_cannot_be_written);
	suite_add_tcase(s, c);
	return s;
}
