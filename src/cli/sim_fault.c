/* SPDX-License-Identifier: Apache-2.0
 *
 * What goes wrong in a simulation with faults, and what people do by hand meanwhile. Nothing here
 * knows what the engine makes of it; that is read from the history afterwards.
 */
#include <math.h>
#include <string.h>
#include <unistd.h>

#include "cli/sim.h"
#include "engine/schedule.h"
#include "engine/snapshot.h"
#include "store/merge.h"
#include "store/release.h"

enum { DAYS_BETWEEN = 4, READS_ANY = 500, READS_DUE = 80 };

/* From `least` to `most`, each order of magnitude as likely as the other. */
static int64_t draw_length(struct prng *g, int64_t least, int64_t most)
{
	double orders = log((double)most / (double)least);

	return (int64_t)((double)least * exp(orders * prng_uniform(g)));
}

/* ---- The machine ---- */

static void crash(struct sim_life *life)
{
	life->sim->clock.reads_left = prng_below(&life->sim->faults, READS_ANY);
}

static void crash_when_due(struct sim_life *life)
{
	life->sim->crash_at_due = true;
}

static void set_forward(struct sim_life *life)
{
	struct sim *s = life->sim;

	s->counts.steps_forward++;
	fake_clock_set_wall(
		&s->clock.fake, sim_now(s) + draw_length(&s->faults, USEC_PER_SEC, 3 * SIM_DAY));
}

static void set_back(struct sim_life *life)
{
	struct sim *s = life->sim;

	s->counts.steps_back++;
	fake_clock_set_wall(
		&s->clock.fake, sim_now(s) - draw_length(&s->faults, USEC_PER_SEC, 8 * SIM_HOUR));
	s->next_observation = sim_now(s);
}

/* Down for a while; it comes up in sim_restart(). */
static void stop(struct sim_life *life)
{
	struct sim *s = life->sim;

	s->counts.outages++;
	s->stopped_for = draw_length(&s->faults, SIM_MINUTE, 6 * SIM_DAY);
	_exit(SIM_EXIT_CRASH);
}

/* A process that is stopped sees both clocks jump, one on a machine that sleeps only the wall's. */
static void suspend(struct sim_life *life)
{
	struct sim *s = life->sim;
	int64_t length = draw_length(&s->faults, SIM_MINUTE, 2 * SIM_DAY);

	s->counts.suspensions++;
	if (prng_chance(&s->faults, 0.5))
		fake_clock_step(&s->clock.fake, length);
	else
		fake_clock_set_wall(&s->clock.fake, sim_now(s) + length);
}

/* ---- The world ---- */

static void silence(struct sim_life *life)
{
	struct sim *s = life->sim;
	const char *provider =
		s->pipelines[prng_below(&s->faults, (int64_t)s->n_pipelines)].provider;
	int64_t until = sim_now(s) + prng_range(&s->faults, 1, 4) * SIM_WEEK;

	for (size_t i = 0; i < s->n_pipelines; i++)
		if (!strcmp(s->pipelines[i].provider, provider)) {
			s->pipelines[i].manner = SIM_SILENT;
			s->pipelines[i].manner_until = until;
		}
}

static void cut_off(struct sim_life *life)
{
	struct sim *s = life->sim;

	s->unreachable_until = sim_now(s) + draw_length(&s->faults, SIM_HOUR, 10 * SIM_DAY);
}

static void trouble(struct sim_life *life)
{
	struct sim *s = life->sim;

	s->trouble_until = sim_now(s) + prng_range(&s->faults, 5, 90) * SIM_MINUTE;
	s->trouble_errors = 0.005 + 0.1 * prng_uniform(&s->faults);
	s->next_observation = sim_now(s);
}

/* ---- People ---- */

static void freeze(struct sim_life *life)
{
	struct sim *s = life->sim;
	ARENA_AUTO a = arena_new();
	struct command *c = sim_command(life, a, "token:operator", "POST /v1/freezes");
	struct freeze f;

	fields_init(&freeze_table, &f);
	f.from = sim_now(s) + prng_below(&s->faults, 5 * SIM_DAY);
	f.to = f.from + draw_length(&s->faults, SIM_HOUR, 12 * SIM_DAY);
	f.reason = "a freeze of the simulation";
	f.job_mask = 1U << (prng_chance(&s->faults, 0.3) ? prng_below(&s->faults, JOBS)
							 : (int64_t)JOB_PROMOTE);
	sim_finish(life, c, freeze_submit(life->engine, c, &f, &c->err));
}

