/* SPDX-License-Identifier: Apache-2.0
 *
 * Metrics of what can't be read: left out, and no zeros that look like numbers.
 */
#include "api/metrics.h"

#include <check.h>
#include <sqlite3.h>
#include <string.h>

#include "support/registry.h"
#include "support/scratch.h"

Suite *test_suite(void);

enum { TEXT_MAX = 1 << 20 };

static const char *metrics(void)
{
	STRBUF_AUTO sb = STRBUF_INIT(TEXT_MAX);

	/* What was seen is kept for a second. */
	fake_clock_step(&reg.clock, 2 * USEC_PER_SEC);
	metrics_watch_text(reg.engine, reg.reader, reg.arena, &sb);
	return arena_strndup(reg.arena, sb.buf, sb.len);
}

static void run(const char *sql)
{
	char path[SCRATCH_PATH];
	sqlite3 *handle;

	ck_assert_int_eq(sqlite3_open(scratch_file(path, "registry.db"), &handle), SQLITE_OK);
	ck_assert_msg(sqlite3_exec(handle, sql, NULL, NULL, NULL) == SQLITE_OK, "%s",
		sqlite3_errmsg(handle));
	sqlite3_close(handle);
}

START_TEST(test_metrics__nodes_that_can_not_be_read_are_left_out)
{
	static const char nodes[] = "spiralfed_nodes{state=\"current\"} ",
			  behind[] = "spiralfed_fleet_behind_seconds ";
	const char *text;

	first_release();
	text = metrics();
	ck_assert_ptr_nonnull(strstr(text, nodes));
	ck_assert_ptr_nonnull(strstr(text, behind));
	run("PRAGMA legacy_alter_table = ON; ALTER TABLE node RENAME TO node_gone");
	text = metrics();
	ck_assert_ptr_null(strstr(text, "spiralfed_nodes"));
	ck_assert_ptr_null(strstr(text, "spiralfed_fleet_behind_seconds"));
	/* It says so, and the rest is there. */
	ck_assert_ptr_nonnull(strstr(
		text, "spiralfed_condition{type=\"FleetFollowing\",status=\"Unknown\"} 1\n"));
	ck_assert_ptr_nonnull(
		strstr(text, "spiralfed_condition{type=\"RegistryWritable\",status=\"True\"} 1\n"));
	run("PRAGMA legacy_alter_table = ON; ALTER TABLE node_gone RENAME TO node");
	text = metrics();
	ck_assert_ptr_nonnull(strstr(text, nodes));
	ck_assert_ptr_nonnull(strstr(text, behind));
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("metrics");
	TCase *t = tcase_create("watch");

	tcase_add_checked_fixture(t, registry_setup, registry_teardown);
	tcase_add_test(t, test_metrics__nodes_that_can_not_be_read_are_left_out);
	suite_add_tcase(s, t);
	return s;
}
