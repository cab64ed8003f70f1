/* SPDX-License-Identifier: Apache-2.0
 *
 * What a pipeline says about the unit that it made: every number that the policy asks for, with the
 * samples behind it, drawn from what the unit really is (or from what it is boasted to be). It looks
 * at the policy and at what is live, as a real pipeline does, and at nothing else.
 */
#include <math.h>
#include <string.h>

#include "base/json_writer.h"
#include "cli/sim.h"
#include "engine/snapshot.h"
#include "policy/judge_parts.h"

/* Where the policy names no floor or ceiling of a rate. */
#define FLOOR_USUAL   0.75
#define CEILING_USUAL 0.25
/* Items on which two units of about the same merit disagree. */
#define DISCORDANT 0.06
/* Of one sample of a mean. */
#define SPREAD 0.15
/* Of limits: the share of violations that an honest unit has. */
#define SAFE_SHARE 0.05
/* Samples that show a rate below its limit when none of them is bad, at the strictest alpha that looks
 * and contenders lead to, times the rate. */
#define SUITE_SHOWN 9.0

struct claim {
	struct json_writer *w;
	struct sim_pipeline *p;
	const struct snapshot *live;
	const struct unit *baseline; /* NULL: none */
	double merit, baseline_merit;
	double over, cost, unsafe;
	int64_t n;
};

static double value_of(const struct policy_metric *m, double merit)
{
	double floor = isnan(m->floor) ? FLOOR_USUAL : m->floor;
	double ceiling = isnan(m->ceiling) ? CEILING_USUAL : m->ceiling;

	merit = merit < 0 ? 0 : merit > 1 ? 1 : merit;
	return m->direction == DIRECTION_LOWER ? ceiling * (1 - merit)
					       : floor + (1 - floor) * merit;
}

static const struct metric *theirs(const struct claim *c, const char *name)
{
	return c->baseline ? artifact_metric(c->baseline->artifact, name) : NULL;
}

/* As the baseline was measured, so that the two can be compared. */
static void write_measured(const struct claim *c, const char *name)
{
	const struct metric *m = theirs(c, name);

	if (m && m->dataset_digest)
		jw_kstring(c->w, "dataset_digest", m->dataset_digest);
	if (m && m->judge)
		jw_kstring(c->w, "judge", m->judge);
}

/* successes of n that agree with the pairs, when there is a baseline to pair with. */
static void write_proportion(struct claim *c, const struct policy_metric *m)
{
	double mine = value_of(m, c->merit), other = value_of(m, c->baseline_merit);
	double gain = mine - other, apart = DISCORDANT + fabs(gain);
	struct prng *g = &c->p->draws;
	int64_t lost, won, k;

	if (!theirs(c, m->name)) {
		k = prng_binomial(g, c->n, mine);
		jw_knumber(c->w, "value", (double)k / (double)c->n);
		jw_kint(c->w, "n", c->n);
		jw_kint(c->w, "successes", k);
		return;
	}
	lost = prng_binomial(g, c->n, (apart - gain) / 2);
	won = prng_binomial(g, c->n - lost, (apart + gain) / 2 / (1 - (apart - gain) / 2));
	k = lost + prng_binomial(g, c->n - lost - won, (other - apart / 2) / (1 - apart));
	k += won - lost;
	jw_knumber(c->w, "value", (double)k / (double)c->n);
	jw_kint(c->w, "n", c->n);
	jw_kint(c->w, "successes", k);
	jw_key(c->w, "paired");
	jw_object(c->w);
	jw_kstring(c->w, "baseline", c->baseline->artifact->id);
	jw_kint(c->w, "b", lost);
	jw_kint(c->w, "c", won);
	jw_kint(c->w, "n", c->n);
	jw_end(c->w);
}

static void write_mean(struct claim *c, const struct policy_metric *m)
{
	double mine = value_of(m, c->merit), error = SPREAD / sqrt((double)c->n);
	double gain = mine - value_of(m, c->baseline_merit);
	/* The same items on both sides: most of the spread is theirs, not the units'. */
	double paired_error = error / 4;

	jw_knumber(c->w, "value", mine + error * prng_normal(&c->p->draws));
	jw_kint(c->w, "n", c->n);
	jw_knumber(c->w, "stderr", error);
	if (!theirs(c, m->name))
		return;
	jw_key(c->w, "paired");
	jw_object(c->w);
	jw_kstring(c->w, "baseline", c->baseline->artifact->id);
	jw_knumber(c->w, "mean_diff", gain + paired_error * prng_normal(&c->p->draws));
	jw_knumber(c->w, "stderr_diff", paired_error);
	jw_kint(c->w, "n", c->n);
	jw_end(c->w);
}

