/* SPDX-License-Identifier: Apache-2.0
 *
 * What requests with an Idempotency-Key were answered, kept for a day.
 */
#ifndef STORE_IDEMPOTENCY_H
#define STORE_IDEMPOTENCY_H

#include "base/arena.h"
#include "base/clock.h"
#include "db/db.h"

#define IDEMPOTENCY_KEPT (INT64_C(86400) * USEC_PER_SEC)

struct idempotency_row {
	const char *principal, *route, *key, *request_digest;
	int64_t status;
	const char *location, *body, *etag;
	size_t body_len;
	int64_t created_at;
};

/* One that is older than a day, as of `now`, is not there. */
int idempotency_find(struct db *db, const char *principal, const char *route, const char *key,
	int64_t now, struct arena *a, struct idempotency_row *ret, struct err *err);
/* Takes the place of an expired one. */
int idempotency_insert(struct db *db, const struct idempotency_row *r, struct err *err);
/* Drop at most `limit` of those older than a day. */
int idempotency_purge(struct db *db, int64_t now, int64_t limit, struct err *err);

#endif
