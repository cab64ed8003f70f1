/* SPDX-License-Identifier: Apache-2.0
 *
 * The rules over the sums: which of them may speak, whether both windows are above the factor, and
 * whether chance would explain it. Comparisons are exact; doubles only show.
 */
#include <math.h>

#include "policy/burnrate_parts.h"
#include "policy/stat.h"

/* A fraction, compared by multiplying out. burn_cell and model/burn.h keep each below 2^127. */
struct fraction {
	__int128 num, den;
};

/* How much of the window has been, by the coverage: 1/1, or its age for its length. */
static struct fraction covered(int64_t window, int coverage, int64_t age)
{
	if (coverage == BURN_SCALE && age < window)
		return (struct fraction){age, window};
	return (struct fraction){1, 1};
}

/* The window's burn in thousandths of budget or limit, times that; `den` without the factor. */
static struct fraction burn_of(const struct burn_slo *slo, const struct burn_sum *sum,
	int64_t window, int coverage, int64_t age)
{
	struct fraction part = covered(window, coverage, age);

	switch (slo->kind) {
	case BURN_RATIO:
		return (struct fraction){(__int128)sum->bad * 1000000000 * part.num,
			(__int128)sum->of * slo->budget_ppm * part.den};
	case BURN_VALUE:
		return (struct fraction){(__int128)sum->bad * 1000000 * part.num,
			(__int128)sum->of * slo->limit_micro_per_1k * part.den};
	default:
		return (struct fraction){sum->bad, slo->max_count};
	}
}

static bool above(struct fraction burn, const struct burn_slo *slo, const struct burn_rule *rule)
{
	if (slo->kind == BURN_COUNT)
		return burn.num > burn.den;
	return burn.num > burn.den * rule->factor_milli;
}

static double shown(struct fraction burn, const struct burn_slo *slo)
{
	double scale = slo->kind == BURN_COUNT ? 1.0 : 1000.0;

	return burn.den > 0 ? (double)burn.num / (double)burn.den / scale
	       : burn.num   ? INFINITY
			    : NAN;
}

/* Faults still missing for the window to be above; -1 when no number of them is enough. */
static int64_t missing(struct fraction burn, const struct burn_slo *slo,
	const struct burn_rule *rule, const struct burn_sum *sum, struct fraction part)
{
	__int128 each = slo->kind == BURN_RATIO	  ? (__int128)1000000000 * part.num
			: slo->kind == BURN_VALUE ? (__int128)1000000 * part.num
						  : 1;
	__int128 wanted = slo->kind == BURN_COUNT ? burn.den : burn.den * rule->factor_milli;
	__int128 more = burn.num > wanted ? 0 : (wanted - burn.num) / each + 1;

	if (slo->kind == BURN_RATIO && sum->bad + more > sum->of)
		return -1;
	return more > INT64_MAX ? -1 : (int64_t)more;
}

static int64_t bad_to_fire(const struct burn_rule_state *state, const struct burnrate_status *s,
	struct fraction lasting, struct fraction now, int64_t age)
{
	const struct burn_rule *rule = state->rule;
	int64_t least = s->slo->kind == BURN_COUNT ? 0 : s->slo->min_bad - state->long_sum.bad;
	int64_t in_long = missing(lasting, s->slo, rule, &state->long_sum,
		covered(rule->long_s, rule->coverage, age));
	int64_t in_short = missing(
		now, s->slo, rule, &state->short_sum, covered(rule->short_s, rule->coverage, age));

	if (!s->applies || !s->enough || in_long < 0 || in_short < 0)
		return -1;
	if (least < in_long)
		least = in_long;
	return least < in_short ? in_short : least;
}

/* The exact tail, beyond counts that doubles hold the sign of the difference is all there is. */
static double chance_of(
	const struct burn_slo *slo, const struct burn_rule *rule, const struct burn_sum *sum)
{
	double rate = (double)rule->factor_milli * (double)slo->budget_ppm / 1e9;

	if (sum->of > STAT_COUNT_MAX)
		return 0.0;
	return stat_binomial_at_least(sum->bad, sum->of, rate < 1.0 ? rate : 1.0);
}

static void judge(const struct burnrate *b, const struct burn_series *series,
	const struct burn_rule_state *state, struct burnrate_status *ret)
{
	const struct burn_slo *slo = series->slo;
	const struct burn_rule *rule = state->rule;
	int64_t age = b->head * b->grid - b->activated;
	struct fraction lasting = burn_of(slo, &state->long_sum, rule->long_s, rule->coverage, age);
	struct fraction now = burn_of(slo, &state->short_sum, rule->short_s, rule->coverage, age);

	*ret = (struct burnrate_status){
		.slo = slo,
		.rule = rule,
		.slo_index = (size_t)(series - b->series),
		.rule_index = (size_t)(state - series->rules),
		.long_window = {state->long_sum.bad, state->long_sum.of, NAN},
		.short_window = {state->short_sum.bad, state->short_sum.of, NAN},
		.chance = NAN,
	};
	ret->applies = age > 0 && (rule->only_first_s < 0 || age <= rule->only_first_s) &&
		       (rule->coverage != BURN_FULL || age >= rule->long_s);
	ret->enough =
		slo->kind == BURN_COUNT || (state->long_sum.of > 0 && state->short_sum.of > 0 &&
						   state->long_sum.of >= slo->min_total &&
						   state->short_sum.of >= slo->min_short);
	ret->over = state->long_sum.bad >= slo->min_bad && above(lasting, slo, rule) &&
		    above(now, slo, rule);
	if (slo->kind == BURN_COUNT || state->long_sum.of > 0)
		ret->long_window.burn = shown(lasting, slo);
	if (slo->kind == BURN_COUNT || state->short_sum.of > 0)
		ret->short_window.burn = shown(now, slo);
	if (slo->kind == BURN_RATIO && slo->guard_alpha > 0 && ret->enough && ret->over)
		ret->chance = chance_of(slo, rule, &state->long_sum);
	ret->firing = ret->applies && ret->enough && ret->over &&
		      (isnan(ret->chance) || ret->chance <= slo->guard_alpha);
	ret->bad_to_fire = age > 0 ? bad_to_fire(state, ret, lasting, now, age) : -1;
	ret->in_row = state->in_row;
}

size_t burnrate_rules(const struct burnrate *b)
{
	size_t n = 0;

	for (size_t i = 0; i < b->n_series; i++)
		n += b->series[i].n_rules;
	return n;
}

void burnrate_peek(const struct burnrate *b, struct burnrate_status *ret)
{
	for (size_t i = 0; i < b->n_series; i++) {
		for (size_t k = 0; k < b->series[i].n_rules; k++, ret++) {
			judge(b, &b->series[i], &b->series[i].rules[k], ret);
			ret->fired =
				ret->firing && ret->in_row >= burn_evaluations(b->rules, ret->slo);
		}
	}
}

void burnrate_evaluate(struct burnrate *b, int64_t now, struct burnrate_status *ret)
{
	burnrate_advance(b, now);
	for (size_t i = 0; i < b->n_series; i++) {
		for (size_t k = 0; k < b->series[i].n_rules; k++, ret++) {
			struct burn_rule_state *state = &b->series[i].rules[k];

			judge(b, &b->series[i], state, ret);
			state->in_row = ret->firing ? state->in_row + 1 : 0;
			ret->in_row = state->in_row;
			ret->fired =
				ret->firing && ret->in_row >= burn_evaluations(b->rules, ret->slo);
			ret->first = ret->fired && !state->told;
			state->told = state->told || ret->fired;
		}
	}
}
