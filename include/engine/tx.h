/* SPDX-License-Identifier: Apache-2.0
 *
 * The writer's transaction as commands see it: the read-write connection, the time of the change, and
 * the one way to write history. Only the writer's thread has one.
 */
#ifndef ENGINE_TX_H
#define ENGINE_TX_H

#include "base/arena.h"
#include "db/db.h"
#include "engine/command.h"
#include "engine/event.h"

/* Bytes of an entry of the history: no more fit into one. */
enum { EVENT_ENTRY_MAX = 1 << 20 };

struct tx {
	struct db *db;
	int64_t now; /* the same for all of one command */
	const char *actor, *request_id;
	struct arena *arena;
	struct engine *engine;
	bool moved; /* the channel, the policy or the current suite changed: a new snapshot is built after the commit */
};

/* Append to the history in this transaction: an event with its link in the hash chain. `data` is a
 * JSON object in canonical form (keys sorted), or NULL. *ret_seq may be NULL. */
int tx_event(struct tx *tx, enum event_type type, const char *subject, const char *reason,
	const char *data, int64_t *ret_seq, struct err *err);

/* Queue work that follows from event `seq`; it is retried until done. */
int tx_outbox(struct tx *tx, int64_t seq, const char *kind, const char *payload, struct err *err);

#endif
