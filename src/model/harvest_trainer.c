/* SPDX-License-Identifier: Apache-2.0
 *
 * What transformers' Trainer and PEFT leave in a folder. The final evaluation counts before the log of
 * the training; of a log only the evaluation of the weights that were kept, and where the log cannot
 * say which those are, none.
 */
#include <stdio.h>
#include <stdlib.h>
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

/* The prefix of a key of Trainer's results, or NULL. */
static const char *prefix_of(const char *key)
{
	static const char *const prefixes[] = {"eval_", "test_", "predict_", "train_"};

	for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++)
		if (begins_with(key, prefixes[i]) && key[strlen(prefixes[i])])
			return prefixes[i];
	return NULL;
}

/* How long it took, on how much, on what machine: no quality. */
static bool is_about_the_run(const char *key)
{
	static const char *const ends[] = {"_runtime", "_per_second", "_samples", "_time", "_steps",
		"_flos", "_std", "_stddev", "_stderr", "_tokens", "_tokens_seen"};

	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
		if (ends_with(key, ends[i]))
			return true;
	return strstr(key, "_mem_") || strstr(key, "_samples_");
}

/* ---- all_results.json, eval_results.json, train_results.json ---- */

static bool is_results_name(const char *name)
{
	static const char *const names[] = {"all_results.json", "eval_results.json",
		"test_results.json", "predict_results.json", "train_results.json"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (ends_with(name, names[i]))
			return true;
	return false;
}

bool harvest_is_trainer(const struct harvest_file *f)
{
	bool prefixed = false, timed = is_results_name(f->name);

	if (!json_is(f->root, JSON_KIND_OBJECT))
		return false;
	for (size_t i = 0; i < f->root->n; i++) {
		const struct json_value *v = &f->root->sub[i];
		if (!prefix_of(v->key) &&
			(v->kind == JSON_KIND_OBJECT || v->kind == JSON_KIND_ARRAY))
			return false;
		prefixed = prefixed || prefix_of(v->key);
		timed = timed || !strcmp(v->key, "epoch") || ends_with(v->key, "_runtime") ||
			ends_with(v->key, "_samples_per_second");
	}
	return prefixed && timed;
}

/* `prefix` as it stands before "samples"; -1 when the file does not count. */
static int64_t samples_of(struct harvest *h, const struct json_value *v, const char *prefix)
{
	return harvest_count(json_member(v, arena_printf(h->arena, "%ssamples", prefix)));
}

static void read_key(
	struct harvest *h, const struct json_value *v, int64_t n, const char *prefix, int rank)
{
	/* "eval_accuracy" is the accuracy; a test's or a prediction's stays apart from it. */
	const char *stem = begins_with(v->key, "eval_") ? v->key + strlen("eval_") : v->key;
	struct finding *f = harvest_find(h, v, prefix, stem);

	f->rank = rank;
	if (n > 0)
		f->metric.n = n;
}

enum harvest_outcome harvest_read_trainer(
	struct harvest *h, const struct harvest_file *f, struct err *err)
{
	bool has_eval = false;

	for (size_t i = 0; i < f->root->n; i++) {
		const char *prefix = prefix_of(f->root->sub[i].key);
		if (!prefix || !strcmp(prefix, "train_"))
			continue;
		has_eval = true;
		if (samples_of(h, f->root, prefix) == 0)
			return harvest_refuse(
				h, NULL, err, "/%ssamples: is 0: nothing was evaluated", prefix);
	}
	if (!has_eval)
		return harvest_empty(h, NULL, err,
			"holds only what was measured while training, and no evaluation: give "
			"eval_results.json or all_results.json");
	for (size_t i = 0; i < f->root->n; i++) {
		const struct json_value *v = &f->root->sub[i];
		const char *prefix = prefix_of(v->key);

		if (v->kind == JSON_KIND_OBJECT || v->kind == JSON_KIND_ARRAY)
			continue;
		/* run_clm.py works it out of eval_loss and leaves the prefix away. */
		if (!prefix && !strcmp(v->key, "perplexity"))
			read_key(h, v, samples_of(h, f->root, "eval_"), NULL, 1);
		else if (prefix && strcmp(prefix, "train_") != 0 && !is_about_the_run(v->key))
			read_key(h, v, samples_of(h, f->root, prefix), NULL, 1);
	}
	return HARVEST_READ;
}

/* ---- trainer_state.json ---- */

bool harvest_is_trainer_state(const struct harvest_file *f)
{
	return json_is(json_member(f->root, "log_history"), JSON_KIND_ARRAY);
}

static bool is_evaluation(const struct json_value *entry)
{
	for (size_t i = 0; json_is(entry, JSON_KIND_OBJECT) && i < entry->n; i++)
		if (begins_with(entry->sub[i].key, "eval_") && !is_about_the_run(entry->sub[i].key))
			return harvest_count(json_member(entry, "step")) >= 0;
	return false;
}

static int64_t step_of(const struct json_value *entry)
{
	return harvest_count(json_member(entry, "step"));
}

/* The step of the best checkpoint; -1 when none is named. */
static int64_t best_step(const struct json_value *root)
{
	const char *path = json_member_string(root, "best_model_checkpoint");
	const char *dash = path ? strrchr(path, '-') : NULL;
	int64_t step = harvest_count(json_member(root, "best_global_step"));

	if (step < 0 && dash && dash[1] && strspn(dash + 1, "0123456789") == strlen(dash + 1))
		step = strtoll(dash + 1, NULL, 10);
	return step;
}

static size_t read_step(struct harvest *h, const struct json_value *log, int64_t step,
	const char *prefix, const char *why)
{
	size_t n = 0;

	for (size_t i = 0; i < log->n; i++) {
		const struct json_value *entry = &log->sub[i];
		if (!is_evaluation(entry) || step_of(entry) != step)
			continue;
		for (size_t k = 0; k < entry->n; k++) {
			if (!begins_with(entry->sub[k].key, "eval_") ||
				is_about_the_run(entry->sub[k].key))
				continue;
			read_key(h, &entry->sub[k], -1, prefix, 0);
			if (why)
				harvest_on_call(&h->findings[h->n_findings - 1], why);
			n++;
		}
	}
	return n;
}

/* Which number of the log best_metric is: by itself it has neither a name nor a direction. */
static const char *best_name(const struct json_value *root, const struct json_value *log)
{
	const struct json_value *best = json_member(root, "best_metric");
	const char *name = NULL;

	for (size_t i = 0; json_is(best, JSON_KIND_NUMBER) && i < log->n; i++)
		for (size_t k = 0; is_evaluation(&log->sub[i]) && k < log->sub[i].n; k++) {
			const struct json_value *v = &log->sub[i].sub[k];
			if (v->kind != JSON_KIND_NUMBER || v->number != best->number ||
				!begins_with(v->key, "eval_"))
				continue;
			if (name && strcmp(name, v->key) != 0)
				return NULL;
			name = v->key;
		}
	return name;
}

/* Stopped early, or cut off: the file does not say which. */
static void note_unfinished(struct harvest *h, const struct json_value *root)
{
	const struct json_value *step = json_member(root, "global_step");
	int64_t done = harvest_count(step);
	int64_t planned = harvest_count(json_member(root, "max_steps"));

	if (done >= 0 && planned > done)
		harvest_note(h, step,
			"the training was to take %lld steps and stood at %lld: it was stopped "
			"before its end, or was not finished when this was written",
			(long long)planned, (long long)done);
}

enum harvest_outcome harvest_read_trainer_state(
	struct harvest *h, const struct harvest_file *f, struct err *err)
{
	const struct json_value *log = json_member(f->root, "log_history");
	const struct json_value *best_metric = json_member(f->root, "best_metric");
	int64_t end = harvest_count(json_member(f->root, "global_step"));
	int64_t best = best_step(f->root), last = -1;
	const char *name = best_name(f->root, log);

	for (size_t i = 0; i < log->n; i++)
		if (is_evaluation(&log->sub[i]) && step_of(&log->sub[i]) > last)
			last = step_of(&log->sub[i]);
	if (json_is(best_metric, JSON_KIND_NUMBER) && !name)
		harvest_note(h, best_metric,
			"%.6g has neither a name nor a direction, and nothing in log_history says "
			"which metric it is: left out",
			best_metric->number);
	note_unfinished(h, f->root);
	if (last < 0)
		return harvest_empty(h, log, err,
			"holds no evaluation%s: give eval_results.json or all_results.json",
			json_is(best_metric, JSON_KIND_NUMBER)
				? ", and best_metric has neither a name nor a direction"
				: "");
	if ((best < 0 || best == last) && (end < 0 || last == end)) {
		read_step(h, log, last, NULL, NULL);
		return HARVEST_READ;
	}
	const char *why =
		best >= 0 && best != last
			? arena_printf(h->arena,
				  "is of one of two checkpoints: the best is %lld, the last "
				  "evaluated "
				  "%lld; say with --map which was kept, or give all_results.json",
				  (long long)best, (long long)last)
			: arena_printf(h->arena,
				  "was measured at step %lld, and training went on to %lld; --map "
				  "takes "
				  "it when those weights were kept",
				  (long long)last, (long long)end);
	if (best >= 0 && best != last)
		read_step(h, log, best, arena_printf(h->arena, "checkpoint-%lld", (long long)best),
			why);
	read_step(h, log, last, arena_printf(h->arena, "checkpoint-%lld", (long long)last), why);
	return HARVEST_READ;
}

/* ---- adapter_config.json ---- */

bool harvest_is_peft(const struct harvest_file *f)
{
	return json_is(f->root, JSON_KIND_OBJECT) &&
	       (ends_with(f->name, "adapter_config.json") ||
		       json_member_string(f->root, "peft_type"));
}

enum harvest_outcome harvest_read_peft(
	struct harvest *h, const struct harvest_file *f, struct err *err)
{
	const struct json_value *base = json_member(f->root, "base_model_name_or_path");

	if (!json_member_string(f->root, "peft_type"))
		return harvest_empty(h, NULL, err,
			"is called adapter_config.json, but has no peft_type: it is no "
			"configuration of PEFT");
	if (json_is(base, JSON_KIND_STRING))
		harvest_base(h, base, base->string);
	else
		harvest_note(h, NULL, "names no base model: say it with --base-model");
	if (!h->kind.text)
		h->kind = (struct said){"adapter", h->file, "/peft_type"};
	return harvest_empty(h, NULL, err,
		"says what the adapter is (%s), not how good it is: give the files of its "
		"evaluation with it",
		json_member_string(f->root, "peft_type"));
}
