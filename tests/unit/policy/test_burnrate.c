/* SPDX-License-Identifier: Apache-2.0
 *
 * Burn rates: the table of single rules, and properties over random rows against a judge that adds
 * every row up anew.
 */
#include "policy/burnrate.h"

#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

Suite *test_suite(void);

enum { LEVELS_MAX = 16, STATUSES_MAX = 64 };

static void parse_rules(const char *text, struct arena *a, struct burn_rules *ret)
{
	struct faults faults;
	struct err err = {0};

	faults_init(&faults);
	if (fields_parse_text(&burn_rules_table, text, strlen(text), a, ret, &faults, &err))
		ck_abort_msg("%s: %s %s", text, faults.list[0].pointer,
			faults.n ? faults.list[0].detail : err.msg);
}

/* ---- The table ---- */

struct level {
	char name[32];
	struct burn_rules rules;
};

static char *trimmed(char *s)
{
	char *end = s + strlen(s);

	while (end > s && (end[-1] == ' ' || end[-1] == '\n'))
		*--end = '\0';
	return s + strspn(s, " ");
}

static const char *verdict_of(const struct burnrate_status *s)
{
	return !s->applies					      ? "early"
	       : !s->enough					      ? "few"
	       : !s->over					      ? "below"
	       : !s->firing					      ? "chance"
	       : isnan(s->chance) || s->chance <= s->slo->guard_alpha ? "fires"
								      : "inconsistent";
}

static void set_counter(struct observation *row, const char *name, int64_t value)
{
	static const char *const names[] = {"total", "errors", "slow", "tokens", "cost_micro",
		"safety_checked", "safety_violations", "safety_critical"};
	int64_t *const members[] = {&row->total, &row->errors, &row->slow, &row->tokens,
		&row->cost_micro, &row->safety_checked, &row->safety_violations,
		&row->safety_critical};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (name && !strcmp(name, names[i]))
			*members[i] = value;
}

static void observe(struct burnrate *b, const struct burn_slo *slo, char *list)
{
	char *rest = list;
	int64_t minute = 0;

	for (char *word; (word = strsep(&rest, " "));) {
		long long minutes, bad, of;
		int n = sscanf(word, "%lld*%lld/%lld", &minutes, &bad, &of);

		ck_assert_msg(n == 3 || (n == 1 && strstr(word, "*-")), "%s", word);
		for (int64_t i = 0; i < minutes; i++) {
			struct observation row = {0};

			burnrate_advance(b, ++minute * 60);
			if (n == 1)
				continue;
			set_counter(&row, slo->bad, bad);
			set_counter(&row, slo->of, of);
			burnrate_add(b, minute * 60, &row);
		}
	}
}

static void check_row(const struct level *level, char *cells[6], const char *line)
{
	struct err err = {0};
	BURNRATE_AUTO b = burnrate_new(&level->rules, 0, &err);
	struct burnrate_status s;
	char sums[2][64];

	ck_assert_msg(b != NULL, "%s", err.msg);
	observe(b, LIST_AT(&level->rules.slos, struct burn_slo, 0), cells[1]);
	burnrate_advance(b, strtoll(cells[2], NULL, 10) * 60);
	burnrate_peek(b, &s);
	snprintf(sums[0], sizeof(sums[0]), "%lld/%lld", (long long)s.long_window.bad,
		(long long)s.long_window.of);
	snprintf(sums[1], sizeof(sums[1]), "%lld/%lld", (long long)s.short_window.bad,
		(long long)s.short_window.of);
	ck_assert_msg(!strcmp(verdict_of(&s), cells[3]), "%s: %s", line, verdict_of(&s));
	ck_assert_msg(!strcmp(sums[0], cells[4]), "%s: %s", line, sums[0]);
	ck_assert_msg(!strcmp(sums[1], cells[5]), "%s: %s", line, sums[1]);
	/* What is said of the distance agrees with the verdict. */
	if (s.firing)
		ck_assert_msg(s.bad_to_fire == 0, "%s", line);
	else
		ck_assert_msg(s.bad_to_fire != 0 || !strcmp(cells[3], "chance"), "%s", line);
}

