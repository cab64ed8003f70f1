/* SPDX-License-Identifier: Apache-2.0
 *
 * One burst of a webhook: each message is signed and sent, and what came of it is committed while the
 * next one is sent: a crash repeats a burst at most. Nothing is held while it waits for the receiver.
 */
#include <string.h>

#include "base/log.h"
#include "base/utf8.h"
#include "engine/webhook_run.h"
#include "net/retry.h"
#include "model/phase.h"
#include "policy/webhook.h"

#define ACTOR "controller:webhooks"

enum {
	TIMEOUT_S = 15,
	ANSWER_MAX = 16 << 10, /* read */
	ANSWER_KEPT = 200,     /* stored */
	UNWRITTEN_PAUSE_S = 30,
	HEADERS = 4,
	PATH_TELLING = 16, /* of a URL whose path is longer an answer may give a secret away */
};

struct attempt {
	const struct webhook_work *work;
	const struct webhook_message *message;
	struct webhook_attempt made;
	enum webhook_answer answer;
	int64_t after; /* what the receiver asked for; -1: nothing */
	/* of the commit */
	bool go_on, disabled, given_up;
	bool moved; /* what was asked is not its receiver any more, and says nothing of the new one */
	int64_t tries;
};

/* ---- The request ---- */

static bool shows_secret(const struct webhook_work *w, const char *text, struct arena *a)
{
	static const char *const marks[] = {"whsec_", "whsk_", "sfd_", "Bearer ", "v1,", "v1a,"};

	for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++)
		if (strstr(text, marks[i]))
			return true;
	for (size_t i = 0; i < w->keys.n; i++)
		if (strstr(text, webhook_key_text(&w->keys.v[i], a) + strlen("whsec_")))
			return true;
	return strlen(w->url.path) > PATH_TELLING && strstr(text, w->url.path);
}

/* How the answer begins, where that can be shown. */
static const char *kept(
	const struct webhook_work *w, const struct http_response *r, struct arena *a)
{
	size_t n = r->body_len < ANSWER_KEPT ? r->body_len : ANSWER_KEPT;

	if (r->body_len == 0 || memchr(r->body, '\0', r->body_len) || shows_secret(w, r->body, a))
		return NULL;
	return arena_strndup(a, r->body, utf8_cut(r->body, n));
}

static const char *why_refused(int status, struct arena *a)
{
	return arena_printf(a, "the receiver answered %d%s", status,
		status >= 300 && status < 400 ? "; redirects are not followed"
		: status == 410		      ? ": gone"
					      : "");
}

static int perform(struct webhook_sender *s, const struct webhook_message *m, struct arena *a,
	struct http_response *ret, struct err *err)
{
	const struct webhook_set *set = s->e->webhooks;
	const struct webhook_work *w = &s->work;
	int64_t seconds = engine_now(s->e) / USEC_PER_SEC;
	const char *signature;

	if (!w->url_valid || (!set->private && !w->url.https))
		return err_set(err, ERR_CONFIG,
			"its URL is not allowed: https only, unless webhook_private = on");
	if (webhook_sign(
		    w->keys.v, w->keys.n, m->id, seconds, m->body, m->len, a, &signature, err) < 0)
		return -1;
	const struct http_header headers[HEADERS] = {
		{"Content-Type", m->content_type},
		{"webhook-id", m->id},
		{"webhook-timestamp", arena_printf(a, "%lld", (long long)seconds)},
		{"webhook-signature", signature},
	};
	const struct http_request r = {
		.server = w->url.server,
		.method = "POST",
		.path = w->url.path,
		.headers = headers,
		.n_headers = HEADERS,
		.body = m->body,
		.body_len = m->len,
		.timeout = TIMEOUT_S * USEC_PER_SEC,
		.cap = ANSWER_MAX,
		.cut = true,
		.reach = set->private ? HTTP_REACH_ANY : HTTP_REACH_PUBLIC,
		.client = w->client,
		.stop = &set->stop,
	};
	return set->send(&r, a, ret, err);
}

