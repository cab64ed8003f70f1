/* SPDX-License-Identifier: Apache-2.0
 *
 * Webhooks that go out, their keys, and their deliveries. engine/webhook*.c are the only callers of
 * what changes them.
 */
#ifndef STORE_WEBHOOK_H
#define STORE_WEBHOOK_H

#include "model/webhook.h"
#include "net/standard_webhook.h"
#include "store/page.h"

/* Attempts that are kept of one delivery; keys that sign at once. */
enum { WEBHOOK_ATTEMPTS_KEPT = 20, WEBHOOK_KEYS_MAX = 8 };

struct webhook_row {
	int64_t seq, cursor;
	const char *patterns; /* the types, space separated */
	struct webhook webhook;
};
struct webhook_list {
	struct webhook_row *v;
	size_t n;
};
struct webhook_keys {
	struct webhook_key v[WEBHOOK_KEYS_MAX];
	size_t n;
};

int webhook_find(
	struct db *db, const char *id, struct arena *a, struct webhook_row *ret, struct err *err);
int webhook_by_seq(
	struct db *db, int64_t seq, struct arena *a, struct webhook_row *ret, struct err *err);
/* All there are. */
int webhook_all(struct db *db, struct arena *a, struct webhook_list *ret, struct err *err);
int webhook_counts(struct db *db, int64_t *ret_all, int64_t *ret_active, struct err *err);
/* Fill in w->signatures: what signs at `now`. */
int webhook_signatures(struct db *db, int64_t webhook_seq, int64_t now, struct arena *a,
	struct webhook *w, struct err *err);
/* As served, with the signatures at `now`; status may be NULL. */
const char *webhook_render(const struct webhook *w, struct arena *a);
int webhook_page(struct db *db, int64_t now, const char *status, int64_t after, int64_t limit,
	struct arena *a, struct page *ret, struct err *err);

int webhook_insert(struct db *db, struct webhook_row *r, struct err *err); /* sets r->seq */
int webhook_update(struct db *db, const struct webhook_row *r, struct err *err);
/* With its keys and deliveries. */
int webhook_delete(struct db *db, int64_t seq, struct err *err);
/* Never back, and only of an active one. */
int webhook_cursor_set(struct db *db, int64_t seq, int64_t cursor, struct err *err);

/* `public` of a v1a key. */
int webhook_key_insert(struct db *db, int64_t webhook_seq, const struct webhook_key *k,
	const char *public, int64_t now, struct err *err);
int webhook_keys_load(
	struct db *db, int64_t webhook_seq, int64_t now, struct webhook_keys *ret, struct err *err);
/* All that are there end at `at`, those that end sooner then. */
int webhook_keys_end(struct db *db, int64_t webhook_seq, int64_t at, struct err *err);
/* Are there keys whose time is over? 1, 0, -1; and forget them. */
int webhook_keys_ended(struct db *db, int64_t now, struct err *err);
int webhook_keys_forget(struct db *db, int64_t now, struct err *err);

struct webhook_delivery_row {
	int64_t seq, first_at, made; /* made: attempts in all */
	struct webhook_delivery delivery;
	/* of those that are due: the event; NULL and 0 of a test */
	const char *entry, *subject;
	int64_t at;
};
/* New, due at once; 0 when that id is there already. */
int webhook_delivery_insert(struct db *db, int64_t webhook_seq, int64_t event_seq, const char *id,
	int64_t now, struct err *err);
int webhook_delivery_find(struct db *db, int64_t webhook_seq, const char *id, struct arena *a,
	struct webhook_delivery_row *ret, struct err *err);
/* The first `limit` that are due; `tests`: of these the tests alone. */
int webhook_delivery_due(struct db *db, int64_t webhook_seq, int64_t now, bool tests, int64_t limit,
	struct arena *a, struct webhook_delivery_row **ret, size_t *ret_n, struct err *err);
/* When the next one falls due; INT64_MAX: none. */
int webhook_delivery_next(
	struct db *db, int64_t webhook_seq, bool tests, int64_t *ret, struct err *err);
/* How many are not over. */
int webhook_delivery_open(struct db *db, int64_t webhook_seq, int64_t *ret, struct err *err);
/* The same of all webhooks, and since when the oldest waits (0: none does). */
int webhook_delivery_backlog(struct db *db, int64_t *ret, int64_t *ret_oldest, struct err *err);
int webhook_delivery_set(struct db *db, const struct webhook_delivery_row *r, struct err *err);
/* Leave out all that are not over. */
int webhook_delivery_abort(struct db *db, int64_t webhook_seq, int64_t now, struct err *err);
const char *webhook_delivery_render(
	struct db *db, const struct webhook_delivery_row *r, struct arena *a, struct err *err);
int webhook_delivery_page(struct db *db, int64_t webhook_seq, const char *phase, int64_t after,
	int64_t limit, struct arena *a, struct page *ret, struct err *err);
/* Up to when what is over is to be forgotten: before `before`, or beyond the newest `keep`. 1, 0, -1. */
int webhook_delivery_surplus(struct db *db, int64_t webhook_seq, int64_t before, int64_t keep,
	int64_t *ret_until, struct err *err);
int webhook_delivery_prune(
	struct db *db, int64_t webhook_seq, int64_t until, int64_t limit, struct err *err);

/* The `n`th of a delivery; forgets those that are too many. */
int webhook_attempt_insert(struct db *db, int64_t delivery_seq, int64_t n,
	const struct webhook_attempt *x, struct err *err);

#endif
