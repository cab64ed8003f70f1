/* SPDX-License-Identifier: Apache-2.0
 *
 * A simulated operation: the real engine on a fake clock, over a registry in memory, with pipelines
 * that are made up and a service whose nodes report. A process can die anywhere in it, so all that
 * must outlive one is in `struct sim`, which the processes of a simulation share and which holds no
 * pointer into the memory of one; what happened is in the registry and is read from there.
 *
 * The order of a simulation is decided by its seed alone: same options, same events at the same
 * instants. One thread.
 */
#ifndef CLI_SIM_H
#define CLI_SIM_H

#include <signal.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/prng.h"
#include "engine/engine.h"
#include "provider/provider.h"

enum {
	SIM_PIPELINES_MAX = 32,
	SIM_UNITS_MAX = 1024, /* of one pipeline that can be live at once or again: a ring */
	SIM_TEXT_MAX = 32 << 10,
	SIM_NAME_MAX = 224,
	SIM_WEEKS_MAX = 520,
	SIM_SOURCES_MAX = 16,
};

#define SIM_MINUTE (60 * USEC_PER_SEC)
#define SIM_HOUR   (60 * SIM_MINUTE)
#define SIM_DAY	   (24 * SIM_HOUR)
#define SIM_WEEK   (7 * SIM_DAY)

/* How a pipeline behaves for some weeks. */
enum sim_manner { SIM_IMPROVING, SIM_DRIFTING, SIM_NOISY, SIM_LYING, SIM_SILENT, SIM_MANNERS };
extern const char *const sim_manner_names[SIM_MANNERS];

/* What a unit really is, whatever its manifest says. `merit` lies between the worst that the policy's
 * limits allow, 0, and perfect, 1; the world moves on and it sinks with the unit's age. The rest is
 * what it adds to the service. */
struct sim_truth {
	double merit, over, cost; /* share of requests over the latency limit; per 1,000 tokens */
	double errors, unsafe;	  /* share of requests */
	int64_t made_at;
	bool gone; /* taken back */
};

struct sim_pipeline {
	char slot[SIM_NAME_MAX], provider[SIM_NAME_MAX], role[SIM_NAME_MAX];
	char family[SIM_NAME_MAX]; /* namespace/family */
	struct prng draws;
	enum sim_manner manner;
	int64_t manner_until, next_at;
	double merit, over, cost;	       /* of what it makes now */
	int64_t number;			       /* of its newest unit */
	struct sim_truth truth[SIM_UNITS_MAX]; /* of unit number % SIM_UNITS_MAX */
	int64_t first;			       /* the number of its first one here */
	/* A manifest that was sent and not answered: it is sent again after a crash, as it is. Or the
	 * one that lies where the connector finds it. */
	char text[SIM_TEXT_MAX];
	bool is_source;
};

struct sim_counts {
	int64_t sent, taken, repeated, conflicts, invalid, other;
	int64_t rows; /* of observations */
	int64_t crashes, outages, steps_forward, steps_back, suspensions;
};

/* The clock of the engine. Reading it is where a process may die: between any two things of note the
 * engine asks for the time. */
struct sim_clock {
	struct clock clock;
	struct fake_clock fake;
	int64_t reads_left; /* until the crash; -1: none is to come */
};

enum { SIM_EXIT_CRASH = 77, SIM_EXIT_FAILED = 78 };

struct sim_options {
	int64_t weeks, start;
	uint64_t seed;
	const char *policy; /* JSON; NULL: as built in, or as the registry has it */
	const char *path;   /* of the registry, in a folder of its own */
	bool faults, from_registry;
	const volatile sig_atomic_t *stopped; /* not 0: it is to end; NULL: never */
};

struct sim {
	struct sim_options options; /* pointers are the parent's, valid in its children */
	struct sim_clock clock;
	struct prng world, faults;
	bool begun;
	int64_t began, end;	  /* of the monotonic clock */
	int64_t next_observation; /* wall */
	int64_t live_serial;	  /* the activation that the nodes follow */
	int64_t live_since;
	int64_t trouble_until; /* of the service as a whole, whatever is live */
	double trouble_errors;
	int64_t unreachable_until; /* the places of the connectors */
	int64_t next_people;	   /* monotonic */
	bool look_at_once;	   /* people said something that the engine is to see at its time */
	size_t n_sources;
	char sources[SIM_SOURCES_MAX][SIM_NAME_MAX]; /* providers that have a connector */
	int64_t next_fault;			     /* monotonic */
	bool crash_at_due;   /* the next scheduled instant is to be one in which it dies */
	int64_t stopped_for; /* it stays down this long after the crash */
	size_t n_pipelines;
	struct sim_pipeline pipelines[SIM_PIPELINES_MAX];
	struct sim_counts counts;
	char failure[600]; /* why a life could not go on */
};

/* The engine as one process has it. */
struct sim_life {
	struct sim *sim;
	struct engine *engine;
	struct db *reader;
};

/* ---- sim_run.c ---- */
/* Shared with children; to be given back with sim_free(). */
struct sim *sim_new(const struct sim_options *o);
void sim_free(struct sim *s);
int sim_run(struct sim *s, struct err *err);
int64_t sim_now(const struct sim *s); /* wall */
int64_t sim_mono(const struct sim *s);
/* Is a window for promotions open in which nothing was promoted yet? */
bool sim_window_waits(struct sim_life *life);

/* Run a command to its end: the verb's return value goes in. The error is in c->err. */
struct command *sim_command(
	struct sim_life *life, struct arena *a, const char *actor, const char *route);
bool sim_finish(struct sim_life *life, struct command *c, int rc);

/* ---- sim_world.c ---- */
/* Which providers have a connector; before the engine is opened. */
void sim_choose_sources(struct sim *s, const struct policy *p);
/* One pipeline for each slot of the policy, which goes on from what is live there. */
int sim_world_setup(struct sim *s, const struct snapshot *now, struct err *err);
/* Make what is due and send what was not answered. */
void sim_deliver(struct sim_life *life);
int64_t sim_next_delivery(const struct sim *s);
/* What the unit of this id is as of `at`. */
struct sim_truth sim_truth_of(const struct sim *s, const char *id, int64_t at);

/* ---- sim_source.c ---- */
size_t sim_sources(struct sim *s, struct engine_source ret[SIM_SOURCES_MAX]);

/* ---- sim_people.c ---- */
void sim_people(struct sim_life *life);

/* ---- sim_manifest.c ---- */
/* The manifest of unit number p->number, as its pipeline would have it believed, into p->text. */
int sim_manifest(struct sim_pipeline *p, const struct snapshot *live, const struct sim *s,
	const struct sim_truth *truth, int64_t samples, double boast);

/* ---- sim_service.c ---- */
/* What the nodes report; sets when the next report is due. */
void sim_observe(struct sim_life *life);

/* ---- sim_fault.c ---- */
/* What goes wrong and what people do by hand, when it is due. */
void sim_fault(struct sim_life *life);
int64_t sim_next_fault(const struct sim *s); /* monotonic */
/* Something is due by the schedule now. */
void sim_due(struct sim_life *life);
/* The daemon came up, or comes up again after a crash. */
void sim_restart(struct sim *s);

#endif
