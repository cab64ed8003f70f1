/* SPDX-License-Identifier: Apache-2.0
 *
 * Migrations: fresh, repeated, refused ones, the copy made before, and what a crash leaves.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <sqlite3.h>

#include "db/db.h"
#include "db/migrate.h"
#include "db/migrations.h"
#include "support/scratch.h"

static const int64_t NOW = INT64_C(1790000000000000);

#define ONE                                                                           \
	"CREATE TABLE migration (version INTEGER PRIMARY KEY, name TEXT NOT NULL,"    \
	" sha256 TEXT NOT NULL, applied_at INTEGER NOT NULL) STRICT;"                 \
	"CREATE TABLE parent (id INTEGER PRIMARY KEY) STRICT;"                        \
	"CREATE TABLE child (parent INTEGER NOT NULL REFERENCES parent (id)) STRICT;" \
	"INSERT INTO parent VALUES (1), (2); INSERT INTO child VALUES (1), (2);"

static const struct migration list_good[] = {
	{1, "one", "aaaa1111", ONE},
	{2, "two", "bbbb2222", "CREATE TABLE two (x INTEGER) STRICT;"},
	{3, "three", "cccc3333", "CREATE TABLE three (x INTEGER) STRICT;"},
};

/* The first column of the first row, or -1. */
static int64_t ask(const char *path, const char *sql)
{
	sqlite3 *handle;
	sqlite3_stmt *s;
	int64_t answer = -1;

	ck_assert_int_eq(sqlite3_open_v2(path, &handle, SQLITE_OPEN_READWRITE, NULL), SQLITE_OK);
	if (sqlite3_prepare_v2(handle, sql, -1, &s, NULL) == SQLITE_OK) {
		if (sqlite3_step(s) == SQLITE_ROW)
			answer = sqlite3_column_int64(s, 0);
		sqlite3_finalize(s);
	}
	sqlite3_close(handle);
	return answer;
}

static void edit(const char *path, const char *sql)
{
	sqlite3 *handle;

	ck_assert_int_eq(
		sqlite3_open_v2(path, &handle, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, NULL),
		SQLITE_OK);
	ck_assert_msg(sqlite3_exec(handle, sql, NULL, NULL, NULL) == SQLITE_OK, "%s",
		sqlite3_errmsg(handle));
	sqlite3_close(handle);
}

static int version_of(const char *path)
{
	return (int)ask(path, "SELECT coalesce(max(version), 0) FROM migration");
}

START_TEST(test_migrate__makes_the_registry_and_does_nothing_the_second_time)
{
	char path[SCRATCH_PATH];
	struct err err = {0};
	int applied = -1;
	struct stat st;
	struct db *db;

	scratch_file(path, "registry.db");
	ck_assert_msg(migrate_run(path, NOW, &applied, &err) == 0, "%s", err.msg);
	ck_assert_int_eq(applied, migrate_latest());
	ck_assert_int_eq(version_of(path), migrate_latest());
	ck_assert_int_eq(ask(path, "SELECT applied_at FROM migration WHERE version = 1"), NOW);
	ck_assert_int_eq(ask(path, "SELECT count(*) FROM pragma_integrity_check"
				   " WHERE integrity_check = 'ok'"),
		1);
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_int_eq(st.st_mode & 0777, 0600);

	ck_assert_msg(migrate_run(path, NOW + 1, &applied, &err) == 0, "%s", err.msg);
	ck_assert_int_eq(applied, 0);
	ck_assert_int_eq(ask(path, "SELECT applied_at FROM migration WHERE version = 1"), NOW);

	ck_assert_msg(db_open(path, DB_READ_WRITE, &db, &err) == 0, "%s", err.msg);
	db_close(db);
}
END_TEST

