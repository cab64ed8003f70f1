/* SPDX-License-Identifier: Apache-2.0
 *
 * The way of a command from its submitter to done(): admission, what a retry is answered, the common
 * preconditions. It decides nothing about the registry.
 */
#include "engine/command.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "engine/internal.h"
#include "store/idempotency.h"

#define ACTOR_LOCAL "local"

void queue_init(struct command_queue *q)
{
	q->head = NULL;
	q->tail = &q->head;
	q->n = 0;
}

void queue_push(struct command_queue *q, struct command *c)
{
	c->next = NULL;
	*q->tail = c;
	q->tail = &c->next;
	q->n++;
}

struct command *queue_pop(struct command_queue *q)
{
	struct command *c = q->head;

	if (!c)
		return NULL;
	q->head = c->next;
	if (!q->head)
		q->tail = &q->head;
	q->n--;
	c->next = NULL;
	return c;
}

static int command_admit(struct engine *e, struct err *err)
{
	LOCK_SCOPE(&e->ops_lock);
	if (e->draining)
		return err_set(err, ERR_DRAINING, "no new changes are taken any more");
	if (e->pending >= e->queue_max)
		return err_set(err, ERR_UNAVAILABLE,
			"%zu changes are waiting to be written, which is the limit", e->queue_max);
	e->pending++;
	return 0;
}

static void command_leave(struct engine *e)
{
	LOCK_SCOPE(&e->ops_lock);
	e->pending--;
	if (e->draining)
		cond_wake(&e->ops_cond);
}

void command_finish(struct engine *e, struct command *c)
{
	snapshot_put(c->prepared);
	c->prepared = NULL;
	/* Before done(), after which the command is its owner's again: a drain that sees nothing
	 * pending must still wait for the thread that is here, and it joins it. */
	command_leave(e);
	c->done(c);
}

static void command_reset(struct command *c)
{
	c->err = (struct err){0};
	c->faults = NULL;
	c->err_members = NULL;
	c->answer = (struct answer){0};
	c->replayed = c->here = c->waited = c->written = false;
	c->prepared = NULL;
	c->attempts = c->result = 0;
}

size_t queue_cut(struct command_queue *q, size_t max, struct command **ret_first)
{
	struct command **end = &q->head;
	size_t n = 0;

	*ret_first = q->head;
	for (; *end && n < max; n++)
		end = &(*end)->next;
	q->head = *end;
	if (n)
		*end = NULL;
	if (!q->head)
		q->tail = &q->head;
	q->n -= n;
	return n;
}

int command_replay(struct db *db, int64_t now, struct command *c, struct err *err)
{
	struct idempotency_row row;
	int rc;

	if (!c->idempotency.key)
		return 0;
	rc = idempotency_find(
		db, c->actor, c->idempotency.route, c->idempotency.key, now, c->arena, &row, err);
	if (rc <= 0)
		return rc;
	if (strcmp(row.request_digest, c->idempotency.request_digest) != 0) {
		char at[TIME_STRLEN];

		return err_set(err, ERR_IDEMPOTENCY_MISMATCH,
			"this Idempotency-Key came with another body or query at %s",
			time_format(row.created_at, at));
	}
	c->answer = (struct answer){
		.status = (int)row.status,
		.location = row.location,
		.body = row.body,
		.body_len = row.body_len,
		.etag = row.etag,
	};
	c->replayed = true;
	return 1;
}

int command_prepare(struct engine *e, struct db *reader, struct command *c, struct err *err)
{
	int rc;

	c->attempts++;
	rc = command_replay(reader, engine_now(e), c, err);
	if (rc != 0)
		return rc < 0 ? -1 : 0;
	snapshot_put(c->prepared);
	c->prepared = snapshot_get(e);
	return c->kind->prepare ? c->kind->prepare(e, reader, c, err) : 0;
}

int command_submit(struct engine *e, struct command *c, struct err *err)
{
	command_reset(c);
	if (command_admit(e, err) < 0)
		return -1;
	LOCK_SCOPE(&e->ops_lock);
	queue_push(&e->ops, c);
	cond_wake(&e->ops_cond);
	return 0;
}

