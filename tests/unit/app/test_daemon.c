/* SPDX-License-Identifier: Apache-2.0
 *
 * A whole daemon inside the test, on a clock that stands still.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "app/daemon.h"
#include "app/state.h"
#include "base/file.h"
#include "base/jcs.h"
#include "net/http.h"

Suite *test_suite(void);

static struct arena *arena;
static struct fake_clock fake;
static char *folder;

static void setup(void)
{
	const char *tmp = getenv("TEST_TMP");

	arena = arena_new();
	folder = arena_printf(arena, "%s/daemon-XXXXXX", tmp ? tmp : "/tmp");
	ck_assert_ptr_nonnull(mkdtemp(folder));
	fake_clock_init(&fake, INT64_C(1795500000) * USEC_PER_SEC);
	log_setup(LOG_LEVEL_ERROR, LOG_FORMAT_LOGFMT, -1);
}

static void teardown(void)
{
	const char *names[] = {"state/registry.sqlite", "state/registry.sqlite-wal",
		"state/registry.sqlite-shm", "state/lock", "state/admin.token",
		"state/new-admin-token", "state", "f.conf", ""};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		remove(arena_printf(arena, "%s/%s", folder, names[i]));
	arena_free(arena);
}

static const char *in(const char *name)
{
	return arena_printf(arena, "%s/%s", folder, name);
}

static const struct daemon_options *options(const char *conf)
{
	const char **assignments = ARENA_ARRAY(arena, 3, const char *);
	struct config_source *source = ARENA_NEW(arena, struct config_source);
	struct config *config = ARENA_NEW(arena, struct config);
	struct daemon_options *o = ARENA_NEW(arena, struct daemon_options);
	struct err err = {0};

	assignments[0] = "listen=127.0.0.1:0";
	assignments[1] = "loops=1";
	assignments[2] = arena_printf(arena, "state=%s", in("state"));
	ck_assert_int_eq(file_replace(in("f.conf"), conf, strlen(conf), 0600, &err), 0);
	*source = (struct config_source){in("f.conf"), assignments, 3};
	ck_assert_msg(config_load(source, arena, config, &err) == 0, "%s", err.msg);
	*o = (struct daemon_options){config, source, &fake.clock};
	return o;
}

static int status(const struct daemon *d, const char *path, const char *token)
{
	struct http_header headers[] = {
		{"Authorization", arena_printf(arena, "Bearer %s", token ? token : "")}};
	struct http_request r = {.method = "GET",
		.path = path,
		.headers = headers,
		.n_headers = token ? 1 : 0,
		.timeout = 10 * USEC_PER_SEC,
		.cap = 1 << 20};
	struct http_response response;
	struct err err = {0};
	const char *url = arena_printf(arena, "http://127.0.0.1:%d", daemon_port(d));

	ck_assert_int_eq(http_server_parse(url, arena, &r.server, &err), 0);
	ck_assert_msg(http_perform(&r, arena, &response, &err) == 0, "%s", err.msg);
	return response.status;
}

static char *token(void)
{
	struct err err = {0};
	char *text;
	size_t len;

	ck_assert_int_eq(file_read(in("state/admin.token"), 1000, arena, &text, &len, &err), 0);
	text[strcspn(text, "\n")] = '\0';
	return text;
}

START_TEST(test_daemon__serves_on_a_clock_of_the_test)
{
	struct daemon *d = NULL, *second = NULL;
	struct err err = {0};
	struct stat st;

	ck_assert_msg(daemon_open(options("log_level = error\n"), &d, &err) == 0, "%s", err.msg);
	ck_assert_int_eq(stat(in("state"), &st), 0);
	ck_assert_int_eq(st.st_mode & 07777, 0700);
	ck_assert_int_eq(status(d, "/v1/status", NULL), 401);
	ck_assert_int_eq(status(d, "/v1/status", token()), 200);

	ck_assert_int_eq(daemon_open(options("log_level = error\n"), &second, &err), -1);
	ck_assert_int_eq(err.code, ERR_STATE_CONFLICT);
	ck_assert_ptr_null(second);
	ck_assert_int_eq(status(d, "/livez", NULL), 200);

	daemon_close(d);
	char *first = token();
	ck_assert_int_eq(daemon_open(options("log_level = error\n"), &d, &err), 0);
	ck_assert_str_eq(token(), first);
	ck_assert_int_eq(status(d, "/v1/status", first), 200);
	daemon_close(d);
}
END_TEST

START_TEST(test_daemon__grants_a_wished_token_on_reload)
{
	struct daemon *d = NULL;
	struct err err = {0};

	ck_assert_int_eq(daemon_open(options("log_level = error\n"), &d, &err), 0);
	char *first = token();
	daemon_reload(d);
	ck_assert_str_eq(token(), first);
	ck_assert_int_eq(file_replace(in("state/new-admin-token"), "", 0, 0600, &err), 0);
	daemon_reload(d);
	ck_assert_str_ne(token(), first);
	ck_assert_int_ne(access(in("state/new-admin-token"), F_OK), 0);
	ck_assert_int_eq(status(d, "/v1/status", token()), 200);
	daemon_close(d);
}
END_TEST

START_TEST(test_daemon__reloads_what_may_be_reloaded)
{
	const char *fresh = "log_level = debug\nloops = 9\n", *wrong = "log_level = loud\n";
	struct daemon *d = NULL;
	struct err err = {0};

	ck_assert_int_eq(daemon_open(options("log_level = error\n"), &d, &err), 0);
	ck_assert(!log_enabled(LOG_LEVEL_DEBUG));
	ck_assert_int_eq(file_replace(in("f.conf"), fresh, strlen(fresh), 0600, &err), 0);
	daemon_reload(d);
	ck_assert(log_enabled(LOG_LEVEL_DEBUG));
	ck_assert_int_eq(file_replace(in("f.conf"), wrong, strlen(wrong), 0600, &err), 0);
	daemon_reload(d);
	ck_assert(log_enabled(LOG_LEVEL_DEBUG));
	daemon_close(d);
}
END_TEST

/* The number in the lock file may be another program's by now. */
START_TEST(test_daemon__wakes_nobody_else)
{
	bool held = _i > 0;
	struct err err = {0};
	int status, lock;
	pid_t pid = fork();

	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		if (held)
			prctl(PR_SET_NAME, "another");
		raise(SIGSTOP);
		_exit(7);
	}
	ck_assert_int_eq(waitpid(pid, &status, WUNTRACED), pid);
	ck_assert_int_eq(dir_make(in("state"), 0700, &err), 0);
	ck_assert_int_eq(file_replace(in("state/registry.sqlite"), "", 0, 0600, &err), 0);
	const char *text = arena_printf(arena, "%d\n", (int)pid);
	ck_assert_int_eq(file_replace(in("state/lock"), text, strlen(text), 0600, &err), 0);
	lock = open(in("state/lock"), O_RDWR | O_CLOEXEC);
	if (held)
		ck_assert_int_eq(flock(lock, LOCK_EX), 0);
	ck_assert_int_eq(state_wish_token(in("state"), arena, &err), -1);
	ck_assert_ptr_nonnull(strstr(err.msg, "try again"));
	ck_assert_int_ne(access(in("state/new-admin-token"), F_OK), 0);
	kill(pid, SIGCONT);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == 7); /* by no signal */
	close(lock);
}
END_TEST

