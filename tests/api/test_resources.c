/* SPDX-License-Identifier: Apache-2.0
 *
 * Suites, contracts, waivers, versions of the policy, and what might be, over HTTP.
 */
#include "rig.h"

Suite *test_suite(void);

static struct rig rig;

static void open_rig(void)
{
	scratch_make();
	rig_options(&rig);
	rig_open(&rig, true, true);
}

static void close_rig(void)
{
	rig_close(&rig);
	scratch_remove();
}

#define D "\"sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\""
#define SUITE(version, more)                                                          \
	"{\"name\":\"spiral\",\"version\":\"" version "\",\"datasets\":{\"gsm8k\":" D \
	"},\"required_metrics\":{\"textgen\":[\"task_accuracy\"]}" more "}"
#define CONTRACT(version, properties)                               \
	"{\"name\":\"fusion\",\"version\":\"" version               \
	"\",\"schema\":{\"name\":\"fusion\",\"version\":\"" version \
	"\",\"request\":{\"type\":\"object\",\"properties\":{" properties "}}}}"
#define P "\"prompt\":{\"type\":\"string\"}"
#define MANIFEST                                                                           \
	"{\"provider\":\"hf\",\"artifacts\":[{\"id\":\"s/textgen-v1\",\"role\":"           \
	"\"textgen\",\"metrics\":{\"quality\":0.8,\"safety\":0.98,\"latency_ms_p95\":300," \
	"\"cost_per_1k_tokens\":0.4},\"uri\":\"hf://s/textgen-v1\"}]}"

/* The ETag of a GET, as a header line of an If-Match. */
static const char *if_match(const char *path, char buf[600])
{
	struct reply_text t;
	char etag[512];

	rig_ask(&rig, "GET", path, "", NULL, &t);
	ck_assert_msg(t.status == 200, "%s", t.all.buf);
	snprintf(buf, 600, "If-Match: %s\r\n", reply_header(&t, "ETag", etag));
	reply_clear(&t);
	return buf;
}

START_TEST(test_suites__one_is_current)
{
	struct reply_text t;
	char first[600], second[600], value[512];

	rig_expect(&rig, "GET", "/v1/suites/current", "", NULL, 404, "\\\"current\\\": true");
	rig_expect(&rig, "GET", "/v1/suites", "", NULL, 200, "{\"suites\":[]}");
	rig_ask(&rig, "POST", "/v1/suites", "", SUITE("1", ",\"current\":true"), &t);
	ck_assert_msg(t.status == 201, "%s", t.all.buf);
	ck_assert_str_eq(reply_header(&t, "Location", value), "/v1/suites/spiral/1");
	ck_assert_ptr_nonnull(strstr(t.body, "\"current\":true"));
	reply_clear(&t);
	rig_expect(&rig, "POST", "/v1/suites", "", SUITE("1", ""), 200, "\"current\":true");
	rig_expect(&rig, "POST", "/v1/suites", "", SUITE("1", ",\"notes\":\"n\""), 409,
		"version_conflict");
	rig_expect(&rig, "POST", "/v1/suites?dry_run", "", SUITE("2", ""), 200, NULL);
	rig_expect(&rig, "GET", "/v1/suites/spiral/2", "", NULL, 404, "not_found");
	rig_expect(&rig, "POST", "/v1/suites", "", SUITE("2", ""), 201, "\"current\":false");
	rig_expect(&rig, "GET", "/v1/suites/current", "", NULL, 200, "\"version\":\"1\"");

	if_match("/v1/suites/current", first);
	rig_expect(&rig, "POST", "/v1/suites/spiral/2/activate", first, "{\"reason\":\"newer\"}",
		200, "\"current\":true");
	rig_expect(&rig, "POST", "/v1/suites/spiral/1/activate", first, "{\"reason\":\"back\"}",
		412, "precondition_failed");
	if_match("/v1/suites/spiral/2", second);
	rig_expect(&rig, "POST", "/v1/suites/spiral/1/activate", second, "{\"reason\":\"back\"}",
		200, "\"current\":true");
	rig_expect(&rig, "POST", "/v1/suites/spiral/9/activate", "", "{\"reason\":\"x\"}", 404,
		"not_found");
	rig_expect(&rig, "POST", "/v1/suites/spiral/1/activate", "", "{}", 422, "/reason");
	rig_expect(&rig, "GET", "/v1/suites?name=spiral&max_results=1", "", NULL, 200,
		"\"next_page_token\"");
	rig_ask(&rig, "GET", "/v1/suites", "Accept: text/plain\r\n", NULL, &t);
	ck_assert_msg(strstr(t.body, "spiral  2        false"), "%s", t.body);
	ck_assert_msg(strstr(t.body, "spiral  1        true"), "%s", t.body);
	reply_clear(&t);
	rig_ask(&rig, "GET", "/v1/suites/spiral/1", "", NULL, &t);
	ck_assert_ptr_nonnull(strstr(reply_header(&t, "Cache-Control", value), "immutable"));
	ck_assert_ptr_null(strstr(t.body, "current"));
	reply_clear(&t);
	rig_expect(&rig, "GET", "/v1/events?type=suite.activated", "", NULL, 200, "newer");
}
END_TEST