int command_submit_here(struct engine *e, struct db *reader, struct command *c, struct err *err)
{
	command_reset(c);
	if (command_admit(e, err) < 0)
		return -1;
	c->here = true;
	if (command_prepare(e, reader, c, err) < 0) {
		snapshot_put(c->prepared);
		c->prepared = NULL;
		command_leave(e);
		return -1;
	}
	writer_push(e, c);
	return 0;
}

/* Prepared, or over. */
static bool run_prepare(struct engine *e, struct db *reader, struct command *c)
{
	c->result = command_prepare(e, reader, c, &c->err);
	if (c->result < 0 || c->replayed)
		return false;
	c->waited = true;
	c->written = false;
	writer_push(e, c);
	return true;
}

static void run_end(struct engine *e, struct command *c)
{
	snapshot_put(c->prepared);
	c->prepared = NULL;
	command_leave(e);
}

/* What the writer said of one that was pushed: over, or pushed once more. */
static bool run_again(struct engine *e, struct db *reader, struct command *c)
{
	writer_wait(e, c);
	if (c->result != COMMAND_STALE)
		return false;
	if (c->attempts < COMMAND_ATTEMPTS)
		return run_prepare(e, reader, c);
	c->result = err_set(&c->err, ERR_UNAVAILABLE,
		"the channel or the policy moved %d times meanwhile", COMMAND_ATTEMPTS);
	return false;
}

void command_run(struct engine *e, struct db *reader, struct command *const *list, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct command *c = list[i];

		command_reset(c);
		if (command_admit(e, &c->err) < 0)
			c->result = -1;
		else if (!run_prepare(e, reader, c))
			run_end(e, c);
	}
	for (size_t i = 0; i < n; i++) {
		if (!list[i]->waited)
			continue;
		while (run_again(e, reader, list[i]))
			continue;
		run_end(e, list[i]);
	}
}

int command_run_one(struct engine *e, struct db *reader, struct command *c, struct err *err)
{
	command_run(e, reader, &c, 1);
	if (c->result >= 0)
		return 0;
	if (err)
		*err = c->err;
	return -1;
}

bool command_stale(const struct tx *tx, const struct command *c)
{
	const struct writer_state *now = &tx->engine->state;
	const struct snapshot *s = c->prepared;

	return now->serial != (s->has_release ? s->channel.serial : 0) ||
	       now->policy_version != s->policy.version || now->suite_serial != s->suite_serial ||
	       now->sides != s->sides;
}

int if_match_check(
	const struct if_match *if_match, const char *path, const char *digest, struct err *err)
{
	if (!if_match)
		return 0;
	if (!digest)
		return err_set(err, ERR_PRECONDITION_FAILED,
			"If-Match was sent, and GET %s has no ETag yet", path);
	if (if_match->any)
		return 0;
	for (size_t i = 0; i < if_match->n; i++)
		if (strcmp(if_match->digests[i], digest) == 0)
			return 0;
	return err_set(
		err, ERR_PRECONDITION_FAILED, "the ETag of GET %s is \"%s\" now", path, digest);
}

void command_answer(struct command *c, int status, const char *location, const struct body *body)
{
	c->answer = (struct answer){
		.status = c->dry_run ? 200 : status,
		.location = c->dry_run ? NULL : location,
		.body = body->text,
		.body_len = body->len,
	};
}

static const char *trimmed(const char *s, struct arena *a)
{
	size_t n;

	s += strspn(s, " ");
	n = strlen(s);
	while (n && s[n - 1] == ' ')
		n--;
	return arena_strndup(a, s, n);
}

void command_check_begin(struct command *c)
{
	c->faults = ARENA_NEW(c->arena, struct faults);
	faults_init(c->faults);
}

int command_check_end(struct command *c, struct err *err)
{
	if (c->faults->n)
		return faults_refuse(c->faults, ERR_INVALID_BODY, err);
	c->faults = NULL;
	return 0;
}

int command_principal(const struct command *c, const char *named, const char *pointer,
	struct faults *faults, const char **ret)
{
	const char *name = named ? trimmed(named, c->arena) : NULL;

	if (strcmp(c->actor, ACTOR_LOCAL) != 0) {
		if (named)
			return fault_add(
				faults, pointer, "is the token of the request: leave it out");
		*ret = c->actor;
		return 0;
	}
	if (!name || !*name)
		return fault_add(faults, pointer,
			"is required while authentication is off: say who you are");
	*ret = arena_printf(c->arena, ACTOR_LOCAL ":%s", name);
	return 0;
}
