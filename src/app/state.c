/* SPDX-License-Identifier: Apache-2.0
 *
 * The state folder and its lock. It never opens the registry: one process does, the one that holds
 * the lock.
 */
#include "app/state.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/file.h"
#include "base/place.h"

enum {
	WISH_WAIT_MS = 5000,
	WISH_STEP_MS = 50,
	FOLDER_MODE = 0700,
	FILE_MODE = 0600,
	COMM_MAX = 64
};

static void name_files(const char *path, struct arena *a, struct state *s)
{
	*s = (struct state){.path = arena_strdup(a, path),
		.registry = arena_printf(a, "%s/" PLACE_REGISTRY, path),
		.admin_token = arena_printf(a, "%s/admin.token", path),
		.token_wish = arena_printf(a, "%s/new-admin-token", path),
		.lock_fd = -1};
}

/* The process that wrote the lock file, 0 when it does not say. */
static pid_t holder(int fd)
{
	char text[32] = "";

	if (pread(fd, text, sizeof(text) - 1, 0) <= 0)
		return 0;
	return (pid_t)strtol(text, NULL, 10);
}

static int open_lock(const char *path, struct arena *a, int flags, struct err *err)
{
	const char *lock = arena_printf(a, "%s/lock", path);
	int fd = open(lock, flags | O_CLOEXEC, FILE_MODE);

	if (fd < 0)
		return err_set(err, ERR_IO, "cannot open %s: %s", lock, strerror(errno));
	return fd;
}

int state_open(const char *path, struct arena *a, struct state *ret, struct err *err)
{
	struct state s;
	char text[32];

	name_files(path, a, &s);
	if (dir_make(path, FOLDER_MODE, err) < 0)
		return err_wrap(err, "the state folder");
	FD_AUTO fd = open_lock(path, a, O_RDWR | O_CREAT, err);
	if (fd < 0)
		return -1;
	if (flock(fd, LOCK_EX | LOCK_NB) < 0)
		return err_set(err, ERR_STATE_CONFLICT,
			"another spiralfedd (process %d) holds the state folder %s",
			(int)holder(fd), path);
	int len = snprintf(text, sizeof(text), "%d\n", (int)getpid());
	if (ftruncate(fd, 0) < 0 || pwrite(fd, text, (size_t)len, 0) != len)
		return err_set(err, ERR_IO, "cannot write %s/lock: %s", path, strerror(errno));
	s.lock_fd = fd;
	fd = -1;
	*ret = s;
	return 0;
}

int state_found(const char *path, struct arena *a, struct err *err)
{
	struct state s;

	name_files(path, a, &s);
	if (access(s.registry, F_OK) == 0)
		return 0;
	return err_set(err, ERR_IO,
		"there is no registry in %s (%s); name the daemon's own state folder or file, -o "
		"state=FOLDER or -c FILE",
		path, strerror(errno));
}

void state_close(struct state *s)
{
	if (s->lock_fd >= 0)
		close(s->lock_fd);
	s->lock_fd = -1;
}

bool state_token_wished(const struct state *s)
{
	return access(s->token_wish, F_OK) == 0;
}

void state_token_granted(const struct state *s)
{
	unlink(s->token_wish);
}

/* The process that holds the lock, if it is another one of this program: 0 otherwise. The number in the
 * file outlives its writer, and may be anyone's by then. */
static pid_t daemon_pid(int lock, struct arena *a)
{
	struct err err = {0};
	pid_t pid = holder(lock);
	char *own, *other;
	size_t n;

	if (pid < 1 || flock(lock, LOCK_SH | LOCK_NB) == 0)
		return 0;
	if (file_read("/proc/self/comm", COMM_MAX, a, &own, &n, &err) < 0 ||
		file_read(arena_printf(a, "/proc/%d/comm", (int)pid), COMM_MAX, a, &other, &n,
			&err) < 0)
		return 0;
	return strcmp(own, other) == 0 ? pid : 0;
}

/* A wish that nobody answers must not be granted some other day. */
static int wait_granted(const struct state *s, pid_t pid, struct err *err)
{
	if (pid < 1 || kill(pid, SIGHUP) < 0)
		return err_set(err, ERR_IO,
			"no spiralfedd is there to be woken: it ended just now, or is another "
			"user's; try again");
	for (int ms = 0; ms < WISH_WAIT_MS; ms += WISH_STEP_MS) {
		if (!state_token_wished(s))
			return 0;
		poll(NULL, 0, WISH_STEP_MS);
	}
	return err_set(err, ERR_UNREACHABLE,
		"process %d did not answer within %d s; its log says why, or stop it and try again",
		(int)pid, WISH_WAIT_MS / 1000);
}

int state_wish_token(const char *path, struct arena *a, struct err *err)
{
	struct state s;
	int rc;

	name_files(path, a, &s);
	FD_AUTO lock = open_lock(path, a, O_RDONLY, err);
	if (lock < 0)
		return -1;
	FD_AUTO wish = open(s.token_wish, O_WRONLY | O_CREAT | O_CLOEXEC, FILE_MODE);
	if (wish < 0)
		return err_set(err, ERR_IO, "cannot write %s: %s", s.token_wish, strerror(errno));
	rc = wait_granted(&s, daemon_pid(lock, a), err);
	if (rc < 0)
		unlink(s.token_wish);
	return rc;
}
