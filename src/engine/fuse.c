/* SPDX-License-Identifier: Apache-2.0
 *
 * Reads the contenders of each slot, lets policy/selection choose, and describes the choice.
 */
#include "engine/fuse.h"

#include <math.h>
#include <string.h>

#include "base/text.h"
#include "engine/blockers.h"
#include "engine/combine.h"
#include "engine/internal.h"
#include "engine/render.h"
#include "engine/verdict.h"
#include "policy/contract.h"
#include "policy/version.h"
#include "store/release.h"

enum { BEST_MAX = 16, EXPLAIN_MAX = 16 };

/* What it is ranked by. */
static struct contender contender_of(const struct artifact_row *row)
{
	return (struct contender){
		.id = row->id,
		.number = row->number,
		.phase = names_find(&phase_names, row->phase),
		.score = row->score,
		.held_by = row->held_by,
		.seq = row->seq,
	};
}

static int load_judgement(struct db *db, const struct artifact_row *row, struct arena *a,
	struct contender *c, struct err *err)
{
	struct judgement *j = ARENA_NEW(a, struct judgement);

	if (!row->judgement_seq)
		return 0;
	if (judgement_load(db, row, a, j, err) < 0)
		return -1;
	c->judgement = j;
	return 0;
}

static int load_unit(
	const struct artifact_row *row, struct arena *a, struct contender *c, struct err *err)
{
	struct unit *u = ARENA_NEW(a, struct unit);

	c->unit = u;
	return unit_load(row, a, u, err);
}

int fuse_competing(struct db *db, const struct snapshot *s, int slot, struct arena *a,
	int64_t *ret_passing, int64_t *ret_competing, struct err *err)
{
	const char *name = LIST_AT(&s->policy.slots, struct policy_slot, slot)->name;
	struct activation_row activation = {0};
	int64_t passing, undecided;

	if (s->has_release && activation_by_serial(db, s->channel.serial, a, &activation, err) <= 0)
		return err_set(err, ERR_STORAGE, "the activation is missing");
	if (artifact_passing(db, name, s->baseline_seqs[slot], &passing, err) < 0 ||
		artifact_undecided(
			db, name, s->baseline_seqs[slot], activation.at, &undecided, err) < 0)
		return -1;
	*ret_passing = passing;
	*ret_competing = passing + undecided;
	return 0;
}

/* Judge each of those that pass with its share of alpha. */
static int split_alpha(struct db *db, const struct snapshot *s, struct fuse_slot *slot, int i,
	int64_t now, const struct artifact_list *list, struct contender *c, struct arena *a,
	struct err *err)
{
	slot->splits = ARENA_ARRAY(a, list->n, struct split_verdict);
	for (size_t k = 0; k < list->n; k++) {
		struct split_verdict *v = &slot->splits[slot->n_splits++];
		struct verdict_case one;

		if (verdict_case_load(db, &list->v[k], c[k].unit, s, i, now, a, &one, err) < 0)
			return -1;
		one.contenders = slot->competing;
		verdict_make(&one, s, i, a, &v->record);
		v->artifact_seq = list->v[k].seq;
		c[k].judgement = &v->record.judgement;
		c[k].phase = v->record.judgement.phase;
	}
	return 0;
}

static const char *choice_text(const struct fuse_slot *slot, int64_t passing, struct arena *a)
{
	if (slot->n_splits)
		return arena_printf(a,
			"the best of %lld candidates that pass; %lld compete, so each was judged "
			"at alpha / %lld",
			(long long)passing, (long long)slot->competing, (long long)slot->competing);
	return passing == 1 ? "the only candidate that passes"
			    : arena_printf(a, "the best of %lld candidates that pass",
				      (long long)passing);
}

static void fill_fresh(struct fuse_slot *slot, const struct artifact_row *row,
	const struct contender *c, int64_t passing, struct arena *a)
{
	const struct artifact *artifact = c->unit->artifact;

	slot->filled = true;
	slot->best = row;
	slot->parsed = c->unit;
	slot->artifact_seq = row->seq;
	slot->judgement = *c->judgement;
	slot->unit = (struct fused_unit){0};
	slot->unit.name = slot->slot->name;
	slot->unit.provider = row->provider;
	slot->unit.id = row->id;
	slot->unit.role = row->role;
	slot->unit.uri = artifact->uri;
	slot->unit.digest = artifact->digest;
	slot->unit.content_digest = row->digest;
	slot->unit.manifest = row->manifest_digest;
	slot->unit.metrics = artifact->metrics;
	slot->unit.fresh = 1;
	slot->reason = choice_text(slot, passing, a);
}

