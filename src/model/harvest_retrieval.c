/* SPDX-License-Identifier: Apache-2.0
 *
 * Embedding and retrieval benchmarks: MTEB, both forms, its metadata, and BEIR. Of a task the main score
 * is taken; the others wait for a call. MTEB writes the model into the names of folders, never into the
 * results, so that it has to be asked for.
 */
#include <string.h>

#include "model/harvest_parts.h"

static const char not_main[] = "is not the main score; --map takes it";

/* ---- MTEB ---- */

bool harvest_is_mteb(const struct harvest_file *f)
{
	return json_is(json_member(f->root, "scores"), JSON_KIND_OBJECT) &&
	       (json_member_string(f->root, "task_name") ||
		       json_member_string(f->root, "mteb_version"));
}

static bool has_other_subsets(const struct json_value *list)
{
	return list->n > 1;
}

/* test stays unsaid; what was not measured on it says so in its name. */
static const char *prefix_for(struct harvest *h, const char *task, const char *split,
	const struct json_value *list, const struct json_value *entry)
{
	const char *subset = json_member_string(entry, "hf_subset");
	const char *out = task;

	if (strcmp(split, "test") != 0)
		out = arena_printf(h->arena, "%s.%s", out, split);
	if (subset && has_other_subsets(list))
		out = arena_printf(h->arena, "%s.%s", out, subset);
	return out;
}

static void read_scores(
	struct harvest *h, const struct json_value *entry, const char *prefix, bool is_train)
{
	for (size_t i = 0; i < entry->n; i++) {
		const struct json_value *v = &entry->sub[i];
		bool is_main = !strcmp(v->key, "main_score");

		if (v->kind != JSON_KIND_NUMBER && !is_main)
			continue;
		/* How sure its ranking knows itself to be: no quality of what it finds. */
		if (!strncmp(v->key, "nauc_", 5))
			continue;
		struct finding *f = harvest_find(h, v, prefix, v->key);
		f->is_train = is_train;
		if (is_main)
			f->metric.higher_is_better = 1;
		else
			harvest_on_call(f, not_main);
	}
}

enum harvest_outcome harvest_read_mteb(
	struct harvest *h, const struct harvest_file *f, struct err *err)
{
	const struct json_value *scores = json_member(f->root, "scores");
	const char *task = json_member_string(f->root, "task_name");

	if (!task)
		return harvest_refuse(h, NULL, err, "does not say which task it is (task_name)");
	for (size_t i = 0; i < scores->n; i++) {
		const struct json_value *list = &scores->sub[i];
		for (size_t k = 0; list->kind == JSON_KIND_ARRAY && k < list->n; k++)
			read_scores(h, &list->sub[k],
				prefix_for(h, task, list->key, list, &list->sub[k]),
				!strncmp(list->key, "train", 5));
	}
	return HARVEST_READ;
}

/* ---- MTEB before 1.11 ---- */

bool harvest_is_mteb_old(const struct harvest_file *f)
{
	return json_member_string(f->root, "mteb_dataset_name") != NULL;
}