START_TEST(test_suites__say_what_is_wrong)
{
	rig_expect(&rig, "POST", "/v1/suites", "", "{\"name\":\"s\"}", 422, "/datasets");
	rig_expect(&rig, "POST", "/v1/suites", "",
		"{\"name\":\"s\",\"version\":\"1\",\"datasets\":{\"d\":\"x\"},"
		"\"required_metrics\":{\"textgen\":\"m\"}}",
		422, "/required_metrics/textgen");
	rig_expect(&rig, "POST", "/v1/suites", "",
		"{\"name\":\"s\",\"version\":\"1\",\"datasets\":{\"d\":" D
		"},\"required_metrics\":{\"nobody\":[\"m\"]}}",
		422, "/required_metrics/nobody");
	rig_expect(&rig, "POST", "/v1/suites", "If-Match: \"x\"\r\n",
		SUITE("1", ",\"current\":true"), 412, "precondition_failed");
	rig_expect(&rig, "GET", "/v1/suites?name=a%20b", "", NULL, 400, "invalid_parameter");
}
END_TEST

START_TEST(test_contracts__level_is_forced)
{
	struct reply_text t;
	char digest[128], path[256], value[512];

	rig_ask(&rig, "POST", "/v1/contracts", "", CONTRACT("1.0.0", P), &t);
	ck_assert_msg(t.status == 201, "%s", t.all.buf);
	ck_assert_str_eq(reply_header(&t, "Location", value), "/v1/contracts/fusion/1.0.0");
	rig_member(t.body, "digest", digest, sizeof(digest));
	reply_clear(&t);
	rig_expect(&rig, "POST", "/v1/contracts", "", CONTRACT("1.0.0", P), 200, digest);
	rig_expect(&rig, "POST", "/v1/contracts", "",
		CONTRACT("1.0.0", P ",\"k\":{\"type\":\"integer\"}"), 409, "version_conflict");
	rig_expect(&rig, "POST", "/v1/contracts", "",
		CONTRACT("1.0.1", P ",\"k\":{\"type\":\"integer\"}"), 409,
		"\"least_version\": \"1.1.0\"");
	rig_expect(&rig, "POST", "/v1/contracts", "",
		CONTRACT("1.1.0", "\"prompt\":{\"type\":"
				  "\"integer\"}"),
		409, "\"/request/properties/prompt");
	rig_expect(&rig, "POST", "/v1/contracts", "",
		CONTRACT("1.1.0", P ",\"k\":{\"type\":\"integer\"}"), 201,
		"\"relation\":\"compatible\"");
	rig_expect(&rig, "GET", "/v1/contracts/fusion/1.1.0/diff", "", NULL, 200,
		"\"level\":\"minor\"");
	rig_expect(&rig, "GET", "/v1/contracts/fusion/1.0.0/diff?against=1.1.0", "", NULL, 200,
		"\"from\":\"1.1.0\"");
	rig_expect(&rig, "GET", "/v1/contracts/fusion/1.0.0/diff", "", NULL, 404, "against=");
	rig_expect(&rig, "GET", "/v1/contracts/fusion/1.1.0/diff?against=one", "", NULL, 400,
		"invalid_parameter");
	rig_expect(&rig, "GET", "/v1/contracts/fusion/1.1.0/diff", "Accept: text/plain\r\n", NULL,
		200, "LEVEL");
	snprintf(path, sizeof(path), "/v1/contracts/%s", digest);
	rig_expect(&rig, "GET", path, "", NULL, 200, "\"schema\":{\"name\":\"fusion\"");
	rig_expect(&rig, "GET", "/v1/contracts/fusion/v1.0.0", "", NULL, 200, digest);
	rig_expect(&rig, "GET", "/v1/contracts/fusion/1.0.2", "", NULL, 404, "not_found");
	rig_expect(&rig, "GET", "/v1/contracts/sha256:0", "", NULL, 404, "not_found");
	rig_ask(&rig, "GET", "/v1/contracts", "", NULL, &t);
	ck_assert_ptr_null(strstr(t.body, "\"schema\""));
	ck_assert_ptr_nonnull(strstr(t.body, "\"version\":\"1.1.0\""));
	reply_clear(&t);
	rig_expect(&rig, "GET", "/v1/contracts?name=other", "", NULL, 200, "{\"contracts\":[]}");
}
END_TEST

