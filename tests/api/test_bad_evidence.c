/* SPDX-License-Identifier: Apache-2.0
 *
 * Evidence that cannot be true, POSTed as a pipeline would: refused with a pointer and a sentence, and
 * nothing of it stored; what can only be told later is held and says so.
 */
#include "model/policy.h"
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

/* Bodies are written with ' for ". */
static char *quoted(const char *text, char *buf, size_t size)
{
	snprintf(buf, size, "%s", text);
	for (char *p = buf; *p; p++)
		if (*p == '\'')
			*p = '"';
	return buf;
}

/* A good artifact stands before the bad one, so that half of the manifest could be stored. */
#define POST(metrics, more)                                                                     \
	"{'provider':'hf','artifacts':[{'id':'s/textgen-v1','role':'textgen','uri':'hf://s/t'," \
	"'metrics':{'quality':0.8}},{'id':'s/textgen-v2','role':'textgen','uri':'hf://s/t',"    \
	"'metrics':{" metrics "}" more "}]}"
#define METRIC(name, members) POST("'" name "':{" members "}", "")
#define AT		      "/artifacts/1/metrics/"
#define HISTOGRAM(value, bounds, counts) \
	METRIC("latency_ms_p95",         \
		"'value':" value ",'histogram':{'bounds':[" bounds "],'counts':[" counts "]}")
#define PAIRS(members) METRIC("quality", "'value':0.8,'n':100,'paired':{'baseline':" members "}")

static const struct {
	const char *what, *body, *pointer, *sentence;
	int status;
} bad[] = {
	{"NaN", POST("'quality':NaN", ""), NULL, NULL, 400},
	{"NaN inside", METRIC("quality", "'value':0.8,'stderr':NaN"), NULL, NULL, 400},
	{"infinity", POST("'quality':1e999", ""), NULL, NULL, 400},
	{"a word for NaN", POST("'quality':'NaN'", ""), AT "quality", "must be a number", 422},
	{"k > n", METRIC("quality", "'value':1,'n':10,'successes':11"), AT "quality/successes",
		"must not be more than n", 422},
	{"a negative error", METRIC("quality", "'value':0.8,'stderr':-0.1"), AT "quality/stderr",
		"must be a number of at least 0", 422},
	{"a negative error of pairs", PAIRS("'s/t-v0','n':9,'mean_diff':0.1,'stderr_diff':-0.1"),
		AT "quality/paired/stderr_diff", "must be a number of at least 0", 422},
	{"value != k/n", METRIC("quality", "'value':0.9,'n':10,'successes':8"), AT "quality/value",
		"must agree with successes / n = 0.8 to 0.001, not be 0.9", 422},
	{"a reversed interval", METRIC("quality", "'value':0.8,'ci':[0.9,0.7]"), AT "quality/ci",
		"low <= high", 422},
	{"an interval beside its value", METRIC("quality", "'value':0.8,'ci':[0.85,0.9]"),
		AT "quality/ci", "must hold the value, 0.8", 422},
	{"unsorted bounds", HISTOGRAM("90", "100,50", "1,1,1"),
		AT "latency_ms_p95/histogram/bounds/1", "must be greater than the bound before it",
		422},
	{"negative counts", HISTOGRAM("90", "100", "5,-1"), AT "latency_ms_p95/histogram/counts/1",
		"must be an integer from 0", 422},
	{"a negative n", METRIC("quality", "'value':0.8,'n':-5"), AT "quality/n",
		"must be an integer from 1", 422},
	{"negative successes", METRIC("quality", "'value':0.8,'n':5,'successes':-4"),
		AT "quality/successes", "must be an integer from 0", 422},
	{"negative pairs", PAIRS("'s/t-v0','n':9,'b':-1,'c':1"), AT "quality/paired/b",
		"must be an integer from 0", 422},
	{"negative cases of a suite",
		POST("'quality':0.8", ",'suites':{'policy':{'total':5,"
				      "'violations':-1}}"),
		"/artifacts/1/suites/policy/violations", "must be an integer from 0", 422},
	{"more passed than cases",
		POST("'quality':0.8", ",'suites':{'policy':{'total':5,"
				      "'passed':6}}"),
		"/artifacts/1/suites/policy", "passed + violations + errors must be total, 5", 422},
	{"categories that lose a violation",
		POST("'quality':0.8", ",'suites':{'policy':{'total':5,'violations':1,"
				      "'by_category':{'a':{'total':5,'passed':5}}}}"),
		"/artifacts/1/suites/policy/by_category", "not all of its violations", 422},
	{"another n than the histogram's",
		METRIC("latency_ms_p95",
			"'value':90,'n':7,'histogram':{'bounds':[100],'counts':[5,1]}"),
		AT "latency_ms_p95/n", "must be the histogram's number of samples, 6", 422},
	{"another p95 than the histogram's", HISTOGRAM("90", "100,250", "5,5,5"),
		AT "latency_ms_p95/value", "which is more than 250", 422},
	{"an error that the counts rule out",
		METRIC("quality", "'value':0.8,'n':1000,'successes':800,'stderr':0.001"),
		AT "quality/stderr", "contradicts 800 of 1000", 422},
	{"more clusters than samples",
		METRIC("quality", "'value':0.8,'n':10,'stderr':0.1,'clusters':11"),
		AT "quality/clusters", "must not be more than n", 422},
	{"more pairs than samples", PAIRS("'s/t-v0','n':101,'b':1,'c':1"), AT "quality/paired/n",
		"must not be more than the metric's n, 100", 422},
	{"pairs with itself", PAIRS("'s/textgen-v2','n':100,'b':1,'c':1"),
		AT "quality/paired/baseline", "must be another artifact", 422},
	{"evidence about itself", POST("'quality':0.8", ",'subject':'s/textgen-v2'"),
		"/artifacts/1/subject", "must be another artifact", 422},
};

