/* SPDX-License-Identifier: Apache-2.0
 *
 * Model cards: `model-index` of the front matter, or of the Hub's API, and the Hub's newer evaluation
 * results. Takes numbers only: what stands in the prose below is no evidence.
 */
#include <stdlib.h>
#include <string.h>

#include "model/harvest_parts.h"

/* CARD_MAX: of results, and of metrics. PART_MAX: bytes. */
enum { PREFIX_PARTS = 4, CARD_MAX = HARVEST_FINDINGS_MAX, PART_MAX = 256 };

bool harvest_is_card(const struct harvest_file *f)
{
	return f->is_card || json_is(json_member(f->root, "model-index"), JSON_KIND_ARRAY);
}

/* base_model may be a list: a merge, which has no single base. */
static void read_base(struct harvest *h, const struct json_value *v)
{
	if (json_is(v, JSON_KIND_ARRAY) && v->n == 1)
		v = &v->sub[0];
	if (json_is(v, JSON_KIND_STRING))
		harvest_base(h, v, v->string);
	else if (json_is(v, JSON_KIND_ARRAY) && v->n > 1)
		harvest_note(h, v, "names %zu base models: say one with --base-model", v->n);
}

static void read_about(struct harvest *h, const struct json_value *root)
{
	const char *library = json_member_string(root, "library_name");
	const char *relation = json_member_string(root, "base_model_relation");

	read_base(h, json_member(root, "base_model"));
	harvest_about(h, &h->license, json_member(root, "license"));
	if (relation && !strcmp(relation, "adapter"))
		harvest_about(h, &h->kind, json_member(root, "base_model_relation"));
	else if (library && !strcmp(library, "peft") && !h->kind.text)
		h->kind = (struct said){"adapter", h->file, "/library_name"};
}

static const char *part_of(const struct json_value *result, int part)
{
	static const char *const names[PREFIX_PARTS] = {"name", "config", "split", "revision"};
	const struct json_value *dataset = json_member(result, "dataset");
	const char *text = json_member_string(dataset, names[part]);

	return text || part ? text : json_member_string(dataset, "type");
}