START_TEST(test_contracts__say_what_is_wrong)
{
	rig_expect(&rig, "POST", "/v1/contracts", "",
		"{\"name\":\"f\",\"version\":\"1.0\",\"schema\":{}}", 422, "/version");
	rig_expect(&rig, "POST", "/v1/contracts", "",
		"{\"name\":\"f\",\"version\":\"1.0.0\",\"schema\":{\"name\":\"f\",\"version\":"
		"\"1.0.0\",\"request\":{\"type\":\"sting\"},\"response\":{\"minimum\":\"x\"}}}",
		422, "\"/schema/response/minimum\"");
	rig_expect(&rig, "POST", "/v1/contracts", "",
		"{\"name\":\"g\",\"version\":\"1.0.0\",\"schema\":{\"name\":\"f\",\"version\":"
		"\"1.0.0\",\"request\":{}}}",
		422, "\"/name\"");
	rig_expect(&rig, "POST", "/v1/contracts", "", "{\"name\":\"f\",\"version\":\"1.0.0\"}", 422,
		"/schema");
}
END_TEST

static void new_token(const char *scopes, char header[512])
{
	STRBUF_AUTO body = STRBUF_INIT(256);
	struct reply_text t;
	char token[256];

	strbuf_addf(&body, "{\"name\":\"t\",\"scopes\":[%s]}", scopes);
	rig_ask(&rig, "POST", "/v1/tokens", "", body.buf, &t);
	ck_assert_msg(t.status == 201, "%s", t.all.buf);
	snprintf(header, 512, "Authorization: Bearer %s\r\n",
		rig_member(t.body, "token", token, sizeof(token)));
	reply_clear(&t);
}

