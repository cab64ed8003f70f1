/* SPDX-License-Identifier: Apache-2.0
 *
 * Benchmarks of one report, one for each load, each with its statistics of what came through: GuideLLM's and
 * inference-benchmarker's. Of several the worst counts. GuideLLM's durations of whole requests are in
 * seconds, all others in milliseconds.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "model/harvest_latency.h"

static const struct json_value *metric_of(const struct json_value *benchmark, const char *name)
{
	return json_member(json_member(benchmark, "metrics"), name);
}

bool harvest_is_guidellm(const struct harvest_file *f)
{
	const struct json_value *list = json_member(f->root, "benchmarks");

	if (!json_is(list, JSON_KIND_ARRAY))
		return false;
	for (size_t i = 0; i < list->n; i++)
		if (!json_is(metric_of(&list->sub[i], "request_latency"), JSON_KIND_OBJECT))
			return false;
	return list->n || json_member(f->root, "args") || json_member(f->root, "metadata");
}

/* Where the versions keep {"successful", "errored", "incomplete", "total"}. */
static const struct json_value *totals_of(const struct json_value *b)
{
	static const char *const places[][2] = {{"request_totals", NULL},
		{"metrics", "request_totals"}, {"run_stats", "requests_made"},
		{"scheduler_metrics", "requests_made"}};

	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		const struct json_value *v = json_member(b, places[i][0]);
		if (places[i][1])
			v = json_member(v, places[i][1]);
		if (json_is(v, JSON_KIND_OBJECT))
			return v;
	}
	return NULL;
}

static void read_statistics(
	struct harvest *h, const struct json_value *v, const char *what, double to_ms, int64_t n)
{
	static const struct {
		const char *key;
		int quantile;
	} kinds[] = {{"mean", QUANTILE_MEAN}, {"median", 50}, {"min", QUANTILE_LEAST},
		{"max", QUANTILE_MOST}};
	const struct json_value *all = json_member(v, "percentiles");

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (json_member(v, kinds[i].key))
			harvest_duration(
				h, json_member(v, kinds[i].key), what, kinds[i].quantile, to_ms, n);
	for (size_t i = 0; json_is(all, JSON_KIND_OBJECT) && i < all->n; i++) {
		const char *key = all->sub[i].key;
		int quantile = *key == 'p' ? (int)strtol(key + 1, NULL, 10) : 0;
		/* p001 is the first of a thousand; the median was there already. */
		if (strlen(key) == 3 && strspn(key + 1, "0123456789") == 2 && quantile > 0 &&
			quantile != 50)
			harvest_duration(h, &all->sub[i], what, quantile, to_ms, n);
	}
}

static enum harvest_outcome read_benchmark(
	struct harvest *h, const struct json_value *b, struct err *err)
{
	static const struct {
		const char *name, *what;
		double to_ms;
	} kinds[] = {{"request_latency", harvest_whole_request, 1000},
		{"time_to_first_token_ms", "ttft", 1}, {"inter_token_latency_ms", "itl", 1}};
	const struct json_value *totals = totals_of(b);
	const struct json_value *came = json_member(metric_of(b, "request_latency"), "successful");
	int64_t n = harvest_count(json_member(totals, "successful"));
	int64_t failed = harvest_count(json_member(totals, "errored"));
	int64_t cut = harvest_count(json_member(totals, "incomplete"));
	size_t from = h->n_findings;

	if (n < 0)
		n = harvest_count(json_member(came, "count"));
	if (n < 0 || !json_is(came, JSON_KIND_OBJECT))
		return harvest_refuse(h, b, err,
			"does not say how many requests came through (request_totals.successful): "
			"perhaps none did");
	if (harvest_check_count(h, json_member(totals, "errored"), err) != HARVEST_READ)
		return HARVEST_REFUSED;
	if (failed < 0)
		return harvest_refuse(h, b, err,
			"does not say how many requests failed (request_totals.errored)");
	if (cut > 0)
		harvest_note(h, b,
			"%lld requests were cut off at the end of the run, and are in "
			"none of its latencies",
			(long long)cut);
	enum harvest_outcome outcome = harvest_failures(h, totals, n, failed, err);
	for (size_t i = 0; outcome == HARVEST_READ && i < sizeof(kinds) / sizeof(kinds[0]); i++)
		read_statistics(h, json_member(metric_of(b, kinds[i].name), "successful"),
			kinds[i].what, kinds[i].to_ms, n);
	if (outcome != HARVEST_READ)
		return outcome;
	const struct json_value *rate =
		json_member(json_member(metric_of(b, "tokens_per_second"), "successful"), "mean");
	if (json_is(rate, JSON_KIND_NUMBER) && rate->number > 0 &&
		!(h->tokens_per_s < rate->number)) {
		h->tokens_per_s = rate->number;
		h->tokens_file = h->file;
	}
	harvest_model(h, json_member(json_member(b, "worker"), "backend_model"));
	return harvest_check_order(h, b, from, err);
}

