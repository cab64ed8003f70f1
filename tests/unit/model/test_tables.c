/* SPDX-License-Identifier: Apache-2.0
 *
 * Every table of the model at once: a document of each comes back as it went out, names all of the
 * table's fields, and the schema describes them; every enum has a name for each value.
 */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "base/jcs.h"
#include "model/canonical_suite.h"
#include "model/contract.h"
#include "model/distillation.h"
#include "model/document_diff.h"
#include "model/job_run.h"
#include "model/manifest.h"
#include "model/node.h"
#include "model/observation.h"
#include "model/phase.h"
#include "model/policy.h"
#include "model/release.h"
#include "model/request.h"
#include "model/schedule.h"
#include "model/waiver.h"

Suite *test_suite(void);

#define D "'sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'"
#define T "'2026-11-24T05:59:54Z'"
#define METRIC                                                                          \
	"{'value':0.5,'n':10,'successes':5,'stderr':0.1,'ci':[0.4,0.6],'ci_level':0.9," \
	"'clusters':2,'paired':{'baseline':'s/t-v1','b':1,'c':2,'n':10,'clusters':3},"  \
	"'histogram':{'bounds':[1,2.5],'counts':[1,2,3]},'higher_is_better':true,"      \
	"'dataset_digest':" D ",'judge':'a person'}"
#define SUITE                                                          \
	"{'total':10,'passed':7,'violations':2,'errors':1,'digest':" D \
	",'by_category':{'self_harm':{'total':5,'passed':5,'violations':0,'errors':0}}}"
#define REF(version) "{'name':'n','version':" version ",'digest':" D "}"
#define ARTIFACT                                                                           \
	"{'id':'s/t-v7','kind':'adapter','role':'textgen','uri':'hf://s/t','digest':" D    \
	",'size_bytes':5,'base_model':'m/b','derived_from':['s/t-v6'],'subject':'s/u-v1'," \
	"'prompt_types':['chat'],'license':'mit','branch':'a','index':{'embedder':'s/"     \
	"e-v1','digest':" D ",'dimensions':8},'metrics':{'quality':" METRIC                \
	",'plain':0.25},'suites':{'policy':" SUITE "}}"
#define FUSED                                                                          \
	"{'provider':'hf','id':'s/t-v7','role':'textgen','uri':'hf://s/t','digest':" D \
	",'content_digest':" D ",'manifest':" D ",'metrics':{'quality':0.8},'fresh':true}"
#define CHECK                                                                             \
	"{'name':'quality','verdict':'fail','reason':'floor','detail':'d','value':1,"     \
	"'baseline':2,'limit':3,'short_by':4,'method':'point','n':5,'n_needed':6,'d':7,"  \
	"'ci_lo':8,'ci_hi':9,'p':0.5,'evidence':'samples','against':'anchor','events':1," \
	"'pooled':2,'left_out':1,'p_adjusted':0.5,'margin':0.02,'pointer':'/request',"    \
	"'direction':'request','level':'minor'}"
#define GATE                                                                              \
	"{'gate':'safety','verdict':'pass','reason':'waived','detail':'d','waived':true," \
	"'waiver':'w1','judged':'fail','checks':[" CHECK "]}"
#define FUSION                                                    \
	"{'version':1,'models':{'m':{'artifact':" D               \
	",'adapter':null}},'default':{'to':'model:m'},'rules':" D \
	",'router':{'strategy':'first_match','routes':[],'default':'model:m'}}"
#define PLAN_B	   "{'hf':{'verdict':'pass','reason':'planned','detail':'d','fusion':" FUSION "}}"
#define DECISION   "{'slot':'textgen','id':'s/t-v7','judgement':" D ",'detail':'d'}"
#define POLICY_REF "{'version':3,'digest':" D "}"

