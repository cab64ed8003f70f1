/* SPDX-License-Identifier: Apache-2.0
 *
 * What db.c asks of a database engine. Parameters and columns go by position here; names are db.c's
 * affair. sqlite.c is the one engine so far. A connection and its statements belong to one thread at
 * a time.
 */
#ifndef DB_ENGINE_H
#define DB_ENGINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "db/catalogue.h"
#include "db/db.h"

struct engine_conn;
struct engine_stmt;

enum engine_command {
	ENGINE_BEGIN_READ,
	ENGINE_BEGIN_WRITE,
	ENGINE_COMMIT,
	ENGINE_ROLLBACK,
	ENGINE_STEP_BEGIN,
	ENGINE_STEP_KEEP,
	ENGINE_STEP_UNDO, /* undoes and ends the step */
	ENGINE_COMMANDS
};

enum engine_type { ENGINE_NULL, ENGINE_INT, ENGINE_REAL, ENGINE_TEXT, ENGINE_BLOB };

/* Text is NUL-terminated when it comes out; going in it need not be. */
struct engine_value {
	enum engine_type type;
	int64_t i;
	double real;
	const void *data;
	size_t len;
};

struct engine {
	int (*open)(const char *path, enum db_mode mode, struct engine_conn **ret, struct err *err);
	void (*close)(struct engine_conn *c); /* its statements are gone by then */
	int (*command)(struct engine_conn *c, enum engine_command command, struct err *err);
	bool (*in_transaction)(const struct engine_conn *c);
	int (*checkpoint)(struct engine_conn *c, struct err *err);
	int64_t (*last_id)(const struct engine_conn *c);

	/* $1..$params are bound as 0..params-1. */
	int (*prepare)(struct engine_conn *c, const struct sql_info *info, size_t params,
		struct engine_stmt **ret, struct err *err);
	void (*finalize)(struct engine_stmt *s); /* NULL is allowed */
	/* A fault in binding is told by the next step. */
	void (*bind)(struct engine_stmt *s, size_t param, const struct engine_value *v);
	int (*step)(struct engine_stmt *s, struct err *err); /* like stmt_step */
	void (*reset)(struct engine_stmt *s);		     /* clears bindings too */
	int64_t (*changes)(const struct engine_stmt *s);     /* rows that its last run changed */
	size_t (*columns)(const struct engine_stmt *s);
	const char *(*column_name)(const struct engine_stmt *s, size_t i);
	/* Column i of the present row as the type wanted; false when it is NULL. */
	bool (*column)(
		struct engine_stmt *s, size_t i, enum engine_type want, struct engine_value *ret);

	/* 1 and the table's line of the plan when the statement reads a whole table without an
	 * index; 0 when not; -1 error. */
	int (*scans)(struct engine_conn *c, const struct sql_info *info, char *buf, size_t size,
		struct err *err);
};

extern const struct engine engine_sqlite;

/* SQL_IDS rows, by id. */
extern const struct sql_info sql_catalogue[];

/* db_open() on a catalogue of n statements, numbered from 0: tests bring their own. It lives as long
 * as the connection. */
int db_open_catalogue(const struct engine *engine, const char *path, enum db_mode mode,
	const struct sql_info *catalogue, size_t n, struct db **ret, struct err *err);

#endif
