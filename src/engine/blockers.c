/* SPDX-License-Identifier: Apache-2.0
 *
 * Makes the one list of what stands in the way of a merge. When the window is open is not part of it.
 */
#include "engine/blockers.h"

#include <stdio.h>
#include <string.h>

#include "base/json_writer.h"
#include "base/text.h"
#include "engine/internal.h"
#include "engine/merge.h"
#include "engine/render.h"
#include "model/checklist.h"
#include "store/policy.h"

/* ---- The list ---- */

void blockers_begin(struct blocker_list *b, struct arena *a)
{
	*b = (struct blocker_list){
		.list = {ARENA_ARRAY(a, BLOCKERS_MAX + 1, struct blocker), 0}, .arena = a};
}

/* Past the limit the same place is used again. */
struct blocker *blocker_add(struct blocker_list *b, enum err_code problem, const char *detail)
{
	struct blocker *one = LIST_AT(&b->list, struct blocker, b->list.n);

	if (b->list.n < BLOCKERS_MAX)
		b->list.n++;
	else
		b->left_out++;
	fields_init(&blocker_table, one);
	one->problem = problem;
	one->code = err_info(problem)->code;
	one->detail = detail;
	return one;
}

void blockers_finish(struct blocker_list *b)
{
	struct blocker *one;

	if (!b->left_out)
		return;
	/* There is room for it behind the limit. */
	one = LIST_AT(&b->list, struct blocker, b->list.n++);
	fields_init(&blocker_table, one);
	one->problem = ERR_MERGE_NOT_READY;
	one->code = err_info(one->problem)->code;
	one->detail = arena_printf(b->arena, "%zu more, which are not listed here", b->left_out);
}

int blockers_refuse(const struct blocker_list *b, const char *version, struct arena *a,
	const char **ret_members, struct err *err)
{
	const struct blocker *first = LIST_AT(&b->list, struct blocker, 0);
	STRBUF_AUTO sb = STRBUF_INIT(BODY_MAX);
	struct json_writer w;
	char more[64] = "";

	json_writer_init(&w, &sb);
	jw_object(&w);
	jw_key(&w, "blockers");
	jw_array(&w);
	for (size_t i = 0; i < b->list.n; i++) {
		jw_object(&w);
		fields_emit_members(&blocker_table, LIST_AT(&b->list, struct blocker, i), &w);
		jw_end(&w);
	}
	jw_end(&w);
	jw_end(&w);
	if (json_writer_done(&w))
		*ret_members = arena_strndup(a, sb.buf, sb.len);
	if (b->list.n > 1)
		snprintf(more, sizeof(more), " (the first of %zu things in the way)",
			b->list.n + b->left_out);
	return err_set_at(err, first->problem, "/merge", "merge %s%s: %s%s%s", version, more,
		first->id ? first->id : "", first->id ? ": " : "", first->detail);
}

/* ---- Gates ---- */

/* What has to come so that this check passes; `combined`: it is of the units together. */
static const char *needs_of(
	const struct gate_check *c, const char *name, bool combined, struct arena *a)
{
	if (c->reason && strcmp(c->reason, "max_looks") == 0)
		return "a new version: no more evidence counts for this one";
	if (c->reason && strcmp(c->reason, "contract_unknown") == 0)
		return "the contract, published with POST /v1/contracts";
	if (c->reason && strcmp(c->reason, "incomparable") == 0)
		return arena_printf(a,
			"%s, measured with the suite, data set and judge of the live unit", name);
	if (c->reason && strcmp(c->reason, "no_plan_b") == 0)
		return "routes in the policy's fusion that fall back to a model of another "
		       "provider; or "
		       "no_plan_b \"warn\" in gates.combination; then POST /v1/merges";
	if (c->verdict == VERDICT_FAIL && combined)
		return arena_printf(a,
			"units that pass %s together, or other rules or limits in the policy; no "
			"waiver covers it",
			name);
	if (c->verdict == VERDICT_FAIL)
		return arena_printf(a, "a new version that passes %s, or a waiver", name);
	if (c->n >= 0 && c->n_needed > c->n)
		return arena_printf(a, "evidence: %lld more samples of %s",
			(long long)(c->n_needed - c->n), name);
	return arena_printf(a, "evidence: an artifact about it with %s", name);
}