START_TEST(test_daemon__new_token_without_a_daemon)
{
	struct daemon *d = NULL;
	struct err err = {0};

	ck_assert_int_eq(daemon_new_admin_token(options("log_level = error\n"), &err), -1);
	ck_assert_ptr_nonnull(strstr(err.msg, "no registry"));
	ck_assert_int_ne(access(in("state"), F_OK), 0);
	ck_assert_int_eq(daemon_open(options("log_level = error\n"), &d, &err), 0);
	char *lost = token();
	daemon_close(d);
	ck_assert_int_eq(daemon_new_admin_token(options("log_level = error\n"), &err), 0);
	char *first = token();
	ck_assert_str_ne(first, lost);
	ck_assert_int_eq(daemon_open(options("log_level = error\n"), &d, &err), 0);
	ck_assert_str_eq(token(), first);
	ck_assert_int_eq(status(d, "/v1/status", first), 200);
	daemon_close(d);
}
END_TEST

Suite *test_suite(void)
{
	Suite *s = suite_create("daemon");
	TCase *t = tcase_create("daemon");

	jcs_setup();
	tcase_set_timeout(t, 60);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, test_daemon__serves_on_a_clock_of_the_test);
	tcase_add_test(t, test_daemon__grants_a_wished_token_on_reload);
	tcase_add_test(t, test_daemon__reloads_what_may_be_reloaded);
	tcase_add_loop_test(t, test_daemon__wakes_nobody_else, 0, 2);
	tcase_add_test(t, test_daemon__new_token_without_a_daemon);
	suite_add_tcase(s, t);
	return s;
}
