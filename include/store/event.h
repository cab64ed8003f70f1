/* SPDX-License-Identifier: Apache-2.0
 *
 * The history: an append-only list of events, each linked to the one before by its hash; and the
 * outbox, the work that follows from a committed event until it is done.
 */
#ifndef STORE_EVENT_H
#define STORE_EVENT_H

#include "store/page.h"

struct event_row {
	int64_t seq, at;
	const char *type, *subject, *actor, *entry;
	size_t entry_len;
	const unsigned char *prev_hash, *hash; /* SHA256_SIZE each */
};

/* The newest event's number and hash. 0: there is none; seq is then 0 and the hash all zeros. */
int event_head(struct db *db, int64_t *ret_seq, unsigned char *ret_hash, struct err *err);
int event_insert(struct db *db, const struct event_row *e, struct err *err);

/* Is there an event of this type about this subject? */
int event_seen(struct db *db, const char *type, const char *subject, struct err *err);

/* Filters may be NULL. */
int event_list(struct db *db, const char *type, const char *subject, int64_t after, int64_t limit,
	struct arena *a, struct page *ret, struct err *err);

/* The next ones after a number, the oldest first: seq, type, subject and entry of each. */
int event_after(struct db *db, int64_t after, int64_t limit, struct arena *a,
	struct event_row **ret, size_t *ret_n, struct err *err);

/* Recompute the whole chain. 0 when it holds; 1 when it does not, with the number of the first entry
 * that was edited, moved, or is missing. */
int event_verify(struct db *db, int64_t *ret_bad_seq, struct err *err);

struct outbox_row {
	int64_t id;
	const char *kind, *payload;
};
int outbox_insert(struct db *db, int64_t event_seq, const char *kind, const char *payload,
	int64_t due_at, struct err *err);
int outbox_due(struct db *db, int64_t now, int64_t limit, struct arena *a, struct outbox_row **ret,
	size_t *ret_n, struct err *err);
/* Is a row of this kind still to be done, due or not? 1, 0, -1. */
int outbox_open(struct db *db, const char *kind, struct err *err);
int outbox_done(struct db *db, int64_t id, int64_t now, struct err *err);
int outbox_retry(struct db *db, int64_t id, int64_t due_at, struct err *err);

#endif