static const char *sentence(struct arena *a, const char *before, const char *said)
{
	return before ? arena_printf(a, "%s: %s", before, said) : said;
}

static struct blocker *add_of_gate(struct blocker_list *b, const struct gate_result *g,
	const char *detail, const char *slot, const char *id)
{
	struct blocker *one = blocker_add(b, ERR_MERGE_NOT_READY, detail);

	one->item = names_of(&gate_names, g->gate);
	one->slot = slot;
	one->id = id;
	one->gate = g->gate;
	one->reason = g->reason;
	one->definite = g->verdict == VERDICT_FAIL;
	return one;
}

static void add_check(struct blocker_list *b, const struct gate_result *g,
	const struct gate_check *c, const char *before, const char *slot, const char *id)
{
	const char *name = c->name ? c->name : names_of(&gate_names, g->gate);
	struct blocker *one = add_of_gate(
		b, g, sentence(b->arena, before, c->detail ? c->detail : name), slot, id);

	one->check = c->name;
	one->reason = c->reason;
	one->definite = c->verdict == VERDICT_FAIL;
	one->value = c->value;
	one->baseline = c->baseline;
	one->limit = c->limit;
	one->short_by = c->short_by;
	one->n = c->n;
	one->n_needed = c->n_needed;
	if (g->gate == GATE_SAFETY && c->name && strcmp(c->name, "safety") != 0)
		name = arena_printf(b->arena, "the suite %s", c->name);
	one->needs = needs_of(c, name, !id, b->arena);
}

/* Every gate that rests on samples counts the looks; once is enough. */
static bool is_look_again(const struct blocker_list *b, const struct gate_check *c, const char *id)
{
	if (!c->reason || strcmp(c->reason, "max_looks") != 0)
		return false;
	for (size_t i = 0; i < b->list.n; i++) {
		const struct blocker *o = LIST_AT(&b->list, struct blocker, i);

		if (o->reason && o->id && id && !strcmp(o->reason, "max_looks") &&
			!strcmp(o->id, id))
			return true;
	}
	return false;
}

static void blockers_add_gate(struct blocker_list *b, const struct gate_result *g,
	const char *before, const char *slot, const char *id)
{
	const struct gate_check whole = {.verdict = g->verdict, .reason = g->reason, .n = -1};
	bool named = false;

	for (size_t i = 0; i < g->checks.n; i++) {
		const struct gate_check *c = LIST_AT(&g->checks, struct gate_check, i);

		if (c->verdict == VERDICT_PASS)
			continue;
		named = true;
		if (!is_look_again(b, c, id))
			add_check(b, g, c, before, slot, id);
	}
	if (named)
		return;
	add_of_gate(
		b, g, sentence(b->arena, before, g->detail ? g->detail : "not passed"), slot, id)
		->needs = needs_of(&whole, names_of(&gate_names, g->gate), !id, b->arena);
}

void blockers_add_judgement(struct blocker_list *b, const struct judgement *j, const char *before,
	const char *slot, const char *id)
{
	for (size_t i = 0; i < j->gates.n; i++) {
		const struct gate_result *g = LIST_AT(&j->gates, struct gate_result, i);

		if (g->verdict != VERDICT_PASS)
			blockers_add_gate(b, g, before, slot, id);
	}
}

/* ---- Units ---- */

int judgement_load(struct db *db, const struct artifact_row *row, struct arena *a,
	struct judgement *ret, struct err *err)
{
	struct judgement_row stored;

	if (judgement_find(db, row->judgement_seq, a, &stored, err) <= 0)
		return err_set(err, ERR_STORAGE, "the judgement of %s is missing", row->id);
	if (fields_load_text(&judgement_table, stored.body, a, ret, err) < 0)
		return err_wrap(err, "judgement of %s", row->id);
	return 0;
}

