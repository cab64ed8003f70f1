/* SPDX-License-Identifier: Apache-2.0
 *
 * Connections, transactions and statements by name, whatever the engine. Owns the table of prepared
 * statements of a connection and the names of their parameters and columns. It refuses, by
 * assertion, what only a bug can ask for: an unknown name, a statement in use, a write on a
 * read-only connection.
 */
#include "db/db.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "db/engine.h"

/* Names of parameters or columns. They are mostly used in order, so a search begins behind the one
 * found last. */
struct names {
	char **list;
	size_t n, next;
};

struct stmt {
	const struct engine *engine;
	const struct sql_info *info;
	struct engine_stmt *handle; /* NULL: a write, on a read-only connection */
	struct names params, columns;
	enum { STMT_FREE, STMT_READY, STMT_ROW, STMT_ENDED } state;
};

struct db {
	const struct engine *engine;
	struct engine_conn *conn;
	enum db_mode mode;
	size_t n;
	struct stmt *stmts;
	int steps; /* nested ones that are open */
};

/* ---- Names ---- */

static void names_add(struct names *names, const char *name, size_t len)
{
	names->list = xrealloc(names->list, (names->n + 1) * sizeof(*names->list));
	char *copy = xmalloc(len + 1);
	memcpy(copy, name, len);
	copy[len] = '\0';
	names->list[names->n++] = copy;
}

static void names_split(struct names *names, const char *list)
{
	while (*list) {
		size_t len = strcspn(list, ",");
		names_add(names, list, len);
		list += len + (list[len] == ',');
	}
}

static void names_clear(struct names *names)
{
	for (size_t i = 0; i < names->n; i++)
		free(names->list[i]);
	free(names->list);
}

static bool names_find(struct names *names, const char *name, size_t *ret)
{
	for (size_t tried = 0; tried < names->n; tried++) {
		size_t i = names->next < names->n ? names->next : 0;
		names->next = i + 1;
		if (strcmp(names->list[i], name) == 0) {
			*ret = i;
			return true;
		}
	}
	return false;
}

/* ---- Opening ---- */

static bool kind_reads(enum sql_kind kind)
{
	return kind == SQL_KIND_one || kind == SQL_KIND_many;
}

#ifdef SPIRALFED_DEBUG
static void warn_of_scan(struct db *db, const struct sql_info *info)
{
	char line[200];

	if (db->mode == DB_READ_WRITE && !info->scan_ok &&
		db->engine->scans(db->conn, info, line, sizeof(line), NULL) > 0)
		log_warn("sql.scan", LOG_STR("statement", info->name), LOG_STR("plan", line));
}
#endif

static int stmt_open(struct db *db, struct stmt *s, const struct sql_info *info, struct err *err)
{
	s->engine = db->engine;
	s->info = info;
	if (db->mode == DB_READ_ONLY && !kind_reads(info->kind))
		return 0;
	names_split(&s->params, info->params);
	if (db->engine->prepare(db->conn, info, s->params.n, &s->handle, err) < 0)
		return -1;
	for (size_t i = 0; i < db->engine->columns(s->handle); i++) {
		const char *name = db->engine->column_name(s->handle, i);
		names_add(&s->columns, name, strlen(name));
	}
#ifdef SPIRALFED_DEBUG
	warn_of_scan(db, info);
#endif
	return 0;
}

int db_open_catalogue(const struct engine *engine, const char *path, enum db_mode mode,
	const struct sql_info *catalogue, size_t n, struct db **ret, struct err *err)
{
	struct engine_conn *conn;
	if (engine->open(path, mode, &conn, err) < 0)
		return -1;

	struct db *db = xcalloc(1, sizeof(*db));
	*db = (struct db){.engine = engine, .conn = conn, .mode = mode, .n = n};
	db->stmts = xcalloc(n + 1, sizeof(*db->stmts));
	for (size_t i = 0; i < n; i++) {
		if (stmt_open(db, &db->stmts[i], &catalogue[i], err) < 0) {
			db_close(db);
			return err_wrap(err, "%s", path);
		}
	}
	*ret = db;
	return 0;
}

