/* SPDX-License-Identifier: Apache-2.0
 *
 * The controller of rollbacks: a breach latches, blocks are looked for in order, a blocked breach is
 * tried again while it fires. It never moves between releases known to be bad.
 */
#include "policy/rollback_controller.h"

#include <string.h>

#include "base/arena.h"

const char *rollback_reason_name(enum rollback_reason reason)
{
	static const char *const names[] = {
		[ROLLBACK_FREE] = "none",
		[ROLLBACK_MANUAL] = "manual",
		[ROLLBACK_MAX_ROLLBACKS] = "max_rollbacks",
		[ROLLBACK_EXHAUSTED] = "exhausted",
		[ROLLBACK_COOLDOWN] = "cooldown",
		[PROMOTE_QUARANTINED] = "quarantined",
		[PROMOTE_LOCKED] = "locked",
		[PROMOTE_HOLDOFF] = "holdoff",
	};

	return names[reason];
}

const char *rollback_verb_name(enum rollback_verb verb)
{
	static const char *const names[] = {
		[ROLLBACK_NOTHING] = "none",
		[ROLLBACK_MOVE] = "rollback",
		[ROLLBACK_PROMOTE] = "promote",
		[ROLLBACK_PROMOTE_REFUSED] = "promote_refused",
		[ROLLBACK_HOLD] = "hold",
		[ROLLBACK_SAFE_MODE] = "safe_mode",
	};

	return names[verb];
}

/* ---- Lists ---- */

static bool list_has(const struct release_list *l, int64_t release)
{
	for (size_t i = 0; i < l->n; i++)
		if (l->v[i] == release)
			return true;
	return false;
}

static void list_insert(struct release_list *l, size_t at, int64_t release)
{
	if (l->n == l->alloc) {
		l->alloc = l->alloc ? 2 * l->alloc : 8;
		l->v = xrealloc(l->v, l->alloc * sizeof(*l->v));
	}
	memmove(&l->v[at + 1], &l->v[at], (l->n - at) * sizeof(*l->v));
	l->v[at] = release;
	l->n++;
}

static bool list_remove(struct release_list *l, int64_t release)
{
	for (size_t i = 0; i < l->n; i++) {
		if (l->v[i] != release)
			continue;
		l->n--;
		memmove(&l->v[i], &l->v[i + 1], (l->n - i) * sizeof(*l->v));
		return true;
	}
	return false;
}

/* ---- State ---- */

void rollback_controller_init(struct rollback_controller *c, const struct burn_rules *rules)
{
	*c = (struct rollback_controller){.rules = rules, .last_rollback = -1, .held_until = -1};
}

void rollback_controller_clear(struct rollback_controller *c)
{
	free(c->warm.v);
	free(c->quarantined.v);
	rollback_controller_init(c, c->rules);
}

static void become_active(struct rollback_controller *c, int64_t release, int64_t now)
{
	c->active = release;
	c->activated = now;
	c->latched = false;
	c->told = ROLLBACK_FREE;
}

void rollback_controller_activate(struct rollback_controller *c, int64_t release,
	const int64_t *warm, size_t n_warm, int64_t now)
{
	c->warm.n = 0;
	for (size_t i = 0; i < n_warm; i++)
		if (warm[i] != release && !list_has(&c->warm, warm[i]))
			list_insert(&c->warm, c->warm.n, warm[i]);
	become_active(c, release, now);
}

enum rollback_reason rollback_controller_refuses(
	const struct rollback_controller *c, int64_t release, int64_t now)
{
	if (list_has(&c->quarantined, release))
		return PROMOTE_QUARANTINED;
	if (c->locked)
		return PROMOTE_LOCKED;
	if (c->held_until >= 0 && now < c->held_until)
		return PROMOTE_HOLDOFF;
	return ROLLBACK_FREE;
}

struct rollback_do rollback_controller_promote(
	struct rollback_controller *c, int64_t release, int64_t now)
{
	enum rollback_reason reason = rollback_controller_refuses(c, release, now);

	if (reason != ROLLBACK_FREE)
		return (struct rollback_do){ROLLBACK_PROMOTE_REFUSED, reason, release, 0};
	list_remove(&c->warm, release);
	if (c->active && c->active != release)
		list_insert(&c->warm, 0, c->active);
	become_active(c, release, now);
	return (struct rollback_do){ROLLBACK_PROMOTE, ROLLBACK_FREE, release, 0};
}

