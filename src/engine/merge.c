/* SPDX-License-Identifier: Apache-2.0
 *
 * Makes fused candidates: every candidate judged against what is live now, the best of each slot,
 * the combination's gates, and the next version number.
 */
#include <string.h>

#include "base/json_writer.h"
#include "engine/internal.h"
#include "engine/fuse.h"
#include "engine/merge.h"
#include "engine/render.h"

struct merge_args {
	const struct merge_request *request;
	struct fuse fuse;
	struct merge merge;
	struct merge_row row;
};

/* The required slots that have no unit, in one sentence; `slots` says why each is as it is. */
static const char *summary(const struct fuse *f, struct arena *a)
{
	const char *names = "", *why = "";
	size_t n = 0;

	for (size_t i = 0; i < f->n; i++) {
		const struct fuse_slot *slot = &f->slots[i];

		if (slot->slot->required != 1 || slot->filled)
			continue;
		names = arena_printf(a, "%s%s%s", names, n++ ? ", " : "", slot->slot->name);
		why = slot->reason;
	}
	if (n == 0)
		return "no candidate is better than the live unit of its slot";
	return n == 1 ? arena_printf(a, "no unit for the slot %s: %s", names, why)
		      : arena_printf(a, "no unit for the slots %s", names);
}

static int nothing(struct command *c, const struct fuse *f, struct err *err)
{
	STRBUF_AUTO sb = STRBUF_INIT(BODY_MAX);
	struct json_writer w;

	json_writer_init(&w, &sb);
	jw_object(&w);
	jw_key(&w, "slots");
	jw_object(&w);
	for (size_t i = 0; i < f->n; i++)
		jw_kstring(&w, f->slots[i].slot->name, f->slots[i].reason);
	jw_end(&w);
	jw_end(&w);
	c->err_members = arena_strndup(c->arena, sb.buf, sb.len);
	return err_set(err, ERR_NOTHING_TO_MERGE, "%s", summary(f, c->arena));
}

/* The digest that makes two merges the same one. */
static const char *identity_digest(const struct snapshot *s, const struct fuse *f, struct arena *a)
{
	STRBUF_AUTO sb = STRBUF_INIT(64 << 10);
	char *digest = arena_alloc(a, DIGEST_STRLEN);
	struct json_writer w;

	json_writer_init(&w, &sb);
	jw_object(&w);
	jw_kstring(&w, "baseline", s->has_release ? s->channel.version : NULL);
	jw_kstring(&w, "policy", s->policy.digest);
	jw_kint(&w, "serial", s->has_release ? s->channel.serial : 0);
	jw_key(&w, "units");
	jw_object(&w);
	for (size_t i = 0; i < f->n; i++)
		if (f->slots[i].filled)
			jw_kstring(&w, f->slots[i].slot->name, f->slots[i].unit.content_digest);
	jw_end(&w);
	/* Waivers and the share of alpha are in them. */
	jw_key(&w, "judgements");
	jw_array(&w);
	for (size_t i = 0; i < f->n; i++)
		if (f->slots[i].judgement_digest)
			jw_string(&w, f->slots[i].judgement_digest);
	jw_end(&w);
	jw_end(&w);
	return digest_string(sb.buf, sb.len, digest);
}

static void fill_merge(struct engine *e, const struct command *c, struct merge_args *m)
{
	const struct snapshot *s = c->prepared;
	struct merge *merge = &m->merge;
	struct policy_ref *policy = ARENA_NEW(c->arena, struct policy_ref);

	*policy = (struct policy_ref){.version = s->policy.version, .digest = s->policy.digest};
	fields_init(&merge_table, merge);
	merge->state = names_of(&merge_state_names, MERGE_OPEN);
	merge->baseline = s->has_release ? s->channel.version : NULL;
	merge->serial = s->has_release ? s->channel.serial : 0;
	merge->policy = policy;
	merge->actor = c->actor;
	merge->reason = m->request->reason;
	merge->created_at = merge->updated_at = engine_now(e);
	fuse_fill(&m->fuse, s, c->arena, merge);
}

static int merge_prepare(struct engine *e, struct db *reader, struct command *c, struct err *err)
{
	struct merge_args *m = c->args;
	const struct snapshot *s = c->prepared;
	char digest[DIGEST_STRLEN];
	size_t len;
	int rc;

	/* One that ended since the last look must not be chosen by. */
	waivers_watch(e, reader);
	rc = rejudge_bite(e, reader, err);
	/* The choice, and how many compete, want every verdict to be of today; a rollback must not
	 * stand behind that. */
	if (rc != 0)
		return rc < 0 ? -1 : COMMAND_WAIT;
	if (fuse_choose(reader, s, engine_now(e), c->arena, &m->fuse, err) < 0)
		return -1;
	if (!m->fuse.complete || m->fuse.fresh == 0)
		return nothing(c, &m->fuse, err);
	fill_merge(e, c, m);
	if (fuse_version(reader, s, &m->fuse, c->arena, &m->merge, err) < 0)
		return -1;
	m->row = (struct merge_row){
		.version = m->merge.version,
		.release = m->merge.release,
		.baseline = m->merge.baseline,
		.serial = m->merge.serial,
		.policy_digest = s->policy.digest,
		.identity = identity_digest(s, &m->fuse, c->arena),
		.actor = c->actor,
		.created_at = m->merge.created_at,
		.state = m->merge.state,
		.phase = names_of(&phase_names, m->merge.phase),
	};
	m->row.content = fields_canonical(&merge_table, &m->merge, c->arena, &len);
	m->row.digest = arena_strdup(c->arena, digest_string(m->row.content, len, digest));
	m->merge.digest = m->row.digest;
	return 0;
}

