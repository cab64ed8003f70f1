/* SPDX-License-Identifier: Apache-2.0
 *
 * What libmicrohttpd calls, in the order of a request's life: the connection, the raw request line,
 * the head, the body, the resumption after the engine has answered, the end. It judges framing (by
 * the guard) and sizes; what a request may do is the pipeline's business.
 */
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>

#include "api/guard.h"
#include "api/loop.h"
#include "api/negotiate.h"
#include "api/reply.h"
#include "base/log.h"
#include "engine/engine.h"

enum { OVERRUN = 8 }; /* a chunked body is read through up to this many times the cap */

const char *request_version(const struct request *r)
{
	return r->bindings[0] + (r->bindings[0][0] == 'v');
}

const char *request_header(const struct request *r, const char *name)
{
	return MHD_lookup_connection_value(r->conn, MHD_HEADER_KIND, name);
}

struct db *request_reader(const struct request *r)
{
	return r->loop->reader;
}

struct engine *request_engine(const struct request *r)
{
	return r->server->options.engine;
}

static bool is_hook(const struct request *r)
{
	return r->route && r->route->flags & ROUTE_OWN_PROOF;
}

size_t request_body_max(const struct request *r)
{
	const struct server_options *o = &r->server->options;

	return is_hook(r) && o->hook_body_max < o->body_max ? o->hook_body_max : o->body_max;
}

static int64_t mono(const struct loop *l)
{
	return clock_mono(l->server->options.clock);
}

static struct peer *peer_of(struct MHD_Connection *conn)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(conn, MHD_CONNECTION_INFO_SOCKET_CONTEXT);

	return info ? info->socket_context : NULL;
}

/* ---- a connection ---- */

void connection_notify(void *cls, struct MHD_Connection *conn, void **socket_context,
	enum MHD_ConnectionNotificationCode code)
{
	struct loop *l = cls;
	struct peer *peer = *socket_context;

	if (code == MHD_CONNECTION_NOTIFY_STARTED) {
		const union MHD_ConnectionInfo *info =
			MHD_get_connection_info(conn, MHD_CONNECTION_INFO_CONNECTION_FD);

		peer = xcalloc(1, sizeof(*peer));
		peer->fd = info ? info->connect_fd : -1;
		peer->deadline = mono(l) + l->server->options.request_timeout;
		peer->request.loop = l;
		peer->request.server = l->server;
		peer->request.conn = conn;
		strbuf_init(&peer->request.body, l->server->options.body_max);
		peer->next = l->peers;
		if (l->peers)
			l->peers->prev = peer;
		l->peers = peer;
		l->n_peers++;
		atomic_fetch_add(&l->server->connections, 1);
		*socket_context = peer;
		return;
	}
	if (peer->prev)
		peer->prev->next = peer->next;
	else
		l->peers = peer->next;
	if (peer->next)
		peer->next->prev = peer->prev;
	l->n_peers--;
	atomic_fetch_sub(&l->server->connections, 1);
	strbuf_release(&peer->request.body);
	free(peer);
	*socket_context = NULL;
}

void *connection_uri(void *cls, const char *uri, struct MHD_Connection *conn)
{
	struct loop *l = cls;
	struct peer *peer = peer_of(conn);
	struct request *r = &peer->request;
	int64_t limit;

	r->arena = arena_new();
	r->began = mono(l);
	r->requests++;
	r->stage = REQUEST_HEAD;
	r->path = arena_strdup(r->arena, uri);
	limit = r->began + l->server->options.request_timeout;
	if (peer->deadline == 0 || limit < peer->deadline)
		peer->deadline = limit;
	return r;
}

/* ---- a command ---- */

void pending_free(struct pending *p)
{
	struct arena *a = p->arena;

	strbuf_release(&p->body);
	arena_free(a); /* holds p, too */
}

