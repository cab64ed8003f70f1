/* SPDX-License-Identifier: Apache-2.0
 *
 * The service that runs on what is live, and the nodes that report how it does: minute by minute where
 * something may be seen, now and then otherwise. What they report follows from what the live units
 * really are, and from troubles that no release is the cause of.
 */
#include <math.h>
#include <string.h>

#include "cli/sim.h"
#include "engine/snapshot.h"

/* Requests of a minute, and what goes wrong with sound units. */
enum {
	REQUESTS = 1000,
	TOKENS = 250,
	NODES = 1,
	NEW_MINUTES = 15,
	WATCHED_MINUTES = 75,
	CHECKED_SHARE = 4
};

#define ERRORS_USUAL 0.0002
#define UNSAFE_USUAL 0.00005
#define PER_MICRO    1e6

struct service {
	double errors, over, unsafe, cost;
};

static struct service service_of(const struct sim *s, const struct snapshot *live, int64_t now)
{
	struct service v = {.errors = ERRORS_USUAL, .unsafe = UNSAFE_USUAL};

	for (size_t i = 0; i < live->policy.slots.n; i++) {
		struct sim_truth t;

		if (!live->baselines[i])
			continue;
		t = sim_truth_of(s, live->baseline_ids[i], now);
		v.errors += t.errors;
		v.unsafe += t.unsafe;
		v.over = fmax(v.over, t.over);
		v.cost = fmax(v.cost, t.cost);
	}
	if (now < s->trouble_until)
		v.errors += s->trouble_errors;
	return v;
}

static struct observation row_of(struct sim *s, const struct service *v, const char *node,
	const struct snapshot *live, int64_t now)
{
	int64_t checked = REQUESTS / CHECKED_SHARE, tokens = REQUESTS * TOKENS;

	return (struct observation){
		.node = node,
		.release = live->channel.version,
		.serial = live->channel.serial,
		.t_start = now - SIM_MINUTE,
		.t_end = now,
		.total = REQUESTS,
		.errors = prng_binomial(&s->world, REQUESTS, v->errors),
		.slow = prng_binomial(&s->world, REQUESTS, v->over),
		.tokens = tokens,
		.cost_micro = (int64_t)((double)tokens / 1000 * v->cost * PER_MICRO),
		.safety_checked = checked,
		.safety_violations = prng_binomial(&s->world, checked, v->unsafe),
	};
}

static void report(struct sim_life *life, const struct snapshot *live)
{
	static const char *const nodes[NODES] = {"sim-1"};
	struct sim *s = life->sim;
	int64_t now = sim_now(s);
	struct service v = service_of(s, live, now);
	struct observation rows[NODES];
	const struct observations all = {.observations = {rows, NODES}, .dry_run = -1};
	ARENA_AUTO a = arena_new();
	struct command *c = sim_command(life, a, "token:node", "POST /v1/observations");

	for (int i = 0; i < NODES; i++)
		rows[i] = row_of(s, &v, nodes[i], live, now);
	s->counts.rows += NODES;
	sim_finish(life, c, observations_submit(life->engine, c, &all, &c->err));
}

void sim_observe(struct sim_life *life)
{
	SNAPSHOT_AUTO live = snapshot_get(life->engine);
	struct sim *s = life->sim;
	int64_t now = sim_now(s);

	if (live->has_release && live->channel.serial != s->live_serial) {
		s->live_serial = live->channel.serial;
		s->live_since = now;
		s->next_observation = now + SIM_MINUTE;
	}
	if (now < s->next_observation)
		return;
	if (live->has_release)
		report(life, live);
	s->next_observation =
		now + (now - s->live_since < NEW_MINUTES * SIM_MINUTE || now < s->trouble_until
				      ? SIM_MINUTE
			      : now - s->live_since < WATCHED_MINUTES * SIM_MINUTE ||
					      now < s->trouble_until + SIM_HOUR
				      ? 5 * SIM_MINUTE
				      : 6 * SIM_HOUR);
}