/* -1: it was cut off by the end of the process, and is no attempt. */
static int try(struct webhook_sender *s, struct attempt *x, struct arena *a)
{
	struct webhook_set *set = s->e->webhooks;
	int64_t began = clock_mono(s->e->clock);
	struct http_response r;
	struct err err = {0};

	if (x->message->fault) {
		x->made = (struct webhook_attempt){
			.at = engine_now(s->e), .status = -1, .detail = x->message->fault};
		x->answer = WEBHOOK_REFUSED;
		return 0;
	}
	int rc = perform(s, x->message, a, &r, &err);

	if (rc < 0 && set->stop)
		return -1;
	x->made.at = engine_now(s->e);
	x->made.took_ms = (clock_mono(s->e->clock) - began) / USEC_PER_MSEC;
	x->made.status = rc < 0 ? -1 : r.status;
	x->answer = rc < 0 ? WEBHOOK_REFUSED : webhook_answer_of(r.status);
	x->after = rc < 0 ? -1 : retry_after(r.retry_after, x->made.at);
	if (rc < 0)
		x->made.detail = arena_strdup(a, err.msg);
	else if (x->answer != WEBHOOK_TAKEN)
		x->made.detail = why_refused(r.status, a);
	x->made.response = rc < 0 ? NULL : kept(&s->work, &r, a);
	if (rc < 0)
		set->unanswered++;
	else if (x->answer == WEBHOOK_TAKEN)
		set->taken++;
	else
		set->refused++;
	return 0;
}

/* ---- What came of it ---- */

static int disable(struct tx *tx, struct attempt *x, struct webhook_row *w,
	enum webhook_cause cause, struct err *err)
{
	char since[TIME_STRLEN];
	const char *reason =
		cause == WEBHOOK_BY_GONE
			? "the receiver answered 410: nobody is there any more"
			: arena_printf(tx->arena, "the receiver has taken nothing since %s",
				  time_format(w->webhook.failing_since, since));

	w->webhook.status = WEBHOOK_DISABLED;
	w->webhook.disabled_cause = (int)cause;
	w->webhook.disabled_at = w->webhook.updated_at = tx->now;
	x->disabled = true;
	return tx_event(tx, EVENT_WEBHOOK_DISABLED, w->webhook.id, reason,
		webhook_event_data(&w->webhook, tx->arena), NULL, err);
}

static void over(struct webhook_delivery_row *d, enum phase phase, int64_t now)
{
	d->delivery.phase = (int)phase;
	d->delivery.next_attempt_at = 0;
	d->delivery.finished_at = now;
}

static int failed(struct tx *tx, struct attempt *x, struct webhook_row *w,
	struct webhook_delivery_row *d, struct err *err)
{
	bool test = d->delivery.event < 0, active = w->webhook.status == WEBHOOK_ACTIVE;
	int64_t delay =
		test ? -1 : webhook_retry_delay(d->delivery.id, (int)d->delivery.tries, x->after);

	/* The receiver was not asked: it says nothing of it. */
	if (x->message->fault) {
		over(d, PHASE_FAILED, tx->now);
		x->given_up = !test;
		return 0;
	}
	if (!w->webhook.failing_since)
		w->webhook.failing_since = x->made.at;
	if (x->answer == WEBHOOK_GONE || delay < 0) {
		over(d, PHASE_FAILED, tx->now);
		x->given_up = !test;
	} else {
		d->delivery.next_attempt_at = tx->now + delay;
	}
	if (active && x->answer == WEBHOOK_GONE)
		return disable(tx, x, w, WEBHOOK_BY_GONE, err);
	/* From its first attempt to its last, over days, nothing else got through either. */
	if (active && x->given_up && w->webhook.failing_since <= d->first_at)
		return disable(tx, x, w, WEBHOOK_BY_FAILING, err);
	return 0;
}

static int attempt_apply(struct tx *tx, struct command *c, struct err *err)
{
	struct attempt *x = c->args;
	struct webhook_delivery_row d;
	struct webhook_row w;
	int rc = webhook_by_seq(tx->db, x->work->webhook_seq, tx->arena, &w, err);

	if (rc <= 0)
		return rc;
	/* Another address, or nobody's any more: what is left waits to be picked up anew. */
	x->go_on = w.webhook.updated_at == x->work->updated_at;
	rc = webhook_delivery_find(tx->db, w.seq, x->message->id, tx->arena, &d, err);
	if (rc <= 0 || !d.delivery.next_attempt_at)
		return rc < 0 ? -1 : 0;
	x->moved = x->answer != WEBHOOK_TAKEN && !x->message->fault &&
		   strcmp(w.webhook.url, x->work->address) != 0;
	d.delivery.tries += !x->moved;
	x->tries = d.delivery.tries;
	if (!d.first_at && !x->moved)
		d.first_at = x->made.at;
	if (x->answer == WEBHOOK_TAKEN) {
		over(&d, PHASE_SUCCEEDED, tx->now);
		w.webhook.failing_since = 0;
		w.webhook.last_delivered_at = x->made.at;
	} else if (!x->moved && failed(tx, x, &w, &d, err) < 0) {
		return -1;
	}
	if (webhook_attempt_insert(tx->db, d.seq, ++d.made, &x->made, err) < 0 ||
		webhook_delivery_set(tx->db, &d, err) < 0 || webhook_update(tx->db, &w, err) < 0)
		return -1;
	x->go_on = x->go_on && !x->disabled;
	return 0;
}

