/* SPDX-License-Identifier: Apache-2.0
 *
 * What nodes reported, summed by the hour.
 */
#ifndef STORE_SIGNAL_H
#define STORE_SIGNAL_H

#include "db/db.h"
#include "model/observation.h"
#include "policy/distillation.h"

/* Add a window to the hour in which it ended, and to those of its targets. */
int signal_add(struct db *db, const struct observation *o, struct err *err);
/* Of the hours that ended after `since`; target "": of all. */
int signal_sums(
	struct db *db, int64_t since, const char *target, struct signal_sums *ret, struct err *err);
int signal_purge(struct db *db, int64_t before, struct err *err);

#endif
