/* SPDX-License-Identifier: Apache-2.0
 *
 * Connections, transactions and statements, on a catalogue and a table of the test's own.
 */
#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <sqlite3.h>

#include "base/arena.h"
#include "db/db.h"
#include "db/engine.h"
#include "support/scratch.h"

enum {
	INSERT,
	SWAPPED,
	GET,
	COUNT,
	CAS,
	NAMES,
	BROKEN_REFERENCE,
	LATE_REFERENCE,
	PRAGMAS,
	REPLACE,
	FILL,
	STATEMENTS
};

static const struct sql_info catalogue[STATEMENTS] = {
	[INSERT] = {"insert", SQL_KIND_exec, "id,text,real,blob",
		"INSERT INTO t (id, text, real, blob) VALUES ($1, $2, $3, $4)", false},
	[SWAPPED] = {"swapped", SQL_KIND_one, "first,second,third",
		"SELECT $3 AS c, $1 AS a, $2 AS b, $1 AS again", false},
	[GET] = {"get", SQL_KIND_one, "id", "SELECT id, text, real, blob FROM t WHERE id = $1",
		false},
	[COUNT] = {"count", SQL_KIND_one, "", "SELECT count(*) AS n FROM t", true},
	[CAS] = {"cas", SQL_KIND_cas, "id,old,new",
		"UPDATE t SET text = $3 WHERE id = $1 AND text = $2", false},
	[NAMES] = {"names", SQL_KIND_many, "", "SELECT id, text FROM t ORDER BY id", true},
	[BROKEN_REFERENCE] = {"broken_reference", SQL_KIND_exec, "t",
		"INSERT INTO refers (t) VALUES ($1)", false},
	[LATE_REFERENCE] = {"late_reference", SQL_KIND_exec, "t",
		"INSERT INTO refers_late (t) VALUES ($1)", false},
	[PRAGMAS] = {"pragmas", SQL_KIND_one, "",
		"SELECT (SELECT foreign_keys FROM pragma_foreign_keys) AS foreign_keys,"
		" (SELECT synchronous FROM pragma_synchronous) AS synchronous,"
		" (SELECT journal_mode FROM pragma_journal_mode) AS journal_mode,"
		" (SELECT trusted_schema FROM pragma_trusted_schema) AS trusted_schema,"
		" (SELECT recursive_triggers FROM pragma_recursive_triggers)"
		"  AS recursive_triggers,"
		" (SELECT query_only FROM pragma_query_only) AS query_only,"
		" (SELECT cell_size_check FROM pragma_cell_size_check) AS cell_size_check",
		false},
	[REPLACE] = {"replace", SQL_KIND_exec, "id",
		"INSERT OR REPLACE INTO sealed (id) VALUES ($1)", false},
	[FILL] = {"fill", SQL_KIND_exec, "", "PRAGMA max_page_count = 1", false},
};

static const char schema[] =
	"CREATE TABLE t (id INTEGER PRIMARY KEY, text TEXT UNIQUE, real REAL, blob BLOB) STRICT;"
	"CREATE TABLE refers (t INTEGER NOT NULL REFERENCES t (id)) STRICT;"
	"CREATE TABLE refers_late (t INTEGER NOT NULL REFERENCES t (id)"
	" DEFERRABLE INITIALLY DEFERRED) STRICT;"
	"CREATE INDEX refers_late_t ON refers_late (t);"
	"CREATE TABLE sealed (id INTEGER PRIMARY KEY) STRICT; INSERT INTO sealed VALUES (1);"
	"CREATE TRIGGER sealed_no_delete BEFORE DELETE ON sealed"
	" BEGIN SELECT RAISE(ABORT, 'sealed'); END;";

static char path[SCRATCH_PATH];
static struct db *db;
static struct err err;

static struct stmt *take(struct db *of, int id)
{
	return db_stmt(of, (enum sql_id)id);
}

static struct db *open_as(enum db_mode mode)
{
	struct db *opened = NULL;

	ck_assert_msg(db_open_catalogue(&engine_sqlite, path, mode, catalogue, STATEMENTS, &opened,
			      &err) == 0,
		"%s", err.msg);
	return opened;
}

static void run_sql(const char *sql)
{
	sqlite3 *handle;

	ck_assert_int_eq(sqlite3_open(path, &handle), SQLITE_OK);
	ck_assert_msg(sqlite3_exec(handle, sql, NULL, NULL, NULL) == SQLITE_OK, "%s",
		sqlite3_errmsg(handle));
	sqlite3_close(handle);
}