void rollback_controller_acknowledge(struct rollback_controller *c)
{
	c->locked = false;
	c->held_until = -1;
	c->last_rollback = -1;
	c->n_times = 0;
}

bool rollback_controller_is_quarantined(const struct rollback_controller *c, int64_t release)
{
	return list_has(&c->quarantined, release);
}

void rollback_controller_quarantine(struct rollback_controller *c, int64_t release)
{
	if (!list_has(&c->quarantined, release))
		list_insert(&c->quarantined, c->quarantined.n, release);
}

bool rollback_controller_unquarantine(struct rollback_controller *c, int64_t release)
{
	return list_remove(&c->quarantined, release);
}

int64_t rollback_controller_target(const struct rollback_controller *c)
{
	for (size_t i = 0; i < c->warm.n; i++)
		if (!list_has(&c->quarantined, c->warm.v[i]))
			return c->warm.v[i];
	return 0;
}

/* ---- Rolling back ---- */

int64_t rollback_controller_within(const struct rollback_controller *c, int64_t now)
{
	int64_t n = 0;

	for (size_t i = 0; i < c->n_times; i++)
		n += now - c->times[i] < c->rules->max_auto_window_s;
	return n;
}

enum rollback_reason rollback_controller_blocked(
	const struct rollback_controller *c, bool critical, int64_t now)
{
	if (!c->rules->automatic)
		return ROLLBACK_MANUAL;
	if (rollback_controller_within(c, now) >= c->rules->max_auto)
		return ROLLBACK_MAX_ROLLBACKS;
	if (!rollback_controller_target(c))
		return ROLLBACK_EXHAUSTED;
	if (!critical && c->last_rollback >= 0 && now - c->last_rollback < c->rules->cooldown_s)
		return ROLLBACK_COOLDOWN;
	return ROLLBACK_FREE;
}

static struct rollback_do hold(struct rollback_controller *c, enum rollback_reason reason)
{
	bool safe = reason == ROLLBACK_EXHAUSTED && c->rules->on_exhausted == EXHAUSTED_SAFE_MODE;

	if (reason == ROLLBACK_MAX_ROLLBACKS || reason == ROLLBACK_EXHAUSTED)
		c->locked = true;
	if (c->told == reason)
		return (struct rollback_do){0};
	c->told = reason;
	return (struct rollback_do){
		safe ? ROLLBACK_SAFE_MODE : ROLLBACK_HOLD, reason, c->active, 0};
}

static struct rollback_do move(struct rollback_controller *c, int64_t now)
{
	struct rollback_do action = {
		ROLLBACK_MOVE, ROLLBACK_FREE, c->active, rollback_controller_target(c)};

	if (c->n_times == ROLLBACK_TIMES_MAX) {
		c->n_times--;
		memmove(&c->times[0], &c->times[1], c->n_times * sizeof(c->times[0]));
	}
	c->times[c->n_times++] = now;
	c->last_rollback = now;
	c->held_until = now + c->rules->holdoff_s;
	/* Lifted while it served and still firing: what is left for a breach is no way back. */
	rollback_controller_quarantine(c, action.release);
	list_remove(&c->warm, action.to);
	list_insert(&c->warm, c->warm.n, action.release);
	become_active(c, action.to, now);
	return action;
}

struct rollback_signal rollback_signal_of(
	const struct burnrate_status *statuses, size_t n, size_t *ret_first)
{
	struct rollback_signal signal = {0};
	size_t first = n;

	for (size_t i = 0; i < n; i++) {
		if (!statuses[i].fired || statuses[i].rule->action != BURN_ROLLBACK)
			continue;
		if (!signal.firing)
			first = i;
		signal.firing = true;
		signal.critical = signal.critical || statuses[i].slo->kind == BURN_COUNT;
	}
	*ret_first = first;
	return signal;
}

struct rollback_do rollback_controller_look(struct rollback_controller *c,
	struct rollback_signal signal, int64_t now, bool *ret_breached)
{
	*ret_breached = signal.firing && !c->latched;
	if (!signal.firing)
		return (struct rollback_do){0};
	if (!c->latched) {
		c->latched = true;
		rollback_controller_quarantine(c, c->active);
	}
	enum rollback_reason reason = rollback_controller_blocked(c, signal.critical, now);

	return reason == ROLLBACK_FREE ? move(c, now) : hold(c, reason);
}
