/* SPDX-License-Identifier: Apache-2.0
 *
 * Manifests: the canonical document and the receipt that its first submission got.
 */
#ifndef STORE_MANIFEST_H
#define STORE_MANIFEST_H

#include "store/page.h"

struct manifest_row {
	const char *digest, *provider, *canonical, *receipt, *actor;
	size_t canonical_len;
	int64_t seq, event_seq, received_at;
};

int manifest_receipt(struct db *db, const char *digest, struct arena *a, const char **ret_receipt,
	struct err *err);
/* canonical, receipt and actor. */
int manifest_find(struct db *db, const char *digest, struct arena *a, struct manifest_row *ret,
	struct err *err);
int manifest_insert(struct db *db, struct manifest_row *m, struct err *err); /* sets m->seq */
int manifest_artifact_insert(struct db *db, int64_t manifest_seq, int64_t position,
	int64_t artifact_seq, struct err *err);

/* Bodies are receipts. provider may be NULL. */
int manifest_list(struct db *db, const char *provider, int64_t after, int64_t limit,
	struct arena *a, struct page *ret, struct err *err);

#endif
