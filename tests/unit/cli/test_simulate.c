/* SPDX-License-Identifier: Apache-2.0
 *
 * A simulated registry read back: what the simulation says of it stands in it, and what somebody
 * changed in it afterwards is found.
 */
#include <check.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>

#include "base/jcs.h"
#include "cli/sim_report.h"
#include "support/scratch.h"

Suite *test_suite(void);

enum { WEEKS = 4 };

static struct arena *arena;
static char kept[SCRATCH_PATH];
static int64_t start;

static void setup(void)
{
	const struct civil begin = {.year = 2026, .month = 1, .day = 5};
	FILE *out = tmpfile();

	scratch_make();
	arena = arena_new();
	start = civil_to_time(&begin);
	scratch_file(kept, "kept.db");
	char *argv[] = {(char *)"spiralfed", (char *)"simulate", (char *)"--weeks", (char *)"4",
		(char *)"--quiet", (char *)"--keep", kept};
	ck_assert_int_eq(cli_main(7, argv, clock_system(), out, out), CLI_DONE);
	fclose(out);
}

static void teardown(void)
{
	arena_free(arena);
	scratch_remove();
}

static void change(const char *sql)
{
	sqlite3 *db;

	ck_assert_int_eq(sqlite3_open(kept, &db), SQLITE_OK);
	ck_assert_msg(
		sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK, "%s", sqlite3_errmsg(db));
	ck_assert_int_gt(sqlite3_changes(db), 0);
	sqlite3_close(db);
}

static struct sim_verdict read_back(struct sim_history *h, struct sim_summary *sum)
{
	struct sim_verdict v;
	struct err err = {0};

	ck_assert_msg(
		sim_history_read(kept, start, start + WEEKS * SIM_WEEK, arena, h, sum, &err) == 0,
		"%s", err.msg);
	ck_assert_msg(sim_check(h, arena, &v, &err) == 0, "%s", err.msg);
	return v;
}

static bool found(const struct sim_verdict *v, const char *what)
{
	for (size_t i = 0; i < v->n; i++)
		if (strstr(v->v[i].what, what))
			return true;
	return false;
}

START_TEST(test_simulate__leaves_what_it_tells_of)
{
	struct sim_history h;
	struct sim_summary sum;
	struct sim_verdict v = read_back(&h, &sum);

	ck_assert_msg(v.n == 0, "%s", v.n ? v.v[0].what : "");
	ck_assert_int_eq(sum.days, WEEKS * 7);
	ck_assert_int_eq(sum.windows, WEEKS);
	ck_assert_int_ge(sum.promotions, WEEKS - 1);
	ck_assert_int_eq(sum.promotions, v.promotions);
	ck_assert_int_eq(sum.manifests, sum.passed + sum.failed + sum.undecided + sum.waiting);
	ck_assert_int_gt(sum.passed, 0);
	/* Ingest each day, merges on two, a window on one of seven. */
	ck_assert_int_eq(v.runs, WEEKS * (7 + 2 + 1));
}
END_TEST

START_TEST(test_simulate__is_not_deceived)
{
	struct sim_history h;
	struct sim_summary sum;

	change("DROP TRIGGER event_no_update;"
	       "UPDATE event SET entry = replace(entry, 'T10:00:', 'T18:00:')"
	       " WHERE seq = (SELECT min(seq) FROM event WHERE type = 'promotion.succeeded');");
	struct sim_verdict v = read_back(&h, &sum);
	ck_assert(found(&v, "the chain of the history does not hold"));
	ck_assert(found(&v, "1.0.0 was promoted outside the window"));
	change("DROP TRIGGER judgement_no_update;"
	       "UPDATE judgement SET body = replace(body, '\"phase\":\"Succeeded\"',"
	       " '\"phase\":\"Inconclusive\"');");
	v = read_back(&h, &sum);
	ck_assert(found(&v, "had not passed its gates"));
	change("UPDATE job_run SET outcome = 'nothing' WHERE job = 'promote' AND outcome = "
	       "'done';");
	v = read_back(&h, &sum);
	ck_assert(found(&v, "promote: 0 runs did something and the schedule did"));
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("simulated registries");
	TCase *t = tcase_create("simulate");

	jcs_setup();
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, test_simulate__leaves_what_it_tells_of);
	tcase_add_test(t, test_simulate__is_not_deceived);
	suite_add_tcase(s, t);
	return s;
}