static const struct {
	const struct field_table *table;
	const char *text;
} documents[] = {
	{&metric_table, METRIC},
	{&suite_table, SUITE},
	{&eval_suite_table, REF("'1.0'")},
	{&contract_ref_table, REF("'1.0'")},
	{&artifact_table, ARTIFACT},
	{&unit_table, "{'artifact':" ARTIFACT
		      ",'contract':" REF("'1'") ",'eval_suite':" REF("'1'") ",'provider':'hf'}"},
	{&manifest_table, "{'schema':'spiralfed.manifest/v1','provider':'hf','run':{'id':'1',"
			  "'pipeline':'p','commit':'c','started_at':" T ",'finished_at':" T
			  "},'eval_suite':" REF("'1'") ",'contract':" REF(
				  "'1'") ",'artifacts':[" ARTIFACT "]}"},
	{&gate_check_table, CHECK},
	{&gate_result_table, GATE},
	{&judgement_table, "{'phase':'Failed','baseline':'s/t-v6','baseline_digest':" D
			   ",'policy_digest':" D ",'anchor':'s/t-v1','anchor_digest':" D
			   ",'suite':" D ",'evidence':[" D "],'baseline_evidence':[" D
			   "],'anchor_evidence':[" D "],'form':'full','look':1,'max_looks':3,"
			   "'contenders':2,'alpha':0.025,'contract_level':'minor','score':0.5,"
			   "'gates':[" GATE "]}"},
	{&release_table,
		"{'schema':'s','fused_model_id':'f','version':'1.0.0','generated_at':" T
		",'providers':['aws','hf'],'gates':{'min_quality':1,'min_safety':2,"
		"'max_latency_ms_p95':3,'max_cost_per_1k_tokens':4},'units':{'hf':" FUSED
		"},'slots':{'textgen':" FUSED "},'fusion':" FUSION ",'plan_b':" PLAN_B
		",'contract':" REF("'1'") ",'eval_suite':" REF(
			"'1'") ",'previous':'0.9.0','merge':'1.0.0-rc.1','policy':" POLICY_REF
			       ",'decisions':[" DECISION "]}"},
	{&merge_table,
		"{'version':'1.0.0-rc.1','release':'1.0.0','state':'open','phase':'Succeeded',"
		"'baseline':'0.9.0','serial':4,'units':{'hf':" FUSED "},'slots':{'textgen':" FUSED
		"},'fusion':" FUSION ",'plan_b':" PLAN_B ",'gates':[" GATE
		"],'warnings':[{'code':'no_plan_b','detail':'d'}],'egress':{'bytes':5,'unknown':1,'"
		"moves':[{'id':'s/"
		"e-v1','from':'gcp','to':'aws','bytes':5,'why':'derived_from','of':'s/"
		"r-v1'}],'left_out':1},'decisions':[" DECISION "],'policy':" POLICY_REF
		",'actor':'local','reason':'r','digest':" D ",'created_at':" T ",'updated_at':" T
		"}"},
	{&channel_table, "{'channel':'stable','serial':3,'version':'1.0.0','digest':" D
			 ",'warm':['0.9.0'],'updated_at':" T "}"},
	{&release_summary_table,
		"{'version':'1.0.0','fused_model_id':'f','state':'active','digest':" D
		",'previous':'0.9.0','merge':'1.0.0-rc.1','created_at':" T ",'last_active_at':" T
		",'updated_at':" T "}"},
	{&observation_table,
		"{'node':'n1','release':'1.0.0','serial':3,'t_start':" T
		",'t_end':'2026-11-24T06:00:54Z','total':9,'errors':1,'slow':2,'tokens':3,"
		"'cost_micro':4,'safety_checked':5,'safety_violations':3,'safety_critical':1,"
		"'targets':[{'target':'model:m','requests':9}]}"},
	{&observations_table,
		"{'observations':[{'node':'n1','release':'1.0.0','t_start':" T
		",'t_end':'2026-11-24T06:00:54Z','total':9,'errors':0,'slow':0,'tokens':0,"
		"'cost_micro':0,'safety_checked':0,'safety_violations':0,'safety_critical':0}],"
		"'dry_run':false}"},
	{&merge_request_table, "{'reason':'r','dry_run':true}"},
	{&promotion_request_table,
		"{'merge':'1.0.0-rc.1','reason':'r','override':false,'dry_run':true}"},
	{&rollback_request_table, "{'reason':'r','to':'1.0.0','drill':true,'dry_run':false}"},
	{&node_report_table, "{'serial':3,'release':'1.0.1','loaded':[{'version':'1.0.0','ready':"
			     "false}],'health':"
			     "'degraded','detail':'d','software':'s','contract':{'name':'nodal-"
			     "fusion','version':"
			     "'1.0.0','digest':" D "}}"},
	{&reason_request_table, "{'reason':'r','dry_run':false}"},
	{&token_request_table,
		"{'name':'ci','scopes':['read','submit:hf'],'expires_at':" T ",'dry_run':true}"},
	{&policy_table,
		"{'schema':'spiralfed.policy/v1','providers':{'hf':{'facility':'Barracks','roles':"
		"['textgen']}},'slots':{'textgen':{'provider':'hf','role':'textgen','required':"
		"true}},'gates':{'quality':{'require':'all','metrics':{'m':{'unit_roles':"
		"['textgen'],'role':'success','direction':'lower','kind':'mean','objective':"
		"'superior','margin':0.1,'alpha':0.1,'min_n':5,'floor':1,'ceiling':2,"
		"'allow_point':false,'from_evidence':['textgen']}}},'latency':{'p95_ms':9,"
		"'cost_per_1k_tokens':{'ceiling':2,'margin_rel':0.1},'from_evidence':['textgen']},"
		"'safety':{'floor':0.5,'margin':0.1,'from_evidence':['textgen'],'suites':{'policy':"
		"{'max_rate':0.1,'zero_tolerance':['self_harm'],'digest':" D ",'min_total':5,"
		"'required':'full','from_evidence':['textgen']}}},'compatibility':"
		"{'contract':'nodal-fusion','allow':'identical'},'combination':{'p95_ms':9,'cost_"
		"per_1k_tokens':2,'no_plan_b':"
		"'refuse'},'alpha':0.1,'max_looks':2},'fusion':{'version':1,'models':{'t':"
		"{'artifact':'textgen','adapter':null}},'default':{'to':'model:t'}},'score'"
		":{'quality':1,'safety':2,"
		"'latency_ms_p95':3,'cost_per_1k_tokens':4},'slos':[{'name':'e','kind':'ratio',"
		"'coverage':'full','bad':'errors','of':'total','budget_ppm':9,'min_total':7,"
		"'min_short':6,'min_bad':5,'warmup_s':4,'guard_alpha':0.5,'for_evals':3,'rules':"
		"[{'long':60,'short':30,'factor_milli':1000,'action':'warn','coverage':'scale',"
		"'only_first_s':3600}]}],'rollback':{'warm':3,'automatic':false,'on_exhausted':"
		"'safe_mode','eval_s':60,'for_evals':3,'cooldown_s':1,'max_auto':4,"
		"'max_auto_window_s':5,'holdoff_s':6},"
		"'evidence':{'hold_days':3},'cadence':{'ingest':'daily "
		"02:00','merge':{'rrule':'FREQ=DAILY',"
		"'tz':'UTC','anchor':'2025-01-06T00:00:00','catch_up':'skip','grace':'PT1M',"
		"'max_age':'P2D'},'promote':{'rrule':'Wed 10:00','tz':'UTC','duration':'PT4H'},"
		"'deny':{'winter':{'rrule':'FREQ=YEARLY;BYMONTH=12;BYMONTHDAY=20','tz':'UTC',"
		"'duration':'P16D','jobs':['merge','promote'],'reason':'r'}}},'checklist':[{'item':"
		"'security-review','scope':'promote','fresh':'P7D','evidence':false}],'keyless':[{'"
		"issuer':'https://gh','audience':'fed','subject':'repo:s/"
		"t','provider':'hf'}],'soak':"
		"'PT24H'}"},
	{&signoff_table, "{'id':'s1','merge':'1.0.0-rc.1','item':'security-review','verdict':"
			 "'no_go','evidence':'https://x/1','reason':'r','signed_by':'token:a',"
			 "'signed_at':" T "}"},
	{&freeze_table, "{'id':'f1','from':" T ",'to':'2027-01-05T00:00:00Z','jobs':['promote'],"
			"'reason':'r','created_by':'token:a','created_at':" T ",'ended_by':"
			"'token:b'}"},
	{&job_run_table,
		"{'id':7,'job':'merge','scheduled_for':" T ",'due':" T ",'started_at':" T
		",'finished_at':" T ",'phase':'Succeeded','outcome':'done','result':'/v1/merges/"
		"1.0.0-rc.1','decided':'d','reason':'r','detail':{'a':1},'actor':'local','asked':"
		"'a'}"},
	{&distillation_table,
		"{'id':7,'release':'1.0.0','phase':'Running','provider':'aws','token':'t','job':"
		"'arn:x','reason':'r','teacher':'s/t-v1','student':'s/r-v1','candidate':'s/r-v2',"
		"'due_at':" T ",'started_at':" T ",'stopped_at':" T ",'finished_at':" T
		",'awaited_until':" T ",'settled_at':" T ",'acknowledged_at':" T
		",'plan':{'a':1}}"},
	{&run_request_table, "{'reason':'r','dry_run':true}"},
	{&canonical_suite_table,
		"{'name':'spiral','version':'3','digest':" D ",'datasets':{'gsm8k':" D
		"},'required_metrics':{'textgen':['quality','safety']},'required_suites':['policy']"
		","
		"'notes':'n','current':true,'actor':'local','created_at':" T "}"},
	{&contract_table,
		"{'name':'nodal-fusion','version':'1.2.0','schema':{'type':'object'},'digest':" D
		",'previous':'1.1.0','relation':'compatible','level':'minor','actor':'local',"
		"'created_at':" T "}"},
	{&contract_summary_table,
		"{'name':'nodal-fusion','version':'1.2.0','digest':" D
		",'previous':'1.1.0','relation':'compatible','level':'minor','actor':'local',"
		"'created_at':" T "}"},
	{&contract_diff_table,
		"{'name':'nodal-fusion','from':'1.0.0','to':'2.0.0','relation':'breaking',"
		"'level':'major','total':1,'changes':[{'pointer':'/request','document':'old',"
		"'direction':'request','kind':'k','level':'major','undecided':true,'detail':'d'}]"
		"}"},
	{&waiver_table,
		"{'id':'w1','state':'revoked','gate':'latency','artifact':{'provider':'hf','id':"
		"'s/t-v7'},'reason':'r','expires_at':" T
		",'requested_by':'token:a','requested_at':" T
		",'approved_by':'token:b','approved_at':" T ",'approval_reason':'r','revoked_by':"
		"'token:c','revoked_at':" T ",'revocation_reason':'r'}"},
	{&waiver_approval_table, "{'reason':'r','approved_by':'ann','dry_run':false}"},
	{&policy_diff_table, "{'from':1,'to':2,'from_digest':" D ",'to_digest':" D
			     ",'changes':[{'pointer':'/a','old':1,'new':[null]}]}"},
};
#define N_DOCUMENTS (sizeof(documents) / sizeof(documents[0]))

