/* SPDX-License-Identifier: Apache-2.0
 *
 * Drills. Only what a node has said since the start counts, so that the time is of this drill and not
 * of an old report; and all that were live then count to the end, so that none is passed over because
 * it fell silent. One at a time.
 */
#include "engine/drill.h"

#include "base/json_writer.h"
#include "base/log.h"
#include "engine/internal.h"
#include "model/phase.h"
#include "store/node.h"

enum { MISSING_SHOWN = 20, DATA_MAX = 4096 };

static const char *subject(const struct drill *d, struct arena *a)
{
	return arena_printf(a, "drill/%lld", (long long)d->id);
}

/* Canonical: keys in the order of RFC 8785. */
static const char *data_of(const struct drill *d, struct arena *a)
{
	STRBUF_AUTO sb = STRBUF_INIT(DATA_MAX);
	struct json_writer w;

	json_writer_init(&w, &sb);
	jw_object(&w);
	jw_kint(&w, "nodes", d->nodes);
	jw_kint(&w, "ready", d->ready);
	jw_kstring(&w, "release", d->release);
	if (d->took_ms >= 0)
		jw_kint(&w, "took_ms", d->took_ms);
	jw_end(&w);
	return arena_strndup(a, sb.buf, sb.len);
}

int drill_begin(
	struct tx *tx, const char *target, const char *reason, struct drill *ret, struct err *err)
{
	struct drill running, d = {.release = target,
				      .actor = tx->actor,
				      .reason = reason,
				      .phase = names_of(&phase_names, PHASE_RUNNING),
				      .started_at = tx->now,
				      .due_at = tx->now + DRILL_DUE_S * USEC_PER_SEC,
				      .took_ms = -1};
	int64_t live_since = tx->now - NODE_LIVE_S * USEC_PER_SEC;
	int rc = drill_running(tx->db, tx->arena, &running, err);

	if (rc > 0)
		return err_set(err, ERR_STATE_CONFLICT, "drill %lld of %s is running",
			(long long)running.id, running.release);
	if (rc < 0 || node_ready(tx->db, live_since, target, &d.nodes, &d.ready, err) < 0)
		return -1;
	d.ready = 0; /* not yet in this drill */
	if (d.nodes == 0)
		return err_set(err, ERR_STATE_CONFLICT,
			"no node was heard of within %d s: there is nobody to drill", NODE_LIVE_S);
	if (drill_insert(tx->db, &d, live_since, &d.id, err) < 0 ||
		tx_event(tx, EVENT_DRILL_STARTED, subject(&d, tx->arena), reason,
			data_of(&d, tx->arena), NULL, err) < 0)
		return -1;
	*ret = d;
	return 0;
}

static int finish(struct tx *tx, struct drill *d, enum event_type type, struct err *err)
{
	int rc;

	d->finished_at = tx->now;
	rc = drill_finish(tx->db, d, tx->arena, err);
	if (rc <= 0)
		return rc;
	return tx_event(
		tx, type, subject(d, tx->arena), d->reason, data_of(d, tx->arena), NULL, err);
}

int drill_check(struct tx *tx, struct err *err)
{
	struct drill d;
	int rc = drill_running(tx->db, tx->arena, &d, err);

	if (rc <= 0)
		return rc;
	if (drill_mark(tx->db, &d, tx->now, err) < 0)
		return -1;
	if (d.nodes > 0 && d.ready == d.nodes) {
		d.phase = names_of(&phase_names, PHASE_SUCCEEDED);
		d.took_ms = (tx->now - d.started_at) / USEC_PER_MSEC;
		return finish(tx, &d, EVENT_DRILL_SUCCEEDED, err);
	}
	if (tx->now < d.due_at)
		return 0;
	d.phase = names_of(&phase_names, PHASE_FAILED);
	if (drill_names(tx->db, &d, MISSING_SHOWN, tx->arena, err) < 0)
		return -1;
	return finish(tx, &d, EVENT_DRILL_FAILED, err);
}

static int watch_apply(struct tx *tx, struct command *c, struct err *err)
{
	return drill_check(tx, err);
}

static const struct command_kind watch_kind = {.name = "drill_watch", .apply = watch_apply};

void drill_watch(struct engine *e, struct db *reader)
{
	ARENA_AUTO a = arena_new();
	struct err err = {0};
	struct drill d;
	struct command c = engine_job(&watch_kind, "controller:drill", NULL, a, NULL);
	int rc = drill_running(reader, a, &d, &err);

	if (rc > 0)
		rc = engine_commit(e, &c, &err);
	if (rc < 0)
		log_warn("drill.failed", LOG_ERR(&err));
}
