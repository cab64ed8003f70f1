/* SPDX-License-Identifier: Apache-2.0
 *
 * What stands in the way, whole and in order; that the refusing door says the same; when it clears.
 */
#include <check.h>
#include <math.h>
#include <string.h>

#include "base/strbuf.h"
#include "engine/explain.h"
#include "support/calm_policy.h"
#include "support/registry.h"

Suite *test_suite(void);

#define DAY (INT64_C(86400) * USEC_PER_SEC)

/* The fixture's clock begins on Tuesday 2026-11-24 06:00. */
#define WINDOW "'promote':{'rrule':'FREQ=WEEKLY;BYDAY=WE;BYHOUR=10;BYMINUTE=0','duration':'PT4H'}"

static struct promotability of_merge(const char *version)
{
	SNAPSHOT_AUTO s = snapshot_get(reg.engine);
	struct promotability p;
	struct err err = {0};

	ck_assert_msg(merge_promotability(reg.engine, reg.reader, s, version,
			      clock_now(&reg.clock.clock), reg.arena, &p, &err) == 1,
		"%s", err.msg);
	return p;
}

static struct promotability of_artifact(const char *provider, const char *id)
{
	SNAPSHOT_AUTO s = snapshot_get(reg.engine);
	struct promotability p;
	struct err err = {0};

	ck_assert_msg(artifact_promotability(reg.reader, s, provider, id,
			      clock_now(&reg.clock.clock), reg.arena, &p, &err) == 1,
		"%s", err.msg);
	return p;
}

static const struct blocker *nth(const struct promotability *p, size_t i)
{
	ck_assert_uint_gt(p->blockers.n, i);
	return LIST_AT(&p->blockers, struct blocker, i);
}

static bool needs(const struct promotability *p, const char *word)
{
	for (size_t i = 0; i < p->needs.n; i++)
		if (strstr(p->needs.v[i], word))
			return true;
	return false;
}

static void live_release(void)
{
	ck_assert_int_eq(submit_samples("s/textgen-v1", 800, "").status, 201);
	submit_unit("s/embedder-v1", "embed", 0.8);
	submit_unit("s/runtime-v9", "runtime", 0.8);
	ck_assert_int_eq(do_merge().status, 201);
	with.override = true;
	ck_assert_int_eq(promote("1.0.0-rc.1").status, 201);
}

/* What the list says first is what the door answers, with the whole list. */
static void check_door(const char *version)
{
	struct promotability p = of_merge(version);
	struct outcome o = promote(version);

	ck_assert_uint_gt(p.blockers.n, 0);
	ck_assert_str_eq(err_info(o.code)->code, nth(&p, 0)->code);
	ck_assert_msg(strstr(o.c->err.msg, nth(&p, 0)->detail), "%s", o.c->err.msg);
	for (size_t i = 0; i < p.blockers.n; i++)
		ck_assert_msg(strstr(o.c->err_members, nth(&p, i)->detail), "%s", o.c->err_members);
}

START_TEST(test_promotability__tells_every_gap_and_the_door_the_same)
{
	struct promotability p;
	struct err err = {0};
	SNAPSHOT_AUTO s = NULL;
	struct outcome o;

	set_cadence("{}");
	live_release();
	submit_samples("s/textgen-v2", 860, "");
	o = do_merge();
	ck_assert_int_eq(o.status, 201);
	p = of_merge(member(o.body, "version"));
	ck_assert_int_eq(p.promotable, 1);
	ck_assert_int_eq(p.earliest, clock_now(&reg.clock.clock));
	submit_eval("s/eval-v1", "s/textgen-v2", 700);
	p = of_merge(member(o.body, "version"));
	ck_assert_int_eq(p.promotable, 0);
	ck_assert_int_eq(p.earliest, 0);
	ck_assert_int_eq(nth(&p, 0)->gate, GATE_QUALITY);
	ck_assert_str_eq(nth(&p, 0)->id, "s/textgen-v2");
	ck_assert_int_gt(nth(&p, 0)->n, 0);
	ck_assert_uint_gt(p.needs.n, 0);
	check_door(member(o.body, "version"));
	s = snapshot_get(reg.engine);
	ck_assert_int_eq(merge_promotability(
				 reg.engine, reg.reader, s, "9.9.9-rc.1", 1, reg.arena, &p, &err),
		0);
	ck_assert_int_eq(
		artifact_promotability(reg.reader, s, "hf", "s/x-v1", 1, reg.arena, &p, &err), 0);
	submit_samples("s/textgen-v3", 700, "");
	p = of_artifact("hf", "s/textgen-v3");
	ck_assert_int_eq(p.promotable, 0);
	ck_assert(nth(&p, 0)->short_by > 0);
	ck_assert(needs(&p, "a new version that passes quality"));
}
END_TEST

