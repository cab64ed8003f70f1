/* SPDX-License-Identifier: Apache-2.0
 *
 * The connectors of an engine and their threads: one task at a time for each, begun and taken back by
 * the ops thread, which never waits for one. What a task does is not decided here.
 */
#include "engine/source.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "engine/schedule.h"
#include "engine/source_run.h"

struct source *source_find_in(struct source_set *set, const char *provider)
{
	for (size_t i = 0; i < set->n; i++)
		if (strcmp(set->v[i].provider, provider) == 0)
			return &set->v[i];
	return NULL;
}

static const char *copy(struct arena *a, const char *text)
{
	return text ? arena_strdup(a, text) : NULL;
}

static struct webhook_proof webhook_of(const struct connector_options *o, struct arena *a)
{
	bool token = o->webhook_issuer && o->webhook_audience && o->webhook_email;

	return (struct webhook_proof){
		.secret = copy(a, o->webhook_secret),
		.issuer = token ? copy(a, o->webhook_issuer) : NULL,
		.audience = token ? copy(a, o->webhook_audience) : NULL,
		.email = token ? copy(a, o->webhook_email) : NULL,
	};
}

static int open_source(struct engine *e, const struct engine_source *o, struct err *err)
{
	struct source_set *set = e->sources;
	struct source *s = &set->v[set->n];

	if (source_find_in(set, o->options.provider))
		return err_set(
			err, ERR_CONFIG, "provider %s has two connectors", o->options.provider);
	if (o->kind->open(&o->options, &s->connector, err) < 0)
		return err_wrap(err, "provider %s", o->options.provider);
	s->e = e;
	s->provider = arena_strdup(set->arena, o->options.provider);
	s->actor = arena_printf(set->arena, "connector:%s", s->provider);
	s->kind = o->kind;
	s->probes = o->kind->probes && o->kind->probes(s->connector);
	s->works = o->kind->works && o->kind->works(s->connector);
	s->work_timeout = o->options.pipeline_timeout;
	s->timeout = o->options.timeout;
	s->publish_check = o->options.publish_check;
	s->webhook = webhook_of(&o->options, set->arena);
	s->asked = true; /* what was left by the process before */
	set->n++;
	return 0;
}

int sources_open(struct engine *e, const struct engine_source *list, size_t n, struct err *err)
{
	struct arena *a = arena_new();
	struct source_set *set = ARENA_NEW(a, struct source_set);

	set->arena = a;
	set->v = ARENA_ARRAY(a, n, struct source);
	set->next_due = INT64_MAX;
	e->sources = set;
	for (size_t i = 0; i < n; i++)
		if (open_source(e, &list[i], err) < 0)
			return -1;
	return 0;
}

static void take_back(struct source *s)
{
	if (s->e->threads)
		pthread_join(s->thread, NULL);
	arena_free(s->arena);
	s->arena = NULL;
	s->taken = (struct source_asks){0};
	s->n_wishes = 0;
	if (s->task == SOURCE_INGEST || s->task == SOURCE_INGEST_ASKED)
		asked_over(s, s->report.err.code != ERR_NONE);
	s->task = SOURCE_NONE;
	s->thorough = false;
	s->abandoned = false;
	s->state = SOURCE_IDLE;
}

void sources_stop(struct engine *e)
{
	struct source_set *set = e->sources;

	set->stop = true;
	for (size_t i = 0; i < set->n; i++)
		if (set->v[i].state != SOURCE_IDLE)
			take_back(&set->v[i]);
}

void sources_free(struct engine *e)
{
	struct source_set *set = e->sources;

	if (!set)
		return;
	for (size_t i = 0; i < set->n; i++) {
		set->v[i].kind->close(set->v[i].connector);
		arena_free(set->v[i].arena);
		free(set->v[i].note);
	}
	e->sources = NULL;
	arena_free(set->arena);
}

/* ---- Tasks ---- */

static void run_task(struct source *s, struct db *reader)
{
	if (s->task == SOURCE_PROBE)
		source_probe(s, reader);
	else if (s->task == SOURCE_WORK)
		source_work(s, reader);
	else
		source_ingest(s, reader);
}

