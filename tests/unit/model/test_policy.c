/* SPDX-License-Identifier: Apache-2.0
 *
 * Policies: defaults of what is left out, and what is refused over the whole document.
 */
#include <check.h>
#include <math.h>
#include <string.h>

#include "base/jcs.h"
#include "model/policy.h"

Suite *test_suite(void);

static const char *quoted(struct arena *a, const char *text)
{
	char *out = arena_strdup(a, text);

	for (char *p = out; *p; p++)
		if (*p == '\'')
			*p = '"';
	return out;
}

static int parse(
	struct arena *a, const char *text, struct policy *ret, struct faults *f, struct err *err)
{
	const char *canonical;

	faults_init(f);
	*err = (struct err){0};
	text = quoted(a, text);
	return policy_parse(text, strlen(text), a, ret, &canonical, f, err);
}

static void good(struct arena *a, const char *text, struct policy *ret)
{
	struct faults f;
	struct err err;
	int rc = parse(a, text, ret, &f, &err);

	ck_assert_msg(
		!rc, "%s%s %s", err.msg, f.n ? f.list[0].pointer : "", f.n ? f.list[0].detail : "");
}

#define PROVIDERS    "'providers':{'hf':{'roles':['textgen','policy']},'gcp':{'roles':['embed']}}"
#define SLOTS	     "'slots':{'textgen':{'provider':'hf'}}"
#define POLICY(rest) "{" PROVIDERS "," SLOTS "," rest "}"
#define GATES(rest)  POLICY("'gates':{" rest "}")
#define METRIC(rest) GATES("'quality':{'metrics':{'quality':" rest "}}")
#define QUORUM(rest) POLICY("'cadence':{'ingest':{'rrule':'daily 02:00','quorum':{" rest "}}}")
#define SLO(rest)    POLICY("'slos':[{'name':'e','limit':0.1," rest "}]")