/* What was chosen among several for a merge can be live before that merge is: by a rollback. */
START_TEST(test_promotability__a_unit_is_never_held_against_itself)
{
	struct promotability p;
	struct outcome o;

	set_cadence("{}");
	first_release();
	submit_unit("s/textgen-lora-v2", "textgen", 0.82);
	submit_unit("s/textgen-lora-v3", "textgen", 0.83);
	ck_assert_int_eq(do_merge().status, 201);
	ck_assert_int_eq(promote("1.0.1-rc.1").status, 201);
	ck_assert_int_eq(rollback(NULL).status, 201);
	ck_assert_int_eq(unquarantine_release("1.0.1").status, 200);
	o = do_merge();
	ck_assert_int_eq(o.status, 201);
	ck_assert_ptr_nonnull(strstr(o.body, "\"competing\":2"));
	ck_assert_int_eq(rollback("1.0.1").status, 201);
	p = of_merge(member(o.body, "version"));
	ck_assert_str_eq(nth(&p, 0)->code, "merge_stale");
	check_door(member(o.body, "version"));
}
END_TEST

START_TEST(test_promotability__names_what_a_merge_lacks_in_order)
{
	struct promotability p;
	const char *version;
	struct outcome o;

	live_release();
	submit_samples("s/textgen-v2", 860, "");
	o = do_merge();
	version = member(o.body, "version");
	set_cadence("{" WINDOW "}");
	p = of_merge(version);
	ck_assert_str_eq(nth(&p, 0)->code, "merge_stale");
	ck_assert_str_eq(nth(&p, 0)->item, "policy");
	ck_assert_uint_eq(p.blockers.n, 2);
	ck_assert_str_eq(nth(&p, 1)->code, "promotion_closed");
	ck_assert_int_eq(nth(&p, 1)->overridable, 1);
	ck_assert(needs(&p, "another merge"));
	check_door(version);
	o = do_merge();
	ck_assert_int_eq(o.status, 201);
	/* The one before it is closed, and nothing else of it matters. */
	p = of_merge(version);
	ck_assert_uint_eq(p.blockers.n, 1);
	ck_assert_str_eq(nth(&p, 0)->code, "state_conflict");
	check_door(version);
	ck_assert_int_eq(withdraw("hf", "s/textgen-v2").status, 200);
	p = of_artifact("hf", "s/textgen-v2");
	ck_assert_str_eq(nth(&p, 0)->detail, "it was withdrawn");
	ck_assert_ptr_null(p.at_merge);
}
END_TEST

START_TEST(test_promotability__says_who_lifts_a_hold)
{
	struct promotability p;

	live_release();
	submit_samples("s/textgen-v2", 900, "");
	promote(member(do_merge().body, "version"));
	ck_assert_int_eq(rollback(NULL).status, 201);
	p = of_artifact("hf", "s/textgen-v2");
	ck_assert(strstr(nth(&p, 0)->detail, "it is held") != NULL);
	ck_assert(needs(&p, "a person: POST /v1/artifacts/hf/s/textgen-v2/unquarantine"));
	ck_assert_int_eq(p.earliest, 0);
	ck_assert_int_eq(unquarantine_artifact("hf", "s/textgen-v2").status, 200);
	ck_assert_int_eq(of_artifact("hf", "s/textgen-v2").promotable, 1);
}
END_TEST

