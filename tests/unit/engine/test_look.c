/* SPDX-License-Identifier: Apache-2.0
 *
 * Looks under another id: what goes on with the looks of an earlier unit, and what begins anew.
 */
#include <check.h>
#include <string.h>

#include "engine/render.h"
#include "support/registry.h"

Suite *test_suite(void);

static const char *phase(const char *provider, const char *id)
{
	return member(artifact_text(provider, id), "phase");
}

static const char *gates(const char *provider, const char *id)
{
	struct err err = {0};
	struct body body;

	ck_assert_int_eq(judgement_body(reg.reader, provider, id, reg.arena, &body, &err), 1);
	return body.text;
}

/* The first release: textgen, embed and runtime in the small form but for textgen. */
static void live_release(void)
{
	ck_assert_int_eq(submit_samples("s/textgen-v1", 800, "").status, 201);
	ck_assert_str_eq(phase("hf", "s/textgen-v1"), "Succeeded");
	submit_unit("s/embedder-v1", "embed", 0.8);
	submit_unit("s/runtime-v9", "runtime", 0.8);
	ck_assert_int_eq(do_merge().status, 201);
	ck_assert_int_eq(promote("1.0.0-rc.1").status, 201);
}

static const char *look_of(const char *id)
{
	return member(gates("hf", id), "look");
}

/* Another id is no new candidate. */
START_TEST(test_look__is_counted_on_under_another_id)
{
	live_release();
	submit_samples("s/textgen-v2", 815, "");
	ck_assert_str_eq(look_of("s/textgen-v2"), "1");
	/* The same numbers, and nobody said anything yet. */
	submit_samples("s/textgen-v3", 815, "");
	ck_assert_str_eq(look_of("s/textgen-v3"), "1");
	submit_eval("s/eval-v1", "s/textgen-v3", 850);
	ck_assert_str_eq(look_of("s/textgen-v3"), "2");
	ck_assert_str_eq(look_of("s/textgen-v2"), "1");
	/* What was said does not count any more: one try more. */
	submit_samples("s/textgen-v4", 815, "");
	ck_assert_str_eq(look_of("s/textgen-v4"), "3");
	submit_eval("s/eval-v2", "s/textgen-v4", 990);
	ck_assert_str_eq(look_of("s/textgen-v4"), "4");
	ck_assert_str_eq(phase("hf", "s/textgen-v4"), "Inconclusive");
	/* The best of these numbers does not help; other numbers are another candidate. */
	submit_samples("s/textgen-v5", 815, "");
	ck_assert_str_eq(look_of("s/textgen-v5"), "5");
	submit_samples("s/textgen-v6", 816, "");
	ck_assert_str_eq(look_of("s/textgen-v6"), "1");
	check_judgements();
	registry_reopen();
	check_registry();
}
END_TEST

static struct outcome submit_bytes(const char *id, int successes, int bytes)
{
	return submit(arena_printf(reg.arena,
		"{\"provider\":\"hf\",\"artifacts\":[{\"id\":\"%s\",\"role\":\"textgen\",\"uri\":"
		"\"s3://b/t\",\"digest\":\"sha256:%064d\",\"metrics\":{\"quality\":{\"value\":"
		"%.17g,\"n\":1000,\"successes\":%d}}}]}",
		id, bytes, successes / 1000.0, successes));
}

/* The same bytes measured anew are one try more; bare numbers, and other slots, are no tries. */
START_TEST(test_look__is_counted_on_for_the_same_bytes)
{
	submit_bytes("s/textgen-v1", 815, 1);
	submit_bytes("s/textgen-v2", 830, 1);
	ck_assert_str_eq(look_of("s/textgen-v2"), "2");
	submit_bytes("s/textgen-v3", 850, 2);
	ck_assert_str_eq(look_of("s/textgen-v3"), "1");
	/* The newest of both is who counts: the numbers of the second, the bytes of the third. */
	submit_bytes("s/textgen-v4", 830, 2);
	ck_assert_str_eq(look_of("s/textgen-v4"), "2");
	submit_bytes("s/textgen-v5", 830, 3);
	ck_assert_str_eq(look_of("s/textgen-v5"), "2");
	submit_unit("s/textgen-v6", "textgen", 0.8);
	submit_unit("s/textgen-v7", "textgen", 0.8);
	submit_eval("s/eval-v1", "s/textgen-v6", 850);
	submit_unit("s/textgen-v8", "textgen", 0.8);
	ck_assert_str_eq(look_of("s/textgen-v8"), "1");
	check_registry();
}
END_TEST

/* Two at once: the second one is judged anew when the first is there. */
START_TEST(test_look__is_counted_on_when_two_come_at_once)
{
	struct command *c[2];

	live_release();
	for (int i = 0; i < 2; i++)
		c[i] = queue_submit(arena_printf(reg.arena,
			"{\"provider\":\"hf\",\"artifacts\":[{\"id\":\"s/textgen-v%d\",\"role\":"
			"\"textgen\",\"uri\":\"s3://b/t\",\"digest\":\"sha256:%064d\",\"metrics\":{"
			"\"quality\":{\"value\":0.%d,\"n\":1000}}}]}",
			i + 2, 7, 81 + i));
	finish();
	for (int i = 0; i < 2; i++)
		ck_assert_int_eq(outcome_of(c[i]).status, 201);
	ck_assert_str_eq(look_of("s/textgen-v2"), "1");
	ck_assert_str_eq(look_of("s/textgen-v3"), "2");
	check_judgements();
}
END_TEST

/* Nor do two of one manifest begin anew both: what comes later in it is one try more. */
START_TEST(test_look__is_counted_on_within_a_manifest)
{
	STRBUF_AUTO sb = STRBUF_INIT(1 << 16);
	const int successes[] = {810, 820, 820};

	live_release();
	strbuf_addstr(&sb, "{\"provider\":\"hf\",\"artifacts\":[");
	for (int i = 0; i < 3; i++)
		strbuf_addf(&sb,
			"%s{\"id\":\"s/textgen-v%d\",\"role\":\"textgen\",\"uri\":\"s3://b/t\","
			"\"digest\":\"sha256:%064d\",\"metrics\":{\"quality\":{\"value\":0.%d,"
			"\"n\":1000}}}",
			i ? "," : "", i + 2, 7, successes[i] / 10);
	strbuf_addstr(&sb, "]}");
	ck_assert_int_eq(submit(sb.buf).status, 201);
	ck_assert_str_eq(look_of("s/textgen-v2"), "1");
	ck_assert_str_eq(look_of("s/textgen-v3"), "2");
	ck_assert_str_eq(look_of("s/textgen-v4"), "2");
	submit_bytes("s/textgen-v5", 830, 7);
	ck_assert_str_eq(look_of("s/textgen-v5"), "3");
	check_judgements();
	check_registry();
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("looks under another id");
	TCase *tc = tcase_create("looks");

	tcase_add_checked_fixture(tc, registry_setup, registry_teardown);
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, test_look__is_counted_on_under_another_id);
	tcase_add_test(tc, test_look__is_counted_on_for_the_same_bytes);
	tcase_add_test(tc, test_look__is_counted_on_when_two_come_at_once);
	tcase_add_test(tc, test_look__is_counted_on_within_a_manifest);
	suite_add_tcase(s, tc);
	return s;
}
