/* SPDX-License-Identifier: Apache-2.0
 *
 * Collects what a verdict on a candidate rests on, has it judged, and puts the verdict into the form
 * in which it is kept.
 */
#include "engine/verdict.h"

#include <string.h>

#include "base/json_writer.h"
#include "engine/internal.h"
#include "engine/look.h"
#include "engine/render.h"
#include "policy/judge.h"
#include "store/contract.h"
#include "store/evidence.h"
#include "store/waiver.h"

int slot_index(const struct policy *p, const char *slot)
{
	for (size_t i = 0; i < p->slots.n; i++)
		if (strcmp(LIST_AT(&p->slots, struct policy_slot, i)->name, slot) == 0)
			return (int)i;
	return -1;
}

/* ---- What it rests on ---- */

static const char *contract_digest(const struct unit *u)
{
	return u && u->contract ? u->contract->digest : NULL;
}

/* Documents matter only when the candidate's contract is another than the baseline's. */
static bool contracts_differ(const struct unit *u, const struct snapshot *s, int slot)
{
	const char *mine = contract_digest(u), *theirs = contract_digest(s->baselines[slot]);

	return mine && theirs && strcmp(mine, theirs) != 0;
}

int verdict_case_new(struct db *db, const struct unit *u, const struct snapshot *s, int slot,
	struct arena *a, struct verdict_case *ret, struct err *err)
{
	struct verdict_case k = {.unit = u, .look = 1, .contenders = 1};

	if (contracts_differ(u, s, slot)) {
		int rc = contract_text_by_digest(db, u->contract->digest, a, &k.contract_text, err);

		if (rc < 0)
			return -1;
		k.contract_unknown = rc == 0;
	}
	*ret = k;
	return 0;
}

static int load_waivers(struct db *db, const struct artifact_row *row, int64_t now, struct arena *a,
	struct verdict_case *k, struct err *err)
{
	struct input_waiver *list;
	struct waiver *w;
	size_t n;

	if (waivers_in_force(db, row->provider, row->id, now, a, &w, &n, err) < 0)
		return -1;
	list = ARENA_ARRAY(a, n ? n : 1, struct input_waiver);
	for (size_t i = 0; i < n; i++)
		list[i] = (struct input_waiver){.gate = w[i].gate, .id = w[i].id};
	k->waivers = list;
	k->n_waivers = n;
	return 0;
}

int verdict_case_load(struct db *db, const struct artifact_row *row, const struct unit *u,
	const struct snapshot *s, int slot, int64_t now, struct arena *a, struct verdict_case *ret,
	struct err *err)
{
	struct verdict_case k;

	if (verdict_case_new(db, u, s, slot, a, &k, err) < 0 ||
		evidence_load(db, row->id, a, &k.evidence, err) < 0 ||
		load_waivers(db, row, now, a, &k, err) < 0 ||
		look_after(db, row->judgement_seq, &k.evidence, a, &k.look, err) < 0)
		return -1;
	*ret = k;
	return 0;
}

/* ---- The verdict ---- */

static void name_side(const struct judge_side *side, struct arena *a, const char **ret_unit,
	struct strings *ret_evidence)
{
	struct strings s = {ARENA_ARRAY(a, side->n_evidence + 1, const char *), 0};

	for (; s.n < side->n_evidence; s.n++)
		s.v[s.n] = side->evidence[s.n]->content_digest;
	*ret_unit = side->unit ? side->unit->content_digest : NULL;
	*ret_evidence = s;
}

static void name_inputs(const struct verdict_case *k, const struct snapshot *s,
	const struct judge_input *in, struct arena *a, struct judgement_inputs *ret)
{
	fields_init(&judgement_inputs_table, ret);
	ret->judge = JUDGE_VERSION;
	name_side(&in->candidate, a, &ret->artifact, &ret->evidence);
	name_side(&in->baseline, a, &ret->baseline, &ret->baseline_evidence);
	name_side(&in->anchor, a, &ret->anchor, &ret->anchor_evidence);
	ret->policy = s->policy.digest;
	if (in->suite) {
		ret->suite = ARENA_NEW(a, struct input_suite);
		*ret->suite =
			(struct input_suite){s->suite.name, s->suite.version, s->suite_content};
	}
	ret->contract = in->contract_text ? contract_digest(k->unit) : NULL;
	ret->baseline_contract =
		in->baseline_contract_text ? contract_digest(in->baseline.unit) : NULL;
	ret->waivers = (struct list){(void *)k->waivers, k->n_waivers};
	ret->look = k->look;
	ret->contenders = k->contenders;
}

