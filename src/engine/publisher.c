/* SPDX-License-Identifier: Apache-2.0
 *
 * The publisher: one look, one step, until nothing is left to do; then it waits for the channel to move
 * or for the next look. It decides nothing of its own (policy/publication.h does).
 */
#include "engine/publisher.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/lock.h"
#include "base/log.h"
#include "engine/publication_seal.h"

enum {
	CALL_S = 300,	/* for one look and step */
	STEPS_MAX = 64, /* of one pass; the next one goes on */
	SAME_MAX = 3,	/* one step after the other, and it does not show */
	AGAIN_S = 30,	/* after a failure, doubling */
	AGAIN_MAX_S = 900,
	TICK_MS = 1000,
};

struct publisher {
	struct engine *e;
	const struct source *source;
	struct lock lock;
	struct cond cond;
	atomic_bool stop;
	bool running;
	pthread_t thread;
	/* The thread's; monotonic. */
	int64_t next_look;
	int failures;
	int64_t looked_at; /* wall: a machine that slept has not looked for longer than it thinks */
	uint64_t generation;	    /* of the snapshot that the last pass saw */
	enum publication_step last; /* of this pass, and how often it came in a row */
	int same;
	char version[64];
};

static bool publishes(const struct source *s)
{
	return s->kind->repository && s->kind->repository->named(s->connector);
}

struct publisher *publisher_new(struct engine *e)
{
	const struct source_set *set = e->sources;

	for (size_t i = 0; i < set->n; i++) {
		if (!publishes(&set->v[i]))
			continue;
		struct publisher *p = xcalloc(1, sizeof(*p));

		p->e = e;
		p->source = &set->v[i];
		lock_init(&p->lock, "publisher", LOCK_PUBLISHER);
		cond_init(&p->cond);
		return p;
	}
	return NULL;
}

void publisher_free(struct publisher *p)
{
	if (!p)
		return;
	cond_clear(&p->cond);
	lock_clear(&p->lock);
	free(p);
}

const struct source *publisher_source(const struct engine *e)
{
	return e->publisher ? e->publisher->source : NULL;
}

int64_t publisher_interval(const struct engine *e)
{
	return e->publisher ? e->publisher->source->publish_check : 0;
}

/* ---- A step ---- */

struct pass {
	struct publisher *p;
	struct db *reader;
	struct provider_call call;
	struct publication_look look;
};

/* Read back what stands at a commit of ours. */
static int adopt(struct pass *x, const char *version, const char *commit, struct err *err)
{
	const struct source *s = x->p->source;
	struct repository_file files[PUBLISHED_PATHS];
	struct publication_left l = {
		.version = version,
		.commit = commit,
		.head = commit,
		.files = files,
		/* As of that commit: it is written anew when the channel has moved since. */
		.serial = x->look.head_serial,
	};

	for (size_t i = 0; i < PUBLISHED_PATHS; i++) {
		struct source_document d;
		const char *path = published_paths[i];
		int rc = s->kind->repository->read(
			s->connector, &x->call, l.head, path, PUBLISHED_FILE_MAX, &d, err);

		if (rc < 0)
			return err_wrap(err, "%s", path);
		if (rc > 0)
			files[l.n_files++] = (struct repository_file){path, d.text, d.len};
	}
	return publication_left(x->p->e, x->reader, &l, x->call.arena, err);
}

static int tag_and_record(struct pass *x, const char *version, const char *commit, struct err *err)
{
	const struct source *s = x->p->source;
	int rc = s->kind->repository->tag(s->connector, &x->call,
		publication_tag(version, x->call.arena), commit,
		arena_printf(x->call.arena, "release %s", version), err);

	/* Somebody was faster: the next look says who. */
	if (rc <= 0)
		return rc;
	return adopt(x, version, commit, err);
}