static void say(const struct attempt *x)
{
	if (x->answer != WEBHOOK_TAKEN)
		log_info("webhook.refused", LOG_STR("webhook", x->work->id),
			LOG_STR("delivery", x->message->id), LOG_INT("tries", x->tries),
			LOG_STR("detail", x->made.detail));
	if (x->given_up)
		log_warn("webhook.given_up", LOG_STR("webhook", x->work->id),
			LOG_STR("delivery", x->message->id));
	if (x->disabled)
		log_warn("webhook.disabled", LOG_STR("webhook", x->work->id),
			LOG_STR("hint", "spiralfed webhooks enable ID, once the receiver is back"));
}

static void count(struct webhook_sender *s, const struct attempt *x)
{
	struct webhook_set *set = s->e->webhooks;

	set->given_up += x->given_up;
	set->disabled += x->disabled;
	if (x->message->fault)
		return;
	if (x->moved) {
		s->failures = 0;
		s->pause_until = 0;
		return;
	}
	s->failures = x->answer == WEBHOOK_TAKEN ? 0 : s->failures + 1;
	if (s->failures)
		s->pause_until = clock_mono(s->e->clock) + webhook_pause(s->failures);
	if (x->disabled)
		webhooks_changed(s->e);
}

/* ---- A burst ---- */

struct flight {
	struct arena *arena;
	struct attempt attempt;
	struct command command;
};

/* Did a commit that is over say that nothing more is to be sent? */
static bool halted(struct engine *e, const struct flight *v, size_t n)
{
	LOCK_SCOPE(&e->writer_lock);
	for (size_t i = 0; i < n; i++)
		if (v[i].command.written && (v[i].command.result < 0 || !v[i].attempt.go_on))
			return true;
	return false;
}

/* Send it, and hand the writer what came of it; false: it was cut off, and is no attempt. */
static bool begin(struct webhook_sender *s, const struct webhook_message *m, struct flight *ret)
{
	static const struct command_kind kind = {.name = "webhook_attempt", .apply = attempt_apply};
	struct arena *a = arena_new();

	*ret = (struct flight){.arena = a, .attempt = {.work = &s->work, .message = m}};
	if (try(s, &ret->attempt, a) < 0) {
		arena_free(a);
		return false;
	}
	ret->command = engine_job(&kind, ACTOR, &ret->attempt, a, NULL);
	ret->command.waited = true;
	writer_push(s->e, &ret->command);
	return true;
}

static void end(struct webhook_sender *s, struct flight *f)
{
	writer_wait(s->e, &f->command);
	if (f->command.result < 0) {
		/* It goes out once more, under the same id, when the registry can be written. */
		log_warn("webhook.not_recorded", LOG_STR("delivery", f->attempt.message->id),
			LOG_ERR(&f->command.err));
		s->pause_until = clock_mono(s->e->clock) + UNWRITTEN_PAUSE_S * USEC_PER_SEC;
	} else {
		count(s, &f->attempt);
		say(&f->attempt);
	}
	arena_free(f->arena);
}

void webhook_burst(struct webhook_sender *s)
{
	struct flight v[WEBHOOK_BURST];
	size_t n = 0;

	s->work.client = http_client_new();
	while (n < s->work.n && !s->e->webhooks->stop && !halted(s->e, v, n)) {
		if (!begin(s, &s->work.messages[n], &v[n]))
			break;
		if (v[n++].attempt.answer != WEBHOOK_TAKEN)
			break;
	}
	for (size_t i = 0; i < n; i++)
		end(s, &v[i]);
	http_client_free(s->work.client);
}
