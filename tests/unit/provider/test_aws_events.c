/* SPDX-License-Identifier: Apache-2.0
 *
 * What EventBridge sends to the connector `aws`: which package it is about, or none.
 */
#include <check.h>

#include "provider/aws.h"

Suite *test_suite(void);

static struct arena *arena;

static void setup(void)
{
	arena = arena_new();
}

static void teardown(void)
{
	arena_free(arena);
}

static const char *no_environment(const char *name)
{
	return NULL;
}

static const char *quoted(const char *text)
{
	char *out = arena_strdup(arena, text);

	for (char *p = out; *p; p++)
		*p = *p == '\'' ? '"' : *p;
	return out;
}

static const struct {
	const char *body, *name; /* "": none; NULL: refused */
} events[] = {
	{"{'source':'aws.sagemaker','detail-type':'SageMaker Model Package State Change','detail':"
	 "{'ModelPackageGroupName':'faults','ModelPackageArn':'arn:aws:sagemaker:us-east-2:1:x'}}",
		"arn:aws:sagemaker:us-east-2:1:x"},
	{"{'source':'aws.sagemaker','detail-type':'SageMaker Model Package State Change','detail':"
	 "{'ModelPackageGroupName':'other','ModelPackageArn':'arn:aws:sagemaker:us-east-2:1:x'}}",
		""},
	{"{'source':'aws.sagemaker','detail-type':'SageMaker Endpoint State Change','detail':{}}",
		""},
	{"{'source':'aws.s3','detail-type':'Object Created','detail':{'bucket':{'name':'b'}}}", ""},
	{"{'source':'aws.s3','detail-type':'SageMaker Model Package State Change','detail':"
	 "{'ModelPackageGroupName':'faults','ModelPackageArn':'arn:aws:sagemaker:us-east-2:1:x'}}",
		""},
	/* As its documentation shows one. */
	{"{'version':'0','id':'844e2571-85d4-695f-b930-0153b71dcb42','detail-type':"
	 "'SageMaker Model Package State Change','source':'aws.sagemaker','account':"
	 "'123456789012','time':'2021-02-24T17:00:14Z','region':'us-east-2','resources':["
	 "'arn:aws:sagemaker:us-east-2:123456789012:model-package/faults/2'],'detail':{"
	 "'ModelPackageGroupName':'faults','ModelPackageVersion':2,'ModelPackageArn':"
	 "'arn:aws:sagemaker:us-east-2:123456789012:model-package/faults/2','CreationTime':"
	 "'2021-02-24T17:00:14Z','ModelPackageStatus':'Completed','ModelPackageStatusDetails':{"
	 "'ValidationStatuses':[],'ImageScanStatuses':[]},'ModelApprovalStatus':'Approved'}}",
		"arn:aws:sagemaker:us-east-2:123456789012:model-package/faults/2"},
	{"{'source':'aws.sagemaker','detail-type':'SageMaker Model Package State Change','detail':"
	 "{'ModelPackageGroupName':'faults','ModelPackageArn':'arn:aws:sagemaker:eu-west-1:1:x'}}",
		""},
	{"{'detail-type':'SageMaker Model Package State Change','detail':{}}", NULL},
	{"{'source':'aws.sagemaker','detail':{}}", NULL},
	{"{'source':'aws.sagemaker','detail-type':'SageMaker Model Package State Change','detail':"
	 "{'ModelPackageGroupName':'faults'}}",
		NULL},
	{"[]", NULL},
	{"{", NULL},
};

START_TEST(test_aws__understands_events)
{
	struct source_mention about;
	const char *body = quoted(events[_i].body);
	const struct connector_options o = {
		.provider = "aws", .region = "us-east-2", .group = "faults"};
	struct connector *connector;
	struct err err = {0};
	int rc;

	ck_assert_msg(aws_open_with(&o, no_environment, &connector, &err) == 0, "%s", err.msg);
	rc = connector_aws.hook(connector, body, strlen(body), arena, &about, &err);
	ck_assert_int_eq(rc, events[_i].name ? 0 : -1);
	if (rc < 0)
		ck_assert_int_eq(err.code, strcmp(body, "{") == 0 ? ERR_BAD_JSON : ERR_BAD_REQUEST);
	else
		ck_assert_str_eq(about.name ? about.name : "", events[_i].name);
	/* Whoever sent it learns why nothing comes of it. */
	if (rc == 0)
		ck_assert(!about.name == (about.why != NULL));
	connector_aws.close(connector);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("what EventBridge sends");
	TCase *t = tcase_create("events");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(
		t, test_aws__understands_events, 0, (int)(sizeof(events) / sizeof(events[0])));
	suite_add_tcase(s, t);
	return s;
}
