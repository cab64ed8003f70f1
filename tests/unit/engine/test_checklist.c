/* SPDX-License-Identifier: Apache-2.0
 *
 * One list for all who ask: what .../checklist shows, .../promotability explains, a promotion refuses
 * by and the promote job waits for; and that it is kept as it was.
 */
#include "engine/checklist.h"

#include <check.h>
#include <string.h>

#include "engine/explain.h"
#include "model/phase.h"
#include "store/event.h"
#include "store/schedule.h"
#include "support/checklist.h"
#include "support/registry.h"
#include "support/scratch.h"

Suite *test_suite(void);

#define D    "'sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'"
#define HOUR (INT64_C(3600) * USEC_PER_SEC)

/* The fixture's clock begins on Tuesday 2026-11-24 06:00. */
#define WINDOW "\"cadence\":{\"promote\":{\"rrule\":\"Wed 10:00\",\"duration\":\"PT4H\"}}"
#define REVIEW "\"checklist\":[{\"item\":\"review\",\"fresh\":\"P2D\",\"evidence\":false}]"
#define SOAK   "\"soak\":\"P1D\""

static const char *merge;

/* A policy of one slot with these further members, and a merge under it. */
static void begin(const char *members)
{
	const char *comma = *members ? "," : "";
	struct outcome o;

	with.if_match = "*";
	o = put_policy(arena_printf(reg.arena,
		"{\"providers\":{\"hf\":{\"roles\":[\"textgen\",\"eval\"]}},\"slots\":{\"textgen\":"
		"{\"provider\":\"hf\"}}%s%s}",
		comma, members));
	ck_assert_msg(o.status == 200, "%s", o.c->err.msg);
	ck_assert_int_eq(submit_unit("s/textgen-v1", "textgen", 0.8).status, 201);
	with.actor = "token:maker";
	o = do_merge();
	ck_assert_msg(o.status == 201, "%s", o.c->err.msg);
	merge = member(o.body, "version");
}

static struct checklist list_of(const char *version)
{
	SNAPSHOT_AUTO s = snapshot_get(reg.engine);
	struct checklist c;
	struct err err = {0};

	ck_assert_msg(merge_checklist(reg.engine, reg.reader, s, version,
			      clock_now(&reg.clock.clock), reg.arena, &c, &err) == 1,
		"%s", err.msg);
	return c;
}

static const char *says(const struct checklist *c, const char *item)
{
	const struct checklist_item *i = checklist_find(c, item);

	ck_assert_msg(i != NULL, "%s", item);
	return names_of(&check_verdict_names, i->verdict);
}

static struct promotability blockers_of(const char *version)
{
	SNAPSHOT_AUTO s = snapshot_get(reg.engine);
	struct promotability p;
	struct err err = {0};

	ck_assert_int_eq(merge_promotability(reg.engine, reg.reader, s, version,
				 clock_now(&reg.clock.clock), reg.arena, &p, &err),
		1);
	return p;
}

/* Items that stop it, blockers and the door agree; how many items. */
static size_t check_agree(void)
{
	struct checklist c = list_of(merge);
	struct promotability p = blockers_of(merge);
	const struct blocker *first = LIST_AT(&p.blockers, struct blocker, 0);
	struct outcome o;
	size_t n = 0;

	for (size_t k = 0; k < c.items.n; k++) {
		const struct checklist_item *i = LIST_AT(&c.items, struct checklist_item, k);
		bool found = false;

		for (size_t b = 0; b < p.blockers.n; b++)
			found = found ||
				!strcmp(LIST_AT(&p.blockers, struct blocker, b)->item, i->item);
		ck_assert_msg(found == checklist_stops(i), "%s", i->item);
		n += found;
	}
	ck_assert_int_eq(p.promotable, c.verdict == CHECK_GO);
	ck_assert_int_eq(p.earliest, c.earliest);
	with.dry_run = true;
	o = promote(merge);
	ck_assert_int_eq(o.status, n ? 409 : 200);
	if (n) {
		ck_assert_str_eq(err_info(o.code)->code, first->code);
		ck_assert_str_eq(first->code, checklist_find(&c, first->item)->code);
	}
	return n;
}