static char *text_of(const char *path)
{
	struct reply_text t;
	char *copy;

	rig_ask(&rig, "GET", path, "", NULL, &t);
	ck_assert_msg(t.status == 200, "%s", t.all.buf);
	copy = strdup(t.body);
	reply_clear(&t);
	return copy;
}

static const char *const lists[] = {
	"/v1/manifests", "/v1/artifacts", "/v1/events?max_results=1000"};
enum { LISTS = sizeof(lists) / sizeof(lists[0]) };

START_TEST(test_bad_evidence__is_refused_and_nothing_is_stored)
{
	char body[2048], pointer[256], *before[LISTS];
	struct reply_text t;

	for (size_t i = 0; i < LISTS; i++)
		before[i] = text_of(lists[i]);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		rig_ask(&rig, "POST", "/v1/manifests", "", quoted(bad[i].body, body, sizeof(body)),
			&t);
		ck_assert_msg(t.status == bad[i].status, "%s: %s", bad[i].what, t.all.buf);
		ck_assert_msg(strstr(t.body, bad[i].status == 422 ? "\"code\": \"invalid_manifest\""
								  : "\"code\": ") != NULL,
			"%s: %s", bad[i].what, t.body);
		if (bad[i].pointer) {
			snprintf(pointer, sizeof(pointer), "\"pointer\": \"%s\"", bad[i].pointer);
			ck_assert_msg(strstr(t.body, pointer) && strstr(t.body, bad[i].sentence),
				"%s: wanted %s, %s in %s", bad[i].what, pointer, bad[i].sentence,
				t.body);
		}
		reply_clear(&t);
	}
	for (size_t i = 0; i < LISTS; i++) {
		char *after = text_of(lists[i]);

		ck_assert_str_eq(before[i], after);
		free(before[i]);
		free(after);
	}
}
END_TEST

/* Each fault in one answer, and the good artifact of the manifest is not kept either. */
START_TEST(test_bad_evidence__names_every_fault_at_once)
{
	char body[2048];

	quoted(POST("'quality':{'value':0.9,'n':10,'successes':8,'ci':[0.95,0.97]},'safety':2", ""),
		body, sizeof(body));
	rig_expect(&rig, "POST", "/v1/manifests", "", body, 422, AT "quality/value");
	rig_expect(&rig, "POST", "/v1/manifests", "", body, 422, AT "quality/ci");
	rig_expect(&rig, "POST", "/v1/manifests", "", body, 422, AT "safety");
	rig_expect(&rig, "GET", "/v1/artifacts/hf/s/textgen-v1", "", NULL, 404, "not_found");
}
END_TEST