int db_open(const char *path, enum db_mode mode, struct db **ret, struct err *err)
{
	return db_open_catalogue(&engine_sqlite, path, mode, sql_catalogue, SQL_IDS, ret, err);
}

void db_close(struct db *db)
{
	if (!db)
		return;
	for (size_t i = 0; i < db->n; i++) {
		struct stmt *s = &db->stmts[i];
		db->engine->finalize(s->handle);
		names_clear(&s->params);
		names_clear(&s->columns);
	}
	db->engine->close(db->conn);
	free(db->stmts);
	free(db);
}

/* ---- Transactions ---- */

bool db_in_transaction(const struct db *db)
{
	return db->engine->in_transaction(db->conn);
}

int db_begin(struct db *db, struct err *err)
{
	assert(!db_in_transaction(db));
	db->steps = 0;
	return db->engine->command(
		db->conn, db->mode == DB_READ_WRITE ? ENGINE_BEGIN_WRITE : ENGINE_BEGIN_READ, err);
}

static int lost(struct err *err)
{
	return err_set(err, ERR_STORAGE, "the transaction was undone after an error of the disk");
}

int db_commit(struct db *db, struct err *err)
{
	if (!db_in_transaction(db))
		return lost(err);
	assert(db->steps == 0);
	if (db->engine->command(db->conn, ENGINE_COMMIT, err) == 0)
		return 0;
	db_rollback(db);
	return -1;
}

void db_rollback(struct db *db)
{
	db->steps = 0;
	if (db_in_transaction(db))
		db->engine->command(db->conn, ENGINE_ROLLBACK, NULL);
}

int db_step_begin(struct db *db, struct err *err)
{
	if (!db_in_transaction(db))
		return lost(err);
	if (db->engine->command(db->conn, ENGINE_STEP_BEGIN, err) < 0)
		return -1;
	db->steps++;
	return 0;
}

int db_step_keep(struct db *db, struct err *err)
{
	if (!db_in_transaction(db))
		return lost(err);
	assert(db->steps > 0);
	if (db->engine->command(db->conn, ENGINE_STEP_KEEP, err) < 0)
		return -1;
	db->steps--;
	return 0;
}

void db_step_undo(struct db *db)
{
	if (!db_in_transaction(db))
		return;
	assert(db->steps > 0);
	db->steps--;
	/* Half a step must not be committed: what cannot be undone takes all with it. */
	if (db->engine->command(db->conn, ENGINE_STEP_UNDO, NULL) < 0)
		db_rollback(db);
}

int db_checkpoint(struct db *db, struct err *err)
{
	assert(db->mode == DB_READ_WRITE);
	return db->engine->checkpoint(db->conn, err);
}

int64_t db_last_id(const struct db *db)
{
	return db->engine->last_id(db->conn);
}

/* ---- Statements ---- */

struct stmt *db_stmt(struct db *db, enum sql_id id)
{
	assert((size_t)id < db->n);
	struct stmt *s = &db->stmts[id];
	assert(s->handle && s->state == STMT_FREE);
	s->state = STMT_READY;
	s->params.next = s->columns.next = 0;
	return s;
}

void stmt_done(struct stmt *s)
{
	if (!s)
		return;
	s->engine->reset(s->handle);
	s->state = STMT_FREE;
}

static void bind(struct stmt *s, const char *param, const struct engine_value *v)
{
	size_t i;
	bool found = names_find(&s->params, param, &i);

	assert(found && s->state == STMT_READY);
	if (found)
		s->engine->bind(s->handle, i, v);
}

void stmt_bind_text(struct stmt *s, const char *param, const char *v)
{
	stmt_bind_textn(s, param, v, v ? strlen(v) : 0);
}

void stmt_bind_textn(struct stmt *s, const char *param, const char *v, size_t n)
{
	bind(s, param,
		&(struct engine_value){.type = v ? ENGINE_TEXT : ENGINE_NULL, .data = v, .len = n});
}

