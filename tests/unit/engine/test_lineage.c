/* SPDX-License-Identifier: Apache-2.0
 *
 * Lineage: what is derived from what, cycles refused, bytes between clouds.
 */
#include "engine/lineage.h"

#include <check.h>
#include <string.h>

#include "model/release.h"
#include "store/release.h"
#include "support/registry.h"

Suite *test_suite(void);

static const char *quoted(const char *text)
{
	char *copy = arena_strdup(reg.arena, text);

	for (char *p = copy; *p; p++)
		*p = *p == '\'' ? '"' : *p;
	return copy;
}

#define METRICS                                                       \
	"'metrics':{'quality':%g,'safety':0.98,'latency_ms_p95':120," \
	"'cost_per_1k_tokens':0.7}"

static const char *artifact(
	const char *id, const char *role, double quality, const char *from, int64_t size)
{
	return arena_printf(reg.arena,
		"{'id':'%s','role':'%s','uri':'s3://b/u','derived_from':[%s],%s" METRICS "}", id,
		role, from,
		size < 0 ? "" : arena_printf(reg.arena, "'size_bytes':%lld,", (long long)size),
		quality);
}

static struct outcome hand_in(const char *provider, const char *artifacts)
{
	return submit(quoted(arena_printf(
		reg.arena, "{'provider':'%s','artifacts':[%s]}", provider, artifacts)));
}

static struct outcome one(
	const char *provider, const char *id, const char *role, const char *from, int64_t size)
{
	return hand_in(provider, artifact(id, role, 0.8, from, size));
}

START_TEST(test_lineage__a_cycle_across_clouds_is_refused)
{
	struct outcome o;

	ck_assert_int_eq(one("hf", "s/t-v1", "textgen", "'s/e-v1'", -1).status, 201);
	ck_assert_int_eq(one("gcp", "s/e-v1", "embed", "'s/r-v1'", -1).status, 201);
	o = one("aws", "s/r-v1", "runtime", "'s/other-v1','s/t-v1'", -1);
	ck_assert_int_eq(o.status, 422);
	ck_assert_str_eq(o.c->err.pointer, "/artifacts/0/derived_from/1");
	ck_assert_str_eq(o.c->err.msg, "makes a cycle: s/r-v1 (aws) from s/t-v1 (hf) from s/e-v1 "
				       "(gcp) from s/r-v1");
	ck_assert_str_eq(artifact_text("aws", "s/r-v1") ? "there" : "absent", "absent");
	ck_assert_int_eq(one("aws", "s/r-v1", "runtime", "'s/other-v1'", -1).status, 201);
	check_registry();
}
END_TEST

START_TEST(test_lineage__a_cycle_in_one_manifest_is_refused)
{
	struct outcome o = hand_in("hf",
		arena_printf(reg.arena, "%s,%s", artifact("s/t-v1", "textgen", 0.8, "'s/t-v2'", -1),
			artifact("s/t-v2", "textgen", 0.8, "'s/t-v1'", -1)));

	ck_assert_int_eq(o.status, 422);
	ck_assert_str_eq(o.c->err.msg, "makes a cycle: s/t-v1 (hf) from s/t-v2 (hf) from s/t-v1");
	ck_assert_uint_eq(o.c->faults->n, 2);
}
END_TEST

/* One generation after the other is no loop, however often other clouds take from it; neither is the same
 * manifest again, nor a way that comes back to another family. */
START_TEST(test_lineage__generations_are_taken)
{
	ck_assert_int_eq(one("hf", "s/t-v1", "textgen", "", -1).status, 201);
	ck_assert_int_eq(one("aws", "s/r-v1", "runtime", "'s/t-v1'", -1).status, 201);
	ck_assert_int_eq(one("hf", "s/t-v2", "textgen", "'s/t-v1'", -1).status, 201);
	ck_assert_int_eq(one("aws", "s/r-v2", "runtime", "'s/t-v2','s/r-v1'", -1).status, 201);
	ck_assert_int_eq(one("aws", "s/r-v2", "runtime", "'s/t-v2','s/r-v1'", -1).status, 200);
	ck_assert_int_eq(one("hf", "s/p-v1", "policy", "'s/r-v2'", -1).status, 201);
	ck_assert_int_eq(one("hf", "s/t-v3", "textgen", "'s/t-v2'", -1).status, 201);
	check_registry();
}
END_TEST