/* 0 also when the branch moved: the next look decides. */
static int commit_files(struct pass *x, const char *version, struct err *err)
{
	const struct source *s = x->p->source;
	struct arena *a = x->call.arena;
	struct publication_files f;
	struct repository_commit what = {.parent = *x->look.view.head ? x->look.view.head : NULL};
	const char *commit;
	int rc;

	if (publication_files(
		    x->reader, version, s->kind->repository->url(s->connector), a, &f, err) < 0 ||
		publication_seal(x->p->e, &f, a, err) < 0)
		return -1;
	what.summary =
		version ? arena_printf(a, "Release %s", version)
			: arena_printf(a, "Channel stable at serial %lld", (long long)f.serial);
	what.description = "By spiralfedd. What differs from this is reported there.";
	what.files = f.v;
	what.n_files = f.n;
	rc = s->kind->repository->commit(s->connector, &x->call, &what, &commit, err);
	if (rc <= 0)
		return rc;
	x->look.view.head = commit;
	struct publication_left l = {
		.head = commit, .files = f.v, .n_files = f.n, .serial = f.serial};

	if (version) {
		rc = s->kind->repository->tag(s->connector, &x->call, publication_tag(version, a),
			commit, what.summary, err);
		/* Without its tag it is not published: the next look finds it at the head. */
		if (rc <= 0)
			return rc;
		l.version = version;
		l.commit = commit;
	}
	return publication_left(x->p->e, x->reader, &l, a, err);
}

static int take(struct pass *x, const struct publication_next *next, struct err *err)
{
	const struct source *s = x->p->source;

	switch (next->step) {
	case PUBLICATION_NOTHING:
		return 0;
	case PUBLICATION_CREATE:
		return s->kind->repository->create(s->connector, &x->call, err);
	case PUBLICATION_COMMIT:
		return commit_files(x, next->version, err);
	case PUBLICATION_TAG:
		return tag_and_record(x, next->version, next->commit, err);
	case PUBLICATION_RECORD:
		return adopt(x, next->version, next->commit, err);
	case PUBLICATION_CHANNEL:
		return commit_files(x, NULL, err);
	case PUBLICATION_RECORD_CHANNEL:
		return adopt(x, NULL, x->look.view.head, err);
	}
	return 0;
}

/* ---- A pass ---- */

/* What was written must show at the next look; a branch that others write to may take some. */
static int repeats(struct publisher *p, const struct publication_next *next, struct err *err)
{
	const char *version = next->version ? next->version : "";

	if (next->step != p->last || strcmp(version, p->version) != 0)
		p->same = 0;
	p->last = next->step;
	snprintf(p->version, sizeof(p->version), "%s", version);
	if (++p->same <= SAME_MAX)
		return 0;
	return next->step == PUBLICATION_CREATE
		       ? err_set(err, ERR_CONFIG,
				 "the repository is there and does not show: the token may not see "
				 "it")
		       : err_set(err, ERR_UNREACHABLE,
				 "what was written does not show at the repository yet, or "
				 "somebody commits there all the time");
}

/* Once for each change, like its event. */
static void log_drift(const struct pass *x, const struct list *drift)
{
	const char *text = publication_drift_text(drift, x->call.arena);
	const struct publication_drift *first;

	if (!text || strcmp(text, x->look.state.drift) == 0)
		return;
	if (!drift->n) {
		log_info("hub.settled", LOG_STR("provider", x->p->source->provider));
		return;
	}
	first = LIST_AT(drift, struct publication_drift, 0);
	log_warn("hub.drift_detected", LOG_STR("provider", x->p->source->provider),
		LOG_INT("differences", (int64_t)drift->n), LOG_STR("code", first->code),
		LOG_STR("detail", first->detail), LOG_STR("needs", first->needs));
}

/* 1: something was done, look again; 0: nothing is left to do; -1. */
static int look_and_step(struct pass *x, struct err *err)
{
	struct list drift;
	struct err none = {0};

	if (publication_look(x->p->source, &x->call, x->reader, &x->look, err) < 0)
		return -1;
	publication_drift(&x->look.view, x->call.arena, &drift);
	log_drift(x, &drift);
	/* What is not on record yet is to be read again when the step fails. */
	if (publication_found(x->p->e, x->reader, x->look.unrecorded ? NULL : x->look.view.head,
		    &drift, &none, x->call.arena, err) < 0)
		return -1;
	if (drift.n)
		return 0;
	struct publication_next next = publication_next(&x->look.view);

	if (next.step == PUBLICATION_NOTHING)
		return 0;
	if (repeats(x->p, &next, err) < 0)
		return -1;
	return take(x, &next, err) < 0 ? -1 : 1;
}

