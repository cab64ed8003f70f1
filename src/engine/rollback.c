/* SPDX-License-Identifier: Apache-2.0
 *
 * The way back: the active release is breached, a warm one takes its place by a new activation, and
 * what was new in the one that is left is held. A person's and the controller's go the same way.
 */
#include <string.h>

#include "base/json_writer.h"
#include "engine/artifact.h"
#include "engine/breach.h"
#include "engine/drill.h"
#include "engine/internal.h"
#include "engine/release.h"
#include "engine/render.h"
#include "store/artifact.h"

struct rollback {
	const struct rollback_request *request;
	const char *to; /* X.Y.Z, NULL: the most recently active warm one */
};

static int find_target(struct tx *tx, const char *to, struct release_row *ret, struct err *err)
{
	struct release_row *warm;
	size_t n;
	int rc;

	if (to) {
		rc = release_find(tx->db, to, tx->arena, ret, err);
		if (rc <= 0)
			return rc < 0 ? -1
				      : err_set_at(err, ERR_NOT_FOUND, "/to",
						"there is no release %s", to);
		if (!release_step(names_find(&release_state_names, ret->state), RELEASE_REACTIVATE))
			return err_set_at(err, ERR_STATE_CONFLICT, "/to",
				"release %s is %s; only a warm one can be rolled back to", to,
				ret->state);
		return 0;
	}
	if (release_in_state(tx->db, "warm", 1, tx->arena, &warm, &n, err) < 0)
		return -1;
	if (n == 0)
		return err_set(err, ERR_NO_WARM_RELEASE, "no release is warm");
	*ret = warm[0];
	return 0;
}

static bool holds(const struct unit_row *units, size_t n, int64_t artifact_seq)
{
	for (size_t i = 0; i < n; i++)
		if (units[i].artifact_seq == artifact_seq)
			return true;
	return false;
}

int rollback_hold_fresh(struct tx *tx, const char *from, const char *to, struct err *err)
{
	struct unit_row *left, *kept = NULL;
	size_t n_left, n_kept = 0;

	if (release_units(tx->db, from, tx->arena, &left, &n_left, err) < 0 ||
		(to && release_units(tx->db, to, tx->arena, &kept, &n_kept, err) < 0))
		return -1;
	for (size_t i = 0; i < n_left; i++)
		if (left[i].fresh && !holds(kept, n_kept, left[i].artifact_seq) &&
			artifact_hold(tx, left[i].artifact_seq, from, err) < 0)
			return -1;
	return 0;
}

int rollback_apply(struct tx *tx, const struct snapshot *s, const char *to, const char *cause,
	const char *reason, struct channel_row *ret, struct err *err)
{
	struct release_row active, target;
	const char *data;
	int64_t seq;

	if (find_target(tx, to, &target, err) < 0)
		return -1;
	if (release_find(tx->db, s->channel.version, tx->arena, &active, err) <= 0)
		return err_set(err, ERR_STORAGE, "the active release is missing");
	if (release_move(tx, &active, RELEASE_BREACH, 0, reason, err) < 0 ||
		rollback_hold_fresh(tx, active.version, target.version, err) < 0 ||
		release_move(tx, &target, RELEASE_REACTIVATE, tx->engine->state.serial + 1, reason,
			err) < 0 ||
		release_settle_warm(tx, &s->policy, err) < 0 ||
		channel_activate(tx, &target, active.version, cause, reason, ret, err) < 0)
		return -1;
	data = arena_printf(tx->arena,
		"{\"cause\":\"%s\",\"from\":\"%s\",\"serial\":%lld,\"to\":\"%s\"}", cause,
		active.version, (long long)ret->serial, target.version);
	if (tx_event(tx, EVENT_ROLLBACK_COMPLETED, active.version, reason, data, &seq, err) < 0)
		return -1;
	return tx_outbox(tx, seq, OUTBOX_REJUDGE, "{}", err);
}

static int rollback_prepare(struct engine *e, struct db *reader, struct command *c, struct err *err)
{
	struct rollback *r = c->args;
	const struct snapshot *s = c->prepared;

	if (!s->has_release)
		return err_set(err, ERR_NO_WARM_RELEASE, "there is no release yet");
	if (if_match_check(c->if_match, "/v1/channels/stable", s->channel_body.digest, err) < 0)
		return -1;
	if (!r->request->to)
		return 0;
	r->to = version_plain(r->request->to, false, c->arena);
	return r->to ? 0
		     : err_set_at(
			       err, ERR_NOT_FOUND, "/to", "there is no release %s", r->request->to);
}

