/* SPDX-License-Identifier: Apache-2.0
 *
 * The cases of test_harvest. No file here was written by a tool: each is the shape of one.
 */
#include "support/harvest_cases.h"

#define CARD(results)                                                                            \
	"---\nlicense: mit\nbase_model: org/base\nmodel-index:\n- name: m\n  results:\n" results \
	"---\n# m\nAccuracy: 0.99\n"

const struct harvest_case harvest_cases[] = {
	/* ---- Model cards ---- */
	{"a card's metric, with what else it says",
		{{"README.md",
			CARD("  - dataset:\n      name: d\n    metrics:\n    - type: accuracy\n"
			     "      value: 0.81\n")}},
		.holds = "\"base_model\":\"org/"
			 "base\",\"license\":\"mit\",\"metrics\":{\"accuracy\":{"
			 "\"value\":0.81,\"higher_is_better\":true}}"},
	{"two data sets are kept apart",
		{{"README.md",
			CARD("  - dataset: {name: A b}\n    metrics: [{type: f1, value: 0.5}]\n"
			     "  - dataset: {name: C}\n    metrics: [{type: f1, value: 0.6}]\n")}},
		.holds = "\"A_b.f1\":{\"value\":0.5,\"higher_is_better\":true},\"C.f1\""},
	{"two configurations of one data set, too",
		{{"README.md",
			CARD("  - dataset: {name: A, config: x}\n    metrics: [{type: f1, value: "
			     "0.5}]\n"
			     "  - dataset: {name: A, config: y}\n    metrics: [{type: f1, value: "
			     "0.6}]\n")}},
		.holds = "\"A.x.f1\":{\"value\":0.5,\"higher_is_better\":true},\"A.y.f1\""},
	{"a percentage of a share becomes the share",
		{{"README.md", CARD("  - metrics: [{type: wer, value: 24.5}]\n")}},
		.holds = "\"wer\":{\"value\":0.245,\"higher_is_better\":false}"},
	{"a word error rate of 1.5 may be either",
		{{"README.md", CARD("  - metrics: [{type: wer, value: 1.5}]\n")}},
		.says = "say which with /1 or /100"},
	{"... until somebody says it",
		{{"README.md", CARD("  - metrics: [{type: wer, value: 1.5}]\n")}},
		.map = "wer=wer/100", .holds = "\"wer\":{\"value\":0.015,"},
	{"text is no number",
		{{"README.md", CARD("  - metrics: [{type: accuracy, value: 20.0 ± 1.2}]\n")}},
		.says = "is the text \"20.0 ± 1.2\", not a number"},
	{"nor is a quoted one",
		{{"README.md", CARD("  - metrics: [{type: accuracy, value: '0.9'}]\n")}},
		.says = "is the text \"0.9\", not a number"},
	{"nor .nan", {{"README.md", CARD("  - metrics: [{type: accuracy, value: .nan}]\n")}},
		.says = "is the text \".nan\", not a number"},
	{"what was measured in training keeps that name",
		{{"README.md", CARD("  - dataset: {name: d, split: train}\n"
				    "    metrics: [{type: f1, value: 0.98}]\n")}},
		.holds = "\"train.f1\""},
	{"... and cannot be called anything else",
		{{"README.md", CARD("  - dataset: {name: d, split: train}\n"
				    "    metrics: [{type: f1, value: 0.98}]\n")}},
		.map = "quality=train.f1", .says = "was measured on what it was trained with"},
	{"prose is no evidence", {{"README.md", "# m\nAccuracy: 0.99\n", HARVEST_EMPTY}},
		.says = "no front matter"},
	{"nor is a card without an index",
		{{"README.md", "---\nlicense: mit\n---\nAccuracy 0.99\n", HARVEST_EMPTY}},
		.says = "no model-index"},
	{"front matter that does not end", {{"README.md", "---\nlicense: mit\n", HARVEST_REFUSED}},
		.says = "README.md: the front matter has no end"},
	{"YAML that is none", {{"README.md", "---\na: [1\nb: 2\n---\n", HARVEST_REFUSED}},
		.says = "is no YAML"},
	{"an alias", {{"README.md", "---\na: &x [1]\nb: *x\n---\n", HARVEST_REFUSED}},
		.says = "uses an alias"},
	{"a key twice", {{"README.md", "---\na: 1\na: 2\n---\n", HARVEST_REFUSED}},
		.says = "duplicate"},
	{"two models in one index",
		{{"README.md",
			"---\nmodel-index:\n- name: a\n  results: []\n- name: b\n  results: "
			"[]\n---\n",
			HARVEST_REFUSED}},
		.says = "/model-index: speaks of 2 models"},
	{"the index as the Hub's API gives it",
		{{"card.json", "{\"model-index\":[{\"name\":\"m\",\"results\":[{\"metrics\":[{"
			       "\"type\":\"bleu\",\"value\":31.2}]}]}]}"}},
		.holds = "\"bleu\":{\"value\":0.312,\"higher_is_better\":true}"},
	{"the Hub's evaluation results",
		{{"card.json", "{\"evalResults\":[{\"data\":{\"dataset\":{\"id\":\"o/gsm\","
			       "\"task_id\":\"main\"},\"value\":0.5}}]}"}},
		.holds = "\"metrics\":{\"o_gsm.main\":0.5}"},
	{"... of an open scale",
		{{"card.json",
			"{\"evalResults\":[{\"dataset\":{\"id\":\"o/gsm\"},\"value\":50}]}"}},
		.says = "does not say on which scale"},

	/* ---- The clouds' reports ---- */
	{"SageMaker's report",
		{{"evaluation.json", "{\"classification_metrics\":{\"accuracy\":{\"value\":0.85,"
				     "\"standard_deviation\":0.01},\"confusion_matrix\":{\"0\":{"
				     "\"0\":5}}}}"}},
		.holds = "\"metrics\":{\"accuracy\":{\"value\":0.85,\"higher_is_better\":true}}",
		.lacks = "stderr"},
	{"... with its count",
		{{"statistics.json", "{\"dataset\":{\"item_count\":120},\"regression_metrics\":{"
				     "\"mse\":{\"value\":12.5,\"standard_deviation\":\"NaN\"}}}"}},
		.holds = "\"mse\":{\"value\":12.5,\"n\":120,\"higher_is_better\":false}"},
	{"... of nothing",
		{{"statistics.json",
			"{\"dataset\":{\"item_count\":0},\"regression_metrics\":{\"mse\":{"
			"\"value\":0}}}",
			HARVEST_REFUSED}},
		.says = "counts no item"},
	{"... with text for a number",
		{{"evaluation.json", "{\"regression_metrics\":{\"mse\":{\"value\":\"NaN\"}}}"}},
		.says = "is the text \"NaN\""},
	{"Python's NaN",
		{{"evaluation.json", "{\"regression_metrics\":{\"mse\":{\"value\":NaN}}}"}},
		.says = "is the text \"NaN\""},
	{"a byte order mark does no harm",
		{{"evaluation.json", "\xEF\xBB\xBF{\"metrics\":{\"f1\":{\"value\":0.5}}}"}},
		.holds = "\"f1\":{\"value\":0.5,"},
	{"constraints of a monitor",
		{{"constraints.json",
			"{\"version\":0,\"features\":[{\"name\":\"x\",\"completeness\":1}],"
			"\"monitoring_config\":{}}",
			HARVEST_EMPTY}},
		.says = "measures no model"},
	{"Vertex AI's evaluation",
		{{"evaluation.json", "{\"metricsSchemaUri\":\"gs://x\",\"metrics\":{\"auPrc\":0.9,"
				     "\"logLoss\":0.2,\"confidenceMetrics\":[]}}"}},
		.holds = "\"auPrc\":{\"value\":0.9,\"higher_is_better\":true},\"logLoss\":{"
			 "\"value\":"
			 "0.2,\"higher_is_better\":false}"},
	{"... of a slice",
		{{"evaluation.json",
			"{\"metricsSchemaUri\":\"gs://x\",\"metrics\":{\"auPrc\":0.9},"
			"\"sliceDimensions\":[\"annotationSpec\"]}",
			HARVEST_EMPTY}},
		.says = "a slice of the data"},
	{"the test split counts, the training split never",
		{{"metrics.json", "{\"train f1\":0.99,\"test f1\":0.67}"}},
		.holds = "\"metrics\":{\"test_f1\":{\"value\":0.67,\"higher_is_better\":true}}",
		.lacks = "0.99"},
	{"... not even when asked for", {{"metrics.json", "{\"train f1\":0.99,\"test f1\":0.67}"}},
		.map = "quality=train_f1", .says = "was measured on what it was trained with"},
	{"splits as objects", {{"metrics.json", "{\"train\":{\"f1\":0.99},\"test\":{\"f1\":0.6}}"}},
		.holds = "\"metrics\":{\"test_f1\":{"},
	{"no split at all", {{"metrics.json", "{\"accuracy\":0.9}"}},
		.says = "on which split of the data"},
	{"... until somebody says it", {{"metrics.json", "{\"accuracy\":0.9}"}},
		.map = "quality=accuracy", .holds = "\"metrics\":{\"quality\":{\"value\":0.9,"},

	/* ---- Any file ---- */
	{"thousands' commas", {{"evaluation.json", "{\"a\": 5,212,324}", HARVEST_REFUSED}},
		.says = "evaluation.json: is no JSON"},
	{"nothing", {{"evaluation.json", "", HARVEST_REFUSED}}, .says = "is empty"},
	{"a dry run",
		{{"evaluation.json",
			"{\"run\":{\"dry_run\":true},\"metrics\":{\"f1\":{\"value\":1}}}",
			HARVEST_REFUSED}},
		.says = "/run/dry_run: says that it was a dry run"},
	{"another format", {{"x.json", "{\"hello\":[1,2]}", HARVEST_UNKNOWN}},
		.says = "no format that is read here"},

	/* ---- Several files ---- */
	{"the same number twice counts once",
		{{"README.md", CARD("  - metrics: [{type: f1, value: 0.9123}]\n")},
			{"evaluation.json", "{\"metrics\":{\"f1\":{\"value\":0.91234}}}"}},
		.holds = "\"metrics\":{\"f1\":{\"value\":0.9123,"},
	{"two files that disagree",
		{{"a.json", "{\"metrics\":{\"f1\":{\"value\":0.91}}}"},
			{"b.json", "{\"metrics\":{\"f1\":{\"value\":0.92}}}"}},
		.says = "f1 is 0.91 in a.json (/metrics/f1/value) and 0.92 in b.json"},
	{"no id", {{"a.json", "{\"metrics\":{\"f1\":{\"value\":0.91}}}"}}, .no_id = true,
		.says = "give --id namespace/family-vN"},
	{"a name that is not there", {{"a.json", "{\"metrics\":{\"f1_macro\":{\"value\":0.91}}}"}},
		.map = "quality=f1_macra", .says = "did you mean f1_macro?"},
	{"a name for two", {{"a.json", "{\"metrics\":{\"f1\":{\"value\":0.91}}}"}},
		.map = "quality=f1,task_accuracy=f1", .says = "cannot be both"},
	{"a scale that cannot be", {{"a.json", "{\"metrics\":{\"f1\":{\"value\":91}}}"}},
		.map = "quality=f1/1", .says = "on a scale to 100, not to 1"},
	{"a scale that is said once more", {{"a.json", "{\"metrics\":{\"f1\":{\"value\":91}}}"}},
		.map = "quality=f1/100", .holds = "\"quality\":{\"value\":0.91,"},
	{"a score is no p95", {{"a.json", "{\"metrics\":{\"f1\":{\"value\":0.91}}}"}},
		.map = "latency_ms_p95=f1", .says = "is no 95th percentile"},
};
const size_t harvest_n_cases = sizeof(harvest_cases) / sizeof(harvest_cases[0]);
