/* SPDX-License-Identifier: Apache-2.0
 *
 * The SQLite engine: how a connection is set up, and the functions db.c calls. It refuses to go on
 * with a connection that did not take a setting (a file system without shared memory has no WAL).
 * Readers neither write nor checkpoint, because SQLite before 3.51.3 can corrupt a WAL that two
 * connections write or reset at once (facts: trust). A reader needs the -shm file, so the read-write
 * connection is opened first and closed last.
 */
#include "db/sqlite.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/file.h"
#include "base/strbuf.h"
#include "base/text.h"
#include "db/engine.h"
#include "db/gather.h"

enum { BUSY_TIMEOUT_MS = 200 };

struct engine_conn {
	sqlite3 *handle;
	sqlite3_stmt *commands[ENGINE_COMMANDS];
};

struct engine_stmt {
	sqlite3 *handle;
	sqlite3_stmt *sqlite;
	const char *name;
	int *params; /* SQLite's number of $1, $2, ...: to SQLite they are names, numbered as met */
	size_t n_params;
	int bind_rc;
};

static const char *const command_text[ENGINE_COMMANDS] = {
	[ENGINE_BEGIN_READ] = "BEGIN DEFERRED",
	[ENGINE_BEGIN_WRITE] = "BEGIN IMMEDIATE",
	[ENGINE_COMMIT] = "COMMIT",
	[ENGINE_ROLLBACK] = "ROLLBACK",
	[ENGINE_STEP_BEGIN] = "SAVEPOINT step",
	[ENGINE_STEP_KEEP] = "RELEASE step",
	[ENGINE_STEP_UNDO] = "ROLLBACK TO step",
};

/* ---- Setting up ---- */

struct setting {
	const char *pragma, *value;
};

static const struct setting settings_both[] = {
	{"trusted_schema", "0"}, {"cell_size_check", "1"}, {"mmap_size", "0"},
	{"temp_store", "2"}, /* memory */
};

static const struct setting settings_writer[] = {
	{"journal_mode", "wal"}, {"synchronous", "2"}, /* FULL */
	{"foreign_keys", "1"},
	{"recursive_triggers", "1"}, /* or REPLACE dodges the delete triggers */
	{"wal_autocheckpoint", "1000"},
	{"cache_size",
		"-16384"}, /* KiB: the leaves of the index over random digests stay at hand */
	{"journal_size_limit",
		"67108864"}, /* what a long reader made the WAL grow to is given back */
};

static const struct setting settings_reader[] = {
	{"query_only", "1"},
	{"wal_autocheckpoint", "0"},
};

static const struct {
	int option, value;
} switches[] = {
	{SQLITE_DBCONFIG_DEFENSIVE, 1},
	{SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0},
	{SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0},
	{SQLITE_DBCONFIG_WRITABLE_SCHEMA, 0},
	{SQLITE_DBCONFIG_ENABLE_TRIGGER, 1},
	/* A plan is made once. Else a statement near a partial index is prepared anew for each set of
	 * parameters. */
	{SQLITE_DBCONFIG_ENABLE_QPSG, 1},
	{SQLITE_DBCONFIG_DQS_DML, 0},
	{SQLITE_DBCONFIG_DQS_DDL, 0},
};

/* What to do about a file that is no database any more. Only its name: clients see the sentence, too. */
static int damaged(sqlite3 *handle, int rc, struct err *err, const char *what)
{
	const char *path = sqlite3_db_filename(handle, "main");
	const char *slash = path ? strrchr(path, '/') : NULL;
	const char *name = slash ? slash + 1 : "the registry";

	return err_set(err, ERR_STORAGE,
		"%s: %s (SQLite %d): the registry is damaged; stop the daemon, move %s, its -wal "
		"and "
		"its -shm aside, and put the newest backup in its place, or the copy "
		"%s.before-NNNN "
		"that a migration left beside it",
		what, sqlite3_errmsg(handle), rc, name, name);
}

