/* SPDX-License-Identifier: Apache-2.0
 *
 * The calendar: reads tests/tables/schedule.eval and schedule-refused.eval and holds it to every
 * line.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/duration.h"
#include "base/jcs.h"
#include "policy/cadence.h"

Suite *test_suite(void);

enum { COLUMNS_MAX = 12, DENIES_MAX = 8 };

static char *trim(char *s)
{
	while (*s == ' ')
		s++;
	for (size_t n = strlen(s); n && (s[n - 1] == ' ' || s[n - 1] == '\n'); n--)
		s[n - 1] = '\0';
	return s;
}

/* Calls fn for each row with its columns, unused ones empty. Returns how many rows there were. */
static int each_row(const char *name, void (*fn)(char **column, int line))
{
	char path[512], line[1024], *column[COLUMNS_MAX];
	const char *src = getenv("SRC");
	int number = 0, rows = 0;

	snprintf(path, sizeof(path), "%s/tests/tables/%s", src ? src : ".", name);
	FILE *f = fopen(path, "re");
	ck_assert_msg(f != NULL, "%s", path);
	while (fgets(line, sizeof(line), f)) {
		char *at = line;

		number++;
		if (line[0] == '#' || line[0] == '\n')
			continue;
		for (int i = 0; i < COLUMNS_MAX; i++) {
			char *cell = strsep(&at, "|");
			column[i] = cell ? trim(cell) : line + strlen(line);
		}
		fn(column, number);
		rows++;
	}
	fclose(f);
	return rows;
}

static int64_t time_of(const char *s)
{
	int64_t t = 0;

	if (strcmp(s, "-") != 0)
		ck_assert_msg(!time_parse(s, &t), "%s", s);
	return t;
}

static const char *say(int64_t at, struct arena *a)
{
	char buf[TIME_STRLEN];

	return at ? arena_strdup(a, time_format(at, buf)) : "-";
}

static int64_t length_of(const char *s)
{
	const char *why = "";
	int64_t length = 0;

	ck_assert_msg(!duration_parse(s, &length, &why), "%s %s", s, why);
	return length;
}

static const char *given(const char *s)
{
	return strcmp(s, "-") ? s : NULL;
}

static const struct schedule *compile(
	const char *rule, const char *tz, const char *anchor, struct arena *a)
{
	const struct schedule_rule r = {rule, given(tz), given(anchor)};
	struct faults f;

	faults_init(&f);
	const struct schedule *s = schedule_compile(&r, "", a, &f);
	ck_assert_msg(s != NULL, "%s: %s %s", rule, f.list[0].pointer, f.list[0].detail);
	return s;
}

/* "from/to" or "rule+length", where "_" stands for a space. */
static size_t read_denies(const char *text, const char *tz, struct arena *a, struct deny *ret)
{
	char *save = NULL, *copy = arena_strdup(a, text);
	size_t n = 0;

	for (char *s = strtok_r(copy, " ", &save); given(text) && s;
		s = strtok_r(NULL, " ", &save)) {
		char *slash = strstr(s, "Z/"), *plus = strchr(s, '+');

		ck_assert(n < DENIES_MAX && (slash || plus));
		ret[n] = (struct deny){.name = "d"};
		if (slash) {
			slash[1] = '\0';
			ret[n].from = time_of(s);
			ret[n].to = time_of(slash + 2);
		} else {
			*plus = '\0';
			for (char *c = s; *c; c++)
				*c = *c == '_' ? ' ' : *c;
			ret[n].schedule = compile(s, tz, "-", a);
			ret[n].length = length_of(plus + 1);
		}
		n++;
	}
	return n;
}

