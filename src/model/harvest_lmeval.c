/* SPDX-License-Identifier: Apache-2.0
 *
 * lm-evaluation-harness, both formats: {"acc": 0.3, "acc_stderr": 0.01} of the old one and
 * {"acc,none": 0.3, "acc_stderr,none": 0.01} of the new. A group counts for its members, which then
 * do not count again; a run over the first documents only does not count by itself.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/words.h"
#include "model/harvest_groups.h"
#include "model/harvest_parts.h"

static const char average[] = ":_average";

static bool all_objects(const struct json_value *v)
{
	for (size_t i = 0; i < v->n; i++)
		if (v->sub[i].kind != JSON_KIND_OBJECT)
			return false;
	return true;
}

bool harvest_is_lm_eval(const struct harvest_file *f)
{
	const struct json_value *results = json_member(f->root, "results");

	return json_is(results, JSON_KIND_OBJECT) && all_objects(results) &&
	       (json_is(json_member(f->root, "versions"), JSON_KIND_OBJECT) ||
		       json_member(json_member(f->root, "config"), "model_args") ||
		       json_member(f->root, "n-shot"));
}

/* ---- Which model ---- */

static void read_model_args(struct harvest *h, const struct json_value *args)
{
	const char *pretrained = NULL, *peft = NULL, *other = NULL;
	struct word w;

	if (json_is(args, JSON_KIND_OBJECT)) {
		pretrained = json_member_string(args, "pretrained");
		peft = json_member_string(args, "peft");
		other = json_member_string(args, "model");
	}
	for (const char *at = json_is(args, JSON_KIND_STRING) ? args->string : "";
		words_next(&at, &w);) {
		const char *pair = arena_strndup(h->arena, w.s, w.n), *equals = strchr(pair, '=');
		if (equals && !strncmp(pair, "pretrained=", 11))
			pretrained = equals + 1;
		else if (equals && !strncmp(pair, "peft=", 5))
			peft = equals + 1;
		else if (equals && !strncmp(pair, "model=", 6))
			other = equals + 1;
	}
	if (peft)
		harvest_base(h, args, pretrained);
	harvest_model_named(h, args, peft ? peft : pretrained ? pretrained : other);
}

/* ---- Groups ---- */

static bool has_numbers(const struct json_value *task)
{
	for (size_t i = 0; json_is(task, JSON_KIND_OBJECT) && i < task->n; i++)
		if (task->sub[i].kind == JSON_KIND_NUMBER && !strstr(task->sub[i].key, "_stderr") &&
			strcmp(task->sub[i].key, "sample_len") != 0)
			return true;
	return false;
}

/* lighteval's "mmlu:_average|5" counts for "mmlu:anatomy|5". */
static const char *average_above(
	struct arena *a, const struct json_value *results, const char *task)
{
	const char *colon = strchr(task, ':'), *shots = strrchr(task, '|');

	if (!colon || !shots || shots < colon || !strncmp(colon, average, strlen(average)))
		return NULL;
	const char *name = arena_printf(a, "%.*s%s%s", (int)(colon - task), task, average, shots);
	return json_member(results, name) ? name : NULL;
}

static const char *group_of(struct arena *a, const struct json_value *root,
	const struct harvest_groups *groups, const char *task)
{
	const struct json_value *results = json_member(root, "results");
	const char *alias = json_member_string(json_member(results, task), "alias");

	if (json_member(root, "config_general"))
		return average_above(a, results, task);

	if (json_is(json_member(root, "group_subtasks"), JSON_KIND_OBJECT))
		return harvest_group_above(groups, harvest_groups_id(groups, task));
	/* Before group_subtasks a member's alias was set in. */
	return alias && *alias == ' ' && strchr(alias, '-') && json_member(root, "groups") ? "group"
											   : NULL;
}

/* lighteval's settings of a task; of older files its name there lacks the number of examples. */
static const struct json_value *task_config(const struct json_value *root, const char *task)
{
	const struct json_value *all = json_member(root, "config_tasks"), *found = NULL;
	const char *shots = strrchr(task, '|');

	if (all && shots) {
		FREE_AUTO char *name = xstrdup(task);

		name[shots - task] = '\0';
		found = json_member(all, name);
	}
	return found ? found : json_member(all, task);
}

