/* SPDX-License-Identifier: Apache-2.0
 *
 * Sums of evidence. Refuses to add what does not add up; which units are asked is judge_evidence.c's.
 */
#include "policy/judge_pool.h"

#include <math.h>
#include <string.h>

#include "policy/metric_compare.h"

struct members {
	const struct metric **v;
	size_t n;
};

static double own_stderr(const struct metric *m, enum pool pool)
{
	struct metric_side side;

	metric_side_read(m, pool == POOL_PROPORTION ? KIND_PROPORTION : KIND_MEAN, &side);
	if (!isnan(side.se) || pool != POOL_PROPORTION)
		return side.se;
	return sqrt(side.estimate * (1.0 - side.estimate) / (double)m->n);
}

static bool is_poolable(const struct metric *m, enum pool pool)
{
	if (pool == POOL_HISTOGRAM)
		return m->histogram != NULL;
	return m->n > 0 && (pool == POOL_PROPORTION || !isnan(own_stderr(m, pool)));
}

/* Samples, for the choice among what cannot be pooled: none at all comes last. */
static int64_t weight(const struct metric *m)
{
	int64_t n = m->histogram ? stat_histogram_total(m->histogram) : m->n;

	return n > 0 ? n : metric_is_sampled(m);
}

static const struct metric *heaviest(const struct metric *const *m, size_t n)
{
	const struct metric *best = m[0];

	for (size_t i = 1; i < n; i++)
		if (weight(m[i]) > weight(best))
			best = m[i];
	return best;
}

/* ---- Counts and means ---- */

static int64_t sum_n(const struct members *m)
{
	int64_t n = 0;

	for (size_t i = 0; i < m->n; i++)
		n += m->v[i]->n;
	return n;
}

static int64_t sum_clusters(const struct members *m)
{
	int64_t clusters = 0;
	bool any = false;

	for (size_t i = 0; i < m->n; i++) {
		any = any || m->v[i]->clusters > 0;
		clusters += m->v[i]->clusters > 0 ? m->v[i]->clusters : m->v[i]->n;
	}
	return any ? clusters : -1;
}

static double sum_stderr(const struct members *m, enum pool pool, double n)
{
	double squares = 0;

	for (size_t i = 0; i < m->n; i++) {
		double part = (double)m->v[i]->n * own_stderr(m->v[i], pool);
		squares += part * part;
	}
	return sqrt(squares) / n;
}

static bool any_spread(const struct members *m)
{
	for (size_t i = 0; i < m->n; i++)
		if (!isnan(m->v[i]->stderr_) || !isnan(m->v[i]->ci_lo))
			return true;
	return false;
}

static void sum_proportions(const struct members *m, struct metric *ret)
{
	double n = (double)ret->n;

	ret->successes = 0;
	for (size_t i = 0; i < m->n; i++) {
		const struct metric *o = m->v[i];
		ret->successes += o->successes >= 0 ? o->successes
						    : (int64_t)floor(o->value * (double)o->n + 0.5);
	}
	ret->value = (double)ret->successes / n;
	ret->stderr_ = any_spread(m) ? sum_stderr(m, POOL_PROPORTION, n) : NAN;
}

static void sum_means(const struct members *m, struct metric *ret)
{
	double n = (double)ret->n, total = 0;

	for (size_t i = 0; i < m->n; i++)
		total += (double)m->v[i]->n * m->v[i]->value;
	ret->value = total / n;
	ret->successes = -1;
	ret->stderr_ = sum_stderr(m, POOL_MEAN, n);
}

/* ---- Pairs ---- */

static bool is_binary(const struct metric_paired *p)
{
	return p->b >= 0;
}

/* Pairs with the unit in question, and of the kind that the first of them is. */
static bool pairs_add(
	const struct metric_paired *p, const struct metric_paired *first, const char *baseline_id)
{
	return p && baseline_id && !strcmp(p->baseline, baseline_id) &&
	       (!first || is_binary(p) == is_binary(first));
}

static void add_pair(struct metric_paired *sum, const struct metric_paired *p)
{
	double n = (double)sum->n, k = (double)p->n, all = n + k;

	if (is_binary(p)) {
		sum->b += p->b;
		sum->c += p->c;
	} else {
		sum->mean_diff = (n * sum->mean_diff + k * p->mean_diff) / all;
		sum->stderr_diff = hypot(n * sum->stderr_diff, k * p->stderr_diff) / all;
	}
	if (sum->clusters > 0 || p->clusters > 0)
		sum->clusters = (sum->clusters > 0 ? sum->clusters : sum->n) +
				(p->clusters > 0 ? p->clusters : p->n);
	sum->n += p->n;
}

