/* SPDX-License-Identifier: Apache-2.0
 *
 * What the numbers of an artifact say against each other. Owns how far rounding may take them apart.
 */
#include "model/contradiction.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { POINTER_MAX = 160 };

/* A manifest rounds: three digits of a value, three decimals of an error. */
#define VALUE_ROUNDING 1e-3
#define ERROR_ROUNDING 5e-4

#define P95	  "latency_ms_p95"
#define COUNT_MAX ((INT64_C(1) << 53) - 1)

static void fault_at(struct faults *faults, const char *pointer, const char *member,
	const char *fmt, ...) __attribute__((format(printf, 4, 5)));

static void fault_at(
	struct faults *faults, const char *pointer, const char *member, const char *fmt, ...)
{
	char at[POINTER_MAX], text[256];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	pointer_join(at, sizeof(at), pointer, member);
	fault_add(faults, at, "%s", text);
}

/* ---- Spread ---- */

static void check_ci(const struct metric *m, const char *pointer, struct faults *faults)
{
	double slack = VALUE_ROUNDING * fabs(m->value);

	/* False, too, where one of them is absent or the two are the wrong way round. */
	if (m->ci_lo <= m->ci_hi && (m->value < m->ci_lo - slack || m->value > m->ci_hi + slack))
		fault_at(faults, pointer, "ci", "must hold the value, %.6g", m->value);
}

/* Clusters make it larger than independent samples leave it, at most as large as one cluster of all;
 * strata make it smaller, but hardly by half. */
static void check_stderr(const struct metric *m, const char *pointer, struct faults *faults)
{
	if (m->n < 1 || m->successes < 1 || m->successes >= m->n || isnan(m->stderr_))
		return;
	double rate = (double)m->successes / (double)m->n, most = sqrt(rate * (1.0 - rate));
	double independent = most / sqrt((double)m->n);

	if (m->stderr_ < independent / 2 - ERROR_ROUNDING || m->stderr_ > most + ERROR_ROUNDING)
		fault_at(faults, pointer, "stderr",
			"contradicts %lld of %lld: independent samples leave %.3g, and one cluster "
			"of all %.3g",
			(long long)m->successes, (long long)m->n, independent, most);
}

/* ---- Histograms ---- */

/* -1 where its shape was refused. */
static int64_t total_of(const struct metric_histogram *h)
{
	int64_t total = 0;

	if (h->n_bounds < 1 || h->n_counts != h->n_bounds + 1)
		return -1;
	for (size_t i = 0; i < h->n_counts; i++) {
		if (h->counts[i] < 0 || h->counts[i] > COUNT_MAX - total)
			return -1;
		total += h->counts[i];
	}
	return total > 0 ? total : -1;
}

static size_t bucket_of(const struct metric_histogram *h, int64_t rank)
{
	int64_t before = 0;
	size_t i = 0;

	while (i < h->n_bounds && before + h->counts[i] < rank)
		before += h->counts[i++];
	return i;
}

/* Definitions of a quantile differ by less than two ranks, and between ranks they interpolate. */
static void check_p95(
	const struct metric *m, int64_t total, const char *pointer, struct faults *faults)
{
	const struct metric_histogram *h = m->histogram;
	int64_t rank = total - (total + 19) / 20;
	size_t low = bucket_of(h, rank > 1 ? rank : 1);
	size_t high = bucket_of(h, rank + 2 < total ? rank + 2 : total);
	double from = low > 0 ? h->bounds[low - 1] : -INFINITY;
	double to = high < h->n_bounds ? h->bounds[high] : INFINITY;

	if (m->value < from)
		fault_at(faults, pointer, "value",
			"is not the histogram's 95th percentile, which is more than %.6g", from);
	else if (m->value > to)
		fault_at(faults, pointer, "value",
			"is not the histogram's 95th percentile, which is at most %.6g", to);
}

static void check_histogram(const struct metric *m, const char *pointer, struct faults *faults)
{
	int64_t total = m->histogram ? total_of(m->histogram) : -1;

	if (total < 0)
		return;
	if (m->n > 0 && m->n != total)
		fault_at(faults, pointer, "n", "must be the histogram's number of samples, %lld",
			(long long)total);
	if (!strcmp(m->name, P95))
		check_p95(m, total, pointer, faults);
}

/* ---- Pairs ---- */

static void check_pairs(const struct artifact *o, const struct metric *m, const char *pointer,
	struct faults *faults)
{
	const struct metric_paired *p = m->paired;
	char at[POINTER_MAX];

	if (!p)
		return;
	pointer_join(at, sizeof(at), pointer, "paired");
	if (m->n > 0 && p->n > m->n)
		fault_at(faults, at, "n", "must not be more than the metric's n, %lld",
			(long long)m->n);
	if (!p->baseline)
		return;
	if (o->id && !strcmp(p->baseline, o->id))
		fault_at(faults, at, "baseline", "must be another artifact");
	else if (o->subject && !strcmp(p->baseline, o->subject))
		fault_at(faults, at, "baseline", "must be another artifact than the subject");
}

/* ---- Suites ---- */

static void check_suite(const struct suite *s, const char *pointer, struct faults *faults)
{
	int64_t total = 0, violations = 0, errors = 0;

	for (size_t i = 0; i < s->n_categories; i++) {
		total += s->categories[i].total;
		violations += s->categories[i].violations;
		errors += s->categories[i].errors;
	}
	if (total == s->total && (violations < s->violations || errors < s->errors))
		fault_at(faults, pointer, "by_category",
			"has all %lld cases of the suite, but not all of its violations and errors",
			(long long)total);
}

/* What did not answer took no time. */
static void check_failed(const struct artifact *o, const char *list, struct faults *faults)
{
	const struct metric *errors = NULL, *p95 = NULL;

	for (size_t i = 0; i < o->metrics.n; i++) {
		const struct metric *m = LIST_AT(&o->metrics, struct metric, i);
		if (!strcmp(m->name, P95))
			p95 = m;
		else if (!strcmp(m->name, "error_rate"))
			errors = m;
	}
	if (p95 && errors &&
		(errors->value >= 1 || (errors->n > 0 && errors->successes == errors->n)))
		fault_at(faults, list, P95,
			"was measured in a run in which every request failed (error_rate %.6g)",
			errors->value);
}

void artifact_contradictions(const struct artifact *o, const char *pointer, struct faults *faults)
{
	char list[POINTER_MAX], at[POINTER_MAX];

	pointer_join(list, sizeof(list), pointer, "metrics");
	for (size_t i = 0; i < o->metrics.n; i++) {
		const struct metric *m = LIST_AT(&o->metrics, struct metric, i);
		pointer_join(at, sizeof(at), list, m->name);
		check_ci(m, at, faults);
		check_stderr(m, at, faults);
		check_histogram(m, at, faults);
		check_pairs(o, m, at, faults);
	}
	check_failed(o, list, faults);
	pointer_join(list, sizeof(list), pointer, "suites");
	for (size_t i = 0; i < o->suites.n; i++) {
		const struct suite *s = LIST_AT(&o->suites, struct suite, i);
		pointer_join(at, sizeof(at), list, s->name);
		check_suite(s, at, faults);
	}
}
