/* SPDX-License-Identifier: Apache-2.0
 *
 * Serving benchmarks of the servers' own: vLLM's and SGLang's. Of several runs in a file the worst counts.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/harvest_latency.h"

/* ---- vLLM bench serve, SGLang bench_serving ---- */

/* "p99_ttft_ms": quantile 99 of ttft. False when the key is none of that kind. */
static bool parse_serve_key(const char *key, int *ret_quantile, const char **ret_what)
{
	static const struct {
		const char *word, *what;
	} kinds[] = {
		{"ttft_ms", "ttft"},
		{"tpot_ms", "tpot"},
		{"itl_ms", "itl"},
		{"e2el_ms", harvest_whole_request},
		{"e2e_latency_ms", harvest_whole_request},
	};
	const char *rest = strchr(key, '_');
	char *end = NULL;

	if (!rest)
		return false;
	if (*key == 'p' && key[1] >= '1' && key[1] <= '9')
		*ret_quantile = (int)strtol(key + 1, &end, 10);
	else if (!strncmp(key, "median_", 7))
		*ret_quantile = 50;
	else if (!strncmp(key, "mean_", 5))
		*ret_quantile = QUANTILE_MEAN;
	else if (!strncmp(key, "min_", 4))
		*ret_quantile = QUANTILE_LEAST;
	else if (!strncmp(key, "max_", 4))
		*ret_quantile = QUANTILE_MOST;
	else
		return false;
	/* p99.9 is a key, too: no whole percentile. */
	if (end && (end != rest || *ret_quantile > 99))
		return false;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (!strcmp(rest + 1, kinds[i].word)) {
			*ret_what = kinds[i].what;
			return true;
		}
	return false;
}

static bool is_serve_run(const struct json_value *v)
{
	const char *what;
	int quantile;

	if (json_member(v, "completed") && json_member(v, "request_throughput"))
		return true;
	for (size_t i = 0; json_is(v, JSON_KIND_OBJECT) && i < v->n; i++)
		if (parse_serve_key(v->sub[i].key, &quantile, &what))
			return true;
	return false;
}

/* The first of these counts that the run has; NULL: none. */
static const struct json_value *count_of(const struct json_value *run, const char *const *names)
{
	for (; *names; names++)
		if (json_member(run, *names))
			return json_member(run, *names);
	return NULL;
}

bool harvest_is_bench_serve(const struct harvest_file *f)
{
	if (!json_is(f->root, JSON_KIND_ARRAY))
		return is_serve_run(f->root);
	for (size_t i = 0; i < f->root->n; i++)
		if (!is_serve_run(&f->root->sub[i]))
			return false;
	return f->root->n > 0;
}

static void read_throughput(struct harvest *h, const struct json_value *run)
{
	const struct json_value *out = json_member(run, "output_throughput");
	const struct json_value *all = json_member(run, "total_token_throughput");

	if (json_is(out, JSON_KIND_NUMBER) && out->number > 0)
		harvest_find(h, out, NULL, "output_tokens_per_s")->metric.higher_is_better = 1;
	/* Of several runs the slowest. */
	if (!json_is(all, JSON_KIND_NUMBER) || all->number <= 0 || h->tokens_per_s < all->number)
		return;
	h->tokens_per_s = all->number;
	h->tokens_file = h->file;
}

/* One for each request, "" for what came through: --save-detailed, --output-details. */
static int64_t count_errors(const struct json_value *run, int64_t *ret_asked)
{
	const struct json_value *list = json_member(run, "errors");
	int64_t n = 0;

	for (size_t i = 0; json_is(list, JSON_KIND_ARRAY) && i < list->n; i++)
		n += json_is(&list->sub[i], JSON_KIND_STRING) && *list->sub[i].string;
	*ret_asked = json_is(list, JSON_KIND_ARRAY) && list->n ? (int64_t)list->n : -1;
	return n;
}

/* SGLang does not say how many requests it made. */
static void wait_for_failures(struct harvest *h, size_t from)
{
	for (size_t i = from; i < h->n_findings; i++)
		if (h->findings[i].is_ms && h->findings[i].use == FOUND_TAKEN)
			harvest_on_call(&h->findings[i],
				"is of what came through, and the file does not say how many "
				"requests were made or failed; --map takes it when all came "
				"through");
}

static enum harvest_outcome read_run(
	struct harvest *h, const struct json_value *run, struct err *err)
{
	static const char *const completed_names[] = {
		"completed", "successful_requests", "num_successful_requests", NULL};
	static const char *const asked_names[] = {
		"num_prompts", "total_requests", "num_requests", NULL};
	static const char *const failed_names[] = {
		"failed", "failed_requests", "num_failed_requests", NULL};
	const struct json_value *counts[] = {count_of(run, completed_names),
		count_of(run, asked_names), count_of(run, failed_names)};
	int64_t completed = harvest_count(counts[0]);
	int64_t asked = harvest_count(counts[1]);
	int64_t failed = harvest_count(counts[2]);
	int64_t listed, errors = count_errors(run, &listed);
	const struct json_value *took = json_member(run, "duration");
	size_t from = h->n_findings;
	bool has_p95 = false;

