/* SPDX-License-Identifier: Apache-2.0
 *
 * Takes manifests in: what ingest_prepare.c made of one is stored with receipt, artifacts, verdicts and
 * history in one step of the writer.
 */
#include <math.h>
#include <string.h>

#include "base/json_writer.h"
#include "engine/artifact.h"
#include "engine/ingest_parts.h"
#include "engine/render.h"
#include "store/evidence.h"
#include "store/lineage.h"

/* Is there what the item speaks about, here or in the registry? */
static int find_subject(struct tx *tx, const struct ingest *in, const struct ingest_item *it,
	bool *ret, struct err *err)
{
	const char *subject = it->unit->artifact->subject;
	struct artifact_place *places;
	size_t n;

	for (size_t i = 0; i < in->n; i++)
		if (strcmp(in->items[i].unit->artifact->id, subject) == 0) {
			*ret = true;
			return 0;
		}
	if (artifact_places(tx->db, subject, tx->arena, &places, &n, err) < 0)
		return -1;
	*ret = n > 0;
	return 0;
}

/* Of evidence: held while there is nothing that it speaks about. */
static int find_phase(struct tx *tx, const struct ingest *in, const struct ingest_item *it,
	enum phase *ret, struct err *err)
{
	bool found = true;

	if (it->slot >= 0) {
		*ret = (enum phase)it->verdict.judgement.phase;
		return 0;
	}
	if (it->unit->artifact->subject && find_subject(tx, in, it, &found, err) < 0)
		return -1;
	*ret = found ? PHASE_SUCCEEDED : PHASE_PENDING;
	return 0;
}

/* What the row of a new artifact will hold. */
static int fill_row(struct tx *tx, const struct command *c, const struct ingest *in,
	struct ingest_item *it, struct err *err)
{
	const struct snapshot *s = c->prepared;
	const struct artifact *artifact = it->unit->artifact;
	struct artifact_row *r = &it->row;
	bool judged = it->slot >= 0;
	enum phase phase;
	int64_t newest;
	int rc;

	if (find_phase(tx, in, it, &phase, err) < 0)
		return -1;
	*r = (struct artifact_row){
		.provider = it->unit->provider,
		.id = artifact->id,
		.ns = it->name.ns,
		.family = it->name.family,
		.number = it->name.number,
		.branch = artifact->branch,
		.role = artifact->role,
		.subject = artifact->subject,
		.digest = it->unit->content_digest,
		.content = in->parsed.contents[it - in->items],
		.manifest_digest = in->parsed.digest,
		.received_at = tx->now,
		.updated_at = tx->now,
		.phase = names_of(&phase_names, phase),
		.context = "",
		.gates = judged ? it->verdict.gates : "[]",
		.score = judged ? it->verdict.judgement.score : (double)NAN,
	};
	if (judged) {
		r->context = s->fields[it->slot].context;
		r->slot = LIST_AT(&s->policy.slots, struct policy_slot, it->slot)->name;
	}
	rc = artifact_family_newest(tx->db, r->provider, r->ns, r->family, &newest, err);
	r->late = rc > 0 && newest > r->number;
	return rc < 0 ? -1 : 0;
}

static const char *receipt_render(
	struct tx *tx, const struct ingest *in, struct arena *a, size_t *ret_len)
{
	STRBUF_AUTO sb = STRBUF_INIT(BODY_MAX);
	struct json_writer w;

	json_writer_init(&w, &sb);
	jw_object(&w);
	jw_kstring(&w, "digest", in->parsed.digest);
	jw_kstring(&w, "provider", in->parsed.manifest.provider);
	jw_ktime(&w, "received_at", tx->now);
	jw_key(&w, "artifacts");
	jw_array(&w);
	for (size_t i = 0; i < in->n; i++) {
		const struct ingest_item *it = &in->items[i];

		jw_object(&w);
		jw_kstring(&w, "id", it->unit->artifact->id);
		jw_kstring(&w, "role", it->unit->artifact->role);
		jw_kstring(&w, "phase", it->row.phase);
		jw_kbool(&w, "late", it->row.late != 0);
		jw_kraw(&w, "gates", it->row.gates);
		if (it->row.phase && !it->shared && artifact_detail(&it->row, a))
			jw_kstring(&w, "detail", artifact_detail(&it->row, a));
		jw_end(&w);
	}
	jw_end(&w);
	jw_end(&w);
	*ret_len = sb.len;
	return arena_strndup(a, sb.buf, sb.len);
}

static int submitted_event(
	struct tx *tx, const struct ingest *in, int64_t *ret_seq, struct err *err)
{
	const char *data = arena_printf(tx->arena, "{\"artifacts\":%zu,\"provider\":\"%s\"}", in->n,
		in->parsed.manifest.provider);

	return tx_event(tx, EVENT_MANIFEST_SUBMITTED, in->parsed.digest, NULL, data, ret_seq, err);
}

/* Evidence that was held for it; and it, when it is held itself. */
static int match_item(struct tx *tx, const struct ingest_item *it, struct err *err)
{
	const struct artifact_row *r = &it->row;

	if ((it->slot < 0 || it->known.n) && evidence_match(tx, r->id, err) < 0)
		return -1;
	if (!artifact_detail(r, tx->arena))
		return 0;
	return tx_event(tx, EVENT_EVIDENCE_HELD, r->id, NULL,
		arena_printf(tx->arena, "{\"provider\":\"%s\",\"subject\":\"%s\"}", r->provider,
			r->subject),
		NULL, err);
}

/* A release that was breached and lost before a restore had it. */
static int hold_awaited(struct tx *tx, const struct artifact_row *r, struct err *err)
{
	const char *by;
	int rc = held_awaited_find(tx->db, r->provider, r->id, tx->arena, &by, err);

	return rc > 0 ? artifact_hold(tx, r->seq, by, err) : rc;
}

