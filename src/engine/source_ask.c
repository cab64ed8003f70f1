/* SPDX-License-Identifier: Apache-2.0
 *
 * What somebody outside said has changed at a provider's place: kept by name in the registry, each name
 * once, until the connector was free to look and has looked; and that an ingest failed, until one has not.
 * It believes nothing but that it is worth a look.
 */
#include <string.h>

#include "base/log.h"
#include "engine/scheduler.h"
#include "engine/source_run.h"

/* After a failure, twice as long after each further one. */
enum { AGAIN_S = 300, AGAIN_MAX_S = 3600, LATER_S = 5 };

int source_message(struct engine *e, const char *provider, const char *body, size_t len,
	struct arena *a, struct source_mention *ret, struct err *err)
{
	struct source *s = source_find_in(e->sources, provider);

	if (!s || !s->kind->hook || !s->kind->find)
		return err_set(err, ERR_NOT_FOUND, "no connector of %s takes messages", provider);
	return s->kind->hook(s->connector, body, len, a, ret, err);
}

void source_ignored(struct engine *e, const char *provider)
{
	struct source *s = source_find_in(e->sources, provider);

	if (s)
		s->hooks_ignored++;
}

struct ask {
	struct source *s;
	const char *name;
};

static int ask_apply(struct tx *tx, struct command *c, struct err *err)
{
	const struct ask *x = c->args;
	const struct webhook_receipt receipt = {
		.provider = x->s->provider, .name = x->name, .outcome = "queued"};
	struct body body;

	if (source_ask_put(tx->db, x->s->provider, x->name, tx->arena, err) < 0)
		return -1;
	body_set_text(&body, fields_canonical(&webhook_receipt_table, &receipt, tx->arena, NULL));
	command_answer(c, 202, NULL, &body);
	return 0;
}

static void ask_after(struct engine *e, struct db *reader, struct command *c)
{
	struct source *s = ((struct ask *)c->args)->s;

	s->asked = true;
	s->hooks_queued++;
}

int source_ask(struct engine *e, struct command *c, const char *provider, const char *name,
	struct err *err)
{
	static const struct command_kind kind = {
		.name = "source_ask", .apply = ask_apply, .after = ask_after};
	struct source *s = source_find_in(e->sources, provider);
	struct ask *x = ARENA_NEW(c->arena, struct ask);

	if (!s)
		return err_set(err, ERR_NOT_FOUND, "%s has no connector", provider);
	*x = (struct ask){s, name};
	c->kind = &kind;
	c->args = x;
	return command_submit(e, c, err);
}

static int pull_apply(struct tx *tx, struct command *c, struct err *err)
{
	const struct ask *x = c->args;
	struct provider_record p;
	struct body body;

	fields_init(&provider_record_table, &p);
	p.name = x->s->provider;
	if (source_ask_put(tx->db, p.name, "", tx->arena, err) < 0 ||
		provider_show(tx->engine, tx->db, &p, false, tx->arena, err) < 0)
		return -1;
	body_set_text(&body, fields_canonical(&provider_record_table, &p, tx->arena, NULL));
	command_answer(c, 202, arena_printf(c->arena, "/v1/providers/%s", p.name), &body);
	return 0;
}

/* A person does not wait for what was put off by itself. */
static void pull_after(struct engine *e, struct db *reader, struct command *c)
{
	struct source *s = ((struct ask *)c->args)->s;

	s->asked_not_before = 0;
	s->asked = true;
}

int source_pull(struct engine *e, struct command *c, const char *provider, struct err *err)
{
	static const struct command_kind kind = {
		.name = "source_pull", .apply = pull_apply, .after = pull_after};
	struct source *s = source_find_in(e->sources, provider);
	struct ask *x = ARENA_NEW(c->arena, struct ask);

	if (!s)
		return err_set(err, ERR_NOT_FOUND,
			"%s has no connector: its pipelines POST to /v1/manifests", provider);
	*x = (struct ask){s, ""};
	c->kind = &kind;
	c->args = x;
	return command_submit(e, c, err);
}

/* ---- What is pulled of it ---- */

