/* SPDX-License-Identifier: Apache-2.0
 *
 * Summaries of load generators that know requests, and no tokens: k6.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/harvest_latency.h"

#define MOST_CHECKS_FAILED 0.05

enum { GROUPS_DEEP = 8 };

static const struct json_value *metrics_of(const struct json_value *root)
{
	const struct json_value *v = json_member(root, "metrics");

	return v ? v : json_member(json_member(root, "results"), "metrics");
}

/* The values stand within `values`, or, of --summary-export, in the metric itself; of version 2 the metrics
 * are a list. */
static const struct json_value *values_of(const struct json_value *root, const char *metric)
{
	const struct json_value *all = metrics_of(root), *v = json_member(all, metric);

	for (size_t i = 0; json_is(all, JSON_KIND_ARRAY) && i < all->n; i++) {
		const char *name = json_member_string(&all->sub[i], "name");
		if (name && !strcmp(name, metric))
			v = &all->sub[i];
	}
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
	const struct json_value *metrics = metrics_of(root);

	for (size_t i = 0; i < metrics->n; i++) {
		const struct json_value *all = json_member(&metrics->sub[i], "thresholds");
		for (size_t k = 0; json_is(all, JSON_KIND_OBJECT) && k < all->n; k++) {
			const struct json_value *t = &all->sub[k];
			if (json_is_bool(t, true) || json_is_bool(json_member(t, "ok"), false))
				harvest_note(h, t, "the run's own threshold was not held");
		}
	}
}

/* "response time < 10s": it came late, and came. */
static bool is_about_time(const char *name)
{
	static const char *const words[] = {
		"delay", "duration", "fast", "latency", "ms", "seconds", "slow", "time", "ttfb"};

	for (size_t i = 0; name && i < sizeof(words) / sizeof(words[0]); i++)
		if (metric_name_has(name, words[i]))
			return true;
	return false;
}

static bool has_failed(const struct json_value *check)
{
	int64_t passed = harvest_count(json_member(check, "passes"));
	int64_t failed = harvest_count(json_member(check, "fails"));

	return passed >= 0 && failed >= 0 &&
	       (double)failed > MOST_CHECKS_FAILED * (double)(passed + failed);
}

/* The first check of a group, or of a group in it, that often failed and is not about time; *any: there are
 * checks. Lists of one kind of summary, objects of the other. */
static const struct json_value *failed_in(const struct json_value *group, int depth, bool *any)
{
	const struct json_value *checks = json_member(group, "checks");
	const struct json_value *groups = json_member(group, "groups"), *found = NULL;

	if (json_member(checks, "results"))
		checks = json_member(checks, "results");
	for (size_t i = 0; !found && checks && i < checks->n; i++) {
		*any = true;
		if (has_failed(&checks->sub[i]) &&
			!is_about_time(json_member_string(&checks->sub[i], "name")))
			found = &checks->sub[i];
	}
	for (size_t i = 0; !found && depth < GROUPS_DEEP && groups && i < groups->n; i++)
		found = failed_in(&groups->sub[i], depth + 1, any);
	return found;
}

/* A status of 200 may hold an error: that only the run's own checks can see. */
static void wait_for_checks(struct harvest *h, const struct json_value *root, size_t from)
{
	bool any = false;
	const struct json_value *v = failed_in(json_member(root, "root_group"), 0, &any);

	if (!any)
		v = failed_in(json_member(root, "results"), 0, &any);
	if (!any && has_failed(values_of(root, "checks")))
		v = values_of(root, "checks");
	if (!v)
		return;
	const char *name = json_member_string(v, "name");
	const char *why = arena_printf(h->arena,
		"is of a run that failed %lld of %lld of its own checks%s%.60s: perhaps those were "
		"no answers; --map takes it when they were",
		(long long)harvest_count(json_member(v, "fails")),
		(long long)(harvest_count(json_member(v, "fails")) +
			    harvest_count(json_member(v, "passes"))),
		name ? " called " : "", name ? name : "");
	for (size_t i = from; i < h->n_findings; i++)
		if (h->findings[i].use == FOUND_TAKEN)
			harvest_on_call(&h->findings[i], why);
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
	/* A refused connection is answered fast: without the share of these no percentile is a pass. */
	if (!rate)
		return harvest_refuse(h, NULL, err,
			"does not say how many requests failed (http_req_failed): perhaps all did");
	if (!json_is(rate, JSON_KIND_NUMBER) || rate->number < 0 || rate->number > 1)
		return harvest_refuse(h, rate, err,
			"is no number from 0 to 1, so that nobody knows how many requests failed");
	int64_t lost = (int64_t)llround(rate->number * (double)n);
	enum harvest_outcome outcome = harvest_failures(h, rate, n - lost, lost, err);
	if (outcome != HARVEST_READ)
		return outcome;
	for (size_t i = 0; json_is(duration, JSON_KIND_OBJECT) && i < duration->n; i++) {
		const struct json_value *v = &duration->sub[i];
		int quantile;
		char end;
		if (!strcmp(v->key, "med"))
			quantile = 50;
		else if (!strcmp(v->key, "avg"))
			quantile = QUANTILE_MEAN;
		else if (!strcmp(v->key, "min"))
			quantile = QUANTILE_LEAST;
		else if (!strcmp(v->key, "max"))
			quantile = QUANTILE_MOST;
		else if (sscanf(v->key, "p(%d%c", &quantile, &end) != 2 || end != ')' ||
			 quantile < 1 || quantile > 99)
			continue;
		has_p95 = has_p95 || quantile == 95;
		harvest_duration(h, v, harvest_whole_request, quantile, 1, n);
	}
	if (!has_p95)
		harvest_note(h, duration,
			"has no p(95), and no other percentile is taken for it: add it to "
			"summaryTrendStats");
	note_thresholds(h, f->root);
	wait_for_checks(h, f->root, from);
	return harvest_check_order(h, duration, from, err);
}
