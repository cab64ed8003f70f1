/* SPDX-License-Identifier: Apache-2.0
 *
 * The answers about what keeps a merge from being promoted, and an artifact from being merged: the
 * list of engine/blockers.h, and when it could go on.
 */
#include <math.h>
#include <string.h>

#include "base/clock.h"
#include "engine/checklist.h"
#include "engine/explain.h"
#include "engine/fuse.h"
#include "engine/render.h"
#include "engine/schedule.h"
#include "store/artifact.h"
#include "store/waiver.h"

static void begin(struct promotability *ret, struct blocker_list *b, struct arena *a)
{
	fields_init(&promotability_table, ret);
	ret->needs.v = ARENA_ARRAY(a, NEEDS_MAX, const char *);
	blockers_begin(b, a);
}

static void add_need(struct promotability *p, const char *needs)
{
	for (size_t i = 0; i < p->needs.n; i++)
		if (strcmp(p->needs.v[i], needs) == 0)
			return;
	if (p->needs.n < NEEDS_MAX)
		p->needs.v[p->needs.n++] = needs;
}

/* ---- When ---- */

/* When everything that goes by itself is gone; 0: something else has to come. */
static int64_t list_clears(struct promotability *p, int64_t now)
{
	bool by_itself = true;

	for (size_t i = 0; i < p->blockers.n; i++) {
		const struct blocker *b = LIST_AT(&p->blockers, struct blocker, i);

		if (b->until > now)
			now = b->until;
		by_itself = by_itself && b->until;
		if (!b->until && b->needs)
			add_need(p, b->needs);
	}
	return by_itself ? now : 0;
}

/* A unit that passes only by a waiver does so until that ends. */
static int check_waivers(struct db *db, const struct artifact_row *row, struct promotability *p,
	struct arena *a, struct err *err)
{
	struct judgement j;

	if (!row->judgement_seq)
		return 0;
	if (judgement_load(db, row, a, &j, err) < 0)
		return -1;
	for (size_t i = 0; i < j.gates.n; i++) {
		const struct gate_result *g = LIST_AT(&j.gates, struct gate_result, i);
		char until[TIME_STRLEN], open[TIME_STRLEN];
		struct waiver_row w;

		if (g->waived != 1 || !p->earliest)
			continue;
		if (waiver_find_id(db, g->waiver, a, &w, err) <= 0)
			return err_set(err, ERR_STORAGE, "waiver %s is missing", g->waiver);
		if (w.waiver.expires_at > p->earliest)
			continue;
		add_need(p, arena_printf(a,
				    "another waiver of %s for %s: %s ends at %s, before promotions "
				    "open at %s",
				    names_of(&gate_names, g->gate), row->id, g->waiver,
				    time_format(w.waiver.expires_at, until),
				    time_format(p->earliest, open)));
		p->earliest = 0;
	}
	return 0;
}

static int finish(struct db *db, struct promotability *p, struct blocker_list *b,
	const struct snapshot *s, int64_t now, struct arena *a, struct err *err)
{
	struct cadence_plan plan;
	struct promote_door door;
	int64_t from;

	blockers_finish(b);
	p->blockers = b->list;
	p->promotable = b->list.n == 0;
	from = list_clears(p, now);
	if (!from)
		return 0;
	if (schedule_plan(db, &s->policy, now, a, &plan, err) < 0)
		return -1;
	promote_door(&plan, from, a, &door);
	p->earliest = door.next_open;
	if (!p->earliest)
		add_need(p, "a policy whose window for promotions opens again");
	return 0;
}

/* ---- Merges ---- */

int merge_promotability(struct engine *e, struct db *reader, const struct snapshot *s,
	const char *version, int64_t now, struct arena *a, struct promotability *ret,
	struct err *err)
{
	struct blocker_list blockers;
	struct checklist c;
	struct merge_case m;
	int rc = merge_case_load(reader, version, a, &m, err);

	if (rc <= 0)
		return rc;
	begin(ret, &blockers, a);
	ret->merge = m.row.version;
	ret->state = m.row.state;
	if (checklist_load(e, reader, s, &m, now, &c, &blockers, err) < 0)
		return -1;
	blockers_finish(&blockers);
	ret->blockers = blockers.list;
	ret->promotable = blockers.list.n == 0;
	ret->earliest = c.earliest;
	/* A blocker may need something else than the item's first one. */
	list_clears(ret, now);
	for (size_t i = 0; i < c.needs.n; i++)
		add_need(ret, c.needs.v[i]);
	return 1;
}

/* ---- Artifacts ---- */

