/* SPDX-License-Identifier: Apache-2.0
 *
 * The calendar, runs by hand and freezes over HTTP.
 */
#include "rig.h"

#include "model/policy.h"

Suite *test_suite(void);

static struct rig rig;

static void open_rig(void)
{
	struct reply_text t;
	char etag[512], header[600];
	ARENA_AUTO a = arena_new();

	scratch_make();
	rig_options(&rig);
	rig_open(&rig, true, true);
	rig_ask(&rig, "GET", "/v1/policy", "", NULL, &t);
	snprintf(header, sizeof(header), "If-Match: %s\r\n", reply_header(&t, "ETag", etag));
	reply_clear(&t);
	rig_ask(&rig, "PUT", "/v1/policy", header,
		policy_with_cadence(
			"{'ingest':'daily 02:00','merge':'Tue,Fri 09:00 America/New_York',"
			"'promote':{'rrule':'Wed 10:00','duration':'PT4H'}}",
			a),
		&t);
	ck_assert_msg(t.status == 200, "%s", t.all.buf);
	reply_clear(&t);
}

static void close_rig(void)
{
	rig_close(&rig);
	scratch_remove();
}

/* The value of a string member that comes first in the text. */
static const char *value_of(const struct reply_text *t, const char *name, char buf[128])
{
	const char *at = strstr(t->body, name);

	ck_assert_msg(at != NULL, "%s", t->all.buf);
	at = strchr(at, ':') + 2;
	snprintf(buf, 128, "%.*s", (int)strcspn(at, "\""), at);
	return buf;
}

START_TEST(test_schedule__shows_each_job)
{
	struct reply_text t;
	char etag[512], header[600];

	rig_expect(&rig, "GET", "/v1/schedule", "", NULL, 200,
		"{\"job\":\"merge\",\"rrule\":\"FREQ=WEEKLY;BYDAY=TU,FR;BYHOUR=9;BYMINUTE=0;"
		"BYSECOND=0\","
		"\"tz\":\"America/New_York\",\"catch_up\":\"once\",\"next\":\"20");
	rig_expect(&rig, "GET", "/v1/schedule", "", NULL, 200,
		"\"window\":{\"duration\":\"PT4H\",\"open\":false,\"opens\":\"20");
	rig_expect(&rig, "GET", "/v1/schedule", "Accept: text/plain\r\n", NULL, 200, "JOB ");
	rig_expect(&rig, "GET", "/v1/schedule/preview?days=14", "", NULL, 200,
		"{\"kind\":\"run\",\"at\":\"20");
	rig_expect(&rig, "GET", "/v1/schedule/preview?days=0", "", NULL, 400, "invalid_parameter");
	rig_expect(&rig, "GET", "/v1/schedule/preview?days=367", "", NULL, 400, "366");
	rig_ask(&rig, "GET", "/v1/schedule.ics", "", NULL, &t);
	ck_assert_int_eq(t.status, 200);
	ck_assert_str_eq(reply_header(&t, "Content-Type", etag), "text/calendar; charset=utf-8");
	ck_assert(strncmp(t.body, "BEGIN:VCALENDAR\r\n", 17) == 0);
	snprintf(header, sizeof(header), "If-None-Match: %s\r\n", reply_header(&t, "ETag", etag));
	reply_clear(&t);
	rig_expect(&rig, "GET", "/v1/schedule.ics", header, NULL, 304, "");
	rig_expect(&rig, "GET", "/v1/schedule.ics", "Accept: text/calendar\r\n", NULL, 200, "UID:");
	rig_expect(&rig, "GET", "/v1/schedule.ics", "Accept: application/json\r\n", NULL, 406,
		"text/calendar");
}
END_TEST

