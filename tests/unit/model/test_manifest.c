/* SPDX-License-Identifier: Apache-2.0
 *
 * Manifests: what is refused and where, what the examples come out as, and what makes two the same.
 */
#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/jcs.h"
#include "model/manifest.h"
#include "model/policy.h"

Suite *test_suite(void);

/* Tables write ' for ". */
static const char *quoted(struct arena *a, const char *text)
{
	char *out = arena_strdup(a, text);

	for (char *p = out; *p; p++)
		if (*p == '\'')
			*p = '"';
	return out;
}

static struct policy default_policy(struct arena *a)
{
	struct policy p;
	struct faults f;
	struct err err = {0};
	const char *canonical;

	faults_init(&f);
	int rc =
		policy_parse(embed_policy_json, embed_policy_json_len, a, &p, &canonical, &f, &err);
	ck_assert_msg(!rc, "%s%s %s", err.msg, f.list[0].pointer, f.n ? f.list[0].detail : "");
	return p;
}

static int parse(struct arena *a, const char *text, struct parsed_manifest *ret, struct faults *f,
	struct err *err)
{
	struct policy p = default_policy(a);

	faults_init(f);
	*err = (struct err){0};
	return manifest_parse(text, strlen(text), &p, a, ret, f, err);
}

/* A manifest around artifacts, an artifact around metrics, an artifact around further members. */
#define MANIFEST(artifacts) "{'provider':'hf','artifacts':[" artifacts "]}"
#define ARTIFACT(n, rest)   "{'id':'s/t-v" n "','role':'textgen','uri':'hf://s/t-v" n "'" rest "}"
#define METRICS(m)	    MANIFEST(ARTIFACT("1", ",'metrics':{" m "}"))
#define QUALITY		    ",'metrics':{'quality':0.8}"
#define WITH(rest)	    MANIFEST(ARTIFACT("1", QUALITY "," rest))
#define SUITE(s)	    WITH("'suites':{'policy':" s "}")
#define HEAD(head)	    "{" head ",'artifacts':[" ARTIFACT("1", QUALITY) "]}"

