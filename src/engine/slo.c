/* SPDX-License-Identifier: Apache-2.0
 *
 * The watch over the active release: keeps the sums of what nodes reported for its activation, looks
 * at them on every step of eval_s and after each report, and hands on what fires. Only rows of the
 * activation that is live count. What it knows it can make anew from the stored rows, and does so
 * for a new activation, another policy, and a clock that was put back.
 */
#include "policy/slo.h"

#include <math.h>
#include <string.h>

#include "base/log.h"
#include "engine/breach.h"
#include "engine/internal.h"
#include "engine/watch.h"
#include "store/observation.h"

/* ---- Beginning anew ---- */

struct taking {
	struct slo_watch *slo;
	int64_t now, newest;
};

static void take(void *arg, const struct observation *sum)
{
	struct taking *t = arg;

	slo_watch_add(t->slo, sum->t_end, t->now, sum);
}

/* A clock that runs fast must not hide that nobody reports any more. */
static int64_t not_ahead(int64_t newest, int64_t now)
{
	return newest < now ? newest : now;
}

static void put_in_place(
	struct engine *e, struct snapshot *s, struct activation_row *activation, struct taking *t)
{
	struct activation_watch *w = &e->watch;
	struct snapshot *old = w->s;
	struct slo_watch *old_slo = w->slo;

	lock_take(&e->watch_lock);
	*w = (struct activation_watch){.s = s,
		.slo = t->slo,
		.serial = activation->serial,
		.channel_serial = s->channel.serial,
		.policy_version = s->policy.version,
		.activated = activation->at,
		.newest = t->newest};
	lock_give(&e->watch_lock);
	slo_watch_free(old_slo);
	snapshot_put(old);
}

static int begin(
	struct engine *e, struct db *reader, struct snapshot *s, int64_t now, struct err *err)
{
	ARENA_AUTO a = arena_new();
	struct activation_row activation;
	struct taking t = {.now = now};

	if (activation_begun(reader, s->channel.serial, a, &activation, err) <= 0)
		return err_set(err, ERR_STORAGE, "activation %lld is missing",
			(long long)s->channel.serial);
	t.slo = slo_watch_new(&s->policy.rollback->rules, activation.at, err);
	/* A policy of before that can't be watched: said once, until there is another. */
	if (!t.slo)
		log_error("slo.unwatchable", LOG_ERR(err));
	else if (observation_seconds(reader, activation.serial, now - slo_watch_reach(t.slo), take,
			 &t, err) < 0 ||
		 observation_newest(reader, activation.serial, &t.newest, err) < 0) {
		slo_watch_free(t.slo);
		return -1;
	}
	t.newest = not_ahead(t.newest, now);
	put_in_place(e, snapshot_ref(s), &activation, &t);
	return 0;
}

int slo_sync(struct engine *e, struct db *reader, struct snapshot *s, struct err *err)
{
	struct activation_watch *w = &e->watch;
	int64_t now = engine_now(e);

	if (w->s && w->channel_serial == s->channel.serial &&
		w->policy_version == s->policy.version &&
		!(w->slo && slo_watch_turned_back(w->slo, now)))
		return 0;
	return begin(e, reader, s, now, err) < 0 ? -1 : 1;
}

void slo_forget(struct engine *e)
{
	LOCK_SCOPE(&e->watch_lock);
	slo_watch_free(e->watch.slo);
	snapshot_put(e->watch.s);
	e->watch = (struct activation_watch){0};
}

/* ---- Looking ---- */

/* Does what was found need the writer? Warnings are told once, a breach is acted upon on each step
 * while it fires: what blocks a rollback may be gone. Between two steps only what is new is. */
static bool worth_acting(struct activation_watch *w, const struct breach *b, bool step)
{
	if (b->n_warnings)
		return true;
	if (!b->signal.firing)
		return false;
	return step || !w->acted || (b->signal.critical && !w->acted_critical);
}

static void act(struct engine *e, struct db *reader, struct snapshot *s, bool step)
{
	struct activation_watch *w = &e->watch;
	ARENA_AUTO a = arena_new();
	size_t n, first;
	const struct burnrate_status *all = slo_watch_statuses(w->slo, &n);
	struct burnrate_status *warnings = ARENA_ARRAY(a, n + 1, struct burnrate_status);
	struct breach b = {.warnings = warnings, .signal = rollback_signal_of(all, n, &first)};

	for (size_t i = 0; i < n; i++)
		if (all[i].first && all[i].rule->action == BURN_WARN)
			warnings[b.n_warnings++] = all[i];
	for (size_t i = n; i-- > 0;)
		if (all[i].fired && all[i].rule->action == BURN_ROLLBACK &&
			all[i].slo->kind == BURN_COUNT)
			b.critical = &all[i];
	if (b.signal.firing)
		b.first = &all[first];
	else
		w->acted = w->acted_critical = false;
	if (!worth_acting(w, &b, step))
		return;
	if (breach_act(e, reader, s, &b, a) == 0) {
		w->acted = w->acted || b.signal.firing;
		w->acted_critical = w->acted_critical || b.signal.critical;
	}
}

