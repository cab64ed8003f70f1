/* SPDX-License-Identifier: Apache-2.0
 *
 * Takes manifests in: parsed, compared with what is there and judged on the thread that submits;
 * stored with receipt, artifacts, verdicts and history in one step of the writer.
 */
#include <math.h>
#include <string.h>

#include "base/json_writer.h"
#include "base/text.h"
#include "engine/artifact.h"
#include "engine/evidence.h"
#include "engine/internal.h"
#include "engine/lineage.h"
#include "engine/look.h"
#include "engine/render.h"
#include "engine/verdict.h"
#include "model/format.h"
#include "model/manifest.h"
#include "store/contract.h"
#include "store/evidence.h"
#include "store/lineage.h"

struct ingest_item {
	const struct unit *unit;
	struct artifact_name name;
	bool shared;		       /* an earlier manifest brought it already */
	struct artifact_row row;       /* when shared: as artifact_known() gives it */
	int slot;		       /* -1: evidence */
	struct evidence known;	       /* about it in the registry; with a slot, unless shared */
	struct twin_keys keys;	       /* likewise */
	struct twin twin;	       /* likewise: the stored unit whose looks it goes on with */
	struct verdict_record verdict; /* likewise */
	const char *metrics;
};

struct ingest {
	const char *text;
	size_t len;
	struct parsed_manifest parsed;
	struct ingest_item *items;
	size_t n;
	const char *only; /* whose it has to be; NULL: anyone's */
	bool repeated;	  /* the manifest is there already */
};

/* Of an item that came before with other content. */
static void conflict(struct command *c, const struct ingest_item *it, size_t index)
{
	char pointer[64], at[TIME_STRLEN];

	snprintf(pointer, sizeof(pointer), "/artifacts/%zu/id", index);
	fault_add(c->faults, pointer, "%s came with other content at %s in manifest %s",
		it->unit->artifact->id, time_format(it->row.received_at, at),
		it->row.manifest_digest);
}

/* The members of the problem speak of the first one. */
static void conflict_members(struct command *c, const struct ingest_item *it)
{
	STRBUF_AUTO sb = STRBUF_INIT(4096);
	struct json_writer w;

	json_writer_init(&w, &sb);
	jw_object(&w);
	jw_kstring(&w, "artifact", it->unit->artifact->id);
	jw_kstring(&w, "manifest", it->row.manifest_digest);
	jw_ktime(&w, "received_at", it->row.received_at);
	jw_end(&w);
	c->err_members = arena_strndup(c->arena, sb.buf, sb.len);
}

/* Which artifacts are there already, and the same? Names every one that is not. */
static int recognise(struct db *db, struct command *c, struct ingest *in, struct err *err)
{
	command_check_begin(c);
	for (size_t i = 0; i < in->n; i++) {
		struct ingest_item *it = &in->items[i];
		int rc = artifact_known(
			db, it->unit->provider, it->unit->artifact->id, c->arena, &it->row, err);

		if (rc < 0)
			return -1;
		it->shared = rc > 0;
		if (!it->shared || strcmp(it->row.digest, it->unit->content_digest) == 0)
			continue;
		if (!c->faults->n)
			conflict_members(c, it);
		conflict(c, it, i);
	}
	if (c->faults->total > 1)
		return err_set_at(err, ERR_ARTIFACT_CONFLICT, c->faults->list[0].pointer,
			"%zu artifacts came with other content before", c->faults->total);
	if (c->faults->n)
		return faults_refuse(c->faults, ERR_ARTIFACT_CONFLICT, err);
	c->faults = NULL;
	return 0;
}

