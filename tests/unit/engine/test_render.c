/* SPDX-License-Identifier: Apache-2.0
 *
 * Stored bodies that another version of the renderer made are made anew when the engine opens.
 */
#include <check.h>
#include <sqlite3.h>
#include <string.h>

#include "engine/render.h"
#include "support/registry.h"
#include "support/scratch.h"

Suite *test_suite(void);

/* Run SQL behind the engine's back. */
static void tamper(const char *sql)
{
	char path[SCRATCH_PATH];
	sqlite3 *db;

	ck_assert_int_eq(sqlite3_open(scratch_file(path, "registry.db"), &db), SQLITE_OK);
	ck_assert_msg(
		sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK, "%s", sqlite3_errmsg(db));
	sqlite3_close(db);
}

START_TEST(test_render__renews_bodies_of_another_version)
{
	const char *artifact, *merge, *old_merge, *release;
	struct err err = {0};
	struct body before, after;

	first_release();
	next_release(2, 0.85);
	withdraw("hf", "s/none-v1");
	artifact = artifact_text("hf", "s/textgen-lora-v1");
	merge = merge_text("1.0.1-rc.1");
	old_merge = merge_text("1.0.0-rc.1");
	release = release_text("1.0.0");
	ck_assert_int_eq(release_body(reg.reader, "1.0.0", reg.arena, &before, &err), 1);

	tamper("UPDATE artifact_state SET body = '{}'; UPDATE merge_state SET body = '{}';"
	       "UPDATE release_state SET body = '{}'");
	registry_reopen();
	ck_assert_str_eq(merge_body(reg.reader, "1.0.0-rc.1", reg.arena, &after, &err) == 1
				 ? after.text
				 : "",
		"{}"); /* the version is the same: they are believed */

	tamper("UPDATE setting SET value = 0 WHERE name = 'render'");
	registry_reopen();
	ck_assert_str_eq(artifact_text("hf", "s/textgen-lora-v1"), artifact);
	ck_assert_str_eq(merge_text("1.0.1-rc.1"), merge);
	ck_assert_str_eq(merge_text("1.0.0-rc.1"), old_merge);
	ck_assert_str_eq(release_text("1.0.0"), release);
	ck_assert_str_eq(member(channel_text(), "version"), "1.0.1");
	ck_assert_int_eq(release_body(reg.reader, "1.0.0", reg.arena, &after, &err), 1);
	ck_assert_str_eq(before.text, after.text);
	check_registry();
}
END_TEST

START_TEST(test_render__shows_an_artifact_in_full)
{
	const char *text;

	submit_unit("s/textgen-lora-v1", "textgen", 0.8);
	text = artifact_text("hf", "s/textgen-lora-v1");
	ck_assert_str_eq(member(text, "slot"), "textgen");
	ck_assert_str_eq(member(member(text, "metrics"), "quality"), "0.8");
	ck_assert_str_eq(
		member(member(text, "links"), "gates"), "/v1/artifacts/hf/s/textgen-lora-v1/gates");
	ck_assert_str_eq(member(text, "score"), "0.671");
	ck_assert_str_ne(member(text, "received_at"), "");
}
END_TEST

/* Many slots of large units. */
START_TEST(test_render__refuses_a_merge_that_would_be_cut)
{
	enum { UNITS = 5 };
	static char uri[1 << 20];
	struct fused_unit units[UNITS];
	struct merge m;
	struct err err = {0};
	struct body body = {0};

	memset(uri, 'x', sizeof(uri) - 1);
	fields_init(&merge_table, &m);
	for (size_t i = 0; i < UNITS; i++)
		units[i] = (struct fused_unit){.name = "slot", .uri = uri};
	m.slots = (struct list){units, 2};
	ck_assert_msg(merge_render(&m, reg.arena, &body, &err) == 0, "%s", err.msg);
	ck_assert_uint_gt(body.len, 2 * sizeof(uri) - 2);
	m.slots.n = UNITS;
	ck_assert_int_eq(merge_render(&m, reg.arena, &body, &err), -1);
	ck_assert_int_eq(err.code, ERR_INTERNAL);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("render");
	TCase *t = tcase_create("render");

	tcase_add_checked_fixture(t, registry_setup, registry_teardown);
	tcase_add_test(t, test_render__renews_bodies_of_another_version);
	tcase_add_test(t, test_render__shows_an_artifact_in_full);
	tcase_add_test(t, test_render__refuses_a_merge_that_would_be_cut);
	suite_add_tcase(s, t);
	return s;
}
