/* SPDX-License-Identifier: Apache-2.0
 *
 * Runs a simulation: sets the clock, opens the engine, and steps from one instant at which something
 * happens to the next. With faults each life of the daemon is a process of its own, because that is
 * how one ends when it crashes: no cleanup, no goodbye, and nothing left but the registry.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/sim.h"
#include "engine/schedule.h"
#include "engine/snapshot.h"
#include "store/schedule.h"

enum { LIVES_MAX = 10000, QUEUE_MAX = 64, POINTER_DAYS = 56, LOOK_MINUTES = 10 };

/* ---- The clock ---- */

static struct sim_clock *clock_read(const struct clock *c)
{
	struct sim_clock *k = (struct sim_clock *)(uintptr_t)c;

	if (k->reads_left == 0)
		_exit(SIM_EXIT_CRASH);
	if (k->reads_left > 0)
		k->reads_left--;
	return k;
}

static int64_t read_wall(const struct clock *c)
{
	return clock_now(&clock_read(c)->fake.clock);
}

static int64_t read_mono(const struct clock *c)
{
	return clock_mono(&clock_read(c)->fake.clock);
}

int64_t sim_now(const struct sim *s)
{
	return clock_now(&s->clock.fake.clock);
}

int64_t sim_mono(const struct sim *s)
{
	return clock_mono(&s->clock.fake.clock);
}

/* ---- Commands ---- */

static void over(struct command *c)
{
	*(bool *)c->owner = true;
}

struct command *sim_command(
	struct sim_life *life, struct arena *a, const char *actor, const char *route)
{
	struct command *c = ARENA_NEW(a, struct command);

	c->arena = a;
	c->actor = actor;
	c->idempotency.route = route;
	c->done = over;
	c->owner = ARENA_NEW(a, bool);
	return c;
}

bool sim_finish(struct sim_life *life, struct command *c, int rc)
{
	if (rc == 0)
		engine_step(life->engine);
	return rc == 0 && *(bool *)c->owner && !c->err.code;
}

/* ---- A life of the daemon ---- */

static int life_open(struct sim_life *life, struct err *err)
{
	struct engine_source sources[SIM_SOURCES_MAX];
	const struct engine_options o = {
		.path = life->sim->options.path,
		.clock = &life->sim->clock.clock,
		.policy_text = life->sim->options.policy,
		.queue_max = QUEUE_MAX,
		/* The keys stay where the registry comes from. */
		.new_key = life->sim->options.from_registry && !life->sim->begun,
		.sources = sources,
		.n_sources = sim_sources(life->sim, sources),
		/* Nobody is kept from an old pointer here, and each signature costs a commit. */
		.pointer_lifetime = POINTER_DAYS * SIM_DAY,
	};

	if (engine_open(&o, &life->engine, err) < 0)
		return -1;
	if (engine_reader(life->engine, &life->reader, err) == 0)
		return 0;
	engine_close(life->engine);
	return -1;
}

static void life_close(struct sim_life *life)
{
	db_close(life->reader);
	engine_close(life->engine);
}

/* A window in which nothing was promoted yet is looked at again and again. */
bool sim_window_waits(struct sim_life *life)
{
	ARENA_AUTO a = arena_new();
	struct job_run run;
	struct err ignored;

	return job_run_open(life->reader, JOB_PROMOTE, sim_now(life->sim), a, &run, &ignored) > 0;
}

/* Everything that is due happens; the clock goes to the next such instant. */
static void life_step(struct sim_life *life)
{
	struct sim *s = life->sim;
	int64_t now, next, due;

	engine_step(life->engine);
	sim_deliver(life);
	sim_observe(life);
	sim_people(life);
	sim_fault(life);
	now = sim_now(s);
	next = sim_next_delivery(s);
	if (s->next_observation < next)
		next = s->next_observation;
	due = schedule_next_due(life->engine);
	if (due < next)
		next = due;
	next -= now;
	if (next > LOOK_MINUTES * SIM_MINUTE && sim_window_waits(life))
		next = LOOK_MINUTES * SIM_MINUTE;
	if (s->look_at_once)
		next = USEC_PER_SEC;
	s->look_at_once = false;
	if (sim_next_fault(s) - sim_mono(s) < next)
		next = sim_next_fault(s) - sim_mono(s);
	if (s->end - sim_mono(s) < next)
		next = s->end - sim_mono(s);
	fake_clock_step(&s->clock.fake, next < USEC_PER_SEC ? USEC_PER_SEC : next);
	if (sim_now(s) >= due)
		sim_due(life);
}