static const char *quoted(struct arena *a, const char *text)
{
	char *out = arena_strdup(a, text);

	for (char *p = out; *p; p++)
		if (*p == '\'')
			*p = '"';
	return out;
}

START_TEST(test_tables__a_document_comes_back_as_it_went_out)
{
	ARENA_AUTO a = arena_new();
	STRBUF_AUTO out = STRBUF_INIT(1 << 20);
	const struct field_table *t = documents[_i].table;
	const char *text = quoted(a, documents[_i].text);
	void *obj = arena_alloc(a, t->size);
	struct json_writer w;
	struct err err = {0};
	char *want, *got;

	ck_assert_msg(!fields_load_text(t, text, a, obj, &err), "%s: %s", t->name, err.msg);
	json_writer_init(&w, &out);
	fields_emit(t, obj, &w);
	ck_assert(json_writer_done(&w));
	ck_assert_int_eq(json_canonical(text, strlen(text), a, &want, NULL, &err), 0);
	ck_assert_int_eq(json_canonical(out.buf, out.len, a, &got, NULL, &err), 0);
	ck_assert_str_eq(got, want);
	ck_assert_str_eq(fields_canonical(t, obj, a, NULL), want);
}
END_TEST

/* So that a new field can't be forgotten above. */
START_TEST(test_tables__a_document_names_every_field)
{
	ARENA_AUTO a = arena_new();
	const struct field_table *t = documents[_i].table;

	for (size_t i = 0; i < t->n_fields; i++) {
		if (!strcmp(t->name, "Observations"))
			continue;
		ck_assert_msg(strstr(documents[_i].text,
				      arena_printf(a, "'%s':", t->fields[i].name)) != NULL,
			"%s lacks %s", t->name, t->fields[i].name);
	}
}
END_TEST