static void setup(void)
{
	scratch_make();
	scratch_file(path, "test.db");
	err = (struct err){0};
	run_sql(schema);
	db = open_as(DB_READ_WRITE);
}

static void teardown(void)
{
	db_close(db);
	scratch_remove();
}

static int insert(int64_t id, const char *text)
{
	STMT_AUTO s = take(db, INSERT);

	stmt_bind_int(s, "id", id);
	stmt_bind_text(s, "text", text);
	return stmt_exec(s, &err);
}

static int64_t count(struct db *of)
{
	STMT_AUTO s = take(of, COUNT);

	ck_assert_int_eq(stmt_step(s, &err), 1);
	return stmt_int(s, "n");
}

START_TEST(test_db__binds_by_name_in_any_order)
{
	STMT_AUTO s = take(db, SWAPPED);

	stmt_bind_text(s, "third", "three");
	stmt_bind_text(s, "first", "one");
	stmt_bind_text(s, "second", "two");
	ck_assert_int_eq(stmt_step(s, &err), 1);
	ck_assert_str_eq(stmt_text(s, "a"), "one");
	ck_assert_str_eq(stmt_text(s, "again"), "one");
	ck_assert_str_eq(stmt_text(s, "b"), "two");
	ck_assert_str_eq(stmt_text(s, "c"), "three");
	ck_assert_uint_eq(stmt_columns(s), 4);
	ck_assert_str_eq(stmt_column_name(s, 0), "c");
	ck_assert_uint_eq(stmt_params(s), 3);
	ck_assert_str_eq(stmt_param_name(s, 0), "first");
	ck_assert(stmt_has_param(s, "third"));
	ck_assert(!stmt_has_param(s, "thir"));
	ck_assert_int_eq(stmt_step(s, &err), 0);
	ck_assert_int_eq(stmt_step(s, &err), 0);
}
END_TEST

START_TEST(test_db__carries_each_type_there_and_back)
{
	static const char text[] = "a\0b";
	static const unsigned char blob[] = {0, 255, 0};
	size_t len;

	{
		STMT_AUTO s = take(db, INSERT);
		stmt_bind_int(s, "id", INT64_MIN);
		stmt_bind_textn(s, "text", text, 3);
		stmt_bind_real(s, "real", 0.1);
		stmt_bind_blob(s, "blob", blob, sizeof(blob));
		ck_assert_msg(stmt_exec(s, &err) == 0, "%s", err.msg);
		ck_assert_int_eq(db_last_id(db), INT64_MIN);
	}
	STMT_AUTO s = take(db, GET);
	stmt_bind_int(s, "id", INT64_MIN);
	ck_assert_int_eq(stmt_step(s, &err), 1);
	ck_assert_int_eq(stmt_int(s, "id"), INT64_MIN);
	ck_assert_mem_eq(stmt_textn(s, "text", &len), text, 4);
	ck_assert_uint_eq(len, 3);
	ck_assert_double_eq(stmt_real(s, "real"), 0.1);
	ck_assert_mem_eq(stmt_blob(s, "blob", &len), blob, sizeof(blob));
	ck_assert_uint_eq(len, sizeof(blob));
	ck_assert(!stmt_is_null(s, "text"));
	ARENA_AUTO a = arena_new();
	ck_assert_str_eq(stmt_text_dup(s, "text", a), "a");
}
END_TEST

START_TEST(test_db__keeps_null_apart_from_empty)
{
	size_t len = 7;

	{
		STMT_AUTO s = take(db, INSERT);
		stmt_bind_int(s, "id", 1);
		stmt_bind_text(s, "text", "");
		stmt_bind_real(s, "real", NAN);
		stmt_bind_blob(s, "blob", "", 0);
		ck_assert_int_eq(stmt_exec(s, &err), 0);
	}
	{
		STMT_AUTO s = take(db, INSERT);
		stmt_bind_int(s, "id", 2);
		stmt_bind_text(s, "text", NULL);
		stmt_bind_null(s, "real");
		stmt_bind_blob(s, "blob", NULL, 0);
		ck_assert_int_eq(stmt_exec(s, &err), 0);
	}
	{
		STMT_AUTO s = take(db, GET);
		stmt_bind_int(s, "id", 1);
		ck_assert_int_eq(stmt_step(s, &err), 1);
		ck_assert_str_eq(stmt_text(s, "text"), "");
		ck_assert(isnan(stmt_real(s, "real")));
		ck_assert(stmt_is_null(s, "real"));
		ck_assert_ptr_nonnull(stmt_blob(s, "blob", &len));
		ck_assert_uint_eq(len, 0);
	}
	STMT_AUTO s = take(db, GET);
	stmt_bind_int(s, "id", 2);
	ck_assert_int_eq(stmt_step(s, &err), 1);
	ck_assert_ptr_null(stmt_text(s, "text"));
	ck_assert_ptr_null(stmt_blob(s, "blob", &len));
	ck_assert(isnan(stmt_real(s, "real")));
	ck_assert_ptr_null(stmt_text_dup(s, "text", NULL));
}
END_TEST