/* A request for a waiver that ends in `days`; its id in buf. */
static void ask_waiver(const char *header, int days, const char *more, char id[64])
{
	STRBUF_AUTO body = STRBUF_INIT(1024);
	char until[TIME_STRLEN];
	struct reply_text t;

	strbuf_addf(&body,
		"{\"gate\":\"latency\",\"artifact\":{\"provider\":\"hf\",\"id\":\"s/textgen-v1\"},"
		"\"reason\":\"a known slow node\",\"expires_at\":\"%s\"%s}",
		time_format(
			clock_now(&rig.clock.clock) + days * INT64_C(86400) * USEC_PER_SEC, until),
		more);
	rig_ask(&rig, "POST", "/v1/waivers", header, body.buf, &t);
	ck_assert_msg(t.status == 201, "%s", t.all.buf);
	rig_member(t.body, "id", id, 64);
	reply_clear(&t);
}

START_TEST(test_waivers__take_two_tokens)
{
	char asker[512], granter[512], both[512], id[64], path[128], one[128];

	new_token("\"operate\"", asker);
	new_token("\"promote\"", granter);
	new_token("\"operate\",\"promote\"", both);
	rig_expect(&rig, "POST", "/v1/manifests", "", MANIFEST, 201, "Failed");
	ask_waiver(both, 7, "", id);
	snprintf(path, sizeof(path), "/v1/waivers/%s/approve", id);
	snprintf(one, sizeof(one), "/v1/waivers/%s", id);
	rig_expect(&rig, "GET", one, asker, NULL, 200, "\"state\":\"requested\"");
	rig_expect(&rig, "POST", path, asker, "{}", 403, "insufficient_scope");
	rig_expect(&rig, "POST", path, both, "{}", 403, "self_approval");
	rig_expect(&rig, "POST", path, granter, "{\"approved_by\":\"me\"}", 422, "/approved_by");
	rig_expect(&rig, "POST", path, granter, "{\"dry_run\":true}", 200, "approved");
	rig_expect(&rig, "POST", path, granter, "{\"reason\":\"ok\"}", 200,
		"\"approved_by\":\"token:");
	rig_expect(&rig, "POST", path, granter, "{}", 409, "state_conflict");
	rig_expect(&rig, "GET", "/v1/waivers?state=approved", "", NULL, 200, id);
	rig_expect(&rig, "GET", "/v1/waivers", "Accept: text/plain\r\n", NULL, 200, "s/textgen-v1");
	rig_expect(&rig, "GET", "/v1/events?type=waiver.granted", "", NULL, 200, id);
	rig_expect(&rig, "GET", "/v1/waivers/none", "", NULL, 404, "not_found");
	rig_expect(&rig, "GET", "/v1/waivers?state=good", "", NULL, 400, "requested");

	/* The clock ends it, at once. */
	fake_clock_step(&rig.clock, 7 * INT64_C(86400) * USEC_PER_SEC);
	rig_expect(&rig, "GET", one, "", NULL, 200, "\"state\":\"expired\"");
	rig_expect(&rig, "GET", "/v1/waivers?state=approved", "", NULL, 200, "{\"waivers\":[]}");
	snprintf(path, sizeof(path), "/v1/waivers/%s/revoke", id);
	rig_expect(&rig, "POST", path, asker, "{\"reason\":\"late\"}", 409, "state_conflict");
	ask_waiver(asker, 30, "", id);
	snprintf(path, sizeof(path), "/v1/waivers/%s/revoke", id);
	rig_expect(&rig, "POST", path, asker, "{\"reason\":\"no\"}", 200, "\"state\":\"revoked\"");
}
END_TEST

