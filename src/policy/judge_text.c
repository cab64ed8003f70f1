/* SPDX-License-Identifier: Apache-2.0
 *
 * The words of the judge: numbers and comparisons as a person reads them. Owns no verdict.
 */
#include <math.h>
#include <string.h>

#include "policy/judge_parts.h"

static void texts(
	struct arena *a, int digits, double v, double w, const char **ret_v, const char **ret_w)
{
	for (;; digits++) {
		*ret_v = arena_printf(a, "%.*g", digits, v);
		*ret_w = arena_printf(a, "%.*g", digits, w);
		if (v == w || strcmp(*ret_v, *ret_w) != 0)
			return;
	}
}

const char *number_text(struct arena *a, double v)
{
	return arena_printf(a, "%.6g", v);
}

void number_texts(struct arena *a, double v, double w, const char **ret_v, const char **ret_w)
{
	texts(a, 6, v, w, ret_v, ret_w);
}

static const char *method_text(const struct metric_verdict *v)
{
	static const char *const names[] = {
		[METHOD_NONE] = "none",
		[METHOD_PAIRED_BINARY] = "Tango",
		[METHOD_PAIRED_MEAN] = "paired t",
		[METHOD_NEWCOMBE] = "Newcombe",
		[METHOD_EXACT_MEANS] = "exact",
		[METHOD_WELCH_T] = "Welch t",
		[METHOD_WELCH_Z] = "Welch z",
		[METHOD_ONE_SAMPLE_SCORE] = "one-sample score",
		[METHOD_ONE_SAMPLE_T] = "one-sample t",
		[METHOD_ONE_SAMPLE_Z] = "one-sample z",
		[METHOD_POINT] = "point",
		[METHOD_BOOTSTRAP] = "bootstrap",
	};

	/* Theta 0 is asked of pairs by McNemar's test, see metric_compare.c. */
	if (v->method == METHOD_PAIRED_BINARY && v->theta == 0)
		return "McNemar";
	return names[v->method];
}

static const char *p_text(struct arena *a, double p)
{
	return p < 0.001 ? "p < 0.001" : arena_printf(a, "p = %.2g", p);
}

static const char *change_text(struct arena *a, double change, enum metric_kind kind)
{
	if (kind == KIND_MEAN)
		return arena_printf(a, "%+.3g", tidy(change));
	double points = tidy(100 * change);
	return fabs(points) >= 0.1 || points == 0 ? arena_printf(a, "%+.1f pp", points)
						  : arena_printf(a, "%+.2g pp", points);
}

const char *margin_text(struct arena *a, const struct metric_policy *p)
{
	if (isnan(p->margin) && p->margin_rel > 0)
		return arena_printf(a, "%.6g %%", tidy(100 * p->margin_rel));
	if (p->margin > 0)
		return p->kind == KIND_MEAN ? arena_printf(a, "%.6g", p->margin)
					    : arena_printf(a, "%.6g pp", tidy(100 * p->margin));
	return NULL;
}

const char *needed_text(struct arena *a, int64_t n)
{
	return n < 0 ? "" : arena_printf(a, "; about %lld samples would tell", (long long)n);
}

const char *compared_needed_text(struct arena *a, const struct metric_verdict *v)
{
	const char *what = "samples";

	if (v->n_needed < 0)
		return "";
	if (v->method == METHOD_PAIRED_BINARY || v->method == METHOD_PAIRED_MEAN)
		what = "pairs";
	else if (v->method == METHOD_NEWCOMBE || v->method == METHOD_WELCH_T)
		what = "samples on each side";
	return arena_printf(a, "; about %lld %s would tell", (long long)v->n_needed, what);
}

const char *comparison_text(struct arena *a, const char *name, const struct match *m,
	const struct metric_policy *policy, const struct metric_verdict *v, double p)
{
	const char *mine, *theirs, *rest = "";
	double change = policy->direction == DIRECTION_LOWER ? 0 - v->d : v->d;

	texts(a, 3, m->mine.metric->value, m->theirs.metric->value, &mine, &theirs);
	if (!isnan(p))
		rest = arena_printf(a, ", %s", p_text(a, p));
	rest = arena_printf(a, "%s, %s", rest, method_text(v));
	if (v->n > 0)
		rest = arena_printf(a, "%s, n = %lld", rest, (long long)v->n);
	if (m->mine.pooled > 1)
		rest = arena_printf(
			a, "%s, pooled from %lld artifacts", rest, (long long)m->mine.pooled);
	return arena_printf(a, "%s %s vs %s (%s%s)", name, mine, theirs,
		change_text(a, change, policy->kind), rest);
}

void check_reading(struct gate_check *check, const struct reading *r)
{
	if (r->pooled > 1)
		check->pooled = r->pooled;
	if (r->left_out > 0)
		check->left_out = r->left_out;
}

void check_verdict(
	struct gate_check *check, const struct match *m, const struct metric_verdict *v, double p)
{
	check->value = m->mine.metric->value;
	if (m->theirs.metric)
		check->baseline = m->theirs.metric->value;
	check->method = metric_method_name(v->method);
	check->evidence = v->method != METHOD_POINT && metric_is_sampled(m->mine.metric) ? "samples"
											 : "point";
	if (v->n > 0)
		check->n = v->n;
	else if (m->mine.metric->n > 0)
		check->n = m->mine.metric->n;
	check->n_needed = v->n_needed;
	check->d = isnan(v->d) ? NAN : tidy(v->d);
	check->ci_lo = v->interval.lower;
	check->ci_hi = v->interval.upper;
	check->p = p;
	if (!isnan(v->theta))
		check->margin = 0 - v->theta;
	check_reading(check, &m->mine);
}
