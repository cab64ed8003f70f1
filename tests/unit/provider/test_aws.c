/* SPDX-License-Identifier: Apache-2.0
 *
 * The connector `aws` against the stand-in that the official clients prove, on a fake clock: what it
 * lists, fetches or makes, what it refuses, each fault and the way out of it, pipelines.
 */
#include "provider/aws.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "base/digest.h"
#include "base/file.h"
#include "base/strbuf.h"
#include "model/manifest.h"
#include "provider/session.h"
#include "support/aws_rig.h"
#include "support/count.h"

Suite *test_suite(void);

enum { BODY_MAX_BYTES = 1 << 20 };

/* ---- Listing ---- */

START_TEST(test_aws__lists_what_is_approved_and_completed)
{
	aws_rig_seed("listing", 9);
	aws_rig_create("listing", "'ModelApprovalStatus':'PendingManualApproval'");
	const char *failed = aws_rig_create("listing", "");
	aws_rig_control("POST", "package",
		arena_printf(aws_rig.arena, "{'arn':'%s','ModelPackageStatus':'Failed'}", failed));
	aws_rig_seed("another", 2);
	aws_rig_open_group("listing");
	aws_rig_control("DELETE", "stats", NULL);
	struct source_listing l = aws_rig_list();
	ck_assert_uint_eq(l.n, 9);
	ck_assert_uint_eq(l.ignored, 1);
	ck_assert_int_eq(aws_rig_counted("requests"), 3);
	for (size_t i = 0; i < l.n; i++) {
		ck_assert_ptr_nonnull(strstr(l.v[i].name, ":model-package/listing/"));
		ck_assert(i == 0 || strcmp(l.v[i - 1].name, l.v[i].name) < 0);
		ck_assert_ptr_null(l.v[i].fault);
	}
	/* The same again; one by one as by all; and another once it was approved. */
	struct source_listing again = aws_rig_list();
	struct source_entry one;
	ck_assert_str_eq(again.v[3].version, l.v[3].version);
	ck_assert_int_eq(connector_aws.find(
				 aws_rig.connector, &aws_rig.call, l.v[3].name, &one, &aws_rig.err),
		1);
	ck_assert_str_eq(one.version, l.v[3].version);
	ck_assert_str_eq(one.name, l.v[3].name);
	ck_assert_int_eq(
		connector_aws.find(aws_rig.connector, &aws_rig.call, failed, &one, &aws_rig.err),
		0);
	ck_assert_int_eq(connector_aws.find(aws_rig.connector, &aws_rig.call,
				 arena_printf(aws_rig.arena, "%s0", failed), &one, &aws_rig.err),
		0);
	aws_rig_open_group(NULL);
	ck_assert_uint_ge(aws_rig_list().n, 11);
	ck_assert_int_eq(connector_aws.find(
				 aws_rig.connector, &aws_rig.call, l.v[3].name, &one, &aws_rig.err),
		1);
}
END_TEST

/* A message may name whatever the role may see. */
START_TEST(test_aws__finds_nothing_of_other_accounts)
{
	static const char *const others[] = {
		"arn:aws:sagemaker:eu-west-1:999999999999:model-package/near/1",
		"arn:aws:sagemaker:eu-north-1:123456789012:model-package/near/1",
		"arn:aws-cn:sagemaker:eu-west-1:123456789012:model-package/near/1",
		"arn:aws:s3:::near",
		"near",
	};
	struct source_entry one;

	aws_rig_seed("near", 1);
	aws_rig_open_group("near");
	struct source_listing l = aws_rig_list();
	ck_assert_uint_eq(l.n, 1);
	aws_rig_control("DELETE", "stats", NULL);
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		ck_assert_int_eq(connector_aws.find(aws_rig.connector, &aws_rig.call, others[i],
					 &one, &aws_rig.err),
			0);
	ck_assert_int_eq(aws_rig_counted("requests"), 0);
	ck_assert_int_eq(connector_aws.find(
				 aws_rig.connector, &aws_rig.call, l.v[0].name, &one, &aws_rig.err),
		1);
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
	{"'kind':'drift','variant':'turning'", ERR_IO,
		"ListModelPackages: the listing goes on with a page that was read"},
};