/* When the next promotion could be, by the policy's window and denies. */
static const struct {
	const char *cadence, *at, *expect; /* expect NULL: it is not in sight */
} openings[] = {
	{"", "2026-11-24T06:00:00Z", "2026-11-24T06:00:00Z"},
	{WINDOW, "2026-11-24T06:00:00Z", "2026-11-25T10:00:00Z"},
	{WINDOW, "2026-11-25T11:00:00Z", "2026-11-25T11:00:00Z"},
	{WINDOW, "2026-11-25T14:00:00Z", "2026-12-02T10:00:00Z"},
	/* A deny shortens the window, or takes it. */
	{WINDOW ",'deny':{'early':{'rrule':'FREQ=WEEKLY;BYDAY=WE;BYHOUR=9;BYMINUTE=0','duration':"
		"'PT2H'}}",
		"2026-11-24T06:00:00Z", "2026-11-25T11:00:00Z"},
	{WINDOW ",'deny':{'november':{'rrule':'FREQ=YEARLY;BYMONTH=11;BYMONTHDAY=1;BYHOUR=0;"
		"BYMINUTE=0','duration':'P30D'}}",
		"2026-11-24T06:00:00Z", "2026-12-02T10:00:00Z"},
	/* No window, but a deny. */
	{"'deny':{'night':{'rrule':'FREQ=DAILY;BYHOUR=0;BYMINUTE=0','duration':'PT8H'}}",
		"2026-11-24T06:00:00Z", "2026-11-24T08:00:00Z"},
	/* A deny of another job holds nothing. */
	{"'deny':{'night':{'rrule':'FREQ=DAILY;BYHOUR=0;BYMINUTE=0','duration':'PT8H','jobs':["
	 "'merge']}}",
		"2026-11-24T06:00:00Z", "2026-11-24T06:00:00Z"},
	/* The last window of all is over. */
	{"'promote':{'rrule':'FREQ=DAILY;BYHOUR=7;BYMINUTE=0;UNTIL=20261124T235959Z','duration':"
	 "'PT1H'}",
		"2026-11-25T06:00:00Z", NULL},
};

START_TEST(test_promotability__knows_the_earliest_time)
{
	char got[TIME_STRLEN];
	struct promotability p;
	int64_t at;

	set_cadence(arena_printf(reg.arena, "{%s}", openings[_i].cadence));
	submit_samples("s/textgen-v1", 800, "");
	submit_unit("s/embedder-v1", "embed", 0.8);
	submit_unit("s/runtime-v9", "runtime", 0.8);
	ck_assert_int_eq(do_merge().status, 201);
	ck_assert_int_eq(time_parse(openings[_i].at, &at), 0);
	fake_clock_step(&reg.clock, at - clock_now(&reg.clock.clock));
	p = of_merge("1.0.0-rc.1");
	ck_assert_int_eq(p.promotable, p.earliest == clock_now(&reg.clock.clock));
	for (size_t i = 0; i < p.blockers.n; i++)
		ck_assert_str_eq(nth(&p, i)->code, "promotion_closed");
	if (openings[_i].expect)
		ck_assert_str_eq(time_format(p.earliest, got), openings[_i].expect);
	else
		ck_assert_msg(p.earliest == 0 && needs(&p, "window for promotions"), "%lld",
			(long long)p.earliest);
	/* An artifact gets out no earlier. */
	ck_assert_int_eq(of_artifact("hf", "s/textgen-v1").earliest, p.earliest);
}
END_TEST

/* Two of its gates rest on samples. */
START_TEST(test_promotability__says_once_that_no_look_is_left)
{
	struct promotability p;
	size_t n = 0;

	live_release();
	submit_samples("s/textgen-v2", 815, "");
	for (int i = 1; i <= 3; i++)
		submit_eval(arena_printf(reg.arena, "s/eval-v%d", i), "s/textgen-v2", 850);
	p = of_artifact("hf", "s/textgen-v2");
	for (size_t i = 0; i < p.blockers.n; i++)
		n += nth(&p, i)->reason && strcmp(nth(&p, i)->reason, "max_looks") == 0;
	ck_assert_uint_eq(n, 1);
	ck_assert(needs(&p, "a new version"));
	ck_assert(!p.promotable);
}
END_TEST

