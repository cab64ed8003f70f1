/* SPDX-License-Identifier: Apache-2.0
 *
 * Evaluation frameworks beside the harness: Inspect's logs, HELM's statistics, BigCode's results. A log says
 * whether its run came to its end, and only then counts; of HELM only what was measured as it stands, on no
 * training split and with nothing disturbed.
 */
#include <math.h>
#include <string.h>

#include "model/harvest_parts.h"

static bool begins_with(const char *s, const char *start)
{
	return !strncmp(s, start, strlen(start));
}

static bool ends_with(const char *s, const char *end)
{
	size_t n = strlen(s), m = strlen(end);

	return n >= m && !strcmp(s + n - m, end);
}

/* ---- Inspect ---- */

bool harvest_is_inspect_archive(const struct harvest_file *f)
{
	return ends_with(f->name, ".eval") && !f->root;
}

enum harvest_outcome harvest_read_inspect_archive(
	struct harvest *h, const struct harvest_file *f, struct err *err)
{
	return harvest_refuse(h, NULL, err,
		"is a packed log: make JSON of it with inspect log convert --to json, or "
		"evaluate with --log-format json");
}

bool harvest_is_inspect(const struct harvest_file *f)
{
	const struct json_value *eval = json_member(f->root, "eval");

	return json_member_string(f->root, "status") && json_member_string(eval, "task") &&
	       json_member_string(eval, "model");
}

/* "inspect_evals/gsm8k" is "gsm8k". */
static const char *last_part(const char *s)
{
	const char *slash = strrchr(s, '/');

	return slash ? slash + 1 : s;
}

/* The provider is in front: "hf/org/model". */
static void read_inspect_model(struct harvest *h, const struct json_value *v)
{
	const char *slash = strchr(v->string, '/');

	harvest_model_named(h, v, slash && strchr(slash + 1, '/') ? slash + 1 : v->string);
}

/* How often each sample was asked, which counts once. */
static int64_t epochs_of(const struct json_value *eval)
{
	int64_t n = harvest_count(json_member(json_member(eval, "config"), "epochs"));

	return n > 0 ? n : 1;
}

/* Why a person has to say that it counts; NULL: it does. */
static const char *reservation(struct harvest *h, const struct json_value *root)
{
	const struct json_value *eval = json_member(root, "eval");
	const struct json_value *config = json_member(eval, "config");
	const struct json_value *results = json_member(root, "results");
	int64_t of = harvest_count(json_member(json_member(eval, "dataset"), "samples"));
	int64_t planned = harvest_count(json_member(results, "total_samples"));
	int64_t done = harvest_count(json_member(results, "completed_samples"));
	bool is_part = harvest_means_yes(json_member(config, "limit")) ||
		       harvest_means_yes(json_member(config, "sample_id"));

	if (is_part && (of < 0 || planned < 0 || planned / epochs_of(eval) < of))
		return "was measured on a part of the samples only (limit, sample_id); --map takes "
		       "it all the same";
	if (planned > 0 && done < planned)
		return arena_printf(h->arena,
			"leaves out the %lld of %lld samples that ended in an error; --map takes "
			"it all the same",
			(long long)(planned - done), (long long)planned);
	return NULL;
}

/* {"accuracy": {"value": 0.9}, "stderr": {"value": 0.01}}: the error is of the mean. */
static void read_inspect_metrics(struct harvest *h, const struct json_value *metrics,
	const char *prefix, int64_t n, const char *why)
{
	const struct json_value *error = json_member(json_member(metrics, "stderr"), "value");

	for (size_t i = 0; json_is(metrics, JSON_KIND_OBJECT) && i < metrics->n; i++) {
		const char *name = metrics->sub[i].key;
		if (!strcmp(name, "stderr") || !strcmp(name, "var"))
			continue;
		struct finding *f =
			harvest_find(h, json_member(&metrics->sub[i], "value"), prefix, name);
		f->metric.n = n;
		if (!strcmp(name, "accuracy") || !strcmp(name, "mean"))
			harvest_stderr(h, f, error);
		if (why)
			harvest_on_call(f, why);
	}
}