int sqlite_fail(sqlite3 *handle, struct err *err, const char *what)
{
	int rc = sqlite3_extended_errcode(handle);
	enum err_code code = (rc & 0xff) == SQLITE_CONSTRAINT ? ERR_STATE_CONFLICT : ERR_STORAGE;

	if ((rc & 0xff) == SQLITE_NOTADB || (rc & 0xff) == SQLITE_CORRUPT)
		return damaged(handle, rc, err, what);
	return err_set(err, code, "%s: %s (SQLite %d)", what, sqlite3_errmsg(handle), rc);
}

/* Either sets the pragma, or asks what is in force and compares: not each one answers when set. */
static int setting_apply(sqlite3 *handle, const struct setting *setting, bool set, struct err *err)
{
	STRBUF_AUTO sql = STRBUF_INIT(200);
	strbuf_addf(&sql, "PRAGMA %s", setting->pragma);
	if (set)
		strbuf_addf(&sql, "=%s", setting->value);

	SQLITE_STMT_AUTO s = NULL;
	if (sqlite3_prepare_v2(handle, sql.buf, -1, &s, NULL) != SQLITE_OK)
		return sqlite_fail(handle, err, sql.buf);
	int rc = sqlite3_step(s);
	if (rc != SQLITE_ROW && rc != SQLITE_DONE)
		return sqlite_fail(handle, err, sql.buf);
	if (set)
		return 0;
	const char *got = rc == SQLITE_ROW ? (const char *)sqlite3_column_text(s, 0) : NULL;
	if (!got || strcmp(got, setting->value) != 0)
		return err_set(err, ERR_STORAGE, "SQLite does not take %s=%s, it stays %s",
			setting->pragma, setting->value, got ? got : "unknown");
	return 0;
}

static int settings_apply(
	sqlite3 *handle, const struct setting *settings, size_t n, struct err *err)
{
	for (size_t i = 0; i < n; i++)
		if (setting_apply(handle, &settings[i], true, err) < 0 ||
			setting_apply(handle, &settings[i], false, err) < 0)
			return -1;
	return 0;
}

static int handle_setup(sqlite3 *handle, enum db_mode mode, struct err *err)
{
	if (sqlite3_busy_timeout(handle, BUSY_TIMEOUT_MS) != SQLITE_OK)
		return sqlite_fail(handle, err, "busy_timeout");
	for (size_t i = 0; i < sizeof(switches) / sizeof(switches[0]); i++) {
		int now = -1;
		if (sqlite3_db_config(handle, switches[i].option, switches[i].value, &now) !=
				SQLITE_OK ||
			now != switches[i].value)
			return err_set(err, ERR_STORAGE, "SQLite does not take option %d",
				switches[i].option);
	}
	if (settings_apply(
		    handle, settings_both, sizeof(settings_both) / sizeof(struct setting), err) < 0)
		return -1;
	if (mode == DB_READ_WRITE)
		return settings_apply(handle, settings_writer,
			sizeof(settings_writer) / sizeof(struct setting), err);
	if (sqlite3_db_config(handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL) != SQLITE_OK)
		return sqlite_fail(handle, err, "no checkpoint on close");
	return settings_apply(
		handle, settings_reader, sizeof(settings_reader) / sizeof(struct setting), err);
}

/* SQLITE_OPEN_NOFOLLOW refuses a link anywhere in the path, and systemd's state folder may be
 * reached through one, so the folder is resolved first. Heap string. */
static char *path_resolve(const char *path, struct err *err)
{
	const char *slash = strrchr(path, '/');
	const char *name = slash ? slash + 1 : path;
	ARENA_AUTO a = arena_new();

	char *real FREE_AUTO = realpath(dir_of(path, a), NULL);
	if (!real || !*name) {
		err_set(err, ERR_STORAGE, "%s: %s", path, real ? "not a file" : strerror(errno));
		return NULL;
	}
	STRBUF_AUTO full = STRBUF_INIT(PATH_MAX);
	strbuf_addf(&full, "%s/%s", strcmp(real, "/") == 0 ? "" : real, name);
	return strbuf_detach(&full, NULL);
}

