/* SPDX-License-Identifier: Apache-2.0
 *
 * Numbers about the registry file itself.
 */
#ifndef STORE_SETTING_H
#define STORE_SETTING_H

#include "db/db.h"

int setting_find(struct db *db, const char *name, int64_t *ret, struct err *err);
int setting_set(struct db *db, const char *name, int64_t value, struct err *err);

/* Is there room for as many bytes? Write them, in place of those of before; and, in another transaction,
 * take them away: what one transaction writes and deletes is never written. */
int room_take(struct db *db, size_t bytes, struct err *err);
int room_give(struct db *db, struct err *err);

#endif