static void look(struct engine *e, struct db *reader, struct snapshot *s, int64_t now)
{
	struct activation_watch *w = &e->watch;
	bool step = slo_watch_due(w->slo, now);

	lock_take(&e->watch_lock);
	slo_watch_look(w->slo, now);
	lock_give(&e->watch_lock);
	act(e, reader, s, step);
}

static void set_silent(struct engine *e, bool silent)
{
	LOCK_SCOPE(&e->watch_lock);
	e->watch.silent = silent;
}

/* No data is neither breach nor health: somebody has to know. Where nobody ever reported nobody is
 * missed. */
static void watch_silence(struct engine *e, struct db *reader, struct snapshot *s, int64_t now)
{
	struct activation_watch *w = &e->watch;
	int64_t since = w->newest > w->activated ? w->newest : w->activated;
	ARENA_AUTO a = arena_new();
	struct err err = {0};

	if (now - since < SLO_SILENT_S * USEC_PER_SEC) {
		set_silent(e, false);
		return;
	}
	if (w->silent || observation_any(reader, &err) <= 0)
		return;
	set_silent(e, silence_tell(e, s, since, a) == 0);
}

void slo_step(struct engine *e, struct db *reader)
{
	int64_t now = engine_now(e);
	struct err err = {0};

	if (e->watch.slo && !slo_watch_due(e->watch.slo, now) &&
		!slo_watch_turned_back(e->watch.slo, now))
		return;
	SNAPSHOT_AUTO s = snapshot_get(e);

	if (!s->has_release)
		return;
	if (slo_sync(e, reader, s, &err) < 0)
		log_error("slo.failed", LOG_ERR(&err));
	else if (e->watch.slo && slo_watch_due(e->watch.slo, now)) {
		look(e, reader, s, now);
		if (e->watch.channel_serial == s->channel.serial)
			watch_silence(e, reader, s, now);
	}
}

/* ---- Rows ---- */

void slo_take(struct engine *e, struct db *reader, const struct observation *const *rows, size_t n)
{
	struct activation_watch *w = &e->watch;
	int64_t now = engine_now(e);
	SNAPSHOT_AUTO s = snapshot_get(e);
	struct err err = {0};
	int rc = s->has_release ? slo_sync(e, reader, s, &err) : 0;

	if (rc < 0)
		log_error("slo.failed", LOG_ERR(&err));
	if (rc < 0 || !w->slo || w->channel_serial != s->channel.serial)
		return;
	lock_take(&e->watch_lock);
	/* Begun anew just now, it has them already. */
	for (size_t i = 0; rc == 0 && i < n; i++) {
		slo_watch_add(w->slo, rows[i]->t_end, now, rows[i]);
		if (w->newest < not_ahead(rows[i]->t_end, now))
			w->newest = not_ahead(rows[i]->t_end, now);
	}
	lock_give(&e->watch_lock);
	look(e, reader, s, now);
}

/* ---- What would be ---- */

void slo_foresee(const struct engine *e, const struct observation *const *rows, size_t n,
	int64_t now, struct json_writer *names)
{
	const struct activation_watch *w = &e->watch;
	const char *last = NULL;

	if (!w->slo)
		return;
	SLO_WATCH_AUTO copy = slo_watch_try(w->slo);
	size_t n_statuses;

	for (size_t i = 0; i < n; i++)
		slo_watch_add(copy, rows[i]->t_end, now, rows[i]);
	slo_watch_look(copy, now);
	const struct burnrate_status *all = slo_watch_statuses(copy, &n_statuses);

	for (size_t i = 0; i < n_statuses; i++) {
		if (!all[i].fired || all[i].rule->action != BURN_ROLLBACK ||
			last == all[i].slo->name)
			continue;
		last = all[i].slo->name;
		jw_string(names, last);
	}
}

/* ---- What it looks like ---- */

static struct slo_window *window_view(
	int64_t length, const struct burnrate_window *w, struct arena *a)
{
	struct slo_window *v = ARENA_NEW(a, struct slo_window);

	*v = (struct slo_window){length, w->bad, w->of, w->burn};
	return v;
}

