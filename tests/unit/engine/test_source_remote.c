/* SPDX-License-Identifier: Apache-2.0
 *
 * The ingest from a provider over the network, played by a connector that does as it is told: one that
 * can't be asked is one failure, whatever it says of how many entries; nothing is lost, nothing comes
 * twice, and it recovers by itself.
 */
#include <check.h>
#include <string.h>

#include "engine/scheduler.h"
#include "engine/internal.h"
#include "engine/source.h"
#include "engine/source_run.h"
#include "engine/tx.h"
#include "provider/session.h"
#include "store/event.h"
#include "store/schedule.h"
#include "support/registry.h"

Suite *test_suite(void);

enum { ENTRIES_MAX = 64, DAY_S = 86400 };

static struct {
	struct source_entry v[ENTRIES_MAX];
	size_t n;
	bool gone;	  /* it can't even be listed */
	size_t deaf_from; /* fetches from this one on can't be made; 0: none of them */
	size_t deaf_once; /* that one alone */
	enum err_code code;
	bool unsettled;	     /* somebody is writing */
	const char *instead; /* of each document; of a page, other bytes each time */
	size_t fetches, lists;
	enum breaker_state breaker;
	int64_t left_alone;
	bool guarded; /* by a breaker of its own, as those of the connectors are */
	struct breaker own;
	int64_t listed_at; /* monotonic */
} place;
static const struct breaker_rule rule = {
	.after = 5, .first = 30 * USEC_PER_SEC, .most = 900 * USEC_PER_SEC};

static int play_open(const struct connector_options *o, struct connector **ret, struct err *err)
{
	(void)o, (void)err;
	*ret = (struct connector *)&place;
	return 0;
}

static void play_close(struct connector *c)
{
	(void)c;
}

static int play_list(struct connector *c, const struct provider_call *call,
	struct source_listing *ret, struct err *err)
{
	int64_t now = clock_mono(call->clock);

	(void)c;
	if (place.guarded && !breaker_enter(&place.own, now))
		return err_set(err, ERR_UNREACHABLE, "it is left alone");
	place.lists++;
	place.listed_at = now;
	if (place.gone)
		breaker_failed(&place.own, &rule, now);
	else
		breaker_succeeded(&place.own);
	if (place.gone)
		return err_set(err, ERR_UNREACHABLE, "no answer");
	*ret = (struct source_listing){.v = place.v, .n = place.n};
	return 0;
}

static int play_fetch(struct connector *c, const struct provider_call *call,
	const struct source_entry *entry, struct source_document *ret, struct err *err)
{
	const char *text;

	(void)c;
	place.fetches++;
	if ((place.deaf_from && place.fetches >= place.deaf_from) ||
		(place.deaf_once && place.fetches == place.deaf_once))
		return err_set(err, place.code, "429: too many requests");
	if (place.unsettled)
		return FETCH_UNSETTLED;
	if (strncmp(entry->name, "bare", 4) == 0) {
		err_set(err, ERR_INVALID_MANIFEST, "it has no metrics to make a manifest of");
		return FETCH_REFUSED;
	}
	if (place.instead) {
		text = arena_printf(call->arena, "%s%s", place.instead,
			*place.instead == '<' ? arena_printf(call->arena, "%zu", place.fetches)
					      : "");
		*ret = (struct source_document){.text = text, .len = strlen(text)};
		return FETCH_DONE;
	}
	text = arena_printf(call->arena,
		"{\"provider\":\"hf\",\"artifacts\":[{\"id\":\"s/textgen-lora-v%s\",\"role\":"
		"\"textgen\",\"uri\":\"hf://s/%s@%s\",\"metrics\":{\"quality\":0.8,\"safety\":0.98,"
		"\"latency_ms_p95\":120,\"cost_per_1k_tokens\":0.7}}]}",
		entry->name, entry->name, entry->version);
	*ret = (struct source_document){.text = text, .len = strlen(text)};
	return FETCH_DONE;
}

static bool play_health(struct connector *c, const struct clock *clock, struct session_health *ret)
{
	int64_t now = clock_mono(clock);

	(void)c;
	*ret = (struct session_health){.breaker = place.breaker, .left_alone = place.left_alone};
	if (!place.guarded)
		return true;
	ret->breaker = breaker_state(&place.own, now);
	ret->left_alone = ret->breaker == BREAKER_OPEN ? place.own.open_till - now : 0;
	return true;
}

static const struct connector_kind play = {.name = "play",
	.open = play_open,
	.close = play_close,
	.list = play_list,
	.fetch = play_fetch,
	.health = play_health};
