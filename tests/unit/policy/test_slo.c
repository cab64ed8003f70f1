/* SPDX-License-Identifier: Apache-2.0
 *
 * Service levels as they stand: plain thresholds at, below and above their limit, with too little
 * data and with none; what acts at once and what waits for its step; what a look ahead leaves alone.
 */
#include <check.h>
#include <string.h>

#include "base/clock.h"
#include "policy/slo.h"

Suite *test_suite(void);

static struct arena *arena;

static void setup(void)
{
	arena = arena_new();
}

static void teardown(void)
{
	arena_free(arena);
}

/* Rules from JSON with ' for ". */
static const struct burn_rules *rules_of(const char *json)
{
	struct burn_rules *r = ARENA_NEW(arena, struct burn_rules);
	char *text = arena_strdup(arena, json);
	struct faults faults;
	struct err err = {0};

	for (char *p = text; *p; p++)
		if (*p == '\'')
			*p = '"';
	faults_init(&faults);
	ck_assert_msg(fields_parse_text(
			      &burn_rules_table, text, strlen(text), arena, r, &faults, &err) == 0,
		"%s %s: %s", err.msg, faults.n ? faults.list[0].pointer : "",
		faults.n ? faults.list[0].detail : "");
	return r;
}

static bool fires(const struct slo_watch *w)
{
	size_t n;
	const struct burnrate_status *s = slo_watch_statuses(w, &n);

	for (size_t i = 0; i < n; i++)
		if (s[i].fired)
			return true;
	return false;
}

enum { BEGIN = 1000000020 }; /* a step of 30 s and of 60 s */

#define AT(s)	    ((BEGIN + INT64_C(s)) * USEC_PER_SEC)
#define PLAIN(rest) "{'slos':[{'name':'e'," rest "}]}"

static const struct {
	const char *rules;
	struct observation sum;
	bool fires;
	const char *sentence;
} plain[] = {
	{PLAIN("'bad':'errors','of':'total','limit':0.01,'min_total':100"),
		{.total = 1000, .errors = 40}, true,
		"errors: 40 of 1000 (4 %) over 300 s, 4 times the budget of 1 %; fires above 1 "
		"times"},
	{PLAIN("'bad':'errors','of':'total','limit':0.02,'min_total':100"),
		{.total = 1000, .errors = 20}, false, NULL},
	{PLAIN("'bad':'errors','of':'total','limit':0.02,'min_total':100"),
		{.total = 1000, .errors = 21}, true, NULL},
	{PLAIN("'bad':'errors','of':'total','limit':0.02,'min_total':100"),
		{.total = 99, .errors = 99}, false, NULL},
	{PLAIN("'bad':'errors','of':'total','limit':0.02,'min_total':100"),
		{.total = 100, .errors = 99}, true, NULL},
	{PLAIN("'bad':'errors','of':'total','limit':0.02"), {.errors = 0}, false,
		"no data: total is 0 over 300 s"},
	{PLAIN("'bad':'errors','of':'total','limit':0"), {.total = 1000, .errors = 1}, true, NULL},
	{PLAIN("'bad':'slow','of':'total','limit':0.2,'min_total':10,'window_s':7"),
		{.total = 10, .slow = 3}, true,
		"slow: 3 of 10 (30 %) over 7 s, 1.5 times the budget of 20 %; fires above 1 times"},
	{PLAIN("'bad':'safety_violations','of':'safety_checked','limit':0.01"),
		{.safety_checked = 200, .safety_violations = 2}, false, NULL},
	{PLAIN("'bad':'safety_critical','limit':0"), {.safety_critical = 1}, true,
		"safety_critical: 1 over 300 s; fires above 0"},
	{PLAIN("'bad':'safety_critical','limit':0"), {.safety_critical = 0}, false, NULL},
	{PLAIN("'bad':'safety_critical','limit':1.5"), {.safety_critical = 1}, false, NULL},
	{PLAIN("'bad':'safety_critical','limit':1.5"), {.safety_critical = 2}, true, NULL},
	{PLAIN("'bad':'cost_micro','of':'tokens','limit':1500000"),
		{.tokens = 2000, .cost_micro = 3000001}, true,
		"cost_micro: 1500000.5 for 1000 tokens over 300 s, 1 times the limit of 1500000; "
		"fires above 1 times"},
	{PLAIN("'bad':'cost_micro','of':'tokens','limit':1500000"),
		{.tokens = 2000, .cost_micro = 3000000}, false, NULL},
	{PLAIN("'bad':'errors','of':'total','limit':0.02,'action':'warn'"),
		{.total = 100, .errors = 99}, true, NULL},
};

