/* SPDX-License-Identifier: Apache-2.0
 *
 * The hash chain of the history: any row that is edited, deleted or moved is named.
 */
#include <check.h>
#include <sqlite3.h>
#include <string.h>

#include "engine/internal.h"
#include "store/artifact.h"
#include "store/event.h"
#include "store/observation.h"
#include "support/registry.h"
#include "support/scratch.h"

Suite *test_suite(void);

static int64_t verify(void)
{
	struct err err = {0};
	int64_t bad = 0;
	int rc = event_verify(reg.reader, &bad, &err);

	ck_assert_msg(rc >= 0, "%s", err.msg);
	return rc ? bad : 0;
}

/* Run SQL behind the engine's back, seals taken off. */
static void tamper(const char *sql)
{
	char path[SCRATCH_PATH];
	sqlite3 *db;

	ck_assert_int_eq(sqlite3_open(scratch_file(path, "registry.db"), &db), SQLITE_OK);
	ck_assert_msg(sqlite3_exec(db,
			      "PRAGMA foreign_keys = OFF;"
			      "DROP TRIGGER IF EXISTS event_no_update;"
			      "DROP TRIGGER IF EXISTS event_no_delete;",
			      NULL, NULL, NULL) == SQLITE_OK,
		"%s", sqlite3_errmsg(db));
	ck_assert_msg(
		sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK, "%s", sqlite3_errmsg(db));
	sqlite3_close(db);
}

START_TEST(test_event_verify__names_the_row)
{
	static const struct {
		const char *sql;
		int64_t bad;
	} cases[] = {
		{"UPDATE event SET entry = replace(entry, 'token:test', 'token:tesu') WHERE seq = "
		 "4",
			4},
		{"UPDATE event SET hash = zeroblob(32) WHERE seq = 5", 5},
		{"UPDATE event SET prev_hash = zeroblob(32) WHERE seq = 5", 5},
		{"DELETE FROM event WHERE seq = 3", 3},
		{"DELETE FROM event WHERE seq = 1", 1},
		{"UPDATE event SET seq = -1 WHERE seq = 3; UPDATE event SET seq = 3 WHERE seq = 4;"
		 "UPDATE event SET seq = 4 WHERE seq = -1",
			3},
	};

	first_release();
	ck_assert_int_eq(verify(), 0);
	tamper(cases[_i].sql);
	ck_assert_int_eq(verify(), cases[_i].bad);
}
END_TEST

START_TEST(test_event_list__filters_by_type_and_subject)
{
	struct err err = {0};
	struct page page;

	first_release();
	ck_assert_int_eq(
		event_list(reg.reader, "candidate.passed", NULL, 0, 2, reg.arena, &page, &err), 0);
	ck_assert_uint_eq(page.n, 2);
	ck_assert_int_gt(page.next, 0);
	ck_assert_str_eq(member(page.bodies[0], "type"), "candidate.passed");
	ck_assert_str_eq(member(page.bodies[0], "subject"), "s/runtime-v1");
	ck_assert_int_eq(event_list(reg.reader, "candidate.passed", NULL, page.next, 2, reg.arena,
				 &page, &err),
		0);
	ck_assert_uint_eq(page.n, 1);
	ck_assert_int_eq(page.next, 0);
	ck_assert_int_eq(event_list(reg.reader, NULL, "1.0.0", 0, 10, reg.arena, &page, &err), 0);
	ck_assert_uint_eq(page.n, 2); /* activated, promoted */
	ck_assert_int_eq(
		event_list(reg.reader, "release.activated", "1.0.0", 0, 10, reg.arena, &page, &err),
		0);
	ck_assert_uint_eq(page.n, 1);
	ck_assert_str_eq(member(page.bodies[0], "actor"), "token:test");
	ck_assert_str_eq(member(page.bodies[0], "request_id"), "request-1");
	ck_assert_str_eq(member(page.bodies[0], "reason"), "test");
}
END_TEST

/* Only a row of the same key is there already; one that can't be stored is an error. */
START_TEST(test_observation_insert__refuses_what_is_no_row)
{
	struct observation o = {.node = "n1", .t_start = 1, .t_end = 2, .total = 1};
	struct db *db = reg.engine->db;
	struct err err = {0};

	first_release();
	ck_assert_int_eq(db_begin(db, &err), 0);
	ck_assert_int_eq(observation_insert(db, 1, &o, 3, &err), 1);
	ck_assert_int_eq(observation_insert(db, 1, &o, 3, &err), 0);
	o.node = NULL;
	ck_assert_int_eq(observation_insert(db, 1, &o, 3, &err), -1);
	db_rollback(db);
}
END_TEST

/* A rollback that held only some of what was new would be worse than none. */
START_TEST(test_artifact_held__never_stops_short)
{
	enum { N = 257 };
	STRBUF_AUTO sb = STRBUF_INIT(1 << 20);
	struct err err = {0};
	int64_t *seqs;
	size_t n;

	for (int i = 1; i <= N; i++) {
		bool first = i % 100 == 1, last = i % 100 == 0 || i == N;

		if (first)
			strbuf_reset(&sb);
		strbuf_addf(&sb,
			"%s{\"id\":\"s/t-v%d\",\"role\":\"textgen\",\"uri\":\"hf://x\","
			"\"metrics\":{\"quality\":0.8}}%s",
			first ? "{\"provider\":\"hf\",\"artifacts\":[" : ",", i, last ? "]}" : "");
		if (last)
			ck_assert_int_eq(submit(arena_strdup(reg.arena, sb.buf)).status, 201);
	}
	tamper("UPDATE artifact_state SET held_by = 'x' WHERE artifact_seq > 1");
	ck_assert_int_eq(artifact_held(reg.reader, "x", reg.arena, &seqs, &n, &err), 0);
	ck_assert_uint_eq(n, N - 1);
	tamper("UPDATE artifact_state SET held_by = 'x'");
	ck_assert_int_eq(artifact_held(reg.reader, "x", reg.arena, &seqs, &n, &err), -1);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("history");
	TCase *t = tcase_create("history");

	tcase_add_checked_fixture(t, registry_setup, registry_teardown);
	tcase_add_loop_test(t, test_event_verify__names_the_row, 0, 6);
	tcase_add_test(t, test_event_list__filters_by_type_and_subject);
	tcase_add_test(t, test_observation_insert__refuses_what_is_no_row);
	tcase_add_test(t, test_artifact_held__never_stops_short);
	suite_add_tcase(s, t);
	return s;
}