/* SQLite would create it with the umask's mode; the -wal and -shm files take the mode from it. Only
 * a file that did not exist is opened here: closing any descriptor of a file drops the locks that
 * SQLite holds on it. */
static int file_create(const char *path, struct err *err)
{
	int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);

	if (fd < 0)
		return errno == EEXIST ? 0
				       : err_set(err, ERR_STORAGE, "%s: %s", path, strerror(errno));
	close(fd);
	return 0;
}

/* Counting its memory would take a lock that all connections share. */
static void sqlite_configure(void)
{
	sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
}

int sqlite_open(const char *path, enum db_mode mode, sqlite3 **ret, struct err *err)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, sqlite_configure);
	char *full FREE_AUTO = path_resolve(path, err);
	if (!full || (mode == DB_READ_WRITE && file_create(full, err) < 0))
		return -1;

	SQLITE_AUTO handle = NULL;
	int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_NOFOLLOW | SQLITE_OPEN_EXRESCODE |
		    (mode == DB_READ_WRITE ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY);
	const char *vfs = mode == DB_READ_WRITE ? gather_vfs() : NULL;
	if (sqlite3_open_v2(full, &handle, flags, vfs) != SQLITE_OK)
		return sqlite_fail(handle, err, path);
	if (handle_setup(handle, mode, err) < 0)
		return err_wrap(err, "%s", path);
	*ret = handle;
	handle = NULL;
	return 0;
}

int sqlite_copy(sqlite3 *from, const char *path, struct err *err)
{
	int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return err_set(err, ERR_STORAGE, "%s: %s", path, strerror(errno));
	close(fd);

	SQLITE_AUTO copy = NULL;
	if (sqlite3_open_v2(path, &copy, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL) !=
		SQLITE_OK)
		return sqlite_fail(copy, err, path);
	sqlite3_backup *backup = sqlite3_backup_init(copy, "main", from, "main");
	if (!backup)
		return sqlite_fail(copy, err, path);
	int rc = sqlite3_backup_step(backup, -1);
	sqlite3_backup_finish(backup);
	if (rc != SQLITE_DONE)
		return err_set(err, ERR_STORAGE, "%s: %s", path, sqlite3_errstr(rc));
	if (sqlite3_exec(copy, "PRAGMA journal_mode=DELETE", NULL, NULL, NULL) != SQLITE_OK)
		return sqlite_fail(copy, err, path);
	return 0;
}

/* ---- Connections ---- */

static void conn_close(struct engine_conn *c)
{
	for (size_t i = 0; i < ENGINE_COMMANDS; i++)
		sqlite3_finalize(c->commands[i]);
	int rc = sqlite3_close(c->handle);
	assert(rc == SQLITE_OK);
	(void)rc;
	free(c);
}

static int conn_open(const char *path, enum db_mode mode, struct engine_conn **ret, struct err *err)
{
	sqlite3 *handle;
	if (sqlite_open(path, mode, &handle, err) < 0)
		return -1;

	struct engine_conn *c = xcalloc(1, sizeof(*c));
	c->handle = handle;
	for (size_t i = 0; i < ENGINE_COMMANDS; i++) {
		if (sqlite3_prepare_v3(handle, command_text[i], -1, SQLITE_PREPARE_PERSISTENT,
			    &c->commands[i], NULL) != SQLITE_OK) {
			sqlite_fail(handle, err, command_text[i]);
			conn_close(c);
			return -1;
		}
	}
	*ret = c;
	return 0;
}

static int conn_command(struct engine_conn *c, enum engine_command command, struct err *err)
{
	int rc = sqlite3_step(c->commands[command]);
	if (rc != SQLITE_DONE)
		sqlite_fail(c->handle, err, command_text[command]);
	sqlite3_reset(c->commands[command]);
	if (rc != SQLITE_DONE)
		return -1;
	return command == ENGINE_STEP_UNDO ? conn_command(c, ENGINE_STEP_KEEP, err) : 0;
}

