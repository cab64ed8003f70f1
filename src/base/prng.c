/* SPDX-License-Identifier: Apache-2.0
 *
 * xoshiro256++ by Blackman and Vigna, seeded by splitmix64: small, fast, and the same everywhere.
 */
#include "base/prng.h"

#include <assert.h>
#include <math.h>

/* Expected successes (or failures) from which the normal approximation does. */
#define MANY 200.0

static uint64_t rotate(uint64_t x, int k)
{
	return x << k | x >> (64 - k);
}

static uint64_t mix(uint64_t z)
{
	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

void prng_seed(struct prng *g, uint64_t seed, uint64_t stream)
{
	uint64_t x = seed + mix(stream);

	for (int i = 0; i < 4; i++)
		g->s[i] = mix(x += UINT64_C(0x9e3779b97f4a7c15));
}

uint64_t prng_next(struct prng *g)
{
	uint64_t result = rotate(g->s[0] + g->s[3], 23) + g->s[0];
	uint64_t t = g->s[1] << 17;

	g->s[2] ^= g->s[0];
	g->s[3] ^= g->s[1];
	g->s[1] ^= g->s[2];
	g->s[0] ^= g->s[3];
	g->s[2] ^= t;
	g->s[3] = rotate(g->s[3], 45);
	return result;
}

double prng_uniform(struct prng *g)
{
	return (double)(prng_next(g) >> 11) * 0x1p-53;
}

int64_t prng_below(struct prng *g, int64_t below)
{
	assert(below > 0);
	uint64_t n = (uint64_t)below, rest = -n % n, x;

	do
		x = prng_next(g);
	while (x < rest);
	return (int64_t)(x % n);
}

double prng_exponential(struct prng *g)
{
	return -log1p(-prng_uniform(g));
}

double prng_normal(struct prng *g)
{
	double r = sqrt(2 * prng_exponential(g));

	return r * cos(2 * M_PI * prng_uniform(g));
}

/* From one success to the next: a geometric number of failures lies between. */
static int64_t count_few(struct prng *g, int64_t n, double p)
{
	double each = -log1p(-p), at = 0;
	int64_t k = 0;

	for (;;) {
		at += floor(prng_exponential(g) / each) + 1;
		if (at > (double)n)
			return k;
		k++;
	}
}

int64_t prng_binomial(struct prng *g, int64_t n, double p)
{
	double mean = (double)n * p, x;

	if (n <= 0 || p <= 0)
		return 0;
	if (p >= 1)
		return n;
	if (p > 0.5)
		return n - prng_binomial(g, n, 1 - p);
	if (mean < MANY)
		return count_few(g, n, p);
	x = round(mean + prng_normal(g) * sqrt(mean * (1 - p)));
	return x < 0 ? 0 : x > (double)n ? n : (int64_t)x;
}
