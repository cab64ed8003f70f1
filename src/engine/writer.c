/* SPDX-License-Identifier: Apache-2.0
 *
 * The writer: takes the commands that wait, up to a group's bound, applies them in one transaction, each in a step of its
 * own, commits once, and hands them back. It never lingers for more: groups form by themselves while
 * a commit is on its way. Nothing else writes to the registry.
 */
#include <string.h>

#include "base/json_writer.h"
#include "base/log.h"
#include "engine/internal.h"
#include "engine/render.h"
#include "engine/webhook_run.h"
#include "store/event.h"
#include "store/idempotency.h"
#include "store/policy.h"
#include "store/suite.h"

/* A command waits for the commit of its whole group: of many that wait, the first must not stand in
 * for the last. */
enum { GROUP_MAX = 512 };
enum { PURGED_PER_COMMAND = 2 };

const char *event_name(enum event_type type)
{
	static const char *const names[] = {
#define X(id, name) [EVENT_##id] = name,
#include "engine/events.def"
#undef X
	};

	return names[type];
}

/* What comes with manifests, by the thousand, says nothing of how it stands. */
static bool may_change_conditions(enum event_type type)
{
	switch (type) {
	case EVENT_MANIFEST_SUBMITTED:
	case EVENT_MANIFEST_CONFLICTED:
	case EVENT_CANDIDATE_PASSED:
	case EVENT_CANDIDATE_FAILED:
	case EVENT_CANDIDATE_INCONCLUSIVE:
	case EVENT_CANDIDATE_PENDING:
	case EVENT_EVIDENCE_HELD:
	case EVENT_EVIDENCE_MATCHED:
		return false;
	default:
		return true;
	}
}

int tx_event(struct tx *tx, enum event_type type, const char *subject, const char *reason,
	const char *data, int64_t *ret_seq, struct err *err)
{
	struct writer_state *state = &tx->engine->state;
	unsigned char hash[SHA256_SIZE];
	STRBUF_AUTO sb = STRBUF_INIT(EVENT_ENTRY_MAX);
	struct json_writer w;
	struct event_row row;

	/* Canonical: keys in the order of RFC 8785. */
	json_writer_init(&w, &sb);
	jw_object(&w);
	jw_kstring(&w, "actor", tx->actor);
	jw_ktime(&w, "at", tx->now);
	if (data)
		jw_kraw(&w, "data", data);
	if (reason)
		jw_kstring(&w, "reason", reason);
	if (tx->request_id)
		jw_kstring(&w, "request_id", tx->request_id);
	jw_kint(&w, "seq", state->event_seq + 1);
	jw_kstring(&w, "subject", subject);
	jw_kstring(&w, "type", event_name(type));
	jw_end(&w);
	if (!json_writer_done(&w))
		return err_set(err, ERR_INTERNAL, "an entry of the history is too large");
	chain_hash(state->event_hash, sb.buf, sb.len, hash);
	row = (struct event_row){
		.seq = state->event_seq + 1,
		.at = tx->now,
		.type = event_name(type),
		.subject = subject,
		.actor = tx->actor,
		.entry = sb.buf,
		.entry_len = sb.len,
		.prev_hash = state->event_hash,
		.hash = hash,
	};
	if (event_insert(tx->db, &row, err) < 0)
		return -1;
	state->event_seq++;
	state->conditions += may_change_conditions(type);
	memcpy(state->event_hash, hash, SHA256_SIZE);
	if (ret_seq)
		*ret_seq = state->event_seq;
	return 0;
}

int tx_outbox(struct tx *tx, int64_t seq, const char *kind, const char *payload, struct err *err)
{
	if (outbox_insert(tx->db, seq, kind, payload, tx->now, err) < 0)
		return -1;
	tx->engine->outbox_waits = true;
	return 0;
}

