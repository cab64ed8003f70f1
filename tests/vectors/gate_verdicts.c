/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The lists metric_verdicts, safety_verdicts and quality_gates of the gates format. Reads evidence
 * and policies loosely: what a manifest's parser would refuse is left to the judge to refuse.
 */
#include "vectors.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy/metric.h"

enum { METRICS_MAX = 64, WHY_MAX = 160 };

/* One side of a comparison with what it points to. */
struct side {
	struct metric metric;
	struct metric_paired paired;
	const char *release;
};

static double either(const json_t *pair, size_t i)
{
	const json_t *value = json_array_get(pair, i);

	return json_is_number(value) ? json_number_value(value) : NAN;
}

static void read_paired(const json_t *object, struct metric_paired *paired)
{
	*paired = (struct metric_paired){.baseline = vectors_string(object, "baseline"),
		.b = vectors_count(object, "b"),
		.c = vectors_count(object, "c"),
		.mean_diff = vectors_number(object, "mean_diff"),
		.stderr_diff = vectors_number(object, "stderr_diff"),
		.n = vectors_count(object, "n"),
		.clusters = vectors_count(object, "clusters")};
}

/* NULL for a side that is null. */
static const struct metric *read_side(const json_t *object, struct side *side)
{
	const json_t *paired = json_object_get(object, "paired");
	const json_t *ci = json_object_get(object, "ci");
	const json_t *higher = json_object_get(object, "higher_is_better");

	if (!json_is_object(object))
		return NULL;
	side->release = vectors_string(object, "release");
	side->metric = (struct metric){.value = vectors_number(object, "value"),
		.n = vectors_count(object, "n"),
		.successes = vectors_count(object, "successes"),
		.stderr_ = vectors_number(object, "stderr"),
		.ci_lo = either(ci, 0),
		.ci_hi = either(ci, 1),
		.ci_level = vectors_number(object, "ci_level"),
		.clusters = vectors_count(object, "clusters"),
		.higher_is_better = json_is_boolean(higher) ? json_is_true(higher) : -1,
		.dataset_digest = vectors_string(object, "dataset_digest"),
		.judge = vectors_string(object, "judge")};
	if (json_is_object(paired)) {
		read_paired(paired, &side->paired);
		side->metric.paired = &side->paired;
	}
	return &side->metric;
}

static bool read_word(const json_t *value, const char *first, const char *second, int *ret_index)
{
	const char *word = json_string_value(value);

	if (!word || (strcmp(word, first) != 0 && strcmp(word, second) != 0))
		return false;
	*ret_index = strcmp(word, second) == 0;
	return true;
}

static bool read_real(const json_t *value, double *ret_number)
{
	*ret_number = json_is_number(value) ? json_number_value(value) : NAN;
	return json_is_number(value) || json_is_null(value);
}

static bool read_policy_key(const char *key, const json_t *value, struct metric_policy *policy)
{
	int index = 0;
	bool known = true;

	if (strcmp(key, "objective") == 0) {
		known = read_word(value, "noninferior", "superior", &index);
		policy->objective = (enum metric_objective)index;
	} else if (strcmp(key, "role") == 0) {
		known = read_word(value, "guardrail", "success", &index);
		policy->role = (enum metric_role)index;
	} else if (strcmp(key, "direction") == 0) {
		known = read_word(value, "higher", "lower", &index);
		policy->direction = (enum metric_direction)index;
	} else if (strcmp(key, "kind") == 0) {
		known = read_word(value, "proportion", "mean", &index);
		policy->kind = (enum metric_kind)index;
	} else if (strcmp(key, "margin") == 0) {
		known = read_real(value, &policy->margin);
	} else if (strcmp(key, "margin_rel") == 0) {
		known = read_real(value, &policy->margin_rel);
	} else if (strcmp(key, "alpha") == 0) {
		known = read_real(value, &policy->alpha);
	} else if (strcmp(key, "beta") == 0) {
		known = read_real(value, &policy->beta);
	} else if (strcmp(key, "floor") == 0) {
		known = read_real(value, &policy->floor);
	} else if (strcmp(key, "ceiling") == 0) {
		known = read_real(value, &policy->ceiling);
	} else if (strcmp(key, "min_n") == 0) {
		known = json_is_integer(value);
		policy->min_n = json_integer_value(value);
	} else if (strcmp(key, "allow_point") == 0) {
		known = json_is_boolean(value);
		policy->allow_point = json_is_true(value);
	} else {
		known = false;
	}
	return known;
}