static const char *prefix_of(struct harvest *h, const struct json_value *result, int parts)
{
	const char *out = NULL;

	for (int i = 0; i < parts; i++) {
		const char *part = part_of(result, i);
		if (part)
			out = out ? arena_printf(h->arena, "%s.%s", out, part) : part;
	}
	return out;
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static bool are_apart(struct harvest *h, const struct json_value *results, int parts)
{
	const char **names = ARENA_ARRAY(h->arena, results->n, const char *);

	for (size_t i = 0; i < results->n; i++) {
		names[i] = prefix_of(h, &results->sub[i], parts);
		if (!names[i])
			return false;
	}
	qsort(names, results->n, sizeof(*names), by_text);
	for (size_t i = 1; i < results->n; i++)
		if (strcmp(names[i - 1], names[i]) == 0)
			return false;
	return true;
}

/* The fewest parts of the data sets' names that keep the results apart. */
static int parts_needed(struct harvest *h, const struct json_value *results)
{
	int parts = 1;

	if (results->n < 2)
		return 0;
	while (parts < PREFIX_PARTS && !are_apart(h, results, parts))
		parts++;
	return parts;
}

struct types {
	const char **v; /* sorted */
	size_t n;
};

static struct types types_of(struct harvest *h, const struct json_value *metrics)
{
	struct types t = {.v = ARENA_ARRAY(h->arena, metrics->n + 1, const char *)};

	for (size_t i = 0; i < metrics->n; i++) {
		const char *type = json_member_string(&metrics->sub[i], "type");

		if (type)
			t.v[t.n++] = type;
	}
	if (t.n)
		qsort(t.v, t.n, sizeof(*t.v), by_text);
	return t;
}

static bool has_twin(const struct types *t, const char *type)
{
	const char **at = t->n ? bsearch(&type, t->v, t->n, sizeof(*t->v), by_text) : NULL;

	return at && ((at > t->v && !strcmp(at[-1], type)) ||
			     (at + 1 < t->v + t->n && !strcmp(at[1], type)));
}

static void read_metrics(
	struct harvest *h, const struct json_value *metrics, const char *prefix, bool is_train)
{
	struct types types = types_of(h, metrics);

	for (size_t i = 0; i < metrics->n; i++) {
		const struct json_value *m = &metrics->sub[i], *value = json_member(m, "value");
		const char *type = json_member_string(m, "type");
		const char *name = json_member_string(m, "name");
		const char *stem = type && !(name && has_twin(&types, type)) ? type : name;

		if (!stem || !value) {
			harvest_note(h, m, "has no %s: left out", stem ? "value" : "type");
			continue;
		}
		struct finding *f = harvest_find(
			h, value, is_train ? harvest_key(h->arena, "train", prefix) : prefix, stem);
		f->rank = 1;
		f->is_train = is_train;
	}
}

/* The name of its data set is copied to each metric. */
static enum harvest_outcome check_result(
	struct harvest *h, const struct json_value *result, struct err *err)
{
	for (int i = 0; i < PREFIX_PARTS; i++) {
		const char *part = part_of(result, i);

		if (part && strlen(part) > PART_MAX)
			return harvest_refuse(h, json_member(result, "dataset"), err,
				"names a data set with more than %d bytes", (int)PART_MAX);
	}
	return HARVEST_READ;
}

static enum harvest_outcome check_results(
	struct harvest *h, const struct json_value *results, struct err *err)
{
	size_t n = 0;

	for (size_t i = 0; i < results->n; i++) {
		const struct json_value *metrics = json_member(&results->sub[i], "metrics");

		if (check_result(h, &results->sub[i], err) != HARVEST_READ)
			return HARVEST_REFUSED;
		n += json_is(metrics, JSON_KIND_ARRAY) ? metrics->n : 0;
	}
	if (n <= CARD_MAX && results->n <= CARD_MAX)
		return HARVEST_READ;
	return harvest_refuse(h, results, err,
		"holds %zu results with %zu metrics; more than %d are no card", results->n, n,
		(int)CARD_MAX);
}

static enum harvest_outcome read_results(
	struct harvest *h, const struct json_value *results, struct err *err)
{
	if (check_results(h, results, err) != HARVEST_READ)
		return HARVEST_REFUSED;
	int parts = parts_needed(h, results);

	for (size_t i = 0; i < results->n; i++) {
		const struct json_value *result = &results->sub[i];
		const struct json_value *metrics = json_member(result, "metrics");
		const struct json_value *dataset = json_member(result, "dataset");
		const char *split = json_member_string(dataset, "split");
		bool is_train = split && !strncmp(split, "train", 5);

		if (!json_is(metrics, JSON_KIND_ARRAY))
			continue;
		if (is_train)
			harvest_note(h, dataset,
				"the card says that this was measured on split %s: it cannot count "
				"in a gate",
				split);
		read_metrics(h, metrics, prefix_of(h, result, parts), is_train);
	}
	return HARVEST_READ;
}

enum harvest_outcome harvest_read_card(
	struct harvest *h, const struct harvest_file *f, struct err *err)
{
	const struct json_value *index = json_member(f->root, "model-index");

	if (!json_is(f->root, JSON_KIND_OBJECT))
		return harvest_refuse(h, NULL, err, "the front matter is no mapping");
	read_about(h, f->root);
	if (json_is(json_member(f->root, "evalResults"), JSON_KIND_ARRAY))
		harvest_read_eval_results(h, f, err);
	if (!index && h->n_findings)
		return HARVEST_READ;
	if (!json_is(index, JSON_KIND_ARRAY) || !index->n)
		return harvest_empty(h, NULL, err,
			"the card has no model-index, and numbers in prose are no evidence: put "
			"them into model-index");
	if (index->n > 1)
		return harvest_refuse(h, index, err,
			"speaks of %zu models; a manifest's artifact is one: leave one in",
			index->n);
	const struct json_value *results = json_member(&index->sub[0], "results");
	const char *name = json_member_string(&index->sub[0], "name");
	if (name && strchr(name, '/'))
		harvest_model(h, json_member(&index->sub[0], "name"));
	if (json_is(results, JSON_KIND_ARRAY))
		return read_results(h, results, err);
	return HARVEST_READ;
}

/* ---- Evaluation results: [{dataset{id, task_id}, value, ...}], each perhaps within `data` ---- */

static const struct json_value *entries_of(const struct harvest_file *f)
{
	const struct json_value *v = json_member(f->root, "evalResults");

	return v ? v : f->root;
}

static const struct json_value *entry_of(const struct json_value *v)
{
	const struct json_value *data = json_member(v, "data");

	return json_is(data, JSON_KIND_OBJECT) ? data : v;
}

bool harvest_is_eval_results(const struct harvest_file *f)
{
	const struct json_value *v = entries_of(f);

	if (!json_is(v, JSON_KIND_ARRAY) || !v->n)
		return false;
	const struct json_value *entry = entry_of(&v->sub[0]);
	return json_member_string(json_member(entry, "dataset"), "id") &&
	       json_member(entry, "value");
}

enum harvest_outcome harvest_read_eval_results(
	struct harvest *h, const struct harvest_file *f, struct err *err)
{
	const struct json_value *v = entries_of(f);

	for (size_t i = 0; i < v->n; i++) {
		const struct json_value *entry = entry_of(&v->sub[i]);
		const struct json_value *dataset = json_member(entry, "dataset");
		const char *id = json_member_string(dataset, "id");
		const char *task = json_member_string(dataset, "task_id");

		if (!id || !json_member(entry, "value")) {
			harvest_note(h, entry, "has no dataset.id or no value: left out");
			continue;
		}
		/* The whole name: what is measured is not said, only on what. */
		struct finding *found =
			harvest_find(h, json_member(entry, "value"), id, task ? task : "");
		if (found->metric.value > 1)
			harvest_on_call(found,
				"does not say on which scale it is: say it with /1 or /100 behind "
				"it in --map");
		found->is_scaled = found->use == FOUND_ON_CALL;
	}
	return HARVEST_READ;
}
