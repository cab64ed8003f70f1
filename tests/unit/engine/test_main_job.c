/* SPDX-License-Identifier: Apache-2.0
 *
 * The main job from manifest to rollback.
 */
#include <check.h>
#include <string.h>

#include "engine/render.h"
#include "support/registry.h"

Suite *test_suite(void);

START_TEST(test_main_job__goes_from_manifest_to_rollback)
{
	struct outcome o;

	first_release();
	check_registry();
	ck_assert_str_eq(member(channel_text(), "version"), "1.0.0");
	ck_assert_str_eq(member(channel_text(), "serial"), "1");
	ck_assert_str_eq(member(channel_text(), "warm"), "[]");
	ck_assert_str_eq(next_release(2, 0.85), "1.0.1");
	check_registry();
	ck_assert_str_eq(member(channel_text(), "warm"), "[\"1.0.0\"]");

	fake_clock_step(&reg.clock, 60 * USEC_PER_SEC);
	o = observe("1.0.1", 1000, 100);
	ck_assert_msg(o.status == 202, "%s", o.c->err.msg);
	ck_assert_str_eq(o.body, "{\"accepted\":1,\"duplicates\":0,\"conflicts\":0,\"late\":0,"
				 "\"breached\":[\"outage\"]}");
	ck_assert_str_eq(member(channel_text(), "version"), "1.0.0");
	ck_assert_str_eq(member(channel_text(), "serial"), "3");
	ck_assert_str_eq(member(release_text("1.0.1"), "state"), "breached");
	ck_assert_str_eq(member(artifact_text("hf", "s/textgen-lora-v2"), "held_by"), "1.0.1");
	check_registry();
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("main job");
	TCase *t = tcase_create("main job");

	tcase_add_checked_fixture(t, registry_setup, registry_teardown);
	tcase_add_test(t, test_main_job__goes_from_manifest_to_rollback);
	suite_add_tcase(s, t);
	return s;
}
