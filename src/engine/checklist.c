/* SPDX-License-Identifier: Apache-2.0
 *
 * Gathers the facts of a checklist, and keeps items and blockers the same list.
 */
#include "engine/checklist.h"

#include <string.h>

#include "base/json_writer.h"
#include "engine/event.h"
#include "engine/render.h"
#include "engine/schedule.h"
#include "store/artifact.h"
#include "store/event.h"
#include "store/signoff.h"
#include "store/waiver.h"

/* ---- Facts ---- */

static int load_judgement(struct db *db, const struct merge_case *m, size_t i, struct arena *a,
	struct judgement *ret, struct err *err)
{
	struct artifact_row row;

	if (m->splits[i].made) {
		*ret = m->splits[i].record.judgement;
		return 1;
	}
	if (artifact_by_seq(db, m->units[i].artifact_seq, a, &row, err) <= 0)
		return err_set(err, ERR_STORAGE, "a unit of merge %s is missing", m->row.version);
	if (!row.judgement_seq)
		return 0;
	return judgement_load(db, &row, a, ret, err) < 0 ? -1 : 1;
}

/* Until when the waivers last that the new units pass a gate by. */
static int load_waivers(struct db *db, const struct merge_case *m, struct arena *a,
	int64_t ret[GATES], struct err *err)
{
	for (size_t i = 0; i < m->n_units; i++) {
		struct judgement j = {0};

		if (m->units[i].kept)
			continue;
		if (load_judgement(db, m, i, a, &j, err) < 0)
			return -1;
		for (size_t k = 0; k < j.gates.n; k++) {
			const struct gate_result *g = LIST_AT(&j.gates, struct gate_result, k);
			struct waiver_row w;

			if (g->waived != 1)
				continue;
			if (waiver_find_id(db, g->waiver, a, &w, err) <= 0)
				return err_set(err, ERR_STORAGE, "waiver %s is missing", g->waiver);
			if (!ret[g->gate] || w.waiver.expires_at < ret[g->gate])
				ret[g->gate] = w.waiver.expires_at;
		}
	}
	return 0;
}

static int gather(const struct checklist_look *l, const struct blocker_list *b,
	struct checklist_facts *f, struct err *err)
{
	struct cadence_plan *plan = ARENA_NEW(l->arena, struct cadence_plan);
	const struct merge_case *m = l->m;
	struct signoff *signoffs;

	*f = (struct checklist_facts){
		.merge = m->row.version,
		.state = m->row.state,
		.made_by = m->merge.actor,
		.made_at = m->row.created_at,
		.open = merge_is_open(m),
		.baseline = m->row.baseline,
		.policy_version = l->s->policy.version,
		.gates = &m->merge.gates,
		.blockers = &b->list,
		.left_out = b->left_out,
		.soak = l->s->policy.soak_usec,
		.asked = &l->s->policy.checklist,
		.plan = plan,
	};
	for (size_t i = 0; i < m->n_units; i++)
		f->n_new += !m->units[i].kept;
	if (schedule_plan(l->db, &l->s->policy, l->now, l->arena, plan, err) < 0 ||
		signoff_newest(l->db, f->merge, l->arena, &signoffs, &f->n_signoffs, err) < 0)
		return -1;
	f->signoffs = signoffs;
	if (!f->open)
		return 0;
	return load_waivers(l->db, m, l->arena, f->gate_until, err) < 0
		       ? -1
		       : checklist_sources_ask(l, f->reports, err);
}

/* ---- The list ---- */

static bool has_blocker(const struct blocker_list *b, const char *item)
{
	for (size_t i = 0; i < b->list.n; i++) {
		const char *of = LIST_AT(&b->list, struct blocker, i)->item;

		if (of && strcmp(of, item) == 0)
			return true;
	}
	return false;
}