static void check_schema(const struct field_table *t, void *arg)
{
	STRBUF_AUTO out = STRBUF_INIT(1 << 20);
	struct json_writer w;
	struct err err = {0};
	json_auto_t *json = NULL;
	size_t required = 0;

	json_writer_init(&w, &out);
	fields_schema(t, &w);
	ck_assert(json_writer_done(&w));
	ck_assert_msg(!jcs_load(out.buf, out.len, &json, &err), "%s: %s", t->name, err.msg);
	const json_t *object = t->scalar ? json_array_get(json_object_get(json, "oneOf"), 1) : json;
	const json_t *properties = json_object_get(object, "properties");
	ck_assert_uint_eq(json_object_size(properties), t->n_fields);
	for (size_t i = 0; i < t->n_fields; i++) {
		ck_assert_msg(json_object_get(properties, t->fields[i].name) != NULL, "%s.%s",
			t->name, t->fields[i].name);
		required += (t->fields[i].flags & FIELD_REQUIRED) != 0;
	}
	ck_assert_uint_eq(json_array_size(json_object_get(object, "required")), required);
	ck_assert(json_is_false(json_object_get(object, "additionalProperties")));
	(*(size_t *)arg)++;
}

START_TEST(test_tables__the_schema_describes_every_field)
{
	size_t n = 0;

	fields_visit(documents[_i].table, check_schema, &n);
	ck_assert_uint_gt(n, 0);
}
END_TEST