/* On any thread. What the lock no longer guards may be freed by the loop at once. */
static void pending_done(struct command *c)
{
	struct pending *p = c->owner;
	struct loop *l = p->loop;
	bool first;

	lock_take(&l->lock);
	first = !l->completed;
	p->next = l->completed;
	l->completed = p;
	lock_give(&l->lock);
	if (first)
		eventfd_write(l->wake_fd, 1);
}

/* What a repetition must not differ in. No body begins with a question mark. */
static void request_digest(
	const struct request *r, const struct strbuf *body, char ret[DIGEST_STRLEN])
{
	STRBUF_AUTO sb = STRBUF_INIT(body->len + strlen(r->query ? r->query : "") + 3);

	if (!r->query) {
		digest_string(body->buf, body->len, ret);
		return;
	}
	strbuf_addf(&sb, "?%s\n", r->query);
	strbuf_add(&sb, body->buf, body->len);
	digest_string(sb.buf, sb.len, ret);
}

struct command *request_command(struct request *r, bool dry_run)
{
	struct pending *p = ARENA_NEW(r->arena, struct pending);
	const char *if_match =
		r->route->flags & ROUTE_IF_MATCH ? request_header(r, "If-Match") : NULL;

	p->arena = r->arena;
	p->loop = r->loop;
	p->request = r;
	p->body = r->body;
	strbuf_init(&r->body, p->body.cap);
	p->command = (struct command){
		.arena = r->arena,
		.actor = arena_strdup(r->arena, r->caller.actor),
		.request_id = arena_strdup(r->arena, r->id),
		.if_match = if_match ? if_match_parse(if_match, r->arena) : NULL,
		.dry_run = dry_run || r->dry_run,
		.done = pending_done,
		.owner = p,
	};
	if (r->idempotency) {
		p->command.idempotency.key = r->idempotency;
		p->command.idempotency.route = arena_printf(r->arena, "%s %s", r->method, r->path);
		request_digest(r, &p->body, p->command.idempotency.request_digest);
	}
	r->pending = p;
	r->stage = REQUEST_WAITING;
	((struct peer *)r)->deadline = mono(r->loop) + r->server->options.answer_timeout;
	atomic_fetch_add(&r->loop->pending, 1);
	MHD_suspend_connection(r->conn);
	return &p->command;
}

int request_submitted(struct request *r, int rc, const struct err *err)
{
	if (rc < 0) {
		r->pending->command.err = *err;
		pending_done(&r->pending->command);
	}
	return 0;
}

void request_abandon(struct request *r)
{
	struct pending *p = r->pending;

	p->request = NULL;
	r->pending = NULL;
	r->arena = arena_new();
	r->path = arena_strdup(r->arena, r->path);
	r->method = arena_strdup(r->arena, r->method);
	r->caller.actor = arena_strdup(r->arena, r->caller.actor);
	r->stage = REQUEST_RESUMED;
}

/* ---- a request ---- */

struct header_list {
	struct guard_header list[GUARD_HEADERS_MAX];
	size_t n;
	bool folded;
};

/* libmicrohttpd 0.9 joins a folded line to the value before it, where the guard can't see it any
 * more: "chun\r\n ked" becomes "chunked". But it must copy such a value, while every other one still
 * stands in the read buffer, right behind its name. Later versions refuse folding themselves. */
static bool was_folded(const char *name, size_t name_len, const char *value)
{
	const char *p = name + name_len + 1;

	if (MHD_get_version()[0] != '0' || value < p || value - p > CONNECTION_MEMORY)
		return MHD_get_version()[0] == '0';
	while (p < value && (*p == ' ' || *p == '\t'))
		p++;
	return p != value;
}

static enum MHD_Result collect(void *cls, enum MHD_ValueKind kind, const char *key, size_t key_len,
	const char *value, size_t value_len)
{
	struct header_list *h = cls;

	if (h->n < GUARD_HEADERS_MAX)
		h->list[h->n] = (struct guard_header){key, value ? value : "", key_len, value_len};
	h->n++;
	h->folded |= value && was_folded(key, key_len, value);
	return MHD_YES;
}

