/* SPDX-License-Identifier: Apache-2.0
 *
 * Safety reports: garak and promptfoo. A suite needs a denominator, an end, and a model that was really
 * asked; where several detectors looked at the same output their hits are added up, which can only be
 * too many.
 */
#include <string.h>

#include "model/harvest_parts.h"

enum { PROBES_MAX = 1000 };

/* ---- garak ---- */

struct probe {
	const char *name;
	int64_t total, hits, errors, outputs;
	bool is_judged;
};

struct garak {
	struct probe probe[PROBES_MAX];
	size_t n_probes;
	bool is_complete, has_setup;
	const char *run; /* what its beginning calls it; NULL: nothing */
};

static const char *entry_type(const struct json_value *line)
{
	const char *type = json_member_string(line, "entry_type");

	return type ? type : "";
}

bool harvest_is_garak(const struct harvest_file *f)
{
	return f->is_lines && *entry_type(f->root);
}

/* "probes.dan.Dan" of older reports is "dan.Dan". */
static struct probe *probe_of(struct harvest *h, struct garak *g, const char *name)
{
	if (!strncmp(name, "probes.", 7))
		name += 7;
	for (size_t i = 0; i < g->n_probes; i++)
		if (!strcmp(g->probe[i].name, name))
			return &g->probe[i];
	if (g->n_probes == PROBES_MAX)
		return NULL;
	struct probe *p = &g->probe[g->n_probes++];
	*p = (struct probe){.name = arena_strdup(h->arena, name)};
	return p;
}

static const char *member_of_either(const struct json_value *line, const char *a, const char *b)
{
	const char *text = json_member_string(line, a);

	return text ? text : json_member_string(line, b);
}

/* Its beginning, its end and what is between are of one run. */
static enum harvest_outcome check_run(
	struct harvest *h, struct garak *g, const char *run, size_t number, struct err *err)
{
	if (!run)
		return HARVEST_READ;
	if (!g->run)
		g->run = arena_strdup(h->arena, run);
	if (strcmp(g->run, run) != 0)
		return harvest_refuse(h, NULL, err,
			"line %zu is of the run %.60s, and the report began with %.60s: give the "
			"report of one run",
			number, run, g->run);
	return HARVEST_READ;
}

static enum harvest_outcome check_end(struct harvest *h, struct garak *g,
	const struct json_value *line, size_t number, struct err *err)
{
	const char *run = json_member_string(line, "run");

	if (g->run && !run)
		return harvest_refuse(h, NULL, err,
			"line %zu: the completion entry does not say of which run it is", number);
	if (run && !g->run)
		return harvest_refuse(h, NULL, err,
			"line %zu: the run %.60s is complete, and the report does not say that it "
			"is of that one",
			number, run);
	g->is_complete = true;
	return check_run(h, g, run, number, err);
}

static enum harvest_outcome read_setup(struct harvest *h, struct garak *g,
	const struct json_value *line, size_t number, struct err *err)
{
	const char *type = member_of_either(line, "plugins.target_type", "plugins.model_type");
	const char *name = member_of_either(line, "plugins.target_name", "plugins.model_name");

	if (type && (!strcasecmp(type, "test") || !strncasecmp(type, "test.", 5)))
		return harvest_refuse(h, NULL, err,
			"was run against garak's own test generator (target_type %s): no model was "
			"asked",
			type);
	if (!type)
		return harvest_refuse(h, NULL, err,
			"line %zu: start_run setup does not say what was asked "
			"(plugins.target_type): perhaps garak's own test generator",
			number);
	if (name)
		harvest_model_named(h, NULL, name);
	g->has_setup = true;
	return check_run(h, g, json_member_string(line, "transient.run_id"), number, err);
}

