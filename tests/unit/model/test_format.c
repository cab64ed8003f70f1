/* SPDX-License-Identifier: Apache-2.0
 *
 * Which strings are names, references and versions, and which are not.
 */
#include <check.h>
#include <stdint.h>
#include <string.h>

#include "base/jcs.h"
#include "model/format.h"

Suite *test_suite(void);

static const char a96[] = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
			  "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

static const struct {
	const struct field_format *format;
	const char *s;
	bool ok;
} cases[] = {
	{&format_core, "1.2.0", true},
	{&format_core, "v1.2.0", false},
	{&format_core, "1.2.0-rc.1", false},
	{&format_core, "1.2", false},
	{&format_scope, "submit:*", true},
	{&format_scope, "submit:hf", true},
	{&format_scope, "read", true},
	{&format_scope, "reader", false},
	{&format_scope, "submit:", false},
	{&format_scope, "submit", false},
	{&format_artifact_id, "spiralverse/textgen-lora-v7", true},
	{&format_artifact_id, "a/b-v0", true},
	{&format_artifact_id, "A.b_c-1/x-v2-v3", true},
	{&format_artifact_id, "a/b-v1000000000", true},
	{&format_artifact_id, "a/b-v1000000001", false},
	{&format_artifact_id, "a/b-v01", false},
	{&format_artifact_id, "a/b-v", false},
	{&format_artifact_id, "a/b", false},
	{&format_artifact_id, "a/-v1", false},
	{&format_artifact_id, "/b-v1", false},
	{&format_artifact_id, "a/b/c-v1", false},
	{&format_artifact_id, "-a/b-v1", false},
	{&format_artifact_id, "a/b c-v1", false},
	{&format_artifact_id, "a/b-v1 ", false},
	{&format_artifact_id, "a/b-v-1", false},
	{&format_artifact_id, "a/b-v99999999999999999999", false},
	{&format_artifact_id, "", false},
	{&format_digest, "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
		true},
	{&format_digest, "sha256:E3B0C44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
		false},
	{&format_digest, "sha256:e3b0", false},
	{&format_uri, "hf://spiralverse/textgen-lora-v1", true},
	{&format_uri, "s3://spiralverse-models/runtime-distilled/v5", true},
	{&format_uri, "urn:example:a", true},
	{&format_uri, "https://user@host:80/a/b;c?d=e&f=%20#g", true},
	{&format_uri, "https://[2001:db8::1]:8080/x", true},
	{&format_uri, "file:///srv/model", true},
	{&format_uri, "hf://a/b@2b7d1c0e", true},
	{&format_uri, "/srv/model", false},
	{&format_uri, "model.bin", false},
	{&format_uri, "hf:", false},
	{&format_uri, "hf://", false},
	{&format_uri, "1f://a", false},
	{&format_uri, "hf://a b", false},
	{&format_uri, "hf://a/%zz", false},
	{&format_uri, "hf://a/%2", false},
	{&format_uri, "hf://a/b#c#d", false},
	{&format_uri, "hf://a/[b]", false},
	{&format_uri, "hf://a/b\\c", false},
	{&format_uri, "hf://a/\xc3\xa9", false},
	{&format_uri, "hf://[::1", false},
	{&format_name, "a", true},
	{&format_name, "a.b_c-d", true},
	{&format_name, "1", true},
	{&format_name, "", false},
	{&format_name, "-a", false},
	{&format_name, "a b", false},
	{&format_name, a96, false},
	{&format_provider, "hf", true},
	{&format_provider, "on-prem2", true},
	{&format_provider, "HF", false},
	{&format_provider, "2hf", false},
	{&format_provider, "", false},
	{&format_version, "1.2.3", true},
	{&format_version, "0.0.0", true},
	{&format_version, "1.2.3-rc.1+build.5", true},
	{&format_version, "1.2.3-0a", true},
	{&format_version, "1.2.3-01", false},
	{&format_version, "01.2.3", false},
	{&format_version, "1.2", false},
	{&format_version, "1.2.3.4", false},
	{&format_version, "v1.2.3", false},
	{&format_version, "1.2.3-", false},
	{&format_version, "1.2.3+", false},
	{&format_release, "1.2.3", true},
	{&format_release, "v1.2.3", true},
	{&format_release, "vv1.2.3", false},
	{&format_release, "1.2.3-rc.1", false},
	{&format_release, "", false},
	{&format_merge, "1.2.3-rc.4", true},
	{&format_merge, "v1.2.3-rc.40", true},
	{&format_merge, "1.2.3-rc.0", false},
	{&format_merge, "1.2.3-rc.04", false},
	{&format_merge, "1.2.3-rc", false},
	{&format_merge, "1.2.3-beta.1", false},
	{&format_merge, "1.2.3", false},
	{&format_line, "better on code prompts", true},
	{&format_line, "\xc3\xa9t\xc3\xa9", true},
	{&format_line, "two\nlines", false},
	{&format_line, "bell\a", false},
	{&format_line, "\x7f", false},
	{&format_line, "\xc2\x85", false},
	{&format_line, "\xe2\x80\xa8", false},
};

START_TEST(test_format__takes_what_it_should)
{
	ck_assert_msg(cases[_i].format->check(cases[_i].s) == cases[_i].ok, "\"%s\" as %s",
		cases[_i].s, cases[_i].format->title);
}
END_TEST

START_TEST(test_format__every_example_is_one)
{
	static const struct field_format *const all[] = {&format_artifact_id, &format_digest,
		&format_uri, &format_name, &format_provider, &format_version, &format_release,
		&format_merge, &format_line};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		ck_assert_msg(all[i]->check(all[i]->example), "%s", all[i]->title);
}
END_TEST

START_TEST(test_format__splits_an_id)
{
	ARENA_AUTO a = arena_new();
	struct artifact_name n;

	ck_assert_int_eq(artifact_name_parse("spiralverse/x-v2-lora-v17", a, &n), 0);
	ck_assert_str_eq(n.ns, "spiralverse");
	ck_assert_str_eq(n.family, "x-v2-lora");
	ck_assert_str_eq(n.name, "x-v2-lora-v17");
	ck_assert_int_eq(n.number, 17);
	ck_assert_int_eq(artifact_name_parse("spiralverse/x", a, &n), -1);
	ck_assert_int_eq(n.number, 17);
}
END_TEST

START_TEST(test_format__parts_of_an_id_are_bounded)
{
	ARENA_AUTO a = arena_new();
	struct artifact_name n;

	ck_assert_int_eq(artifact_name_parse(arena_printf(a, "%s/%s-v1", a96, a96), a, &n), 0);
	ck_assert_int_eq(artifact_name_parse(arena_printf(a, "%sa/b-v1", a96), a, &n), -1);
	ck_assert_int_eq(artifact_name_parse(arena_printf(a, "a/%sb-v1", a96), a, &n), -1);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("model/format");
	TCase *tc = tcase_create("format");

	tcase_add_loop_test(
		tc, test_format__takes_what_it_should, 0, sizeof(cases) / sizeof(cases[0]));
	tcase_add_test(tc, test_format__every_example_is_one);
	tcase_add_test(tc, test_format__splits_an_id);
	tcase_add_test(tc, test_format__parts_of_an_id_are_bounded);
	suite_add_tcase(s, tc);
	return s;
}