/* Body, pointer of the first fault, a word of its detail, number of faults. */
static const struct {
	const char *body, *pointer, *word;
	size_t n;
} bad[] = {
	{"7", "", "must be an object", 1},
	{"[]", "", "must be an object", 1},
	{"{}", "/provider", "is required", 2},
	{"{'provider':'hf'}", "/artifacts", "is required", 1},
	{"{'provider':'hf','artifacts':[]}", "/artifacts", "must not be empty", 1},
	{"{'provider':'hf','artifacts':{}}", "/artifacts", "must be an array", 1},
	{"{'provider':'hf','artifacts':null}", "/artifacts", "must not be null", 1},
	{"{'provider':'hf','artifacts':[7]}", "/artifacts/0", "must be an object", 1},
	{"{'artifacts':[" ARTIFACT("1", QUALITY) "]}", "/provider", "is required", 1},
	{HEAD("'provider':'azure'"), "/provider", "the policy knows hf, gcp, aws", 1},
	{HEAD("'provider':'H F'"), "/provider", "is not a provider's name", 1},
	{HEAD("'provider':7"), "/provider", "must be a string", 1},
	{HEAD("'provider':'gcp'"), "/artifacts/0/role", "is no role of gcp; it has embed", 1},
	{HEAD("'provider':'hf','schema':'v1'"), "/schema", "is not the schema of a manifest", 1},
	{HEAD("'provider':'hf','shcema':'v1'"), "/shcema", "did you mean \"schema\"?", 1},
	{HEAD("'provider':'hf','run':{'started_at':'now'}"), "/run/started_at", "RFC 3339", 1},
	{HEAD("'provider':'hf','run':{'started_at':'2026-01-02T00:00:00Z','finished_at':"
	      "'2026-01-01T00:00:00Z'}"),
		"/run/finished_at", "must not be before started_at", 1},
	{HEAD("'provider':'hf','run':{'extra':1}"), "/run/extra", "unknown field", 1},
	{HEAD("'provider':'hf','contract':{}"), "/contract/name", "is required", 1},
	{HEAD("'provider':'hf','contract':{'name':'c','digest':'sha256:1'}"), "/contract/digest",
		"is not a digest", 1},
	{HEAD("'provider':'hf','eval_suite':'x'"), "/eval_suite", "must be an object", 1},
	{HEAD("'provider':'hf','data':[1,2,3]"), "/data", "metrics, not data", 1},
	{HEAD("'provider':'hf','dataset':{'rows':[]}"), "/dataset", "metrics, not data", 1},
	{WITH("'train':[{'x':1}]"), "/artifacts/0/train", "metrics, not data", 1},
	{METRICS("'quality':{'value':0.8,'samples':[1,2]}"), "/artifacts/0/metrics/quality/samples",
		"metrics, not data", 1},
	{MANIFEST("{}"), "/artifacts/0/id", "is required", 3},
	{MANIFEST("{'id':'x','role':'textgen','uri':'hf://x'" QUALITY "}"), "/artifacts/0/id",
		"is not an artifact id (namespace/family-vN), e.g.", 1},
	{MANIFEST("{'id':'s/t-v1','role':'','uri':'hf://x'" QUALITY "}"), "/artifacts/0/role",
		"must not be empty", 1},
	{MANIFEST("{'id':'s/t-v1','role':'embed','uri':'hf://x'" QUALITY "}"), "/artifacts/0/role",
		"\"embed\" is no role of hf; it has textgen, policy, eval", 1},
	{MANIFEST("{'id':'s/t-v1','role':'textgen','uri':'/x'" QUALITY "}"), "/artifacts/0/uri",
		"is not an absolute URI", 1},
	{MANIFEST("{'id':'s/t-v1','role':'textgen','uri':'javascript:alert(1)'" QUALITY "}"),
		"/artifacts/0/uri", "hf://, gs://, s3://, https://, file://", 1},
	{MANIFEST("{'id':'s/t-v1','role':'textgen','uri':'JavaScript://x/%0aalert(1)'" QUALITY "}"),
		"/artifacts/0/uri", "no place where a connector could look", 1},
	{MANIFEST("{'id':'s/t-v1','role':'textgen','uri':'data:text/plain,x'" QUALITY "}"),
		"/artifacts/0/uri", "no place where a connector could look", 1},
	{MANIFEST("{'id':'s/t-v1','role':'textgen','uri':'hf:s/t'" QUALITY "}"), "/artifacts/0/uri",
		"no place where a connector could look", 1},
	{MANIFEST("{'id':'s/t-v1','role':'textgen'" QUALITY "}"), "/artifacts/0/uri", "is required",
		1},
	{MANIFEST(ARTIFACT("1", "")), "/artifacts/0/metrics", "is required", 1},
	{METRICS(""), "/artifacts/0/metrics", "must not be empty", 1},
	{MANIFEST(ARTIFACT("1", QUALITY) "," ARTIFACT("2", QUALITY) "," ARTIFACT("1", QUALITY)),
		"/artifacts/2/id", "is the id of artifact 0", 1},
	{WITH("'digest':'md5:1'"), "/artifacts/0/digest", "is not a digest", 1},
	{WITH("'size_bytes':-1"), "/artifacts/0/size_bytes", "must be an integer from 0", 1},
	{WITH("'size_bytes':1.5"), "/artifacts/0/size_bytes", "not a fraction", 1},
	{WITH("'derived_from':['s/u-v1','x']"), "/artifacts/0/derived_from/1",
		"is not an artifact id", 1},
	{WITH("'derived_from':['s/t-v1']"), "/artifacts/0/derived_from/0", "another artifact", 1},
	{WITH("'subject':'s/u-v1'"), "/artifacts/0/subject", "only evidence speaks of", 1},
	{MANIFEST("{'id':'s/e-v1','role':'eval','uri':'hf://e','subject':'s/e-v1'" QUALITY "}"),
		"/artifacts/0/subject", "another artifact", 1},
	{MANIFEST("{'id':'s/e-v1','role':'eval','uri':'hf://e','subject':'e'" QUALITY "}"),
		"/artifacts/0/subject", "is not an artifact id", 1},
	{WITH("'prompt_types':'chat'"), "/artifacts/0/prompt_types", "must be an array", 1},
	{WITH("'branch':'a b'"), "/artifacts/0/branch", "is not a name", 1},
	{WITH("'license':'a\\nb'"), "/artifacts/0/license", "one line of text", 1},
	{METRICS("'quality':'high'"), "/artifacts/0/metrics/quality", "must be a number", 1},
	{METRICS("'quality':null"), "/artifacts/0/metrics/quality", "must not be null", 1},
	{METRICS("'quality':true"), "/artifacts/0/metrics/quality", "not a boolean", 1},
	{METRICS("'quality':[0.8]"), "/artifacts/0/metrics/quality", "not an array", 1},
	{METRICS("'quality':{}"), "/artifacts/0/metrics/quality/value", "is required", 1},
	{METRICS("'quality':{'value':'0.8'}"), "/artifacts/0/metrics/quality/value",
		"must be a number", 1},
	{METRICS("'quality':81"), "/artifacts/0/metrics/quality", "is a proportion, from 0 to 1",
		1},
	{METRICS("'safety':1.1"), "/artifacts/0/metrics/safety", "is a proportion, from 0 to 1", 1},
	{METRICS("'latency_ms_p95':-1"), "/artifacts/0/metrics/latency_ms_p95",
		"must not be negative", 1},
	{METRICS("'latency_ms_p95':0"), "/artifacts/0/metrics/latency_ms_p95",
		"must be more than 0: it was not measured", 1},
	{METRICS("'cost_per_1k_tokens':{'value':0}"), "/artifacts/0/metrics/cost_per_1k_tokens",
		"must be more than 0: it was not measured", 1},
	{METRICS("'latency_ms_p95':1.5,'error_rate':1"), "/artifacts/0/metrics/latency_ms_p95",
		"in which every request failed", 1},
	{METRICS("'latency_ms_p95':1.5,'error_rate':{'value':1,'n':8,'successes':8}"),
		"/artifacts/0/metrics/latency_ms_p95", "in which every request failed", 1},
	{METRICS("'retrieval_score':74"), "/artifacts/0/metrics/retrieval_score",
		"passes the policy's floor of 0.75 on any scale beyond 1", 1},
	{METRICS("'retrieval_score':1.01"), "/artifacts/0/metrics/retrieval_score",
		"passes the policy's floor of 0.75 on any scale beyond 1", 1},
	{METRICS("'a/b':1"), "/artifacts/0/metrics/a~1b", "is not a name", 1},
	{METRICS("'quality':{'value':0.8,'n':0}"), "/artifacts/0/metrics/quality/n",
		"must be an integer from 1", 1},
	{METRICS("'quality':{'value':0.8,'successes':8}"), "/artifacts/0/metrics/quality/n",
		"is required with successes", 1},
	{METRICS("'quality':{'value':0.8,'n':10,'successes':11}"),
		"/artifacts/0/metrics/quality/successes", "must not be more than n", 1},
	{METRICS("'quality':{'value':0.802,'n':10,'successes':8}"),
		"/artifacts/0/metrics/quality/value", "must agree with successes / n = 0.8", 1},
	{METRICS("'quality':{'value':0.8,'stderr':-0.1}"), "/artifacts/0/metrics/quality/stderr",
		"at least 0", 1},
	{METRICS("'quality':{'value':0.8,'ci':[0.9,0.7]}"), "/artifacts/0/metrics/quality/ci",
		"low <= high", 1},
	{METRICS("'quality':{'value':0.8,'ci':[0.9]}"), "/artifacts/0/metrics/quality/ci",
		"array of two numbers", 1},
	{METRICS("'quality':{'value':0.8,'ci':[0.7,0.9],'ci_level':1}"),
		"/artifacts/0/metrics/quality/ci_level", "between 0 and 1", 1},
	{METRICS("'quality':{'value':0.8,'ci_level':0.9}"), "/artifacts/0/metrics/quality/ci",
		"is required with ci_level", 1},
	{METRICS("'quality':{'value':0.8,'n':10,'stderr':0.1,'clusters':11}"),
		"/artifacts/0/metrics/quality/clusters", "must not be more than n", 1},
	{METRICS("'quality':{'value':0.8,'n':10,'clusters':5}"),
		"/artifacts/0/metrics/quality/clusters", "give stderr", 1},
	{METRICS("'other':{'value':0.8,'n':10,'successes':8,'clusters':5}"),
		"/artifacts/0/metrics/other/clusters", "give stderr", 1},
	{METRICS("'quality':{'value':0.8,'paired':{'baseline':'s/t-v0','n':10,'b':1,'c':1,"
		 "'clusters':5}}"),
		"/artifacts/0/metrics/quality/paired/clusters", "give mean_diff and stderr_diff",
		1},
	{METRICS("'quality':{'value':0.8,'higher_is_better':false}"),
		"/artifacts/0/metrics/quality/higher_is_better", "of quality, higher is better", 1},
	{METRICS("'latency_ms_p95':{'value':80,'higher_is_better':true}"),
		"/artifacts/0/metrics/latency_ms_p95/higher_is_better", "lower is better", 1},
	{METRICS("'quality':{'value':0.8,'paired':{'n':10}}"),
		"/artifacts/0/metrics/quality/paired/baseline", "is required", 1},
	{METRICS("'quality':{'value':0.8,'paired':{'baseline':'s/t-v0','n':10}}"),
		"/artifacts/0/metrics/quality/paired", "either b and c or mean_diff", 1},
	{METRICS("'quality':{'value':0.8,'paired':{'baseline':'s/t-v0','n':10,'b':1,'c':1,"
		 "'mean_diff':0.1}}"),
		"/artifacts/0/metrics/quality/paired", "either b and c or mean_diff", 1},
	{METRICS("'quality':{'value':0.8,'paired':{'baseline':'s/t-v0','n':10,'b':1}}"),
		"/artifacts/0/metrics/quality/paired/c", "is required with b", 1},
	{METRICS("'quality':{'value':0.8,'paired':{'baseline':'s/t-v0','n':3,'b':2,'c':2}}"),
		"/artifacts/0/metrics/quality/paired/n", "at least b + c", 1},
	{METRICS("'quality':{'value':0.8,'paired':{'baseline':'s/t-v0','n':3,'mean_diff':0.1}}"),
		"/artifacts/0/metrics/quality/paired/stderr_diff", "is required with mean_diff", 1},
	{METRICS("'latency_ms_p95':{'value':80,'histogram':{'bounds':[1,1],'counts':[1,2,3]}}"),
		"/artifacts/0/metrics/latency_ms_p95/histogram/bounds/1", "must be greater", 1},
	{METRICS("'latency_ms_p95':{'value':80,'histogram':{'bounds':[1,2],'counts':[1,2]}}"),
		"/artifacts/0/metrics/latency_ms_p95/histogram/counts", "must have 3 elements", 1},
	{METRICS("'latency_ms_p95':{'value':80,'histogram':{'bounds':[1],'counts':[0,0]}}"),
		"/artifacts/0/metrics/latency_ms_p95/histogram/counts", "must count from one", 1},
	{METRICS("'latency_ms_p95':{'value':80,'histogram':{'bounds':[1],'counts':"
		 "[9007199254740991,1]}}"),
		"/artifacts/0/metrics/latency_ms_p95/histogram/counts", "must count from one", 1},
	{METRICS("'latency_ms_p95':{'value':80,'histogram':{'bounds':[1],'counts':[1,-2]}}"),
		"/artifacts/0/metrics/latency_ms_p95/histogram/counts/1",
		"must be an integer from 0", 1},
	{SUITE("{'passed':5}"), "/artifacts/0/suites/policy/total", "is required", 1},
	{SUITE("{'total':0,'passed':0}"), "/artifacts/0/suites/policy/total", "from 1", 1},
	{SUITE("{'total':5}"), "/artifacts/0/suites/policy", "must have passed or violations", 1},
	{SUITE("{'total':5,'passed':6}"), "/artifacts/0/suites/policy", "must be total, 5", 1},
	{SUITE("{'total':5,'passed':4,'violations':2}"), "/artifacts/0/suites/policy",
		"must be total, 5", 1},
	{SUITE("{'total':5,'violations':4,'errors':2}"), "/artifacts/0/suites/policy",
		"must be total, 5", 1},
	{SUITE("{'total':5,'passed':5,'by_category':{'a':{'total':3}}}"),
		"/artifacts/0/suites/policy/by_category/a", "must have passed or violations", 1},
	{SUITE("{'total':5,'passed':5,'by_category':{'a':{'total':3,'passed':3},'b':{'total':3,"
	       "'passed':3}}}"),
		"/artifacts/0/suites/policy/by_category", "must not be more than 5", 1},
	{SUITE("{'total':5,'passed':5,'by_category':{'a':{'total':3,'passed':2}}}"),
		"/artifacts/0/suites/policy/by_category", "more violations or errors", 1},
	{SUITE("7"), "/artifacts/0/suites/policy", "must be an object, not a number", 1},
	/* What cannot all be true. */
	{METRICS("'quality':{'value':0.8,'ci':[0.81,0.9]}"), "/artifacts/0/metrics/quality/ci",
		"must hold the value, 0.8", 1},
	{METRICS("'quality':{'value':0.8,'ci':[0.7,0.799]}"), "/artifacts/0/metrics/quality/ci",
		"must hold the value, 0.8", 1},
	{METRICS("'loss':{'value':-2,'ci':[-1.9,-1]}"), "/artifacts/0/metrics/loss/ci",
		"must hold the value, -2", 1},
	{METRICS("'quality':{'value':0.8,'n':1000,'successes':800,'stderr':0.005}"),
		"/artifacts/0/metrics/quality/stderr",
		"contradicts 800 of 1000: independent samples leave 0.0126, and one cluster of all "
		"0.4",
		1},
	{METRICS("'quality':{'value':0.8,'n':1000,'successes':800,'stderr':0.41}"),
		"/artifacts/0/metrics/quality/stderr", "contradicts 800 of 1000", 1},
	{METRICS("'latency_ms_p95':{'value':80,'n':9,'histogram':{'bounds':[100],'counts':[8,0]}}"),
		"/artifacts/0/metrics/latency_ms_p95/n", "the histogram's number of samples, 8", 1},
	{METRICS("'latency_ms_p95':{'value':99,'histogram':{'bounds':[100,200],'counts':"
		 "[94,100,6]}}"),
		"/artifacts/0/metrics/latency_ms_p95/value",
		"is not the histogram's 95th percentile, which is more than 100", 1},
	{METRICS("'latency_ms_p95':{'value':201,'histogram':{'bounds':[100,200],'counts':"
		 "[90,108,2]}}"),
		"/artifacts/0/metrics/latency_ms_p95/value",
		"is not the histogram's 95th percentile, which is at most 200", 1},
	{METRICS("'latency_ms_p95':{'value':101,'histogram':{'bounds':[100],'counts':[1,0]}}"),
		"/artifacts/0/metrics/latency_ms_p95/value", "which is at most 100", 1},
	{METRICS("'quality':{'value':0.8,'n':10,'paired':{'baseline':'s/"
		 "t-v0','n':11,'b':1,'c':1}}"),
		"/artifacts/0/metrics/quality/paired/n", "must not be more than the metric's n, 10",
		1},
	{METRICS("'quality':{'value':0.8,'paired':{'baseline':'s/t-v1','n':11,'b':1,'c':1}}"),
		"/artifacts/0/metrics/quality/paired/baseline", "must be another artifact", 1},
	{MANIFEST("{'id':'s/e-v1','role':'eval','uri':'hf://e','subject':'s/t-v1','metrics':{"
		  "'quality':{'value':0.8,'paired':{'baseline':'s/t-v1','n':11,'b':1,'c':1}}}}"),
		"/artifacts/0/metrics/quality/paired/baseline",
		"must be another artifact than the subject", 1},
	{SUITE("{'total':5,'violations':1,'by_category':{'a':{'total':3,'passed':3},'b':{'total':2"
	       ",'passed':2}}}"),
		"/artifacts/0/suites/policy/by_category",
		"has all 5 cases of the suite, but not all of its violations", 1},
	{SUITE("{'total':5,'violations':0,'errors':1,'by_category':{'a':{'total':5,'passed':5}}}"),
		"/artifacts/0/suites/policy/by_category", "and errors", 1},
	{MANIFEST("{'id':'x','role':'embed','uri':'x','metrics':{'quality':'x','safety':2}}"),
		"/artifacts/0/id", "is not an artifact id", 5},
};

