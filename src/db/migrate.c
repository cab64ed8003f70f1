/* SPDX-License-Identifier: Apache-2.0
 *
 * Brings a registry file to the schema of this build, and keeps a copy of it first. Owns the judging
 * of what was applied before; refuses a file that is not a registry, one from the future, and one
 * whose history of migrations is not ours, without changing it.
 */
#include "db/migrate.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "base/strbuf.h"
#include "db/migrations.h"
#include "db/sqlite.h"

struct run {
	const char *path;
	const struct migration *list;
	size_t n;
	sqlite3 *handle;
	int applied; /* versions 1..applied are in the file */
};

int migrate_latest(void)
{
	return (int)migrations_sqlite_len;
}

static int pragma_int(struct run *run, const char *sql, int *ret, struct err *err)
{
	SQLITE_STMT_AUTO s = NULL;

	if (sqlite3_prepare_v2(run->handle, sql, -1, &s, NULL) != SQLITE_OK ||
		sqlite3_step(s) != SQLITE_ROW)
		return sqlite_fail(run->handle, err, run->path);
	*ret = sqlite3_column_int(s, 0);
	return 0;
}

/* One row of `migration` against the migration of the same place in our list. */
static int row_judge(struct run *run, sqlite3_stmt *row, struct err *err)
{
	int version = sqlite3_column_int(row, 0);
	const char *name = (const char *)sqlite3_column_text(row, 1);
	const char *sum = (const char *)sqlite3_column_text(row, 2);

	if (version > 0 && (size_t)version > run->n)
		return err_set(err, ERR_STORAGE,
			"%s is from a newer spiralfed: it has migration %04d_%s and this build "
			"knows %zu; install the newer version again, or restore a copy that it "
			"made "
			"before migrating",
			run->path, version, name, run->n);
	if (version != run->applied + 1)
		return err_set(err, ERR_STORAGE,
			"%s is damaged: migration %04d stands where %04d must be; restore a copy",
			run->path, version, run->applied + 1);
	const struct migration *ours = &run->list[run->applied];
	if (!sum || strcmp(sum, ours->sha256) != 0)
		return err_set(err, ERR_STORAGE,
			"%s was migrated by another text of %04d_%s (it has SHA-256 %.12s, this "
			"build %.12s); run the build that made it, or restore a copy",
			run->path, version, ours->name, sum ? sum : "none", ours->sha256);
	run->applied = version;
	return 0;
}

static int applied_read(struct run *run, struct err *err)
{
	int schema = 0;

	if (pragma_int(run, "PRAGMA schema_version", &schema, err) < 0)
		return -1;
	if (schema == 0) /* new, or empty because its first migration was cut short */
		return 0;
	int rc = sqlite3_table_column_metadata(
		run->handle, "main", "migration", "sha256", NULL, NULL, NULL, NULL, NULL);
	if (rc != SQLITE_OK && rc != SQLITE_ERROR)
		return sqlite_fail(run->handle, err, run->path);
	if (rc == SQLITE_ERROR)
		return err_set(err, ERR_STORAGE,
			"%s is a database of another program; name another state folder",
			run->path);

	SQLITE_STMT_AUTO s = NULL;
	if (sqlite3_prepare_v2(run->handle, sql_info(SQL_migration_all)->text, -1, &s, NULL) !=
		SQLITE_OK)
		return sqlite_fail(run->handle, err, run->path);
	while ((rc = sqlite3_step(s)) == SQLITE_ROW)
		if (row_judge(run, s, err) < 0)
			return -1;
	return rc == SQLITE_DONE ? 0 : sqlite_fail(run->handle, err, run->path);
}

/* ---- The copy ---- */

static int sync_path(const char *path, int flags, struct err *err)
{
	int fd = open(path, flags | O_CLOEXEC);

	if (fd < 0 || fsync(fd) < 0) {
		err_set(err, ERR_STORAGE, "%s: %s", path, strerror(errno));
		if (fd >= 0)
			close(fd);
		return -1;
	}
	close(fd);
	return 0;
}

static int folder_sync(const char *path, struct err *err)
{
	ARENA_AUTO a = arena_new();

	return sync_path(dir_of(path, a), O_RDONLY | O_DIRECTORY, err);
}

static int copy_make(struct run *run, struct err *err)
{
	STRBUF_AUTO path = STRBUF_INIT(PATH_MAX);
	STRBUF_AUTO partial = STRBUF_INIT(PATH_MAX);

	strbuf_addf(&path, "%s.before-%04d", run->path, run->applied + 1);
	strbuf_addf(&partial, "%s.partial", path.buf);
	unlink(partial.buf);
	if (sqlite_copy(run->handle, partial.buf, err) < 0 ||
		sync_path(partial.buf, O_RDONLY, err) < 0) {
		unlink(partial.buf);
		return err_wrap(err, "no copy could be made before migrating");
	}
	if (rename(partial.buf, path.buf) < 0)
		return err_set(err, ERR_STORAGE, "%s: %s", path.buf, strerror(errno));
	if (folder_sync(path.buf, err) < 0)
		return -1;
	log_info("registry.copied", LOG_STR("copy", path.buf));
	return 0;
}

