/* SPDX-License-Identifier: Apache-2.0
 *
 * Where a result goes: a file is replaced whole, and what can't be replaced without harm is written
 * through: standard output, devices, pipes, and a file that this process was handed open, in which
 * another command's output may stand already.
 */
#include "cli/output.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"

enum { HANDED_DOWN = 10 }; /* a shell's redirections are below */

/* The descriptor that is this very file, opened by whoever started us; -1: none. */
static int handed_down(const struct stat *st)
{
	struct stat open;

	for (int fd = STDOUT_FILENO; fd < HANDED_DOWN; fd++)
		if (fstat(fd, &open) == 0 && open.st_dev == st->st_dev &&
			open.st_ino == st->st_ino && (fcntl(fd, F_GETFL) & O_ACCMODE) != O_RDONLY)
			return fd;
	return -1;
}

static int failed(const char *path, struct err *err)
{
	return err_set(err, ERR_IO, "cannot write %s: %s", path, strerror(errno));
}

static int write_stream(
	FILE *stream, const char *path, const char *text, size_t len, struct err *err)
{
	return fwrite(text, 1, len, stream) != len || fflush(stream) ? failed(path, err) : 0;
}

static int write_fd(int fd, const char *path, const char *text, size_t len, struct err *err)
{
	FILE *stream = fd < 0 ? NULL : fdopen(fd, "w");

	if (!stream)
		return failed(path, err);
	int rc = write_stream(stream, path, text, len, err);
	return fclose(stream) && rc == 0 ? failed(path, err) : rc;
}

int output_write(struct cli *cli, const char *path, const char *text, size_t len, bool *ret_through,
	struct err *err)
{
	struct stat st;
	bool there = stat(path, &st) == 0;
	int fd = there ? handed_down(&st) : -1;

	*ret_through = true;
	if (strcmp(path, "-") == 0)
		return write_stream(cli->out, "standard output", text, len, err);
	fflush(cli->out);
	if (fd >= 0)
		return write_fd(fcntl(fd, F_DUPFD_CLOEXEC, HANDED_DOWN), path, text, len, err);
	if (there && (S_ISCHR(st.st_mode) || S_ISFIFO(st.st_mode)))
		return write_fd(open(path, O_WRONLY | O_NOCTTY | O_CLOEXEC), path, text, len, err);
	*ret_through = false;
	if (dir_make(dir_of(path, cli->arena), 0777, err) < 0)
		return -1;
	return file_replace(path, text, len, 0666, err);
}