START_TEST(test_waivers__say_what_is_wrong)
{
	rig_expect(&rig, "POST", "/v1/waivers", "", "{}", 422, "/expires_at");
	rig_expect(&rig, "POST", "/v1/waivers", "",
		"{\"gate\":\"all\",\"artifact\":{\"provider\":\"hf\",\"id\":\"s/textgen-v1\"},"
		"\"reason\":\"r\",\"expires_at\":\"2026-11-25T00:00:00Z\"}",
		422, "/gate");
	rig_expect(&rig, "POST", "/v1/waivers", "",
		"{\"gate\":\"safety\",\"artifact\":{\"provider\":\"hf\",\"id\":\"s/textgen-v1\"},"
		"\"reason\":\"r\",\"expires_at\":\"2036-11-25T00:00:00Z\"}",
		422, "30 days");
	rig_expect(&rig, "POST", "/v1/waivers", "",
		"{\"gate\":\"safety\",\"artifact\":{\"provider\":\"hf\",\"id\":\"s/textgen-v1\"},"
		"\"reason\":\"r\",\"expires_at\":\"2026-11-25T00:00:00Z\",\"approved_by\":\"x\"}",
		422, "/approved_by");
	rig_expect(
		&rig, "POST", "/v1/waivers/x/revoke", "", "{\"reason\":\"r\"}", 404, "not_found");
}
END_TEST

START_TEST(test_waivers__name_both_without_tokens)
{
	char id[64], path[128];

	rig_close(&rig);
	scratch_remove();
	scratch_make();
	rig_options(&rig);
	rig_open(&rig, false, true);
	rig_expect(&rig, "POST", "/v1/manifests", "", MANIFEST, 201, "Failed");
	ask_waiver("", 7, ",\"requested_by\":\"Ann\"", id);
	snprintf(path, sizeof(path), "/v1/waivers/%s/approve", id);
	rig_expect(&rig, "POST", path, "", "{}", 422, "/approved_by");
	rig_expect(&rig, "POST", path, "", "{\"approved_by\":\"ANN\"}", 403, "self_approval");
	rig_expect(&rig, "POST", path, "", "{\"approved_by\":\"Ben\"}", 200, "\"local:Ben\"");
}
END_TEST

START_TEST(test_policy__versions_and_what_differs)
{
	struct reply_text t;
	char header[600];
	char *floor;

	rig_expect(&rig, "GET", "/v1/policy/versions/1", "", NULL, 200, "\"policy\":{");
	rig_expect(&rig, "GET", "/v1/policy/versions/2", "", NULL, 404, "not_found");
	rig_expect(&rig, "GET", "/v1/policy/versions/01", "", NULL, 404, "not_found");
	rig_expect(&rig, "GET", "/v1/policy/versions/99999999999999999999", "", NULL, 404, NULL);
	rig_expect(&rig, "GET", "/v1/policy/diff", "", NULL, 200, "\"changes\":[]");
	if_match("/v1/policy", header);
	rig_ask(&rig, "GET", "/v1/policy", "", NULL, &t);
	floor = strstr((char *)t.body, "\"p95_ms\":250");
	ck_assert_ptr_nonnull(floor);
	floor[strlen("\"p95_ms\":")] = '1';
	rig_expect(&rig, "PUT", "/v1/policy", header, t.body, 200, "\"version\":2");
	reply_clear(&t);
	rig_expect(&rig, "GET", "/v1/policy/diff", "", NULL, 200,
		"\"changes\":[{\"pointer\":\"/gates/latency/p95_ms\",\"old\":250,\"new\":150}]");
	rig_expect(&rig, "GET", "/v1/policy/diff?from=2&to=1", "", NULL, 200, "\"old\":150");
	rig_expect(&rig, "GET", "/v1/policy/diff?from=1&to=3", "", NULL, 404, "version 3");
	rig_expect(&rig, "GET", "/v1/policy/diff?from=0", "", NULL, 400, "invalid_parameter");
	rig_expect(&rig, "GET", "/v1/policy/diff", "Accept: text/plain\r\n", NULL, 200, "POINTER");
}
END_TEST

/* ---- What might be ---- */

#define BLOCKED "/v1/artifacts/hf/s/textgen-v1/promotability"