enum harvest_outcome harvest_read_guidellm(
	struct harvest *h, const struct harvest_file *f, struct err *err)
{
	const struct json_value *list = json_member(f->root, "benchmarks");
	size_t from = h->n_findings;

	if (!list->n)
		return harvest_refuse(h, list, err, "is empty: nothing was measured");
	harvest_model(h, json_member(json_member(f->root, "args"), "model"));
	for (size_t i = 0; i < list->n; i++)
		if (read_benchmark(h, &list->sub[i], err) != HARVEST_READ)
			return HARVEST_REFUSED;
	if (list->n > 1) {
		harvest_keep_worst(h, from);
		harvest_note(h, list, "holds %zu runs: of each number the worst counts", list->n);
	}
	return HARVEST_READ;
}

/* ---- inference-benchmarker, of text-generation-inference ---- */

bool harvest_is_inference_benchmarker(const struct harvest_file *f)
{
	const struct json_value *list = json_member(f->root, "results");

	if (!json_is(list, JSON_KIND_ARRAY) || !json_member(f->root, "config"))
		return false;
	for (size_t i = 0; i < list->n; i++)
		if (!json_is(json_member(&list->sub[i], "e2e_latency_ms"), JSON_KIND_OBJECT))
			return false;
	return list->n || json_member(f->root, "system");
}

static enum harvest_outcome read_load(
	struct harvest *h, const struct json_value *run, struct err *err)
{
	static const struct {
		const char *name, *what;
	} kinds[] = {{"e2e_latency_ms", harvest_whole_request}, {"time_to_first_token_ms", "ttft"},
		{"inter_token_latency_ms", "itl"}};
	int64_t n = harvest_count(json_member(run, "successful_requests"));
	int64_t failed = harvest_count(json_member(run, "failed_requests"));
	size_t from = h->n_findings;

	if (n < 0 || failed < 0)
		return harvest_refuse(h, run, err,
			"does not say how many requests came through (successful_requests) and "
			"failed (failed_requests)");
	enum harvest_outcome outcome = harvest_failures(h, run, n, failed, err);
	for (size_t i = 0; outcome == HARVEST_READ && i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		const struct json_value *v = json_member(run, kinds[i].name);
		for (size_t k = 0; json_is(v, JSON_KIND_OBJECT) && k < v->n; k++) {
			const char *key = v->sub[k].key;
			int quantile = *key == 'p' ? (int)strtol(key + 1, NULL, 10) : -1;
			if ((quantile > 0 && quantile < QUANTILE_MOST) || !strcmp(key, "avg"))
				harvest_duration(h, &v->sub[k], kinds[i].what,
					quantile > 0 ? quantile : QUANTILE_MEAN, 1, n);
		}
	}
	return outcome == HARVEST_READ ? harvest_check_order(h, run, from, err) : outcome;
}

enum harvest_outcome harvest_read_inference_benchmarker(
	struct harvest *h, const struct harvest_file *f, struct err *err)
{
	const struct json_value *list = json_member(f->root, "results");
	size_t from = h->n_findings, n = 0;

	harvest_model(h, json_member(json_member(f->root, "config"), "model_name"));
	for (size_t i = 0; i < list->n; i++) {
		const char *id = json_member_string(&list->sub[i], "id");
		/* What the server was made warm with. */
		if (id && !strcmp(id, "warmup"))
			continue;
		n++;
		if (read_load(h, &list->sub[i], err) != HARVEST_READ)
			return HARVEST_REFUSED;
	}
	if (!n)
		return harvest_refuse(h, list, err, "holds no run: nothing was measured");
	if (n > 1) {
		harvest_keep_worst(h, from);
		harvest_note(h, list, "holds %zu runs: of each number the worst counts", n);
	}
	return HARVEST_READ;
}
