/* SPDX-License-Identifier: Apache-2.0
 *
 * Serving benchmarks: vLLM's and SGLang's, llmperf, k6. Durations come out in milliseconds. A run in
 * which nothing, or too little, came through is refused: the latency of what did not answer is not 0,
 * and with more than one in twenty lost the 95th percentile of all is a failure. No other percentile and
 * no mean stands for a p95, and no standard deviation for a standard error.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/harvest_parts.h"

#define MOST_FAILED 0.05

static const char whole_request[] = "latency";

/* "latency" with quantile 95 is what the latency gate reads. 0: a mean. */
static const char *name_of(struct arena *a, const char *what, int quantile)
{
	if (!quantile)
		return arena_printf(a, "%s_ms_mean", what);
	return arena_printf(a, "%s_ms_p%d", what, quantile);
}

static void find_duration(struct harvest *h, const struct json_value *v, const char *what,
	int quantile, double to_ms, int64_t n)
{
	double number = NAN;
	const char *why = NULL;
	bool is_number = harvest_number(h, v, &number, &why);
	struct finding *f =
		harvest_find_number(h, v, number * to_ms, NULL, name_of(h->arena, what, quantile));

	f->quantile = quantile;
	f->is_ms = true;
	f->metric.higher_is_better = 0;
	if (n > 0)
		f->metric.n = n;
	if (!is_number)
		harvest_unfit(f, why);
	else if (!quantile)
		harvest_on_call(f, "is a mean, and none is ever taken for a percentile");
	else if (n > 0 && (double)n * (100 - quantile) < 100)
		harvest_on_call(f, arena_printf(h->arena,
					   "is of %lld requests, too few for a 95th or 99th "
					   "percentile to be more than their maximum",
					   (long long)n));
}

static enum harvest_outcome check_failures(struct harvest *h, const struct json_value *at,
	int64_t completed, int64_t failed, struct err *err)
{
	double share = (double)failed / (double)(completed + failed);

	if (completed <= 0)
		return harvest_refuse(h, at, err,
			"no request came through (completed is 0): its latencies of 0 are no "
			"measurement; look at the server's log and run it again");
	if (failed > 0 && share > MOST_FAILED)
		return harvest_refuse(h, at, err,
			"%lld of %lld requests failed: with more than 5 %% lost the 95th "
			"percentile "
			"of all requests is a failure; mend that and run it again",
			(long long)failed, (long long)(completed + failed));
	if (failed < 0)
		return HARVEST_READ;
	struct finding *f = harvest_find_number(h, at, share, NULL, "error_rate");
	f->metric.n = completed + failed;
	f->metric.successes = failed;
	if (failed > 0)
		harvest_note(h, at, "%lld of %lld requests failed; the latencies are of the others",
			(long long)failed, (long long)(completed + failed));
	return HARVEST_READ;
}

/* A count that is there has to be one: "8" failed requests are not none. */
static enum harvest_outcome check_count(
	struct harvest *h, const struct json_value *v, struct err *err)
{
	if (!v || json_is(v, JSON_KIND_NULL) || harvest_count(v) >= 0)
		return HARVEST_READ;
	return harvest_refuse(h, v, err,
		"is no whole number from 0 on, so that nobody knows how many requests came "
		"through: run it again, or mend the file");
}

static bool is_same_duration(const struct finding *a, const struct finding *b)
{
	const char *p = strrchr(a->name, '_');

	return p && strlen(a->name) > 2 && !strncmp(a->name, b->name, (size_t)(p - a->name) + 1);
}

