/* SPDX-License-Identifier: Apache-2.0
 *
 * Starts and ends the server: sockets, daemons, loops. Every limit of libmicrohttpd is set here.
 */
#include "api/server.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "api/loop.h"
#include "base/log.h"
#include "engine/engine.h"

enum { CONNECTION_SLACK = 64, FDS_BESIDE = 128, LOOPS_MAX = 64 };

void server_options_init(struct server_options *o)
{
	*o = (struct server_options){
		.loops = 2,
		.max_connections = 4096,
		.body_max = 1024 * 1024,
		.bodies_max = 128 * 1024 * 1024,
		.hook_body_max = 256 * 1024,
		.hook_bodies_max = 4 * 1024 * 1024,
		.idle_timeout = 60 * USEC_PER_SEC,
		.request_timeout = 8 * USEC_PER_SEC,
		.answer_timeout = 30 * USEC_PER_SEC,
		.auth = true,
		.socket_mode = 0660,
	};
}

__attribute__((format(printf, 2, 0))) static void log_mhd(void *cls, const char *fmt, va_list ap)
{
	char line[256];

	vsnprintf(line, sizeof(line), fmt, ap);
	line[strcspn(line, "\r\n")] = '\0';
	log_debug("http.library", LOG_STR("said", line));
}

/* At the library's own limit a client would hang; this one is closed at once and can try elsewhere. */
static enum MHD_Result accept_policy(void *cls, const struct sockaddr *addr, socklen_t len)
{
	struct server *s = cls;

	if (atomic_load(&s->connections) < s->options.max_connections)
		return MHD_YES;
	atomic_fetch_add(&s->refused_connections, 1);
	return MHD_NO;
}

/* A descriptor for each connection, if the hard limit allows it. */
static void raise_fd_limit(int connections)
{
	struct rlimit limit;
	rlim_t want = (rlim_t)connections + CONNECTION_SLACK + FDS_BESIDE;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur >= want)
		return;
	limit.rlim_cur = want < limit.rlim_max ? want : limit.rlim_max;
	if (setrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur < want)
		log_warn("http.descriptors", LOG_INT("have", (int64_t)limit.rlim_cur),
			LOG_INT("want", (int64_t)want));
}

/* Takes the socket, also on failure. */
static int add_daemon(struct loop *l, int fd, struct err *err)
{
	const struct server_options *o = &l->server->options;
	struct MHD_OptionItem items[] = {
		{MHD_OPTION_EXTERNAL_LOGGER, (intptr_t)log_mhd, NULL},
		{MHD_OPTION_LISTEN_SOCKET, fd, NULL},
		{MHD_OPTION_CONNECTION_LIMIT, o->max_connections + CONNECTION_SLACK, NULL},
		{MHD_OPTION_CONNECTION_MEMORY_LIMIT, CONNECTION_MEMORY, NULL},
		{MHD_OPTION_CONNECTION_TIMEOUT, (intptr_t)(o->idle_timeout / USEC_PER_SEC), NULL},
		{MHD_OPTION_STRICT_FOR_CLIENT, 1, NULL},
		{MHD_OPTION_URI_LOG_CALLBACK, (intptr_t)connection_uri, l},
		{MHD_OPTION_NOTIFY_COMPLETED, (intptr_t)connection_completed, l},
		{MHD_OPTION_NOTIFY_CONNECTION, (intptr_t)connection_notify, l},
		{o->per_ip ? MHD_OPTION_PER_IP_CONNECTION_LIMIT : MHD_OPTION_END, o->per_ip, NULL},
		{MHD_OPTION_END, 0, NULL},
	};
	struct MHD_Daemon *d = NULL;
	const union MHD_DaemonInfo *info = NULL;

	if (l->n_daemons < LOOP_DAEMONS_MAX)
		d = MHD_start_daemon(MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG,
			0, accept_policy, l->server, connection_handle, l, MHD_OPTION_ARRAY, items,
			MHD_OPTION_END);
	if (d)
		info = MHD_get_daemon_info(d, MHD_DAEMON_INFO_EPOLL_FD);
	if (!info) {
		if (d)
			MHD_stop_daemon(d);
		else
			close(fd);
		return err_set(err, ERR_IO, "libmicrohttpd did not start");
	}
	l->daemons[l->n_daemons] = d;
	l->listen_fds[l->n_daemons] = fd;
	l->epoll_fds[l->n_daemons++] = info->epoll_fd;
	return 0;
}

static int loop_init(struct server *s, struct loop *l, int index, struct err *err)
{
	l->server = s;
	l->index = index;
	l->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	lock_init(&l->lock, "loop", LOCK_LOOP);
	id_random(l->id_prefix, REQUEST_ID_LEN - REQUEST_COUNTER_LEN);
	if (l->wake_fd < 0)
		return err_set(err, ERR_IO, "no eventfd for a loop");
	return engine_reader(s->options.engine, &l->reader, err);
}

