/* SPDX-License-Identifier: Apache-2.0
 *
 * The operating characteristic of the quality gate: how often it promotes a candidate whose true
 * effect is known, beside two judges that are often used instead. Prints the table of
 * docs/operating-characteristic.md; exits 1 when an equal candidate is promoted more often than alpha
 * plus three standard errors in any cell.
 *	oc [DRAWS [SEED]]
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/jcs.h"
#include "policy/judge.h"

#define BASE_RATE  0.85
#define DISCORDANT 0.10
#define ALPHA	   0.05
/* Kayenta's default: two-sided, 98 %. */
#define MANN_WHITNEY_Z 2.3263478740408408

/* xoshiro256++ by Blackman and Vigna, seeded by splitmix64: small, fast, and the same everywhere. */
static uint64_t state[4];

static uint64_t rotate(uint64_t x, int k)
{
	return x << k | x >> (64 - k);
}

static uint64_t next(void)
{
	uint64_t result = rotate(state[0] + state[3], 23) + state[0];
	uint64_t t = state[1] << 17;

	state[2] ^= state[0];
	state[3] ^= state[1];
	state[1] ^= state[2];
	state[0] ^= state[3];
	state[2] ^= t;
	state[3] = rotate(state[3], 45);
	return result;
}

static void seed(uint64_t x)
{
	for (int i = 0; i < 4; i++) {
		uint64_t z = x += UINT64_C(0x9e3779b97f4a7c15);
		z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
		z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
		state[i] = z ^ z >> 31;
	}
}

static double uniform(void)
{
	return (double)(next() >> 11) * 0x1p-53;
}

/* ---- One draw ---- */

struct draw {
	int64_t n, mine, theirs, b, c;
};

/* Pairs of a given share of disagreement, of which the effect is the balance. */
static void draw_paired(int64_t n, double effect, struct draw *ret)
{
	double lost = (DISCORDANT - effect) / 2, won = (DISCORDANT + effect) / 2;

	*ret = (struct draw){.n = n};
	for (int64_t i = 0; i < n; i++) {
		double u = uniform();
		bool right = u >= DISCORDANT && u < DISCORDANT + BASE_RATE - lost;
		ret->b += u < lost;
		ret->c += u >= lost && u < lost + won;
		ret->mine += right;
		ret->theirs += right;
	}
	ret->mine += ret->c;
	ret->theirs += ret->b;
}

static void draw_unpaired(int64_t n, double effect, struct draw *ret)
{
	*ret = (struct draw){.n = n};
	for (int64_t i = 0; i < n; i++) {
		ret->mine += uniform() < BASE_RATE + effect;
		ret->theirs += uniform() < BASE_RATE;
	}
}

/* ---- The judges ---- */

static struct metric metric_of(int64_t k, int64_t n)
{
	return (struct metric){.name = "task_accuracy",
		.value = (double)k / (double)n,
		.n = n,
		.successes = k,
		.stderr_ = NAN,
		.ci_lo = NAN,
		.ci_hi = NAN,
		.ci_level = NAN,
		.clusters = -1,
		.higher_is_better = -1};
}

static bool by_gate(const struct draw *d, bool paired, const struct policy *policy, struct arena *a)
{
	struct metric_paired pairs = {"s/live-v1", d->b, d->c, NAN, NAN, d->n, -1};
	struct metric m = metric_of(d->mine, d->n), t = metric_of(d->theirs, d->n);
	struct artifact mine = {.id = "s/new-v2", .role = "textgen", .metrics = {&m, 1}};
	struct artifact theirs = {.id = "s/live-v1", .role = "textgen", .metrics = {&t, 1}};
	struct unit candidate = {.provider = "hf", .artifact = &mine};
	struct unit baseline = {.provider = "hf", .artifact = &theirs};
	struct judge_input in = {.candidate = {.unit = &candidate},
		.baseline = {.unit = &baseline},
		.policy = policy};
	struct gate_result r;

	if (paired)
		m.paired = &pairs;
	judge_gate(GATE_QUALITY, &in, a, &r);
	return r.verdict == VERDICT_PASS;
}