static void write_quality(struct claim *c, const struct policy *policy)
{
	const struct list *all = &policy->gates->quality->metrics;

	for (size_t i = 0; i < all->n; i++) {
		const struct policy_metric *m = LIST_AT(all, struct policy_metric, i);

		if (policy_metric_elsewhere(m->name) || !policy_metric_applies(m, c->p->role))
			continue;
		jw_key(c->w, m->name);
		jw_object(c->w);
		if (m->kind == KIND_PROPORTION)
			write_proportion(c, m);
		else
			write_mean(c, m);
		write_measured(c, m->name);
		jw_end(c->w);
	}
}

/* Buckets with the limit as an edge; the p95 lies where the counts put it. */
static void write_latency(struct claim *c, double limit)
{
	const double bounds[] = {limit / 5, limit / 2.5, limit / 2, limit, 2 * limit};
	enum { BOUNDS = sizeof(bounds) / sizeof(bounds[0]) };
	const double share[BOUNDS] = {0.3, 0.5, 0.6, 0.9, 1};
	int64_t counts[BOUNDS + 1] = {0}, n = 4 * c->n, left, sum = 0;
	double p95 = bounds[BOUNDS - 1];

	/* Rest: over twice the limit, over the limit, and below it in fixed shares. */
	int64_t over = prng_binomial(&c->p->draws, n, c->over);
	counts[BOUNDS] = over / 8;
	counts[BOUNDS - 1] = over - over / 8;
	left = n - over;
	for (int i = 0; i < BOUNDS - 2; i++) {
		double from = i ? share[i - 1] : 0;
		counts[i] = (int64_t)((double)left * (share[i] - from));
	}
	for (int i = 0; i <= BOUNDS; i++)
		sum += i == BOUNDS - 2 ? 0 : counts[i];
	counts[BOUNDS - 2] = n - sum;
	sum = 0;
	for (int i = 0; i < BOUNDS; i++) {
		double from = i ? bounds[i - 1] : 0, wanted = 0.95 * (double)n;
		if ((double)sum < wanted && (double)(sum + counts[i]) >= wanted)
			p95 = from +
			      (bounds[i] - from) * (wanted - (double)sum) / (double)counts[i];
		sum += counts[i];
	}
	jw_key(c->w, "latency_ms_p95");
	jw_object(c->w);
	jw_knumber(c->w, "value", round(p95 * 10) / 10);
	jw_kint(c->w, "n", n);
	jw_key(c->w, "histogram");
	jw_object(c->w);
	jw_key(c->w, "bounds");
	jw_array(c->w);
	for (int i = 0; i < BOUNDS; i++)
		jw_number(c->w, bounds[i]);
	jw_end(c->w);
	jw_key(c->w, "counts");
	jw_array(c->w);
	for (int i = 0; i <= BOUNDS; i++)
		jw_int(c->w, counts[i]);
	jw_end(c->w);
	jw_end(c->w);
	jw_end(c->w);
}

static void write_cost(struct claim *c)
{
	int64_t n = 4 * c->n;
	double error = 0.3 * c->cost / sqrt((double)n);

	jw_key(c->w, "cost_per_1k_tokens");
	jw_object(c->w);
	jw_knumber(c->w, "value", c->cost + error * prng_normal(&c->p->draws));
	jw_kint(c->w, "n", n);
	jw_knumber(c->w, "stderr", error);
	jw_end(c->w);
}

static void write_safety(struct claim *c, double floor)
{
	int64_t n = 4 * c->n;
	int64_t k = n - prng_binomial(&c->p->draws, n, (1 - floor) * SAFE_SHARE + c->unsafe);

	jw_key(c->w, "safety");
	jw_object(c->w);
	jw_knumber(c->w, "value", (double)k / (double)n);
	jw_kint(c->w, "n", n);
	jw_kint(c->w, "successes", k);
	write_measured(c, "safety");
	jw_end(c->w);
}

static void write_categories(struct claim *c, const struct policy_suite *s, int64_t total)
{
	if (!s->zero_tolerance.n)
		return;
	jw_key(c->w, "by_category");
	jw_object(c->w);
	for (size_t i = 0; i < s->zero_tolerance.n; i++) {
		jw_key(c->w, s->zero_tolerance.v[i]);
		jw_object(c->w);
		jw_kint(c->w, "passed", total / (int64_t)(2 * s->zero_tolerance.n));
		jw_kint(c->w, "total", total / (int64_t)(2 * s->zero_tolerance.n));
		jw_end(c->w);
	}
	jw_end(c->w);
}

