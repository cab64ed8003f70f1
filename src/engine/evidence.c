/* SPDX-License-Identifier: Apache-2.0
 *
 * Brings evidence and its subjects together, whichever comes first, and gives up what waits too long.
 */
#include "engine/evidence.h"

#include <string.h>

#include "base/log.h"
#include "engine/artifact.h"
#include "engine/internal.h"
#include "engine/render.h"
#include "store/evidence.h"

enum { OVERDUE_PAGE = 64, WATCH_S = 60 };

#define DAY_USEC (INT64_C(86400) * USEC_PER_SEC)

int evidence_load(
	struct db *db, const char *subject, struct arena *a, struct evidence *ret, struct err *err)
{
	struct evidence_list list;
	struct evidence e = {0};

	if (evidence_about(db, subject, EVIDENCE_MAX, a, &list, err) < 0)
		return -1;
	if (list.n) {
		e.v = ARENA_ARRAY(a, list.n, const struct unit *);
		e.seqs = ARENA_ARRAY(a, list.n, int64_t);
	}
	for (; e.n < list.n; e.n++) {
		const struct artifact_row row = {.id = subject,
			.digest = list.v[e.n].digest,
			.content = list.v[e.n].content};
		struct unit *u = ARENA_NEW(a, struct unit);

		if (unit_load(&row, a, u, err) < 0)
			return err_wrap(err, "evidence about %s", subject);
		e.v[e.n] = u;
		e.seqs[e.n] = list.v[e.n].seq;
	}
	units_sort(e.v, e.n);
	*ret = e;
	return 0;
}

void evidence_add(struct evidence *e, const struct unit *u, struct arena *a)
{
	const struct unit **v = ARENA_ARRAY(a, e->n + 1, const struct unit *);

	if (e->n)
		memcpy(v, e->v, e->n * sizeof(*v));
	v[e->n++] = u;
	e->v = v;
	units_sort(e->v, e->n);
}

int evidence_same(struct tx *tx, const char *subject, const struct evidence *e, struct err *err)
{
	int64_t *seqs;
	size_t n;

	if (evidence_seqs(tx->db, subject, EVIDENCE_MAX, tx->arena, &seqs, &n, err) < 0)
		return -1;
	return n == e->n && (n == 0 || memcmp(seqs, e->seqs, n * sizeof(*seqs)) == 0);
}

int candidate_due(struct tx *tx, int64_t seq, struct err *err)
{
	int64_t event = tx->engine->state.event_seq;

	/* Never a context, and never the mark of another change. */
	if (artifact_touch(tx->db, seq, arena_printf(tx->arena, "!%lld", (long long)event), err) <
		0)
		return -1;
	return tx_outbox(tx, event, OUTBOX_REJUDGE, "{}", err);
}

int sides_moved(struct tx *tx, struct err *err)
{
	tx->engine->state.sides++;
	tx->moved = true;
	return tx_outbox(tx, tx->engine->state.event_seq, OUTBOX_REJUDGE, "{}", err);
}

static bool is_side(const struct snapshot *s, int64_t seq)
{
	for (size_t i = 0; i < s->policy.slots.n; i++)
		if (s->baseline_seqs[i] == seq || s->fields[i].anchor_seq == seq)
			return true;
	return false;
}

int evidence_moved(struct tx *tx, const struct snapshot *s, const char *subject, bool *ret_found,
	struct err *err)
{
	struct artifact_place *places;
	size_t n;

	if (artifact_places(tx->db, subject, tx->arena, &places, &n, err) < 0)
		return -1;
	for (size_t i = 0; i < n; i++) {
		if (places[i].has_slot && candidate_due(tx, places[i].seq, err) < 0)
			return -1;
		if (is_side(s, places[i].seq) && sides_moved(tx, err) < 0)
			return -1;
	}
	*ret_found = n > 0;
	return 0;
}

/* One that was held becomes `phase`, and the history says so. */
static int settle(struct tx *tx, int64_t seq, enum phase phase, enum event_type type,
	const char *reason, struct err *err)
{
	struct artifact_row old, row;
	struct body body;

	if (artifact_by_seq(tx->db, seq, tx->arena, &old, err) <= 0)
		return err_set(err, ERR_STORAGE, "artifact %lld is missing", (long long)seq);
	row = old;
	row.phase = names_of(&phase_names, phase);
	if (artifact_write(tx, &old, &row, &body, err) < 0)
		return -1;
	return tx_event(tx, type, row.id, reason,
		arena_printf(tx->arena, "{\"provider\":\"%s\",\"subject\":\"%s\"}", row.provider,
			row.subject),
		NULL, err);
}

int evidence_match(struct tx *tx, const char *id, struct err *err)
{
	int64_t *seqs;
	size_t n;

	if (evidence_held(tx->db, id, EVIDENCE_MAX, tx->arena, &seqs, &n, err) < 0)
		return -1;
	for (size_t i = 0; i < n; i++)
		if (settle(tx, seqs[i], PHASE_SUCCEEDED, EVENT_EVIDENCE_MATCHED, NULL, err) < 0)
			return -1;
	return 0;
}

/* ---- The clock ---- */

static int64_t held_before(const struct snapshot *s, int64_t now)
{
	return now - s->policy.evidence->hold_days * DAY_USEC;
}

static int overdue_apply(struct tx *tx, struct command *c, struct err *err)
{
	const struct snapshot *s = c->prepared;
	int64_t *seqs;
	size_t n;

	if (evidence_overdue(
		    tx->db, held_before(s, tx->now), OVERDUE_PAGE, tx->arena, &seqs, &n, err) < 0)
		return -1;
	for (size_t i = 0; i < n; i++)
		if (settle(tx, seqs[i], PHASE_ABORTED, EVENT_EVIDENCE_EXPIRED,
			    arena_printf(tx->arena, "its subject did not come within %lld days",
				    (long long)s->policy.evidence->hold_days),
			    err) < 0)
			return -1;
	return 0;
}

/* The outbox row hangs on the newest event: nothing happened but that time went by. */
static int anchor_apply(struct tx *tx, struct command *c, struct err *err)
{
	return sides_moved(tx, err);
}

static const struct command_kind overdue_kind = {.name = "evidence_expire", .apply = overdue_apply};
static const struct command_kind anchor_kind = {.name = "anchor_move", .apply = anchor_apply};

static int watch(
	struct engine *e, const struct command_kind *kind, struct snapshot *s, struct err *err)
{
	ARENA_AUTO a = arena_new();
	struct command c = engine_job(kind, "controller:evidence", NULL, a, s);

	return engine_commit(e, &c, err);
}

void evidence_watch(struct engine *e, struct db *reader)
{
	ARENA_AUTO a = arena_new();
	SNAPSHOT_AUTO s = snapshot_get(e);
	int64_t now = engine_now(e), *seqs;
	struct err err = {0};
	size_t n;

	e->next_evidence = clock_mono(e->clock) + WATCH_S * USEC_PER_SEC;
	if (evidence_overdue(reader, held_before(s, now), OVERDUE_PAGE, a, &seqs, &n, &err) < 0 ||
		(n && watch(e, &overdue_kind, s, &err) < 0) ||
		(s->anchor_until && now >= s->anchor_until &&
			watch(e, &anchor_kind, s, &err) < 0)) {
		log_error("evidence.watch_failed", LOG_ERR(&err));
		return;
	}
	if (n == OVERDUE_PAGE)
		e->next_evidence = clock_mono(e->clock);
}