START_TEST(test_slo__a_plain_threshold_fires_strictly_above_its_limit)
{
	const struct burn_rules *rules = rules_of(plain[_i].rules);
	struct err err = {0};
	SLO_WATCH_AUTO w = slo_watch_new(rules, AT(0), &err);
	size_t n;

	ck_assert_ptr_nonnull(w);
	slo_watch_add(w, AT(60) + 1, AT(60) + 2, &plain[_i].sum);
	slo_watch_look(w, AT(60) + 2);
	ck_assert_int_eq(fires(w), plain[_i].fires);
	const struct burnrate_status *s = slo_watch_statuses(w, &n);

	ck_assert_uint_eq(n, 1);
	if (plain[_i].sentence)
		ck_assert_str_eq(slo_sentence(&s[0], arena), plain[_i].sentence);
}
END_TEST

static const struct {
	const char *slo, *pointer, *word;
} refused[] = {
	{"'bad':'errors','of':'total'", "/slos/0/limit", "is required for the kind threshold"},
	{"'bad':'errors','limit':1,'budget_ppm':1", "/slos/0/budget_ppm", "means nothing"},
	{"'bad':'errors','limit':1,'window':1", "/slos/0/window", "means nothing"},
	{"'bad':'errors','limit':1,'guard_alpha':0.1", "/slos/0/guard_alpha", "means nothing"},
	{"'bad':'errors','limit':-1", "/slos/0/limit", "at least 0"},
	{"'bad':'errors','of':'errors','limit':1", "/slos/0/of", "must not be the counter"},
	{"'kind':'count','bad':'errors','max_count':1,'window':60,'limit':2", "/slos/0/limit",
		"means nothing for the kind count"},
	{"'kind':'value','bad':'slow','of':'total','rules':[{'long':60,'short':60,"
	 "'factor_milli':1,'action':'warn'}]",
		"/slos/0/limit_micro_per_1k", "is required for the kind value"},
	{"'kind':'value','bad':'cost_micro','of':'tokens','rules':[{'long':60,'short':60,"
	 "'factor_milli':1,'action':'warn'}]",
		"/slos/0/limit_micro_per_1k", "is required for the kind value"},
};

START_TEST(test_slo__refuses_what_belongs_to_another_kind)
{
	const char *json = arena_printf(arena, "{'slos':[{'name':'e',%s}]}", refused[_i].slo);
	char *text = arena_strdup(arena, json);
	struct burn_rules r;
	struct faults faults;
	struct err err = {0};

	for (char *p = text; *p; p++)
		if (*p == '\'')
			*p = '"';
	faults_init(&faults);
	ck_assert_int_eq(
		fields_parse_text(&burn_rules_table, text, strlen(text), arena, &r, &faults, &err),
		-1);
	ck_assert_uint_eq(faults.n, 1);
	ck_assert_str_eq(faults.list[0].pointer, refused[_i].pointer);
	ck_assert_ptr_nonnull(strstr(faults.list[0].detail, refused[_i].word));
}
END_TEST

#define RATIO                                                                            \
	"{'slos':[{'name':'r','kind':'ratio','coverage':'observed','bad':'errors','of':" \
	"'total','budget_ppm':1000,'rules':[{'long':60,'short':30,'factor_milli':1000,"  \
	"'action':'rollback'}]},{'name':'c','kind':'count','bad':'safety_critical',"     \
	"'max_count':0,'window':3600}]}"

