/* SPDX-License-Identifier: Apache-2.0
 *
 * Follow-up work on the ops thread: candidates whose baseline or policy moved are judged anew, in
 * pages, outside the writer; the outbox makes that survive a crash. No command waits for all of it:
 * it goes on in bites between them.
 */
#include <string.h>

#include "base/log.h"
#include "engine/internal.h"
#include "engine/render.h"
#include "engine/verdict.h"
#include "store/event.h"

enum {
	REJUDGE_PAGE = 64,    /* in one transaction */
	REJUDGE_BITE = 256,   /* between two commands */
	REJUDGE_NEWEST = 512, /* of each slot, before a command that changed it is answered */
	RESLOT_PAGE = 500,
	RESLOT_PAGES = 8, /* between two commands */
	OUTBOX_PAGE = 32,
	RETRY_S = 30,
};

enum { REJUDGED = 2 }; /* beside COMMAND_STALE */

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

static int judge_rows(struct engine *e, struct db *reader, struct snapshot *s, int slot,
	const struct artifact_row *rows, size_t n, struct arena *a, struct err *err)
{
	struct rejudge r = {.items = ARENA_ARRAY(a, n, struct rejudge_item)};
	struct command c = engine_job(&rejudge_kind, ACTOR, &r, a, s);

	for (; r.n < n; r.n++) {
		struct rejudge_item *it = &r.items[r.n];
		struct verdict_case k;

		it->old = &rows[r.n];
		if (unit_load(it->old, a, &it->unit, err) < 0 ||
			verdict_case_load(
				reader, it->old, &it->unit, s, slot, engine_now(e), a, &k, err) < 0)
			return -1;
		verdict_make(&k, s, slot, a, &it->verdict);
		it->row = *it->old;
		it->row.phase = names_of(&phase_names, it->verdict.judgement.phase);
		it->row.context = s->fields[slot].context;
		it->row.gates = it->verdict.gates;
		it->row.score = it->verdict.judgement.score;
	}
	return engine_commit(e, &c, err);
}

static const char *slot_name(const struct snapshot *s, size_t slot)
{
	return LIST_AT(&s->policy.slots, struct policy_slot, slot)->name;
}

/* Judge at most `limit` of what is stale in a slot; in *ret_n how many there were. */
static int judge_page(struct engine *e, struct db *reader, struct snapshot *s, size_t slot,
	size_t limit, size_t *ret_n, struct err *err)
{
	ARENA_AUTO a = arena_new();
	struct artifact_list page;

	if (artifact_stale(reader, slot_name(s, slot), s->fields[slot].context,
		    s->baseline_seqs[slot], (int64_t)limit, a, &page, err) < 0)
		return -1;
	*ret_n = page.n;
	return page.n ? judge_rows(e, reader, s, (int)slot, page.v, page.n, a, err) : 0;
}

/* Between two pages: the outbox holds what is left, and a stop must not wait for all of it. */
static int go_on(struct engine *e, struct err *err)
{
	return e->draining ? err_set(err, ERR_DRAINING, "the rest is judged after the next start")
			   : 0;
}

/* 0 when nothing is stale any more, REJUDGED after REJUDGE_BITE; COMMAND_STALE, -1. */
static int judge_slots(struct engine *e, struct db *reader, struct snapshot *s, struct err *err)
{
	size_t left = REJUDGE_BITE;

	for (size_t i = 0; i < s->policy.slots.n;) {
		size_t n, limit = left < REJUDGE_PAGE ? left : REJUDGE_PAGE;
		int rc = go_on(e, err);

		if (rc == 0)
			rc = judge_page(e, reader, s, i, limit, &n, err);
		if (rc != 0)
			return rc;
		left -= n;
		if (left == 0)
			return REJUDGED;
		if (n < limit)
			i++;
	}
	return 0;
}