/* What MTEB called the main score of a kind of task, before it wrote main_score. */
static bool is_main_of_old(const struct json_value *split, const char *key)
{
	static const char *const names[] = {
		"main_score", "ndcg_at_10", "v_measure", "accuracy", "map", "f1"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (json_member(split, names[i]))
			return !strcmp(key, names[i]);
	return false;
}

static void read_old(
	struct harvest *h, const struct json_value *v, const char *prefix, bool is_train)
{
	for (size_t i = 0; i < v->n; i++) {
		const struct json_value *m = &v->sub[i];

		if (m->kind == JSON_KIND_OBJECT)
			read_old(h, m, arena_printf(h->arena, "%s.%s", prefix, m->key), is_train);
		if (m->kind != JSON_KIND_NUMBER || !strcmp(m->key, "evaluation_time") ||
			strstr(m->key, "stderr") || strstr(m->key, "_std"))
			continue;
		struct finding *f = harvest_find(h, m, prefix, m->key);
		f->is_train = is_train;
		if (!is_main_of_old(v, m->key))
			harvest_on_call(f, not_main);
	}
}

enum harvest_outcome harvest_read_mteb_old(
	struct harvest *h, const struct harvest_file *f, struct err *err)
{
	const char *task = json_member_string(f->root, "mteb_dataset_name");

	for (size_t i = 0; i < f->root->n; i++) {
		const struct json_value *split = &f->root->sub[i];
		if (split->kind == JSON_KIND_OBJECT)
			read_old(h, split,
				!strcmp(split->key, "test")
					? task
					: arena_printf(h->arena, "%s.%s", task, split->key),
				!strncmp(split->key, "train", 5));
	}
	return HARVEST_READ;
}

bool harvest_is_model_meta(const struct harvest_file *f)
{
	return json_member(f->root, "name") && json_member(f->root, "revision") &&
	       (json_member(f->root, "n_parameters") || json_member(f->root, "embed_dim"));
}

enum harvest_outcome harvest_read_model_meta(
	struct harvest *h, const struct harvest_file *f, struct err *err)
{
	const char *name = json_member_string(f->root, "name");

	harvest_model(h, json_member(f->root, "name"));
	harvest_about(h, &h->license, json_member(f->root, "license"));
	return harvest_empty(h, NULL, err,
		"says what was measured (%s), not how good it is: give the results of its tasks",
		name ? name : "no name");
}

/* ---- BEIR ---- */

static bool is_pipelines(const struct json_value *entry)
{
	return json_is(json_member(entry, "results"), JSON_KIND_OBJECT) &&
	       (json_member_string(entry, "dataset") || json_member_string(entry, "name"));
}

static bool is_cutoff(const char *key)
{
	static const char *const starts[] = {"ndcg@", "ndcg_at_", "ndcg_cut_", "recall@", "mrr@"};

	for (size_t i = 0; i < sizeof(starts) / sizeof(starts[0]); i++)
		if (!strncasecmp(key, starts[i], strlen(starts[i])))
			return true;
	return false;
}

static bool has_cutoff(const struct json_value *v)
{
	for (size_t i = 0; json_is(v, JSON_KIND_OBJECT) && i < v->n; i++)
		if (v->sub[i].kind == JSON_KIND_NUMBER && is_cutoff(v->sub[i].key))
			return true;
	return false;
}

bool harvest_is_beir(const struct harvest_file *f)
{
	const struct json_value *list = json_member(f->root, "datasets");

	if (json_is(list, JSON_KIND_ARRAY))
		return list->n ? is_pipelines(&list->sub[0])
			       : json_member(f->root, "config") != NULL;
	for (size_t i = 0; json_is(f->root, JSON_KIND_OBJECT) && i < f->root->n; i++)
		if (has_cutoff(&f->root->sub[i]))
			return true;
	return has_cutoff(f->root);
}

/* What BEIR reports by: the rest is there to be asked for. */
static bool is_headline(const char *key)
{
	return !strcasecmp(key, "ndcg@10") || !strcasecmp(key, "ndcg_at_10") ||
	       !strcasecmp(key, "ndcg_cut_10") || !strcasecmp(key, "recall@100");
}

/* {"ndcg": {"NDCG@10": ...}, "map": {...}} of one data set, or {"scifact": {...}, ...} of many. */
static bool is_family(const char *key)
{
	static const char *const names[] = {
		"ndcg", "map", "_map", "recall", "precision", "p", "mrr"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (!strcasecmp(key, names[i]))
			return true;
	return false;
}

static void read_cutoffs(
	struct harvest *h, const struct json_value *v, const char *prefix, int64_t n)
{
	for (size_t i = 0; i < v->n; i++) {
		const struct json_value *m = &v->sub[i];

		if (m->kind == JSON_KIND_OBJECT && (is_family(m->key) || has_cutoff(m)))
			read_cutoffs(h, m,
				is_family(m->key) ? prefix
				: prefix	  ? arena_printf(h->arena, "%s.%s", prefix, m->key)
						  : m->key,
				n);
		if (m->kind != JSON_KIND_NUMBER)
			continue;
		struct finding *f = harvest_find(h, m, prefix, m->key);
		if (n > 0)
			f->metric.n = n;
		if (!is_headline(m->key))
			harvest_on_call(f, not_main);
	}
}

static enum harvest_outcome read_dataset(
	struct harvest *h, const struct json_value *entry, struct err *err)
{
	const struct json_value *results = json_member(entry, "results");
	const char *name = json_member_string(entry, "dataset");
	int64_t n = harvest_count(json_member(entry, "num_queries"));

	if (!name)
		name = json_member_string(entry, "name");
	if (!name || !json_is(results, JSON_KIND_OBJECT))
		return harvest_refuse(h, entry, err, "has no name or no results");
	if (n == 0)
		return harvest_refuse(h, entry, err, "asked no query (num_queries is 0)");
	if (json_is_bool(json_member(entry, "truncated"), true)) {
		harvest_note(h, entry, "%s was cut short (truncated): left out", name);
		return HARVEST_READ;
	}
	if (results->n && results->sub[0].kind == JSON_KIND_NUMBER)
		read_cutoffs(h, results, name, n);
	for (size_t i = 0; i < results->n; i++) {
		const struct json_value *pipeline = &results->sub[i];
		if (pipeline->kind == JSON_KIND_OBJECT)
			read_cutoffs(h, pipeline,
				arena_printf(h->arena, "%s.%s", name, pipeline->key), n);
	}
	return HARVEST_READ;
}

enum harvest_outcome harvest_read_beir(
	struct harvest *h, const struct harvest_file *f, struct err *err)
{
	const struct json_value *list = json_member(f->root, "datasets");

	if (!json_is(list, JSON_KIND_ARRAY)) {
		read_cutoffs(h, f->root, NULL, -1);
		return HARVEST_READ;
	}
	if (!list->n)
		return harvest_refuse(h, list, err, "is empty: nothing was searched");
	for (size_t i = 0; i < list->n; i++)
		if (read_dataset(h, &list->sub[i], err) != HARVEST_READ)
			return HARVEST_REFUSED;
	return HARVEST_READ;
}
