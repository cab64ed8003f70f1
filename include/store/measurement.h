/* SPDX-License-Identifier: Apache-2.0
 *
 * Which artifacts had a measurement, known by a key of the caller's.
 */
#ifndef STORE_MEASUREMENT_H
#define STORE_MEASUREMENT_H

#include "db/db.h"

int measurement_insert(struct db *db, const char *key, int64_t artifact_seq, struct err *err);
/* The newest artifact with this key: 1, 0, -1. */
int measurement_newest(struct db *db, const char *key, int64_t *ret, struct err *err);

#endif
