/* SPDX-License-Identifier: Apache-2.0
 *
 * Merges as combinations: the fusion rules resolved to the units, what must fit, and what is left when
 * a provider is lost.
 */
#include <check.h>
#include <jansson.h>
#include <string.h>

#include "base/digest.h"
#include "base/jcs.h"
#include "engine/checklist.h"
#include "engine/snapshot.h"
#include "store/release.h"
#include "support/calm_policy.h"
#include "support/checklist.h"
#include "support/count.h"
#include "support/registry.h"

Suite *test_suite(void);

static const char *quoted(const char *text)
{
	char *copy = arena_strdup(reg.arena, text);

	for (char *p = copy; *p; p++)
		*p = *p == '\'' ? '"' : *p;
	return copy;
}

static void patch_into(json_t *into, const json_t *patch)
{
	const char *key;
	json_t *value;

	json_object_foreach((json_t *)patch, key, value)
	{
		json_t *old = json_object_get(into, key);

		if (json_is_null(value))
			json_object_del(into, key);
		else if (json_is_object(value) && json_is_object(old))
			patch_into(old, value);
		else
			json_object_set(into, key, value);
	}
}

/* The calm policy with these changes (' for ", null takes away). */
static struct outcome change_policy(const char *patch)
{
	SNAPSHOT_AUTO s = snapshot_get(reg.engine);
	json_auto_t *policy = json_loads(calm_policy(), 0, NULL);
	json_auto_t *changes = json_loads(quoted(patch), 0, NULL);

	ck_assert_msg(policy && changes, "%s", patch);
	patch_into(policy, changes);
	char *text = json_dumps(policy, JSON_COMPACT);
	const char *kept = arena_strdup(reg.arena, text);

	free(text);
	with.if_match = arena_printf(reg.arena, "\"%s\"", s->policy.digest);
	return put_policy(kept);
}

static json_t *body_of(struct outcome o)
{
	json_t *json = json_loads(o.body, 0, NULL);

	ck_assert_msg(json != NULL, "%d %s", o.status, o.c->err.msg);
	return json;
}

/* "a/b/0" below `json`: its text, or its number as text; "" when there is none. */
static const char *at(const json_t *json, const char *path)
{
	char *copy = arena_strdup(reg.arena, path), *save = NULL;

	for (char *p = strtok_r(copy, "/", &save); p; p = strtok_r(NULL, "/", &save))
		json = json_is_array(json) ? json_array_get(json, (size_t)(*p - '0'))
					   : json_object_get(json, p);
	if (json_is_string(json))
		return json_string_value(json);
	if (json_is_number(json))
		return arena_printf(reg.arena, "%g", json_number_value(json));
	return "";
}

/* The check of this name in a gate of the merge, or NULL. */
static const json_t *check_of(const json_t *merge, int gate, const char *name)
{
	size_t i;
	const json_t *check;

	json_array_foreach(
		json_object_get(
			json_array_get(json_object_get(merge, "gates"), (size_t)gate), "checks"),
		i, check) if (strcmp(at(check, "name"), name) == 0) return check;
	return NULL;
}

static void three_units(void)
{
	ck_assert_int_eq(submit_unit("s/textgen-lora-v1", "textgen", 0.80).status, 201);
	ck_assert_int_eq(submit_unit("s/embedder-v1", "embed", 0.80).status, 201);
	ck_assert_int_eq(submit_unit("s/runtime-v1", "runtime", 0.80).status, 201);
}

static struct outcome submit_with(
	const char *provider, const char *id, const char *role, const char *more)
{
	return submit(quoted(arena_printf(reg.arena,
		"{'provider':'%s','artifacts':[{'id':'%s','role':'%s','uri':'s3://b/%s',%s"
		"'metrics':{'quality':0.8,'safety':0.98,'latency_ms_p95':120,"
		"'cost_per_1k_tokens':0.7}}]}",
		provider, id, role, id, more)));
}

