/* SPDX-License-Identifier: Apache-2.0
 *
 * What becomes of a manifest before it is written, on the thread that submits it: parsed, compared with
 * what is there, and its artifacts judged.
 */
#include <string.h>

#include "base/json_writer.h"
#include "base/text.h"
#include "engine/ingest_parts.h"
#include "engine/lineage.h"
#include "engine/render.h"
#include "store/contract.h"
#include "store/evidence.h"

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

int ingest_check_subject(struct db *db, const struct command *c, const struct ingest *in,
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

int ingest_check(struct db *db, struct command *c, struct ingest *in, struct err *err)
{
	if (recognise(db, c, in, err) < 0 || check_lineage(db, c, in, err) < 0)
		return -1;
	return check_contract(db, c, in, err);
}

static int prepare_items(struct db *reader, struct command *c, struct ingest *in, struct err *err)
{
	for (size_t i = 0; i < in->n; i++)
		in->items[i].unit = &in->parsed.units[i];
	if (ingest_check(reader, c, in, err) < 0)
		return -1;
	for (size_t i = 0; i < in->n; i++)
		if (identify(c, &in->items[i], err) < 0)
			return -1;
	for (size_t i = 0; i < in->n; i++)
		if (ingest_check_subject(reader, c, in, i, err) < 0)
			return -1;
	for (size_t i = 0; i < in->n; i++) {
		struct ingest_item *it = &in->items[i];

		if (!it->shared && it->slot >= 0 && judge_item(reader, c, in, it, err) < 0)
			return -1;
	}
	return 0;
}

int ingest_prepare(struct engine *e, struct db *reader, struct command *c, struct err *err)
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
