/* SPDX-License-Identifier: Apache-2.0
 *
 * What the schema itself promises, on a registry as the migrations make it, and the statements of
 * the real catalogue against it.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include <sqlite3.h>

#include "base/strbuf.h"
#include "db/db.h"
#include "db/engine.h"
#include "db/migrate.h"
#include "db/sqlite.h"
#include "support/scratch.h"

/* Every other table is append-only. */
static const char *const changing[] = {
	"artifact_probe",
	"artifact_state",
	"channel",
	"channel_pointer",
	"contract_wait",
	"distillation",
	"drill",
	"drill_node",
	"idempotency",
	"ingest_due",
	"job_run",
	"job_state",
	"merge_state",
	"node",
	"node_release",
	"observation",
	"outbox",
	"release_state",
	"room",
	"setting",
	"signal_hour",
	"signing_key",
	"source",
	"published_file",
	"published_state",
	"source_ask",
	"source_item",
	"token",
	"waiver_state",
	"watch",
	"webhook",
	"webhook_attempt",
	"webhook_delivery",
	"webhook_secret",
};

static char path[SCRATCH_PATH];
static sqlite3 *handle;
static struct err err;

static void setup(void)
{
	scratch_make();
	scratch_file(path, "registry.db");
	err = (struct err){0};
	ck_assert_msg(migrate_run(path, 1, NULL, &err) == 0, "%s", err.msg);
	ck_assert_msg(sqlite_open(path, DB_READ_WRITE, &handle, &err) == 0, "%s", err.msg);
}

static void teardown(void)
{
	sqlite3_close_v2(handle);
	scratch_remove();
}

static int run(const char *sql)
{
	return sqlite3_exec(handle, sql, NULL, NULL, NULL);
}

static void must(const char *sql)
{
	ck_assert_msg(run(sql) == SQLITE_OK, "%s: %s", sql, sqlite3_errmsg(handle));
}

static sqlite3_stmt *ask(const char *sql)
{
	sqlite3_stmt *s;

	ck_assert_msg(sqlite3_prepare_v2(handle, sql, -1, &s, NULL) == SQLITE_OK, "%s: %s", sql,
		sqlite3_errmsg(handle));
	return s;
}

static int64_t ask_int(const char *sql)
{
	SQLITE_STMT_AUTO s = ask(sql);

	ck_assert_int_eq(sqlite3_step(s), SQLITE_ROW);
	return sqlite3_column_int64(s, 0);
}

/* "INSERT [OR REPLACE] INTO table VALUES (...)" of values that fit the columns' types. */
static void add_row(struct strbuf *sql, const char *verb, const char *table)
{
	STRBUF_AUTO columns = STRBUF_INIT(200);
	strbuf_addf(&columns, "SELECT type FROM pragma_table_info('%s') ORDER BY cid", table);
	SQLITE_STMT_AUTO s = ask(columns.buf);
	const char *blob =
		strcmp(table, "release_signature") == 0 ? "zeroblob(64)" : "zeroblob(32)";

	strbuf_addf(sql, "%s INTO \"%s\" VALUES (", verb, table);
	for (const char *comma = ""; sqlite3_step(s) == SQLITE_ROW; comma = ", ") {
		const char *type = (const char *)sqlite3_column_text(s, 0);
		strbuf_addf(sql, "%s%s", comma,
			strcmp(type, "TEXT") == 0   ? "'x'"
			: strcmp(type, "BLOB") == 0 ? blob
						    : "77");
	}
	strbuf_addstr(sql, ")");
}

static void refused(const char *table, const char *sql)
{
	int rc = run(sql);

	ck_assert_msg(rc == SQLITE_CONSTRAINT_TRIGGER, "%s: `%s` gave %d %s", table, sql, rc,
		sqlite3_errmsg(handle));
}