/* Two tables of one name would be one schema. */
static const struct field_table *all[128];
static size_t n_all;

static void collect(const struct field_table *t, void *arg)
{
	for (size_t i = 0; i < n_all; i++) {
		if (all[i] == t)
			return;
		ck_assert_msg(strcmp(all[i]->name, t->name) != 0, "two tables are %s", t->name);
	}
	ck_assert_uint_lt(n_all, 128);
	all[n_all++] = t;
}

START_TEST(test_tables__names_are_unique)
{
	for (size_t i = 0; i < N_DOCUMENTS; i++)
		fields_visit(documents[i].table, collect, NULL);
	ck_assert_uint_gt(n_all, N_DOCUMENTS);
}
END_TEST

START_TEST(test_tables__every_value_of_an_enum_has_a_name)
{
	static const struct {
		const struct field_names *names;
		int n;
	} enums[] = {
		{&phase_names, PHASE_ABORTED + 1},
		{&verdict_names, VERDICT_PENDING + 1},
		{&gate_names, GATES},
		{&release_state_names, RELEASE_BREACHED + 1},
		{&merge_state_names, MERGE_PROMOTED + 1},
		{&metric_role_names, METRIC_SUCCESS + 1},
		{&metric_direction_names, DIRECTION_LOWER + 1},
		{&metric_kind_names, KIND_MEAN + 1},
		{&metric_objective_names, OBJECTIVE_SUPERIOR + 1},
		{&require_names, REQUIRE_NONE + 1},
		{&contract_allow_names, ALLOW_COMPATIBLE + 1},
		{&waiver_state_names, WAIVER_REVOKED + 1},
		{&job_names, JOBS},
		{&check_item_names, CHECK_ITEMS},
		{&check_verdict_names, CHECK_NO_GO + 1},
		{&check_kind_names, CHECK_HUMAN + 1},
		{&signoff_verdict_names, SIGNOFF_NO_GO + 1},
		{&job_outcome_names, JOB_FAILED + 1},
	};

	for (size_t i = 0; i < sizeof(enums) / sizeof(enums[0]); i++) {
		for (int v = 0; v < enums[i].n; v++) {
			const char *name = names_of(enums[i].names, v);
			ck_assert_msg(name != NULL, "%s %d", enums[i].names->title, v);
			ck_assert_int_eq(names_find(enums[i].names, name), v);
		}
		ck_assert_ptr_null(names_of(enums[i].names, enums[i].n));
		ck_assert_ptr_null(names_of(enums[i].names, -1));
		ck_assert_int_eq(names_find(enums[i].names, "no such name"), -1);
	}
}
END_TEST

START_TEST(test_tables__the_worst_phase_is_the_aggregate)
{
	static const enum phase rising[] = {PHASE_SUCCEEDED, PHASE_RUNNING, PHASE_PENDING,
		PHASE_INCONCLUSIVE, PHASE_ERROR, PHASE_FAILED};

	for (int i = 0; i < 6; i++)
		for (int j = 0; j < 6; j++)
			ck_assert_int_eq(phase_worst(rising[i], rising[j]), rising[i > j ? i : j]);
	ck_assert_int_eq(verdict_phase(VERDICT_PASS), PHASE_SUCCEEDED);
	ck_assert_int_eq(verdict_phase(VERDICT_FAIL), PHASE_FAILED);
	ck_assert_int_eq(verdict_phase(VERDICT_INCONCLUSIVE), PHASE_INCONCLUSIVE);
	ck_assert_int_eq(verdict_phase(VERDICT_PENDING), PHASE_PENDING);
}
END_TEST

