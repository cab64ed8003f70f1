/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Statistics for the gates: special functions, intervals, tests and sample sizes. Pure: values in,
 * values out, no I/O, no clock, no allocation, no state, so any thread may call anything, and the
 * same inputs give the same bits wherever doubles are IEEE 754. Every loop has a fixed bound.
 *
 * Conventions. Alpha is one-sided everywhere and lies in (0,1); a two-sided interval has level
 * 1 - 2 alpha. The candidate comes first, a difference d is candidate - baseline, and callers
 * orient it so that better is positive. theta is the hypothesised difference: 0 asks whether the
 * candidate is better, -delta whether it is worse by less than delta. Counts go up to 2^53, beyond
 * which doubles skip integers. What lies outside a function's domain is refused: -1 from those that
 * return int (outputs untouched), NAN from those that return a double.
 *
 * Why the special functions are our own. Debian 12 keeps two C libraries that have them. Compared
 * with 50-digit arithmetic over 257 incomplete beta values, parameters up to 2^52:
 *   GSL 2.7.1      3.2 MB installed, 1.1 MB resident. 12 values off by more than 1e-9, the first at
 *                  a + b = 1.2e7, the worst in the second digit; aborts the process unless told not
 *                  to; binomial counts have 32 bits
 *   Rmath 4.2.2    2.9 MB installed, 0.6 MB resident. Within 8e-11; reports faults with printf
 *   stat_special.c 8 kB. Within 1e-13
 * Only Rmath meets 1e-9 over the whole range, and linking it would put the binaries of an Apache-2.0
 * project under the GPL to save 400 lines. cephes comes only inside Perl and R packages, Boost.Math
 * only for C++.
 */
#ifndef POLICY_STAT_H
#define POLICY_STAT_H

#include <stddef.h>
#include <stdint.h>

#include "model/evidence.h"

/* Largest count accepted: integers above are not all doubles. */
#define STAT_COUNT_MAX (INT64_C(1) << 53)

/* Two-sided interval of level 1 - 2 alpha, in the unit of what was estimated. */
struct stat_interval {
	double lower;
	double upper;
};

/* One arm of binary outcomes; doubles, because clustering makes the effective n fractional. */
struct stat_arm {
	double k; /* successes */
	double n; /* samples, > 0 */
};

/*
 * Both one-sided tests of d against theta. Unless its function says otherwise p_greater + p_less
 * is 1, and each comes from its own tail, so that a tiny one keeps its digits.
 */
struct stat_test {
	double statistic; /* z or t; infinite when the estimate has no spread */
	double p_greater; /* of the hypothesis d <= theta: small shows d > theta */
	double p_less;	  /* of the hypothesis d >= theta: small shows d < theta */
};

/* ---- Special functions (stat_special.c) ---- */

/* P(Z > z) of the standard normal, erfc(z/sqrt 2)/2. */
double stat_normal_upper(double z);

/*
 * z with P(Z <= z) = p; -inf at 0, +inf at 1. Start: Abramowitz & Stegun, Handbook of Mathematical
 * Functions (1964), 26.2.23; then Halley steps on the relative error of the tail.
 */
double stat_normal_quantile(double p);

/* The regularised incomplete beta function at one point, both tails, and its leading factor. */
struct stat_beta {
	double lower; /* I_x(a,b) */
	double upper; /* 1 - I_x(a,b) */
	double lead;  /* x^a (1-x)^b / B(a,b), x(1-x) times the density */
};

/*
 * I_x(a,b) for a, b > 0, x in [0,1] and y = 1 - x, which the caller gives because it often knows it
 * better than subtraction does. Leading factor: Loader, "Fast and accurate computation of binomial
 * probabilities" (2000). Tail: the continued fraction DLMF 8.17.22 while the parameters are
 * moderate, a sum of b terms when b is a small whole number, else Gauss-Legendre quadrature over
 * log-odds, where the integrand is log-concave.
 */
int stat_beta(double a, double b, double x, double y, struct stat_beta *ret_value);

/* P(X <= k) and P(X >= k) for X ~ Bin(n, p); n >= 0, any k. By the beta function, DLMF 8.17.5. */
double stat_binomial_at_most(int64_t k, int64_t n, double p);
double stat_binomial_at_least(int64_t k, int64_t n, double p);