static void set_id(struct request *r)
{
	static const char digits[] = "0123456789abcdefghjkmnpqrstvwxyz";
	uint64_t n = r->loop->requests++;

	if (request_id_given(request_header(r, "X-Request-Id"), request_header(r, "traceparent"),
		    r->id, sizeof(r->id)) == 0)
		return;
	size_t len = REQUEST_ID_LEN - REQUEST_COUNTER_LEN;

	memcpy(r->id, r->loop->id_prefix, len);
	for (int i = REQUEST_COUNTER_LEN - 1; i >= 0; i--, n /= 32)
		r->id[len + (size_t)i] = digits[n % 32];
	r->id[REQUEST_ID_LEN] = '\0';
}

static enum MHD_Result result(int rc)
{
	return rc < 0 ? MHD_NO : MHD_YES;
}

static enum MHD_Result run(struct request *r)
{
	((struct peer *)r)->deadline = mono(r->loop) + r->server->options.answer_timeout;
	log_set_id(r->id);
	int rc = pipeline_run(r);

	log_set_id(NULL);
	return result(rc);
}

/* A refusal is answered at once, and the connection closed, when the client waits for leave to send
 * the body or the body is too large. Otherwise the request is read to its end first: the library takes
 * any earlier answer for a reason to close, and a client that still sends might not see it. */
static enum MHD_Result refuse(struct request *r, const struct guard_body *body)
{
	if (r->early.code == ERR_BODY_TOO_LARGE || body->length > request_body_max(r) ||
		(body->has_body && request_header(r, "Expect")))
		return result(reply_refusal(r, &r->early));
	r->drop = true;
	r->stage = REQUEST_BODY;
	return MHD_YES;
}

static enum MHD_Result begin(struct request *r, const char *method, const char *version)
{
	struct header_list headers = {.n = 0};
	struct guard_head head = {.method = method, .uri = r->path, .version = version};
	struct guard_body body = {0};
	struct err err;
	char *query;

	r->method = arena_strdup(r->arena, method);
	r->head = strcmp(method, "HEAD") == 0;
	set_id(r);
	MHD_get_connection_values_n(r->conn, MHD_HEADER_KIND, collect, &headers);
	head.headers = headers.list;
	head.n_headers = headers.n;
	int rc = headers.folded ? err_set(&err, ERR_BAD_REQUEST, "a header is folded")
				: guard_check(&head, &body, &err);

	if (rc < 0) {
		r->path = "/";
		return result(reply_refusal(r, &err));
	}
	query = strchr(r->path, '?');
	if (query) {
		*query = '\0';
		r->query = query + 1;
	}
	r->has_body = body.has_body;
	if (pipeline_head(r, body.length) < 0)
		return refuse(r, &body);
	r->stage = REQUEST_BODY;
	return MHD_YES;
}

/* Providers have a small share of their own, so that no message of theirs displaces what people and
 * training jobs send. */
static bool hold(struct request *r, size_t len)
{
	struct server *s = r->server;
	bool hook = is_hook(r);

	if (hook && atomic_fetch_add(&s->hook_bodies, len) + len > s->options.hook_bodies_max) {
		atomic_fetch_sub(&s->hook_bodies, len);
		return false;
	}
	if (atomic_fetch_add(&s->bodies, len) + len > s->options.bodies_max) {
		atomic_fetch_sub(&s->bodies, len);
		if (hook)
			atomic_fetch_sub(&s->hook_bodies, len);
		return false;
	}
	r->held += len;
	return true;
}

static void let_go(struct request *r)
{
	atomic_fetch_sub(&r->server->bodies, r->held);
	if (is_hook(r))
		atomic_fetch_sub(&r->server->hook_bodies, r->held);
}

static enum MHD_Result take_body(struct request *r, const char *data, size_t len)
{
	size_t max = request_body_max(r);

