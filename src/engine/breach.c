/* SPDX-License-Identifier: Apache-2.0
 *
 * What follows from a breach. The controller (policy/rollback_controller.h) decides; here it is
 * filled from what the registry holds, asked within the writer's transaction, and what it says is
 * done and written down: the way back, the quarantine of a release that has to serve on, the hold of
 * promotions, and how a person ends that.
 */
#include <string.h>

#include "base/json_writer.h"
#include "base/log.h"
#include "engine/breach.h"
#include "engine/internal.h"
#include "engine/release.h"
#include "engine/watch.h"
#include "policy/slo.h"
#include "store/event.h"

enum { DATA_MAX = 4096, WARM_MAX = 64 };

/* ---- The controller from the records ---- */

static int64_t seconds(int64_t usec)
{
	return usec / USEC_PER_SEC;
}

static enum rollback_reason reason_find(const char *name)
{
	for (int i = ROLLBACK_FREE; i <= ROLLBACK_COOLDOWN; i++)
		if (strcmp(rollback_reason_name((enum rollback_reason)i), name) == 0)
			return (enum rollback_reason)i;
	return ROLLBACK_FREE;
}

static int load_times(struct db *db, struct way_back *w, struct arena *a, struct err *err)
{
	struct activation_row *rows;
	size_t n;

	if (activation_rollbacks(
		    db, w->row.acknowledged_at, ROLLBACK_TIMES_MAX, a, &rows, &n, err) < 0)
		return -1;
	for (size_t i = n; i > 0; i--)
		w->controller.times[w->controller.n_times++] = seconds(rows[i - 1].at);
	if (n > 0) {
		w->last = rows[0];
		w->controller.last_rollback = seconds(rows[0].at);
		w->controller.held_until =
			w->controller.last_rollback + w->controller.rules->holdoff_s;
	}
	return 0;
}

static int load_releases(struct db *db, const struct snapshot *s, struct way_back *w,
	struct arena *a, struct err *err)
{
	int64_t seqs[WARM_MAX];

	if (release_find(db, s->channel.version, a, &w->active, err) <= 0)
		return err_set(err, ERR_STORAGE, "the active release is missing");
	if (activation_begun(db, s->channel.serial, a, &w->activation, err) <= 0)
		return err_set(err, ERR_STORAGE, "activation %lld is missing",
			(long long)s->channel.serial);
	if (release_in_state(db, "warm", WARM_MAX, a, &w->warm, &w->n_warm, err) < 0)
		return -1;
	for (size_t i = 0; i < w->n_warm; i++)
		seqs[i] = w->warm[i].seq;
	rollback_controller_activate(
		&w->controller, w->active.seq, seqs, w->n_warm, seconds(w->activation.at));
	return 0;
}

int way_back_load(struct db *db, const struct snapshot *s, struct arena *a, struct way_back *ret,
	struct err *err)
{
	*ret = (struct way_back){0};
	rollback_controller_init(&ret->controller, &s->policy.rollback->rules);
	if (load_releases(db, s, ret, a, err) < 0 ||
		watch_load(db, ret->activation.serial, a, &ret->row, err) < 0 ||
		load_times(db, ret, a, err) < 0)
		return -1;
	ret->controller.latched = ret->row.latched;
	ret->controller.told = reason_find(ret->row.told);
	ret->controller.locked = ret->row.locked_at != 0;
	if (ret->row.quarantined)
		rollback_controller_quarantine(&ret->controller, ret->active.seq);
	return 0;
}

const char *way_back_target(const struct way_back *w)
{
	int64_t target = rollback_controller_target(&w->controller);

	for (size_t i = 0; i < w->n_warm; i++)
		if (w->warm[i].seq == target)
			return w->warm[i].version;
	return NULL;
}

/* ---- Acting upon what was found ---- */

static const char *data_of(const struct burnrate_status *r, const struct way_back *w,
	const char *reason, struct arena *a)
{
	STRBUF_AUTO sb = STRBUF_INIT(DATA_MAX);
	struct json_writer out;

	/* Canonical: keys in the order of RFC 8785. */
	json_writer_init(&out, &sb);
	jw_object(&out);
	jw_kint(&out, "bad", r->long_window.bad);
	if (reason)
		jw_kstring(&out, "blocked", reason);
	jw_kint(&out, "long_s", r->rule->long_s);
	jw_kint(&out, "of", r->long_window.of);
	jw_kstring(&out, "release", w->active.version);
	jw_kint(&out, "serial", w->activation.serial);
	jw_kint(&out, "short_s", r->rule->short_s);
	jw_kstring(&out, "slo", r->slo->name);
	jw_end(&out);
	return arena_strndup(a, sb.buf, sb.len);
}

