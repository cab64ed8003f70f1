/* SPDX-License-Identifier: Apache-2.0
 *
 * locust: the lines of its _stats.csv and the histograms of its --json. Failed requests are in its
 * percentiles. Several addresses together have a percentile that none of them has.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "model/harvest_latency.h"

enum { COLUMNS_MAX = 64, ROW_MAX = 4096 };

static void wait_for_endpoints(struct harvest *h, size_t from, size_t n)
{
	if (n < 2)
		return;
	for (size_t i = from; i < h->n_findings; i++)
		if (h->findings[i].is_ms && h->findings[i].use == FOUND_TAKEN)
			harvest_on_call(&h->findings[i],
				arena_printf(h->arena,
					"is of %zu addresses together, of which a fast one hides "
					"a slow one; --map takes it when each is what is served",
					n));
}

/* ---- _stats.csv ---- */

/* The fields of one line, which is taken apart. */
static size_t split_row(char *row, char *ret[COLUMNS_MAX])
{
	size_t n = 0;

	for (char *in = row, *out; n < COLUMNS_MAX; in++) {
		bool quoted = *in == '"';

		ret[n++] = out = in += quoted;
		for (; *in && (quoted || *in != ','); in++) {
			if (quoted && *in == '"' && *++in != '"') {
				quoted = false;
				if (!*in || *in == ',')
					break;
			}
			*out++ = *in;
		}
		bool last = !*in;
		*out = '\0';
		if (last)
			break;
	}
	return n;
}

struct stats_csv {
	char *header[COLUMNS_MAX], *total[COLUMNS_MAX];
	size_t n_header, n_total, total_line, n_endpoints;
};

static const char *field_of(const struct stats_csv *s, const char *column)
{
	for (size_t i = 0; i < s->n_header && i < s->n_total; i++)
		if (!strcmp(s->header[i], column))
			return s->total[i];
	return NULL;
}

static bool number_in(const char *text, double *ret)
{
	char *end;

	if (!text || !*text || strspn(text, "0123456789.eE+-") != strlen(text))
		return false;
	*ret = strtod(text, &end);
	return !*end && isfinite(*ret);
}

static int64_t count_in(const char *text)
{
	double n;

	return number_in(text, &n) && n >= 0 && n <= HARVEST_COUNT_MAX && n == floor(n) ? (int64_t)n
											: -1;
}

bool harvest_is_locust_csv(const struct harvest_file *f)
{
	static const char start[] = "Type,Name,Request Count,Failure Count,";

	return f->is_text && f->len > strlen(start) && !memcmp(f->text, start, strlen(start));
}

static void read_rows(struct harvest *h, const struct harvest_file *f, struct stats_csv *s)
{
	size_t line = 0;

	for (size_t at = 0, n; at < f->len; at += n + 1) {
		const char *end = memchr(f->text + at, '\n', f->len - at);
		char *fields[COLUMNS_MAX];

		n = end ? (size_t)(end - f->text) - at : f->len - at;
		line++;
		if (n > ROW_MAX || !n)
			continue;
		char *row = arena_strndup(h->arena, f->text + at, n);
		row[strcspn(row, "\r")] = '\0';
		size_t found = split_row(row, fields);
		bool is_total = found > 1 && !*fields[0] &&
				(!strcmp(fields[1], "Aggregated") || !strcmp(fields[1], "Total"));
		if (line == 1) {
			memcpy(s->header, fields, sizeof(fields));
			s->n_header = found;
		} else if (is_total) {
			memcpy(s->total, fields, sizeof(fields));
			s->n_total = found;
			s->total_line = line;
		} else if (found > 1) {
			s->n_endpoints++;
		}
	}
}

enum harvest_outcome harvest_read_locust_csv(
	struct harvest *h, const struct harvest_file *f, struct err *err)
{
	struct stats_csv *s = ARENA_NEW(h->arena, struct stats_csv);
	size_t from = h->n_findings;