static const struct {
	const char *body, *pointer, *word;
} bad[] = {
	{"[]", "", "must be an object"},
	{"{" SLOTS "}", "/providers", "is required"},
	{"{" PROVIDERS "}", "/slots", "is required"},
	{"{" PROVIDERS ",'slots':{}}", "/slots", "must not be empty"},
	{POLICY("'schema':'v0'"), "/schema", "is not the schema of a policy"},
	{QUORUM("'min':3"), "/cadence/ingest/quorum/min", "only 2 providers count"},
	{QUORUM("'min':0"), "/cadence/ingest/quorum/min", ""},
	{QUORUM("'providers':{}"), "/cadence/ingest/quorum/providers", "must not be empty"},
	{QUORUM("'min':2,'providers':{'hf':{}}"), "/cadence/ingest/quorum/min", "only 1"},
	{QUORUM("'providers':{'aws':{}}"), "/cadence/ingest/quorum/providers/aws",
		"is not among providers"},
	{QUORUM("'deadline':'2 hours'"), "/cadence/ingest/quorum/deadline", "2 hours"},
	{QUORUM("'providers':{'hf':{'deadline':'x'}}"),
		"/cadence/ingest/quorum/providers/hf/deadline", "\"x\""},
	{POLICY("'cadence':{'merge':{'rrule':'daily 02:00','quorum':{}}}"), "/cadence/merge/quorum",
		"unknown field"},
	{POLICY("'gatse':{}"), "/gatse", "did you mean \"gates\"?"},
	{POLICY("'calendar':{}"), "/calendar", "unknown field"},
	{"{'providers':{'hf':{'roles':['textgen']},'HF':{'roles':['x']}}," SLOTS "}",
		"/providers/HF", "provider's name"},
	{"{'providers':{'hf':{'roles':[]}}," SLOTS "}", "/providers/hf/roles", "must not be empty"},
	{"{'providers':{'hf':{'roles':['a b']}}," SLOTS "}", "/providers/hf/roles/0",
		"is not a name"},
	{"{" PROVIDERS ",'slots':{'textgen':{}}}", "/slots/textgen/provider", "is required"},
	{"{" PROVIDERS ",'slots':{'runtime':{'provider':'aws'}}}", "/slots/runtime/provider",
		"\"aws\" is not among providers"},
	{"{" PROVIDERS ",'slots':{'embed':{'provider':'hf'}}}", "/slots/embed/role",
		"\"embed\" is no role of hf"},
	{"{" PROVIDERS ",'slots':{'x':{'provider':'hf','role':'embed'}}}", "/slots/x/role",
		"is no role of hf"},
	{"{" PROVIDERS ",'slots':{'a':{'provider':'hf','role':'textgen'},'b':{'provider':'hf',"
	 "'role':'textgen'}}}",
		"/slots/b", "slot \"a\" has the same provider and role"},
	{"{" PROVIDERS ",'slots':{'textgen':{'provider':'hf','required':false}}}", "/slots",
		"at least one slot must be required"},
	{METRIC("{'role':'main'}"), "/gates/quality/metrics/quality/role",
		"legal are guardrail, success"},
	{METRIC("{'direction':'up'}"), "/gates/quality/metrics/quality/direction",
		"legal are higher, lower"},
	{METRIC("{'kind':'rate'}"), "/gates/quality/metrics/quality/kind",
		"legal are proportion, mean"},
	{METRIC("{'margin':-0.1}"), "/gates/quality/metrics/quality/margin", "at least 0"},
	{METRIC("{'margin':null}"), "/gates/quality/metrics/quality/margin", "must not be null"},
	{METRIC("{'margin':0.1,'margin_rel':0.1}"), "/gates/quality/metrics/quality",
		"margin or margin_rel, not both"},
	{METRIC("{'alpha':0.6}"), "/gates/quality/metrics/quality/alpha", "between 0 and 0.5"},
	{METRIC("{'floor':0.9,'ceiling':0.8}"), "/gates/quality/metrics/quality",
		"floor must not be above ceiling"},
	{METRIC("{'unit_roles':['textgen','runtime']}"),
		"/gates/quality/metrics/quality/unit_roles/1", "is no role of any provider"},
	{GATES("'quality':{'metrics':{'latency_ms_p95':{'kind':'mean'}}}"),
		"/gates/quality/metrics/latency_ms_p95/direction", "lower is better"},
	{GATES("'quality':{'metrics':{'safety':{'direction':'lower'}}}"),
		"/gates/quality/metrics/safety/direction", "higher is better"},
	{GATES("'quality':{'require':'some'}"), "/gates/quality/require",
		"legal are any, all, none"},
	{GATES("'latency':{'p95_ms':0}"), "/gates/latency/p95_ms", "greater than 0"},
	{GATES("'latency':{'cost_per_1k_tokens':{}}"), "/gates/latency/cost_per_1k_tokens/ceiling",
		"is required"},
	{GATES("'safety':{'floor':2}"), "/gates/safety/floor", "from 0 to 1"},
	{GATES("'safety':{'suites':{'policy':{'max_rate':2}}}"),
		"/gates/safety/suites/policy/max_rate", "from 0 to 1"},
	{GATES("'compatibility':{'allow':'any'}"), "/gates/compatibility/allow",
		"legal are identical, compatible"},
	{SLO("'bad':'faults'"), "/slos/0/bad", "is not a counter of observations"},
	{SLO("'bad':'errors','of':'requests'"), "/slos/0/of", "is not a counter of observations"},
	{SLO("'bad':'errors','of':'errors'"), "/slos/0/of", "must not be the counter"},
	{SLO("'bad':'errors','window_s':0"), "/slos/0/window_s", "from 1"},
	{POLICY("'slos':[{'name':'e','bad':'errors','limit':1},{'name':'e','bad':'slow','limit':1}"
		"]"),
		"/slos/1/name", "is the name of another service level"},
	{POLICY("'checklist':[{}]"), "/checklist/0/item", "is required"},
	{POLICY("'checklist':[{'item':'a b'}]"), "/checklist/0/item", "is not a name"},
	{POLICY("'checklist':[{'item':'a'},{'item':'a'}]"), "/checklist/1/item",
		"stands there twice"},
	{POLICY("'checklist':[{'item':'window'}]"), "/checklist/0/item",
		"is an item that the daemon checks itself"},
	{POLICY("'checklist':[{'item':'a','scope':'submit:hf'}]"), "/checklist/0/scope",
		"is not the scope that sign-offs are given with, promote"},
	{POLICY("'checklist':[{'item':'a','fresh':'7 days'}]"), "/checklist/0/fresh",
		"is not a duration"},
	{POLICY("'checklist':[{'item':'a','fresh':'PT0S'}]"), "/checklist/0/fresh",
		"would be stale at once"},
	{POLICY("'checklist':[{'item':'a','by':'x'}]"), "/checklist/0/by", "unknown field"},
	{POLICY("'soak':'1 day'"), "/soak", "is not a duration"},
	{POLICY("'soak':24"), "/soak", "must be a string"},
	{POLICY("'rollback':{'warm':0}"), "/rollback/warm", "from 1 to 10"},
	{POLICY("'rollback':{'warm':11}"), "/rollback/warm", "from 1 to 10"},
	{POLICY("'rollback':{'automatic':'yes'}"), "/rollback/automatic", "true or false"},
};

