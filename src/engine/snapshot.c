/* SPDX-License-Identifier: Apache-2.0
 *
 * Builds snapshots and hands them out.
 */
#include "engine/snapshot.h"

#include <string.h>

#include "base/json_writer.h"
#include "base/log.h"
#include "engine/evidence.h"
#include "engine/internal.h"
#include "engine/issuer.h"
#include "engine/render.h"
#include "engine/verdict.h"
#include "model/judgement_inputs.h"
#include "store/contract.h"
#include "store/policy.h"
#include "store/suite.h"

enum { ANCHOR_DAYS = 90, CONTEXT_MAX = 64 << 10 };

#define ANCHOR_USEC (ANCHOR_DAYS * INT64_C(86400) * USEC_PER_SEC)

struct snapshot *snapshot_get(struct engine *e)
{
	struct snapshot *s;

	LOCK_SCOPE(&e->snapshot_lock);
	s = e->snapshot;
	atomic_fetch_add(&s->refs, 1);
	return s;
}

struct snapshot *snapshot_ref(struct snapshot *s)
{
	atomic_fetch_add(&s->refs, 1);
	return s;
}

void snapshot_put(struct snapshot *s)
{
	if (s && atomic_fetch_sub(&s->refs, 1) == 1)
		arena_free(s->arena);
}

static int load_policy(struct db *db, struct snapshot *s, struct err *err)
{
	struct faults faults;
	struct policy_row row;
	int rc = policy_newest(db, s->arena, &row, err);

	if (rc <= 0)
		return rc < 0 ? -1 : err_set(err, ERR_STORAGE, "the registry holds no policy");
	faults_init(&faults);
	if (policy_parse(row.body, strlen(row.body), s->arena, &s->policy, &s->policy_text, &faults,
		    err) < 0)
		return faults.n ? err_set(err, ERR_STORAGE, "stored policy %lld: %s: %s",
					  (long long)row.version, faults.list[0].pointer,
					  faults.list[0].detail)
				: -1;
	s->policy.version = row.version;
	return 0;
}

/* A unit of a release with what is said about it. */
static int load_side(struct db *db, struct snapshot *s, const struct unit_row *unit,
	struct judge_side *ret, const char **ret_id, struct err *err)
{
	struct unit *u = ARENA_NEW(s->arena, struct unit);
	struct evidence evidence;
	struct artifact_row row;

	if (artifact_by_seq(db, unit->artifact_seq, s->arena, &row, err) <= 0)
		return err_set(err, ERR_STORAGE, "a unit of a release is missing");
	if (unit_load(&row, s->arena, u, err) < 0 ||
		evidence_load(db, row.id, s->arena, &evidence, err) < 0)
		return -1;
	*ret = (struct judge_side){u, evidence.v, evidence.n};
	*ret_id = row.id;
	return 0;
}

static int load_baselines(struct db *db, struct snapshot *s, struct err *err)
{
	struct unit_row *units;
	size_t n;

	if (release_units(db, s->channel.version, s->arena, &units, &n, err) < 0)
		return -1;
	for (size_t k = 0; k < n; k++) {
		int i = slot_index(&s->policy, units[k].slot);
		const struct named_digest *contract;
		struct slot_field *f;

		if (i < 0)
			continue; /* the policy has no such slot any more */
		f = &s->fields[i];
		if (load_side(db, s, &units[k], &f->baseline, &s->baseline_ids[i], err) < 0)
			return -1;
		s->baselines[i] = f->baseline.unit;
		s->baseline_seqs[i] = units[k].artifact_seq;
		contract = f->baseline.unit->contract;
		if (contract && contract->digest &&
			contract_text_by_digest(
				db, contract->digest, s->arena, &f->contract_text, err) < 0)
			return -1;
	}
	return 0;
}

/* Which release guards against drift, and each slot's unit of it. */
static int load_anchor(struct db *db, struct snapshot *s, int64_t now, struct err *err)
{
	struct unit_row *units;
	int64_t left_at;
	const char *id;
	size_t n;
	int rc = release_anchor(db, now - ANCHOR_USEC, s->arena, &s->anchor, &left_at, err);

	if (rc <= 0)
		return rc;
	s->anchor_until = left_at ? left_at + ANCHOR_USEC + 1 : 0;
	if (release_units(db, s->anchor, s->arena, &units, &n, err) < 0)
		return -1;
	for (size_t k = 0; k < n; k++) {
		int i = slot_index(&s->policy, units[k].slot);

		if (i < 0 || units[k].artifact_seq == s->baseline_seqs[i])
			continue;
		if (load_side(db, s, &units[k], &s->fields[i].anchor, &id, err) < 0)
			return -1;
		s->fields[i].anchor_seq = units[k].artifact_seq;
	}
	return 0;
}

