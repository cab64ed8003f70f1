/* SPDX-License-Identifier: Apache-2.0
 *
 * Webhooks on the ops thread: reads the history for them, begins and takes back their senders, and
 * tidies. It never waits for a receiver.
 */
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "engine/webhook_run.h"
#include "policy/webhook.h"
#include "store/event.h"

#define ACTOR "controller:webhooks"
#define DAY   (INT64_C(86400) * USEC_PER_SEC)

enum {
	PAGE = 256,	     /* events that are looked at in one go */
	OPEN_MAX = 1000,     /* deliveries of one webhook; beyond it its cursor waits */
	UNWANTED_MAX = 4096, /* events without a wanted one before the cursor is written */
	KEPT_DAYS = 30,
	KEPT_MAX = 1000, /* deliveries of one webhook that are over */
	PRUNE_PAGE = 500,
	TIDY_S = 60,
};

/* ---- The set ---- */

void webhooks_open(struct engine *e, const struct engine_options *o)
{
	struct webhook_set *set = xcalloc(1, sizeof(*set));

	set->private = o->webhook_private;
	set->source =
		xstrdup(o->webhook_source && *o->webhook_source ? o->webhook_source : "/v1/events");
	set->send = o->webhook_send ? o->webhook_send : http_perform;
	set->stale = true;
	e->webhooks = set;
}

static void forget_row(struct webhook_sender *s)
{
	arena_free(s->arena);
	s->arena = NULL;
	s->seq = 0;
	s->gone = false;
}

static void take_back(struct webhook_sender *s)
{
	if (s->e->threads)
		pthread_join(s->thread, NULL);
	arena_free(s->work.arena);
	s->work = (struct webhook_work){0};
	s->state = SENDER_IDLE;
	if (s->gone)
		forget_row(s);
}

void webhooks_stop(struct engine *e)
{
	struct webhook_set *set = e->webhooks;

	set->stop = true;
	for (size_t i = 0; i < WEBHOOKS_MAX; i++)
		if (set->v[i].state != SENDER_IDLE)
			take_back(&set->v[i]);
}

void webhooks_free(struct engine *e)
{
	struct webhook_set *set = e->webhooks;

	if (!set)
		return;
	for (size_t i = 0; i < WEBHOOKS_MAX; i++) {
		arena_free(set->v[i].arena);
		arena_free(set->v[i].work.arena);
	}
	free((char *)(uintptr_t)set->source);
	free(set);
	e->webhooks = NULL;
}

static void wake(struct engine *e)
{
	LOCK_SCOPE(&e->ops_lock);
	e->webhooks->notice = true;
	cond_wake(&e->ops_cond);
}

void webhooks_notice(struct engine *e)
{
	struct webhook_set *set = e->webhooks;

	if (!set->active || set->noticed == e->events)
		return;
	set->noticed = e->events;
	wake(e);
}

void webhooks_changed(struct engine *e)
{
	e->webhooks->stale = true;
	wake(e);
}

void webhook_stats(const struct engine *e, struct webhook_stats *ret)
{
	const struct webhook_set *set = e->webhooks;

	*ret = (struct webhook_stats){
		.taken = set->taken,
		.refused = set->refused,
		.unanswered = set->unanswered,
		.given_up = set->given_up,
		.disabled = set->disabled,
	};
}

static struct webhook_sender *find(struct webhook_set *set, int64_t seq)
{
	for (size_t i = 0; i < WEBHOOKS_MAX; i++)
		if (set->v[i].seq == seq && !set->v[i].gone)
			return &set->v[i];
	return NULL;
}

int64_t webhooks_scanned(const struct engine *e, int64_t seq)
{
	const struct webhook_sender *s = find(e->webhooks, seq);

	return s && s->row.webhook.status == WEBHOOK_ACTIVE ? s->scanned : 0;
}

static bool is_active(const struct webhook_sender *s)
{
	return s->seq && !s->gone && s->row.webhook.status == WEBHOOK_ACTIVE;
}