#define RULES(models, rest) "{'fusion':{'models':{" models "}," rest "}}"
#define TEXTGEN		    "'textgen':{'artifact':'textgen'}"
#define RUNTIME		    "'runtime':{'artifact':'runtime'}"

START_TEST(test_combination__rules_are_resolved_to_digests)
{
	struct outcome o;
	json_t *merge, *release;
	struct err err = {0};
	struct body body;

	three_units();
	merge = body_of(o = do_merge());
	ck_assert_str_eq(at(merge, "fusion/default/to"), "model:textgen");
	ck_assert_str_eq(at(merge, "fusion/default/fallback/0"), "model:runtime");
	ck_assert_str_eq(at(merge, "fusion/models/textgen/artifact"),
		at(merge, "slots/textgen/content_digest"));
	ck_assert_str_eq(at(merge, "fusion/router/default"), "model:textgen");
	ck_assert(digest_valid(at(merge, "fusion/rules")));
	ck_assert_str_eq(at(merge, "plan_b/hf/reason"), "planned");
	ck_assert_str_eq(at(merge, "plan_b/hf/fusion/default/to"), "model:runtime");
	ck_assert_str_eq(at(merge, "plan_b/aws/fusion/default/to"), "model:textgen");
	ck_assert_str_eq(at(merge, "plan_b/gcp/reason"), "unaffected");
	ck_assert_uint_eq(json_array_size(json_object_get(merge, "warnings")), 0);
	ck_assert_int_eq(promote(member(o.body, "version")).status, 201);
	ck_assert_int_eq(release_body(reg.reader, "1.0.0", reg.arena, &body, &err), 1);
	release = json_loads(body.text, 0, NULL);
	ck_assert(json_equal(json_object_get(release, "fusion"), json_object_get(merge, "fusion")));
	ck_assert(json_equal(json_object_get(release, "plan_b"), json_object_get(merge, "plan_b")));
	json_decref(merge);
	json_decref(release);
	check_registry();
}
END_TEST

START_TEST(test_combination__a_digest_of_bytes_is_preferred)
{
	char digest[DIGEST_STRLEN];
	json_t *merge;

	digest_string("bytes", 5, digest);
	ck_assert_int_eq(submit_with("hf", "s/textgen-lora-v1", "textgen",
				 arena_printf(reg.arena, "'digest':'%s',", digest))
				 .status,
		201);
	ck_assert_int_eq(submit_unit("s/embedder-v1", "embed", 0.80).status, 201);
	ck_assert_int_eq(submit_unit("s/runtime-v1", "runtime", 0.80).status, 201);
	merge = body_of(do_merge());
	ck_assert_str_eq(at(merge, "fusion/models/textgen/artifact"), digest);
	json_decref(merge);
}
END_TEST

START_TEST(test_combination__other_rules_make_a_minor_version)
{
	first_release();
	ck_assert_str_eq(next_release(2, 0.83), "1.0.1");
	ck_assert_int_eq(
		change_policy(RULES(TEXTGEN "," RUNTIME,
				      "'routes':[{'name':'fast','when':{'field':'tier','op':'eq',"
				      "'value':'fast'},'to':'model:runtime'}]"))
			.status,
		200);
	ck_assert_str_eq(next_release(3, 0.86), "1.1.0");
	ck_assert_str_eq(next_release(4, 0.89), "1.1.1");
}
END_TEST

static const struct checklist_item *item_of(const char *merge, const char *name)
{
	SNAPSHOT_AUTO snap = snapshot_get(reg.engine);
	struct checklist *c = ARENA_NEW(reg.arena, struct checklist);
	struct err err = {0};

	ck_assert_msg(merge_checklist(reg.engine, reg.reader, snap, merge,
			      clock_now(&reg.clock.clock), reg.arena, c, &err) == 1,
		"%s", err.msg);
	ck_assert_ptr_nonnull(checklist_find(c, name));
	return checklist_find(c, name);
}

