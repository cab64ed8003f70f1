/* SPDX-License-Identifier: Apache-2.0
 *
 * Wraps the files of a registry, the database and its log; all else passes through to the system's
 * file system untouched.
 */
#include "db/gather.h"

#include <pthread.h>
#include <sqlite3.h>
#include <string.h>

#include "base/arena.h"

/* SQLite's own file system takes fewer than 128 KiB in one call. */
enum { GATHER_MAX = 120 << 10 };

struct gather_file {
	sqlite3_file base;
	sqlite3_file *real; /* lies behind this */
	char *buf;	    /* made by the first write */
	sqlite3_int64 offset;
	int used;
	int lost; /* how a write failed of which SQLite believes that it was done */
};

static struct gather_file *of(sqlite3_file *base)
{
	return (struct gather_file *)base;
}

static int flush(struct gather_file *f)
{
	int used = f->used;

	if (!used)
		return SQLITE_OK;
	f->used = 0;
	return f->real->pMethods->xWrite(f->real, f->buf, used, f->offset);
}

/* For a call that is no write: its failure need not end the transaction, so the next sync fails. */
static int flush_before(struct gather_file *f)
{
	int rc = flush(f);

	if (rc != SQLITE_OK)
		f->lost = rc;
	return rc;
}

/* Call the same method of the real file, with everything written. */
#define FLUSHED(f, method, ...)                                                                 \
	do {                                                                                    \
		int rc_ = flush_before(f);                                                      \
		return rc_ == SQLITE_OK ? (f)->real->pMethods->method((f)->real, ##__VA_ARGS__) \
					: rc_;                                                  \
	} while (0)

static int gather_write(sqlite3_file *base, const void *data, int n, sqlite3_int64 offset)
{
	struct gather_file *f = of(base);

	if (f->used && (offset != f->offset + f->used || n > GATHER_MAX - f->used)) {
		int rc = flush(f);
		if (rc != SQLITE_OK)
			return rc;
	}
	if (n > GATHER_MAX)
		return f->real->pMethods->xWrite(f->real, data, n, offset);
	if (!f->buf)
		f->buf = xmalloc(GATHER_MAX);
	if (!f->used)
		f->offset = offset;
	memcpy(f->buf + f->used, data, (size_t)n);
	f->used += n;
	return SQLITE_OK;
}

static int gather_close(sqlite3_file *base)
{
	struct gather_file *f = of(base);
	int rc = flush(f), closed = f->real->pMethods->xClose(f->real);

	free(f->buf);
	return rc == SQLITE_OK ? closed : rc;
}

static int gather_read(sqlite3_file *base, void *buf, int n, sqlite3_int64 offset)
{
	FLUSHED(of(base), xRead, buf, n, offset);
}

static int gather_truncate(sqlite3_file *base, sqlite3_int64 size)
{
	FLUSHED(of(base), xTruncate, size);
}

static int gather_sync(sqlite3_file *base, int flags)
{
	struct gather_file *f = of(base);
	int rc = flush(f), lost = f->lost;

	f->lost = SQLITE_OK;
	if (rc != SQLITE_OK || lost != SQLITE_OK)
		return rc != SQLITE_OK ? rc : lost;
	return f->real->pMethods->xSync(f->real, flags);
}

static int gather_size(sqlite3_file *base, sqlite3_int64 *ret)
{
	FLUSHED(of(base), xFileSize, ret);
}

static int gather_unlock(sqlite3_file *base, int lock)
{
	FLUSHED(of(base), xUnlock, lock);
}

static int gather_control(sqlite3_file *base, int op, void *arg)
{
	FLUSHED(of(base), xFileControl, op, arg);
}

/* ---- Passed through ---- */

static int gather_lock(sqlite3_file *base, int lock)
{
	return of(base)->real->pMethods->xLock(of(base)->real, lock);
}

static int gather_reserved(sqlite3_file *base, int *ret)
{
	return of(base)->real->pMethods->xCheckReservedLock(of(base)->real, ret);
}

static int gather_sector_size(sqlite3_file *base)
{
	return of(base)->real->pMethods->xSectorSize(of(base)->real);
}

static int gather_traits(sqlite3_file *base)
{
	return of(base)->real->pMethods->xDeviceCharacteristics(of(base)->real);
}

static int gather_shm_map(sqlite3_file *base, int region, int size, int extend, void volatile **ret)
{
	return of(base)->real->pMethods->xShmMap(of(base)->real, region, size, extend, ret);
}

static int gather_shm_lock(sqlite3_file *base, int offset, int n, int flags)
{
	return of(base)->real->pMethods->xShmLock(of(base)->real, offset, n, flags);
}

static void gather_shm_barrier(sqlite3_file *base)
{
	of(base)->real->pMethods->xShmBarrier(of(base)->real);
}

static int gather_shm_unmap(sqlite3_file *base, int delete)
{
	return of(base)->real->pMethods->xShmUnmap(of(base)->real, delete);
}

/* Version 2: without the memory mapping of version 3, which would not see what is gathered. */
static const sqlite3_io_methods gather_methods = {
	.iVersion = 2,
	.xClose = gather_close,
	.xRead = gather_read,
	.xWrite = gather_write,
	.xTruncate = gather_truncate,
	.xSync = gather_sync,
	.xFileSize = gather_size,
	.xLock = gather_lock,
	.xUnlock = gather_unlock,
	.xCheckReservedLock = gather_reserved,
	.xFileControl = gather_control,
	.xSectorSize = gather_sector_size,
	.xDeviceCharacteristics = gather_traits,
	.xShmMap = gather_shm_map,
	.xShmLock = gather_shm_lock,
	.xShmBarrier = gather_shm_barrier,
	.xShmUnmap = gather_shm_unmap,
};

/* ---- The file system ---- */

static sqlite3_vfs *system_vfs;
static sqlite3_vfs vfs;

static int gather_open(
	sqlite3_vfs *self, const char *name, sqlite3_file *base, int flags, int *ret_flags)
{
	struct gather_file *f = of(base);

	if (!(flags & (SQLITE_OPEN_MAIN_DB | SQLITE_OPEN_WAL)))
		return system_vfs->xOpen(system_vfs, name, base, flags, ret_flags);
	*f = (struct gather_file){.real = (sqlite3_file *)(f + 1)};
	int rc = system_vfs->xOpen(system_vfs, name, f->real, flags, ret_flags);
	/* SQLite closes a file that has methods, even when opening it failed. */
	f->base.pMethods = f->real->pMethods ? &gather_methods : NULL;
	return rc;
}

static void gather_register(void)
{
	system_vfs = sqlite3_vfs_find(NULL);
	if (!system_vfs)
		return;
	/* Its other functions know their system by what is copied with them. */
	vfs = *system_vfs;
	vfs.zName = "gather";
	vfs.pNext = NULL;
	vfs.szOsFile = (int)sizeof(struct gather_file) + system_vfs->szOsFile;
	vfs.xOpen = gather_open;
	if (sqlite3_vfs_register(&vfs, 0) != SQLITE_OK)
		system_vfs = NULL;
}

const char *gather_vfs(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, gather_register);
	return system_vfs ? vfs.zName : NULL;
}
