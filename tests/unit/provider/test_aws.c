/* SPDX-License-Identifier: Apache-2.0
 *
 * The connector `aws` against the stand-in that the official clients prove, on a fake clock: what it
 * lists, fetches or makes, what it refuses, each fault and the way out of it, pipelines.
 */
#include "provider/aws.h"

#include <check.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/digest.h"
#include "base/file.h"
#include "base/strbuf.h"
#include "model/manifest.h"
#include "provider/session.h"
#include "support/scratch.h"

Suite *test_suite(void);

#define PYTHON "/usr/bin/python3"
enum { ANSWER_MAX = 16 << 20, LINE_MAX_BYTES = 200, BODY_MAX_BYTES = 1 << 20 };
#define DAY (INT64_C(86400) * USEC_PER_SEC)

static pid_t stand_in;
static char url[LINE_MAX_BYTES], folder[SCRATCH_PATH];

static struct arena *arena;
static struct fake_clock fake;
static struct provider_call call;
static struct connector *connector;
static struct err err;
static bool as_task; /* credentials come from the agent of a container */

/* ---- The stand-in, one for all tests ---- */

static void begin(void)
{
	char script[SCRATCH_PATH];
	int ends[2];
	ssize_t n = 0, len = 0;

	scratch_make();
	scratch_file(folder, "keys");
	ck_assert_int_eq(dir_make(folder, 0700, NULL), 0);
	snprintf(script, sizeof(script), "%s/tests/stand-in/aws.py", getenv("SRC"));
	ck_assert_int_eq(pipe(ends), 0);
	stand_in = fork();
	if (stand_in == 0) {
		dup2(ends[1], 1);
		execl(PYTHON, PYTHON, script, "--page", "4", "--folder", folder, NULL);
		_exit(127);
	}
	close(ends[1]);
	while (len < (ssize_t)sizeof(url) - 1 && !memchr(url, '\n', (size_t)len) &&
		(n = read(ends[0], url + len, sizeof(url) - 1 - (size_t)len)) > 0)
		len += n;
	close(ends[0]);
	ck_assert_msg(len > 0, "the stand-in did not start");
	url[strcspn(url, "\n")] = '\0';
}

static void end(void)
{
	kill(stand_in, SIGTERM);
	waitpid(stand_in, NULL, 0);
	scratch_remove();
}

static const char *quoted(const char *text)
{
	char *out = arena_strdup(arena, text);

	for (char *p = out; *p; p++)
		*p = *p == '\'' ? '"' : *p;
	return out;
}

/* JSON with ' for ". */
static const char *control(const char *method, const char *what, const char *body)
{
	struct http_request r = {.method = method,
		.path = arena_printf(arena, "/_control/%s", what),
		.body = body ? quoted(body) : "",
		.timeout = 10 * USEC_PER_SEC,
		.cap = ANSWER_MAX};
	struct http_response answer;
	struct err failed = {0};

	r.body_len = strlen(r.body);
	ck_assert_int_eq(http_server_parse(url, arena, &r.server, &failed), 0);
	ck_assert_msg(http_perform(&r, arena, &answer, &failed) == 0, "%s", failed.msg);
	ck_assert_msg(answer.status / 100 == 2, "%s: %d %s", what, answer.status, answer.body);
	return answer.body;
}

static int64_t counted(const char *what)
{
	const char *stats = control("GET", "stats", NULL);
	const char *at = strstr(stats, arena_printf(arena, "\"%s\": ", what));

	return at ? strtoll(at + strlen(what) + 4, NULL, 10) : 0;
}

/* ---- The connector ---- */

static const char *env(const char *name)
{
	if (!as_task)
		return strcmp(name, "AWS_SHARED_CREDENTIALS_FILE") == 0
			       ? arena_printf(arena, "%s/credentials", folder)
			       : NULL;
	if (strcmp(name, "AWS_CONTAINER_CREDENTIALS_FULL_URI") == 0)
		return arena_printf(arena, "%s/agent/task", url);
	if (strcmp(name, "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE") == 0)
		return arena_printf(arena, "%s/pod.token", folder);
	return NULL;
}

static int64_t waited; /* usec */

static void step(const struct provider_call *c, int64_t usec)
{
	waited += usec;
	fake_clock_step(&fake, usec);
}

