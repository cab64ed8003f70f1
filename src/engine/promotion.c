/* SPDX-License-Identifier: Apache-2.0
 *
 * Promotes a merge: an immutable release, the channel on it, the one before warm behind it, all in
 * one transaction.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/json_writer.h"
#include "base/text.h"
#include "engine/attest.h"
#include "engine/bundle.h"
#include "engine/breach.h"
#include "engine/checklist.h"
#include "engine/common_contract.h"
#include "engine/internal.h"
#include "engine/merge.h"
#include "engine/node.h"
#include "engine/release.h"
#include "engine/render.h"
#include "engine/schedule.h"
#include "engine/verdict.h"
#include "engine/watch.h"

struct promotion {
	const struct promotion_request *request;
	struct cadence_plan plan;
	const char *overrode; /* what `override` passed; NULL: nothing was in the way */
	struct merge_case m;
	struct checklist checklist; /* as it was when this was decided */
	int64_t good_until;	    /* of the list; 0: it stays as it is */
	struct release_row release;
	struct attestation attestation;
	struct body bundle;
};

/* In apply: are the new units judged against what is there now? 0, COMMAND_STALE, -1. */
static int units_judged(
	struct tx *tx, const struct snapshot *s, const struct promotion *p, struct err *err)
{
	for (size_t i = 0; i < p->m.n_units; i++) {
		int slot = slot_index(&s->policy, p->m.units[i].slot);
		struct artifact_row row;

		if (p->m.units[i].kept || slot < 0)
			continue;
		if (artifact_by_seq(tx->db, p->m.units[i].artifact_seq, tx->arena, &row, err) <= 0)
			return err_set(err, ERR_STORAGE, "a unit of merge %s is missing",
				p->m.row.version);
		if (strcmp(row.context, s->fields[slot].context) != 0)
			return COMMAND_STALE;
	}
	return 0;
}