START_TEST(test_lineage__an_egress_loop_is_refused)
{
	struct outcome o;

	ck_assert_int_eq(one("hf", "s/t-v1", "textgen", "'s/t-v0'", -1).status, 201);
	ck_assert_int_eq(one("aws", "s/r-v1", "runtime", "'s/t-v1'", -1).status, 201);
	o = one("hf", "s/t-v2", "textgen", "'s/t-v1','s/r-v1'", -1);
	ck_assert_int_eq(o.status, 422);
	ck_assert_str_eq(o.c->err.pointer, "/artifacts/0/derived_from/1");
	ck_assert_str_eq(o.c->err.msg, "makes an egress loop between clouds: s/t-v2 (hf) from "
				       "s/r-v1 (aws) from s/t-v1 (hf)");
	/* Not by way of a third cloud, nor of a family between, nor for the runtime. */
	ck_assert_int_eq(one("gcp", "s/e-v1", "embed", "'s/r-v1'", -1).status, 201);
	ck_assert_int_eq(one("hf", "s/t-v2", "textgen", "'s/e-v1'", -1).status, 422);
	ck_assert_int_eq(one("hf", "s/p-v1", "policy", "'s/e-v1'", -1).status, 201);
	o = one("hf", "s/t-v2", "textgen", "'s/p-v1'", -1);
	ck_assert_int_eq(o.status, 422);
	ck_assert_str_eq(o.c->err.msg,
		"makes an egress loop between clouds: s/t-v2 (hf) from s/p-v1 (hf) from s/e-v1 "
		"(gcp) from s/r-v1 (aws) from s/t-v1 (hf)");
	ck_assert_int_eq(one("aws", "s/r-v2", "runtime", "'s/p-v1'", -1).status, 422);
	ck_assert_int_eq(one("hf", "s/t-v2", "textgen", "'s/t-v1'", -1).status, 201);
	check_registry();
}
END_TEST

START_TEST(test_lineage__an_egress_loop_in_one_manifest)
{
	struct outcome o;

	ck_assert_int_eq(one("aws", "s/r-v1", "runtime", "'s/t-v1'", -1).status, 201);
	o = hand_in("hf", arena_printf(reg.arena, "%s,%s",
				  artifact("s/t-v1", "textgen", 0.8, "'x/base-v1'", -1),
				  artifact("s/t-v2", "textgen", 0.8, "'s/r-v1'", -1)));
	ck_assert_int_eq(o.status, 422);
	ck_assert_str_eq(o.c->err.pointer, "/artifacts/1/derived_from/0");
}
END_TEST

/* The ends are there, and the piece between them comes last. */
START_TEST(test_lineage__an_egress_loop_closed_in_the_middle)
{
	struct outcome o;

	ck_assert_int_eq(one("hf", "s/t-v1", "textgen", "", -1).status, 201);
	ck_assert_int_eq(one("hf", "s/t-v2", "textgen", "'s/e-v1'", -1).status, 201);
	ck_assert_int_eq(one("gcp", "s/e-v1", "embed", "'s/r-v1'", -1).status, 201);
	o = one("aws", "s/r-v1", "runtime", "'s/t-v1'", -1);
	ck_assert_int_eq(o.status, 422);
	ck_assert_str_eq(o.c->err.pointer, "/artifacts/0/derived_from");
	ck_assert_str_eq(o.c->err.msg, "makes an egress loop between clouds: s/t-v2 (hf) from "
				       "s/e-v1 (gcp) from s/r-v1 (aws) from s/t-v1 (hf)");
	ck_assert_int_eq(one("aws", "s/r-v1", "runtime", "'x/other-v1'", -1).status, 201);
	check_registry();
}
END_TEST

static const struct lineage_node *node(const struct lineage *l, const char *id)
{
	for (size_t i = 0; i < l->nodes.n; i++)
		if (strcmp(LIST_AT(&l->nodes, struct lineage_node, i)->id, id) == 0)
			return LIST_AT(&l->nodes, struct lineage_node, i);
	return NULL;
}

