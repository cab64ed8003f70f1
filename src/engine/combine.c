/* SPDX-License-Identifier: Apache-2.0
 *
 * Brings the filled slots and what was measured of each to policy/combination, and its findings into
 * the gates of the merge.
 */
#include "engine/combine.h"

#include <math.h>
#include <string.h>

#include "engine/blockers.h"
#include "engine/internal.h"
#include "engine/lineage.h"

/* As the verdict saw it, evidence included; else as the unit says. */
static double measured(const struct judgement *j, const struct artifact *o, const char *name)
{
	const struct metric *own = artifact_metric(o, name);
	const struct gate_result *g;

	if (j && j->gates.n > GATE_LATENCY) {
		g = LIST_AT(&j->gates, struct gate_result, GATE_LATENCY);
		for (size_t i = 0; i < g->checks.n; i++) {
			const struct gate_check *c = LIST_AT(&g->checks, struct gate_check, i);

			if (strcmp(c->name, name) == 0 && !isnan(c->value))
				return c->value;
		}
	}
	return own ? own->value : (double)NAN;
}

/* The verdict on a unit that is live already; *ret NULL: there is none. */
static int kept_judgement(struct db *db, const struct fuse_slot *slot, struct arena *a,
	const struct judgement **ret, struct err *err)
{
	struct judgement *j = ARENA_NEW(a, struct judgement);
	struct artifact_row row;

	*ret = NULL;
	if (artifact_by_seq(db, slot->artifact_seq, a, &row, err) <= 0)
		return err_set(
			err, ERR_STORAGE, "the live unit of slot %s is missing", slot->slot->name);
	if (!row.judgement_seq)
		return 0;
	if (judgement_load(db, &row, a, j, err) < 0)
		return -1;
	*ret = j;
	return 0;
}

/* What it would move between clouds. */
static int find_egress(
	struct db *db, const struct snapshot *s, struct fuse *f, struct arena *a, struct err *err)
{
	const struct unit **units = ARENA_ARRAY(a, f->n + 1, const struct unit *);
	const struct unit **live = ARENA_ARRAY(a, f->n + 1, const struct unit *);
	struct egress_case c = {.units = units, .live = live, .fusion = f->combined.fusion};

	for (size_t i = 0; i < f->n; i++) {
		if (f->slots[i].filled)
			units[c.n++] = f->slots[i].parsed;
		if (s->baselines[i])
			live[c.n_live++] = s->baselines[i];
	}
	return egress_make(db, &c, a, &f->egress, err);
}

int fuse_combine(
	struct db *db, const struct snapshot *s, struct fuse *f, struct arena *a, struct err *err)
{
	struct combined_unit *units = ARENA_ARRAY(a, f->n + 1, struct combined_unit);
	struct combination c = {.policy = &s->policy, .units = units};

	for (size_t i = 0; i < f->n; i++) {
		const struct fuse_slot *slot = &f->slots[i];
		const struct judgement *j = slot->best ? &slot->judgement : NULL;

		if (!slot->filled)
			continue;
		if (!slot->best && kept_judgement(db, slot, a, &j, err) < 0)
			return -1;
		units[c.n++] = (struct combined_unit){
			.slot = slot->slot->name,
			.unit = slot->parsed,
			.latency_ms_p95 = measured(j, slot->parsed->artifact, "latency_ms_p95"),
			.cost_per_1k_tokens =
				measured(j, slot->parsed->artifact, "cost_per_1k_tokens"),
		};
	}
	combination_judge(&c, a, &f->combined);
	return find_egress(db, s, f, a, err);
}

void fuse_combine_gate(const struct fuse *f, struct arena *a, struct gate_result *gate)
{
	const struct list *checks = gate->gate == GATE_LATENCY	       ? &f->combined.latency
				    : gate->gate == GATE_COMPATIBILITY ? &f->combined.compatibility
								       : NULL;
	enum phase worst = verdict_phase(gate->verdict);

	if (!checks)
		return;
	for (size_t i = 0; i < checks->n; i++) {
		const struct gate_check *c = LIST_AT(checks, struct gate_check, i);

		if (phase_worst(worst, verdict_phase(c->verdict)) == worst)
			continue;
		worst = verdict_phase(c->verdict);
		gate->verdict = c->verdict;
		gate->reason = c->reason;
		gate->detail = c->detail;
	}
	gate->checks = *checks;
}
