/* SPDX-License-Identifier: Apache-2.0
 *
 * Draws that come out the same for the same seed: for simulations and tests, never for names or
 * secrets (base/id.h). A value type; not shared between threads.
 */
#ifndef BASE_PRNG_H
#define BASE_PRNG_H

#include <stdbool.h>
#include <stdint.h>

/* xoshiro256++ */
struct prng {
	uint64_t s[4];
};

/* Equal seed and stream, equal draws; streams of one seed have nothing to do with each other. */
void prng_seed(struct prng *g, uint64_t seed, uint64_t stream);

uint64_t prng_next(struct prng *g);
/* [0, 1) */
double prng_uniform(struct prng *g);
/* 0 .. below - 1, without bias; below > 0. */
int64_t prng_below(struct prng *g, int64_t below);
static inline int64_t prng_range(struct prng *g, int64_t from, int64_t to) /* both may come */
{
	return from + prng_below(g, to - from + 1);
}
static inline bool prng_chance(struct prng *g, double p)
{
	return prng_uniform(g) < p;
}
double prng_normal(struct prng *g);
/* With mean 1. */
double prng_exponential(struct prng *g);
/* How many of n come true, each with probability p: drawn one by one where few are expected on either
 * side, by the normal approximation where many are. */
int64_t prng_binomial(struct prng *g, int64_t n, double p);

#endif
