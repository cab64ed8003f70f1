/* SPDX-License-Identifier: Apache-2.0
 *
 * Policy versions, immutable, numbered from 1.
 */
#ifndef STORE_POLICY_H
#define STORE_POLICY_H

#include "store/page.h"

struct policy_row {
	int64_t version;
	const char *digest, *body, *summary, *actor, *reason;
	int64_t created_at;
};

int policy_newest(struct db *db, struct arena *a, struct policy_row *ret, struct err *err);
int policy_by_version(
	struct db *db, int64_t version, struct arena *a, struct policy_row *ret, struct err *err);
int policy_by_digest(struct db *db, const char *digest, struct arena *a, struct policy_row *ret,
	struct err *err);
int policy_insert(struct db *db, const struct policy_row *p, struct err *err);
/* Bodies are summaries. */
int policy_list(struct db *db, int64_t after, int64_t limit, struct arena *a, struct page *ret,
	struct err *err);

#endif