/* Of the percentiles of one run a higher one is never the smaller. */
static enum harvest_outcome check_order(
	struct harvest *h, const struct json_value *at, size_t from, struct err *err)
{
	for (size_t i = from; i < h->n_findings; i++)
		for (size_t k = from; k < h->n_findings; k++) {
			const struct finding *low = &h->findings[i], *high = &h->findings[k];
			if (!low->is_ms || !low->quantile || low->quantile >= high->quantile ||
				!is_same_duration(low, high) ||
				!(low->metric.value > high->metric.value))
				continue;
			return harvest_refuse(h, at, err,
				"%s is %.6g and %s is %.6g: a higher percentile cannot be smaller, "
				"so that one of them is wrong; run it again",
				low->name, low->metric.value, high->name, high->metric.value);
		}
	return HARVEST_READ;
}

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
		{"e2el_ms", whole_request},
		{"e2e_latency_ms", whole_request},
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
		*ret_quantile = 0;
	else
		return false;
	/* p99.9 is a key, too: no whole percentile. */
	if (end && end != rest)
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
	size_t from = h->n_findings;
	bool has_p95 = false;

	for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++)
		if (check_count(h, counts[i], err) != HARVEST_READ)
			return HARVEST_REFUSED;
	if (completed < 0)
		return harvest_refuse(h, run, err,
			"does not say how many requests came through (completed): perhaps none "
			"did");
	if (asked >= 0 && completed + (failed > 0 ? failed : 0) > asked)
		return harvest_refuse(h, run, err,
			"says that %lld requests came through and %lld failed, of %lld that were "
			"made: one of these is wrong",
			(long long)completed, (long long)(failed > 0 ? failed : 0),
			(long long)asked);
	if (asked >= 0)
		failed = asked - completed;
	enum harvest_outcome outcome = check_failures(h, run, completed, failed, err);
	if (outcome != HARVEST_READ)
		return outcome;
	harvest_model(h, json_member(run, "model_id"));
	for (size_t i = 0; i < run->n; i++) {
		const char *what;
		int quantile;
		if (!parse_serve_key(run->sub[i].key, &quantile, &what))
			continue;
		has_p95 = has_p95 || (quantile == 95 && what == whole_request);
		find_duration(h, &run->sub[i], what, quantile, 1, completed);
	}
	read_throughput(h, run);
	if (!has_p95)
		harvest_note(h, run,
			"has no p95 of the whole request (p95_e2el_ms), and p99 is never taken for "
			"it: run the benchmark with --percentile-metrics ttft,tpot,itl,e2el "
			"--metric-percentiles 95,99");
	return check_order(h, run, from, err);
}

/* Of several runs in one file the worst number counts. */
static void keep_worst(struct harvest *h, size_t from)
{
	for (size_t i = from; i < h->n_findings; i++)
		for (size_t k = from; k < i; k++) {
			struct finding *a = &h->findings[k], *b = &h->findings[i];
			bool lower = a->metric.higher_is_better == 0;
			if (a->use == FOUND_UNFIT || b->use == FOUND_UNFIT ||
				strcmp(a->name, b->name) != 0)
				continue;
			bool a_is_worse = lower == (a->metric.value >= b->metric.value);
			harvest_unfit(a_is_worse ? b : a, "was worse in another run of the file");
		}
}

enum harvest_outcome harvest_read_bench_serve(
	struct harvest *h, const struct harvest_file *f, struct err *err)
{
	size_t from = h->n_findings;
	enum harvest_outcome outcome = HARVEST_READ;

	if (!json_is(f->root, JSON_KIND_ARRAY))
		return read_run(h, f->root, err);
	for (size_t i = 0; outcome == HARVEST_READ && i < f->root->n; i++)
		outcome = read_run(h, &f->root->sub[i], err);
	if (outcome == HARVEST_READ && f->root->n > 1) {
		keep_worst(h, from);
		harvest_note(
			h, NULL, "holds %zu runs: of each number the worst counts", f->root->n);
	}
	return outcome;
}

/* ---- vLLM bench throughput ---- */

bool harvest_is_bench_throughput(const struct harvest_file *f)
{
	return json_member(f->root, "elapsed_time") && json_member(f->root, "tokens_per_second") &&
	       json_member(f->root, "num_requests");
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

/* ---- genai-perf: {"request_latency": {"unit": "ms", "p95": ...}, ...} ---- */

static double to_ms(const struct json_value *v)
{
	static const struct {
		const char *unit;
		double ms;
	} units[] = {{"ms", 1}, {"s", 1000}, {"sec", 1000}, {"us", 1e-3}, {"ns", 1e-6}};
	const char *unit = json_member_string(v, "unit");

	for (size_t i = 0; unit && i < sizeof(units) / sizeof(units[0]); i++)
		if (!strcmp(unit, units[i].unit))
			return units[i].ms;
	return NAN;
}

/* {"unit": "requests", "avg": 100.0}, or the number alone. */
static const struct json_value *number_of(const struct json_value *root, const char *name)
{
	const struct json_value *v = json_member(root, name);

	return json_is(v, JSON_KIND_OBJECT) ? json_member(v, "avg") : v;
}

bool harvest_is_genai_perf(const struct harvest_file *f)
{
	return json_member_string(json_member(f->root, "request_latency"), "unit") != NULL;
}

enum harvest_outcome harvest_read_genai_perf(
	struct harvest *h, const struct harvest_file *f, struct err *err)
{
	static const struct {
		const char *member, *what;
	} kinds[] = {{"request_latency", whole_request}, {"time_to_first_token", "ttft"},
		{"inter_token_latency", "itl"}};
	const struct json_value *count = number_of(f->root, "request_count");
	const struct json_value *errors = number_of(f->root, "error_request_count");
	const struct json_value *cancelled = json_member(f->root, "was_cancelled");
	int64_t n = harvest_count(count);
	size_t from = h->n_findings;

	if (n < 0)
		return harvest_refuse(h, count, err,
			"does not say how many requests came through (request_count): perhaps "
			"none did");
	if (json_is_bool(cancelled, true))
		return harvest_refuse(h, cancelled, err, "was broken off: run it again to its end");
	if (check_count(h, errors, err) != HARVEST_READ)
		return HARVEST_REFUSED;
	enum harvest_outcome outcome = check_failures(h, count, n, harvest_count(errors), err);
	if (outcome != HARVEST_READ)
		return outcome;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		const struct json_value *v = json_member(f->root, kinds[i].member);
		double ms = to_ms(v);
		if (v && isnan(ms))
			return harvest_refuse(
				h, v, err, "has a unit that is none of s, ms, us and ns");
		for (size_t k = 0; json_is(v, JSON_KIND_OBJECT) && k < v->n; k++) {
			const char *key = v->sub[k].key;
			if (*key == 'p' && key[1] &&
				strspn(key + 1, "0123456789") == strlen(key + 1))
				find_duration(h, &v->sub[k], kinds[i].what,
					(int)strtol(key + 1, NULL, 10), ms, n);
		}
	}
	return check_order(h, NULL, from, err);
}

