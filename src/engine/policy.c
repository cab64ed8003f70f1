/* SPDX-License-Identifier: Apache-2.0
 *
 * Versions of the policy: the first one at first open, later ones by PUT.
 */
#include "store/policy.h"

#include <string.h>

#include "base/json_writer.h"
#include "engine/internal.h"
#include "engine/policy.h"
#include "engine/release.h"
#include "engine/render.h"
#include "model/document_diff.h"
#include "model/publication.h"
#include "policy/cadence.h"

enum { DIFF_MAX = 64 << 20 };

struct policy_args {
	const char *text, *reason;
	size_t len;
	struct policy policy;
	const char *canonical;
};

/* Store the next version; the summary goes to *ret_summary. */
static int policy_store(
	struct tx *tx, const struct policy_args *p, const char **ret_summary, struct err *err)
{
	STRBUF_AUTO sb = STRBUF_INIT(64 << 10);
	int64_t version = tx->engine->state.policy_version + 1;
	struct json_writer w;
	const char *data;

	json_writer_init(&w, &sb);
	jw_object(&w);
	jw_kint(&w, "version", version);
	jw_kstring(&w, "digest", p->policy.digest);
	jw_kstring(&w, "actor", tx->actor);
	jw_kstring(&w, "reason", p->reason);
	jw_ktime(&w, "created_at", tx->now);
	jw_end(&w);
	*ret_summary = arena_strndup(tx->arena, sb.buf, sb.len);
	if (policy_insert(tx->db,
		    &(struct policy_row){
			    .version = version,
			    .digest = p->policy.digest,
			    .body = p->canonical,
			    .summary = *ret_summary,
			    .actor = tx->actor,
			    .reason = p->reason,
			    .created_at = tx->now,
		    },
		    err) < 0)
		return -1;
	data = arena_printf(tx->arena, "{\"digest\":\"%s\",\"version\":%lld}", p->policy.digest,
		(long long)version);
	return tx_event(tx, EVENT_POLICY_CHANGED,
		arena_printf(tx->arena, "policy/%lld", (long long)version), p->reason, data, NULL,
		err);
}

int policy_bootstrap(struct engine *e, const char *text, struct err *err)
{
	ARENA_AUTO a = arena_new();
	struct faults faults;
	struct policy_args p = {
		.text = text ? text : embed_policy_json,
		.len = text ? strlen(text) : embed_policy_json_len,
		.reason = "first start",
	};
	struct writer_state before = e->state;
	struct tx tx = {
		.db = e->db, .now = engine_now(e), .actor = "local", .arena = a, .engine = e};
	const char *summary;

	faults_init(&faults);
	if (policy_accept(p.text, p.len, tx.now, a, &p.policy, &p.canonical, &faults, err) < 0)
		return faults.n ? err_set_at(err, ERR_INVALID_POLICY, faults.list[0].pointer,
					  "%s: %s", faults.list[0].pointer, faults.list[0].detail)
				: err_wrap(err, "policy");
	if (db_begin(e->db, err) < 0)
		return -1;
	if (policy_store(&tx, &p, &summary, err) < 0) {
		db_rollback(e->db);
		e->state = before;
		return -1;
	}
	if (db_commit(e->db, err) < 0) {
		e->state = before;
		return -1;
	}
	e->state.policy_version = 1;
	e->events = (uint64_t)e->state.event_seq;
	return 0;
}

/* Under the number that it had; numbers that nobody published stay free. */
int policy_restore(
	struct tx *tx, const struct record_policy *r, const struct snapshot *s, struct err *err)
{
	struct writer_state *state = &tx->engine->state;
	struct policy_args p = {
		.text = r->document, .len = strlen(r->document), .reason = r->reason};
	const char *summary;
	struct faults faults;

	if (r->version <= state->policy_version)
		return 0;
	faults_init(&faults);
	if (policy_accept(
		    p.text, p.len, tx->now, tx->arena, &p.policy, &p.canonical, &faults, err) < 0)
		return faults.n ? err_set(err, ERR_INVALID_POLICY, "%s: %s", faults.list[0].pointer,
					  faults.list[0].detail)
				: -1;
	state->policy_version = r->version - 1;
	if (policy_store(tx, &p, &summary, err) < 0 ||
		tx_outbox(tx, state->event_seq, OUTBOX_RESLOT, "{}", err) < 0)
		return -1;
	state->policy_version = r->version;
	tx->moved = true;
	return schedule_policy_changed(tx, s->policy.cadence, p.policy.cadence, err);
}