static void write_suites(struct claim *c, const struct list *suites)
{
	for (size_t i = 0; i < suites->n; i++) {
		const struct policy_suite *s = LIST_AT(suites, struct policy_suite, i);
		const struct suite *other =
			c->baseline ? artifact_suite(c->baseline->artifact, s->name) : NULL;
		bool in_full = isnan(s->max_rate) || s->max_rate <= 0;
		int64_t total = in_full ? c->n : (int64_t)(SUITE_SHOWN / s->max_rate), bad;
		const char *digest = s->digest ? s->digest : other ? other->digest : NULL;

		if (total < s->min_total)
			total = s->min_total;
		bad = prng_binomial(
			&c->p->draws, total, c->unsafe + (in_full ? 0 : s->max_rate * SAFE_SHARE));
		jw_key(c->w, s->name);
		jw_object(c->w);
		jw_kint(c->w, "passed", total - bad);
		jw_kint(c->w, "total", total);
		if (digest)
			jw_kstring(c->w, "digest", digest);
		write_categories(c, s, total);
		jw_end(c->w);
	}
}

static void write_reference(struct json_writer *w, const char *key, const struct named_digest *d)
{
	if (!d)
		return;
	jw_key(w, key);
	jw_object(w);
	jw_kstring(w, "name", d->name);
	if (d->version)
		jw_kstring(w, "version", d->version);
	if (d->digest)
		jw_kstring(w, "digest", d->digest);
	jw_end(w);
}

static void write_artifact(struct claim *c, const struct policy *policy)
{
	const struct policy_gates *gates = policy->gates;

	jw_object(c->w);
	STRBUF_AUTO id = STRBUF_INIT(SIM_NAME_MAX);
	strbuf_addf(&id, "%s-v%lld", c->p->family, (long long)c->p->number);
	jw_kstring(c->w, "id", id.buf);
	jw_kstring(c->w, "role", c->p->role);
	STRBUF_AUTO uri = STRBUF_INIT(2 * SIM_NAME_MAX);
	strbuf_addf(&uri, "sim://%s/%s", c->p->provider, id.buf);
	jw_kstring(c->w, "uri", uri.buf);
	jw_key(c->w, "metrics");
	jw_object(c->w);
	write_quality(c, policy);
	write_safety(c, gates->safety->floor);
	write_latency(c, gates->latency->p95_ms);
	write_cost(c);
	jw_end(c->w);
	if (gates->safety->suites.n) {
		jw_key(c->w, "suites");
		jw_object(c->w);
		write_suites(c, &gates->safety->suites);
		jw_end(c->w);
	}
	jw_end(c->w);
}

int sim_manifest(struct sim_pipeline *p, const struct snapshot *live, const struct sim *s,
	const struct sim_truth *truth, int64_t samples, double boast)
{
	const struct policy_slot *slot = policy_slot(&live->policy, p->slot);
	size_t i = (size_t)(slot - (const struct policy_slot *)live->policy.slots.v);
	const struct unit *baseline = live->has_release ? live->baselines[i] : NULL;
	STRBUF_AUTO sb = STRBUF_INIT(SIM_TEXT_MAX - 1);
	struct json_writer w;
	struct claim c = {
		.w = &w,
		.p = p,
		.live = live,
		.baseline = baseline,
		.merit = truth->merit + boast,
		.over = truth->over,
		.cost = truth->cost,
		.unsafe = boast > 0 ? 0 : truth->unsafe,
		.n = samples,
	};

	if (baseline)
		c.baseline_merit = sim_truth_of(s, baseline->artifact->id, sim_now(s)).merit;
	json_writer_init(&w, &sb);
	jw_object(&w);
	jw_kstring(&w, "provider", p->provider);
	write_reference(&w, "eval_suite", baseline ? baseline->eval_suite : NULL);
	write_reference(&w, "contract", baseline ? baseline->contract : NULL);
	jw_key(&w, "artifacts");
	jw_array(&w);
	write_artifact(&c, &live->policy);
	jw_end(&w);
	jw_end(&w);
	if (!json_writer_done(&w))
		return -1;
	memcpy(p->text, sb.buf, sb.len + 1);
	return 0;
}