START_TEST(test_promotability__sees_a_waiver_end_before_the_window)
{
	char until[TIME_STRLEN];
	struct promotability p;
	const char *version;
	struct outcome o;

	set_cadence("{" WINDOW "}");
	live_release();
	submit_samples("s/textgen-v2", 700, "");
	with.actor = "token:a";
	o = ask_waiver(arena_printf(reg.arena,
		"{'gate':'quality','artifact':{'provider':'hf','id':'s/textgen-v2'},"
		"'reason':'known','expires_at':'%s'}",
		time_format(clock_now(&reg.clock.clock) + (_i ? 7 : 1) * DAY, until)));
	with.actor = "token:b";
	ck_assert_int_eq(approve_waiver(member(o.body, "id"), "{'reason':'seen'}").status, 200);
	version = member(do_merge().body, "version");
	p = of_merge(version);
	ck_assert_uint_eq(p.blockers.n, 1);
	ck_assert_str_eq(nth(&p, 0)->item, "window");
	if (_i) {
		ck_assert_int_ne(p.earliest, 0);
		ck_assert_uint_eq(p.needs.n, 0);
	} else {
		ck_assert_int_eq(p.earliest, 0);
		ck_assert(needs(&p, "another waiver of quality"));
	}
}
END_TEST

START_TEST(test_promotability__judges_an_artifact_as_a_merge_would)
{
	struct promotability p;

	live_release();
	submit_samples("s/textgen-v2", 840, "");
	p = of_artifact("hf", "s/textgen-v2");
	ck_assert_int_eq(p.at_merge->competing, 1);
	ck_assert_int_eq(p.at_merge->passes, 1);
	ck_assert(fabs(p.at_merge->alpha - 0.05 / 3) < 1e-12);
	/* With another one that is as good, half of alpha is not enough, and the merge agrees. */
	submit_samples("s/textgen-v3", 841, "");
	p = of_artifact("hf", "s/textgen-v2");
	ck_assert_str_eq(p.state, "Succeeded");
	ck_assert_int_eq(p.promotable, 0);
	ck_assert_int_eq(p.at_merge->competing, 2);
	ck_assert_int_eq(p.at_merge->passes, 0);
	ck_assert(fabs(p.at_merge->alpha - 0.05 / 6) < 1e-12);
	ck_assert(strstr(nth(&p, 0)->detail, "at alpha / 2") != NULL);
	ck_assert_int_eq(do_merge().code, ERR_NOTHING_TO_MERGE);
	submit_samples("s/textgen-v4", 900, "");
	p = of_artifact("hf", "s/textgen-v4");
	ck_assert_int_eq(p.promotable, 1);
	ck_assert_int_eq(p.at_merge->competing, 3);
	ck_assert_int_eq(p.at_merge->passes, 1);
	ck_assert_int_eq(do_merge().status, 201);
	/* One that fails by itself is told how many compete. */
	submit_samples("s/textgen-v5", 700, "");
	p = of_artifact("hf", "s/textgen-v5");
	ck_assert_int_eq(p.at_merge->competing, 3);
	ck_assert_int_eq(p.at_merge->passes, 0);
	/* Nothing can be done for what is live. */
	p = of_artifact("hf", "s/textgen-v1");
	ck_assert_uint_eq(p.blockers.n, 1);
	ck_assert(strstr(nth(&p, 0)->detail, "it is live: release 1.0.0") != NULL);
	check_registry();
}
END_TEST

/* 64 suites of which none passed, each of a digest of its own. */
static void add_failed_suites(struct strbuf *sb, int i)
{
	for (int k = 0; k < 64; k++)
		strbuf_addf(sb, "%s\"s%d\":{\"total\":9,\"passed\":0,\"digest\":\"sha256:%064d\"}",
			k ? "," : "", k, i);
}