static enum harvest_outcome read_score(struct harvest *h, const struct json_value *root,
	const struct json_value *score, bool is_alone, struct err *err)
{
	const struct json_value *results = json_member(root, "results");
	const struct json_value *eval = json_member(root, "eval");
	const char *task = last_part(json_member_string(eval, "task"));
	const char *name = json_member_string(score, "name");
	const char *reducer = json_member_string(score, "reducer");
	const struct json_value *metrics = json_member(score, "metrics");
	const char *why = reservation(h, root);
	int64_t n = harvest_count(json_member(score, "scored_samples"));
	int64_t unscored = harvest_count(json_member(score, "unscored_samples"));

	if (n < 0)
		n = harvest_count(json_member(results, "completed_samples")) / epochs_of(eval);
	if (n == 0)
		return harvest_refuse(h, score, err, "scored no sample: nothing was measured");
	if (!why && unscored > 0)
		why = arena_printf(h->arena,
			"leaves out %lld samples that got no score; --map takes it all the same",
			(long long)unscored);
	const char *prefix = task;
	if (!is_alone && name)
		prefix = arena_printf(h->arena, "%s.%s", prefix, name);
	if (!is_alone && reducer)
		prefix = arena_printf(h->arena, "%s.%s", prefix, reducer);
	read_inspect_metrics(
		h, metrics ? metrics : json_member(results, "metrics"), prefix, n, why);
	return HARVEST_READ;
}

enum harvest_outcome harvest_read_inspect(
	struct harvest *h, const struct harvest_file *f, struct err *err)
{
	const struct json_value *status = json_member(f->root, "status");
	const struct json_value *model = json_member(json_member(f->root, "eval"), "model");
	const struct json_value *results = json_member(f->root, "results");
	const struct json_value *scores = json_member(results, "scores");
	const struct json_value *one = json_member(results, "scorer");

	if (strcmp(status->string, "success") != 0)
		return harvest_refuse(h, status, err,
			"is \"%.20s\": the run did not come to its end", status->string);
	if (harvest_means_yes(json_member(f->root, "invalidated")))
		return harvest_refuse(h, json_member(f->root, "invalidated"), err,
			"says that somebody found this run not valid");
	if (begins_with(model->string, "mockllm/") || begins_with(model->string, "none"))
		return harvest_refuse(h, model, err,
			"is %.60s, which stands in for a model: none was asked", model->string);
	if (harvest_count(json_member(results, "completed_samples")) == 0)
		return harvest_refuse(h, results, err,
			"completed no sample (completed_samples): nothing was measured");
	read_inspect_model(h, model);
	/* Before the second version there was one. */
	if (json_is(one, JSON_KIND_OBJECT) && !scores)
		return read_score(h, f->root, one, true, err);
	if (!json_is(scores, JSON_KIND_ARRAY) || !scores->n)
		return harvest_refuse(h, results, err,
			"holds no score: nothing was judged; score it with inspect score");
	for (size_t i = 0; i < scores->n; i++)
		if (read_score(h, f->root, &scores->sub[i], scores->n == 1, err) != HARVEST_READ)
			return HARVEST_REFUSED;
	return HARVEST_READ;
}

/* ---- HELM ---- */

bool harvest_is_helm(const struct harvest_file *f)
{
	const struct json_value *first =
		json_is(f->root, JSON_KIND_ARRAY) && f->root->n ? &f->root->sub[0] : NULL;

	return json_member_string(json_member(first, "name"), "name") &&
	       json_member(first, "sum_squared");
}

static bool is_stat(const struct json_value *stat, const char *name, const char *split)
{
	const struct json_value *v = json_member(stat, "name");
	const char *its_name = json_member_string(v, "name");
	const char *its_split = json_member_string(v, "split");

	return its_name && its_split && !strcmp(its_name, name) && !strcmp(its_split, split) &&
	       !json_member(v, "perturbation") && !json_member(v, "sub_split");
}

static int64_t instances_of(const struct json_value *stats, const char *split)
{
	double mean = -1;

	for (size_t i = 0; i < stats->n; i++) {
		const struct json_value *v = json_member(&stats->sub[i], "mean");
		if (is_stat(&stats->sub[i], "num_instances", split) && json_is(v, JSON_KIND_NUMBER))
			mean = v->number;
	}
	return mean >= 0 && mean <= HARVEST_COUNT_MAX ? (int64_t)floor(mean) : -1;
}

/* The run's folder is called by its scenario: "mmlu:subject=anatomy,model=org_m". */
static const char *scenario_of(struct harvest *h, const char *path)
{
	const char *end = strrchr(path, '/'), *start = end;

	if (!end)
		return NULL;
	while (start > path && start[-1] != '/')
		start--;
	char *name = arena_strndup(h->arena, start, (size_t)(end - start));
	char *model = strstr(name, "model=");
	if (model && model > name)
		model[-1] = '\0';
	return *name == '.' ? NULL : name;
}

static bool is_known(const char *name)
{
	enum metric_scale scale;

	return metric_name_direction(name, &scale) >= 0;
}