/* An ingest by itself is the job's, and goes by what holds the job. */
static bool is_held(struct engine *e)
{
	const struct scheduler *s = e->scheduler;

	return !s->loaded || e->schedule_stale || !s->plan.schedule[JOB_INGEST] ||
	       deny_at(s->denies[JOB_INGEST], s->n_denies[JOB_INGEST], engine_now(e), NULL);
}

static void hold_again(struct source_asks *asks)
{
	size_t n = 0;

	for (size_t i = 0; i < asks->n; i++)
		if (strcmp(asks->v[i].name, SOURCE_ASK_AGAIN) != 0)
			asks->v[n++] = asks->v[i];
	asks->n = n;
	asks->again = false;
}

static void look_later(struct source *s)
{
	s->asked = true;
	s->asked_not_before = clock_mono(s->e->clock) + LATER_S * USEC_PER_SEC;
}

/* True: there is something to pull now, in s->taken and the source's arena. */
static bool take(struct source *s, struct db *reader)
{
	struct err err = {0};

	if (s->state != SOURCE_IDLE || clock_mono(s->e->clock) < s->asked_not_before ||
		!atomic_exchange(&s->asked, false))
		return false;
	s->arena = arena_new();
	if (source_asks_load(reader, s->provider, s->arena, &s->taken, &err) == 0 &&
		s->taken.again && is_held(s->e)) {
		hold_again(&s->taken);
		look_later(s);
	}
	if (err.code == ERR_NONE && s->taken.n)
		return true;
	if (err.code != ERR_NONE) {
		log_warn("source.asks_unread", LOG_STR("provider", s->provider), LOG_ERR(&err));
		look_later(s);
	}
	arena_free(s->arena);
	s->arena = NULL;
	s->taken = (struct source_asks){0};
	return false;
}

void asked_watch(struct engine *e, struct db *reader)
{
	struct source_set *set = e->sources;

	sources_tidy(e);
	for (size_t i = 0; i < set->n; i++) {
		struct source *s = &set->v[i];

		if (!take(s, reader) || source_start(s, SOURCE_INGEST_ASKED))
			continue;
		arena_free(s->arena);
		s->arena = NULL;
		asked_over(s, true);
	}
}

/* An ingest of the job's: until one of the provider went well, it is tried again. */
static int settle_again(struct tx *tx, const struct source *s, bool failed, struct err *err)
{
	struct source_asks asks;

	if (failed)
		return source_ask_put(tx->db, s->provider, SOURCE_ASK_AGAIN, tx->arena, err);
	if (source_asks_load(tx->db, s->provider, tx->arena, &asks, err) < 0)
		return -1;
	for (size_t i = 0; i < asks.n; i++) {
		const struct source_asks one = {.v = &asks.v[i], .n = 1};

		if (strcmp(asks.v[i].name, SOURCE_ASK_AGAIN) == 0)
			return source_asks_drop(tx->db, s->provider, &one, err);
	}
	return 0;
}

int asked_settle(struct tx *tx, const struct source *s, bool failed, struct err *err)
{
	if (s->task == SOURCE_INGEST)
		return settle_again(tx, s, failed, err);
	if (s->task != SOURCE_INGEST_ASKED || (failed && !source_is_partial(s)))
		return 0;
	if (source_asks_drop(tx->db, s->provider, &s->taken, err) < 0)
		return -1;
	/* One of the names may be what it stumbles over. */
	return failed ? source_ask_put(tx->db, s->provider, "", tx->arena, err) : 0;
}

void asked_over(struct source *s, bool failed)
{
	int64_t wait = AGAIN_S;

	s->asked_failures = failed ? s->asked_failures + 1 : 0;
	if (!failed) {
		s->asked_not_before = 0;
		return;
	}
	for (int i = 1; i < s->asked_failures && wait < AGAIN_MAX_S; i++)
		wait *= 2;
	s->asked = true;
	s->asked_not_before =
		clock_mono(s->e->clock) + (wait < AGAIN_MAX_S ? wait : AGAIN_MAX_S) * USEC_PER_SEC;
}
