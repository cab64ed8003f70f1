/* SPDX-License-Identifier: Apache-2.0
 *
 * The daemon as a service manager runs it: it takes the listening socket it is handed, says when it
 * is ready, reloading and stopping, and pets the watchdog. The manager is this test: a datagram
 * socket to be notified on and a listener passed as descriptor 3.
 */
#include <arpa/inet.h>
#include <check.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "config.h"
#include "support/scratch.h"

Suite *test_suite(void);

enum { WAIT_MS = 30000, FIRST_FD = 3 };

#ifdef HAVE_LIBSYSTEMD
struct manager {
	char notify_path[SCRATCH_PATH], state[SCRATCH_PATH];
	int notify_fd, listen_fd, port;
	pid_t pid;
};

static void manager_open(struct manager *m)
{
	struct sockaddr_un un = {.sun_family = AF_UNIX};
	struct sockaddr_in in = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(in);

	scratch_file(m->notify_path, "notify");
	scratch_file(m->state, "state");
	ck_assert_uint_lt(strlen(m->notify_path), sizeof(un.sun_path));
	memcpy(un.sun_path, m->notify_path, strlen(m->notify_path));
	m->notify_fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	ck_assert_int_eq(bind(m->notify_fd, (struct sockaddr *)&un, sizeof(un)), 0);
	m->listen_fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	ck_assert_int_eq(bind(m->listen_fd, (struct sockaddr *)&in, sizeof(in)), 0);
	ck_assert_int_eq(listen(m->listen_fd, 16), 0);
	ck_assert_int_eq(getsockname(m->listen_fd, (struct sockaddr *)&in, &len), 0);
	m->port = ntohs(in.sin_port);
}

static void run_daemon(const struct manager *m)
{
	char path[SCRATCH_PATH], state[SCRATCH_PATH + 8], pid[32];
	const char *build = getenv("BUILD");

	snprintf(path, sizeof(path), "%s/spiralfedd", build ? build : "build");
	snprintf(state, sizeof(state), "state=%s", m->state);
	snprintf(pid, sizeof(pid), "%d", (int)getpid());
	setenv("NOTIFY_SOCKET", m->notify_path, 1);
	setenv("LISTEN_FDS", "1", 1);
	setenv("LISTEN_PID", pid, 1);
	setenv("WATCHDOG_USEC", "2000000", 1);
	setenv("WATCHDOG_PID", pid, 1);
	dup2(m->listen_fd, FIRST_FD); /* without close-on-exec */
	execl(path, path, "-o", state, "-o", "auth=off", "-o", "log_level=error", (char *)NULL);
	_exit(127);
}

/* Read notifications until one has the line; each must come within WAIT_MS. */
static void expect(const struct manager *m, const char *line)
{
	char text[4096];

	for (;;) {
		struct pollfd p = {.fd = m->notify_fd, .events = POLLIN};

		ck_assert_msg(poll(&p, 1, WAIT_MS) == 1, "no %s within %d ms", line, WAIT_MS);
		ssize_t n = recv(m->notify_fd, text, sizeof(text) - 1, 0);
		ck_assert_int_ge(n, 0);
		text[n] = '\0';
		if (strstr(text, line))
			return;
	}
}

static void expect_served(const struct manager *m)
{
	static const char request[] =
		"GET /livez HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
	struct sockaddr_in in = {.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
		.sin_port = htons((uint16_t)m->port)};
	char answer[64] = "";
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	ck_assert_int_eq(connect(fd, (struct sockaddr *)&in, sizeof(in)), 0);
	ck_assert_int_eq(write(fd, request, sizeof(request) - 1), sizeof(request) - 1);
	ck_assert_int_gt(recv(fd, answer, sizeof(answer) - 1, MSG_WAITALL), 12);
	ck_assert_msg(!strncmp(answer, "HTTP/1.1 200", 12), "%s", answer);
	close(fd);
}

START_TEST(test_service__is_told_and_tells)
{
	struct manager m = {0};
	int status = 0;

	manager_open(&m);
	m.pid = fork();
	ck_assert_int_ge(m.pid, 0);
	if (m.pid == 0)
		run_daemon(&m);
	expect(&m, "READY=1");
	expect_served(&m);
	expect(&m, "WATCHDOG=1");
	kill(m.pid, SIGHUP);
	expect(&m, "RELOADING=1");
	expect(&m, "READY=1");
	expect_served(&m);
	kill(m.pid, SIGTERM);
	expect(&m, "STOPPING=1");
	ck_assert_int_eq(waitpid(m.pid, &status, 0), m.pid);
	ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 0, "status %d", status);
	close(m.listen_fd);
	close(m.notify_fd);
}
END_TEST
#endif

Suite *test_suite(void)
{
	Suite *s = suite_create("the daemon under a service manager");
	TCase *tc = tcase_create("service");

	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, scratch_make, scratch_remove);
#ifdef HAVE_LIBSYSTEMD
	tcase_add_test(tc, test_service__is_told_and_tells);
#endif
	suite_add_tcase(s, tc);
	return s;
}