START_TEST(test_combination__no_plan_b_warns_or_refuses)
{
	struct outcome o;
	json_t *merge;

	three_units();
	ck_assert_int_eq(change_policy("{'fusion':{'default':{'fallback':null},'models':{'runtime':"
				       "null}}}")
				 .status,
		200);
	merge = body_of(o = do_merge());
	ck_assert_str_eq(at(merge, "phase"), "Succeeded");
	ck_assert_int_eq(item_of(member(o.body, "version"), "plan_b")->verdict, CHECK_GO);
	ck_assert_ptr_nonnull(strstr(item_of(member(o.body, "version"), "plan_b")->detail,
		"it stops nothing (no_plan_b \"warn\"); to mend it, let the routes"));
	ck_assert_str_eq(at(merge, "warnings/0/code"), "no_plan_b");
	ck_assert_ptr_nonnull(
		strstr(at(merge, "warnings/0/detail"), "without hf: /fusion/default"));
	ck_assert_str_eq(at(merge, "plan_b/hf/verdict"), "fail");
	json_decref(merge);

	ck_assert_int_eq(change_policy("{'fusion':{'default':{'fallback':null},'models':{'runtime':"
				       "null}},'gates':{'combination':{'no_plan_b':'refuse'}}}")
				 .status,
		200);
	merge = body_of(o = do_merge());
	ck_assert_str_eq(at(merge, "phase"), "Failed");
	ck_assert_str_eq(at(merge, "gates/3/reason"), "no_plan_b");
	ck_assert_str_eq(item_of(member(o.body, "version"), "compatibility")->reason, "no_plan_b");
	ck_assert_ptr_nonnull(strstr(item_of(member(o.body, "version"), "compatibility")->needs,
		"fall back to a model of another provider"));
	o = promote(member(o.body, "version"));
	ck_assert_int_eq(o.status, 409);
	ck_assert_ptr_nonnull(strstr(o.c->err.msg, "without hf"));
	json_decref(merge);
	check_registry();
}
END_TEST

/* An adapter on the runtime's weights. */
#define ON_RUNTIME \
	RULES("'textgen':{'artifact':'runtime','adapter':'textgen'}," RUNTIME, "'version':1")

static const struct {
	const char *base_model, *verdict, *reason;
} bases[] = {
	{"'base_model':'s/runtime-v1',", "pass", "agrees"},
	{"'base_model':'meta/other',", "fail", "base_model_differs"},
	{"", "inconclusive", "missing"},
};

START_TEST(test_combination__an_adapter_belongs_on_its_base)
{
	json_t *merge;
	const json_t *check;

	ck_assert_int_eq(change_policy(ON_RUNTIME).status, 200);
	ck_assert_int_eq(
		submit_with("hf", "s/textgen-lora-v1", "textgen", bases[_i].base_model).status,
		201);
	ck_assert_int_eq(submit_unit("s/embedder-v1", "embed", 0.80).status, 201);
	ck_assert_int_eq(submit_unit("s/runtime-v1", "runtime", 0.80).status, 201);
	merge = body_of(do_merge());
	check = check_of(merge, 3, "base_model");
	ck_assert_str_eq(at(check, "verdict"), bases[_i].verdict);
	ck_assert_str_eq(at(check, "reason"), bases[_i].reason);
	ck_assert_str_eq(at(check, "pointer"), "/fusion/models/textgen");
	ck_assert_str_eq(at(merge, "gates/3/verdict"), bases[_i].verdict);
	ck_assert_str_eq(at(merge, "fusion/models/textgen/adapter"),
		at(merge, "slots/textgen/content_digest"));
	json_decref(merge);
}
END_TEST