static int identify(struct command *c, struct ingest_item *it, struct err *err)
{
	const struct artifact *artifact = it->unit->artifact;
	const struct policy_slot *slot;

	if (artifact_name_parse(artifact->id, c->arena, &it->name) < 0)
		return err_set(err, ERR_INVALID_MANIFEST, "%s is no artifact id", artifact->id);
	if (it->shared)
		return 0;
	slot = policy_slot_for(&c->prepared->policy, it->unit->provider, artifact->role);
	it->slot = slot ? slot_index(&c->prepared->policy, slot->name) : -1;
	it->metrics = metrics_render(artifact, c->arena);
	return 0;
}

/* Does the item speak about this id, and is new? */
static bool speaks_about(const struct ingest_item *it, const char *id)
{
	const char *subject = it->unit->artifact->subject;

	return !it->shared && subject && strcmp(subject, id) == 0;
}

static const char *slot_name(const struct command *c, const struct ingest_item *it)
{
	return LIST_AT(&c->prepared->policy.slots, struct policy_slot, it->slot)->name;
}

/* Unless one that comes before it in its manifest is who it goes on from. */
static int find_look(struct db *reader, struct command *c, const struct ingest *in,
	struct ingest_item *it, const struct evidence *evidence, int64_t *ret, struct err *err)
{
	it->keys = twin_keys_of(it->unit, slot_name(c, it), c->arena);
	if (twin_find(reader, &it->keys, &it->twin, err) < 0)
		return -1;
	for (const struct ingest_item *o = it; o-- > in->items;) {
		bool numbers = o->keys.numbers && text_equal(o->keys.numbers, it->keys.numbers);

		if (!numbers && !(o->keys.bytes && text_equal(o->keys.bytes, it->keys.bytes)))
			continue;
		*ret = look_beside(&o->verdict.judgement, numbers, evidence);
		return 0;
	}
	return look_first(reader, &it->twin, evidence, c->arena, ret, err);
}

static int judge_item(struct db *reader, struct command *c, const struct ingest *in,
	struct ingest_item *it, struct err *err)
{
	const char *id = it->unit->artifact->id;
	struct verdict_case k;

	if (evidence_load(reader, id, c->arena, &it->known, err) < 0 ||
		verdict_case_new(reader, it->unit, c->prepared, it->slot, c->arena, &k, err) < 0)
		return -1;
	k.evidence = it->known;
	for (size_t i = 0; i < in->n; i++)
		if (speaks_about(&in->items[i], id))
			evidence_add(&k.evidence, in->items[i].unit, c->arena);
	if (find_look(reader, c, in, it, &k.evidence, &k.look, err) < 0)
		return -1;
	verdict_make(&k, c->prepared, it->slot, c->arena, &it->verdict);
	return 0;
}

/* Is there room for what item `index` says about its subject, beside what is there and what comes
 * before it in its manifest? */
static int check_subject(struct db *db, const struct command *c, const struct ingest *in,
	size_t index, struct err *err)
{
	const struct ingest_item *it = &in->items[index];
	const char *subject = it->unit->artifact->subject;
	char pointer[64];
	int64_t *seqs;
	size_t n;

	if (it->shared || !subject)
		return 0;
	if (evidence_seqs(db, subject, EVIDENCE_MAX, c->arena, &seqs, &n, err) < 0)
		return -1;
	for (size_t i = 0; i < index; i++)
		n += speaks_about(&in->items[i], subject);
	if (n < EVIDENCE_MAX)
		return 0;
	snprintf(pointer, sizeof(pointer), "/artifacts/%zu/subject", index);
	return err_set_at(err, ERR_STATE_CONFLICT, pointer,
		"%s has %d artifacts about it, which is the limit", subject, EVIDENCE_MAX);
}