START_TEST(test_checklist__asks_for_nothing_that_is_not_configured)
{
	struct checklist c;

	begin("");
	c = list_of(merge);
	ck_assert_int_eq(c.verdict, CHECK_GO);
	ck_assert_str_eq(says(&c, "quality"), "go");
	ck_assert_str_eq(says(&c, "suite"), "not_configured");
	ck_assert_str_eq(says(&c, "contract"), "not_configured");
	ck_assert_str_eq(says(&c, "window"), "not_configured");
	ck_assert_str_eq(says(&c, "hub"), "not_configured");
	ck_assert_str_eq(says(&c, "hold"), "go");
	ck_assert_uint_eq(check_agree(), 0);
	ck_assert_int_eq(promote(merge).status, 201);
	check_registry();
}
END_TEST

START_TEST(test_checklist__waits_for_a_sign_off_as_long_as_it_is_fresh)
{
	struct checklist c;
	struct outcome o;

	begin(REVIEW);
	c = list_of(merge);
	ck_assert_int_eq(c.verdict, CHECK_WAITING);
	ck_assert_int_eq(c.earliest, 0);
	ck_assert_uint_eq(check_agree(), 1);
	o = promote(merge);
	ck_assert_int_eq(o.code, ERR_CHECKLIST_NOT_GO);
	ck_assert(strstr(o.c->err.msg, "nobody has signed it off") != NULL);
	with.actor = "token:a";
	ck_assert_int_eq(sign_off(merge, "{'item':'review'}").status, 201);
	ck_assert_uint_eq(check_agree(), 0);
	fake_clock_step(&reg.clock, 48 * HOUR);
	c = list_of(merge);
	ck_assert_str_eq(checklist_find(&c, "review")->reason, "stale");
	ck_assert_uint_eq(check_agree(), 1);
	with.actor = "token:b";
	sign_off(merge, "{'item':'review','verdict':'no_go','reason':'leaks'}");
	c = list_of(merge);
	ck_assert_int_eq(c.verdict, CHECK_NO_GO);
	ck_assert_uint_eq(check_agree(), 1);
	with.actor = "token:a";
	sign_off(merge, "{'item':'review'}");
	ck_assert_int_eq(promote(merge).status, 201);
	check_registry();
}
END_TEST

static int64_t (*fake_now)(const struct clock *c);
static int reads_left;

/* Goes on by an hour at its reading number reads_left. */
static int64_t jumping_now(const struct clock *c)
{
	if (reads_left-- == 0)
		fake_clock_step(&reg.clock, HOUR);
	return fake_now(c);
}

/* Whenever the sign-off goes stale, between the list and the commit, too: never promoted after that. */
START_TEST(test_checklist__a_sign_off_is_fresh_when_it_is_promoted)
{
	int status = 0, refused = 0;

	begin(REVIEW);
	for (int n = 0; status != 201; n++) {
		int64_t stale = clock_now(&reg.clock.clock) + 48 * HOUR;
		struct outcome o;

		ck_assert_int_lt(n, 100);
		with.actor = "token:a";
		ck_assert_int_eq(sign_off(merge, "{'item':'review'}").status, 201);
		fake_clock_step(&reg.clock, 48 * HOUR - HOUR / 2);
		reads_left = n;
		fake_now = reg.clock.clock.now;
		reg.clock.clock.now = jumping_now;
		o = promote(merge);
		reg.clock.clock.now = fake_now;
		status = o.status;
		refused += o.code == ERR_CHECKLIST_NOT_GO;
		SNAPSHOT_AUTO s = snapshot_get(reg.engine);
		ck_assert_msg(status != 201 || s->channel.updated_at < stale, "read %d", n);
	}
	ck_assert_int_gt(refused, 2);
	check_registry();
}
END_TEST

START_TEST(test_checklist__lets_a_merge_soak)
{
	struct checklist c;

	begin(SOAK);
	c = list_of(merge);
	ck_assert_str_eq(says(&c, "soak"), "waiting");
	ck_assert_int_ne(c.earliest, 0);
	ck_assert_uint_eq(check_agree(), 1);
	ck_assert_int_eq(promote(merge).code, ERR_CHECKLIST_NOT_GO);
	fake_clock_step(&reg.clock, c.earliest - clock_now(&reg.clock.clock));
	ck_assert_uint_eq(check_agree(), 0);
	ck_assert_int_eq(promote(merge).status, 201);
}
END_TEST