static enum harvest_outcome read_eval(struct harvest *h, struct garak *g,
	const struct json_value *line, size_t number, struct err *err)
{
	const char *name = json_member_string(line, "probe");
	int64_t passed = harvest_count(json_member(line, "passed"));
	int64_t total = harvest_count(json_member(line, "total_evaluated"));
	int64_t fails = harvest_count(json_member(line, "fails"));
	int64_t nones = harvest_count(json_member(line, "nones"));
	struct probe *p = name ? probe_of(h, g, name) : NULL;

	if (total < 0)
		total = harvest_count(json_member(line, "total"));
	if (passed < 0 && fails >= 0 && total >= fails)
		passed = total - fails;
	if (!p || passed < 0 || total < 0)
		return harvest_refuse(h, NULL, err,
			"line %zu: an eval entry wants probe, passed and total_evaluated (or "
			"total)",
			number);
	if (passed > total || (fails >= 0 && passed + fails != total))
		return harvest_refuse(h, NULL, err,
			"line %zu: %lld passed and %lld failed do not make %lld", number,
			(long long)passed, (long long)fails, (long long)total);
	nones = nones > 0 ? nones : 0;
	p->is_judged = true;
	p->hits += total - passed;
	p->total = total + nones > p->total ? total + nones : p->total;
	p->errors = nones > p->errors ? nones : p->errors;
	return HARVEST_READ;
}

/* An attempt that is done has status 2; its outputs were judged. */
static void count_attempt(struct harvest *h, struct garak *g, const struct json_value *line)
{
	const char *name = json_member_string(line, "probe_classname");
	const struct json_value *outputs = json_member(line, "outputs");
	struct probe *p = name ? probe_of(h, g, name) : NULL;

	if (p && harvest_count(json_member(line, "status")) == 2 &&
		json_is(outputs, JSON_KIND_ARRAY))
		p->outputs += (int64_t)outputs->n;
}

static enum harvest_outcome read_line(
	struct harvest *h, const struct json_value *line, size_t number, void *arg, struct err *err)
{
	struct garak *g = arg;
	const char *type = entry_type(line);

	if (!strcmp(type, "start_run setup"))
		return read_setup(h, g, line, number, err);
	if (!strcmp(type, "init"))
		return check_run(h, g, json_member_string(line, "run"), number, err);
	if (!strcmp(type, "eval"))
		return read_eval(h, g, line, number, err);
	if (!strcmp(type, "attempt"))
		count_attempt(h, g, line);
	if (!strcmp(type, "completion"))
		return check_end(h, g, line, number, err);
	return HARVEST_READ;
}

static enum harvest_outcome close_garak(struct harvest *h, struct garak *g, struct err *err)
{
	struct suite_category *categories =
		ARENA_ARRAY(h->arena, g->n_probes + 1, struct suite_category);
	struct found_suite *s;
	size_t n = 0;

	if (!g->is_complete)
		return harvest_refuse(
			h, NULL, err, "has no completion entry: the run did not come to its end");
	if (!g->has_setup)
		return harvest_refuse(h, NULL, err,
			"has no start_run setup entry: nothing says which model was asked, or that "
			"it was none of garak's own test generators");
	s = harvest_suite(h, NULL, "adversarial");
	for (size_t i = 0; i < g->n_probes; i++) {
		const struct probe *p = &g->probe[i];
		int64_t judged = p->total - p->errors;
		int64_t hits = p->hits < judged ? p->hits : judged;

		if (!p->is_judged || !p->total)
			continue;
		if (p->total > p->outputs)
			return harvest_refuse(h, NULL, err,
				"%s counts %lld outputs, but the report's attempts hold %lld: it "
				"was put together by hand, or is not the whole report",
				p->name, (long long)p->total, (long long)p->outputs);
		categories[n++] =
			(struct suite_category){.name = harvest_key(h->arena, NULL, p->name),
				.total = p->total,
				.violations = hits,
				.errors = p->errors,
				.passed = judged - hits};
		s->suite.total += p->total;
		s->suite.violations += hits;
		s->suite.errors += p->errors;
	}
	if (!s->suite.total)
		return harvest_refuse(
			h, NULL, err, "judged no output: there is no eval entry with a total");
	s->suite.passed = s->suite.total - s->suite.violations - s->suite.errors;
	s->suite.categories = categories;
	s->suite.n_categories = n;
	return HARVEST_READ;
}

enum harvest_outcome harvest_read_garak(
	struct harvest *h, const struct harvest_file *f, struct err *err)
{
	struct garak *g = ARENA_NEW(h->arena, struct garak);
	enum harvest_outcome outcome = harvest_lines(h, f, read_line, g, err);

	return outcome == HARVEST_READ ? close_garak(h, g, err) : outcome;
}

bool harvest_is_garak_hits(const struct harvest_file *f)
{
	return json_member(f->root, "goal") && json_member(f->root, "prompt") &&
	       !json_member(f->root, "entry_type");
}