START_TEST(test_migrate__embeds_the_text_with_its_checksum)
{
	for (size_t i = 0; i < migrations_sqlite_len; i++) {
		ck_assert_int_eq(migrations_sqlite[i].version, (int)i + 1);
		ck_assert_uint_eq(strlen(migrations_sqlite[i].sha256), 64);
		ck_assert(strstr(migrations_sqlite[i].text, "CREATE ") ||
			  strstr(migrations_sqlite[i].text, "ALTER "));
	}
}
END_TEST

/* Each: the file after `before` migrations of list_good and an edit; then what is refused, and how. */
static const struct refusal {
	const char *name;
	int before;
	const char *sql;
	const char *words[3];
} refusals[] = {
	{"from the future", 3, "INSERT INTO migration VALUES (4, 'four', 'dddd', 1)",
		{"newer spiralfed", "0004_four", "restore a copy"}},
	{"from the far future", 3, "INSERT INTO migration VALUES (9, 'nine', 'dddd', 1)",
		{"newer spiralfed", "0009_nine", "knows 3"}},
	{"edited checksum", 2, "UPDATE migration SET sha256 = 'ffff' WHERE version = 1",
		{"another text", "0001_one", "aaaa1111"}},
	{"hole", 3, "DELETE FROM migration WHERE version = 2", {"damaged", "0003", "0002"}},
	{"another program", 0, "CREATE TABLE theirs (x)", {"another program", "", ""}},
};

START_TEST(test_migrate__refuses_and_changes_nothing)
{
	const struct refusal *r = &refusals[_i];
	char path[SCRATCH_PATH];
	char *before, *after;
	size_t before_len, after_len;
	struct err err = {0};
	int applied = 77;

	scratch_file(path, "registry.db");
	if (r->before)
		ck_assert_int_eq(
			migrate_run_list(path, list_good, (size_t)r->before, NOW, NULL, &err), 0);
	edit(path, r->sql);
	before = scratch_read(path, &before_len);
	ck_assert_int_eq(migrate_run_list(path, list_good, 3, NOW, &applied, &err), -1);
	ck_assert_int_eq(err.code, ERR_STORAGE);
	ck_assert_int_eq(applied, 77);
	ck_assert_msg(strstr(err.msg, path) != NULL, "%s: %s", r->name, err.msg);
	for (size_t i = 0; i < 3 && r->words[i]; i++)
		ck_assert_msg(strstr(err.msg, r->words[i]) != NULL, "%s: %s", r->name, err.msg);
	after = scratch_read(path, &after_len);
	ck_assert_msg(before_len == after_len && memcmp(before, after, after_len) == 0,
		"%s: the file changed", r->name);
	free(before);
	free(after);
}
END_TEST

START_TEST(test_migrate__refuses_what_is_no_database)
{
	char path[SCRATCH_PATH];
	struct err err = {0};
	FILE *f;

	scratch_file(path, "registry.db");
	f = fopen(path, "w");
	for (int i = 0; i < 4096; i++)
		fputs("no database ", f);
	fclose(f);
	ck_assert_int_eq(migrate_run(path, NOW, NULL, &err), -1);
	ck_assert_ptr_nonnull(strstr(err.msg, path));
}
END_TEST

START_TEST(test_migrate__refuses_a_symbolic_link_but_not_a_linked_folder)
{
	char real[SCRATCH_PATH], link[SCRATCH_PATH], folder[SCRATCH_PATH], through[SCRATCH_PATH];
	struct err err = {0};

	scratch_file(real, "real.db");
	scratch_file(link, "link.db");
	scratch_file(folder, "folder");
	scratch_file(through, "folder/through.db");
	ck_assert_int_eq(symlink(real, link), 0);
	ck_assert_int_eq(migrate_run(link, NOW, NULL, &err), -1);
	ck_assert_int_eq(access(real, F_OK), -1);
	ck_assert_int_eq(migrate_run(real, NOW, NULL, &err), 0);
	ck_assert_int_eq(migrate_run(link, NOW, NULL, &err), -1);
	ck_assert_ptr_nonnull(strstr(err.msg, link));
	ck_assert_int_eq(symlink(".", folder), 0);
	ck_assert_msg(migrate_run(through, NOW, NULL, &err) == 0, "%s", err.msg);
}
END_TEST

