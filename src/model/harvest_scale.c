/* SPDX-License-Identifier: Apache-2.0
 *
 * On which scale a number is: a share is kept from 0 to 1, whatever the file has. Owns what cannot be told,
 * which then waits for a person to say it.
 */
#include <math.h>
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

/* The same metric of another task, or another share of the same task. */
static bool is_of_one_scale(const struct finding *a, const struct finding *b)
{
	enum metric_scale of_a, of_b;

	if (!strcmp(a->stem, b->stem))
		return true;
	metric_name_direction(a->stem, &of_a);
	metric_name_direction(b->stem, &of_b);
	return is_share(of_a) && is_share(of_b) &&
	       !strcmp(a->prefix ? a->prefix : "", b->prefix ? b->prefix : "");
}

void harvest_close_scales(struct harvest *h, size_t from)
{
	for (size_t i = from; i < h->n_findings; i++) {
		struct finding *f = &h->findings[i];
		enum metric_scale scale;

		metric_name_direction(f->stem, &scale);
		if (f->is_divided || f->is_scaled || f->use == FOUND_UNFIT || scale == SCALE_FREE ||
			f->metric.value == 0)
			continue;
		for (size_t k = from; k < h->n_findings; k++) {
			const struct finding *other = &h->findings[k];
			if (!other->is_divided || !is_of_one_scale(other, f))
				continue;
			f->is_scaled = true;
			harvest_on_call(
				f, arena_printf(h->arena,
					   "stands beside %s, which is on a scale to 100; say "
					   "which this is with /1 or /100 behind it in --map",
					   other->name));
			break;
		}
	}
}
