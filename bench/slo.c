/* SPDX-License-Identifier: Apache-2.0
 *
 * How often the built-in policy would roll a healthy service back: 1,000 requests a minute in a daily
 * rhythm, every bad rate at half of its budget, each request drawn by itself, a new release every
 * week, an evaluation every eval_s. Once for each share of the answers that is checked for safety.
 * Prints the table of docs/slo.md; exits 1 when there were more than 10 rollbacks in 100 years.
 *	slo [YEARS [SEED [GUARD]]]      GUARD: guard_alpha of safety_rate, the policy's when absent
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/prng.h"
#include "model/policy.h"
#include "policy/slo.h"
#include "policy/stat.h"

enum {
	MINUTES_DAY = 1440,
	MINUTES_WEEK = 7 * MINUTES_DAY,
	MINUTES_YEAR = 525960,
	REQUESTS = 1000, /* a minute, by the mean */
	ROUND_TO = 10,	 /* requests of a minute come in tens, so that few tables do */
	TOKENS = 500,	 /* a request */
	MOST = 2000,	 /* requests of a minute */
	GUIDE = 512,
	LEVELS_MAX = 32,
};
#define SWING	0.8		    /* of the mean, between night and day */
#define PER_100 10		    /* rollbacks that are allowed in so many years */
#define BEGIN	INT64_C(1767225600) /* a Monday's midnight is as good as any */

/* ---- Draws from a binomial distribution, exactly, by inversion ---- */

struct table {
	int64_t n;
	double p, *cdf;
	size_t len, guide[GUIDE];
};
enum rate { ERRORS, SLOW, UNSAFE, RATES };
static struct table tables[RATES][MOST + 1];

static const struct table *table_of(int64_t n, enum rate rate, double p)
{
	struct table *t = &tables[rate][n];
	double mean = (double)n * p, sd = sqrt(mean) + 1, sum = 0;
	double log_p = log(p), log_q = log1p(-p);

	if (t->cdf)
		return t;
	*t = (struct table){.n = n, .p = p, .len = (size_t)(mean + 12 * sd) + 12};
	if ((int64_t)t->len > n + 1)
		t->len = (size_t)n + 1;
	t->cdf = xcalloc(t->len, sizeof(double));
	for (size_t k = 0; k < t->len; k++) {
		double x = (double)k, m = (double)n;

		sum += exp(lgamma(m + 1) - lgamma(x + 1) - lgamma(m - x + 1) + x * log_p +
			   (m - x) * log_q);
		t->cdf[k] = sum;
	}
	for (size_t g = 0, k = 0; g < GUIDE; g++) {
		while (k + 1 < t->len && t->cdf[k] < (double)g / GUIDE)
			k++;
		t->guide[g] = k;
	}
	return t;
}

static int64_t draw(struct prng *g, int64_t n, enum rate rate, double p)
{
	const struct table *t;
	double u = prng_uniform(g);
	size_t k;

	if (n == 0 || p <= 0)
		return 0;
	t = table_of(n, rate, p);
	k = t->guide[(size_t)(u * GUIDE)];
	while (k + 1 < t->len && t->cdf[k] < u)
		k++;
	return (int64_t)k;
}

/* ---- A year of it ---- */

struct tally {
	int64_t rollbacks[LEVELS_MAX], warnings[LEVELS_MAX], activations;
};

struct service {
	const struct burn_rules *rules;
	struct prng prng;
	double checked;			   /* share of answers */
	double errors, slow, unsafe, cost; /* half of each budget; cost: micro-units a token */
};

static double half_budget(const struct burn_rules *r, const char *name)
{
	for (size_t i = 0; i < r->slos.n; i++) {
		const struct burn_slo *s = LIST_AT(&r->slos, struct burn_slo, i);

		if (strcmp(s->name, name) == 0)
			return s->kind == BURN_VALUE ? (double)s->limit_micro_per_1k / 1000 / 2
						     : (double)s->budget_ppm / 1e6 / 2;
	}
	return 0;
}

static struct observation minute_of(struct service *v, int64_t minute)
{
	double day = 2 * M_PI * (double)(minute % MINUTES_DAY) / MINUTES_DAY;
	int64_t n = llround(REQUESTS * (1 - SWING * cos(day)) / ROUND_TO) * ROUND_TO;
	struct observation o = {.total = n, .tokens = n * TOKENS};

	o.errors = draw(&v->prng, n, ERRORS, v->errors);
	o.slow = draw(&v->prng, n, SLOW, v->slow);
	o.safety_checked = llround((double)n * v->checked);
	o.safety_violations = draw(&v->prng, o.safety_checked, UNSAFE, v->unsafe);
	o.cost_micro = llround((double)o.tokens * v->cost * (0.5 + prng_uniform(&v->prng)));
	return o;
}