static void check_next(char **c, int line)
{
	ARENA_AUTO a = arena_new();
	const struct schedule *s = compile(c[1], c[2], c[3], a);
	char *got = arena_strdup(a, "");
	int64_t at = time_of(c[4]);

	for (int i = 0; i < 3; i++) {
		int64_t before = at;

		at = schedule_next(s, at);
		got = arena_printf(a, "%s%s%s", got, i ? " " : "", at ? say(at, a) : "end");
		if (!at)
			break;
		ck_assert_msg(schedule_previous(s, at) == at, "line %d: %s", line, say(at, a));
		ck_assert_msg(schedule_previous(s, at - 1) <= before ||
				      schedule_previous(s, at - 1) < time_of(c[4]),
			"line %d", line);
	}
	ck_assert_msg(!strcmp(got, c[5]), "line %d: %s", line, got);
}

static void check_window(char **c, int line)
{
	ARENA_AUTO a = arena_new();
	struct deny denies[DENIES_MAX];
	size_t n = read_denies(c[4], c[2], a, denies);
	struct window_state w;
	int64_t now = time_of(c[5]);

	window_at(compile(c[1], c[2], "-", a), length_of(c[3]), denies, n, now, &w);
	const char *got = arena_printf(a, "%s %s %s %s %s", w.open ? "open" : "shut",
		say(w.opened, a), w.next_open == now ? "=" : say(w.next_open, a), say(w.closes, a),
		w.why == CLOSE_DENY ? "deny" : "its-time");
	ck_assert_msg(!strcmp(got, c[6]), "line %d: %s", line, got);
	ck_assert((w.why == CLOSE_DENY) == (w.closed_by != NULL));
	ck_assert(!w.open || !w.held_by);
}

static void check_catch_up(char **c, int line)
{
	ARENA_AUTO a = arena_new();
	struct deny denies[DENIES_MAX];
	size_t n = read_denies(c[4], c[2], a, denies);
	struct catch_up got;
	const struct catch_up_rule rule = {
		.mode = strncmp(c[3], "once", 4) ? CATCH_UP_SKIP : CATCH_UP_ONCE,
		.grace = 300 * USEC_PER_SEC,
		.max_age = length_of(c[3] + 5)};

	const struct schedule *s = compile(c[1], c[2], "-", a);
	int64_t last = time_of(c[5]), now = time_of(c[6]);
	int64_t next = schedule_next_free(s, denies, n, last > now ? last : now);

	schedule_catch_up(s, &rule, denies, n, last, now, a, &got);
	ck_assert_msg(!strcmp(say(got.run, a), c[7]) && got.n_missed == strtoul(c[8], NULL, 10) &&
			      got.n_suppressed == strtoul(c[9], NULL, 10) &&
			      !strcmp(say(next, a), c[10]),
		"line %d: %s | %zu | %zu | %s", line, say(got.run, a), got.n_missed,
		got.n_suppressed, say(next, a));
	for (size_t i = 1; i < got.n_missed; i++)
		ck_assert(got.missed[i - 1] < got.missed[i]);
	/* What was settled is not offered again. */
	schedule_catch_up(s, &rule, denies, n, got.handled, now, a, &got);
	ck_assert(!got.run && !got.n_missed && !got.n_suppressed);
}

static void check_row(char **c, int line)
{
	if (!strcmp(c[0], "next"))
		check_next(c, line);
	else if (!strcmp(c[0], "window"))
		check_window(c, line);
	else if (!strcmp(c[0], "catch-up"))
		check_catch_up(c, line);
	else
		ck_abort_msg("line %d: %s", line, c[0]);
}

START_TEST(test_schedule__holds_every_line_of_the_table)
{
	ck_assert_int_ge(each_row("schedule.eval", check_row), 120);
}
END_TEST