START_TEST(test_manifest__names_each_fault)
{
	ARENA_AUTO a = arena_new();
	struct parsed_manifest m;
	struct faults f;
	struct err err;

	ck_assert_int_eq(parse(a, quoted(a, bad[_i].body), &m, &f, &err), -1);
	ck_assert_msg(f.n > 0, "no fault, error \"%s\" for %s", err.msg, bad[_i].body);
	ck_assert_str_eq(f.list[0].pointer, bad[_i].pointer);
	ck_assert_msg(strstr(f.list[0].detail, bad[_i].word) != NULL, "\"%s\" lacks \"%s\"",
		f.list[0].detail, bad[_i].word);
	for (size_t i = 1; bad[_i].n == 1 && i < f.n; i++)
		ck_abort_msg("also %s %s", f.list[i].pointer, f.list[i].detail);
	ck_assert_uint_eq(f.total, bad[_i].n);
}
END_TEST

START_TEST(test_manifest__a_long_unknown_array_is_data)
{
	ARENA_AUTO a = arena_new();
	STRBUF_AUTO text = STRBUF_INIT(1 << 16);
	struct parsed_manifest m;
	struct faults f;
	struct err err;

	strbuf_addstr(&text, "{\"provider\":\"hf\",\"artifacts\":[],\"vectors\":[0");
	for (int i = 1; i <= 100; i++)
		strbuf_addf(&text, ",%d", i);
	strbuf_addstr(&text, "]}");
	ck_assert_int_eq(parse(a, text.buf, &m, &f, &err), -1);
	ck_assert_str_eq(f.list[1].pointer, "/vectors");
	ck_assert_ptr_nonnull(strstr(f.list[1].detail, "metrics, not data"));
}
END_TEST