/*
 * P(T > t) of Student's t with df >= 0 degrees of freedom, not necessarily an integer. df = inf is
 * the normal; df = 0, where nothing was learnt about the spread, is the limit 1/2 at any finite t.
 */
double stat_student_upper(double t, double df);

/* t with P(T <= t) = p; infinite for df = 0 unless p = 1/2. Newton's method, log against log. */
double stat_student_quantile(double p, double df);

/*
 * Where f crosses zero between lo and hi, at which its signs differ or one is zero, to the last bit or
 * two: interpolation, with halving where that is not to be trusted. If the signs do not differ, the
 * end nearer to zero. Chandrupatla, Advances in Engineering Software 28 (1997).
 */
double stat_root(
	double (*f)(double x, const void *context), const void *context, double lo, double hi);

/* ---- Intervals (stat_interval.c) ---- */

/* Score interval of a proportion. Wilson, JASA 22 (1927); formula as in Newcombe (1998a), no. 3. */
int stat_wilson(double k, double n, double alpha, struct stat_interval *ret_interval);

/* Exact interval of a proportion. Clopper & Pearson, Biometrika 26 (1934); 0 <= k <= n, n >= 1. */
int stat_clopper_pearson(int64_t k, int64_t n, double alpha, struct stat_interval *ret_interval);

/*
 * Upper limit of a rate after n samples without an event: 1 - alpha^(1/n), and the rule of three,
 * which says 3/n at alpha = 0.05. Hanley & Lippman-Hand, JAMA 249 (1983).
 */
double stat_zero_events_upper(int64_t n, double alpha);
double stat_rule_of_three(int64_t n);

/* Difference of two proportions. Newcombe, Statistics in Medicine 17 (1998b) 873-890, method 10. */
int stat_newcombe(struct stat_arm candidate, struct stat_arm baseline, double alpha,
	struct stat_interval *ret_interval);

/*
 * Samples that independent draws would have needed for the standard error se of a proportion p:
 * min(n, p(1-p)/se^2). Kish, Survey Sampling (1965), section 8.2. n itself when se is NAN or zero
 * or p is 0 or 1: such an se says nothing about clustering.
 */
double stat_effective_n(double p, double se, double n);

/* Standard error behind a two-sided normal interval of that level. */
double stat_stderr_from_interval(double lo, double hi, double level);

/* estimate -+ quantile * se; df = inf for the normal. */
int stat_mean_interval(
	double estimate, double se, double df, double alpha, struct stat_interval *ret_interval);

/*
 * Difference of paired proportions: the theta between which Tango's z stays within the normal
 * quantile. Tango, Statistics in Medicine 17 (1998) 891-908, section 3.
 */
int stat_tango_interval(
	int64_t b, int64_t c, int64_t n, double alpha, struct stat_interval *ret_interval);

/* ---- Tests (stat_test.c) ---- */

/*
 * Newcombe's interval turned into a test: the z at which a limit touches theta. It agrees with
 * stat_newcombe() at every alpha by construction. d = theta gives 1/2.
 */
int stat_newcombe_test(struct stat_arm candidate, struct stat_arm baseline, double theta,
	struct stat_test *ret_test);

/*
 * One proportion against a known one: z = (k/n - p0)/sqrt(p0(1-p0)/n), Wilson's interval inverted.
 * p0 outside (0,1) decides by itself, as no rate lies beyond.
 */
int stat_score_test(struct stat_arm arm, double p0, struct stat_test *ret_test);

/* (estimate - theta)/se against Student's t; se = 0 decides by the sign, and is 1/2 at theta. */
int stat_mean_test(double estimate, double se, double df, double theta, struct stat_test *ret_test);

/* Degrees of freedom of a difference of means with unequal variances. Welch, Biometrika 34 (1947).
 * se are those of the means; n >= 1. */
double stat_welch_df(
	double se_candidate, double n_candidate, double se_baseline, double n_baseline);