static const char *subject_of(const struct way_back *w, struct arena *a)
{
	return arena_printf(a, "%s/%lld", CHANNEL_STABLE, (long long)w->activation.serial);
}

static const char *reason_of(const struct burnrate_status *r, struct arena *a)
{
	return arena_printf(a, "slo %s: %s", r->slo->name, slo_sentence(r, a));
}

/* Once for each rule and activation, whatever restarts lie between. */
static int warn(
	struct tx *tx, const struct way_back *w, const struct burnrate_status *r, struct err *err)
{
	const char *subject = arena_printf(
		tx->arena, "%s/%s/%zu", subject_of(w, tx->arena), r->slo->name, r->rule_index);
	int rc = event_seen(tx->db, event_name(EVENT_SLO_WARNED), subject, err);

	if (rc != 0)
		return rc < 0 ? -1 : 0;
	return tx_event(tx, EVENT_SLO_WARNED, subject, reason_of(r, tx->arena),
		data_of(r, w, NULL, tx->arena), NULL, err);
}

static int hold_back(struct tx *tx, const struct way_back *w, const struct burnrate_status *r,
	struct rollback_do action, struct err *err)
{
	static const char *const why[] = {
		[ROLLBACK_MANUAL] =
			"automatic rollback is switched off; the breached one keeps serving",
		[ROLLBACK_MAX_ROLLBACKS] =
			"there were as many automatic rollbacks as are allowed; the "
			"breached one keeps serving and promotions are locked",
		[ROLLBACK_EXHAUSTED] = "no release is warm; the breached one keeps serving and "
				       "promotions are locked",
		[ROLLBACK_COOLDOWN] =
			"too soon after the last rollback; tried again while it fires",
	};
	const char *reason = rollback_reason_name(action.reason);
	enum event_type type = action.reason == ROLLBACK_EXHAUSTED ? EVENT_ROLLBACK_IMPOSSIBLE
								   : EVENT_ROLLBACK_HELD;

	if (action.verb == ROLLBACK_SAFE_MODE)
		reason = rollback_verb_name(action.verb);
	return tx_event(tx, type, subject_of(w, tx->arena), why[action.reason],
		data_of(r, w, reason, tx->arena), NULL, err);
}

/* What was new in it is held even while it has to serve on; not what a warm release is made of. */
static int quarantine(struct tx *tx, const struct way_back *w, struct err *err)
{
	return rollback_hold_fresh(tx, w->active.version, way_back_target(w), err);
}

static int store(
	struct tx *tx, const struct way_back *w, const struct watch_row *before, struct err *err)
{
	const struct watch_row *now = &w->row;

	if (now->serial == before->serial && now->latched == before->latched &&
		now->quarantined == before->quarantined && strcmp(now->told, before->told) == 0 &&
		now->locked_at == before->locked_at)
		return 0;
	return watch_set(tx->db, now, tx->now, err);
}

/* What the controller's look changed, as the row of the activation that was looked at. */
static void note(struct way_back *w, int64_t now)
{
	w->row.latched = w->controller.latched;
	w->row.quarantined = rollback_controller_is_quarantined(&w->controller, w->active.seq);
	w->row.told = rollback_reason_name(w->controller.told);
	if (!w->controller.locked)
		w->row.locked_at = 0;
	else if (!w->row.locked_at)
		w->row.locked_at = now;
}

static int look(struct tx *tx, struct breach *b, const struct snapshot *s, struct way_back *w,
	struct err *err)
{
	const struct burnrate_status *r =
		w->controller.latched && b->critical ? b->critical : b->first;
	const char *target = way_back_target(w), *subject = subject_of(w, tx->arena),
		   *reason = reason_of(r, tx->arena);
	const struct watch_row before = w->row;
	bool breached;

	b->action =
		rollback_controller_look(&w->controller, b->signal, seconds(tx->now), &breached);
	if (breached && tx_event(tx, EVENT_SLO_BREACHED, subject, reason,
				data_of(r, w, NULL, tx->arena), NULL, err) < 0)
		return -1;
	if (b->action.verb == ROLLBACK_MOVE)
		return rollback_apply(tx, s, target, "slo", reason, &b->channel, err);
	note(w, tx->now);
	if (breached && quarantine(tx, w, err) < 0)
		return -1;
	if (b->action.verb != ROLLBACK_NOTHING && hold_back(tx, w, r, b->action, err) < 0)
		return -1;
	return store(tx, w, &before, err);
}