static const char *state_of(const struct burnrate_status *r, int64_t age)
{
	if (r->fired)
		return "fired";
	if (r->firing)
		return "firing";
	if (r->rule->only_first_s >= 0 && age > r->rule->only_first_s)
		return "over";
	if (!r->applies)
		return "not_yet";
	if (r->slo->of && r->long_window.of == 0)
		return "no_data";
	return r->enough ? "quiet" : "too_few";
}

static void rule_view(const struct burnrate_status *r, const struct burn_rules *rules, int64_t age,
	struct arena *a, struct slo_rule_view *ret)
{
	*ret = (struct slo_rule_view){
		.longer = window_view(r->rule->long_s, &r->long_window, a),
		.shorter = window_view(r->rule->short_s, &r->short_window, a),
		.fires_above = r->slo->kind == BURN_COUNT ? (double)r->slo->max_count
							  : (double)r->rule->factor_milli / 1000,
		.action = r->rule->action,
		.coverage = r->rule->coverage,
		.state = state_of(r, age),
		.in_row = r->in_row,
		.for_evals = burn_evaluations(rules, r->slo),
		.bad_to_fire = r->bad_to_fire,
		.chance = r->chance,
		.detail = slo_sentence(r, a),
	};
	if (r->slo->kind == BURN_COUNT) {
		ret->longer->burn = ret->shorter->burn = NAN;
		ret->longer->of = ret->shorter->of = -1;
	}
}

static double allowed_of(const struct burn_slo *s, int64_t of)
{
	switch (s->kind) {
	case BURN_RATIO:
		return (double)of * (double)s->budget_ppm / 1e6;
	case BURN_VALUE:
		return (double)of * (double)s->limit_micro_per_1k / 1000;
	default:
		return (double)s->max_count;
	}
}

static void level_begin(const struct burn_slo *s, struct arena *a, struct slo_level *ret)
{
	*ret = (struct slo_level){
		.name = arena_strdup(a, s->name),
		.kind = s->kind,
		.bad = arena_strdup(a, s->bad),
		.of = s->of ? arena_strdup(a, s->of) : NULL,
		.budget_ppm = s->budget_ppm,
		.limit_micro_per_1k = s->limit_micro_per_1k,
		.max_count = s->max_count,
		.state = "no_data",
		.detail = "not looked at yet since the channel moved",
		.rules = {ARENA_ARRAY(a, s->rules.n + 1, struct slo_rule_view), 0},
	};
}

/* The budget stands over the longest of the windows. */
static void level_budget(struct slo_level *l, const struct burnrate_status *r, struct arena *a)
{
	struct slo_budget *b = l->budget;

	if (b && b->window_s >= r->rule->long_s)
		return;
	b = l->budget = ARENA_NEW(a, struct slo_budget);
	b->window_s = r->rule->long_s;
	b->bad = r->long_window.bad;
	b->allowed = allowed_of(r->slo, r->long_window.of);
	b->left = b->allowed > 0 ? 1 - (double)b->bad / b->allowed : (double)NAN;
}

/* Which of the two says more: what fires, then what needs fewer bad ones to. */
static bool nearer(const struct slo_rule_view *r, const struct slo_rule_view *than)
{
	bool fires = !strcmp(r->state, "fired") || !strcmp(r->state, "firing");
	bool other = !strcmp(than->state, "fired") || !strcmp(than->state, "firing");

	if (fires != other)
		return fires;
	if (r->bad_to_fire < 0 || than->bad_to_fire < 0)
		return than->bad_to_fire < 0 && r->bad_to_fire >= 0;
	return r->bad_to_fire < than->bad_to_fire;
}

static void level_end(struct slo_level *l)
{
	const struct slo_rule_view *nearest = LIST_AT(&l->rules, struct slo_rule_view, 0);

	l->bad_to_fire = -1;
	if (!l->rules.n)
		return;
	for (size_t i = 1; i < l->rules.n; i++)
		if (nearer(LIST_AT(&l->rules, struct slo_rule_view, i), nearest))
			nearest = LIST_AT(&l->rules, struct slo_rule_view, i);
	l->state = nearest->state;
	l->bad_to_fire = nearest->bad_to_fire;
	l->detail = nearest->detail;
}

/* Of an activation that is not looked at yet there is only what it will be held to. */
static void levels_named(const struct burn_rules *rules, struct arena *a, struct slo_view *ret)
{
	struct slo_level *levels = ARENA_ARRAY(a, rules->slos.n + 1, struct slo_level);

	for (size_t i = 0; i < rules->slos.n; i++) {
		level_begin(LIST_AT(&rules->slos, struct burn_slo, i), a, &levels[i]);
		level_end(&levels[i]);
	}
	ret->slos = (struct list){levels, rules->slos.n};
}