static void add_items(struct blocker_list *b, const struct checklist *c)
{
	for (size_t k = 0; k < c->items.n; k++) {
		const struct checklist_item *i = LIST_AT(&c->items, struct checklist_item, k);
		struct blocker *one;

		/* What is not listed, blockers_finish() counts. */
		if (!checklist_stops(i) || has_blocker(b, i->item) ||
			strcmp(i->reason, CHECK_NOT_LISTED) == 0)
			continue;
		one = blocker_add(b, checklist_problem(i->item),
			i->kind == CHECK_HUMAN
				? arena_printf(b->arena, "%s: %s", i->item, i->detail)
				: i->detail);
		one->item = i->item;
		one->reason = i->reason;
		one->since = i->since;
		one->until = i->until;
		one->needs = i->until ? NULL : i->needs;
		one->overridable = i->overridable == 1 ? 1 : -1;
		one->definite = i->verdict == CHECK_NO_GO;
	}
}

int checklist_load(struct engine *e, struct db *db, const struct snapshot *s, struct merge_case *m,
	int64_t now, struct checklist *ret, struct blocker_list *b, struct err *err)
{
	const struct checklist_look l = {
		.e = e, .db = db, .s = s, .m = m, .now = now, .arena = b->arena};
	struct checklist_facts f;

	if (merge_blockers(db, s, m, now, b, err) < 0 || gather(&l, b, &f, err) < 0)
		return -1;
	checklist_make(&f, now, b->arena, ret);
	add_items(b, ret);
	return 0;
}

/* ---- As it was ---- */

struct entry_data {
	struct checklist *checklist;
};
struct entry {
	struct entry_data *data;
};
static const struct field data_fields[] = {
	{"checklist", FIELD_OBJECT, offsetof(struct entry_data, checklist), 0,
		.table = &checklist_table},
};
static const struct field_table data_table =
	FIELD_TABLE("PromotionData", "Of its event.", struct entry_data, data_fields, .open = true);
static const struct field entry_fields[] = {
	{"data", FIELD_OBJECT, offsetof(struct entry, data), 0, .table = &data_table},
};
static const struct field_table entry_table =
	FIELD_TABLE("PromotionEvent", "Of a promotion.", struct entry, entry_fields, .open = true);

/* 1; 0: the promotion kept none; -1. */
static int recorded(struct db *reader, const struct merge_case *m, struct arena *a,
	struct checklist *ret, struct err *err)
{
	struct entry entry;
	struct page page;

	if (event_list(reader, event_name(EVENT_PROMOTION_SUCCEEDED), m->row.release, 0, 1, a,
		    &page, err) < 0)
		return -1;
	if (!page.n)
		return 0;
	if (fields_load_text(&entry_table, page.bodies[0], a, &entry, err) < 0)
		return err_wrap(err, "the event of release %s", m->row.release);
	if (!entry.data || !entry.data->checklist)
		return 0;
	*ret = *entry.data->checklist;
	ret->state = m->row.state;
	ret->recorded = 1;
	return 1;
}

int merge_checklist(struct engine *e, struct db *reader, const struct snapshot *s,
	const char *version, int64_t now, struct arena *a, struct checklist *ret, struct err *err)
{
	struct blocker_list b;
	struct merge_case m;
	int rc = merge_case_load(reader, version, a, &m, err);

	if (rc <= 0)
		return rc;
	if (names_find(&merge_state_names, m.row.state) == MERGE_PROMOTED) {
		rc = recorded(reader, &m, a, ret, err);
		if (rc != 0)
			return rc;
	}
	blockers_begin(&b, a);
	return checklist_load(e, reader, s, &m, now, ret, &b, err) < 0 ? -1 : 1;
}

const char *blockers_override(struct blocker_list *b)
{
	const char *passed = NULL;
	size_t n = 0;

	for (size_t i = 0; i < b->list.n; i++) {
		const struct blocker *one = LIST_AT(&b->list, struct blocker, i);

		if (one->overridable != 1)
			*LIST_AT(&b->list, struct blocker, n++) = *one;
		else
			passed = arena_printf(b->arena, "%s%s%s: %s", passed ? passed : "",
				passed ? "; " : "", one->item, one->detail);
	}
	b->list.n = n;
	return passed;
}

const char *checklist_text(const struct checklist *c, struct arena *a)
{
	return fields_canonical(&checklist_table, c, a, NULL);
}
