/* SPDX-License-Identifier: Apache-2.0
 *
 * Opens and closes the engine: migrations first, then the one read-write connection, the stock of
 * what is there, and the threads.
 */
#include "engine/engine.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "db/migrate.h"
#include "engine/bundle.h"
#include "engine/internal.h"
#include "engine/issuer.h"
#include "engine/keyring.h"
#include "engine/publisher.h"
#include "engine/source_run.h"
#include "engine/standing.h"
#include "engine/webhook_run.h"

#define POINTER_LIFETIME (INT64_C(86400) * USEC_PER_SEC)

static char *keys_folder(const struct engine_options *o)
{
	ARENA_AUTO a = arena_new();

	return xstrdup(o->keys ? o->keys : arena_printf(a, "%s/keys", dir_of(o->path, a)));
}

static struct engine *engine_new(const struct engine_options *o)
{
	struct engine *e = xcalloc(1, sizeof(*e));

	e->path = xstrdup(o->path);
	e->clock = o->clock;
	e->queue_max = o->queue_max;
	e->asked = o->asked;
	e->pointer_lifetime = o->pointer_lifetime ? o->pointer_lifetime : POINTER_LIFETIME;
	e->keys_folder = keys_folder(o);
	e->threads = o->threads;
	e->outbox_waits = true; /* what a crash left */
	e->opened = true;
	e->scheduler = scheduler_new();
	e->issuers = issuers_new(e->clock);
	e->schedule_stale = true;
	queue_init(&e->ops);
	queue_init(&e->queue);
	lock_init(&e->ops_lock, "ops", LOCK_OPS);
	lock_init(&e->writer_lock, "writer", LOCK_WRITER);
	lock_init(&e->watch_lock, "watch", LOCK_WATCH);
	lock_init(&e->standing_lock, "standing", LOCK_STANDING);
	lock_init(&e->snapshot_lock, "snapshot", LOCK_SNAPSHOT);
	lock_init(&e->keyring_lock, "keyring", LOCK_KEYRING);
	cond_init(&e->ops_cond);
	cond_init(&e->writer_cond);
	cond_init(&e->written_cond);
	webhooks_open(e, o);
	return e;
}

static void engine_free(struct engine *e)
{
	scheduler_free(e);
	slo_forget(e);
	publisher_free(e->publisher);
	sources_free(e);
	issuers_free(e->issuers);
	webhooks_free(e);
	standing_put(e->standing);
	snapshot_put(e->snapshot);
	db_close(e->reader);
	db_close(e->db);
	cond_clear(&e->ops_cond);
	cond_clear(&e->writer_cond);
	cond_clear(&e->written_cond);
	lock_clear(&e->ops_lock);
	lock_clear(&e->writer_lock);
	lock_clear(&e->watch_lock);
	lock_clear(&e->standing_lock);
	lock_clear(&e->snapshot_lock);
	lock_clear(&e->keyring_lock);
	keyring_free(e->keyring);
	bundle_free(e->bundles);
	sign_key_free(e->key_next);
	free(e->keys_folder);
	free(e->path);
	free(e);
}

static int engine_load(struct engine *e, const struct engine_options *o, struct err *err)
{
	if (migrate_run(e->path, engine_now(e), NULL, err) < 0 ||
		db_open(e->path, DB_READ_WRITE, &e->db, err) < 0 || writer_load(e, err) < 0)
		return -1;
	if (e->state.policy_version == 0 && policy_bootstrap(e, o->policy_text, err) < 0)
		return -1;
	if (render_renew(e, err) < 0 || keyring_open(e, o, err) < 0 || bundle_open(e, o, err) < 0 ||
		snapshot_renew(e, err) < 0)
		return -1;
	e->publisher = publisher_new(e);
	return db_open(e->path, DB_READ_ONLY, &e->reader, err);
}

static int engine_start(struct engine *e, struct err *err)
{
	if (pthread_create(&e->writer_thread, NULL, writer_main, e) != 0)
		return err_set(err, ERR_INTERNAL, "the writer's thread could not be started");
	if (pthread_create(&e->ops_thread, NULL, ops_main, e) == 0) {
		issuers_start(e->issuers);
		publisher_start(e->publisher);
		return 0;
	}
	lock_take(&e->writer_lock);
	e->writer_stop = true;
	cond_wake(&e->writer_cond);
	lock_give(&e->writer_lock);
	pthread_join(e->writer_thread, NULL);
	return err_set(err, ERR_INTERNAL, "the ops thread could not be started");
}

/* A first start that failed leaves no registry, and no key that would have been its own. */
static void engine_undo(struct engine *e)
{
	static const char *const ends[] = {"", "-wal", "-shm"};
	ARENA_AUTO a = arena_new();
	const char *path = arena_strdup(a, e->path);

	if (e->keyring && !e->keyring->given)
		keyring_delete_secret(e, e->keyring->v[0].row.public.keyid);
	engine_free(e);
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
		unlink(arena_printf(a, "%s%s", path, ends[i]));
}

int engine_open(const struct engine_options *o, struct engine **ret, struct err *err)
{
	bool first = access(o->path, F_OK) < 0;
	struct engine *e = engine_new(o);

	if (sources_open(e, o->sources, o->n_sources, err) < 0 || engine_load(e, o, err) < 0 ||
		(e->threads && engine_start(e, err) < 0)) {
		if (first)
			engine_undo(e);
		else
			engine_free(e);
		return -1;
	}
	sources_warn(e);
	*ret = e;
	return 0;
}

void engine_close(struct engine *e)
{
	struct err err = {0};

	if (!e)
		return;
	lock_take(&e->ops_lock);
	e->draining = true;
	e->sources->stop = true;
	publisher_hurry(e->publisher);
	issuers_hurry(e->issuers);
	e->webhooks->stop = true;
	cond_wake(&e->ops_cond);
	lock_give(&e->ops_lock);
	if (e->threads) {
		pthread_join(e->ops_thread, NULL);
		sources_stop(e);
		issuers_stop(e->issuers);
		webhooks_stop(e);
		publisher_stop(e->publisher);
		lock_take(&e->writer_lock);
		e->writer_stop = true;
		cond_wake(&e->writer_cond);
		lock_give(&e->writer_lock);
		pthread_join(e->writer_thread, NULL);
	} else {
		engine_step(e);
	}
	if (db_checkpoint(e->db, &err) < 0)
		log_warn("registry.checkpoint_failed", LOG_ERR(&err));
	engine_free(e);
}

void engine_step(struct engine *e)
{
	bool any = true;

	while (any) {
		any = writer_step(e);
		any = ops_step(e) || any;
	}
	publisher_pass(e->publisher, e->reader);
}

void engine_listen(struct engine *e, void (*changed)(void *arg, bool moved), void *arg)
{
	LOCK_SCOPE(&e->snapshot_lock);
	e->changed = changed;
	e->changed_arg = arg;
}

int engine_reader(struct engine *e, struct db **ret, struct err *err)
{
	return db_open(e->path, DB_READ_ONLY, ret, err);
}

const struct clock *engine_clock(const struct engine *e)
{
	return e->clock;
}

void engine_stats(const struct engine *e, struct engine_stats *ret)
{
	*ret = (struct engine_stats){
		.commits = e->commits,
		.commands = e->commands,
		.batch_max = e->batch_max,
		.stale = e->stale,
		.queue_len = e->pending,
		.queue_max = e->queue_max,
		.manifests = e->manifests,
		.artifacts = e->artifacts,
		.judgements = e->judgements,
		.events = e->events,
		.last_commit = e->last_commit,
		.broken = e->broken,
	};
}