START_TEST(test_aws__gets_through_a_fault_or_says_what_it_is)
{
	struct source_listing l;
	int rc;

	if (_i == 0)
		aws_rig_seed("faults", 3);
	aws_rig_open_group("faults");
	aws_rig_control("POST", "fault",
		arena_printf(aws_rig.arena, "{'service':'sagemaker',%s}", faults[_i].fault));
	rc = connector_aws.list(aws_rig.connector, &aws_rig.call, &l, &aws_rig.err);
	ck_assert_msg(
		aws_rig.err.code == faults[_i].code, "%s: %s", faults[_i].fault, aws_rig.err.msg);
	ck_assert_int_eq(rc, aws_rig.err.code ? -1 : 0);
	if (rc < 0)
		ck_assert_msg(strstr(aws_rig.err.msg, faults[_i].words), "%s: %s", faults[_i].fault,
			aws_rig.err.msg);
	/* And by itself, once it is over. */
	aws_rig_control("DELETE", "fault", NULL);
	fake_clock_step(&aws_rig.fake, 40 * USEC_PER_SEC);
	ck_assert_uint_eq(aws_rig_list().n, 3);
}
END_TEST

START_TEST(test_aws__waits_as_long_as_it_is_asked_to)
{
	aws_rig_open_group("faults");
	aws_rig_control("POST", "fault", "{'kind':'throttle','after':17,'times':1}");
	aws_rig_list();
	ck_assert_int_eq(aws_rig.waited, 17 * USEC_PER_SEC);
}
END_TEST

START_TEST(test_aws__is_there_again_after_two_days)
{
	struct source_listing l;

	aws_rig_open_group("faults");
	aws_rig_control("POST", "fault", "{'kind':'gone'}");
	for (int i = 0; i < 48; i++) {
		ck_assert_int_eq(
			connector_aws.list(aws_rig.connector, &aws_rig.call, &l, &aws_rig.err), -1);
		ck_assert_int_eq(aws_rig.err.code, ERR_UNREACHABLE);
		fake_clock_step(&aws_rig.fake, DAY / 24);
	}
	/* It was left alone most of the time. */
	ck_assert_int_lt(aws_rig_counted("requests"), 48 * 6);
	aws_rig_control("DELETE", "fault", NULL);
	aws_rig_later(0);
	ck_assert_uint_eq(aws_rig_list().n, 3);
}
END_TEST

/* ---- Credentials ---- */

START_TEST(test_aws__replaces_a_session_that_was_revoked)
{
	struct source_listing l;

	aws_rig.as_task = true;
	aws_rig_open_group("faults");
	aws_rig_control("DELETE", "stats", NULL);
	ck_assert_uint_eq(aws_rig_list().n, 3);
	ck_assert_uint_eq(aws_rig_list().n, 3);
	ck_assert_int_eq(aws_rig_counted("sessions"), 1);
	aws_rig_control("POST", "revoke", NULL);
	/* Fetched just now: another one would be no better. */
	ck_assert_int_eq(
		connector_aws.list(aws_rig.connector, &aws_rig.call, &l, &aws_rig.err), -1);
	ck_assert_int_eq(aws_rig.err.code, ERR_CONFIG);
	fake_clock_step(&aws_rig.fake, 61 * USEC_PER_SEC);
	ck_assert_uint_eq(aws_rig_list().n, 3);
	ck_assert_int_eq(aws_rig_counted("sessions"), 2);
	/* A quarter of an hour before its end. */
	fake_clock_step(&aws_rig.fake, 2800 * USEC_PER_SEC);
	aws_rig_control("POST", "clock", "{'offset':2861}");
	ck_assert_uint_eq(aws_rig_list().n, 3);
	ck_assert_int_eq(aws_rig_counted("sessions"), 3);
}
END_TEST

START_TEST(test_aws__a_wrong_secret_is_refused_and_not_shown)
{
	struct connector_options o = aws_rig_options("faults");
	struct source_listing l;

	o.profile = "wrong";
	o.credentials = arena_printf(aws_rig.arena, "%s/credentials", aws_rig.folder);
	aws_rig_open_with(&o);
	ck_assert_int_eq(
		connector_aws.list(aws_rig.connector, &aws_rig.call, &l, &aws_rig.err), -1);
	ck_assert_int_eq(aws_rig.err.code, ERR_CONFIG);
	ck_assert_ptr_nonnull(
		strstr(aws_rig.err.msg, "InvalidSignatureException: The request signature"));
	ck_assert_ptr_null(strstr(aws_rig.err.msg, "not-the-secret"));
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
	const char *arn = aws_rig_create("places", places[_i].more);
	const char *text = arena_printf(aws_rig.arena, SAYS, places[_i].key);

	aws_rig_put(places[_i].key, text);
	aws_rig_open_group("places");
	ck_assert_msg(aws_rig_fetch_it(arn, &d) == FETCH_DONE, "%s", aws_rig.err.msg);
	ck_assert_ptr_nonnull(strstr(d.text, places[_i].key));
}
END_TEST