static const struct engine_source sources[] = {
	{&play, {.provider = "hf", .timeout = 300 * USEC_PER_SEC}}};

static void setup(void)
{
	registry_setup();
	memset(&place, 0, sizeof(place));
	registry_sources(sources, 1);
}

/* Names sort as they come: two digits. */
static void add(const char *name, const char *version)
{
	place.v[place.n++] = (struct source_entry){
		arena_strdup(reg.arena, name), arena_strdup(reg.arena, version), NULL};
}

static void add_many(int from, int n)
{
	for (int i = from; i < from + n; i++)
		add(arena_printf(reg.arena, "%d", i), "a");
}

static struct job_run ingest(void)
{
	struct err err = {0};
	struct job_run r;

	ck_assert_int_eq(run_job(JOB_INGEST).status, 202);
	finish();
	ck_assert_int_eq(job_run_last(reg.reader, JOB_INGEST, reg.arena, &r, &err), 1);
	return r;
}

static void later(int64_t seconds)
{
	fake_clock_step(&reg.clock, seconds * USEC_PER_SEC);
	finish();
	/* And have it taken back. */
	finish();
}

static const char *said(const struct job_run *r)
{
	return r->reason ? r->reason : r->decided;
}

START_TEST(test_source_remote__two_days_away_are_one_failure_and_one_recovery)
{
	add_many(10, 5);
	ingest();
	ck_assert_int_eq(count_events("manifest.submitted"), 5);
	place.gone = true;
	for (int hour = 0; hour < 48; hour++) {
		fake_clock_step(&reg.clock, 3600 * USEC_PER_SEC);
		ingest();
	}
	add_many(15, 7);
	ck_assert_int_eq(count_events("provider.failed"), 1);
	ck_assert_int_eq(count_events("provider.recovered"), 0);
	place.gone = false;
	place.fetches = 0;
	ingest();
	ck_assert_uint_eq(place.fetches, 7);
	ck_assert_int_eq(count_events("manifest.submitted"), 12);
	ck_assert_int_eq(count_events("manifest.refused"), 0);
	ck_assert_int_eq(count_events("provider.failed"), 1);
	ck_assert_int_eq(count_events("provider.recovered"), 1);
	check_registry();
}
END_TEST

/* By the code, whether the provider is asked again within the run. */
static const struct {
	enum err_code code;
	size_t fetches;
} deafs[] = {{ERR_UNREACHABLE, 10 + 3}, {ERR_TOO_MANY_REQUESTS, 10 + 3}, {ERR_CONFIG, 10 + 1}};

START_TEST(test_source_remote__one_that_can_not_be_asked_ends_the_run_and_keeps_what_worked)
{
	add_many(10, 50);
	place.deaf_from = 11;
	place.code = deafs[_i].code;
	struct job_run r = ingest();

	ck_assert_uint_eq(place.fetches, deafs[_i].fetches);
	ck_assert_int_eq(count_events("manifest.submitted"), 10);
	ck_assert_ptr_nonnull(strstr(said(&r), "429: too many requests"));
	ingest();
	ck_assert_int_eq(count_events("provider.failed"), 1);
	ck_assert_int_eq(count_events("manifest.refused"), 0);
	place.deaf_from = 0;
	place.fetches = 0;
	ingest();
	ck_assert_uint_eq(place.fetches, 40);
	ck_assert_int_eq(count_events("manifest.submitted"), 50);
	ck_assert_int_eq(count_events("provider.recovered"), 1);
}
END_TEST

START_TEST(test_source_remote__one_entry_it_was_not_asked_for_comes_with_the_next)
{
	add_many(10, 20);
	place.deaf_once = 5;
	place.code = ERR_UNREACHABLE;
	ingest();
	ck_assert_int_eq(count_events("manifest.submitted"), 19);
	ck_assert_int_eq(count_events("manifest.refused"), 0);
	/* Not all that was listed was handled. */
	ck_assert_int_eq(count_events("provider.failed"), 1);
	place.fetches = 0;
	place.deaf_once = 0;
	ingest();
	ck_assert_uint_eq(place.fetches, 1);
	ck_assert_int_eq(count_events("manifest.submitted"), 20);
	ck_assert_int_eq(count_events("provider.recovered"), 1);
}
END_TEST