static int policy_prepare(struct engine *e, struct db *reader, struct command *c, struct err *err)
{
	struct policy_args *p = c->args;

	command_check_begin(c);
	if (policy_accept(p->text, p->len, engine_now(e), c->arena, &p->policy, &p->canonical,
		    c->faults, err) == 0) {
		c->faults = NULL;
		return 0;
	}
	if (c->faults->n)
		faults_refuse(c->faults, ERR_INVALID_POLICY, err);
	return -1;
}

/* The summary's members, and the document behind them. */
static void record_body(
	const char *summary, const char *canonical, struct arena *a, struct body *ret)
{
	STRBUF_AUTO sb = STRBUF_INIT(BODY_MAX);
	struct json_writer w;

	json_writer_init(&w, &sb);
	jw_object(&w);
	jw_members(&w, summary, strlen(summary));
	jw_kraw(&w, "policy", canonical);
	jw_end(&w);
	body_set(ret, arena_strndup(a, sb.buf, sb.len), sb.len);
}

static void policy_answer(struct command *c, const char *summary, const char *canonical)
{
	struct body body;

	record_body(summary, canonical, c->arena, &body);
	command_answer(c, 200, NULL, &body);
}

static int policy_apply(struct tx *tx, struct command *c, struct err *err)
{
	struct policy_args *p = c->args;
	struct policy_row now;
	const char *summary;

	if (policy_newest(tx->db, tx->arena, &now, err) <= 0)
		return err_set(err, ERR_STORAGE, "the registry holds no policy");
	if (!c->if_match)
		return err_set(err, ERR_PRECONDITION_REQUIRED,
			"the policy in force has the ETag \"%s\"", now.digest);
	if (if_match_check(c->if_match, "/v1/policy", now.digest, err) < 0)
		return -1;
	if (strcmp(now.digest, p->policy.digest) == 0) {
		policy_answer(c, now.summary, now.body);
		c->answer.etag = now.digest;
		return 0;
	}
	if (policy_store(tx, p, &summary, err) < 0 ||
		tx_outbox(tx, tx->engine->state.event_seq, OUTBOX_RESLOT, "{}", err) < 0)
		return -1;
	tx->engine->state.policy_version++;
	tx->moved = true;
	if (schedule_policy_changed(tx, c->prepared->policy.cadence, p->policy.cadence, err) < 0 ||
		release_settle_warm(tx, &p->policy, err) < 0 ||
		channel_refresh(tx, p->reason, err) < 0)
		return -1;
	policy_answer(c, summary, p->canonical);
	if (!c->dry_run)
		c->answer.etag = p->policy.digest;
	return 0;
}

static void policy_after(struct engine *e, struct db *reader, struct command *c)
{
	rejudge_newest(e, reader);
}

static const struct command_kind policy_kind = {
	.name = "policy_submit",
	.prepare = policy_prepare,
	.apply = policy_apply,
	.after = policy_after,
};

int policy_submit(struct engine *e, struct command *c, const char *text, size_t len,
	const char *reason, struct err *err)
{
	struct policy_args *p = ARENA_NEW(c->arena, struct policy_args);

	p->text = text;
	p->len = len;
	p->reason = reason ? reason : "";
	c->kind = &policy_kind;
	c->args = p;
	return command_submit(e, c, err);
}

int policy_version_body(
	struct db *reader, int64_t version, struct arena *a, struct body *ret, struct err *err)
{
	struct policy_row row;
	int rc = policy_by_version(reader, version, a, &row, err);

	if (rc > 0)
		record_body(row.summary, row.body, a, ret);
	return rc;
}

static int find_version(struct db *reader, int64_t version, struct arena *a, struct policy_row *ret,
	struct err *err)
{
	int rc = policy_by_version(reader, version, a, ret, err);

	return rc != 0 ? rc
		       : err_set(err, ERR_NOT_FOUND, "no version %lld of the policy",
				 (long long)version);
}

int policy_diff_body(struct db *reader, int64_t from, int64_t to, struct arena *a, struct body *ret,
	struct err *err)
{
	STRBUF_AUTO sb = STRBUF_INIT(DIFF_MAX);
	struct policy_row old, new;
	struct document_change *changes;
	struct json_writer w;

	if (find_version(reader, from, a, &old, err) < 0 ||
		find_version(reader, to, a, &new, err) < 0)
		return -1;
	size_t n = document_diff(old.body, new.body, a, &changes);
	const struct policy_diff_record record = {
		.from = from,
		.to = to,
		.from_digest = old.digest,
		.to_digest = new.digest,
		.changes = {.v = changes, .n = n},
	};
	json_writer_init(&w, &sb);
	fields_emit(&policy_diff_table, &record, &w);
	if (!json_writer_done(&w))
		return err_set(err, ERR_INTERNAL, "the difference is too large");
	body_set(ret, arena_strndup(a, sb.buf, sb.len), sb.len);
	return 1;
}
