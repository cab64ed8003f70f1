/* SPDX-License-Identifier: Apache-2.0
 *
 * The inside of webhooks, shared by their files and nobody else.
 *
 * The ops thread reads the history behind each webhook's cursor, writes down a delivery for each event
 * that is wanted, and hands what is due to the webhook's sender: a thread that lives as long as it has
 * something to send, one for a webhook at most, so that none waits for another's receiver.
 */
#ifndef ENGINE_WEBHOOK_RUN_H
#define ENGINE_WEBHOOK_RUN_H

#include "engine/internal.h"
#include "engine/webhook.h"
#include "net/url.h"
#include "store/webhook.h"

/* What a sender is handed at once. The most bytes of a message: any entry, and what is around it. */
enum { WEBHOOK_BURST = 16, WEBHOOK_BODY_MAX = EVENT_ENTRY_MAX + (64 << 10) };

struct webhook_message {
	const char *id, *content_type, *body;
	size_t len;
	const char *fault; /* why it can never be sent, one sentence; then there is no body */
};

/* One burst; all of it in the arena. */
struct webhook_work {
	struct arena *arena;
	int64_t webhook_seq, updated_at;
	const char *id, *address; /* as the row had it */
	bool url_valid;
	struct url url;
	struct webhook_keys keys;
	struct http_client *client; /* one connection for all of it */
	struct webhook_message messages[WEBHOOK_BURST];
	size_t n;
};

enum webhook_sender_state { SENDER_IDLE, SENDER_BUSY, SENDER_OVER };

struct webhook_sender {
	struct engine *e;
	int64_t seq; /* of the webhook; 0: free */

	/* The ops thread's. */
	struct arena *arena; /* of the row */
	struct webhook_row row;
	bool gone;	  /* the webhook is; the sender when it is idle */
	int64_t scanned;  /* events up to this one are looked at */
	int64_t next_due; /* wall; INT64_MAX: none */
	pthread_t thread;

	struct webhook_work work; /* the thread's while it is busy */
	/* The same: failures in a row, and how long it is left alone, monotonic. */
	int failures;
	int64_t pause_until;
	atomic_int state;
};

struct webhook_set {
	bool private;
	const char *source;
	int (*send)(const struct http_request *r, struct arena *a, struct http_response *ret,
		struct err *err);
	struct webhook_sender v[WEBHOOKS_MAX];
	int64_t next_tidy;  /* monotonic; the ops thread's */
	atomic_bool stale;  /* the rows changed */
	atomic_bool notice; /* events came, or a sender is done */
	atomic_bool stop;
	atomic_size_t active;
	atomic_uint_fast64_t noticed; /* events that the ops thread was woken for */
	atomic_uint_fast64_t taken, refused, unanswered, given_up, disabled;
};

/* ---- webhook_set.c ---- */
void webhooks_open(struct engine *e, const struct engine_options *o);
/* Stop what is sent and wait for it; before the writer stops. */
void webhooks_stop(struct engine *e);
void webhooks_free(struct engine *e);
/* Whatever is due; false: there was nothing to do. The ops thread. */
bool webhooks_watch(struct engine *e, struct db *reader);
/* After a commit, on the writer's thread. */
void webhooks_notice(struct engine *e);
/* The rows are others now; what is due may be sent at once. After the commit, any thread. */
void webhooks_changed(struct engine *e);
/* Up to where the history was looked at for this webhook; 0: not known. The ops thread. */
int64_t webhooks_scanned(const struct engine *e, int64_t seq);

/* ---- webhook_send.c: on the sender's thread ---- */
void webhook_burst(struct webhook_sender *s);

/* ---- webhook_body.c ---- */
/* What is sent of a delivery, or that it is longer than WEBHOOK_BODY_MAX. */
void webhook_compose(const struct webhook_set *set, const struct webhook_row *w,
	const struct webhook_delivery_row *d, struct arena *a, struct webhook_message *ret);

/* ---- webhook.c ---- */
/* ERR_NOT_FOUND when there is none. */
int webhook_require(struct tx *tx, const char *id, struct webhook_row *ret, struct err *err);
/* The id of a message: the same for the same event, always. */
const char *webhook_message_id(const char *webhook_id, int64_t event_seq, struct arena *a);
/* "id", "host" and what else an event about a webhook says: never its whole URL, which may be a
 * secret. */
const char *webhook_event_data(const struct webhook *w, struct arena *a);

#endif