static void fill_kept(struct fuse_slot *slot, const struct snapshot *s, int i)
{
	for (size_t k = 0; k < s->release.slots.n; k++) {
		const struct fused_unit *u = LIST_AT(&s->release.slots, struct fused_unit, k);

		if (strcmp(u->name, slot->slot->name) == 0)
			slot->unit = *u;
	}
	slot->unit.fresh = 0;
	slot->filled = true;
	slot->parsed = s->baselines[i];
	slot->artifact_seq = s->baseline_seqs[i];
}

/* Why the slot has nothing (better): what its candidates lack. */
static int explain(struct db *db, struct fuse_slot *slot, int64_t baseline_seq, struct arena *a,
	struct err *err)
{
	static const enum phase phases[] = {
		PHASE_SUCCEEDED, PHASE_INCONCLUSIVE, PHASE_PENDING, PHASE_ERROR, PHASE_FAILED};
	enum { N = sizeof(phases) / sizeof(phases[0]) };
	struct contender *c = ARENA_ARRAY(a, N * EXPLAIN_MAX, struct contender);
	const struct artifact_row **rows =
		ARENA_ARRAY(a, N * EXPLAIN_MAX, const struct artifact_row *);
	size_t n = 0, nearest;

	for (size_t p = 0; p < N; p++) {
		struct artifact_list list;

		if (artifact_contenders(db, slot->slot->name, names_of(&phase_names, phases[p]),
			    baseline_seq, EXPLAIN_MAX, a, &list, err) < 0)
			return -1;
		for (size_t i = 0; i < list.n; i++) {
			rows[n] = &list.v[i];
			c[n++] = contender_of(&list.v[i]);
		}
	}
	/* Judgements are large, and only one is spoken of. */
	nearest = n ? (size_t)(selection_nearest(c, n) - c) : 0;
	if (n && load_judgement(db, rows[nearest], a, &c[nearest], err) < 0)
		return -1;
	slot->reason = selection_explain(slot->slot, c, n, baseline_seq != 0, a);
	return 0;
}

/* None is chosen: none passes, or none with its share of alpha. */
static int explain_none(struct db *db, struct fuse_slot *slot, const struct snapshot *s, int i,
	const struct contender *c, size_t n, struct arena *a, struct err *err)
{
	if (n == 0)
		return explain(db, slot, s->baseline_seqs[i], a, err);
	slot->reason = arena_printf(a, "%lld candidates compete, and at alpha / %lld %s",
		(long long)slot->competing, (long long)slot->competing,
		selection_explain(slot->slot, c, n, s->baseline_seqs[i] != 0, a));
	return 0;
}

static int choose_slot(struct db *db, const struct snapshot *s, struct fuse_slot *slot, int i,
	int64_t now, struct arena *a, struct err *err)
{
	struct contender *c = ARENA_ARRAY(a, BEST_MAX, struct contender);
	const struct contender *best;
	struct artifact_list list;
	int64_t passing;

	if (artifact_best(db, slot->slot->name, s->baseline_seqs[i], BEST_MAX, a, &list, err) < 0)
		return -1;
	if (fuse_competing(db, s, i, a, &passing, &slot->competing, err) < 0)
		return -1;
	for (size_t k = 0; k < list.n; k++) {
		c[k] = contender_of(&list.v[k]);
		if (load_unit(&list.v[k], a, &c[k], err) < 0 ||
			(slot->competing <= 1 && load_judgement(db, &list.v[k], a, &c[k], err) < 0))
			return -1;
	}
	/* Else each is judged here. */
	if (slot->competing > 1 && split_alpha(db, s, slot, i, now, &list, c, a, err) < 0)
		return -1;
	best = selection_best(c, list.n);
	if (!best) {
		if (s->baseline_seqs[i])
			fill_kept(slot, s, i);
		return explain_none(db, slot, s, i, c, list.n, a, err);
	}
	fill_fresh(slot, &list.v[best - c], best, passing, a);
	return 0;
}

/* The digest of the judgement that the choice rests on. */
static int name_judgement(struct db *db, struct fuse_slot *slot, struct arena *a, struct err *err)
{
	struct judgement_row stored;

	for (size_t i = 0; i < slot->n_splits; i++)
		if (slot->splits[i].artifact_seq == slot->artifact_seq) {
			slot->judgement_digest = slot->splits[i].record.digest;
			return 0;
		}
	if (judgement_find(db, slot->best->judgement_seq, a, &stored, err) <= 0)
		return err_set(err, ERR_STORAGE, "a judgement is missing");
	slot->judgement_digest = stored.digest;
	return 0;
}

