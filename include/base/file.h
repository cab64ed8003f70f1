/* SPDX-License-Identifier: Apache-2.0
 *
 * Whole files in and out: read under a cap, replaced atomically. A reader of a path that is being
 * replaced sees the old bytes or the new ones, never a part, also over a power failure. Any thread.
 */
#ifndef BASE_FILE_H
#define BASE_FILE_H

#include <stddef.h>
#include <sys/types.h>

#include "base/arena.h"
#include "base/err.h"

/* The whole file, NUL-terminated, in the arena. "-" is standard input. More than `cap` bytes, a
 * folder or what can't be read is ERR_IO with the path in the message. */
int file_read(const char *path, size_t cap, struct arena *a, char **ret, size_t *ret_len,
	struct err *err);
/* The same of a regular file alone, or of "-": a pipe or a device is ERR_IO, too, and never waited for. */
int file_read_regular(const char *path, size_t cap, struct arena *a, char **ret, size_t *ret_len,
	struct err *err);

/* Write beside `path`, sync, rename over it, sync the folder. Nothing is left behind on failure. A
 * symbolic link stays and its target is replaced; what exists and is no regular file is refused.
 * `mode` is for a new file (cut by the umask); an existing one keeps its own,
 * but for a mode that gives nothing to group and others: that holds for the old file as well. */
int file_replace(const char *path, const void *data, size_t len, mode_t mode, struct err *err);

/* Make the folder and the missing ones above it. One that exists is left as it is. */
int dir_make(const char *path, mode_t mode, struct err *err);
/* The folder in which `path` lies; "." when it names none. In the arena. */
char *dir_of(const char *path, struct arena *a);

/* A descriptor closed at the end of the scope. */
void fd_closep(int *fd);
#define FD_AUTO __attribute__((cleanup(fd_closep))) int

#endif