static struct judge_input make_input(
	const struct verdict_case *k, const struct snapshot *s, int slot, struct arena *a)
{
	const struct slot_field *f = &s->fields[slot];
	struct judge_waiver *waivers = ARENA_ARRAY(a, k->n_waivers + 1, struct judge_waiver);
	struct judge_input in = {
		.candidate = {k->unit, k->evidence.v, k->evidence.n},
		.baseline = f->baseline,
		.anchor = f->anchor,
		.policy = &s->policy,
		.suite = s->has_suite ? &s->suite : NULL,
		.contract_text = k->contract_text,
		.waivers = waivers,
		.n_waivers = k->n_waivers,
		.look = k->look,
		.contenders = k->contenders,
	};

	for (size_t i = 0; i < k->n_waivers; i++)
		waivers[i] = (struct judge_waiver){k->waivers[i].gate, k->waivers[i].id};
	if (contracts_differ(k->unit, s, slot))
		in.baseline_contract_text = f->contract_text;
	/* The unit of an old release that is a candidate again is no measure of itself. */
	if (in.anchor.unit && strcmp(in.anchor.unit->content_digest, k->unit->content_digest) == 0)
		in.anchor = (struct judge_side){0};
	return in;
}

const char *judgement_text(const struct judgement *j, struct arena *a, size_t *ret_len)
{
	STRBUF_AUTO sb = STRBUF_INIT(BODY_MAX);
	struct json_writer w;

	json_writer_init(&w, &sb);
	fields_emit(&judgement_table, j, &w);
	*ret_len = sb.len;
	return arena_strndup(a, sb.buf, sb.len);
}

void verdict_make(const struct verdict_case *k, const struct snapshot *s, int slot, struct arena *a,
	struct verdict_record *ret)
{
	struct judge_input in = make_input(k, s, slot, a);
	struct judgement_inputs inputs;
	size_t inputs_len;

	judge(&in, a, &ret->judgement);
	ret->body = judgement_text(&ret->judgement, a, &ret->body_len);
	digest_string(ret->body, ret->body_len, ret->digest);
	name_inputs(k, s, &in, a, &inputs);
	ret->inputs = fields_canonical(&judgement_inputs_table, &inputs, a, &inputs_len);
	digest_string(ret->inputs, inputs_len, ret->inputs_digest);
	ret->policy_version = s->policy.version;
	ret->gates = gates_render(&ret->judgement, a);
	ret->contract_awaited = k->contract_unknown ? k->unit->contract->digest : NULL;
}

/* ---- Keeping it ---- */

static enum event_type verdict_event(int phase)
{
	switch (phase) {
	case PHASE_SUCCEEDED:
		return EVENT_CANDIDATE_PASSED;
	case PHASE_FAILED:
		return EVENT_CANDIDATE_FAILED;
	case PHASE_PENDING:
		return EVENT_CANDIDATE_PENDING;
	default:
		return EVENT_CANDIDATE_INCONCLUSIVE;
	}
}

int verdict_record(struct tx *tx, int64_t artifact_seq, const struct verdict_record *v,
	int64_t *ret_seq, struct err *err)
{
	struct judgement_row j = {
		.artifact_seq = artifact_seq,
		.at = tx->now,
		.digest = v->digest,
		.inputs_digest = v->inputs_digest,
		.inputs = v->inputs,
		.policy_version = v->policy_version,
		.phase = names_of(&phase_names, v->judgement.phase),
		.body = v->body,
		.body_len = v->body_len,
	};

	if (judgement_insert(tx->db, &j, err) < 0)
		return -1;
	tx->engine->state.judgements++;
	if (ret_seq)
		*ret_seq = j.seq;
	return 0;
}

int verdict_store(struct tx *tx, struct artifact_row *row, const struct verdict_record *v,
	const char *old_phase, struct err *err)
{
	const char *phase = names_of(&phase_names, v->judgement.phase), *data, *text;

	if (v->contract_awaited) {
		int rc =
			contract_text_by_digest(tx->db, v->contract_awaited, tx->arena, &text, err);

		if (rc != 0)
			return rc < 0 ? -1 : COMMAND_STALE;
	}
	if (verdict_record(tx, row->seq, v, &row->judgement_seq, err) < 0 ||
		(v->contract_awaited &&
			contract_wait(tx->db, v->contract_awaited, row->seq, err) < 0))
		return -1;
	if (old_phase && strcmp(old_phase, phase) == 0)
		return 0;
	data = arena_printf(tx->arena,
		"{\"judgement\":\"%s\",\"phase\":\"%s\",\"provider\":\"%s\",\"slot\":\"%s\"}",
		v->digest, phase, row->provider, row->slot);
	return tx_event(tx, verdict_event(v->judgement.phase), row->id, NULL, data, NULL, err);
}