START_TEST(test_promotability__over_http)
{
	rig_expect(&rig, "POST", "/v1/manifests", "", MANIFEST, 201, NULL);
	rig_expect(&rig, "GET", BLOCKED, "", NULL, 200, "\"promotable\":false,\"earliest\":null");
	rig_expect(&rig, "GET", BLOCKED, "", NULL, 200, "\"check\":\"latency_ms_p95\"");
	rig_expect(&rig, "GET", BLOCKED, "", NULL, 200, "\"short_by\":50");
	rig_expect(&rig, "GET", BLOCKED, "", NULL, 200, "\"at_merge\":{\"competing\":0");
	rig_expect(&rig, "GET", BLOCKED, "Accept: text/plain\r\n", NULL, 200, "NEEDS\nlatency");
	rig_expect(&rig, "GET", "/v1/artifacts/hf/s/textgen-v9/promotability", "", NULL, 404,
		"hf has no artifact s/textgen-v9");
	rig_expect(&rig, "GET", "/v1/merges/9.0.0-rc.1/promotability", "", NULL, 404,
		"no merge 9.0.0-rc.1");
	rig_expect(&rig, "GET", "/v1/slots/textgen/pareto", "", NULL, 200,
		"\"latency_ms_p95\":300,\"dominated\":false");
	rig_expect(&rig, "GET", "/v1/slots/nosuch/pareto", "", NULL, 404, "no slot nosuch");
	rig_expect(&rig, "GET", "/v1/slots/textgen/pareto?max_results=0", "", NULL, 400,
		"from 1 to 1000");
}
END_TEST

/* ---- The checklist ---- */

#define ONE_SLOT                                                                               \
	"{\"providers\":{\"hf\":{\"roles\":[\"textgen\"]}},\"slots\":{\"textgen\":{\"provider" \
	"\":\"hf\"}},\"checklist\":[{\"item\":\"review\",\"fresh\":\"P7D\"}]}"
#define GOOD_MANIFEST                                                                      \
	"{\"provider\":\"hf\",\"artifacts\":[{\"id\":\"s/textgen-v1\",\"role\":"           \
	"\"textgen\",\"metrics\":{\"quality\":0.8,\"safety\":0.98,\"latency_ms_p95\":100," \
	"\"cost_per_1k_tokens\":0.4},\"uri\":\"hf://s/textgen-v1\"}]}"
#define MERGE	"/v1/merges/1.0.0-rc.1"
#define PROMOTE "{\"merge\":\"1.0.0-rc.1\",\"reason\":\"r\"}"
#define GO	"{\"item\":\"review\",\"evidence\":\"https://x.example/1\"}"