/* All that keeps it from being merged, in one answer: a good unit alone is no merge. */
START_TEST(test_promotability__names_the_slots_that_nobody_fills)
{
	struct promotability p;

	submit_unit("s/textgen-v1", "textgen", 0.8);
	p = of_artifact("hf", "s/textgen-v1");
	ck_assert_int_eq(p.promotable, 0);
	ck_assert_uint_eq(p.blockers.n, 2);
	ck_assert_str_eq(nth(&p, 0)->reason, "slot_empty");
	ck_assert_str_eq(nth(&p, 0)->slot, "embed");
	ck_assert_str_eq(nth(&p, 1)->slot, "runtime");
	ck_assert_ptr_nonnull(strstr(p.needs.v[0], "a candidate of gcp for the slot embed"));
	submit_unit("s/embed-v1", "embed", 0.8);
	p = of_artifact("hf", "s/textgen-v1");
	ck_assert_uint_eq(p.blockers.n, 1);
	submit_unit("s/runtime-v1", "runtime", 0.8);
	p = of_artifact("hf", "s/textgen-v1");
	ck_assert_uint_eq(p.blockers.n, 0);
	ck_assert_int_eq(p.promotable, 1);
}
END_TEST

START_TEST(test_promotability__counts_what_it_does_not_list)
{
	STRBUF_AUTO sb = STRBUF_INIT(1 << 20);
	struct promotability p;

	strbuf_addstr(&sb, "{\"provider\":\"hf\",\"artifacts\":[");
	for (int i = 1; i <= 9; i++) {
		strbuf_addf(&sb,
			"%s{\"id\":\"s/eval-v%d\",\"role\":\"eval\",\"uri\":\"s3://b/"
			"e\",\"subject\":"
			"\"s/textgen-v1\",\"suites\":{",
			i > 1 ? "," : "", i);
		add_failed_suites(&sb, i);
		strbuf_addstr(&sb, "}}");
	}
	strbuf_addstr(&sb, "]}");
	ck_assert_int_eq(submit(arena_strndup(reg.arena, sb.buf, sb.len)).status, 201);
	submit_unit("s/textgen-v1", "textgen", 0.8);
	p = of_artifact("hf", "s/textgen-v1");
	ck_assert_uint_eq(p.blockers.n, BLOCKERS_MAX + 1);
	ck_assert_str_eq(nth(&p, BLOCKERS_MAX - 1)->reason, "suite_failed");
	ck_assert_str_eq(nth(&p, BLOCKERS_MAX)->detail, "66 more, which are not listed here");
	ck_assert_int_eq(p.promotable, 0);
	ck_assert_uint_eq(p.needs.n, NEEDS_MAX);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("promotability");
	TCase *tc = tcase_create("engine");

	tcase_add_checked_fixture(tc, registry_setup, registry_teardown);
	tcase_add_test(tc, test_promotability__tells_every_gap_and_the_door_the_same);
	tcase_add_test(tc, test_promotability__a_unit_is_never_held_against_itself);
	tcase_add_test(tc, test_promotability__names_what_a_merge_lacks_in_order);
	tcase_add_test(tc, test_promotability__says_who_lifts_a_hold);
	tcase_add_loop_test(tc, test_promotability__knows_the_earliest_time, 0,
		sizeof(openings) / sizeof(openings[0]));
	tcase_add_test(tc, test_promotability__says_once_that_no_look_is_left);
	tcase_add_loop_test(tc, test_promotability__sees_a_waiver_end_before_the_window, 0, 2);
	tcase_add_test(tc, test_promotability__judges_an_artifact_as_a_merge_would);
	tcase_add_test(tc, test_promotability__names_the_slots_that_nobody_fills);
	tcase_add_test(tc, test_promotability__counts_what_it_does_not_list);
	suite_add_tcase(s, tc);
	return s;
}