enum harvest_outcome harvest_read_helm(
	struct harvest *h, const struct harvest_file *f, struct err *err)
{
	const char *scenario = scenario_of(h, f->path);

	for (size_t i = 0; i < f->root->n; i++) {
		const struct json_value *stat = &f->root->sub[i], *v = json_member(stat, "name");
		const char *name = json_member_string(v, "name");
		const char *split = json_member_string(v, "split");

		/* What it cost to ask, and how it would have gone with other spelling. */
		if (!name || !split || !is_known(name) || !is_stat(stat, name, split))
			continue;
		int64_t n = instances_of(f->root, split);
		if (n == 0)
			return harvest_refuse(
				h, stat, err, "was measured on no instance (num_instances)");
		const char *prefix = strcmp(split, "test") == 0 ? scenario
				     : scenario ? arena_printf(h->arena, "%s.%s", scenario, split)
						: split;
		struct finding *found = harvest_find(h, json_member(stat, "mean"), prefix, name);
		found->metric.n = n;
		if (begins_with(split, "train")) {
			found->is_train = true;
			harvest_unfit(found, "was measured on what it may have been shown");
		}
	}
	return HARVEST_READ;
}

bool harvest_is_helm_run(const struct harvest_file *f)
{
	return json_is(json_member(f->root, "adapter_spec"), JSON_KIND_OBJECT) &&
	       json_is(json_member(f->root, "scenario_spec"), JSON_KIND_OBJECT);
}

enum harvest_outcome harvest_read_helm_run(
	struct harvest *h, const struct harvest_file *f, struct err *err)
{
	const struct json_value *adapter = json_member(f->root, "adapter_spec");
	const struct json_value *model = json_member(adapter, "model");
	const struct json_value *most = json_member(adapter, "max_eval_instances");

	if (json_is(model, JSON_KIND_STRING) && begins_with(model->string, "simple/"))
		return harvest_refuse(h, model, err,
			"is HELM's own stand-in %.60s: no model was asked", model->string);
	harvest_model(h, model);
	if (harvest_count(most) >= 0)
		harvest_note(h, most, "asked %lld instances at most, chosen by chance",
			(long long)harvest_count(most));
	return harvest_empty(h, NULL, err,
		"says what was asked, not how it went: give stats.json of the same run");
}

/* ---- BigCode's harness: {"humaneval": {"pass@1": 0.3}, "config": {...}} ---- */

static const struct json_value *config_of(const struct harvest_file *f)
{
	const struct json_value *v = json_member(f->root, "config");

	return json_member_string(v, "model") && json_member(v, "n_samples") ? v : NULL;
}

static bool has_numbers(const struct json_value *v)
{
	for (size_t i = 0; json_is(v, JSON_KIND_OBJECT) && i < v->n; i++)
		if (v->sub[i].kind == JSON_KIND_NUMBER)
			return true;
	return false;
}

bool harvest_is_bigcode(const struct harvest_file *f)
{
	const struct json_value *config = config_of(f);

	for (size_t i = 0; config && i < f->root->n; i++)
		if (&f->root->sub[i] != config && has_numbers(&f->root->sub[i]))
			return true;
	return false;
}

enum harvest_outcome harvest_read_bigcode(
	struct harvest *h, const struct harvest_file *f, struct err *err)
{
	const struct json_value *config = config_of(f);
	const struct json_value *peft = json_member(config, "peft_model");
	const struct json_value *model = json_member(config, "model");
	bool is_part = harvest_means_yes(json_member(config, "limit")) ||
		       harvest_means_yes(json_member(config, "limit_start"));

	if (harvest_means_yes(json_member(config, "check_references")))
		return harvest_refuse(h, json_member(config, "check_references"), err,
			"ran the solutions that the task brings: no model was asked");
	if (json_is(peft, JSON_KIND_STRING)) {
		harvest_base(h, model, model->string);
		model = peft;
	}
	harvest_model(h, model);
	for (size_t i = 0; i < f->root->n; i++) {
		const struct json_value *task = &f->root->sub[i];
		for (size_t k = 0; task != config && json_is(task, JSON_KIND_OBJECT) && k < task->n;
			k++) {
			if (task->sub[k].kind == JSON_KIND_OBJECT ||
				task->sub[k].kind == JSON_KIND_ARRAY)
				continue;
			struct finding *found =
				harvest_find(h, &task->sub[k], task->key, task->sub[k].key);
			if (is_part)
				harvest_on_call(found, "was measured on a part of the problems "
						       "only (limit); --map takes it all the same");
		}
	}
	return HARVEST_READ;
}