START_TEST(test_checklist__over_http)
{
	char maker[512], reader[512], signer[512], match[600];

	new_token("\"operate\",\"promote\"", maker);
	new_token("\"operate\",\"submit:*\"", reader);
	new_token("\"promote\"", signer);
	rig_expect(&rig, "PUT", "/v1/policy", if_match("/v1/policy", match), ONE_SLOT, 200, NULL);
	rig_expect(&rig, "POST", "/v1/manifests", "", GOOD_MANIFEST, 201, "Succeeded");
	rig_expect(&rig, "POST", "/v1/merges", maker, "{}", 201, "1.0.0-rc.1");
	rig_expect(&rig, "GET", MERGE "/checklist", "", NULL, 200, "\"verdict\":\"waiting\"");
	rig_expect(&rig, "GET", MERGE "/checklist", "", NULL, 200, "nobody has signed it off");
	rig_expect(&rig, "GET", "/v1/merges/v1.0.0-rc.1/checklist", "Accept: text/plain\r\n", NULL,
		200, "review");
	rig_expect(&rig, "GET", "/v1/merges/9.0.0-rc.1/checklist", "", NULL, 404, "not_found");
	rig_expect(&rig, "POST", "/v1/promotions", "", PROMOTE, 409, "checklist_not_go");
	rig_expect(&rig, "POST", "/v1/promotions", "", PROMOTE, 409, "\"item\": \"review\"");

	rig_expect(&rig, "POST", MERGE "/signoffs", reader, GO, 403, "insufficient_scope");
	rig_expect(&rig, "POST", MERGE "/signoffs", maker, GO, 403, "self_approval");
	rig_expect(
		&rig, "POST", MERGE "/signoffs", signer, "{\"item\":\"review\"}", 422, "/evidence");
	rig_expect(&rig, "POST", MERGE "/signoffs", signer, "{\"item\":\"legal\"}", 422,
		"those it asks for: review");
	rig_expect(&rig, "POST", "/v1/merges/9.0.0-rc.1/signoffs", signer, GO, 404, "not_found");
	rig_expect(&rig, "GET", "/v1/merges/9.0.0-rc.1/signoffs", "", NULL, 404, "not_found");
	rig_expect(&rig, "GET", MERGE "/signoffs", "", NULL, 200, "{\"signoffs\":[]}");
	rig_expect(&rig, "POST", MERGE "/signoffs?dry_run=true", signer, GO, 200, "review");
	rig_expect(&rig, "GET", MERGE "/signoffs", "", NULL, 200, "{\"signoffs\":[]}");
	rig_expect(&rig, "POST", MERGE "/signoffs", signer, GO, 201, "\"signed_by\":\"token:");
	rig_expect(&rig, "GET", MERGE "/signoffs", "", NULL, 200, "https://x.example/1");
	rig_expect(&rig, "GET", "/v1/events?type=signoff.given", "", NULL, 200, "1.0.0-rc.1");
	rig_expect(&rig, "GET", MERGE "/checklist", "", NULL, 200, "\"verdict\":\"go\"}");
	rig_expect(&rig, "POST", "/v1/promotions", "", PROMOTE, 201, "1.0.0");
	rig_expect(&rig, "GET", MERGE "/checklist", "", NULL, 200, "\"recorded\":true");
	rig_expect(&rig, "POST", MERGE "/signoffs", signer, GO, 409, "state_conflict");
}
END_TEST

/* Faults of a draft come all at once and point into the request. */
START_TEST(test_policy_simulate__over_http)
{
	static const struct {
		const char *path, *body;
		int status;
		const char *says;
	} cases[] = {
		{"/v1/policy/simulate", "{}", 422, "\"/policy\""},
		{"/v1/policy/simulate", "{\"policy\":{\"slots\":3,\"gates\":{\"alpha\":0}}}", 422,
			"\"/policy/slots\""},
		{"/v1/policy/simulate", "{\"policy\":{\"slots\":3,\"gates\":{\"alpha\":0}}}", 422,
			"\"/policy/gates/alpha\""},
		{"/v1/policy/simulate", "{\"policy\":[1]}", 422, "invalid_policy"},
		{"/v1/policy/simulate?max_results=1001", "{\"policy\":{}}", 400, "from 1 to 1000"},
		{"/v1/policy/simulate?page_token=x", "{\"policy\":{}}", 400, "page_token"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		rig_expect(&rig, "POST", cases[i].path, "", cases[i].body, cases[i].status,
			cases[i].says);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("suites, contracts, waivers and policies over HTTP");
	TCase *t = tcase_create("resources");

	tcase_set_timeout(t, 60);
	tcase_add_checked_fixture(t, open_rig, close_rig);
	tcase_add_test(t, test_suites__one_is_current);
	tcase_add_test(t, test_suites__say_what_is_wrong);
	tcase_add_test(t, test_contracts__level_is_forced);
	tcase_add_test(t, test_contracts__say_what_is_wrong);
	tcase_add_test(t, test_waivers__take_two_tokens);
	tcase_add_test(t, test_waivers__say_what_is_wrong);
	tcase_add_test(t, test_waivers__name_both_without_tokens);
	tcase_add_test(t, test_policy__versions_and_what_differs);
	tcase_add_test(t, test_promotability__over_http);
	tcase_add_test(t, test_checklist__over_http);
	tcase_add_test(t, test_policy_simulate__over_http);
	suite_add_tcase(s, t);
	return s;
}