static struct blocker *add_of_unit(struct blocker_list *b, const struct artifact_row *row,
	const char *detail, const char *needs)
{
	struct blocker *one = blocker_add(b, ERR_MERGE_NOT_READY, detail);

	one->item = names_of(&check_item_names, CHECK_UNITS);
	one->definite = row->withdrawn_at || row->held_by;
	one->slot = row->slot;
	one->id = row->id;
	one->needs = needs;
	return one;
}

static int add_verdict(
	struct db *db, const struct artifact_row *row, struct blocker_list *b, struct err *err)
{
	struct judgement j;

	if (!row->judgement_seq) {
		add_of_unit(b, row, "it is not judged yet", "its first verdict");
		return 0;
	}
	if (judgement_load(db, row, b->arena, &j, err) < 0)
		return -1;
	blockers_add_judgement(b, &j, NULL, row->slot, row->id);
	return 0;
}

int blockers_add_unit(
	struct db *db, const struct artifact_row *row, struct blocker_list *b, struct err *err)
{
	struct arena *a = b->arena;

	if (row->withdrawn_at)
		add_of_unit(b, row, "it was withdrawn", "a new version: withdrawing is for good");
	else if (row->held_by)
		add_of_unit(b, row,
			arena_printf(a, "it is held: it was new in the breached release %s",
				row->held_by),
			arena_printf(a,
				"a person: POST /v1/artifacts/%s/%s/unquarantine with the reason",
				row->provider, row->id));
	return add_verdict(db, row, b, err);
}

/* ---- Merges ---- */

int merge_case_load(struct db *db, const char *version, struct arena *a, struct merge_case *ret,
	struct err *err)
{
	struct merge_case m = {0};
	int rc = merge_find(db, version, a, &m.row, err);

	if (rc <= 0)
		return rc;
	if (merge_load(&m.row, a, &m.merge, err) < 0 ||
		merge_units(db, version, a, &m.units, &m.n_units, err) < 0)
		return -1;
	m.splits = ARENA_ARRAY(a, m.n_units + 1, struct merge_split);
	*ret = m;
	return 1;
}

bool merge_is_open(const struct merge_case *m)
{
	return merge_step(names_find(&merge_state_names, m->row.state), MERGE_EVENT_PROMOTE);
}

struct decision *merge_decision(const struct merge *m, const char *slot)
{
	for (size_t i = 0; i < m->decisions.n; i++) {
		struct decision *d = LIST_AT(&m->decisions, struct decision, i);

		if (strcmp(d->slot, slot) == 0)
			return d;
	}
	return NULL;
}

static void add_closed(struct blocker_list *b, const struct merge_row *m)
{
	bool promoted = names_find(&merge_state_names, m->state) == MERGE_PROMOTED;
	struct blocker *one = blocker_add(b, ERR_STATE_CONFLICT,
		promoted ? "it was promoted already; GET /v1/releases shows what became of it"
			 : arena_printf(b->arena,
				   "it is %s: a newer merge replaced it, or a unit of it was "
				   "withdrawn",
				   m->state));

	one->item = names_of(&check_item_names, CHECK_MERGE);
	one->definite = true;
	one->since = m->updated_at;
	one->needs = "another merge: POST /v1/merges gives the one that holds now";
}

static void add_stale(
	struct blocker_list *b, enum check_item item, int64_t since, const char *detail)
{
	struct blocker *one = blocker_add(b, ERR_MERGE_STALE, detail);

	one->item = names_of(&check_item_names, (int)item);
	one->definite = true;
	one->since = since;
	one->needs = "another merge: POST /v1/merges";
}

static int check_stale(struct db *db, const struct snapshot *s, const struct merge_row *m,
	struct blocker_list *b, struct err *err)
{
	const char *active = s->has_release ? s->channel.version : NULL;
	int64_t serial = s->has_release ? s->channel.serial : 0;
	struct policy_row policy;