enum harvest_outcome harvest_read_garak_hits(
	struct harvest *h, const struct harvest_file *f, struct err *err)
{
	return harvest_empty(h, NULL, err,
		"holds hits only, and does not say of how many attempts: give the .report.jsonl of "
		"the same run");
}

/* ---- promptfoo ---- */

struct promptfoo {
	int64_t total, successes, passed, failed, errors;
	const char *provider;
	bool is_redteam;
};

static const struct json_value *results_of(const struct json_value *root)
{
	const struct json_value *outer = json_member(root, "results");
	const struct json_value *list = json_member(outer, "results");

	return json_is(list, JSON_KIND_ARRAY) ? list : NULL;
}

bool harvest_is_promptfoo(const struct harvest_file *f)
{
	const struct json_value *stats = json_member(json_member(f->root, "results"), "stats");

	return results_of(f->root) || json_member(stats, "successes");
}

static const char *plugin_of(const struct json_value *result)
{
	const char *id = json_member_string(json_member(result, "metadata"), "pluginId");
	const struct json_value *test = json_member(result, "testCase");

	return id ? id : json_member_string(json_member(test, "metadata"), "pluginId");
}

static const char *provider_of(const struct json_value *v)
{
	const struct json_value *provider = json_member(v, "provider");
	const char *id = json_member_string(provider, "id");

	return id ? id : json_is(provider, JSON_KIND_STRING) ? provider->string : NULL;
}

/* failureReason 2: there was no answer to judge. */
static bool is_set(const struct json_value *v)
{
	if (json_is(v, JSON_KIND_STRING))
		return *v->string;
	return v && v->kind != JSON_KIND_NULL && !json_is_bool(v, false);
}

static bool has_passed(const struct json_value *result)
{
	return json_is_bool(json_member(result, "success"), true) &&
	       !is_set(json_member(result, "error")) &&
	       !is_set(json_member(json_member(result, "response"), "error")) &&
	       harvest_count(json_member(result, "failureReason")) != 2;
}

/* Of a test that failed `error` only tells what was wrong with its answer. */
static bool is_error(const struct json_value *result)
{
	return harvest_count(json_member(result, "failureReason")) == 2 ||
	       (json_is_bool(json_member(result, "success"), true) && !has_passed(result));
}

/* Says its prompt back. */
static bool is_no_model(const char *provider)
{
	return !strcmp(provider, "echo") || !strncmp(provider, "echo:", 5);
}

static enum harvest_outcome count_results(
	struct harvest *h, const struct json_value *list, struct promptfoo *p, struct err *err)
{
	for (size_t i = 0; i < list->n; i++) {
		const struct json_value *r = &list->sub[i], *success = json_member(r, "success");
		const char *provider = provider_of(r);

		if (!json_is(success, JSON_KIND_BOOL))
			return harvest_refuse(h, r, err, "has no success of true or false");
		if (provider && p->provider && strcmp(provider, p->provider) != 0)
			return harvest_refuse(h, r, err,
				"is of %s, and others are of %s: a manifest's artifact is one; run "
				"it for each by itself",
				provider, p->provider);
		if (provider && is_no_model(provider))
			return harvest_refuse(h, r, err,
				"is of the provider %s, which says its prompt back: no model was "
				"asked",
				provider);
		p->provider = provider ? provider : p->provider;
		p->successes += success->boolean;
		p->passed += has_passed(r);
		p->errors += is_error(r);
		p->failed += !has_passed(r) && !is_error(r);
		p->is_redteam = p->is_redteam || plugin_of(r);
	}
	p->total = (int64_t)list->n;
	return HARVEST_READ;
}

/* Of an export whose results do not name their provider. */
static enum harvest_outcome check_prompts(
	struct harvest *h, const struct json_value *prompts, struct err *err)
{
	for (size_t i = 0; json_is(prompts, JSON_KIND_ARRAY) && i < prompts->n; i++) {
		const char *provider = provider_of(&prompts->sub[i]);
		if (provider && is_no_model(provider))
			return harvest_refuse(h, &prompts->sub[i], err,
				"is of the provider %s, which says its prompt back: no model was "
				"asked",
				provider);
	}
	return HARVEST_READ;
}

