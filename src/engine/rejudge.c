/* SPDX-License-Identifier: Apache-2.0
 *
 * Follow-up work on the ops thread: candidates whose baseline or policy moved are judged anew, in
 * pages, outside the writer; the outbox makes that survive a crash.
 */
#include <string.h>

#include "base/log.h"
#include "engine/internal.h"
#include "engine/render.h"
#include "engine/verdict.h"
#include "store/event.h"

enum { REJUDGE_PAGE = 64, RESLOT_PAGE = 500, OUTBOX_PAGE = 32, RETRY_S = 30 };

#define ACTOR "controller:engine"

struct rejudge_item {
	const struct artifact_row *old;
	struct artifact_row row;
	struct verdict_record verdict;
	struct body body;
	struct unit unit;
};

struct rejudge {
	struct rejudge_item *items;
	size_t n;
};

static int rejudge_one(struct tx *tx, struct rejudge_item *it, struct err *err)
{
	int rc;

	it->row.updated_at = tx->now;
	rc = verdict_store(tx, &it->row, &it->verdict, it->old->phase, err);
	if (rc != 0)
		return rc;
	artifact_render(&it->row, it->unit.artifact, metrics_render(it->unit.artifact, tx->arena),
		tx->arena, &it->body);
	rc = artifact_state_set(tx->db, it->old, &it->row, &it->body, RENDER_VERSION, err);
	/* It changed while it was judged: evidence came, or a waiver. */
	return rc > 0 ? 0 : rc < 0 ? -1 : COMMAND_STALE;
}

static int rejudge_apply(struct tx *tx, struct command *c, struct err *err)
{
	struct rejudge *r = c->args;

	if (command_stale(tx, c))
		return COMMAND_STALE;
	for (size_t i = 0; i < r->n; i++) {
		int rc = rejudge_one(tx, &r->items[i], err);

		if (rc != 0)
			return rc;
	}
	return 0;
}

static const struct command_kind rejudge_kind = {.name = "rejudge", .apply = rejudge_apply};

/* Judge one page of a slot; *ret_more says whether it was a full one. */
static int rejudge_page(struct engine *e, struct db *reader, struct snapshot *s, int slot,
	bool *ret_more, struct err *err)
{
	ARENA_AUTO a = arena_new();
	const char *name = LIST_AT(&s->policy.slots, struct policy_slot, slot)->name;
	const char *context = s->fields[slot].context;
	struct artifact_list page;
	struct rejudge r = {0};
	struct command c = engine_job(&rejudge_kind, ACTOR, &r, a, s);

	if (artifact_stale(
		    reader, name, context, s->baseline_seqs[slot], REJUDGE_PAGE, a, &page, err) < 0)
		return -1;
	*ret_more = page.n == REJUDGE_PAGE;
	if (page.n == 0)
		return 0;
	r.items = ARENA_ARRAY(a, page.n, struct rejudge_item);
	for (; r.n < page.n; r.n++) {
		struct rejudge_item *it = &r.items[r.n];
		struct verdict_case k;

		it->old = &page.v[r.n];
		if (unit_load(it->old, a, &it->unit, err) < 0 ||
			verdict_case_load(
				reader, it->old, &it->unit, s, slot, engine_now(e), a, &k, err) < 0)
			return -1;
		verdict_make(&k, s, slot, a, &it->verdict);
		it->row = *it->old;
		it->row.phase = names_of(&phase_names, it->verdict.judgement.phase);
		it->row.context = context;
		it->row.gates = it->verdict.gates;
		it->row.score = it->verdict.judgement.score;
	}
	return engine_commit(e, &c, err);
}

/* Between two pages: the outbox holds what is left, and a stop must not wait for all of it. */
static int go_on(struct engine *e, struct err *err)
{
	return e->draining ? err_set(err, ERR_DRAINING, "the rest is judged after the next start")
			   : 0;
}

static int rejudge_slots(struct engine *e, struct db *reader, struct snapshot *s, struct err *err)
{
	for (size_t i = 0; i < s->policy.slots.n; i++) {
		bool more = true;

		while (more) {
			int rc = go_on(e, err);

			if (rc == 0)
				rc = rejudge_page(e, reader, s, (int)i, &more, err);
			if (rc != 0)
				return rc;
		}
	}
	return 0;
}