START_TEST(test_burnrate__table)
{
	ARENA_AUTO arena = arena_new();
	struct level levels[LEVELS_MAX];
	size_t n_levels = 0, rows = 0;
	char *path = arena_printf(arena, "%s/tests/tables/burn.eval", getenv("SRC"));
	FILE *file = fopen(path, "re");
	FREE_AUTO char *line = NULL;
	size_t size = 0;

	ck_assert_msg(file != NULL, "%s", path);
	while (getline(&line, &size, file) > 0) {
		char *whole = arena_strdup(arena, trimmed(line));
		char *rest = arena_strdup(arena, whole);
		char *cells[6];
		size_t n = 0, i = 0;

		if (*rest == '#' || !*rest)
			continue;
		if (!strncmp(rest, "level ", 6)) {
			char *name = rest + 6;
			char *json = strchr(name, ' ');

			*json++ = '\0';
			ck_assert(n_levels < LEVELS_MAX);
			snprintf(levels[n_levels].name, sizeof(levels[0].name), "%s", name);
			parse_rules(arena_printf(arena, "{\"slos\":[%s]}", json), arena,
				&levels[n_levels++].rules);
			continue;
		}
		for (char *cell; n < 6 && (cell = strsep(&rest, "|"));)
			cells[n++] = trimmed(cell);
		ck_assert_msg(n == 6 && !rest, "%s", whole);
		while (i < n_levels && strcmp(levels[i].name, cells[0]) != 0)
			i++;
		ck_assert_msg(i < n_levels, "%s", whole);
		check_row(&levels[i], cells, whole);
		rows++;
	}
	fclose(file);
	ck_assert_uint_ge(rows, 30);
}
END_TEST

/* ---- Properties ---- */

static const char *const many =
	"{\"eval_s\":30,\"for_evals\":2,\"slos\":["
	"{\"name\":\"e\",\"kind\":\"ratio\",\"coverage\":\"scale\",\"bad\":\"errors\","
	"\"of\":\"total\",\"budget_ppm\":10000,\"min_total\":20,\"min_short\":5,\"rules\":["
	"{\"long\":600,\"short\":60,\"factor_milli\":2000,\"action\":\"rollback\"},"
	"{\"long\":1800,\"short\":300,\"factor_milli\":1000,\"action\":\"warn\"}]},"
	"{\"name\":\"s\",\"kind\":\"ratio\",\"coverage\":\"observed\",\"bad\":\"slow\","
	"\"of\":\"total\",\"budget_ppm\":50000,\"warmup_s\":90,\"rules\":["
	"{\"long\":900,\"short\":90,\"factor_milli\":1500,\"action\":\"rollback\"}]},"
	"{\"name\":\"k\",\"kind\":\"count\",\"bad\":\"safety_critical\",\"window\":300,"
	"\"max_count\":1}]}";

enum { ROWS = 600, LENGTH = 6000 };

struct timed {
	int64_t arrives, t_end;
	struct observation row;
};

static unsigned seed;

static int64_t below(int64_t n)
{
	seed = seed * 1103515245u + 12345u;
	return (int64_t)(seed >> 8) % n;
}

static void random_rows(struct timed *rows, int64_t activated)
{
	for (size_t i = 0; i < ROWS; i++) {
		int64_t total = below(8);

		rows[i] = (struct timed){.t_end = activated - 200 + below(LENGTH)};
		rows[i].arrives = rows[i].t_end + (below(4) ? below(30) : below(2500) - 100);
		rows[i].row = (struct observation){.total = total,
			.errors = total ? below(total + 1) / (1 + below(6)) : 0,
			.slow = total ? below(total + 1) : 0,
			.safety_critical = below(60) == 0};
	}
}

