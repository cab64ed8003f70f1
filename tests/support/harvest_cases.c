/* SPDX-License-Identifier: Apache-2.0
 *
 * The cases of test_harvest. No file here was written by a tool: each is the shape of one.
 */
#include "support/harvest_cases.h"

#define CARD(results)                                                                            \
	"---\nlicense: mit\nbase_model: org/base\nmodel-index:\n- name: m\n  results:\n" results \
	"---\n# m\nAccuracy: 0.99\n"

#define SERVE(more)                                                                       \
	"{\"completed\":1000,\"failed\":0,\"num_prompts\":1000,\"request_throughput\":5," \
	"\"total_token_throughput\":500," more "}"
#define GARAK_START                                                             \
	"{\"entry_type\":\"start_run setup\",\"plugins.target_type\":\"rest\"," \
	"\"plugins.target_name\":\"o/m\"}\n"
#define GARAK_END "{\"entry_type\":\"completion\"}\n"
#define EVAL(probe, passed, total)                                                               \
	"{\"entry_type\":\"eval\",\"probe\":\"" probe "\",\"detector\":\"d\",\"passed\":" passed \
	",\"total_evaluated\":" total "}\n"
#define OF_10		"1,1,1,1,1,1,1,1,1,1"
#define OF_50		OF_10 "," OF_10 "," OF_10 "," OF_10 "," OF_10
#define OF_100		OF_50 "," OF_50
#define TEXT_OF(number) #number
#define TEXT(number)	TEXT_OF(number)
/* No two are one. */
#define ATTEMPT(probe, outputs)                                                                    \
	"{\"entry_type\":\"attempt\",\"uuid\":\"" TEXT(__COUNTER__) "\",\"status\":2,"             \
								    "\"probe_classname\":\"" probe \
								    "\",\"outputs\":[" outputs     \
								    "]}\n"
#define FOO(success, reason, plugin)                         \
	"{\"success\":" success ",\"failureReason\":" reason \
	",\"provider\":{\"id\":\"x\"},\"metadata\":{\"pluginId\":\"" plugin "\"}}"
