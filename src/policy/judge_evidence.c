/* SPDX-License-Identifier: Apache-2.0
 *
 * Who says what of a unit: finds the units that give a metric or a suite, and makes readings of them.
 * How numbers add up is judge_pool.c's.
 */
#include <math.h>
#include <string.h>

#include "base/text.h"
#include "policy/judge_evidence.h"
#include "policy/judge_pool.h"

bool named_differ(const struct named_digest *a, const struct named_digest *b)
{
	if (!a || !b)
		return false;
	if (a->digest && b->digest)
		return strcmp(a->digest, b->digest) != 0;
	return strcmp(a->name, b->name) != 0 || text_differ(a->version, b->version);
}

static bool named_equal(const struct named_digest *a, const struct named_digest *b)
{
	if (!a || !b)
		return a == b;
	return text_equal(a->digest, b->digest) && !strcmp(a->name, b->name) &&
	       text_equal(a->version, b->version);
}

bool metric_is_sampled(const struct metric *m)
{
	return m->n > 0 || !isnan(m->stderr_) || !isnan(m->ci_lo) || m->paired || m->histogram;
}

bool metric_is_testable(const struct metric *m, int kind, const char *baseline_id)
{
	if (m->paired && text_equal(m->paired->baseline, baseline_id))
		return true;
	return !isnan(m->stderr_) || !isnan(m->ci_lo) || (kind == KIND_PROPORTION && m->n > 0);
}

bool unit_is_full(const struct unit *u)
{
	for (size_t i = 0; i < u->artifact->metrics.n; i++)
		if (metric_is_sampled(LIST_AT(&u->artifact->metrics, struct metric, i)))
			return true;
	return u->eval_suite != NULL;
}

const struct unit *evidence_unit(const struct judge_side *side, size_t i)
{
	const struct unit *u = i ? side->evidence[i - 1] : side->unit;

	for (size_t k = 0; k < i; k++) {
		const struct unit *other = k ? side->evidence[k - 1] : side->unit;
		if (text_equal(u->content_digest, other->content_digest))
			return NULL;
	}
	return u;
}

/* ---- Metrics ---- */

struct source {
	const struct metric *metric;
	const struct named_digest *suite;
	bool taken;
};

static size_t find_sources(
	const struct judge_side *side, const char *name, bool by_suite, struct source *ret)
{
	size_t n = 0;

	for (size_t i = 0; i <= side->n_evidence; i++) {
		const struct unit *u = evidence_unit(side, i);
		const struct metric *m = u ? artifact_metric(u->artifact, name) : NULL;
		if (m)
			ret[n++] = (struct source){m, by_suite ? u->eval_suite : NULL, false};
	}
	return n;
}

static bool measured_alike(const struct source *a, const struct source *b)
{
	return named_equal(a->suite, b->suite) &&
	       text_equal(a->metric->dataset_digest, b->metric->dataset_digest) &&
	       text_equal(a->metric->judge, b->metric->judge);
}

/* Where there are samples a bare number does not count. Stable: the order is that of the units. */
static void keep_sampled(struct readings *r)
{
	size_t n = 0;

	for (size_t i = 0; i < r->n; i++)
		if (metric_is_sampled(r->v[i].metric))
			r->v[n++] = r->v[i];
	if (n)
		r->n = n;
}

void evidence_readings(const struct judge_side *side, const char *name, enum pool pool,
	bool by_suite, const char *baseline_id, struct arena *a, struct readings *ret)
{
	struct readings r = {0};

	if (!side->unit) {
		*ret = r;
		return;
	}
	struct source *sources = ARENA_ARRAY(a, side->n_evidence + 1, struct source);
	const struct metric **group = ARENA_ARRAY(a, side->n_evidence + 1, const struct metric *);
	size_t n = find_sources(side, name, by_suite, sources);

	r.v = ARENA_ARRAY(a, n, struct reading);
	for (size_t i = 0; i < n; i++) {
		struct pool_bounds common = {0};
		size_t members = 0;
		if (sources[i].taken)
			continue;
		for (size_t k = i; k < n; k++) {
			if (sources[k].taken || !measured_alike(&sources[i], &sources[k]) ||
				(pool == POOL_HISTOGRAM &&
					!pool_bounds_meet(&common, sources[k].metric, a)))
				continue;
			sources[k].taken = true;
			group[members++] = sources[k].metric;
		}
		struct reading *reading = &r.v[r.n++];
		reading->suite = sources[i].suite;
		reading->metric = pool_metrics(
			group, members, pool, &common, baseline_id, a, &reading->pooled);
		reading->left_out = (int64_t)n - reading->pooled;
	}
	keep_sampled(&r);
	*ret = r;
}

/* ---- Suites ---- */

void evidence_suites(const struct judge_side *side, const char *name, struct arena *a,
	struct suite_readings *ret)
{
	struct suite_readings r = {0};

	r.v = ARENA_ARRAY(a, side->n_evidence + 1, struct suite_reading);
	for (size_t i = 0; i <= side->n_evidence; i++) {
		const struct unit *u = evidence_unit(side, i);
		const struct suite *s = u ? artifact_suite(u->artifact, name) : NULL;
		size_t k = 0;
		if (!s)
			continue;
		while (k < r.n && !text_equal(r.v[k].suite->digest, s->digest))
			k++;
		if (k == r.n)
			r.v[r.n++] = (struct suite_reading){s, 1, s->total};
		else
			r.v[k] = (struct suite_reading){pool_suites(r.v[k].suite, s, a),
				r.v[k].pooled + 1,
				s->total < r.v[k].least ? s->total : r.v[k].least};
	}
	*ret = r;
}