static struct connector_options options(const char *group)
{
	return (struct connector_options){.provider = "aws",
		.region = "eu-west-1",
		.endpoint = url,
		.group = group,
		.name_space = "spiralverse",
		.role = "runtime",
		.pipeline = "distil-runtime",
		.metrics = "quality=accuracy"};
}

static void open_with(const struct connector_options *o)
{
	connector_aws.close(connector);
	connector = NULL;
	ck_assert_msg(aws_open_with(o, env, &connector, &err) == 0, "%s", err.msg);
}

static void open_group(const char *group)
{
	const struct connector_options o = options(group);

	open_with(&o);
}

static void setup(void)
{
	arena = arena_new();
	err = (struct err){0};
	as_task = false;
	waited = 0;
	fake_clock_init(&fake, clock_now(clock_system()));
	call = (struct provider_call){
		.clock = &fake.clock, .deadline = INT64_MAX, .arena = arena, .wait = step};
	control("DELETE", "fault", NULL);
	control("POST", "clock", "{'offset':0}");
}

static void teardown(void)
{
	connector_aws.close(connector);
	connector = NULL;
	arena_free(arena);
}

#define MANIFEST                                                                                \
	"{\\'provider\\':\\'aws\\',\\'artifacts\\':[{\\'id\\':\\'s/runtime-v%%d\\',\\'role\\':" \
	"\\'runtime\\',\\'uri\\':\\'s3://models/x\\',\\'metrics\\':{\\'quality\\':0.8}}]}"

static void seed(const char *group, int count)
{
	control("POST", "seed",
		arena_printf(arena,
			"{'count':%d,'group':'%s','bucket':'models','manifest':'" MANIFEST "'}",
			count, group));
}

static const char *create(const char *group, const char *more)
{
	const char *answer = control("POST", "create",
		arena_printf(arena,
			"{'ModelPackageGroupName':'%s','ModelApprovalStatus':'Approved'%s%s}",
			group, *more ? "," : "", more));

	answer = strchr(answer, ':') + 3;
	return arena_strndup(arena, answer, strcspn(answer, "\""));
}

static void put(const char *key, const char *text)
{
	control("POST", "object",
		arena_printf(arena, "{'bucket':'models','key':'%s','text':'%s'}", key, text));
}

static struct source_listing list(void)
{
	struct source_listing l = {0};

	ck_assert_msg(connector_aws.list(connector, &call, &l, &err) == 0, "%s", err.msg);
	return l;
}

static int fetch_it(const char *arn, struct source_document *ret)
{
	const struct source_entry entry = {arn, "", NULL};

	err = (struct err){0};
	return connector_aws.fetch(connector, &call, &entry, ret, &err);
}

/* Its text, which must be a manifest. */
static const char *fetched(const char *arn)
{
	struct source_document d;

	ck_assert_msg(fetch_it(arn, &d) == FETCH_DONE, "%s", err.msg);
	ck_assert_uint_eq(strlen(d.text), d.len);
	return d.text;
}

/* ---- Listing ---- */

START_TEST(test_aws__lists_what_is_approved_and_completed)
{
	seed("listing", 9);
	create("listing", "'ModelApprovalStatus':'PendingManualApproval'");
	const char *failed = create("listing", "");
	control("POST", "package",
		arena_printf(arena, "{'arn':'%s','ModelPackageStatus':'Failed'}", failed));
	seed("another", 2);
	open_group("listing");
	control("DELETE", "stats", NULL);
	struct source_listing l = list();
	ck_assert_uint_eq(l.n, 9);
	ck_assert_uint_eq(l.ignored, 1);
	ck_assert_int_eq(counted("requests"), 3);
	for (size_t i = 0; i < l.n; i++) {
		ck_assert_ptr_nonnull(strstr(l.v[i].name, ":model-package/listing/"));
		ck_assert(i == 0 || strcmp(l.v[i - 1].name, l.v[i].name) < 0);
		ck_assert_ptr_null(l.v[i].fault);
	}
	/* The same again; one by one as by all; and another once it was approved. */
	struct source_listing again = list();
	struct source_entry one;
	ck_assert_str_eq(again.v[3].version, l.v[3].version);
	ck_assert_int_eq(connector_aws.find(connector, &call, l.v[3].name, &one, &err), 1);
	ck_assert_str_eq(one.version, l.v[3].version);
	ck_assert_str_eq(one.name, l.v[3].name);
	ck_assert_int_eq(connector_aws.find(connector, &call, failed, &one, &err), 0);
	ck_assert_int_eq(connector_aws.find(
				 connector, &call, arena_printf(arena, "%s0", failed), &one, &err),
		0);
	open_group(NULL);
	ck_assert_uint_ge(list().n, 11);
	ck_assert_int_eq(connector_aws.find(connector, &call, l.v[3].name, &one, &err), 1);
}
END_TEST

