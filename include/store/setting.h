/* SPDX-License-Identifier: Apache-2.0
 *
 * Numbers about the registry file itself.
 */
#ifndef STORE_SETTING_H
#define STORE_SETTING_H

#include "db/db.h"

int setting_find(struct db *db, const char *name, int64_t *ret, struct err *err);
int setting_set(struct db *db, const char *name, int64_t value, struct err *err);

#endif