START_TEST(test_policy__names_each_fault)
{
	ARENA_AUTO a = arena_new();
	struct policy p;
	struct faults f;
	struct err err;

	ck_assert_int_eq(parse(a, bad[_i].body, &p, &f, &err), -1);
	ck_assert_msg(f.n == 1, "%zu faults, error \"%s\"", f.n, err.msg);
	ck_assert_str_eq(f.list[0].pointer, bad[_i].pointer);
	ck_assert_msg(strstr(f.list[0].detail, bad[_i].word) != NULL, "\"%s\" lacks \"%s\"",
		f.list[0].detail, bad[_i].word);
}
END_TEST

static void is_default(const struct policy *p)
{
	const struct policy_metric *m = p->gates->quality->metrics.v;

	ck_assert_int_eq(p->gates->quality->require, REQUIRE_ANY);
	ck_assert_uint_eq(p->gates->quality->metrics.n, 1);
	ck_assert_str_eq(m->name, "quality");
	ck_assert_int_eq(m->role, METRIC_SUCCESS);
	ck_assert(m->floor == 0.75);
	ck_assert(p->gates->latency->p95_ms == 250);
	ck_assert(p->gates->latency->cost_per_1k_tokens->ceiling == 1.5);
	ck_assert(p->gates->latency->cost_per_1k_tokens->margin_rel == 0.05);
	ck_assert(p->gates->safety->floor == 0.95);
	ck_assert_uint_eq(p->gates->safety->suites.n, 0);
	ck_assert_int_eq(p->gates->compatibility->allow, ALLOW_COMPATIBLE);
	ck_assert(p->score->quality == 0.45 && p->score->safety == 0.45);
	ck_assert(p->score->latency_ms_p95 == -0.0005 && p->score->cost_per_1k_tokens == -0.1);
	ck_assert_int_eq(p->rollback->warm, 2);
	ck_assert_int_eq(p->rollback->rules.automatic, 1);
	ck_assert_uint_eq(p->slos.n, 0);
	ck_assert_uint_eq(p->checklist.n, 0);
	ck_assert_int_eq(p->soak_usec, 0);
	ck_assert_str_eq(policy_slot(p, "textgen")->role, "textgen");
	ck_assert_int_eq(policy_slot(p, "textgen")->required, 1);
}

START_TEST(test_policy__what_is_left_out_has_a_default)
{
	ARENA_AUTO a = arena_new();
	struct policy p;

	good(a, "{" PROVIDERS "," SLOTS "}", &p);
	is_default(&p);
	good(a,
		POLICY("'gates':{'quality':{},'latency':{},'safety':{},'compatibility':{}},"
		       "'score':{},'slos':[],'rollback':{}"),
		&p);
	is_default(&p);
}
END_TEST

