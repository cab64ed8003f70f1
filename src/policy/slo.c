/* SPDX-License-Identifier: Apache-2.0
 *
 * One objective against the sum of an activation's last window: a plain threshold. All comparisons
 * are strict: at the limit nothing is breached.
 */
#include "policy/slo.h"

#include <math.h>
#include <string.h>

static void count(const struct policy_slo *slo, struct arena *a, struct slo_result *ret)
{
	ret->enough = true;
	ret->breached = (double)ret->bad > slo->limit;
	ret->detail = arena_printf(a, "%s %lld over %lld s, limit %.6g", slo->bad,
		(long long)ret->bad, (long long)slo->window_s, slo->limit);
}

/* Micro-units for 1000 tokens. */
static void cost(const struct policy_slo *slo, struct arena *a, struct slo_result *ret)
{
	ret->rate = ret->rate * 1000;
	ret->breached = ret->enough && ret->rate > slo->limit;
	ret->detail =
		arena_printf(a, "cost %.10g micro-units for 1000 tokens over %lld s, limit %.10g",
			ret->rate, (long long)slo->window_s, slo->limit);
}

static void ratio(const struct policy_slo *slo, struct arena *a, struct slo_result *ret)
{
	ret->breached = ret->enough && ret->rate > slo->limit;
	ret->detail = arena_printf(a, "%s %lld of %lld (%.4g %%) over %lld s, limit %.4g %%",
		slo->bad, (long long)ret->bad, (long long)ret->of, ret->rate * 100,
		(long long)slo->window_s, slo->limit * 100);
}

void slo_evaluate(const struct policy_slo *slo, const struct observation *sum, struct arena *a,
	struct slo_result *ret)
{
	struct slo_result r = {.slo = slo, .rate = NAN};

	r.bad = observation_counter(sum, slo->bad);
	if (!slo->of) {
		count(slo, a, &r);
		*ret = r;
		return;
	}
	r.of = observation_counter(sum, slo->of);
	if (r.of == 0) {
		r.detail = arena_printf(
			a, "no data: %s is 0 over %lld s", slo->of, (long long)slo->window_s);
		*ret = r;
		return;
	}
	r.rate = (double)r.bad / (double)r.of;
	r.enough = r.of >= slo->min_total;
	if (!strcmp(slo->bad, "cost_micro") && !strcmp(slo->of, "tokens"))
		cost(slo, a, &r);
	else
		ratio(slo, a, &r);
	if (!r.enough)
		r.detail = arena_printf(a, "%s; too few to decide, %lld are needed", r.detail,
			(long long)slo->min_total);
	*ret = r;
}
