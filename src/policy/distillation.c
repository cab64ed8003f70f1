/* SPDX-License-Identifier: Apache-2.0
 *
 * Evaluates the trigger of a distillation, and knows what its run made.
 */
#include "policy/distillation.h"

#include <math.h>
#include <string.h>

#include "base/text.h"
#include "model/format.h"

static double ratio(double part, double whole)
{
	return whole > 0 ? part / whole : (double)NAN;
}

double signal_value(const struct fusion_signal *s, const struct signal_sums *whole,
	const struct signal_sums *target)
{
	if (!strcmp(s->signal, "requests"))
		return whole->total;
	if (!strcmp(s->signal, "error_rate"))
		return ratio(whole->errors, whole->total);
	if (!strcmp(s->signal, "route_share"))
		return ratio(target->total, whole->total);
	if (!strcmp(s->signal, "cost_per_1k_tokens"))
		return ratio(whole->cost_micro / 1e6, whole->tokens / 1000);
	return NAN;
}

static bool holds(const struct fusion_signal *s, double value)
{
	if (isnan(value))
		return false;
	return s->op == FUSION_GT   ? value > s->value
	       : s->op == FUSION_GE ? value >= s->value
	       : s->op == FUSION_LT ? value < s->value
				    : value <= s->value;
}

bool trigger_fires(const struct fusion_trigger *t, const double *values)
{
	for (size_t i = 0; i < t->signals.n; i++)
		if (holds(LIST_AT(&t->signals, struct fusion_signal, i), values[i]) == t->is_any)
			return t->is_any;
	return !t->is_any;
}

static bool is_of_family(const char *id, const struct distilled *x)
{
	struct artifact_name name;
	ARENA_AUTO a = arena_new();

	return artifact_name_parse(id, a, &name) == 0 && strcmp(name.ns, x->ns) == 0 &&
	       strcmp(name.family, x->family) == 0;
}

const struct distilled *distillation_output(
	const struct distillation *d, const struct distilled *v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (v[i].run && (text_equal(v[i].run, d->token) || text_equal(v[i].run, d->job)))
			return &v[i];
	for (size_t i = 0; d->student && i < n; i++)
		if (!v[i].run && v[i].received_at >= d->started_at &&
			is_of_family(d->student, &v[i]))
			return &v[i];
	return NULL;
}