START_TEST(test_schedule__runs_a_job_by_hand)
{
	struct reply_text t;
	char where[512], path[600];
	int tries = 0;

	rig_expect(&rig, "POST", "/v1/schedule/merge/run?dry_run=true", "", "{}", 200,
		"\"outcome\":\"nothing\",\"reason\":\"no unit for the slots");
	rig_expect(&rig, "POST", "/v1/schedule/deploy/run", "", "{}", 404,
		"there is no job deploy: ingest, merge and promote there are");
	rig_expect(&rig, "POST", "/v1/schedule/promote/run", "", "{}", 409, "promotion_closed");
	rig_expect(&rig, "POST", "/v1/schedule/promote/run", "", "{}", 409, "\"next_open\": \"20");
	rig_ask(&rig, "POST", "/v1/schedule/merge/run", "", "{\"reason\":\"now\"}", &t);
	ck_assert_msg(t.status == 202, "%s", t.all.buf);
	snprintf(path, sizeof(path), "%s", reply_header(&t, "Location", where));
	reply_clear(&t);
	for (bool over = false; !over && tries < 20000; tries++) {
		rig_ask(&rig, "GET", path, "", NULL, &t);
		over = strstr(t.body, "\"outcome\":\"nothing\"") != NULL;
		reply_clear(&t);
	}
	rig_expect(&rig, "GET", path, "", NULL, 200, "\"outcome\":\"nothing\"");
	rig_expect(&rig, "GET", path, "", NULL, 200, "\"asked\":\"now\"");
	rig_expect(&rig, "GET", "/metrics", "", NULL, 200,
		"spiralfed_job_runs_total{job=\"merge\",outcome=\"nothing\"} ");
	rig_expect(&rig, "GET", "/v1/schedule/merge/runs", "", NULL, 200, "{\"runs\":[{\"id\":");
	rig_expect(&rig, "GET", "/v1/schedule/ingest/runs", "", NULL, 200, "{\"runs\":[]}");
	rig_expect(&rig, "GET", "/v1/schedule/ingest/runs/1", "", NULL, 404, "not_found");
	rig_expect(&rig, "GET", "/v1/schedule/merge/runs/one", "", NULL, 404, "not_found");
	rig_expect(
		&rig, "GET", "/v1/schedule/nosuch/runs", "", NULL, 404, "there is no job nosuch");
}
END_TEST

/* Who may only operate may not promote by a run either. */
START_TEST(test_schedule__a_run_of_promote_wants_its_scope)
{
	struct reply_text t;
	char secret[128], all[sizeof(rig.token)];

	rig_ask(&rig, "POST", "/v1/tokens", "", "{\"name\":\"ops\",\"scopes\":[\"operate\"]}", &t);
	ck_assert_msg(t.status == 201, "%s", t.all.buf);
	value_of(&t, "\"token\"", secret);
	reply_clear(&t);
	snprintf(all, sizeof(all), "%s", rig.token);
	snprintf(rig.token, sizeof(rig.token), "%s", secret);
	rig_expect(&rig, "POST", "/v1/schedule/promote/run", "", "{}", 403, "insufficient_scope");
	rig_expect(&rig, "POST", "/v1/schedule/ingest/run?dry_run=true", "", "{}", 200, "ingest");
	snprintf(rig.token, sizeof(rig.token), "%s", all);
}
END_TEST

START_TEST(test_freezes__hold_until_they_are_ended)
{
	struct reply_text t;
	char id[128], path[256];

	rig_ask(&rig, "POST", "/v1/freezes", "",
		"{\"to\":\"2099-01-01T00:00:00Z\",\"reason\":\"audit\"}", &t);
	ck_assert_msg(t.status == 201, "%s", t.all.buf);
	snprintf(path, sizeof(path), "/v1/freezes/%s", value_of(&t, "\"id\"", id));
	reply_clear(&t);
	rig_expect(&rig, "GET", path, "", NULL, 200, "\"reason\":\"audit\"");
	rig_expect(&rig, "GET", "/v1/freezes", "", NULL, 200, "{\"freezes\":[{\"id\":");
	rig_expect(&rig, "GET", "/v1/schedule", "", NULL, 200, "\"freezes\":[{\"id\":");
	rig_expect(
		&rig, "POST", "/v1/schedule/promote/run", "", "{}", 409, "\"held_until\": \"2099");
	rig_expect(&rig, "GET", "/v1/schedule/preview", "", NULL, 200, "\"kind\":\"freeze\"");
	snprintf(path, sizeof(path), "/v1/freezes/%s/end", id);
	rig_expect(&rig, "POST", path, "", "{\"reason\":\"done\"}", 200, "\"ended_by\":\"token:");
	rig_expect(&rig, "POST", path, "", "{\"reason\":\"done\"}", 409, "was ended already");
	rig_expect(
		&rig, "POST", "/v1/freezes/nosuch/end", "", "{\"reason\":\"x\"}", 404, "not_found");
	rig_expect(&rig, "GET", "/v1/freezes/nosuch", "", NULL, 404, "not_found");
}
END_TEST