#define E1 "'index':{'embedder':'s/embedder-v1','dimensions':8},"
static const struct {
	const char *runtime, *embed, *reason;
} indexes[] = {
	{"", "", ""},
	{E1, "", "agrees"},
	{E1, "'index':{'dimensions':8},", "agrees"},
	{E1, "'index':{'dimensions':16},", "index_differs"},
	{"'index':{'embedder':'s/embedder-v9'},", "", "index_differs"},
};

START_TEST(test_combination__the_index_fits_the_embedder)
{
	json_t *merge;

	ck_assert_int_eq(submit_unit("s/textgen-lora-v1", "textgen", 0.80).status, 201);
	ck_assert_int_eq(
		submit_with("gcp", "s/embedder-v1", "embed", indexes[_i].embed).status, 201);
	ck_assert_int_eq(
		submit_with("aws", "s/runtime-v1", "runtime", indexes[_i].runtime).status, 201);
	merge = body_of(do_merge());
	ck_assert_str_eq(at(check_of(merge, 3, "index"), "reason"), indexes[_i].reason);
	ck_assert_str_eq(at(merge, "phase"),
		strcmp(indexes[_i].reason, "index_differs") == 0 ? "Failed" : "Succeeded");
	json_decref(merge);
}
END_TEST

/* Two vote, the first of them answers: 120 and 120 ms, three times 0.7. */
#define GATED                                                                               \
	"'fusion':{'models':{" TEXTGEN "," RUNTIME "},'routes':[{'name':'safety','when':{"  \
	"'field':'safety','op':'eq','value':'critical'},'to':'ensemble:safe'}],'ensembles'" \
	":{'safe':{'mode':'gate','members':[{'model':'textgen'},{'model':'runtime'}],"      \
	"'labels':['allow','refuse'],'quorum':2,'then':{'allow':'model:textgen'}%s}}}"

static const struct {
	const char *more, *limits, *ms, *ms_verdict, *cost_verdict;
} sums[] = {
	{"", "", "240", "pass", "fail"},
	{"", "'cost_per_1k_tokens':2.5", "240", "pass", "pass"},
	{"", "'cost_per_1k_tokens':2.5,'p95_ms':200", "240", "fail", "pass"},
	{",'timeout_ms':60", "'cost_per_1k_tokens':2.5,'p95_ms':200", "180", "pass", "pass"},
};

START_TEST(test_combination__a_way_keeps_the_limits_as_a_whole)
{
	json_t *merge;
	const json_t *ms, *cost;
	struct outcome o;

	three_units();
	ck_assert_int_eq(
		change_policy(arena_printf(reg.arena, "{" GATED ",'gates':{'combination':{%s}}}",
				      sums[_i].more, sums[_i].limits))
			.status,
		200);
	merge = body_of(do_merge());
	ms = check_of(merge, 1, "latency_ms_p95");
	cost = check_of(merge, 1, "cost_per_1k_tokens");
	ck_assert_str_eq(at(ms, "value"), sums[_i].ms);
	ck_assert_str_eq(at(ms, "verdict"), sums[_i].ms_verdict);
	ck_assert_str_eq(at(cost, "value"), "2.1");
	ck_assert_str_eq(at(cost, "verdict"), sums[_i].cost_verdict);
	ck_assert_str_eq(at(cost, "pointer"), "/fusion/routes/0");
	/* Of two members neither can be lost. */
	ck_assert_str_eq(at(merge, "plan_b/hf/reason"), "no_plan_b");
	o = promote(at(merge, "version"));
	if (strcmp(sums[_i].ms_verdict, "fail") == 0 || strcmp(sums[_i].cost_verdict, "fail") == 0)
		ck_assert_msg(strstr(o.c->err_members, "together, or other rules or limits in the "
						       "policy; no waiver covers it") != NULL,
			"%s", o.c->err_members);
	else
		ck_assert_int_eq(o.status, 201);
	json_decref(merge);
}
END_TEST

