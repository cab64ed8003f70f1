/* SPDX-License-Identifier: Apache-2.0
 *
 * A whole daemon's inside for one test: an engine on a scratch registry, a server on a free port, a
 * clock that stands still. Clients are raw sockets, so that a test sees every byte.
 */
#ifndef TESTS_API_RIG_H
#define TESTS_API_RIG_H

#include <arpa/inet.h>
#include <check.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "api/server.h"
#include "base/clock.h"
#include "base/jcs.h"
#include "base/log.h"
#include "base/strbuf.h"
#include "engine/engine.h"
#include "engine/token.h"
#include "net/listener.h"
#include "support/calm_policy.h"
#include "support/scratch.h"

enum { RIG_WAIT_S = 20, RIG_ANSWER_MAX = 4 << 20, RIG_START = 1795500000 };

struct rig {
	struct fake_clock clock;
	struct engine *engine;
	struct server *server;
	struct server_options options;
	const struct engine_source *sources;
	size_t n_sources;
	char token[128]; /* an admin's, when auth is on */
};

/* An answer as it came; head and body are NUL-terminated. */
struct reply_text {
	int status;
	struct strbuf all;
	const char *head, *body;
	size_t body_len;
	bool closed; /* the connection ended instead of, or right after, the answer */
};

static inline void rig_options(struct rig *r)
{
	memset(r, 0, sizeof(*r));
	server_options_init(&r->options);
}

static inline void rig_open(struct rig *r, bool auth, bool threads)
{
	char path[SCRATCH_PATH];
	struct engine_options e = {.path = scratch_file(path, "registry.db"),
		.clock = &r->clock.clock,
		.policy_text = calm_policy(),
		.queue_max = 64,
		.sources = r->sources,
		.n_sources = r->n_sources,
		.threads = threads};
	struct err err = {0};
	struct listener *l;
	const char *secret;
	ARENA_AUTO a = arena_new();

	signal(SIGPIPE, SIG_IGN);
	jcs_setup();
	log_setup(LOG_LEVEL_ERROR, LOG_FORMAT_LOGFMT, -1);
	fake_clock_init(&r->clock, RIG_START * USEC_PER_SEC);
	ck_assert_msg(engine_open(&e, &r->engine, &err) == 0, "%s", err.msg);
	if (auth) {
		ck_assert_msg(engine_admin_token(r->engine, "test", a, &secret, &err) == 0, "%s",
			err.msg);
		snprintf(r->token, sizeof(r->token), "%s", secret);
	}
	r->options.engine = r->engine;
	r->options.clock = &r->clock.clock;
	ck_assert_int_eq(listeners_parse("127.0.0.1:0", a, &l, &r->options.n_listen, &err), 0);
	r->options.listen = l;
	r->options.auth = auth;
	ck_assert_msg(server_open(&r->options, &r->server, &err) == 0, "%s", err.msg);
}

static inline void rig_close(struct rig *r)
{
	server_drain(r->server, RIG_WAIT_S * USEC_PER_SEC);
	engine_close(r->engine);
	server_close(r->server);
}

/* Step the clock and have the server look at it. */
static inline void rig_step(struct rig *r, int64_t seconds)
{
	fake_clock_step(&r->clock, seconds * USEC_PER_SEC);
	server_wake(r->server);
}

/* Without threads: run the engine until nothing waits. A command is counted a moment before it stands in
 * the queue, so that a single step may miss it. */
static inline void rig_finish(struct rig *r)
{
	struct engine_stats st = {.queue_len = 1};

	while (st.queue_len > 0) {
		engine_step(r->engine);
		engine_stats(r->engine, &st);
	}
}

static inline int rig_connect(const struct rig *r)
{
	struct sockaddr_in sin = {.sin_family = AF_INET,
		.sin_port = htons((uint16_t)server_port(r->server)),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	struct timeval wait = {.tv_sec = RIG_WAIT_S};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	ck_assert_int_ge(fd, 0);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof(wait));
	ck_assert_int_eq(connect(fd, (struct sockaddr *)&sin, sizeof(sin)), 0);
	return fd;
}

static inline void rig_send(int fd, const void *data, size_t len)
{
	for (const char *p = data; len > 0;) {
		ssize_t n = send(fd, p, len, MSG_NOSIGNAL);

		if (n <= 0)
			return; /* the server has closed: what it answered tells why */
		p += n;
		len -= (size_t)n;
	}
}

