/* SPDX-License-Identifier: Apache-2.0
 *
 * The door of releases. Each move is a row of release_fsm.def, a compare-and-set and an entry of the
 * history. It refuses what has no row and what meanwhile is in another state.
 */
#include "engine/release.h"

#include <string.h>

#include "base/json_writer.h"
#include "engine/attest.h"
#include "engine/internal.h"
#include "engine/render.h"
#include "policy/version.h"

enum { WARM_MAX = 64 };

static const struct fsm_step steps[] = {
#define X(from_, event_, to_, type_)       \
	{.from = RELEASE_##from_,          \
		.event = RELEASE_##event_, \
		.to = RELEASE_##to_,       \
		.type = EVENT_##type_},
#include "engine/release_fsm.def"
#undef X
};

static const char *const event_words[] = {
	[RELEASE_PROMOTE] = "promoted",
	[RELEASE_REACTIVATE] = "activated again",
	[RELEASE_DISPLACE] = "displaced",
	[RELEASE_RETIRE] = "retired",
	[RELEASE_REWARM] = "made warm again",
	[RELEASE_BREACH] = "breached",
	[RELEASE_UNQUARANTINE] = "unquarantined",
	[RELEASE_RESTORE_ACTIVE] = "restored as active",
	[RELEASE_RESTORE_WARM] = "restored as warm",
	[RELEASE_RESTORE_RETIRED] = "restored as retired",
	[RELEASE_RESTORE_BREACHED] = "restored as breached",
};

const struct fsm_step *release_step(int from, enum release_event event)
{
	return fsm_find(steps, sizeof(steps) / sizeof(steps[0]), from, event);
}

static int release_set(struct tx *tx, struct release_row *r, const char *old, struct err *err)
{
	struct body body;
	int rc;

	release_summary_render(r, tx->arena, &body);
	if (!old)
		return release_state_insert(tx->db, r, &body, RENDER_VERSION, err);
	rc = release_state_set(tx->db, r, old, &body, RENDER_VERSION, err);
	if (rc == 0)
		return err_set(
			err, ERR_STATE_CONFLICT, "release %s is not %s any more", r->version, old);
	return rc < 0 ? -1 : 0;
}

int release_move(struct tx *tx, struct release_row *r, enum release_event event, int64_t serial,
	const char *reason, struct err *err)
{
	int from = r->state ? names_find(&release_state_names, r->state) : RELEASE_ABSENT;
	const struct fsm_step *step = release_step(from, event);
	const char *old = r->state;

	if (!step)
		return err_set(err, ERR_STATE_CONFLICT, "release %s is %s; it can't be %s",
			r->version, old ? old : "not there", event_words[event]);
	r->state = names_of(&release_state_names, step->to);
	if (serial)
		r->last_serial = serial;
	/* Being active lasts until the moment it is left. */
	if (from == RELEASE_ACTIVE ||
		(step->to == RELEASE_ACTIVE && event != RELEASE_RESTORE_ACTIVE))
		r->last_active_at = tx->now;
	r->updated_at = tx->now;
	if (release_set(tx, r, old, err) < 0) {
		r->state = old;
		return -1;
	}
	return tx_event(tx, step->type, r->version, reason,
		arena_printf(
			tx->arena, "{\"from\":\"%s\",\"to\":\"%s\"}", old ? old : "", r->state),
		NULL, err);
}

int release_restore(struct tx *tx, struct release_row *r, enum release_state state,
	const char *reason, struct err *err)
{
	static const enum release_event events[] = {
		[RELEASE_ACTIVE] = RELEASE_RESTORE_ACTIVE,
		[RELEASE_WARM] = RELEASE_RESTORE_WARM,
		[RELEASE_RETIRED] = RELEASE_RESTORE_RETIRED,
		[RELEASE_BREACHED] = RELEASE_RESTORE_BREACHED,
	};

	r->state = NULL;
	return release_move(tx, r, events[state], 0, reason, err);
}

int release_settle_warm(struct tx *tx, const struct policy *p, struct err *err)
{
	int64_t warm = p->rollback->warm;
	struct release_row *is_warm, *is_retired;
	size_t n_warm, n_retired, w = 0, r = 0;

	if (release_in_state(tx->db, "warm", WARM_MAX, tx->arena, &is_warm, &n_warm, err) < 0 ||
		release_in_state(
			tx->db, "retired", WARM_MAX, tx->arena, &is_retired, &n_retired, err) < 0)
		return -1;
	/* Both lists fall by activation: walk them as one. */
	for (; w < n_warm || (r < n_retired && warm > 0);) {
		bool take_warm =
			w < n_warm && (r == n_retired || warm <= 0 ||
					      is_warm[w].last_serial > is_retired[r].last_serial);
		int rc = 0;

		if (take_warm && warm <= 0)
			rc = release_move(tx, &is_warm[w], RELEASE_RETIRE, 0, NULL, err);
		else if (!take_warm)
			rc = release_move(tx, &is_retired[r], RELEASE_REWARM, 0, NULL, err);
		if (rc < 0)
			return -1;
		warm--;
		if (take_warm)
			w++;
		else
			r++;
	}
	return 0;
}

/* Render the channel with the warm releases as they stand. */
static int channel_fill(struct tx *tx, struct channel_row *row, const char *digest, struct err *err)
{
	struct release_row *warm;
	struct channel c;
	size_t n;

	if (release_in_state(tx->db, "warm", WARM_MAX, tx->arena, &warm, &n, err) < 0)
		return -1;
	fields_init(&channel_table, &c);
	c.channel = row->name;
	c.serial = row->serial;
	c.version = row->release_version;
	c.digest = digest;
	c.warm.v = ARENA_ARRAY(tx->arena, n, const char *);
	for (; c.warm.n < n; c.warm.n++)
		c.warm.v[c.warm.n] = warm[c.warm.n].version;
	c.updated_at = row->updated_at;
	channel_render(&c, tx->arena, &row->body);
	return 0;
}

static int channel_write(
	struct tx *tx, const struct channel_row *row, int64_t old_serial, struct err *err)
{
	int rc = channel_set(tx->db, row, old_serial, RENDER_VERSION, err);

	if (rc == 0)
		return err_set(err, ERR_STATE_CONFLICT, "the channel moved meanwhile");
	return rc < 0 ? -1 : 0;
}

/* Bodies are made anew before the keys are there. */
static int channel_sign(struct tx *tx, struct err *err)
{
	return tx->engine->keyring ? pointer_sign(tx, tx->engine->keyring, err) : 0;
}

int channel_activate(struct tx *tx, const struct release_row *to, const char *previous,
	const char *cause, const char *reason, struct channel_row *ret, struct err *err)
{
	int64_t old_serial = tx->engine->state.serial;
	struct channel_row row = {
		.name = CHANNEL_STABLE,
		.serial = old_serial + 1,
		.release_version = to->version,
		.updated_at = tx->now,
	};
	const struct activation_row activation = {
		.serial = row.serial,
		.channel = row.name,
		.release_version = to->version,
		.previous = previous,
		.cause = cause,
		.actor = tx->actor,
		.reason = reason,
		.at = tx->now,
	};

	if (activation_insert(tx->db, &activation, err) < 0 ||
		channel_fill(tx, &row, to->digest, err) < 0 ||
		channel_write(tx, &row, old_serial, err) < 0 || channel_sign(tx, err) < 0)
		return -1;
	tx->engine->state.serial = row.serial;
	tx->moved = true;
	*ret = row;
	return 0;
}

/* The channel and its release as they stand: 1, 0 (no channel yet), -1. */
static int channel_load(
	struct tx *tx, struct channel_row *ret, struct release_row *ret_active, struct err *err)
{
	int rc = channel_find(tx->db, CHANNEL_STABLE, tx->arena, ret, err);

	if (rc <= 0)
		return rc;
	if (release_find(tx->db, ret->release_version, tx->arena, ret_active, err) <= 0)
		return err_set(err, ERR_STORAGE, "the active release is missing");
	return 1;
}

int channel_refresh(struct tx *tx, const char *reason, struct err *err)
{
	struct channel_row row, moved;
	struct release_row active;
	int rc = channel_load(tx, &row, &active, err);

	if (rc <= 0)
		return rc;
	moved = row;
	if (channel_fill(tx, &moved, active.digest, err) < 0)
		return -1;
	if (strcmp(moved.body.digest, row.body.digest) == 0)
		return 0;
	if (channel_activate(tx, &active, active.version, "warm", reason, &moved, err) < 0)
		return -1;
	return tx_event(tx, EVENT_CHANNEL_REFRESHED, active.version, reason,
		arena_printf(tx->arena, "{\"serial\":%lld}", (long long)moved.serial), NULL, err);
}

int channel_restore(struct tx *tx, struct channel_row *row, const char *digest, struct err *err)
{
	const struct keyring *ring = tx->engine->keyring;

	if (channel_fill(tx, row, digest, err) < 0 || channel_write(tx, row, 0, err) < 0)
		return -1;
	for (size_t i = 0; i < ring->n; i++)
		if (attest_missing(tx, &ring->v[i], err) < 0)
			return -1;
	tx->engine->state.serial = row->serial;
	tx->moved = true;
	return channel_sign(tx, err);
}

int channel_render_anew(struct tx *tx, struct err *err)
{
	struct channel_row row;
	struct release_row active;
	int rc = channel_load(tx, &row, &active, err);

	if (rc <= 0)
		return rc;
	if (channel_fill(tx, &row, active.digest, err) < 0)
		return -1;
	tx->moved = true;
	return channel_write(tx, &row, row.serial, err);
}

void channel_answer(struct command *c, int status, const struct channel_row *channel)
{
	STRBUF_AUTO sb = STRBUF_INIT(BODY_MAX);
	const char *version = channel->release_version;
	struct json_writer w;
	struct body body;

	json_writer_init(&w, &sb);
	jw_object(&w);
	jw_kstring(&w, "release", version);
	jw_kstring(
		&w, "fused_model_id", arena_printf(c->arena, "%s%s", FUSED_MODEL_PREFIX, version));
	jw_kraw(&w, "channel", channel->body.text);
	jw_end(&w);
	body_set(&body, arena_strndup(c->arena, sb.buf, sb.len), sb.len);
	command_answer(c, status, arena_printf(c->arena, "/v1/releases/%s", version), &body);
}

const char *version_plain(const char *version, bool rc, struct arena *a)
{
	char buf[VERSION_STRLEN];
	struct version v;

	if (version_parse(version, &v) < 0 || (v.rc != 0) != rc)
		return NULL;
	return arena_strdup(a, version_format(&v, buf));
}