static void add_up(const struct timed *rows, const struct burn_slo *slo, int64_t window,
	int64_t activated, int64_t now, struct burnrate_window *ret)
{
	*ret = (struct burnrate_window){0};
	for (size_t i = 0; i < ROWS; i++) {
		int64_t from = now - window > activated + slo->warmup_s ? now - window
									: activated + slo->warmup_s;

		if (rows[i].arrives > now || rows[i].t_end <= from || rows[i].t_end > now ||
			rows[i].t_end > rows[i].arrives + BURNRATE_FUTURE_S)
			continue;
		ret->bad += observation_counter(&rows[i].row, slo->bad);
		ret->of += slo->of ? observation_counter(&rows[i].row, slo->of) : 0;
	}
}

/* Every sum is what a rescan would give, and firing is what its definition says. */
START_TEST(test_burnrate__agrees_with_a_rescan)
{
	ARENA_AUTO arena = arena_new();
	struct timed *rows = ARENA_ARRAY(arena, ROWS, struct timed);
	int64_t activated = 1000 + 13 * _i;
	struct burnrate_status s[STATUSES_MAX];
	struct burn_rules rules;
	bool *taken = ARENA_ARRAY(arena, ROWS, bool);
	int64_t in_row[STATUSES_MAX] = {0};

	seed = (unsigned)_i;
	parse_rules(many, arena, &rules);
	random_rows(rows, activated);
	BURNRATE_AUTO b = burnrate_new(&rules, activated, NULL);
	size_t n = burnrate_rules(b);

	ck_assert_int_eq(burnrate_reach(b), 1800);
	for (int64_t now = (activated / 30 + 1) * 30; now < activated + LENGTH; now += 30) {
		burnrate_advance(b, now);
		for (size_t i = 0; i < ROWS; i++) {
			if (!taken[i] && rows[i].arrives <= now) {
				burnrate_add(b, rows[i].t_end, &rows[i].row);
				taken[i] = true;
			}
		}
		burnrate_evaluate(b, now, s);
		for (size_t i = 0; i < n; i++) {
			struct burnrate_window in_long, in_short;

			add_up(rows, s[i].slo, s[i].rule->long_s, activated, now, &in_long);
			add_up(rows, s[i].slo, s[i].rule->short_s, activated, now, &in_short);
			ck_assert_int_eq(s[i].long_window.bad, in_long.bad);
			ck_assert_int_eq(s[i].long_window.of, in_long.of);
			ck_assert_int_eq(s[i].short_window.bad, in_short.bad);
			ck_assert_int_eq(s[i].short_window.of, in_short.of);
			/* Firing needs both windows. */
			if (s[i].firing && s[i].slo->kind == BURN_RATIO)
				ck_assert(s[i].long_window.burn * 1000 >
						  (double)s[i].rule->factor_milli * (1 - 1e-12) &&
					  s[i].short_window.burn * 1000 >
						  (double)s[i].rule->factor_milli * (1 - 1e-12));
			in_row[i] = s[i].firing ? in_row[i] + 1 : 0;
			ck_assert_int_eq(s[i].in_row, in_row[i]);
			ck_assert_int_eq(
				s[i].fired, in_row[i] >= (s[i].slo->kind == BURN_COUNT ? 1 : 2));
		}
	}
}
END_TEST

/* Within an evaluation rows may come in any order. */
START_TEST(test_burnrate__order_of_rows_does_not_matter)
{
	ARENA_AUTO arena = arena_new();
	struct timed *rows = ARENA_ARRAY(arena, ROWS, struct timed);
	struct burnrate_status s[2][STATUSES_MAX];
	struct burn_rules rules;

	seed = 7;
	parse_rules(many, arena, &rules);
	random_rows(rows, 0);
	BURNRATE_AUTO forth = burnrate_new(&rules, 0, NULL);
	BURNRATE_AUTO back = burnrate_new(&rules, 0, NULL);

	burnrate_advance(forth, 3000);
	burnrate_advance(back, 3000);
	for (size_t i = 0; i < ROWS; i++) {
		burnrate_add(forth, rows[i].t_end, &rows[i].row);
		burnrate_add(back, rows[ROWS - 1 - i].t_end, &rows[ROWS - 1 - i].row);
	}
	for (int64_t now = 3000; now < 5000; now += 300) {
		burnrate_evaluate(forth, now, s[0]);
		burnrate_evaluate(back, now, s[1]);
		for (size_t i = 0; i < burnrate_rules(forth); i++) {
			ck_assert_int_eq(s[0][i].long_window.bad, s[1][i].long_window.bad);
			ck_assert_int_eq(s[0][i].short_window.of, s[1][i].short_window.of);
			ck_assert_int_eq(s[0][i].fired, s[1][i].fired);
		}
	}
}
END_TEST

