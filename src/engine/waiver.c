/* SPDX-License-Identifier: Apache-2.0
 *
 * Waivers: asked for by one principal, granted by another, ended by the clock or by hand; the door
 * of their states. Four eyes are two tokens: whoever holds two of them is two here.
 */
#include "engine/waiver.h"

#include <string.h>
#include <strings.h>

#include "base/id.h"
#include "base/json_writer.h"
#include "base/log.h"
#include "engine/evidence.h"
#include "engine/internal.h"
#include "policy/waiver.h"
#include "store/artifact.h"
#include "store/waiver.h"

enum { WAIVER_ID_LEN = 12, ENDED_PAGE = 64 };

struct waiver_args {
	const struct waiver *request;
	const struct waiver_approval *approval;
	const struct reason_request *revocation;
	const char *id, *principal;
	struct waiver_row row;
};

static const struct fsm_step steps[] = {
#define X(from_, event_, to_, type_)      \
	{.from = WAIVER_##from_,          \
		.event = WAIVER_##event_, \
		.to = WAIVER_##to_,       \
		.type = EVENT_##type_},
#include "engine/waiver_fsm.def"
#undef X
};

const struct fsm_step *waiver_step(int from, enum waiver_event event)
{
	return fsm_find(steps, sizeof(steps) / sizeof(steps[0]), from, event);
}

static const char *event_data(const struct waiver *w, struct arena *a)
{
	STRBUF_AUTO sb = STRBUF_INIT(16 << 10);
	struct json_writer out;

	json_writer_init(&out, &sb);
	jw_object(&out);
	if (w->approved_by)
		jw_kstring(&out, "approved_by", w->approved_by);
	jw_kstring(&out, "artifact", w->artifact->id);
	jw_ktime(&out, "expires_at", w->expires_at);
	jw_kstring(&out, "gate", names_of(&gate_names, w->gate));
	jw_kstring(&out, "provider", w->artifact->provider);
	jw_kstring(&out, "requested_by", w->requested_by);
	jw_end(&out);
	return arena_strndup(a, sb.buf, sb.len);
}

static void answer(struct command *c, int status, const struct waiver *w, int64_t now)
{
	struct body body;

	body_set_text(&body, waiver_render(w, now, c->arena));
	command_answer(c, status,
		status == 201 ? arena_printf(c->arena, "/v1/waivers/%s", w->id) : NULL, &body);
}

/* ---- Request ---- */

static int request_prepare(struct engine *e, struct db *reader, struct command *c, struct err *err)
{
	struct waiver_args *x = c->args;
	const struct waiver *w = x->request;

	command_check_begin(c);
	waiver_check_expiry(w->expires_at, engine_now(e), c->faults);
	command_principal(c, w->requested_by, "/requested_by", c->faults, &x->principal);
	return command_check_end(c, err);
}

static int check_candidate(struct tx *tx, const struct waiver_artifact *r, struct err *err)
{
	struct artifact_row row;
	int rc = artifact_find(tx->db, r->provider, r->id, tx->arena, &row, err);

	if (rc < 0)
		return -1;
	if (rc == 0)
		return err_set_at(err, ERR_NOT_FOUND, "/artifact", "%s has no artifact %s",
			r->provider, r->id);
	if (!row.slot)
		return err_set_at(err, ERR_STATE_CONFLICT, "/artifact",
			"%s is evidence and no candidate: no gate judges it", r->id);
	if (row.withdrawn_at)
		return err_set_at(err, ERR_STATE_CONFLICT, "/artifact", "%s was withdrawn", r->id);
	return 0;
}

static int check_only(struct tx *tx, const struct waiver *w, struct err *err)
{
	struct waiver_list live;

	if (waiver_live(tx->db, w->artifact->provider, w->artifact->id, tx->now, tx->arena, &live,
		    err) < 0)
		return -1;
	for (size_t i = 0; i < live.n; i++)
		if (live.v[i].waiver.gate == w->gate)
			return err_set(err, ERR_STATE_CONFLICT,
				"waiver %s is %s for the gate %s of %s already; revoke it first",
				live.v[i].waiver.id,
				names_of(&waiver_state_names, live.v[i].waiver.state),
				names_of(&gate_names, w->gate), w->artifact->id);
	return 0;
}

static int request_apply(struct tx *tx, struct command *c, struct err *err)
{
	struct waiver_args *x = c->args;
	struct waiver *w = &x->row.waiver;
	char id[WAIVER_ID_LEN + 1];

	if (check_candidate(tx, x->request->artifact, err) < 0 ||
		check_only(tx, x->request, err) < 0)
		return -1;
	id_random(id, WAIVER_ID_LEN);
	*w = *x->request;
	w->id = arena_strdup(tx->arena, id);
	w->state = WAIVER_REQUESTED;
	w->requested_by = x->principal;
	w->requested_at = tx->now;
	if (waiver_insert(tx->db, &x->row, err) < 0 ||
		tx_event(tx, EVENT_WAIVER_REQUESTED, w->id, w->reason, event_data(w, tx->arena),
			NULL, err) < 0)
		return -1;
	answer(c, 201, w, tx->now);
	return 0;
}

/* ---- Changes ---- */

static int find(struct tx *tx, const char *id, struct waiver_row *ret, struct err *err)
{
	int rc = waiver_find_id(tx->db, id, tx->arena, ret, err);

	return rc > 0 ? 0 : rc < 0 ? -1 : err_set(err, ERR_NOT_FOUND, "no waiver %s", id);
}

/* What it was in force for, or is, is judged anew. */
static int due(struct tx *tx, const struct waiver *w, struct err *err)
{
	struct artifact_row row;
	int rc =
		artifact_find(tx->db, w->artifact->provider, w->artifact->id, tx->arena, &row, err);

	return rc <= 0 ? rc : candidate_due(tx, row.seq, err);
}

/* The one way in which a state changes. `r` holds the waiver as it shall be, but for its state. */
static int move(struct tx *tx, struct waiver_row *r, enum waiver_event event, const char *reason,
	struct err *err)
{
	static const char *const words[] = {"approved", "revoked", "ended"};
	struct waiver *w = &r->waiver;
	int from = w->state;
	const struct fsm_step *step = waiver_step(from, event);
	int rc;

	if (!step)
		return err_set(err, ERR_STATE_CONFLICT, "waiver %s is %s; it can't be %s", w->id,
			names_of(&waiver_state_names, from), words[event]);
	w->state = step->to;
	rc = waiver_state_set(tx->db, r, names_of(&waiver_state_names, from), err);
	if (rc == 0)
		return err_set(err, ERR_STATE_CONFLICT, "waiver %s changed meanwhile", w->id);
	if (rc < 0 ||
		tx_event(tx, step->type, w->id, reason, event_data(w, tx->arena), NULL, err) < 0)
		return -1;
	return from == WAIVER_APPROVED || step->to == WAIVER_APPROVED ? due(tx, w, err) : 0;
}

static int approve_prepare(struct engine *e, struct db *reader, struct command *c, struct err *err)
{
	struct waiver_args *x = c->args;

	command_check_begin(c);
	command_principal(c, x->approval->approved_by, "/approved_by", c->faults, &x->principal);
	return command_check_end(c, err);
}

static int approve_apply(struct tx *tx, struct command *c, struct err *err)
{
	struct waiver_args *x = c->args;
	struct waiver *w = &x->row.waiver;

	if (find(tx, x->id, &x->row, err) < 0)
		return -1;
	if (strcasecmp(w->requested_by, x->principal) == 0)
		return err_set(err, ERR_SELF_APPROVAL, "waiver %s was requested by %s, too", w->id,
			x->principal);
	if (w->state == WAIVER_REQUESTED) {
		w->approved_by = x->principal;
		w->approved_at = tx->now;
		w->approval_reason = x->approval->reason;
	}
	if (move(tx, &x->row, WAIVER_APPROVE, x->approval->reason, err) < 0)
		return -1;
	answer(c, 200, w, tx->now);
	return 0;
}

static int revoke_apply(struct tx *tx, struct command *c, struct err *err)
{
	struct waiver_args *x = c->args;
	struct waiver *w = &x->row.waiver;

	if (find(tx, x->id, &x->row, err) < 0)
		return -1;
	w->revoked_by = c->actor;
	w->revoked_at = tx->now;
	w->revocation_reason = x->revocation->reason;
	if (move(tx, &x->row, WAIVER_REVOKE, x->revocation->reason, err) < 0)
		return -1;
	answer(c, 200, w, tx->now);
	return 0;
}

/* ---- The clock ---- */

static int expire_apply(struct tx *tx, struct command *c, struct err *err)
{
	struct waiver_list ended;

	if (waiver_ended(tx->db, tx->now, ENDED_PAGE, tx->arena, &ended, err) < 0)
		return -1;
	for (size_t i = 0; i < ended.n; i++)
		if (move(tx, &ended.v[i], WAIVER_EXPIRE, NULL, err) < 0)
			return -1;
	return 0;
}

static const struct command_kind expire_kind = {.name = "waiver_expire", .apply = expire_apply};

void waivers_watch(struct engine *e, struct db *reader)
{
	ARENA_AUTO a = arena_new();
	struct waiver_list ended;
	struct err err = {0};
	struct command c = engine_job(&expire_kind, "controller:waivers", NULL, a, NULL);

	if (waiver_ended(reader, engine_now(e), 1, a, &ended, &err) < 0 ||
		(ended.n && engine_commit(e, &c, &err) < 0))
		log_error("waivers.watch_failed", LOG_ERR(&err));
}

/* ---- Verbs ---- */

static const struct command_kind request_kind = {
	.name = "waiver_submit",
	.prepare = request_prepare,
	.apply = request_apply,
};
static void judge_after(struct engine *e, struct db *reader, struct command *c)
{
	rejudge_newest(e, reader);
}

static const struct command_kind approve_kind = {
	.name = "waiver_approve",
	.prepare = approve_prepare,
	.apply = approve_apply,
	.after = judge_after,
};
static const struct command_kind revoke_kind = {
	.name = "waiver_revoke",
	.apply = revoke_apply,
	.after = judge_after,
};

int waiver_submit(struct engine *e, struct command *c, const struct waiver *w, struct err *err)
{
	struct waiver_args *x = ARENA_NEW(c->arena, struct waiver_args);

	x->request = w;
	c->kind = &request_kind;
	c->args = x;
	return command_submit(e, c, err);
}

int waiver_approve(struct engine *e, struct command *c, const char *id,
	const struct waiver_approval *r, struct err *err)
{
	struct waiver_args *x = ARENA_NEW(c->arena, struct waiver_args);

	x->id = id;
	x->approval = r;
	c->kind = &approve_kind;
	c->args = x;
	c->dry_run = c->dry_run || r->dry_run == 1;
	return command_submit(e, c, err);
}

int waiver_revoke(struct engine *e, struct command *c, const char *id,
	const struct reason_request *r, struct err *err)
{
	struct waiver_args *x = ARENA_NEW(c->arena, struct waiver_args);

	x->id = id;
	x->revocation = r;
	c->kind = &revoke_kind;
	c->args = x;
	c->dry_run = c->dry_run || r->dry_run == 1;
	return command_submit(e, c, err);
}