static bool conn_in_transaction(const struct engine_conn *c)
{
	return !sqlite3_get_autocommit(c->handle);
}

static int conn_checkpoint(struct engine_conn *c, struct err *err)
{
	int rc = sqlite3_wal_checkpoint_v2(c->handle, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);

	if (rc != SQLITE_OK && (rc & 0xff) != SQLITE_BUSY)
		return sqlite_fail(c->handle, err, "checkpoint");
	return 0;
}

static int64_t conn_last_id(const struct engine_conn *c)
{
	return sqlite3_last_insert_rowid(c->handle);
}

/* ---- Statements ---- */

static void stmt_finalize(struct engine_stmt *s)
{
	if (!s)
		return;
	sqlite3_finalize(s->sqlite);
	free(s->params);
	free(s);
}

/* The statement must be one, have the parameters declared, and write only when its kind does. */
static int stmt_check(
	const struct engine_stmt *s, const struct sql_info *info, const char *tail, struct err *err)
{
	bool reads = info->kind == SQL_KIND_one || info->kind == SQL_KIND_many;

	if (!s->sqlite || *tail)
		return err_set(err, ERR_STORAGE, "%s is not one statement", info->name);
	if ((size_t)sqlite3_bind_parameter_count(s->sqlite) != s->n_params)
		return err_set(err, ERR_STORAGE, "%s has %d parameters and declares %zu",
			info->name, sqlite3_bind_parameter_count(s->sqlite), s->n_params);
	if (reads && !sqlite3_stmt_readonly(s->sqlite))
		return err_set(err, ERR_STORAGE, "%s writes, its kind does not", info->name);
	return 0;
}

static int stmt_prepare(struct engine_conn *c, const struct sql_info *info, size_t params,
	struct engine_stmt **ret, struct err *err)
{
	struct engine_stmt *s = xcalloc(1, sizeof(*s));
	s->handle = c->handle;
	s->name = info->name;
	s->params = xcalloc(params + 1, sizeof(*s->params));
	s->n_params = params;

	const char *tail = "";
	int rc = sqlite3_prepare_v3(
		c->handle, info->text, -1, SQLITE_PREPARE_PERSISTENT, &s->sqlite, &tail);
	if (rc != SQLITE_OK)
		sqlite_fail(c->handle, err, info->name);
	if (rc != SQLITE_OK || stmt_check(s, info, tail, err) < 0) {
		stmt_finalize(s);
		return -1;
	}
	for (size_t i = 0; i < params; i++) {
		STRBUF_AUTO name = STRBUF_INIT(24);
		strbuf_addf(&name, "$%zu", i + 1);
		s->params[i] = sqlite3_bind_parameter_index(s->sqlite, name.buf);
		if (!s->params[i]) {
			err_set(err, ERR_STORAGE, "%s does not use %s", info->name, name.buf);
			stmt_finalize(s);
			return -1;
		}
	}
	*ret = s;
	return 0;
}

static void stmt_bind(struct engine_stmt *s, size_t param, const struct engine_value *v)
{
	assert(param < s->n_params);
	int i = s->params[param];
	int rc = SQLITE_OK;

	switch (v->type) {
	case ENGINE_NULL:
		rc = sqlite3_bind_null(s->sqlite, i);
		break;
	case ENGINE_INT:
		rc = sqlite3_bind_int64(s->sqlite, i, v->i);
		break;
	case ENGINE_REAL:
		rc = sqlite3_bind_double(s->sqlite, i, v->real);
		break;
	case ENGINE_TEXT:
		rc = sqlite3_bind_text64(s->sqlite, i, v->data, v->len, SQLITE_STATIC, SQLITE_UTF8);
		break;
	case ENGINE_BLOB:
		rc = sqlite3_bind_blob64(s->sqlite, i, v->data, v->len, SQLITE_STATIC);
		break;
	}
	if (rc != SQLITE_OK)
		s->bind_rc = rc;
}