/* As canary judges use it on the scores of single items: passes unless the candidate is
 * significantly lower. Normal approximation with the correction for ties. */
static bool by_mann_whitney(const struct draw *d)
{
	double n = (double)d->n, all = 2 * n, ones = (double)(d->mine + d->theirs);
	double zeros = all - ones;
	double ties = (pow(ones, 3) - ones + pow(zeros, 3) - zeros) / (all * (all - 1));
	double sigma = sqrt(n * n / 12 * (all + 1 - ties));
	double u = n * (double)(d->mine - d->theirs) / 2;

	return !(u / sigma < -MANN_WHITNEY_Z);
}

/* ---- The table ---- */

struct rates {
	int64_t gate, one_look, naive, mann_whitney;
};

static struct rates run(int64_t n, double effect, bool paired, int draws,
	const struct policy *policy, const struct policy *one_look, struct arena *a)
{
	struct rates r = {0};
	struct draw d;

	for (int i = 0; i < draws; i++) {
		if (paired)
			draw_paired(n, effect, &d);
		else
			draw_unpaired(n, effect, &d);
		r.gate += by_gate(&d, paired, policy, a);
		r.one_look += by_gate(&d, paired, one_look, a);
		r.naive += d.mine > d.theirs;
		r.mann_whitney += by_mann_whitney(&d);
		arena_reset(a);
	}
	return r;
}

static int load(struct arena *a, struct policy *ret)
{
	struct faults faults;
	struct err err = {0};
	const char *canonical;

	faults_init(&faults);
	return policy_parse(
		embed_policy_json, embed_policy_json_len, a, ret, &canonical, &faults, &err);
}

int main(int argc, char **argv)
{
	static const int64_t sizes[] = {164, 1319, 5000};
	static const double effects[] = {-0.02, 0, 0.02};
	int draws = argc > 1 ? (int)strtol(argv[1], NULL, 10) : 10000;
	uint64_t start = argc > 2 ? strtoull(argv[2], NULL, 10) : 20261124;
	ARENA_AUTO kept = arena_new();
	ARENA_AUTO a = arena_new();
	struct policy policy, one_look;
	struct policy_gates gates;
	double limit = ALPHA + 3 * sqrt(ALPHA * (1 - ALPHA) / draws);
	double worst = 0;

	jcs_setup();
	if (draws < 1 || load(kept, &policy)) {
		fprintf(stderr, "oc: the number of draws has to be positive\n");
		return 2;
	}
	one_look = policy;
	gates = *policy.gates;
	gates.max_looks = 1;
	one_look.gates = &gates;
	printf("Seed %llu, %d draws a cell; baseline %.2f; pairs disagree in %.0f %% of the "
	       "items.\n\n"
	       "| true effect | n | design | our gate | our gate, one look | beats the baseline | "
	       "Mann-Whitney |\n|---:|---:|---|---:|---:|---:|---:|\n",
		(unsigned long long)start, draws, BASE_RATE, 100 * DISCORDANT);
	seed(start);
	for (size_t e = 0; e < 3; e++)
		for (size_t s = 0; s < 3; s++)
			for (int paired = 0; paired < 2; paired++) {
				struct rates r = run(
					sizes[s], effects[e], paired, draws, &policy, &one_look, a);
				double scale = 100.0 / draws;
				printf("| %+.0f pp | %lld | %s | %.2f %% | %.2f %% | %.2f %% | "
				       "%.2f %% "
				       "|\n",
					100 * effects[e], (long long)sizes[s],
					paired ? "paired" : "unpaired", scale * (double)r.gate,
					scale * (double)r.one_look, scale * (double)r.naive,
					scale * (double)r.mann_whitney);
				fflush(stdout);
				if (effects[e] == 0)
					worst = fmax(worst, (double)r.one_look / draws);
			}
	printf("\nZero effect: at most %.2f %% in a cell, allowed are %.2f %%.\n", 100 * worst,
		100 * limit);
	return worst > limit;
}