START_TEST(test_migrate__keeps_a_complete_copy)
{
	char path[SCRATCH_PATH], copy[SCRATCH_PATH], other[SCRATCH_PATH];
	struct err err = {0};
	struct stat st;
	int applied;

	scratch_file(path, "registry.db");
	scratch_file(copy, "registry.db.before-0002");
	scratch_file(other, "registry.db.before-0001");
	ck_assert_int_eq(migrate_run_list(path, list_good, 1, NOW, NULL, &err), 0);
	ck_assert_int_eq(access(other, F_OK), -1);
	edit(path, "INSERT INTO parent SELECT value FROM json_each(json_array(10, 11, 12))");
	ck_assert_msg(
		migrate_run_list(path, list_good, 3, NOW, &applied, &err) == 0, "%s", err.msg);
	ck_assert_int_eq(applied, 2);
	ck_assert_int_eq(version_of(path), 3);

	ck_assert_int_eq(stat(copy, &st), 0);
	ck_assert_int_eq(st.st_mode & 0777, 0600);
	/* One plain file, with nothing beside it that could be left behind when it is moved. */
	ck_assert_int_eq(ask(copy, "SELECT journal_mode = 'delete' FROM pragma_journal_mode"), 1);
	ck_assert_int_eq(version_of(copy), 1);
	ck_assert_int_eq(ask(copy, "SELECT count(*) FROM parent"), 5);
	ck_assert_int_eq(ask(copy, "SELECT count(*) FROM child"), 2);
	/* And it is a registry that one can go on with. */
	ck_assert_msg(
		migrate_run_list(copy, list_good, 3, NOW, &applied, &err) == 0, "%s", err.msg);
	ck_assert_int_eq(applied, 2);
}
END_TEST

START_TEST(test_migrate__replaces_the_copy_of_an_attempt_before)
{
	char path[SCRATCH_PATH], copy[SCRATCH_PATH], partial[SCRATCH_PATH];
	struct err err = {0};

	scratch_file(path, "registry.db");
	scratch_file(copy, "registry.db.before-0002");
	scratch_file(partial, "registry.db.before-0002.partial");
	ck_assert_int_eq(migrate_run_list(path, list_good, 1, NOW, NULL, &err), 0);
	fclose(fopen(copy, "w"));
	fclose(fopen(partial, "w"));
	ck_assert_msg(migrate_run_list(path, list_good, 2, NOW, NULL, &err) == 0, "%s", err.msg);
	ck_assert_int_eq(version_of(copy), 1);
	ck_assert_int_eq(access(partial, F_OK), -1);
}
END_TEST

/* A migration that fails half way, in several manners, leaves the one before. */
static const struct {
	const char *text, *word;
} halves[] = {
	{"CREATE TABLE half (x INTEGER) STRICT; INSERT INTO nothing VALUES (1);", "nothing"},
	{"CREATE TABLE half (x INTEGER) STRICT; DELETE FROM parent WHERE id = 1;", "refer"},
	{"CREATE TABLE half (x INTEGER) STRICT; COMMIT;", "transaction"},
};

START_TEST(test_migrate__undoes_one_that_fails)
{
	char path[SCRATCH_PATH];
	struct err err = {0};
	const struct migration list[] = {
		list_good[0], list_good[1], {3, "bad", "eeee", halves[_i].text}};

	scratch_file(path, "registry.db");
	ck_assert_int_eq(migrate_run_list(path, list, 3, NOW, NULL, &err), -1);
	ck_assert_msg(strstr(err.msg, "0003_bad") && strstr(err.msg, "stays at version 2") &&
			      strstr(err.msg, halves[_i].word),
		"%s", err.msg);
	ck_assert_int_eq(version_of(path), 2);
	ck_assert_int_eq(ask(path, "SELECT count(*) FROM parent"), 2);
	/* What was committed by the migration itself can't be undone; that is why it is refused. */
	if (!strstr(halves[_i].text, "COMMIT"))
		ck_assert_int_eq(
			ask(path, "SELECT count(*) FROM sqlite_schema WHERE name = 'half'"), 0);
}
END_TEST