int writer_load(struct engine *e, struct err *err)
{
	ARENA_AUTO a = arena_new();
	struct writer_state s = {0};
	struct policy_row policy;
	struct channel_row channel;
	struct suite_row suite;
	int rc;

	if (event_head(e->db, &s.event_seq, s.event_hash, err) < 0)
		return -1;
	rc = policy_newest(e->db, a, &policy, err);
	if (rc < 0)
		return -1;
	s.policy_version = rc ? policy.version : 0;
	rc = channel_find(e->db, CHANNEL_STABLE, a, &channel, err);
	if (rc < 0)
		return -1;
	s.serial = rc ? channel.serial : 0;
	rc = suite_current(e->db, a, &suite, err);
	if (rc < 0)
		return -1;
	s.suite_serial = rc ? suite.serial : 0;
	if (registry_counts(e->db, &s.manifests, &s.artifacts, &s.judgements, err) < 0)
		return -1;
	e->state = s;
	e->manifests = (uint64_t)s.manifests;
	e->artifacts = (uint64_t)s.artifacts;
	e->judgements = (uint64_t)s.judgements;
	e->events = (uint64_t)s.event_seq;
	return 0;
}

static int remember(struct tx *tx, const struct command *c, struct err *err)
{
	const char *body = c->answer.replay_body ? c->answer.replay_body : c->answer.body;

	if (!c->idempotency.key)
		return 0;
	return idempotency_insert(tx->db,
		&(struct idempotency_row){
			.principal = c->actor,
			.route = c->idempotency.route,
			.key = c->idempotency.key,
			.request_digest = c->idempotency.request_digest,
			.status = c->answer.status,
			.location = c->answer.location,
			.body = body ? body : "",
			.body_len = c->answer.replay_body ? strlen(body) : c->answer.body_len,
			.etag = c->answer.etag,
			.created_at = tx->now,
		},
		err);
}

/* Apply one command in a step of the open transaction. */
static void apply_one(struct engine *e, struct command *c, bool *moved)
{
	struct writer_state before = e->state;
	struct tx tx = {
		.db = e->db,
		.now = engine_now(e),
		.actor = c->actor,
		.request_id = c->request_id,
		.arena = c->arena,
		.engine = e,
	};
	int rc;

	c->result = 0;
	if (c->replayed)
		return;
	rc = command_replay(e->db, tx.now, c, &c->err);
	if (rc != 0) {
		c->result = rc < 0 ? -1 : 0;
		return;
	}
	if (db_step_begin(e->db, &c->err) < 0) {
		c->result = -1;
		return;
	}
	c->result = c->kind->apply(&tx, c, &c->err);
	if (c->result == 0 && !c->dry_run) {
		if ((!c->run || schedule_settle(&tx, c, &c->err) == 0) &&
			remember(&tx, c, &c->err) == 0 && db_step_keep(e->db, &c->err) == 0) {
			*moved = *moved || tx.moved;
			return;
		}
		c->result = -1;
	}
	db_step_undo(e->db);
	e->state = before;
}

/* More answers go than come, whatever the rate, and none of it ever piles up for one group. */
static void purge(struct engine *e, size_t commands)
{
	struct err err = {0};

	if (db_step_begin(e->db, &err) < 0)
		return;
	if (idempotency_purge(e->db, engine_now(e), PURGED_PER_COMMAND * (int64_t)commands, &err) <
			0 ||
		db_step_keep(e->db, &err) < 0) {
		db_step_undo(e->db);
		log_warn("idempotency.purge_failed", LOG_ERR(&err));
	}
}

static void handback(struct engine *e, struct command *c)
{
	if (c->result == COMMAND_STALE)
		e->stale++;
	if (c->waited) {
		LOCK_SCOPE(&e->writer_lock);
		c->written = true;
		cond_wake(&e->written_cond);
	} else if (c->result == COMMAND_STALE) {
		LOCK_SCOPE(&e->ops_lock);
		c->here = false;
		queue_push(&e->ops, c);
		cond_wake(&e->ops_cond);
	} else {
		command_finish(e, c);
	}
}

