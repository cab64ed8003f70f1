/* SPDX-License-Identifier: Apache-2.0
 *
 * Brings a registry file to the schema this build knows. Migrations are the files
 * sql/sqlite/NNNN_name.sql in order, embedded with the SHA-256 of their text; they are append-only.
 * Each runs in a transaction of its own with its row in `migration`. Refused, with nothing changed:
 * a registry from the future (a version this build does not know), and one whose applied migration
 * has another checksum than ours.
 */
#ifndef DB_MIGRATE_H
#define DB_MIGRATE_H

#include <stdint.h>

#include "base/err.h"

/* Before anything runs on a registry that already holds data, a copy of it is made beside it,
 * `<path>.before-NNNN` (0600), by SQLite's backup interface. `now` goes into `migration.applied_at`.
 * *ret_applied counts the migrations that ran (may be NULL). Only while no connection is open. */
int migrate_run(const char *path, int64_t now, int *ret_applied, struct err *err);

/* A copy of a registry that may be in use, as a plain file (0600) that must not be there yet. */
int registry_copy(const char *from, const char *to, struct err *err);

/* The newest version this build knows. */
int migrate_latest(void);

#endif