START_TEST(test_source_remote__what_it_refuses_is_told_once_and_asked_again_when_it_changes)
{
	set_cadence("{'ingest':{'rrule':'daily 02:00'}}");
	add("10", "a");
	add("bare", "a");
	struct job_run r = ingest();

	ck_assert_str_eq(said(&r), "hf: 1 new, 1 refused");
	ck_assert_int_eq(count_events("manifest.refused"), 1);
	place.fetches = 0;
	/* By hand it is asked for, each time; what came in is not. */
	ingest();
	ingest();
	ck_assert_uint_eq(place.fetches, 2);
	ck_assert_int_eq(count_events("manifest.refused"), 1);
	place.v[1].version = "b";
	later(DAY_S);
	ck_assert_uint_eq(place.fetches, 3);
	ck_assert_int_eq(count_events("manifest.refused"), 2);
	ck_assert_int_eq(count_events("provider.failed"), 0);
}
END_TEST

static const char *const no_documents[] = {"<html>at home in the proxy", "", "{\"provider\":"};

/* 200 and somebody's error page: nothing was said of the manifest. */
START_TEST(test_source_remote__what_is_no_json_is_asked_for_again_and_told_once)
{
	add("10", "a");
	place.instead = no_documents[_i];
	struct job_run r = ingest();

	ck_assert_str_eq(said(&r), "hf: nothing new, 1 could not be read");
	ingest();
	registry_reopen();
	ingest();
	ck_assert_uint_eq(place.fetches, 3);
	ck_assert_int_eq(count_events("manifest.unreadable"), 1);
	ck_assert_int_eq(count_events("manifest.refused"), 0);
	place.instead = NULL;
	ingest();
	ck_assert_int_eq(count_events("manifest.submitted"), 1);
	ingest();
	ck_assert_uint_eq(place.fetches, 4);
	ck_assert_int_eq(count_events("manifest.unreadable"), 1);
}
END_TEST

static struct provider_record shown(void)
{
	struct provider_record p;
	struct err err = {0};

	fields_init(&provider_record_table, &p);
	p.name = "hf";
	ck_assert_int_eq(provider_show(reg.engine, reg.reader, &p, true, reg.arena, &err), 0);
	return p;
}

static const struct provider_refusal *first_refusal(void)
{
	struct provider_record p = shown();

	ck_assert_uint_eq(p.refusals.n, 1);
	return LIST_AT(&p.refusals, struct provider_refusal, 0);
}

/* What it says is wrong, and stays so: that costs a request a day, for a week. */
START_TEST(test_source_remote__what_is_refused_for_what_it_says_is_asked_for_a_week)
{
	set_cadence("{'ingest':{'rrule':'daily 02:00'}}");
	add("10", "a");
	place.instead = "{\"provider\":\"hf\"}";
	later(DAY_S);
	ck_assert_uint_eq(place.fetches, 1);
	ck_assert_int_eq(first_refusal()->again_at, first_refusal()->at + 3600 * USEC_PER_SEC);
	for (size_t day = 1; day < 20; day++) {
		later(DAY_S);
		ck_assert_uint_eq(place.fetches, 1 + (day < 7 ? day : 7));
	}
	ck_assert_int_eq(count_events("manifest.refused"), 1);
	ck_assert_int_eq(first_refusal()->again_at, 0);
	ck_assert_ptr_nonnull(strstr(first_refusal()->again, "spiralfed schedule run ingest"));
	place.instead = NULL;
	later(DAY_S);
	ck_assert_int_eq(count_events("manifest.submitted"), 0);
	ingest();
	ck_assert_int_eq(count_events("manifest.submitted"), 1);
	ck_assert_uint_eq(shown().refusals.n, 0);
	check_registry();
}
END_TEST

/* Its error has passed: what is shown is what holds it now. */
START_TEST(test_source_remote__the_newest_reason_is_shown)
{
	add("10", "a");
	place.deaf_from = 1;
	place.code = ERR_IO;
	ingest();
	ck_assert_ptr_nonnull(strstr(first_refusal()->detail, "429"));
	place.deaf_from = 0;
	place.unsettled = true;
	for (int i = 0; i < 2; i++) {
		struct job_run r = ingest();

		ck_assert_str_eq(said(&r), "hf: nothing new, 1 still being written");
		ck_assert_str_eq(first_refusal()->code, "unavailable");
		ck_assert_ptr_nonnull(strstr(first_refusal()->detail, "still being written"));
	}
	place.unsettled = false;
	place.deaf_from = 1;
	ingest();
	ck_assert_ptr_nonnull(strstr(first_refusal()->detail, "429"));
	ck_assert_int_eq(count_events("manifest.unreadable"), 1);
	place.deaf_from = 0;
	ingest();
	ck_assert_int_eq(count_events("manifest.submitted"), 1);
	ck_assert_uint_eq(shown().refusals.n, 0);
}
END_TEST