START_TEST(test_db__forgets_bindings_when_a_statement_is_done)
{
	ck_assert_int_eq(insert(1, "kept"), 0);
	{
		STMT_AUTO s = take(db, SWAPPED);
		stmt_bind_text(s, "first", "old");
		ck_assert_int_eq(stmt_step(s, &err), 1);
	}
	STMT_AUTO s = take(db, SWAPPED);
	ck_assert_int_eq(stmt_step(s, &err), 1);
	ck_assert_ptr_null(stmt_text(s, "a"));
}
END_TEST

static const struct {
	const char *old;
	int64_t id;
	int changed;
	const char *now;
} swaps[] = {
	{"open", 1, 1, "closed"},
	{"shut", 1, 0, "open"},
	{"open", 2, 0, "open"},
};

START_TEST(test_db__compares_and_sets)
{
	ck_assert_int_eq(insert(1, "open"), 0);
	{
		STMT_AUTO s = take(db, CAS);
		stmt_bind_int(s, "id", swaps[_i].id);
		stmt_bind_text(s, "old", swaps[_i].old);
		stmt_bind_text(s, "new", "closed");
		ck_assert_int_eq(stmt_cas(s, &err), swaps[_i].changed);
	}
	STMT_AUTO s = take(db, GET);
	stmt_bind_int(s, "id", 1);
	ck_assert_int_eq(stmt_step(s, &err), 1);
	ck_assert_str_eq(stmt_text(s, "text"), swaps[_i].now);
}
END_TEST

START_TEST(test_db__undoes_and_keeps_nested_steps)
{
	ck_assert_int_eq(db_begin(db, &err), 0);
	ck_assert(db_in_transaction(db));
	ck_assert_int_eq(insert(1, "outer"), 0);

	ck_assert_int_eq(db_step_begin(db, &err), 0);
	ck_assert_int_eq(insert(2, "undone"), 0);
	ck_assert_int_eq(db_step_begin(db, &err), 0);
	ck_assert_int_eq(insert(3, "kept within what is undone"), 0);
	ck_assert_int_eq(db_step_keep(db, &err), 0);
	db_step_undo(db);

	ck_assert_int_eq(db_step_begin(db, &err), 0);
	ck_assert_int_eq(insert(4, "kept"), 0);
	ck_assert_int_eq(db_step_begin(db, &err), 0);
	ck_assert_int_eq(insert(5, "undone within what is kept"), 0);
	db_step_undo(db);
	ck_assert_int_eq(db_step_keep(db, &err), 0);

	ck_assert_int_eq(db_step_begin(db, &err), 0);
	ck_assert_int_eq(insert(6, "undone"), 0);
	ck_assert_int_eq(db_step_begin(db, &err), 0);
	ck_assert_int_eq(insert(7, "undone within what is undone"), 0);
	db_step_undo(db);
	db_step_undo(db);
	ck_assert_int_eq(db_commit(db, &err), 0);
	ck_assert(!db_in_transaction(db));

	STMT_AUTO s = take(db, NAMES);
	ck_assert_int_eq(stmt_step(s, &err), 1);
	ck_assert_int_eq(stmt_int(s, "id"), 1);
	ck_assert_int_eq(stmt_step(s, &err), 1);
	ck_assert_int_eq(stmt_int(s, "id"), 4);
	ck_assert_int_eq(stmt_step(s, &err), 0);
}
END_TEST