	read_rows(h, f, s);
	int64_t n = count_in(field_of(s, "Request Count"));
	int64_t failed = count_in(field_of(s, "Failure Count"));
	if (n < 0 || failed < 0 || failed > n)
		return harvest_refuse(h, NULL, err,
			"has no line called Aggregated with its requests and failures: was it cut "
			"off?");
	if (harvest_failures(h, NULL, n - failed, failed, err) != HARVEST_READ)
		return HARVEST_REFUSED;
	for (size_t i = 0; i < s->n_header && i < s->n_total; i++) {
		struct json_value v = {.kind = JSON_KIND_NUMBER};
		char *end;
		long quantile = strtol(s->header[i], &end, 10);

		if (!strcmp(s->header[i], "Average Response Time"))
			quantile = QUANTILE_MEAN;
		else if (end == s->header[i] || strcmp(end, "%") != 0 || quantile < 1 ||
			 quantile > 99)
			continue;
		if (!number_in(s->total[i], &v.number))
			continue;
		harvest_duration(h, &v, harvest_whole_request, (int)quantile, 1, n);
		h->findings[h->n_findings - 1].pointer =
			arena_printf(h->arena, "line %zu, %s", s->total_line, s->header[i]);
	}
	wait_for_endpoints(h, from, s->n_endpoints);
	return harvest_check_order(h, NULL, from, err);
}

/* ---- --json, --json-file: one entry for each address, with its histogram ---- */

bool harvest_is_locust(const struct harvest_file *f)
{
	if (!json_is(f->root, JSON_KIND_ARRAY) || !f->root->n)
		return false;
	for (size_t i = 0; i < f->root->n; i++)
		if (!json_is(json_member(&f->root->sub[i], "response_times"), JSON_KIND_OBJECT) ||
			!json_member(&f->root->sub[i], "num_failures"))
			return false;
	return true;
}

struct bucket {
	double ms;
	int64_t n;
};

static int by_ms(const void *a, const void *b)
{
	double x = ((const struct bucket *)a)->ms, y = ((const struct bucket *)b)->ms;

	return (x > y) - (x < y);
}

/* The least that so many of a hundred did not exceed. */
static double quantile_of(const struct bucket *v, size_t n, int64_t total, int quantile)
{
	int64_t rank = (int64_t)ceil((double)total * quantile / 100), seen = 0;

	for (size_t i = 0; i < n; i++) {
		seen += v[i].n;
		if (seen >= rank)
			return v[i].ms;
	}
	return NAN;
}

static enum harvest_outcome add_buckets(struct harvest *h, const struct json_value *times,
	struct bucket *v, size_t *n, int64_t *total, struct err *err)
{
	for (size_t i = 0; i < times->n; i++) {
		int64_t count = harvest_count(&times->sub[i]);
		double ms;

		if (count < 0 || !number_in(times->sub[i].key, &ms) || ms < 0)
			return harvest_refuse(h, &times->sub[i], err,
				"is no number of requests for a time in milliseconds");
		v[(*n)++] = (struct bucket){ms, count};
		*total += count;
	}
	return HARVEST_READ;
}

enum harvest_outcome harvest_read_locust(
	struct harvest *h, const struct harvest_file *f, struct err *err)
{
	static const int quantiles[] = {50, 90, 95, 99};
	int64_t asked = 0, failed = 0, timed = 0;
	size_t room = 1, n = 0, from = h->n_findings;

	for (size_t i = 0; i < f->root->n; i++)
		room += json_member(&f->root->sub[i], "response_times")->n;
	struct bucket *v = ARENA_ARRAY(h->arena, room, struct bucket);
	for (size_t i = 0; i < f->root->n; i++) {
		const struct json_value *entry = &f->root->sub[i];
		int64_t made = harvest_count(json_member(entry, "num_requests"));
		int64_t lost = harvest_count(json_member(entry, "num_failures"));

		if (made < 0 || lost < 0 || lost > made)
			return harvest_refuse(h, entry, err,
				"does not say how many requests were made (num_requests) and "
				"failed "
				"(num_failures)");
		asked += made;
		failed += lost;
		if (add_buckets(h, json_member(entry, "response_times"), v, &n, &timed, err) !=
			HARVEST_READ)
			return HARVEST_REFUSED;
	}
	if (harvest_failures(h, f->root, asked - failed, failed, err) != HARVEST_READ)
		return HARVEST_REFUSED;
	if (timed > asked)
		return harvest_refuse(h, f->root, err,
			"times %lld requests, and %lld were made: one of these is wrong",
			(long long)timed, (long long)asked);
	qsort(v, n, sizeof(*v), by_ms);
	for (size_t i = 0; timed && i < sizeof(quantiles) / sizeof(quantiles[0]); i++) {
		const struct json_value at = {
			.kind = JSON_KIND_NUMBER, .number = quantile_of(v, n, timed, quantiles[i])};
		harvest_duration(h, &at, harvest_whole_request, quantiles[i], 1, timed);
		h->findings[h->n_findings - 1].pointer = "(its response_times)";
	}
	wait_for_endpoints(h, from, f->root->n);
	return HARVEST_READ;
}
