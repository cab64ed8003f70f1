/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The list `cases` of the gates format: one statistical function each, by name.
 */
#include "vectors.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy/metric.h"
#include "policy/stat.h"

enum { NOTE_MAX = 120 };

/* The first input of the present case that is not there: it may be meant so. */
static const char *lacking;

static void note_lacking(const json_t *input, const char *key)
{
	if (!lacking && !json_object_get(input, key))
		lacking = key;
}

static double in(const json_t *input, const char *key)
{
	note_lacking(input, key);
	return vectors_number(input, key);
}

static int64_t count_in(const json_t *input, const char *key)
{
	note_lacking(input, key);
	return vectors_count(input, key);
}

static struct stat_arm arm(const json_t *input, const char *k, const char *n)
{
	return (struct stat_arm){in(input, k), in(input, n)};
}

static json_t *whole(int64_t n)
{
	return n < 0 ? json_null() : json_integer(n);
}

/* Limits under the given names, null for what was refused. */
static json_t *limits(int status, struct stat_interval interval)
{
	return json_pack("{s:o, s:o}", "lower", vectors_real(status < 0 ? NAN : interval.lower),
		"upper", vectors_real(status < 0 ? NAN : interval.upper));
}

static json_t *run_normal_quantile(const json_t *input)
{
	return json_pack("{s:o}", "z", vectors_real(stat_normal_quantile(in(input, "p"))));
}

static json_t *run_wilson(const json_t *input)
{
	struct stat_interval interval;
	int status = stat_wilson(in(input, "k"), in(input, "n"), in(input, "alpha"), &interval);

	return limits(status, interval);
}

static json_t *run_clopper_pearson(const json_t *input)
{
	struct stat_interval interval;
	int status = stat_clopper_pearson(
		count_in(input, "k"), count_in(input, "n"), in(input, "alpha"), &interval);

	return limits(status, interval);
}

static json_t *run_rule_of_three(const json_t *input)
{
	int64_t n = count_in(input, "n");

	return json_pack("{s:o, s:o}", "exact",
		vectors_real(stat_zero_events_upper(n, in(input, "alpha"))), "approx",
		vectors_real(stat_rule_of_three(n)));
}

static json_t *run_newcombe(const json_t *input)
{
	struct stat_arm candidate = arm(input, "kc", "nc");
	struct stat_arm baseline = arm(input, "kb", "nb");
	struct stat_interval interval;
	int status = stat_newcombe(candidate, baseline, in(input, "alpha"), &interval);
	json_t *out = limits(status, interval);

	json_object_set_new(
		out, "diff", vectors_real(candidate.k / candidate.n - baseline.k / baseline.n));
	return out;
}

static json_t *run_newcombe_p(const json_t *input)
{
	struct stat_test test = {NAN, NAN, NAN};

	stat_newcombe_test(
		arm(input, "kc", "nc"), arm(input, "kb", "nb"), in(input, "theta"), &test);
	return json_pack("{s:o}", "p", vectors_real(test.p_greater));
}

static json_t *run_score_one_sample(const json_t *input)
{
	struct stat_test test = {NAN, NAN, NAN};

	stat_score_test(arm(input, "k", "n"), in(input, "p0"), &test);
	return json_pack(
		"{s:o, s:o}", "z", vectors_real(test.statistic), "p", vectors_real(test.p_greater));
}

static json_t *run_welch(const json_t *input)
{
	double d = in(input, "mc") - in(input, "mb");
	double se = hypot(in(input, "sec"), in(input, "seb"));
	double df =
		stat_welch_df(in(input, "sec"), in(input, "nc"), in(input, "seb"), in(input, "nb"));
	double theta = in(input, "theta");
	double alpha = in(input, "alpha");
	struct stat_test z = {NAN, NAN, NAN};
	struct stat_test t = {NAN, NAN, NAN};
	struct stat_interval z_limits = {NAN, NAN};
	struct stat_interval t_limits = {NAN, NAN};

	stat_mean_test(d, se, INFINITY, theta, &z);
	stat_mean_test(d, se, df, theta, &t);
	stat_mean_interval(d, se, INFINITY, alpha, &z_limits);
	stat_mean_interval(d, se, df, alpha, &t_limits);
	return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "diff",
		vectors_real(d), "se", vectors_real(se), "z", vectors_real(z.statistic), "p_z",
		vectors_real(z.p_greater), "lower_z", vectors_real(z_limits.lower), "upper_z",
		vectors_real(z_limits.upper), "df", vectors_real(df), "p_t",
		vectors_real(t.p_greater), "lower_t", vectors_real(t_limits.lower), "upper_t",
		vectors_real(t_limits.upper));
}