static enum harvest_outcome check_stats(struct harvest *h, const struct json_value *stats,
	const struct promptfoo *p, struct err *err)
{
	int64_t passed = harvest_count(json_member(stats, "successes"));
	int64_t failed = harvest_count(json_member(stats, "failures"));
	int64_t errors = harvest_count(json_member(stats, "errors"));

	/* Before version 3 errors were counted among the failures. */
	if (!stats || passed < 0 || failed < 0 ||
		(passed == p->successes &&
			failed + (errors > 0 ? errors : 0) == p->total - p->successes))
		return HARVEST_READ;
	return harvest_refuse(h, stats, err,
		"says %lld passed and %lld failed, but the results are %lld and %lld",
		(long long)passed, (long long)failed, (long long)p->successes,
		(long long)(p->total - p->successes));
}

static void read_categories(struct harvest *h, const struct json_value *list, struct suite *s)
{
	struct suite_category *v = ARENA_ARRAY(h->arena, list->n + 1, struct suite_category);
	size_t n = 0;

	for (size_t i = 0; i < list->n; i++) {
		const struct json_value *r = &list->sub[i];
		const char *plugin = plugin_of(r);
		const char *name = harvest_key(h->arena, NULL, plugin ? plugin : "other");
		size_t k = 0;

		while (k < n && strcmp(v[k].name, name) != 0)
			k++;
		if (k == n)
			v[n++] = (struct suite_category){.name = name};
		v[k].total++;
		v[k].passed += has_passed(r);
		v[k].errors += is_error(r);
		v[k].violations += !has_passed(r) && !is_error(r);
	}
	s->categories = v;
	s->n_categories = n;
}

static void read_cost(struct harvest *h, const struct json_value *prompts)
{
	double cost = 0, tokens = 0;

	for (size_t i = 0; json_is(prompts, JSON_KIND_ARRAY) && i < prompts->n; i++) {
		const struct json_value *m = json_member(&prompts->sub[i], "metrics");
		const struct json_value *usage = json_member(m, "tokenUsage");
		const struct json_value *one = json_member(m, "cost");
		int64_t total = harvest_count(json_member(usage, "total"));

		/* What came from the cache cost nothing, and would again. */
		if (!json_is(one, JSON_KIND_NUMBER) || one->number <= 0 || total <= 0 ||
			harvest_count(json_member(usage, "cached")) > 0)
			return;
		cost += one->number;
		tokens += (double)total;
	}
	if (tokens > 0)
		harvest_on_call(harvest_find_number(h, prompts, cost / tokens * 1000, "promptfoo",
					"cost_per_1k_tokens"),
			"is what these tests cost; --map takes it when that is what it serves at");
}

enum harvest_outcome harvest_read_promptfoo(
	struct harvest *h, const struct harvest_file *f, struct err *err)
{
	const struct json_value *outer = json_member(f->root, "results");
	const struct json_value *list = results_of(f->root);
	struct promptfoo p = {
		.is_redteam = json_is(
			json_member(json_member(f->root, "config"), "redteam"), JSON_KIND_OBJECT)};

	if (!list || !list->n)
		return harvest_refuse(h, outer, err,
			"holds no result: nothing was tried, which is no pass; export it with its "
			"results");
	enum harvest_outcome outcome = count_results(h, list, &p, err);
	if (outcome == HARVEST_READ)
		outcome = check_prompts(h, json_member(outer, "prompts"), err);
	if (outcome == HARVEST_READ)
		outcome = check_stats(h, json_member(outer, "stats"), &p, err);
	if (outcome != HARVEST_READ)
		return outcome;
	if (p.errors == p.total)
		return harvest_refuse(h, outer, err, "every one of %lld tests ended in an error",
			(long long)p.total);
	harvest_model_named(h, list, p.provider);
	struct found_suite *s = harvest_suite(h, list, p.is_redteam ? "adversarial" : "promptfoo");
	s->suite.total = p.total;
	s->suite.violations = p.failed;
	s->suite.errors = p.errors;
	s->suite.passed = p.passed;
	read_categories(h, list, &s->suite);
	if (!p.is_redteam) {
		s->use = FOUND_ON_CALL;
		s->why = "is a safety suite only when you say so: --map policy=promptfoo";
		struct finding *rate = harvest_find_number(
			h, list, (double)p.passed / (double)p.total, "promptfoo", "pass_rate");
		rate->metric.n = p.total;
		rate->metric.successes = p.passed;
	}
	read_cost(h, json_member(outer, "prompts"));
	return HARVEST_READ;
}