/* A server answered with 200 and an error that is JSON, too. */
START_TEST(test_source_remote__what_was_refused_comes_in_by_itself)
{
	set_cadence("{'ingest':{'rrule':'daily 02:00'}}");
	add("10", "a");
	place.instead = "{\"data\":{\"provider\":\"hf\"}}";
	later(DAY_S);
	registry_reopen();
	later(DAY_S);
	place.instead = NULL;
	later(DAY_S);
	ck_assert_int_eq(count_events("manifest.submitted"), 1);
	ck_assert_int_eq(count_events("manifest.refused"), 1);
	place.fetches = 0;
	later(DAY_S);
	ingest();
	ck_assert_uint_eq(place.fetches, 0);
	/* Its next version starts anew. */
	place.v[0].version = "b";
	place.instead = "{\"provider\":\"hf\"}";
	ingest();
	ck_assert_int_eq(first_refusal()->again_at, first_refusal()->at + 3600 * USEC_PER_SEC);
}
END_TEST

/* The night's ingest finds nobody: the next night is not waited for. */
START_TEST(test_source_remote__a_failed_ingest_is_tried_again_until_it_worked)
{
	static const int after[] = {300, 600, 1200, 2400, 3600, 3600};

	set_cadence("{'ingest':{'rrule':'daily 02:00'}}");
	add_many(10, 2);
	place.gone = true;
	ingest();
	for (size_t i = 0; i < sizeof(after) / sizeof(after[0]); i++) {
		place.lists = 0;
		later(after[i] - 10);
		ck_assert_uint_eq(place.lists, 0);
		place.gone = i < sizeof(after) / sizeof(after[0]) - 1;
		later(10);
		ck_assert_uint_eq(place.lists, 1);
	}
	ck_assert_int_eq(count_events("manifest.submitted"), 2);
	ck_assert_int_eq(count_events("provider.failed"), 1);
	ck_assert_int_eq(count_events("provider.recovered"), 1);
	later(3600);
	ck_assert_uint_eq(place.lists, 1);
	check_registry();
}
END_TEST

START_TEST(test_source_remote__what_the_schedule_brings_ends_the_tries)
{
	set_cadence("{'ingest':{'rrule':'daily 02:00'}}");
	place.gone = true;
	ingest();
	place.gone = false;
	ingest();
	place.lists = 0;
	later(3600);
	ck_assert_uint_eq(place.lists, 0);
}
END_TEST

/* And a restart makes no difference. */
START_TEST(test_source_remote__no_try_goes_through_a_freeze)
{
	struct outcome o;

	set_cadence("{'ingest':{'rrule':'daily 02:00'}}");
	place.gone = true;
	ingest();
	o = freeze("{'to':'2027-06-01T12:00:00Z','reason':'audit','jobs':['ingest']}");
	ck_assert_int_eq(o.status, 201);
	place.lists = 0;
	later(3600);
	registry_reopen();
	later(60);
	ck_assert_uint_eq(place.lists, 0);
	ck_assert_int_eq(end_freeze(member(o.body, "id")).status, 200);
	later(10);
	ck_assert_uint_eq(place.lists, 1);
}
END_TEST

START_TEST(test_source_remote__without_a_schedule_nothing_is_tried_again)
{
	place.gone = true;
	ingest();
	place.lists = 0;
	later(3600);
	ck_assert_uint_eq(place.lists, 0);
}
END_TEST

static enum provider_state state(void)
{
	return (enum provider_state)shown().state;
}

/* The ingest of the night went well; whoever looks for artifacts since finds nobody. */
START_TEST(test_source_remote__one_that_is_left_alone_fails)
{
	ck_assert_int_eq(state(), PROVIDER_WAITING);
	ingest();
	ck_assert_int_eq(state(), PROVIDER_OK);
	place.breaker = BREAKER_OPEN;
	ck_assert_int_eq(state(), PROVIDER_FAILING);
	place.breaker = BREAKER_HALF_OPEN;
	ck_assert_int_eq(state(), PROVIDER_OK);
}
END_TEST

/* Longer than its timeout: not waited for. */
START_TEST(test_source_remote__a_run_does_not_wait_beyond_its_timeout)
{
	place.breaker = BREAKER_OPEN;
	place.left_alone = sources[0].options.timeout + 1;
	ingest();
	ck_assert_uint_eq(place.lists, 1);
}
END_TEST

static int64_t waited, open_till;

static void let_pass(const struct provider_call *call, int64_t usec)
{
	ck_assert_int_gt(usec, 0);
	waited += usec;
	fake_clock_step(&reg.clock, usec);
}

