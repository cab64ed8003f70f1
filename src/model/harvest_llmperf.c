/* SPDX-License-Identifier: Apache-2.0
 *
 * Serving benchmarks from outside: GenAI-Perf's and AIPerf's profiles, llmperf's summaries. Durations come
 * out in milliseconds, by the unit that the file names.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/harvest_latency.h"

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

/* "p95", "avg", "min", "max" */
static bool parse_statistic(const char *key, int *ret_quantile)
{
	size_t digits = *key == 'p' ? strspn(key + 1, "0123456789") : 0;

	if (!strcmp(key, "avg") || !strcmp(key, "mean"))
		*ret_quantile = QUANTILE_MEAN;
	else if (!strcmp(key, "min"))
		*ret_quantile = QUANTILE_LEAST;
	else if (!strcmp(key, "max"))
		*ret_quantile = QUANTILE_MOST;
	else if ((digits == 1 && !key[2]) || (digits == 2 && !key[3]))
		*ret_quantile = (int)strtol(key + 1, NULL, 10);
	else
		return false;
	return true;
}

/* {"unit": "requests", "avg": 100.0}, or the number alone. */
static const struct json_value *number_of(const struct json_value *root, const char *name)
{
	const struct json_value *v = json_member(root, name);

	return json_is(v, JSON_KIND_OBJECT) ? json_member(v, "avg") : v;
}

/* AIPerf's list of what went wrong, each with how often; -1 when there is none. */
static int64_t listed_errors(const struct json_value *root)
{
	const struct json_value *list = json_member(root, "error_summary");
	int64_t total = 0;

	for (size_t i = 0; json_is(list, JSON_KIND_ARRAY) && i < list->n; i++) {
		int64_t n = harvest_count(json_member(&list->sub[i], "count"));
		total += n > 0 ? n : 1;
	}
	return json_is(list, JSON_KIND_ARRAY) ? total : -1;
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
	} kinds[] = {{"request_latency", harvest_whole_request}, {"time_to_first_token", "ttft"},
		{"inter_token_latency", "itl"}};
	const struct json_value *count = number_of(f->root, "request_count");
	const struct json_value *errors = number_of(f->root, "error_request_count");
	const struct json_value *cancelled = json_member(f->root, "was_cancelled");
	int64_t n = harvest_count(count), failed = harvest_count(errors);
	int64_t listed = listed_errors(f->root);
	size_t from = h->n_findings;
	int quantile;

	if (n < 0)
		return harvest_refuse(h, count, err,
			"does not say how many requests came through (request_count): perhaps "
			"none did; run it again with a GenAI-Perf that counts them, or AIPerf");
	if (harvest_means_yes(cancelled))
		return harvest_refuse(h, cancelled, err, "was broken off: run it again to its end");
	if (harvest_check_count(h, errors, err) != HARVEST_READ)
		return HARVEST_REFUSED;
	enum harvest_outcome outcome =
		harvest_failures(h, count, n, failed > listed ? failed : listed, err);
	if (outcome != HARVEST_READ)
		return outcome;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		const struct json_value *v = json_member(f->root, kinds[i].member);
		double ms = to_ms(v);
		if (v && isnan(ms))
			return harvest_refuse(
				h, v, err, "has a unit that is none of s, ms, us and ns");
		for (size_t k = 0; json_is(v, JSON_KIND_OBJECT) && k < v->n; k++)
			if (parse_statistic(v->sub[k].key, &quantile))
				harvest_duration(h, &v->sub[k], kinds[i].what, quantile, ms, n);
	}
	return harvest_check_order(h, NULL, from, err);
}

/* ---- llmperf ---- */

bool harvest_is_llmperf(const struct harvest_file *f)
{
	return json_member(f->root, "results_num_completed_requests") ||
	       json_member(f->root, "results_end_to_end_latency_s_mean");
}

static bool ends_with(const char *s, const char *end)
{
	size_t n = strlen(s), m = strlen(end);

	return n >= m && !strcmp(s + n - m, end);
}

/* "results_ttft_s_quantiles_p95" */
static bool parse_llmperf_key(
	struct arena *a, const char *key, int *ret_quantile, const char **ret_what)
{
	static const char start[] = "results_", mid[] = "_s_quantiles_p";
	static const struct {
		const char *end;
		int quantile;
	} others[] = {
		{"_s_mean", QUANTILE_MEAN}, {"_s_min", QUANTILE_LEAST}, {"_s_max", QUANTILE_MOST}};
	const char *at = NULL;
	char *end;

	if (strncmp(key, start, strlen(start)) != 0)
		return false;
	key += strlen(start);
	if ((at = strstr(key, mid))) {
		*ret_quantile = (int)strtol(at + strlen(mid), &end, 10);
		if (*end || *ret_quantile < 1 || *ret_quantile > 99)
			return false;
	}
	for (size_t i = 0; !at && i < sizeof(others) / sizeof(others[0]); i++)
		if (ends_with(key, others[i].end)) {
			at = key + strlen(key) - strlen(others[i].end);
			*ret_quantile = others[i].quantile;
		}
	if (!at)
		return false;
	const char *what = arena_strndup(a, key, (size_t)(at - key));
	/* Tokens per s of a request are no duration. */
	if (strstr(what, "token_per") || strstr(what, "throughput"))
		return false;
	*ret_what = !strcmp(what, "end_to_end_latency") ? harvest_whole_request : what;
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
		if (harvest_check_count(h, json_member(f->root, names[i]), err) != HARVEST_READ)
			return HARVEST_REFUSED;
	enum harvest_outcome outcome = check_llmperf(h, f->root, completed, asked, failed, err);
	if (asked >= 0)
		failed = asked - completed;
	if (outcome == HARVEST_READ)
		outcome = harvest_failures(h, NULL, completed, failed, err);
	if (outcome != HARVEST_READ)
		return outcome;
	harvest_model(h, json_member(f->root, "model"));
	for (size_t i = 0; i < f->root->n; i++) {
		const struct json_value *v = &f->root->sub[i];
		const char *what;
		int quantile;
		if (parse_llmperf_key(h->arena, v->key, &quantile, &what))
			harvest_duration(h, v, what, quantile, 1000, completed);
	}
	return harvest_check_order(h, NULL, from, err);
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