static const char *event_member(const char *type, const char *key)
{
	struct err err = {0};
	struct page page;

	ck_assert_int_eq(event_list(reg.reader, type, NULL, 0, 1, reg.arena, &page, &err), 0);
	ck_assert_uint_eq(page.n, 1);
	return member(member(page.bodies[0], "data"), key);
}

START_TEST(test_checklist__override_passes_it_on_record)
{
	const char *passed;

	begin(WINDOW "," REVIEW "," SOAK);
	ck_assert_uint_eq(check_agree(), 3);
	ck_assert_int_eq(freeze("{'to':'2026-12-24T00:00:00Z','reason':'r'}").status, 201);
	ck_assert_uint_eq(check_agree(), 4);
	with.override = true;
	ck_assert_int_eq(promote(merge).status, 201);
	passed = event_member("promotion.succeeded", "overrode");
	ck_assert(strstr(passed, "soak: ") && strstr(passed, "review: ") &&
		  strstr(passed, "freeze: ") && strstr(passed, "window: "));
	ck_assert_str_eq(
		member(event_member("promotion.succeeded", "checklist"), "verdict"), "waiting");
	check_registry();
}
END_TEST

START_TEST(test_checklist__override_passes_no_gate_and_no_unit)
{
	struct checklist c;

	begin(WINDOW);
	withdraw("hf", "s/textgen-v1");
	ck_assert_int_eq(submit_samples("s/textgen-v2", 900, "").status, 201);
	merge = member(do_merge().body, "version");
	ck_assert_int_eq(submit_eval("s/check-eval-v1", "s/textgen-v2", 500).status, 201);
	c = list_of(merge);
	ck_assert_str_eq(says(&c, "quality"), "no_go");
	ck_assert_int_ge(checklist_find(&c, "quality")->since, 1);
	ck_assert_uint_eq(check_agree(), 2);
	with.override = true;
	ck_assert_int_eq(promote(merge).code, ERR_MERGE_NOT_READY);
	ck_assert_int_eq(withdraw("hf", "s/textgen-v2").status, 200);
	with.override = true;
	ck_assert_int_eq(promote(merge).code, ERR_STATE_CONFLICT);
	ck_assert_ptr_null(channel_text());
}
END_TEST

START_TEST(test_checklist__is_kept_as_it_was)
{
	struct checklist then, now;
	int64_t at;

	begin(REVIEW);
	with.actor = "token:a";
	sign_off(merge, "{'item':'review','evidence':'https://x/1'}");
	then = list_of(merge);
	at = clock_now(&reg.clock.clock);
	ck_assert_int_eq(promote(merge).status, 201);
	fake_clock_step(&reg.clock, 100 * HOUR);
	now = list_of(merge);
	ck_assert_int_eq(now.recorded, 1);
	ck_assert_int_eq(now.at, at);
	ck_assert_str_eq(now.state, "promoted");
	ck_assert_uint_eq(now.items.n, then.items.n);
	ck_assert_str_eq(says(&now, "review"), "go");
	ck_assert_str_eq(checklist_find(&now, "review")->signed_by, "token:a");
	ck_assert_str_eq(checklist_find(&now, "review")->evidence, "https://x/1");
	/* The door goes by what is. */
	ck_assert_int_eq(promote(merge).code, ERR_STATE_CONFLICT);
	registry_reopen();
	ck_assert_int_eq(list_of(merge).recorded, 1);
}
END_TEST

START_TEST(test_checklist__of_a_merge_that_is_over_says_only_that)
{
	struct checklist c;

	begin("");
	submit_unit("s/textgen-v2", "textgen", 0.9);
	ck_assert_int_eq(do_merge().status, 201);
	c = list_of(merge);
	ck_assert_uint_eq(c.items.n, 1);
	ck_assert_str_eq(says(&c, "merge"), "no_go");
	ck_assert_int_eq(c.verdict, CHECK_NO_GO);
}
END_TEST