static void promote(struct sim_life *life, bool override)
{
	ARENA_AUTO a = arena_new();
	struct command *c = sim_command(life, a, "token:operator", "POST /v1/promotions");
	struct promotion_request r = {.reason = "by hand", .override = override, .dry_run = -1};
	struct merge_row open;
	struct err ignored;

	if (merge_find_open(life->reader, a, &open, &ignored) <= 0)
		return;
	r.merge = open.version;
	sim_finish(life, c, promotion_submit(life->engine, c, &r, &c->err));
}

static void promote_by_hand(struct sim_life *life)
{
	promote(life, false);
}

static void promote_by_override(struct sim_life *life)
{
	promote(life, true);
}

static void rollback_by_hand(struct sim_life *life)
{
	static const struct rollback_request r = {.reason = "by hand", .dry_run = -1};
	ARENA_AUTO a = arena_new();
	struct command *c = sim_command(life, a, "token:operator", "POST /v1/rollbacks");

	sim_finish(life, c, rollback_submit(life->engine, c, &r, &c->err));
}

/* The newest one that was breached is found to be without blame. */
static void unquarantine(struct sim_life *life)
{
	static const struct reason_request why = {.reason = "found without blame", .dry_run = -1};
	ARENA_AUTO a = arena_new();
	struct command *c = sim_command(life, a, "token:operator", "POST unquarantine");
	struct release_row *rows;
	struct err ignored;
	size_t n;

	if (release_in_state(life->reader, "breached", 1, a, &rows, &n, &ignored) < 0 || n == 0)
		return;
	sim_finish(life, c, release_unquarantine(life->engine, c, rows[0].version, &why, &c->err));
}

static void merge_by_hand(struct sim_life *life)
{
	static const struct merge_request r = {.reason = "by hand", .dry_run = -1};
	ARENA_AUTO a = arena_new();
	struct command *c = sim_command(life, a, "token:operator", "POST /v1/merges");

	sim_finish(life, c, merge_submit(life->engine, c, &r, &c->err));
}

static void run_by_hand(struct sim_life *life)
{
	static const struct run_request r = {.reason = "by hand", .dry_run = -1};
	enum job job = (enum job)prng_below(&life->sim->faults, JOBS);
	ARENA_AUTO a = arena_new();
	struct command *c = sim_command(life, a, "token:operator", "POST /v1/schedule/run");

	sim_finish(life, c, schedule_run(life->engine, c, job, &r, &c->err));
}

/* ---- Which, and when ---- */

static const struct {
	void (*happen)(struct sim_life *life);
	int weight;
} faults[] = {
	{crash, 28},
	{crash_when_due, 22},
	{set_forward, 7},
	{set_back, 9},
	{stop, 8},
	{suspend, 6},
	{silence, 4},
	{cut_off, 4},
	{trouble, 6},
	{freeze, 8},
	{promote_by_hand, 6},
	{promote_by_override, 3},
	{rollback_by_hand, 3},
	{unquarantine, 5},
	{merge_by_hand, 5},
	{run_by_hand, 5},
};

static int64_t draw_next(struct sim *s)
{
	return sim_mono(s) + 1 +
	       (int64_t)((double)(DAYS_BETWEEN * SIM_DAY) * prng_exponential(&s->faults));
}

void sim_fault(struct sim_life *life)
{
	struct sim *s = life->sim;
	int64_t sum = 0, at;
	size_t i = 0;

	if (!s->options.faults || sim_mono(s) < s->next_fault)
		return;
	s->next_fault = draw_next(s);
	for (size_t k = 0; k < sizeof(faults) / sizeof(faults[0]); k++)
		sum += faults[k].weight;
	for (at = prng_below(&s->faults, sum); at >= faults[i].weight; i++)
		at -= faults[i].weight;
	faults[i].happen(life);
}

void sim_due(struct sim_life *life)
{
	struct sim *s = life->sim;

	if (!s->crash_at_due)
		return;
	s->crash_at_due = false;
	s->clock.reads_left = prng_below(&s->faults, READS_DUE);
}

int64_t sim_next_fault(const struct sim *s)
{
	return s->options.faults ? s->next_fault : INT64_MAX;
}

void sim_restart(struct sim *s)
{
	if (!s->next_fault)
		s->next_fault = draw_next(s);
	if (s->stopped_for)
		fake_clock_step(&s->clock.fake, s->stopped_for);
	s->stopped_for = 0;
	s->next_observation = sim_now(s);
}