START_TEST(test_db__rolls_back)
{
	ck_assert_int_eq(db_begin(db, &err), 0);
	ck_assert_int_eq(insert(1, "gone"), 0);
	ck_assert_int_eq(db_step_begin(db, &err), 0);
	ck_assert_int_eq(insert(2, "gone"), -1);
	db_rollback(db);
	ck_assert(!db_in_transaction(db));
	db_rollback(db);
	ck_assert_int_eq(count(db), 0);
	ck_assert_int_eq(db_begin(db, &err), 0);
	ck_assert_int_eq(insert(3, "new"), 0);
	ck_assert_int_eq(db_commit(db, &err), 0);
	ck_assert_int_eq(count(db), 1);
}
END_TEST

START_TEST(test_db__says_so_when_the_engine_undid_the_transaction)
{
	static const char large[100000];

	ck_assert_int_eq(db_begin(db, &err), 0);
	ck_assert_int_eq(insert(1, "gone"), 0);
	ck_assert_int_eq(db_step_begin(db, &err), 0);
	{
		STMT_AUTO fill = take(db, FILL); /* no page more than there are now */
		ck_assert_int_eq(stmt_exec(fill, &err), 0);
		STMT_AUTO s = take(db, INSERT);
		stmt_bind_int(s, "id", 2);
		stmt_bind_blob(s, "blob", large, sizeof(large));
		ck_assert_int_eq(stmt_exec(s, &err), -1);
		ck_assert_int_eq(err.code, ERR_STORAGE);
	}
	ck_assert(!db_in_transaction(db));
	ck_assert_int_eq(db_step_begin(db, &err), -1);
	ck_assert_int_eq(db_step_keep(db, &err), -1);
	db_step_undo(db);
	err = (struct err){0};
	ck_assert_int_eq(db_commit(db, &err), -1);
	ck_assert_int_eq(err.code, ERR_STORAGE);
	ck_assert_int_eq(count(db), 0);
	ck_assert_int_eq(db_begin(db, &err), 0);
	ck_assert_int_eq(insert(3, "small"), 0);
	ck_assert_int_eq(db_commit(db, &err), 0);
}
END_TEST

START_TEST(test_db__answers_a_broken_constraint_with_state_conflict)
{
	ck_assert_int_eq(insert(1, "same"), 0);
	ck_assert_int_eq(db_begin(db, &err), 0);
	ck_assert_int_eq(insert(2, "other"), 0);
	ck_assert_int_eq(insert(3, "same"), -1);
	ck_assert_int_eq(err.code, ERR_STATE_CONFLICT);
	ck_assert_ptr_nonnull(strstr(err.msg, "t.text"));
	{
		STMT_AUTO s = take(db, BROKEN_REFERENCE);
		stmt_bind_int(s, "t", 99);
		err = (struct err){0};
		ck_assert_int_eq(stmt_exec(s, &err), -1);
		ck_assert_int_eq(err.code, ERR_STATE_CONFLICT);
	}
	/* Only the statement is undone. */
	ck_assert_int_eq(db_commit(db, &err), 0);
	ck_assert_int_eq(count(db), 2);
}
END_TEST

START_TEST(test_db__undoes_the_transaction_when_its_commit_fails)
{
	ck_assert_int_eq(db_begin(db, &err), 0);
	ck_assert_int_eq(insert(1, "gone"), 0);
	{
		STMT_AUTO s = take(db, LATE_REFERENCE);
		stmt_bind_int(s, "t", 99);
		ck_assert_int_eq(stmt_exec(s, &err), 0);
	}
	ck_assert_int_eq(db_commit(db, &err), -1);
	ck_assert_int_eq(err.code, ERR_STATE_CONFLICT);
	ck_assert(!db_in_transaction(db));
	ck_assert_int_eq(count(db), 0);
}
END_TEST

START_TEST(test_db__sees_the_delete_within_replace)
{
	STMT_AUTO s = take(db, REPLACE);

	stmt_bind_int(s, "id", 1);
	ck_assert_int_eq(stmt_exec(s, &err), -1);
	ck_assert_int_eq(err.code, ERR_STATE_CONFLICT);
	ck_assert_ptr_nonnull(strstr(err.msg, "sealed"));
}
END_TEST

static const struct {
	const char *pragma;
	const char *writer, *reader; /* NULL: of no importance */
} pragmas[] = {
	{"foreign_keys", "1", NULL},
	{"synchronous", "2", NULL},
	{"journal_mode", "wal", "wal"},
	{"trusted_schema", "0", "0"},
	{"recursive_triggers", "1", NULL},
	{"query_only", "0", "1"},
	{"cell_size_check", "1", "1"},
};

