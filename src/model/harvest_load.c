/* SPDX-License-Identifier: Apache-2.0
 *
 * Reports of load generators that know requests and answers, and no tokens: vegeta, oha, artillery. An answer
 * counts as one by its status alone: whoever sends 500 at once is fast, and did not answer.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "model/harvest_latency.h"

struct answers {
	int64_t good, bad;
};

/* {"200": 90, "500": 10, "0": 1}; of a longer list those whose key begins with `prefix`. */
static bool count_answers(const struct json_value *v, const char *prefix, struct answers *ret)
{
	size_t skip = strlen(prefix);

	for (size_t i = 0; json_is(v, JSON_KIND_OBJECT) && i < v->n; i++) {
		const char *key = v->sub[i].key;
		int64_t n = harvest_count(&v->sub[i]);
		char *end;
		if (strncmp(key, prefix, skip) != 0)
			continue;
		long status = strtol(key + skip, &end, 10);
		if (n < 0 || *end || end == key + skip)
			return false;
		if (status >= 200 && status < 400)
			ret->good += n;
		else
			ret->bad += n;
	}
	return json_is(v, JSON_KIND_OBJECT);
}

/* "p95", "95th" and the words for the rest. */
static bool parse_key(const char *key, int *ret_quantile)
{
	static const struct {
		const char *word;
		int quantile;
	} words[] = {{"mean", QUANTILE_MEAN}, {"average", QUANTILE_MEAN}, {"min", QUANTILE_LEAST},
		{"fastest", QUANTILE_LEAST}, {"max", QUANTILE_MOST}, {"slowest", QUANTILE_MOST},
		{"median", 50}};
	const char *digits = *key == 'p' ? key + 1 : key;
	char *end;

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (!strcmp(key, words[i].word)) {
			*ret_quantile = words[i].quantile;
			return true;
		}
	long n = strtol(digits, &end, 10);
	if (end == digits || strcmp(end, digits == key ? "th" : "") != 0 || n < 1 || n > 99)
		return false;
	*ret_quantile = (int)n;
	return true;
}

static void read_durations(
	struct harvest *h, const struct json_value *v, double to_ms, int64_t n, bool has_median)
{
	for (size_t i = 0; json_is(v, JSON_KIND_OBJECT) && i < v->n; i++) {
		int quantile;
		if (parse_key(v->sub[i].key, &quantile) &&
			!(has_median && quantile == 50 && *v->sub[i].key == 'm'))
			harvest_duration(h, &v->sub[i], harvest_whole_request, quantile, to_ms, n);
	}
}

/* ---- vegeta report -type=json: nanoseconds ---- */

bool harvest_is_vegeta(const struct harvest_file *f)
{
	return json_member(json_member(f->root, "latencies"), "95th") &&
	       json_member(f->root, "requests");
}

enum harvest_outcome harvest_read_vegeta(
	struct harvest *h, const struct harvest_file *f, struct err *err)
{
	const struct json_value *codes = json_member(f->root, "status_codes");
	int64_t n = harvest_count(json_member(f->root, "requests"));
	struct answers a = {0};
	size_t from = h->n_findings;

	if (!count_answers(codes, "", &a))
		return harvest_refuse(h, codes, err,
			"does not say which answers came (status_codes): perhaps none did");
	if (n != a.good + a.bad)
		return harvest_refuse(h, codes, err,
			"counts %lld answers, and %lld requests were made: one of these is wrong",
			(long long)(a.good + a.bad), (long long)n);
	if (harvest_failures(h, codes, a.good, a.bad, err) != HARVEST_READ)
		return HARVEST_REFUSED;
	read_durations(h, json_member(f->root, "latencies"), 1e-6, n, false);
	return harvest_check_order(h, NULL, from, err);
}

/* ---- oha --output-format json: seconds ---- */

bool harvest_is_oha(const struct harvest_file *f)
{
	return json_is(json_member(f->root, "latencyPercentiles"), JSON_KIND_OBJECT) &&
	       json_member(f->root, "statusCodeDistribution");
}

enum harvest_outcome harvest_read_oha(
	struct harvest *h, const struct harvest_file *f, struct err *err)
{
	const struct json_value *codes = json_member(f->root, "statusCodeDistribution");
	const struct json_value *errors = json_member(f->root, "errorDistribution");
	struct answers a = {0};
	size_t from = h->n_findings;

	if (!count_answers(codes, "", &a))
		return harvest_refuse(h, codes, err, "does not count answers by their status");
	for (size_t i = 0; json_is(errors, JSON_KIND_OBJECT) && i < errors->n; i++) {
		if (harvest_check_count(h, &errors->sub[i], err) != HARVEST_READ)
			return HARVEST_REFUSED;
		a.bad += harvest_count(&errors->sub[i]);
	}
	if (harvest_failures(h, codes, a.good, a.bad, err) != HARVEST_READ)
		return HARVEST_REFUSED;
	read_durations(h, json_member(f->root, "latencyPercentiles"), 1000, a.good, false);
	read_durations(h, json_member(f->root, "summary"), 1000, a.good, false);
	return harvest_check_order(h, NULL, from, err);
}

/* ---- artillery run --output: milliseconds ---- */

bool harvest_is_artillery(const struct harvest_file *f)
{
	const struct json_value *all = json_member(f->root, "aggregate");

	return json_is(json_member(all, "counters"), JSON_KIND_OBJECT) &&
	       json_is(json_member(all, "summaries"), JSON_KIND_OBJECT);
}

enum harvest_outcome harvest_read_artillery(
	struct harvest *h, const struct harvest_file *f, struct err *err)
{
	const struct json_value *all = json_member(f->root, "aggregate");
	const struct json_value *counters = json_member(all, "counters");
	int64_t asked = harvest_count(json_member(counters, "http.requests"));
	struct answers a = {0};
	size_t from = h->n_findings;

	if (asked < 0 || !count_answers(counters, "http.codes.", &a))
		return harvest_refuse(h, counters, err,
			"does not say how many requests were made (http.requests) or answered "
			"(http.codes)");
	if (a.good > asked)
		return harvest_refuse(h, counters, err,
			"counts %lld good answers, and %lld requests were made: one of these is "
			"wrong",
			(long long)a.good, (long long)asked);
	if (harvest_failures(h, counters, a.good, asked - a.good, err) != HARVEST_READ)
		return HARVEST_REFUSED;
	const struct json_value *times =
		json_member(json_member(all, "summaries"), "http.response_time");
	read_durations(h, times, 1, a.good, json_member(times, "p50") != NULL);
	return harvest_check_order(h, NULL, from, err);
}