/* A rate waits for two steps; a count for nothing. */
START_TEST(test_slo__only_what_acts_at_once_fires_between_steps)
{
	static const struct observation bad = {.total = 100, .errors = 50},
					critical = {.safety_critical = 1};
	struct err err = {0};
	SLO_WATCH_AUTO w = slo_watch_new(rules_of(RATIO), AT(0), &err);
	size_t n;

	ck_assert(slo_watch_due(w, AT(0)));
	ck_assert_int_eq(slo_watch_evaluated(w), 0);
	slo_watch_look(w, AT(0));
	ck_assert(!slo_watch_due(w, AT(29)));
	slo_watch_add(w, AT(29), AT(29), &bad);
	slo_watch_look(w, AT(29));
	ck_assert(!fires(w));
	ck_assert(slo_watch_due(w, AT(30)));
	slo_watch_look(w, AT(30));
	ck_assert_int_eq(slo_watch_evaluated(w), AT(30));
	ck_assert(!fires(w));
	slo_watch_add(w, AT(31), AT(31), &bad);
	slo_watch_look(w, AT(31));
	ck_assert_int_eq(slo_watch_statuses(w, &n)[0].in_row, 1);
	slo_watch_look(w, AT(61));
	ck_assert(fires(w));
	ck_assert_uint_eq(n, 2);
	ck_assert_str_eq(slo_watch_statuses(w, &n)[0].slo->name, "r");
	ck_assert(!slo_watch_statuses(w, &n)[1].fired);
	slo_watch_add(w, AT(62), AT(62), &critical);
	slo_watch_look(w, AT(62));
	ck_assert(slo_watch_statuses(w, &n)[1].fired);
}
END_TEST

/* A window that ended in this very second, or a little after the activation, counts. */
START_TEST(test_slo__counts_by_the_fraction_of_a_second)
{
	static const struct observation critical = {.safety_critical = 1};
	struct err err = {0};
	SLO_WATCH_AUTO w = slo_watch_new(rules_of(RATIO), AT(0) + 100, &err);

	ck_assert(slo_watch_add(w, AT(0) + 200, AT(0) + 300, &critical));
	slo_watch_look(w, AT(0) + 300);
	ck_assert(fires(w));
}
END_TEST

START_TEST(test_slo__a_look_ahead_changes_nothing)
{
	static const struct observation critical = {.safety_critical = 1};
	struct err err = {0};
	SLO_WATCH_AUTO w = slo_watch_new(rules_of(RATIO), AT(0), &err);
	SLO_WATCH_AUTO copy = NULL;

	slo_watch_look(w, AT(30));
	copy = slo_watch_try(w);
	slo_watch_add(copy, AT(40), AT(61), &critical);
	slo_watch_look(copy, AT(61));
	ck_assert(fires(copy));
	ck_assert(!fires(w));
	ck_assert(slo_watch_due(w, AT(61)));
	slo_watch_look(w, AT(61));
	ck_assert(!fires(w));
}
END_TEST

START_TEST(test_slo__notices_a_clock_put_back)
{
	struct err err = {0};
	SLO_WATCH_AUTO w = slo_watch_new(rules_of(RATIO), AT(0), &err);

	slo_watch_look(w, AT(3600));
	ck_assert(!slo_watch_turned_back(w, AT(3600)));
	ck_assert(!slo_watch_turned_back(w, AT(3590)));
	ck_assert(slo_watch_turned_back(w, AT(3560)));
}
END_TEST

START_TEST(test_slo__refuses_windows_without_a_common_step)
{
	struct faults faults;

	faults_init(&faults);
	slo_rules_check(rules_of(RATIO), "/slos", &faults);
	ck_assert_uint_eq(faults.n, 0);
	slo_rules_check(
		rules_of("{'eval_s':7,'slos':[{'name':'r','kind':'ratio','bad':'errors','of':"
			 "'total','budget_ppm':1,'rules':[{'long':2592000,'short':60,"
			 "'factor_milli':1,'action':'warn'}]}]}"),
		"/slos", &faults);
	ck_assert_uint_eq(faults.n, 1);
	ck_assert_str_eq(faults.list[0].pointer, "/slos");
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("slo");
	TCase *t = tcase_create("slo");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, test_slo__a_plain_threshold_fires_strictly_above_its_limit, 0,
		sizeof(plain) / sizeof(plain[0]));
	tcase_add_loop_test(t, test_slo__refuses_what_belongs_to_another_kind, 0,
		sizeof(refused) / sizeof(refused[0]));
	tcase_add_test(t, test_slo__only_what_acts_at_once_fires_between_steps);
	tcase_add_test(t, test_slo__counts_by_the_fraction_of_a_second);
	tcase_add_test(t, test_slo__a_look_ahead_changes_nothing);
	tcase_add_test(t, test_slo__notices_a_clock_put_back);
	tcase_add_test(t, test_slo__refuses_windows_without_a_common_step);
	suite_add_tcase(s, t);
	return s;
}