/* Value of a header of an answer, in buf; "" when it is absent. */
static inline const char *reply_header(const struct reply_text *t, const char *name, char buf[512])
{
	size_t n = strlen(name);

	buf[0] = '\0';
	for (const char *p = strstr(t->head, "\r\n"); p && p[2] != '\r'; p = strstr(p, "\r\n")) {
		p += 2;
		if (strncasecmp(p, name, n) == 0 && p[n] == ':') {
			snprintf(buf, 512, "%.*s", (int)strcspn(p + n + 2, "\r"), p + n + 2);
			return buf;
		}
	}
	return buf;
}

static inline void reply_clear(struct reply_text *t)
{
	strbuf_release(&t->all);
}

/* Read one answer; `head` when its request was a HEAD. */
static inline void rig_read(int fd, bool head, struct reply_text *t)
{
	char buf[512], chunk[16384];
	size_t want = SIZE_MAX;
	char *end;

	*t = (struct reply_text){.status = 0};
	strbuf_init(&t->all, RIG_ANSWER_MAX);
	for (;;) {
		end = t->all.len ? strstr(t->all.buf, "\r\n\r\n") : NULL;
		if (end && strncmp(t->all.buf, "HTTP/1.1 100", 12) == 0) {
			size_t skip = (size_t)(end + 4 - t->all.buf);

			memmove(t->all.buf, end + 4, t->all.len - skip + 1);
			t->all.len -= skip;
			continue;
		}
		if (end) {
			t->head = t->all.buf;
			size_t head_len = (size_t)(end + 4 - t->all.buf);
			long long length =
				strtoll(reply_header(t, "Content-Length", buf), NULL, 10);

			t->status = (int)strtol(t->all.buf + 9, NULL, 10);
			want = head_len +
			       (head || t->status == 304 || t->status == 204 ? 0 : (size_t)length);
		}
		if (t->all.len >= want)
			break;
		ssize_t n = recv(fd, chunk, sizeof(chunk), 0);

		if (n <= 0) {
			t->closed = true;
			break;
		}
		strbuf_add(&t->all, chunk, (size_t)n);
	}
	t->head = t->all.buf;
	t->body = end ? strstr(t->all.buf, "\r\n\r\n") + 4 : "";
	t->body_len = strlen(t->body);
}

/* Is the connection at its end? Waits for it. */
static inline bool rig_closed(int fd)
{
	char byte;
	ssize_t n = recv(fd, &byte, 1, 0);

	return n == 0 || (n < 0 && errno == ECONNRESET);
}

/* One request on a connection of its own. `headers` are whole lines; body NULL for none. */
static inline void rig_ask(const struct rig *r, const char *method, const char *path,
	const char *headers, const char *body, struct reply_text *t)
{
	STRBUF_AUTO out = STRBUF_INIT(RIG_ANSWER_MAX);
	int fd = rig_connect(r);

	strbuf_addf(&out, "%s %s HTTP/1.1\r\nHost: localhost\r\n%s", method, path, headers);
	if (r->token[0] && !strstr(headers, "Authorization"))
		strbuf_addf(&out, "Authorization: Bearer %s\r\n", r->token);
	if (body && !strstr(headers, "Content-Type"))
		strbuf_addstr(&out, "Content-Type: application/json\r\n");
	if (body)
		strbuf_addf(&out, "Content-Length: %zu\r\n", strlen(body));
	strbuf_addstr(&out, "\r\n");
	if (body)
		strbuf_addstr(&out, body);
	rig_send(fd, out.buf, out.len);
	rig_read(fd, strcmp(method, "HEAD") == 0, t);
	close(fd);
}

/* Ask, and demand this status and (unless NULL) this in the body. */
static inline void rig_expect(const struct rig *r, const char *method, const char *path,
	const char *headers, const char *body, int status, const char *holds)
{
	struct reply_text t;

	rig_ask(r, method, path, headers, body, &t);
	ck_assert_msg(t.status == status && (!holds || strstr(t.body, holds)),
		"%s %s: wanted %d with %s, got\n%s", method, path, status, holds ? holds : "",
		t.all.buf);
	if (status >= 400 && strcmp(method, "HEAD") != 0) {
		char type[512];

		ck_assert_str_eq(
			reply_header(&t, "Content-Type", type), "application/problem+json");
		ck_assert_ptr_nonnull(strstr(t.body, "\"hint\""));
		ck_assert_ptr_nonnull(strstr(t.body, "\"request_id\""));
	}
	reply_clear(&t);
}

/* A string member of a JSON text at any depth, by its first occurrence. */
static inline char *rig_member(const char *json, const char *name, char *buf, size_t size)
{
	char key[64];

	snprintf(key, sizeof(key), "\"%s\":\"", name);
	const char *p = strstr(json, key);

	ck_assert_msg(p, "no %s in %s", name, json);
	p += strlen(key);
	snprintf(buf, size, "%.*s", (int)strcspn(p, "\""), p);
	return buf;
}

#endif
