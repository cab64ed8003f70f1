/* SPDX-License-Identifier: Apache-2.0
 *
 * The ops thread: prepares one command at a time, waits for its commit and does what follows from it,
 * so that of all that moves a channel or makes a merge exactly one is deciding at any moment. Also
 * runs what is due by time: the watch over the objectives, the ends of waivers, and the outbox.
 */
#include "base/log.h"
#include "engine/internal.h"
#include "engine/keyring.h"
#include "engine/source_run.h"
#include "engine/standing.h"
#include "engine/webhook_run.h"
#include "store/setting.h"

enum { OUTBOX_LOOK_S = 30 };
/* The largest manifest, and what is made of it. */
enum { ROOM_BYTES = 2 * DOCUMENT_MAX };

/* Queue it for the writer and wait until its group is over. */
static void write_and_wait(struct engine *e, struct command *c)
{
	c->waited = true;
	c->written = false;
	writer_push(e, c);
	writer_wait(e, c);
}

struct command engine_job(const struct command_kind *kind, const char *actor, void *args,
	struct arena *a, struct snapshot *prepared)
{
	return (struct command){
		.arena = a,
		.actor = actor,
		.kind = kind,
		.args = args,
		.prepared = prepared,
	};
}

int engine_commit(struct engine *e, struct command *c, struct err *err)
{
	write_and_wait(e, c);
	if (c->result < 0)
		*err = c->err;
	return c->result;
}

/* Behind those that came meanwhile; waiting is no attempt. */
static void put_back(struct engine *e, struct command *c)
{
	snapshot_put(c->prepared);
	c->prepared = NULL;
	c->attempts--;
	LOCK_SCOPE(&e->ops_lock);
	queue_push(&e->ops, c);
}

static void run(struct engine *e, struct command *c)
{
	log_set_id(c->request_id);
	do {
		if (c->attempts >= COMMAND_ATTEMPTS)
			c->result = err_set(&c->err, ERR_UNAVAILABLE,
				"the channel or the policy moved %d times meanwhile",
				COMMAND_ATTEMPTS);
		else
			c->result = command_prepare(e, e->reader, c, &c->err);
		if (c->result == COMMAND_WAIT) {
			put_back(e, c);
			log_set_id(NULL);
			return;
		}
		if (c->result < 0 || c->replayed)
			break;
		write_and_wait(e, c);
	} while (c->result == COMMAND_STALE);
	if (c->result == 0 && !c->replayed && !c->dry_run && c->kind->after)
		c->kind->after(e, e->reader, c);
	command_finish(e, c);
	log_set_id(NULL);
}

static int probe_apply(struct tx *tx, struct command *c, struct err *err)
{
	return setting_set(tx->db, "probed_at", tx->now, err);
}

/* A write that changes nothing. Whoever heeds /readyz sends nothing to a registry that could not be written, so nothing would ever
 * show that it can be again. The writer says so in the log, once. And after each group it makes the
 * snapshot that could not be made before: without one the channel would show what is over. */
static int take_apply(struct tx *tx, struct command *c, struct err *err)
{
	return room_take(tx->db, ROOM_BYTES, err);
}

static int give_apply(struct tx *tx, struct command *c, struct err *err)
{
	return room_give(tx->db, err);
}

static bool writes(struct engine *e, const struct command_kind *kind)
{
	ARENA_AUTO a = arena_new();
	struct command c = {.arena = a, .actor = "local", .kind = kind};
	struct err ignored;

	return engine_commit(e, &c, &ignored) == 0;
}

/* What is broken is mended once there is room for as much as anybody may hand in: on a disk that is full
 * something small may still pass, and the next manifest not. */
static void probe(struct engine *e)
{
	static const struct command_kind small = {.name = "probe", .apply = probe_apply},
					 take = {.name = "room_take", .apply = take_apply},
					 give = {.name = "room_give", .apply = give_apply};
	uint64_t failures = e->write_failures;

	if (!writes(e, &small) || !e->broken || !writes(e, &take) || !writes(e, &give) ||
		e->write_failures != failures)
		return;
	e->broken = false;
	log_info("registry.mended");
}

static void take_stock(struct engine *e)
{
	struct err err = {0};
	int rc = rejudge_bite(e, e->reader, &err);

	e->opened = rc > 0;
	/* What an engine that closes leaves, the next one takes up. */
	if (rc < 0 && err.code != ERR_DRAINING)
		log_warn("rejudge.failed", LOG_ERR(&err));
}

static bool due(struct engine *e)
{
	int64_t now = clock_mono(e->clock);
	bool any = e->opened;

	if (e->opened)
		take_stock(e);
	if (e->outbox_waits || now >= e->next_outbox) {
		e->outbox_waits = false;
		/* Also without a call: work that was put off may be older than this process. */
		e->next_outbox = now + OUTBOX_LOOK_S * USEC_PER_SEC;
		outbox_run(e, e->reader);
		any = true;
	}
	slo_step(e, e->reader);
	nodes_watch(e, e->reader);
	if (now >= e->next_waivers) {
		e->next_waivers = now + USEC_PER_SEC;
		waivers_watch(e, e->reader);
	}
	any = schedule_watch(e, e->reader) || any;
	if ((e->broken || e->snapshot_due) && now >= e->next_probe) {
		e->next_probe = now + USEC_PER_SEC;
		/* Of a commit that failed nobody knows what is stored. */
		if (e->broken)
			slo_forget(e);
		probe(e);
	}
	if (now >= e->next_signing) {
		e->next_signing = now + USEC_PER_SEC;
		signing_watch(e, e->reader);
	}
	if (now >= e->next_evidence)
		evidence_watch(e, e->reader);
	deliveries_watch(e, e->reader);
	any = webhooks_watch(e, e->reader) || any;
	if (e->sources->n) {
		probes_watch(e, e->reader);
		asked_watch(e, e->reader);
	}
	if (now >= e->next_distillation)
		distillation_watch(e, e->reader);
	if (now >= e->sources->next_work)
		distillations_watch(e, e->reader);
	if (e->threads && now >= e->next_standing) {
		e->next_standing = now + USEC_PER_SEC;
		standing_watch(e, e->reader);
	}
	if (now >= e->next_thinning)
		any = observations_thin(e, e->reader) || any;
	return any;
}

bool ops_step(struct engine *e)
{
	bool any = due(e);
	struct command *c;

	lock_take(&e->ops_lock);
	c = queue_pop(&e->ops);
	lock_give(&e->ops_lock);
	if (c)
		run(e, c);
	return any || c;
}

/* How long there is nothing to do by time; at most a second, so that a stepped clock is noticed. */
static int64_t idle_time(const struct engine *e)
{
	int64_t left = e->next_outbox - clock_mono(e->clock);

	return left < 0 ? 0 : left > USEC_PER_SEC ? USEC_PER_SEC : left;
}

void *ops_main(void *arg)
{
	struct engine *e = arg;
	bool stop = false;

	while (!stop) {
		if (ops_step(e))
			continue;
		LOCK_SCOPE(&e->ops_lock);
		stop = e->draining && e->pending == 0;
		if (!stop && !e->ops.head && !e->outbox_waits && !e->webhooks->notice)
			cond_wait(&e->ops_cond, &e->ops_lock, idle_time(e));
	}
	return NULL;
}
