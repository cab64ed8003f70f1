/* SPDX-License-Identifier: Apache-2.0
 *
 * Structs through SQL and back: every scalar type, given and absent.
 */
#include <check.h>
#include <math.h>
#include <string.h>

#include "db/db.h"
#include "db/engine.h"
#include "model/field.h"
#include "support/scratch.h"

Suite *test_suite(void);

static const char *const colours[] = {"red", "green", NULL};
static const struct field_names colour_names = {"colour", colours};

struct row {
	const char *text, *json;
	int64_t count, zero, at;
	double real;
	int flag, colour;
	struct strings tags;
};

#define F(name_, type_, ...)                                            \
	{                                                               \
#name_, type_, offsetof(struct row, name_), __VA_ARGS__ \
	}
static const struct field row_fields[] = {
	F(text, FIELD_STRING, 0),
	F(json, FIELD_JSON, 0),
	F(count, FIELD_INT, 0),
	F(zero, FIELD_INT, FIELD_ZERO),
	F(at, FIELD_TIME, 0),
	F(real, FIELD_REAL, 0),
	F(flag, FIELD_BOOL, 0),
	F(colour, FIELD_ENUM, 0, .names = &colour_names),
	F(tags, FIELD_STRINGS, 0),
};
static const struct field_table row_table = FIELD_TABLE("Row", NULL, struct row, row_fields);

/* Answers with what was bound, under the same names, and with how many of them are NULL. */
static const struct sql_info catalogue[] = {
	{"echo", SQL_KIND_one, "text,json,count,zero,at,real,flag,colour,tags,other",
		"SELECT $1 AS text, $2 AS json, $3 AS count, $4 AS zero, $5 AS at, $6 AS real,"
		" $7 AS flag, $8 AS colour, $9 AS tags, $10 AS other, ($1 IS NULL) + ($2 IS NULL)"
		" + ($3 IS NULL) + ($4 IS NULL) + ($5 IS NULL) + ($6 IS NULL) + ($7 IS NULL)"
		" + ($8 IS NULL) AS nulls",
		false},
};

static char path[SCRATCH_PATH];
static struct db *db;
static struct err err;

static void setup(void)
{
	scratch_make();
	scratch_file(path, "test.db");
	ck_assert_msg(
		!db_open_catalogue(&engine_sqlite, path, DB_READ_WRITE, catalogue, 1, &db, &err),
		"%s", err.msg);
}

static void teardown(void)
{
	db_close(db);
	scratch_remove();
}

static int64_t echo(const struct row *in, struct arena *a, struct row *out)
{
	STMT_AUTO s = db_stmt(db, (enum sql_id)0);

	stmt_bind_fields(s, &row_table, in);
	ck_assert_int_eq(stmt_step(s, &err), 1);
	ck_assert(stmt_is_null(s, "tags") && stmt_is_null(s, "other"));
	fields_init(&row_table, out);
	stmt_load_fields(s, &row_table, a, out);
	return stmt_int(s, "nulls");
}

START_TEST(test_field_sql__what_is_given_comes_back)
{
	ARENA_AUTO a = arena_new();
	const struct row in = {.text = "t\xc3\xa9xt",
		.json = "{\"a\":1}",
		.count = 5,
		.zero = 6,
		.at = INT64_C(1795499994500000),
		.real = 0.1,
		.flag = 1,
		.colour = 1};
	struct row out;

	ck_assert_int_eq(echo(&in, a, &out), 0);
	ck_assert_str_eq(out.text, in.text);
	ck_assert_str_eq(out.json, in.json);
	ck_assert_int_eq(out.count, 5);
	ck_assert_int_eq(out.zero, 6);
	ck_assert_int_eq(out.at, in.at);
	ck_assert(out.real == 0.1);
	ck_assert_int_eq(out.flag, 1);
	ck_assert_int_eq(out.colour, 1);
	ck_assert_uint_eq(out.tags.n, 0);
}
END_TEST

START_TEST(test_field_sql__absent_is_null)
{
	ARENA_AUTO a = arena_new();
	struct row in, out;

	fields_init(&row_table, &in);
	/* All but the integer that is 0 when absent. */
	ck_assert_int_eq(echo(&in, a, &out), 7);
	ck_assert_ptr_null(out.text);
	ck_assert_ptr_null(out.json);
	ck_assert_int_eq(out.count, -1);
	ck_assert_int_eq(out.zero, 0);
	ck_assert_int_eq(out.at, 0);
	ck_assert(isnan(out.real));
	ck_assert_int_eq(out.flag, -1);
	ck_assert_int_eq(out.colour, -1);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("model/field_sql");
	TCase *tc = tcase_create("field_sql");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, test_field_sql__what_is_given_comes_back);
	tcase_add_test(tc, test_field_sql__absent_is_null);
	suite_add_tcase(s, tc);
	return s;
}