START_TEST(test_burnrate__looking_changes_nothing)
{
	ARENA_AUTO arena = arena_new();
	struct burnrate_status s[STATUSES_MAX];
	struct observation bad = {.total = 100, .errors = 100};
	struct burn_rules rules;

	parse_rules(many, arena, &rules);
	BURNRATE_AUTO b = burnrate_new(&rules, 0, NULL);

	burnrate_advance(b, 60);
	ck_assert(burnrate_add(b, 60, &bad));
	for (int i = 0; i < 5; i++) {
		burnrate_peek(b, s);
		ck_assert(s[0].firing && !s[0].fired && s[0].in_row == 0);
	}
	burnrate_evaluate(b, 60, s);
	ck_assert(s[0].firing && !s[0].fired);
	burnrate_evaluate(b, 90, s);
	ck_assert(s[0].fired && s[0].first);
	burnrate_evaluate(b, 120, s);
	ck_assert(!s[0].firing || !s[0].first);
}
END_TEST

START_TEST(test_burnrate__says_how_many_faults_are_missing)
{
	ARENA_AUTO arena = arena_new();
	struct burnrate_status s[STATUSES_MAX];
	struct observation row = {.total = 1000, .errors = 3};
	struct burn_rules rules;

	parse_rules(many, arena, &rules);
	for (int64_t now = 60; now < 1200; now += 60) {
		BURNRATE_AUTO b = burnrate_new(&rules, 0, NULL);

		burnrate_advance(b, now);
		burnrate_add(b, now, &row);
		burnrate_peek(b, s);
		ck_assert(!s[0].firing && s[0].bad_to_fire > 0);
		struct observation more = {.errors = s[0].bad_to_fire - 1};

		burnrate_add(b, now, &more);
		burnrate_peek(b, s);
		ck_assert(!s[0].firing);
		more.errors = 1;
		burnrate_add(b, now, &more);
		burnrate_peek(b, s);
		ck_assert(s[0].firing);
	}
}
END_TEST

START_TEST(test_burnrate__refuses_rows_that_count_nowhere)
{
	ARENA_AUTO arena = arena_new();
	struct burnrate_status s[STATUSES_MAX];
	struct observation row = {.total = 10, .errors = 1};
	struct observation huge = {.total = INT64_MAX, .errors = 1};
	struct observation negative = {.total = -1, .errors = 1};
	struct burn_rules rules;

	parse_rules(many, arena, &rules);
	BURNRATE_AUTO b = burnrate_new(&rules, 10000, NULL);

	burnrate_advance(b, 13000);
	ck_assert(!burnrate_add(b, 10000, &row)); /* the activation before */
	ck_assert(!burnrate_add(b, 11000, &row)); /* longer ago than any window */
	ck_assert(!burnrate_add(b, 13300, &row)); /* not yet */
	ck_assert(!burnrate_add(b, 12990, &huge));
	ck_assert(!burnrate_add(b, 12990, &negative));
	burnrate_peek(b, s);
	ck_assert_int_eq(s[0].long_window.of, 0);
	ck_assert(burnrate_add(b, 13000 + BURNRATE_FUTURE_S, &row));
	burnrate_evaluate(b, 13000, s);
	ck_assert_int_eq(s[0].long_window.of, 0);
	burnrate_evaluate(b, 13140, s);
	ck_assert_int_eq(s[0].long_window.of, 10);
	/* A gap of years, and nothing of it is left. */
	burnrate_evaluate(b, INT64_C(13140) + 30 * (BURNRATE_CELLS_MAX + 5), s);
	ck_assert_int_eq(s[0].long_window.of, 0);
}
END_TEST

