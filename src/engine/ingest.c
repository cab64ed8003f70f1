/* SPDX-License-Identifier: Apache-2.0
 *
 * Takes manifests in: parsed, compared with what is there and judged on the thread that submits;
 * stored with receipt, artifacts, verdicts and history in one step of the writer.
 */
#include <math.h>
#include <string.h>

#include "base/json_writer.h"
#include "engine/internal.h"
#include "engine/render.h"
#include "engine/verdict.h"
#include "model/format.h"
#include "model/manifest.h"

struct ingest_item {
	const struct unit *unit;
	struct artifact_name name;
	bool shared;		       /* an earlier manifest brought it already */
	struct artifact_row row;       /* when shared: as artifact_known() gives it */
	int slot;		       /* -1: evidence */
	struct verdict_record verdict; /* with a slot, unless shared */
	const char *metrics;
};

struct ingest {
	const char *text;
	size_t len;
	struct parsed_manifest parsed;
	struct ingest_item *items;
	size_t n;
	bool repeated; /* the manifest is there already */
};

static int conflict(struct command *c, const struct ingest_item *it, size_t index, struct err *err)
{
	STRBUF_AUTO sb = STRBUF_INIT(4096);
	char pointer[64], at[TIME_STRLEN];
	struct json_writer w;

	json_writer_init(&w, &sb);
	jw_object(&w);
	jw_kstring(&w, "artifact", it->unit->artifact->id);
	jw_kstring(&w, "manifest", it->row.manifest_digest);
	jw_ktime(&w, "received_at", it->row.received_at);
	jw_end(&w);
	c->err_members = arena_strndup(c->arena, sb.buf, sb.len);
	snprintf(pointer, sizeof(pointer), "/artifacts/%zu/id", index);
	return err_set_at(err, ERR_ARTIFACT_CONFLICT, pointer,
		"%s came with other content at %s in manifest %s", it->unit->artifact->id,
		time_format(it->row.received_at, at), it->row.manifest_digest);
}

/* Is the artifact there already, and the same? */
static int recognise(
	struct db *db, struct command *c, struct ingest_item *it, size_t index, struct err *err)
{
	int rc = artifact_known(
		db, it->unit->provider, it->unit->artifact->id, c->arena, &it->row, err);

	if (rc < 0)
		return -1;
	it->shared = rc > 0;
	if (it->shared && strcmp(it->row.digest, it->unit->content_digest) != 0)
		return conflict(c, it, index, err);
	return 0;
}

static int prepare_item(
	struct db *reader, struct command *c, struct ingest_item *it, size_t index, struct err *err)
{
	const struct snapshot *s = c->prepared;
	const struct artifact *artifact = it->unit->artifact;
	const struct policy_slot *slot;

	if (artifact_name_parse(artifact->id, c->arena, &it->name) < 0)
		return err_set(err, ERR_INVALID_MANIFEST, "%s is no artifact id", artifact->id);
	if (recognise(reader, c, it, index, err) < 0)
		return -1;
	if (it->shared)
		return 0;
	slot = policy_slot_for(&s->policy, it->unit->provider, artifact->role);
	it->slot = slot ? slot_index(&s->policy, slot->name) : -1;
	it->metrics = metrics_render(artifact, c->arena);
	if (it->slot >= 0)
		verdict_make(it->unit, s, it->slot, c->arena, &it->verdict);
	return 0;
}

static int ingest_prepare(struct engine *e, struct db *reader, struct command *c, struct err *err)
{
	struct ingest *in = c->args;
	const char *receipt;
	int rc;

	c->faults = ARENA_NEW(c->arena, struct faults);
	faults_init(c->faults);
	if (manifest_parse(in->text, in->len, &c->prepared->policy, c->arena, &in->parsed,
		    c->faults, err) < 0) {
		if (c->faults->n)
			err_set_at(err, ERR_INVALID_MANIFEST, c->faults->list[0].pointer, "%s",
				c->faults->list[0].detail);
		return -1;
	}
	c->faults = NULL;
	rc = manifest_receipt(reader, in->parsed.digest, c->arena, &receipt, err);
	in->repeated = rc > 0;
	if (rc != 0)
		return rc < 0 ? -1 : 0;
	in->n = in->parsed.manifest.artifacts.n;
	in->items = ARENA_ARRAY(c->arena, in->n, struct ingest_item);
	for (size_t i = 0; i < in->n; i++) {
		in->items[i].unit = &in->parsed.units[i];
		if (prepare_item(reader, c, &in->items[i], i, err) < 0)
			return -1;
	}
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
	int64_t newest;
	int rc;

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
		.phase = names_of(
			&phase_names, judged ? it->verdict.judgement.phase : (int)PHASE_SUCCEEDED),
		.context = "",
		.gates = judged ? it->verdict.gates : "[]",
		.score = judged ? it->verdict.judgement.score : (double)NAN,
	};
	if (judged) {
		char *context = arena_alloc(c->arena, DIGEST_STRLEN);

		verdict_context(s, it->slot, context);
		r->context = context;
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

static int store_item(struct tx *tx, struct ingest_item *it, struct err *err)
{
	struct artifact_row *r = &it->row;
	struct body body;

	if (artifact_insert(tx->db, r, err) < 0)
		return -1;
	tx->engine->state.artifacts++;
	if (it->slot >= 0 && verdict_store(tx, r, &it->verdict, NULL, err) < 0)
		return -1;
	artifact_render(r, it->unit->artifact, it->metrics, tx->arena, &body);
	return artifact_state_insert(tx->db, r, &body, RENDER_VERSION, err);
}

static int store(struct tx *tx, struct ingest *in, const char *receipt, struct err *err)
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
		manifest_insert(tx->db, &row, err) < 0)
		return -1;
	tx->engine->state.manifests++;
	for (size_t i = 0; i < in->n; i++) {
		struct ingest_item *it = &in->items[i];

		it->row.manifest_seq = row.seq;
		if (!it->shared && store_item(tx, it, err) < 0)
			return -1;
		if (manifest_artifact_insert(tx->db, row.seq, (int64_t)i, it->row.seq, err) < 0)
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
	for (size_t i = 0; i < in->n; i++) {
		struct ingest_item *it = &in->items[i];

		if (recognise(tx->db, c, it, i, err) < 0 ||
			(it->shared ? gates_load(&it->row, tx->arena, err)
				    : fill_row(tx, c, in, it, err)) < 0)
			return -1;
	}
	body.text = receipt_render(tx, in, tx->arena, &body.len);
	if (store(tx, in, body.text, err) < 0)
		return -1;
	command_answer(c, 201, location, &body);
	return 0;
}

static const struct command_kind ingest_kind = {
	.name = "manifest_submit",
	.prepare = ingest_prepare,
	.apply = ingest_apply,
};

int manifest_submit(struct engine *e, struct db *reader, struct command *c, const char *text,
	size_t len, struct err *err)
{
	struct ingest *in = ARENA_NEW(c->arena, struct ingest);

	in->text = text;
	in->len = len;
	c->kind = &ingest_kind;
	c->args = in;
	return command_submit_here(e, reader, c, err);
}
