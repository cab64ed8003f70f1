/* SPDX-License-Identifier: Apache-2.0
 *
 * The pipelines: which units they make and when, how good these really are, and what they say. Each
 * has a manner for some weeks, then another. They hand in their manifests as any client does and
 * know only the answer.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/sim.h"
#include "engine/snapshot.h"
#include "model/format.h"

const char *const sim_manner_names[SIM_MANNERS] = {
	"improving", "drifting", "noisy", "lying", "silent"};

/* How often, of 100 spells. */
static const int manner_share[SIM_MANNERS] = {46, 16, 18, 10, 10};

enum { SPELL_WEEKS_MIN = 2, SPELL_WEEKS_MAX = 8, SAMPLES = 3000, SAMPLES_NOISY = 250 };
/* A pipeline takes back what it has left behind, but for its newest units. What was live then, once no
 * way back can lead to it any more. */
enum { KEPT_UNITS = 4, KEPT_WEEKS = 5 };

/* Of the merit: where a pipeline starts, what it can reach, and what a unit loses in a week while the
 * world moves on. */
#define MERIT_START 0.55
#define MERIT_MAX   0.92
#define MERIT_DECAY 0.045
#define DECAY_MAX   0.35
#define BOAST	    0.12
/* Over the latency limit, where 0.05 is allowed. */
#define OVER_START 0.012
/* Of the ceiling. */
#define COST_START 0.5

static void new_manner(struct sim_pipeline *p, int64_t now)
{
	int64_t draw = prng_below(&p->draws, 100), sum = 0;

	for (int m = 0; m < SIM_MANNERS; m++) {
		sum += manner_share[m];
		if (draw < sum) {
			p->manner = (enum sim_manner)m;
			break;
		}
	}
	p->manner_until = now + prng_range(&p->draws, SPELL_WEEKS_MIN, SPELL_WEEKS_MAX) * SIM_WEEK;
}

static int64_t next_delivery(struct sim_pipeline *p, int64_t now)
{
	return now + prng_range(&p->draws, 48, 140) * SIM_HOUR +
	       prng_below(&p->draws, 3600) * USEC_PER_SEC;
}

/* The family goes on from the live unit's, so that numbers rise. */
static int set_family(struct sim_pipeline *p, const char *slot, const char *live, struct err *err)
{
	ARENA_AUTO a = arena_new();
	struct artifact_name name;

	if (!live) {
		snprintf(p->family, sizeof(p->family), "sim/%s", slot);
		return 0;
	}
	if (artifact_name_parse(live, a, &name) < 0)
		return err_set(err, ERR_INTERNAL, "%s is no name of an artifact", live);
	snprintf(p->family, sizeof(p->family), "%s/%s", name.ns, name.family);
	p->number = name.number;
	return 0;
}

/* The lowest merit with which the live unit's first success metric would come about. */
static double merit_of(const struct policy *policy, const struct unit *u)
{
	const struct list *all = &policy->gates->quality->metrics;

	for (size_t i = 0; i < all->n; i++) {
		const struct policy_metric *m = LIST_AT(all, struct policy_metric, i);
		const struct metric *got = artifact_metric(u->artifact, m->name);

		if (got && m->role == METRIC_SUCCESS && m->direction == DIRECTION_HIGHER &&
			!isnan(m->floor) && m->floor < 1)
			return fmin(MERIT_MAX, fmax(0, (got->value - m->floor) / (1 - m->floor)));
	}
	return MERIT_START;
}

void sim_choose_sources(struct sim *s, const struct policy *p)
{
	if (!p->cadence->ingest)
		return;
	for (size_t i = 1; i < p->providers.n && s->n_sources < SIM_SOURCES_MAX; i += 2)
		snprintf(s->sources[s->n_sources++], sizeof(s->sources[0]), "%s",
			LIST_AT(&p->providers, struct policy_provider, i)->name);
}

