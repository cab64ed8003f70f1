/* SPDX-License-Identifier: Apache-2.0
 *
 * Sign-offs: append-only.
 */
#ifndef STORE_SIGNOFF_H
#define STORE_SIGNOFF_H

#include "model/checklist.h"
#include "store/page.h"

/* `body` as served. */
int signoff_insert(struct db *db, const struct signoff *s, const char *body, struct err *err);
/* Of each item of a merge the newest. */
int signoff_newest(struct db *db, const char *merge, struct arena *a, struct signoff **ret,
	size_t *ret_n, struct err *err);
int signoff_list(struct db *db, const char *merge, int64_t after, int64_t limit, struct arena *a,
	struct page *ret, struct err *err);

#endif