static int by_string(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void fill_providers(struct release *r, struct arena *a)
{
	r->providers.v = ARENA_ARRAY(a, r->units.n, const char *);
	for (size_t i = 0; i < r->units.n; i++)
		r->providers.v[r->providers.n++] = LIST_AT(&r->units, struct fused_unit, i)->name;
	qsort(r->providers.v, r->providers.n, sizeof(*r->providers.v), by_string);
}

/* The floor that every unit had to clear: the one of the metric `quality`, or else the first. */
static double min_quality(const struct policy *p)
{
	const struct policy_quality *q = p->gates->quality;
	double first = NAN;

	for (size_t i = 0; q && i < q->metrics.n; i++) {
		const struct policy_metric *m = LIST_AT(&q->metrics, struct policy_metric, i);

		if (isnan(m->floor))
			continue;
		if (strcmp(m->name, "quality") == 0)
			return m->floor;
		if (isnan(first))
			first = m->floor;
	}
	return first;
}

static struct gate_limits *limits(const struct policy *p, struct arena *a)
{
	struct gate_limits *l = ARENA_NEW(a, struct gate_limits);
	const struct policy_latency *latency = p->gates->latency;

	l->min_quality = min_quality(p);
	l->min_safety = p->gates->safety ? p->gates->safety->floor : (double)NAN;
	l->max_latency_ms_p95 = latency ? latency->p95_ms : (double)NAN;
	l->max_cost_per_1k_tokens = latency && latency->cost_per_1k_tokens
					    ? latency->cost_per_1k_tokens->ceiling
					    : (double)NAN;
	return l;
}

/* The contract that the units serve, by waiver the first, and the suite that they name; two that differ
 * in the suite name none. */
static int fill_context(struct db *db, const struct promotion *p, struct release *r,
	struct arena *a, struct err *err)
{
	const struct named_digest **given =
		ARENA_ARRAY(a, p->m.n_units, const struct named_digest *);
	struct common_contract common;
	bool suites_differ = false;

	for (size_t i = 0; i < p->m.n_units; i++) {
		struct unit *u = ARENA_NEW(a, struct unit);
		struct artifact_row row;

		if (artifact_by_seq(db, p->m.units[i].artifact_seq, a, &row, err) <= 0)
			return err_set(err, ERR_STORAGE, "a unit is missing");
		if (unit_load(&row, a, u, err) < 0)
			return -1;
		given[i] = u->contract;
		if (u->contract && !r->contract)
			r->contract = u->contract;
		if (u->eval_suite && r->eval_suite)
			suites_differ = suites_differ ||
					!text_equal(u->eval_suite->digest, r->eval_suite->digest) ||
					!text_equal(u->eval_suite->name, r->eval_suite->name);
		else if (u->eval_suite)
			r->eval_suite = u->eval_suite;
	}
	if (suites_differ)
		r->eval_suite = NULL;
	if (common_contract_find(db, given, p->m.n_units, a, &common, err) < 0)
		return -1;
	if (common.contract)
		r->contract = (struct named_digest *)common.contract;
	return 0;
}

static int build_release(struct engine *e, struct db *db, const struct command *c,
	struct promotion *p, struct err *err)
{
	const struct snapshot *s = c->prepared;
	const struct merge *m = &p->m.merge;
	STRBUF_AUTO sb = STRBUF_INIT(BODY_MAX);
	struct json_writer w;
	struct release r;
	struct body body;

	fields_init(&release_table, &r);
	r.schema = RELEASE_SCHEMA;
	r.version = m->release;
	r.fused_model_id = arena_printf(c->arena, "%s%s", FUSED_MODEL_PREFIX, m->release);
	r.generated_at = engine_now(e);
	r.gates = limits(&s->policy, c->arena);
	r.units = m->units;
	r.slots = m->slots;
	r.fusion = m->fusion;
	r.plan_b = m->plan_b;
	r.previous = s->has_release ? s->channel.version : NULL;
	r.merge = m->version;
	r.policy = m->policy;
	r.decisions = m->decisions;
	fill_providers(&r, c->arena);
	if (fill_context(db, p, &r, c->arena, err) < 0)
		return -1;
	json_writer_init(&w, &sb);
	fields_emit(&release_table, &r, &w);
	if (!json_writer_done(&w))
		return err_set(err, ERR_INTERNAL, "release %s would be larger than %d MiB",
			r.version, BODY_MAX >> 20);
	body_set(&body, arena_strndup(c->arena, sb.buf, sb.len), sb.len);
	p->release = (struct release_row){
		.version = r.version,
		.merge_version = m->version,
		.previous = r.previous,
		.body = body.text,
		.body_len = body.len,
		.digest = arena_strdup(c->arena, body.digest),
		.actor = c->actor,
		.reason = p->request->reason,
		.created_at = r.generated_at,
	};
	attestation_make(&p->attestation, e->keyring, &r, p->release.digest, c->arena);
	bundle_make(e, r.version, p->release.digest, c->arena, &p->bundle);
	return 0;
}

/* The first thing in the way is the error; when it is the calendar, its members stand beside the list. */
static int refuse(struct promotion *p, const struct blocker_list *b, int64_t now, struct command *c,
	struct err *err)
{
	const struct blocker *first = LIST_AT(&b->list, struct blocker, 0);
	const char *all = NULL, *door;
	struct err ignored;

	c->err_members = NULL;
	if (first->problem == ERR_PROMOTION_CLOSED)
		schedule_check_door(&p->plan, now, c, &ignored);
	door = c->err_members;
	blockers_refuse(b, p->m.row.version, c->arena, &all, err);
	c->err_members =
		!all || !door || strlen(door) <= 2
			? all
			: arena_printf(c->arena, "%.*s,%s", (int)strlen(door) - 1, door, all + 1);
	return -1;
}

/* When the first of what is go now is not any more, be it a sign-off, a waiver or a window; 0: never. */
static int64_t ends(const struct checklist *c)
{
	int64_t first = 0;

	for (size_t k = 0; k < c->items.n; k++) {
		const struct checklist_item *i = LIST_AT(&c->items, struct checklist_item, k);

		if (i->verdict == CHECK_GO && i->until && (!first || i->until < first))
			first = i->until;
	}
	return first;
}

/* Evidence and waivers may have come or gone since the merge was made, or this very second, so its
 * units are judged anew first. */
static int check_list(struct engine *e, struct db *reader, struct snapshot *s, struct command *c,
	struct promotion *p, struct err *err)
{
	int64_t now = engine_now(e);
	struct merge_case *m = &p->m;
	struct blocker_list blockers;

	blockers_begin(&blockers, c->arena);
	if (merge_is_open(m)) {
		waivers_watch(e, reader);
		if (rejudge_units(e, reader, s, m->units, m->n_units, err) < 0)
			return -1;
	}
	if (schedule_plan(reader, &s->policy, now, c->arena, &p->plan, err) < 0 ||
		checklist_load(e, reader, s, m, now, &p->checklist, &blockers, err) < 0)
		return -1;
	if (p->request->override == 1)
		p->overrode = blockers_override(&blockers);
	blockers_finish(&blockers);
	if (blockers.list.n)
		return refuse(p, &blockers, now, c, err);
	p->good_until = ends(&p->checklist);
	/* The release names the verdicts that held now. */
	for (size_t i = 0; i < m->n_units; i++)
		if (m->splits[i].made)
			merge_decision(&m->merge, m->units[i].slot)->judgement =
				m->splits[i].record.digest;
	return 0;
}

static int promotion_prepare(
	struct engine *e, struct db *reader, struct command *c, struct err *err)
{
	struct promotion *p = c->args;
	struct snapshot *s = c->prepared;
	const char *version = version_plain(p->request->merge, true, c->arena);
	int rc = version ? merge_case_load(reader, version, c->arena, &p->m, err) : 0;

	if (rc <= 0)
		return rc < 0 ? -1
			      : err_set_at(err, ERR_NOT_FOUND, "/merge", "there is no merge %s",
					p->request->merge);
	if (if_match_check(c->if_match, "/v1/channels/stable",
		    s->has_release ? s->channel_body.digest : NULL, err) < 0)
		return -1;
	if (check_list(e, reader, s, c, p, err) < 0)
		return -1;
	return build_release(e, reader, c, p, err);
}

/* The active release makes room; one that is known to be bad is no way back. */
static int displace(struct tx *tx, struct snapshot *s, const char *reason, struct err *err)
{
	struct release_row active;
	int rc;

	if (!s->has_release)
		return 0;
	if (release_find(tx->db, s->channel.version, tx->arena, &active, err) <= 0)
		return err_set(err, ERR_STORAGE, "the active release is missing");
	rc = way_back_quarantined(tx->db, s, tx->arena, err);
	if (rc < 0)
		return -1;
	return release_move(tx, &active, rc ? RELEASE_BREACH : RELEASE_DISPLACE, 0, reason, err);
}

static int insert_release(struct tx *tx, struct promotion *p, struct err *err)
{
	if (release_insert(tx->db, &p->release, err) < 0 ||
		attestation_insert(tx, p->release.version, &p->attestation, err) < 0 ||
		bundle_insert(tx, p->release.version, &p->bundle, err) < 0)
		return -1;
	for (size_t i = 0; i < p->m.n_units; i++) {
		if (release_unit_insert(tx->db, p->release.version, &p->m.units[i], err) < 0)
			return -1;
		if (p->m.splits[i].made && verdict_record(tx, p->m.units[i].artifact_seq,
						   &p->m.splits[i].record, NULL, err) < 0)
			return -1;
	}
	return 0;
}

static int succeeded_event(struct tx *tx, const struct promotion *p,
	const struct channel_row *channel, int64_t *ret_seq, struct err *err)
{
	STRBUF_AUTO sb = STRBUF_INIT(BODY_MAX);
	struct json_writer w;

	json_writer_init(&w, &sb);
	jw_object(&w);
	jw_kstring(&w, "channel", channel->name);
	jw_kraw(&w, "checklist", checklist_text(&p->checklist, tx->arena));
	jw_kstring(&w, "digest", p->release.digest);
	jw_kstring(&w, "merge", p->m.row.version);
	jw_kbool(&w, "override", p->request->override == 1);
	if (p->overrode)
		jw_kstring(&w, "overrode", p->overrode);
	jw_kint(&w, "serial", channel->serial);
	jw_end(&w);
	return tx_event(tx, EVENT_PROMOTION_SUCCEEDED, p->release.version, p->request->reason,
		arena_strndup(tx->arena, sb.buf, sb.len), ret_seq, err);
}

/* What a node said since the checklist was made may have taken the way back: then it is made again. 0,
 * COMMAND_STALE, -1. */
static int way_back_stands(
	struct tx *tx, const struct snapshot *s, const struct promotion *p, struct err *err)
{
	struct warm_proof proof;

	if (p->request->override == 1)
		return 0;
	if (warm_proof(tx->engine, tx->db, s, tx->now, tx->arena, &proof, err) < 0)
		return -1;
	return proof.verdict == WARM_UNPROVEN ? COMMAND_STALE : 0;
}

static int promotion_apply(struct tx *tx, struct command *c, struct err *err)
{
	struct promotion *p = c->args;
	struct snapshot *s = c->prepared;
	const char *reason = p->request->reason;
	struct channel_row channel;
	int64_t seq;
	int rc;

	if (command_stale(tx, c))
		return COMMAND_STALE;
	if (promotions_refused(tx->db, s, tx->now, tx->arena, err) < 0)
		return -1;
	rc = units_judged(tx, s, p, err);
	if (rc == 0)
		rc = way_back_stands(tx, s, p, err);
	if (rc != 0)
		return rc;
	/* The last moment: a freeze goes through the same thread, but time goes on. */
	if (p->request->override != 1 && schedule_check_door(&p->plan, tx->now, c, err) < 0)
		return -1;
	/* So may a sign-off have: the list is made anew. */
	if (p->good_until && tx->now >= p->good_until)
		return COMMAND_STALE;
	p->release.state = NULL;
	if (displace(tx, s, reason, err) < 0 || insert_release(tx, p, err) < 0 ||
		release_move(tx, &p->release, RELEASE_PROMOTE, tx->engine->state.serial + 1, reason,
			err) < 0 ||
		release_settle_warm(tx, &s->policy, err) < 0 ||
		channel_activate(tx, &p->release, s->has_release ? s->channel.version : NULL,
			"promotion", reason, &channel, err) < 0 ||
		merge_move(tx, &p->m.row, MERGE_EVENT_PROMOTE, reason, err) < 0 ||
		succeeded_event(tx, p, &channel, &seq, err) < 0 ||
		tx_outbox(tx, seq, OUTBOX_REJUDGE, "{}", err) < 0)
		return -1;
	channel_answer(c, 201, &channel);
	return 0;
}

static void promotion_after(struct engine *e, struct db *reader, struct command *c)
{
	rejudge_newest(e, reader);
}

static const struct command_kind promotion_kind = {
	.name = "promotion_submit",
	.prepare = promotion_prepare,
	.apply = promotion_apply,
	.after = promotion_after,
};

int promotion_submit(
	struct engine *e, struct command *c, const struct promotion_request *r, struct err *err)
{
	struct promotion *p = ARENA_NEW(c->arena, struct promotion);

	p->request = r;
	c->kind = &promotion_kind;
	c->args = p;
	c->dry_run = c->dry_run || r->dry_run == 1;
	return command_submit(e, c, err);
}
