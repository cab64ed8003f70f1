/* SPDX-License-Identifier: Apache-2.0
 *
 * Everything that stands in the way of a merge or an artifact, in the order in which a promotion
 * would meet it, where a promotion itself stops at the first.
 */
#include <math.h>
#include <string.h>

#include "engine/explain.h"
#include "engine/merge.h"
#include "engine/render.h"
#include "store/artifact.h"
#include "store/merge.h"

enum { BLOCKERS_MAX = 512 };

/* One more; past the limit it is only counted, and its place is used again. */
static struct blocker *add(struct promotability *p, const char *code, const char *detail)
{
	struct blocker *b = LIST_AT(&p->blockers, struct blocker, p->blockers.n);

	if (p->blockers.n < BLOCKERS_MAX)
		p->blockers.n++;
	else
		p->left_out++;
	*b = (struct blocker){.code = code,
		.detail = detail,
		.gate = -1,
		.value = NAN,
		.baseline = NAN,
		.limit = NAN,
		.short_by = NAN,
		.n = -1,
		.n_needed = -1};
	return b;
}

static void begin(struct promotability *ret, struct arena *a)
{
	fields_init(&promotability_table, ret);
	ret->left_out = 0;
	ret->blockers = (struct list){.v = ARENA_ARRAY(a, BLOCKERS_MAX + 1, struct blocker)};
}

static void finish(struct promotability *p, int64_t now, struct arena *a)
{
	size_t more = p->left_out;

	if (more) {
		add(p, "merge_not_ready",
			arena_printf(a, "%zu more, which are not listed here", more));
		p->blockers.n++;
		p->left_out = more;
	}
	p->promotable = p->blockers.n == 0;
	p->earliest = p->promotable ? now : 0;
}

/* Each check that did not pass; the gate's own sentence when none of its checks says why. */
static void add_gate(
	struct promotability *p, const struct gate_result *g, const char *slot, const char *id)
{
	size_t before = p->blockers.n + p->left_out;

	for (size_t i = 0; i < g->checks.n; i++) {
		const struct gate_check *c = LIST_AT(&g->checks, struct gate_check, i);
		struct blocker *b;

		if (c->verdict == VERDICT_PASS)
			continue;
		b = add(p, "merge_not_ready", c->detail ? c->detail : c->name);
		b->slot = slot;
		b->id = id;
		b->gate = g->gate;
		b->check = c->name;
		b->reason = c->reason;
		b->value = c->value;
		b->baseline = c->baseline;
		b->limit = c->limit;
		b->short_by = c->short_by;
		b->n = c->n;
		b->n_needed = c->n_needed;
	}
	if (p->blockers.n + p->left_out == before) {
		struct blocker *b = add(p, "merge_not_ready", g->detail ? g->detail : "not passed");

		b->slot = slot;
		b->id = id;
		b->gate = g->gate;
		b->reason = g->reason;
	}
}

static int add_verdict(struct db *db, const struct artifact_row *row, struct arena *a,
	struct promotability *p, struct err *err)
{
	struct judgement_row stored;
	struct judgement j;

	if (!row->judgement_seq)
		return 0;
	if (judgement_find(db, row->judgement_seq, a, &stored, err) <= 0)
		return err_set(err, ERR_STORAGE, "the judgement of %s is missing", row->id);
	if (fields_load_text(&judgement_table, stored.body, a, &j, err) < 0)
		return -1;
	for (size_t i = 0; i < j.gates.n; i++) {
		const struct gate_result *g = LIST_AT(&j.gates, struct gate_result, i);

		if (g->verdict != VERDICT_PASS)
			add_gate(p, g, row->slot, row->id);
	}
	return 0;
}

static int add_unit(struct db *db, const struct artifact_row *row, struct arena *a,
	struct promotability *p, struct err *err)
{
	struct blocker *b = NULL;

	if (row->withdrawn_at)
		b = add(p, "merge_not_ready", arena_printf(a, "%s was withdrawn", row->id));
	else if (row->held_by)
		b = add(p, "merge_not_ready",
			arena_printf(a, "%s is held: it was new in the breached release %s",
				row->id, row->held_by));
	if (b) {
		b->slot = row->slot;
		b->id = row->id;
	}
	return add_verdict(db, row, a, p, err);
}

static int same(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

static void add_stale(struct promotability *p, const struct snapshot *s, const struct merge_row *m,
	struct arena *a)
{
	const char *active = s->has_release ? s->channel.version : NULL;
	int64_t serial = s->has_release ? s->channel.serial : 0;

	if (!same(m->baseline, active) || m->serial != serial)
		add(p, "merge_stale",
			arena_printf(a,
				"it was made against %s (serial %lld); the channel is at "
				"%s (serial %lld)",
				m->baseline ? m->baseline : "no release", (long long)m->serial,
				active ? active : "no release", (long long)serial));
	if (!same(m->policy_digest, s->policy.digest))
		add(p, "merge_stale",
			arena_printf(a, "it was made under another policy than version %lld",
				(long long)s->policy.version));
}

int merge_promotability(struct db *reader, const struct snapshot *s, const char *version,
	int64_t now, struct arena *a, struct promotability *ret, struct err *err)
{
	struct unit_row *units;
	struct merge_row row;
	struct merge m;
	size_t n;
	int rc = merge_find(reader, version, a, &row, err);

	if (rc <= 0)
		return rc;
	if (merge_load(&row, a, &m, err) < 0 ||
		merge_units(reader, version, a, &units, &n, err) < 0)
		return -1;
	begin(ret, a);
	ret->merge = row.version;
	ret->state = row.state;
	if (!merge_step(names_find(&merge_state_names, row.state), MERGE_EVENT_PROMOTE))
		add(ret, "state_conflict", arena_printf(a, "it is %s", row.state));
	add_stale(ret, s, &row, a);
	for (size_t i = 0; i < m.gates.n; i++) {
		const struct gate_result *g = LIST_AT(&m.gates, struct gate_result, i);

		if (g->verdict != VERDICT_PASS)
			add_gate(ret, g, NULL, NULL);
	}
	for (size_t i = 0; i < n; i++) {
		struct artifact_row unit;

		if (units[i].kept)
			continue;
		if (artifact_by_seq(reader, units[i].artifact_seq, a, &unit, err) <= 0)
			return err_set(err, ERR_STORAGE, "a unit of merge %s is missing", version);
		if (add_unit(reader, &unit, a, ret, err) < 0)
			return -1;
	}
	finish(ret, now, a);
	return 1;
}

int artifact_promotability(struct db *reader, const char *provider, const char *id, int64_t now,
	struct arena *a, struct promotability *ret, struct err *err)
{
	struct artifact_row row;
	int rc = artifact_find(reader, provider, id, a, &row, err);

	if (rc <= 0)
		return rc;
	begin(ret, a);
	ret->artifact = row.id;
	ret->state = row.phase;
	if (!row.slot)
		add(ret, "state_conflict", "it is evidence: the gates judge what it speaks about");
	if (add_unit(reader, &row, a, ret, err) < 0)
		return -1;
	finish(ret, now, a);
	return 1;
}