static int judge_bite(struct engine *e, struct db *reader, struct err *err)
{
	for (int attempt = 0; attempt < COMMAND_ATTEMPTS; attempt++) {
		SNAPSHOT_AUTO s = snapshot_get(e);
		int rc = judge_slots(e, reader, s, err);

		if (rc != COMMAND_STALE)
			return rc == REJUDGED ? 1 : rc;
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

/* After a change of policy: units that have another place now. 0: each has its place; 1: some wait. */
static int reslot_bite(struct engine *e, struct db *reader, struct err *err)
{
	ARENA_AUTO a = arena_new();
	SNAPSHOT_AUTO s = snapshot_get(e);
	int pages = RESLOT_PAGES;

	for (size_t i = 0; i < s->policy.slots.n; i++) {
		struct policy_slot *slot = LIST_AT(&s->policy.slots, struct policy_slot, i);
		struct command c = engine_job(&reslot_kind, ACTOR, slot, a, s);
		int rc;

		while ((rc = artifact_misplaced(reader, slot->provider,
				slot->role ? slot->role : slot->name, slot->name, err)) > 0) {
			if (pages-- == 0)
				return 1;
			if (go_on(e, err) < 0 || engine_commit(e, &c, err) < 0)
				return -1;
		}
		if (rc < 0)
			return -1;
	}
	return 0;
}

int rejudge_bite(struct engine *e, struct db *reader, struct err *err)
{
	int rc = outbox_open(reader, OUTBOX_RESLOT, err);

	/* Also when that row failed and waits for another try: who asks wants what holds now. */
	if (rc > 0)
		rc = reslot_bite(e, reader, err);
	return rc != 0 ? rc : judge_bite(e, reader, err);
}

int rejudge_units(struct engine *e, struct db *reader, struct snapshot *s,
	const struct unit_row *units, size_t n, struct err *err)
{
	for (size_t i = 0; i < n; i++) {
		ARENA_AUTO a = arena_new();
		int slot = slot_index(&s->policy, units[i].slot), rc;
		struct artifact_row row;

		/* Live meanwhile, by a rollback, it is no candidate. */
		if (units[i].kept || slot < 0 || units[i].artifact_seq == s->baseline_seqs[slot])
			continue;
		rc = artifact_by_seq(reader, units[i].artifact_seq, a, &row, err);
		if (rc < 0)
			return -1;
		if (rc > 0 && !row.withdrawn_at &&
			strcmp(row.context, s->fields[slot].context) != 0)
			rc = judge_rows(e, reader, s, slot, &row, 1, a, err);
		if (rc < 0)
			return -1;
	}
	return 0;
}

/* Judge these, newest first, in pages. */
static int judge_seqs(struct engine *e, struct db *reader, struct snapshot *s, size_t slot,
	const int64_t *seqs, size_t n, struct err *err)
{
	while (n > 0) {
		ARENA_AUTO a = arena_new();
		size_t page = n < REJUDGE_PAGE ? n : REJUDGE_PAGE;
		struct artifact_row *rows = ARENA_ARRAY(a, page, struct artifact_row);
		int rc = go_on(e, err);

		for (size_t i = 0; rc == 0 && i < page; i++)
			if (artifact_by_seq(reader, seqs[i], a, &rows[i], err) <= 0)
				return -1;
		if (rc == 0)
			rc = judge_rows(e, reader, s, (int)slot, rows, page, a, err);
		if (rc != 0)
			return rc;
		seqs += page;
		n -= page;
	}
	return 0;
}

static int judge_newest(struct engine *e, struct db *reader, struct err *err)
{
	ARENA_AUTO a = arena_new();
	SNAPSHOT_AUTO s = snapshot_get(e);
	int rc = outbox_open(reader, OUTBOX_RESLOT, err);

	if (rc > 0)
		rc = reslot_bite(e, reader, err);
	for (size_t i = 0; rc == 0 && i < s->policy.slots.n; i++) {
		int64_t *seqs;
		size_t n;

		rc = artifact_stale_newest(reader, slot_name(s, i), s->fields[i].context,
			s->baseline_seqs[i], REJUDGE_NEWEST, a, &seqs, &n, err);
		if (rc == 0)
			rc = judge_seqs(e, reader, s, i, seqs, n, err);
	}
	return rc;
}

void rejudge_newest(struct engine *e, struct db *reader)
{
	struct err err = {0};

	/* What it leaves, the outbox holds. */
	if (judge_newest(e, reader, &err) < 0 && err.code != ERR_DRAINING)
		log_warn("rejudge.failed", LOG_ERR(&err));
}

static int outbox_apply(struct tx *tx, struct command *c, struct err *err)
{
	const struct outbox_row *row = c->args;

	if (outbox_done(tx->db, row->id, tx->now, err) < 0)
		return -1;
	/* What has its place now is judged there. */
	return strcmp(row->kind, OUTBOX_RESLOT) != 0
		       ? 0
		       : tx_outbox(tx, tx->engine->state.event_seq, OUTBOX_REJUDGE, "{}", err);
}

static int outbox_retry_apply(struct tx *tx, struct command *c, struct err *err)
{
	const struct outbox_row *row = c->args;

	return outbox_retry(tx->db, row->id, tx->now + RETRY_S * USEC_PER_SEC, err) < 0 ? -1 : 0;
}

static const struct command_kind outbox_kind = {.name = "outbox_done", .apply = outbox_apply};
static const struct command_kind retry_kind = {.name = "outbox_retry", .apply = outbox_retry_apply};

/* 1: the row is done; 0: there is more to do for it; -1: not now. */
static int outbox_one(struct engine *e, struct db *reader, struct outbox_row *row, struct arena *a)
{
	struct err err = {0};
	struct command c = engine_job(&outbox_kind, ACTOR, row, a, NULL);
	int rc = 0;

	if (strcmp(row->kind, OUTBOX_RESLOT) == 0)
		rc = reslot_bite(e, reader, &err);
	else
		rc = rejudge_bite(e, reader, &err);

	if (rc > 0)
		return 0;
	if (rc < 0) {
		if (err.code == ERR_DRAINING)
			return -1;
		log_warn("outbox.failed", LOG_STR("kind", row->kind), LOG_ERR(&err));
		c.kind = &retry_kind;
	}
	if (engine_commit(e, &c, &err) == 0)
		return rc == 0 ? 1 : -1;
	log_warn("outbox.failed", LOG_STR("kind", row->kind), LOG_ERR(&err));
	return -1;
}

void outbox_run(struct engine *e, struct db *reader)
{
	ARENA_AUTO a = arena_new();
	struct outbox_row *rows;
	struct err err = {0};
	size_t n, done = 0;
	int rc = 1;

	if (outbox_due(reader, engine_now(e), OUTBOX_PAGE, a, &rows, &n, &err) < 0) {
		log_warn("outbox.failed", LOG_ERR(&err));
		return;
	}
	for (size_t i = 0; rc != 0 && i < n; i++) {
		rc = outbox_one(e, reader, &rows[i], a);
		done += rc > 0;
	}
	/* Failed ones wait for the next look, or a registry that can't be written would be tried
	 * without a pause. */
	if (rc == 0 || done == OUTBOX_PAGE)
		e->outbox_waits = true;
}