int rejudge_all(struct engine *e, struct db *reader, struct err *err)
{
	for (int attempt = 0; attempt < COMMAND_ATTEMPTS; attempt++) {
		SNAPSHOT_AUTO s = snapshot_get(e);
		int rc = rejudge_slots(e, reader, s, err);

		if (rc != COMMAND_STALE)
			return rc;
	}
	return err_set(err, ERR_UNAVAILABLE, "the channel keeps moving");
}

static int reslot_apply(struct tx *tx, struct command *c, struct err *err)
{
	const struct policy_slot *slot = c->args;

	return artifact_state_reslot(tx->db, slot->provider, slot->role ? slot->role : slot->name,
		slot->name, RESLOT_PAGE, err);
}

static const struct command_kind reslot_kind = {.name = "reslot", .apply = reslot_apply};

/* After a change of policy: units that have another place now. */
static int reslot_all(struct engine *e, struct db *reader, struct err *err)
{
	ARENA_AUTO a = arena_new();
	SNAPSHOT_AUTO s = snapshot_get(e);

	for (size_t i = 0; i < s->policy.slots.n; i++) {
		struct policy_slot *slot = LIST_AT(&s->policy.slots, struct policy_slot, i);
		struct command c = engine_job(&reslot_kind, ACTOR, slot, a, s);
		int rc;

		while ((rc = artifact_misplaced(reader, slot->provider,
				slot->role ? slot->role : slot->name, slot->name, err)) > 0)
			if (go_on(e, err) < 0 || engine_commit(e, &c, err) < 0)
				return -1;
		if (rc < 0)
			return -1;
	}
	return 0;
}

static int outbox_apply(struct tx *tx, struct command *c, struct err *err)
{
	const struct outbox_row *row = c->args;

	return outbox_done(tx->db, row->id, tx->now, err) < 0 ? -1 : 0;
}

static int outbox_retry_apply(struct tx *tx, struct command *c, struct err *err)
{
	const struct outbox_row *row = c->args;

	return outbox_retry(tx->db, row->id, tx->now + RETRY_S * USEC_PER_SEC, err) < 0 ? -1 : 0;
}

static const struct command_kind outbox_kind = {.name = "outbox_done", .apply = outbox_apply};
static const struct command_kind retry_kind = {.name = "outbox_retry", .apply = outbox_retry_apply};

static int outbox_work(
	struct engine *e, struct db *reader, const struct outbox_row *row, struct err *err)
{
	if (strcmp(row->kind, OUTBOX_RESLOT) == 0 && reslot_all(e, reader, err) < 0)
		return -1;
	return rejudge_all(e, reader, err);
}

/* False when the row is still to be done. */
static bool outbox_one(struct engine *e, struct db *reader, struct outbox_row *row, struct arena *a)
{
	struct err err = {0};
	struct command c = engine_job(&outbox_kind, ACTOR, row, a, NULL);

	if (outbox_work(e, reader, row, &err) < 0) {
		if (err.code == ERR_DRAINING)
			return false;
		log_warn("outbox.failed", LOG_STR("kind", row->kind), LOG_ERR(&err));
		c.kind = &retry_kind;
	}
	if (engine_commit(e, &c, &err) == 0)
		return c.kind == &outbox_kind;
	log_warn("outbox.failed", LOG_STR("kind", row->kind), LOG_ERR(&err));
	return false;
}

void outbox_run(struct engine *e, struct db *reader)
{
	ARENA_AUTO a = arena_new();
	struct outbox_row *rows;
	struct err err = {0};
	size_t n, done = 0;

	if (outbox_due(reader, engine_now(e), OUTBOX_PAGE, a, &rows, &n, &err) < 0) {
		log_warn("outbox.failed", LOG_ERR(&err));
		return;
	}
	for (size_t i = 0; i < n; i++)
		done += outbox_one(e, reader, &rows[i], a);
	/* Failed ones wait for the next look, or a registry that can't be written would be tried
	 * without a pause. */
	if (done == OUTBOX_PAGE)
		e->outbox_waits = true;
}