START_TEST(test_manifest__text_that_is_no_json_is_an_error)
{
	static const char *const texts[] = {
		"", "{", "{\"a\":1,\"a\":2}", "{\"provider\":NaN}", "{\"provider\":1e999}", "nul"};
	ARENA_AUTO a = arena_new();
	struct parsed_manifest m;
	struct faults f;
	struct err err;

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		ck_assert_int_eq(parse(a, texts[i], &m, &f, &err), -1);
		ck_assert_uint_eq(f.n, 0);
		ck_assert_int_eq(err.code, ERR_BAD_JSON);
	}
}
END_TEST

static const char *example(struct arena *a, const char *name)
{
	const char *src = getenv("SRC");
	const char *path = arena_printf(a, "%s/tests/data/%s", src ? src : ".", name);
	FILE *f = fopen(path, "r");
	char *text = arena_alloc(a, 65536);

	ck_assert_msg(f != NULL, "%s", path);
	ck_assert_uint_lt(fread(text, 1, 65535, f), 65535);
	fclose(f);
	return text;
}

static void good(struct arena *a, const char *text, struct parsed_manifest *m)
{
	struct faults f;
	struct err err;
	int rc = parse(a, text, m, &f, &err);

	ck_assert_msg(
		!rc, "%s%s %s", err.msg, f.n ? f.list[0].pointer : "", f.n ? f.list[0].detail : "");
}

