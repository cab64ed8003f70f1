/* SPDX-License-Identifier: Apache-2.0
 *
 * On which scale a number is: a share is kept from 0 to 1, whatever the file has. Owns what cannot be told,
 * which then waits for a person to say it.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "model/harvest_parts.h"

/* What floating point makes of a whole, and no percentage. */
#define OVERSHOOT 1e-6

void harvest_set_scale(struct finding *f, enum metric_scale scale)
{
	double v = f->metric.value;

	if (scale == SCALE_FREE || f->use == FOUND_UNFIT)
		return;
	if (scale == SCALE_TO_ONE) {
		if (v > 1 + OVERSHOOT)
			harvest_unfit(f, "is more than 1, which none is");
		return;
	}
	if (v < (scale == SCALE_SIGNED ? -100 : 0) || v > (scale == SCALE_ERRORS ? 10000 : 100)) {
		harvest_unfit(f, "is no share: neither on a scale to 1 nor to 100");
	} else if (fabs(v) > 1 && fabs(v) <= 1 + OVERSHOOT) {
		f->metric.value = copysign(1, v);
	} else if (scale == SCALE_OPEN && v > 0 && v <= 1) {
		f->is_scaled = true;
		harvest_on_call(f, "is a share by one tool and a percentage by another; say which "
				   "with /1 or /100 behind it in --map");
	} else if (scale == SCALE_ERRORS && v > 1 && v <= 3) {
		f->is_scaled = true;
		harvest_on_call(f, "is either a rate of more than one or a small one in percent; "
				   "say which with /1 or /100 behind it in --map");
	} else if (v < -1) {
		f->is_scaled = true;
		harvest_on_call(f,
			"is negative and beyond -1: a correlation in percent, or no score at "
			"all; say which with /100 or /1 behind it in --map");
	} else if (v > 1) {
		f->metric.value = v / 100;
		f->is_divided = true;
	}
}

static bool is_share(enum metric_scale scale)
{
	return scale == SCALE_SHARE || scale == SCALE_SIGNED;
}

/* The findings on a scale to 100, in two orders; the first of those that are alike comes first. */
struct divided {
	const struct finding **by_stem, **by_prefix;
	size_t n, n_prefix;
};

static const char *prefix_of(const struct finding *f)
{
	return f->prefix ? f->prefix : "";
}

static int compare(const char *a, const char *b, const struct finding *f, const struct finding *g)
{
	int order = strcmp(a, b);

	return order ? order : f < g ? -1 : f > g;
}

static int by_stem(const void *a, const void *b)
{
	const struct finding *f = *(const struct finding *const *)a,
			     *g = *(const struct finding *const *)b;

	return compare(f->stem, g->stem, f, g);
}

static int by_prefix(const void *a, const void *b)
{
	const struct finding *f = *(const struct finding *const *)a,
			     *g = *(const struct finding *const *)b;

	return compare(prefix_of(f), prefix_of(g), f, g);
}

static void sort(const struct finding **v, size_t n, int (*order)(const void *, const void *))
{
	if (n)
		qsort(v, n, sizeof(*v), order);
}

static struct divided divided_of(const struct harvest *h, size_t from)
{
	size_t most = h->n_findings - from + 1;
	struct divided d = {.by_stem = ARENA_ARRAY(h->arena, most, const struct finding *),
		.by_prefix = ARENA_ARRAY(h->arena, most, const struct finding *)};
	enum metric_scale scale;

	for (size_t i = from; i < h->n_findings; i++) {
		if (!h->findings[i].is_divided)
			continue;
		d.by_stem[d.n++] = &h->findings[i];
		metric_name_direction(h->findings[i].stem, &scale);
		if (is_share(scale))
			d.by_prefix[d.n_prefix++] = &h->findings[i];
	}
	sort(d.by_stem, d.n, by_stem);
	sort(d.by_prefix, d.n_prefix, by_prefix);
	return d;
}

static const char *stem_of(const struct finding *f)
{
	return f->stem;
}

/* The first of that name; NULL: there is none. */
static const struct finding *first_of(const struct finding *const *v, size_t n,
	const char *(*name_of)(const struct finding *f), const char *name)
{
	size_t from = 0, to = n;

	while (from < to) {
		size_t mid = from + (to - from) / 2;

		if (strcmp(name_of(v[mid]), name) < 0)
			from = mid + 1;
		else
			to = mid;
	}
	return from < n && !strcmp(name_of(v[from]), name) ? v[from] : NULL;
}

/* The same metric of another task, or another share of the same task. */
static const struct finding *of_one_scale(
	const struct divided *d, const struct finding *f, enum metric_scale scale)
{
	const struct finding *a = first_of(d->by_stem, d->n, stem_of, f->stem), *b = NULL;

	if (is_share(scale))
		b = first_of(d->by_prefix, d->n_prefix, prefix_of, prefix_of(f));
	return !a || (b && b < a) ? b : a;
}

void harvest_close_scales(struct harvest *h, size_t from)
{
	struct divided d = divided_of(h, from);

	for (size_t i = from; d.n && i < h->n_findings; i++) {
		struct finding *f = &h->findings[i];
		const struct finding *other;
		enum metric_scale scale;

		metric_name_direction(f->stem, &scale);
		if (f->is_divided || f->is_scaled || f->use == FOUND_UNFIT || scale == SCALE_FREE ||
			f->metric.value == 0)
			continue;
		other = of_one_scale(&d, f, scale);
		if (!other)
			continue;
		f->is_scaled = true;
		harvest_on_call(f, arena_printf(h->arena,
					   "stands beside %s, which is on a scale to 100; say "
					   "which this is with /1 or /100 behind it in --map",
					   other->name));
	}
}