/* The policy to be tried, in a registry that has one of its own. */
static int put_policy(struct sim_life *life, struct err *err)
{
	static const struct if_match any = {.any = true};
	const char *text = life->sim->options.policy;
	ARENA_AUTO a = arena_new();
	struct command *c = sim_command(life, a, "local", "PUT /v1/policy");

	c->if_match = &any;
	if (sim_finish(life, c,
		    policy_submit(life->engine, c, text, strlen(text), "to be tried", &c->err)))
		return 0;
	*err = c->err;
	return -1;
}

static int life_begin(struct sim_life *life, struct err *err)
{
	struct sim *s = life->sim;

	if (s->begun)
		return 0;
	if (s->options.from_registry && s->options.policy && put_policy(life, err) < 0)
		return -1;
	SNAPSHOT_AUTO now = snapshot_get(life->engine);
	s->begun = true;
	return sim_world_setup(s, now, err);
}

static bool is_stopped(const struct sim *s)
{
	return s->options.stopped && *s->options.stopped;
}

static int life_run(struct sim *s, struct err *err)
{
	struct sim_life life = {.sim = s};
	int rc;

	if (life_open(&life, err) < 0)
		return -1;
	rc = life_begin(&life, err);
	while (rc == 0 && sim_mono(s) < s->end && !is_stopped(s))
		life_step(&life);
	s->clock.reads_left = -1;
	life_close(&life);
	return rc;
}

/* ---- Lives ---- */

static void life_in_child(struct sim *s)
{
	struct err err = {0};

	if (life_run(s, &err) == 0)
		_exit(0);
	snprintf(s->failure, sizeof(s->failure), "%s", err.msg);
	_exit(SIM_EXIT_FAILED);
}

/* 0: it came to its end; 1: it crashed as it was meant to; -1. */
static int life_wait(struct sim *s, struct err *err)
{
	pid_t pid;
	int status;

	fflush(NULL);
	pid = fork();
	if (pid < 0)
		return err_set(err, ERR_INTERNAL, "cannot start a process: %s", strerror(errno));
	if (pid == 0)
		life_in_child(s);
	while (waitpid(pid, &status, 0) < 0) {
		if (errno != EINTR)
			return err_set(err, ERR_INTERNAL, "waitpid: %s", strerror(errno));
		/* Told to this process alone, it is the life's business, too. */
		if (is_stopped(s))
			kill(pid, SIGTERM);
	}
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return 0;
	if (WIFEXITED(status) && WEXITSTATUS(status) == SIM_EXIT_CRASH)
		return 1;
	if (WIFEXITED(status) && WEXITSTATUS(status) == SIM_EXIT_FAILED)
		return err_set(err, ERR_INTERNAL, "%s", s->failure);
	return err_set(err, ERR_INTERNAL, "the engine died of %s %d",
		WIFSIGNALED(status) ? "signal" : "exit",
		WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
}

int sim_run(struct sim *s, struct err *err)
{
	int rc;

	if (!s->options.faults)
		return life_run(s, err);
	for (int i = 0; i < LIVES_MAX && !is_stopped(s); i++) {
		rc = life_wait(s, err);
		if (rc <= 0)
			return rc;
		s->counts.crashes++;
		s->clock.reads_left = -1;
		sim_restart(s);
	}
	return is_stopped(s) ? 0 : err_set(err, ERR_INTERNAL, "it crashes again and again");
}

struct sim *sim_new(const struct sim_options *o)
{
	struct sim *s =
		mmap(NULL, sizeof(*s), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (s == MAP_FAILED)
		return NULL;
	s->options = *o;
	s->clock.clock = (struct clock){read_wall, read_mono};
	fake_clock_init(&s->clock.fake, o->start);
	s->clock.reads_left = -1;
	prng_seed(&s->world, o->seed, 1);
	prng_seed(&s->faults, o->seed, 2);
	s->began = sim_mono(s);
	s->end = s->began + o->weeks * SIM_WEEK;
	s->next_observation = o->start;
	sim_restart(s);
	return s;
}

void sim_free(struct sim *s)
{
	if (s)
		munmap(s, sizeof(*s));
}