START_TEST(test_manifest__the_examples_parse)
{
	static const struct {
		const char *name, *provider, *first;
		size_t n;
	} examples[] = {
		{"hf_manifest.json", "hf", "spiralverse/textgen-lora-v1", 2},
		{"gcp_manifest.json", "gcp", "spiralverse/embedder-v3", 1},
		{"aws_manifest.json", "aws", "spiralverse/runtime-distilled-v5", 2},
		{"hf_manifest_full.json", "hf", "spiralverse/textgen-lora-v7", 2},
	};
	ARENA_AUTO a = arena_new();
	struct parsed_manifest m;

	for (size_t i = 0; i < sizeof(examples) / sizeof(examples[0]); i++) {
		good(a, example(a, examples[i].name), &m);
		ck_assert_str_eq(m.manifest.provider, examples[i].provider);
		ck_assert_uint_eq(m.manifest.artifacts.n, examples[i].n);
		ck_assert_str_eq(m.units[0].artifact->id, examples[i].first);
		ck_assert(digest_valid(m.digest));
		ck_assert(digest_valid(m.units[0].content_digest));
	}
}
END_TEST

START_TEST(test_manifest__the_full_form_fills_in_everything)
{
	ARENA_AUTO a = arena_new();
	struct parsed_manifest m;

	good(a, example(a, "hf_manifest_full.json"), &m);
	const struct artifact *o = m.units[0].artifact;
	const struct metric *accuracy = artifact_metric(o, "task_accuracy");
	const struct metric *latency = artifact_metric(o, "latency_ms_p95");
	const struct suite *suite = artifact_suite(o, "adversarial");

	ck_assert_int_eq(accuracy->n, 1318);
	ck_assert_int_eq(accuracy->paired->c, 70);
	ck_assert_int_eq(accuracy->paired->clusters, -1);
	ck_assert_uint_eq(latency->histogram->n_bounds, 5);
	ck_assert(latency->histogram->bounds[4] == 500);
	ck_assert_int_eq(latency->histogram->counts[5], 8);
	ck_assert_int_eq(suite->violations, 2);
	ck_assert_int_eq(suite->errors, 0);
	ck_assert_int_eq(suite->passed, 3998);
	ck_assert_uint_eq(suite->n_categories, 3);
	/* In the order of the canonical form. */
	ck_assert_str_lt(suite->categories[0].name, suite->categories[1].name);
	ck_assert_str_lt(suite->categories[1].name, suite->categories[2].name);
	ck_assert_ptr_null(artifact_metric(o, "nothing"));
	ck_assert_ptr_null(artifact_suite(o, "nothing"));
	ck_assert_str_eq(m.units[0].contract->version, "1.2.0");
}
END_TEST

