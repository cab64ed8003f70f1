/* SPDX-License-Identifier: Apache-2.0
 *
 * promptfoo's results: of a red team a suite with a category for each plugin, of plain tests a rate. Each
 * result is counted here; the file's own figures only have to agree. An error is no pass, and a provider
 * that asks nobody is no evidence.
 */
#include <string.h>

#include "model/harvest_parts.h"

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

/* 422 and 500 have a body, too; whoever says nothing has not passed. */
static bool was_answered(const struct json_value *response)
{
	const struct json_value *http = json_member(json_member(response, "metadata"), "http");
	const struct json_value *output = json_member(response, "output");

	if (json_is(output, JSON_KIND_STRING) && !output->string[strspn(output->string, " \t\r\n")])
		return false;
	return !json_is(output, JSON_KIND_NULL) &&
	       harvest_count(json_member(http, "status")) < 400 &&
	       !is_set(json_member(response, "error"));
}

static bool has_passed(const struct json_value *result)
{
	return json_is_bool(json_member(result, "success"), true) &&
	       !is_set(json_member(result, "error")) &&
	       was_answered(json_member(result, "response")) &&
	       harvest_count(json_member(result, "failureReason")) != 2;
}

/* Of a test that failed `error` only tells what was wrong with its answer. */
static bool is_error(const struct json_value *result)
{
	return harvest_count(json_member(result, "failureReason")) == 2 ||
	       (json_is_bool(json_member(result, "success"), true) && !has_passed(result));
}

/* Asks nobody: says its prompt back, lets a person answer, or is put in a model's place. */
static bool is_no_model(const char *provider)
{
	static const char *const names[] = {"echo", "manual-input", "promptfoo:manual-input"};
	size_t n = strcspn(provider, ":");

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (!strcmp(provider, names[i]) ||
			(strlen(names[i]) == n && provider[n] && !strncmp(provider, names[i], n)))
			return true;
	char word[32] = "";
	if (n < sizeof(word))
		memcpy(word, provider, n);
	return harvest_is_stand_in(word);
}

/* What a script asks, if anybody, is written in the script alone. */
static bool is_script(const char *provider)
{
	static const char *const starts[] = {"exec:", "file:", "golang:", "javascript:", "package:",
		"python:", "ruby:", "custom"};

	for (size_t i = 0; i < sizeof(starts) / sizeof(starts[0]); i++)
		if (!strncmp(provider, starts[i], strlen(starts[i])))
			return true;
	return false;
}

static enum harvest_outcome refuse_stand_in(
	struct harvest *h, const struct json_value *v, const char *provider, struct err *err)
{
	return harvest_refuse(h, v, err,
		"is of the provider %s, which says its prompt back or stands in for a model: no "
		"model was asked",
		provider);
}

static enum harvest_outcome refuse_second(struct harvest *h, const struct json_value *v,
	const char *provider, const char *others, struct err *err)
{
	return harvest_refuse(h, v, err,
		"is of %s, and others are of %s: a manifest's artifact is one; run it for each by "
		"itself",
		provider, others);
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
			return refuse_second(h, r, provider, p->provider, err);
		if (provider && is_no_model(provider))
			return refuse_stand_in(h, r, provider, err);
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
	struct harvest *h, const struct json_value *prompts, struct promptfoo *p, struct err *err)
{
	for (size_t i = 0; json_is(prompts, JSON_KIND_ARRAY) && i < prompts->n; i++) {
		const char *provider = provider_of(&prompts->sub[i]);
		if (provider && p->provider && strcmp(provider, p->provider) != 0)
			return refuse_second(h, &prompts->sub[i], provider, p->provider, err);
		if (provider && is_no_model(provider))
			return refuse_stand_in(h, &prompts->sub[i], provider, err);
		p->provider = provider ? provider : p->provider;
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
		outcome = check_prompts(h, json_member(outer, "prompts"), &p, err);
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
	if (p.provider && is_script(p.provider)) {
		s->use = FOUND_ON_CALL;
		s->why = arena_printf(h->arena,
			"is of %.60s, a script that may ask a model or none; --map takes it when "
			"it asks this one",
			p.provider);
	}
	if (!p.is_redteam) {
		s->use = FOUND_ON_CALL;
		s->why = "is a safety suite only when you say so: --map policy=promptfoo";
		struct finding *rate = harvest_find_number(
			h, list, (double)p.passed / (double)p.total, "promptfoo", "pass_rate");
		rate->metric.n = p.total;
		rate->metric.successes = p.passed;
		if (p.provider && is_script(p.provider))
			harvest_on_call(rate, "is of a script that may ask a model or none; --map "
					      "takes it when it asks this one");
	}
	read_cost(h, json_member(outer, "prompts"));
	return HARVEST_READ;
}