START_TEST(test_aws__checks_the_manifest_that_a_package_names)
{
	char digest[DIGEST_STRLEN];
	struct source_document d;

	aws_rig_put("named/m.json", "{}");
	digest_string("{}", 2, digest);
	aws_rig_open_group("named");
#define NAMED                                                                    \
	"'CustomerMetadataProperties':{'spiralfed.manifest':'s3://models/named/" \
	"%s','spiralfed.manifest.digest':'%s'}"
	ck_assert_str_eq(aws_rig_fetched(aws_rig_create(
				 "named", arena_printf(aws_rig.arena, NAMED, "m.json", digest))),
		"{}");
	digest[10] = digest[10] == '0' ? '1' : '0';
	ck_assert_int_eq(aws_rig_fetch_it(aws_rig_create("named", arena_printf(aws_rig.arena, NAMED,
									  "m.json", digest)),
				 &d),
		-1);
	ck_assert_int_eq(aws_rig.err.code, ERR_IO);
	ck_assert_ptr_nonnull(strstr(aws_rig.err.msg, "; the package says sha256:"));
	ck_assert_int_eq(aws_rig_fetch_it(aws_rig_create("named", arena_printf(aws_rig.arena, NAMED,
									  "none.json", digest)),
				 &d),
		-1);
	ck_assert_int_eq(aws_rig.err.code, ERR_IO);
	ck_assert_ptr_nonnull(strstr(aws_rig.err.msg, "which is not there"));
	ck_assert_int_eq(
		aws_rig_fetch_it(aws_rig_create("named",
					 "'CustomerMetadataProperties':{'spiralfed.manifest':"
					 "'http://169.254.169.254/latest'}"),
			&d),
		-1);
	ck_assert_ptr_nonnull(strstr(aws_rig.err.msg, "which is no s3://bucket/key"));
}
END_TEST

START_TEST(test_aws__does_not_overlook_a_manifest_that_it_may_not_see)
{
	struct source_document d;
	const char *arn =
		aws_rig_create("denied", arena_printf(aws_rig.arena, DATA, "denied/model.tar.gz"));

	aws_rig_open_group("denied");
	aws_rig_control("POST", "fault", "{'kind':'denied','service':'s3'}");
	ck_assert_int_eq(aws_rig_fetch_it(arn, &d), -1);
	ck_assert_int_eq(aws_rig.err.code, ERR_IO);
	ck_assert_ptr_nonnull(strstr(aws_rig.err.msg, "grant s3:GetObject and s3:ListBucket"));
	aws_rig_control("DELETE", "fault", NULL);
	/* A name that S3 reads otherwise than we signed it is no refusal of us. */
	aws_rig_control("POST", "fault",
		"{'kind':'error','code':'SignatureDoesNotMatch','status':403,'service':'s3'}");
	ck_assert_int_eq(aws_rig_fetch_it(arn, &d), -1);
	ck_assert_msg(aws_rig.err.code == ERR_IO, "%s", aws_rig.err.msg);
	aws_rig_control("DELETE", "fault", NULL);
	/* S3 that fails is the provider's failure, and no missing manifest. */
	aws_rig_control("POST", "fault", "{'kind':'throttle','service':'s3'}");
	ck_assert_int_eq(aws_rig_fetch_it(arn, &d), -1);
	ck_assert_int_eq(aws_rig.err.code, ERR_UNREACHABLE);
}
END_TEST

START_TEST(test_aws__fetches_from_a_bucket_of_another_region)
{
	const char *arn = aws_rig_create("far",
		"'CustomerMetadataProperties':{'spiralfed.manifest':'s3://far-away/m.json'}");

	aws_rig_control("POST", "object", "{'bucket':'far-away','key':'m.json','text':'{}'}");
	aws_rig_control("POST", "bucket", "{'bucket':'far-away','region':'us-west-2'}");
	aws_rig_open_group("far");
	ck_assert_str_eq(aws_rig_fetched(arn), "{}");
}
END_TEST

