/* SPDX-License-Identifier: Apache-2.0
 *
 * Reports of the clouds' evaluation steps: SageMaker's evaluation.json, Vertex AI's ModelEvaluation, and
 * the flat files that pipelines write in their place. A standard deviation is never taken for a
 * standard error; baselines and thresholds of a monitor are no measurements.
 */
#include <string.h>

#include "model/harvest_parts.h"

static const char nothing_done[] = "is 0: nothing was measured, which is no pass";
static const char measured_in_training[] = "was measured on what it was trained with";

static bool ends_with(const char *s, const char *end)
{
	size_t n = strlen(s), m = strlen(end);

	return n >= m && !strcmp(s + n - m, end);
}

static bool is_known_name(const char *stem)
{
	enum metric_scale scale;

	return metric_name_direction(stem, &scale) >= 0;
}

/* ---- Splits ---- */

enum split { SPLIT_NONE, SPLIT_TRAIN, SPLIT_VALID, SPLIT_TEST };

static enum split split_of(const char *key, const char **ret_rest)
{
	static const struct {
		const char *word;
		enum split split;
	} words[] = {
		{"train", SPLIT_TRAIN},
		{"training", SPLIT_TRAIN},
		{"val", SPLIT_VALID},
		{"valid", SPLIT_VALID},
		{"validation", SPLIT_VALID},
		{"dev", SPLIT_VALID},
		{"test", SPLIT_TEST},
		{"holdout", SPLIT_TEST},
	};

	size_t n = strcspn(key, " _-./:");
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strlen(words[i].word) == n && !strncasecmp(key, words[i].word, n)) {
			*ret_rest = key[n] ? key + n + 1 : "";
			return words[i].split;
		}
	*ret_rest = key;
	return SPLIT_NONE;
}

/* ---- SageMaker ---- */

static bool is_metrics_group(const struct json_value *v)
{
	return json_is(v, JSON_KIND_OBJECT) &&
	       (ends_with(v->key, "_metrics") || !strcmp(v->key, "metrics"));
}

/* {"accuracy": {"value": 0.9}} without a group around it. */
static bool is_metric(const struct json_value *v)
{
	return json_member(v, "value") && is_known_name(v->key);
}

bool harvest_is_evaluation(const struct harvest_file *f)
{
	if (!json_is(f->root, JSON_KIND_OBJECT))
		return false;
	for (size_t i = 0; i < f->root->n; i++)
		if (is_metrics_group(&f->root->sub[i]) || is_metric(&f->root->sub[i]))
			return true;
	return false;
}

static void read_metric(struct harvest *h, const struct json_value *v, int64_t n)
{
	const struct json_value *value = json_is(v, JSON_KIND_OBJECT) ? json_member(v, "value") : v;
	const char *rest;

	/* A confusion matrix, a curve, a facet: no single number. */
	if (!value || json_is(value, JSON_KIND_ARRAY) || json_is(value, JSON_KIND_OBJECT))
		return;
	if (json_is(value, JSON_KIND_STRING) && !is_known_name(v->key))
		return;
	if (harvest_is_count_name(v->key))
		return;
	struct finding *f = harvest_find(h, value, NULL, v->key);
	if (split_of(v->key, &rest) == SPLIT_TRAIN)
		harvest_unfit(f, measured_in_training);
	if (strstr(v->key, "_best_constant_classifier"))
		harvest_unfit(f, "is of the best constant answer, not of the model");
	f->metric.n = n;
	if (json_is(json_member(v, "standard_deviation"), JSON_KIND_NUMBER))
		harvest_note(h, json_member(v, "standard_deviation"),
			"a standard deviation is no standard error: left out");
}

enum harvest_outcome harvest_read_evaluation(
	struct harvest *h, const struct harvest_file *f, struct err *err)
{
	int64_t n = harvest_count(json_member(json_member(f->root, "dataset"), "item_count"));

	if (n == 0)
		return harvest_refuse(h, json_member(f->root, "dataset"), err,
			"counts no item: nothing was evaluated");
	if (harvest_nothing_done(f->root))
		return harvest_refuse(h, harvest_nothing_done(f->root), err, "%s", nothing_done);
	for (size_t i = 0; i < f->root->n; i++) {
		const struct json_value *group = &f->root->sub[i];
		for (size_t k = 0; is_metrics_group(group) && k < group->n; k++)
			read_metric(h, &group->sub[k], n);
		if (!is_metrics_group(group) && is_metric(group))
			read_metric(h, group, n);
	}
	return HARVEST_READ;
}

bool harvest_is_monitor(const struct harvest_file *f)
{
	if (!json_is(f->root, JSON_KIND_OBJECT))
		return false;
	for (size_t i = 0; i < f->root->n; i++)
		if (ends_with(f->root->sub[i].key, "_constraints") ||
			ends_with(f->root->sub[i].key, "_training_bias_metrics"))
			return true;
	const struct json_value *list = json_member(f->root, "violations");
	if (json_is(list, JSON_KIND_ARRAY) &&
		(!list->n || json_member(&list->sub[0], "constraint_check_type")))
		return true;
	return json_is(json_member(f->root, "features"), JSON_KIND_ARRAY) &&
	       (json_member(f->root, "monitoring_config") || json_member(f->root, "version"));
}

enum harvest_outcome harvest_read_monitor(
	struct harvest *h, const struct harvest_file *f, struct err *err)
{
	return harvest_empty(h, NULL, err,
		"is a baseline of Model Monitor or an analysis of Clarify: it describes data, sets "
		"limits or explains, and measures no model; give the evaluation.json of the "
		"evaluation step");
}