static json_t *run_paired_mean(const json_t *input)
{
	double d = in(input, "mean_diff");
	double se = in(input, "se_diff");
	double clusters = in(input, "clusters");
	double df = (isnan(clusters) ? in(input, "n") : clusters) - 1.0;
	struct stat_test test = {NAN, NAN, NAN};
	struct stat_interval interval;
	int status = stat_mean_interval(d, se, df, in(input, "alpha"), &interval);
	json_t *out = limits(status, interval);

	stat_mean_test(d, se, df, in(input, "theta"), &test);
	json_object_set_new(out, "t", vectors_real(test.statistic));
	json_object_set_new(out, "p", vectors_real(test.p_greater));
	return out;
}

static json_t *run_se_from_ci(const json_t *input)
{
	return json_pack("{s:o}", "se",
		vectors_real(stat_stderr_from_interval(
			in(input, "lo"), in(input, "hi"), in(input, "level"))));
}

static json_t *run_mcnemar_exact(const json_t *input)
{
	struct stat_mcnemar test = {NAN, NAN, NAN, NAN};

	stat_mcnemar(count_in(input, "b"), count_in(input, "c"), &test);
	return json_pack("{s:o, s:o, s:o, s:o}", "p_superior", vectors_real(test.p_superior),
		"p_inferior", vectors_real(test.p_inferior), "p_two_sided",
		vectors_real(test.p_two_sided), "midp_superior", vectors_real(test.midp_superior));
}

static json_t *run_tango(const json_t *input)
{
	struct stat_test test = {NAN, NAN, NAN};

	stat_tango_test(count_in(input, "b"), count_in(input, "c"), count_in(input, "n"),
		in(input, "theta"), &test);
	return json_pack(
		"{s:o, s:o}", "z", vectors_real(test.statistic), "p", vectors_real(test.p_greater));
}

static json_t *run_tango_ci(const json_t *input)
{
	struct stat_interval interval;
	int status = stat_tango_interval(count_in(input, "b"), count_in(input, "c"),
		count_in(input, "n"), in(input, "alpha"), &interval);
	json_t *out = limits(status, interval);

	json_object_set_new(
		out, "diff", vectors_real((in(input, "c") - in(input, "b")) / in(input, "n")));
	return out;
}

static json_t *run_holm(const json_t *input)
{
	const json_t *list = json_object_get(input, "p");
	size_t n = json_array_size(list);
	double *p = calloc(2 * n + 1, sizeof *p);
	json_t *adjusted = json_array();
	json_t *reject = json_array();

	if (!p)
		abort();
	for (size_t i = 0; i < n; i++)
		p[i] = json_number_value(json_array_get(list, i));
	stat_holm(p, n, p + n);
	for (size_t i = 0; i < n; i++) {
		json_array_append_new(adjusted, vectors_real(p[n + i]));
		json_array_append_new(reject, json_boolean(p[n + i] <= in(input, "alpha")));
	}
	free(p);
	return json_pack("{s:o, s:o}", "adjusted", adjusted, "reject", reject);
}

static json_t *run_min_n_proportion(const json_t *input)
{
	return json_pack("{s:o}", "n_per_arm",
		whole(stat_min_n_proportion(in(input, "pc"), in(input, "pb"), in(input, "delta"),
			in(input, "alpha"), in(input, "beta"))));
}

static json_t *run_min_n_mean(const json_t *input)
{
	return json_pack("{s:o}", "n_per_arm",
		whole(stat_min_n_mean(in(input, "sd"), in(input, "gain"), in(input, "delta"),
			in(input, "alpha"), in(input, "beta"))));
}

static json_t *run_min_n_paired(const json_t *input)
{
	return json_pack("{s:o}", "n",
		whole(stat_min_n_paired(in(input, "sd_diff"), in(input, "gain"), in(input, "delta"),
			in(input, "alpha"), in(input, "beta"))));
}

static json_t *run_min_n_mcnemar(const json_t *input)
{
	return json_pack("{s:o}", "n_pairs",
		whole(stat_min_n_mcnemar(in(input, "psi"), in(input, "gain"), in(input, "alpha"),
			in(input, "beta"))));
}

static json_t *run_min_n_zero_events(const json_t *input)
{
	return json_pack(
		"{s:o}", "n", whole(stat_min_n_zero_events(in(input, "pmax"), in(input, "alpha"))));
}

static json_t *run_min_n_k_events(const json_t *input)
{
	return json_pack("{s:o}", "n",
		whole(stat_min_n_k_events(
			count_in(input, "k"), in(input, "pmax"), in(input, "alpha"))));
}

static json_t *run_quantile_ranks(const json_t *input)
{
	struct stat_ranks ranks = {0, 0};

	stat_quantile_ranks(count_in(input, "n"), in(input, "q"), in(input, "alpha"), &ranks);
	return json_pack("{s:o, s:o}", "lower_rank", whole(ranks.lower ? ranks.lower : -1),
		"upper_rank", whole(ranks.upper ? ranks.upper : -1));
}