/* ---- Faults ---- */

static const struct {
	const char *fault;
	enum err_code code; /* ERR_NONE: it gets through */
	const char *words;
} faults[] = {
	{"'kind':'throttle','times':2", ERR_NONE, NULL},
	{"'kind':'error','times':2", ERR_NONE, NULL},
	{"'kind':'error','status':503,'code':'ServiceUnavailable','times':1", ERR_NONE, NULL},
	{"'kind':'truncate','times':1", ERR_NONE, NULL},
	{"'kind':'gone','times':1", ERR_NONE, NULL},
	{"'kind':'slow','seconds':0.2,'times':1", ERR_NONE, NULL},
	{"'kind':'throttle'", ERR_UNREACHABLE,
		"ListModelPackages: ThrottlingException: Rate exceeded (400"},
	{"'kind':'error'", ERR_UNREACHABLE, "ListModelPackages: InternalFailure: We encountered"},
	{"'kind':'gone'", ERR_UNREACHABLE, ""},
	{"'kind':'truncate'", ERR_UNREACHABLE, "partial"},
	{"'kind':'unauthorized'", ERR_CONFIG,
		"UnrecognizedClientException: The security token included in the request is "
		"invalid."},
	{"'kind':'expired'", ERR_CONFIG, "ExpiredTokenException: The provided token has expired."},
	{"'kind':'denied'", ERR_IO, "AccessDeniedException: User: arn:aws:iam::"},
	{"'kind':'drift','variant':'html'", ERR_UNREACHABLE, "the answer (200) is no JSON object"},
	{"'kind':'drift','variant':'wrap'", ERR_CONFIG, "without a ModelPackageSummaryList"},
	{"'kind':'drift','variant':'rename'", ERR_CONFIG, "without a ModelPackageArn"},
	{"'kind':'drift','variant':'types'", ERR_CONFIG, "without a CreationTime in seconds"},
	{"'kind':'drift','variant':'endless'", ERR_IO, "The pagination token is not valid"},
};

START_TEST(test_aws__gets_through_a_fault_or_says_what_it_is)
{
	struct source_listing l;
	int rc;

	if (_i == 0)
		seed("faults", 3);
	open_group("faults");
	control("POST", "fault",
		arena_printf(arena, "{'service':'sagemaker',%s}", faults[_i].fault));
	rc = connector_aws.list(connector, &call, &l, &err);
	ck_assert_msg(err.code == faults[_i].code, "%s: %s", faults[_i].fault, err.msg);
	ck_assert_int_eq(rc, err.code ? -1 : 0);
	if (rc < 0)
		ck_assert_msg(
			strstr(err.msg, faults[_i].words), "%s: %s", faults[_i].fault, err.msg);
	/* And by itself, once it is over. */
	control("DELETE", "fault", NULL);
	fake_clock_step(&fake, 40 * USEC_PER_SEC);
	ck_assert_uint_eq(list().n, 3);
}
END_TEST

START_TEST(test_aws__waits_as_long_as_it_is_asked_to)
{
	open_group("faults");
	control("POST", "fault", "{'kind':'throttle','after':17,'times':1}");
	list();
	ck_assert_int_eq(waited, 17 * USEC_PER_SEC);
}
END_TEST