/* ---- Vertex AI ---- */

bool harvest_is_vertex(const struct harvest_file *f)
{
	return json_is(json_member(f->root, "metrics"), JSON_KIND_OBJECT) &&
	       json_member_string(f->root, "metricsSchemaUri");
}

enum harvest_outcome harvest_read_vertex(
	struct harvest *h, const struct harvest_file *f, struct err *err)
{
	const struct json_value *metrics = json_member(f->root, "metrics");
	const struct json_value *slices = json_member(f->root, "sliceDimensions");

	if (json_is(slices, JSON_KIND_ARRAY) && slices->n)
		return harvest_empty(h, slices, err,
			"is about a slice of the data: give the evaluation of the whole");
	for (size_t i = 0; i < metrics->n; i++)
		if (metrics->sub[i].kind != JSON_KIND_ARRAY &&
			metrics->sub[i].kind != JSON_KIND_OBJECT)
			harvest_find(h, &metrics->sub[i], NULL, metrics->sub[i].key);
	return HARVEST_READ;
}

/* ---- scikit-learn's classification_report ---- */

bool harvest_is_classification(const struct harvest_file *f)
{
	return json_is(json_member(f->root, "macro avg"), JSON_KIND_OBJECT) &&
	       json_member(json_member(f->root, "macro avg"), "support");
}

enum harvest_outcome harvest_read_classification(
	struct harvest *h, const struct harvest_file *f, struct err *err)
{
	static const char *const averages[] = {"macro avg", "weighted avg"};
	int64_t n = harvest_count(json_member(json_member(f->root, "macro avg"), "support"));
	size_t from = h->n_findings;

	if (n == 0)
		return harvest_refuse(h, NULL, err, "rests on no sample (support is 0)");
	if (json_member(f->root, "accuracy"))
		harvest_find(h, json_member(f->root, "accuracy"), NULL, "accuracy");
	/* The classes are counted in the averages already. */
	for (size_t i = 0; i < sizeof(averages) / sizeof(averages[0]); i++) {
		const struct json_value *v = json_member(f->root, averages[i]);
		for (size_t k = 0; json_is(v, JSON_KIND_OBJECT) && k < v->n; k++)
			if (strcmp(v->sub[k].key, "support") != 0)
				harvest_find(h, &v->sub[k], averages[i], v->sub[k].key);
	}
	for (size_t i = from; i < h->n_findings; i++) {
		h->findings[i].metric.n = n;
		harvest_on_call(&h->findings[i],
			"does not say on which split of the data it was measured; --map takes it "
			"all the same");
	}
	return HARVEST_READ;
}

/* ---- Flat files: "test f1", "train_loss", or {"test": {...}} ---- */

/* An object of nothing but scalars, or of splits that are such. */
static bool is_flat(const struct json_value *v, bool *ret_known)
{
	if (!json_is(v, JSON_KIND_OBJECT) || !v->n)
		return false;
	for (size_t i = 0; i < v->n; i++) {
		const struct json_value *m = &v->sub[i];
		const char *rest;
		enum split split = split_of(m->key, &rest);

		if (m->kind == JSON_KIND_OBJECT && !v->parent && split != SPLIT_NONE && !*rest) {
			if (!is_flat(m, ret_known))
				return false;
		} else if (m->kind == JSON_KIND_OBJECT || m->kind == JSON_KIND_ARRAY) {
			return false;
		}
		*ret_known = *ret_known || is_known_name(rest);
	}
	return true;
}

bool harvest_is_split(const struct harvest_file *f)
{
	bool known = false;

	return is_flat(f->root, &known) && known;
}

static bool has_split(const struct json_value *root, enum split split)
{
	const char *rest;

	for (size_t i = 0; i < root->n; i++)
		if (split_of(root->sub[i].key, &rest) == split)
			return true;
	return false;
}

static void read_split(struct harvest *h, const struct json_value *v, enum split split,
	const char *prefix, const char *stem, bool has_test)
{
	if ((!is_known_name(stem) && v->kind != JSON_KIND_NUMBER) || harvest_is_count_name(stem))
		return;
	struct finding *f = harvest_find(
		h, v, NULL, prefix ? arena_printf(h->arena, "%s_%s", prefix, stem) : stem);
	if (split == SPLIT_TRAIN) {
		f->is_train = true;
		harvest_unfit(f, measured_in_training);
	} else if (split == SPLIT_NONE) {
		harvest_on_call(f, "does not say on which split of the data it was measured; "
				   "--map takes it all the same");
	} else if (split == SPLIT_VALID && has_test) {
		harvest_on_call(f, "is of the validation split, and there is a test split");
	}
}

enum harvest_outcome harvest_read_split(
	struct harvest *h, const struct harvest_file *f, struct err *err)
{
	bool has_test = has_split(f->root, SPLIT_TEST);

	if (harvest_nothing_done(f->root))
		return harvest_refuse(h, harvest_nothing_done(f->root), err, "%s", nothing_done);
	for (size_t i = 0; i < f->root->n; i++) {
		const struct json_value *v = &f->root->sub[i];
		const char *rest;
		enum split split = split_of(v->key, &rest);

		if (v->kind != JSON_KIND_OBJECT) {
			size_t n = strlen(v->key) - strlen(rest);
			const char *prefix = n ? arena_strndup(h->arena, v->key, n - 1) : NULL;
			read_split(h, v, split, prefix, rest, has_test);
			continue;
		}
		for (size_t k = 0; k < v->n; k++)
			read_split(h, &v->sub[k], split, v->key, v->sub[k].key, has_test);
	}
	return HARVEST_READ;
}