static int find_contract(struct db *reader, struct fuse *f, struct arena *a, struct err *err)
{
	const struct named_digest **given = ARENA_ARRAY(a, f->n, const struct named_digest *);

	for (size_t i = 0; i < f->n; i++)
		given[i] = f->slots[i].filled ? f->slots[i].parsed->contract : NULL;
	return common_contract_find(reader, given, f->n, a, &f->contract, err);
}

int fuse_choose(struct db *reader, const struct snapshot *s, int64_t now, struct arena *a,
	struct fuse *ret, struct err *err)
{
	struct fuse f = {.n = s->policy.slots.n, .complete = true};

	f.slots = ARENA_ARRAY(a, f.n, struct fuse_slot);
	for (size_t i = 0; i < f.n; i++) {
		struct fuse_slot *slot = &f.slots[i];

		slot->slot = LIST_AT(&s->policy.slots, struct policy_slot, i);
		if (choose_slot(reader, s, slot, (int)i, now, a, err) < 0)
			return -1;
		f.fresh += slot->best != NULL;
		if (slot->slot->required == 1 && !slot->filled)
			f.complete = false;
		if (slot->best && name_judgement(reader, slot, a, err) < 0)
			return -1;
	}
	if (find_contract(reader, &f, a, err) < 0 ||
		(f.complete && fuse_combine(reader, s, &f, a, err) < 0))
		return -1;
	*ret = f;
	return 0;
}

/* The worst verdict of the fresh units at one gate, naming each that is not passed. */
static void combine_gate(
	const struct fuse *f, enum gate gate, struct arena *a, struct gate_result *ret)
{
	enum phase worst = PHASE_SUCCEEDED;

	fields_init(&gate_result_table, ret);
	ret->gate = gate;
	ret->verdict = VERDICT_PASS;
	ret->reason = "units_pass";
	ret->detail = arena_printf(a, "%zu new unit%s on their own; kept ones passed before",
		f->fresh, f->fresh == 1 ? " passes" : "s pass");
	for (size_t i = 0; i < f->n; i++) {
		const struct fuse_slot *s = &f->slots[i];
		const struct gate_result *g;

		if (!s->best || (size_t)gate >= s->judgement.gates.n)
			continue;
		g = LIST_AT(&s->judgement.gates, struct gate_result, gate);
		if (phase_worst(worst, verdict_phase(g->verdict)) == worst)
			continue;
		worst = verdict_phase(g->verdict);
		ret->verdict = g->verdict;
		ret->reason = g->reason;
		ret->detail = arena_printf(a, "%s: %s", s->unit.id, g->detail ? g->detail : "");
	}
	if (gate == GATE_COMPATIBILITY && ret->verdict == VERDICT_PASS) {
		ret->verdict = f->contract.verdict;
		ret->reason = f->contract.reason;
		ret->detail = f->contract.detail;
	}
	fuse_combine_gate(f, a, ret);
}

/* The gates that are passed only by a waiver. */
static void fill_waivers(const struct judgement *j, struct arena *a, struct list *ret)
{
	struct decision_waiver *w = ARENA_ARRAY(a, GATES, struct decision_waiver);
	size_t n = 0;

	for (size_t i = 0; i < j->gates.n; i++) {
		const struct gate_result *g = LIST_AT(&j->gates, struct gate_result, i);

		if (g->waived == 1)
			w[n++] = (struct decision_waiver){
				.gate = g->gate, .id = g->waiver, .judged = g->judged};
	}
	*ret = (struct list){w, n};
}

static void fill_decisions(const struct fuse *f, struct arena *a, struct merge *merge)
{
	struct decision *d = ARENA_ARRAY(a, f->n, struct decision);

	merge->decisions = (struct list){.v = d};
	for (size_t i = 0; i < f->n; i++) {
		const struct fuse_slot *s = &f->slots[i];
		struct decision *to = &d[merge->decisions.n++];

		fields_init(&decision_table, to);
		to->slot = s->slot->name;
		to->id = s->filled ? s->unit.id : NULL;
		to->judgement = s->judgement_digest;
		to->competing = s->n_splits ? s->competing : -1;
		if (s->best)
			fill_waivers(&s->judgement, a, &to->waivers);
		to->detail = s->reason;
	}
}

static bool has_provider(const struct list *units, const char *provider)
{
	for (size_t i = 0; i < units->n; i++)
		if (strcmp(LIST_AT(units, struct fused_unit, i)->name, provider) == 0)
			return true;
	return false;
}

