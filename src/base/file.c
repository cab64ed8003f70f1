/* SPDX-License-Identifier: Apache-2.0
 *
 * Reads and replaces whole files. It refuses to write through anything but a regular file, and to
 * read without a cap.
 */
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/id.h"

void fd_closep(int *fd)
{
	if (*fd > STDERR_FILENO)
		close(*fd);
}

static int io_error(struct err *err, const char *what, const char *path)
{
	return err_set(err, ERR_IO, "cannot %s %s: %s", what, path, strerror(errno));
}

static int read_all(int fd, const char *path, size_t cap, struct arena *a, char **ret,
	size_t *ret_len, struct err *err)
{
	FREE_AUTO char *buf = NULL;
	size_t len = 0, room = 0;

	for (;;) {
		if (len == room) {
			room = room ? room * 2 : 16384;
			buf = xrealloc(buf, room);
		}
		ssize_t n = read(fd, buf + len, room - len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return io_error(err, "read", path);
		if (n == 0)
			break;
		len += (size_t)n;
		if (len > cap)
			return err_set(err, ERR_IO, "%s is larger than %zu bytes", path, cap);
	}
	*ret = arena_strndup(a, buf, len);
	*ret_len = len;
	/* Some files hold secrets, which their readers wipe: here no copy may stay. */
	explicit_bzero(buf, len);
	return 0;
}

int file_read(
	const char *path, size_t cap, struct arena *a, char **ret, size_t *ret_len, struct err *err)
{
	bool from_stdin = strcmp(path, "-") == 0;
	FD_AUTO fd = from_stdin ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);

	if (fd < 0)
		return io_error(err, "open", path);
	return read_all(fd, path, cap, a, ret, ret_len, err);
}

int file_read_regular(
	const char *path, size_t cap, struct arena *a, char **ret, size_t *ret_len, struct err *err)
{
	struct stat st;

	if (!strcmp(path, "-"))
		return file_read(path, cap, a, ret, ret_len, err);
	/* Looked at once it is open: nothing can take its place between the two. */
	FD_AUTO fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (fd < 0)
		return io_error(err, "open", path);
	if (fstat(fd, &st) < 0)
		return io_error(err, "look at", path);
	if (!S_ISREG(st.st_mode))
		return err_set(err, ERR_IO, "%s is no regular file", path);
	return read_all(fd, path, cap, a, ret, ret_len, err);
}

char *dir_of(const char *path, struct arena *a)
{
	const char *slash = strrchr(path, '/');

	if (!slash)
		return arena_strdup(a, ".");
	return slash == path ? arena_strdup(a, "/")
			     : arena_strndup(a, path, (size_t)(slash - path));
}

/* A new entry of a folder is there after a power failure only when the folder was synced. */
static int sync_parent(const char *path)
{
	ARENA_AUTO a = arena_new();
	FD_AUTO fd = open(dir_of(path, a), O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return fd < 0 ? -1 : fsync(fd);
}

int dir_make(const char *path, mode_t mode, struct err *err)
{
	char part[PATH_MAX];
	size_t len = strlen(path);
	struct stat st;

	if (len >= sizeof(part))
		return err_set(err, ERR_IO, "cannot make a folder: the path is too long");
	for (size_t i = 1; i <= len; i++) {
		if (i < len && path[i] != '/')
			continue;
		memcpy(part, path, i);
		part[i] = '\0';
		if (mkdir(part, mode) == 0) {
			if (sync_parent(part) < 0)
				return io_error(err, "sync the folder of", part);
			continue;
		}
		if (errno != EEXIST)
			return io_error(err, "make the folder", part);
		if (stat(part, &st) < 0 || !S_ISDIR(st.st_mode)) {
			errno = ENOTDIR;
			return io_error(err, "make the folder", part);
		}
	}
	return 0;
}

static int write_all(int fd, const char *data, size_t len)
{
	while (len > 0) {
		ssize_t n = write(fd, data, len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		data += n;
		len -= (size_t)n;
	}
	return 0;
}

static int write_and_rename(int dir, const char *temp, const char *target, const void *data,
	size_t len, mode_t mode, const struct stat *old)
{
	bool secret = (mode & 077) == 0;
	FD_AUTO fd = openat(dir, temp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);

	if (fd < 0)
		return -1;
	if ((old && fchmod(fd, secret ? mode : old->st_mode & 07777) < 0) ||
		write_all(fd, data, len) < 0 || fsync(fd) < 0 ||
		renameat(dir, temp, dir, target) < 0) {
		int saved = errno;
		unlinkat(dir, temp, 0);
		errno = saved;
		return -1;
	}
	return 0;
}

int file_replace(const char *path, const void *data, size_t len, mode_t mode, struct err *err)
{
	char resolved[PATH_MAX], temp[64], id[17];
	struct stat st;
	const struct stat *old = NULL;
	ARENA_AUTO a = arena_new();

	if (stat(path, &st) == 0) {
		if (!S_ISREG(st.st_mode))
			return err_set(
				err, ERR_IO, "cannot replace %s: it is not a regular file", path);
		if (!realpath(path, resolved))
			return io_error(err, "resolve", path);
		path = resolved;
		old = &st;
	}
	const char *slash = strrchr(path, '/');
	const char *name = slash ? slash + 1 : path;
	if (!*name)
		return err_set(err, ERR_IO, "cannot write %s: it names a folder", path);
	id_random(id, sizeof(id) - 1);
	snprintf(temp, sizeof(temp), ".spiralfed-%s.tmp", id);

	FD_AUTO dir = open(dir_of(path, a), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		return io_error(err, "open the folder of", path);
	if (write_and_rename(dir, temp, name, data, len, mode, old) < 0 || fsync(dir) < 0)
		return io_error(err, "write", path);
	return 0;
}