/* The first key that means nothing, or NULL. */
static const char *read_policy(const json_t *object, struct metric_policy *policy)
{
	const char *key;
	json_t *value;

	json_object_foreach((json_t *)object, key, value)
	{
		if (!read_policy_key(key, value, policy))
			return key;
	}
	return NULL;
}

static json_t *metric_answer(const struct metric_verdict *verdict)
{
	return json_pack("{s:s, s:o, s:o, s:o, s:s, s:s, s:o, s:o, s:I, s:o}", "method",
		metric_method_name(verdict->method), "d", vectors_real(verdict->d), "p_pass",
		vectors_real(verdict->p_pass), "p_fail", vectors_real(verdict->p_fail), "reason",
		metric_reason_name(verdict->reason), "verdict", outcome_name(verdict->verdict),
		"lower", vectors_real(verdict->interval.lower), "upper",
		vectors_real(verdict->interval.upper), "n", (json_int_t)verdict->n, "n_needed",
		verdict->n_needed < 0 ? json_null() : json_integer(verdict->n_needed));
}

static void unreadable(
	struct vectors *run, const char *name, const char *bad_key, const char *otherwise)
{
	char why[WHY_MAX];

	snprintf(why, sizeof(why), "its policy's %s is not known, or has a value that is none",
		bad_key ? bad_key : "");
	vectors_unreadable(run, name, bad_key ? why : otherwise);
}

static void run_metric(struct vectors *run, const json_t *test, struct metric_policy policy)
{
	const char *name = vectors_string(test, "name");
	const char *bad_key = read_policy(json_object_get(test, "policy"), &policy);
	struct side candidate = {0};
	struct side baseline = {0};
	const struct metric *measured = read_side(json_object_get(test, "candidate"), &candidate);
	const struct metric *live = read_side(json_object_get(test, "baseline"), &baseline);
	struct metric_verdict verdict;

	if (bad_key || !measured) {
		unreadable(run, name, bad_key, "needs a candidate");
		return;
	}
	metric_judge(measured, live, baseline.release, &policy, &verdict);
	vectors_case(run, name, json_object_get(test, "expect"), metric_answer(&verdict));
}

static int64_t count_or(const json_t *object, const char *key, int64_t absent)
{
	int64_t n = vectors_count(object, key);

	return n == -1 ? absent : n;
}

static void run_safety(struct vectors *run, const json_t *test)
{
	const char *name = vectors_string(test, "name");
	const json_t *suite = json_object_get(test, "suite");
	const json_t *rules = json_object_get(test, "policy");
	double alpha = vectors_number(rules, "alpha");
	struct suite outcome = {.total = vectors_count(suite, "total"),
		.violations = count_or(suite, "violations", 0),
		.errors = count_or(suite, "errors", 0),
		.digest = vectors_string(suite, "digest")};
	struct safety_policy policy = {.max_rate = vectors_number(rules, "max_rate"),
		.alpha = isnan(alpha) ? metric_policy_default().alpha : alpha,
		.zero_tolerance = json_is_true(json_object_get(rules, "zero_tolerance")),
		.digest = vectors_string(rules, "digest"),
		.min_total = count_or(rules, "min_total", 0)};
	struct safety_verdict verdict;

	if (!json_is_object(suite) || isnan(policy.max_rate)) {
		vectors_unreadable(run, name, "needs a suite and a policy with max_rate");
		return;
	}
	safety_judge(&outcome, &policy, &verdict);
	vectors_case(run, name, json_object_get(test, "expect"),
		json_pack("{s:I, s:I, s:o, s:o, s:s, s:s, s:o}", "k", (json_int_t)verdict.k, "n",
			(json_int_t)verdict.n, "upper", vectors_real(verdict.limits.upper), "lower",
			vectors_real(verdict.limits.lower), "verdict",
			outcome_name(verdict.verdict), "reason", metric_reason_name(verdict.reason),
			"n_needed",
			verdict.n_needed < 0 ? json_null() : json_integer(verdict.n_needed)));
}