START_TEST(test_db__sets_its_connections_up)
{
	struct db *reader = open_as(DB_READ_ONLY);
	struct db *const both[] = {db, reader};

	for (int i = 0; i < 2; i++) {
		STMT_AUTO s = take(both[i], PRAGMAS);
		ck_assert_int_eq(stmt_step(s, &err), 1);
		const char *want = i ? pragmas[_i].reader : pragmas[_i].writer;
		if (want)
			ck_assert_str_eq(stmt_text(s, pragmas[_i].pragma), want);
	}
	db_close(reader);
}
END_TEST

START_TEST(test_db__keeps_a_reader_on_one_state)
{
	struct db *reader = open_as(DB_READ_ONLY);

	ck_assert_int_eq(insert(1, "one"), 0);
	ck_assert_int_eq(db_begin(reader, &err), 0);
	ck_assert_int_eq(count(reader), 1);
	ck_assert_int_eq(insert(2, "two"), 0);
	ck_assert_int_eq(count(reader), 1);
	ck_assert_int_eq(db_checkpoint(db, &err), 0);
	ck_assert_int_eq(db_commit(reader, &err), 0);
	ck_assert_int_eq(count(reader), 2);
	db_close(reader);
}
END_TEST

START_TEST(test_db__refuses_writes_on_a_reader)
{
	/* A write dressed as a read is found when it is prepared, whatever the connection. */
	static const struct sql_info dressed = {
		"dressed", SQL_KIND_many, "", "DELETE FROM t RETURNING id", false};
	struct db *opened = NULL;

	for (int mode = DB_READ_ONLY; mode <= DB_READ_WRITE; mode++) {
		ck_assert_int_eq(db_open_catalogue(&engine_sqlite, path, (enum db_mode)mode,
					 &dressed, 1, &opened, &err),
			-1);
		ck_assert_ptr_nonnull(strstr(err.msg, "dressed"));
		ck_assert_ptr_null(opened);
	}
	/* And beneath that the engine refuses. */
	struct engine_conn *conn;
	struct engine_stmt *s;
	const struct sql_info write = {"write", SQL_KIND_exec, "", "DELETE FROM t", false};
	ck_assert_int_eq(engine_sqlite.open(path, DB_READ_ONLY, &conn, &err), 0);
	ck_assert_int_eq(engine_sqlite.prepare(conn, &write, 0, &s, &err), 0);
	ck_assert_int_eq(engine_sqlite.step(s, &err), -1);
	ck_assert_int_eq(err.code, ERR_STORAGE);
	engine_sqlite.finalize(s);
	engine_sqlite.close(conn);
}
END_TEST

static const struct {
	struct sql_info info;
	const char *word;
} wrong[] = {
	{{"no_table", SQL_KIND_one, "", "SELECT 1 FROM absent", false}, "no such table"},
	{{"two", SQL_KIND_one, "", "SELECT 1; SELECT 2", false}, "not one statement"},
	{{"none", SQL_KIND_one, "", " ", false}, "not one statement"},
	{{"few", SQL_KIND_one, "a", "SELECT $1, $2", false}, "declares 1"},
	{{"many", SQL_KIND_one, "a,b", "SELECT $1", false}, "declares 2"},
	{{"other", SQL_KIND_one, "a,b", "SELECT $1, $3", false}, "$2"},
	{{"quotes", SQL_KIND_one, "", "SELECT \"text\"", false}, "no such column"},
};

START_TEST(test_db__does_not_open_with_a_wrong_statement)
{
	struct db *opened = NULL;

	ck_assert_int_eq(db_open_catalogue(&engine_sqlite, path, DB_READ_ONLY, &wrong[_i].info, 1,
				 &opened, &err),
		-1);
	ck_assert_int_eq(err.code, ERR_STORAGE);
	ck_assert_msg(strstr(err.msg, wrong[_i].word) && strstr(err.msg, wrong[_i].info.name) &&
			      strstr(err.msg, path),
		"%s", err.msg);
}
END_TEST

