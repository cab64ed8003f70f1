/* SPDX-License-Identifier: Apache-2.0
 *
 * The checklist by tests/tables/checklist.eval, and what the table of items promises.
 */
#include "policy/checklist.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/duration.h"
#include "support/checklist.h"

Suite *test_suite(void);

enum { COLUMNS = 6, LIST_MAX = 8, PARTS_MAX = 6 };

#define HOUR (INT64_C(3600) * USEC_PER_SEC)

/* Tuesday 2026-11-24T06:00:00Z */
static int64_t hours(const char *s)
{
	const struct civil start = {.year = 2026, .month = 11, .day = 24, .hour = 6};

	return civil_to_time(&start) + strtol(s, NULL, 10) * HOUR;
}

static char *trim(char *s)
{
	while (*s == ' ')
		s++;
	for (size_t n = strlen(s); n && (s[n - 1] == ' ' || s[n - 1] == '\n'); n--)
		s[n - 1] = '\0';
	return s;
}

/* "a:b:c" in place; the parts that are not there are NULL. */
static void split(char *s, char *parts[PARTS_MAX])
{
	for (int i = 0; i < PARTS_MAX; i++)
		parts[i] = strsep(&s, ":");
}

/* One row's facts with all that they point to. */
struct row {
	struct checklist_facts f;
	int64_t now;
	struct list gates, blockers, asked;
	struct gate_result gate[GATES];
	struct blocker blocker[LIST_MAX];
	struct policy_signoff rule[LIST_MAX];
	struct signoff signoff[LIST_MAX];
	struct cadence cadence;
	struct cadence_window window;
	struct freeze freeze[LIST_MAX];
	size_t n_freezes;
	struct cadence_plan plan;
};

static void read_block(struct row *r, char *parts[PARTS_MAX], struct arena *a)
{
	ck_assert_int_ge(names_find(&check_item_names, parts[0]), 0);
	r->blocker[r->blockers.n++] = (struct blocker){.item = parts[0],
		.code = "code",
		.detail = "detail",
		.definite = strcmp(parts[1], "no") == 0,
		.needs = parts[2] ? NULL : arena_printf(a, "needs of %s", parts[0]),
		.until = parts[2] ? hours(parts[2]) : 0};
}

static void read_report(struct row *r, char *parts[PARTS_MAX])
{
	int item = names_find(&check_item_names, parts[0]);

	ck_assert_int_ge(item, 0);
	r->f.reports[item] = (struct checklist_report){.given = true,
		.verdict = (enum check_verdict)names_find(&check_verdict_names, parts[1]),
		.reason = "reported",
		.detail = "detail",
		.until = parts[2] ? hours(parts[2]) : 0};
}

static void read_rule(struct row *r, char *parts[PARTS_MAX], bool evidence)
{
	struct policy_signoff *rule = &r->rule[r->asked.n++];
	const char *why;

	*rule = (struct policy_signoff){.item = parts[0], .evidence = evidence};
	if (parts[1])
		ck_assert(!duration_parse(parts[1], &rule->fresh_usec, &why));
}

static void read_signoff(struct row *r, char *parts[PARTS_MAX], struct arena *a)
{
	r->signoff[r->f.n_signoffs++] = (struct signoff){.item = parts[0],
		.signed_by = arena_printf(a, "token:%s", parts[1]),
		.signed_at = hours(parts[2]),
		.verdict = names_find(&signoff_verdict_names, parts[3]),
		.evidence = parts[4]};
}