START_TEST(test_aws__is_there_again_after_two_days)
{
	struct source_listing l;

	open_group("faults");
	control("POST", "fault", "{'kind':'gone'}");
	for (int i = 0; i < 48; i++) {
		ck_assert_int_eq(connector_aws.list(connector, &call, &l, &err), -1);
		ck_assert_int_eq(err.code, ERR_UNREACHABLE);
		fake_clock_step(&fake, DAY / 24);
	}
	/* It was left alone most of the time. */
	ck_assert_int_lt(counted("requests"), 48 * 6);
	control("DELETE", "fault", NULL);
	control("POST", "clock",
		arena_printf(arena, "{'offset':%lld}",
			(long long)((clock_now(&fake.clock) - clock_now(clock_system())) /
				    USEC_PER_SEC)));
	ck_assert_uint_eq(list().n, 3);
}
END_TEST

/* ---- Credentials ---- */

START_TEST(test_aws__replaces_a_session_that_was_revoked)
{
	struct source_listing l;

	as_task = true;
	open_group("faults");
	control("DELETE", "stats", NULL);
	ck_assert_uint_eq(list().n, 3);
	ck_assert_uint_eq(list().n, 3);
	ck_assert_int_eq(counted("sessions"), 1);
	control("POST", "revoke", NULL);
	/* Fetched just now: another one would be no better. */
	ck_assert_int_eq(connector_aws.list(connector, &call, &l, &err), -1);
	ck_assert_int_eq(err.code, ERR_CONFIG);
	fake_clock_step(&fake, 61 * USEC_PER_SEC);
	ck_assert_uint_eq(list().n, 3);
	ck_assert_int_eq(counted("sessions"), 2);
	/* A quarter of an hour before its end. */
	fake_clock_step(&fake, 2800 * USEC_PER_SEC);
	control("POST", "clock", "{'offset':2861}");
	ck_assert_uint_eq(list().n, 3);
	ck_assert_int_eq(counted("sessions"), 3);
}
END_TEST

START_TEST(test_aws__a_wrong_secret_is_refused_and_not_shown)
{
	struct connector_options o = options("faults");
	struct source_listing l;

	o.profile = "wrong";
	o.credentials = arena_printf(arena, "%s/credentials", folder);
	open_with(&o);
	ck_assert_int_eq(connector_aws.list(connector, &call, &l, &err), -1);
	ck_assert_int_eq(err.code, ERR_CONFIG);
	ck_assert_ptr_nonnull(strstr(err.msg, "InvalidSignatureException: The request signature"));
	ck_assert_ptr_null(strstr(err.msg, "not-the-secret"));
}
END_TEST

/* ---- Manifests that lie there ---- */

#define DATA \
	"'InferenceSpecification':{'Containers':[{'Image':'i','ModelDataUrl':'s3://models/%s'}]}"
#define PREFIX                                                                       \
	"'InferenceSpecification':{'Containers':[{'Image':'i','ModelDataSource':"    \
	"{'S3DataSource':{'S3DataType':'S3Prefix','CompressionType':'None','S3Uri':" \
	"'s3://models/%s'}}}]}"
#define SAYS "{\\'provider\\':\\'aws\\',\\'from\\':\\'%s\\'}"

static const struct {
	const char *more, *key; /* of the package; where the manifest lies */
} places[] = {
	{"'CustomerMetadataProperties':{'spiralfed.manifest':'s3://models/p1/m.json'}",
		"p1/m.json"},
	{"'SourceUri':'s3://models/p2/manifest.json'", "p2/manifest.json"},
	{"'SourceUri':'s3://models/p3'", "p3/spiralfed/manifest.json"},
	{"'InferenceSpecification':{'Containers':[{'Image':'i','ModelDataUrl':"
	 "'s3://models/p 4/a+b/model.tar.gz'}]}",
		"p 4/a+b/spiralfed/manifest.json"},
	{"'InferenceSpecification':{'Containers':[{'Image':'i','ModelDataSource':{'S3DataSource':"
	 "{'S3DataType':'S3Prefix','CompressionType':'None','S3Uri':'s3://models/p5/run'}}}]}",
		"p5/run/spiralfed/manifest.json"},
	{"'InferenceSpecification':{'Containers':[{'Image':'i','ModelDataUrl':"
	 "'s3://models/p6/model.tar.gz'}]},'SourceUri':'https://elsewhere.example/manifest'",
		"p6/spiralfed/manifest.json"},
};