static int drill_apply(struct tx *tx, struct command *c, struct err *err)
{
	const struct rollback *r = c->args;
	const struct snapshot *s = c->prepared;
	STRBUF_AUTO sb = STRBUF_INIT(BODY_MAX);
	struct release_row target;
	struct json_writer w;
	struct drill drill;
	struct body body;

	if (find_target(tx, r->to, &target, err) < 0 ||
		drill_begin(tx, target.version, r->request->reason, &drill, err) < 0)
		return -1;
	json_writer_init(&w, &sb);
	jw_object(&w);
	jw_kstring(&w, "release", s->channel.version);
	jw_kstring(&w, "fused_model_id",
		arena_printf(c->arena, "%s%s", FUSED_MODEL_PREFIX, s->channel.version));
	jw_kraw(&w, "channel", s->channel_body.text);
	jw_key(&w, "drill");
	fields_emit(&drill_table, &drill, &w);
	jw_end(&w);
	body_set(&body, arena_strndup(c->arena, sb.buf, sb.len), sb.len);
	command_answer(
		c, 202, arena_printf(c->arena, "/v1/drills/%lld", (long long)drill.id), &body);
	return 0;
}

static int rollback_command_apply(struct tx *tx, struct command *c, struct err *err)
{
	struct rollback *r = c->args;
	struct channel_row channel;

	if (command_stale(tx, c))
		return COMMAND_STALE;
	if (r->request->drill == 1)
		return drill_apply(tx, c, err);
	if (rollback_apply(tx, c->prepared, r->to, "rollback", r->request->reason, &channel, err) <
		0)
		return -1;
	channel_answer(c, 201, &channel);
	return 0;
}

static void rollback_after(struct engine *e, struct db *reader, struct command *c)
{
	rejudge_newest(e, reader);
}

static const struct command_kind rollback_kind = {
	.name = "rollback_submit",
	.prepare = rollback_prepare,
	.apply = rollback_command_apply,
	.after = rollback_after,
};

int rollback_submit(
	struct engine *e, struct command *c, const struct rollback_request *r, struct err *err)
{
	struct rollback *args = ARENA_NEW(c->arena, struct rollback);

	args->request = r;
	c->kind = &rollback_kind;
	c->args = args;
	c->dry_run = c->dry_run || r->dry_run == 1;
	return command_submit(e, c, err);
}

/* ---- the way out of quarantine ---- */

struct unquarantine {
	const struct reason_request *request;
	const char *version;
};

static int unquarantine_prepare(
	struct engine *e, struct db *reader, struct command *c, struct err *err)
{
	struct unquarantine *u = c->args;
	const char *version = version_plain(u->version, false, c->arena);

	if (!version)
		return err_set(err, ERR_NOT_FOUND, "there is no release %s", u->version);
	u->version = version;
	return 0;
}

/* One that had to serve on although it was breached has the state of an active one. */
static int lift(struct tx *tx, const struct snapshot *s, struct release_row *row,
	const char *reason, struct err *err)
{
	int rc = 0;

	if (s->has_release && strcmp(s->channel.version, row->version) == 0)
		rc = way_back_quarantined(tx->db, s, tx->arena, err);
	if (rc < 0)
		return -1;
	if (rc == 0)
		return release_move(tx, row, RELEASE_UNQUARANTINE, 0, reason, err);
	if (way_back_lift(tx, s, err) < 0)
		return -1;
	return tx_event(tx, EVENT_RELEASE_UNQUARANTINED, row->version, reason,
		"{\"from\":\"active\",\"to\":\"active\"}", NULL, err);
}

static int unquarantine_apply(struct tx *tx, struct command *c, struct err *err)
{
	struct unquarantine *u = c->args;
	struct release_row row;
	struct body body;
	int64_t *held;
	size_t n;
	int rc;

	if (command_stale(tx, c))
		return COMMAND_STALE;
	rc = release_find(tx->db, u->version, tx->arena, &row, err);
	if (rc <= 0)
		return rc < 0 ? -1
			      : err_set(err, ERR_NOT_FOUND, "there is no release %s", u->version);
	if (lift(tx, c->prepared, &row, u->request->reason, err) < 0 ||
		artifact_held(tx->db, row.version, tx->arena, &held, &n, err) < 0)
		return -1;
	for (size_t i = 0; i < n; i++)
		if (artifact_free(tx, held[i], u->request->reason, err) < 0)
			return -1;
	if (release_settle_warm(tx, &c->prepared->policy, err) < 0 ||
		channel_refresh(tx, u->request->reason, err) < 0 ||
		tx_outbox(tx, tx->engine->state.event_seq, OUTBOX_REJUDGE, "{}", err) < 0 ||
		release_summary(tx->db, row.version, tx->arena, &body, err) < 0)
		return -1;
	command_answer(c, 200, NULL, &body);
	return 0;
}

static const struct command_kind unquarantine_kind = {
	.name = "release_unquarantine",
	.prepare = unquarantine_prepare,
	.apply = unquarantine_apply,
	.after = rollback_after,
};

int release_unquarantine(struct engine *e, struct command *c, const char *version,
	const struct reason_request *r, struct err *err)
{
	struct unquarantine *u = ARENA_NEW(c->arena, struct unquarantine);

	u->request = r;
	u->version = version;
	c->kind = &unquarantine_kind;
	c->args = u;
	c->dry_run = c->dry_run || r->dry_run == 1;
	return command_submit(e, c, err);
}