static int group_write(
	struct engine *e, struct command *first, size_t n, bool *moved, struct err *err)
{
	if (db_begin(e->db, err) < 0)
		return -1;
	for (struct command *c = first; c; c = c->next) {
		apply_one(e, c, moved);
		/* An error of the disk may have undone the whole group already. */
		if (!db_in_transaction(e->db)) {
			if (c->result < 0)
				*err = c->err;
			else
				err_set(err, ERR_STORAGE, "the transaction was lost");
			return -1;
		}
	}
	purge(e, n);
	return db_commit(e->db, err);
}

static void group_failed(struct engine *e, struct command *first, const struct err *err)
{
	if (db_in_transaction(e->db))
		db_rollback(e->db);
	if (!e->broken)
		log_error("registry.broken", LOG_ERR(err));
	e->broken = true;
	e->write_failures++;
	for (struct command *c = first; c; c = c->next) {
		c->result = -1;
		c->err = *err;
		c->replayed = false;
		c->faults = NULL;
		c->err_members = NULL;
	}
}

static void group_written(struct engine *e, size_t n)
{
	e->commits++;
	e->commands += n;
	if (n > e->batch_max)
		e->batch_max = n;
	e->last_commit = engine_now(e);
	e->manifests = (uint64_t)e->state.manifests;
	e->artifacts = (uint64_t)e->state.artifacts;
	e->judgements = (uint64_t)e->state.judgements;
	e->events = (uint64_t)e->state.event_seq;
}

static void tell(struct engine *e, bool moved)
{
	void (*changed)(void *arg, bool moved);
	void *arg;

	lock_take(&e->snapshot_lock);
	changed = e->changed;
	arg = e->changed_arg;
	lock_give(&e->snapshot_lock);
	if (changed)
		changed(arg, moved);
}

bool writer_step(struct engine *e)
{
	struct writer_state before = e->state;
	struct err err = {0};
	struct command *first, *next;
	bool moved = false;
	size_t n;

	lock_take(&e->writer_lock);
	n = queue_cut(&e->queue, GROUP_MAX, &first);
	lock_give(&e->writer_lock);
	if (!first)
		return false;
	if (group_write(e, first, n, &moved, &err) < 0) {
		e->state = before;
		group_failed(e, first, &err);
	} else {
		group_written(e, n);
		e->snapshot_due = e->snapshot_due || moved;
	}
	moved = false;
	if (e->snapshot_due) {
		if (snapshot_renew(e, &err) < 0)
			log_error("snapshot.failed", LOG_ERR(&err));
		else
			e->snapshot_due = false;
		moved = !e->snapshot_due;
	}
	/* Not before the snapshot: how it stands is made of that. */
	e->conditions = e->state.conditions;
	tell(e, moved);
	webhooks_notice(e);
	for (; first; first = next) {
		next = first->next;
		handback(e, first);
	}
	return true;
}

void writer_push(struct engine *e, struct command *c)
{
	LOCK_SCOPE(&e->writer_lock);
	queue_push(&e->queue, c);
	cond_wake(&e->writer_cond);
}

void writer_wait(struct engine *e, struct command *c)
{
	if (!e->threads) {
		while (!c->written)
			writer_step(e);
		return;
	}
	LOCK_SCOPE(&e->writer_lock);
	while (!c->written)
		cond_wait(&e->written_cond, &e->writer_lock, -1);
}

void *writer_main(void *arg)
{
	struct engine *e = arg;
	bool stop = false;

	while (!stop) {
		lock_take(&e->writer_lock);
		while (!e->queue.head && !e->writer_stop)
			cond_wait(&e->writer_cond, &e->writer_lock, -1);
		stop = !e->queue.head;
		lock_give(&e->writer_lock);
		writer_step(e);
	}
	return NULL;
}