START_TEST(test_aws__finds_the_manifest_where_it_lies)
{
	struct source_document d;
	const char *arn = create("places", places[_i].more);
	const char *text = arena_printf(arena, SAYS, places[_i].key);

	put(places[_i].key, text);
	open_group("places");
	ck_assert_msg(fetch_it(arn, &d) == FETCH_DONE, "%s", err.msg);
	ck_assert_ptr_nonnull(strstr(d.text, places[_i].key));
}
END_TEST

START_TEST(test_aws__checks_the_manifest_that_a_package_names)
{
	char digest[DIGEST_STRLEN];
	struct source_document d;

	put("named/m.json", "{}");
	digest_string("{}", 2, digest);
	open_group("named");
#define NAMED                                                                    \
	"'CustomerMetadataProperties':{'spiralfed.manifest':'s3://models/named/" \
	"%s','spiralfed.manifest.digest':'%s'}"
	ck_assert_str_eq(
		fetched(create("named", arena_printf(arena, NAMED, "m.json", digest))), "{}");
	digest[10] = digest[10] == '0' ? '1' : '0';
	ck_assert_int_eq(
		fetch_it(create("named", arena_printf(arena, NAMED, "m.json", digest)), &d), -1);
	ck_assert_int_eq(err.code, ERR_IO);
	ck_assert_ptr_nonnull(strstr(err.msg, "; the package says sha256:"));
	ck_assert_int_eq(
		fetch_it(create("named", arena_printf(arena, NAMED, "none.json", digest)), &d), -1);
	ck_assert_int_eq(err.code, ERR_IO);
	ck_assert_ptr_nonnull(strstr(err.msg, "which is not there"));
	ck_assert_int_eq(
		fetch_it(create("named", "'CustomerMetadataProperties':{'spiralfed.manifest':"
					 "'http://169.254.169.254/latest'}"),
			&d),
		-1);
	ck_assert_ptr_nonnull(strstr(err.msg, "which is no s3://bucket/key"));
}
END_TEST

START_TEST(test_aws__does_not_overlook_a_manifest_that_it_may_not_see)
{
	struct source_document d;
	const char *arn = create("denied", arena_printf(arena, DATA, "denied/model.tar.gz"));

	open_group("denied");
	control("POST", "fault", "{'kind':'denied','service':'s3'}");
	ck_assert_int_eq(fetch_it(arn, &d), -1);
	ck_assert_int_eq(err.code, ERR_IO);
	ck_assert_ptr_nonnull(strstr(err.msg, "grant s3:GetObject and s3:ListBucket"));
	control("DELETE", "fault", NULL);
	/* A name that S3 reads otherwise than we signed it is no refusal of us. */
	control("POST", "fault",
		"{'kind':'error','code':'SignatureDoesNotMatch','status':403,'service':'s3'}");
	ck_assert_int_eq(fetch_it(arn, &d), -1);
	ck_assert_msg(err.code == ERR_IO, "%s", err.msg);
	control("DELETE", "fault", NULL);
	/* S3 that fails is the provider's failure, and no missing manifest. */
	control("POST", "fault", "{'kind':'throttle','service':'s3'}");
	ck_assert_int_eq(fetch_it(arn, &d), -1);
	ck_assert_int_eq(err.code, ERR_UNREACHABLE);
}
END_TEST

START_TEST(test_aws__fetches_from_a_bucket_of_another_region)
{
	const char *arn = create("far",
		"'CustomerMetadataProperties':{'spiralfed.manifest':'s3://far-away/m.json'}");

	control("POST", "object", "{'bucket':'far-away','key':'m.json','text':'{}'}");
	control("POST", "bucket", "{'bucket':'far-away','region':'us-west-2'}");
	open_group("far");
	ck_assert_str_eq(fetched(arn), "{}");
}
END_TEST

START_TEST(test_aws__a_manifest_that_is_too_large_is_that_packages_fault)
{
	struct source_document d;
	char *large = arena_alloc(arena, DOCUMENT_MAX + 2);

	memset(large, 'x', DOCUMENT_MAX + 1);
	put("large/spiralfed/manifest.json", large);
	const char *arn = create("large", arena_printf(arena, DATA, "large/model.tar.gz"));
	open_group("large");
	control("DELETE", "stats", NULL);
	ck_assert_int_eq(fetch_it(arn, &d), -1);
	ck_assert_int_eq(err.code, ERR_IO);
	ck_assert_int_eq(counted("requests"), 2);
	ck_assert_int_eq(waited, 0);
}
END_TEST