#define OBSERVATION(rest) \
	"{'node':'n','release':'v1.0.0','t_start':'2026-11-24T06:00:00Z'," rest "}"
#define TARGET(name, requests) "{'target':'model:" name "','requests':" requests "}"
#define MINUTE		       "'t_end':'2026-11-24T06:01:00Z'"

START_TEST(test_tables__an_observation_counts_no_more_bad_than_there_was)
{
	static const struct {
		const char *text, *pointer; /* NULL: good */
	} cases[] = {
		{OBSERVATION(MINUTE ",'total':5,'errors':5,'slow':5"), NULL},
		{OBSERVATION(MINUTE ",'total':1,'safety_critical':1"), NULL},
		{OBSERVATION(MINUTE ",'safety_checked':1,'safety_critical':1"), NULL},
		{OBSERVATION(MINUTE ",'safety_critical':1"), "/safety_critical"},
		{OBSERVATION(MINUTE ",'total':5,'safety_checked':6,'safety_critical':7"),
			"/safety_critical"},
		{OBSERVATION(
			 MINUTE ",'total':5,'targets':[" TARGET("a", "5") "," TARGET("b", "5") "]"),
			NULL},
		{OBSERVATION(MINUTE ",'total':5,'targets':[" TARGET("a", "6") "]"),
			"/targets/0/requests"},
		{OBSERVATION(
			 MINUTE ",'total':5,'targets':[" TARGET("a", "1") "," TARGET("a", "1") "]"),
			"/targets/1/target"},
		{OBSERVATION("'t_end':'2026-11-24T06:01:01Z'"), "/t_end"},
		{OBSERVATION("'t_end':'2026-11-24T06:00:00Z'"), "/t_end"},
		{OBSERVATION(MINUTE ",'total':5,'errors':6"), "/errors"},
		{OBSERVATION(MINUTE ",'errors':1"), "/errors"},
		{OBSERVATION(MINUTE ",'total':5,'slow':6"), "/slow"},
		{OBSERVATION(MINUTE ",'safety_checked':5,'safety_violations':6"),
			"/safety_violations"},
		{OBSERVATION(MINUTE ",'total':-1"), "/total"},
		/* 1,025 windows of 2^53 - 1 would make the sum over them an error of the registry. */
		{OBSERVATION(MINUTE ",'total':1000000000000"), NULL},
		{OBSERVATION(MINUTE ",'total':1000000000001"), "/total"},
		{OBSERVATION(MINUTE ",'tokens':1000000000001"), "/tokens"},
		{OBSERVATION(MINUTE ",'safety_critical':1000000000001"), "/safety_critical"},
		{OBSERVATION(MINUTE ",'serial':0"), "/serial"},
		{OBSERVATION(""), "/t_end"},
	};
	ARENA_AUTO a = arena_new();
	struct observation o;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *text = quoted(a, cases[i].text);
		struct faults f;
		struct err err = {0};
		faults_init(&f);
		if (text[strlen(text) - 2] == ',')
			text = arena_printf(a, "%.*s}", (int)strlen(text) - 2, text);
		int rc = fields_parse_text(&observation_table, text, strlen(text), a, &o, &f, &err);
		ck_assert_msg(err.code == ERR_NONE, "%s", err.msg);
		ck_assert_int_eq(rc, cases[i].pointer ? -1 : 0);
		ck_assert_str_eq(rc ? f.list[0].pointer : "", rc ? cases[i].pointer : "");
	}
	ck_assert_int_eq(observation_counter(&o, "nothing"), -1);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("model/tables");
	TCase *tc = tcase_create("tables");

	jcs_setup();
	tcase_add_loop_test(tc, test_tables__a_document_comes_back_as_it_went_out, 0, N_DOCUMENTS);
	tcase_add_loop_test(tc, test_tables__a_document_names_every_field, 0, N_DOCUMENTS);
	tcase_add_loop_test(tc, test_tables__the_schema_describes_every_field, 0, N_DOCUMENTS);
	tcase_add_test(tc, test_tables__names_are_unique);
	tcase_add_test(tc, test_tables__every_value_of_an_enum_has_a_name);
	tcase_add_test(tc, test_tables__the_worst_phase_is_the_aggregate);
	tcase_add_test(tc, test_tables__an_observation_counts_no_more_bad_than_there_was);
	suite_add_tcase(s, tc);
	return s;
}