static int stmt_step_row(struct engine_stmt *s, struct err *err)
{
	if (s->bind_rc != SQLITE_OK)
		return err_set(
			err, ERR_STORAGE, "%s: binding: %s", s->name, sqlite3_errstr(s->bind_rc));
	switch (sqlite3_step(s->sqlite)) {
	case SQLITE_ROW:
		return 1;
	case SQLITE_DONE:
		return 0;
	default:
		return sqlite_fail(s->handle, err, s->name);
	}
}

static void stmt_reset(struct engine_stmt *s)
{
	sqlite3_reset(s->sqlite);
	sqlite3_clear_bindings(s->sqlite);
	s->bind_rc = SQLITE_OK;
}

static int64_t stmt_changes(const struct engine_stmt *s)
{
	return sqlite3_changes64(s->handle);
}

static size_t stmt_column_count(const struct engine_stmt *s)
{
	return (size_t)sqlite3_column_count(s->sqlite);
}

static const char *stmt_column_name_at(const struct engine_stmt *s, size_t i)
{
	return sqlite3_column_name(s->sqlite, (int)i);
}

static bool stmt_column(
	struct engine_stmt *s, size_t i, enum engine_type want, struct engine_value *ret)
{
	int col = (int)i;

	if (sqlite3_column_type(s->sqlite, col) == SQLITE_NULL)
		return false;
	*ret = (struct engine_value){.type = want, .data = ""};
	switch (want) {
	case ENGINE_NULL:
		break;
	case ENGINE_INT:
		ret->i = sqlite3_column_int64(s->sqlite, col);
		break;
	case ENGINE_REAL:
		ret->real = sqlite3_column_double(s->sqlite, col);
		break;
	case ENGINE_TEXT:
		ret->data = sqlite3_column_text(s->sqlite, col);
		ret->len = (size_t)sqlite3_column_bytes(s->sqlite, col);
		break;
	case ENGINE_BLOB:
		ret->len = (size_t)sqlite3_column_bytes(s->sqlite, col);
		if (ret->len)
			ret->data = sqlite3_column_blob(s->sqlite, col);
		break;
	}
	return true;
}

/* Lines of a plan that read all rows: "SCAN t", not "SCAN t USING INDEX i", nor a scan of what the
 * statement itself made. */
static bool plan_line_scans(const char *line)
{
	return text_starts(line, "SCAN ") && line[5] != '(' && !strstr(line, " USING ") &&
	       !strstr(line, " VIRTUAL TABLE ") && !strstr(line, "CONSTANT ROW");
}

static int conn_scans(
	struct engine_conn *c, const struct sql_info *info, char *buf, size_t size, struct err *err)
{
	STRBUF_AUTO sql = STRBUF_INIT(1 << 20);
	strbuf_addf(&sql, "EXPLAIN QUERY PLAN %s", info->text);

	SQLITE_STMT_AUTO s = NULL;
	if (sqlite3_prepare_v2(c->handle, sql.buf, -1, &s, NULL) != SQLITE_OK)
		return sqlite_fail(c->handle, err, info->name);
	int rc;
	while ((rc = sqlite3_step(s)) == SQLITE_ROW) {
		const char *line = (const char *)sqlite3_column_text(s, 3);
		if (line && plan_line_scans(line)) {
			snprintf(buf, size, "%s", line);
			return 1;
		}
	}
	return rc == SQLITE_DONE ? 0 : sqlite_fail(c->handle, err, info->name);
}

const struct engine engine_sqlite = {
	.open = conn_open,
	.close = conn_close,
	.command = conn_command,
	.in_transaction = conn_in_transaction,
	.checkpoint = conn_checkpoint,
	.last_id = conn_last_id,
	.prepare = stmt_prepare,
	.finalize = stmt_finalize,
	.bind = stmt_bind,
	.step = stmt_step_row,
	.reset = stmt_reset,
	.changes = stmt_changes,
	.columns = stmt_column_count,
	.column_name = stmt_column_name_at,
	.column = stmt_column,
	.scans = conn_scans,
};