static void *source_main(void *arg)
{
	struct source *s = arg;
	struct engine *e = s->e;
	struct db *reader;

	log_set_id(s->actor);
	if (engine_reader(e, &reader, &s->report.err) == 0) {
		run_task(s, reader);
		db_close(reader);
	} else if (s->task != SOURCE_PROBE) {
		source_went(s, NULL);
	}
	log_set_id(NULL);
	s->state = SOURCE_OVER;
	schedule_wake(e);
	return NULL;
}

bool source_start(struct source *s, enum source_task task)
{
	struct engine *e = s->e;

	if (s->state != SOURCE_IDLE || e->sources->stop)
		return false;
	s->report = (struct source_report){0};
	s->task = task;
	s->began = clock_mono(e->clock);
	s->state = SOURCE_BUSY;
	if (!e->threads) {
		run_task(s, e->reader);
		s->state = SOURCE_OVER;
	} else if (pthread_create(&s->thread, NULL, source_main, s) != 0) {
		log_error("source.no_thread", LOG_STR("provider", s->provider));
		s->task = SOURCE_NONE;
		s->state = SOURCE_IDLE;
		return false;
	}
	return true;
}

bool source_finished(struct source *s, struct source_report *ret)
{
	if (s->state != SOURCE_OVER)
		return false;
	*ret = s->report;
	take_back(s);
	return true;
}

void sources_tidy(struct engine *e)
{
	struct source_set *set = e->sources;
	struct source_report ignored;

	for (size_t i = 0; i < set->n; i++)
		if (set->v[i].abandoned || set->v[i].task != SOURCE_INGEST)
			source_finished(&set->v[i], &ignored);
}

/* ---- What others ask ---- */

const char *source_connector(const struct engine *e, const char *provider)
{
	const struct source *s = source_find_in(e->sources, provider);

	return s ? s->kind->name : NULL;
}

static bool health_of(const struct source *s, struct session_health *ret)
{
	return s->kind->health && s->kind->health(s->connector, s->e->clock, ret);
}

bool source_health(const struct engine *e, const char *provider, struct session_health *ret)
{
	const struct source *s = source_find_in(e->sources, provider);

	return s && health_of(s, ret);
}

const char *source_note(const struct engine *e, const char *provider, struct arena *a)
{
	struct source *s = source_find_in(e->sources, provider);

	if (!s)
		return NULL;
	LOCK_SCOPE(&s->e->ops_lock);
	return copy(a, s->note);
}

int64_t source_next_due(const struct engine *e)
{
	return e->sources->next_due;
}

size_t source_count(const struct engine *e)
{
	return e->sources->n;
}

void source_stats(const struct engine *e, size_t i, struct source_stats *ret)
{
	const struct source *s = &e->sources->v[i];
	struct session_health h = {0};
	bool has = health_of(s, &h);

	*ret = (struct source_stats){
		.provider = s->provider,
		.connector = s->kind->name,
		.runs = s->runs,
		.failures = s->failures,
		.fresh = s->fresh,
		.refused = s->refused,
		.up = !s->failing,
		.last_success_s = (uint64_t)(s->last_success / USEC_PER_SEC),
		.has_hooks = s->webhook.secret || s->webhook.issuer,
		.hooks_queued = s->hooks_queued,
		.hooks_ignored = s->hooks_ignored,
		.hooks_refused = s->hooks_refused,
		.has_health = has,
		.requests = h.requests,
		.retries = h.retries,
		.bytes = h.bytes,
		.breaker_open = h.breaker == BREAKER_OPEN,
		.quota_left = h.quota_left < 0 ? UINT64_MAX : (uint64_t)h.quota_left,
	};
}

void sources_warn(const struct engine *e)
{
	for (size_t i = 0; i < e->sources->n; i++)
		if (!policy_provider(&e->snapshot->policy, e->sources->v[i].provider))
			log_warn("source.unknown", LOG_STR("provider", e->sources->v[i].provider),
				LOG_STR("hint",
					"the policy has no provider of this name: nothing that is "
					"pulled for it is taken"));
}