static const struct {
	const char *patch, *pointer, *says;
} refused[] = {
	{"{'fusion':{'models':{'x':{'artifact':'nosuch'}}}}", "/fusion/models/x/artifact",
		"not among slots"},
	{"{'fusion':{'models':{'x':{'artifact':"
	 "'sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'}}}}",
		"/fusion/models/x/artifact", "no gate judges"},
	{"{'fusion':{'models':{'x':{'artifact':'runtime','adapter':'nosuch'}}}}",
		"/fusion/models/x/adapter", "not among slots"},
	{"{'fusion':{'models':{'x':{'artifact':'runtime','adapter':'runtime'}}}}",
		"/fusion/models/x/adapter", "another slot"},
	{"{'fusion':{'default':{'to':'model:nosuch'}}}", "/fusion/default/to", "no model:nosuch"},
	{"{'fusion':{'models':{'x':{'artifact':'embed'}}}}", "/fusion/models/x", "no rule reaches"},
	{"{'fusion':{'routes':[{'name':'a','when':{'all':[{'field':'t','op':'eq','value':'x'},"
	 "{'field':'t','op':'eq','value':'y'}]},'to':'model:runtime'}]}}",
		"/fusion/routes/0", "can never match"},
	{"{'fusion':{'routes':[{'name':'a','when':{'field':'t','op':'exists'},'to':"
	 "'model:runtime'},{'name':'b','when':{'field':'t','op':'eq','value':'y'},'to':"
	 "'model:runtime'}]}}",
		"/fusion/routes/1", "earlier rules"},
	{"{'fusion':{'ensembles':{'e':{'members':[{'model':'textgen'}],'labels':['a','b'],"
	 "'quorum':2}},'default':{'to':'ensemble:e'}}}",
		"/fusion/ensembles/e/quorum", "can not be reached"},
	{"{'fusion':{'ensembles':{'e':{'members':[{'model':'textgen'},{'model':'runtime'}],"
	 "'labels':['a','b'],'quorum':1,'tie':'a'}},'default':{'to':'ensemble:e'}}}",
		"/fusion/ensembles/e/tie", "safest"},
	{"{'fusion':{'rules':'x'}}", "/fusion/rules", "set by the daemon"},
	{"{'fusion':{'distillation':{'teacher':'model:textgen','student':'model:runtime',"
	 "'trigger':{'signal':'latency_ms_p95','op':'gt','value':200,'window':'P1D'}}}}",
		"/fusion/distillation/trigger/signal", "is measured by nobody"},
	{"{'fusion':{'distillation':{'teacher':'model:textgen','student':'model:runtime',"
	 "'trigger':{'any':[{'signal':'requests','op':'gt','value':9,'window':'P1D'},"
	 "{'signal':'latency_ms_p95','op':'gt','value':200,'window':'P1D'}]}}}}",
		"/fusion/distillation/trigger/any/1/signal", "is measured by nobody"},
	{"{'gates':{'combination':{'no_plan_b':'maybe'}}}", "/gates/combination/no_plan_b", "warn"},
};

START_TEST(test_combination__bad_rules_are_refused)
{
	struct outcome o = change_policy(refused[_i].patch);

	ck_assert_int_eq(o.status, 422);
	ck_assert_str_eq(o.c->err.pointer, refused[_i].pointer);
	ck_assert_msg(strstr(o.c->err.msg, refused[_i].says) != NULL, "%s", o.c->err.msg);
}
END_TEST

START_TEST(test_combination__without_rules_the_simple_router_holds)
{
	json_t *merge;

	three_units();
	ck_assert_int_eq(change_policy("{'fusion':null}").status, 200);
	merge = body_of(do_merge());
	ck_assert_str_eq(at(merge, "fusion/default/to"), "model:textgen");
	ck_assert_str_eq(at(merge, "fusion/default/fallback/0"), "model:runtime");
	json_decref(merge);
}
END_TEST