static void write_side(struct json_writer *w, const char *name, const struct judge_side *side)
{
	jw_key(w, name);
	jw_array(w);
	if (side->unit)
		jw_string(w, side->unit->content_digest);
	for (size_t i = 0; i < side->n_evidence; i++)
		jw_string(w, side->evidence[i]->content_digest);
	jw_end(w);
}

static int make_context(const struct snapshot *s, struct slot_field *f, struct err *err)
{
	STRBUF_AUTO sb = STRBUF_INIT(CONTEXT_MAX);
	struct json_writer w;

	json_writer_init(&w, &sb);
	jw_object(&w);
	jw_kint(&w, "judge", JUDGE_VERSION);
	jw_kstring(&w, "policy", s->policy.digest);
	jw_kstring(&w, "suite", s->has_suite ? s->suite_content : NULL);
	write_side(&w, "baseline", &f->baseline);
	write_side(&w, "anchor", &f->anchor);
	jw_kbool(&w, "contract", f->contract_text != NULL);
	jw_end(&w);
	if (!json_writer_done(&w))
		return err_set(err, ERR_INTERNAL, "a slot's context is too large");
	digest_string(sb.buf, sb.len, f->context);
	return 0;
}

static int load_channel(struct db *db, struct snapshot *s, struct err *err)
{
	struct channel_row row;
	int rc = channel_find(db, CHANNEL_STABLE, s->arena, &row, err);

	if (rc <= 0)
		return rc;
	s->channel_body = row.body;
	if (fields_load_text(&channel_table, row.body.text, s->arena, &s->channel, err) < 0)
		return -1;
	rc = channel_pointer_find(db, CHANNEL_STABLE, s->arena, &s->pointer, err);
	if (rc <= 0)
		return rc < 0 ? -1 : err_set(err, ERR_STORAGE, "the channel is not signed");
	rc = release_body(db, s->channel.version, s->arena, &s->release_body, err);
	if (rc <= 0)
		return rc < 0 ? -1 : err_set(err, ERR_STORAGE, "the active release is missing");
	s->has_release = true;
	return fields_load_text(&release_table, s->release_body.text, s->arena, &s->release, err);
}

static int load_suite(struct db *db, struct snapshot *s, struct err *err)
{
	struct suite_row row;
	int rc = suite_current(db, s->arena, &row, err);

	if (rc <= 0)
		return rc;
	s->has_suite = true;
	s->suite_body = row.body;
	s->suite_serial = row.serial;
	digest_string(row.content, strlen(row.content), s->suite_content);
	return suite_load(&row, s->arena, &s->suite, err);
}

int snapshot_renew(struct engine *e, struct err *err)
{
	struct arena *a = arena_new();
	struct snapshot *s = ARENA_NEW(a, struct snapshot), *old;
	int rc;

	s->arena = a;
	atomic_init(&s->refs, 1);
	s->generation = ++e->generation;
	s->sides = e->state.sides;
	rc = load_policy(e->db, s, err);
	if (rc == 0) {
		s->baselines = ARENA_ARRAY(a, s->policy.slots.n, const struct unit *);
		s->baseline_ids = ARENA_ARRAY(a, s->policy.slots.n, const char *);
		s->baseline_seqs = ARENA_ARRAY(a, s->policy.slots.n, int64_t);
		s->fields = ARENA_ARRAY(a, s->policy.slots.n, struct slot_field);
		rc = load_channel(e->db, s, err);
	}
	if (rc == 0 && s->has_release) {
		rc = load_baselines(e->db, s, err);
		if (rc == 0)
			rc = load_anchor(e->db, s, engine_now(e), err);
	}
	if (rc == 0)
		rc = load_suite(e->db, s, err);
	for (size_t i = 0; rc == 0 && i < s->policy.slots.n; i++)
		rc = make_context(s, &s->fields[i], err);
	if (rc < 0) {
		snapshot_put(s);
		return -1;
	}
	lock_take(&e->snapshot_lock);
	old = e->snapshot;
	e->snapshot = s;
	lock_give(&e->snapshot_lock);
	if (!old || old->policy.version != s->policy.version)
		issuers_follow(e, &s->policy);
	if (old && s->has_release &&
		(!old->has_release || old->channel.serial != s->channel.serial))
		log_info("channel.moved", LOG_STR("version", s->channel.version),
			LOG_INT("serial", s->channel.serial));
	snapshot_put(old);
	return 0;
}
