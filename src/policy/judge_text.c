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

static const char *advice(const struct gate_case *c, int64_t n, const char *what)
{
	if (n < 0)
		return "";
	return arena_printf(c->arena, "; about %lld %s would tell%s", (long long)n, what,
		no_look_left(c) ? ", of a new version: no look is left" : "");
}

const char *needed_text(const struct gate_case *c, int64_t n)
{
	return advice(c, n, "samples");
}

const char *compared_needed_text(const struct gate_case *c, const struct metric_verdict *v)
{
	const char *what = "samples";

	if (v->method == METHOD_PAIRED_BINARY || v->method == METHOD_PAIRED_MEAN)
		what = "pairs";
	else if (v->method == METHOD_NEWCOMBE || v->method == METHOD_WELCH_T)
		what = "samples on each side";
	return advice(c, v->n_needed, what);
}

const char *bare_text(enum metric_kind kind)
{
	return kind == KIND_MEAN ? "bare numbers are no evidence here, give n and stderr"
				 : "bare numbers are no evidence here, give n";
}

/* ", n = 900, of 1800 pooled from 2 artifacts" */
static const char *samples_text(
	struct arena *a, const struct reading *mine, const struct metric_verdict *v)
{
	const char *text = v->n > 0 ? arena_printf(a, ", n = %lld", (long long)v->n) : "";
	bool is_all = v->n == mine->metric->n || v->method == METHOD_PAIRED_BINARY ||
		      v->method == METHOD_PAIRED_MEAN;

	if (mine->pooled < 2)
		return text;
	if (is_all)
		return arena_printf(
			a, "%s pooled from %lld artifacts", text, (long long)mine->pooled);
	return arena_printf(a, "%s, of %lld pooled from %lld artifacts", text,
		(long long)mine->metric->n, (long long)mine->pooled);
}

const char *comparison_text(struct arena *a, const char *name, const struct match *m,
	const struct metric_policy *policy, const struct metric_verdict *v, double p)
{
	const char *mine, *theirs, *rest = "";
	double change = policy->direction == DIRECTION_LOWER ? 0 - v->d : v->d;

	texts(a, 3, m->mine.metric->value, m->theirs.metric->value, &mine, &theirs);
	if (!isnan(p))
		rest = arena_printf(a, ", %s", p_text(a, p));
	rest = arena_printf(a, "%s, %s%s", rest, method_text(v), samples_text(a, &m->mine, v));
	if (m->stray_pairs)
		rest = arena_printf(a, "%s; its pairs with %s do not count", rest, m->stray_pairs);
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
	check->evidence = v->method != METHOD_POINT && metric_is_sampled(m->mine.metric)
				  ? evidence_samples
				  : evidence_point;
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