START_TEST(test_checklist__names_the_suite_and_the_contract)
{
	struct checklist c;

	ck_assert_int_eq(post_suite("{'name':'spiral','version':'1','datasets':{'d':" D
				    "},'required_metrics':{'textgen':['quality']},'current':true}")
				 .status,
		201);
	begin("");
	withdraw("hf", "s/textgen-v1");
	submit_samples("s/textgen-v2", 900,
		",\"contract\":{\"name\":\"nodal\",\"version\":\"1\",\"digest\":\"sha256:"
		"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\"}");
	merge = member(do_merge().body, "version");
	c = list_of(merge);
	ck_assert_str_eq(says(&c, "suite"), "go");
	ck_assert(strstr(checklist_find(&c, "suite")->detail, "spiral 1") != NULL);
	ck_assert_str_eq(says(&c, "contract"), "go");
	ck_assert(strstr(checklist_find(&c, "contract")->detail, "sha256:e3b0") != NULL);
	ck_assert_uint_eq(check_agree(), 0);
}
END_TEST

/* After an automatic rollback only somebody who acknowledges it, or a day, lets promotions pass. */
START_TEST(test_checklist__is_held_after_a_breach)
{
	struct checklist c;

	first_release();
	next_release(8, 0.9);
	observe("1.0.1", 100000, 50000);
	finish();
	ck_assert_str_eq(member(channel_text(), "version"), "1.0.0");
	submit_unit("s/textgen-lora-v9", "textgen", 0.95);
	merge = member(do_merge().body, "version");
	c = list_of(merge);
	ck_assert_str_eq(says(&c, "hold"), "waiting");
	ck_assert_str_eq(checklist_find(&c, "hold")->code, "promotions_held");
	ck_assert_int_eq(c.earliest, checklist_find(&c, "hold")->until);
	ck_assert_uint_eq(check_agree(), 1);
	with.override = true;
	ck_assert_int_eq(promote(merge).code, ERR_PROMOTIONS_HELD);
	fake_clock_step(&reg.clock, 24 * HOUR);
	ck_assert_uint_eq(check_agree(), 0);
}
END_TEST

/* A connector that says of each artifact what the test wants. */
static int look_result;
static int fake_probe(struct connector *c, const struct provider_call *call,
	const struct probe_target *target, struct probe *ret, struct err *err)
{
	if (look_result < 0)
		return err_set(err, ERR_UNREACHABLE, "the bucket says 503");
	*ret = (struct probe){(enum probe_verdict)look_result, "it was looked for"};
	return 0;
}

START_TEST(test_checklist__looks_whether_the_artifacts_are_there)
{
	static const struct {
		int result;
		const char *verdict;
	} cases[] = {{-1, "waiting"}, {PROBE_MISSING, "no_go"}, {PROBE_REACHABLE, "go"},
		{PROBE_UNKNOWN, "not_configured"}};
	static struct connector_kind kind;
	static struct engine_source source;
	char path[SCRATCH_PATH];
	struct checklist c;

	kind = connector_dir;
	kind.probe = fake_probe;
	source = (struct engine_source){.kind = &kind,
		.options = {.provider = "hf",
			.path = arena_strdup(reg.arena, scratch_file(path, ".")),
			.artifacts = "/",
			.timeout = 30 * USEC_PER_SEC}};
	registry_sources(&source, 1);
	look_result = -1;
	begin("");
	c = list_of(merge);
	ck_assert_str_eq(says(&c, "artifacts"), "waiting");
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		look_result = cases[i].result;
		fake_clock_step(&reg.clock, HOUR);
		finish();
		c = list_of(merge);
		ck_assert_str_eq(says(&c, "artifacts"), cases[i].verdict);
		check_agree();
	}
	ck_assert_int_eq(promote(merge).status, 201);
}
END_TEST

/* ---- The promote job ---- */

static struct job_run window_run(void)
{
	struct err err = {0};
	struct job_run r;

	ck_assert_int_eq(job_run_last(reg.reader, JOB_PROMOTE, reg.arena, &r, &err), 1);
	return r;
}