static int store_item(struct tx *tx, struct ingest_item *it, struct err *err)
{
	struct artifact_row *r = &it->row;
	struct body body;
	int rc = 0;

	if (artifact_insert(tx->db, r, err) < 0)
		return -1;
	tx->engine->state.artifacts++;
	for (size_t i = 0; i < it->unit->artifact->derived_from.n; i++)
		if (lineage_insert(tx->db, r->seq, it->unit->artifact->derived_from.v[i], err) < 0)
			return -1;
	if (it->slot >= 0 && twin_record(tx->db, &it->keys, r->seq, err) < 0)
		return -1;
	if (it->slot >= 0)
		rc = verdict_store(tx, r, &it->verdict, NULL, err);
	if (rc != 0)
		return rc;
	artifact_render(r, it->unit->artifact, it->metrics, tx->arena, &body);
	if (artifact_state_insert(tx->db, r, &body, RENDER_VERSION, err) < 0 ||
		hold_awaited(tx, r, err) < 0)
		return -1;
	return match_item(tx, it, err);
}

/* What new evidence speaks about falls due; before its own manifest's units are there, which were
 * judged with it. */
static int announce(
	struct tx *tx, const struct command *c, const struct ingest *in, struct err *err)
{
	for (size_t i = 0; i < in->n; i++) {
		const struct ingest_item *it = &in->items[i];
		const char *subject = it->unit->artifact->subject;
		bool found;

		if (!it->shared && subject &&
			evidence_moved(tx, c->prepared, subject, &found, err) < 0)
			return -1;
	}
	return 0;
}

static int store(struct tx *tx, const struct command *c, struct ingest *in, const char *receipt,
	struct err *err)
{
	struct manifest_row row = {
		.digest = in->parsed.digest,
		.provider = in->parsed.manifest.provider,
		.canonical = in->parsed.canonical,
		.canonical_len = in->parsed.canonical_len,
		.receipt = receipt,
		.actor = tx->actor,
		.received_at = tx->now,
	};

	if (submitted_event(tx, in, &row.event_seq, err) < 0 ||
		manifest_insert(tx->db, &row, err) < 0 || announce(tx, c, in, err) < 0)
		return -1;
	tx->engine->state.manifests++;
	for (size_t i = 0; i < in->n; i++) {
		struct ingest_item *it = &in->items[i];
		int rc;

		it->row.manifest_seq = row.seq;
		rc = it->shared ? 0 : store_item(tx, it, err);
		if (rc != 0)
			return rc;
		if (manifest_artifact_insert(tx->db, row.seq, (int64_t)i, it->row.seq, err) < 0)
			return -1;
	}
	return 0;
}

/* 1, -1, or 0: its like came meanwhile. */
static int twin_same(struct tx *tx, const struct ingest_item *it, struct err *err)
{
	struct twin now;

	if (twin_find(tx->db, &it->keys, &now, err) < 0)
		return -1;
	return now.artifact_seq == it->twin.artifact_seq;
}

/* 0; COMMAND_STALE when evidence about a new unit came meanwhile; -1. */
static int fill_rows(struct tx *tx, struct command *c, struct ingest *in, struct err *err)
{
	if (ingest_check(tx->db, c, in, err) < 0)
		return -1;
	for (size_t i = 0; i < in->n; i++) {
		struct ingest_item *it = &in->items[i];
		int rc = 1;

		/* Once more: another manifest may have come between. */
		if (ingest_check_subject(tx->db, c, in, i, err) < 0)
			return -1;
		if (!it->shared && it->slot >= 0)
			rc = evidence_same(tx, it->unit->artifact->id, &it->known, err);
		if (rc > 0 && !it->shared && it->slot >= 0)
			rc = twin_same(tx, it, err);
		if (rc <= 0)
			return rc < 0 ? -1 : COMMAND_STALE;
		if ((it->shared ? gates_load(&it->row, tx->arena, err)
				: fill_row(tx, c, in, it, err)) < 0)
			return -1;
	}
	return 0;
}

static int ingest_apply(struct tx *tx, struct command *c, struct err *err)
{
	struct ingest *in = c->args;
	const char *location = arena_printf(tx->arena, "/v1/manifests/%s", in->parsed.digest);
	const char *receipt;
	struct body body;
	int rc = manifest_receipt(tx->db, in->parsed.digest, tx->arena, &receipt, err);

	if (rc < 0)
		return -1;
	if (rc > 0) {
		body_set(&body, receipt, strlen(receipt));
		command_answer(c, 200, location, &body);
		return 0;
	}
	if (command_stale(tx, c))
		return COMMAND_STALE;
	rc = fill_rows(tx, c, in, err);
	if (rc != 0)
		return rc;
	body.text = receipt_render(tx, in, tx->arena, &body.len);
	rc = store(tx, c, in, body.text, err);
	if (rc != 0)
		return rc;
	command_answer(c, 201, location, &body);
	return 0;
}

static const struct command_kind ingest_kind = {
	.name = "manifest_submit",
	.prepare = ingest_prepare,
	.apply = ingest_apply,
};

void manifest_command(struct command *c, const char *only, const char *text, size_t len)
{
	struct ingest *in = ARENA_NEW(c->arena, struct ingest);

	in->text = text;
	in->len = len;
	in->only = only;
	c->kind = &ingest_kind;
	c->args = in;
}

int manifest_submit(struct engine *e, struct db *reader, struct command *c, const char *text,
	size_t len, struct err *err)
{
	manifest_command(c, NULL, text, len);
	return command_submit_here(e, reader, c, err);
}