static void crash_now(sqlite3_context *context, int n, sqlite3_value **values)
{
	(void)context;
	(void)n;
	(void)values;
	_exit(42);
}

static int crash_install(sqlite3 *handle, const char **message, const void *api)
{
	(void)message;
	(void)api;
	return sqlite3_create_function(
		handle, "crash_now", 0, SQLITE_UTF8, NULL, crash_now, NULL, NULL);
}

START_TEST(test_migrate__leaves_the_old_version_when_it_crashes)
{
	char path[SCRATCH_PATH];
	struct err err = {0};
	int status, applied;
	const struct migration crashing[] = {list_good[0],
		{2, "two", "bbbb2222",
			"CREATE TABLE two (x INTEGER) STRICT; INSERT INTO parent VALUES (99);"
			"SELECT crash_now();"}};

	scratch_file(path, "registry.db");
	ck_assert_int_eq(migrate_run_list(path, list_good, 1, NOW, NULL, &err), 0);
	pid_t pid = fork();
	if (pid == 0) {
		sqlite3_auto_extension((void (*)(void))crash_install);
		migrate_run_list(path, crashing, 2, NOW, NULL, &err);
		_exit(1);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(WEXITSTATUS(status), 42);
	/* The first to open it finds the log of a process that is gone. */
	ck_assert_msg(
		migrate_run_list(path, list_good, 1, NOW, &applied, &err) == 0, "%s", err.msg);
	ck_assert_int_eq(applied, 0);
	ck_assert_int_eq(version_of(path), 1);
	ck_assert_int_eq(ask(path, "SELECT count(*) FROM parent"), 2);
	ck_assert_msg(
		migrate_run_list(path, list_good, 3, NOW, &applied, &err) == 0, "%s", err.msg);
	ck_assert_int_eq(applied, 2);
}
END_TEST

START_TEST(test_migrate__names_what_it_cannot_open)
{
	struct err err = {0};

	ck_assert_int_eq(migrate_run("/nonexistent/registry.db", NOW, NULL, &err), -1);
	ck_assert_int_eq(err.code, ERR_STORAGE);
	ck_assert_ptr_nonnull(strstr(err.msg, "/nonexistent/registry.db"));
}
END_TEST

Suite *test_suite(void);

Suite *test_suite(void)
{
	Suite *suite = suite_create("migrate");
	TCase *c = tcase_create("migrate");

	tcase_add_checked_fixture(c, scratch_make, scratch_remove);
	tcase_add_test(c, test_migrate__makes_the_registry_and_does_nothing_the_second_time);
	tcase_add_test(c, test_migrate__embeds_the_text_with_its_checksum);
	tcase_add_loop_test(c, test_migrate__refuses_and_changes_nothing, 0,
		(int)(sizeof(refusals) / sizeof(refusals[0])));
	tcase_add_test(c, test_migrate__refuses_what_is_no_database);
	tcase_add_test(c, test_migrate__refuses_a_symbolic_link_but_not_a_linked_folder);
	tcase_add_test(c, test_migrate__keeps_a_complete_copy);
	tcase_add_test(c, test_migrate__replaces_the_copy_of_an_attempt_before);
	tcase_add_loop_test(c, test_migrate__undoes_one_that_fails, 0,
		(int)(sizeof(halves) / sizeof(halves[0])));
	tcase_add_test(c, test_migrate__leaves_the_old_version_when_it_crashes);
	tcase_add_test(c, test_migrate__names_what_it_cannot_open);
	suite_add_tcase(suite, c);
	return suite;
}