START_TEST(test_db__names_the_file_it_cannot_open)
{
	char absent[SCRATCH_PATH];
	struct db *opened = NULL;

	scratch_file(absent, "absent.db");
	ck_assert_int_eq(db_open(absent, DB_READ_ONLY, &opened, &err), -1);
	ck_assert_int_eq(err.code, ERR_STORAGE);
	ck_assert_ptr_nonnull(strstr(err.msg, absent));
	ck_assert_ptr_null(opened);
	db_close(NULL);
	stmt_done(NULL);
}
END_TEST

START_TEST(test_db__keeps_all_its_files_private)
{
	static const char *const suffixes[] = {"", "-wal", "-shm"};
	char fresh[SCRATCH_PATH], file[SCRATCH_PATH];
	struct db *opened;
	struct stat st;

	scratch_file(fresh, "fresh.db");
	ck_assert_int_eq(
		db_open_catalogue(&engine_sqlite, fresh, DB_READ_WRITE, NULL, 0, &opened, &err), 0);
	ck_assert_int_eq(db_begin(opened, &err), 0);
	ck_assert_int_eq(db_commit(opened, &err), 0);
	for (int i = 0; i < 3; i++) {
		char name[32] = "fresh.db";
		strncat(name, suffixes[i], 8);
		ck_assert_int_eq(stat(scratch_file(file, name), &st), 0);
		ck_assert_int_eq(st.st_mode & 0777, 0600);
	}
	db_close(opened);
}
END_TEST

static const struct {
	const char *sql;
	int scans;
} plans[] = {
	{"SELECT id FROM t WHERE text = 'x'", 0},
	{"SELECT id FROM t WHERE id > 5 ORDER BY id", 0},
	{"SELECT text FROM t ORDER BY text", 0},
	{"SELECT id FROM t WHERE real = 1", 1},
	{"SELECT t.id FROM refers JOIN t ON t.id = refers.t", 1},
	{"UPDATE t SET text = '' WHERE real = 1", 1},
	{"SELECT value FROM json_each('[1]')", 0},
	{"SELECT 1", 0},
	{"WITH RECURSIVE c (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c LIMIT 3)"
	 " SELECT t.id FROM t WHERE real = 2",
		1},
};

START_TEST(test_db__finds_statements_that_scan)
{
	struct engine_conn *conn;
	const struct sql_info info = {"plan", SQL_KIND_many, "", plans[_i].sql, false};
	char line[100] = "";

	ck_assert_int_eq(engine_sqlite.open(path, DB_READ_ONLY, &conn, &err), 0);
	ck_assert_msg(engine_sqlite.scans(conn, &info, line, sizeof(line), &err) == plans[_i].scans,
		"%s: %s", plans[_i].sql, line);
	engine_sqlite.close(conn);
}
END_TEST

#define ROWS(table) (int)(sizeof(table) / sizeof((table)[0]))

Suite *test_suite(void);

Suite *test_suite(void)
{
	Suite *suite = suite_create("db");
	TCase *c = tcase_create("db");

	tcase_add_checked_fixture(c, setup, teardown);
	tcase_add_test(c, test_db__binds_by_name_in_any_order);
	tcase_add_test(c, test_db__carries_each_type_there_and_back);
	tcase_add_test(c, test_db__keeps_null_apart_from_empty);
	tcase_add_test(c, test_db__forgets_bindings_when_a_statement_is_done);
	tcase_add_loop_test(c, test_db__compares_and_sets, 0, ROWS(swaps));
	tcase_add_test(c, test_db__undoes_and_keeps_nested_steps);
	tcase_add_test(c, test_db__rolls_back);
	tcase_add_test(c, test_db__says_so_when_the_engine_undid_the_transaction);
	tcase_add_test(c, test_db__answers_a_broken_constraint_with_state_conflict);
	tcase_add_test(c, test_db__undoes_the_transaction_when_its_commit_fails);
	tcase_add_test(c, test_db__sees_the_delete_within_replace);
	tcase_add_loop_test(c, test_db__sets_its_connections_up, 0, ROWS(pragmas));
	tcase_add_test(c, test_db__keeps_a_reader_on_one_state);
	tcase_add_test(c, test_db__refuses_writes_on_a_reader);
	tcase_add_loop_test(c, test_db__does_not_open_with_a_wrong_statement, 0, ROWS(wrong));
	tcase_add_test(c, test_db__names_the_file_it_cannot_open);
	tcase_add_test(c, test_db__keeps_all_its_files_private);
	tcase_add_loop_test(c, test_db__finds_statements_that_scan, 0, ROWS(plans));
	suite_add_tcase(suite, c);
	return suite;
}