/* Judged as a merge would now, with its share of alpha. */
static int judge_share(struct db *db, const struct artifact_row *row, const struct snapshot *s,
	int slot, int64_t now, struct at_merge *at, struct blocker_list *b, struct err *err)
{
	struct unit *u = ARENA_NEW(b->arena, struct unit);
	struct verdict_record record;
	struct verdict_case k;

	if (unit_load(row, b->arena, u, err) < 0 ||
		verdict_case_load(db, row, u, s, slot, now, b->arena, &k, err) < 0)
		return -1;
	k.contenders = at->competing;
	verdict_make(&k, s, slot, b->arena, &record);
	at->phase = record.judgement.phase;
	at->alpha = record.judgement.alpha;
	at->passes = at->phase == PHASE_SUCCEEDED;
	if (at->competing < 2)
		at->detail = "no other competes for its slot now, so that alpha is not split";
	else
		at->detail = arena_printf(b->arena,
			"%lld compete for the slot %s now, so a merge judges each at alpha / %lld "
			"= %.4g; with that it %s",
			(long long)at->competing, row->slot, (long long)at->competing, at->alpha,
			at->passes ? "still passes, and the best of those that do is chosen"
				   : "does not pass");
	if (!at->passes)
		blockers_add_judgement(b, &record.judgement,
			arena_printf(b->arena, "at alpha / %lld, its share at a merge now",
				(long long)at->competing),
			row->slot, row->id);
	return 0;
}

static int add_share(struct db *db, const struct artifact_row *row, const struct snapshot *s,
	int slot, int64_t now, struct promotability *p, struct blocker_list *b, struct err *err)
{
	struct at_merge *at = ARENA_NEW(b->arena, struct at_merge);
	int64_t passing;

	*at = (struct at_merge){.phase = names_find(&phase_names, row->phase)};
	if (fuse_competing(db, s, slot, b->arena, &passing, &at->competing, err) < 0)
		return -1;
	p->at_merge = at;
	if (b->list.n == 0)
		return judge_share(db, row, s, slot, now, at, b, err);
	at->alpha = (double)NAN;
	at->detail = arena_printf(b->arena,
		"it does not pass with all of alpha, so that a share of it does not matter; "
		"candidates that compete for the slot %s now: %lld",
		row->slot, (long long)at->competing);
	return 0;
}

/* A merge is made of units for every required slot, whatever this one is like. */
static int add_empty_slots(struct db *db, const struct artifact_row *row, const struct snapshot *s,
	struct blocker_list *b, struct err *err)
{
	for (size_t i = 0; i < s->policy.slots.n; i++) {
		const struct policy_slot *slot = LIST_AT(&s->policy.slots, struct policy_slot, i);
		int64_t passing, competing;
		struct blocker *one;

		if (slot->required != 1 || s->baseline_seqs[i] || !strcmp(slot->name, row->slot))
			continue;
		if (fuse_competing(db, s, (int)i, b->arena, &passing, &competing, err) < 0)
			return -1;
		if (passing)
			continue;
		one = blocker_add(b, ERR_MERGE_NOT_READY,
			arena_printf(b->arena,
				"the slot %s, which is required, is empty: nothing is live there "
				"and no candidate passes",
				slot->name));
		one->slot = slot->name;
		one->reason = "slot_empty";
		one->needs = arena_printf(b->arena, "a candidate of %s for the slot %s that passes",
			slot->provider, slot->name);
	}
	return 0;
}

static int artifact_blockers(struct db *db, const struct artifact_row *row,
	const struct snapshot *s, int64_t now, struct promotability *p, struct blocker_list *b,
	struct err *err)
{
	int slot = row->slot ? slot_index(&s->policy, row->slot) : -1;

	if (!row->slot) {
		blocker_add(b, ERR_STATE_CONFLICT,
			"it is evidence: the gates judge what it speaks about")
			->needs = row->subject ? arena_printf(b->arena, "a look at its subject, %s",
							 row->subject)
					       : "nothing: it is never merged itself";
		return 0;
	}
	if (slot >= 0 && s->baseline_seqs[slot] == row->seq) {
		blocker_add(b, ERR_STATE_CONFLICT,
			arena_printf(b->arena, "it is live: release %s has it in the slot %s",
				s->channel.version, row->slot))
			->needs = "another candidate for its slot";
		return 0;
	}
	if (blockers_add_unit(db, row, b, err) < 0)
		return -1;
	if (slot >= 0 && !row->withdrawn_at && !row->held_by && row->judgement_seq &&
		add_share(db, row, s, slot, now, p, b, err) < 0)
		return -1;
	return add_empty_slots(db, row, s, b, err);
}

int artifact_promotability(struct db *reader, const struct snapshot *s, const char *provider,
	const char *id, int64_t now, struct arena *a, struct promotability *ret, struct err *err)
{
	struct blocker_list blockers;
	struct artifact_row row;
	int rc = artifact_find(reader, provider, id, a, &row, err);

	if (rc <= 0)
		return rc;
	begin(ret, &blockers, a);
	ret->artifact = row.id;
	ret->state = row.phase;
	if (artifact_blockers(reader, &row, s, now, ret, &blockers, err) < 0 ||
		finish(reader, ret, &blockers, s, now, a, err) < 0 ||
		check_waivers(reader, &row, ret, a, err) < 0)
		return -1;
	return 1;
}