START_TEST(test_aws__what_is_gone_or_not_approved_any_more)
{
	struct source_document d;
	const char *arn = create("gone", "");

	open_group("gone");
	control("POST", "package",
		arena_printf(arena, "{'arn':'%s','ModelApprovalStatus':'Rejected'}", arn));
	ck_assert_int_eq(fetch_it(arn, &d), FETCH_GONE);
	ck_assert_int_eq(fetch_it(arena_printf(arena, "%s99", arn), &d), FETCH_GONE);
}
END_TEST

/* ---- Manifests that are made ---- */

#define REPORT                                                                    \
	"{\\'binary_classification_metrics\\':{\\'accuracy\\':{\\'value\\':0.91," \
	"\\'standard_deviation\\':0.02},\\'auc\\':{\\'value\\':0.95,"             \
	"\\'standard_deviation\\':\\'NaN\\'}}}"
#define METRICS                                                                           \
	"'ModelMetrics':{'ModelQuality':{'Statistics':{'ContentType':'application/json'," \
	"'S3Uri':'s3://models/%s'%s},'Constraints':{'ContentType':'application/json',"    \
	"'S3Uri':'s3://models/made/constraints.json'}}}"

START_TEST(test_aws__makes_a_manifest_of_the_quality_report)
{
	STRBUF_AUTO digest = STRBUF_INIT(200);
	char sum[DIGEST_STRLEN];
	const char *report = quoted(REPORT), *text;

	/* As the control path unescapes it. */
	for (const char *p = report; *p; p++)
		if (*p != '\\')
			strbuf_addch(&digest, *p);
	digest_string(digest.buf, digest.len, sum);
	put("made/evaluation.json", REPORT);
	const char *metrics = arena_printf(arena, METRICS, "made/evaluation.json",
		arena_printf(arena, ",'ContentDigest':'%s'", sum));
	const char *arn =
		create("made", arena_printf(arena, "%s," DATA, metrics, "made/x y/model.tar.gz"));
	open_group("made");
	text = fetched(arn);
	ck_assert_ptr_nonnull(strstr(text, "\"id\":\"spiralverse/made-v1\""));
	ck_assert_ptr_nonnull(strstr(text, "\"role\":\"runtime\""));
	ck_assert_ptr_nonnull(strstr(text, "\"uri\":\"s3://models/made/x%20y/model.tar.gz\""));
	ck_assert_ptr_nonnull(strstr(text, "\"quality\":"));
	ck_assert_ptr_nonnull(strstr(text, "0.91"));
	ck_assert_ptr_null(strstr(text, "stderr"));
	/* What the package says of itself goes before the options. */
	arn = create("made", arena_printf(arena,
				     "%s,'CustomerMetadataProperties':{'spiralfed.id':'s/own-v7',"
				     "'spiralfed.role':'embed','spiralfed.metrics':'safety=auc'}",
				     metrics));
	text = fetched(arn);
	ck_assert_ptr_nonnull(strstr(text, "\"id\":\"s/own-v7\""));
	ck_assert_ptr_nonnull(strstr(text, "\"role\":\"embed\""));
	ck_assert_ptr_nonnull(strstr(text, "\"safety\":"));
	ck_assert_ptr_nonnull(strstr(text, arena_printf(arena, "\"uri\":\"%s\"", arn)));
}
END_TEST