static void levels_view(
	const struct activation_watch *w, int64_t now, struct arena *a, struct slo_view *ret)
{
	const struct burn_rules *rules = &w->s->policy.rollback->rules;
	int64_t age = (now - w->activated) / USEC_PER_SEC;
	struct slo_level *levels = ARENA_ARRAY(a, rules->slos.n + 1, struct slo_level);
	size_t n;
	const struct burnrate_status *all = slo_watch_statuses(w->slo, &n);
	bool warning = false, firing = false;

	for (size_t i = 0; i < rules->slos.n; i++)
		level_begin(LIST_AT(&rules->slos, struct burn_slo, i), a, &levels[i]);
	for (size_t i = 0; i < n; i++) {
		struct slo_level *l = &levels[all[i].slo_index];

		rule_view(&all[i], rules, age, a,
			LIST_AT(&l->rules, struct slo_rule_view, l->rules.n++));
		level_budget(l, &all[i], a);
		firing = firing || (all[i].fired && all[i].rule->action == BURN_ROLLBACK);
		warning = warning || (all[i].fired && all[i].rule->action == BURN_WARN);
	}
	for (size_t i = 0; i < rules->slos.n; i++)
		level_end(&levels[i]);
	ret->slos = (struct list){levels, rules->slos.n};
	if (firing)
		ret->state = "breached";
	else if (strcmp(ret->state, "breached") != 0 && w->newest && !w->silent)
		ret->state = warning ? "warning" : "healthy";
}

static int way_back_view(struct db *reader, const struct snapshot *s, int64_t now, struct arena *a,
	struct slo_view *ret, struct err *err)
{
	const struct burn_rules *rules = &s->policy.rollback->rules;
	struct slo_way_back *v = ret->rollback = ARENA_NEW(a, struct slo_way_back);
	enum rollback_reason blocked;
	WAY_BACK_AUTO w = {0};

	if (way_back_load(reader, s, a, &w, err) < 0)
		return -1;
	blocked = rollback_controller_blocked(&w.controller, false, now / USEC_PER_SEC);
	v->automatic = rules->automatic;
	v->target = way_back_target(&w);
	v->rollbacks = rollback_controller_within(&w.controller, now / USEC_PER_SEC);
	v->max_auto = rules->max_auto;
	v->max_auto_window_s = rules->max_auto_window_s;
	if (w.last.at && w.last.at + rules->cooldown_s * USEC_PER_SEC > now)
		v->cooldown_until = w.last.at + rules->cooldown_s * USEC_PER_SEC;
	v->blocked = blocked == ROLLBACK_FREE ? NULL : rollback_reason_name(blocked);
	ret->serial = w.activation.serial;
	ret->activated_at = w.activation.at;
	if (w.row.latched)
		ret->state = "breached";
	if (w.row.quarantined) {
		ret->quarantined.v = ARENA_ARRAY(a, 1, const char *);
		ret->quarantined.v[ret->quarantined.n++] = w.active.version;
	}
	return 0;
}

static int hold_view(struct db *reader, const struct snapshot *s, int64_t now, struct arena *a,
	struct slo_view *ret, struct err *err)
{
	struct promotion_hold hold;
	int rc = promotions_held(reader, s, now, a, &hold, err);

	if (rc > 0) {
		ret->hold = ARENA_NEW(a, struct slo_hold);
		*ret->hold = (struct slo_hold){hold.reason, hold.since, hold.until, hold.detail};
	}
	return rc < 0 ? -1 : 0;
}

int slo_view(
	struct engine *e, struct db *reader, struct arena *a, struct slo_view *ret, struct err *err)
{
	SNAPSHOT_AUTO s = snapshot_get(e);
	int64_t now = engine_now(e);

	if (!s->has_release)
		return err_set(err, ERR_NO_RELEASE, "nothing has been promoted yet");
	fields_init(&slo_view_table, ret);
	ret->state = "no_data";
	ret->release = arena_strdup(a, s->channel.version);
	if (way_back_view(reader, s, now, a, ret, err) < 0)
		return -1;
	lock_take(&e->watch_lock);
	/* Until its next step the watch may be at the activation before: that says nothing of this one. */
	if (e->watch.slo && e->watch.serial == ret->serial) {
		ret->newest_at = e->watch.newest;
		ret->evaluated_at = slo_watch_evaluated(e->watch.slo);
		levels_view(&e->watch, now, a, ret);
	} else
		levels_named(&s->policy.rollback->rules, a, ret);
	lock_give(&e->watch_lock);
	return hold_view(reader, s, now, a, ret, err);
}