/* How many documents there are, and how many were asked; -1 when the file does not say. */
static int64_t documents_of(const struct json_value *root, const char *task)
{
	const struct json_value *counts = json_member(json_member(root, "n-samples"), task);
	int64_t n = harvest_count(json_member(counts, "original"));

	return n >= 0 ? n
		      : harvest_count(json_member(task_config(root, task), "original_num_docs"));
}

static int64_t asked_of(const struct json_value *root, const char *task)
{
	const struct json_value *counts = json_member(json_member(root, "n-samples"), task);
	const struct json_value *result = json_member(json_member(root, "results"), task);
	int64_t n = harvest_count(json_member(counts, "effective"));
	int64_t judged = harvest_count(json_member(result, "sample_len"));

	/* `effective` knows of a limit, and not in all versions of --samples. */
	if (n >= 0)
		return judged >= 0 && judged < n ? judged : n;
	return harvest_count(json_member(task_config(root, task), "effective_num_docs"));
}

/* ---- Metrics ---- */

/* "pass@1,create_test" as metric and filter; the filter "none" is none. */
static void split_key(
	struct arena *a, const char *key, const char **ret_metric, const char **ret_filter)
{
	const char *comma = strchr(key, ',');

	*ret_metric = comma ? arena_strndup(a, key, (size_t)(comma - key)) : key;
	*ret_filter = comma && strcmp(comma + 1, "none") != 0 ? comma + 1 : NULL;
}

/* pass@1 stands as pass_at_k in higher_is_better. */
static const struct json_value *direction_of(
	struct harvest *h, const struct json_value *root, const char *task, const char *metric)
{
	const struct json_value *map = json_member(json_member(root, "higher_is_better"), task);
	const struct json_value *v = json_member(map, metric);
	const char *at = strchr(metric, '@');

	if (!v && at)
		v = json_member(
			map, arena_printf(h->arena, "%.*s_at_k", (int)(at - metric), metric));
	return v;
}

static void read_metric(struct harvest *h, const struct json_value *root, const char *task,
	const struct json_value *v, int64_t n, const char *left_out)
{
	const struct json_value *direction;
	const char *metric, *filter, *comma = strchr(v->key, ',');

	split_key(h->arena, v->key, &metric, &filter);
	/* What the harness writes when it only generates: 999, always. */
	bool is_bypass = !strcmp(metric, "bypass");
	struct finding *f = harvest_find(
		h, v, task, filter ? arena_printf(h->arena, "%s.%s", metric, filter) : metric);
	if (n > 0)
		f->metric.n = n;
	direction = direction_of(h, root, task, metric);
	if (json_is(direction, JSON_KIND_BOOL))
		f->metric.higher_is_better = direction->boolean;
	harvest_stderr(h, f,
		json_member(v->parent,
			arena_printf(h->arena, "%s_stderr%s", metric, comma ? comma : "")));
	if (is_bypass)
		harvest_unfit(f, "is no measurement: the harness only generated (bypass)");
	if (left_out)
		harvest_on_call(f, left_out);
}

/* How many documents of a task were wanted, as a number or as text; less than 1 is a share of them.
 * INFINITY: all; 0: some, nobody knows how many. */
static double limit_of(const struct json_value *v)
{
	static const char *const none[] = {"", "none", "null", "all"};
	double limit = 0;
	char *end;

	if (!v || json_is(v, JSON_KIND_NULL) || json_is_bool(v, false))
		return INFINITY;
	for (size_t i = 0; json_is(v, JSON_KIND_STRING) && i < sizeof(none) / sizeof(none[0]); i++)
		if (!strcasecmp(v->string, none[i]))
			return INFINITY;
	if (json_is(v, JSON_KIND_NUMBER))
		limit = v->number;
	else if (json_is(v, JSON_KIND_STRING))
		limit = strtod(v->string, &end);
	return limit >= 1 ? limit : 0;
}