START_TEST(test_burnrate__memory_is_bounded)
{
	ARENA_AUTO arena = arena_new();
	struct burn_rules rules;
	struct err err = {0};
	static const char slo[] =
		"{\"eval_s\":%d,\"slos\":[{\"name\":\"e\",\"kind\":\"ratio\",\"bad\":\"errors\","
		"\"of\":\"total\",\"budget_ppm\":1000,\"rules\":[{\"long\":2592000,"
		"\"short\":21600,\"factor_milli\":1000,\"action\":\"warn\"}]}]}";
	char text[512];

	snprintf(text, sizeof(text), slo, 30);
	parse_rules(text, arena, &rules);
	BURNRATE_AUTO month = burnrate_new(&rules, 0, &err);

	ck_assert(month != NULL);
	ck_assert_uint_lt(burnrate_memory(month), 1500000);
	snprintf(text, sizeof(text), slo, 7);
	parse_rules(text, arena, &rules);
	ck_assert(burnrate_new(&rules, 0, &err) == NULL);
	ck_assert_int_eq(err.code, ERR_INVALID_POLICY);
}
END_TEST

/* The largest counts, windows and factors stay within the arithmetic. */
START_TEST(test_burnrate__extremes_do_not_overflow)
{
	ARENA_AUTO arena = arena_new();
	struct burnrate_status s[STATUSES_MAX];
	struct burn_rules rules;
	struct observation row = {.total = BURNRATE_COUNT_MAX,
		.errors = BURNRATE_COUNT_MAX,
		.tokens = BURNRATE_COUNT_MAX,
		.cost_micro = BURNRATE_COUNT_MAX};

	parse_rules("{\"eval_s\":30,\"slos\":["
		    "{\"name\":\"e\",\"kind\":\"ratio\",\"coverage\":\"scale\",\"bad\":\"errors\","
		    "\"of\":\"total\",\"budget_ppm\":1000000,\"rules\":[{\"long\":2678400,"
		    "\"short\":2678400,\"factor_milli\":1000000,\"action\":\"warn\"}]},"
		    "{\"name\":\"c\",\"kind\":\"value\",\"coverage\":\"scale\",\"bad\":"
		    "\"cost_micro\",\"of\":\"tokens\",\"limit_micro_per_1k\":1000000000,"
		    "\"rules\":[{\"long\":2678400,\"short\":2678400,\"factor_milli\":1000000,"
		    "\"action\":\"warn\"}]}]}",
		arena, &rules);
	BURNRATE_AUTO b = burnrate_new(&rules, 0, NULL);

	for (int64_t now = 30; now < 2678400; now += 30) {
		burnrate_advance(b, now);
		ck_assert(burnrate_add(b, now, &row));
	}
	burnrate_peek(b, s);
	ck_assert(!s[0].firing && !s[1].firing);
	ck_assert(fabs(s[0].long_window.burn - 1.0) < 1e-4);
	ck_assert(fabs(s[1].long_window.burn - 1e-6) < 1e-9);
	ck_assert_int_eq(s[0].bad_to_fire, -1);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("burn rates");
	TCase *c = tcase_create("burnrate");

	tcase_add_test(c, test_burnrate__table);
	tcase_add_loop_test(c, test_burnrate__agrees_with_a_rescan, 0, 12);
	tcase_add_test(c, test_burnrate__order_of_rows_does_not_matter);
	tcase_add_test(c, test_burnrate__looking_changes_nothing);
	tcase_add_test(c, test_burnrate__says_how_many_faults_are_missing);
	tcase_add_test(c, test_burnrate__refuses_rows_that_count_nowhere);
	tcase_add_test(c, test_burnrate__memory_is_bounded);
	tcase_add_test(c, test_burnrate__extremes_do_not_overflow);
	suite_add_tcase(s, c);
	return s;
}
