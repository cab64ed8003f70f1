/* SPDX-License-Identifier: Apache-2.0
 *
 * Where a request goes by a release, over HTTP.
 */
#include "rig.h"
#include "support/count.h"

Suite *test_suite(void);

static struct rig rig;

static void submit(const char *provider, const char *id, const char *role)
{
	char body[600];

	snprintf(body, sizeof(body),
		"{\"provider\":\"%s\",\"artifacts\":[{\"id\":\"%s\",\"role\":\"%s\",\"uri\":"
		"\"s3://b/u\",\"metrics\":{\"quality\":0.8,\"safety\":0.98,\"latency_ms_p95\":120,"
		"\"cost_per_1k_tokens\":0.7}}]}",
		provider, id, role);
	rig_expect(&rig, "POST", "/v1/manifests", "", body, 201, NULL);
}

static void open_rig(void)
{
	scratch_make();
	rig_options(&rig);
	rig_open(&rig, true, true);
	submit("hf", "s/textgen-v1", "textgen");
	submit("gcp", "s/embed-v1", "embed");
	submit("aws", "s/runtime-v1", "runtime");
	rig_expect(&rig, "POST", "/v1/merges", "", "{}", 201, "\"plan_b\":{");
	rig_expect(&rig, "POST", "/v1/promotions", "",
		"{\"merge\":\"1.0.0-rc.1\",\"reason\":\"r\"}", 201, NULL);
}

static void close_rig(void)
{
	rig_close(&rig);
	scratch_remove();
}

static const struct {
	const char *path;
	int status;
	const char *has;
} routes[] = {
	{"/v1/releases/1.0.0/route?prompt_type=chat", 200,
		"\"route\":\"default\",\"to\":\"model:textgen\",\"fallback\":[\"model:runtime\"]"},
	{"/v1/releases/v1.0.0/route", 200, "\"request\":{}"},
	{"/v1/releases/stable/route?safety=critical", 200, "\"release\":\"1.0.0\""},
	{"/v1/releases/stable/route?tokens=9000&vip=true&user=%22a%22", 200,
		"\"request\":{\"tokens\":9000,\"vip\":true,\"user\":\"a\"}"},
	{"/v1/releases/1.0.0/route?without=hf", 200, "\"to\":\"model:runtime\""},
	{"/v1/releases/1.0.0/route?without=gcp", 200, "\"to\":\"model:textgen\""},
	{"/v1/releases/1.0.0/route?prompt_type=chat", 200, "\"id\":\"s/textgen-v1\""},
	{"/v1/releases/1.0.0/route?without=nosuch", 404, "no unit of it"},
	{"/v1/releases/1.0.1/route", 404, "no release 1.0.1"},
	{"/v1/releases/1.0.0/route?a=1&a=2", 400, "given twice"},
	{"/v1/releases/1.0.0/route?a%20b=1", 400, "no parameter"},
	{"/v1/releases?prompt_type=chat", 400, "no parameter"},
};

START_TEST(test_fusion__a_release_routes)
{
	rig_expect(&rig, "GET", routes[_i].path, "", NULL, routes[_i].status, routes[_i].has);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("fusion over HTTP");
	TCase *t = tcase_create("fusion");

	tcase_set_timeout(t, 60);
	tcase_add_checked_fixture(t, open_rig, close_rig);
	tcase_add_loop_test(t, test_fusion__a_release_routes, 0, COUNT(routes));
	suite_add_tcase(s, t);
	return s;
}