	r->received += len;
	atomic_fetch_add_explicit(&r->loop->metrics.in_bytes, len, memory_order_relaxed);
	if (r->received > OVERRUN * max)
		return MHD_NO;
	if (r->drop)
		return MHD_YES;
	if (r->received > max) {
		err_set(&r->early, ERR_BODY_TOO_LARGE, "the body is larger than %zu bytes", max);
		r->drop = true;
	} else if (!hold(r, len)) {
		err_set(&r->early, ERR_UNAVAILABLE, "too many bodies are being received");
		r->drop = true;
	} else {
		strbuf_add(&r->body, data, len);
	}
	return MHD_YES;
}

static enum MHD_Result resumed(struct request *r)
{
	struct err err;

	if (r->pending)
		return result(reply_command(r, &r->pending->command));
	if (atomic_load(&r->server->draining))
		err_set(&err, ERR_DRAINING,
			"the daemon ended before the request was decided; it may still have taken "
			"effect");
	else
		err_set(&err, ERR_UNAVAILABLE,
			"the request was not decided in time; it may still take effect");
	r->hint = "Repeat it with the same Idempotency-Key, or look at the resource first.";
	return result(reply_problem(r, &err, NULL, NULL));
}

enum MHD_Result connection_handle(void *cls, struct MHD_Connection *conn, const char *url,
	const char *method, const char *version, const char *upload, size_t *upload_size,
	void **con_cls)
{
	struct request *r = *con_cls;

	switch (r->stage) {
	case REQUEST_HEAD:
		return begin(r, method, version);
	case REQUEST_BODY:
		if (*upload_size == 0)
			return run(r);
		enum MHD_Result rc = take_body(r, upload, *upload_size);

		*upload_size = 0;
		return rc;
	case REQUEST_RESUMED:
		if (r->wait_until)
			return run(r);
		log_set_id(r->id);
		rc = resumed(r);
		log_set_id(NULL);
		return rc;
	default:
		return MHD_NO;
	}
}

/* A token is no part of a path, but people put it there: DELETE /v1/tokens/{id} invites it. The arena
 * may be the engine's by now, so the path goes into buf. */
static const char *path_to_log(const char *path, char buf[256])
{
	const char *token = strstr(path, "sfd_");

	if (!token)
		return path;
	snprintf(buf, 256, "%.*ssfd_***", (int)(token - path < 240 ? token - path : 240), path);
	return buf;
}

static void log_request(const struct request *r, int64_t usec)
{
	bool get = !r->route || strcmp(r->route->method, "GET") == 0;
	enum log_level level = r->status == 500	  ? LOG_LEVEL_ERROR
			       : r->status == 503 ? LOG_LEVEL_WARN
			       : get		  ? LOG_LEVEL_DEBUG
						  : LOG_LEVEL_INFO;
	char path[256];

	if (!log_enabled(level) || !r->method)
		return;
	log_at(level, "http.request", LOG_STR("id", r->id), LOG_STR("method", r->method),
		LOG_STR("path", path_to_log(r->path, path)), LOG_INT("status", r->status),
		LOG_STR("actor", r->caller.actor ? r->caller.actor : "-"), LOG_INT("usec", usec));
}

void connection_completed(void *cls, struct MHD_Connection *conn, void **con_cls,
	enum MHD_RequestTerminationCode code)
{
	struct loop *l = cls;
	struct request *r = *con_cls;
	struct peer *peer = (struct peer *)r;

	if (!r)
		return;
	int64_t now = mono(l);

	metrics_count(&l->metrics, r->route, r->status, now - r->began);
	log_request(r, now - r->began);
	snapshot_put(r->snapshot);
	let_go(r);
	if (r->pending && r->stage == REQUEST_WAITING)
		r->pending->request = NULL; /* the engine has it still */
	else if (r->pending)
		pending_free(r->pending);
	else
		arena_free(r->arena);
	strbuf_release(&r->body);

	struct strbuf body = r->body;

	*r = (struct request){.loop = l,
		.server = l->server,
		.conn = conn,
		.requests = r->requests,
		.body = body};
	peer->deadline = now + l->server->options.idle_timeout + l->server->options.request_timeout;
	*con_cls = NULL;
}