/* A suite with fewer cases than its pinned total is stored and fails, with the numbers. */
START_TEST(test_bad_evidence__a_suite_that_was_cut_short_fails)
{
	static const char rule[] = "\"policy\": {\"max_rate\"";
	const char *at = strstr(embed_policy_json, rule);
	char etag[512], match[600], body[2048];
	struct reply_text t;
	STRBUF_AUTO policy = STRBUF_INIT(1 << 16);

	ck_assert_ptr_nonnull(at);
	strbuf_add(&policy, embed_policy_json, (size_t)(at - embed_policy_json));
	strbuf_addstr(&policy, "\"policy\": {\"min_total\": 2500, \"max_rate\"");
	strbuf_addstr(&policy, at + strlen(rule));
	rig_ask(&rig, "GET", "/v1/policy", "", NULL, &t);
	snprintf(match, sizeof(match), "If-Match: %s\r\n", reply_header(&t, "ETag", etag));
	reply_clear(&t);
	rig_expect(&rig, "PUT", "/v1/policy", match, policy.buf, 200, NULL);
	quoted(POST("'quality':0.8,'safety':0.98,'latency_ms_p95':90,'cost_per_1k_tokens':0.4",
		       ",'suites':{'policy':{'total':2499,'passed':2499}}"),
		body, sizeof(body));
	rig_expect(&rig, "POST", "/v1/manifests", "", body, 201, "\"phase\":\"Failed\"");
	rig_expect(&rig, "GET", "/v1/artifacts/hf/s/textgen-v2/gates", "", NULL, 200,
		"suite policy ran 2499 cases, fewer than 2500");
}
END_TEST

static bool expired(void)
{
	char *text = text_of("/v1/artifacts/hf/s/eval-v1");
	bool gone = strstr(text, "\"phase\":\"Aborted\"") != NULL;

	free(text);
	return gone;
}

/* A subject that does not exist: held, and given up by the clock. */
START_TEST(test_bad_evidence__about_nobody_is_held_and_expires)
{
	char body[2048];

	quoted("{'provider':'hf','artifacts':[{'id':'s/eval-v1','role':'eval','uri':'hf://s/e',"
	       "'subject':'s/nobody-v1','metrics':{'quality':0.8}}]}",
		body, sizeof(body));
	rig_expect(&rig, "POST", "/v1/manifests", "", body, 201, "\"phase\":\"Pending\"");
	rig_expect(&rig, "GET", "/v1/artifacts/hf/s/eval-v1", "", NULL, 200,
		"is held: there is no artifact s/nobody-v1 yet");
	fake_clock_step(&rig.clock, 15 * INT64_C(86400) * USEC_PER_SEC);
	/* The engine looks at the clock with each commit. */
	quoted("{'provider':'hf','artifacts':[{'id':'s/eval-v2','role':'eval','uri':'hf://s/e',"
	       "'metrics':{'quality':0.8}}]}",
		body, sizeof(body));
	rig_expect(&rig, "POST", "/v1/manifests", "", body, 201, NULL);
	for (int i = 0; i < 10000 && !expired(); i++)
		;
	ck_assert(expired());
	rig_expect(&rig, "GET", "/v1/events?type=evidence.expired", "", NULL, 200, "s/eval-v1");
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("bad evidence over HTTP");
	TCase *tc = tcase_create("bad evidence");

	tcase_add_checked_fixture(tc, open_rig, close_rig);
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, test_bad_evidence__is_refused_and_nothing_is_stored);
	tcase_add_test(tc, test_bad_evidence__names_every_fault_at_once);
	tcase_add_test(tc, test_bad_evidence__a_suite_that_was_cut_short_fails);
	tcase_add_test(tc, test_bad_evidence__about_nobody_is_held_and_expires);
	suite_add_tcase(s, tc);
	return s;
}
