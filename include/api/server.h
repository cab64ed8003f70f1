/* SPDX-License-Identifier: Apache-2.0
 *
 * The HTTP server: loop threads, each with libmicrohttpd daemons of its own in external epoll mode
 * (their internal one stalls when exactly 128*k connections are ready), an eventfd over which the
 * engine's answers come home, and a watchdog that cuts clients which do not finish their request.
 *
 * Order of the end: server_drain(), then engine_close(), then server_close(): a command that outlives
 * its client still refers to the server until the engine has answered it.
 */
#ifndef API_SERVER_H
#define API_SERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/err.h"

struct engine;
struct listener;
struct server;

struct server_options {
	struct engine *engine;
	const struct clock *clock;
	const struct listener *listen; /* a port 0 takes a free one */
	size_t n_listen;	       /* may be 0 when sockets are inherited */
	const int *inherited; /* listening sockets (socket activation); the server closes them */
	size_t n_inherited;
	int loops;		 /* threads; TCP addresses are shared among all of them */
	int max_connections;	 /* beyond it a connection is closed as soon as it is accepted */
	int per_ip;		 /* connections of one address, for each loop; 0: no limit */
	size_t body_max;	 /* bytes of one body */
	size_t bodies_max;	 /* bytes of all bodies that are being received */
	size_t hook_body_max;	 /* bytes of one message of a provider's */
	size_t hook_bodies_max;	 /* bytes of all these that are being received, of bodies_max */
	int64_t idle_timeout;	 /* usec a connection may stand without a byte */
	int64_t request_timeout; /* usec a whole request may take to arrive */
	int64_t answer_timeout; /* usec a client may take for an answer, and the engine to make it */
	bool auth;		/* false: everyone is "local", with every scope */
	const char *const *cors_origins; /* NULL-terminated, "*" for any; NULL: none */
	unsigned socket_mode;		 /* of a Unix socket */
};

/* Every default, without engine, clock and addresses. */
void server_options_init(struct server_options *o);

/* Bind, listen, start the threads. ERR_IO names an address that can't be had. Strings of the options must live as long as the server. */
int server_open(const struct server_options *o, struct server **ret, struct err *err);

/* Stop accepting, finish what is in flight, close idle connections, end the threads: within `usec` of
 * real time, after which the rest is cut. Any thread, once. */
void server_drain(struct server *s, int64_t usec);

void server_close(struct server *s); /* drains first when nobody did; NULL is allowed */

/* The TCP port of the first address, -1 when there is none. */
int server_port(const struct server *s);

/* Look at the clock now: for tests that step it. */
void server_wake(struct server *s);

#endif