/* ---- The rows ---- */

static int look_when_due(struct webhook_sender *s, struct db *reader, struct err *err)
{
	return webhook_delivery_next(reader, s->seq, !is_active(s), &s->next_due, err);
}

static int adopt(struct engine *e, struct db *reader, int64_t seq, struct err *err)
{
	struct webhook_set *set = e->webhooks;
	struct webhook_sender *s = find(set, seq);
	struct arena *a = arena_new();
	struct webhook_row row;
	int rc = webhook_by_seq(reader, seq, a, &row, err);

	for (size_t i = 0; !s && i < WEBHOOKS_MAX; i++)
		if (!set->v[i].seq)
			s = &set->v[i];
	/* None is free while those of deleted ones still wait for an answer: another time. */
	if (rc <= 0 || !s) {
		arena_free(a);
		set->stale = set->stale || rc > 0;
		return rc;
	}
	if (!s->seq)
		*s = (struct webhook_sender){.e = e, .seq = seq};
	arena_free(s->arena);
	s->arena = a;
	s->row = row;
	/* What a disabled one has missed is looked at when it is active again. */
	if (!is_active(s) || s->scanned < row.cursor)
		s->scanned = row.cursor;
	if (s->state == SENDER_IDLE) {
		s->failures = 0;
		s->pause_until = 0;
	}
	return look_when_due(s, reader, err);
}

static int reload(struct engine *e, struct db *reader, struct err *err)
{
	struct webhook_set *set = e->webhooks;
	ARENA_AUTO a = arena_new();
	struct webhook_list list;
	size_t active = 0;

	if (webhook_all(reader, a, &list, err) < 0)
		return -1;
	for (size_t i = 0; i < WEBHOOKS_MAX; i++) {
		struct webhook_sender *s = &set->v[i];
		bool there = !s->seq;

		for (size_t k = 0; k < list.n; k++)
			there = there || list.v[k].seq == s->seq;
		s->gone = s->gone || !there;
		if (s->seq && s->gone && s->state == SENDER_IDLE)
			forget_row(s);
	}
	for (size_t k = 0; k < list.n; k++) {
		if (adopt(e, reader, list.v[k].seq, err) < 0)
			return -1;
		active += list.v[k].webhook.status == WEBHOOK_ACTIVE;
	}
	set->active = active;
	return 0;
}

/* ---- From the history ---- */

struct fan {
	struct webhook_sender *s;
	int64_t *seqs;
	size_t n;
	bool written, done;
};
struct fans {
	struct fan v[WEBHOOKS_MAX];
	size_t n;
	int64_t up_to;
};

static int fan_apply(struct tx *tx, struct command *c, struct err *err)
{
	struct fans *fans = c->args;

	for (size_t i = 0; i < fans->n; i++) {
		struct fan *f = &fans->v[i];
		int rc = f->written ? webhook_cursor_set(tx->db, f->s->seq, fans->up_to, err) : 1;

		if (rc < 0)
			return -1;
		/* Changed meanwhile: its row is read again first. */
		f->done = rc > 0;
		for (size_t k = 0; f->done && k < f->n; k++)
			if (webhook_delivery_insert(tx->db, f->s->seq, f->seqs[k],
				    webhook_message_id(f->s->row.webhook.id, f->seqs[k], tx->arena),
				    tx->now, err) < 0)
				return -1;
	}
	return 0;
}

static void pick(struct fan *f, const struct event_row *rows, size_t n, struct arena *a)
{
	f->seqs = ARENA_ARRAY(a, n, int64_t);
	for (size_t i = 0; i < n; i++)
		if (rows[i].seq > f->s->scanned && webhook_wants(f->s->row.patterns, rows[i].type))
			f->seqs[f->n++] = rows[i].seq;
}