static double limit_of_run(const struct json_value *root)
{
	const struct json_value *config = json_member(root, "config");
	const struct json_value *general = json_member(root, "config_general");

	return fmin(limit_of(json_member(config, "limit")),
		limit_of(json_member(general, "max_samples")));
}

static const char limited[] = "was measured on the first documents only (limit), or on some of "
			      "them (samples); --map takes it all the same";
static const char trained_on[] = "was measured on the split called train; --map takes it when the "
				 "model was not trained with it";

static bool is_train(const struct json_value *split)
{
	if (json_is(split, JSON_KIND_ARRAY) && split->n)
		split = &split->sub[0];
	return json_is(split, JSON_KIND_STRING) && !strncmp(split->string, "train", 5);
}

static bool is_of_training(const struct json_value *root, const char *task)
{
	const struct json_value *config = json_member(json_member(root, "configs"), task);
	const struct json_value *split = json_member(config, "test_split");

	if (!json_is(split, JSON_KIND_STRING))
		split = json_member(config, "validation_split");
	return is_train(split) ||
	       is_train(json_member(task_config(root, task), "evaluation_splits"));
}

/* ---- What a task, or all of a group's, was asked ---- */

/* SAMPLES_UNREAD: not looked at yet. */
enum { SAMPLES_UNKNOWN = -1, SAMPLES_UNREAD = -2 };

struct tally {
	int64_t samples;
	/* Why a person has to say that it counts: NULL when all documents were asked, and none of them for
	 * training. A limit beyond them is none. */
	const char *why;
};

struct run {
	const struct json_value *root;
	struct harvest_groups *groups;
	struct tally *leaves; /* by number of the name */
	struct tally *tasks;  /* by place in the results */
	double limit;
};

static const struct tally *leaf_of(struct run *r, size_t id)
{
	const char *task = harvest_groups_name(r->groups, id);
	struct tally *t = &r->leaves[id];

	if (t->samples != SAMPLES_UNREAD)
		return t;
	int64_t asked = asked_of(r->root, task), of = documents_of(r->root, task);
	bool is_whole =
		asked >= 0 && of >= 0 ? asked >= of && r->limit >= (double)of : isinf(r->limit);

	*t = (struct tally){asked, !is_whole			   ? limited
				   : is_of_training(r->root, task) ? trained_on
								   : NULL};
	return t;
}

/* A group has no entry of its own in n-samples: its leaves are added up, one that two of its groups share
 * once. */
static int count_task(struct run *r, const char *task, struct tally *ret)
{
	struct harvest_leaves leaves;
	struct tally sum = {0};

	if (harvest_group_leaves(r->groups, harvest_groups_id(r->groups, task), &leaves) < 0)
		return -1;
	for (size_t i = 0; i < leaves.n; i++) {
		const struct tally *t = leaf_of(r, leaves.id[i]);

		sum.samples = t->samples < 0 || sum.samples < 0 ? SAMPLES_UNKNOWN
								: sum.samples + t->samples;
		sum.why = sum.why ? sum.why : t->why;
	}
	if (!leaves.is_all)
		sum = (struct tally){SAMPLES_UNKNOWN, sum.why ? sum.why : limited};
	*ret = sum;
	return 0;
}

static enum harvest_outcome count_tasks(struct harvest *h, struct run *r, struct err *err)
{
	const struct json_value *results = json_member(r->root, "results");
	size_t n;

	r->groups = harvest_groups_new(
		json_member(r->root, "group_subtasks"), results, has_numbers, h->arena);
	n = harvest_groups_n(r->groups);
	r->leaves = ARENA_ARRAY(h->arena, n, struct tally);
	r->tasks = ARENA_ARRAY(h->arena, results->n, struct tally);
	r->limit = limit_of_run(r->root);
	for (size_t i = 0; i < n; i++)
		r->leaves[i].samples = SAMPLES_UNREAD;
	for (size_t i = 0; i < results->n; i++) {
		if (count_task(r, results->sub[i].key, &r->tasks[i]) < 0)
			return harvest_refuse(h, json_member(r->root, "group_subtasks"), err,
				"has groups that hold one another so often that their samples "
				"cannot be counted");
		if (r->tasks[i].samples == 0)
			return harvest_refuse(
				h, &results->sub[i], err, "was run on no sample (n-samples)");
	}
	return HARVEST_READ;
}