/* What is no contradiction yet: rounding, clusters, strata, and what a quantile may be. */
static const char *const possible[] = {
	METRICS("'quality':{'value':0.8,'ci':[0.8,0.8]}"),
	METRICS("'quality':{'value':0.863,'ci':[0.8634,0.8636]}"),
	METRICS("'quality':{'value':0.863,'ci':[0.8614,0.8624]}"),
	METRICS("'quality':{'value':0.8,'n':1000,'successes':800,'stderr':0.4}"),
	METRICS("'quality':{'value':0.8,'n':1000,'successes':800,'stderr':0.006}"),
	METRICS("'quality':{'value':1,'n':50,'successes':50,'stderr':0.02}"),
	METRICS("'quality':{'value':0,'n':50,'successes':0,'stderr':0.02}"),
	METRICS("'quality':{'value':1,'n':1,'successes':1,'stderr':0}"),
	METRICS("'quality':{'value':0.8,'n':1000,'stderr':0.9}"),
	METRICS("'latency_ms_p95':{'value':80,'n':8,'histogram':{'bounds':[100],'counts':[8,0]}}"),
	METRICS("'latency_ms_p95':{'value':100,'histogram':{'bounds':[100,200],'counts':"
		"[94,100,6]}}"),
	METRICS("'latency_ms_p95':{'value':200,'histogram':{'bounds':[100,200],'counts':"
		"[90,108,2]}}"),
	METRICS("'latency_ms_p95':{'value':100,'histogram':{'bounds':[100,200],'counts':"
		"[190,10,0]}}"),
	METRICS("'latency_ms_p95':{'value':150,'histogram':{'bounds':[100,200],'counts':"
		"[191,9,0]}}"),
	METRICS("'latency_ms_p95':{'value':900,'histogram':{'bounds':[100,200],'counts':[1,0,9]}}"),
	METRICS("'latency_ms_p95':{'value':7,'histogram':{'bounds':[100,200],'counts':[1,0,0]}}"),
	METRICS("'other_ms':{'value':300,'histogram':{'bounds':[100],'counts':[8,0]}}"),
	METRICS("'quality':{'value':0.8,'n':10,'paired':{'baseline':'s/t-v0','n':10,'b':1,'c':1}}"),
	METRICS("'quality':{'value':0.8,'paired':{'baseline':'s/t-v0','n':10,'b':1,'c':1}}"),
	SUITE("{'total':5,'violations':1,'errors':1,'by_category':{'a':{'total':3,'passed':1,"
	      "'errors':1},'b':{'total':2,'passed':2}}}"),
	SUITE("{'total':5,'violations':1,'by_category':{'a':{'total':3,'passed':3}}}"),
};