/* Those that have not seen all, and have room for what comes; and where the last of them is. */
static int gather(
	struct engine *e, struct db *reader, struct fans *fans, int64_t *ret_low, struct err *err)
{
	*ret_low = INT64_MAX;
	for (size_t i = 0; i < WEBHOOKS_MAX; i++) {
		struct webhook_sender *s = &e->webhooks->v[i];
		int64_t open;

		if (!is_active(s) || (uint64_t)s->scanned >= e->events)
			continue;
		if (webhook_delivery_open(reader, s->seq, &open, err) < 0)
			return -1;
		if (open + PAGE > OPEN_MAX)
			continue;
		fans->v[fans->n++] = (struct fan){.s = s};
		*ret_low = s->scanned < *ret_low ? s->scanned : *ret_low;
	}
	return 0;
}

static int fan_commit(struct engine *e, struct fans *fans, struct arena *a, struct err *err)
{
	static const struct command_kind kind = {.name = "webhook_fan", .apply = fan_apply};
	struct command c = engine_job(&kind, ACTOR, fans, a, NULL);
	bool any = false;

	for (size_t i = 0; i < fans->n; i++) {
		struct fan *f = &fans->v[i];

		f->written = f->n || fans->up_to - f->s->row.cursor > UNWANTED_MAX;
		f->done = !f->written;
		any = any || f->written;
	}
	return any ? engine_commit(e, &c, err) : 0;
}

/* 1: some events were looked at; 0: there are none; -1. */
static int fan_out(struct engine *e, struct db *reader, struct err *err)
{
	ARENA_AUTO a = arena_new();
	struct fans fans = {.n = 0};
	struct event_row *rows;
	int64_t low;
	size_t n;

	if (gather(e, reader, &fans, &low, err) < 0)
		return -1;
	if (!fans.n)
		return 0;
	if (event_after(reader, low, PAGE, a, &rows, &n, err) < 0)
		return -1;
	if (!n)
		return 0;
	fans.up_to = rows[n - 1].seq;
	for (size_t i = 0; i < fans.n; i++)
		pick(&fans.v[i], rows, n, a);
	if (fan_commit(e, &fans, a, err) < 0)
		return -1;
	for (size_t i = 0; i < fans.n; i++) {
		struct fan *f = &fans.v[i];

		if (!f->done) {
			e->webhooks->stale = true;
			continue;
		}
		if (f->s->scanned < fans.up_to)
			f->s->scanned = fans.up_to;
		if (f->written)
			f->s->row.cursor = fans.up_to;
		if (f->n)
			f->s->next_due = 0;
	}
	return 1;
}

/* ---- Senders ---- */

static void *sender_main(void *arg)
{
	struct webhook_sender *s = arg;
	struct engine *e = s->e;

	webhook_burst(s);
	s->state = SENDER_OVER;
	wake(e);
	return NULL;
}

static int prepare(struct webhook_sender *s, struct db *reader, struct err *err)
{
	struct webhook_delivery_row *due;
	struct webhook_work *w = &s->work;
	int64_t now = engine_now(s->e);
	const char *why;
	size_t n;

	*w = (struct webhook_work){
		.arena = arena_new(),
		.webhook_seq = s->seq,
		.updated_at = s->row.webhook.updated_at,
	};
	w->id = arena_strdup(w->arena, s->row.webhook.id);
	w->address = arena_strdup(w->arena, s->row.webhook.url);
	w->url_valid = url_parse(w->address, w->arena, &w->url, &why) == 0;
	if (webhook_keys_load(reader, s->seq, now, &w->keys, err) < 0 ||
		webhook_delivery_due(reader, s->seq, now, !is_active(s), WEBHOOK_BURST, w->arena,
			&due, &n, err) < 0)
		return -1;
	for (size_t i = 0; i < n; i++)
		webhook_compose(s->e->webhooks, &s->row, &due[i], w->arena, &w->messages[w->n++]);
	return 0;
}

static void drop_work(struct webhook_sender *s)
{
	arena_free(s->work.arena);
	s->work = (struct webhook_work){0};
}