static void check_refused(char **c, int line)
{
	ARENA_AUTO a = arena_new();
	struct faults f;
	struct err err = {0};
	struct cadence cadence;
	struct freeze freeze;
	int64_t now = time_of("2026-06-01T00:00:00Z");
	char *text = arena_strdup(a, c[1]);
	bool is_cadence = !strcmp(c[0], "cadence");

	for (char *q = text; *q; q++)
		*q = *q == '\'' ? '"' : *q;
	faults_init(&f);
	int rc = is_cadence ? fields_parse_text(
				      &cadence_table, text, strlen(text), a, &cadence, &f, &err)
			    : fields_parse_text(
				      &freeze_table, text, strlen(text), a, &freeze, &f, &err);
	ck_assert_msg(!rc || f.n, "line %d: %s", line, err.msg);
	if (!rc && is_cadence)
		cadence_check(&cadence, "", now, &f);
	else if (!rc)
		freeze_check(&freeze, now, &f);
	if (!strcmp(c[2], "fine")) {
		ck_assert_msg(!f.n, "line %d: %s %s", line, f.list[0].pointer, f.list[0].detail);
		return;
	}
	ck_assert_msg(f.total == 1 && !strcmp(f.list[0].pointer, c[2]) &&
			      (!strcmp(c[3], "*") || strstr(f.list[0].detail, c[3])),
		"line %d: %zu faults, %s %s", line, f.total, f.n ? f.list[0].pointer : "",
		f.n ? f.list[0].detail : "");
}

START_TEST(test_schedule__refuses_with_what_was_meant)
{
	ck_assert_int_ge(each_row("schedule-refused.eval", check_refused), 80);
}
END_TEST

START_TEST(test_schedule__a_range_says_what_clocks_did)
{
	ARENA_AUTO a = arena_new();
	const struct schedule *s =
		compile("FREQ=DAILY;BYHOUR=2,3;BYMINUTE=30", "America/New_York", "-", a);
	struct occurrence o[8];
	struct zone_change change;
	bool more;

	size_t n = schedule_range(
		s, time_of("2026-03-08T00:00:00Z"), time_of("2026-03-09T07:30:00Z"), o, 8, &more);
	ck_assert_uint_eq(n, 2);
	ck_assert(!more);
	/* 02:30 was moved to where 03:30 is: one run, and 03:30 is the one that was not moved. */
	ck_assert_str_eq(say(o[0].at, a), "2026-03-08T07:30:00Z");
	ck_assert_int_eq(o[0].kind, LOCAL_PLAIN);
	ck_assert_int_eq(o[0].offset, -4 * 3600);
	n = schedule_range(
		s, time_of("2026-03-08T00:00:00Z"), time_of("2027-03-08T00:00:00Z"), o, 2, &more);
	ck_assert_uint_eq(n, 2);
	ck_assert(more);
	n = schedule_range(compile("daily 01:30", "America/New_York", "-", a),
		time_of("2026-11-01T00:00:00Z"), time_of("2026-11-02T00:00:00Z"), o, 1, &more);
	ck_assert(n == 1 && !more && o[0].kind == LOCAL_TWICE);
	n = schedule_range(compile("daily 02:30", "America/New_York", "-", a),
		time_of("2026-03-08T07:30:00Z"), time_of("2026-03-08T07:30:01Z"), o, 1, &more);
	ck_assert(n == 1 && !more && o[0].kind == LOCAL_SKIPPED);
	ck_assert_int_eq(zone_next_change(schedule_zone(s), time_of("2026-03-01T00:00:00Z"),
				 time_of("2026-04-01T00:00:00Z"), &change),
		1);
	ck_assert_str_eq(say(change.at, a), "2026-03-08T07:00:00Z");
	ck_assert_int_eq(change.after - change.before, 3600);
	ck_assert_int_eq(zone_next_change(schedule_zone(s), change.at,
				 time_of("2026-11-01T06:00:00Z"), &change),
		0);
}
END_TEST