static void check_sealed(const char *table)
{
	STRBUF_AUTO insert = STRBUF_INIT(2000);
	STRBUF_AUTO replace = STRBUF_INIT(2000);
	STRBUF_AUTO update = STRBUF_INIT(500);
	STRBUF_AUTO delete = STRBUF_INIT(500);
	STRBUF_AUTO count = STRBUF_INIT(500);
	STRBUF_AUTO column = STRBUF_INIT(200);

	add_row(&insert, "INSERT", table);
	add_row(&replace, "INSERT OR REPLACE", table);
	strbuf_addf(&column, "SELECT name FROM pragma_table_info('%s') ORDER BY cid DESC", table);
	SQLITE_STMT_AUTO s = ask(column.buf);
	ck_assert_int_eq(sqlite3_step(s), SQLITE_ROW);
	strbuf_addf(&update, "UPDATE \"%s\" SET %s = %s", table, sqlite3_column_text(s, 0),
		sqlite3_column_text(s, 0));
	sqlite3_reset(s);
	strbuf_addf(&delete, "DELETE FROM \"%s\"", table);
	strbuf_addf(&count, "SELECT count(*) FROM \"%s\"", table);

	must(insert.buf);
	int64_t rows = ask_int(count.buf);
	ck_assert_int_ge(rows, 1);
	refused(table, update.buf);
	refused(table, delete.buf);
	refused(table, replace.buf);
	ck_assert_int_eq(ask_int(count.buf), rows);
}

static bool may_change(const char *table)
{
	for (size_t i = 0; i < sizeof(changing) / sizeof(changing[0]); i++)
		if (strcmp(changing[i], table) == 0)
			return true;
	return false;
}

/* Refused by what is there for it, not by chance. */
static void check_triggers(const char *table)
{
	static const char *const verbs[] = {"update", "delete"};

	for (size_t i = 0; i < 2; i++) {
		STRBUF_AUTO sql = STRBUF_INIT(300);

		strbuf_addf(&sql,
			"SELECT count(*) FROM sqlite_schema WHERE type = 'trigger' AND tbl_name = "
			"'%s'"
			" AND name LIKE '%%_no_%s'",
			table, verbs[i]);
		ck_assert_msg(ask_int(sql.buf) == 1, "%s has no trigger for %s", table, verbs[i]);
	}
}

START_TEST(test_schema__seals_every_table_that_is_not_meant_to_change)
{
	int sealed = 0, open = 0;
	SQLITE_STMT_AUTO s = ask("SELECT name FROM sqlite_schema WHERE type = 'table'"
				 " AND name NOT LIKE 'sqlite_%' ORDER BY name");

	must("PRAGMA foreign_keys = OFF");
	while (sqlite3_step(s) == SQLITE_ROW) {
		const char *table = (const char *)sqlite3_column_text(s, 0);
		if (may_change(table)) {
			open++;
		} else {
			check_sealed(table);
			check_triggers(table);
			sealed++;
		}
	}
	ck_assert_int_eq(open, sizeof(changing) / sizeof(changing[0]));
	ck_assert_int_gt(sealed, 20);
}
END_TEST

START_TEST(test_schema__is_strict_throughout)
{
	ck_assert_int_eq(ask_int("SELECT count(*) FROM pragma_table_list WHERE schema = 'main'"
				 " AND type = 'table' AND name NOT LIKE 'sqlite_%'"
				 " AND NOT strict"),
		0);
	ck_assert_int_eq(
		run("INSERT INTO token (id, name, hash, scopes, created_by, created_at, body)"
		    " VALUES ('a', 'b', 'text', '', '', 1, '')"),
		SQLITE_CONSTRAINT_DATATYPE);
}
END_TEST

/* A release_state row; what else it holds is of no matter here. */
static int state_row(const char *version, const char *state)
{
	STRBUF_AUTO sql = STRBUF_INIT(500);

	strbuf_addf(&sql,
		"INSERT INTO release_state (release_version, state, last_serial, last_active_at,"
		" body, body_digest, render, updated_at) VALUES ('%s', '%s', 1, 1, '', '', 1, 1)",
		version, state);
	return run(sql.buf);
}