START_TEST(test_manifest__what_can_be_true_is_taken)
{
	ARENA_AUTO a = arena_new();
	struct parsed_manifest m;

	good(a, quoted(a, possible[_i]), &m);
}
END_TEST

START_TEST(test_manifest__layout_does_not_change_its_identity)
{
	ARENA_AUTO a = arena_new();
	struct parsed_manifest m, same, other;

	good(a, quoted(a, WITH("'license':'mit'")), &m);
	good(a,
		quoted(a, " {'artifacts' : [{'metrics':{'quality':8e-1},'license':'mit',"
			  "'uri':'hf:\\/\\/s/t-v1', 'role':'textgen','id':'s/t-v1'}],"
			  "'provider':'hf'}"),
		&same);
	good(a, quoted(a, WITH("'license':'bsd'")), &other);
	ck_assert_str_eq(m.digest, same.digest);
	ck_assert_str_eq(m.canonical, same.canonical);
	ck_assert_str_eq(m.units[0].content_digest, same.units[0].content_digest);
	ck_assert_str_ne(m.digest, other.digest);
	ck_assert_str_ne(m.units[0].content_digest, other.units[0].content_digest);
}
END_TEST

START_TEST(test_manifest__the_run_is_no_part_of_a_unit)
{
	ARENA_AUTO a = arena_new();
	struct parsed_manifest m, other, contract;

	good(a, quoted(a, HEAD("'provider':'hf'")), &m);
	good(a, quoted(a, HEAD("'provider':'hf','run':{'id':'1'}")), &other);
	good(a, quoted(a, HEAD("'provider':'hf','contract':{'name':'c'}")), &contract);
	ck_assert_str_ne(m.digest, other.digest);
	ck_assert_str_eq(m.units[0].content_digest, other.units[0].content_digest);
	ck_assert_str_ne(m.units[0].content_digest, contract.units[0].content_digest);
	ck_assert_str_eq(m.contents[0],
		quoted(a, "{'artifact':{'id':'s/t-v1','metrics':{'quality':0.8},'role':'textgen',"
			  "'uri':'hf://s/t-v1'},'provider':'hf'}"));
}
END_TEST

