/* SPDX-License-Identifier: Apache-2.0
 *
 * The contract that a combination of units serves: of those that they name, the one that each other is
 * a compatible change of. What cannot be compared, because a document is not published here, is open.
 */
#ifndef ENGINE_COMMON_CONTRACT_H
#define ENGINE_COMMON_CONTRACT_H

#include "db/db.h"
#include "model/artifact.h"

struct common_contract {
	const struct named_digest *contract; /* NULL: none is given, or none is served by all */
	int verdict;			     /* enum verdict */
	const char *reason, *detail;
};

/* `given`: of each unit, NULL where it names none. Any thread with a connection of its own. 0, -1. */
int common_contract_find(struct db *db, const struct named_digest *const *given, size_t n,
	struct arena *a, struct common_contract *ret, struct err *err);

#endif