START_TEST(test_aws__a_manifest_that_is_too_large_is_that_packages_fault)
{
	struct source_document d;
	char *large = arena_alloc(aws_rig.arena, DOCUMENT_MAX + 2);

	memset(large, 'x', DOCUMENT_MAX + 1);
	aws_rig_put("large/spiralfed/manifest.json", large);
	const char *arn =
		aws_rig_create("large", arena_printf(aws_rig.arena, DATA, "large/model.tar.gz"));
	aws_rig_open_group("large");
	aws_rig_control("DELETE", "stats", NULL);
	ck_assert_int_eq(aws_rig_fetch_it(arn, &d), -1);
	ck_assert_int_eq(aws_rig.err.code, ERR_IO);
	ck_assert_int_eq(aws_rig_counted("requests"), 2);
	ck_assert_int_eq(aws_rig.waited, 0);
}
END_TEST

START_TEST(test_aws__what_is_gone_or_not_approved_any_more)
{
	struct source_document d;
	const char *arn = aws_rig_create("gone", "");

	aws_rig_open_group("gone");
	aws_rig_control("POST", "package",
		arena_printf(aws_rig.arena, "{'arn':'%s','ModelApprovalStatus':'Rejected'}", arn));
	ck_assert_int_eq(aws_rig_fetch_it(arn, &d), FETCH_GONE);
	ck_assert_int_eq(
		aws_rig_fetch_it(arena_printf(aws_rig.arena, "%s99", arn), &d), FETCH_GONE);
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
	const char *report = aws_rig_quoted(REPORT), *text;

	/* As the control path unescapes it. */
	for (const char *p = report; *p; p++)
		if (*p != '\\')
			strbuf_addch(&digest, *p);
	digest_string(digest.buf, digest.len, sum);
	aws_rig_put("made/evaluation.json", REPORT);
	const char *metrics = arena_printf(aws_rig.arena, METRICS, "made/evaluation.json",
		arena_printf(aws_rig.arena, ",'ContentDigest':'%s'", sum));
	const char *arn = aws_rig_create(
		"made", arena_printf(aws_rig.arena, "%s," DATA, metrics, "made/x y/model.tar.gz"));
	aws_rig_open_group("made");
	text = aws_rig_fetched(arn);
	ck_assert_ptr_nonnull(strstr(text, "\"id\":\"spiralverse/made-v1\""));
	ck_assert_ptr_nonnull(strstr(text, "\"role\":\"runtime\""));
	ck_assert_ptr_nonnull(strstr(text, "\"uri\":\"s3://models/made/x%20y/model.tar.gz\""));
	ck_assert_ptr_nonnull(strstr(text, "\"quality\":"));
	ck_assert_ptr_nonnull(strstr(text, "0.91"));
	ck_assert_ptr_null(strstr(text, "stderr"));
	/* What the package says of itself goes before the options. */
	arn = aws_rig_create(
		"made", arena_printf(aws_rig.arena,
				"%s,'CustomerMetadataProperties':{'spiralfed.id':'s/own-v7',"
				"'spiralfed.role':'embed','spiralfed.metrics':'safety=auc'}",
				metrics));
	text = aws_rig_fetched(arn);
	ck_assert_ptr_nonnull(strstr(text, "\"id\":\"s/own-v7\""));
	ck_assert_ptr_nonnull(strstr(text, "\"role\":\"embed\""));
	ck_assert_ptr_nonnull(strstr(text, "\"safety\":"));
	ck_assert_ptr_nonnull(strstr(text, arena_printf(aws_rig.arena, "\"uri\":\"%s\"", arn)));
}
END_TEST

