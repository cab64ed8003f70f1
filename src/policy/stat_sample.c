/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How many samples a decision needs. Owns the searches for a smallest n, which are by bisection of
 * a monotone condition and therefore take at most 53 steps.
 */
#include "policy/stat.h"

#include <math.h>

static int rate_ok(double p)
{
	return p >= 0.0 && p <= 1.0;
}

static int risks_ok(double alpha, double beta)
{
	return alpha > 0.0 && alpha < 1.0 && beta > 0.0 && beta < 1.0;
}

/* The least whole number of samples at or above n; -1 when it is beyond counting. */
static int64_t whole(double n)
{
	double up = ceil(n);

	if (!(up <= (double)STAT_COUNT_MAX))
		return -1;
	return up < 1.0 ? 1 : (int64_t)up;
}

/* (z_alpha + z_beta)^2 variance / effect^2, the common form of what follows. */
static int64_t by_variance(double variance, double effect, double alpha, double beta)
{
	if (!risks_ok(alpha, beta) || !(variance >= 0.0) || !(effect > 0.0))
		return -1;
	double z = stat_normal_quantile(1.0 - alpha) + stat_normal_quantile(1.0 - beta);

	return z > 0.0 ? whole(z * z * variance / (effect * effect)) : -1;
}

int64_t stat_min_n_proportion(double pc, double pb, double delta, double alpha, double beta)
{
	if (!rate_ok(pc) || !rate_ok(pb))
		return -1;
	return by_variance(pc * (1.0 - pc) + pb * (1.0 - pb), pc - pb + delta, alpha, beta);
}

int64_t stat_min_n_mean(double sd, double gain, double delta, double alpha, double beta)
{
	return by_variance(2.0 * sd * sd, gain + delta, alpha, beta);
}

int64_t stat_min_n_paired(double sd_diff, double gain, double delta, double alpha, double beta)
{
	return by_variance(sd_diff * sd_diff, gain + delta, alpha, beta);
}

int64_t stat_min_n_mcnemar(double psi, double gain, double alpha, double beta)
{
	if (!risks_ok(alpha, beta) || !rate_ok(psi) || !(gain > 0.0 && gain <= psi))
		return -1;
	double z = stat_normal_quantile(1.0 - alpha) * sqrt(psi) +
		   stat_normal_quantile(1.0 - beta) * sqrt(psi - gain * gain);

	return z > 0.0 ? whole(z * z / (gain * gain)) : -1;
}

int64_t stat_min_n_score(double p, double p0, double alpha, double beta)
{
	if (!risks_ok(alpha, beta) || !rate_ok(p) || !rate_ok(p0) || p == p0)
		return -1;
	double z = stat_normal_quantile(1.0 - alpha) * sqrt(p0 * (1.0 - p0)) +
		   stat_normal_quantile(1.0 - beta) * sqrt(p * (1.0 - p));

	return z >= 0.0 ? whole(z * z / ((p - p0) * (p - p0))) : -1;
}

int64_t stat_min_n_zero_events(double pmax, double alpha)
{
	if (!(pmax > 0.0 && pmax <= 1.0) || !(alpha > 0.0 && alpha < 1.0))
		return -1;
	return whole(log(alpha) / log1p(-pmax));
}

int64_t stat_min_n_k_events(int64_t k, double pmax, double alpha)
{
	if (k < 0 || k >= STAT_COUNT_MAX || !(pmax > 0.0 && pmax <= 1.0) ||
		!(alpha > 0.0 && alpha < 1.0))
		return -1;
	if (k == 0)
		return stat_min_n_zero_events(pmax, alpha);
	/* With k events in n samples the upper limit is at most pmax just when P(X <= k) <= alpha. */
	int64_t short_of = k;
	int64_t enough = STAT_COUNT_MAX;

	if (stat_binomial_at_most(k, enough, pmax) > alpha)
		return -1;
	while (enough - short_of > 1) {
		int64_t middle = short_of + (enough - short_of) / 2;

		if (stat_binomial_at_most(k, middle, pmax) <= alpha)
			enough = middle;
		else
			short_of = middle;
	}
	return enough;
}
