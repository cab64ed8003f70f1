/* SPDX-License-Identifier: Apache-2.0
 *
 * SQLite handles set up as the registry wants them, for sqlite.c and migrate.c; nothing else includes
 * this.
 */
#ifndef DB_SQLITE_H
#define DB_SQLITE_H

#include <sqlite3.h>

#include "base/err.h"
#include "db/db.h"

/* Read-write creates a file that is absent (0600). The last part of the path may not be a symbolic
 * link; the folder may be reached through one. */
int sqlite_open(const char *path, enum db_mode mode, sqlite3 **ret, struct err *err);

/* The error that the handle is in, "what: SQLite's words". A broken constraint is
 * ERR_STATE_CONFLICT, all else ERR_STORAGE. Returns -1. */
int sqlite_fail(sqlite3 *handle, struct err *err, const char *what);

/* Everything in `from` as a new plain file (0600): no WAL beside it that could be left behind when it
 * is moved. What is half written stays there on failure. */
int sqlite_copy(sqlite3 *from, const char *path, struct err *err);

static inline void sqlite_closep(sqlite3 **handle)
{
	sqlite3_close_v2(*handle);
}
#define SQLITE_AUTO __attribute__((cleanup(sqlite_closep))) sqlite3 *

static inline void sqlite_finalizep(sqlite3_stmt **s)
{
	sqlite3_finalize(*s);
}
#define SQLITE_STMT_AUTO __attribute__((cleanup(sqlite_finalizep))) sqlite3_stmt *

#endif
