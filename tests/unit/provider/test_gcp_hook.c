/* SPDX-License-Identifier: Apache-2.0
 *
 * What the connector `gcp` takes out of a message that Pub/Sub pushes.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "base/base64.h"
#include "base/strbuf.h"
#include "provider/gcp.h"
#include "support/fake_google.h"

Suite *test_suite(void);

#define PARENT "projects/proj/locations/europe-west4"

static struct arena *arena;
static struct fake_google google;
static struct connector *connector;
static struct err err;

static const char *no_variables(const char *name)
{
	return NULL;
}

static void setup(void)
{
	const struct connector_options o = {
		.provider = "gcp", .project = "proj", .location = "europe-west4"};

	arena = arena_new();
	err = (struct err){0};
	google = (struct fake_google){.arena = arena};

	const struct gcp_way way = google_way(&google);

	ck_assert_msg(gcp_open_with(&o, no_variables, &way, &connector, &err) == 0, "%s", err.msg);
}

static void teardown(void)
{
	connector_gcp.close(connector);
	arena_free(arena);
}

static const char *pushed(const char *data, const char *attributes)
{
	STRBUF_AUTO sb = STRBUF_INIT(1 << 16);

	base64_encode(&sb, data, strlen(data));
	return arena_printf(arena,
		"{\"message\":{\"attributes\":%s,\"data\":\"%s\",\"messageId\":\"1\"},"
		"\"subscription\":\"projects/proj/subscriptions/spiralfed\"}",
		attributes, sb.buf);
}

START_TEST(test_gcp_hook__what_a_push_is_about)
{
	const char *const cases[][2] = {
		{pushed("{\"protoPayload\":{\"methodName\":\"google.cloud.aiplatform.v1."
			"ModelService."
			"UploadModel\",\"response\":{\"model\":\"" PARENT "/models/77\"}}}",
			 "{}"),
			"77"},
		{pushed("{\"resourceName\":\"//aiplatform.googleapis.com/" PARENT "/models/78@3\"}",
			 "{}"),
			"78"},
		{pushed("no JSON", "{\"model\":\"" PARENT "/models/my-model_1\"}"), "my-model_1"},
		{pushed("{\"a\":[1,{\"b\":\"" PARENT "/models/79\"}]}", "{}"), "79"},
		{pushed("{\"a\":\"" PARENT "/endpoints/79\"}", "{}"), NULL},
		{pushed("{\"a\":\"" PARENT "/models/..%2f\"}", "{}"), NULL},
		{pushed("{\"a\":\"projects/4711/locations/europe-west4/models/80\"}", "{}"), "80"},
		{pushed("{\"a\":\"projects/other/locations/europe-west4/models/80\"}", "{}"), NULL},
		{pushed("{\"a\":\"projects/proj/locations/europe-west40/models/80\"}", "{}"), NULL},
		{pushed("{\"a\":\"projects/proj/locations/us-east1/models/80\"}", "{}"), NULL},
		{pushed("", "{}"), NULL},
		{"{\"message\":{},\"subscription\":\"s\"}", NULL},
	};
	static const char *const bad[] = {"", "[]", "{}", "{\"message\":{}}",
		"{\"message\":7,\"subscription\":\"s\"}",
		"{\"message\":{\"data\":\"%%%\"},\"subscription\":\"s\"}"};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct source_mention about;

		ck_assert_msg(connector_gcp.hook(connector, cases[i][0], strlen(cases[i][0]), arena,
				      &about, &err) == 0,
			"%zu: %s", i, err.msg);
		if (cases[i][1])
			ck_assert_pstr_eq(about.name, cases[i][1]);
		else
			ck_assert_str_eq(about.why, "it names no model of " PARENT);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct source_mention about;

		ck_assert_int_eq(
			connector_gcp.hook(connector, bad[i], strlen(bad[i]), arena, &about, &err),
			-1);
		ck_assert_int_eq(err.code, *bad[i] ? ERR_BAD_REQUEST : ERR_BAD_JSON);
	}
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("what Pub/Sub pushes");
	TCase *c = tcase_create("hook");

	tcase_add_checked_fixture(c, setup, teardown);
	tcase_add_test(c, test_gcp_hook__what_a_push_is_about);
	suite_add_tcase(s, c);
	return s;
}