int registry_copy(const char *from, const char *to, struct err *err)
{
	SQLITE_AUTO handle = NULL;

	if (sqlite_open(from, DB_READ_ONLY, &handle, err) < 0)
		return -1;
	return sqlite_copy(handle, to, err);
}

/* ---- Applying ---- */

static int row_insert(struct run *run, const struct migration *m, int64_t now, struct err *err)
{
	SQLITE_STMT_AUTO s = NULL;

	if (sqlite3_prepare_v2(run->handle, sql_info(SQL_migration_insert)->text, -1, &s, NULL) !=
			SQLITE_OK ||
		sqlite3_bind_int(s, 1, m->version) != SQLITE_OK ||
		sqlite3_bind_text(s, 2, m->name, -1, SQLITE_STATIC) != SQLITE_OK ||
		sqlite3_bind_text(s, 3, m->sha256, -1, SQLITE_STATIC) != SQLITE_OK ||
		sqlite3_bind_int64(s, 4, now) != SQLITE_OK || sqlite3_step(s) != SQLITE_DONE)
		return sqlite_fail(run->handle, err, "migration");
	return 0;
}

/* Foreign keys are off while migrating, because a table is rebuilt by dropping it. */
static int references_check(struct run *run, struct err *err)
{
	SQLITE_STMT_AUTO s = NULL;

	if (sqlite3_prepare_v2(run->handle, "PRAGMA foreign_key_check", -1, &s, NULL) != SQLITE_OK)
		return sqlite_fail(run->handle, err, "foreign_key_check");
	int rc = sqlite3_step(s);
	if (rc == SQLITE_ROW)
		return err_set(err, ERR_STORAGE, "a row of %s would refer to nothing",
			sqlite3_column_text(s, 0));
	return rc == SQLITE_DONE ? 0 : sqlite_fail(run->handle, err, "foreign_key_check");
}

static int migration_run(struct run *run, const struct migration *m, int64_t now, struct err *err)
{
	sqlite3 *handle = run->handle;

	if (sqlite3_exec(handle, m->text, NULL, NULL, NULL) != SQLITE_OK)
		return sqlite_fail(handle, err, "SQL");
	if (sqlite3_get_autocommit(handle))
		return err_set(err, ERR_STORAGE, "it ended the transaction that it runs in");
	if (row_insert(run, m, now, err) < 0 || references_check(run, err) < 0)
		return -1;
	if (sqlite3_exec(handle, "COMMIT", NULL, NULL, NULL) != SQLITE_OK)
		return sqlite_fail(handle, err, "COMMIT");
	return 0;
}

static int migration_apply(struct run *run, const struct migration *m, int64_t now, struct err *err)
{
	if (sqlite3_exec(run->handle, "BEGIN IMMEDIATE", NULL, NULL, NULL) != SQLITE_OK)
		return sqlite_fail(run->handle, err, run->path);
	if (migration_run(run, m, now, err) < 0) {
		if (!sqlite3_get_autocommit(run->handle))
			sqlite3_exec(run->handle, "ROLLBACK", NULL, NULL, NULL);
		return err_wrap(err,
			"%s: migration %04d_%s failed and the registry stays at version %d",
			run->path, m->version, m->name, run->applied);
	}
	run->applied = m->version;
	return 0;
}

static int migrate_opened(struct run *run, int64_t now, int *ret_applied, struct err *err)
{
	if (applied_read(run, err) < 0)
		return -1;
	int before = run->applied;
	if (before > 0 && (size_t)before < run->n && copy_make(run, err) < 0)
		return -1;
	if (sqlite3_exec(run->handle, "PRAGMA foreign_keys=OFF", NULL, NULL, NULL) != SQLITE_OK)
		return sqlite_fail(run->handle, err, run->path);
	for (size_t i = (size_t)before; i < run->n; i++) {
		assert((size_t)run->list[i].version == i + 1);
		if (migration_apply(run, &run->list[i], now, err) < 0)
			return -1;
	}
	if (ret_applied)
		*ret_applied = run->applied - before;
	return 0;
}

/* Judged first through a connection that can't write: opening for writing changes the journal mode
 * of a file that may not be ours. */
static int file_judge(const char *path, const struct migration *list, size_t n, struct err *err)
{
	SQLITE_AUTO handle = NULL;

	if (access(path, F_OK) < 0 && errno == ENOENT)
		return 0;
	if (sqlite_open(path, DB_READ_ONLY, &handle, err) < 0)
		return -1;
	return applied_read(
		&(struct run){.path = path, .list = list, .n = n, .handle = handle}, err);
}

int migrate_run_list(const char *path, const struct migration *list, size_t n, int64_t now,
	int *ret_applied, struct err *err)
{
	SQLITE_AUTO handle = NULL;

	if (file_judge(path, list, n, err) < 0 ||
		sqlite_open(path, DB_READ_WRITE, &handle, err) < 0)
		return -1;
	struct run run = {.path = path, .list = list, .n = n, .handle = handle};
	return migrate_opened(&run, now, ret_applied, err);
}

int migrate_run(const char *path, int64_t now, int *ret_applied, struct err *err)
{
	return migrate_run_list(
		path, migrations_sqlite, migrations_sqlite_len, now, ret_applied, err);
}