static void go_to(int hour)
{
	const struct civil start = {.year = 2026, .month = 11, .day = 24, .hour = 6};

	fake_clock_step(
		&reg.clock, civil_to_time(&start) + hour * HOUR - clock_now(&reg.clock.clock));
	finish();
}

START_TEST(test_checklist__turns_go_in_an_open_window_and_is_promoted_then)
{
	struct job_run r;

	begin(WINDOW "," REVIEW);
	go_to(28);
	ck_assert_ptr_null(channel_text());
	r = window_run();
	ck_assert_msg(strstr(r.reason, "review: nobody has signed it off") != NULL, "%s", r.reason);
	go_to(29);
	with.actor = "token:a";
	ck_assert_int_eq(sign_off(merge, "{'item':'review'}").status, 201);
	fake_clock_step(&reg.clock, USEC_PER_SEC);
	finish();
	ck_assert_ptr_nonnull(channel_text());
	r = window_run();
	ck_assert_int_eq(r.outcome, JOB_DONE);
	ck_assert_str_eq(r.decided, "promoted 1.0.0");
	check_registry();
}
END_TEST

START_TEST(test_checklist__soaks_within_an_open_window)
{
	begin(WINDOW ",\"soak\":\"PT30H\"");
	go_to(28);
	ck_assert_ptr_null(channel_text());
	/* A simulation steps there. */
	ck_assert_int_eq(schedule_next_due(reg.engine), list_of(merge).earliest);
	go_to(30);
	ck_assert_ptr_null(channel_text());
	fake_clock_step(&reg.clock, schedule_next_due(reg.engine) - clock_now(&reg.clock.clock));
	finish();
	fake_clock_step(&reg.clock, USEC_PER_SEC);
	finish();
	ck_assert_ptr_nonnull(channel_text());
	ck_assert_int_gt(schedule_next_due(reg.engine), clock_now(&reg.clock.clock));
}
END_TEST

START_TEST(test_checklist__says_at_close_why_nothing_was_promoted)
{
	struct job_run r;
	const char *kept;

	begin(WINDOW "," REVIEW "," SOAK);
	go_to(28);
	go_to(32);
	ck_assert_ptr_null(channel_text());
	r = window_run();
	ck_assert_int_eq(r.outcome, JOB_NOTHING);
	ck_assert_int_eq(r.phase, PHASE_FAILED);
	ck_assert_msg(strstr(r.reason, "review: nobody has signed it off") != NULL, "%s", r.reason);
	kept = member(r.detail, "checklist");
	ck_assert_str_eq(member(kept, "merge"), merge);
	ck_assert_str_eq(member(kept, "verdict"), "waiting");
	ck_assert(strstr(kept, "the window is open until") != NULL);
	check_registry();
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("engine/checklist");
	TCase *tc = tcase_create("engine");

	tcase_add_checked_fixture(tc, registry_setup, registry_teardown);
	tcase_add_test(tc, test_checklist__asks_for_nothing_that_is_not_configured);
	tcase_add_test(tc, test_checklist__waits_for_a_sign_off_as_long_as_it_is_fresh);
	tcase_add_test(tc, test_checklist__a_sign_off_is_fresh_when_it_is_promoted);
	tcase_add_test(tc, test_checklist__lets_a_merge_soak);
	tcase_add_test(tc, test_checklist__override_passes_it_on_record);
	tcase_add_test(tc, test_checklist__override_passes_no_gate_and_no_unit);
	tcase_add_test(tc, test_checklist__is_kept_as_it_was);
	tcase_add_test(tc, test_checklist__of_a_merge_that_is_over_says_only_that);
	tcase_add_test(tc, test_checklist__names_the_suite_and_the_contract);
	tcase_add_test(tc, test_checklist__is_held_after_a_breach);
	tcase_add_test(tc, test_checklist__looks_whether_the_artifacts_are_there);
	tcase_add_test(tc, test_checklist__turns_go_in_an_open_window_and_is_promoted_then);
	tcase_add_test(tc, test_checklist__soaks_within_an_open_window);
	tcase_add_test(tc, test_checklist__says_at_close_why_nothing_was_promoted);
	suite_add_tcase(s, tc);
	return s;
}