/* Looks at what fires; true: it would have been rolled back. */
static bool count(const struct slo_watch *w, struct tally *t)
{
	size_t n, first;
	const struct burnrate_status *all = slo_watch_statuses(w, &n);

	for (size_t i = 0; i < n; i++)
		if (all[i].first && all[i].rule->action == BURN_WARN)
			t->warnings[all[i].slo_index]++;
	if (!rollback_signal_of(all, n, &first).firing)
		return false;
	t->rollbacks[all[first].slo_index]++;
	return true;
}

static void run(struct service *v, int64_t minutes, struct tally *t)
{
	SLO_WATCH_AUTO w = NULL;

	for (int64_t m = 0; m < minutes; m++) {
		int64_t now = (BEGIN + 60 * m) * USEC_PER_SEC;
		bool again = m % MINUTES_WEEK == 0;

		for (int64_t s = 0; s < 60 && w; s += v->rules->eval_s) {
			slo_watch_look(w, now + s * USEC_PER_SEC);
			again = count(w, t) || again;
		}
		if (again || !w) {
			struct err err = {0};

			slo_watch_free(w);
			w = slo_watch_new(v->rules, now, &err);
			if (!w) {
				fprintf(stderr, "%s\n", err.msg);
				exit(1);
			}
			t->activations++;
		}
		struct observation o = minute_of(v, m);

		slo_watch_add(w, now + 60 * USEC_PER_SEC, now + 60 * USEC_PER_SEC, &o);
	}
}

/* ---- The table ---- */

static void read_policy(struct arena *a, struct policy *ret)
{
	const char *canonical;
	struct faults faults;
	struct err err = {0};

	faults_init(&faults);
	if (policy_parse(embed_policy_json, embed_policy_json_len, a, ret, &canonical, &faults,
		    &err) < 0) {
		fprintf(stderr, "the built-in policy: %s\n",
			faults.n ? faults.list[0].detail : err.msg);
		exit(1);
	}
}

static int64_t row(const struct burn_rules *rules, double checked, int64_t years, uint64_t seed)
{
	struct service v = {.rules = rules,
		.checked = checked,
		.errors = half_budget(rules, "errors"),
		.slow = half_budget(rules, "latency_p95"),
		.unsafe = half_budget(rules, "safety_rate"),
		.cost = half_budget(rules, "cost_per_1k")};
	struct tally t = {0};
	int64_t all = 0;

	prng_seed(&v.prng, seed, (uint64_t)(checked * 1e6));
	run(&v, years * MINUTES_YEAR, &t);
	printf("| %g %% |", checked * 100);
	for (size_t i = 0; i < rules->slos.n; i++) {
		printf(" %lld |", (long long)t.rollbacks[i]);
		all += t.rollbacks[i];
	}
	printf(" %lld |\n", (long long)all);
	fflush(stdout);
	return all;
}

int main(int argc, char **argv)
{
	static const double shares[] = {1, 0.1, 0.01};
	int64_t years = argc > 1 ? strtoll(argv[1], NULL, 10) : 100, worst = 0;
	uint64_t seed = argc > 2 ? strtoull(argv[2], NULL, 10) : 1;
	ARENA_AUTO a = arena_new();
	struct policy p;

	read_policy(a, &p);
	struct burn_rules *rules = &p.rollback->rules;

	for (size_t i = 0; i < rules->slos.n; i++) {
		struct burn_slo *s = LIST_AT(&rules->slos, struct burn_slo, i);

		if (argc > 3 && strcmp(s->name, "safety_rate") == 0)
			s->guard_alpha = strtod(argv[3], NULL);
	}
	printf("False rollbacks in %lld years, seed %llu\n\n| checked |", (long long)years,
		(unsigned long long)seed);
	for (size_t i = 0; i < rules->slos.n; i++)
		printf(" %s |", LIST_AT(&rules->slos, struct burn_slo, i)->name);
	printf(" all |\n|---|");
	for (size_t i = 0; i <= rules->slos.n; i++)
		printf("---|");
	printf("\n");
	for (size_t i = 0; i < sizeof(shares) / sizeof(shares[0]); i++) {
		int64_t n = row(rules, shares[i], years, seed);

		worst = worst < n ? n : worst;
	}
	for (size_t i = 0; i < RATES; i++)
		for (size_t n = 0; n <= MOST; n++)
			free(tables[i][n].cdf);
	return worst * 100 > PER_100 * years;
}