START_TEST(test_schema__has_one_active_release_at_most)
{
	must("PRAGMA foreign_keys = OFF");
	ck_assert_int_eq(state_row("1.0.0", "active"), SQLITE_OK);
	ck_assert_int_eq(state_row("0.9.0", "warm"), SQLITE_OK);
	ck_assert_int_eq(state_row("0.8.0", "warm"), SQLITE_OK);
	ck_assert_int_eq(state_row("1.0.1", "active"), SQLITE_CONSTRAINT_UNIQUE);
	ck_assert_int_eq(
		run("UPDATE release_state SET state = 'active' WHERE release_version = '0.9.0'"),
		SQLITE_CONSTRAINT_UNIQUE);
	must("UPDATE release_state SET state = 'warm' WHERE state = 'active'");
	must("UPDATE release_state SET state = 'active' WHERE release_version = '0.9.0'");
}
END_TEST

START_TEST(test_schema__holds_references)
{
	ck_assert_int_eq(state_row("9.9.9", "warm"), SQLITE_CONSTRAINT_FOREIGNKEY);
}
END_TEST

START_TEST(test_catalogue__is_sorted_and_declared_in_full)
{
	for (int i = 0; i < SQL_IDS; i++) {
		const struct sql_info *info = sql_info((enum sql_id)i);
		ck_assert(info->name && info->params && info->text && *info->text);
		if (i)
			ck_assert_str_lt(sql_info((enum sql_id)(i - 1))->name, info->name);
	}
}
END_TEST

START_TEST(test_catalogue__prepares_on_both_kinds_of_connection)
{
	struct db *writer, *reader;

	ck_assert_msg(db_open(path, DB_READ_WRITE, &writer, &err) == 0, "%s", err.msg);
	ck_assert_msg(db_open(path, DB_READ_ONLY, &reader, &err) == 0, "%s", err.msg);
	for (int i = 0; i < SQL_IDS; i++) {
		STMT_AUTO s = db_stmt(writer, (enum sql_id)i);
		bool reads = sql_info((enum sql_id)i)->kind <= SQL_KIND_many;
		ck_assert_msg((stmt_columns(s) > 0) == reads, "%s: its kind says otherwise",
			sql_info((enum sql_id)i)->name);
	}
	db_close(reader);
	db_close(writer);
}
END_TEST

START_TEST(test_catalogue__reads_no_whole_table_by_accident)
{
	struct engine_conn *conn;
	char line[200];

	ck_assert_int_eq(engine_sqlite.open(path, DB_READ_ONLY, &conn, &err), 0);
	for (int i = 0; i < SQL_IDS; i++) {
		const struct sql_info *info = sql_info((enum sql_id)i);
		int scans = engine_sqlite.scans(conn, info, line, sizeof(line), &err);
		ck_assert_msg(scans >= 0, "%s", err.msg);
		ck_assert_msg(!scans || info->scan_ok,
			"%s: %s; add an index, or `-- scan ok` to its declaration", info->name,
			line);
	}
	engine_sqlite.close(conn);
}
END_TEST

Suite *test_suite(void);

Suite *test_suite(void)
{
	Suite *suite = suite_create("schema");
	TCase *c = tcase_create("schema");

	tcase_add_checked_fixture(c, setup, teardown);
	tcase_add_test(c, test_schema__seals_every_table_that_is_not_meant_to_change);
	tcase_add_test(c, test_schema__is_strict_throughout);
	tcase_add_test(c, test_schema__has_one_active_release_at_most);
	tcase_add_test(c, test_schema__holds_references);
	tcase_add_test(c, test_catalogue__is_sorted_and_declared_in_full);
	tcase_add_test(c, test_catalogue__prepares_on_both_kinds_of_connection);
	tcase_add_test(c, test_catalogue__reads_no_whole_table_by_accident);
	suite_add_tcase(suite, c);
	return suite;
}