static const struct metric_paired *sum_pairs(
	const struct members *m, const char *baseline_id, struct arena *a)
{
	struct metric_paired *sum = NULL;

	for (size_t i = 0; i < m->n; i++) {
		const struct metric_paired *p = m->v[i]->paired;
		if (!pairs_add(p, sum, baseline_id))
			continue;
		if (sum)
			add_pair(sum, p);
		else
			sum = arena_memdup(a, p, sizeof(*p));
	}
	/* Those with another unit count for nothing, but somebody may want to know of them. */
	for (size_t i = 0; !sum && i < m->n; i++)
		if (m->v[i]->paired)
			return m->v[i]->paired;
	return sum;
}

/* ---- Histograms ---- */

bool pool_bounds_meet(struct pool_bounds *common, const struct metric *m, struct arena *a)
{
	const struct metric_histogram *h = m->histogram;
	size_t n = 0;

	if (!h)
		return true;
	if (!common->n) {
		*common = (struct pool_bounds){h->bounds, h->n_bounds};
		return true;
	}
	double *v = ARENA_ARRAY(a, common->n, double);
	for (size_t i = 0, k = 0; i < common->n; i++) {
		while (k < h->n_bounds && h->bounds[k] < common->v[i])
			k++;
		if (k < h->n_bounds && h->bounds[k] == common->v[i])
			v[n++] = common->v[i];
	}
	if (n)
		*common = (struct pool_bounds){v, n};
	return n > 0;
}

/* Exact, as every common edge is an edge of each. */
static const struct metric_histogram *sum_histograms(
	const struct members *m, const struct pool_bounds *common, struct arena *a)
{
	struct metric_histogram *sum = ARENA_NEW(a, struct metric_histogram);
	int64_t *counts = ARENA_ARRAY(a, common->n + 1, int64_t);

	for (size_t i = 0; i < m->n; i++) {
		const struct metric_histogram *h = m->v[i]->histogram;
		size_t at = 0;
		for (size_t k = 0; k < h->n_counts; k++) {
			counts[at] += h->counts[k];
			if (k < h->n_bounds && at < common->n && h->bounds[k] == common->v[at])
				at++;
		}
	}
	*sum = (struct metric_histogram){common->v, common->n, counts, common->n + 1};
	return sum;
}

/* ---- The whole ---- */

static void find_members(
	const struct metric *const *m, size_t n, enum pool pool, struct members *ret)
{
	for (size_t i = 0; i < n; i++)
		if (is_poolable(m[i], pool))
			ret->v[ret->n++] = m[i];
}

const struct metric *pool_metrics(const struct metric *const *m, size_t n, enum pool pool,
	const struct pool_bounds *common, const char *baseline_id, struct arena *a,
	int64_t *ret_pooled)
{
	struct members members = {ARENA_ARRAY(a, n, const struct metric *), 0};

	find_members(m, n, pool, &members);
	if (members.n < 2) {
		*ret_pooled = 1;
		return members.n ? members.v[0] : heaviest(m, n);
	}
	struct metric *sum = arena_memdup(a, members.v[0], sizeof(*sum));
	sum->n = sum_n(&members);
	sum->clusters = sum_clusters(&members);
	sum->ci_lo = sum->ci_hi = sum->ci_level = NAN;
	sum->paired = sum_pairs(&members, baseline_id, a);
	if (pool == POOL_HISTOGRAM) {
		sum->histogram = sum_histograms(&members, common, a);
		sum->n = sum->clusters = -1;
		sum->value = stat_histogram_point(sum->histogram, 0.95);
		sum->stderr_ = NAN;
	} else if (pool == POOL_PROPORTION) {
		sum_proportions(&members, sum);
	} else {
		sum_means(&members, sum);
	}
	*ret_pooled = (int64_t)members.n;
	return sum;
}

/* ---- Suites ---- */

static struct suite_category *find_category(struct suite_category *list, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (!strcmp(list[i].name, name))
			return &list[i];
	return NULL;
}

const struct suite *pool_suites(const struct suite *s, const struct suite *t, struct arena *a)
{
	struct suite *sum = arena_memdup(a, s, sizeof(*s));
	struct suite_category *list =
		ARENA_ARRAY(a, s->n_categories + t->n_categories, struct suite_category);

	sum->total += t->total;
	sum->violations += t->violations;
	sum->errors += t->errors;
	sum->passed += t->passed;
	for (size_t i = 0; i < s->n_categories; i++)
		list[i] = s->categories[i];
	for (size_t i = 0; i < t->n_categories; i++) {
		const struct suite_category *more = &t->categories[i];
		struct suite_category *c = find_category(list, sum->n_categories, more->name);
		if (!c) {
			list[sum->n_categories++] = *more;
			continue;
		}
		c->total += more->total;
		c->violations += more->violations;
		c->errors += more->errors;
		c->passed += more->passed;
	}
	sum->categories = list;
	return sum;
}