static void read_fact(struct row *r, char *word, struct arena *a)
{
	char *parts[PARTS_MAX], *value = strpbrk(word, "=~");
	bool evidence = value && *value == '=';
	const char *why;

	if (value)
		*value++ = '\0';
	split(value, parts);
	if (!strcmp(word, "now"))
		r->now = hours(parts[0]);
	else if (!strcmp(word, "made"))
		r->f.made_at = hours(parts[0]);
	else if (!strcmp(word, "closed"))
		r->f.open = false;
	else if (!strcmp(word, "soak"))
		ck_assert(!duration_parse(parts[0], &r->f.soak, &why));
	else if (!strcmp(word, "window"))
		r->cadence.promote = &r->window;
	else if (!strcmp(word, "freeze"))
		r->freeze[r->n_freezes++] = (struct freeze){.id = "f",
			.from = hours(parts[0]),
			.to = hours(parts[1]),
			.job_mask = 1u << JOB_PROMOTE};
	else if (!strcmp(word, "block"))
		read_block(r, parts, a);
	else if (!strcmp(word, "cut"))
		r->f.left_out = strtoul(parts[0], NULL, 10);
	else if (!strcmp(word, "report"))
		read_report(r, parts);
	else if (!strcmp(word, "waive"))
		r->f.gate_until[names_find(&gate_names, parts[0])] = hours(parts[1]);
	else if (!strcmp(word, "ask"))
		read_rule(r, parts, evidence);
	else if (!strcmp(word, "sign"))
		read_signoff(r, parts, a);
	else
		ck_abort_msg("no fact %s", word);
}

static void read_facts(struct row *r, char *text, struct arena *a)
{
	struct err err;

	*r = (struct row){.now = hours("0"),
		.window = {.rule = {"Wed 10:00", NULL, NULL}, .length = 4 * HOUR}};
	r->f = (struct checklist_facts){.merge = "1.1.0-rc.1",
		.state = "open",
		.made_by = "token:maker",
		.made_at = hours("0"),
		.open = true,
		.policy_version = 1,
		.n_new = 1,
		.gates = &r->gates,
		.blockers = &r->blockers,
		.asked = &r->asked,
		.signoffs = r->signoff,
		.plan = &r->plan};
	r->blockers.v = r->blocker;
	r->asked.v = r->rule;
	r->gates = (struct list){r->gate, GATES};
	for (int g = 0; g < GATES; g++)
		r->gate[g] = (struct gate_result){
			.gate = g, .verdict = VERDICT_PASS, .reason = "units_pass"};
	for (char *word; (word = strsep(&text, " "));)
		if (*word)
			read_fact(r, word, a);
	ck_assert_int_eq(cadence_plan(&r->cadence, r->freeze, r->n_freezes, a, &r->plan, &err), 0);
}

static void expect_time(int64_t got, const char *want, const char *what, const char *item, int line)
{
	char buf[TIME_STRLEN];

	if (want && strcmp(want, "-") != 0)
		ck_assert_msg(got == hours(want), "line %d: %s of %s is %s", line, what, item,
			got ? time_format(got, buf) : "none");
}

static void check_item(const struct checklist *c, char *word, int line)
{
	char *parts[PARTS_MAX];
	const struct checklist_item *i;

	split(word, parts);
	i = checklist_find(c, parts[0]);
	ck_assert_msg((i == NULL) == !strcmp(parts[1], "-"), "line %d: %s", line, parts[0]);
	if (!i)
		return;
	ck_assert_msg(!strcmp(names_of(&check_verdict_names, i->verdict), parts[1]),
		"line %d: %s is %s: %s", line, parts[0], names_of(&check_verdict_names, i->verdict),
		i->detail);
	if (parts[2] && strcmp(parts[2], "-") != 0)
		ck_assert_msg(
			!strcmp(i->reason, parts[2]), "line %d: %s: %s", line, parts[0], i->reason);
	expect_time(i->since, parts[3], "since", parts[0], line);
	expect_time(i->until, parts[4], "until", parts[0], line);
}

/* What holds of every checklist. */
static void check_whole(const struct checklist *c, int line)
{
	int worst = CHECK_GO;

	for (size_t k = 0; k < c->items.n; k++) {
		const struct checklist_item *i = LIST_AT(&c->items, struct checklist_item, k);

		ck_assert_ptr_nonnull(i->detail);
		ck_assert_ptr_nonnull(i->reason);
		ck_assert_msg(
			checklist_stops(i) == (i->needs != NULL), "line %d: %s", line, i->item);
		ck_assert(checklist_stops(i) == (i->code != NULL));
		if (checklist_stops(i) && i->verdict > worst)
			worst = i->verdict;
	}
	ck_assert_int_eq(c->verdict, worst);
	ck_assert(c->verdict != CHECK_GO || c->earliest == c->at);
	ck_assert_msg(!c->earliest == (c->needs.n > 0), "line %d: %zu needs", line, c->needs.n);
}