void stmt_bind_int(struct stmt *s, const char *param, int64_t v)
{
	bind(s, param, &(struct engine_value){.type = ENGINE_INT, .i = v});
}

void stmt_bind_real(struct stmt *s, const char *param, double v)
{
	bind(s, param,
		&(struct engine_value){.type = isnan(v) ? ENGINE_NULL : ENGINE_REAL, .real = v});
}

void stmt_bind_blob(struct stmt *s, const char *param, const void *v, size_t n)
{
	bind(s, param,
		&(struct engine_value){.type = v ? ENGINE_BLOB : ENGINE_NULL, .data = v, .len = n});
}

void stmt_bind_null(struct stmt *s, const char *param)
{
	bind(s, param, &(struct engine_value){.type = ENGINE_NULL});
}

bool stmt_has_param(const struct stmt *s, const char *param)
{
	for (size_t i = 0; i < s->params.n; i++)
		if (strcmp(s->params.list[i], param) == 0)
			return true;
	return false;
}

size_t stmt_params(const struct stmt *s)
{
	return s->params.n;
}

const char *stmt_param_name(const struct stmt *s, size_t i)
{
	assert(i < s->params.n);
	return s->params.list[i];
}

int stmt_step(struct stmt *s, struct err *err)
{
	assert(s->state != STMT_FREE);
	/* Another step would run the statement anew. */
	if (s->state == STMT_ENDED)
		return 0;
	int rc = s->engine->step(s->handle, err);
	s->state = rc > 0 ? STMT_ROW : STMT_ENDED;
	return rc;
}

int stmt_exec(struct stmt *s, struct err *err)
{
	int rc;

	do
		rc = stmt_step(s, err);
	while (rc > 0);
	return rc;
}

int stmt_cas(struct stmt *s, struct err *err)
{
	assert(s->info->kind == SQL_KIND_cas);
	if (stmt_exec(s, err) < 0)
		return -1;
	int64_t changed = s->engine->changes(s->handle);
	assert(changed == 0 || changed == 1);
	return (int)changed;
}

/* ---- Columns ---- */

static bool column(struct stmt *s, const char *col, enum engine_type want, struct engine_value *ret)
{
	size_t i;
	bool found = names_find(&s->columns, col, &i);

	assert(found && s->state == STMT_ROW);
	return found && s->engine->column(s->handle, i, want, ret);
}

const char *stmt_textn(struct stmt *s, const char *col, size_t *ret_len)
{
	struct engine_value v = {.data = NULL};

	column(s, col, ENGINE_TEXT, &v);
	*ret_len = v.len;
	return v.data;
}

const char *stmt_text(struct stmt *s, const char *col)
{
	size_t len;

	return stmt_textn(s, col, &len);
}

int64_t stmt_int(struct stmt *s, const char *col)
{
	struct engine_value v;

	return column(s, col, ENGINE_INT, &v) ? v.i : 0;
}

double stmt_real(struct stmt *s, const char *col)
{
	struct engine_value v;

	return column(s, col, ENGINE_REAL, &v) ? v.real : NAN;
}

const void *stmt_blob(struct stmt *s, const char *col, size_t *ret_len)
{
	struct engine_value v = {.data = NULL};

	column(s, col, ENGINE_BLOB, &v);
	*ret_len = v.len;
	return v.data;
}

bool stmt_is_null(struct stmt *s, const char *col)
{
	struct engine_value v;

	return !column(s, col, ENGINE_NULL, &v);
}

size_t stmt_columns(struct stmt *s)
{
	return s->columns.n;
}

const char *stmt_column_name(struct stmt *s, size_t i)
{
	assert(i < s->columns.n);
	return s->columns.list[i];
}

char *stmt_text_dup(struct stmt *s, const char *col, struct arena *a)
{
	size_t len;
	const char *text = stmt_textn(s, col, &len);

	return text ? arena_strndup(a, text, len) : NULL;
}