START_TEST(test_policy__a_sign_off_wants_evidence_and_lasts_as_long_as_it_says)
{
	ARENA_AUTO a = arena_new();
	const struct policy_signoff *s;
	struct policy p;

	good(a,
		POLICY("'soak':'P1DT12H','checklist':[{'item':'review','fresh':'P7D'},"
		       "{'item':'notes','scope':'promote','evidence':false}]"),
		&p);
	s = p.checklist.v;
	ck_assert_int_eq(p.soak_usec, INT64_C(129600000000));
	ck_assert_int_eq(s[0].evidence, 1);
	ck_assert_int_eq(s[0].fresh_usec, INT64_C(604800000000));
	ck_assert_int_eq(s[1].evidence, 0);
	ck_assert_int_eq(s[1].fresh_usec, 0);
}
END_TEST

START_TEST(test_policy__a_metric_has_the_defaults_of_the_vectors)
{
	ARENA_AUTO a = arena_new();
	struct policy p;

	good(a, METRIC("{}"), &p);
	const struct policy_metric *m = p.gates->quality->metrics.v;
	ck_assert_int_eq(m->objective, OBJECTIVE_NONINFERIOR);
	ck_assert_int_eq(m->role, METRIC_GUARDRAIL);
	ck_assert_int_eq(m->direction, DIRECTION_HIGHER);
	ck_assert_int_eq(m->kind, KIND_PROPORTION);
	ck_assert(isnan(m->margin) && isnan(m->margin_rel));
	ck_assert(isnan(m->floor) && isnan(m->ceiling));
	ck_assert(m->alpha == 0.05);
	ck_assert_int_eq(m->min_n, 100);
	ck_assert_int_eq(m->allow_point, 1);
	ck_assert_uint_eq(m->unit_roles.n, 0);
}
END_TEST

START_TEST(test_policy__where_a_scale_ends)
{
	static const struct {
		const char *text;
		double top;
	} rows[] = {
		{"{}", 1},
		{"{'kind':'mean'}", INFINITY},
		{"{'kind':'mean','floor':0.75}", 1},
		{"{'kind':'mean','floor':0}", INFINITY},
		{"{'kind':'mean','floor':1}", INFINITY},
		{"{'kind':'mean','floor':0.75,'ceiling':5}", 5},
		{"{'kind':'mean','direction':'lower','ceiling':0.2}", INFINITY},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		ARENA_AUTO a = arena_new();
		struct policy p;
		good(a, arena_printf(a, METRIC("%s"), rows[i].text), &p);
		double top = policy_metric_top(p.gates->quality->metrics.v);
		ck_assert_msg(top == rows[i].top, "%s: %g", rows[i].text, top);
	}
}
END_TEST

START_TEST(test_policy__the_built_in_one_is_valid)
{
	ARENA_AUTO a = arena_new();
	struct policy p, again;
	struct faults f;
	struct err err = {0};
	const char *canonical, *repeated;

	faults_init(&f);
	ck_assert_int_eq(
		policy_parse(embed_policy_json, embed_policy_json_len, a, &p, &canonical, &f, &err),
		0);
	ck_assert_str_eq(policy_slot_for(&p, "hf", "textgen")->name, "textgen");
	ck_assert_str_eq(policy_slot_for(&p, "aws", "runtime")->name, "runtime");
	ck_assert_ptr_null(policy_slot_for(&p, "hf", "eval"));
	ck_assert_ptr_null(policy_slot_for(&p, "gcp", "textgen"));
	ck_assert_ptr_null(policy_slot(&p, "eval"));
	ck_assert_ptr_null(policy_provider(&p, "azure"));
	ck_assert(policy_provider_has_role(policy_provider(&p, "gcp"), "retrieval"));
	ck_assert(!policy_provider_has_role(policy_provider(&p, "gcp"), "textgen"));
	ck_assert_int_eq(p.version, 0);
	ck_assert_int_eq(
		policy_parse(canonical, strlen(canonical), a, &again, &repeated, &f, &err), 0);
	ck_assert_str_eq(canonical, repeated);
	ck_assert_str_eq(p.digest, again.digest);
	ck_assert(digest_valid(p.digest));
}
END_TEST