static void check_row(char **column, int line)
{
	ARENA_AUTO a = arena_new();
	struct checklist c;
	struct row r;
	bool found = strcmp(column[5], "-") == 0;
	char buf[TIME_STRLEN];

	read_facts(&r, column[1], a);
	checklist_make(&r.f, r.now, a, &c);
	for (char *word; (word = strsep(&column[2], " "));)
		if (*word)
			check_item(&c, word, line);
	ck_assert_msg(!strcmp(names_of(&check_verdict_names, c.verdict), column[3]),
		"line %d: it is %s", line, names_of(&check_verdict_names, c.verdict));
	ck_assert_msg(c.earliest == (strcmp(column[4], "-") ? hours(column[4]) : 0),
		"line %d: earliest %s", line, c.earliest ? time_format(c.earliest, buf) : "none");
	for (size_t i = 0; i < c.needs.n; i++)
		found = found || strstr(c.needs.v[i], column[5]);
	ck_assert_msg(found, "line %d: no need has \"%s\"; the first is %s", line, column[5],
		c.needs.n ? c.needs.v[0] : "none");
	check_whole(&c, line);
}

START_TEST(test_checklist__holds_to_the_table)
{
	char path[512], line[1024], *column[COLUMNS];
	const char *src = getenv("SRC");
	int number = 0, rows = 0;

	snprintf(path, sizeof(path), "%s/tests/tables/checklist.eval", src ? src : ".");
	FILE *f = fopen(path, "re");
	ck_assert_msg(f != NULL, "%s", path);
	while (fgets(line, sizeof(line), f)) {
		char *at = line;

		number++;
		if (line[0] == '#' || line[0] == '\n')
			continue;
		for (int i = 0; i < COLUMNS; i++) {
			char *cell = strsep(&at, "|");
			ck_assert_msg(cell != NULL, "line %d has %d columns", number, i);
			column[i] = trim(cell);
		}
		check_row(column, number);
		rows++;
	}
	fclose(f);
	ck_assert_int_ge(rows, 40);
}
END_TEST

/* `override` passes window, freeze, soak, sign-offs and the proof of the way back, nothing else. */
START_TEST(test_checklist__override_passes_what_it_says)
{
	static const char *const passed[] = {"rollback_target", "soak", "freeze", "window"};
	ARENA_AUTO a = arena_new();

	for (int item = 0; item < CHECK_ITEMS; item++) {
		const char *name = names_of(&check_item_names, item);
		char words[200];
		const struct checklist_item *i;
		struct checklist c;
		struct row r;
		bool passes = false;

		snprintf(words, sizeof(words),
			"soak=P1D window freeze=-1:1 block=%s:no report=%s:no_go", name, name);
		read_facts(&r, words, a);
		checklist_make(&r.f, r.now, a, &c);
		i = checklist_find(&c, name);
		ck_assert_ptr_nonnull(i);
		ck_assert_msg(checklist_stops(i), "%s", name);
		for (size_t k = 0; k < sizeof(passed) / sizeof(passed[0]); k++)
			passes = passes || strcmp(name, passed[k]) == 0;
		ck_assert_msg((i->overridable == 1) == passes, "%s", name);
		ck_assert_ptr_nonnull(i->needs);
	}
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("policy/checklist");
	TCase *tc = tcase_create("pure");

	tcase_add_checked_fixture(tc, schedule_setup, NULL);
	tcase_add_test(tc, test_checklist__holds_to_the_table);
	tcase_add_test(tc, test_checklist__override_passes_what_it_says);
	suite_add_tcase(s, tc);
	return s;
}