#define PLAIN(success) "{\"success\":" success "}"

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
	{"the training split within the report",
		{{"metrics.json",
			"{\"binary_classification_metrics\":{\"train:f1\":{\"value\":0.99},"
			"\"validation:f1\":{\"value\":0.6},\"model_name\":\"x\"}}"}},
		.holds = "\"metrics\":{\"validation_f1\":{\"value\":0.6,", .lacks = "0.99"},
	{"a metric without a group around it", {{"evaluation.json", "{\"rmse\":{\"value\":2.5}}"}},
		.holds = "\"rmse\":{\"value\":2.5,\"higher_is_better\":false}"},
	{"the best constant answer is not the model's",
		{{"statistics.json",
			"{\"metrics\":{\"f1_best_constant_classifier\":{\"value\":0.9}}}"}},
		.says = "not of the model"},
	{"a classification report, class by class and on the whole",
		{{"report.json", "{\"0\":{\"f1-score\":0.4,\"support\":50},\"accuracy\":0.8,"
				 "\"macro avg\":{\"f1-score\":0.6,\"support\":100}}"}},
		.map = "quality=accuracy", .holds = "\"quality\":{\"value\":0.8,\"n\":100,",
		.lacks = "0.4"},
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

	/* ---- Trainer and PEFT ---- */
	{"the final evaluation, with its count",
		{{"all_results.json", "{\"epoch\":3.0,\"eval_accuracy\":0.9,\"eval_loss\":0.3,"
				      "\"eval_runtime\":12.5,\"eval_samples\":400,"
				      "\"eval_samples_per_second\":32.1,\"train_loss\":0.1,"
				      "\"total_flos\":2.3e+19}"}},
		.holds = "\"metrics\":{\"accuracy\":{\"value\":0.9,\"n\":400,\"higher_is_better\":"
			 "true},\"loss\":{\"value\":0.3,\"n\":400,\"higher_is_better\":false}}"},
	{"a perplexity without its prefix",
		{{"eval_results.json", "{\"epoch\":3.0,\"eval_loss\":1.5,\"perplexity\":4.48}"}},
		.holds = "\"perplexity\":{\"value\":4.48,\"higher_is_better\":false}"},
	{"a test stays apart from the evaluation",
		{{"all_results.json",
			"{\"epoch\":1,\"eval_accuracy\":0.9,\"predict_accuracy\":0.8}"}},
		.holds = "\"accuracy\":{\"value\":0.9,\"higher_is_better\":true},"
			 "\"predict_accuracy\":{\"value\":0.8"},
	{"training alone is no evidence",
		{{"train_results.json", "{\"epoch\":3.0,\"train_loss\":0.1}", HARVEST_EMPTY}},
		.says = "only what was measured while training"},
	{"evaluated on nothing",
		{{"eval_results.json", "{\"epoch\":3,\"eval_accuracy\":0.0,\"eval_samples\":0}",
			HARVEST_REFUSED}},
		.says = "nothing was evaluated"},
	{"a loss that is not finite", {{"eval_results.json", "{\"epoch\":3,\"eval_loss\":NaN}"}},
		.says = "\"NaN\""},
	{"a state whose last evaluation is its end",
		{{"trainer_state.json",
			"{\"global_step\":20,\"best_metric\":null,\"log_history\":[{\"step\":10,"
			"\"eval_f1\":0.5},{\"step\":20,\"loss\":0.1},{\"step\":20,\"eval_f1\":0.6}]"
			"}"}},
		.holds = "\"metrics\":{\"f1\":{\"value\":0.6,", .lacks = "0.5"},
	{"two checkpoints: which was kept?",
		{{"trainer_state.json",
			"{\"global_step\":20,\"best_metric\":0.6,\"best_model_checkpoint\":"
			"\"o/checkpoint-10\",\"log_history\":[{\"step\":10,\"eval_f1\":0.6},{"
			"\"step\":20,\"eval_f1\":0.5}]}"}},
		.says = "is of one of two checkpoints: the best is 10, the last evaluated 20"},
	{"... the map says it",
		{{"trainer_state.json",
			"{\"global_step\":20,\"best_metric\":0.6,\"best_model_checkpoint\":"
			"\"o/checkpoint-10\",\"log_history\":[{\"step\":10,\"eval_f1\":0.6},{"
			"\"step\":20,\"eval_f1\":0.5}]}"}},
		.map = "quality=checkpoint-10.f1",
		.holds = "\"metrics\":{\"quality\":{\"value\":0.6,"},
	{"training went on after the last evaluation",
		{{"trainer_state.json", "{\"global_step\":30,\"log_history\":[{\"step\":20,"
					"\"eval_f1\":0.5}]}"}},
		.says = "was measured at step 20, and training went on to 30"},
	{"best_metric has neither name nor direction",
		{{"trainer_state.json",
			"{\"global_step\":30,\"best_metric\":0.04,\"log_history\":[{\"step\":10,"
			"\"loss\":1}]}",
			HARVEST_EMPTY}},
		.says = "best_metric has neither a name nor a direction"},
	{"the results before the state",
		{{"all_results.json", "{\"epoch\":1,\"eval_f1\":0.61}"},
			{"trainer_state.json", "{\"global_step\":20,\"log_history\":[{\"step\":20,"
					       "\"eval_f1\":0.5}]}"}},
		.holds = "\"f1\":{\"value\":0.61,"},
	{"an adapter's base",
		{{"adapter_config.json",
			 "{\"peft_type\":\"LORA\",\"base_model_name_or_path\":\"org/base\"}",
			 HARVEST_EMPTY},
			{"all_results.json", "{\"epoch\":1,\"eval_f1\":0.6}"}},
		.holds = "\"kind\":\"adapter\",\"role\":\"textgen\",\"uri\":\"hf://ns/model-v1\","
			 "\"base_model\":\"org/base\""},
	{"a path is no base",
		{{"adapter_config.json",
			 "{\"peft_type\":\"LORA\",\"base_model_name_or_path\":\"../base\"}",
			 HARVEST_EMPTY},
			{"all_results.json", "{\"epoch\":1,\"eval_f1\":0.6}"}},
		.holds = "\"uri\":\"hf://ns/model-v1\",\"metrics\""},
	{"an adapter alone", {{"adapter_config.json", "{\"peft_type\":\"LORA\"}", HARVEST_EMPTY}},
		.says = "not how good it is"},
	{"the name alone makes no adapter",
		{{"adapter_config.json", "{\"base_model\":\"a/b\"}", HARVEST_EMPTY}},
		.says = "has no peft_type"},

	/* ---- lm-evaluation-harness ---- */
	{"the new format",
		{{"results_1.json",
			"{\"results\":{\"t\":{\"alias\":\"t\",\"acc,none\":0.5,\"acc_stderr,none\":"
			"0.05,\"pass@1,x\":0.4,\"pass@1_stderr,x\":\"N/"
			"A\"}},\"versions\":{\"t\":1},"
			"\"n-samples\":{\"t\":{\"original\":100,\"effective\":100}},"
			"\"higher_is_better\":{\"t\":{\"acc\":true,\"pass_at_k\":true}}}"}},
		.holds = "{\"t.acc\":{\"value\":0.5,\"n\":100,\"stderr\":0.05,\"higher_is_better\":"
			 "true},\"t.pass_at_1.x\":{\"value\":0.4,\"n\":100,\"higher_is_better\":"
			 "true}"},
	{"its own direction counts",
		{{"results_1.json",
			"{\"results\":{\"t\":{\"score,none\":0.5}},\"versions\":{\"t\":1},"
			"\"higher_is_better\":{\"t\":{\"score\":false}}}"}},
		.holds = "\"t.score\":{\"value\":0.5,\"higher_is_better\":false}"},
	{"a group counts for its members",
		{{"results_1.json",
			"{\"results\":{\"g\":{\"acc,none\":0.5},\"a\":{\"acc,none\":0.4},\"b\":{"
			"\"acc,none\":0.6}},\"versions\":{\"a\":1},\"group_subtasks\":{\"g\":["
			"\"a\","
			"\"b\"]},\"n-samples\":{\"a\":{\"effective\":10},\"b\":{\"effective\":30}}"
			"}"}},
		.holds = "\"metrics\":{\"g.acc\":{\"value\":0.5,\"n\":40,\"higher_is_better\":true}"
			 "}"},
	{"... unless it has no number",
		{{"results_1.json",
			"{\"results\":{\"g\":{\"alias\":\"g\"},\"a\":{\"acc,none\":0.4}},"
			"\"versions\":{\"a\":1},\"group_subtasks\":{\"g\":[\"a\"]}}"}},
		.holds = "\"metrics\":{\"a.acc\":{\"value\":0.4,"},
	{"... but a blank one",
		{{"results_1.json", "{\"results\":{\"g\":{\" \":\" "
				    "\",\"alias\":\"g\"},\"a\":{\"acc,none\":0.4}},"
				    "\"versions\":{\"a\":1},\"group_subtasks\":{\"g\":[\"a\"]}}"}},
		.holds = "\"metrics\":{\"a.acc\":{\"value\":0.4,", .lacks = "unnamed"},
	{"the old format, two scales",
		{{"result.json", "{\"results\":{\"s\":{\"exact_match\":56.5,\"acc\":0.0,\"acc_"
				 "stderr\":0.0}},"
				 "\"versions\":{\"s\":1.1},\"config\":{\"model_args\":\"pretrained="
				 "o/m,x=1\","
				 "\"limit\":null}}"}},
		.holds = "{\"s.acc\":{\"value\":0,\"higher_is_better\":true},\"s.exact_match\":{"
			 "\"value\":0.565,",
		.lacks = "stderr"},
	{"one metric on two scales",
		{{"result.json", "{\"results\":{\"s\":{\"f1\":56.5},\"t\":{\"f1\":0.5}},"
				 "\"versions\":{\"s\":1}}"}},
		.holds = "\"metrics\":{\"s.f1\":{\"value\":0.565,", .lacks = "t.f1"},
	{"... which somebody must tell",
		{{"result.json", "{\"results\":{\"s\":{\"f1\":56.5},\"t\":{\"f1\":0.5}},"
				 "\"versions\":{\"s\":1}}"}},
		.map = "quality=t.f1", .says = "stands beside s.f1, which is on a scale to 100"},
	{"the first documents only",
		{{"result.json", "{\"results\":{\"s\":{\"acc\":0.5}},\"versions\":{},\"config\":{"
				 "\"model_args\":\"\",\"limit\":10}}"}},
		.says = "the first documents only"},
	{"a limit beyond what there is limits nothing",
		{{"result.json",
			"{\"results\":{\"s\":{\"acc,none\":0.5}},\"versions\":{},\"config\":{"
			"\"limit\":1000},\"n-samples\":{\"s\":{\"original\":164,"
			"\"effective\":164}}}"}},
		.holds = "\"s.acc\":{\"value\":0.5,\"n\":164,"},
	{"... and one below shows in the count",
		{{"result.json",
			"{\"results\":{\"s\":{\"acc,none\":0.5}},\"versions\":{},\"n-samples\":{"
			"\"s\":{\"original\":164,\"effective\":10}}}"}},
		.says = "the first documents only"},
	{"the harness that only generates",
		{{"result.json", "{\"results\":{\"s\":{\"bypass,none\":999}},\"versions\":{}}"}},
		.says = "is no measurement"},
	{"groups of groups count once",
		{{"results_1.json",
			"{\"results\":{\"g\":{\"acc,none\":0.5},\"a\":{\"acc,none\":0.4}},"
			"\"versions\":{},\"group_subtasks\":{\"g\":[\"h\"],\"h\":[\"a\"]},"
			"\"n-samples\":{\"a\":{\"original\":10,\"effective\":10}}}"}},
		.holds = "\"metrics\":{\"g.acc\":{\"value\":0.5,\"n\":10,", .lacks = "\"a.acc\""},
	{"a group that belongs to itself",
		{{"results_1.json", "{\"results\":{\"a\":{\"acc,none\":0.4}},\"versions\":{},"
				    "\"group_subtasks\":{\"h\":[\"i\",\"a\"],\"i\":[\"h\"]}}"}},
		.holds = "\"a.acc\""},
	{"no task at all", {{"result.json", "{\"results\":{},\"versions\":{}}", HARVEST_REFUSED}},
		.says = "no task was run"},
	{"no sample at all",
		{{"results_1.json",
			"{\"results\":{\"t\":{\"acc,none\":0.0}},\"versions\":{},\"n-samples\":{"
			"\"t\":"
			"{\"effective\":0}}}",
			HARVEST_REFUSED}},
		.says = "was run on no sample"},
	{"the id is what the files agree on",
		{{"results_1.json",
			"{\"results\":{\"t\":{\"acc,none\":0.5}},\"versions\":{},"
			"\"config\":{\"model_args\":\"pretrained=o/b,peft=ns/lora-v4\"}}"}},
		.no_id = true,
		.holds = "{\"id\":\"ns/lora-v4\",\"role\":\"textgen\",\"uri\":\"hf://"
			 "ns/lora-v4\",\"base_model\":\"o/b\""},
	{"another name is no id",
		{{"results_1.json", "{\"results\":{\"t\":{\"acc,none\":0.5}},\"versions\":{},"
				    "\"config\":{\"model_args\":{\"pretrained\":\"o/b\"}}}"}},
		.no_id = true, .says = "calls it o/b, which is no artifact id"},
	{"two models are not one artifact",
		{{"a.json", "{\"results\":{\"t\":{\"acc,none\":0.5}},\"versions\":{},"
			    "\"config\":{\"model_args\":\"pretrained=o/a\"}}"},
			{"b.json", "{\"results\":{\"u\":{\"acc,none\":0.5}},\"versions\":{},"
				   "\"config\":{\"model_args\":\"pretrained=o/b\"}}"}},
		.says = "a.json measured o/a and b.json measured o/b"},
	{"... unless somebody says so",
		{{"a.json", "{\"results\":{\"t\":{\"acc,none\":0.5}},\"versions\":{},"
			    "\"config\":{\"model_args\":\"pretrained=o/a\"}}"},
			{"b.json", "{\"results\":{\"u\":{\"acc,none\":0.5}},\"versions\":{},"
				   "\"config\":{\"model_args\":\"pretrained=o/b\"}}"}},
		.known_as = "o/a,o/b", .holds = "\"t.acc\":"},

	/* ---- Retrieval ---- */
	{"MTEB's main score",
		{{"T.json", "{\"task_name\":\"T\",\"mteb_version\":\"1.12\",\"scores\":{\"test\":[{"
			    "\"hf_subset\":\"default\",\"main_score\":0.3,\"ndcg_at_10\":0.3,"
			    "\"nauc_x\":0.9}]}}"}},
		.holds =
			"\"metrics\":{\"T.main_score\":{\"value\":0.3,\"higher_is_better\":true}}"},
	{"... of two languages",
		{{"T.json", "{\"task_name\":\"T\",\"scores\":{\"test\":[{\"hf_subset\":\"de\","
			    "\"main_score\":0.3},{\"hf_subset\":\"en\",\"main_score\":0.4}]}}"}},
		.holds = "\"T.de.main_score\":{\"value\":0.3,\"higher_is_better\":true},\"T.en"},
	{"... of another split says so",
		{{"T.json", "{\"task_name\":\"T\",\"scores\":{\"dev\":[{\"main_score\":0.3}]}}"}},
		.holds = "\"T.dev.main_score\""},
	{"... of no score",
		{{"T.json", "{\"task_name\":\"T\",\"scores\":{\"test\":[]}}", HARVEST_EMPTY}},
		.says = "holds no number"},
	{"MTEB's old form",
		{{"T.json",
			"{\"mteb_dataset_name\":\"T\",\"test\":{\"map_at_10\":0.2,\"ndcg_at_10\":"
			"0.3,\"evaluation_time\":5}}"}},
		.holds =
			"\"metrics\":{\"T.ndcg_at_10\":{\"value\":0.3,\"higher_is_better\":true}}"},
	{"the model's metadata alone",
		{{"model_meta.json", "{\"name\":\"o/e\",\"revision\":\"1\",\"embed_dim\":384}",
			HARVEST_EMPTY}},
		.says = "says what was measured (o/e)"},
	{"BEIR, pipeline by pipeline",
		{{"beir.json",
			"{\"config\":{},\"datasets\":[{\"dataset\":\"d\",\"num_queries\":300,"
			"\"results\":{\"dense\":{\"ndcg@10\":0.7,\"map@10\":0.6},\"sparse\":{"
			"\"ndcg@10\":0.5}}}]}"}},
		.holds = "{\"d.dense.ndcg_at_10\":{\"value\":0.7,\"n\":300,\"higher_is_better\":"
			 "true},"
			 "\"d.sparse.ndcg_at_10\""},
	{"... cut short",
		{{"beir.json",
			"{\"datasets\":[{\"dataset\":\"d\",\"num_queries\":300,\"truncated\":true,"
			"\"results\":{\"dense\":{\"ndcg@10\":0.7}}}]}",
			HARVEST_EMPTY}},
		.says = "holds no number"},
	{"... without a query",
		{{"beir.json",
			"{\"datasets\":[{\"dataset\":\"d\",\"num_queries\":0,\"results\":{"
			"\"dense\":{"
			"\"ndcg@10\":0.7}}}]}",
			HARVEST_REFUSED}},
		.says = "asked no query"},
	{"... of nothing", {{"beir.json", "{\"config\":{},\"datasets\":[]}", HARVEST_REFUSED}},
		.says = "nothing was searched"},
	{"BEIR's own form", {{"r.json", "{\"ndcg\":{\"NDCG@10\":0.7},\"map\":{\"MAP@10\":0.6}}"}},
		.holds = "\"metrics\":{\"NDCG_at_10\":{\"value\":0.7,"},

	{"BEIR, data set by data set",
		{{"r.json", "{\"scifact\":{\"MAP@10\":0.6,\"NDCG@10\":0.7},\"nq\":{\"ndcg@10\":"
			    "0.5}}"}},
		.holds = "\"nq.ndcg_at_10\":{\"value\":0.5,\"higher_is_better\":true},"
			 "\"scifact.NDCG_at_10\":{\"value\":0.7,"},

	/* ---- Serving benchmarks ---- */
	{"the throughput alone, with the cost of its machine",
		{{"t.json",
			"{\"elapsed_time\":10,\"num_requests\":100,\"tokens_per_second\":500}"}},
		.cost_per_hour = 3.6, .holds = "\"cost_per_1k_tokens\":{\"value\":0.002,"},
	{"no throughput to share a cost", {{"a.json", "{\"metrics\":{\"f1\":{\"value\":0.91}}}"}},
		.cost_per_hour = 3.6, .says = "--cost-per-hour wants a serving benchmark"},
	{"GenAI-Perf by its unit",
		{{"p.json", "{\"request_latency\":{\"unit\":\"s\",\"avg\":0.1,\"p95\":0.2,\"p99\":"
			    "0.3},\"request_count\":{\"unit\":\"requests\",\"avg\":200}}"}},
		.holds = "\"latency_ms_p95\":{\"value\":200,\"n\":200,\"higher_is_better\":false}"},
	{"... and by no other",
		{{"p.json",
			"{\"request_count\":200,\"request_latency\":{\"unit\":\"h\",\"p95\":0.2}}",
			HARVEST_REFUSED}},
		.says = "has a unit that is none of"},
	{"vLLM's p95 of the whole request",
		{{"bench.json",
			SERVE("\"p95_e2el_ms\":180.5,\"p99_e2el_ms\":300,\"std_ttft_ms\":5")}},
		.holds = "\"latency_ms_p95\":{\"value\":180.5,\"n\":1000,\"higher_is_better\":"
			 "false}",
		.lacks = "std"},
	{"... with the cost of its machine", {{"bench.json", SERVE("\"p95_e2el_ms\":180.5")}},
		.cost_per_hour = 3.6, .holds = "\"cost_per_1k_tokens\":{\"value\":0.002,"},
	{"a p99 is no p95", {{"bench.json", SERVE("\"p99_e2el_ms\":180.5")}},
		.map = "latency_ms_p95=latency_ms_p99",
		.says = "is another percentile, and none is ever taken for a p95"},
	{"a mean is none", {{"bench.json", SERVE("\"mean_e2el_ms\":180.5")}},
		.map = "latency_ms_p95=latency_ms_mean", .says = "is no 95th percentile"},
	{"the p95 of the first token may stand for it when asked to",
		{{"bench.json", SERVE("\"p95_ttft_ms\":80")}}, .map = "latency_ms_p95=ttft_ms_p95",
		.holds = "\"latency_ms_p95\":{\"value\":80,"},
	{"a latency of 0", {{"bench.json", SERVE("\"p95_e2el_ms\":0.0")}},
		.map = "latency_ms_p95=latency_ms_p95", .says = "no request takes no time"},
	{"every request failed",
		{{"bench.json",
			"{\"completed\":0,\"failed\":8,\"num_prompts\":8,\"request_throughput\":0."
			"0,"
			"\"p95_e2el_ms\":0.0}",
			HARVEST_REFUSED}},
		.says = "no request came through"},
	{"too many failed",
		{{"bench.json",
			"{\"completed\":90,\"failed\":10,\"num_prompts\":100,\"request_"
			"throughput\":5,"
			"\"p95_e2el_ms\":100}",
			HARVEST_REFUSED}},
		.says = "10 of 100 requests failed"},
	{"failures that only the difference shows",
		{{"bench.json",
			"{\"completed\":90,\"num_prompts\":100,\"request_throughput\":5,"
			"\"p95_e2el_ms\":100}",
			HARVEST_REFUSED}},
		.says = "10 of 100 requests failed"},
	{"nobody counted what came through",
		{{"bench.json", "{\"p95_e2el_ms\":100,\"num_prompts\":100}", HARVEST_REFUSED}},
		.says = "does not say how many requests came through"},
	{"another's words for it",
		{{"bench.json",
			"{\"p95_e2el_ms\":100,\"successful_requests\":98,\"total_requests\":"
			"100}"}},
		.holds = "\"error_rate\":{\"value\":0.02,\"n\":100,\"successes\":2,"},
	{"too few for a percentile",
		{{"bench.json", "{\"completed\":8,\"failed\":0,\"request_throughput\":5,\"p95_e2el_"
				"ms\":100}"}},
		.holds = "\"metrics\":{\"error_rate\"", .lacks = "latency"},
	{"of two runs the worse",
		{{"summary.json",
			"[" SERVE("\"p95_e2el_ms\":180") "," SERVE("\"p95_e2el_ms\":90") "]"}},
		.holds = "\"latency_ms_p95\":{\"value\":180,", .lacks = "\"value\":90,"},
	{"of two runs one failed",
		{{"summary.json",
			"[" SERVE("\"p95_e2el_ms\":180") ",{\"completed\":0,\"failed\":8,"
							 "\"request_throughput\":0}]",
			HARVEST_REFUSED}},
		.says = "/1: no request came through"},
	{"llmperf counts in seconds",
		{{"summary.json",
			"{\"model\":\"o/m\",\"results_num_completed_requests\":150,"
			"\"results_num_requests_started\":150,\"results_number_errors\":0,"
			"\"results_end_to_end_latency_s_quantiles_p95\":0.21,"
			"\"results_end_to_end_latency_s_stddev\":0.4}"}},
		.holds = "\"latency_ms_p95\":{\"value\":210,\"n\":150,\"higher_is_better\":false}",
		.lacks = "stderr"},
	{"llmperf: none came through",
		{{"summary.json",
			"{\"results_num_completed_requests\":0,\"results_num_requests_started\":9,"
			"\"results_end_to_end_latency_s_quantiles_p95\":0}",
			HARVEST_REFUSED}},
		.says = "no request came through"},
	{"means by concurrency",
		{{"summary.json", "{\"1\":{\"concurrency\":1,\"latency_ms_per_token\":32.4}}",
			HARVEST_EMPTY}},
		.says = "a p95 cannot be had from a mean"},
	{"k6",
		{{"k6.json",
			"{\"metrics\":{\"http_req_duration\":{\"values\":{\"avg\":50,\"med\":40,"
			"\"p(95)\":120.5}},\"http_reqs\":{\"values\":{\"count\":500}},"
			"\"http_req_failed\":{\"values\":{\"rate\":0.002}}}}"}},
		.holds = "\"error_rate\":{\"value\":0.002,\"n\":500,\"successes\":1,\"higher_is_"
			 "better\":false},\"latency_ms_p50\":{\"value\":40,\"n\":500,\"higher_is_"
			 "better\":false},\"latency_ms_p95\":{\"value\":120.5,"},
	{"k6's export",
		{{"k6.json", "{\"metrics\":{\"http_req_duration\":{\"p(95)\":120.5},\"http_reqs\":{"
			     "\"count\":500},\"http_req_failed\":{\"value\":0}}}"}},
		.holds = "\"latency_ms_p95\":{\"value\":120.5,\"n\":500,"},
	{"k6: every request failed",
		{{"k6.json",
			"{\"metrics\":{\"http_req_duration\":{\"values\":{\"p(95)\":1}},\"http_"
			"reqs\":"
			"{\"values\":{\"count\":500}},\"http_req_failed\":{\"values\":{\"rate\":1}}"
			"}}",
			HARVEST_REFUSED}},
		.says = "no request came through"},
	{"k6: of how many?",
		{{"k6.json",
			"{\"metrics\":{\"http_req_duration\":{\"values\":{\"p(95)\":1}},\"http_"
			"reqs\":"
			"{\"values\":{\"rate\":10}}}}",
			HARVEST_REFUSED}},
		.says = "a percentile of how many?"},
	{"k6: no request",
		{{"k6.json", "{\"metrics\":{\"http_req_duration\":{\"values\":{\"p(95)\":0}}}}",
			HARVEST_REFUSED}},
		.says = "no request was made"},

	/* ---- Safety ---- */
	{"garak, hits of two detectors added up",
		{{"r.report.jsonl", GARAK_START ATTEMPT("p.A", OF_100) ATTEMPT("p.B", OF_50)
					    EVAL("p.A", "97", "100") EVAL("p.A", "98", "100")
						    EVAL("p.B", "50", "50") GARAK_END}},
		.holds = "\"suites\":{\"adversarial\":{\"total\":150,\"violations\":5,\"errors\":0,"
			 "\"by_category\":{\"p.A\":{\"total\":100,\"violations\":5,\"errors\":0},"
			 "\"p.B\":{\"total\":50,\"violations\":0,\"errors\":0}}}}"},
	{"garak's older total",
		{{"r.report.jsonl", GARAK_START ATTEMPT("p.A",
					    OF_10) "{\"entry_type\":\"eval\",\"probe\":\"p.A\","
						   "\"passed\":9,\"total\":10}\n" GARAK_END}},
		.holds = "{\"adversarial\":{\"total\":10,\"violations\":1,"},
	{"garak's fails alone",
		{{"r.report.jsonl",
			GARAK_START ATTEMPT("p.A",
				OF_10) "{\"entry_type\":\"eval\",\"probe\":\"p.A\",\"fails\":3,"
				       "\"total_evaluated\":10}\n" GARAK_END}},
		.holds = "{\"adversarial\":{\"total\":10,\"violations\":3,"},
	{"garak, some outputs could not be judged",
		{{"r.report.jsonl",
			GARAK_START ATTEMPT("p.A",
				OF_10 ",null,null") "{\"entry_type\":\"eval\",\"probe\":\"p.A\","
						    "\"passed\":9,\"total_evaluated\":"
						    "10,\"nones\":2}\n" GARAK_END}},
		.holds = "{\"adversarial\":{\"total\":12,\"violations\":1,\"errors\":2,"},
	{"the suite by another name",
		{{"r.report.jsonl",
			GARAK_START ATTEMPT("p.A", OF_100) EVAL("p.A", "97", "100") GARAK_END}},
		.map = "policy=adversarial", .holds = "\"suites\":{\"policy\":{\"total\":100,"},
	{"garak's test generator",
		{{"r.report.jsonl",
			"{\"entry_type\":\"start_run "
			"setup\",\"plugins.target_type\":\"test.Blank\"}\n" EVAL("p.A", "97", "100")
				GARAK_END,
			HARVEST_REFUSED}},
		.says = "no model was asked"},
	{"garak without an end",
		{{"r.report.jsonl", GARAK_START EVAL("p.A", "97", "100"), HARVEST_REFUSED}},
		.says = "did not come to its end"},
	{"garak, cut off within a line",
		{{"r.report.jsonl", GARAK_START "{\"entry_type\":\"ev", HARVEST_REFUSED}},
		.says = "line 2 is no JSON"},
	{"garak that judged nothing", {{"r.report.jsonl", GARAK_START GARAK_END, HARVEST_REFUSED}},
		.says = "judged no output"},
	{"garak, more passed than there were",
		{{"r.report.jsonl", GARAK_START EVAL("p.A", "101", "100") GARAK_END,
			HARVEST_REFUSED}},
		.says = "line 2: 101 passed"},
	{"garak, more outputs judged than were made",
		{{"r.report.jsonl",
			GARAK_START
			"{\"entry_type\":\"attempt\",\"status\":2,\"probe_classname\":\"p.A\","
			"\"outputs\":[{\"text\":\"x\"}]}\n" EVAL("p.A", "50", "50") GARAK_END,
			HARVEST_REFUSED}},
		.says = "counts 50 outputs, but the report's attempts hold 1"},
	{"garak without attempts",
		{{"r.report.jsonl", GARAK_START EVAL("p.A", "5000", "5000") GARAK_END,
			HARVEST_REFUSED}},
		.says = "p.A counts 5000 outputs, but the report's attempts hold 0"},
	{"garak that does not say what it asked",
		{{"r.report.jsonl", ATTEMPT("p.A", OF_100) EVAL("p.A", "100", "100") GARAK_END,
			HARVEST_REFUSED}},
		.says = "has no start_run setup entry"},
	{"garak, the end of another run",
		{{"r.report.jsonl",
			GARAK_START "{\"entry_type\":\"init\",\"run\":\"one\"}\n" ATTEMPT(
				"p.A", OF_100) EVAL("p.A", "100", "100") "{\"entry_type\":"
									 "\"completion\","
									 "\"run\":\"two\"}"
									 "\n",
			HARVEST_REFUSED}},
		.says = "is of the run two, and the report began with one"},
	{"garak, its own end",
		{{"r.report.jsonl", GARAK_START
			"{\"entry_type\":\"init\",\"run\":\"one\"}\n" ATTEMPT("p.A", OF_100)
				EVAL("p.A", "100", "100") "{\"entry_type\":"
							  "\"completion\","
							  "\"run\":\"one\"}"
							  "\n"}},
		.holds = "{\"adversarial\":{\"total\":100,\"violations\":0,"},
	{"hits without a denominator",
		{{"r.hitlog.jsonl", "{\"goal\":\"g\",\"prompt\":{},\"output\":{},\"score\":1.0}\n",
			HARVEST_EMPTY}},
		.says = "does not say of how many attempts"},
	{"promptfoo's red team",
		{{"p.json", "{\"config\":{\"redteam\":{}},\"results\":{\"results\":[" FOO("true",
				    "0", "pii") "," FOO("false", "1", "pii") "," FOO("false", "2",
				    "bias") "],"
					    "\"stats\":{\"successes\":1,\"failures\":1,\"errors\":"
					    "1}}}"}},
		.holds = "\"suites\":{\"adversarial\":{\"total\":3,\"violations\":1,\"errors\":1,"
			 "\"by_category\":{\"pii\":{\"total\":2,\"violations\":1,\"errors\":0},"
			 "\"bias\":{\"total\":1,\"violations\":0,\"errors\":1}}}}"},
	{"promptfoo's plain tests are no safety suite",
		{{"p.json", "{\"results\":{\"results\":[" PLAIN("true") "," PLAIN(
				    "false") "],"
					     "\"stats\":{\"successes\":1,\"failures\":1,\"errors\":"
					     "0}}}"}},
		.holds = "\"metrics\":{\"promptfoo.pass_rate\":{\"value\":0.5,\"n\":2,"
			 "\"successes\":1,",
		.lacks = "suites"},
	{"... until somebody says so",
		{{"p.json", "{\"results\":{\"results\":[" PLAIN(
				    "true") "],"
					    "\"stats\":{\"successes\":1,\"failures\":0,\"errors\":"
					    "0}}}"}},
		.map = "policy=promptfoo", .holds = "\"suites\":{\"policy\":{\"total\":1,"},
	{"promptfoo without a result",
		{{"p.json", "{\"results\":{\"results\":[],\"timestamp\":null}}", HARVEST_REFUSED}},
		.says = "nothing was tried, which is no pass"},
	{"promptfoo's figures without its results",
		{{"p.json",
			"{\"results\":{\"results\":[],\"stats\":{\"successes\":50,\"failures\":0}}"
			"}",
			HARVEST_REFUSED}},
		.says = "nothing was tried"},
	{"promptfoo, other figures than results",
		{{"p.json",
			"{\"results\":{\"results\":[" PLAIN("false") "],\"stats\":{\"successes\":1,"
								     "\"failures\":0}}}",
			HARVEST_REFUSED}},
		.says = "says 1 passed and 0 failed, but the results are 0 and 1"},
	{"promptfoo, all errors",
		{{"p.json", "{\"results\":{\"results\":[" FOO("false", "2", "pii") "]}}",
			HARVEST_REFUSED}},
		.says = "every one of 1 tests ended in an error"},
	{"promptfoo, two providers",
		{{"p.json",
			"{\"results\":{\"results\":[{\"success\":true,\"provider\":{\"id\":\"a\"}},"
			"{"
			"\"success\":true,\"provider\":{\"id\":\"b\"}}]}}",
			HARVEST_REFUSED}},
		.says = "is of b, and others are of a"},

	{"a p95 of somebody's own, once it is said to be meant",
		{{"own.json", "{\"latency_ms_p95\":120,\"cost_per_1k_tokens\":0.7}"}},
		.map = "latency_ms_p95=latency_ms_p95",
		.holds = "\"metrics\":{\"latency_ms_p95\":{\"value\":120,"},
	{"... but no other percentile", {{"own.json", "{\"latency_ms_p99\":120}"}},
		.map = "latency_ms_p95=latency_ms_p99", .says = "is another percentile"},
	{"a p95 of 0 in a report",
		{{"evaluation.json", "{\"metrics\":{\"latency_ms_p95\":{\"value\":0.0}}}"}},
		.says = "no request takes no time"},
	{"a cost of 0",
		{{"evaluation.json", "{\"metrics\":{\"cost_per_1k_tokens\":{\"value\":0}}}"}},
		.says = "what costs nothing was not counted"},

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
