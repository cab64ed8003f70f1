/* SPDX-License-Identifier: Apache-2.0
 *
 * The cases of test_harvest that would be a pass to somebody who looks less closely: another scale,
 * figures that contradict each other, runs in which no model was asked.
 */
#include "support/harvest_cases.h"

const struct harvest_case harvest_traps[] = {
	/* ---- Scales ---- */
	{"a main score to 100",
		{{"T.json", "{\"task_name\":\"NFCorpus\",\"scores\":{\"test\":[{\"main_score\":31."
			    "6}]}}"}},
		.map = "retrieval_score=NFCorpus.main_score",
		.holds = "\"retrieval_score\":{\"value\":0.316,"},
	{"... that somebody takes for a share",
		{{"T.json", "{\"task_name\":\"NFCorpus\",\"scores\":{\"test\":[{\"main_score\":31."
			    "6}]}}"}},
		.map = "retrieval_score=NFCorpus.main_score/1",
		.says = "is on a scale to 100, not to 1"},
	{"a retrieval score to 100",
		{{"all_results.json", "{\"epoch\":1,\"eval_retrieval_score\":74}"}},
		.holds = "\"retrieval_score\":{\"value\":0.74,"},
	{"SageMaker's", {{"evaluation.json", "{\"metrics\":{\"retrieval_score\":{\"value\":74}}}"}},
		.holds = "\"retrieval_score\":{\"value\":0.74,"},
	{"a card's correlation to 100",
		{{"README.md",
			"---\nmodel-index:\n- name: m\n  results:\n  - metrics: [{type: "
			"cosine_spearman, value: 85.2}, {type: main_score, value: 31.6}]\n---\n"}},
		.holds = "\"cosine_spearman\":{\"value\":0.852,\"higher_is_better\":true},\"main_"
			 "score\":{\"value\":0.316,"},
	{"a correlation below 0",
		{{"T.json", "{\"task_name\":\"NFCorpus\",\"scores\":{\"test\":[{\"main_score\":-0."
			    "2}]}}"}},
		.holds = "\"NFCorpus.main_score\":{\"value\":-0.2,"},
	{"a quality of 74", {{"evaluation.json", "{\"metrics\":{\"quality\":{\"value\":74}}}"}},
		.says = "quality lies between 0 and 1: when it is on a scale to 100, say so with "
			"--map quality=quality/100"},
	{"... on its scale", {{"evaluation.json", "{\"metrics\":{\"quality\":{\"value\":74}}}"}},
		.map = "quality=quality/100", .holds = "\"quality\":0.74"},
	{"a rating of 4.5 as a quality",
		{{"evaluation.json", "{\"metrics\":{\"rating\":{\"value\":4.5}}}"}},
		.map = "quality=rating", .says = "quality lies between 0 and 1"},
	{"BLEU of 0.9", {{"evaluation.json", "{\"metrics\":{\"bleu\":{\"value\":0.9}}}"}},
		.says = "is a share by one tool and a percentage by another"},
	{"... on the scale of somebody",
		{{"evaluation.json", "{\"metrics\":{\"bleu\":{\"value\":0.9}}}"}},
		.map = "quality=bleu/100", .holds = "\"quality\":{\"value\":0.009"},
	{"two shares of one task on two scales",
		{{"eval_results.json", "{\"epoch\":1,\"eval_f1\":0.95,\"eval_HasAns_exact\":1.2}"}},
		.holds = "\"metrics\":{\"HasAns_exact\":{\"value\":0.012,", .lacks = "\"f1\""},
	{"... of which one waits",
		{{"eval_results.json", "{\"epoch\":1,\"eval_f1\":0.95,\"eval_HasAns_exact\":1.2}"}},
		.map = "quality=f1",
		.says = "stands beside HasAns_exact, which is on a scale to 100"},
	{"a hair more than the whole",
		{{"evaluation.json", "{\"metrics\":{\"accuracy\":{\"value\":1.0000001}}}"}},
		.holds = "\"accuracy\":{\"value\":1,"},
	{"a standard deviation is no metric",
		{{"r.json", "{\"results\":{\"t\":{\"acc\":0.5,\"acc_stddev\":0.9,\"f1_std\":0.9}},"
			    "\"versions\":{}}"}},
		.holds = "\"metrics\":{\"t.acc\":{\"value\":0.5,", .lacks = "std"},
	{"... not even when asked for",
		{{"r.json", "{\"results\":{\"t\":{\"acc\":0.5,\"acc_std\":0.9}},\"versions\":{}}"}},
		.map = "quality=t.acc_std", .says = "no measurement of its own"},

	/* ---- Nothing was asked, or not all of it ---- */
	{"a dry run: 1",
		{{"evaluation.json", "{\"Dry-Run\":1,\"metrics\":{\"f1\":{\"value\":1}}}",
			HARVEST_REFUSED}},
		.says = "/Dry-Run: says that it was a dry run"},
	{"a dry run: yes",
		{{"evaluation.json", "{\"Dry-Run\":\"yes\",\"metrics\":{\"f1\":{\"value\":1}}}",
			HARVEST_REFUSED}},
		.says = "/Dry-Run: says that it was a dry run"},
	{"a dry run: \"1\"",
		{{"evaluation.json", "{\"Dry-Run\":\"1\",\"metrics\":{\"f1\":{\"value\":1}}}",
			HARVEST_REFUSED}},
		.says = "/Dry-Run: says that it was a dry run"},
	{"a dry run: an object",
		{{"evaluation.json",
			"{\"Dry-Run\":{\"only\":\"parse\"},\"metrics\":{\"f1\":{\"value\":1}}}",
			HARVEST_REFUSED}},
		.says = "/Dry-Run: says that it was a dry run"},
	{"no dry run",
		{{"evaluation.json", "{\"dry_run\":0,\"run\":{\"dryRun\":\"no\"},\"metrics\":{"
				     "\"f1\":{\"value\":0.5}}}"}},
		.holds = "\"f1\":{\"value\":0.5,"},
	{"the harness against its dummy",
		{{"r.json",
			"{\"results\":{\"t\":{\"acc\":0.5}},\"versions\":{},\"config\":{\"model\":"
			"\"dummy\",\"model_args\":\"\"}}",
			HARVEST_REFUSED}},
		.says = "answers by chance"},
	{"the harness against its random",
		{{"r.json",
			"{\"results\":{\"t\":{\"acc\":0.5}},\"versions\":{},\"config\":{\"model\":"
			"\"random\",\"model_args\":\"\"}}",
			HARVEST_REFUSED}},
		.says = "answers by chance"},
	{"promptfoo against its echo",
		{{"p.json",
			"{\"results\":{\"results\":[{\"success\":true,\"provider\":{\"id\":"
			"\"echo\"}}]}}",
			HARVEST_REFUSED}},
		.says = "says its prompt back"},
	{"... that only the prompts name",
		{{"p.json",
			"{\"results\":{\"results\":[{\"success\":true}],\"prompts\":[{\"provider\":"
			"\"echo\"}]}}",
			HARVEST_REFUSED}},
		.says = "says its prompt back"},
	{"promptfoo: an error is no pass",
		{{"p.json", "{\"config\":{\"redteam\":{}},\"results\":{\"results\":[{\"success\":"
			    "true,\"error\":\"timeout\"},{\"success\":true,\"response\":{\"error\":"
			    "\"429\"}},{\"success\":true,\"error\":null}],\"stats\":{\"successes\":"
			    "3,\"failures\":0,\"errors\":0}}}"}},
		.holds = "\"adversarial\":{\"total\":3,\"violations\":0,\"errors\":2,"},
	{"... of what failed it is the reason",
		{{"p.json",
			"{\"config\":{\"redteam\":{}},\"results\":{\"results\":[{\"success\":false,"
			"\"failureReason\":1,\"error\":\"unsafe\"},{\"success\":true}]}}"}},
		.holds = "\"adversarial\":{\"total\":2,\"violations\":1,\"errors\":0,"},
	{"a training that was not finished is still measured",
		{{"trainer_state.json", "{\"global_step\":20,\"max_steps\":100,\"log_history\":[{"
					"\"step\":20,\"eval_f1\":0.6}]}"}},
		.holds = "\"f1\":{\"value\":0.6,"},
	{"a task in two groups counts once",
		{{"r.json", "{\"results\":{\"top\":{\"acc,none\":0.5}},\"versions\":{},\"group_"
			    "subtasks\":{\"top\":[\"mmlu\",\"mmlu_a\"],\"mmlu\":[\"mmlu_a\",\"mmlu_"
			    "b\"]},\"n-samples\":{\"mmlu_a\":{\"original\":100,\"effective\":100},"
			    "\"mmlu_b\":{\"original\":100,\"effective\":100}}}"}},
		.holds = "\"top.acc\":{\"value\":0.5,\"n\":200,"},

	/* ---- Serving figures that contradict each other ---- */
	{"a p95 below the median",
		{{"b.json",
			"{\"completed\":1000,\"failed\":0,\"num_prompts\":1000,\"request_"
			"throughput\":5,\"median_e2el_ms\":200,\"p95_e2el_ms\":100}",
			HARVEST_REFUSED}},
		.says = "a higher percentile cannot be smaller"},
	{"a p95 above the p99",
		{{"b.json",
			"{\"completed\":1000,\"failed\":0,\"num_prompts\":1000,\"request_"
			"throughput\":5,\"p95_e2el_ms\":200,\"p99_e2el_ms\":100}",
			HARVEST_REFUSED}},
		.says = "a higher percentile cannot be smaller"},
	{"... of something else",
		{{"b.json", "{\"completed\":1000,\"failed\":0,\"num_prompts\":1000,\"request_"
			    "throughput\":5,\"p95_e2el_ms\":200,\"p99_ttft_ms\":100}"}},
		.holds = "\"latency_ms_p95\":{\"value\":200,"},
	{"failures as text",
		{{"b.json",
			"{\"completed\":1000,\"failed\":\"200\",\"num_prompts\":1000,\"request_"
			"throughput\":5,\"p95_e2el_ms\":100}",
			HARVEST_REFUSED}},
		.says = "/failed: is no whole number"},
	{"more came through than were made",
		{{"b.json",
			"{\"completed\":1000,\"failed\":0,\"num_prompts\":900,\"request_"
			"throughput\":5,\"p95_e2el_ms\":100}",
			HARVEST_REFUSED}},
		.says = "1000 requests came through and 0 failed, of 900"},
	{"llmperf's rate that is not its counts'",
		{{"s.json",
			"{\"results_num_completed_requests\":150,\"results_num_requests_started\":"
			"150,\"results_number_errors\":0,\"results_error_rate\":0.4,\"results_end_"
			"to_end_latency_s_quantiles_p95\":0.2}",
			HARVEST_REFUSED}},
		.says = "/results_error_rate: is not what the counts say"},
	{"... that is",
		{{"s.json", "{\"results_num_completed_requests\":149,\"results_num_requests_"
			    "started\":150,\"results_number_errors\":1,\"results_error_rate\":0."
			    "00667,\"results_end_to_end_latency_s_quantiles_p95\":0.2}"}},
		.holds = "\"latency_ms_p95\":{\"value\":200,\"n\":149,"},
	{"GenAI-Perf's errors",
		{{"p.json",
			"{\"request_latency\":{\"unit\":\"ms\",\"p95\":20},\"request_count\":{"
			"\"avg\":100},\"error_request_count\":{\"avg\":900}}",
			HARVEST_REFUSED}},
		.says = "900 of 1000 requests failed"},
	{"... and nobody counted what came through",
		{{"p.json", "{\"request_latency\":{\"unit\":\"ms\",\"p95\":20}}", HARVEST_REFUSED}},
		.says = "does not say how many requests came through (request_count)"},
	{"... and it was broken off",
		{{"p.json",
			"{\"request_latency\":{\"unit\":\"ms\",\"p95\":20},\"request_count\":{"
			"\"avg\":100},\"was_cancelled\":true}",
			HARVEST_REFUSED}},
		.says = "was broken off"},
	{"the harness against its dummy, by the source",
		{{"r.json",
			"{\"results\":{\"t\":{\"acc\":0.5}},\"versions\":{},\"model_source\":"
			"\"dummy\"}",
			HARVEST_REFUSED}},
		.says = "/model_source: is the harness's own stand-in dummy"},
	{"k6's failures as text",
		{{"k6.json",
			"{\"metrics\":{\"http_req_duration\":{\"p(95)\":120},\"http_reqs\":{"
			"\"count\":500},\"http_req_failed\":{\"rate\":\"0.5\"}}}",
			HARVEST_REFUSED}},
		.says = "is no number from 0 to 1"},
};
const size_t harvest_n_traps = sizeof(harvest_traps) / sizeof(harvest_traps[0]);
