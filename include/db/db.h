/* SPDX-License-Identifier: Apache-2.0
 *
 * A connection to the registry, transactions on it, and typed use of the named statements of sql/.
 * All statements are prepared when the connection opens, so a typo in SQL stops the start, not a
 * request. The interface names no engine: sqlite.c is the first, PostgreSQL comes behind the same
 * functions.
 *
 * Exactly one read-write connection exists in the process (facts: SQLite's WAL-reset bug); every
 * other one is read-only; it is opened after the read-write one and closed before it, because it
 * needs the files beside the registry that the read-write one makes. A connection and its statements
 * belong to one thread at a time.
 *
 *	STMT_AUTO s = db_stmt(db, SQL_artifact_by_id);
 *	stmt_bind_text(s, "id", id);
 *	while ((rc = stmt_step(s, err)) > 0)
 *		use(stmt_text(s, "phase"));
 */
#ifndef DB_DB_H
#define DB_DB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "db/catalogue.h"

struct db;
struct stmt;

enum db_mode { DB_READ_ONLY, DB_READ_WRITE };

/* Open (read-write: and create) the database file and prepare every statement of the catalogue that
 * the mode may run. A read-write open expects migrate_run() to have been called on the file before.
 * ERR_STORAGE with the file's name on failure. */
int db_open(const char *path, enum db_mode mode, struct db **ret, struct err *err);
void db_close(struct db *db); /* NULL is allowed */

/* One write transaction, with nested steps: a step that fails is undone and the others stay.
 * Reading connections use begin/commit around several SELECTs that must see one state. When
 * db_commit fails the transaction is undone. After an error of the disk the engine may have undone it
 * already: then keeping a step or committing fails, and undoing and db_rollback do nothing. */
int db_begin(struct db *db, struct err *err);
int db_commit(struct db *db, struct err *err);
void db_rollback(struct db *db);
int db_step_begin(struct db *db, struct err *err);
int db_step_keep(struct db *db, struct err *err);
void db_step_undo(struct db *db);
bool db_in_transaction(const struct db *db);

/* Checkpoint what fits without blocking readers; only the read-write connection. */
int db_checkpoint(struct db *db, struct err *err);

/* A statement of the catalogue, ready for binding; asserts that it is not in use (statements are not
 * re-entrant; recursion wants two statements). Hand it back with stmt_done (STMT_AUTO does). */
struct stmt *db_stmt(struct db *db, enum sql_id id);
void stmt_done(struct stmt *s); /* resets, clears bindings; NULL is allowed */
static inline void stmt_donep(struct stmt **s)
{
	stmt_done(*s);
}
#define STMT_AUTO __attribute__((cleanup(stmt_donep))) struct stmt *

/* Bind by the parameter's name as the catalogue declares it; asserts that there is one. Text and
 * blobs are not copied: they must stay until stmt_done(). */
void stmt_bind_text(struct stmt *s, const char *param, const char *v); /* NULL binds NULL */
void stmt_bind_textn(struct stmt *s, const char *param, const char *v, size_t n);
void stmt_bind_int(struct stmt *s, const char *param, int64_t v);
void stmt_bind_real(struct stmt *s, const char *param, double v); /* NAN binds NULL */
void stmt_bind_blob(struct stmt *s, const char *param, const void *v, size_t n);
void stmt_bind_null(struct stmt *s, const char *param);
bool stmt_has_param(const struct stmt *s, const char *param);
size_t stmt_params(const struct stmt *s);
const char *stmt_param_name(const struct stmt *s, size_t i);

/* 1: a row is there; 0: no more; -1: error (ERR_STORAGE, or ERR_STATE_CONFLICT on a constraint). */
int stmt_step(struct stmt *s, struct err *err);

/* Run to the end, ignoring rows. */
int stmt_exec(struct stmt *s, struct err *err);

/* For statements of kind `cas` (compare and set): 1 when a row changed, 0 when none did, -1 error. */
int stmt_cas(struct stmt *s, struct err *err);

/* Columns of the present row, by name; asserts that there is such a column. Pointers live until the
 * next step or stmt_done; the length of NULL is 0. */
const char *stmt_text(struct stmt *s, const char *col); /* NULL for NULL */
const char *stmt_textn(struct stmt *s, const char *col, size_t *ret_len);
int64_t stmt_int(struct stmt *s, const char *col); /* 0 for NULL */
double stmt_real(struct stmt *s, const char *col); /* NAN for NULL */
const void *stmt_blob(struct stmt *s, const char *col, size_t *ret_len);
bool stmt_is_null(struct stmt *s, const char *col);
size_t stmt_columns(struct stmt *s);
const char *stmt_column_name(struct stmt *s, size_t i);
char *stmt_text_dup(struct stmt *s, const char *col, struct arena *a); /* NULL for NULL */

/* Row id of the last insert on this connection. */
int64_t db_last_id(const struct db *db);

#endif