int merge_foresee(struct db *reader, const struct snapshot *s, int64_t now, struct arena *a,
	const char **ret_version, const char **ret_why, struct err *err)
{
	struct fuse f;
	struct merge m;

	if (fuse_choose(reader, s, now, a, &f, err) < 0)
		return -1;
	*ret_version = *ret_why = NULL;
	if (!f.complete || f.fresh == 0) {
		*ret_why = summary(&f, a);
		return 0;
	}
	fields_init(&merge_table, &m);
	fuse_fill(&f, s, a, &m);
	if (fuse_version(reader, s, &f, a, &m, err) < 0)
		return -1;
	*ret_version = m.version;
	return 0;
}

static int merge_insert_units(struct tx *tx, const struct merge_args *m, struct err *err)
{
	for (size_t i = 0; i < m->fuse.n; i++) {
		const struct fuse_slot *s = &m->fuse.slots[i];
		const struct unit_row unit = {
			.slot = s->slot->name,
			.artifact_seq = s->artifact_seq,
			.kept = !s->best,
		};

		if (s->filled && merge_unit_insert(tx->db, m->row.version, &unit, err) < 0)
			return -1;
	}
	return 0;
}

/* The verdicts that were given for this merge alone. */
static int merge_insert_verdicts(struct tx *tx, const struct merge_args *m, struct err *err)
{
	for (size_t i = 0; i < m->fuse.n; i++) {
		const struct fuse_slot *s = &m->fuse.slots[i];

		for (size_t k = 0; k < s->n_splits; k++)
			if (verdict_record(tx, s->splits[k].artifact_seq, &s->splits[k].record,
				    NULL, err) < 0)
				return -1;
	}
	return 0;
}

static int merge_apply(struct tx *tx, struct command *c, struct err *err)
{
	struct merge_args *m = c->args;
	struct merge_row open;
	const char *location;
	struct body body;
	int rc;

	if (command_stale(tx, c))
		return COMMAND_STALE;
	rc = merge_find_open(tx->db, tx->arena, &open, err);
	if (rc < 0)
		return -1;
	if (rc > 0 && strcmp(open.identity, m->row.identity) == 0) {
		if (merge_body(tx->db, open.version, tx->arena, &body, err) <= 0)
			return err_set(err, ERR_STORAGE, "merge %s has no body", open.version);
		location = arena_printf(tx->arena, "/v1/merges/%s", open.version);
		command_answer(c, 200, location, &body);
		c->answer.etag = arena_strdup(tx->arena, body.digest);
		return 0;
	}
	if (rc > 0 && merge_move(tx, &open, MERGE_EVENT_SUPERSEDE,
			      arena_printf(tx->arena, "superseded by %s", m->row.version), err) < 0)
		return -1;
	if (merge_render(&m->merge, tx->arena, &body, err) < 0 ||
		merge_insert(tx->db, &m->row, err) < 0 ||
		merge_state_insert(tx->db, &m->row, &body, RENDER_VERSION, err) < 0 ||
		merge_insert_units(tx, m, err) < 0 || merge_insert_verdicts(tx, m, err) < 0 ||
		tx_event(tx, EVENT_MERGE_CREATED, m->row.version, m->merge.reason,
			arena_printf(tx->arena, "{\"digest\":\"%s\",\"phase\":\"%s\"}",
				m->row.digest, m->row.phase),
			NULL, err) < 0)
		return -1;
	location = arena_printf(tx->arena, "/v1/merges/%s", m->row.version);
	command_answer(c, 201, location, &body);
	c->answer.etag = arena_strdup(tx->arena, body.digest);
	return 0;
}

static const struct command_kind merge_kind = {
	.name = "merge_submit",
	.prepare = merge_prepare,
	.apply = merge_apply,
};

int merge_submit(
	struct engine *e, struct command *c, const struct merge_request *r, struct err *err)
{
	struct merge_args *m = ARENA_NEW(c->arena, struct merge_args);

	m->request = r;
	c->kind = &merge_kind;
	c->args = m;
	c->dry_run = c->dry_run || r->dry_run == 1;
	return command_submit(e, c, err);
}