static bool is_metric(const struct json_value *v)
{
	static const char *const others[] = {
		"alias", "name", "sample_len", "sample_count", "samples", "version"};

	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		if (!strcmp(v->key, others[i]))
			return false;
	if (!v->key[strspn(v->key, " ")])
		return false;
	return !strstr(v->key, "_stderr") && v->kind != JSON_KIND_OBJECT &&
	       v->kind != JSON_KIND_ARRAY && !(json_is(v, JSON_KIND_STRING) && !*v->string);
}

static void read_task(struct harvest *h, const struct run *r, const struct json_value *task)
{
	const struct tally *tally = &r->tasks[task->index];
	const char *group = group_of(h->arena, r->root, r->groups, task->key);
	const char *why =
		group ? arena_printf(h->arena, "is counted in %.100s already", group) : tally->why;

	/* lighteval's average over what stands beside it. */
	if (!why && json_member(r->root, "config_general") && !strcmp(task->key, "all") &&
		task->parent->n > 1)
		why = "is the average of the tasks beside it; --map takes it";

	for (size_t i = 0; i < task->n; i++)
		if (is_metric(&task->sub[i]))
			read_metric(h, r->root, task->key, &task->sub[i], tally->samples, why);
}

/* The same task with other examples is another measurement, and goes by the same name. */
static void note_examples(struct harvest *h, const struct json_value *root)
{
	const struct json_value *shots = json_member(root, "n-shot"), *most = NULL;

	for (size_t i = 0; json_is(shots, JSON_KIND_OBJECT) && i < shots->n; i++)
		if (harvest_count(&shots->sub[i]) > harvest_count(most))
			most = &shots->sub[i];
	if (!most)
		most = json_member(json_member(root, "config"), "num_fewshot");
	if (harvest_count(most) > 0)
		harvest_note(h, most,
			"was asked with %lld examples before each question: it compares with what "
			"was asked with as many, and the gates cannot see that",
			(long long)harvest_count(most));
}

static bool is_no_model(const struct json_value *v)
{
	return json_is(v, JSON_KIND_STRING) &&
	       (!strcasecmp(v->string, "dummy") || !strcasecmp(v->string, "random"));
}

enum harvest_outcome harvest_read_lm_eval(
	struct harvest *h, const struct harvest_file *f, struct err *err)
{
	const struct json_value *results = json_member(f->root, "results");
	const struct json_value *config = json_member(f->root, "config");
	struct run run = {.root = f->root};

	if (!results->n)
		return harvest_refuse(h, results, err, "is empty: no task was run");
	if (count_tasks(h, &run, err) != HARVEST_READ)
		return HARVEST_REFUSED;
	const struct json_value *model = json_member(config, "model");
	if (!is_no_model(model))
		model = json_member(f->root, "model_source");
	if (is_no_model(model))
		return harvest_refuse(h, model, err,
			"is the harness's own stand-in %s, which answers by chance: no model was "
			"asked",
			model->string);
	read_model_args(h, json_member(config, "model_args"));
	if (!json_member(config, "model_args"))
		harvest_model(h, json_member(f->root, "model_name"));
	harvest_model(h, json_member(json_member(f->root, "config_general"), "model_name"));
	note_examples(h, f->root);
	for (size_t i = 0; i < results->n; i++)
		read_task(h, &run, &results->sub[i]);
	return HARVEST_READ;
}

/* ---- samples_*.jsonl ---- */

bool harvest_is_lm_eval_samples(const struct harvest_file *f)
{
	return f->is_lines && json_member(f->root, "doc_id") &&
	       (json_member(f->root, "resps") || json_member(f->root, "filtered_resps"));
}

enum harvest_outcome harvest_read_lm_eval_samples(
	struct harvest *h, const struct harvest_file *f, struct err *err)
{
	return harvest_empty(h, NULL, err,
		"holds the answers document by document: give results_*.json of the same run, "
		"which counts them");
}