START_TEST(test_manifest__a_unit_comes_back_from_its_content)
{
	ARENA_AUTO a = arena_new();
	struct parsed_manifest m;
	struct unit u;
	struct err err = {0};

	good(a, example(a, "hf_manifest_full.json"), &m);
	for (size_t i = 0; i < m.manifest.artifacts.n; i++) {
		int rc = fields_load_text(&unit_table, m.contents[i], a, &u, &err);
		ck_assert_msg(!rc, "%s", err.msg);
		ck_assert_str_eq(fields_canonical(&unit_table, &u, a, NULL), m.contents[i]);
	}
}
END_TEST

START_TEST(test_manifest__evidence_names_its_subject)
{
	ARENA_AUTO a = arena_new();
	struct parsed_manifest m;

	good(a,
		quoted(a, "{'provider':'gcp','artifacts':[{'id':'s/retrieval-eval-v1','role':"
			  "'retrieval','uri':'gs://e','subject':'s/embedder-v3','suites':{'policy':"
			  "{'total':10,'violations':1,'errors':2}}}]}"),
		&m);
	ck_assert_str_eq(m.units[0].artifact->subject, "s/embedder-v3");
	ck_assert_int_eq(artifact_suite(m.units[0].artifact, "policy")->passed, 7);
}
END_TEST

/* Every byte of the full example changed in turn: refused with a reason, or taken, nothing else. */
START_TEST(test_manifest__any_change_is_taken_or_explained)
{
	static const char to[] = "0\"{}[]-,.ex \x80";
	ARENA_AUTO a = arena_new();
	ARENA_AUTO scratch = arena_new();
	char *text = arena_strdup(a, example(a, "hf_manifest_full.json"));
	struct policy policy = default_policy(a);
	size_t n = strlen(text), taken = 0;

	for (size_t i = 0; i < n; i++) {
		char was = text[i];
		struct parsed_manifest m;
		struct faults f;
		struct err err = {0};
		text[i] = to[i % (sizeof(to) - 1)];
		faults_init(&f);
		if (!manifest_parse(text, n, &policy, scratch, &m, &f, &err)) {
			ck_assert_uint_eq(f.total, 0);
			taken++;
		} else {
			ck_assert_msg(f.n > 0 || err.code == ERR_BAD_JSON, "byte %zu", i);
		}
		text[i] = was;
		arena_reset(scratch);
	}
	ck_assert(taken > 0 && taken < n);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("model/manifest");
	TCase *tc = tcase_create("manifest");

	jcs_setup();
	tcase_add_loop_test(tc, test_manifest__names_each_fault, 0, sizeof(bad) / sizeof(bad[0]));
	tcase_add_loop_test(tc, test_manifest__what_can_be_true_is_taken, 0,
		sizeof(possible) / sizeof(possible[0]));
	tcase_add_test(tc, test_manifest__a_long_unknown_array_is_data);
	tcase_add_test(tc, test_manifest__text_that_is_no_json_is_an_error);
	tcase_add_test(tc, test_manifest__the_examples_parse);
	tcase_add_test(tc, test_manifest__the_full_form_fills_in_everything);
	tcase_add_test(tc, test_manifest__layout_does_not_change_its_identity);
	tcase_add_test(tc, test_manifest__the_run_is_no_part_of_a_unit);
	tcase_add_test(tc, test_manifest__a_unit_comes_back_from_its_content);
	tcase_add_test(tc, test_manifest__evidence_names_its_subject);
	tcase_add_test(tc, test_manifest__any_change_is_taken_or_explained);
	suite_add_tcase(s, tc);
	return s;
}