START_TEST(test_lineage__is_shown_all_the_way)
{
	struct lineage l;
	struct err err = {0};

	ck_assert_int_eq(one("hf", "s/t-v1", "textgen", "'meta/base-v3'", 100).status, 201);
	ck_assert_int_eq(one("aws", "s/r-v1", "runtime", "'s/t-v1'", 7).status, 201);
	ck_assert_int_eq(one("hf", "s/p-v2", "policy", "'s/r-v1','s/t-v1'", -1).status, 201);
	ck_assert_int_eq(artifact_lineage(reg.reader, "hf", "s/p-v2", reg.arena, &l, &err), 1);
	ck_assert_uint_eq(l.nodes.n, 4);
	ck_assert_uint_eq(l.edges.n, 4);
	ck_assert_ptr_null(node(&l, "meta/base-v3")->provider);
	ck_assert_int_eq(l.egress->bytes, 107);
	ck_assert_int_eq(l.egress->unknown, 0);
	ck_assert_uint_eq(l.children.n, 0);
	ck_assert_int_eq(artifact_lineage(reg.reader, "hf", "s/t-v1", reg.arena, &l, &err), 1);
	ck_assert_uint_eq(l.children.n, 2);
	ck_assert_int_eq(l.egress->bytes, 0);
	ck_assert_int_eq(artifact_lineage(reg.reader, "gcp", "s/t-v1", reg.arena, &l, &err), 0);
}
END_TEST

/* What went for the live release does not go again. */
START_TEST(test_lineage__a_merge_says_what_it_would_move)
{
	struct outcome o;
	struct release release;
	struct lineage l;
	struct body body;
	struct err err = {0};

	ck_assert_int_eq(one("hf", "s/t-v1", "textgen", "", 100).status, 201);
	ck_assert_int_eq(one("gcp", "s/e-v1", "embed", "", -1).status, 201);
	ck_assert_int_eq(one("aws", "s/r-v1", "runtime", "'s/t-v1','s/e-v1'", 7).status, 201);
	o = do_merge();
	ck_assert_int_eq(o.status, 201);
	ck_assert_ptr_nonnull(strstr(o.body, "\"egress\":{\"bytes\":100,\"unknown\":1,"));
	ck_assert_ptr_nonnull(strstr(o.body, "{\"id\":\"s/t-v1\",\"from\":\"hf\",\"to\":\"aws\","
					     "\"bytes\":100,\"why\":\"derived_from\",\"of\":"
					     "\"s/r-v1\"}"));
	ck_assert_int_eq(promote(member(o.body, "version")).status, 201);
	ck_assert_int_eq(
		hand_in("aws", artifact("s/r-v2", "runtime", 0.85, "'s/t-v1','s/t-v2'", 8)).status,
		201);
	ck_assert_int_eq(hand_in("hf", artifact("s/t-v2", "textgen", 0.7, "", 50)).status, 201);
	o = do_merge();
	ck_assert_ptr_nonnull(strstr(o.body, "\"egress\":{\"bytes\":50,\"unknown\":0,"));

	ck_assert_int_eq(release_body(reg.reader, "1.0.0", reg.arena, &body, &err), 1);
	ck_assert_int_eq(fields_load_text(&release_table, body.text, reg.arena, &release, &err), 0);
	ck_assert_int_eq(release_lineage(reg.reader, &release, reg.arena, &l, &err), 1);
	ck_assert_uint_eq(l.nodes.n, 3);
	ck_assert_int_eq(l.egress->unknown, 1);
	check_registry();
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("lineage");
	TCase *t = tcase_create("lineage");

	tcase_set_timeout(t, 60);
	tcase_add_checked_fixture(t, registry_setup, registry_teardown);
	tcase_add_test(t, test_lineage__a_cycle_across_clouds_is_refused);
	tcase_add_test(t, test_lineage__a_cycle_in_one_manifest_is_refused);
	tcase_add_test(t, test_lineage__generations_are_taken);
	tcase_add_test(t, test_lineage__an_egress_loop_is_refused);
	tcase_add_test(t, test_lineage__an_egress_loop_in_one_manifest);
	tcase_add_test(t, test_lineage__an_egress_loop_closed_in_the_middle);
	tcase_add_test(t, test_lineage__is_shown_all_the_way);
	tcase_add_test(t, test_lineage__a_merge_says_what_it_would_move);
	suite_add_tcase(s, t);
	return s;
}
