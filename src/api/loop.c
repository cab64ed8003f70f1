/* SPDX-License-Identifier: Apache-2.0
 *
 * The thread of a loop: it polls the epoll descriptors of its daemons and its own eventfd, runs the
 * daemons, brings home what the engine has finished, and watches the deadlines. Only it touches its
 * connections.
 */
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "api/loop.h"
#include "base/log.h"
#include "engine/engine.h"

enum { WATCH_EVERY_MS = 500, DRAIN_EVERY_MS = 5 };

static void wake_read(struct loop *l)
{
	eventfd_t count;

	while (eventfd_read(l->wake_fd, &count) < 0 && errno == EINTR)
		continue;
}

/* Resume those whose answers came; free what nobody waits for. */
static void loop_complete(struct loop *l)
{
	struct pending *in_order = NULL, *list;
	int64_t patience = clock_mono(l->server->options.clock) + l->server->options.answer_timeout;

	lock_take(&l->lock);
	list = l->completed;
	l->completed = NULL;
	lock_give(&l->lock);

	while (list) {
		struct pending *p = list;

		list = p->next;
		p->next = in_order;
		in_order = p;
	}
	while (in_order) {
		struct pending *p = in_order;

		in_order = p->next;
		atomic_fetch_sub(&l->pending, 1);
		if (!p->request) {
			pending_free(p);
			continue;
		}
		p->request->stage = REQUEST_RESUMED;
		((struct peer *)p->request)->deadline = patience;
		MHD_resume_connection(p->request->conn);
	}
}

/* The engine takes too long: the client is told so, the command goes on without it. */
static void stop_waiting(struct peer *peer)
{
	request_abandon(&peer->request);
	MHD_resume_connection(peer->request.conn);
}

static void cut(struct peer *peer)
{
	shutdown(peer->fd, SHUT_RDWR);
	peer->deadline = 0;
}

/* Cut slow clients, answer for a slow engine. */
static void loop_watch(struct loop *l)
{
	int64_t now = clock_mono(l->server->options.clock);

	l->scanned = now;
	for (struct peer *peer = l->peers; peer; peer = peer->next) {
		if (peer->deadline == 0 || now < peer->deadline)
			continue;
		if (peer->request.stage == REQUEST_WAITING) {
			peer->deadline = now + l->server->options.answer_timeout;
			stop_waiting(peer);
			continue;
		}
		if (peer->request.stage == REQUEST_PARKED) {
			wait_end(&peer->request);
			continue;
		}
		if (peer->request.stage != REQUEST_IDLE || peer->request.requests == 0)
			atomic_fetch_add(&l->server->slow, 1);
		cut(peer);
	}
}

static void stop_listening(struct loop *l)
{
	for (size_t i = 0; i < l->n_daemons; i++) {
		if (l->listen_fds[i] < 0)
			continue;
		MHD_socket fd = MHD_quiesce_daemon(l->daemons[i]);

		if (fd != MHD_INVALID_SOCKET)
			close(fd);
		l->listen_fds[i] = -1;
	}
}

/* Returns true when nothing is left to do. */
static bool drained(struct loop *l)
{
	bool now = atomic_load(&l->server->cut);

	stop_listening(l);
	for (struct peer *peer = l->peers; peer; peer = peer->next) {
		if (now && peer->request.stage == REQUEST_WAITING)
			stop_waiting(peer);
		else if (peer->request.stage == REQUEST_PARKED)
			wait_end(&peer->request);
		else if (peer->request.stage == REQUEST_IDLE)
			cut(peer);
	}
	return now || (l->n_peers == 0 && atomic_load(&l->pending) == 0);
}

static int patience_ms(struct loop *l)
{
	int best = atomic_load(&l->server->draining) ? DRAIN_EVERY_MS
		   : l->n_peers			     ? WATCH_EVERY_MS
						     : INT_MAX;

	for (size_t i = 0; i < l->n_daemons; i++) {
		MHD_UNSIGNED_LONG_LONG ms;

		if (MHD_get_timeout(l->daemons[i], &ms) == MHD_YES && ms < (unsigned)best)
			best = (int)ms;
	}
	return best == INT_MAX ? -1 : best;
}

static void run_daemons(struct loop *l)
{
	for (size_t i = 0; i < l->n_daemons; i++)
		MHD_run(l->daemons[i]);
}

static void end_daemons(struct loop *l)
{
	/* Twice: what was resumed is answered, then what was answered is closed. */
	run_daemons(l);
	run_daemons(l);
	for (size_t i = 0; i < l->n_daemons; i++)
		MHD_stop_daemon(l->daemons[i]);
	db_close(l->reader);
	l->reader = NULL;
}

void *loop_main(void *arg)
{
	struct loop *l = arg;
	struct pollfd fds[LOOP_DAEMONS_MAX + 1];
	size_t n = l->n_daemons;

	for (size_t i = 0; i < n; i++)
		fds[i] = (struct pollfd){.fd = l->epoll_fds[i], .events = POLLIN};
	fds[n] = (struct pollfd){.fd = l->wake_fd, .events = POLLIN};
	for (;;) {
		int ready = poll(fds, n + 1, patience_ms(l));
		bool woken = ready > 0 && fds[n].revents;

		if (woken) {
			wake_read(l);
			loop_complete(l);
			loop_wake_parked(l);
		}
		if (atomic_load(&l->server->draining) && drained(l))
			break;
		if (woken || ready <= 0 ||
			clock_mono(l->server->options.clock) - l->scanned >=
				WATCH_EVERY_MS * USEC_PER_MSEC)
			loop_watch(l);
		run_daemons(l);
	}
	end_daemons(l);
	lock_take(&l->server->lock);
	l->server->running--;
	cond_wake(&l->server->ended);
	lock_give(&l->server->lock);
	return NULL;
}