/* One verdict for each threshold that is expected. */
static json_t *latency_gates(
	const struct metric_histogram *histogram, double q, double alpha, const json_t *expected)
{
	json_t *gates = json_array();
	const json_t *gate;
	size_t i;

	json_array_foreach(expected, i, gate)
	{
		const json_t *threshold = json_object_get(gate, "threshold");
		struct latency_verdict verdict;

		latency_judge(histogram, json_number_value(threshold), q, alpha, &verdict);
		json_array_append_new(gates,
			json_pack("{s:O, s:o, s:o, s:o, s:s}", "threshold", threshold, "over",
				whole(verdict.over), "cp_upper", vectors_real(verdict.limits.upper),
				"cp_lower", vectors_real(verdict.limits.lower), "verdict",
				outcome_name(verdict.verdict)));
	}
	return gates;
}

static json_t *run_p95_histogram(const json_t *input, const json_t *expected)
{
	enum { BUCKETS_MAX = 256 };
	const json_t *bounds = json_object_get(input, "bounds");
	const json_t *counts = json_object_get(input, "counts");
	double bound[BUCKETS_MAX];
	int64_t count[BUCKETS_MAX];
	struct metric_histogram histogram = {.bounds = bound,
		.n_bounds = json_array_size(bounds),
		.counts = count,
		.n_counts = json_array_size(counts)};
	struct stat_interval edges = {NAN, NAN};
	double q = in(input, "q");
	double alpha = in(input, "alpha");

	if (histogram.n_bounds > BUCKETS_MAX || histogram.n_counts > BUCKETS_MAX)
		return NULL;
	for (size_t i = 0; i < histogram.n_bounds; i++)
		bound[i] = json_number_value(json_array_get(bounds, i));
	for (size_t i = 0; i < histogram.n_counts; i++)
		count[i] = json_integer_value(json_array_get(counts, i));
	stat_histogram_quantile(&histogram, q, alpha, &edges);
	return json_pack("{s:o, s:o, s:o, s:o, s:o}", "n", whole(stat_histogram_total(&histogram)),
		"lower_bound", vectors_real(edges.lower), "upper_bound", vectors_real(edges.upper),
		"point_prometheus", vectors_real(stat_histogram_point(&histogram, q)), "gate",
		latency_gates(&histogram, q, alpha, json_object_get(expected, "gate")));
}

static json_t *run_clustered_proportion(const json_t *input)
{
	double p = in(input, "p");
	double n_eff = stat_effective_n(p, in(input, "se"), in(input, "n"));
	struct stat_interval interval;
	int status = stat_wilson(p * n_eff, n_eff, in(input, "alpha"), &interval);
	json_t *out = limits(status, interval);

	json_object_set_new(out, "n_eff", vectors_real(n_eff));
	return out;
}

static const struct {
	const char *name;
	json_t *(*run)(const json_t *input);
} functions[] = {
	{"normal_quantile", run_normal_quantile},
	{"wilson", run_wilson},
	{"clopper_pearson", run_clopper_pearson},
	{"rule_of_three", run_rule_of_three},
	{"newcombe", run_newcombe},
	{"newcombe_p", run_newcombe_p},
	{"score_one_sample", run_score_one_sample},
	{"welch", run_welch},
	{"paired_mean", run_paired_mean},
	{"se_from_ci", run_se_from_ci},
	{"mcnemar_exact", run_mcnemar_exact},
	{"tango", run_tango},
	{"tango_ci", run_tango_ci},
	{"holm", run_holm},
	{"min_n_proportion", run_min_n_proportion},
	{"min_n_mean", run_min_n_mean},
	{"min_n_paired", run_min_n_paired},
	{"min_n_mcnemar", run_min_n_mcnemar},
	{"min_n_zero_events", run_min_n_zero_events},
	{"min_n_k_events", run_min_n_k_events},
	{"quantile_ranks", run_quantile_ranks},
	{"clustered_proportion", run_clustered_proportion},
};

void vectors_gate_functions(struct vectors *run, const json_t *cases)
{
	const json_t *test;
	size_t i;

	json_array_foreach(cases, i, test)
	{
		const char *id = vectors_string(test, "id");
		const char *name = vectors_string(test, "fn");
		const json_t *input = json_object_get(test, "in");
		const json_t *expected = json_object_get(test, "out");
		json_t *computed = NULL;
		char note[NOTE_MAX];

		if (!name || !json_is_object(input)) {
			vectors_unreadable(run, id, "needs fn and in");
			continue;
		}
		lacking = NULL;
		if (strcmp(name, "p95_histogram") == 0)
			computed = run_p95_histogram(input, expected);
		for (size_t j = 0; j < sizeof functions / sizeof functions[0]; j++) {
			if (strcmp(functions[j].name, name) == 0)
				computed = functions[j].run(input);
		}
		if (!computed) {
			snprintf(note, sizeof(note), "no function %s, or its input cannot be read",
				name);
			vectors_unreadable(run, id, note);
			continue;
		}
		if (lacking) {
			snprintf(note, sizeof(note), "`in` has no %s", lacking);
			run->note = note;
		}
		vectors_case(run, id, expected, computed);
		run->note = NULL;
	}
}