/* Is any of the new ones its own ancestor? */
static int check_lineage(struct db *db, struct command *c, const struct ingest *in, struct err *err)
{
	const struct unit **units = ARENA_ARRAY(c->arena, in->n, const struct unit *);
	size_t *positions = ARENA_ARRAY(c->arena, in->n, size_t), n = 0;
	struct faults *faults = ARENA_NEW(c->arena, struct faults);

	for (size_t i = 0; i < in->n; i++) {
		if (in->items[i].shared)
			continue;
		units[n] = in->items[i].unit;
		positions[n++] = i;
	}
	faults_init(faults);
	if (lineage_check(db, units, positions, n, c->arena, faults, err) < 0)
		return -1;
	if (!faults->n && lineage_loops(db, units, positions, n, c->arena, faults, err) < 0)
		return -1;
	if (!faults->n)
		return 0;
	c->faults = faults;
	return faults_refuse(faults, ERR_INVALID_MANIFEST, err);
}

/* A version that is published here is one document for ever: who names another one is mistaken, and
 * nobody could ever publish what it would be compared with. */
static int check_contract(
	struct db *db, const struct command *c, const struct ingest *in, struct err *err)
{
	const struct named_digest *named = in->parsed.manifest.contract;
	struct contract_row published;
	struct version v;
	int rc;

	if (!named || !named->digest || !named->version || version_parse(named->version, &v) < 0)
		return 0;
	rc = contract_find(db, named->name, &v, c->arena, &published, err);
	if (rc <= 0 || strcmp(published.digest, named->digest) == 0)
		return rc < 0 ? -1 : 0;
	return err_set_at(err, ERR_INVALID_MANIFEST, "/contract/digest",
		"%s %s is published here with the digest %s", named->name, named->version,
		published.digest);
}

static int prepare_items(struct db *reader, struct command *c, struct ingest *in, struct err *err)
{
	for (size_t i = 0; i < in->n; i++)
		in->items[i].unit = &in->parsed.units[i];
	if (recognise(reader, c, in, err) < 0 || check_lineage(reader, c, in, err) < 0 ||
		check_contract(reader, c, in, err) < 0)
		return -1;
	for (size_t i = 0; i < in->n; i++)
		if (identify(c, &in->items[i], err) < 0)
			return -1;
	for (size_t i = 0; i < in->n; i++)
		if (check_subject(reader, c, in, i, err) < 0)
			return -1;
	for (size_t i = 0; i < in->n; i++) {
		struct ingest_item *it = &in->items[i];

		if (!it->shared && it->slot >= 0 && judge_item(reader, c, in, it, err) < 0)
			return -1;
	}
	return 0;
}

static int ingest_prepare(struct engine *e, struct db *reader, struct command *c, struct err *err)
{
	struct ingest *in = c->args;
	const char *receipt;
	int rc;

	command_check_begin(c);
	if (manifest_parse(in->text, in->len, &c->prepared->policy, c->arena, &in->parsed,
		    c->faults, err) < 0) {
		if (c->faults->n)
			faults_refuse(c->faults, ERR_INVALID_MANIFEST, err);
		return -1;
	}
	if (in->only && strcmp(in->only, in->parsed.manifest.provider) != 0) {
		fault_add(c->faults, "/provider", "is %s, and it lies where %s leaves its own",
			in->parsed.manifest.provider, in->only);
		return faults_refuse(c->faults, ERR_INVALID_MANIFEST, err);
	}
	c->faults = NULL;
	rc = manifest_receipt(reader, in->parsed.digest, c->arena, &receipt, err);
	in->repeated = rc > 0;
	if (rc != 0)
		return rc < 0 ? -1 : 0;
	in->n = in->parsed.manifest.artifacts.n;
	in->items = ARENA_ARRAY(c->arena, in->n, struct ingest_item);
	return prepare_items(reader, c, in, err);
}

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
	if (recognise(tx->db, c, in, err) < 0 || check_lineage(tx->db, c, in, err) < 0 ||
		check_contract(tx->db, c, in, err) < 0)
		return -1;
	for (size_t i = 0; i < in->n; i++) {
		struct ingest_item *it = &in->items[i];
		int rc = 1;

		/* Once more: another manifest may have come between. */
		if (check_subject(tx->db, c, in, i, err) < 0)
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