	for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++)
		if (harvest_check_count(h, counts[i], err) != HARVEST_READ)
			return HARVEST_REFUSED;
	if (completed < 0)
		return harvest_refuse(h, run, err,
			"does not say how many requests came through (completed): perhaps none "
			"did");
	if (completed > 0 && took && !(json_is(took, JSON_KIND_NUMBER) && took->number > 0))
		return harvest_refuse(h, took, err,
			"is no time more than 0, and %lld requests came through: one of these is "
			"wrong",
			(long long)completed);
	if (asked < 0 && failed < 0)
		asked = listed;
	if (failed < errors)
		failed = listed >= 0 ? errors : failed;
	if (asked >= 0 && completed + (failed > 0 ? failed : 0) > asked)
		return harvest_refuse(h, run, err,
			"says that %lld requests came through and %lld failed, of %lld that were "
			"made: one of these is wrong",
			(long long)completed, (long long)(failed > 0 ? failed : 0),
			(long long)asked);
	if (asked >= 0)
		failed = asked - completed;
	enum harvest_outcome outcome = harvest_failures(h, run, completed, failed, err);
	if (outcome != HARVEST_READ)
		return outcome;
	harvest_model(h, json_member(run, "model_id"));
	for (size_t i = 0; i < run->n; i++) {
		const char *what;
		int quantile;
		if (!parse_serve_key(run->sub[i].key, &quantile, &what))
			continue;
		has_p95 = has_p95 || (quantile == 95 && what == harvest_whole_request);
		harvest_duration(h, &run->sub[i], what, quantile, 1, completed);
	}
	if (failed < 0)
		wait_for_failures(h, from);
	read_throughput(h, run);
	if (!has_p95)
		harvest_note(h, run,
			"has no p95 of the whole request (p95_e2el_ms), and p99 is never taken for "
			"it: run the benchmark with --percentile-metrics ttft,tpot,itl,e2el "
			"--metric-percentiles 95,99");
	return harvest_check_order(h, run, from, err);
}

/* SGLang adds a line for each run. */
static enum harvest_outcome read_line(
	struct harvest *h, const struct json_value *line, size_t number, void *arg, struct err *err)
{
	size_t *n_runs = arg;

	if (!is_serve_run(line))
		return harvest_refuse(
			h, NULL, err, "line %zu is no run of a serving benchmark", number);
	++*n_runs;
	enum harvest_outcome outcome = read_run(h, line, err);
	if (outcome != HARVEST_READ)
		err_wrap(err, "line %zu", number);
	return outcome;
}

enum harvest_outcome harvest_read_bench_serve(
	struct harvest *h, const struct harvest_file *f, struct err *err)
{
	size_t from = h->n_findings, n_runs = 1;
	enum harvest_outcome outcome = HARVEST_READ;

	if (f->is_lines) {
		n_runs = 0;
		outcome = harvest_lines(h, f, read_line, &n_runs, err);
	} else if (json_is(f->root, JSON_KIND_ARRAY)) {
		n_runs = f->root->n;
		for (size_t i = 0; outcome == HARVEST_READ && i < n_runs; i++)
			outcome = read_run(h, &f->root->sub[i], err);
	} else {
		outcome = read_run(h, f->root, err);
	}
	if (outcome != HARVEST_READ || n_runs == 1)
		return outcome;
	harvest_keep_worst(h, from);
	harvest_note(h, NULL, "holds %zu runs: of each number the worst counts", n_runs);
	return HARVEST_READ;
}

/* ---- vLLM bench throughput ---- */

bool harvest_is_bench_throughput(const struct harvest_file *f)
{
	return json_member(f->root, "elapsed_time") && json_member(f->root, "tokens_per_second") &&
	       json_member(f->root, "num_requests");
}

/* ---- vLLM bench latency: {"avg_latency", "latencies", "percentiles": {"50": ..., "99": ...}} ---- */

bool harvest_is_bench_latency(const struct harvest_file *f)
{
	return json_member(f->root, "avg_latency") &&
	       json_is(json_member(f->root, "latencies"), JSON_KIND_ARRAY);
}

enum harvest_outcome harvest_read_bench_latency(
	struct harvest *h, const struct harvest_file *f, struct err *err)
{
	const struct json_value *list = json_member(f->root, "latencies");
	const struct json_value *percentiles = json_member(f->root, "percentiles");
	size_t from = h->n_findings;

	if (!list->n)
		return harvest_refuse(h, list, err, "is empty: nothing was measured");
	harvest_duration(h, json_member(f->root, "avg_latency"), "batch", QUANTILE_MEAN, 1000,
		(int64_t)list->n);
	for (size_t i = 0; json_is(percentiles, JSON_KIND_OBJECT) && i < percentiles->n; i++) {
		char *end;
		long quantile = strtol(percentiles->sub[i].key, &end, 10);
		if (!*end && quantile > 0 && quantile < 100)
			harvest_duration(h, &percentiles->sub[i], "batch", (int)quantile, 1000,
				(int64_t)list->n);
	}
	harvest_note(h, list,
		"is of whole batches without other load: a p95 of requests needs a serving "
		"benchmark");
	return harvest_check_order(h, NULL, from, err);
}

enum harvest_outcome harvest_read_bench_throughput(
	struct harvest *h, const struct harvest_file *f, struct err *err)
{
	const struct json_value *rate = json_member(f->root, "tokens_per_second");
	int64_t n = harvest_count(json_member(f->root, "num_requests"));

	if (n <= 0 || !json_is(rate, JSON_KIND_NUMBER) || rate->number <= 0)
		return harvest_refuse(h, rate, err, "nothing went through: it is no measurement");
	struct finding *found = harvest_find(h, rate, NULL, "tokens_per_s");
	found->metric.higher_is_better = 1;
	found->metric.n = n;
	h->tokens_per_s = rate->number;
	h->tokens_file = h->file;
	harvest_note(h, NULL, "holds no latency: a p95 needs a serving benchmark");
	return HARVEST_READ;
}