START_TEST(test_freezes__that_hold_nothing_are_refused)
{
	static const struct {
		const char *body, *says;
	} bad[] = {
		{"{\"from\":\"2098-01-02T00:00:00Z\",\"to\":\"2098-01-01T00:00:00Z\",\"reason\":"
		 "\"r\"}",
			"are the two exchanged?"},
		{"{\"from\":\"2098-01-01T00:00:00Z\",\"to\":\"2098-01-01T00:00:00Z\",\"reason\":"
		 "\"r\"}",
			"would hold nothing"},
		{"{\"to\":\"2001-01-01T00:00:00Z\",\"reason\":\"r\"}", "would end"},
		{"{\"to\":\"2098-01-01T00:00:00Z\"}", "/reason"},
		{"{\"reason\":\"r\"}", "/to"},
		{"{\"to\":\"2098-01-01T00:00:00Z\",\"reason\":\"r\",\"jobs\":[\"deploy\"]}",
			"is no job: ingest, merge or promote"},
		{"{\"to\":\"2098-01-01T00:00:00Z\",\"reason\":\"r\",\"created_by\":\"me\"}",
			"is the token of the request"},
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		rig_expect(&rig, "POST", "/v1/freezes", "", bad[i].body, 422, bad[i].says);
	rig_expect(&rig, "GET", "/v1/freezes", "", NULL, 200, "{\"freezes\":[]}");
}
END_TEST

START_TEST(test_schedule__a_rule_that_is_none_is_refused)
{
	static const struct {
		const char *cadence, *says;
	} bad[] = {
		{"{'ingest':'FREQ=HOURLY'}", "more often than once a day"},
		{"{'ingest':'FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30'}", "never fires"},
		{"{'ingest':{'rrule':'daily 02:00','tz':'America/New_Yrok'}}",
			"was America/New_York meant?"},
		{"{'promote':{'rrule':'Wed 10:00','duration':'PT0S'}}", "is zero"},
		{"{'promote':{'rrule':'Wed 10:00','duration':'P8D'}}", "would never close"},
	};
	ARENA_AUTO a = arena_new();
	struct reply_text t;
	char etag[512], header[600];

	rig_ask(&rig, "GET", "/v1/policy", "", NULL, &t);
	snprintf(header, sizeof(header), "If-Match: %s\r\n", reply_header(&t, "ETag", etag));
	reply_clear(&t);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		rig_expect(&rig, "PUT", "/v1/policy", header,
			policy_with_cadence(bad[i].cadence, a), 422, bad[i].says);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("the calendar over HTTP");
	TCase *tc = tcase_create("schedule");

	tcase_add_checked_fixture(tc, open_rig, close_rig);
	tcase_add_test(tc, test_schedule__shows_each_job);
	tcase_add_test(tc, test_schedule__runs_a_job_by_hand);
	tcase_add_test(tc, test_schedule__a_run_of_promote_wants_its_scope);
	tcase_add_test(tc, test_freezes__hold_until_they_are_ended);
	tcase_add_test(tc, test_freezes__that_hold_nothing_are_refused);
	tcase_add_test(tc, test_schedule__a_rule_that_is_none_is_refused);
	suite_add_tcase(s, tc);
	return s;
}
