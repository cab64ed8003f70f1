/* SPDX-License-Identifier: Apache-2.0
 *
 * The migrations as the build embeds them (scripts/sql-migrations.sh), and the judge of a list of
 * them, apart from migrate_run() so that tests bring their own list.
 */
#ifndef DB_MIGRATIONS_H
#define DB_MIGRATIONS_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct migration {
	int version; /* its place in the list, from 1 */
	const char *name;
	const char *sha256; /* of the file, 64 hex digits */
	const char *text;
};

extern const struct migration migrations_sqlite[];
extern const size_t migrations_sqlite_len;

/* migrate_run() with the migrations given. The first one has to make the table `migration`. */
int migrate_run_list(const char *path, const struct migration *list, size_t n, int64_t now,
	int *ret_applied, struct err *err);

#endif