/* 1: it sends; 0: nothing is due; -1. */
static int begin(struct webhook_sender *s, struct db *reader, struct err *err)
{
	int rc = prepare(s, reader, err);

	if (rc == 0 && !s->work.n)
		rc = look_when_due(s, reader, err);
	if (rc < 0 || !s->work.n) {
		drop_work(s);
		return rc;
	}
	s->state = SENDER_BUSY;
	if (!s->e->threads) {
		webhook_burst(s);
		s->state = SENDER_OVER;
	} else if (pthread_create(&s->thread, NULL, sender_main, s) != 0) {
		s->state = SENDER_IDLE;
		drop_work(s);
		return err_set(err, ERR_INTERNAL, "a webhook's thread could not be started");
	}
	return 1;
}

static int step(struct webhook_sender *s, struct db *reader, struct err *err)
{
	struct engine *e = s->e;

	if (!s->seq)
		return 0;
	if (s->state == SENDER_OVER) {
		take_back(s);
		return s->seq && look_when_due(s, reader, err) < 0 ? -1 : 1;
	}
	if (s->state != SENDER_IDLE || s->gone || engine_now(e) < s->next_due ||
		clock_mono(e->clock) < s->pause_until)
		return 0;
	return begin(s, reader, err);
}

/* ---- Tidying ---- */

static int forget_apply(struct tx *tx, struct command *c, struct err *err)
{
	return webhook_keys_forget(tx->db, tx->now, err);
}

struct prune {
	int64_t webhook_seq, until;
};

static int prune_apply(struct tx *tx, struct command *c, struct err *err)
{
	const struct prune *p = c->args;

	return webhook_delivery_prune(tx->db, p->webhook_seq, p->until, PRUNE_PAGE, err);
}

static int tidy(struct engine *e, struct db *reader, struct err *err)
{
	static const struct command_kind forget = {.name = "webhook_forget", .apply = forget_apply};
	static const struct command_kind prune = {.name = "webhook_prune", .apply = prune_apply};
	int64_t now = engine_now(e);
	ARENA_AUTO a = arena_new();
	struct command c = engine_job(&forget, ACTOR, NULL, a, NULL);
	int rc = webhook_keys_ended(reader, now, err);

	if (rc < 0 || (rc > 0 && engine_commit(e, &c, err) < 0))
		return -1;
	for (size_t i = 0; i < WEBHOOKS_MAX; i++) {
		struct prune p = {.webhook_seq = e->webhooks->v[i].seq};

		c = engine_job(&prune, ACTOR, &p, a, NULL);
		if (!p.webhook_seq)
			continue;
		rc = webhook_delivery_surplus(
			reader, p.webhook_seq, now - KEPT_DAYS * DAY, KEPT_MAX, &p.until, err);
		if (rc < 0 || (rc > 0 && engine_commit(e, &c, err) < 0))
			return -1;
	}
	return 0;
}

/* ---- All of it ---- */

static int watch(struct engine *e, struct db *reader, bool *any, struct err *err)
{
	struct webhook_set *set = e->webhooks;

	if (atomic_exchange(&set->stale, false) && reload(e, reader, err) < 0) {
		set->stale = true;
		return -1;
	}
	int rc = set->active ? fan_out(e, reader, err) : 0;

	*any = rc > 0;
	for (size_t i = 0; rc >= 0 && i < WEBHOOKS_MAX; i++) {
		rc = step(&set->v[i], reader, err);
		*any = *any || rc > 0;
	}
	if (rc < 0)
		return -1;
	if (clock_mono(e->clock) >= set->next_tidy) {
		set->next_tidy = clock_mono(e->clock) + TIDY_S * USEC_PER_SEC;
		return tidy(e, reader, err);
	}
	return 0;
}

bool webhooks_watch(struct engine *e, struct db *reader)
{
	struct err err = {0};
	bool any = false;

	if (e->webhooks->stop || e->draining)
		return false;
	e->webhooks->notice = false;
	if (watch(e, reader, &any, &err) < 0) {
		log_warn("webhooks.watch_failed", LOG_ERR(&err));
		return false;
	}
	return any;
}