static int breach_apply(struct tx *tx, struct command *c, struct err *err)
{
	WAY_BACK_AUTO w = {0};
	struct breach *b = c->args;

	if (command_stale(tx, c))
		return COMMAND_STALE;
	if (way_back_load(tx->db, c->prepared, tx->arena, &w, err) < 0)
		return -1;
	for (size_t i = 0; i < b->n_warnings; i++)
		if (warn(tx, &w, &b->warnings[i], err) < 0)
			return -1;
	return b->signal.firing ? look(tx, b, c->prepared, &w, err) : 0;
}

static const struct command_kind breach_kind = {.name = "slo_breach", .apply = breach_apply};

int breach_act(
	struct engine *e, struct db *reader, struct snapshot *s, struct breach *b, struct arena *a)
{
	struct err err = {0};
	struct command c = engine_job(&breach_kind, "controller:slo", b, a, s);
	int rc = engine_commit(e, &c, &err);

	if (rc < 0)
		log_error("slo.rollback_failed", LOG_STR("release", s->channel.version),
			LOG_ERR(&err));
	if (rc == 0 && b->action.verb == ROLLBACK_MOVE) {
		log_warn("slo.rolled_back", LOG_STR("slo", b->first->slo->name),
			LOG_STR("from", s->channel.version),
			LOG_STR("to", b->channel.release_version));
		rejudge_newest(e, reader);
	} else if (rc == 0 && b->action.verb != ROLLBACK_NOTHING) {
		log_error("slo.rollback_held", LOG_STR("slo", b->first->slo->name),
			LOG_STR("release", s->channel.version),
			LOG_STR("reason", rollback_reason_name(b->action.reason)));
	}
	return rc;
}

/* ---- No data ---- */

static int silence_apply(struct tx *tx, struct command *c, struct err *err)
{
	WAY_BACK_AUTO w = {0};
	char at[TIME_STRLEN];
	const char *subject;
	int rc;

	if (command_stale(tx, c))
		return COMMAND_STALE;
	if (way_back_load(tx->db, c->prepared, tx->arena, &w, err) < 0)
		return -1;
	subject = subject_of(&w, tx->arena);
	rc = event_seen(tx->db, event_name(EVENT_SLO_SILENT), subject, err);
	if (rc != 0)
		return rc < 0 ? -1 : 0;
	return tx_event(tx, EVENT_SLO_SILENT, subject,
		arena_printf(tx->arena,
			"no window of counts of %s has ended since %s: nobody can say whether it "
			"keeps "
			"its service levels",
			w.active.version, time_format(*(const int64_t *)c->args, at)),
		arena_printf(tx->arena, "{\"release\":\"%s\",\"serial\":%lld}", w.active.version,
			(long long)w.activation.serial),
		NULL, err);
}

static const struct command_kind silence_kind = {.name = "slo_silence", .apply = silence_apply};

int silence_tell(struct engine *e, struct snapshot *s, int64_t since, struct arena *a)
{
	struct err err = {0};
	struct command c = engine_job(&silence_kind, "controller:slo", &since, a, s);
	int rc = engine_commit(e, &c, &err);

	if (rc < 0)
		log_error("slo.failed", LOG_ERR(&err));
	else if (rc == 0)
		log_error("slo.silent", LOG_STR("release", s->channel.version),
			LOG_STR("hint", "no data is neither breach nor health: see to the nodes"));
	return rc;
}

/* ---- Promotions ---- */

static void hold_detail(
	const struct way_back *w, int64_t until, struct arena *a, struct promotion_hold *ret)
{
	char at[TIME_STRLEN], to[TIME_STRLEN];

	if (w->controller.locked) {
		time_format(w->row.locked_at, at);
		*ret = (struct promotion_hold){.reason = rollback_reason_name(PROMOTE_LOCKED),
			.since = w->row.locked_at,
			.detail = arena_printf(a,
				"a service level was breached and no further way back was free at "
				"%s; promotions are locked until somebody acknowledges it",
				at)};
		return;
	}
	*ret = (struct promotion_hold){.reason = rollback_reason_name(PROMOTE_HOLDOFF),
		.since = w->last.at,
		.until = until,
		.detail = arena_printf(a,
			"%s was rolled back to %s by itself at %s (%s); promotions are held until "
			"%s, or "
			"until somebody acknowledges it",
			w->last.previous ? w->last.previous : "a release", w->last.release_version,
			time_format(w->last.at, at), w->last.reason, time_format(until, to))};
}