START_TEST(test_schedule__a_policy_is_accepted_with_its_cadence)
{
	ARENA_AUTO a = arena_new();
	const char *text = "{\"providers\":{\"hf\":{\"roles\":[\"textgen\"]}},\"slots\":"
			   "{\"textgen\":{\"provider\":\"hf\"}},\"cadence\":{\"ingest\":"
			   "\"FREQ=DAILY;UNTIL=20260101T000000Z\"}}";
	int64_t now = time_of("2026-06-01T00:00:00Z");
	struct cadence_plan plan;
	struct policy p;
	struct faults f;
	struct err err = {0};
	const char *canonical;

	faults_init(&f);
	ck_assert_int_eq(policy_accept(text, strlen(text), now, a, &p, &canonical, &f, &err), -1);
	ck_assert_str_eq(f.list[0].pointer, "/cadence/ingest/rrule");
	/* What has run out since is still read. */
	faults_init(&f);
	ck_assert_int_eq(policy_accept(text, strlen(text), 0, a, &p, &canonical, &f, &err), 0);
	ck_assert_int_eq(cadence_plan(p.cadence, NULL, 0, a, &plan, &err), 0);
	ck_assert_int_eq(schedule_next(plan.schedule[JOB_INGEST], now), 0);

	faults_init(&f);
	ck_assert_int_eq(policy_accept(embed_policy_json, embed_policy_json_len, now, a, &p,
				 &canonical, &f, &err),
		0);
	const struct freeze freeze = {
		.id = "f", .from = 1, .to = now, .job_mask = 1u << JOB_MERGE, .reason = "r"};
	ck_assert_int_eq(cadence_plan(p.cadence, &freeze, 1, a, &plan, &err), 0);
	for (int j = 0; j < JOBS; j++)
		ck_assert_ptr_nonnull(plan.schedule[j]);
	ck_assert_int_eq(plan.window, 4 * 3600 * USEC_PER_SEC);
	size_t n;
	deny_for_job(plan.denies, plan.n_denies, JOB_PROMOTE, a, &n);
	ck_assert_uint_eq(n, 0);
	deny_for_job(plan.denies, plan.n_denies, JOB_MERGE, a, &n);
	ck_assert_uint_eq(n, 1);
}
END_TEST

START_TEST(test_schedule__a_deadline_ends_before_the_next_ingest)
{
#define WITH(quorum)                                                                              \
	"{\"providers\":{\"hf\":{\"roles\":[\"textgen\"]}},\"slots\":{\"textgen\":{\"provider\":" \
	"\"hf\"}},"                                                                               \
	"\"cadence\":{\"ingest\":{\"rrule\":\"daily 02:00\",\"quorum\":" quorum "}}}"
	static const struct {
		const char *text, *pointer;
	} cases[] = {
		{WITH("{\"deadline\":\"P1D\"}"), NULL},
		{WITH("{\"deadline\":\"P1DT1S\"}"), "/cadence/ingest/quorum/deadline"},
		{WITH("{\"providers\":{\"hf\":{\"deadline\":\"P2D\"}}}"),
			"/cadence/ingest/quorum/providers/hf/deadline"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		ARENA_AUTO a = arena_new();
		struct policy p;
		struct faults f;
		struct err err = {0};
		const char *canonical;

		faults_init(&f);
		int rc = policy_accept(
			cases[i].text, strlen(cases[i].text), 1, a, &p, &canonical, &f, &err);
		ck_assert_int_eq(rc, cases[i].pointer ? -1 : 0);
		if (cases[i].pointer)
			ck_assert_str_eq(f.list[0].pointer, cases[i].pointer);
	}
#undef WITH
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("policy/schedule");
	TCase *tc = tcase_create("schedule");

	jcs_setup();
	schedule_setup();
	tcase_add_test(tc, test_schedule__holds_every_line_of_the_table);
	tcase_add_test(tc, test_schedule__refuses_with_what_was_meant);
	tcase_add_test(tc, test_schedule__a_range_says_what_clocks_did);
	tcase_add_test(tc, test_schedule__a_policy_is_accepted_with_its_cadence);
	tcase_add_test(tc, test_schedule__a_deadline_ends_before_the_next_ingest);
	suite_add_tcase(s, tc);
	return s;
}