/* An optional slot is empty: what is made of it is left out; what needs it is not. */
static const struct {
	const char *fallback, *phase, *reason;
} empties[] = {
	{",'fallback':['model:textgen']", "Succeeded", "not_given"},
	{"", "Failed", "slot_empty"},
};

START_TEST(test_combination__an_empty_slot_is_routed_around)
{
	json_t *merge;

	three_units();
	ck_assert_int_eq(
		change_policy(arena_printf(reg.arena,
				      "{'fusion':{'models':{'runtime':null,'guard':{'artifact':"
				      "'policy'}},'routes':[{'name':'safety','when':{'field':"
				      "'safety','op':'exists'},'to':'model:guard'%s}],'default':"
				      "{'fallback':null}}}",
				      empties[_i].fallback))
			.status,
		200);
	merge = body_of(do_merge());
	ck_assert_str_eq(at(merge, "phase"), empties[_i].phase);
	ck_assert_str_eq(at(merge, "gates/3/reason"), empties[_i].reason);
	json_decref(merge);
}
END_TEST

#define DISTIL                                                                              \
	"{'fusion':{'distillation':{'teacher':'model:textgen','student':'model:runtime',"   \
	"'trigger':{'signal':'route_share','target':'model:textgen','op':'gt','value':0.5," \
	"'window':'P1D'},'cooldown':'P2D'}}}"

static void minutes(int n, int64_t total, int64_t to_teacher)
{
	struct target_count count = {"model:textgen", to_teacher};
	struct observation o = {.total = total, .targets = {&count, 1}};

	for (int i = 0; i < n; i++) {
		fake_clock_step(&reg.clock, 61 * USEC_PER_SEC);
		ck_assert_int_eq(observe_counts("1.0.0", &o).status, 202);
		finish();
	}
}

START_TEST(test_combination__a_distillation_falls_due)
{
	three_units();
	ck_assert_int_eq(change_policy(DISTIL).status, 200);
	ck_assert_int_eq(promote(member(do_merge().body, "version")).status, 201);
	minutes(3, 100, 50);
	ck_assert_int_eq(count_events("distillation.due"), 0);
	minutes(3, 100, 60);
	ck_assert_int_eq(count_events("distillation.due"), 1);
	/* Once in a cooldown, though it goes on. */
	fake_clock_step(&reg.clock, 47 * INT64_C(3600) * USEC_PER_SEC);
	minutes(2, 100, 90);
	ck_assert_int_eq(count_events("distillation.due"), 1);
	fake_clock_step(&reg.clock, INT64_C(3600) * USEC_PER_SEC);
	minutes(2, 100, 90);
	ck_assert_int_eq(count_events("distillation.due"), 2);
	check_registry();
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("combinations");
	TCase *t = tcase_create("combination");

	tcase_set_timeout(t, 60);
	tcase_add_checked_fixture(t, registry_setup, registry_teardown);
	tcase_add_test(t, test_combination__rules_are_resolved_to_digests);
	tcase_add_test(t, test_combination__a_digest_of_bytes_is_preferred);
	tcase_add_test(t, test_combination__other_rules_make_a_minor_version);
	tcase_add_test(t, test_combination__no_plan_b_warns_or_refuses);
	tcase_add_loop_test(t, test_combination__an_adapter_belongs_on_its_base, 0, COUNT(bases));
	tcase_add_loop_test(t, test_combination__the_index_fits_the_embedder, 0, COUNT(indexes));
	tcase_add_loop_test(t, test_combination__a_way_keeps_the_limits_as_a_whole, 0, COUNT(sums));
	tcase_add_loop_test(t, test_combination__bad_rules_are_refused, 0, COUNT(refused));
	tcase_add_test(t, test_combination__without_rules_the_simple_router_holds);
	tcase_add_loop_test(t, test_combination__an_empty_slot_is_routed_around, 0, COUNT(empties));
	tcase_add_test(t, test_combination__a_distillation_falls_due);
	suite_add_tcase(s, t);
	return s;
}