/* ---- llmperf ---- */

bool harvest_is_llmperf(const struct harvest_file *f)
{
	return json_member(f->root, "results_num_completed_requests") ||
	       json_member(f->root, "results_end_to_end_latency_s_mean");
}

/* "results_ttft_s_quantiles_p95" */
static bool parse_llmperf_key(
	struct arena *a, const char *key, int *ret_quantile, const char **ret_what)
{
	static const char start[] = "results_", mid[] = "_s_quantiles_p", mean[] = "_s_mean";
	const char *at;
	char *end;

	if (strncmp(key, start, strlen(start)) != 0)
		return false;
	key += strlen(start);
	if ((at = strstr(key, mid))) {
		*ret_quantile = (int)strtol(at + strlen(mid), &end, 10);
		if (*end || *ret_quantile < 1)
			return false;
	} else if ((at = strstr(key, mean)) && !at[strlen(mean)]) {
		*ret_quantile = 0;
	} else {
		return false;
	}
	const char *what = arena_strndup(a, key, (size_t)(at - key));
	/* Tokens per s of a request are no duration. */
	if (strstr(what, "token_per") || strstr(what, "throughput"))
		return false;
	*ret_what = !strcmp(what, "end_to_end_latency") ? whole_request : what;
	return true;
}

/* Its counts and its rate tell the same story. */
static enum harvest_outcome check_llmperf(struct harvest *h, const struct json_value *root,
	int64_t completed, int64_t asked, int64_t failed, struct err *err)
{
	const struct json_value *rate = json_member(root, "results_error_rate");
	int64_t lost = asked - completed;

	if (completed < 0 || asked < 0)
		return HARVEST_READ;
	if (lost < 0 || failed > lost)
		return harvest_refuse(h, NULL, err,
			"says that %lld requests came through and %lld failed, of %lld that were "
			"started: one of these is wrong",
			(long long)completed, (long long)(failed > 0 ? failed : 0),
			(long long)asked);
	if (!rate || json_is(rate, JSON_KIND_NULL))
		return HARVEST_READ;
	if (!json_is(rate, JSON_KIND_NUMBER) ||
		fabs(rate->number * (double)asked - (double)lost) > 0.5)
		return harvest_refuse(h, rate, err,
			"is not what the counts say: %lld of %lld requests did not come through",
			(long long)lost, (long long)asked);
	return HARVEST_READ;
}

enum harvest_outcome harvest_read_llmperf(
	struct harvest *h, const struct harvest_file *f, struct err *err)
{
	static const char *const names[] = {"results_num_completed_requests",
		"results_num_requests_started", "results_number_errors"};
	int64_t completed = harvest_count(json_member(f->root, names[0]));
	int64_t asked = harvest_count(json_member(f->root, names[1]));
	int64_t failed = harvest_count(json_member(f->root, names[2]));
	size_t from = h->n_findings;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (check_count(h, json_member(f->root, names[i]), err) != HARVEST_READ)
			return HARVEST_REFUSED;
	enum harvest_outcome outcome = check_llmperf(h, f->root, completed, asked, failed, err);
	if (asked >= 0)
		failed = asked - completed;
	if (outcome == HARVEST_READ)
		outcome = check_failures(h, NULL, completed, failed, err);
	if (outcome != HARVEST_READ)
		return outcome;
	harvest_model(h, json_member(f->root, "model"));
	for (size_t i = 0; i < f->root->n; i++) {
		const struct json_value *v = &f->root->sub[i];
		const char *what;
		int quantile;
		if (parse_llmperf_key(h->arena, v->key, &quantile, &what))
			find_duration(h, v, what, quantile, 1000, completed);
	}
	return check_order(h, NULL, from, err);
}