START_TEST(test_aws__says_why_no_manifest_can_be_made)
{
	struct source_document d;
	struct connector_options o = options("unfit");

	put("unfit/evaluation.json", REPORT);
	put("unfit/empty.json", "{}");
	open_with(&o);
	ck_assert_int_eq(fetch_it(create("unfit", ""), &d), FETCH_REFUSED);
	ck_assert_int_eq(err.code, ERR_INVALID_MANIFEST);
	ck_assert_ptr_nonnull(
		strstr(err.msg, "neither spiralfed/manifest.json nor a quality report"));
	ck_assert_int_eq(
		fetch_it(create("unfit", arena_printf(arena, METRICS, "unfit/empty.json", "")), &d),
		FETCH_REFUSED);
	ck_assert_int_eq(
		fetch_it(create("unfit", arena_printf(arena, METRICS, "unfit/none.json", "")), &d),
		-1);
	ck_assert_int_eq(err.code, ERR_IO);
	ck_assert_ptr_nonnull(strstr(err.msg, "is not there"));
	const char *good = create("unfit", arena_printf(arena, METRICS, "unfit/evaluation.json",
						   ",'ContentDigest':'sha256:00'"));
	ck_assert_int_eq(fetch_it(good, &d), -1);
	ck_assert_ptr_nonnull(strstr(err.msg, "; the package says sha256:00"));
	good = create("unfit", arena_printf(arena, METRICS, "unfit/evaluation.json", ""));
	o.role = NULL;
	open_with(&o);
	ck_assert_int_eq(fetch_it(good, &d), FETCH_REFUSED);
	ck_assert_ptr_nonnull(strstr(err.msg, "no metadata spiralfed.role"));
	o.name_space = NULL;
	open_with(&o);
	ck_assert_int_eq(fetch_it(good, &d), FETCH_REFUSED);
	ck_assert_ptr_nonnull(strstr(err.msg, "set `namespace`"));
}
END_TEST

/* ---- Looking ---- */

static enum probe_verdict probed(const char *uri, int64_t size)
{
	struct probe p;

	ck_assert_msg(connector_aws.probe(
			      connector, &call, &(struct probe_target){uri, size}, &p, &err) == 0,
		"%s", err.msg);
	return p.verdict;
}

START_TEST(test_aws__looks_for_artifacts)
{
	const char *arn = create("probes", "");

	put("probes/a b/model", "1234567");
	open_group("probes");
	ck_assert(connector_aws.probes(connector));
	ck_assert_int_eq(probed("s3://models/probes/a%20b/model", -1), PROBE_REACHABLE);
	ck_assert_int_eq(probed("s3://models/probes/a%20b/model", 7), PROBE_REACHABLE);
	ck_assert_int_eq(probed("s3://models/probes/a%20b/model", 8), PROBE_MISSING);
	ck_assert_int_eq(probed("s3://models/probes/none", -1), PROBE_MISSING);
	ck_assert_int_eq(probed("s3://models/probes/a%20b/", -1), PROBE_REACHABLE);
	ck_assert_int_eq(probed("s3://models/probes/none/", -1), PROBE_MISSING);
	ck_assert_int_eq(probed(arn, -1), PROBE_REACHABLE);
	ck_assert_int_eq(probed(arena_printf(arena, "%s9", arn), -1), PROBE_MISSING);
	ck_assert_int_eq(probed("hf://s/x", -1), PROBE_UNKNOWN);
	ck_assert_int_eq(probed("s3://UPPER/x", -1), PROBE_UNKNOWN);
	ck_assert_int_eq(probed("s3://models/%zz", -1), PROBE_UNKNOWN);
	ck_assert_int_eq(probed("s3://models/x/../probes/a%20b/model", -1), PROBE_UNKNOWN);
	ck_assert_int_eq(probed("s3://models/%2e%2e/other/model", -1), PROBE_UNKNOWN);
}
END_TEST

/* ---- Pipelines ---- */