START_TEST(test_aws__says_why_no_manifest_can_be_made)
{
	struct source_document d;
	struct connector_options o = aws_rig_options("unfit");

	aws_rig_put("unfit/evaluation.json", REPORT);
	aws_rig_put("unfit/empty.json", "{}");
	aws_rig_open_with(&o);
	ck_assert_int_eq(aws_rig_fetch_it(aws_rig_create("unfit", ""), &d), FETCH_REFUSED);
	ck_assert_int_eq(aws_rig.err.code, ERR_INVALID_MANIFEST);
	ck_assert_ptr_nonnull(
		strstr(aws_rig.err.msg, "neither spiralfed/manifest.json nor a quality report"));
	ck_assert_int_eq(
		aws_rig_fetch_it(aws_rig_create("unfit", arena_printf(aws_rig.arena, METRICS,
								 "unfit/empty.json", "")),
			&d),
		FETCH_REFUSED);
	ck_assert_int_eq(
		aws_rig_fetch_it(aws_rig_create("unfit", arena_printf(aws_rig.arena, METRICS,
								 "unfit/none.json", "")),
			&d),
		-1);
	ck_assert_int_eq(aws_rig.err.code, ERR_IO);
	ck_assert_ptr_nonnull(strstr(aws_rig.err.msg, "is not there"));
	const char *good = aws_rig_create(
		"unfit", arena_printf(aws_rig.arena, METRICS, "unfit/evaluation.json",
				 ",'ContentDigest':'sha256:00'"));
	ck_assert_int_eq(aws_rig_fetch_it(good, &d), -1);
	ck_assert_ptr_nonnull(strstr(aws_rig.err.msg, "; the package says sha256:00"));
	good = aws_rig_create(
		"unfit", arena_printf(aws_rig.arena, METRICS, "unfit/evaluation.json", ""));
	o.role = NULL;
	aws_rig_open_with(&o);
	ck_assert_int_eq(aws_rig_fetch_it(good, &d), FETCH_REFUSED);
	ck_assert_ptr_nonnull(strstr(aws_rig.err.msg, "no metadata spiralfed.role"));
	o.name_space = NULL;
	aws_rig_open_with(&o);
	ck_assert_int_eq(aws_rig_fetch_it(good, &d), FETCH_REFUSED);
	ck_assert_ptr_nonnull(strstr(aws_rig.err.msg, "set `namespace`"));
}
END_TEST

/* ---- Looking ---- */

static enum probe_verdict probed(const char *uri, int64_t size)
{
	struct probe p;

	ck_assert_msg(connector_aws.probe(aws_rig.connector, &aws_rig.call,
			      &(struct probe_target){uri, size}, &p, &aws_rig.err) == 0,
		"%s", aws_rig.err.msg);
	return p.verdict;
}

START_TEST(test_aws__looks_for_artifacts)
{
	const char *arn = aws_rig_create("probes", "");

	aws_rig_put("probes/a b/model", "1234567");
	aws_rig_open_group("probes");
	ck_assert(connector_aws.probes(aws_rig.connector));
	ck_assert_int_eq(probed("s3://models/probes/a%20b/model", -1), PROBE_REACHABLE);
	ck_assert_int_eq(probed("s3://models/probes/a%20b/model", 7), PROBE_REACHABLE);
	ck_assert_int_eq(probed("s3://models/probes/a%20b/model", 8), PROBE_MISSING);
	ck_assert_int_eq(probed("s3://models/probes/none", -1), PROBE_MISSING);
	ck_assert_int_eq(probed("s3://models/probes/a%20b/", -1), PROBE_REACHABLE);
	ck_assert_int_eq(probed("s3://models/probes/none/", -1), PROBE_MISSING);
	ck_assert_int_eq(probed(arn, -1), PROBE_REACHABLE);
	ck_assert_int_eq(probed(arena_printf(aws_rig.arena, "%s9", arn), -1), PROBE_MISSING);
	ck_assert_int_eq(probed("hf://s/x", -1), PROBE_UNKNOWN);
	ck_assert_int_eq(probed("s3://UPPER/x", -1), PROBE_MISSING);
	ck_assert_int_eq(probed("s3://models/%zz", -1), PROBE_MISSING);
	ck_assert_int_eq(probed("s3://models/x/../probes/a%20b/model", -1), PROBE_MISSING);
	ck_assert_int_eq(probed("s3://models/%2e%2e/other/model", -1), PROBE_MISSING);
}
END_TEST

/* ---- Pipelines ---- */

