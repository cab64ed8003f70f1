/* SPDX-License-Identifier: Apache-2.0
 *
 * How options become members of a body and parameters of a path.
 */
#include <check.h>
#include <stdlib.h>

#include "cli/client.h"

Suite *test_suite(void);

START_TEST(test_client__an_option_is_a_member_when_it_was_given)
{
	STRBUF_AUTO body = STRBUF_INIT(256);
	struct cli cli = {.option = {[CLI_OPTION_REASON] = "a \"b\"", [CLI_OPTION_DRY_RUN] = ""}};
	struct json_writer w;

	json_writer_init(&w, &body);
	jw_object(&w);
	client_member(&cli, &w, "reason", CLI_OPTION_REASON);
	client_member(&cli, &w, "to", CLI_OPTION_TO);
	client_member(&cli, &w, "dry_run", CLI_OPTION_DRY_RUN);
	client_member(&cli, &w, "drill", CLI_OPTION_DRILL);
	jw_end(&w);
	ck_assert_str_eq(body.buf, "{\"reason\":\"a \\\"b\\\"\",\"dry_run\":true}");
}
END_TEST

START_TEST(test_client__an_option_is_a_parameter_when_it_was_given)
{
	ARENA_AUTO a = arena_new();
	STRBUF_AUTO path = STRBUF_INIT(256);
	struct cli cli = {
		.arena = a, .option = {[CLI_OPTION_PHASE] = "a&b", [CLI_OPTION_MAX_RESULTS] = "3"}};

	strbuf_addstr(&path, "/v1/x");
	client_query(&cli, &path, "phase", CLI_OPTION_PHASE);
	client_query(&cli, &path, "role", CLI_OPTION_ROLE);
	client_query(&cli, &path, "max_results", CLI_OPTION_MAX_RESULTS);
	ck_assert_str_eq(path.buf, "/v1/x?phase=a%26b&max_results=3");
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("questions to the daemon");
	TCase *t = tcase_create("client");

	tcase_add_test(t, test_client__an_option_is_a_member_when_it_was_given);
	tcase_add_test(t, test_client__an_option_is_a_parameter_when_it_was_given);
	suite_add_tcase(s, t);
	return s;
}