bool harvest_is_llmperf_means(const struct harvest_file *f)
{
	if (!json_is(f->root, JSON_KIND_OBJECT) || !f->root->n)
		return false;
	for (size_t i = 0; i < f->root->n; i++) {
		const struct json_value *v = &f->root->sub[i];
		if (strspn(v->key, "0123456789") != strlen(v->key) ||
			!json_member(v, "concurrency"))
			return false;
	}
	return true;
}

enum harvest_outcome harvest_read_llmperf_means(
	struct harvest *h, const struct harvest_file *f, struct err *err)
{
	return harvest_empty(h, NULL, err,
		"holds means by concurrency, and a p95 cannot be had from a mean, nor a model from "
		"a file's name: give a summary with percentiles");
}

/* ---- k6 ---- */

/* The values stand within `values`, or, of --summary-export, in the metric itself. */
static const struct json_value *values_of(const struct json_value *root, const char *metric)
{
	const struct json_value *v = json_member(json_member(root, "metrics"), metric);
	const struct json_value *values = json_member(v, "values");

	return json_is(values, JSON_KIND_OBJECT) ? values : v;
}

bool harvest_is_k6(const struct harvest_file *f)
{
	return json_is(values_of(f->root, "http_reqs"), JSON_KIND_OBJECT) ||
	       json_is(values_of(f->root, "http_req_duration"), JSON_KIND_OBJECT);
}

/* {"p(95) < 500": {"ok": false}}, or, of --summary-export, true for one that was crossed. */
static void note_thresholds(struct harvest *h, const struct json_value *root)
{
	const struct json_value *metrics = json_member(root, "metrics");

	for (size_t i = 0; i < metrics->n; i++) {
		const struct json_value *all = json_member(&metrics->sub[i], "thresholds");
		for (size_t k = 0; json_is(all, JSON_KIND_OBJECT) && k < all->n; k++) {
			const struct json_value *t = &all->sub[k];
			if (json_is_bool(t, true) || json_is_bool(json_member(t, "ok"), false))
				harvest_note(h, t, "the run's own threshold was not held");
		}
	}
}

enum harvest_outcome harvest_read_k6(
	struct harvest *h, const struct harvest_file *f, struct err *err)
{
	const struct json_value *duration = values_of(f->root, "http_req_duration");
	const struct json_value *failed = values_of(f->root, "http_req_failed");
	const struct json_value *rate = json_member(failed, "rate");
	int64_t n = harvest_count(json_member(values_of(f->root, "http_reqs"), "count"));
	size_t from = h->n_findings;
	bool has_p95 = false;

	if (!rate)
		rate = json_member(failed, "value");
	if (n < 0)
		n = harvest_count(json_member(duration, "count"));
	if (n < 0 && (duration || json_is(rate, JSON_KIND_NUMBER)) &&
		values_of(f->root, "http_reqs"))
		return harvest_refuse(h, NULL, err,
			"does not say how many requests were made (http_reqs.count): a percentile "
			"of how many?");
	if (n <= 0)
		return harvest_refuse(h, NULL, err, "no request was made (http_reqs)");
	if (rate && (!json_is(rate, JSON_KIND_NUMBER) || rate->number < 0 || rate->number > 1))
		return harvest_refuse(h, rate, err,
			"is no number from 0 to 1, so that nobody knows how many requests failed");
	if (rate) {
		int64_t lost = (int64_t)llround(rate->number * (double)n);
		enum harvest_outcome outcome = check_failures(h, rate, n - lost, lost, err);
		if (outcome != HARVEST_READ)
			return outcome;
	} else {
		harvest_note(h, NULL, "does not say how many requests failed (http_req_failed)");
	}
	for (size_t i = 0; json_is(duration, JSON_KIND_OBJECT) && i < duration->n; i++) {
		const struct json_value *v = &duration->sub[i];
		int quantile;
		char end;
		if (!strcmp(v->key, "med"))
			quantile = 50;
		else if (!strcmp(v->key, "avg"))
			quantile = 0;
		else if (sscanf(v->key, "p(%d%c", &quantile, &end) != 2 || end != ')' ||
			 quantile < 1)
			continue;
		has_p95 = has_p95 || quantile == 95;
		find_duration(h, v, whole_request, quantile, 1, n);
	}
	if (!has_p95)
		harvest_note(h, duration,
			"has no p(95), and no other percentile is taken for it: add it to "
			"summaryTrendStats");
	note_thresholds(h, f->root);
	return check_order(h, duration, from, err);
}