void fuse_fill(const struct fuse *f, const struct snapshot *s, struct arena *a, struct merge *merge)
{
	struct fused_unit *units = ARENA_ARRAY(a, f->n, struct fused_unit);
	struct fused_unit *slots = ARENA_ARRAY(a, f->n, struct fused_unit);
	struct gate_result *gates = ARENA_ARRAY(a, GATES, struct gate_result);

	merge->units = (struct list){.v = units};
	merge->slots = (struct list){.v = slots};
	for (size_t i = 0; i < f->n; i++) {
		const struct fuse_slot *slot = &f->slots[i];

		if (!slot->filled)
			continue;
		slots[merge->slots.n] = slot->unit;
		slots[merge->slots.n++].name = slot->slot->name;
		/* A provider that fills two required slots shows its first. */
		if (slot->slot->required != 1 || has_provider(&merge->units, slot->unit.provider))
			continue;
		units[merge->units.n] = slot->unit;
		units[merge->units.n++].name = slot->unit.provider;
	}
	merge->fusion = f->combined.fusion;
	merge->plan_b = f->combined.plans;
	merge->warnings = f->combined.warnings;
	if (f->complete)
		merge->egress = arena_memdup(a, &f->egress, sizeof(f->egress));
	merge->gates = (struct list){.v = gates, .n = GATES};
	merge->phase = PHASE_SUCCEEDED;
	for (int g = 0; g < GATES; g++) {
		combine_gate(f, g, a, &gates[g]);
		merge->phase = phase_worst(merge->phase, verdict_phase(gates[g].verdict));
	}
	fill_decisions(f, a, merge);
}

/* What the live release routes by; NULL: by nothing. */
static const char *live_rules(const struct snapshot *s)
{
	return s->release.fusion ? s->release.fusion->rules : NULL;
}

/* Does the contract of a fresh unit force this step? What was never compared forces every one. */
static bool forces(const struct snapshot *s, const struct fuse_slot *slot, const char *step)
{
	const struct named_digest *live = s->release.contract;
	const struct named_digest *mine = slot->best ? slot->parsed->contract : NULL;
	const char *level = slot->judgement.contract_level;

	if (!live || !live->digest || !mine || !mine->digest ||
		strcmp(live->digest, mine->digest) == 0)
		return false;
	return !level || strcmp(level, step) == 0;
}

static bool contract_forces(const struct snapshot *s, const struct fuse *f, const char *step)
{
	const struct named_digest *live = s->release.contract, *next = f->contract.contract;

	/* Units that serve more do not make the combination serve more. */
	if (live && live->digest && next && strcmp(live->digest, next->digest) == 0)
		return false;
	for (size_t i = 0; s->has_release && i < f->n; i++)
		if (forces(s, &f->slots[i], step))
			return true;
	return false;
}

/* The highest version that was ever promoted, here or where this registry was restored from: 1, 0, -1. */
static int highest(struct db *reader, struct arena *a, struct version *ret, struct err *err)
{
	struct strings lost;
	struct version v;
	const char *text;
	int rc = release_newest(reader, a, &text, err);

	if (rc < 0 || release_lost_list(reader, a, &lost, err) < 0)
		return -1;
	if (rc > 0 && version_parse(text, ret) < 0)
		return err_set(err, ERR_STORAGE, "release %s is none", text);
	for (size_t i = 0; i < lost.n; i++) {
		if (version_parse(lost.v[i], &v) < 0)
			return err_set(err, ERR_STORAGE, "release %s is none", lost.v[i]);
		if (rc == 0 || version_compare(&v, ret) > 0)
			*ret = v;
		rc = 1;
	}
	return rc;
}

int fuse_version(struct db *reader, const struct snapshot *s, const struct fuse *f, struct arena *a,
	struct merge *merge, struct err *err)
{
	char buf[VERSION_STRLEN];
	struct version newest, next, rc_version;
	const char *text;
	const struct version_change change = {
		.contract_breaks = contract_forces(s, f, contract_level_name(CONTRACT_MAJOR)),
		.contract_gains =
			(s->has_release && f->contract.contract && !s->release.contract) ||
			contract_forces(s, f, contract_level_name(CONTRACT_MINOR)),
		.slots_change = s->has_release && merge->slots.n != s->release.slots.n,
		.fusion_changes = s->has_release &&
				  !text_equal(live_rules(s), combination_rules(&s->policy, a)),
	};
	int rc = highest(reader, a, &newest, err);

	if (rc < 0)
		return -1;
	/* Above the highest ever made, not just the active one: a version is never reused. */
	version_next(rc > 0 ? &newest : NULL, version_level(&change), &next);
	merge->release = arena_strdup(a, version_format(&next, buf));
	rc = merge_newest_of(reader, merge->release, a, &text, err);
	if (rc < 0 || (rc > 0 && version_parse(text, &rc_version) < 0))
		return rc < 0 ? -1 : err_set(err, ERR_STORAGE, "merge %s is none", text);
	next.rc = rc > 0 ? rc_version.rc + 1 : 1;
	merge->version = arena_strdup(a, version_format(&next, buf));
	return 0;
}