static int step(struct publisher *p, struct db *reader, struct err *err)
{
	ARENA_AUTO a = arena_new();
	struct pass x = {
		.p = p,
		.reader = reader,
		.call = {.clock = p->e->clock,
			.deadline = clock_mono(p->e->clock) + CALL_S * USEC_PER_SEC,
			.stop = &p->stop,
			.arena = a},
	};

	return look_and_step(&x, err);
}

static void failed(struct publisher *p, struct db *reader, const struct err *why)
{
	ARENA_AUTO a = arena_new();
	const struct list none = {0};
	int64_t wait = AGAIN_S;
	struct err err = {0};

	if (p->stop)
		return;
	log_warn("hub.failed", LOG_STR("provider", p->source->provider), LOG_ERR(why));
	if (publication_found(p->e, reader, NULL, &none, why, a, &err) < 0)
		log_error("hub.not_recorded", LOG_ERR(&err));
	for (int i = 0; i < p->failures && wait < AGAIN_MAX_S; i++)
		wait *= 2;
	p->failures++;
	p->next_look =
		clock_mono(p->e->clock) + (wait < AGAIN_MAX_S ? wait : AGAIN_MAX_S) * USEC_PER_SEC;
}

static bool is_due(struct publisher *p)
{
	SNAPSHOT_AUTO s = snapshot_get(p->e);
	bool moved = s->generation != p->generation && s->has_release;
	int64_t age = engine_now(p->e) - p->looked_at;
	bool slept = age < 0 || age >= p->source->publish_check;

	if (clock_mono(p->e->clock) < p->next_look && (p->failures || !(moved || slept)))
		return false;
	p->generation = s->generation;
	p->looked_at = engine_now(p->e);
	return true;
}

void publisher_pass(struct publisher *p, struct db *reader)
{
	struct err err = {0};
	int rc = 1;

	if (!p || !is_due(p))
		return;
	p->same = 0;
	for (int i = 0; i < STEPS_MAX && rc > 0; i++)
		rc = step(p, reader, &err);
	if (rc < 0) {
		failed(p, reader, &err);
		return;
	}
	p->failures = 0;
	p->next_look = clock_mono(p->e->clock) + (rc > 0 ? 0 : p->source->publish_check);
}

/* ---- The thread ---- */

void publisher_turn(struct publisher *p, struct db **reader)
{
	struct err err = {0};

	/* Out of descriptors, for one: as when the repository is not reached. */
	if (!*reader) {
		if (p->failures && clock_mono(p->e->clock) < p->next_look)
			return;
		if (engine_reader(p->e, reader, &err) < 0) {
			failed(p, NULL, &err);
			return;
		}
	}
	publisher_pass(p, *reader);
}

static void *publisher_main(void *arg)
{
	struct publisher *p = arg;
	struct db *reader = NULL;

	log_set_id("publisher");
	while (!p->stop) {
		publisher_turn(p, &reader);
		LOCK_SCOPE(&p->lock);
		if (!p->stop)
			cond_wait(&p->cond, &p->lock, TICK_MS * USEC_PER_MSEC);
	}
	db_close(reader);
	return NULL;
}

void publisher_start(struct publisher *p)
{
	if (!p)
		return;
	p->running = pthread_create(&p->thread, NULL, publisher_main, p) == 0;
	if (!p->running)
		log_error("hub.no_thread");
}

void publisher_hurry(struct publisher *p)
{
	if (p)
		p->stop = true;
}

void publisher_stop(struct publisher *p)
{
	if (!p)
		return;
	p->stop = true;
	lock_take(&p->lock);
	cond_wake(&p->cond);
	lock_give(&p->lock);
	if (p->running)
		pthread_join(p->thread, NULL);
	p->running = false;
}