/* Away until its breaker opens; what comes then waits, once for each run. */
static void open_its_breaker(void)
{
	waited = 0;
	place.guarded = place.gone = true;
	reg.engine->sources->wait = let_pass;
	add_many(10, 2);
	for (int i = 0; i < rule.after; i++)
		ingest();
	ck_assert_uint_eq(place.lists, 5);
	ck_assert_int_eq(waited, 0);
	ck_assert_int_eq(state(), PROVIDER_FAILING);
	place.lists = 0;
	open_till = place.own.open_till;
}

START_TEST(test_source_remote__a_run_waits_out_an_open_breaker_and_goes_on)
{
	open_its_breaker();
	place.gone = false;
	fake_clock_step(&reg.clock, 10 * USEC_PER_SEC);
	struct job_run r = ingest();
	int64_t once = waited;

	ck_assert_int_gt(once, 0);
	ck_assert_int_le(once, 20 * USEC_PER_SEC);
	ck_assert_uint_eq(place.lists, 1);
	ck_assert_int_eq(place.listed_at, open_till);
	ck_assert_msg(strstr(said(&r), "hf: 2 new"), "%s", said(&r));
	ck_assert_int_eq(r.outcome, JOB_DONE);
	ck_assert_int_eq(count_events("manifest.submitted"), 2);
	ck_assert_int_eq(count_events("provider.failed"), 1);
	ck_assert_int_eq(count_events("provider.recovered"), 1);
	ck_assert_int_eq(state(), PROVIDER_OK);
	ingest();
	ck_assert_int_eq(waited, once);
}
END_TEST

/* One request tries it; then it is left alone for twice as long, which the next run waits out. */
START_TEST(test_source_remote__a_run_that_waited_in_vain_is_one_request)
{
	open_its_breaker();
	struct job_run r = ingest();

	ck_assert_int_eq(place.listed_at, open_till);
	ck_assert_uint_eq(place.lists, 1);
	ck_assert_int_eq(place.own.open_till, open_till + 60 * USEC_PER_SEC);
	open_till = place.own.open_till;
	ck_assert_ptr_nonnull(strstr(said(&r), "no answer"));
	place.gone = false;
	ingest();
	ck_assert_int_eq(place.listed_at, open_till);
	ck_assert_uint_eq(place.lists, 2);
	ck_assert_int_eq(count_events("manifest.submitted"), 2);
	ck_assert_int_eq(count_events("provider.failed"), 1);
	ck_assert_int_eq(count_events("provider.recovered"), 1);
}
END_TEST

Suite *test_suite(void)
{
	Suite *suite = suite_create("source: over the network");
	TCase *tc = tcase_create("remote");

	tcase_add_checked_fixture(tc, setup, registry_teardown);
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, test_source_remote__two_days_away_are_one_failure_and_one_recovery);
	tcase_add_loop_test(tc,
		test_source_remote__one_that_can_not_be_asked_ends_the_run_and_keeps_what_worked, 0,
		sizeof(deafs) / sizeof(deafs[0]));
	tcase_add_test(tc, test_source_remote__one_entry_it_was_not_asked_for_comes_with_the_next);
	tcase_add_test(tc,
		test_source_remote__what_it_refuses_is_told_once_and_asked_again_when_it_changes);
	tcase_add_loop_test(tc,
		test_source_remote__what_is_no_json_is_asked_for_again_and_told_once, 0,
		sizeof(no_documents) / sizeof(no_documents[0]));
	tcase_add_test(
		tc, test_source_remote__what_is_refused_for_what_it_says_is_asked_for_a_week);
	tcase_add_test(tc, test_source_remote__what_was_refused_comes_in_by_itself);
	tcase_add_test(tc, test_source_remote__the_newest_reason_is_shown);
	tcase_add_test(tc, test_source_remote__one_that_is_left_alone_fails);
	tcase_add_test(tc, test_source_remote__a_run_does_not_wait_beyond_its_timeout);
	tcase_add_test(tc, test_source_remote__a_run_waits_out_an_open_breaker_and_goes_on);
	tcase_add_test(tc, test_source_remote__a_run_that_waited_in_vain_is_one_request);
	tcase_add_test(tc, test_source_remote__a_failed_ingest_is_tried_again_until_it_worked);
	tcase_add_test(tc, test_source_remote__what_the_schedule_brings_ends_the_tries);
	tcase_add_test(tc, test_source_remote__no_try_goes_through_a_freeze);
	tcase_add_test(tc, test_source_remote__without_a_schedule_nothing_is_tried_again);
	suite_add_tcase(suite, tc);
	return suite;
}