START_TEST(test_aws__starts_a_pipeline_once_and_follows_it)
{
	const struct work_parameter v[] = {{"Release", "1.0.0"}, {"Teacher", "sha256:1"}};
	struct work_order order = {"spiralfed0123456789012345678901234567890", v, 2};
	struct connector_options o = options("faults");
	struct work_report r;
	const char *job, *again;

	open_with(&o);
	ck_assert(connector_aws.works(connector));
	control("POST", "pipeline", "{'name':'distil-runtime','describes':1}");
	/* The first answer is lost on the way. */
	control("POST", "fault", "{'kind':'truncate','match':'StartPipelineExecution','times':1}");
	ck_assert_msg(
		connector_aws.start_job(connector, &call, &order, &job, &err) == 0, "%s", err.msg);
	ck_assert_int_eq(connector_aws.start_job(connector, &call, &order, &again, &err), 0);
	ck_assert_str_eq(job, again);
	ck_assert_int_eq(connector_aws.job_state(connector, &call, job, &r, &err), 0);
	ck_assert_int_eq(r.state, WORK_RUNNING);
	ck_assert_int_eq(connector_aws.job_state(connector, &call, job, &r, &err), 0);
	ck_assert_int_eq(r.state, WORK_SUCCEEDED);
	order.token = "spiralfed0123456789012345678901234567891";
	ck_assert_int_eq(connector_aws.start_job(connector, &call, &order, &again, &err), 0);
	ck_assert_str_ne(job, again);
	control("POST", "pipeline", "{'name':'distil-runtime','end':'Failed'}");
	ck_assert_int_eq(connector_aws.job_state(connector, &call, again, &r, &err), 0);
	ck_assert_int_eq(connector_aws.job_state(connector, &call, again, &r, &err), 0);
	ck_assert_int_eq(r.state, WORK_FAILED);
	ck_assert_ptr_nonnull(strstr(r.detail, "Failed: Step failure"));
	o.pipeline = "none";
	open_with(&o);
	ck_assert_int_eq(connector_aws.start_job(connector, &call, &order, &job, &err), -1);
	ck_assert_int_eq(err.code, ERR_IO);
	ck_assert_ptr_nonnull(strstr(err.msg, "ResourceNotFound: Pipeline '"));
	o.pipeline = NULL;
	open_with(&o);
	ck_assert(!connector_aws.works(connector));
}
END_TEST

/* ---- Options ---- */

START_TEST(test_aws__options_that_are_refused)
{
	static const struct connector_options bad[] = {
		{.region = NULL},
		{.region = "eu-west-1/"},
		{.region = "eu west"},
		{.region = "-"},
		{.region = "eu-west-1", .endpoint = "ftp://x"},
		{.region = "eu-west-1", .endpoint = "http://sagemaker.example"},
		{.region = "eu-west-1", .endpoint = "http://10.0.0.7:9000"},
		{.region = "eu-west-1", .metrics = "quality"},
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct connector *c;

		err = (struct err){0};
		ck_assert_msg(aws_open_with(&bad[i], env, &c, &err) < 0, "%zu is taken", i);
		ck_assert_msg(err.code == ERR_CONFIG, "%zu: %s", i, err.msg);
	}
}
END_TEST

#define COUNT(list) ((int)(sizeof(list) / sizeof((list)[0])))

Suite *test_suite(void)
{
	Suite *s = suite_create("the connector aws");
	TCase *t = tcase_create("aws");

	if (access(PYTHON, X_OK) < 0) {
		puts(PYTHON " is missing: the stand-in for Amazon can't run");
		return s;
	}
	tcase_set_timeout(t, 60);
	tcase_add_unchecked_fixture(t, begin, end);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, test_aws__lists_what_is_approved_and_completed);
	tcase_add_loop_test(t, test_aws__gets_through_a_fault_or_says_what_it_is, 0, COUNT(faults));
	tcase_add_test(t, test_aws__waits_as_long_as_it_is_asked_to);
	tcase_add_test(t, test_aws__is_there_again_after_two_days);
	tcase_add_test(t, test_aws__replaces_a_session_that_was_revoked);
	tcase_add_test(t, test_aws__a_wrong_secret_is_refused_and_not_shown);
	tcase_add_loop_test(t, test_aws__finds_the_manifest_where_it_lies, 0, COUNT(places));
	tcase_add_test(t, test_aws__checks_the_manifest_that_a_package_names);
	tcase_add_test(t, test_aws__does_not_overlook_a_manifest_that_it_may_not_see);
	tcase_add_test(t, test_aws__fetches_from_a_bucket_of_another_region);
	tcase_add_test(t, test_aws__a_manifest_that_is_too_large_is_that_packages_fault);
	tcase_add_test(t, test_aws__what_is_gone_or_not_approved_any_more);
	tcase_add_test(t, test_aws__makes_a_manifest_of_the_quality_report);
	tcase_add_test(t, test_aws__says_why_no_manifest_can_be_made);
	tcase_add_test(t, test_aws__looks_for_artifacts);
	tcase_add_test(t, test_aws__starts_a_pipeline_once_and_follows_it);
	tcase_add_test(t, test_aws__options_that_are_refused);
	suite_add_tcase(s, t);
	return s;
}