static int add_pipeline(struct sim *s, const struct snapshot *now, size_t slot, struct err *err)
{
	const struct policy_slot *from = LIST_AT(&now->policy.slots, struct policy_slot, slot);
	const struct unit *live = now->has_release ? now->baselines[slot] : NULL;
	struct sim_pipeline *p = &s->pipelines[s->n_pipelines++];
	const struct metric *cost =
		live ? artifact_metric(live->artifact, "cost_per_1k_tokens") : NULL;

	snprintf(p->slot, sizeof(p->slot), "%s", from->name);
	snprintf(p->provider, sizeof(p->provider), "%s", from->provider);
	snprintf(p->role, sizeof(p->role), "%s", from->role);
	prng_seed(&p->draws, s->options.seed, 100 + slot);
	p->merit = live ? merit_of(&now->policy, live) : MERIT_START;
	p->over = OVER_START;
	p->cost = cost ? cost->value
		       : now->policy.gates->latency->cost_per_1k_tokens->ceiling * COST_START;
	if (set_family(p, from->name, live ? live->artifact->id : NULL, err) < 0)
		return -1;
	p->first = p->number + 1;
	for (size_t i = 0; i < s->n_sources; i++)
		p->is_source = p->is_source || !strcmp(s->sources[i], from->provider);
	new_manner(p, sim_now(s));
	/* The first ones come on the first day, so that there is something to release. */
	p->manner = SIM_IMPROVING;
	p->next_at = sim_now(s) + prng_range(&p->draws, 60, 1200) * SIM_MINUTE;
	return 0;
}

int sim_world_setup(struct sim *s, const struct snapshot *now, struct err *err)
{
	if (now->policy.slots.n > SIM_PIPELINES_MAX)
		return err_set(err, ERR_INVALID_POLICY, "more than %d slots are not simulated",
			SIM_PIPELINES_MAX);
	for (size_t i = 0; i < now->policy.slots.n; i++)
		if (add_pipeline(s, now, i, err) < 0)
			return -1;
	return 0;
}

struct sim_truth sim_truth_of(const struct sim *s, const char *id, int64_t at)
{
	const char *v = strrchr(id, '-');

	for (size_t i = 0; v && i < s->n_pipelines; i++) {
		const struct sim_pipeline *p = &s->pipelines[i];
		size_t len = (size_t)(v - id);
		struct sim_truth t;
		int64_t number;

		if (strncmp(p->family, id, len) != 0 || p->family[len])
			continue;
		number = strtoll(v + 2, NULL, 10);
		if (number < p->first)
			return (struct sim_truth){
				.merit = p->merit, .over = p->over, .cost = p->cost};
		t = p->truth[number % SIM_UNITS_MAX];
		if (at > t.made_at)
			t.merit -=
				fmin(DECAY_MAX, MERIT_DECAY * (double)(at - t.made_at) / SIM_WEEK);
		return t;
	}
	return (struct sim_truth){.merit = MERIT_START, .over = OVER_START};
}

/* What is wrong with a unit that is better on paper than in service: one thing, from a little to a
 * lot. */
static void make_bad(struct sim_pipeline *p, struct sim_truth *t)
{
	double much = prng_uniform(&p->draws);

	switch (prng_below(&p->draws, 3)) {
	case 0:
		t->errors = 0.003 + 0.05 * much * much;
		break;
	case 1:
		t->over = 0.08 + 0.3 * much;
		break;
	default:
		t->unsafe = 0.003 + 0.02 * much;
		break;
	}
}

static struct sim_truth make_unit(struct sim_pipeline *p, int64_t now)
{
	struct sim_truth t;

	switch (p->manner) {
	case SIM_DRIFTING:
		p->merit -= 0.02 * prng_uniform(&p->draws);
		p->over += 0.004 * prng_uniform(&p->draws);
		p->cost *= 1 + 0.012 * prng_uniform(&p->draws);
		break;
	case SIM_IMPROVING:
		p->merit += (MERIT_MAX - p->merit) * 0.15 * prng_uniform(&p->draws);
		p->over += (OVER_START - p->over) * 0.3;
		p->cost *= 1 - 0.01 * prng_uniform(&p->draws);
		break;
	default:
		break;
	}
	p->merit = fmax(0.1, p->merit);
	t = (struct sim_truth){
		.merit = p->merit + 0.02 * prng_normal(&p->draws),
		.over = p->over,
		.cost = p->cost * (1 + 0.005 * prng_normal(&p->draws)),
		.made_at = now,
	};
	if (p->manner == SIM_NOISY)
		t.merit += 0.1 * prng_normal(&p->draws);
	if (p->manner == SIM_LYING && prng_chance(&p->draws, 0.6))
		make_bad(p, &t);
	return t;
}