/* The canonical form has another order than the text, and the same digest. */
START_TEST(test_policy__the_order_of_members_says_nothing)
{
	static const char *const metrics[] = {"retrieval_score", "task_accuracy", "quality"};
	static const char *const suites[] = {"adversarial", "policy"};
	ARENA_AUTO a = arena_new();
	struct policy p[2];
	struct faults f;
	struct err err = {0};
	const char *canonical, *repeated;

	faults_init(&f);
	ck_assert_int_eq(policy_parse(embed_policy_json, embed_policy_json_len, a, &p[0],
				 &canonical, &f, &err),
		0);
	ck_assert_int_eq(
		policy_parse(canonical, strlen(canonical), a, &p[1], &repeated, &f, &err), 0);
	for (size_t k = 0; k < 2; k++) {
		const struct list *m = &p[k].gates->quality->metrics;
		const struct list *s = &p[k].gates->safety->suites;
		ck_assert_int_eq(m->n, 3);
		for (size_t i = 0; i < m->n; i++)
			ck_assert_str_eq(LIST_AT(m, struct policy_metric, i)->name, metrics[i]);
		ck_assert_int_eq(s->n, 2);
		for (size_t i = 0; i < s->n; i++)
			ck_assert_str_eq(LIST_AT(s, struct policy_suite, i)->name, suites[i]);
	}
}
END_TEST

START_TEST(test_policy__quorum_counts_every_provider_by_default)
{
	ARENA_AUTO a = arena_new();
	struct policy p;

	good(a, POLICY("'cadence':{'ingest':'daily 02:00'}"), &p);
	ck_assert_ptr_null(p.cadence->ingest->quorum);

	good(a, QUORUM(""), &p);
	const struct quorum *q = p.cadence->ingest->quorum;
	ck_assert_int_eq(q->min, 2);
	ck_assert_uint_eq(q->providers.n, 2);
	for (size_t i = 0; i < 2; i++) {
		const struct quorum_provider *o = LIST_AT(&q->providers, struct quorum_provider, i);

		ck_assert_int_eq(o->deadline_usec, INT64_C(7200) * 1000000);
		ck_assert_int_eq(o->required, 0);
	}

	good(a,
		QUORUM("'deadline':'PT1H','min':1,'providers':{'gcp':{'deadline':'PT6H',"
		       "'required':true},'hf':{}}"),
		&p);
	q = p.cadence->ingest->quorum;
	ck_assert_int_eq(q->min, 1);
	const struct quorum_provider *v = q->providers.v;
	ck_assert_str_eq(v[0].name, "gcp");
	ck_assert_int_eq(v[0].deadline_usec, INT64_C(21600) * 1000000);
	ck_assert_int_eq(v[0].required, 1);
	ck_assert_int_eq(v[1].deadline_usec, INT64_C(3600) * 1000000);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("model/policy");
	TCase *tc = tcase_create("policy");

	jcs_setup();
	tcase_add_loop_test(tc, test_policy__names_each_fault, 0, sizeof(bad) / sizeof(bad[0]));
	tcase_add_test(tc, test_policy__what_is_left_out_has_a_default);
	tcase_add_test(tc, test_policy__a_sign_off_wants_evidence_and_lasts_as_long_as_it_says);
	tcase_add_test(tc, test_policy__a_metric_has_the_defaults_of_the_vectors);
	tcase_add_test(tc, test_policy__where_a_scale_ends);
	tcase_add_test(tc, test_policy__the_built_in_one_is_valid);
	tcase_add_test(tc, test_policy__the_order_of_members_says_nothing);
	tcase_add_test(tc, test_policy__quorum_counts_every_provider_by_default);
	suite_add_tcase(s, tc);
	return s;
}