static bool is_held(const struct way_back *w, const struct snapshot *s, int64_t now,
	struct arena *a, struct promotion_hold *ret)
{
	if (rollback_controller_refuses(&w->controller, 0, seconds(now)) == ROLLBACK_FREE)
		return false;
	hold_detail(w, w->last.at + s->policy.rollback->rules.holdoff_s * USEC_PER_SEC, a, ret);
	return true;
}

int promotions_held(struct db *db, const struct snapshot *s, int64_t now, struct arena *a,
	struct promotion_hold *ret, struct err *err)
{
	WAY_BACK_AUTO w = {0};

	if (!s->has_release)
		return 0;
	if (way_back_load(db, s, a, &w, err) < 0)
		return -1;
	return is_held(&w, s, now, a, ret);
}

int promotions_refused(
	struct db *db, const struct snapshot *s, int64_t now, struct arena *a, struct err *err)
{
	struct promotion_hold hold;
	int rc = promotions_held(db, s, now, a, &hold, err);

	return rc > 0 ? err_set(err, ERR_PROMOTIONS_HELD, "%s", hold.detail) : rc;
}

int way_back_quarantined(struct db *db, const struct snapshot *s, struct arena *a, struct err *err)
{
	struct activation_row activation;
	struct watch_row row;

	if (activation_begun(db, s->channel.serial, a, &activation, err) <= 0)
		return err_set(err, ERR_STORAGE, "activation %lld is missing",
			(long long)s->channel.serial);
	if (watch_load(db, activation.serial, a, &row, err) < 0)
		return -1;
	return row.quarantined;
}

int way_back_lift(struct tx *tx, const struct snapshot *s, struct err *err)
{
	WAY_BACK_AUTO w = {0};

	if (way_back_load(tx->db, s, tx->arena, &w, err) < 0)
		return -1;
	w.row.quarantined = false;
	return watch_set(tx->db, &w.row, tx->now, err);
}

/* ---- Acknowledging ---- */

struct acknowledgement {
	const struct reason_request *request;
};

static int acknowledge_prepare(
	struct engine *e, struct db *reader, struct command *c, struct err *err)
{
	const struct snapshot *s = c->prepared;

	return s->has_release ? 0 : err_set(err, ERR_NO_RELEASE, "nothing has been promoted yet");
}

static int acknowledge_apply(struct tx *tx, struct command *c, struct err *err)
{
	const struct acknowledgement *k = c->args;
	const struct snapshot *s = c->prepared;
	WAY_BACK_AUTO w = {0};
	struct promotion_hold hold = {0};
	STRBUF_AUTO sb = STRBUF_INIT(DATA_MAX);
	struct json_writer out;
	struct body body;

	if (command_stale(tx, c))
		return COMMAND_STALE;
	if (way_back_load(tx->db, s, tx->arena, &w, err) < 0)
		return -1;
	is_held(&w, s, tx->now, tx->arena, &hold);
	if (!w.controller.locked && w.controller.n_times == 0)
		return err_set(err, ERR_STATE_CONFLICT,
			"there is nothing to acknowledge: no automatic rollback since the last "
			"time");
	w.row.locked_at = 0;
	w.row.acknowledged_at = tx->now;
	json_writer_init(&out, &sb);
	jw_object(&out);
	jw_ktime(&out, "acknowledged_at", tx->now);
	jw_kstring(&out, "held", hold.reason);
	jw_kint(&out, "rollbacks", (int64_t)w.controller.n_times);
	jw_end(&out);
	body_set(&body, arena_strndup(tx->arena, sb.buf, sb.len), sb.len);
	if (watch_set(tx->db, &w.row, tx->now, err) < 0 ||
		tx_event(tx, EVENT_SLO_ACKNOWLEDGED, subject_of(&w, tx->arena), k->request->reason,
			body.text, NULL, err) < 0)
		return -1;
	command_answer(c, 200, NULL, &body);
	return 0;
}

static const struct command_kind acknowledge_kind = {
	.name = "slo_acknowledge",
	.prepare = acknowledge_prepare,
	.apply = acknowledge_apply,
};

int slo_acknowledge(
	struct engine *e, struct command *c, const struct reason_request *r, struct err *err)
{
	struct acknowledgement *k = ARENA_NEW(c->arena, struct acknowledgement);

	k->request = r;
	c->kind = &acknowledge_kind;
	c->args = k;
	c->dry_run = c->dry_run || r->dry_run == 1;
	return command_submit(e, c, err);
}