	if (!text_equal(m->baseline, active) || m->serial != serial)
		add_stale(b, CHECK_BASELINE, s->has_release ? s->channel.updated_at : 0,
			arena_printf(b->arena,
				"it was made against %s (serial %lld); the channel is at "
				"%s (serial %lld)",
				m->baseline ? m->baseline : "no release", (long long)m->serial,
				active ? active : "no release", (long long)serial));
	if (text_equal(m->policy_digest, s->policy.digest))
		return 0;
	if (policy_by_version(db, s->policy.version, b->arena, &policy, err) <= 0)
		return err_set(err, ERR_STORAGE, "the policy in force is missing");
	add_stale(b, CHECK_POLICY, policy.created_at,
		arena_printf(b->arena,
			"it was made under another policy than version %lld, which is in force",
			(long long)s->policy.version));
	return 0;
}

/* A unit that was chosen among others has to pass with the share of alpha that it was chosen with. */
static int add_split(struct db *db, const struct snapshot *s, struct merge_case *m, size_t i,
	const struct artifact_row *row, int64_t now, struct blocker_list *b, struct err *err)
{
	const struct decision *d = merge_decision(&m->merge, m->units[i].slot);
	int slot = slot_index(&s->policy, m->units[i].slot);
	struct merge_split *split = &m->splits[i];
	struct unit *u = ARENA_NEW(b->arena, struct unit);
	struct verdict_case k;

	/* A rollback may have made it live since: then the merge is stale and it competes no more. */
	if (!d || d->competing < 2 || slot < 0 || s->baseline_seqs[slot] == row->seq)
		return 0;
	if (unit_load(row, b->arena, u, err) < 0 ||
		verdict_case_load(db, row, u, s, slot, now, b->arena, &k, err) < 0)
		return -1;
	k.contenders = d->competing;
	verdict_make(&k, s, slot, b->arena, &split->record);
	split->made = !text_equal(d->judgement, split->record.digest);
	blockers_add_judgement(b, &split->record.judgement,
		arena_printf(b->arena, "at alpha / %lld, the share it was chosen with",
			(long long)d->competing),
		row->slot, row->id);
	return 0;
}

/* From `first` on, where nothing better is known. */
static void date(struct blocker_list *b, size_t first, int64_t since)
{
	for (size_t i = first; i < b->list.n; i++) {
		struct blocker *one = LIST_AT(&b->list, struct blocker, i);

		if (!one->since)
			one->since = since;
	}
}

/* Of the new units: a kept one is live already, whatever became of its candidacy. */
static int add_units(struct db *db, const struct snapshot *s, struct merge_case *m, int64_t now,
	struct blocker_list *b, struct err *err)
{
	for (size_t i = 0; i < m->n_units; i++) {
		size_t had = b->list.n;
		struct artifact_row row;

		if (m->units[i].kept)
			continue;
		if (artifact_by_seq(db, m->units[i].artifact_seq, b->arena, &row, err) <= 0)
			return err_set(
				err, ERR_STORAGE, "a unit of merge %s is missing", m->row.version);
		if (blockers_add_unit(db, &row, b, err) < 0)
			return -1;
		date(b, had, row.withdrawn_at ? row.withdrawn_at : row.updated_at);
		/* What does not pass on its own does not with less. */
		if (b->list.n == had && add_split(db, s, m, i, &row, now, b, err) < 0)
			return -1;
	}
	return 0;
}

int merge_blockers(struct db *db, const struct snapshot *s, struct merge_case *m, int64_t now,
	struct blocker_list *b, struct err *err)
{
	if (!merge_is_open(m)) {
		add_closed(b, &m->row);
		return 0;
	}
	if (check_stale(db, s, &m->row, b, err) < 0)
		return -1;
	for (size_t i = 0; i < m->merge.gates.n; i++) {
		const struct gate_result *g = LIST_AT(&m->merge.gates, struct gate_result, i);

		if (g->verdict != VERDICT_PASS)
			blockers_add_gate(b, g, NULL, NULL, NULL);
	}
	date(b, 0, m->row.created_at);
	return add_units(db, s, m, now, b, err);
}