struct stat_mcnemar {
	double p_superior; /* P(Bin(b+c, 1/2) >= c) */
	double p_inferior; /* P(Bin(b+c, 1/2) >= b) */
	double p_two_sided;
	double midp_superior; /* p_superior less half of P(Bin = c) */
};

/* Exact test of paired binary outcomes. McNemar, Psychometrika 12 (1947); the mid-p as in Fagerland,
 * Lydersen & Laake, BMC Med. Res. Methodol. 13:91 (2013). No discordant pair at all gives 1. */
int stat_mcnemar(int64_t b, int64_t c, struct stat_mcnemar *ret_test);

/*
 * Score test of a paired difference against theta in [-1,1] with the restricted maximum likelihood
 * estimate in closed form. Tango (1998), section 2.
 */
double stat_tango_statistic(int64_t b, int64_t c, int64_t n, double theta);
int stat_tango_test(int64_t b, int64_t c, int64_t n, double theta, struct stat_test *ret_test);

/*
 * Step-down adjusted p values, in the order given. Holm, Scand. J. Statist. 6 (1979). A NAN counts
 * as 1. Takes n^2 steps: n is the number of metrics of one unit.
 */
void stat_holm(const double *p, size_t n, double *ret_adjusted);

/* ---- Sample sizes (stat_sample.c): -1 when no n does it or an argument is out of its domain ---- */

/*
 * Per arm, to show pc - pb > -delta with power 1 - beta when pc and pb are the true rates; delta =
 * 0 for superiority. Unpooled variance. Chow, Shao & Wang, Sample Size Calculations (2008), 4.2.
 */
int64_t stat_min_n_proportion(double pc, double pb, double delta, double alpha, double beta);

/* Per arm, means with a common standard deviation; gain is the true difference. Ibid., 3.2. */
int64_t stat_min_n_mean(double sd, double gain, double delta, double alpha, double beta);

/* Pairs, with the standard deviation of the differences. Ibid., 3.1. */
int64_t stat_min_n_paired(double sd_diff, double gain, double delta, double alpha, double beta);

/* Pairs for McNemar's test: psi = share of discordant pairs. Connor, Biometrics 43 (1987). */
int64_t stat_min_n_mcnemar(double psi, double gain, double alpha, double beta);

/* Samples to show p > p0 (or p < p0) when p is the true rate, p0 being known without error. */
int64_t stat_min_n_score(double p, double p0, double alpha, double beta);

/* Samples without an event that show a rate of at most pmax: ceil(ln alpha / ln(1 - pmax)). */
int64_t stat_min_n_zero_events(double pmax, double alpha);

/* The least n at which k events still show it: Clopper-Pearson upper(k, n) <= pmax. */
int64_t stat_min_n_k_events(int64_t k, double pmax, double alpha);

/* ---- Quantiles (stat_quantile.c) ---- */

/* Ranks (1-based) of the order statistics that bound a quantile, each with confidence 1 - alpha;
 * 0 when there is none. David & Nagaraja, Order Statistics (2003), 7.1. */
struct stat_ranks {
	int64_t lower; /* greatest s with P(Bin(n,q) <= s-1) <= alpha */
	int64_t upper; /* least r with P(Bin(n,q) <= r-1) >= 1-alpha */
};
int stat_quantile_ranks(int64_t n, double q, double alpha, struct stat_ranks *ret_ranks);

/* Samples in the histogram; -1 when it breaks the rules of struct metric_histogram or is empty. */
int64_t stat_histogram_total(const struct metric_histogram *histogram);

/* Samples above the threshold; -1 also when the threshold is not one of the bounds. */
int64_t stat_histogram_over(const struct metric_histogram *histogram, double threshold);

/*
 * The point Prometheus would show: linear within the bucket that holds rank q*total, the first
 * bucket starting at 0, the highest bound for what lies above. For display, never for a verdict.
 */
double stat_histogram_point(const struct metric_histogram *histogram, double q);

/*
 * Bounds of the quantile as far as buckets tell: the lower edge of the bucket with the lower rank,
 * the upper edge of the one with the upper rank. NAN where there is no rank or no edge.
 */
int stat_histogram_quantile(const struct metric_histogram *histogram, double q, double alpha,
	struct stat_interval *ret_bounds);

#endif /* POLICY_STAT_H */
