/* SPDX-License-Identifier: Apache-2.0
 *
 * The inside of the server: loops, connections, and what they share. Nothing but src/api uses it.
 */
#ifndef API_LOOP_H
#define API_LOOP_H

#include <microhttpd.h>
#include <pthread.h>
#include <stdatomic.h>

#include "api/metrics.h"
#include "api/request.h"
#include "api/server.h"
#include "base/lock.h"
#include "net/listener.h"

/* A connection. The request is its first member and lives in it. */
struct peer {
	struct request request;
	struct peer *prev, *next;
	int fd;
	int64_t deadline; /* monotonic; cut or answered when it passes; 0: none */
};

enum { LOOP_DAEMONS_MAX = 16, CONNECTION_MEMORY = 8 * 1024 };

struct loop {
	struct server *server;
	int index;
	pthread_t thread;
	bool started;
	struct MHD_Daemon *daemons[LOOP_DAEMONS_MAX];
	int listen_fds[LOOP_DAEMONS_MAX], epoll_fds[LOOP_DAEMONS_MAX];
	size_t n_daemons;
	int wake_fd;
	struct db *reader;
	struct peer *peers;
	size_t n_peers;
	size_t n_parked;
	uint64_t moves, commits; /* of the server's, that its parked requests know */
	int64_t scanned;	 /* monotonic: when the watchdog last looked */
	char id_prefix[REQUEST_ID_LEN + 1];
	uint64_t requests;
	struct metrics metrics;

	struct lock lock;	   /* guards `completed` */
	struct pending *completed; /* newest first */
	atomic_size_t pending;	   /* commands that the engine has */
};

struct server {
	struct server_options options;
	struct loop *loops;
	int n_loops;
	int port;
	char *paths[LISTENERS_MAX]; /* of Unix sockets, to be unlinked */
	size_t n_paths;
	atomic_int connections;
	atomic_int waiting; /* requests, for a change */
	atomic_int streams; /* of these, those for any event */
	atomic_uint_fast64_t commits;
	atomic_uint_fast64_t moves; /* times that what they wait for may have changed */
	atomic_size_t bodies;	    /* bytes of bodies being received */
	atomic_size_t hook_bodies;  /* of these, of messages of providers */
	atomic_bool draining, cut;
	atomic_uint_fast64_t slow, refused_connections;
	int64_t started_at;
	struct lock lock; /* guards `running` */
	struct cond ended;
	int running; /* threads */
	bool drained;
};

/* connection.c: what libmicrohttpd calls, and the course of a request. */
enum MHD_Result connection_handle(void *cls, struct MHD_Connection *conn, const char *url,
	const char *method, const char *version, const char *upload, size_t *upload_size,
	void **con_cls);
/* loop.c: the thread. */
void *loop_main(void *arg);

void *connection_uri(void *cls, const char *uri, struct MHD_Connection *conn);
void connection_notify(void *cls, struct MHD_Connection *conn, void **socket_context,
	enum MHD_ConnectionNotificationCode code);
void connection_completed(void *cls, struct MHD_Connection *conn, void **con_cls,
	enum MHD_RequestTerminationCode code);

/* Bytes that the body may have, on its route. */
size_t request_body_max(const struct request *r);

/* pipeline.c: the checks around a handler. */
/* The head is there: 0 to go on, -1 with the refusal in request->early. */
int pipeline_head(struct request *r, unsigned long long length);
/* The whole request is there: answer, or leave the connection suspended. -1: close it. */
int pipeline_run(struct request *r);

/* wait.c */
/* The request goes on: its time is over, or there is something new. */
void wait_end(struct request *r);
void loop_wake_parked(struct loop *l);
/* The engine's writer calls it after each commit. */
void server_changed(void *server, bool moved);

/* listen.c */
/* A listening socket. *port is 0 for the first socket of an address, which fails where anyone listens
 * already, and what the first one left there for those that share it (-1 of a Unix socket). */
int listen_open(const struct listener *l, bool share, unsigned mode, int *port, struct err *err);

void pending_free(struct pending *p);

#endif