/* A new unit and the manifest that tells of it. */
static int make(struct sim_life *life, struct sim_pipeline *p)
{
	SNAPSHOT_AUTO live = snapshot_get(life->engine);
	struct sim_truth t = make_unit(p, sim_now(life->sim));
	bool noisy = p->manner == SIM_NOISY, lying = p->manner == SIM_LYING;

	p->number++;
	p->truth[p->number % SIM_UNITS_MAX] = t;
	return sim_manifest(
		p, live, life->sim, &t, noisy ? SAMPLES_NOISY : SAMPLES, lying ? BOAST : 0);
}

/* A lie that contradicts itself: successes that are not those of the value. */
static void contradict(struct sim_pipeline *p)
{
	char *at = strstr(p->text, "\"successes\":");

	if (at && at[12] != '1')
		at[12] = '1';
}

/* What is live is refused, and that is all right. */
static void take_back(struct sim_life *life, struct sim_pipeline *p, int64_t number)
{
	static const struct reason_request why = {
		.reason = "newer units of the family are better", .dry_run = -1};
	ARENA_AUTO a = arena_new();
	struct command *c = sim_command(life, a, "token:sim", "POST withdraw");

	if (sim_finish(life, c,
		    artifact_withdraw(life->engine, c, p->provider,
			    arena_printf(a, "%s-v%lld", p->family, (long long)number), &why,
			    &c->err)))
		p->truth[number % SIM_UNITS_MAX].gone = true;
}

static void take_back_old(struct sim_life *life, struct sim_pipeline *p)
{
	int64_t newest = p->number - KEPT_UNITS, oldest = p->number - SIM_UNITS_MAX + 1;
	int64_t before = sim_now(life->sim) - KEPT_WEEKS * SIM_WEEK;

	for (int64_t n = oldest > p->first ? oldest : p->first; n <= newest; n++) {
		const struct sim_truth *t = &p->truth[n % SIM_UNITS_MAX];
		if (!t->gone && (n == newest || t->made_at < before))
			take_back(life, p, n);
	}
}

static void send(struct sim_life *life, struct sim_pipeline *p)
{
	struct sim_counts *n = &life->sim->counts;
	ARENA_AUTO a = arena_new();
	struct command *c = sim_command(life, a, "token:sim", "POST /v1/manifests");

	n->sent++;
	sim_finish(life, c,
		manifest_submit(life->engine, life->reader, c, p->text, strlen(p->text), &c->err));
	n->taken += !c->err.code && c->answer.status == 201;
	n->repeated += !c->err.code && c->answer.status == 200;
	n->conflicts += c->err.code == ERR_ARTIFACT_CONFLICT;
	n->invalid += c->err.code == ERR_INVALID_MANIFEST;
	n->other += c->err.code && c->err.code != ERR_ARTIFACT_CONFLICT &&
		    c->err.code != ERR_INVALID_MANIFEST;
	p->text[0] = '\0';
}

/* The next unit is due; what was not taken yet is not replaced, unless it only lies there. */
static void produce(struct sim_life *life, struct sim_pipeline *p)
{
	if (p->manner == SIM_SILENT || (p->text[0] && !p->is_source))
		return;
	if (make(life, p) < 0)
		p->text[0] = '\0';
	if (p->manner == SIM_LYING && prng_chance(&p->draws, 0.15))
		contradict(p);
	take_back_old(life, p);
}

void sim_deliver(struct sim_life *life)
{
	int64_t now = sim_now(life->sim);

	for (size_t i = 0; i < life->sim->n_pipelines; i++) {
		struct sim_pipeline *p = &life->sim->pipelines[i];

		if (now >= p->manner_until)
			new_manner(p, now);
		if (p->next_at <= now) {
			p->next_at = next_delivery(p, now);
			produce(life, p);
		}
		if (p->text[0] && !p->is_source)
			send(life, p);
	}
}

int64_t sim_next_delivery(const struct sim *s)
{
	int64_t next = INT64_MAX;

	for (size_t i = 0; i < s->n_pipelines; i++)
		if (s->pipelines[i].next_at < next)
			next = s->pipelines[i].next_at;
	return next;
}