/* A TCP address gets a socket for each loop; a Unix socket can't be shared so and goes to one. */
static int add_address(struct server *s, const struct listener *l, struct err *err)
{
	const char *path = listener_path(l);
	int n = path ? 1 : s->n_loops, port = 0;

	for (int i = 0; i < n; i++) {
		int fd = listen_open(l, n > 1, s->options.socket_mode, &port, err);

		if (fd >= 0 && path && s->n_paths < LISTENERS_MAX)
			s->paths[s->n_paths++] = xstrdup(path);
		if (fd < 0 || add_daemon(&s->loops[i], fd, err) < 0)
			return -1;
	}
	if (!path && s->port < 0)
		s->port = port;
	return 0;
}

static int add_listeners(struct server *s, struct err *err)
{
	const struct server_options *o = &s->options;

	for (size_t i = 0; i < o->n_listen; i++)
		if (add_address(s, &o->listen[i], err) < 0)
			return -1;
	for (size_t i = 0; i < o->n_inherited; i++)
		if (add_daemon(&s->loops[i % (size_t)s->n_loops], o->inherited[i], err) < 0)
			return -1;
	for (int i = 0; i < s->n_loops; i++)
		if (s->loops[i].n_daemons > 0)
			return 0;
	return err_set(err, ERR_CONFIG, "no address to listen on");
}

static int start_loops(struct server *s, struct err *err)
{
	for (int i = 0; i < s->n_loops; i++) {
		if (pthread_create(&s->loops[i].thread, NULL, loop_main, &s->loops[i]) != 0)
			return err_set(err, ERR_IO, "no thread for a loop");
		s->loops[i].started = true;
		lock_take(&s->lock);
		s->running++; /* it can't have ended yet: nothing drains */
		lock_give(&s->lock);
	}
	return 0;
}

int server_open(const struct server_options *o, struct server **ret, struct err *err)
{
	struct server *s = xcalloc(1, sizeof(*s));

	s->options = *o;
	engine_listen(o->engine, server_changed, s);
	s->port = -1;
	s->n_loops = o->loops < 1 ? 1 : o->loops > LOOPS_MAX ? LOOPS_MAX : o->loops;
	s->loops = xcalloc((size_t)s->n_loops, sizeof(*s->loops));
	s->started_at = clock_now(o->clock);
	lock_init(&s->lock, "server", LOCK_LOOP);
	cond_init(&s->ended);
	raise_fd_limit(o->max_connections);
	int rc = 0;

	for (int i = 0; i < s->n_loops; i++)
		s->loops[i].wake_fd = -1;
	for (int i = 0; rc == 0 && i < s->n_loops; i++)
		rc = loop_init(s, &s->loops[i], i, err);
	if (rc < 0 || add_listeners(s, err) < 0 || start_loops(s, err) < 0) {
		engine_listen(o->engine, NULL, NULL);
		server_close(s);
		return -1;
	}
	*ret = s;
	return 0;
}

void server_wake(struct server *s)
{
	for (int i = 0; i < s->n_loops; i++)
		if (s->loops[i].wake_fd >= 0)
			eventfd_write(s->loops[i].wake_fd, 1);
}

/* A loop that never had a thread is taken down here. */
static void loop_end_unstarted(struct loop *l)
{
	for (size_t i = 0; i < l->n_daemons; i++)
		MHD_stop_daemon(l->daemons[i]);
	db_close(l->reader);
	l->n_daemons = 0;
	l->reader = NULL;
}

/* Wait until every thread has ended, at most until `end`. */
static bool wait_for_loops(struct server *s, int64_t end)
{
	LOCK_SCOPE(&s->lock);

	while (s->running > 0) {
		int64_t left = end - clock_mono(clock_system());

		if (left <= 0)
			return false;
		cond_wait(&s->ended, &s->lock, left);
	}
	return true;
}

void server_drain(struct server *s, int64_t usec)
{
	atomic_store(&s->draining, true);
	server_wake(s);
	if (!wait_for_loops(s, clock_mono(clock_system()) + usec)) {
		atomic_store(&s->cut, true);
		server_wake(s);
	}
	for (int i = 0; i < s->n_loops; i++) {
		struct loop *l = &s->loops[i];

		if (l->started)
			pthread_join(l->thread, NULL);
		else
			loop_end_unstarted(l);
		l->started = false;
		l->n_daemons = 0;
	}
	for (size_t i = 0; i < s->n_paths; i++)
		unlink(s->paths[i]);
	s->drained = true;
}

void server_close(struct server *s)
{
	if (!s)
		return;
	if (!s->drained)
		server_drain(s, 0);
	for (int i = 0; i < s->n_loops; i++) {
		struct loop *l = &s->loops[i];

		for (struct pending *p = l->completed, *next; p; p = next) {
			next = p->next;
			pending_free(p);
		}
		if (l->wake_fd >= 0) {
			close(l->wake_fd);
			lock_clear(&l->lock);
		}
	}
	cond_clear(&s->ended);
	lock_clear(&s->lock);
	free(s->loops);
	for (size_t i = 0; i < s->n_paths; i++)
		free(s->paths[i]);
	free(s);
}

int server_port(const struct server *s)
{
	return s->port;
}
