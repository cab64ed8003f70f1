/* SPDX-License-Identifier: Apache-2.0
 *
 * What serving benchmarks have in common. Durations come out in milliseconds. A run in which nothing, or too
 * little, came through is refused: the latency of what did not answer is not 0, and with more than one in
 * twenty lost the 95th percentile of all is a failure. No other percentile, no extreme and no mean stands
 * for a p95, and what they say against each other is refused.
 */
#include <math.h>
#include <string.h>

#include "model/harvest_latency.h"

#define MOST_FAILED 0.05
/* What a file may have rounded away. */
#define ROUNDED 0.001

const char harvest_whole_request[] = "latency";

/* "latency" with quantile 95 is what the latency gate reads. */
static const char *name_of(struct arena *a, const char *what, int quantile)
{
	switch (quantile) {
	case QUANTILE_MEAN:
		return arena_printf(a, "%s_ms_mean", what);
	case QUANTILE_LEAST:
		return arena_printf(a, "%s_ms_min", what);
	case QUANTILE_MOST:
		return arena_printf(a, "%s_ms_max", what);
	default:
		return arena_printf(a, "%s_ms_p%d", what, quantile);
	}
}

void harvest_duration(struct harvest *h, const struct json_value *v, const char *what, int quantile,
	double to_ms, int64_t n)
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
	else if (quantile == QUANTILE_LEAST || quantile == QUANTILE_MOST)
		harvest_unfit(f, "is of one request, and none is ever taken for a percentile");
	else if (quantile == QUANTILE_MEAN)
		harvest_on_call(f, "is a mean, and none is ever taken for a percentile");
	else if (n > 0 && (double)n * (100 - quantile) < 100)
		harvest_on_call(f, arena_printf(h->arena,
					   "is of %lld requests, too few for a 95th or 99th "
					   "percentile to be more than their maximum",
					   (long long)n));
}

enum harvest_outcome harvest_failures(struct harvest *h, const struct json_value *at,
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

enum harvest_outcome harvest_check_count(
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

/* The finding from `from` on that is this one of the same durations; NULL: there is none with a number. */
static struct finding *find_other(
	struct harvest *h, size_t from, const struct finding *f, int quantile)
{
	for (size_t i = from; i < h->n_findings; i++) {
		struct finding *other = &h->findings[i];
		if (other->is_ms && other->quantile == quantile && is_same_duration(f, other) &&
			isfinite(other->metric.value))
			return other;
	}
	return NULL;
}

static enum harvest_outcome contradict(struct harvest *h, const struct json_value *at,
	const struct finding *low, const struct finding *high, const char *why, struct err *err)
{
	return harvest_refuse(h, at, err,
		"%s is %.6g and %s is %.6g: %s, so that one of them is wrong; run it again",
		low->name, low->metric.value, high->name, high->metric.value, why);
}

/* How many of the n lie above a 95th percentile at most: definitions differ by one. */
static double most_above(const struct finding *f)
{
	return f->metric.n > 0 ? fmin(1, 0.05 + 1 / (double)f->metric.n) : 0.1;
}

/* A p95 may lie below the mean, when the slowest took twenty times as long: a person has to say so. */
static enum harvest_outcome check_mean(struct harvest *h, const struct json_value *at, size_t from,
	const struct finding *mean, struct err *err)
{
	const struct finding *least = find_other(h, from, mean, QUANTILE_LEAST);
	const struct finding *most = find_other(h, from, mean, QUANTILE_MOST);
	struct finding *p95 = find_other(h, from, mean, 95);
	double v = mean->metric.value;

	if (least && v < least->metric.value)
		return contradict(h, at, mean, least, "no mean lies below the least", err);
	if (most && v > most->metric.value)
		return contradict(h, at, mean, most, "no mean lies above the largest", err);
	if (!p95 || p95->metric.value >= v)
		return HARVEST_READ;
	double above = most_above(p95);
	if (most && v > (1 - above) * p95->metric.value + above * most->metric.value)
		return contradict(h, at, p95, mean,
			"with so few requests above the one, not even the largest makes the other",
			err);
	harvest_on_call(p95, arena_printf(h->arena,
				     "is %.6g, less than the mean, %.6g: the slowest few took many "
				     "times as long, or one of them is wrong; --map takes it all "
				     "the same",
				     p95->metric.value, v));
	return HARVEST_READ;
}

static bool is_of(const struct finding *f, const char *what)
{
	size_t n = strlen(what);

	return f->is_ms && isfinite(f->metric.value) && !strncmp(f->name, what, n) &&
	       !strncmp(f->name + n, "_ms_", 4);
}

/* Must the one statistic of what is longer each time be at least the other of what is shorter? */
static bool bounds(int of_longer, int of_shorter)
{
	if (of_longer == QUANTILE_MEAN)
		return of_shorter == QUANTILE_MEAN || of_shorter == QUANTILE_LEAST;
	if (of_shorter == QUANTILE_MEAN)
		return of_longer == QUANTILE_MOST;
	return of_longer >= of_shorter;
}

/* A request ends after its first token: else one of the two is in another unit. */
static enum harvest_outcome check_first_token(
	struct harvest *h, const struct json_value *at, size_t from, struct err *err)
{
	for (size_t i = from; i < h->n_findings; i++)
		for (size_t k = from; k < h->n_findings; k++) {
			const struct finding *whole = &h->findings[i], *first = &h->findings[k];
			if (is_of(whole, harvest_whole_request) && is_of(first, "ttft") &&
				bounds(whole->quantile, first->quantile) &&
				whole->metric.value < first->metric.value * (1 - ROUNDED))
				return contradict(h, at, whole, first,
					"no request is over before its first token; perhaps one is "
					"in seconds",
					err);
		}
	return HARVEST_READ;
}

enum harvest_outcome harvest_check_order(
	struct harvest *h, const struct json_value *at, size_t from, struct err *err)
{
	enum harvest_outcome outcome = check_first_token(h, at, from, err);

	for (size_t i = from; outcome == HARVEST_READ && i < h->n_findings; i++)
		for (size_t k = from; k < h->n_findings; k++) {
			const struct finding *low = &h->findings[i], *high = &h->findings[k];
			if (low->is_ms && high->is_ms && low->quantile && high->quantile &&
				low->quantile < high->quantile && is_same_duration(low, high) &&
				low->metric.value > high->metric.value)
				return contradict(h, at, low, high,
					"a higher percentile cannot be smaller", err);
		}
	for (size_t i = from; outcome == HARVEST_READ && i < h->n_findings; i++)
		if (h->findings[i].is_ms && h->findings[i].quantile == QUANTILE_MEAN &&
			isfinite(h->findings[i].metric.value))
			outcome = check_mean(h, at, from, &h->findings[i], err);
	return outcome;
}

void harvest_keep_worst(struct harvest *h, size_t from)
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
