/* SPDX-License-Identifier: Apache-2.0
 *
 * How a look at a provider's place went: its row, the event when it begins to fail or recovers, the
 * counters and the log.
 */
#include "base/json_writer.h"
#include "base/log.h"
#include "engine/source_run.h"

enum { DATA_MAX = 64 << 10 };

static int went_event(
	struct tx *tx, const struct source *s, const struct source_row *old, struct err *err)
{
	const struct err *why = &s->report.err;
	STRBUF_AUTO sb = STRBUF_INIT(DATA_MAX);
	struct json_writer w;

	if (why->code == ERR_NONE)
		return old->failing_since ? tx_event(tx, EVENT_PROVIDER_RECOVERED, s->provider,
						    NULL, NULL, NULL, err)
					  : 0;
	if (old->failing_since)
		return 0;
	json_writer_init(&w, &sb);
	jw_object(&w);
	jw_kstring(&w, "code", err_info(why->code)->code);
	jw_kstring(&w, "connector", s->kind->name);
	jw_kstring(&w, "detail", why->msg);
	jw_end(&w);
	if (!json_writer_done(&w))
		return err_set(
			err, ERR_INTERNAL, "why %s fails is too long to be told", s->provider);
	return tx_event(tx, EVENT_PROVIDER_FAILED, s->provider, NULL, sb.buf, NULL, err);
}

static int went_apply(struct tx *tx, struct command *c, struct err *err)
{
	const struct source *s = c->args;
	const struct err *why = &s->report.err;
	struct source_row old = {0};

	/* That a part could be read says nothing of the whole. */
	if (source_is_partial(s) && why->code == ERR_NONE)
		return asked_settle(tx, s, false, err);
	if (source_find(tx->db, s->provider, tx->arena, &old, err) < 0 ||
		went_event(tx, s, &old, err) < 0 ||
		asked_settle(tx, s, why->code != ERR_NONE, err) < 0)
		return -1;
	struct source_row row = old;

	row.provider = s->provider;
	row.connector = s->kind->name;
	row.last_run_at = tx->now;
	row.listed = (int64_t)s->report.listed;
	if (why->code == ERR_NONE) {
		row.last_success_at = tx->now;
		row.failing_since = 0;
	} else {
		row.failing_since = old.failing_since ? old.failing_since : tx->now;
		row.code = err_info(why->code)->code;
		row.detail = why->msg;
		row.failed_at = tx->now;
		row.listed = old.listed;
	}
	return source_put(tx->db, &row, err);
}

static void count(struct source *s)
{
	const struct source_report *r = &s->report;
	bool failed = r->err.code != ERR_NONE;

	s->runs++;
	s->failures += failed;
	s->failing = failed || (source_is_partial(s) && s->failing);
	s->fresh += r->fresh;
	s->refused += r->refused + r->conflicts;
	if (!failed && !source_is_partial(s))
		s->last_success = engine_now(s->e);
}

static void say(const struct source *s)
{
	const struct source_report *r = &s->report;

	if (r->err.code != ERR_NONE)
		log_warn("source.failed", LOG_STR("provider", s->provider), LOG_ERR(&r->err));
	log_info("source.read", LOG_STR("provider", s->provider),
		LOG_INT("listed", (int64_t)r->listed), LOG_INT("unchanged", (int64_t)r->unchanged),
		LOG_INT("new", (int64_t)r->fresh), LOG_INT("known", (int64_t)r->known),
		LOG_INT("refused", (int64_t)r->refused), LOG_INT("failed", (int64_t)r->failed),
		LOG_INT("left", (int64_t)r->left));
}

void source_went(struct source *s, struct db *reader)
{
	static const struct command_kind kind = {.name = "source_went", .apply = went_apply};
	ARENA_AUTO a = arena_new();
	struct err err = {0};

	/* Cut off: the next start takes it up. */
	if (s->e->sources->stop)
		return;
	if (source_run_one(s, reader, &kind, s, a, &err) < 0) {
		log_error("source.not_recorded", LOG_STR("provider", s->provider), LOG_ERR(&err));
		if (s->task == SOURCE_INGEST_ASKED)
			s->report.err = err;
	}
	count(s);
	say(s);
}