START_TEST(test_aws__starts_a_pipeline_once_and_follows_it)
{
	const struct work_parameter v[] = {{"Release", "1.0.0"}, {"Teacher", "sha256:1"}};
	struct work_order order = {"spiralfed0123456789012345678901234567890", v, 2};
	struct connector_options o = aws_rig_options("faults");
	struct work_report r;
	const char *job, *again, *stop = "spiralfed0123456789012345678901234567890stop";

	aws_rig_open_with(&o);
	ck_assert(connector_aws.works(aws_rig.connector));
	aws_rig_control("POST", "pipeline", "{'name':'distil-runtime','describes':1}");
	/* The first answer is lost on the way. */
	aws_rig_control(
		"POST", "fault", "{'kind':'truncate','match':'StartPipelineExecution','times':1}");
	ck_assert_msg(connector_aws.start_job(
			      aws_rig.connector, &aws_rig.call, &order, &job, &aws_rig.err) == 0,
		"%s", aws_rig.err.msg);
	ck_assert_int_eq(connector_aws.start_job(
				 aws_rig.connector, &aws_rig.call, &order, &again, &aws_rig.err),
		0);
	ck_assert_str_eq(job, again);
	ck_assert_int_eq(
		connector_aws.job_state(aws_rig.connector, &aws_rig.call, job, &r, &aws_rig.err),
		0);
	ck_assert_int_eq(r.state, WORK_RUNNING);
	ck_assert_int_eq(
		connector_aws.job_state(aws_rig.connector, &aws_rig.call, job, &r, &aws_rig.err),
		0);
	ck_assert_int_eq(r.state, WORK_SUCCEEDED);
	order.token = "spiralfed0123456789012345678901234567891";
	ck_assert_int_eq(connector_aws.start_job(
				 aws_rig.connector, &aws_rig.call, &order, &again, &aws_rig.err),
		0);
	ck_assert_str_ne(job, again);
	aws_rig_control("POST", "pipeline", "{'name':'distil-runtime','end':'Failed'}");
	ck_assert_int_eq(
		connector_aws.job_state(aws_rig.connector, &aws_rig.call, again, &r, &aws_rig.err),
		0);
	ck_assert_int_eq(
		connector_aws.job_state(aws_rig.connector, &aws_rig.call, again, &r, &aws_rig.err),
		0);
	ck_assert_int_eq(r.state, WORK_FAILED);
	ck_assert_ptr_nonnull(strstr(r.detail, "Failed: Step failure"));
	ck_assert_uint_eq(strlen(r.detail), strlen("Failed: ") + 1024);
	ck_assert_int_eq(
		connector_aws.stop_job(aws_rig.connector, &aws_rig.call, again, stop, &aws_rig.err),
		-1);
	ck_assert_ptr_nonnull(strstr(aws_rig.err.msg, "can't be stopped"));
	order.token = "spiralfed0123456789012345678901234567892";
	ck_assert_int_eq(connector_aws.start_job(
				 aws_rig.connector, &aws_rig.call, &order, &again, &aws_rig.err),
		0);
	ck_assert_int_eq(
		connector_aws.stop_job(aws_rig.connector, &aws_rig.call, again, stop, &aws_rig.err),
		0);
	ck_assert_int_eq(
		connector_aws.stop_job(aws_rig.connector, &aws_rig.call, again, stop, &aws_rig.err),
		0);
	for (int i = 0; i < 2; i++)
		ck_assert_int_eq(connector_aws.job_state(
					 aws_rig.connector, &aws_rig.call, again, &r, &aws_rig.err),
			0);
	ck_assert_int_eq(r.state, WORK_FAILED);
	ck_assert_str_eq(r.detail, "Stopped");
	o.pipeline = "none";
	aws_rig_open_with(&o);
	ck_assert_int_eq(connector_aws.start_job(
				 aws_rig.connector, &aws_rig.call, &order, &job, &aws_rig.err),
		-1);
	ck_assert_int_eq(aws_rig.err.code, ERR_CONFIG);
	ck_assert_ptr_nonnull(strstr(aws_rig.err.msg, "ResourceNotFound: Pipeline '"));
	o.pipeline = NULL;
	aws_rig_open_with(&o);
	ck_assert(!connector_aws.works(aws_rig.connector));
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

		aws_rig.err = (struct err){0};
		ck_assert_msg(aws_open_with(&bad[i], aws_rig_env, &c, &aws_rig.err) < 0,
			"%zu is taken", i);
		ck_assert_msg(aws_rig.err.code == ERR_CONFIG, "%zu: %s", i, aws_rig.err.msg);
	}
}
END_TEST

Suite *test_suite(void)
{
	TCase *t;
	Suite *s = aws_rig_suite("the connector aws", "aws", &t);

	tcase_add_test(t, test_aws__finds_nothing_of_other_accounts);
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
	return s;
}