static json_t *quality_answer(
	const struct quality_verdict *verdict, const struct quality_part *parts, size_t n)
{
	json_t *holm_fail = json_array();
	json_t *p_superior = json_array();
	json_t *holm_superior = json_array();

	for (size_t i = 0; i < n; i++) {
		json_array_append_new(holm_fail, vectors_real(parts[i].holm_fail));
		if (!parts[i].is_success)
			continue;
		json_array_append_new(p_superior, vectors_real(parts[i].p_superior));
		json_array_append_new(holm_superior, vectors_real(parts[i].holm_superior));
	}
	return json_pack("{s:s, s:s, s:o, s:o, s:o}", "verdict", outcome_name(verdict->verdict),
		"reason", metric_reason_name(verdict->reason), "holm_fail", holm_fail, "p_superior",
		p_superior, "holm_superior", holm_superior);
}

static bool read_require(const json_t *test, enum require *ret_require)
{
	static const char *const words[] = {"any", "all", "none"};
	const char *word = vectors_string(test, "require");

	*ret_require = REQUIRE_ANY;
	for (int i = 0; word && i < 3; i++) {
		if (strcmp(words[i], word) == 0) {
			*ret_require = (enum require)i;
			return true;
		}
	}
	return !word;
}

static void run_quality(struct vectors *run, const json_t *test, struct metric_policy policy)
{
	static struct side sides[2 * METRICS_MAX];
	static struct quality_metric metrics[METRICS_MAX];
	static struct quality_part parts[METRICS_MAX];
	static double scratch[2 * METRICS_MAX];
	const char *name = vectors_string(test, "name");
	const json_t *list = json_object_get(test, "metrics");
	size_t n = json_array_size(list);
	double alpha = vectors_number(test, "alpha");
	enum require require;
	struct quality_verdict verdict;
	const json_t *entry;
	size_t i;

	if (!read_require(test, &require) || n > METRICS_MAX || !json_is_array(list)) {
		vectors_unreadable(run, name,
			"needs metrics, at most 64, and a `require` of any, all or none");
		return;
	}
	json_array_foreach(list, i, entry)
	{
		struct side *candidate = &sides[2 * i];
		struct side *baseline = &sides[2 * i + 1];

		*candidate = *baseline = (struct side){0};
		metrics[i] = (struct quality_metric){.policy = policy};
		metrics[i].candidate = read_side(json_object_get(entry, "candidate"), candidate);
		metrics[i].baseline = read_side(json_object_get(entry, "baseline"), baseline);
		metrics[i].baseline_id = baseline->release;
		const char *bad_key =
			read_policy(json_object_get(entry, "policy"), &metrics[i].policy);

		if (bad_key || !metrics[i].candidate) {
			unreadable(run, name, bad_key, "a metric without a candidate");
			return;
		}
	}
	quality_judge(metrics, n, require, isnan(alpha) ? policy.alpha : alpha, scratch,
		2 * METRICS_MAX, parts, &verdict);
	vectors_case(
		run, name, json_object_get(test, "expect"), quality_answer(&verdict, parts, n));
}

void vectors_gate_verdicts(struct vectors *run, const json_t *root)
{
	struct metric_policy policy = metric_policy_default();
	const char *bad_key = read_policy(json_object_get(root, "default_policy"), &policy);
	const json_t *test;
	size_t i;

	if (bad_key)
		unreadable(run, "default_policy", bad_key, NULL);
	json_array_foreach(json_object_get(root, "metric_verdicts"), i, test)
		run_metric(run, test, policy);
	json_array_foreach(json_object_get(root, "safety_verdicts"), i, test) run_safety(run, test);
	json_array_foreach(json_object_get(root, "quality_gates"), i, test)
		run_quality(run, test, policy);
}

void vectors_gates(struct vectors *run, const json_t *root)
{
	vectors_gate_functions(run, json_object_get(root, "cases"));
	vectors_gate_verdicts(run, root);
}
