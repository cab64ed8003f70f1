/* SPDX-License-Identifier: Apache-2.0
 *
 * Requests that wait for a change (?wait=): they stand suspended, cost no thread, and are woken by the
 * commit that they wait for. A woken request runs its handler again, which answers or waits on.
 */
#include "api/wait.h"

#include <string.h>
#include <sys/eventfd.h>

#include "api/negotiate.h"
#include "engine/engine.h"
#include "store/body.h"

/* Connections that are left for those who do not wait. */
enum { WAIT_MAX_S = 60, SPARE = 24 };

/* Does the client know it already? */
static bool known(const struct request *r, const struct body *body)
{
	const char *condition = request_header(r, "If-None-Match");
	const struct if_match *m;

	if (!body)
		return true;
	m = condition ? if_match_parse(condition, r->arena) : NULL;
	for (size_t i = 0; m && i < m->n; i++)
		if (strcmp(m->digests[i], body->digest) == 0)
			return true;
	return m && m->any;
}

int wait_for_change(struct request *r, const struct body *body, struct err *err)
{
	struct loop *l = r->loop;
	int64_t seconds, now = clock_mono(l->server->options.clock);

	if (params_int(&r->params, "wait", 0, WAIT_MAX_S, 0, &seconds, err) < 0)
		return -1;
	if (r->wait_until && !auth_stands(r))
		return err_set(err, ERR_INVALID_TOKEN, "the token ended while this waited");
	if (seconds == 0 || !known(r, body) || atomic_load(&l->server->draining))
		return 0;
	if (r->wait_until == 0) {
		if (!wait_allowed(r))
			return err_set(err, ERR_TOO_MANY_REQUESTS,
				"this principal has too many requests that wait");
		if (!wait_room(l->server))
			return 0;
		r->wait_until = now + seconds * USEC_PER_SEC;
	}
	if (now >= r->wait_until)
		return 0;
	snapshot_put(r->snapshot);
	r->snapshot = NULL;
	wait_park(r, r->wait_until);
	return 1;
}

void wait_park(struct request *r, int64_t until)
{
	struct loop *l = r->loop;

	r->stage = REQUEST_PARKED;
	((struct peer *)r)->deadline = until;
	l->n_parked++;
	atomic_fetch_add(&l->server->waiting, 1);
	if (r->stream)
		atomic_fetch_add(&l->server->streams, 1);
	MHD_suspend_connection(r->conn);
	/* A commit that came after it had looked and before it was counted has woken nobody. */
	if (r->stream ? atomic_load(&l->server->commits) != l->commits
		      : atomic_load(&l->server->moves) != l->moves)
		eventfd_write(l->wake_fd, 1);
}

bool wait_room(const struct server *s)
{
	return atomic_load(&s->waiting) + SPARE < s->options.max_connections;
}

bool wait_allowed(const struct request *r)
{
	const struct loop *l = r->loop;
	int n = 0;

	for (const struct peer *peer = l->peers; peer; peer = peer->next)
		n += (peer->request.stream || peer->request.stage == REQUEST_PARKED) &&
		     strcmp(peer->request.caller.actor, r->caller.actor) == 0;
	return n < l->server->options.max_connections / 2 / l->server->n_loops;
}

void wait_end(struct request *r)
{
	struct loop *l = r->loop;

	l->n_parked--;
	atomic_fetch_sub(&l->server->waiting, 1);
	if (r->stream)
		atomic_fetch_sub(&l->server->streams, 1);
	r->began = clock_mono(l->server->options.clock); /* what it waited is no time of ours */
	((struct peer *)r)->deadline = r->began + l->server->options.answer_timeout;
	r->stage = r->stream ? REQUEST_ANSWERED : REQUEST_RESUMED;
	MHD_resume_connection(r->conn);
}

void loop_wake_parked(struct loop *l)
{
	uint64_t moves = atomic_load(&l->server->moves), commits = atomic_load(&l->server->commits);
	bool moved = moves != l->moves, committed = commits != l->commits;

	l->moves = moves;
	l->commits = commits;
	if (!moved && !committed)
		return;
	for (struct peer *peer = l->peers; peer && l->n_parked > 0; peer = peer->next)
		if (peer->request.stage == REQUEST_PARKED &&
			(peer->request.stream ? committed : moved))
			wait_end(&peer->request);
}

void server_changed(void *arg, bool moved)
{
	struct server *s = arg;

	atomic_fetch_add(&s->commits, 1);
	if (moved)
		atomic_fetch_add(&s->moves, 1);
	if (atomic_load(&s->streams) > 0 || (moved && atomic_load(&s->waiting) > 0))
		server_wake(s);
}
